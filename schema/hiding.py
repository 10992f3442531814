"""Where introspection is switched off a client is told whether a document may be asked, and nothing of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.extensions import SchemaExtension

SUGGESTION = " Did you mean "
INVALID_CODE = "GRAPHQL_VALIDATION_FAILED"
OF_SCHEMA = (INVALID_CODE, "BAD_USER_INPUT")
INTROSPECTED = "GraphQL introspection has been disabled"
OFF = "Introspection is switched off."
INVALID = "The document is not valid; introspection is switched off, so nothing more is told."


class Hidden(SchemaExtension):
    """Refuses introspection."""

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        if execution.context.hides:
            execution.validation_rules = (*execution.validation_rules, NoSchemaIntrospectionCustomRule)
        yield


def hidden(errors: Sequence[GraphQLError], *, executed: bool) -> list[GraphQLError]:
    """What may be told of them. All faults of a document are told alike: by what an error says or leaves out of single
    fields, names could be tried. What is wrong with values of variables is told without names that were not asked.
    """
    if not executed:
        return [error for error in errors if _is_harmless(error)] or [_alike(errors)]
    for error in errors:
        error.message = error.message.partition(SUGGESTION)[0]
    return list(errors)


def _is_harmless(error: GraphQLError) -> bool:
    """Whether it tells of the document alone."""
    code = (error.extensions or {}).get("code", INVALID_CODE)
    return code not in OF_SCHEMA or error.message.startswith("Syntax Error")


def _alike(errors: Sequence[GraphQLError]) -> GraphQLError:
    told = OFF if any(error.message.startswith(INTROSPECTED) for error in errors) else INVALID
    return GraphQLError(told, extensions={"code": INVALID_CODE})
