"""An operation, compiled once: which declared field stands where, and what may be asked below it.

It knows no values: `@skip`, `@include` and arguments are applied for each request. The estimate walks it, and a batch
learns from it whose answers can still add keys. Declarations tell all of it: a fact demands its entity's lookup, a
field names the capabilities that it asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from entities.graph import RECORDS
from schema.field import Declared
from upstream.endpoint import Endpoint
from upstream.routing import Catalog

DOCUMENTS_KEPT = 256

Info: TypeAlias = GraphQLResolveInfo[Any]
Conditions: TypeAlias = tuple[SelectionNode, ...]
"""The nodes whose @skip and @include must all let a field in."""


@dataclass(eq=False)
class Step:
    """A field of the answer, wherever in the document it is asked for.

    key         its name in the answer
    declared    how it is declared
    defined     the field of the GraphQL type
    nodes       each time that it is asked for, with the conditions of that
    only        the type of entity that it is asked of, None where of any
    entity      the type of the entity that its facts are of, None where it is none
    steps       the fields below it
    below       the lookups of several keys a call that those may ask
    """

    key: str
    declared: Declared
    defined: GraphQLField
    only: str | None
    entity: str | None
    nodes: list[tuple[FieldNode, Conditions]] = field(default_factory=list)
    steps: Sequence[Step] = ()
    below: frozenset[Endpoint] = frozenset()


class Place(NamedTuple):
    """Where a selection stands.

    type    the GraphQL type that it selects from
    entity  the type of the entity that its facts are of, None where it is none
    found   whether the lookup that found the entity has told what it can
    """

    type: Any
    entity: str | None
    found: bool = False


@dataclass
class Compiled:
    """An operation's steps, and each field's lookups by the field's node.

    affordable   whether it could be paid when it was asked last; where it could not, or was not asked before, it is
                 estimated before it is executed
    """

    steps: Sequence[Step]
    below: Mapping[int, frozenset[Endpoint]]
    affordable: bool = False


NOTHING: frozenset[Endpoint] = frozenset()


class Plan:
    """The plans of the operations that a process was asked last."""

    def __init__(self, catalog: Catalog, schema: GraphQLSchema) -> None:
        self._catalog = catalog
        self._schema = schema
        self._kept: OrderedDict[int, tuple[OperationDefinitionNode, Compiled]] = OrderedDict()

    def of(self, document: DocumentNode, operation: OperationDefinitionNode) -> Compiled:
        """The plan of an operation, compiled unless that was done before."""
        kept = self._kept.get(id(operation))  # the node is kept too, so that no other can have its id
        if kept is None:
            fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
            kept = self._kept[id(operation)] = (
                operation,
                Compiler(self._catalog, self._schema, fragments).compile(operation),
            )
            if len(self._kept) > DOCUMENTS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(id(operation))
        return kept[1]

    def below(self, info: Info) -> frozenset[Endpoint]:
        """The lookups of several keys a call that fields below this one may ask."""
        kept = self._kept.get(id(info.operation))
        return NOTHING if kept is None else kept[1].below.get(id(info.field_nodes[0]), NOTHING)


class Compiler:
    """Compiles one operation."""

    def __init__(
        self, catalog: Catalog, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._catalog = catalog
        self._schema = schema
        self._fragments = fragments
        self._below: dict[int, frozenset[Endpoint]] = {}

    def compile(self, operation: OperationDefinitionNode) -> Compiled:
        root = self._schema.get_root_type(operation.operation)
        steps = self._steps(Place(root, None), [(operation.selection_set, ())])
        return Compiled(steps, self._below, affordable=not steps)

    def _steps(self, place: Place, selections: Iterable[tuple[SelectionSetNode, Conditions]]) -> list[Step]:
        """The fields of selections of the same place, each name once."""
        found: dict[tuple[str, str | None], tuple[Step, Place]] = {}
        for selected, conditions in selections:
            for node, at, inside in self._fields(place, selected, conditions):
                only = at.entity if is_abstract_type(place.type) else None
                key = (node.alias or node.name).value, only
                if key not in found:
                    declared = _declared(at.type, node)
                    if declared is None:
                        continue
                    found[key] = Step(key[0], declared, at.type.fields[node.name.value], only, at.entity), at
                found[key][0].nodes.append((node, inside))
        for step, at in found.values():
            self._complete(step, at)
        return [step for step, _ in found.values()]

    def _complete(self, step: Step, at: Place) -> None:
        selections = [(node.selection_set, conditions) for node, conditions in step.nodes if node.selection_set]
        if not selections:
            return
        kind = get_named_type(step.defined.type)
        declared = step.declared
        inside = Place(kind, at.entity, at.found) if declared.groups else Place(kind, _entity(kind), declared.finds)
        step.steps = self._steps(inside, selections)
        asked = (self._asked(inside, below) | below.below for below in step.steps)
        step.below = frozenset().union(*asked)
        for node, _ in step.nodes:
            self._below[id(node)] = step.below

    def _fields(
        self, place: Place, selected: SelectionSetNode, conditions: Conditions
    ) -> Iterator[tuple[FieldNode, Place, Conditions]]:
        """The fields of a selection, fragments taken apart."""
        for node in selected.selections:
            inside = (*conditions, node) if node.directives else conditions
            if isinstance(node, FieldNode):
                yield node, place, inside
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(self._narrowed(place, node.type_condition), node.selection_set, inside)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self._fields(self._narrowed(place, fragment.type_condition), fragment.selection_set, inside)

    def _narrowed(self, place: Place, condition: Any) -> Place:
        if condition is None:
            return place
        kind = self._schema.get_type(condition.name.value)
        return place._replace(type=kind, entity=_entity(kind) or place.entity)

    def _asked(self, place: Place, step: Step) -> frozenset[Endpoint]:
        """The lookups of several keys a call that the field itself may ask."""
        entity = step.only or place.entity
        asked: list[Endpoint | None] = []
        if entity is not None and not place.found:
            asked += (supplier for fact in step.declared.facts for supplier in self._catalog.suppliers(entity, fact))
        for capability in step.declared.asks:
            asked += self._catalog.serving(capability)
        return frozenset(endpoint for endpoint in asked if endpoint is not None and endpoint.limit > 1)


def watch_fields(schema: GraphQLSchema) -> None:
    """Lets each field that has fields below it be known to the operation for as long as its answer is on its way."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for defined in kind.fields.values():
                if defined.resolve is not None and is_composite_type(get_named_type(defined.type)):
                    defined.resolve = _watched(defined.resolve)


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
    defined = getattr(kind, "fields", {}).get(node.name.value)
    declared = None if defined is None else defined.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return declared if isinstance(declared, Declared) else None
