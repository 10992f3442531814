"""What will not do is refused inside a 200, naming the parameter; who is not known is refused with 401."""

import httpx
import pytest

from sandbox import SandboxServer

RANKED = {"region": "US", "date": "2026-03-17", "rank_type": 1, "product_rank_field": 1}
DAYS = {"product_id": "1", "start_date": "2026-03-01", "end_date": "2026-03-17"}
MANY = ",".join(map(str, range(11)))
REFUSED = [
    ("v3/product/list", {"region": "US", "page_size": 11}, "page_size max is 10"),
    ("v2/product/list", {"region": "US", "page_size": 11}, "page_size max is 10"),
    ("v3/product/list", {"region": "US", "page_num": 0}, "page_num must be greater than or equal to 1"),
    ("v3/product/list", {"region": "US", "page_num": 100_001}, "page_num max is 100000"),
    ("v3/product/list", {"region": "US", "page_num": ""}, "page_num is required"),
    ("v3/product/list", {}, "region is required"),
    ("v3/product/list", {"region": "XX"}, "region XX is not supported"),
    ("v2/product/list", {"region": "DE"}, "region DE is not supported"),
    ("v3/product/list", {"region": "US", "min_review_count": "many"}, "min_review_count must be of type integer"),
    (
        "v3/product/list",
        {"region": "US", "product_sort_field": 8},
        "product_sort_field must be less than or equal to 7",
    ),
    ("v3/product/detail", {}, "product_ids is required"),
    ("v3/product/detail", {"product_ids": MANY}, "product_ids max is 10"),
    ("v3/batch/cover/download", {"cover_urls": MANY}, "cover_urls max is 10"),
    ("v3/product/influencer/list", {}, "product_id is required"),
    ("v2/product/live/list", {"product_id": "1", "product_live_sort_field": 5}, "less than or equal to 4"),
    ("v3/product/ranklist", RANKED | {"product_rank_field": 3}, "product_rank_field must be less than or equal to 2"),
    ("v3/product/ranklist", RANKED | {"rank_type": 0}, "rank_type must be greater than or equal to 1"),
    ("v3/product/ranklist", RANKED | {"date": "2026-13-01"}, "date must be a date, yyyy-MM-dd"),
    ("v3/product/trend", DAYS | {"start_date": "2025-09-18"}, "start_date must be within 180 days"),
    ("v3/product/trend", DAYS | {"end_date": "soon"}, "end_date must be a date, yyyy-MM-dd"),
    ("v2/rt/product/detail", {"product_id": "1"}, "region is required"),
    ("v3/seller/list", {}, "region is required"),
    ("v3/seller/list", {"region": "US", "seller_sort_field": 4}, "seller_sort_field must be less than or equal to 3"),
    ("v3/seller/detail", {}, "seller_id is required"),
    ("v3/seller/trend", DAYS, "seller_id is required"),
    ("v3/seller/ranklist", RANKED, "seller_rank_field is required"),
    ("v3/influencer/list", {"region": "US", "page_num": 10_001}, "page_num max is 10000"),
    ("v3/influencer/detail", {"user_ids": MANY}, "user_ids max is 10"),
    ("v3/influencer/detail", {"unique_ids": MANY}, "unique_ids max is 10"),
    ("v3/influencer/live/list", {}, "user_id is required"),
    ("v3/influencer/ranklist", RANKED | {"influencer_rank_field": 3}, "influencer_rank_field must be less than"),
    ("v3/video/list", {"region": "US", "created_by_ai": "1"}, "created_by_ai 1 is not supported"),
    ("v3/video/detail", {"video_ids": MANY}, "video_ids max is 10"),
    ("v3/video/trend", DAYS | {"video_id": "1", "start_date": "2025-09-18"}, "start_date must be within 180 days"),
    ("v3/live/detail", {"room_ids": MANY}, "room_ids max is 10"),
    ("v3/category/l1", {}, "language is required"),
    ("v3/category/l1", {"language": "de-DE"}, "language de-DE is not supported"),
    ("v3/search/items", {"sk": "x", "type": 6, "size": 30}, "type must be less than or equal to 5"),
    ("v3/search/items", {"sk": "x", "type": 1, "size": 31}, "size must be less than or equal to 30"),
    ("v3/search/items", {"type": 1, "size": 30}, "sk is required"),
    ("v3/realtime/product/comment", {"product_id": "1", "region": "US"}, "offset is required"),
]


@pytest.mark.parametrize(("path", "params", "message"), REFUSED)
def test_a_refusal_names_the_parameter(path, params, message, get, sandbox: SandboxServer):
    body = get(path, **params)

    assert (body["code"], body["data"]) == (500, None)
    assert message in body["message"]
    assert (sandbox.calls[-1].status, sandbox.calls[-1].code) == (200, 500)


def test_paging_has_defaults_in_v2_and_none_in_v3(client: httpx.Client):
    assert len(client.get("/v2/product/list", params={"region": "US"}).json()["data"]) == 10
    assert client.get("/v3/echotik/product/list", params={"region": "US"}).json()["message"] == "page_num is required"


def test_v2_serves_twelve_regions_and_v3_seventeen(get):
    regions = ["US", "GB", "ID", "TH", "PH", "MY", "VN", "SG", "MX", "BR", "SA", "ES", "DE", "FR", "IT", "IE", "JP"]

    served = {
        version: [r for r in regions if not get(f"{version}/product/list", region=r, page_size=1)["code"]]
        for version in ("v2", "v3")
    }

    assert served == {"v2": regions[:12], "v3": regions}


def test_unknown_parameters_are_ignored_and_recorded(rows, sandbox: SandboxServer):
    assert rows("v2/product/list", region="US", is_hot=1) == rows("v2/product/list", region="US")
    assert sandbox.calls[0].params["is_hot"] == "1"


def test_v3_knows_no_keyword(rows):
    assert rows("v3/product/list", region="US", keyword="nothing is called so") == rows("v3/product/list", region="US")


@pytest.mark.parametrize("auth", [None, ("sandbox", "wrong"), ("other", "sandbox")])
@pytest.mark.parametrize("path", ["/v2/product/list", "/v3/echotik/product/list", "/v3/realtime/product/detail"])
def test_who_is_not_known_gets_401(path: str, auth, sandbox: SandboxServer):
    answer = httpx.get(f"{sandbox.url}{path}", params={"region": "US"}, auth=auth)

    assert (answer.status_code, answer.json()["code"]) == (401, 401)
    assert sandbox.calls[-1].status == 401


def test_an_unknown_path_is_404_and_recorded(client: httpx.Client, sandbox: SandboxServer):
    assert client.get("/v3/echotik/product/nothing").status_code == 404
    assert (sandbox.calls[-1].path, sandbox.calls[-1].status) == ("v3/echotik/product/nothing", 404)


def test_a_repeated_parameter_counts_as_joined(client: httpx.Client, sandbox: SandboxServer):
    ids = sandbox.product_ids(n=3)

    answer = client.get("/v2/product/detail", params={"product_ids": ids})

    assert {row["product_id"] for row in answer.json()["data"]} == set(ids)
    assert sandbox.ids_asked("product/detail") == [ids]
