"""What every entity of the graph shares."""

from __future__ import annotations

from typing import Any

import strawberry

from entities.graph import Entity
from schema.field import attribute, sourced, sourced_all
from schema.source import TYPES, RecordSource


@strawberry.interface(description="An object with an id that `node` takes.")
class Node:
    id: strawberry.ID = attribute("global_id", 'Global id: "<Type>:<upstream id>".')

    @classmethod
    def resolve_type(cls, entity: Entity, *_: Any) -> str:
        return entity.type


@strawberry.type
class Sourced(Node):
    """A type of entity: told by rows that can be named."""

    source: RecordSource | None = sourced()
    sources: list[RecordSource] = sourced_all()

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Entity) and value.type == cls.__name__


def entity(description: str) -> Any:
    """Declares the GraphQL type of a type of entity."""

    def declare(cls: type) -> type:
        TYPES[cls.__name__] = made = strawberry.type(cls, description=description)
        return made

    return declare
