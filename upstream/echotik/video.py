"""The video group of EchoTik v3, and its live reads of a video.

Source: the provider's v3 pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from entities.influencer import InfluencerRecord
from entities.product import ProductRecord
from entities.video import Caption, Comment, VideoDay, VideoFiles, VideoRecord, ViewGains
from entities.vocabulary import Rank, VideoRankBy, VideoSortField, Window
from upstream import decode
from upstream.argument import (
    FLAG,
    Bounds,
    CategoryKey,
    Code,
    Encoder,
    Key,
    Keys,
    Offsets,
    Seconds,
    Sort,
    Text,
)
from upstream.decode import count, flag, instant, key, number, spelled, text
from upstream.echotik import columns
from upstream.echotik.parameter import DAYS, LIVE_READ, PAGES, PERIOD, V3, V3_REGION
from upstream.echotik.product import VIDEO_V3
from upstream.endpoint import Shape
from upstream.mapping import Edge, Rows, Spec, all_time, column, per_window, structure

VIDEO: Mapping[str, Encoder] = {"video": Key("video_id")}
SORT = Sort("video_sort_field", {VideoSortField.LIKES: "1", VideoSortField.POSTED_AT: "2", VideoSortField.VIEWS: "3"})
RANKED_BY = {VideoRankBy.VIEWS: "1", VideoRankBy.SALES: "2"}
WORDS = {True: "true", False: "false"}
FILTERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "filter.influencer": Key("user_id"),
        "filter.product": Key("product_id"),
        "filter.productCategory": CategoryKey("product_category_id"),
        "filter.sellsProducts": Code("sales_flag", FLAG),
        "filter.madeByAi": Code("created_by_ai", WORDS),
        "filter.isAd": Code("is_ad", FLAG),
        "filter.posted": Seconds("min_create_time", "max_create_time"),
        "filter.durationSeconds": Bounds("min_duration", "max_duration"),
        "filter.views": Bounds("min_total_views_cnt", "max_total_views_cnt"),
    }
)

GAINED = (Window.ALL_TIME, Window.LAST_1_DAY, Window.LAST_7_DAYS, Window.LAST_30_DAYS)
AUTHOR: Mapping[str, Spec] = {"id": column(key, "user_id"), "handle": column(decode.handle, "unique_id")}
PICTURED: Mapping[str, Spec] = {**AUTHOR, "avatar": column(decode.image, "avatar")}
VIDEO_BASE: Mapping[str, Spec] = {
    "id": column(key, "video_id"),
    "caption": column(text, "video_desc"),
    "hashtags": column(decode.hashtags, "video_desc"),
    "posted_at": column(instant, "create_time"),
    "duration_seconds": column(number, "duration"),
    "region": column(decode.region, "region"),
    "cover": column(decode.image, "reflow_cover"),
    "resolution": column(text, "ratio"),
    "width": column(decode.small, "width"),
    "height": column(decode.small, "height"),
    "size_bytes": column(decode.unless_negative(count), "data_size"),
    "influencer_id": column(key, "user_id"),
    "sells_products": column(flag, "sales_flag"),
    "made_by_ai": column(flag, "created_by_ai"),
    "is_ad": column(flag, "is_ad"),
    "product_ids": column(columns.bare_keys, "video_products"),
    "views": per_window(count, "total_views_{}cnt", windows=GAINED),
    "likes": per_window(count, "total_digg_{}cnt", windows=GAINED),
    "comments": all_time(count, "total_comments_cnt"),
    "shares": all_time(count, "total_shares_cnt"),
    "favorites": all_time(decode.unless_negative(count), "total_favorites_cnt"),
    "units": all_time(count, "total_video_sale_cnt"),
    "gmv_usd": all_time(number, "total_video_sale_gmv_amt"),
}
VIDEO_ROW = Rows(
    VideoRecord,
    {**VIDEO_BASE, "sold_category_ids": structure(columns.categories_sold, "product_category_list")},
    also=(Rows(InfluencerRecord, PICTURED),),
)
DAY_ROW = Rows(
    VideoDay,
    {
        "day": column(decode.iso_day, "dt"),
        "views": column(count, "total_views_cnt"),
        "likes": column(count, "total_digg_cnt"),
        "comments": column(count, "total_comments_cnt"),
        "shares": column(count, "total_shares_cnt"),
        "favorites": column(decode.unless_negative(count), "total_favorites_cnt"),
        "units": column(spelled(count), "total_video_sale_cnt"),
        "gmv_usd": column(spelled(number), "total_video_sale_gmv_amt"),
    },
)
RANK_ROW = Rows(  # counts in these rows are the period's gains: they stay on the edge
    VideoRecord,
    {
        "id": column(key, "video_id"),
        "caption": column(text, "video_desc"),
        "hashtags": column(decode.hashtags, "video_desc"),
        "posted_at": column(instant, "create_time"),
        "duration_seconds": column(number, "duration"),
        "region": column(decode.region, "region"),
        "cover": column(decode.image, "reflow_cover"),
        "influencer_id": column(key, "user_id"),
        "made_by_ai": column(flag, "created_by_ai"),
        "product_ids": column(columns.bare_keys, "video_products"),
        "sold_category_ids": structure(columns.categories_sold, "product_category_list"),
    },
    edge=Edge(
        ViewGains,
        {
            "views": column(count, "total_views_cnt"),
            "likes": column(count, "total_digg_cnt"),
            "comments": column(count, "total_comments_cnt"),
            "shares": column(count, "total_shares_cnt"),
            "favorites": column(decode.unless_negative(count), "total_favorites_cnt"),
            "units": column(count, "total_video_sale_cnt"),
            "gmv_usd": column(number, "total_video_sale_gmv_amt"),
        },
    ),
    also=(
        Rows(
            InfluencerRecord,
            {**PICTURED, "name": column(text, "nick_name"), "category": column(text, "category")},
        ),
    ),
)
PRODUCT_ROW = Rows(  # a row for each pair; of the product its id alone
    ProductRecord,
    {"id": column(key, "product_id")},
    also=(Rows(VideoRecord, VIDEO_V3),),
)

# ── live reads: raw answers of TikTok, whose prices no document states ────────────────────────────────────────────

CAPTION_ROW = Rows(
    Caption,
    {
        "language": column(text, "lang"),
        "vtt": column(text, "data"),
        "text": column(columns.spoken, "data"),
    },
)
COMMENT_ROW = Rows(
    Comment,
    {
        "id": column(key, "cid"),
        "text": column(text, "text"),
        "author_id": column(key, "user.uid"),
        "posted_at": column(instant, "create_time"),
        "likes": column(count, "digg_count"),
        "reply_count": column(count, "reply_comment_total"),
    },
    also=(
        Rows(
            InfluencerRecord,
            {
                "id": column(key, "user.uid"),
                "handle": column(decode.handle, "user.unique_id"),
                "name": column(text, "user.nickname"),
                "region": column(decode.region, "user.region"),
            },
        ),
    ),
)
FILES_ROW = Rows(
    VideoFiles,
    {
        "id": column(key, "video_id"),
        "url": column(columns.first_url, "download_url", "no_watermark_download_url", "play_url"),
    },
)

ENDPOINTS = (
    V3(
        name="video.list",
        path="echotik/video/list",
        arguments={"region": V3_REGION, **FILTERS, "sort": SORT},
        rows=VIDEO_ROW,
        pages=PAGES,
    ),
    V3(
        name="video.detail",
        path="echotik/video/detail",
        arguments={"ids": Keys("video_ids")},
        rows=VIDEO_ROW,
        ids="ids",
        limit=10,
        rank=Rank.DETAIL,
    ),
    V3(
        name="video.product.list",
        path="echotik/video/product/list",
        arguments={"video": Key("video_ids")},  # of several videos the pages would run over all their pairs
        rows=PRODUCT_ROW,
        pages=PAGES,
        parent="video",
        rank=Rank.RELATION,
    ),
    V3(
        name="realtime.video.captions",
        path="realtime/video/captions",
        arguments=VIDEO,
        rows=CAPTION_ROW,
        parent="video",
        **LIVE_READ,
    ),
    V3(
        name="realtime.video.comments",
        path="realtime/video/comments",
        arguments=VIDEO,
        rows=COMMENT_ROW,
        within="comments",
        pages=Offsets(size_param="count", total="total"),
        parent="video",
        **LIVE_READ,
    ),
    V3(
        name="realtime.video.download_url",
        path="realtime/video/download-url",
        arguments={"url": Text("url", 2000)},
        rows=FILES_ROW,
        within="",
        shape=Shape.OBJECT,
        **LIVE_READ,
    ),
    V3(name="video.trend", path="echotik/video/trend", arguments={**VIDEO, **DAYS}, rows=DAY_ROW, pages=PAGES),
    V3(
        name="video.ranklist",
        path="echotik/video/ranklist",
        arguments={
            "region": V3_REGION,
            **PERIOD,
            "by": Code("video_rank_field", RANKED_BY),
            "productCategory": CategoryKey("product_category_id"),
            "madeByAi": Code("created_by_ai", WORDS),
        },
        rows=RANK_ROW,
        pages=PAGES,
        rank=Rank.RANKING,
    ),
)
