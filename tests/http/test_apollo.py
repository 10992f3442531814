"""What Apollo's client makes of the server's answers: documents by their hash, and answers in parts."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from settings import load
from tests.conftest import Gateway, access_to

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(shared_sandbox: SandboxServer):
    with Gateway(load(_env_file=None, shopgraph_incremental="on", **access_to("echotik", shared_sandbox))) as server:
        yield server


def asked(server: Gateway, what: str, query: str) -> dict[str, Any]:
    ended = subprocess.run(
        ["node", "client.mjs", f"{server.url}/graphql", what, query],
        cwd=HERE, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def typed(value: Any) -> Any:
    """Without what the client asks beside: the name of each type."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items() if name != "__typename"}
    return [typed(each) for each in value] if isinstance(value, list) else value


def test_a_document_is_sent_once_and_then_named(server):
    told = asked(server, "apq", "query Whose { quota { client } }")

    assert [typed(each["data"]) for each in told["shown"]] == [{"quota": {"client": "anonymous"}}] * 2
    assert [each["text"] for each in told["sent"]] == [False, True, False]
    sha256 = hashlib.sha256(b"query Whose {\n  quota {\n    client\n    __typename\n  }\n}").hexdigest()
    assert {each["hash"] for each in told["sent"]} == {sha256}


@pytest.mark.parametrize(
    "query",
    [
        "{ products(region: US, first: 3) { nodes { id name ... @defer { seller { id name } } } } }",
        "{ products(region: US, first: 3) { nodes @stream(initialCount: 1) { id name seller { id name } } } }",
    ],
)
def test_parts_are_shown_as_they_come(server, query):
    told = asked(server, "parts", query)

    states = [typed(each["data"])["products"]["nodes"] for each in told["shown"]]
    plain = server("{ products(region: US, first: 3) { nodes { id name seller { id name } } } }").data
    assert len(states) > 1
    assert "seller" not in states[0][0] if "defer" in query else len(states[0]) == 1
    assert states[-1] == plain["products"]["nodes"]
    assert told["sent"][0]["type"].startswith("multipart/mixed")


def test_an_error_of_a_part_is_shown_with_it(server, sandbox):
    sandbox.fail("product/detail", "gateway")

    told = asked(server, "parts", '{ __typename ... @defer { product(id: "1729000000000000007") { id name } } }')

    assert "codes" not in told["shown"][0]
    assert told["shown"][-1]["codes"] == ["UPSTREAM_UNAVAILABLE"]
