"""KeyAPI's endpoints: EchoTik's v3, each at its own path.

Source: KeyAPI's reference of product list and video products, its other pages by path and price, and public client
code. Its words are shop, creators, livestreams, trends, ranking and reviews; parameters and columns keep EchoTik's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from entities.product import ProductRecord, RealtimeProduct
from upstream.argument import Key
from upstream.decode import count, key, text
from upstream.echotik import ENDPOINTS as ECHOTIK
from upstream.echotik import columns as structures
from upstream.echotik.parameter import LIVE_READ, V3_REGION
from upstream.echotik.product import PRODUCT_V3
from upstream.endpoint import Endpoint
from upstream.keyapi import columns
from upstream.keyapi.documented import UNREAD
from upstream.keyapi.vendor import KEYAPI
from upstream.mapping import Rows, column, if_present, structure

VERSION = "v1"

PATHS: Mapping[str, str] = {
    "product.list": "product/list/analytics",
    "product.detail": "product/detail/analytics",
    "product.trend": "product/trends/analytics",
    "product.comment": "product/reviews/analytics",
    "product.influencer.list": "product/creators/analytics",
    "product.video.list": "product/videos/analytics",
    "product.live.list": "product/livestreams/analytics",
    "product.ranklist": "product/ranking/analytics",
    "seller.list": "shop/list/analytics",
    "seller.detail": "shop/detail/analytics",
    "seller.trend": "shop/trends/analytics",
    "seller.product.list": "shop/products/analytics",
    "seller.influencer.list": "shop/creators/analytics",
    "seller.video.list": "shop/videos/analytics",
    "seller.live.list": "shop/livestreams/analytics",
    "seller.ranklist": "shop/ranking/analytics",
    "influencer.list": "influencer/list/analytics",
    "influencer.detail": "influencer/detail/analytics",
    "influencer.trend": "influencer/trends/analytics",
    "influencer.product.list": "influencer/products/analytics",
    "influencer.video.list": "influencer/videos/analytics",
    "influencer.live.list": "influencer/livestreams/analytics",
    "influencer.ranklist": "influencer/ranking/analytics",
    "video.list": "video/list/analytics",
    "video.detail": "video/detail/analytics",
    "video.trend": "video/trends/analytics",
    "video.product.list": "video/products/analytics",
    "video.ranklist": "video/ranking/analytics",
    "category.l1": "category/primary/analytics",
    "category.l2": "category/secondary/analytics",
    "category.l3": "category/tertiary/analytics",
    "search.influencer": "search/analytics",
    "search.product": "search/analytics",
    "search.seller": "search/analytics",
    "search.video": "search/analytics",
    "search.live": "search/analytics",
}

UNPUBLISHED: Mapping[str, str] = {
    "realtime.product.comment": "product/reviews",
    "realtime.product.id": "product/id",
    "realtime.video.captions": "video/captions",
    "realtime.video.comments": "video/comments",
    "realtime.video.download_url": "video/download-url",
    "realtime.live": "live/detail",
    "media.cover": "covers/batch-download",
}
"""Routes whose pages are known by name alone; the path follows the rule of their neighbours."""

LACKS: Mapping[str, frozenset[str]] = {
    "product.list": frozenset({"is_hot", "off_mark", "from_flag", "shop_type"}),
    "product.comment": frozenset({"min_rating", "max_rating"}),
    "product.video.list": frozenset({"user_id"}),
    "influencer.list": frozenset({"min_per_video_product_views_avg_7d_cnt", "max_per_video_product_views_avg_7d_cnt"}),
    "influencer.video.list": frozenset({"product_id"}),
    "video.list": frozenset({"user_id"}),
    "search.product": frozenset({"sortType"}),
}
"""Parameters of the twin that KeyAPI does not document."""

SHOP_CATEGORIES = frozenset({"category_id", "category_l2_id", "category_l3_id"})
CAREER = frozenset(
    {"per_video_product_views_avg_30d_cnt", "per_views_avg_30d_cnt", "product_category_list", "total_live_cnt"}
)
UNTOLD: Mapping[str, frozenset[str]] = {
    "seller.list": SHOP_CATEGORIES,
    "seller.product.list": frozenset({"specification"}),
    "seller.ranklist": SHOP_CATEGORIES | {"user_id"},
    "influencer.list": CAREER
    | {
        "influencer_video_duration_level",
        "influencer_video_publish_hour",
        "influencer_video_publish_week",
        "most_views_video",
    },
    "influencer.video.list": frozenset({"is_ad", "video_products"}),
}
"""Columns of the twin's lists that KeyAPI does not document: told where they are there, and by the detail always."""

PRODUCT_ROW = Rows(
    ProductRecord,
    {**PRODUCT_V3, "specifications": if_present(structure(structures.specifications, "specification"))},
)
APP_ROW = Rows(
    RealtimeProduct,
    {
        "id": column(key, "product_id"),
        "title": column(text, "product_base.title"),
        "images": column(columns.pictures, "product_base.images"),
        "sold_count": column(count, "product_base.sold_count"),
        "price": column(columns.price, "product_base.price.real_price", "product_base.price.currency"),
        "original_price": column(columns.price, "product_base.price.original_price", "product_base.price.currency"),
    },
)


def _twins() -> Iterable[Endpoint]:
    for twin in ECHOTIK:
        path = PATHS.get(twin.name) or UNPUBLISHED.get(twin.name)
        if twin.version == "v3" and path is not None:
            yield _twin(twin, path)


def _twin(twin: Endpoint, path: str) -> Endpoint:
    lacking = LACKS.get(twin.name, frozenset())
    return replace(
        twin,
        vendor=KEYAPI,
        version=VERSION,
        path=path,
        arguments={name: each for name, each in twin.arguments.items() if not lacking.intersection(each.wire)},
        fixed={name: value for name, value in twin.fixed.items() if name not in lacking},
        rows=_rows(twin),
        published=twin.name in PATHS,
        unread=None if twin.unread is None else twin.unread | UNREAD.get(twin.name, frozenset()),
    )


def _rows(twin: Endpoint) -> Rows | None:
    if twin.name == "product.list":
        return PRODUCT_ROW
    untold = UNTOLD.get(twin.name)
    return twin.rows if twin.rows is None or untold is None else twin.rows.told_if_present(untold)


ENDPOINTS = (
    *_twins(),
    Endpoint(
        KEYAPI,
        VERSION,
        name="realtime.product",
        path="realtime/product/detail_new_app",
        arguments={"product": Key("product_id"), "region": V3_REGION},
        rows=APP_ROW,
        within="goda_protocol.data.global.product_info_resp.products",
        asked={"product_id": "product_id"},
        unread=None,  # TikTok's own object
        **LIVE_READ,
    ),
)
