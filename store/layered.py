"""Memory in front of a tier, or of none: a tier that fails or is slow is done without."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol

import structlog

from store.attached import Attached
from store.entry import Entry, Key
from store.local import LocalPace, LocalTally
from store.memory import ANY_AGE, MemoryStore
from store.tier import Pace, Stored, StoreFailed, Tally, Tier

log = structlog.get_logger("shopgraph.store")

TOLD_SECONDS = 5.0
"""So long the tier is not asked again for a key of which it had nothing to serve."""

TOLD_KEYS = 50_000

WEIGHT = 4
"""Bytes in memory for a byte in the tier, about."""

DECODED_AT_ONCE = 200
"""Entries between two turns of the event loop."""


class Undecodable(Exception):
    """The bytes are of another layout: nothing is known of the key."""


class Codec(Protocol):
    """Values of the store as bytes and back."""

    def encode(self, key: Key, value: Any) -> bytes: ...

    def decode(self, key: Key, data: bytes) -> Any:
        """Raises Undecodable where the bytes are of another layout."""


class Wish(NamedTuple):
    """Which entries are wanted: fetched at `since` or later, and expiring behind `ended`."""

    since: float
    ended: float

    def fits(self, fetched_at: float, expires_at: float) -> bool:
        return fetched_at >= self.since and expires_at > self.ended


class Told(NamedTuple):
    """What the tier had of a key when it was asked; it is believed to have no more until `until`, unix seconds."""

    until: float
    fetched_at: float
    expires_at: float


class LayeredStore:
    """What this process remembers, and behind it what outlives it.

    memory     is asked first, without a wait
    tier       is told what is put and asked what memory lacks; None where nothing outlives the process
    codec      is called in other threads too
    clock      gives unix seconds
    tally      counters: of the tier, and this process's own where it fails
    pace       rates, likewise
    """

    def __init__(
        self, memory: MemoryStore, tier: Tier | None, codec: Codec, clock: Callable[[], float] = time.time
    ) -> None:
        self.memory = memory
        self._codec = codec
        self._clock = clock
        self._told: OrderedDict[Key, Told] = OrderedDict()
        self._tier = None if tier is None else Attached(tier, self._encode, clock)
        self.tally: Tally = LocalTally(clock) if self._tier is None else self._tier.tally
        self.pace: Pace = LocalPace() if self._tier is None else self._tier.pace

    @property
    def failures(self) -> int:
        """How often the tier failed or was too slow."""
        return 0 if self._tier is None else self._tier.guard.failures

    async def open(self) -> None:
        """A tier that cannot be opened now is tried again and again."""
        if self._tier is not None:
            await self._tier.open()

    async def close(self) -> None:
        """Write what waits for the tier, as far as that is soon done."""
        if self._tier is not None:
            await self._tier.close()

    async def get(
        self,
        keys: Sequence[Key],
        *,
        since: float = 0.0,
        stale: bool = False,
        waits: Callable[[], None] = lambda: None,
    ) -> list[Entry | None]:
        """The entries of the keys, in their order: fresh ones that were fetched at `since` or later, or stale ones
        too. waits: is called before what lies behind memory is waited for.
        """
        return await self._get(keys, since, stale, waits, anew=False)

    async def recheck(self, keys: Sequence[Key], *, since: float = 0.0, stale: bool = False) -> list[Entry | None]:
        """The same, but the tier is asked whatever it told a moment ago: for the last look before a call."""
        return await self._get(keys, since, stale, lambda: None, anew=True)

    async def put(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        """Remember entries at once, each in place of an older one of its key; the tier is told behind the response.

        They are put in the order of their fetching: one that comes late is not compared with what memory dropped.
        """
        if self._tier is None:
            self.memory.keep(entries)
            return
        entries = list(entries)
        self.memory.keep(entries)
        self._tier.behind.put(entries)
        for key, _ in entries:
            self._told.pop(key, None)
        self._tier.wake()

    @asynccontextmanager
    async def claimed(self, keys: Sequence[Key]) -> AsyncIterator[list[bool]]:
        """Which keys are this process's to ask; behind it others may, once what was put for the keys is written."""
        if self._tier is None:
            yield [True] * len(keys)
            return
        claimed = await self._tier.claim(keys)
        try:
            yield claimed.answers
        finally:
            self._tier.give_up(claimed.given)

    async def _get(
        self, keys: Sequence[Key], since: float, stale: bool, waits: Callable[[], None], anew: bool
    ) -> list[Entry | None]:
        found = self.memory.look(keys, since=since, stale=stale)
        if self._tier is None:
            return found
        misses = [key for key, entry in zip(keys, found, strict=True) if entry is None]
        if not misses:
            return found
        wish = Wish(since, ANY_AGE if stale else self._clock())
        behind = await self._behind(self._tier, misses, wish, waits, anew)
        return [behind.get(key) if entry is None else entry for key, entry in zip(keys, found, strict=True)]

    async def _behind(
        self, tier: Attached, misses: Iterable[Key], wish: Wish, waits: Callable[[], None], anew: bool
    ) -> Mapping[Key, Entry]:
        """What fits of those that memory lacks: on its way to the tier, or in it."""
        found: dict[Key, Entry] = {}
        asked: list[Key] = []
        now = self._clock()
        for key in dict.fromkeys(misses):
            waiting = tier.behind.get(key)
            if waiting is not None and wish.fits(waiting.fetched_at, waiting.expires_at):
                found[key] = waiting
            elif anew or not self._has_nothing(key, wish, now):
                asked.append(key)
        if asked and tier.guard.ready:
            waits()
            found |= await self._read(tier, asked, wish)
        self.memory.keep(found.items())
        return found

    def _has_nothing(self, key: Key, wish: Wish, now: float) -> bool:
        told = self._told.get(key)
        return told is not None and now < told.until and not wish.fits(told.fetched_at, told.expires_at)

    async def _read(self, tier: Attached, keys: Sequence[Key], wish: Wish) -> dict[Key, Entry]:
        try:
            stored = await tier.read(keys)
        except StoreFailed:
            return {}
        found: dict[Key, Entry] = {}
        for number, (key, told) in enumerate(zip(keys, stored, strict=True), 1):
            if told is not None:
                tier.behind.pass_over(key, told.fetched_at)
            entry = self._newest(tier, key, self._entry(key, told, wish))
            if entry is not None and wish.fits(entry.fetched_at, entry.expires_at):
                found[key] = entry
            if number % DECODED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    def _entry(self, key: Key, told: Stored | None, wish: Wish) -> Entry | None:
        """What the tier told, where it fits and can be read; else that it had nothing is remembered."""
        if told is not None and wish.fits(told.fetched_at, told.expires_at):
            try:
                value = self._codec.decode(key, told.data)
            except Undecodable:
                told = None
            except Exception as error:  # a fault of the codec fails no query
                log.error("not read", of=key[0], error=repr(error))
                told = None
            else:
                return Entry(value, told.fetched_at, told.expires_at, WEIGHT * len(told.data))
        self._note(key, told)
        return None

    def _newest(self, tier: Attached, key: Key, read: Entry | None) -> Entry | None:
        """What was put meanwhile where that is newer; nothing where what was newer is lost."""
        known = [entry for entry in (self.memory.held(key), tier.behind.get(key)) if entry is not None]
        if read is not None and not tier.behind.is_outdated(key, read.fetched_at):
            known.append(read)
        return max(known, key=lambda entry: entry.fetched_at, default=None)

    def _note(self, key: Key, told: Stored | None) -> None:
        self._told.pop(key, None)
        until = self._clock() + TOLD_SECONDS
        self._told[key] = Told(until, ANY_AGE, ANY_AGE) if told is None else Told(until, *told[1:])
        if len(self._told) > TOLD_KEYS:
            self._told.popitem(last=False)

    def _encode(self, key: Key, entry: Entry) -> Stored:
        return Stored(self._codec.encode(key, entry.value), entry.fetched_at, entry.expires_at)
