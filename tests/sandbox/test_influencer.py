"""Influencers: lists, details, trends, rankings and relations tell the same story."""

import json
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sandbox import SandboxServer
from sandbox.echotik.influencer import told_handle
from sandbox.world import World
from sandbox.world.career import Career
from sandbox.world.influencer import Influencer

TODAY = date(2026, 3, 18)
YESTERDAY = TODAY - timedelta(1)
ORDERS = {
    1: "total_followers_cnt",
    2: "total_followers_30d_cnt",
    3: "total_post_video_cnt",
    5: "interaction_rate",
    6: "total_product_cnt",
}
RANGES = {
    "total_followers_cnt": (20_000, 300_000),
    "total_digg_cnt": (100_000, 2_000_000),
    "interaction_rate": (0.05, 0.07),
    "total_views_cnt": (1_000_000, 9_000_000),
    "per_video_product_views_avg_7d_cnt": (5000, 20_000),
}
FLAGS = {
    "influencer_category_name": ("category", "Beauty"),
    "influencer_language": ("language", "en"),
    "show_case_flag": ("show_case_flag", 0),
    "sales_flag": ("sales_flag", 3),
}
PRODUCT_ORDERS = {
    1: "total_sale_cnt",
    2: "total_sale_gmv_amt",
    3: "spu_avg_price",
    4: "total_video_sale_cnt",
    5: "total_video_sale_gmv_amt",
}
VIDEO_ORDERS = {1: "total_views_cnt", 2: "total_video_sale_cnt", 3: "total_video_sale_gmv_amt", 4: "create_time"}
HISTORY = ("followers", "digg", "post_video", "live")


@pytest.fixture
def user(sandbox: SandboxServer) -> Influencer:
    """Someone with a handle, who has posted and hosted a lot."""
    world = sandbox.world
    users = [each for each in world.influencers_in("SG")[:64] if told_handle(each) and not each.sparse]
    return max(users, key=lambda each: len(world.videos_of_influencer(each)))


@pytest.fixture
def detail(rows, user: Influencer) -> dict[str, Any]:
    (row,) = rows("v3/influencer/detail", user_ids=user.id)
    told: dict[str, Any] = row
    return told


def career(world: World, row: dict[str, Any]) -> Career:
    user = world.influencer(row["user_id"])
    assert user
    return world.career_of(user)


def test_a_market_lists_all_its_creators_and_shop_accounts(rows):
    found = [rows("v3/influencer/list", region="SG", page_num=page) for page in (1, 148, 149)]

    assert [len(page) for page in found] == [10, 10, 0]


@pytest.mark.parametrize(("field", "column"), ORDERS.items())
def test_influencers_are_sorted_both_ways_and_ties_by_id(field: int, column: str, rows):
    for sort_type, sign in ((0, 1), (1, -1)):
        sort = {"influencer_sort_field_v2": field, "sort_type": sort_type}
        found = rows("v3/influencer/list", pages=3, region="SG", **sort)
        keys = [(sign * row[column], row["user_id"]) for row in found]
        assert keys == sorted(keys)


def test_influencers_are_sorted_by_mean_views_which_no_row_tells(rows, sandbox: SandboxServer):
    found = rows("v3/influencer/list", pages=3, region="SG", influencer_sort_field_v2=4)

    views = [career(sandbox.world, row).views_each() for row in found]
    assert views == sorted(views, reverse=True)


@pytest.mark.parametrize(("column", "bounds"), RANGES.items())
def test_ranges_hold_with_both_bounds_inside(column: str, bounds: tuple[float, float], rows):
    low, high = bounds
    found = rows("v3/influencer/list", pages=2, region="SG", **{f"min_{column}": low, f"max_{column}": high})

    assert found
    assert all(low <= row[column] <= high for row in found)


def test_ranges_of_what_no_row_tells_hold(rows, sandbox: SandboxServer):
    recent = rows("v3/influencer/list", region="SG", min_total_views_7d_cnt=10_000)
    each = rows("v3/influencer/list", region="SG", max_per_video_product_views_avg_cnt=9000)

    assert recent
    assert all(made.views() - made.views(8) >= 10_000 for made in (career(sandbox.world, row) for row in recent))
    assert each
    assert all(career(sandbox.world, row).selling_views_each() <= 9000 for row in each)


@pytest.mark.parametrize(("param", "expected"), FLAGS.items())
def test_flags_and_names_pick_their_influencers(param: str, expected: tuple[str, object], rows):
    column, value = expected
    found = rows("v3/influencer/list", pages=2, region="SG", **{param: value})

    assert found
    assert {row[column] for row in found} == {value}


def test_gender_is_told_in_the_us_alone(rows):
    found = rows("v3/influencer/list", region="US", gender="male", max_total_followers_cnt=2000)

    assert {row["gender"] for row in found} == {"male"}
    assert {row["gender"] for row in rows("v3/influencer/list", pages=9, region="SG")} == {""}


def test_a_category_picks_those_who_sell_it(rows, sandbox: SandboxServer):
    for row in rows("v3/influencer/list", pages=2, region="SG", product_category_id="601739"):
        user = sandbox.world.influencer(row["user_id"])
        assert user
        sold = sandbox.world.products_of_influencer(user)
        assert "601739" in {product.categories[0].id for product in sold}


def test_details_come_by_id_or_handle_in_any_case_without_the_unknown(rows, sandbox: SandboxServer):
    users = sandbox.world.influencers_in("SG")[:9]
    told = [user for user in users if told_handle(user)]
    handles = ",".join(["nobody.here", *(user.handle.upper() for user in users)])

    by_id = rows("v3/influencer/detail", user_ids=",".join(["1", *(user.id for user in users)]))
    by_handle = rows("v3/influencer/detail", unique_ids=handles)

    assert {row["user_id"] for row in by_id} == {user.id for user in users}
    assert [row["user_id"] for row in by_id] != [user.id for user in users]
    assert {row["unique_id"] for row in by_handle} == {user.handle for user in told}


def test_details_want_ids_or_handles_and_not_both(get):
    both = get("v3/influencer/detail", user_ids="1", unique_ids="x")
    none = get("v3/influencer/detail")

    assert (both["code"], both["message"]) == (500, "unique_ids cannot be used together with user_ids")
    assert (none["code"], none["message"]) == (500, "user_ids or unique_ids is required")


def test_some_handles_were_not_collected(rows, sandbox: SandboxServer):
    users = sandbox.world.influencers_in("SG")
    silent = [user for user in users if not told_handle(user)]

    assert 0 < len(silent) < len(users) / 10
    (row,) = rows("v3/influencer/detail", user_ids=silent[0].id)
    assert row["unique_id"] is None
    assert rows("v3/influencer/detail", unique_ids=silent[0].handle) == []


def test_details_say_what_the_list_says(rows):
    listed = {row["user_id"]: row for row in rows("v3/influencer/list", region="SG", influencer_sort_field_v2=1)}

    assert {row["user_id"]: row for row in rows("v3/influencer/detail", user_ids=",".join(listed))} == listed


def test_windows_are_sums_of_the_trend(rows, detail, user: Influencer):
    days = {"start_date": str(TODAY - timedelta(180)), "end_date": str(TODAY)}
    trend = rows("v3/influencer/trend", pages=19, user_id=user.id, **days)

    assert len(trend) == 180
    for before, after in pairwise(trend):
        for measure in ("followers", "digg"):
            gained = after[f"total_{measure}_cnt"] - before[f"total_{measure}_cnt"]
            assert after[f"total_{measure}_1d_cnt"] == gained
    for window in (1, 7, 30, 90):
        for measure in ("followers", "digg"):
            column = f"total_{measure}_{{}}d_cnt"
            assert detail[column.format(window)] == sum(day[column.format(1)] for day in trend[-window:])
    month = trend[-30:]
    assert detail["total_sale_gmv_30d_amt"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in month))
    assert detail["avg_30d_price"] * sum(day["total_sale_1d_cnt"] for day in month) == pytest.approx(
        detail["total_sale_gmv_30d_amt"], rel=0.01
    )
    for column in ("followers", "digg", "views", "comments", "shares", "post_video", "live"):
        assert trend[-1][f"total_{column}_cnt"] == detail[f"total_{column}_cnt"]


def test_the_months_channels_add_up(detail):
    channels = detail["total_live_sale_gmv_30d_amt"] + detail["total_video_sale_gmv_30d_amt"]

    assert detail["total_sale_gmv_30d_amt"] == pytest.approx(channels)


def test_some_lose_followers_and_some_small_accounts_lack_days(rows, sandbox: SandboxServer):
    users = sandbox.world.influencers_in("SG")
    shrinking = next(user for user in users if user.growth < -20 and user.followers > 100_000)
    sparse = next(user for user in users if user.sparse)
    days = {"start_date": str(TODAY - timedelta(90)), "end_date": str(YESTERDAY)}

    assert any(
        day["total_followers_1d_cnt"] < 0 for day in rows("v3/influencer/trend", pages=9, user_id=shrinking.id, **days)
    )
    assert 60 < len(rows("v3/influencer/trend", pages=9, user_id=sparse.id, **days)) < 90


def test_products_add_up_to_what_was_sold(rows, detail, user: Influencer):
    products = rows("v3/influencer/product/list", pages=3, user_id=user.id)

    assert detail["total_product_cnt"] == len(products)
    units = sum(row["total_video_sale_cnt"] + row["total_live_sale_cnt"] for row in products)
    assert detail["total_sale_cnt"] == units
    gmv = sum(row["total_video_sale_gmv_amt"] + row["total_live_sale_gmv_amt"] for row in products)
    assert detail["total_sale_gmv_amt"] == pytest.approx(gmv)


def test_videos_and_lives_add_up_to_what_was_sold(rows, detail, user: Influencer):
    videos = rows("v3/influencer/video/list", pages=9, user_id=user.id)
    lives = rows("v3/influencer/live/list", pages=9, user_id=user.id)

    units = sum(row["total_video_sale_cnt"] for row in videos) + sum(row["total_sale_cnt"] for row in lives)
    assert detail["total_sale_cnt"] == units
    best = max(videos, key=lambda row: row["total_views_cnt"])
    assert detail["most_views_video"] == best["video_id"]
    assert {row["user_id"] for row in (*videos, *lives)} == {user.id}


def test_each_product_names_the_influencer_with_the_same_units(rows, user: Influencer):
    for row in rows("v3/influencer/product/list", user_id=user.id):
        sellers = rows("v3/product/influencer/list", pages=7, product_id=row["product_id"])
        (mine,) = [each for each in sellers if each["user_id"] == user.id]
        (product,) = rows("v3/product/detail", product_ids=row["product_id"])
        assert mine["per_product_ifl_sale_cnt"] == row["total_video_sale_cnt"] + row["total_live_sale_cnt"]
        for column in ("product_name", "cover_url", "category_id", "spu_avg_price", "total_sale_cnt"):
            assert row[column] == product[column]
        videos = rows("v3/influencer/video/list", pages=9, user_id=user.id, product_id=row["product_id"])
        assert row["total_video_cnt"] == len(videos)
        assert all(row["product_id"] in video["video_products"] for video in videos)


@pytest.mark.parametrize(("field", "column"), PRODUCT_ORDERS.items())
def test_products_are_sorted_both_ways(field: int, column: str, rows, user: Influencer):
    for sort_type, sign in ((0, 1), (1, -1)):
        sort = {"influencer_product_sort_field": field, "sort_type": sort_type}
        keys = [
            (sign * row[column], row["product_id"])
            for row in rows("v3/influencer/product/list", pages=3, user_id=user.id, **sort)
        ]
        assert keys == sorted(keys)


def test_products_are_picked_by_category(rows, user: Influencer):
    whole = rows("v3/influencer/product/list", pages=3, user_id=user.id)
    category = whole[0]["category_id"]

    assert rows("v3/influencer/product/list", pages=3, user_id=user.id, category_id=category) == whole
    assert rows("v3/influencer/product/list", user_id=user.id, category_id="1") == []


@pytest.mark.parametrize(("field", "column"), VIDEO_ORDERS.items())
def test_videos_are_sorted_both_ways_and_come_by_handle_too(field: int, column: str, rows, user: Influencer):
    for sort_type, sign in ((0, 1), (1, -1)):
        sort = {"influencer_video_sort_field": field, "sort_type": sort_type}
        found = rows("v3/influencer/video/list", pages=9, user_id=user.id, **sort)
        keys = [sign * float(row[column]) for row in found]
        assert keys == sorted(keys)
        assert found == rows("v3/influencer/video/list", pages=9, unique_id=user.handle.upper(), **sort)


def test_videos_want_an_id_or_a_handle(get):
    both = get("v3/influencer/video/list", user_id="1", unique_id="x")

    assert (both["code"], "unique_id" in both["message"]) == (500, True)
    assert get("v3/influencer/video/list")["message"] == "user_id or unique_id is required"
    assert get("v3/influencer/video/list", unique_id="nobody.here")["data"] == []


def test_an_unknown_influencer_has_nothing(rows):
    days = {"start_date": "2026-03-01", "end_date": "2026-03-17"}

    assert rows("v3/influencer/trend", user_id="1", **days) == []
    assert [rows(f"v3/influencer/{kind}/list", user_id="1") for kind in ("video", "live", "product")] == [[], [], []]


@pytest.mark.parametrize(("field", "column"), [(1, "total_followers_cnt"), (2, "total_sale_cnt")])
@pytest.mark.parametrize(
    ("rank_type", "start", "length"), [(1, YESTERDAY, 1), (2, date(2026, 3, 9), 7), (3, date(2026, 2, 1), 28)]
)
def test_a_ranking_holds_what_the_trend_adds_up_to(
    field, column, rank_type, start, length, rows, sandbox: SandboxServer
):
    rank = {"region": "SG", "rank_type": rank_type, "date": start, "influencer_rank_field": field}
    found = rows("v3/influencer/ranklist", pages=5, **rank)

    assert len(found) == 50
    assert [row[column] for row in found] == sorted((row[column] for row in found), reverse=True)
    world = sandbox.world
    whole = [row for row in found if not career(world, row).influencer.sparse]
    for row in whole[::16]:
        span = {"start_date": start, "end_date": start + timedelta(length - 1)}
        trend = rows("v3/influencer/trend", pages=3, user_id=row["user_id"], **span)
        assert len(trend) == length
        assert row["total_followers_cnt"] == sum(day["total_followers_1d_cnt"] for day in trend)
        assert row["total_sale_cnt"] == sum(day["total_sale_1d_cnt"] for day in trend)
        assert row["total_sale_gmv_amt"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in trend))
        assert all(row[f"total_{name}_history_cnt"] == trend[-1][f"total_{name}_cnt"] for name in HISTORY)


def test_a_ranking_is_narrowed_by_account_and_by_goods(rows):
    rank = {"region": "SG", "rank_type": 1, "date": YESTERDAY, "influencer_rank_field": 1}
    by_account = rows("v3/influencer/ranklist", influencer_category_name="Beauty", **rank)
    path = by_account[0]["product_category_list"].split(":")[0].split("-")

    assert {row["category"] for row in by_account} == {"Beauty"}
    for category_id in path:
        found = rows("v3/influencer/ranklist", product_category_id=category_id, **rank)
        assert found
        assert all(category_id in row["product_category_list"] for row in found)
    assert rows("v3/influencer/ranklist", **(rank | {"date": TODAY})) == []


def test_sold_categories_are_ranked_text_and_the_most_sold_ones_their_head(rows):
    found = rows("v3/influencer/ranklist", region="SG", rank_type=1, date=YESTERDAY, influencer_rank_field=2)

    for row in found:
        paths = [item.split(":") for item in row["product_category_list"].split(",")]
        assert [int(rank) for _, rank in paths] == list(range(1, len(paths) + 1))
        most = [row[f"most_category_{level}id"] for level in ("", "l2_", "l3_")]
        assert paths[0][0].split("-") == most


def test_habits_count_the_videos_with_all_keys_or_without_the_empty_ones(rows, sandbox: SandboxServer):
    seen = Counter[str]()
    for row in rows("v3/influencer/list", pages=12, region="SG", influencer_sort_field_v2=1):
        user = sandbox.world.influencer(row["user_id"])
        assert user
        hours = row["influencer_video_publish_hour"]
        if hours == "":
            seen["empty"] += 1
            continue
        counts = json.loads(hours)
        seen["full" if len(counts) == 24 else "missing"] += 1
        assert sum(counts.values()) == len(sandbox.world.videos_of_influencer(user))
        assert json.loads(row["influencer_video_publish_week"]).keys() <= set("1234567")
        lengths = {"15s", "15s-30s", "30s-60s", "1m-2m", "2m"}
        assert json.loads(row["influencer_video_duration_level"]).keys() <= lengths

    assert seen.keys() == {"empty", "full", "missing"}


def test_flags_say_how_an_account_sells(rows, sandbox: SandboxServer):
    world = sandbox.world
    found = rows("v3/influencer/list", pages=40, region="SG")

    assert {row["sales_flag"] for row in found} >= {1, 3, 4}
    for row in found[:40]:
        user = world.influencer(row["user_id"])
        assert user
        sells = any(video.products for video in world.videos_of_influencer(user))
        hosts = bool(world.lives_of_influencer(user))
        expected = {(True, True): 3, (True, False): 1, (False, True): 2}.get((sells, hosts), 4 * user.showcase)
        assert row["sales_flag"] == expected
    assert {type(row["seller_id"]) for row in found} <= {str, type(None)}
    assert any(row["off_mark"] for row in found)
