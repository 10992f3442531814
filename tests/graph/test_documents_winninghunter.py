"""Winning Hunter: what the example answers of its document come to in the graph, and the errors that it prints.

The emulated provider gives each example for the ids and the period of its request, as printed. Expected values are
typed from the document; a comment says why where one is not the literal.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

import server
from serving import graphql

SHOP, PRODUCT = "7493920192384910", "1729384756102394"
CREATOR, VIDEO = "6892301928374615", "7361029384756102"

SHOP_DETAIL, SHOP_TOTAL = "shop-detail", "shop-detail/total"
SHOP_PRODUCTS = "shop-detail/product/queryList"
PRODUCT_DETAIL, PRODUCT_TOTAL = "product-detail", "product-detail/total"
PRODUCT_HISTORY = "product-detail/history"
CREATOR_TOTAL, CREATOR_PRODUCTS = "creator-detail/total", "creator-detail/searchProducts"
VIDEO_DETAIL, VIDEO_METRICS = "videos", "videos/metrics"
PERIOD = {"period": "30"}


def calls(sandbox) -> list[tuple[str, dict[str, str]]]:
    """Path and parameters of each, by path: calls that need nothing of one another come in any order."""
    assert {call.provider for call in sandbox.calls} == {"winninghunter"}
    return sorted(((call.path, call.params) for call in sandbox.calls), key=lambda call: call[0])


def quotient(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def nothing(*names: str) -> dict[str, None]:
    """Facts that no answer holds: null, and never asked for."""
    return dict.fromkeys(names)


@pytest.fixture
def hunter(gateway):
    return gateway(providers=("winninghunter",))


# ── shop-detail ───────────────────────────────────────────────────────────────────────────────────────────────────

SELLER_FACTS = """query ($id: ID!) { seller(id: $id) {
  id sellerId name region url logo { url index } origin rating averagePrice productCount activeProductCount
  influencerCount videoCount liveCount mainChannel salesTrend firstSeen topCategory { id } categories { id }
  soldCategories { id } reviewCount followerCount positiveFeedbackRate responseRate account { id }
} }"""
SELLER_SALES = """query ($id: ID!) { seller(id: $id) {
  d30: performance(window: LAST_30_DAYS) { ...sales }
  ever: performance { ...sales } d15: performance(window: LAST_15_DAYS) { ...sales }
  d60: performance(window: LAST_60_DAYS) { ...sales }
} } fragment sales on SellerPerformance { window units gmv averagePrice conversionRate }"""
NO_SALES = nothing("units", "gmv", "averagePrice")


def test_the_shop_tells_itself_in_one_call(hunter, sandbox):
    answer = hunter(SELLER_FACTS, id=SHOP)

    assert answer.data["seller"] == {
        "id": "Seller:7493920192384910",
        "sellerId": "7493920192384910",
        "name": "Glow Beauty Co.",
        "region": "US",
        "logo": {"url": "https://cdn.example.com/shops/glow.png", "index": None},  # one plain address
        "productCount": 84,
        "influencerCount": 312,  # creators_count
        "rating": 4.8,
        **nothing("url", "origin", "averagePrice", "activeProductCount", "videoCount", "liveCount", "mainChannel"),
        **nothing("salesTrend", "firstSeen", "topCategory", "categories", "soldCategories", "reviewCount"),
        **nothing("followerCount", "positiveFeedbackRate", "responseRate", "account"),
    }
    assert calls(sandbox) == [(SHOP_DETAIL, {"id": SHOP})]


def test_the_shops_total_is_its_performance_in_the_period(hunter, sandbox):
    answer = hunter(SELLER_SALES, id=SHOP)

    nobody = {**NO_SALES, "conversionRate": None}  # periods are 1, 7, 30 and 90 days
    assert answer.data["seller"] == {
        "d30": {
            "window": "LAST_30_DAYS",
            "units": 51380,  # sales
            "gmv": 1284500,  # revenue
            "averagePrice": 24.99,  # as told, not 1284500 ÷ 51380, which is 25
            "conversionRate": 0.037,
        },
        "ever": {"window": "ALL_TIME", **nobody},
        "d15": {"window": "LAST_15_DAYS", **nobody},
        "d60": {"window": "LAST_60_DAYS", **nobody},
    }
    assert calls(sandbox) == [(SHOP_DETAIL, {"id": SHOP}), (SHOP_TOTAL, {"id": SHOP, **PERIOD})]


@pytest.mark.parametrize("fields", ["averagePrice", "averagePrice units", "gmv averagePrice"])
def test_the_mean_price_is_the_one_that_is_told_whatever_is_asked_beside_it(hunter, sandbox, fields):
    answer = hunter(
        f"""query ($shop: ID!, $product: ID!) {{
          seller(id: $shop) {{ performance(window: LAST_30_DAYS) {{ {fields} }} }}
          product(id: $product) {{ performance(window: LAST_30_DAYS) {{ {fields} }} }}
        }}""",
        shop=SHOP,
        product=PRODUCT,
    )

    assert answer.data["seller"]["performance"]["averagePrice"] == 24.99
    assert answer.data["product"]["performance"]["averagePrice"] == 24.9
    assert [path for path, _ in calls(sandbox)] == [PRODUCT_DETAIL, PRODUCT_TOTAL, SHOP_DETAIL, SHOP_TOTAL]


@pytest.mark.parametrize(
    ("sort", "sent"),
    [
        ("", {"sort": "sales", "order": "desc"}),
        ("(sort: {field: AVERAGE_PRICE})", {"sort": "price", "order": "desc"}),
        ("(sort: {field: AVERAGE_PRICE, direction: ASC})", {"sort": "price", "order": "asc"}),
    ],
)
def test_the_shops_products_tell_title_price_and_the_periods_sales(hunter, sandbox, sort, sent):
    answer = hunter(
        f"""query ($id: ID!) {{ seller(id: $id) {{ products{sort} {{
          edges {{ node {{
            id productId name price {{ average min max }}
            performance(window: LAST_30_DAYS) {{ window units gmv averagePrice }}
          }} }}
          nodes {{ id }} totalCount pageInfo {{ hasNextPage }}
        }} }} }}""",
        id=SHOP,
    )

    assert answer.data["seller"]["products"] == {
        "edges": [
            {
                "node": {
                    "id": "Product:1729384756102394",
                    "productId": "1729384756102394",
                    "name": "Vitamin C Serum",
                    "price": {"average": 24.9, "min": None, "max": None},
                    "performance": {
                        "window": "LAST_30_DAYS",
                        "units": 12550,
                        "gmv": 312540,
                        "averagePrice": quotient(312540 / 12550),  # no column of the row
                    },
                }
            }
        ],
        "nodes": [{"id": "Product:1729384756102394"}],
        "totalCount": 84,
        "pageInfo": {"hasNextPage": False},  # the page is not full
    }
    page = {"id": SHOP, "page": "1", "limit": "50", **PERIOD, **sent}
    assert calls(sandbox) == [(SHOP_DETAIL, {"id": SHOP}), (SHOP_PRODUCTS, page)]


def test_the_printed_order_is_not_one_of_the_shops_products_in_the_graph(hunter, sandbox):
    """The most revenue in 30 days: the graph's own orders are of seven days or of all time."""
    answer = hunter("query ($id: ID!) { seller(id: $id) { products(sort: {field: GMV}) { nodes { id } } } }", id=SHOP)

    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert answer.partial["seller"] == {"products": None}
    assert sandbox.count(SHOP_PRODUCTS) == 0


# ── product-detail ────────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT_FACTS = """query ($id: ID!) { product(id: $id) {
  id productId name region images { url } cover { url index } description { __typename } price { average min max }
  discountPercent commissionRate rating reviewCount freeShipping fullyManaged delisted bestSeller brandShop sellerOrigin
  shippingPrice specifications { name } mainChannel salesTrend firstSeen lastSeen skus { skuId } options { optionId }
  categories { id } seller { id sellerId }
  ever: performance { ...sales } d15: performance(window: LAST_15_DAYS) { ...sales }
  d60: performance(window: LAST_60_DAYS) { ...sales }
} } fragment sales on ProductPerformance { window units gmv averagePrice }"""
PRODUCT_SALES = """query ($id: ID!) { product(id: $id) { performance(window: LAST_30_DAYS) {
  window units gmv averagePrice influencers
  video { units gmv videos views influencers products } live { units gmv sessions influencers }
} } }"""
TREND = """query ($id: ID!) { product(id: $id) { trend%s {
  date units gmv totalUnits totalGmv averagePrice influencers videos lives
} } }"""

PRODUCT_TOLD = {
    "id": "Product:1729384756102394",
    "productId": "1729384756102394",
    "name": "Vitamin C Brightening Serum",
    "cover": {"url": "https://cdn.example.com/products/serum.jpg", "index": None},  # one plain address
    "price": {"average": 24.9, "min": None, "max": None},  # one price
    "rating": 4.7,
    "seller": {"id": "Seller:7493920192384910", "sellerId": "7493920192384910"},
    **nothing("region", "description", "discountPercent", "commissionRate", "reviewCount", "freeShipping"),
    **nothing("fullyManaged", "delisted", "bestSeller", "brandShop", "sellerOrigin", "shippingPrice"),
    **nothing("specifications", "mainChannel", "salesTrend", "firstSeen", "lastSeen", "skus", "options"),
    "images": None,  # a single picture is the cover alone
    "categories": None,
    # revenue and sales stand in the row, of a window that the document does not state
    "ever": {"window": "ALL_TIME", **NO_SALES},
    "d15": {"window": "LAST_15_DAYS", **NO_SALES},
    "d60": {"window": "LAST_60_DAYS", **NO_SALES},
}


def test_the_product_tells_itself_in_one_call(hunter, sandbox):
    answer = hunter(PRODUCT_FACTS, id=PRODUCT)

    assert answer.data["product"] == PRODUCT_TOLD
    assert calls(sandbox) == [(PRODUCT_DETAIL, {"id": PRODUCT})]


def test_the_products_total_is_its_performance_in_the_period(hunter, sandbox):
    answer = hunter(PRODUCT_SALES, id=PRODUCT)

    assert answer.data["product"]["performance"] == {
        "window": "LAST_30_DAYS",
        "units": 12550,
        "gmv": 312540,
        "averagePrice": 24.9,  # as told, not 312540 ÷ 12550
        "influencers": None,
        "video": nothing("units", "gmv", "videos", "views", "influencers", "products"),
        "live": nothing("units", "gmv", "sessions", "influencers"),
    }
    assert calls(sandbox) == [(PRODUCT_DETAIL, {"id": PRODUCT}), (PRODUCT_TOTAL, {"id": PRODUCT, **PERIOD})]


@pytest.fixture
def in_june(monkeypatch):
    """The day after the last one that the history prints, by the gateway's clock."""
    moment = datetime(2024, 6, 3, 12, tzinfo=UTC).timestamp()
    for name in ("Backend", "Budgets", "LayeredStore", "MemoryStore"):
        monkeypatch.setattr(server, name, partial(getattr(server, name), clock=lambda: moment))
    monkeypatch.setattr(graphql, "time", SimpleNamespace(time=lambda: moment, monotonic=time.monotonic))


@pytest.mark.usefixtures("in_june")
@pytest.mark.parametrize("days", ["", "(days: 30)", '(from: "2024-05-04")', '(from: "2024-05-04", to: "2024-06-02")'])
def test_the_products_history_is_its_trend(hunter, sandbox, days):
    answer = hunter(TREND % days, id=PRODUCT)

    running = nothing("totalUnits", "totalGmv", "averagePrice", "influencers", "videos", "lives")
    assert answer.data["product"]["trend"] == [
        {"date": "2024-06-01", "units": 435, "gmv": 10840, **running},
        {"date": "2024-06-02", "units": 452, "gmv": 11290, **running},
    ]
    assert calls(sandbox) == [(PRODUCT_DETAIL, {"id": PRODUCT}), (PRODUCT_HISTORY, {"id": PRODUCT, **PERIOD})]


def test_the_printed_history_holds_no_day_of_the_last_thirty(hunter, sandbox):
    assert hunter(TREND % "", id=PRODUCT).data["product"]["trend"] == []
    assert sandbox.count(PRODUCT_HISTORY) == 1


# ── creator-detail ────────────────────────────────────────────────────────────────────────────────────────────────

CREATOR_FACTS = """fragment facts on Influencer {
  id userId
  performance(window: LAST_30_DAYS) {
    window units gmv averagePrice products
    video { units gmv videos views influencers products } live { units gmv sessions influencers }
  }
  audience { window followers likes views comments shares }
}"""
CREATOR_TOLD = {
    "id": "Influencer:6892301928374615",
    "userId": "6892301928374615",
    "performance": {
        "window": "LAST_30_DAYS",
        "units": 3380,
        "gmv": 84200,
        "averagePrice": quotient(84200 / 3380),  # no column of the answer
        "products": None,
        "video": {**nothing("units", "gmv", "views", "influencers", "products"), "videos": 47},
        "live": nothing("units", "gmv", "sessions", "influencers"),
    },
    "audience": {"window": "ALL_TIME", "followers": 512000, **nothing("likes", "views", "comments", "shares")},
}
SOLD = "query ($id: ID!) { %s { products%s { edges { %s } nodes { id } totalCount pageInfo { hasNextPage } } } }"
EDGE = "units gmv videos videoUnits videoGmv lives liveUnits liveGmv node { id productId name }"
BY_CHANNEL = nothing("videos", "videoUnits", "videoGmv", "lives", "liveUnits", "liveGmv")
SERUM = {"id": "Product:1729384756102394", "productId": "1729384756102394", "name": "Vitamin C Serum"}


def test_the_creators_total_tells_sales_and_followers_in_one_call(hunter, sandbox):
    answer = hunter("query ($id: ID!) { influencer(id: $id) { ...facts } }" + CREATOR_FACTS, id=CREATOR)

    assert answer.data["influencer"] == CREATOR_TOLD
    assert calls(sandbox) == [(CREATOR_TOTAL, {"id": CREATOR, **PERIOD})]


def test_the_creator_of_a_video_costs_one_total_beside_the_video(hunter, sandbox):
    answer = hunter("query ($id: ID!) { video(id: $id) { influencer { ...facts } } }" + CREATOR_FACTS, id=VIDEO)

    assert answer.data["video"]["influencer"] == CREATOR_TOLD
    assert calls(sandbox) == [(CREATOR_TOTAL, {"id": CREATOR, **PERIOD}), (VIDEO_DETAIL, {"id": VIDEO})]


def test_no_answer_tells_who_a_creator_is(hunter, sandbox):
    named = "handle name avatar { url } region language gender category bio email"

    answer = hunter(f"query ($id: ID!) {{ video(id: $id) {{ influencer {{ id {named} }} }} }}", id=VIDEO)

    assert answer.data["video"]["influencer"] == {
        "id": "Influencer:6892301928374615",
        **nothing("handle", "name", "avatar", "region", "language", "gender", "category", "bio", "email"),
    }
    assert calls(sandbox) == [(VIDEO_DETAIL, {"id": VIDEO})]


@pytest.mark.parametrize("root", ["influencer", "video"])
def test_the_creators_products_tell_what_it_sold_in_the_window_that_is_asked(hunter, sandbox, root):
    roots = {"influencer": ("influencer(id: $id)", CREATOR), "video": ("video(id: $id) { influencer", VIDEO)}
    at, key = roots[root]
    query = SOLD % (at, "(window: LAST_30_DAYS)", EDGE) + (" }" if root == "video" else "")

    found = hunter(query, id=key).data[root]

    assert (found["influencer"] if root == "video" else found)["products"] == {
        "edges": [{"units": 1680, "gmv": 42100, **BY_CHANNEL, "node": SERUM}],
        "nodes": [{"id": "Product:1729384756102394"}],
        "totalCount": 23,
        "pageInfo": {"hasNextPage": False},  # the page is not full
    }
    page = {"id": CREATOR, "page": "1", "limit": "50", **PERIOD}
    assert (CREATOR_PRODUCTS, page) in calls(sandbox)
    assert len(sandbox.calls) == 2  # the video, or what proves the creator


def test_what_a_creator_sold_stays_on_the_edge(hunter, sandbox):
    query = SOLD % (
        "video(id: $id) { influencer",
        "(window: LAST_30_DAYS)",
        "units gmv node { performance(window: LAST_30_DAYS) { units gmv averagePrice } }",
    )

    (edge,) = hunter(query + " }", id=VIDEO).data["video"]["influencer"]["products"]["edges"]

    assert edge == {
        "units": 1680,
        "gmv": 42100,
        "node": {"performance": {"units": 12550, "gmv": 312540, "averagePrice": 24.9}},  # the product's own total
    }
    assert [path for path, _ in calls(sandbox)] == [CREATOR_PRODUCTS, PRODUCT_TOTAL, VIDEO_DETAIL]


def test_the_periods_sales_are_not_told_as_those_of_all_time(hunter, sandbox):
    query = SOLD % ("video(id: $id) { influencer", "", EDGE) + " }"

    found = hunter(query, id=VIDEO).data["video"]["influencer"]["products"]

    assert found["edges"] == [{"units": None, "gmv": None, **BY_CHANNEL, "node": SERUM}]
    assert found["totalCount"] == 23
    assert [path for path, _ in calls(sandbox)] == [CREATOR_PRODUCTS, VIDEO_DETAIL]


# ── videos ────────────────────────────────────────────────────────────────────────────────────────────────────────

VIDEO_FACTS = """query ($id: ID!) { video(id: $id) {
  id videoId caption hashtags postedAt durationSeconds region cover { url } playUrl width height sizeBytes resolution
  soldCategories { id } isAd madeByAi sellsProducts influencer { id userId }
  products { edges { node { id productId } } totalCount pageInfo { hasNextPage } }
  engagement { ...reactions } performance { window units gmv }
} }
fragment reactions on VideoEngagement { window views likes comments shares favorites }"""
METRICS = """query ($id: ID!) { video(id: $id) {
  engagement(window: LAST_30_DAYS) { window views likes comments shares favorites }
  performance(window: LAST_30_DAYS) { window units gmv }
} }"""


def test_the_video_tells_itself_its_author_and_its_product_in_one_call(hunter, sandbox):
    video = hunter(VIDEO_FACTS, id=VIDEO).data["video"]

    assert datetime.fromisoformat(video.pop("postedAt")) == datetime(2024, 5, 28, tzinfo=UTC)  # a day alone
    (edge,) = video["products"].pop("edges")
    assert edge == {"node": {"id": "Product:1729384756102394", "productId": "1729384756102394"}}
    assert video.pop("products")["pageInfo"] == {"hasNextPage": False}
    assert video == {
        "id": "Video:7361029384756102",
        "videoId": "7361029384756102",
        "caption": "This serum changed my skin",
        "hashtags": [],  # none in the caption
        "sellsProducts": True,  # product_id is there
        "influencer": {"id": "Influencer:6892301928374615", "userId": "6892301928374615"},
        "engagement": {"window": "ALL_TIME", **nothing("views", "likes", "comments", "shares", "favorites")},
        "performance": {"window": "ALL_TIME", "units": None, "gmv": None},
        **nothing("durationSeconds", "region", "cover", "playUrl", "width", "height", "sizeBytes", "resolution"),
        **nothing("soldCategories", "isAd", "madeByAi"),
    }
    assert calls(sandbox) == [(VIDEO_DETAIL, {"id": VIDEO})]


def test_the_videos_metrics_are_its_engagement_in_the_period(hunter, sandbox):
    answer = hunter(METRICS, id=VIDEO)

    assert answer.data["video"] == {
        "engagement": {
            "window": "LAST_30_DAYS",
            "views": 1840000,
            "likes": 92400,
            "comments": 3120,
            "shares": 8800,
            "favorites": None,
        },
        "performance": {"window": "LAST_30_DAYS", "units": None, "gmv": None},
    }
    assert calls(sandbox) == [(VIDEO_DETAIL, {"id": VIDEO}), (VIDEO_METRICS, {"id": VIDEO, **PERIOD})]


def test_what_a_video_leads_to_is_within_the_estimate(hunter, sandbox):
    answer = hunter(
        """query ($id: ID!) { video(id: $id) {
          products { nodes { name rating seller { name rating } } }
          engagement(window: LAST_30_DAYS) { views }
        } }""",
        id=VIDEO,
    )

    assert answer.data["video"] == {
        "products": {
            "nodes": [
                {
                    "name": "Vitamin C Brightening Serum",
                    "rating": 4.7,
                    "seller": {"name": "Glow Beauty Co.", "rating": 4.8},
                }
            ]
        },
        "engagement": {"views": 1840000},
    }
    assert [path for path, _ in calls(sandbox)] == [PRODUCT_DETAIL, SHOP_DETAIL, VIDEO_DETAIL, VIDEO_METRICS]
    cost = answer.body["extensions"]["cost"]
    assert cost["actualCredits"] == 4
    assert cost["estimatedCredits"] >= 4


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def failed(error: str, **more: object) -> dict[str, object]:
    return {"success": False, "error": error, **more}


MONTHLY = "Monthly credit limit reached (20000). Resets next month."
ERRORS = {  # status, body, code, how often the route is asked
    "no such type": (400, failed("Invalid entity type"), "BAD_USER_INPUT", 1),
    "no key": (401, failed("Unauthorized"), "UPSTREAM_UNAUTHENTICATED", 1),
    "no plan": (403, failed("WinningHunter Basic plan or higher required"), "UPSTREAM_UNAUTHENTICATED", 1),
    "no such route": (404, failed("Unknown TikTok Shop endpoint"), "UPSTREAM_BAD_RESPONSE", 1),
    "too many in a minute": (
        429,
        failed("Rate limit exceeded. Max 60 requests per minute."),
        "UPSTREAM_RATE_LIMITED",
        5,
    ),
    "too many in a month": (429, failed(MONTHLY), "UPSTREAM_QUOTA_EXHAUSTED", 1),
    "too many in a month, counted": (
        429,
        failed(MONTHLY, credits={"used": 20000, "limit": 20000, "remaining": 0}),
        "UPSTREAM_QUOTA_EXHAUSTED",
        1,
    ),
    "a fault": (500, failed("Internal server error"), "UPSTREAM_UNAVAILABLE", 2),  # asked again once
}
ASKED = {
    SHOP_DETAIL: (f'{{ seller(id: "{SHOP}") {{ name }} }}', ["seller"]),
    SHOP_PRODUCTS: (f'{{ seller(id: "{SHOP}") {{ products {{ nodes {{ id }} }} }} }}', ["seller", "products"]),
    PRODUCT_DETAIL: (f'{{ product(id: "{PRODUCT}") {{ name }} }}', ["product"]),
    PRODUCT_HISTORY: (f'{{ product(id: "{PRODUCT}") {{ trend {{ date }} }} }}', ["product", "trend"]),
    VIDEO_DETAIL: (f'{{ video(id: "{VIDEO}") {{ caption }} }}', ["video"]),
}


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize(("status", "body", "code", "attempts"), ERRORS.values(), ids=ERRORS)
def test_a_printed_error_has_the_code_of_its_class(hunter, sandbox, path, status, body, code, attempts):
    sandbox.answer(path, body, status=status, provider="winninghunter")
    query, at = ASKED[path]

    answer = hunter(query)

    assert answer.codes == [code]
    assert answer.errors[0]["path"] == at
    assert sandbox.count(path) == attempts


@pytest.mark.parametrize("name", ["too many in a minute", "a fault"])
def test_a_printed_error_that_passes_shows_nowhere(hunter, sandbox, name):
    status, body, _, _ = ERRORS[name]
    sandbox.answer(PRODUCT_DETAIL, body, status=status, times=1, provider="winninghunter")

    answer = hunter(PRODUCT_FACTS, id=PRODUCT)

    assert answer.data["product"] == PRODUCT_TOLD
    assert sandbox.count(PRODUCT_DETAIL) == 2


def test_the_printed_error_in_a_200_is_told_by_its_words(hunter, sandbox):
    sandbox.answer(PRODUCT_DETAIL, failed(MONTHLY), provider="winninghunter")

    answer = hunter(PRODUCT_FACTS, id=PRODUCT)

    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert sandbox.count(PRODUCT_DETAIL) == 1
