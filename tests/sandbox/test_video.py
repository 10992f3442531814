"""Videos: lists, details, trends, rankings and what they show tell the same story."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sandbox import SandboxServer
from sandbox.world.media import Video

TODAY = date(2026, 3, 18)
YESTERDAY = TODAY - timedelta(1)
ORDERS = {1: "total_digg_cnt", 2: "create_time", 3: "total_views_cnt"}
COUNTS = ("views", "digg", "comments", "shares", "favorites")
FLAGS: list[tuple[str, Any]] = [
    *(("sales_flag", value) for value in (0, 1)),
    *(("is_ad", value) for value in (0, 1)),
    *(("created_by_ai", value) for value in ("true", "false")),
]
RANGES = {"duration": (20, 60), "total_views_cnt": (10_000, 40_000), "create_time": (1_770_000_000, 1_772_000_000)}


@pytest.fixture
def video(sandbox: SandboxServer) -> Video:
    """One that shows several products and is over half a year old."""
    world = sandbox.world
    shown = (each for product in world.products_in("SG")[:60] for each in world.videos_of_product(product))
    return next(each for each in shown if len(each.products) > 1 and each.day > 190 and each.saves > 0)


@pytest.fixture
def detail(rows, video: Video) -> dict[str, Any]:
    (row,) = rows("v3/video/detail", video_ids=video.id)
    told: dict[str, Any] = row
    return told


def shown_ids(row: dict[str, Any]) -> list[str]:
    """The ids in the text, by their digits."""
    text = row["video_products"].strip("[]").replace(" ", "")
    return text.split(",") if text else []


def test_a_market_lists_all_its_videos(rows, sandbox: SandboxServer):
    count = sum(len(ledger.videos.index) for ledger in sandbox.world.ledgers_in("SG"))
    last = -(-count // 10)

    assert len(rows("v3/video/list", region="SG", page_num=last)) == count - 10 * (last - 1)
    assert rows("v3/video/list", region="SG", page_num=last + 1) == []


@pytest.mark.parametrize(("field", "column"), ORDERS.items())
def test_videos_are_sorted_both_ways_and_ties_by_id(field: int, column: str, rows):
    for sort_type, sign in ((0, 1), (1, -1)):
        found = rows("v3/video/list", pages=4, region="SG", video_sort_field=field, sort_type=sort_type)
        keys = [(sign * int(row[column]), row["video_id"]) for row in found]
        assert keys == sorted(keys)
        assert len({row["video_id"] for row in found}) == 40


@pytest.mark.parametrize(("column", "value"), FLAGS)
def test_flags_pick_their_videos(column: str, value: object, rows):
    found = rows("v3/video/list", region="SG", **{column: value})

    assert found
    assert {row[column] for row in found} == {value}


@pytest.mark.parametrize(("column", "bounds"), RANGES.items())
def test_ranges_hold_with_both_bounds_inside(column: str, bounds: tuple[int, int], rows):
    low, high = bounds
    found = rows("v3/video/list", pages=2, region="SG", **{f"min_{column}": low, f"max_{column}": high})

    assert found
    assert all(low <= int(row[column]) <= high for row in found)


def test_an_author_picks_the_same_as_the_authors_own_list(rows, video: Video, sandbox: SandboxServer):
    author = sandbox.world.author_of_video(video)
    found = rows("v3/video/list", pages=9, region="SG", user_id=author.id)
    own = {row["video_id"]: row for row in rows("v3/influencer/video/list", pages=9, user_id=author.id)}

    assert {row["video_id"] for row in found} == own.keys()
    assert all(row.items() >= own[row["video_id"]].items() for row in found)
    assert rows("v3/video/list", region="US", user_id=author.id) == []


def test_a_product_picks_the_same_as_the_products_own_list(rows, video: Video, sandbox: SandboxServer):
    product = sandbox.world.products_of_video(video)[1]
    found = rows("v3/video/list", pages=9, region="SG", product_id=product.id)
    own = {row["video_id"]: row for row in rows("v3/product/video/list", pages=9, product_id=product.id)}

    assert {row["video_id"] for row in found} == own.keys()
    for row in found:
        same = row.keys() & own[row["video_id"]].keys() - {"create_time"}
        assert len(same) > 15
        assert all(row[name] == own[row["video_id"]][name] for name in same)


def test_a_category_of_any_level_picks_what_shows_it(rows, sandbox: SandboxServer):
    for category in sandbox.world.products_in("SG")[4].categories:
        found = rows("v3/video/list", region="SG", product_category_id=category.id)
        assert found
        for row in found:
            shown = [sandbox.world.product(product_id) for product_id in shown_ids(row)]
            assert any(product and category in product.categories for product in shown)


def test_details_say_what_the_list_says_in_another_order_without_the_unknown(rows):
    listed = {row["video_id"]: row for row in rows("v3/video/list", region="SG", page_size=9)}

    found = rows("v3/video/detail", video_ids=",".join(["1", *listed]))

    assert [row["video_id"] for row in found] != list(listed)
    assert {row["video_id"]: row for row in found} == listed


def test_the_author_and_the_products_lead_back(rows, detail, video: Video):
    (author,) = rows("v3/influencer/detail", user_ids=detail["user_id"])
    assert author["unique_id"] == detail["unique_id"]
    assert author["avatar"] == detail["avatar"]
    assert len(shown_ids(detail)) == len(video.products)
    for product_id in shown_ids(detail):
        shown = rows("v3/product/video/list", pages=9, product_id=product_id)
        (mine,) = [row for row in shown if row["video_id"] == video.id]
        assert mine["total_video_sale_cnt"] == detail["total_video_sale_cnt"]
        assert mine["video_desc"] == detail["video_desc"]


def test_pairs_are_paged_over_all_the_ids_together(rows, sandbox: SandboxServer):
    product = sandbox.world.product(sandbox.product_ids("SG")[0])
    assert product
    videos = sandbox.world.videos_of_product(product)[:10]
    ids = ",".join(video.id for video in videos)

    pages = [rows("v3/video/product/list", video_ids=ids, page_num=page) for page in (1, 2, 3)]

    pairs = [(row["video_id"], row["product_id"]) for row in (*pages[0], *pages[1], *pages[2])]
    told = [(video.id, shown.id) for video in videos for shown in sandbox.world.products_of_video(video)]
    assert pairs == told
    assert len(pages[0]) == 10 < len(pairs)


def test_the_documents_video_is_served_as_printed(rows):
    (row,) = rows("v3/video/product/list", video_ids="7521783049722285367")

    assert (row["product_id"], row["total_video_sale_gmv_amt"]) == ("1729422228922143703", 133621.6)
    assert (row["duration"], row["data_size"]) == (164, "6728409")


def test_a_trend_runs_up_to_the_detail_and_its_windows(rows, detail, video: Video):
    days = {"start_date": str(TODAY - timedelta(180)), "end_date": str(TODAY)}
    trend = rows("v3/video/trend", pages=19, video_id=video.id, **days)

    assert len(trend) == 180
    for before, after in pairwise(trend):
        assert all(after[f"total_{name}_cnt"] >= before[f"total_{name}_cnt"] for name in COUNTS)
        assert float(after["total_video_sale_gmv_amt"]) >= float(before["total_video_sale_gmv_amt"])
    for name in COUNTS:
        assert trend[-1][f"total_{name}_cnt"] == detail[f"total_{name}_cnt"]
    for window in (1, 7, 30):
        for name in ("views", "digg"):
            gained = trend[-1][f"total_{name}_cnt"] - trend[-1 - window][f"total_{name}_cnt"]
            assert detail[f"total_{name}_{window}d_cnt"] == gained
    assert trend[-1]["total_video_sale_cnt"] == f"{detail['total_video_sale_cnt']}.00"
    assert float(trend[-1]["total_video_sale_gmv_amt"]) == detail["total_video_sale_gmv_amt"]


def test_a_trend_begins_on_the_day_of_posting_and_an_unknown_video_has_none(rows, sandbox: SandboxServer):
    ledger = sandbox.world.ledgers_in("SG")[0].videos
    at = next(at for at, day in enumerate(ledger.day) if day == 8 and ledger.final_views[at] > 5000)
    video = sandbox.world.video_at(ledger.index[at])
    days = {"start_date": str(TODAY - timedelta(90)), "end_date": str(YESTERDAY)}

    found = rows("v3/video/trend", video_id=video.id, **days)

    assert [row["dt"] for row in found] == [str(TODAY - timedelta(day)) for day in range(8, 0, -1)]
    assert rows("v3/video/trend", video_id="1", **days) == []


@pytest.mark.parametrize(("field", "column"), [(1, "total_views_cnt"), (2, "total_video_sale_cnt")])
@pytest.mark.parametrize(
    ("rank_type", "start", "length"), [(1, YESTERDAY, 1), (2, date(2026, 3, 9), 7), (3, date(2026, 2, 1), 28)]
)
def test_a_ranking_holds_what_the_trend_gained(field, column, rank_type, start, length, rows, sandbox: SandboxServer):
    rank = {"region": "SG", "rank_type": rank_type, "date": start, "video_rank_field": field}
    found = rows("v3/video/ranklist", pages=5, **rank)

    assert len(found) == 50
    keys = [(-row[column], row["video_id"]) for row in found]
    assert keys == sorted(keys)
    end = start + timedelta(length - 1)
    old = [row for row in found if int(row["create_time"]) < (start - date(1970, 1, 3)).days * 86_400]
    for row in old[:3]:
        span = {"start_date": start - timedelta(1), "end_date": end}
        trend = rows("v3/video/trend", pages=3, video_id=row["video_id"], **span)
        sold = float(trend[-1]["total_video_sale_cnt"]) - float(trend[0]["total_video_sale_cnt"])
        assert row["total_video_sale_cnt"] == sold
        seen = trend[-1]["total_views_cnt"] - trend[0]["total_views_cnt"]
        assert row["total_views_cnt"] == (seen if field == 1 else 0)
        assert row["total_views_history_cnt"] == trend[-1]["total_views_cnt"]


def test_a_ranking_is_narrowed_by_category_and_by_maker(rows):
    rank = {"region": "SG", "rank_type": 1, "date": YESTERDAY, "video_rank_field": 2}

    for made in ("true", "false"):
        assert {row["created_by_ai"] for row in rows("v3/video/ranklist", created_by_ai=made, **rank)} == {made}
    found = rows("v3/video/ranklist", product_category_id="601739", **rank)
    assert found
    assert all("601739" in row["product_category_list"] for row in found)
    assert rows("v3/video/ranklist", **(rank | {"date": TODAY})) == []


def test_some_videos_are_odd_in_each_documented_way(rows):
    found = rows("v3/video/list", pages=30, region="SG")

    assert {type(row["create_time"]) for row in found} == {str, int}
    assert {row["created_by_ai"] for row in found} == {"true", "false"}
    assert {type(row["unique_id"]) for row in found} == {str, type(None)}
    assert any(row["total_favorites_cnt"] == -1 for row in found)
    assert any(row["video_products"] == "[]" and row["sales_flag"] == 0 for row in found)
    assert any(", " in row["video_products"] for row in found)
    assert {"", "[]"} <= {row["product_category_list"] for row in found}
    assert all(len(product_id) == 19 for row in found for product_id in shown_ids(row))
