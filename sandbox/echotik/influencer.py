"""Influencer rows: here, those of a product."""

from collections.abc import Callable
from typing import Any

from sandbox.echotik.order import Orders, list_reply, ordered
from sandbox.echotik.page import dollars, image_url
from sandbox.echotik.quirk import has
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.product import Product

Row = Callable[[Influencer], dict[str, Any]]


def influencers_of_product(question: Question) -> Reply:
    world = question.world

    def answer(product: Product) -> tuple[list[Influencer], Row]:
        users = world.influencers_of_product(product)
        users = ordered(question, users, _orders(world, product), "product_influencer_sort_field")
        return users, lambda user: _row_of_product(world, product, user)

    return list_reply(question, "product/influencer/list", answer)


def avatar(user: Influencer) -> str:
    return image_url("user-avatar", user.index, f"{user.id}.jpeg")


def told_handle(user: Influencer) -> str | None:
    """Its handle, where the provider has collected it."""
    return None if has("no handle", user.id) else user.handle


def _orders(world: World, product: Product) -> Orders[Influencer]:
    sales = world.sales_of(product)
    return {
        1: lambda user: user.followers,
        2: lambda user: world.career_of(user).likes(),
        3: lambda user: sales.influencer(user.index).units,
        4: lambda user: sales.influencer(user.index).gmv,
        5: lambda user: world.career_of(user).posts(),
        6: lambda user: world.career_of(user).views(),
        7: lambda user: world.career_of(user).live_views(),
    }


def _row_of_product(world: World, product: Product, user: Influencer) -> dict[str, Any]:
    career, sale = world.career_of(user), world.sales_of(product).influencer(user.index)
    return {
        "product_id": product.id,
        "user_id": user.id,
        "region": user.region,
        "nick_name": user.nick_name,
        "avatar": avatar(user),
        "category": user.category,
        "total_followers_cnt": user.followers,
        "total_following_cnt": user.following,
        "total_digg_cnt": career.likes(),
        "total_post_video_cnt": career.posts(),
        "total_views_cnt": career.views(),
        "total_live_views_cnt": career.live_views(),
        "total_live_cnt": career.lives(),
        "per_product_ifl_sale_cnt": sale.units,
        "per_product_ifl_gmv_amt": dollars(sale.gmv),
    }
