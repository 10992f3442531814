"""A list stays with whoever began it: those who tell the same rows go on with each other's cursors, others never do."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.server import SandboxServer
from sandbox.world.seller import Seller
from tests.conftest import ALL, Answer
from tests.graph.test_failover import PAIR

OF_SHOP = "shop-detail/product/queryList"
CODES = {"quota": "UPSTREAM_QUOTA_EXHAUSTED", "gateway": "UPSTREAM_UNAVAILABLE", "rate": "UPSTREAM_RATE_LIMITED"}
PINNED = {"X-Providers": "winninghunter"}

PAGE = "edges { cursor node { id } } pageInfo { endCursor hasNextPage }"
# path at EchoTik, path at KeyAPI, query
CONTINUED = {
    "products": (
        "product/list",
        "product/list/analytics",
        "query ($after: String) { list: products(region: US, first: 10, after: $after) { %s } }",
    ),
    "ranking": (
        "product/ranklist",
        "product/ranking/analytics",
        "query ($after: String) { list: productRanking(region: US, first: 10, after: $after) { %s } }",
    ),
    "shops": (
        "seller/list",
        "shop/list/analytics",
        "query ($after: String) { list: sellers(region: US, first: 10, after: $after) { %s } }",
    ),
    "influencers of a product": (
        "product/influencer/list",
        "product/creators/analytics",
        "query ($after: String) { product(id: {id}) { list: influencers(first: 10, after: $after) { %s } } }",
    ),
}
every_list = pytest.mark.parametrize("name", CONTINUED)


def asking(name: str, sandbox: SandboxServer) -> str:
    popular = next(each for each in sandbox.world.products_in("US") if each.established and each.reach >= 30)
    return (CONTINUED[name][2] % PAGE).replace("{id}", f'"{popular.id}"')


def listed(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.data.get("list") or answer.data["product"]["list"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in found["edges"]]


def big(sandbox: SandboxServer) -> Seller:
    """A shop of twenty products, two pages of EchoTik and less than one of Winning Hunter."""
    return next(seller for seller in sandbox.world.sellers_in("US") if seller.number == 0)


def of_shop(seller: Seller, first: int = 5, fields: str = "nodes { id } pageInfo { endCursor }") -> str:
    products = f"products(sort: {{field: GMV_7D}}, first: {first}, after: $after) {{ {fields} }}"
    return f'query ($after: String) {{ seller(id: "{seller.id}") {{ name {products} }} }}'


def best_of_week(sandbox: SandboxServer, seller: Seller) -> list[str]:
    """Ids of its products by GMV of a week, as both providers order them."""
    sold = sandbox.world.products_of_seller(seller)
    return [f"Product:{each.id}" for each in sorted(sold, key=lambda each: (each.gmv(8) - each.gmv(), each.id))]


# ── those that tell the same rows ─────────────────────────────────────────────────────────────────────────────────


@every_list
@pytest.mark.parametrize("fault", ["quota", "gateway"])
def test_a_list_begun_at_one_goes_on_at_the_other_with_the_right_rows(name: str, fault: str, gateway, sandbox):
    at_echotik, at_keyapi, _ = CONTINUED[name]
    query = asking(name, sandbox)
    server = gateway("v3", PAIR)
    first = listed(server(query))
    whole = listed(gateway("v3")(query.replace("first: 10", "first: 30")))
    sandbox.control.forget_calls()
    sandbox.fail(at_echotik, fault, provider="echotik")

    second = listed(server(query, after=first["pageInfo"]["endCursor"]))
    third = listed(server(query, after=second["pageInfo"]["endCursor"]))

    assert ids(first) + ids(second) + ids(third) == ids(whole)
    assert len(set(ids(whole))) == 30
    assert sandbox.count(at_keyapi) == 2
    sandbox.reset()
    again = listed(gateway("v3")(query, after=second["pageInfo"]["endCursor"]))
    assert ids(again) == ids(third) and sandbox.count(at_keyapi) == 0


@every_list
@pytest.mark.parametrize(("begun", "then"), [("keyapi", "echotik"), ("echotik", "keyapi")])
def test_a_cursor_outlives_the_provider_at_which_it_was_given(name: str, begun: str, then: str, gateway, sandbox):
    query = asking(name, sandbox)
    whole = listed(gateway("v3")(query.replace("first: 10", "first: 20")))
    first = listed(gateway("v3" if begun == "echotik" else None, (begun,))(query))
    sandbox.control.forget_calls()

    second = listed(gateway("v3" if then == "echotik" else None, (then,))(query, after=first["edges"][7]["cursor"]))

    assert ids(first) == ids(whole)[:10] and ids(second) == ids(whole)[8:18]
    assert {call.provider for call in sandbox.calls} == {then}


def test_who_is_begun_at_and_well_goes_on_with_it(gateway, sandbox):
    query = asking("products", sandbox)
    cursor = listed(gateway(providers=("keyapi",))(query))["pageInfo"]["endCursor"]
    sandbox.control.forget_calls()

    assert len(ids(listed(gateway("v3", PAIR)(query, after=cursor)))) == 10

    assert {call.provider for call in sandbox.calls} == {"keyapi"}


def test_where_all_who_tell_the_rows_fail_the_list_is_null_with_the_first_code(gateway, sandbox):
    query = asking("products", sandbox)
    server = gateway("v3", ALL)
    cursor = listed(server(query))["pageInfo"]["endCursor"]
    sandbox.fail("product/list", "quota", provider="echotik")
    sandbox.fail("product/list/analytics", "auth", provider="keyapi")

    answer = server(query, after=cursor)

    assert answer.partial == {"list": None}
    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    message = answer.errors[0]["message"]
    assert message.index("echotik.product.list") < message.index("keyapi.product.list")


# ── others ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", CODES)
def test_a_list_of_other_rows_is_null_where_who_began_it_fails(fault: str, gateway, sandbox):
    seller = big(sandbox)
    begun = gateway("v3", ALL)(of_shop(seller), headers=PINNED).data["seller"]["products"]
    assert [node["id"] for node in begun["nodes"]] == best_of_week(sandbox, seller)[:5]
    server = gateway("v3", ALL)
    assert server(f'{{ seller(id: "{seller.id}") {{ name }} }}').data["seller"]["name"]
    sandbox.control.forget_calls()
    sandbox.fail(OF_SHOP, fault, provider="winninghunter")

    answer = server(of_shop(seller), after=begun["pageInfo"]["endCursor"])

    assert answer.partial == {"seller": {"name": seller.name, "products": None}}
    assert answer.codes == [CODES[fault]] and "winninghunter.seller.product.list" in answer.errors[0]["message"]
    assert {call.path for call in sandbox.calls if call.provider != "winninghunter"} == set()


def test_a_list_of_other_rows_goes_on_where_it_was_begun(gateway, sandbox):
    seller = big(sandbox)
    begun = gateway("v3", ALL)(of_shop(seller), headers=PINNED).data["seller"]["products"]
    sandbox.control.forget_calls()

    answer = gateway("v3", ALL)(of_shop(seller), after=begun["pageInfo"]["endCursor"])

    assert [node["id"] for node in answer.data["seller"]["products"]["nodes"]] == best_of_week(sandbox, seller)[5:10]
    assert sandbox.count(OF_SHOP) == 1
    assert sandbox.count("seller/product/list") == sandbox.count("shop/products/analytics") == 0


def test_a_list_of_other_rows_is_unavailable_where_who_began_it_is_not_configured(gateway, sandbox):
    seller = big(sandbox)
    begun = gateway("v3", ALL)(of_shop(seller), headers=PINNED).data["seller"]["products"]

    answer = gateway("v3", PAIR)(of_shop(seller), after=begun["pageInfo"]["endCursor"])

    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert answer.partial["seller"]["products"] is None


@pytest.mark.parametrize("fault", CODES)
def test_in_the_middle_of_a_list_nobody_with_other_rows_is_asked(fault: str, gateway, sandbox):
    seller = big(sandbox)
    server = gateway("v3", ("echotik", "winninghunter"), shopgraph_credit_prices="winninghunter=9")
    sandbox.fail("seller/product/list", fault, provider="echotik", when={"page_num": "2"})

    answer = server(of_shop(seller, 20))

    assert answer.partial == {"seller": {"name": seller.name, "products": None}}
    assert answer.codes == [CODES[fault]] and "winninghunter" not in answer.errors[0]["message"]
    assert sandbox.count(provider="winninghunter") == 0


def test_a_list_of_which_no_row_arrived_comes_whole_from_another(gateway, sandbox):
    seller = big(sandbox)
    server = gateway("v3", ("echotik", "winninghunter"), shopgraph_credit_prices="winninghunter=9")
    sandbox.fail("seller/product/list", "quota", provider="echotik")

    found = server(of_shop(seller, 20)).data["seller"]["products"]["nodes"]

    assert [node["id"] for node in found] == best_of_week(sandbox, seller)
    assert sandbox.count(OF_SHOP) == 1 and sandbox.count("seller/product/list") == 1


def test_one_page_of_many_rows_is_cheaper_than_two_of_ten(gateway, sandbox):
    seller = big(sandbox)
    server = gateway("v3", ("echotik", "winninghunter"))
    rate = "performance(window: LAST_7_DAYS) { conversionRate }"
    assert server(f'{{ seller(id: "{seller.id}") {{ {rate} }} }}').data["seller"]["performance"]["conversionRate"]
    sandbox.control.forget_calls()

    found = server(of_shop(seller, 20)).data["seller"]["products"]["nodes"]

    assert [node["id"] for node in found] == best_of_week(sandbox, seller) and len(found) == 20
    assert [call.path for call in sandbox.calls] == [OF_SHOP]


def test_both_order_a_shops_products_alike(sandbox, gateway):
    """What the other tests take for granted."""
    seller = big(sandbox)
    told = [
        server(of_shop(seller, 20)).data["seller"]["products"]["nodes"]
        for server in (gateway("v3"), gateway(providers=("winninghunter",)))
    ]

    assert told[0] == told[1] == [{"id": id} for id in best_of_week(sandbox, seller)]
