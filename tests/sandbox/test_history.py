"""Trends, windows and rankings tell the same story."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer

TODAY = date(2026, 3, 18)
YESTERDAY = TODAY - timedelta(1)
WINDOWS = (1, 7, 15, 30, 60, 90)
RANKED = {"region": "US", "rank_type": 1, "product_rank_field": 1}


def days(count: int) -> dict[str, str]:
    """The last so many full days."""
    return {"start_date": str(TODAY - timedelta(count)), "end_date": str(YESTERDAY)}


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("place", [0, 7, 50])
def test_windows_are_sums_of_the_trend(version: str, place: int, rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[place]
    trend = rows(f"{version}/product/trend", pages=18, product_id=product_id, **days(180))
    (row,) = rows(f"{version}/product/detail", product_ids=product_id)

    assert len(trend) == 180
    for window in WINDOWS:
        last = trend[-window:]
        assert row[f"total_sale_{window}d_cnt"] == sum(day["total_sale_1d_cnt"] for day in last)
        assert row[f"total_sale_gmv_{window}d_amt"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in last))
        for kind in ("video", "live"):
            gained = trend[-1][f"total_{kind}_cnt"] - trend[-1 - window][f"total_{kind}_cnt"]
            assert row[f"total_{kind}_{window}d_cnt"] == gained


def test_a_trend_runs_up_to_the_lifetime_figures(rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[3]
    trend = rows("v3/product/trend", pages=18, product_id=product_id, **days(180))
    (row,) = rows("v3/product/detail", product_ids=product_id)

    for before, after in pairwise(trend):
        assert after["dt"] > before["dt"]
        assert after["total_sale_cnt"] == before["total_sale_cnt"] + after["total_sale_1d_cnt"]
    for column in ("total_sale_cnt", "total_sale_gmv_amt", "total_ifl_cnt", "total_video_cnt", "total_live_cnt"):
        assert trend[-1][column] == row[column]


def test_lifetime_units_are_the_sum_of_every_day(sandbox: SandboxServer):
    for product in sandbox.world.products_in("TH")[::40]:
        daily = [product.units(day) - product.units(day + 1) for day in range(1, product.age + 1)]
        assert min(daily) >= 0
        assert sum(daily) == product.units()


def test_channels_and_reactions_stay_within_the_whole(rows):
    for row in rows("v3/product/list", pages=5, region="US"):
        for window in ("", *(f"{days}d_" for days in WINDOWS)):
            parts = row[f"total_video_sale_{window}cnt"], row[f"total_live_sale_{window}cnt"]
            assert min(parts) >= 0
            assert sum(parts) <= row[f"total_sale_{window}cnt"]
            gmv = row[f"total_video_sale_gmv_{window}amt"] + row[f"total_live_sale_gmv_{window}amt"]
            assert gmv <= row[f"total_sale_gmv_{window}amt"] + 0.01


def test_today_is_never_collected(rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[0]

    found = rows("v3/product/trend", product_id=product_id, start_date="2026-03-14", end_date="2026-03-20")

    assert [row["dt"] for row in found] == ["2026-03-14", "2026-03-15", "2026-03-16", "2026-03-17"]
    assert rows("v3/product/trend", product_id=product_id, start_date=str(TODAY), end_date=str(TODAY)) == []


def test_a_sparse_product_lacks_days_and_keeps_its_totals(rows, sandbox: SandboxServer):
    sparse = next(
        product
        for product in sandbox.world.products_in("US")
        if product.sparse and product.units() and product.age > 100
    )

    found = rows("v3/product/trend", pages=9, product_id=sparse.id, **days(90))

    assert 60 < len(found) < 90
    assert found[-1]["total_sale_cnt"] in (sparse.units(), sparse.units(2))


def test_a_trend_begins_when_the_product_was_first_seen(rows, sandbox: SandboxServer):
    young = next(product for product in sandbox.world.products_in("US") if product.age == 5 and not product.sparse)

    found = rows("v3/product/trend", product_id=young.id, **days(90))

    assert [row["dt"] for row in found] == [str(TODAY - timedelta(day)) for day in (5, 4, 3, 2, 1)]


def ranking(rows: Any, start: date, rank_type: int, **params: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows(
        "v3/product/ranklist", **RANKED | {"date": start, "rank_type": rank_type} | params
    )
    return found


@pytest.mark.parametrize(
    ("rank_type", "start", "length"), [(1, YESTERDAY, 1), (2, date(2026, 3, 9), 7), (3, date(2026, 2, 1), 28)]
)
def test_a_ranking_holds_what_the_trend_adds_up_to(rank_type: int, start: date, length: int, rows):
    for row in ranking(rows, start, rank_type, page_num=3):
        span = {"start_date": start, "end_date": start + timedelta(length - 1)}
        trend = rows("v3/product/trend", pages=3, product_id=row["product_id"], **span)
        assert row["total_sale_cnt"] == sum(day["total_sale_1d_cnt"] for day in trend)
        assert row["total_sale_gmv_amt"] == pytest.approx(sum(day["total_sale_gmv_1d_amt"] for day in trend))


@pytest.mark.parametrize("region", ["US", "IE"])
@pytest.mark.parametrize(("field", "column"), [(1, "total_sale_cnt"), (2, "total_ifl_cnt")])
@pytest.mark.parametrize(
    ("rank_type", "start"), [(1, YESTERDAY), (1, date(2025, 10, 1)), (2, date(2026, 3, 9)), (3, date(2026, 2, 1))]
)
def test_a_ranking_has_a_hundred_rows_in_order(region, field, column, rank_type, start, rows):
    found = ranking(rows, start, rank_type, pages=10, region=region, product_rank_field=field)

    assert len(found) == 100
    assert [row[column] for row in found] == sorted((row[column] for row in found), reverse=True)


@pytest.mark.parametrize(
    ("rank_type", "start"),
    [(1, TODAY), (2, date(2026, 3, 16)), (2, date(2026, 3, 10)), (3, date(2026, 3, 1)), (3, date(2026, 2, 2))],
)
def test_a_period_that_is_not_over_or_begins_elsewhere_is_empty(rank_type: int, start: date, rows):
    assert ranking(rows, start, rank_type) == []


def test_rankings_can_be_late(get):
    clock = datetime(2026, 3, 18, 2, tzinfo=UTC)
    with SandboxServer(clock=lambda: clock, ranking_lag_days=1) as late:
        ask: dict[str, Any] = {"region": "SG", "rank_type": 1, "product_rank_field": 1, "page_num": 1, "page_size": 10}
        client = httpx.Client(base_url=late.url, auth=("sandbox", "sandbox"))
        with client:
            sizes = [
                len(client.get("/v3/echotik/product/ranklist", params=ask | {"date": f"2026-03-{day}"}).json()["data"])
                for day in (17, 16)
            ]

    assert sizes == [0, 10]


def test_categories_narrow_a_ranking(rows):
    found = ranking(rows, YESTERDAY, 1, category_id="601450")

    assert len(found) == 10
    assert {row["category_id"] for row in found} <= {"601450", None}


def test_origin_narrows_a_ranking(rows, sandbox: SandboxServer):
    world = sandbox.world
    for flag, abroad in ((1, False), (2, True)):
        products = [world.product(row["product_id"]) for row in ranking(rows, YESTERDAY, 1, from_flag=flag)]
        assert {world.seller_of_product(product).cross_border for product in products if product} == {abroad}


@pytest.mark.parametrize("region", ["US", "BR"])
@pytest.mark.parametrize("back", [1, 40, 170])
def test_thirty_new_products_are_ranked_on_any_day(region: str, back: int, rows, sandbox: SandboxServer):
    found = rows("v2/product/ranklist/new", pages=3, region=region, date=TODAY - timedelta(back))

    assert len(found) == 30
    assert [row["total_sale_gmv_amt"] for row in found] == sorted(
        (row["total_sale_gmv_amt"] for row in found), reverse=True
    )
    ages = [product.age for row in found if (product := sandbox.world.product(row["product_id"]))]
    assert all(back <= age < back + 15 for age in ages)
