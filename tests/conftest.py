"""The server as it ships, over the sandbox: both on loopback sockets, the store fresh for each test."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

import upstream.service
import upstream.winninghunter.envelope
from sandbox.server import SandboxServer
from server import create_app
from settings import Settings, load
from tests.quick import end_soon

pytest_plugins = ["tests.servers"]

os.environ["SHOPGRAPH_STORE"] = "memory:"  # nothing outlives a test, but where it says so

PLAIN = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # nothing here speaks TLS, and loading certificates takes longer than a test
CLIENT = httpx.Client(timeout=60, verify=PLAIN, headers={"connection": "close"})


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Tests are collected in half the time where nobody looks for garbage: there is none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


end_soon()


@dataclass
class Answer:
    """What came back: `data`, `errors` and `extensions` as in the body."""

    status: int
    body: dict[str, Any]
    headers: httpx.Headers = field(default_factory=httpx.Headers)

    @property
    def data(self) -> Any:
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def partial(self) -> Any:
        """The data of an answer that also has errors."""
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


class Gateway:
    """A running server. Call it with a query and its variables."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        config = uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="error", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.url = ""

    def __enter__(self) -> Gateway:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.002)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
        self._thread.join(timeout=10)

    def leave(self) -> None:
        """Begin to end, without waiting for it."""
        self._server.should_exit = True

    def __call__(self, query: str, *, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
        return _answer(CLIENT.post(f"{self.url}/graphql", json=_body(query, variables), headers=headers))

    def together(self, *queries: str | tuple[str, dict[str, Any]]) -> list[Answer]:
        """All at the same moment; a query alone or with its variables."""

        async def ask() -> list[Answer]:
            async with httpx.AsyncClient(timeout=60, verify=PLAIN) as client:
                bodies = [_body(query, {}) if isinstance(query, str) else _body(*query) for query in queries]
                posts = (client.post(f"{self.url}/graphql", json=body) for body in bodies)
                return [_answer(response) for response in await asyncio.gather(*posts)]

        return asyncio.run(ask())


def _body(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"query": query, "variables": variables}


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.json(), response.headers)


@pytest.fixture(scope="session", autouse=True)
def _short_pauses() -> Iterator[None]:
    """A call that failed is asked again soon."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (upstream.service, upstream.winninghunter.envelope):
            patch.setattr(module, "FIRST_PAUSE", 0.001)
        yield


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """The emulated provider, with nothing recorded and no faults."""
    shared_sandbox.reset()
    yield shared_sandbox
    shared_sandbox.reset()


Start = Callable[..., Gateway]
ALL = ("echotik", "keyapi", "winninghunter")


def access_to(provider: str, sandbox: SandboxServer) -> dict[str, Any]:
    """Settings that reach a provider of the sandbox, without a bound on calls in time."""
    by_provider: dict[str, dict[str, Any]] = {
        "echotik": {
            "echotik_username": "sandbox",
            "echotik_password": "sandbox",
            "echotik_base_url": sandbox.url,
            "echotik_calls_per_second": 0,
        },
        "keyapi": {
            "keyapi_api_key": "sandbox",
            "keyapi_base_url": sandbox.keyapi_url,
            "keyapi_calls_per_second": 0,
        },
        "winninghunter": {
            "winninghunter_api_key": "sandbox",
            "winninghunter_base_url": sandbox.winninghunter_url,
            "winninghunter_calls_per_minute": 0,
        },
    }
    return by_provider[provider]


@pytest.fixture
def gateway(sandbox: SandboxServer, tmp_path: Path) -> Iterator[Start]:
    """Starts servers over the sandbox: gateway("v2"), gateway("v3"), gateway() for both versions of EchoTik; other
    providers by providers=("keyapi", …); settings by name.
    """
    running: list[Gateway] = []

    def start(version: str | None = None, providers: Sequence[str] = ("echotik",), **settings: Any) -> Gateway:
        known: dict[str, Any] = {"shopgraph_data_dir": tmp_path / "data"}
        known["shopgraph_batch_wait_ms"] = 10_000  # a machine that stalls splits no lookup
        for provider in providers:
            known |= access_to(provider, sandbox)
        if version:
            known["echotik_base_url"] = f"{sandbox.url}/{version}"
        running.append(Gateway(load(_env_file=None, **{**known, **settings})).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.leave()


@pytest.fixture
def graphql(gateway: Start) -> Gateway:
    """A server that speaks both versions of EchoTik."""
    return gateway()
