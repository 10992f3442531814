"""The page and its files over HTTP: who may have them, how small, and for how long."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.page import ASSETS, BUILT, Page
from tests.conftest import PLAIN, Gateway

ROOT = Path(__file__).resolve().parents[2]
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
KEY = "a key that a client keeps"
KEYS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}"
SCRIPT = next(file.name for file in (BUILT / "graphql/assets").glob("index-*.js"))


@pytest.fixture(scope="module")
def client(emulating: Gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=emulating.url, verify=PLAIN) as client:
        yield client


def test_a_browser_gets_the_page_and_may_load_nothing_for_it_from_elsewhere(client: httpx.Client):
    page = client.get("/graphql", headers=BROWSER)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert {"default-src 'self'", "script-src 'self'", "connect-src 'self'"} <= set(policy.split("; "))
    assert page.headers["cache-control"] == "no-cache" and page.headers["vary"] == "accept"
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) > 2 and all(address.startswith(("./", "data:")) for address in addresses)
    assert "Emulated data" in page.text and "client key" not in page.text


@pytest.mark.parametrize("headers", [{"accept": "application/json"}, {"accept": "*/*"}])
def test_who_asks_for_no_page_gets_none(headers: dict[str, str], client: httpx.Client):
    answer = client.get("/graphql", headers=headers)

    assert answer.status_code in (400, 404) and "html" not in answer.text


def test_a_question_in_the_address_is_answered_to_a_browser_too(client: httpx.Client):
    answer = client.get("/graphql", params={"query": "{ providers { provider } }"}, headers=BROWSER)

    assert answer.json()["data"]["providers"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("gzip;q=0.000", None),
    ],
)
def test_a_file_is_as_small_as_its_reader_reads_and_is_kept_for_good(
    accepted: str, coding: str | None, client: httpx.Client
):
    with client.stream("GET", ASSETS + SCRIPT, headers={"accept-encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())

    whole = (BUILT / "graphql/assets" / SCRIPT).read_bytes()
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["vary"] == "accept-encoding"
    if coding is None:
        assert sent == whole
    else:
        assert len(sent) < len(whole) / 2
    if coding == "gzip":
        assert gzip.decompress(sent) == whole


@pytest.mark.parametrize("name", ["none.js", SCRIPT + ".gz", "..%2f..%2findex.html", "%2e%2e/%2e%2e/.sources", ""])
def test_only_the_files_of_the_page_are_served(name: str, client: httpx.Client):
    assert client.get(ASSETS + name).status_code == 404


def test_the_page_needs_no_client_key_but_every_question_does(gateway):
    server = gateway(shopgraph_api_keys=KEYS)

    page = httpx.get(f"{server.url}/graphql", headers=BROWSER)
    assert page.status_code == 200 and "client key" in page.text and "Emulated" not in page.text
    assert httpx.get(server.url + ASSETS + SCRIPT).status_code == 200
    for asked in ("query={providers{provider}}", "query=", "id=1", "documentId=1", "extensions={}"):
        assert httpx.get(f"{server.url}/graphql?{asked}", headers=BROWSER).status_code == 401, asked
    question = {"query": "{ providers { provider } }"}
    for path in ("/graphql", "/graphql/cost"):
        assert httpx.post(server.url + path, json=question, headers=BROWSER).status_code == 401
    assert httpx.get(f"{server.url}/graphql/cost", headers=BROWSER).status_code == 401
    assert httpx.get(f"{server.url}/schema.graphql", headers=BROWSER).status_code == 401


def test_where_it_was_not_built_the_page_says_how_to_query_and_how_to_build_it(tmp_path: Path):
    page = Page(emulated=True, keyed=False, built=tmp_path)
    app = Starlette(routes=[Route("/graphql", lambda request: page.shown(request, "<the sandbox>")), *page.routes()])

    client = TestClient(app)

    told = client.get("/graphql").text
    assert "curl -s http://testserver/graphql" in told and "&lt;the sandbox&gt;" in told
    assert "scripts/page" in told and (ROOT / "scripts/page").exists()
    assert client.get(ASSETS + SCRIPT).status_code == 404


def test_the_examples_are_the_screens_that_the_benchmarks_ask():
    def texts(folder: str) -> dict[str, str]:
        return {file.name: file.read_text() for file in (ROOT / folder).glob("*.graphql")}

    assert texts("web/src/examples") == texts("bench/screens")


def test_the_lock_names_no_host_to_load_from():
    assert '"resolved"' not in (ROOT / "web/package-lock.json").read_text()
    assert "://" not in (ROOT / "web/node-requirements.txt").read_text()
