"""Rows of EchoTik's sellers, influencers, videos, lives, categories and searches, and of their twins at KeyAPI.

Source: the field sets of the provider's catalog, by their names there.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.upstream.round_trip.cell import Cell, Layout, Wire, cell, ident, measure, summed
from tests.upstream.round_trip.echotik_products import (
    CATEGORIES,
    LENGTH,
    LISTED,
    V3,
    K,
    at,
    the_row,
    video_facts,
)
from tests.upstream.round_trip.kind import (
    ADDRESS,
    BYTES,
    CHANNEL,
    CLOSED,
    COUNT,
    COUNT_IN_TEXT,
    DAY,
    DAY_NUMBER,
    FLAG,
    GAIN,
    HANDLE,
    INSTANT,
    KEY,
    LEVEL,
    MODE,
    MONEY,
    MONEY_IN_TEXT,
    NUMBER,
    ORIGIN,
    PICTURE,
    PIXELS,
    POSITIVE,
    REGION,
    SAVES,
    SCORE,
    SECONDS,
    TEXT,
    TREND,
    WORD,
    Kind,
)
from tests.upstream.round_trip.pen import Pen
from tests.upstream.round_trip.structure import (
    BARE_KEYS,
    BUCKETS,
    CAPTION,
    MOST_SOLD,
    RANKED,
    SOLD,
    TORN_IMAGES,
)

# ── sellers ───────────────────────────────────────────────────────────────────────────────────────────────────────

SHOP_WINDOWS = (1, 7, 30, 90)
SHOP = (
    ident("seller_id", KEY),
    cell("name", "seller_name", TEXT),
    cell("url", "seller_link", ADDRESS),
    cell("region", "region", REGION),
    cell("logo", "cover_url", PICTURE),
    cell("origin", "from_flag", ORIGIN),
    cell("rating", "rating", SCORE),
    cell("average_price_usd", "spu_avg_price", MONEY),
    cell("product_count", "total_product_cnt", COUNT),
    cell("active_product_count", "total_crawl_product_cnt", COUNT),
    cell("influencer_count", "total_ifl_cnt", COUNT),
    cell("video_count", "total_video_cnt", COUNT),
    cell("live_count", "total_live_cnt", COUNT),
    cell("main_channel", "sales_flag", CHANNEL),
    cell("sales_trend", "sales_trend_flag", TREND),
    cell("first_seen", "first_crawl_dt", DAY_NUMBER),
    *CATEGORIES,
    cell("top_category_id", "most_product_category_list", MOST_SOLD),
    cell("sold_category_ids", "product_category_list", SOLD),
    cell("account_id", "user_id", KEY),
    *measure("units", "total_sale_{}cnt", COUNT, SHOP_WINDOWS),
    *measure("gmv_usd", "total_sale_gmv_{}amt", MONEY, SHOP_WINDOWS),
)
SHOP_DETAIL = (
    *SHOP,
    cell("review_count", "review_count", COUNT),
    cell("follower_count", "followers_count", COUNT),
    cell("positive_feedback_rate", "positive_feedback_rate", NUMBER),
    cell("response_rate", "response_rate", NUMBER),
)
SHOP_DAY = (
    ident("dt", DAY, "day"),
    cell("units", "total_sale_1d_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_1d_amt", MONEY),
    cell("total_units", "total_sale_cnt", COUNT),
    cell("total_gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("products", "total_product_cnt", COUNT),
    cell("active_products", "total_crawl_product_cnt", COUNT),
    cell("videos", "total_video_cnt", COUNT),
    cell("video_influencers", "total_video_ifl_cnt", COUNT),
    cell("lives", "total_live_cnt", COUNT),
    cell("live_influencers", "total_live_ifl_cnt", COUNT),
)
SHOP_RANKED = (
    ident("seller_id", KEY),
    cell("name", "seller_name", TEXT),
    cell("region", "region", REGION),
    cell("logo", "cover_url", PICTURE),
    cell("origin", "from_flag", ORIGIN),
    cell("rating", "rating", SCORE),
    *CATEGORIES,
    cell("top_category_id", "most_product_category_list", MOST_SOLD),
    cell("account_id", "user_id", KEY),
    cell("edge.units", "total_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("edge.influencers", "total_ifl_cnt", COUNT),
    cell("edge.videos", "total_video_cnt", COUNT),
    cell("edge.lives", "total_live_cnt", COUNT),
    cell("edge.products", "total_product_cnt", POSITIVE),
)
INFLUENCER_OF_SHOP = (
    ident("user_id", KEY),
    cell("name", "nick_name", TEXT),
    cell("avatar", "avatar", PICTURE),
    cell("handle", "unique_id", HANDLE),
    cell("region", "region", REGION),
    cell("following_count", "total_following_cnt", COUNT),
    cell("followers", "total_followers_cnt", COUNT),
    cell("likes", "total_digg_cnt", COUNT),
    cell("edge.units", "total_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_sale_gmv_amt", MONEY),
)
WHO = cell("influencer_id also.id", "user_id", KEY)
NAMED = cell("also.name", "nick_name", TEXT)
PICTURED = cell("also.avatar", "avatar", PICTURE)
HANDLED = cell("also.handle", "unique_id", HANDLE)
VIDEO_OF_SHOP = (
    ident("video_id", KEY),
    cell("caption hashtags", "video_desc", CAPTION),
    cell("posted_at", "create_time", INSTANT),
    cell("region", "region", REGION),
    cell("cover", "reflow_cover", PICTURE),
    WHO,
    NAMED,
    PICTURED,
    cell("views", "total_views_cnt", COUNT),
    cell("likes", "total_digg_cnt", COUNT),
    cell("comments", "total_comments_cnt", COUNT),
    cell("shares", "total_shares_cnt", COUNT),
    cell("units", "total_video_sale_cnt", COUNT),
    cell("gmv_usd", "total_video_sale_gmv_amt", MONEY),
)
BROADCAST = (
    ident("room_id", KEY),
    cell("title", "title", TEXT),
    cell("cover", "cover_url", PICTURE),
    cell("region", "region", REGION),
    cell("started_at", "create_time", INSTANT),
    cell("ended_at", "finish_time", INSTANT),
    cell("duration_seconds", "duration", SECONDS),
    cell("views", "total_views_cnt", COUNT),
)
SOLD_LIVE = (cell("units", "total_sale_cnt", COUNT), cell("gmv_usd", "total_sale_gmv_amt", MONEY))
PEAK = cell("peak_viewers", "max_views_cnt", POSITIVE)
JOINS = cell("joins", "total_joins_cnt", COUNT)

# ── influencers ───────────────────────────────────────────────────────────────────────────────────────────────────

ACCOUNT_WINDOWS = (1, 7, 30, 90)
ACCOUNT = (
    ident("user_id", KEY),
    cell("handle", "unique_id", HANDLE),
    cell("name", "nick_name", TEXT),
    cell("avatar", "avatar", PICTURE),
    cell("region", "region", REGION),
    cell("language", "language", TEXT),
    cell("gender", "gender", TEXT),
    cell("category", "category", TEXT),
    cell("bio", "signature", TEXT),
    cell("email", "contact_email", TEXT),
    cell("score", "ec_score", SCORE),
    cell("has_showcase", "show_case_flag", FLAG),
    cell("selling_mode sells_products", "sales_flag", MODE),
    cell("closed", "off_mark", CLOSED),
    cell("top_category_id", "most_category_product", MOST_SOLD),
    cell("sold_category_ids", "product_category_list", RANKED),
    cell("top_video_id", "most_views_video", KEY),
    cell("average_views_30d", "per_views_avg_30d_cnt", MONEY),
    cell("average_selling_video_views", "per_video_product_views_avg_30d_cnt", MONEY),
    cell("average_selling_video_views_7d", "per_video_product_views_avg_7d_cnt", MONEY),
    cell("video_lengths", "influencer_video_duration_level", BUCKETS),
    cell("video_hours", "influencer_video_publish_hour", BUCKETS),
    cell("video_weekdays", "influencer_video_publish_week", BUCKETS),
    cell("first_seen", "first_crawl_dt", DAY_NUMBER),
    cell("following_count", "total_following_cnt", COUNT),
    cell("interaction_rate", "interaction_rate", NUMBER),
    cell("video_count", "total_post_video_cnt", COUNT),
    cell("live_count", "total_live_cnt", COUNT),
    cell("product_count products", "total_product_cnt", COUNT),
    cell("seller_id", "seller_id", KEY),
    *measure("followers", "total_followers_{}cnt", GAIN, ACCOUNT_WINDOWS),
    *measure("likes", "total_digg_{}cnt", GAIN, ACCOUNT_WINDOWS),
    cell("views", "total_views_cnt", COUNT),
    cell("comments", "total_comments_cnt", COUNT),
    cell("shares", "total_shares_cnt", COUNT),
    cell("units", "total_sale_cnt", COUNT),
    *measure("gmv_usd", "total_sale_gmv_{}amt", MONEY, (30,)),
    cell("sale_price_usd_30d", "avg_30d_price", MONEY),
    cell("products_30d", "total_product_30d_cnt", COUNT),
    cell("video_units_30d", "total_video_sale_30d_cnt", COUNT),
    cell("video_gmv_usd_30d", "total_video_sale_gmv_30d_amt", MONEY),
    cell("video_products_30d", "total_video_product_30d_cnt", COUNT),
    cell("live_gmv_usd_30d", "total_live_sale_gmv_30d_amt", MONEY),
)
ACCOUNT_DAY = (
    ident("dt", DAY, "day"),
    cell("followers", "total_followers_cnt", COUNT),
    cell("new_followers", "total_followers_1d_cnt", GAIN),
    cell("likes", "total_digg_cnt", COUNT),
    cell("new_likes", "total_digg_1d_cnt", GAIN),
    cell("views", "total_views_cnt", COUNT),
    cell("comments", "total_comments_cnt", COUNT),
    cell("shares", "total_shares_cnt", COUNT),
    cell("videos", "total_post_video_cnt", COUNT),
    cell("lives", "total_live_cnt", COUNT),
    cell("units", "total_sale_1d_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_1d_amt", MONEY),
)
ACCOUNT_RANKED = (
    ident("user_id", KEY),
    cell("handle", "unique_id", HANDLE),
    cell("name", "nick_name", TEXT),
    cell("avatar", "avatar", PICTURE),
    cell("category", "category", TEXT),
    cell("region", "region", REGION),
    cell("score", "ec_score", SCORE),
    cell("selling_mode sells_products", "sales_flag", MODE),
    cell("sold_category_ids", "product_category_list", RANKED),
    cell("top_category_id", "most_category_id", KEY),
    cell("video_count", "total_post_video_history_cnt", COUNT),
    cell("live_count", "total_live_history_cnt", COUNT),
    cell("product_count products", "total_product_history_cnt", COUNT),
    cell("followers", "total_followers_history_cnt", COUNT),
    cell("likes", "total_digg_history_cnt", COUNT),
    cell("units", "total_sale_history_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_history_amt", MONEY),
    cell("edge.new_followers", "total_followers_cnt", GAIN),
    cell("edge.new_likes", "total_digg_cnt", GAIN),
    cell("edge.units", "total_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("edge.videos", "total_post_video_cnt", COUNT),
    cell("edge.lives", "total_live_cnt", COUNT),
    cell("edge.products", "total_product_cnt", COUNT),
)
PRODUCT_OF_ACCOUNT = (
    ident("product_id", KEY),
    cell("name", "product_name", TEXT),
    *(each for each in LISTED if each.columns == ("cover_url",)),
    cell("category_l1_id", "category_id", KEY),
    cell("average_price_usd", "spu_avg_price", MONEY),
    cell("units", "total_sale_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("edge.videos", "total_video_cnt", COUNT),
    cell("edge.lives", "total_live_cnt", COUNT),
    summed("edge.video_units edge.live_units edge.units", "total_video_sale_cnt total_live_sale_cnt", COUNT),
    summed(
        "edge.video_gmv_usd edge.live_gmv_usd edge.gmv_usd",
        "total_video_sale_gmv_amt total_live_sale_gmv_amt",
        MONEY,
    ),
)


LIVE_OF_ACCOUNT = (
    *BROADCAST,
    WHO,
    NAMED,
    JOINS,
    cell("likes", "total_digg_cnt", COUNT),
    cell("comments", "total_comments_cnt", COUNT),
    cell("product_count", "total_product_cnt", COUNT),
    cell("host_followers", "total_followers_cnt", COUNT),
    *SOLD_LIVE,
)

# ── videos ────────────────────────────────────────────────────────────────────────────────────────────────────────

VIDEO_WINDOWS = (1, 7, 30)
POSTED = (
    ident("video_id", KEY),
    cell("caption hashtags", "video_desc", CAPTION),
    cell("posted_at", "create_time", INSTANT),
    LENGTH,
    cell("region", "region", REGION),
    cell("cover", "reflow_cover", PICTURE),
    cell("made_by_ai", "created_by_ai", WORD),
    cell("product_ids", "video_products", BARE_KEYS),
)
FIGURES = (
    cell("resolution", "ratio", TEXT),
    cell("width", "width", PIXELS),
    cell("height", "height", PIXELS),
    cell("size_bytes", "data_size", BYTES),
    cell("sells_products", "sales_flag", FLAG),
    cell("is_ad", "is_ad", FLAG),
    *measure("views", "total_views_{}cnt", COUNT, VIDEO_WINDOWS),
    *measure("likes", "total_digg_{}cnt", GAIN, VIDEO_WINDOWS),
    cell("comments", "total_comments_cnt", COUNT),
    cell("shares", "total_shares_cnt", COUNT),
    cell("favorites", "total_favorites_cnt", SAVES),
    cell("units", "total_video_sale_cnt", COUNT),
    cell("gmv_usd", "total_video_sale_gmv_amt", MONEY),
)
VIDEO_BASE = (*POSTED, *FIGURES, WHO, HANDLED)
VIDEO_SOLD = cell("sold_category_ids", "product_category_list", SOLD)
VIDEO_RANKED = (
    *POSTED,
    VIDEO_SOLD,
    WHO,
    HANDLED,
    NAMED,
    PICTURED,
    cell("also.category", "category", TEXT),
    cell("edge.views", "total_views_cnt", COUNT),
    cell("edge.likes", "total_digg_cnt", GAIN),
    cell("edge.comments", "total_comments_cnt", COUNT),
    cell("edge.shares", "total_shares_cnt", COUNT),
    cell("edge.favorites", "total_favorites_cnt", SAVES),
    cell("edge.units", "total_video_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_video_sale_gmv_amt", MONEY),
)
VIDEO_DAY = (
    ident("dt", DAY, "day"),
    cell("views", "total_views_cnt", COUNT),
    cell("likes", "total_digg_cnt", COUNT),
    cell("comments", "total_comments_cnt", COUNT),
    cell("shares", "total_shares_cnt", COUNT),
    cell("favorites", "total_favorites_cnt", SAVES),
    cell("units", "total_video_sale_cnt", COUNT_IN_TEXT),
    cell("gmv_usd", "total_video_sale_gmv_amt", MONEY_IN_TEXT),
)
PRODUCT_OF_VIDEO = (
    ident("product_id", KEY),
    ident("video_id", KEY, "also.id"),
    *video_facts(prefix="also."),
    cell("also.duration_seconds", "duration", SECONDS),
)

# ── live reads ────────────────────────────────────────────────────────────────────────────────────────────────────

LINES = st.lists(st.text("abc é,喜!", min_size=1, max_size=8).map(str.strip).filter(bool), max_size=3)


def subtitles(lines: list[str]) -> str:
    cues = (f"00:00:0{place}.000 --> 00:00:0{place + 1}.000\n{line}\n" for place, line in enumerate(lines))
    return "\n".join(["WEBVTT\n", *cues])


SUBTITLES = Kind(
    LINES,
    lambda lines, pen: subtitles(lines),
    nothing=("",),
    facts=lambda lines: (None, None) if lines is None else (subtitles(lines), "\n".join(lines)),
)
CAPTIONS = (cell("language", "lang", TEXT), cell("vtt text", "data", SUBTITLES))
COMMENT = (
    ident("cid", KEY),
    cell("text", "text", TEXT),
    cell("author_id also.id", "user.uid", KEY),
    cell("also.handle", "user.unique_id", HANDLE),
    cell("also.name", "user.nickname", TEXT),
    cell("also.region", "user.region", REGION),
    cell("posted_at", "create_time", INSTANT),
    cell("likes", "digg_count", COUNT),
    cell("reply_count", "reply_comment_total", COUNT),
)
ADDRESS_COLUMNS = ("download_url", "no_watermark_download_url", "play_url")


def write_files(url: str | None, pen: Pen) -> Wire:
    """The first column that has an address; those behind it have others."""
    place = pen.one(range(3)) if url else 3
    blank = {name: pen.one((None, "")) for name in ADDRESS_COLUMNS[:place]}
    others = dict.fromkeys(ADDRESS_COLUMNS[place + 1 :], "https://v19.example.com/other")
    return blank | others | ({ADDRESS_COLUMNS[place]: url} if url else {})


FILES = (
    ident("video_id", KEY),
    Cell(("url",), ADDRESS_COLUMNS, ADDRESS.values, lambda url: (url,), write_files),
)
ON_AIR = (
    cell("title", "title", TEXT),
    cell("started_at", "create_time", INSTANT),
    cell("views", "total_user", COUNT),
    cell("likes", "like_count", COUNT),
)


def comment_page(pen: Pen, rows: list[Any]) -> Any:
    return {"comments": rows, "cursor": 20, "has_more": pen.one((0, 1)), "total": 45, "status_code": 0}


def room(pen: Pen, rows: list[Any]) -> Any:
    return {"data": rows[0], "status_code": 0}


def shop_page(pen: Pen, rows: list[Any]) -> Any:
    """A list, or the only shop alone."""
    return pen.one((rows, rows[0])) if len(rows) == 1 else rows


# ── lives, categories, search ─────────────────────────────────────────────────────────────────────────────────────

SHOWN = cell("product_count", "total_product_cnt", COUNT)
LIVE_ROW = (*BROADCAST, PEAK, SHOWN, WHO, NAMED, PICTURED, HANDLED)
LIVE_FOUND = (*BROADCAST, PEAK, SHOWN, cell("influencer_id", "user_id", KEY))
CATEGORY = (
    ident("category_id", KEY),
    cell("level", "category_level", LEVEL),
    cell("name", "category_name", TEXT),
    cell("parent_id", "parent_id", KEY),
)
INFLUENCER_FOUND = (
    ident("user_id", KEY),
    cell("handle", "unique_id", HANDLE),
    cell("name", "nick_name", TEXT),
    cell("avatar", "avatar", PICTURE),
    cell("region", "region", REGION),
    cell("category", "category", TEXT),
    cell("email", "contact_email", TEXT),
    cell("video_count", "total_post_video_cnt", COUNT),
    cell("live_count", "total_live_cnt", COUNT),
    cell("live_view_count", "total_live_views_cnt", COUNT),
    cell("product_count", "total_product_cnt", COUNT),
    cell("followers", "total_followers_cnt", COUNT),
    cell("likes", "total_digg_cnt", COUNT),
    cell("views", "total_views_cnt", COUNT),
    cell("units", "total_sale_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_amt", MONEY),
)
PRODUCT_FOUND = (
    ident("product_id", KEY),
    cell("name", "product_name", TEXT),
    cell("images cover", "cover_url", TORN_IMAGES),
    cell("category_l1_id", "category_id", KEY),
    cell("average_price_usd", "spu_avg_price", MONEY),
    *measure("units", "total_sale_{}cnt", COUNT, (7,)),
    *measure("gmv_usd", "total_sale_gmv_{}amt", MONEY, (7,)),
    cell("influencers", "total_ifl_cnt", COUNT),
    cell("videos", "total_video_cnt", COUNT),
)
SELLER_FOUND = (
    ident("seller_id", KEY),
    cell("name", "seller_name", TEXT),
    cell("region", "region", REGION),
    cell("logo", "cover_url", PICTURE),
    cell("rating", "rating", SCORE),
    cell("product_count", "total_product_cnt", COUNT),
    cell("influencer_count", "total_ifl_cnt", COUNT),
    cell("video_count", "total_video_cnt", COUNT),
    cell("live_count", "total_live_cnt", COUNT),
    cell("units", "total_sale_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_amt", MONEY),
)
VIDEO_FOUND = (*POSTED, *FIGURES, cell("influencer_id", "user_id", KEY))

LAYOUTS = (
    Layout("seller_row", at("seller.list", V3, K), SHOP),
    Layout("seller_row and seller_detail_extra", at("seller.detail", V3, K), SHOP_DETAIL, data=shop_page),
    Layout("seller_trend_row", at("seller.trend", V3, K), SHOP_DAY),
    Layout("seller_rank_row", at("seller.ranklist", V3, K), SHOP_RANKED),
    Layout("influencer_of_seller_row", at("seller.influencer.list", V3, K), INFLUENCER_OF_SHOP),
    Layout("video_of_seller_row", at("seller.video.list", V3, K), VIDEO_OF_SHOP),
    Layout(
        "live_of_seller_row",
        at("seller.live.list", V3, K),
        (*BROADCAST, PEAK, JOINS, *SOLD_LIVE, WHO, NAMED, PICTURED),
        left_open=frozenset({"peak_viewers"}),
    ),
    Layout("influencer_row", (*at("influencer.list", V3, K), *at("influencer.detail", V3, K)), ACCOUNT, holds=2),
    Layout("influencer_trend_row", at("influencer.trend", V3, K), ACCOUNT_DAY),
    Layout("influencer_rank_row", at("influencer.ranklist", V3, K), ACCOUNT_RANKED),
    Layout(
        "product_of_influencer_row",
        at("influencer.product.list", V3, K),
        PRODUCT_OF_ACCOUNT,
    ),
    Layout("live_of_influencer_row", at("influencer.live.list", V3, K), LIVE_OF_ACCOUNT),
    Layout("video_base", at("influencer.video.list", V3, K), VIDEO_BASE),
    Layout(
        "video_row",
        (*at("video.list", V3, K), *at("video.detail", V3, K)),
        (*VIDEO_BASE, VIDEO_SOLD, PICTURED),
    ),
    Layout("video_rank_row", at("video.ranklist", V3, K), VIDEO_RANKED),
    Layout("video_trend_row", at("video.trend", V3, K), VIDEO_DAY),
    Layout("video_product_row", at("video.product.list", V3, K), PRODUCT_OF_VIDEO),
    Layout("captions", at("realtime.video.captions", V3, K), CAPTIONS),
    Layout("comments", at("realtime.video.comments", V3, K), COMMENT, data=comment_page),
    Layout("files", at("realtime.video.download_url", V3, K), FILES, holds=1, data=the_row),
    Layout("live_row", at("live.detail", V3), LIVE_ROW),
    Layout(
        "product of a live",
        at("live.product.list", V3),
        (ident("product_id", KEY), cell("name", "product_name", TEXT)),
    ),
    Layout("room on air", at("realtime.live", V3, K), ON_AIR, holds=1, data=room),
    Layout(
        "category_row",
        (*at("category.l1", V3, K), *at("category.l2", V3, K), *at("category.l3", V3, K)),
        CATEGORY,
    ),
    Layout("search_influencer_row", at("search.influencer", V3, K), INFLUENCER_FOUND),
    Layout("search_product_row", at("search.product", V3, K), PRODUCT_FOUND),
    Layout("search_seller_row", at("search.seller", V3, K), SELLER_FOUND),
    Layout("video found by words", at("search.video", V3, K), VIDEO_FOUND),
    Layout("live found by words", at("search.live", V3, K), LIVE_FOUND),
)
