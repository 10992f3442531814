"""Lives: the list of all, details, and what other lists say of the same rooms."""

import json

import pytest

from sandbox import SandboxServer
from sandbox.world.media import Live


@pytest.fixture
def lives(sandbox: SandboxServer) -> list[Live]:
    product = sandbox.world.product(sandbox.product_ids("SG")[0])
    assert product
    return sandbox.world.lives_of_product(product)[:10]


def test_all_lives_are_listed_page_by_page(rows, sandbox: SandboxServer):
    found = rows("v3/live/list", pages=8)

    assert len({row["room_id"] for row in found}) == 80
    assert [row["room_id"] for row in found] == [live.id for live in sandbox.world.lives_from(0, 80)]
    assert rows("v3/live/list", page_num=100_000) == []


def test_the_order_of_all_lives_has_no_gap(sandbox: SandboxServer):
    world = sandbox.world
    whole = [live for number in range(30) for live in world.shelf_at(number).lives]

    assert world.lives_from(0, len(whole)) == whole
    assert world.lives_from(37, 55) == whole[37:92]


def test_details_come_in_another_order_without_the_unknown(rows, lives: list[Live]):
    ids = [live.id for live in lives[:9]]

    found = [row["room_id"] for row in rows("v3/live/detail", room_ids=",".join([*ids, "1"]))]

    assert found != ids
    assert sorted(found) == sorted(ids)


def test_details_say_what_the_hosts_the_sellers_and_the_products_lists_say(
    rows, lives: list[Live], sandbox: SandboxServer
):
    world = sandbox.world
    for row in rows("v3/live/detail", room_ids=",".join(live.id for live in lives[:3])):
        live = world.live(row["room_id"])
        assert live
        product = world.products_of_live(live)[0]
        seller = world.seller_of_product(product)
        own = rows("v3/influencer/live/list", pages=9, user_id=row["user_id"])
        sold = rows("v3/seller/live/list", pages=30, seller_id=seller.id)
        shown = rows("v3/product/live/list", pages=9, product_id=product.id)
        for other in (*own, *sold):
            if other["room_id"] == live.id:
                same = row.keys() & other.keys() - {"max_views_cnt"}
                assert len(same) > 10
                assert all(row[name] == other[name] for name in same)
        (mine,) = [other for other in shown if other["room_id"] == live.id]
        assert mine["total_sale_cnt"] <= row["total_sale_cnt"]
        assert all(row[name] == mine[name] for name in ("cover_url", "live_type", "max_views_cnt", "create_time"))


def test_sums_and_best_sellers_are_those_of_what_is_shown(rows, lives: list[Live], sandbox: SandboxServer):
    world = sandbox.world
    for row in rows("v3/live/detail", room_ids=",".join(live.id for live in lives)):
        live = world.live(row["room_id"])
        assert live
        units = {
            product.id: world.sales_of(product).by_live[live.index].units for product in world.products_of_live(live)
        }
        assert row["total_sale_cnt"] == sum(units.values())
        best = {each["product_id"]: each["total_sale_cnt"] for each in json.loads(row["live_sale_top3_product"])}
        assert best.items() <= units.items()
        assert min(best.values()) >= max((units[each] for each in units.keys() - best.keys()), default=0)


def test_only_lives_of_yesterday_are_on_air(sandbox: SandboxServer, rows):
    states = {
        (row["live_status"], live.day == 1)
        for row in rows("v3/live/list", pages=30)
        if (live := sandbox.world.live(row["room_id"]))
    }

    assert states == {(2, True), (4, True), (4, False)}


def test_a_live_and_the_products_that_it_shows_name_each_other(rows, lives: list[Live], sandbox: SandboxServer):
    world = sandbox.world
    shown = {live.id: rows("v3/live/product/list", room_id=live.id) for live in lives[:4]}

    assert max(map(len, shown.values())) > 1
    for live in lives[:4]:
        assert shown[live.id] == [
            {"room_id": live.id, "product_id": product.id, "product_name": world.title_of(product)}
            for product in world.products_of_live(live)
        ]
        for row in shown[live.id]:
            listed = rows("v3/product/live/list", pages=30, product_id=row["product_id"])
            assert live.id in [other["room_id"] for other in listed]


def test_the_products_of_a_live_come_by_pages(rows, lives: list[Live], sandbox: SandboxServer):
    live = max(lives, key=lambda live: len(live.products))
    shown = [product.id for product in sandbox.world.products_of_live(live)]
    pages = [
        [row["product_id"] for row in rows("v3/live/product/list", room_id=live.id, page_size=2, page_num=page)]
        for page in (1, 2, 3, 4)
    ]

    assert len(shown) > 2
    assert pages == [shown[:2], shown[2:4], shown[4:6], []]


def test_an_unknown_live_shows_nothing(rows):
    assert rows("v3/live/product/list", room_id="7000000000000000001") == []
