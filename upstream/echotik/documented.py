"""Columns that EchoTik documents and no mapping reads, so that nobody takes them for new ones. Tests hold this list to
the documents, and each column to its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from upstream.endpoint import Endpoint

UNREAD: Mapping[str, frozenset[str] | None] = {
    "v2 product.trend": frozenset({"product_id"}),
    "v2 product.influencer.list": frozenset({"product_id"}),
    "v2 product.video.list": frozenset({"product_id", "duration"}),
    "v2 product.live.list": frozenset({"product_id"}),
    "v3 product.trend": frozenset({"product_id"}),
    "v3 product.comment": frozenset({"product_id"}),
    "v3 product.influencer.list": frozenset({"product_id"}),
    "v3 product.video.list": frozenset({"product_id"}),
    "v3 product.live.list": frozenset({"product_id", "product_name", "seller_id", "seller_name", "live_type"}),
    "v3 realtime.product.comment": frozenset(
        {
            "product_rating",
            "review_count",
            "third_party_review_cnt",
            "review_items.product_id",
            "review_items.review_user.user_id",
        }
    ),
    "v3 realtime.product.id": frozenset({"region"}),
    "v3 seller.detail": frozenset({"video_count"}),
    "v3 seller.trend": frozenset({"seller_id", "user_id"}),
    "v3 seller.influencer.list": frozenset({"seller_id"}),
    "v3 seller.video.list": frozenset({"seller_id"}),
    "v3 seller.live.list": frozenset({"seller_id"}),
    "v3 influencer.list": frozenset({"total_likes_cnt"}),
    "v3 influencer.detail": frozenset({"total_likes_cnt"}),
    "v3 influencer.trend": frozenset({"user_id"}),
    "v3 influencer.product.list": frozenset({"user_id"}),
    "v3 influencer.ranklist": frozenset({"most_category_l2_id", "most_category_l3_id"}),
    "v3 realtime.video.comments": None,  # TikTok's own objects, as is the room below
    "v3 realtime.video.download_url": frozenset({"cover_url", "dynamic_cover_url", "home_url"}),
    "v3 video.trend": frozenset({"video_id"}),
    "v3 video.ranklist": frozenset(
        {
            "sales_flag",
            "total_views_history_cnt",
            "total_digg_history_cnt",
            "total_comments_history_cnt",
            "total_shares_history_cnt",
            "total_favorites_history_cnt",
        }
    ),
    "v3 live.detail": frozenset(
        {
            "live_status",
            "live_type",
            "total_active_product_cnt",
            "total_followers_growth_cnt",
            "followers_growth_rate",
            "spu_avg_price",
            "gpm",
            "product_category_gmv_distribution",
            "per_live_sale_gmv_30d_amt",
            "total_live_30d_cnt",
            "live_sale_top3_product",
            "total_sale_cnt",
            "total_sale_gmv_amt",
        }
    ),
    "v3 live.product.list": None,
    "v3 realtime.live": None,
    "v3 category.l1": frozenset({"language"}),
    "v3 category.l2": frozenset({"language"}),
    "v3 category.l3": frozenset({"language"}),
    "v3 search.influencer": frozenset({"highlight", "influencer_level"}),
    "v3 search.seller": frozenset({"most_product_category_list"}),
    "v3 search.video": None,
    "v3 search.live": None,
}
"""Version and name of an endpoint → columns, as `Endpoint.unread` has them."""


def documented(endpoint: Endpoint) -> Endpoint:
    """With the columns that it leaves unread."""
    return replace(endpoint, unread=UNREAD.get(f"{endpoint.version} {endpoint.name}", frozenset()))
