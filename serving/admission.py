"""How many operations run at once, how many wait, and whose turn it is; and what becomes of those whose client leaves.

A request takes its place once it has been read, so that who sends slowly holds none, and keeps it until it has been
answered. To compute it also takes a turn, which it keeps until it has to wait for something. Health checks, metrics,
the page and pictures are asked past all this.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.page import wants_page
from serving.told import of
from telemetry import metrics
from upstream.operation import Presence
from upstream.places import Places

AGENTS = "/mcp"
PATHS = ("/graphql", "/graphql/cost", AGENTS)
SHARE_OF_DEADLINE = 0.5
"""How much of its time an operation may wait for its place: behind that it could hardly be answered."""

TURNS = 8
"""Operations that compute at once. One that waits for a provider or for the disk gives its turn up, so that who asks
more at once than others computes no more than they do.
"""

LONGEST_TURN = 1.0
"""Seconds behind which a turn ends: whatever the operation waits for, others go on."""

RETRY_SECONDS = 1
"""When who was turned away may come again, and so much later for each time that all places are waited for."""


class Overloaded(Exception):
    """There is no place for an operation. retry_after: seconds."""

    code = "OVERLOADED"
    message = "The server has too much to do; ask again later."

    def __init__(self, reason: str, retry_after: int = RETRY_SECONDS) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        metrics.SHED.labels(self.reason).inc()
        told = {"code": self.code, "retryAfter": self.retry_after}
        return JSONResponse(
            {"errors": [{"message": self.message, "extensions": told}]},
            status_code=503,
            headers={"retry-after": str(self.retry_after), "cache-control": "no-store"},
        )


class Gate:
    """The places of one server.

    most     operations that run at once
    queued   operations that wait
    """

    def __init__(self, most: int, queued: int) -> None:
        self._places = Places(most)
        self._turns = Places(TURNS)
        self._queued = queued

    @property
    def is_idle(self) -> bool:
        return not self._places.taken

    def check(self, client: str) -> None:
        """Raises Overloaded where another operation of the client could not even wait."""
        if self._places.taken >= self._places.count and not self._has_room(client):
            raise self._overloaded("full")

    async def enter(self, client: str, seconds: float) -> None:
        """Returns when it is the client's turn, after so many seconds at most; to be followed by `leave`."""
        if not self._places.take(client):
            await self._wait(client, seconds)
        metrics.IN_FLIGHT.inc()

    def leave(self, client: str) -> None:
        metrics.IN_FLIGHT.dec()
        self._places.release(client)

    async def turn(self, client: str, seconds: float) -> Turn:
        """One to compute, as soon as it is the client's."""
        if not self._turns.take(client):
            await self._acquire(self._turns, client, seconds)
        return Turn(self._turns, client)

    async def _wait(self, client: str, seconds: float) -> None:
        self.check(client)
        if self._places.waiting >= self._queued:
            self._places.dismiss(self._places.longest(), self._overloaded("full"))
        await self._acquire(self._places, client, seconds)

    async def _acquire(self, places: Places, client: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                with metrics.QUEUED.track_inprogress():
                    await places.acquire(client)
        except TimeoutError:
            raise self._overloaded("late") from None

    def _has_room(self, client: str) -> bool:
        """Whether one more may wait: also in the stead of the last of a client that waits for more than this one."""
        places = self._places
        if places.waiting < self._queued:
            return True
        return places.waiting > 0 and places.length(places.longest()) > places.length(client) + 1

    def _overloaded(self, reason: str) -> Overloaded:
        return Overloaded(reason, RETRY_SECONDS + self._places.waiting // self._places.count)


class Turn:
    """To be ended once: further ends do nothing."""

    def __init__(self, turns: Places, client: str) -> None:
        self._turns = turns
        self._client = client
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(LONGEST_TURN, self.end)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._turns.release(self._client)


class Visit:
    """One request to the graph.

    began      when it came, on the monotonic clock: its wait counts against its deadline
    presence   whether its client still waits
    """

    def __init__(self, gate: Gate, client: str) -> None:
        self.began = time.monotonic()
        self.presence = Presence()
        self._gate = gate
        self._client = client
        self._is_in = False
        self._turn: Turn | None = None

    async def enter(self, deadline: float) -> None:
        """Returns when it may be executed; raises Overloaded. Its place is its own until it ends, and so is its turn to
        compute unless it rests.
        """
        if not self._is_in:
            now = time.monotonic()
            until = now + (deadline - now) * SHARE_OF_DEADLINE
            await self._gate.enter(self._client, until - now)
            self._is_in = True
            self._turn = await self._gate.turn(self._client, until - time.monotonic())

    def rest(self) -> None:
        """It waits for something, or has been executed: others may compute meanwhile."""
        if self._turn is not None:
            self._turn.end()

    def end(self) -> None:
        self.rest()
        if self._is_in:
            self._gate.leave(self._client)


class Admission:
    """Turns away what has no place, and ends an operation whose client leaves.

    gate      whose places they are
    seconds   in which a request must have been read
    """

    def __init__(self, app: ASGIApp, gate: Gate, seconds: float) -> None:
        self._app = app
        self._gate = gate
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS or wants_page(scope):
            await self._app(scope, receive, send)
            return
        client = scope.get("client_name", "anonymous")
        scope["visit"] = visit = Visit(self._gate, client)
        exchange = Exchange(receive, send, visit, self._seconds)
        try:
            self._gate.check(client)
            if scope["method"] == "GET":
                await exchange.skip_body()
            if scope["path"] == AGENTS:
                await visit.enter(visit.began + self._seconds)
            await self._app(scope, exchange.receive, exchange.send)
        except Overloaded as error:
            of(scope).refuse(error.code)
            await error.response()(scope, receive, send)
        except Slow:
            of(scope).refuse("BAD_REQUEST")
            await _slow()(scope, receive, send)
        except ClientDisconnect:
            metrics.ABANDONED.inc()
        except asyncio.CancelledError:
            if not visit.presence.is_gone:
                raise
            metrics.ABANDONED.inc()
        finally:
            exchange.end()
            visit.end()


class Slow(Exception):
    """The request did not come to its end in time."""


class Exchange:
    """What is received of a request, and sent; behind its end the client is watched, until it has been answered."""

    def __init__(self, receive: Receive, send: Send, visit: Visit, seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._visit = visit
        self._until = visit.began + seconds
        self._answering = asyncio.current_task()
        self._is_answered = False
        self._watching: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        if self._watching is not None:
            await asyncio.shield(self._watching)
            return {"type": "http.disconnect"}
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise Slow from None
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._watching = asyncio.create_task(self._watch())
        return message

    async def skip_body(self) -> None:
        """Of a request in whose address everything stands."""
        while self._watching is None:
            if (await self.receive())["type"] == "http.disconnect":
                raise ClientDisconnect

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_answered = True
        await self._send(message)

    def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._is_answered and self._answering is not None:
            self._visit.presence.leave()
            self._answering.cancel()


def visit_of(scope: MutableMapping[str, Any]) -> Visit:
    """The request as it was let in."""
    visit: Visit = scope["visit"]
    return visit


def _slow() -> JSONResponse:
    refused = {"message": "The request did not come to its end in time.", "extensions": {"code": "BAD_REQUEST"}}
    return JSONResponse({"errors": [refused]}, status_code=408, headers={"connection": "close"})
