"""What a request's Cache-Control allows of stored answers, and what an answer's headers say of its age."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import pytest

import server
from sandbox.server import SandboxServer
from serving import graphql
from tests.conftest import Answer, Gateway
from tests.graph.spent import cost

SOURCE = "source { cached fetchedAt }"
LIST = f"{{ products(region: SG, first: 3) {{ nodes {{ name {SOURCE} }} }} }}"
LOOKUP = f"query ($id: ID!) {{ product(id: $id) {{ name {SOURCE} }} }}"
TREND = "query ($id: ID!) { product(id: $id) { id trend(days: 3) { date units } } }"
NOW = datetime(2026, 3, 18, 12, tzinfo=UTC).timestamp()
HOUR, WEEK = 3600, 7 * 24 * 3600
FRESH = 6 * HOUR  # for so long daily data are served without asking


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


class Shop:
    """A server and the provider below it, both on one clock."""

    def __init__(self, gateway: Gateway, sandbox: SandboxServer, clock: Clock) -> None:
        self.gateway, self.sandbox, self.clock = gateway, sandbox, clock
        self.id = sandbox.product_ids("SG", 1)[0]

    def ask(self, query: str, control: str = "") -> Answer:
        """One request a second."""
        self.clock.now += 1
        headers = {"cache-control": control} if control else None
        return self.gateway(query, headers=headers, **({"id": self.id} if "$id" in query else {}))

    def goes_down(self) -> None:
        self.sandbox.fail("*", "gateway")


@pytest.fixture(scope="module")
def clocked() -> Iterator[tuple[SandboxServer, Clock]]:
    clock = Clock()
    with SandboxServer(clock=clock.moment) as sandbox:
        yield sandbox, clock


@pytest.fixture
def shop(clocked, gateway, monkeypatch) -> Shop:
    sandbox, clock = clocked
    sandbox.reset()
    clock.now = NOW
    for name in ("Backend", "Budgets", "LayeredStore", "MemoryStore"):
        monkeypatch.setattr(server, name, partial(getattr(server, name), clock=clock))
    monkeypatch.setattr(graphql, "time", SimpleNamespace(time=clock, monotonic=time.monotonic))
    return Shop(gateway(echotik_base_url=sandbox.url), sandbox, clock)


def fetched(answer: Answer) -> list[tuple[bool, float]]:
    """Of each product: whether it came from the store, and when it was fetched."""
    found = answer.data["products"]["nodes"] if "products" in answer.data else [answer.data["product"]]
    times = [datetime.fromisoformat(each["source"]["fetchedAt"]).timestamp() for each in found]
    return list(zip((each["source"]["cached"] for each in found), times, strict=True))


# ── no-cache, max-age ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("control", ["no-cache", "no-store", "max-age=0"])
def test_no_cache_asks_anew_and_leaves_what_it_learned_to_the_next(control: str, shop):
    shop.ask(LIST)

    anew = shop.ask(LIST, control)

    assert shop.sandbox.count() == 2 and cost(anew)["estimatedCredits"] == cost(anew)["actualCredits"] == 1
    assert fetched(anew) == [(False, NOW + 2)] * 3
    assert fetched(shop.ask(LIST)) == [(True, NOW + 2)] * 3 and shop.sandbox.count() == 2


@pytest.mark.parametrize(("query", "calls"), [(LOOKUP, 1), (TREND, 2)])
def test_no_cache_asks_lookups_and_days_anew(query: str, calls: int, shop):
    before = shop.ask(query).data
    assert shop.sandbox.count() == calls

    assert shop.ask(query, "no-cache").data.keys() == before.keys()
    assert shop.sandbox.count() == 2 * calls


def test_no_cache_asks_for_the_same_thing_once_in_an_operation(shop):
    twice = f"query ($id: ID!) {{ one: product(id: $id) {{ name }} other: product(id: $id) {{ rating {SOURCE} }} }}"
    shop.ask(twice)

    shop.ask(twice, "no-cache")

    assert shop.sandbox.count() == 2


@pytest.mark.parametrize(("age", "calls"), [(99, 1), (100, 0), (101, 0)])
def test_max_age_serves_what_is_no_older(age: int, calls: int, shop):
    shop.ask(LIST)
    shop.clock.now += 99
    shop.sandbox.reset()

    answer = shop.ask(LIST, f"max-age={age}")

    assert shop.sandbox.count() == calls == cost(answer)["estimatedCredits"]
    assert fetched(answer) == [(calls == 0, NOW + 1 + 100 * calls)] * 3


def test_max_age_does_not_make_stale_answers_fresh(shop):
    shop.ask(LIST)
    shop.clock.now += FRESH + 1

    assert fetched(shop.ask(LIST, f"max-age={WEEK}")) == [(False, shop.clock.now)] * 3


@pytest.mark.parametrize("query", [LIST, LOOKUP])
@pytest.mark.parametrize(("control", "calls"), [(None, 1), ("no-cache", 2)])
def test_only_who_wants_fresh_data_does_not_wait_for_a_call_that_began_before(
    query: str, control: str | None, calls: int, graphql, sandbox
):
    variables = {"id": sandbox.product_ids("SG", 1)[0]} if query is LOOKUP else {}
    sandbox.delay(0.3)
    with ThreadPoolExecutor() as pool:
        first: Future[Answer] = pool.submit(graphql, query, **variables)
        while not sandbox.count():
            time.sleep(0.005)
        second = graphql(query, headers={"cache-control": control} if control else None, **variables)

    told = [cost(first.result()), cost(second)]
    assert sandbox.count() == calls
    assert [each["calls"] for each in told] == [1, calls - 1]
    assert [each["sharedCalls"] for each in told] == [0, 2 - calls]


# ── only-if-cached ────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_if_cached_calls_nobody_and_says_so_at_each_field(graphql, sandbox):
    (id,) = sandbox.product_ids("SG", 1)
    query = """query ($id: ID!) { product(id: $id) { name } products(region: SG) { nodes { id } }
        sellers(region: SG) { nodes { id } } categories { id } search(text: "light", region: SG) { __typename }
        providers { provider } known: __typename }"""

    answer = graphql(query, headers={"cache-control": "only-if-cached"}, id=id)

    told = answer.partial
    assert (told.pop("known"), len(told.pop("providers"))) == ("Query", 3)
    assert set(told.values()) == {None}
    assert {error["path"][0] for error in answer.errors} == told.keys()
    assert set(answer.codes) == {"NOT_CACHED"} and len(answer.errors) == len(told)
    assert sandbox.count() == 0
    assert (cost(answer)["estimatedCredits"], cost(answer)["actualCredits"]) == (0, 0)


def test_only_if_cached_tells_what_the_store_has_beside_what_it_lacks(graphql, sandbox):
    known = "{ productRanking(region: SG, first: 3) { nodes { id name } } }"
    before = graphql(known).data
    sandbox.reset()

    more = known.replace("name", "name rating trend(days: 3) { date } influencers { nodes { id } }")
    answer = graphql(more, headers={"cache-control": "only-if-cached"})

    nodes = answer.partial["productRanking"]["nodes"]
    assert [{"id": node["id"], "name": node["name"]} for node in nodes] == before["productRanking"]["nodes"]
    assert all(node[field] is None for node in nodes for field in ("rating", "trend", "influencers"))
    assert set(answer.codes) == {"NOT_CACHED"}
    assert {(error["path"][2], error["path"][3]) for error in answer.errors} == {
        (index, field) for index in range(3) for field in ("rating", "trend", "influencers")
    }
    assert sandbox.count() == 0


@pytest.mark.parametrize("query", [LIST, LOOKUP, TREND])
def test_only_if_cached_answers_whole_what_is_stored(query: str, shop):
    shop.ask(query)
    before = shop.ask(query).data
    shop.sandbox.reset()

    assert shop.ask(query, "only-if-cached").data == before
    assert shop.sandbox.count() == 0


def test_only_if_cached_serves_nothing_stale(shop):
    shop.ask(LIST)
    shop.clock.now += FRESH + 1

    assert shop.ask(LIST, "only-if-cached").codes == ["NOT_CACHED"]
    assert shop.ask(LIST, "only-if-cached, max-age=5").codes == ["NOT_CACHED"]
    assert shop.sandbox.count() == 1


# ── stale-if-error ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", [LIST, LOOKUP])
def test_what_is_stale_is_served_while_the_provider_is_down_to_who_allows_it(query: str, shop):
    fresh = fetched(shop.ask(query))
    shop.clock.now += FRESH + HOUR
    shop.goes_down()

    assert shop.ask(query).codes == ["UPSTREAM_UNAVAILABLE"]
    stale = shop.ask(query, f"stale-if-error={2 * HOUR}")

    assert fresh == [(False, NOW + 1)] * len(fresh) and fetched(stale) == [(True, NOW + 1)] * len(fresh)
    assert said(stale) == (FRESH + HOUR + 2, 0)


def test_days_that_are_stale_are_served_while_the_provider_is_down_to_who_allows_it(shop):
    before = shop.ask(TREND).data
    shop.clock.now += FRESH + HOUR
    shop.goes_down()

    assert "UPSTREAM_UNAVAILABLE" in shop.ask(TREND).codes
    stale = shop.ask(TREND, "stale-if-error")

    assert before["product"]["trend"] and stale.data == before
    assert said(stale) == (FRESH + HOUR + 2, 0)


@pytest.mark.parametrize(("seconds", "codes"), [(HOUR, ["UPSTREAM_UNAVAILABLE"]), (HOUR + 2, [])])
def test_stale_answers_are_served_for_as_many_seconds_as_were_allowed(seconds: int, codes: list[str], shop):
    shop.ask(LIST)
    shop.clock.now += FRESH + HOUR
    shop.goes_down()

    assert shop.ask(LIST, f"stale-if-error={seconds}").codes == codes


def test_a_provider_that_answers_is_asked_although_stale_answers_are_allowed(shop):
    shop.ask(LIST)
    shop.clock.now += FRESH + HOUR

    assert fetched(shop.ask(LIST, "stale-if-error")) == [(False, shop.clock.now)] * 3


def test_what_was_never_known_fails_although_stale_answers_are_allowed(shop):
    shop.ask(LIST)
    shop.goes_down()

    assert shop.ask(LIST.replace("SG", "JP"), "stale-if-error").codes == ["UPSTREAM_UNAVAILABLE"]


def test_an_argument_that_was_wrong_is_not_answered_by_something_stale(shop):
    shop.ask(LIST)
    shop.clock.now += FRESH + HOUR
    shop.sandbox.fail("*", "bad_parameter")

    assert shop.ask(LIST, "stale-if-error").codes == ["BAD_USER_INPUT"]


# ── Age and Cache-Control of an answer ────────────────────────────────────────────────────────────────────────────


def said(answer: Answer) -> tuple[int, int] | None:
    """Its age and for how long it is still fresh, seconds; None where it is not to be kept."""
    control = answer.headers["cache-control"]
    if control == "no-store":
        assert "age" not in answer.headers
        return None
    age, lifetime = int(answer.headers["age"]), int(control.removeprefix("private, max-age="))
    return age, lifetime - age  # RFC 9111, 4.2: a lifetime counts from when the answer was made


@pytest.mark.parametrize("query", [LIST, LOOKUP])
def test_an_answer_tells_its_age_and_how_long_it_stays_fresh(query: str, shop):
    assert said(shop.ask(query)) == (0, FRESH)
    shop.clock.now += 999
    assert said(shop.ask(query)) == (1000, FRESH - 1000)
    shop.clock.now += FRESH
    assert said(shop.ask(query)) == (0, FRESH)


def test_an_answer_is_as_old_as_its_oldest_part_and_as_fresh_as_its_first_to_turn_stale(shop):
    both = LIST.replace("{ products", "{ categories { name } products", 1)
    assert said(shop.ask("{ categories { name } }")) == (0, WEEK)
    shop.clock.now += 999

    assert said(shop.ask(both)) == (1000, FRESH)
    shop.clock.now += 499
    assert said(shop.ask(both)) == (1500, FRESH - 500)


def test_a_live_read_stays_fresh_for_a_minute(shop):
    live = "query ($id: ID!) { product(id: $id) { realtime(region: SG) { title } } }"

    assert said(shop.ask(live)) == (0, 60)
    shop.clock.now += 58
    assert said(shop.ask(live)) == (59, 1) and shop.sandbox.count("rt/product/detail") == 1
    shop.clock.now += 1
    assert shop.ask(live).data and shop.sandbox.count("rt/product/detail") == 2


def test_what_is_kept_for_good_is_fresh_for_a_year(shop):
    past = '{ productRanking(region: SG, date: "2026-03-01", first: 3) { nodes { id } } }'

    age, left = said(shop.ask(past)) or (None, 0)

    assert age == 0 and left >= 365 * 24 * HOUR


@pytest.mark.parametrize("query", ["{ __typename }", "{ quota { used } providers { callsToday } }", "{ nothing }"])
def test_what_is_made_of_nothing_stored_is_not_to_be_kept(query: str, shop):
    assert said(shop.ask(query)) is None


def test_an_answer_with_an_error_is_not_to_be_kept(shop):
    shop.sandbox.fail("product/trend", "gateway")
    answer = shop.ask("query ($id: ID!) { product(id: $id) { name trend(days: 3) { date } } }")

    assert answer.partial["product"]["name"] and answer.codes == ["UPSTREAM_UNAVAILABLE"]
    assert said(answer) is None


# ── clients whose no-cache is off ─────────────────────────────────────────────────────────────────────────────────


CLIENTS = {"heron": "a key that heron keeps", "marsh": "another one"}


@pytest.mark.parametrize(("off", "heeded"), [("", ["heron", "marsh"]), ("marsh", ["heron"]), ("*", [])])
@pytest.mark.parametrize("control", ["no-cache", "max-age=0"])
def test_no_cache_is_heeded_but_of_clients_for_whom_it_is_off(
    off: str, heeded: list[str], control: str, gateway, sandbox
):
    keys = ",".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in CLIENTS.items())
    asked: Gateway = gateway(shopgraph_api_keys=keys, shopgraph_no_cache_off=off)
    paid: list[str] = []

    for name, key in CLIENTS.items():
        headers = {"authorization": f"Bearer {key}"}
        asked(LIST, headers=headers)
        sandbox.reset()
        assert asked(LIST, headers={**headers, "cache-control": control}).data
        paid += [name] * sandbox.count()

    assert paid == heeded
