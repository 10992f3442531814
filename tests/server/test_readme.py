"""What README shows works as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

README = Path(__file__, "../../../README.md").resolve().read_text()
(PASTED,) = re.findall(r"<<'JSON'\n(.*?)\nJSON", README, re.DOTALL)
(SHOWN,) = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
POSTED = json.loads(PASTED)["query"]


def words(query: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", query)


def test_the_query_to_be_read_is_the_one_to_be_pasted():
    assert words(POSTED) == words(SHOWN)


def test_the_first_query_is_answered_in_full_for_twelve_calls_and_then_for_none(graphql, sandbox):
    products = graphql(POSTED).data["products"]["nodes"]

    assert len(products) == 5
    for product in products:
        assert product["name"] and product["cover"]["signedUrl"] and product["seller"]["id"].startswith("Seller:")
        assert product["performance"]["units"] > 0
        assert [edge["units"] for edge in product["influencers"]["edges"]] == sorted(
            (edge["units"] for edge in product["influencers"]["edges"]), reverse=True
        )
        assert len(product["influencers"]["edges"]) == 5
        assert len(product["trend"]) == 7
    assert sandbox.count() == 12

    graphql(POSTED)
    assert sandbox.count() == 12


def test_a_shop_costs_one_lookup_however_many_products_name_it(graphql, sandbox):
    answer = graphql("{ products(region: US, first: 20) { nodes { seller { id name rating } } } }")

    shops = {product["seller"]["id"] for product in answer.data["products"]["nodes"]}
    assert sandbox.count("product/list") == 2
    assert sandbox.count("seller/detail") == len(shops) == sandbox.count() - 2


def test_names_of_categories_cost_one_call_a_level(graphql, sandbox):
    answer = graphql("{ products(region: US, first: 20) { nodes { categories { name level } } } }")

    assert all(category["name"] for product in answer.data["products"]["nodes"] for category in product["categories"])
    assert sorted(call.path for call in sandbox.calls if call.path.startswith("category")) == [
        "category/l1",
        "category/l2",
        "category/l3",
    ]
    graphql("{ products(region: US, first: 20) { nodes { categories { name } } } }")
    assert sandbox.count() == 5


def test_handles_of_fifty_influencers_cost_five_lookups_of_ten(graphql, sandbox):
    graphql("{ products(region: US, first: 5) { nodes { influencers { nodes { handle } } } } }")

    assert sandbox.count("product/influencer/list") == 5
    assert sandbox.count("influencer/detail") <= 5
