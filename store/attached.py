"""A tier at work: opened and closed, asked in bounded time, told behind the responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import structlog

from store.behind import WriteBehind, text
from store.entry import Entry, Key
from store.guard import PAUSE_SECONDS, Guard
from store.local import LocalPace, LocalTally
from store.shared import ASK_SECONDS, SharedPace, SharedTally
from store.tier import Stored, StoreFailed, Tier

log = structlog.get_logger("shopgraph.store")

OPEN_SECONDS = 10.0
CLOSE_SECONDS = 5.0

GATHER_SECONDS = 0.05
"""What is put within so long goes to the tier together."""

CLAIM_SECONDS = 30.0
"""The longest that others wait for the call of a process that hangs: more than a call with its retries may take."""


class Claimed(NamedTuple):
    """Which of the keys are this process's, and those that it has to give up."""

    answers: list[bool]
    given: Sequence[Key]


class Attached:
    """What is asked of a tier meets the same guard; what it is told waits here until it is back.

    encode   an entry as the tier keeps it; called in another thread
    """

    def __init__(self, tier: Tier, encode: Callable[[Key, Entry], Stored], clock: Callable[[], float]) -> None:
        self._tier = tier
        self._something = asyncio.Event()
        self._closing = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._over: dict[Key, bool] = {}
        self.guard = Guard(tier.name)
        self.behind = WriteBehind(tier, self.guard, encode)
        self.tally = SharedTally(tier, self.guard, self.wake, LocalTally(clock))
        self.pace = SharedPace(tier, self.guard, LocalPace())

    async def open(self) -> None:
        await self.guard.open(self._tier.open, OPEN_SECONDS)
        self._worker = asyncio.create_task(self._work())
        self.wake()

    async def close(self) -> None:
        """Write what waits, as far as that is soon done."""
        self._closing.set()
        self.guard.forgive()
        self.wake()
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=CLOSE_SECONDS)
            self._worker.cancel()
        await self.tally.close(ASK_SECONDS)
        if self.behind:
            log.warning("not stored", entries=len(self.behind))
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._tier.close()

    def wake(self) -> None:
        """There is something to tell the tier."""
        self._something.set()

    async def read(self, keys: Sequence[Key]) -> list[Stored | None]:
        return await self.guard.ask(partial(self._tier.read, _texts(keys)), ASK_SECONDS)

    async def claim(self, keys: Sequence[Key]) -> Claimed:
        """Where the tier does not say who may ask, everybody may."""
        kept = {key for key in keys if self._over.pop(key, False)}
        asked = [key for key in dict.fromkeys(keys) if key not in kept]
        if not asked or not self.guard.ready:
            return Claimed([True] * len(keys), [*kept])
        try:
            told = await self.guard.ask(partial(self._tier.claim, _texts(asked), CLAIM_SECONDS), ASK_SECONDS)
        except StoreFailed:
            return Claimed([True] * len(keys), keys)  # it may have heard all the same
        except asyncio.CancelledError:
            self.give_up(keys)
            raise
        others = {key for key, is_mine in zip(asked, told, strict=True) if not is_mine}
        return Claimed([key not in others for key in keys], [key for key in keys if key not in others])

    def give_up(self, keys: Iterable[Key]) -> None:
        """End claims, as soon as what was put for their keys is written."""
        self._over.update(dict.fromkeys(keys, True))
        self.wake()

    async def _work(self) -> None:
        while not self._closing.is_set():
            await self._something.wait()
            self._something.clear()
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self._settle()
            except Exception as error:  # what comes next is to be written all the same
                log.error("unexpected error", error=repr(error), exc_info=error)
            if self._is_waiting:
                await self._pause()
        await self._settle()

    async def _settle(self) -> None:
        await self.guard.open(self._tier.open, OPEN_SECONDS)
        await self.tally.settle()
        while self.behind and self.guard.ready and await self.behind.write():
            await self._unclaim()
        await self._unclaim()

    async def _unclaim(self) -> None:
        if not self.guard.ready:
            return
        ended = [key for key in self._over if key not in self.behind]
        for key in ended:
            del self._over[key]
        if ended:
            try:
                await self.guard.ask(partial(self._tier.unclaim, _texts(ended)), ASK_SECONDS)
            except StoreFailed:
                self.give_up(ended)

    @property
    def _is_waiting(self) -> bool:
        return not self.guard.is_opened or len(self.behind) > 0 or not self.tally.is_settled or len(self._over) > 0

    async def _pause(self) -> None:
        """Until the tier may be tried again, where it fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self.guard.ready else PAUSE_SECONDS):
                await self._closing.wait()
        self.wake()


def _texts(keys: Iterable[Key]) -> list[str]:
    return [text(key) for key in keys]
