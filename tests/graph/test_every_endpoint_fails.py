"""Each endpoint of each provider × each way to fail: one error with the code of its class, and nothing else.

What a client is told of it, and how often it is asked again, is in test_failures.py and test_failover*.py: they ask
through the whole server, of some endpoints. Here all of them are asked at once, below the graph, one attempt each.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

import upstream.service
from commands.check import Known, arguments_for
from entities.vocabulary import Region
from sandbox.server import SandboxServer
from sandbox.world import World
from server import configure_logs, connect
from settings import Settings, load
from tests.conftest import ALL, access_to
from upstream.endpoint import Endpoint
from upstream.errors import RateLimited, ShopgraphError, UpstreamTimeout
from upstream.http import MAX_CONNECTIONS
from upstream.operation import Operation
from upstream.providers import ENDPOINTS
from upstream.service import LEAST_SECONDS

STALL_MS, OTHERS_MS = 1500, 20_000
ANSWERED = ""
MARKET = Region.SG  # whose lists are the shortest
IMAGE = "https://echosell-images.tos-ap-southeast-1.volces.com/product-cover/1/a.jpeg"

# fault: code
TOLD = {
    "rate": "UPSTREAM_RATE_LIMITED",
    "rate_in_200": "UPSTREAM_RATE_LIMITED",
    "quota": "UPSTREAM_QUOTA_EXHAUSTED",
    "auth": "UPSTREAM_UNAUTHENTICATED",
    "forbidden": "UPSTREAM_UNAUTHENTICATED",
    "not_found": "UPSTREAM_BAD_RESPONSE",
    "bad_request": "BAD_USER_INPUT",
    "error": "UPSTREAM_UNAVAILABLE",
    "error_in_200": "UPSTREAM_UNAVAILABLE",
    "gateway": "UPSTREAM_UNAVAILABLE",
    "reset": "UPSTREAM_UNAVAILABLE",
    "stall": "UPSTREAM_UNAVAILABLE",
    "garbage": "UPSTREAM_BAD_RESPONSE",
    "truncated": "UPSTREAM_BAD_RESPONSE",
    "envelope": "UPSTREAM_BAD_RESPONSE",
    "html": "UPSTREAM_BAD_RESPONSE",
    "huge": "UPSTREAM_BAD_RESPONSE",
    "empty": ANSWERED,
    "control": ANSWERED,
}
OTHERWISE = {  # what a provider says in a 200 differs: an argument is refused, or there is no envelope
    ("keyapi", "error_in_200"): "BAD_USER_INPUT",
    ("winninghunter", "error_in_200"): "UPSTREAM_BAD_RESPONSE",
}
OPTIONS: dict[str, dict[str, Any]] = {"huge": {"megabytes": 1}}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    configure_logs(load(_env_file=None, shopgraph_log_level="error"))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("fault", TOLD)
def test_every_endpoint_that_fails_tells_so_by_the_code_of_its_class(fault: str, sandbox: SandboxServer):
    sandbox.fail("*", fault, **OPTIONS.get(fault, {}))

    found = asyncio.run(asked(sandbox, STALL_MS if fault == "stall" else OTHERS_MS))

    assert found.keys() == set(ENDPOINTS)
    assert {name(endpoint): code for endpoint, code in found.items() if code != expected(endpoint, fault)} == {}
    assert sandbox.count() == len(ENDPOINTS)


def test_every_endpoint_answers_what_it_is_asked_here_where_nothing_fails(sandbox: SandboxServer):
    assert set(asyncio.run(asked(sandbox, OTHERS_MS)).values()) == {ANSWERED}


async def test_a_call_that_could_not_be_answered_in_time_is_neither_made_nor_paid(sandbox: SandboxServer):
    known = settings(sandbox, "echotik", OTHERS_MS)
    service = connect(known, known.accesses).service
    endpoint = next(each for each in ENDPOINTS if each.title == "echotik.seller.detail")
    operation = Operation(deadline=time.monotonic() + LEAST_SECONDS / 2, patience=0)

    with pytest.raises(UpstreamTimeout) as failed:
        await service.call(endpoint, {str(endpoint.ids): ["1"]}, operation)

    await service.close()
    assert (failed.value.asked, operation.ledger.credits, sandbox.count()) == (0, 0, 0)


async def test_of_a_call_that_is_not_made_again_in_time_the_last_failure_is_told(sandbox: SandboxServer, monkeypatch):
    monkeypatch.setattr(upstream.service, "FIRST_PAUSE", 0.2)
    known = settings(sandbox, "echotik", OTHERS_MS)
    service = connect(known, known.accesses).service
    endpoint = next(each for each in ENDPOINTS if each.title == "echotik.seller.detail")
    limiter = service.accounts["echotik"].limiter
    sandbox.fail("*", "rate")

    for _ in range(limiter.max_in_flight - 1):
        await limiter.acquire("another client")
    call = asyncio.ensure_future(service.call(endpoint, {str(endpoint.ids): ["1"]}, Operation(time.monotonic() + 0.5)))
    for _ in range(10):
        await asyncio.sleep(0)  # the first attempt has the last place by now
    await limiter.acquire("another client")
    with pytest.raises(RateLimited):
        await call

    for _ in range(limiter.max_in_flight):
        limiter.release("another client")
    await service.close()
    assert sandbox.count() == 1


def expected(endpoint: Endpoint, fault: str) -> str:
    if fault == "error_in_200" and endpoint.match == "handle" and endpoint.provider == "keyapi":
        return ANSWERED  # its words say that nobody has this handle
    return OTHERWISE.get((endpoint.provider, fault), TOLD[fault])


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.route} by {endpoint.match}"


def settings(sandbox: SandboxServer, provider: str, timeout_ms: int) -> Settings:
    known = access_to(provider, sandbox) | {"shopgraph_call_timeout_ms": timeout_ms, "shopgraph_max_body_mb": 1}
    return load(_env_file=None, shopgraph_store="memory:", shopgraph_max_concurrency=MAX_CONNECTIONS, **known)


async def asked(sandbox: SandboxServer, timeout_ms: int) -> dict[Endpoint, str]:
    """The code of every endpoint's failure, each asked once at the same moment."""
    known = known_of(sandbox.world)
    found = await asyncio.gather(*(asked_of(settings(sandbox, each, timeout_ms), each, known) for each in ALL))
    return {endpoint: code for some in found for endpoint, code in some.items()}


async def asked_of(settings: Settings, provider: str, known: Known) -> dict[Endpoint, str]:
    backend = connect(settings, settings.accesses)
    endpoints = [endpoint for endpoint in ENDPOINTS if endpoint.provider == provider]
    today = datetime.now(UTC).date()
    assert len(endpoints) <= MAX_CONNECTIONS

    async def ask(endpoint: Endpoint) -> str:
        given = arguments_for(endpoint, known, today)
        assert isinstance(given, dict), given
        given |= {"region": MARKET} if "region" in given else {}
        operation = Operation(deadline=time.monotonic() + 60, patience=0)
        try:
            await backend.service.call(endpoint, given, operation)
        except ShopgraphError as error:
            assert endpoint.title in error.message and "sandbox:sandbox" not in error.message
            return error.code
        return ANSWERED

    try:
        return dict(zip(endpoints, await asyncio.gather(*map(ask, endpoints)), strict=True))
    finally:
        await backend.service.close()


def known_of(world: World) -> Known:
    """One of each kind that every provider knows."""
    product = world.products_in(MARKET.name)[0]
    seller, user = world.seller_of_product(product), world.influencers_of_product(product)[0]
    video, live = world.videos_of_product(product)[0], world.lives_from(0, 1)[0]
    ids: dict[str, Any] = {"Product": product, "Seller": seller, "Influencer": user, "Video": video, "Live": live}
    return Known(
        ids={kind: [thing.id] for kind, thing in ids.items()},
        handles={user.id: user.handle},
        pages=[json.dumps(IMAGE).encode()],
    )
