"""The server as a client and as an operator meet it: routes, keys, settings, the command."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from server import main
from serving.page import HOW_TO_QUERY
from settings import Misconfigured, Settings, check_bind, listing, load
from tests.conftest import CLIENT, PLAIN, Gateway
from tests.servers import Command

ROOT = Path(__file__).resolve().parents[2]
GRAPHQL_JSON = "application/graphql-response+json"
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

KEY = "a key that a client keeps"
KEYS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()},marsh:{'0' * 64}"


def made(**given: Any) -> Settings:
    return load(_env_file=None, **given)


@pytest.fixture(scope="module")
def served(shared_sandbox: SandboxServer) -> Iterator[Gateway]:
    """One server for every test that leaves nothing behind."""
    known = {"echotik_username": "sandbox", "echotik_password": "sandbox", "echotik_base_url": shared_sandbox.url}
    with Gateway(made(**known)) as server:
        yield server


@pytest.fixture
def client(served: Gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=30, verify=PLAIN) as client:
        yield client


# ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_healthz_says_that_the_process_answers(client: httpx.Client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_names_the_upstream(client: httpx.Client, shared_sandbox: SandboxServer):
    said = client.get("/readyz").json()

    assert said["status"] == "ready"
    assert "EchoTik" in said["upstream"] and shared_sandbox.url in said["upstream"]


def test_readyz_says_that_data_are_emulated(gateway):
    server = gateway(echotik_username="", echotik_password="")

    assert "sandbox" in CLIENT.get(f"{server.url}/readyz").json()["upstream"]
    assert "sandbox" in CLIENT.get(f"{server.url}/graphql", headers=PAGE).text
    assert server("{ products(region: US, first: 1) { nodes { name } } }").data["products"]["nodes"][0]["name"]


def test_without_a_provider_every_lookup_says_so(gateway):
    server = gateway(echotik_username="", echotik_password="", shopgraph_sandbox="off")

    answer = server('{ product(id: "1") { name } products(region: US) { nodes { id } } }')

    assert answer.codes == ["CAPABILITY_UNAVAILABLE"] * 2
    assert answer.partial == {"product": None, "products": None}
    assert "no provider" in CLIENT.get(f"{server.url}/readyz").json()["upstream"]


def test_the_schema_is_served_as_it_is_printed(client: httpx.Client):
    answer = client.get("/schema.graphql")

    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == (ROOT / "schema.graphql").read_text()


def test_the_query_that_the_page_shows_where_it_was_not_built_is_answered(client: httpx.Client):
    body = re.search("-d '(.*)'", HOW_TO_QUERY.format(url="", upstream=""))
    assert body is not None

    answer = client.post("/graphql", content=body[1], headers={"content-type": "application/json"})

    assert len(answer.json()["data"]["products"]["nodes"]) == 3


@pytest.mark.parametrize("headers", [PAGE, {}])
def test_a_query_can_be_asked_with_get(headers: dict[str, str], client: httpx.Client):
    answer = client.get("/graphql", params={"query": "{ providers { provider } }"}, headers=headers)

    assert answer.json()["data"]["providers"][0] == {"provider": "ECHOTIK"}


def test_get_takes_variables_and_an_operations_name(client: httpx.Client):
    query = "query A { __typename } query B($id: ID!) { product(id: $id) { id } }"

    answer = client.get("/graphql", params={"query": query, "operationName": "B", "variables": '{"id": "0"}'})

    assert answer.json()["data"] == {"product": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nothing",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"query": 5}',
        b'{"query": null}',
        b"\xff",
        b'{"query": ""}',
    ],
)
def test_a_body_that_is_no_question_is_400(body: bytes, client: httpx.Client):
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400


@pytest.mark.parametrize("variables", ["[]", '"x"', "5"])
def test_variables_that_are_no_object_are_400(variables: str, client: httpx.Client):
    body = f'{{"query": "{{ __typename }}", "variables": {variables}}}'

    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/graphql", 405), ("POST", "/healthz", 405)]
)
def test_other_routes_and_methods_are_refused(method: str, path: str, status: int, client: httpx.Client):
    assert client.request(method, path).status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/schema.graphql", "/nowhere", "/graphql?query={__typename}"])
def test_every_answer_has_an_id_of_its_own(path: str, client: httpx.Client):
    ids = {client.get(path).headers["x-request-id"] for _ in range(3)}

    assert len(ids) == 3 and all(re.fullmatch("[0-9a-f]{16}", id) for id in ids)


# ── GraphQL over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────

UNASKED = [
    "{",
    "{ nothing }",
    "query ($id: ID!) { product(id: $id) { id } }",
    '{ products(region: "US") { nodes { id } } }',
]


@pytest.mark.parametrize("query", UNASKED)
def test_what_was_not_executed_is_400_in_the_new_media_type_and_200_in_the_old(query: str, client: httpx.Client):
    new = client.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL_JSON})
    old = client.post("/graphql", json={"query": query}, headers={"accept": "application/json"})

    assert new.status_code == 400 and new.headers["content-type"].startswith(GRAPHQL_JSON)
    assert old.status_code == 200 and old.headers["content-type"].startswith("application/json")
    assert "data" not in new.json() and new.json()["errors"] == old.json()["errors"]
    assert new.json()["errors"][0]["extensions"]["code"] in (
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_USER_INPUT",
    )


@pytest.mark.parametrize("query", ["{ __typename }", '{ product(id: "x") { id } }'])
def test_what_was_executed_is_200_in_both_media_types(query: str, client: httpx.Client):
    for kind in (GRAPHQL_JSON, "application/json", f"{GRAPHQL_JSON}; charset=utf-8, application/json;q=0.9"):
        answer = client.post("/graphql", json={"query": query}, headers={"accept": kind})
        assert answer.status_code == 200 and "data" in answer.json()
        assert answer.headers["content-type"].startswith(kind.partition(";")[0])


# ── client keys ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def locked(gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway(shopgraph_api_keys=KEYS).url, timeout=30, verify=PLAIN) as client:
        yield client


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer another key", f"Basic {KEY}", KEY, f"Bearer {'0' * 64}", "Bearer \xff"],
)
@pytest.mark.parametrize("path", ["/graphql?query={__typename}", "/schema.graphql", "/nowhere", "/healthz/../graphql"])
def test_without_a_known_key_nobody_is_let_in(shown: str | None, path: str, locked: httpx.Client):
    headers = {} if shown is None else {b"authorization": shown.encode("latin-1")}

    answer = locked.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("shown", [f"Bearer {KEY}", f"bearer {KEY}", f"Bearer  {KEY}"])
def test_the_right_key_lets_in(shown: str, locked: httpx.Client):
    answer = locked.get("/graphql", params={"query": "{ __typename }"}, headers={"authorization": shown})

    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_key(path: str, locked: httpx.Client):
    assert locked.get(path).status_code == 200


# ── where it may be served ────────────────────────────────────────────────────────────────────────────────────────

BEYOND = ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org", "", "[::]", "2001:db8::1", "localhost.example.org"]
PROVIDER = {"echotik_username": "heron", "echotik_password": "marsh"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_this_machine_is_always_served(host: str):
    check_bind(made(), host, asked_for_sandbox=False)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_this_machine_client_keys_are_needed(host: str):
    with pytest.raises(Misconfigured, match="SHOPGRAPH_API_KEYS"):
        check_bind(made(**PROVIDER), host, asked_for_sandbox=True)

    check_bind(made(**PROVIDER, shopgraph_api_keys=KEYS), host, asked_for_sandbox=False)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_this_machine_emulated_data_must_be_asked_for(host: str):
    emulated = made(shopgraph_api_keys=KEYS)

    with pytest.raises(Misconfigured, match="--sandbox"):
        check_bind(emulated, host, asked_for_sandbox=False)
    check_bind(emulated, host, asked_for_sandbox=True)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────

# a malformed setting, and another for the same start to show that one is told
MALFORMED = [
    {"SHOPGRAPH_DEADLINE_MS": "soon"},
    {"SHOPGRAPH_DEADLINE_MS": "1"},
    {"SHOPGRAPH_CALL_TIMEOUT_MS": "-5"},
    {"ECHOTIK_BASE_URL": "ftp://provider.example"},
    {"ECHOTIK_CALLS_PER_SECOND": "nan"},
    {"ECHOTIK_CALLS_PER_SECOND": "inf"},
    {"SHOPGRAPH_SANDBOX": "perhaps"},
    {"SHOPGRAPH_LOG_LEVEL": "loud"},
    {"SHOPGRAPH_API_KEYS": "heron:marsh"},
    {"ECHOTIK_PASSWORD": "marsh-reed", "ECHOTIK_USERNAME": ""},
]


@pytest.mark.parametrize(
    "given", MALFORMED, ids=lambda given: " ".join(f"{name}={value}" for name, value in given.items())
)
def test_a_malformed_setting_stops_the_start_with_one_line_that_names_it(
    given: dict[str, str], monkeypatch, capfd, tmp_path
):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if re.match("ECHOTIK_|SHOPGRAPH_", name)]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert main(["--check"]) == 2

    printed = capfd.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    wanted = "ECHOTIK_USERNAME" if "ECHOTIK_PASSWORD" in given else next(iter(given))
    assert printed.err.startswith(f"server.py: {wanted}")
    assert "marsh" not in printed.err


def test_the_process_ends_with_2_and_one_line(command: Command):
    ended = command(SHOPGRAPH_DEADLINE_MS="soon")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("server.py: SHOPGRAPH_DEADLINE_MS") and ended.stderr.count("\n") == 1


def test_a_bind_that_is_refused_ends_with_2_and_one_line(command: Command):
    ended = command("--host", "0.0.0.0")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "SHOPGRAPH_API_KEYS" in ended.stderr and ended.stderr.count("\n") == 1


def test_check_shows_every_setting_and_no_secret(command: Command, tmp_path: Path):
    (tmp_path / ".env").write_text("SHOPGRAPH_DEADLINE_MS=4321\nECHOTIK_PASSWORD=from-the-file\n")

    ended = command("--check", ECHOTIK_USERNAME="heron", ECHOTIK_PASSWORD="marsh-reed", SHOPGRAPH_API_KEYS=KEYS)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "SHOPGRAPH_DEADLINE_MS=4321" in ended.stdout and "ECHOTIK_PASSWORD=(set)" in ended.stdout
    assert all(f"{name}=" in ended.stdout for name, _, _ in listing())
    for secret in ("marsh-reed", "from-the-file", KEYS, KEYS.split(":")[1][:64]):
        assert secret not in ended.stdout


def test_help_lists_every_setting_with_its_default(command: Command):
    ended = command("--help", ECHOTIK_PASSWORD="marsh-reed")

    assert ended.returncode == 0
    for name, value, help in listing():
        (line,) = [line for line in ended.stdout.splitlines() if line.strip().startswith(f"{name} ")]
        assert help in line and f"(default: {value or 'none'})" in line
    assert "marsh-reed" not in ended.stdout
