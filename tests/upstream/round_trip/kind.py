"""Kinds of facts that fit in one column: values in the graph's units, and every way in which the wire tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from hypothesis import strategies as st

from entities.record import Image
from entities.vocabulary import CategoryLevel, Region, SalesChannel, SalesTrend, SellerOrigin, SellingMode
from tests.upstream.round_trip.pen import Pen

Ways = Callable[[Any], Sequence[Any]]
Write = Callable[[Any, Pen], Any]

LARGEST = 2**53 - 1


class Kind(NamedTuple):
    """What a column may tell.

    values   in the graph's units
    write    one of the ways to tell a value
    nothing  what tells that there is none, beside null and a column that lacks
    odd      the same, from an odd hand
    facts    the facts that follow from a value or from None, one for each name of the cell; None where all are it
    """

    values: st.SearchStrategy[Any]
    write: Write
    nothing: tuple[Any, ...] = ()
    odd: tuple[Any, ...] = ()
    facts: Callable[[Any], tuple[Any, ...]] | None = None


def ways(plain: Ways, odd: Ways = lambda value: ()) -> Write:
    """Writes a value in a documented way, or with an odd hand in any."""

    def write(value: Any, pen: Pen) -> Any:
        return pen.one([*plain(value), *(odd(value) if pen.odd else ())])

    return write


def numbers(value: float) -> list[Any]:
    """Money and rates are integers where they are whole, on columns that have decimals elsewhere."""
    return [value, int(value)] if value == int(value) else [value]


def coded(table: Mapping[int, Enum], *unknown: int) -> Kind:
    """A code by its table; a code that is not in it is none."""
    code_of = {value: code for code, value in table.items()}
    write = ways(lambda value: (code_of[value],), lambda value: (str(code_of[value]), f"{code_of[value]}.0"))
    return Kind(st.sampled_from(list(table.values())), write, nothing=unknown, odd=("", "x"))


def mark(below: Sequence[int], from_there: Sequence[int]) -> Kind:
    """A mark that means something from some number on."""

    def codes(value: bool) -> Sequence[int]:
        return from_there if value else below

    return Kind(st.booleans(), ways(codes, lambda value: [str(code) for code in codes(value)]), odd=("",))


# ── ids and texts ─────────────────────────────────────────────────────────────────────────────────────────────────

KEYS = st.integers(10**6, 10**19 - 1).map(str)
KEY = Kind(KEYS, ways(lambda key: (key,), lambda key: (int(key),)), nothing=("0", ""), odd=(0,))

LETTERS = st.characters(exclude_categories=["Cs", "Co", "Cn", "Cc"], include_characters="\n\t")
BEGINNINGS = st.text(LETTERS, min_size=1, max_size=6).filter(lambda words: not words.isspace())
WORDS = st.tuples(BEGINNINGS, st.sampled_from(("", " and more", "\nmore "))).map("".join)
TEXT = Kind(WORDS, lambda words, pen: pen.text(words), nothing=("",))

HANDLES = st.text("abcxyz019._", min_size=1, max_size=10)
HANDLE = Kind(HANDLES, ways(lambda name: (name,), lambda name: (f"@{name}", name.upper())), nothing=("",))

ADDRESSES = st.integers(0, 10**6).map(lambda number: f"https://p16.example.com/a-b_{number}.webp?x={number}&y=1:2")
ADDRESS = Kind(ADDRESSES, ways(lambda url: (url,)), nothing=("",))
PICTURE = Kind(ADDRESSES.map(Image), ways(lambda image: (image.url,)), nothing=("",))

REGION = Kind(st.sampled_from(Region), ways(lambda region: (region.value,)), nothing=("",), odd=("XX",))

# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def odd_counts(value: int) -> list[Any]:
    """A whole number as text, with and without decimals, or as a decimal."""
    return [str(value), f" {value} ", f"{value}.00", *([float(value)] if abs(value) <= LARGEST else [])]


COUNT = Kind(st.integers(0, LARGEST), ways(lambda count: (count,), odd_counts), odd=("", "n/a"))
GAIN = COUNT._replace(values=st.integers(-(10**9), 10**12))
POSITIVE = COUNT._replace(values=st.integers(1, LARGEST), nothing=(0,), odd=("", "0"))
SAVES = COUNT._replace(nothing=(-1,), odd=("-1",))
PIXELS = COUNT._replace(values=st.integers(1, 8192), write=ways(lambda count: (str(count), count)), nothing=("",))
BYTES = PIXELS._replace(values=st.integers(0, 10**10), odd=("-1", -1))
STARS = COUNT._replace(values=st.integers(1, 5))

COUNT_IN_TEXT = COUNT._replace(write=ways(lambda count: (f"{count}.00",), odd_counts))

CENTS = st.integers(0, 10**11).map(lambda cents: cents / 100)
MONEY = Kind(CENTS, ways(numbers, lambda value: (f"{value:.2f}", f" {value!r} ")), odd=("", "n/a", "-"))
MONEY_IN_TEXT = MONEY._replace(write=ways(lambda value: (f"{value:.2f}",), numbers))
PRICE = MONEY._replace(values=st.integers(1, 10**7).map(lambda cents: cents / 100), nothing=(0, 0.0), odd=("0.00",))
NUMBER = MONEY._replace(
    values=st.integers(0, 10**9).map(lambda value: value / 10_000), write=ways(numbers, lambda value: (repr(value),))
)
SCORE = NUMBER._replace(values=st.integers(0, 50).map(lambda value: value / 10))
SECONDS = MONEY._replace(values=st.integers(0, 10**6).map(float))
DECIMAL = Kind(
    st.integers(0, 10**7).map(lambda cents: Decimal(cents).scaleb(-2)),
    ways(lambda amount: (str(amount),), lambda amount: (float(amount), f" {amount} ")),
    nothing=("",),
)


def shares(rate: Decimal) -> list[Any]:
    """A fraction; from 1 per cent on the wire may say the per cent in its place, and all of it must."""
    percent = rate * 100
    told = [float(rate)] if rate < 1 else []
    return told + (numbers(float(percent)) if percent >= 1 else [])


RATE = Kind(
    st.integers(0, 1000).map(lambda tenths: Decimal(tenths) / 1000),
    ways(shares, lambda rate: [str(share) for share in shares(rate)]),
    odd=("", "n/a"),
    facts=lambda rate: (None if rate is None else float(rate),),
)
PERCENT = Kind(
    st.integers(0, 100),
    ways(lambda percent: (f"-{percent}%", f"{percent}%"), lambda percent: (f" {percent} %",)),
    nothing=("", "-"),
)

# ── flags and codes ───────────────────────────────────────────────────────────────────────────────────────────────

FLAG = Kind(
    st.booleans(),
    ways(lambda flag: (int(flag),), lambda flag: (flag, str(int(flag)), str(flag), str(flag).lower())),
    odd=("", 2),
)
WORD = FLAG._replace(write=ways(lambda flag: ("true" if flag else "false",), lambda flag: (flag, int(flag))))
DELISTED = mark((0, 1), (2, 3))
CLOSED = mark((0,), (1, 2))

CHANNEL = coded({1: SalesChannel.VIDEO, 2: SalesChannel.LIVE}, 0, 7)
TREND = coded({0: SalesTrend.STABLE, 1: SalesTrend.UP, 2: SalesTrend.DOWN}, 7)
ORIGIN = coded({1: SellerOrigin.LOCAL, 2: SellerOrigin.CROSS_BORDER}, 0, 7)
MODES = {
    0: SellingMode.NONE,
    1: SellingMode.VIDEO,
    2: SellingMode.LIVE,
    3: SellingMode.VIDEO_AND_LIVE,
    4: SellingMode.SHOWCASE,
}
MODE = Kind(
    st.integers(0, 5),
    ways(lambda code: (code,), lambda code: (str(code),)),
    odd=("",),
    facts=lambda code: (None, None) if code is None else (MODES.get(code), code > 0),
)
LEVEL = Kind(st.sampled_from(CategoryLevel), ways(lambda level: (str(level.value),), lambda level: (level.value,)))

# ── times ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DATES = st.dates(date(2016, 8, 1), date(2099, 12, 31))
DAY = Kind(DATES, ways(lambda day: (day.isoformat(),), lambda day: (f"{day.isoformat()} 00:00:00",)))
DAY_NUMBER = Kind(
    DATES, ways(lambda day: (int(day.strftime("%Y%m%d")), day.strftime("%Y%m%d"))), nothing=(0, ""), odd=("0",)
)
START, END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2016, 2099))
MOMENTS = st.integers(START, END).map(lambda second: datetime.fromtimestamp(second, UTC))


def seconds_of(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def milliseconds(moment: datetime) -> list[Any]:
    return [seconds_of(moment) * 1000, str(seconds_of(moment) * 1000)]


INSTANT = Kind(
    MOMENTS,
    ways(lambda moment: (seconds_of(moment), str(seconds_of(moment))), milliseconds),
    nothing=(0, ""),
    odd=("0", "soon"),
)
MILLISECONDS = INSTANT._replace(write=ways(milliseconds, lambda moment: (seconds_of(moment),)))
