"""How many upstream calls a query costs: counted where they arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain

import pytest

from sandbox.echotik.page import IMAGE_HOST
from sandbox.server import SandboxServer
from sandbox.world.product import Product

NAMES = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { id name } }"
RATINGS = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { id rating } }"
LIST_ROW = """
    id productId name region images { url index } cover { url } description { __typename }
    price { average min max } discountPercent commissionRate rating reviewCount freeShipping fullyManaged delisted
    bestSeller brandShop sellerOrigin shippingPrice specifications { name value } mainChannel salesTrend
    firstSeen lastSeen skus { skuId price { amount currency display } options { valueId value } }
    options { optionId name values { valueId } } categories { id level } seller { id sellerId }
    ever: performance { units gmv averagePrice influencers video { units gmv videos views } live { units sessions } }
    month: performance(window: LAST_30_DAYS) { units gmv averagePrice video { units } live { units influencers } }
"""
RANK_ROW = "id name region price { average min max } commissionRate"
RANK_EDGE = "rank cursor units gmv influencers videos lives"
UNKNOWN = ("1700000000000000001", "1700000000000000002")

both_versions = pytest.mark.parametrize("version", ["v2", "v3"])


def ranking(node: str, first: int = 30) -> str:
    return f"{{ productRanking(region: US, first: {first}) {{ date edges {{ {RANK_EDGE} node {{ {node} }} }} }} }}"


def trend(product_id: str, days: int) -> str:
    return f'{{ product(id: "{product_id}") {{ trend(days: {days}) {{ date units }} }} }}'


def flat(asked: Iterable[list[str]]) -> list[str]:
    """What several calls asked for, sorted."""
    return sorted(chain.from_iterable(asked))


def days_asked(sandbox: SandboxServer) -> list[tuple[int, int]]:
    """First and last day of every trend call, counted back from today, oldest first."""
    day_of = sandbox.world.day_of
    calls = [call.params for call in sandbox.calls if call.path == "product/trend"]
    ends = ((date.fromisoformat(call["start_date"]), date.fromisoformat(call["end_date"])) for call in calls)
    return sorted(((day_of(first), day_of(last)) for first, last in ends), reverse=True)


def daily(sandbox: SandboxServer) -> Product:
    """A product that sold for years and lacks no day."""
    return next(product for product in sandbox.world.products_in("US") if product.established)


def with_many(sandbox: SandboxServer, relation: str) -> Product:
    """An established product with more than ten of them."""
    products = sandbox.world.products_in("US")
    return next(product for product in products if product.established and getattr(product, relation) > 10)


# ── lookups ───────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_thirty_ids_of_which_25_are_distinct_cost_three_calls_and_keep_their_order(version, gateway, sandbox):
    distinct = sandbox.product_ids("US", 25)
    ids = [*reversed(distinct), *distinct[3:8]]

    answer = gateway(version)(NAMES, ids=ids)

    asked = sandbox.ids_asked("product/detail")
    assert sandbox.count() == len(asked) == 3
    assert flat(asked) == sorted(distinct)
    products = answer.data["productsByIds"]
    assert [product["id"] for product in products] == [f"Product:{id}" for id in ids]
    names = [sandbox.world.title_of(sandbox.world.product(id)) for id in ids]
    assert [product["name"] for product in products] == names


def test_twelve_products_cost_two_detail_calls_of_ten_and_two(graphql, sandbox):
    ids = sandbox.product_ids("US", 12)

    answer = graphql(NAMES, ids=ids)

    assert sorted([len(asked) for asked in sandbox.ids_asked("product/detail")]) == [2, 10]
    assert flat(sandbox.ids_asked("product/detail")) == sorted(ids)
    assert [product["id"] for product in answer.data["productsByIds"]] == [f"Product:{id}" for id in ids]
    assert all(product["name"] for product in answer.data["productsByIds"])


@both_versions
def test_ten_ids_share_one_call_and_an_eleventh_takes_a_second(version, gateway, sandbox):
    server, ids = gateway(version), sandbox.product_ids("US", 21)

    server(NAMES, ids=ids[:10])
    assert sandbox.count() == 1

    server(NAMES, ids=ids[10:])
    assert sorted(len(asked) for asked in sandbox.ids_asked("product/detail")[1:]) == [1, 10]


@both_versions
def test_a_product_in_three_places_of_a_query_is_asked_once(version, gateway, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    answer = gateway(version)(f"""{{
        product(id: "{id}") {{ name }}
        productsByIds(ids: ["{id}", "Product:{id}"]) {{ reviewCount }}
        node(id: "Product:{id}") {{ id ... on Product {{ rating performance {{ units }} }} }}
    }}""")

    assert sandbox.ids_asked("product/detail") == [[id]]
    assert sandbox.count() == 1
    product = sandbox.world.product(id)
    assert answer.data["node"]["performance"]["units"] == product.units()
    assert [found["reviewCount"] for found in answer.data["productsByIds"]] == [product.reviewed()] * 2


@both_versions
def test_the_same_query_again_costs_nothing(version, gateway, sandbox):
    server, ids = gateway(version), sandbox.product_ids("US", 12)
    queries = [(NAMES, {"ids": ids}), (ranking("name rating", 12), {}), (trend(ids[0], 30), {})]
    before = [server(query, **variables).data for query, variables in queries]
    cost = sandbox.count()

    after = [server(query, **variables).data for query, variables in queries]

    assert after == before
    assert sandbox.count() == cost > 0


@both_versions
def test_an_id_known_from_a_list_is_not_looked_up(version, gateway, sandbox):
    server, ids = gateway(version), sandbox.product_ids("US", 10)
    server(f"{{ products(region: US) {{ nodes {{ {LIST_ROW} }} }} }}")

    answer = server(RATINGS, ids=ids)

    assert sandbox.count("product/detail") == 0
    assert len(answer.data["productsByIds"]) == sandbox.count("product/list") * 10 == 10


@both_versions
def test_unknown_ids_are_null_without_an_error_and_remembered(version, gateway, sandbox):
    server, (known,) = gateway(version), sandbox.product_ids("US", 1)
    query = f"""{{
        productsByIds(ids: ["{UNKNOWN[0]}", "{known}", "{UNKNOWN[1]}"]) {{ id name }}
        product(id: "{UNKNOWN[0]}") {{ name }}
        nodes(ids: ["Product:{UNKNOWN[1]}"]) {{ id }}
    }}"""

    first = server(query).data
    assert [found and found["id"] for found in first["productsByIds"]] == [None, f"Product:{known}", None]
    assert (first["product"], first["nodes"]) == (None, [None])
    assert sandbox.count() == 1

    assert server(query).data == first
    assert server(f'{{ node(id: "Product:{UNKNOWN[0]}") {{ id }} }}').data == {"node": None}
    assert sandbox.count() == 1


# ── lists and rankings ────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_35_products_of_a_list_cost_four_calls_and_no_lookup(version, gateway, sandbox):
    answer = gateway(version)(f"{{ products(region: US, first: 35) {{ nodes {{ {LIST_ROW} }} }} }}")

    assert sandbox.count("product/list", version) == sandbox.count() == 4
    assert [node["productId"] for node in answer.data["products"]["nodes"]] == sandbox.product_ids("US", 35)


@both_versions
def test_thirty_ranked_products_cost_three_calls_and_their_ratings_three_more(version, gateway, sandbox):
    server = gateway(version)

    plain = server(ranking(RANK_ROW))
    assert sandbox.count("product/ranklist", version) == sandbox.count() == 3

    rated = server(ranking(f"{RANK_ROW} rating reviewCount"))
    assert sandbox.count("product/ranklist") == sandbox.count("product/detail", version) == 3
    assert sandbox.count() == 6
    ranked = [edge["node"]["id"] for edge in plain.data["productRanking"]["edges"]]
    assert [edge["node"]["id"] for edge in rated.data["productRanking"]["edges"]] == ranked
    assert len(set(ranked)) == 30


@both_versions
def test_thirty_ranked_products_with_ratings_cost_three_and_three_calls_at_once(version, gateway, sandbox):
    gateway(version)(ranking(f"{RANK_ROW} rating"))

    assert sandbox.count("product/ranklist") == sandbox.count("product/detail") == 3
    assert sandbox.count() == 6


@both_versions
def test_a_query_that_names_sellers_by_id_costs_no_call_for_them(version, gateway, sandbox):
    answer = gateway(version)("{ products(region: US) { nodes { productId seller { id sellerId __typename } } } }")

    assert sandbox.count() == 1
    world = sandbox.world
    for node in answer.data["products"]["nodes"]:
        seller_id = world.seller_of_product(world.product(node["productId"])).id
        assert node["seller"] == {"id": f"Seller:{seller_id}", "sellerId": seller_id, "__typename": "Seller"}


@both_versions
def test_relations_of_several_products_are_asked_at_once(version, gateway, sandbox):
    products = [product for product in sandbox.world.products_in("US") if product.established and product.reach][:5]
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { productId influencers(first: 3) { nodes { userId } } } }"
    sandbox.delay(0.2, "product/influencer/list")

    answer = gateway(version)(query, ids=[product.id for product in products])

    assert (sandbox.count("product/detail"), sandbox.count("product/influencer/list")) == (1, 5)
    assert sandbox.max_in_flight == 5
    for found, product in zip(answer.data["productsByIds"], products, strict=True):
        sellers = {user.id for user in sandbox.world.influencers_of_product(product)}
        told = {node["userId"] for node in found["influencers"]["nodes"]}
        assert len(told) == 3
        assert told <= sellers


# ── what rows tell ────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_counts_of_a_rank_row_stay_on_the_edge(version, gateway, sandbox):
    answer = gateway(version)(
        ranking("productId performance { units influencers video { videos } live { sessions } }", 10)
    )

    assert (sandbox.count("product/ranklist"), sandbox.count("product/detail")) == (1, 1)
    world = sandbox.world
    for edge in answer.data["productRanking"]["edges"]:
        product = world.product(edge["node"]["productId"])
        assert edge["units"] == product.units(1) - product.units(2) < product.units()
        assert edge["influencers"] == product.influencers(1) - product.influencers(2)
        assert edge["videos"] == sum(video.day == 1 for video in world.videos_of_product(product))
        assert edge["node"]["performance"] == {
            "units": product.units(),
            "influencers": product.reach,
            "video": {"videos": len(world.videos_of_product(product))},
            "live": {"sessions": len(world.lives_of_product(product))},
        }


def test_facts_that_nobody_tells_are_null_at_the_price_of_the_others(gateway, sandbox):
    unsold = "performance { units video { units gmv products } live { units gmv } } bestSeller specifications { value }"

    answer = gateway("v2")(ranking(f"productId {unsold}", 10))

    assert (sandbox.count("product/ranklist"), sandbox.count("product/detail")) == (1, 1)
    for edge in answer.data["productRanking"]["edges"]:
        node = edge["node"]
        assert node["performance"]["units"] == sandbox.world.product(node["productId"]).units()
        assert node["performance"]["video"] == {"units": None, "gmv": None, "products": None}
        assert node["performance"]["live"] == {"units": None, "gmv": None}
        assert (node["bestSeller"], node["specifications"]) == (None, None)


def test_facts_that_nobody_tells_cost_a_list_no_lookup(gateway, sandbox):
    answer = gateway("v2")("{ products(region: US) { nodes { performance { video { units } } lastSeen } } }")

    assert sandbox.count() == sandbox.count("product/list") == 1
    nothing = {"performance": {"video": {"units": None}}, "lastSeen": None}
    assert answer.data["products"]["nodes"] == [nothing] * 10


def test_facts_that_lists_alone_tell_are_not_looked_up(gateway, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    answer = gateway("v3")(f'{{ product(id: "{id}") {{ bestSeller brandShop sellerOrigin shippingPrice lastSeen }} }}')

    assert sandbox.count() == 1
    assert set(answer.data["product"].values()) == {None}


@both_versions
def test_sources_cost_nothing_and_tell_of_the_row_at_hand(version, gateway, sandbox):
    answer = gateway(version)(ranking("source { endpoint version asOf } sources { endpoint parts } name", 2))

    assert sandbox.count() == 1
    yesterday = (sandbox.world.today - timedelta(days=1)).isoformat()
    for edge in answer.data["productRanking"]["edges"]:
        node = edge["node"]
        assert node["source"] == {"endpoint": "echotik.product.ranklist", "version": version, "asOf": yesterday}
        (only,) = node["sources"]
        assert only["endpoint"] == "echotik.product.ranklist"
        assert {"name", "price", "commissionRate"} <= set(only["parts"])
        assert "performance" not in only["parts"]


@both_versions
def test_sources_are_read_after_the_other_fields(version, gateway, sandbox):
    answer = gateway(version)(ranking("source { endpoint cached } sources { endpoint parts } rating", 2))

    assert sandbox.count() == 2
    for edge in answer.data["productRanking"]["edges"]:
        assert edge["node"]["source"] == {"endpoint": "echotik.product.detail", "cached": False}
        # A lookup tells everything that the rank row told, and more.
        assert [source["endpoint"] for source in edge["node"]["sources"]] == ["echotik.product.detail"]
        assert "rating" in edge["node"]["sources"][0]["parts"]


# ── operations at the same moment ─────────────────────────────────────────────────────────────────────────────────


@both_versions
@pytest.mark.parametrize(
    "query", [RATINGS, "{ products(region: US, first: 20) { nodes { id } } }", ranking("rating", 5)]
)
def test_two_identical_queries_at_the_same_moment_cost_the_calls_of_one(version, query, gateway, sandbox):
    variables = {"ids": sandbox.product_ids("US", 12)} if "$ids" in query else {}
    gateway(version)(query, **variables)
    alone = sandbox.count()
    sandbox.reset()
    sandbox.delay(0.1)

    one, two = gateway(version).together((query, variables), (query, variables))

    assert sandbox.count() == alone
    assert one.data == two.data


@both_versions
def test_products_of_two_queries_in_one_batch_window_share_a_call(version, gateway, sandbox):
    cursor = gateway(version)(ranking("id", 5)).data["productRanking"]["edges"][-1]["cursor"]
    rest = f'{{ productRanking(region: US, first: 5, after: "{cursor}") {{ edges {{ rank node {{ id rating }} }} }} }}'
    sandbox.reset()
    sandbox.delay(0.3, "product/ranklist")  # both wait for this page, and need ratings when it comes

    head, tail = gateway(version).together(ranking("id rating", 5), rest)

    assert sandbox.count("product/ranklist") == 1
    assert [len(ids) for ids in sandbox.ids_asked("product/detail")] == [10]
    edges = [edge for answer in (head, tail) for edge in answer.data["productRanking"]["edges"]]
    assert [edge["rank"] for edge in edges] == list(range(1, 11))
    assert len({edge["node"]["id"] for edge in edges}) == 10


# ── days ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_thirty_days_cost_three_calls_and_more_only_what_lacks(version, gateway, sandbox):
    product, server = daily(sandbox), gateway(version)

    thirty = server(trend(product.id, 30)).data["product"]["trend"]
    assert days_asked(sandbox) == [(30, 21), (20, 11), (10, 1)]

    server(trend(product.id, 12))
    assert sandbox.count("product/trend") == 3

    longer = server(trend(product.id, 35)).data["product"]["trend"]
    assert days_asked(sandbox) == [(35, 31), (30, 21), (20, 11), (10, 1)]
    assert longer[5:] == thirty
    dates = [sandbox.world.date_of(day).isoformat() for day in range(35, 0, -1)]
    assert [point["date"] for point in longer] == dates
    sold = [product.units(day) - product.units(day + 1) for day in range(35, 0, -1)]
    assert [point["units"] for point in longer] == sold


@both_versions
def test_days_asked_in_two_places_are_asked_once(version, gateway, sandbox):
    product, world = daily(sandbox), sandbox.world
    first, last = world.date_of(25), world.date_of(9)

    answer = gateway(version)(f"""{{
        product(id: "{product.id}") {{
            recent: trend(days: 12) {{ date }}
            earlier: trend(from: "{first}", to: "{last}") {{ date }}
        }}
    }}""")

    assert days_asked(sandbox) == [(25, 16), (15, 6), (5, 1)]
    assert [len(answer.data["product"][name]) for name in ("recent", "earlier")] == [12, 17]


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────

COVERS = "{ products(region: US, first: 25) { nodes { cover { url signedUrl } } } }"
SIGNING = "batch/cover/download"


def test_covers_of_25_products_are_signed_in_three_calls(gateway, sandbox):
    answer = gateway("v3")(COVERS)

    asked = sandbox.ids_asked(SIGNING)
    assert sorted(map(len, asked)) == [5, 10, 10]
    assert sandbox.count() == 3 + 3
    covers = [node["cover"] for node in answer.data["products"]["nodes"]]
    assert flat(asked) == sorted(cover["url"] for cover in covers)
    assert all(cover["signedUrl"].startswith(f"{cover['url']}?") for cover in covers)


def test_pictures_of_several_fields_are_signed_together_and_each_once(gateway, sandbox):
    ids = sandbox.product_ids("US", 12)
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { cover { signedUrl } images { url signedUrl } } }"

    answer = gateway("v3")(query, ids=ids)

    products = answer.data["productsByIds"]
    urls = {image["url"] for product in products for image in product["images"]}
    pictures = sum(sandbox.world.listing_of(sandbox.world.product(id)).pictures for id in ids)
    assert len(urls) == pictures
    asked = sandbox.ids_asked(SIGNING)
    assert flat(asked) == sorted(urls)
    assert len(asked) == -(-pictures // 10)
    assert all(product["cover"]["signedUrl"] == product["images"][0]["signedUrl"] for product in products)


def test_signed_addresses_are_kept(gateway, sandbox):
    server = gateway("v3")
    first = server(COVERS).data

    assert server(COVERS).data == first
    assert sandbox.count(SIGNING) == 3


def test_without_a_signer_addresses_are_null_and_cost_nothing(gateway, sandbox):
    answer = gateway("v2")(COVERS)

    assert sandbox.count() == sandbox.count("product/list") == 3
    covers = [node["cover"] for node in answer.data["products"]["nodes"]]
    assert all(cover["url"] and cover["signedUrl"] is None for cover in covers)


@pytest.mark.parametrize("version", [None, "v3"])
def test_only_pictures_on_the_signed_host_are_signed(version, gateway, sandbox):
    product = with_many(sandbox, "lives")

    answer = gateway(version)(f"""{{ product(id: "{product.id}") {{
        cover {{ url signedUrl }}
        lives {{ nodes {{ cover {{ url signedUrl }} }} }}
        videos {{ nodes {{ cover {{ url signedUrl }} }} }}
    }} }}""")

    found = answer.data["product"]
    covers = [found["cover"], *(node["cover"] for name in ("lives", "videos") for node in found[name]["nodes"])]
    told = [cover for cover in covers if cover is not None]
    hosted = {cover["url"] for cover in told if cover["url"].startswith(f"{IMAGE_HOST}/")}
    assert flat(sandbox.ids_asked(SIGNING)) == sorted(hosted)
    assert len(hosted) < len(told)
    assert all((cover["signedUrl"] is not None) == (cover["url"] in hosted) for cover in told)
