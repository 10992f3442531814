"""The wire row as it arrives, made from a mapping: a Struct that JSON is decoded into, and straight code that reads it.

The Struct holds the record's facts: plain columns are decoded as what they are, the others as whatever they hold, to be
read by their decoders. Its fields stand in the order in which the provider sends them, for the JSON decoder looks for a
key first behind the one that it found last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct

from entities.record import Deferred
from upstream import decode

if TYPE_CHECKING:
    from upstream.mapping import Rows

NATIVE: dict[Any, Any] = {
    decode.count: Annotated[int, Meta(ge=-decode.SAFE_INTEGER, le=decode.SAFE_INTEGER)] | None,
    decode.number: float | None,
    decode.text: str | None,
}
"""Decoders whose common case the JSON decoder does itself; any other column arrives as whatever it is."""


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


Wire = tuple[msgspec.json.Decoder[Any], Callable[[Any], Row]]
"""Decodes a list of wire rows; reads one of them."""


def compile_rows(rows: Rows, order: Sequence[str]) -> Wire:
    """Decoder and reading function of a mapping whose rows come with their columns in this order."""
    plan = _plan(rows, order)
    return msgspec.json.Decoder(GenericAlias(list, (_struct(rows, plan),))), _reader(rows, plan)


def _plan(rows: Rows, order: Sequence[str]) -> dict[str, str]:
    """Wire column → the attribute of the wire Struct that receives it: the first fact that reads it alone."""
    alone: dict[str, str] = {}
    for name, spec in rows.columns.items():
        if len(spec.wire) == 1 and spec.wire[0] not in alone and not spec.optional:
            alone[spec.wire[0]] = name
    known = [wire for wire in order if wire in rows.wire]
    return {wire: alone.get(wire, f"wire_{_plain(wire)}") for wire in (*known, *sorted(rows.wire.difference(known)))}


def _struct(rows: Rows, plan: Mapping[str, str]) -> type[Struct]:
    """The record's fields, named by the wire; None where a column is missing. Those without a column of their own are
    out of the decoder's reach.
    """
    optional = {name for spec in rows.columns.values() if spec.optional for name in spec.wire}
    native = _native(rows)
    fields: list[tuple[str, Any, Any]] = []
    for wire, attribute in plan.items():
        missing = UNSET if wire in optional else None
        fields.append((attribute, Any if missing is UNSET else native[wire], msgspec.field(default=missing, name=wire)))
    for field in msgspec.structs.fields(rows.type):
        if field.name not in plan.values():
            told = field.name in rows.columns and not rows.columns[field.name].optional
            default = None if told else field.default
            fields.append((field.name, Any, msgspec.field(default=default, name=f" {field.name}")))
    namespace = {"__record__": rows.type}
    return msgspec.defstruct(f"{rows.type.__name__}Row", fields, namespace=namespace, kw_only=True, gc=False)


def _native(rows: Rows) -> dict[str, Any]:
    """Wire column → what the JSON decoder takes there."""
    native: dict[str, Any] = dict.fromkeys(rows.wire, Any)
    edge = rows.edge.columns.values() if rows.edge else ()
    for spec in (*edge, *rows.columns.values()):
        if len(spec.wire) == 1:
            native[spec.wire[0]] = NATIVE.get(spec.decode, Any)
    return native


def _reader(rows: Rows, plan: Mapping[str, str]) -> Callable[[Any], Row]:
    """Straight code that turns a decoded wire Struct into a Row: rows are the gateway's inner loop."""
    names: dict[str, Any] = {"Row": Row, "Deferred": Deferred, "UNSET": UNSET, "UNREADABLE": UNREADABLE}
    raws: dict[str, str] = {}
    facts: list[str] = []
    for fact, spec in rows.columns.items():
        if NATIVE.get(spec.decode) is not None and spec.decode is not decode.text and plan[spec.wire[0]] == fact:
            continue
        names[f"f_{fact}"] = spec.decode
        raws |= {_plain(wire): f"row.{plan[wire]}" for wire in spec.wire}
        arguments = ", ".join(f"r_{_plain(wire)}" for wire in spec.wire)
        code = f"f_{fact}({arguments})"
        if spec.later:
            code = f"Deferred(f_{fact}, ({arguments},))"
        if spec.optional:
            code = f"{code} if {arguments} is not UNSET else UNSET"
        elif len(spec.wire) == 1:
            code = f"None if {arguments} is None else {code}"
        facts.append(f"    row.{fact} = {code}")
        if spec.hollow:
            facts.append(f"    row.{fact} = UNSET if row.{fact} is None else row.{fact}")
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


def _plain(wire: str) -> str:
    """A column's name as part of a Python name: nested columns have dots in theirs."""
    return wire.replace(".", "__")
