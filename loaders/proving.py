"""Whether an id means the same entity at a provider that may have its own: one name is compared, once for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from entities.graph import Entity
from store.entry import Entry, Key
from upstream.endpoint import Endpoint
from upstream.operation import Operation
from upstream.provider import Comparison
from upstream.providers import named

if TYPE_CHECKING:
    from loaders.session import Session

SAME = "same"
"""The second word of a verdict's key; behind it stand the type and the id."""

FOR_GOOD = float("inf")
NOT_FOUND_SECONDS = 24 * 3600.0
"""How long it holds that the provider does not know the entity at all."""

SHORTEST = 20
"""So many characters of a longer text are enough to know it by."""

VERDICT_WEIGHT = 100


class Proving:
    """One operation's verdicts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._verdicts: dict[tuple[str, str, str], asyncio.Future[bool]] = {}

    async def load(self, entities: Iterable[Entity]) -> None:
        """Merge what the store has of entities from providers that were found to mean the same."""
        session = self._session
        places = [
            (entity, endpoint)
            for entity in entities
            for endpoint in session.catalog.describing(entity.type)
            if not session.catalog.trusts(endpoint, entity.type) and self.comparison(endpoint, entity.type) is not None
        ]
        if not places:
            return
        verdicts = await self._held({(endpoint, entity) for entity, endpoint in places})
        proven = [place for place in places if verdicts.get((place[1].provider, place[0]))]
        keys = [session.backend.part_key(endpoint, entity.type, entity.id) for entity, endpoint in proven]
        for entry in await session.backend.reading.get(keys, session.operation) if keys else ():
            if entry is not None:
                session.graph.absorb(entry.value)

    async def is_proven(self, endpoint: Endpoint, entity: Entity) -> bool:
        """Whether the endpoint's provider means this entity by its id; compares a name where that was not done yet.

        Raises   PartFailed where what it takes to compare could not be learned
        """
        if self._session.catalog.trusts(endpoint, entity.type):
            return True
        key = endpoint.provider, entity.type, entity.id
        if key not in self._verdicts:
            self._verdicts[key] = asyncio.ensure_future(self._prove(endpoint, entity))
        return await asyncio.shield(self._verdicts[key])

    async def verdict(self, endpoint: Endpoint, entity: Entity) -> bool | None:
        """What is known of it without a call; None where nothing is."""
        return (await self._held({(endpoint, entity)})).get((endpoint.provider, entity))

    def comparison(self, endpoint: Endpoint, kind: str) -> Comparison | None:
        """How names are compared with those of the endpoint's provider; None where they can't be."""
        return named(endpoint.provider).compares.get(kind)

    async def _held(self, places: Iterable[tuple[Endpoint, Entity]]) -> Mapping[tuple[str, Entity], bool]:
        keys: dict[tuple[str, Entity], Key] = {}
        for endpoint, entity in places:
            compared = self.comparison(endpoint, entity.type)
            if compared is not None:
                keys[endpoint.provider, entity] = self._key(compared, entity)
        session = self._session
        entries = await session.backend.reading.peek(list(keys.values()), session.operation)
        return {place: entry.value for place, entry in zip(keys, entries, strict=True) if entry is not None}

    async def _prove(self, endpoint: Endpoint, entity: Entity) -> bool:
        held = await self.verdict(endpoint, entity)
        compared = self.comparison(endpoint, entity.type)
        if held is not None or compared is None or self._session.operation.cache.only:
            return bool(held)
        names = await self._names(compared, entity)
        if not names:
            return False
        return await self._compare(compared, entity, names)

    async def _names(self, compared: Comparison, entity: Entity) -> list[str]:
        """What the entity is called by those who are believed; the first name is asked for where none is known."""
        known = [entity.read(fact) for fact in compared.names]
        if not any(isinstance(name, str) for name in known) and UNSET in known:
            await self._session.learn_without(entity, compared.names[0], compared.endpoint.provider)
            known = [entity.read(fact) for fact in compared.names]
        return [name for name in known if isinstance(name, str) and name]

    async def _compare(self, compared: Comparison, entity: Entity, names: list[str]) -> bool:
        session, endpoint, key = self._session, compared.endpoint, self._key(compared, entity)

        async def call(opened: Operation) -> bool:
            value: Any = [entity.id] if compared.asks == "id" else names[0]
            known = {name: entity.read(fact) for name, fact in compared.beside.items()}
            told = {name: each for name, each in known.items() if each is not UNSET and each is not None}
            answer = await session.backend.service.call(endpoint, {compared.argument: value, **told}, opened)
            called = [
                getattr(row.value, compared.tells)
                for row in answer.rows
                if row.value is not None and row.value.id == entity.id
            ]
            same = any(are_same(name, told) for told in called for name in names)
            now = session.backend.clock()
            lasts = FOR_GOOD if any(isinstance(told, str) for told in called) else now + NOT_FOUND_SECONDS
            entries: list[tuple[Key, Entry]] = [(key, Entry(same, now, lasts, VERDICT_WEIGHT))]
            if same and endpoint.is_lookup:
                entries += session.backend.told(endpoint, entity.id, answer)
            await session.backend.store.put(entries)
            return same

        same = await session.asked_once(key, call, endpoint.title)
        if same:
            await self.load([entity])
        return same

    def _key(self, compared: Comparison, entity: Entity) -> Key:
        return (self._session.backend.scope(compared.endpoint), SAME, f"{entity.type}:{entity.id}")


def are_same(one: Any, other: Any) -> bool:
    """Whether two providers call an entity the same, one of them perhaps cutting it short."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    short, long = sorted((_plain(one), _plain(other)), key=len)
    return short == long or (len(short) >= SHORTEST and long.startswith(short.rstrip("…. ")))


def _plain(name: str) -> str:
    return " ".join(name.removeprefix("@").casefold().split())
