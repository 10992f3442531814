"""Lives: the lookup that nobody publishes, what TikTok tells of one on air, and their lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.live import cover, started
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Live
from sandbox.world.product import Product

REGION = "SG"
DETAIL = "live/detail"
ON_AIR = "realtime/live/detail"
SHOWN = "live/product/list"
HELD = "influencer/live/list"
OF_PRODUCT = "product/live/list"
UNKNOWN = "7999999999999999999"
HOUR = 3600
BY_ID = "query ($id: ID!) { live(id: $id) { roomId title } }"
OF_ONE = "query ($id: ID!) { product(id: $id) { lives { nodes { %s } } } }"


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


@pytest.fixture
def product(sandbox: SandboxServer) -> Product:
    """One with more than ten lives."""
    return next(each for each in best(sandbox) if len(sandbox.world.lives_of_product(each)) > 12)


@pytest.fixture
def live(world: World, product: Product) -> Live:
    """One that is over for long, with several products and a host whose handle was collected."""
    old = (each for each in lives(world) if each.day > 10 and len(each.products) > 1 and cover(each))
    return next(each for each in old if told_handle(world.host_of_live(each)))


@pytest.fixture
def on_air(world: World) -> Live:
    return next(each for each in lives(world) if each.on_air)


@pytest.fixture
def host(world: World) -> Influencer:
    """One with more than ten lives."""
    return next(each for each in world.influencers_in(REGION) if len(world.lives_of_influencer(each)) > 10)


def best(sandbox: SandboxServer) -> list[Product]:
    products = map(sandbox.world.product, sandbox.product_ids(REGION, 60))
    return [product for product in products if product]


def lives(world: World) -> Iterator[Live]:
    return chain.from_iterable(world.lives_of_product(product) for product in world.products_in(REGION)[:240])


def told(world: World, live: Live) -> dict[str, Any]:
    """What the lookup tells."""
    user, url = world.host_of_live(live), cover(live)
    return {
        "id": f"Live:{live.id}",
        "roomId": live.id,
        "title": world.title_of_live(live),
        "cover": {"url": url} if url else None,
        "region": REGION,
        "startedAt": started(world, live),
        "endedAt": started(world, live) + live.duration,
        "durationSeconds": live.duration,
        "views": live.views,
        "peakViewers": live.peak,
        "productCount": len(live.products),
        "influencer": {"userId": user.id, "handle": told_handle(user), "name": user.nick_name},
    }


ALL_TOLD = """id roomId title cover { url } region startedAt endedAt durationSeconds views peakViewers productCount
    influencer { userId handle name }"""


def in_seconds(node: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(node[name]).timestamp() for name in ("startedAt", "endedAt")}
    return {**node, **times}


def rows(data: Any) -> dict[str, Any]:
    return {"code": 0, "message": "success", "data": data, "requestId": "1"}


# ── the lookup ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_live_is_looked_up_by_its_id(v3, live, world, sandbox):
    answer = v3(f'{{ live(id: "Live:{live.id}") {{ {ALL_TOLD} }} }}')

    assert in_seconds(answer.data["live"]) == told(world, live)
    assert sandbox.ids_asked(DETAIL) == [[live.id]]
    assert sandbox.count() == 1


def test_lives_are_looked_up_in_tens_in_the_order_asked(v3, product, world, sandbox):
    asked = [*reversed(world.lives_of_product(product)[:12])]
    ids = [*(f"Live:{live.id}" for live in asked), f"Live:{UNKNOWN}", f"Live:{asked[0].id}"]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Live {{ {ALL_TOLD} }} }} }}"

    answer = v3(query, ids=ids)

    sent = sandbox.ids_asked(DETAIL)
    assert sorted(map(len, sent)) == [3, 10]
    assert sorted(chain(*sent)) == sorted([UNKNOWN, *(live.id for live in asked)])
    expected = [told(world, live) for live in asked]
    assert [node and in_seconds(node) for node in answer.data["nodes"]] == [*expected, None, expected[0]]
    assert v3(query, ids=ids).data == answer.data
    assert sandbox.count() == 2


def test_an_unknown_live_is_null_and_asked_for_once(v3, sandbox):
    for _ in range(2):
        assert v3(BY_ID, id=UNKNOWN).data == {"live": None}

    assert sandbox.count() == sandbox.count(DETAIL) == 1


def test_a_live_that_a_row_told_of_is_known_without_a_call(v3, host, world, sandbox):
    first = world.lives_of_influencer(host)[0]
    v3(f'{{ lives(region: {REGION}, filter: {{ influencer: "{host.id}" }}) {{ nodes {{ id }} }} }}')
    seen = sandbox.count()

    answer = v3(f'{{ live(id: "{first.id}") {{ title views joins likes comments hostFollowers units gmv }} }}')

    sale = world.sale_of_live(first)
    assert answer.data["live"] == {
        "title": world.title_of_live(first),
        "views": first.views,
        "joins": first.joins,
        "likes": first.likes,
        "comments": first.comments,
        "hostFollowers": host.followers,
        "units": sale.units,
        "gmv": sale.gmv / 100,
    }
    assert (sandbox.count(), seen) == (1, 1)


def test_what_a_products_row_does_not_tell_of_its_lives_is_looked_up_in_tens(v3, product, world, sandbox):
    query = f'{{ product(id: "{product.id}") {{ lives(first: 13) {{ nodes {{ roomId title endedAt }} }} }} }}'

    nodes = v3(query).data["product"]["lives"]["nodes"]

    assert len(nodes) == 13
    assert sorted(map(len, sandbox.ids_asked(DETAIL))) == [3, 10]
    for node in nodes:
        live = world.live(node["roomId"])
        assert node["title"] == world.title_of_live(live)
        assert datetime.fromisoformat(node["endedAt"]).timestamp() == started(world, live) + live.duration
    assert sandbox.count(ON_AIR) == 0


def test_on_v2_alone_no_live_is_looked_up(gateway, live, product, sandbox):
    server = gateway("v2")

    answer = server(BY_ID, id=live.id)

    assert (answer.partial, answer.codes) == ({"live": None}, ["CAPABILITY_UNAVAILABLE"])
    assert sandbox.count() == 0
    nodes = server(OF_ONE % "title views", id=product.id).data["product"]["lives"]["nodes"]
    assert {node["title"] for node in nodes} == {None}
    assert all(node["views"] for node in nodes)


# ── the route that may not be there ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["json", "html"])
def missing(request, sandbox: SandboxServer):
    """Takes a route away, as a provider or as the server before it would tell."""

    def take(path: str) -> None:
        if request.param == "json":
            sandbox.fail(path, "not_found")
        else:
            sandbox.answer(path, "<html>404 Not Found</html>", status=404)

    return take


def test_without_the_route_a_live_by_its_id_is_unavailable(missing, v3, live, sandbox):
    missing(DETAIL)

    for _ in range(2):
        answer = v3(BY_ID, id=live.id)

        assert answer.partial == {"live": None}
        assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
        assert sandbox.count() == sandbox.count(DETAIL) == 1


def test_without_the_route_a_listed_lives_title_is_null_without_an_error(missing, v3, world, sandbox):
    missing(DETAIL)
    old = [each for each in best(sandbox) if all(live.day > 1 for live in world.lives_of_product(each))]
    first, second = [each for each in old if world.lives_of_product(each)][:2]
    query = OF_ONE % "roomId title endedAt joins views influencer { userId }"

    for product in (first, second):
        nodes = v3(query, id=product.id).data["product"]["lives"]["nodes"]

        assert sorted(node["roomId"] for node in nodes) <= sorted(live.id for live in world.lives_of_product(product))
        for node in nodes:
            live = world.live(node["roomId"])
            assert node == {
                "roomId": live.id,
                "title": None,
                "endedAt": None,
                "joins": None,
                "views": live.views,
                "influencer": {"userId": world.host_of_live(live).id},
            }
    assert sandbox.count(DETAIL) == 1
    assert sandbox.count(ON_AIR) == 0


def test_without_the_route_a_live_seen_before_is_still_known(missing, v3, host, world, sandbox):
    missing(DETAIL)
    live = world.lives_of_influencer(host)[0]
    v3(f'{{ lives(region: {REGION}, filter: {{ influencer: "{host.id}" }}) {{ nodes {{ id }} }} }}')

    answer = v3(BY_ID, id=live.id)

    assert answer.data["live"] == {"roomId": live.id, "title": world.title_of_live(live)}
    assert sandbox.count() == 1


def test_a_lookup_that_fails_otherwise_is_told(v3, live, sandbox):
    sandbox.fail(DETAIL, "forbidden")

    answer = v3(BY_ID, id=live.id)

    assert (answer.partial, answer.codes) == ({"live": None}, ["UPSTREAM_UNAUTHENTICATED"])


# ── what it shows ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lives_products_are_listed_by_id_and_name(v3, live, world, sandbox):
    answer = v3(f'{{ live(id: "{live.id}") {{ products {{ nodes {{ productId name }} }} }} }}')

    assert answer.data["live"]["products"]["nodes"] == [
        {"productId": product.id, "name": world.title_of(product)} for product in world.products_of_live(live)
    ]
    (call,) = [call for call in sandbox.calls if call.path == SHOWN]
    assert call.params == {"room_id": live.id, "page_num": "1", "page_size": "10"}
    assert sandbox.count() == 2


def test_more_than_a_name_of_a_lives_products_costs_a_call_for_ten(v3, live, world, sandbox):
    answer = v3(f'{{ live(id: "{live.id}") {{ products {{ nodes {{ reviewCount }} }} }} }}')

    products = world.products_of_live(live)
    assert [node["reviewCount"] for node in answer.data["live"]["products"]["nodes"]] == [
        product.reviewed() for product in products
    ]
    (asked,) = sandbox.ids_asked("product/detail")
    assert sorted(asked) == sorted(product.id for product in products)


def test_without_their_route_a_lives_products_are_unavailable_and_the_rest_is_told(missing, v3, live, world, sandbox):
    missing(SHOWN)
    query = f'{{ live(id: "{live.id}") {{ title products {{ nodes {{ id }} }} }} }}'

    for _ in range(2):
        answer = v3(query)

        assert answer.partial == {"live": {"title": world.title_of_live(live), "products": None}}
        assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
            (["live", "products"], "CAPABILITY_UNAVAILABLE")
        ]
    assert sandbox.count(SHOWN) == 1


# ── on air ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begins(sandbox: SandboxServer, live: Live, hours_ago: float | None, **more: Any) -> None:
    """Lets the rows of a product's lives tell of this one alone, which the daily load does not have yet."""
    begun = {} if hours_ago is None else {"create_time": int(time.time() - hours_ago * HOUR)}
    row = {"room_id": live.id, "user_id": sandbox.world.host_of_live(live).id, **begun, **more}
    sandbox.answer(OF_PRODUCT, rows([row]))
    sandbox.answer(DETAIL, rows([]))


@pytest.mark.parametrize("hours_ago", [0.1, 23.5, None])
def test_a_live_on_air_is_read_from_tiktok_by_its_host(hours_ago, v3, product, on_air, world, sandbox):
    begins(sandbox, on_air, hours_ago)
    query = OF_ONE % "roomId title likes joins influencer { userId }"

    for _ in range(2):
        (node,) = v3(query, id=product.id).data["product"]["lives"]["nodes"]

        host = world.host_of_live(on_air)
        assert node == {
            "roomId": on_air.id,
            "title": world.title_of_live(on_air),
            "likes": on_air.likes,
            "joins": None,
            "influencer": {"userId": host.id},
        }
        (call,) = [call for call in sandbox.calls if call.path == ON_AIR]
        assert call.params == {"room_id": on_air.id, "user_id": host.id}


def test_a_live_on_air_is_read_where_the_route_of_lookups_is_missing_too(v3, product, on_air, world, sandbox):
    sandbox.fail(DETAIL, "not_found")
    begins(sandbox, on_air, 1)

    (node,) = v3(OF_ONE % "title", id=product.id).data["product"]["lives"]["nodes"]

    assert node == {"title": world.title_of_live(on_air)}
    assert (sandbox.count(DETAIL), sandbox.count(ON_AIR)) == (1, 1)


def test_a_live_that_is_not_on_air_is_null_without_an_error_and_not_read_twice(v3, product, live, world, sandbox):
    begins(sandbox, live, 2)

    for _ in range(2):
        (node,) = v3(OF_ONE % "roomId title likes joins endedAt", id=product.id).data["product"]["lives"]["nodes"]

        assert node == {"roomId": live.id, "title": None, "likes": None, "joins": None, "endedAt": None}
        assert sandbox.count(ON_AIR) == 1
    (call,) = [call for call in sandbox.calls if call.path == ON_AIR]
    assert call.params == {"room_id": live.id, "user_id": world.host_of_live(live).id}


@pytest.mark.parametrize(
    ("hours_ago", "more"),
    [(24.5, {}), (2400, {}), (1, {"user_id": ""}), (1, {"user_id": None})],
)
def test_a_live_that_began_longer_ago_or_whose_host_is_not_told_is_not_read(
    hours_ago, more, v3, product, on_air, sandbox
):
    begins(sandbox, on_air, hours_ago, **more)

    (node,) = v3(OF_ONE % "roomId title", id=product.id).data["product"]["lives"]["nodes"]

    assert node == {"roomId": on_air.id, "title": None}
    assert (sandbox.count(DETAIL), sandbox.count(ON_AIR)) == (1, 0)


def test_a_live_that_the_lookup_knows_is_not_read(v3, product, on_air, world, sandbox):
    begun = {"room_id": on_air.id, "user_id": world.host_of_live(on_air).id, "create_time": int(time.time()) - HOUR}
    sandbox.answer(OF_PRODUCT, rows([begun]))

    (node,) = v3(OF_ONE % "title durationSeconds", id=product.id).data["product"]["lives"]["nodes"]

    assert node == {"title": world.title_of_live(on_air), "durationSeconds": on_air.duration}
    assert (sandbox.count(DETAIL), sandbox.count(ON_AIR)) == (1, 0)


def test_what_is_told_of_a_live_is_the_same_when_asked_again(v3, product, on_air, world, sandbox):
    begun = {"room_id": on_air.id, "user_id": world.host_of_live(on_air).id, "create_time": int(time.time()) - HOUR}
    sandbox.answer(OF_PRODUCT, rows([begun]))
    query = OF_ONE % "title likes"

    assert v3(query, id=product.id).data == v3(query, id=product.id).data


def test_a_live_on_air_is_read_when_it_is_asked_for_by_its_id_too(v3, product, on_air, world, sandbox):
    begins(sandbox, on_air, 1)
    v3(OF_ONE % "roomId", id=product.id)

    for _ in range(2):
        answer = v3(BY_ID, id=on_air.id)

        assert answer.data["live"] == {"roomId": on_air.id, "title": world.title_of_live(on_air)}
    assert (sandbox.count(DETAIL), sandbox.count(ON_AIR)) == (1, 1)


def test_what_the_row_at_hand_tells_is_not_read(v3, product, on_air, sandbox):
    begins(sandbox, on_air, 1, total_views_cnt=77)

    (node,) = v3(OF_ONE % "views", id=product.id).data["product"]["lives"]["nodes"]

    assert node == {"views": 77}
    assert (sandbox.count(DETAIL), sandbox.count(ON_AIR)) == (0, 0)


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lives_of_an_influencer_are_the_same_pages_by_either_field(v3, host, world, sandbox):
    fields = "nodes { roomId title } pageInfo { hasNextPage }"
    root = f'lives(region: {REGION}, first: 20, filter: {{ influencer: "Influencer:{host.id}" }}) {{ {fields} }}'
    own = f'influencer(id: "{host.id}") {{ lives(first: 20) {{ {fields} }} }}'
    held = world.lives_of_influencer(host)
    expected = {
        "nodes": [{"roomId": live.id, "title": world.title_of_live(live)} for live in held[:20]],
        "pageInfo": {"hasNextPage": False},
    }
    assert 10 < len(held) < 20

    both = v3(f"{{ {root} {own} }}").data

    assert both == {"lives": expected, "influencer": {"lives": expected}}
    assert [call.params["page_num"] for call in sandbox.calls if call.path == HELD] == ["1", "2"]
    assert {call.params["user_id"] for call in sandbox.calls if call.path == HELD} == {host.id}
    assert v3(f"{{ {root} }}").data["lives"] == expected
    assert v3(f"{{ {own} }}").data["influencer"]["lives"] == expected
    assert sandbox.count(HELD) == 2


def test_the_root_list_of_lives_goes_on_behind_its_cursor(v3, host, world, sandbox):
    query = f'{{ lives(region: {REGION}, filter: {{ influencer: "{host.id}" }} %s) {{'
    query += " nodes { roomId } pageInfo { endCursor } } }"
    first = v3(query % "first: 7").data["lives"]

    rest = v3(query % f'first: 90, after: "{first["pageInfo"]["endCursor"]}"').data["lives"]

    told = [node["roomId"] for node in first["nodes"] + rest["nodes"]]
    assert told == [live.id for live in world.lives_of_influencer(host)]
    assert sandbox.count() == sandbox.count(HELD) == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("", ["filter.influencer"]),
        ("filter: {}", ["filter.influencer"]),
        ('filter: { influencer: "7", started: { from: "2026-01-01" } }', ["filter.started"]),
        ('filter: { influencer: "7", category: { l2: "810000" } }', ["filter.category.l2"]),
        ('filter: { influencer: "7" }, sort: { field: VIEWS }', ["sort"]),
        ('filter: { influencer: "7" }, sort: { field: STARTED_AT, direction: ASC }', ["sort"]),
    ],
)
def test_what_no_provider_can_list_lives_by_is_unavailable_and_named(arguments, named, v3, sandbox):
    answer = v3(f"{{ lives(region: {REGION}, {arguments}) {{ nodes {{ id }} }} }}")

    assert answer.partial == {"lives": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert answer.errors[0]["extensions"]["arguments"] == named
    assert sandbox.count() == 0


@pytest.mark.parametrize("filter", ['started: { from: "2026-01-01" }', 'category: { l1: "600001" }'])
def test_a_filter_of_lives_without_the_influencer_is_unavailable(filter, v3, sandbox):
    answer = v3(f"{{ lives(region: {REGION}, filter: {{ {filter} }}) {{ nodes {{ id }} }} }}")

    assert (answer.partial, answer.codes) == ({"lives": None}, ["CAPABILITY_UNAVAILABLE"])
    assert sandbox.count() == 0


def test_an_influencer_without_lives_or_unknown_has_an_empty_list(v3, world, sandbox):
    without = next(each for each in world.influencers_in(REGION) if not world.lives_of_influencer(each))

    for id in (without.id, UNKNOWN):
        query = f'{{ lives(region: {REGION}, filter: {{ influencer: "{id}" }}) {{'
        answer = v3(f"{query} nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}")

        assert answer.data["lives"] == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert sandbox.count() == 2
