"""The sandbox and the gateway in processes of their own, and the client that asks the gateway."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request as Asked
from urllib.request import urlopen

from settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_ANSWER = 60
GATEWAY = "bench._gateway"
FORKS = multiprocessing.get_context("forkserver")


class State(NamedTuple):
    """The gateway's memory, and its CPU time since it began.

    rss        bytes of the process that are in RAM; where there is no /proc, the most that there ever were
    stored     bytes that the store counts, of at most `bound`
    entries    things that it holds
    cpu        seconds, all threads together
    executing  those of them between the begin and the end of an operation's execution, asked one at a time
    """

    rss: int
    stored: int
    bound: int
    entries: int
    cpu: float
    executing: float


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
        """Empties the gateway's memory: what it is asked next is cold, where nothing lies behind that."""
        self._request("POST", "/_bench/forget")

    def forget_each_time(self, *, forgets: bool) -> None:
        """Whether the gateway empties its memory before each question, so that what lies behind that answers."""
        self._request("POST", "/_bench/forgetful" if forgets else "/_bench/mindful")

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
    """The address of a gateway over that provider, without a rate or a budget, that keeps nothing on disk; settings by
    name.
    """
    with _process(GATEWAY, **_configured(upstream, settings)) as url:
        yield url


def import_gateway() -> None:
    """Have what `gateways` runs imported meanwhile."""
    FORKS.set_forkserver_preload([GATEWAY])
    forkserver.ensure_running()


@contextmanager
def gateways(upstream: str, *settings: Mapping[str, object]) -> Iterator[list[str]]:
    """The addresses of several, each in a process of its own; what they import is imported once."""
    pipes = [FORKS.Pipe(duplex=False) for _ in settings]
    running: list[ForkServerProcess] = []
    try:
        for each, (_, tells) in zip(settings, pipes, strict=True):
            environment = {**neutral(os.environ), **_configured(upstream, each)}
            process = FORKS.Process(target=_serve, args=(environment, tells))
            process.start()
            running.append(process)
            tells.close()  # so that its end is noticed where the process does not get so far
        yield [told.recv() for told, _ in pipes]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.join()


def _serve(environment: Mapping[str, str], tells: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    import_module(GATEWAY).serve(tells.send)


def _configured(upstream: str, settings: Mapping[str, object]) -> dict[str, str]:
    """The environment of a gateway."""
    known = {
        "echotik_username": "sandbox",
        "echotik_password": "sandbox",
        "echotik_base_url": upstream,
        "echotik_calls_per_second": 0,
        "shopgraph_log_level": "error",
        "shopgraph_max_credits_per_request": 1_000_000,
        "shopgraph_store": "memory:",
    }
    return {name.upper(): str(value) for name, value in {**known, **settings}.items()}


@contextmanager
def _process(module: str, *arguments: str, **environment: str) -> Iterator[str]:
    """The address that a module prints when it has started; it is ended behind."""
    running = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**neutral(os.environ), **environment},
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


def neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would change how the gateway runs."""
    settings = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name.upper() not in settings}
