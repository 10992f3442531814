"""A tier in memory that fails, hangs or dawdles as a test wants. Several processes may share what it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.local import LocalPace, LocalTally
from store.tier import Counter, Held, Stored, StoreFailed

PREFIX = "fake-"


@dataclass
class Kept:
    """What all processes share. `clock` gives unix seconds."""

    clock: Callable[[], float]
    entries: dict[str, Stored] = field(default_factory=dict)
    claims: dict[str, tuple[object, float]] = field(default_factory=dict)
    tally: LocalTally = field(init=False)
    pace: LocalPace = field(init=False)

    def __post_init__(self) -> None:
        self.tally = LocalTally(self.clock)
        self.pace = LocalPace(self.clock)


@dataclass(eq=False)
class FakeTier:
    """One process's way to what is kept.

    fails   whether it refuses whatever it is asked
    hangs   what it answers late: nothing is done before `answer` is set
    asked   the methods that were called, and with what
    """

    kept: Kept
    fails: bool = False
    hangs: frozenset[str] = frozenset()
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    is_open: bool = False
    name: str = "fake"

    def questions(self, method: str) -> list[Any]:
        return [what for name, what in self.asked if name == method]

    def other(self) -> FakeTier:
        return FakeTier(self.kept, is_open=True)

    async def _asked(self, method: str, what: Any = None) -> None:
        self.asked.append((method, what))
        if method in self.hangs:
            await self.answer.wait()
        if self.fails:
            raise StoreFailed("out of order")
        if not self.is_open and method not in ("open", "close"):
            raise AssertionError(f"{method} of a tier that is not open")

    async def open(self) -> None:
        await self._asked("open")
        self.is_open = True

    async def close(self) -> None:
        await self._asked("close")
        self.is_open = False
        self.kept.claims = {key: claim for key, claim in self.kept.claims.items() if claim[0] is not self}

    async def read(self, keys: Sequence[str]) -> list[Stored | None]:
        await self._asked("read", list(keys))
        return [self.kept.entries.get(key) for key in keys]

    async def write(self, entries: Mapping[str, Stored]) -> None:
        await self._asked("write", dict(entries))
        for key, entry in entries.items():
            held = self.kept.entries.get(key)
            if held is None or held.fetched_at <= entry.fetched_at:
                self.kept.entries[key] = entry

    async def stats(self) -> Mapping[str, int | float]:
        await self._asked("stats")
        return {"entries": len(self.kept.entries), "bytes": sum(len(held.data) for held in self.kept.entries.values())}

    async def purge(self, prefix: str = "", *, stale: bool = False) -> int:
        await self._asked("purge", prefix)
        ended = self.kept.clock() if stale else float("inf")
        gone = [key for key, held in self.kept.entries.items() if key.startswith(prefix) and held.expires_at <= ended]
        for key in gone:
            del self.kept.entries[key]
        return len(gone)

    async def scan(self, prefix: str = "") -> AsyncIterator[tuple[str, Stored]]:
        await self._asked("scan", prefix)
        for key, held in self.kept.entries.items():
            if key.startswith(prefix):
                yield key, held

    async def claim(self, keys: Sequence[str], seconds: float) -> list[bool]:
        await self._asked("claim", list(keys))
        return [self._claim(key, seconds) for key in keys]

    def _claim(self, key: str, seconds: float) -> bool:
        now = self.kept.clock()
        if key in self.kept.claims and self.kept.claims[key][1] > now:
            return False
        self.kept.claims[key] = (self, now + seconds)
        return True

    async def unclaim(self, keys: Sequence[str]) -> None:
        await self._asked("unclaim", list(keys))
        for key in keys:
            if key in self.kept.claims and self.kept.claims[key][0] is self:
                del self.kept.claims[key]

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        await self._asked("add", dict(amounts))
        await self.kept.tally.add(amounts, None if held is None else _bare(held), spent)

    async def totals(self, counters: Sequence[Counter]) -> list[int]:
        await self._asked("totals", list(counters))
        return await self.kept.tally.totals(counters)

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        await self._asked("reserve", (counter, amount))
        held = await self.kept.tally.reserve(counter, amount, limit, seconds)
        return None if held is None else held._replace(id=PREFIX + held.id)

    async def release(self, held: Held) -> None:
        await self._asked("release", held)
        await self.kept.tally.release(_bare(held))

    async def held(self, counter: Counter) -> int:
        await self._asked("held", counter)
        return await self.kept.tally.held(counter)

    async def pace(self, name: str, rate: float, burst: float) -> float:
        await self._asked("pace", name)
        return await self.kept.pace.pace(name, rate, burst)

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        await self._asked("slow_down", name)
        await self.kept.pace.slow_down(name, rate, slowest, seconds)

    async def window(self, name: str, most: int, seconds: float) -> float:
        await self._asked("window", name)
        return await self.kept.pace.window(name, most, seconds)


def _bare(held: Held) -> Held:
    return held._replace(id=held.id.removeprefix(PREFIX))
