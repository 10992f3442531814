"""How many objects an answer may have: the lengths of lists within lists, as their arguments bound them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_operation_ast,
    is_composite_type,
)
from graphql.type import get_named_type
from graphql.utilities import value_from_ast_untyped
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext

from loaders.listing import MOST_ROWS
from resolvers.calendar import LONGEST_TREND
from schema.context import Context
from schema.directive import ListSize
from schema.plan import Step

SIZE = "size of the list"
MOST = {"first": MOST_ROWS, "days": LONGEST_TREND}
KEYS = ("ids", "handles")


class Size(NamedTuple):
    """How long a list is. argument: by which a client says so; usual: where it does not."""

    argument: str
    usual: int


def check_nodes(execution: ExecutionContext) -> None:
    """Refuses an operation whose lists may have more objects together than an answer may."""
    context: Context = execution.context
    assert execution.graphql_document is not None
    operation = get_operation_ast(execution.graphql_document, execution.operation_name)
    if context.limits is None or operation is None:
        return
    given = Given(operation, execution.variables or {})
    nodes = given.nodes(context.plan.of(execution.graphql_document, operation).steps)
    if nodes > context.limits.nodes:
        raise GraphQLError(
            f"query: its lists may have at most {context.limits.nodes} objects together, {nodes} are asked for",
            extensions={"code": "TOO_MANY_NODES"},
        )


class Given:
    """The values of one request."""

    def __init__(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        usual = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        self._usual = {name: value_from_ast_untyped(value) for name, value in usual.items() if value is not None}
        self._variables = variables

    def nodes(self, steps: Sequence[Step]) -> int:
        """Objects of the lists among these fields and below them, for one parent."""
        total = 0
        for step in steps:
            if step.steps:
                size = step.defined.extensions.get(SIZE)
                total += (
                    self.nodes(step.steps) if size is None else self._length(step, size) * (1 + self.nodes(step.steps))
                )
        return total

    def _length(self, step: Step, size: Size) -> int:
        """The longest that a field's list may be, where it stands several times as the first says."""
        value = self._value(step.nodes[0][0], size.argument)
        if isinstance(value, list):
            return len(value)
        if not isinstance(value, int):
            return size.usual
        return value if 0 < value <= MOST.get(size.argument, 0) else 0  # the field itself is refused

    def _value(self, node: FieldNode, name: str) -> Any:
        value: ValueNode | None = next((each.value for each in node.arguments or () if each.name.value == name), None)
        if isinstance(value, VariableNode):
            return self._variables.get(value.name.value, self._usual.get(value.name.value))
        if isinstance(value, IntValueNode):
            return int(value.value[:10])
        return list(value.values) if isinstance(value, ListValueNode) else None


def measure_lists(schema: GraphQLSchema) -> None:
    """Tells each field of a list how long that is; its directives must be there."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__"):
            for defined in kind.fields.values():
                size = _size(defined)
                if size is not None:
                    defined.extensions[SIZE] = size


def _size(defined: GraphQLField) -> Size | None:
    """None where it is no list, or one that no argument lengthens."""
    if not is_composite_type(get_named_type(defined.type)):
        return None
    declared = defined.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    told = next((each for each in getattr(declared, "directives", ()) if isinstance(each, ListSize)), None)
    if told is None:
        return None
    keys = next((name for name in KEYS if name in defined.args), None)
    if keys is not None:
        return Size(keys, 0)
    argument = next(iter(told.slicing_arguments or ()), None)
    if argument is None:
        return None
    usual = defined.args[argument].default_value
    return Size(argument, usual if isinstance(usual, int) else told.assumed_size or 1)
