"""The tree of categories, level by level, in six languages."""

import pytest

from sandbox import SandboxServer
from sandbox.world.translation import LANGUAGES


@pytest.mark.parametrize(("level", "count"), [(1, 20), (2, 80), (3, 240)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_comes_whole_with_a_name_for_each(level: int, count: int, language: str, rows):
    found = rows(f"v3/category/l{level}", language=language)

    assert len(found) == len({row["category_id"] for row in found}) == len({row["category_name"] for row in found})
    assert len(found) == count
    assert {(row["category_level"], row["language"]) for row in found} == {(str(level), language)}


def test_every_parent_is_on_the_level_above_and_picks_its_children(rows):
    tree = {level: rows(f"v3/category/l{level}", language="en-US") for level in (1, 2, 3)}

    assert {row["parent_id"] for row in tree[1]} == {"0"}
    for level, width in ((2, 4), (3, 3)):
        assert {row["parent_id"] for row in tree[level]} == {row["category_id"] for row in tree[level - 1]}
        parent = tree[level - 1][5]["category_id"]
        children = rows(f"v3/category/l{level}", language="en-US", parent_id=parent)
        assert children == [row for row in tree[level] if row["parent_id"] == parent]
        assert len(children) == width
    assert rows("v3/category/l2", language="en-US", parent_id="1") == []


def test_names_differ_by_language(rows):
    for level in (1, 2, 3):
        names = [[row["category_name"] for row in rows(f"v3/category/l{level}", language=each)] for each in LANGUAGES]
        assert all(len(set(told)) >= len(LANGUAGES) - 1 for told in zip(*names, strict=True))


def test_products_are_in_categories_of_the_tree(rows, sandbox: SandboxServer):
    ids = {row["category_id"] for level in (1, 2, 3) for row in rows(f"v3/category/l{level}", language="en-US")}

    for row in rows("v3/product/detail", product_ids=",".join(sandbox.product_ids(n=10))):
        assert {row["category_id"], row["category_l2_id"], row["category_l3_id"]} - {"0"} <= ids
