"""How fast and how many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import upstream.limiter
from store.local import LocalPace
from upstream.limiter import Limiter, Rate, Window


def limiter(rate: float, slots: int = 1) -> Limiter:
    return Limiter(LocalPace(), "provider", Rate(rate), slots)


async def burst(limiter: Limiter, most: int = 100) -> int:
    """How many calls may leave without a wait."""
    for number in range(most):
        pacing = asyncio.ensure_future(limiter.pace())
        for _ in range(5):
            await asyncio.sleep(0)
        if not pacing.done():
            pacing.cancel()
            return number
    return most


@pytest.mark.parametrize("bound", [Rate(0), Window(0, 60)])
async def test_without_a_bound_nobody_waits(bound: Rate | Window):
    unbounded = Limiter(LocalPace(), "provider", bound, 1)
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


@pytest.mark.parametrize("bound", [Rate(4), Window(8, 60)])
async def test_all_who_share_a_pace_share_its_burst(bound: Rate | Window):
    pace = LocalPace()
    one, other = (Limiter(pace, "provider", bound, 1) for _ in range(2))

    assert await burst(one, 5) + await burst(other) == 8


async def test_slots_are_as_many_as_given():
    two = limiter(0, slots=2)
    await two.acquire("ann")
    assert two.in_flight < two.max_in_flight
    await two.acquire("bob")

    assert two.in_flight == two.max_in_flight == 2
    two.release("ann")
    assert two.in_flight < two.max_in_flight


# ── fair shares ───────────────────────────────────────────────────────────────────────────────────────────────────


class Crowd:
    """Clients that ask for slots; each is served until the test ends that.

    served   who got a slot, in order
    """

    def __init__(self, slots: int) -> None:
        self.limiter = limiter(0, slots=slots)
        self.served: list[tuple[str, int]] = []
        self.tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._ends: dict[tuple[str, int], asyncio.Event] = {}

    async def asks(self, client: str, count: int = 1) -> None:
        for _ in range(count):
            who = client, len(self.tasks)
            self._ends[who] = asyncio.Event()
            self.tasks[who] = asyncio.create_task(self._serve(who))
        await turns()

    async def ends(self, who: tuple[str, int]) -> None:
        """It has been served."""
        self._ends[who].set()
        await turns()

    async def leaves(self, who: tuple[str, int]) -> None:
        """Whether it was served or waits."""
        self.tasks[who].cancel()
        await turns()

    async def leaves_as_another_ends(self, leaving: tuple[str, int], ending: tuple[str, int]) -> None:
        """In the same turn, so that it may be given the slot in the moment in which it leaves."""
        self._ends[ending].set()
        await asyncio.sleep(0)
        self.tasks[leaving].cancel()
        await turns()

    @property
    def holding(self) -> list[tuple[str, int]]:
        return [who for who in self.served if not self.tasks[who].done()]

    @property
    def waiting(self) -> list[tuple[str, int]]:
        return [who for who, task in self.tasks.items() if who not in self.served and not task.done()]

    async def _serve(self, who: tuple[str, int]) -> None:
        await self.limiter.acquire(who[0])
        self.served.append(who)
        try:
            await self._ends[who].wait()
        finally:
            self.limiter.release(who[0])


async def turns() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def test_one_client_s_many_calls_do_not_hold_up_another_s_single_one():
    crowd = Crowd(4)
    await crowd.asks("ann", 200)
    await crowd.asks("bob")

    await crowd.ends(crowd.holding[0])

    assert crowd.served[-1][0] == "bob"


async def test_clients_that_wait_take_turns_and_each_in_the_order_of_its_calls():
    crowd = Crowd(1)
    await crowd.asks("ann", 4)
    await crowd.asks("bob", 3)
    await crowd.asks("cat")

    while crowd.holding:
        await crowd.ends(crowd.holding[0])

    assert [client for client, _ in crowd.served] == ["ann", "ann", "bob", "cat", "ann", "bob", "ann", "bob"]
    for client in ("ann", "bob"):
        numbers = [number for each, number in crowd.served if each == client]
        assert numbers == sorted(numbers)


async def test_a_client_alone_may_hold_every_slot():
    crowd = Crowd(4)
    await crowd.asks("ann", 4)

    assert len(crowd.holding) == 4


@given(
    slots=st.integers(1, 4),
    steps=st.lists(
        st.tuples(st.sampled_from(["asks", "ends", "leaves", "both"]), st.sampled_from("abc"), st.integers(0, 9)),
        max_size=40,
    ),
)
def test_slots_are_shared_fairly_whatever_comes_and_goes(slots: int, steps: list[tuple[str, str, int]]):
    async def run() -> None:
        crowd = Crowd(slots)
        for step, client, number in steps:
            waited, held = {each for each, _ in crowd.waiting}, Counter(each for each, _ in crowd.holding)
            served = len(crowd.served)
            if step == "asks":
                await crowd.asks(client, 1 + number % 4)
            elif step == "ends" and crowd.holding:
                who = crowd.holding[number % len(crowd.holding)]
                held[who[0]] -= 1
                await crowd.ends(who)
                if waited:
                    ((came, _),) = crowd.served[served:]
                    assert held[came] == min(held[each] for each in waited)
            elif step == "leaves" and crowd.waiting:
                await crowd.leaves(crowd.waiting[number % len(crowd.waiting)])
            elif step == "both" and crowd.holding and crowd.waiting:
                await crowd.leaves_as_another_ends(crowd.waiting[0], crowd.holding[0])
            assert crowd.limiter.in_flight == len(crowd.holding) <= slots
            assert len(crowd.holding) == slots or not crowd.waiting
        while crowd.holding:
            await crowd.ends(crowd.holding[0])
        assert not crowd.waiting
        assert crowd.limiter.in_flight == 0

    asyncio.run(run())


# ── windows ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Timeline:
    """The time that a limiter goes by: it passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        for _ in iter(lambda: self.now < until, False):
            await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        self.now += seconds
        for _ in range(5):
            await asyncio.sleep(0)


class Windowed:
    """A limiter of a window, who waits for it, and when they left.

    asked   the windows that the pace was asked for
    """

    def __init__(self, timeline: Timeline, most: int, seconds: float) -> None:
        self.asked: list[tuple[str, int, float]] = []
        self.left: list[float] = []
        self._timeline = timeline
        self._began = timeline.now
        self._pace = LocalPace(timeline.monotonic)
        self._waiting: list[asyncio.Task[None]] = []
        self.limiter = Limiter(self, "provider", Window(most, seconds), 1)

    async def pace(self, name: str, rate: float, burst: float) -> float:
        raise AssertionError("a window has no rate")

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        raise AssertionError("a window has no rate")

    async def window(self, name: str, most: int, seconds: float) -> float:
        self.asked.append((name, most, seconds))
        return await self._pace.window(name, most, seconds)

    async def calls(self, count: int) -> list[asyncio.Task[None]]:
        """So many come."""
        calls = [asyncio.ensure_future(self._call()) for _ in range(count)]
        await self._timeline.passes(0)
        return calls

    async def _call(self) -> None:
        await self.limiter.pace()
        self.left.append(self._timeline.now - self._began)


@pytest.fixture
def timeline(monkeypatch: pytest.MonkeyPatch) -> Timeline:
    timeline = Timeline()
    monkeypatch.setattr(upstream.limiter, "time", timeline)
    monkeypatch.setattr(upstream.limiter, "asyncio", SimpleNamespace(sleep=timeline.sleep))
    return timeline


async def test_a_windowful_leaves_at_once_and_the_next_when_the_window_has_room(timeline: Timeline):
    windowed = Windowed(timeline, 55, 60)
    calls = await windowed.calls(60)
    assert windowed.left == [0] * 55

    await timeline.passes(60)
    assert len(windowed.left) == 55
    await timeline.passes(2)

    assert len(windowed.left) == 60
    assert all(call.done() for call in calls)


async def test_a_window_is_kept_somewhat_longer_than_it_is(timeline: Timeline):
    windowed = Windowed(timeline, 55, 60)
    await windowed.calls(1)

    ((name, most, seconds),) = windowed.asked
    assert (name, most) == ("provider", 55)
    assert seconds == pytest.approx(61.2)


async def test_who_stops_waiting_loses_the_place(timeline: Timeline):
    windowed = Windowed(timeline, 1, 50)
    _, waiting = await windowed.calls(2)
    waiting.cancel()
    await windowed.calls(1)

    await timeline.passes(52)
    assert windowed.left == [0]
    await timeline.passes(52)
    assert windowed.left == [0, 104]


@pytest.mark.parametrize(("seconds", "quiet"), [(60, 2), (0.5, 0.5)])
async def test_after_a_refusal_no_call_leaves_for_two_seconds_or_a_shorter_window(
    timeline: Timeline, seconds: float, quiet: float
):
    windowed = Windowed(timeline, 5, seconds)
    await windowed.limiter.slow_down()
    await windowed.calls(5)
    await timeline.passes(quiet - 0.01)
    assert not windowed.left
    assert not windowed.asked

    await timeline.passes(0.02)

    assert windowed.left == pytest.approx([quiet + 0.01] * 5)


async def test_a_place_that_comes_while_the_provider_refuses_is_given_up_for_another(timeline: Timeline):
    windowed = Windowed(timeline, 1, 50)
    await windowed.calls(2)
    await timeline.passes(50.5)
    await windowed.limiter.slow_down()

    await timeline.passes(1)
    await timeline.passes(1)
    assert windowed.left == [0]
    await timeline.passes(51)

    assert windowed.left == [0, 103.5]


async def test_a_place_that_comes_after_the_refusal_is_kept(timeline: Timeline):
    windowed = Windowed(timeline, 1, 50)
    await windowed.calls(2)
    await windowed.limiter.slow_down()

    await timeline.passes(51)

    assert windowed.left == [0, 51]


async def test_a_refusal_while_calls_wait_for_the_end_of_another_is_waited_for_too(timeline: Timeline):
    windowed = Windowed(timeline, 5, 60)
    await windowed.limiter.slow_down()
    await windowed.calls(1)
    await timeline.passes(1)
    await windowed.limiter.slow_down()
    await timeline.passes(1.5)
    assert windowed.left == []

    await timeline.passes(1)

    assert windowed.left == [3.5]
    assert len(windowed.asked) == 1
