"""A provider that can only fail is not asked, and tried again after a pause."""

from __future__ import annotations

import pytest

from entities.vocabulary import CircuitState
from upstream.breaker import OUTAGES, Breaker, Pauses
from upstream.errors import (
    BadInput,
    BadResponse,
    Forbidden,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    Unauthenticated,
    UnknownRoute,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)

CALL = "echotik.product.list"
QUOTA, AUTH, OUTAGE = QuotaExhausted(CALL, "used up"), Unauthenticated(CALL, "who?"), UpstreamUnavailable(CALL, "down")
CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN


class Clock:
    """Monotonic seconds as a test sets them."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(Pauses(quota=600, auth=60, outage=5), clock)


def is_asked(breaker: Breaker) -> bool:
    try:
        breaker.check(CALL)
    except UpstreamError:
        return False
    return True


def test_a_new_circuit_is_closed(breaker: Breaker):
    assert breaker.state is CLOSED
    assert is_asked(breaker) and is_asked(breaker)


@pytest.mark.parametrize(("error", "pause"), [(QUOTA, 600), (AUTH, 60)])
def test_what_would_repeat_opens_it_at_once_for_its_own_pause(
    error: UpstreamError, pause: float, breaker: Breaker, clock: Clock
):
    breaker.failed(error)

    assert breaker.state is OPEN
    clock.now += pause - 0.1
    assert breaker.state is OPEN and not is_asked(breaker)
    clock.now += 0.2
    assert breaker.state is HALF_OPEN and is_asked(breaker)


@pytest.mark.parametrize("error", [QUOTA, AUTH, OUTAGE])
def test_who_is_not_asked_is_told_the_cause_and_may_not_retry(error: UpstreamError, breaker: Breaker):
    for _ in range(OUTAGES):
        breaker.failed(error)

    with pytest.raises(type(error)) as told:
        breaker.check("echotik.product.detail")
    assert told.value.code == error.code
    assert told.value.endpoint == "echotik.product.detail"
    assert told.value.attempts_left == 0
    assert error.message in told.value.message


def test_half_open_lets_one_call_try(breaker: Breaker, clock: Clock):
    breaker.failed(QUOTA)
    clock.now += 601

    assert [is_asked(breaker) for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.state is CLOSED
    assert is_asked(breaker) and is_asked(breaker)


def test_a_trial_that_fails_the_same_way_opens_it_again_for_the_whole_pause(breaker: Breaker, clock: Clock):
    breaker.failed(QUOTA)
    clock.now += 601
    assert is_asked(breaker)
    breaker.failed(QUOTA)

    assert breaker.state is OPEN
    clock.now += 599
    assert not is_asked(breaker)
    clock.now += 2
    assert is_asked(breaker)


@pytest.mark.parametrize("error", [RateLimited(CALL, "slowly"), Forbidden(CALL, "no"), BadResponse(CALL, "odd")])
def test_a_trial_that_ends_undecided_lets_the_next_call_try(error: ShopgraphError, breaker: Breaker, clock: Clock):
    breaker.failed(AUTH)
    clock.now += 61
    assert is_asked(breaker)
    breaker.failed(error)

    assert breaker.state is HALF_OPEN and is_asked(breaker)


def test_a_trial_whose_arguments_are_refused_shows_that_the_provider_is_well(breaker: Breaker, clock: Clock):
    breaker.failed(AUTH)
    clock.now += 61
    assert is_asked(breaker)
    breaker.failed(BadInput("ids", "odd"))

    assert breaker.state is CLOSED


def test_an_outage_of_a_call_that_left_before_does_not_shorten_the_pause(breaker: Breaker, clock: Clock):
    breaker.failed(QUOTA)
    breaker.failed(OUTAGE)

    clock.now += 6
    assert breaker.state is OPEN
    with pytest.raises(QuotaExhausted):
        breaker.check(CALL)


def test_a_trial_that_was_cancelled_lets_the_next_call_try(breaker: Breaker, clock: Clock):
    breaker.failed(AUTH)
    clock.now += 61
    assert is_asked(breaker) and not is_asked(breaker)
    breaker.ended()

    assert is_asked(breaker)


def test_a_trial_that_meets_an_outage_opens_it_for_the_pause_of_an_outage(breaker: Breaker, clock: Clock):
    breaker.failed(QUOTA)
    clock.now += 601
    assert is_asked(breaker)
    breaker.failed(OUTAGE)

    assert breaker.state is OPEN
    clock.now += 5
    assert breaker.state is HALF_OPEN


@pytest.mark.parametrize("error", [OUTAGE, UpstreamTimeout(CALL, "no answer")])
def test_many_outages_in_a_row_open_it(error: UpstreamError, breaker: Breaker, clock: Clock):
    for _ in range(OUTAGES - 1):
        breaker.failed(error)
    assert breaker.state is CLOSED

    breaker.failed(error)

    assert breaker.state is OPEN
    clock.now += 5
    assert breaker.state is HALF_OPEN


def test_an_answer_in_between_begins_the_count_anew(breaker: Breaker):
    for _ in range(OUTAGES - 1):
        breaker.failed(OUTAGE)
    breaker.succeeded()
    for _ in range(OUTAGES - 1):
        breaker.failed(OUTAGE)

    assert breaker.state is CLOSED


@pytest.mark.parametrize(
    "error",
    [
        BadInput("ids", "odd"),
        BadResponse(CALL, "not JSON"),
        UnknownRoute(CALL, "404"),
        RateLimited(CALL, "slowly"),
        Forbidden(CALL, "not this route"),
    ],
)
def test_what_is_no_fault_of_the_whole_provider_never_opens_it(error: ShopgraphError, breaker: Breaker):
    for _ in range(10 * OUTAGES):
        breaker.failed(error)

    assert breaker.state is CLOSED and is_asked(breaker)
