"""Only what failed is asked elsewhere: batches, rows and pages that several questions share, and what is stored."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.conftest import CLIENT, Gateway
from tests.graph.test_failover import PAIR, circuits, listed

AT_ECHOTIK, AT_KEYAPI = "product/detail", "product/detail/analytics"
UNKNOWN = "1729000000000000001"
MANY = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { productId name } }"
PAUSE = 0.3  # seconds


def told(sandbox: SandboxServer, ids: list[str]) -> list[dict[str, Any]]:
    """What products are called in the sandbox's world."""
    known = [sandbox.world.product(id) for id in ids]
    return [{"productId": each.id, "name": sandbox.world.title_of(each)} for each in known if each]


def detail(id: str, fields: str = "name") -> str:
    return f'{{ product(id: "{id}") {{ {fields} }} }}'


# ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["error", "quota", "garbage"])
def test_of_three_batches_the_one_that_fails_is_asked_elsewhere_alone(fault: str, gateway, sandbox):
    ids = sandbox.product_ids("US", 30)
    sandbox.delay(0.1, AT_ECHOTIK, provider="echotik")  # all three have left before one of them fails
    sandbox.fail(AT_ECHOTIK, fault, provider="echotik", when={"product_ids": ",".join(ids[10:20])})

    found = gateway("v3", PAIR)(MANY, ids=ids).data["productsByIds"]

    assert found == told(sandbox, ids)
    assert sandbox.ids_asked(AT_KEYAPI, "keyapi") == [ids[10:20]]
    assert sandbox.count(AT_ECHOTIK, provider="echotik") == (3 if fault == "quota" else 4)


def test_a_trial_among_three_batches_is_one_of_them(gateway, sandbox):
    ids = sandbox.product_ids("US", 60)
    server = gateway("v3", PAIR, shopgraph_quota_pause_s=PAUSE)
    sandbox.fail(AT_ECHOTIK, "quota", times=1, provider="echotik")
    assert server(detail(ids[0])).data["product"]["name"]
    end = time.monotonic() + 20 * PAUSE
    while circuits(server)["ECHOTIK"] != "HALF_OPEN" and time.monotonic() < end:
        time.sleep(0.01)
    sandbox.control.forget_calls()
    sandbox.delay(0.2, AT_ECHOTIK, provider="echotik")

    assert server(MANY, ids=ids[10:40]).data["productsByIds"] == told(sandbox, ids[10:40])

    assert sandbox.count(AT_ECHOTIK, provider="echotik") == 1
    assert sandbox.count(AT_KEYAPI, provider="keyapi") == 2
    assert circuits(server)["ECHOTIK"] == "CLOSED"


def test_an_id_that_nobody_knows_is_null_though_another_had_to_say_so(gateway, sandbox):
    ids = sandbox.product_ids("US", 2)
    sandbox.fail(AT_ECHOTIK, "quota", provider="echotik")
    server = gateway("v3", PAIR)

    assert server(MANY, ids=[ids[0], UNKNOWN, ids[1]]).data["productsByIds"] == [
        told(sandbox, ids)[0],
        None,
        told(sandbox, ids)[1],
    ]
    assert sandbox.count(AT_KEYAPI) == 1
    assert server(detail(UNKNOWN)).data == {"product": None}
    assert server('{ influencer(handle: "nobody.at.all") { name } }').data == {"influencer": None}


def test_an_id_that_other_data_lack_keeps_the_error_of_who_would_know(gateway, sandbox):
    sandbox.fail(AT_ECHOTIK, "quota", provider="echotik")

    answer = gateway("v3", ("echotik", "winninghunter"))(detail(UNKNOWN))

    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert answer.partial == {"product": None}


def test_questions_of_the_same_moment_share_the_call_that_fails_and_the_one_that_answers(gateway, sandbox):
    server = gateway("v3", PAIR)
    sandbox.delay(0.2, "product/list", provider="echotik")
    sandbox.delay(0.2, "product/list/analytics", provider="keyapi")
    sandbox.fail("product/list", "quota", provider="echotik")

    answers = server.together(*[listed(0, 3)] * 5)

    assert all(answer.data == answers[0].data for answer in answers)
    assert len(answers[0].data["products"]["nodes"]) == 3
    assert (sandbox.count("product/list"), sandbox.count("product/list/analytics")) == (1, 1)
    paid = [answer.body["extensions"]["cost"]["actualCredits"] for answer in answers]
    assert sum(paid) == 2


def test_what_the_rows_of_a_list_do_not_tell_is_looked_up_elsewhere(gateway, sandbox):
    sandbox.fail(AT_ECHOTIK, "gateway", provider="echotik")

    query = "{ productRanking(region: US, first: 10) { nodes { productId name rating reviewCount } } }"
    nodes = gateway("v3", PAIR)(query).data["productRanking"]["nodes"]

    assert len(nodes) == 10
    for node in nodes:
        product = sandbox.world.product(node["productId"])
        assert product and node["reviewCount"] == product.reviewed()
    assert sandbox.count("product/ranklist", provider="echotik") == 1
    assert sandbox.ids_asked(AT_KEYAPI, "keyapi") == [[node["productId"] for node in nodes]]


# ── what is stored, and who told it ───────────────────────────────────────────────────────────────────────────────


def test_what_the_other_told_before_is_served_without_a_call(gateway, sandbox):
    server = gateway("v3", PAIR)
    (id,) = sandbox.product_ids("US", 1)
    header = {"X-Providers": "keyapi"}
    questions = [detail(id), listed(0, 3), detail(id, "trend(days: 5) { date units }"), "{ categories { name } }"]
    before = [server(query, headers=header).data for query in questions]
    assert {call.provider for call in sandbox.calls} == {"keyapi"}
    sandbox.control.forget_calls()

    assert [server(query).data for query in questions] == before

    assert sandbox.count() == 0


def test_a_row_names_who_told_it(gateway, sandbox):
    (id,) = sandbox.product_ids("US", 1)
    sandbox.fail(AT_ECHOTIK, "quota", provider="echotik")

    answer = gateway("v3", PAIR)(detail(id, "name source { provider endpoint } sources { provider }"))

    assert answer.data["product"]["source"] == {"provider": "KEYAPI", "endpoint": "keyapi.product.detail"}
    assert answer.data["product"]["sources"] == [{"provider": "KEYAPI"}]
    cost = answer.body["extensions"]["cost"]
    assert cost["byEndpoint"] == {"echotik.product.detail": 1, "keyapi.product.detail": 1}
    assert (cost["calls"], cost["actualCredits"], cost["retries"]) == (2, 2, 0)


def test_an_estimate_names_who_would_be_asked_now(gateway, sandbox):
    server = gateway("v3", PAIR, shopgraph_quota_pause_s=600)
    id = sandbox.product_ids("US", 30)[-1]
    questions = {
        "product.detail": detail(id),
        "product.list": listed(7, 3),
        "product.ranklist": f'{{ productRanking(region: US, date: "{sandbox.world.date_of(3)}") {{ date }} }}',
        "category.l1": "{ categories { id } }",
        "influencer.detail": '{ influencer(handle: "nobody") { name } }',
    }
    assert {planned(server, query) for query in questions.values()} == {f"echotik.{name}" for name in questions}
    sandbox.fail("product/list", "quota", provider="echotik")
    server(listed(0, 3))

    assert {planned(server, query) for query in questions.values()} == {f"keyapi.{name}" for name in questions}


def planned(server: Gateway, query: str) -> str:
    """The one endpoint that a question is estimated at."""
    response = CLIENT.post(f"{server.url}/graphql/cost", json={"query": query})
    (endpoint,) = response.json()["byEndpoint"]
    return str(endpoint)
