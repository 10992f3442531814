"""The identity map of one operation: exactly one entity per id, however many rows named it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from msgspec import UNSET

from entities.category import CategoryRecord
from entities.influencer import InfluencerRecord
from entities.live import LiveRecord
from entities.merge import best_first, merge
from entities.part import Part
from entities.product import ProductRecord
from entities.record import Deferred, Fact, Record
from entities.seller import SellerRecord
from entities.video import VideoRecord

RECORDS: dict[str, type[Record]] = {
    "Product": ProductRecord,
    "Seller": SellerRecord,
    "Influencer": InfluencerRecord,
    "Video": VideoRecord,
    "Live": LiveRecord,
    "Category": CategoryRecord,
}
"""Record type by the name of the entity's type in the graph."""


@cache
def type_of(record: type) -> str | None:
    """The name of the entity type that a record type describes, or a wire row that holds such a record's facts."""
    described = getattr(record, "__record__", record)
    return next((name for name, known in RECORDS.items() if known is described), None)


Demand = Callable[["Entity", Fact], Awaitable[Any] | Any]


class Entity:
    """A handle on what is known of one thing: the record is replaced as parts arrive, the handle never is."""

    __slots__ = ("_graph", "id", "parts", "record", "type")

    def __init__(self, kind: str, key: str, graph: Graph) -> None:
        self.type = kind
        self.id = key
        self.parts: dict[str, Part] = {}
        self.record: Any = RECORDS[kind](id=key)
        self._graph = graph

    @property
    def global_id(self) -> str:
        return f"{self.type}:{self.id}"

    @property
    def known(self) -> bool:
        """Whether some row of its own proves that it exists."""
        return any(part.known for part in self.parts.values())

    def absorb(self, part: Part) -> None:
        """Merge one part; of two from the same endpoint the newer stays."""
        held = self.parts.get(part.stamp.key)
        if held is part or held == part:
            return  # the same row, told twice
        if held is not None and best_first((held, part), RECORDS[self.type], self._graph.now)[0] is held:
            return
        self.parts[part.stamp.key] = part
        alone = len(self.parts) == 1
        self.record = part.record if alone else merge(self.parts.values(), RECORDS[self.type], self._graph.now)

    def demand(self, fact: Fact) -> Awaitable[Any] | Any:
        """The value of a fact that is UNSET here: None at once where nobody supplies it, else an awaitable."""
        return self._graph.demand(self, fact)

    def read(self, fact: Fact) -> Any:
        """What is known of a fact, UNSET where nobody told it."""
        value = getattr(self.record, fact)
        return value.get() if type(value) is Deferred else value

    def refer(self, kind: str, key: str) -> Entity:
        """The entity that a fact of this one names; it costs no call."""
        return self._graph.entity(kind, key)


class Graph:
    """All entities of one operation.

    demand   what an entity does to learn an UNSET fact; the loaders give it
    now      the moment by which freshness is judged, unix seconds
    admit    what of a part is believed; all of it where it is not given
    """

    def __init__(
        self, demand: Demand | None = None, now: float | None = None, admit: Callable[[Part], Part] | None = None
    ) -> None:
        self.demand: Demand = demand or (lambda entity, fact: None)
        self._admit = admit
        self.now = time.time() if now is None else now
        self._entities: dict[tuple[str, str], Entity] = {}

    def entity(self, kind: str, key: str) -> Entity:
        found = self._entities.get((kind, key))
        if found is None:
            found = self._entities[kind, key] = Entity(kind, key, self)
        return found

    def lacking(self, kind: str, fact: Fact) -> int:
        """How many entities of a type there are of which nobody has told a fact."""
        return sum(key[0] == kind and entity.read(fact) is UNSET for key, entity in self._entities.items())

    def absorb(self, part: Part) -> Entity:
        """Merge a part into the entity that it describes."""
        kind = type_of(type(part.record))
        assert kind is not None, f"{type(part.record)} is no record of the graph"
        part = part if self._admit is None else self._admit(part)
        entity = self.entity(kind, part.record.id)
        entity.absorb(part)
        return entity
