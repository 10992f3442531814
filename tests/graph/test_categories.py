"""Categories: the tree level by level, its names in several languages, the way up and down, and what lies in one."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.echotik.product import category_ids
from sandbox.echotik.video_row import base_row
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.category import CATEGORIES, TREE
from sandbox.world.product import Product
from sandbox.world.seller import Seller
from sandbox.world.translation import LANGUAGES, children_of, name_in

LEVELS = {"L1": 1, "L2": 2, "L3": 3}
ROOT, BRANCHES = TREE[3]
BRANCH, LEAVES = BRANCHES[1]
LEAF = LEAVES[0]
CODES = {language: language.replace("-", "_").upper() for language in LANGUAGES}


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_costs_one_call_and_then_none(level, v3, sandbox):
    query = f"{{ categories(level: {level}) {{ id categoryId level name }} }}"

    told = v3(query).data["categories"]

    assert told == [
        {"id": f"Category:{each.id}", "categoryId": each.id, "level": level, "name": each.name}
        for each in children_of(LEVELS[level], None)
    ]
    assert v3(query).data["categories"] == told
    assert sandbox.count() == sandbox.count(f"category/{level.lower()}") == 1


@pytest.mark.parametrize(("level", "above"), [("L2", ROOT), ("L3", BRANCH)])
def test_a_parent_picks_what_lies_below_it(level, above, v3, sandbox):
    answer = v3(f'{{ categories(level: {level}, parent: "{above.id}") {{ categoryId }} }}')

    below = [{"categoryId": each.id} for each in children_of(LEVELS[level], above.id)]
    assert below
    assert answer.data["categories"] == below
    assert sandbox.count() == 1


def test_nothing_is_above_the_first_level(v3, sandbox):
    answer = v3(f'{{ categories(level: L1, parent: "{ROOT.id}") {{ categoryId }} }}')

    assert answer.codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 0


def test_all_names_of_a_level_and_language_share_a_call(v3, sandbox):
    names = " ".join(f"{code}: name(language: {code})" for code in CODES.values())
    query = f"{{ categories(level: L2) {{ categoryId {names} }} }}"

    told = v3(query).data["categories"]

    expected = [{code: name_in(each, language) for language, code in CODES.items()} for each in children_of(2, None)]
    assert told == [
        {"categoryId": each.id, **named} for each, named in zip(children_of(2, None), expected, strict=True)
    ]
    assert sorted(call.params["language"] for call in sandbox.calls) == sorted(LANGUAGES)
    assert sandbox.count() == sandbox.count("category/l2") == len(LANGUAGES)
    assert v3(query).data["categories"] == told
    assert sandbox.count() == len(LANGUAGES)


def test_names_of_products_categories_cost_a_call_a_level_and_then_none(v3, sandbox):
    ids = sandbox.product_ids("SG", 10)
    query = (
        "query ($ids: [ID!]!) { productsByIds(ids: $ids) { categories { categoryId level name(language: ZH_CN) } } }"
    )

    told = v3(query, ids=ids).data["productsByIds"]

    for each in (category for product in told for category in product["categories"]):
        category = CATEGORIES[each["categoryId"]]
        assert each["level"] == f"L{category.level}"
        assert each["name"] == name_in(category, "zh-CN")
    paths = ("product/detail", "category/l1", "category/l2", "category/l3")
    assert [sandbox.count(path) for path in paths] == [1, 1, 1, 1]
    assert v3(query, ids=ids).data["productsByIds"] == told
    assert sandbox.count() == 4


def test_a_category_leads_up_and_down(v3, sandbox):
    answer = v3(f"""{{ category(id: "{BRANCH.id}") {{
        name level parent {{ categoryId name parent {{ id }} children {{ categoryId }} }}
        children {{ categoryId name parent {{ categoryId }} children {{ id }} }}
    }} }}""")

    leaves = [
        {"categoryId": leaf.id, "name": leaf.name, "parent": {"categoryId": BRANCH.id}, "children": []}
        for leaf in LEAVES
    ]
    assert answer.data["category"] == {
        "name": BRANCH.name,
        "level": "L2",
        "parent": {
            "categoryId": ROOT.id,
            "name": ROOT.name,
            "parent": None,
            "children": [{"categoryId": branch.id} for branch, _ in BRANCHES],
        },
        "children": leaves,
    }
    assert [sandbox.count(f"category/l{level}") for level in (1, 2, 3)] == [1, 1, 1]


def test_an_unknown_category_is_null(v3, sandbox):
    query = f'{{ unknown: category(id: "1") {{ name }} known: category(id: "{LEAF.id}") {{ name }} }}'

    assert v3(query).data == {"unknown": None, "known": {"name": LEAF.name}}
    assert v3(query).data == {"unknown": None, "known": {"name": LEAF.name}}
    assert sandbox.count() == 3


# ── what lies in one ──────────────────────────────────────────────────────────────────────────────────────────────

REGION = "SG"
UNTOLD = "999999"
PARAMETERS = ("category_id", "category_l2_id", "category_l3_id")
PAGING = ("page_num", "page_size")


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


@pytest.fixture
def path(world: World) -> tuple[str, str, str]:
    """The categories of all levels that a product of the market is in."""
    return next(ids for ids in map(category_ids, world.products_in(REGION)) if "0" not in ids)


def products_in(world: World, level: int, category: str) -> list[Product]:
    """Best sellers first."""
    found = [each for each in world.products_in(REGION) if category_ids(each)[level - 1] == category]
    return sorted(sorted(found, key=lambda each: each.id), key=lambda each: each.units(), reverse=True)


def sellers_in(world: World, level: int, category: str) -> list[Seller]:
    """Shops that sell most of it, best sellers first."""
    found = [each for each in world.sellers_in(REGION) if world.shop_of(each).category_path[level - 1].id == category]
    return sorted(found, key=lambda each: world.shop_of(each).units(), reverse=True)


def of_category(category: str, field: str) -> str:
    return f'{{ category(id: "{category}") {{ {field} }} }}'


def sent(sandbox: SandboxServer, path: str) -> dict[str, str]:
    """What the calls of a path asked for, paging apart."""
    (asked, *others) = [
        {name: value for name, value in call.params.items() if name not in PAGING}
        for call in sandbox.calls
        if call.path == path
    ]
    assert all(other == asked for other in others)
    return asked


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_products_of_a_category_are_those_of_its_level(level, path, v3, world, sandbox):
    category = path[level - 1]
    answer = v3(of_category(category, f"products(region: {REGION}, first: 100) {{ nodes {{ productId }} }}"))

    told = [node["productId"] for node in answer.data["category"]["products"]["nodes"]]
    assert told == [each.id for each in products_in(world, level, category)][:100]
    assert told
    order = {"product_sort_field": "1", "sort_type": "1"}
    assert sent(sandbox, "product/list") == {"region": REGION, PARAMETERS[level - 1]: category, **order}
    tree = [call.path for call in sandbox.calls if call.path.startswith("category/")]
    assert tree == [f"category/l{above}" for above in range(1, level + 1)]


def test_other_filters_sorts_and_cursors_hold_within_a_category(path, v3, world, sandbox):
    arguments = f"region: {REGION}, filter: {{ freeShipping: true }}, sort: {{ field: AVERAGE_PRICE, direction: ASC }}"
    field = f"products({arguments}, first: 3 %s) {{ nodes {{ productId }} pageInfo {{ endCursor }} }}"
    expected = [each for each in products_in(world, 1, path[0]) if each.free_shipping]
    expected.sort(key=lambda each: (each.price, each.id))
    assert len(expected) > 6

    first = v3(of_category(path[0], field % "")).data["category"]["products"]
    rest = v3(of_category(path[0], field % f'after: "{first["pageInfo"]["endCursor"]}"')).data["category"]["products"]

    prices = [world.product(node["productId"]).price for node in first["nodes"] + rest["nodes"]]
    assert prices == [each.price for each in expected[:6]]
    asked = sent(sandbox, "product/list")
    assert {"category_id": path[0], "free_shipping": "1", "product_sort_field": "3", "sort_type": "0"}.items() <= (
        asked.items()
    )


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_ranking_of_a_category_is_that_of_its_level(level, path, v3, world, sandbox):
    category = path[level - 1]
    field = f"productRanking(region: {REGION}, first: 100) {{ date edges {{ rank units node {{ productId }} }} }}"

    ranking = v3(of_category(category, field)).data["category"]["productRanking"]

    day = world.day_of(type(world.today).fromisoformat(ranking["date"]))
    gains = {each.id: each.units(day) - each.units(day + 1) for each in products_in(world, level, category)}
    best = sorted((id for id, gain in gains.items() if gain > 0), key=lambda id: (-gains[id], id))[:100]
    assert best
    assert ranking["edges"] == [
        {"rank": rank, "units": gains[id], "node": {"productId": id}} for rank, id in enumerate(best, 1)
    ]
    asked = sent(sandbox, "product/ranklist")
    assert {name: asked[name] for name in PARAMETERS if name in asked} == {PARAMETERS[level - 1]: category}


def test_a_category_is_ranked_by_what_is_asked(path, v3, sandbox):
    field = f"productRanking(region: {REGION}, period: WEEK, by: INFLUENCERS) {{ edges {{ influencers }} }}"

    edges = v3(of_category(path[1], field)).data["category"]["productRanking"]["edges"]

    asked = sent(sandbox, "product/ranklist")
    assert {name: asked[name] for name in ("rank_type", "product_rank_field", "category_l2_id")} == {
        "rank_type": "2",
        "product_rank_field": "2",
        "category_l2_id": path[1],
    }
    gained = [edge["influencers"] for edge in edges]
    assert gained == sorted(gained, reverse=True)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_shops_of_a_category_are_those_of_its_level(level, v3, world, sandbox):
    shops = map(world.shop_of, world.sellers_in(REGION))
    category = next(shop.category_path[level - 1].id for shop in shops if shop.units())
    answer = v3(of_category(category, f"sellers(region: {REGION}, first: 100) {{ nodes {{ sellerId }} }}"))

    told = [node["sellerId"] for node in answer.data["category"]["sellers"]["nodes"]]
    assert told == [each.id for each in sellers_in(world, level, category)]
    asked = sent(sandbox, "seller/list")
    assert {name: asked[name] for name in PARAMETERS if name in asked} == {PARAMETERS[level - 1]: category}
    assert asked["region"] == REGION


def test_the_level_that_a_product_tells_of_its_categories_needs_no_tree(path, v3, world, sandbox):
    product = next(each for each in world.products_in(REGION) if category_ids(each) == path)
    lists = f"products(region: {REGION}, first: 1) {{ nodes {{ productId }} }}"

    told = v3(f'{{ product(id: "{product.id}") {{ categories {{ categoryId {lists} }} }} }}').data["product"]

    assert told["categories"] == [
        {"categoryId": id, "products": {"nodes": [{"productId": products_in(world, level, id)[0].id}]}}
        for level, id in enumerate(path, 1)
    ]
    assert [sandbox.count(name) for name in ("product/detail", "product/list")] == [1, 3]
    assert sandbox.count() == 4


@pytest.mark.parametrize("level", ["l1", "l2", "l3"])
@pytest.mark.parametrize("field", ["products", "sellers"])
def test_a_category_is_not_given_to_what_lies_in_one(field, level, path, v3, sandbox):
    query = f'{field}(region: {REGION}, filter: {{ category: {{ {level}: "{path[0]}" }} }}) {{ nodes {{ id }} }}'

    answer = v3(of_category(path[0], query))

    assert answer.partial == {"category": {field: None}}
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "filter.category"
    assert {call.path for call in sandbox.calls} == {"category/l1"}


LISTS = {
    "products": f"products(region: {REGION}) {{ nodes {{ id }} }}",
    "productRanking": f"productRanking(region: {REGION}) {{ nodes {{ id }} }}",
    "sellers": f"sellers(region: {REGION}) {{ nodes {{ id }} }}",
}


@pytest.mark.parametrize("field", LISTS)
def test_what_lies_in_a_category_that_the_tree_does_not_have_is_unavailable(field, v3, world, sandbox):
    product = max(world.products_in(REGION)[:30], key=lambda each: each.videos)
    video = world.videos_of_product(product)[0]
    row: dict[str, Any] = {**base_row(world, video), "product_category_list": f'[{{"category_id":"{UNTOLD}"}}]'}
    sandbox.answer("video/detail", {"code": 0, "message": "success", "data": [row]})
    query = f'{{ video(id: "{video.id}") {{ soldCategories {{ categoryId {LISTS[field]} }} }} }}'

    for _ in range(2):
        answer = v3(query)

        assert answer.partial == {"video": {"soldCategories": [{"categoryId": UNTOLD, field: None}]}}
        assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
        assert UNTOLD in answer.errors[0]["message"]
        assert sorted(call.path for call in sandbox.calls if call.path != "video/detail") == [
            "category/l1",
            "category/l2",
            "category/l3",
        ]


@pytest.mark.parametrize(
    ("field", "list_path"),
    [
        ("influencers(region: SG, filter: { productCategory: %s })", "influencer/list"),
        ("videos(region: SG, filter: { productCategory: %s })", "video/list"),
        ("videoRanking(region: SG, productCategory: %s)", "video/ranklist"),
    ],
)
def test_lists_that_know_level_1_alone_say_so_of_any_other_and_ask_for_the_tree_once(
    field, list_path, path, v3, sandbox
):
    query = f"{{ {field} {{ nodes {{ id }} }} }}"

    for category, tree in ((path[1], 2), (path[2], 3), (UNTOLD, 3)):
        answer = v3(query % category)

        assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
        assert "productCategory" in answer.errors[0]["message"]
        asked = [call.path for call in sandbox.calls]
        assert asked == [f"category/l{level}" for level in range(1, tree + 1)]
    assert v3(query % path[0]).data
    assert sent(sandbox, list_path)["product_category_id"] == path[0]
    assert sandbox.count(list_path) == sandbox.count() - 3
