"""What `--check --capture` keeps of people: stand-ins, the same for the same word."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from commands.masking import Mask
from upstream.endpoint import Endpoint
from upstream.providers import ENDPOINTS

BY_ROUTE = {endpoint.route: endpoint for endpoint in reversed(ENDPOINTS)}
COMMENTS = BY_ROUTE["echotik.realtime.video.comments@v3"]
PRODUCTS = BY_ROUTE["echotik.product.list@v3"]
CREATORS = BY_ROUTE["winninghunter.search.influencer@v1"]
SHOPS = BY_ROUTE["winninghunter.search.seller@v1"]


def masked(endpoint: Endpoint, data: Any, *, hidden: tuple[str, ...] = ()) -> Any:
    return Mask(hidden).body(endpoint, {endpoint.rows_at: data})[endpoint.rows_at]


def test_a_comment_keeps_its_figures_and_loses_its_author():
    user = {"uid": "6812345", "unique_id": "Heron_Reed", "nickname": "Heron", "avatar_thumb": "https://x.example/a.jpg"}
    comment = {"cid": "7300000000000000001", "text": "I live in Reed Lane", "digg_count": 12, "user": user}
    told = masked(COMMENTS, {"comments": [comment, comment]})["comments"]

    assert told[0] == told[1]
    assert (told[0]["cid"], told[0]["digg_count"]) == ("7300000000000000001", 12)
    assert re.fullmatch(r"[1-9][0-9]{6}", told[0]["user"]["uid"]) and told[0]["user"]["uid"] != "6812345"
    assert re.fullmatch(r"user[0-9a-f]{8}", told[0]["user"]["unique_id"])
    assert not re.search(r"heron|reed|lane|x\.example", json.dumps(told), re.IGNORECASE)


def test_ids_of_products_and_shops_stay_and_those_of_people_keep_their_kind():
    row = {"product_id": "1729486235012345678", "seller_id": "7495123456789012345", "user_id": 68123456789}
    told = masked(PRODUCTS, [row])[0]

    assert (told["product_id"], told["seller_id"]) == (row["product_id"], row["seller_id"])
    assert isinstance(told["user_id"], int) and len(str(told["user_id"])) == 11 and told["user_id"] != 68123456789


def test_a_name_is_somebodys_where_the_row_is_a_person():
    row = {"id": "7000000000000000001", "name": "Heron"}

    assert masked(SHOPS, [row]) == [row]
    told = masked(CREATORS, [row])[0]
    assert told["name"].startswith("Person ") and told["id"] != row["id"] and len(told["id"]) == 19


def test_what_was_sent_and_what_came_have_the_same_stand_in():
    mask = Mask()
    details = BY_ROUTE["echotik.influencer.detail@v3"]
    sent = mask.params(details, {"user_ids": "111222333,444555666"})["user_ids"].split(",")
    rows = [{"user_id": "111222333"}, {"user_id": "444555666"}]
    came = mask.body(details, {"data": rows})["data"]

    assert [row["user_id"] for row in came] == sent
    assert Mask().params(details, {"user_ids": "111222333,444555666"})["user_ids"].split(",") != sent


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("mail heron@marsh.example now", "heron@marsh.example"),
        ("call +1 (415) 555-0132 now", "555-0132"),
        ("call 415-555-0132 now", "415-555-0132"),
        ("by @heron.reed, thanks", "heron.reed"),
        ("https://www.tiktok.com/@heron.reed/video/7300000000000000001", "heron.reed"),
        ('[{"contact_email": "heron@marsh.example", "user_id": "68123456"}]', "68123456"),
    ],
)
def test_addresses_handles_and_numbers_are_taken_out_of_any_text(text: str, gone: str):
    told = masked(PRODUCTS, [{"product_name": text}])[0]["product_name"]

    assert gone not in told and told != text


@pytest.mark.parametrize(
    "text",
    [
        "1729486235012345678",
        "2024-11-20 10:00:00",
        "2024-11-20",
        "12.50",
        "$1,234.50",
        "100-200 ml",
        "https://cover.example/2024/1729486235-400-300.jpg?sign=123-456-7890",
        '[{"index":0,"url":"https://cover.example/1.jpg"}]',
        "Shoe rack @ home",
    ],
)
def test_what_is_nobodys_stays(text: str):
    assert masked(PRODUCTS, [{"product_name": text}])[0]["product_name"] == text


def test_credentials_are_struck_out_wherever_they_stand():
    body = {"product_name": "heron", "note": "key marsh-reed-4711 used", "api_key": "x", "X-API-Key": "y"}
    told = masked(PRODUCTS, [body], hidden=("heron", "marsh-reed-4711"))[0]

    assert told == {"product_name": "…", "note": "key … used"}
    assert Mask().params(PRODUCTS, {"api_key": "x", "region": "US"}) == {"region": "US"}
