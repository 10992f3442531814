"""Counting behind the back of those who count: they go on at once, and may ask when what they counted is durable."""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Sums
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import structlog

from store.tier import Counter, Held, Tally

log = structlog.get_logger("shopgraph.store")


def day_of(seconds: float) -> date:
    """The UTC day of unix seconds."""
    return datetime.fromtimestamp(seconds, UTC).date()


@dataclass(eq=False)
class Sum:
    """What is added together, in one step."""

    amounts: Sums[Counter] = field(default_factory=Sums)
    spent: int = 0


class Counting:
    """Adds to a tally, one addition at a time for each thing held: what comes meanwhile goes into the next."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._waiting: dict[Held | None, Sum] = {}
        self._last: dict[Held | None, asyncio.Task[None]] = {}

    def count(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        """Add these, and take `spent` off what is held, as soon as may be."""
        waiting = self._waiting.get(held)
        if waiting is None:
            waiting = self._waiting[held] = Sum()
            self._last[held] = asyncio.create_task(self._add(held, after=self._last.get(held)))
        waiting.amounts.update(amounts)
        waiting.spent += spent

    async def written(self, held: Held | None = None) -> None:
        """Returns when what was counted so far, with this held, is durable; or lost, if the tally failed."""
        last = self._last.get(held)
        if last is not None:
            await asyncio.wait([last])  # unlike an await of the task, this does not cancel it

    async def close(self) -> None:
        """Returns when nothing waits to be counted any more."""
        while self._last:
            await asyncio.wait(self._last.values())

    async def _add(self, held: Held | None, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])
        added = self._waiting.pop(held)
        try:
            await self._tally.add(added.amounts, held, added.spent)
        except Exception as error:
            log.error("not counted", error=repr(error), amounts={c.name: n for c, n in added.amounts.items()})
        finally:
            if self._last[held] is asyncio.current_task():
                del self._last[held]


class ProviderCount:
    """Calls to a provider and their credits, by UTC day, of all who share the tally.

    What is given back has a counter of its own, for no counter falls; it counts on the day on which it is given back.
    """

    def __init__(self, tally: Tally, counting: Counting, provider: str, clock: Callable[[], float] = time.time) -> None:
        self._tally = tally
        self._counting = counting
        self._provider = provider
        self._clock = clock

    def count(self, credits: int) -> None:
        calls, spent, _ = self._counters(self._day())
        self._counting.count({calls: 1, spent: credits})

    def refund(self, credits: int) -> None:
        _, _, refunded = self._counters(self._day())
        self._counting.count({refunded: credits})

    async def counted(self) -> None:
        await self._counting.written()

    async def today(self) -> tuple[int, int]:
        return await self._told([self._day()])

    async def month(self) -> tuple[int, int]:
        today = self._day()
        return await self._told([today.replace(day=number) for number in range(1, today.day + 1)])

    async def _told(self, days: Sequence[date]) -> tuple[int, int]:
        await self._counting.written()
        totals = await self._tally.totals([counter for day in days for counter in self._counters(day)])
        calls, credits, refunded = (sum(totals[first::3]) for first in range(3))
        return calls, max(0, credits - refunded)

    def _day(self) -> date:
        return day_of(self._clock())

    def _counters(self, day: date) -> tuple[Counter, Counter, Counter]:
        calls, spent, refunded = (
            Counter(f"{what}.provider.{self._provider}", day.isoformat()) for what in ("calls", "credits", "refunds")
        )
        return calls, spent, refunded
