"""The server as it ships, in a process of its own, with secrets planted wherever it keeps one; and whatever it tells:
answers, its log, what it counts, and the traces that it sends.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, NamedTuple

from bench._server import ROOT, SECONDS_TO_ANSWER, neutral
from sandbox.server import SandboxServer
from upstream.secrecy import strike

USERNAME = "fuzz-account-5511"
PASSWORD = "fuzz:pass/w\u00f6rd 5512"
UPSTREAM_KEY = "fuzz-upstream-key-5513"
CLIENT_KEY = "fuzz-client-key-5514"
IMAGE_KEY = "fuzz-image-key-5515"
METRICS_TOKEN = "fuzz-metrics-token-5516"
SECRETS = (USERNAME, PASSWORD, UPSTREAM_KEY, CLIENT_KEY, IMAGE_KEY, METRICS_TOKEN)

KNOWN = (
    ("echotik", (USERNAME, PASSWORD, base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode())),
    ("keyapi", (UPSTREAM_KEY,)),
    ("winninghunter", (UPSTREAM_KEY,)),
)
"""What each provider is sent, and may repeat."""

FAULTS = (
    "rate",
    "error",
    "error_in_200",
    "bad_parameter",
    "garbage",
    "truncated",
    "envelope",
    "html",
    "control",
    "empty",
)
DEADLINE_MS = 3000


class Told(NamedTuple):
    """An answer over HTTP. text: with its headers."""

    status: int
    text: str
    body: str


class Served:
    """A running server, and who listens to it."""

    def __init__(
        self, process: subprocess.Popen[bytes], port: int, sandbox: SandboxServer, log: Path, traces: list[bytes]
    ) -> None:
        self._process = process
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
        self.sandbox = sandbox
        self._log = log
        self._traces = traces

    def ask(self, body: bytes, path: str = "/graphql") -> Told:
        headers = {"content-type": "application/json", "authorization": f"Bearer {CLIENT_KEY}"}
        return self._told("POST", path, body, headers)

    def metrics(self) -> Told:
        return self._told("GET", "/metrics", None, {"authorization": f"Bearer {METRICS_TOKEN}"})

    def end(self) -> None:
        """As an operator does; it has to be there until then."""
        self._connection.close()
        if self._process.poll() is not None:
            raise RuntimeError(f"the server ended: {self.log()[-2000:]}")
        self._process.terminate()
        self._process.wait(SECONDS_TO_ANSWER)

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def traces(self) -> str:
        return b"".join(self._traces).decode("utf-8", "replace")

    def _told(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Told:
        try:
            self._connection.request(method, path, body, dict(headers))
            answer = self._connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except Exception:
            self._connection.close()
            raise
        return Told(answer.status, f"{answer.getheaders()}\n{text}", text)


def disturb(sandbox: SandboxServer, chance: Random) -> None:
    """Has the providers fail, or say what they were sent, or nothing of that."""
    sandbox.control.forget_rules()
    provider, known = chance.choice(KNOWN)
    secret, how = chance.choice(known), chance.random()
    if how < 0.3:
        sandbox.fail("*", chance.choice(FAULTS), times=3)
    elif how < 0.5:
        failed = {"code": 500, "success": False, "message": secret, "error": f"not {secret}"}
        sandbox.answer("*", failed, times=2, provider=provider)
    elif how < 0.65:
        row = {"product_id": "1", "id": "1", "product_name": f"said {secret}", "title": secret, secret: secret}
        told = {"code": 0, "success": True, "message": "", "data": [row] * 2}
        sandbox.answer("*", told, times=2, provider=provider)


class Unsound(Exception):
    """An answer that no question may have."""


def judged(told: Told) -> str:
    """What kind of answer it is; raises Unsound."""
    if told.status >= 500:
        raise Unsound(f"HTTP {told.status}: {told.body[:200]}")
    if found := leaked(told.text):
        raise Unsound(f"an answer holds {found}")
    body = json.loads(told.body)
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    if "INTERNAL_SERVER_ERROR" in codes:
        raise Unsound(told.body[:300])
    if body.get("data") is None:
        return "refused" if codes else "nothing"
    return "partly" if codes else "whole"


def leaked(text: str) -> list[str]:
    """The secrets that can be read in it, however they are written."""
    return [secret for secret in SECRETS if strike(text, [secret]) != text]


@contextmanager
def served() -> Iterator[Served]:
    """A server over a sandbox."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxServer(username=USERNAME, password=PASSWORD, api_key=UPSTREAM_KEY) as sandbox,
        _collector() as (traced, traces),
    ):
        log = Path(folder) / "log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        command = [sys.executable, str(ROOT / "server.py"), "--port", str(port)]
        with log.open("wb") as written:
            known = configured(sandbox, Path(folder) / "data")
            known |= {"otel_exporter_otlp_endpoint": traced, "otel_bsp_schedule_delay": 200}
            environment = neutral(os.environ) | {name.upper(): str(value) for name, value in known.items()}
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=written, stderr=subprocess.STDOUT)
        try:
            _until_ready(port, process, log)
            yield Served(process, port, sandbox, log, traces)
        finally:
            process.kill()
            process.wait()


def configured(sandbox: SandboxServer, data: Path) -> dict[str, Any]:
    """Settings by name: secrets wherever there can be one, and providers that are asked again at once."""
    return {
        **{"echotik_username": USERNAME, "echotik_password": PASSWORD, "echotik_base_url": sandbox.url},
        **{"keyapi_api_key": UPSTREAM_KEY, "keyapi_base_url": sandbox.keyapi_url},
        **{"winninghunter_api_key": UPSTREAM_KEY, "winninghunter_base_url": sandbox.winninghunter_url},
        **{"echotik_calls_per_second": 0, "keyapi_calls_per_second": 0, "winninghunter_calls_per_minute": 0},
        **dict.fromkeys(("shopgraph_quota_pause_s", "shopgraph_outage_pause_s", "shopgraph_auth_pause_s"), 0),
        "shopgraph_api_keys": f"fuzz:{hashlib.sha256(CLIENT_KEY.encode()).hexdigest()}",
        "shopgraph_image_key": IMAGE_KEY,
        "shopgraph_metrics_token": METRICS_TOKEN,
        "shopgraph_store": "memory:",
        "shopgraph_data_dir": data,
        "shopgraph_log_level": "debug",
        "shopgraph_log_format": "json",
        "shopgraph_log_variables": True,
        "shopgraph_deadline_ms": DEADLINE_MS,
        "shopgraph_max_credits_per_request": 40,
        "shopgraph_batch_wait_ms": 5,
    }


def _until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_ANSWER
    while True:
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


@contextmanager
def _collector() -> Iterator[tuple[str, list[bytes]]]:
    """Takes the traces that are sent to it; its address, and their bytes."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers.get("content-length", 0)))
            received.append(f"{dict(self.headers)}".encode() + told)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", received
    finally:
        server.shutdown()
        server.server_close()


def question(text: str, variables: Mapping[str, Any]) -> bytes:
    return json.dumps({"query": text, "variables": variables}).encode()
