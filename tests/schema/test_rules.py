"""The rules of validation as one: whatever graphql-core finds, no more, and in its order."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from graphql import (
    BREAK,
    SKIP,
    ASTValidationRule,
    GraphQLError,
    Node,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from bench._fuzz_documents import Documents
from schema.build import schema
from schema.rules import as_one

DOCUMENTS = 300
SEED = 7

WRONG = [
    "{ nobody }",
    "{ nobody somebody }",
    "{ products { nodes { id } } }",
    "{ products(region: XX) { nodes { id } } }",
    "{ products(region: US) }",
    "{ products(region: US, region: GB) { nodes { id } } }",
    "{ node(id: $id) { id } }",
    "query ($id: ID!, $id: ID!) { node(id: $id) { id } }",
    "query ($id: Int, $other: ID) { node(id: $id) { id } }",
    "query A { __typename } query A { __typename }",
    "{ __typename } query A { __typename }",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "{ ...F } fragment F on Nobody { id }",
    "{ ...F }",
    "{ __typename } fragment F on Query { __typename }",
    "{ node(id: 1) { ... on Int { id } id @skip id @nobody id @include(if: true) @include(if: true) } }",
    "{ a: node(id: 1) { id } a: node(id: 2) { id } }",
    "subscription { nobody }",
    "type Nobody { id: ID }",
]


def both(document: Any, graph: Any = schema._schema, rules: Any = specified_rules) -> tuple[list[Any], list[Any]]:
    """What is found rule by rule, and by all as one."""
    document = parse(document) if isinstance(document, str) else document
    apart, together = validate(graph, document, rules), validate(graph, document, [as_one(tuple(rules))])
    return [error.formatted for error in apart], [error.formatted for error in together]


@pytest.mark.parametrize("document", WRONG)
def test_each_fault_is_found_as_it_is_rule_by_rule(document):
    apart, together = both(document)

    assert together == apart != []


def test_documents_made_by_chance_have_the_same_faults():
    faulty = 0
    for number in range(DOCUMENTS):
        made = Documents(Random(f"{SEED} {number}")).made()
        try:
            document = parse(made.text)
        except GraphQLError:
            continue
        apart, together = both(document)
        assert together == apart, f"seed {SEED}, document {number}"
        faulty += apart != []

    assert faulty > DOCUMENTS / 10


class Told(ASTValidationRule):
    """Tells of each node that it looks at, and when it leaves that; does at a field what its name says."""

    name = ""

    def enter(self, node: Node, *_: Any) -> Any:
        self._tell("enter", node)
        return self.at_field() if node.kind == "field" else None

    def leave(self, node: Node, *_: Any) -> Any:
        self._tell("leave", node)

    def at_field(self) -> Any:
        return None

    def _tell(self, when: str, node: Node) -> None:
        self.report_error(GraphQLError(f"{type(self).__name__} {when} {node.kind}", node))


class Skips(Told):
    def at_field(self) -> Any:
        return SKIP


class Breaks(Told):
    def at_field(self) -> Any:
        return BREAK


class LeavesFields(ASTValidationRule):
    """Stops behind the first field."""

    def leave_field(self, node: Node, *_: Any) -> Any:
        self.report_error(GraphQLError("left", node))
        return BREAK


def test_a_rule_that_skips_or_stops_is_asked_no_further():
    graph = build_schema("type Query { a: Query b: Query }")

    apart, together = both("{ a { b { a } } b }", graph, [Told, Skips, Breaks, LeavesFields])

    assert together == apart
    told = [error["message"] for error in together]
    assert told.count("Told enter field") == 4
    assert told.count("Skips enter field") == 2
    assert told.count("Breaks enter field") == 1
    assert told.count("left") == 1
