"""Relations lead there and back; an entity is the same by every path; a pair without a route says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.market import REGIONS
from sandbox.world.media import Live, Video
from sandbox.world.product import SHELF
from sandbox.world.seller import Seller

MOST = 100
PROPERTY = settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # no shrinking: every try makes dozens of calls
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
Entities = Sequence[Any]


@pytest.fixture
def v3(gateway):
    return gateway("v3")


def videos_in(world: World, region: str) -> list[Video]:
    """Those of the market's first shelves, of products that stand side by side."""
    first = world.products_in(region)[0].index // SHELF
    return [video for number in range(first, first + 4) for video in world.shelf_at(number).videos]


def lives_in(world: World, region: str) -> list[Live]:
    """Of the same shelves."""
    first = world.products_in(region)[0].index // SHELF
    return [live for number in range(first, first + 4) for live in world.shelf_at(number).lives]


def accounts_in(world: World, region: str) -> list[Influencer]:
    return [world.account_of_seller(seller) for seller in world.sellers_in(region)]


def sellers_of_account(world: World, user: Influencer) -> list[Seller]:
    seller = world.seller_of_account(user)
    return [seller] if seller else []


class Trip(NamedTuple):
    """A relation and the way back.

    starts   entities of a market that it may start from
    there    the field that is followed, and `ends` what the world finds there
    back     the fields that lead back
    """

    starts: Callable[[World, str], Entities]
    there: str
    ends: Callable[[World, Any], Entities]
    back: tuple[str, ...]


KEYS = ("seller", "account", "influencer", "topVideo")  # one entity; every other relation is a list
TRIPS = {
    "Product.seller": Trip(World.products_in, "seller", lambda w, p: [w.seller_of_product(p)], ("products",)),
    "Product.influencers": Trip(World.products_in, "influencers", World.influencers_of_product, ("products",)),
    "Product.videos": Trip(World.products_in, "videos", World.videos_of_product, ("products",)),
    "Product.lives": Trip(World.products_in, "lives", World.lives_of_product, ("products",)),
    "Seller.products": Trip(World.sellers_in, "products", World.products_of_seller, ("seller",)),
    "Seller.account": Trip(World.sellers_in, "account", lambda w, s: [w.account_of_seller(s)], ("seller",)),
    "Seller.influencers": Trip(World.sellers_in, "influencers", World.influencers_of_seller, ("products", "seller")),
    "Seller.videos": Trip(World.sellers_in, "videos", World.videos_of_seller, ("products", "seller")),
    "Seller.lives": Trip(World.sellers_in, "lives", World.lives_of_seller, ("products", "seller")),
    "Influencer.seller": Trip(accounts_in, "seller", sellers_of_account, ("account",)),
    "Influencer.products": Trip(World.influencers_in, "products", World.products_of_influencer, ("influencers",)),
    "Influencer.videos": Trip(World.influencers_in, "videos", World.videos_of_influencer, ("influencer",)),
    "Influencer.lives": Trip(World.influencers_in, "lives", World.lives_of_influencer, ("influencer",)),
    "Video.influencer": Trip(videos_in, "influencer", lambda w, v: [w.author_of_video(v)], ("videos",)),
    "Video.products": Trip(videos_in, "products", World.products_of_video, ("videos",)),
    "Live.influencer": Trip(lives_in, "influencer", lambda w, live: [w.host_of_live(live)], ("lives",)),
    "Live.products": Trip(lives_in, "products", World.products_of_live, ("lives",)),
}


def selection(*path: str) -> str:
    """Ids of what a path leads to, and whether its lists were read to their end."""
    if not path:
        return "id"
    field, inner = path[0], selection(*path[1:])
    if field in KEYS:
        return f"id {field} {{ {inner} }}"
    return f"id {field}(first: {MOST}) {{ nodes {{ {inner} }} pageInfo {{ hasNextPage }} }}"


def followed(node: Any, *path: str) -> list[str]:
    """The ids that a path leads to."""
    if not path:
        return [node["id"]]
    found = node[path[0]]
    if path[0] in KEYS:
        return followed(found, *path[1:]) if found else []
    assert not found["pageInfo"]["hasNextPage"]
    return [id for each in found["nodes"] for id in followed(each, *path[1:])]


def global_id(entity: Any) -> str:
    return f"{type(entity).__name__}:{entity.id}"


def all_edges(server: Any, start: str, field: str) -> list[Any]:
    """A whole list with its cursors, a hundred rows at a time."""
    kind, after, edges = start.partition(":")[0], None, []
    query = f"""query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{
        {field}(first: {MOST}, after: $after) {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage }} }}
    }} }} }}"""
    while True:
        page = server(query, id=start, after=after).data["node"][field]
        edges += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            return edges
        after = edges[-1]["cursor"]


def entity_with_way_back(server: Any, start: str, trip: Trip) -> Any:
    """What a key leads to, with the way back."""
    kind, inner = start.partition(":")[0], selection(*trip.back)
    told = server(f'{{ node(id: "{start}") {{ ... on {kind} {{ {trip.there} {{ {inner} }} }} }} }}').data["node"]
    return told[trip.there]


def rows_with_way_back(server: Any, start: str, trip: Trip, after: str | None) -> list[Any]:
    """A few rows of a list behind a cursor, with the way back."""
    kind, inner = start.partition(":")[0], selection(*trip.back)
    query = f"""query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{
        {trip.there}(first: 3, after: $after) {{ nodes {{ {inner} }} }}
    }} }} }}"""
    return list(server(query, id=start, after=after).data["node"][trip.there]["nodes"])


def drawn_start(data: Any, trip: Trip, world: World) -> tuple[str, list[str]]:
    """Ids of an entity with that relation, and of what it leads to."""
    region = data.draw(st.sampled_from(REGIONS), label="region")
    start = data.draw(st.sampled_from(trip.starts(world, region)), label="start")
    ends = trip.ends(world, start)
    assume(ends)
    return global_id(start), list(map(global_id, ends))


def drawn_product(data: Any, world: World) -> str:
    """One that is sold by some, by video and live, so that many paths lead on from it."""
    region = data.draw(st.sampled_from(REGIONS), label="region")
    sold = [each for each in world.products_in(region) if each.reach and each.videos and each.lives]
    return global_id(data.draw(st.sampled_from(sold), label="start"))


@pytest.mark.parametrize("name", [name for name, trip in TRIPS.items() if trip.there in KEYS])
@PROPERTY
@given(data=st.data())
def test_a_key_leads_back_to_where_it_began(name, data, v3, sandbox):
    trip = TRIPS[name]
    start, ends = drawn_start(data, trip, sandbox.world)

    found = entity_with_way_back(v3, start, trip)

    assert [found["id"]] == ends
    assert start in followed(found, *trip.back)


@pytest.mark.parametrize("name", [name for name, trip in TRIPS.items() if trip.there not in KEYS])
@PROPERTY
@given(data=st.data())
def test_a_list_leads_back_to_where_it_began(name, data, v3, sandbox):
    trip = TRIPS[name]
    start, ends = drawn_start(data, trip, sandbox.world)

    edges = all_edges(v3, start, trip.there)
    place = data.draw(st.integers(0, len(edges) - 1), label="rows behind")
    found = rows_with_way_back(v3, start, trip, edges[place - 1]["cursor"] if place else None)

    assert sorted(edge["node"]["id"] for edge in edges) == sorted(ends)
    assert [each["id"] for each in found] == [edge["node"]["id"] for edge in edges[place : place + 3]]
    for each in found:
        assert start in followed(each, *trip.back)


@pytest.mark.parametrize(
    ("field", "ends"),
    [
        ("influencers", World.influencers_of_product),
        ("videos", World.videos_of_product),
        ("lives", World.lives_of_product),
    ],
)
@PROPERTY
@given(data=st.data())
def test_what_a_product_names_is_also_its_sellers(field, ends, data, v3, sandbox):
    world = sandbox.world
    product = world.product(drawn_product(data, world).removeprefix("Product:"))
    seller = world.seller_of_product(product)

    of_product = {edge["node"]["id"] for edge in all_edges(v3, global_id(product), field)}
    of_seller = {edge["node"]["id"] for edge in all_edges(v3, global_id(seller), field)}

    assert of_product == {*map(global_id, ends(world, product))}
    assert of_product <= of_seller


# ── one entity, many paths ────────────────────────────────────────────────────────────────────────────────────────

# What a lookup of an entity tells too: whatever row names it first, it can be had of every entity.
FACTS = {
    "Product": """name region cover { url } images { url index } price { average min max } discountPercent
        commissionRate rating reviewCount salesTrend mainChannel freeShipping delisted firstSeen categories { id }
        skus { skuId } performance { units gmv }
        month: performance(window: LAST_30_DAYS) { units gmv video { videos views } live { sessions } }""",
    "Seller": """name region logo { url } origin rating averagePrice productCount influencerCount liveCount firstSeen
        salesTrend topCategory { id } soldCategories { id } performance { units gmv } reviewCount followerCount""",
    "Influencer": """handle name region avatar { url } category language bio score followingCount videoCount liveCount
        productCount interactionRate sellingMode topCategory { id } soldCategories { id } performance { units gmv }
        audience { followers likes views } month: performance(window: LAST_30_DAYS) { gmv }""",
    "Video": """caption hashtags region postedAt durationSeconds cover { url } width height sizeBytes isAd madeByAi
        engagement { views likes comments shares favorites } week: engagement(window: LAST_7_DAYS) { views likes }
        performance { units gmv } soldCategories { id }""",
    "Live": "title region startedAt endedAt durationSeconds cover { url } views productCount",
}
FRAGMENTS = "\n".join(f"fragment {kind} on {kind} {{ __typename id {facts} }}" for kind, facts in FACTS.items())
PATHS = """query ($id: ID!) { node(id: $id) { ...Product ... on Product {
    seller { ...Seller products(first: 20) { nodes { ...Product } } account { ...Influencer seller { ...Seller } }
        influencers(first: 8) { nodes { ...Influencer } } videos(first: 8) { nodes { ...Video } }
        lives(first: 8) { nodes { ...Live influencer { ...Influencer } } } }
    influencers(first: 3) { nodes { ...Influencer products(first: 10) { nodes { ...Product } }
        videos(first: 5) { nodes { ...Video } } lives(first: 5) { nodes { ...Live } } } }
    videos(first: 5) { nodes { ...Video products { nodes { ...Product seller { ...Seller } } }
        influencer { ...Influencer topVideo { ...Video } } } }
    lives(first: 5) { nodes { ...Live influencer { ...Influencer lives(first: 10) { nodes { ...Live } } } } }
} } }"""
BY_IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { ...Product ...Seller ...Influencer ...Video ...Live } }"
RELATIONS = ("seller", "account", "products", "influencers", "influencer", "videos", "topVideo", "lives")


def entities_in(answer: Any) -> Iterator[dict[str, Any]]:
    """Every entity in an answer, wherever it stands."""
    if isinstance(answer, list):
        for each in answer:
            yield from entities_in(each)
    elif isinstance(answer, dict):
        if "__typename" in answer:
            yield answer
        yield from entities_in(list(answer.values()))


def facts_by_id(answer: Any) -> dict[str, list[dict[str, Any]]]:
    """What was told of each entity, each time that it came up."""
    told = defaultdict(list)
    for entity in entities_in(answer):
        told[entity["id"]].append({name: value for name, value in entity.items() if name not in RELATIONS})
    return dict(told)


@PROPERTY
@given(data=st.data())
def test_an_entity_is_the_same_by_every_path_of_an_operation(data, v3, sandbox):
    world, start = sandbox.world, drawn_product(data, sandbox.world)

    told = facts_by_id(v3(f"{PATHS} {FRAGMENTS}", id=start).data)

    assert told[start][0]["name"] == world.title_of(world.product(start.removeprefix("Product:")))
    assert sum(len(facts) > 1 for facts in told.values()) > 10
    for facts in told.values():
        assert all(each == facts[0] for each in facts)


@PROPERTY
@given(data=st.data())
def test_an_entity_is_the_same_in_rows_that_name_it_and_looked_up_anew(data, gateway, v3, sandbox):
    passed = facts_by_id(v3(f"{PATHS} {FRAGMENTS}", id=drawn_product(data, sandbox.world)).data)
    ids = data.draw(st.permutations(list(passed)), label="order")[:40]

    for server in (v3, gateway("v3")):
        told = facts_by_id(server(f"{BY_IDS} {FRAGMENTS}", ids=ids).data)
        assert told == {id: passed[id][:1] for id in ids}


@pytest.mark.parametrize(
    ("kind", "root"),
    [
        ("Product", "products"),
        ("Product", "productRanking"),
        ("Seller", "sellers"),
        ("Seller", "sellerRanking"),
        ("Influencer", "influencers"),
        ("Influencer", "influencerRanking"),
        ("Video", "videos"),
        ("Video", "videoRanking"),
    ],
)
def test_an_entity_of_a_root_list_is_the_same_looked_up_anew(kind, root, gateway, v3):
    listed = facts_by_id(v3(f"{{ {root}(region: SG) {{ nodes {{ __typename id {FACTS[kind]} }} }} }}").data)

    assert len(listed) == 10
    assert facts_by_id(gateway("v3")(f"{BY_IDS} {FRAGMENTS}", ids=list(listed)).data) == listed


# ── pairs without a route ─────────────────────────────────────────────────────────────────────────────────────────

# Where the rows of a type stand below a product; type, field without a route and what it is called, by version.
ROWS = {
    "Product": (),
    "Seller": ("seller",),
    "Influencer": ("influencers",),
    "Video": ("videos",),
    "Live": ("lives",),
    "Category": ("categories",),
}
DAYS = "trend(days: 3) { date }"
IDS = "{ nodes { id } }"
WITHOUT_ROUTE = {
    "v2": [
        ("Product", "reviews { nodes { text } }", "product.comment"),
        ("Seller", f"products {IDS}", "seller.product.list"),
        ("Seller", f"influencers {IDS}", "seller.influencer.list"),
        ("Seller", f"videos {IDS}", "seller.video.list"),
        ("Seller", f"lives {IDS}", "seller.live.list"),
        ("Seller", DAYS, "seller.trend"),
        ("Influencer", f"products {IDS}", "influencer.product.list"),
        ("Influencer", f"videos {IDS}", "influencer.video.list"),
        ("Influencer", f"lives {IDS}", "influencer.live.list"),
        ("Influencer", DAYS, "influencer.trend"),
        ("Video", f"products {IDS}", "video.product.list"),
        ("Video", DAYS, "video.trend"),
        ("Live", f"products {IDS}", "live.product.list"),
        ("Category", "sellers(region: SG) { nodes { id } }", "seller.list"),
        ("Category", "parent { id }", "category.l1"),
        ("Category", "children { id }", "category.l1"),
    ],
    "v3": [("Product", "realtime { title }", "realtime.product")],
}
PAIRS = [
    pytest.param(version, *pair, id=f"{version} {pair[0]}.{pair[1].split()[0]}")
    for version, pairs in WITHOUT_ROUTE.items()
    for pair in pairs
]


def nested(kind: str, field: str) -> str:
    """A field of the first row of a type below a product."""
    query = f"id {field}"
    for relation in ROWS[kind]:
        rows = f"nodes {{ {query} }}"
        query = (
            f"{relation} {{ {query} }}"
            if relation in ("seller", "categories")
            else f"{relation}(first: 1) {{ {rows} }}"
        )
    return f"query ($id: ID!) {{ product(id: $id) {{ {query} }} }}"


def first_row(product: Any, kind: str) -> Any:
    for relation in ROWS[kind]:
        found = product[relation]
        product = found[0] if isinstance(found, list) else found["nodes"][0] if "nodes" in found else found
    return product


@pytest.mark.parametrize(("version", "kind", "field", "capability"), PAIRS)
def test_a_pair_without_a_route_is_null_and_says_what_is_missing(version, kind, field, capability, gateway, sandbox):
    world = sandbox.world
    product = next(each for each in world.products_in("SG") if each.reach and each.videos and each.lives)
    server = gateway(version)
    server(nested(kind, ""), id=product.id)
    before = sandbox.count()

    answer = server(nested(kind, field), id=product.id)

    row, name = first_row(answer.partial["product"], kind), field.partition(" ")[0].partition("(")[0]
    assert row["id"].startswith(f"{kind}:")
    assert row[name] is None
    error = answer.errors[0]
    assert {error["extensions"]["code"] for error in answer.errors} == {"CAPABILITY_UNAVAILABLE"}
    assert error["message"].startswith(f"{capability}: ")
    assert error["path"][-1] == name
    assert len(answer.errors) == len(answer.partial["product"].get("categories", [row]))
    assert sandbox.count() == before


@pytest.mark.parametrize(("kind", "key"), [("Seller", "account"), ("Influencer", "seller"), ("Influencer", "topVideo")])
def test_a_key_that_no_row_of_v2_tells_is_null_like_any_fact(kind, key, gateway, sandbox):
    world = sandbox.world
    product = next(each for each in world.products_in("SG") if each.reach and each.videos and each.lives)

    answer = gateway("v2")(nested(kind, f"{key} {{ id }}"), id=product.id)

    assert first_row(answer.data["product"], kind)[key] is None
    assert {call.path.partition("/")[0] for call in sandbox.calls} == {"product"}
