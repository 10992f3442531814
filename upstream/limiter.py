"""How fast and how many at once: a rate a second that gives way to 429s, and slots for calls in flight."""

from __future__ import annotations

import asyncio
from typing import Protocol

BURST_SECONDS = 2.0
SLOWEST = 0.5
RECOVERY_SECONDS = 30.0


class Pace(Protocol):
    """Keeps rates, for this process or for all that share it."""

    async def pace(self, name: str, rate: float, burst: float) -> float: ...

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None: ...


class Limiter:
    """Bounds one provider's calls.

    name    of what is bounded, for all who share the pace
    rate    calls a second, with a burst of twice as many; 0 = no limit
    slots   calls in flight, of this process
    """

    def __init__(self, pace: Pace, name: str, rate: float, slots: int) -> None:
        self._pace = pace
        self._name = name
        self._rate = rate
        self.slots = asyncio.Semaphore(slots)

    async def pace(self) -> None:
        """Wait until the rate allows one more call."""
        if self._rate:
            await asyncio.sleep(await self._pace.pace(self._name, self._rate, self._rate * BURST_SECONDS))

    async def slow_down(self) -> None:
        """The provider said that we ask too often: half the rate, until it has been quiet for a while."""
        if self._rate:
            await self._pace.slow_down(self._name, self._rate, SLOWEST, RECOVERY_SECONDS)
