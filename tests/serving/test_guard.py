"""What a page of another site can have a browser send, and what a browser is told of each answer."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from settings import Misconfigured, load
from tests.conftest import CLIENT, Gateway

APP = "https://app.example"
OTHER = "https://evil.example"
HASH = "0" * 64


@pytest.fixture
def product(sandbox) -> str:
    """A question that would cost a call."""
    (id,) = sandbox.product_ids("SG", 1)
    return f'{{ product(id: "{id}") {{ name }} }}'


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


# ── no side effects ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "text/plain; application/json",
        "application/jsonp",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/cost"])
def test_what_a_form_can_send_is_not_heard(path: str, kind: str, graphql: Gateway, sandbox, product: str):
    headers = {"content-type": kind} if kind else {}
    body = b'{"query": "%s"}' % product.replace('"', '\\"').encode()

    answer = CLIENT.post(f"{graphql.url}{path}", content=body, headers=headers)

    assert (answer.status_code, codes(answer)) == (415, ["BAD_REQUEST"])
    assert sandbox.calls == []


def test_a_form_for_agents_is_not_heard(gateway):
    server = gateway("v3", shopgraph_mcp=True)

    assert CLIENT.post(f"{server.url}/mcp", content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


MUTATION = 'mutation { cancelExport(id: "0") { id } }'


def test_a_mutation_by_get_is_refused(graphql: Gateway):
    answer = CLIENT.get(f"{graphql.url}/graphql", params={"query": MUTATION})

    assert (answer.status_code, codes(answer), answer.headers["allow"]) == (405, ["BAD_REQUEST"], "POST")


def test_queries_by_get_may_be_switched_off(gateway, sandbox, product: str):
    server = gateway("v3", shopgraph_get_queries=False)

    answer = CLIENT.get(f"{server.url}/graphql", params={"query": product})

    assert (answer.status_code, codes(answer), answer.headers["allow"]) == (405, ["BAD_REQUEST"], "POST")
    assert sandbox.calls == []
    assert server("{ __typename }").data


STRANGE = [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": OTHER}, {"origin": "null"}]


@pytest.mark.parametrize("headers", STRANGE)
def test_a_page_of_another_site_causes_no_call(headers: dict[str, str], graphql: Gateway, sandbox, product: str):
    get = CLIENT.get(f"{graphql.url}/graphql", params={"query": product}, headers=headers)
    post = CLIENT.post(f"{graphql.url}/graphql", json={"query": product}, headers=headers)

    assert [(answer.status_code, codes(answer)) for answer in (get, post)] == [(403, ["FORBIDDEN"])] * 2
    assert sandbox.calls == []


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_its_own_page_asks(site: str, graphql: Gateway, product: str):
    headers = {"sec-fetch-site": site, "origin": graphql.url}

    assert CLIENT.post(f"{graphql.url}/graphql", json={"query": product}, headers=headers).json()["data"]["product"]
    assert CLIENT.get(f"{graphql.url}/graphql", params={"query": product}, headers=headers).json()["data"]["product"]


def test_a_link_on_another_site_leads_to_the_page(graphql: Gateway):
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}

    assert CLIENT.get(f"{graphql.url}/graphql", headers=headers).headers["content-type"].startswith("text/html")


# ── other origins ─────────────────────────────────────────────────────────────────────────────────────────────────


def preflight(
    server: Gateway, origin: str, asked: str = "authorization, content-type, x-credit-budget"
) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": asked}
    return CLIENT.options(f"{server.url}/graphql", headers=headers)


def allows(response: httpx.Response) -> bool:
    return any(name.startswith("access-control-allow") for name in response.headers)


def test_no_other_origin_is_let_in_by_default(graphql: Gateway):
    assert not allows(preflight(graphql, APP))
    assert not allows(CLIENT.get(f"{graphql.url}/schema.graphql", headers={"origin": APP}))


def test_an_origin_that_is_named_may_ask_with_its_headers_and_no_other_may(gateway):
    server = gateway("v3", shopgraph_cors_origins=f"{APP}, http://localhost:3000", shopgraph_api_keys=f"heron:{HASH}")
    asked = "authorization, content-type, x-credit-budget, x-providers, x-cost-trace, cache-control"

    let_in, other = preflight(server, APP, asked), preflight(server, OTHER, asked)

    assert let_in.status_code == 200 and let_in.headers["access-control-allow-origin"] == APP
    allowed = {name.strip().lower() for name in let_in.headers["access-control-allow-headers"].split(",")}
    assert {name.strip() for name in asked.split(",")} <= allowed
    assert "access-control-allow-credentials" not in let_in.headers
    assert other.status_code == 400 and "access-control-allow-origin" not in other.headers
    assert all("origin" in each.headers["vary"].lower().split(", ") for each in (let_in, other))


def test_its_answers_may_be_read_by_it_alone(gateway, product: str):
    server = gateway("v3", shopgraph_cors_origins=APP)
    headers = {"origin": APP, "sec-fetch-site": "cross-site"}

    answer = CLIENT.post(f"{server.url}/graphql", json={"query": product}, headers=headers)
    alone = CLIENT.post(f"{server.url}/graphql", json={"query": product})
    other = CLIENT.post(f"{server.url}/graphql", json={"query": product}, headers={**headers, "origin": OTHER})

    assert answer.json()["data"]["product"] and answer.headers["access-control-allow-origin"] == APP
    told = {name.strip() for name in answer.headers["access-control-expose-headers"].lower().split(",")}
    assert {"x-request-id", "retry-after"} <= told
    assert {"origin"} <= {each.strip().lower() for each in alone.headers["vary"].split(",")}
    assert other.status_code == 403 and "access-control-allow-origin" not in other.headers


def test_where_all_may_ask_none_does_with_credentials(gateway):
    server = gateway("v3", shopgraph_cors_origins="*")

    answer = CLIENT.post(f"{server.url}/graphql", json={"query": "{ __typename }"}, headers={"origin": OTHER})

    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origins", ["app.example", "https://app.example/path", "https://app.example/", "https://*", "null"]
)
def test_what_is_no_origin_stops_the_start(origins: str):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_CORS_ORIGINS: "):
        load(_env_file=None, shopgraph_cors_origins=origins)


# ── hosts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def by(server: Gateway, host: str, path: str = "/graphql?query={__typename}") -> int:
    return CLIENT.get(f"{server.url}{path}", headers={"host": host}).status_code


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.8.9.1", "[::1]", "[::1]:8000"])
def test_without_keys_this_machine_is_served_by_its_own_names(host: str, graphql: Gateway):
    assert by(graphql, host) == 200


@pytest.mark.parametrize(
    "host", ["rebound.example", "localhost.example", "127.0.0.1.example:80", "0.0.0.0", "10.0.0.5", "a b"]
)
def test_and_by_no_name_that_somebody_else_gave_it(host: str, graphql: Gateway):
    assert by(graphql, host) == 421 and by(graphql, host, "/schema.graphql") == 421


def test_a_request_without_a_host_is_not_served(graphql: Gateway):
    address = graphql.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=5) as connection:
        connection.sendall(b"GET /graphql?query={__typename} HTTP/1.0\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 421")


def test_health_is_told_by_any_name(graphql: Gateway):
    assert by(graphql, "10.0.0.5", "/healthz") == by(graphql, "10.0.0.5", "/readyz") == 200


def test_with_keys_any_name_serves_unless_some_are_given(gateway):
    entry = f"heron:{HASH}"
    free, bound = (
        gateway("v3", shopgraph_api_keys=entry),
        gateway("v3", shopgraph_api_keys=entry, shopgraph_allowed_hosts="graph.example,[2001:db8::5]"),
    )

    assert by(free, "graph.example") == 401
    hosts = ("graph.example:443", "[2001:db8::5]", "localhost", "elsewhere.example")
    assert [by(bound, host) for host in hosts] == [401, 401, 401, 421]


def test_the_public_address_is_served(gateway):
    server = gateway("v3", shopgraph_public_url="https://graph.example/shop")

    assert (by(server, "graph.example"), by(server, "elsewhere.example")) == (200, 421)


@pytest.mark.parametrize("hosts", ["https://graph.example", "graph.example:80", "a b", "*.example"])
def test_what_is_no_host_stops_the_start(hosts: str):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_ALLOWED_HOSTS: "):
        load(_env_file=None, shopgraph_allowed_hosts=hosts)


# ── what browsers are told ────────────────────────────────────────────────────────────────────────────────────────

SECURE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/graphql?query={__typename}", 200),
        ("/healthz", 200),
        ("/schema.graphql", 200),
        ("/nowhere", 404),
        ("/images/none", 404),
        ("/graphql?query=", 400),
        ("/exports/0/0", 404),
    ],
)
def test_every_answer_is_for_reading_alone(path: str, status: int, graphql: Gateway):
    answer = CLIENT.get(f"{graphql.url}{path}")

    assert answer.status_code == status
    assert {name: answer.headers[name] for name in SECURE} == SECURE
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and len(answer.headers.get_list("content-security-policy")) == 1
    assert answer.headers["cache-control"] and "strict-transport-security" not in answer.headers


def test_the_page_is_framed_by_nobody_and_runs_nothing_of_others(graphql: Gateway):
    answer = CLIENT.get(f"{graphql.url}/graphql", headers={"accept": "text/html"})

    assert {name: answer.headers[name] for name in SECURE} == SECURE
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert not {"'unsafe-eval'", "*", "http:"} & set(answer.headers["content-security-policy"].split())


def test_answers_that_are_refused_are_secured_too(gateway):
    server = gateway("v3", shopgraph_api_keys=f"heron:{HASH}", shopgraph_public_url="https://graph.example")

    answer = CLIENT.get(f"{server.url}/graphql?query={{__typename}}")

    assert answer.status_code == 401 and {name: answer.headers[name] for name in SECURE} == SECURE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_server_does_not_say_what_it_runs_on(servers, tmp_path: Path):
    server = servers.start(tmp_path, {"SHOPGRAPH_SANDBOX": "on"})

    answer = CLIENT.get(f"{server.url}/healthz")

    assert "server" not in answer.headers and "x-powered-by" not in answer.headers
