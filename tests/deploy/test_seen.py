"""What the dashboard and the rules name is what a server tells at /metrics."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.server import SandboxServer
from tests.conftest import ALL, CLIENT, access_to
from tests.deploy import promql
from tests.deploy.promql import BY_PROMETHEUS, Asked
from tests.docs.blocks import ROOT
from tests.running import Forking, Server, Servers, until

OPERATIONS = ROOT / "docs/operations.md"
KEYS = {name: f"key of {name}" for name in ("anna", "slow")}
FEED = (
    "{ products(region: US, first: 5) { nodes { name seller { name } influencers(first: 2) { nodes { handle } } } } }"
)
REVIEWS = "query($id: ID!) { product(id: $id) { name reviews { nodes { text } } } }"
NAMES = "query($ids: [ID!]!) { productsByIds(ids: $ids) { name } }"
SELLER = "query($id: ID!) { seller(id: $id) { name } }"
SUFFIX = re.compile(r"_(?:total|bucket|count|sum)$")
NOBODY = "redis://127.0.0.1:9/0"

Told = Mapping[str, Mapping[str, set[str]]]


@pytest.fixture(scope="module")
def sandbox(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    shared_sandbox.reset()
    yield shared_sandbox
    shared_sandbox.reset()


@pytest.fixture(scope="module")
def server(forking: Forking, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose store is not reached, with one client, and one that may ask once a second."""
    folder = tmp_path_factory.mktemp("seen")
    access = {name.upper(): str(value) for provider in ALL for name, value in access_to(provider, sandbox).items()}
    hashes = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in KEYS.items()}
    given = {
        **access,
        "SHOPGRAPH_API_KEYS": f"anna:{hashes['anna']}:10000,slow:{hashes['slow']}:rate=1",
        "SHOPGRAPH_CREDITS_PER_MONTH": "echotik=1000,keyapi=1000,winninghunter=1000",
        "SHOPGRAPH_OUTAGE_PAUSE_S": "0",
        "SHOPGRAPH_STORE": NOBODY,
        "SHOPGRAPH_DATA_DIR": str(folder / "data"),
    }
    with Servers(forking) as servers:
        yield servers.start(folder, given)


@pytest.fixture(scope="module")
def told(server: Server, sandbox: SandboxServer) -> Told:
    """The labels of each metric, and the values that each label has, after queries that go well and ill."""
    anna = {"authorization": f"Bearer {KEYS['anna']}"}
    ids = sandbox.product_ids("US", 60)
    some, others, unknown = ids[:20], ids[20:40], ids[55:]
    server(FEED, headers=anna)
    server(FEED, headers=anna)
    server(NAMES, headers=anna, ids=others)
    server("{ nonsense }", headers=anna)
    CLIENT.post(f"{server.url}/graphql", json={"query": FEED})
    sandbox.fail("product/comment", "gateway", provider="echotik")
    server(REVIEWS, headers=anna | {"x-providers": "echotik"}, id=some[0])
    sandbox.answer("seller/detail", _row_with("column_that_nobody_knows"), provider="echotik")
    server(SELLER, headers=anna | {"x-providers": "echotik"}, id="7495000000000000001")
    sandbox.fail("*", "auth", provider="keyapi")
    server(NAMES, headers=anna | {"x-providers": "keyapi"}, ids=some[:5])
    sandbox.fail("*", "quota", provider="echotik")
    server(NAMES, headers=anna | {"x-providers": "echotik"}, ids=unknown)
    for _ in range(5):
        server("{ __typename }", headers={"authorization": f"Bearer {KEYS['slow']}"})
    until(lambda: "shopgraph_drift" in _labels(server))
    return _labels(server)


def _row_with(column: str) -> object:
    row = {"seller_id": "7495000000000000001", "seller_name": "a", "region": "US", column: 1}
    return {"code": 0, "message": "success", "data": [row], "requestId": "r"}


def _labels(server: Server) -> Told:
    text = CLIENT.get(f"{server.url}/metrics").text
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            for label, value in {"": "", **sample.labels}.items():
                found[sample.name][label].add(value)
                found[family.name][label].add(value)
    return found


def lacking(told: Told) -> Iterator[Asked]:
    """What expressions ask that is told nowhere."""
    codes = re.findall(r"`([A-Z_]{4,})`", (ROOT / "docs/errors.md").read_text())
    every = (asked for expression, shown in promql.expressions() for asked in promql.asked(expression, shown))
    for name, label, value in every:
        if name in ("up", "ALERTS") or label in BY_PROMETHEUS:
            continue
        known = not label or label in promql.recorded().get(name, [label])
        values = [told.get(origin, {}).get(label, set()) for origin in promql.origins(name)]
        if label == "code" and value in codes:
            values.append({value})
        if not known or not any(value in each if value else each for each in values):
            yield Asked(name, label, value)


def test_every_metric_label_and_value_of_the_dashboard_and_the_rules_is_told_by_a_running_server(told: Told):
    assert set(lacking(told)) == set()


def test_a_metric_a_label_and_a_value_that_nobody_tells_are_found_out():
    told: Told = {"shopgraph_operations_total": {"": {""}, "outcome": {"complete"}}}
    expression = 'sum by (route) (rate(shopgraph_operations_total{outcome="lost"}[5m])) / sum(shopgraph_none)'
    asked = set(promql.asked(expression))

    assert asked == {
        Asked("shopgraph_operations_total"),
        Asked("shopgraph_operations_total", "outcome", "lost"),
        Asked("shopgraph_operations_total", "route"),
        Asked("shopgraph_none"),
    }
    assert Asked("shopgraph_store_failures_total") in set(lacking(told))
    assert Asked("shopgraph:operations:ratio5m", "outcome", "failed") in set(lacking(told))


def test_the_dashboard_has_a_panel_for_whatever_is_counted(told: Told):
    shown = [each["expr"] for panel in promql.panels() for each in panel["targets"]]
    named = {origin for each in shown for asked in promql.asked(each) for origin in promql.origins(asked.name)}
    counted = {SUFFIX.sub("", name) for name in told if name.startswith("shopgraph_")}

    assert counted - {SUFFIX.sub("", name) for name in named} == set()


def test_rules_are_well_formed():
    called = [_promtool(), "check", "rules", *map(str, promql.RULES)]

    assert subprocess.run(called, capture_output=True, text=True, check=False).returncode == 0


def test_prometheus_takes_its_configuration(tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("told by nobody")
    folder = tmp_path / "prometheus"
    shutil.copytree(promql.DEPLOY / "prometheus", folder)
    file = folder / "prometheus.yml"
    file.write_text(file.read_text().replace("/run/secrets/shopgraph_metrics_token", str(token)))

    checked = subprocess.run([_promtool(), "check", "config", str(file)], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert "2 rule files found" in checked.stdout


def test_alerts_fire_when_they_should_and_only_then():
    called = [_promtool(), "test", "rules", *map(str, sorted(Path(__file__).parent.glob("*.test.yaml")))]
    tried = subprocess.run(called, capture_output=True, text=True, check=False)

    assert tried.returncode == 0, tried.stderr


def test_every_alert_fires_in_some_trial():
    trials = "".join(file.read_text() for file in Path(__file__).parent.glob("*.test.yaml"))

    assert {rule["alert"] for rule in promql.alerts() if f'alertname="{rule["alert"]}"' not in trials} == set()


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    runbooks = re.findall(r"^### (\w+)$", OPERATIONS.read_text().partition("## By hand")[0], re.MULTILINE)
    alerts = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in promql.alerts()}

    assert alerts == {name: f"docs/operations.md#{name.lower()}" for name in runbooks}


def _promtool() -> str:
    found = shutil.which("promtool")
    assert found, "promtool is needed: scripts/install --test"
    return found
