"""A bounded store in this process: least recently used entries give way."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from store.entry import Entry, Key

OVERHEAD = 400
"""Bytes that an entry takes beside its value: key, links, the entry itself."""

ANY_AGE = float("-inf")


class MemoryStore:
    """Entries up to `max_bytes` together, stale ones too; `clock` gives unix seconds."""

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

    def look(self, keys: Iterable[Key], *, since: float = 0.0, stale: bool = False) -> list[Entry | None]:
        """The entries of the keys, in their order: fresh ones that were fetched at `since` or later, or stale ones
        too.
        """
        ended = ANY_AGE if stale else self._clock()
        entries, use = self._entries, self._entries.move_to_end
        found: list[Entry | None] = []
        for key in keys:
            entry = entries.get(key)
            if entry is not None:
                if entry.expires_at > ended and entry.fetched_at >= since:
                    use(key)
                else:
                    entry = None
            found.append(entry)
        return found

    def keep(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        """Remember entries, each in place of an older one of its key."""
        for key, entry in entries:
            self._put(key, entry)
        while self._bytes > self._max_bytes and self._entries:
            _, dropped = self._entries.popitem(last=False)
            self._bytes -= dropped.weight + OVERHEAD

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def held(self, key: Key) -> Entry | None:
        """The entry of a key, fresh or stale; to ask is not to use it."""
        return self._entries.get(key)

    def _put(self, key: Key, entry: Entry) -> None:
        held = self._entries.get(key)
        if held is not None:
            if held.fetched_at > entry.fetched_at:
                return
            del self._entries[key]
            self._bytes -= held.weight + OVERHEAD
        if entry.weight + OVERHEAD <= self._max_bytes:
            self._entries[key] = entry
            self._bytes += entry.weight + OVERHEAD
