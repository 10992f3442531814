"""A bounded store in this process: least recently used entries give way."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from store.entry import Entry, Key

OVERHEAD = 400
"""Bytes that an entry takes beside its value: key, links, the entry itself."""


class MemoryStore:
    """Entries up to `max_bytes` together; `clock` gives unix seconds."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """About what the entries take."""
        return self._bytes

    async def get(self, keys: Sequence[Key]) -> list[Entry | None]:
        """The fresh entries of the keys, in their order."""
        now = self._clock()
        return [self._get(key, now) for key in keys]

    async def put(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        """Remember entries, each in place of an older one of its key."""
        for key, entry in entries:
            self._put(key, entry)
        while self._bytes > self._max_bytes and self._entries:
            _, dropped = self._entries.popitem(last=False)
            self._bytes -= dropped.weight + OVERHEAD

    def _get(self, key: Key, now: float) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= now:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _put(self, key: Key, entry: Entry) -> None:
        held = self._entries.get(key)
        if held is not None and held.fetched_at > entry.fetched_at:
            return
        if held is not None:
            self._drop(key)
        if entry.weight + OVERHEAD <= self._max_bytes:
            self._entries[key] = entry
            self._bytes += entry.weight + OVERHEAD

    def _drop(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key).weight + OVERHEAD
