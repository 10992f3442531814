"""An endpoint, declared once: path, parameters, limits, row mapping, class, freshness, price.

Calls, argument checks, decoders, routing and the endpoint table of the docs all come from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from entities.graph import type_of
from entities.record import Fact
from entities.vocabulary import Rank
from upstream.argument import Encoder, Offsets, OnePage, Order, Pages, Sort, Unsendable, Unsorted
from upstream.mapping import Rows
from upstream.vendor import Vendor


class Freshness(Enum):
    """How long an answer may be served, in seconds."""

    LIVE = 60
    OFFLINE = 6 * 3600
    SIGNED = 20 * 3600
    TREE = 7 * 24 * 3600
    EMPTY_PERIOD = 3600
    UNKNOWN_ID = 600


Place = int | str
"""A page: its number from 1, or the offset that the page before it told."""


PARENTS = {"product": "Product", "seller": "Seller", "influencer": "Influencer", "video": "Video", "live": "Live"}
"""Arguments that name an entity, with its type."""


class Shape(Enum):
    """What stands in `data`."""

    LIST = "list"
    OBJECT = "object"
    MAP = "map"


class Request(NamedTuple):
    """What is sent; a path below the base address, and a JSON object where the method has one."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One declared call.

    vendor      whose it is
    version     "v3"; what follows a slash tells apart endpoints of one route that answer differently: "v1/30d"
    name        "product.detail": the capability it serves; providers and versions that serve the same share it
    path        relative to the base of provider and version; {id} stands for a parameter
    method      GET sends its parameters in the query, POST as a JSON object
    arguments   graph argument → encoder
    needs       arguments of which one must be given; () where every call can do without
    ids         the argument that takes several ids in one call, None where there is none
    match       the fact by which its rows are matched with what was asked: the id, or a handle
    fixed       parameters that every call sends, not a client's choice
    rows        the row mapping; None for a map of keys to values
    within      where in `data` the rows lie, and that they are objects in objects, whose columns are read by dotted
                names; "" where `data` itself is such a row; None where `data` is the rows, flat
    parent      the argument that names the entity whose relation this lists
    live        a live read of TikTok rather than the daily load
    credits     price of one call
    leaves      facts that it leaves open where it does not know an id: another read may still tell them
    stands_in   another capability that it serves where no endpoint of its own does
    published   whether a document of the provider names the route; one that none does may not be there
    proves      whether a row of it proves that its entity exists
    asked       wire column → parameter: whom an answer is about that does not repeat it
    rows_at     where in the body the rows lie
    numbers     parameters that a JSON body holds as numbers
    spans       of a series: the days up to yesterday that one call may cover; () where calls name their days
    unread      documented columns that it does not read, by dotted names from `data` on; None where no document has
                its row whole
    """

    vendor: Vendor
    version: str
    name: str
    path: str
    arguments: Mapping[str, Encoder]
    needs: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    rows: Rows | None = None
    shape: Shape = Shape.LIST
    within: str | None = None
    ids: str | None = None
    match: Fact = "id"
    limit: int = 1
    pages: Pages | OnePage | Offsets | None = None
    parent: str | None = None
    rank: Rank = Rank.LIST
    freshness: Freshness = Freshness.OFFLINE
    live: bool = False
    credits: int = 1
    hosts: tuple[str, ...] = field(default=())
    leaves: frozenset[Fact] = frozenset()
    stands_in: str | None = None
    published: bool = True
    method: str = "GET"
    proves: bool = True
    asked: Mapping[str, str] = field(default_factory=dict)
    rows_at: str = "data"
    numbers: frozenset[str] = frozenset()
    spans: tuple[int, ...] = ()
    unread: frozenset[str] | None = frozenset()

    @property
    def provider(self) -> str:
        """The name of its provider."""
        return self.vendor.name

    @cached_property
    def base(self) -> str:
        """The version under whose base address it lies."""
        return self.version.partition("/")[0]

    @cached_property
    def title(self) -> str:
        """The name that clients and operators see."""
        return f"{self.provider}.{self.name}"

    @cached_property
    def route(self) -> str:
        """Names provider, version and capability: what a cursor and a stamp hold on to."""
        return f"{self.title}@{self.version}"

    @cached_property
    def entity(self) -> str | None:
        """The type of entity that the rows describe, None where they are values."""
        return None if self.rows is None else type_of(self.rows.type)

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """Every type of entity that a row tells of, its own first."""
        mappings = () if self.rows is None else (self.rows, *self.rows.also)
        return tuple(kind for kind in (type_of(mapping.type) for mapping in mappings) if kind is not None)

    @property
    def is_lookup(self) -> bool:
        """Whether an entity can be asked for by its id."""
        return self.entity is not None and self.ids is not None and self.match == "id"

    @cached_property
    def parent_type(self) -> str | None:
        """The type of entity whose relation it lists, or whose days."""
        named = self.parent or next((name for name in self.arguments if name in PARENTS), None)
        return None if named is None else PARENTS.get(named)

    @cached_property
    def params(self) -> frozenset[str]:
        """Every wire parameter it may send."""
        pages = self.pages.wire if self.pages else ()
        sent = frozenset(name for encoder in self.arguments.values() for name in encoder.wire)
        return sent.union(self.fixed, pages)

    def refused(self, arguments: Mapping[str, Any]) -> list[str]:
        """The given arguments that it cannot apply; BadInput where it could, but not with that value."""
        return [name for name, value in arguments.items() if not self._takes(name, value)]

    def applies(self, arguments: Mapping[str, Any]) -> bool:
        """Whether it takes an order that none given stands for, rather than giving its own."""
        ordered = ((self.arguments.get(name), value) for name, value in arguments.items() if isinstance(value, Order))
        return all(not isinstance(encoder, Sort | Unsorted) or encoder.is_exact(value) for encoder, value in ordered)

    def lacks(self, arguments: Mapping[str, Any]) -> bool:
        """Whether none of the arguments that it needs is given."""
        return bool(self.needs) and not any(name in arguments for name in self.needs)

    def encode(self, arguments: Mapping[str, Any], page: Place | None = None) -> dict[str, str]:
        """The wire parameters of a call, of the first page unless another is asked for."""
        return {**self.encode_arguments(arguments), **self.encode_place(page)}

    def encode_arguments(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """What of them every page's call has."""
        params = dict(self.fixed)
        for name, value in arguments.items():
            params.update(self.arguments[name].encode(name, value))
        return params

    def encode_place(self, page: Place | None) -> Mapping[str, str]:
        """What of them tells a page, the first one unless another is asked for."""
        if isinstance(self.pages, Offsets):
            return self.pages.encode("after", self.pages.first if page is None else str(page))
        if self.pages is not None:
            return self.pages.encode("after", 1 if page is None else int(page))
        return {}

    def request(self, params: Mapping[str, str]) -> Request:
        """How parameters go over the wire: in the path, in the query, or in a JSON object."""
        path = self.path.format_map(params) if "{" in self.path else self.path
        rest = {name: value for name, value in params.items() if f"{{{name}}}" not in self.path}
        if self.method == "GET":
            return Request(self.method, path, rest)
        return Request(self.method, path, {}, {n: int(v) if n in self.numbers else v for n, v in rest.items()})

    def _takes(self, name: str, value: Any) -> bool:
        if name not in self.arguments:
            return False
        try:
            self.arguments[name].encode(name, value)
        except Unsendable:
            return False
        return True
