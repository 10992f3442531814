"""How fast and how many at once: a rate a second that gives way to 429s, and slots for calls in flight."""

from __future__ import annotations

import asyncio
import time

from aiolimiter import AsyncLimiter

BURST_SECONDS = 2.0
SLOWEST = 0.5
RECOVERY_SECONDS = 30.0


class Limiter:
    """Bounds one provider's calls.

    rate    calls a second, with a burst of twice as many; 0 = no limit
    slots   calls in flight
    """

    def __init__(self, rate: float, slots: int) -> None:
        self._base = rate
        self._rate = rate
        self._bucket = _bucket(rate, rate * BURST_SECONDS)
        self._slowed_at = 0.0
        self.slots = asyncio.Semaphore(slots)

    async def pace(self) -> None:
        """Wait until the rate allows one more call."""
        self._recover()
        if self._bucket is not None:
            await self._bucket.acquire()

    def slow_down(self) -> None:
        """The provider said that we ask too often: half the rate, until it has been quiet for a while."""
        if self._rate:
            self._rate = min(self._rate, max(SLOWEST, self._rate / 2))
            self._bucket = _bucket(self._rate, burst=1)
            self._slowed_at = time.monotonic()

    def _recover(self) -> None:
        if self._rate < self._base and time.monotonic() - self._slowed_at > RECOVERY_SECONDS:
            self._rate = min(self._base, self._rate * 2)
            self._bucket = _bucket(self._rate, self._rate * BURST_SECONDS)
            self._slowed_at = time.monotonic()


def _bucket(rate: float, burst: float) -> AsyncLimiter | None:
    """So many calls a second, after so many at once; None where there is no limit."""
    return AsyncLimiter(max(1.0, burst), max(1.0, burst) / rate) if rate else None
