"""Products through the whole server."""

from __future__ import annotations

NAMES = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { id name } }"


def test_twelve_products_cost_two_detail_calls_of_ten_and_two(graphql, sandbox):
    ids = sandbox.product_ids("US", 12)

    answer = graphql(NAMES, ids=ids)

    assert [len(asked) for asked in sandbox.ids_asked("product/detail")] == [10, 2]
    assert sorted(id for asked in sandbox.ids_asked("product/detail") for id in asked) == sorted(ids)
    assert [product["id"] for product in answer.data["productsByIds"]] == [f"Product:{id}" for id in ids]
    assert all(product["name"] for product in answer.data["productsByIds"])
