"""A category of products."""

from __future__ import annotations

import strawberry

from schema.field import attribute, told
from schema.node import Sourced, entity
from schema.vocabulary import CategoryLevel


@entity("A category of the provider's three-level tree.")
class Category(Sourced):
    category_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    level: CategoryLevel | None = told("level", "Its depth in the tree; told by whatever names the category.")
