"""How a server's process ends, reads its settings again, and is one of several.

SIGTERM  it says that it is not ready any more, serves for a while all the same, then refuses connections, answers what
         it has been asked, and ends with 0; SIGINT does the same without the while
SIGHUP   settings are read again; nothing ends
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

import structlog
import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.config import STARTUP_FAILURE

log = structlog.get_logger("shopgraph.server")

LINGER_SECONDS = 0.25
"""How long connections that have been made may still bring a request once no more are made."""
LINGER_TURNS = 25

RESPAWN_SECONDS = 1.0
"""The least time between two beginnings of a worker that dies."""

COUNTS = "PROMETHEUS_MULTIPROC_DIR"


class Process:
    """This process, as far as its requests are concerned.

    is_draining   whether it is about to end
    """

    def __init__(self) -> None:
        self.is_draining = False
        self._reloads: list[Callable[[], None]] = []

    @contextmanager
    def reloading(self, reload: Callable[[], None]) -> Iterator[None]:
        """reload: reads settings again, whenever it is told to."""
        self._reloads.append(reload)
        try:
            yield
        finally:
            self._reloads.remove(reload)

    def reload(self) -> None:
        for each in self._reloads:
            try:
                each()
            except Exception as error:  # what cannot be read again stops nothing
                log.error("settings not read again", error=type(error).__name__, exc_info=error)


PROCESS = Process()


class Server(uvicorn.Server):
    """Serves until it is told to end; drain: seconds for which it goes on serving then."""

    def __init__(self, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._ends_at: float | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            loop = asyncio.get_running_loop()
            try:
                loop.add_signal_handler(signal.SIGHUP, PROCESS.reload)
            except (ValueError, RuntimeError):  # only the main thread is told of signals
                yield
                return
            try:
                yield
            finally:
                loop.remove_signal_handler(signal.SIGHUP)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        is_again, PROCESS.is_draining = PROCESS.is_draining, True
        if sig == signal.SIGTERM and self._drain and not is_again:
            self._ends_at = time.monotonic() + self._drain
            self._take_leave()
        else:
            self.force_exit = is_again and sig == signal.SIGINT
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        is_over = self._ends_at is not None and time.monotonic() >= self._ends_at
        return await super().on_tick(counter) or is_over

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Nobody who was let in is cut off: what waits at the door is let in before it closes."""
        self._take_leave()
        await self._let_in()
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        for _ in range(LINGER_TURNS):
            if self.server_state.connections and not self.force_exit:
                await asyncio.sleep(LINGER_SECONDS / LINGER_TURNS)
        await super().shutdown(sockets)

    def _take_leave(self) -> None:
        """Every connection ends with its next answer."""
        if not any(name == "connection" for name, _ in self.config.headers):
            self.config.headers.append(("connection", "close"))
            self.config.encoded_headers.append((b"connection", b"close"))
            self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]

    async def _let_in(self) -> None:
        loop = asyncio.get_running_loop()
        for listening in [each for server in self.servers for each in server.sockets]:
            with socket.socket(fileno=os.dup(listening.fileno())) as door, suppress(BlockingIOError, OSError):
                door.setblocking(False)
                while True:
                    connection, _ = door.accept()
                    connection.setblocking(False)
                    await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


# ── several workers ───────────────────────────────────────────────────────────────────────────────────────────────


class Workers:
    """Processes that serve at the same socket.

    work    what each of them does, given the socket
    count   how many there are; one that dies is begun anew
    """

    def __init__(self, work: Callable[[socket.socket], None], listening: socket.socket, count: int) -> None:
        self._work = work
        self._listening = listening
        self._count = count
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[BaseProcess, float] = {}
        self._is_ending = False
        self._status = 0

    def run(self) -> int:
        """Returns when all have ended: 0 where each ended as it should."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._end)
        signal.signal(signal.SIGHUP, self._tell)
        with counted_together():
            for _ in range(self._count):
                self._begin()
            while self._running:
                wait([process.sentinel for process in self._running], timeout=RESPAWN_SECONDS)
                for process in [process for process in self._running if process.exitcode is not None]:
                    self._ended(process)
        return self._status

    def _begin(self) -> None:
        if self._is_ending:
            return
        process = self._context.Process(target=self._work, args=(self._listening,))
        process.start()
        self._running[process] = time.monotonic()
        if self._is_ending:  # it was told while this one began
            process.terminate()

    def _ended(self, process: BaseProcess) -> None:
        began = self._running.pop(process)
        mark_process_dead(process.pid)
        if self._is_ending:
            in_order = process.exitcode in (0, -signal.SIGTERM)  # the latter had not yet begun to serve
            self._status = self._status or (0 if in_order else abs(process.exitcode or 0))
        elif process.exitcode == STARTUP_FAILURE:
            self._status = STARTUP_FAILURE
            self._end(signal.SIGTERM, None)
        else:
            log.error("worker ended", pid=process.pid, status=process.exitcode)
            time.sleep(max(0.0, began + RESPAWN_SECONDS - time.monotonic()))
            self._begin()

    def _end(self, _sig: int, _frame: FrameType | None) -> None:
        self._is_ending = True
        self._listening.close()
        self._tell(signal.SIGTERM, None)

    def _tell(self, sig: int, _frame: FrameType | None) -> None:
        for process in list(self._running):
            if process.pid is not None and process.exitcode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, sig)


def end_with_parent() -> None:
    """A worker whose parent is killed ends as if it had been told to."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def counted_together() -> Iterator[None]:
    """What the workers count is kept in one folder, so that any of them can tell it."""
    folder = tempfile.mkdtemp(prefix="shopgraph-metrics-")
    os.environ[COUNTS] = folder
    try:
        yield
    finally:
        del os.environ[COUNTS]
        shutil.rmtree(folder, ignore_errors=True)


def configured(app: Any, host: str, port: int, seconds: float) -> uvicorn.Config:
    """seconds: the longest that an operation takes."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(seconds) + 5,
    )
