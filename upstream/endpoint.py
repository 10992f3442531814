"""An endpoint, declared once: path, parameters, limits, row mapping, class, freshness, price.

Calls, argument checks, decoders, routing and the endpoint table of the docs all come from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from entities.graph import type_of
from entities.record import Fact
from entities.vocabulary import Provider, Rank
from upstream.argument import Encoder, Offsets, OnePage, Pages, Unsendable
from upstream.mapping import Rows


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


class Shape(Enum):
    """What stands in `data`."""

    LIST = "list"
    OBJECT = "object"
    MAP = "map"


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One declared call.

    name        "product.detail": the capability it serves; providers and versions that serve the same share it
    path        relative to the base of provider and version
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
    """

    provider: Provider
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

    @cached_property
    def title(self) -> str:
        """The name that clients and operators see."""
        return f"{self.provider.value}.{self.name}"

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
    def params(self) -> frozenset[str]:
        """Every wire parameter it may send."""
        pages = self.pages.wire if self.pages else ()
        sent = frozenset(name for encoder in self.arguments.values() for name in encoder.wire)
        return sent.union(self.fixed, pages)

    def refused(self, arguments: Mapping[str, Any]) -> list[str]:
        """The given arguments that it cannot apply; BadInput where it could, but not with that value."""
        return [name for name, value in arguments.items() if not self._takes(name, value)]

    def lacks(self, arguments: Mapping[str, Any]) -> bool:
        """Whether none of the arguments that it needs is given."""
        return bool(self.needs) and not any(name in arguments for name in self.needs)

    def encode(self, arguments: Mapping[str, Any], page: Place | None = None) -> dict[str, str]:
        """The wire parameters of a call, of the first page unless another is asked for."""
        params = dict(self.fixed)
        for name, value in arguments.items():
            params.update(self.arguments[name].encode(name, value))
        if isinstance(self.pages, Offsets):
            params.update(self.pages.encode("after", self.pages.first if page is None else str(page)))
        elif self.pages is not None:
            params.update(self.pages.encode("after", 1 if page is None else int(page)))
        return params

    def _takes(self, name: str, value: Any) -> bool:
        if name not in self.arguments:
            return False
        try:
            self.arguments[name].encode(name, value)
        except Unsendable:
            return False
        return True
