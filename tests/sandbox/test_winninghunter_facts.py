"""Winning Hunter and EchoTik tell of one world: what one says of an id is what the other says, on one and the same
server."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller

TODAY = date(2026, 3, 18)
YESTERDAY = TODAY - timedelta(1)
PERIODS = (1, 7, 30, 90)
Told = Callable[..., Any]


@pytest.fixture(scope="module")
def wire(server: SandboxServer) -> Iterator[httpx.Client]:
    key = {"x-api-key": "sandbox"}
    with httpx.Client(base_url=f"{server.winninghunter_url}/api", headers=key, timeout=10) as client:
        yield client


@pytest.fixture
def told(sandbox: SandboxServer, wire: httpx.Client) -> Told:
    """What is said: told("shop-detail/total", id=…) of a POST, told("v2/videos/7…") of a GET."""

    def told(path: str, **sent: object) -> Any:
        if path.startswith(("v1/", "v2/")):
            answer = wire.get(f"/{path}", params={name: str(value) for name, value in sent.items()})
        else:
            answer = wire.post(f"/v1/tiktok-shop/{path}", json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return told


@pytest.fixture
def products(sandbox: SandboxServer) -> list[Product]:
    """Best sellers, quiet, delisted and new ones."""
    circle = sandbox.world.products_of_circle(sandbox.world.products_in("SG")[0].circle)
    return [circle[place] for place in (0, 7, 35, 36, 38, 39, 40, 59)]


@pytest.fixture
def sellers(sandbox: SandboxServer) -> list[Seller]:
    return sandbox.world.sellers_in("SG")[:10]


@pytest.fixture
def users(sandbox: SandboxServer) -> list[Influencer]:
    """Creators and a shop's own account."""
    world = sandbox.world
    seller = next(each for each in world.sellers_in("SG") if each.sells_itself and each.number < 4)
    return [*world.influencers_in("SG")[:40:10], world.account_of_seller(seller)]


@pytest.fixture
def videos(sandbox: SandboxServer) -> list[Video]:
    """Of one shelf: some show several products, some none."""
    return sandbox.world.shelf_of(sandbox.world.products_in("SG")[0]).videos[::6]


def test_a_products_page_is_its_row(told, rows, products: list[Product], sandbox: SandboxServer):
    for product in products:
        (row,) = rows("v3/product/detail", product_ids=product.id)
        (page,) = rows("v2/product/detail", product_ids=product.id)
        first = min(page["cover_url"], key=lambda cover: cover["index"])
        assert told(f"v1/tiktok-shop/product-detail/{product.id}") == {
            "id": product.id,
            "title": row["product_name"],
            "shop_id": row["seller_id"],
            "price": row["spu_avg_price"],
            "revenue": row["total_sale_gmv_30d_amt"],
            "sales": row["total_sale_30d_cnt"],
            "rating": row["product_rating"],
            "image": first["url"],
        }


@pytest.mark.parametrize("period", PERIODS)
def test_a_products_total_is_its_window(period: int, told, rows, products: list[Product]):
    for product in products:
        (row,) = rows("v3/product/detail", product_ids=product.id)
        total = told("product-detail/total", id=product.id, period=period)
        revenue, sales = row[f"total_sale_gmv_{period}d_amt"], row[f"total_sale_{period}d_cnt"]
        assert (total["revenue"], total["sales"], total["period"]) == (revenue, sales, period)
        assert total["avg_price"] == pytest.approx(revenue / sales if sales else 0, abs=0.0051)


def test_a_total_is_of_thirty_days_unless_asked(told, products: list[Product]):
    product_id = products[0].id

    assert told("product-detail/total", id=product_id) == told("product-detail/total", id=product_id, period=30)
    assert told("product-detail/total", id=product_id)["period"] == 30


@pytest.mark.parametrize("period", PERIODS)
def test_a_history_is_the_trends_days(period: int, told, rows, products: list[Product]):
    days = {"start_date": str(TODAY - timedelta(period)), "end_date": str(YESTERDAY)}
    lengths = []
    for product in products:
        trend = rows("v3/product/trend", pages=10, product_id=product.id, **days)
        history = told("product-detail/history", id=product.id, period=period)
        assert history == [
            {"date": day["dt"], "revenue": day["total_sale_gmv_1d_amt"], "sales": day["total_sale_1d_cnt"]}
            for day in trend
        ]
        lengths.append(len(history))
    assert max(lengths) == period
    assert period < 30 or min(lengths) < period  # of a new one, and of one that lacks days


def test_a_shop_is_its_row(told, rows, sellers: list[Seller]):
    for seller in sellers:
        (row,) = rows("v3/seller/detail", seller_id=seller.id)
        assert told("shop-detail", id=seller.id, country="SG") == {
            "id": seller.id,
            "name": row["seller_name"],
            "country": row["region"],
            "logo": row["cover_url"],
            "products_count": row["total_product_cnt"],
            "creators_count": row["total_ifl_cnt"],
            "rating": row["rating"],
        }


@pytest.mark.parametrize("period", PERIODS)
def test_a_shops_total_is_its_window(period: int, told, rows, sellers: list[Seller]):
    rates = set()
    for seller in sellers:
        (row,) = rows("v3/seller/detail", seller_id=seller.id)
        total = told("shop-detail/total", id=seller.id, period=period)
        revenue, sales = row[f"total_sale_gmv_{period}d_amt"], row[f"total_sale_{period}d_cnt"]
        assert (total["revenue"], total["sales"], total["period"]) == (revenue, sales, period)
        assert total["avg_price"] == pytest.approx(revenue / sales if sales else 0, abs=0.0051)
        assert 0.01 <= total["conversion_rate"] <= 0.09
        assert told("shop-detail/total", id=seller.id, period=period) == total
        rates.add(total["conversion_rate"])
    assert len(rates) > 3


@pytest.mark.parametrize("period", PERIODS)
def test_a_shops_products_are_those_of_its_list(period: int, told, rows, sellers: list[Seller]):
    for seller in sellers[::3]:
        listed = rows("v3/seller/product/list", pages=3, seller_id=seller.id)
        wanted = [
            {
                "id": row["product_id"],
                "title": row["product_name"],
                "price": row["spu_avg_price"],
                "revenue": row[f"total_sale_gmv_{period}d_amt"],
                "sales": row[f"total_sale_{period}d_cnt"],
            }
            for row in listed
        ]
        found = told("shop-detail/product/queryList", id=seller.id, period=period)
        assert found == sorted(wanted, key=lambda row: (-row["revenue"], row["id"]))


@pytest.mark.parametrize("period", PERIODS)
def test_a_creators_total_is_its_window(period: int, told, rows, users: list[Influencer]):
    days = {"start_date": str(TODAY - timedelta(period)), "end_date": str(YESTERDAY)}
    for user in users:
        (row,) = rows("v3/influencer/detail", user_ids=user.id)
        trend = rows("v3/influencer/trend", pages=10, user_id=user.id, **days)
        total = told("creator-detail/total", id=user.id, period=period)
        assert (total["followers"], total["period"]) == (row["total_followers_cnt"], period)
        if len(trend) == period:
            assert total["sales"] == sum(day["total_sale_1d_cnt"] for day in trend)
            assert total["revenue"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in trend))
        if period == 30:
            assert total["revenue"] == row["total_sale_gmv_30d_amt"]


def test_a_creators_videos_are_those_posted_in_the_window(told, rows, users: list[Influencer]):
    for user in users:
        days = {"start_date": str(TODAY - timedelta(91)), "end_date": str(YESTERDAY)}
        trend = {row["dt"]: row for row in rows("v3/influencer/trend", pages=10, user_id=user.id, **days)}
        for period in PERIODS:
            before = trend.get(str(TODAY - timedelta(period + 1)))
            if before and str(YESTERDAY) in trend:
                posted = trend[str(YESTERDAY)]["total_post_video_cnt"] - before["total_post_video_cnt"]
                assert told("creator-detail/total", id=user.id, period=period)["videos"] == posted


@pytest.mark.parametrize("period", PERIODS)
def test_a_creators_products_are_those_of_its_list_and_add_up(period: int, told, rows, users: list[Influencer]):
    for user in users:
        listed = {row["product_id"]: row for row in rows("v3/influencer/product/list", pages=7, user_id=user.id)}
        total = told("creator-detail/total", id=user.id, period=period)
        found = [
            row
            for page in (1, 2)
            for row in told("creator-detail/searchProducts", id=user.id, period=period, page=page, limit=50)
        ]
        assert {row["id"]: row["title"] for row in found} == {
            product_id: row["product_name"] for product_id, row in listed.items()
        }
        assert sum(row["sales"] for row in found) == total["sales"]
        assert sum(row["revenue"] for row in found) == pytest.approx(total["revenue"])
        assert [row["revenue"] for row in found] == sorted((row["revenue"] for row in found), reverse=True)
        for row in found:
            edge = listed[row["id"]]
            assert row["sales"] <= edge["total_video_sale_cnt"] + edge["total_live_sale_cnt"]


def test_a_video_is_its_row(told, rows, videos: list[Video], sandbox: SandboxServer):
    shown = []
    for video in videos:
        (row,) = rows("v3/video/detail", video_ids=video.id)
        page = told(f"v2/videos/{video.id}")
        products = [product.id for product in sandbox.world.products_of_video(video)]
        assert page == {
            "id": video.id,
            "caption": row["video_desc"],
            "creator_id": row["user_id"],
            **({"product_id": products[0]} if products else {}),
            "posted_at": str(sandbox.world.date_of(video.day)),
        }
        shown.append(bool(products))
    assert set(shown) == {True, False}


@pytest.mark.parametrize("period", [1, 7, 30])
def test_a_videos_metrics_are_its_window(period: int, told, rows, videos: list[Video]):
    compared: list[int] = []
    for video in videos:
        (row,) = rows("v3/video/detail", video_ids=video.id)
        metrics = told(f"v2/videos/{video.id}/metrics", period=period)
        assert (metrics["views"], metrics["likes"], metrics["period"]) == (
            row[f"total_views_{period}d_cnt"],
            row[f"total_digg_{period}d_cnt"],
            period,
        )
        days = {"start_date": str(TODAY - timedelta(period + 1)), "end_date": str(YESTERDAY)}
        trend = {each["dt"]: each for each in rows("v3/video/trend", pages=4, video_id=video.id, **days)}
        before = trend.get(days["start_date"], {"total_comments_cnt": 0, "total_shares_cnt": 0})
        if days["start_date"] in trend or video.day <= period:
            assert metrics["comments"] == row["total_comments_cnt"] - before["total_comments_cnt"]
            assert metrics["shares"] == row["total_shares_cnt"] - before["total_shares_cnt"]
            compared.append(metrics["comments"])
    assert any(compared)


def test_a_videos_metrics_are_of_thirty_days_unless_asked(told, videos: list[Video]):
    url = f"v2/videos/{videos[-1].id}/metrics"

    assert told(url) == told(url, period=30)
    assert told(url)["period"] == 30


def test_explored_products_say_what_their_rows_say(told, rows):
    for period in (7, 30, 90):
        found = told("products/explore", country="SG", period=f"{period}d", limit=10)
        details = rows("v3/product/detail", product_ids=",".join(row["id"] for row in found))
        known = {row["product_id"]: row for row in details}
        for row in found:
            detail = known[row["id"]]
            assert (
                row.items()
                >= {
                    "title": detail["product_name"],
                    "price": detail["spu_avg_price"],
                    "revenue": detail[f"total_sale_gmv_{period}d_amt"],
                    "sales": detail[f"total_sale_{period}d_cnt"],
                    "country": "SG",
                    "product_rating": detail["product_rating"],
                    "product_review_cnt": detail["review_count"],
                    "creator_count": detail["total_ifl_cnt"],
                }.items()
            )


@pytest.fixture
def foreign(sandbox: SandboxServer) -> Iterator[None]:
    """Ids of shops, creators and videos are Winning Hunter's own."""
    state = sandbox.app.state.sandbox
    before = state.setting
    state.setting = replace(before, winninghunter_foreign=True)
    yield
    state.setting = before


@pytest.mark.usefixtures("foreign")
def test_ids_of_its_own_name_others(told, rows, sellers, users, videos):
    for seller in sellers:
        (row,) = rows("v3/seller/detail", seller_id=seller.id)
        shop = told("shop-detail", id=seller.id)
        assert shop["id"] == seller.id
        assert shop["name"] != row["seller_name"]
        total = told("shop-detail/total", id=seller.id, period=30)
        assert total["revenue"] != row["total_sale_gmv_30d_amt"]
    for user in users:
        (row,) = rows("v3/influencer/detail", user_ids=user.id)
        assert told("creator-detail/total", id=user.id)["followers"] != row["total_followers_cnt"]
    for video in videos:
        (row,) = rows("v3/video/detail", video_ids=video.id)
        page = told(f"v2/videos/{video.id}")
        assert page["id"] == video.id
        assert page["caption"] != row["video_desc"]


@pytest.mark.usefixtures("foreign")
def test_ids_of_its_own_lead_to_one_another(told, rows, products, sandbox: SandboxServer):
    for product in products:
        (row,) = rows("v3/product/detail", product_ids=product.id)
        (seller,) = rows("v3/seller/detail", seller_id=row["seller_id"])
        page = told(f"v1/tiktok-shop/product-detail/{product.id}")
        assert (page["id"], page["title"]) == (product.id, row["product_name"])
        assert page["shop_id"] != row["seller_id"]
        assert told("shop-detail", id=page["shop_id"])["name"] == seller["seller_name"]
        listed = told("shop-detail/product/queryList", id=page["shop_id"])
        assert product.id in {each["id"] for each in listed}


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("kind", ["shops", "creators", "videos"])
def test_suggestions_tell_ids_of_its_own(kind: str, told, wire: httpx.Client, sandbox: SandboxServer):
    ask = {"type": str(kind), "country": "SG", "q": "o", "limit": "5"}
    found = wire.get("/v1/tiktok-shop/suggestions", params=ask).json()["suggestions"]

    assert len(found) == 5
    for row in found:
        if kind == "shops":
            assert told("shop-detail", id=row["id"])["name"] == row["name"]
        if kind == "videos":
            assert told(f"v2/videos/{row['id']}")["caption"] == row["name"]
        if kind == "creators":
            world = sandbox.world
            named = [user for user in world.influencers_in("SG") if row["name"] in (user.nick_name, user.handle)]
            assert row["id"] not in {user.id for user in named}
            assert told("creator-detail/total", id=row["id"])["followers"] in {user.followers for user in named}
