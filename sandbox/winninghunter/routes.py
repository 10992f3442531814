"""Every route of Winning Hunter that is emulated: those whose answers its documents show."""

import json
import re
from hmac import compare_digest

from sandbox.parameter import Kind, Parameter, Refused, Value
from sandbox.provider import Account, Provider
from sandbox.reply import Reply, dump
from sandbox.route import Asked, Question, Route
from sandbox.winninghunter.creator import creator_products, creator_total
from sandbox.winninghunter.credit import account_credits, shop_credits
from sandbox.winninghunter.examples import CREATOR, PRODUCT, SHOP, VIDEO, Answer, printed
from sandbox.winninghunter.explore import CATEGORIES, product_explore
from sandbox.winninghunter.explore import ORDERS as EXPLORE_ORDERS
from sandbox.winninghunter.failure import FAILURES, failure_body, no_page
from sandbox.winninghunter.meter import CreditMeter
from sandbox.winninghunter.period import DEFAULT
from sandbox.winninghunter.product import product_detail, product_history, product_total
from sandbox.winninghunter.shop import ORDERS as PRODUCT_ORDERS
from sandbox.winninghunter.shop import shop_detail, shop_products, shop_total
from sandbox.winninghunter.suggestion import suggestions
from sandbox.winninghunter.video import video_detail, video_metrics

BASE = "/winninghunter/"
ACCOUNT, TIKTOK_SHOP, VIDEOS = "api/v1/", "api/v1/tiktok-shop/", "api/v2/"
SESSIONS = "api/tiktok-shop/"  # of browsers: keys are rejected
NOT_SENT = ("null", "undefined")  # as clients write what they do not have


class Lenient(Parameter):
    """One that is not there where the text says so."""

    def read(self, text: str | None) -> Value | None:
        return Parameter.read(self, None if text in NOT_SENT else text)


ID = Parameter(name="id", required=True)
PERIOD = Parameter(name="period", kind="integer", default=DEFAULT)
PAGING = (
    Parameter(name="page", kind="integer", least=1, default=1),
    Parameter(name="limit", kind="integer", least=1, default=20),
)
ORDERED = ("desc", "asc")


def posted(path: str, example_id: str, answer: Answer, *parameters: Parameter) -> Route:
    """Of an id in a JSON body."""
    answer = in_body(printed(path, example_id, answer))
    return Route("v1", path, f"{BASE}{TIKTOK_SHOP}", (ID, *parameters), answer, methods=("POST",))


def in_body(answer: Answer) -> Answer:
    """Finds the id nowhere but in a body that says it is JSON."""

    def reply(question: Question) -> Reply:
        asked = question.asked
        json_sent = asked.headers.get("content-type", "").startswith("application/json")
        if not json_sent or "id" not in (asked.body or {}):
            raise Refused(parameter="id", problem="missing")
        return answer(question)

    return reply


def lenient(*names: str, kind: Kind = "text") -> tuple[Parameter, ...]:
    return tuple(Lenient(name=name, kind=kind) for name in names)


EXPLORE = (
    Lenient(name="country", default="US"),
    Lenient(name="period", default="30d"),
    Lenient(name="page", kind="integer", least=1, default=1),
    Lenient(name="limit", kind="integer", least=1, default=20),
    Lenient(name="sort", choices=tuple(EXPLORE_ORDERS), default="revenue"),
    Lenient(name="order", choices=ORDERED, default="desc"),
    *lenient("name", "after", "include_total", "checkpoint_jump"),
    *lenient(*CATEGORIES, "exclude_category_ids", kind="list"),
    *lenient("min_revenue", "max_revenue", kind="number"),
    *lenient("min_item_sold", "max_item_sold", "min_sold", kind="integer"),
)
SUGGESTIONS = (
    Parameter(name="type", default=""),
    Parameter(name="q"),
    Parameter(name="limit", kind="integer", default=10),
    Parameter(name="country", default="US"),
)

# The first that matches wins.
ROUTES = (
    posted("shop-detail", SHOP, shop_detail, Parameter(name="country")),
    posted("shop-detail/total", SHOP, shop_total, PERIOD),
    posted(
        "shop-detail/product/queryList",
        SHOP,
        shop_products,
        *PAGING,
        PERIOD,
        Parameter(name="sort", choices=tuple(PRODUCT_ORDERS), default="revenue"),
        Parameter(name="order", choices=ORDERED, default="desc"),
    ),
    posted("product-detail/total", PRODUCT, product_total, PERIOD),
    posted("product-detail/history", PRODUCT, product_history, PERIOD),
    Route(
        "v1",
        "product-detail",
        f"{BASE}{TIKTOK_SHOP}",
        (ID,),
        printed("product-detail", PRODUCT, product_detail),
        wire="product-detail/{id}",
    ),
    posted("creator-detail/total", CREATOR, creator_total, PERIOD),
    posted("creator-detail/searchProducts", CREATOR, creator_products, *PAGING, PERIOD),
    Route(
        "v2",
        "videos/metrics",
        f"{BASE}{VIDEOS}",
        (ID, PERIOD),
        printed("videos/metrics", VIDEO, video_metrics),
        wire="videos/{id}/metrics",
    ),
    Route("v2", "videos", f"{BASE}{VIDEOS}", (ID,), printed("videos", VIDEO, video_detail), wire="videos/{id}"),
    Route("v1", "products/explore", f"{BASE}{TIKTOK_SHOP}", EXPLORE, product_explore, methods=("GET", "POST")),
    Route("v1", "suggestions", f"{BASE}{TIKTOK_SHOP}", SUGGESTIONS, suggestions),
    Route("v1", "credits", f"{BASE}{TIKTOK_SHOP}", (), shop_credits),
    Route("v1", "account/credits", f"{BASE}{ACCOUNT}", (), account_credits, wire="credits"),
)
PATHS = [re.compile(re.sub(r"{\w+}", "[^/]+", route.wire_path.removeprefix(BASE))) for route in ROUTES]


def authorized(asked: Asked, account: Account) -> bool:
    """By the first key that is not empty: of the header, of Bearer, of the query."""
    if asked.path.startswith(SESSIONS):
        return False
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    key = asked.headers.get("x-api-key") or bearer or asked.query.get("api_key", "")
    return compare_digest(key.encode(), account.api_key.encode())


def unknown(asked: Asked) -> Reply:
    """In JSON below the TikTok Shop, but for a path that another verb has; a page anywhere else."""
    known = any(path.fullmatch(asked.path) for path in PATHS)
    if known or not asked.path.startswith(TIKTOK_SHOP):
        return no_page(asked.method, asked.path)
    return WINNINGHUNTER.failing("not_found", None, {})


def emptied(body: bytes) -> bytes:
    """A list without rows, an object that is null."""
    told = json.loads(body)
    for name in {"data", "suggestions", "credits"} & told.keys():
        told[name] = [] if isinstance(told[name], list) else None
    return dump({**told, "total": 0} if "total" in told else told)


WINNINGHUNTER = Provider(
    name="winninghunter",
    base=BASE,
    routes=ROUTES,
    authorized=authorized,
    failures=FAILURES,
    body=failure_body,
    missing="{parameter} is required",
    invalid="Invalid {parameter}",
    unknown=unknown,
    meter=CreditMeter,
    emptied=emptied,
    opening=b'{"success":true,"data":[{"title":"',
)
