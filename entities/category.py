"""What is known about a category of products."""

from __future__ import annotations

from msgspec import UNSET, Struct

from entities.record import Record, Told
from entities.vocabulary import CategoryLevel


class CategoryRecord(Record, frozen=True, kw_only=True):
    """A category of the provider's three-level tree; the column that names it tells its level."""

    level: Told[CategoryLevel] = UNSET


class CategoryName(Struct, frozen=True, kw_only=True):
    """One category in one language, as the provider's tree tells it; parent_id is None at level 1."""

    id: str
    level: CategoryLevel | None = None
    name: str | None = None
    parent_id: str | None = None
