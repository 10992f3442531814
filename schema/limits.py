"""What is refused before anything is executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.types import ExecutionContext

from resolvers.node import MOST_IDS

LISTS = ("ids", "handles")
"""Arguments of the root that take many keys."""


def check_name(execution: ExecutionContext) -> None:
    """Refuses a document of several operations that does not say which is meant; Strawberry would take the first."""
    assert execution.graphql_document is not None
    operations = [d for d in execution.graphql_document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) > 1 and execution._provided_operation_name is None:
        raise GraphQLError(
            "operationName: must name one of the document's operations", extensions={"code": "BAD_USER_INPUT"}
        )


def check_ids(execution: ExecutionContext) -> None:
    """Refuses an operation one of whose root lists has too many ids."""
    assert execution.graphql_document is not None
    definitions = execution.graphql_document.definitions
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    for operation in definitions:
        if isinstance(operation, OperationDefinitionNode) and _is_asked(operation, execution.operation_name):
            defaults = {v.variable.name.value: v.default_value for v in operation.variable_definitions or ()}
            given = {**defaults, **(execution.variables or {})}
            for field in _root_fields(operation.selection_set, fragments):
                _check(field, given)


def _is_asked(operation: OperationDefinitionNode, name: str | None) -> bool:
    return name is None or (operation.name is not None and operation.name.value == name)


def _root_fields(selection: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            yield from _root_fields(fragments[node.name.value].selection_set, fragments)


def _check(field: FieldNode, variables: dict[str, Any]) -> None:
    for argument in field.arguments or ():
        if argument.name.value not in LISTS:
            continue
        value: Any = argument.value
        if isinstance(value, VariableNode):
            value = variables.get(value.name.value)
        given = value.values if isinstance(value, ListValueNode) else value
        count = len(given) if isinstance(given, list | tuple) else 0
        if count > MOST_IDS:
            raise GraphQLError(
                f"{argument.name.value}: at most {MOST_IDS} at a time, {count} given",
                nodes=field,
                extensions={"code": "BAD_USER_INPUT", "argument": argument.name.value},
            )
