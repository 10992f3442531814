"""Memory in front of a tier: who asks waits for it no longer than it is worth, and never gets less than was put."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

import store.attached
import store.behind
import store.guard
import store.layered
import store.shared
from store.entry import Entry, Key
from store.guard import Guard
from store.layered import TOLD_KEYS, TOLD_SECONDS, LayeredStore, Undecodable
from store.local import LocalPace
from store.memory import OVERHEAD, MemoryStore
from store.shared import SharedPace
from store.tier import Counter, Stored
from tests.store.fake_tier import FakeTier, Kept
from tests.store.tier_contract import ACME, LEASE, Clock, PaceContract, TallyContract, WindowContract, fullest

PROPERTY = settings(max_examples=150, deadline=None, database=None)
LIMIT = 0.1
"""Seconds for which a tier that hangs is waited for in these tests."""

SOON = 5.0
"""Seconds within which what is done behind the responses is done, on a busy machine too."""

EACH = OVERHEAD + 100
OTHER = Counter("calls.echotik", ACME.day)


class Json:
    """A codec of one layout, for what JSON has."""

    def __init__(self, layout: bytes = b"1") -> None:
        self.layout = layout

    def encode(self, key: Key, value: Any) -> bytes:
        return self.layout + json.dumps(value).encode()

    def decode(self, key: Key, data: bytes) -> Any:
        if not data.startswith(self.layout):
            raise Undecodable("another layout")
        return json.loads(data[1:])


class Monotonic:
    """The time that pauses are measured by."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tier(clock: Clock) -> FakeTier:
    return FakeTier(Kept(clock))


@pytest.fixture
async def layered(tier: FakeTier, clock: Clock) -> AsyncIterator[LayeredStore]:
    async with opened(tier, clock) as layered:
        yield layered


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    """Pauses end when the test says so."""
    steady = Monotonic()
    monkeypatch.setattr(store.guard, "time", steady)
    return steady


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.attached, "GATHER_SECONDS", 0.001)
    monkeypatch.setattr(store.attached, "PAUSE_SECONDS", 0.002)
    for module in (store.attached, store.shared):
        monkeypatch.setattr(module, "ASK_SECONDS", SOON)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store.attached, store.shared):
        monkeypatch.setattr(module, "ASK_SECONDS", LIMIT)


@asynccontextmanager
async def opened(tier: FakeTier | None, clock: Clock, room: int = 1000 * EACH) -> AsyncIterator[LayeredStore]:
    layered = LayeredStore(MemoryStore(room, clock), tier, Json(), clock)
    await layered.open()
    yield layered
    if tier is not None:
        tier.answer.set()
    await layered.close()


async def until(told: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        for _ in iter(lambda: bool(told()), True):
            await asyncio.sleep(0.001)


def entry(clock: Clock, value: Any, *, age: float = 0, lasts: float = 3600, weight: int = 100) -> Entry:
    """Something fetched `age` seconds ago that is fresh for `lasts` more."""
    return Entry(value, clock.now - age, clock.now + lasts, weight)


def stored(clock: Clock, value: Any, *, age: float = 0, lasts: float = 3600) -> Stored:
    return Stored(Json().encode(("",), value), clock.now - age, clock.now + lasts)


def keys(names: str) -> list[Key]:
    return [("scope", name) for name in names]


def in_tier(name: str) -> str:
    return f"scope\x1f{name}"


async def put(layered: LayeredStore, **entries: Entry) -> None:
    await layered.put([(("scope", name), told) for name, told in entries.items()])


def hold_up(seconds: float) -> None:
    """As long work of this process does."""
    time.sleep(seconds)


def values(found: list[Entry | None]) -> list[Any]:
    return [None if held is None else held.value for held in found]


async def got(layered: LayeredStore, names: str, *, since: float = 0, stale: bool = False) -> list[Any]:
    return values(await layered.get(keys(names), since=since, stale=stale))


# ── what is read ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_tier_memory_is_all_there_is(clock: Clock):
    async with opened(None, clock) as layered:
        await put(layered, a=entry(clock, 1), b=entry(clock, 2, lasts=-1))

        assert await got(layered, "bxa") == [None, None, 1]
        assert await got(layered, "bxa", stale=True) == [2, None, 1]
        assert values(await layered.recheck(keys("a"))) == [1]
        async with layered.claimed(keys("ab")) as mine:
            assert mine == [True, True]
        assert layered.failures == 0


async def test_what_memory_has_is_asked_of_nobody(layered: LayeredStore, tier: FakeTier, clock: Clock):
    await put(layered, a=entry(clock, 1), b=entry(clock, 2))

    assert await got(layered, "ba") == [2, 1]
    assert values(await layered.recheck(keys("ab"))) == [1, 2]
    assert tier.questions("read") == []


async def test_to_take_from_memory_is_to_wait_for_nothing(layered: LayeredStore, clock: Clock):
    await put(layered, a=entry(clock, 1))
    getting = layered.get(keys("a"))

    with pytest.raises(StopIteration) as done:
        getting.send(None)
    assert values(done.value.value) == [1]


async def test_what_memory_lacks_is_read_at_once_and_then_remembered(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.kept.entries |= {in_tier("b"): stored(clock, {"é": [1, None]}), in_tier("c"): stored(clock, 3)}
    await put(layered, a=entry(clock, 1))

    for _ in range(2):
        assert await got(layered, "cabxc") == [3, 1, {"é": [1, None]}, None, 3]
    assert tier.questions("read") == [[in_tier("c"), in_tier("b"), in_tier("x")]]


async def test_the_times_of_what_is_read_are_those_of_its_write(layered: LayeredStore, tier: FakeTier, clock: Clock):
    tier.kept.entries[in_tier("a")] = Stored(b'1"x"', clock.now - 7.5, float("inf"))

    (found,) = await layered.get(keys("a"))

    assert found is not None
    assert (found.fetched_at, found.expires_at) == (clock.now - 7.5, float("inf"))


async def test_what_the_tier_lacks_is_not_asked_again_for_a_while(layered: LayeredStore, tier: FakeTier, clock: Clock):
    for _ in range(3):
        assert await got(layered, "ab") == [None, None]
    assert await got(layered, "abc") == [None, None, None]
    assert tier.questions("read") == [[in_tier("a"), in_tier("b")], [in_tier("c")]]

    tier.kept.entries[in_tier("a")] = stored(clock, 1)
    clock.now += TOLD_SECONDS + 1
    assert await got(layered, "a") == [1]


async def test_the_last_look_before_a_call_asks_the_tier_all_the_same(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    assert await got(layered, "a") == [None]
    tier.kept.entries[in_tier("a")] = stored(clock, 1)

    assert await got(layered, "a") == [None]
    assert values(await layered.recheck(keys("a"), since=clock.now + 1)) == [None]
    assert values(await layered.recheck(keys("a"))) == [1]
    assert await got(layered, "a") == [1]


async def test_what_is_put_is_no_longer_taken_for_absent(tier: FakeTier, clock: Clock):
    async with opened(tier, clock, room=EACH) as layered:
        assert await got(layered, "a") == [None]
        await put(layered, a=entry(clock, 1))
        await put(layered, b=entry(clock, 2))
        await until(lambda: len(tier.kept.entries) == 2)

        assert await got(layered, "ba") == [2, 1]


async def test_no_more_keys_are_taken_for_absent_than_there_is_room_for(
    layered: LayeredStore, tier: FakeTier, monkeypatch
):
    monkeypatch.setattr(store.layered, "TOLD_KEYS", 3)
    assert TOLD_KEYS > 1000
    await got(layered, "abcdef")
    await got(layered, "abcdef")

    assert tier.questions("read")[1] == [in_tier(name) for name in "abc"]


async def test_a_stale_entry_is_given_to_who_asks_for_it(layered: LayeredStore, tier: FakeTier, clock: Clock):
    tier.kept.entries[in_tier("a")] = stored(clock, 1, lasts=-10)
    for _ in range(3):
        assert await got(layered, "a") == [None]
    assert len(tier.questions("read")) == 1

    assert await got(layered, "a", stale=True) == [1]
    assert await got(layered, "a", stale=True) == [1]
    assert len(tier.questions("read")) == 2


async def test_what_was_fetched_too_early_is_not_given(layered: LayeredStore, tier: FakeTier, clock: Clock):
    tier.kept.entries[in_tier("a")] = stored(clock, 1, age=30)
    await put(layered, b=entry(clock, 2, age=30))

    assert await got(layered, "ab", since=clock.now - 29) == [None, None]
    assert await got(layered, "ab", since=clock.now - 29) == [None, None]
    assert len(tier.questions("read")) == 1
    assert await got(layered, "ab", since=clock.now - 30) == [1, 2]


async def test_what_another_fetched_since_is_found_in_place_of_what_is_stale_here(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    await put(layered, a=entry(clock, "mine", lasts=10))
    await until(lambda: tier.kept.entries)
    clock.now += 20
    await tier.other().write({in_tier("a"): stored(clock, "theirs")})

    assert await got(layered, "a") == ["theirs"]


async def test_what_is_newer_and_stale_here_is_not_undone_by_what_is_older_there(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.hangs = frozenset({"write"})
    tier.kept.entries[in_tier("a")] = stored(clock, "older", age=60)
    await put(layered, a=entry(clock, "newer", lasts=1))
    clock.now += 2

    assert await got(layered, "a") == [None]
    assert await got(layered, "a", stale=True) == ["newer"]


async def test_what_is_put_while_the_tier_is_read_is_newer_than_what_it_tells(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.kept.entries[in_tier("a")] = stored(clock, "older", age=60)
    tier.hangs = frozenset({"read", "write"})
    reading = asyncio.ensure_future(got(layered, "a"))
    await until(lambda: tier.questions("read"))
    await put(layered, a=entry(clock, "newer"))
    tier.answer.set()

    assert await reading == ["newer"]
    assert await got(layered, "a") == ["newer"]


@pytest.mark.parametrize("data", [b'2"another layout"', b"1{damaged", b""])
async def test_bytes_that_tell_nothing_are_as_good_as_none(
    data: bytes, layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.kept.entries[in_tier("a")] = Stored(data, clock.now, clock.now + 60)
    tier.kept.entries[in_tier("b")] = stored(clock, 2)

    with capture_logs() as logs:
        for _ in range(2):
            assert await got(layered, "ab") == [None, 2]
    assert len(tier.questions("read")) == 1
    assert [line["of"] for line in logs] == (["scope"] if data.startswith(b"1") else [])

    await put(layered, a=entry(clock, 3))
    assert await got(layered, "a") == [3]


async def test_others_are_served_while_much_is_decoded(layered: LayeredStore, tier: FakeTier, clock: Clock):
    many: list[Key] = [("scope", str(number)) for number in range(2000)]
    tier.kept.entries |= {"\x1f".join(key): stored(clock, key[1]) for key in many}
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    serving = asyncio.ensure_future(others())
    assert values(await layered.get(many)) == [name for _, name in many]
    serving.cancel()
    assert turns >= 10


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_put_is_written_together_behind_the_response(layered: LayeredStore, tier: FakeTier, clock: Clock):
    putting = layered.put([(key, entry(clock, 1)) for key in keys("ab")])
    with pytest.raises(StopIteration):
        putting.send(None)
    await put(layered, a=entry(clock, 2, lasts=90))
    assert await got(layered, "ab") == [2, 1]

    await until(lambda: tier.questions("write"))

    written = {in_tier("a"): stored(clock, 2, lasts=90), in_tier("b"): stored(clock, 1)}
    assert tier.questions("write") == [written]
    assert tier.kept.entries == written


async def test_as_shipped_what_is_put_is_written_well_within_a_second(tier: FakeTier, clock: Clock, monkeypatch):
    monkeypatch.undo()
    async with opened(tier, clock) as layered:
        begun = time.monotonic()
        await put(layered, a=entry(clock, 1))
        await until(lambda: tier.kept.entries)
        assert time.monotonic() - begun < 0.5


async def test_what_another_server_put_is_read_here(layered: LayeredStore, tier: FakeTier, clock: Clock):
    async with opened(FakeTier(tier.kept), clock) as other:
        await put(other, a=entry(clock, {"n": 1}))
        await until(lambda: tier.kept.entries)
    assert await got(layered, "a") == [{"n": 1}]


async def test_what_waits_to_be_written_is_found_though_memory_has_no_room_for_it(tier: FakeTier, clock: Clock):
    tier.hangs = frozenset({"write"})
    tier.kept.entries[in_tier("a")] = stored(clock, "older", age=60)
    async with opened(tier, clock, room=EACH) as layered:
        await put(layered, a=entry(clock, 1), b=entry(clock, 2), c=entry(clock, 3))

        assert await got(layered, "abc") == [1, 2, 3]
        assert tier.questions("read") == []


async def test_what_is_put_while_its_key_is_being_written_is_written_next(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.hangs = frozenset({"write"})
    await put(layered, a=entry(clock, 1))
    await until(lambda: tier.questions("write"))
    await put(layered, a=entry(clock, 2))
    tier.answer.set()

    await until(lambda: tier.kept.entries.get(in_tier("a")) == stored(clock, 2))


async def test_an_older_answer_does_not_take_the_place_of_one_that_waits(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    await put(layered, a=entry(clock, "new"))
    await put(layered, a=entry(clock, "old", age=5))

    assert await got(layered, "a") == ["new"]
    await until(lambda: tier.kept.entries)
    assert tier.questions("write") == [{in_tier("a"): stored(clock, "new")}]


async def test_much_is_written_in_pieces(layered: LayeredStore, tier: FakeTier, clock: Clock, monkeypatch):
    monkeypatch.setattr(store.behind, "BATCH_BYTES", 500)
    monkeypatch.setattr(store.behind, "BATCH_ENTRIES", 3)
    weights = [200] * 6 + [600, 400, 200]
    await put(layered, **{name: entry(clock, 1, weight=w) for name, w in zip("abcdefghi", weights, strict=True)})

    await until(lambda: len(tier.kept.entries) == 9)
    assert [len(write) for write in tier.questions("write")] == [2, 2, 2, 1, 1, 1]


async def test_what_cannot_be_encoded_keeps_nothing_else_from_the_tier(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.kept.entries[in_tier("a")] = stored(clock, "older", age=60)
    with capture_logs() as logs:
        await put(layered, a=entry(clock, {1, 2}), b=entry(clock, 2))
        await until(lambda: in_tier("b") in tier.kept.entries)
        await put(layered, c=entry(clock, {1}))
        await until(lambda: len(logs) == 2)

    assert await got(layered, "abc") == [{1, 2}, 2, {1}]
    assert [(line["event"], line["of"]) for line in logs] == [("not stored", "scope")] * 2
    assert len(tier.questions("write")) == 1


async def test_what_is_put_at_the_end_is_written_before_the_tier_is_closed(tier: FakeTier, clock: Clock):
    async with opened(tier, clock) as layered:
        await put(layered, a=entry(clock, 1))

    assert tier.kept.entries == {in_tier("a"): stored(clock, 1)}
    assert [name for name, _ in tier.asked] == ["open", "write", "close"]


async def test_what_waited_for_a_tier_that_was_down_is_written_at_the_end(tier: FakeTier, clock: Clock, steady):
    async with opened(tier, clock) as layered:
        tier.fails = True
        await put(layered, a=entry(clock, 1))
        await until(lambda: layered.failures)
        tier.fails = False

    assert tier.kept.entries == {in_tier("a"): stored(clock, 1)}


async def test_a_tier_that_is_down_at_the_end_holds_nobody_up(tier: FakeTier, clock: Clock):
    with capture_logs() as logs:
        async with opened(tier, clock) as layered:
            tier.fails = True
            await put(layered, a=entry(clock, 1), b=entry(clock, 2))

    assert {"event": "not stored", "entries": 2, "log_level": "warning"} in logs


async def test_a_tier_that_hangs_at_the_end_is_not_waited_for_long(tier: FakeTier, clock: Clock, monkeypatch):
    monkeypatch.setattr(store.attached, "CLOSE_SECONDS", LIMIT)
    layered = LayeredStore(MemoryStore(EACH, clock), tier, Json(), clock)
    await layered.open()
    tier.hangs = frozenset({"write", "close"})
    await put(layered, a=entry(clock, 1))

    async with asyncio.timeout(SOON):
        await layered.close()


# ── a tier that fails ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tier_that_fails_is_done_without_and_left_alone_for_a_while(
    layered: LayeredStore, tier: FakeTier, clock: Clock, steady: Monotonic
):
    tier.kept.entries[in_tier("a")] = stored(clock, 1)
    tier.fails = True
    with capture_logs() as logs:
        for _ in range(3):
            assert await got(layered, "a") == [None]
        steady.now += store.guard.PAUSE_SECONDS
        for _ in range(3):
            assert await got(layered, "a") == [None]
        assert (len(tier.questions("read")), layered.failures) == (2, 2)

        tier.fails = False
        assert await got(layered, "a") == [None]
        steady.now += store.guard.PAUSE_SECONDS
        assert await got(layered, "a") == [1]

    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("store fails, going on without", "warning"),
        ("store is back", "info"),
    ]
    assert (logs[0]["store"], logs[0]["error"]) == ("fake", "out of order")
    assert logs[1]["seconds"] == 2


async def test_a_fault_that_a_tier_does_not_name_fails_no_query(
    layered: LayeredStore, tier: FakeTier, clock: Clock, monkeypatch
):
    async def broken(*_: object) -> list[Any]:
        raise KeyError("who knows")

    rates = ("pace", "slow_down", "window")
    for method in ("read", "write", "claim", "unclaim", "add", "totals", "reserve", "held", *rates):
        monkeypatch.setattr(tier, method, broken)
    monkeypatch.setattr(store.guard, "PAUSE_SECONDS", 0)

    assert await got(layered, "a") == [None]
    await put(layered, a=entry(clock, 1))
    async with layered.claimed(keys("ab")) as mine:
        assert mine == [True, True]
    held = await layered.tally.reserve(ACME, 1, 10, LEASE)
    assert held
    await layered.tally.add({ACME: 2}, held, 1)
    assert (await layered.tally.totals([ACME]), await layered.tally.held(ACME)) == ([2], 0)
    await layered.tally.release(held)
    assert await layered.pace.pace("echotik", 1, 1) == 0
    await layered.pace.slow_down("echotik", 1, 0.5, 30)
    assert await layered.pace.window("echotik", 1, 60) == 0


@pytest.mark.usefixtures("_impatient")
async def test_a_tier_that_hangs_is_waited_for_once(layered: LayeredStore, tier: FakeTier, clock: Clock, steady):
    tier.hangs = frozenset({"read", "claim", "totals", "reserve", "held", "pace", "slow_down", "window", "add"})
    begun = time.monotonic()
    assert await got(layered, "a") == [None]
    assert time.monotonic() - begun >= LIMIT

    async with asyncio.timeout(LIMIT / 2):
        for _ in range(100):
            assert await got(layered, "a") == [None]
        async with layered.claimed(keys("a")) as mine:
            assert mine == [True]
        await layered.tally.add({ACME: 1})
        assert await layered.tally.totals([ACME]) == [1]
        assert await layered.pace.pace("echotik", 1, 1) == 0
        assert await layered.pace.window("echotik", 1, 60) == 0
    assert layered.failures == 1


@pytest.mark.usefixtures("_impatient")
async def test_one_question_alone_tries_a_tier_that_failed(
    layered: LayeredStore, tier: FakeTier, clock: Clock, steady: Monotonic
):
    tier.fails = True
    await got(layered, "a")
    tier.fails, tier.hangs = False, frozenset({"read"})
    steady.now += store.guard.PAUSE_SECONDS

    trying = asyncio.ensure_future(got(layered, "b"))
    await until(lambda: len(tier.questions("read")) == 2)
    for _ in range(10):
        assert await got(layered, "c") == [None]
    assert len(tier.questions("read")) == 2

    tier.answer.set()
    assert await trying == [None]
    await got(layered, "c")
    assert len(tier.questions("read")) == 3


async def test_an_answer_to_what_was_asked_before_is_no_sign_that_the_tier_is_back(
    layered: LayeredStore, tier: FakeTier, clock: Clock, steady: Monotonic
):
    tier.kept.entries[in_tier("a")] = stored(clock, 1)
    tier.hangs = frozenset({"read"})
    reading = asyncio.ensure_future(got(layered, "a"))
    await until(lambda: tier.questions("read"))
    tier.fails = True
    await layered.tally.totals([ACME])
    tier.fails, tier.hangs = False, frozenset()
    tier.answer.set()

    assert await reading == [1]
    assert await got(layered, "b") == [None]
    assert len(tier.questions("read")) == 1


async def test_who_leaves_before_the_answer_lets_others_try(
    layered: LayeredStore, tier: FakeTier, clock: Clock, steady: Monotonic
):
    tier.fails = True
    await got(layered, "a")
    tier.fails, tier.hangs = False, frozenset({"read"})
    steady.now += store.guard.PAUSE_SECONDS
    trying = asyncio.ensure_future(got(layered, "b"))
    await until(lambda: len(tier.questions("read")) == 2)
    trying.cancel()
    await asyncio.wait([trying])

    tier.hangs = frozenset()
    tier.kept.entries[in_tier("c")] = stored(clock, 3)
    assert await got(layered, "c") == [3]


@pytest.mark.usefixtures("_impatient")
async def test_what_this_process_itself_holds_up_is_not_the_tiers_fault(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    tier.kept.entries[in_tier("a")] = stored(clock, 1)
    tier.hangs = frozenset({"read"})
    reading = asyncio.ensure_future(got(layered, "a"))
    await until(lambda: tier.questions("read"))

    async def answer() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        tier.answer.set()

    answering = asyncio.ensure_future(answer())
    hold_up(2 * LIMIT)

    assert await reading == [1]
    await answering
    assert layered.failures == 0


async def test_a_tier_that_cannot_be_opened_is_opened_later(tier: FakeTier, clock: Clock, monkeypatch):
    monkeypatch.setattr(store.guard, "PAUSE_SECONDS", 0)
    tier.fails = True
    tier.kept.entries[in_tier("b")] = stored(clock, 2)
    with capture_logs() as logs:
        async with opened(tier, clock) as layered:
            await put(layered, a=entry(clock, 1))
            assert await got(layered, "ab") == [1, None]
            await layered.tally.add({ACME: 3})
            await until(lambda: len(tier.questions("open")) >= 3)
            assert {method for method, _ in tier.asked} == {"open"}

            tier.fails = False
            await until(lambda: in_tier("a") in tier.kept.entries)
            assert await got(layered, "ab") == [1, 2]
            assert await tier.totals([ACME]) == [3]
    assert [line["event"] for line in logs] == ["store fails, going on without", "store is back"]


async def test_what_is_put_while_the_tier_is_down_is_written_when_it_is_back(
    layered: LayeredStore, tier: FakeTier, clock: Clock, steady: Monotonic
):
    tier.fails = True
    await put(layered, a=entry(clock, 1), b=entry(clock, 2))
    await until(lambda: layered.failures)
    await put(layered, a=entry(clock, 3))
    tier.fails = False
    await asyncio.sleep(0.02)
    assert tier.kept.entries == {}

    steady.now += store.guard.PAUSE_SECONDS
    await until(lambda: tier.kept.entries)
    assert tier.kept.entries == {in_tier("a"): stored(clock, 3), in_tier("b"): stored(clock, 2)}


async def test_of_what_waits_for_a_tier_the_oldest_give_way(tier: FakeTier, clock: Clock, steady, monkeypatch):
    monkeypatch.setattr(store.behind, "WAITING_BYTES", 2 * EACH)
    tier.kept.entries |= {in_tier(name): stored(clock, "older", age=60) for name in "ac"}
    async with opened(tier, clock, room=EACH) as layered:
        with capture_logs() as logs:
            tier.fails = True
            await put(layered, a=entry(clock, 1), b=entry(clock, 2), c=entry(clock, 3))
            await until(lambda: layered.failures)
            for _ in range(5):
                await put(layered, c=entry(clock, 3))
            tier.fails = False
            steady.now += store.guard.PAUSE_SECONDS
            await until(lambda: len(logs) == 2)  # the tier is known to be back
        assert in_tier("b") in tier.kept.entries

        assert await got(layered, "abc") == [None, 2, 3]
        await tier.other().write({in_tier("a"): stored(clock, "newer")})
        assert values(await layered.recheck(keys("a"))) == ["newer"]


# ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_servers_one_asks(layered: LayeredStore, tier: FakeTier, clock: Clock):
    async with opened(FakeTier(tier.kept), clock) as other, layered.claimed(keys("ab")) as mine:
        assert mine == [True, True]
        async with other.claimed(keys("bc")) as theirs:
            assert theirs == [False, True]
        await until(lambda: set(tier.kept.claims) == {in_tier("a"), in_tier("b")})
        await put(layered, b=entry(clock, 2))
    await until(lambda: not tier.kept.claims)


async def test_a_claim_ends_after_what_was_put_is_written(layered: LayeredStore, tier: FakeTier, clock: Clock):
    tier.hangs = frozenset({"write"})
    async with layered.claimed(keys("ab")):
        await put(layered, a=entry(clock, 1))
    await until(lambda: tier.questions("write"))
    await asyncio.sleep(0.01)
    assert in_tier("a") in tier.kept.claims

    tier.answer.set()
    await until(lambda: not tier.kept.claims)
    assert tier.kept.entries == {in_tier("a"): stored(clock, 1)}


async def test_a_claim_lasts_until_the_piece_with_its_entry_is_written(
    layered: LayeredStore, tier: FakeTier, clock: Clock, monkeypatch
):
    monkeypatch.setattr(store.behind, "BATCH_ENTRIES", 1)
    async with layered.claimed(keys("b")):
        await put(layered, a=entry(clock, 1), b=entry(clock, 2), c=entry(clock, 3))
    await until(lambda: not tier.kept.claims)

    await until(lambda: len(tier.kept.entries) == 3)
    assert [name for name, _ in tier.asked] == ["open", "claim", "write", "write", "unclaim", "write"]


async def test_a_claim_that_could_not_be_given_up_is_given_up_later(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    async with layered.claimed(keys("a")):
        tier.fails = True
    await until(lambda: layered.failures)
    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS

    await until(lambda: not tier.kept.claims)


async def test_what_is_put_while_a_claim_is_given_up_is_written_next(
    layered: LayeredStore, tier: FakeTier, clock: Clock, monkeypatch
):
    monkeypatch.setattr(store.attached, "PAUSE_SECONDS", 60)
    tier.hangs = frozenset({"unclaim"})
    async with layered.claimed(keys("a")):
        pass
    await until(lambda: tier.questions("unclaim"))
    await put(layered, a=entry(clock, 1))
    tier.answer.set()

    await until(lambda: tier.kept.entries)


async def test_who_fails_to_learn_gives_up_the_claim(layered: LayeredStore, tier: FakeTier):
    with pytest.raises(RuntimeError):
        async with layered.claimed(keys("a")):
            raise RuntimeError
    await until(lambda: not tier.kept.claims)
    assert tier.questions("unclaim") == [[in_tier("a")]]


async def test_a_claim_not_yet_given_up_is_still_this_process_s(layered: LayeredStore, tier: FakeTier):
    async with layered.claimed(keys("a")):
        pass
    async with layered.claimed(keys("aab")) as mine:
        assert mine == [True, True, True]
        await asyncio.sleep(0.02)
        assert set(tier.kept.claims) == {in_tier("a"), in_tier("b")}
    await until(lambda: not tier.kept.claims)


async def test_a_key_named_twice_is_claimed_once(layered: LayeredStore, tier: FakeTier):
    async with layered.claimed(keys("aa")) as mine:
        assert mine == [True, True]
    await until(lambda: not tier.kept.claims)


async def test_where_claims_fail_everybody_asks(layered: LayeredStore, tier: FakeTier, steady: Monotonic):
    tier.fails = True
    for _ in range(2):
        async with layered.claimed(keys("ab")) as mine:
            assert mine == [True, True]
    assert len(tier.questions("claim")) == 1


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("leaves", [True, False])
async def test_a_claim_that_was_heard_too_late_is_given_up_too(
    leaves: bool, layered: LayeredStore, tier: FakeTier, monkeypatch
):
    monkeypatch.setattr(store.guard, "PAUSE_SECONDS", 0.001)
    claim = tier.claim

    async def heard(keys: list[str], seconds: float) -> list[bool]:
        await claim(keys, seconds)
        return await asyncio.Future()

    monkeypatch.setattr(tier, "claim", heard)

    async def work() -> None:
        async with layered.claimed(keys("a")) as mine:
            assert mine == [True]
            assert tier.kept.claims

    working = asyncio.ensure_future(work())
    await until(lambda: tier.kept.claims)
    if leaves:
        working.cancel()
    await asyncio.wait([working])
    assert working.cancelled() is leaves

    await until(lambda: not tier.kept.claims)


# ── counters and rates ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def by_the_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates that a server keeps by itself go by the clock of the tests too."""
    monkeypatch.setattr(store.attached, "LocalPace", lambda: LocalPace(clock))


def both(layered: LayeredStore) -> SimpleNamespace:
    """Its tally and its pace as one, as the contract asks them."""
    tally, pace = layered.tally, layered.pace
    return SimpleNamespace(
        add=tally.add,
        totals=tally.totals,
        reserve=tally.reserve,
        release=tally.release,
        held=tally.held,
        pace=pace.pace,
        slow_down=pace.slow_down,
        window=pace.window,
    )


class TestShared(TallyContract, PaceContract, WindowContract):
    """Two servers over one tier."""

    @pytest.fixture(autouse=True)
    def _clocked(self, by_the_clock: None) -> None: ...

    @pytest.fixture
    async def tier(self, kept: Kept, clock: Clock):
        async with opened(FakeTier(kept), clock) as layered:
            yield both(layered)

    @pytest.fixture
    async def other(self, kept: Kept, clock: Clock):
        async with opened(FakeTier(kept), clock) as layered:
            yield both(layered)

    @pytest.fixture
    def kept(self, clock: Clock) -> Kept:
        return Kept(clock)


class TestAlone(TallyContract, PaceContract, WindowContract):
    """One server whose tier fails."""

    @pytest.fixture
    async def tier(self, clock: Clock, by_the_clock: None):
        async with opened(FakeTier(Kept(clock), fails=True), clock) as layered:
            yield both(layered)

    @pytest.fixture
    def other(self, tier):
        return tier


async def test_what_is_counted_is_durable_when_the_count_returns(layered: LayeredStore, tier: FakeTier):
    await layered.tally.add({ACME: 2, OTHER: 1})

    assert await tier.kept.tally.totals([ACME, OTHER]) == [2, 1]


async def test_what_is_counted_while_the_tier_is_down_is_added_when_it_is_back(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    await layered.tally.add({ACME: 2})
    tier.fails = True
    await layered.tally.add({ACME: 3})
    await layered.tally.add({ACME: 5, OTHER: 1})
    assert await layered.tally.totals([ACME, OTHER]) == [10, 1]
    assert await tier.kept.tally.totals([ACME, OTHER]) == [2, 0]

    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS
    await until(lambda: len(tier.questions("add")) == 3)
    assert tier.questions("add")[-1] == {ACME: 8, OTHER: 1}
    assert await layered.tally.totals([ACME, OTHER]) == await tier.kept.tally.totals([ACME, OTHER]) == [10, 1]


async def test_what_others_counted_before_the_tier_failed_is_not_forgotten(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    await tier.kept.tally.add({ACME: 7})
    assert await layered.tally.totals([ACME]) == [7]
    tier.fails = True
    await layered.tally.add({ACME: 2})

    assert await layered.tally.totals([ACME]) == [9]
    assert await layered.tally.reserve(ACME, 2, 10, LEASE) is None
    assert await layered.tally.reserve(ACME, 1, 10, LEASE)
    await tier.kept.tally.add({ACME: 4})
    assert await layered.tally.totals([ACME]) == [9]

    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS
    assert await layered.tally.totals([ACME]) == [13]


async def test_totals_do_not_fall_where_the_tier_loses_them(layered: LayeredStore, tier: FakeTier, clock: Clock):
    await layered.tally.add({ACME: 7})
    tier.kept.tally = Kept(clock).tally

    assert await layered.tally.totals([ACME]) == [7]
    await layered.tally.add({ACME: 1})
    assert await layered.tally.totals([ACME]) == [8]


@pytest.mark.usefixtures("_impatient")
async def test_a_count_that_takes_long_is_neither_waited_for_nor_counted_twice(
    layered: LayeredStore, tier: FakeTier, monkeypatch
):
    monkeypatch.setattr(store.guard, "PAUSE_SECONDS", 0)
    tier.hangs = frozenset({"add"})
    async with asyncio.timeout(SOON):
        await layered.tally.add({ACME: 2})
    assert layered.failures == 1
    assert await layered.tally.totals([ACME]) == [2]

    tier.answer.set()
    await layered.tally.add({ACME: 3})
    await asyncio.sleep(0.02)
    assert await tier.kept.tally.totals([ACME]) == [5]
    assert await layered.tally.totals([ACME]) == [5]


@pytest.mark.usefixtures("_impatient")
async def test_a_count_that_never_arrives_is_told_again(layered: LayeredStore, tier: FakeTier, monkeypatch):
    monkeypatch.setattr(store.guard, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(store.shared, "ADD_SECONDS", 2 * LIMIT)
    tier.hangs = frozenset({"add"})
    await layered.tally.add({ACME: 2})
    tier.hangs = frozenset()

    await until(lambda: len(tier.questions("add")) == 2)
    assert await tier.kept.tally.totals([ACME]) == [2]
    assert await layered.tally.totals([ACME]) == [2]


async def test_who_leaves_while_it_counts_has_counted(layered: LayeredStore, tier: FakeTier):
    tier.hangs = frozenset({"add"})
    counting = asyncio.ensure_future(layered.tally.add({ACME: 2}))
    await until(lambda: tier.questions("add"))
    counting.cancel()
    await asyncio.wait([counting])
    tier.answer.set()

    await asyncio.sleep(0)
    await until(lambda: layered.failures == 0)
    assert await layered.tally.totals([ACME]) == [2]
    assert await tier.kept.tally.totals([ACME]) == [2]


async def test_what_is_set_aside_holds_while_the_tier_is_down(layered: LayeredStore, tier: FakeTier, steady):
    held = await layered.tally.reserve(ACME, 6, 10, LEASE)
    assert held
    tier.fails = True

    assert await layered.tally.held(ACME) == 6
    assert await layered.tally.reserve(ACME, 5, 10, LEASE) is None
    await layered.tally.add({ACME: 4}, held, 4)
    assert await layered.tally.held(ACME) == 2
    assert await layered.tally.reserve(ACME, 4, 10, LEASE)
    await layered.tally.release(held)
    assert await layered.tally.held(ACME) == 4


async def test_what_is_given_back_while_the_tier_is_down_is_free_when_it_is_back(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    held = await layered.tally.reserve(ACME, 6, 10, LEASE)
    assert held
    tier.fails = True
    await layered.tally.release(held)
    assert await tier.kept.tally.held(ACME) == 6

    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS
    assert await layered.tally.reserve(ACME, 10, 10, LEASE)


async def test_what_is_set_aside_alone_is_not_told_to_the_tier(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    tier.fails = True
    held = await layered.tally.reserve(ACME, 6, 10, LEASE)
    assert held
    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS
    await layered.tally.add({ACME: 2}, held, 2)
    await layered.tally.release(held)

    assert (await layered.tally.totals([ACME]), await layered.tally.held(ACME)) == ([2], 0)
    assert tier.questions("release") == []


async def test_what_the_tier_missed_counts_before_anything_is_set_aside(
    layered: LayeredStore, tier: FakeTier, steady: Monotonic
):
    tier.fails = True
    await layered.tally.add({ACME: 8})
    tier.fails = False
    steady.now += store.guard.PAUSE_SECONDS

    assert await layered.tally.reserve(ACME, 3, 10, LEASE) is None
    assert await layered.tally.reserve(ACME, 2, 10, LEASE)


async def test_when_the_tier_fails_the_calls_made_so_far_keep_their_places(
    layered: LayeredStore, tier: FakeTier, clock: Clock
):
    for _ in range(3):
        await layered.pace.pace("echotik", 0.01, 3)
    await layered.pace.slow_down("keyapi", 0.04, 0.001, 30)
    tier.fails = True

    assert await layered.pace.pace("echotik", 0.01, 3) == pytest.approx(100, abs=5)
    waits = [await layered.pace.pace("keyapi", 0.04, 3) for _ in range(2)]
    assert waits == pytest.approx([0, 50], abs=5)


@pytest.mark.usefixtures("by_the_clock")
async def test_when_the_tier_fails_the_places_it_gave_in_a_window_count(tier: FakeTier, clock: Clock):
    async with opened(tier, clock) as layered:
        for _ in range(3):
            await tier.kept.pace.window("winninghunter", 3, 60)
        told = [await layered.pace.window("winninghunter", 3, 60) for _ in range(2)]
        tier.fails = True
        alone = [await layered.pace.window("winninghunter", 3, 60) for _ in range(2)]

    assert [*told, *alone] == pytest.approx([60, 60, 60, 120])


@pytest.mark.usefixtures("by_the_clock")
async def test_when_the_tier_is_back_what_left_without_it_counts(tier: FakeTier, clock: Clock, steady: Monotonic):
    async with opened(tier, clock) as layered:
        tier.fails = True
        alone = [await layered.pace.window("winninghunter", 2, 60) for _ in range(2)]
        tier.fails = False
        steady.now += store.guard.PAUSE_SECONDS
        clock.now += 5
        told = [await layered.pace.window("winninghunter", 2, 60) for _ in range(3)]

    assert len(tier.questions("window")) == 4
    assert [*alone, *told] == pytest.approx([0, 0, 55, 55, 115])


@PROPERTY
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 7.0, 30.0, 70.0]), st.sampled_from(["told", "alone", "other"])),
        max_size=60,
    ),
    most=st.integers(1, 5),
)
async def test_a_server_keeps_within_a_window_however_often_its_tier_fails(steps: list[tuple[float, str]], most: int):
    clock = Clock()
    tier = FakeTier(Kept(clock))
    guard = Guard(tier.name)
    await guard.open(tier.open, SOON)
    shared = SharedPace(tier, guard, LocalPace(clock))
    places = [clock.now + await shared.window("winninghunter", most, 60)]
    for passed, who in steps:
        clock.now += passed
        if who == "other":
            await tier.kept.pace.window("winninghunter", most, 60)
            continue
        tier.fails = who == "alone"
        guard.forgive()
        places.append(clock.now + await shared.window("winninghunter", most, 60))

    assert len(tier.questions("window")) == len(places)
    assert fullest(places, 60) <= most


# ── whatever happens ──────────────────────────────────────────────────────────────────────────────────────────────

NAMES = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.integers(0, 5), st.integers(0, 2 * EACH)),
        st.tuples(st.just("put"), NAMES, st.integers(0, 5), st.integers(0, 2 * EACH)),
        st.tuples(st.just("other"), NAMES, st.integers(0, 5)),
        st.tuples(st.just("get"), NAMES, st.booleans(), st.integers(0, 6)),
        st.tuples(st.just("get"), NAMES, st.booleans(), st.just(1000)),
        st.tuples(st.just("recheck"), NAMES, st.just(False), st.integers(0, 6)),
        st.tuples(st.just("written")),
        st.tuples(st.just("tick"), st.integers(1, 7)),
        st.tuples(st.just("fails"), st.booleans()),
    ),
    max_size=40,
)
"""What befalls a store: its own puts and another server's (how long they are fresh, how much room they take), looks at
a key (stale ones too? fetched how long ago at most?), time, faults.
"""


class Witness:
    """Knows what was put, and judges what is given."""

    def __init__(self, layered: LayeredStore, tier: FakeTier, clock: Clock) -> None:
        self.layered = layered
        self.tier = tier
        self.clock = clock
        self.told: dict[str, list[Entry]] = {}
        self.mine: dict[str, Entry] = {}
        self.seen: dict[str, float] = {}
        self.shared: set[str] = set()
        self.count = 0

    async def put(self, name: str, lasts: int, weight: int) -> None:
        told = self._next(name, lasts, weight)
        self.mine[name] = told
        self.seen[name] = told.fetched_at
        await put(self.layered, **{name: told})

    async def other(self, name: str, lasts: int) -> None:
        told = self._next(name, lasts, 0)
        self.shared.add(name)
        fails, self.tier.fails = self.tier.fails, False
        await self.tier.write({in_tier(name): stored(self.clock, told.value, lasts=lasts)})
        self.tier.fails = fails

    async def get(self, name: str, stale: bool, age: int) -> None:
        (found,) = await self.layered.get(keys(name), since=self.clock.now - age, stale=stale)
        self._judge(name, found, stale, age, must=name not in self.shared)

    async def recheck(self, name: str, stale: bool, age: int) -> None:
        (found,) = await self.layered.recheck(keys(name), since=self.clock.now - age, stale=stale)
        self._judge(name, found, stale, age, must=True)

    async def written(self) -> None:
        if not self.tier.fails:
            await until(lambda: all(self._has(name, told) for name, told in self.mine.items()))

    async def tick(self, seconds: int) -> None:
        self.clock.now += seconds

    async def fails(self, fails: bool) -> None:
        self.tier.fails = fails

    def _next(self, name: str, lasts: int, weight: int) -> Entry:
        self.count += 1
        self.clock.now += 0.001
        told = entry(self.clock, f"{name}{self.count}", lasts=lasts, weight=weight)
        self.told.setdefault(name, []).append(told)
        return told

    def _has(self, name: str, told: Entry) -> bool:
        held = self.tier.kept.entries.get(in_tier(name))
        return held is not None and held.fetched_at >= told.fetched_at

    def _judge(self, name: str, found: Entry | None, stale: bool, age: int, must: bool) -> None:
        told = self.told.get(name, [])
        newest = told[-1] if told else None
        if found is None:
            assert self.tier.fails or not must or newest is None or not self._fits(newest, stale, age)
            return
        assert self._fits(found, stale, age)
        assert found.value in [each.value for each in told if each.fetched_at == found.fetched_at]
        assert found.fetched_at >= self.seen.get(name, 0), "an older answer than was known"
        self.seen[name] = found.fetched_at
        if name not in self.shared:
            assert newest is not None
            assert found.value == newest.value

    def _fits(self, told: Entry, stale: bool, age: int) -> bool:
        return told.fetched_at >= self.clock.now - age and (stale or told.expires_at > self.clock.now)


@PROPERTY
@example(steps=[("put", "c", 0, 0), ("other", "c", 1), ("get", "c", False, 1000), ("get", "c", True, 1000)], room=0)
@given(steps=STEPS, room=st.sampled_from([0, EACH, 3 * EACH, 100 * EACH]))
async def test_whatever_happens_nothing_older_is_given_than_was_known(steps: list[Any], room: int):
    clock = Clock()
    tier = FakeTier(Kept(clock))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.attached, "GATHER_SECONDS", 0)
        patch.setattr(store.attached, "PAUSE_SECONDS", 0.001)
        patch.setattr(store.guard, "PAUSE_SECONDS", 0)
        async with opened(tier, clock, room) as layered:
            witness = Witness(layered, tier, clock)
            for step, *about in steps:
                await getattr(witness, step)(*about)
            tier.fails = False
        assert all(witness._has(name, told) for name, told in witness.mine.items())
