"""What all operations of the process share: endpoints, calls, the store, what is in flight."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote_plus
from weakref import WeakValueDictionary

from msgspec.structs import replace

from entities.graph import type_of
from entities.part import Part, Stamp
from entities.vocabulary import Rank
from loaders.batch import BatchQueue
from loaders.budget import Budgets
from loaders.failover import first_of
from loaders.flight import Flights
from loaders.layout import layout
from loaders.reading import Reading
from store.entry import Entry, Key
from store.layered import LayeredStore
from telemetry import metrics
from upstream.endpoint import Endpoint, Freshness, Place
from upstream.envelope import Answer
from upstream.errors import UpstreamError
from upstream.operation import Operation
from upstream.routing import Catalog
from upstream.service import Service
from upstream.wire import Row

FOR_GOOD = float("inf")
PAGE = "page"
"""The second word of a page's key; that of a part's is the type of its entity."""

NEEDS_NO_QUOTING = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch

WEIGHT = 2
"""Bytes in memory for a byte on the wire, about."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a page: a part of an entity or a value (neither where it was unreadable), and its edge's facts."""

    part: Part | None
    value: Any
    edge: Any
    also: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Whatever the row tells of entities."""
        return self.also if self.part is None else (self.part, *self.also)


@dataclass(frozen=True, slots=True)
class Page:
    """One upstream page as it was told: every wire row has its place, so that its length tells whether it is full.

    fetched_at   unix seconds
    next, total  the offset of the next page, and the length of the whole list, where the provider tells them
    """

    items: tuple[Item, ...]
    fetched_at: float
    next: str | None = None
    total: int | None = None


class Backend:
    """The gateway's process-wide part.

    batch_wait   seconds for which a part-filled batch waits at most for what may still add keys to it
    clock        gives unix seconds; UTC days follow it
    """

    def __init__(
        self,
        catalog: Catalog,
        service: Service,
        store: LayeredStore,
        budgets: Budgets,
        batch_wait: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.catalog = catalog
        self.service = service
        self.store = store
        self.budgets = budgets
        self.batch_wait = batch_wait
        self.clock = clock
        self.reading = Reading(store, clock)
        self.flights = Flights(clock)
        self._scopes: dict[Endpoint, str] = {}
        self._queues: dict[Endpoint, BatchQueue] = {}
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def open(self) -> None:
        await self.store.open()

    async def close(self) -> None:
        """Leave the providers, and write what is still to be kept."""
        await self.service.close()
        await self.budgets.close()
        await self.store.close()

    def switch(self, disabled: frozenset[str]) -> None:
        """Other endpoints are switched off from now on, by their routes."""
        self.service.disabled = disabled
        self.catalog.switch(disabled)

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def scope(self, endpoint: Endpoint) -> str:
        """What every store key of an endpoint begins with: another base or layout is another world."""
        scope = self._scopes.get(endpoint)
        if scope is None:
            access = self.service.accounts[endpoint.provider].access
            base = access.world or access.bases[endpoint.base]
            scope = self._scopes[endpoint] = f"{endpoint.route} {base} {layout(endpoint)}"
        return scope

    def queue(self, endpoint: Endpoint) -> BatchQueue:
        queue = self._queues.get(endpoint)
        if queue is None:
            queue = self._queues[endpoint] = BatchQueue(endpoint, self._fetch_keys, self.batch_wait, self.clock)
        return queue

    def lock(self, key: Key) -> asyncio.Lock:
        """One lock for each key, as long as somebody holds on to it."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    async def page(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        operation: Operation,
        place: Place | None = None,
        describes: date | None = None,
        final: bool = False,
        others: Sequence[Endpoint] = (),
    ) -> Page:
        """The rows of one call: from the store, from the same call in flight, or by a call.

        describes   the day that the data describe, where that is not yesterday
        final       whether it cannot change any more
        others      endpoints that answer as well: what the store has of them is served, and they are asked where this
                    one fails
        """
        candidates = (endpoint, *others)
        keys = [self.page_key(each, arguments, place) for each in candidates]
        if others:
            peeked = await self.reading.peek(keys, operation)
            keys = [key for key, entry in zip(keys, peeked, strict=True) if entry is not None] or keys
        held = await self.reading.get(keys[:1], operation)
        if held[0] is not None:
            return cast(Page, held[0].value)
        self.reading.forbid(operation, endpoint.title)

        async def asked(each: Endpoint, patient: Operation) -> Page:
            return await self._page(each, arguments, patient, place, describes, final)

        try:
            return await first_of(candidates, operation, asked)
        except UpstreamError as error:
            key = self.page_key(endpoint, arguments, place)
            (stale,) = await self.reading.behind([key], operation, error)
            return cast(Page, stale.value)

    async def _page(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        operation: Operation,
        place: Place | None,
        describes: date | None,
        final: bool,
    ) -> Page:
        """The rows of one call that is made, or in flight."""
        key = self.page_key(endpoint, arguments, place)

        async def ask(opened: Operation) -> Mapping[Key, Page]:
            answer = await self.service.call(endpoint, arguments, opened, place)
            return {key: await self._keep_page(key, endpoint, answer, describes, final)}

        async def call(opened: Operation) -> Page:
            return cast(Page, (await self.reading.once([key], opened, lambda _: ask(opened)))[key])

        page = await self.flights.share(key, operation, call, endpoint.title)
        operation.seen.note(page.fetched_at, _expires(endpoint, page, final))
        return page

    async def stored_pages(
        self, endpoint: Endpoint, arguments: Mapping[str, Any], places: Sequence[Place | None], operation: Operation
    ) -> list[Page | None]:
        """Pages as they were told before, while that may be served."""
        held = await self.reading.peek(self.page_keys(endpoint, arguments, places), operation)
        return [None if entry is None else entry.value for entry in held]

    def told(self, endpoint: Endpoint, key: str, answer: Answer) -> list[tuple[Key, Entry]]:
        """What the store is to keep of a lookup's answer about one entity."""
        parts = [part for item in self._items(endpoint, [key], answer).values() for part in item.parts]
        return self._part_entries(endpoint, parts, WEIGHT * answer.size)

    def page_key(self, endpoint: Endpoint, arguments: Mapping[str, Any], place: Place | None) -> Key:
        return self.page_keys(endpoint, arguments, [place])[0]

    def page_keys(self, endpoint: Endpoint, arguments: Mapping[str, Any], places: Iterable[Place | None]) -> list[Key]:
        """Where the store has the pages of a list."""
        scope = self.scope(endpoint)
        every = {name: _quoted(value) for name, value in endpoint.encode_arguments(arguments).items()}
        keys: list[Key] = []
        for place in places:
            at = {name: _quoted(value) for name, value in endpoint.encode_place(place).items()}
            keys.append((scope, PAGE, "&".join(f"{name}={value}" for name, value in sorted({**every, **at}.items()))))
        return keys

    async def _keep_page(
        self, key: Key, endpoint: Endpoint, answer: Answer, describes: date | None, final: bool
    ) -> Page:
        stamp = self._stamp(endpoint, describes)
        items = tuple(_item(endpoint, row, stamp) for row in answer.rows)
        now = self.clock()
        page = Page(items, now, answer.next, answer.total)
        expires = _expires(endpoint, page, final)
        each = WEIGHT * answer.size // max(1, len(items))
        parts = (part for item in items for part in item.parts)
        await self.store.put(
            [(key, Entry(page, now, expires, WEIGHT * answer.size)), *self._part_entries(endpoint, parts, each)]
        )
        return page

    async def _fetch_keys(self, endpoint: Endpoint, keys: Sequence[str], operation: Operation) -> Mapping[str, Any]:
        """A value for every key, asked by one process alone: what the store holds for it, or what the call told."""
        by_key = {self.key_of(endpoint, key): key for key in keys}

        async def ask(lacking: Sequence[Key]) -> Mapping[Key, Any]:
            told = await self._ask_keys(endpoint, [by_key[key] for key in lacking], operation)
            return {self.key_of(endpoint, key): value for key, value in told.items()}

        told = await self.reading.once(list(by_key), operation, ask)
        return {by_key[key]: value for key, value in told.items()}

    async def _ask_keys(self, endpoint: Endpoint, keys: Sequence[str], operation: Operation) -> Mapping[str, Any]:
        """A value for every key: the item of its row, or what a map holds; rows are matched by id, never by place."""
        assert endpoint.ids is not None
        if endpoint.limit > 1:
            metrics.BATCH_KEYS.labels(endpoint.provider).observe(len(keys))
        answer = await self.service.call(endpoint, {endpoint.ids: keys}, operation)
        each = WEIGHT * answer.size // max(1, len(keys))
        if endpoint.entity is None:
            return await self._keep_values(endpoint, {key: answer.keys.get(key) for key in keys}, each)
        items = self._items(endpoint, keys, answer)
        parts = (part for item in items.values() for part in item.parts)
        await self.store.put(self._part_entries(endpoint, parts, each))
        if endpoint.match != "id":
            ids = {key: item.part and item.part.record.id for key, item in items.items()}
            await self._keep_values(endpoint, ids, each)
        return items

    async def _keep_values(self, endpoint: Endpoint, told: Mapping[str, Any], each: int) -> Mapping[str, Any]:
        now, scope = self.clock(), self.scope(endpoint)
        lasts = {True: endpoint.freshness.value, False: Freshness.UNKNOWN_ID.value}
        await self.store.put(
            [
                ((scope, endpoint.match, key), Entry(value, now, now + lasts[value is not None], each))
                for key, value in told.items()
            ]
        )
        return told

    def _items(self, endpoint: Endpoint, keys: Sequence[str], answer: Answer) -> dict[str, Item]:
        assert endpoint.rows is not None
        stamp = self._stamp(endpoint)
        found: dict[str, Item] = {}
        for row in answer.rows:
            if row.value is not None:
                found.setdefault(getattr(row.value, endpoint.match), _item(endpoint, row, stamp))
        if endpoint.match != "id":
            return {key: found.get(key) or Item(None, None, None) for key in keys}
        unknown = self._stamp(endpoint, seconds=Freshness.UNKNOWN_ID.value)
        rows, leaves = endpoint.rows, endpoint.leaves
        return {
            key: found.get(key) or Item(Part(rows.blank(key, leaves), unknown, known=False), None, None) for key in keys
        }

    def key_of(self, endpoint: Endpoint, key: str) -> Key:
        """Where the store has what a lookup told of one of its keys."""
        if endpoint.is_lookup:
            return self.part_key(endpoint, str(endpoint.entity), key)
        return (self.scope(endpoint), endpoint.match, key)

    def part_key(self, endpoint: Endpoint, kind: str, key: str) -> Key:
        """Where the store has what an endpoint told of an entity."""
        return (self.scope(endpoint), kind, key)

    def _part_entries(self, endpoint: Endpoint, parts: Iterable[Part], each: int) -> list[tuple[Key, Entry]]:
        return [
            (
                self.part_key(endpoint, str(type_of(type(part.record))), part.record.id),
                Entry(part, part.stamp.fetched_at, part.stamp.expires_at, each),
            )
            for part in parts
        ]

    def stamp(self, endpoint: Endpoint, fetched_at: float) -> Stamp:
        """The stamp of something that an endpoint told at that time."""
        return replace(self._stamp(endpoint), fetched_at=fetched_at)

    def _stamp(self, endpoint: Endpoint, describes: date | None = None, seconds: float | None = None) -> Stamp:
        now = self.clock()
        as_of = None if endpoint.live else describes or self.today - timedelta(days=1)
        expires = now + (endpoint.freshness.value if seconds is None else seconds)
        who = endpoint.provider, endpoint.version, endpoint.title
        return Stamp(*who, endpoint.rank, now, expires, as_of, endpoint.vendor.trust)


def _quoted(value: str) -> str:
    return value if NEEDS_NO_QUOTING(value) else quote_plus(value)


def _expires(endpoint: Endpoint, page: Page, final: bool) -> float:
    """When a page turns stale: never, where it is final and has rows."""
    if final and page.items:
        return FOR_GOOD
    empty_period = "date" in endpoint.arguments and not page.items
    lasts = Freshness.EMPTY_PERIOD if empty_period else endpoint.freshness
    return page.fetched_at + lasts.value


def _item(endpoint: Endpoint, row: Row, stamp: Stamp) -> Item:
    """A row with the stamp of its endpoint; what it tells of other entities ranks no higher than a relation."""
    assert endpoint.rows is not None
    if row.value is None:
        return Item(None, None, row.edge)
    beside = replace(stamp, rank=max(stamp.rank, Rank.RELATION)) if row.also else stamp
    also = tuple(Part(record, beside) for record in row.also)
    if not endpoint.rows.is_record:
        return Item(None, row.value, row.edge, also)
    return Item(Part(row.value, stamp, endpoint.proves), None, row.edge, also)
