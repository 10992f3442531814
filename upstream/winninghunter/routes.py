"""Winning Hunter's endpoints for TikTok Shop.

Source: the provider's page of TikTok Shop details, its pages of suggestions and errors. Their prose is translated by a
machine: names on the wire are those of its request examples. A total and a metric answer one window a call, and repeat
neither id nor name; so each window is an endpoint of its own, and its rows take the id from the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from entities.influencer import InfluencerRecord
from entities.product import ProductDay, ProductRecord, SalesInWindow
from entities.record import Record, in_window
from entities.seller import SellerRecord
from entities.video import VideoRecord
from entities.vocabulary import Rank, Region, SellerProductSortField, Window
from upstream import decode
from upstream.argument import Alone, Code, Encoder, Key, Keys, OnePage, Pages, Sort, Text, Unsorted
from upstream.decode import key, text
from upstream.endpoint import Endpoint, Shape
from upstream.mapping import Edge, Rows, Spec, column, unless_none
from upstream.winninghunter import columns
from upstream.winninghunter.columns import count, number
from upstream.winninghunter.documented import documented
from upstream.winninghunter.vendor import WINNING_HUNTER

PERIODS = {
    30: Window.LAST_30_DAYS,
    7: Window.LAST_7_DAYS,
    90: Window.LAST_90_DAYS,
    1: Window.LAST_1_DAY,
}
"""The days of a window; what does not depend on one is asked in the first."""

VIDEO_PERIODS = (30, 7, 1)

NUMBERS = frozenset({"page", "limit", "period"})
PAGES = Pages("page", "limit", size=50)
ABOUT = {"id": "id"}

ONE: Mapping[str, Encoder] = {"ids": Keys("id", 1)}
READ = partial(Endpoint, WINNING_HUNTER)
POST = partial(READ, method="POST", numbers=NUMBERS)
LOOKUP: Mapping[str, Any] = {"arguments": ONE, "ids": "ids", "rank": Rank.DETAIL, "shape": Shape.OBJECT}


def windowed(period: int, **measures: Spec) -> dict[str, Spec]:
    """Facts of one window."""
    return {in_window(measure, PERIODS[period]): spec for measure, spec in measures.items()}


def edition(period: int) -> str:
    """The version of an endpoint that tells one window."""
    return f"v1/{period}d"


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

SHOP = Rows(
    SellerRecord,
    {
        "id": column(key, "id"),
        "name": column(text, "name"),
        "region": column(decode.region, "country"),
        "logo": column(decode.image, "logo"),
        "product_count": column(count, "products_count"),
        "influencer_count": column(count, "creators_count"),
        "rating": column(columns.rating, "rating"),
    },
)
PRODUCT = Rows(  # revenue and sales stand there too, of a window that no document states
    ProductRecord,
    {
        "id": column(key, "id"),
        "name": column(text, "title"),
        "seller_id": column(key, "shop_id"),
        "average_price_usd": column(number, "price"),
        "rating": column(columns.rating, "rating"),
        "cover": column(decode.image, "image"),
    },
)
VIDEO = Rows(
    VideoRecord,
    {
        "id": column(key, "id"),
        "caption": column(text, "caption"),
        "hashtags": column(decode.hashtags, "caption"),
        "posted_at": column(columns.day, "posted_at"),
        "influencer_id": column(key, "creator_id"),
        "product_ids": column(columns.keys, "product_id"),
        "sells_products": column(columns.sells, "product_id"),
    },
)
DAY = Rows(
    ProductDay,
    {"day": column(decode.iso_day, "date"), "units": column(count, "sales"), "gmv_usd": column(number, "revenue")},
)
SUGGESTED: Mapping[str, Spec] = {"id": column(key, "id"), "name": column(text, "name")}


def shop_total(period: int) -> Rows:
    return Rows(
        SellerRecord,
        {
            "id": column(key, "id"),
            **windowed(
                period,
                units=column(count, "sales"),
                gmv_usd=column(number, "revenue"),
                sale_price_usd=column(number, "avg_price"),
                conversion_rate=column(columns.rate, "conversion_rate"),
            ),
        },
    )


def product_total(period: int) -> Rows:
    return Rows(
        ProductRecord,
        {
            "id": column(key, "id"),
            **windowed(
                period,
                units=column(count, "sales"),
                gmv_usd=column(number, "revenue"),
                sale_price_usd=column(number, "avg_price"),
            ),
        },
    )


def creator_total(period: int) -> Rows:
    return Rows(
        InfluencerRecord,
        {
            "id": column(key, "id"),
            "followers": column(count, "followers"),
            **windowed(
                period,
                units=column(count, "sales"),
                gmv_usd=column(number, "revenue"),
                videos=column(count, "videos"),
            ),
        },
    )


def video_metrics(period: int) -> Rows:
    return Rows(
        VideoRecord,
        {
            "id": column(key, "id"),
            **windowed(period, **{name: column(count, name) for name in ("views", "likes", "comments", "shares")}),
        },
    )


def products_of_shop(period: int) -> Rows:
    return Rows(
        ProductRecord,
        {
            "id": column(key, "id"),
            "name": column(text, "title"),
            "average_price_usd": column(number, "price"),
            **windowed(period, units=column(count, "sales"), gmv_usd=column(number, "revenue")),
        },
    )


def products_of_creator(edge: Edge | None) -> Rows:
    return Rows(ProductRecord, {"id": column(key, "id"), "name": column(text, "title")}, edge)


SALES = Edge(
    SalesInWindow,
    {"window_units": column(count, "sales"), "window_gmv_usd": column(number, "revenue")},
    derived=("units", "gmv_usd"),
)
NO_SALES = Edge(SalesInWindow, {})

# ── endpoints ─────────────────────────────────────────────────────────────────────────────────────────────────────

COUNTRY = Code("country", {each: each.value for each in Region})
DIRECTION = {True: "desc", False: "asc"}
SHOP_SORTS = {
    7: Sort(
        "sort", {SellerProductSortField.UNITS_7D: "sales", SellerProductSortField.GMV_7D: "revenue"}, "order", DIRECTION
    ),
    30: Sort("sort", {SellerProductSortField.AVERAGE_PRICE: "price"}, "order", DIRECTION, usual="sales"),
}


def _totals() -> Iterable[Endpoint]:
    for period in PERIODS:
        fixed = {"period": str(period)}
        total = partial(POST, edition(period), fixed=fixed, asked=ABOUT, **LOOKUP)
        yield total(name="seller.total", path="shop-detail/total", rows=shop_total(period), proves=False)
        yield total(name="product.total", path="product-detail/total", rows=product_total(period), proves=False)
        yield total(name="influencer.total", path="creator-detail/total", rows=creator_total(period))


def _lists() -> Iterable[Endpoint]:
    for period, sort in SHOP_SORTS.items():
        yield POST(
            edition(period),
            name="seller.product.list",
            path="shop-detail/product/queryList",
            arguments={"seller": Key("id"), "sort": sort},
            fixed={"period": str(period)},
            rows=products_of_shop(period),
            pages=PAGES,
            parent="seller",
            rank=Rank.RELATION,
        )
    listed = partial(
        POST,
        name="influencer.product.list",
        path="creator-detail/searchProducts",
        pages=PAGES,
        parent="influencer",
        rank=Rank.RELATION,
    )
    for period, window in PERIODS.items():
        yield listed(
            edition(period),
            arguments={"influencer": Key("id"), "window": Alone(window), "sort": Unsorted()},
            needs=("window",),
            fixed={"period": str(period)},
            rows=products_of_creator(SALES),
        )
    yield listed(
        "v1",
        arguments={"influencer": Key("id"), "sort": Unsorted()},
        fixed={"period": "30"},
        rows=products_of_creator(NO_SALES),
    )


def _metrics() -> Iterable[Endpoint]:
    for period in VIDEO_PERIODS:
        yield READ(
            f"v2/{period}d",
            name="video.total",
            path="videos/{id}/metrics",
            fixed={"period": str(period)},
            rows=video_metrics(period),
            asked=ABOUT,
            proves=False,
            **LOOKUP,
        )


def _suggestions() -> Iterable[Endpoint]:
    records: dict[str, type[Record]] = {
        "seller": SellerRecord,
        "product": ProductRecord,
        "influencer": InfluencerRecord,
    }
    for name, word in {"seller": "shops", "product": "products", "influencer": "creators"}.items():
        yield READ(
            "v1",
            name=f"search.{name}",
            path="suggestions",
            arguments={"text": Text("q"), "region": COUNTRY, "exact": Alone(False)},
            fixed={"type": word},
            rows=Rows(records[name], {"id": column(key, "id"), "name": unless_none(column(text, "name"))}),
            rows_at="suggestions",
            pages=OnePage("limit", 20),
            rank=Rank.RELATION,
        )


DECLARED = (
    POST("v1", name="seller.detail", path="shop-detail", rows=SHOP, **LOOKUP),
    READ("v1", name="product.detail", path="product-detail/{id}", rows=PRODUCT, **LOOKUP),
    READ("v2", name="video.detail", path="videos/{id}", rows=VIDEO, **LOOKUP),
    POST(
        "v1",
        name="product.trend",
        path="product-detail/history",
        arguments={"product": Key("id"), "days": Code("period", {period: str(period) for period in PERIODS})},
        rows=DAY,
        spans=tuple(PERIODS),
    ),
    *_totals(),
    *_lists(),
    *_metrics(),
    *_suggestions(),
)
ENDPOINTS = tuple(map(documented, DECLARED))
BY_NAME = {(endpoint.name, endpoint.version): endpoint for endpoint in ENDPOINTS}
