"""Shops: what they tell adds up with what their products, influencers, videos and lives tell."""

import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sandbox import SandboxServer
from sandbox.world.seller import Seller

TODAY = date(2026, 3, 18)
YESTERDAY = TODAY - timedelta(1)
ORDERS = {1: "total_sale_cnt", 2: "total_sale_gmv_amt", 3: "spu_avg_price"}
LISTS = {
    "product": {**ORDERS, 4: "total_sale_7d_cnt", 5: "total_sale_gmv_7d_amt"},
    "influencer": {1: "total_followers_cnt", 2: "total_sale_cnt", 3: "total_sale_gmv_amt"},
    "video": {1: "total_views_cnt", 2: "total_video_sale_cnt", 3: "total_video_sale_gmv_amt"},
    "live": {1: "total_views_cnt", 2: "total_sale_cnt", 3: "total_sale_gmv_amt"},
}
SORTS = [(kind, field, column) for kind, columns in LISTS.items() for field, column in columns.items()]


@pytest.fixture
def seller(sandbox: SandboxServer) -> Seller:
    """A middling shop, whose own account sells too."""
    return next(each for each in sandbox.world.sellers_in("SG") if each.number == 4 and each.sells_itself)


@pytest.fixture
def detail(rows, seller: Seller) -> dict[str, Any]:
    (row,) = rows("v3/seller/detail", seller_id=seller.id)
    told: dict[str, Any] = row
    return told


def known(sandbox: SandboxServer, seller_id: str) -> Seller:
    seller = sandbox.world.seller(seller_id)
    assert seller
    return seller


def test_a_market_lists_all_its_shops(rows):
    assert len({row["seller_id"] for row in rows("v3/seller/list", pages=30, region="SG")}) == 200


@pytest.mark.parametrize(("field", "column"), ORDERS.items())
def test_shops_are_sorted_both_ways_and_ties_by_id(field: int, column: str, rows):
    for sort_type, sign in ((0, 1), (1, -1)):
        found = rows("v3/seller/list", pages=3, region="TH", seller_sort_field=field, sort_type=sort_type)
        keys = [(sign * row[column], row["seller_id"]) for row in found]
        assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("column", "values"),
    {
        "from_flag": (1, 2),
        "sales_flag": (1, 2),
        "sales_trend_flag": (0, 1, 2),
        "category_id": ("600001", "601739"),
        "category_l2_id": ("851848",),
        "category_l3_id": ("600621",),
    }.items(),
)
def test_filters_pick_their_shops(column: str, values: tuple[object, ...], rows):
    region = "US" if column == "category_l3_id" else "SG"
    for value in values:
        found = rows("v3/seller/list", region=region, **{column: value})
        assert found
        assert {row[column] for row in found} == {value}


def test_a_detail_says_what_the_list_says_and_more(rows):
    for row in rows("v3/seller/list", region="SG", seller_sort_field=1):
        (detail,) = rows("v3/seller/detail", seller_id=row["seller_id"])
        assert detail.items() >= row.items()
        assert 0.5 <= detail["response_rate"] <= 1
        assert 0.7 <= detail["positive_feedback_rate"] <= 1


def test_an_unknown_shop_has_nothing(rows):
    assert rows("v3/seller/detail", seller_id="1") == []
    assert rows("v3/seller/trend", seller_id="1", start_date="2026-03-01", end_date="2026-03-17") == []
    assert [rows(f"v3/seller/{kind}/list", seller_id="1") for kind in LISTS] == [[], [], [], []]


def test_a_shops_figures_are_the_sums_of_its_products(rows, detail, seller: Seller):
    products = rows("v3/seller/product/list", pages=3, seller_id=seller.id)

    assert {row["seller_id"] for row in products} == {seller.id}
    assert detail["total_product_cnt"] == len(products)
    assert detail["total_crawl_product_cnt"] == sum(row["off_mark"] < 2 for row in products)
    for window in ("", "1d_", "7d_", "30d_", "90d_"):
        for column in (f"total_sale_{window}cnt", f"total_sale_gmv_{window}amt"):
            assert detail[column] == pytest.approx(sum(row[column] for row in products))
    assert detail["review_count"] == sum(row["review_count"] for row in products)
    assert detail["spu_avg_price"] == pytest.approx(sum(row["spu_avg_price"] for row in products) / len(products), 0.01)


def test_a_shops_products_say_what_their_details_say(rows, seller: Seller):
    listed = {row["product_id"]: row for row in rows("v3/seller/product/list", seller_id=seller.id)}

    for row in rows("v3/product/detail", product_ids=",".join(listed)):
        assert row.items() >= listed[row["product_id"]].items()


@pytest.mark.parametrize(("kind", "field", "column"), SORTS)
def test_lists_of_a_shop_are_whole_and_sorted(kind, field, column, rows, detail, seller: Seller):
    found = []
    for sort_type, sign in ((0, 1), (1, -1)):
        sort = {f"seller_{kind}_sort_field": field, "sort_type": sort_type}
        found = rows(f"v3/seller/{kind}/list", pages=40, seller_id=seller.id, **sort)
        keys = [sign * row[column] for row in found]
        assert keys == sorted(keys)
    counted = {"product": "total_product_cnt", "influencer": "total_ifl_cnt"}.get(kind, f"total_{kind}_cnt")
    assert len(found) == detail[counted]


def test_a_shops_influencers_sell_its_products(rows, seller: Seller, sandbox: SandboxServer):
    world = sandbox.world
    sold: dict[str, int] = {}
    for product in world.products_of_seller(seller):
        for row in rows("v3/product/influencer/list", pages=7, product_id=product.id):
            sold[row["user_id"]] = sold.get(row["user_id"], 0) + row["per_product_ifl_sale_cnt"]

    found = rows("v3/seller/influencer/list", pages=7, seller_id=seller.id)

    assert {row["user_id"]: row["total_sale_cnt"] for row in found} == sold


def test_a_shops_videos_and_lives_show_its_products(rows, seller: Seller, sandbox: SandboxServer):
    world = sandbox.world
    own = set(world.products_of_seller(seller))
    for row in rows("v3/seller/video/list", pages=3, seller_id=seller.id):
        video = world.video(row["video_id"])
        assert video
        assert own & set(world.products_of_video(video))
        assert row["total_video_sale_cnt"] == world.sale_of_video(video).units
        assert (row["user_id"], row["nick_name"]) == (
            world.author_of_video(video).id,
            world.author_of_video(video).nick_name,
        )
    for row in rows("v3/seller/live/list", pages=3, seller_id=seller.id):
        live = world.live(row["room_id"])
        assert live
        assert own & set(world.products_of_live(live))
        assert row["total_sale_cnt"] == world.sale_of_live(live).units
        assert row["finish_time"] - row["create_time"] == row["duration"] == live.duration


def test_a_shops_account_leads_back_to_it(rows, detail, seller: Seller):
    (account,) = rows("v3/influencer/detail", user_ids=detail["user_id"])

    assert account["seller_id"] == seller.id
    assert (detail["followers_count"], detail["video_count"]) == (
        account["total_followers_cnt"],
        account["total_post_video_cnt"],
    )
    assert rows("v3/influencer/list", region="SG", seller_id=seller.id) == [account]


def test_a_shops_windows_are_sums_of_its_trend(rows, detail, seller: Seller):
    days = {"start_date": str(TODAY - timedelta(180)), "end_date": str(TODAY)}
    trend = rows("v3/seller/trend", pages=19, seller_id=seller.id, **days)

    assert len(trend) == 180
    for before, after in pairwise(trend):
        assert after["total_sale_cnt"] == before["total_sale_cnt"] + after["total_sale_1d_cnt"]
        assert after["total_video_ifl_cnt"] >= before["total_video_ifl_cnt"]
    for window in (1, 7, 30, 90):
        assert detail[f"total_sale_{window}d_cnt"] == sum(day["total_sale_1d_cnt"] for day in trend[-window:])
        gmv = sum(day["total_sale_gmv_1d_amt"] for day in trend[-window:])
        assert detail[f"total_sale_gmv_{window}d_amt"] == pytest.approx(gmv)
    for column in ("sale", "product", "crawl_product", "video", "live"):
        assert trend[-1][f"total_{column}_cnt"] == detail[f"total_{column}_cnt"]
    assert {day["user_id"] for day in trend} == {detail["user_id"]}


def test_the_smallest_shops_lack_days(rows, sandbox: SandboxServer):
    small = next(each for each in sandbox.world.sellers_in("SG") if each.sparse)
    days = {"start_date": str(TODAY - timedelta(90)), "end_date": str(YESTERDAY)}

    assert 60 < len(rows("v3/seller/trend", pages=9, seller_id=small.id, **days)) < 90


@pytest.mark.parametrize(("field", "column"), [(1, "total_sale_cnt"), (2, "total_ifl_cnt")])
@pytest.mark.parametrize(
    ("rank_type", "start", "length"), [(1, YESTERDAY, 1), (2, date(2026, 3, 9), 7), (3, date(2026, 2, 1), 28)]
)
def test_a_ranking_holds_what_the_trend_adds_up_to(
    field, column, rank_type, start, length, rows, sandbox: SandboxServer
):
    rank = {"region": "SG", "rank_type": rank_type, "date": start, "seller_rank_field": field}
    found = rows("v3/seller/ranklist", pages=5, **rank)

    assert len(found) == 50
    assert [row[column] for row in found] == sorted((row[column] for row in found), reverse=True)
    whole = [row for row in found if not known(sandbox, row["seller_id"]).sparse]
    for row in whole[::16]:
        span = {"start_date": start, "end_date": start + timedelta(length - 1)}
        trend = rows("v3/seller/trend", pages=3, seller_id=row["seller_id"], **span)
        assert row["total_sale_cnt"] == sum(day["total_sale_1d_cnt"] for day in trend)
        assert row["total_sale_gmv_amt"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in trend))


def test_a_ranking_is_narrowed_by_category_and_origin(rows):
    rank = {"region": "SG", "rank_type": 1, "date": YESTERDAY, "seller_rank_field": 1}
    for narrow in ({"category_id": "601739"}, {"from_flag": 1}, {"from_flag": 2}):
        found = rows("v3/seller/ranklist", **rank, **narrow)
        assert found
        assert all(row.items() >= narrow.items() for row in found)
    assert rows("v3/seller/ranklist", **(rank | {"date": TODAY})) == []


def test_some_shops_are_odd_in_each_documented_way(rows):
    found = rows("v3/seller/list", pages=20, region="SG")
    ranked = rows("v3/seller/ranklist", pages=20, region="SG", rank_type=3, date="2026-02-01", seller_rank_field=1)
    lives = [row for each in found[:9] for row in rows("v3/seller/live/list", seller_id=each["seller_id"])]

    assert {type(row["seller_link"]) for row in found} == {str, type(None)}
    assert {type(row["rating"]) for row in found} == {int, float}
    assert {row["total_product_cnt"] == 0 for row in ranked} == {True, False}
    assert {row["max_views_cnt"] == 0 for row in lives} == {True, False}
    assert any(row["product_category_list"].startswith("[{ ") for row in found)
    for row in found:
        (most,) = json.loads(row["most_product_category_list"])
        assert most["category_id"] == row["category_id"]
        assert json.loads(row["product_category_list"])
