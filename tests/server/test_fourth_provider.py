"""A provider is a package under upstream/: one more is in the graph, in the settings and in routing without any other
change.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.server import SandboxServer
from tests.conftest import CLIENT, access_to
from tests.running import environment, free_port, until

ROOT = Path(__file__).resolve().parents[2]
ITEMS = {str(sku): {"sku": str(sku), "label": f"Carpet {sku}", "sold_30d_units": sku} for sku in range(101, 108)}
SERVE = "import sys; sys.path.insert(0, {path!r}); import server; sys.exit(server.main(sys.argv[1:]))"


class Stall(BaseHTTPRequestHandler):
    """Sells carpets to who shows the token."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        items = [ITEMS[sku] for sku in reversed(given.get("skus", "").split(",")) if sku in ITEMS]
        if parts.path == "/shelf":
            start = (int(given["page"]) - 1) * int(given["size"])
            items = list(ITEMS.values())[start : start + int(given["size"])]
        status = 200 if self.headers["X-Token"] == "rug" else 401
        body = json.dumps({"items": items}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def stall() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stall)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is, with one package more under upstream/."""
    folder = tmp_path_factory.mktemp("project")
    for entry in ROOT.iterdir():
        if entry.name != "upstream" and (entry.suffix in (".py", ".toml") or (entry / "__init__.py").is_file()):
            (folder / entry.name).symlink_to(entry)
    (folder / "upstream").mkdir()
    for entry in (ROOT / "upstream").iterdir():
        (folder / "upstream" / entry.name).symlink_to(entry)
    (folder / "upstream" / "fourth").symlink_to(ROOT / "tests/server/fourth")
    return folder


@pytest.fixture(scope="module")
def url(tree: Path, stall: str, shared_sandbox: SandboxServer) -> Iterator[str]:
    """A server over EchoTik and the fourth provider."""
    port = free_port()
    given = {name.upper(): str(value) for name, value in access_to("echotik", shared_sandbox).items()}
    own = {"BAZAAR_TOKEN": "rug", "BAZAAR_BASE_URL": stall, "SHOPGRAPH_STORE": "memory:"}
    called = [sys.executable, "-c", SERVE.format(path=str(tree)), "--port", str(port)]
    process = subprocess.Popen(called, cwd=tree, env=environment({**given, **own}), stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _is_there(url))
        yield url
    finally:
        process.terminate()
        process.wait()


def test_it_answers_lookups_alone(url: str):
    Stall.asked.clear()
    query = """{
      productsByIds(ids: ["101", "102", "103", "104"]) {
        name performance(window: LAST_30_DAYS) { units } source { provider endpoint }
      }
    }"""
    told = _ask(url, query, pinned="bazaar")["data"]["productsByIds"]

    assert [product["name"] for product in told] == [f"Carpet {sku}" for sku in range(101, 105)]
    assert [product["performance"]["units"] for product in told] == [101, 102, 103, 104]
    assert told[0]["source"] == {"provider": "BAZAAR", "endpoint": "bazaar.product.detail"}
    assert len(Stall.asked) == 2


def test_it_gives_lists_in_pages_of_its_own(url: str):
    query = "{ products(region: US, first: 6, sort: {field: UNITS_30D}) { nodes { name } pageInfo { hasNextPage } } }"
    told = _ask(url, query, pinned="bazaar")["data"]["products"]

    assert [node["name"] for node in told["nodes"]] == [f"Carpet {sku}" for sku in range(101, 107)]
    assert told["pageInfo"] == {"hasNextPage": True}


def test_it_says_what_it_cannot_answer(url: str):
    answer = _ask(url, '{ seller(id: "7") { name } categories(level: L1) { id } }', pinned="bazaar")

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["CAPABILITY_UNAVAILABLE"] * 2


def test_it_is_asked_where_the_first_one_fails(url: str, sandbox: SandboxServer):
    sandbox.fail("product/detail", "error")
    told = _ask(url, '{ product(id: "105") { name source { provider } } }')

    assert told["data"]["product"] == {"name": "Carpet 105", "source": {"provider": "BAZAAR"}}


def test_it_fares_and_is_set_up_as_the_others_are(url: str, tree: Path):
    told = _ask(url, "{ providers { provider configured } }")["data"]["providers"]
    called = [sys.executable, "-c", SERVE.format(path=str(tree)), "--help"]
    help = subprocess.run(called, cwd=tree, capture_output=True, text=True, check=True).stdout

    assert {"provider": "BAZAAR", "configured": True} in told
    assert "BAZAAR_TOKEN" in help


def _ask(url: str, query: str, pinned: str = "") -> Any:
    headers = {"X-Providers": pinned} if pinned else {}
    return CLIENT.post(f"{url}/graphql", json={"query": query}, headers=headers).json()


def _is_there(url: str) -> bool:
    try:
        return CLIENT.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
