"""A collector of traces on a socket of this machine: it takes OTLP over HTTP."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Seen:
    """A span as it came. attributes: by name, those of its resource apart."""

    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, Any]
    began: int
    ended: int


@dataclass
class Collector:
    """What came so far. raw: the bodies; paths: to where."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [_plain(each.resource.attributes) for body in self.raw for each in _read(body).resource_spans]

    @property
    def spans(self) -> list[Seen]:
        """In the order in which they began."""
        found = [
            Seen(
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                span.status.code == 2,
                _plain(span.attributes),
                span.start_time_unix_nano,
                span.end_time_unix_nano,
            )
            for body in self.raw
            for each in _read(body).resource_spans
            for scope in each.scope_spans
            for span in scope.spans
        ]
        return sorted(found, key=lambda span: span.began)

    def named(self, *words: str) -> list[Seen]:
        """Spans whose name begins so."""
        return [span for span in self.spans if span.name.startswith(words)]

    def below(self, above: Seen) -> list[Seen]:
        return [span for span in self.spans if span.parent == above.id]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that answers."""
    collector = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.paths.append(self.path)
            collector.raw.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def _read(body: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    return request


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
