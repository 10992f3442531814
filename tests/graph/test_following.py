"""Following relations and back, through entities other than products, and what it costs."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from sandbox.echotik.product import category_ids
from sandbox.world.product import YESTERDAY, Product
from tests.graph.every_field.figure import most


def test_a_shop_and_its_products_name_each_other(graphql, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    seller = graphql(
        """query ($id: ID!) { product(id: $id) { seller {
            id name products(first: 100) { nodes { id seller { id } } } } } }""",
        id=id,
    ).data["product"]["seller"]

    product = sandbox.world.product(id)
    shop = sandbox.world.seller_of_product(product)
    assert (seller["id"], seller["name"]) == (f"Seller:{shop.id}", shop.name)
    assert f"Product:{id}" in {node["id"] for node in seller["products"]["nodes"]}
    assert {node["seller"]["id"] for node in seller["products"]["nodes"]} == {seller["id"]}


def test_an_influencer_of_a_product_sells_it(graphql, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    query = """query ($id: ID!) { product(id: $id) { influencers(first: 1) { edges { units node {
        id products(first: 100) { edges { units videoUnits liveUnits node { id } } } } } } } }"""
    (edge,) = graphql(query, id=id).data["product"]["influencers"]["edges"]

    sold = {found["node"]["id"]: found for found in edge["node"]["products"]["edges"]}
    assert sold[f"Product:{id}"]["units"] == edge["units"]
    assert all(found["units"] == found["videoUnits"] + found["liveUnits"] for found in sold.values())


def test_a_video_shows_the_products_that_list_it_and_its_author_has_it(graphql, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    query = """query ($id: ID!) { product(id: $id) { videos(first: 1) { nodes {
        id products { totalCount nodes { id name } }
        influencer { handle videos(first: 100) { nodes { id } } } } } } }"""
    (video,) = graphql(query, id=id).data["product"]["videos"]["nodes"]

    assert f"Product:{id}" in {node["id"] for node in video["products"]["nodes"]}
    assert video["products"]["totalCount"] == len(video["products"]["nodes"])
    assert all(node["name"] for node in video["products"]["nodes"])
    assert video["id"] in {node["id"] for node in video["influencer"]["videos"]["nodes"]}


def test_a_shop_and_its_own_account_name_each_other(graphql, sandbox):
    product = sandbox.world.product(sandbox.product_ids("US", 1)[0])
    shop = sandbox.world.seller_of_product(product)

    seller = graphql("query ($id: ID!) { seller(id: $id) { id account { id seller { id } } } }", id=shop.id).data[
        "seller"
    ]

    assert seller["account"]["id"] == f"Influencer:{sandbox.world.account_of_seller(shop).id}"
    assert seller["account"]["seller"]["id"] == seller["id"] == f"Seller:{shop.id}"


def handles(sandbox, count: int) -> list[str]:
    """Of influencers whose handle the provider knows."""
    query = "{ influencers(region: US, first: 40) { nodes { id handle } } }"
    known = [node for node in sandbox(query).data["influencers"]["nodes"] if node["handle"]]
    return [node["handle"] for node in known[:count]]


def test_twelve_handles_cost_two_lookups_in_any_case_and_then_none(gateway, sandbox):
    asked = handles(gateway("v3"), 12)
    sandbox.reset()
    server = gateway("v3")
    query = "query ($handles: [String!]!) { influencersByHandles(handles: $handles) { id handle } }"

    found = server(query, handles=[f"@{asked[0].upper()}", *asked[1:], "nobody.at.all"]).data["influencersByHandles"]

    assert [node and node["handle"] for node in found] == [*asked, None]
    assert sorted(len(call.params["unique_ids"].split(",")) for call in sandbox.calls) == [3, 10]
    server(query, handles=[*asked, "nobody.at.all"])
    server("query ($ids: [ID!]!) { influencersByIds(ids: $ids) { handle } }", ids=[node["id"] for node in found[:12]])
    assert sandbox.count() == 2


@pytest.mark.parametrize("arguments", ["", 'id: "1", handle: "a"'])
def test_an_influencer_is_asked_for_by_id_or_by_handle(arguments, graphql, sandbox):
    query = f"{{ influencer({arguments}) {{ id }} }}" if arguments else "{ influencer { id } }"

    assert graphql(query).codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 0


def test_shops_are_looked_up_one_by_one_and_none_twice(graphql, sandbox):
    world = sandbox.world
    shops = [world.seller_of_product(world.product(id)).id for id in sandbox.product_ids("US", 12)]

    found = graphql("query ($ids: [ID!]!) { sellersByIds(ids: $ids) { id name } }", ids=[*shops, "7"]).data[
        "sellersByIds"
    ]

    assert [shop and shop["id"] for shop in found] == [*(f"Seller:{id}" for id in shops), None]
    assert sandbox.count("seller/detail") == len({*shops, "7"}) == sandbox.count()


@pytest.mark.parametrize("by", ["UNITS", "INFLUENCERS"])
def test_the_rows_of_a_shop_ranking_tell_name_logo_and_rating_without_a_lookup(by, graphql, sandbox):
    answer = graphql(
        f"{{ sellerRanking(region: US, by: {by}, first: 20) {{"
        " edges { rank units node { name logo { url } } } } }"
    )

    edges = answer.data["sellerRanking"]["edges"]
    assert [edge["rank"] for edge in edges] == list(range(1, 21))
    assert all(edge["node"]["name"] for edge in edges)
    assert sandbox.count("seller/ranklist") == 2 == sandbox.count()


def test_on_v2_alone_what_only_v3_tells_is_unavailable_or_null_without_a_call(gateway, sandbox):
    answer = gateway("v2")(
        """{ sellers(region: US) { nodes { id } } videos(region: US) { nodes { id } } seller(id: "7") { id }
             influencer(handle: "a") { id } categories { id } category(id: "600001") { id } }"""
    )

    assert set(answer.partial.values()) == {None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"] * 6
    assert sandbox.count() == 0


def test_a_category_is_found_in_the_tree_with_what_is_above_and_below_it(graphql, sandbox):
    (top, *_) = graphql("{ categories { id name children { id parent { id } } } }").data["categories"]
    below = top["children"][0]["id"]

    found = graphql("query ($id: ID!) { category(id: $id) { level parent { id name } } }", id=below).data["category"]

    assert {child["parent"]["id"] for child in top["children"]} == {top["id"]}
    assert found == {"level": "L2", "parent": {"id": top["id"], "name": top["name"]}}
    assert sorted(call.path for call in sandbox.calls) == ["category/l1", "category/l2"]
    assert graphql('{ category(id: "999999") { id } }').data == {"category": None}


WALK = """query ($id: ID!) { category(id: $id) { productRanking(region: SG, first: 3) { nodes {
    productId name influencers(first: 2) { edges { units node {
        userId name products(first: 4) { nodes { productId name seller { sellerId name } } } } } } } } } }"""


def test_the_whole_way_from_a_category_to_the_shops_costs_the_fewest_calls(gateway, sandbox):
    world = sandbox.world
    category = category_ids(next(iter(world.products_in("SG"))))[0]

    told = gateway("v3")(WALK, id=category).data["category"]["productRanking"]["nodes"]

    ranked = [each for each in world.products_in("SG") if category_ids(each)[0] == category]
    ranked = most(ranked, lambda each: each.units() - each.units(YESTERDAY + 1))[:3]
    sellers = {each.id: most(world.influencers_of_product(each), lambda user: user.followers)[:2] for each in ranked}
    met = {user.id: user for users in sellers.values() for user in users}
    sold = {user.id: most(world.products_of_influencer(user), Product.units)[:4] for user in met.values()}
    shops = {each.id: world.seller_of_product(each) for products in sold.values() for each in products}
    assert told == [
        {
            "productId": each.id,
            "name": world.listing_of(each).title,
            "influencers": {
                "edges": [
                    {
                        "units": world.sales_of(each).influencer(user.index).units,
                        "node": {
                            "userId": user.id,
                            "name": user.nick_name,
                            "products": {
                                "nodes": [
                                    {
                                        "productId": one.id,
                                        "name": world.listing_of(one).title,
                                        "seller": {"sellerId": shops[one.id].id, "name": shops[one.id].name},
                                    }
                                    for one in sold[user.id]
                                ]
                            },
                        },
                    }
                    for user in sellers[each.id]
                ]
            },
        }
        for each in ranked
    ]
    calls = {
        "category/l1": 1,
        "product/ranklist": 1,
        "product/influencer/list": len(ranked),
        "influencer/product/list": len(met),
        "product/detail": math.ceil(len(shops) / 10),  # rows of an influencer's products do not name the shop
        "seller/detail": len({shop.id for shop in shops.values()}),
    }
    assert Counter(call.path for call in sandbox.calls) == calls
