"""A sandbox on a fixed day, on a real socket, asked by a plain HTTP client."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday

Get = Callable[..., dict[str, Any]]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(clock=lambda: NOON) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> SandboxServer:
    server.reset()
    return server


@pytest.fixture(scope="session")
def connection(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, auth=("sandbox", "sandbox"), timeout=10) as client:
        yield client


@pytest.fixture
def client(sandbox: SandboxServer, connection: httpx.Client) -> httpx.Client:
    return connection


@pytest.fixture
def get(client: httpx.Client) -> Get:
    """The body of an answer: get("v3/product/list", region="US"). Paging is the first page of ten unless given."""

    def get(path: str, **params: Any) -> dict[str, Any]:
        answer = client.get(wire_path(path), params={"page_num": 1, "page_size": 10, **params})
        body: dict[str, Any] = json.loads(answer.text, strict=False)
        return body

    return get


@pytest.fixture
def rows(get: Get) -> Rows:
    """The rows of one page, or of at most `pages` pages."""

    def rows(path: str, *, pages: int = 1, **params: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, pages + 1):
            body = get(path, **{"page_num": page, **params})
            assert body["code"] == 0, body["message"]
            found += body["data"]
            if len(body["data"]) < 10:
                break
        return found

    return rows


def wire_path(path: str) -> str:
    version, _, rest = path.partition("/")
    return f"/{version}/{rest}" if version == "v2" or rest.startswith("realtime/") else f"/v3/echotik/{rest}"
