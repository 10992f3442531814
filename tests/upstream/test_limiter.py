"""How fast and how many at once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

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
    await two.acquire()
    assert two.in_flight < two.max_in_flight
    await two.acquire()

    assert two.in_flight == two.max_in_flight == 2
    two.release()
    assert two.in_flight < two.max_in_flight


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
    monkeypatch.setattr(upstream.limiter, "asyncio", SimpleNamespace(sleep=timeline.sleep, Semaphore=asyncio.Semaphore))
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
