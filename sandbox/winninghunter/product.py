"""What is said of a product: what it is, what a period brought it, and each of its days."""

from sandbox.echotik.page import covers, dollars
from sandbox.echotik.product import added, gmv_added, whole
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import object_reply, series_reply, unknown_reply
from sandbox.winninghunter.figure import count, mean_price, money
from sandbox.winninghunter.identity import shop_id
from sandbox.winninghunter.period import DEFAULT, days_asked
from sandbox.world import World
from sandbox.world.product import Product


def product_detail(question: Question) -> Reply:
    """Revenue and sales are those of the last 30 days."""
    product, world = _asked(question), question.world
    if not product:
        return unknown_reply(question, "Product")
    return object_reply(
        {
            "id": product.id,
            "title": world.title_of(product),
            "shop_id": shop_id(question, world.seller_of_product(product)),
            "price": dollars(product.price),
            "revenue": dollars(gmv_added(product, Product.units, DEFAULT)),
            "sales": added(product, Product.units, DEFAULT),
            "rating": whole(product.rating_tenths, 10),
            "image": first_picture(world, product),
        }
    )


def product_total(question: Question) -> Reply:
    product, days = _asked(question), days_asked(question)
    if not product:
        return unknown_reply(question, "Product")
    cents, units = gmv_added(product, Product.units, days), added(product, Product.units, days)
    return object_reply(
        {
            "revenue": money(question, cents),
            "sales": count(question, units),
            "avg_price": money(question, mean_price(cents, units)),
            "period": days,
        }
    )


def product_history(question: Question) -> Reply:
    """Oldest day first; days before it was first seen, and those never collected, are left out."""
    product = _asked(question)
    if not product:
        return unknown_reply(question, "Product", series_reply([]))
    days = range(min(days_asked(question), product.age), 0, -1)
    return series_reply([_day_row(question.world, product, day) for day in days if not product.missing(day)])


def first_picture(world: World, product: Product) -> str:
    first = min(covers(product, world.listing_of(product)), key=lambda cover: int(cover["index"]))
    return str(first["url"])


def _asked(question: Question) -> Product | None:
    return question.world.product(question.arguments.text("id"))


def _day_row(world: World, product: Product, day: int) -> dict[str, object]:
    return {
        "date": world.date_of(day).isoformat(),
        "revenue": dollars(product.gmv(day) - product.gmv(day + 1)),
        "sales": product.units(day) - product.units(day + 1),
    }
