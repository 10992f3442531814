"""How fast and how many at once: a bound on calls in time that gives way to 429s, and slots for calls in flight."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple, Protocol

from upstream.places import Places

BURST_SECONDS = 2.0
SLOWEST = 0.5
RECOVERY_SECONDS = 30.0

REFUSED_SECONDS = 2.0
"""So long no call leaves after a provider found its window full, or for the length of a shorter one."""

SLACK = 1.02
"""A window is kept so much longer than it is: calls reach the provider behind their places, one later than another."""


class Pace(Protocol):
    """Keeps rates and windows, for this process or for all that share it."""

    async def pace(self, name: str, rate: float, burst: float) -> float: ...

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None: ...

    async def window(self, name: str, most: int, seconds: float) -> float: ...


class Rate(NamedTuple):
    """Calls a second, with a burst of twice as many; 0 = no limit."""

    per_second: float


class Window(NamedTuple):
    """Calls in any stretch of so many seconds, all of them at once if need be; a `most` of 0 = no limit."""

    most: int
    seconds: float


class Limiter:
    """Bounds one provider's calls.

    name    of what is bounded, for all who share the pace
    bound   on calls in time
    slots   calls in flight, of this process, shared fairly between clients; a call has its slot before it takes its
            place, or it leaves later than a window knows
    """

    def __init__(self, pace: Pace, name: str, bound: Rate | Window, slots: int) -> None:
        self._pace = pace
        self._name = name
        self._bound = bound
        self._refused_until = float("-inf")
        self._slots = Places(slots)

    @property
    def bounds(self) -> tuple[int | None, float | None]:
        """Calls, and the seconds in which so many may leave; None where there is no bound."""
        match self._bound:
            case Rate(rate) if rate:
                return (round(rate), 1.0) if rate >= 1 else (1, 1 / rate)
            case Window(most, seconds) if most:
                return most, seconds
        return None, None

    @property
    def max_in_flight(self) -> int:
        return self._slots.count

    @property
    def in_flight(self) -> int:
        return self._slots.taken

    async def acquire(self, client: str) -> None:
        """A slot among the calls in flight for a call that the client pays; to be given back by `release`."""
        await self._slots.acquire(client)

    def release(self, client: str) -> None:
        self._slots.release(client)

    async def pace(self) -> None:
        """Wait until the bound allows one more call."""
        match self._bound:
            case Rate(rate) if rate:
                await asyncio.sleep(await self._pace.pace(self._name, rate, rate * BURST_SECONDS))
            case Window(most, seconds) if most:
                await self._take_place(most, seconds * SLACK)

    async def slow_down(self) -> None:
        """The provider said that we ask too often. Half the rate, until it has been quiet for a while; a window is
        full for a moment, to this process alone.
        """
        match self._bound:
            case Rate(rate) if rate:
                await self._pace.slow_down(self._name, rate, SLOWEST, RECOVERY_SECONDS)
            case Window(_, seconds):
                self._refused_until = time.monotonic() + min(seconds, REFUSED_SECONDS)

    async def _take_place(self, most: int, seconds: float) -> None:
        """A place that comes while the provider refuses is given up for another: to leave late would be to leave with
        those of the next window.
        """
        while True:
            await self._until_not_refused()
            await asyncio.sleep(await self._pace.window(self._name, most, seconds))
            if time.monotonic() >= self._refused_until:
                return

    async def _until_not_refused(self) -> None:
        left = self._refused_until - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
            await self._until_not_refused()
