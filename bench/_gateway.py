"""The gateway's process, `python -m bench._gateway`: as it ships, with settings from the environment alone.

It has a few routes more: GET /_bench/state tells its memory and its CPU time, POST /_bench/forget empties its memory,
POST /_bench/forgetful has that done before each question from then on, POST /_bench/mindful no longer. It prints its
address in one line.
"""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from pathlib import Path
from time import process_time
from typing import Any
from unittest import mock

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bench._server import SECONDS_TO_ANSWER, State
from schema.build import schema
from server import MEGABYTE, configure_logs, create_app
from settings import Settings, load

RESIDENT = Path("/proc/self/statm")
QUESTIONS = "/graphql"


class AnnouncedServer(uvicorn.Server):
    """Says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[str], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or ():
            self._tell("http://{}:{}".format(*bound.getsockname()[:2]))


class Meter:
    """Counts the CPU seconds of this process inside execution: right while no two questions are asked at once."""

    def __init__(self) -> None:
        self.executing = 0.0

    def timed(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, counted up to the last step of what it gives to be awaited."""

        def executed(*arguments: Any, **named: Any) -> Any:
            started = process_time()
            result = execute(*arguments, **named)
            if isawaitable(result):
                return self._awaited(result, started)
            self.executing += process_time() - started
            return result

        return executed

    async def _awaited(self, result: Awaitable[Any], started: float) -> Any:
        try:
            return await result
        finally:
            self.executing += process_time() - started


class Forgetful:
    """An application that forgets before each question, while that is wanted.

    forgets   whether it is wanted
    seconds   of CPU, that it took
    """

    def __init__(self, shipped: ASGIApp, forget: Callable[[], None]) -> None:
        self._shipped = shipped
        self._forget = forget
        self.forgets = False
        self.seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.forgets and scope.get("path") == QUESTIONS:
            started = process_time()
            self._forget()
            self.seconds += process_time() - started
        await self._shipped(scope, receive, send)


def app(settings: Settings, meter: Meter) -> Forgetful:
    """The application as it ships, and the routes."""
    shipped = create_app(settings)
    bound = settings.shopgraph_store_memory_mb * MEGABYTE

    def empty() -> None:
        shipped.state.backend.store.memory.clear()

    forgetful = Forgetful(shipped, empty)

    async def state(_request: Request) -> Response:
        store = shipped.state.backend.store.memory
        used = process_time() - forgetful.seconds
        return JSONResponse(State(resident(), store.bytes, bound, len(store), used, meter.executing)._asdict())

    async def forget(_request: Request) -> Response:
        empty()
        return Response(status_code=204)

    async def forget_each_time(request: Request) -> Response:
        forgetful.forgets = request.url.path.endswith("/forgetful")
        return Response(status_code=204)

    shipped.router.routes += [
        Route("/_bench/state", state),
        Route("/_bench/forget", forget, methods=["POST"]),
        Route("/_bench/forgetful", forget_each_time, methods=["POST"]),
        Route("/_bench/mindful", forget_each_time, methods=["POST"]),
    ]
    return forgetful


def resident() -> int:
    """Bytes of this process that are in RAM."""
    if RESIDENT.exists():
        return int(RESIDENT.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(tell: Callable[[str], None]) -> None:
    """Until the process is ended; `tell` is given the address."""
    settings, meter = load(_env_file=None), Meter()
    configure_logs(settings)
    served = app(settings, meter)
    config = uvicorn.Config(served, log_config=None, access_log=False, timeout_keep_alive=SECONDS_TO_ANSWER)
    timed = meter.timed(schema._get_execute_function())
    with mock.patch.object(schema, "_get_execute_function", lambda: timed):
        AnnouncedServer(config, tell).run([socket.create_server(("127.0.0.1", 0), backlog=2048)])


def main() -> None:
    serve(partial(print, flush=True))


if __name__ == "__main__":
    main()
