"""Every field of the contract, compared with what the sandbox's world says of it, through the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.conftest import Answer
from tests.graph.every_field import (
    category,
    influencer,
    live,
    product,
    product_lists,
    quota,
    ranking,
    realtime,
    root,
    search,
    seller,
    video,
)
from tests.graph.walked import Such, Walker, measures, promised

# ── EchoTik v3 ────────────────────────────────────────────────────────────────────────────────────────────────────

V3_COMPARISONS: tuple[Callable[[Walker], None], ...] = (
    product.compare_source,
    root.compare_providers,
    quota.compare_quota,
    *product.ALL,
    *product_lists.ALL,
    product_lists.compare_reviews,
    *seller.ALL,
    *influencer.ALL,
    *video.ALL,
    *live.ALL,
    *category.ALL,
    *ranking.ALL,
    *ranking.V3,
    root.compare_nodes,
    search.compare_each_kind,
)
V2_ALONE = {
    "Query.newProductRanking": "v3 has no such ranking",
    "Product.realtime": "what v3 reads is the raw state of a page, which is not declared",
    **dict.fromkeys((place for place in promised() if place.startswith("RealtimeProduct.")), "as the read itself"),
}
NO_TOTAL = "rows come without a count of them all"
NULL_BY_DESIGN = {
    "SellerPerformance.conversionRate": "Winning Hunter alone tells it",
    "ProductInfluencerConnection.totalCount": NO_TOTAL,
    "ProductVideoConnection.totalCount": NO_TOTAL,
    "ProductLiveConnection.totalCount": NO_TOTAL,
    "ReviewConnection.totalCount": NO_TOTAL,
    "SellerConnection.totalCount": NO_TOTAL,
    "SellerInfluencerConnection.totalCount": NO_TOTAL,
    "InfluencerConnection.totalCount": NO_TOTAL,
    "InfluencerProductConnection.totalCount": NO_TOTAL,
    "VideoConnection.totalCount": NO_TOTAL,
    "LiveConnection.totalCount": NO_TOTAL,
    "ProductRanking.totalCount": NO_TOTAL,
    "SellerRanking.totalCount": NO_TOTAL,
    "InfluencerRanking.totalCount": NO_TOTAL,
    "VideoRanking.totalCount": NO_TOTAL,
}


def test_on_v3_every_field_tells_what_the_world_is(gateway, sandbox):
    walker = Walker(quota.Heron(gateway("v3", shopgraph_api_keys=quota.CLIENT)), sandbox, "v3")

    for compare in V3_COMPARISONS:
        compare(walker)

    assert walker.told == promised() - V2_ALONE.keys() - NULL_BY_DESIGN.keys()
    assert walker.none - walker.told == NULL_BY_DESIGN.keys()
    assert {place for place, windows in walker.windows.items() if len(windows) > 1} == measures()


# ── EchoTik v2 ────────────────────────────────────────────────────────────────────────────────────────────────────

V2_COMPARISONS: tuple[Callable[[Walker], None], ...] = (
    product.compare_source,
    root.compare_providers,
    *product.ALL,
    *product_lists.ALL,
    realtime.compare_realtime,
    *ranking.ALL,
    ranking.compare_new_products,
    root.compare_product_nodes,
)
V2_TELLS = {
    "Query": "node nodes product productsByIds productFromUrl products productRanking newProductRanking providers",
    "Product": """
        id productId name region images cover description price discountPercent commissionRate rating reviewCount
        freeShipping fullyManaged delisted mainChannel salesTrend firstSeen skus options categories performance trend
        seller influencers videos lives realtime source sources
    """,
    "Image": "url index stableUrl",
    "PriceRange": "average min max",
    "Money": "amount currency display",
    "Sku": "skuId price options",
    "ProductOption": "optionId name hasImages values",
    "ProductOptionValue": "valueId value image",
    "TextBlock": "text",
    "ListBlock": "items",
    "ImageBlock": "url urls width height",
    "ProductPerformance": "window units gmv averagePrice influencers video live",
    "VideoChannelPerformance": "videos views influencers",
    "LiveChannelPerformance": "units gmv sessions influencers",
    "ProductTrendPoint": "date units gmv totalUnits totalGmv averagePrice influencers videos lives",
    "RealtimeProduct": "productId title images description soldCount price skus options shippingFee seller fetchedAt",
    "RecordSource": "provider endpoint fetchedAt cached asOf parts",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    "ProductConnection": "edges nodes pageInfo",
    "ProductEdge": "cursor node",
    "ProductRanking": "date edges nodes pageInfo",
    "ProductRankEdge": "cursor rank node units gmv influencers videos lives",
    "ProductInfluencerConnection": "edges nodes pageInfo",
    "ProductInfluencerEdge": "cursor node units gmv",
    "ProductVideoConnection": "edges nodes pageInfo",
    "ProductVideoEdge": "cursor node units gmv",
    "ProductLiveConnection": "edges nodes pageInfo",
    "ProductLiveEdge": "cursor node units gmv averagePrice category",
    "Seller": "id sellerId",
    "Category": "id categoryId level",
    "Influencer": """
        id userId name avatar region category followingCount videoCount liveCount liveViewCount audience source sources
    """,
    "InfluencerAudience": "window followers likes views",
    "Video": """
        id videoId caption hashtags postedAt region cover playUrl width height sizeBytes resolution influencer
        engagement performance source sources
    """,
    "VideoEngagement": "window views likes comments shares favorites",
    "VideoPerformance": "window units gmv",
    "Live": "id roomId cover region startedAt views peakViewers productCount influencer source sources",
    "ProviderStatus": "provider configured circuit callsToday creditsToday",
}
V3_LISTS = "rows of v3's list alone tell it"
NULL_ON_V2 = {
    "Image.signedUrl": "v2 signs no address",
    "Product.bestSeller": V3_LISTS,
    "Product.brandShop": V3_LISTS,
    "Product.sellerOrigin": V3_LISTS,
    "Product.shippingPrice": V3_LISTS,
    "Product.lastSeen": V3_LISTS,
    "Product.specifications": "v2 has no column of it",
    "VideoChannelPerformance.units": "v2 has no column of it",
    "VideoChannelPerformance.gmv": "v2 has no column of it",
    "VideoChannelPerformance.products": "influencers alone have it",
    "Video.durationSeconds": "the column repeats the size of the file",
    "RealtimeProduct.originalPrice": "the price has one amount",
    "ProductConnection.totalCount": NO_TOTAL,
    "ProductRanking.totalCount": NO_TOTAL,
    "ProductInfluencerConnection.totalCount": NO_TOTAL,
    "ProductVideoConnection.totalCount": NO_TOTAL,
    "ProductLiveConnection.totalCount": NO_TOTAL,
}


def test_on_v2_every_field_that_it_serves_tells_what_the_world_is(gateway, sandbox):
    walker = Walker(gateway("v2"), sandbox, "v2")

    for compare in V2_COMPARISONS:
        compare(walker)

    assert walker.told == {f"{kind}.{field}" for kind, fields in V2_TELLS.items() for field in fields.split()}
    assert walker.none - walker.told == NULL_ON_V2.keys()
    assert walker.told | walker.none >= V2_ALONE.keys()


# ── the walker itself ─────────────────────────────────────────────────────────────────────────────────────────────

QUERY = """{ product(id: "1") {
    title: name rating reviewCount description { __typename ... on TextBlock { text } ...picture }
} } fragment picture on ImageBlock { width }"""
RED, BLUE = {"__typename": "TextBlock", "text": "Red."}, {"__typename": "ImageBlock", "width": 8}
TOLD: dict[str, Any] = {
    "title": "Mug",
    "rating": None,
    "reviewCount": 1,
    "description": [RED, BLUE],
}


def walked(sandbox: SandboxServer, **changed: Any) -> Walker:
    """A walker of a server that always says the same."""
    body = {"data": {"product": {**TOLD, **changed}}}
    return Walker(lambda _query: Answer(200, body), sandbox, "v3")


def test_what_was_compared_counts_by_its_own_type_and_null_apart(sandbox):
    walker = walked(sandbox)

    walker.same(QUERY, {"product": TOLD})

    assert walker.told == {
        "Query.product",
        "Product.name",
        "Product.reviewCount",
        "Product.description",
        "TextBlock.text",
        "ImageBlock.width",
    }
    assert walker.none == {"Product.rating"}


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Cup"},
        {"title": None},
        {"rating": 4.5},
        {"reviewCount": True},
        {"description": None},
        {"description": []},
        {"description": [RED]},
        {"description": [RED, {**BLUE, "width": 9}]},
        {"description": [RED, RED]},
    ],
)
def test_what_differs_fails_and_counts_nothing(changed, sandbox):
    walker = walked(sandbox, **changed)

    with pytest.raises(AssertionError, match=next(iter(changed))):
        walker.same(QUERY, {"product": TOLD})

    assert not walker.told | walker.none


@pytest.mark.parametrize("without", ["title", "rating", "description"])
def test_what_is_chosen_and_not_compared_fails(without, sandbox):
    expected = {key: value for key, value in TOLD.items() if key != without}

    with pytest.raises(AssertionError, match=without):
        walked(sandbox).same(QUERY, {"product": expected})


@pytest.mark.parametrize(("value", "holds"), [("Mug", True), ("Cup", False), (None, False)])
def test_what_nobody_can_know_is_compared_by_what_holds_for_it(value, holds, sandbox):
    walker, expected = walked(sandbox, title=value), {**TOLD, "title": Such("a mug", lambda text: text == "Mug")}

    if holds:
        walker.same(QUERY, {"product": expected})
    else:
        with pytest.raises(AssertionError, match="a mug"):
            walker.same(QUERY, {"product": expected})

    assert ("Product.name" in walker.told) is holds
