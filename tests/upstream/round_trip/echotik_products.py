"""Rows of EchoTik's product group, in both versions, and of their twins at KeyAPI.

Source: the field sets of the provider's catalog, by their names there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from entities.record import Image, Money
from tests.upstream.round_trip.cell import NOTHING, Cell, Facts, Layout, Wire, cell, ident, measure
from tests.upstream.round_trip.kind import (
    ADDRESS,
    ADDRESSES,
    BYTES,
    CHANNEL,
    COUNT,
    DAY,
    DAY_NUMBER,
    DECIMAL,
    DELISTED,
    FLAG,
    INSTANT,
    KEY,
    MILLISECONDS,
    MONEY,
    ORIGIN,
    PERCENT,
    PICTURE,
    PIXELS,
    PRICE,
    RATE,
    REGION,
    SAVES,
    SECONDS,
    STARS,
    TEXT,
    TREND,
    Kind,
)
from tests.upstream.round_trip.pen import Pen
from tests.upstream.round_trip.structure import (
    DESCRIPTION,
    IMAGES,
    PRICES,
    RATING,
    SPECIFICATION,
    VARIANTS,
    Variants,
    price,
    tagged,
    variants,
    write_variants,
)

V2, V3, K = "echotik.{}@v2", "echotik.{}@v3", "keyapi.{}@v1"


def at(name: str, *providers: str) -> tuple[str, ...]:
    """One capability at several providers."""
    return tuple(provider.format(name) for provider in providers)


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────

CATEGORIES = (
    cell("category_l1_id", "category_id", KEY),
    cell("category_l2_id", "category_l2_id", KEY),
    cell("category_l3_id", "category_l3_id", KEY),
)
PRODUCT = (
    ident("product_id", KEY),
    cell("name", "product_name", TEXT),
    cell("region", "region", REGION),
    cell("images cover", "cover_url", IMAGES),
    cell("description", "desc_detail", DESCRIPTION),
    cell("average_price_usd", "spu_avg_price", MONEY),
    cell("min_price_usd", "min_price", MONEY),
    cell("max_price_usd", "max_price", MONEY),
    cell("discount_percent", "discount", PERCENT),
    cell("commission_rate", "product_commission_rate", RATE),
    RATING,
    cell("free_shipping", "free_shipping", FLAG),
    cell("fully_managed", "is_s_shop", FLAG),
    cell("delisted", "off_mark", DELISTED),
    cell("main_channel", "sales_flag", CHANNEL),
    cell("sales_trend", "sales_trend_flag", TREND),
    cell("first_seen", "first_crawl_dt", DAY_NUMBER),
    VARIANTS,
    *CATEGORIES,
    cell("seller_id", "seller_id", KEY),
    *measure("units", "total_sale_{}cnt", COUNT),
    *measure("gmv_usd", "total_sale_gmv_{}amt", MONEY),
    cell("influencers", "total_ifl_cnt", COUNT),
    *measure("videos", "total_video_{}cnt", COUNT),
    *measure("video_views", "total_views_{}cnt", COUNT),
    *measure("video_influencers", "total_ifl_video_{}cnt", COUNT, ever=False),
    *measure("live_units", "total_live_sale_{}cnt", COUNT, ever=False),
    *measure("live_gmv_usd", "total_live_sale_gmv_{}amt", MONEY, ever=False),
    *measure("live_sessions", "total_live_{}cnt", COUNT),
    *measure("live_influencers", "total_ifl_live_{}cnt", COUNT, ever=False),
)
SPECIFIED = cell("specifications", "specification", SPECIFICATION)
PRODUCT_V3 = (
    *PRODUCT,
    SPECIFIED,
    cell("live_units", "total_live_sale_cnt", COUNT),
    cell("live_gmv_usd", "total_live_sale_gmv_amt", MONEY),
    *measure("video_units", "total_video_sale_{}cnt", COUNT),
    *measure("video_gmv_usd", "total_video_sale_gmv_{}amt", MONEY),
)
LISTED = (
    *PRODUCT_V3,
    cell("best_seller", "is_hot", FLAG),
    cell("seller_origin", "from_flag", ORIGIN),
    cell("brand_shop", "shop_type", FLAG),
    cell("shipping_price", "shipping_price", DECIMAL),
    cell("last_seen", "last_crawl_dt", DAY_NUMBER),
)
RANKED_V2 = (
    ident("product_id", KEY),
    cell("name", "product_name", TEXT),
    cell("region", "region", REGION),
    cell("category_l1_id", "category_id", KEY),
    cell("average_price_usd", "spu_avg_price", MONEY),
    cell("min_price_usd", "min_price", MONEY),
    cell("max_price_usd", "max_price", MONEY),
    cell("commission_rate", "product_commission_rate", RATE),
    cell("edge.units", "total_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("edge.influencers", "total_ifl_cnt", COUNT),
    cell("edge.videos", "total_video_cnt", COUNT),
    cell("edge.lives", "total_live_cnt", COUNT),
)
TREND_ROW = (
    ident("dt", DAY, "day"),
    cell("units", "total_sale_1d_cnt", COUNT),
    cell("gmv_usd", "total_sale_gmv_1d_amt", MONEY),
    cell("total_units", "total_sale_cnt", COUNT),
    cell("total_gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("average_price_usd", "spu_avg_price", PRICE),
    cell("influencers", "total_ifl_cnt", COUNT),
    cell("videos", "total_video_cnt", COUNT),
    cell("lives", "total_live_cnt", COUNT),
)

# ── what hangs on a product ───────────────────────────────────────────────────────────────────────────────────────

INFLUENCER = (
    ident("user_id", KEY),
    cell("name", "nick_name", TEXT),
    cell("avatar", "avatar", PICTURE),
    cell("region", "region", REGION),
    cell("category", "category", TEXT),
    cell("following_count", "total_following_cnt", COUNT),
    cell("video_count", "total_post_video_cnt", COUNT),
    cell("live_count", "total_live_cnt", COUNT),
    cell("live_view_count", "total_live_views_cnt", COUNT),
    cell("followers", "total_followers_cnt", COUNT),
    cell("likes", "total_digg_cnt", COUNT),
    cell("views", "total_views_cnt", COUNT),
    cell("edge.units", "per_product_ifl_sale_cnt", COUNT),
    cell("edge.gmv_usd", "per_product_ifl_gmv_amt", MONEY),
)


def video_facts(prefix: str = "", edge: str = "") -> tuple[Cell, ...]:
    """The columns of a video in the rows of a product; what it sold is repeated on the edge, where there is one."""

    def names(fact: str) -> str:
        return f"{prefix}{fact} {edge}{fact}" if edge else f"{prefix}{fact}"

    return (
        tagged(prefix),
        cell(f"{prefix}posted_at", "create_time", INSTANT),
        cell(f"{prefix}region", "region", REGION),
        cell(f"{prefix}cover", "reflow_cover", PICTURE),
        cell(f"{prefix}play_url", "play_addr", ADDRESS),
        cell(f"{prefix}width", "width", PIXELS),
        cell(f"{prefix}height", "height", PIXELS),
        cell(f"{prefix}size_bytes", "data_size", BYTES),
        cell(f"{prefix}resolution", "ratio", TEXT),
        cell(f"{prefix}influencer_id", "user_id", KEY),
        cell(f"{prefix}views", "total_views_cnt", COUNT),
        cell(f"{prefix}likes", "total_digg_cnt", COUNT),
        cell(f"{prefix}comments", "total_comments_cnt", COUNT),
        cell(f"{prefix}shares", "total_shares_cnt", COUNT),
        cell(f"{prefix}favorites", "total_favorites_cnt", SAVES),
        cell(names("units"), "total_video_sale_cnt", COUNT),
        cell(names("gmv_usd"), "total_video_sale_gmv_amt", MONEY),
    )


VIDEO = (ident("video_id", KEY), *video_facts(edge="edge."))
LENGTH = cell("duration_seconds", "duration", SECONDS)
LIVE = (
    ident("room_id", KEY),
    cell("cover", "cover_url", PICTURE),
    cell("region", "region", REGION),
    cell("started_at", "create_time", INSTANT),
    cell("views", "total_views_cnt", COUNT),
    cell("peak_viewers", "max_views_cnt", COUNT),
    cell("product_count", "total_product_cnt", COUNT),
    cell("influencer_id", "user_id", KEY),
    cell("edge.units", "total_sale_cnt", COUNT),
    cell("edge.gmv_usd", "total_sale_gmv_amt", MONEY),
    cell("edge.average_price_usd", "spu_avg_price", MONEY),
    cell("edge.category_id", "category_id", KEY),
)
REVIEW = (
    ident("review_id", KEY),
    cell("text", "display_text", TEXT),
    cell("rating", "rating", STARS),
    cell("reviewed_at", "review_timestamp", MILLISECONDS),
    cell("sku_id", "sku_id", KEY),
    cell("variant", "sku_specification", TEXT),
)

# ── live reads ────────────────────────────────────────────────────────────────────────────────────────────────────

LIVE_REVIEW = (
    ident("review.review_id", KEY),
    cell("text", "review.display_text", TEXT),
    cell("rating", "review.rating", STARS),
    cell("reviewed_at", "review.review_timestamp", MILLISECONDS),
    cell("sku_id", "sku_id", KEY),
    cell("variant", "sku_specification", TEXT),
    cell("likes", "digg_count", COUNT),
    cell("author", "review_user.name", TEXT),
)


def write_link(key: str, pen: Pen) -> Wire:
    """Two spellings of the same key."""
    return {pen.one(("productId", "product_id")): KEY.write(key, pen), "region": "US"}


LINK = Cell(("id",), ("productId", "product_id"), KEY.values, lambda key: (key,), write_link, always=True)


def placed(urls: list[str]) -> list[Image]:
    return [Image(url, place) for place, url in enumerate(urls)]


class Priced(NamedTuple):
    """A price, and the one before the discount."""

    now: Money | None
    before: Decimal | None


def priced_facts(told: Priced | None) -> tuple[Any, ...]:
    if told is None or told.now is None:
        return None, None
    return told.now, None if told.before is None else Money(told.before, told.now.currency)


def write_priced(told: Priced | None, pen: Pen) -> Wire:
    """The block of a price, which may be empty."""
    block = price(None if told is None else told.now, pen)
    if told is None or told.now is None or told.before is None:
        return {"price": block}
    return {"price": {**block, pen.one(("origin_price_decimal", "original_price")): str(told.before)}}


def shown_variants(told: Variants | None) -> tuple[Any, ...]:
    """A live read without variants tells none."""
    return (None, None) if told is None else (told.options, told.skus or None)


IMAGE_NOW = Kind(ADDRESSES.map(lambda url: [Image(url)]), lambda images, pen: images[0].url, nothing=("",))
PRICE_BLOCK = Kind(PRICES, price, nothing=({},))
SHOP = Kind(KEY.values, lambda key, pen: {"seller_id": KEY.write(key, pen)}, nothing=({},))
V2_NOW = (
    ident("product_id", KEY),
    cell("title", "title", TEXT),
    cell("images", "images", IMAGE_NOW),
    cell("description", "desc_detail", DESCRIPTION),
    cell("sold_count", "sold_count", COUNT),
    Cell(
        ("price", "original_price"),
        ("price",),
        st.builds(Priced, st.none() | PRICES, st.none() | DECIMAL.values),
        priced_facts,
        write_priced,
    ),
    Cell(("options", "skus"), ("sale_props", "skus"), variants(), shown_variants, write_variants),
    cell("shipping_fee", "shipping_fee", PRICE_BLOCK),
    cell("seller_id", "seller", SHOP),
)


class Tagged(NamedTuple):
    """Amounts as numbers or as text with a sign, in one currency."""

    now: Decimal | None
    before: Decimal | None
    currency: str | None
    in_text: bool


def tag(amount: Decimal, in_text: bool) -> Any:
    return f"${amount:,}" if in_text else float(amount)


def tagged_prices(told: Tagged | None) -> tuple[Any, ...]:
    if told is None or told.currency is None:
        return None, None
    return tuple(
        None if each is None else Money(each, told.currency, tag(each, told.in_text) if told.in_text else None)
        for each in (told.now, told.before)
    )


def write_tagged_prices(told: Tagged | None, pen: Pen) -> Wire:
    now, before, currency, in_text = told or (None, None, None, False)
    told_prices = {"real_price": now, "original_price": before}
    prices = {name: pen.one((None, "")) if each is None else tag(each, in_text) for name, each in told_prices.items()}
    base = "product_base.price"
    return {
        **{f"{base}.{name}": each for name, each in prices.items()},
        f"{base}.currency": pen.one((*NOTHING, "")) if currency is None else currency,
    }


def app_images(urls: list[str], pen: Pen) -> Any:
    """Each picture at several hosts; the first is meant."""
    return [{"uri": "x", "url_list": [url, *pen.one(((), ("https://p19.example.com/other",)))]} for url in urls]


APP_IMAGES = Kind(
    st.lists(ADDRESSES, max_size=3),
    app_images,
    facts=lambda urls: (None if urls is None else placed(urls),),
)
SOME_AMOUNT = st.none() | DECIMAL.values
APP = (
    Cell(("id",), (), KEY.values, lambda key: (key,), lambda key, pen: {}, always=True),
    cell("title", "product_base.title", TEXT),
    cell("images", "product_base.images", APP_IMAGES),
    cell("sold_count", "product_base.sold_count", COUNT),
    Cell(
        ("price", "original_price"),
        ("product_base.price",),
        st.builds(Tagged, SOME_AMOUNT, SOME_AMOUNT, st.none() | st.sampled_from(["USD", "GBP"]), st.booleans()),
        tagged_prices,
        write_tagged_prices,
    ),
)


def app_page(pen: Pen, rows: list[Any]) -> Any:
    """Deep in an object, which may stand in an envelope of its own."""
    found = {"goda_protocol": {"data": {"global": {"product_info_resp": {"products": rows}}}}}
    return pen.one((found, {"code": 0, "data": found, "message": "ok"}))


def review_page(pen: Pen, rows: list[Any]) -> Any:
    return {"review_items": rows, "has_more": pen.one((False, True)), "next_cursor": 2, "product_rating": 4.5}


def the_row(pen: Pen, rows: list[Any]) -> Any:
    """`data` is the only row."""
    return rows[0]


def about_product(facts: Facts) -> dict[str, str]:
    return {"product_id": facts["id"]}


LAYOUTS = (
    Layout("product_row_v2", (*at("product.list", V2), *at("product.detail", V2)), PRODUCT, holds=2),
    Layout("product_row", (*at("product.detail", V3, K), *at("product.list", K)), PRODUCT_V3, holds=2),
    Layout("product_row_list", at("product.list", V3), LISTED, holds=2),
    Layout("product_row_core", at("seller.product.list", V3, K), (*PRODUCT, SPECIFIED), holds=2),
    Layout(
        "product_rank_row_v2",
        (*at("product.ranklist", V2), *at("product.ranklist.new", V2)),
        RANKED_V2,
        left_open=frozenset({"category_l1_id"}),
    ),
    Layout(
        "product_rank_row",
        at("product.ranklist", V3, K),
        (*RANKED_V2, *CATEGORIES[1:]),
        left_open=frozenset({"category_l1_id", "category_l2_id", "category_l3_id"}),
    ),
    Layout("product_trend_row", at("product.trend", V2, V3, K), TREND_ROW),
    Layout("influencer_of_product_row", at("product.influencer.list", V2, V3, K), INFLUENCER),
    Layout("video_of_product_row_v2", at("product.video.list", V2), VIDEO, beside={"duration": "3590780"}),
    Layout("video_of_product_row", at("product.video.list", V3, K), (*VIDEO, LENGTH)),
    Layout("live_of_product_row", at("product.live.list", V2, V3, K), LIVE),
    Layout("review_row", at("product.comment", V3, K), REVIEW),
    Layout("live_review_row", at("realtime.product.comment", V3, K), LIVE_REVIEW, data=review_page),
    Layout("product_link", at("realtime.product.id", V3, K), (LINK,), holds=1, data=the_row),
    Layout("product_realtime_v2", at("realtime.product", V2), V2_NOW, holds=1, data=the_row),
    Layout("product_detail_app", at("realtime.product", K), APP, holds=1, data=app_page, params=about_product),
)
