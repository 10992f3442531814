"""A live's own row. No contract is published: the columns are those that one client counted."""

from typing import Any

from sandbox.echotik.envelope import PAGE_SIZE, page_of, rows_reply
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.live import CREATOR, SHOP, cover, started
from sandbox.echotik.order import kept_rows
from sandbox.echotik.page import dollars, text
from sandbox.echotik.product import shuffled
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.media import Live
from sandbox.world.product import Product

ON_AIR, ENDED = 2, 4
MONTH = 30


def live_list(question: Question) -> Reply:
    """All lives of all markets: nothing but paging is known of it."""
    size, number = question.arguments.integer("page_size", PAGE_SIZE), question.arguments.integer("page_num", 1)
    lives = question.lists.get(
        ("live/list", number, size), lambda: question.world.lives_from((number - 1) * size, size)
    )
    return kept_rows(question, "live", lives, lambda live: live_row(question.world, live))


def live_detail(question: Question) -> Reply:
    """Known lives among those asked, in another order."""
    world = question.world
    lives = filter(None, map(world.live, question.arguments.items("room_ids")))
    return rows_reply(question, shuffled({live.id: dump(live_row(world, live)) for live in lives}))


def products_of_live(question: Question) -> Reply:
    """What a live shows: ids and names."""
    world, room_id = question.world, question.arguments.text("room_id")
    live = world.live(room_id)
    shown = page_of(question, world.products_of_live(live)) if live else []
    return rows_reply(
        question,
        [
            dump({"room_id": room_id, "product_id": product.id, "product_name": world.title_of(product)})
            for product in shown
        ],
    )


def live_row(world: World, live: Live) -> dict[str, Any]:
    host, sale = world.host_of_live(live), world.sale_of_live(live)
    shown = world.products_of_live(live)
    return {
        "room_id": live.id,
        "user_id": host.id,
        "unique_id": told_handle(host),
        "nick_name": host.nick_name,
        "avatar": avatar(host),
        "title": world.title_of_live(live),
        "region": live.region,
        "live_status": ON_AIR if live.on_air else ENDED,
        "live_type": SHOP if live.own_account else CREATOR,
        "create_time": started(world, live),
        "finish_time": started(world, live) + live.duration,
        "duration": live.duration,
        "cover_url": cover(live),
        "max_views_cnt": live.peak,
        "total_views_cnt": live.views,
        "total_product_cnt": len(shown),
        "total_active_product_cnt": sum(product.off_mark < 2 for product in shown),
        "total_followers_growth_cnt": live.new_followers,
        "followers_growth_rate": round(live.new_followers / host.followers, 4),
        "total_sale_cnt": sale.units,
        "total_sale_gmv_amt": dollars(sale.gmv),
        "spu_avg_price": dollars(sum(product.price for product in shown) // len(shown)),
        "live_sale_top3_product": text(_best(world, live, shown)),
        "gpm": round(sale.gmv * 10 / max(1, live.views), 2),
        "product_category_gmv_distribution": text({shown[0].categories[0].id: dollars(sale.gmv)}),
        **_recent(world, live),
    }


def _best(world: World, live: Live, shown: list[Product]) -> list[dict[str, Any]]:
    """The three products that it sold most of."""
    units = {product.id: world.sales_of(product).by_live[live.index].units for product in shown}
    best = sorted(units, key=lambda product_id: (-units[product_id], product_id))[:3]
    return [{"product_id": product_id, "total_sale_cnt": units[product_id]} for product_id in best]


def _recent(world: World, live: Live) -> dict[str, Any]:
    """Of the host's lives in 30 days: how many, and what one brought on average."""
    host = world.host_of_live(live)
    career = world.career_of(host)
    gmv = [world.sale_of_live(held).gmv for held in world.lives_of_influencer(host) if held.day <= MONTH]
    return {
        "per_live_sale_gmv_30d_amt": dollars(sum(gmv) // len(gmv)) if gmv else 0,
        "total_live_30d_cnt": career.lives() - career.lives(MONTH + 1),
    }
