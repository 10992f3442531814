"""Calls and credits of a provider: of a day, of a month, and what it gave back."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.counting import Counting, ProviderCount
from store.layered import LayeredStore
from store.local import LocalTally
from store.memory import MemoryStore
from store.redis import RedisTier
from store.sqlite import SqliteTier
from store.tier import Tally, Tier
from tests.store.fake_tier import FakeTier, Kept
from tests.store.redis_server import RedisServer
from tests.store.test_layered import Json


class Calendar:
    """Unix seconds of noon, in UTC, of a day that a test sets."""

    def __init__(self, day: str = "2026-11-21") -> None:
        self.day = day

    def __call__(self) -> float:
        return datetime.fromisoformat(f"{self.day}T12:00:00").replace(tzinfo=UTC).timestamp()


@pytest.fixture
def clock() -> Calendar:
    return Calendar()


def counting(tally: Tally, clock: Calendar) -> ProviderCount:
    return ProviderCount(tally, Counting(tally), "winninghunter", clock)


async def test_a_month_is_the_days_of_it_so_far(clock: Calendar):
    count = counting(LocalTally(clock), clock)
    for day, credits in {"2026-10-31": 100, "2026-11-01": 1, "2026-11-02": 10, "2026-11-30": 1000}.items():
        clock.day = day
        count.count(credits)
    count.count(5000)

    assert (await count.today(), await count.month()) == ((2, 6000), (4, 6011))
    clock.day = "2026-12-01"
    assert (await count.today(), await count.month()) == ((0, 0), (0, 0))


async def test_what_is_given_back_is_no_longer_spent_and_the_call_stays_counted(clock: Calendar):
    count = counting(LocalTally(clock), clock)
    count.count(3)
    count.count(4)
    count.refund(3)

    assert await count.today() == await count.month() == (2, 4)


async def test_what_is_given_back_a_day_later_counts_in_the_month(clock: Calendar):
    count = counting(LocalTally(clock), clock)
    count.count(3)
    clock.day = "2026-11-22"
    count.refund(3)

    assert (await count.today(), await count.month()) == ((0, 0), (1, 0))
    count.count(5)
    clock.day = "2026-12-01"
    count.refund(5)
    assert await count.month() == (0, 0)


async def test_what_is_given_back_is_durable_when_it_is_told_so(clock: Calendar):
    tally = LocalTally(clock)
    one, other = counting(tally, clock), counting(tally, clock)
    one.count(3)
    one.refund(1)
    await one.counted()

    assert await other.today() == (1, 2)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_days_and_refunds_outlive_the_process(kind: str, tmp_path: Path, clock: Calendar):
    async with AsyncExitStack() as stack:
        url = stack.enter_context(RedisServer()).url if kind == "redis" else ""

        @asynccontextmanager
        async def process():
            tier: Tier = RedisTier(url, clock) if url else SqliteTier(tmp_path / "store.sqlite", 1_000_000, clock)
            await tier.open()
            count = counting(tier, clock)
            yield count
            await count.counted()
            await tier.close()

        async with process() as count:
            clock.day = "2026-11-03"
            count.count(7)
            clock.day = "2026-11-21"
            count.count(2)
            count.count(2)
            count.refund(2)
        async with process() as count:
            assert (await count.today(), await count.month()) == ((2, 2), (3, 9))
            count.refund(1)
        async with process() as count:
            assert (await count.today(), await count.month()) == ((2, 1), (3, 8))


async def test_a_month_is_told_though_the_store_fails_meanwhile(clock: Calendar):
    tier = FakeTier(Kept(clock))
    layered = LayeredStore(MemoryStore(1_000_000, clock), tier, Json(), clock)
    await layered.open()
    others = counting(tier.kept.tally, clock)
    others.count(40)
    await others.counted()
    count = counting(layered.tally, clock)
    clock.day = "2026-11-22"
    count.count(2)
    assert await count.month() == (2, 42)

    tier.fails = True
    count.count(2)
    count.refund(1)

    assert await count.month() == (3, 43)
    await layered.close()
