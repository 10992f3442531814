"""schema.graphql keeps the whole contract: names, arguments, defaults and nullability. It may add."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    print_ast,
)

CONTRACT = build_schema(Path(__file__, "../../data/contract.graphql").resolve().read_text())
PRINTED = build_schema(Path(__file__, "../../../schema.graphql").resolve().read_text())

TYPES = [
    name for name, kind in CONTRACT.type_map.items() if not name.startswith("__") and not is_specified_scalar_type(kind)
]


def has_fields(kind: GraphQLNamedType) -> bool:
    return isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)


NAMED = [name for name in TYPES if has_fields(CONTRACT.type_map[name])]
INPUTS = [name for name in TYPES if isinstance(CONTRACT.type_map[name], GraphQLInputObjectType)]
ENUMS = [name for name in TYPES if isinstance(CONTRACT.type_map[name], GraphQLEnumType)]
UNIONS = [name for name in TYPES if isinstance(CONTRACT.type_map[name], GraphQLUnionType)]


def fields(kind: GraphQLNamedType) -> dict[str, GraphQLField]:
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType), kind
    return dict(kind.fields)


def input_fields(kind: GraphQLNamedType) -> dict[str, GraphQLInputField]:
    assert isinstance(kind, GraphQLInputObjectType), kind
    return dict(kind.fields)


def argument(given: GraphQLArgument | GraphQLInputField) -> tuple[str, str | None]:
    """Type and default, both as they are written."""
    written = given.ast_node
    assert written is not None
    return str(given.type), None if written.default_value is None else print_ast(written.default_value)


def input_field(given: GraphQLInputField) -> tuple[str, str | None]:
    """Type and default; to a client that leaves it out, null and no default are the same."""
    kind, default = argument(given)
    return kind, None if default == "null" else default


def arguments(given: dict[str, GraphQLField]) -> dict[tuple[str, str], GraphQLArgument]:
    return {(name, argument): told for name, field in given.items() for argument, told in field.args.items()}


def test_the_contract_has_every_sort_of_type():
    assert "Product" in NAMED
    assert "ProductFilter" in INPUTS
    assert "ProductSortField" in ENUMS
    assert "DescriptionBlock" in UNIONS


@pytest.mark.parametrize("name", TYPES)
def test_a_type_of_the_contract_is_there_and_of_the_same_kind(name):
    assert type(PRINTED.type_map.get(name)) is type(CONTRACT.type_map[name])


@pytest.mark.parametrize("name", NAMED)
def test_the_fields_of_a_type_have_the_types_and_nullability_of_the_contract(name):
    promised = {field: str(told.type) for field, told in fields(CONTRACT.type_map[name]).items()}
    printed = {field: str(told.type) for field, told in fields(PRINTED.type_map[name]).items()}

    assert {field: printed.get(field) for field in promised} == promised


@pytest.mark.parametrize("name", [name for name in NAMED if arguments(fields(CONTRACT.type_map[name]))])
def test_the_arguments_of_a_types_fields_have_the_types_and_defaults_of_the_contract(name):
    promised = {place: argument(told) for place, told in arguments(fields(CONTRACT.type_map[name])).items()}
    printed = {place: argument(told) for place, told in arguments(fields(PRINTED.type_map[name])).items()}

    assert {place: printed.get(place) for place in promised} == promised


@pytest.mark.parametrize("name", NAMED)
def test_no_field_of_the_contract_needs_an_argument_that_the_contract_does_not_have(name):
    promised = fields(CONTRACT.type_map[name])
    added = {
        (field, argument): told
        for (field, argument), told in arguments(fields(PRINTED.type_map[name])).items()
        if field in promised and argument not in promised[field].args
    }

    assert [place for place, told in added.items() if is_required_argument(told)] == []


@pytest.mark.parametrize("name", [name for name in TYPES if isinstance(CONTRACT.type_map[name], GraphQLObjectType)])
def test_a_type_implements_the_interfaces_of_the_contract(name):
    promised, printed = CONTRACT.type_map[name], PRINTED.type_map[name]
    assert isinstance(promised, GraphQLObjectType)
    assert isinstance(printed, GraphQLObjectType)

    assert {face.name for face in promised.interfaces} <= {face.name for face in printed.interfaces}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_takes_what_the_contract_says_and_needs_no_more(name):
    promised, printed = input_fields(CONTRACT.type_map[name]), input_fields(PRINTED.type_map[name])

    assert {field: input_field(printed[field]) for field in promised if field in printed} == {
        field: input_field(told) for field, told in promised.items()
    }
    assert [field for field in printed.keys() - promised.keys() if is_required_input_field(printed[field])] == []


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_has_the_values_of_the_contract_in_its_order_and_begins_with_the_same(name):
    promised, printed = CONTRACT.type_map[name], PRINTED.type_map[name]
    assert isinstance(promised, GraphQLEnumType)
    assert isinstance(printed, GraphQLEnumType)

    assert [value for value in printed.values if value in promised.values] == list(promised.values)
    assert next(iter(promised.values)) == next(iter(printed.values))  # the first of a sort is what no sort means


@pytest.mark.parametrize("name", UNIONS)
def test_a_union_has_the_members_of_the_contract(name):
    promised, printed = CONTRACT.type_map[name], PRINTED.type_map[name]
    assert isinstance(promised, GraphQLUnionType)
    assert isinstance(printed, GraphQLUnionType)

    assert {member.name for member in promised.types} <= {member.name for member in printed.types}
