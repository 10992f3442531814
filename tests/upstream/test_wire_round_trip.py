"""A record written as a provider's row is the same record when the gateway has read it, however it was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from entities.record import Deferred
from tests.upstream.round_trip import echotik_people, echotik_products, winninghunter
from tests.upstream.round_trip.cell import Facts, Layout, Record, Wire, pages
from upstream.endpoint import Endpoint
from upstream.envelope import Response
from upstream.mapping import Rows
from upstream.providers import ENDPOINTS
from upstream.wire import Row

LAYOUTS = (*echotik_products.LAYOUTS, *echotik_people.LAYOUTS, *winninghunter.LAYOUTS)
BY_NAME = {layout.name: layout for layout in LAYOUTS}
TRIPPED = [route for layout in LAYOUTS for route in layout.routes]
NO_ROWS = dict.fromkeys(("echotik.media.cover@v3", "keyapi.media.cover@v1"), "a map of addresses, without rows")

PROPERTY = settings(
    max_examples=8,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # what differs is named; to shrink rows of a hundred columns takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def answering(route: str) -> list[Endpoint]:
    return [endpoint for endpoint in ENDPOINTS if endpoint.route == route]


CASES = [(layout, endpoint) for layout in LAYOUTS for route in layout.routes for endpoint in answering(route)]
every_case = pytest.mark.parametrize(
    ("layout", "endpoint"), CASES, ids=[f"{endpoint.route} {endpoint.ids or ''}" for _, endpoint in CASES]
)


def rows_of(endpoint: Endpoint) -> Rows:
    assert endpoint.rows is not None
    return endpoint.rows


def plain(value: Any) -> Any:
    return value.get() if isinstance(value, Deferred) else value


def told(row: Row, names: set[str]) -> Facts:
    """The facts that a row told; behind "also." those of the other entity that it names."""
    also = row.also[0] if row.also else None
    holders = {"": row.value, "edge": row.edge, "also": also}
    return {
        name: plain(getattr(holder, name.rpartition(".")[2])) if holder is not None else None
        for name in names
        for holder in (holders[name.rpartition(".")[0]],)
    }


def expected(endpoint: Endpoint, layout: Layout, record: Record, wire: Wire) -> Facts:
    """What the row is to tell: a fact without a value is none, or open where its column lacks and need not be there."""
    rows = rows_of(endpoint)
    nobody = record.facts.get("also.id", UNSET) is None

    def fact(name: str, value: Any) -> Any:
        if name.startswith("also.") and nobody:
            return None
        if value is not None or "." in name or name == "id":
            return value
        lacking = not any(column in wire for column in layout.columns_of(name))
        open_ = name in layout.left_open or (lacking and rows.is_record and name not in rows.facts)
        return UNSET if open_ else None

    return {name: fact(name, value) for name, value in record.facts.items()}


def differ(found: Any, meant: Any) -> bool:
    return bool(found != meant) or type(found) is not type(meant)


@pytest.mark.parametrize("name", BY_NAME)
@PROPERTY
@given(data=st.data())
def test_what_is_written_is_what_is_read(name: str, data: st.DataObject):
    layout = BY_NAME[name]
    page = data.draw(pages(layout))

    for endpoint in (each for route in layout.routes for each in answering(route)):
        answer = endpoint.vendor.read(endpoint, Response(200, {}, page.body), page.params)

        assert len(answer.rows) == len(page.rows)
        for row, written in zip(answer.rows, page.rows, strict=True):
            if written is None:
                assert row.value is None
                continue
            meant = expected(endpoint, layout, *written)
            found = told(row, set(meant))
            assert {name: (found[name], meant[name]) for name in meant if differ(found[name], meant[name])} == {}


@every_case
def test_a_layout_has_every_fact_that_its_endpoints_declare(layout: Layout, endpoint: Endpoint):
    rows = rows_of(endpoint)

    assert layout.names() == rows.columns.keys()
    assert layout.names("edge.") == (rows.edge.facts if rows.edge else set())
    assert [layout.names("also.")] == ([set(also.columns) for also in rows.also] or [set()])


def test_every_endpoint_goes_the_whole_way_or_has_a_reason():
    assert len(TRIPPED) == len(set(TRIPPED))
    assert {endpoint.route for endpoint in ENDPOINTS} == {*TRIPPED, *NO_ROWS}
    assert {endpoint.route for endpoint in ENDPOINTS if endpoint.rows is None} == NO_ROWS.keys()
