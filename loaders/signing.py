"""Pictures that are asked for one by one, as a page's are, signed ten to a call."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from loaders.backend import Backend
from loaders.flight import until_deadline
from loaders.lookup import PartFailed
from loaders.session import Session
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, CapabilityUnavailable, ShopgraphError
from upstream.operation import CacheUse, Operation

SIGNING = "media.cover"

QUIET_SECONDS = 0.02
"""A part-filled call leaves when so long no other picture was asked for."""

LONGEST_WAIT = 0.2

STALE_SECONDS = 3 * 3600.0
"""Signed addresses are stored for 20 of their 24 hours: where the provider fails, they may be used for so long more."""

SHORTEST = 60.0
REMEMBERED = 20_000
NEAREST = 50
GRACE_SECONDS = 5.0
"""How much longer than its operation what is set aside for it lasts."""


class Signed(NamedTuple):
    """Where a picture can be fetched until a time, unix seconds; None where no provider signs it."""

    address: str | None
    until: float


class Companions:
    """Which pictures were told together: who shows one of them is about to show the others. The last ones told."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._groups: OrderedDict[str, list[str]] = OrderedDict()

    def join(self, url: str, group: list[str]) -> None:
        """url: a picture that is told beside those of the group so far."""
        if self._groups.get(url) is not group:
            group.append(url)
        self._groups[url] = group
        self._groups.move_to_end(url)
        if len(self._groups) > self._most:
            self._groups.popitem(last=False)

    def of(self, url: str) -> list[str]:
        """The nearest of the others, those that were told behind it first."""
        group = self._groups.get(url, [url])
        place = group.index(url)
        return [*group[place + 1 : place + 1 + NEAREST], *group[max(0, place - NEAREST) : place]]


class Line:
    """Pictures that wait for one who pays, in the order in which they were asked for.

    endpoints      who signs them, best first
    opened, last   when the first and the last came, on the event loop's clock
    """

    def __init__(self, payer: str, endpoints: Sequence[Endpoint], now: float) -> None:
        self.payer = payer
        self.endpoints = endpoints
        self.urls: list[str] = []
        self.opened = self.last = now

    @property
    def limit(self) -> int:
        return self.endpoints[0].limit

    @property
    def leaves_at(self) -> float:
        return min(self.last + QUIET_SECONDS, self.opened + LONGEST_WAIT)


class Signing:
    """The signed addresses of pictures, out of the store or by calls that are filled up with their companions.

    seconds      the longest that a call may take, with its retries
    per_request  credits that one call may spend at most
    """

    def __init__(self, backend: Backend, seconds: float, per_request: int) -> None:
        self.companions = Companions()
        self._backend = backend
        self._seconds = seconds
        self._per_request = per_request
        self._lines: dict[tuple[str, Endpoint], Line] = {}
        self._coming: dict[tuple[str, str], asyncio.Future[Signed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def signs(self, url: str) -> list[Endpoint]:
        """Who of the configured providers signs a picture, best first."""
        catalog = self._backend.catalog
        if "," in url:
            return []
        host = urlsplit(url).hostname
        return [endpoint for endpoint in catalog.ranked(catalog.serving(SIGNING), {}) if host in endpoint.hosts]

    async def signed(self, url: str, payer: str) -> Signed:
        """payer: the client whose day pays. Raises ShopgraphError."""
        endpoints = self.signs(url)
        if not endpoints:
            raise CapabilityUnavailable("no configured provider signs this picture", capability=SIGNING)
        held = await self._held(endpoints, [url])
        if url in held:
            return held[url]
        coming = self._coming.get((payer, url)) or self._queue(url, payer, endpoints)
        return await until_deadline(asyncio.shield(coming), self._operation(payer), endpoints[0].title)

    async def close(self) -> None:
        """Returns when nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _held(self, endpoints: Sequence[Endpoint], urls: Sequence[str]) -> dict[str, Signed]:
        """What the store has of them."""
        found: dict[str, Signed] = {}
        for endpoint in endpoints if urls else ():
            keys = [self._backend.key_of(endpoint, url) for url in urls]
            for url, entry in zip(urls, await self._backend.reading.peek(keys, Operation(deadline=0)), strict=True):
                if entry is not None:
                    found.setdefault(url, Signed(entry.value, entry.expires_at))
        return found

    def _queue(self, url: str, payer: str, endpoints: Sequence[Endpoint]) -> asyncio.Future[Signed]:
        loop = asyncio.get_running_loop()
        coming = self._coming[payer, url] = loop.create_future()
        line = self._lines.get((payer, endpoints[0]))
        if line is None:
            line = self._lines[payer, endpoints[0]] = Line(payer, endpoints, loop.time())
            loop.call_at(line.leaves_at, self._look, line)
        line.urls.append(url)
        line.last = loop.time()
        if len(line.urls) >= line.limit:
            self._depart(line)
        return coming

    def _look(self, line: Line) -> None:
        """Let it leave if it is time."""
        loop = asyncio.get_running_loop()
        if self._is_waiting(line) and loop.time() >= line.leaves_at:
            self._depart(line)
        elif self._is_waiting(line):
            loop.call_at(line.leaves_at, self._look, line)

    def _is_waiting(self, line: Line) -> bool:
        return self._lines.get((line.payer, line.endpoints[0])) is line

    def _depart(self, line: Line) -> None:
        del self._lines[line.payer, line.endpoints[0]]
        task = asyncio.ensure_future(self._settle(line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, line: Line) -> None:
        """Tell those who wait where their pictures are."""
        outcomes: Mapping[str, Signed | Exception] = {}
        failed: Exception = RuntimeError("not signed")
        try:
            outcomes = await self._sign(line)
        except Exception as error:
            failed = error
        for url in line.urls:
            coming, outcome = self._coming.pop((line.payer, url)), outcomes.get(url, failed)
            if isinstance(outcome, Exception):
                coming.set_exception(outcome)
                coming.exception()  # seen: who waited for it may have left
            else:
                coming.set_result(outcome)

    async def _sign(self, line: Line) -> Mapping[str, Signed | Exception]:
        """What the store has learned meanwhile, and the others by a call that is filled up: that costs nothing more."""
        held = await self._held(line.endpoints, line.urls)
        asked = [url for url in line.urls if url not in held]
        while asked and (more := self._more(line, line.limit - len(asked))):
            line.urls += more
            held |= await self._held(line.endpoints, more)
            asked += [url for url in more if url not in held]
        return {**(await self._ask_apart(asked, line) if asked else {}), **held}

    def _more(self, line: Line, room: int) -> list[str]:
        """Pictures that came since, and some that were told together with these: they are this call's from now on."""
        behind = self._lines.get((line.payer, line.endpoints[0]))
        came = behind.urls[:room] if behind else []
        if behind is not None:
            del behind.urls[:room]
            if not behind.urls:
                del self._lines[line.payer, line.endpoints[0]]
        others = dict.fromkeys(other for url in line.urls for other in self.companions.of(url))
        free = [other for other in others if self._is_free(other, line)][: room - len(came)]
        self._coming |= {(line.payer, url): asyncio.get_running_loop().create_future() for url in free}
        return [*came, *free]

    def _is_free(self, url: str, line: Line) -> bool:
        """Whether nobody asks for it, and the same provider signs it."""
        return (line.payer, url) not in self._coming and self.signs(url)[:1] == list(line.endpoints[:1])

    async def _ask_apart(self, urls: Sequence[str], line: Line) -> Mapping[str, Signed | Exception]:
        """Of a call that is refused for what it asks, one picture may be the cause: its halves are asked, and those of
        the one that is refused. Where both are, the rest is not tried.
        """
        told = dict(await self._ask(urls, line, waited=asyncio.get_running_loop().time() - line.opened))
        halves = [urls]
        with suppress(ShopgraphError):
            while len(refused := [half for half in halves if _is_refused(told, half)]) == 1 and len(refused[0]) > 1:
                middle = len(refused[0]) // 2
                halves = [refused[0][:middle], refused[0][middle:]]
                for half in halves:
                    told |= await self._ask(half, line)
        return told

    async def _ask(self, urls: Sequence[str], line: Line, waited: float = 0) -> Mapping[str, Signed | Exception]:
        """waited: seconds that it has no more, or those who wait would leave before they are told why it failed."""
        operation = self._operation(line.payer, waited)
        session, budgets = Session(self._backend, operation), self._backend.budgets
        purse = await budgets.reserve(line.payer, line.endpoints[0].credits, self._seconds + GRACE_SECONDS)
        operation.ledger.spending = purse
        try:
            outcomes = await asyncio.gather(*(session.signed(url) for url in urls), return_exceptions=True)
        finally:
            await purse.give_back()
        until = max(operation.seen.soonest, self._backend.clock() + SHORTEST)
        return {url: _outcome(outcome, until) for url, outcome in zip(urls, outcomes, strict=True)}

    def _operation(self, payer: str, waited: float = 0) -> Operation:
        operation = Operation(
            deadline=time.monotonic() + self._seconds - waited,
            client=payer,
            trace="images",
            cache=CacheUse(stale=STALE_SECONDS),
        )
        operation.ledger.limit = self._per_request
        return operation


def _is_refused(told: Mapping[str, Signed | Exception], urls: Sequence[str]) -> bool:
    return all(isinstance(told[url], BadInput) for url in urls)


def _outcome(told: str | BaseException | None, until: float) -> Signed | Exception:
    if isinstance(told, PartFailed):
        return told.cause
    if isinstance(told, BaseException):
        return told if isinstance(told, Exception) else RuntimeError(type(told).__name__)
    return Signed(told, until)
