"""A circuit that opened is left alone, tried by one call after its pause, and closed when that is answered."""

from __future__ import annotations

import time

import pytest

from tests.conftest import Gateway
from tests.graph.test_failover import CIRCUITS, PAIR, circuits, listed

PAUSE = 0.3  # seconds
SLOW = 0.5  # seconds that a trial takes, so that all who ask meanwhile meet it
LIST = "product/list"
TWIN = "product/list/analytics"
TOGETHER = range(1, 11)

# fault: the setting of its pause, attempts of a call
OPENS = {
    "quota": ("shopgraph_quota_pause_s", 1),
    "auth": ("shopgraph_auth_pause_s", 1),
    "gateway": ("shopgraph_outage_pause_s", 2),
    "rate_in_200": ("shopgraph_outage_pause_s", 2),
}
LONG = dict.fromkeys((setting for setting, _ in OPENS.values()), 600)


def asked(sandbox) -> tuple[int, int]:
    """Calls to the first, and to the second."""
    return sandbox.count(LIST, provider="echotik"), sandbox.count(TWIN, provider="keyapi")


def opened(server: Gateway, sandbox, fault: str) -> None:
    """Let the circuit open, and its pause end."""
    assert server(listed(30, 1)).data["products"]["nodes"]
    assert circuits(server)["ECHOTIK"] == "CLOSED"
    sandbox.fail(LIST, fault, provider="echotik")
    assert server(listed(0, 1)).data["products"]["nodes"]
    assert circuits(server)["ECHOTIK"] == "OPEN"
    end = time.monotonic() + 20 * PAUSE
    while circuits(server)["ECHOTIK"] == "OPEN" and time.monotonic() < end:
        time.sleep(0.01)
    assert circuits(server)["ECHOTIK"] == "HALF_OPEN"
    sandbox.control.forget_calls()
    sandbox.delay(SLOW, LIST, provider="echotik")


def all_at_once(server: Gateway) -> None:
    """Ten questions that none of them shares, and how the circuit stands meanwhile."""
    *answers, status = server.together(*(listed(number, 1) for number in TOGETHER), CIRCUITS)
    assert all(len(answer.data["products"]["nodes"]) == 1 for answer in answers)
    assert status.data["providers"][0] == {"provider": "ECHOTIK", "circuit": "HALF_OPEN"}


@pytest.mark.parametrize("fault", OPENS)
def test_one_call_of_ten_tries_whether_it_is_well_again_and_closes_the_circuit(fault: str, gateway, sandbox):
    server = gateway("v3", PAIR, **{**LONG, OPENS[fault][0]: PAUSE})
    opened(server, sandbox, fault)
    sandbox.control.forget_rules()
    sandbox.delay(SLOW, LIST, provider="echotik")

    all_at_once(server)

    assert asked(sandbox) == (1, len(TOGETHER) - 1)
    assert circuits(server)["ECHOTIK"] == "CLOSED"
    sandbox.reset()
    assert server(listed(20, 1)).data["products"]["nodes"]
    assert asked(sandbox) == (1, 0)


@pytest.mark.parametrize("fault", ["quota", "gateway"])
def test_a_trial_that_fails_leaves_the_circuit_open_and_its_question_is_answered(fault: str, gateway, sandbox):
    setting, attempts = OPENS[fault]
    server = gateway("v3", PAIR, **{**LONG, setting: PAUSE})
    opened(server, sandbox, fault)

    all_at_once(server)

    assert asked(sandbox) == (attempts, len(TOGETHER))
    tried = [call.params for call in sandbox.calls if call.provider == "echotik"]
    assert all(params == tried[0] for params in tried)
    assert circuits(server)["ECHOTIK"] == "OPEN"
    sandbox.control.forget_calls()
    assert server(listed(20, 1)).data["products"]["nodes"]
    assert asked(sandbox) == (0, 1)


def test_during_an_outage_what_nobody_else_has_is_asked_all_the_same(gateway, sandbox):
    server = gateway(providers=PAIR, **LONG)
    sandbox.fail("product/detail", "gateway", provider="echotik")
    server(f'{{ product(id: "{sandbox.product_ids()[0]}") {{ name }} }}')
    assert circuits(server)["ECHOTIK"] == "OPEN"
    sandbox.control.forget_calls()

    answer = server("{ newProductRanking(region: US, first: 2) { nodes { id } } }")

    assert len(answer.data["newProductRanking"]["nodes"]) == 2
    assert [(call.provider, call.path) for call in sandbox.calls] == [("echotik", "product/ranklist/new")]


# what KeyAPI has no parameter for: field, path
LACKING = {
    "flag": ("products(region: US, first: 1, filter: {bestSeller: true}) { nodes { id } }", LIST),
    "stars": ('product(id: "{id}") { reviews(rating: {min: 1}, first: 1) { nodes { rating } } }', "product/comment"),
    "sort": ('search(text: "a", types: [PRODUCT], region: SG, productSort: GMV) { __typename }', "search/items"),
}


@pytest.mark.parametrize("name", LACKING)
def test_during_an_outage_arguments_that_nobody_else_applies_are_asked_all_the_same(name: str, gateway, sandbox):
    server = gateway("v3", PAIR, **LONG)
    field, path = LACKING[name]
    id = sandbox.product_ids()[0]
    assert server(f'{{ product(id: "{id}") {{ name }} }}').data["product"]["name"]
    sandbox.fail("product/ranklist", "gateway", provider="echotik")
    assert server("{ productRanking(region: US, first: 1) { nodes { id } } }").data["productRanking"]["nodes"]
    assert circuits(server)["ECHOTIK"] == "OPEN"
    sandbox.control.forget_calls()

    assert server(f"{{ {field.replace('{id}', id)} }}").data

    assert [(call.provider, call.path) for call in sandbox.calls] == [("echotik", path)]


def test_during_an_outage_who_is_pinned_is_asked_all_the_same(gateway, sandbox):
    server = gateway("v3", PAIR, **LONG)
    sandbox.fail(LIST, "gateway", provider="echotik")
    assert server(listed(0, 1)).data["products"]["nodes"]
    assert circuits(server)["ECHOTIK"] == "OPEN"
    sandbox.reset()

    assert server(listed(1, 1), headers={"X-Providers": "echotik"}).data["products"]["nodes"]

    assert asked(sandbox) == (1, 0)


@pytest.mark.parametrize("fault", ["quota", "auth"])
def test_an_account_that_is_used_up_or_refused_is_not_asked_for_what_nobody_else_has(fault: str, gateway, sandbox):
    server = gateway(providers=PAIR, **LONG)
    sandbox.fail("product/detail", fault, provider="echotik")
    server(f'{{ product(id: "{sandbox.product_ids()[0]}") {{ name }} }}')
    sandbox.control.forget_calls()

    answer = server("{ newProductRanking(region: US, first: 2) { nodes { id } } }")

    assert len(answer.codes) == 1 and "the provider's circuit is open" in answer.errors[0]["message"]
    assert sandbox.count() == 0


def test_a_forbidden_route_is_closed_and_the_others_stay_open(gateway, sandbox):
    server = gateway("v3", PAIR)
    sandbox.fail(LIST, "forbidden", provider="echotik")

    for number in range(3):
        assert server(listed(number, 1)).data["products"]["nodes"]
    assert server("{ productRanking(region: US, first: 1) { nodes { id } } }").data["productRanking"]["nodes"]

    assert asked(sandbox) == (1, 3)
    assert sandbox.count("product/ranklist", provider="echotik") == 1
