"""What TikTok says itself, in its own shapes and with its own failures."""

from typing import Any

import pytest

from sandbox import SandboxServer
from sandbox.echotik.influencer import told_handle
from sandbox.echotik.quirk import has
from sandbox.world.influencer import Influencer
from sandbox.world.link import share_link
from sandbox.world.media import Live, Video
from sandbox.world.product import Product
from sandbox.world.speech import comment_count


@pytest.fixture
def product(sandbox: SandboxServer) -> Product:
    product = sandbox.world.product(sandbox.product_ids("SG")[0])
    assert product
    return product


@pytest.fixture
def video(product: Product, sandbox: SandboxServer) -> Video:
    videos = [each for each in sandbox.world.videos_of_product(product) if not has("no captions", each.id)]
    return max(videos, key=comment_count)


@pytest.fixture
def author(video: Video, sandbox: SandboxServer) -> Influencer:
    return sandbox.world.author_of_video(video)


@pytest.fixture
def on_air(sandbox: SandboxServer) -> Live:
    return next(live for live in sandbox.world.lives_from(0, 400) if live.on_air)


def test_an_influencer_is_read_by_handle_and_has_at_least_what_was_collected(get, rows, author: Influencer):
    body = get("v3/realtime/influencer/detail", unique_id=author.handle.upper())
    (row,) = rows("v3/influencer/detail", user_ids=author.id)
    user = body["data"]["user"]

    assert (body["msg"], body["code"], body["data"]["status_code"]) == ("ok", 0, 0)
    assert (user["uid"], user["nickname"]) == (author.id, row["nick_name"])
    assert user["total_favorited"] >= row["total_digg_cnt"]
    assert user["avatar_larger"]["url_list"] == [row["avatar"]]
    assert body["data"]["extra"]["now"] > 10**12


def test_an_unknown_handle_is_told_inside_a_200(get, sandbox: SandboxServer):
    body = get("v3/realtime/influencer/detail", unique_id="nobody.here")

    assert body == {"msg": "unique_id is invalid", "code": 400, "data": None}
    assert (sandbox.calls[-1].status, sandbox.calls[-1].code) == (200, 400)


def test_a_handle_that_was_not_collected_is_known_here(get, sandbox: SandboxServer):
    silent = next(user for user in sandbox.world.influencers_in("SG") if not told_handle(user))

    assert get("v3/realtime/influencer/detail", unique_id=silent.handle)["data"]["user"]["uid"] == silent.id


def test_a_video_is_raw_and_has_at_least_what_was_collected(get, rows, video: Video, author: Influencer):
    body = get("v3/realtime/video/detail", video_id=video.id)
    (row,) = rows("v3/video/detail", video_ids=video.id)
    aweme = body["data"]["aweme_detail"]

    assert body.keys() == {"msg", "code", "data"}
    assert (aweme["aweme_id"], aweme["desc"], aweme["author"]["uid"]) == (video.id, row["video_desc"], author.id)
    assert aweme["create_time"] == int(row["create_time"])
    assert aweme["statistics"]["play_count"] >= row["total_views_cnt"]
    assert aweme["video"]["duration"] == row["duration"] * 1000


def test_an_unknown_video_is_a_status_of_tiktoks_own(get):
    body = get("v3/realtime/video/detail", video_id="1")

    assert (body["code"], body["data"]["aweme_detail"], body["data"]["status_code"]) == (0, None, 2053)


def test_captions_are_webvtt_a_language_or_none(get, video: Video, sandbox: SandboxServer):
    (caption,) = get("v3/realtime/video/captions", video_id=video.id)["data"]

    assert caption["lang"] == "eng-US"
    assert caption["data"].startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert all(line in caption["data"] for line in sandbox.world.spoken_lines(video))
    silent = next(
        each
        for product in sandbox.world.products_in("SG")[:9]
        for each in sandbox.world.videos_of_product(product)
        if has("no captions", each.id)
    )
    assert get("v3/realtime/video/captions", video_id=silent.id)["data"] == []
    assert get("v3/realtime/video/captions", video_id="1")["data"] == []


def test_comments_are_paged_by_offset_to_the_end(get, video: Video, sandbox: SandboxServer):
    found: list[dict[str, Any]] = []
    data: dict[str, Any] = {"cursor": 0, "has_more": 1}
    while data["has_more"]:
        data = get("v3/realtime/video/comments", video_id=video.id, offset=data["cursor"], count=50)["data"]
        found += data["comments"]

    assert data["total"] == data["cursor"] == len({row["cid"] for row in found}) == comment_count(video) > 50
    days = [row["create_time"] // 86_400 for row in found]
    assert days == sorted(days, reverse=True)
    assert len(get("v3/realtime/video/comments", video_id=video.id)["data"]["comments"]) == 20
    author = sandbox.world.influencer(found[0]["user"]["uid"])
    assert author
    assert author.handle == found[0]["user"]["unique_id"]
    assert get("v3/realtime/video/comments", video_id="1")["data"]["comments"] == []


def test_a_video_is_fetched_by_its_link_long_or_short(get, video: Video, author: Influencer):
    long = f"https://www.tiktok.com/@{author.handle}/video/{video.id}?lang=en"
    bodies = [get("v3/realtime/video/download-url", url=url) for url in (long, share_link(video))]

    for body in bodies:
        assert (body["code"], body["data"]["video_id"]) == (0, video.id)
        assert body["data"]["home_url"].endswith(f"/video/{video.id}")
        assert "x-expires=" in body["data"]["no_watermark_download_url"]
    assert get("v3/realtime/video/download-url", url="https://vt.tiktok.com/Z1/")["message"] == "url is invalid"


def test_a_share_link_leads_to_a_product(get, product: Product):
    links = [share_link(product), f"https://shop.tiktok.com/view/product/{product.id}?region=SG"]
    for link in (*links, f"https://www.tiktok.com/shop/pdp/a-name-9/{product.id}"):
        body = get("v3/realtime/extract_product_id", share_url=link)
        assert body["data"] == {"productId": product.id, "region": "SG"}
    body = get("v3/realtime/extract_product_id", share_url="https://www.tiktok.com/t/Z1/")
    assert (body["code"], body["message"], body["data"]) == (400, "share_url is invalid", None)


def test_all_written_reviews_are_read_not_the_collected_ones_alone(get, rows, product: Product):
    found: list[dict[str, Any]] = []
    data: dict[str, Any] = {"next_cursor": 1, "has_more": True}
    while data["has_more"] and len(found) < 200:
        params = {"product_id": product.id, "region": "SG", "offset": data["next_cursor"]}
        data = get("v3/realtime/product/comment", **params)["data"]
        found += data["review_items"]
    collected = rows("v3/product/comment", pages=7, product_id=product.id)

    ids = [item["review"]["review_id"] for item in found]
    assert ids[: len(collected)] == [row["review_id"] for row in collected]
    assert len(set(ids)) == len(ids) > len(collected)
    assert data["review_count"] == product.reviewed()
    first = found[0]["review"]
    assert first["review_timestamp"] == str(collected[0]["review_timestamp"])
    assert (first["display_text"], first["rating"]) == (collected[0]["display_text"], collected[0]["rating"])
    assert found[0]["sku_id"] == collected[0]["sku_id"]


def test_reviews_end(get, sandbox: SandboxServer):
    product = next(each for each in sandbox.world.products_in("SG") if 0 < each.reviewed() < 20)
    data = get("v3/realtime/product/comment", product_id=product.id, region="SG", offset=1)["data"]

    assert (len(data["review_items"]), data["has_more"]) == (product.reviewed(), False)


def test_a_live_is_read_while_on_air_with_its_host(get, on_air: Live, sandbox: SandboxServer):
    host = sandbox.world.host_of_live(on_air)
    body = get("v3/realtime/live/detail", room_id=on_air.id, user_id=host.id)
    room = body["data"]["data"]

    assert (body["msg"], body["code"], body["data"]["status_code"]) == ("ok", 0, 0)
    assert (room["id_str"], room["owner"]["id_str"], room["total_user"]) == (on_air.id, host.id, on_air.views)


def test_a_live_that_is_over_or_of_another_host_fails_inside_a_code_of_0(get, on_air: Live, sandbox: SandboxServer):
    over = next(live for live in sandbox.world.lives_from(0, 99) if not live.on_air)
    asked = ((over.id, sandbox.world.host_of_live(over).id), (on_air.id, "1"), ("1", "1"))
    for room_id, user_id in asked:
        body = get("v3/realtime/live/detail", room_id=room_id, user_id=user_id)
        assert (body["code"], body["data"]["status_code"]) == (0, 30003)


def test_failures_are_worded_as_the_envelope_of_the_route(get):
    assert get("v3/realtime/video/detail") == {"msg": "video_id is required", "code": 500, "data": None}
    assert get("v3/realtime/video/comments").keys() == {"code", "message", "data"}
