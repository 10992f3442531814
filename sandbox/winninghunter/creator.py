"""What is said of a creator: what a period brought, and the products; there is no profile."""

from sandbox.echotik.page import dollars
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import object_reply, unknown_reply
from sandbox.winninghunter.figure import count, money
from sandbox.winninghunter.identity import creator_behind
from sandbox.winninghunter.paging import paged
from sandbox.winninghunter.period import days_asked
from sandbox.world.career import Career
from sandbox.world.influencer import Influencer
from sandbox.world.product import Product
from sandbox.world.sale import Sale


def creator_total(question: Question) -> Reply:
    """Followers are those of now, the others what the period brought."""
    user, days = _asked(question), days_asked(question)
    if not user:
        return unknown_reply(question, "Creator")
    career = question.world.career_of(user)
    return object_reply(
        {
            "revenue": money(question, career.gmv() - career.gmv(days + 1)),
            "sales": count(question, career.units() - career.units(days + 1)),
            "videos": count(question, career.posts() - career.posts(days + 1)),
            "followers": count(question, career.followers()),
            "period": days,
        }
    )


def creator_products(question: Question) -> Reply:
    """With what this creator sold of each in the period, most revenue first; there is no other order."""
    user, days, world = _asked(question), days_asked(question), question.world
    if not user:
        return unknown_reply(question, "Creator", paged(question, [], dict))
    career = world.career_of(user)
    sold = [(product, _sold(career, product, days)) for product in world.products_of_influencer(user)]
    ranked = sorted(sold, key=lambda pair: (-pair[1].gmv, pair[0].id))
    return paged(question, ranked, lambda pair: _product_row(question, *pair))


def _asked(question: Question) -> Influencer | None:
    return creator_behind(question, question.arguments.text("id"))


def _sold(career: Career, product: Product, days: int) -> Sale:
    now, before = career.sale_of(product), career.sale_of(product, days + 1)
    return Sale(now.units - before.units, now.gmv - before.gmv)


def _product_row(question: Question, product: Product, sale: Sale) -> dict[str, object]:
    return {
        "id": product.id,
        "title": question.world.title_of(product),
        "revenue": dollars(sale.gmv),
        "sales": sale.units,
    }
