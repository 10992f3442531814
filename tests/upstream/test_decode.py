"""Decoders take any JSON value, never raise and never invent."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entities.product import ImageBlock, ListBlock, Option, OptionValue, Sku, Specification, TextBlock
from entities.record import Image, Money
from entities.vocabulary import Region, SalesChannel
from upstream import decode
from upstream.echotik import columns

PROPERTY = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "00",
        "-",
        "%",
        "-43%",
        "48 %",
        "1e400",
        "NaN",
        "Infinity",
        "-1",
        "1,5",
        "true",
        "https://a.b/c",
        "[",
        "\x00",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | WORDS
    | st.decimals(allow_nan=False).map(str)
)
COLUMNS = """url index type text content image url_list width prop_id prop_name sale_prop_values has_image prop_value_id
    prop_value sku_id real_price sale_prop_value_ids price_val currency currency_name seller_id id name value
    original_price
"""
NAMES = st.sampled_from(COLUMNS.split())
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6),
    max_leaves=12,
)
VALUES = JSON | st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=3)

Check = Callable[[Any], bool]


def is_count(found: Any) -> bool:
    return type(found) is int and abs(found) <= 2**53 - 1


def is_number(found: Any) -> bool:
    return type(found) is float and math.isfinite(found)


def is_text(found: Any) -> bool:
    return type(found) is str and bool(found.strip())


def is_key(found: Any) -> bool:
    return is_text(found) and found.isascii() and found.isdigit() and len(found) <= 20 and int(found) > 0


def is_url(found: Any) -> bool:
    return is_text(found) and found.startswith(("http://", "https://")) and not any(map(str.isspace, found))


def is_image(found: Any) -> bool:
    return type(found) is Image and is_url(found.url) and (found.index is None or is_count(found.index))


def is_money(found: Any) -> bool:
    return (
        type(found) is Money and type(found.amount) is Decimal and found.amount.is_finite() and is_text(found.currency)
    )


def is_moment(found: Any) -> bool:
    return type(found) is datetime and found.tzinfo is UTC


def is_list(*kinds: type) -> Check:
    return lambda found: type(found) is list and all(type(entry) in kinds for entry in found)


def is_pictures(found: Any) -> bool:
    if not is_list(Image)(found) or not all(map(is_image, found)):
        return False
    places = [image.index or 0 for image in found]
    return places == sorted(places)


def is_options(found: Any) -> bool:
    return is_list(Option)(found) and all(
        is_key(option.id) and type(option.has_images) is bool and all(is_key(value.id) for value in option.values)
        for option in found
    )


def is_specifications(found: Any) -> bool:
    return is_list(Specification)(found) and all(is_text(entry.value) for entry in found)


CODES = {0: SalesChannel.VIDEO, 1: SalesChannel.LIVE}
DECODERS: list[tuple[Callable[[Any], Any], Check]] = [
    (decode.text, is_text),
    (decode.key, is_key),
    (decode.number, is_number),
    (decode.count, is_count),
    (decode.decimal, lambda found: type(found) is Decimal and found.is_finite()),
    (decode.percent, lambda found: is_count(found) and found >= 0),
    (decode.rate, lambda found: is_number(found) and found >= 0),
    (decode.flag, lambda found: type(found) is bool),
    (decode.at_least(2), lambda found: type(found) is bool),
    (decode.coded(CODES), lambda found: found in CODES.values()),
    (decode.region, lambda found: type(found) is Region),
    (decode.day_number, lambda found: type(found) is date),
    (decode.iso_day, lambda found: type(found) is date),
    (decode.instant, is_moment),
    (decode.url, is_url),
    (decode.image, is_image),
    (decode.pictures, is_pictures),
    (decode.objects, is_list(dict)),
    (decode.money, is_money),
    (decode.hashtags, is_list(str)),
    (decode.unless_zero(decode.number), lambda found: is_number(found) and found != 0),
    (decode.unless_negative(decode.count), lambda found: is_count(found) and found >= 0),
    (columns.cover, is_image),
    (columns.description, is_list(TextBlock, ListBlock, ImageBlock)),
    (columns.options, is_options),
    (columns.specifications, is_specifications),
    (columns.realtime_pictures, is_pictures),
    (columns.seller_key, is_key),
    (columns.original_price, is_money),
]
PAIRS: list[tuple[Callable[[Any, Any], Any], Check]] = [
    (columns.skus, is_list(Sku)),
    (columns.rating, is_number),
    (columns.hashtags, is_list(str)),
]


def _name(decoder: Any) -> str:
    return getattr(decoder, "__qualname__", "") if callable(decoder) else ""


def invented(decoders: list[tuple[Any, Check]], *values: Any) -> list[str]:
    """The decoders that raised, or gave what is neither None nor of their type."""
    found = []
    for decoder, is_right in decoders:
        try:
            fact = decoder(*values)
        except Exception as error:
            found.append(f"{_name(decoder)}: {error!r}")
            continue
        if fact is not None and not is_right(fact):
            found.append(f"{_name(decoder)}: {fact!r}")
    return found


@PROPERTY
@given(value=VALUES | VALUES.map(lambda value: repr(value).replace("'", '"')))
def test_a_decoder_gives_its_type_or_nothing(value: Any):
    assert invented(DECODERS, value) == []


@PROPERTY
@given(first=VALUES, second=VALUES)
def test_a_decoder_of_two_columns_gives_its_type_or_nothing(first: Any, second: Any):
    assert invented(PAIRS, first, second) == []


ODD = {
    "a number of 5001 digits": 10**5000,
    "a negative number of 401 digits": -(10**400),
    "5000 nines": "9" * 5000,
    "half of a pair": "\ud800",
    "half of a pair in a structure": [{"url": "https://a.b/\ud800", "text": "\ud800", "type": "text"}],
    "NaN": float("nan"),
    "infinity": float("-inf"),
    "a boolean": True,
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_an_odd_value_is_nothing_or_something_but_no_error(value: Any):
    assert invented(DECODERS, value) == []
    assert invented(PAIRS, value, value) == []


def test_deep_nesting_is_nothing_or_something_but_no_error():
    deep: Any = []
    for _ in range(5000):
        deep = [{"a": deep}]

    for value in (deep, {"value": deep}, "[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
        assert invented(DECODERS, value) == []


@PROPERTY
@given(words=st.text(max_size=30))
def test_text_that_is_no_number_is_no_number(words: str):
    try:
        float(words.replace("_", "x"))
    except ValueError:
        assert [decode.number(words), decode.count(words), decode.decimal(words)] == [None] * 3


@PROPERTY
@given(number=st.integers(-(2**53) + 1, 2**53 - 1), blanks=st.sampled_from(["", " ", "\t", "\u00a0"]))
def test_a_count_is_the_same_in_every_spelling(number: int, blanks: str):
    spellings = [number, f"{blanks}{number}{blanks}", f"{number}.0", Decimal(number).to_eng_string()]

    assert [decode.count(spelling) for spelling in spellings] == [number] * len(spellings)


@PROPERTY
@given(
    moment=st.datetimes(datetime(1973, 3, 4), datetime(5000, 1, 1)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))
)
def test_seconds_and_milliseconds_are_the_same_moment(moment: datetime):
    seconds = int(moment.timestamp())

    assert decode.instant(seconds) == decode.instant(seconds * 1000) == decode.instant(str(seconds)) == moment


@PROPERTY
@given(day=st.dates(date(1000, 1, 1)))
def test_a_day_is_the_same_as_number_and_as_text(day: date):
    number = int(day.strftime("%Y%m%d"))

    assert decode.day_number(number) == decode.day_number(str(number)) == day
    assert decode.iso_day(day.isoformat()) == decode.iso_day(f"{day.isoformat()} 00:00:00") == day


# decoder, wire value, fact
QUIRKS: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (decode.percent, "-43%", 43),
    (decode.percent, "48%", 48),
    (decode.percent, " 48 % ", 48),
    (decode.percent, "-", None),
    (decode.percent, "", None),
    (decode.percent, None, None),
    (decode.percent, "%", None),
    (decode.percent, "half", None),
    (decode.percent, "43.5%", None),
    (decode.flag, "true", True),
    (decode.flag, "False", False),
    (decode.flag, 1, True),
    (decode.flag, "0", False),
    (decode.flag, 2, None),
    (decode.flag, "", None),
    (decode.flag, 1.0, None),
    (decode.key, "0", None),
    (decode.key, "", None),
    (decode.key, None, None),
    (decode.key, 1729382308971940777, "1729382308971940777"),
    (decode.key, "1729382308971940777", "1729382308971940777"),
    (decode.key, 1.7e18, None),
    (decode.key, True, None),
    (decode.key, -7, None),
    (decode.key, "٣٤", None),
    (decode.key, "12 ", None),
    (decode.key, "1" * 21, None),
    (decode.count, "12", 12),
    (decode.count, 12.0, 12),
    (decode.count, 12.5, None),
    (decode.count, "1,200", None),
    (decode.count, "n/a", None),
    (decode.count, "", None),
    (decode.count, True, None),
    (decode.count, 2**53 - 1, 2**53 - 1),
    (decode.count, 2**53, None),
    (decode.count, "1e3", 1000),
    (decode.count, "-5", -5),
    (decode.number, " 4.5 ", 4.5),
    (decode.number, "1e400", None),
    (decode.number, float("inf"), None),
    (decode.number, "NaN", None),
    (decode.number, False, None),
    (decode.rate, 0.2, 0.2),
    (decode.rate, 20, 0.2),
    (decode.rate, "10", 0.1),
    (decode.rate, 1, 0.01),
    (decode.rate, -0.1, None),
    (decode.rate, 0, 0.0),
    (decode.at_least(2), 1, False),
    (decode.at_least(2), "2", True),
    (decode.at_least(2), "x", None),
    (decode.coded(CODES), "1", SalesChannel.LIVE),
    (decode.coded(CODES), 7, None),
    (decode.coded(CODES), 2**80, None),
    (decode.region, "us", Region.US),
    (decode.region, "XX", None),
    (decode.day_number, "20240503", date(2024, 5, 3)),
    (decode.day_number, 20240503, date(2024, 5, 3)),
    (decode.day_number, 20240230, None),
    (decode.day_number, "2024-05-03", None),
    (decode.day_number, 0, None),
    (decode.iso_day, "2024-05-03", date(2024, 5, 3)),
    (decode.iso_day, "2024-5-3", date(2024, 5, 3)),
    (decode.iso_day, 20240503, None),
    (decode.instant, 1714694400, datetime(2024, 5, 3, tzinfo=UTC)),
    (decode.instant, "1714694400000", datetime(2024, 5, 3, tzinfo=UTC)),
    (decode.instant, 0, None),
    (decode.instant, 10**20, None),
    (decode.unless_negative(decode.count), -1, None),
    (decode.unless_negative(decode.count), 0, 0),
    (decode.unless_zero(decode.number), 0, None),
    (decode.url, " https://a.b/c ", "https://a.b/c"),
    (decode.url, "//a.b/c", None),
    (decode.url, "javascript:alert(1)", None),
    (decode.image, "", None),
    (decode.image, "https://a.b/c.jpg", Image("https://a.b/c.jpg")),
    (decode.pictures, "https://a.b/c.jpg", [Image("https://a.b/c.jpg", 0)]),
    (
        decode.pictures,
        [{"url": "https://a.b/2", "index": 2}, {"url": "https://a.b/1", "index": "1"}],
        [Image("https://a.b/1", 1), Image("https://a.b/2", 2)],
    ),
    (decode.pictures, '[{"url": "https://a.b/1", "index": 1}]', [Image("https://a.b/1", 1)]),
    (
        decode.pictures,
        "[{index=1, url=https://a.b/1.jpg}, {index=2, url=https://a.b/2.jpg}]",
        [Image("https://a.b/1.jpg", 1), Image("https://a.b/2.jpg", 2)],
    ),
    (decode.pictures, "", None),
    (decode.pictures, "[]", []),
    (decode.pictures, "[{", None),
    (decode.json_text, "", None),
    (decode.json_text, " ", None),
    (decode.json_text, "[]", []),
    (decode.json_text, '[{"a": 1', None),
    (decode.json_text, ' { "a" : 1 } ', {"a": 1}),
    (decode.json_text, '{"a": "x\ny"}', {"a": "x y"}),
    (decode.json_text, "NaN", None),
    (decode.hashtags, "fun #one #two#one #", ["one", "two"]),
    (columns.cover, '[{"url":"https://a.b/2","index":2},{"url":"https://a.b/1","index":1}]', Image("https://a.b/1", 1)),
    (columns.cover, "[]", None),
    (
        columns.description,
        '[{"type":"text","text":"a"},{"type":"odd"},{"type":"ul","content":["b",1]},{"type":"image","image":{"width":"7"}}]',
        [TextBlock("a"), ListBlock(["b"]), ImageBlock(width=7)],
    ),
    (columns.description, "", None),
    (columns.description, "[]", []),
    (
        columns.options,
        [
            {
                "prop_id": "1",
                "prop_name": "Colour",
                "has_image": "true",
                "sale_prop_values": [{"prop_value_id": "2", "prop_value": "Red"}],
            }
        ],
        [Option("1", "Colour", True, [OptionValue("2", "Red")])],
    ),
    (
        columns.options,
        '[{"prop_id":1,"prop_name":"Colour","sale_prop_values":[{"property_value_id":"2","property_value_name":"Red"},{"x":1}]}]',
        [Option("1", "Colour", values=[OptionValue("2", "Red")])],
    ),
    (columns.specifications, '[{"name":"Size","value":"L"}]', [Specification("Size", "L")]),
    (columns.specifications, '[{"odd":1}]', [Specification(value='{"odd":1}')]),
    (columns.specifications, "made of wool", [Specification(value="made of wool")]),
    (columns.specifications, "", None),
    (decode.money, {"price_val": "1.99", "currency": "USD"}, Money(Decimal("1.99"), "USD")),
    (
        decode.money,
        {"sale_price_decimal": "2.5", "price_val": "9", "currency_name": "GBP", "currency": "x", "price_str": "2.5"},
        Money(Decimal("2.5"), "GBP", "2.5"),
    ),
    (decode.money, {"sale_price_decimal": "", "price_val": 3, "currency": "USD"}, Money(Decimal(3), "USD")),
    (decode.money, {"price_val": "1.99"}, None),
    (decode.money, {"currency": "USD"}, None),
    (decode.money, {}, None),
    (decode.money, {"price_val": "1e400", "currency": "USD"}, None),
    (columns.seller_key, {"seller_id": "0", "id": 5}, "5"),
    (columns.seller_key, {}, None),
    (columns.original_price, {"origin_price": "5", "currency": "USD"}, Money(Decimal(5), "USD")),
]


@pytest.mark.parametrize(
    ("decoder", "wire", "fact"), QUIRKS, ids=[f"{_name(decoder)} {wire!r:.40}" for decoder, wire, _ in QUIRKS]
)
def test_a_quirk_is_read_as_it_is_meant(decoder: Callable[[Any], Any], wire: Any, fact: Any):
    assert decoder(wire) == fact


def test_a_sku_names_its_option_values():
    props = '[{"prop_id":"1","prop_name":"Colour","sale_prop_values":[{"prop_value_id":"2","prop_value":"Red"}]}]'
    wire = [
        {"sku_id": 9, "sale_prop_value_ids": "2_3_x", "real_price": {"price_val": 4, "currency": "USD"}},
        {"sku_id": ""},
    ]

    assert columns.skus(wire, props) == [
        Sku("9", Money(Decimal(4), "USD"), [OptionValue("2", "Red"), OptionValue("3")])
    ]


@pytest.mark.parametrize(("stars", "reviews", "fact"), [(0, 0, None), ("0.0", None, None), (0, 3, 0.0), (4.5, 0, 4.5)])
def test_no_stars_without_a_review_is_no_rating(stars: Any, reviews: Any, fact: float | None):
    assert columns.rating(stars, reviews) == fact


def test_hashtags_are_taken_from_the_caption_where_the_column_is_empty():
    assert columns.hashtags("#a #b", "#c") == ["a", "b"]
    assert columns.hashtags("", "see #c") == ["c"]
    assert not columns.hashtags(None, None)
