"""Sellers: lookups, lists, relations, days and rankings, against what the world tells of a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from sandbox.echotik.product import sales_trend_flag
from sandbox.echotik.seller import link, logo, sales_flag
from sandbox.server import SandboxServer
from sandbox.world.product import Product
from sandbox.world.seller import Seller

REGION = "SG"
WINDOWS = {"LAST_1_DAY": 1, "LAST_7_DAYS": 7, "LAST_30_DAYS": 30, "LAST_90_DAYS": 90}
NOT_TOLD = ("LAST_15_DAYS", "LAST_60_DAYS")
CHANNELS = (None, "VIDEO", "LIVE")
TRENDS = ("STABLE", "UP", "DOWN")
UNKNOWN = "7495999999999999999"
BY_IDS = "query ($ids: [ID!]!) { sellersByIds(ids: $ids) { sellerId name } }"


def dollars(cents: int) -> float:
    return cents / 100


def most(items: Iterable[Any], measure: Callable[[Any], float], count: int = 10) -> list[float]:
    """The highest values of a measure, highest first."""
    return sorted(map(measure, items), reverse=True)[:count]


def sent(sandbox: SandboxServer, path: str) -> dict[str, str]:
    """What the only call of a path asked for, paging apart."""
    (call,) = [call for call in sandbox.calls if call.path == path]
    return {name: value for name, value in call.params.items() if name not in ("page_num", "page_size")}


def sellers_of(sandbox: SandboxServer, count: int) -> list[Seller]:
    return sandbox.world.sellers_in(REGION)[:count]


@pytest.fixture
def seller(sandbox: SandboxServer) -> Seller:
    """A middling shop, whose own account sells too, with more than ten lives."""
    world = sandbox.world
    shops = (each for each in world.sellers_in(REGION) if each.number == 4 and each.sells_itself)
    return next(each for each in shops if len(world.lives_of_seller(each)) > 10)


@pytest.fixture
def v3(gateway):
    return gateway("v3")


# ── lookups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_seller_tells_what_the_shop_is(v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "Seller:{seller.id}") {{
        id sellerId name region url logo {{ url index }} origin rating averagePrice productCount activeProductCount
        influencerCount videoCount liveCount mainChannel salesTrend firstSeen
        topCategory {{ categoryId level }} categories {{ categoryId level }} soldCategories {{ categoryId }}
        reviewCount followerCount positiveFeedbackRate responseRate account {{ id userId }}
    }} }}""")

    world, shop = sandbox.world, sandbox.world.shop_of(seller)
    account = world.account_of_seller(seller)
    assert sandbox.ids_asked("seller/detail") == [[seller.id]]
    assert sandbox.count() == 1
    assert answer.data["seller"] == {
        "id": f"Seller:{seller.id}",
        "sellerId": seller.id,
        "name": seller.name,
        "region": REGION,
        "url": link(seller),
        "logo": {"url": logo(seller), "index": None},
        "origin": "CROSS_BORDER" if seller.cross_border else "LOCAL",
        "rating": seller.rating_tenths / 10,
        "averagePrice": dollars(shop.price),
        "productCount": shop.listed(),
        "activeProductCount": shop.on_sale(),
        "influencerCount": shop.influencers(),
        "videoCount": shop.videos(),
        "liveCount": shop.lives(),
        "mainChannel": CHANNELS[sales_flag(shop)],
        "salesTrend": TRENDS[sales_trend_flag(shop)],
        "firstSeen": world.date_of(seller.age).isoformat(),
        "topCategory": {"categoryId": shop.category_path[0].id, "level": "L1"},
        "categories": [{"categoryId": each.id, "level": f"L{each.level}"} for each in shop.category_path],
        "soldCategories": [{"categoryId": each.id} for each in shop.categories(2)],
        "reviewCount": shop.reviews(),
        "followerCount": world.career_of(account).followers(),
        "positiveFeedbackRate": seller.good_thousandths / 1000,
        "responseRate": seller.answered_thousandths / 1000,
        "account": {"id": f"Influencer:{account.id}", "userId": account.id},
    }


def test_each_window_tells_what_its_days_added(v3, seller, sandbox):
    measures = "window units gmv averagePrice conversionRate"
    windows = " ".join(f"{name}: performance(window: {name}) {{ {measures} }}" for name in (*WINDOWS, *NOT_TOLD))
    answer = v3(f'{{ seller(id: "{seller.id}") {{ ever: performance {{ {measures} }} {windows} }} }}')

    shop, told = sandbox.world.shop_of(seller), answer.data["seller"]
    assert sandbox.count() == 1
    assert told["ever"] == {
        "window": "ALL_TIME",
        "units": shop.units(),
        "gmv": dollars(shop.gmv()),
        "averagePrice": pytest.approx(dollars(shop.gmv()) / shop.units()),
        "conversionRate": None,
    }
    for window, days in WINDOWS.items():
        assert told[window]["window"] == window
        assert told[window]["units"] == shop.units() - shop.units(days + 1)
        assert told[window]["gmv"] == dollars(shop.gmv() - shop.gmv(days + 1))
    assert told["LAST_1_DAY"]["units"] < told["LAST_90_DAYS"]["units"] < told["ever"]["units"]
    for window in NOT_TOLD:
        assert (told[window]["window"], told[window]["units"], told[window]["gmv"]) == (window, None, None)


def test_sellers_by_ids_cost_a_call_each_in_the_order_asked(v3, sandbox):
    shops = sellers_of(sandbox, 5)[::-1]
    ids = [*(shop.id for shop in shops), UNKNOWN, shops[1].id]

    answer = v3(BY_IDS, ids=ids)

    asked = sandbox.ids_asked("seller/detail")
    assert sorted(asked) == sorted([id] for id in {*ids})
    assert sandbox.count() == 6
    told = [{"sellerId": shop.id, "name": shop.name} for shop in shops]
    assert answer.data["sellersByIds"] == [*told, None, told[1]]

    assert v3(BY_IDS, ids=ids).data == answer.data
    assert sandbox.count() == 6


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filter", "wire", "holds"),
    [
        ("origin: LOCAL", {"from_flag": "1"}, lambda shop: not shop.seller.cross_border),
        ("origin: CROSS_BORDER", {"from_flag": "2"}, lambda shop: shop.seller.cross_border),
        ("mainChannel: VIDEO", {"sales_flag": "1"}, lambda shop: sales_flag(shop) == 1),
        ("mainChannel: LIVE", {"sales_flag": "2"}, lambda shop: sales_flag(shop) == 2),
        ("salesTrend: STABLE", {"sales_trend_flag": "0"}, lambda shop: sales_trend_flag(shop) == 0),
        ("salesTrend: UP", {"sales_trend_flag": "1"}, lambda shop: sales_trend_flag(shop) == 1),
        ("salesTrend: DOWN", {"sales_trend_flag": "2"}, lambda shop: sales_trend_flag(shop) == 2),
        (
            'category: { l1: "601739" }',
            {"category_id": "601739"},
            lambda shop: shop.category_path[0].id == "601739",
        ),
        (
            'category: { l2: "851848" }',
            {"category_l2_id": "851848"},
            lambda shop: shop.category_path[1].id == "851848",
        ),
    ],
)
def test_filters_of_a_list_reach_the_provider(filter, wire, holds, v3, sandbox):
    answer = v3(f"{{ sellers(region: {REGION}, filter: {{ {filter} }}) {{ nodes {{ sellerId }} }} }}")

    order = {"seller_sort_field": "1", "sort_type": "1"}
    assert sent(sandbox, "seller/list") == {"region": REGION, **wire, **order}
    assert sandbox.count() == 1
    world = sandbox.world
    shops = [world.shop_of(world.seller(node["sellerId"])) for node in answer.data["sellers"]["nodes"]]
    assert shops
    assert all(map(holds, shops))


@pytest.mark.parametrize(
    ("field", "code", "measure"),
    [
        ("UNITS", "1", lambda shop: shop.units()),
        ("GMV", "2", lambda shop: shop.gmv()),
        ("AVERAGE_PRICE", "3", lambda shop: shop.price),
    ],
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_sorts_of_a_list_reach_the_provider(field, code, measure, direction, v3, sandbox):
    answer = v3(f"""{{
        sellers(region: {REGION}, sort: {{ field: {field}, direction: {direction} }}) {{ nodes {{ sellerId }} }}
    }}""")

    order = {"seller_sort_field": code, "sort_type": "1" if direction == "DESC" else "0"}
    assert sent(sandbox, "seller/list") == {"region": REGION, **order}
    world = sandbox.world
    told = [measure(world.shop_of(world.seller(node["sellerId"]))) for node in answer.data["sellers"]["nodes"]]
    every = sorted((measure(world.shop_of(each)) for each in world.sellers_in(REGION)), reverse=direction == "DESC")
    assert told == every[:10]


def test_rows_of_a_list_tell_all_but_what_details_alone_tell(v3, sandbox):
    row = "name rating productCount account { userId } performance(window: LAST_7_DAYS) { units } topCategory { id }"
    listed = v3(f"{{ sellers(region: {REGION}, first: 12) {{ nodes {{ sellerId {row} }} }} }}").data["sellers"]["nodes"]

    assert sandbox.count() == sandbox.count("seller/list") == 2
    world = sandbox.world
    for node in listed:
        shop = world.shop_of(world.seller(node["sellerId"]))
        assert node["performance"]["units"] == shop.units() - shop.units(8)
        assert node["productCount"] == shop.listed()

    more = v3(f"{{ sellers(region: {REGION}, first: 3) {{ nodes {{ sellerId reviewCount }} }} }}")

    assert sandbox.count("seller/list") == 2
    told = more.data["sellers"]["nodes"]
    assert sorted(chain(*sandbox.ids_asked("seller/detail"))) == sorted(node["sellerId"] for node in told)
    for node in told:
        assert node["reviewCount"] == world.shop_of(world.seller(node["sellerId"])).reviews()


# ── relations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "code", "measure"),
    [
        ("UNITS", "1", Product.units),
        ("GMV", "2", Product.gmv),
        ("AVERAGE_PRICE", "3", lambda product: product.price),
        ("UNITS_7D", "4", lambda product: product.units() - product.units(8)),
        ("GMV_7D", "5", lambda product: product.gmv() - product.gmv(8)),
    ],
)
def test_products_of_a_seller(field, code, measure, v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "{seller.id}") {{
        products(sort: {{ field: {field} }}) {{
            nodes {{
            productId name performance {{ units }} seller {{ sellerId }}
        }} }}
    }} }}""")

    asked = {"seller_id": seller.id, "seller_product_sort_field": code, "sort_type": "1"}
    assert sent(sandbox, "seller/product/list") == asked
    assert sandbox.count("product/detail") == 0
    world, nodes = sandbox.world, answer.data["seller"]["products"]["nodes"]
    products = world.products_of_seller(seller)
    assert {node["productId"] for node in nodes} == {product.id for product in products}
    told = [world.product(node["productId"]) for node in nodes]
    assert list(map(measure, told)) == most(products, measure)
    for node, product in zip(nodes, told, strict=True):
        units, name = product.units(), world.title_of(product)
        assert (node["name"], node["performance"], node["seller"]) == (name, {"units": units}, {"sellerId": seller.id})


@pytest.mark.parametrize(("field", "code"), [("FOLLOWERS", "1"), ("UNITS", "2"), ("GMV", "3")])
def test_influencers_of_a_seller_with_what_they_sold_for_it(field, code, v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "{seller.id}") {{
        influencers(sort: {{ field: {field} }}) {{
            edges {{ units gmv node {{ userId name followingCount audience {{ followers likes }} }} }}
        }}
    }} }}""")

    asked = {"seller_id": seller.id, "seller_influencer_sort_field": code, "sort_type": "1"}
    assert sent(sandbox, "seller/influencer/list") == asked
    assert sandbox.count("influencer/detail") == 0
    world, edges = sandbox.world, answer.data["seller"]["influencers"]["edges"]

    def measure(user: Any) -> Any:
        sale = world.sale_for_seller(user, seller)
        return int({"FOLLOWERS": user.followers, "UNITS": sale.units, "GMV": sale.gmv}[field])

    users = [world.influencer(edge["node"]["userId"]) for edge in edges]
    assert list(map(measure, users)) == most(world.influencers_of_seller(seller), measure)
    for edge, user in zip(edges, users, strict=True):
        sale = world.sale_for_seller(user, seller)
        assert (edge["units"], edge["gmv"]) == (sale.units, dollars(sale.gmv))
        assert (edge["node"]["name"], edge["node"]["followingCount"]) == (user.nick_name, user.following)
        assert edge["node"]["audience"] == {"followers": user.followers, "likes": world.career_of(user).likes()}


@pytest.mark.parametrize(("field", "code"), [("VIEWS", "1"), ("UNITS", "2"), ("GMV", "3")])
def test_videos_of_a_seller(field, code, v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "{seller.id}") {{
        videos(sort: {{ field: {field} }}) {{
            nodes {{ videoId influencer {{ userId name }} engagement {{ views likes }} performance {{ units gmv }} }}
        }}
    }} }}""")

    asked = {"seller_id": seller.id, "seller_video_sort_field": code, "sort_type": "1"}
    assert sent(sandbox, "seller/video/list") == asked
    assert sandbox.count("video/detail") == sandbox.count("influencer/detail") == 0
    world, nodes = sandbox.world, answer.data["seller"]["videos"]["nodes"]

    def measure(video: Any) -> Any:
        sale = world.sale_of_video(video)
        return int({"VIEWS": video.views(), "UNITS": sale.units, "GMV": sale.gmv}[field])

    videos = [world.video(node["videoId"]) for node in nodes]
    assert list(map(measure, videos)) == most(world.videos_of_seller(seller), measure)
    for node, video in zip(nodes, videos, strict=True):
        sale, author = world.sale_of_video(video), world.author_of_video(video)
        assert node["influencer"] == {"userId": author.id, "name": author.nick_name}
        assert node["engagement"] == {"views": video.views(), "likes": video.part(video.likes)}
        assert node["performance"] == {"units": sale.units, "gmv": dollars(sale.gmv)}


@pytest.mark.parametrize(("field", "code"), [("VIEWS", "1"), ("UNITS", "2"), ("GMV", "3")])
def test_lives_of_a_seller(field, code, v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "{seller.id}") {{
        lives(sort: {{ field: {field} }}, first: 5) {{
            nodes {{ roomId title durationSeconds views joins units gmv influencer {{ userId name }} }}
        }}
    }} }}""")

    asked = {"seller_id": seller.id, "seller_live_sort_field": code, "sort_type": "1"}
    assert sent(sandbox, "seller/live/list") == asked
    assert sandbox.count("influencer/detail") == 0
    world, nodes = sandbox.world, answer.data["seller"]["lives"]["nodes"]

    def measure(live: Any) -> Any:
        sale = world.sale_of_live(live)
        return int({"VIEWS": live.views, "UNITS": sale.units, "GMV": sale.gmv}[field])

    lives = [world.live(node["roomId"]) for node in nodes]
    assert list(map(measure, lives)) == most(world.lives_of_seller(seller), measure, 5)
    for node, live in zip(nodes, lives, strict=True):
        sale, host = world.sale_of_live(live), world.host_of_live(live)
        assert node == {
            "roomId": live.id,
            "title": world.title_of_live(live),
            "durationSeconds": live.duration,
            "views": live.views,
            "joins": live.joins,
            "units": sale.units,
            "gmv": dollars(sale.gmv),
            "influencer": {"userId": host.id, "name": host.nick_name},
        }


# ── days ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_trend_of_a_seller_is_what_the_shop_did_day_by_day(v3, seller, sandbox):
    answer = v3(f"""{{ seller(id: "{seller.id}") {{ trend(days: 20) {{
        date units gmv totalUnits totalGmv products activeProducts videos videoInfluencers lives liveInfluencers
    }} }} }}""")

    assert sandbox.count("seller/trend") == 2
    world, shop = sandbox.world, sandbox.world.shop_of(seller)
    assert answer.data["seller"]["trend"] == [
        {
            "date": world.date_of(day).isoformat(),
            "units": shop.units(day) - shop.units(day + 1),
            "gmv": dollars(shop.gmv(day) - shop.gmv(day + 1)),
            "totalUnits": shop.units(day),
            "totalGmv": dollars(shop.gmv(day)),
            "products": shop.listed(day),
            "activeProducts": shop.on_sale(day),
            "videos": shop.videos(day),
            "videoInfluencers": shop.video_influencers(day),
            "lives": shop.lives(day),
            "liveInfluencers": shop.live_influencers(day),
        }
        for day in range(20, 0, -1)
    ]


# ── rankings ──────────────────────────────────────────────────────────────────────────────────────────────────────

RANKED = "name region logo { url } origin rating topCategory { categoryId } categories { id } account { userId }"


@pytest.mark.parametrize(("by", "code"), [("UNITS", "1"), ("INFLUENCERS", "2")])
def test_edges_of_a_ranking_tell_what_the_day_added(by, code, v3, sandbox):
    answer = v3(f"""{{ sellerRanking(region: {REGION}, by: {by}) {{
        date edges {{ rank units gmv influencers videos lives products node {{ sellerId {RANKED} }} }}
    }} }}""")

    world = sandbox.world
    yesterday = (world.today - timedelta(days=1)).isoformat()
    asked = {"region": REGION, "date": yesterday, "rank_type": "1", "seller_rank_field": code}
    assert sent(sandbox, "seller/ranklist") == asked
    assert sandbox.count() == 1
    ranking = answer.data["sellerRanking"]
    assert ranking["date"] == yesterday
    assert [edge["rank"] for edge in ranking["edges"]] == list(range(1, 11))
    for edge in ranking["edges"]:
        seller = world.seller(edge["node"]["sellerId"])
        shop = world.shop_of(seller)
        assert edge["units"] == shop.units(1) - shop.units(2)
        assert edge["gmv"] == dollars(shop.gmv(1) - shop.gmv(2))
        assert edge["influencers"] == shop.influencers(1) - shop.influencers(2)
        assert edge["videos"] == shop.videos(1) - shop.videos(2)
        assert edge["lives"] == shop.lives(1) - shop.lives(2)
        assert edge["products"] in (None, shop.listed(1) - shop.listed(2))
        assert edge["products"] != 0
        assert (edge["node"]["name"], edge["node"]["rating"]) == (seller.name, seller.rating_tenths / 10)
        assert edge["node"]["account"] == {"userId": world.account_of_seller(seller).id}
    measure = {"UNITS": lambda shop, day: shop.units(day), "INFLUENCERS": lambda shop, day: shop.influencers(day)}[by]
    shops = [world.shop_of(each) for each in world.sellers_in(REGION)]
    gains = most(shops, lambda shop: measure(shop, 1) - measure(shop, 2))
    assert [edge["units" if by == "UNITS" else "influencers"] for edge in ranking["edges"]] == gains


def test_more_than_a_rank_row_tells_costs_a_call_for_each_shop(v3, sandbox):
    answer = v3(f"""{{ sellerRanking(region: {REGION}, first: 4) {{
        edges {{ influencers node {{ sellerId influencerCount videoCount performance {{ units }} }} }}
    }} }}""")

    world, edges = sandbox.world, answer.data["sellerRanking"]["edges"]
    assert (sandbox.count("seller/ranklist"), sandbox.count()) == (1, 5)
    ranked = [edge["node"]["sellerId"] for edge in edges]
    assert sorted(sandbox.ids_asked("seller/detail")) == sorted([id] for id in ranked)
    for edge in edges:
        shop = world.shop_of(world.seller(edge["node"]["sellerId"]))
        assert edge["node"]["influencerCount"] == shop.influencers() > edge["influencers"]
        assert edge["node"]["videoCount"] == shop.videos()
        assert edge["node"]["performance"]["units"] == shop.units()


def test_a_ranking_is_narrowed_by_category_and_origin(v3, sandbox):
    answer = v3(f"""{{ sellerRanking(region: {REGION}, period: MONTH, category: {{ l1: "601739" }}, origin: LOCAL) {{
        date nodes {{ sellerId origin topCategory {{ categoryId }} }}
    }} }}""")

    asked, ranking = sent(sandbox, "seller/ranklist"), answer.data["sellerRanking"]
    assert asked == {
        "region": REGION,
        "date": ranking["date"],
        "rank_type": "3",
        "seller_rank_field": "1",
        "category_id": "601739",
        "from_flag": "1",
    }
    assert ranking["nodes"]
    for node in ranking["nodes"]:
        assert node == {"sellerId": node["sellerId"], "origin": "LOCAL", "topCategory": {"categoryId": "601739"}}


# ── on EchoTik v2 alone ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "field",
    [
        'seller(id: "%s") { name }',
        'sellersByIds(ids: ["%s"]) { name }',
        "sellers(region: SG) { nodes { id } }",
        "sellerRanking(region: SG) { nodes { id } }",
    ],
)
def test_sellers_are_not_served_by_v2(field, gateway, seller, sandbox):
    answer = gateway("v2")(f"{{ {field.replace('%s', seller.id)} }}")

    assert set(answer.codes) == {"CAPABILITY_UNAVAILABLE"}
    (told,) = answer.partial.values()
    assert told in (None, [None])
    assert sandbox.count() == 0


def test_a_products_seller_is_a_bare_reference_on_v2(gateway, sandbox):
    (id,) = sandbox.product_ids(REGION, 1)

    answer = gateway("v2")(f'{{ product(id: "{id}") {{ seller {{ sellerId name rating }} }} }}')

    assert sandbox.count() == sandbox.count("product/detail") == 1
    seller = sandbox.world.seller_of_product(sandbox.world.product(id))
    assert answer.partial["product"]["seller"] == {"sellerId": seller.id, "name": None, "rating": None}
    assert set(answer.codes) <= {"CAPABILITY_UNAVAILABLE"}


# ── there and back ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_products_seller_has_the_product_among_its_products(v3, sandbox):
    (id,) = sandbox.product_ids(REGION, 1)

    answer = v3(f"""{{ product(id: "{id}") {{
        seller {{ sellerId products(first: 30) {{ nodes {{ productId seller {{ sellerId }} }} }} }}
    }} }}""")

    world = sandbox.world
    seller = world.seller_of_product(world.product(id))
    told = answer.data["product"]["seller"]
    assert told["sellerId"] == seller.id
    products = {product.id for product in world.products_of_seller(seller)}
    assert id in products
    assert {node["productId"] for node in told["products"]["nodes"]} == products
    assert all(node["seller"] == {"sellerId": seller.id} for node in told["products"]["nodes"])
    assert sandbox.count("seller/detail") == 0


def test_a_sellers_account_leads_back_to_it(v3, seller, sandbox):
    answer = v3(f'{{ seller(id: "{seller.id}") {{ account {{ name seller {{ id name account {{ userId }} }} }} }} }}')

    account = sandbox.world.account_of_seller(seller)
    assert (sandbox.count("seller/detail"), sandbox.count("influencer/detail"), sandbox.count()) == (1, 1, 2)
    assert answer.data["seller"]["account"] == {
        "name": account.nick_name,
        "seller": {"id": f"Seller:{seller.id}", "name": seller.name, "account": {"userId": account.id}},
    }
