"""Products: the list with the columns of KeyAPI's document, and what the app shows of one right now."""

from collections.abc import Iterator
from typing import Any

from sandbox.echotik.catalog import CATEGORIES, FLAGS, RANGES, products_found
from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.examples import EXAMPLES, Row
from sandbox.echotik.page import covers
from sandbox.echotik.product import SHAPES
from sandbox.echotik.realtime import asked_product, sold_today
from sandbox.keyapi.envelope import success
from sandbox.parameter import Arguments
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import Product

DETAIL_ONLY = "specification"  # the detail's column that the list has not
NO_LEVEL = "0"


def product_list(question: Question) -> Reply:
    """EchoTik's list without the columns that only EchoTik's own has, and with the document's product, if its place
    in the tree, which is none of level 2, is asked for."""
    found: list[Product | Row] = [*products_found(question)]
    printed = [row for row in EXAMPLES.listed() if _wanted(question.arguments, row)]
    first = question.arguments.integer("sort_type", 1) == 0 and bool(question.arguments.get("product_sort_field"))
    whole = [*printed, *found] if first else [*found, *printed]  # it sold nothing and costs the least
    return rows_reply(question, (_row(question, item) for item in page_of(question, whole)))


def product_in_app(question: Question) -> Reply:
    """A whole answer of TikTok's inside the answer, with the product deep down in it."""
    product = asked_product(question)
    products = [_in_app(question.world, product)] if product else []
    page = {"data": {"global": {"product_info_resp": {"products": products}}}}
    return success({"code": 0, "data": {"goda_protocol": page}, "message": "success"})


def _row(question: Question, item: Product | Row) -> bytes:
    if not isinstance(item, Product):
        return dump(item)
    world = question.world
    return question.rows.get(("keyapi product/list", item.index, world.today), lambda: _made(world, item))


def _made(world: World, product: Product) -> bytes:
    columns = sorted(SHAPES["v3 detail"](world, product).items())
    return dump({name: value for name, value in columns if name != DETAIL_ONLY})


def _wanted(arguments: Arguments, row: Row) -> bool:
    return arguments.get("category_l2_id") == NO_LEVEL and all(_tests(arguments, row))


def _tests(arguments: Arguments, row: Row) -> Iterator[bool]:
    """Of each parameter that was sent, whether the row will do."""
    for name in ("region", *FLAGS, *CATEGORIES):
        yield arguments.get(name) in (None, row[name])
    for name in RANGES:
        yield arguments.number(f"min_{name}", row[name]) <= row[name] <= arguments.number(f"max_{name}", row[name])


def _in_app(world: World, product: Product) -> dict[str, Any]:
    """Prices and currency are the market's; figures those of this moment."""
    listing, market = world.listing_of(product), product.market
    cut = listing.off_percent or 0
    original = product.price * 100 // (100 - cut)
    pictures = covers(product, listing)
    return {
        "product_id": product.id,
        "product_base": {
            "title": listing.title,
            "sold_count": product.units() + sold_today(product),
            "category_name": product.categories[2].name,
            "price": {
                "real_price": market.price_label(product.price, signed=True),
                "original_price": market.price_label(original, signed=True),
                "currency": market.currency,
                "discount": f"{cut}%",
            },
            "images": [{"url_list": [cover["url"]]} for cover in sorted(pictures, key=lambda one: one["index"])],
        },
        "product_detail_review": {
            "product_rating": product.rating_tenths / 10,
            "review_count": product.reviewed(),
        },
        "seller": {"name": world.seller_of_product(product).name},
    }
