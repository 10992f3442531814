"""The sandbox and the gateway in processes of their own, and the client that asks the gateway.

`python -m bench._server` is the gateway as it ships, with settings from the environment alone and two routes more:
GET /_bench/state tells its memory, POST /_bench/forget empties its store. It prints its address in one line.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request as Asked
from urllib.request import urlopen

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server import MEGABYTE, configure_logs, create_app
from settings import Settings, load
from store.memory import MemoryStore

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_ANSWER = 60
RESIDENT = Path("/proc/self/statm")


class State(NamedTuple):
    """The gateway's memory.

    rss      bytes of the process that are in RAM; where there is no /proc, the most that there ever were
    stored   bytes that the store counts, of at most `bound`
    entries  things that it holds
    """

    rss: int
    stored: int
    bound: int
    entries: int


class Client:
    """One connection to the gateway; for one thread at a time."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=SECONDS_TO_ANSWER)

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer; AssertionError where it has errors."""
        answer = json.loads(self.post(query, variables))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def post(self, query: str, variables: Mapping[str, Any]) -> bytes:
        """The body of an answer."""
        body = json.dumps({"query": query, "variables": variables})
        return self._request("POST", "/graphql", body.encode())

    def forget(self) -> None:
        """Empties the gateway's store: what it is asked next is cold."""
        self._request("POST", "/_bench/forget")

    def state(self) -> State:
        return State(**json.loads(self._request("GET", "/_bench/state")))

    def close(self) -> None:
        self._connection.close()

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body, {"content-type": "application/json"})
        return self._connection.getresponse().read()


def forget_calls(upstream: str) -> None:
    """Has a sandbox begin to count anew."""
    with urlopen(Asked(_calls(upstream), method="DELETE"), timeout=SECONDS_TO_ANSWER):
        pass


def count_calls(upstream: str) -> int:
    """How many calls a sandbox has received."""
    with urlopen(_calls(upstream), timeout=SECONDS_TO_ANSWER) as answer:
        return len(json.load(answer)["calls"])


def _calls(upstream: str) -> str:
    return f"{upstream.removesuffix('/api')}/_sandbox/calls"


@contextmanager
def sandbox(latency_ms: float = 0) -> Iterator[str]:
    """The address of an emulated provider that answers after `latency_ms`."""
    with _process("sandbox", "--latency-ms", str(latency_ms)) as url:
        yield url


@contextmanager
def gateway(upstream: str, **settings: object) -> Iterator[str]:
    """The address of a gateway over that provider, without a rate; settings by name."""
    known = {
        "echotik_username": "sandbox",
        "echotik_password": "sandbox",
        "echotik_base_url": upstream,
        "echotik_calls_per_second": 0,
        "shopgraph_log_level": "error",
    }
    chosen = {name.upper(): str(value) for name, value in {**known, **settings}.items()}
    with _process("bench._server", **chosen) as url:
        yield url


@contextmanager
def _process(module: str, *arguments: str, **environment: str) -> Iterator[str]:
    """The address that a module prints when it has started; it is ended behind."""
    running = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**_neutral(os.environ), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"{module} did not start")
        yield url
    finally:
        running.terminate()
        try:
            running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would change how the gateway runs."""
    settings = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name.upper() not in settings}


# ── the gateway's process ─────────────────────────────────────────────────────────────────────────────────────────


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
