"""A provider that says on its socket whatever a test wants, byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Behave = Callable[[socket.socket], None]


class Hostile:
    """Where it is, and what it was sent."""

    def __init__(self, listening: socket.socket, behave: Behave, tls: ssl.SSLContext | None) -> None:
        self.requests: list[str] = []
        self.over = threading.Event()
        self._listening = listening
        self._behave = behave
        self._tls = tls
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://localhost:{self._listening.getsockname()[1]}"

    @property
    def base(self) -> str:
        """Of EchoTik's v3."""
        return f"{self.origin}/api/v3"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            wrapped = connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True)
            with wrapped:
                while told := wrapped.recv(65536):
                    self.requests.append(told.decode("latin-1"))
                    self._behave(wrapped)


@contextmanager
def hostile(behave: Behave | bytes, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """`behave` does what it likes with the connection after each request; bytes are said before it hangs up."""

    def say(connection: socket.socket) -> None:
        assert isinstance(behave, bytes)
        connection.sendall(behave)
        connection.shutdown(socket.SHUT_RDWR)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Hostile(listening, say if isinstance(behave, bytes) else behave, tls)
        try:
            yield server
        finally:
            server.over.set()
            listening.shutdown(socket.SHUT_RDWR)


def reply(body: bytes, *headers: str, status: str = "200 OK", keeps_alive: bool = False) -> bytes:
    """A whole answer; unless it says otherwise, the last one of its connection."""
    ending = () if keeps_alive else ("connection: close",)
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *ending, *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def envelope(*rows: Any) -> bytes:
    """An answer of EchoTik with these rows."""
    return json.dumps({"code": 0, "message": "success", "data": rows, "requestId": "1"}).encode()
