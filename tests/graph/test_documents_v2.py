"""EchoTik v2 as its document prints it: what each endpoint's example row comes to in the graph.

Served are the bodies as printed and, for each endpoint, the row put together from every field's own example. Expected
values are typed from the document; a comment says why where one is not the literal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = json.loads(Path(__file__, "../../data/echotik_v2_examples.json").resolve().read_text())

PRODUCT = "1729382308971940777"
PARENT = "1729382310407603945"  # the product of the trend's and the relations' example rows
RANKED = "1729464033034539782"
LIVE_READ = "1729405541885514740"

PERFORMANCE = """
fragment measures on ProductPerformance {
  window units gmv averagePrice influencers
  video { units gmv videos views influencers products }
  live { units gmv sessions influencers }
}
fragment windows on Product {
  ever: performance { ...measures }
  d1: performance(window: LAST_1_DAY) { ...measures }
  d7: performance(window: LAST_7_DAYS) { ...measures }
  d15: performance(window: LAST_15_DAYS) { ...measures }
  d30: performance(window: LAST_30_DAYS) { ...measures }
  d60: performance(window: LAST_60_DAYS) { ...measures }
  d90: performance(window: LAST_90_DAYS) { ...measures }
}
"""
FACTS = """
fragment facts on Product {
  id productId name region
  images { url index signedUrl }
  cover { url index signedUrl }
  description {
    __typename
    ... on TextBlock { text }
    ... on ListBlock { items }
    ... on ImageBlock { url urls width height }
  }
  price { average min max }
  discountPercent commissionRate rating reviewCount freeShipping fullyManaged delisted mainChannel salesTrend firstSeen
  bestSeller brandShop sellerOrigin shippingPrice specifications { name value } lastSeen
  skus { skuId price { amount currency display } options { valueId value image } }
  options { optionId name hasImages values { valueId value image } }
  categories { id categoryId level }
  seller { id sellerId }
}
"""
LIST = "query ($id: ID!) { product(id: $id) { %s { edges { %s } nodes { id } totalCount pageInfo { hasNextPage } } } }"


def envelope(*rows: object) -> dict[str, object]:
    return {"code": 0, "message": "success", "data": list(rows)}


def printed(path: str) -> Any:
    return EXAMPLES[path]["body_as_printed"]


def row(path: str) -> dict[str, Any]:
    found: dict[str, Any] = EXAMPLES[path]["row"]
    return found


def quotient(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def paths(sandbox) -> list[str]:
    return [f"{call.version} {call.path}" for call in sandbox.calls]


@pytest.fixture
def v2(gateway):
    return gateway("v2")


@pytest.fixture
def parent(sandbox):
    """The product that the example rows of relations name; its own row is printed nowhere, so only its id is told."""
    sandbox.answer("product/detail", envelope({"product_id": PARENT}), version="v2")
    return PARENT


# ── bodies as printed ─────────────────────────────────────────────────────────────────────────────────────────────

NOTHING: dict[str, object] = {"edges": [], "nodes": [], "totalCount": None, "pageInfo": {"hasNextPage": False}}
ROWS = "{ edges { cursor } nodes { id } totalCount pageInfo { hasNextPage } }"


def test_the_product_list_as_printed_is_empty(v2, sandbox):
    sandbox.answer("product/list", printed("product/list"), version="v2")

    answer = v2(f"{{ products(region: PH) {ROWS} }}")

    assert answer.data["products"] == NOTHING
    assert paths(sandbox) == ["v2 product/list"]


@pytest.mark.parametrize(
    ("path", "field"), [("product/ranklist", "productRanking"), ("product/ranklist/new", "newProductRanking")]
)
def test_a_ranking_as_printed_is_empty_and_has_the_date_that_was_asked(v2, sandbox, path, field):
    sandbox.answer(path, printed(path), version="v2")

    answer = v2(f'{{ {field}(region: US, date: "2025-06-10") {ROWS.replace("{", "{ date", 1)} }}')

    assert answer.data[field] == {"date": "2025-06-10", **NOTHING}
    assert paths(sandbox) == [f"v2 {path}"]


def test_a_product_in_the_detail_as_printed_is_unknown_without_an_error(v2, sandbox):
    sandbox.answer("product/detail", printed("product/detail"), version="v2")

    answer = v2("query ($id: ID!) { product(id: $id) { id name } productsByIds(ids: [$id]) { id } }", id=PRODUCT)

    assert answer.data == {"product": None, "productsByIds": [None]}


@pytest.mark.parametrize("field", ["influencers", "videos", "lives"])
def test_a_relation_as_printed_is_empty(v2, sandbox, parent, field):
    path = f"product/{field.removesuffix('s')}/list"
    sandbox.answer(path, printed(path), version="v2")

    answer = v2(LIST % (field, "cursor"), id=parent)

    assert answer.data["product"][field] == NOTHING
    assert paths(sandbox) == ["v2 product/detail", f"v2 {path}"]


def test_the_trend_as_printed_has_no_days(v2, sandbox, parent):
    sandbox.answer("product/trend", printed("product/trend"), version="v2")

    answer = v2("query ($id: ID!) { product(id: $id) { trend(days: 1) { date } } }", id=parent)

    assert answer.data["product"]["trend"] == []
    assert paths(sandbox) == ["v2 product/detail", "v2 product/trend"]


# ── product/list and product/detail: the same example row ─────────────────────────────────────────────────────────

COVERS = "https://echosell-images.tos-ap-southeast-1.volces.com/product-cover/154/1729382308971940777"
SHOP_IMAGES = "ibyteimg.com/tos-maliva-i-o3syd03w52-us"
RESIZED = "~tplv-o3syd03w52-resize-jpeg:800:800.jpeg?from=1826719393"

STANDARD = {"valueId": "7104114389657372421", "value": "Standard", "image": None}  # image "" is null
GREY_BLK_GOLD = {
    "valueId": "7104114389657306885",
    "value": "29ER GREY BLK GOLD",
    "image": f"https://p16-oec-va.{SHOP_IMAGES}/fb37d268c32f41e39f532975e4d77ae5{RESIZED}",
}
GREY_BLACK_GOLD = {
    "valueId": "7104114389657323269",
    "value": "27.5 GREY BLACK GOLD",
    "image": f"https://p16-oec-va.{SHOP_IMAGES}/343016cdebc942f0ae3852d09b06f471{RESIZED}",
}
GREY_WHITE_BLK_29 = {
    "valueId": "7104114389657339653",
    "value": "29ER GREY WHITE BLK",
    "image": f"https://p16-oec-va.{SHOP_IMAGES}/8b9bd4cf369048c4ab2263585703973e{RESIZED}",
}
GREY_WHITE_BLK_27 = {
    "valueId": "7104114389657356037",
    "value": "27.5 GREY WHITE BLK",
    "image": f"https://p16-oec-va.{SHOP_IMAGES}/c59ca954d838441cb8b16a85d82f29f0{RESIZED}",
}
SKU_PRICE = {"amount": "6499", "currency": "PHP", "display": "₱6,499.00"}

TOLD = {
    "id": "Product:1729382308971940777",
    "productId": "1729382308971940777",
    "name": "MOUNTAIN BIKE WEAPON ROCKET AIR SUSPENSION FORK",
    "region": "PH",
    "images": [  # by index: on the wire 7, 5, 6, 2, 4, 3, 1, 8, 0; v2 signs no address
        {"url": f"{COVERS}_0.jpeg", "index": 0, "signedUrl": None},
        {"url": f"{COVERS}_1.jpeg", "index": 1, "signedUrl": None},
        {"url": f"{COVERS}_2.jpeg", "index": 2, "signedUrl": None},
        {"url": f"{COVERS}_3.jpeg", "index": 3, "signedUrl": None},
        {"url": f"{COVERS}_4.jpeg", "index": 4, "signedUrl": None},
        {"url": f"{COVERS}_5.jpeg", "index": 5, "signedUrl": None},
        {"url": f"{COVERS}_6.jpeg", "index": 6, "signedUrl": None},
        {"url": f"{COVERS}_7.jpeg", "index": 7, "signedUrl": None},
        {"url": f"{COVERS}_8.jpeg", "index": 8, "signedUrl": None},
    ],
    "cover": {"url": f"{COVERS}_0.jpeg", "index": 0, "signedUrl": None},  # the first by index, on the wire the last
    "description": [
        {
            "__typename": "ImageBlock",
            "url": f"https://p16-oec-va.{SHOP_IMAGES}/62865276afb2493483cb6f3c957049fc{RESIZED}",
            "urls": [  # `url` is the first of them
                f"https://p16-oec-va.{SHOP_IMAGES}/62865276afb2493483cb6f3c957049fc{RESIZED}",
                f"https://p19-oec-va.{SHOP_IMAGES}/62865276afb2493483cb6f3c957049fc{RESIZED}",
            ],
            "width": 800,
            "height": 800,
        },
        {"__typename": "TextBlock", "text": " "},
        {"__typename": "ListBlock", "items": ["Crayon Warna: Ungkapan Kreativitas yang Tak Terbatas"]},
        {
            "__typename": "TextBlock",
            "text": "Mari jelajahi dunia warna dengan Crayon Warna kami yang menawan! Tak hanya digemari oleh "
            "anak-anak, tetapi juga menjadi favorit bagi orang dewasa yang ingin menyalurkan kreativitas mereka.",
        },
        {"__typename": "TextBlock", "text": "Fitur yang Membuat Anda Tertarik:"},
        {
            "__typename": "ListBlock",
            "items": [
                "Warna-Warna Menggoda: Dari merah muda yang lembut hingga biru laut yang mendalam, kami menyediakan "
                "pilihan warna yang menarik dan menginspirasi. Siapa bilang hanya anak-anak yang boleh bermain dengan "
                "warna?",
                "Aman dan Berkualitas: Dirancang khusus untuk kenyamanan dan keselamatan, Crayon Warna kami bebas "
                "dari bahan beracun yang dapat membahayakan kesehatan anak-anak. Anda bisa dengan tenang memberikannya "
                "kepada balita yang sedang belajar mewarnai.",
                "Kualitas yang Tidak Diragukan: Dengan pigmentasi yang kuat dan daya tahan yang luar biasa, Crayon "
                "Warna kami menawarkan pengalaman mewarnai yang memuaskan dan tahan lama. Jadikanlah setiap gambar dan "
                "kreasi Anda menjadi karya seni yang mengagumkan!",
            ],
        },
        {
            "__typename": "TextBlock",
            "text": "Dengan Crayon Warna berkualitas kami, Anda tak hanya memiliki alat tulis, tetapi juga kanvas "
            "untuk mengekspresikan imajinasi dan kreativitas Anda secara bebas. Mari buat dunia Anda berwarna-warni "
            "dengan Crayon Warna kami yang mengagumkan!",
        },
    ],
    "price": {"average": 111.92, "min": 11.23, "max": 11.23},  # the mean lies outside its bounds, as printed
    "discountPercent": 43,  # "-43%"
    "commissionRate": 0.2,  # below 1: a fraction already
    "rating": 4.5,
    "reviewCount": 4551,
    "freeShipping": False,  # 0
    "fullyManaged": False,  # is_s_shop 0
    "delisted": False,  # off_mark 0
    "mainChannel": "VIDEO",  # sales_flag 1
    "salesTrend": "UP",  # sales_trend_flag 1
    "firstSeen": "2024-12-05",  # "20241205"
    # v2 has no column of these six
    "bestSeller": None,
    "brandShop": None,
    "sellerOrigin": None,
    "shippingPrice": None,
    "specifications": None,
    "lastSeen": None,
    "skus": [  # option values by the ids in sale_prop_value_ids
        {"skuId": "1729382308972006313", "price": SKU_PRICE, "options": [GREY_BLK_GOLD, STANDARD]},
        {"skuId": "1729382309955111849", "price": SKU_PRICE, "options": [GREY_BLACK_GOLD, STANDARD]},
        {"skuId": "1729382309955177385", "price": SKU_PRICE, "options": [GREY_WHITE_BLK_29, STANDARD]},
        {"skuId": "1729382309955242921", "price": SKU_PRICE, "options": [GREY_WHITE_BLK_27, STANDARD]},
    ],
    "options": [
        {
            "optionId": "100000",
            "name": "Color",
            "hasImages": True,  # "true"
            "values": [GREY_BLK_GOLD, GREY_BLACK_GOLD, GREY_WHITE_BLK_29, GREY_WHITE_BLK_27],
        },
        {"optionId": "100089", "name": "Specification", "hasImages": False, "values": [STANDARD]},
    ],
    "categories": [
        {"id": "Category:600001", "categoryId": "600001", "level": "L1"},  # the level by the column
        {"id": "Category:851848", "categoryId": "851848", "level": "L2"},
        {"id": "Category:600621", "categoryId": "600621", "level": "L3"},
    ],
    "seller": {"id": "Seller:7494631990599780670", "sellerId": "7494631990599780670"},
}

# Nothing was counted in any of the windows; v2 has no column of what videos sold.
NO_VIDEOS = {"units": None, "gmv": None, "videos": 0, "views": 0, "influencers": 0, "products": None}
NO_LIVES = {"units": 0, "gmv": 0, "sessions": 0, "influencers": 0}

SOLD = {  # averagePrice is gmv ÷ units of the window; influencers have a column for all time alone
    "ever": {
        "window": "ALL_TIME",
        "units": 100,
        "gmv": 332.1,
        "averagePrice": quotient(3.321),
        "influencers": 20,
        # for all time there is no column of influencers by channel, nor of what lives sold
        "video": {"units": None, "gmv": None, "videos": 0, "views": 100, "influencers": None, "products": None},
        "live": {"units": None, "gmv": None, "sessions": 100, "influencers": None},
    },
    "d1": {
        "window": "LAST_1_DAY",
        "units": 200,
        "gmv": 332.1,
        "averagePrice": quotient(1.6605),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
    "d7": {
        "window": "LAST_7_DAYS",
        "units": 300,
        "gmv": 332.1,
        "averagePrice": quotient(1.107),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
    "d15": {
        "window": "LAST_15_DAYS",
        "units": 300,
        "gmv": 332.1,
        "averagePrice": quotient(1.107),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
    "d30": {
        "window": "LAST_30_DAYS",
        "units": 500,
        "gmv": 332.1,
        "averagePrice": quotient(0.6642),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
    "d60": {
        "window": "LAST_60_DAYS",
        "units": 500,
        "gmv": 332.1,
        "averagePrice": quotient(0.6642),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
    "d90": {
        "window": "LAST_90_DAYS",
        "units": 1000,
        "gmv": 332.1,
        "averagePrice": quotient(0.3321),
        "influencers": None,
        "video": NO_VIDEOS,
        "live": NO_LIVES,
    },
}

DETAIL = "query ($id: ID!) { product(id: $id) { ...facts ...windows } }" + FACTS + PERFORMANCE
PRODUCTS = "{ products(region: PH) { edges { node { ...facts ...windows } } totalCount pageInfo { hasNextPage } } }"


def test_the_detail_row_tells_every_fact_of_the_product_in_one_call(v2, sandbox):
    sandbox.answer("product/detail", envelope(row("product/detail")), version="v2")

    answer = v2(DETAIL, id=PRODUCT)

    assert answer.data["product"] == {**TOLD, **SOLD}
    assert paths(sandbox) == ["v2 product/detail"]
    assert sandbox.ids_asked("product/detail") == [[PRODUCT]]


def test_the_list_row_tells_every_fact_of_the_product_without_a_lookup(v2, sandbox):
    sandbox.answer("product/list", envelope(row("product/list")), version="v2")

    answer = v2(PRODUCTS + FACTS + PERFORMANCE)

    assert answer.data["products"] == {
        "edges": [{"node": {**TOLD, **SOLD}}],
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
    }
    assert paths(sandbox) == ["v2 product/list"]


# Most measures of the example are 0: with a number of its own in each column, one read for another shows.
NUMBERED = {
    "total_sale_cnt": 100,
    "total_sale_1d_cnt": 101,
    "total_sale_7d_cnt": 107,
    "total_sale_15d_cnt": 115,
    "total_sale_30d_cnt": 130,
    "total_sale_60d_cnt": 160,
    "total_sale_90d_cnt": 190,
    "total_sale_gmv_amt": 200.5,
    "total_sale_gmv_1d_amt": 201.5,
    "total_sale_gmv_7d_amt": 207.5,
    "total_sale_gmv_15d_amt": 215.5,
    "total_sale_gmv_30d_amt": 230.5,
    "total_sale_gmv_60d_amt": 260.5,
    "total_sale_gmv_90d_amt": 290.5,
    "total_ifl_cnt": 300,
    "total_video_cnt": 400,
    "total_video_1d_cnt": 401,
    "total_video_7d_cnt": 407,
    "total_video_15d_cnt": 415,
    "total_video_30d_cnt": 430,
    "total_video_60d_cnt": 460,
    "total_video_90d_cnt": 490,
    "total_views_cnt": 500,
    "total_views_1d_cnt": 501,
    "total_views_7d_cnt": 507,
    "total_views_15d_cnt": 515,
    "total_views_30d_cnt": 530,
    "total_views_60d_cnt": 560,
    "total_views_90d_cnt": 590,
    "total_ifl_video_1d_cnt": 601,
    "total_ifl_video_7d_cnt": 607,
    "total_ifl_video_15d_cnt": 615,
    "total_ifl_video_30d_cnt": 630,
    "total_ifl_video_60d_cnt": 660,
    "total_ifl_video_90d_cnt": 690,
    "total_live_sale_1d_cnt": 701,
    "total_live_sale_7d_cnt": 707,
    "total_live_sale_15d_cnt": 715,
    "total_live_sale_30d_cnt": 730,
    "total_live_sale_60d_cnt": 760,
    "total_live_sale_90d_cnt": 790,
    "total_live_sale_gmv_1d_amt": 801.5,
    "total_live_sale_gmv_7d_amt": 807.5,
    "total_live_sale_gmv_15d_amt": 815.5,
    "total_live_sale_gmv_30d_amt": 830.5,
    "total_live_sale_gmv_60d_amt": 860.5,
    "total_live_sale_gmv_90d_amt": 890.5,
    "total_live_cnt": 900,
    "total_live_1d_cnt": 901,
    "total_live_7d_cnt": 907,
    "total_live_15d_cnt": 915,
    "total_live_30d_cnt": 930,
    "total_live_60d_cnt": 960,
    "total_live_90d_cnt": 990,
    "total_ifl_live_1d_cnt": 1001,
    "total_ifl_live_7d_cnt": 1007,
    "total_ifl_live_15d_cnt": 1015,
    "total_ifl_live_30d_cnt": 1030,
    "total_ifl_live_60d_cnt": 1060,
    "total_ifl_live_90d_cnt": 1090,
}
MEASURES = """query ($id: ID!, $window: Window!) { product(id: $id) { performance(window: $window) {
  units gmv influencers video { videos views influencers } live { units gmv sessions influencers }
} } }"""


@pytest.mark.parametrize(
    ("window", "units", "gmv", "influencers", "video", "live"),
    [
        ("ALL_TIME", 100, 200.5, 300, (400, 500, None), (None, None, 900, None)),
        ("LAST_1_DAY", 101, 201.5, None, (401, 501, 601), (701, 801.5, 901, 1001)),
        ("LAST_7_DAYS", 107, 207.5, None, (407, 507, 607), (707, 807.5, 907, 1007)),
        ("LAST_15_DAYS", 115, 215.5, None, (415, 515, 615), (715, 815.5, 915, 1015)),
        ("LAST_30_DAYS", 130, 230.5, None, (430, 530, 630), (730, 830.5, 930, 1030)),
        ("LAST_60_DAYS", 160, 260.5, None, (460, 560, 660), (760, 860.5, 960, 1060)),
        ("LAST_90_DAYS", 190, 290.5, None, (490, 590, 690), (790, 890.5, 990, 1090)),
    ],
)
def test_each_measure_of_a_window_comes_from_its_own_column(v2, sandbox, window, units, gmv, influencers, video, live):
    sandbox.answer("product/detail", envelope({**row("product/detail"), **NUMBERED}), version="v2")

    told = v2(MEASURES, id=PRODUCT, window=window).data["product"]["performance"]

    assert (told["units"], told["gmv"], told["influencers"]) == (units, gmv, influencers)
    assert tuple(told["video"].values()) == video
    assert tuple(told["live"].values()) == live


def test_a_rating_of_0_without_reviews_is_none_and_with_reviews_is_0(v2, sandbox):
    unrated = {**row("product/list"), "product_id": "1", "product_rating": 0, "review_count": 0}
    rated = {**row("product/list"), "product_id": "2", "product_rating": 0, "review_count": 3}
    sandbox.answer("product/list", envelope(unrated, rated), version="v2")

    answer = v2("{ products(region: PH) { nodes { rating reviewCount } } }")

    assert answer.data["products"]["nodes"] == [{"rating": None, "reviewCount": 0}, {"rating": 0, "reviewCount": 3}]


# ── product/trend ─────────────────────────────────────────────────────────────────────────────────────────────────

TREND = """query ($id: ID!, $day: Date!) { product(id: $id) { trend(from: $day, to: $day) {
  date units gmv totalUnits totalGmv averagePrice influencers videos lives
} } }"""


@pytest.fixture
def day():
    """A day that has ended. The example's own, 2024-10-01, lies further back than a trend may be asked."""
    return (datetime.now(UTC).date() - timedelta(days=3)).isoformat()


def test_the_trend_row_tells_the_day_and_the_totals_at_its_end(v2, sandbox, parent, day):
    sandbox.answer("product/trend", envelope({**row("product/trend"), "dt": day}), version="v2")

    answer = v2(TREND, id=parent, day=day)

    assert answer.data["product"]["trend"] == [
        {
            "date": day,
            "units": 22,
            "gmv": 72.49,
            "totalUnits": 93216,
            "totalGmv": 500316.26,
            "averagePrice": 3.3,  # as told, not 72.49 ÷ 22
            "influencers": 518,
            "videos": 584,
            "lives": 488,
        }
    ]
    assert paths(sandbox) == ["v2 product/detail", "v2 product/trend"]


def test_the_trend_row_as_printed_is_no_day_that_was_asked(v2, sandbox, parent, day):
    assert row("product/trend")["dt"] == "2024-10-01"
    sandbox.answer("product/trend", envelope(row("product/trend")), version="v2")

    answer = v2(TREND, id=parent, day=day)

    assert answer.data["product"]["trend"] == []


# ── relations ─────────────────────────────────────────────────────────────────────────────────────────────────────

INFLUENCER = """units gmv node {
  id userId name avatar { url index } region category followingCount videoCount liveCount liveViewCount
  audience { ...measures } week: audience(window: LAST_7_DAYS) { ...measures }
}"""
AUDIENCE = " fragment measures on InfluencerAudience { window followers likes views }"
VIDEO = """units gmv node {
  id videoId caption hashtags postedAt durationSeconds region cover { url index } playUrl width height sizeBytes
  resolution influencer { id userId }
  engagement { ...reactions } weekOfEngagement: engagement(window: LAST_7_DAYS) { ...reactions }
  performance { ...sales } weekOfPerformance: performance(window: LAST_7_DAYS) { ...sales }
}"""
REACTIONS = """
fragment reactions on VideoEngagement { window views likes comments shares favorites }
fragment sales on VideoPerformance { window units gmv }
"""
LIVE = """units gmv averagePrice category { id categoryId level } node {
  id roomId cover { url index } region startedAt views peakViewers productCount influencer { id }
}"""


def test_the_influencer_row_tells_the_account_and_on_the_edge_what_it_sold_of_the_product(v2, sandbox, parent):
    sandbox.answer("product/influencer/list", envelope(row("product/influencer/list")), version="v2")

    answer = v2(LIST % ("influencers", INFLUENCER) + AUDIENCE, id=parent)

    assert answer.data["product"]["influencers"] == {
        "edges": [
            {
                "units": 111,  # per_product_ifl_sale_cnt
                "gmv": 157.16,  # per_product_ifl_gmv_amt
                "node": {
                    "id": "Influencer:105882291788214272",
                    "userId": "105882291788214272",
                    "name": "Alifabuana2",
                    "avatar": {
                        "url": "https://echosell-images.tos-ap-southeast-1.volces.com/user-avatar/934/"
                        "MS4wLjABAAAAA5q757lF-K1ECC440M-Y9WvwjnLcFFSEtx3zM5U8EH-XTHJgCMRr0kS7lO714_Sb.jpeg",
                        "index": None,  # one plain address
                    },
                    "region": "US",
                    "category": "Home, Furniture & Appliances",
                    "followingCount": 11488,
                    "videoCount": 12221,
                    "liveCount": 10,
                    "liveViewCount": 10,
                    "audience": {"window": "ALL_TIME", "followers": 26587, "likes": 15552, "views": 10},
                    "week": {"window": "LAST_7_DAYS", "followers": None, "likes": None, "views": None},  # no column
                },
            }
        ],
        "nodes": [{"id": "Influencer:105882291788214272"}],
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
    }
    assert paths(sandbox) == ["v2 product/detail", "v2 product/influencer/list"]


def test_the_video_row_tells_the_video_its_author_and_what_it_sold(v2, sandbox, parent):
    sandbox.answer("product/video/list", envelope(row("product/video/list")), version="v2")

    found = v2(LIST % ("videos", VIDEO) + REACTIONS, id=parent).data["product"]["videos"]
    (edge,) = found["edges"]
    posted = datetime.fromisoformat(edge["node"].pop("postedAt"))

    assert posted == datetime(2021, 8, 17, 0, 20, 32, tzinfo=UTC)  # "1629159632"
    assert edge == {
        "units": 0,  # total_video_sale_cnt, the whole video's
        "gmv": 0,
        "node": {
            "id": "Video:6997187334064147738",
            "videoId": "6997187334064147738",
            "caption": "Pilih warna cantikmu disini😉 #TTshopsHome #beauty #YOU #MAKEUP #lipstik #fypシ #viral "
            "#ikatancinta",
            "hashtags": ["TTshopsHome", "beauty", "YOU", "MAKEUP", "lipstik", "fypシ", "viral", "ikatancinta"],
            "durationSeconds": None,  # "3590780" repeats data_size
            "region": "US",
            "cover": {
                "url": "https://d304ly0se1sg9m.cloudfront.net/video-cover/689/6997187334064147738.jpeg",
                "index": None,
            },
            "playUrl": "https://v9-id.tiktokcdn.com/7b81f9e137050392c6e54af47b304592/64a86f97/video/tos/useast2a/"
            "tos-useast2a-pve-0037-aiso/3ae67d0b70584834aa39f598d09932a8/?a=1233&ch=0&cr=13&dr=0&lr=all&cd=0%7C0%7C0%7C"
            "&cv=1&br=2266&bt=1133&cs=0&ds=6&ft=iusdqy54Zfc0PD1XC43Xg9wiaE~xvEeC~&mime_type=video_mp4&qs=0"
            "&rc=NTs0OTxoaTQ5ZDU0NmY3aUBpanZmczw6Zm5pNzMzZjgzM0AtYTI2YWEuNmMxYmMuMDA1YSNjNS81cjRncWFgLS1kL2Nzcw%3D%3D"
            "&l=202307071402364D21C04E909C881CD895&btag=e00080000&cc=1c",
            "width": 576,  # "576"
            "height": 1024,
            "sizeBytes": 3590780,
            "resolution": "540p",
            "influencer": {"id": "Influencer:6788316924469380097", "userId": "6788316924469380097"},
            "engagement": {
                "window": "ALL_TIME",
                "views": 9798,
                "likes": 96,
                "comments": 48,
                "shares": 11,
                "favorites": 0,  # -1 alone is unknown
            },
            "weekOfEngagement": {  # no column
                "window": "LAST_7_DAYS",
                "views": None,
                "likes": None,
                "comments": None,
                "shares": None,
                "favorites": None,
            },
            "performance": {"window": "ALL_TIME", "units": 0, "gmv": 0},
            "weekOfPerformance": {"window": "LAST_7_DAYS", "units": None, "gmv": None},
        },
    }
    assert found["nodes"] == [{"id": "Video:6997187334064147738"}]
    assert (found["totalCount"], found["pageInfo"]) == (None, {"hasNextPage": False})
    assert paths(sandbox) == ["v2 product/detail", "v2 product/video/list"]


def test_favorites_of_minus_1_are_unknown(v2, sandbox, parent):
    unknown = {**row("product/video/list"), "total_favorites_cnt": -1}
    sandbox.answer("product/video/list", envelope(unknown), version="v2")

    answer = v2("query ($id: ID!) { product(id: $id) { videos { nodes { engagement { favorites } } } } }", id=parent)

    assert answer.data["product"]["videos"]["nodes"] == [{"engagement": {"favorites": None}}]


def test_the_live_row_tells_the_live_and_on_the_edge_the_product_in_it(v2, sandbox, parent):
    sandbox.answer("product/live/list", envelope(row("product/live/list")), version="v2")

    found = v2(LIST % ("lives", LIVE), id=parent).data["product"]["lives"]
    (edge,) = found["edges"]
    started = datetime.fromisoformat(edge["node"].pop("startedAt"))

    assert started == datetime(2023, 1, 11, 22, 0, 14, tzinfo=UTC)  # "1673474414"
    assert edge == {
        "units": 26,
        "gmv": 129.87,
        "averagePrice": 33.25,  # as told, not 129.87 ÷ 26
        "category": {"id": "Category:601450", "categoryId": "601450", "level": "L1"},
        "node": {
            "id": "Live:7335658836016204550",
            "roomId": "7335658836016204550",
            "cover": None,  # ""
            "region": "ID",
            "views": 10,
            "peakViewers": 30,  # above the views, as printed
            "productCount": 10,
            "influencer": None,  # user_id ""
        },
    }
    assert found["nodes"] == [{"id": "Live:7335658836016204550"}]
    assert (found["totalCount"], found["pageInfo"]) == (None, {"hasNextPage": False})
    assert paths(sandbox) == ["v2 product/detail", "v2 product/live/list"]


# ── rankings ──────────────────────────────────────────────────────────────────────────────────────────────────────

RANKINGS = pytest.mark.parametrize(
    ("path", "field"), [("product/ranklist", "productRanking"), ("product/ranklist/new", "newProductRanking")]
)
RANKING = """{ %s(region: US, date: "2025-06-10") {
  date totalCount pageInfo { hasNextPage } nodes { id }
  edges { rank units gmv influencers videos lives node { %s } }
} }"""


@RANKINGS
def test_the_rank_row_tells_name_prices_and_on_the_edge_the_periods_gains_without_a_lookup(v2, sandbox, path, field):
    sandbox.answer(path, envelope(row(path)), version="v2")

    answer = v2(RANKING % (field, "id productId name region price { average min max } commissionRate"))

    assert answer.data[field] == {
        "date": "2025-06-10",  # the one that was asked: the row has none
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
        "nodes": [{"id": "Product:1729464033034539782"}],
        "edges": [
            {
                "rank": 1,  # the first row
                "units": 10,
                "gmv": 22.3,
                "influencers": 10,
                "videos": 0,
                "lives": 15,
                "node": {
                    "id": "Product:1729464033034539782",
                    "productId": "1729464033034539782",
                    "name": "Rosabella Moringa Capsules (800mg) for Immune Support, Gut Health & Vitamins",
                    "region": "US",
                    "price": {"average": 14.42, "min": 11, "max": 14.42},
                    "commissionRate": 0.2,
                },
            }
        ],
    }
    assert paths(sandbox) == [f"v2 {path}"]


@RANKINGS
def test_what_the_rank_row_does_not_tell_comes_from_one_lookup_never_from_the_periods_gains(v2, sandbox, path, field):
    sandbox.answer(path, envelope(row(path)), version="v2")
    sandbox.answer("product/detail", envelope({**row("product/detail"), "product_id": RANKED}), version="v2")
    asked = "seller { id } categories { id level } performance { units gmv averagePrice influencers }"

    answer = v2(RANKING % (field, asked))

    (edge,) = answer.data[field]["edges"]
    assert (edge["units"], edge["gmv"], edge["influencers"]) == (10, 22.3, 10)
    assert edge["node"] == {
        "seller": {"id": "Seller:7494631990599780670"},
        "categories": [  # the lookup's level 1 before the ranking's 700645
            {"id": "Category:600001", "level": "L1"},
            {"id": "Category:851848", "level": "L2"},
            {"id": "Category:600621", "level": "L3"},
        ],
        "performance": {"units": 100, "gmv": 332.1, "averagePrice": quotient(3.321), "influencers": 20},
    }
    assert paths(sandbox) == [f"v2 {path}", "v2 product/detail"]
    assert sandbox.ids_asked("product/detail") == [[RANKED]]


@pytest.mark.parametrize("measure", ["units", "gmv", "averagePrice", "influencers", "video { videos }"])
def test_gains_of_a_period_stay_on_the_edge_where_no_lookup_knows_the_product(v2, sandbox, measure):
    sandbox.answer("product/ranklist", envelope(row("product/ranklist")), version="v2")
    sandbox.answer("product/detail", envelope(), version="v2")

    answer = v2(RANKING % ("productRanking", f"performance {{ {measure} }}"))

    (edge,) = answer.data["productRanking"]["edges"]
    (value,) = edge["node"]["performance"].values()
    assert value in (None, {"videos": None})


# ── rt/product/detail ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_realtime_body_as_printed_tells_title_picture_text_and_sold_count(v2, sandbox):
    sandbox.answer("product/detail", envelope({"product_id": LIVE_READ}), version="v2")
    sandbox.answer("rt/product/detail", printed("rt/product/detail"), version="v2")
    before = datetime.now(UTC)

    answer = v2(
        """query ($id: ID!) { product(id: $id) { realtime(region: US) {
          productId title images { url index } soldCount fetchedAt
          description { __typename ... on TextBlock { text } }
          price { amount } originalPrice { amount } skus { skuId } options { optionId } shippingFee { amount }
          seller { id }
        } } }""",
        id=LIVE_READ,
    )

    told = answer.data["product"]["realtime"]
    assert before <= datetime.fromisoformat(told.pop("fetchedAt")) <= datetime.now(UTC)
    assert told == {
        "productId": "1729405541885514740",
        "title": "CRAZY IN LOVE ROLL ON OIL",
        "images": [  # one bare address under a plural name
            {
                "url": "https://p16-oec-ttp.tiktokcdn-us.com/tos-useast5-i-omjb5zjo8w-tx/"
                "374c0486033d41d9a0a96d732bd23895~tplv-omjb5zjo8w-resize-jpeg:800:800.jpeg?from=1826719393",
                "index": None,
            }
        ],
        "description": [
            {
                "__typename": "TextBlock",
                "text": "Unleash the power of attraction with DLA Cosmetics' CRAZY IN LOVE ROLL ON OIL. This "
                "captivating blend is your secret to feeling irresistibly attractive and brimming with confidence. "
                "The oil's fast-absorbing nature ensures it fits seamlessly into your daily routine, leaving behind a "
                "fresh, floral scent that promises to make a lasting impression wherever you go.",
            }
        ],
        "soldCount": 260617,
        "price": None,  # {}: neither amount nor currency
        "originalPrice": None,
        "skus": None,  # []: none are told
        "options": [],  # []
        "shippingFee": None,  # {}
        "seller": None,  # {}
    }
    assert paths(sandbox) == ["v2 product/detail", "v2 rt/product/detail"]
