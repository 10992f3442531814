"""Categories: the tree level by level, its names in several languages, and the way up and down."""

from __future__ import annotations

import pytest

from sandbox.world.category import CATEGORIES, TREE
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
