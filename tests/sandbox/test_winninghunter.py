"""Winning Hunter on the wire: keys, shapes, failures, credits, pages and the answers that its document prints."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.world.category import CATEGORIES

KEY = {"x-api-key": "sandbox"}
SHOP_API = "/api/v1/tiktok-shop"
DOCUMENTS = sorted(Path(__file__, "../../data/winninghunter").resolve().glob("*.json"))
UNAUTHORIZED = {"success": False, "error": "Unauthorized"}
KINDS = ("Shop", "Product", "Creator")
UNKNOWN_PATH = {"success": False, "error": "Unknown TikTok Shop endpoint"}
Switch = Callable[..., None]


@pytest.fixture(scope="module")
def wire(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.winninghunter_url, headers=KEY, timeout=10) as client:
        yield client


@pytest.fixture
def wh(sandbox: SandboxServer, wire: httpx.Client) -> httpx.Client:
    return wire


@pytest.fixture
def switch(sandbox: SandboxServer) -> Iterator[Switch]:
    """Changes settings for one test."""
    state = sandbox.app.state.sandbox
    before = state.setting

    def change(**settings: Any) -> None:
        state.setting = replace(before, **settings)

    yield change
    state.setting = before


@pytest.fixture
def ids(sandbox: SandboxServer) -> dict[str, str]:
    """One of each kind that belong to one another."""
    world = sandbox.world
    product = next(made for made in world.products_in("SG") if made.established and made.videos)
    video = world.videos_of_product(product)[0]
    return {
        "shop": world.seller_of_product(product).id,
        "product": product.id,
        "creator": world.author_of_video(video).id,
        "video": video.id,
    }


def post(client: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = client.post(f"{SHOP_API}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def used(client: httpx.Client) -> int:
    """Credits used, without the one that the question costs."""
    spent: int = client.get(f"{SHOP_API}/credits").json()["credits"]["used"]
    return spent - 1


# Keys


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"x-api-key": "sandbox"}},
        {"headers": {"authorization": "Bearer sandbox"}},
        {"params": {"api_key": "sandbox"}},
        {"headers": {"x-api-key": "", "authorization": "Bearer sandbox"}, "params": {"api_key": "other"}},
        {"headers": {"x-api-key": "sandbox", "authorization": "Bearer other"}, "params": {"api_key": "other"}},
    ],
)
def test_the_first_key_that_is_not_empty_lets_in(sent: dict[str, Any], sandbox: SandboxServer):
    answer = httpx.get(f"{sandbox.winninghunter_url}{SHOP_API}/credits", **sent)

    assert (answer.status_code, answer.json()["success"]) == (200, True)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"headers": {"x-api-key": "other"}},
        {"headers": {"authorization": "Basic c2FuZGJveDpzYW5kYm94"}},
        {"headers": {"x-api-key": "other", "authorization": "Bearer sandbox"}},
        {"headers": {"authorization": "Bearer other"}, "params": {"api_key": "sandbox"}},
    ],
)
@pytest.mark.parametrize("path", ["credits", "no/such/path"])
def test_no_other_key_lets_in(sent: dict[str, Any], path: str, sandbox: SandboxServer):
    answer = httpx.get(f"{sandbox.winninghunter_url}{SHOP_API}/{path}", **sent)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_paths_without_a_version_reject_keys(wh):
    answer = wh.get("/api/tiktok-shop/credits")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


# Shapes


def test_each_route_answers_in_its_shape(wh, ids):
    shop, product, creator = {"id": ids["shop"]}, {"id": ids["product"]}, {"id": ids["creator"]}
    page, rows = ["success", "data", "page", "total"], ["success", "data"]

    for path, body in (("shop-detail", shop), ("shop-detail/total", shop), ("product-detail/total", product)):
        told = post(wh, path, **body)
        assert (list(told), type(told["data"])) == (rows, dict)
    for path, body in (("shop-detail/product/queryList", shop), ("creator-detail/searchProducts", creator)):
        told = post(wh, path, **body)
        assert (list(told), type(told["data"])) == (page, list)
    assert list(post(wh, "product-detail/history", **product)) == rows
    assert list(post(wh, "products/explore")) == page
    assert list(wh.get(f"{SHOP_API}/suggestions", params={"type": "shops", "q": "a"}).json()) == [
        "success",
        "suggestions",
    ]
    assert list(wh.get(f"{SHOP_API}/credits").json()) == ["success", "credits"]
    assert set(wh.get("/api/v1/credits").json()["credits"]) > {"used", "limit", "remaining"}
    for url in (
        f"{SHOP_API}/product-detail/{ids['product']}",
        f"/api/v2/videos/{ids['video']}",
        f"/api/v2/videos/{ids['video']}/metrics",
    ):
        assert list(wh.get(url).json()) == rows


def test_a_call_is_recorded_by_its_path_without_the_id(wh, ids, sandbox: SandboxServer):
    post(wh, "shop-detail/total", id=ids["shop"], period=7)
    wh.get(f"/api/v2/videos/{ids['video']}/metrics", params={"period": 1})
    wh.get(f"{SHOP_API}/product-detail/{ids['product']}")

    seen = [(call.provider, call.version, call.path, call.params) for call in sandbox.calls]
    assert seen == [
        ("winninghunter", "v1", "shop-detail/total", {"id": ids["shop"], "period": "7"}),
        ("winninghunter", "v2", "videos/metrics", {"id": ids["video"], "period": "1"}),
        ("winninghunter", "v1", "product-detail", {"id": ids["product"]}),
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_what_the_document_prints_is_answered_as_printed(document: Path, wh):
    printed = json.loads(document.read_text("utf-8"))
    answer = wh.request(printed["method"], printed["path"], json=printed["body"])

    assert answer.status_code == 200
    assert json.dumps(answer.json()) == json.dumps(printed["answer"])


def test_all_printed_answers_are_there():
    assert len(DOCUMENTS) == 10


def test_the_printed_list_has_no_second_page(wh):
    told = post(wh, "shop-detail/product/queryList", id="7493920192384910", page=2)

    assert told == {"success": True, "data": [], "page": 2, "total": 84}


@pytest.mark.parametrize(
    "path",
    [
        "shop-detail",
        "shop-detail/total",
        "shop-detail/product/queryList",
        "product-detail/total",
        "product-detail/history",
        "creator-detail/total",
        "creator-detail/searchProducts",
    ],
)
def test_what_is_unknown_is_nothing_empty_or_a_404(path: str, wh, switch: Switch):
    assert post(wh, path, id="7000") == {"success": True, "data": None}
    switch(winninghunter_unknown="empty")
    assert post(wh, path, id="7000")["data"] in ({}, [])
    switch(winninghunter_unknown="404")
    answer = wh.post(f"{SHOP_API}/{path}", json={"id": "7000"})
    assert (answer.status_code, answer.json()["error"]) in ((404, f"{kind} not found") for kind in KINDS)


def test_an_unknown_video_or_product_page_is_nothing(wh):
    for url in ("/api/v2/videos/7000", "/api/v2/videos/7000/metrics", f"{SHOP_API}/product-detail/7000"):
        assert wh.get(url).json() == {"success": True, "data": None}


def test_a_shop_is_not_known_in_another_market(wh, ids):
    assert post(wh, "shop-detail", id=ids["shop"], country="SG")["data"]["id"] == ids["shop"]
    assert post(wh, "shop-detail", id=ids["shop"], country="US")["data"] is None


def test_totals_may_be_written_as_short_text(wh, ids, switch: Switch):
    plain = post(wh, "shop-detail/total", id=ids["shop"], period=90)["data"]
    switch(winninghunter_text=True)
    told = post(wh, "shop-detail/total", id=ids["shop"], period=90)["data"]

    assert told["revenue"].startswith("$")
    assert {letter for letter in told["revenue"] if letter.isalpha()} <= {"k", "m"}
    for name, sign in (("revenue", "$"), ("sales", ""), ("avg_price", "$")):
        number = told[name].removeprefix(sign)
        scale = {"k": 1e3, "m": 1e6}.get(number[-1], 1)
        assert float(number.rstrip("km")) * scale == pytest.approx(plain[name], rel=0.005)
    assert (told["conversion_rate"], told["period"]) == (plain["conversion_rate"], 90)


# Failures


@pytest.mark.parametrize(
    "path", ["shop-detail/", "Shop-detail", "shop-detail/product/querylist", "shop-detail/history"]
)
def test_a_path_that_is_misspelt_or_closed_is_unknown(path: str, wh, ids):
    answer = wh.post(f"{SHOP_API}/{path}", json={"id": ids["shop"]})

    assert (answer.status_code, answer.json()) == (404, UNKNOWN_PATH)


@pytest.mark.parametrize(
    ("verb", "url"),
    [("GET", f"{SHOP_API}/shop-detail"), ("POST", f"{SHOP_API}/product-detail/1"), ("POST", "/api/v2/videos/1")],
)
def test_another_verb_meets_a_page_and_no_json(verb: str, url: str, wh):
    answer = wh.request(verb, url)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_path_beside_the_shop_meets_a_page_too(wh):
    assert wh.get("/api/v1/nothing").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("period", [0, 15, 60, -1, "30d", "month", 7.5])
def test_a_period_that_is_none_is_refused(period: object, wh, ids):
    answer = wh.post(f"{SHOP_API}/shop-detail/total", json={"id": ids["shop"], "period": period})

    assert (answer.status_code, answer.json()["success"], answer.json()["error"]) == (400, False, "Invalid period")


def test_a_period_out_of_reach_names_those_within(wh, ids):
    answer = wh.get(f"/api/v2/videos/{ids['video']}/metrics", params={"period": 90})

    assert (answer.status_code, answer.json()["allowed_values"]) == (400, [1, 7, 30])
    assert wh.post(f"{SHOP_API}/products/explore", json={"period": 1}).json()["allowed_values"] == ["7d", "30d", "90d"]


def test_an_id_is_read_from_a_json_body_alone(wh, ids):
    url = f"{SHOP_API}/shop-detail"
    wanted = (400, {"success": False, "error": "id is required"})
    wrong: list[dict[str, Any]] = [
        {"params": {"id": ids["shop"]}},
        {"content": json.dumps({"id": ids["shop"]})},
        {"json": {}},
    ]

    for sent in wrong:
        answer = wh.post(url, **sent)
        assert (answer.status_code, answer.json()) == wanted


@pytest.mark.parametrize("text", ["{", "[1]", '"id"'])
def test_a_body_that_is_no_object_is_refused(text: str, wh):
    answer = wh.post(f"{SHOP_API}/shop-detail", content=text, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["success"]) == (400, False)


def test_names_of_the_translated_page_are_not_read(wh, ids):
    plain = post(wh, "shop-detail/product/queryList", id=ids["shop"])
    translated = {"pays": "FR", "période": 7, "limite": 1, "trier": "price", "commande": "asc"}

    assert post(wh, "shop-detail/product/queryList", id=ids["shop"], **translated) == plain
    assert post(wh, "shop-detail/product/queryList", id=ids["shop"], sort="price", order="asc", period=7) != plain
    refused = wh.post(
        f"{SHOP_API}/shop-detail/product/queryList", json={"id": ids["shop"], "sort": "chiffre d'affaires"}
    )
    assert (refused.status_code, refused.json()) == (400, {"success": False, "error": "Invalid sort"})


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("bad_request", 400, "Invalid entity type"),
        ("bad_parameter", 400, "Invalid period"),
        ("auth", 401, "Unauthorized"),
        ("forbidden", 403, "WinningHunter Basic plan or higher required"),
        ("not_found", 404, "Unknown TikTok Shop endpoint"),
        ("rate", 429, "Rate limit exceeded. Max 60 requests per minute."),
        ("quota", 429, "Monthly credit limit reached (20000). Resets next month."),
        ("error", 500, "Internal server error"),
        ("error_in_200", 200, "Internal server error"),
        ("rate_in_200", 200, "Rate limit exceeded. Max 60 requests per minute."),
    ],
)
def test_a_failure_is_told_in_the_documents_words(fault: str, status: int, error: str, wh, sandbox: SandboxServer):
    sandbox.fail("shop-detail", fault, provider="winninghunter", parameter="period")
    answer = wh.post(f"{SHOP_API}/shop-detail", json={"id": "1"})

    assert (answer.status_code, answer.json()) == (status, {"success": False, "error": error})


def test_an_emptied_answer_keeps_its_shape(wh, ids, sandbox: SandboxServer):
    sandbox.fail("*", "empty", provider="winninghunter")

    assert post(wh, "shop-detail", id=ids["shop"]) == {"success": True, "data": None}
    told = post(wh, "shop-detail/product/queryList", id=ids["shop"])
    assert told == {"success": True, "data": [], "page": 1, "total": 0}
    suggested = wh.get(f"{SHOP_API}/suggestions", params={"type": "shops", "q": "a"}).json()
    assert suggested == {"success": True, "suggestions": []}


# Credits and the two 429


def test_every_answer_costs_one_credit_whatever_its_rows(wh, ids):
    assert used(wh) == 0
    post(wh, "shop-detail/product/queryList", id=ids["shop"], limit=50)
    post(wh, "shop-detail", id="7000")
    wh.get(f"{SHOP_API}/suggestions", params={"type": "shops", "q": ""})

    assert used(wh) == 1 + 3  # with the balance asked before
    assert wh.get(f"{SHOP_API}/credits").json()["credits"] == {"used": 6, "limit": 20000, "remaining": 19994}


def test_what_is_refused_is_free_or_refunded_and_a_bad_argument_is_not(wh, ids, sandbox: SandboxServer):
    for fault in ("auth", "forbidden", "rate", "quota", "error"):
        sandbox.fail("shop-detail", fault, times=1, provider="winninghunter")
        wh.post(f"{SHOP_API}/shop-detail", json={"id": ids["shop"]})
    wh.get(f"{SHOP_API}/no-such-path")
    httpx.get(f"{sandbox.winninghunter_url}{SHOP_API}/credits")
    assert used(wh) == 0

    wh.post(f"{SHOP_API}/shop-detail/total", json={"id": ids["shop"], "period": 2})
    assert used(wh) == 2


def test_without_credits_the_month_is_over(wh, ids, switch: Switch):
    switch(winninghunter_credits=2)
    answers = [wh.post(f"{SHOP_API}/shop-detail", json={"id": ids["shop"]}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    error = "Monthly credit limit reached (2). Resets next month."
    assert answers[3].json() == {"success": False, "error": error}
    switch(winninghunter_credits=2, winninghunter_credits_told=True)
    told = wh.get(f"{SHOP_API}/credits").json()
    assert told == {"success": False, "error": error, "credits": {"used": 2, "limit": 2, "remaining": 0}}


def test_credits_are_back_when_the_month_changes():
    now = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    with SandboxServer(clock=lambda: now, api_key="other", winninghunter_credits=1) as server:
        url, key = f"{server.winninghunter_url}{SHOP_API}/credits", {"x-api-key": "other"}
        assert [httpx.get(url, headers=key).status_code for _ in range(2)] == [200, 429]
        now = datetime(2026, 4, 1, tzinfo=UTC)
        assert httpx.get(url, headers=key).json()["credits"]["used"] == 1


def test_a_minute_has_so_many_calls(wh, ids, switch: Switch, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch):
    switch(winninghunter_per_minute=3)
    now = 1000.0
    monkeypatch.setattr("sandbox.winninghunter.meter.monotonic", lambda: now)
    httpx.get(f"{sandbox.winninghunter_url}{SHOP_API}/credits")
    for fault in ("forbidden", "error"):
        sandbox.fail("shop-detail", fault, times=1, provider="winninghunter")
    assert wh.post(f"{SHOP_API}/shop-detail", json={"id": ids["shop"]}).status_code == 403

    answers = [wh.post(f"{SHOP_API}/shop-detail", json={"id": ids["shop"]}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [500, 200, 200, 429, 429]
    error = "Rate limit exceeded. Max 3 requests per minute."
    assert answers[4].json() == {"success": False, "error": error}
    now += 59
    assert wh.get(f"{SHOP_API}/credits").status_code == 429
    now += 2
    assert wh.get(f"{SHOP_API}/credits").json()["credits"]["used"] == 3


def test_the_rate_comes_before_the_credits(wh, switch: Switch):
    switch(winninghunter_per_minute=2, winninghunter_credits=1)
    errors = [wh.get(f"{SHOP_API}/credits").json().get("error", "")[:7] for _ in range(3)]

    assert errors == ["", "Monthly", "Rate li"]


# Pages, orders and filters


def test_pages_make_the_whole_list_and_tell_its_size(wh, sandbox: SandboxServer):
    seller = next(each for each in sandbox.world.sellers_in("SG") if each.number == 0)
    whole = post(wh, "shop-detail/product/queryList", id=seller.id)
    pages = [post(wh, "shop-detail/product/queryList", id=seller.id, page=page, limit=8) for page in (1, 2, 3, 4)]

    assert len(whole["data"]) == 20
    assert [row for told in pages for row in told["data"]] == whole["data"]
    assert [len(told["data"]) for told in pages] == [8, 8, 4, 0]
    assert [(told["page"], told["total"]) for told in pages] == [(page, 20) for page in (1, 2, 3, 4)]


def test_a_page_has_twenty_rows_and_never_more_than_fifty(wh):
    assert len(post(wh, "products/explore", country="SG")["data"]) == 20
    assert len(post(wh, "products/explore", country="SG", limit=200)["data"]) == 50


@pytest.mark.parametrize("column", ["revenue", "sales", "price"])
@pytest.mark.parametrize("period", [7, 90])
def test_a_shops_products_are_sorted_both_ways(column: str, period: int, wh, sandbox: SandboxServer):
    seller = next(each for each in sandbox.world.sellers_in("SG") if each.number == 1)
    for order, sign in (("asc", 1), ("desc", -1)):
        ask = {"id": seller.id, "sort": column, "order": order, "period": period}
        found = [row[column] for row in post(wh, "shop-detail/product/queryList", **ask)["data"]]
        assert found == sorted(found, key=lambda figure: sign * figure)
        assert len(set(found)) > 1


def test_explore_answers_both_verbs_and_counts_its_own_rows(wh):
    ask = {"country": "SG", "period": "7d", "limit": 30, "min_revenue": 100, "sort": "sold_count"}
    told = post(wh, "products/explore", **ask)

    assert wh.get(f"{SHOP_API}/products/explore", params=ask).json() == told
    assert (told["total"], {row["country"] for row in told["data"]}) == (30, {"SG"})
    assert all(row["revenue"] >= 100 for row in told["data"])
    assert all(before["sales"] >= after["sales"] for before, after in pairwise(told["data"]))


def test_explore_drops_what_says_nothing(wh):
    plain = post(wh, "products/explore", country="SG")

    assert post(wh, "products/explore", country="SG", name=None, period="", sort="undefined") == plain
    assert post(wh, "products/explore", country="SG", period=30) == plain
    assert post(wh, "products/explore", country="SG", period="7d") != plain
    assert post(wh, "products/explore", country="XX")["data"] == []


def test_explore_filters_by_the_providers_own_categories(wh, sandbox: SandboxServer):
    (category,) = wh.get(f"{SHOP_API}/suggestions", params={"type": "categories", "q": "face serums"}).json()[
        "suggestions"
    ]
    known = next(each for each in CATEGORIES.values() if each.name == "Face Serums")
    found = post(wh, "products/explore", country="SG", category_l3_id=category["id"], limit=50)["data"]
    assert post(wh, "products/explore", country="SG", category_l3_id=known.id)["data"] == []
    others = post(wh, "products/explore", country="SG", exclude_category_ids=category["id"], limit=50)["data"]

    assert found
    for rows, there in ((found, True), (others, False)):
        products = [sandbox.world.product(row["id"]) for row in rows]
        assert all(made and (made.categories[2].name == "Face Serums") == there for made in products)


@pytest.mark.parametrize("kind", ["categories", "shops", "creators", "products", "videos"])
def test_suggestions_hold_what_is_typed(kind: str, wh):
    ask = {"type": kind, "country": "SG", "q": "Or", "limit": 7}
    found = wh.get(f"{SHOP_API}/suggestions", params=ask).json()["suggestions"]

    assert 0 < len(found) <= 7
    assert all(set(row) == {"id", "name"} and "or" in row["name"].lower() for row in found)
    assert wh.get(f"{SHOP_API}/suggestions", params={**ask, "q": "oR"}).json()["suggestions"] == found
    assert wh.get(f"{SHOP_API}/suggestions", params={**ask, "q": ""}).json()["suggestions"] == []


def test_suggestions_are_twenty_at_most_and_best_sellers_first(wh):
    ask = {"type": "products", "country": "SG", "q": "o", "limit": 90}
    found = wh.get(f"{SHOP_API}/suggestions", params=ask).json()["suggestions"]
    sold = [post(wh, "product-detail/total", id=row["id"])["data"]["revenue"] for row in found]

    assert len(found) == 20
    assert sold == sorted(sold, reverse=True)


def test_suggestions_of_no_kind_are_refused(wh):
    for kind in ("lives", ""):
        answer = wh.get(f"{SHOP_API}/suggestions", params={"type": kind, "q": "a"})
        assert (answer.status_code, answer.json()) == (400, {"success": False, "error": "Invalid entity type"})
