"""How fast and how many at once."""

from __future__ import annotations

import asyncio

import pytest

from store.local import LocalPace
from upstream.limiter import Limiter


def limiter(rate: float, slots: int = 1) -> Limiter:
    return Limiter(LocalPace(), "provider", rate, slots)


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
    unbounded = limiter(0)
    await unbounded.slow_down()

    assert await burst(unbounded) == 100


@pytest.mark.parametrize(("rate", "at_once"), [(5, 10), (0.5, 1), (0.1, 1)])
async def test_a_burst_is_two_seconds_worth_and_at_least_one_call(rate: float, at_once: int):
    assert await burst(limiter(rate)) == at_once


async def test_who_waits_goes_on_when_the_rate_allows():
    quick = limiter(50)
    assert await burst(quick, 200) >= 100

    await asyncio.wait_for(quick.pace(), 5)


async def test_a_refusal_allows_no_new_burst():
    refused = limiter(8)
    assert await burst(refused) == 16

    await refused.slow_down()

    assert await burst(refused) <= 1


async def test_all_who_share_a_pace_share_its_burst():
    pace = LocalPace()
    one, other = (Limiter(pace, "provider", 4, 1) for _ in range(2))

    assert await burst(one) + await burst(other) == 8


async def test_slots_are_as_many_as_given():
    two = limiter(0, slots=2)
    await two.slots.acquire()
    assert not two.slots.locked()
    await two.slots.acquire()

    assert two.slots.locked()
    two.slots.release()
    assert not two.slots.locked()
