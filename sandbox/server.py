"""The sandbox on a socket: a server in a thread of its own, for tests, benchmarks and the gateway's embedded mode."""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Thread
from time import sleep
from types import TracebackType
from typing import Any

import uvicorn

from sandbox.app import create_app, known_mix, rule_of
from sandbox.control import Call, Control, Rule, Seconds
from sandbox.echotik.catalog import best_sellers
from sandbox.replay import Replay
from sandbox.route import Setting
from sandbox.world import World, shared_world

# Several ids to a call first; of the others, what the route is about before what narrows it.
ID_PARAMS = (
    *("product_ids", "user_ids", "unique_ids", "video_ids", "room_ids", "cover_urls"),
    *("seller_id", "user_id", "video_id", "room_id", "product_id", "id"),
)
HOST = "127.0.0.1"


class SandboxServer:
    """The emulated providers on 127.0.0.1, in a daemon thread with its own event loop. A context manager.

    seed               another seed is another world, with other ids
    clock              gives the present; its UTC day is today
    port               0 takes a free one
    latency            seconds before any answer, or a function that gives them
    username, password of EchoTik; `api_key` of KeyAPI and of Winning Hunter alike
    replay             folder of kept answers, given instead of the emulated ones to the questions they belong to
    switches           fields of sandbox.route.Setting

    url, keyapi_url, winninghunter_url   bases of the providers' paths; url is EchoTik's, "http://127.0.0.1:PORT/api"
    calls  every request received, in order
    Every method may be called from any thread, before and after start.
    """

    def __init__(
        self,
        *,
        seed: str = "shopgraph",
        clock: Callable[[], datetime] | None = None,
        username: str = "sandbox",
        password: str = "sandbox",
        port: int = 0,
        latency: Seconds = 0.0,
        api_key: str = "sandbox",
        replay: str | Path | None = None,
        **switches: Any,
    ) -> None:
        self.world = World(seed, clock) if clock else shared_world(seed)
        self.control = Control(latency)
        self.username = username
        self.password = password
        self.api_key = api_key
        setting = Setting(**switches)
        known = {"username": username, "password": password, "api_key": api_key}
        kept = None if replay is None else Replay(replay)
        self.app = create_app(self.world, self.control, setting=setting, replay=kept, **known)
        self._port = port
        self._socket: socket.socket | None = None
        self._server = quiet_server(self.app)
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        return f"{self._origin}/api"

    @property
    def keyapi_url(self) -> str:
        return f"{self._origin}/keyapi"

    @property
    def winninghunter_url(self) -> str:
        return f"{self._origin}/winninghunter"

    @property
    def _origin(self) -> str:
        if not self._port:
            raise RuntimeError("the sandbox has no port before it is started")
        return f"http://{HOST}:{self._port}"

    @property
    def calls(self) -> list[Call]:
        return self.control.calls

    @property
    def max_in_flight(self) -> int:
        """Highest number of requests that were being answered at once."""
        return self.control.max_in_flight

    def start(self) -> "SandboxServer":
        """Starts and returns once requests are answered. After a stop, starts again on the same port."""
        self._socket = bind(HOST, self._port)
        self._port = self._socket.getsockname()[1]
        self._server = quiet_server(self.app)
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            sleep(0.002)
        return self

    def stop(self) -> None:
        """Ends the server; requests still open are cut off."""
        self._server.should_exit = self._server.force_exit = True
        if self._thread:
            self._thread.join()
        if self._socket:
            self._socket.close()

    def __enter__(self) -> "SandboxServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def count(self, path: str | None = None, version: str | None = None, provider: str | None = None) -> int:
        """How many calls came, of a path, of a version, to a provider, or in all."""
        return sum(
            path in (None, call.path) and version in (None, call.version) and provider in (None, call.provider)
            for call in list(self.calls)
        )

    def ids_asked(self, path: str, provider: str | None = None) -> list[list[str]]:
        """The ids that each call of a path asked for, call by call; a single id is a list of one."""
        calls = list(self.calls)
        return [_ids(call) for call in calls if call.path == path and provider in (None, call.provider)]

    def product_ids(self, region: str = "US", n: int = 100) -> list[str]:
        """Ids of the first rows of a region's product list by units, best seller first."""
        return [product.id for product in best_sellers(self.world, region)[:n]]

    def reset(self) -> None:
        """Forgets calls, faults, answers, delays and what was charged; the world stays as it is."""
        self.control.forget_calls()
        self.control.forget_rules()
        self.app.state.sandbox.forget_charges()

    def fail(
        self,
        path: str,
        fault: str,
        *,
        times: int | None = None,
        version: str | None = None,
        provider: str | None = None,
        when: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Answers a path ("*": any) with a fault of sandbox.faults.FAULTS, the next `times` times or from now on."""
        rule = rule_of(path, fault, times=times, version=version, provider=provider, when=when, **options)
        self.control.add(rule)

    def mix(self, shares: Mapping[str, float], seed: object = 0) -> None:
        """Answers calls at random with faults, each its share of those that no rule answers: {"rate": 0.05}."""
        self.control.mix(**known_mix(shares, seed))

    def answer(
        self,
        path: str,
        body: object,
        *,
        status: int = 200,
        times: int | None = None,
        version: str | None = None,
        provider: str | None = None,
        when: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answers a path with a body: bytes and text as they are, anything else as JSON."""
        options = {"body": body, "status": status, "headers": headers}
        only = dict(when or {})
        self.control.add(Rule(path, "answer", options, times=times, version=version, when=only, provider=provider))

    def delay(self, seconds: Seconds, path: str | None = None, provider: str | None = None) -> None:
        """Answers a path (all of them by default) of a provider (any) so many seconds later, in place of `latency`."""
        self.control.delay(seconds, path, provider)


def bind(host: str, port: int) -> socket.socket:
    """A socket that connections can already queue at, so that its address is known before the server runs."""
    bound = socket.create_server((host, port), backlog=2048)
    bound.setblocking(False)
    return bound


def quiet_server(app: Any, server: type[uvicorn.Server] = uvicorn.Server) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )
    return server(config)


def _ids(call: Call) -> list[str]:
    sent = next((call.params[name] for name in ID_PARAMS if name in call.params), "")
    return sent.split(",") if sent else []
