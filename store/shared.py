"""Counters and rates that all processes keep together, and each by itself while the tier fails."""

from __future__ import annotations

import asyncio
from collections import Counter as Amounts
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from store.guard import Guard, ended
from store.local import LocalPace, LocalTally, is_local
from store.tier import Counter, Held, Pace, StoreFailed, Tally

ASK_SECONDS = 0.25
"""The longest that a query waits for a tier."""

ADD_SECONDS = 5.0
"""The longest that an amount may be on its way before it is taken for not counted."""

UNRELEASED = 1000


class SharedTally:
    """A Tally of the tier. This process knows besides what it counted itself and what it was last told, so that a total
    never falls; what the tier missed is added when it is back.

    waiting   is called when there is something to `settle`
    """

    def __init__(self, tier: Tally, guard: Guard, waiting: Callable[[], None], local: LocalTally) -> None:
        self._tier = tier
        self._guard = guard
        self._waiting = waiting
        self._local = local
        self._uncounted: Amounts[Counter] = Amounts()
        self._unreleased: list[Held] = []
        self._adding: set[asyncio.Task[None]] = set()

    @property
    def is_settled(self) -> bool:
        return not (self._uncounted or self._unreleased)

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        await self._local.add(amounts, held, spent)
        await self._count(dict(amounts), None if held is None or is_local(held) else held, spent)

    async def totals(self, counters: Sequence[Counter]) -> list[int]:
        try:
            told = await self._guard.ask(lambda: self._tier.totals(counters), ASK_SECONDS)
        except StoreFailed:
            return await self._local.totals(counters)
        for counter, total in zip(counters, told, strict=True):
            self._local.raise_to(counter, total + self._uncounted[counter])
        return await self._local.totals(counters)

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        if not self.is_settled:
            await self.settle()
        try:
            held = await self._guard.ask(lambda: self._tier.reserve(counter, amount, limit, seconds), ASK_SECONDS)
        except StoreFailed:
            return await self._local.reserve(counter, amount, limit, seconds)
        if held is not None:
            self._local.set_aside(held, amount, seconds)
        return held

    async def release(self, held: Held) -> None:
        await self._local.release(held)
        if not is_local(held):
            await self._release(held)

    async def held(self, counter: Counter) -> int:
        try:
            return await self._guard.ask(lambda: self._tier.held(counter), ASK_SECONDS)
        except StoreFailed:
            return await self._local.held(counter)

    async def settle(self) -> None:
        """Tell the tier what it missed."""
        if not self._guard.ready:
            return
        amounts, self._uncounted = self._uncounted, Amounts()
        if amounts:
            await self._count(amounts)
        unreleased, self._unreleased = self._unreleased, []
        for held in unreleased:
            await self._release(held)

    async def close(self, seconds: float) -> None:
        """Wait for what is on its way."""
        if self._adding:
            await asyncio.wait(self._adding, timeout=seconds)
        for adding in self._adding:
            adding.cancel()

    async def _count(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        """Who waits may leave sooner than the amounts arrive; they are on their way until it is known whether they
        arrived, for no call may be counted twice.
        """
        adding = asyncio.create_task(self._add(amounts, held, spent))
        self._adding.add(adding)
        adding.add_done_callback(self._adding.discard)
        if not await ended(adding, ASK_SECONDS):
            self._guard.blame(f"counted nothing within {ASK_SECONDS:g} s")

    async def _add(self, amounts: Mapping[Counter, int], held: Held | None, spent: int) -> None:
        try:
            await self._guard.ask(lambda: self._tier.add(amounts, held, spent), ADD_SECONDS)
        except StoreFailed:
            self._uncounted.update(amounts)
            self._waiting()

    async def _release(self, held: Held) -> None:
        try:
            await self._guard.ask(lambda: self._tier.release(held), ASK_SECONDS)
        except StoreFailed:
            self._unreleased = [*self._unreleased, held][-UNRELEASED:]
            self._waiting()


class SharedPace:
    """A Pace of the tier. Each call takes its place in this process's own row too, which holds alone while the tier
    fails; a window's, when it is known, so that the process keeps within the window whenever the tier fails or is back.
    """

    def __init__(self, tier: Pace, guard: Guard, local: LocalPace) -> None:
        self._tier = tier
        self._guard = guard
        self._local = local

    async def pace(self, name: str, rate: float, burst: float) -> float:
        alone = await self._local.pace(name, rate, burst)
        try:
            return await self._guard.ask(lambda: self._tier.pace(name, rate, burst), ASK_SECONDS)
        except StoreFailed:
            return alone

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        await self._local.slow_down(name, rate, slowest, seconds)
        with suppress(StoreFailed):
            await self._guard.ask(lambda: self._tier.slow_down(name, rate, slowest, seconds), ASK_SECONDS)

    async def window(self, name: str, most: int, seconds: float) -> float:
        told = None
        with suppress(StoreFailed):
            told = await self._guard.ask(lambda: self._tier.window(name, most, seconds), ASK_SECONDS)
        return await self._local.window(name, most, seconds, told)
