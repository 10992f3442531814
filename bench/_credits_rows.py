"""What the provider's rows tell of whom, by its documents: which column shows which field, which lists there are.

The rows themselves come from the sandbox's routes, called in this process: what is read here costs nothing and is not
counted. Written without the gateway's code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from bench._chain import PAGE
from bench._graph_clients import INFLUENCER, LANGUAGE, LEVELS, LIVE, PRODUCT, SELLER, Lookup
from sandbox.app import create_app
from sandbox.control import Control
from sandbox.echotik.routes import V3_ROUTES
from sandbox.parameter import Arguments
from sandbox.world import World

Row = Mapping[str, Any]
Told = tuple[str, str, dict[str, Any]]  # a type, an id, and columns of it

VIDEO = Lookup("video/detail", "video_ids", "video_id")
LOOKUPS = {"Product": PRODUCT, "Seller": SELLER, "Influencer": INFLUENCER, "Video": VIDEO, "Live": LIVE}
EXAMPLES = "GB"  # where rows are read to see which columns they have
SEARCHED = {"INFLUENCER": ("1", "Influencer"), "PRODUCT": ("2", "Product"), "SELLER": ("3", "Seller")}


class List(NamedTuple):
    """A list of the graph, and the provider's.

    parent   parameter of the id of what it hangs on; "" at the root
    kind     what its rows are about; "" where that is nothing with an id
    sort     parameter of the sort field, of a ranking that of its measure
    counted  the column of the parent's row that counts about these rows
    """

    path: str
    parent: str
    kind: str
    sort: str = ""
    counted: str = ""


LISTS = {
    ("Query", "products"): List("product/list", "", "Product", "product_sort_field"),
    ("Query", "sellers"): List("seller/list", "", "Seller", "seller_sort_field"),
    ("Query", "influencers"): List("influencer/list", "", "Influencer", "influencer_sort_field_v2"),
    ("Query", "videos"): List("video/list", "", "Video", "video_sort_field"),
    ("Query", "productRanking"): List("product/ranklist", "", "Product", "product_rank_field"),
    ("Query", "sellerRanking"): List("seller/ranklist", "", "Seller", "seller_rank_field"),
    ("Query", "influencerRanking"): List("influencer/ranklist", "", "Influencer", "influencer_rank_field"),
    ("Query", "videoRanking"): List("video/ranklist", "", "Video", "video_rank_field"),
    ("Product", "influencers"): List(
        "product/influencer/list", "product_id", "Influencer", "product_influencer_sort_field", "total_ifl_cnt"
    ),
    ("Product", "videos"): List(
        "product/video/list", "product_id", "Video", "product_video_sort_field", "total_video_cnt"
    ),
    ("Product", "lives"): List("product/live/list", "product_id", "Live", "product_live_sort_field", "total_live_cnt"),
    ("Product", "reviews"): List("product/comment", "product_id", ""),
    ("Seller", "products"): List("seller/product/list", "seller_id", "Product", "seller_product_sort_field"),
    ("Seller", "influencers"): List(
        "seller/influencer/list", "seller_id", "Influencer", "seller_influencer_sort_field", "total_ifl_cnt"
    ),
    ("Seller", "videos"): List("seller/video/list", "seller_id", "Video", "seller_video_sort_field", "total_video_cnt"),
    ("Seller", "lives"): List("seller/live/list", "seller_id", "Live", "seller_live_sort_field", "total_live_cnt"),
    ("Influencer", "products"): List(
        "influencer/product/list", "user_id", "Product", "influencer_product_sort_field", "total_product_cnt"
    ),
    ("Influencer", "videos"): List("influencer/video/list", "user_id", "Video", "influencer_video_sort_field"),
    ("Influencer", "lives"): List("influencer/live/list", "user_id", "Live", "", "total_live_cnt"),
    ("Live", "products"): List("live/product/list", "room_id", "Product", "", "total_product_cnt"),
    ("Category", "products"): List("product/list", "", "Product", "product_sort_field"),
    ("Category", "sellers"): List("seller/list", "", "Seller", "seller_sort_field"),
    ("Category", "productRanking"): List("product/ranklist", "", "Product", "product_rank_field"),
}
TRENDS = {
    "Product": ("product/trend", "product_id"),
    "Seller": ("seller/trend", "seller_id"),
    "Influencer": ("influencer/trend", "user_id"),
    "Video": ("video/trend", "video_id"),
}
LINKS = {  # what an id in a row leads to: its type and its column
    ("Product", "seller"): ("Seller", "seller_id"),
    ("Seller", "account"): ("Influencer", "user_id"),
    ("Influencer", "seller"): ("Seller", "seller_id"),
    ("Influencer", "topVideo"): ("Video", "most_views_video"),
    ("Video", "influencer"): ("Influencer", "user_id"),
    ("Video", "products"): ("Product", "video_products"),
    ("Live", "influencer"): ("Influencer", "user_id"),
    ("Seller", "topCategory"): ("Category", "most_product_category_list"),
    ("Seller", "soldCategories"): ("Category", "product_category_list"),
    ("Video", "soldCategories"): ("Category", "product_category_list"),
}
LEVELED = tuple(LEVELS.values())  # the columns of a product's or a shop's categories, level by level
PICTURES = {
    ("Product", "images"): "cover_url",
    ("Product", "cover"): "cover_url",
    ("Seller", "logo"): "cover_url",
    ("Influencer", "avatar"): "avatar",
    ("Video", "cover"): "reflow_cover",
    ("Live", "cover"): "cover_url",
}
FACTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Product": {
        "name": ("product_name",),
        "region": ("region",),
        "description": ("desc_detail",),
        "discountPercent": ("discount",),
        "commissionRate": ("product_commission_rate",),
        "rating": ("product_rating", "review_count"),
        "reviewCount": ("review_count",),
        "freeShipping": ("free_shipping",),
        "fullyManaged": ("is_s_shop",),
        "delisted": ("off_mark",),
        "mainChannel": ("sales_flag",),
        "salesTrend": ("sales_trend_flag",),
        "firstSeen": ("first_crawl_dt",),
        "skus": ("skus", "sale_props"),
        "options": ("sale_props",),
        "specifications": ("specification",),
    },
    "Seller": {
        "name": ("seller_name",),
        "region": ("region",),
        "url": ("seller_link",),
        "origin": ("from_flag",),
        "rating": ("rating",),
        "averagePrice": ("spu_avg_price",),
        "productCount": ("total_product_cnt",),
        "activeProductCount": ("total_crawl_product_cnt",),
        "influencerCount": ("total_ifl_cnt",),
        "videoCount": ("total_video_cnt",),
        "liveCount": ("total_live_cnt",),
        "mainChannel": ("sales_flag",),
        "salesTrend": ("sales_trend_flag",),
        "firstSeen": ("first_crawl_dt",),
        "reviewCount": ("review_count",),
        "followerCount": ("followers_count",),
        "positiveFeedbackRate": ("positive_feedback_rate",),
        "responseRate": ("response_rate",),
    },
    "Influencer": {
        "handle": ("unique_id",),
        "name": ("nick_name",),
        "region": ("region",),
        "language": ("language",),
        "gender": ("gender",),
        "category": ("category",),
        "bio": ("signature",),
        "email": ("contact_email",),
        "score": ("ec_score",),
        "hasShowcase": ("show_case_flag",),
        "sellingMode": ("sales_flag",),
        "closed": ("off_mark",),
        "averageViews30d": ("per_views_avg_30d_cnt",),
        "firstSeen": ("first_crawl_dt",),
        "followingCount": ("total_following_cnt",),
        "interactionRate": ("interaction_rate",),
        "videoCount": ("total_post_video_cnt",),
        "liveCount": ("total_live_cnt",),
        "productCount": ("total_product_cnt",),
    },
    "Video": {
        "caption": ("video_desc",),
        "hashtags": ("video_desc",),
        "postedAt": ("create_time",),
        "durationSeconds": ("duration",),
        "region": ("region",),
        "width": ("width",),
        "height": ("height",),
        "sizeBytes": ("data_size",),
        "resolution": ("ratio",),
        "isAd": ("is_ad",),
        "madeByAi": ("created_by_ai",),
        "sellsProducts": ("sales_flag",),
    },
    "Live": {
        "title": ("title",),
        "region": ("region",),
        "startedAt": ("create_time",),
        "endedAt": ("finish_time",),
        "durationSeconds": ("duration",),
        "views": ("total_views_cnt",),
        "peakViewers": ("max_views_cnt",),
        "productCount": ("total_product_cnt",),
    },
    "PriceRange": {"average": ("spu_avg_price",), "min": ("min_price",), "max": ("max_price",)},
}
MEASURES: dict[str, dict[str, tuple[str, ...]]] = {  # with a place for the window
    "ProductPerformance": {
        "units": ("total_sale_{}cnt",),
        "gmv": ("total_sale_gmv_{}amt",),
        "averagePrice": ("total_sale_{}cnt", "total_sale_gmv_{}amt"),
        "influencers": ("total_ifl_{}cnt",),
    },
    "SellerPerformance": {
        "units": ("total_sale_{}cnt",),
        "gmv": ("total_sale_gmv_{}amt",),
        "averagePrice": ("total_sale_{}cnt", "total_sale_gmv_{}amt"),
    },
    "InfluencerPerformance": {"gmv": ("total_sale_gmv_{}amt",)},
    "InfluencerAudience": {"followers": ("total_followers_{}cnt",), "likes": ("total_digg_{}cnt",)},
    "VideoPerformance": {"units": ("total_video_sale_{}cnt",), "gmv": ("total_video_sale_gmv_{}amt",)},
    "VideoEngagement": {"views": ("total_views_{}cnt",), "likes": ("total_digg_{}cnt",)},
}
VIDEO_SALES = {"units": ("total_video_sale_{}cnt",), "gmv": ("total_video_sale_gmv_{}amt",)}
MEASURES |= {"VideoChannelPerformance": {**VIDEO_SALES, "videos": ("total_video_{}cnt",)}}
WINDOWS = {
    "ALL_TIME": "",
    "LAST_1_DAY": "1d_",
    "LAST_7_DAYS": "7d_",
    "LAST_15_DAYS": "15d_",
    "LAST_30_DAYS": "30d_",
    "LAST_60_DAYS": "60d_",
    "LAST_90_DAYS": "90d_",
}

OF_ANOTHER = {  # columns that are not of what the row is about: of the pair, of the period, of the author
    "product/ranklist": re.compile("total_"),
    "seller/ranklist": re.compile("total_"),
    "influencer/ranklist": re.compile("total_(?!.*_history_)"),
    "video/ranklist": re.compile("total_|sales_flag|unique_id|nick_name|avatar|category"),
    "influencer/product/list": re.compile("total_video|total_live|user_id"),
    "seller/influencer/list": re.compile("total_sale|seller_id"),
    "product/live/list": re.compile("total_sale|spu_avg_price|category_id|product_|seller_"),
}
AUTHOR = ("unique_id", "nick_name", "avatar")  # of the row's user_id, where the row is about a video or a live
HOLES = {  # cells that say that nothing was collected, not that there is nothing
    ("product/ranklist", "category_id"): None,
    ("seller/live/list", "max_views_cnt"): 0,
}


class Rows:
    """The rows of a world, route by route, each read once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sandbox = create_app(world, Control()).state.sandbox
        self._routes = {route.path: route for route in V3_ROUTES}
        self.listed = cache(self._listed)

    def first(self, path: str, params: Iterable[tuple[str, str]], most: int) -> list[Row]:
        """The first rows of a list, read page by page until there are enough or one is short."""
        found: list[Row] = []
        for number in range(1, -(-most // PAGE) + 1):
            page = self.listed(path, frozenset(params) | {("page_num", str(number)), ("page_size", str(PAGE))})
            found += page
            if len(page) < PAGE:
                break
        return found

    def looked_up(self, kind: str, keys: Iterable[str]) -> dict[str, Row]:
        """Rows by id; what is unknown has none."""
        lookup = LOOKUPS[kind]
        rows = (self.listed(lookup.path, frozenset({(lookup.param, key)})) for key in keys)
        return {row[lookup.column]: row for found in rows for row in found}

    def supplied(self, kind: str) -> frozenset[str]:
        """The columns that a lookup tells."""
        world = self.world
        products = world.products_in(EXAMPLES)
        examples: dict[str, str] = {
            "Product": products[0].id,
            "Seller": world.sellers_in(EXAMPLES)[0].id,
            "Influencer": world.influencers_in(EXAMPLES)[0].id,
            "Video": next(video.id for product in products for video in world.videos_of_product(product)),
            "Live": world.lives_from(0, 1)[0].id,
        }
        (row,) = self.looked_up(kind, [examples[kind]]).values()
        return frozenset(row)

    def tree(self, level: int) -> dict[str, Row]:
        """A level of the categories by id."""
        rows = self.listed(f"category/l{level}", frozenset({("language", LANGUAGE)}))
        return {row["category_id"]: row for row in rows}

    def _listed(self, path: str, params: frozenset[tuple[str, str]]) -> list[Row]:
        route = self._routes[path]
        question = self._sandbox.question(route, Arguments(route.parameters, dict(params)))
        rows: list[Row] = json.loads(route.answer(question).body)["data"]
        return rows


def told(path: str, kind: str, row: Row) -> Iterator[Told]:
    """What a row tells of whom: of its subject, and of the author that it names."""
    other = OF_ANOTHER.get(path)
    own = {
        name.replace("_history_", "_"): value
        for name, value in row.items()
        if not (other and other.match(name)) and HOLES.get((path, name), row) != value
    }
    if path == "influencer/ranklist":
        own["most_category_product"] = row["most_category_id"]
    yield kind, row[LOOKUPS[kind].column], own
    if kind in ("Video", "Live") and row.get("user_id"):
        names = (*AUTHOR, "category") if path == "video/ranklist" else AUTHOR
        yield "Influencer", row["user_id"], {name: row[name] for name in names if name in row}


def ids_in(value: Any) -> list[str]:
    """The ids that a cell holds: one, or several in JSON text."""
    if value in (None, "", "0"):
        return []
    if str(value).isdigit():
        return [str(value)]
    parsed = json.loads(value)
    return [str(each["category_id"] if isinstance(each, dict) else each) for each in parsed]


def addresses(value: Any) -> list[str]:
    """The pictures of a cell, in order: one address, JSON text, or what searches write."""
    text = str(value or "").strip()
    if not text.startswith("["):
        return [text] if text else []
    pairs = re.findall(r"index=(\d+), url=([^}]+)", text) or [(each["index"], each["url"]) for each in json.loads(text)]
    return [url for _, url in sorted((int(index), url) for index, url in pairs)]


def day(value: Any) -> date | None:
    """yyyymmdd as a number or a text."""
    return date.fromisoformat(f"{str(value)[:4]}-{str(value)[4:6]}-{str(value)[6:]}") if value else None
