"""Rankings of products: what a day, a week or a month added. Published once the period is over."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sandbox.echotik.envelope import V2, page_of, rows_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.echotik.page import bounds, dollars
from sandbox.echotik.product import category_ids, commission_rate, from_flag
from sandbox.echotik.quirk import has
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import Product

CATEGORIES = ("category_id", "category_l2_id", "category_l3_id")
NEW_FOR = 15  # days that a product counts as new
DAY, WEEK, MONTH = 1, 2, 3
Span = tuple[int, int]  # first and last day of a period, counted back from today: first is the larger


def product_ranking(question: Question) -> Reply:
    """Products that sold or gained an influencer in the period; most of the chosen first."""
    arguments = question.arguments
    printed = _printed(question, "product/ranklist")
    span = period(question, arguments.day("date"), arguments.integer("rank_type"))
    if printed or not span:
        return rows_reply(question, printed)
    field = arguments.integer("product_rank_field")
    measure = {1: units_in, 2: influencers_in}[field]
    ranked = question.lists.get(
        ("ranking", question.world.today, arguments.text("region"), span, field, *_filters(question)),
        lambda: _ranked(question, span, measure),
    )
    return rows_reply(question, [dump(_row(question, product, span)) for product in page_of(question, ranked)])


def new_product_ranking(question: Question) -> Reply:
    """Products first seen on the day or in the two weeks before; most GMV of that day first."""
    printed = _printed(question, "product/ranklist/new")
    span = period(question, question.arguments.day("date"), DAY)
    if printed or not span:
        return rows_reply(question, printed)
    new = [product for product in _products(question) if span[1] <= product.age < span[1] + NEW_FOR]
    new.sort(key=lambda product: (-gmv_in(product, span), product.id))
    return rows_reply(question, [dump(_row(question, product, span)) for product in page_of(question, new)])


def period(question: Question, start: date, rank_type: int) -> Span | None:
    """The days of a period that begins on a date; None where it is not over, not published or begins on no such day."""
    end = _end(start, rank_type)
    if not end:
        return None
    first, last = question.world.day_of(start), question.world.day_of(end)
    return (first, last) if last > question.setting.ranking_lag_days else None


def units_in(product: Product, span: Span) -> int:
    return product.units(span[1]) - product.units(span[0] + 1)


def gmv_in(product: Product, span: Span) -> int:
    return product.gmv(span[1]) - product.gmv(span[0] + 1)


def influencers_in(product: Product, span: Span) -> int:
    return product.influencers(span[1]) - product.influencers(span[0] + 1)


def _end(start: date, rank_type: int) -> date | None:
    """The last day; None for a week that does not begin on Monday, a month that does not begin on the first."""
    if rank_type == DAY:
        return start
    if rank_type == WEEK:
        return start + timedelta(days=6) if start.weekday() == 0 else None
    next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return next_month - timedelta(days=1) if start.day == 1 else None


def _ranked(question: Question, span: Span, measure: Callable[[Product, Span], int]) -> list[Product]:
    counts = {product.index: measure(product, span) for product in _products(question)}
    ranked = [product for product in _products(question) if counts[product.index] or units_in(product, span)]
    return sorted(ranked, key=lambda product: (-counts[product.index], product.id))


def _filters(question: Question) -> tuple[object, ...]:
    return *_categories(question), question.arguments.get("from_flag")


def _categories(question: Question) -> tuple[object, ...]:
    return tuple(question.arguments.get(name) for name in CATEGORIES)


def _products(question: Question) -> list[Product]:
    """Of the region, the categories and the origin asked for."""
    world, origin, categories = question.world, question.arguments.get("from_flag"), _categories(question)
    products = world.products_in(question.arguments.text("region"))
    if any(categories):
        products = [product for product in products if _fits(category_ids(product), categories)]
    return [product for product in products if origin in (None, from_flag(world, product))]


def _fits(told: tuple[str, ...], wanted: tuple[object, ...]) -> bool:
    return all(want in (None, have) for have, want in zip(told, wanted, strict=True))


def _row(question: Question, product: Product, span: Span) -> dict[str, Any]:
    world, (first, last) = question.world, span
    listing = world.listing_of(product)
    low, high = bounds(listing)
    return {
        **_category_columns(question, product),
        "product_id": product.id,
        "product_name": listing.title,
        "region": product.region,
        "spu_avg_price": dollars(product.price),
        "min_price": dollars(low),
        "max_price": dollars(high),
        "product_commission_rate": commission_rate(product),
        "total_sale_cnt": units_in(product, span),
        "total_sale_gmv_amt": dollars(gmv_in(product, span)),
        "total_ifl_cnt": influencers_in(product, span),
        **_shown(world, product, range(last, first + 1)),
    }


def _shown(world: World, product: Product, days: range) -> dict[str, int]:
    return {
        "total_video_cnt": sum(video.day in days for video in world.videos_of_product(product)),
        "total_live_cnt": sum(live.day in days for live in world.lives_of_product(product)),
    }


def _category_columns(question: Question, product: Product) -> dict[str, str | None]:
    first, second, third = category_ids(product)
    if question.version == V2:
        return {"category_id": first}
    root = None if has("no root", product.id) else first
    return {"category_id": root, "category_l2_id": second, "category_l3_id": third}


def _printed(question: Question, path: str) -> list[bytes]:
    """The document's own rows, for the day and region of its example."""
    if question.version != V2:
        return []
    return list(map(dump, EXAMPLES.ranking(path, question.arguments.text("region"), question.arguments.day("date"))))
