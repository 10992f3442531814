"""The gateway's process, `python -m bench._gateway`: as it ships, with settings from the environment alone.

It has two routes more: GET /_bench/state tells its memory, POST /_bench/forget empties its store. It prints its address
in one line.
"""

from __future__ import annotations

import resource
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench._server import SECONDS_TO_ANSWER, State
from server import MEGABYTE, configure_logs, create_app
from settings import Settings, load
from store.memory import MemoryStore

RESIDENT = Path("/proc/self/statm")


class AnnouncedServer(uvicorn.Server):
    """Says where it is as soon as it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or ():
            print("http://{}:{}".format(*bound.getsockname()[:2]), flush=True)


def app(settings: Settings) -> Starlette:
    """The application as it ships, and the two routes."""
    shipped = create_app(settings)
    bound = settings.shopgraph_store_memory_mb * MEGABYTE

    async def state(_request: Request) -> Response:
        store = shipped.state.backend.store
        return JSONResponse(State(resident(), store.bytes, bound, len(store))._asdict())

    async def forget(_request: Request) -> Response:
        shipped.state.backend.store = MemoryStore(bound)
        return Response(status_code=204)

    shipped.router.routes += [
        Route("/_bench/state", state),
        Route("/_bench/forget", forget, methods=["POST"]),
    ]
    return shipped


def resident() -> int:
    """Bytes of this process that are in RAM."""
    if RESIDENT.exists():
        return int(RESIDENT.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    settings = load(_env_file=None)
    configure_logs(settings)
    config = uvicorn.Config(app(settings), log_config=None, access_log=False, timeout_keep_alive=SECONDS_TO_ANSWER)
    AnnouncedServer(config).run([socket.create_server(("127.0.0.1", 0), backlog=2048)])


if __name__ == "__main__":
    main()
