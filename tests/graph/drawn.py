"""Queries that a seed draws from the contract: any field of any type, with arguments of every kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

from sandbox.world import World
from sandbox.world.link import share_link
from tests.graph.walked import CONTRACT

REGIONS = ("SG", "JP", "GB", "FR", "MX")
WORDS = ("light", "a", "pro", "zzzz", "home")
MOST_PARENTS = 12  # on which a list or a series hangs
MOST_ROWS = 30  # of one list, below all of its parents
UNKNOWN = "1700000000000000001"
NOT_DRAWN = ("stableUrl", "quota", "providers")  # not served, or of nobody's data
PAGED = ("edges", "nodes")
OFTEN = 0.15  # for how many fields something special is done


class Query(NamedTuple):
    """What is posted."""

    text: str
    variables: dict[str, Any]


class Names(NamedTuple):
    """What may be asked for by name: ids by type, handles, and links that lead to products."""

    ids: Mapping[str, Sequence[str]]
    handles: Sequence[str]
    links: Sequence[str]


def names(world: World, most: int = 8) -> Names:
    products = [product for region in REGIONS[:2] for product in world.products_in(region)[:most]]
    users = [user for product in products for user in world.influencers_of_product(product)[:1]]
    ids = {
        "Product": [product.id for product in products],
        "Seller": [world.seller_of_product(product).id for product in products],
        "Influencer": [user.id for user in users],
        "Video": [video.id for product in products for video in world.videos_of_product(product)[:1]],
        "Live": [live.id for product in products for live in world.lives_of_product(product)[:1]],
        "Category": list({category.id: None for product in products for category in product.categories}),
    }
    links = [*map(share_link, products), *(f"https://www.tiktok.com/view/product/{each.id}" for each in products)]
    return Names(ids, [user.handle for user in users], links)


def drawn(known: Names, today: date, seed: str, roots: Sequence[str] = ()) -> Query:
    """The same for a seed, on one day. roots: fields of the root of which one is taken, without any of them all."""
    return _Drawing(known, today, Random(seed)).query(roots)


class _Drawing:
    """One query."""

    def __init__(self, known: Names, today: date, draw: Random) -> None:
        self._known, self._today, self._draw = known, today, draw
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []
        self._aliases = 0

    def query(self, roots: Sequence[str]) -> Query:
        root = CONTRACT.query_type
        assert root is not None
        open_ = [name for name in root.fields if name not in NOT_DRAWN]
        first = self._draw.choice(roots or open_)
        asked = [first, *self._draw.sample(open_, self._draw.choice((0, 0, 1)))]
        fields = " ".join(self._field(name, root.fields[name], depth=self._draw.randint(2, 5), of=1) for name in asked)
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        head = f"query Drawn({declared})" if declared else "query Drawn"
        values = {name: value for name, (_, value) in self._variables.items()}
        return Query("\n".join([f"{head} {{ {fields} }}", *self._fragments]), values)

    # ── selections ────────────────────────────────────────────────────────────────────────────────────────────────

    def _selection(self, kind: GraphQLNamedType, depth: int, of: int) -> str:
        """What is selected of a type, of which there are so many."""
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            types = self._draw.sample(list(CONTRACT.get_possible_types(kind)), self._draw.randint(1, 3))
            parts = (f"... on {each.name} {{ {self._selection(each, depth, of)} }}" for each in types)
            return f"__typename {' '.join(parts)}"
        assert isinstance(kind, GraphQLObjectType)
        names = [name for name, field in kind.fields.items() if name not in NOT_DRAWN and self._fits(field, depth, of)]
        leaves = [name for name in names if is_leaf_type(get_named_type(kind.fields[name].type))]
        others = [name for name in names if name not in leaves]
        chosen = self._draw.sample(leaves, min(len(leaves), self._draw.randint(1, 4)))
        chosen += self._draw.sample(others, min(len(others), self._draw.choice((1, 1, 2, 3))))
        if PAGED[0] in names:
            chosen = [name for name in chosen if name not in PAGED] + [self._draw.choice(PAGED)]
        fields = [self._field(name, kind.fields[name], depth - (name not in PAGED), of) for name in chosen]
        return " ".join(fields) or "__typename"

    def _fits(self, field: GraphQLField, depth: int, of: int) -> bool:
        if is_leaf_type(get_named_type(field.type)):
            return True
        return depth > 0 and (of <= MOST_PARENTS or not {"first", "days"} & field.args.keys())

    def _field(self, name: str, field: GraphQLField, depth: int, of: int) -> str:
        kind = get_named_type(field.type)
        given = self._arguments(name, field, of)
        text = name + (f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else "")
        if given or self._draw.random() < OFTEN:
            self._aliases += 1
            text = f"a{self._aliases}: {text}"
        if is_leaf_type(kind):
            return text if self._draw.random() > OFTEN else f"... {self._condition()} {{ {text} }} __typename"
        condition = "" if self._draw.random() > OFTEN else self._condition()
        selection = f"{{ {self._below(kind, depth, self._count(name, field, given, of))} }}"
        return f"{text} {condition} {selection} __typename" if condition else f"{text} {selection}"

    def _below(self, kind: GraphQLNamedType, depth: int, of: int) -> str:
        selection = self._selection(kind, depth, of)
        chance = self._draw.random()
        if chance < OFTEN / 2:
            return f"... {{ {selection} }}"
        if chance < OFTEN:
            self._fragments.append(f"fragment F{len(self._fragments)} on {kind.name} {{ {selection} }}")
            return f"...F{len(self._fragments) - 1}"
        return selection

    def _condition(self) -> str:
        """A directive that lets its field in more often than not."""
        directive = self._draw.choice(("include", "skip"))
        holds = self._draw.random() < 0.6
        return f"@{directive}(if: {self._variable('Boolean!', holds == (directive == 'include'))})"

    def _count(self, name: str, field: GraphQLField, given: Mapping[str, Any], of: int) -> int:
        """How many there are of what is below a field."""
        if "first" in field.args:
            return of * self._rows
        if "ids" in given or "handles" in given:
            return of * 6
        if name == "children" or (name == "categories" and "level" in field.args):
            return of * 50
        return of * (4 if is_list_type(getattr(field.type, "of_type", field.type)) and name not in PAGED else 1)

    # ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _arguments(self, name: str, field: GraphQLField, of: int) -> dict[str, str]:
        given: dict[str, str] = {}
        self._rows = 10
        if name == "influencer" and {"id", "handle"} <= field.args.keys():
            which = self._draw.choice(("id", "handle"))
            return {which: self._written(field.args[which], self._value(which, field.args[which], name, of))}
        if name == "lives" and "filter" in field.args:
            user = self._draw.choice(self._known.ids["Influencer"])
            return {**self._only(field, of, "region", "first"), "filter": f'{{influencer: "{user}"}}'}
        if "days" in field.args and "from" in field.args:
            return self._days(field)
        for key, argument in field.args.items():
            if key == "after":
                continue
            if key == "first":
                wanted = of > 1 or self._draw.random() < 0.7
            else:
                wanted = isinstance(argument.type, GraphQLNonNull) or self._draw.random() < 0.3
            if wanted:
                given[key] = self._written(argument, self._value(key, argument, name, of))
        return given

    def _only(self, field: GraphQLField, of: int, *keys: str) -> dict[str, str]:
        return {key: self._written(field.args[key], self._value(key, field.args[key], "", of)) for key in keys}

    def _days(self, field: GraphQLField) -> dict[str, str]:
        chance = self._draw.random()
        if chance < 0.1:
            return {}
        if chance < 0.6:
            return {"days": self._written(field.args["days"], self._draw.randint(1, 45))}
        first = self._draw.randint(1, 60)
        days = {"from": first, "to": self._draw.randint(max(1, first - 30), first)}
        return {
            key: self._written(field.args[key], (self._today - timedelta(days=back)).isoformat())
            for key, back in days.items()
        }

    def _value(self, key: str, argument: GraphQLArgument, field: str, of: int) -> Any:
        kind = get_named_type(argument.type)
        if key == "first":
            self._rows = self._draw.randint(1, max(1, min(25, MOST_ROWS // of)))
            return self._rows
        if key == "region":
            return _Name(self._draw.choice(REGIONS))
        if isinstance(kind, GraphQLEnumType):
            names = list(kind.values)
            if is_list_type(argument.type):
                return [_Name(name) for name in self._draw.sample(names, self._draw.randint(1, 3))]
            return _Name(self._draw.choice(names))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, field)
        if kind.name == "Boolean":
            return self._draw.random() < 0.5
        return self._plain(key, field)

    def _plain(self, key: str, field: str) -> Any:
        if key in ("ids", "handles"):
            return self._several(key, field)
        if key == "date":
            return (self._today - timedelta(days=self._draw.randint(1, 5))).isoformat()
        if key == "url":
            return self._draw.choice(self._known.links)
        if key in ("id", "parent"):
            return self._id(field)
        texts = {
            "handle": self._known.handles,
            "product": self._known.ids["Product"],
            "influencer": self._known.ids["Influencer"],
            "productCategory": self._known.ids["Category"],
            "category": WORDS if field == "influencerRanking" else self._known.ids["Category"],
        }
        return self._draw.choice(texts.get(key, WORDS))

    def _several(self, key: str, field: str) -> list[str]:
        if key == "handles":
            return self._draw.choices([*self._known.handles, "nobody.at.all"], k=self._draw.randint(1, 13))
        return [self._id(field) for _ in range(self._draw.randint(1, 13))]

    def _id(self, field: str) -> str:
        kinds = {
            "node": None,
            "nodes": None,
            "product": "Product",
            "seller": "Seller",
            "influencer": "Influencer",
            "video": "Video",
            "live": "Live",
            "category": "Category",
            "categories": "Category",
        }
        kind = kinds.get(field, "Product") if not field.endswith("ByIds") else field[:-6].capitalize()
        named = kind or self._draw.choice(list(self._known.ids))
        id = UNKNOWN if self._draw.random() < 0.08 else self._draw.choice(self._known.ids[named])
        return f"{named}:{id}" if kind is None or self._draw.random() < 0.5 else id

    def _input(self, kind: GraphQLInputObjectType, field: str) -> dict[str, Any]:
        if kind.name == "DateRange":
            first = self._draw.randint(5, 400)
            return {"from": (self._today - timedelta(days=first)).isoformat()}
        if kind.name in ("IntRange", "FloatRange"):
            return {"min": 1, "max": self._draw.choice((4, 5))} if field == "reviews" else {"min": 0}
        if kind.name == "CategoryFilter":
            return {"l1": self._draw.choice(self._known.ids["Category"])}
        if kind.name.endswith("Filter"):
            return self._filter(kind, field)
        return {key: self._value(key, GraphQLArgument(each.type), field, 1) for key, each in kind.fields.items()}

    def _filter(self, kind: GraphQLInputObjectType, field: str) -> dict[str, Any]:
        names = [name for name in kind.fields if name not in ("category", "channel", "gender", "onSale", "seller")]
        names += ["category"] if kind.name != "InfluencerFilter" and field in ("products", "sellers") else []
        chosen = self._draw.sample(names, 1)
        return {key: self._value(key, GraphQLArgument(kind.fields[key].type), field, 1) for key in chosen}

    # ── values ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _written(self, argument: GraphQLArgument, value: Any) -> str:
        """In the document, or as a variable."""
        if self._draw.random() < OFTEN * 2:
            return self._variable(str(argument.type), _sent(value))
        return _literal(value)

    def _variable(self, kind: str, value: Any) -> str:
        name = f"v{len(self._variables)}"
        self._variables[name] = kind, value
        return f"${name}"


class _Name(str):
    """The name of an enum's value: unquoted in a document."""


def _literal(value: Any) -> str:
    if isinstance(value, _Name):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)


def _sent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sent(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_sent(each) for each in value]
    return str(value) if isinstance(value, _Name) else value
