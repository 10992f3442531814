"""Every route of EchoTik that is emulated, with its parameters."""

import base64
from binascii import Error
from collections.abc import Callable
from hmac import compare_digest

from sandbox.echotik.catalog import CATEGORIES, ORDERS, RANGES, product_list
from sandbox.echotik.cover import signed_covers
from sandbox.echotik.envelope import V2, V3, failure
from sandbox.echotik.influencer import influencers_of_product
from sandbox.echotik.live import lives_of_product
from sandbox.echotik.product import detail, trend
from sandbox.echotik.ranking import new_product_ranking, product_ranking
from sandbox.echotik.realtime import product_v2, product_v3
from sandbox.echotik.review import reviews_of_product
from sandbox.echotik.video import videos_of_product
from sandbox.parameter import Kind, Parameter
from sandbox.reply import Reply
from sandbox.route import Provider, Question, Route
from sandbox.world.market import REGIONS

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


def batch(name: str) -> Parameter:
    return Parameter(name=name, kind="list", most=MOST_IDS, required=True)


def ranges(*names: str) -> tuple[Parameter, ...]:
    """min_ and max_ of each."""
    return tuple(_bound(f"{end}_{name}") for name in names for end in ("min", "max"))


def paging(*, defaults: bool) -> tuple[Parameter, ...]:
    """v3 wants both; v2 documents what it takes them for."""
    number, size = (1, 10) if defaults else (None, None)
    required = not defaults
    return (
        Parameter(name="page_num", kind="integer", least=1, most=MOST_PAGES, required=required, default=number),
        Parameter(name="page_size", kind="integer", least=1, most=10, required=required, default=size),
    )


def _bound(name: str) -> Parameter:
    kind: Kind = "integer" if name.endswith(WHOLE) or name.endswith("time") else "number"
    return Parameter(name=name, kind=kind)


PAGING = {V2: paging(defaults=True), V3: paging(defaults=False)}
REGION = {
    V2: Parameter(name="region", required=True, choices=V2_REGIONS),
    V3: Parameter(name="region", required=True, choices=REGIONS),
}
PRODUCT = text("product_id", required=True)
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
RANK = (
    day("date"),
    code("rank_type", 3, least=1, required=True),
    code("product_rank_field", 2, least=1, required=True),
)
TIMES = ranges("create_time")
INFLUENCER_SORT = sort("product_influencer_sort_field", 7)
VIDEO_SORT = sort("product_video_sort_field", 6)


def v2(path: str, answer: Callable[[Question], Reply], *parameters: Parameter) -> Route:
    return Route(V2, path, "/api/v2/", parameters, answer)


def v3(path: str, answer: Callable[[Question], Reply], *parameters: Parameter, prefix: str = "echotik/") -> Route:
    return Route(V3, path, f"/api/v3/{prefix}", parameters, answer)


V2_ROUTES = (
    v2("product/list", product_list, REGION[V2], *PAGING[V2], text("keyword"), *PRODUCT_FILTERS),
    v2("product/detail", detail, batch("product_ids")),
    v2("product/trend", trend, PRODUCT, *DAYS, *PAGING[V2]),
    v2("product/influencer/list", influencers_of_product, PRODUCT, *INFLUENCER_SORT, *PAGING[V2]),
    v2("product/video/list", videos_of_product, PRODUCT, *VIDEO_SORT, *PAGING[V2]),
    v2("product/live/list", lives_of_product, PRODUCT, *sort("product_live_sort_field", 4), *PAGING[V2]),
    v2("product/ranklist", product_ranking, REGION[V2], *RANK, text("category_id"), *PAGING[V2]),
    v2("product/ranklist/new", new_product_ranking, REGION[V2], day("date"), text("category_id"), *PAGING[V2]),
    v2("rt/product/detail", product_v2, PRODUCT, REGION[V2]),
)
V3_ROUTES = (
    v3("product/list", product_list, REGION[V3], *PAGING[V3], *PRODUCT_FILTERS, *V3_FILTERS),
    v3("product/detail", detail, batch("product_ids")),
    v3("product/trend", trend, PRODUCT, *DAYS, *PAGING[V3]),
    v3("product/comment", reviews_of_product, PRODUCT, code("min_rating", 5), code("max_rating", 5), *PAGING[V3]),
    v3("product/influencer/list", influencers_of_product, PRODUCT, *INFLUENCER_SORT, *PAGING[V3]),
    v3("product/video/list", videos_of_product, PRODUCT, text("user_id"), *TIMES, *VIDEO_SORT, *PAGING[V3]),
    v3("product/live/list", lives_of_product, PRODUCT, *TIMES, *sort("product_live_sort_field", 5), *PAGING[V3]),
    v3("product/ranklist", product_ranking, REGION[V3], *RANK, *LEVELS, ORIGIN, *PAGING[V3]),
    v3("batch/cover/download", signed_covers, batch("cover_urls")),
    v3("realtime/product/detail", product_v3, PRODUCT, REGION[V3], prefix=""),
)


def authorized(header: str, username: str, password: str) -> bool:
    """HTTP Basic."""
    scheme, _, token = header.partition(" ")
    try:
        sent = base64.b64decode(token, validate=True)
    except Error:
        return False
    return scheme.lower() == "basic" and compare_digest(sent, f"{username}:{password}".encode())


ECHOTIK = Provider("echotik", "/api/", (*V2_ROUTES, *V3_ROUTES), authorized, failure)
