"""One operation's loaders and its identity map: what resolvers ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aiodataloader import DataLoader
from msgspec import UNSET
from msgspec.structs import asdict

from entities.category import CategoryName, CategoryRecord
from entities.graph import Entity, Graph
from entities.live import LiveRecord
from entities.part import Part, Stamp
from entities.record import Fact
from entities.vocabulary import CategoryLanguage, CategoryLevel
from loaders.backend import Backend, Item
from loaders.batch import NOT_ASKED, Need
from loaders.feeding import CURRENT, Feeding
from loaders.flight import until_deadline
from loaders.reading import not_cached
from loaders.series import Asked, DayLoader, Series, lacking_days
from store.entry import Entry
from upstream.endpoint import Endpoint
from upstream.errors import CapabilityUnavailable, ShopgraphError, UnknownRoute, UpstreamError
from upstream.operation import Operation

QUIET_TICKS = 16
"""Turns of the event loop without work after which an operation has nothing more to ask: execution needs a few of them
to descend from an answer to the fields below it.
"""

LONGEST_LIVE = 24 * 3600
"""Seconds after its start behind which a live is taken to be over."""


class Read(NamedTuple):
    """What a live read told, and when it was read."""

    values: list[Any]
    at: datetime


class PartFailed(ShopgraphError):
    """A part of an entity could not be learned. Every leaf that needs it raises this same object, so that the client is
    told once.
    """

    def __init__(self, cause: ShopgraphError) -> None:
        super().__init__(cause.message)
        self.cause = cause


class Work:
    """Counts what may still bring facts: everything that awaits is done `with` it."""

    def __init__(self) -> None:
        self.count = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def __enter__(self) -> None:
        self.count += 1
        self.idle.clear()

    def __exit__(self, *_: object) -> None:
        self.count -= 1
        if not self.count:
            self.idle.set()


class StoredLoader(DataLoader[tuple[str, str], None]):
    """Merges into an entity whatever the store has of it, once an operation."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def batch_load_fn(self, keys: list[tuple[str, str]]) -> list[None]:
        await self._session.load([self._session.entity(*key) for key in keys])
        return [None] * len(keys)


class KeyLoader(DataLoader[str, "asyncio.Future[Any]"]):
    """What an endpoint tells of a key, many keys to a call.

    Value   a future of its own for each key, so that none waits long for another's batch: the part, merged into the
            graph; what the endpoint's map holds for the key; or PartFailed, to the keys of the failed batch alone
    """

    def __init__(self, endpoint: Endpoint, session: Session) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._session = session

    async def ask(self, key: str, need: Need = lambda: True) -> Any:
        """What the key's future holds; raises PartFailed.

        need   whether the answer is still lacking: a key that nobody needs when its batch leaves is not asked
        """
        outcome = NOT_ASKED
        while outcome is NOT_ASKED and need():
            with self._session.feeding.bringing(self._endpoint):
                waited = await self.load(key)
            self._session.backend.queue(self._endpoint).attend(key, CURRENT.get(), need)
            outcome = await asyncio.shield(waited)
            if outcome is NOT_ASKED:
                self.clear(key)
        if isinstance(outcome, PartFailed):
            raise outcome
        return outcome

    async def batch_load_fn(self, keys: list[str]) -> list[asyncio.Future[Any]]:
        # This gathers one tick's keys; the queue is the process's own and decides when ten of them leave together.
        backend, operation = self._session.backend, self._session.operation
        held = await backend.reading.get([backend.key_of(self._endpoint, key) for key in keys], operation)
        return [
            asyncio.ensure_future(self._held(entry) if entry is not None else self._outcome(key, self._wanted(key)))
            for key, entry in zip(keys, held, strict=True)
        ]

    def _wanted(self, key: str) -> Awaitable[Any] | None:
        """The queue's answer for a key; None where the operation may ask nothing."""
        backend, operation = self._session.backend, self._session.operation
        if operation.cache.only:
            return None
        return backend.queue(self._endpoint).want(key, operation, self._session.feeding)

    async def _held(self, entry: Entry) -> Any:
        return self._merged(entry.value)

    async def _outcome(self, key: str, waited: Awaitable[Any] | None) -> Any:
        operation = self._session.operation
        try:
            if waited is None:
                raise not_cached(self._endpoint.title)
            value = await until_deadline(waited, operation, self._endpoint.title)
        except UpstreamError as error:
            return await self._behind(key, error)
        except ShopgraphError as error:
            return PartFailed(error)
        if value is not NOT_ASKED:
            self._note(value)
        return self._merged(value)

    async def _behind(self, key: str, error: UpstreamError) -> Any:
        backend = self._session.backend
        try:
            (entry,) = await backend.reading.behind(
                [backend.key_of(self._endpoint, key)], self._session.operation, error
            )
        except UpstreamError:
            return PartFailed(error)
        return self._merged(entry.value)

    def _note(self, value: Any) -> None:
        """What the answer is made of now, and how long that is fresh."""
        part = value.part if isinstance(value, Item) else value
        now = self._session.backend.clock()
        stamp = part.stamp if isinstance(part, Part) else None
        fetched_at, expires_at = (
            (now, now + self._endpoint.freshness.value) if stamp is None else (stamp.fetched_at, stamp.expires_at)
        )
        self._session.operation.seen.note(fetched_at, expires_at)

    def _merged(self, value: Any) -> Any:
        for part in value.parts if isinstance(value, Item) else (value,) if isinstance(value, Part) else ():
            self._session.graph.absorb(part)
        return value


class Session:
    """Everything that one operation learns, and how."""

    def __init__(self, backend: Backend, operation: Operation) -> None:
        self.backend = backend
        self.operation = operation
        self.graph = Graph(self.demand, backend.clock())
        self._stored = StoredLoader(self)
        self._loaded: set[Entity] = set()
        self._keys: dict[Endpoint, KeyLoader] = {}
        self._days = DayLoader(backend, operation)
        self._trees: dict[tuple[CategoryLevel, CategoryLanguage], asyncio.Future[Mapping[str, CategoryName]]] = {}
        self._tree_stamps: dict[CategoryLevel, Stamp] = {}
        self._settling: asyncio.Task[None] | None = None
        self.working = Work()
        self.feeding = Feeding()

    def apart(self) -> Session:
        """Another one that reads the store as this one does, and of which nothing is counted."""
        return Session(self.backend, self.operation.apart())

    def entity(self, kind: str, key: str) -> Entity:
        return self.graph.entity(kind, key)

    async def load(self, entities: Iterable[Entity]) -> None:
        """Merge into entities whatever the store has of them, once an operation."""
        lacking = [entity for entity in entities if entity not in self._loaded]
        keys = [
            self.backend.part_key(endpoint, entity.type, entity.id)
            for entity in lacking
            for endpoint in self.backend.catalog.describing(entity.type)
        ]
        for entry in await self.backend.reading.get(keys, self.operation) if keys else ():
            if entry is not None:
                self.graph.absorb(entry.value)
        self._loaded.update(lacking)

    async def held(self, endpoint: Endpoint, keys: Iterable[str]) -> list[Entry | None]:
        """What the store has of the keys of a lookup."""
        return await self.backend.reading.peek([self.backend.key_of(endpoint, key) for key in keys], self.operation)

    async def lacking_days(self, series: Series, entity: Entity, asked: Asked) -> set[date]:
        """The days of a series that the store lacks."""
        first_seen = None if series.first_seen is None else entity.read(series.first_seen)
        return await lacking_days(self.backend, self.operation, series, entity.id, asked, first_seen or None)

    def demand(self, entity: Entity, fact: Fact) -> Awaitable[Any]:
        """The value of a fact that no row has told yet: from the store, else by the cheapest lookup that supplies it.
        None where nobody can be asked.
        """
        return self._learn(entity, fact)

    async def learn(self, entity: Entity, fact: Fact) -> Any:
        """The value of a fact, whether it is known already or not."""
        value = entity.read(fact)
        return await self._learn(entity, fact) if value is UNSET else value

    async def exists(self, entity: Entity) -> bool:
        """Whether a provider knows the entity: from a row of its own, else by one lookup.

        Raises   CapabilityUnavailable where no lookup for this type is configured
        """
        with self.working:
            lookup = self.backend.catalog.lookup(entity.type)
            with self.feeding.bringing(lookup) if lookup is not None else nullcontext():
                await self._recall(entity)
            if entity.known or await self._is_in_tree(entity):
                return True
            if lookup is None and self._has_tree(entity):
                return False
            if lookup is None:
                raise CapabilityUnavailable(f"{entity.type}: no configured provider looks it up by id")
            if lookup.route not in entity.parts:
                try:
                    await self.loader(lookup).ask(entity.id)
                except PartFailed as failed:
                    if _is_missing(lookup, failed):
                        raise CapabilityUnavailable(failed.message) from None
                    raise failed.cause from None
            return entity.known

    async def by_handle(self, kind: str, handle: str) -> Entity | None:
        """The entity that has a handle, None where it is unknown.

        Raises   CapabilityUnavailable where no lookup by handle is configured
        """
        endpoint = self.backend.catalog.lookup(kind, "handle")
        if endpoint is None:
            raise CapabilityUnavailable(f"{kind}: no configured provider looks it up by handle")
        with self.working:
            try:
                found = await self.loader(endpoint).ask(handle)
            except PartFailed as failed:
                raise failed.cause from None
            key = (found.part and found.part.record.id) if isinstance(found, Item) else found
            if not isinstance(key, str):
                return None
            await self._recall(self.entity(kind, key))
            return self.entity(kind, key)

    async def tree(
        self, level: CategoryLevel, language: CategoryLanguage = CategoryLanguage.EN_US
    ) -> Mapping[str, CategoryName]:
        """One level of the category tree by id, in the provider's order; one call where the store lacks it."""
        key = (level, language)
        if key not in self._trees:
            self._trees[key] = asyncio.ensure_future(self._tree(level, language))
        with self.working:
            return await asyncio.shield(self._trees[key])

    async def level(self, key: str) -> CategoryLevel | None:
        """The level of a category, None where the tree does not have it. At most a call for each level."""
        entity = self.category(key)
        if not isinstance(entity.record.level, CategoryLevel):
            await self._is_in_tree(entity)
        level = entity.record.level
        return level if isinstance(level, CategoryLevel) else None

    def _has_tree(self, entity: Entity) -> bool:
        """Whether entities of this type are told as a whole, level by level."""
        return entity.type == "Category" and bool(self.backend.catalog.serving("category.l1"))

    async def _is_in_tree(self, entity: Entity) -> bool:
        """Whether the tree has the category; then its level is known. At most a call for each level."""
        if not self._has_tree(entity):
            return False
        for level in CategoryLevel:
            if entity.id in await self.tree(level):
                return self.category(entity.id).known
        return False

    def category(self, key: str) -> Entity:
        """A category that the tree has told in this operation, with its level."""
        entity = self.entity("Category", key)
        for (level, _), tree in self._trees.items():
            if not entity.parts and tree.done() and not tree.exception() and key in tree.result():
                entity.absorb(Part(CategoryRecord(id=key, level=level), self._tree_stamps[level]))
        return entity

    async def _tree(self, level: CategoryLevel, language: CategoryLanguage) -> Mapping[str, CategoryName]:
        arguments = {"language": language}
        endpoint = self.backend.catalog.route(f"category.l{level.value}", arguments)
        page = await self.backend.page(endpoint, arguments, self.operation)
        self._tree_stamps[level] = self.backend.stamp(endpoint, page.fetched_at)
        return {item.value.id: item.value for item in page.items if item.value is not None}

    async def signed(self, url: str) -> str | None:
        """An address at which a picture can be fetched; None where no provider signs its host."""
        for endpoint in self.backend.catalog.serving("media.cover"):
            if urlsplit(url).hostname in endpoint.hosts and "," not in url:
                with self.working:
                    found: str | None = await self.loader(endpoint).ask(url)
                    return found
        return None

    async def days(self, series: Series, key: str, asked: Asked, first_seen: date | None) -> list[Any]:
        """The days of a series that were received, in order."""
        with self.working:
            return await self._days.ask((series, key, asked, first_seen))

    async def read(self, capability: str, arguments: Mapping[str, Any]) -> Read:
        """The values that one call answers, and when."""
        endpoint = self.backend.catalog.route(capability, arguments)
        with self.working:
            page = await self.backend.page(endpoint, arguments, self.operation)
        values = [item.value for item in page.items if item.value is not None]
        return Read(values, datetime.fromtimestamp(page.fetched_at, UTC))

    def loader(self, endpoint: Endpoint) -> KeyLoader:
        loader = self._keys.get(endpoint)
        if loader is None:
            loader = self._keys[endpoint] = KeyLoader(endpoint, self)
        return loader

    async def settled(self) -> None:
        """Returns when the operation asks nothing more."""
        if self._settling is None or self._settling.done():
            self._settling = asyncio.ensure_future(self._settle())
        await asyncio.shield(self._settling)

    async def _settle(self) -> None:
        quiet = 0
        while quiet < QUIET_TICKS:
            if self.working.count:
                await self.working.idle.wait()
                quiet = 0
            await asyncio.sleep(0)
            quiet += 1

    async def _learn(self, entity: Entity, fact: Fact) -> Any:
        with self.working:
            supplier = self.backend.catalog.supplier(entity.type, fact)
            with self.feeding.bringing(supplier) if supplier is not None else nullcontext():
                await self._recall(entity)
            if entity.read(fact) is UNSET:
                await self._is_in_tree(entity)
            if entity.read(fact) is UNSET and supplier is not None:
                await self._ask(supplier, entity.id, lambda: entity.read(fact) is UNSET)
            if entity.type == "Live" and entity.read(fact) in (UNSET, None):
                await self._on_air(entity, fact)
        if entity.read(fact) is UNSET:
            await self.settled()  # nobody can be asked, but a list of the operation may still tell it
        value = entity.read(fact)
        return None if value is UNSET else value

    async def _recall(self, entity: Entity) -> None:
        """Merge into the entity what the store has of it, together with those of the same tick."""
        if entity not in self._loaded:
            await self._stored.load((entity.type, entity.id))

    async def _ask(self, supplier: Endpoint, key: str, need: Need = lambda: True) -> None:
        """Learn what a lookup supplies; nothing, where it is a route that the provider turns out not to have."""
        try:
            await self.loader(supplier).ask(key, need)
        except PartFailed as failed:
            if not _is_missing(supplier, failed):
                raise

    async def _on_air(self, entity: Entity, fact: Fact) -> None:
        """What TikTok tells of a live that the daily load does not have yet: one call, which needs its host."""
        endpoint = next(iter(self.backend.catalog.serving("realtime.live")), None)
        host = entity.read("influencer_id")
        if endpoint is None or endpoint.rows is None or fact not in endpoint.rows.facts or not host:
            return
        lookup = self.backend.catalog.lookup("Live")
        if lookup is not None and self.may_be_on_air(entity, lookup):
            await self._ask(lookup, entity.id)
        if endpoint.route in entity.parts or not self.may_be_on_air(entity, lookup):
            return
        arguments = {"live": entity.id, "influencer": host}
        page = await self.backend.page(endpoint, arguments, self.operation)
        told = next((asdict(item.value) for item in page.items if item.value is not None), {})
        is_on_air = any(value is not None for value in told.values())
        facts = told if is_on_air else dict.fromkeys(endpoint.rows.facts)
        stamp = self.backend.stamp(endpoint, page.fetched_at)
        entity.absorb(Part(LiveRecord(id=entity.id, **facts), stamp, known=is_on_air))

    def may_be_on_air(self, entity: Entity, lookup: Endpoint | None = None) -> bool:
        """Whether a live began within a day, as far as told, and neither an end nor a row of its own is told of it."""
        held = None if lookup is None else entity.parts.get(lookup.route)
        if entity.read("ended_at") or (held is not None and held.known):
            return False
        started = entity.read("started_at")
        return not started or self.backend.clock() - started.timestamp() < LONGEST_LIVE


def _is_missing(endpoint: Endpoint, failed: PartFailed) -> bool:
    """Whether a route that no document publishes turned out not to be there."""
    return not endpoint.published and isinstance(failed.cause, UnknownRoute)
