"""Documents made by chance from the schema: most are right, others have odd values, or a few letters changed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    specified_rules,
    validate,
)

from schema.bounds import Limits
from schema.build import schema
from schema.rules import as_one

SCREENS = Path(__file__).parent / "screens"
GRAPH: GraphQLSchema = schema._schema
ROOTS = dict(GRAPH.query_type.fields) if GRAPH.query_type else {}
RARE = ("after", "handle", "latest", "date")
"""Arguments that go beside few others."""

REGION = "SG"
"""The emulated providers' smallest market: they take longest where a whole one is looked through."""

RECENT = datetime.fromtimestamp(time.time(), UTC).date() - timedelta(days=5)
IDS = [f"17294{number:014d}" for number in range(40)]

ODD: Sequence[str] = (
    *(
        "null",
        "0",
        "-1",
        "2147483648",
        "1e999",
        "-0",
        "9" * 400,
        "true",
        '""',
        '"\\u0000"',
        '"\\uD83D"',
        '"\\u{1F600}"',
    ),
    *(
        '"\u202e"',
        '"' + "x" * 3000 + '"',
        '"""\n block \\""" """',
        "[]",
        "[[]]",
        "{}",
        "{a: 1}",
        "NOBODY",
        "$nobody",
        '"0"',
    ),
    *(
        '"Product:1"',
        '"Seller:"',
        '"%00"',
        '"../../etc/passwd"',
        '"javascript:alert(1)"',
        '"https://a:b@c.d/"',
        '"0000-00-00"',
    ),
    *('"9999-12-31"', '"eyJ"', '"AAAA"', "1.5", '"1e400"', "[null]", '["", "0", "\u0660"]'),
)
PIECES: Sequence[str] = (
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "@",
        "...",
        "|",
        "&",
        "=",
        '"',
        '"""',
        "#",
        ",",
        "\ufeff",
        "\u2028",
        "\x00",
    ),
    *(
        "\ud800",
        "\U0001f600",
        "query",
        "mutation",
        "subscription",
        "fragment A on Query",
        "... on",
        "...A",
        "on",
        "null",
    ),
    *(
        "__typename",
        "__schema { types { name } }",
        "@skip(if: true)",
        "@include(if: $no)",
        "@defer",
        "first: 99999999999",
        "\\",
    ),
    *(
        "{{{{{{{{{{",
        "a: a: ",
        "query Q($a: [Int!]! = [1])",
        "extend type Query { a: Int }",
        "id id id id id id",
        "9" * 50,
    ),
)


class Made(NamedTuple):
    """A document with its variables. is_whole: nothing of it was torn."""

    text: str
    variables: Mapping[str, Any]
    is_whole: bool


class Documents:
    """Makes documents; two of the same chance and ids make the same. torn: the share that is no longer as it grew."""

    def __init__(self, chance: Random, ids: Sequence[str] = IDS, torn: float = 0.35, deepest: int = 4) -> None:
        self._chance = chance
        self._share_torn = torn
        self._deepest = deepest
        self._ids = ids
        self._oddness = chance.choice((0.0, 0.0, 0.05, 0.3))
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []

    def made(self) -> Made:
        chance = self._chance
        is_screen = chance.random() < 0.1
        text = chance.choice(TEXTS) if is_screen else self._grown()
        variables = {name: value for name, (_, value) in self._variables.items()}
        if is_screen:
            key = chance.choice(list(self._ids))
            known = {"id": key, "ids": [f"Product:{key}"], "region": REGION, "handle": "a", "category": "601450"}
            variables = {**known, "first": 2, "seller": key}
        is_torn = chance.random() < self._share_torn
        return Made(self._torn(text) if is_torn else text, variables, not is_torn)

    def _grown(self) -> str:
        chance = self._chance
        names = [chance.choice(list(ROOTS)) for _ in range(chance.choice((1, 1, 1, 1, 2, 3)))]
        fields = " ".join(self._field(name, ROOTS[name], 0, place) for place, name in enumerate(names))
        told = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        head = f"query Q({told}) " if told else chance.choice(("", "query Q ", "query "))
        return " ".join((f"{head}{{ {fields} }}", *self._fragments))

    def _field(self, name: str, field: GraphQLField, depth: int, place: int = 0) -> str:
        chance = self._chance
        alias = f"a{depth}_{place}: " if (place and not depth) or chance.random() < 0.15 else ""
        given = [
            f"{argument}: {self._argument(argument, known.type)}"
            for argument, known in field.args.items()
            if isinstance(known.type, GraphQLNonNull)
            or argument in ("first", "id", "ids")
            or chance.random() < (0.02 if argument in RARE else 0.2)
        ]
        mark = (
            chance.choice((" @include(if: true)", " @skip(if: false)", " @skip(if: true)"))
            if chance.random() < 0.03
            else ""
        )
        arguments = "(" + ", ".join(given) + ")" if given else ""
        return f"{alias}{name}{arguments}{mark}{self._selection(get_named_type(field.type), depth + 1)}"

    def _selection(self, kind: GraphQLNamedType, depth: int) -> str:
        chance = self._chance
        if is_leaf_type(kind):
            return "" if chance.random() >= self._oddness / 40 else " { id }"
        if is_abstract_type(kind):
            members = chance.sample(list(GRAPH.get_possible_types(kind)), k=1)
            return "".join(
                (
                    " { __typename",
                    *(f" ... on {member.name}{self._selection(member, depth)}" for member in members),
                    " }",
                )
            )
        assert isinstance(kind, GraphQLObjectType)
        leaves = [name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]
        inner = [name for name in kind.fields if name not in leaves]
        wanted = chance.sample(leaves, k=min(len(leaves), chance.choice((1, 2, 4))))
        if depth < self._deepest and inner:
            wanted += chance.sample(inner, k=min(len(inner), chance.choice((0, 1, 1, 2) if leaves else (1, 2))))
        fields = [self._field(name, kind.fields[name], depth, place) for place, name in enumerate(wanted)]
        fields = fields or ["__typename"]
        if chance.random() < 0.06:
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            self._fragments[int(name[1:])] = f"fragment {name} on {kind.name} {{ {' '.join(fields)} }}"
            return f" {{ ...{name} }}"
        return f" {{ {' '.join(fields)} }}"

    def _argument(self, name: str, kind: Any) -> str:
        chance = self._chance
        if chance.random() < self._oddness:
            return chance.choice(ODD)
        if name == "first":
            return str(chance.choice((1, 1, 2, 3, 11)))
        if name in ("id", "ids") and isinstance(get_named_type(kind), GraphQLNamedType):
            keys = [json.dumps(key) for key in chance.sample(list(self._ids), k=2)]
            return f"[{', '.join(keys)}]" if isinstance(_nullable(kind), GraphQLList) else keys[0]
        if chance.random() < 0.12:
            return self._variable(kind)
        return self._value(kind)

    def _variable(self, kind: Any) -> str:
        name = f"v{len(self._variables)}"
        value: Any = self._chance.choice((None, 1, "1", REGION, [], {}, True, 1.5, "2026-01-01", {"min": 1}, [REGION]))
        if is_leaf_type(_nullable(kind)) and self._chance.random() < 0.8:
            value = _python(self._value(kind))
        self._variables[name] = (str(kind), value)
        return f"${name}"

    def _value(self, kind: Any) -> str:
        chance, kind = self._chance, _nullable(kind)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self._value(kind.of_type) for _ in range(chance.choice((0, 1, 2))))}]"
        if isinstance(kind, GraphQLEnumType):
            return REGION if kind.name == "Region" else chance.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            needed = [name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)]
            others = [name for name in kind.fields if name not in needed]
            named = needed + chance.sample(others, k=min(len(others), chance.choice((0, 1, 2))))
            return f"{{{', '.join(f'{name}: {self._argument(name, kind.fields[name].type)}' for name in named)}}}"
        plain: dict[str, Sequence[str]] = {
            "Int": ("1", "3", "30"),
            "BigInt": ("0", "10", "5000"),
            "Float": ("0.5", "4.0"),
            "Boolean": ("true", "false"),
            "Date": (f'"{RECENT}"',),
            "URL": ('"https://www.tiktok.com/view/product/1729400000000000001"',),
            "Decimal": ('"1.50"', '"20"'),
        }
        return chance.choice(plain.get(kind.name, ('"dress"', '"a"', json.dumps(chance.choice(list(self._ids))))))

    def _torn(self, text: str) -> str:
        chance = self._chance
        for _ in range(chance.choice((1, 1, 2, 5))):
            place, how = chance.randrange(len(text) + 1), chance.random()
            if how < 0.45:
                text = f"{text[:place]}{chance.choice(PIECES)}{text[place:]}"
            elif how < 0.6:
                text = text[:place] + text[place + chance.choice((1, 4, 30)) :]
            elif how < 0.75:
                other = chance.randrange(len(text) + 1)
                text = (
                    text[:place]
                    + text[min(place, other) : max(place, other)] * chance.choice((1, 2, 20))
                    + text[place:]
                )
            elif how < 0.9:
                text = (
                    text[:place]
                    + chr(chance.choice((chance.randrange(32, 127), chance.randrange(0x3000))))
                    + text[place + 1 :]
                )
            else:
                text = text[:place]
        return text[:20_000]


def _python(literal: str) -> Any:
    """A literal as a variable's value: names of enums become text."""
    try:
        return json.loads(literal)
    except ValueError:
        return literal


def _nullable(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


TEXTS = [path.read_text("utf-8") for path in sorted(SCREENS.glob("*.graphql"))]


class Judged(Enum):
    """What comes of a document before anything of it is executed."""

    REFUSED = "refused unread"
    UNREADABLE = "no GraphQL"
    INVALID = "not of this schema"
    VALID = "valid"


LIMITS = Limits()
RULES = [as_one(specified_rules)]


def judge(made: Made) -> Judged:
    """As the server does; raises what no document may raise."""
    if LIMITS.refusal(made.text) is not None:
        return Judged.REFUSED
    try:
        document = parse(made.text)
    except GraphQLError:
        return Judged.UNREADABLE
    return Judged.INVALID if validate(GRAPH, document, RULES) else Judged.VALID
