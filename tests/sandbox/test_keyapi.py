"""KeyAPI tells what EchoTik v3 tells, row by row; its documents' own records as printed; and TikTok's live word."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.world.link import share_link

DATA = Path(__file__).parent.parent / "data" / "keyapi"
PRINTED = {name: json.loads((DATA / f"{name}.json").read_text("utf-8")) for name in ("product-list", "video-products")}
ROUTES: dict[str, dict[str, Any]] = json.loads((DATA / "routes.json").read_text("utf-8"))
TWINS = [name for name, route in ROUTES.items() if route["path"].endswith("/analytics")]
KEYCHAIN = "1729873073559015752"
PLACE: dict[str, Any] = {"region": "US", "category_id": "605248", "category_l2_id": "0", "max_spu_avg_price": 1.99}
PAGE: dict[str, Any] = {"page_num": 1, "page_size": 10}
# Columns of EchoTik's list that are not in the document of KeyAPI's.
ECHOTIK_ONLY = {"is_hot", "from_flag", "shop_type", "shipping_price", "last_crawl_dt", "specification"}
VALUES: dict[str, Any] = {
    "region": "SG",
    "start_date": "2026-03-01",
    "end_date": "2026-03-18",
    "date": "2026-03-17",
    "rank_type": 1,
    "product_rank_field": 1,
    "seller_rank_field": 1,
    "influencer_rank_field": 1,
    "video_rank_field": 1,
    "language": "th-TH",
    "sk": "storage boxes",
    "type": 2,
    "size": 10,
    **PAGE,
}


def rows(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(path, params=PAGE | params)
    assert (answer.status_code, answer.json()["code"]) == (200, 0), answer.text
    return answer.json()["data"]


@pytest.fixture
def asked(subjects: dict[str, str], sandbox: SandboxServer) -> dict[str, Any]:
    """A value for every parameter that some route requires."""
    return {**VALUES, **subjects, "product_ids": ",".join(sandbox.product_ids(n=10))}


def sent(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a route requires, and who where one of two names will do."""
    wanted = {parameter for parameter, required in ROUTES[name]["parameters"].items() if required}
    wanted |= {"influencer.detail": {"user_ids"}, "influencer.videos": {"user_id"}}.get(name, set())
    return {parameter: asked[parameter] for parameter in wanted}


def test_the_documents_product_stands_in_the_list_as_printed(keyapi: httpx.Client):
    for order in ({}, {"product_sort_field": 1, "sort_type": 0}, {"product_sort_field": 3, "sort_type": 1}):
        body = keyapi.get("product/list/analytics", params=PAGE | PLACE | order).json()
        assert {**body, "requestId": ""} == {**PRINTED["product-list"], "requestId": ""}


def test_the_documents_product_has_a_detail_as_printed(keyapi: httpx.Client):
    assert rows(keyapi, "product/detail/analytics", product_ids=KEYCHAIN) == PRINTED["product-list"]["data"]


def test_the_documents_product_is_listed_only_where_it_belongs(keyapi: httpx.Client):
    elsewhere = ({"region": "GB"}, {"category_id": "601450"}, {"min_spu_avg_price": 2}, {"sales_trend_flag": 1})
    for other in elsewhere:
        found = rows(keyapi, "product/list/analytics", **{**PLACE, "max_spu_avg_price": 3, **other})
        assert KEYCHAIN not in {row["product_id"] for row in found}


def test_the_documents_video_shows_its_product_as_printed(keyapi: httpx.Client):
    body = keyapi.get("video/products/analytics", params=PAGE | {"video_ids": "7521783049722285367"}).json()

    assert {**body, "requestId": ""} == {**PRINTED["video-products"], "requestId": ""}


def test_rows_have_the_columns_that_the_documents_print(keyapi: httpx.Client, subjects: dict[str, str]):
    (product,), (pair,) = PRINTED["product-list"]["data"], PRINTED["video-products"]["data"]
    products = rows(keyapi, "product/list/analytics", region="US")
    pairs = rows(keyapi, "video/products/analytics", video_ids=subjects["video_ids"])

    assert len(products) == 10 and all(row.keys() == product.keys() for row in products)
    assert len(pairs) == 10 and all(row.keys() == pair.keys() for row in pairs)


@pytest.mark.parametrize("name", TWINS)
def test_a_route_tells_what_its_twin_at_echotik_tells(
    name: str, keyapi: httpx.Client, client: httpx.Client, asked: dict[str, Any]
):
    route, params = ROUTES[name], sent(name, asked)
    theirs = client.get(f"/v3{route['twin']}", params=params).json()["data"]
    ours = keyapi.get(route["path"].removeprefix("/v1/tiktok/"), params=params).json()["data"]

    assert theirs
    if name == "product.list":
        theirs = [{column: row[column] for column in row.keys() - ECHOTIK_ONLY} for row in theirs]
    assert ours == (theirs[0] if name == "shop.detail" else theirs)


def test_pages_follow_one_another_until_one_is_short(keyapi: httpx.Client, subjects: dict[str, str]):
    path, of = "product/creators/analytics", {"product_id": subjects["product_id"]}
    pages = [rows(keyapi, path, **of, page_num=page, page_size=4) for page in range(1, 30)]
    people = [row["user_id"] for page in pages for row in page]

    assert len(people) == len(set(people)) > 4
    lengths = [len(page) for page in pages]
    assert lengths == [4] * (len(people) // 4) + [len(people) % 4] + [0] * (28 - len(people) // 4)


def test_unknown_ids_are_left_out_and_the_order_is_another(keyapi: httpx.Client, sandbox: SandboxServer):
    ids = sandbox.product_ids(n=6)
    told = [row["product_id"] for row in rows(keyapi, "product/detail/analytics", product_ids=",".join([*ids, "1"]))]

    assert told != ids and sorted(told) == sorted(ids)


def test_of_an_unknown_shop_there_is_nothing(keyapi: httpx.Client):
    assert rows(keyapi, "shop/detail/analytics", seller_id="1") is None


def test_a_shops_detail_may_be_a_list_of_one():
    with SandboxServer(keyapi_shop_list=True) as sandbox:
        seller = sandbox.world.sellers_in("SG")[0]
        key = {"authorization": "Bearer sandbox"}
        with httpx.Client(base_url=f"{sandbox.keyapi_url}/v1/tiktok", headers=key) as client:
            (row,) = rows(client, "shop/detail/analytics", seller_id=seller.id)
            assert row["seller_name"] == seller.name
            assert rows(client, "shop/detail/analytics", seller_id="1") == []


def test_the_app_shows_a_product_deep_inside_an_answer_of_its_own(
    keyapi: httpx.Client, subjects: dict[str, str], sandbox: SandboxServer
):
    product = sandbox.world.product(subjects["product_id"])
    assert product
    data = rows(keyapi, "realtime/product/detail_new_app", product_id=product.id, region="US")
    (shown,) = data["data"]["goda_protocol"]["data"]["global"]["product_info_resp"]["products"]
    listing, base = sandbox.world.listing_of(product), shown["product_base"]

    assert (data["code"], data["message"]) == (0, "success")
    assert base["title"] == listing.title
    assert base["sold_count"] >= product.units()
    assert base["category_name"] == product.categories[2].name
    assert base["price"]["real_price"] == product.market.price_label(product.price, signed=True)
    assert base["price"]["currency"] == "USD"
    assert len(base["images"]) == listing.pictures and all(image["url_list"] for image in base["images"])
    assert shown["product_detail_review"]["review_count"] == product.reviewed()
    assert shown["product_detail_review"]["product_rating"] == product.rating_tenths / 10
    assert shown["seller"]["name"] == sandbox.world.seller_of_product(product).name


def test_the_app_shows_a_product_only_where_it_is_sold(keyapi: httpx.Client, subjects: dict[str, str]):
    data = rows(keyapi, "realtime/product/detail_new_app", product_id=subjects["product_id"], region="GB")

    assert data["data"]["goda_protocol"]["data"]["global"]["product_info_resp"]["products"] == []


def test_a_known_handle_is_a_user_and_another_is_refused_inside_a_200(keyapi: httpx.Client, sandbox: SandboxServer):
    user = sandbox.world.influencers_in("US")[0]
    told = rows(keyapi, "influencer/detail", unique_id=user.handle)["user"]
    refused = keyapi.get("influencer/detail", params={"unique_id": "nobody.at.all"})

    assert (told["uid"], told["unique_id"], told["nickname"]) == (user.id, user.handle, user.nick_name)
    assert refused.status_code == 200
    assert refused.json() == {"code": 400, "data": None, "message": "unique_id is invalid"}


def test_an_influencers_videos_come_newest_first_page_by_page(keyapi: httpx.Client, sandbox: SandboxServer):
    world = sandbox.world
    user = max(world.influencers_in("SG"), key=lambda user: len(world.videos_of_influencer(user)))
    videos = world.videos_of_influencer(user)
    shown: list[dict[str, Any]] = []
    data = {"max_cursor": 0, "has_more": 1}
    while data["has_more"]:
        data = rows(keyapi, "influencer/videos", unique_id=user.handle, offset=data["max_cursor"])
        shown += data["aweme_list"]

    assert len(videos) > 20
    assert {video["aweme_id"]: video["share_url"] for video in shown} == {
        video.id: share_link(video) for video in videos
    }
    assert len(shown) == len(videos)
    assert [video["create_time"] for video in shown] == sorted((video["create_time"] for video in shown), reverse=True)
    counted = {"play_count", "digg_count", "comment_count", "share_count", "collect_count"}
    assert counted <= shown[0]["statistics"].keys()


def test_a_shops_products_come_page_by_page_on_sale_alone(keyapi: httpx.Client, sandbox: SandboxServer):
    world = sandbox.world
    sellers = world.sellers_in("SG")
    on_sale = {
        seller.id: {product.id for product in world.products_of_seller(seller) if product.off_mark < 2}
        for seller in sellers
    }
    for seller, pages in ((sellers[0], 2), (sellers[9], 1)):
        shown: list[str] = []
        sandbox.reset()
        data: dict[str, Any] = {"next_scroll_param": None, "has_more": True}
        while data["has_more"]:
            page = {"offset": data["next_scroll_param"]} if data["next_scroll_param"] else {}
            data = rows(keyapi, "shop/products", seller_id=seller.id, region="SG", **page)
            (scene,) = data["product_list_map"].values()
            shown += [row["product_id"] for row in scene["product_list"]]
        assert sorted(shown) == sorted(on_sale[seller.id])
        assert sandbox.count("shop/products") == pages


LIVE_TWINS = {
    "influencer/detail": ("influencer/detail", "unique_id"),
    "product/detail": ("product/detail", "product_id region"),
    "product/reviews": ("product/comment", "product_id region offset"),
    "product/id": ("extract_product_id", "share_url"),
    "video/detail": ("video/detail", "video_id"),
    "video/captions": ("video/captions", "video_id"),
    "video/comments": ("video/comments", "video_id"),
    "video/download-url": ("video/download-url", "url"),
    "live/detail": ("live/detail", "room_id user_id"),
}


@pytest.mark.parametrize("path", LIVE_TWINS)
def test_a_live_read_tells_what_its_twin_at_echotik_tells(
    path: str, keyapi: httpx.Client, client: httpx.Client, subjects: dict[str, str], sandbox: SandboxServer
):
    world = sandbox.world
    product, video = world.product(subjects["product_id"]), world.video(subjects["video_id"])
    assert product and video
    handle = world.author_of_video(video).handle
    links = {"share_url": share_link(product), "url": share_link(video), "unique_id": handle}
    known = {**subjects, **links, "room_id": subjects["room_ids"].split(",")[0], "region": "US", "offset": "1"}
    twin, names = LIVE_TWINS[path]
    params = {name: known[name] for name in names.split()}

    ours = rows(keyapi, path, **params)
    assert ours and ours == client.get(f"/v3/realtime/{twin}", params=params).json()["data"]


def test_covers_are_signed(keyapi: httpx.Client, client: httpx.Client, sandbox: SandboxServer):
    (row,) = rows(keyapi, "product/detail/analytics", product_ids=sandbox.product_ids()[0])
    urls = [cover["url"] for cover in json.loads(row["cover_url"])]
    signed = rows(keyapi, "covers/batch-download", cover_urls=",".join(urls))

    assert signed.keys() == set(urls)
    assert signed == rows(client, "/v3/echotik/batch/cover/download", cover_urls=",".join(urls))
