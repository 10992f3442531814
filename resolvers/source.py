"""Where the facts of an entity came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from entities.graph import RECORDS, Entity
from entities.merge import winners
from entities.part import Part
from entities.record import Fact
from loaders.session import Session


@dataclass(frozen=True, slots=True)
class Source:
    """One row that still tells something: its stamp, and the facts that it tells."""

    kind: str
    part: Part
    facts: list[Fact]
    cached: bool

    @property
    def provider(self) -> str:
        return self.part.stamp.provider

    @property
    def endpoint(self) -> str:
        return self.part.stamp.endpoint

    @property
    def version(self) -> str:
        return self.part.stamp.version

    @property
    def fetched_at(self) -> datetime:
        return datetime.fromtimestamp(self.part.stamp.fetched_at, UTC)

    @property
    def as_of(self) -> date | None:
        return self.part.stamp.as_of


async def sources(entity: Entity, session: Session) -> list[Source]:
    """Every row that still tells something, best first, once the operation asks nothing more."""
    await session.settled()
    started = session.graph.now
    told = winners(entity.parts.values(), RECORDS[entity.type], started)
    return [Source(entity.type, part, facts, part.stamp.fetched_at < started) for part, facts in told]


async def source(entity: Entity, session: Session) -> Source | None:
    """The best row merged into the record."""
    return next(iter(await sources(entity, session)), None)
