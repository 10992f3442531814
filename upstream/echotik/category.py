"""The category group of EchoTik v3: the tree, a level a call, named in one language.

Source: the provider's v3 pages.
"""

from __future__ import annotations

from entities.category import CategoryName
from entities.vocabulary import CategoryLanguage, CategoryLevel
from upstream.argument import Code
from upstream.decode import coded, key, text
from upstream.echotik.parameter import V3
from upstream.endpoint import Freshness
from upstream.mapping import Rows, column

LANGUAGE = Code("language", {language: language.value for language in CategoryLanguage})
LEVELS = {level.value: level for level in CategoryLevel}
ROW = Rows(
    CategoryName,
    {
        "id": column(key, "category_id"),
        "level": column(coded(LEVELS), "category_level"),
        "name": column(text, "category_name"),
        "parent_id": column(key, "parent_id"),
    },
)

ENDPOINTS = tuple(
    V3(
        name=f"category.l{level}",
        path=f"echotik/category/l{level}",
        arguments={"language": LANGUAGE},
        rows=ROW,
        freshness=Freshness.TREE,
    )
    for level in LEVELS
)
