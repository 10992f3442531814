"""From a wire row to records: the declaration is data, the Struct and the function that reads it are made from it.

    Rows(ProductRecord, {"id": column(key, "product_id"), "units": per_window(count, "total_sale_{}cnt")}, edge=Edge(…))

JSON is decoded straight into a Struct derived from the record, its plain columns already as facts. Columns with a quirk
are then read by their decoder; structures kept as text wait until somebody asks. A row with a type that the declaration
does not expect is read again value by value, so one odd value costs neither the page nor the row.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import UNSET, Raw, Struct

from entities.record import SUFFIXES, Fact, Record, in_window
from entities.vocabulary import Window
from upstream.wire import UNREADABLE, Row, Wire, compile_rows


class Column(NamedTuple):
    """One fact: `decode` of the values of `wire`, in order.

    later      decoded when it is read, not when the row arrives
    optional   told only by rows that have the column, so it is not part of what the endpoint supplies
    hollow     what decodes to None tells nothing, rather than that there is none
    """

    decode: Callable[..., Any]
    wire: tuple[str, ...]
    later: bool = False
    optional: bool = False
    hollow: bool = False


class Measure(NamedTuple):
    """A fact in each of several windows, a column each; other windows stay UNSET."""

    decode: Callable[..., Any]
    wire: Mapping[Window, str]
    optional: bool = False


Spec = Column | Measure
S = TypeVar("S", bound=Column | Measure)


def column(decoder: Callable[..., Any], *wire: str) -> Column:
    return Column(decoder, wire)


def structure(decoder: Callable[..., Any], *wire: str) -> Column:
    """A column that holds a structure, decoded when it is read."""
    return Column(decoder, wire, later=True)


def if_present(spec: S) -> S:
    """A column that not every row of the endpoint has."""
    return cast(S, spec._replace(optional=True))


def unless_none(spec: Column) -> Column:
    """A column that rows may leave empty though there is something to tell."""
    return spec._replace(optional=True, hollow=True)


def all_if_present(specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """Columns of a row that no document publishes whole: each is told where it is there, and the id always."""
    return {name: spec if name == "id" else if_present(spec) for name, spec in specs.items()}


def per_window(decoder: Callable[..., Any], pattern: str, windows: Iterable[Window] = tuple(Window)) -> Measure:
    """A column a window: "total_sale_{}cnt" is total_sale_cnt, total_sale_1d_cnt and so on."""
    infixes = {window: SUFFIXES[window][1:] + "_" if SUFFIXES[window] else "" for window in windows}
    return Measure(decoder, {window: pattern.format(infix) for window, infix in infixes.items()})


def all_time(decoder: Callable[..., Any], wire: str) -> Measure:
    """A measure that only has a figure for all time."""
    return Measure(decoder, {Window.ALL_TIME: wire})


class Edge(NamedTuple):
    """What a row tells about the pair (parent, entity), not about the entity."""

    type: type[Struct]
    columns: Mapping[str, Column]
    derived: tuple[str, ...] = ()

    @property
    def facts(self) -> frozenset[str]:
        """What the row tells of the pair, and what is worked out from that."""
        return frozenset((*self.columns, *self.derived))


class Rows:
    """The row mapping of an endpoint: what its rows describe and from which columns.

    type      a Record (merged into the graph) or another Struct (a value, given as it is)
    specs     attribute → column or measure; a row whose "id" cannot be read is dropped
    edge      facts of the pair, if the endpoint lists a relation
    also      mappings of the same row to other entities
    """

    def __init__(
        self, kind: type[Struct], specs: Mapping[str, Spec], edge: Edge | None = None, also: Sequence[Rows] = ()
    ) -> None:
        self.type = kind
        self.edge = edge
        self.also = tuple(also)
        self._wire: Wire | None = None
        self.columns = dict(_flat(specs))
        assert self.is_record or not any(spec.later for spec in self.columns.values()), "values are read at once"

    @property
    def is_record(self) -> bool:
        return issubclass(self.type, Record)

    @cached_property
    def facts(self) -> frozenset[Fact]:
        """What the part supplies: after a row is read each of these is a value or None."""
        return frozenset(name for name, spec in self.columns.items() if name != "id" and not spec.optional)

    @cached_property
    def wire(self) -> frozenset[str]:
        """Every column that the mapping reads."""
        edge = self.edge.columns.values() if self.edge else ()
        own = frozenset(name for spec in (*self.columns.values(), *edge) for name in spec.wire)
        return own.union(*(other.wire for other in self.also))

    @cached_property
    def above(self) -> frozenset[str]:
        """The objects in its rows whose columns it reads, by dotted names."""
        return frozenset(name[:place] for name in self.wire for place, char in enumerate(name) if char == ".")

    def told_if_present(self, wire: Collection[str]) -> Rows:
        """The same, where not every row has these columns."""
        columns = {name: if_present(spec) if spec.wire[0] in wire else spec for name, spec in self.columns.items()}
        return Rows(self.type, columns, self.edge, self.also)

    def decode(self, data: Raw | bytes) -> list[Row]:
        """All rows of a JSON list, in wire order; one that cannot be read is UNREADABLE in its place."""
        if self._wire is None:
            self._wire = compile_rows(self, _first_keys(data))
        decoder, read = self._wire
        try:
            rows = decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return [self._salvage(row) for row in msgspec.json.decode(data, type=list[Raw])]
        return [read(row) for row in rows]

    def convert(self, row: Any) -> Row:
        """One row that is Python objects already, each value by its decoder."""
        if not isinstance(row, dict):
            return UNREADABLE
        facts = {name: _value(spec, row) for name, spec in self.columns.items()}
        if "id" in facts and facts["id"] is None:
            return UNREADABLE
        edge = None
        if self.edge is not None:
            edge = self.edge.type(**{name: _value(spec, row) for name, spec in self.edge.columns.items()})
        also = (other.convert(row).value for other in self.also)
        return Row(self.type(**facts), edge, tuple(record for record in also if record is not None))

    def blank(self, key: str, open_facts: frozenset[Fact] = frozenset()) -> Any:
        """The record of an id that the endpoint does not know: all it supplies is None, but for what is left open."""
        return self.type(id=key, **dict.fromkeys(self.facts - open_facts))

    def _salvage(self, row: Raw) -> Row:
        return self.convert(loads(bytes(row)))


def loads(body: bytes) -> Any:
    """JSON as Python objects, by the strict decoder or, where that gives up, by a forgiving one: raw control characters
    become spaces, NaN, Infinity and lone surrogates none, a byte order mark before it is passed over. None where it is
    no JSON at all.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    spaced = body.removeprefix(BOM_UTF8).decode("utf-8", "replace").translate(dict.fromkeys(range(32), " "))
    try:
        return _clean(json.loads(spaced, parse_constant=lambda _: None))
    except (ValueError, RecursionError):
        return None


def _clean(value: Any) -> Any:
    """Without what JSON can't hold again: infinite numbers and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(entry) for name, entry in value.items()}
    return value


def _first_keys(data: Raw | bytes) -> list[str]:
    """The columns of the first row, in the order in which the provider sends them."""
    try:
        rows = msgspec.json.decode(data, type=list[Raw])
        first = loads(bytes(rows[0])) if rows else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []
    return list(first) if isinstance(first, dict) else []


def _flat(specs: Mapping[str, Spec]) -> Iterable[tuple[Fact, Column]]:
    for name, spec in specs.items():
        if isinstance(spec, Column):
            yield name, spec
            continue
        for window, wire in spec.wire.items():
            yield in_window(name, window), Column(spec.decode, (wire,), optional=spec.optional)


def _value(spec: Column, row: Mapping[str, Any]) -> Any:
    if spec.optional and spec.wire[0] not in row:
        return UNSET
    value = spec.decode(*(row.get(name) for name in spec.wire))
    return UNSET if spec.hollow and value is None else value
