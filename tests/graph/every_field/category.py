"""Categories: the tree, its names, and what is sold in one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sandbox.echotik.product import category_ids
from sandbox.world import World
from sandbox.world.category import TREE, Category
from sandbox.world.product import Product
from sandbox.world.translation import children_of, name_in
from tests.graph.every_field.figure import REGION, category, ids, most
from tests.graph.every_field.page import compare_pages
from tests.graph.every_field.ranking import (
    PRODUCT_EDGE,
    last_month,
    product_edge,
    ranked_products,
)
from tests.graph.walked import Walker

FACTS = "id categoryId level name thai: name(language: TH_TH)"
ROOT, BRANCHES = TREE[5]
BRANCH, LEAVES = BRANCHES[2]


def facts(found: Category) -> dict[str, Any]:
    return {**category(found), "name": found.name, "thai": name_in(found, "th-TH")}


def compare_levels(walker: Walker) -> None:
    for level in (1, 2, 3):
        told = [facts(found) for found in children_of(level, None)]
        walker.same(f"{{ categories(level: L{level}) {{ {FACTS} }} }}", {"categories": told})


def compare_the_way_up_and_down(walker: Walker) -> None:
    told = {
        **facts(BRANCH),
        "parent": {**facts(ROOT), "parent": None, "children": [{"id": f"Category:{each.id}"} for each, _ in BRANCHES]},
        "children": [{**facts(leaf), "children": []} for leaf in LEAVES],
    }
    below = f"{FACTS} children {{ id }}"
    query = f"{FACTS} parent {{ {FACTS} parent {{ id }} children {{ id }} }} children {{ {below} }}"
    walker.same(f'{{ category(id: "{BRANCH.id}") {{ {query} }} }}', {"category": told})


def products_in(world: World, found: Category) -> list[Product]:
    """Those whose rows name it."""
    return [each for each in world.products_in(REGION) if category_ids(each)[found.level - 1] == found.id]


def compare_products(walker: Walker) -> None:
    world = walker.world
    for found in (ROOT, BRANCH):
        products = most(products_in(world, found), Product.units)
        opened = [f'category(id: "{found.id}")', f"products(region: {REGION})"]
        compare_pages(walker, opened, ids("Product", products))


def compare_ranking(walker: Walker) -> None:
    world = walker.world
    period, date = last_month(world), last_month(world).start.isoformat()
    for found in (ROOT, BRANCH):
        ranked = ranked_products(products_in(world, found), period)
        told = [{"rank": rank, **product_edge(world, period, each)} for rank, each in enumerate(ranked[:10], 1)]
        opened = f'category(id: "{found.id}")'
        asked = f'productRanking(region: {REGION}, period: MONTH, date: "{date}")'
        walker.same(
            f"{{ {opened} {{ {asked} {{ date edges {{ rank {PRODUCT_EDGE} }} }} }} }}",
            {"category": {"productRanking": {"date": date, "edges": told}}},
        )
        compare_pages(walker, [opened, asked], ids("Product", ranked), more={"date": date})


def compare_sellers(walker: Walker) -> None:
    """Those that sell most in it, of the categories that most shops do so in."""
    world = walker.world
    paths = [world.shop_of(each).category_path for each in world.sellers_in(REGION)]
    for level in (1, 2):
        ((found, _),) = Counter(path[level - 1] for path in paths).most_common(1)
        sellers = [each for each in world.sellers_in(REGION) if found in world.shop_of(each).category_path]
        sellers = most(sellers, lambda seller: world.shop_of(seller).units())
        opened = [f'category(id: "{found.id}")', f"sellers(region: {REGION})"]
        compare_pages(walker, opened, ids("Seller", sellers))


ALL = (compare_levels, compare_the_way_up_and_down, compare_products, compare_ranking, compare_sellers)
