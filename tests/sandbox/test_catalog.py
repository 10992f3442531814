"""The product list: filters, orders and paging do what they say."""

import pytest

from sandbox import SandboxServer
from sandbox.world import World
from sandbox.world.market import CIRCLE_PRODUCTS, MARKETS

ORDERS = {
    1: "total_sale_cnt",
    2: "total_sale_gmv_amt",
    3: "spu_avg_price",
    4: "total_sale_7d_cnt",
    5: "total_sale_30d_cnt",
    6: "total_sale_gmv_7d_amt",
    7: "total_sale_gmv_30d_amt",
}
RANGES = {
    "total_sale_cnt": (1000, 20_000),
    "total_sale_30d_cnt": (100, 2000),
    "spu_avg_price": (5, 20.5),
    "total_ifl_cnt": (10, 30),
    "total_video_cnt": (20, 50),
    "product_rating": (4.1, 4.6),
    "review_count": (100, 900),
    "total_sale_gmv_amt": (1000, 90_000),
    "total_sale_gmv_30d_amt": (1000, 9000),
    "first_crawl_dt": (20250101, 20250601),
}
FLAGS = {
    "sales_trend_flag": (0, 1, 2),
    "is_s_shop": (0, 1),
    "free_shipping": (0, 1),
    "sales_flag": (0, 1, 2),
    "is_hot": (0, 1),
    "from_flag": (1, 2),
    "shop_type": (0, 1),
}


@pytest.mark.parametrize(("region", "count"), [("US", 6000), ("TH", 1200), ("JP", 1200)])
def test_a_region_lists_all_its_products(region: str, count: int, rows):
    assert len(rows("v3/product/list", region=region, page_num=count // 10)) == 10
    assert rows("v3/product/list", region=region, page_num=count // 10 + 1) == []


def test_every_region_has_hundreds_of_products():
    assert len(MARKETS) == 17
    assert min(market.circles * CIRCLE_PRODUCTS for market in MARKETS.values()) >= 400


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("field", "column"), ORDERS.items())
def test_a_list_is_sorted_both_ways_and_ties_by_id(version: str, field: int, column: str, rows):
    for sort_type, sign in ((0, 1), (1, -1)):
        found = rows(f"{version}/product/list", pages=3, region="TH", product_sort_field=field, sort_type=sort_type)

        keys = [(sign * row[column], row["product_id"]) for row in found]
        assert keys == sorted(keys)


def test_pages_join_without_gap_or_overlap_and_end(rows):
    whole = rows("v3/product/list", pages=6, region="TH", category_id="600001", product_sort_field=1)

    assert len({row["product_id"] for row in whole}) == len(whole) == 60
    assert whole[20:25] == rows(
        "v3/product/list", page_num=5, page_size=5, region="TH", category_id="600001", product_sort_field=1
    )
    assert rows("v3/product/list", page_num=7, region="TH", category_id="600001") == []


def test_without_a_sort_field_the_order_is_stable(rows):
    assert rows("v3/product/list", pages=3, region="SG") == rows("v3/product/list", pages=3, region="SG")


@pytest.mark.parametrize(("column", "bounds"), RANGES.items())
def test_ranges_hold_with_both_bounds_inside(column: str, bounds: tuple[float, float], rows):
    low, high = bounds
    found = rows("v3/product/list", pages=3, region="TH", **{f"min_{column}": low, f"max_{column}": high})

    assert found
    assert all(low <= row[column] <= high for row in found)


def test_ranges_of_views_and_commission_hold(rows):
    found = rows(
        "v2/product/list",
        region="SG",
        min_total_views_cnt=100_000,
        min_product_commission_rate=0.1,
        max_product_commission_rate=0.12,
    )

    assert found
    assert all(row["total_views_cnt"] >= 100_000 and 0.1 <= row["product_commission_rate"] <= 0.12 for row in found)


@pytest.mark.parametrize(("column", "values"), FLAGS.items())
def test_flags_pick_their_rows(column: str, values: tuple[int, ...], rows):
    for value in values:
        found = rows("v3/product/list", region="TH", **{column: value})

        assert found
        assert {row[column] for row in found} == {value}


def test_categories_of_three_levels_pick_their_rows(rows):
    first = rows("v3/product/list", region="US")[3]
    levels = {name: first[name] for name in ("category_id", "category_l2_id", "category_l3_id")}

    found = rows("v3/product/list", region="US", **levels)

    assert found
    assert all(row.items() >= levels.items() for row in found)


def test_off_mark_0_leaves_out_what_is_delisted(rows):
    everything = rows("v3/product/list", pages=6, region="TH", category_id="601450")
    on_sale = rows("v3/product/list", pages=6, region="TH", category_id="601450", off_mark=0)

    assert {row["product_id"] for row in on_sale} == {row["product_id"] for row in everything if row["off_mark"] < 2}
    assert len(on_sale) < len(everything)


@pytest.mark.parametrize("keyword", ["BOX", "storage box", "nestwell"])
def test_a_keyword_is_part_of_a_word_in_any_case(keyword: str, rows):
    found = rows("v2/product/list", region="US", keyword=keyword)

    assert found
    assert all(word in row["product_name"].lower() for row in found for word in keyword.lower().split())


@pytest.mark.parametrize("region", ["US", "JP"])
@pytest.mark.parametrize("field", ORDERS)
def test_the_first_hundred_of_any_order_have_all_relations_and_180_days(
    field: int, region: str, rows, sandbox: SandboxServer
):
    for row in rows("v3/product/list", pages=10, region=region, product_sort_field=field, sort_type=1):
        product = sandbox.world.product(row["product_id"])
        assert product
        assert 5 <= row["total_ifl_cnt"] <= 60
        assert min(row["total_video_cnt"], row["total_live_cnt"], row["review_count"], product.reviews) > 0
        assert product.age > 180
        assert not product.sparse


def test_counts_include_full_last_pages(sandbox: SandboxServer):
    products = [sandbox.world.product(product_id) for product_id in sandbox.product_ids()]

    assert any(product and product.reach % 10 == 0 for product in products)
    assert any(product and product.videos % 10 == 0 for product in products)
    assert len({product.reach for product in products if product}) > 20


def test_others_are_new_sparse_delisted_or_without_something(sandbox: SandboxServer):
    products = sandbox.world.products_in("TH")

    assert any(product.age < 4 for product in products)
    assert any(product.sparse for product in products)
    assert any(product.off_mark >= 2 for product in products)
    for count in ("reach", "videos", "lives", "reviews"):
        assert any(getattr(product, count) == 0 for product in products)
    assert any(product.units() == 0 for product in products)


def test_another_seed_has_other_ids():
    ids = [{product.id for product in World(seed).products_in("SG")} for seed in ("one", "two", "one")]

    assert ids[0] == ids[2]
    assert not ids[0] & ids[1]
