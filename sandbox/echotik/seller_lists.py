"""What belongs to a shop: its products, and the influencers, videos and lives that sell them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.live import cover as live_cover
from sandbox.echotik.live import started
from sandbox.echotik.order import listed, ordered, page_reply
from sandbox.echotik.page import dollars
from sandbox.echotik.product import added, gmv_added, product_row
from sandbox.echotik.quirk import has
from sandbox.echotik.video import caption, create_time, reactions
from sandbox.echotik.video import cover as video_cover
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Live, Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller

PRODUCT_ORDERS: dict[int, Callable[[Product], float]] = {
    1: lambda product: product.units(),
    2: lambda product: product.gmv(),
    3: lambda product: product.price,
    4: lambda product: added(product, Product.units, 7),
    5: lambda product: gmv_added(product, Product.units, 7),
}


def products_of_seller(question: Question) -> Reply:
    seller = _asked(question)
    products = question.world.products_of_seller(seller) if seller else []
    products = ordered(question, products, PRODUCT_ORDERS, "seller_product_sort_field")
    rows = (product_row(question, product.id, "v3 core") for product in page_of(question, products))
    return rows_reply(question, (row for row in rows if row))


def influencers_of_seller(question: Question) -> Reply:
    """Units and GMV are what an influencer sold of this shop's products."""
    seller, world = _asked(question), question.world
    if not seller:
        return rows_reply(question, [])
    orders: dict[int, Callable[[Influencer], float]] = {
        1: lambda user: user.followers,
        2: lambda user: world.sale_for_seller(user, seller).units,
        3: lambda user: world.sale_for_seller(user, seller).gmv,
    }
    users = listed(
        question,
        "seller/influencer/list",
        lambda: ordered(question, world.influencers_of_seller(seller), orders, "seller_influencer_sort_field"),
    )
    return page_reply(
        question, ("seller/influencer/list", seller.index), users, partial(_influencer_row, world, seller)
    )


def videos_of_seller(question: Question) -> Reply:
    seller, world = _asked(question), question.world
    if not seller:
        return rows_reply(question, [])
    orders: dict[int, Callable[[Video], float]] = {
        1: lambda video: video.views(),
        2: lambda video: world.sale_of_video(video).units,
        3: lambda video: world.sale_of_video(video).gmv,
    }
    videos = listed(
        question,
        "seller/video/list",
        lambda: ordered(question, world.videos_of_seller(seller), orders, "seller_video_sort_field"),
    )
    return page_reply(question, ("seller/video/list", seller.index), videos, partial(_video_row, world, seller))


def lives_of_seller(question: Question) -> Reply:
    seller, world = _asked(question), question.world
    if not seller:
        return rows_reply(question, [])
    orders: dict[int, Callable[[Live], float]] = {
        1: lambda live: live.views,
        2: lambda live: world.sale_of_live(live).units,
        3: lambda live: world.sale_of_live(live).gmv,
    }
    lives = listed(
        question,
        "seller/live/list",
        lambda: ordered(question, world.lives_of_seller(seller), orders, "seller_live_sort_field"),
    )
    return page_reply(question, ("seller/live/list", seller.index), lives, partial(_live_row, world, seller))


def _asked(question: Question) -> Seller | None:
    return question.world.seller(question.arguments.text("seller_id"))


def _influencer_row(world: World, seller: Seller, user: Influencer) -> dict[str, Any]:
    sale = world.sale_for_seller(user, seller)
    return {
        "seller_id": seller.id,
        "user_id": user.id,
        "unique_id": told_handle(user),
        "nick_name": user.nick_name,
        "avatar": avatar(user),
        "region": user.region,
        "total_followers_cnt": user.followers,
        "total_following_cnt": user.following,
        "total_digg_cnt": world.career_of(user).likes(),
        "total_sale_cnt": sale.units,
        "total_sale_gmv_amt": dollars(sale.gmv),
    }


def _video_row(world: World, seller: Seller, video: Video) -> dict[str, Any]:
    author, sale = world.author_of_video(video), world.sale_of_video(video)
    counts = reactions(video)
    counts.pop("total_favorites_cnt")
    return {
        "seller_id": seller.id,
        "video_id": video.id,
        "video_desc": caption(world, video),
        "create_time": create_time(world, video),
        "region": video.region,
        "reflow_cover": video_cover(video),
        "user_id": author.id,
        "nick_name": author.nick_name,
        "avatar": avatar(author),
        **counts,
        "total_video_sale_cnt": sale.units,
        "total_video_sale_gmv_amt": dollars(sale.gmv),
    }


def _live_row(world: World, seller: Seller, live: Live) -> dict[str, Any]:
    host, sale = world.host_of_live(live), world.sale_of_live(live)
    return {
        "room_id": live.id,
        "seller_id": seller.id,
        "user_id": host.id,
        "nick_name": host.nick_name,
        "avatar": avatar(host),
        "title": world.title_of_live(live),
        "cover_url": live_cover(live),
        "region": live.region,
        "create_time": started(world, live),
        "finish_time": started(world, live) + live.duration,
        "duration": live.duration,
        "max_views_cnt": 0 if has("no peak", live.id) else live.peak,
        "total_views_cnt": live.views,
        "total_joins_cnt": live.joins,
        "total_sale_cnt": sale.units,
        "total_sale_gmv_amt": dollars(sale.gmv),
    }
