"""Rows of a document: which columns tell which facts, and the pages that hold such rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.upstream.round_trip.kind import Kind
from tests.upstream.round_trip.pen import NO_COLUMN, Draw, Pen

Facts = dict[str, Any]
Wire = dict[str, Any]

NOTHING = (None, NO_COLUMN)


@dataclass(frozen=True)
class Cell:
    """Facts that stand or fall together, and the columns that tell them.

    facts    "units"; "edge.units" of the pair; "also.name" of the other entity that the row names
    values   what is to be told, in the graph's units
    tell     the facts that follow from a value, or from None where there is none
    write    column → wire value, for either
    always   whether there always is a value
    """

    facts: tuple[str, ...]
    columns: tuple[str, ...]
    values: st.SearchStrategy[Any]
    tell: Callable[[Any], Sequence[Any]]
    write: Callable[[Any, Pen], Mapping[str, Any]]
    always: bool = False

    def facts_of(self, value: Any) -> Facts:
        return dict(zip(self.facts, self.tell(value), strict=True))


def cell(facts: str, column: str, kind: Kind, *, always: bool = False) -> Cell:
    """One column; several names are of the same fact, or of what follows from it."""
    names = tuple(facts.split())
    same: Callable[[Any], Sequence[Any]] = kind.facts or (lambda value: (value,) * len(names))

    def write(value: Any, pen: Pen) -> Wire:
        if value is not None:
            return {column: kind.write(value, pen)}
        return {column: pen.one((*NOTHING, *kind.nothing, *(kind.odd if pen.odd else ())))}

    return Cell(names, (column,), kind.values, same, write, always)


def ident(column: str, kind: Kind, facts: str = "id") -> Cell:
    """The id without which a row is none."""
    return cell(facts, column, kind, always=True)


def summed(facts: str, columns: str, kind: Kind) -> Cell:
    """Two columns, and their sum where both are told."""
    first, second = columns.split()
    each = st.none() | kind.values

    def tell(told: tuple[Any, Any] | None) -> Sequence[Any]:
        one, other = told or (None, None)
        return one, other, None if one is None or other is None else one + other

    def write(told: tuple[Any, Any] | None, pen: Pen) -> Wire:
        one, other = told or (None, None)
        return {**cell("", first, kind).write(one, pen), **cell("", second, kind).write(other, pen)}

    return Cell(tuple(facts.split()), (first, second), st.tuples(each, each), tell, write)


DAYS = (1, 7, 15, 30, 60, 90)


def measure(fact: str, column: str, kind: Kind, days: Sequence[int] = DAYS, *, ever: bool = True) -> list[Cell]:
    """A column a window: "total_sale_{}cnt" is total_sale_cnt, total_sale_1d_cnt and so on."""
    windows = [cell(f"{fact}_{each}d", column.format(f"{each}d_"), kind) for each in days]
    return [cell(fact, column.format(""), kind), *windows] if ever else windows


@dataclass(frozen=True)
class Record:
    """What is to be told in one row."""

    values: tuple[Any, ...]
    facts: Facts


def rows_alone(pen: Pen, rows: list[Any]) -> Any:
    """`data` is the list of the rows."""
    return rows


def echotik_envelope(pen: Pen, data: Any) -> Wire:
    """Four envelopes; the code may be a number in text."""
    text = pen.one(("success", "ok"))
    code = pen.one((0, "0")) if pen.odd else 0
    around: Wire = pen.one(
        (
            {"code": code, "message": text},
            {"code": code, "message": text, "requestId": "6c7b787e-3d4c-4e8d-be55-b760b1a73ba4"},
            {"msg": text, "code": code},
            {"code": code, "message": text, "requestId": None},
        )
    )
    return {**around, "data": data}


@dataclass(frozen=True)
class Layout:
    """One row of a document.

    name       what the document calls the row
    routes     the endpoints that answer such rows, by title and version
    cells      its columns
    left_open  facts of which an empty column says nothing
    beside     columns that tell nothing, or what is told elsewhere
    holds      rows in one answer at most
    data       what stands in the envelope, of rows
    envelope   what stands around that
    params     what was asked, of the record
    """

    name: str
    routes: tuple[str, ...]
    cells: tuple[Cell, ...]
    left_open: frozenset[str] = frozenset()
    beside: Mapping[str, Any] = field(default_factory=dict)
    holds: int = 3
    data: Callable[[Pen, list[Any]], Any] = rows_alone
    envelope: Callable[[Pen, Any], Any] = echotik_envelope
    params: Callable[[Facts], dict[str, str]] = lambda facts: {}

    def columns_of(self, fact: str) -> tuple[str, ...]:
        return next((cell.columns for cell in self.cells if fact in cell.facts), ())

    def names(self, prefix: str = "") -> set[str]:
        """The facts of the entity itself, or those behind a prefix."""
        told = {name for cell in self.cells for name in cell.facts}
        return {name.removeprefix(prefix) for name in told if ("." in name) is bool(prefix) and name.startswith(prefix)}


@dataclass(frozen=True)
class Page:
    """An answer, and what it tells.

    rows   the record and the wire row of each, in wire order; None where the row is none
    """

    rows: list[tuple[Record, Wire] | None]
    body: bytes
    params: dict[str, str]


UNKNOWN: tuple[Mapping[str, Any], ...] = (
    {},
    {"a_new_column": 5},
    {"a_new_column": {"x": [1, {"y": None}]}, "": "z", "total_sale_365d_cnt": "1.5"},
)
ORDERS: tuple[Callable[[Iterable[str]], list[str]], ...] = (list, sorted, lambda names: sorted(names, reverse=True))


@st.composite
def records(draw: Draw, layout: Layout) -> Record:
    """A record in the graph's units; some of its facts are not there."""
    places = st.integers(0, len(layout.cells) - 1)
    absent = draw(st.sets(places, max_size=max(2, len(layout.cells) // 3)))
    values = tuple(
        None if place in absent and not each.always else draw(each.values) for place, each in enumerate(layout.cells)
    )
    facts: Facts = {}
    for each, value in zip(layout.cells, values, strict=True):
        facts |= each.facts_of(value)
    return Record(values, facts)


def written(layout: Layout, record: Record, pen: Pen) -> Wire:
    """A record as a wire row."""
    columns: Wire = dict(layout.beside)
    for each, value in zip(layout.cells, record.values, strict=True):
        columns |= each.write(value, pen)
    columns |= pen.one(UNKNOWN)
    order = pen.one(ORDERS)(columns)
    return nested({name: columns[name] for name in order if columns[name] is not NO_COLUMN})


def nested(columns: Wire) -> Wire:
    """Columns with dotted names lie in objects."""
    row: Wire = {}
    for name, value in columns.items():
        *outer, last = name.split(".")
        place = row
        for each in outer:
            place = place.setdefault(each, {})
        place[last] = value
    return row


@st.composite
def pages(draw: Draw, layout: Layout) -> Page:
    """An answer of a few records, some written more than once, by hands that are plain or odd."""
    plain, odd = Pen(draw, odd=False), Pen(draw, odd=True)
    hands = plain.one(((plain,), (odd,), (plain, odd), (odd, plain)))[: layout.holds]
    count = plain.one((1, 2)) if layout.holds > len(hands) else 1
    rows: list[tuple[Record, Wire] | None] = []
    for _ in range(count):
        record = draw(records(layout))
        rows += [(record, written(layout, record, hand)) for hand in hands][: layout.holds - len(rows)]
    assert rows[0] is not None
    params = layout.params(rows[0][0].facts)
    if layout.holds > len(rows) and hands[-1].odd and "id" in layout.names():
        rows.insert(plain.one(range(len(rows) + 1)), None)
    pen = hands[-1]
    data = layout.data(pen, [{} if row is None else row[1] for row in rows])
    return Page(rows, pen.body(layout.envelope(pen, data)), params)
