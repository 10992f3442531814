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


@pytest.fixture(scope="session")
def keyapi_connection(server: SandboxServer) -> Iterator[httpx.Client]:
    key = {"authorization": "Bearer sandbox"}
    with httpx.Client(base_url=f"{server.keyapi_url}/v1/tiktok", headers=key, timeout=10) as client:
        yield client


@pytest.fixture
def keyapi(sandbox: SandboxServer, keyapi_connection: httpx.Client) -> httpx.Client:
    """A client of KeyAPI: its paths begin below /v1/tiktok."""
    return keyapi_connection


@pytest.fixture
def subjects(sandbox: SandboxServer) -> dict[str, str]:
    """An id for every parameter that wants one, of a product and what belongs to it."""
    world = sandbox.world
    product = world.product(sandbox.product_ids()[0])
    assert product
    videos, lives = world.videos_of_product(product), world.lives_of_product(product)
    author = world.author_of_video(videos[0])
    return {
        "product_id": product.id,
        "seller_id": world.seller_of_product(product).id,
        "user_id": world.host_of_live(lives[0]).id,
        "user_ids": author.id,
        "video_id": videos[0].id,
        "video_ids": ",".join(video.id for video in videos[:10]),
        "room_ids": ",".join(live.id for live in lives[:10]),
    }


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
