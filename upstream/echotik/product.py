"""The product group of EchoTik, v3 and v2.

Source: the provider's v2 reference and its v3 pages. Where a column has the same name in both versions it means the
same; what differs is written beside its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from entities.influencer import InfluencerRecord
from entities.live import LiveRecord
from entities.product import (
    LiveSales,
    ProductDay,
    ProductLink,
    ProductRecord,
    RankGains,
    RealtimeProduct,
    Review,
    Sales,
)
from entities.video import VideoRecord
from entities.vocabulary import (
    ProductInfluencerSortField,
    ProductLiveSortField,
    ProductRankBy,
    ProductSortField,
    ProductVideoSortField,
    Rank,
    Window,
)
from upstream import decode
from upstream.argument import (
    FLAG,
    Bounds,
    Code,
    Day,
    DayNumbers,
    Encoder,
    Key,
    Keys,
    Offsets,
    Seconds,
    Sort,
    Text,
)
from upstream.decode import at_least, coded, count, flag, instant, key, number, text
from upstream.echotik import columns
from upstream.echotik.parameter import (
    CHANNELS,
    DAYS,
    LIVE_READ,
    ORIGINS,
    PAGES,
    PERIOD,
    TRENDS,
    V2,
    V2_REGION,
    V3,
    V3_REGION,
    categories,
    codes,
)
from upstream.endpoint import Freshness, Shape
from upstream.mapping import Edge, Rows, Spec, all_time, column, if_present, per_window, structure, unless_none

PRODUCT_SORT = Sort(
    "product_sort_field",
    {
        ProductSortField.UNITS: "1",
        ProductSortField.GMV: "2",
        ProductSortField.AVERAGE_PRICE: "3",
        ProductSortField.UNITS_7D: "4",
        ProductSortField.UNITS_30D: "5",
        ProductSortField.GMV_7D: "6",
        ProductSortField.GMV_30D: "7",
    },
)
INFLUENCER_SORT = Sort(
    "product_influencer_sort_field",
    {
        ProductInfluencerSortField.FOLLOWERS: "1",
        ProductInfluencerSortField.LIKES: "2",
        ProductInfluencerSortField.UNITS: "3",
        ProductInfluencerSortField.GMV: "4",
        ProductInfluencerSortField.VIDEOS: "5",
        ProductInfluencerSortField.VIEWS: "6",
        ProductInfluencerSortField.LIVE_VIEWS: "7",
    },
)
VIDEO_SORT = Sort(
    "product_video_sort_field",
    {
        ProductVideoSortField.VIEWS: "1",
        ProductVideoSortField.LIKES: "2",
        ProductVideoSortField.SHARES: "3",
        ProductVideoSortField.UNITS: "4",
        ProductVideoSortField.GMV: "5",
        ProductVideoSortField.POSTED_AT: "6",
    },
)
V2_LIVE_SORTS = {
    ProductLiveSortField.PEAK_VIEWERS: "1",
    ProductLiveSortField.PRODUCTS: "2",
    ProductLiveSortField.UNITS: "3",
    ProductLiveSortField.GMV: "4",
}
V2_LIVE_SORT = Sort("product_live_sort_field", V2_LIVE_SORTS)
V3_LIVE_SORT = Sort("product_live_sort_field", {**V2_LIVE_SORTS, ProductLiveSortField.VIEWS: "5"})

# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────

FILTERS: Mapping[str, Encoder] = MappingProxyType(
    {
        **categories("filter.category"),
        "filter.salesTrend": Code("sales_trend_flag", codes(TRENDS)),
        "filter.mainChannel": Code("sales_flag", codes(CHANNELS)),
        "filter.units": Bounds("min_total_sale_cnt", "max_total_sale_cnt"),
        "filter.units30d": Bounds("min_total_sale_30d_cnt", "max_total_sale_30d_cnt"),
        "filter.gmv": Bounds("min_total_sale_gmv_amt", "max_total_sale_gmv_amt"),
        "filter.gmv30d": Bounds("min_total_sale_gmv_30d_amt", "max_total_sale_gmv_30d_amt"),
        "filter.averagePrice": Bounds("min_spu_avg_price", "max_spu_avg_price"),
        "filter.commissionRate": Bounds("min_product_commission_rate", "max_product_commission_rate"),
        "filter.influencers": Bounds("min_total_ifl_cnt", "max_total_ifl_cnt"),
        "filter.videos": Bounds("min_total_video_cnt", "max_total_video_cnt"),
        "filter.views": Bounds("min_total_views_cnt", "max_total_views_cnt"),
        "filter.rating": Bounds("min_product_rating", "max_product_rating"),
        "filter.reviews": Bounds("min_review_count", "max_review_count"),
        "filter.fullyManaged": Code("is_s_shop", FLAG),
        "filter.freeShipping": Code("free_shipping", FLAG),
        "filter.firstSeen": DayNumbers("min_first_crawl_dt", "max_first_crawl_dt"),
    }
)
V3_FILTERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "filter.bestSeller": Code("is_hot", FLAG),
        "filter.onSale": Code("off_mark", {True: "0"}),  # 0 leaves out delisted products; no code asks for them alone
        "filter.origin": Code("from_flag", codes(ORIGINS)),
        "filter.brandShop": Code("shop_type", FLAG),
    }
)
PRODUCT: Mapping[str, Encoder] = {"product": Key("product_id")}
RANKED_BY = {ProductRankBy.UNITS: "1", ProductRankBy.INFLUENCERS: "2"}
RANKING: Mapping[str, Encoder] = {**PERIOD, "by": Code("product_rank_field", RANKED_BY)}

# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

BOUNDED = tuple(window for window in Window if window is not Window.ALL_TIME)

PRODUCT_V2: Mapping[str, Spec] = {
    "id": column(key, "product_id"),
    "name": column(text, "product_name"),
    "region": column(decode.region, "region"),
    "images": structure(decode.pictures, "cover_url"),
    "cover": structure(columns.cover, "cover_url"),
    "description": structure(columns.description, "desc_detail"),
    "average_price_usd": column(number, "spu_avg_price"),
    "min_price_usd": column(number, "min_price"),
    "max_price_usd": column(number, "max_price"),
    "discount_percent": column(decode.percent, "discount"),
    "commission_rate": column(decode.rate, "product_commission_rate"),
    "rating": column(columns.rating, "product_rating", "review_count"),
    "review_count": column(count, "review_count"),
    "free_shipping": column(flag, "free_shipping"),
    "fully_managed": column(flag, "is_s_shop"),
    "delisted": column(at_least(2), "off_mark"),
    "main_channel": column(coded(CHANNELS), "sales_flag"),
    "sales_trend": column(coded(TRENDS), "sales_trend_flag"),
    "first_seen": column(decode.day_number, "first_crawl_dt"),
    "skus": structure(columns.skus, "skus", "sale_props"),
    "options": structure(columns.options, "sale_props"),
    "category_l1_id": column(key, "category_id"),
    "category_l2_id": column(key, "category_l2_id"),
    "category_l3_id": column(key, "category_l3_id"),
    "seller_id": column(key, "seller_id"),
    "units": per_window(count, "total_sale_{}cnt"),
    "gmv_usd": per_window(number, "total_sale_gmv_{}amt"),
    "influencers": all_time(count, "total_ifl_cnt"),
    "videos": per_window(count, "total_video_{}cnt"),
    "video_views": per_window(count, "total_views_{}cnt"),
    "video_influencers": per_window(count, "total_ifl_video_{}cnt", windows=BOUNDED),
    "live_units": per_window(count, "total_live_sale_{}cnt", windows=BOUNDED),
    "live_gmv_usd": per_window(number, "total_live_sale_gmv_{}amt", windows=BOUNDED),
    "live_sessions": per_window(count, "total_live_{}cnt"),
    "live_influencers": per_window(count, "total_ifl_live_{}cnt", windows=BOUNDED),
}
PRODUCT_V3: Mapping[str, Spec] = {
    **PRODUCT_V2,
    "specifications": structure(columns.specifications, "specification"),
    "live_units": per_window(count, "total_live_sale_{}cnt"),
    "live_gmv_usd": per_window(number, "total_live_sale_gmv_{}amt"),
    "video_units": per_window(count, "total_video_sale_{}cnt"),
    "video_gmv_usd": per_window(number, "total_video_sale_gmv_{}amt"),
}
PRODUCT_LIST_V3: Mapping[str, Spec] = {
    **PRODUCT_V3,
    # The catalogs disagree whether list rows carry it: told where they do, else a detail row tells it.
    "specifications": if_present(structure(columns.specifications, "specification")),
    "best_seller": column(flag, "is_hot"),
    "seller_origin": column(coded(ORIGINS), "from_flag"),
    "brand_shop": column(flag, "shop_type"),
    "shipping_price": column(decode.decimal, "shipping_price"),
    "last_seen": column(decode.day_number, "last_crawl_dt"),
}
DAY_ROW = Rows(
    ProductDay,
    {
        "day": column(decode.iso_day, "dt"),
        "units": column(count, "total_sale_1d_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_1d_amt"),
        "total_units": column(count, "total_sale_cnt"),
        "total_gmv_usd": column(number, "total_sale_gmv_amt"),
        "average_price_usd": column(decode.unless_zero(number), "spu_avg_price"),
        "influencers": column(count, "total_ifl_cnt"),
        "videos": column(count, "total_video_cnt"),
        "lives": column(count, "total_live_cnt"),
    },
)
INFLUENCER_ROW = Rows(
    InfluencerRecord,
    {
        "id": column(key, "user_id"),
        "name": column(text, "nick_name"),
        "avatar": column(decode.image, "avatar"),
        "region": column(decode.region, "region"),
        "category": column(text, "category"),
        "following_count": column(count, "total_following_cnt"),
        "video_count": column(count, "total_post_video_cnt"),
        "live_count": column(count, "total_live_cnt"),
        "live_view_count": column(count, "total_live_views_cnt"),
        "followers": all_time(count, "total_followers_cnt"),
        "likes": all_time(count, "total_digg_cnt"),
        "views": all_time(count, "total_views_cnt"),
    },
    edge=Edge(
        Sales,
        {"units": column(count, "per_product_ifl_sale_cnt"), "gmv_usd": column(number, "per_product_ifl_gmv_amt")},
    ),
)
VIDEO_V2: Mapping[str, Spec] = {
    "id": column(key, "video_id"),
    "caption": column(text, "video_desc"),
    "hashtags": column(columns.hashtags, "hash_tag", "video_desc"),
    "posted_at": column(instant, "create_time"),
    "region": column(decode.region, "region"),
    "cover": column(decode.image, "reflow_cover"),
    "play_url": column(decode.url, "play_addr"),
    "width": column(decode.small, "width"),
    "height": column(decode.small, "height"),
    "size_bytes": column(decode.unless_negative(count), "data_size"),
    "resolution": column(text, "ratio"),
    "influencer_id": column(key, "user_id"),
    "views": all_time(count, "total_views_cnt"),
    "likes": all_time(count, "total_digg_cnt"),
    "comments": all_time(count, "total_comments_cnt"),
    "shares": all_time(count, "total_shares_cnt"),
    "favorites": all_time(decode.unless_negative(count), "total_favorites_cnt"),
    "units": all_time(count, "total_video_sale_cnt"),
    "gmv_usd": all_time(number, "total_video_sale_gmv_amt"),
}
VIDEO_V3: Mapping[str, Spec] = {**VIDEO_V2, "duration_seconds": column(number, "duration")}
VIDEO_EDGE = Edge(
    Sales, {"units": column(count, "total_video_sale_cnt"), "gmv_usd": column(number, "total_video_sale_gmv_amt")}
)
LIVE_ROW = Rows(
    LiveRecord,
    {
        "id": column(key, "room_id"),
        "cover": column(decode.image, "cover_url"),
        "region": column(decode.region, "region"),
        "started_at": column(instant, "create_time"),
        "views": column(count, "total_views_cnt"),
        "peak_viewers": column(count, "max_views_cnt"),
        "product_count": column(count, "total_product_cnt"),
        "influencer_id": column(key, "user_id"),
    },
    edge=Edge(
        LiveSales,
        {
            "units": column(count, "total_sale_cnt"),
            "gmv_usd": column(number, "total_sale_gmv_amt"),
            "average_price_usd": column(number, "spu_avg_price"),
            "category_id": column(key, "category_id"),
        },
    ),
)
RANK_V2: Mapping[str, Spec] = {  # counts in these rows are the period's gains: they stay on the edge
    "id": column(key, "product_id"),
    "name": column(text, "product_name"),
    "region": column(decode.region, "region"),
    "category_l1_id": unless_none(column(key, "category_id")),
    "average_price_usd": column(number, "spu_avg_price"),
    "min_price_usd": column(number, "min_price"),
    "max_price_usd": column(number, "max_price"),
    "commission_rate": column(decode.rate, "product_commission_rate"),
}
RANK_V3: Mapping[str, Spec] = {
    **RANK_V2,
    "category_l2_id": unless_none(column(key, "category_l2_id")),
    "category_l3_id": unless_none(column(key, "category_l3_id")),
}
RANK_EDGE = Edge(
    RankGains,
    {
        "units": column(count, "total_sale_cnt"),
        "gmv_usd": column(number, "total_sale_gmv_amt"),
        "influencers": column(count, "total_ifl_cnt"),
        "videos": column(count, "total_video_cnt"),
        "lives": column(count, "total_live_cnt"),
    },
)
REVIEW_ROW = Rows(
    Review,
    {
        "id": column(key, "review_id"),
        "text": column(text, "display_text"),
        "rating": column(decode.small, "rating"),
        "reviewed_at": column(instant, "review_timestamp"),
        "sku_id": column(key, "sku_id"),
        "variant": column(text, "sku_specification"),
    },
)
LIVE_REVIEW_ROW = Rows(
    Review,
    {
        "id": column(key, "review.review_id"),
        "text": column(text, "review.display_text"),
        "rating": column(decode.small, "review.rating"),
        "reviewed_at": column(instant, "review.review_timestamp"),
        "sku_id": column(key, "sku_id"),
        "variant": column(text, "sku_specification"),
        "likes": column(count, "digg_count"),
        "author": column(text, "review_user.name"),
    },
)
LINK_ROW = Rows(ProductLink, {"id": column(columns.first_key, "productId", "product_id")})
REALTIME_ROW = Rows(
    RealtimeProduct,
    {
        "id": column(key, "product_id"),
        "title": column(text, "title"),
        "images": column(columns.realtime_pictures, "images"),
        "description": column(columns.description, "desc_detail"),
        "sold_count": column(count, "sold_count"),
        "price": column(decode.money, "price"),
        "original_price": column(columns.original_price, "price"),
        "skus": column(lambda found, props: columns.skus(found, props) or None, "skus", "sale_props"),
        "options": column(columns.options, "sale_props"),
        "shipping_fee": column(decode.money, "shipping_fee"),
        "seller_id": column(columns.seller_key, "seller"),
    },
)

# ── endpoints ─────────────────────────────────────────────────────────────────────────────────────────────────────

SIGNED_HOST = "echosell-images.tos-ap-southeast-1.volces.com"

V3_ENDPOINTS = (
    V3(
        name="product.list",
        path="echotik/product/list",
        arguments={"region": V3_REGION, **FILTERS, **V3_FILTERS, "sort": PRODUCT_SORT},
        rows=Rows(ProductRecord, PRODUCT_LIST_V3),
        pages=PAGES,
    ),
    V3(
        name="product.detail",
        path="echotik/product/detail",
        arguments={"ids": Keys("product_ids")},
        rows=Rows(ProductRecord, PRODUCT_V3),
        ids="ids",
        limit=10,
        rank=Rank.DETAIL,
    ),
    V3(name="product.trend", path="echotik/product/trend", arguments={**PRODUCT, **DAYS}, rows=DAY_ROW, pages=PAGES),
    V3(
        name="product.comment",
        path="echotik/product/comment",
        arguments={**PRODUCT, "rating": Bounds("min_rating", "max_rating", 0, 5)},
        rows=REVIEW_ROW,
        pages=PAGES,
        parent="product",
    ),
    V3(
        name="product.influencer.list",
        path="echotik/product/influencer/list",
        arguments={**PRODUCT, "sort": INFLUENCER_SORT},
        rows=INFLUENCER_ROW,
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V3(
        name="product.video.list",
        path="echotik/product/video/list",
        arguments={
            **PRODUCT,
            "sort": VIDEO_SORT,
            "posted": Seconds("min_create_time", "max_create_time"),
            "influencer": Key("user_id"),
        },
        rows=Rows(VideoRecord, VIDEO_V3, VIDEO_EDGE),
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V3(
        name="product.live.list",
        path="echotik/product/live/list",
        arguments={**PRODUCT, "sort": V3_LIVE_SORT, "started": Seconds("min_create_time", "max_create_time")},
        rows=LIVE_ROW,
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V3(
        name="product.ranklist",
        path="echotik/product/ranklist",
        arguments={
            "region": V3_REGION,
            **RANKING,
            **categories("category"),
        },
        rows=Rows(ProductRecord, RANK_V3, RANK_EDGE),
        pages=PAGES,
        rank=Rank.RANKING,
    ),
    V3(
        name="realtime.product.comment",
        path="realtime/product/comment",
        arguments={**PRODUCT, "region": V3_REGION},
        rows=LIVE_REVIEW_ROW,
        within="review_items",
        pages=Offsets(first="1", next="next_cursor"),
        parent="product",
        **LIVE_READ,
    ),
    V3(
        name="realtime.product.id",
        path="realtime/extract_product_id",
        arguments={"url": Text("share_url", 2000)},
        rows=LINK_ROW,
        within="",
        shape=Shape.OBJECT,
        **{**LIVE_READ, "freshness": Freshness.OFFLINE},  # a link leads to the same product for as long as it is there
    ),
    V3(
        name="media.cover",
        path="echotik/batch/cover/download",
        arguments={"urls": Keys("cover_urls")},
        shape=Shape.MAP,
        ids="urls",
        limit=10,
        freshness=Freshness.SIGNED,
        hosts=(SIGNED_HOST,),
    ),
)
V2_ENDPOINTS = (
    V2(
        name="product.list",
        path="product/list",
        arguments={"region": V2_REGION, "filter.keyword": Text("keyword"), **FILTERS, "sort": PRODUCT_SORT},
        rows=Rows(ProductRecord, PRODUCT_V2),
        pages=PAGES,
    ),
    V2(
        name="product.detail",
        path="product/detail",
        arguments={"ids": Keys("product_ids")},
        rows=Rows(ProductRecord, PRODUCT_V2),
        ids="ids",
        limit=10,
        rank=Rank.DETAIL,
    ),
    V2(name="product.trend", path="product/trend", arguments={**PRODUCT, **DAYS}, rows=DAY_ROW, pages=PAGES),
    V2(
        name="product.influencer.list",
        path="product/influencer/list",
        arguments={**PRODUCT, "sort": INFLUENCER_SORT},
        rows=INFLUENCER_ROW,
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V2(
        name="product.video.list",
        path="product/video/list",
        arguments={**PRODUCT, "sort": VIDEO_SORT},
        rows=Rows(VideoRecord, VIDEO_V2, VIDEO_EDGE),
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V2(
        name="product.live.list",
        path="product/live/list",
        arguments={**PRODUCT, "sort": V2_LIVE_SORT},
        rows=LIVE_ROW,
        pages=PAGES,
        parent="product",
        rank=Rank.RELATION,
    ),
    V2(
        name="product.ranklist",
        path="product/ranklist",
        arguments={"region": V2_REGION, **RANKING, "category.l1": Key("category_id")},
        rows=Rows(ProductRecord, RANK_V2, RANK_EDGE),
        pages=PAGES,
        rank=Rank.RANKING,
    ),
    V2(
        name="product.ranklist.new",
        path="product/ranklist/new",
        arguments={"region": V2_REGION, "date": Day("date"), "category.l1": Key("category_id")},
        rows=Rows(ProductRecord, RANK_V2, RANK_EDGE),
        pages=PAGES,
        rank=Rank.RANKING,
    ),
    V2(
        name="realtime.product",
        path="rt/product/detail",
        arguments={**PRODUCT, "region": V2_REGION},
        rows=REALTIME_ROW,
        shape=Shape.OBJECT,
        **LIVE_READ,
    ),
)

ENDPOINTS = (*V3_ENDPOINTS, *V2_ENDPOINTS)
