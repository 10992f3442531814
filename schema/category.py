"""A category of products."""

from __future__ import annotations

from typing import Annotated

import strawberry

from entities.vocabulary import CategoryLanguage as Language
from resolvers import category as resolve
from schema.field import Argument, answered, attribute, told
from schema.node import Sourced, entity
from schema.vocabulary import CategoryLanguage, CategoryLevel

CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
LANGUAGE = Argument("language", CategoryLanguage, "The language of the name.", Language.EN_US)
TREE = "the provider tells the tree level by level, not category by category"


@entity("A category of the provider's three-level tree. The tree is kept for a week.")
class Category(Sourced):
    category_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    level: CategoryLevel | None = told("level", "Its depth in the tree; told by whatever names the category.")
    name: str | None = answered(
        resolve.name, "Its name. One call for all names of a level and language.", LANGUAGE, reason=TREE
    )
    parent: CategoryNode | None = answered(
        resolve.parent, "The category above it; null at level 1. One call for its whole level.", reason=TREE
    )
    children: list[CategoryNode] | None = answered(
        resolve.children, "The categories below it. One call for their whole level.", reason=TREE
    )
