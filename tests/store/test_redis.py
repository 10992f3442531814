"""Entries and counters that servers share, on a real server that also stops, hangs and comes back."""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from redis import Redis

from store import redis
from store.redis import RedisTier
from store.tier import Held, Stored, StoreFailed
from tests.store.redis_server import RedisServer, free_port
from tests.store.tier_contract import ACME, LEASE, WRITES, Clock, TierContract, kept, scanned, stored, the_newest_stays

PROPERTY = settings(max_examples=50, deadline=None, database=None)
TLS = Path(__file__).parent / "tls"
DAY = 86_400
PASSWORD = "p:a/s@s%word"
SOON = redis.TIMEOUT + 1
"""Seconds within which a tier gives up, on a busy machine too."""

ASKS: dict[str, Callable[[RedisTier], Awaitable[object]]] = {
    "open": lambda tier: tier.open(),
    "read": lambda tier: tier.read(["a"]),
    "write": lambda tier: tier.write({"a": Stored(b"x", 1, math.inf)}),
    "stats": lambda tier: tier.stats(),
    "purge": lambda tier: tier.purge(),
    "scan": scanned,
    "add": lambda tier: tier.add({ACME: 1}),
    "totals": lambda tier: tier.totals([ACME]),
    "reserve": lambda tier: tier.reserve(ACME, 1, 10, LEASE),
    "release": lambda tier: tier.release(Held(ACME, "x")),
    "held": lambda tier: tier.held(ACME),
    "claim": lambda tier: tier.claim(["a"], LEASE),
    "unclaim": lambda tier: tier.unclaim(["a"]),
    "pace": lambda tier: tier.pace("echotik", 1, 1),
    "slow_down": lambda tier: tier.slow_down("echotik", 1, 0.5, 30),
    "window": lambda tier: tier.window("echotik", 55, 60),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def lasting_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def raw(server: RedisServer) -> Iterator[Redis]:
    """What the server itself tells."""
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
async def tier(server: RedisServer, clock: Clock) -> AsyncIterator[RedisTier]:
    async with opened(server.url, clock) as tier:
        yield tier


@pytest.fixture
async def other(server: RedisServer, clock: Clock) -> AsyncIterator[RedisTier]:
    async with opened(server.url, clock) as tier:
        yield tier


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[RedisTier]:
    tier = RedisTier(url, clock)
    await tier.open()
    yield tier
    await tier.close()


async def failure(asked: Awaitable[object]) -> str:
    """All that is told of it; it must come soon."""
    began = time.monotonic()
    with pytest.raises(StoreFailed) as failed:
        async with asyncio.timeout(2 * SOON):
            await asked
    assert time.monotonic() - began < SOON
    return "".join(traceback.format_exception(failed.value))


class TestRedisTier(TierContract):
    """All that any tier does."""


class TestTheServerFails:
    async def test_without_a_server_whatever_is_asked_fails_soon(self):
        tier = RedisTier(f"redis://127.0.0.1:{free_port()}")
        for ask in ASKS.values():
            await failure(ask(tier))
        await tier.close()

    async def test_a_server_that_stops_and_comes_back_is_used_again(self, server: RedisServer, tier: RedisTier):
        for ask in ASKS.values():
            await ask(tier)

        server.stop()
        for ask in ASKS.values():
            await failure(ask(tier))

        server.start()
        for ask in ASKS.values():
            await ask(tier)

    async def test_connections_of_before_it_stopped_fail_nobody_after(self, server: RedisServer, tier: RedisTier):
        await asyncio.gather(*(tier.totals([ACME]) for _ in range(50)))
        server.stop()
        server.start()
        await asyncio.sleep(0.01)

        assert await asyncio.gather(*(tier.totals([ACME]) for _ in range(50))) == [[0]] * 50

    async def test_what_waits_for_an_answer_as_it_stops_fails_soon(self, server: RedisServer, tier: RedisTier):
        await tier.totals([ACME])
        server.freeze()
        waiting = [asyncio.ensure_future(failure(tier.totals([ACME]))) for _ in range(40)]
        await asyncio.sleep(0.05)
        server.stop()

        await asyncio.gather(*waiting)

    async def test_a_server_that_hangs_fails_whoever_asks_and_answers_nobody_elses_question_after(
        self, server: RedisServer, tier: RedisTier, clock: Clock
    ):
        await tier.write({"a": stored(b"one", clock), "b": stored(b"two", clock)})
        server.freeze()
        await asyncio.gather(
            *(failure(ask(tier)) for ask in ASKS.values()), *(failure(tier.read(["a"])) for _ in range(9))
        )
        server.thaw()

        answers = await asyncio.gather(*(kept(tier, "b") for _ in range(30)))
        assert answers == [[b"two"]] * 30

    @pytest.mark.parametrize("connected", [True, False])
    async def test_one_who_gives_up_waiting_leaves_no_answer_to_the_next(
        self, server: RedisServer, tier: RedisTier, clock: Clock, connected: bool
    ):
        await tier.write({"a": stored(b"one", clock), "b": stored(b"two", clock)})
        asked = tier if connected else RedisTier(f"{server.url}/0", clock)
        server.freeze()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked.read(["a"]), 0.05)
        next_one = asyncio.ensure_future(kept(asked, "b"))
        await asyncio.sleep(0.05)
        server.thaw()

        assert await next_one == [b"two"]
        await asked.close()

    async def test_what_failed_is_not_asked_again(self):
        asked: list[bytes] = []

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.read(4096))
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as fake:
            tier = RedisTier(f"redis://127.0.0.1:{fake.sockets[0].getsockname()[1]}")
            await failure(tier.add({ACME: 1}))
            await tier.close()

        assert len(asked) == 1

    async def test_a_server_without_its_scripts_is_told_them_again(self, tier: RedisTier, raw: Redis):
        await tier.add({ACME: 1})
        raw.script_flush()
        await tier.add({ACME: 1})

        assert await tier.totals([ACME]) == [2]

    async def test_a_full_server_fails_who_writes_and_still_tells_what_it_knows(
        self, tier: RedisTier, raw: Redis, clock
    ):
        await tier.write({"a": stored(b"one", clock)})
        raw.config_set("maxmemory", "1mb")

        assert "OutOfMemory" in await failure(tier.write({"b": stored(b"x" * 2_000_000, clock)}))
        assert await kept(tier, "a", "b") == [b"one", None]

    async def test_what_another_program_left_under_its_keys_is_a_failure_too(self, tier: RedisTier, raw: Redis):
        raw.lpush("shopgraph:c:2026-11-21:credits.client.acme", "x")
        await failure(tier.add({ACME: 1}))

    async def test_to_close_without_a_server_is_no_failure(self, server: RedisServer, tier: RedisTier):
        await tier.claim(["a"], LEASE)
        server.stop()

        began = time.monotonic()
        await tier.close()
        assert time.monotonic() - began < SOON


class TestWhatTheServerKeeps:
    async def test_entries_leave_a_week_after_they_turned_stale(self, tier: RedisTier, raw: Redis, clock: Clock):
        entries = {"hour": stored(b"x", clock, lasts=3600), "stale": stored(b"x", clock, lasts=-DAY)}
        await tier.write({**entries, "ever": Stored(b"x", clock.now, math.inf)})

        assert raw.ttl("shopgraph:e:hour") == pytest.approx(7 * DAY + 3600, abs=5)
        assert raw.ttl("shopgraph:e:stale") == pytest.approx(6 * DAY, abs=5)
        assert raw.ttl("shopgraph:e:ever") == -1

    async def test_an_entry_kept_for_good_may_become_one_that_is_not(self, tier: RedisTier, raw: Redis, clock: Clock):
        await tier.write({"a": Stored(b"x", clock.now, math.inf)})
        await tier.write({"a": stored(b"y", clock, lasts=3600)})

        assert raw.ttl("shopgraph:e:a") == pytest.approx(7 * DAY + 3600, abs=5)

    async def test_an_entry_stale_for_long_takes_the_place_of_an_older_one_and_leaves(
        self, tier: RedisTier, clock: Clock
    ):
        await tier.write({"a": Stored(b"old", clock.now - 90 * DAY, math.inf)})
        await tier.write({"a": Stored(b"new", clock.now - 60 * DAY, clock.now - 30 * DAY)})

        await until(lambda: kept(tier, "a"), [None])

    async def test_counters_and_reservations_are_kept_for_a_hundred_days(self, tier: RedisTier, raw: Redis):
        await tier.add({ACME: 1})
        await tier.reserve(ACME, 1, 10, LEASE)

        left = [raw.ttl(key) for key in raw.keys("shopgraph:*")]
        assert left == pytest.approx([100 * DAY] * 2, abs=5)

    async def test_claims_and_paces_do_not_stay(self, tier: RedisTier, raw: Redis):
        await tier.claim(["a"], 30)
        await tier.pace("echotik", 4, 8)
        await tier.slow_down("keyapi", 4, 0.5, 30)
        for _ in range(3):
            await tier.window("echotik", 1, 600)

        assert raw.ttl("shopgraph:q:a") == pytest.approx(30, abs=2)
        assert [raw.ttl("shopgraph:p:echotik"), raw.ttl("shopgraph:p:keyapi")] == pytest.approx([DAY] * 2, abs=5)
        assert raw.ttl("shopgraph:w:echotik") == pytest.approx(DAY + 1800, abs=5)
        assert raw.strlen("shopgraph:w:echotik") == 2 * 8

    async def test_other_programs_keys_are_neither_told_nor_forgotten(self, tier: RedisTier, raw: Redis, clock: Clock):
        raw.mset({"a": "x", "shopgraph": "x", "shopgraph:e": "x", "other:shopgraph:e:a": "x"})
        await tier.write({"a": stored(b"one", clock)})

        assert set(await scanned(tier)) == {"a"}
        assert (await tier.stats())["entries"] == 1
        assert await tier.purge() == 1
        assert raw.dbsize() == 4

    async def test_no_command_looks_at_all_keys_at_once(self, tier: RedisTier, raw: Redis):
        for ask in ASKS.values():
            await ask(tier)
        assert "cmdstat_keys" not in raw.info("commandstats")

    async def test_stats_tell_what_was_dropped_for_want_of_room(self, tier: RedisTier, raw: Redis, clock: Clock):
        assert (await tier.stats())["evicted"] == 0
        raw.config_set("maxmemory-policy", "allkeys-lru")
        raw.config_set("maxmemory", str(raw.info("memory")["used_memory"] + 1_000_000))
        for number in range(40):
            await tier.write({str(number): stored(b"x" * 100_000, clock)})

        stats = await tier.stats()
        assert stats["evicted"] > 0
        assert stats["entries"] + stats["evicted"] >= 40

    async def test_a_large_write_lets_others_in_between(self, tier: RedisTier, raw: Redis, clock: Clock):
        many = {str(number): stored(b"x", clock) for number in range(1000)}
        large = {f"large {number}": stored(b"%d" % number * 400_000, clock) for number in range(10)}
        await tier.write({"a": stored(b"", clock)})
        steps = []
        for entries in (many, large):
            raw.config_resetstat()
            await tier.write(entries)
            steps.append(raw.info("commandstats")["cmdstat_evalsha"]["calls"])

        assert steps == [5, 4]
        assert await scanned(tier, "large") == large

    async def test_each_database_of_a_server_is_a_store_of_its_own(
        self, server: RedisServer, tier: RedisTier, clock: Clock
    ):
        await tier.write({"a": stored(b"one", clock)})
        async with opened(f"{server.url}/1", clock) as second:
            assert await kept(second, "a") == [None]


@PROPERTY
@given(writes=WRITES)
async def test_of_many_writes_by_two_the_newest_stays(
    lasting_server: RedisServer, writes: list[dict[str, tuple[int, bytes]]]
):
    clock = Clock()
    async with opened(lasting_server.url, clock) as tier, opened(lasting_server.url, clock) as other:
        await tier.purge()
        await the_newest_stays((tier, other), clock, writes)


class TestTheServersClock:
    """Tiers without a clock, as servers on several hosts have them."""

    @pytest.fixture
    async def tier(self, server: RedisServer) -> AsyncIterator[RedisTier]:
        async with opened(server.url) as tier:
            yield tier

    @pytest.fixture
    async def other(self, server: RedisServer) -> AsyncIterator[RedisTier]:
        async with opened(server.url) as tier:
            yield tier

    async def test_a_claim_of_one_that_died_ends_by_itself(self, tier: RedisTier, other: RedisTier):
        assert await tier.claim(["a"], 0.3) == [True]
        assert await other.claim(["a"], LEASE) == [False]
        await until(lambda: other.claim(["a"], LEASE), [True])

    async def test_a_claim_that_ended_is_not_given_up_for_whoever_has_it_now(self, tier: RedisTier, other: RedisTier):
        await tier.claim(["a"], 0.05)
        await until(lambda: other.claim(["a"], LEASE), [True])
        await tier.unclaim(["a"])

        assert await tier.claim(["a"], LEASE) == [False]

    async def test_what_is_held_comes_back_when_its_lease_ends(self, tier: RedisTier, other: RedisTier):
        assert await tier.reserve(ACME, 10, 10, 0.3)
        assert await other.reserve(ACME, 1, 10, LEASE) is None
        await until(lambda: other.held(ACME), 0)

    async def test_places_come_back_as_time_passes(self, tier: RedisTier, other: RedisTier):
        assert await tier.pace("echotik", 5, 1) == 0
        assert 0 < await other.pace("echotik", 5, 1) <= 0.2
        await asyncio.sleep(0.45)
        assert await tier.pace("echotik", 5, 1) == 0

    async def test_a_window_has_room_again_as_time_passes(self, tier: RedisTier, other: RedisTier):
        assert await tier.window("echotik", 1, 0.3) == 0
        assert 0 < await other.window("echotik", 1, 0.3) <= 0.3
        await asyncio.sleep(0.65)
        assert await tier.window("echotik", 1, 0.3) == 0

    async def test_stale_ones_are_forgotten_by_it(self, tier: RedisTier):
        now = time.time()
        await tier.write({"a": Stored(b"x", now - 9, now - 5), "b": Stored(b"x", now, now + 60)})

        assert await tier.purge(stale=True) == 1
        assert set(await scanned(tier)) == {"b"}


class TestTheCallersClock:
    async def test_a_claim_ends_by_it(self, tier: RedisTier, other: RedisTier, clock: Clock):
        assert await tier.claim(["a"], 30) == [True]
        clock.now += 29
        assert await other.claim(["a"], 30) == [False]
        clock.now += 2
        assert await other.claim(["a"], 30) == [True]


class TestPace:
    async def test_there_is_always_a_burst_of_one(self, tier: RedisTier):
        assert await tier.pace("echotik", 4, 0) == 0
        assert await tier.pace("echotik", 4, 0) == pytest.approx(0.25, abs=0.002)

    async def test_a_refusal_uses_up_the_burst(self, tier: RedisTier, other: RedisTier):
        assert await tier.pace("echotik", 4, 8) == 0
        await other.slow_down("echotik", 4, 0.5, 30)

        waits = [await tier.pace("echotik", 4, 8) for _ in range(3)]
        assert waits == pytest.approx([0, 0.5, 1], abs=0.002)

    async def test_places_that_were_told_before_a_refusal_are_not_told_again(self, tier: RedisTier, other: RedisTier):
        told = [await tier.pace("echotik", 4, 3) for _ in range(6)]
        await other.slow_down("echotik", 4, 0.5, 30)

        assert told[-1] == pytest.approx(0.75, abs=0.002)
        assert await tier.pace("echotik", 4, 3) == pytest.approx(1, abs=0.002)
        assert await tier.pace("echotik", 4, 3) == pytest.approx(1.5, abs=0.002)


class TestWindow:
    async def test_a_clock_that_is_set_back_makes_nobody_wait(self, tier: RedisTier, clock: Clock):
        assert [await tier.window("echotik", 2, 60) for _ in range(3)] == pytest.approx([0, 0, 60], abs=0.002)
        clock.now -= 3600
        assert [await tier.window("echotik", 2, 60) for _ in range(2)] == pytest.approx([60, 120], abs=0.002)

    async def test_it_outlives_the_servers_that_ask(self, server: RedisServer, clock: Clock):
        for wait in (0, 0, 60):
            async with opened(server.url, clock) as tier:
                assert await tier.window("echotik", 2, 60) == pytest.approx(wait, abs=0.002)


class TestCredentials:
    async def test_a_password_in_the_url_opens_the_server(self, clock: Clock):
        with RedisServer("--requirepass", PASSWORD) as server:
            async with opened(f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}", clock) as tier:
                await tier.write({"a": stored(b"one", clock)})
                assert await kept(tier, "a") == [b"one"]

    async def test_a_user_who_may_use_its_keys_alone_is_enough(self, clock: Clock):
        with RedisServer("--user", "acme", "on", "~shopgraph:*", "+@all", f">{PASSWORD}") as server:
            async with opened(f"redis://acme:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}", clock) as tier:
                for ask in ASKS.values():
                    await ask(tier)

    async def test_a_wrong_password_is_a_failure_that_does_not_tell_it(self):
        with RedisServer("--requirepass", PASSWORD) as server:
            tier = RedisTier(f"redis://:hunter2@127.0.0.1:{server.port}")
            told = [await failure(ask(tier)) for ask in ASKS.values()]
            await tier.close()

        assert "hunter2" not in "".join([*told, repr(tier), str(vars(tier))])

    async def test_a_server_that_repeats_the_password_is_not_quoted(self):
        async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while asked := await reader.read(4096):
                words = asked.decode().split("\r\n")[2::2]
                writer.write(f"-ERR unknown command `{words[0]}`, with args beginning with: {words[1:]}\r\n".encode())
            writer.close()

        async with await asyncio.start_server(repeat, "127.0.0.1", 0) as fake:
            tier = RedisTier(f"redis://:hunter2@127.0.0.1:{fake.sockets[0].getsockname()[1]}")
            told = await failure(tier.open())
            await tier.close()

        assert "unknown command" in told
        assert "hunter2" not in told

    @pytest.mark.parametrize(
        "url",
        [
            "redis://user:hunter2/x@host:6379",
            "redis://user:hunter2@host:port",
            "redis://user:hunter2@host:99999",
            "http://user:hunter2@host",
            "redis://user:hunter2@[host",
            "redis://user:hunter2@host?socket_timeout=hunter2",
            "redis://user:hunter2@host?hunter2=1",
        ],
    )
    def test_what_is_no_url_is_refused_without_telling_it(self, url: str):
        with pytest.raises(ValueError, match="not a URL of Redis") as refused:
            RedisTier(url)
        assert "hunter2" not in "".join(traceback.format_exception(refused.value))

    async def test_a_rediss_url_speaks_tls(self, clock: Clock):
        port = free_port()
        certificate = ["--tls-cert-file", str(TLS / "certificate.pem"), "--tls-key-file", str(TLS / "key.pem")]
        with RedisServer("--tls-port", str(port), "--tls-auth-clients", "no", *certificate):
            url = f"rediss://127.0.0.1:{port}"
            async with opened(f"{url}?ssl_ca_certs={TLS / 'certificate.pem'}", clock) as tier:
                await tier.write({"a": stored(b"one", clock)})
                assert await kept(tier, "a") == [b"one"]
            assert "certificate" in await failure(RedisTier(url).open())


async def until(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
    deadline = time.monotonic() + 10
    while await ask() != wanted:
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.02)
