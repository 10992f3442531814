"""The influencer group of EchoTik v3.

Source: the provider's v3 pages; columns that their example rows have beyond the schema are read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from entities.influencer import AccountGains, InfluencerDay, InfluencerRecord
from entities.live import LiveRecord
from entities.product import ChannelSales, ProductRecord
from entities.video import VideoRecord
from entities.vocabulary import (
    InfluencerProductSortField,
    InfluencerRankBy,
    InfluencerSortField,
    InfluencerVideoSortField,
    Rank,
    SellingMode,
    Window,
)
from upstream import decode
from upstream.argument import FLAG, Alone, Bounds, CategoryKey, Code, Encoder, Key, Keys, Pages, Sort, Text, Unsent
from upstream.decode import coded, count, flag, instant, key, number, text
from upstream.echotik import columns
from upstream.echotik.parameter import DAYS, PAGES, PERIOD, V3, V3_REGION
from upstream.echotik.video import AUTHOR, VIDEO_BASE
from upstream.mapping import Edge, Rows, Spec, all_time, column, per_window, structure

MODES = {
    0: SellingMode.NONE,
    1: SellingMode.VIDEO,
    2: SellingMode.LIVE,
    3: SellingMode.VIDEO_AND_LIVE,
    4: SellingMode.SHOWCASE,
}
ASKED_MODES = {mode: str(code) for code, mode in MODES.items() if code}  # 0 asks for any
RANKED_BY = {InfluencerRankBy.FOLLOWERS: "1", InfluencerRankBy.SALES: "2"}
SORT = Sort(
    "influencer_sort_field_v2",
    {
        InfluencerSortField.FOLLOWERS: "1",
        InfluencerSortField.NEW_FOLLOWERS_30D: "2",
        InfluencerSortField.VIDEOS: "3",
        InfluencerSortField.AVERAGE_VIEWS: "4",
        InfluencerSortField.INTERACTION_RATE: "5",
        InfluencerSortField.PRODUCTS: "6",
    },
)
PRODUCT_SORT = Sort(
    "influencer_product_sort_field",
    {
        InfluencerProductSortField.UNITS: "1",
        InfluencerProductSortField.GMV: "2",
        InfluencerProductSortField.AVERAGE_PRICE: "3",
        InfluencerProductSortField.VIDEO_UNITS: "4",
        InfluencerProductSortField.VIDEO_GMV: "5",
    },
)
VIDEO_SORT = Sort(
    "influencer_video_sort_field",
    {
        InfluencerVideoSortField.VIEWS: "1",
        InfluencerVideoSortField.UNITS: "2",
        InfluencerVideoSortField.GMV: "3",
        InfluencerVideoSortField.POSTED_AT: "4",
    },
)
USER: Mapping[str, Encoder] = {"influencer": Key("user_id")}
FILTERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "filter.category": Text("influencer_category_name"),
        "filter.productCategory": CategoryKey("product_category_id"),
        "filter.seller": Key("seller_id"),
        "filter.followers": Bounds("min_total_followers_cnt", "max_total_followers_cnt"),
        "filter.likes": Bounds("min_total_digg_cnt", "max_total_digg_cnt"),
        "filter.interactionRate": Bounds("min_interaction_rate", "max_interaction_rate"),
        "filter.views": Bounds("min_total_views_cnt", "max_total_views_cnt"),
        "filter.views7d": Bounds("min_total_views_7d_cnt", "max_total_views_7d_cnt"),
        "filter.averageVideoViews": Bounds(
            "min_per_video_product_views_avg_cnt", "max_per_video_product_views_avg_cnt"
        ),
        "filter.averageVideoViews7d": Bounds(
            "min_per_video_product_views_avg_7d_cnt", "max_per_video_product_views_avg_7d_cnt"
        ),
        "filter.sellingMode": Code("sales_flag", ASKED_MODES),
        "filter.gender": Text("gender"),
        "filter.language": Text("influencer_language"),
        "filter.hasShowcase": Code("show_case_flag", FLAG),
    }
)

GAIN_WINDOWS = (Window.ALL_TIME, Window.LAST_1_DAY, Window.LAST_7_DAYS, Window.LAST_30_DAYS, Window.LAST_90_DAYS)
MONTH = (Window.LAST_30_DAYS,)
ACCOUNT: Mapping[str, Spec] = {
    "id": column(key, "user_id"),
    "handle": column(decode.handle, "unique_id"),
    "name": column(text, "nick_name"),
    "avatar": column(decode.image, "avatar"),
    "region": column(decode.region, "region"),
    "language": column(text, "language"),
    "gender": column(text, "gender"),
    "category": column(text, "category"),
    "bio": column(text, "signature"),
    "email": column(text, "contact_email"),
    "score": column(number, "ec_score"),
    "has_showcase": column(flag, "show_case_flag"),
    "selling_mode": column(coded(MODES), "sales_flag"),
    "sells_products": column(decode.at_least(1), "sales_flag"),
    "closed": column(decode.at_least(1), "off_mark"),
    "top_category_id": column(columns.first_category, "most_category_product"),
    "sold_category_ids": structure(columns.categories_ranked, "product_category_list"),
    "top_video_id": column(key, "most_views_video"),
    "average_views_30d": column(number, "per_views_avg_30d_cnt"),
    "average_selling_video_views": column(number, "per_video_product_views_avg_30d_cnt"),
    "average_selling_video_views_7d": column(number, "per_video_product_views_avg_7d_cnt"),
    "video_lengths": structure(columns.buckets, "influencer_video_duration_level"),
    "video_hours": structure(columns.buckets, "influencer_video_publish_hour"),
    "video_weekdays": structure(columns.buckets, "influencer_video_publish_week"),
    "first_seen": column(decode.day_number, "first_crawl_dt"),
    "following_count": column(count, "total_following_cnt"),
    "interaction_rate": column(number, "interaction_rate"),
    "video_count": column(count, "total_post_video_cnt"),
    "live_count": column(count, "total_live_cnt"),
    "product_count": column(count, "total_product_cnt"),
    "seller_id": column(key, "seller_id"),
    "followers": per_window(count, "total_followers_{}cnt", windows=GAIN_WINDOWS),
    "likes": per_window(count, "total_digg_{}cnt", windows=GAIN_WINDOWS),
    "views": all_time(count, "total_views_cnt"),
    "comments": all_time(count, "total_comments_cnt"),
    "shares": all_time(count, "total_shares_cnt"),
    "units": all_time(count, "total_sale_cnt"),
    "gmv_usd": per_window(number, "total_sale_gmv_{}amt", windows=(Window.ALL_TIME, *MONTH)),
    "sale_price_usd": per_window(number, "avg_30d_price", windows=MONTH),
    "products": per_window(count, "total_product_{}cnt", windows=(Window.ALL_TIME, *MONTH)),
    "video_units": per_window(count, "total_video_sale_{}cnt", windows=MONTH),
    "video_gmv_usd": per_window(number, "total_video_sale_gmv_{}amt", windows=MONTH),
    "video_products": per_window(count, "total_video_product_{}cnt", windows=MONTH),
    "live_gmv_usd": per_window(number, "total_live_sale_gmv_{}amt", windows=MONTH),
}
DAY_ROW = Rows(
    InfluencerDay,
    {
        "day": column(decode.iso_day, "dt"),
        "followers": column(count, "total_followers_cnt"),
        "new_followers": column(count, "total_followers_1d_cnt"),
        "likes": column(count, "total_digg_cnt"),
        "new_likes": column(count, "total_digg_1d_cnt"),
        "views": column(count, "total_views_cnt"),
        "comments": column(count, "total_comments_cnt"),
        "shares": column(count, "total_shares_cnt"),
        "videos": column(count, "total_post_video_cnt"),
        "lives": column(count, "total_live_cnt"),
        "units": column(count, "total_sale_1d_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_1d_amt"),
    },
)
LIVE_ROW = Rows(
    LiveRecord,
    {
        "id": column(key, "room_id"),
        "title": column(text, "title"),
        "cover": column(decode.image, "cover_url"),
        "region": column(decode.region, "region"),
        "started_at": column(instant, "create_time"),
        "ended_at": column(instant, "finish_time"),
        "duration_seconds": column(number, "duration"),
        "views": column(count, "total_views_cnt"),
        "joins": column(count, "total_joins_cnt"),
        "likes": column(count, "total_digg_cnt"),
        "comments": column(count, "total_comments_cnt"),
        "product_count": column(count, "total_product_cnt"),
        "host_followers": column(count, "total_followers_cnt"),
        "units": column(count, "total_sale_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_amt"),
        "influencer_id": column(key, "user_id"),
    },
    also=(Rows(InfluencerRecord, {"id": column(key, "user_id"), "name": column(text, "nick_name")}),),
)
PRODUCT_ROW = Rows(  # total_sale_* are the product's own; this influencer's part is by channel
    ProductRecord,
    {
        "id": column(key, "product_id"),
        "name": column(text, "product_name"),
        "images": structure(decode.pictures, "cover_url"),
        "cover": structure(columns.cover, "cover_url"),
        "category_l1_id": column(key, "category_id"),
        "average_price_usd": column(number, "spu_avg_price"),
        "units": all_time(count, "total_sale_cnt"),
        "gmv_usd": all_time(number, "total_sale_gmv_amt"),
    },
    edge=Edge(
        ChannelSales,
        {
            "videos": column(count, "total_video_cnt"),
            "video_units": column(count, "total_video_sale_cnt"),
            "video_gmv_usd": column(number, "total_video_sale_gmv_amt"),
            "lives": column(count, "total_live_cnt"),
            "live_units": column(count, "total_live_sale_cnt"),
            "live_gmv_usd": column(number, "total_live_sale_gmv_amt"),
        },
        derived=("units", "gmv_usd"),
    ),
)
RANK_ROW = Rows(
    InfluencerRecord,
    {
        "id": column(key, "user_id"),
        "handle": column(decode.handle, "unique_id"),
        "name": column(text, "nick_name"),
        "avatar": column(decode.image, "avatar"),
        "category": column(text, "category"),
        "region": column(decode.region, "region"),
        "score": column(number, "ec_score"),
        "selling_mode": column(coded(MODES), "sales_flag"),
        "sells_products": column(decode.at_least(1), "sales_flag"),
        "sold_category_ids": structure(columns.categories_ranked, "product_category_list"),
        "top_category_id": column(key, "most_category_id"),
        "video_count": column(count, "total_post_video_history_cnt"),
        "live_count": column(count, "total_live_history_cnt"),
        "product_count": column(count, "total_product_history_cnt"),
        "products": all_time(count, "total_product_history_cnt"),
        "followers": all_time(count, "total_followers_history_cnt"),
        "likes": all_time(count, "total_digg_history_cnt"),
        "units": all_time(count, "total_sale_history_cnt"),
        "gmv_usd": all_time(number, "total_sale_gmv_history_amt"),
    },
    edge=Edge(
        AccountGains,
        {
            "new_followers": column(count, "total_followers_cnt"),
            "new_likes": column(count, "total_digg_cnt"),
            "units": column(count, "total_sale_cnt"),
            "gmv_usd": column(number, "total_sale_gmv_amt"),
            "videos": column(count, "total_post_video_cnt"),
            "lives": column(count, "total_live_cnt"),
            "products": column(count, "total_product_cnt"),
        },
    ),
)

ENDPOINTS = (
    V3(
        name="influencer.list",
        path="echotik/influencer/list",
        arguments={"region": V3_REGION, **FILTERS, "sort": SORT},
        rows=Rows(InfluencerRecord, ACCOUNT),
        pages=Pages(last=10_000),
    ),
    V3(
        name="influencer.detail",
        path="echotik/influencer/detail",
        arguments={"ids": Keys("user_ids")},
        rows=Rows(InfluencerRecord, ACCOUNT),
        ids="ids",
        limit=10,
        rank=Rank.DETAIL,
    ),
    V3(
        name="influencer.detail",
        path="echotik/influencer/detail",
        arguments={"handles": Keys("unique_ids")},
        rows=Rows(InfluencerRecord, ACCOUNT),
        ids="handles",
        match="handle",
        limit=10,
        rank=Rank.DETAIL,
    ),
    V3(
        name="influencer.trend",
        path="echotik/influencer/trend",
        arguments={**USER, **DAYS},
        rows=DAY_ROW,
        pages=PAGES,
    ),
    V3(
        name="influencer.video.list",
        path="echotik/influencer/video/list",
        arguments={**USER, "sort": VIDEO_SORT, "product": Key("product_id")},
        rows=Rows(VideoRecord, VIDEO_BASE, also=(Rows(InfluencerRecord, AUTHOR),)),
        pages=PAGES,
        parent="influencer",
        rank=Rank.RELATION,
    ),
    V3(
        name="influencer.live.list",
        path="echotik/influencer/live/list",
        # An influencer's lives are all in the influencer's own market: a region needs no parameter.
        arguments={**USER, "filter.influencer": Key("user_id"), "region": Unsent()},
        needs=("influencer", "filter.influencer"),
        rows=LIVE_ROW,
        pages=PAGES,
        parent="influencer",
        rank=Rank.RELATION,
        stands_in="live.list",
    ),
    V3(
        name="influencer.product.list",
        path="echotik/influencer/product/list",
        arguments={
            **USER,
            "sort": PRODUCT_SORT,
            "category": CategoryKey("category_id"),
            "window": Alone(Window.ALL_TIME),
        },
        rows=PRODUCT_ROW,
        pages=PAGES,
        parent="influencer",
        rank=Rank.RELATION,
    ),
    V3(
        name="influencer.ranklist",
        path="echotik/influencer/ranklist",
        arguments={
            "region": V3_REGION,
            **PERIOD,
            "by": Code("influencer_rank_field", RANKED_BY),
            "category": Text("influencer_category_name"),
            "productCategory": Key("product_category_id"),  # of any level
        },
        rows=RANK_ROW,
        pages=PAGES,
        rank=Rank.RANKING,
    ),
)
