"""What is asked of one provider alone, written from the contract: whole entities, and lists in every order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from string import Template
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    SelectionSetNode,
    is_leaf_type,
    parse,
)
from graphql import get_named_type as named

from sandbox.echotik.influencer import told_handle
from sandbox.world import World
from sandbox.world.link import share_link
from tests.conftest import Answer, Gateway
from tests.graph.every_field import influencer, product, seller, video
from tests.graph.every_field.figure import REGION, WINDOWS
from tests.graph.walked import CONTRACT

DAYS = 20
ROWS = 10
TELLS_ITS_PROVIDER = {"Product.source", "Product.sources", "Seller.source", "Seller.sources"} | {
    f"{kind}.{field}" for kind in ("Influencer", "Video", "Live") for field in ("source", "sources")
}
SIGNED = {"Image.signedUrl", "Image.stableUrl"}
LIVE_READS = {"Product.realtime", "Video.captions", "Video.downloadUrl"}
CURSORS = {f"{kind}.cursor" for kind in CONTRACT.type_map if kind.endswith("Edge")}
USUAL = TELLS_ITS_PROVIDER | SIGNED | LIVE_READS | CURSORS
"""What two providers tell each in its own words, or what is compared by itself."""


class Lone:
    """A provider that answers alone. It is asked twice: as the only one configured, and as the only one that a request
    to a server with all of them allows; what comes has to be the same.
    """

    def __init__(self, name: str, alone: Gateway, all_: Gateway) -> None:
        self.name = name
        self.alone = alone
        self._all = all_

    def __call__(self, query: str) -> Answer:
        answer = self.alone(query)
        pinned = self._all(query, headers={"X-Providers": self.name})
        assert _said(pinned) == _said(answer), query
        return answer


def _said(answer: Answer) -> tuple[Any, ...]:
    return answer.status, answer.body.get("data"), sorted(answer.errors, key=str)


def type_named(name: str) -> GraphQLObjectType:
    kind = CONTRACT.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


# ── whole entities ────────────────────────────────────────────────────────────────────────────────────────────────


def everything(name: str, without: Collection[str] = USUAL) -> str:
    """Every field of a type but its lists: measures in each window, trends, and of other entities the id.

    without   fields that are left out, as "Product.source"
    """
    fields = type_named(name).fields.items()
    chosen = (_field(field, each, without) for field, each in fields if f"{name}.{field}" not in without)
    return " ".join(filter(None, chosen))


def _field(name: str, field: GraphQLField, without: Collection[str]) -> str:
    kind = named(field.type)
    if "first" in field.args:
        return ""
    if is_leaf_type(kind):
        return name
    if isinstance(kind, GraphQLUnionType):
        parts = (f"... on {each.name} {{ {everything(each.name, without)} }}" for each in kind.types)
        return f"{name} {{ __typename {' '.join(parts)} }}"
    assert isinstance(kind, GraphQLObjectType)
    if kind.interfaces:
        return f"{name} {{ id }}"
    below = everything(kind.name, without)
    if "window" in field.args:
        return " ".join(f"{name}_{window}: {name}(window: {window}) {{ {below} }}" for window in WINDOWS)
    return f"{name}{f'(days: {DAYS})' if 'days' in field.args else ''} {{ {below} }}"


def told(data: Any, path: str = "") -> Iterator[str]:
    """Where something is told, as "price.average" or "performance_LAST_7_DAYS.units"; windows aside."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in ("window", "__typename"):
                yield from told(value, f"{path}.{key}".lstrip("."))
    elif isinstance(data, list):
        for each in data:
            yield from told(each, path)
    elif data is not None:
        yield path


def places(selection: str) -> set[str]:
    """Where a selection may tell something, as `told` names it."""
    (operation,) = parse(f"{{ {selection} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return set(_places(operation.selection_set))


def _places(selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        assert isinstance(node, FieldNode)
        key = node.alias.value if node.alias else node.name.value
        below = _places(node.selection_set) if node.selection_set else [""]
        yield from (f"{key}.{each}".rstrip(".") for each in below)


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lists() -> dict[str, GraphQLField]:
    """Every list, trend and ranking of the contract, as "Seller.products"."""
    return {
        f"{kind.name}.{name}": field
        for kind in CONTRACT.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if {"first", "days"} & field.args.keys() and not is_leaf_type(named(field.type)) and name != "byDay"
    }


def ordered(place: str, arguments: str = "") -> str:
    """A list in each of its orders."""
    name, field = place.partition(".")[2], lists()[place]
    sort = named(field.args["sort"].type)
    assert isinstance(sort, GraphQLInputObjectType)
    fields = named(sort.fields["field"].type)
    assert isinstance(fields, GraphQLEnumType)
    rows = page(place)
    return " ".join(
        f"{each}_{way}: {name}({arguments} first: {ROWS}, sort: {{ field: {each}, direction: {way} }}) {{ {rows} }}"
        for each in fields.values
        for way in ("DESC", "ASC")
    )


def page(place: str) -> str:
    """What a page says: its edges whole, with the ids of their nodes."""
    kind = named(lists()[place].type)
    assert isinstance(kind, GraphQLObjectType)
    edge = named(kind.fields["edges"].type)
    date = "date" if "date" in kind.fields else ""
    below = everything(edge.name, USUAL)
    return f"{date} totalCount pageInfo {{ hasNextPage }} edges {{ {below} }}"


# ── whom it is about ──────────────────────────────────────────────────────────────────────────────────────────────

HOLDERS = {
    "Query": "%s",
    "Product": 'product(id: "$product") { %s }',
    "Seller": 'seller(id: "$seller") { %s }',
    "Influencer": 'influencer(id: "$user") { %s }',
    "Video": 'video(id: "$video") { %s }',
    "Live": 'live(id: "$live") { %s }',
    "Category": 'category(id: "$l1") { %s }',
}


def of(place: str, selection: str) -> str:
    """A selection below what a list hangs on."""
    return "{ " + HOLDERS[place.partition(".")[0]] % selection + " }"


def region_of(place: str) -> str:
    return "region: $region," if "region" in lists()[place].args else ""


def names(world: World) -> dict[str, str]:
    """What the words of a query here stand for."""
    best, shop, user = product.sold_by_all(world), seller.busy(world), influencer.busy(world)
    seen, posted = video.telling(world), world.videos_of_influencer(user)
    return {
        "region": REGION,
        "product": best.id,
        "l1": best.categories[0].id,
        "l2": best.categories[1].id,
        "seller": shop.id,
        "seller_l1": world.shop_of(shop).category_path[0].id,
        "user": user.id,
        "handle": str(told_handle(user)),
        "circle": user.category,
        "language": user.language,
        "shown": next(world.products_of_video(each)[0].id for each in posted if each.products),
        "video": seen.id,
        "author": world.author_of_video(world.videos_of_product(best)[0]).id,
        "live": world.lives_of_product(next(each for each in world.products_in("TH") if each.lives))[0].id,
        "month_ago": world.date_of(30).isoformat(),
        "quarter_ago": world.date_of(90).isoformat(),
        "brand": shop.brand_name,
        "share_link": share_link(best),
    }


def filled(query: str, world: World) -> str:
    return Template(query).substitute(names(world))
