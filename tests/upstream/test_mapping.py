"""A list of wire rows is as many rows, whatever stands in their columns, and both ways of reading agree."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from entities.merge import facts_of
from entities.product import ProductRecord, Sales
from entities.record import Deferred, Record, read
from upstream import decode
from upstream.echotik import ENDPOINTS
from upstream.endpoint import Endpoint
from upstream.mapping import Edge, Rows, column, if_present, loads, per_window, structure
from upstream.wire import UNREADABLE, Row

PROPERTY = settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
BRIEFLY = settings(PROPERTY, max_examples=5)

MAPPED = [endpoint for endpoint in ENDPOINTS if endpoint.rows is not None]
every_mapping = pytest.mark.parametrize(
    "endpoint", MAPPED, ids=[f"{endpoint.route} {endpoint.ids or ''}" for endpoint in MAPPED]
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "0",
        "17",
        "-43%",
        "1e3",
        "1.0",
        "NaN",
        "20240503",
        "2024-05-03",
        "US",
        "true",
        "#tag",
        "https://a.b/c",
        "[]",
        "[{",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 25)
    | st.integers()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-100, 100).map(float)
    | TEXTS
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def rows_of(endpoint: Endpoint) -> Rows:
    assert endpoint.rows is not None
    return endpoint.rows


def wire_rows(endpoint: Endpoint, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of the endpoint: some of its columns with these values, most rows with a good id."""
    rows = rows_of(endpoint)
    columns = st.dictionaries(st.sampled_from(sorted(rows.wire)), values, max_size=12)
    good = {rows.columns["id"].wire[0]: "1729382308971940777"} if "id" in rows.columns else {}
    return columns | columns.map(lambda row: row | good)


def facts(row: Row) -> Any:
    """Everything that a row told, deferred structures decoded."""
    if row.value is None:
        return None, row.edge
    if isinstance(row.value, Record):
        kind = next(kind for kind in type(row.value).__mro__ if kind.__module__.startswith("entities."))
        return {name: read(row.value, name) for name in ("id", *facts_of(kind))}, row.edge
    told = {field.name: getattr(row.value, field.name) for field in msgspec.structs.fields(type(row.value))}
    plain = {name: value.get() if isinstance(value, Deferred) else value for name, value in told.items()}
    return {name: value for name, value in plain.items() if not name.startswith("wire_")}, row.edge


@every_mapping
@BRIEFLY
@given(data=st.data())
def test_every_row_is_a_row_whatever_stands_in_it(endpoint: Endpoint, data: st.DataObject):
    wire = data.draw(st.lists(wire_rows(endpoint, JSON) | JSON, max_size=5))

    found = rows_of(endpoint).decode(json.dumps(wire).encode())

    assert len(found) == len(wire)
    for row in found:
        facts(row)


@every_mapping
@PROPERTY
@given(data=st.data())
def test_both_ways_of_reading_agree(endpoint: Endpoint, data: st.DataObject):
    rows = rows_of(endpoint)
    wire = data.draw(wire_rows(endpoint, SCALARS))

    (quick,) = rows.decode(msgspec.json.encode([wire]))

    assert facts(quick) == facts(rows.convert(wire))


@every_mapping
def test_a_row_that_was_read_tells_all_that_its_part_supplies(endpoint: Endpoint):
    rows = rows_of(endpoint)
    row: dict[str, Any] = {rows.columns["id"].wire[0]: "17"} if "id" in rows.columns else {"dt": "2024-05-03"}

    for told in (rows.decode(json.dumps([row]).encode())[0], rows.convert(row)):
        shown, _ = facts(told)
        assert all(shown[fact] is not UNSET for fact in rows.facts)
        if rows.is_record:
            silent = set(facts_of(rows.type)) - rows.facts
            assert {shown[fact] for fact in silent} <= {UNSET}


KEYED = [endpoint for endpoint in MAPPED if "id" in rows_of(endpoint).columns]


@pytest.mark.parametrize("endpoint", KEYED, ids=[f"{endpoint.route} {endpoint.ids or ''}" for endpoint in KEYED])
def test_a_row_without_an_id_is_unreadable_in_its_place(endpoint: Endpoint):
    rows = rows_of(endpoint)
    key = rows.columns["id"].wire[0]

    odd: Any
    for odd in ("0", "", None, -1, "x", [], 1.5):
        found = rows.decode(json.dumps([{key: "17"}, {key: odd}, {}, {key: 18}]).encode())
        assert [row.value and row.value.id for row in found] == ["17", None, None, "18"]


@every_mapping
@pytest.mark.parametrize(
    "body",
    [
        b'[{"product_id":"17"},{"product_id":"18","review_count":1e400}]',
        b'[{"product_id":"17","review_count":"x","review_count":5},{"product_id":"18","product_id":"19"}]',
        b'[{"product_id":"17","product_name":"\\u0000 \\ud83d\\ude00"},5]',
        b'[{"product_id":17},' + b"[" * 300 + b"]" * 300 + b"]",
        b'[{"product_id":"17","unknown column":{"a":[1,2,{"b":null}]}},null]',
    ],
    ids=["1e400", "duplicate keys", "escapes", "deep nesting", "unknown columns"],
)
def test_odd_json_gives_as_many_rows(endpoint: Endpoint, body: bytes):
    assert len(rows_of(endpoint).decode(body)) == 2


def test_of_a_key_sent_twice_the_last_counts_either_way():
    rows = Rows(ProductRecord, {"id": column(decode.key, "id"), "review_count": column(decode.count, "n")})

    quick, slow = rows.decode(b'[{"id":"1","n":1,"n":2},{"id":"1","n":"x","n":"2"}]')

    assert quick.value.review_count == slow.value.review_count == 2


def test_one_odd_value_costs_neither_its_row_nor_the_others():
    rows = Rows(ProductRecord, {"id": column(decode.key, "id"), "review_count": column(decode.count, "n")})

    found = rows.decode(b'[{"id":"1","n":1},{"id":"2","n":{}},{"id":"3","n":"4"},{"id":{}},7]')

    assert [row.value and row.value.review_count for row in found] == [1, None, 4, None, None]
    assert found[1].value.id == "2" and found[3] is UNREADABLE


def test_a_column_that_is_lacking_is_none_and_an_optional_one_is_unset():
    rows = Rows(
        ProductRecord,
        {
            "id": column(decode.key, "id"),
            "name": column(decode.text, "name"),
            "specifications": if_present(structure(decode.objects, "spec")),
        },
    )

    for row in (rows.decode(b'[{"id":"1"}]')[0], rows.convert({"id": "1"})):
        assert row.value.name is None
        assert row.value.specifications is UNSET
        assert row.value.rating is UNSET
    assert rows.facts == {"name"}


def test_a_structure_is_decoded_when_it_is_read():
    seen: list[Any] = []

    def decoder(value: Any) -> Any:
        seen.append(value)
        return value

    rows = Rows(ProductRecord, {"id": column(decode.key, "id"), "skus": structure(decoder, "skus")})
    (row,) = rows.decode(b'[{"id":"1","skus":[7]}]')
    assert seen == []

    assert [read(row.value, "skus") for _ in range(3)] == [[7]] * 3
    assert seen == [[7]]


def test_a_window_is_a_column_of_its_own():
    rows = Rows(ProductRecord, {"id": column(decode.key, "id"), "units": per_window(decode.count, "total_sale_{}cnt")})

    (row,) = rows.decode(b'[{"id":"1","total_sale_cnt":9,"total_sale_7d_cnt":"3"}]')

    assert (row.value.units, row.value.units_7d, row.value.units_1d) == (9, 3, None)
    assert rows.wire >= {"total_sale_cnt", "total_sale_1d_cnt", "total_sale_90d_cnt"}


def test_what_is_told_of_the_pair_stays_on_the_edge():
    edge = Edge(Sales, {"units": column(decode.count, "n")})
    rows = Rows(ProductRecord, {"id": column(decode.key, "id")}, edge)

    (row,) = rows.decode(b'[{"id":"1","n":5}]')

    assert row.edge == Sales(units=5)
    assert row.value.units is UNSET


def test_of_an_unknown_id_all_that_is_supplied_is_none():
    for endpoint in MAPPED:
        if endpoint.is_lookup:
            blank = rows_of(endpoint).blank("17")
            assert blank.id == "17"
            assert {read(blank, fact) for fact in rows_of(endpoint).facts} == {None}


# body, what it holds
FORGIVEN: list[tuple[bytes, Any]] = [
    (b'{"a": 1}', {"a": 1}),
    (b'{"a": "x\x00\ny"}', {"a": "x  y"}),
    (b'{"a":\x0b 1}', {"a": 1}),
    (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
    (b'{"a": 1e400, "b": [-1e400]}', {"a": None, "b": [None]}),
    (b'{"a": "\\ud800x"}', {"a": "\ufffdx"}),
    (b'{"a": "\xff"}', {"a": "\ufffd"}),
    (b'{"a": 1, "a": 2}', {"a": 2}),
    (b"", None),
    (b"\x00", None),
    (b"{", None),
    (b"[" * 100_000, None),
]


@pytest.mark.parametrize(("body", "held"), FORGIVEN, ids=[repr(body[:20]) for body, _ in FORGIVEN])
def test_broken_json_is_repaired_or_none(body: bytes, held: Any):
    assert loads(body) == held


@PROPERTY
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(body=b'"\\udc00"')
@example(body=b"9" * 5000)
def test_what_was_repaired_can_be_held_as_json_again(body: bytes):
    held = loads(body)

    assert msgspec.json.decode(msgspec.json.encode(held)) == held or held != held
