"""Whatever a provider answers is rows, or a failure of one of the known classes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from upstream.echotik import ENDPOINTS
from upstream.endpoint import Endpoint
from upstream.envelope import Answer, Response, read
from upstream.errors import (
    BadInput,
    BadResponse,
    Forbidden,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    Unauthenticated,
    UnknownRoute,
    UpstreamError,
    UpstreamUnavailable,
)

PROPERTY = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

BY_ROUTE = {endpoint.route: endpoint for endpoint in ENDPOINTS}
LIST = BY_ROUTE["echotik.product.list@v3"]
DETAIL = BY_ROUTE["echotik.product.detail@v3"]
COVERS = BY_ROUTE["echotik.media.cover@v3"]
REALTIME = BY_ROUTE["echotik.realtime.product@v2"]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["product_id", "video_id", "dt", "review_count", "a"]), inner, max_size=4)
    ),
    max_leaves=8,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from([0, "0", 1, 200, 401, 402, 403, 404, 429, 500, "500", 10**30, -1, 0.5, True]) | VALUES,
        "message": VALUES,
        "msg": VALUES,
        "data": VALUES,
        "requestId": VALUES,
    },
)
DUMPED = (ENVELOPES | VALUES).map(lambda value: json.dumps(value).encode())
BODIES = st.one_of(
    st.binary(max_size=80),
    DUMPED,
    st.tuples(DUMPED, st.integers(0, 200)).map(lambda cut: cut[0][: cut[1]]),
    st.tuples(DUMPED, st.integers(0, 200), st.binary(max_size=3)).map(lambda m: m[0][: m[1]] + m[2] + m[0][m[1] :]),
)


def envelope(data: Any = None, code: Any = 0, **more: Any) -> bytes:
    return json.dumps({"code": code, "message": "success", "data": data, **more}).encode()


def ask(endpoint: Endpoint, body: bytes, status: int = 200, **headers: str) -> Answer:
    return read(
        endpoint, Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), {}
    )


def failure(endpoint: Endpoint, body: bytes, status: int = 200, **headers: str) -> ShopgraphError:
    with pytest.raises(ShopgraphError) as caught:
        ask(endpoint, body, status, **headers)
    return caught.value


def ids(answer: Answer) -> list[str | None]:
    return [row.value and row.value.id for row in answer.rows]


@PROPERTY
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    body=BODIES,
    status=st.sampled_from([200, 201, 204, 302, 400, 401, 402, 403, 404, 422, 429, 500, 502, 503]),
    headers=st.dictionaries(st.just("retry-after"), st.text(max_size=30)),
)
@example(endpoint=DETAIL, body=b'{"code":0,"data":[{"product_name":"\xff"}]}', status=200, headers={})
@example(endpoint=DETAIL, body=b'{"code":0,"message":"\xff","data":[]}', status=200, headers={})
@example(endpoint=DETAIL, body=b'{"code":0,"message":"a\nb","data":[' + b"1" * 40 + b"]}", status=200, headers={})
@example(
    endpoint=DETAIL, body=b'{"code":0,"message":"a\nb","data":[{"x":' + b"1" * 5000 + b"}]}", status=200, headers={}
)
@example(endpoint=DETAIL, body=b'{"code":0,"data":' + b"[" * 100_000, status=200, headers={})
@example(
    endpoint=DETAIL, body=b'{"code":0,"message":"\n","data":' + b"[" * 900 + b"]" * 900 + b"}", status=200, headers={}
)
@example(endpoint=DETAIL, body=b'{"code":0,"message":"\\ud800","data":[{"product_id":"1"}]}', status=200, headers={})
@example(endpoint=COVERS, body=b'{"code":0,"data":{"\\ud800":"\\ud800"}}', status=200, headers={})
@example(
    endpoint=DETAIL, body=b"", status=429, headers={"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}
)
@example(endpoint=DETAIL, body=b"", status=429, headers={"retry-after": "1e400"})
@example(endpoint=DETAIL, body=b"\xef\xbb\xbf{}", status=200, headers={})
def test_any_bytes_are_an_answer_or_a_failure_of_a_known_class(
    endpoint: Endpoint, body: bytes, status: int, headers: dict[str, str]
):
    try:
        answer = read(endpoint, Response(status, headers, body), {})
    except ShopgraphError as error:
        assert error.code != "INTERNAL_SERVER_ERROR"
        assert error.message
    else:
        assert answer.size == len(body)


ENVELOPES_SEEN = [
    b'{"code":0,"message":"success","data":[{"product_id":"17"}]}',
    b'{"code":0,"message":"success","data":[{"product_id":"17"}],"requestId":"a"}',
    b'{"msg":"ok","code":0,"data":[{"product_id":"17"}]}',
    b'{"code":"0","message":null,"data":[{"product_id":17}],"requestId":null}',
    b' { "code" : 0 , "data" : [ { "product_id" : "17" } ] } ',
    b'{"code":0,"message":"a\x0bb","data":[{"product_id":"17","product_name":"x\ny"}]}',
    b'{"code":0,"data":[{"product_id":"17","product_rating":NaN}]}',
]


@pytest.mark.parametrize("body", ENVELOPES_SEEN)
@pytest.mark.parametrize("status", [200, 500])
def test_code_0_is_success_in_every_envelope_and_with_any_status(body: bytes, status: int):
    assert ids(ask(DETAIL, body, status)) == ["17"]


def test_a_control_character_is_a_space():
    (row,) = ask(DETAIL, b'{"code":0,"data":[{"product_id":"17","product_name":"a\n\tb"}]}').rows

    assert row.value.name == "a  b"


def test_what_cannot_be_read_keeps_its_place():
    assert ids(ask(LIST, envelope([{"product_id": "1"}, None, {"a": 1}, {"product_id": "2"}]))) == [
        "1",
        None,
        None,
        "2",
    ]


@pytest.mark.parametrize("data", [None, []])
def test_no_rows_are_no_failure(data: Any):
    for endpoint in ENDPOINTS:
        answer = ask(endpoint, envelope(data))
        assert (answer.rows, answer.keys) == ([], {})


def test_one_object_is_a_row_where_ids_are_asked_for_or_an_object_is_declared():
    assert ids(ask(DETAIL, envelope({"product_id": "17"}))) == ["17"]
    assert ids(ask(REALTIME, envelope({"product_id": "17"}))) == ["17"]
    assert type(failure(LIST, envelope({"product_id": "17"}))) is BadResponse


B, D = "https://a.b/signed", "http://c.d/signed"


@pytest.mark.parametrize(
    "data",
    [{"a": B, "c": D}, [{"a": B}, {"c": D}], {"a": B, "c": D, "e": None, "f": 1, "g": "javascript:0", "h": "b"}],
)
def test_signed_pictures_are_a_map_or_a_list_of_maps(data: Any):
    assert ask(COVERS, envelope(data)).keys == {"a": B, "c": D}


@pytest.mark.parametrize("data", ["x", 5, True, ["x"], [[]]])
def test_signed_pictures_of_another_shape_are_a_bad_response(data: Any):
    assert type(failure(COVERS, envelope(data))) is BadResponse


USED_UP = "USAGE LIMIT exceeded, Please Contact Administrator"
# HTTP status, code, text, endpoint: class, retries
FAILURES: list[tuple[int, Any, str, Endpoint, type[ShopgraphError], int]] = [
    (429, 429, "Too Many Requests", LIST, RateLimited, 4),
    (200, 429, "Too Many Requests", LIST, RateLimited, 4),
    (200, "429", "", LIST, RateLimited, 4),
    (429, 1, "", LIST, RateLimited, 4),
    (500, 500, USED_UP, LIST, QuotaExhausted, 0),
    (200, 500, USED_UP, LIST, QuotaExhausted, 0),
    (429, 429, USED_UP, LIST, QuotaExhausted, 0),
    (402, 402, "", LIST, QuotaExhausted, 0),
    (401, 401, "Unauthorized", LIST, Unauthenticated, 0),
    (200, 500, "auth error", LIST, Unauthenticated, 0),
    (403, 403, "Forbidden", LIST, Forbidden, 0),
    (200, 403, "unauthorized for this route", LIST, Forbidden, 0),
    (404, 404, "Not Found", LIST, UnknownRoute, 0),
    (400, 400, "Bad Request", LIST, BadInput, 0),
    (422, 422, "", LIST, BadInput, 0),
    (200, 500, "page_size is invalid", LIST, BadInput, 0),
    (500, 500, "region is required", LIST, BadInput, 0),
    (200, 500, "page_size max is 10", LIST, BadInput, 0),
    (500, 500, "Internal server error", LIST, UpstreamUnavailable, 1),
    (200, 500, "Internal server error", LIST, UpstreamUnavailable, 1),
    (200, 500, "Internal server error", REALTIME, UpstreamUnavailable, 2),
    (200, 500, "product_id is invalid", REALTIME, UpstreamUnavailable, 2),
    (503, 503, "", LIST, UpstreamUnavailable, 2),
    (200, 7, "odd", LIST, BadResponse, 1),
]


@pytest.mark.parametrize(("status", "code", "text", "endpoint", "kind", "retries"), FAILURES)
def test_a_failure_told_in_json_has_its_class(
    status: int, code: Any, text: str, endpoint: Endpoint, kind: type[ShopgraphError], retries: int
):
    error = failure(endpoint, envelope(code=code, message=text), status)

    assert type(error) is kind
    assert isinstance(error, BadInput) or (isinstance(error, UpstreamError) and error.attempts_left == retries)


@pytest.mark.parametrize(
    ("status", "kind", "retries"),
    [
        (200, BadResponse, 1),
        (302, BadResponse, 1),
        (401, Unauthenticated, 0),
        (402, QuotaExhausted, 0),
        (403, Forbidden, 0),
        (404, UnknownRoute, 0),
        (429, RateLimited, 4),
        (500, UpstreamUnavailable, 2),
        (502, UpstreamUnavailable, 2),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b'"text"', b'{"rows":[]}', b'{"code":"x"}'])
def test_a_failure_without_an_envelope_has_the_class_of_its_status(
    status: int, kind: type[UpstreamError], retries: int, body: bytes
):
    error = failure(LIST, body, status)

    assert type(error) is kind and isinstance(error, UpstreamError)
    assert error.attempts_left == retries


@pytest.mark.parametrize(
    "body", [envelope("x"), envelope(5), envelope(True), b'{"code":0}', b'{"code":0,"message":"success"}']
)
def test_success_around_another_shape_is_a_bad_response(body: bytes):
    assert type(failure(LIST, body)) is BadResponse


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("-3", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
    ],
)
@pytest.mark.parametrize("body", [b"", envelope(code=429)])
def test_the_time_to_come_back_is_read_where_it_can_be(told: str, seconds: float | None, body: bytes):
    error = failure(LIST, body, 429, retry_after=told)

    assert isinstance(error, RateLimited) and error.wait == seconds


def test_a_refusal_names_the_argument_that_the_client_wrote():
    error = failure(LIST, envelope(code=500, message="min_total_sale_cnt must be an integer"))

    assert isinstance(error, BadInput) and error.argument == "filter.units"


def test_a_long_message_is_cut():
    assert len(failure(LIST, envelope(code=500, message="x" * 5000)).message) < 300
