"""No secret is anywhere to be seen: in no answer, log line, metric or trace, whatever fails and whoever asks."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog

from sandbox.server import SandboxServer
from server import configure_logs
from settings import load
from tests.conftest import CLIENT, Gateway
from tests.telemetry.collecting import collecting

FAULTS = ("rate", "auth", "error", "garbage", "truncated", "reset", "html", "bad_request", "control", "quota")
WORDED = ("auth", "error", "bad_request")
"""Those whose message repeats what was sent."""

QUERIES = (
    "query($id: ID!) { product(id: $id) { name rating reviews { nodes { text } } trend(days: 7) { units } } }",
    "{ products(region: US, first: 20) { nodes { name seller { name } cover { url signedUrl } } } }",
    "{ providers { provider circuit creditsToday drift { name } } quota { client used } }",
    "{ nope }",
    "query {",
)
MISPLACED = ("authorization", "x-request-id", "x-providers", "traceparent")
MARK = "Planted"
ACCOUNT, PASSWORD = f"{MARK}-account-0123456789", f'{MARK}"password/+ü-0123456789'
PROVIDER_KEY, CLIENT_KEY = f"{MARK}-provider-key-0123456789", f"{MARK}-client-key-0123456789"
PICTURES, TOKEN = f"{MARK}-picture-key-0123456789", f"{MARK}-metrics-token-0123456789"
SENT = {"echotik": f"{ACCOUNT} and {PASSWORD}", "keyapi": PROVIDER_KEY, "winninghunter": PROVIDER_KEY}
SECRETS = (ACCOUNT, PASSWORD, PROVIDER_KEY, CLIENT_KEY, PICTURES, TOKEN)


@pytest.fixture
def _as_it_ships() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def written(secret: str) -> set[str]:
    """The ways in which it could be told."""
    plain = secret.encode()
    return {
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        base64.b64encode(plain).decode().rstrip("=")[:-2],
        plain.hex(),
        hashlib.sha256(plain).hexdigest(),
    }


@pytest.mark.usefixtures("_as_it_ships")
def test_no_secret_is_in_an_answer_a_line_a_metric_or_a_trace(capsys, monkeypatch, tmp_path):
    told: list[str] = []
    with SandboxServer(username=ACCOUNT, password=PASSWORD, api_key=PROVIDER_KEY) as sandbox, collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        accounts = {
            "echotik_username": ACCOUNT,
            "echotik_password": PASSWORD,
            "echotik_base_url": sandbox.url,
            "keyapi_api_key": PROVIDER_KEY,
            "keyapi_base_url": sandbox.keyapi_url,
            "winninghunter_api_key": PROVIDER_KEY,
            "winninghunter_base_url": sandbox.winninghunter_url,
        }
        settings = load(
            _env_file=None,
            shopgraph_data_dir=tmp_path,
            shopgraph_api_keys=f"heron:{hashlib.sha256(CLIENT_KEY.encode()).hexdigest()}",
            shopgraph_image_key=PICTURES,
            shopgraph_metrics_token=TOKEN,
            shopgraph_log_level="debug",
            shopgraph_log_format="json",
            shopgraph_auth_pause_s=0,
            shopgraph_quota_pause_s=0,
            shopgraph_outage_pause_s=0,
            echotik_calls_per_second=0,
            keyapi_calls_per_second=0,
            winninghunter_calls_per_minute=0,
            **accounts,
        )
        configure_logs(settings)
        with Gateway(settings) as server:
            (id,) = sandbox.product_ids(n=1)
            for fault in ("", *FAULTS):
                for provider, sent in SENT.items():
                    if fault in WORDED:
                        sandbox.fail("*", fault, provider=provider, message=f"not with {sent}")
                    elif fault:
                        sandbox.fail("*", fault, provider=provider)
                told += [ask(server, query, id) for query in QUERIES]
                sandbox.reset()
            told += [refused(server, header) for header in MISPLACED]
            metrics = CLIENT.get(f"{server.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    lines = capsys.readouterr().err
    shown = ("\n".join(told), lines, metrics, b"".join(collector.raw).decode("latin-1"))

    assert lines.count('"call failed"') > 5 and "shopgraph_upstream_calls_total" in metrics and collector.named("call")
    assert not [(secret, form) for secret in SECRETS for form in written(secret) for text in shown if form in text]
    assert not any(MARK in text for text in shown[1:])


def ask(server: Gateway, query: str, id: str) -> str:
    """An answer, headers and all."""
    body = {"query": query, "variables": {"id": id}}
    headers = {"authorization": f"Bearer {CLIENT_KEY}", "cache-control": "no-cache"}
    response = CLIENT.post(f"{server.url}/graphql", json=body, headers=headers)
    return f"{response.headers} {response.text}"


def refused(server: Gateway, header: str) -> str:
    """What comes where a secret stands in a header in which it does not belong."""
    headers = {"authorization": f"Bearer {CLIENT_KEY}", header: f"{TOKEN}/"}
    response = CLIENT.post(f"{server.url}/graphql", json={"query": "{ __typename }"}, headers=headers)
    return f"{response.headers} {response.text}"
