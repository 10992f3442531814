"""Seller rows: a shop's own, in lists, details, trends and rankings."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sandbox.echotik.columns import Cell, Columns
from sandbox.echotik.envelope import rows_reply
from sandbox.echotik.order import listed, page_reply
from sandbox.echotik.page import dollars, image_url, styled, text
from sandbox.echotik.product import sales_trend_flag, whole, yyyymmdd
from sandbox.echotik.quirk import has
from sandbox.echotik.ranking import CATEGORIES, Span, period
from sandbox.echotik.trend import no_trend, trend_reply
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.category import Category
from sandbox.world.seller import Seller
from sandbox.world.shop import Shop

WINDOWS = (1, 7, 30, 90)
ORDERS = {1: "total_sale_cnt", 2: "total_sale_gmv_amt", 3: "spu_avg_price"}
FLAGS = (*CATEGORIES, "from_flag", "sales_flag", "sales_trend_flag")
VIDEO, LIVE = 1, 2
SOLD_LEVEL = 2  # of the categories that a shop's row lists as sold


class Gain(NamedTuple):
    """What a period added to a shop."""

    units: int
    influencers: int


def seller_list(question: Question) -> Reply:
    """A market's shops."""
    found = listed(question, "seller/list", lambda: _found(question))
    return page_reply(question, "seller/list", found, partial(_row, question.world))


def seller_detail(question: Question) -> Reply:
    """One row, or none for an id that is unknown."""
    seller = question.world.seller(question.arguments.text("seller_id"))
    return rows_reply(question, [dump(_detail_row(question.world, seller))] if seller else [])


def seller_trend(question: Question) -> Reply:
    seller = question.world.seller(question.arguments.text("seller_id"))
    if not seller:
        return no_trend(question)
    return trend_reply(question, seller, seller.age, partial(_trend_row, question.world, seller))


def seller_ranking(question: Question) -> Reply:
    """Shops that sold or gained an influencer in the period; most of the chosen first."""
    arguments, world = question.arguments, question.world
    span = period(question, arguments.day("date"), arguments.integer("rank_type"))
    if not span:
        return rows_reply(question, [])
    ranked = listed(question, "seller/ranklist", lambda: _ranked(question, span))
    return page_reply(question, ("seller/ranklist", span), ranked, partial(_rank_row, world, span))


def logo(seller: Seller) -> str:
    return image_url("seller-cover", seller.index, f"{seller.id}.jpeg")


def link(seller: Seller) -> str | None:
    """The shop's page; most rows have none."""
    return f"https://www.tiktok.com/shop/store/{seller.id}" if has("seller link", seller.id) else None


def from_flag(seller: Seller) -> int:
    """1 local, 2 cross-border."""
    return 2 if seller.cross_border else 1


def sales_flag(shop: Shop) -> int:
    """1 sold mostly by video, 2 mostly by live, 0 neither."""
    videos, lives = shop.video_units(), shop.live_units()
    return 0 if not videos + lives else VIDEO if videos >= lives else LIVE


def category_columns(shop: Shop) -> dict[str, str]:
    """Of what it sells most of."""
    return dict(zip(CATEGORIES, (category.id for category in shop.category_path), strict=True))


def named(*categories: Category) -> str:
    """Categories as JSON text."""
    return text([{"category_name": category.name, "category_id": category.id} for category in categories])


COLUMNS: dict[str, Callable[[World, Seller], Cell]] = {
    "total_sale_cnt": lambda world, seller: world.shop_of(seller).units(),
    "total_sale_gmv_amt": lambda world, seller: world.shop_of(seller).gmv(),
    "spu_avg_price": lambda world, seller: world.shop_of(seller).price,
    "from_flag": lambda _, seller: from_flag(seller),
    "sales_flag": lambda world, seller: sales_flag(world.shop_of(seller)),
    "sales_trend_flag": lambda world, seller: sales_trend_flag(world.shop_of(seller)),
    "category_id": lambda world, seller: world.shop_of(seller).category_path[0].id,
    "category_l2_id": lambda world, seller: world.shop_of(seller).category_path[1].id,
    "category_l3_id": lambda world, seller: world.shop_of(seller).category_path[2].id,
}


def _found(question: Question) -> list[Seller]:
    """All rows of a list: filtered, in order."""
    catalog = _catalog(question)
    sellers = catalog.found(catalog.tests(question.arguments, FLAGS, ()))
    order = ORDERS.get(question.arguments.integer("seller_sort_field"))
    return catalog.ordered(sellers, order, question.arguments) if order else sellers


def _catalog(question: Question) -> Columns[Seller]:
    region, world = question.arguments.text("region"), question.world
    return question.lists.get(
        ("seller catalog", region, world.today), lambda: Columns(world, world.sellers_in(region), COLUMNS)
    )


def _row(world: World, seller: Seller) -> dict[str, Any]:
    shop = world.shop_of(seller)
    return {
        "seller_id": seller.id,
        "seller_name": seller.name,
        "seller_link": link(seller),
        "region": seller.region,
        **category_columns(shop),
        "from_flag": from_flag(seller),
        "rating": whole(seller.rating_tenths, 10),
        "cover_url": logo(seller),
        "spu_avg_price": dollars(shop.price),
        "product_category_list": styled(seller.id, named(*shop.categories(SOLD_LEVEL))),
        "most_product_category_list": styled(seller.id, named(shop.category_path[0])),
        "total_product_cnt": shop.listed(),
        "total_crawl_product_cnt": shop.on_sale(),
        "total_ifl_cnt": shop.influencers(),
        "total_video_cnt": shop.videos(),
        "total_live_cnt": shop.lives(),
        **_windows(shop),
        "sales_trend_flag": sales_trend_flag(shop),
        "sales_flag": sales_flag(shop),
        "first_crawl_dt": yyyymmdd(world.date_of(seller.age)),
        "user_id": world.account_of_seller(seller).id,
    }


def _windows(shop: Shop) -> dict[str, Any]:
    row: dict[str, Any] = {"total_sale_cnt": shop.units(), "total_sale_gmv_amt": dollars(shop.gmv())}
    for days in WINDOWS:
        row[f"total_sale_{days}d_cnt"] = shop.units() - shop.units(days + 1)
        row[f"total_sale_gmv_{days}d_amt"] = dollars(shop.gmv() - shop.gmv(days + 1))
    return row


def _detail_row(world: World, seller: Seller) -> dict[str, Any]:
    """With what one client alone reads: the shop's reviews, and its account's followers and videos."""
    career = world.career_of(world.account_of_seller(seller))
    return {
        **_row(world, seller),
        "review_count": world.shop_of(seller).reviews(),
        "followers_count": career.followers(),
        "video_count": career.posts(),
        "positive_feedback_rate": seller.good_thousandths / 1000,
        "response_rate": seller.answered_thousandths / 1000,
    }


def _trend_row(world: World, seller: Seller, day: int) -> dict[str, Any]:
    shop = world.shop_of(seller)
    return {
        "dt": world.date_of(day).isoformat(),
        "seller_id": seller.id,
        "user_id": world.account_of_seller(seller).id,
        "total_product_cnt": shop.listed(day),
        "total_crawl_product_cnt": shop.on_sale(day),
        "total_sale_cnt": shop.units(day),
        "total_sale_1d_cnt": shop.units(day) - shop.units(day + 1),
        "total_sale_gmv_amt": dollars(shop.gmv(day)),
        "total_sale_gmv_1d_amt": dollars(shop.gmv(day) - shop.gmv(day + 1)),
        "total_video_cnt": shop.videos(day),
        "total_live_cnt": shop.lives(day),
        "total_video_ifl_cnt": shop.video_influencers(day),
        "total_live_ifl_cnt": shop.live_influencers(day),
    }


def _gain(world: World, seller: Seller, span: Span) -> Gain:
    shop, (first, last) = world.shop_of(seller), span
    return Gain(shop.units(last) - shop.units(first + 1), shop.influencers(last) - shop.influencers(first + 1))


def _ranked(question: Question, span: Span) -> list[Seller]:
    catalog, arguments = _catalog(question), question.arguments
    sellers = catalog.found(catalog.tests(arguments, (*CATEGORIES, "from_flag"), ()))
    gains = {seller.index: _gain(question.world, seller, span) for seller in sellers}
    field = arguments.integer("seller_rank_field") - 1
    ranked = [seller for seller in sellers if any(gains[seller.index])]
    return sorted(ranked, key=lambda seller: -gains[seller.index][field])


def _rank_row(world: World, span: Span, seller: Seller) -> dict[str, Any]:
    """What the period added; the products that it added are often not filled in."""
    shop, (first, last) = world.shop_of(seller), span
    gain = _gain(world, seller, span)
    listed = 0 if has("unfilled", seller.id) else shop.listed(last) - shop.listed(first + 1)
    return {
        "seller_id": seller.id,
        "seller_name": seller.name,
        "user_id": world.account_of_seller(seller).id,
        "cover_url": logo(seller),
        "from_flag": from_flag(seller),
        "region": seller.region,
        "rating": whole(seller.rating_tenths, 10),
        **category_columns(shop),
        "most_product_category_list": named(shop.category_path[0]),
        "total_sale_cnt": gain.units,
        "total_sale_gmv_amt": dollars(shop.gmv(last) - shop.gmv(first + 1)),
        "total_ifl_cnt": gain.influencers,
        "total_video_cnt": shop.videos(last) - shop.videos(first + 1),
        "total_live_cnt": shop.lives(last) - shop.lives(first + 1),
        "total_product_cnt": listed,
    }
