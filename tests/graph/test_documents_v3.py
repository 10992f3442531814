"""EchoTik v3: what the published rows of its product list come to in the graph.

KeyAPI prints one row of EchoTik's v3 columns twice, as JSON and in its OpenAPI text. Here each stands in v3's envelope,
as a row of the list and as a row of the detail. Expected values are typed from the documents; a comment says why where
one is not the literal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

DOCUMENTS = json.loads(Path(__file__, "../../data/echotik_v3_product_rows.json").resolve().read_text())

PRODUCT = "1729873073559015752"
RANKED = "1729464033034539782"

FACTS = """
fragment measures on ProductPerformance {
  window units gmv averagePrice influencers
  video { units gmv videos views influencers products }
  live { units gmv sessions influencers }
}
fragment facts on Product {
  id productId name region
  images { url index }
  cover { url index }
  description {
    __typename
    ... on TextBlock { text }
    ... on ListBlock { items }
    ... on ImageBlock { url urls width height }
  }
  price { average min max }
  discountPercent commissionRate rating reviewCount freeShipping fullyManaged delisted mainChannel salesTrend firstSeen
  bestSeller brandShop sellerOrigin shippingPrice lastSeen
  skus { skuId price { amount currency display } options { valueId value image } }
  options { optionId name hasImages values { valueId value image } }
  categories { id categoryId level }
  seller { id sellerId }
  ever: performance { ...measures }
  d1: performance(window: LAST_1_DAY) { ...measures }
  d7: performance(window: LAST_7_DAYS) { ...measures }
  d15: performance(window: LAST_15_DAYS) { ...measures }
  d30: performance(window: LAST_30_DAYS) { ...measures }
  d60: performance(window: LAST_60_DAYS) { ...measures }
  d90: performance(window: LAST_90_DAYS) { ...measures }
}
"""


def envelope(*rows: object) -> dict[str, object]:
    return {
        "code": 0,
        "message": "success",
        "data": list(rows),
        "requestId": "5c2f367b-72d7-4a86-9d9a-332b20b99c6d",
    }


def quotient(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def paths(sandbox) -> list[str]:
    return [f"{call.version} {call.path}" for call in sandbox.calls]


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.fixture(params=["keyapi-product-list-1", "keyapi-product-list-2"])
def row(request) -> dict[str, Any]:
    (only,) = DOCUMENTS[request.param]["data"]
    return dict(only)


# ── product/list and product/detail ───────────────────────────────────────────────────────────────────────────────

COVERS = "https://echosell-images.tos-ap-southeast-1.volces.com/product-cover/1004/1729873073559015752"
SHOP_IMAGES = "oec-ttp.tiktokcdn-us.com/tos-useast5-i-omjb5zjo8w-tx"
SIGNED = "&from=1826719393&idc=useast8&ps=933b5bde&shcp=7745054a&shp=6ce186a1&t=555f072d"

GOLDEN = {
    "valueId": "6942409110390425345",
    "value": "golden",
    "image": f"https://p16-{SHOP_IMAGES}/691c7f20299846bc823fae485f93a116~tplv-omjb5zjo8w-crop-webp:800:800.webp"
    f"?dr=10517&nonce=85056&refresh_token=c33c7c8f76c316b6b819f5992fd16627{SIGNED}",
}
SILVER = {
    "valueId": "6931958290813355778",
    "value": "silver",
    "image": f"https://p16-{SHOP_IMAGES}/548da9f3c248435e8a44d25fa27ff58a~tplv-omjb5zjo8w-crop-webp:800:800.webp"
    "?from=1826719393",
}
SKU_PRICE = {"amount": "1.99", "currency": "USD", "display": "$1.99"}


def picture(hosts: str, name: str, query: str, other: str | None = None, height: int = 800) -> dict[str, object]:
    """A picture of the description: the same file at two hosts, `url` being the first; each host's own signature."""
    first, second = hosts.split()
    file = f"{SHOP_IMAGES}/{name}~tplv-omjb5zjo8w-resize-webp:800:{height}.webp"
    urls = [f"https://{first}-{file}?{query}", f"https://{second}-{file}?{other or query}"]
    return {"__typename": "ImageBlock", "url": urls[0], "urls": urls, "width": 800, "height": height}


def signature(nonce: int, token: str) -> str:
    return f"dr=10507&nonce={nonce}&refresh_token={token}{SIGNED}"


UNSIGNED = "from=1826719393"

DESCRIPTION = [
    {
        "__typename": "TextBlock",
        "text": "This Halloween Personality Cartoon Couple Pendant Stainless Steel Graffiti Stickman Keychain is a fun "
        "and unique accessory for expressing your personality.",
    },
    {
        "__typename": "ListBlock",
        "items": [
            "Quirky Design",
            "Stainless Steel Material",
            "Perfect for Halloween",
            "Fashionable Baroque Style",
        ],
    },
    {
        "__typename": "TextBlock",
        "text": "Add a touch of whimsy to your outfit with this foreign trade jewelry piece, featuring a graffiti "
        "stickman design that is sure to stand out.",
    },
    picture("p19 p16", "c06a01c04cf949e0a8c4a43f5ebfa582", UNSIGNED),
    picture(
        "p16 p19",
        "61767423e4554e00a8c92fa9bc0dd511",
        signature(65234, "0ba56964a67c02158f849cfe6d39960c"),
        signature(64650, "14a2f46d6e47593fd3cb93d29661e15f"),
    ),
    picture(
        "p16 p19",
        "9b078104e18f449b85752497e74227bf",
        signature(38574, "bbd28101eb160fa73b2dfbdc2eda79fc"),
        signature(62503, "0af3d34cfde2722893756a9914f0e42c"),
    ),
    picture(
        "p16 p19",
        "ff614cd67a794e539afafa72c562e7eb",
        signature(12271, "5d9cc218a6f97598aaec8ce441ab05ed"),
        signature(65003, "899764a731828682c6571ea86939a3c7"),
    ),
    picture("p16 p19", "a1404d8d75cb4c82b5d716aec71f45ca", UNSIGNED, height=532),
    picture(
        "p16 p19",
        "76a38043110140e4b93d22472b3d90a7",
        signature(69811, "ee4aa18d816d0154e460af223bbff97e"),
        signature(40309, "df087bb470f0fe96c72bc22d201164ea"),
    ),
    picture("p19 p16", "1f817a81a2734a89a6800b159e5ac951", UNSIGNED),
    picture(
        "p16 p19",
        "d49b25d67d5e406f88c4498b7ded6129",
        signature(32705, "65c020c853d7f971eaa52e621940dc4e"),
        signature(39468, "8d1081aa229ca5eeca1e484a8ff1833f"),
    ),
    picture(
        "p16 p19",
        "d4cc252f6f5f454895726db6cb3ec707",
        signature(8905, "7d26c7d6ec404c58778945d33d48eaf6"),
        signature(74471, "b3153581f22a34c0083804070404fbde"),
    ),
    {"__typename": "TextBlock", "text": "Seller information"},
    {
        "__typename": "ListBlock",
        "items": [
            "Business name: Putian Licheng District Fulin Electronic Commerce Co Ltd",
            "Business address (This address has been automatically translated for your convenience):Fujian, China",
        ],
    },
]


def nothing_sold(window: str) -> dict[str, object]:
    """Every column of the window is there and 0; a mean of nothing sold is none."""
    return {
        "window": window,
        "units": 0,
        "gmv": 0,
        "averagePrice": None,
        "influencers": None,  # a column for all time alone
        "video": {"units": 0, "gmv": 0, "videos": 0, "views": 0, "influencers": 0, "products": None},
        "live": {"units": 0, "gmv": 0, "sessions": 0, "influencers": 0},
    }


TOLD = {
    "id": "Product:1729873073559015752",
    "productId": "1729873073559015752",
    "name": "Halloween Personality Cartoon Couple Pendant Stainless Steel Graffiti Stickman Keychain Fun Personality "
    "Foreign Trade Jewelry.",
    "region": "US",
    "images": [  # JSON text; by index: on the wire 3, 2, 1, 5, 7, 6, 4, 0
        {"url": f"{COVERS}_0.webp", "index": 0},
        {"url": f"{COVERS}_1.webp", "index": 1},
        {"url": f"{COVERS}_2.webp", "index": 2},
        {"url": f"{COVERS}_3.webp", "index": 3},
        {"url": f"{COVERS}_4.webp", "index": 4},
        {"url": f"{COVERS}_5.webp", "index": 5},
        {"url": f"{COVERS}_6.webp", "index": 6},
        {"url": f"{COVERS}_7.webp", "index": 7},
    ],
    "cover": {"url": f"{COVERS}_0.webp", "index": 0},  # the first by index, on the wire the last
    "description": DESCRIPTION,
    "price": {"average": 1.99, "min": 1.99, "max": 1.99},
    "discountPercent": None,  # ""
    "commissionRate": 0,  # told as 0, so 0
    "rating": None,  # 0 without a review
    "reviewCount": 0,
    "freeShipping": False,  # 0
    "fullyManaged": False,  # is_s_shop 0
    "delisted": True,  # off_mark 3
    "mainChannel": None,  # sales_flag 0
    "salesTrend": "DOWN",  # sales_trend_flag 2
    "firstSeen": "2024-12-19",  # 20241219
    # columns that the published row lacks
    "bestSeller": None,
    "brandShop": None,
    "sellerOrigin": None,
    "shippingPrice": None,
    "lastSeen": None,
    "skus": [  # JSON text
        {"skuId": "1729873073559081288", "price": SKU_PRICE, "options": [GOLDEN]},
        {"skuId": "1729873073559146824", "price": SKU_PRICE, "options": [SILVER]},
    ],
    "options": [{"optionId": "100000", "name": "Colour", "hasImages": True, "values": [GOLDEN, SILVER]}],
    "categories": [  # level 2 and 3 are "0": unknown
        {"id": "Category:605248", "categoryId": "605248", "level": "L1"}
    ],
    "seller": {"id": "Seller:7495981769829615944", "sellerId": "7495981769829615944"},
    "ever": {
        "window": "ALL_TIME",
        "units": 0,
        "gmv": 0,
        "averagePrice": None,
        "influencers": 0,
        # for all time there is no column of influencers by channel
        "video": {"units": 0, "gmv": 0, "videos": 0, "views": 0, "influencers": None, "products": None},
        "live": {"units": 0, "gmv": 0, "sessions": 0, "influencers": None},
    },
    "d1": nothing_sold("LAST_1_DAY"),
    "d7": nothing_sold("LAST_7_DAYS"),
    "d15": nothing_sold("LAST_15_DAYS"),
    "d30": nothing_sold("LAST_30_DAYS"),
    "d60": nothing_sold("LAST_60_DAYS"),
    "d90": nothing_sold("LAST_90_DAYS"),
}


def test_the_two_documents_print_the_same_row_in_v3s_envelope():
    first, second = DOCUMENTS.values()

    assert first == second
    assert first == envelope(*first["data"])


def test_the_list_row_tells_every_fact_of_the_product_without_a_lookup(v3, sandbox, row):
    sandbox.answer("product/list", envelope(row), version="v3")

    answer = v3("{ products(region: US) { edges { node { ...facts } } totalCount pageInfo { hasNextPage } } }" + FACTS)

    assert answer.data["products"] == {
        "edges": [{"node": TOLD}],
        "totalCount": None,
        "pageInfo": {"hasNextPage": False},
    }
    assert paths(sandbox) == ["v3 product/list"]


def test_the_detail_row_tells_every_fact_of_the_product_in_one_call(v3, sandbox, row):
    sandbox.answer("product/detail", envelope(row), version="v3")

    answer = v3(
        "query ($id: ID!) { product(id: $id) { ...facts specifications { name value } } }" + FACTS,
        id=PRODUCT,
    )

    assert answer.data["product"] == {**TOLD, "specifications": None}  # no such column in the row
    assert paths(sandbox) == ["v3 product/detail"]
    assert sandbox.ids_asked("product/detail") == [[PRODUCT]]


def test_specifications_that_the_list_row_does_not_carry_cost_one_lookup(v3, sandbox, row):
    sandbox.answer("product/list", envelope(row), version="v3")
    sandbox.answer("product/detail", envelope({**row, "specification": '[{"name":"Style","value":"Cool"}]'}))

    answer = v3("{ products(region: US) { nodes { specifications { name value } } } }")

    assert answer.data["products"]["nodes"] == [{"specifications": [{"name": "Style", "value": "Cool"}]}]
    assert paths(sandbox) == ["v3 product/list", "v3 product/detail"]


def test_columns_that_the_list_has_beyond_the_published_row_are_told_without_a_lookup(v3, sandbox, row):
    beyond = {  # no document prints their values
        "is_hot": 1,
        "shop_type": 1,
        "from_flag": 2,
        "shipping_price": "3.50",
        "last_crawl_dt": 20250102,
        "specification": "Material: steel",
    }
    sandbox.answer("product/list", envelope({**row, **beyond}), version="v3")

    answer = v3(
        """{ products(region: US) { nodes {
          bestSeller brandShop sellerOrigin shippingPrice lastSeen specifications { name value }
        } } }"""
    )

    assert answer.data["products"]["nodes"] == [
        {
            "bestSeller": True,
            "brandShop": True,
            "sellerOrigin": "CROSS_BORDER",
            "shippingPrice": "3.50",
            "lastSeen": "2025-01-02",
            "specifications": [{"name": None, "value": "Material: steel"}],  # no table: the text as it stands
        }
    ]
    assert paths(sandbox) == ["v3 product/list"]


# Every measure of the published row is 0: with a number of its own in each column, one read for another shows.
NUMBERED = {
    "total_sale_cnt": 100,
    "total_sale_1d_cnt": 101,
    "total_sale_7d_cnt": 107,
    "total_sale_15d_cnt": 115,
    "total_sale_30d_cnt": 130,
    "total_sale_60d_cnt": 160,
    "total_sale_90d_cnt": 190,
    "total_sale_gmv_amt": 250,
    "total_sale_gmv_1d_amt": 1010,
    "total_sale_gmv_7d_amt": 321,
    "total_sale_gmv_15d_amt": 460,
    "total_sale_gmv_30d_amt": 650,
    "total_sale_gmv_60d_amt": 960,
    "total_sale_gmv_90d_amt": 1330,
    "total_ifl_cnt": 300,
    "total_video_sale_cnt": 40,
    "total_video_sale_1d_cnt": 41,
    "total_video_sale_7d_cnt": 47,
    "total_video_sale_15d_cnt": 55,
    "total_video_sale_30d_cnt": 70,
    "total_video_sale_60d_cnt": 99,
    "total_video_sale_90d_cnt": 98,
    "total_video_sale_gmv_amt": 200.5,
    "total_video_sale_gmv_1d_amt": 201.5,
    "total_video_sale_gmv_7d_amt": 207.5,
    "total_video_sale_gmv_15d_amt": 215.5,
    "total_video_sale_gmv_30d_amt": 230.5,
    "total_video_sale_gmv_60d_amt": 260.5,
    "total_video_sale_gmv_90d_amt": 290.5,
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
    "total_live_sale_cnt": 700,
    "total_live_sale_1d_cnt": 701,
    "total_live_sale_7d_cnt": 707,
    "total_live_sale_15d_cnt": 715,
    "total_live_sale_30d_cnt": 730,
    "total_live_sale_60d_cnt": 760,
    "total_live_sale_90d_cnt": 790,
    "total_live_sale_gmv_amt": 800.5,
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
  units gmv averagePrice influencers
  video { units gmv videos views influencers } live { units gmv sessions influencers }
} } }"""


@pytest.mark.parametrize(
    ("window", "sold", "average", "influencers", "video", "live"),
    [
        ("ALL_TIME", (100, 250), 2.5, 300, (40, 200.5, 400, 500, None), (700, 800.5, 900, None)),
        ("LAST_1_DAY", (101, 1010), 10, None, (41, 201.5, 401, 501, 601), (701, 801.5, 901, 1001)),
        ("LAST_7_DAYS", (107, 321), 3, None, (47, 207.5, 407, 507, 607), (707, 807.5, 907, 1007)),
        ("LAST_15_DAYS", (115, 460), 4, None, (55, 215.5, 415, 515, 615), (715, 815.5, 915, 1015)),
        ("LAST_30_DAYS", (130, 650), 5, None, (70, 230.5, 430, 530, 630), (730, 830.5, 930, 1030)),
        ("LAST_60_DAYS", (160, 960), 6, None, (99, 260.5, 460, 560, 660), (760, 860.5, 960, 1060)),
        ("LAST_90_DAYS", (190, 1330), 7, None, (98, 290.5, 490, 590, 690), (790, 890.5, 990, 1090)),
    ],
)
def test_each_measure_of_a_window_comes_from_its_own_column(
    v3, sandbox, row, window, sold, average, influencers, video, live
):
    sandbox.answer("product/detail", envelope({**row, **NUMBERED}), version="v3")

    told = v3(MEASURES, id=PRODUCT, window=window).data["product"]["performance"]

    assert (told["units"], told["gmv"], told["influencers"]) == (*sold, influencers)
    assert told["averagePrice"] == quotient(average)  # gmv ÷ units
    assert tuple(told["video"].values()) == video
    assert tuple(told["live"].values()) == live


# ── product/ranklist ──────────────────────────────────────────────────────────────────────────────────────────────

RANK_ROW = {  # v3 prints no example: the values are v2's, with the two levels of category that v3 adds
    "product_id": "1729464033034539782",
    "product_name": "Rosabella Moringa Capsules (800mg) for Immune Support, Gut Health & Vitamins",
    "category_id": "700645",
    "category_l2_id": "851848",
    "category_l3_id": "600621",
    "region": "US",
    "spu_avg_price": 14.42,
    "min_price": 11,
    "max_price": 14.42,
    "product_commission_rate": 0.2,
    "total_sale_cnt": 10,
    "total_sale_gmv_amt": 22.3,
    "total_ifl_cnt": 12,
    "total_live_cnt": 15,
    "total_video_cnt": 0,
}
RANKING = """{ productRanking(region: US, date: "2025-06-10") {
  date edges { rank units gmv influencers videos lives node { %s } }
} }"""


def test_the_rank_row_tells_name_prices_and_categories_without_a_lookup(v3, sandbox):
    sandbox.answer("product/ranklist", envelope(RANK_ROW), version="v3")

    answer = v3(
        RANKING % "id name region price { average min max } commissionRate categories { id categoryId level }",
    )

    assert answer.data["productRanking"] == {
        "date": "2025-06-10",
        "edges": [
            {
                "rank": 1,
                "units": 10,
                "gmv": 22.3,
                "influencers": 12,
                "videos": 0,
                "lives": 15,
                "node": {
                    "id": "Product:1729464033034539782",
                    "name": "Rosabella Moringa Capsules (800mg) for Immune Support, Gut Health & Vitamins",
                    "region": "US",
                    "price": {"average": 14.42, "min": 11, "max": 14.42},
                    "commissionRate": 0.2,
                    "categories": [
                        {"id": "Category:700645", "categoryId": "700645", "level": "L1"},
                        {"id": "Category:851848", "categoryId": "851848", "level": "L2"},
                        {"id": "Category:600621", "categoryId": "600621", "level": "L3"},
                    ],
                },
            }
        ],
    }
    assert paths(sandbox) == ["v3 product/ranklist"]


def test_what_the_rank_row_does_not_tell_comes_from_one_lookup_never_from_the_periods_gains(v3, sandbox, row):
    sandbox.answer("product/ranklist", envelope(RANK_ROW), version="v3")
    sandbox.answer("product/detail", envelope({**row, "product_id": RANKED}), version="v3")

    answer = v3(RANKING % "seller { id } performance { units gmv averagePrice influencers video { videos } }")

    (edge,) = answer.data["productRanking"]["edges"]
    assert (edge["units"], edge["gmv"], edge["influencers"]) == (10, 22.3, 12)
    assert edge["node"] == {
        "seller": {"id": "Seller:7495981769829615944"},
        "performance": {"units": 0, "gmv": 0, "averagePrice": None, "influencers": 0, "video": {"videos": 0}},
    }
    assert paths(sandbox) == ["v3 product/ranklist", "v3 product/detail"]
    assert sandbox.ids_asked("product/detail") == [[RANKED]]


# ── columns that v3 reads otherwise ───────────────────────────────────────────────────────────────────────────────


def test_a_v3_video_row_tells_its_length_and_a_review_row_its_milliseconds(v3, sandbox, row):
    # no document prints rows of these two lists: columns and meanings are the reference's, the values are not
    video = {"product_id": PRODUCT, "video_id": "6997187334064147738", "duration": 35}
    review = {
        "review_id": "7001",
        "display_text": "Shiny",
        "rating": 4,
        "review_timestamp": 1629159632000,
        "product_id": PRODUCT,
        "sku_id": "1729873073559081288",
        "sku_specification": "Colour:golden",
    }
    sandbox.answer("product/detail", envelope(row), version="v3")
    sandbox.answer("product/video/list", envelope(video), version="v3")
    sandbox.answer("product/comment", envelope(review), version="v3")

    answer = v3(
        """query ($id: ID!) { product(id: $id) {
          videos { nodes { id durationSeconds } }
          reviews { nodes { reviewId text rating reviewedAt skuId variant likes author } }
        } }""",
        id=PRODUCT,
    )

    product = answer.data["product"]
    assert product["videos"]["nodes"] == [{"id": "Video:6997187334064147738", "durationSeconds": 35}]
    (told,) = product["reviews"]["nodes"]
    assert datetime.fromisoformat(told.pop("reviewedAt")) == datetime(2021, 8, 17, 0, 20, 32, tzinfo=UTC)
    assert told == {
        "reviewId": "7001",
        "text": "Shiny",
        "rating": 4,
        "skuId": "1729873073559081288",
        "variant": "Colour:golden",
        "likes": None,  # v3 has no column of either
        "author": None,
    }
