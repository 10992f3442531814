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
CORE = SHARED
SELLER = """seller_id seller_name seller_link region category_{,l2_,l3_}id from_flag rating cover_url spu_avg_price
product_category_list most_product_category_list total_{,crawl_}product_cnt total_{ifl,video,live}_cnt
total_sale_{,1d_,7d_,30d_,90d_}cnt total_sale_gmv_{,1d_,7d_,30d_,90d_}amt sales_trend_flag sales_flag first_crawl_dt
user_id"""
SELLER_DETAIL = f"{SELLER} {{review,followers,video}}_count {{positive_feedback,response}}_rate"
SELLER_TREND = """dt seller_id user_id total_{,crawl_}product_cnt total_sale_{,1d_}cnt total_sale_gmv_{,1d_}amt
total_{video,live}_{,ifl_}cnt"""
SELLER_RANK = """seller_id seller_name user_id cover_url from_flag region rating category_{,l2_,l3_}id
most_product_category_list total_{sale,ifl,video,live,product}_cnt total_sale_gmv_amt"""
SELLER_INFLUENCERS = """seller_id user_id unique_id nick_name avatar region total_{followers,following,digg}_cnt
total_sale_cnt total_sale_gmv_amt"""
SELLER_VIDEOS = """seller_id video_id video_desc create_time region reflow_cover user_id nick_name avatar
total_{views,digg,comments,shares}_cnt total_video_sale_cnt total_video_sale_gmv_amt"""
SELLER_LIVES = """room_id seller_id user_id nick_name avatar title cover_url region {create,finish}_time duration
max_views_cnt total_{views,joins,sale}_cnt total_sale_gmv_amt"""
INFLUENCER = """user_id unique_id nick_name avatar region language gender category ec_score signature contact_email
seller_id show_case_flag sales_flag first_crawl_dt off_mark total_{followers,digg}_{,1d_,7d_,30d_,90d_}cnt
total_{views,comments,shares,following,post_video,live}_cnt interaction_rate total_product_{,30d_}cnt total_sale_cnt
total_sale_gmv_{,30d_}amt total_live_sale_gmv_30d_amt total_video_product_30d_cnt total_video_sale_30d_cnt
total_video_sale_gmv_30d_amt avg_30d_price most_category_product per_video_product_views_avg_7d_cnt
influencer_video_{duration_level,publish_hour,publish_week} most_views_video total_likes_cnt
{per_views_avg_30d,per_video_product_views_avg_30d}_cnt product_category_list"""
INFLUENCER_TREND = """dt user_id total_{followers,digg}_{,1d_}cnt total_{views,comments,shares,post_video,live}_cnt
total_sale_1d_cnt total_sale_gmv_1d_amt"""
INFLUENCER_RANK = """user_id unique_id nick_name avatar category region ec_score sales_flag product_category_list
total_{followers,digg,post_video,live,product,sale}_{,history_}cnt total_sale_gmv_{,history_}amt
most_category_{,l2_,l3_}id"""
INFLUENCER_PRODUCTS = """product_id product_name cover_url category_id spu_avg_price total_sale_cnt total_sale_gmv_amt
total_{video,live}_{,sale_}cnt total_{video,live}_sale_gmv_amt user_id"""
INFLUENCER_LIVES = """room_id user_id nick_name title cover_url region {create,finish}_time duration
total_{views,digg,comments,joins,product,followers,sale}_cnt total_sale_gmv_amt"""
VIDEO_BASE = """video_id video_desc create_time duration region reflow_cover ratio {width,height} data_size user_id
unique_id sales_flag created_by_ai is_ad video_products total_{views,digg}_{,1d_,7d_,30d_}cnt
total_{comments,shares,favorites}_cnt total_video_sale_cnt total_video_sale_gmv_amt"""
VIDEO = f"{VIDEO_BASE} avatar product_category_list"
VIDEO_TREND = """dt video_id total_{views,digg,comments,shares,favorites}_cnt total_video_sale_cnt
total_video_sale_gmv_amt"""
VIDEO_RANK = """video_id video_desc create_time duration region reflow_cover user_id unique_id nick_name avatar
category sales_flag created_by_ai video_products product_category_list total_video_sale_cnt total_video_sale_gmv_amt
total_{views,digg,comments,shares,favorites}_{,history_}cnt"""
LIVE = """room_id user_id unique_id nick_name title region live_{status,type} {create,finish}_time duration
{cover_url,avatar} {max_views,total_views,total_product,total_active_product}_cnt total_followers_growth_cnt
followers_growth_rate total_sale_cnt total_sale_gmv_amt spu_avg_price live_sale_top3_product gpm
product_category_gmv_distribution per_live_sale_gmv_30d_amt total_live_30d_cnt"""
CATEGORY = "category_{id,level,name} language parent_id"
FOUND_INFLUENCER = """user_id unique_id nick_name avatar region category contact_email influencer_level highlight
total_{followers,views,digg,sale,product,post_video,live,live_views}_cnt total_sale_gmv_amt"""
FOUND_PRODUCT = """product_id product_name cover_url category_id spu_avg_price total_sale_{,7d_}cnt
total_sale_gmv_{,7d_}amt total_{ifl,video}_cnt"""
FOUND_SELLER = """seller_id seller_name region cover_url rating most_product_category_list
total_{product,sale,ifl,video,live}_cnt total_sale_gmv_amt"""
DAYS: dict[str, object] = {"start_date": "2026-03-01", "end_date": "2026-03-18"}
RANKED: dict[str, object] = {"region": "US", "date": "2026-03-17", "rank_type": 1, "product_rank_field": 1}
OF_PRODUCT: dict[str, object] = {}
FOUND: dict[str, object] = {"sk": "storage boxes", "region": "US", "size": 10}
THAI: dict[str, object] = {"language": "th-TH"}
SMALL: dict[str, object] = {"region": "SG"}
SMALL_RANKED: dict[str, object] = RANKED | SMALL
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
    "v3/seller/list": (SELLER, SMALL),
    "v3/seller/trend": (SELLER_TREND, DAYS),
    "v3/seller/detail": (SELLER_DETAIL, {}),
    "v3/seller/product/list": (CORE, {}),
    "v3/seller/influencer/list": (SELLER_INFLUENCERS, {}),
    "v3/seller/video/list": (SELLER_VIDEOS, {}),
    "v3/seller/live/list": (SELLER_LIVES, {}),
    "v3/seller/ranklist": (SELLER_RANK, SMALL_RANKED | {"seller_rank_field": 1}),
    "v3/influencer/list": (INFLUENCER, SMALL),
    "v3/influencer/trend": (INFLUENCER_TREND, DAYS),
    "v3/influencer/detail": (INFLUENCER, {}),
    "v3/influencer/video/list": (VIDEO_BASE, {}),
    "v3/influencer/live/list": (INFLUENCER_LIVES, {}),
    "v3/influencer/product/list": (INFLUENCER_PRODUCTS, {}),
    "v3/influencer/ranklist": (INFLUENCER_RANK, SMALL_RANKED | {"influencer_rank_field": 1}),
    "v3/video/list": (VIDEO, SMALL),
    "v3/video/trend": (VIDEO_TREND, DAYS),
    "v3/video/detail": (VIDEO, {}),
    "v3/video/product/list": (VIDEOS, {}),
    "v3/video/ranklist": (VIDEO_RANK, SMALL_RANKED | {"video_rank_field": 1}),
    "v3/live/list": (LIVE, {}),
    "v3/live/detail": (LIVE, {}),
    "v3/category/l1": (CATEGORY, THAI),
    "v3/category/l2": (CATEGORY, THAI),
    "v3/category/l3": (CATEGORY, THAI),
}
SEARCHED = {1: FOUND_INFLUENCER, 2: FOUND_PRODUCT, 3: FOUND_SELLER, 4: VIDEO_BASE, 5: LIVE}
COUNTED = {"seller/list": 32, "video/list": 31, "video/product/list": 21}


def expanded(names: str) -> set[str]:
    """The notation of the catalog: "{min,max}_price" is two names."""
    return {"".join(parts) for name in names.split() for parts in combinations(*_alternatives(name))}


def _alternatives(name: str) -> list[list[str]]:
    return [part.split(",") if odd else [part] for odd, part in _parts(name)]


def _parts(name: str) -> list[tuple[bool, str]]:
    return [(place % 2 == 1, part) for place, part in enumerate(re.split(r"\{([^}]*)\}", name))]


def test_the_reference_counts_84_columns_in_v2_101_in_v3_detail_and_106_in_v3_list():
    assert [len(expanded(names)) for names in (SHARED, V3_DETAIL, V3_LIST)] == [84, 101, 106]


@pytest.mark.parametrize(("path", "count"), COUNTED.items())
def test_the_reference_counts_the_columns_of_other_rows(path: str, count: int):
    assert len(expanded(ROUTES[f"v3/{path}"][0])) == count


@pytest.mark.parametrize("path", ROUTES)
def test_rows_have_the_columns_of_the_reference(path: str, rows, subjects: dict[str, str]):
    names, params = ROUTES[path]

    found = rows(path, **(params if "region" in params else subjects | params))

    assert found
    assert all(row.keys() == expanded(names) for row in found)


@pytest.mark.parametrize(("kind", "names"), SEARCHED.items())
def test_search_rows_have_the_columns_of_their_kind(kind: int, names: str, get):
    words = {1: "mia", 3: "nestwell"}.get(kind, FOUND["sk"])
    body = get("v3/search/items", **(FOUND | {"type": kind, "sk": words}))

    assert (body["code"], body["message"]) == (0, "ok")
    assert body["data"]
    assert all(row.keys() == expanded(names) for row in body["data"])


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
