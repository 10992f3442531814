"""What a client may spend on a UTC day: set aside, counted, given back; never more than there is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from loaders.budget import Budgets, Day, Purse, Standing
from store.local import LocalTally
from store.tier import Counter, Held, StoreFailed
from upstream.errors import BudgetExceeded
from upstream.operation import Ledger

DAY = "2026-11-21"
NOON = 1_795_262_400.0  # of that day
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DAY_SECONDS = 24 * 3600
LEASE = 60.0
LIMIT = 100


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class BrokenTally(LocalTally):
    """Sets nothing aside, and gives nothing back."""

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        raise StoreFailed("down")

    async def release(self, held: Held) -> None:
        raise StoreFailed("down")


class StalledTally(LocalTally):
    """Sets aside at once, and says so when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        held = await super().reserve(counter, amount, limit, seconds)
        await self.let.wait()
        return held


class LateTally(LocalTally):
    """Adds when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        await self.let.wait()
        await super().add(amounts, held, spent)


class UnsteadyTally(LocalTally):
    """Answers in its own time, as one on another machine does."""

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        await turns(random.randrange(3))
        held = await super().reserve(counter, amount, limit, seconds)
        await turns(random.randrange(3))
        return held

    async def release(self, held: Held) -> None:
        await turns(random.randrange(3))
        await super().release(held)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tally() -> LocalTally:
    return LocalTally()


@pytest.fixture
def budgets(tally: LocalTally, clock: Clock) -> Budgets:
    """heron has 100 credits a day, marsh as many as it likes."""
    return made(tally, clock)


def made(tally: LocalTally, clock: Clock | None = None) -> Budgets:
    return Budgets(tally, {"heron": LIMIT}, 200, clock or Clock())


def counter(what: str, client: str = "heron", day: str = DAY) -> Counter:
    return Counter(f"{what}.client.{client}", day)


async def spend(purse: Purse, *credits: int) -> None:
    for each in credits:
        await purse.afford(each)
        purse.spend(each)


# ── an operation ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_an_operation_may_cost_is_set_aside_and_the_rest_given_back(budgets, tally):
    purse = await budgets.reserve("heron", 30, LEASE)
    assert await budgets.standing("heron") == Standing(LIMIT, 0, 70, MIDNIGHT)

    await spend(purse, 1, 2)
    await purse.counted()
    assert await budgets.standing("heron") == Standing(LIMIT, 3, 70, MIDNIGHT)

    await purse.settle()
    assert await budgets.standing("heron") == Standing(LIMIT, 3, 97, MIDNIGHT)
    assert await tally.totals([counter("credits"), counter("operations")]) == [3, 1]


async def test_what_does_not_fit_is_refused_with_the_estimate_and_what_is_left(budgets):
    other = await budgets.reserve("heron", 30, LEASE)
    await spend(other, 10)
    await other.counted()

    with pytest.raises(BudgetExceeded) as refused:
        await budgets.reserve("heron", 71, LEASE)

    assert "71" in refused.value.message and "70" in refused.value.message and "100" in refused.value.message
    assert refused.value.extensions == {
        "estimate": 71,
        "limit": 100,
        "remaining": 70,
        "resetAt": "2026-11-22T00:00:00+00:00",
    }
    await budgets.reserve("heron", 70, LEASE)


async def test_what_costs_nothing_is_never_refused(budgets, tally):
    await tally.add({counter("credits"): LIMIT + 5})

    purse = await budgets.reserve("heron", 0, LEASE)
    await purse.settle()

    assert await budgets.standing("heron") == Standing(LIMIT, LIMIT + 5, 0, MIDNIGHT)
    assert await tally.totals([counter("operations")]) == [1]


async def test_a_client_without_a_limit_has_nothing_set_aside_and_is_counted(budgets, tally):
    purse = await budgets.reserve("marsh", 10**9, LEASE)
    await spend(purse, 4)
    assert await tally.held(counter("credits", "marsh")) == 0

    await purse.settle()

    assert await budgets.standing("marsh") == Standing(None, 4, None, None)
    assert await tally.totals([counter("operations", "marsh")]) == [1]


async def test_a_retry_that_nobody_foresaw_is_paid_out_of_the_rest_of_the_day(budgets, tally):
    purse = await budgets.reserve("heron", 2, LEASE)

    await spend(purse, 1, 1, 1)
    await purse.settle()

    assert await budgets.standing("heron") == Standing(LIMIT, 3, 97, MIDNIGHT)


async def test_a_retry_that_the_day_cannot_pay_is_refused(budgets):
    await budgets.reserve("heron", LIMIT - 2, LEASE)
    purse = await budgets.reserve("heron", 2, LEASE)
    await spend(purse, 2)

    with pytest.raises(BudgetExceeded) as refused:
        await purse.afford(1)

    assert refused.value.extensions == {"limit": 100}
    await purse.settle()
    assert (await budgets.standing("heron")).used == 2


async def test_calls_that_outlive_their_operation_are_counted(budgets, tally):
    purse = await budgets.reserve("heron", 5, LEASE)
    await spend(purse, 1)
    await purse.settle()

    await spend(purse, 2)
    await budgets.close()

    assert await budgets.standing("heron") == Standing(LIMIT, 3, 97, MIDNIGHT)


async def test_nothing_is_given_back_before_what_was_spent_of_it_is_counted():
    tally = LateTally()
    budgets = made(tally)
    purse = await budgets.reserve("heron", 30, LEASE)
    await spend(purse, 5)
    settling = asyncio.ensure_future(purse.settle())
    await turns()
    assert not settling.done() and (await budgets.standing("heron")).remaining == 70

    tally.let.set()
    await settling

    assert await budgets.standing("heron") == Standing(LIMIT, 5, 95, MIDNIGHT)


async def test_settling_twice_counts_one_operation(budgets, tally):
    purse = await budgets.reserve("heron", 5, LEASE)

    await asyncio.gather(purse.settle(), purse.settle())
    await purse.settle()

    assert await tally.totals([counter("operations")]) == [1]


async def test_an_operation_that_crosses_midnight_stays_on_its_day(budgets, tally, clock):
    purse = await budgets.reserve("heron", 5, LEASE)
    clock.now += DAY_SECONDS
    await spend(purse, 1, 9)
    await purse.settle()

    assert await tally.totals([counter("credits"), counter("operations")]) == [10, 1]
    assert await budgets.standing("heron") == Standing(LIMIT, 0, LIMIT, datetime(2026, 11, 23, tzinfo=UTC))


async def test_a_ledger_tells_the_purse_of_every_credit(budgets, tally):
    purse = await budgets.reserve("heron", 5, LEASE)
    ledger = Ledger(limit=3, spending=purse)

    await ledger.charge("echotik.product.list", 1)
    await ledger.charge("echotik.realtime.product", 2)
    with pytest.raises(BudgetExceeded):
        await ledger.charge("echotik.product.list", 1)
    await ledger.counted()

    assert await tally.totals([counter("credits")]) == [3]


# ── several at once ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_many_that_ask_at_once_no_more_are_let_in_than_the_day_pays(budgets):
    async def ask() -> bool:
        try:
            purse = await budgets.reserve("heron", 7, LEASE)
        except BudgetExceeded:
            return False
        await spend(purse, *[1] * 7)
        await purse.settle()
        return True

    let_in = await asyncio.gather(*(ask() for _ in range(40)))

    assert sum(let_in) == LIMIT // 7
    assert await budgets.standing("heron") == Standing(LIMIT, 98, 2, MIDNIGHT)


@given(st.lists(st.tuples(st.integers(0, 40), st.lists(st.integers(1, 9), max_size=8)), max_size=12))
def test_the_day_is_never_overspent_and_every_credit_is_counted(operations: list[tuple[int, list[int]]]):
    async def run() -> None:
        tally = UnsteadyTally()
        one, other = made(tally), made(tally)
        paid: list[int] = []

        async def operate(budgets: Budgets, estimate: int, prices: list[int]) -> None:
            try:
                purse = await budgets.reserve("heron", estimate, LEASE)
            except BudgetExceeded:
                return
            try:
                for price in prices:
                    await purse.afford(price)
                    purse.spend(price)
                    paid.append(price)
                    await asyncio.sleep(0)
            except BudgetExceeded:
                pass
            finally:
                await purse.settle()

        asked = enumerate(operations)
        await asyncio.gather(*(operate((one, other)[number % 2], *operation) for number, operation in asked))

        assert sum(paid) <= LIMIT
        assert await one.standing("heron") == Standing(LIMIT, sum(paid), LIMIT - sum(paid), MIDNIGHT)

    asyncio.run(run())


# ── leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_leaves_while_its_credits_are_set_aside_leaves_nothing_behind():
    tally = StalledTally()
    budgets = made(tally)
    asking = asyncio.ensure_future(budgets.reserve("heron", 30, LEASE))
    await turns()
    asking.cancel()
    await turns()

    tally.let.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await budgets.close()

    assert await budgets.standing("heron") == Standing(LIMIT, 0, LIMIT, MIDNIGHT)
    assert await tally.totals([counter("operations")]) == [0]


async def test_who_leaves_and_would_have_been_refused_leaves_no_error_behind():
    tally = StalledTally()
    budgets = made(tally)
    asking = asyncio.ensure_future(budgets.reserve("heron", LIMIT + 1, LEASE))
    await turns()
    asking.cancel()
    tally.let.set()
    with pytest.raises(asyncio.CancelledError):
        await asking

    await budgets.close()


async def test_who_leaves_while_it_settles_is_settled(budgets, tally):
    purse = await budgets.reserve("heron", 30, LEASE)
    await spend(purse, 1)
    settling = asyncio.ensure_future(purse.settle())
    await asyncio.sleep(0)
    settling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await settling

    await budgets.close()

    assert await budgets.standing("heron") == Standing(LIMIT, 1, 99, MIDNIGHT)
    assert await tally.totals([counter("operations")]) == [1]


async def test_what_is_never_settled_is_given_back_when_its_lease_ends(clock):
    tally = LocalTally(clock)
    budgets = made(tally, clock)
    await budgets.reserve("heron", 30, LEASE)
    assert (await budgets.standing("heron")).remaining == 70

    clock.now += LEASE + 1

    assert (await budgets.standing("heron")).remaining == LIMIT


# ── a tally that fails ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tally_that_sets_nothing_aside_refuses_nobody_and_is_told_in_the_log():
    tally = BrokenTally()
    budgets = made(tally)

    with capture_logs() as logs:
        purse = await budgets.reserve("heron", 30, LEASE)
        await spend(purse, 2)
        await purse.settle()

    assert await tally.totals([counter("credits"), counter("operations")]) == [2, 1]
    assert {(line["log_level"], line["client"]) for line in logs} == {("warning", "heron")}


async def test_a_tally_that_cannot_give_back_fails_no_operation(tally, monkeypatch):
    budgets = made(tally)
    purse = await budgets.reserve("heron", 30, LEASE)
    monkeypatch.setattr(tally, "release", BrokenTally().release)

    with capture_logs() as logs:
        await purse.settle()

    assert [line["client"] for line in logs] == ["heron"]


# ── what was spent ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_days_are_told_oldest_first_and_today_last_with_those_of_nothing_between(budgets, tally):
    await tally.add({counter("credits", day="2026-11-18"): 5, counter("operations", day="2026-11-18"): 2})
    await tally.add({counter("credits", "marsh", "2026-11-20"): 50})
    purse = await budgets.reserve("heron", 3, LEASE)
    await spend(purse, 3)
    await purse.settle()

    told = await budgets.days("heron", 4)

    assert told == [
        Day(datetime(2026, 11, 18, tzinfo=UTC).date(), 5, 2),
        Day(datetime(2026, 11, 19, tzinfo=UTC).date(), 0, 0),
        Day(datetime(2026, 11, 20, tzinfo=UTC).date(), 0, 0),
        Day(datetime(2026, 11, 21, tzinfo=UTC).date(), 3, 1),
    ]
