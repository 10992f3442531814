"""Spans of operations, of what they ask and of upstream calls; sent by OTLP over HTTP where the environment says to.

The environment is OpenTelemetry's own: OTEL_EXPORTER_OTLP_ENDPOINT turns it on, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER
and the others hold as everywhere. Without it there are no spans. What a span tells is known beforehand: names, codes,
counts; never an address, a variable, a message or a credential.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger("shopgraph.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"
SERVICE = "shopgraph"
CLOSE_SECONDS = 3.0
PARENT = "traceparent"
W3C = TraceContextTextMapPropagator()

COMMON = {"operation": "graphql.operation.name", "method": "http.request.method", "template": "url.template"}
"""Attributes that OpenTelemetry's conventions name."""

Value = str | int | float | bool | None
NOTHING: AbstractContextManager[Span | None] = nullcontext()


class _Collecting:
    """Who makes spans; nobody, as long as they go nowhere."""

    tracer: Tracer | None = None


def span(
    name: str, parent: Span | None = None, *, leaves: bool = False, **attributes: Value
) -> AbstractContextManager[Span | None]:
    """A span around what is done in it; nothing where none are collected.

    parent   None for whichever span is around it
    leaves   whether it is a call to another server
    """
    tracer = _Collecting.tracer
    return NOTHING if tracer is None else _around(tracer, name, parent, leaves, attributes)


def begun(name: str, **attributes: Value) -> Span | None:
    """A span that is ended by hand, below whichever is around it; None where none are collected."""
    tracer = _Collecting.tracer
    return None if tracer is None else tracer.start_span(name, kind=SpanKind.SERVER, attributes=_known(attributes))


def tell(span: Span | None, *, failed: bool = False, **attributes: Value) -> None:
    """Add to what a span tells; nothing where there is none."""
    if span is not None:
        span.set_attributes(_known(attributes))
        if failed:
            span.set_status(Status(StatusCode.ERROR))


@contextmanager
def continued(headers: Mapping[str, str]) -> Iterator[None]:
    """Spans in it stand below the one that a request says it comes from (W3C Trace Context)."""
    parent = headers.get(PARENT) if _Collecting.tracer is not None else None
    if parent is None:
        yield
        return
    token = context.attach(W3C.extract({PARENT: parent}))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def _around(
    tracer: Tracer, name: str, parent: Span | None, leaves: bool, attributes: Mapping[str, Value]
) -> Iterator[Span]:
    within: Context | None = None if parent is None else trace.set_span_in_context(parent)
    with tracer.start_as_current_span(
        name,
        within,
        kind=SpanKind.CLIENT if leaves else SpanKind.INTERNAL,
        attributes=_known(attributes),
        record_exception=False,  # what it says may repeat what was sent
        set_status_on_exception=False,
    ) as made:
        yield made


def _known(attributes: Mapping[str, Value]) -> dict[str, str | int | float | bool]:
    """Under the names that others use too, or names of our own."""
    return {COMMON.get(name, f"{SERVICE}.{name}"): value for name, value in attributes.items() if value is not None}


# ── where they go ─────────────────────────────────────────────────────────────────────────────────────────────────


class Exporting:
    """Sends spans in the background until it is closed: a collector that is slow or away costs spans, nothing else."""

    def __init__(self, provider: TracerProvider, exporter: SpanExporter) -> None:
        self._provider = provider
        self._exporter = exporter
        self._tracer = _Collecting.tracer = provider.get_tracer(SERVICE)

    async def close(self) -> None:
        """Send what waits, as far as that is soon done."""
        if _Collecting.tracer is self._tracer:
            _Collecting.tracer = None
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            self._provider.shutdown()
            if not loop.is_closed():
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=close, name="last spans", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await sent.wait()
        except TimeoutError:
            self._exporter.shutdown()  # which ends its retries
            log.warning("the last spans were not sent")


@asynccontextmanager
async def sending(environment: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Spans go in it where the environment says."""
    opened = exporting(environment)
    try:
        yield
    finally:
        if opened is not None:
            await opened.close()


def exporting(environment: Mapping[str, str]) -> Exporting | None:
    """Begin to collect spans, where the environment says where they go; None where not."""
    if not is_asked(environment):
        return None
    protocol = next((environment[name] for name in PROTOCOLS if environment.get(name)), SPOKEN)
    if protocol != SPOKEN:
        log.warning("no traces: only OTLP over HTTP is spoken", protocol=protocol, spoken=SPOKEN)
        return None
    if not (_is_there("opentelemetry.sdk.trace") and _is_there("opentelemetry.exporter.otlp.proto.http")):
        log.warning("no traces: packages are missing, scripts/install --extras brings them")
        return None
    return _exporting(environment)


def is_asked(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return any(environment.get(name, "").strip() for name in ENDPOINTS)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _exporting(environment: Mapping[str, str]) -> Exporting | None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = re.search(r"(^|,)\s*service\.name\s*=", environment.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    given = {} if named or environment.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE}
    try:
        exporter = OTLPSpanExporter()
        provider = TracerProvider(resource=Resource.create(given), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    except Exception as error:  # a setting of OpenTelemetry's that cannot be used stops no server
        log.warning("no traces: the OTEL_ settings cannot be used", error=type(error).__name__)
        return None
    log.info("sending traces")
    return Exporting(provider, exporter)
