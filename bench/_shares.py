"""Clients of one gateway that all ask as fast as they can: what each of them is answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from time import monotonic
from typing import NamedTuple

import aiohttp

from bench import _server

MANY, FEW, NOBODY = "many", "few", "nobody"
KEYS = {name: f"the key of {name}, whom nobody else knows" for name in (MANY, FEW, NOBODY)}
LATENCY_MS = 50
SETTINGS = {
    "shopgraph_api_keys": ",".join(
        f"{name}:{hashlib.sha256(key.encode()).hexdigest()}{':0' if name == NOBODY else ''}"
        for name, key in KEYS.items()
    ),
    "shopgraph_max_concurrency": 8,
}
"""Two clients without a limit, and one that may spend nothing."""

STORED = "{ products(region: US, first: 50) { nodes { id name seller { id name } } } }"
PAGE = "{{ products(region: US, first: 10, filter: {{gmv: {{min: {}}}}}) {{ nodes {{ id name }} }} }}"
NUMBERS = count(1)


class Shared(NamedTuple):
    """What two clients were answered that asked the same, one of them by ten times as many connections.

    what   where the answers came from
    few    answers to the one with few connections
    many   answers to the other one
    alone  answers to the first in as much time in which nobody else asked
    """

    what: str
    few: int
    many: int
    alone: int

    @property
    def due(self) -> float:
        """Answers due to the one with few connections: half of them all, but no more than it can take."""
        return min(self.alone, (self.few + self.many) / 2)


def calls_for_nobody(url: str, upstream: str, requests: int) -> int:
    """Calls made for a client that may spend nothing, and that asks for what is not stored; AssertionError where it is
    told anything but that.
    """
    _server.forget_calls(upstream)
    told = asyncio.run(_asked(url, NOBODY, requests))
    assert set(told) == {"BUDGET_EXCEEDED"}, told
    return _server.count_calls(upstream)


def shared(url: str, seconds: float, few: int, many: int) -> list[Shared]:
    """Out of the gateway's store, and by calls of its provider."""
    asyncio.run(_blast(url, {FEW: 1}, 0, lambda: STORED))
    found: list[Shared] = []
    for what, document in (("out of the store", lambda: STORED), ("by calls", lambda: PAGE.format(next(NUMBERS)))):
        alone = asyncio.run(_blast(url, {FEW: few}, seconds, document))
        both = asyncio.run(_blast(url, {FEW: few, MANY: many}, seconds, document))
        found.append(Shared(what, both[FEW], both[MANY], alone[FEW]))
    return found


async def _asked(url: str, client: str, requests: int) -> Counter[str]:
    """The codes of answers to requests that come all at once."""
    async with _session() as session:
        documents = [PAGE.format(next(NUMBERS)) for _ in range(requests)]
        return Counter(await asyncio.gather(*(_code(session, url, client, document) for document in documents)))


async def _blast(url: str, connections: Mapping[str, int], seconds: float, document: Callable[[], str]) -> Counter[str]:
    """Answers by client, each of which asks by so many connections, the next question as soon as it has an answer."""
    answers: Counter[str] = Counter()
    end = monotonic() + seconds

    async def ask(session: aiohttp.ClientSession, client: str) -> None:
        while True:
            code = await _code(session, url, client, document())
            assert not code, code
            if monotonic() > end:
                break
            answers[client] += 1

    async with _session() as session:
        await asyncio.gather(*(ask(session, client) for client, count in connections.items() for _ in range(count)))
    return answers


async def _code(session: aiohttp.ClientSession, url: str, client: str, document: str) -> str:
    """Of the error that a question is answered with; empty where there is none."""
    headers = {"authorization": f"Bearer {KEYS[client]}", "content-type": "application/json"}
    async with session.post(f"{url}/graphql", data=json.dumps({"query": document}), headers=headers) as answer:
        errors = json.loads(await answer.read()).get("errors")
        return str(errors[0]["extensions"]["code"]) if errors else ""


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=_server.SECONDS_TO_ANSWER)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)
