"""What belongs to an influencer: its videos, its lives and the products that it sells."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.echotik.envelope import rows_reply
from sandbox.echotik.influencer_row import influencer_by_handle
from sandbox.echotik.live import cover, started
from sandbox.echotik.order import listed, ordered, page_reply
from sandbox.echotik.page import dollars, page_v3
from sandbox.echotik.product import category_ids
from sandbox.echotik.video import posted
from sandbox.echotik.video_row import base_row
from sandbox.parameter import Refused
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Live, Video
from sandbox.world.product import Product


def videos_of_influencer(question: Question) -> Reply:
    """By id or by handle. Filter: one product."""
    user, world = _who(question), question.world
    orders: dict[int, Callable[[Video], float]] = {
        1: lambda video: video.views(),
        2: lambda video: world.sale_of_video(video).units,
        3: lambda video: world.sale_of_video(video).gmv,
        4: lambda video: posted(world, video),
    }
    videos = listed(
        question,
        "influencer/video/list",
        lambda: ordered(question, _videos(question, user), orders, "influencer_video_sort_field"),
    )
    return page_reply(question, "influencer/video/list", videos, partial(base_row, world))


def lives_of_influencer(question: Question) -> Reply:
    """Oldest first; there is no other order."""
    user, world = _by_id(question), question.world
    lives = world.lives_of_influencer(user) if user else []
    return page_reply(question, "influencer/live/list", lives, partial(_live_row, world))


def products_of_influencer(question: Question) -> Reply:
    """Filter: a category of level 1."""
    user, world = _by_id(question), question.world
    if not user:
        return rows_reply(question, [])
    orders: dict[int, Callable[[Product], float]] = {
        1: lambda product: product.units(),
        2: lambda product: product.gmv(),
        3: lambda product: product.price,
        4: lambda product: world.deal(user, product).video_sale.units,
        5: lambda product: world.deal(user, product).video_sale.gmv,
    }
    wanted = question.arguments.get("category_id")
    products = [made for made in world.products_of_influencer(user) if wanted in (None, category_ids(made)[0])]
    products = listed(
        question,
        "influencer/product/list",
        lambda: ordered(question, products, orders, "influencer_product_sort_field"),
    )
    return page_reply(question, ("influencer/product/list", user.index), products, partial(_product_row, world, user))


def _who(question: Question) -> Influencer | None:
    user_id, handle = question.arguments.get("user_id"), question.arguments.get("unique_id")
    if user_id and handle:
        raise Refused("unique_id cannot be used together with user_id")
    if user_id:
        return _by_id(question)
    if not handle:
        raise Refused("user_id or unique_id is required")
    return influencer_by_handle(question.world, str(handle))


def _by_id(question: Question) -> Influencer | None:
    return question.world.influencer(question.arguments.text("user_id"))


def _videos(question: Question, user: Influencer | None) -> list[Video]:
    world, product_id = question.world, question.arguments.get("product_id")
    videos = world.videos_of_influencer(user) if user else []
    if not product_id:
        return videos
    product = world.product(str(product_id))
    return [video for video in videos if product and product.index in video.products]


def _live_row(world: World, live: Live) -> dict[str, Any]:
    host, sale = world.host_of_live(live), world.sale_of_live(live)
    return {
        "room_id": live.id,
        "user_id": host.id,
        "nick_name": host.nick_name,
        "title": world.title_of_live(live),
        "cover_url": cover(live),
        "region": live.region,
        "create_time": started(world, live),
        "finish_time": started(world, live) + live.duration,
        "duration": live.duration,
        "total_views_cnt": live.views,
        "total_digg_cnt": live.likes,
        "total_comments_cnt": live.comments,
        "total_joins_cnt": live.joins,
        "total_product_cnt": len(live.products),
        "total_followers_cnt": host.followers,
        "total_sale_cnt": sale.units,
        "total_sale_gmv_amt": dollars(sale.gmv),
    }


def _product_row(world: World, user: Influencer, product: Product) -> dict[str, Any]:
    """`total_sale_*` are the product's own; the columns of videos and lives are the influencer's with it."""
    deal = world.deal(user, product)
    return {
        "product_id": product.id,
        "product_name": world.title_of(product),
        "cover_url": page_v3(product, world.listing_of(product))["cover_url"],
        "category_id": category_ids(product)[0],
        "spu_avg_price": dollars(product.price),
        "total_sale_cnt": product.units(),
        "total_sale_gmv_amt": dollars(product.gmv()),
        "total_video_cnt": deal.videos,
        "total_live_cnt": deal.lives,
        "total_video_sale_cnt": deal.video_sale.units,
        "total_live_sale_cnt": deal.live_sale.units,
        "total_video_sale_gmv_amt": dollars(deal.video_sale.gmv),
        "total_live_sale_gmv_amt": dollars(deal.live_sale.gmv),
        "user_id": user.id,
    }
