"""Where facts came from, as clients see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

import strawberry
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.lazy_type import LazyType

from entities.record import Fact
from resolvers.source import Source
from schema.field import Declared, attribute, derived
from schema.vocabulary import Provider

TYPES: dict[str, type] = {}
"""The GraphQL type of each type of entity, by its name."""


def fields_told(source: Source) -> list[str]:
    """The fields of the entity's type that show a fact of this row, in the order of the schema."""
    told = set(source.facts)
    return [name for name, facts in _shown(source.kind) if told & facts]


@cache
def _shown(kind: str) -> list[tuple[str, frozenset[Fact]]]:
    definition = get_object_definition(TYPES[kind], strict=True)
    return [(_name(field), frozenset(_facts(field))) for field in definition.fields if isinstance(field, Declared)]


def _facts(field: Declared) -> Iterable[Fact]:
    """What a field shows: itself, or through the type that groups facts of the same entity."""
    return field.facts if field.facts or not field.groups else _grouped(field)


def _grouped(field: Declared) -> Iterator[Fact]:
    definition = get_object_definition(_inner(field.type), strict=True)
    for inner in definition.fields:
        if isinstance(inner, Declared):
            yield from _facts(inner)


def _inner(kind: Any) -> Any:
    while isinstance(kind, StrawberryContainer | LazyType):
        kind = kind.of_type if isinstance(kind, StrawberryContainer) else kind.resolve_type()
    return kind


def _name(field: Declared) -> str:
    head, *rest = field.python_name.split("_")
    return field.graphql_name or head + "".join(word.capitalize() for word in rest)


@strawberry.type(description="One row of a provider that tells something of an entity.")
class RecordSource:
    provider: Provider = attribute("provider", "Who told it.")
    endpoint: str = attribute("endpoint", 'The provider\'s endpoint, such as "echotik.product.detail".')
    version: str = attribute("version", 'The version of the provider\'s API, such as "v3".')
    fetched_at: datetime = attribute("fetched_at", "When the row was received (UTC).")
    cached: bool = attribute("cached", "Whether it was known before this operation began.")
    as_of: date | None = attribute("as_of", "The day that the data describe (UTC); null for a live read.")
    parts: list[str] = derived(
        fields_told,
        "The fields of the entity that show what this row told.",
        reason="facts of the record are told by the names of the fields that show them",
    )
