"""Every way in which a provider fails, at every endpoint: what a client is told, and what it cost."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs

import upstream.breaker
import upstream.http
import upstream.service
from sandbox.server import SandboxServer
from server import configure_logs
from settings import load
from tests.conftest import CLIENT, Answer, Gateway
from tests.running import Servers

SHORT_TIMEOUT_MS = 500

CIRCUITS = "{ providers { provider circuit callsToday } }"


@dataclass(frozen=True)
class Case:
    """One endpoint, and a field that needs it.

    field       {id}, {number} and {day} are another product, number and day each time
    on_product  whether the field is one of a product, else of the root
    parameter   one of the endpoint's own
    realtime    whether it reads TikTok live, where code 500 is worth another attempt
    """

    version: str
    path: str
    field: str
    on_product: bool = True
    parameter: str = "page_size"
    realtime: bool = False

    def __str__(self) -> str:
        return f"{self.version}:{self.path}"

    def query(self, sandbox: SandboxServer, *, alone: bool = False) -> str:
        """A question that was not asked before, with a sibling that another endpoint answers unless it stands alone."""
        turn = next(TURNS)
        known = sandbox.product_ids("US", 3000)
        day = (sandbox.world.today - timedelta(days=2 + turn // len(RANKED))).isoformat()
        field = self.field.format(id=known[10 + turn], number=turn, day=day, region=RANKED[turn % len(RANKED)])
        if self.on_product:
            return f'{{ at: product(id: "{known[10 + turn]}") {{ name {field} }} }}'
        sibling = f'product(id: "{known[0]}") {{ name }}'
        if self.path == "product/detail":
            sibling = "products(region: US, first: 1) { nodes { name } }"
        return f"{{ {field} }}" if alone else f"{{ {field} sibling: {sibling} }}"

    def broken(self, data: Any) -> Any:
        """What the field came to."""
        value = data["at"] if self.on_product else data
        return _below(value, [step for step in self.steps if step != "at"]) if self.on_product else value["broken"]

    def sibling(self, data: Any) -> Any:
        """A text that another endpoint told in the same operation."""
        if self.on_product:
            return data["at"]["name"]
        return data["sibling"]["nodes"][0]["name"] if self.path == "product/detail" else data["sibling"]["name"]

    @property
    def steps(self) -> list[str]:
        """The path of its error."""
        if not self.on_product:
            return ["broken"]
        return ["at", "cover", "signed"] if self.path == "batch/cover/download" else ["at", "broken"]


TURNS = count()
RANKED = ("GB", "ID", "TH", "PH", "MY", "VN", "SG", "MX", "BR", "SA", "ES")
"""Markets whose rankings are asked: a ranking tells the names of its products, and the others are of the US."""

TREND = "broken: trend(days: 5) { date units }"
REVIEWS = "broken: reviews(first: 1) { nodes { reviewId } }"
INFLUENCERS = "broken: influencers(first: 1) { nodes { name } edges { units } }"
VIDEOS = "broken: videos(first: 1) { nodes { caption } edges { units } }"
LIVES = "broken: lives(first: 1) { nodes { views } edges { units } }"
RANKING = 'broken: productRanking(region: {region}, date: "{day}", first: 1) {{ nodes {{ id }} }}'
NEW_RANKING = 'broken: newProductRanking(region: {region}, date: "{day}", first: 1) {{ nodes {{ id }} }}'
DETAIL = 'broken: product(id: "{id}") {{ name rating }}'
LIST = "broken: products(region: US, first: 1, filter: {{units: {{min: {number}}}}}) {{ nodes {{ name }} }}"


def relation(path: str, field: str) -> tuple[Case, Case]:
    field = field.replace("{", "{{").replace("}", "}}")
    return Case("v3", path, field), Case("v2", path, field)


CASES = [
    Case("v3", "product/list", LIST, on_product=False),
    Case("v2", "product/list", LIST, on_product=False),
    Case("v3", "product/detail", DETAIL, on_product=False, parameter="product_ids"),
    Case("v2", "product/detail", DETAIL, on_product=False, parameter="product_ids"),
    *relation("product/trend", TREND),
    relation("product/comment", REVIEWS)[0],
    *relation("product/influencer/list", INFLUENCERS),
    *relation("product/video/list", VIDEOS),
    *relation("product/live/list", LIVES),
    Case("v3", "product/ranklist", RANKING, on_product=False),
    Case("v2", "product/ranklist", RANKING, on_product=False),
    Case("v3", "batch/cover/download", "cover {{ signed: signedUrl }}", parameter="cover_urls"),
    Case("v2", "product/ranklist/new", NEW_RANKING, on_product=False),
    Case("v2", "rt/product/detail", "broken: realtime(region: US) {{ title }}", parameter="product_id", realtime=True),
]
every_endpoint = pytest.mark.parametrize("case", CASES, ids=str)


def thinned(faults: Iterable[str], step: int) -> pytest.MarkDecorator:
    """Each endpoint with one fault of so many, and each fault with one endpoint of so many, in turns. All of them are
    tried below the graph, in test_every_endpoint_fails.
    """
    pairs = [
        (case, fault)
        for place, case in enumerate(CASES)
        for number, fault in enumerate(faults)
        if (place + number) % step == 0
    ]
    return pytest.mark.parametrize(("case", "fault"), pairs, ids=str)


LOOKUPS = [case for case in CASES if case.path == "product/detail"]
together = pytest.mark.parametrize(
    "cases",
    [LOOKUPS, [case for case in CASES if case not in LOOKUPS]],
    ids=["what tells the others' siblings", "all others"],
)
"""Where a test waits, endpoints are waited for at the same time: those that are nobody's sibling there."""

PASSING = {"rate": 4, "rate_in_200": 4, "error": 1, "gateway": 2, "reset": 2, "truncated": 1}
"""How often a fault may come before a retry that is answered."""

# fault: code, attempts
TOLD = {
    "rate": ("UPSTREAM_RATE_LIMITED", 5),
    "rate_in_200": ("UPSTREAM_RATE_LIMITED", 5),
    "not_found": ("UPSTREAM_BAD_RESPONSE", 1),
    "bad_request": ("BAD_USER_INPUT", 1),
    "bad_parameter": ("BAD_USER_INPUT", 1),
    "error": ("UPSTREAM_UNAVAILABLE", 2),
    "error_in_200": ("UPSTREAM_UNAVAILABLE", 2),
    "gateway": ("UPSTREAM_UNAVAILABLE", 3),
    "reset": ("UPSTREAM_UNAVAILABLE", 3),
    "garbage": ("UPSTREAM_BAD_RESPONSE", 2),
    "truncated": ("UPSTREAM_BAD_RESPONSE", 2),
    "envelope": ("UPSTREAM_BAD_RESPONSE", 2),
    "html": ("UPSTREAM_BAD_RESPONSE", 2),
    "huge": ("UPSTREAM_BAD_RESPONSE", 2),
}
LIVE = ("UPSTREAM_UNAVAILABLE", 3)
REALTIME = TOLD | {"bad_parameter": LIVE, "error": LIVE, "error_in_200": LIVE}

Serve = Callable[..., Gateway]


@pytest.fixture(scope="module")
def serve(shared_sandbox: SandboxServer) -> Iterator[Serve]:
    """Servers that the tests of this file share: nothing that failed is kept, and no test asks what another asked."""
    running: dict[tuple[str, int, int], Gateway] = {}

    def start(version: str, timeout_ms: int = 10_000, deadline_ms: int = 20_000) -> Gateway:
        if (version, timeout_ms, deadline_ms) not in running:
            settings = load(
                _env_file=None,
                echotik_username="sandbox",
                echotik_password=SecretStr("sandbox"),
                echotik_base_url=f"{shared_sandbox.url}/{version}",
                echotik_calls_per_second=0,
                shopgraph_call_timeout_ms=timeout_ms,
                shopgraph_deadline_ms=deadline_ms,
                shopgraph_max_body_mb=1,
            )
            running[version, timeout_ms, deadline_ms] = Gateway(settings).__enter__()
        return running[version, timeout_ms, deadline_ms]

    yield start
    for server in running.values():
        server.__exit__()


@pytest.fixture(scope="module", autouse=True)
def _logs_as_they_ship() -> Iterator[None]:
    configure_logs(load(_env_file=None, shopgraph_log_level="debug"))
    yield
    structlog.reset_defaults()


def ask_whole(server: Gateway, case: Case, query: str) -> None:
    """Everything is there, without an error."""
    data = server(query).data
    assert case.broken(data) is not None and case.sibling(data)


def ask_together(asked: Sequence[tuple[Gateway, str]]) -> list[Answer]:
    """What is answered to each query, all of them asked at the same moment."""
    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(lambda one: one[0](one[1]), asked))


def options(case: Case, fault: str) -> dict[str, Any]:
    if fault == "bad_parameter":
        return {"parameter": case.parameter}
    return {"megabytes": 2} if fault == "huge" else {}


# ── one failure, one error ────────────────────────────────────────────────────────────────────────────────────────


@thinned(TOLD, 3)
def test_a_failure_is_one_error_beside_its_siblings_data(case: Case, fault: str, serve: Serve, sandbox: SandboxServer):
    server = serve(case.version)
    query = case.query(sandbox)
    sandbox.fail(case.path, fault, **options(case, fault))

    answer = server(query)

    code, attempts = (REALTIME if case.realtime else TOLD)[fault]
    assert answer.codes == [code]
    assert answer.errors[0]["path"] == case.steps
    assert case.broken(answer.partial) is None and case.sibling(answer.partial)
    assert sandbox.count(case.path) == attempts
    assert {call.version for call in sandbox.calls} == {case.version}

    sandbox.reset()
    ask_whole(server, case, query)


@thinned(PASSING, 2)
def test_a_failure_that_passes_within_the_retries_shows_nowhere(
    case: Case, fault: str, serve: Serve, sandbox: SandboxServer
):
    times = PASSING[fault]
    sandbox.fail(case.path, fault, times=times)

    ask_whole(serve(case.version), case, case.query(sandbox))

    assert sandbox.count(case.path) == times + 1


@together
def test_a_stall_is_one_error_beside_its_siblings_data(cases: list[Case], serve: Serve, sandbox: SandboxServer):
    asked = [(serve(case.version, SHORT_TIMEOUT_MS), case.query(sandbox)) for case in cases]
    for case in cases:
        sandbox.fail(case.path, "stall", version=case.version)

    answers = ask_together(asked)

    for case, answer in zip(cases, answers, strict=True):
        assert answer.codes == ["UPSTREAM_UNAVAILABLE"], case
        assert answer.errors[0]["path"] == case.steps, case
        assert case.broken(answer.partial) is None and case.sibling(answer.partial), case
        assert sandbox.count(case.path, case.version) == 3, case

    sandbox.reset()
    for case, (server, query) in zip(cases, asked, strict=True):
        ask_whole(server, case, query)


@together
def test_a_stall_that_passes_within_the_retries_shows_nowhere(cases: list[Case], serve: Serve, sandbox: SandboxServer):
    asked = [(serve(case.version, SHORT_TIMEOUT_MS), case.query(sandbox)) for case in cases]
    for case in cases:
        sandbox.fail(case.path, "stall", times=1, version=case.version)

    answers = ask_together(asked)

    for case, answer in zip(cases, answers, strict=True):
        assert case.broken(answer.data) is not None and case.sibling(answer.data), case
        assert sandbox.count(case.path, case.version) == 2, case


@every_endpoint
def test_no_rows_are_an_answer(case: Case, serve: Serve, sandbox: SandboxServer):
    sandbox.fail(case.path, "empty")

    data = serve(case.version)(case.query(sandbox)).data

    found = case.broken(data)
    assert not found or found["nodes"] == []
    assert found is not None or case.path in ("product/detail", "rt/product/detail", "batch/cover/download")
    assert case.sibling(data)
    assert sandbox.count(case.path) == 1


@every_endpoint
def test_raw_control_characters_are_repaired(case: Case, serve: Serve, sandbox: SandboxServer):
    sandbox.fail(case.path, "control")

    ask_whole(serve(case.version), case, case.query(sandbox))

    assert sandbox.count(case.path) == 1


def test_a_provider_that_told_when_to_come_back_is_asked_then(gateway, sandbox, monkeypatch):
    monkeypatch.setattr(upstream.service, "FIRST_PAUSE", 1000.0)
    monkeypatch.setattr(upstream.service, "LONGEST_PAUSE", 1000.0)
    sandbox.fail("product/detail", "rate", times=2, retry_after=0)

    answer = gateway("v3")("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])

    assert answer.data["product"]["name"]
    assert sandbox.count("product/detail") == 3


def test_a_wait_beyond_the_deadline_is_not_begun(gateway, sandbox):
    sandbox.fail("product/detail", "rate", retry_after=3600)

    answer = gateway("v3")("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])

    assert answer.codes == ["UPSTREAM_RATE_LIMITED"]
    assert sandbox.count("product/detail") == 1


@pytest.mark.parametrize("told", ["", "soon", "-1", "NaN", "Wed, 21 Oct 2015 07:28:00 GMT", "1e999"])
def test_an_odd_time_to_come_back_is_passed_over(told: str, gateway, sandbox):
    sandbox.fail("product/detail", "rate", times=1, retry_after=told)

    answer = gateway("v3")("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])

    assert answer.data["product"]["name"]


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (200, {"content-encoding": "gzip"}, "UPSTREAM_BAD_RESPONSE"),
        (302, {"location": "/elsewhere"}, "UPSTREAM_BAD_RESPONSE"),
        (402, {}, "UPSTREAM_QUOTA_EXHAUSTED"),
        (429, {"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, "UPSTREAM_RATE_LIMITED"),
        (503, {}, "UPSTREAM_UNAVAILABLE"),
    ],
)
def test_an_answer_of_no_shape_has_the_code_of_its_status(status, headers, code, gateway, sandbox):
    sandbox.answer("product/detail", b"no JSON", status=status, headers=headers)

    answer = gateway("v3")("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])

    assert answer.codes == [code]


RAW = {
    "no HTTP": b"not HTTP at all\r\n\r\n",
    "no reason": b"HTTP/1.1\r\n\r\n",
    "odd status": b"HTTP/1.1 99999 X\r\ncontent-length: 0\r\n\r\n",
    "shorter than told": b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}",
    "broken chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
    "header without end": b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
    "header that is none": b"HTTP/1.1 200 OK\r\n\x00\xff: \x00\r\ncontent-length: 2\r\n\r\n{}",
    "nothing": b"",
}


@contextmanager
def raw(reply: bytes) -> Iterator[str]:
    """The address of a server that says this to everybody, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v3"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("reply", RAW.values(), ids=RAW)
def test_what_is_no_http_is_an_outage_or_a_bad_response(reply: bytes, gateway):
    with raw(reply) as address, capture_logs() as logs:
        answer = gateway(echotik_base_url=address)('{ product(id: "1") { name } }')

        assert base64.b64encode(b"sandbox:sandbox").decode() not in f"{answer.body} {answer.headers} {logs}"
        assert len(answer.codes) == 1
        assert answer.codes[0] in ("UPSTREAM_UNAVAILABLE", "UPSTREAM_BAD_RESPONSE")
        assert "no answer within" not in answer.errors[0]["message"]


def test_a_provider_that_nobody_answers_for_is_an_outage(gateway):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    answer = gateway(echotik_base_url=f"http://127.0.0.1:{port}/api/v3")('{ product(id: "1") { name } }')

    assert answer.codes == ["UPSTREAM_UNAVAILABLE"]
    assert "no answer within" not in answer.errors[0]["message"]


@pytest.mark.parametrize("fault", ["reset", "gateway", "rate", "garbage", "stall"])
def test_the_providers_counter_is_what_the_provider_counted(fault: str, gateway, sandbox):
    server = gateway("v3", shopgraph_call_timeout_ms=SHORT_TIMEOUT_MS)
    sandbox.fail("product/list", fault)

    server("{ products(region: US) { nodes { id } } }")

    assert server(CIRCUITS).data["providers"][0] | {"circuit": ""} == {
        "provider": "ECHOTIK",
        "circuit": "",
        "callsToday": sandbox.count(),
    }


# ── circuits ──────────────────────────────────────────────────────────────────────────────────────────────────────


OPENS = {"quota": "UPSTREAM_QUOTA_EXHAUSTED", "auth": "UPSTREAM_UNAUTHENTICATED"}


def circuit(server: Gateway) -> str:
    found: str = next(p["circuit"] for p in server(CIRCUITS).data["providers"] if p["provider"] == "ECHOTIK")
    return found


@every_endpoint
@pytest.mark.parametrize("fault", OPENS)
def test_a_failure_that_would_repeat_opens_the_circuit(case: Case, fault: str, gateway, sandbox):
    server = gateway(case.version)
    sandbox.fail(case.path, fault)

    answer = server(case.query(sandbox, alone=True))
    assert answer.codes == [OPENS[fault]]
    assert sandbox.count(case.path) == 1
    assert circuit(server) == "OPEN"

    sandbox.reset()
    assert set(server(case.query(sandbox)).codes) == {OPENS[fault]}
    assert sandbox.count() == 0


def test_an_answer_to_a_call_that_left_before_does_not_close_the_circuit(gateway, sandbox):
    server = gateway("v3")
    sandbox.fail("product/list", "quota")
    sandbox.delay(0.2, "product/ranklist")

    answer = server("{ products(region: US) { nodes { id } } productRanking(region: US) { nodes { id } } }")

    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"] and answer.partial["productRanking"]
    assert circuit(server) == "OPEN"


@pytest.mark.parametrize("fault", OPENS)
def test_after_its_pause_a_circuit_is_tried_and_closes(fault: str, gateway, sandbox):
    server = gateway("v3", shopgraph_quota_pause_s=0, shopgraph_auth_pause_s=0)
    ids = sandbox.product_ids()
    sandbox.fail("product/detail", fault, times=2)
    query = "query ($id: ID!) { product(id: $id) { name } }"
    assert circuit(server) == "CLOSED"

    for _ in range(2):
        assert server(query, id=ids[0]).codes == [OPENS[fault]]
        assert circuit(server) == "HALF_OPEN"

    assert server(query, id=ids[0]).data["product"]["name"]
    assert circuit(server) == "CLOSED"
    assert sandbox.count() == 3


def test_an_unforeseen_error_of_a_trial_does_not_keep_the_circuit_half_open(gateway, sandbox, monkeypatch):
    server = gateway("v3", shopgraph_auth_pause_s=0)
    query = "query ($id: ID!) { product(id: $id) { name } }"
    sandbox.fail("product/detail", "auth", times=1)
    server(query, id=sandbox.product_ids()[0])

    def stumble(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    with monkeypatch.context() as patch:
        patch.setattr(upstream.http.Http, "send", stumble)
        assert server(query, id=sandbox.product_ids()[0]).codes == ["INTERNAL_SERVER_ERROR"]

    assert server(query, id=sandbox.product_ids()[0]).data["product"]["name"]
    assert circuit(server) == "CLOSED"


@every_endpoint
def test_forbidden_closes_its_route_alone(case: Case, gateway, sandbox):
    server = gateway(case.version)
    query = case.query(sandbox)
    sandbox.fail(case.path, "forbidden")

    answer = server(query)
    assert answer.codes == ["UPSTREAM_UNAUTHENTICATED"]
    assert case.sibling(answer.partial)

    sandbox.reset()
    again = server(query)
    assert again.codes == ["UPSTREAM_UNAUTHENTICATED"]
    assert case.sibling(again.partial)
    assert sandbox.count(case.path) == 0
    assert circuit(server) == "CLOSED"


def test_many_outages_in_a_row_open_the_circuit(gateway, sandbox):
    server = gateway("v3")
    sandbox.fail("product/list", "error")
    numbers = range(upstream.breaker.OUTAGES)

    for number in numbers:
        assert circuit(server) == "CLOSED"
        server(
            "query ($min: BigInt!) { products(region: US, filter: {units: {min: $min}}) { nodes { id } } }", min=number
        )

    assert circuit(server) == "OPEN"
    assert sandbox.count() == 2 * len(numbers)


# ── parts, batches, pages ─────────────────────────────────────────────────────────────────────────────────────────

THIN = """{ productRanking(region: US, first: 3) { nodes {
    id name %s
} } }"""


@pytest.mark.parametrize(
    ("leaves", "first", "others"),
    [
        ("rating reviewCount seller { sellerId }", "rating", ["reviewCount", "seller"]),
        ("rating performance { units gmv video { videos } }", "rating", ["performance.units", "performance.gmv"]),
        ("performance { units } rating", "performance.units", ["rating"]),
        ("seller { sellerId } mine: rating firstSeen", "seller", ["mine", "firstSeen"]),
        ("cover { url } images { url }", "cover", ["images"]),
    ],
)
def test_a_failed_part_is_one_error_at_its_first_leaf(leaves: str, first: str, others: list[str], gateway, sandbox):
    sandbox.fail("product/detail", "garbage")

    answer = gateway("v3")(THIN % leaves)

    nodes = answer.partial["productRanking"]["nodes"]
    assert len(nodes) == 3 and all(node["name"] for node in nodes)
    errors = {error["path"][2]: error for error in answer.errors}
    assert sorted(errors) == [0, 1, 2] and len(answer.errors) == 3
    for index, error in errors.items():
        assert error["extensions"]["code"] == "UPSTREAM_BAD_RESPONSE"
        path, fields = error["path"], error["extensions"]["fields"]
        assert ".".join(path[3:]) == first
        assert set(others) <= {_from_node(path, field, index) for field in fields}
    assert sandbox.count("product/detail") == 2


def _from_node(path: list[Any], field: str, index: int) -> str:
    """A leaf's path from its node on, whichever part of it `extensions.fields` leaves out."""
    depth = len(path) - 1
    while depth > 3 and not _is_whole(field):
        depth -= 1
        field = f"{path[depth]}.{field}"
    return field.rpartition(f"nodes.{index}.")[2]


LEAVES = ("rating", "performance", "seller", "mine", "firstSeen", "images", "reviewCount")


def _is_whole(field: str) -> bool:
    return field.partition(".")[0] in LEAVES


def test_one_entity_in_two_lists_is_told_once(gateway, sandbox):
    sandbox.fail("product/detail", "garbage")
    ranking = "productRanking(region: US, first: 1) { nodes { id rating } }"

    answer = gateway("v3")(f"{{ a: {ranking} b: {ranking} }}")

    assert [error["path"] for error in answer.errors] == [["a", "nodes", 0, "rating"]]
    assert len(answer.errors[0]["extensions"]["fields"]) == 1


def test_a_failed_batch_fails_its_own_ids_alone(gateway, sandbox):
    ids = sandbox.product_ids("US", 30)
    sandbox.fail("product/detail", "error", when={"product_ids": ",".join(ids[10:20])})

    answer = gateway("v3")("query ($ids: [ID!]!) { productsByIds(ids: $ids) { name } }", ids=ids)

    found = answer.partial["productsByIds"]
    assert [index for index, product in enumerate(found) if product is None] == list(range(10, 20))
    assert sorted(error["path"] for error in answer.errors) == [["productsByIds", index] for index in range(10, 20)]
    assert set(answer.codes) == {"UPSTREAM_UNAVAILABLE"}
    assert sandbox.count("product/detail") == 4


def test_a_failed_page_fails_its_list_and_what_arrived_is_kept(gateway, sandbox):
    server = gateway("v3")
    query = "{ products(region: US, first: 40) { nodes { id } } }"
    sandbox.fail("product/list", "garbage", when={"page_num": "3"})

    answer = server(query)
    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"] and answer.partial == {"products": None}

    sandbox.control.forget_rules()
    seen = {call.params["page_num"] for call in sandbox.calls if call.code == 0}
    sandbox.control.forget_calls()
    assert len(server(query).data["products"]["nodes"]) == 40
    assert {call.params["page_num"] for call in sandbox.calls} == {"1", "2", "3", "4"} - seen


def test_a_row_that_cannot_be_read_costs_that_row(gateway, sandbox):
    rows = [{"product_id": "1", "product_name": "one"}, 5, {"product_name": "no id"}, {"product_id": "2"}]
    sandbox.answer("product/list", {"code": 0, "message": "success", "data": rows})

    found = gateway("v3")("{ products(region: US, first: 10) { nodes { id name } } }").data["products"]["nodes"]

    assert found == [{"id": "Product:1", "name": "one"}, {"id": "Product:2", "name": None}]


ODD_COLUMNS = [
    ("discountPercent", {"discount": "99999999999%"}),
    ("rating", {"product_rating": 1e308, "review_count": 1}),
    ("reviewCount", {"review_count": 2**60}),
    ("performance { units gmv }", {"total_sale_cnt": "1e30", "total_sale_gmv_amt": "1e400"}),
    ("images { url index }", {"cover_url": [{"url": "https://a.b/c", "index": 2**40}]}),
    ("shippingPrice", {"shipping_price": "1e39"}),
    ("skus { price { amount } }", {"skus": [{"sku_id": 1, "real_price": {"price_val": "1e-39", "currency": "USD"}}]}),
    ("description { ... on ImageBlock { width } }", {"desc_detail": [{"type": "image", "image": {"width": 2**40}}]}),
    ("specifications { value }", {"specification": '[{"a": 100000000000000000000000000}]'}),
    ("firstSeen", {"first_crawl_dt": 99999999}),
]


@pytest.mark.parametrize(("field", "columns"), ODD_COLUMNS, ids=[field.split()[0] for field, _ in ODD_COLUMNS])
def test_an_odd_value_is_no_error(field: str, columns: dict[str, Any], gateway, sandbox):
    row = {"product_id": "1", "product_name": "odd", **columns}
    sandbox.answer("product/list", {"code": 0, "message": "success", "data": [row]})

    answer = gateway("v3")(f"{{ products(region: US, first: 1) {{ nodes {{ name {field} }} }} }}")

    assert answer.data["products"]["nodes"][0]["name"] == "odd"


def test_an_odd_rating_of_a_review_is_no_error(gateway, sandbox):
    row = {"review_id": "1", "display_text": "fine", "rating": 2**40}
    sandbox.answer("product/comment", {"code": 0, "message": "success", "data": [row]})

    query = "query ($id: ID!) { product(id: $id) { reviews(first: 1) { nodes { text rating } } } }"
    answer = gateway("v3")(query, id=sandbox.product_ids()[0])

    assert answer.data["product"]["reviews"]["nodes"] == [{"text": "fine", "rating": None}]


def test_a_store_without_room_costs_no_data(gateway, sandbox):
    server = gateway("v3", shopgraph_store_memory_mb=0)

    query = """query ($id: ID!) { product(id: $id) {
        name trend(days: 20) { units } influencers(first: 2) { nodes { name } } cover { signedUrl }
    } }"""
    product = server(query, id=sandbox.product_ids()[0]).data["product"]

    assert product["name"] and product["cover"]["signedUrl"]
    assert len(product["influencers"]["nodes"]) == 2
    assert product["trend"]


# ── deadlines ─────────────────────────────────────────────────────────────────────────────────────────────────────


@together
def test_a_stalled_provider_ends_with_the_operations_deadline(cases: list[Case], serve: Serve, sandbox: SandboxServer):
    asked = [(serve(case.version, deadline_ms=1000), case.query(sandbox)) for case in cases]
    for case, (_, query) in zip(cases, asked, strict=True):
        ask_whole(serve(case.version), case, query)
        sandbox.fail(case.path, "stall", seconds=30, version=case.version)

    answers = ask_together(asked)

    for case, answer in zip(cases, answers, strict=True):
        assert answer.codes == ["UPSTREAM_UNAVAILABLE"], case
        assert answer.errors[0]["path"] == case.steps, case
        assert case.broken(answer.partial) is None and case.sibling(answer.partial), case


def test_one_stalled_batch_leaves_the_others_their_data(gateway, sandbox):
    ids = sandbox.product_ids("US", 30)
    server = gateway("v3", shopgraph_deadline_ms=1000)
    sandbox.fail("product/detail", "stall", seconds=30, when={"product_ids": ",".join(ids[10:20])})

    answer = server("query ($ids: [ID!]!) { productsByIds(ids: $ids) { name } }", ids=ids)

    found = answer.partial["productsByIds"]
    assert [index for index, product in enumerate(found) if product is None] == list(range(10, 20))
    assert set(answer.codes) == {"UPSTREAM_UNAVAILABLE"} and len(answer.codes) == 10


def test_one_stalled_batch_does_not_hold_up_what_hangs_on_the_others(gateway, sandbox):
    ids = sandbox.product_ids("US", 12)
    server = gateway("v3", shopgraph_deadline_ms=1500)
    sandbox.fail("product/detail", "stall", seconds=30, when={"product_ids": ",".join(ids[10:])})

    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { name lives(first: 1) { nodes { id } } } }"
    answer = server(query, ids=ids)

    found = answer.partial["productsByIds"]
    assert [product and product["lives"] is not None for product in found] == [True] * 10 + [None] * 2


def test_calls_that_wait_for_a_slot_end_with_the_deadline(gateway, sandbox):
    server = gateway("v3", shopgraph_deadline_ms=600, shopgraph_max_concurrency=1)
    sandbox.fail("product/ranklist", "stall", seconds=30)

    answer = server("{ a: productRanking(region: US) { nodes { id } } b: productRanking(region: GB) { nodes { id } } }")

    assert answer.codes == ["UPSTREAM_UNAVAILABLE"] * 2
    assert sandbox.count() == 1


# ── what nobody may read ──────────────────────────────────────────────────────────────────────────────────────────

USERNAME, PASSWORD = "heron-account-71", "marsh:reed/þistle 42"
TOKEN = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
SECRETS = (USERNAME, PASSWORD, TOKEN, json.dumps(PASSWORD)[1:-1])


@pytest.mark.parametrize("style", ["json", "console"])
def test_credentials_are_nowhere_to_be_read(style: str, servers: Servers, tmp_path: Path):
    with SandboxServer(username=USERNAME, password=PASSWORD) as sandbox:
        account = {"ECHOTIK_USERNAME": USERNAME, "ECHOTIK_PASSWORD": PASSWORD, "ECHOTIK_BASE_URL": sandbox.url}
        logging = {"SHOPGRAPH_LOG_LEVEL": "debug", "SHOPGRAPH_LOG_FORMAT": style}
        server = servers.start(tmp_path, account | logging)
        url = server.url
        product = sandbox.product_ids()[0]
        asked = f"""{{ product(id: "{product}") {{ name realtime(region: US) {{ title }} }}
            products(region: US, first: 1) {{ nodes {{ source {{ endpoint }} sources {{ parts }} }} }}
            productRanking(region: US, first: 1) {{ nodes {{ id }} }} providers {{ circuit configured }} }}"""
        said = [_everything(CLIENT.post(f"{url}/graphql", json={"query": asked}))]
        assert json.loads(said[0].splitlines()[-1])["data"]["product"]["name"]
        faults = ["reset", "garbage", "error", "bad_parameter"][:: 1 if style == "json" else 3]
        for number, fault in enumerate([*faults, "forbidden"]):
            sandbox.control.forget_rules()
            sandbox.fail("product/list", fault)
            query = f"{{ products(region: US, filter: {{units: {{min: {number}}}}}) {{ nodes {{ id }} }} }}"
            said.append(_everything(CLIENT.post(f"{url}/graphql", json={"query": query})))
        sandbox.fail("product/ranklist", "auth")
        said.append(
            _everything(CLIENT.post(f"{url}/graphql", json={"query": "{ productRanking(region: GB) { date } }"}))
        )
        said += [
            _everything(CLIENT.get(f"{url}{path}")) for path in ("/readyz", "/healthz", "/schema.graphql", "/nowhere")
        ]
        said.append(_everything(CLIENT.get(f"{url}/graphql", headers={"accept": "text/html"})))
        server.stop()
    everything = "\n".join([*said, server.log_text])
    assert "call failed" in everything and '"name"' in everything
    assert [secret for secret in SECRETS if secret in everything] == []


def test_credentials_that_a_provider_repeats_are_not_passed_on(gateway, sandbox):
    told = base64.b64encode(b"sandbox:sandbox").decode()
    sandbox.fail("product/detail", "error", message=f"no such account: Basic {told}")

    with capture_logs() as logs:
        answer = gateway("v3")("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])

    assert answer.codes == ["UPSTREAM_UNAVAILABLE"] and logs
    assert told not in f"{answer.body} {answer.headers} {logs}"


def _everything(response: httpx.Response) -> str:
    return "\n".join([*(f"{name}: {value}" for name, value in response.headers.items()), response.text])


def _below(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if value is None:
            return None
        value = value[step]
    return value
