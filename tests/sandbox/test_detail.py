"""Details, oddities of rows, signed pictures and the documents' own records."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.echotik.page import IMAGE_HOST
from sandbox.echotik.product import made_row
from sandbox.world import shared_world


def test_details_come_in_another_order_without_the_unknown_and_once(rows, sandbox: SandboxServer):
    for start in range(0, 50, 5):
        ids = sandbox.product_ids()[start : start + 5]
        found = [row["product_id"] for row in rows("v3/product/detail", product_ids=",".join([*ids, "1", ids[0]]))]
        assert found != ids
        assert sorted(found) == sorted(ids)


def test_details_say_what_the_list_says(rows):
    listed = {row["product_id"]: row for row in rows("v3/product/list", region="US", product_sort_field=1)}

    for row in rows("v3/product/detail", product_ids=",".join(listed)):
        assert listed[row["product_id"]].items() >= row.items()


def test_both_versions_tell_the_same_figures(rows, sandbox: SandboxServer):
    ids = ",".join(sandbox.product_ids(n=10))
    v2 = {row["product_id"]: row for row in rows("v2/product/detail", product_ids=ids)}

    for row in rows("v3/product/detail", product_ids=ids):
        same = {
            name for name in row.keys() & v2[row["product_id"]].keys() if name.startswith(("total_", "spu_", "min_"))
        }
        assert len(same) > 60
        assert all(row[name] == v2[row["product_id"]][name] for name in same)


@pytest.fixture(scope="module")
def v3_rows() -> list[dict[str, object]]:
    world = shared_world("shopgraph")
    return [json.loads(made_row(world, product, "v3 list")) for product in world.products_in("TH")[:400]]


def test_some_v3_rows_are_odd_in_each_documented_way(v3_rows):
    def some(test) -> bool:
        return any(map(test, v3_rows)) and not all(map(test, v3_rows))

    discounts = [row["discount"] for row in v3_rows]
    assert {None, "", "-"} <= set(discounts)
    assert any(text and text.startswith("-") and text.endswith("%") for text in discounts)
    assert any(text and text[0].isdigit() for text in discounts)
    assert some(lambda row: row["product_commission_rate"] >= 1)
    assert some(lambda row: isinstance(row["product_rating"], float))
    assert some(lambda row: "property_value_name" in row["sale_props"])
    assert some(lambda row: "sale_price_decimal" in row["skus"])
    assert some(lambda row: row["cover_url"].startswith("[{ "))
    assert some(lambda row: row["cover_url"] != row["cover_url"].strip())
    assert some(lambda row: row["skus"] in ("", "[]"))
    assert some(lambda row: row["specification"] == "")
    assert some(lambda row: row["sales_flag"] == 0)
    assert some(lambda row: row["category_l2_id"] == "0")
    assert some(lambda row: "sub" in str(json.loads(row["desc_detail"])))


def test_prices_inside_skus_are_local_and_around_the_mean_in_dollars(rows):
    for row in rows("v2/product/list", region="ID"):
        prices = [sku["real_price"] for sku in row["skus"]]
        assert {price["currency"] for price in prices} == {"IDR"}
        assert row["min_price"] <= row["spu_avg_price"] <= row["max_price"]
        assert float(prices[0]["price_val"]) == pytest.approx(row["min_price"] * 16000, rel=0.01)


def test_some_v2_bodies_hold_raw_control_characters(client: httpx.Client, sandbox: SandboxServer):
    broken = []
    for page in range(1, 16):
        body = client.get("/v2/product/list", params={"region": "US", "page_num": page}).text
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            broken.append(error.msg)
        assert len(json.loads(body, strict=False)["data"]) == 10

    assert set(broken) == {"Invalid control character at"}


def test_some_v2_lives_name_no_host_and_have_no_cover(rows, sandbox: SandboxServer):
    lives = [
        row for product_id in sandbox.product_ids(n=20) for row in rows("v2/product/live/list", product_id=product_id)
    ]

    assert {row["user_id"] == "" for row in lives} == {True, False}
    assert {row["cover_url"] == "" for row in lives} == {True, False}


def test_only_the_providers_own_pictures_are_signed_the_same_all_day(get):
    urls = [f"{IMAGE_HOST}/product-cover/1/a_0.jpeg", "https://p16.example.com/b.jpeg"]
    first = get("v3/batch/cover/download", cover_urls=",".join(urls))

    assert first.keys() == {"code", "message", "data"}
    assert list(first["data"]) == urls[:1]
    assert first == get("v3/batch/cover/download", cover_urls=urls[0])


def test_avatars_logos_and_video_covers_can_be_signed_and_live_covers_not(get, rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids("SG")[0]
    (product,) = rows("v3/product/detail", product_ids=product_id)
    (seller,) = rows("v3/seller/detail", seller_id=product["seller_id"])
    video = rows("v3/product/video/list", product_id=product_id)[0]
    user = rows("v3/product/influencer/list", product_id=product_id)[0]
    live = next(row for row in rows("v3/product/live/list", product_id=product_id) if row["cover_url"])
    own = [seller["cover_url"], video["reflow_cover"], user["avatar"]]

    signed = get("v3/batch/cover/download", cover_urls=",".join([*own, live["cover_url"]]))["data"]

    assert list(signed) == own


def test_signed_pictures_can_come_as_a_list_of_maps():
    url = f"{IMAGE_HOST}/product-cover/1/a_0.jpeg"
    clock = datetime(2026, 3, 18, tzinfo=UTC)
    with SandboxServer(clock=lambda: clock, cover_list=True) as sandbox:
        ask = f"{sandbox.url}/v3/echotik/batch/cover/download"
        answer = httpx.get(ask, params={"cover_urls": url}, auth=("sandbox", "sandbox"))

    ((signed,),) = [list(item) for item in answer.json()["data"]]
    assert signed == url


def test_the_documents_products_are_served_as_printed(rows):
    (fork,) = rows("v2/product/detail", product_ids="1729382308971940777")
    (keychain,) = rows("v3/product/detail", product_ids="1729873073559015752")

    assert fork["product_name"] == "MOUNTAIN BIKE WEAPON ROCKET AIR SUSPENSION FORK"
    assert fork["skus"][0]["real_price"] == {"price_str": "₱6,499.00", "price_val": "6499", "currency": "PHP"}
    assert (keychain["first_crawl_dt"], keychain["off_mark"]) == (20241219, 3)
    assert isinstance(keychain["cover_url"], str)


def test_a_printed_v3_row_is_known_to_v2_in_its_shape_and_not_the_other_way(rows):
    (row,) = rows("v2/product/detail", product_ids="1729873073559015752")

    assert len(row) == 84
    assert row["first_crawl_dt"] == "20241219"
    assert row["cover_url"][0]["index"] == 3
    assert rows("v3/product/detail", product_ids="1729382308971940777") == []


def test_the_documents_relations_and_realtime_body_are_served_as_printed(rows, get):
    product_id = "1729382310407603945"

    assert rows("v2/product/influencer/list", product_id=product_id)[0]["nick_name"] == "Alifabuana2"
    assert rows("v3/product/influencer/list", product_id=product_id)[0]["user_id"] == "105882291788214272"
    assert rows("v2/product/video/list", product_id=product_id)[0]["video_id"] == "6997187334064147738"
    assert rows("v2/product/live/list", product_id=product_id)[0]["user_id"] == ""
    body = get("v2/rt/product/detail", product_id="1729405541885514740", region="US")
    assert (body["data"]["sold_count"], body["data"]["price"]) == (260617, {})


def test_the_documents_ranking_is_served_on_its_day(rows):
    found = rows("v2/product/ranklist", region="US", date="2024-12-15", rank_type=1, product_rank_field=1)

    assert [row["product_id"] for row in found] == ["1729464033034539782"]


def test_realtime_knows_no_product_of_another_region(get, sandbox: SandboxServer):
    body = get("v2/rt/product/detail", product_id=sandbox.product_ids("TH")[0], region="US")

    assert (body["code"], body["data"]) == (0, None)


def test_realtime_has_sold_at_least_what_was_sold_until_yesterday(get, rows, sandbox: SandboxServer):
    for product_id in sandbox.product_ids(n=5):
        (row,) = rows("v2/product/detail", product_ids=product_id)
        now = get("v2/rt/product/detail", product_id=product_id, region="US")["data"]
        assert now["sold_count"] >= row["total_sale_cnt"]
