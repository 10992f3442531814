"""Live rows: here, those of a product."""

from collections.abc import Callable
from typing import Any

from sandbox.echotik.envelope import V2
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.order import Orders, list_reply, ordered
from sandbox.echotik.page import dollars
from sandbox.echotik.product import category_ids
from sandbox.echotik.quirk import has
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.media import Live
from sandbox.world.product import Product

SHOP, CREATOR = 1, 2
COVER = "https://p16-webcast.tiktokcdn.com/img/webcast"


def lives_of_product(question: Question) -> Reply:
    """Filter: a range of starting times."""
    world = question.world

    def answer(product: Product) -> tuple[list[Live], Callable[[Live], dict[str, Any]]]:
        lives = [live for live in world.lives_of_product(product) if _wanted(question, live)]
        lives = ordered(question, lives, _orders(world, product), "product_live_sort_field")
        row = _row_v2 if question.version == V2 else _row_v3
        return lives, lambda live: row(world, product, live)

    return list_reply(question, "product/live/list", answer)


def started(world: World, live: Live) -> int:
    return unix_seconds(world, live.day, live.second)


def cover(live: Live) -> str:
    """On a TikTok host, which cannot be signed; "" where there is none."""
    return "" if has("no cover", live.id) else f"{COVER}/{live.id}~tplv-obj.image"


def _wanted(question: Question, live: Live) -> bool:
    arguments = question.arguments
    low, high = arguments.integer("min_create_time", 0), arguments.integer("max_create_time", 1 << 40)
    return low <= started(question.world, live) <= high


def _orders(world: World, product: Product) -> Orders[Live]:
    sales = world.sales_of(product).by_live
    return {
        1: lambda live: live.peak,
        2: lambda live: len(live.products),
        3: lambda live: sales[live.index].units,
        4: lambda live: sales[live.index].gmv,
        5: lambda live: live.views,
    }


def _row_v2(world: World, product: Product, live: Live) -> dict[str, Any]:
    """The start is a string here, and the host not always known."""
    row = _row(world, product, live)
    user_id = "" if has("unknown host", live.id) else row["user_id"]
    return row | {"create_time": str(started(world, live)), "user_id": user_id}


def _row_v3(world: World, product: Product, live: Live) -> dict[str, Any]:
    seller = world.seller_of_product(product)
    return {
        **_row(world, product, live),
        "create_time": started(world, live),
        "product_name": world.title_of(product),
        "seller_id": seller.id,
        "seller_name": seller.name,
        "live_type": SHOP if live.own_account else CREATOR,
    }


def _row(world: World, product: Product, live: Live) -> dict[str, Any]:
    sale = world.sales_of(product).by_live[live.index]
    return {
        "room_id": live.id,
        "product_id": product.id,
        "user_id": world.host_of_live(live).id,
        "category_id": category_ids(product)[0],
        "region": live.region,
        "cover_url": cover(live),
        "max_views_cnt": live.peak,
        "total_views_cnt": live.views,
        "total_product_cnt": len(live.products),
        "total_sale_cnt": sale.units,
        "total_sale_gmv_amt": dollars(sale.gmv),
        "spu_avg_price": dollars(product.price_on(live.day)),
    }
