"""What lies behind the memory of a process: entries and counters that outlive it, and that other processes may share.

A tier knows bytes, not values. Any method may raise StoreFailed: whoever asks then does without.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class StoreFailed(Exception):
    """The tier did not do what it was asked: it is down, slow, full or broken."""


class Stored(NamedTuple):
    """An entry as bytes. fetched_at and expires_at: unix seconds, infinite for what is kept for good."""

    data: bytes
    fetched_at: float
    expires_at: float


class Counter(NamedTuple):
    """Something counted by UTC day: name is "credits.client.acme", day "2026-11-21"."""

    name: str
    day: str


class Held(NamedTuple):
    """What was set aside of a counter's limit, until `release` or the end of its lease."""

    counter: Counter
    id: str


class Claims(Protocol):
    """Which process makes a call that several would make."""

    async def claim(self, keys: Sequence[str], seconds: float) -> list[bool]:
        """Whether each key is now this process's to ask; a claim ends with `unclaim`, after `seconds`, or with the
        process.
        """

    async def unclaim(self, keys: Sequence[str]) -> None: ...


class Tally(Protocol):
    """Counters of calls, credits and operations, and what is set aside of a limit."""

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        """Count, and take `spent` off what is held, in one step. Durable when it returns."""

    async def totals(self, counters: Sequence[Counter]) -> list[int]:
        """What was counted so far; 0 where nothing was."""

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        """Set `amount` aside, for `seconds` at most: None where what was counted, what is held and `amount` together
        exceed the limit. Two who ask at once never get more than there is.
        """

    async def release(self, held: Held) -> None:
        """Give back what was not spent."""

    async def held(self, counter: Counter) -> int:
        """How much is set aside at this moment."""


class Pace(Protocol):
    """The rate of calls to a provider, kept by all processes together."""

    async def pace(self, name: str, rate: float, burst: float) -> float:
        """Take the next place in the row: how many seconds to wait for it. `rate` a second, `burst` at once."""

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        """The provider refused a call for its rate: halve the rate in force, not below `slowest`; after each `seconds`
        without another refusal it doubles again, up to what `pace` is called with.
        """

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Take the next place in the row: how many seconds to wait for it. In no stretch of so many seconds lie more
        than `most` places; a place that is taken and not used stays taken. A `most` of 0 = no bound.
        """


class Tier(Claims, Tally, Pace, Protocol):
    """A store behind the memory."""

    name: str

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def read(self, keys: Sequence[str]) -> list[Stored | None]:
        """The entries of the keys in their order, stale ones too."""

    async def write(self, entries: Mapping[str, Stored]) -> None:
        """Keep entries, each in place of an older one of its key. Durable when it returns."""

    async def stats(self) -> Mapping[str, int | float]:
        """Entries, bytes, and what else tells how it fares."""

    async def purge(self, prefix: str = "", *, stale: bool = False) -> int:
        """Forget the entries whose keys begin so, or of them the stale ones alone; how many there were."""

    def scan(self, prefix: str = "") -> AsyncIterator[tuple[str, Stored]]:
        """Every entry whose key begins so."""
