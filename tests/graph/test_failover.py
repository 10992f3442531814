"""One provider fails and another answers: in every way of asking and of failing, at once and until it is well again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.server import SandboxServer
from sandbox.world.link import share_link
from sandbox.world.product import Product
from settings import load
from tests.conftest import Answer, Gateway, access_to

PAIR = ("echotik", "keyapi")
DEADLINE = 4.0  # seconds
CIRCUITS = "{ providers { provider circuit } }"

Question = tuple[str, dict[str, Any]]
Build = Callable[[Gateway, SandboxServer, int], Question]
"""Makes a question that differs from turn to turn; what comes before it, such as a page before a cursor, is asked."""


@dataclass(frozen=True, eq=False)
class Asking:
    """One way of asking.

    echotik, keyapi   the path at each of them
    when              parameters of the calls that fail; none for all of the path
    calls             how many calls go to the second in place of the first
    behind            how many lookups those lead to, of what they found
    failing           how many of the first's calls fail at most, where they leave together
    version           of EchoTik, which has the path
    """

    name: str
    echotik: str
    keyapi: str
    build: Build
    when: Mapping[str, str] = field(default_factory=dict)
    calls: int = 1
    behind: int = 0
    failing: int = 1
    version: str = "v3"

    def __str__(self) -> str:
        return self.name

    def path(self, provider: str) -> str:
        path: str = getattr(self, provider)
        return path


def plain(query: Callable[[SandboxServer, int], str]) -> Build:
    """A question that needs none before it."""
    return lambda _server, sandbox, turn: (query(sandbox, turn), {})


def product_at(sandbox: SandboxServer, turn: int) -> Product:
    """A product that sold for years and lacks no day."""
    known = [each for each in sandbox.world.products_in("US") if each.established]
    return known[turn]


def one(sandbox: SandboxServer, turn: int) -> str:
    return (
        f'{{ product(id: "{product_at(sandbox, turn).id}") {{ name rating performance(window: ALL_TIME) {{ gmv }} }} }}'
    )


def many(sandbox: SandboxServer, turn: int) -> str:
    ids = sandbox.product_ids("US", 50)[25 * turn :][:25]
    return f"{{ productsByIds(ids: [{', '.join(ids)}]) {{ id name rating }} }}"


def by_handle(sandbox: SandboxServer, turn: int) -> str:
    known = [user for user in sandbox.world.influencers_in("US")[:40] if told_handle(user)]
    return f'{{ influencer(handle: "{known[turn].handle}") {{ id name audience {{ followers }} }} }}'


def listed(turn: int, first: int) -> str:
    return f"{{ products(region: US, first: {first}, filter: {{units: {{min: {turn}}}}}) {{ nodes {{ id name }} }} }}"


AFTER = """query ($min: BigInt!, $after: String) {
    products(region: US, filter: {units: {min: $min}}, after: $after) { nodes { id name } pageInfo { endCursor } } }"""


def behind_a_cursor(server: Gateway, _sandbox: SandboxServer, turn: int) -> Question:
    found = server(AFTER, min=turn).data["products"]
    return AFTER.replace("pageInfo { endCursor }", ""), {"min": turn, "after": found["pageInfo"]["endCursor"]}


def ranked(sandbox: SandboxServer, turn: int) -> str:
    day = sandbox.world.date_of(2 + turn).isoformat()
    return (
        f'{{ productRanking(region: US, date: "{day}", first: 3) {{ date edges {{ rank units node {{ name }} }} }} }}'
    )


def days(sandbox: SandboxServer, turn: int) -> str:
    field = "trend(days: 30) { date units gmv totalUnits influencers }"
    return f'{{ product(id: "{product_at(sandbox, 5 + turn).id}") {{ productId {field} }} }}'


def tree(_sandbox: SandboxServer, turn: int) -> str:
    return f"{{ categories(level: {('L1', 'L2')[turn]}) {{ id name }} }}"


def found(_sandbox: SandboxServer, turn: int) -> str:
    text = ("a", "o")[turn]
    return f'{{ search(text: "{text}", types: [SELLER], region: SG) {{ ... on Seller {{ id name rating }} }} }}'


def read_live(sandbox: SandboxServer, turn: int) -> str:
    product = product_at(sandbox, 10 + turn)
    return f'{{ product(id: "{product.id}") {{ realtime(region: US) {{ title soldCount }} }} }}'


def link(sandbox: SandboxServer, turn: int) -> str:
    address = share_link(product_at(sandbox, 13 + turn))
    return f'{{ productFromUrl(url: "{address}") {{ productId name }} }}'


def comments(sandbox: SandboxServer, turn: int) -> str:
    field = "reviews(live: true, first: 3) { nodes { reviewId text rating } }"
    return f'{{ product(id: "{product_at(sandbox, 15 + turn).id}") {{ {field} }} }}'


def signed(sandbox: SandboxServer, turn: int) -> str:
    return f'{{ product(id: "{product_at(sandbox, 20 + turn).id}") {{ cover {{ url signedUrl }} }} }}'


ASKINGS = (
    Asking("lookup of one", "product/detail", "product/detail/analytics", plain(one)),
    Asking("lookup of 25", "product/detail", "product/detail/analytics", plain(many), calls=3, failing=3),
    Asking("lookup by handle", "influencer/detail", "influencer/detail/analytics", plain(by_handle)),
    Asking("list", "product/list", "product/list/analytics", plain(lambda _, turn: listed(turn, 3))),
    Asking(
        "later page of a list",
        "product/list",
        "product/list/analytics",
        plain(lambda _, turn: listed(turn, 20)),
        when={"page_num": "2"},
    ),
    Asking("page behind a cursor", "product/list", "product/list/analytics", behind_a_cursor),
    Asking("ranking", "product/ranklist", "product/ranking/analytics", plain(ranked)),
    Asking("trend", "product/trend", "product/trends/analytics", plain(days), calls=3, failing=3),
    Asking("category tree", "category/l1", "category/primary/analytics", plain(tree)),
    Asking("search", "search/items", "search/analytics", plain(found)),
    Asking("live read", "rt/product/detail", "realtime/product/detail_new_app", plain(read_live), version="v2"),
    Asking("link", "realtime/extract_product_id", "product/id", plain(link), behind=1),
    Asking("live comments", "realtime/product/comment", "product/reviews", plain(comments)),
    Asking("signed picture", "batch/cover/download", "covers/batch-download", plain(signed)),
)

every_asking = pytest.mark.parametrize("asking", ASKINGS, ids=str)

# fault: how often a call is made that another provider can answer too
ATTEMPTS = {
    "rate": 2,
    "rate_in_200": 2,
    "quota": 1,
    "error": 2,
    "gateway": 2,
    "reset": 2,
    "auth": 1,
    "forbidden": 1,
    "garbage": 2,
    "huge": 2,
}

THOROUGH = ("lookup of one", "lookup of 25", "list", "trend")
FEW = ("rate", "quota", "gateway", "auth")
PAIRS = [(asking, fault) for asking in ASKINGS for fault in ATTEMPTS if asking.name in THOROUGH or fault in FEW]


@pytest.fixture(scope="module")
def alone(shared_sandbox: SandboxServer) -> Iterator[Gateway]:
    """EchoTik without another."""
    with Gateway(load(_env_file=None, **access_to("echotik", shared_sandbox))) as server:
        yield server


def circuits(server: Gateway) -> dict[str, str]:
    return {each["provider"]: each["circuit"] for each in server(CIRCUITS).data["providers"]}


def options(fault: str) -> dict[str, Any]:
    return {"megabytes": 2} if fault == "huge" else {}


# ── whom a failure is answered by ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("asking", "fault"), PAIRS, ids=str)
def test_where_one_fails_another_answers_at_once_and_is_asked_from_then_on(
    fault: str, asking: Asking, gateway, sandbox, alone
):
    server = gateway(asking.version, PAIR, shopgraph_max_body_mb=1, shopgraph_deadline_ms=int(DEADLINE * 1000))
    questions = [asking.build(server, sandbox, turn) for turn in (0, 1)]
    expected = [alone(query, **variables).data for query, variables in questions]
    sandbox.control.forget_calls()
    sandbox.fail(asking.echotik, fault, provider="echotik", when=asking.when, **options(fault))

    started = time.monotonic()
    answer = ask(server, questions[0])
    took = time.monotonic() - started

    assert answer.data == expected[0]
    assert took < DEADLINE
    assert ATTEMPTS[fault] <= failed_calls(sandbox, asking) <= asking.failing * ATTEMPTS[fault]
    assert sandbox.count(asking.keyapi, provider="keyapi") == asking.calls
    behind = 0 if fault == "forbidden" else asking.behind
    assert sandbox.count(provider="keyapi") == asking.calls + behind
    assert circuits(server)["ECHOTIK"] == ("CLOSED" if fault == "forbidden" else "OPEN")

    sandbox.control.forget_calls()
    assert ask(server, questions[1]).data == expected[1]
    assert sandbox.count(asking.echotik if fault == "forbidden" else None, provider="echotik") == 0


def ask(server: Gateway, question: Question) -> Answer:
    query, variables = question
    return server(query, **variables)


def failed_calls(sandbox: SandboxServer, asking: Asking) -> int:
    """Calls that met the fault."""
    return sum(
        call.provider == "echotik" and call.path == asking.echotik and asking.when.items() <= call.params.items()
        for call in sandbox.calls
    )


# setting: who is first
FIRST = {
    "keyapi,echotik": {"shopgraph_providers": "keyapi,echotik"},
    "keyapi=0.5": {"shopgraph_credit_prices": "keyapi=0.5"},
}


@every_asking
@pytest.mark.parametrize("first", FIRST)
def test_who_is_first_by_order_or_by_price_is_asked_first_and_the_other_where_it_fails(
    first: str, asking: Asking, gateway, sandbox, alone
):
    server = gateway(asking.version, PAIR, **FIRST[first])
    questions = [asking.build(server, sandbox, turn) for turn in (0, 1)]
    expected = [alone(query, **variables).data for query, variables in questions]
    sandbox.control.forget_calls()

    assert ask(server, questions[1]).data == expected[1]
    assert {call.provider for call in sandbox.calls} == {"keyapi"}

    sandbox.control.forget_calls()
    sandbox.fail(asking.keyapi, "quota", provider="keyapi", when=asking.when)
    assert ask(server, questions[0]).data == expected[0]
    assert sandbox.count(asking.echotik, provider="echotik") == asking.calls
    assert circuits(server)["KEYAPI"] == "OPEN"


# settings, milliseconds
PATIENCE = {
    "a call's timeout": {"shopgraph_call_timeout_ms": 300, "shopgraph_deadline_ms": 8000},
    "the deadline": {"shopgraph_call_timeout_ms": 10_000, "shopgraph_deadline_ms": 2500},
}


@pytest.mark.parametrize("by", PATIENCE)
def test_where_one_stalls_another_answers_before_the_deadline(by: str, gateway, sandbox, alone):
    """All ways of asking at the same moment, each of a server of its own."""
    servers = {asking: gateway(asking.version, PAIR, **PATIENCE[by]) for asking in ASKINGS}
    questions = {asking: asking.build(servers[asking], sandbox, 0) for asking in ASKINGS}
    expected = {asking: alone(query, **variables).data for asking, (query, variables) in questions.items()}
    sandbox.control.forget_calls()
    for asking in ASKINGS:
        sandbox.fail(asking.echotik, "stall", provider="echotik", when=asking.when)

    def timed(asking: Asking) -> tuple[Answer, float]:
        started = time.monotonic()
        return ask(servers[asking], questions[asking]), time.monotonic() - started

    with ThreadPoolExecutor(len(ASKINGS)) as threads:
        answers = dict(zip(ASKINGS, threads.map(timed, ASKINGS), strict=True))

    for asking, (answer, took) in answers.items():
        assert answer.data == expected[asking], asking
        assert took < PATIENCE[by]["shopgraph_deadline_ms"] / 1000, asking
        assert circuits(servers[asking])["ECHOTIK"] == "OPEN", asking


@pytest.mark.parametrize("fault", ["quota", "gateway"])
def test_another_version_of_the_one_that_fails_is_not_tried(fault: str, gateway, sandbox):
    sandbox.fail("product/detail", fault, provider="echotik")

    assert gateway(providers=PAIR)(one(sandbox, 0)).data["product"]["name"]

    assert {call.version for call in sandbox.calls if call.provider == "echotik"} == {"v3"}


def test_an_argument_that_one_refuses_is_not_asked_of_another(gateway, sandbox):
    sandbox.fail("product/list", "bad_request", provider="echotik")

    answer = gateway("v3", PAIR)(listed(0, 1))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 1
    assert answer.partial == {"products": None}


@every_asking
def test_who_is_not_pinned_is_not_asked_where_one_fails(asking: Asking, gateway, sandbox):
    server = gateway(asking.version, PAIR)
    query, variables = asking.build(server, sandbox, 0)
    sandbox.control.forget_calls()
    sandbox.fail(asking.echotik, "quota", provider="echotik", when=asking.when)

    answer = server(query, headers={"X-Providers": "echotik"}, **variables)

    assert set(answer.codes) == {"UPSTREAM_QUOTA_EXHAUSTED"}
    assert sandbox.count(provider="keyapi") == 0
