"""The same question answered by each provider alone: one answer to what they share, and a plain word for the rest.

Each question here is asked twice of a provider: where it is the only one configured, and where all are and the request
allows it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from graphql import get_named_type, is_leaf_type

from sandbox.server import SandboxServer
from sandbox.world import World
from settings import load
from tests.conftest import ALL, Answer, Gateway, access_to
from tests.graph.every_field import quota
from tests.graph.every_field.figure import REGION
from tests.graph.every_field.influencer import busy as busy_influencer
from tests.graph.lone import keyapi, narrowed
from tests.graph.lone import winninghunter as hunter
from tests.graph.lone.asked import (
    USUAL,
    Lone,
    everything,
    filled,
    lists,
    of,
    ordered,
    page,
    places,
    region_of,
    told,
    type_named,
)
from tests.graph.test_every_field import NULL_BY_DESIGN
from tests.graph.walked import measures, promised

Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def lone(shared_sandbox: SandboxServer) -> Iterator[dict[str, Lone]]:
    """Each provider alone, by its name; EchoTik speaks v3."""
    with ExitStack() as running:

        def started(*providers: str) -> Gateway:
            known: dict[str, Any] = {"shopgraph_batch_wait_ms": 10_000}
            for provider in providers:
                known |= access_to(provider, shared_sandbox)
            if "echotik" in providers:
                known["echotik_base_url"] = f"{shared_sandbox.url}/v3"
            server = Gateway(load(_env_file=None, **known)).__enter__()
            running.callback(server.leave)
            return server

        all_ = started(*ALL)
        yield {name: Lone(name, started(name), all_) for name in ALL}


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


@pytest.fixture
def echotik(lone, sandbox, world) -> Ask:
    return lambda query: lone["echotik"](filled(query, world))


@pytest.fixture
def echotik_once(lone, sandbox, world) -> Ask:
    """For what is long: asked only where EchoTik is the only one configured."""
    return lambda query: lone["echotik"].alone(filled(query, world))


@pytest.fixture
def by_keyapi(lone, sandbox, world) -> Ask:
    return lambda query: lone["keyapi"](filled(query, world))


@pytest.fixture
def by_hunter(lone, sandbox, world) -> Ask:
    return lambda query: lone["winninghunter"](filled(query, world))


# ── KeyAPI: every field ───────────────────────────────────────────────────────────────────────────────────────────


def test_on_keyapi_every_field_that_it_serves_tells_what_the_world_is(gateway, sandbox):
    server = gateway(providers=("keyapi",), shopgraph_api_keys=quota.CLIENT)
    walker = keyapi.KeyapiWalker(quota.Heron(server), sandbox, "v3")

    for compare in keyapi.COMPARISONS:
        compare(walker)

    untold = NULL_BY_DESIGN.keys() | keyapi.UNTOLD.keys()
    assert walker.told == promised() - keyapi.UNSERVED.keys() - untold
    assert walker.none - walker.told == untold
    assert {place for place, windows in walker.windows.items() if len(windows) > 1} == measures()
    assert {call.provider for call in sandbox.calls} == {"keyapi"}


# ── KeyAPI: what EchoTik says ─────────────────────────────────────────────────────────────────────────────────────

MARKET = "TH"  # where nothing but whole entities is asked
ENTITIES: dict[str, Callable[[World], Sequence[Any]]] = {
    "Product": lambda world: world.products_in(MARKET)[:10],
    "Seller": lambda world: world.sellers_in(MARKET)[:6],
    "Influencer": lambda world: world.influencers_in(MARKET)[:6],
    "Video": lambda world: world.videos_of_product(next(each for each in world.products_in(MARKET) if each.videos > 4)),
}


def by_ids(world: World, kind: str, selection: str, most: int = 10) -> str:
    asked = ", ".join(f'"{each.id}"' for each in ENTITIES[kind](world)[:most])
    return f"{{ found: {kind.lower()}sByIds(ids: [{asked}]) {{ {selection} }} }}"


def below(answer: Answer, place: str) -> dict[str, Any]:
    """What the entity tells that a list hangs on."""
    data: dict[str, Any] = answer.data
    return data if place.startswith("Query.") else next(iter(data.values()))


@pytest.mark.parametrize("kind", ENTITIES)
def test_all_of_an_entity_is_the_same_from_echotik_and_keyapi(kind, echotik_once, by_keyapi, world):
    query = by_ids(world, kind, everything(kind))

    found = by_keyapi(query).data["found"]

    assert found == echotik_once(query).data["found"]
    assert len(found) > 3 and all(len(set(told(each))) > 25 for each in found)


IN_ORDER = [place for place, field in lists().items() if "sort" in field.args and place != "Query.lives"]


@pytest.mark.parametrize("place", IN_ORDER)
def test_a_list_in_each_order_is_the_same_from_echotik_and_keyapi(place, echotik_once, by_keyapi):
    query = of(place, ordered(place, region_of(place)))

    found = below(by_keyapi(query), place)

    assert found == below(echotik_once(query), place)
    assert all(len(rows["edges"]) > 2 for rows in found.values())


@pytest.mark.parametrize("place", narrowed.SERVED)
def test_what_narrows_a_list_leaves_the_same_of_it_at_echotik_and_keyapi(place, echotik_once, by_keyapi):
    cases = narrowed.SERVED[place]
    each = (narrowed.listed(place, name, value) for name, value in cases.items())
    query = of(place, " ".join((narrowed.listed(place), *each)))

    found = below(by_keyapi(query), place)

    assert found == below(echotik_once(query), place)
    whole, *parts = (rows["edges"] for rows in found.values())
    for name, part in zip(cases, parts, strict=True):
        assert part and (part != whole or (place, name) in narrowed.OF_ALL), name


@pytest.mark.parametrize(
    ("place", "name"), [(place, name) for place, cases in narrowed.ECHOTIKS_OWN.items() for name in cases]
)
def test_what_keyapi_cannot_narrow_by_is_unavailable_there(place, name, echotik, by_keyapi):
    query = of(place, narrowed.listed(place, name, narrowed.ECHOTIKS_OWN[place][name]))

    assert_unavailable(by_keyapi(query), CAPABILITIES[place], arguments=[name])
    (rows,) = below(echotik(query), place).values()
    assert rows["edges"]


@pytest.mark.parametrize("provider", ["echotik", "keyapi"])
def test_what_nobody_narrows_by_is_unavailable(provider, lone):
    for place, cases in narrowed.NEITHERS.items():
        for name, value in cases.items():
            query = of(place, narrowed.listed(place, name, value)).replace("$region", REGION)
            assert_unavailable(lone[provider](query), CAPABILITIES[place], arguments=[name])


def test_all_that_narrows_a_list_is_among_those():
    for place in lists().keys() - narrowed.APART_LISTS.keys():
        tables = (narrowed.SERVED, narrowed.ECHOTIKS_OWN, narrowed.NEITHERS, narrowed.BY_WORDS)
        assert {name for table in tables for name in table.get(place, ())} == set(narrowed.narrowing(place)), place


RANKINGS = {
    "Query.productRanking": ("UNITS", "INFLUENCERS"),
    "Query.sellerRanking": ("UNITS", "INFLUENCERS"),
    "Query.influencerRanking": ("FOLLOWERS", "SALES"),
    "Query.videoRanking": ("VIEWS", "SALES"),
    "Category.productRanking": ("UNITS", "INFLUENCERS"),
}


@pytest.mark.parametrize("place", RANKINGS)
def test_a_ranking_of_each_period_is_the_same_from_echotik_and_keyapi(place, echotik, by_keyapi):
    ranking = place.partition(".")[2]
    query = of(
        place,
        " ".join(
            f"{period}_{by}: {ranking}(region: $region, period: {period}, by: {by}) {{ {page(place)} }}"
            for period in ("DAY", "WEEK", "MONTH")
            for by in RANKINGS[place]
        ),
    )

    found = below(by_keyapi(query), place)

    assert found == below(echotik(query), place)
    for name, rows in found.items():
        assert [edge["rank"] for edge in rows["edges"]] == list(range(1, 11)), name


OTHERWISE = {
    "whole trends": """{
        product(id: "$product") { trend(days: 100) { date units gmv totalUnits totalGmv averagePrice influencers } }
        seller(id: "$seller") { trend(from: "$quarter_ago", to: "$month_ago") { date units products lives } }
        influencer(id: "$user") { trend(from: "$month_ago") { date followers newFollowers likes units } }
        video(id: "$video") { trend { date views likes comments shares favorites units gmv } }
    }""",
    "what is read live": """{
        product(id: "$product") { reviews(live: true, first: 25) { nodes { reviewId text rating likes author } } }
        video(id: "$video") {
            captions { language vtt text }
            comments(first: 30) { totalCount nodes { commentId text likes replyCount author { id handle } } }
        }
    }""",
    "reviews": """{ product(id: "$product") {
        reviews(first: 30) { pageInfo { hasNextPage } nodes { reviewId text rating reviewedAt skuId variant } }
    } }""",
    "categories": """{
        categories { id categoryId level name thai: name(language: TH_TH) malay: name(language: MS_MY)
            chinese: name(language: ZH_CN) indonesian: name(language: ID_ID) vietnamese: name(language: VI_VN) }
        categories_below: categories(level: L2, parent: "$l1") { id level name }
        category(id: "$l2") { id level name parent { id name } children { id name } }
    }""",
    "handles": """{ influencer(handle: "@$handle") { id name }
        influencersByHandles(handles: ["$handle", "nobody.at.all"]) { id handle audience { followers } } }
    """,
    "a link": '{ productFromUrl(url: "$share_link") { id name } }',
    "nodes": """{ nodes(ids: ["Product:$product", "Seller:$seller", "Influencer:$user", "Video:$video", "Category:$l1",
        "Product:1700000000000000001"]) { id ... on Product { name } ... on Seller { name } ... on Category { name } } }
    """,
    "signed pictures": '{ product(id: "$product") { images { url signedUrl } } }',
    "a host": """{ lives(region: $region, filter: { influencer: "$user" }) {
        nodes { id title views likes comments units gmv startedAt endedAt } } }
    """,
    "words": """{ search(text: "$brand", region: $region, types: [SELLER, INFLUENCER, VIDEO, LIVE], first: 20) {
        __typename ... on Seller { id name rating } ... on Influencer { id handle audience { followers } }
        ... on Video { id caption engagement { views } } ... on Live { id title views } } }
    """,
    "lives of a product with their hosts": """{ product(id: "$product") {
        lives { nodes { id views influencer { id name } } } videos { nodes { id products { nodes { id name } } } } } }
    """,
    "what is sold and by whom, below lists": """{ sellers(region: $region, first: 5) { nodes { name
        products(first: 3) { nodes { name rating } } influencers(first: 3) { nodes { name email } } } } }
    """,
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_the_rest_is_the_same_from_echotik_and_keyapi(what, echotik, by_keyapi):
    found = by_keyapi(OTHERWISE[what]).data

    assert found == echotik(OTHERWISE[what]).data
    assert all(found.values()) and len(list(told(found))) > 1


def test_words_find_the_same_products_at_echotik_and_keyapi_each_in_its_own_order(echotik, by_keyapi, world):
    """As many as there are, so that an order leaves none out."""
    title = world.title_of(world.products_in(REGION)[7])
    asked = f'search(text: "{title}", exact: true, types: [PRODUCT], region: $region)'
    query = f"{{ {asked} {{ ... on Product {{ id name price {{ average }} performance {{ units gmv }} }} }} }}"

    found = by_keyapi(query).data["search"]

    assert 0 < len(found) < 10
    assert by_id(found) == by_id(echotik(query).data["search"])


def by_id(nodes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {each["id"]: each for each in nodes}


# ── Winning Hunter: what EchoTik says ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ENTITIES)
def test_what_winning_hunter_shares_is_the_same_as_at_echotik(kind, echotik, by_hunter, world):
    query = by_ids(world, kind, hunter.SHARED[kind], most=4)

    found = by_hunter(query).data["found"]

    assert found == hunter.near(hunter.by_day(echotik(query).data["found"]))
    assert all(each["id"] for each in found)


@pytest.mark.parametrize("kind", ENTITIES)
def test_winning_hunter_tells_that_and_its_own_and_leaves_the_rest_null(kind, by_hunter, world):
    trends = set() if f"{kind}.trend" in hunter.SERVED else {f"{kind}.trend"}

    answer = by_hunter(by_ids(world, kind, everything(kind, USUAL | trends), most=4))

    expected = places(hunter.SHARED[kind]) | places(hunter.OWN.get(kind, "id"))
    assert set(told(answer.data["found"])) == expected


@pytest.mark.parametrize("kind", hunter.OWN)
def test_what_winning_hunter_alone_tells_is_what_the_world_is(kind, by_hunter, world):
    answer = by_hunter(by_ids(world, kind, hunter.OWN[kind], most=4))

    expected = [hunter.own_facts(world, kind, each) for each in ENTITIES[kind](world)[:4]]
    assert answer.data["found"] == hunter.near(expected)


def test_a_shop_has_the_same_products_at_winning_hunter_as_at_echotik(echotik, by_hunter):
    query = """{ seller(id: "$seller") { products(first: 100) {
        nodes { id name price { average } performance(window: LAST_7_DAYS) { units gmv } } } } }"""

    found = by_hunter(query).data["seller"]["products"]["nodes"]

    assert by_id(found) == hunter.near(by_id(echotik(query).data["seller"]["products"]["nodes"]))
    assert len(found) > 3


@pytest.mark.parametrize("field", ["UNITS_7D", "GMV_7D", "AVERAGE_PRICE"])
def test_a_shop_orders_its_products_alike_at_winning_hunter_and_echotik(field, echotik, by_hunter):
    query = f"""{{ seller(id: "$seller") {{ products(first: 100, sort: {{ field: {field} }}) {{
        pageInfo {{ hasNextPage }} nodes {{ id name }} }} }} }}"""

    assert by_hunter(query).data == echotik(query).data


@pytest.mark.parametrize("field", ["UNITS", "GMV"])
def test_an_order_that_winning_hunter_does_not_have_is_unavailable(field, by_hunter):
    answer = by_hunter(f'{{ seller(id: "$seller") {{ products(sort: {{ field: {field} }}) {{ nodes {{ id }} }} }} }}')

    assert_unavailable(answer, "seller.product.list", arguments=["sort"])


def test_an_influencer_has_the_same_products_at_winning_hunter_as_at_echotik(echotik, by_hunter):
    query = '{ influencer(id: "$user") { products(first: 100) { nodes { id name } } } }'

    found = by_hunter(query).data["influencer"]["products"]["nodes"]

    assert by_id(found) == by_id(echotik(query).data["influencer"]["products"]["nodes"])
    assert len(found) > 3


@pytest.mark.parametrize("window", hunter.PERIODS)
def test_what_a_window_brought_an_influencer_of_each_product_winning_hunter_alone_tells(
    window, echotik, by_keyapi, by_hunter, world
):
    query = f"""{{ influencer(id: "$user") {{ products(first: 100, window: {window}) {{
        edges {{ units gmv node {{ id }} }} }} }} }}"""

    edges = by_hunter(query).data["influencer"]["products"]["edges"]

    user = busy_influencer(world)
    assert {edge["node"]["id"]: edge for edge in edges} == {
        f"Product:{each.id}": {
            **hunter.sold_in(world, user, each, hunter.PERIODS[window]),
            "node": {"id": f"Product:{each.id}"},
        }
        for each in world.products_of_influencer(user)
    }
    for other in (echotik, by_keyapi):
        assert_unavailable(other(query), "influencer.product.list", arguments=["window"])


def test_a_video_shows_the_first_of_its_products_at_winning_hunter(echotik, by_hunter):
    query = '{ video(id: "$video") { products { totalCount nodes { id name } } } }'

    first, *others = echotik(query).data["video"]["products"]["nodes"]

    assert others
    assert by_hunter(query).data["video"]["products"]["nodes"] == [first]


def test_what_words_find_has_the_same_names_at_winning_hunter_as_at_echotik(echotik, by_hunter):
    query = """{ search(text: "$brand", region: $region, first: 20) {
        __typename ... on Product { id name } ... on Seller { id name } ... on Influencer { id name } } }"""

    here, there = by_id(by_hunter(query).data["search"]), by_id(echotik(query).data["search"])

    shared = here.keys() & there.keys()
    assert {each["__typename"] for each in map(here.__getitem__, shared)} == {"Product", "Seller", "Influencer"}
    assert {id: here[id] for id in shared} == {id: there[id] for id in shared}


# ── what a lone provider cannot answer ────────────────────────────────────────────────────────────────────────────

CAPABILITIES = {
    "Product.trend": "product.trend",
    "Product.influencers": "product.influencer.list",
    "Product.videos": "product.video.list",
    "Product.lives": "product.live.list",
    "Product.reviews": "product.comment",
    "Product.realtime": "realtime.product",
    "Seller.trend": "seller.trend",
    "Seller.products": "seller.product.list",
    "Seller.influencers": "seller.influencer.list",
    "Seller.videos": "seller.video.list",
    "Seller.lives": "seller.live.list",
    "Influencer.trend": "influencer.trend",
    "Influencer.products": "influencer.product.list",
    "Influencer.videos": "influencer.video.list",
    "Influencer.lives": "influencer.live.list",
    "Video.trend": "video.trend",
    "Video.products": "video.product.list",
    "Video.comments": "realtime.video.comments",
    "Video.captions": "realtime.video.captions",
    "Video.downloadUrl": "realtime.video.download_url",
    "Live.products": "live.product.list",
    "Query.products": "product.list",
    "Query.sellers": "seller.list",
    "Query.influencers": "influencer.list",
    "Query.videos": "video.list",
    "Query.lives": "live.list",
    "Query.categories": "category.l1",
    "Query.productRanking": "product.ranklist",
    "Query.newProductRanking": "product.ranklist.new",
    "Query.sellerRanking": "seller.ranklist",
    "Query.influencerRanking": "influencer.ranklist",
    "Query.videoRanking": "video.ranklist",
}
LOOKUPS = {
    'live(id: "$live") { id }': "live.detail",
    'category(id: "$l1") { id }': "category.detail",
    'influencer(handle: "$handle") { id }': "influencer.detail",
    'node(id: "Live:$live") { id }': "live.detail",
    'node(id: "Category:$l1") { id }': "category.detail",
}


def assert_unavailable(answer: Answer, capability: str, arguments: Sequence[str] | None = None) -> None:
    """That an answer has one error, which names what is lacking, and null in that place."""
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"], answer.errors
    (error,) = answer.errors
    assert error["extensions"]["capability"] == capability
    assert error["extensions"].get("arguments") == arguments
    found = answer.partial
    for step in error["path"]:
        found = found[step]
    assert found is None


def asked_plainly(place: str) -> str:
    """A list, a trend or a live read, without anything that narrows it."""
    kind, _, name = place.partition(".")
    field = type_named(kind).fields[name]
    selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    region = "(region: $region)" if "region" in field.args and kind == "Query" else ""
    return of(place, f"{name}{region} {selection}")


@pytest.mark.parametrize("place", sorted(CAPABILITIES.keys() - hunter.SERVED - {"Live.products"}))
def test_what_winning_hunter_does_not_have_is_null_and_unavailable(place, by_hunter):
    assert_unavailable(by_hunter(asked_plainly(place)), CAPABILITIES[place])


def test_every_list_and_trend_is_among_those_or_hangs_on_what_winning_hunter_does_not_know():
    unreached = {place for place in lists() if place.startswith("Category.")}
    assert lists().keys() - unreached <= CAPABILITIES.keys() | hunter.SERVED
    assert hunter.SERVED - {"Query.search"} <= CAPABILITIES.keys()


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_what_winning_hunter_cannot_look_up_is_null_and_unavailable(lookup, by_hunter):
    assert_unavailable(by_hunter(f"{{ {lookup} }}"), LOOKUPS[lookup])


def test_in_a_list_of_lookups_each_that_winning_hunter_cannot_do_has_its_own_error(by_hunter):
    answer = by_hunter("""{ nodes(ids: ["Live:$live", "Product:$product", "Category:$l1", "Seller:$seller"]) { id }
        influencersByHandles(handles: ["$handle", "nobody.at.all"]) { id } }""")

    assert set(answer.codes) == {"CAPABILITY_UNAVAILABLE"}
    paths = [error["path"] for error in answer.errors]
    assert sorted(paths, key=str) == [
        ["influencersByHandles", 0],
        ["influencersByHandles", 1],
        ["nodes", 0],
        ["nodes", 2],
    ]
    assert [bool(each) for each in answer.partial["nodes"]] == [False, True, False, True]


def test_older_days_than_winning_hunter_has_are_unavailable_as_a_whole(by_hunter):
    answer = by_hunter('{ product(id: "$product") { name trend(days: 91) { date } } }')

    assert_unavailable(answer, "product.trend")
    assert answer.partial["product"]["name"]


@pytest.mark.parametrize("kind", ["VIDEO", "LIVE"])
def test_what_winning_hunter_cannot_find_by_words_is_unavailable(kind, by_hunter):
    answer = by_hunter(f'{{ search(text: "$brand", region: $region, types: [{kind}]) {{ __typename }} }}')

    assert_unavailable(answer, f"search.{kind.lower()}")


@pytest.mark.parametrize(("argument", "value"), [("exact", "true"), ("productSort", "UNITS")])
def test_how_winning_hunter_cannot_find_words_is_unavailable(argument, value, by_hunter):
    asked = f'search(text: "$brand", region: $region, types: [PRODUCT], {argument}: {value}) {{ __typename }}'

    assert_unavailable(by_hunter(f"{{ {asked} }}"), "search.product", arguments=[argument])


def test_a_link_that_has_to_be_followed_is_unavailable_at_winning_hunter_and_one_with_an_id_is_not(by_hunter):
    assert_unavailable(by_hunter('{ productFromUrl(url: "$share_link") { id } }'), "realtime.product.id")
    link = "https://www.tiktok.com/view/product/$product"
    assert by_hunter(f'{{ productFromUrl(url: "{link}") {{ name }} }}').data["productFromUrl"]["name"]


def test_an_order_of_found_products_is_unavailable_at_keyapi(by_keyapi):
    asked = 'search(text: "$brand", region: $region, types: [PRODUCT], productSort: UNITS) { __typename }'

    assert_unavailable(by_keyapi(f"{{ {asked} }}"), "search.product", arguments=["productSort"])


def test_what_neither_keyapi_nor_v3_of_echotik_has_is_unavailable(echotik, by_keyapi):
    for ask in (echotik, by_keyapi):
        assert_unavailable(ask(asked_plainly("Query.newProductRanking")), "product.ranklist.new")


def test_what_keyapi_has_of_a_product_right_now_v3_of_echotik_does_not(echotik, by_keyapi):
    query = '{ product(id: "$product") { name realtime { title soldCount } } }'

    assert_unavailable(echotik(query), "realtime.product")
    assert by_keyapi(query).data["product"]["realtime"]["title"]


def test_a_live_that_keyapi_has_listed_is_known_there_but_not_what_it_shows(by_keyapi):
    assert_unavailable(by_keyapi('{ live(id: "$live") { id } }'), "live.detail")
    answer = by_keyapi('{ product(id: "$product") { lives(first: 1) { nodes { views products { nodes { id } } } } } }')
    assert_unavailable(answer, "live.product.list")
    assert answer.partial["product"]["lives"]["nodes"][0]["views"]


def test_lives_of_a_market_are_unavailable_everywhere(echotik, by_keyapi, by_hunter):
    for ask in (echotik, by_keyapi):
        assert_unavailable(ask("{ lives(region: $region) { nodes { id } } }"), "live.list", ["filter.influencer"])
    assert_unavailable(by_hunter("{ lives(region: $region) { nodes { id } } }"), "live.list")
