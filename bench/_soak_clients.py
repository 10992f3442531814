"""Many clients at once that ask a gateway one question after the other, and keep what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from random import Random
from time import monotonic
from typing import NamedTuple

import aiohttp

from bench import _server
from bench._server import SECONDS_TO_ANSWER, State
from bench._soak_questions import Question, Universe

PAUSE = 2.0  # seconds between an answer and the next question of a client, on average
FRESH = 0.05  # of the questions want nothing out of the store
SHED = 503


class Asked(NamedTuple):
    """A question and what came back; a status of 0 is none at all. started, ended   monotonic seconds"""

    client: int
    question: Question
    fresh: bool
    started: float
    ended: float
    status: int
    media_type: str
    retry_after: str
    body: bytes

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def is_shed(self) -> bool:
        return self.status == SHED


class Soaked(NamedTuple):
    """What clients asked, in the order of the answers, and the gateway's memory once a second."""

    asked: Sequence[Asked]
    states: Sequence[State]


def soak(url: str, universe: Universe, clients: int, seconds: float, seed: str, *, watched: bool) -> Soaked:
    """So many clients for so long. Each begins at a moment of its own and thinks between its questions.

    watched   whether the gateway is one of bench._gateway, which tells its memory
    """
    return asyncio.run(_soak(url, universe, clients, seconds, seed, watched=watched))


def again(url: str, asked: Sequence[Asked], *, paced: bool) -> list[Asked]:
    """The same questions by the same clients in the same order; who is sent away for the moment comes back.

    paced   whether at the same moments, so that as many meet at the same time; else at once one after the other
    """
    by_client: dict[int, list[Asked]] = {}
    for each in asked:
        by_client.setdefault(each.client, []).append(each)
    first = min((each.started for each in asked), default=0.0)
    return asyncio.run(_again(url, by_client, first if paced else None))


async def _soak(url: str, universe: Universe, clients: int, seconds: float, seed: str, *, watched: bool) -> Soaked:
    found: list[Asked] = []
    end = monotonic() + seconds
    async with _session() as session:
        watching = asyncio.create_task(_watched(url, end if watched else 0))
        asking = (_ask_until(session, url, universe, number, end, seed, found) for number in range(clients))
        await asyncio.gather(*asking)
        return Soaked(found, await watching)


async def _ask_until(
    session: aiohttp.ClientSession,
    url: str,
    universe: Universe,
    client: int,
    end: float,
    seed: str,
    found: list[Asked],
) -> None:
    draw = Random(f"{seed} client {client}")
    await asyncio.sleep(draw.uniform(0, min(PAUSE, (end - monotonic()) / 2)))
    while monotonic() < end:
        found.append(await _ask(session, url, client, universe.drawn(draw), fresh=draw.random() < FRESH))
        await asyncio.sleep(max(0.0, min(draw.uniform(0, 2 * PAUSE), end - monotonic())))


async def _again(url: str, by_client: dict[int, list[Asked]], first: float | None) -> list[Asked]:
    """first: when the first one was asked before; None to wait for no moment."""
    found: list[Asked] = []
    began = monotonic()

    async def ask(some: Iterable[Asked]) -> None:
        for each in some:
            if first is not None:
                await asyncio.sleep(each.started - first - (monotonic() - began))
            found.append(await _ask_patiently(session, url, each))

    async with _session() as session:
        await asyncio.gather(*map(ask, by_client.values()))
    return found


async def _ask_patiently(session: aiohttp.ClientSession, url: str, before: Asked) -> Asked:
    told = await _ask(session, url, before.client, before.question, fresh=before.fresh)
    if not told.is_shed:
        return told
    await asyncio.sleep(float(told.retry_after or 1))
    return await _ask_patiently(session, url, before)


async def _watched(url: str, end: float) -> list[State]:
    """Asked over a connection of its own, beside the clients."""
    client, states = _server.Client(url), []
    while monotonic() < end:
        states.append(await asyncio.to_thread(client.state))
        await asyncio.sleep(min(1.0, max(0.0, end - monotonic())))
    client.close()
    return states


async def _ask(session: aiohttp.ClientSession, url: str, client: int, question: Question, *, fresh: bool) -> Asked:
    began = partial(Asked, client, question, fresh, monotonic())
    headers = {"cache-control": "no-cache"} if fresh else {}
    try:
        async with session.post(f"{url}/graphql", data=question.body, headers=headers) as answer:
            body = await answer.read()
            told = answer.headers.get("retry-after", "")
            return began(monotonic(), answer.status, answer.headers.get("content-type", ""), told, body)
    except (aiohttp.ClientError, TimeoutError) as error:
        return began(monotonic(), 0, "", "", repr(error).encode())


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=SECONDS_TO_ANSWER),
        headers={"content-type": "application/json"},
    )
