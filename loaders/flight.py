"""Calls in flight: the same one asked twice is made once, and nobody's leaving cancels it for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, NamedTuple, TypeVar

from upstream.errors import UpstreamTimeout
from upstream.operation import Operation

T = TypeVar("T")


class Flight(NamedTuple):
    task: asyncio.Task[Any]
    operation: Operation


class Flights:
    """The calls of this process that have not been answered yet, by key."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    async def share(
        self, key: Hashable, operation: Operation, call: Callable[[Operation], Coroutine[Any, Any, T]], what: str
    ) -> T:
        """The outcome of the call in flight under this key, or of a new one that `operation` opens and pays."""
        flight = self._flights.get(key)
        if flight is None:
            opened = operation.opened()
            flight = Flight(asyncio.ensure_future(call(opened)), opened)
            self._flights[key] = flight
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        else:
            flight.operation.joined_by(operation)
        outcome: T = await until_deadline(asyncio.shield(flight.task), operation, what)
        return outcome

    def _landed(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._flights[key]
        if not task.cancelled():
            task.exception()  # seen: those who waited for it may all have left


async def until_deadline(outcome: Awaitable[T], operation: Operation, what: str) -> T:
    """Wait no longer than the operation may; what arrives later is still stored."""
    try:
        async with asyncio.timeout(operation.remaining):
            return await outcome
    except TimeoutError:
        raise UpstreamTimeout(what, "the operation's deadline passed") from None
