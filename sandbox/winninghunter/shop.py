"""What is said of a shop: who it is, what a period brought it, and its products."""

from collections.abc import Callable, Mapping

from sandbox.echotik.page import dollars
from sandbox.echotik.product import added, gmv_added, whole
from sandbox.echotik.seller import logo
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import object_reply, unknown_reply
from sandbox.winninghunter.figure import count, mean_price, money
from sandbox.winninghunter.identity import shop_behind
from sandbox.winninghunter.paging import paged
from sandbox.winninghunter.period import days_asked
from sandbox.world.draw import Draw
from sandbox.world.product import Product
from sandbox.world.seller import Seller

ORDERS: Mapping[str, Callable[[Product, int], int]] = {
    "revenue": lambda product, days: gmv_added(product, Product.units, days),
    "sales": lambda product, days: added(product, Product.units, days),
    "price": lambda product, _: product.price,
}


def shop_detail(question: Question) -> Reply:
    """A shop is not known in a market where it does not sell."""
    seller = _asked(question)
    if not seller or question.arguments.get("country") not in (None, seller.region):
        return unknown_reply(question, "Shop")
    shop = question.world.shop_of(seller)
    return object_reply(
        {
            "id": question.arguments.text("id"),
            "name": seller.name,
            "country": seller.region,
            "logo": logo(seller),
            "products_count": shop.listed(),
            "creators_count": shop.influencers(),
            "rating": whole(seller.rating_tenths, 10),
        }
    )


def shop_total(question: Question) -> Reply:
    seller, days = _asked(question), days_asked(question)
    if not seller:
        return unknown_reply(question, "Shop")
    shop = question.world.shop_of(seller)
    cents, units = shop.gmv() - shop.gmv(days + 1), shop.units() - shop.units(days + 1)
    return object_reply(
        {
            "revenue": money(question, cents),
            "sales": count(question, units),
            "avg_price": money(question, mean_price(cents, units)),
            "conversion_rate": conversion_rate(question, seller, days),
            "period": days,
        }
    )


def shop_products(question: Question) -> Reply:
    """All that it lists, delisted ones too; most revenue of the period first unless asked otherwise."""
    arguments, seller, days = question.arguments, _asked(question), days_asked(question)
    if not seller:
        return unknown_reply(question, "Shop", paged(question, [], dict))
    products = question.world.products_of_seller(seller)
    order, sign = ORDERS[arguments.text("sort")], 1 if arguments.get("order") == "asc" else -1
    ranked = sorted(products, key=lambda product: (sign * order(product, days), product.id))
    return paged(question, ranked, lambda product: _product_row(question, product, days))


def conversion_rate(question: Question, seller: Seller, days: int) -> float:
    """Of those who look, how many buy: a few per cent, other ones in each period."""
    return Draw(question.world.key, f"conversion {seller.index} {days}").between(10, 90) / 1000


def _asked(question: Question) -> Seller | None:
    return shop_behind(question, question.arguments.text("id"))


def _product_row(question: Question, product: Product, days: int) -> dict[str, object]:
    return {
        "id": product.id,
        "title": question.world.title_of(product),
        "price": dollars(product.price),
        "revenue": dollars(gmv_added(product, Product.units, days)),
        "sales": added(product, Product.units, days),
    }
