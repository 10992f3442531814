"""Sellers: what a shop is, what it sold, and who and what sells for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.product import sales_trend_flag
from sandbox.echotik.seller import link, logo, sales_flag
from sandbox.echotik.video import cover, posted
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller
from tests.graph.every_field.figure import (
    CHANNELS,
    REGION,
    SELLER_SOURCE,
    SOURCE,
    TREND_DAYS,
    TRENDS,
    added,
    by_window,
    category,
    days_back,
    dollars,
    ids,
    in_windows,
    instant,
    most,
    on_day,
    picture,
    price_each,
    source,
)
from tests.graph.every_field.live import seller_facts as live_facts
from tests.graph.every_field.page import compare_pages
from tests.graph.every_field.video import caption_facts
from tests.graph.walked import Walker

TOLD = (None, 1, 7, 30, 90)  # days of the windows that rows of shops tell of
FACTS = """
  id sellerId name region url logo { url index } origin rating averagePrice productCount activeProductCount
  influencerCount videoCount liveCount mainChannel salesTrend firstSeen topCategory { id categoryId level }
  categories { id categoryId level } soldCategories { id categoryId level } account { id userId }
"""
DETAIL = "reviewCount followerCount positiveFeedbackRate responseRate"
POINT = """
  date units gmv totalUnits totalGmv products activeProducts videos videoInfluencers lives liveInfluencers
"""


def by_units(world: World) -> list[Seller]:
    return most(world.sellers_in(REGION), lambda seller: world.shop_of(seller).units())


def busy(world: World) -> Seller:
    """A shop with many products and lives, whose own account sells too."""
    found = (each for each in world.sellers_in(REGION) if each.sells_itself and 3 < len(each.places) < 20)
    return next(each for each in found if len(world.lives_of_seller(each)) > 10)


def facts(world: World, seller: Seller) -> dict[str, Any]:
    shop, account = world.shop_of(seller), world.account_of_seller(seller)
    return {
        "id": f"Seller:{seller.id}",
        "sellerId": seller.id,
        "name": seller.name,
        "region": seller.region,
        "url": link(seller),
        "logo": picture(logo(seller)),
        "origin": "CROSS_BORDER" if seller.cross_border else "LOCAL",
        "rating": seller.rating_tenths / 10,
        "averagePrice": dollars(shop.price),
        "productCount": shop.listed(),
        "activeProductCount": shop.on_sale(),
        "influencerCount": shop.influencers(),
        "videoCount": shop.videos(),
        "liveCount": shop.lives(),
        "mainChannel": CHANNELS[sales_flag(shop)],
        "salesTrend": TRENDS[sales_trend_flag(shop)],
        "firstSeen": world.date_of(seller.age).isoformat(),
        "topCategory": category(shop.category_path[0]),
        "categories": [category(each) for each in shop.category_path],
        "soldCategories": [category(each) for each in shop.categories(2)],
        "account": {"id": f"Influencer:{account.id}", "userId": account.id},
    }


def detail_facts(world: World, seller: Seller) -> dict[str, Any]:
    """What no list tells."""
    return {
        "reviewCount": world.shop_of(seller).reviews(),
        "followerCount": world.career_of(world.account_of_seller(seller)).followers(),
        "positiveFeedbackRate": seller.good_thousandths / 1000,
        "responseRate": seller.answered_thousandths / 1000,
    }


def performance(world: World, seller: Seller, days: int | None) -> dict[str, Any]:
    shop = world.shop_of(seller)
    units, gmv = added(shop.units, days), added(shop.gmv, days)
    told = {"units": units, "gmv": dollars(gmv), "averagePrice": price_each(gmv, units)}
    return {**(told if days in TOLD else dict.fromkeys(told)), "conversionRate": None}


def compare_details(walker: Walker) -> None:
    """Of shops with a page of their own and without."""
    world = walker.world
    sellers = world.sellers_in(REGION)
    linked, plain = (each for each in sellers if link(each)), (each for each in sellers if not link(each))
    found = [next(linked), next(plain), next(linked), busy(world)]
    told = [facts(world, seller) | detail_facts(world, seller) for seller in found]
    asked = ", ".join(f'"{each.id}"' for each in found)
    walker.same(f"{{ sellersByIds(ids: [{asked}]) {{ {FACTS} {DETAIL} }} }}", {"sellersByIds": told})
    walker.same(f'{{ seller(id: "{found[0].id}") {{ {FACTS} {DETAIL} }} }}', {"seller": told[0]})


def compare_rows_of_a_market(walker: Walker) -> None:
    """Most units first."""
    world = walker.world
    sellers = by_units(world)
    told = [facts(world, seller) for seller in sellers[:10]]
    walker.same(f"{{ sellers(region: {REGION}) {{ nodes {{ {FACTS} }} }} }}", {"sellers": {"nodes": told}})
    compare_pages(walker, [f"sellers(region: {REGION})"], ids("Seller", sellers))


def compare_performance(walker: Walker) -> None:
    world = walker.world
    for seller in (busy(world), by_units(world)[0]):
        told = by_window(partial(performance, world, seller))
        query = in_windows("performance", "units gmv averagePrice conversionRate")
        walker.same(f'{{ seller(id: "{seller.id}") {{ {query} }} }}', {"seller": told})


def compare_trend(walker: Walker) -> None:
    world, seller = walker.world, busy(walker.world)
    shop = world.shop_of(seller)
    told = [
        {
            "date": date,
            "units": on_day(shop.units, day),
            "gmv": dollars(on_day(shop.gmv, day)),
            "totalUnits": shop.units(day),
            "totalGmv": dollars(shop.gmv(day)),
            "products": shop.listed(day),
            "activeProducts": shop.on_sale(day),
            "videos": shop.videos(day),
            "videoInfluencers": shop.video_influencers(day),
            "lives": shop.lives(day),
            "liveInfluencers": shop.live_influencers(day),
        }
        for day, date in days_back(world)
    ]
    walker.same(
        f'{{ seller(id: "{seller.id}") {{ trend(days: {TREND_DAYS}) {{ {POINT} }} }} }}', {"seller": {"trend": told}}
    )


def compare_products(walker: Walker) -> None:
    world, seller = walker.world, busy(walker.world)
    products = most(world.products_of_seller(seller), Product.units)
    told = [
        {
            "name": world.title_of(product),
            "performance": {"units": product.units(), "gmv": dollars(product.gmv())},
            "seller": {"id": f"Seller:{seller.id}"},
        }
        for product in products
    ]
    opened, node = f'seller(id: "{seller.id}")', "name performance { units gmv } seller { id }"
    walker.same(
        f"{{ {opened} {{ products(first: 100) {{ nodes {{ {node} }} }} }} }}", {"seller": {"products": {"nodes": told}}}
    )
    compare_pages(walker, [opened, "products"], ids("Product", products))


def compare_influencers(walker: Walker) -> None:
    """With what each sold of this shop's products."""
    world, seller = walker.world, busy(walker.world)
    users = most(world.influencers_of_seller(seller), lambda user: user.followers)
    edges = [_influencer_edge(world, seller, user) for user in users[:10]]
    opened = f'seller(id: "{seller.id}")'
    node = "id userId handle name avatar { url index } region followingCount audience { followers likes }"
    walker.same(
        f"{{ {opened} {{ influencers {{ edges {{ units gmv node {{ {node} }} }} }} }} }}",
        {"seller": {"influencers": {"edges": edges}}},
    )
    compare_pages(walker, [opened, "influencers"], ids("Influencer", users))


def _influencer_edge(world: World, seller: Seller, user: Influencer) -> dict[str, Any]:
    sale = world.sale_for_seller(user, seller)
    node = {
        "id": f"Influencer:{user.id}",
        "userId": user.id,
        "handle": told_handle(user),
        "name": user.nick_name,
        "avatar": picture(avatar(user)),
        "region": user.region,
        "followingCount": user.following,
        "audience": {"followers": user.followers, "likes": world.career_of(user).likes()},
    }
    return {"units": sale.units, "gmv": dollars(sale.gmv), "node": node}


def compare_videos(walker: Walker) -> None:
    world, seller = walker.world, busy(walker.world)
    videos = most(world.videos_of_seller(seller), lambda video: video.views())
    opened = f'seller(id: "{seller.id}")'
    node = """id videoId caption hashtags postedAt region cover { url index } influencer { userId name }
        engagement { views likes comments shares } performance { units gmv }"""
    walker.same(
        f"{{ {opened} {{ videos {{ nodes {{ {node} }} }} }} }}",
        {"seller": {"videos": {"nodes": [_video_node(world, video) for video in videos[:10]]}}},
    )
    compare_pages(walker, [opened, "videos"], ids("Video", videos))


def _video_node(world: World, video: Video) -> dict[str, Any]:
    author, sale = world.author_of_video(video), world.sale_of_video(video)
    return {
        **caption_facts(world, video),
        "postedAt": instant(posted(world, video)),
        "region": video.region,
        "cover": picture(cover(video)),
        "influencer": {"userId": author.id, "name": author.nick_name},
        "engagement": {
            "views": video.views(),
            "likes": video.part(video.likes),
            "comments": video.part(video.comments),
            "shares": video.part(video.shares),
        },
        "performance": {"units": sale.units, "gmv": dollars(sale.gmv)},
    }


def compare_lives(walker: Walker) -> None:
    world, seller = walker.world, busy(walker.world)
    lives = most(world.lives_of_seller(seller), lambda live: live.views)
    opened = f'seller(id: "{seller.id}")'
    selection, told = live_facts(world, lives[:10])
    walker.same(f"{{ {opened} {{ lives {{ nodes {{ {selection} }} }} }} }}", {"seller": {"lives": {"nodes": told}}})
    compare_pages(walker, [opened, "lives"], ids("Live", lives))


def compare_source(walker: Walker) -> None:
    world = walker.world
    seller = world.sellers_in(SELLER_SOURCE)[0]
    told = source(world, "seller.detail")
    walker.same(
        f'{{ seller(id: "{seller.id}") {{ name source {SOURCE} sources {SOURCE} }} }}',
        {"seller": {"name": seller.name, "source": told, "sources": [told]}},
    )


ALL = (
    compare_source,
    compare_rows_of_a_market,
    compare_details,
    compare_performance,
    compare_trend,
    compare_products,
    compare_influencers,
    compare_videos,
    compare_lives,
)
