"""Calls in flight: the same one asked twice is made once, and nobody's leaving cancels it for the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, NamedTuple, TypeVar

from loaders.errand import Errand
from upstream.errors import BudgetExceeded, UpstreamTimeout
from upstream.operation import Operation

T = TypeVar("T")


class Flight(NamedTuple):
    """A call: its task, who waits for it, and when it began, unix seconds."""

    task: asyncio.Task[Any]
    errand: Errand
    began: float

    @property
    def operation(self) -> Operation:
        return self.errand.operation


class Flights:
    """The calls of this process that have not been answered yet, by key."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._flights: dict[Hashable, Flight] = {}

    async def share(
        self, key: Hashable, operation: Operation, call: Callable[[Operation], Coroutine[Any, Any, T]], what: str
    ) -> T:
        """The outcome of the call in flight under this key, or of a new one that `operation` opens and pays.

        Raises   CancelledError where its client has left
        """
        if operation.presence.is_gone:
            raise asyncio.CancelledError
        flight = self._flights.get(key)
        if flight is not None and (flight.began < operation.cache.since or flight.errand.is_given_up):
            flight = None  # who wants nothing older than the request does not wait for what left before it
        if flight is None:
            flight = self._begun(key, operation, call)
        else:
            flight.errand.join(operation)
            operation.ledger.joined(flight.operation.ledger)
        try:
            outcome: T = await until_deadline(asyncio.shield(flight.task), operation, what)
        except BudgetExceeded:
            if flight.operation.ledger is operation.ledger:
                raise
            return await self.share(key, operation, call, what)  # who opened it cannot pay it: that is not this one
        return outcome

    def _begun(
        self, key: Hashable, operation: Operation, call: Callable[[Operation], Coroutine[Any, Any, Any]]
    ) -> Flight:
        errand = Errand([operation])
        flight = Flight(asyncio.ensure_future(call(errand.operation)), errand, self._clock())
        errand.start(flight.task)
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._landed(key, task))
        return flight

    def _landed(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # seen: those who waited for it may all have left


async def until_deadline(outcome: Awaitable[T], operation: Operation, what: str) -> T:
    """Wait no longer than the operation may, while another one may compute; what arrives later is still stored."""
    operation.rest()
    try:
        async with asyncio.timeout(operation.remaining):
            return await outcome
    except TimeoutError:
        raise UpstreamTimeout(what, "the operation's deadline passed") from None
