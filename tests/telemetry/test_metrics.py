"""/metrics: what is counted is what happened, as the sandbox saw it, and tells nothing that a caller chose."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from telemetry import metrics
from tests.conftest import CLIENT, Gateway, Start
from tests.graph.spent import by_endpoint, price
from tests.telemetry.scraping import Scrape

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/observing.md"
KEY, TOKEN = "a-key-of-a-client-0123456789", "a-token-of-prometheus-0123456789"
CLIENTS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}"
NAMED = {"client", "provider", "endpoint", "period"}  # of the operator's, or declared
LIST = "{ products(region: US, first: 20) { nodes { productId name } } }"
RATED = "query($ids: [ID!]!) { productsByIds(ids: $ids) { productId rating } }"
SELLERS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Seller { sellerId name } } }"
CODES = {
    "": "OK",
    "gateway": "UPSTREAM_UNAVAILABLE",
    "rate": "UPSTREAM_RATE_LIMITED",
    "truncated": "UPSTREAM_BAD_RESPONSE",
}
COMMENTS = "query($id: ID!) { product(id: $id) { name reviews { nodes { text } } } }"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_credits_by_endpoint_are_those_of_the_calls_that_arrived_whatever_became_of_them(gateway, sandbox):
    server = gateway("v3")
    sandbox.fail("product/list", "gateway", times=1)
    sandbox.fail("product/detail", "rate", times=2)
    sandbox.fail("product/comment", "truncated")
    before = Scrape(server)

    ids = sandbox.product_ids(n=40)[28:]
    server(LIST)
    server(RATED, ids=ids)
    server(RATED, ids=ids)
    server(COMMENTS, id=ids[0])

    grown = Scrape(server).since(before)
    calls = list(sandbox.calls)
    told = Counter(CODES[call.fault] for call in calls)
    assert len(told) == len(CODES)
    assert grown.by("endpoint", "shopgraph_upstream_credits_total") == by_endpoint(calls)
    assert grown.by("endpoint", "shopgraph_upstream_calls_total") == by_endpoint(calls)
    assert grown("shopgraph_client_credits_total", client="anonymous") == sum(map(price, calls))
    assert grown("shopgraph_upstream_seconds_count", provider="echotik") == len(calls)
    assert grown.by("outcome", "shopgraph_upstream_calls_total") == told


def test_what_a_provider_gives_back_is_no_credit_of_it(gateway, sandbox):
    server = gateway(providers=("winninghunter",))
    sellers = [seller.id for seller in sandbox.world.sellers_in("US")[:3]]
    for fault in ("rate", "error"):
        sandbox.fail("*", fault, times=2)
    before = Scrape(server)

    server(SELLERS, ids=[f"Seller:{id}" for id in sellers])
    server(LIST)

    grown = Scrape(server).since(before)
    spent = sandbox.app.state.sandbox.meters["winninghunter"].spent
    assert 0 < spent < len(sandbox.calls)
    assert sum(grown.by("endpoint", "shopgraph_upstream_credits_total").values()) == spent
    assert sum(grown.by("endpoint", "shopgraph_upstream_calls_total").values()) == len(sandbox.calls)


def test_an_operation_counts_once_by_what_came_of_it(gateway, sandbox):
    server = gateway("v3")
    (first,) = sandbox.product_ids(n=1)
    sandbox.fail("product/comment", "bad_request")
    before = Scrape(server)

    server(LIST)
    server(COMMENTS, id=first)
    server("{ nope }")
    server("{ products(region: US, first: 1000) { nodes { name } } }")
    CLIENT.post(f"{server.url}/graphql", content=b"{", headers={"content-type": "application/json"})

    grown = Scrape(server).since(before)
    assert grown.by("outcome", "shopgraph_operations_total") == {"complete": 1, "partial": 1, "failed": 1, "refused": 2}
    assert grown.by("outcome", "shopgraph_operation_seconds_count") == grown.by("outcome", "shopgraph_operations_total")
    assert grown.by("code", "shopgraph_refusals_total") == {"GRAPHQL_VALIDATION_FAILED": 1, "BAD_REQUEST": 1}
    assert sum(grown.by("code", "shopgraph_field_errors_total").values()) == 2


def test_requests_are_counted_by_route_and_never_by_what_was_asked(gateway):
    server = gateway("v3")
    before = Scrape(server)

    for path in (
        "/healthz",
        "/images/some-token",
        "/nowhere/some-token",
        "/exports/some-token/other",
        "/healthz?a=some-token",
    ):
        CLIENT.get(f"{server.url}{path}")

    after = Scrape(server)
    grown = after.since(before)
    assert grown.by("status", "shopgraph_http_requests_total", route="/healthz") == {"200": 2}
    assert grown.by("status", "shopgraph_http_requests_total", route="none") == {"404": 1}
    assert set(grown.by("route", "shopgraph_http_requests_total")) >= {
        "/images/{token}",
        "/healthz",
        "none",
        "/metrics",
    }
    assert "some-token" not in after.text


def test_what_the_store_had_and_what_was_to_be_asked_are_told_apart(gateway, sandbox):
    server = gateway("v3")
    before = Scrape(server)
    server(RATED, ids=sandbox.product_ids(n=12))
    asked = Scrape(server).since(before)

    again = Scrape(server)
    server(RATED, ids=sandbox.product_ids(n=12))
    grown = Scrape(server).since(again)

    assert asked.by("outcome", "shopgraph_store_readings_total") == {"miss": 12}
    assert asked("shopgraph_batch_keys_count", provider="echotik") == 2
    assert asked("shopgraph_batch_keys_sum", provider="echotik") == 12
    assert set(grown.by("outcome", "shopgraph_store_readings_total")) == {"hit"}
    assert Scrape(server)("shopgraph_store_memory_bytes") > 0 < Scrape(server)("shopgraph_store_memory_entries")


def test_a_call_that_two_operations_share_is_told(gateway, sandbox):
    server = gateway("v3")
    sandbox.delay(0.2)
    before = Scrape(server)

    server.together(LIST, LIST)

    assert Scrape(server).since(before)("shopgraph_shared_calls_total") == 2 == sandbox.count("product/list")


def test_states_of_providers_are_those_of_the_moment(gateway, sandbox):
    server = gateway(
        providers=("echotik", "keyapi"),
        shopgraph_credits_per_month="echotik=5000",
        shopgraph_providers="echotik,keyapi",
    )
    sandbox.fail("*", "quota", provider="echotik")

    server(LIST)
    scrape = Scrape(server)

    assert scrape("shopgraph_circuit_state", provider="echotik") == 2
    assert scrape("shopgraph_circuit_state", provider="keyapi") == 0
    used = {name: float(sum(call.provider == name for call in sandbox.calls)) for name in ("echotik", "keyapi")}
    assert used["echotik"] >= 1 and used["keyapi"] >= 1
    assert {name: scrape("shopgraph_provider_credits_used", provider=name, period="day") for name in used} == used
    assert scrape("shopgraph_provider_credits_limit", provider="echotik", period="month") == 5000


def test_an_answer_that_differs_from_its_document_is_counted(gateway, sandbox):
    server = gateway("v3")
    before = Scrape(server)
    sandbox.answer("product/list", {"code": 0, "message": "ok", "data": [{"product_id": "1", "brand_new": 1}]})

    server(LIST)
    seen = 0.0
    for _ in range(200):
        seen = Scrape(server).since(before)(
            "shopgraph_drift_total", provider="echotik", endpoint="echotik.product.list", kind="column"
        )
        if seen:
            break

    assert seen == 1


# ── how it is told ────────────────────────────────────────────────────────────────────────────────────────────────


def test_prometheus_is_told_in_the_format_that_it_accepts(gateway):
    server = gateway("v3")
    plain = CLIENT.get(f"{server.url}/metrics")
    open_metrics = CLIENT.get(
        f"{server.url}/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
    )

    assert plain.headers["content-type"].startswith("text/plain")
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n") and "# EOF" not in plain.text
    assert "shopgraph_build_info{" in plain.text and "process_resident_memory_bytes" in plain.text


def test_processes_that_share_a_folder_are_told_together(tmp_path):
    code = """
import os
from telemetry import metrics
from telemetry.exposing import exposed
metrics.WORKERS.set(1)
metrics.OPERATIONS.labels("complete").inc()
child = os.fork()
if not child:
    metrics.WORKERS.set(1)
    metrics.OPERATIONS.labels("complete").inc(2)
    metrics.CIRCUIT.labels("echotik").set(2)
    os._exit(0)
os.waitpid(child, 0)
print(exposed("")[0].decode())
"""
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert 'shopgraph_operations_total{outcome="complete"} 3.0' in told
    assert "shopgraph_workers 2.0" in told
    assert 'shopgraph_circuit_state{provider="echotik"} 2.0' in told


# ── who may read ──────────────────────────────────────────────────────────────────────────────────────────────────


def status(server: Gateway, **headers: str) -> int:
    return CLIENT.get(f"{server.url}/metrics", headers=headers).status_code


def test_a_token_that_is_set_is_asked_of_everybody(gateway: Start):
    server = gateway("v3", shopgraph_metrics_token=TOKEN, shopgraph_api_keys=CLIENTS)

    assert [status(server), status(server, **bearer(KEY)), status(server, **bearer(f"{TOKEN}x"))] == [401, 401, 401]
    assert status(server, **bearer(TOKEN)) == 200
    assert server("{ __typename }", headers=bearer(TOKEN)).status == 401


def test_without_a_token_only_a_program_of_this_machine_reads_what_clients_with_keys_did(gateway: Start):
    server = gateway("v3", shopgraph_api_keys=CLIENTS)

    assert status(server) == 200
    proxied = {
        "x-forwarded-for": "203.0.113.9",
        "x-real-ip": "203.0.113.9",
        "via": "1.1 proxy",
        "forwarded": "for=203.0.113.9",
    }
    assert {status(server, **{name: value}) for name, value in proxied.items()} == {403}


def test_metrics_that_are_off_are_not_there(gateway: Start):
    assert status(gateway("v3", shopgraph_metrics=False)) == 404


def test_credits_are_told_by_the_name_of_the_client(gateway: Start, sandbox):
    server = gateway("v3", shopgraph_api_keys=CLIENTS)
    before = Scrape(server)

    server(LIST, headers=bearer(KEY))
    server(LIST, headers=bearer("made-up-key-0123456789"))

    grown = Scrape(server).since(before)
    assert grown.by("client", "shopgraph_client_credits_total") == {"heron": len(sandbox.calls)}


# ── what is written about it ──────────────────────────────────────────────────────────────────────────────────────


def test_the_document_lists_every_metric_with_its_labels():
    row = re.compile(r"^\| `(shopgraph_[a-z_]+)`(?: by ([a-z, ]+))? \|", re.MULTILINE)
    written = {
        name: Counter(labels.split(", ") if labels else []) for name, labels in row.findall(DOCUMENT.read_text())
    }

    assert written == {shown(each): Counter(each._labelnames) for each in declared()}


def test_no_metric_has_a_label_that_a_caller_fills():
    of_ours = {"outcome", "code", "route", "status", "reason", "kind", "tier", "version", "python"}

    assert {label for each in declared() for label in each._labelnames} == of_ours | NAMED


def declared() -> list[MetricWrapperBase]:
    """Every metric, but not what stands for some of its labels."""
    known = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    return [each for each in known if not each._labelvalues]


def shown(metric: MetricWrapperBase) -> str:
    """The name as a query has it."""
    return f"{metric._name}_total" if metric._type == "counter" else metric._name
