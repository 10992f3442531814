"""A real server, Redis or Valkey, that ends with the tests. It keeps nothing: what is stopped comes back empty."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SECONDS_TO_START = 10


class RedisServer:
    """Runs on a port of its own from `start` to `stop`, and on the same again after another `start`."""

    def __init__(self, *options: str) -> None:
        """Options as the server takes them: RedisServer("--requirepass", "secret")."""
        self._options = options
        self._folder = Path(tempfile.mkdtemp())
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        self.port = self.port or free_port()
        assert self._starts(), f"the server did not start: {self._log.read_text()}"

    def stop(self) -> None:
        """At once, with all that it knows."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes connections from then on, and answers none until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server is stopped"
        self._process.send_signal(number)

    def _starts(self) -> bool:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program, "neither redis-server nor valkey-server is installed: scripts/install --test"
        place = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
            "--logfile",
            str(self._log),
        ]
        process = subprocess.Popen([program, *place, "--save", "", "--appendonly", "no", *self._options])
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(self.port):
                self._process = process
                return True
            time.sleep(0.005)
        process.kill()
        process.wait()
        return False


def free_port() -> int:
    """Below those that a system gives to whoever connects, so that it is free again after a stop."""
    while True:
        with socket.socket() as probe:
            try:
                port = random.randint(20_000, 30_000)
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
