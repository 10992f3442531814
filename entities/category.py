"""What is known about a category of products."""

from __future__ import annotations

from msgspec import UNSET

from entities.record import Record, Told
from entities.vocabulary import CategoryLevel


class CategoryRecord(Record, frozen=True, kw_only=True):
    """A category of the provider's three-level tree; the column that names it tells its level."""

    level: Told[CategoryLevel] = UNSET
