"""Where asking ends: everybody fails, the budget is spent, nobody else knows more; and what other data answer."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.server import SandboxServer
from sandbox.world.product import Product
from tests.conftest import ALL, CLIENT, Answer, Gateway
from tests.graph.test_failover import ATTEMPTS, PAIR, Asking, ask, circuits, every_asking, options

UNKNOWN = "1729000000000000001"
LONG = {"shopgraph_quota_pause_s": 600, "shopgraph_auth_pause_s": 600, "shopgraph_outage_pause_s": 600}
WEEK = 7


def product_at(sandbox: SandboxServer, place: int = 0) -> Product:
    return [each for each in sandbox.world.products_in("US") if each.established][place]


def providers_asked(sandbox: SandboxServer) -> list[str]:
    return [call.provider for call in sandbox.calls]


def credits(answer: Answer) -> int:
    spent: int = answer.body["extensions"]["cost"]["actualCredits"]
    return spent


# ── nobody is left ────────────────────────────────────────────────────────────────────────────────────────────────


def fields(sandbox: SandboxServer) -> dict[str, str]:
    """Root fields by name, each of which takes a call of its own."""
    id, handle = product_at(sandbox).id, sandbox.world.influencers_in("US")[0].handle
    return {
        "product": f'product(id: "{id}") {{ name }}',
        "products": "products(region: US, first: 1) { nodes { id } }",
        "productRanking": "productRanking(region: US, first: 1) { nodes { id } }",
        "influencer": f'influencer(handle: "{handle}") {{ name }}',
        "categories": "categories { id }",
        "sellers": "sellers(region: US, first: 1) { nodes { id } }",
    }


@every_asking
def test_where_both_fail_the_code_is_the_first_ones_and_the_message_names_both(asking: Asking, gateway, sandbox):
    server = gateway(asking.version, PAIR)
    question = asking.build(server, sandbox, 0)
    sandbox.control.forget_calls()
    sandbox.fail(asking.echotik, "quota", provider="echotik", when=asking.when)
    sandbox.fail(asking.keyapi, "auth", provider="keyapi", when=asking.when)

    answer = ask(server, question)

    assert set(answer.codes) == {"UPSTREAM_QUOTA_EXHAUSTED"}
    assert len(answer.codes) == (25 if asking.calls > 1 and asking.name.startswith("lookup") else 1)
    for error in answer.errors:
        assert error["message"].index("echotik.") < error["message"].index("keyapi.")
    assert 1 <= sandbox.count(asking.keyapi, provider="keyapi") <= asking.calls
    assert 1 <= sandbox.count(provider="echotik", path=asking.echotik) <= 1 + asking.failing
    assert answer.body["extensions"]["cost"]["retries"] == 0


def test_quota_of_all_used_up_is_one_error_a_field_and_nothing_is_asked_twice(gateway, sandbox):
    sandbox.fail("*", "quota")
    asked = fields(sandbox)

    answer = gateway("v3", ALL, **LONG)(f"{{ {' '.join(asked.values())} }}")

    assert answer.partial == dict.fromkeys(asked)
    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"] * len(asked)
    assert {error["path"][0] for error in answer.errors} == set(asked)
    assert all(error["message"].startswith("echotik.") for error in answer.errors)
    assert all("; keyapi." in error["message"] for error in answer.errors)
    assert answer.body["extensions"]["cost"]["retries"] == 0
    sent = [(call.provider, call.path) for call in sandbox.calls]
    assert len(sent) == len(set(sent)) <= 2 * len(asked)


def test_with_all_circuits_open_the_answer_is_there_at_once_without_a_call(gateway, sandbox):
    server = gateway("v3", ALL, **LONG)
    sandbox.fail("*", "quota")
    asked = fields(sandbox)
    for _ in range(2):
        server(f"{{ {asked['product']} }}")
    assert set(circuits(server).values()) == {"OPEN"}
    sandbox.control.forget_calls()

    started = time.monotonic()
    answer = server(f"{{ {' '.join(asked.values())} }}")
    took = time.monotonic() - started

    assert took < 1
    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"] * len(asked)
    assert all("echotik." in error["message"] and "keyapi." in error["message"] for error in answer.errors)
    assert sandbox.count() == 0


def test_a_third_is_asked_once_the_others_are_known_to_fail(gateway, sandbox):
    server = gateway("v3", ALL, **LONG)
    product = product_at(sandbox)
    sandbox.fail("*", "quota", provider="echotik")
    sandbox.fail("*", "quota", provider="keyapi")
    query = f'{{ product(id: "{product.id}") {{ name }} }}'

    first = server(query)
    assert first.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert providers_asked(sandbox) == ["echotik", "keyapi"]  # one failover a call

    assert server(query).data["product"]["name"] == sandbox.world.title_of(product)
    assert providers_asked(sandbox)[2:] == ["winninghunter"]


def test_where_all_three_fail_the_message_names_all_three(gateway, sandbox):
    server = gateway("v3", ALL, **LONG)
    sandbox.fail("*", "quota")
    query = f'{{ product(id: "{product_at(sandbox).id}") {{ name }} }}'
    server(query)

    second = server(query)  # the third provider alone is asked
    third = server(query)

    assert second.codes == third.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert all(f"{each}.product.detail" in second.errors[0]["message"] for each in ALL)
    message = third.errors[0]["message"]
    assert message.index("echotik.") < message.index("keyapi.") < message.index("winninghunter.")
    assert providers_asked(sandbox) == ["echotik", "keyapi", "winninghunter"]
    assert set(circuits(server).values()) == {"OPEN"}


def test_the_code_is_that_of_the_first_in_order(gateway, sandbox):
    server = gateway("v3", PAIR, shopgraph_providers="keyapi,echotik")
    sandbox.fail("*", "quota", provider="echotik")
    sandbox.fail("*", "auth", provider="keyapi")

    answer = server("{ products(region: US) { nodes { id } } }")

    assert answer.codes == ["UPSTREAM_UNAUTHENTICATED"]
    assert answer.errors[0]["message"].startswith("keyapi.")
    assert answer.errors[0]["extensions"]["endpoint"] == "keyapi.product.list"


# ── nobody else knows more ────────────────────────────────────────────────────────────────────────────────────────


def test_what_one_does_not_know_is_not_asked_of_who_sells_the_same(gateway, sandbox):
    server = gateway("v3", PAIR)

    for query in (
        f'{{ product(id: "{UNKNOWN}") {{ name }} }}',
        '{ influencer(handle: "nobody.at.all") { name } }',
        '{ seller(id: "7") { name } }',
        '{ video(id: "7") { caption } }',
    ):
        assert list(server(query).data.values()) == [None]

    assert set(providers_asked(sandbox)) == {"echotik"}
    assert sandbox.count() == 4


def test_what_one_does_not_know_is_remembered_of_that_one_alone(gateway, sandbox):
    server = gateway("v3", PAIR, **LONG)
    query = f'{{ product(id: "{UNKNOWN}") {{ name }} }}'
    assert server(query).data == {"product": None}
    assert server(query).data == {"product": None}
    assert providers_asked(sandbox) == ["echotik"]

    assert server(query, headers={"X-Providers": "keyapi"}).data == {"product": None}
    assert providers_asked(sandbox) == ["echotik", "keyapi"]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ("name", ["echotik", "winninghunter"]),
        ("name rating cover { url }", ["echotik", "winninghunter"]),
        ("name reviewCount", ["echotik"]),
        ("name firstSeen", ["echotik"]),
        ("name skus { skuId }", ["echotik"]),
    ],
)
def test_who_sells_other_data_is_asked_where_it_tells_all_that_is_wanted(
    fields: str, asked: list[str], gateway, sandbox
):
    product = product_at(sandbox)
    server = gateway("v3", ("echotik", "winninghunter"))
    sandbox.fail("product/detail", "empty", provider="echotik")

    found = server(f'{{ product(id: "{product.id}") {{ {fields} }} }}').data["product"]

    assert providers_asked(sandbox) == asked
    if len(asked) > 1:
        assert found["name"] == sandbox.world.title_of(product)
    else:
        assert found is None


def test_what_both_do_not_know_is_null_without_an_error_and_remembered(gateway, sandbox):
    server = gateway("v3", ("echotik", "winninghunter"))
    query = f'{{ product(id: "{UNKNOWN}") {{ name }} }}'

    assert server(query).data == {"product": None}
    assert providers_asked(sandbox) == ["echotik", "winninghunter"]
    assert server(query).data == {"product": None}
    assert sandbox.count() == 2


# ── budgets ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("budget", [2, 3])
def test_a_budget_that_is_enough_for_both_is_spent_on_both(budget: int, gateway, sandbox):
    product = product_at(sandbox)
    sandbox.fail("product/detail", "quota", provider="echotik")
    query = f'{{ product(id: "{product.id}") {{ name }} }}'

    answer = gateway("v3", PAIR)(query, headers={"X-Credit-Budget": str(budget)})

    assert answer.data["product"]["name"] == sandbox.world.title_of(product)
    assert sandbox.count() == credits(answer) == 2


@pytest.mark.parametrize(("fault", "budget"), [("quota", 1), ("gateway", 1), ("gateway", 2)])
@pytest.mark.parametrize("field", ["product", "products", "influencer", "categories", "sellers"])
def test_a_budget_spent_on_the_first_is_told_as_such(field: str, fault: str, budget: int, gateway, sandbox):
    sandbox.fail("*", fault, provider="echotik")

    answer = gateway("v3", PAIR)(f"{{ {fields(sandbox)[field]} }}", headers={"X-Credit-Budget": str(budget)})

    assert answer.codes == ["BUDGET_EXCEEDED"] and answer.partial == {field: None}
    assert sandbox.count() == credits(answer) == budget
    assert sandbox.count(provider="keyapi") == 0


@every_asking
@pytest.mark.parametrize("fault", ["quota", "gateway"])
def test_no_failover_spends_more_than_its_request_may(fault: str, asking: Asking, gateway, sandbox):
    server = gateway(asking.version, PAIR)
    question = asking.build(server, sandbox, 0)
    body = {"query": question[0], "variables": question[1]}
    estimate = ask_price(server, body)
    sandbox.control.forget_calls()
    sandbox.fail(asking.echotik, fault, provider="echotik", when=asking.when)

    answer = server(question[0], headers={"X-Credit-Budget": str(estimate)}, **question[1])

    assert credits(answer) <= estimate
    assert sandbox.count() <= estimate
    assert set(answer.codes) <= {"BUDGET_EXCEEDED", "UPSTREAM_QUOTA_EXHAUSTED", "UPSTREAM_UNAVAILABLE"}


def ask_price(server: Gateway, body: dict[str, Any]) -> int:
    estimate: int = CLIENT.post(f"{server.url}/graphql/cost", json=body).json()["estimatedCredits"]
    return estimate


# ── what Winning Hunter answers for others ────────────────────────────────────────────────────────────────────────

FIRSTS = {"echotik": "product/detail", "keyapi": "product/detail/analytics"}


@pytest.mark.parametrize("fault", ATTEMPTS)
@pytest.mark.parametrize("first", FIRSTS)
def test_facts_of_a_product_are_told_by_who_sells_other_data(first: str, fault: str, gateway, sandbox):
    products = [product_at(sandbox, place) for place in range(2)]
    server = gateway("v3" if first == "echotik" else None, (first, "winninghunter"), shopgraph_max_body_mb=1, **LONG)
    sandbox.fail(FIRSTS[first], fault, provider=first, **options(fault))

    for place, product in enumerate(products):
        found = server(
            f'{{ product(id: "{product.id}") {{ name rating performance(window: LAST_7_DAYS) {{ units gmv }} }} }}'
        ).data["product"]
        assert found == {
            "name": sandbox.world.title_of(product),
            "rating": product.rating_tenths / 10 or None,
            "performance": {
                "units": product.units() - product.units(WEEK + 1),
                "gmv": pytest.approx((product.gmv() - product.gmv(WEEK + 1)) / 100),
            },
        }
        assert sandbox.count(FIRSTS[first], provider=first) == (0 if place else ATTEMPTS[fault])
        assert sorted(call.path for call in sandbox.calls if call.provider == "winninghunter") == [
            "product-detail",
            "product-detail/total",
        ]
        sandbox.control.forget_calls()


@pytest.mark.parametrize("first", FIRSTS)
def test_a_fact_that_it_does_not_tell_has_the_error_of_who_would(first: str, gateway, sandbox):
    product = product_at(sandbox)
    server = gateway("v3" if first == "echotik" else None, (first, "winninghunter"))
    sandbox.fail(FIRSTS[first], "quota", provider=first)

    answer = server(f'{{ product(id: "{product.id}") {{ name reviewCount firstSeen }} }}')

    assert answer.partial["product"] == {
        "name": sandbox.world.title_of(product),
        "reviewCount": None,
        "firstSeen": None,
    }
    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert answer.errors[0]["path"] == ["product", "reviewCount"]
    assert providers_asked(sandbox) == [first, "winninghunter"]
