"""Keys of all operations leave together, ten at a time, and fail by the batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from loaders.batch import NOT_ASKED, BatchQueue
from loaders.feeding import CURRENT, DESCENT_TICKS, Feeding
from upstream.echotik import ENDPOINTS
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, BudgetExceeded, UpstreamUnavailable
from upstream.operation import Operation

DETAIL = next(endpoint for endpoint in ENDPOINTS if endpoint.route == "echotik.product.detail@v3")
OTHER = next(endpoint for endpoint in ENDPOINTS if endpoint.route == "echotik.video.detail@v3")


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
        assert endpoint in (DETAIL, OTHER)
        self.sent.append(list(keys))
        self.payers.append(operation)
        await self.gate.wait()
        await operation.ledger.charge(DETAIL.title, 1)
        if self.refused & set(keys):
            raise BadInput("ids", "refused")
        if self.failing & set(keys):
            raise UpstreamUnavailable(DETAIL.title, "down")
        return {key: f"value of {key}" for key in keys}


class Queue(BatchQueue):
    """Asked by operations that can add nothing more, unless their feeding is told."""

    def want(self, key: str, operation: Operation, feeding: Feeding | None = None) -> asyncio.Future[Any]:
        return super().want(key, operation, feeding or Feeding())


def operation(seconds: float = 10.0) -> Operation:
    return Operation(time.monotonic() + seconds)


def keys(count: int, start: int = 0) -> list[str]:
    return [str(number) for number in range(start, start + count)]


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def queue(sender: Sender) -> Queue:
    return Queue(DETAIL, sender, wait=60)


async def outcomes(*waits: asyncio.Future[Any]) -> list[Any]:
    return await asyncio.gather(*waits, return_exceptions=True)


async def test_a_full_batch_leaves_at_once_and_the_rest_when_nothing_can_be_added(queue: Queue, sender: Sender):
    asked = operation()
    waits = [queue.want(key, asked) for key in keys(23)]

    assert await outcomes(*waits) == [f"value of {key}" for key in keys(23)]
    assert sender.sent == [keys(10), keys(10, 10), keys(3, 20)]


async def test_keys_of_several_operations_leave_together(queue: Queue, sender: Sender):
    first, second = operation(), operation()
    waits = [queue.want("1", first), queue.want("2", second), queue.want("1", second)]

    assert await outcomes(*waits) == ["value of 1", "value of 2", "value of 1"]
    assert sender.sent == [["1", "2"]]


async def test_who_opened_the_batch_pays_and_the_call_lives_as_long_as_the_last_who_waits(queue: Queue, sender: Sender):
    first, second, third = operation(1), operation(5), operation(9)
    waits = [queue.want("1", first), queue.want("2", second), queue.want("1", third)]
    await outcomes(*waits)

    (payer,) = sender.payers
    assert payer.ledger is first.ledger
    assert payer.deadline == third.deadline
    assert first.deadline < second.deadline < third.deadline


async def test_a_key_in_flight_is_not_asked_again(queue: Queue, sender: Sender):
    sender.gate.clear()
    early = queue.want("1", operation())
    await _ticks()
    late = queue.want("1", operation())
    other = queue.want("2", operation())
    await _ticks()
    sender.gate.set()

    assert await outcomes(early, late, other) == ["value of 1", "value of 1", "value of 2"]
    assert sender.sent == [["1"], ["2"]]


async def test_a_key_that_was_answered_is_asked_again(queue: Queue, sender: Sender):
    for _ in range(2):
        assert await queue.want("1", operation()) == "value of 1"

    assert sender.sent == [["1"], ["1"]]


async def test_a_failed_batch_fails_its_own_keys_alone(queue: Queue, sender: Sender):
    sender.failing = {"13"}
    asked = operation()

    found = await outcomes(*(queue.want(key, asked) for key in keys(25)))

    assert [index for index, value in enumerate(found) if isinstance(value, UpstreamUnavailable)] == list(range(10, 20))
    assert len(sender.sent) == 3


async def test_a_key_that_failed_is_asked_again(queue: Queue, sender: Sender):
    sender.failing = {"1"}
    assert isinstance((await outcomes(queue.want("1", operation())))[0], UpstreamUnavailable)

    sender.failing = set()
    assert await queue.want("1", operation()) == "value of 1"


async def test_an_error_that_nobody_foresaw_ends_its_batch_and_not_the_queue(sender: Sender):
    async def forgetful(endpoint: Endpoint, asked: Sequence[str], operation: Operation) -> Mapping[str, Any]:
        return {key: "told" for key in asked if key != "2"}

    queue = Queue(DETAIL, forgetful)

    found = await outcomes(queue.want("2", operation()), queue.want("3", operation()))

    assert isinstance(found[0], KeyError)
    assert await queue.want("3", operation()) == "told"


async def test_a_batch_refused_for_its_arguments_is_split_once_by_operation(queue: Queue, sender: Sender):
    sender.refused = {"bad"}
    first, second, third = operation(), operation(), operation()
    asked = [("1", first), ("bad", second), ("2", second), ("3", third), ("4", first)]

    found = await outcomes(*(queue.want(key, by) for key, by in asked))

    assert sender.sent == [["1", "bad", "2", "3", "4"], ["1", "4"], ["bad", "2"], ["3"]]
    assert [payer.ledger for payer in sender.payers] == [first.ledger, first.ledger, second.ledger, third.ledger]
    assert [isinstance(value, BadInput) for value in found] == [False, True, True, False, False]
    assert [value for value in found if not isinstance(value, BadInput)] == ["value of 1", "value of 3", "value of 4"]


async def test_whoever_can_pay_asks_for_what_the_one_who_opened_the_batch_cannot(queue: Queue, sender: Sender):
    broke, first, second = operation(), operation(), operation()
    broke.ledger.limit = 0
    asked = [("1", broke), ("2", broke), ("2", first), ("3", second)]

    found = await outcomes(*(queue.want(key, by) for key, by in asked))

    assert sender.sent == [["1", "2", "3"], ["2"], ["3"]]
    assert [payer.ledger for payer in sender.payers[1:]] == [first.ledger, second.ledger]
    assert isinstance(found[0], BudgetExceeded)
    assert found[1:] == ["value of 2", "value of 2", "value of 3"]


async def test_one_operations_refused_batch_is_not_asked_again(queue: Queue, sender: Sender):
    sender.refused = {"bad"}
    asked = operation()

    found = await outcomes(*(queue.want(key, asked) for key in ("1", "bad")))

    assert all(isinstance(value, BadInput) for value in found)
    assert sender.sent == [["1", "bad"]]


async def test_an_outage_of_one_piece_leaves_the_others_their_values(queue: Queue, sender: Sender):
    sender.refused, sender.failing = {"bad"}, {"2"}

    found = await outcomes(*(queue.want(key, operation()) for key in ("1", "bad", "2")))

    assert found[0] == "value of 1"
    assert [type(value) for value in found[1:]] == [BadInput, UpstreamUnavailable]


async def test_a_waiters_cancellation_does_not_cancel_the_others(queue: Queue, sender: Sender):
    sender.gate.clear()
    left, stayed, other = (queue.want(key, operation()) for key in ("1", "1", "2"))
    await _ticks()
    left.cancel()
    await _ticks()
    sender.gate.set()

    assert await outcomes(stayed, other) == ["value of 1", "value of 2"]
    assert left.cancelled()
    assert sender.sent == [["1", "2"]]


async def test_a_failure_that_nobody_waits_for_any_more_is_quiet(queue: Queue, sender: Sender):
    sender.gate.clear()
    sender.failing = {"1"}
    left = queue.want("1", operation())
    await _ticks()
    left.cancel()
    sender.gate.set()
    await _ticks()

    sender.failing = set()
    assert await queue.want("1", operation()) == "value of 1"


# ── what may still add keys ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_part_filled_batch_waits_for_what_may_still_add_keys(queue: Queue, sender: Sender):
    feeding, asked = Feeding(), operation()
    feeding.enter([DETAIL])
    early = queue.want("1", asked, feeding)
    await _ticks()
    assert sender.sent == []

    late = queue.want("2", asked, feeding)
    feeding.leave([DETAIL])

    assert await outcomes(early, late) == ["value of 1", "value of 2"]
    assert sender.sent == [["1", "2"]]


async def test_what_is_asked_a_little_behind_the_answer_that_led_to_it_rides_along(queue: Queue, sender: Sender):
    feeding, asked = Feeding(), operation()

    async def answered() -> str:
        await asyncio.sleep(0.01)
        return "told"

    early = queue.want("1", asked, feeding)
    await feeding.while_awaited(frozenset([DETAIL]), answered())
    for _ in range(DESCENT_TICKS // 2):
        await asyncio.sleep(0)
    late = queue.want("2", asked, feeding)

    assert await outcomes(early, late) == ["value of 1", "value of 2"]
    assert sender.sent == [["1", "2"]]


async def test_a_full_batch_does_not_wait(queue: Queue, sender: Sender):
    feeding, asked = Feeding(), operation()
    feeding.enter([DETAIL])

    waits = [queue.want(key, asked, feeding) for key in keys(12)]
    await _ticks()

    assert sender.sent == [keys(10)]
    feeding.leave([DETAIL])
    await outcomes(*waits)
    assert sender.sent == [keys(10), keys(2, 10)]


async def test_nothing_waits_for_answers_that_feed_another_endpoint(queue: Queue, sender: Sender):
    feeding = Feeding()
    feeding.enter([OTHER])

    assert await queue.want("1", operation(), feeding) == "value of 1"


async def test_a_stuck_feeder_holds_a_batch_no_longer_than_it_may(sender: Sender):
    feeding = Feeding()
    feeding.enter([DETAIL])
    queue = Queue(DETAIL, sender, wait=0.02)

    assert await queue.want("1", operation(), feeding) == "value of 1"


async def test_a_batch_leaves_when_the_operation_that_opened_it_is_done_with_whatever_rides_along(
    queue: Queue, sender: Sender
):
    busy = Feeding()
    busy.enter([DETAIL])

    found = await outcomes(queue.want("1", operation(), Feeding()), queue.want("2", operation(), busy))

    assert found == ["value of 1", "value of 2"]
    assert sender.sent == [["1", "2"]]


async def test_the_rest_of_another_operation_does_not_wait_for_whom_a_full_batch_took_along(
    queue: Queue, sender: Sender
):
    busy = Feeding()
    busy.enter([DETAIL])
    waits = [queue.want(key, operation(), busy) for key in keys(5)]
    waits += [queue.want(key, operation(), Feeding()) for key in keys(7, 5)]

    assert await outcomes(*waits) == [f"value of {key}" for key in keys(12)]
    assert sender.sent == [keys(10), keys(2, 10)]


async def test_fields_that_wait_for_batches_which_have_not_left_do_not_hold_each_other(sender: Sender):
    feeding, asked = Feeding(), operation()
    one, two = Queue(DETAIL, sender, wait=60), Queue(DETAIL, sender, wait=60)

    async def through(queue: Queue, key: str) -> Any:
        waited = queue.want(key, asked, feeding)
        feeder = CURRENT.get()
        assert feeder is not None
        queue.attend(key, feeder, lambda: True)
        return await waited

    fields = (
        feeding.while_awaited(frozenset([DETAIL]), through(queue, key)) for queue, key in ((one, "1"), (two, "2"))
    )

    assert await asyncio.wait_for(asyncio.gather(*fields), 5) == ["value of 1", "value of 2"]


async def test_a_batch_waits_for_one_that_leads_to_it_and_they_never_wait_for_each_other(sender: Sender):
    feeding, asked = Feeding(), operation()
    leading, led = Queue(OTHER, sender, wait=60), Queue(DETAIL, sender, wait=60)

    async def through(queue: Queue, key: str) -> Any:
        waited = queue.want(key, asked, feeding)
        queue.attend(key, CURRENT.get(), lambda: True)
        return await waited

    async def behind(key: str, *keys: str) -> None:
        await through(leading, key)
        await asyncio.gather(*(through(led, each) for each in keys))

    early = led.want("early", asked, feeding)
    field = feeding.while_awaited(frozenset([DETAIL]), behind("1", "2", "3"))
    await asyncio.wait_for(asyncio.gather(field, early), 5)
    assert sender.sent == [["1"], ["early", "2", "3"]]

    sender.sent.clear()
    fields = (
        feeding.while_awaited(frozenset([DETAIL]), through(leading, "4")),
        feeding.while_awaited(frozenset([OTHER]), through(led, "5")),
    )
    await asyncio.wait_for(asyncio.gather(*fields), 5)
    assert sorted(sender.sent) == [["4"], ["5"]]


async def test_a_field_feeds_again_when_its_batch_has_left(queue: Queue, sender: Sender):
    feeding, asked = Feeding(), operation()
    sender.gate.clear()

    async def through() -> Any:
        waited = queue.want("1", asked, feeding)
        feeder = CURRENT.get()
        assert feeder is not None
        queue.attend("1", feeder, lambda: True)
        return await waited

    field = asyncio.ensure_future(feeding.while_awaited(frozenset([DETAIL]), through()))
    await _ticks()
    assert sender.sent == [["1"]]
    queue.want("2", asked, feeding)
    await _ticks()
    assert sender.sent == [["1"]]

    sender.gate.set()
    assert await field == "value of 1"
    await _ticks()
    assert sender.sent == [["1"], ["2"]]


async def test_a_key_that_other_rows_told_meanwhile_is_not_asked(queue: Queue, sender: Sender):
    feeding, asked = Feeding(), operation()
    feeding.enter([DETAIL])
    told, lacking, shared = (queue.want(key, asked, feeding) for key in ("1", "2", "3"))
    queue.attend("1", None, lambda: False)
    queue.attend("2", None, lambda: True)
    queue.attend("3", None, lambda: False)
    queue.attend("3", None, lambda: True)
    feeding.leave([DETAIL])

    assert await outcomes(told, lacking, shared) == [NOT_ASKED, "value of 2", "value of 3"]
    assert sender.sent == [["2", "3"]]


async def test_a_batch_of_which_nothing_is_needed_makes_no_call(queue: Queue, sender: Sender):
    waited = queue.want("1", operation())
    queue.attend("1", None, lambda: False)

    assert await waited is NOT_ASKED
    assert sender.sent == []


async def test_a_batch_whose_first_key_was_told_meanwhile_waits_for_the_next_ones_operation(sender: Sender):
    queue, first, second = Queue(DETAIL, sender, wait=10), Feeding(), Feeding()
    first.enter([DETAIL])
    second.enter([DETAIL])
    asked = operation()
    told = queue.want("1", asked, first)
    queue.attend("1", None, lambda: False)
    rest = [queue.want(key, asked, second) for key in keys(DETAIL.limit - 1, start=2)]
    assert await told is NOT_ASKED

    first.leave([DETAIL])
    await _ticks()
    assert sender.sent == []
    second.leave([DETAIL])
    await outcomes(*rest)
    assert len(sender.sent) == 1


async def _ticks() -> None:
    for _ in range(2 * DESCENT_TICKS):
        await asyncio.sleep(0)
