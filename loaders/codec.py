"""Values of the store as bytes and back, typed by what their endpoint declares.

A key's first word names the endpoint, its second says what is kept. Bytes begin with the endpoint's layout: those that
a server with other declarations wrote are told from this one's own, and never read as facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property, reduce
from operator import attrgetter, or_
from types import GenericAlias
from typing import Any

import msgspec
from msgspec import Struct

from entities.graph import RECORDS, type_of
from entities.part import Part, Stamp
from entities.record import Deferred, Fact
from entities.vocabulary import Rank
from loaders.backend import PAGE, Item, Page
from loaders.layout import layout
from loaders.proving import SAME
from loaders.series import DAY
from store.entry import Key
from store.layered import Undecodable
from upstream.endpoint import Endpoint

ENCODER = msgspec.msgpack.Encoder()


class Form:
    """How one kind of value is kept: `pack` makes of it what msgpack holds as `stored`, `unpack` the reverse."""

    def __init__(self, stored: Any, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        self.stored = stored
        self.pack = pack
        self.unpack = unpack
        self._decoder = msgspec.msgpack.Decoder(stored)

    def encode(self, value: Any) -> bytes:
        return ENCODER.encode(self.pack(value))

    def decode(self, data: memoryview) -> Any:
        return self.unpack(self._decoder.decode(data))


class Codec:
    """Bytes of whatever `endpoints` tell."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._shelves: dict[str, Shelf] = {}
        for endpoint in endpoints:
            self._shelves.setdefault(endpoint.route, Shelf(endpoint)).share(endpoint)

    def encode(self, key: Key, value: Any) -> bytes:
        shelf = self._shelf(key)
        return shelf.layout + shelf.form(key).encode(value)

    def decode(self, key: Key, data: bytes) -> Any:
        """Raises Undecodable where the bytes are of another layout, damaged, or not of this key."""
        shelf = self._shelf(key)
        form = shelf.form(key)
        if not data.startswith(shelf.layout):
            raise Undecodable(f"another layout of {key[0]}")
        try:
            return form.decode(memoryview(data)[len(shelf.layout) :])
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
            raise Undecodable(f"{key[0]}: {error}") from error

    def _shelf(self, key: Key) -> Shelf:
        route = key[0].partition(" ")[0]
        if route not in self._shelves:
            raise Undecodable(f"no endpoint {route}")
        return self._shelves[route]


class Shelf:
    """What is kept of one route; endpoints that share it answer alike."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.layout = bytes.fromhex(layout(endpoint))
        self._endpoint = endpoint
        self._matches: set[Fact] = set()

    def share(self, endpoint: Endpoint) -> None:
        """Keep the values of another endpoint of this route too."""
        if layout(endpoint) != layout(self._endpoint):
            raise ValueError(f"endpoints of {endpoint.route} differ in what they tell")
        if endpoint.ids is not None:
            self._matches.add(endpoint.match)

    def form(self, key: Key) -> Form:
        """Of the page, the day, the part or the plain value that the second word names."""
        form = self._forms.get(key[1]) if len(key) > 1 else None
        if form is None:
            raise Undecodable(f"nothing is kept under {key[:2]}")
        return form

    @cached_property
    def _forms(self) -> Mapping[str, Form]:
        parts = {kind: _part(self._endpoint, kind) for kind in self._endpoint.entities}
        forms = {match: _unchanged(str) for match in self._matches} | parts | {SAME: _unchanged(bool)}
        rows = self._endpoint.rows
        if rows is not None:
            value = _unchanged(None) if rows.is_record else _value(rows.type)
            edge = _unchanged(None if rows.edge is None else rows.edge.type)
            forms |= {PAGE: _page(parts, self._endpoint.entity, value, edge), DAY: value}
        return forms


def _unchanged(kind: Any) -> Form:
    """What msgpack holds as it is, or none."""
    return Form(_or_none(kind), _same, _same)


def _or_none(kind: Any) -> Any:
    return None if kind is None else kind | None


def _same(value: Any) -> Any:
    return value


def _value(kind: type[Struct]) -> Form:
    """A row that is no entity's, or none; the Struct that the wire was read into becomes the plain one."""
    names = kind.__struct_fields__

    def pack(row: Any) -> Any:
        plain = row is None or type(row) is kind
        return row if plain else kind(**{name: getattr(row, name) for name in names})

    return Form(kind | None, pack, _same)


class StoredStamp(Struct, array_like=True, frozen=True, gc=False):
    """What differs between the stamps of an endpoint."""

    rank: Rank
    fetched_at: float
    expires_at: float
    as_of: date | None


def _part(endpoint: Endpoint, kind: str) -> Form:
    """A part of an entity; what its record had put off is decoded."""
    record = _record(endpoint, kind)
    facts = attrgetter(*record.__struct_fields__)
    fields = [("record", record), ("stamp", StoredStamp), ("known", bool)]
    stored: Any = msgspec.defstruct(f"{kind}Part", fields, array_like=True, tag=kind, frozen=True, gc=False)
    vendor, version, title = endpoint.vendor, endpoint.version, endpoint.title

    def pack(part: Part) -> Any:
        told = [value.get() if type(value) is Deferred else value for value in facts(part.record)]
        stamp = part.stamp
        when = StoredStamp(stamp.rank, stamp.fetched_at, stamp.expires_at, stamp.as_of)
        return stored(record(*told), when, part.known)

    def unpack(held: Any) -> Part:
        when = held.stamp
        when_told = when.rank, when.fetched_at, when.expires_at, when.as_of
        stamp = Stamp(vendor.name, version, title, *when_told, trust=vendor.trust)
        return Part(held.record, stamp, held.known)

    return Form(stored, pack, unpack)


def _record(endpoint: Endpoint, kind: str) -> type[Struct]:
    """The entity's facts, those that the endpoint tells under short names; it serves as a record as wire rows do."""
    rows = [] if endpoint.rows is None else [endpoint.rows, *endpoint.rows.also]
    told = sorted({fact for mapping in rows if type_of(mapping.type) == kind for fact in mapping.columns})
    short = {fact: str(place) for place, fact in enumerate(told)}
    fields = [
        (field.name, field.type, msgspec.field(default=field.default, name=short.get(field.name, field.name)))
        for field in msgspec.structs.fields(RECORDS[kind])
    ]
    namespace = {"__record__": RECORDS[kind]}
    return msgspec.defstruct(f"{kind}Stored", fields, namespace=namespace, frozen=True, gc=False)


def _page(parts: Mapping[str, Form], entity: str | None, value: Form, edge: Form) -> Form:
    """A page, its parts whole: whatever else the store forgets, it stays the same page."""
    own = _unchanged(None) if entity is None else parts[entity]
    by_type = {form.stored: form for form in parts.values()}
    also = reduce(or_, by_type, None)
    fields = [
        ("part", _or_none(own.stored)),
        ("value", value.stored),
        ("edge", edge.stored),
        ("also", GenericAlias(list, (also,))),
    ]
    item: Any = msgspec.defstruct("StoredItem", fields, array_like=True, frozen=True, gc=False)
    fields = [("items", list[item]), ("fetched_at", float), ("next", str | None), ("total", int | None)]
    stored: Any = msgspec.defstruct("StoredPage", fields, array_like=True, frozen=True, gc=False)

    def pack_item(held: Item) -> Any:
        part = None if held.part is None else own.pack(held.part)
        beside = [parts[str(type_of(type(other.record)))].pack(other) for other in held.also]
        return item(part, value.pack(held.value), held.edge, beside)

    def unpack_item(held: Any) -> Item:
        part = None if held.part is None else own.unpack(held.part)
        beside = tuple([by_type[type(other)].unpack(other) for other in held.also])
        return Item(part, held.value, held.edge, beside)

    def pack(page: Page) -> Any:
        return stored([pack_item(held) for held in page.items], page.fetched_at, page.next, page.total)

    def unpack(held: Any) -> Page:
        return Page(tuple([unpack_item(row) for row in held.items]), held.fetched_at, held.next, held.total)

    return Form(stored, pack, unpack)
