"""Documents as they were read last: parsed and validated once, faults included."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.rules import as_one

MOST_FAULTS = 10
"""Faults of a document that are looked for."""

DOCUMENTS_KEPT = 256
CHARACTERS_KEPT = 200_000
"""Of all kept documents together; parsed, a character takes some hundred bytes."""

TEXT_KEPT = 20_000


@dataclass
class Read:
    """A document, or why it is none. faults: by what it was validated with."""

    document: DocumentNode | None
    error: GraphQLError | None = None
    faults: dict[Any, Sequence[GraphQLError]] = field(default_factory=dict)


class Shelf:
    """The documents that were read last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Read] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Read:
        found = self._kept.get(text)
        if found is None:
            found = read(text)
            if len(text) <= TEXT_KEPT:
                self._keep(text, found)
        else:
            self._kept.move_to_end(text)
        return found

    def _keep(self, text: str, found: Read) -> None:
        self._kept[text] = found
        self._characters += len(text)
        while len(self._kept) > DOCUMENTS_KEPT or self._characters > CHARACTERS_KEPT:
            dropped, _ = self._kept.popitem(last=False)
            self._characters -= len(dropped)


SHELF = Shelf()


class Reading(SchemaExtension):
    """Parses and validates each document once."""

    _read: Read | None = None

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        self._read = found = SHELF.read(execution.query or "")
        if found.error is not None:
            raise _again(found.error)
        execution.graphql_document = found.document
        yield

    def on_validate(self) -> Iterator[None]:
        execution, found = self.execution_context, self._read
        assert found is not None and found.document is not None
        schema, rules = execution.schema._schema, execution.validation_rules
        faults = found.faults.get((id(schema), rules))
        if faults is None:
            every = as_one((*rules, MaybeNullValidationRule, OneOfInputValidationRule))
            faults = validate(schema, found.document, [every], max_errors=MOST_FAULTS)
            found.faults[id(schema), rules] = faults
        execution.pre_execution_errors = [_again(fault) for fault in faults]
        yield


def read(text: str) -> Read:
    """A document of operations and fragments alone; its bounds were read with no other."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return Read(None, error)
    other = next((node for node in document.definitions if not isinstance(node, EXECUTABLE)), None)
    if other is not None:
        return Read(None, GraphQLError("Only operations and fragments can be executed.", nodes=other))
    return Read(document)


EXECUTABLE = (OperationDefinitionNode, FragmentDefinitionNode)


def _again(error: GraphQLError) -> GraphQLError:
    """The same fault, to be told anew; its lines and columns need not be counted again."""
    again = GraphQLError(error.message, extensions=dict(error.extensions or {}))
    again.nodes, again.source, again.positions = error.nodes, error.source, error.positions
    again.locations = error.locations
    return again
