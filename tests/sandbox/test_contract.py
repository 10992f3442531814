"""Each route's columns, by name, are those of the provider's reference."""

import re
from itertools import product as combinations

import pytest

from sandbox import SandboxServer

SHARED = """product_id product_name region seller_id category_{,l2_,l3_}id cover_url skus sale_props desc_detail
spu_avg_price {min,max}_price product_commission_rate product_rating review_count free_shipping is_s_shop discount
first_crawl_dt off_mark sales_flag sales_trend_flag total_sale_gmv_{,1d_,7d_,15d_,30d_,60d_,90d_}amt
total_ifl_{live,video}_{1,7,15,30,60,90}d_cnt total_live_{,1d_,7d_,15d_,30d_,60d_,90d_}cnt
total_live_sale_{1,7,15,30,60,90}d_cnt total_live_sale_gmv_{1,7,15,30,60,90}d_amt
total_sale_{,1d_,7d_,15d_,30d_,60d_,90d_}cnt total_video_{,1d_,7d_,15d_,30d_,60d_,90d_}cnt
total_views_{,1d_,7d_,15d_,30d_,60d_,90d_}cnt total_ifl_cnt"""
V3_DETAIL = f"""{SHARED} specification total_live_sale_cnt total_live_sale_gmv_amt
total_video_sale_{{,1d_,7d_,15d_,30d_,60d_,90d_}}cnt total_video_sale_gmv_{{,1d_,7d_,15d_,30d_,60d_,90d_}}amt"""
V3_LIST = f"{V3_DETAIL} is_hot from_flag shop_type shipping_price last_crawl_dt"
TREND = "dt product_id spu_avg_price total_sale_{,1d_}cnt total_{ifl,video,live}_cnt total_sale_gmv_{,1d_}amt"
INFLUENCERS = """product_id user_id nick_name avatar category region per_product_ifl_{sale_cnt,gmv_amt}
total_{followers,following,digg,views,post_video,live,live_views}_cnt"""
VIDEOS = """product_id video_id user_id video_desc hash_tag create_time ratio {width,height} data_size region duration
reflow_cover play_addr total_{views,digg,comments,shares,favorites}_cnt total_video_sale_cnt total_video_sale_gmv_amt"""
LIVES = """room_id product_id user_id category_id region cover_url {max_views,total_views,total_product}_cnt
total_sale_cnt spu_avg_price create_time total_sale_gmv_amt"""
RANK = """product_id product_name region category_id {min,max}_price spu_avg_price product_commission_rate
total_sale_cnt total_sale_gmv_amt total_{ifl,live,video}_cnt"""
DAYS: dict[str, object] = {"start_date": "2026-03-01", "end_date": "2026-03-18"}
RANKED: dict[str, object] = {"region": "US", "date": "2026-03-17", "rank_type": 1, "product_rank_field": 1}
OF_PRODUCT: dict[str, object] = {}
ROUTES: dict[str, tuple[str, dict[str, object]]] = {
    "v2/product/list": (SHARED, {"region": "US"}),
    "v2/product/trend": (TREND, DAYS),
    "v2/product/influencer/list": (INFLUENCERS, OF_PRODUCT),
    "v2/product/video/list": (VIDEOS, OF_PRODUCT),
    "v2/product/live/list": (LIVES, OF_PRODUCT),
    "v2/product/ranklist": (RANK, RANKED),
    "v2/product/ranklist/new": (RANK, {"region": "US", "date": "2026-03-17"}),
    "v3/product/list": (V3_LIST, {"region": "US"}),
    "v3/product/trend": (TREND, DAYS),
    "v3/product/comment": (
        "review_id display_text rating review_timestamp product_id sku_id sku_specification",
        OF_PRODUCT,
    ),
    "v3/product/influencer/list": (INFLUENCERS, OF_PRODUCT),
    "v3/product/video/list": (VIDEOS, OF_PRODUCT),
    "v3/product/live/list": (f"{LIVES} {{product_name,seller_name}} seller_id live_type", OF_PRODUCT),
    "v3/product/ranklist": (f"{RANK} category_l2_id category_l3_id", RANKED),
}


def expanded(names: str) -> set[str]:
    """The notation of the catalog: "{min,max}_price" is two names."""
    return {"".join(parts) for name in names.split() for parts in combinations(*_alternatives(name))}


def _alternatives(name: str) -> list[list[str]]:
    return [part.split(",") if odd else [part] for odd, part in _parts(name)]


def _parts(name: str) -> list[tuple[bool, str]]:
    return [(place % 2 == 1, part) for place, part in enumerate(re.split(r"\{([^}]*)\}", name))]


def test_the_reference_counts_84_columns_in_v2_101_in_v3_detail_and_106_in_v3_list():
    assert [len(expanded(names)) for names in (SHARED, V3_DETAIL, V3_LIST)] == [84, 101, 106]


@pytest.mark.parametrize("path", ROUTES)
def test_rows_have_the_columns_of_the_reference(path: str, rows, sandbox: SandboxServer):
    names, params = ROUTES[path]

    found = rows(path, **{"product_id": sandbox.product_ids()[0], **params})

    assert found
    assert all(row.keys() == expanded(names) for row in found)


@pytest.mark.parametrize(("version", "names"), [("v2", SHARED), ("v3", V3_DETAIL)])
def test_details_have_the_columns_of_the_reference(version: str, names: str, rows, sandbox: SandboxServer):
    found = rows(f"{version}/product/detail", product_ids=",".join(sandbox.product_ids(n=10)))

    assert len(found) == 10
    assert all(row.keys() == expanded(names) for row in found)


def test_offline_v3_has_a_request_id_and_v2_has_none(get):
    assert get("v2/product/list", region="US").keys() == {"code", "message", "data"}
    assert get("v3/product/list", region="US").keys() == {"code", "message", "data", "requestId"}


def test_v2_has_real_json_where_v3_has_json_text(rows, sandbox: SandboxServer):
    ids = ",".join(sandbox.product_ids(n=10))
    for name in ("cover_url", "skus", "sale_props"):
        assert all(isinstance(row[name], list) for row in rows("v2/product/detail", product_ids=ids))
        assert all(isinstance(row[name], str) for row in rows("v3/product/detail", product_ids=ids))
    assert all(isinstance(row["desc_detail"], str) for row in rows("v2/product/detail", product_ids=ids))


def test_first_seen_and_times_are_strings_in_v2_and_integers_in_v3(rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[0]
    kinds = {"v2": str, "v3": int}
    for version, kind in kinds.items():
        (row,) = rows(f"{version}/product/detail", product_ids=product_id)
        live = rows(f"{version}/product/live/list", product_id=product_id)[0]
        video = rows(f"{version}/product/video/list", product_id=product_id)[0]
        assert isinstance(row["first_crawl_dt"], kind)
        assert isinstance(live["create_time"], kind)
        assert isinstance(video["duration"], kind)
        assert isinstance(video["create_time"], str)


def test_v2_realtime_is_a_small_object_and_v3_the_state_of_a_page(get, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[0]
    small = get("v2/rt/product/detail", product_id=product_id, region="US")["data"]
    state = get("v3/realtime/product/detail", product_id=product_id, region="US")["data"]

    names = "product_id title desc_detail images sold_count price sale_props skus shipping_fee seller"
    assert small.keys() == expanded(names)
    assert state.keys() == {"layout", "shop/pdp/(product_name_slug$)/(product_id)/page"}
    assert sandbox.calls[-1].path == "realtime/product/detail"


def test_realtime_request_ids_are_texts_null_or_missing(get, sandbox: SandboxServer):
    bodies = [
        get("v3/realtime/product/detail", product_id=product_id, region="US")
        for product_id in sandbox.product_ids(n=40)
    ]

    kinds = {type(body["requestId"]) if "requestId" in body else None for body in bodies}
    assert kinds == {str, type(None), None}


def test_answers_are_compressed_for_those_who_take_it(client, sandbox: SandboxServer):
    params = {"region": "US", "page_num": 1, "page_size": 10}
    plain = client.get("/v3/echotik/product/list", params=params, headers={"accept-encoding": "identity"})
    packed = client.get("/v3/echotik/product/list", params=params)

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["data"] == plain.json()["data"]
