"""Every route of EchoTik that is emulated, with its parameters."""

import base64
from binascii import Error
from collections.abc import Callable
from hmac import compare_digest

from sandbox.echotik.catalog import CATEGORIES, ORDERS, RANGES, product_list
from sandbox.echotik.category import categories
from sandbox.echotik.cover import signed_covers
from sandbox.echotik.envelope import FAILURES, V2, V3, failure_body
from sandbox.echotik.influencer import influencers_of_product
from sandbox.echotik.influencer_catalog import ORDERS as INFLUENCER_ORDERS
from sandbox.echotik.influencer_catalog import RANGES as INFLUENCER_RANGES
from sandbox.echotik.influencer_catalog import influencer_list, influencer_ranking
from sandbox.echotik.influencer_lists import lives_of_influencer, products_of_influencer, videos_of_influencer
from sandbox.echotik.influencer_row import influencer_detail, influencer_trend
from sandbox.echotik.live import lives_of_product
from sandbox.echotik.live_row import live_detail, live_list, products_of_live
from sandbox.echotik.product import detail, trend
from sandbox.echotik.ranking import new_product_ranking, product_ranking
from sandbox.echotik.realtime import product_comments, product_id, product_v2, product_v3
from sandbox.echotik.review import reviews_of_product
from sandbox.echotik.search import search_items
from sandbox.echotik.seller import seller_detail, seller_list, seller_ranking, seller_trend
from sandbox.echotik.seller_lists import influencers_of_seller, lives_of_seller, products_of_seller, videos_of_seller
from sandbox.echotik.tiktok import captions, comments, download, influencer_now, live_now, video_now
from sandbox.echotik.video import videos_of_product
from sandbox.echotik.video_catalog import video_list, video_ranking
from sandbox.echotik.video_row import products_of_videos, video_detail, video_trend
from sandbox.parameter import Kind, Parameter
from sandbox.provider import Account, Provider
from sandbox.reply import Reply
from sandbox.route import Asked, Question, Route
from sandbox.world.market import REGIONS
from sandbox.world.translation import LANGUAGES

V2_REGIONS = ("US", "ID", "TH", "PH", "MY", "VN", "GB", "MX", "SG", "SA", "BR", "ES")
WHOLE = ("cnt", "count", "dt")  # endings of the columns whose ranges are whole numbers
MOST_PAGES = 100_000
MOST_IDS = 10


def text(name: str, *, required: bool = False) -> Parameter:
    return Parameter(name=name, required=required)


def code(name: str, most: int, *, least: int = 0, required: bool = False) -> Parameter:
    return Parameter(name=name, kind="integer", least=least, most=most, required=required)


def sort(name: str, most: int) -> tuple[Parameter, ...]:
    """A sort field, where 0 asks for no sort, and its direction: 0 ascending, 1 descending."""
    field = Parameter(name=name, kind="integer", least=1, most=most, lenient_zero=True)
    return field, code("sort_type", 1)


def day(name: str) -> Parameter:
    return Parameter(name=name, kind="day", required=True)


def batch(name: str, *, required: bool = True) -> Parameter:
    """Ids joined with commas, as many as a call takes."""
    return Parameter(name=name, kind="list", most=MOST_IDS, required=required)


def ranges(*names: str) -> tuple[Parameter, ...]:
    """min_ and max_ of each."""
    return tuple(_bound(f"{end}_{name}") for name in names for end in ("min", "max"))


def paging(*, defaults: bool, most: int = MOST_PAGES) -> tuple[Parameter, ...]:
    """v3 wants both; v2 documents what it takes them for."""
    number, size = (1, 10) if defaults else (None, None)
    required = not defaults
    return (
        Parameter(name="page_num", kind="integer", least=1, most=most, required=required, default=number),
        Parameter(name="page_size", kind="integer", least=1, most=10, required=required, default=size),
    )


def _bound(name: str) -> Parameter:
    kind: Kind = "integer" if name.endswith(WHOLE) or name.endswith(("time", "duration")) else "number"
    return Parameter(name=name, kind=kind)


PAGING = {V2: paging(defaults=True), V3: paging(defaults=False)}
FEWER_PAGES = paging(defaults=False, most=10_000)
REGION = {
    V2: Parameter(name="region", required=True, choices=V2_REGIONS),
    V3: Parameter(name="region", required=True, choices=REGIONS),
}
PRODUCT = text("product_id", required=True)
SELLER = text("seller_id", required=True)
USER = text("user_id", required=True)
VIDEO = text("video_id", required=True)
ROOM = text("room_id", required=True)
PRODUCT_CATEGORY = text("product_category_id")
LANGUAGE = Parameter(name="language", required=True, choices=LANGUAGES)
PARENT = text("parent_id")
DAYS = (day("start_date"), day("end_date"))
LEVELS = tuple(map(text, CATEGORIES))
PRODUCT_FILTERS = (
    *LEVELS,
    *ranges(*RANGES),
    code("sales_trend_flag", 2),
    code("is_s_shop", 1),
    code("free_shipping", 1),
    code("sales_flag", 2),
    *sort("product_sort_field", len(ORDERS)),
)
ORIGIN = code("from_flag", 2)
V3_FILTERS = (code("is_hot", 1), code("off_mark", 9), ORIGIN, code("shop_type", 1))
RANK = (day("date"), code("rank_type", 3, least=1, required=True))
PRODUCT_RANK = code("product_rank_field", 2, least=1, required=True)
SELLER_RANK = code("seller_rank_field", 2, least=1, required=True)
TIMES = ranges("create_time")
INFLUENCER_SORT = sort("product_influencer_sort_field", 7)
VIDEO_SORT = sort("product_video_sort_field", 6)


def v2(path: str, answer: Callable[[Question], Reply], *parameters: Parameter) -> Route:
    return Route(V2, path, "/api/v2/", parameters, answer)


def v3(path: str, answer: Callable[[Question], Reply], *parameters: Parameter) -> Route:
    return Route(V3, path, "/api/v3/echotik/", parameters, answer)


def realtime(path: str, answer: Callable[[Question], Reply], *parameters: Parameter) -> Route:
    return Route(V3, f"realtime/{path}", "/api/v3/", parameters, answer)


V2_ROUTES = (
    v2("product/list", product_list, REGION[V2], *PAGING[V2], text("keyword"), *PRODUCT_FILTERS),
    v2("product/detail", detail, batch("product_ids")),
    v2("product/trend", trend, PRODUCT, *DAYS, *PAGING[V2]),
    v2("product/influencer/list", influencers_of_product, PRODUCT, *INFLUENCER_SORT, *PAGING[V2]),
    v2("product/video/list", videos_of_product, PRODUCT, *VIDEO_SORT, *PAGING[V2]),
    v2("product/live/list", lives_of_product, PRODUCT, *sort("product_live_sort_field", 4), *PAGING[V2]),
    v2("product/ranklist", product_ranking, REGION[V2], *RANK, PRODUCT_RANK, text("category_id"), *PAGING[V2]),
    v2("product/ranklist/new", new_product_ranking, REGION[V2], day("date"), text("category_id"), *PAGING[V2]),
    v2("rt/product/detail", product_v2, PRODUCT, REGION[V2]),
)
PRODUCT_ROUTES = (
    v3("product/list", product_list, REGION[V3], *PAGING[V3], *PRODUCT_FILTERS, *V3_FILTERS),
    v3("product/detail", detail, batch("product_ids")),
    v3("product/trend", trend, PRODUCT, *DAYS, *PAGING[V3]),
    v3("product/comment", reviews_of_product, PRODUCT, code("min_rating", 5), code("max_rating", 5), *PAGING[V3]),
    v3("product/influencer/list", influencers_of_product, PRODUCT, *INFLUENCER_SORT, *PAGING[V3]),
    v3("product/video/list", videos_of_product, PRODUCT, text("user_id"), *TIMES, *VIDEO_SORT, *PAGING[V3]),
    v3("product/live/list", lives_of_product, PRODUCT, *TIMES, *sort("product_live_sort_field", 5), *PAGING[V3]),
    v3("product/ranklist", product_ranking, REGION[V3], *RANK, PRODUCT_RANK, *LEVELS, ORIGIN, *PAGING[V3]),
    v3("batch/cover/download", signed_covers, batch("cover_urls")),
)

SELLER_FLAGS = (ORIGIN, code("sales_flag", 2), code("sales_trend_flag", 2))
SELLER_ROUTES = (
    v3("seller/list", seller_list, REGION[V3], *PAGING[V3], *LEVELS, *SELLER_FLAGS, *sort("seller_sort_field", 3)),
    v3("seller/trend", seller_trend, SELLER, *DAYS, *PAGING[V3]),
    v3("seller/detail", seller_detail, SELLER),
    v3("seller/product/list", products_of_seller, SELLER, *sort("seller_product_sort_field", 5), *PAGING[V3]),
    v3("seller/influencer/list", influencers_of_seller, SELLER, *sort("seller_influencer_sort_field", 3), *PAGING[V3]),
    v3("seller/video/list", videos_of_seller, SELLER, *sort("seller_video_sort_field", 3), *PAGING[V3]),
    v3("seller/live/list", lives_of_seller, SELLER, *sort("seller_live_sort_field", 3), *PAGING[V3]),
    v3("seller/ranklist", seller_ranking, REGION[V3], *RANK, SELLER_RANK, *LEVELS, ORIGIN, *PAGING[V3]),
)
INFLUENCER_FILTERS = (
    PRODUCT_CATEGORY,
    text("influencer_category_name"),
    text("seller_id"),
    *ranges(*INFLUENCER_RANGES),
    text("gender"),
    text("influencer_language"),
    code("show_case_flag", 1),
    code("sales_flag", 4),
    *sort("influencer_sort_field_v2", len(INFLUENCER_ORDERS)),
)
INFLUENCER_ROUTES = (
    v3("influencer/list", influencer_list, REGION[V3], *FEWER_PAGES, *INFLUENCER_FILTERS),
    v3("influencer/trend", influencer_trend, USER, *DAYS, *PAGING[V3]),
    v3("influencer/detail", influencer_detail, batch("user_ids", required=False), batch("unique_ids", required=False)),
    v3(
        "influencer/video/list",
        videos_of_influencer,
        text("user_id"),
        text("unique_id"),
        text("product_id"),
        *sort("influencer_video_sort_field", 4),
        *PAGING[V3],
    ),
    v3("influencer/live/list", lives_of_influencer, USER, *PAGING[V3]),
    v3(
        "influencer/product/list",
        products_of_influencer,
        USER,
        text("category_id"),
        *sort("influencer_product_sort_field", 5),
        *PAGING[V3],
    ),
    v3(
        "influencer/ranklist",
        influencer_ranking,
        REGION[V3],
        *RANK,
        code("influencer_rank_field", 2, least=1, required=True),
        text("influencer_category_name"),
        PRODUCT_CATEGORY,
        *PAGING[V3],
    ),
)
MADE_BY_AI = Parameter(name="created_by_ai", choices=("true", "false"))
VIDEO_FILTERS = (
    text("user_id"),
    code("sales_flag", 1),
    MADE_BY_AI,
    code("is_ad", 1),
    PRODUCT_CATEGORY,
    text("product_id"),
    *TIMES,
    *ranges("duration", "total_views_cnt"),
    *sort("video_sort_field", 3),
)
VIDEO_ROUTES = (
    v3("video/list", video_list, REGION[V3], *PAGING[V3], *VIDEO_FILTERS),
    v3("video/trend", video_trend, VIDEO, *DAYS, *PAGING[V3]),
    v3("video/detail", video_detail, batch("video_ids")),
    v3("video/product/list", products_of_videos, Parameter(name="video_ids", kind="list", required=True), *PAGING[V3]),
    v3(
        "video/ranklist",
        video_ranking,
        REGION[V3],
        *RANK,
        code("video_rank_field", 2, least=1, required=True),
        PRODUCT_CATEGORY,
        MADE_BY_AI,
        *PAGING[V3],
    ),
)
CATEGORY_ROUTES = (
    v3("category/l1", categories(1), LANGUAGE),
    v3("category/l2", categories(2), LANGUAGE, PARENT),
    v3("category/l3", categories(3), LANGUAGE, PARENT),
)
LIVE_ROUTES = (
    v3("live/list", live_list, *PAGING[V3]),
    v3("live/detail", live_detail, batch("room_ids")),
    v3("live/product/list", products_of_live, ROOM, *PAGING[V3]),
)
SEARCH_ROUTES = (
    v3(
        "search/items",
        search_items,
        text("sk", required=True),
        code("type", 5, least=1, required=True),
        Parameter(name="region", choices=REGIONS),
        code("size", 30, least=1, required=True),
        code("searchType", 1),
        code("sortType", 7),
    ),
)
REALTIME_ROUTES = (
    realtime("product/detail", product_v3, PRODUCT, REGION[V3]),
    realtime("product/comment", product_comments, PRODUCT, REGION[V3], code("offset", MOST_PAGES, required=True)),
    realtime("extract_product_id", product_id, text("share_url", required=True)),
    realtime("influencer/detail", influencer_now, text("unique_id", required=True)),
    realtime("video/detail", video_now, VIDEO),
    realtime("video/captions", captions, VIDEO),
    realtime("video/comments", comments, VIDEO, code("offset", 1 << 20), code("count", 50, least=1)),
    realtime("video/download-url", download, text("url", required=True)),
    realtime("live/detail", live_now, ROOM, USER),
)
V3_ROUTES = (
    *PRODUCT_ROUTES,
    *SELLER_ROUTES,
    *INFLUENCER_ROUTES,
    *VIDEO_ROUTES,
    *LIVE_ROUTES,
    *CATEGORY_ROUTES,
    *SEARCH_ROUTES,
    *REALTIME_ROUTES,
)


def authorized(asked: Asked, account: Account) -> bool:
    """HTTP Basic."""
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    try:
        sent = base64.b64decode(token, validate=True)
    except Error:
        return False
    return scheme.lower() == "basic" and compare_digest(sent, f"{account.username}:{account.password}".encode())


ECHOTIK = Provider(
    name="echotik",
    base="/api/",
    routes=(*V2_ROUTES, *V3_ROUTES),
    authorized=authorized,
    failures=FAILURES,
    body=failure_body,
)
