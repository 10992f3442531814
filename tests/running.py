"""Servers as processes of their own. They are forked from one that has imported server.py: that takes longest."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.conftest import CLIENT, Answer

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_HAPPEN = 30


class Server:
    """server.py on a port of its own. Call it with a query and its variables."""

    def __init__(self, pid: int, port: int, log: Path) -> None:
        self.pid = pid
        self.url = f"http://127.0.0.1:{port}"
        self._log = log

    def __call__(self, query: str, *, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
        response = CLIENT.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, headers=headers)
        return Answer(response.status_code, response.json(), response.headers)

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has said so far."""
        return [json.loads(line) for line in self.log_text.splitlines()]

    @property
    def log_text(self) -> str:
        return self._log.read_text()

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log if line["event"] == event]

    def kill(self) -> None:
        """At once, whatever it does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It does nothing from then on, and still is there."""
        os.kill(self.pid, signal.SIGSTOP)

    def stop(self) -> None:
        """As an operator does."""
        self._end(signal.SIGTERM)

    @property
    def is_there(self) -> bool:
        return is_there(self.pid)

    def is_ready(self) -> bool:
        assert self.is_there, self._log.read_text()
        try:
            return CLIENT.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self.is_there:
            os.kill(self.pid, how)
            until(lambda: not self.is_there)


class Forking:
    """The process that servers are forked from."""

    def __enter__(self) -> Forking:
        called = [sys.executable, "-m", "tests.forking"]
        self._process = subprocess.Popen(
            called, cwd=ROOT, env=environment({}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def fork(self, wanted: Mapping[str, Any]) -> int:
        """The pid of a server."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(wanted), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def run(self, folder: Path, arguments: Sequence[str], given: Mapping[str, str]) -> CompletedProcess[str]:
        """server.py with these arguments and settings in a folder, for what ends of itself."""
        with TemporaryDirectory() as kept:
            out, log, code = (Path(kept) / name for name in ("out", "log", "code"))
            pid = self.fork(wanted(folder, arguments, given, out, log) | {"code": str(code)})
            until(lambda: not is_there(pid))
            return CompletedProcess(["server.py", *arguments], int(code.read_text()), out.read_text(), log.read_text())


class Servers:
    """Starts servers, and kills those that still run when it is left."""

    def __init__(self, forking: Forking) -> None:
        self._forking = forking
        self._started: list[Server] = []

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._started:
            server.kill()

    def start(self, folder: Path, given: Mapping[str, str], *, most_bytes: int | None = None) -> Server:
        """A server with these settings in a folder; `most_bytes` of a file are the most that it can write."""
        port, log = free_port(), folder / f"log-{len(self._started)}"
        told = wanted(folder, ["--port", str(port)], {"SHOPGRAPH_LOG_FORMAT": "json", **given}, log, log)
        server = Server(self._forking.fork(told | {"most_bytes": most_bytes}), port, log)
        self._started.append(server)
        until(server.is_ready)
        return server


def wanted(folder: Path, arguments: Sequence[str], given: Mapping[str, str], out: Path, log: Path) -> dict[str, Any]:
    """What a process is told to be: server.py with these arguments and settings."""
    return {
        "arguments": list(arguments),
        "folder": str(folder),
        "environment": environment(given),
        "out": str(out),
        "log": str(log),
        "code": None,
        "most_bytes": None,
    }


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without settings, the given ones, and where the programs are found."""
    own = {name: value for name, value in os.environ.items() if not re.match("ECHOTIK_|SHOPGRAPH_", name)}
    return {**own, "PYTHONPATH": str(ROOT), **given}


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS_TO_HAPPEN
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def together(*asked: Callable[[], Answer]) -> list[Answer]:
    """All at the same moment."""
    with ThreadPoolExecutor(len(asked)) as threads:
        return [answer.result() for answer in [threads.submit(ask) for ask in asked]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
