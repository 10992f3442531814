"""Too much at once, and clients that leave: what has no place is turned away, what nobody waits for is not asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from prometheus_client import REGISTRY

from sandbox.server import SandboxServer
from serving import admission
from serving.admission import TURNS, Gate, Visit
from tests.conftest import CLIENT, Gateway, Start
from tests.running import until

SELLERS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Seller { sellerId name } } }"  # a call for each
PRODUCTS = "query($ids: [ID!]!) { productsByIds(ids: $ids) { productId name } }"  # a call for each ten
TREND = "query($id: ID!) { product(id: $id) { trend(days: 25) { date units } } }"  # a lookup and three times ten days
BEST = "{ products(region: US, first: 100) { nodes { productId } } }"  # ten pages
USED = "{ quota { used remaining } }"
KEYS = {name: f"key-of-{name}-0123456789" for name in ("ann", "bob", "cat")}
SECONDS = 0.15

HEAD = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
UNENDING = HEAD + b"content-length: 100\r\n\r\n{"


def entries(**credits: int) -> str:
    """The setting that lets these clients in."""
    hashes = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in KEYS.items()}
    limits = {name: f":{credits[name]}" if name in credits else "" for name in KEYS}
    return ",".join(f"{name}:{hashes[name]}{limits[name]}" for name in KEYS)


def as_client(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {KEYS[name]}"}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def sellers(sandbox: SandboxServer) -> list[str]:
    """Their global ids."""
    return [f"Seller:{seller.id}" for seller in sandbox.world.sellers_in("US")]


class Left:
    """A client that has asked, and may leave before the answer."""

    def __init__(self, gateway: Gateway, query: str, variables: dict[str, Any], headers: dict[str, str]) -> None:
        host, port = gateway.url.removeprefix("http://").split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        body = json.dumps({"query": query, "variables": variables}).encode()
        told = {"host": host, "content-type": "application/json", "content-length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._socket.sendall(f"POST /graphql HTTP/1.1\r\n{lines}\r\n".encode() + body)

    def leave(self) -> None:
        self._socket.close()

    def answered(self) -> int:
        """The status of the answer."""
        return int(self._socket.recv(65536).split(b" ", 2)[1])


@contextmanager
def asking(gateway: Gateway, query: str, client: str = "", **variables: Any) -> Iterator[Left]:
    left = Left(gateway, query, variables, as_client(client) if client else {})
    try:
        yield left
    finally:
        left.leave()


def settled(sandbox: SandboxServer) -> int:
    """How many calls came, once none is under way and none has come for longer than one takes."""
    until(lambda: all(call.ended for call in list(sandbox.calls)))
    time.sleep(SECONDS / 2)
    until(lambda: all(call.ended for call in list(sandbox.calls)))
    return sandbox.count()


# ── clients that leave ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", [SELLERS, PRODUCTS, TREND, BEST])
def test_calls_that_only_a_client_that_left_needed_are_not_made(
    gateway: Start, sandbox: SandboxServer, sellers: list[str], query: str
):
    graphql = gateway("v3", shopgraph_max_concurrency=2)
    products = sandbox.product_ids("US", 60)
    variables: dict[str, dict[str, Any]] = {
        SELLERS: {"ids": sellers[:12]},
        PRODUCTS: {"ids": products},
        TREND: {"id": products[0]},
        BEST: {},
    }
    gone = counted("shopgraph_operations_abandoned_total")
    sandbox.delay(SECONDS)

    with asking(graphql, query, **variables[query]):
        until(lambda: sandbox.count() >= 1)
        time.sleep(SECONDS / 5)
        made = sandbox.count()
        assert made <= 2

    assert settled(sandbox) == made
    assert counted("shopgraph_operations_abandoned_total") == gone + 1
    assert counted("shopgraph_operations_in_flight") == 0


def test_what_was_under_way_is_stored(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3")
    sandbox.delay(SECONDS)
    with asking(graphql, SELLERS, ids=sellers[:2]):
        until(lambda: sandbox.count() == 2)
    settled(sandbox)

    answer = graphql(SELLERS, ids=sellers[:2])

    assert [f"Seller:{seller['sellerId']}" for seller in answer.data["nodes"]] == sellers[:2]
    assert sandbox.count() == 2


@pytest.mark.parametrize("query", [SELLERS, PRODUCTS])
def test_a_call_that_another_client_waits_for_goes_on_and_is_paid_by_it(
    gateway: Start, sandbox: SandboxServer, sellers: list[str], query: str
):
    graphql = gateway("v3", shopgraph_max_concurrency=1, shopgraph_api_keys=entries(ann=500, bob=500))
    products = sandbox.product_ids("US", 30)
    ids, shared = (sellers[:4], sellers[2:4]) if query == SELLERS else (products, products[20:])
    sandbox.delay(SECONDS)

    with asking(graphql, query, "ann", ids=ids) as ann:
        until(lambda: sandbox.count() == 1)
        with asking(graphql, query, "bob", ids=shared) as bob:
            time.sleep(SECONDS / 3)
            ann.leave()
            assert bob.answered() == 200

    assert settled(sandbox) == 1 + (2 if query == SELLERS else 1)
    sandbox.delay(0)
    assert used(graphql, "ann") == 1
    assert used(graphql, "bob") == sandbox.count() - 1


def test_a_failed_call_is_not_made_again_for_a_client_that_left(gateway: Start, sandbox: SandboxServer):
    graphql = gateway("v3")
    (product,) = sandbox.product_ids("US", 1)
    sandbox.delay(SECONDS)
    sandbox.fail("product/detail", "gateway")

    with asking(graphql, PRODUCTS, ids=[product]):
        until(lambda: sandbox.count() == 1)
    time.sleep(3 * SECONDS)

    assert settled(sandbox) == 1


def test_what_was_set_aside_for_a_client_that_left_is_given_back(
    gateway: Start, sandbox: SandboxServer, sellers: list[str]
):
    graphql = gateway("v3", shopgraph_max_concurrency=1, shopgraph_api_keys=entries(ann=100))
    sandbox.delay(SECONDS)

    with asking(graphql, SELLERS, "ann", ids=sellers[:30]):
        until(lambda: sandbox.count() == 1)
        left = quota(graphql, "ann")["remaining"]
    settled(sandbox)

    assert left == 70
    until(lambda: quota(graphql, "ann") == {"used": 1, "remaining": 99})


def test_a_client_that_leaves_while_it_sends_holds_no_place(gateway: Start, sandbox: SandboxServer):
    graphql = gateway("v3", shopgraph_max_operations=1, shopgraph_max_queued=0)
    host, port = graphql.url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(UNENDING)
        assert graphql("{ __typename }").data
    assert graphql("{ __typename }").data


def test_a_request_that_does_not_come_to_its_end_is_refused(gateway: Start, sandbox: SandboxServer):
    graphql = gateway("v3", shopgraph_deadline_ms=200)
    host, port = graphql.url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(UNENDING)
        assert slow.recv(65536).startswith(b"HTTP/1.1 408 ")


# ── deadlines ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("slow", "setting"),
    [
        ("answer", {}),
        ("slot", {"shopgraph_max_concurrency": 1}),
        ("pace", {"echotik_calls_per_second": 0.5}),
    ],
)
def test_an_answer_comes_at_the_deadline_whatever_a_call_waits_for(
    gateway: Start, sandbox: SandboxServer, sellers: list[str], slow: str, setting: dict[str, Any]
):
    graphql = gateway("v3", shopgraph_deadline_ms=400, **setting)
    sandbox.delay(3)
    began = time.monotonic()

    answer = graphql(SELLERS, ids=sellers[:3])

    assert time.monotonic() - began < 1
    assert answer.status == 200
    assert set(answer.codes) == {"UPSTREAM_UNAVAILABLE"}
    assert sandbox.count() == (3 if slow == "answer" else 1)


class Dripping:
    """A provider that sends its answer byte by byte."""

    def __enter__(self) -> str:
        self._door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._door.getsockname()[1]}/api/v3"

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def _serve(self) -> None:
        asking, _ = self._door.accept()
        with asking, suppress(OSError):
            asking.recv(65536)
            asking.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
            while True:
                asking.sendall(b" ")
                time.sleep(0.02)


def test_an_answer_comes_at_the_deadline_while_a_body_drips_in(gateway: Start, sellers: list[str]):
    with Dripping() as url:
        graphql = gateway(shopgraph_deadline_ms=400, echotik_base_url=url)
        began = time.monotonic()

        assert graphql(SELLERS, ids=sellers[:1]).codes == ["UPSTREAM_UNAVAILABLE"]

    assert 0.35 < time.monotonic() - began < 1


# ── too much at once ──────────────────────────────────────────────────────────────────────────────────────────────


def test_who_comes_beyond_places_and_queue_is_turned_away_without_a_call(
    gateway: Start, sandbox: SandboxServer, sellers: list[str]
):
    graphql = gateway("v3", shopgraph_max_operations=1, shopgraph_max_queued=1)
    shed = counted("shopgraph_operations_shed_total", reason="full")
    sandbox.delay(2 * SECONDS)
    with asking(graphql, SELLERS, ids=sellers[:1]) as first:
        until(lambda: sandbox.count() == 1)
        with asking(graphql, SELLERS, ids=sellers[1:2]) as second:
            until(lambda: counted("shopgraph_operations_queued") == 1)

            refused = graphql(SELLERS, ids=sellers[2:3])

            assert refused.status == 503
            assert int(refused.headers["retry-after"]) >= 1
            (error,) = refused.body["errors"]
            assert error["extensions"]["code"] == "OVERLOADED"
            assert "data" not in refused.body
            assert sandbox.count() == 1
            assert first.answered() == second.answered() == 200
    assert counted("shopgraph_operations_shed_total", reason="full") == shed + 1
    assert settled(sandbox) == 2
    assert counted("shopgraph_operations_queued") == counted("shopgraph_operations_in_flight") == 0


def test_an_operation_waits_for_half_of_its_time_at_most(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3", shopgraph_max_operations=1, shopgraph_deadline_ms=600)
    sandbox.delay(2)
    with asking(graphql, SELLERS, ids=sellers[:1]):
        until(lambda: sandbox.count() == 1)
        began = time.monotonic()

        refused = graphql(SELLERS, ids=sellers[1:2])

        assert refused.status == 503
        assert 0.25 < time.monotonic() - began < 0.59
    assert sandbox.count() == 1


def test_the_wait_for_a_place_counts_against_the_deadline(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3", shopgraph_max_operations=1, shopgraph_deadline_ms=1000)
    sandbox.delay(0.42, "seller/detail")
    with asking(graphql, SELLERS, ids=sellers[:1]):
        until(lambda: sandbox.count() == 1)
        sandbox.delay(5, "seller/detail")
        began = time.monotonic()

        late = graphql(SELLERS, ids=sellers[1:2])

    assert late.codes == ["UPSTREAM_UNAVAILABLE"]
    assert 0.9 < time.monotonic() - began < 1.4


def test_health_is_told_while_all_places_are_taken(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3", shopgraph_max_operations=1, shopgraph_max_queued=0)
    sandbox.delay(2 * SECONDS)
    with asking(graphql, SELLERS, ids=sellers[:1]) as first:
        until(lambda: sandbox.count() == 1)

        told = [CLIENT.get(f"{graphql.url}/{path}").status_code for path in ("healthz", "readyz", "metrics")]
        page = CLIENT.get(f"{graphql.url}/graphql", headers={"accept": "text/html"})

        assert told == [200, 200, 200]
        assert page.status_code == 200
        assert CLIENT.get(f"{graphql.url}/graphql", params={"query": "{__typename}"}).status_code == 503
        assert first.answered() == 200


def test_agents_are_turned_away_too(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3", shopgraph_mcp=True, shopgraph_max_operations=1, shopgraph_max_queued=0)
    sandbox.reset()
    sandbox.delay(2 * SECONDS)
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    told = {"accept": "application/json, text/event-stream"}
    with asking(graphql, SELLERS, ids=sellers[:1]) as first:
        until(lambda: sandbox.count() == 1)
        assert CLIENT.post(f"{graphql.url}/mcp", json=asked, headers=told).status_code == 503
        assert first.answered() == 200

    until(lambda: CLIENT.post(f"{graphql.url}/mcp", json=asked, headers=told).status_code == 200)


def test_who_waits_for_fewer_is_let_in_before_a_client_that_asks_for_all(
    gateway: Start, sandbox: SandboxServer, sellers: list[str]
):
    graphql = gateway("v3", shopgraph_max_operations=2, shopgraph_max_queued=4, shopgraph_api_keys=entries())
    sandbox.delay(SECONDS)
    with ExitStack() as clients:
        anns = [clients.enter_context(asking(graphql, SELLERS, "ann", ids=[id])) for id in sellers[:6]]
        until(lambda: counted("shopgraph_operations_queued") == 4)

        bob = clients.enter_context(asking(graphql, SELLERS, "bob", ids=sellers[6:7]))

        assert bob.answered() == 200
        assert sellers[6].removeprefix("Seller:") in [asked for (asked,) in sandbox.ids_asked("seller/detail")[:4]]
        assert sorted(ann.answered() for ann in anns) == [200] * 5 + [503]


def test_32_clients_are_all_answered_on_the_defaults(gateway: Start, sandbox: SandboxServer):
    graphql = gateway("v3")
    products = sandbox.product_ids("US", 64)
    sandbox.delay(0.02)

    answers = graphql.together(*((PRODUCTS, {"ids": products[2 * n : 2 * n + 2]}) for n in range(32)))

    assert {answer.status for answer in answers} == {200}
    assert not any(answer.errors for answer in answers)


# ── fair shares of a provider ─────────────────────────────────────────────────────────────────────────────────────


def test_one_client_s_many_calls_do_not_hold_up_another_s_single_one(
    gateway: Start, sandbox: SandboxServer, sellers: list[str]
):
    graphql = gateway("v3", shopgraph_max_concurrency=2, shopgraph_api_keys=entries())
    sandbox.delay(SECONDS / 2)
    with asking(graphql, SELLERS, "ann", ids=sellers[:100]):
        until(lambda: sandbox.count() >= 4)
        before = sandbox.count()
        with asking(graphql, SELLERS, "bob", ids=sellers[100:101]) as bob:
            assert bob.answered() == 200
        assert sandbox.count() - before <= 8


# ── turns to compute ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def gate() -> Gate:
    return Gate(1000, 1000)


async def visiting(gate: Gate, client: str, entered: list[str] | None = None) -> Visit:
    visit = Visit(gate, client)
    await visit.enter(time.monotonic() + 20)
    if entered is not None:
        entered.append(client)
    return visit


async def test_who_asks_more_at_once_than_another_computes_no_more(gate: Gate):
    entered: list[str] = []
    began = [await visiting(gate, "ann") for _ in range(TURNS)]
    waiting = [
        *(asyncio.create_task(visiting(gate, "ann", entered)) for _ in range(10 * TURNS)),
        *(asyncio.create_task(visiting(gate, "bob", entered)) for _ in range(TURNS)),
    ]
    await asyncio.sleep(0)
    assert entered == []

    for visit in began:
        visit.end()
        await asyncio.sleep(0)

    await asyncio.sleep(0)
    assert Counter(entered) == {"ann": TURNS // 2, "bob": TURNS // 2}
    for task in waiting:
        task.cancel()


async def test_an_operation_that_waits_lets_others_compute(gate: Gate):
    began = [await visiting(gate, "ann") for _ in range(TURNS)]
    waiting = asyncio.create_task(visiting(gate, "ann"))
    await asyncio.sleep(0)
    assert not waiting.done()

    began[0].rest()
    began[0].rest()
    began[0].end()

    await asyncio.wait_for(waiting, 5)
    another = asyncio.create_task(visiting(gate, "ann"))
    await asyncio.sleep(0)
    assert not another.done()
    another.cancel()


async def test_a_turn_ends_by_itself(gate: Gate, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(admission, "LONGEST_TURN", 0.01)
    began = [await visiting(gate, "ann") for _ in range(TURNS)]

    await asyncio.wait_for(visiting(gate, "ann"), 5)

    for visit in began:
        visit.end()


async def test_who_waits_for_a_turn_too_long_is_turned_away(gate: Gate):
    _ = [await visiting(gate, "ann") for _ in range(TURNS)]

    late = Visit(gate, "bob")
    with pytest.raises(admission.Overloaded) as refused:
        await late.enter(time.monotonic() + 0.02)
    late.end()

    assert refused.value.reason == "late"
    assert counted("shopgraph_operations_queued") == 0


def test_operations_that_wait_for_a_provider_take_no_turn(gateway: Start, sandbox: SandboxServer, sellers: list[str]):
    graphql = gateway("v3", shopgraph_max_concurrency=2 * TURNS)
    sandbox.delay(20)
    with ExitStack() as stack:
        for each in sellers[: 2 * TURNS]:
            stack.enter_context(asking(graphql, SELLERS, ids=[each]))

        until(lambda: sandbox.count() == 2 * TURNS)


# ── what the tests ask ────────────────────────────────────────────────────────────────────────────────────────────


def quota(graphql: Gateway, client: str) -> dict[str, int]:
    told: dict[str, int] = graphql(USED, headers=as_client(client)).data["quota"]
    return told


def used(graphql: Gateway, client: str) -> int:
    return quota(graphql, client)["used"]
