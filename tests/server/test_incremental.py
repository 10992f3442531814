"""Answers in parts: @defer and @stream, where the operator allows them."""

from __future__ import annotations

import hashlib
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from settings import load
from tests.conftest import CLIENT, Gateway, access_to
from tests.running import until

PARTS = {"accept": "multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json;q=0.9"}
ON = {"shopgraph_incremental": "on"}
FRESH = {"cache-control": "no-cache"}


@dataclass
class Parted:
    """An answer in parts. data: what they make together."""

    parts: list[dict[str, Any]]
    data: Any
    headers: httpx.Headers
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def first(self) -> dict[str, Any]:
        return self.parts[0]

    @property
    def cost(self) -> dict[str, Any]:
        cost: dict[str, Any] = self.parts[-1]["extensions"]["cost"]
        return cost


def ask(server: Gateway, query: str, headers: dict[str, str] | None = None, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return CLIENT.post(f"{server.url}/graphql", json=body, headers=headers)


def parted(server: Gateway, query: str, headers: dict[str, str] | None = None, **variables: Any) -> Parted:
    """Asks, reads each part by its declared length, and puts them together as the draft says."""
    answer = ask(server, query, {**PARTS, **(headers or {})}, **variables)
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert (answer.status_code, kind) == (200, "multipart/mixed")
    parts = list(_parts(answer.content, boundary.strip('"').encode()))
    return _merged(parts, answer.headers)


def _parts(body: bytes, boundary: bytes) -> Iterator[dict[str, Any]]:
    delimiter = b"--" + boundary
    assert body.startswith(delimiter) and body.endswith(b"\r\n" + delimiter + b"--\r\n")
    at = len(delimiter)
    while not body.startswith(b"--\r\n", at):
        head, _, _ = body[at:].partition(b"\r\n\r\n")
        told = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n"))
        assert told[b"Content-Type"] == b"application/json; charset=utf-8"
        start = at + len(head) + 4
        end = start + int(told[b"Content-Length"])
        yield json.loads(body[start:end])
        assert body[end:].startswith(b"\r\n" + delimiter)
        at = end + 2 + len(delimiter)


def _merged(parts: list[dict[str, Any]], headers: httpx.Headers) -> Parted:
    data, errors = json.loads(json.dumps(parts[0]["data"])), list(parts[0].get("errors", []))
    pending = {each["id"]: each for each in parts[0]["pending"]}
    for part in parts[1:]:
        pending |= {each["id"]: each for each in part.get("pending", [])}
        for piece in part.get("incremental", []):
            place = data
            for step in (*pending[piece["id"]]["path"], *piece.get("subPath", [])):
                place = place[step]
            if "items" in piece:
                place.extend(piece["items"])
            else:
                _merge(place, piece["data"])
            errors += piece.get("errors", [])
        for each in part.get("completed", []):
            del pending[each["id"]]
            errors += each.get("errors", [])
    assert [part["hasNext"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert pending == {}
    return Parted(parts, data, headers, errors)


def _merge(into: dict[str, Any], data: dict[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def whole(query: str) -> str:
    return re.sub(r"@(defer|stream)(\([^)]*\))?", "", query)


@pytest.fixture(scope="module")
def plain(shared_sandbox: SandboxServer):
    with Gateway(load(_env_file=None, **access_to("echotik", shared_sandbox))) as server:
        yield server


@pytest.fixture(scope="module")
def running(shared_sandbox: SandboxServer):
    known = {**access_to("echotik", shared_sandbox), "shopgraph_batch_wait_ms": 10_000}
    with Gateway(load(_env_file=None, **known, **ON)) as server:
        yield server


@pytest.fixture
def server(running: Gateway, sandbox: SandboxServer) -> Gateway:
    """It answers in parts; nothing is recorded of the sandbox yet."""
    return running


@pytest.fixture
def ids(sandbox: SandboxServer) -> list[str]:
    return [product.id for product in sandbox.world.products_in("US")[:30]]


# ── the schema ────────────────────────────────────────────────────────────────────────────────────────────────────

DIRECTIVES = "{ __schema { directives { name } } }"


def names(server: Gateway) -> set[str]:
    return {directive["name"] for directive in server(DIRECTIVES).data["__schema"]["directives"]}


def test_the_directives_are_there_only_where_the_operator_allows_them(plain, server):
    assert names(server) - names(plain) == {"defer", "stream"}
    printed = [set(re.findall(r"^directive @(\w+)", CLIENT.get(f"{each.url}/schema.graphql").text, re.MULTILINE))
               for each in (server, plain)]  # fmt: skip
    assert printed[0] - printed[1] == {"defer", "stream"}


def test_without_the_setting_the_directives_are_unknown(plain):
    answer = ask(plain, "{ ... @defer { quota { used } } }", PARTS)

    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


# ── the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────

DEFERRED = """
query ($ids: [ID!]!) {
  productsByIds(ids: $ids) @stream(initialCount: 1, label: "rest") {
    id name ... @defer(label: "sold") { rating seller { id name } }
  }
}"""


def test_what_is_put_off_follows_what_is_there(server, ids):
    answer = parted(server, DEFERRED, ids=ids[:3])

    assert [product["id"] for product in answer.first["data"]["productsByIds"]] == [f"Product:{ids[0]}"]
    assert "rating" not in answer.first["data"]["productsByIds"][0]
    assert {each["label"] for each in answer.first["pending"]} == {"rest", "sold"}
    assert answer.data == server(whole(DEFERRED), ids=ids[:3]).data


def test_an_answer_in_parts_is_not_stored_on_the_way(server, ids):
    answer = parted(server, DEFERRED, ids=ids[:3])

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


def test_what_is_not_put_off_comes_whole(server, ids):
    answer = ask(server, "query ($id: ID!) { product(id: $id) { name } }", PARTS, id=ids[0])

    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    assert answer.json()["data"]["product"]["name"] and answer.json()["extensions"]["cost"]


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "multipart/mixed;deferSpec=20220824, application/json", "multipart/mixed;q=0"],
)
def test_who_takes_no_parts_of_this_kind_gets_the_whole(server, ids, accept):
    answer = ask(server, DEFERRED, {"accept": accept}, ids=ids[:3])

    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["data"] == server(whole(DEFERRED), ids=ids[:3]).data


def test_putting_off_may_be_a_variable(server, ids):
    query = "query ($id: ID!, $late: Boolean!) { product(id: $id) { id ... @defer(if: $late) { name } } }"

    late = parted(server, query, id=ids[0], late=True)
    soon = ask(server, query, PARTS, id=ids[0], late=False).json()

    assert late.first["data"]["product"] == {"id": f"Product:{ids[0]}"}
    assert late.data == soon["data"]


def test_the_price_of_an_operation_in_parts_is_that_of_the_whole(server, ids):
    def price(query: str) -> Any:
        body = {"query": query, "variables": {"ids": ids[20:25]}}
        return CLIENT.post(f"{server.url}/graphql/cost", json=body, headers={**PARTS, **FRESH}).json()

    assert price(DEFERRED) == price(whole(DEFERRED))
    assert price(DEFERRED)["estimatedCredits"] > 0


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT = "product(id: $id%d) { name rating seller { name } }"
VIDEOS = "videos(first: 3) { nodes { id %s products(first: 3) { nodes { id name rating } } } }"
OPERATIONS = {
    "beside": "a: product(id: $a) { name } ... @defer { b: product(id: $b) { name } }",
    "below": """a: product(id: $a) { name }
        ... @defer { b: product(id: $b) { name ... @defer { seller { name products(first: 2) { nodes { name } } } } } }
        ... @defer { c: product(id: $c) { name rating } }""",
    "items": "productsByIds(ids: [$a, $b, $c]) @stream(initialCount: 1) { name seller { name } }",
    "each": f"influencers(region: US, first: 3) {{ nodes {{ id ... @defer {{ {VIDEOS % ''} }} }} }}",
    "streamed": f"influencers(region: US, first: 3) {{ nodes @stream(initialCount: 1) {{ id {VIDEOS % ''} }} }}",
    "fed": """a: product(id: $a) { name } ... @defer {
        influencers(region: US, first: 3) { nodes { id
          videos(first: 3) { nodes @stream { id ... @defer { products(first: 3) { nodes { name } } } } } } } }""",
    "all": "... @defer { a: product(id: $a) { name } } ... @defer { b: product(id: $b) { name } }",
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_parts_cost_no_more_calls_than_the_whole(gateway, sandbox, ids, operation):
    query = f"query ($a: ID!, $b: ID!, $c: ID!) {{ __typename {operation} }}"
    query = re.sub(r"\$([abc]): ID!(, )?", lambda m: m[0] if f"${m[1]}" in operation else "", query)
    query = query.replace("query ()", "query")
    server = gateway(**ON)
    given = dict(zip("abc", ids, strict=False))

    together = server(whole(query), headers=FRESH, **given)
    calls = len(sandbox.calls)
    answer = parted(server, query, FRESH, **given)

    assert answer.data == together.data
    assert answer.errors == []
    assert len(sandbox.calls) == 2 * calls
    assert answer.cost["byEndpoint"] == together.body["extensions"]["cost"]["byEndpoint"]
    assert answer.cost["actualCredits"] == together.body["extensions"]["cost"]["actualCredits"] > 0
    assert all("extensions" not in part for part in answer.parts[:-1])


# ── errors and budgets ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_of_what_is_put_off_comes_with_it(gateway, sandbox):
    server = gateway("v3", **ON)
    sandbox.fail("seller/detail", "gateway")
    query = "{ products(region: US, first: 2) { nodes { id name ... @defer { seller { id name score: rating } } } } }"

    answer = parted(server, query, FRESH)

    assert "errors" not in answer.first
    assert answer.data == server(whole(query)).partial
    assert len(answer.errors) == 2
    for at, error in enumerate(sorted(answer.errors, key=lambda error: error["path"])):
        assert error["path"] == ["products", "nodes", at, "seller", "name"]
        assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
        assert error["extensions"]["fields"] == ["score"]


def test_a_budget_that_the_whole_exceeds_is_refused_before_any_call(gateway, sandbox, ids):
    server = gateway(**ON)
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { name ... @defer { seller { name } } } }"

    answer = ask(server, query, {**PARTS, "x-credit-budget": "2"}, ids=ids[:5])

    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BUDGET_EXCEEDED"]
    assert "data" not in answer.json() and sandbox.calls == []


def test_a_budget_that_only_what_is_put_off_exceeds_calls_nobody(gateway, sandbox, ids):
    server = gateway(**ON)
    query = "query ($id: ID!) { __typename ... @defer { product(id: $id) { name } } }"

    answer = parted(server, query, {"x-credit-budget": "0"}, id=ids[0])

    assert answer.first["data"] == {"__typename": "Query"}
    assert [error["extensions"]["code"] for error in answer.errors] == ["BUDGET_EXCEEDED"]
    assert answer.cost["actualCredits"] == 0 and sandbox.calls == []


QUOTA = "{ quota { used remaining byDay(days: 1) { operations } } }"


def test_what_parts_spend_counts_and_what_they_do_not_is_given_back(gateway, sandbox, ids):
    server = gateway(**ON)
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { id ... @defer { name seller { name } } } }"

    answer = parted(server, query, ids=ids[:5])

    quota = server(QUOTA).data["quota"]
    assert quota["used"] == answer.cost["actualCredits"] == len(sandbox.calls)
    assert quota["byDay"][0]["operations"] == 1


KEY = "a key that a client keeps"
KEYS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}:500"
ALLOWED = {"authorization": f"Bearer {KEY}"}


def test_a_client_that_leaves_gets_back_what_was_not_spent(gateway, sandbox):
    never = {"shopgraph_deadline_ms": 600_000, "shopgraph_call_timeout_ms": 600_000}
    server = gateway(shopgraph_api_keys=KEYS, **never, **ON)
    sandbox.fail("influencer/list", "stall")
    query = f"{{ __typename ... @defer {{ influencers(region: US, first: 3) {{ nodes {{ {VIDEOS % ''} }} }} }} }}"

    with left_behind(server, query, "influencer/list", sandbox):
        meanwhile = server(QUOTA, headers=ALLOWED).data["quota"]["remaining"]

    until(lambda: server(QUOTA, headers=ALLOWED).data["quota"]["remaining"] >= 499)
    assert meanwhile < 499


@contextmanager
def left_behind(server: Gateway, query: str, path: str, sandbox: SandboxServer) -> Iterator[None]:
    """While a client has got the first part, and the provider was asked for another; then the client leaves."""
    body = json.dumps({"query": query})
    named = {**PARTS, **ALLOWED, "host": "here", "content-type": "application/json", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"POST /graphql HTTP/1.1\r\n{head}\r\n{body}".encode())
        received = b""
        while b'"hasNext":true' not in received:
            received += client.recv(4096)
        until(lambda: sandbox.count(path) == 1)
        yield
