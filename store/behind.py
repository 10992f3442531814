"""Entries on their way to a tier: who puts them waits for nothing."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import structlog

from store.entry import Entry, Key
from store.guard import Guard
from store.memory import OVERHEAD
from store.tier import Stored, StoreFailed, Tier

log = structlog.get_logger("shopgraph.store")

WRITE_SECONDS = 5.0
BATCH_ENTRIES = 1000
BATCH_BYTES = 4_000_000
WAITING_BYTES = 64_000_000
"""What may wait for a tier that is down or slow; then the oldest are not written."""

UNWRITTEN_KEYS = 100_000


def text(key: Key) -> str:
    """A key as the tier knows it."""
    return "\x1f".join(key)


class WriteBehind:
    """Entries that wait to be written, the first put first.

    encode    an entry as the tier keeps it
    dropped   entries that were not written: for want of room while they waited, or because they cannot be encoded
    """

    def __init__(self, tier: Tier, guard: Guard, encode: Callable[[Key, Entry], Stored]) -> None:
        self._tier = tier
        self._guard = guard
        self._encode = encode
        self._waiting: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0
        self._unwritten: OrderedDict[Key, float] = OrderedDict()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, key: Key) -> bool:
        return key in self._waiting

    def get(self, key: Key) -> Entry | None:
        return self._waiting.get(key)

    def is_outdated(self, key: Key, fetched_at: float) -> bool:
        """Whether something newer was put, but could not be written: what the tier has is no longer true."""
        return fetched_at < self._unwritten.get(key, fetched_at)

    def put(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        for key, entry in entries:
            held = self._waiting.get(key)
            if held is not None:
                if held.fetched_at > entry.fetched_at:
                    continue
                self._bytes -= held.weight + OVERHEAD
            self._waiting[key] = entry
            self._bytes += entry.weight + OVERHEAD
        while self._bytes > WAITING_BYTES:
            key = next(iter(self._waiting))
            self._drop(key, self._waiting[key])

    def pass_over(self, key: Key, fetched_at: float) -> None:
        """The tier has something that was fetched at this time: what waits, and is older, need not be written."""
        waiting = self._waiting.get(key)
        if waiting is not None and waiting.fetched_at < fetched_at:
            self._done(key, waiting)

    async def write(self) -> bool:
        """Write a batch of those that wait longest; whether that was done."""
        batch = self._batch()
        encoded = await asyncio.to_thread(self._encoded, batch)
        for key, entry in batch.items():
            if key not in encoded:
                self._drop(key, entry)
        stored = {text(key): told for key, told in encoded.items()}
        try:
            if stored:
                await self._guard.ask(lambda: self._tier.write(stored), WRITE_SECONDS)
        except StoreFailed:
            return False
        for key in encoded:
            self._done(key, batch[key])
        return True

    def _batch(self) -> dict[Key, Entry]:
        batch: dict[Key, Entry] = {}
        room = BATCH_BYTES
        for key, entry in islice(self._waiting.items(), BATCH_ENTRIES):
            room -= entry.weight
            if batch and room < 0:
                break
            batch[key] = entry
        return batch

    def _encoded(self, batch: Mapping[Key, Entry]) -> dict[Key, Stored]:
        encoded: dict[Key, Stored] = {}
        for key, entry in batch.items():
            try:
                encoded[key] = self._encode(key, entry)
            except Exception as error:  # one that the codec does not know must not keep the others from the tier
                log.error("not stored", of=key[0], error=repr(error))
        return encoded

    def _done(self, key: Key, entry: Entry) -> None:
        if self._waiting.get(key) is entry:
            del self._waiting[key]
            self._bytes -= entry.weight + OVERHEAD
        if self._unwritten.get(key, math.inf) <= entry.fetched_at:
            del self._unwritten[key]

    def _drop(self, key: Key, entry: Entry) -> None:
        if self._waiting.get(key) is entry:
            del self._waiting[key]
            self._bytes -= entry.weight + OVERHEAD
        self.dropped += 1
        self._unwritten[key] = max(entry.fetched_at, self._unwritten.pop(key, entry.fetched_at))
        if len(self._unwritten) > UNWRITTEN_KEYS:
            self._unwritten.popitem(last=False)
