"""The bounds of a document, and what is told of one that is past them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from graphql import GraphQLError

from schema.outline import Circular, Definition, Enough, Outline, Totals, Unreadable, is_longer

MOST_AT_ONE_PLACE = 5
"""Directives of one field; there are four."""

MOST_REPEATED = 50
"""Times that an answer's name may be asked at the same place: validation compares each with each."""

MOST_DEFINITIONS = 50
"""Operations and fragments of a document."""

DEEPEST_INTROSPECTION = 20
"""Fields below each other from __schema on: tools ask 15, for types within lists within lists."""

MOST_LISTS_OF_TYPES = 2
"""Lists of introspection within each other: three lead from types to types and round again."""

DEEPEST_NESTING = 60
"""Selections within each other, of fields, inline fragments and spreads together."""

LONGEST_KEPT = 10_000
"""Characters of a text whose verdict is remembered."""

CHARACTERS_A_TOKEN = 20
VERDICTS_KEPT = 256
FINE = ("", "")


@dataclass(frozen=True)
class Limits:
    """What a document may have at most: an operation each, `tokens` and `fields` all together.

    fields  fields, inline fragments and spreads, counted again wherever a fragment is spread
    nodes   objects in the answer, as many as its lists may have
    """

    tokens: int = 2000
    depth: int = 16
    aliases: int = 100
    root_fields: int = 100
    directives: int = 50
    fields: int = 1000
    variables: int = 50
    nodes: int = 20_000

    @property
    def enough(self) -> Totals:
        """What of one definition is so much that the rest of the text need not be read."""
        return Totals(
            root=self.root_fields + self.aliases,  # where both are past their bounds, aliases are told
            aliases=self.aliases,
            directives=self.directives,
            nesting=DEEPEST_NESTING,
            alike=MOST_REPEATED,
            definitions=MOST_DEFINITIONS,
        )

    def refusal(self, text: str) -> GraphQLError | None:
        """Why a document is not even parsed, None where it is."""
        code, message = _verdict(self, text) if len(text) <= LONGEST_KEPT else _judged(self, text)
        return GraphQLError(message, extensions={"code": code}) if code else None


def limits_of(settings: Any) -> Limits:
    """As the operator set them."""
    return Limits(**{each.name: getattr(settings, f"shopgraph_max_{each.name}") for each in fields(Limits)})


def _judged(limits: Limits, text: str) -> tuple[str, str]:
    """Code and message, both empty where nothing is wrong."""
    characters = CHARACTERS_A_TOKEN * limits.tokens
    if len(text) > characters or is_longer(text, limits.tokens):
        most = f"{limits.tokens} tokens in {characters} characters"
        return "QUERY_TOO_LONG", f"query: at most {most}, more are in the {len(text)} characters given"
    try:
        outline = Outline(text, limits.enough)
        if outline.definitions > MOST_DEFINITIONS:
            return "TOO_MANY_DEFINITIONS", f"query: at most {MOST_DEFINITIONS} operations and fragments, more given"
        asked = outline.reckoned()
    except Enough as error:
        return _past(limits, error.definition, error.definition.own, at_least="at least ") or FINE
    except Unreadable:
        return FINE  # the parser says what is wrong
    except Circular as error:
        return "GRAPHQL_VALIDATION_FAILED", f"Cannot spread fragment '{error.fragment}' within itself."
    past = next(filter(None, (_past(limits, definition, totals) for definition, totals in asked)), None)
    if past is not None:
        return past
    selections = sum(totals.selections for _, totals in asked)
    if selections > limits.fields:
        return "TOO_MANY_FIELDS", f"query: at most {limits.fields} fields, {_shown(selections)} given"
    for definition, totals in asked:
        if totals.selections > MOST_REPEATED:
            repeated = outline.repeated(definition)
            if repeated > MOST_REPEATED:
                return "TOO_MANY_FIELDS", f"query: at most {MOST_REPEATED} times the same field, {repeated} given"
    return FINE


_verdict = lru_cache(maxsize=VERDICTS_KEPT)(_judged)


def _past(limits: Limits, definition: Definition, totals: Totals, at_least: str = "") -> tuple[str, str] | None:
    """The first bound that a definition is past."""
    for code, what, most, given in _counts(limits, definition, totals):
        if given > most:
            return code, f"query: at most {most} {what}, {at_least}{_shown(given)} given"
    return None


def _counts(limits: Limits, definition: Definition, totals: Totals) -> Iterator[tuple[str, str, int, int]]:
    """Code, what is counted, its bound, how many there are."""
    yield "QUERY_TOO_DEEP", "fields below each other", limits.depth, totals.depth
    deep = "fields below each other in introspection"
    yield "QUERY_TOO_DEEP", deep, DEEPEST_INTROSPECTION, totals.introspection
    yield "QUERY_TOO_DEEP", "lists of types within each other", MOST_LISTS_OF_TYPES, totals.lists
    yield "QUERY_TOO_DEEP", "selections within each other", DEEPEST_NESTING, totals.nesting
    yield "TOO_MANY_ALIASES", "aliases", limits.aliases, totals.aliases
    yield "TOO_MANY_DIRECTIVES", "directives", limits.directives, totals.directives
    yield "TOO_MANY_DIRECTIVES", "directives at one place", MOST_AT_ONE_PLACE, totals.at_one_place
    if definition.fragment is None:
        yield "TOO_MANY_ROOT_FIELDS", "fields of the root", limits.root_fields, totals.root
    yield "TOO_MANY_FIELDS", "times the same field", MOST_REPEATED, totals.alike
    yield "TOO_MANY_VARIABLES", "variables", limits.variables, definition.variables


def _shown(count: int) -> str:
    """Doubling fragments count beyond what is worth printing."""
    return str(count) if count < 10**9 else "more than 10^9"
