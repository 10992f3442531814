"""What fields may cost, in the SDL: @cost and @listSize of IBM's GraphQL Cost Directives specification, worked out from
the declarations.

A weight is in credits: every call that the field may take for one parent, where nobody has told anything yet, at its
price and divided by how many can share it. What asks nothing weighs 0, which has to be said where the specification
assumes 1: of fields and arguments that are no scalars.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
)
from graphql.pyutils import Undefined
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location

from entities.graph import RECORDS
from entities.record import Fact, is_in_window
from entities.vocabulary import Window
from loaders.cost import ASSUMED_SIZE, TREE_SIZES
from resolvers.calendar import LONGEST_TREND, TRIED, USUAL_TREND
from resolvers.node import MOST_IDS
from schema.field import Declared
from upstream.access import Access
from upstream.argument import OnePage
from upstream.echotik import ENDPOINTS
from upstream.echotik.account import reached
from upstream.endpoint import Endpoint, Freshness
from upstream.providers import ENDPOINTS as EVERY
from upstream.routing import Catalog

ACCESS = reached("https://provider", "", "")
CATALOG = Catalog(ENDPOINTS, [ACCESS])
BY_VERSION = {
    version: Catalog(ENDPOINTS, [Access(ACCESS.provider, {version: base})]) for version, base in ACCESS.bases.items()
}
"""What each version serves where it is the only one."""

TOGETHER = Catalog(
    EVERY, [Access(name, {base: ""}) for name, base in {(each.provider, each.base): None for each in EVERY}]
)
"""What all providers serve together."""

TREE = ("category.l1", "category.l2", "category.l3")
LARGEST_LEVEL = max(TREE_SIZES.values())

BESIDE: Mapping[str, tuple[str, ...]] = {
    "Video.products": ("video.detail",),
    "Video.downloadUrl": ("video.detail", "influencer.detail"),
    "Live.title": ("realtime.live",),
    "Live.startedAt": ("realtime.live",),
    "Live.views": ("realtime.live",),
    "Live.likes": ("realtime.live",),
    "Category.level": TREE,
    "Category.products": TREE,
    "Category.productRanking": TREE,
    "Category.sellers": TREE,
}
"""The capabilities that a field asks and its declaration does not name: the lookups of facts that code of its own needs
first, the tree that tells the level of a category, lives on air.
"""

FREE = "0"


@strawberry.schema_directive(
    name="cost",
    description=(
        "What asking it may cost for one parent, in credits: each call at its price, divided by how many can share it. "
        "What an operation costs at most is told by /graphql/cost."
    ),
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
)
class Cost:
    weight: str = strawberry.field(description='Credits, such as "0.1": a tenth of a call that looks up ten.')


@strawberry.schema_directive(
    name="listSize",
    description="How long a list may be.",
    locations=[Location.FIELD_DEFINITION],
)
class ListSize:
    assumed_size: int | None = strawberry.field(
        description="How long it is at most where no slicing argument is given.", default=strawberry.UNSET
    )
    slicing_arguments: list[str] | None = strawberry.field(
        description="The arguments of which one tells how long it is at most.", default=strawberry.UNSET
    )
    sized_fields: list[str] | None = strawberry.field(
        description="The fields below that are the list; without them the field itself is.", default=strawberry.UNSET
    )
    require_one_slicing_argument: bool | None = strawberry.field(
        description="Whether exactly one slicing argument must be given.", default=True
    )


def annotate(schema: GraphQLSchema) -> None:
    """Puts the directives on everything that the schema prints."""
    owners = _owners(schema)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                declared = _definition(field)
                declared.directives = [*_cost(kind, name, field, owners[kind.name]), *_list_size(kind, name, field)]
                for argument in field.args.values():
                    _definition(argument).directives = _input_cost(argument)
        elif isinstance(kind, GraphQLInputObjectType):
            for told in kind.fields.values():
                _definition(told).directives = _input_cost(told)


# ── @cost ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cost(kind: GraphQLObjectType, name: str, field: GraphQLField, owners: set[str]) -> list[Cost]:
    weight = _weight(kind, name, field, owners)
    if not weight and is_leaf_type(get_named_type(field.type)):
        return []
    return [Cost(weight=f"{weight:.4f}".rstrip("0").rstrip(".") if weight else FREE)]


def _input_cost(given: Any) -> list[Cost]:
    """Arguments cost nothing themselves."""
    return [Cost(weight=FREE)] if is_input_object_type(get_named_type(given.type)) else []


def _weight(kind: GraphQLObjectType, name: str, field: GraphQLField, owners: set[str]) -> float:
    """Credits for one parent. owners: the types of entity of which its facts may be."""
    declared = _definition(field)
    of_facts = max((_looked_up(owner, declared) for owner in owners), default=0.0)
    beside = sum(_dearest(capability, field) for capability in BESIDE.get(f"{kind.name}.{name}", ()))
    return of_facts + beside + _asked(declared, field) + (_found(field) if declared.finds else 0)


def _looked_up(owner: str, declared: Declared) -> float:
    """The share of an entity in the lookups that supply facts: in one version or the other; measures of one window."""
    facts = declared.facts if declared.demands is None else declared.demands
    shown = (
        [[fact for fact in facts if is_in_window(fact, window)] for window in Window] if declared.by_window else [facts]
    )
    found = (suppliers(catalog, owner, together) for catalog in BY_VERSION.values() for together in shown)
    return max(sum(map(_share, looked_up)) for looked_up in found)


def suppliers(catalog: Catalog, owner: str, facts: Iterable[Fact]) -> set[Endpoint]:
    """The lookups that supply facts, of whoever does where these providers do not."""
    found = (catalog.supplier(owner, fact) or _elsewhere(owner, fact) for fact in facts)
    return {supplier for supplier in found if supplier is not None}


def _elsewhere(owner: str, fact: Fact) -> Endpoint | None:
    """The lookup that tells what no EchoTik version does."""
    told = any(catalog.supplier(owner, fact) for catalog in BY_VERSION.values())
    return None if told else TOGETHER.supplier(owner, fact)


def _asked(declared: Declared, field: GraphQLField) -> float:
    """What it asks by name. Of lists with the same parent one is asked, an argument says which."""
    lists: dict[str, float] = {}
    for capability in declared.asks:
        parents = {endpoint.parent for endpoint in CATALOG.serving(capability)} - {None}
        key = next(iter(parents), None) or capability
        lists[key] = max(lists.get(key, 0.0), _dearest(capability, field))
    return sum(lists.values())


def _dearest(capability: str, field: GraphQLField) -> float:
    return max((_pages(endpoint, field) or _share(endpoint) for endpoint in CATALOG.serving(capability)), default=0.0)


def _pages(endpoint: Endpoint, field: GraphQLField) -> int:
    """Credits for the rows or days that are given unless more are asked for, and for the periods without a ranking
    that may be tried before; 0 where the endpoint has no pages.
    """
    if endpoint.pages is None:
        return 0
    usual = field.args["first"].default_value if "first" in field.args else USUAL_TREND
    pages = 1 if isinstance(endpoint.pages, OnePage) else -(-usual // endpoint.pages.size)
    empty = max(TRIED.values()) - 1 if "latest" in field.args else 0
    return endpoint.credits * int(pages + empty)


def _share(endpoint: Endpoint) -> float:
    """Credits for one of those who can share a call."""
    if endpoint.freshness is Freshness.TREE:
        return endpoint.credits / LARGEST_LEVEL
    return endpoint.credits / endpoint.limit


def _found(field: GraphQLField) -> float:
    """What it takes to find an entity by its id, or as many as may be asked at once."""
    target = get_named_type(field.type)
    most = MOST_IDS if _is_list(field) else 1
    return max(_find(name, most) for name in (RECORDS if isinstance(target, GraphQLInterfaceType) else [target.name]))


def _find(kind: str, most: int) -> int:
    """Calls of lookups by id; the tree tells categories, level by level."""
    if kind == "Category":
        return sum(endpoint.credits for capability in TREE for endpoint in CATALOG.serving(capability)[:1])
    lookups = (catalog.lookup(kind) for catalog in BY_VERSION.values())
    return max((lookup.credits * -(-most // lookup.limit) for lookup in lookups if lookup is not None), default=0)


# ── @listSize ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _list_size(kind: GraphQLObjectType, name: str, field: GraphQLField) -> list[ListSize]:
    rows = _rows(get_named_type(field.type))
    if rows:
        return [ListSize(slicing_arguments=["first"], sized_fields=rows, require_one_slicing_argument=False)]
    if not _is_list(field) or name in _rows(kind):
        return []
    if "days" in field.args:
        usual = field.args["days"].default_value
        most = LONGEST_TREND if usual is Undefined else strawberry.UNSET
        return [ListSize(assumed_size=most, slicing_arguments=["days"], require_one_slicing_argument=False)]
    return [ListSize(assumed_size=_assumed_size(kind, field), require_one_slicing_argument=strawberry.UNSET)]


def _assumed_size(kind: GraphQLObjectType, field: GraphQLField) -> int:
    """How long a list is at most that no argument bounds alone, or is taken to be where nothing bounds it."""
    declared = _definition(field)
    if declared.finds:
        return MOST_IDS
    if kind.name == "Query" and set(TREE) <= set(declared.asks):
        return LARGEST_LEVEL
    single = [endpoint.pages for capability in declared.asks for endpoint in CATALOG.serving(capability)]
    found = sum(pages.size for pages in single if isinstance(pages, OnePage))
    several = len(declared.facts) if len(declared.facts) > 1 else 0
    return found or several or ASSUMED_SIZE


def _rows(kind: Any) -> list[str]:
    """The fields of a connection or ranking that are its rows."""
    having = getattr(kind, "fields", {})
    return ["edges", "nodes"] if "pageInfo" in having else []


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))


# ── both ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _definition(told: Any) -> Any:
    """How it is declared: a field, an argument, a field of an input."""
    return told.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]


def _owners(schema: GraphQLSchema) -> Mapping[str, set[str]]:
    """The types of entity whose facts the fields of a type show: itself, or those that group them by it."""
    owners: dict[str, set[str]] = defaultdict(set)
    for name in RECORDS:
        for kind in _grouping(schema.type_map[name]):
            owners[kind].add(name)
    return owners


def _grouping(kind: Any) -> Iterator[str]:
    yield kind.name
    for field in kind.fields.values():
        target = get_named_type(field.type)
        if _definition(field).groups and isinstance(target, GraphQLObjectType):
            yield from _grouping(target)
