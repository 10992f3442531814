"""A store that servers share, on Redis (5 or newer) or Valkey: one server, or the primary of several; no cluster.

Keys, each "shopgraph:" and the letter of its kind:
    e:  an entry: fetched_at and expires_at as doubles, then the data
    c:  a counter
    h:  what is set aside of a counter's limit
    q:  a claim: its end as a double, then whose it is
    p:  a provider's pace
    w:  the last places in a provider's window, as doubles; before them when it was last asked

What is kept for good never expires, so the server needs a bound: `maxmemory` with the policy `allkeys-lru` or
`allkeys-lfu`; counters of the day are used too often to give way. They outlive the server as far as what it saves does.
"""

from __future__ import annotations

import asyncio
import re
import struct
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from store import lua
from store.tier import Counter, Held, Stored, StoreFailed

TIMEOUT = 0.5
"""Seconds for a command, a connection to make included: a server that takes longer costs more than it saves."""

CONNECTIONS = 16
READ = 1000
"""Keys of one read."""

WRITE = 200
WRITE_BYTES = 1 << 20
"""Entries of one write and about their bytes: whoever else asks the server waits meanwhile."""

TIMES = struct.Struct("<dd")


class RedisTier:
    """The store at a URL: redis:// or rediss://, then [user:password@]host[:port][/number]

    clock    unix seconds; without one they are the server's, so that hosts whose clocks differ agree when a lease ends
    Raises   ValueError where the URL is none; StoreFailed, after one attempt, where the server does not answer as it
             should; neither tells the password. An `add` that failed may have counted all the same.
    """

    name = "redis"

    def __init__(self, url: str, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._token = uuid.uuid4().bytes
        self._claimed: set[str] = set()
        self._redis = _client(url)

    async def open(self) -> None:
        async with _asking():
            await self._redis.ping()

    async def close(self) -> None:
        """Also gives up what is claimed, if the server can be reached."""
        with suppress(StoreFailed):
            await self.unclaim(list(self._claimed))
        with suppress(StoreFailed):
            async with _asking():
                await self._redis.aclose()

    async def read(self, keys: Sequence[str]) -> list[Stored | None]:
        found: list[Any] = []
        for start in range(0, len(keys), READ):
            async with _asking():
                found += await self._redis.mget([_key("e", key) for key in keys[start : start + READ]])
        return [None if value is None else _stored(value) for value in found]

    async def write(self, entries: Mapping[str, Stored]) -> None:
        for chunk in _chunks(entries):
            await self._run(lua.WRITE, list(chunk), *chunk.values())

    async def stats(self) -> Mapping[str, int | float]:
        """Entries, and their bytes without the server's overhead, which takes a walk through all of them; how many
        keys, of whatever kind and whoever's, the server dropped for want of room.
        """
        steps = [step async for step in self._walk(lua.SIZES, "")]
        async with _asking():
            told = await self._redis.info("stats")
        return {
            "entries": sum(count for count, _ in steps),
            "bytes": sum(size for _, size in steps),
            "evicted": told["evicted_keys"],
        }

    async def purge(self, prefix: str = "", *, stale: bool = False) -> int:
        return sum([count async for (count,) in self._walk(lua.PURGE, prefix, int(stale))])

    async def scan(self, prefix: str = "") -> AsyncIterator[tuple[str, Stored]]:
        """Every entry whose key begins so; one may come twice where many others are written or dropped meanwhile."""
        async for told in self._walk(lua.SCAN, prefix):
            for name, value in zip(told[::2], told[1::2], strict=True):
                yield _text(name), _stored(value)

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        names = [_name("c", counter) for counter in amounts]
        aside = _name("h", held.counter) if held else _key("h", "")
        await self._run(lua.ADD, [aside, *names], held.id if held else "", spent, *amounts.values())

    async def totals(self, counters: Sequence[Counter]) -> list[int]:
        if not counters:
            return []
        async with _asking():
            counted = await self._redis.mget([_name("c", counter) for counter in counters])
        return [int(each or 0) for each in counted]

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        held = Held(counter, uuid.uuid4().hex)
        names = [_name("c", counter), _name("h", counter)]
        return held if await self._run(lua.RESERVE, names, held.id, amount, limit, seconds) else None

    async def release(self, held: Held) -> None:
        async with _asking():
            await self._redis.hdel(_name("h", held.counter), held.id)

    async def held(self, counter: Counter) -> int:
        return int(await self._run(lua.HELD, [_name("h", counter)]))

    async def claim(self, keys: Sequence[str], seconds: float) -> list[bool]:
        got = [
            bool(each) for each in await self._run(lua.CLAIM, [_key("q", key) for key in keys], self._token, seconds)
        ]
        self._claimed.update(key for key, mine in zip(keys, got, strict=True) if mine)
        return got

    async def unclaim(self, keys: Sequence[str]) -> None:
        self._claimed.difference_update(keys)
        if keys:
            await self._run(lua.UNCLAIM, [_key("q", key) for key in keys], self._token)

    async def pace(self, name: str, rate: float, burst: float) -> float:
        return float(await self._run(lua.PACE, [_key("p", name)], rate, max(1.0, burst))) if rate else 0.0

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        if rate:
            await self._run(lua.SLOW_DOWN, [_key("p", name)], rate, slowest, seconds)

    async def window(self, name: str, most: int, seconds: float) -> float:
        return float(await self._run(lua.WINDOW, [_key("w", name)], most, seconds)) if most > 0 else 0.0

    async def _run(self, script: str, keys: Sequence[bytes], *args: str | bytes | float) -> Any:
        now = "" if self._clock is None else self._clock()
        async with _asking():
            return await self._redis.register_script(script)(keys, [now, *args])

    async def _walk(self, script: str, prefix: str, *args: int) -> AsyncIterator[list[Any]]:
        """What a script tells of each step through the entries whose keys begin so."""
        cursor = b"0"
        while True:
            cursor, *told = await self._run(script, [], cursor, _begins(prefix), *args)
            yield told
            if not int(cursor):
                return


def _client(url: str) -> Redis:
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        pool.connection_class(**pool.connection_kwargs)  # opens nothing; refuses options that there are none of
    except (ValueError, TypeError):
        raise ValueError("not a URL of Redis: redis://[user:password@]host[:port][/number]") from None
    return Redis.from_pool(pool)


@asynccontextmanager
async def _asking() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIMEOUT):
            yield
    except TimeoutError:
        raise StoreFailed(f"redis: no answer within {TIMEOUT} s") from None
    except (RedisError, OSError) as error:
        # A server that knows no AUTH repeats what it was sent, and a traceback would tell it with the error.
        told = str(error).partition(", with args")[0]
        raise StoreFailed(f"redis: {type(error).__name__}: {told}") from None


def _chunks(entries: Mapping[str, Stored]) -> Iterator[dict[bytes, bytes]]:
    """The entries as the server keeps them, as many at once as one write takes."""
    chunk: dict[bytes, bytes] = {}
    size = 0
    for key, entry in entries.items():
        value = TIMES.pack(entry.fetched_at, entry.expires_at) + entry.data
        chunk[_key("e", key)] = value
        size += len(value)
        if len(chunk) == WRITE or size > WRITE_BYTES:
            yield chunk
            chunk, size = {}, 0
    if chunk:
        yield chunk


def _stored(value: bytes) -> Stored:
    return Stored(value[TIMES.size :], *TIMES.unpack_from(value))


def _key(kind: str, text: str) -> bytes:
    """Texts from outside may have half a surrogate pair, which is no UTF-8."""
    return f"shopgraph:{kind}:{text}".encode("utf-8", "surrogatepass")


def _text(key: bytes) -> str:
    return key.removeprefix(_key("e", "")).decode("utf-8", "surrogatepass")


def _name(kind: str, counter: Counter) -> bytes:
    return _key(kind, f"{counter.day}:{counter.name}")


def _begins(prefix: str) -> bytes:
    """A pattern for entries whose keys begin so."""
    return re.sub(rb"([\\*?\[\]])", rb"\\\1", _key("e", prefix)) + b"*"
