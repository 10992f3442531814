"""What every tier does, whatever keeps its bytes.

A test module of a tier has a class that inherits `TierContract`, and these fixtures:
    clock   a `Clock`, given to both tiers
    tier    an open tier over an empty store
    other   an open tier over the same store, as another process has it
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from bisect import bisect_left

import pytest
from hypothesis import strategies as st

from store.tier import Counter, Held, Stored, Tier

DAY = "2026-11-21"
ACME = Counter("credits.client.acme", DAY)
LEASE = 60.0
FOR_GOOD = math.inf


class Clock:
    """Unix seconds as a test sets them, from the second in which it begins."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


def stored(data: bytes, clock: Clock, *, age: float = 0, lasts: float = 3600) -> Stored:
    """An entry fetched `age` seconds ago that is fresh for `lasts` more."""
    return Stored(data, clock.now - age, clock.now + lasts)


async def kept(tier: Tier, *keys: str) -> list[bytes | None]:
    return [None if entry is None else entry.data for entry in await tier.read(keys)]


async def scanned(tier: Tier, prefix: str = "") -> dict[str, Stored]:
    found = [pair async for pair in tier.scan(prefix)]
    assert len(found) == len(dict(found)), "a key was told twice"
    return dict(found)


WRITES = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 5), st.binary(max_size=8)), min_size=1),
    max_size=12,
)
"""Writes one after another: by key, how long ago it was fetched and what it holds."""


async def the_newest_stays(tiers: tuple[Tier, Tier], clock: Clock, writes: list[dict[str, tuple[int, bytes]]]) -> None:
    """Through two tiers by turns. The keys must be new to the store."""
    newest: dict[str, Stored] = {}
    for turn, write in enumerate(writes):
        entries = {key: stored(data, clock, age=age) for key, (age, data) in write.items()}
        await tiers[turn % 2].write(entries)
        for key, entry in entries.items():
            if key not in newest or entry.fetched_at >= newest[key].fetched_at:
                newest[key] = entry
    for tier in tiers:
        assert await tier.read(list("abc")) == [newest.get(key) for key in "abc"]


class EntriesContract:
    async def test_entries_are_read_in_the_order_of_the_keys(self, tier: Tier, clock: Clock):
        first = stored(b"one", clock, age=7.25, lasts=60.5)
        second = Stored(b"\x00\xff", clock.now, FOR_GOOD)
        await tier.write({"a": first, "b": second})

        assert await tier.read(["b", "x", "a", "b"]) == [second, None, first, second]
        assert await tier.read([]) == []

    async def test_an_entry_may_be_empty(self, tier: Tier, clock: Clock):
        await tier.write({"a": stored(b"", clock)})
        assert await kept(tier, "a") == [b""]

    async def test_what_one_wrote_the_other_reads(self, tier: Tier, other: Tier, clock: Clock):
        await tier.write({"a": stored(b"one", clock)})
        assert await kept(other, "a") == [b"one"]

    async def test_a_stale_entry_is_read_too(self, tier: Tier, clock: Clock):
        await tier.write({"a": stored(b"one", clock, lasts=10)})
        clock.now += 600

        assert await kept(tier, "a") == [b"one"]

    async def test_of_two_writes_the_newer_answer_stays_whichever_came_first(self, tier: Tier, clock: Clock):
        await tier.write({"a": stored(b"new", clock, age=1), "b": stored(b"old", clock, age=5)})
        await tier.write({"a": stored(b"old", clock, age=5), "b": stored(b"new", clock, age=1)})

        assert await kept(tier, "a", "b") == [b"new", b"new"]

    async def test_of_two_writes_at_the_same_time_the_later_stays(self, tier: Tier, clock: Clock):
        await tier.write({"a": stored(b"one", clock)})
        await tier.write({"a": stored(b"two", clock, lasts=9)})

        assert await tier.read(["a"]) == [stored(b"two", clock, lasts=9)]

    async def test_thousands_of_keys_are_read_and_written_in_one_call(self, tier: Tier, clock: Clock):
        keys = [f"scope\x1fproduct\x1f{number}" for number in range(3000)]
        await tier.write({key: stored(key.encode(), clock) for key in keys})

        asked = [*reversed(keys), "scope\x1fproduct\x1funknown"]
        assert await kept(tier, *asked) == [key.encode() for key in reversed(keys)] + [None]

    @pytest.mark.parametrize("key", ["", "\x00", "a\x00b", "商店\x1f🛍", "\ud800", "%", "*[?", "\U0010ffff"], ids=ascii)
    async def test_any_text_is_a_key(self, tier: Tier, clock: Clock, key: str):
        await tier.write({key: stored(b"one", clock), key + "more": stored(b"two", clock)})

        assert await kept(tier, key, key + "more", key + "x") == [b"one", b"two", None]
        assert await scanned(tier, key + "m") == {key + "more": stored(b"two", clock)}
        assert await tier.purge(key + "m") == 1
        assert await kept(tier, key, key + "more") == [b"one", None]

    async def test_a_scan_tells_every_entry_whose_key_begins_so(self, tier: Tier, clock: Clock):
        entries = {f"v3\x1f{number}": stored(b"%d" % number, clock, age=number) for number in range(1234)}
        others = {"v2\x1f1": stored(b"other", clock), "v": stored(b"short", clock), "w": stored(b"behind", clock)}
        await tier.write({**entries, **others})

        assert await scanned(tier, "v3") == entries
        assert await scanned(tier) == {**entries, **others}
        assert await scanned(tier, "none") == {}

    async def test_purge_forgets_what_begins_so(self, tier: Tier, clock: Clock):
        await tier.write({f"v3\x1f{number}": stored(b"x", clock) for number in range(2500)})
        await tier.write({"v2\x1f1": stored(b"two", clock), "v4\x1f1": stored(b"four", clock)})

        assert await tier.purge("v3") == 2500
        assert await tier.purge("v3") == 0
        assert set(await scanned(tier)) == {"v2\x1f1", "v4\x1f1"}
        assert await tier.purge() == 2
        assert await scanned(tier) == {}

    async def test_purge_may_forget_stale_ones_alone(self, tier: Tier, clock: Clock):
        await tier.write({"a1": stored(b"x", clock, lasts=10), "a2": stored(b"x", clock, lasts=90)})
        await tier.write({"b1": stored(b"x", clock, lasts=10), "b2": Stored(b"x", clock.now, FOR_GOOD)})
        clock.now += 20

        assert await tier.purge("a", stale=True) == 1
        assert set(await scanned(tier)) == {"a2", "b1", "b2"}
        assert await tier.purge(stale=True) == 1
        assert set(await scanned(tier)) == {"a2", "b2"}

    async def test_purge_leaves_counters_and_reservations(self, tier: Tier, clock: Clock):
        await tier.add({ACME: 3})
        assert await tier.reserve(ACME, 4, 10, LEASE)
        await tier.write({"a": stored(b"x", clock)})

        assert await tier.purge() == 1
        assert (await tier.totals([ACME]), await tier.held(ACME)) == ([3], 4)

    async def test_stats_tell_how_many_entries_there_are_and_their_bytes(self, tier: Tier, other: Tier, clock: Clock):
        assert (await tier.stats())["entries"] == 0
        await tier.write({"a": stored(b"x" * 1000, clock), "b": stored(b"x", clock)})
        await other.write({"c": stored(b"x" * 1000, clock), "b": stored(b"x" * 1000, clock)})

        for one in (tier, other):
            stats = await one.stats()
            assert stats["entries"] == 3
            assert stats["bytes"] >= 3000


class TallyContract:
    async def test_what_is_added_adds_up(self, tier: Tier, other: Tier):
        tomorrow, calls = Counter(ACME.name, "2026-11-22"), Counter("calls.echotik", DAY)
        await tier.add({ACME: 2, calls: 1})
        await other.add({ACME: 3, tomorrow: 7})
        await tier.add({})

        for one in (tier, other):
            assert await one.totals([tomorrow, ACME, Counter("unknown", DAY), calls]) == [7, 5, 0, 1]
        assert await tier.totals([]) == []

    async def test_nothing_is_lost_of_what_is_added_at_once(self, tier: Tier, other: Tier):
        await asyncio.gather(*((tier, other)[number % 2].add({ACME: number}) for number in range(200)))
        assert await tier.totals([ACME]) == [sum(range(200))]

    async def test_no_more_is_set_aside_than_there_is(self, tier: Tier, other: Tier):
        await tier.add({ACME: 4})

        assert await tier.reserve(ACME, 3, 10, LEASE)
        assert await other.reserve(ACME, 4, 10, LEASE) is None
        assert await other.reserve(ACME, 3, 10, LEASE)
        assert await tier.reserve(ACME, 1, 10, LEASE) is None
        assert await tier.reserve(ACME, 1, 11, LEASE)
        assert [await tier.held(ACME), await other.held(ACME)] == [7, 7]
        assert await tier.totals([ACME]) == [4]

    async def test_another_counter_has_its_own_limit(self, tier: Tier):
        beta, tomorrow = Counter("credits.client.beta", DAY), Counter(ACME.name, "2026-11-22")
        assert await tier.reserve(ACME, 10, 10, LEASE)

        assert await tier.reserve(beta, 10, 10, LEASE)
        assert await tier.reserve(tomorrow, 10, 10, LEASE)
        assert await tier.held(Counter("unknown", DAY)) == 0

    async def test_of_many_who_ask_at_once_as_many_get_it_as_there_is(self, tier: Tier, other: Tier):
        asked = ((tier, other)[number % 2].reserve(ACME, 3, 100, LEASE) for number in range(60))
        given = [held for held in await asyncio.gather(*asked) if held]

        assert len({held.id for held in given}) == len(given) == 33
        assert await tier.held(ACME) == 99

    async def test_what_is_given_back_may_be_set_aside_again(self, tier: Tier, other: Tier):
        held = await tier.reserve(ACME, 10, 10, LEASE)
        assert held
        assert held.counter == ACME

        await other.release(held)
        await tier.release(held)

        assert await tier.held(ACME) == 0
        assert await other.reserve(ACME, 10, 10, LEASE)

    async def test_what_is_spent_is_taken_off_what_is_held(self, tier: Tier, other: Tier):
        held = await tier.reserve(ACME, 10, 10, LEASE)
        assert held
        await tier.add({ACME: 4}, held, 4)

        assert (await other.totals([ACME]), await other.held(ACME)) == ([4], 6)
        assert await other.reserve(ACME, 1, 10, LEASE) is None
        await tier.release(held)
        assert await other.reserve(ACME, 6, 10, LEASE)

    async def test_whoever_spends_more_than_is_held_takes_nothing_off_others(self, tier: Tier):
        held = await tier.reserve(ACME, 2, 10, LEASE)
        assert await tier.reserve(ACME, 3, 10, LEASE)
        await tier.add({ACME: 5}, held, 5)

        assert (await tier.totals([ACME]), await tier.held(ACME)) == ([5], 3)

    async def test_what_is_held_comes_back_when_its_lease_ends(self, tier: Tier, other: Tier, clock: Clock):
        assert await tier.reserve(ACME, 10, 10, 30)
        clock.now += 29
        assert await other.reserve(ACME, 1, 10, 30) is None
        clock.now += 2

        assert await tier.held(ACME) == 0
        assert await other.reserve(ACME, 10, 10, 30)

    async def test_who_comes_after_the_end_of_the_lease_is_counted_all_the_same(self, tier: Tier, clock: Clock):
        held = await tier.reserve(ACME, 10, 10, 30)
        assert held
        clock.now += 31
        await tier.add({ACME: 4}, held, 4)
        await tier.release(held)

        assert (await tier.totals([ACME]), await tier.held(ACME)) == ([4], 0)

    async def test_to_give_back_what_nobody_holds_is_nothing(self, tier: Tier):
        await tier.release(Held(ACME, "unknown"))
        assert await tier.held(ACME) == 0


class ClaimsContract:
    async def test_a_key_is_asked_by_one_at_a_time(self, tier: Tier, other: Tier):
        assert await tier.claim(["a", "b"], LEASE) == [True, True]
        assert await other.claim(["b", "c"], LEASE) == [False, True]
        assert await tier.claim(["c", "d"], LEASE) == [False, True]

    async def test_a_process_does_not_claim_a_key_twice(self, tier: Tier):
        assert await tier.claim(["a", "a"], LEASE) == [True, False]
        assert await tier.claim(["a"], LEASE) == [False]

    async def test_a_claim_given_up_is_anybodys(self, tier: Tier, other: Tier):
        await tier.claim(["a", "b"], LEASE)
        await tier.unclaim(["a"])

        assert await other.claim(["a", "b"], LEASE) == [True, False]
        await other.unclaim(["a"])
        assert await tier.claim(["a"], LEASE) == [True]

    async def test_nobody_gives_up_what_another_claims(self, tier: Tier, other: Tier):
        await tier.claim(["a"], LEASE)
        await other.unclaim(["a"])

        assert await other.claim(["a"], LEASE) == [False]
        assert await tier.claim(["a"], LEASE) == [False]

    async def test_of_many_who_claim_at_once_one_gets_each_key(self, tier: Tier, other: Tier):
        keys = [f"key {number}" for number in range(300)]
        got = await asyncio.gather(*((tier, other)[turn % 2].claim(keys, LEASE) for turn in range(4)))

        assert [sum(each) for each in zip(*got, strict=True)] == [1] * len(keys)

    async def test_a_claim_is_given_up_when_the_store_is_closed(self, tier: Tier, other: Tier):
        await tier.claim(["a"], LEASE)
        await tier.close()

        assert await other.claim(["a"], LEASE) == [True]


class PaceContract:
    async def test_after_the_burst_calls_are_spread_over_the_seconds(self, tier: Tier, other: Tier):
        waits = [await (tier, other)[number % 2].pace("echotik", 4, 3) for number in range(6)]
        assert waits == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75], abs=0.002)

    async def test_time_that_passes_gives_places_back_up_to_the_burst(self, tier: Tier, clock: Clock):
        for _ in range(4):
            await tier.pace("echotik", 4, 2)
        clock.now += 0.75
        assert await tier.pace("echotik", 4, 2) == pytest.approx(0, abs=0.002)
        assert await tier.pace("echotik", 4, 2) == pytest.approx(0.25, abs=0.002)
        clock.now += 100
        waits = [await tier.pace("echotik", 4, 2) for _ in range(3)]
        assert waits == pytest.approx([0, 0, 0.25], abs=0.002)

    async def test_each_provider_has_its_own_row(self, tier: Tier):
        waits = [await tier.pace(name, 1, 1) for name in ("echotik", "keyapi", "echotik", "keyapi")]
        assert waits == pytest.approx([0, 0, 1, 1], abs=0.002)

    async def test_no_rate_is_no_wait(self, tier: Tier):
        await tier.slow_down("echotik", 0, 0.5, 30)
        assert [await tier.pace("echotik", 0, 0) for _ in range(5)] == [0] * 5

    async def test_of_many_who_ask_at_once_each_gets_a_place_of_its_own(self, tier: Tier, other: Tier):
        waits = await asyncio.gather(*((tier, other)[number % 2].pace("echotik", 10, 1) for number in range(40)))
        assert sorted(waits) == pytest.approx([number / 10 for number in range(40)], abs=0.002)

    async def test_a_refusal_halves_the_rate_for_all(self, tier: Tier, other: Tier):
        await tier.slow_down("echotik", 8, 0.5, 30)

        assert await spacing(other, 8) == pytest.approx(1 / 4, abs=0.002)
        await other.slow_down("echotik", 8, 0.5, 30)
        assert await spacing(tier, 8) == pytest.approx(1 / 2, abs=0.002)

    async def test_the_rate_does_not_fall_below_the_slowest(self, tier: Tier):
        for _ in range(9):
            await tier.slow_down("echotik", 8, 1.5, 30)
        assert await spacing(tier, 8) == pytest.approx(1 / 1.5, abs=0.002)

    async def test_a_rate_below_the_slowest_is_left_as_it_is(self, tier: Tier):
        await tier.slow_down("echotik", 0.25, 0.5, 30)
        assert await spacing(tier, 0.25) == pytest.approx(4, abs=0.002)

    async def test_the_rate_doubles_for_each_stretch_without_a_refusal(self, tier: Tier, clock: Clock):
        for _ in range(3):
            await tier.slow_down("echotik", 8, 0.5, 30)
        spacings = [await spacing(tier, 8)]
        for seconds in (29, 2, 30, 30, 100_000):
            clock.now += seconds
            spacings.append(await spacing(tier, 8))

        assert spacings == pytest.approx([1, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 8], abs=0.002)

    async def test_a_refusal_halves_what_is_in_force_by_then(self, tier: Tier, clock: Clock):
        for _ in range(3):
            await tier.slow_down("echotik", 8, 0.5, 30)
        clock.now += 31
        await tier.slow_down("echotik", 8, 0.5, 30)
        assert await spacing(tier, 8) == pytest.approx(1, abs=0.002)
        clock.now += 31
        assert await spacing(tier, 8) == pytest.approx(1 / 2, abs=0.002)


class WindowContract:
    async def test_a_burst_leaves_at_once_and_the_next_when_the_window_has_room(
        self, tier: Tier, other: Tier, clock: Clock
    ):
        waits = [await (tier, other)[number % 2].window("echotik", 3, 60) for number in range(8)]
        assert waits == pytest.approx([0, 0, 0, 60, 60, 60, 120, 120], abs=0.002)
        clock.now += 20
        assert await tier.window("echotik", 3, 60) == pytest.approx(100, abs=0.002)

    async def test_each_place_comes_back_when_its_own_time_is_over(self, tier: Tier, other: Tier, clock: Clock):
        waits = []
        for number in range(5):
            waits.append(await (tier, other)[number % 2].window("echotik", 2, 60))
            clock.now += 20
        assert waits == pytest.approx([0, 0, 20, 20, 40], abs=0.002)

    async def test_a_quiet_window_leaves_the_whole_burst_again(self, tier: Tier, clock: Clock):
        for _ in range(2):
            assert [await tier.window("echotik", 3, 60) for _ in range(4)] == pytest.approx([0, 0, 0, 60], abs=0.002)
            clock.now += 121

    async def test_each_name_has_its_own_window_beside_its_pace(self, tier: Tier):
        waits = [await tier.window(name, 1, 60) for name in ("echotik", "keyapi", "echotik", "keyapi")]
        assert waits == pytest.approx([0, 0, 60, 60], abs=0.002)
        assert await tier.pace("echotik", 1, 1) == 0

    async def test_a_window_of_none_is_no_wait(self, tier: Tier):
        assert [await tier.window("echotik", 0, 60) for _ in range(5)] == [0] * 5

    async def test_a_window_may_become_wider_or_narrower(self, tier: Tier):
        waits = [await tier.window("echotik", most, 60) for most in (3, 3, 2, 2, 4, 4, 1)]
        assert waits == pytest.approx([0, 0, 60, 60, 60, 60, 120], abs=0.002)

    async def test_of_many_who_ask_at_once_as_many_leave_as_there_is_room(self, tier: Tier, other: Tier):
        asked = ((tier, other)[number % 2].window("echotik", 55, 60) for number in range(130))
        waits = sorted(await asyncio.gather(*asked))
        assert waits == pytest.approx([0] * 55 + [60] * 55 + [120] * 20, abs=0.002)

    async def test_no_window_ever_holds_more_than_it_may(self, tier: Tier, other: Tier, clock: Clock):
        draw = random.Random(7)
        for name in map(str, range(12)):
            most, seconds = draw.randint(1, 6), draw.choice([0.5, 10.0, 60.0])
            places = []
            for _ in range(40):
                clock.now += draw.choice([0.0, 0.0, draw.uniform(0, seconds / most), draw.uniform(0, 2 * seconds)])
                places.append(clock.now + await draw.choice((tier, other)).window(name, most, seconds))
            assert sorted(places) == pytest.approx(places, abs=0.002), "nobody goes ahead of who came before"
            assert fullest(places, seconds) <= most
            assert fullest(places, seconds) == most, "there is no room that nobody uses"


def fullest(places: list[float], seconds: float) -> int:
    """The most places of any stretch of so many seconds."""
    places = sorted(places)
    return max(bisect_left(places, place + seconds - 0.001) - number for number, place in enumerate(places))


async def spacing(tier: Tier, rate: float) -> float:
    """Seconds between two places in the row, with no burst."""
    first = await tier.pace("echotik", rate, 1)
    return await tier.pace("echotik", rate, 1) - first


class TierContract(EntriesContract, TallyContract, ClaimsContract, PaceContract, WindowContract):
    async def test_it_may_be_closed_twice(self, tier: Tier):
        await tier.close()
        await tier.close()
