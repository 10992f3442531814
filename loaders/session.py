"""One operation's loaders and its identity map: what resolvers ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from msgspec import UNSET
from msgspec.structs import asdict, replace

from entities.category import CategoryName, CategoryRecord
from entities.graph import Entity, Graph, type_of
from entities.live import LiveRecord
from entities.part import Part, Stamp
from entities.record import Fact
from entities.vocabulary import CategoryLanguage, CategoryLevel
from loaders.backend import Backend, Item
from loaders.batch import Need
from loaders.failover import first_of, is_spent
from loaders.feeding import Feeding
from loaders.lookup import KeyLoader, PartFailed, StoredLoader
from loaders.proving import Proving
from loaders.series import Asked, DayLoader, Series
from store.entry import Entry, Key
from upstream.endpoint import Endpoint
from upstream.errors import CapabilityUnavailable, ShopgraphError, UnknownRoute, UpstreamError
from upstream.operation import Operation
from upstream.routing import are_kin

T = TypeVar("T")

QUIET_TICKS = 16
"""Turns of the event loop without work after which an operation has nothing more to ask: execution needs a few of them
to descend from an answer to the fields below it.
"""

LONGEST_LIVE = 24 * 3600
"""Seconds after its start behind which a live is taken to be over."""


def nodes_of(capability: str) -> str:
    """Names the entities that a list gives, among what an operation wants."""
    return f"{capability} nodes"


class Read(NamedTuple):
    """What a live read told, and when it was read."""

    values: list[Any]
    at: datetime


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


class Session:
    """Everything that one operation learns, and how."""

    def __init__(self, backend: Backend, operation: Operation) -> None:
        self.backend = backend
        self.operation = operation
        self.catalog = backend.catalog.pinned(operation.providers, live=operation.rights.live)
        self.graph = Graph(self.demand, backend.clock(), self._believed if self.catalog.mixes else None)
        self.proving = Proving(self)
        self.wants: Callable[[], Mapping[str, frozenset[Fact]]] = dict
        self._wanted: Mapping[str, frozenset[Fact]] | None = None
        self._failures: dict[tuple[PartFailed, PartFailed], PartFailed] = {}
        self._stored = StoredLoader(self)
        self._loaded: set[Entity] = set()
        self._keys: dict[tuple[Endpoint, bool], KeyLoader] = {}
        self._days = DayLoader(self)
        self._trees: dict[tuple[CategoryLevel, CategoryLanguage], asyncio.Future[Mapping[str, CategoryName]]] = {}
        self._tree_stamps: dict[CategoryLevel, Stamp] = {}
        self._settling: asyncio.Task[None] | None = None
        self.working = Work()
        self.feeding = Feeding()

    def apart(self) -> Session:
        """Another one that reads the store as this one does, and of which nothing is counted."""
        other = Session(self.backend, self.operation.apart())
        other.wants = self.wants
        return other

    def wanted(self, kind: str) -> frozenset[Fact]:
        """What the operation asks anywhere of a type of entity, of the days of a series, of the pairs of a list."""
        if self._wanted is None:
            self._wanted = self.wants()
        return self._wanted.get(kind, frozenset())

    def entity(self, kind: str, key: str) -> Entity:
        return self.graph.entity(kind, key)

    async def load(self, entities: Iterable[Entity]) -> None:
        """Merge into entities whatever the store has of them, once an operation."""
        lacking = [entity for entity in entities if entity not in self._loaded]
        places = [
            (entity, endpoint)
            for entity in lacking
            for endpoint in self.catalog.describing(entity.type)
            if self.catalog.trusts(endpoint, entity.type)
        ]
        keys = [self.backend.part_key(endpoint, entity.type, entity.id) for entity, endpoint in places]
        for entry in await self.backend.reading.get(keys, self.operation) if keys else ():
            if entry is not None:
                self.graph.absorb(entry.value)
        self._loaded.update(lacking)
        if self.catalog.mixes:
            await self.proving.load(lacking)

    async def held(self, endpoint: Endpoint, keys: Iterable[str]) -> list[Entry | None]:
        """What the store has of the keys of a lookup."""
        return await self.backend.reading.peek([self.backend.key_of(endpoint, key) for key in keys], self.operation)

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
            lookups = self.lookups(entity.type)
            with self.feeding.bringing(lookups[0]) if lookups else nullcontext():
                await self._recall(entity)
            if entity.known or await self._is_in_tree(entity):
                return True
            if not lookups and self._has_tree(entity):
                return False
            if not lookups:
                raise _no_lookup(entity.type, "id")
            try:
                await self._find(entity, lookups)
            except PartFailed as failed:
                if _is_missing(lookups[0], failed):
                    raise CapabilityUnavailable(failed.message) from None
                raise failed.cause from None
            return entity.known

    def lookups(self, kind: str) -> list[Endpoint]:
        """Those that prove an entity by its id, best first: who would be asked now, and is among those that tell all
        that is asked of such an entity for least.
        """
        lookups = [each for each in self.catalog.lookups(kind) if self.catalog.trusts(each, kind)]
        if len(lookups) < 2:
            return lookups
        admits = self.catalog.admits
        chosen: tuple[Endpoint, ...] = ()
        if self.catalog.varies(kind):
            usable = frozenset(each for each in self.catalog.by_id(kind) if admits(each))
            chosen = self.catalog.cheapest(kind, self.wanted(kind), 1, usable)
        return sorted(lookups, key=lambda each: (not admits(each), bool(chosen) and each not in chosen))

    def by(self, kind: str, match: Fact) -> list[Endpoint]:
        """The lookups by another fact than the id, best first."""
        return sorted(self.catalog.lookups(kind, match), key=lambda each: not self.catalog.admits(each))

    def is_next(self, lookup: Endpoint, unknown_to: Endpoint) -> bool:
        """Whether a provider is asked for what another one lacks: it sells other data, comes right behind that one in
        the operator's order, and tells all that is asked.
        """
        places = self.catalog.providers
        if places.index(lookup.provider) != places.index(unknown_to.provider) + 1 or are_kin(lookup, unknown_to):
            return False
        return self.wanted(lookup.entity or "") <= self.catalog.supplied(lookup)

    async def _find(self, entity: Entity, lookups: Sequence[Endpoint]) -> None:
        """Ask whether an entity is there: the first who answers, and who sells other data where that one lacks it and
        tells all that is asked.
        """
        failed: PartFailed | None = None
        failed_at: list[Endpoint] = []
        unknown_to: list[Endpoint] = []
        for place, lookup in enumerate(lookups):
            if any(each.provider == lookup.provider for each in failed_at):
                continue
            if unknown_to and not self.is_next(lookup, unknown_to[-1]):
                continue
            others = any(each.provider != lookup.provider for each in lookups[place + 1 :])
            try:
                if lookup.route not in entity.parts:
                    await self.loader(lookup, hurried=others and failed is None).ask(entity.id)
            except PartFailed as error:
                failed = self._joined(failed, error)
                failed_at.append(lookup)
                if self._is_spent(failed):
                    break
                continue
            if entity.known:
                return
            unknown_to.append(lookup)
        if failed is not None and not any(are_kin(failed_at[0], each) for each in unknown_to):
            raise failed

    def _joined(self, failed: PartFailed | None, error: PartFailed) -> PartFailed:
        """A failure and the one behind it: the same object for all who need the part, so that it is told once."""
        if failed is None or not isinstance(failed.cause, UpstreamError) or not isinstance(error.cause, UpstreamError):
            return error
        if (failed, error) not in self._failures:
            self._failures[failed, error] = PartFailed(failed.cause.beside(error.cause))
        return self._failures[failed, error]

    def _is_spent(self, failed: PartFailed) -> bool:
        return not isinstance(failed.cause, UpstreamError) or is_spent(failed.cause, self.operation)

    async def by_handle(self, kind: str, handle: str) -> Entity | None:
        """The entity that has a handle, None where it is unknown.

        Raises   CapabilityUnavailable where no lookup by handle is configured
        """
        lookups = self.by(kind, "handle")
        if not lookups:
            raise _no_lookup(kind, "handle")
        with self.working:
            found = await first_of(lookups, self.operation, partial(self._asked, handle))
            key = (found.part and found.part.record.id) if isinstance(found, Item) else found
            if not isinstance(key, str):
                return None
            await self._recall(self.entity(kind, key))
            return self.entity(kind, key)

    async def _asked(self, key: str, endpoint: Endpoint, operation: Operation) -> Any:
        """What a lookup tells of a key; raises the error itself."""
        try:
            return await self.loader(endpoint, hurried=operation is not self.operation).ask(key)
        except PartFailed as failed:
            raise failed.cause from None

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
        return entity.type == "Category" and bool(self.catalog.serving("category.l1"))

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
        candidates = self.candidates(f"category.l{level.value}", arguments)
        page = await self.backend.page(candidates[0], arguments, self.operation, others=candidates[1:])
        self._tree_stamps[level] = self.backend.stamp(candidates[0], page.fetched_at)
        return {item.value.id: item.value for item in page.items if item.value is not None}

    async def signed(self, url: str) -> str | None:
        """An address at which a picture can be fetched; None where no provider signs its host."""
        signing = [
            endpoint
            for endpoint in self.serving("media.cover")
            if urlsplit(url).hostname in endpoint.hosts and "," not in url
        ]
        if not signing:
            return None
        with self.working:
            found: str | None = await self._of_one(signing, url)
            return found

    async def _of_one(self, lookups: Sequence[Endpoint], key: str) -> Any:
        """What the first who answers tells of a key; raises PartFailed."""
        failed: PartFailed | None = None
        for place, lookup in enumerate(lookups):
            others = any(each.provider != lookup.provider for each in lookups[place + 1 :])
            try:
                return await self.loader(lookup, hurried=others and failed is None).ask(key)
            except PartFailed as error:
                failed = self._joined(failed, error)
                if self._is_spent(failed):
                    break
        assert failed is not None
        raise failed

    def serving(self, capability: str) -> list[Endpoint]:
        """The endpoints of that name, best first, whatever arguments they take."""
        return self.catalog.ranked(self.catalog.serving(capability), {})

    def candidates(self, capability: str, arguments: Mapping[str, Any]) -> list[Endpoint]:
        """The endpoints that may answer a call, best first; raises as Catalog.eligible does."""
        return self.catalog.ranked(self.catalog.eligible(capability, arguments), arguments)

    async def days(self, series: Series, key: str, asked: Asked, first_seen: date | None) -> list[Any]:
        """The days of a series that were received, in order."""
        with self.working:
            return await self._days.ask((series, key, asked, first_seen))

    async def read(self, capability: str, arguments: Mapping[str, Any]) -> Read:
        """The values that one call answers, and when."""
        candidates = self.candidates(capability, arguments)
        with self.working:
            page = await self.backend.page(candidates[0], arguments, self.operation, others=candidates[1:])
        values = [item.value for item in page.items if item.value is not None]
        return Read(values, datetime.fromtimestamp(page.fetched_at, UTC))

    def loader(self, endpoint: Endpoint, *, hurried: bool = False) -> KeyLoader:
        """hurried: whether another provider is asked where this one fails."""
        loader = self._keys.get((endpoint, hurried))
        if loader is None:
            loader = self._keys[endpoint, hurried] = KeyLoader(endpoint, self, hurried=hurried)
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
            suppliers = self.suppliers(entity, fact)
            with self.feeding.bringing(suppliers[0]) if suppliers else nullcontext():
                await self._recall(entity)
            if entity.read(fact) is UNSET:
                await self._is_in_tree(entity)
            if entity.read(fact) is UNSET and suppliers:
                await self._supply(entity, fact)
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

    async def learn_without(self, entity: Entity, fact: Fact, provider: str) -> None:
        """Learn a fact from others than one provider."""
        with self.working:
            await self._supply(entity, fact, frozenset({provider}))

    async def asked_once(self, key: Key, call: Callable[[Operation], Coroutine[Any, Any, T]], what: str) -> T:
        """The outcome of a call that whoever asks the same at this moment shares; raises PartFailed."""
        try:
            return await self.backend.flights.share(key, self.operation, call, what)
        except ShopgraphError as error:
            raise PartFailed(error) from None

    async def _supply(self, entity: Entity, fact: Fact, without: frozenset[str] = frozenset()) -> None:
        """Learn a fact by a lookup: from who tells what is asked for least, and where that fails from another provider.

        without   providers that are not asked
        """

        def need() -> bool:
            return entity.read(fact) is UNSET

        failed: PartFailed | None = None
        while need():
            candidates = self.suppliers(entity, fact, without)
            if not candidates:
                break
            supplier = candidates[0]
            try:
                if await self.proving.is_proven(supplier, entity):
                    others = any(each.provider != supplier.provider for each in candidates)
                    await self._ask(supplier, entity.id, need, hurried=others and failed is None)
                    if supplier.route in entity.parts:
                        return
            except PartFailed as error:
                failed = self._joined(failed, error)
                if self._is_spent(failed):
                    raise failed from None
            without |= {supplier.provider}
        if failed is not None and need():
            raise failed

    def suppliers(
        self, entity: Entity, fact: Fact, without: frozenset[str] = frozenset(), count: int | None = None
    ) -> list[Endpoint]:
        """The lookups that may be asked for a fact, best first: who would be asked now, and is among those that tell
        all that is asked of such entities for least.

        count   of entities that lack the fact, where that is known
        """
        found = [each for each in self.catalog.suppliers(entity.type, fact) if each.provider not in without]
        if len(found) < 2:
            return found
        admits = self.catalog.admits
        chosen: tuple[Endpoint, ...] = ()
        if self.catalog.varies(entity.type):
            chosen = self._cheapest(entity, fact, without, count)
        elif len(self.catalog.providers) == 1:
            return found
        return sorted(found, key=lambda each: (not admits(each), each not in chosen, self.catalog.price(each)))

    def _cheapest(self, entity: Entity, fact: Fact, without: frozenset[str], count: int | None) -> tuple[Endpoint, ...]:
        wanted = frozenset(each for each in self.wanted(entity.type) if entity.read(each) is UNSET) | {fact}
        by_id = self.catalog.by_id(entity.type)
        usable = frozenset(each for each in by_id if each.provider not in without and self.catalog.admits(each))
        chosen = self.catalog.cheapest(entity.type, wanted, count or 1, usable)
        if count is None and any(each.limit == 1 for each in chosen):
            chosen = self.catalog.cheapest(entity.type, wanted, max(1, self.graph.lacking(entity.type, fact)), usable)
        return chosen

    async def _ask(self, supplier: Endpoint, key: str, need: Need = lambda: True, *, hurried: bool = False) -> None:
        """Learn what a lookup supplies; nothing, where it is a route that the provider turns out not to have."""
        try:
            await self.loader(supplier, hurried=hurried).ask(key, need)
        except PartFailed as failed:
            if not _is_missing(supplier, failed):
                raise

    async def _on_air(self, entity: Entity, fact: Fact) -> None:
        """What TikTok tells of a live that the daily load does not have yet: one call, which needs its host."""
        serving = self.serving("realtime.live")
        endpoint = next(iter(serving), None)
        host = entity.read("influencer_id")
        if endpoint is None or endpoint.rows is None or fact not in endpoint.rows.facts or not host:
            return
        lookup = self.catalog.lookup("Live")
        if lookup is not None and self.may_be_on_air(entity, lookup):
            await self._ask(lookup, entity.id)
        if endpoint.route in entity.parts or not self.may_be_on_air(entity, lookup):
            return
        arguments = {"live": entity.id, "influencer": host}
        page = await self.backend.page(endpoint, arguments, self.operation, others=serving[1:])
        told = next((asdict(item.value) for item in page.items if item.value is not None), {})
        is_on_air = any(value is not None for value in told.values())
        facts = told if is_on_air else dict.fromkeys(endpoint.rows.facts)
        stamp = self.backend.stamp(endpoint, page.fetched_at)
        entity.absorb(Part(LiveRecord(id=entity.id, **facts), stamp, known=is_on_air))

    def _believed(self, part: Part) -> Part:
        """A part without ids that may be its provider's own."""
        kind = str(type_of(type(part.record)))
        foreign = [
            fact
            for fact in self.catalog.foreign(part.stamp.provider, kind)
            if getattr(part.record, fact) not in (UNSET, None)
        ]
        if not foreign:
            return part
        return replace(part, record=replace(part.record, **dict.fromkeys(foreign, UNSET)))

    def may_be_on_air(self, entity: Entity, lookup: Endpoint | None = None) -> bool:
        """Whether a live began within a day, as far as told, and neither an end nor a row of its own is told of it."""
        held = None if lookup is None else entity.parts.get(lookup.route)
        if entity.read("ended_at") or (held is not None and held.known):
            return False
        started = entity.read("started_at")
        return not started or self.backend.clock() - started.timestamp() < LONGEST_LIVE


def _no_lookup(kind: str, match: Fact) -> CapabilityUnavailable:
    return CapabilityUnavailable(
        f"{kind}: no configured provider looks it up by {match}", capability=f"{kind.lower()}.detail"
    )


def _is_missing(endpoint: Endpoint, failed: PartFailed) -> bool:
    """Whether a route that no document publishes turned out not to be there."""
    return not endpoint.published and isinstance(failed.cause, UnknownRoute)
