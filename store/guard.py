"""A tier is asked in bounded time, and left alone for a while when it fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from store.tier import StoreFailed
from telemetry import metrics

T = TypeVar("T")

log = structlog.get_logger("shopgraph.store")

PAUSE_SECONDS = 1.0
"""So long a tier that failed is not asked; then one question tries it."""

HELD_UP_SECONDS = 0.02
"""A timer that rings so late was held up by this process's own work, and so was the answer."""


class Guard:
    """Whether a tier may be asked, and how it has fared.

    failures   questions that it answered wrongly, too late or not at all
    """

    def __init__(self, name: str) -> None:
        self.failures = 0
        self._name = name
        self._opened = False
        self._failed_at: float | None = None
        self._again = 0.0
        self._trying = False

    @property
    def ready(self) -> bool:
        """Whether the tier works as far as is known, or may be tried."""
        return self._opened and self._may_try

    @property
    def is_opened(self) -> bool:
        return self._opened

    async def open(self, opened: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        """Open the tier, or try again: nothing is asked of it before. A failure is noted, not raised."""
        if self._opened or not self._may_try:
            return
        try:
            await self._ask(opened, seconds)
        except StoreFailed:
            return
        self._opened = True

    async def ask(self, asked: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T:
        """What the tier answers within so many seconds; raises StoreFailed, at once where it is left alone."""
        if not self.ready:
            raise StoreFailed(f"{self._name} is not asked for a while")
        return await self._ask(asked, seconds)

    def blame(self, error: str) -> None:
        """Leave the tier alone for a while."""
        now = time.monotonic()
        self.failures += 1
        metrics.STORE_FAILURES.labels(self._name).inc()
        self._again = now + PAUSE_SECONDS
        if self._failed_at is None:
            self._failed_at = now
            log.warning("store fails, going on without", store=self._name, error=error)

    def forgive(self) -> None:
        """Let the tier be tried at once."""
        self._again = 0.0

    @property
    def _may_try(self) -> bool:
        return self._failed_at is None or (not self._trying and time.monotonic() >= self._again)

    async def _ask(self, asked: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T:
        trial = self._trying = self._failed_at is not None
        try:
            answer = await _answer(asked, seconds)
        except StoreFailed as error:
            self.blame(str(error))
            raise
        except Exception as error:  # a tier's fault of whatever kind fails no query
            self.blame(repr(error))
            raise StoreFailed(repr(error)) from error
        finally:
            if trial:
                self._trying = False
        if trial:
            self._recovered()
        return answer

    def _recovered(self) -> None:
        if self._failed_at is not None:
            log.info("store is back", store=self._name, seconds=round(time.monotonic() - self._failed_at, 1))
        self._failed_at = None


async def _answer(asked: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T:
    task = asyncio.create_task(asked())
    try:
        if not await ended(task, seconds):
            raise StoreFailed(f"no answer within {seconds:g} s")
        if task.cancelled():
            raise StoreFailed("the question was dropped")
        return task.result()
    finally:
        task.add_done_callback(_seen)
        task.cancel()


async def ended(task: asyncio.Task[Any], seconds: float) -> bool:
    """Whether a task ends within so many seconds; those in which this process held it up do not count."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    await asyncio.wait({task}, timeout=seconds)
    late = clock() - begun - seconds
    if not task.done() and late > HELD_UP_SECONDS:
        await asyncio.wait({task}, timeout=min(late, seconds))
    return task.done()


def _seen(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
