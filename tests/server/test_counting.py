"""Counting goes on behind who counts, adds together what it can, and tells when it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from store.counting import Counting, ProviderCount
from store.local import LocalTally
from store.tier import Counter, Held, StoreFailed

DAY = "2026-11-21"
HERON, MARSH = Counter("credits.client.heron", DAY), Counter("credits.client.marsh", DAY)
NOON = 1_795_262_400.0  # of that day
DAY_SECONDS = 24 * 3600


class SlowTally(LocalTally):
    """Adds when it is let, and remembers each addition."""

    def __init__(self) -> None:
        super().__init__()
        self.additions: list[tuple[dict[Counter, int], Held | None, int]] = []
        self.begun = 0
        self.let = asyncio.Event()
        self.fails: list[Exception] = []

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        self.begun += 1
        await self.let.wait()
        if self.fails:
            raise self.fails.pop()
        self.additions.append((dict(amounts), held, spent))
        await super().add(amounts, held, spent)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_counted_in_one_turn_is_added_in_one_step():
    tally = SlowTally()
    tally.let.set()
    counting = Counting(tally)

    counting.count({HERON: 1})
    counting.count({HERON: 2, MARSH: 4})
    await counting.written()

    assert tally.additions == [({HERON: 3, MARSH: 4}, None, 0)]


async def test_what_is_counted_while_an_addition_runs_goes_into_the_next():
    tally = SlowTally()
    counting = Counting(tally)
    counting.count({HERON: 1})
    await turns()
    counting.count({HERON: 2})
    counting.count({HERON: 3})
    await turns()
    assert tally.begun == 1

    tally.let.set()
    await counting.written()

    assert [amounts for amounts, _, _ in tally.additions] == [{HERON: 1}, {HERON: 5}]


async def test_what_is_spent_of_one_thing_held_does_not_wait_for_another():
    tally = SlowTally()
    counting = Counting(tally)
    first, second = Held(HERON, "1"), Held(HERON, "2")

    counting.count({HERON: 1}, first, 1)
    counting.count({HERON: 2}, second, 2)
    counting.count({HERON: 3})
    await turns()

    assert tally.begun == 3


async def test_written_waits_for_what_came_before_it_and_not_for_what_comes_after():
    tally = SlowTally()
    counting = Counting(tally)
    counting.count({HERON: 1})
    waiting = asyncio.ensure_future(counting.written())
    await turns()
    assert not waiting.done()

    tally.let.set()
    while not waiting.done():
        counting.count({HERON: 1})
        await asyncio.sleep(0)

    await counting.close()


async def test_with_nothing_counted_there_is_nothing_to_wait_for():
    counting = Counting(LocalTally())

    async with asyncio.timeout(5):
        await counting.written()
        await counting.close()


async def test_leaving_does_not_stop_the_counting():
    tally = SlowTally()
    counting = Counting(tally)
    counting.count({HERON: 1})
    waiting = asyncio.ensure_future(counting.written())
    await turns()
    waiting.cancel()
    await turns()

    tally.let.set()
    await counting.close()

    assert await tally.totals([HERON]) == [1]


@pytest.mark.parametrize("error", [StoreFailed("down"), RuntimeError("a fault")])
async def test_a_tally_that_fails_is_told_in_the_log_and_holds_nobody_up(error: Exception):
    tally = SlowTally()
    tally.let.set()
    tally.fails = [error]
    counting = Counting(tally)

    with capture_logs() as logs:
        counting.count({HERON: 1})
        await counting.written()
        counting.count({HERON: 2})
        await counting.written()

    assert await tally.totals([HERON]) == [2]
    assert [(line["log_level"], line["amounts"]) for line in logs] == [("error", {"credits.client.heron": 1})]


async def test_closing_waits_for_everything():
    tally = SlowTally()
    counting = Counting(tally)
    held = await tally.reserve(HERON, 5, 10, 60)
    counting.count({HERON: 1}, held, 1)
    counting.count({MARSH: 2})
    closing = asyncio.ensure_future(counting.close())
    await turns()
    assert not closing.done()

    tally.let.set()
    await closing

    assert await tally.totals([HERON, MARSH]) == [1, 2]
    assert await tally.held(HERON) == 4


# ── providers ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_calls_of_a_provider_are_counted_at_their_prices_by_utc_day():
    tally = LocalTally()
    now = NOON
    count = ProviderCount(tally, Counting(tally), "echotik", lambda: now)

    for credits in (1, 1, 2):
        count.count(credits)
    assert await count.today() == (3, 4)
    now += DAY_SECONDS
    count.count(5)

    assert await count.today() == (1, 5)
    names = ["calls.provider.echotik", "credits.provider.echotik"]
    assert await tally.totals([Counter(name, DAY) for name in names]) == [3, 4]


async def test_two_who_share_a_tally_count_a_provider_together():
    tally = LocalTally()
    one, other = (ProviderCount(tally, Counting(tally), "echotik", lambda: NOON) for _ in range(2))

    one.count(1)
    other.count(2)
    await one.counted()
    await other.counted()

    assert await one.today() == await other.today() == (2, 3)


async def test_providers_are_counted_apart():
    tally = LocalTally()
    one, other = (ProviderCount(tally, Counting(tally), name, lambda: NOON) for name in ("echotik", "keyapi"))

    one.count(1)

    assert (await one.today(), await other.today()) == ((1, 1), (0, 0))
