"""How fast and how many at once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

import upstream.limiter
from upstream.limiter import RECOVERY_SECONDS, SLOWEST, Limiter


async def burst(limiter: Limiter, most: int = 100) -> int:
    """How many calls may leave without a wait."""
    for number in range(most):
        pacing = asyncio.ensure_future(limiter.pace())
        for _ in range(3):
            await asyncio.sleep(0)
        if not pacing.done():
            pacing.cancel()
            return number
    return most


async def test_without_a_rate_nobody_waits():
    limiter = Limiter(0, 1)
    limiter.slow_down()

    assert await burst(limiter) == 100


def rate_of(limiter: Limiter) -> float:
    return limiter._rate


@pytest.mark.parametrize(("rate", "at_once"), [(5, 10), (0.5, 1), (0.1, 1)])
async def test_a_burst_is_two_seconds_worth_and_at_least_one_call(rate: float, at_once: int):
    assert await burst(Limiter(rate, 1)) == at_once


async def test_who_waits_goes_on_when_the_rate_allows():
    limiter = Limiter(50, 1)
    assert await burst(limiter, 200) >= 100

    await asyncio.wait_for(limiter.pace(), 5)


async def test_a_refusal_halves_the_rate_down_to_the_slowest():
    limiter = Limiter(8, 1)
    seen = []
    for _ in range(6):
        limiter.slow_down()
        seen.append(rate_of(limiter))

    assert seen == [4, 2, 1, SLOWEST, SLOWEST, SLOWEST]


async def test_a_refusal_never_quickens_a_rate_that_is_slower_than_the_slowest():
    limiter = Limiter(0.1, 1)
    limiter.slow_down()

    assert rate_of(limiter) <= 0.1


async def test_a_refusal_allows_no_new_burst():
    limiter = Limiter(8, 1)
    assert await burst(limiter) == 16

    limiter.slow_down()

    assert await burst(limiter) <= 1


async def test_after_a_quiet_while_the_rate_comes_back_step_by_step_and_no_further(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(upstream.limiter, "time", SimpleNamespace(monotonic=lambda: now[0]))
    limiter = Limiter(8, 1)
    limiter.slow_down()
    limiter.slow_down()

    seen = []
    for seconds in (RECOVERY_SECONDS - 1, 2, RECOVERY_SECONDS - 1, 2, RECOVERY_SECONDS + 1):
        now[0] += seconds
        await asyncio.wait_for(limiter.pace(), 5)
        seen.append(rate_of(limiter))

    assert seen == [2, 4, 4, 8, 8]


async def test_slots_are_as_many_as_given():
    limiter = Limiter(0, 2)
    await limiter.slots.acquire()
    assert not limiter.slots.locked()
    await limiter.slots.acquire()

    assert limiter.slots.locked()
    limiter.slots.release()
    assert not limiter.slots.locked()
