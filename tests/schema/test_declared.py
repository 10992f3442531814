"""Fields are declarations: what needs code of its own is rare and says why, and everything is described."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.build import schema
from schema.field import Declared

MOST_HAND_WRITTEN = 12

RESOLVERS = sorted(Path(__file__, "../../../resolvers").resolve().rglob("*.py"))


def definitions() -> list[StrawberryObjectDefinition]:
    """Every object type and interface of the schema, as strawberry keeps it."""
    kept = (concrete.definition for concrete in schema.schema_converter.type_map.values())
    return [kind for kind in kept if isinstance(kind, StrawberryObjectDefinition) and not kind.is_input]


def fields() -> list[tuple[str, StrawberryField]]:
    return [(f"{kind.name}.{field.python_name}", field) for kind in definitions() for field in kind.fields]


def is_hand_written(field: StrawberryField) -> bool:
    """Whether what gives its value was written for it, rather than made by one of the declared kinds."""
    assert isinstance(field, Declared)
    function = field.answer or field.read
    return getattr(function, "__module__", None) != "schema.field"


HAND_WRITTEN = sorted(
    {(name, field.reason) for name, field in fields() if isinstance(field, Declared) and field.reason}
)


def test_the_walk_meets_every_object_type_that_clients_see():
    seen = {kind["name"] for kind in described() if kind["kind"] in ("OBJECT", "INTERFACE")}

    assert {kind.name for kind in definitions()} == seen


def test_every_field_is_a_declaration_and_has_no_resolver_beside_it():
    assert [name for name, field in fields() if not isinstance(field, Declared)] == []
    assert [name for name, field in fields() if field.base_resolver is not None] == []


def test_every_field_is_answered_from_one_place():
    both_or_none = [
        name
        for name, field in fields()
        if isinstance(field, Declared) and (field.read is None) == (field.answer is None)
    ]

    assert both_or_none == []


def test_few_fields_have_code_of_their_own():
    assert 0 < len(HAND_WRITTEN) <= MOST_HAND_WRITTEN, HAND_WRITTEN


def test_every_field_with_code_of_its_own_and_no_other_says_why():
    assert {name for name, field in fields() if is_hand_written(field)} == {name for name, _ in HAND_WRITTEN}
    assert [name for name, reason in HAND_WRITTEN if not (reason or "").strip()] == []


@pytest.mark.parametrize("path", RESOLVERS, ids=lambda path: path.name)
def test_a_resolver_knows_neither_strawberry_nor_graphql(path):
    tree = ast.parse(path.read_text(), str(path))

    assert {"strawberry", "graphql", "schema"}.isdisjoint(imported(tree))


def test_the_resolvers_are_read_where_they_are():
    assert "product.py" in {path.name for path in RESOLVERS}


def imported(tree: ast.AST) -> Iterator[str]:
    """The first word of every module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def described() -> list[dict[str, Any]]:
    """Every type that clients see, GraphQL's own left out."""
    types: list[dict[str, Any]] = schema.introspect()["__schema"]["types"]
    own = {"String", "Int", "Float", "Boolean", "ID"}
    return [kind for kind in types if not kind["name"].startswith("__") and kind["name"] not in own]


def parts(kind: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The type itself and its fields, arguments, input fields and enum values, each with its description."""
    yield kind["name"], kind["description"]
    for field in kind["fields"] or ():
        yield f"{kind['name']}.{field['name']}", field["description"]
        for argument in field["args"]:
            yield f"{kind['name']}.{field['name']}({argument['name']})", argument["description"]
    for part in [*(kind["inputFields"] or ()), *(kind["enumValues"] or ())]:
        yield f"{kind['name']}.{part['name']}", part["description"]


@pytest.mark.parametrize("kind", described(), ids=lambda kind: kind["name"])
def test_a_type_and_all_that_belongs_to_it_is_described(kind):
    assert [name for name, description in parts(kind) if not (description or "").strip()] == []
