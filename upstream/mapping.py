"""From a wire row to records: the declaration is data, the Struct and the function that reads it are made from it.

    Rows(ProductRecord, {"id": column(key, "product_id"), "units": per_window(count, "total_sale_{}cnt")}, edge=Edge(…))

JSON is decoded straight into a Struct derived from the record, its plain columns already as facts. Columns with a quirk
are then read by their decoder; structures kept as text wait until somebody asks. A row with a type that the declaration
does not expect is read again value by value, so one odd value costs neither the page nor the row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct

from entities.record import SUFFIXES, Deferred, Fact, Record, in_window
from entities.vocabulary import Window
from upstream import decode

NATIVE: dict[Any, Any] = {
    decode.count: Annotated[int, Meta(ge=-decode.SAFE_INTEGER, le=decode.SAFE_INTEGER)] | None,
    decode.number: float | None,
    decode.text: str | None,
}
"""Decoders whose common case the JSON decoder does itself; any other column arrives as whatever it is."""


class Column(NamedTuple):
    """One fact: `decode` of the values of `wire`, in order.

    later      decoded when it is read, not when the row arrives
    optional   told only by rows that have the column, so it is not part of what the endpoint supplies
    """

    decode: Callable[..., Any]
    wire: tuple[str, ...]
    later: bool = False
    optional: bool = False


class Measure(NamedTuple):
    """A fact in each of several windows, a column each; other windows stay UNSET."""

    decode: Callable[..., Any]
    wire: Mapping[Window, str]


Spec = Column | Measure


def column(decoder: Callable[..., Any], *wire: str) -> Column:
    return Column(decoder, wire)


def structure(decoder: Callable[..., Any], *wire: str) -> Column:
    """A column that holds a structure, decoded when it is read."""
    return Column(decoder, wire, later=True)


def if_present(spec: Column) -> Column:
    """A column that not every row of the endpoint has."""
    return spec._replace(optional=True)


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


class Row(NamedTuple):
    """One wire row, read.

    value   the partial record of the entity, or the value that the row is; None where the row could not be read
    edge    the facts of the edge, None where the endpoint has none
    also    partial records of other entities that the row tells of: the author of a video, with name and picture
    """

    value: Any
    edge: Any = None
    also: tuple[Any, ...] = ()


UNREADABLE = Row(None)


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

    def decode(self, data: Raw | bytes) -> list[Row]:
        """All rows of a JSON list, in wire order; one that cannot be read is UNREADABLE in its place."""
        try:
            rows = self._decoder.decode(data)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return [self._salvage(row) for row in msgspec.json.decode(data, type=list[Raw])]
        read = self._read
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

    def blank(self, key: str) -> Any:
        """The record of an id that the endpoint does not know: all it supplies is None."""
        return self.type(id=key, **dict.fromkeys(self.facts))

    def _salvage(self, row: Raw) -> Row:
        return self.convert(loads(bytes(row)))

    @cached_property
    def _plan(self) -> dict[str, str]:
        """Wire column → the attribute of the wire Struct that receives it: the first fact that reads it alone."""
        plan: dict[str, str] = {}
        for name, spec in self.columns.items():
            if len(spec.wire) == 1 and spec.wire[0] not in plan and not spec.optional:
                plan[spec.wire[0]] = name
        return {wire: plan.get(wire, f"wire_{wire}") for wire in sorted(self.wire)}

    @cached_property
    def struct(self) -> type[Struct]:
        """The wire row: derived from the record, its fields named by the wire, None where a column is missing."""
        native = {spec.wire[0]: NATIVE.get(spec.decode, Any) for spec in self.columns.values() if len(spec.wire) == 1}
        edge = self.edge.columns.values() if self.edge else ()
        native = {spec.wire[0]: NATIVE.get(spec.decode, Any) for spec in edge if len(spec.wire) == 1} | native
        optional = {name for spec in self.columns.values() if spec.optional for name in spec.wire}
        fields: list[tuple[str, Any, Any]] = [
            (attribute, *_field(native.get(wire, Any), wire, wire in optional))
            for wire, attribute in self._plan.items()
        ]
        elsewhere = set(self.columns) - set(self._plan.values())  # no column of their own: out of the decoder's reach
        told = {field.name: field for field in msgspec.structs.fields(self.type)}
        for name in told.keys() - set(self._plan.values()):
            default = None if name in elsewhere and not self.columns[name].optional else told[name].default
            fields.append((name, Any, msgspec.field(default=default, name=f" {name}")))
        name = f"{self.type.__name__}Row"
        return msgspec.defstruct(name, fields, bases=(self.type,), frozen=False, kw_only=True, gc=False)

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(list[self.struct])  # type: ignore[name-defined]

    @cached_property
    def _read(self) -> Callable[[Any], Row]:
        return _reader(self, self._plan)


def _field(native: Any, wire: str, optional: bool) -> tuple[Any, Any]:
    """Type and declaration of the field that receives a column."""
    return (
        (Any, msgspec.field(default=UNSET, name=wire)) if optional else (native, msgspec.field(default=None, name=wire))
    )


def loads(body: bytes) -> Any:
    """JSON as Python objects, by the strict decoder or, where that gives up, by a forgiving one: raw control characters
    become spaces, NaN, Infinity and lone surrogates none. None where it is no JSON at all.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        pass
    spaced = body.decode("utf-8", "replace").translate(dict.fromkeys(range(32), " "))
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


def _flat(specs: Mapping[str, Spec]) -> Iterable[tuple[Fact, Column]]:
    for name, spec in specs.items():
        if isinstance(spec, Column):
            yield name, spec
            continue
        for window, wire in spec.wire.items():
            yield in_window(name, window), Column(spec.decode, (wire,))


def _value(spec: Column, row: Mapping[str, Any]) -> Any:
    if spec.optional and spec.wire[0] not in row:
        return UNSET
    return spec.decode(*(row.get(name) for name in spec.wire))


# ── the reading function ──────────────────────────────────────────────────────────────────────────────────────────


def _reader(rows: Rows, plan: Mapping[str, str]) -> Callable[[Any], Row]:
    """Straight code that turns a decoded wire Struct into a Row: rows are the gateway's inner loop."""
    names: dict[str, Any] = {"Row": Row, "Deferred": Deferred, "UNSET": UNSET, "UNREADABLE": UNREADABLE}
    raws: dict[str, str] = {}
    facts: list[str] = []
    for fact, spec in rows.columns.items():
        if NATIVE.get(spec.decode) is not None and spec.decode is not decode.text and plan[spec.wire[0]] == fact:
            continue
        names[f"f_{fact}"] = spec.decode
        raws |= {wire: f"row.{plan[wire]}" for wire in spec.wire}
        arguments = ", ".join(f"r_{wire}" for wire in spec.wire)
        code = f"f_{fact}({arguments})"
        if spec.later:
            code = f"Deferred(f_{fact}, ({arguments},))"
        if spec.optional:
            code = f"{code} if {arguments} is not UNSET else UNSET"
        elif len(spec.wire) == 1:
            code = f"None if {arguments} is None else {code}"
        facts.append(f"    row.{fact} = {code}")
    lines = ["def read(row):", *(f"    r_{wire} = {source}" for wire, source in raws.items())]
    if rows.edge is not None:
        names["Edge"] = rows.edge.type
        names |= {f"e_{name}": spec.decode for name, spec in rows.edge.columns.items()}
        edge = [f"{name}=e_{name}(row.{plan[spec.wire[0]]})" for name, spec in rows.edge.columns.items()]
        lines.append(f"    edge = Edge({', '.join(edge)})")
    lines += _also(rows, plan, names)
    lines += facts
    if "id" in rows.columns:
        lines += ["    if row.id is None:", "        return UNREADABLE"]
    edge_name, also_name = "edge" if rows.edge is not None else "None", "also" if rows.also else "()"
    lines.append(f"    return Row(row, {edge_name}, {also_name})")
    exec(compile("\n".join(lines), f"<{rows.type.__name__} rows>", "exec"), names)
    read: Callable[[Any], Row] = names["read"]
    return read


def _also(rows: Rows, plan: Mapping[str, str], names: dict[str, Any]) -> list[str]:
    """Lines that read the other entities of the row; one without an id is none."""
    lines: list[str] = []
    for place, other in enumerate(rows.also):
        names[f"Also{place}"] = other.type
        names |= {f"a{place}_{name}": spec.decode for name, spec in other.columns.items()}
        told = [
            f"{name}=a{place}_{name}({', '.join(f'row.{plan[wire]}' for wire in spec.wire)})"
            for name, spec in other.columns.items()
        ]
        lines.append(f"    also{place} = Also{place}({', '.join(told)})")
    if rows.also:
        made = ", ".join(f"also{place}" for place in range(len(rows.also)))
        lines.append(f"    also = tuple(record for record in ({made},) if record.id is not None)")
    return lines
