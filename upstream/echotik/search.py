"""Search by words at EchoTik v3: one page of each type, in short rows.

Source: the provider's v3 pages, which show a row of influencers alone; the columns of products and sellers are those
that public client code reads, and those of videos and lives are taken to be named as in their other rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from entities.influencer import InfluencerRecord
from entities.live import LiveRecord
from entities.product import ProductRecord
from entities.seller import SellerRecord
from entities.video import VideoRecord
from entities.vocabulary import Rank, SearchProductSort, Window
from upstream import decode
from upstream.argument import FLAG, Code, Encoder, OnePage, Text, Unsorted
from upstream.decode import count, key, number, text
from upstream.echotik import columns, live
from upstream.echotik.parameter import V3, V3_REGION
from upstream.echotik.video import VIDEO_BASE
from upstream.mapping import Rows, all_if_present, all_time, column, per_window, structure

WORDS: Mapping[str, Encoder] = {"text": Text("sk"), "region": V3_REGION, "exact": Code("searchType", FLAG)}
PRODUCT_SORTS = {
    SearchProductSort.RELEVANCE: "0",
    SearchProductSort.AVERAGE_PRICE: "1",
    SearchProductSort.UNITS_7D: "2",
    SearchProductSort.GMV_7D: "3",
    SearchProductSort.UNITS: "4",
    SearchProductSort.GMV: "5",
    SearchProductSort.INFLUENCERS: "6",
    SearchProductSort.VIDEOS: "7",
}
WEEK = (Window.ALL_TIME, Window.LAST_7_DAYS)

INFLUENCER_ROW = Rows(
    InfluencerRecord,
    {
        "id": column(key, "user_id"),
        "handle": column(decode.handle, "unique_id"),
        "name": column(text, "nick_name"),
        "avatar": column(decode.image, "avatar"),
        "region": column(decode.region, "region"),
        "category": column(text, "category"),
        "email": column(text, "contact_email"),
        "video_count": column(count, "total_post_video_cnt"),
        "live_count": column(count, "total_live_cnt"),
        "live_view_count": column(count, "total_live_views_cnt"),
        "product_count": column(count, "total_product_cnt"),
        "followers": all_time(count, "total_followers_cnt"),
        "likes": all_time(count, "total_digg_cnt"),
        "views": all_time(count, "total_views_cnt"),
        "units": all_time(count, "total_sale_cnt"),
        "gmv_usd": all_time(number, "total_sale_gmv_amt"),
    },
)
PRODUCT_ROW = Rows(
    ProductRecord,
    all_if_present(
        {
            "id": column(key, "product_id"),
            "name": column(text, "product_name"),
            "images": structure(decode.pictures, "cover_url"),
            "cover": structure(columns.cover, "cover_url"),
            "category_l1_id": column(key, "category_id"),
            "average_price_usd": column(number, "spu_avg_price"),
            "units": per_window(count, "total_sale_{}cnt", windows=WEEK),
            "gmv_usd": per_window(number, "total_sale_gmv_{}amt", windows=WEEK),
            "influencers": all_time(count, "total_ifl_cnt"),
            "videos": all_time(count, "total_video_cnt"),
        }
    ),
)
SELLER_ROW = Rows(
    SellerRecord,
    all_if_present(
        {
            "id": column(key, "seller_id"),
            "name": column(text, "seller_name"),
            "region": column(decode.region, "region"),
            "logo": column(decode.image, "cover_url"),
            "rating": column(number, "rating"),
            "product_count": column(count, "total_product_cnt"),
            "influencer_count": column(count, "total_ifl_cnt"),
            "video_count": column(count, "total_video_cnt"),
            "live_count": column(count, "total_live_cnt"),
            "units": all_time(count, "total_sale_cnt"),
            "gmv_usd": all_time(number, "total_sale_gmv_amt"),
        }
    ),
)
VIDEO_ROW = Rows(VideoRecord, all_if_present(VIDEO_BASE))
LIVE_ROW = Rows(LiveRecord, all_if_present(live.LIVE))

SEARCH = partial(V3, path="echotik/search/items", pages=OnePage("size", 30), rank=Rank.RELATION)

ENDPOINTS = (
    SEARCH(name="search.influencer", fixed={"type": "1", "searchType": "0"}, arguments=WORDS, rows=INFLUENCER_ROW),
    SEARCH(
        name="search.product",
        fixed={"type": "2", "searchType": "0", "sortType": "0"},
        arguments={
            **WORDS,
            "productSort": Code("sortType", PRODUCT_SORTS),
            "filter.keyword": Text("sk"),
            "sort": Unsorted(),
        },
        needs=("text", "filter.keyword"),
        rows=PRODUCT_ROW,
        stands_in="product.list",
    ),
    SEARCH(name="search.seller", fixed={"type": "3", "searchType": "0"}, arguments=WORDS, rows=SELLER_ROW),
    SEARCH(name="search.video", fixed={"type": "4", "searchType": "0"}, arguments=WORDS, rows=VIDEO_ROW),
    SEARCH(name="search.live", fixed={"type": "5", "searchType": "0"}, arguments=WORDS, rows=LIVE_ROW),
)
