"""Keys of all operations leave together, ten at a time, and fail by the batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from loaders.batch import BatchQueue
from upstream.echotik import ENDPOINTS
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, UpstreamUnavailable
from upstream.operation import Operation

DETAIL = next(endpoint for endpoint in ENDPOINTS if endpoint.route == "echotik.product.detail@v3")


class Sender:
    """Answers every key with its own name; `refused` keys spoil their batch, `gate` holds answers back."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.payers: list[Operation] = []
        self.refused: set[str] = set()
        self.failing: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, endpoint: Endpoint, keys: Sequence[str], operation: Operation) -> Mapping[str, Any]:
        assert endpoint is DETAIL
        self.sent.append(list(keys))
        self.payers.append(operation)
        await self.gate.wait()
        if self.refused & set(keys):
            raise BadInput("ids", "refused")
        if self.failing & set(keys):
            raise UpstreamUnavailable(DETAIL.title, "down")
        return {key: f"value of {key}" for key in keys}


def operation(seconds: float = 10.0) -> Operation:
    return Operation(time.monotonic() + seconds)


def keys(count: int, start: int = 0) -> list[str]:
    return [str(number) for number in range(start, start + count)]


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def queue(sender: Sender) -> BatchQueue:
    return BatchQueue(DETAIL, sender)


async def outcomes(*waits: asyncio.Future[Any]) -> list[Any]:
    return await asyncio.gather(*waits, return_exceptions=True)


async def test_a_full_batch_leaves_at_once_and_the_rest_at_the_next_tick(queue: BatchQueue, sender: Sender):
    asked = operation()
    waits = [queue.want(key, asked) for key in keys(23)]

    assert await outcomes(*waits) == [f"value of {key}" for key in keys(23)]
    assert sender.sent == [keys(10), keys(10, 10), keys(3, 20)]


async def test_keys_of_several_operations_leave_together(queue: BatchQueue, sender: Sender):
    first, second = operation(), operation()
    waits = [queue.want("1", first), queue.want("2", second), queue.want("1", second)]

    assert await outcomes(*waits) == ["value of 1", "value of 2", "value of 1"]
    assert sender.sent == [["1", "2"]]


async def test_who_opened_the_batch_pays_and_the_call_lives_as_long_as_the_last_who_waits(
    queue: BatchQueue, sender: Sender
):
    first, second, third = operation(1), operation(5), operation(9)
    waits = [queue.want("1", first), queue.want("2", second), queue.want("1", third)]
    await outcomes(*waits)

    (payer,) = sender.payers
    assert payer.ledger is first.ledger
    assert payer.deadline == third.deadline
    assert first.deadline < second.deadline < third.deadline


async def test_a_key_in_flight_is_not_asked_again(queue: BatchQueue, sender: Sender):
    sender.gate.clear()
    early = queue.want("1", operation())
    await _ticks()
    late = queue.want("1", operation())
    other = queue.want("2", operation())
    await _ticks()
    sender.gate.set()

    assert await outcomes(early, late, other) == ["value of 1", "value of 1", "value of 2"]
    assert sender.sent == [["1"], ["2"]]


async def test_a_key_that_was_answered_is_asked_again(queue: BatchQueue, sender: Sender):
    for _ in range(2):
        assert await queue.want("1", operation()) == "value of 1"

    assert sender.sent == [["1"], ["1"]]


async def test_a_failed_batch_fails_its_own_keys_alone(queue: BatchQueue, sender: Sender):
    sender.failing = {"13"}
    asked = operation()

    found = await outcomes(*(queue.want(key, asked) for key in keys(25)))

    assert [index for index, value in enumerate(found) if isinstance(value, UpstreamUnavailable)] == list(range(10, 20))
    assert len(sender.sent) == 3


async def test_a_key_that_failed_is_asked_again(queue: BatchQueue, sender: Sender):
    sender.failing = {"1"}
    assert isinstance((await outcomes(queue.want("1", operation())))[0], UpstreamUnavailable)

    sender.failing = set()
    assert await queue.want("1", operation()) == "value of 1"


async def test_an_error_that_nobody_foresaw_ends_its_batch_and_not_the_queue(sender: Sender):
    async def forgetful(endpoint: Endpoint, asked: Sequence[str], operation: Operation) -> Mapping[str, Any]:
        return {key: "told" for key in asked if key != "2"}

    queue = BatchQueue(DETAIL, forgetful)

    found = await outcomes(queue.want("2", operation()), queue.want("3", operation()))

    assert isinstance(found[0], KeyError)
    assert await queue.want("3", operation()) == "told"


async def test_a_batch_refused_for_its_arguments_is_split_once_by_operation(queue: BatchQueue, sender: Sender):
    sender.refused = {"bad"}
    first, second, third = operation(), operation(), operation()
    asked = [("1", first), ("bad", second), ("2", second), ("3", third), ("4", first)]

    found = await outcomes(*(queue.want(key, by) for key, by in asked))

    assert sender.sent == [["1", "bad", "2", "3", "4"], ["1", "4"], ["bad", "2"], ["3"]]
    assert [payer.ledger for payer in sender.payers] == [first.ledger, first.ledger, second.ledger, third.ledger]
    assert [isinstance(value, BadInput) for value in found] == [False, True, True, False, False]
    assert [value for value in found if not isinstance(value, BadInput)] == ["value of 1", "value of 3", "value of 4"]


async def test_one_operations_refused_batch_is_not_asked_again(queue: BatchQueue, sender: Sender):
    sender.refused = {"bad"}
    asked = operation()

    found = await outcomes(*(queue.want(key, asked) for key in ("1", "bad")))

    assert all(isinstance(value, BadInput) for value in found)
    assert sender.sent == [["1", "bad"]]


async def test_an_outage_of_one_piece_leaves_the_others_their_values(queue: BatchQueue, sender: Sender):
    sender.refused, sender.failing = {"bad"}, {"2"}

    found = await outcomes(*(queue.want(key, operation()) for key in ("1", "bad", "2")))

    assert found[0] == "value of 1"
    assert [type(value) for value in found[1:]] == [BadInput, UpstreamUnavailable]


async def test_a_waiters_cancellation_does_not_cancel_the_others(queue: BatchQueue, sender: Sender):
    sender.gate.clear()
    left, stayed, other = (queue.want(key, operation()) for key in ("1", "1", "2"))
    await _ticks()
    left.cancel()
    await _ticks()
    sender.gate.set()

    assert await outcomes(stayed, other) == ["value of 1", "value of 2"]
    assert left.cancelled()
    assert sender.sent == [["1", "2"]]


async def test_a_failure_that_nobody_waits_for_any_more_is_quiet(queue: BatchQueue, sender: Sender):
    sender.gate.clear()
    sender.failing = {"1"}
    left = queue.want("1", operation())
    await _ticks()
    left.cancel()
    sender.gate.set()
    await _ticks()

    sender.failing = set()
    assert await queue.want("1", operation()) == "value of 1"


async def _ticks() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
