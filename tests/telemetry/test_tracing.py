"""Traces: an operation, what it asks, each call; sent to a collector where one is named, and nothing else where not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from structlog.testing import capture_logs

from telemetry import tracing
from tests.conftest import CLIENT, Start
from tests.graph.spent import cost
from tests.telemetry.collecting import Collector, collecting

QUERY = """query Page($ids: [ID!]!) {
    productsByIds(ids: $ids) { productId name trend(days: 7) { date units } }
    search(text: "planted words", region: US, types: [PRODUCT]) { __typename }
}"""
NAMES = "query($ids: [ID!]!) { productsByIds(ids: $ids) { productId name } }"
PARTS = "{ products(region: US, first: 3) { nodes { name ... @defer { trend(days: 7) { date } } } } }"
TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
COME_FROM = {
    "traceparent": f"00-{TRACE}-{ABOVE}-01",
    "tracestate": "vendor=planted-state",
    "baggage": "who=planted-state",
}
OPERATION = {"request", "client", "outcome", "credits", "calls", "retries", "hits"}
CALL = {"request", "client", "provider", "endpoint", "attempt", "credits", "outcome"}


@pytest.fixture
def collector(monkeypatch) -> Iterator[Collector]:
    with collecting() as opened:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", opened.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")  # all is sent when the server ends
        yield opened


def own(attributes: dict[str, Any]) -> dict[str, Any]:
    """Those that are named by this server."""
    return {
        name.removeprefix("shopgraph."): value for name, value in attributes.items() if name.startswith("shopgraph.")
    }


def test_a_trace_leads_from_the_operation_over_what_it_asks_to_every_attempt(collector, gateway: Start, sandbox):
    server = gateway("v3")
    ids = sandbox.product_ids(n=12)
    sandbox.fail("product/detail", "gateway", times=1)

    answer = server(QUERY, ids=ids, headers={**COME_FROM, "x-request-id": "my-request-1"})
    server.__exit__()

    (operation,) = collector.named("operation")
    asked = collector.named("batch", "list")
    calls = collector.named("call")
    assert {span.trace for span in collector.spans} == {TRACE}
    assert operation.parent == ABOVE
    assert {span.parent for span in asked} == {operation.id} and {span.parent for span in calls} == {
        span.id for span in asked
    }
    assert len(calls) == len(sandbox.calls) == len(asked) + 1
    (retried,) = [span for span in asked if len(collector.below(span)) == 2]
    attempts = [own(span.attributes) for span in collector.below(retried)]
    assert [(each["attempt"], each["outcome"]) for each in attempts] == [(1, "UPSTREAM_UNAVAILABLE"), (2, "OK")]
    assert [span.failed for span in collector.below(retried)] == [True, False]
    assert sorted(own(span.attributes)["keys"] for span in collector.named("batch echotik.product.detail")) == [2, 10]
    assert all(
        span.began <= inner.began <= inner.ended <= span.ended for span in asked for inner in collector.below(span)
    )
    told = own(operation.attributes)
    assert (told["credits"], told["retries"]) == (cost(answer)["actualCredits"], 1)
    assert sum(own(span.attributes)["credits"] for span in calls) == told["credits"] == len(sandbox.calls)
    assert told["request"] == "my-request-1" == answer.headers["x-request-id"]
    assert {own(span.attributes)["request"] for span in calls} == {"my-request-1"}


def test_spans_tell_names_codes_and_counts_and_nothing_else(collector, gateway: Start, sandbox):
    server = gateway("v3")
    ids = sandbox.product_ids(n=3)

    server(QUERY, ids=ids, headers=COME_FROM)
    server.__exit__()

    (operation,) = collector.named("operation")
    assert own(operation.attributes).keys() == OPERATION
    assert operation.attributes["graphql.operation.name"] == "Page"
    assert {name for span in collector.named("call") for name in own(span.attributes)} == CALL
    assert {name for span in collector.named("batch", "list") for name in own(span.attributes)} == {"endpoint", "keys"}
    others = {name for span in collector.spans for name in span.attributes if not name.startswith("shopgraph.")}
    assert others == {"graphql.operation.name", "http.request.method", "url.template"}
    sent = b"".join(collector.raw)
    assert not any(told.encode() in sent for told in (*ids, "planted", "sandbox"))
    assert collector.resources[0]["service.name"] == "shopgraph" and set(collector.paths) == {"/v1/traces"}


def test_a_batch_that_operations_share_stands_below_the_one_that_pays(collector, gateway: Start, sandbox):
    server = gateway("v3", shopgraph_batch_wait_ms=300)
    sandbox.delay(0.2)
    ids = sandbox.product_ids(n=10)

    server.together(*[(NAMES, {"ids": ids})] * 3)
    server.__exit__()

    paying = [span for span in collector.named("operation") if collector.below(span)]
    assert len(collector.named("operation")) == 3 and len(paying) == 1
    assert [own(span.attributes)["credits"] for span in collector.named("operation")].count(1) == 1
    assert len(collector.named("call")) == len(sandbox.calls) == 1


def test_the_span_of_an_answer_in_parts_ends_with_its_last_part(collector, gateway: Start, sandbox):
    server = gateway("v3", shopgraph_incremental="on")
    sandbox.delay(0.1, "product/trend")
    parts = CLIENT.post(f"{server.url}/graphql", json={"query": PARTS}, headers={"accept": "multipart/mixed"}).text
    server.__exit__()

    (operation,) = collector.named("operation")
    assert parts.count("Content-Type") > 1 and len(collector.named("call")) == len(sandbox.calls) > 1
    assert operation.ended >= max(span.ended for span in collector.spans)
    assert own(operation.attributes)["credits"] == len(sandbox.calls)


def test_a_parent_that_is_malformed_begins_a_trace_of_its_own(collector, gateway: Start):
    server = gateway("v3")

    server("{ __typename }", headers={"traceparent": "00-planted-01"})
    server.__exit__()

    (operation,) = collector.spans
    assert operation.parent == "" and operation.trace != TRACE


def test_the_sampler_of_the_environment_decides_which_traces_are_sent(collector, gateway: Start, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    server = gateway("v3")

    server("{ __typename }")
    server.__exit__()

    assert not collector.raw


def test_providers_are_told_nothing_of_the_trace(collector, gateway: Start):
    with recording() as (url, headers):
        server = gateway("v3", echotik_base_url=url)
        server("{ products(region: US, first: 5) { nodes { name } } }", headers=COME_FROM)
        server.__exit__()

    assert headers and collector.named("call")
    assert not {"traceparent", "tracestate", "baggage", "x-request-id"} & {name.lower() for name in headers}


# ── without a collector ───────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_collector_no_span_is_made(gateway: Start):
    server = gateway("v3")
    server("{ __typename }")

    assert tracing.begun("operation") is None
    assert tracing.span("call", leaves=True) is tracing.span("list")


@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_a_collector_that_is_away_or_never_answers_holds_up_nothing(kind: str, gateway: Start, sandbox, monkeypatch):
    monkeypatch.setattr(tracing, "CLOSE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
        if kind == "closed":
            listening.close()
        server = gateway("v3")
        answers = [server(NAMES, ids=[id]) for id in sandbox.product_ids(n=10)]
        began = time.monotonic()
        server.__exit__()

    assert all(answer.data["productsByIds"][0]["name"] for answer in answers)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only OTLP over HTTP"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, "packages are missing, scripts/install --extras"),
    ],
)
async def test_what_keeps_traces_from_being_sent_is_one_line_at_the_start(environment, told, monkeypatch):
    monkeypatch.setattr(tracing, "_is_there", lambda _: False)

    with capture_logs() as lines:
        async with tracing.sending(environment):
            assert tracing.begun("operation") is None

    assert len(lines) == 1 and told in lines[0]["event"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_traces_that_nobody_asked_for_are_no_matter(environment):
    assert not tracing.is_asked(environment)


@contextmanager
def recording() -> Iterator[tuple[str, list[str]]]:
    """A provider that fails, and the names of the headers that it was sent."""
    names: list[str] = []

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            names.extend(self.headers.keys())
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v3", names
    finally:
        server.shutdown()
        server.server_close()
