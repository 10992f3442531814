"""Rows of Winning Hunter: numbers, or the compact text of a dashboard that holds them exactly.

Source: the provider's catalog, by the names of its field sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

from hypothesis import strategies as st

from tests.upstream.round_trip.cell import Cell, Facts, Layout, Wire, cell, ident
from tests.upstream.round_trip.kind import (
    DATES,
    DAY,
    KEY,
    PICTURE,
    REGION,
    TEXT,
    Kind,
    numbers,
    ways,
)
from tests.upstream.round_trip.pen import Pen
from tests.upstream.round_trip.structure import CAPTION

PERIODS, VIDEO_PERIODS, LIST_PERIODS = (1, 7, 30, 90), (1, 7, 30), (7, 30)
ASKED = {"id": "7493920192384910"}

# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def compact(amount: Decimal) -> list[str]:
    """Text that holds the amount exactly: whole, with thousands apart, or in thousands, millions and billions."""
    told = [f"{amount:f}", f"{amount:,}"]
    for unit, size in {"k": 3, "M": 6, "b": 9}.items():
        if amount >= 10**size:
            told.append(f"{amount.scaleb(-size).normalize():f}{unit}")
    return told


def figures(amount: Decimal) -> list[str]:
    return [each for told in compact(amount) for each in (told, f"${told}", f"$ {told.upper()}")]


COUNTED = Kind(
    st.integers(0, 10**12),
    ways(lambda count: (count,), lambda count: [*compact(Decimal(count)), float(count)]),
    odd=("", "n/a", "-"),
)
EARNED = Kind(
    st.integers(0, 10**12).map(lambda cents: cents / 100),
    ways(numbers, lambda amount: figures(Decimal(repr(amount)))),
    odd=("", "n/a", "-", "$"),
)


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


SHARE = Kind(
    st.integers(0, 1000).map(lambda thousandths: Decimal(thousandths) / 1000),
    ways(lambda rate: (float(rate),), lambda rate: (str(rate), percent(rate))),
    odd=("", "%"),
    facts=lambda rate: (None if rate is None else float(rate),),
)
STARS = Kind(
    st.integers(1, 50).map(lambda tenths: tenths / 10),
    ways(numbers, lambda stars: (str(stars),)),
    nothing=(0, 0.0),
    odd=("", "0"),
)


def midnight(day: date | None) -> tuple[Any]:
    return (None if day is None else datetime.combine(day, time(), UTC),)


POSTED = Kind(DATES, DAY.write, nothing=("",), facts=midnight)
THE_PRODUCT = Kind(
    KEY.values, KEY.write, KEY.nothing, KEY.odd, lambda key: ([], False) if key is None else ([key], True)
)

# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def envelope(pen: Pen, data: Any) -> Wire:
    """Rows in pages say which; objects and series do not."""
    paged = {"page": 1, "total": 84} if isinstance(data, list) and pen.coin() else {}
    return {"success": True, "data": data, **paged}


def suggestions(pen: Pen, data: Any) -> Wire:
    return {"success": True, "suggestions": data}


def the_row(pen: Pen, rows: list[Any]) -> Any:
    return rows[0]


def about(period: int | None, facts: Facts) -> dict[str, str]:
    """What was asked: an answer that does not repeat the id takes it from there."""
    return {"id": facts.get("id", ASKED["id"])} | ({} if period is None else {"period": str(period)})


ENVELOPED: dict[str, Any] = {"envelope": envelope, "params": partial(about, None)}
ALONE: dict[str, Any] = {**ENVELOPED, "holds": 1, "data": the_row}
UNTOLD_ID = Cell(("id",), (), KEY.values, lambda key: (key,), lambda key, pen: {}, always=True)


def total(name: str, route: str, period: int, *cells: Cell) -> Layout:
    """An object about one window, which it repeats, of an entity that it does not name."""
    return Layout(
        f"{name} of {period} days",
        (f"winninghunter.{route}/{period}d",),
        (UNTOLD_ID, *cells),
        beside={"period": period},
        holds=1,
        data=the_row,
        envelope=envelope,
        params=partial(about, period),
    )


def totals(period: int) -> Iterable[Layout]:
    def sold(price: bool) -> tuple[Cell, ...]:
        mean = (cell(f"sale_price_usd_{period}d", "avg_price", EARNED),) if price else ()
        return (
            cell(f"gmv_usd_{period}d", "revenue", EARNED),
            cell(f"units_{period}d", "sales", COUNTED),
            *mean,
        )

    converted = cell(f"conversion_rate_{period}d", "conversion_rate", SHARE)
    videos, followers = cell(f"videos_{period}d", "videos", COUNTED), cell("followers", "followers", COUNTED)
    yield total("shop_total", "seller.total@v1", period, *sold(True), converted)
    yield total("product_total", "product.total@v1", period, *sold(True))
    yield total("creator_total", "influencer.total@v1", period, *sold(False), videos, followers)


def metrics(period: int) -> Layout:
    cells = (cell(f"{name}_{period}d", name, COUNTED) for name in ("views", "likes", "comments", "shares"))
    return total("video_metrics", "video.total@v2", period, *cells)


NAMED = (ident("id", KEY), cell("name", "title", TEXT))


def products_of_shop(period: int) -> Layout:
    return Layout(
        f"product_of_shop_row of {period} days",
        (f"winninghunter.seller.product.list@v1/{period}d",),
        (
            *NAMED,
            cell("average_price_usd", "price", EARNED),
            cell(f"gmv_usd_{period}d", "revenue", EARNED),
            cell(f"units_{period}d", "sales", COUNTED),
        ),
        **ENVELOPED,
    )


def products_of_creator(period: int) -> Layout:
    return Layout(
        f"product_of_creator_row of {period} days",
        (f"winninghunter.influencer.product.list@v1/{period}d",),
        (
            *NAMED,
            cell("edge.gmv_usd edge.window_gmv_usd", "revenue", EARNED),
            cell("edge.units edge.window_units", "sales", COUNTED),
        ),
        **ENVELOPED,
    )


LAYOUTS = (
    Layout(
        "shop_detail",
        ("winninghunter.seller.detail@v1",),
        (
            ident("id", KEY),
            cell("name", "name", TEXT),
            cell("region", "country", REGION),
            cell("logo", "logo", PICTURE),
            cell("product_count", "products_count", COUNTED),
            cell("influencer_count", "creators_count", COUNTED),
            cell("rating", "rating", STARS),
        ),
        **ALONE,
    ),
    Layout(
        "product_detail",
        ("winninghunter.product.detail@v1",),
        (
            *NAMED,
            cell("seller_id", "shop_id", KEY),
            cell("average_price_usd", "price", EARNED),
            cell("rating", "rating", STARS),
            cell("cover", "image", PICTURE),
        ),
        beside={"revenue": 312540, "sales": 12550},
        **ALONE,
    ),
    Layout(
        "video_detail",
        ("winninghunter.video.detail@v2",),
        (
            ident("id", KEY),
            cell("caption hashtags", "caption", CAPTION),
            cell("posted_at", "posted_at", POSTED),
            cell("influencer_id", "creator_id", KEY),
            cell("product_ids sells_products", "product_id", THE_PRODUCT),
        ),
        **ALONE,
    ),
    Layout(
        "history_row",
        ("winninghunter.product.trend@v1",),
        (ident("date", DAY, "day"), cell("gmv_usd", "revenue", EARNED), cell("units", "sales", COUNTED)),
        **ENVELOPED,
    ),
    *(layout for period in PERIODS for layout in totals(period)),
    *map(metrics, VIDEO_PERIODS),
    *map(products_of_shop, LIST_PERIODS),
    *map(products_of_creator, PERIODS),
    Layout(
        "product_of_creator_row of no window",
        ("winninghunter.influencer.product.list@v1",),
        NAMED,
        beside={"revenue": 42100, "sales": 1680},
        **ENVELOPED,
    ),
    Layout(
        "suggestion_row",
        tuple(f"winninghunter.search.{name}@v1" for name in ("seller", "product", "influencer")),
        (ident("id", KEY), cell("name", "name", TEXT)),
        left_open=frozenset({"name"}),
        envelope=suggestions,
    ),
)
