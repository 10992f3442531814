"""The seller group of EchoTik v3: shops.

Source: the provider's v3 pages; the columns of the detail that they lack are known from public client code.
"""

from __future__ import annotations

from collections.abc import Mapping

from entities.influencer import InfluencerRecord
from entities.live import LiveRecord
from entities.product import ProductRecord, Sales
from entities.seller import SellerDay, SellerRecord, ShopGains
from entities.video import VideoRecord
from entities.vocabulary import (
    Rank,
    SellerInfluencerSortField,
    SellerLiveSortField,
    SellerProductSortField,
    SellerRankBy,
    SellerSortField,
    SellerVideoSortField,
    Window,
)
from upstream import decode
from upstream.argument import Code, Encoder, Key, Keys, Sort
from upstream.decode import coded, count, instant, key, number, text
from upstream.echotik import columns
from upstream.echotik.parameter import (
    CHANNELS,
    DAYS,
    ORIGINS,
    PAGES,
    PERIOD,
    TRENDS,
    V3,
    V3_REGION,
    categories,
    codes,
)
from upstream.echotik.product import PRODUCT_V2
from upstream.mapping import Edge, Rows, Spec, all_time, column, if_present, per_window, structure, unless_none

SELLER: Mapping[str, Encoder] = {"seller": Key("seller_id")}

SELLER_SORT = Sort(
    "seller_sort_field",
    {SellerSortField.UNITS: "1", SellerSortField.GMV: "2", SellerSortField.AVERAGE_PRICE: "3"},
)
PRODUCT_SORT = Sort(
    "seller_product_sort_field",
    {
        SellerProductSortField.UNITS: "1",
        SellerProductSortField.GMV: "2",
        SellerProductSortField.AVERAGE_PRICE: "3",
        SellerProductSortField.UNITS_7D: "4",
        SellerProductSortField.GMV_7D: "5",
    },
)
INFLUENCER_SORT = Sort(
    "seller_influencer_sort_field",
    {
        SellerInfluencerSortField.FOLLOWERS: "1",
        SellerInfluencerSortField.UNITS: "2",
        SellerInfluencerSortField.GMV: "3",
    },
)
VIDEO_SORT = Sort(
    "seller_video_sort_field",
    {SellerVideoSortField.VIEWS: "1", SellerVideoSortField.UNITS: "2", SellerVideoSortField.GMV: "3"},
)
LIVE_SORT = Sort(
    "seller_live_sort_field",
    {SellerLiveSortField.VIEWS: "1", SellerLiveSortField.UNITS: "2", SellerLiveSortField.GMV: "3"},
)
RANKED_BY = {SellerRankBy.UNITS: "1", SellerRankBy.INFLUENCERS: "2"}

TOLD_WINDOWS = (Window.ALL_TIME, Window.LAST_1_DAY, Window.LAST_7_DAYS, Window.LAST_30_DAYS, Window.LAST_90_DAYS)

SHOP: Mapping[str, Spec] = {
    "id": column(key, "seller_id"),
    "name": column(text, "seller_name"),
    "url": column(decode.url, "seller_link"),
    "region": column(decode.region, "region"),
    "logo": column(decode.image, "cover_url"),
    "origin": column(coded(ORIGINS), "from_flag"),
    "rating": column(number, "rating"),
    "average_price_usd": column(number, "spu_avg_price"),
    "product_count": column(count, "total_product_cnt"),
    "active_product_count": column(count, "total_crawl_product_cnt"),
    "influencer_count": column(count, "total_ifl_cnt"),
    "video_count": column(count, "total_video_cnt"),
    "live_count": column(count, "total_live_cnt"),
    "main_channel": column(coded(CHANNELS), "sales_flag"),
    "sales_trend": column(coded(TRENDS), "sales_trend_flag"),
    "first_seen": column(decode.day_number, "first_crawl_dt"),
    "category_l1_id": column(key, "category_id"),
    "category_l2_id": column(key, "category_l2_id"),
    "category_l3_id": column(key, "category_l3_id"),
    "top_category_id": column(columns.first_category, "most_product_category_list"),
    "sold_category_ids": structure(columns.categories_sold, "product_category_list"),
    "account_id": column(key, "user_id"),
    "units": per_window(count, "total_sale_{}cnt", windows=TOLD_WINDOWS),
    "gmv_usd": per_window(number, "total_sale_gmv_{}amt", windows=TOLD_WINDOWS),
}
SHOP_DETAIL: Mapping[str, Spec] = {
    **SHOP,
    "review_count": column(count, "review_count"),
    "follower_count": column(count, "followers_count"),
    "positive_feedback_rate": column(number, "positive_feedback_rate"),
    "response_rate": column(number, "response_rate"),
}
DAY_ROW = Rows(
    SellerDay,
    {
        "day": column(decode.iso_day, "dt"),
        "units": column(count, "total_sale_1d_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_1d_amt"),
        "total_units": column(count, "total_sale_cnt"),
        "total_gmv_usd": column(number, "total_sale_gmv_amt"),
        "products": column(count, "total_product_cnt"),
        "active_products": column(count, "total_crawl_product_cnt"),
        "videos": column(count, "total_video_cnt"),
        "video_influencers": column(count, "total_video_ifl_cnt"),
        "lives": column(count, "total_live_cnt"),
        "live_influencers": column(count, "total_live_ifl_cnt"),
    },
)
PRODUCT_OF_SHOP: Mapping[str, Spec] = {
    **PRODUCT_V2,  # the documented row lacks the video sales and the flags of product/list
    "specifications": if_present(structure(columns.specifications, "specification")),
}
HOST = {"id": column(key, "user_id"), "name": column(text, "nick_name"), "avatar": column(decode.image, "avatar")}
INFLUENCER_ROW = Rows(
    InfluencerRecord,
    {
        **HOST,
        "handle": column(decode.handle, "unique_id"),
        "region": column(decode.region, "region"),
        "following_count": column(count, "total_following_cnt"),
        "followers": all_time(count, "total_followers_cnt"),
        "likes": all_time(count, "total_digg_cnt"),
    },
    edge=Edge(Sales, {"units": column(count, "total_sale_cnt"), "gmv_usd": column(number, "total_sale_gmv_amt")}),
)
VIDEO_ROW = Rows(
    VideoRecord,
    {
        "id": column(key, "video_id"),
        "caption": column(text, "video_desc"),
        "hashtags": column(decode.hashtags, "video_desc"),
        "posted_at": column(instant, "create_time"),
        "region": column(decode.region, "region"),
        "cover": column(decode.image, "reflow_cover"),
        "influencer_id": column(key, "user_id"),
        "views": all_time(count, "total_views_cnt"),
        "likes": all_time(count, "total_digg_cnt"),
        "comments": all_time(count, "total_comments_cnt"),
        "shares": all_time(count, "total_shares_cnt"),
        "units": all_time(count, "total_video_sale_cnt"),
        "gmv_usd": all_time(number, "total_video_sale_gmv_amt"),
    },
    also=(Rows(InfluencerRecord, HOST),),
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
        "peak_viewers": unless_none(column(decode.unless_zero(count), "max_views_cnt")),
        "joins": column(count, "total_joins_cnt"),
        "units": column(count, "total_sale_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_amt"),
        "influencer_id": column(key, "user_id"),
    },
    also=(Rows(InfluencerRecord, HOST),),
)
RANK_ROW = Rows(  # counts in these rows are the period's gains: they stay on the edge
    SellerRecord,
    {
        "id": column(key, "seller_id"),
        "name": column(text, "seller_name"),
        "region": column(decode.region, "region"),
        "logo": column(decode.image, "cover_url"),
        "origin": column(coded(ORIGINS), "from_flag"),
        "rating": column(number, "rating"),
        "category_l1_id": column(key, "category_id"),
        "category_l2_id": column(key, "category_l2_id"),
        "category_l3_id": column(key, "category_l3_id"),
        "top_category_id": column(columns.first_category, "most_product_category_list"),
        "account_id": column(key, "user_id"),
    },
    edge=Edge(
        ShopGains,
        {
            "units": column(count, "total_sale_cnt"),
            "gmv_usd": column(number, "total_sale_gmv_amt"),
            "influencers": column(count, "total_ifl_cnt"),
            "videos": column(count, "total_video_cnt"),
            "lives": column(count, "total_live_cnt"),
            "products": column(decode.unless_zero(count), "total_product_cnt"),
        },
    ),
)

ENDPOINTS = (
    V3(
        name="seller.list",
        path="echotik/seller/list",
        arguments={
            "region": V3_REGION,
            **categories("filter.category"),
            "filter.origin": Code("from_flag", codes(ORIGINS)),
            "filter.mainChannel": Code("sales_flag", codes(CHANNELS)),
            "filter.salesTrend": Code("sales_trend_flag", codes(TRENDS)),
            "sort": SELLER_SORT,
        },
        rows=Rows(SellerRecord, SHOP),
        pages=PAGES,
    ),
    V3(
        name="seller.detail",
        path="echotik/seller/detail",
        arguments={"ids": Keys("seller_id", 1)},
        rows=Rows(SellerRecord, SHOP_DETAIL),
        ids="ids",
        rank=Rank.DETAIL,
    ),
    V3(name="seller.trend", path="echotik/seller/trend", arguments={**SELLER, **DAYS}, rows=DAY_ROW, pages=PAGES),
    V3(
        name="seller.product.list",
        path="echotik/seller/product/list",
        arguments={**SELLER, "sort": PRODUCT_SORT},
        rows=Rows(ProductRecord, PRODUCT_OF_SHOP),
        pages=PAGES,
        parent="seller",
    ),
    V3(
        name="seller.influencer.list",
        path="echotik/seller/influencer/list",
        arguments={**SELLER, "sort": INFLUENCER_SORT},
        rows=INFLUENCER_ROW,
        pages=PAGES,
        parent="seller",
        rank=Rank.RELATION,
    ),
    V3(
        name="seller.video.list",
        path="echotik/seller/video/list",
        arguments={**SELLER, "sort": VIDEO_SORT},
        rows=VIDEO_ROW,
        pages=PAGES,
        parent="seller",
        rank=Rank.RELATION,
    ),
    V3(
        name="seller.live.list",
        path="echotik/seller/live/list",
        arguments={**SELLER, "sort": LIVE_SORT},
        rows=LIVE_ROW,
        pages=PAGES,
        parent="seller",
        rank=Rank.RELATION,
    ),
    V3(
        name="seller.ranklist",
        path="echotik/seller/ranklist",
        arguments={
            "region": V3_REGION,
            **PERIOD,
            "by": Code("seller_rank_field", RANKED_BY),
            **categories("category"),
            "origin": Code("from_flag", codes(ORIGINS)),
        },
        rows=RANK_ROW,
        pages=PAGES,
        rank=Rank.RANKING,
    ),
)
