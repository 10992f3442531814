"""What the fields of an operation may ask for below them: so a batch knows whose answers can still add keys to it.

Declarations tell it: a fact demands its entity's lookup, a field names the capabilities that it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from entities.graph import RECORDS
from schema.field import Declared
from upstream.endpoint import Endpoint
from upstream.routing import Catalog

FIELDS_KEPT = 20_000

Info: TypeAlias = GraphQLResolveInfo[Any]


class Place(NamedTuple):
    """Where a selection stands.

    type    the GraphQL type that it selects from
    entity  the type of the entity that its facts are of, None where it is none
    found   whether the lookup that found the entity has told what it can
    """

    type: Any
    entity: str | None
    found: bool = False


class Plan:
    """What may be asked below each field, for all operations of a process."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[int, tuple[FieldNode, frozenset[Endpoint]]] = {}

    def below(self, info: Info) -> frozenset[Endpoint]:
        """The lookups of several keys a call that fields below this one may ask."""
        node = info.field_nodes[0]
        kept = self._kept.get(id(node))  # the node is kept too, so that no other can have its id
        if kept is None:
            if len(self._kept) >= FIELDS_KEPT:
                self._kept.clear()
            place = Place(info.parent_type, _entity(info.parent_type))
            asked = frozenset().union(*(self._below(place, field, info) for field in info.field_nodes))
            kept = self._kept[id(node)] = node, asked
        return kept[1]

    def _below(self, place: Place, node: FieldNode, info: Info) -> frozenset[Endpoint]:
        field = _declared(place.type, node)
        if field is None or node.selection_set is None:
            return frozenset()
        kind = get_named_type(place.type.fields[node.name.value].type)
        inside = Place(kind, place.entity, place.found) if field.groups else Place(kind, _entity(kind), field.finds)
        return frozenset(self._selected(inside, node.selection_set, info))

    def _selected(self, place: Place, selected: SelectionSetNode, info: Info) -> Iterator[Endpoint]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield from self._asked(place, node)
                yield from self._below(place, node, info)
            elif isinstance(node, InlineFragmentNode):
                yield from self._selected(self._narrowed(place, node.type_condition, info), node.selection_set, info)
            elif isinstance(node, FragmentSpreadNode):
                fragment = info.fragments[node.name.value]
                narrowed = self._narrowed(place, fragment.type_condition, info)
                yield from self._selected(narrowed, fragment.selection_set, info)

    def _narrowed(self, place: Place, condition: Any, info: Info) -> Place:
        if condition is None:
            return place
        kind = info.schema.get_type(condition.name.value)
        return place._replace(type=kind, entity=_entity(kind) or place.entity)

    def _asked(self, place: Place, node: FieldNode) -> Iterator[Endpoint]:
        """The lookups that the field itself may ask."""
        field = _declared(place.type, node)
        if field is None:
            return
        if place.entity is not None and not place.found:
            suppliers = (self._catalog.supplier(place.entity, fact) for fact in field.facts)
            yield from (endpoint for endpoint in suppliers if endpoint is not None and endpoint.limit > 1)
        for capability in field.asks:
            yield from (endpoint for endpoint in self._catalog.serving(capability) if endpoint.limit > 1)


def watch_fields(schema: GraphQLSchema) -> None:
    """Lets each field that has fields below it be known to the operation for as long as its answer is on its way."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                if field.resolve is not None and is_composite_type(get_named_type(field.type)):
                    field.resolve = _watched(field.resolve)


def _watched(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(source: Any, info: Info, **arguments: Any) -> Any:
        answer = resolve(source, info, **arguments)
        if isinstance(answer, CoroutineType):
            return _awaited([answer], info)[0]
        if type(answer) is list and answer and isinstance(answer[0], CoroutineType):
            return _awaited(answer, info)
        return answer

    return resolved


def _awaited(answers: Sequence[Any], info: Info) -> Sequence[Any]:
    endpoints = info.context.plan.below(info)
    if not endpoints:
        return answers
    return [info.context.session.feeding.while_awaited(endpoints, answer) for answer in answers]


def _entity(kind: object) -> str | None:
    name = getattr(kind, "name", None)
    return name if name in RECORDS else None


def _declared(kind: Any, node: FieldNode) -> Declared | None:
    field = getattr(kind, "fields", {}).get(node.name.value)
    declared = None if field is None else field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return declared if isinstance(declared, Declared) else None
