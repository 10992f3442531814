"""The store as one operation may read it, and calls that several processes would make, made by one of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from store.entry import Entry, Key
from store.layered import LayeredStore
from telemetry import metrics
from upstream.errors import NotCached, UpstreamError
from upstream.operation import Operation

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.1

PATIENCE = 5.0
"""Seconds that another process is given for a call, and no more than half of the time left: it may hang."""

Ask = Callable[[Sequence[Key]], Awaitable[Mapping[Key, Any]]]
"""Learns the values of keys by a call, and puts them into the store."""


def not_cached(what: str) -> NotCached:
    """The store lacks what the operation may not ask for."""
    return NotCached(f"{what}: not in the store, and only-if-cached forbids to ask")


def _value(entry: Entry) -> Any:
    return entry.value


class Reading:
    """Reads the store for operations; `clock` gives unix seconds."""

    def __init__(self, store: LayeredStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    async def peek(self, keys: Sequence[Key], operation: Operation) -> list[Entry | None]:
        """What the operation might be served; nothing of it is counted."""
        return await self._store.get(keys, since=operation.cache.since, waits=operation.rest)

    async def get(self, keys: Sequence[Key], operation: Operation) -> list[Entry | None]:
        """What the operation is served."""
        return self._served(keys, await self.peek(keys, operation), operation)

    async def behind(self, keys: Sequence[Key], operation: Operation, error: UpstreamError) -> list[Entry]:
        """What the operation is served behind its freshness, as its provider failed; raises the error where it does not
        allow that, or the store lacks any of it.
        """
        earliest = self._clock() - operation.cache.stale
        held = await self._store.get(keys, stale=True) if operation.cache.stale else []
        known = [entry for entry in held if entry is not None and entry.expires_at > earliest]
        if not known or len(known) < len(keys):
            raise error
        self._served(keys, known, operation)
        return known

    def forbid(self, operation: Operation, what: str) -> None:
        """Raises NotCached where the operation may ask nothing upstream."""
        if operation.cache.only:
            raise not_cached(what)

    async def once(
        self, keys: Sequence[Key], operation: Operation, ask: Ask, take: Callable[[Entry], Any] = _value
    ) -> dict[Key, Any]:
        """The values of the keys: by a call for those that no other process is asking now, and from the store what
        others learn meanwhile; by a call too where those take too long.

        take   makes of an entry what `ask` gives
        """
        told: dict[Key, Any] = {}
        left = list(keys)
        pause = FIRST_PAUSE
        until = time.monotonic() + min(PATIENCE, operation.remaining / 2)
        while left:
            async with self._store.claimed(left) as mine:
                impatient = time.monotonic() >= until
                own = [key for key, is_mine in zip(left, mine, strict=True) if is_mine or impatient]
                told |= await self._learned_by_others(own, operation, take)
                lacking = [key for key in own if key not in told]
                if lacking:
                    metrics.MISSES.inc(len(lacking))
                    told |= await ask(lacking)
            left = [key for key in left if key not in told]
            if left:
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)
        return told

    async def _learned_by_others(
        self, keys: Sequence[Key], operation: Operation, take: Callable[[Entry], Any]
    ) -> dict[Key, Any]:
        held = await self._store.recheck(keys, since=operation.cache.since) if keys else []
        found = {key: take(entry) for key, entry in zip(keys, held, strict=True) if entry is not None}
        if found:
            operation.ledger.share()
        return found

    def _served(self, keys: Sequence[Key], entries: Sequence[Any], operation: Operation) -> list[Any]:
        scopes: list[str] = []
        for key, entry in zip(keys, entries, strict=True):
            if entry is not None:
                if entry.fetched_at < operation.started:
                    scopes.append(key[0])
                operation.seen.note(entry.fetched_at, entry.expires_at)
        operation.ledger.found(scopes)
        return list(entries)
