"""What an operation is said to cost before, what it did cost, its bounds, the dry run, and every call counted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from store.entry import Entry, Key
from tests.conftest import CLIENT, PLAIN, Answer, Gateway
from tests.graph.drawn import Names, Query, drawn, names
from tests.graph.spent import by_endpoint, cost, paid

VERSIONS = {"": 12, "v3": 5, "v2": 5}
"""How many queries are drawn for a gateway that speaks both versions, or one of them."""

UNBOUNDED = 1_000_000
NAMES = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { name } }"
TWENTY = "{ products(region: SG, first: 20) { nodes { name } } }"  # two pages, a credit each
READ = "query ($id: ID!) { product(id: $id) { realtime(region: SG) { title } } }"
SPENT = "{ providers { provider callsToday creditsToday } quota { used byDay(days: 2) { credits } } }"
KEY = "a key that heron keeps"


@pytest.fixture(scope="session")
def known(shared_sandbox: SandboxServer) -> Names:
    return names(shared_sandbox.world)


def queries(known: Names, count: int, of: str) -> list[Query]:
    today = datetime.now(UTC).date()
    return [drawn(known, today, f"{of} {number}") for number in range(count)]


def asked(server: Gateway, query: Query, headers: dict[str, str] | None = None) -> Answer:
    return server(query.text, headers=headers, **query.variables)


def priced(server: Gateway, query: str, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
    body = {"query": query, "variables": variables}
    return posted(server, body, headers)


def posted(server: Gateway, body: Any, headers: dict[str, str] | None = None) -> Answer:
    response = CLIENT.post(f"{server.url}/graphql/cost", json=body, headers=headers)
    return Answer(response.status_code, response.json(), response.headers)


class Memory:
    """What a server remembers, to be forgotten in part."""

    def __init__(self, server: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self._store = server.app.state.backend.store
        self._kept: dict[Key, Entry] = {}
        put = self._store.put

        async def noted(entries: Any) -> None:
            listed = list(entries)
            self._kept.update(listed)
            await put(listed)

        monkeypatch.setattr(self._store, "put", noted)

    def clear(self) -> None:
        self._kept.clear()
        self._store.memory.clear()

    def forget(self, draw: Random) -> None:
        """About a third of it."""
        kept = [(key, self._kept[key]) for key in sorted(self._kept) if draw.random() < 0.65]
        self._store.memory.clear()
        self._store.memory.keep(kept)


# ── the estimate ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", VERSIONS)
def test_no_query_costs_more_than_it_was_estimated_cold_half_warm_or_warm(
    version: str, gateway, sandbox, known, monkeypatch
):
    server = gateway(version, shopgraph_max_credits_per_request=UNBOUNDED)
    memory = Memory(server, monkeypatch)

    for number, query in enumerate(queries(known, VERSIONS[version], version)):
        memory.clear()
        _bounded(server, sandbox, query)
        warm = _bounded(server, sandbox, query)
        assert (warm["estimatedCredits"], warm["actualCredits"], warm["calls"]) == (0, 0, 0), query
        memory.forget(Random(number))
        _bounded(server, sandbox, query)


def _bounded(server: Gateway, sandbox: SandboxServer, query: Query) -> dict[str, Any]:
    """The cost of a query, held against what arrived at the sandbox."""
    before = sandbox.count()
    told = cost(asked(server, query))
    calls = sandbox.calls[before:]
    assert told["actualCredits"] == paid(calls), query
    assert (told["calls"], told["retries"], told["byEndpoint"]) == (len(calls), 0, by_endpoint(calls)), query
    assert told["estimatedCredits"] >= told["actualCredits"], (told, query)
    return told


TOLD = {
    "lists of parents that tell their counts": (
        "{ products(region: SG, first: 6) { nodes { id } } }",
        "{ products(region: SG, first: 6) { nodes { influencers(first: 100) { nodes { id } } } } }",
    ),
    "lookups of ids that a list told": (
        "{ productRanking(region: SG, first: 25) { nodes { id } } }",
        "{ productRanking(region: SG, first: 25) { nodes { rating reviewCount description { __typename } } } }",
    ),
    "days of known products": (
        "{ products(region: SG, first: 5) { nodes { firstSeen } } }",
        "{ products(region: SG, first: 5) { nodes { trend(days: 45) { date } } } }",
    ),
    "pictures of known products": (
        "{ products(region: SG, first: 15) { nodes { cover { url } } } }",
        "{ products(region: SG, first: 15) { nodes { images { signedUrl } cover { signedUrl } } } }",
    ),
    "names of known categories": (
        "{ products(region: SG, first: 10) { nodes { categories { id } } } }",
        "{ products(region: SG, first: 10) { nodes { categories { name } } } }",
    ),
    "shops of known products": (
        "{ products(region: SG, first: 10) { nodes { seller { id } } } }",
        "{ products(region: SG, first: 10) { nodes { seller { rating } } } }",
    ),
    "live reads of known products": (
        "{ products(region: SG, first: 4) { nodes { region } } }",
        "{ products(region: SG, first: 4) { nodes { realtime { title } } } }",
    ),
}


@pytest.mark.parametrize("first", TOLD)
def test_what_the_store_tells_the_size_of_is_estimated_at_twice_its_cost_at_most(first: str, graphql, sandbox):
    before, query = TOLD[first]
    graphql(before)
    known = sandbox.count()

    told = cost(graphql(query))

    assert paid(sandbox.calls[known:]) == told["actualCredits"] > 0
    assert told["actualCredits"] <= told["estimatedCredits"] <= 2 * told["actualCredits"]


def test_only_the_days_that_are_lacking_are_estimated(graphql, sandbox):
    (id,) = sandbox.product_ids("SG", 1)
    query = "query ($id: ID!, $days: Int) { product(id: $id) { firstSeen trend(days: $days) { date } } }"

    estimates = [cost(graphql(query, id=id, days=days))["estimatedCredits"] for days in (10, 30, 30)]

    assert estimates == [2, 2, 0]


def test_days_asked_in_two_places_that_answer_one_after_the_other_are_not_underestimated(graphql, sandbox):
    (id,) = sandbox.product_ids("SG", 1)
    day = {back: (datetime.now(UTC).date() - timedelta(days=back)).isoformat() for back in (25, 20, 16, 11)}
    lists = "products(region: SG, first: 1) {{ nodes {{ seller {{ products(first: 5) {{ nodes {{ id {} }} }} }} }} }}"
    sold = graphql(f"{{ {lists.format('')} }}").data["products"]["nodes"][0]["seller"]["products"]["nodes"]
    assert f"Product:{id}" in [product["id"] for product in sold]  # the way over its shop is the longer one

    inner, outer = (
        f'trend(from: "{day[first]}", to: "{day[last]}") {{ date }}' for first, last in ((20, 16), (25, 11))
    )
    told = cost(graphql(f'{{ product(id: "{id}") {{ {inner} }} {lists.format(outer)} }}'))

    assert told["estimatedCredits"] >= told["actualCredits"] >= 2 * len(sold)


def test_what_is_skipped_costs_nothing_and_is_not_estimated(graphql, sandbox):
    query = """query ($with: Boolean!) { products(region: SG, first: 10) { nodes { id
        influencers(first: 10) @include(if: $with) { nodes { id } } ...trend @include(if: $with) } } }
        fragment trend on Product { trend(days: 10) { date } }"""

    without = cost(graphql(query, **{"with": False}))

    assert without["estimatedCredits"] == without["actualCredits"] == sandbox.count() == 1
    assert cost(graphql(query, **{"with": True}))["estimatedCredits"] == 20


def test_a_field_that_is_asked_twice_is_estimated_once(graphql):
    twice = """{ one: products(region: SG, first: 20) { nodes { id } }
        other: products(region: SG, first: 15) { nodes { name } } }"""

    told = cost(graphql(twice))

    assert (told["estimatedCredits"], told["actualCredits"]) == (2, 2)


@pytest.mark.parametrize("field", ["products", "productRanking", "influencers", "videoRanking"])
def test_the_rest_of_a_list_behind_a_cursor_is_estimated_page_by_page(field: str, graphql, sandbox):
    after, seen = "", 0

    for _ in range(5):
        sandbox.reset()
        answer = graphql(f"{{ {field}(region: SG, first: 7{after}) {{ pageInfo {{ endCursor }} nodes {{ id }} }} }}")
        told = cost(answer)
        pages = len({row // 10 for row in range(seen, seen + 7)} - {row // 10 for row in range(seen)})
        assert told["actualCredits"] == sandbox.count() == pages
        assert told["estimatedCredits"] == pages or not seen  # of a ranking, also what may turn out to be empty
        seen, after = seen + 7, f', after: "{answer.data[field]["pageInfo"]["endCursor"]}"'


def test_what_one_market_refuses_does_not_hide_what_the_others_cost(graphql, sandbox):
    ids = [sandbox.world.products_in(region)[0].id for region in ("JP", "SG")]  # v2 reads no product of JP
    graphql(NAMES.replace("name", "region"), ids=ids)

    answer = graphql("query ($ids: [ID!]!) { productsByIds(ids: $ids) { realtime { title } } }", ids=ids)

    assert answer.codes == ["BAD_USER_INPUT"] and answer.partial["productsByIds"][1]["realtime"]["title"]
    assert (cost(answer)["estimatedCredits"], cost(answer)["actualCredits"]) == (2, 2)


# ── budgets ───────────────────────────────────────────────────────────────────────────────────────────────────────


NESTED = """{ products(region: SG, first: 10) { nodes { name
    sold: influencers(first: 10) { nodes { id } } trend(days: 20) { date } } } }"""
NESTED_CREDITS, DEAREST = 31, "products.nodes.trend"  # one page, then for each product a page and 20 days


def test_a_query_above_the_servers_bound_is_refused_with_both_figures_and_the_dearest_field(gateway, sandbox):
    answer = gateway(shopgraph_max_credits_per_request=NESTED_CREDITS - 1)(NESTED)

    _refused(answer, sandbox, NESTED_CREDITS, NESTED_CREDITS - 1, DEAREST)


def test_a_query_that_is_just_affordable_is_answered(gateway, sandbox):
    answer = gateway(shopgraph_max_credits_per_request=NESTED_CREDITS)(NESTED)

    assert len(answer.data["products"]["nodes"]) == 10
    assert cost(answer)["estimatedCredits"] == NESTED_CREDITS
    assert cost(answer)["budget"] == {"limit": NESTED_CREDITS, "remaining": NESTED_CREDITS - sandbox.count()}


@pytest.mark.parametrize("limit", [0, 1, NESTED_CREDITS - 1])
def test_the_header_lowers_the_bound_for_its_request_alone(limit: int, graphql, sandbox):
    answer = graphql(NESTED, headers={"x-credit-budget": str(limit)})

    _refused(answer, sandbox, NESTED_CREDITS, limit, DEAREST)
    assert graphql(TWENTY).data


def test_with_the_header_a_query_that_is_just_affordable_is_answered(graphql):
    answer = graphql(NESTED, headers={"x-credit-budget": str(NESTED_CREDITS)})

    assert answer.data["products"]["nodes"] and cost(answer)["budget"]["limit"] == NESTED_CREDITS


def test_the_header_does_not_raise_the_bound(gateway, sandbox):
    answer = gateway(shopgraph_max_credits_per_request=5)(NESTED, headers={"x-credit-budget": "100"})

    _refused(answer, sandbox, NESTED_CREDITS, 5, DEAREST)


def test_what_the_store_has_is_answered_for_a_budget_of_nothing(graphql, sandbox):
    before = graphql(TWENTY).data

    answer = graphql(TWENTY, headers={"x-credit-budget": "0"})

    assert answer.data == before and sandbox.count() == 2


def test_what_was_refused_is_answered_for_nothing_as_soon_as_the_store_has_it(graphql, sandbox):
    free = {"x-credit-budget": "0"}
    for _ in range(2):
        _refused(graphql(TWENTY, headers=free), sandbox, 2, 0, "products")
    graphql(TWENTY.replace("name", "id name"))

    answer = graphql(TWENTY, headers=free)

    assert len(answer.data["products"]["nodes"]) == 20
    assert cost(answer)["actualCredits"] == 0 and sandbox.count() == 2


def test_what_was_affordable_is_refused_where_other_variables_make_it_dearer(graphql, sandbox):
    query = "query ($first: Int) { products(region: SG, first: $first) { nodes { name } } }"
    one = {"x-credit-budget": "1"}
    assert len(graphql(query, headers=one, first=10).data["products"]["nodes"]) == 10

    answer = graphql(query, headers=one, first=40)

    assert answer.codes == ["BUDGET_EXCEEDED"] and sandbox.count() == 1
    assert answer.errors[0]["extensions"]["estimate"] == 3  # the first page is known


@pytest.mark.parametrize("malformed", ["-1", "many", "1.5", "3, 4"])
def test_a_malformed_budget_is_refused_in_one_clear_line_and_calls_nobody(malformed: str, graphql, sandbox):
    for answer in (
        graphql(TWENTY, headers={"x-credit-budget": malformed}),
        priced(graphql, TWENTY, headers={"x-credit-budget": malformed}),
    ):
        (error,) = answer.errors
        assert answer.status == 400 and "data" not in answer.body
        assert "X-Credit-Budget" in error["message"] and "\n" not in error["message"]
    assert sandbox.count() == 0


def heron(gateway: Any, daily: int, **settings: Any) -> Gateway:
    """A server on which heron may spend so many credits a day."""
    key = hashlib.sha256(KEY.encode()).hexdigest()
    server: Gateway = gateway(shopgraph_api_keys=f"heron:{key}:{daily}", **settings)
    return server


HERON = {"authorization": f"Bearer {KEY}"}


def test_a_query_above_what_is_left_of_the_clients_day_is_refused(gateway, sandbox):
    server = heron(gateway, NESTED_CREDITS + 1)
    assert server(TWENTY, headers=HERON).data
    sandbox.reset()

    answer = server(NESTED.replace("SG", "JP"), headers=HERON)

    (error,) = answer.errors
    told = error["extensions"]
    assert (told["code"], told["field"]) == ("BUDGET_EXCEEDED", DEAREST)
    assert (told["estimate"], told["limit"], told["remaining"]) == (
        NESTED_CREDITS,
        NESTED_CREDITS + 1,
        NESTED_CREDITS - 1,
    )
    assert sandbox.count() == 0 and cost(answer)["actualCredits"] == 0


def test_the_last_of_a_clients_day_can_be_spent_to_the_credit(gateway, sandbox):
    server = heron(gateway, 4)

    assert server(TWENTY, headers=HERON).data and server(TWENTY.replace("SG", "JP"), headers=HERON).data
    refused = server(TWENTY.replace("SG", "GB"), headers=HERON)

    assert refused.codes == ["BUDGET_EXCEEDED"] and refused.errors[0]["extensions"]["remaining"] == 0
    assert sandbox.count() == 4 == server(SPENT, headers=HERON).data["quota"]["used"]


def test_what_was_set_aside_and_not_spent_can_be_spent_afterwards(gateway, sandbox):
    server = heron(gateway, 100)
    ends = "{ products(region: SG, first: 1) { nodes { videos(first: 100) { nodes { id } } } } }"  # the list ends early
    told = cost(server(ends, headers=HERON))
    assert told["actualCredits"] < told["estimatedCredits"]

    left = server("{ quota { used remaining } }", headers=HERON).data["quota"]

    assert left == {"used": sandbox.count(), "remaining": 100 - sandbox.count()}


def _refused(answer: Answer, sandbox: SandboxServer, estimate: int, limit: int, field: str) -> None:
    (error,) = answer.errors
    told = error["extensions"]
    assert (told["code"], told["estimate"], told["limit"], told["field"]) == ("BUDGET_EXCEEDED", estimate, limit, field)
    assert str(estimate) in error["message"] and str(limit) in error["message"] and field in error["message"]
    assert sandbox.count() == 0 and "data" not in answer.body
    assert (cost(answer)["estimatedCredits"], cost(answer)["actualCredits"]) == (estimate, 0)


# ── the hard stop ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_retry_that_the_budget_cannot_pay_is_not_made_and_what_was_paid_for_is_answered(graphql, sandbox):
    ids = sandbox.product_ids("SG", 12)  # two lookups of ten and two
    sandbox.fail("product/detail", "error_in_200", times=1)

    answer = graphql(NAMES, headers={"x-credit-budget": "2"}, ids=ids)

    named = [product and product["name"] for product in answer.partial["productsByIds"]]
    assert 0 < len([name for name in named if name]) < 12
    assert set(answer.codes) == {"BUDGET_EXCEEDED"}
    assert cost(answer)["actualCredits"] == sandbox.count() == 2
    assert cost(answer)["budget"] == {"limit": 2, "remaining": 0}


FAULTS = ("error", "error_in_200", "gateway", "garbage", "rate", "rate_in_200", "reset", "truncated", "html", "empty")


def broken(sandbox: SandboxServer, draw: Random, most: int = 6) -> None:
    """Some of the next calls go wrong, each in its own way."""
    for _ in range(most):
        sandbox.fail("*", draw.choice(FAULTS), times=draw.randint(1, 3))


def test_whatever_goes_wrong_no_operation_spends_more_than_it_may(gateway, sandbox, known, monkeypatch):
    server = gateway(shopgraph_max_credits_per_request=UNBOUNDED)
    memory, draw = Memory(server, monkeypatch), Random("hard stop")
    stopped = 0

    for query in queries(known, 14, "hard stop"):
        memory.clear()
        estimate = priced(server, query.text, **query.variables).body["estimatedCredits"]
        sandbox.reset()
        broken(sandbox, draw)
        answer = asked(server, query, {"x-credit-budget": str(estimate)})
        told = cost(answer)
        assert told["actualCredits"] == paid(sandbox.calls) <= estimate, query
        assert told["calls"] + told["retries"] == sandbox.count(), query
        stopped += "BUDGET_EXCEEDED" in answer.codes

    assert stopped


# ── the dry run ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_dry_run_tells_what_the_query_then_estimates_and_calls_nobody(gateway, sandbox, known, monkeypatch):
    server = gateway(shopgraph_max_credits_per_request=UNBOUNDED)
    memory = Memory(server, monkeypatch)

    for query in queries(known, 5, "dry run"):
        memory.clear()
        sandbox.reset()
        answer = priced(server, query.text, **query.variables)
        told = answer.body
        assert answer.status == 200 and sandbox.count() == 0
        assert told["estimatedCredits"] == sum(field["credits"] for field in told["plan"])
        assert told["calls"] == sum(field["calls"] for field in told["plan"]) == sum(told["byEndpoint"].values())
        assert told["budget"] == {"limit": UNBOUNDED, "fits": True}
        assert told["estimatedCredits"] == cost(asked(server, query))["estimatedCredits"], query
        assert sandbox.count() <= told["calls"]


def test_the_dry_run_tells_each_field_that_asks(graphql, sandbox):
    told = priced(graphql, NESTED).body

    assert {field["path"]: (field["endpoint"], field["calls"], field["credits"]) for field in told["plan"]} == {
        "products": ("echotik.product.list", 1, 1),
        "products.nodes.sold": ("echotik.product.influencer.list", 10, 10),
        "products.nodes.trend": ("echotik.product.trend", 20, 20),
    }
    assert told["estimatedCredits"] == NESTED_CREDITS and told["budget"] == {"limit": 200, "fits": True}


def test_the_dry_run_prices_live_reads_at_two_credits(graphql, sandbox):
    told = priced(graphql, READ, id=sandbox.product_ids("SG", 1)[0]).body

    assert told["byEndpoint"] == {"echotik.product.detail": 1, "echotik.realtime.product": 1}
    assert (told["estimatedCredits"], told["calls"]) == (3, 2)


def test_the_dry_run_tells_what_would_not_fit(graphql, sandbox):
    told = priced(graphql, NESTED, headers={"x-credit-budget": "30"}).body

    assert told["estimatedCredits"] == NESTED_CREDITS and told["budget"] == {"limit": 30, "fits": False}


def test_the_dry_run_of_what_is_stored_is_nothing(graphql, sandbox):
    graphql(TWENTY)

    told = priced(graphql, TWENTY).body

    assert (told["estimatedCredits"], told["calls"], told["byEndpoint"], told["plan"]) == (0, 0, {}, [])
    assert sandbox.count() == 2


TWO = """query Small { products(region: SG, first: 10) { ...rows } }
    query Large($first: Int = 20) { products(region: SG, first: $first) { ...rows } }
    fragment rows on ProductConnection { nodes { name } }"""


def test_the_dry_run_prices_the_operation_that_is_named_with_its_variables(graphql, sandbox):
    bodies: list[dict[str, Any]] = [
        {"query": TWO, "operationName": "Small"},
        {"query": TWO, "operationName": "Large"},
        {"query": TWO, "operationName": "Large", "variables": {"first": 95}},
    ]

    assert [posted(graphql, body).body["estimatedCredits"] for body in bodies] == [1, 2, 10]
    assert sandbox.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ products(region: SG) {"},
        {"query": "{ nothing }"},
        {"query": "{ products(region: NOWHERE) { nodes { id } } }"},
        {"query": "query ($id: ID!) { product(id: $id) { name } }"},
        {
            "query": "query ($first: Int) { products(region: SG, first: $first) { nodes { id } } }",
            "variables": {"first": "x"},
        },
        {"query": TWO},
        {"query": TWO, "operationName": "Missing"},
        {"variables": {}},
        {"query": f"{{ productsByIds(ids: {json.dumps(['1'] * 501)}) {{ id }} }}"},
        [],
    ],
)
def test_the_dry_run_of_what_cannot_be_asked_is_an_error(body: Any, graphql, sandbox):
    answer = posted(graphql, body)

    assert answer.errors and "estimatedCredits" not in answer.body
    assert sandbox.count() == 0


def test_the_dry_run_is_posted(graphql):
    response = CLIENT.get(f"{graphql.url}/graphql/cost", params={"query": TWENTY})

    assert response.status_code == 405 and "POST" in response.headers["allow"]


def test_the_dry_run_asks_for_the_clients_key(gateway):
    server = heron(gateway, 1)

    assert priced(server, TWENTY).status == 401
    assert priced(server, TWENTY, headers=HERON).body["estimatedCredits"] == 2
    assert server("{ quota { used remaining byDay(days: 1) { operations } } }", headers=HERON).data["quota"] == {
        "used": 0,
        "remaining": 1,
        "byDay": [{"operations": 0}],
    }


# ── every call is counted once ────────────────────────────────────────────────────────────────────────────────────


def test_two_who_ask_the_same_at_once_share_calls_and_one_pays_each(graphql, sandbox):
    sandbox.delay(0.05)
    query = "{ products(region: SG, first: 20) { nodes { name influencers(first: 3) { nodes { id } } } } }"

    answers = graphql.together(query, query, query)

    told = [cost(answer) for answer in answers]
    assert answers[0].data == answers[1].data == answers[2].data
    assert sum(each["calls"] for each in told) == sandbox.count() == 22
    assert sum(each["sharedCalls"] for each in told) == 2 * 22


def test_of_a_batch_that_two_fill_one_pays_and_the_other_is_told_that_it_shared(graphql, sandbox):
    ids = sandbox.product_ids("SG", 8)
    sandbox.delay(0.05)

    told = [cost(each) for each in graphql.together((NAMES, {"ids": ids[:5]}), (NAMES, {"ids": ids[3:]}))]

    calls = sandbox.count()
    assert sum(each["calls"] for each in told) == calls <= 2
    assert sum(each["sharedCalls"] for each in told) >= 1


def _together(server: Gateway, asks: Sequence[tuple[Query, float | None]]) -> list[Answer | None]:
    """The answers to queries of a moment; None for those whose client left after so many seconds."""

    async def ask(client: httpx.AsyncClient, query: Query, leaves: float | None) -> Answer | None:
        body = {"query": query.text, "variables": query.variables}
        posting = client.post(f"{server.url}/graphql", json=body)
        try:
            response = await (posting if leaves is None else asyncio.wait_for(posting, leaves))
        except TimeoutError:
            return None
        return Answer(response.status_code, response.json(), response.headers)

    async def run() -> list[Answer | None]:
        async with httpx.AsyncClient(timeout=60, verify=PLAIN) as client:
            return await asyncio.gather(*(ask(client, *each) for each in asks))

    return asyncio.run(run())


def _settled(server: Gateway, sandbox: SandboxServer) -> dict[str, Any]:
    """What the server counted, when nothing is in flight any more."""
    for _ in range(200):
        before = sandbox.count()
        told: dict[str, Any] = server(SPENT).data
        if before == sandbox.count() == told["providers"][0]["callsToday"] and all(c.ended for c in sandbox.calls):
            break
        time.sleep(0.05)
    return told


def test_many_at_once_account_for_every_call_whatever_goes_wrong(gateway, sandbox, known):
    server = gateway(shopgraph_max_credits_per_request=UNBOUNDED)
    draw = Random("many at once")
    asks = [(query, None) for query in queries(known, 6, "many") for _ in range(3)]
    broken(sandbox, draw, most=10)
    sandbox.delay(lambda: draw.uniform(0, 0.02))

    answers = [each for each in _together(server, asks) if each is not None]

    told = [cost(answer) for answer in answers]
    assert sum(each["calls"] + each["retries"] for each in told) == sandbox.count() > 0
    assert sum(each["actualCredits"] for each in told) == paid(sandbox.calls)
    assert sum(each["sharedCalls"] for each in told) > 0 and sum(each["retries"] for each in told) > 0
    for each in told:
        assert each["budget"] == {"limit": UNBOUNDED, "remaining": UNBOUNDED - each["actualCredits"]}
    settled = _settled(server, sandbox)
    assert settled["quota"]["used"] == paid(sandbox.calls)
    assert settled["providers"][0]["creditsToday"] == paid(sandbox.calls)


def test_calls_of_those_who_left_or_ran_out_of_time_are_counted_too(gateway, sandbox, known):
    server = gateway(shopgraph_max_credits_per_request=UNBOUNDED, shopgraph_deadline_ms=800)
    draw = Random("leaving")
    asks = [(query, draw.choice((None, 0.03, 0.1))) for query in queries(known, 6, "many") for _ in range(3)]
    broken(sandbox, draw, most=6)
    sandbox.fail("*", "stall", times=3)
    sandbox.delay(lambda: draw.uniform(0, 0.1))

    answers = _together(server, asks)

    assert None in answers
    told = _settled(server, sandbox)
    assert told["providers"][0] == {
        "provider": "ECHOTIK",
        "callsToday": sandbox.count(),
        "creditsToday": paid(sandbox.calls),
    }
    assert told["quota"]["used"] == sum(day["credits"] for day in told["quota"]["byDay"]) == paid(sandbox.calls)
    received = [cost(answer) for answer in answers if answer is not None]
    assert sum(each["actualCredits"] for each in received) <= paid(sandbox.calls)


def test_nothing_is_left_set_aside_when_all_have_been_answered_or_have_left(gateway, sandbox, known):
    server = heron(gateway, 5000, shopgraph_max_credits_per_request=1000)
    draw = Random("set aside")
    asks = [(query, None) for query in queries(known, 5, "many")]
    broken(sandbox, draw)

    for query, _ in asks:
        asked(server, query, HERON)

    told = server("{ quota { used remaining } }", headers=HERON).data["quota"]
    assert told == {"used": paid(sandbox.calls), "remaining": 5000 - paid(sandbox.calls)}
