"""`python -m schema.document` prints docs/graph.md: how entities are linked, what each field asks, what is left out.

All of it comes from the declarations: the fields of the schema, the endpoints of the catalog. Only what a field asks
beyond its declaration is told by hand, in BESIDE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type

from entities.graph import RECORDS, type_of
from entities.record import Fact
from schema.build import schema
from schema.directive import BESIDE, BY_VERSION, CATALOG, TREE, suppliers
from schema.field import Declared
from upstream.argument import Offsets, OnePage
from upstream.echotik.left_out import LEFT_OUT
from upstream.endpoint import Endpoint, Freshness

SKIPPED = {"edges", "node", "nodes", "pageInfo"}
"""Steps of a list, left out of the names of relations."""

HEAD = """# The graph

`scripts/schema` writes this page from the declarations in `schema/` and `upstream/`: change those.

## How is everything linked?

An arrow is a field, or a field below a field, that leads from one object to another. Following it costs what the field
costs; the id at its end is then known and costs nothing more.
"""

COSTS = """
## What does a field ask, and how many calls is that?

A fact that a row at hand has told costs nothing, nor does what was asked before and is fresh: these are the calls where
nobody has told it yet. "1 for 10 ids" means that ten ids, or handles, or addresses of pictures, share a call, wherever
they stand in the query: a lookup waits for the lists on their way that may add ids to it, or tell what it would ask.
Where a line names several endpoints, the arguments and what is known decide which of them are asked: the descriptions
in [schema.graphql](../schema.graphql) say how.
"""

LEFT = """
## Which endpoints are left out?

The provider has these too; no field asks them.

| endpoint | why |
| --- | --- |
"""


class Relation(NamedTuple):
    """A way from one type of entity to another, by the names of the fields between."""

    source: str
    name: str
    target: str


class Price(NamedTuple):
    """What a field asks, in the words of two columns: endpoints, calls."""

    endpoints: str
    calls: str


FREE = Price("—", "0")


def page() -> str:
    """docs/graph.md."""
    sections = "".join(f"\n### {kind.name}\n\n{_table(kind)}" for kind in _kinds())
    left_out = "".join(f"| `{path}` | {reason} |\n" for path, reason in LEFT_OUT.items())
    return f"{HEAD}\n{_picture()}{COSTS}{sections}{LEFT}{left_out}"


def relations() -> list[Relation]:
    """Every relation between entities, in the order of the schema."""
    found = (Relation(kind, *way) for kind in RECORDS for way in _ways(_type(kind), ()))
    return list(dict.fromkeys(found))


def fields(kind: GraphQLObjectType) -> Iterator[tuple[str, Declared]]:
    """The fields of a type by their names in the graph."""
    for name, field in kind.fields.items():
        declared = field.extensions["strawberry-definition"]
        assert isinstance(declared, Declared)
        yield name, declared


def _picture() -> str:
    ways: dict[tuple[str, str], list[str]] = {}
    for relation in relations():
        ways.setdefault((relation.source, relation.target), []).append(relation.name)
    arrows = [f'    {source} -->|"{"<br>".join(names)}"| {target}\n' for (source, target), names in ways.items()]
    return f"```mermaid\nflowchart LR\n{''.join(arrows)}```\n"


def _ways(kind: GraphQLObjectType, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The names by which entities are reached from a type, through types that are no entities themselves."""
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        steps = above if name in SKIPPED else (*above, name)
        if target.name in RECORDS:
            yield ".".join(steps), target.name
        elif isinstance(target, GraphQLObjectType) and name not in above:
            yield from _ways(target, steps)


def _kinds() -> list[GraphQLObjectType]:
    """The root, the entities, and other types with fields that name what they ask."""
    kinds = [known.implementation for known in schema.schema_converter.type_map.values()]
    others = (
        kind.name
        for kind in kinds
        if isinstance(kind, GraphQLObjectType) and any(field.asks for _, field in fields(kind))
    )
    return [_type(name) for name in dict.fromkeys(("Query", *RECORDS, *others))]


def _type(name: str) -> GraphQLObjectType:
    found = schema.schema_converter.type_map[name].implementation
    assert isinstance(found, GraphQLObjectType)
    return found


def _table(kind: GraphQLObjectType) -> str:
    """A line for each price, with the fields that have it."""
    prices: dict[Price, list[str]] = {}
    for name, field in fields(kind):
        prices.setdefault(_price(kind, name, field), []).append(f"`{name}`")
    lines = (f"| {', '.join(names)} | {price.endpoints} | {price.calls} |\n" for price, names in prices.items())
    return "| fields | endpoints | calls |\n| --- | --- | --- |\n" + "".join(lines)


def _price(kind: GraphQLObjectType, name: str, field: Declared) -> Price:
    shown = set(_facts(kind, name)) if kind.name in RECORDS else set()
    capabilities = (*BESIDE.get(f"{kind.name}.{name}", ()), *field.asks)
    asked = [
        *_suppliers(kind.name, shown),
        *(endpoint for capability in capabilities for endpoint in CATALOG.serving(capability)),
        *(_finders(kind.fields[name]) if field.finds else ()),
    ]
    return _priced(asked) if asked else _told(kind.name, shown)


def _finders(field: GraphQLField) -> Iterator[Endpoint]:
    """What finds entities of the field's type by id: their lookups, the tree for categories."""
    target = get_named_type(field.type)
    for name in RECORDS if isinstance(target, GraphQLInterfaceType) else (target.name,):
        capabilities = TREE if name == "Category" else ()
        yield from (endpoint for capability in capabilities for endpoint in CATALOG.serving(capability))
        lookups = (catalog.lookup(name) for catalog in BY_VERSION.values())
        yield from (lookup for lookup in lookups if lookup is not None)


def _facts(kind: GraphQLObjectType, name: str) -> Iterator[Fact]:
    """What a field shows: facts of its own, or those of the type that groups them."""
    field = dict(fields(kind))[name]
    yield from field.facts
    target = get_named_type(kind.fields[name].type)
    if field.groups and isinstance(target, GraphQLObjectType):
        for inner in target.fields:
            yield from _facts(target, inner)


def _suppliers(kind: str, facts: set[Fact]) -> Iterator[Endpoint]:
    """The lookups that supply facts."""
    for catalog in BY_VERSION.values():
        yield from sorted(suppliers(catalog, kind, facts), key=lambda supplier: supplier.route)


def _told(kind: str, facts: set[Fact]) -> Price:
    """What no call is made for: rows may tell it unasked."""
    rows = [endpoint for endpoint in CATALOG.describing(kind) if facts & _columns(endpoint, kind)]
    return Price(f"rows of {_names(rows)}", "0") if rows else FREE


def _columns(endpoint: Endpoint, kind: str) -> set[Fact]:
    """The facts of a type of entity that the rows of an endpoint may tell."""
    mappings = () if endpoint.rows is None else (endpoint.rows, *endpoint.rows.also)
    return {fact for rows in mappings if type_of(rows.type) == kind for fact in rows.columns}


def _priced(endpoints: Iterable[Endpoint]) -> Price:
    """One price of several endpoints; each with its own calls where they differ."""
    by_calls: dict[str, list[Endpoint]] = {}
    for endpoint in dict.fromkeys(endpoints):
        by_calls.setdefault(_calls(endpoint), []).append(endpoint)
    return Price("<br>".join(_names(found) for found in by_calls.values()), "<br>".join(by_calls))


def _names(endpoints: Iterable[Endpoint]) -> str:
    """Titles with the versions that have them."""
    versions: dict[str, list[str]] = {}
    for endpoint in endpoints:
        versions.setdefault(_title(endpoint), []).append(endpoint.version)
    return ", ".join(f"{title} {' '.join(dict.fromkeys(having))}" for title, having in versions.items())


def _title(endpoint: Endpoint) -> str:
    return f"`{endpoint.title}`" if endpoint.published else f"`{endpoint.title}` (not published)"


def _calls(endpoint: Endpoint) -> str:
    """What one call is good for."""
    credits = f", {endpoint.credits} credits" if endpoint.credits != 1 else ""
    return f"1{_worth(endpoint)}{credits}"


def _worth(endpoint: Endpoint) -> str:
    pages: Any = endpoint.pages
    if endpoint.ids is not None:
        return f" for {endpoint.limit} ids" if endpoint.limit > 1 else " for each id"
    if endpoint.freshness is Freshness.TREE:
        return " for each level"
    if isinstance(pages, OnePage):
        return f" for up to {pages.size} rows"
    if isinstance(pages, Offsets):
        return f" for {pages.size} rows"
    if pages is not None:
        return f" for {pages.size} {'days' if 'from' in endpoint.arguments else 'rows'}"
    return ""


if __name__ == "__main__":
    print(page(), end="")
