"""Counters and rates of one process: what every tier does, and what its memory keeps of days gone by."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from store.local import KEPT_DAYS, LocalPace, LocalTally
from store.tier import Counter
from tests.store.fake_tier import FakeTier, Kept
from tests.store.tier_contract import (
    ACME,
    DAY,
    LEASE,
    Clock,
    PaceContract,
    TallyContract,
    TierContract,
    WindowContract,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(tier):
    return tier


class TestLocalTally(TallyContract):
    @pytest.fixture
    def tier(self, clock: Clock) -> LocalTally:
        return LocalTally(clock)


class TestLocalPace(PaceContract, WindowContract):
    @pytest.fixture
    def tier(self, clock: Clock) -> LocalPace:
        return LocalPace(clock)


class TestFake(TierContract):
    """The tier that tests set up is one."""

    @pytest.fixture
    def tier(self, clock: Clock) -> FakeTier:
        return FakeTier(Kept(clock), is_open=True)

    @pytest.fixture
    def other(self, tier: FakeTier) -> FakeTier:
        return tier.other()


def counter(days: int) -> Counter:
    """Of the day so many days after DAY."""
    return Counter(ACME.name, (date.fromisoformat(DAY) + timedelta(days=days)).isoformat())


async def test_days_long_gone_are_forgotten(clock: Clock):
    tally = LocalTally(clock)
    for days in range(3):
        await tally.add({counter(days): 5})
        assert await tally.reserve(counter(days), 2, 10, 1_000_000 * LEASE)

    await tally.add({counter(KEPT_DAYS + 1): 1})

    assert await tally.totals([counter(days) for days in range(3)]) == [0, 5, 5]
    assert [await tally.held(counter(days)) for days in range(3)] == [0, 2, 2]


async def test_a_day_before_the_newest_counts_too(clock: Clock):
    tally = LocalTally(clock)
    await tally.add({counter(1): 5})
    await tally.add({ACME: 3})

    assert await tally.totals([ACME, counter(1)]) == [3, 5]


async def test_a_refusal_allows_no_new_burst_before_the_whole_rate_is_back(clock: Clock):
    pace = LocalPace(clock)
    assert [await pace.pace("echotik", 8, 16) for _ in range(16)] == [0] * 16
    clock.now += 100

    await pace.slow_down("echotik", 8, 0.5, 30)

    assert [await pace.pace("echotik", 8, 16) for _ in range(3)] == pytest.approx([0, 0.25, 0.5])
    clock.now += 29
    assert [await pace.pace("echotik", 8, 16) for _ in range(3)] == pytest.approx([0, 0.25, 0.5])
    clock.now += 2
    assert [await pace.pace("echotik", 8, 16) for _ in range(17)] == pytest.approx([0] * 16 + [0.125])


async def test_who_waits_already_when_a_refusal_comes_keeps_the_place(clock: Clock):
    pace = LocalPace(clock)
    waits = [await pace.pace("echotik", 4, 2) for _ in range(4)]
    await pace.slow_down("echotik", 4, 0.5, 30)

    assert [*waits, await pace.pace("echotik", 4, 2)] == pytest.approx([0, 0, 0.25, 0.5, 0.75])
    assert await pace.pace("echotik", 4, 2) == pytest.approx(1.25)
