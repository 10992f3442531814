"""KeyAPI: what the example bodies of its documents come to in the graph, and the errors that they print.

Its product list prints EchoTik's v3 row: what that row comes to there it comes to here. Expected values are typed from
the documents; a comment says why where one is not the literal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.graph.test_documents_v3 import FACTS, NUMBERED, PRODUCT, TOLD

FOLDER = Path(__file__, "../../data/keyapi").resolve()
VIDEO, SHOWN, AUTHOR = "7521783049722285367", "1729422228922143703", "7190508362273735722"

LIST, DETAIL = "product/list/analytics", "product/detail/analytics"
VIDEO_DETAIL, VIDEO_PRODUCTS = "video/detail/analytics", "video/products/analytics"


def printed(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def printed_row(name: str) -> dict[str, Any]:
    (row,) = printed(name)["data"]
    return dict(row)


def body(*rows: object, name: str = "product-list") -> dict[str, Any]:
    """The printed body around other rows."""
    return {**printed(name), "data": list(rows)}


def calls(sandbox) -> list[tuple[str, dict[str, str]]]:
    assert {call.provider for call in sandbox.calls} == {"keyapi"}
    return [(call.path, call.params) for call in sandbox.calls]


@pytest.fixture
def keyapi(gateway):
    return gateway(providers=("keyapi",))


# ── Product List (Analytics) ──────────────────────────────────────────────────────────────────────────────────────

LISTED = "{ products(%s) { edges { node { ...facts } } totalCount pageInfo { hasNextPage } } }" + FACTS
PAGE_1 = {"page_num": "1", "page_size": "10"}

FACT_COLUMNS = {  # those that are no measure of a window
    *("product_id", "product_name", "region", "seller_id", "category_id", "category_l2_id", "category_l3_id"),
    *("cover_url", "desc_detail", "skus", "sale_props", "spu_avg_price", "min_price", "max_price", "discount"),
    *("product_commission_rate", "product_rating", "review_count", "free_shipping", "is_s_shop", "off_mark"),
    *("sales_flag", "sales_trend_flag", "first_crawl_dt"),
}


def test_every_column_that_the_list_prints_is_read_here():
    row = printed_row("product-list")

    assert len(row) == 100
    assert row.keys() == NUMBERED.keys() | FACT_COLUMNS


def test_the_list_as_printed_tells_every_fact_of_the_product_in_one_call(keyapi, sandbox):
    sandbox.answer(LIST, printed("product-list"), provider="keyapi")

    answer = keyapi(LISTED % "region: US")

    assert answer.data["products"] == {
        "edges": [{"node": TOLD}],
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
    }
    most_units_first = {"product_sort_field": "1", "sort_type": "1"}
    assert calls(sandbox) == [(LIST, {"region": "US", **most_units_first, **PAGE_1})]


def test_the_printed_row_among_others_of_a_page_is_told_the_same(keyapi, sandbox):
    """The emulated list has it where products without a second level are asked for; it sold nothing."""
    asked = 'region: US, filter: {category: {l2: "0"}}, sort: {field: UNITS, direction: ASC}'

    edges = keyapi(LISTED % asked).data["products"]["edges"]

    assert len(edges) == 10
    assert edges[0] == {"node": TOLD}
    assert [path for path, _ in calls(sandbox)] == [LIST]


def test_the_printed_row_as_the_answer_to_a_lookup_tells_the_same(keyapi, sandbox):
    answer = keyapi(
        "query ($id: ID!) { product(id: $id) { ...facts specifications { name value } } }" + FACTS, id=PRODUCT
    )

    assert answer.data["product"] == {**TOLD, "specifications": None}  # no such column in the row
    assert calls(sandbox) == [(DETAIL, {"product_ids": PRODUCT})]


WINDOWS = {  # units, gmv, mean price; influencers; video; live
    "ever": ((100, 250, 2.5), 300, (40, 200.5, 400, 500, None), (700, 800.5, 900, None)),
    "d1": ((101, 1010, 10), None, (41, 201.5, 401, 501, 601), (701, 801.5, 901, 1001)),
    "d7": ((107, 321, 3), None, (47, 207.5, 407, 507, 607), (707, 807.5, 907, 1007)),
    "d15": ((115, 460, 4), None, (55, 215.5, 415, 515, 615), (715, 815.5, 915, 1015)),
    "d30": ((130, 650, 5), None, (70, 230.5, 430, 530, 630), (730, 830.5, 930, 1030)),
    "d60": ((160, 960, 6), None, (99, 260.5, 460, 560, 660), (760, 860.5, 960, 1060)),
    "d90": ((190, 1330, 7), None, (98, 290.5, 490, 590, 690), (790, 890.5, 990, 1090)),
}


@pytest.mark.parametrize("path", [LIST, DETAIL])
def test_each_measure_of_a_window_comes_from_its_own_column(keyapi, sandbox, path):
    sandbox.answer(path, body({**printed_row("product-list"), **NUMBERED}), provider="keyapi")
    roots = {LIST: "products(region: US) { nodes { ...facts } }", DETAIL: f'product(id: "{PRODUCT}") {{ ...facts }}'}

    (root,) = keyapi(f"{{ {roots[path]} }}" + FACTS).data.values()

    product = root["nodes"][0] if path == LIST else root
    for window, (sold, influencers, video, live) in WINDOWS.items():
        told = product[window]
        assert (told["units"], told["gmv"], told["averagePrice"]) == pytest.approx(sold, rel=1e-9), window
        assert told["influencers"] == influencers, window
        assert tuple(told["video"].values()) == (*video, None), window  # no column of products
        assert tuple(told["live"].values()) == live, window
    assert [called for called, _ in calls(sandbox)] == [path]


def test_columns_whose_printed_value_stands_for_none_or_no_tell_others_too(keyapi, sandbox):
    otherwise = {  # values that the documents name for these columns
        "discount": "-43%",
        "product_commission_rate": 0.2,
        "product_rating": 4.5,
        "review_count": 12,
        "free_shipping": 1,
        "is_s_shop": 1,
        "off_mark": 0,
        "sales_flag": 1,
        "sales_trend_flag": 1,
        "category_l2_id": "851848",
        "category_l3_id": "600621",
        "spu_avg_price": 14.42,
        "min_price": 11,
        "max_price": 20.5,
    }
    sandbox.answer(LIST, body({**printed_row("product-list"), **otherwise}), provider="keyapi")

    (told,) = keyapi("{ products(region: US) { nodes { ...facts } } }" + FACTS).data["products"]["nodes"]

    assert told == {
        **TOLD,
        "discountPercent": 43,
        "commissionRate": 0.2,
        "rating": 4.5,
        "reviewCount": 12,
        "freeShipping": True,
        "fullyManaged": True,
        "delisted": False,
        "mainChannel": "VIDEO",
        "salesTrend": "UP",
        "categories": [
            {"id": "Category:605248", "categoryId": "605248", "level": "L1"},
            {"id": "Category:851848", "categoryId": "851848", "level": "L2"},
            {"id": "Category:600621", "categoryId": "600621", "level": "L3"},
        ],
        "price": {"average": 14.42, "min": 11, "max": 20.5},
    }


# ── Video Products (Analytics) ────────────────────────────────────────────────────────────────────────────────────

VIDEO_COLUMNS = {
    *("video_id", "product_id", "user_id", "video_desc", "hash_tag", "region", "create_time", "duration", "data_size"),
    *("width", "height", "ratio", "play_addr", "reflow_cover"),
    *("total_views_cnt", "total_digg_cnt", "total_comments_cnt", "total_shares_cnt", "total_favorites_cnt"),
    *("total_video_sale_cnt", "total_video_sale_gmv_amt"),
}
SHOWS = """query ($id: ID!) { video(id: $id) { products {
  edges { node { id productId } } nodes { id } totalCount pageInfo { hasNextPage }
} } }"""
VIDEO_FACTS = """query ($id: ID!) { node(id: $id) { ... on Video {
  id videoId caption hashtags postedAt durationSeconds region cover { url index } playUrl width height sizeBytes
  resolution influencer { id userId }
  engagement { ...reactions } week: engagement(window: LAST_7_DAYS) { ...reactions }
  performance { window units gmv }
} } }
fragment reactions on VideoEngagement { window views likes comments shares favorites }"""


@pytest.fixture
def bare_video(sandbox):
    """A row of the video that names no products: no document prints one, so only its id is told."""
    sandbox.answer(VIDEO_DETAIL, body({"video_id": VIDEO}, name="video-products"), provider="keyapi")


def test_every_column_that_the_video_products_print_is_read_here():
    assert printed_row("video-products").keys() == VIDEO_COLUMNS


@pytest.mark.usefixtures("bare_video")
@pytest.mark.parametrize("as_printed", [True, False], ids=["the body as printed", "the emulated list"])
def test_the_video_products_tell_the_product_and_every_fact_of_the_video(keyapi, sandbox, as_printed):
    if as_printed:
        sandbox.answer(VIDEO_PRODUCTS, printed("video-products"), provider="keyapi")

    shown = keyapi(SHOWS, id=VIDEO)

    assert shown.data["video"]["products"] == {
        "edges": [{"node": {"id": "Product:1729422228922143703", "productId": "1729422228922143703"}}],
        "nodes": [{"id": "Product:1729422228922143703"}],
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
    }
    asked = [(VIDEO_DETAIL, {"video_ids": VIDEO}), (VIDEO_PRODUCTS, {"video_ids": VIDEO, **PAGE_1})]
    assert calls(sandbox) == asked

    video = keyapi(VIDEO_FACTS, id=f"Video:{VIDEO}").data["node"]
    posted = datetime.fromisoformat(video.pop("postedAt"))

    assert posted == datetime(2025, 6, 30, 16, 40, 3, tzinfo=UTC)  # "1751301603"
    assert video == {
        "id": "Video:7521783049722285367",
        "videoId": "7521783049722285367",
        "caption": "he made our entire week FR 🥹 #SmallBusiness #startup #proteinsnacks ",
        "hashtags": ["SmallBusiness", "startup", "proteinsnacks"],
        "durationSeconds": 164,
        "region": "US",
        "cover": {
            "url": "https://echosell-images.tos-ap-southeast-1.volces.com/video-cover/836/7521783049722285367.jpeg",
            "index": None,  # one plain address
        },
        "playUrl": "https://v19.tiktokcdn-us.com/f5db72cd55e7002f5920822ad800cb72/6901d1d5/video/tos/useast5/"
        "tos-useast5-ve-0068c003-tx/oYBvGxWaA9PvzG5yBvIHrggdyEbUixTQ4iEKi/?a=1233&bti=MzU8OGYpNHYpNzo5ZjEuLjpkLTptNDQwOg"
        "%3D%3D&ch=0&cr=13&dr=0&er=0&lr=all&net=0&cd=0%7C0%7C0%7C&cv=1&br=1558&bt=779&cs=0&ds=6"
        "&ft=WgSBMNdkVcy5Uxl7KStG-XD5SdHKLKPXt2.NheoyqF_4&mime_type=video_mp4&qs=0"
        "&rc=OWY5NDxlPDk5Omg3PDc6OEBpanV1Zms5cm1lNDMzZzczNEAtYi9eMTUyNWIxYzFhMS8yYSNwMV5tMmRrb2VhLS1kMS9zcw%3D%3D"
        "&vvpl=1&l=202510290232494D556438CDB21218AE73&btag=e00090000",
        "width": 576,  # "576"
        "height": 1024,
        "sizeBytes": 6728409,
        "resolution": "540p",
        "influencer": {"id": "Influencer:7190508362273735722", "userId": "7190508362273735722"},
        "engagement": {
            "window": "ALL_TIME",
            "views": 33635675,
            "likes": 920727,  # total_digg_cnt
            "comments": 3926,
            "shares": 6213,
            "favorites": 51447,
        },
        "week": {  # no column
            "window": "LAST_7_DAYS",
            "views": None,
            "likes": None,
            "comments": None,
            "shares": None,
            "favorites": None,
        },
        "performance": {"window": "ALL_TIME", "units": 4479, "gmv": 133621.6},
    }
    assert calls(sandbox) == asked


@pytest.mark.usefixtures("bare_video")
def test_hashtags_of_the_row_go_before_those_in_the_caption(keyapi, sandbox):
    tagged = {**printed_row("video-products"), "hash_tag": "#one #two "}  # as printed both are the same
    sandbox.answer(VIDEO_PRODUCTS, body(tagged, name="video-products"), provider="keyapi")
    keyapi(SHOWS, id=VIDEO)

    assert keyapi(VIDEO_FACTS, id=f"Video:{VIDEO}").data["node"]["hashtags"] == ["one", "two"]


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────

ERROR_BODIES = {error["http"]: error["body"] for error in printed("errors")}
ERRORS = {  # by the HTTP status that is printed: the code, and how often the route is asked
    400: ("BAD_USER_INPUT", 1),
    401: ("UPSTREAM_UNAUTHENTICATED", 1),
    402: ("UPSTREAM_QUOTA_EXHAUSTED", 1),
    403: ("UPSTREAM_UNAUTHENTICATED", 1),
    429: ("UPSTREAM_RATE_LIMITED", 5),
    500: ("UPSTREAM_UNAVAILABLE", 2),  # its own JSON: asked again once
}
ASKED = {
    LIST: ("{ products(region: US) { nodes { name } } }", ["products"]),
    DETAIL: (f'{{ product(id: "{PRODUCT}") {{ name }} }}', ["product"]),
    VIDEO_PRODUCTS: (f'{{ video(id: "{VIDEO}") {{ products {{ nodes {{ id }} }} }} }}', ["video", "products"]),
}


def test_every_printed_error_is_asked_for_here():
    assert ERROR_BODIES.keys() == ERRORS.keys()


@pytest.mark.usefixtures("bare_video")
@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("status", ERRORS)
def test_a_printed_error_has_the_code_of_its_class(keyapi, sandbox, status, path):
    said = b"" if ERROR_BODIES[status] is None else ERROR_BODIES[status]  # of 403 none is printed
    sandbox.answer(path, said, status=status, provider="keyapi")
    query, at = ASKED[path]

    answer = keyapi(query)

    code, attempts = ERRORS[status]
    assert answer.codes == [code]
    assert answer.errors[0]["path"] == at
    assert sandbox.count(path) == attempts


def test_a_rate_that_is_told_in_a_200_is_a_rate(keyapi, sandbox):
    sandbox.answer(LIST, ERROR_BODIES[429], provider="keyapi")

    answer = keyapi(ASKED[LIST][0])

    assert answer.codes == ["UPSTREAM_RATE_LIMITED"]
    assert sandbox.count(LIST) == 5


@pytest.mark.parametrize("status", [429, 500])
def test_a_printed_error_that_passes_shows_nowhere(keyapi, sandbox, status):
    sandbox.answer(LIST, ERROR_BODIES[status], status=status, times=1, provider="keyapi")
    sandbox.answer(LIST, printed("product-list"), provider="keyapi")

    answer = keyapi(LISTED % "region: US")

    assert [edge["node"] for edge in answer.data["products"]["edges"]] == [TOLD]
    assert sandbox.count(LIST) == 2
