"""A market's products by what a period brought them: filtered, sorted, a page at a time."""

from collections.abc import Callable, Iterator, Mapping

from sandbox.echotik.page import dollars
from sandbox.echotik.product import added, gmv_added, whole
from sandbox.parameter import Refused
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.category import ids_of
from sandbox.winninghunter.envelope import page_reply
from sandbox.winninghunter.figure import growth
from sandbox.winninghunter.paging import page_asked, page_of
from sandbox.world import World
from sandbox.world.market import REGIONS
from sandbox.world.product import Product

PERIODS = {"7d": 7, "30d": 30, "90d": 90, "7": 7, "30": 30, "90": 90}
CATEGORIES = ("category_ids", *(f"category_l{level}_{ending}" for level in (1, 2, 3) for ending in ("id", "ids")))
Order = Callable[[Product, int], float]
Test = Callable[[Product], bool]


def _revenue(product: Product, days: int) -> int:
    return gmv_added(product, Product.units, days)


def _sales(product: Product, days: int) -> int:
    return added(product, Product.units, days)


def _revenue_growth(product: Product, days: int) -> float:
    return growth(product.gmv(), product.gmv(days + 1), product.gmv(2 * days + 1))


def _sales_growth(product: Product, days: int) -> float:
    return growth(product.units(), product.units(days + 1), product.units(2 * days + 1))


ORDERS: Mapping[str, Order] = {
    "revenue": _revenue,
    "revenue_30_days": lambda product, _: _revenue(product, 30),
    "sold_count": _sales,
    "avg_unit_price": lambda product, _: product.price,
    "commission_rate": lambda product, _: product.commission,
    "creator_count": lambda product, _: product.reach,
    "first_seen": lambda product, _: -product.age,
    "creator_conversion_ratio": lambda product, days: _sales(product, days) / max(1, product.reach),
    "revenue_growth_rate": _revenue_growth,
    "sales_growth_rate": _sales_growth,
    "product_score": lambda product, days: product.rating_tenths * _sales(product, days),
    "product_rating": lambda product, _: product.rating_tenths,
    "product_review_cnt": lambda product, _: product.reviewed(),
}


def product_explore(question: Question) -> Reply:
    """`total` is the number of rows in the answer."""
    found = question.lists.get(_asked(question), lambda: _found(question))
    rows = [_row(question.world, product, _days(question)) for product in page_of(question, found)]
    return page_reply(rows, page_asked(question), len(rows))


def _asked(question: Question) -> tuple[object, ...]:
    """All that a list depends on but the page."""
    values = question.arguments.values.items()
    asked = ((name, str(value)) for name, value in values if name not in ("page", "limit"))
    return ("explore", question.world.today, *asked)


def _found(question: Question) -> list[Product]:
    arguments, days = question.arguments, _days(question)
    tests = list(_tests(question, days))
    country = arguments.text("country")
    products = question.world.products_in(country) if country in REGIONS else []
    found = [product for product in products if all(test(product) for test in tests)]
    order, sign = ORDERS[arguments.text("sort")], 1 if arguments.get("order") == "asc" else -1
    return sorted(found, key=lambda product: (sign * order(product, days), product.id))


def _tests(question: Question, days: int) -> Iterator[Test]:
    arguments, world = question.arguments, question.world
    if arguments.get("name"):
        words = arguments.text("name").casefold()
        yield lambda product: words in world.title_of(product).casefold()
    for name in CATEGORIES:
        if arguments.get(name):
            yield _within(set(arguments.items(name)))
    if arguments.get("exclude_category_ids"):
        unwanted = _within(set(arguments.items("exclude_category_ids")))
        yield lambda product: not unwanted(product)
    yield from _bounds(question, "revenue", lambda product: _revenue(product, days) / 100)
    yield from _bounds(question, "item_sold", lambda product: _sales(product, days))
    yield from _bounds(question, "sold", lambda product: _sales(product, days))


def _within(wanted: set[str]) -> Test:
    return lambda product: not wanted.isdisjoint(ids_of(product))


def _bounds(question: Question, name: str, measure: Callable[[Product], float]) -> Iterator[Test]:
    low, high = question.arguments.get(f"min_{name}"), question.arguments.get(f"max_{name}")
    if isinstance(low, int | float):
        yield lambda product: measure(product) >= low
    if isinstance(high, int | float):
        yield lambda product: measure(product) <= high


def _days(question: Question) -> int:
    period = question.arguments.text("period")
    if period not in PERIODS:
        raise Refused("Invalid period", fault="bad_request", allowed_values=["7d", "30d", "90d"])
    return PERIODS[period]


def _row(world: World, product: Product, days: int) -> dict[str, object]:
    return {
        "id": product.id,
        "title": world.title_of(product),
        "price": dollars(product.price),
        "revenue": dollars(_revenue(product, days)),
        "sales": _sales(product, days),
        "country": product.region,
        "commission_rate": whole(product.commission, 10),
        "product_rating": whole(product.rating_tenths, 10),
        "product_review_cnt": product.reviewed(),
        "revenue_growth_rate": _revenue_growth(product, days),
        "sales_growth_rate": _sales_growth(product, days),
        "creator_count": product.reach,
        "first_seen": world.date_of(product.age).isoformat(),
        "tiktok_product_url": f"https://www.tiktok.com/shop/pdp/{product.id}",
    }
