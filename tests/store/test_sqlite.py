"""A store in a file: what every tier does, and what comes of crowds, kills and broken disks."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from store import sqlite_entries, sqlite_file
from store.sqlite import SqliteTier
from store.tier import Counter, Held, Stored, StoreFailed
from tests.store.tier_contract import (
    ACME,
    FOR_GOOD,
    LEASE,
    WRITES,
    Clock,
    TierContract,
    kept,
    scanned,
    stored,
    the_newest_stays,
)

ROOT = Path(__file__).parents[2]
PROPERTY = settings(max_examples=25, deadline=None, database=None)
MB = 1_000_000
HOUR = 3600.0
DAYS = 24 * HOUR


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.sqlite"


def size(path: Path) -> int:
    return path.stat().st_size


def content(path: Path) -> bytes:
    return path.read_bytes()


def begin(path: Path, content: bytes = b"") -> None:
    """A file is there before the store."""
    path.parent.mkdir()
    path.write_bytes(content)


@asynccontextmanager
async def opened(path: Path, clock: Clock, max_bytes: int = 100 * MB) -> AsyncIterator[SqliteTier]:
    tier = SqliteTier(path, max_bytes, clock)
    await tier.open()
    yield tier
    await tier.close()


@pytest.fixture
async def tier(path: Path, clock: Clock) -> AsyncIterator[SqliteTier]:
    async with opened(path, clock) as tier:
        yield tier


@pytest.fixture
async def other(tier: SqliteTier, path: Path, clock: Clock) -> AsyncIterator[SqliteTier]:
    async with opened(path, clock) as other:
        yield other


class TestSqlite(TierContract):
    """The contract."""


@PROPERTY
@given(writes=WRITES)
async def test_the_newest_answer_stays_whoever_wrote_it(writes: list[dict[str, tuple[int, bytes]]]):
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.sqlite")
        async with opened(path, clock) as tier, opened(path, clock) as other:
            await the_newest_stays((tier, other), clock, writes)


STEPS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3), st.integers(0, 4 * 24), st.integers(0, 3000)),
    max_size=30,
)


@PROPERTY
@given(steps=STEPS, room=st.integers(0, 8000))
async def test_the_store_is_never_above_its_bound(steps: list[tuple[str, int, int, int]], room: int):
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.sqlite")
        async with opened(path, clock, room) as tier, opened(path, clock, room) as other:
            for turn, (key, age, hours, size) in enumerate(steps):
                clock.now += 6 * HOUR
                entry = stored(b"x" * size, clock, age=age, lasts=hours * HOUR)
                await (tier, other)[turn % 2].write({key: entry})

                held, stats = await scanned(tier), await other.stats()
                assert stats["entries"] == len(held)
                assert sum(len(one.data) for one in held.values()) <= stats["bytes"] <= room
                assert held.get(key) == entry or size + sqlite_entries.OVERHEAD + 2 > room or age > 0


async def crowd(tier: SqliteTier, clock: Clock, keys: str, **how: Any) -> None:
    """Entries of 1000 bytes each, a minute apart."""
    for key in keys:
        clock.now += 120
        await tier.write({key: stored(b"x" * (1000 - sqlite_entries.OVERHEAD - 2), clock, **how)})


async def test_the_least_recently_used_gives_way(path: Path, clock: Clock):
    async with opened(path, clock, 3000) as tier:
        await crowd(tier, clock, "abc")
        clock.now += 1
        await kept(tier, "a")
        await crowd(tier, clock, "de")

        assert set(await scanned(tier)) == {"a", "d", "e"}
        assert await tier.stats() == {
            "entries": 3,
            "stale": 0,
            "bytes": 3000,
            "max_bytes": 3000,
            "file_bytes": (await tier.stats())["file_bytes"],
        }


async def test_what_is_long_stale_gives_way_before_what_was_not_used_for_longer(path: Path, clock: Clock):
    async with opened(path, clock, 3000) as tier:
        await crowd(tier, clock, "a", lasts=FOR_GOOD)
        await crowd(tier, clock, "bc", lasts=HOUR)
        await kept(tier, "b", "c")
        clock.now += 2 * DAYS
        await crowd(tier, clock, "d")

        assert set(await scanned(tier)) == {"a", "c", "d"}


async def test_what_is_stale_for_an_hour_gives_way_in_its_turn(path: Path, clock: Clock):
    async with opened(path, clock, 2000) as tier:
        await crowd(tier, clock, "a", lasts=DAYS)
        await crowd(tier, clock, "b", lasts=HOUR)
        clock.now += 2 * HOUR
        await crowd(tier, clock, "c")

        assert set(await scanned(tier)) == {"b", "c"}


async def test_what_was_used_is_remembered_over_a_restart(path: Path, clock: Clock):
    async with opened(path, clock, 3000) as tier:
        await crowd(tier, clock, "abc")
        clock.now += 1
        await kept(tier, "a")
    async with opened(path, clock, 3000) as tier:
        await crowd(tier, clock, "de")
        assert set(await scanned(tier)) == {"a", "d", "e"}


async def test_what_was_used_is_told_to_the_other_processes(tier: SqliteTier, path: Path, clock: Clock):
    async with opened(path, clock, 3000) as small:
        await crowd(small, clock, "abc")
        clock.now += 120
        await kept(tier, "a")
        await tier.add({})  # comes after what `read` left to be written

        await crowd(small, clock, "de")
        assert set(await scanned(small)) == {"a", "d", "e"}


async def test_what_has_no_room_alone_leaves_no_older_answer_and_drives_nobody_out(path: Path, clock: Clock):
    async with opened(path, clock, 2000) as tier:
        await crowd(tier, clock, "ab")
        await tier.write({"b": stored(b"x" * 5000, clock), "c": stored(b"x" * 5000, clock)})

        assert set(await scanned(tier)) == {"a"}


async def test_a_store_that_may_take_less_than_it_holds_shrinks(path: Path, clock: Clock, monkeypatch):
    monkeypatch.setattr(sqlite_entries, "EVICTED_AT_ONCE", 100)
    async with opened(path, clock) as tier:
        await tier.write({f"key {number}": stored(os.urandom(1000), clock) for number in range(4000)})
    before = size(path)
    async with opened(path, clock, MB // 2) as tier:
        for _ in range(1000):
            if (await tier.stats())["bytes"] <= MB // 2:
                break
        assert (await tier.stats())["bytes"] <= MB // 2
        await tier.purge("none")
    assert before > 4 * MB
    assert size(path) < MB


async def test_the_file_stays_near_the_bound_however_much_passes_through(path: Path, clock: Clock):
    async with opened(path, clock, 2 * MB) as tier:
        for turn in range(40):
            clock.now += 1
            await tier.write(
                {f"{turn} {number}": stored(os.urandom(number * 13 % 4000), clock) for number in range(200)}
            )
        stats = await tier.stats()
        assert 1.9 * MB < stats["bytes"] <= 2 * MB
    assert size(path) < 3.5 * MB


async def test_purging_gives_the_room_on_the_disk_back(path: Path, clock: Clock):
    async with opened(path, clock) as tier:
        await tier.write({f"key {number}": stored(os.urandom(1000), clock) for number in range(3000)})
        await tier.purge()
    assert size(path) < MB // 2


async def test_many_who_count_at_once_share_transactions(tier: SqliteTier, path: Path):
    with writing(path):
        adding = [asyncio.ensure_future(tier.add({ACME: 1})) for _ in range(500)]
        await asyncio.sleep(0)
    await asyncio.gather(*adding)

    assert await tier.totals([ACME]) == [500]
    log = path.with_name("store.sqlite-wal").stat().st_size
    assert log < 50 * 4096, "each transaction takes a page of 4096 bytes at least"


async def test_counters_are_kept_for_a_hundred_days(path: Path, clock: Clock):
    days = [Counter(ACME.name, day) for day in ("2026-08-12", "2026-08-13", "2026-11-21")]
    clock.now = 1795219200.0 - 50 * DAYS
    async with opened(path, clock) as tier:
        await tier.add(dict.fromkeys(days, 1))
        clock.now = 1795219200.0 + HOUR  # 2026-11-21
        await tier.add({days[2]: 1})
        assert await tier.totals(days) == [0, 1, 2]
        clock.now += DAYS
    async with opened(path, clock) as tier:
        assert await tier.totals(days) == [0, 0, 2]


async def test_leases_that_ended_take_no_room(tier: SqliteTier, path: Path, clock: Clock):
    for _ in range(5):
        await tier.reserve(ACME, 1, 10, LEASE)
        clock.now += 2 * LEASE
    await tier.reserve(ACME, 1, 10, LEASE)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM leases").fetchone() == (1,)


async def test_a_clock_that_is_set_back_makes_nobody_wait(tier: SqliteTier, clock: Clock):
    assert [await tier.pace("echotik", 1, 1) for _ in range(2)] == [0, 1]
    clock.now -= HOUR
    assert [await tier.pace("echotik", 1, 1) for _ in range(2)] == [2, 3]


async def test_a_clock_that_is_set_back_leaves_a_window_as_it_is(tier: SqliteTier, clock: Clock):
    assert [await tier.window("echotik", 2, 60) for _ in range(3)] == [0, 0, 60]
    clock.now -= HOUR
    assert [await tier.window("echotik", 2, 60) for _ in range(2)] == [60, 120]


async def test_a_window_outlives_its_process(path: Path, clock: Clock):
    for wait in (0, 0, 60):
        async with opened(path, clock) as tier:
            assert await tier.window("echotik", 2, 60) == wait


async def test_a_file_from_before_there_were_windows_keeps_its_entries(path: Path, clock: Clock):
    await filled(path, clock)
    change(path, "DROP TABLE windows")
    async with opened(path, clock) as tier:
        assert await tier.window("echotik", 1, 60) == 0
        assert (await tier.totals([ACME]), (await tier.stats())["entries"]) == ([5], 2000)
    assert not aside(path)


async def test_while_a_refusal_counts_there_is_no_burst(tier: SqliteTier, clock: Clock):
    await tier.slow_down("echotik", 4, 0.5, 30)
    assert [await tier.pace("echotik", 4, 8) for _ in range(3)] == [0, 0.5, 1]


class TestWhoeverWaits:
    async def test_the_event_loop_goes_on_while_another_process_writes(self, tier: SqliteTier, path: Path):
        with writing(path):
            adding = asyncio.ensure_future(tier.add({ACME: 1}))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not adding.done()
        await adding
        assert await tier.totals([ACME]) == [1]

    async def test_a_count_is_kept_though_nobody_waits_for_it(self, tier: SqliteTier, path: Path):
        with writing(path):
            await given_up(tier.add({ACME: 1}))
            another = asyncio.ensure_future(tier.add({ACME: 1}))
            await asyncio.sleep(0)
        await asyncio.wait_for(another, 5)
        assert await tier.totals([ACME]) == [2]

    async def test_what_nobody_waits_for_any_more_is_not_set_aside(self, tier: SqliteTier, path: Path):
        with writing(path):
            await given_up(tier.reserve(ACME, 10, 10, LEASE))
        assert await tier.reserve(ACME, 10, 10, LEASE)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Another process holds the file's one place for a writer."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


async def given_up(asked: Any) -> None:
    task = asyncio.ensure_future(asked)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestFile:
    async def test_what_was_written_is_there_after_a_restart(self, path: Path, clock: Clock):
        entries = {"a": stored(b"one", clock), "b": Stored(b"two", clock.now, FOR_GOOD)}
        async with opened(path, clock) as tier:
            await tier.write(entries)
            await tier.add({ACME: 5})
            assert await tier.reserve(ACME, 4, 10, LEASE)
        async with opened(path, clock) as tier:
            assert await scanned(tier) == entries
            assert (await tier.totals([ACME]), await tier.held(ACME)) == ([5], 4)

    async def test_folders_are_made_and_files_are_the_users_own(self, tmp_path: Path, clock: Clock):
        path = tmp_path / "some" / "where" / "store.sqlite"
        async with opened(path, clock) as tier:
            await tier.claim(["a"], LEASE)
            files = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        names = ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "store.sqlite.lock")
        assert files == dict.fromkeys(names, 0o600)
        assert path.parent.stat().st_mode & 0o777 == 0o700

    async def test_closing_ends_the_thread(self, tier: SqliteTier):
        assert threads()
        await tier.close()
        for thread in threads():
            thread.join(5)
        assert not threads()

    async def test_a_tier_that_is_not_open_says_so(self, path: Path, clock: Clock):
        tier = SqliteTier(path, MB, clock)
        assert await failing(tier) == METHODS
        await tier.open()
        await tier.close()
        assert await failing(tier) == METHODS

    async def test_it_may_be_opened_again(self, tier: SqliteTier):
        await tier.add({ACME: 1})
        await tier.close()
        await tier.open()
        assert await tier.totals([ACME]) == [1]

    async def test_entries_of_another_layout_are_dropped_and_counters_stay(self, path: Path, clock: Clock):
        await filled(path, clock)
        change(path, f"PRAGMA user_version = {sqlite_file.LAYOUT + 1}", "CREATE TABLE more (x)", "DROP TABLE room")
        async with opened(path, clock) as tier:
            assert await scanned(tier) == {}
            assert await tier.totals([ACME]) == [5]
            await works(tier, clock)
        assert not aside(path)
        async with opened(path, clock) as tier:
            assert (await tier.stats())["entries"] == 1

    async def test_a_file_with_counters_of_another_layout_is_set_aside(self, path: Path, clock: Clock):
        await filled(path, clock)
        change(
            path, f"PRAGMA user_version = {sqlite_file.LAYOUT + 100}", "ALTER TABLE counters RENAME COLUMN total TO t"
        )
        with capture_logs() as logs:
            async with opened(path, clock) as tier:
                await works(tier, clock)
        assert [line["log_level"] for line in logs] == ["warning"]
        assert [name.split("-")[0] for name in aside(path)] == ["store.sqlite.layout"]

    async def test_the_database_of_another_program_is_left_alone(self, path: Path, clock: Clock):
        begin(path)
        change(path, "CREATE TABLE customers (name)", "INSERT INTO customers VALUES ('Ada')")
        before = content(path)
        tier = SqliteTier(path, MB, clock)
        with pytest.raises(StoreFailed, match="another program"):
            await tier.open()
        assert await failing(tier) == METHODS
        await tier.close()
        assert content(path) == before
        assert not aside(path)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("store-sqlite")]


METHODS = {
    "read",
    "write",
    "stats",
    "purge",
    "scan",
    "add",
    "totals",
    "reserve",
    "release",
    "held",
    "pace",
    "slow_down",
    "window",
}


async def failing(tier: SqliteTier) -> set[str]:
    """The methods that fail, with StoreFailed and nothing else."""
    asked: dict[str, Callable[[], Any]] = {
        "read": lambda: tier.read(["a"]),
        "write": lambda: tier.write({"a": Stored(b"x" * 100_000, 1, 2)}),
        "stats": tier.stats,
        "purge": tier.purge,
        "scan": lambda: scanned(tier),
        "add": lambda: tier.add({ACME: 1}),
        "totals": lambda: tier.totals([ACME]),
        "reserve": lambda: tier.reserve(ACME, 1, 1_000_000, LEASE),
        "release": lambda: tier.release(Held(ACME, "unknown")),
        "held": lambda: tier.held(ACME),
        "pace": lambda: tier.pace("echotik", 1, 1),
        "slow_down": lambda: tier.slow_down("echotik", 1, 0.5, 30),
        "window": lambda: tier.window("echotik", 55, 60),
    }
    failed = set()
    for name, ask in asked.items():
        try:
            await ask()
        except StoreFailed:
            failed.add(name)
    return failed


async def filled(path: Path, clock: Clock) -> None:
    async with opened(path, clock) as tier:
        await tier.write({f"key {number}": stored(os.urandom(500), clock) for number in range(2000)})
        await tier.add({ACME: 5})


async def works(tier: SqliteTier, clock: Clock) -> None:
    await tier.write({"new": stored(b"new", clock)})
    assert await kept(tier, "new") == [b"new"]
    assert await failing(tier) == set()
    await tier.write({"new": stored(b"newer", clock)})
    assert await kept(tier, "new", "key 1999") == [b"newer", None]


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def aside(path: Path) -> list[str]:
    """The databases set aside, without their logs."""
    beside = ("-wal", "-shm", ".lock")
    return [file.name for file in path.parent.iterdir() if file != path and not file.name.endswith(beside)]


class TestBroken:
    @pytest.mark.parametrize(
        "garbage", [b"garbage" * 90, b"garbage" * 9000, b"SQLite format 3\x00" + b"\xa5" * 9000], ids=len
    )
    async def test_what_is_no_database_is_set_aside(self, path: Path, clock: Clock, garbage: bytes):
        begin(path, garbage)
        with capture_logs() as logs:
            async with opened(path, clock) as tier:
                await works(tier, clock)
        (name,) = aside(path)
        assert name.startswith("store.sqlite.corrupt-")
        assert content(path.with_name(name)) == garbage
        assert [(line["log_level"], line["file"]) for line in logs] == [("warning", str(path.with_name(name)))]

    async def test_of_many_that_find_it_broken_one_sets_it_aside(self, path: Path, clock: Clock):
        begin(path, b"garbage" * 500)
        tiers = [SqliteTier(path, MB, clock) for _ in range(8)]
        await asyncio.gather(*(tier.open() for tier in tiers))
        await asyncio.gather(*(tier.add({ACME: 1}) for tier in tiers))

        assert await tiers[0].totals([ACME]) == [8]
        assert len(aside(path)) == 1
        await asyncio.gather(*(tier.close() for tier in tiers))

    @pytest.mark.parametrize("rest", [0.1, 0.5, 0.9])
    async def test_a_file_that_was_cut_is_set_aside_when_it_shows(self, path: Path, clock: Clock, rest: float):
        await filled(path, clock)
        os.truncate(path, int(size(path) * rest))
        with capture_logs() as logs:
            async with opened(path, clock) as tier:
                await everything(tier)
                await works(tier, clock)
        assert (len(logs), len(aside(path))) == (1, 1)

    async def test_an_empty_file_is_a_new_one(self, path: Path, clock: Clock):
        await filled(path, clock)
        os.truncate(path, 0)
        async with opened(path, clock) as tier:
            await works(tier, clock)
        assert not aside(path)

    async def test_pages_that_break_while_it_runs(self, tier: SqliteTier, other: SqliteTier, path: Path, clock: Clock):
        await filled(path, clock)
        await tier.add({ACME: 2})
        spoil(path)
        with capture_logs() as logs:
            await asyncio.gather(everything(tier), everything(other), *(tier.add({ACME: 1}) for _ in range(9)))
        await works(other, clock)
        await works(tier, clock)
        assert [line["log_level"] for line in logs] == ["warning"]
        assert len(aside(path)) == 1

    async def test_counters_that_can_still_be_read_outlive_a_broken_file(self, path: Path, clock: Clock):
        await filled(path, clock)
        with closing(sqlite3.connect(path)) as db:
            sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'entries'"
            (page,) = db.execute(sql).fetchone()
        with path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xa5" * 4096)
        async with opened(path, clock) as tier:
            assert await kept(tier, "key 1", "key 1999") == [None, None]
            assert await tier.totals([ACME]) == [5]
            await tier.add({ACME: 1})
            assert await tier.totals([ACME]) == [6]
        assert len(aside(path)) == 1

    async def test_a_file_that_is_deleted_while_it_runs(
        self, tier: SqliteTier, other: SqliteTier, path: Path, clock: Clock
    ):
        await tier.write({"a": stored(b"one", clock)})
        for file in path.parent.iterdir():
            file.unlink()
        await other.write({"b": stored(b"two", clock)})

        assert await kept(tier, "a", "b") == [None, b"two"]

    @pytest.mark.parametrize("rest", [0, 0.1, 0.5, 0.9])
    async def test_a_file_that_is_cut_while_it_runs(self, tier: SqliteTier, path: Path, clock: Clock, rest: float):
        async with opened(path, clock) as other:
            await filled(path, clock)
            os.truncate(path, int(size(path) * rest))
            for one in (tier, other):
                await everything(one)
                await works(one, clock)

    async def test_where_no_file_can_be_nothing_but_store_failed_comes(self, tmp_path: Path, clock: Clock):
        (tmp_path / "file").write_text("")
        for path in (tmp_path / "file" / "store.sqlite", Path("/proc/shopgraph/store.sqlite"), tmp_path):
            tier = SqliteTier(path, MB, clock)
            with pytest.raises(StoreFailed):
                await tier.open()
            assert await failing(tier) == METHODS
            if path != tmp_path:
                with pytest.raises(StoreFailed):
                    await tier.claim(["a"], LEASE)
            await tier.close()

    async def test_it_comes_back_with_the_disk(self, tmp_path: Path, clock: Clock):
        (tmp_path / "data").write_text("")
        tier = SqliteTier(tmp_path / "data" / "store.sqlite", MB, clock)
        with pytest.raises(StoreFailed):
            await tier.open()
        (tmp_path / "data").unlink()
        await works(tier, clock)
        await tier.close()

    async def test_who_finds_the_file_locked_for_long_does_without(
        self, tier: SqliteTier, other: SqliteTier, path: Path, clock: Clock, monkeypatch
    ):
        await tier.write({"a": stored(b"one", clock)})
        await tier.close()
        monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
        await tier.open()
        with writing(path):
            began = time.monotonic()
            failed = await asyncio.gather(*(tier.add({ACME: 1}) for _ in range(50)), return_exceptions=True)
            assert {type(error) for error in failed} == {StoreFailed}
            assert time.monotonic() - began < 2
            assert await kept(tier, "a") == [b"one"]
            assert await failing(tier) == METHODS - {"read", "stats", "scan", "totals", "held"}
        assert await failing(tier) == set()
        assert await other.totals([ACME]) == [1]

    async def test_what_cannot_be_kept_does_not_take_others_along(self, tier: SqliteTier, clock: Clock):
        asked = [
            tier.add({ACME: 1}),
            tier.add({Counter("\ud800", "2026-11-21"): 1}),
            tier.add({ACME: 2**70}),
            tier.write({"a": Stored(b"x", float("nan"), 1)}),
            tier.write({"b": stored(b"two", clock)}),
            tier.add({ACME: 1}),
        ]
        failed = [type(result) for result in await asyncio.gather(*asked, return_exceptions=True)]
        nothing = type(None)
        assert failed == [nothing, StoreFailed, StoreFailed, StoreFailed, nothing, nothing]
        assert await tier.totals([ACME]) == [2]
        assert await kept(tier, "a", "b") == [None, b"two"]

    async def test_a_full_disk_fails_writes_alone(self, path: Path, clock: Clock):
        async with opened(path, clock) as tier:
            await tier.write({"a": stored(b"one", clock)})
            with no_file_above(200_000):
                big = {f"key {number}": stored(os.urandom(1000), clock) for number in range(1000)}
                with pytest.raises(StoreFailed):
                    await tier.write(big)
                assert await kept(tier, "a", "key 1") == [b"one", None]
            await tier.write(big)
            assert await kept(tier, "a", "key 1") == [b"one", big["key 1"].data]
        assert not aside(path)


async def everything(tier: SqliteTier) -> None:
    """Touch all there is, so that what is broken shows."""
    await tier.read([f"key {number}" for number in range(2000)])
    await scanned(tier)
    await tier.add({ACME: 1})
    await tier.purge("none")


def spoil(path: Path) -> None:
    """Overwrite what is in the file, and what waits in its log, from the second page on."""
    for file in (path, path.with_name(path.name + "-wal")):
        with file.open("r+b") as broken:
            broken.seek(4096)
            broken.write(b"\xa5" * (file.stat().st_size - 4096))


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """What a full disk does to a file that grows."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


PROGRAM = """
import asyncio, sys, time
import structlog
from store.sqlite import SqliteTier
from store.tier import Counter, Stored

PATH, ME, *REST = sys.argv[1:]
COUNTER = Counter("credits.client.acme", "2026-11-21")

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()

def value(number):
    return (ME + str(number)).encode() * (number % 300)

async def main():
    tier = SqliteTier(PATH, 50_000_000)
    await tier.open()
    await work(tier)
    await tier.close()
"""

WRITER = """
async def work(tier):
    async def count(begin):
        for number in range(begin, 10**9, 8):
            now = time.time()
            entries = {f"{ME} {number} {each}": Stored(value(number), now, now + 3600) for each in range(3)}
            await asyncio.gather(tier.write(entries), tier.add({COUNTER: 1, Counter(ME, "2026-11-21"): 3}))
            say(number)
    await asyncio.gather(*map(count, range(8)))
"""

CROWD = """
async def work(tier):
    say("ready")
    sys.stdin.readline()
    async def ask():
        got = 0
        for _ in range(int(REST[0])):
            await tier.add({Counter("calls", "2026-11-21"): 1})
            await tier.pace("echotik", 1, 1)
            held = await tier.reserve(COUNTER, 3, 1000, 600)
            if held is not None:
                await tier.add({COUNTER: 2}, held, 2)
                await tier.release(held)
                got += 2
        return got
    say(sum(await asyncio.gather(*(ask() for _ in range(8)))))
"""

CALLER = """
async def work(tier):
    say("ready")
    sys.stdin.readline()
    async def ask():
        wait = await tier.window("echotik", 55, 60)
        return time.time() + wait
    say(*await asyncio.gather(*(ask() for _ in range(80))))
"""

CLAIMANT = """
async def work(tier):
    for line in sys.stdin:
        what, *keys = line.split()
        say(*map(int, await tier.claim(keys, 60)) if what == "claim" else await tier.unclaim(keys) or [])
"""


@contextmanager
def process(what: str, path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM + what + "\nasyncio.run(main())", str(path), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        try:
            yield running
        finally:
            running.kill()


def said(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    return running.stdout.readline().strip()


def tell(running: subprocess.Popen[str], line: str = "") -> None:
    assert running.stdin
    running.stdin.write(line + "\n")
    running.stdin.flush()


def acknowledged(running: subprocess.Popen[str], at_least: int) -> list[int]:
    """What it said was done until it was killed, in the midst of its work."""
    assert running.stdout
    lines = [running.stdout.readline() for _ in range(at_least)]
    running.kill()
    lines += running.stdout.read().splitlines(keepends=True)
    return [int(line) for line in lines if line.endswith("\n")]


def value(name: str, number: int) -> bytes:
    """As the writer makes them."""
    return f"{name}{number}".encode() * (number % 300)


class TestProcesses:
    async def test_what_was_acknowledged_before_a_kill_is_there(self, path: Path, clock: Clock):
        done: dict[str, list[int]] = {}
        for life, lasts in enumerate((1, 100)):
            one, two = f"one{life}", f"two{life}"
            with process(WRITER, path, one) as first, process(WRITER, path, two) as second:
                done[one] = acknowledged(first, lasts)
                done[two] = acknowledged(second, lasts)
            async with opened(path, clock) as tier:
                for name, numbers in done.items():
                    values = {f"{name} {number} {each}": value(name, number) for number in numbers for each in range(3)}
                    assert await kept(tier, *values) == list(values.values())
                    (credits,) = await tier.totals([Counter(name, "2026-11-21")])
                    assert 3 * len(numbers) <= credits <= 3 * (len(numbers) + 8)
                (total,) = await tier.totals([ACME])
                assert 0 <= total - sum(map(len, done.values())) <= 8 * len(done)
                held, stats = await scanned(tier), await tier.stats()
                taken = sum(len(entry.data) + 2 * len(key) + sqlite_entries.OVERHEAD for key, entry in held.items())
                assert (stats["entries"], stats["bytes"]) == (len(held), taken)
        assert not aside(path)

    async def test_two_that_count_and_reserve_at_once_lose_nothing(self, path: Path, clock: Clock):
        with process(CROWD, path, "a", "50") as one, process(CROWD, path, "b", "50") as two:
            assert [said(one), said(two)] == ["ready", "ready"]
            began = time.monotonic()
            tell(one)
            tell(two)
            got = int(said(one)) + int(said(two))
        async with opened(path, clock) as tier:
            assert await tier.totals([Counter("calls", "2026-11-21"), ACME]) == [800, got]
            assert await tier.held(ACME) == 0
            assert 998 - 3 * 16 < got <= 1000
            wait = await tier.pace("echotik", 1, 1)
            assert 800 - (time.monotonic() - began) < wait <= 800

    async def test_two_that_call_at_once_keep_within_one_window(self, path: Path):
        with process(CALLER, path, "a") as one, process(CALLER, path, "b") as two:
            assert [said(one), said(two)] == ["ready", "ready"]
            began = time.time()
            tell(one)
            tell(two)
            places = sorted(float(place) - began for each in (one, two) for place in said(each).split())
        assert [int(place / 60) for place in places] == [0] * 55 + [1] * 55 + [2] * 50

    async def test_two_that_begin_a_file_at_once_share_it(self, path: Path, clock: Clock):
        begin(path, b"garbage" * 500)
        with process(CROWD, path, "a", "1") as one, process(CROWD, path, "b", "1") as two:
            assert [said(one), said(two)] == ["ready", "ready"]
            tell(one)
            tell(two)
            assert [said(one), said(two)] == ["16", "16"]
        async with opened(path, clock) as tier:
            assert await tier.totals([ACME]) == [32]
        assert len(aside(path)) == 1

    async def test_a_claim_ends_with_its_process(self, tier: SqliteTier, path: Path):
        with process(CLAIMANT, path, "a") as one, process(CLAIMANT, path, "b") as two:
            tell(one, "claim k1 k2 k3")
            assert said(one) == "1 1 1"
            tell(two, "claim k3 k4")
            assert said(two) == "0 1"
            assert await tier.claim(["k1", "k4", "k5"], LEASE) == [False, False, True]
            tell(one, "unclaim k1")
            assert said(one) == ""
            assert await tier.claim(["k1", "k2"], LEASE) == [True, False]
            tell(two, "claim k1 k2")
            assert said(two) == "0 0"

            one.kill()
            one.wait(10)
            tell(two, "claim k1 k2")
            assert said(two) == "0 1"
            assert await tier.claim(["k3"], LEASE) == [True]
