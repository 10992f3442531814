"""Rows that are objects in objects, and the offsets beside them, in the answers that TikTok gives itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upstream.echotik import ENDPOINTS
from upstream.endpoint import Endpoint
from upstream.envelope import Answer, Response, read
from upstream.errors import BadResponse, ShopgraphError

PROPERTY = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

BY_ROUTE = {endpoint.route: endpoint for endpoint in ENDPOINTS}
COMMENTS = BY_ROUTE["echotik.realtime.video.comments@v3"]
REVIEWS = BY_ROUTE["echotik.realtime.product.comment@v3"]
FILES = BY_ROUTE["echotik.realtime.video.download_url@v3"]
LINK = BY_ROUTE["echotik.realtime.product.id@v3"]
ON_AIR = BY_ROUTE["echotik.realtime.live@v3"]
NESTED = [COMMENTS, REVIEWS, FILES, LINK, ON_AIR]

COMMENT = {
    "cid": "71",
    "text": "nice",
    "create_time": 1_700_000_000,
    "digg_count": 3,
    "reply_comment_total": 2,
    "user": {"uid": "42", "unique_id": "@Mary.Ann", "nickname": "Mary", "region": "SG", "sec_uid": "MS4"},
}
REVIEW = {
    "review": {"review_id": "81", "display_text": "good", "rating": 5, "review_timestamp": "1700000000000"},
    "sku_id": "17311",
    "sku_specification": "Blue",
    "review_user": {"user_id": "9", "name": "Lee"},
    "digg_count": 4,
}
MOMENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def ask(endpoint: Endpoint, data: Any, **more: Any) -> Answer:
    body = json.dumps({"code": 0, "message": "ok", "data": data, **more}).encode()
    return read(endpoint, Response(200, {}, body), {})


def ids(answer: Answer) -> list[str | None]:
    return [row.value and row.value.id for row in answer.rows]


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comment_tells_of_itself_and_of_its_author():
    (row,) = ask(COMMENTS, {"comments": [COMMENT], "cursor": 1, "has_more": 0, "total": 1}).rows
    (author,) = row.also

    assert (row.value.id, row.value.text, row.value.author_id) == ("71", "nice", "42")
    assert (row.value.posted_at, row.value.likes, row.value.reply_count) == (MOMENT, 3, 2)
    assert (author.id, author.handle, author.name, author.region.name) == ("42", "mary.ann", "Mary", "SG")


def test_a_review_is_read_from_the_object_inside_its_row():
    (row,) = ask(REVIEWS, {"review_items": [REVIEW], "has_more": False, "next_cursor": 2}).rows
    told = row.value

    assert (told.id, told.text, told.rating, told.reviewed_at) == ("81", "good", 5, MOMENT)
    assert (told.sku_id, told.variant, told.likes, told.author) == ("17311", "Blue", 4, "Lee")


@pytest.mark.parametrize("user", [None, "Mary", 5, [], [{"uid": "42"}], {}, {"uid": None}, {"uid": {"uid": "42"}}])
def test_an_author_of_another_shape_is_none_and_the_comment_stays(user: Any):
    (row,) = ask(COMMENTS, {"comments": [{**COMMENT, "user": user}]}).rows

    assert (row.value.id, row.value.text, row.value.author_id, row.also) == ("71", "nice", None, ())


def test_rows_that_cannot_be_read_keep_their_place():
    rows: list[Any] = [COMMENT, None, "x", 5, [], {}, {"cid": ""}, {**COMMENT, "cid": 72}]

    assert ids(ask(COMMENTS, {"comments": rows})) == ["71", None, None, None, None, None, None, "72"]


def test_a_review_outside_of_its_object_is_not_read():
    assert ids(ask(REVIEWS, {"review_items": [REVIEW["review"]]})) == [None]


@pytest.mark.parametrize(
    ("endpoint", "data", "ids_told"),
    [
        (LINK, {"productId": "1729", "region": "US"}, ["1729"]),
        (LINK, {"product_id": 1729}, ["1729"]),
        (LINK, {"productId": "", "product_id": "1729"}, ["1729"]),
        (LINK, {"region": "US"}, [None]),
        (FILES, {"video_id": "7", "download_url": "https://a.b/c"}, ["7"]),
        (FILES, {"download_url": "https://a.b/c"}, [None]),
        (FILES, {}, [None]),
    ],
)
def test_an_object_may_be_the_row_itself(endpoint: Endpoint, data: Any, ids_told: list[str | None]):
    assert ids(ask(endpoint, data)) == ids_told


def test_a_live_on_air_lies_one_object_deeper():
    room = {"title": "Flash deals", "create_time": 1_700_000_000, "total_user": 900, "like_count": 50}
    (row,) = ask(ON_AIR, {"data": room, "status_code": 0}).rows

    assert (row.value.title, row.value.started_at, row.value.views, row.value.likes) == (
        "Flash deals",
        MOMENT,
        900,
        50,
    )


@pytest.mark.parametrize(
    "data",
    [
        {"data": {"message": "room has finished", "prompts": ""}, "status_code": 30003},
        {"data": {}, "status_code": 0},
        {"data": None},
        {"status_code": 30003},
    ],
)
def test_a_live_that_is_over_tells_nothing(data: Any):
    told = [row.value for row in ask(ON_AIR, data).rows]

    assert [(each.title, each.started_at, each.views, each.likes) for each in told] in ([], [(None,) * 4])


@pytest.mark.parametrize("endpoint", NESTED, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("data", [None, []])
def test_nothing_is_no_failure(endpoint: Endpoint, data: Any):
    answer = ask(endpoint, data)

    assert (answer.rows, answer.next, answer.total) == ([], None, None)


@pytest.mark.parametrize("endpoint", NESTED, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("data", ["x", "", 5, 0, True, False, 0.5, [1], [[]], [COMMENT]])
def test_another_shape_is_a_bad_response(endpoint: Endpoint, data: Any):
    with pytest.raises(BadResponse):
        ask(endpoint, data)


@pytest.mark.parametrize("endpoint", [COMMENTS, REVIEWS], ids=lambda endpoint: endpoint.name)
def test_an_object_without_rows_has_none(endpoint: Endpoint):
    assert ask(endpoint, {"status_code": 10204, "status_msg": "not found"}).rows == []
    assert ask(endpoint, {endpoint.within: None, "has_more": 1, "cursor": 20, "next_cursor": 2}).rows == []


# ── offsets ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "following"),
    [
        ({"has_more": 1, "cursor": 20}, "20"),
        ({"has_more": True, "cursor": "20"}, "20"),
        ({"has_more": "1", "cursor": 20.0}, "20"),
        ({"has_more": "true", "cursor": 7}, "7"),
        ({"has_more": 1}, None),
        ({"has_more": 1, "cursor": None}, None),
        ({"has_more": 1, "cursor": ""}, None),
        ({"has_more": 1, "cursor": "soon"}, None),
        ({"has_more": 1, "cursor": 0.5}, None),
        ({"has_more": 1, "cursor": [20]}, None),
        ({"has_more": 1, "next_cursor": 20}, None),
        ({"has_more": 0, "cursor": 20}, None),
        ({"has_more": False, "cursor": 20}, None),
        ({"has_more": None, "cursor": 20}, None),
        ({"has_more": "maybe", "cursor": 20}, None),
        ({"cursor": 20}, None),
    ],
)
def test_there_is_a_next_page_where_both_more_and_its_offset_are_told(told: dict[str, Any], following: str | None):
    assert ask(COMMENTS, {"comments": [COMMENT], **told}).next == following


def test_reviews_tell_the_next_page_by_another_name():
    assert ask(REVIEWS, {"review_items": [REVIEW], "has_more": True, "next_cursor": 2, "cursor": 9}).next == "2"
    assert ask(REVIEWS, {"review_items": [REVIEW], "has_more": True, "cursor": 9}).next is None


def test_a_page_without_rows_has_none_behind_it():
    assert ask(COMMENTS, {"comments": [], "has_more": 1, "cursor": 20}).next is None
    assert ask(COMMENTS, {"has_more": 1, "cursor": 20}).next is None


def test_rows_that_cannot_be_read_do_not_end_the_list():
    assert ask(COMMENTS, {"comments": [None, "x"], "has_more": 1, "cursor": 20}).next == "20"


@pytest.mark.parametrize(
    ("total", "told"), [(45, 45), ("46", 46), (0, 0), (None, None), ("many", None), (4.5, None), ([45], None)]
)
def test_the_length_of_the_whole_list_is_told_by_comments(total: Any, told: int | None):
    assert ask(COMMENTS, {"comments": [COMMENT], "total": total}).total == told


def test_the_length_of_the_whole_list_is_not_told_by_reviews():
    assert ask(REVIEWS, {"review_items": [REVIEW], "total": 45, "review_count": 45}).total is None


# ── whatever comes ────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = """comments review_items data review user review_user uid cid review_id productId video_id download_url
    has_more cursor next_cursor total
"""
NAMES = WORDS.split()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


@PROPERTY
@given(endpoint=st.sampled_from(NESTED), data=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8) | VALUES)
def test_any_data_is_rows_and_an_offset_or_a_failure(endpoint: Endpoint, data: Any):
    try:
        answer = ask(endpoint, data)
    except ShopgraphError as error:
        assert error.code == "UPSTREAM_BAD_RESPONSE"
        return
    assert answer.next is None or answer.next.lstrip("-").isdigit()
    assert answer.total is None or type(answer.total) is int
    assert answer.next is None or answer.rows


def test_deep_nesting_is_rows_or_a_failure():
    deep = "{" + '"user":{' * 3000 + "}" * 3000 + "}"
    body = f'{{"code":0,"data":{{"comments":[{{"cid":"71","user":{deep}}}]}}}}'.encode()
    try:
        answer = read(COMMENTS, Response(200, {}, body), {})
    except ShopgraphError as error:
        assert error.code == "UPSTREAM_BAD_RESPONSE"
    else:
        assert len(answer.rows) <= 1
