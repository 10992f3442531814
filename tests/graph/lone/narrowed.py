"""What narrows each list: filters and arguments of the contract, with values that leave some rows out and keep some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import GraphQLInputObjectType
from graphql import get_named_type as named

from tests.graph.lone.asked import ROWS, lists, page, region_of

APART = {"first", "after", "sort", "region", "date", "latest", "period", "by", "days", "from", "to"}
"""Arguments that narrow nothing, or are compared by themselves."""

APART_LISTS = {
    "Query.search": "what words find is compared by itself",
    "Query.lives": "it is the list of an influencer, and nothing else",
    "Query.newProductRanking": "neither serves it",
    "Category.products": "takes the filters of Query.products",
    "Category.sellers": "takes the filters of Query.sellers",
}

SERVED: Mapping[str, Mapping[str, str]] = {
    "Query.products": {
        "filter.category": '{ l1: "$l1", l2: "$l2" }',
        "filter.salesTrend": "UP",
        "filter.mainChannel": "LIVE",
        "filter.units": "{ min: 10, max: 100 }",
        "filter.units30d": "{ max: 20 }",
        "filter.gmv": "{ max: 800.5 }",
        "filter.gmv30d": "{ max: 100 }",
        "filter.averagePrice": "{ min: 10.5, max: 20.5 }",
        "filter.commissionRate": "{ max: 0.1 }",
        "filter.influencers": "{ max: 3 }",
        "filter.videos": "{ max: 3 }",
        "filter.views": "{ max: 1000 }",
        "filter.rating": "{ max: 4.2 }",
        "filter.reviews": "{ max: 10 }",
        "filter.fullyManaged": "true",
        "filter.freeShipping": "true",
        "filter.firstSeen": '{ from: "$month_ago" }',
    },
    "Query.sellers": {
        "filter.category": '{ l1: "$seller_l1" }',
        "filter.origin": "CROSS_BORDER",
        "filter.mainChannel": "LIVE",
        "filter.salesTrend": "DOWN",
    },
    "Query.influencers": {
        "filter.category": '"$circle"',
        "filter.productCategory": '"$l1"',
        "filter.seller": '"$seller"',
        "filter.followers": "{ max: 5000 }",
        "filter.likes": "{ max: 5000 }",
        "filter.interactionRate": "{ min: 0.05 }",
        "filter.views": "{ max: 100000 }",
        "filter.views7d": "{ max: 1000 }",
        "filter.averageVideoViews": "{ max: 1000 }",
        "filter.sellingMode": "LIVE",
        "filter.gender": '"female"',
        "filter.language": '"$language"',
        "filter.hasShowcase": "true",
    },
    "Query.videos": {
        "filter.product": '"$product"',
        "filter.productCategory": '"$l1"',
        "filter.sellsProducts": "true",
        "filter.madeByAi": "true",
        "filter.isAd": "true",
        "filter.posted": '{ from: "$month_ago" }',
        "filter.durationSeconds": "{ max: 15 }",
        "filter.views": "{ max: 1000 }",
    },
    "Query.productRanking": {"category": '{ l1: "$l1", l2: "$l2" }'},
    "Query.sellerRanking": {"category": '{ l1: "$seller_l1" }', "origin": "CROSS_BORDER"},
    "Query.influencerRanking": {"category": '"$circle"', "productCategory": '"$l1"'},
    "Query.videoRanking": {"productCategory": '"$l1"', "madeByAi": "true"},
    "Product.videos": {"posted": '{ from: "$quarter_ago" }'},
    "Product.lives": {"started": '{ from: "$quarter_ago" }'},
    "Influencer.products": {"category": '"$l1"'},
}
"""What EchoTik and KeyAPI both apply."""

OF_ALL = {
    ("Query.influencers", "filter.language"): "a market has one",
    ("Query.videos", "filter.sellsProducts"): "every video here does",
    ("Influencer.products", "category"): "here an influencer sells of one",
}
"""What leaves nothing out."""

REGIONS = {"filter.gender": "US"}
"""Markets that something is known in alone."""

ECHOTIKS_OWN: Mapping[str, Mapping[str, str]] = {
    "Query.products": {
        "filter.bestSeller": "true",
        "filter.onSale": "true",
        "filter.origin": "CROSS_BORDER",
        "filter.brandShop": "true",
    },
    "Query.influencers": {"filter.averageVideoViews7d": "{ max: 1000 }"},
    "Query.videos": {"filter.influencer": '"$author"'},
    "Product.videos": {"influencer": '"$author"'},
    "Product.reviews": {"rating": "{ min: 2, max: 4 }"},
    "Influencer.videos": {"product": '"$shown"'},
}
"""What no document of KeyAPI has a parameter for."""

NEITHERS: Mapping[str, Mapping[str, str]] = {"Query.influencers": {"filter.channel": "VIDEO"}}
"""What no provider has a parameter for."""

BY_WORDS: Mapping[str, Mapping[str, str]] = {"Query.products": {"filter.keyword": '"$brand"'}}
"""What the search finds, which KeyAPI does in an order of its own."""


def narrowing(place: str) -> Iterator[str]:
    """What the contract has to narrow a list, as "filter.units" or "category"."""
    for name, argument in lists()[place].args.items():
        kind = named(argument.type)
        if name in APART:
            continue
        if name == "filter":
            assert isinstance(kind, GraphQLInputObjectType)
            yield from (f"filter.{each}" for each in kind.fields)
        else:
            yield name


def listed(place: str, name: str = "", value: str = "") -> str:
    """A page of the list, narrowed by what such a name stands for; under an alias of its own."""
    head, _, inside = name.partition(".")
    narrowing = f"{head}: {{ {inside}: {value} }}," if inside else f"{head}: {value}," if name else ""
    region = f"region: {REGIONS[name]}," if name in REGIONS else region_of(place)
    field = place.partition(".")[2]
    return f"by_{inside or head}: {field}({region} {narrowing} first: {ROWS}) {{ {page(place)} }}"
