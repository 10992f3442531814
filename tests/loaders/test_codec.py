"""Whatever the store keeps comes back from its bytes as it was, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from entities.category import CategoryName
from entities.graph import RECORDS, type_of
from entities.influencer import InfluencerRecord
from entities.merge import facts_of
from entities.part import Part, Stamp
from entities.product import ProductDay, ProductRecord, Sales, TextBlock
from entities.record import read
from entities.seller import SellerRecord
from entities.vocabulary import Rank
from loaders.backend import FOR_GOOD, PAGE, Item, Page
from loaders.codec import Codec
from loaders.layout import layout
from loaders.series import DAY
from store.entry import Entry, Key
from store.layered import Undecodable
from tests.conftest import Gateway
from tests.graph.every_field import (
    category,
    influencer,
    product,
    product_lists,
    ranking,
    seller,
    video,
)
from tests.graph.walked import Walker
from upstream import echotik
from upstream.decode import key, text
from upstream.endpoint import Endpoint
from upstream.mapping import Edge, Rows, column, if_present
from upstream.wire import Row

PROPERTY = settings(
    max_examples=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
BRIEFLY = settings(PROPERTY, max_examples=5)

CODEC, OTHER = Codec(echotik.ENDPOINTS), Codec(echotik.ENDPOINTS)
BY_ROUTE = {endpoint.route: endpoint for endpoint in echotik.ENDPOINTS}
MAPPED = [endpoint for endpoint in echotik.ENDPOINTS if endpoint.rows is not None]
PARTS = [(endpoint, kind) for endpoint in BY_ROUTE.values() for kind in endpoint.entities]

every_mapping = pytest.mark.parametrize(
    "endpoint", MAPPED, ids=[f"{endpoint.route} {endpoint.ids or ''}" for endpoint in MAPPED]
)
every_part = pytest.mark.parametrize(
    ("endpoint", "kind"), PARTS, ids=[f"{endpoint.route} {kind}" for endpoint, kind in PARTS]
)
every_kind = pytest.mark.parametrize("kind", RECORDS)


def key_of(endpoint: Endpoint, *words: str) -> Key:
    return (f"{endpoint.route} http://provider.test/api", *words)


def again(key: Key, value: Any) -> Any:
    """The value as another server reads it."""
    return OTHER.decode(key, CODEC.encode(key, value))


# ── what two values have in common ────────────────────────────────────────────────────────────────────────────────


def told(part: Part | None) -> Any:
    """All that a part tells, types and digits included: 1, 1.0 and True differ, and so do UNSET and None."""
    if part is None:
        return None
    kind = RECORDS[str(type_of(type(part.record)))]
    return (
        kind.__name__,
        {fact: repr(read(part.record, fact)) for fact in ("id", *facts_of(kind))},
        part.stamp,
        part.known,
    )


def row_of(value: Any) -> Any:
    """A value that is no entity's part, fact by fact."""
    if not isinstance(value, Struct):
        return repr(value)
    kind = getattr(value, "__record__", type(value))
    return kind.__name__, {name: repr(getattr(value, name)) for name in kind.__struct_fields__}


def shown(value: Any) -> Any:
    """All that can be read of what a store keeps."""
    if isinstance(value, Part):
        return told(value)
    if not isinstance(value, Page):
        return row_of(value)
    items = [
        (told(item.part), row_of(item.value), repr(item.edge), type(item.edge), [told(part) for part in item.also])
        for item in value.items
    ]
    return items, value.fetched_at, value.next, value.total


# ── anything that a type can hold ─────────────────────────────────────────────────────────────────────────────────

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SAFE = 2**53 - 1
ANY: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-SAFE, SAFE) | st.integers(-3, 3),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float),
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(["1.50", "0E-7"]).map(Decimal),
    date: st.dates(),
    datetime: st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)).map(lambda told: told.replace(fold=0)),
    NoneType: st.none(),
    UnsetType: st.just(UNSET),
}


@cache
def anything(kind: Any) -> st.SearchStrategy[Any]:
    if kind in ANY:
        return ANY[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if get_origin(kind) is list:
        return st.lists(anything(get_args(kind)[0]), max_size=2)
    if get_args(kind):
        return st.one_of([anything(option) for option in get_args(kind)])
    assert issubclass(kind, Struct), f"{kind} has no values of its own to draw"
    return st.builds(kind, **{field.name: anything(field.type) for field in msgspec.structs.fields(kind)})


@cache
def records(kind: str) -> st.SearchStrategy[Any]:
    """Records of which most facts are all UNSET or all None, and a few are anything."""
    record = RECORDS[kind]
    types = {field.name: anything(field.type) for field in msgspec.structs.fields(record)}
    some = st.lists(st.sampled_from(facts_of(record)), max_size=6, unique=True)
    base = st.sampled_from([{}, dict.fromkeys(facts_of(record))])
    drawn = some.flatmap(lambda names: st.fixed_dictionaries({name: types[name] for name in names}))
    return st.builds(lambda id, base, facts: record(id=id, **{**base, **facts}), types["id"], base, drawn)


def parts(endpoint: Endpoint, kind: str) -> st.SearchStrategy[Part]:
    stamps = st.builds(
        Stamp,
        st.just(endpoint.provider),
        st.just(endpoint.version),
        st.just(endpoint.title),
        st.sampled_from(Rank),
        st.floats(0, 2e9),
        st.floats(0, 2e9) | st.just(FOR_GOOD),
        st.none() | st.dates(),
    )
    return st.builds(Part, records(kind), stamps, st.booleans())


def pages(endpoint: Endpoint) -> st.SearchStrategy[Page]:
    rows = endpoint.rows
    assert rows is not None
    own = st.none() if endpoint.entity is None else st.none() | parts(endpoint, endpoint.entity)
    value = st.none() if rows.is_record else st.none() | anything(rows.type)
    edge = st.none() if rows.edge is None else st.none() | anything(rows.edge.type)
    beside = [parts(endpoint, str(type_of(other.type))) for other in rows.also]
    also = st.lists(st.one_of(beside), max_size=2).map(tuple) if beside else st.just(())
    items = st.lists(st.builds(Item, own, value, edge, also), max_size=3).map(tuple)
    return st.builds(Page, items, st.floats(0, 2e9), st.none() | TEXTS, st.none() | st.integers(0, SAFE))


@pytest.mark.parametrize("kind", sorted(RECORDS.keys() - {"Category"}))
@PROPERTY
@given(data=st.data())
def test_a_part_comes_back_with_every_fact_untold_none_or_told(kind: str, data: st.DataObject):
    endpoint = data.draw(st.sampled_from([endpoint for endpoint, told_of in PARTS if told_of == kind]))
    part = data.draw(parts(endpoint, kind))

    assert told(again(key_of(endpoint, kind, part.record.id), part)) == told(part)


@every_mapping
@BRIEFLY
@given(data=st.data())
def test_a_page_comes_back_row_by_row(endpoint: Endpoint, data: st.DataObject):
    page = data.draw(pages(endpoint))

    assert shown(again(key_of(endpoint, PAGE, "page_num=1"), page)) == shown(page)


@every_part
def test_each_fact_is_told_from_every_other(endpoint: Endpoint, kind: str):
    stamp = Stamp(endpoint.provider, endpoint.version, endpoint.title, endpoint.rank, 1.0, 2.0)
    for fact in facts_of(RECORDS[kind]):
        part = Part(RECORDS[kind](id="7", **{fact: None}), stamp)
        assert told(again(key_of(endpoint, kind, "7"), part)) == told(part)


def test_every_type_of_entity_is_drawn_but_the_one_that_values_tell():
    assert {kind for _, kind in PARTS} == RECORDS.keys() - {"Category"}


@pytest.mark.parametrize("value", ["https://signed.test/a.webp?sign=1", "é\x1f", "", None])
@pytest.mark.parametrize(("route", "match"), [("media.cover", "id"), ("influencer.detail", "handle")])
def test_a_value_under_the_fact_that_was_asked_by_comes_back(route: str, match: str, value: str | None):
    assert again(key_of(BY_ROUTE[f"echotik.{route}@v3"], match, "asked"), value) == value


@PROPERTY
@given(row=st.none() | anything(ProductDay))
def test_a_day_comes_back_and_so_does_a_day_without_a_row(row: ProductDay | None):
    assert repr(again(key_of(BY_ROUTE["echotik.product.trend@v3"], DAY, "17", "2026-11-20"), row)) == repr(row)


def of_row(endpoint: Endpoint, row: Row) -> Item:
    stamp = Stamp(endpoint.provider, endpoint.version, endpoint.title, endpoint.rank, 1.0, 2.0)
    also = tuple(Part(record, stamp) for record in row.also)
    if endpoint.entity is None or row.value is None:
        return Item(None, row.value, row.edge, also)
    return Item(Part(row.value, stamp), None, row.edge, also)


JSON = st.none() | st.booleans() | st.integers(-5, 25) | st.integers() | ANY[float] | TEXTS
STRUCTURES = st.sampled_from(
    [
        '[{"url": "https://a.test/1.webp", "index": 1}, {"url": "https://a.test/0.webp", "index": 0}]',
        '[{"type": "text", "text": "Red."}, {"type": "ul", "content": ["a"]}, {"type": "image", "image": {}}]',
        '[{"sku_id": "5", "real_price": {"price_val": "1.50", "currency": "SGD"}, "sale_prop_value_ids": "7_8"}]',
        '[{"prop_id": "6", "prop_name": "Colour", "sale_prop_values": [{"prop_value_id": "7", "prop_value": "Red"}]}]',
        '[{"category_id": "601450"}]',
        '{"0-15": 3}',
        "601450-601451:2,601452:1",
        "2026-11-20",
        20261120,
        "https://a.test/x.webp",
        "1",
    ]
)


@every_mapping
@BRIEFLY
@given(data=st.data())
def test_rows_come_back_whatever_stood_in_them(endpoint: Endpoint, data: st.DataObject):
    rows = endpoint.rows
    assert rows is not None
    some = st.dictionaries(st.sampled_from(sorted(rows.wire)), JSON | STRUCTURES, max_size=12)
    named = {spec.wire[0]: "17" for fact, spec in rows.columns.items() if fact == "id"}
    dated = {spec.wire[0]: "2026-11-20" for fact, spec in rows.columns.items() if fact == "day"}  # others are not kept
    wire = data.draw(st.lists(some.map(lambda row: row | named | dated), max_size=4))
    read_rows = rows.decode(msgspec.json.encode(wire))
    page = Page(tuple(of_row(endpoint, row) for row in read_rows), 1.0)

    assert shown(again(key_of(endpoint, PAGE, ""), page)) == shown(page)


# ── what providers really say ─────────────────────────────────────────────────────────────────────────────────────

BOTH = (
    product.compare_rows_of_a_market,
    product.compare_details,
    product.compare_trend,
    product_lists.compare_influencers,
    product_lists.compare_videos,
    product_lists.compare_lives,
    ranking.compare_products,
)
V3 = (
    *BOTH,
    product.compare_signed_images,
    product_lists.compare_reviews,
    seller.compare_details,
    seller.compare_videos,
    influencer.compare_handles,
    influencer.compare_products,
    video.compare_details,
    category.compare_levels,
)


@dataclass
class Kept:
    """A value as it was put into the store, and as its bytes gave it back."""

    key: Key
    put: Any
    got: Any


def keep_as_bytes(server: Gateway, monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    """From now on the server finds in its store what the bytes of values hold. Gives a list of all that is put."""
    store = server.app.state.backend.store
    put, kept = store.put, []

    async def put_as_bytes(entries: Iterable[tuple[Key, Entry]]) -> None:
        entries = list(entries)
        found = [Kept(key, entry.value, again(key, entry.value)) for key, entry in entries]
        kept.extend(found)
        await put([(key, replace(entry, value=one.got)) for (key, entry), one in zip(entries, found, strict=True)])

    monkeypatch.setattr(store, "put", put_as_bytes)
    return kept


@pytest.mark.parametrize(("version", "comparisons"), [("v2", BOTH), ("v3", V3)])
def test_what_was_kept_as_bytes_answers_as_the_providers_rows_did(version, comparisons, gateway, sandbox, monkeypatch):
    server = gateway(version)
    kept = keep_as_bytes(server, monkeypatch)
    walker = Walker(server, sandbox, version)
    for compare in comparisons:
        compare(walker)
    sandbox.reset()

    for compare in comparisons:
        compare(walker)

    assert sandbox.count() == 0
    for one in kept:
        assert shown(one.got) == shown(one.put), one.key
    assert {one.key[1] for one in kept} >= {PAGE, DAY, "Product", "Influencer", "Video", "Live"}


# ── bytes of others ───────────────────────────────────────────────────────────────────────────────────────────────

DETAIL = BY_ROUTE["echotik.product.detail@v3"]
RELATION = BY_ROUTE["echotik.product.influencer.list@v3"]
SHOWN = Rows(ProductRecord, {"id": column(key, "product_id"), "name": column(text, "product_name")})


class Sold(Struct):
    """Sales in another type."""

    units: float | None = None


def with_rows(rows: Rows) -> Endpoint:
    return replace(DETAIL, rows=rows)


def more(**columns: Any) -> Rows:
    return Rows(ProductRecord, {"id": column(key, "product_id"), "name": column(text, "product_name"), **columns})


OTHERS = {
    "a fact more": more(rating=column(text, "product_rating")),
    "a fact that not every row tells": more(name=if_present(column(text, "product_name"))),
    "another entity": Rows(SellerRecord, {"id": column(key, "product_id"), "name": column(text, "product_name")}),
    "an edge": Rows(ProductRecord, dict(SHOWN.columns), edge=Edge(Sales, {})),
    "an edge of other figures": Rows(ProductRecord, dict(SHOWN.columns), edge=Edge(Sold, {})),
    "an entity beside it": Rows(ProductRecord, dict(SHOWN.columns), also=(Rows(SellerRecord, {}),)),
    "values": Rows(CategoryName, {"id": column(key, "category_id")}),
}


@pytest.mark.parametrize("rows", OTHERS.values(), ids=OTHERS)
def test_bytes_of_another_layout_are_refused(rows: Rows):
    ours, theirs = with_rows(SHOWN), with_rows(rows)
    stamp = Stamp(ours.provider, ours.version, ours.title, ours.rank, 1.0, 2.0)
    page = Page((Item(Part(ProductRecord(id="1", name="Mug"), stamp), None, None),), 1.0)
    stored = Codec([ours]).encode(key_of(ours, PAGE, ""), page)

    with pytest.raises(Undecodable):
        Codec([theirs]).decode(key_of(theirs, PAGE, ""), stored)
    assert shown(Codec([with_rows(more())]).decode(key_of(ours, PAGE, ""), stored)) == shown(page)


def test_every_other_layout_has_a_name_of_its_own():
    assert len({layout(with_rows(rows)) for rows in (SHOWN, *OTHERS.values())}) == 1 + len(OTHERS)


def test_the_words_of_an_enum_and_the_types_of_blocks_are_part_of_a_layout():
    class Shop(Enum):
        LOCAL = "LOCAL"

    class Market(Enum):
        LOCAL = "LOCAL"
        ABROAD = "ABROAD"

    class Sign(Struct, tag="sign"):
        text: str

    kinds = [Shop, Market, Shop | None, list[Shop], TextBlock, Sign, list[TextBlock | Sign], str, int, Decimal]
    made = [msgspec.defstruct("Thing", [("id", str), ("name", kind)]) for kind in kinds]
    columns = dict(SHOWN.columns)

    assert len({layout(with_rows(Rows(thing, columns))) for thing in made}) == len(kinds)


def test_endpoints_of_one_route_must_tell_alike():
    with pytest.raises(ValueError, match=r"echotik\.product\.detail@v3"):
        Codec([DETAIL, with_rows(SHOWN)])


@pytest.fixture(scope="module")
def page_bytes() -> bytes:
    stamp = Stamp(RELATION.provider, RELATION.version, RELATION.title, RELATION.rank, 1.0, 2.0, date(2026, 11, 20))
    part = Part(InfluencerRecord(id="1", name="Ann", video_count=7), stamp)
    return CODEC.encode(key_of(RELATION, PAGE, ""), Page((Item(part, None, Sales(units=3)),), 1.0, "10", 2))


def test_bytes_that_end_early_are_refused(page_bytes: bytes):
    for length in range(len(page_bytes)):
        with pytest.raises(Undecodable):
            CODEC.decode(key_of(RELATION, PAGE, ""), page_bytes[:length])


@pytest.mark.parametrize("words", [(PAGE, ""), (DAY, "1", "2026-11-20"), ("Influencer", "1")])
@given(garbage=st.binary(max_size=40))
@PROPERTY
def test_garbage_is_refused(words: tuple[str, ...], garbage: bytes):
    with pytest.raises(Undecodable):
        CODEC.decode(key_of(RELATION, *words), garbage)


@given(place=st.integers(8, 60), garbage=st.binary(min_size=1, max_size=8))
@settings(PROPERTY, max_examples=60)
def test_damaged_bytes_are_read_or_refused_and_nothing_else(page_bytes: bytes, place: int, garbage: bytes):
    damaged = page_bytes[:place] + garbage + page_bytes[place + len(garbage) :]

    with suppress(Undecodable):
        assert isinstance(CODEC.decode(key_of(RELATION, PAGE, ""), damaged), Page)


def test_garbage_as_deep_as_it_is_long_is_refused(page_bytes: bytes):
    with pytest.raises(Undecodable):
        CODEC.decode(
            key_of(RELATION, "Influencer", "1"), page_bytes[:8] + b"\x93\xaaInfluencer\x81\xa1z" + b"\x91" * 99_999
        )


@pytest.mark.parametrize(
    "key",
    [
        ("echotik.product.gone@v3 http://provider.test/api", PAGE, ""),
        ("echotik.product.detail@v4 http://provider.test/api", PAGE, ""),
        ("", PAGE, ""),
        key_of(DETAIL),
        key_of(DETAIL, "Seller", "1"),
        key_of(DETAIL, "handle", "ann"),
        key_of(BY_ROUTE["echotik.media.cover@v3"], PAGE, ""),
    ],
)
def test_a_key_under_which_nothing_is_kept_is_refused(key: Key):
    stored = CODEC.encode(key_of(DETAIL, PAGE, ""), Page((), 1.0))

    with pytest.raises(Undecodable):
        CODEC.decode(key, stored)
