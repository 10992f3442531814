"""What a client may spend on a UTC day: set aside before an operation's first call, counted as it is spent, and given
back where it was not.

The day of an operation is the one on which it began, also for what it spends behind midnight.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import structlog

from store.counting import Counting, day_of
from store.tier import Counter, Held, StoreFailed, Tally
from upstream.errors import BudgetExceeded

T = TypeVar("T")
log = structlog.get_logger("shopgraph.budget")


class Standing(NamedTuple):
    """How a client stands on this day.

    limit       credits a day, None for no limit
    used        credits spent
    remaining   credits that are neither spent nor set aside for operations that run
    resets_at   when the day ends
    """

    limit: int | None
    used: int
    remaining: int | None
    resets_at: datetime | None


class Day(NamedTuple):
    """What a client spent on a UTC day, and over how many operations."""

    date: date
    credits: int
    operations: int


class Budgets:
    """The days of all clients.

    daily         credits a day by client, for those that have a limit
    per_request   credits that one request may spend at most
    clock         gives unix seconds; UTC days follow it
    """

    def __init__(
        self, tally: Tally, daily: Mapping[str, int], per_request: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.per_request = per_request
        self.tally = tally
        self.counting = Counting(tally)
        self._daily = daily
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    async def reserve(self, client: str, estimate: int, seconds: float) -> Purse:
        """Set aside what an operation may cost; its purse is to be settled, and is given back after `seconds` if not.

        Raises   BudgetExceeded where the day has not as much left
        """
        opening = self.keep(self._open(client, estimate, seconds))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._give_back)
            raise

    async def standing(self, client: str) -> Standing:
        today, limit = self._today(), self._daily.get(client)
        counter = credits_of(client, today)
        (used,) = await self.tally.totals([counter])
        if limit is None:
            return Standing(None, used, None, None)
        left = limit - used - await self.tally.held(counter)
        return Standing(limit, used, max(0, left), midnight_after(today))

    async def days(self, client: str, count: int) -> list[Day]:
        """So many days, the oldest first, today last."""
        today = self._today()
        dates = [today - timedelta(days=back) for back in reversed(range(count))]
        credits = await self.tally.totals([credits_of(client, day) for day in dates])
        operations = await self.tally.totals([operations_of(client, day) for day in dates])
        return [Day(*told) for told in zip(dates, credits, operations, strict=True)]

    async def close(self) -> None:
        """Returns when all that was spent is counted."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.counting.close()

    def keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that goes on, whoever leaves that waits for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def _open(self, client: str, estimate: int, seconds: float) -> Purse:
        purse = Purse(self, client, self._today(), self._daily.get(client), seconds)
        try:
            if await purse.set_aside(estimate):
                return purse
            standing = await self.standing(client)
        except StoreFailed as error:
            log.warning("nothing set aside", client=client, error=str(error))
            return purse
        raise BudgetExceeded(
            f"{client}: the operation may cost {estimate} credits, and {standing.remaining} of the day's "
            f"{standing.limit} are left",
            estimate=estimate,
            limit=standing.limit,
            remaining=standing.remaining,
            resetAt=standing.resets_at and standing.resets_at.isoformat(),
        )

    def _today(self) -> date:
        return day_of(self._clock())

    def _give_back(self, opening: asyncio.Task[Purse]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            self.keep(opening.result().give_back())

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: who waited for it may have left


class Purse:
    """What one operation may spend of its client's day, and has spent: whom its ledger tells of each credit.

    A client without a limit has nothing set aside; what it spends is counted all the same.
    """

    def __init__(self, budgets: Budgets, client: str, day: date, limit: int | None, seconds: float) -> None:
        self._budgets = budgets
        self._client = client
        self._credits = credits_of(client, day)
        self._operations = operations_of(client, day)
        self._limit = limit
        self._seconds = seconds
        self._left: dict[Held, int] = {}
        self._settling: asyncio.Task[None] | None = None

    async def afford(self, credits: int) -> None:
        """To be awaited right before credits are spent: sets aside what the estimate did not foresee, such as a retry.

        Raises   BudgetExceeded where the day has not as much left
        """
        missing = credits - sum(self._left.values())
        try:
            affords = await self.set_aside(missing)
        except StoreFailed as error:
            log.warning("nothing set aside", client=self._client, error=str(error))
            return
        if not affords:
            raise BudgetExceeded(
                f"{self._client}: not asked, the rest of the day's {self._limit} credits is spent or set aside",
                limit=self._limit,
            )

    def spend(self, credits: int) -> None:
        """Count what is spent; `counted` tells when that is durable."""
        for held, left in self._left.items():
            part = min(left, credits)
            if part:
                self._left[held] = left - part
                self._budgets.counting.count({self._credits: part}, held, part)
                credits -= part
        if credits:
            self._budgets.counting.count({self._credits: credits})

    async def counted(self) -> None:
        """Returns when what was spent so far is durable."""
        for held in (None, *self._left):
            await self._budgets.counting.written(held)

    async def settle(self) -> None:
        """The operation has ended: count it, and give back what it did not spend. What its calls may still spend is
        counted too.
        """
        if self._settling is None:
            self._budgets.counting.count({self._operations: 1})
            self._settling = self._budgets.keep(self.give_back())
        await asyncio.wait([self._settling])

    async def give_back(self) -> None:
        """Free what is set aside."""
        given, self._left = self._left, {}
        for held in given:
            await self._budgets.counting.written(held)
            try:
                await self._budgets.tally.release(held)
            except StoreFailed as error:
                log.warning("not given back before its lease ends", client=self._client, error=str(error))
        await self.counted()

    async def set_aside(self, credits: int) -> bool:
        """Whether the day has as much left; it is set aside then."""
        if self._limit is None or credits <= 0:
            return True
        held = await self._budgets.tally.reserve(self._credits, credits, self._limit, self._seconds)
        if held is not None:
            self._left[held] = credits
        return held is not None


def credits_of(client: str, day: date) -> Counter:
    return Counter(f"credits.client.{client}", day.isoformat())


def operations_of(client: str, day: date) -> Counter:
    return Counter(f"operations.client.{client}", day.isoformat())


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
