"""What is odd about an answer. Nothing is about the sandbox's own ones, nor about documented examples."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from entities.product import ProductDay
from entities.vocabulary import (
    CategoryLanguage,
    InfluencerRankBy,
    ProductRankBy,
    RankPeriod,
    Region,
    SellerRankBy,
    VideoRankBy,
)
from sandbox.server import SandboxServer
from sandbox.world.link import share_link
from sandbox.world.product import Product
from settings import load
from tests.conftest import ALL, PLAIN, access_to
from tests.upstream.test_unread import declared, documented, read_at
from upstream.access import Access
from upstream.drift import LARGEST, MOST_NAMES, Drift, Finding, oddities
from upstream.echotik import ENDPOINTS as ECHOTIK
from upstream.endpoint import Endpoint, Shape
from upstream.keyapi import ENDPOINTS as KEYAPI
from upstream.mapping import Rows, column
from upstream.providers import ENDPOINTS
from upstream.winninghunter import ENDPOINTS as WINNING_HUNTER

FEW = 4
DATA = Path(__file__).parents[1] / "data"
ROUTES = {endpoint.route: endpoint for endpoint in ENDPOINTS}
DAYS = ROUTES["echotik.product.trend@v3"]
LISTED = ROUTES["echotik.product.list@v3"]
SIGNING = "media.cover"
RANKED_BY = {
    "product.ranklist": ProductRankBy.UNITS,
    "seller.ranklist": SellerRankBy.UNITS,
    "influencer.ranklist": InfluencerRankBy.SALES,
    "video.ranklist": VideoRankBy.VIEWS,
}
OPEN = {"realtime.video.comments", "live.product.list", "realtime.live", "search.video", "search.live"}
"""Rows of which no document has all columns."""

DAY = {
    "dt": "2026-11-20",
    "product_id": "1729000000000000001",
    "spu_avg_price": 3.5,
    "total_sale_cnt": 12,
    "total_sale_1d_cnt": 1,
    "total_sale_gmv_amt": 42.5,
    "total_sale_gmv_1d_amt": 3.5,
    "total_ifl_cnt": 2,
    "total_video_cnt": 3,
    "total_live_cnt": 1,
}
COMMENT = {
    "cid": "1",
    "text": "nice",
    "create_time": 1763600000,
    "digg_count": 1,
    "reply_comment_total": 0,
    "user": {"uid": "2", "unique_id": "a", "nickname": "A", "region": "US"},
}


def found(endpoint: Endpoint, *rows: Any, **around: Any) -> set[tuple[str, str]]:
    body = {"code": 0, "message": "success", "data": list(rows), "requestId": "1", **around}
    return {(odd.kind, odd.name) for odd in oddities(endpoint, json.dumps(body).encode())}


# ── nothing odd ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def accesses(shared_sandbox: SandboxServer) -> dict[str, Access]:
    given: dict[str, Any] = {}
    for provider in ALL:
        given |= access_to(provider, shared_sandbox)
    return {access.provider: access for access in load(_env_file=None, **given).accesses}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(verify=PLAIN) as client:
        yield client


@pytest.fixture(scope="module")
def told(shared_sandbox: SandboxServer) -> list[dict[str, Any]]:
    """What may be asked, around one product each."""
    world = shared_sandbox.world
    sold = (each for each in world.products_in("SG") if world.videos_of_product(each) and world.lives_of_product(each))
    on_air = next(live for live in world.lives_from(0, 400) if live.on_air)
    yesterday = world.today - timedelta(days=1)

    def around(product: Product) -> dict[str, Any]:
        seller, video = world.seller_of_product(product), world.videos_of_product(product)[0]
        author = world.author_of_video(video)
        return {
            "product": product.id,
            "seller": seller.id,
            "influencer": author.id,
            "video": video.id,
            "live": world.lives_of_product(product)[0].id,
            "handles": [author.handle],
            "share": share_link(product),
            "post": f"https://www.tiktok.com/@{author.handle}/video/{video.id}",
            "on_air": {"live": on_air.id, "influencer": world.host_of_live(on_air).id},
            "region": Region.SG,
            "from": yesterday - timedelta(days=5),
            "to": yesterday,
            "days": 7,
            "date": yesterday - timedelta(days=1),
            "period": RankPeriod.DAY,
            "text": world.title_of(product).split()[0],
            "language": CategoryLanguage.EN_US,
        }

    return [around(product) for product in islice(sold, FEW)]


def arguments(endpoint: Endpoint, told: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the endpoint needs; the entities that it may be narrowed to are left out."""
    if endpoint.name == "realtime.live":
        return dict(told["on_air"])
    given: dict[str, Any] = {}
    for name in endpoint.arguments:
        if name == "ids":
            given[name] = [told[str(endpoint.entity).lower()]]
        elif name == "url":
            given[name] = told["share" if endpoint.name == "realtime.product.id" else "post"]
        elif name == "by":
            given[name] = RANKED_BY[endpoint.name]
        elif name in told and (endpoint.parent in (None, name) or name not in ("product", "influencer", "video")):
            given[name] = told[name]
    return given


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.name != SIGNING], ids=lambda each: f"{each.route}/{each.match}"
)
def test_nothing_is_odd_about_what_the_sandbox_answers(endpoint: Endpoint, told, accesses, client: httpx.Client):
    access, rows = accesses[endpoint.provider], 0
    every = [endpoint.encode(arguments(endpoint, about)) for about in told]
    for params in [each for place, each in enumerate(every) if each not in every[:place]]:
        asked = endpoint.request(params)
        url = f"{access.bases[endpoint.base]}/{asked.path}"
        answer = client.request(asked.method, url, params=asked.query, json=asked.body, headers=access.headers)
        data = answer.json()[endpoint.rows_at]
        rows += len(data) if isinstance(data, list) else bool(data)

        assert oddities(endpoint, answer.content) == set()
    assert rows > 0


@pytest.mark.parametrize("path", sorted((DATA / "winninghunter").glob("*.json")), ids=lambda path: path.stem)
def test_nothing_is_odd_about_the_documented_examples_of_winning_hunter(path: Path):
    example = json.loads(path.read_text())
    sent = example["path"].partition("?")[0]
    served = [each for each in WINNING_HUNTER if re.search(re.sub(r"\{id\}", "[0-9]+", each.path) + r"\Z", sent)]

    assert served
    for endpoint in served:
        assert oddities(endpoint, json.dumps(example["answer"]).encode()) == set()


@pytest.mark.parametrize("example", ["product-list", "video-products"])
def test_nothing_is_odd_about_the_documented_examples_of_keyapi(example: str):
    endpoint = ROUTES[f"keyapi.{example.replace('products', 'product.list').replace('-', '.')}@v1"]

    assert oddities(endpoint, (DATA / "keyapi" / f"{example}.json").read_bytes()) == set()


def test_the_columns_that_echotik_documents_are_those_that_are_read_and_those_named_as_unread():
    for where, endpoints in declared().items():
        columns = {name.name.replace("[]", "") for name in documented("columns") if name[:2] == where}
        for endpoint in endpoints:
            if endpoint.shape is not Shape.MAP:
                expected = None if endpoint.name in OPEN else columns - read_at(endpoint)
                assert endpoint.unread == expected, endpoint.route


def test_keyapi_leaves_unread_at_least_what_its_twin_does():
    twins = {endpoint.name: endpoint.unread for endpoint in ECHOTIK if endpoint.version == "v3"}

    for endpoint in KEYAPI:
        twin = twins.get(endpoint.name)
        unread = endpoint.unread
        assert unread is None if twin is None else unread is not None and twin <= unread, endpoint.route


# ── what is odd ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_column_that_is_neither_read_nor_documented_is_odd():
    assert found(DAYS, DAY) == set()
    assert found(DAYS, {**DAY, "brand_name": "x"}, DAY) == {("column", "brand_name")}


def test_a_column_in_an_object_is_odd_by_its_dotted_name():
    reviews = ROUTES["echotik.realtime.product.comment@v3"]
    review = {"review_id": "1", "rating": 5, "display_text": "good", "review_timestamp": "1763600000000"}
    item = {
        "review": review,
        "sku_id": "1",
        "sku_specification": "red",
        "product_id": "2",
        "review_user": {"user_id": "3", "name": "A"},
        "digg_count": 0,
    }

    def odd(item: Any, **beside: Any) -> set[tuple[str, str]]:
        data = {"review_items": [item], "has_more": False, "next_cursor": 2, **beside}
        return found(reviews, data=data)

    assert odd(item) == set()
    assert odd({**item, "review": {**review, "photo": {"wide": 1}}}) == {("column", "review_items.review.photo")}
    assert odd(item, labels=[{"x": 1}]) == {("column", "labels")}


def test_rows_that_no_document_has_whole_have_no_odd_columns():
    comments = ROUTES["echotik.realtime.video.comments@v3"]
    data = {"comments": [{**COMMENT, "label_list": None}], "cursor": 1, "has_more": 0, "total": 1, "extra": {}}

    assert found(comments, data=data) == set()


@pytest.mark.parametrize(
    ("route", "column", "value", "name"),
    [
        ("echotik.product.list@v3", "sales_flag", 9, "sales_flag=9"),
        ("echotik.product.list@v3", "sales_flag", "9.0", "sales_flag=9"),
        ("echotik.product.list@v3", "sales_trend_flag", 3, "sales_trend_flag=3"),
        ("echotik.product.list@v3", "free_shipping", 2, "free_shipping=2"),
        ("echotik.product.list@v3", "region", "zz", "region=ZZ"),
        ("echotik.product.list@v3", "region", "Jane Doe", "region=…"),
        ("echotik.product.list@v3", "sales_flag", 4_155_550_123, "sales_flag=…"),
        ("echotik.seller.detail@v3", "from_flag", 3, "from_flag=3"),
        ("echotik.influencer.detail@v3", "sales_flag", 7, "sales_flag=7"),
        ("keyapi.category.l1@v1", "category_level", "4", "category_level=4"),
        ("winninghunter.seller.detail@v1", "country", "ZZ", "country=ZZ"),
    ],
)
def test_a_code_that_no_table_has_is_odd(route: str, column: str, value: Any, name: str):
    assert ("code", name) in found(ROUTES[route], {column: value})


@pytest.mark.parametrize("value", [None, 0, "0", "", "1", 2], ids=repr)
def test_no_code_and_a_known_one_are_not_odd(value: Any):
    kinds = {(kind, name) for kind, name in found(LISTED, {"sales_flag": value}) if kind != "missing"}

    assert kinds == set()


def test_a_column_is_missing_where_no_row_has_it():
    short = {name: value for name, value in DAY.items() if name != "total_ifl_cnt"}

    assert found(DAYS, short, short) == {("missing", "total_ifl_cnt")}
    assert found(DAYS, short, DAY) == set()
    assert found(DAYS, short, {}) == {("missing", "total_ifl_cnt")}


def test_nothing_is_missing_where_there_are_no_rows():
    assert found(DAYS) == found(DAYS, {}) == found(DAYS, data=None) == set()


def test_what_not_every_row_has_is_not_missing():
    assert found(ROUTES["echotik.search.seller@v3"], {"seller_id": "1"}) == set()


def test_a_column_for_which_another_one_may_stand_is_not_missing():
    link = ROUTES["echotik.realtime.product.id@v3"]

    assert found(link, data={"product_id": "1"}) == found(link, data={"productId": "1"}) == set()
    assert found(link, data={"region": "US"}) == {("missing", "productId")}


@pytest.mark.parametrize(
    ("route", "column", "value", "name"),
    [
        ("echotik.product.list@v3", "total_sale_cnt", [1], "total_sale_cnt: list"),
        ("echotik.product.list@v3", "total_sale_cnt", "many", "total_sale_cnt: string"),
        ("echotik.product.list@v3", "product_name", 5, "product_name: number"),
        ("echotik.product.list@v3", "product_name", {"en": "x"}, "product_name: object"),
        ("echotik.product.list@v3", "product_id", True, "product_id: boolean"),
        ("echotik.product.list@v3", "cover_url", 7, "cover_url: number"),
        ("echotik.product.list@v3", "sales_flag", [1], "sales_flag: list"),
        ("echotik.product.list@v3", "sales_flag", "video", "sales_flag: string"),
        ("echotik.video.list@v3", "create_time", "2026-11-20", "create_time: string"),
        ("keyapi.video.list@v1", "total_views_cnt", {}, None),
        ("keyapi.video.list@v1", "total_views_cnt", "-", None),
        ("keyapi.video.list@v1", "total_views_cnt", "12", None),
        ("echotik.product.list@v3", "discount", "sold out", None),
        ("echotik.product.list@v3", "cover_url", "broken [", None),
        ("winninghunter.product.detail@v1", "price", [1], "price: list"),
        ("winninghunter.product.detail@v1", "price", "$1.2k", None),
    ],
)
def test_a_value_of_another_json_type_is_odd_where_nothing_could_be_read(route, column, value, name: str | None):
    kinds = {name for kind, name in found(ROUTES[route], {column: value}) if kind == "type"}

    assert kinds == ({name} if name else set())


@pytest.mark.parametrize(
    ("route", "around", "names"),
    [
        ("echotik.product.trend@v3", {}, []),
        ("echotik.product.trend@v3", {"code": "0"}, ["code as text"]),
        ("echotik.product.trend@v3", {"msg": "ok", "message": ...}, ["msg for message"]),
        ("echotik.product.trend@v3", {"message": ...}, ["no message"]),
        ("echotik.product.trend@v3", {"trace": 1}, ["beside data: trace"]),
        ("echotik.product.trend@v3", {"requestId": ...}, []),
        ("echotik.product.trend@v2", {"requestId": ...}, []),
        ("echotik.product.detail@v3", {"data": {"product_id": "1"}}, ["data is an object"]),
        ("echotik.seller.detail@v3", {"data": {"seller_id": "1"}}, []),
        ("echotik.realtime.video.captions@v3", {"msg": "ok", "message": ..., "requestId": ...}, []),
        ("echotik.product.trend@v3", {"code": 500, "trace": 1}, []),
        ("keyapi.product.trend@v1", {}, []),
        ("keyapi.product.trend@v1", {"requestId": ...}, ["no requestId"]),
        ("keyapi.product.trend@v1", {"code": "0"}, ["code as text"]),
        ("keyapi.media.cover@v1", {"data": {}, "requestId": ...}, []),
        ("keyapi.realtime.product@v1", {"data": {}, "requestId": ...}, []),
    ],
)
def test_another_envelope_of_echotik_or_keyapi_is_odd(route: str, around: dict[str, Any], names: list[str]):
    body = {"code": 0, "message": "success", "data": [], "requestId": "1", **around}
    assert envelope_of(route, body) == names


@pytest.mark.parametrize(
    ("route", "body", "names"),
    [
        ("seller.detail@v1", {"success": True, "data": {}}, []),
        ("seller.detail@v1", {"data": {}}, ["no success"]),
        ("seller.detail@v1", {"success": True, "data": {}, "trace": 1}, ["beside data: trace"]),
        ("seller.detail@v1", {"success": True, "data": {}, "meta": 1, "credits_remaining": 3}, []),
        ("seller.product.list@v1/30d", {"success": True, "data": [{"id": "1"}], "page": 1, "total": 1}, []),
        ("seller.product.list@v1/30d", {"success": True, "data": [{"id": "1"}], "page": 1}, ["no total"]),
        ("seller.product.list@v1/30d", {"success": True, "data": [{"id": "1"}]}, ["no page", "no total"]),
        ("seller.product.list@v1/30d", {"success": True, "data": []}, []),
        ("search.seller@v1", {"success": True, "suggestions": []}, []),
        ("search.seller@v1", {"success": True, "suggestions": [], "data": []}, ["beside suggestions: data"]),
        ("seller.detail@v1", {"success": False, "error": "shop not found"}, []),
    ],
)
def test_another_envelope_of_winning_hunter_is_odd(route: str, body: dict[str, Any], names: list[str]):
    assert envelope_of(f"winninghunter.{route}", body) == names


def envelope_of(route: str, body: dict[str, Any]) -> list[str]:
    sent = {name: value for name, value in body.items() if value is not ...}
    return sorted(odd.name for odd in oddities(ROUTES[route], json.dumps(sent).encode()) if odd.kind == "envelope")


DEEP = b'{"code":0,"data":' + b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000 + b"}"
NESTED = b'{"code":0,"message":"a\nb","data":' + b'{"comments":' * 400 + b"1" + b"}" * 400 + b"}"


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"code":0,"data":[1,"a",null,[]]}', DEEP, NESTED])
def test_garbage_is_looked_at_without_a_fault(body: bytes):
    for endpoint in ENDPOINTS:
        assert {odd.kind for odd in oddities(endpoint, body)} <= {"envelope", "column", "missing", "type"}


# ── what is counted ───────────────────────────────────────────────────────────────────────────────────────────────


def days(*rows: Any) -> bytes:
    return json.dumps({"code": 0, "message": "success", "data": list(rows), "requestId": "1"}).encode()


async def looked(drift: Drift, *bodies: bytes, endpoint: Endpoint = DAYS) -> None:
    """Each by itself, until it was looked at."""
    for body in bodies:
        drift.offer(endpoint, body)
        for _ in range(500):
            if drift.waiting:
                await asyncio.sleep(0.01)


async def test_what_is_odd_is_logged_once_and_counted_for_each_answer():
    drift = Drift()
    with capture_logs() as logs:
        await looked(drift, *[days({**DAY, "brand": 1}, {**DAY, "brand": 2})] * 3)

    assert drift.findings("echotik") == [Finding("echotik.product.trend", "column", "brand", 3)]
    assert drift.findings("keyapi") == []
    assert logs == [
        {
            "event": "drift",
            "log_level": "warning",
            "endpoint": "echotik.product.trend",
            "kind": "column",
            "name": "brand",
        }
    ]


async def test_one_answer_of_an_endpoint_waits_and_the_others_are_passed_over():
    drift = Drift()
    for number in range(50):
        drift.offer(DAYS, days({**DAY, f"x{number}": 1}))
    await looked(drift, days(DAY))

    assert [finding.name for finding in drift.findings("echotik")] == ["x0"]


async def test_names_are_short_and_printable_and_no_ids():
    drift = Drift()
    await looked(drift, days({**DAY, "a" * 500: 1, "new\nline\x1b": 1, "user_7301234567890123456": 1}))

    assert {finding.name for finding in drift.findings("echotik")} == {"a" * 80, "new line ", "user_#"}


async def test_an_endpoint_has_a_bounded_number_of_names_of_each_kind():
    drift = Drift()
    with capture_logs() as logs:
        for part in range(3):
            await looked(drift, days({**DAY, **{f"x{part}_{number}": 1 for number in range(MOST_NAMES - 10)}}))
        await looked(drift, days({**DAY, "total_live_cnt": [1]}))
    findings = drift.findings("echotik")

    assert len([each for each in findings if each.kind == "column"]) == MOST_NAMES + 1 == len(logs) - 1
    assert Finding("echotik.product.trend", "column", "…", 2) in findings
    assert Finding("echotik.product.trend", "type", "total_live_cnt: list", 1) in findings


async def test_a_body_beyond_the_largest_is_not_looked_at():
    drift = Drift()
    await looked(drift, days({**DAY, "brand": "x" * LARGEST}))

    assert drift.findings("echotik") == []


async def test_a_fault_of_a_mapping_is_no_fault_of_the_service():
    def broken(_value: Any) -> None:
        raise ZeroDivisionError

    rows = Rows(ProductDay, {"day": column(broken, "dt")})
    drift = Drift()
    await looked(drift, days({**DAY, "dt": [1]}), endpoint=replace(DAYS, rows=rows))
    await looked(drift, days({**DAY, "brand": 1}))

    assert [finding.name for finding in drift.findings("echotik")] == ["brand"]


async def test_nothing_is_looked_at_after_the_end():
    drift = Drift()
    drift.offer(DAYS, days({**DAY, "brand": 1}))
    drift.close()
    await asyncio.sleep(0.1)

    assert not drift.waiting and drift.findings("echotik") == []
