"""What the clients of bench.soak ask: pages of bench/screens and smaller ones, of many products, shops and people.

What each must answer is worked out without the gateway's code: by the programs of bench._graph_screens and others below
over rows that the sandbox tells before it begins to fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

from bench._graph_clients import HANDLE, INFLUENCER, PRODUCT, SELLER, Client
from bench._graph_screens import Answer, by, cover, day, named, old, people, screens
from sandbox.echotik.catalog import best_sellers
from sandbox.echotik.influencer import told_handle
from sandbox.echotik.product import category_ids
from sandbox.world import World

REGIONS = ("GB", "SG", "JP", "MX")
WATCHED, LISTED, WEEK, DAYS_BACK = 20, 10, 7, 3
ByHand = Callable[[Client, World, Mapping[str, Any]], Answer]

SMALL = {
    "product-card": """
query ProductCard($id: ID!) {
  product(id: $id) { id name rating price { average } performance(window: LAST_30_DAYS) { units } seller { name } }
}""",
    "sellers-of-product": """
query SellersOfProduct($id: ID!) {
  product(id: $id) {
    name cover { signedUrl }
    influencers(first: 10, sort: {field: GMV}) { edges { units node { id handle name } } }
  }
}""",
    "week-of-product": """
query WeekOfProduct($id: ID!) { product(id: $id) { name categories { name } trend(days: 7) { date units } } }""",
    "videos-of-shop": """
query VideosOfShop($id: ID!) {
  seller(id: $id) {
    name
    videos(first: 10, sort: {field: GMV}) { nodes { caption influencer { handle name } } }
    products(first: 10, sort: {field: GMV}) { nodes { id name } }
  }
}""",
    "goods-of-creator": """
query GoodsOfCreator($handle: String!) {
  influencer(handle: $handle) {
    name score
    products(first: 10, sort: {field: GMV}) { edges { videoUnits node { id name seller { name } } } }
  }
}""",
}
WEIGHTS = {
    "product-card": 24,
    "sellers-of-product": 16,
    "week-of-product": 16,
    "videos-of-shop": 8,
    "goods-of-creator": 8,
    "ranking-page": 4,
    "today-against-yesterday": 4,
    "watch-list": 8,
    "product-page": 4,
    "shop-page": 2,
    "creator-page": 2,
    "outreach-list": 2,
    "video-feed": 2,
}


class Question(NamedTuple):
    """A document, its variables as a client sends them, and the name of the page."""

    page: str
    query: str
    variables: str

    @property
    def body(self) -> bytes:
        return json.dumps({"query": self.query, "variables": json.loads(self.variables)}).encode()


class Size(NamedTuple):
    """In how many markets pages are asked, and of how many products, shops and people of each."""

    markets: int
    products: int
    shops: int
    people: int


class Universe:
    """Every question that may be asked of a world."""

    def __init__(self, world: World, size: Size) -> None:
        self._documents = {screen.name: screen.query for screen in screens(world, smoke=True)} | SMALL
        regions = REGIONS[: size.markets]
        self.pages: dict[str, list[Question]] = {page: [] for page in WEIGHTS}
        for page, variables in (told for region in regions for told in asked(world, region, size)):
            self.pages[page].append(Question(page, self._documents[page], json.dumps(variables)))

    def __iter__(self) -> Iterator[Question]:
        return (question for some in self.pages.values() for question in some)

    def drawn(self, draw: Random) -> Question:
        """A question: what is near the front is asked often."""
        page = self.pages[draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]]
        return page[int(len(page) * draw.random() ** 2)]


def asked(world: World, region: str, size: Size) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pages of a market, and their variables."""
    products = [each for each in best_sellers(world, region) if old(each) and "0" not in category_ids(each)]
    shops = [each.id for each in world.sellers_in(region) if old(each)]
    handles = [user.handle for user in world.influencers_in(region) if told_handle(user) and old(user)]
    for page in ("product-card", "sellers-of-product", "week-of-product", "product-page"):
        yield from ((page, {"id": product.id}) for product in products[: size.products])
    for page in ("videos-of-shop", "shop-page"):
        yield from ((page, {"id": shop}) for shop in shops[: size.shops])
    for page in ("goods-of-creator", "creator-page"):
        yield from ((page, {"handle": handle}) for handle in handles[: size.people])
    for start in range(0, size.products, LISTED):
        yield "watch-list", {"ids": [product.id for product in products[start : start + WATCHED]]}
    for back in range(1, DAYS_BACK + 1):
        days = {"today": day(world, back), "yesterday": day(world, back + 1)}
        yield "today-against-yesterday", {"region": region, **days, "first": LISTED}
    yield "outreach-list", {"region": region, "category": products[0].categories[0].id, "products": 2}
    yield "ranking-page", {"region": region, "first": LISTED}
    yield "video-feed", {"region": region, "first": LISTED}


class Oracle:
    """What pages must answer, by calls to a provider that does not fail."""

    def __init__(self, world: World, upstream: str) -> None:
        self._world = world
        self._client = Client(upstream)
        self._programs: dict[str, ByHand] = {each.name: each.by_hand for each in screens(world, smoke=True)} | BY_HAND

    def answer(self, question: Question) -> Answer:
        return self._programs[question.page](self._client, self._world, json.loads(question.variables))

    def close(self) -> None:
        self._client.close()


# ── the smaller pages ─────────────────────────────────────────────────────────────────────────────────────────────


def product_card(client: Client, world: World, given: Mapping[str, Any]) -> Answer:
    columns = "product_name", "product_rating", "spu_avg_price", "total_sale_30d_cnt", "seller_id"
    (product,) = client.completed(PRODUCT, [{"product_id": given["id"]}], *columns)
    (seller,) = client.completed(SELLER, [product], "seller_name")
    return {
        "product": {
            **named("Product", product),
            "rating": product["product_rating"],
            "price": {"average": product["spu_avg_price"]},
            "performance": {"units": product["total_sale_30d_cnt"]},
            "seller": {"name": seller["seller_name"]},
        }
    }


def sellers_of_product(client: Client, world: World, given: Mapping[str, Any]) -> Answer:
    (product,) = client.completed(PRODUCT, [{"product_id": given["id"]}], "product_name", "cover_url")
    covers = client.signed([cover(product)])
    order = by("product_influencer_sort_field", 4)
    told = client.rows("product/influencer/list", 10, product_id=given["id"], **order)
    users = client.completed(INFLUENCER, told, "unique_id")
    return {
        "product": {
            "name": product["product_name"],
            "cover": {"signedUrl": covers.get(cover(product))},
            "influencers": {
                "edges": [
                    {
                        "units": row["per_product_ifl_sale_cnt"],
                        "node": {**named("Influencer", user), "handle": user["unique_id"]},
                    }
                    for row, user in zip(told, users, strict=True)
                ]
            },
        }
    }


def week_of_product(client: Client, world: World, given: Mapping[str, Any]) -> Answer:
    (product,) = client.completed(PRODUCT, [{"product_id": given["id"]}], "product_name", "category_id")
    (names,) = client.category_names([product])
    span = {"start_date": day(world, WEEK), "end_date": day(world, 1)}
    days = client.rows("product/trend", WEEK, product_id=given["id"], **span)
    return {
        "product": {
            "name": product["product_name"],
            "categories": [{"name": name} for name in names],
            "trend": [{"date": row["dt"], "units": row["total_sale_1d_cnt"]} for row in days],
        }
    }


def videos_of_shop(client: Client, world: World, given: Mapping[str, Any]) -> Answer:
    own = {"seller_id": given["id"]}
    (seller,) = client.completed(SELLER, [own], "seller_name")
    videos = client.rows("seller/video/list", 10, **own, **by("seller_video_sort_field", 3))
    authors = client.completed(INFLUENCER, people(videos), "unique_id")
    products = client.rows("seller/product/list", 10, **own, **by("seller_product_sort_field", 2))
    return {
        "seller": {
            "name": seller["seller_name"],
            "videos": {
                "nodes": [
                    {
                        "caption": video["video_desc"],
                        "influencer": {"handle": author["unique_id"], "name": author["nick_name"]},
                    }
                    for video, author in zip(videos, authors, strict=True)
                ]
            },
            "products": {"nodes": [named("Product", product) for product in products]},
        }
    }


def goods_of_creator(client: Client, world: World, given: Mapping[str, Any]) -> Answer:
    (user,) = client.completed(HANDLE, [{"unique_id": given["handle"]}], "user_id", "nick_name", "ec_score")
    order = by("influencer_product_sort_field", 2)
    sold = client.rows("influencer/product/list", 10, user_id=user["user_id"], **order)
    products = client.completed(PRODUCT, sold, "product_name", "seller_id")
    sellers = client.completed(SELLER, products, "seller_name")
    return {
        "influencer": {
            "name": user["nick_name"],
            "score": user["ec_score"],
            "products": {
                "edges": [
                    {
                        "videoUnits": row["total_video_sale_cnt"],
                        "node": {**named("Product", product), "seller": {"name": seller["seller_name"]}},
                    }
                    for row, product, seller in zip(sold, products, sellers, strict=True)
                ]
            },
        }
    }


BY_HAND: dict[str, ByHand] = {
    "product-card": product_card,
    "sellers-of-product": sellers_of_product,
    "week-of-product": week_of_product,
    "videos-of-shop": videos_of_shop,
    "goods-of-creator": goods_of_creator,
}
