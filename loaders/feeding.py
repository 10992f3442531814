"""What may still add keys to a batch: the fields of an operation whose answers are on their way.

A field that waits for a call feeds the lookups that the fields below it may ask for. One that waits for a batch which
has not left yet feeds them too, as soon as that batch leaves; but where two such batches would wait for each other,
neither does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from upstream.endpoint import Endpoint

T = TypeVar("T")

DESCENT_TICKS = 8
"""Turns of the event loop that execution may take from an answer to the questions of the fields below it."""


class Feeder:
    """A field that waits: it counts for each endpoint that it may bring keys for; while it is parked, behind the
    batches that it waits for.
    """

    def __init__(self, feeding: Feeding, endpoints: Iterable[Endpoint]) -> None:
        self._feeding = feeding
        self._endpoints = tuple(endpoints)
        self._parked = 0

    def park(self, at: Endpoint) -> None:
        """It waits for a batch of this endpoint that has not left."""
        self._parked += 1
        self._feeding.parked(at, self._endpoints)
        if self._parked == 1:
            self._feeding.leave(self._endpoints)

    def unpark(self, at: Endpoint) -> None:
        """The batch has left."""
        self._parked -= 1
        if not self._parked:
            self._feeding.enter(self._endpoints)
        self._feeding.unparked(at, self._endpoints)


CURRENT: ContextVar[Feeder | None] = ContextVar("feeder", default=None)
"""The field that the running task answers, where fields below it may ask for something."""


class Feeding:
    """One operation's count of what may still add keys, by the endpoint that takes them."""

    def __init__(self) -> None:
        self._active: Counter[Endpoint] = Counter()
        self._behind: dict[Endpoint, Counter[Endpoint]] = {}
        self._waiting: dict[Endpoint, list[asyncio.Future[None]]] = {}

    def enter(self, endpoints: Iterable[Endpoint]) -> None:
        self._active.update(endpoints)

    def leave(self, endpoints: Iterable[Endpoint]) -> None:
        for endpoint in endpoints:
            self._active[endpoint] -= 1
        self._changed()

    def parked(self, at: Endpoint, endpoints: Iterable[Endpoint]) -> None:
        """Keys for these endpoints may come behind a batch of another one."""
        for endpoint in endpoints:
            self._behind.setdefault(endpoint, Counter())[at] += 1
        self._changed()

    def unparked(self, at: Endpoint, endpoints: Iterable[Endpoint]) -> None:
        for endpoint in endpoints:
            behind = self._behind[endpoint]
            behind[at] -= 1
            if not behind[at]:
                del behind[at]
        self._changed()

    @contextmanager
    def bringing(self, endpoint: Endpoint) -> Iterator[None]:
        """While a key is on its way to the endpoint's queue."""
        self.enter((endpoint,))
        try:
            yield
        finally:
            self.leave((endpoint,))

    async def while_awaited(self, endpoints: frozenset[Endpoint], answer: Awaitable[T]) -> T:
        """The answer of a field below which these endpoints may be asked."""
        feeder = Feeder(self, endpoints)
        self.enter(endpoints)
        token = CURRENT.set(feeder)
        try:
            return await answer
        finally:
            CURRENT.reset(token)
            self.leave(endpoints)

    async def ended(self, endpoint: Endpoint) -> None:
        """Returns when nothing of the operation can add a key for this endpoint."""
        quiet = 0
        while quiet < DESCENT_TICKS:
            while self._is_fed(endpoint):
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.setdefault(endpoint, []).append(waiter)
                await waiter
                quiet = 0
            await asyncio.sleep(0)
            quiet += 1

    def _is_fed(self, endpoint: Endpoint) -> bool:
        """Whether a field that waits for an answer may add keys, or one behind a batch that does not wait for this."""
        if self._active[endpoint]:
            return True
        return any(
            endpoint not in self._waits_for(other) for other in self._behind.get(endpoint, ()) if other != endpoint
        )

    def _waits_for(self, endpoint: Endpoint) -> set[Endpoint]:
        """The endpoints whose batches may hold keys back that a batch of this one waits for."""
        found: set[Endpoint] = set()
        left = [endpoint]
        while left:
            for other in self._behind.get(left.pop(), ()):
                if other not in found:
                    found.add(other)
                    left.append(other)
        return found

    def _changed(self) -> None:
        for endpoint in [endpoint for endpoint in self._waiting if not self._is_fed(endpoint)]:
            for waiter in self._waiting.pop(endpoint):
                if not waiter.done():
                    waiter.set_result(None)
