"""The same call asked twice is made once, and whoever leaves does not end it for the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from loaders.flight import Flights, until_deadline
from upstream.errors import BudgetExceeded, UpstreamTimeout, UpstreamUnavailable
from upstream.operation import Operation


class Calls:
    """Counts calls; `gate` holds their answers back, `error` is raised in their place."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, operation: Operation) -> int:
        self.operations.append(operation)
        number = len(self.operations)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return number


def operation(seconds: float = 10.0) -> Operation:
    return Operation(time.monotonic() + seconds)


Share = Callable[..., asyncio.Task[Any]]


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def share(calls: Calls) -> Share:
    """Asks for a key, as a task."""
    flights = Flights()

    def ask(key: str, asked: Operation | None = None) -> asyncio.Task[Any]:
        asking: Coroutine[Any, Any, int] = flights.share(key, asked or operation(), calls, "a call")
        return asyncio.ensure_future(asking)

    return ask


async def ticks() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_same_key_in_flight_is_asked_once(calls: Calls, share: Share):
    asked = [share("a"), share("a"), share("b")]
    await ticks()
    asked.append(share("a"))
    calls.gate.set()

    assert await asyncio.gather(*asked) == [1, 1, 2, 1]


async def test_what_has_landed_is_asked_again(calls: Calls, share: Share):
    calls.gate.set()

    assert [await share("a"), await share("a")] == [1, 2]


async def test_who_opened_it_pays_and_it_lives_as_long_as_the_last_who_waits(calls: Calls, share: Share):
    first, second = operation(1), operation(5)
    asked = [share("a", first), share("a", second)]
    await ticks()
    calls.gate.set()
    await asyncio.gather(*asked)

    (opened,) = calls.operations
    assert opened.ledger is first.ledger
    assert opened.deadline == second.deadline > first.deadline


async def test_who_leaves_does_not_end_it_for_the_others(calls: Calls, share: Share):
    opener, other = share("a"), share("a")
    await ticks()
    opener.cancel()
    await ticks()
    calls.gate.set()

    assert await other == 1
    assert opener.cancelled()


async def test_a_failure_reaches_all_and_the_next_asks_again(calls: Calls, share: Share):
    calls.error = UpstreamUnavailable("a call", "down")
    asked = [share("a"), share("a")]
    await ticks()
    calls.gate.set()
    assert await asyncio.gather(*asked, return_exceptions=True) == [calls.error] * 2

    calls.error = None
    assert await share("a") == 2


async def test_a_failure_that_nobody_waits_for_any_more_is_quiet(calls: Calls, share: Share):
    calls.error = UpstreamUnavailable("a call", "down")
    left = share("a")
    await ticks()
    left.cancel()
    await ticks()
    calls.gate.set()
    await ticks()

    calls.error = None
    assert await share("a") == 2


async def test_who_may_wait_no_longer_is_told_so_and_the_call_goes_on(calls: Calls, share: Share):
    patient, hasty = share("a"), share("a", operation(0.02))

    with pytest.raises(UpstreamTimeout):
        await hasty
    calls.gate.set()

    assert await patient == 1


async def test_what_is_there_already_is_given_behind_the_deadline_too():
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    done.set_result(7)

    assert await until_deadline(done, operation(-1), "a call") == 7


async def test_who_can_pay_asks_again_where_the_one_who_opened_the_call_could_not(calls: Calls, share: Share):
    broke, solvent = operation(), operation()
    first, second = share("a", broke), share("a", solvent)
    await ticks()
    calls.error = BudgetExceeded("spent")
    calls.gate.set()
    with pytest.raises(BudgetExceeded):
        await first
    calls.error = None

    assert await second == 2
    assert [asked.ledger for asked in calls.operations] == [broke.ledger, solvent.ledger]
