"""What words find, of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.live import cover as live_cover
from sandbox.echotik.live import started
from sandbox.echotik.seller import logo
from sandbox.echotik.video import cover as video_cover
from sandbox.echotik.video import posted
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from tests.graph.every_field.figure import added, dollars, instant, most, picture
from tests.graph.every_field.product import images
from tests.graph.every_field.video import caption_facts
from tests.graph.walked import Walker

SEARCHED = "MY"  # nothing else here asks about this market: rows of a search tell what is told of it
ROWS = 8
SHOWN_BY = 30  # products, of most units in a week, whose videos and lives are found
FOUND = """
  __typename
  ... on Product {
    id productId name images { url index } price { average } performance { units gmv influencers video { videos } }
    week: performance(window: LAST_7_DAYS) { units gmv }
  }
  ... on Seller {
    id sellerId name region logo { url index } rating productCount influencerCount videoCount liveCount
    performance { units gmv }
  }
  ... on Influencer {
    id userId handle name avatar { url index } region category email videoCount liveCount liveViewCount productCount
    audience { followers likes views } performance { units gmv }
  }
  ... on Video {
    id videoId caption hashtags postedAt durationSeconds region cover { url index } sellsProducts influencer { userId }
    engagement { views likes comments } performance { units gmv }
  }
  ... on Live {
    id roomId title cover { url index } region startedAt views peakViewers productCount influencer { userId }
  }
"""
Item = TypeVar("Item")
Rows = list[dict[str, Any]]


def compare_each_kind(walker: Walker) -> None:
    """By the name of a brand: its shops and their accounts, its products, and the videos and lives that show them.

    All that is asked stands in the rows found.
    """
    world = walker.world
    brand = world.sellers_in(SEARCHED)[0].brand_name
    expected = {kind: find(world, brand)[:ROWS] for kind, find in KINDS.items()}
    assert all(expected.values())
    before = len(walker.sandbox.calls)
    for kind, rows in expected.items():
        asked = f'search(text: "{brand}", region: {SEARCHED}, types: [{kind}], first: {ROWS})'
        walker.same(f"{{ {asked} {{ {FOUND} }} }}", {"search": rows})
    asked = f'search(text: "{brand}", region: {SEARCHED}, first: {ROWS})'
    usual = [*expected["PRODUCT"], *expected["SELLER"], *expected["INFLUENCER"]]
    walker.same(f"{{ {asked} {{ {FOUND} }} }}", {"search": usual})
    assert {call.path for call in walker.sandbox.calls[before:]} == {"search/items"}


def _matching(items: Iterable[Item], brand: str, words: Callable[[Item], str]) -> list[tuple[Item, int]]:
    """What has two of the words, or the only one; and how many it has."""
    asked = brand.casefold().split()
    counted = ((item, sum(word in words(item).casefold() for word in asked)) for item in items)
    return [(item, count) for item, count in counted if count >= min(2, len(asked))]


def _matching_products(world: World, brand: str) -> list[tuple[Product, int]]:
    return _matching(world.products_in(SEARCHED), brand, world.title_of)


def _products(world: World, brand: str) -> Rows:
    """Most words first, as no sort means relevance."""
    counts = {product.id: count for product, count in _matching_products(world, brand)}
    found = (product for product, _ in _matching_products(world, brand))
    return [
        {
            "__typename": "Product",
            "id": f"Product:{product.id}",
            "productId": product.id,
            "name": world.title_of(product),
            "images": images(world, product),
            "price": {"average": dollars(product.price)},
            "performance": {
                "units": product.units(),
                "gmv": dollars(product.gmv()),
                "influencers": product.reach,
                "video": {"videos": product.videos},
            },
            "week": {"units": added(product.units, 7), "gmv": dollars(added(product.gmv, 7))},
        }
        for product in most(found, lambda product: counts[product.id])
    ]


def _sellers(world: World, brand: str) -> Rows:
    """Most units first."""
    matching = _matching(world.sellers_in(SEARCHED), brand, lambda seller: seller.name)
    found = ((seller, world.shop_of(seller)) for seller, _ in matching)
    return [
        {
            "__typename": "Seller",
            "id": f"Seller:{seller.id}",
            "sellerId": seller.id,
            "name": seller.name,
            "region": seller.region,
            "logo": picture(logo(seller)),
            "rating": seller.rating_tenths / 10,
            "productCount": shop.listed(),
            "influencerCount": shop.influencers(),
            "videoCount": shop.videos(),
            "liveCount": shop.lives(),
            "performance": {"units": shop.units(), "gmv": dollars(shop.gmv())},
        }
        for seller, shop in sorted(found, key=lambda pair: (-pair[1].units(), pair[0].id))
    ]


def _influencers(world: World, brand: str) -> Rows:
    """Most followers first."""
    found = _matching(world.influencers_in(SEARCHED), brand, lambda user: f"{user.nick_name} {told_handle(user) or ''}")
    return [_influencer(world, user) for user in most((user for user, _ in found), lambda user: user.followers)]


def _influencer(world: World, user: Influencer) -> dict[str, Any]:
    career = world.career_of(user)
    return {
        "__typename": "Influencer",
        "id": f"Influencer:{user.id}",
        "userId": user.id,
        "handle": told_handle(user),
        "name": user.nick_name,
        "avatar": picture(avatar(user)),
        "region": user.region,
        "category": user.category,
        "email": user.email or None,
        "videoCount": career.posts(),
        "liveCount": career.lives(),
        "liveViewCount": career.live_views(),
        "productCount": career.products(),
        "audience": {"followers": user.followers, "likes": career.likes(), "views": career.views()},
        "performance": {"units": career.units(), "gmv": dollars(career.gmv())},
    }


def _best_of_the_week(world: World, brand: str) -> list[Product]:
    found = (product for product, _ in _matching_products(world, brand))
    return most(found, lambda product: product.units() - product.units(8))[:SHOWN_BY]


def _videos(world: World, brand: str) -> Rows:
    """Those whose first product is among the best that the words find; most views first."""
    best = _best_of_the_week(world, brand)
    shown = {video.id: video for product in best for video in world.videos_of_product(product)}
    wanted = {product.index for product in best}
    first = (video for video in shown.values() if video.products[0] in wanted)
    return [_video(world, video) for video in most(first, lambda video: video.views())]


def _video(world: World, video: Video) -> dict[str, Any]:
    sale = world.sale_of_video(video)
    return {
        "__typename": "Video",
        **caption_facts(world, video),
        "postedAt": instant(posted(world, video)),
        "durationSeconds": video.duration,
        "region": video.region,
        "cover": picture(video_cover(video)),
        "sellsProducts": True,
        "influencer": {"userId": world.author_of_video(video).id},
        "engagement": {
            "views": video.views(),
            "likes": video.part(video.likes),
            "comments": video.part(video.comments),
        },
        "performance": {"units": sale.units, "gmv": dollars(sale.gmv)},
    }


def _lives(world: World, brand: str) -> Rows:
    """The same of lives."""
    best = _best_of_the_week(world, brand)
    shown = {live.id: live for product in best for live in world.lives_of_product(product)}
    wanted = {product.index for product in best}
    return [
        {
            "__typename": "Live",
            "id": f"Live:{live.id}",
            "roomId": live.id,
            "title": world.title_of_live(live),
            "cover": picture(live_cover(live)),
            "region": live.region,
            "startedAt": instant(started(world, live)),
            "views": live.views,
            "peakViewers": live.peak,
            "productCount": len(live.products),
            "influencer": {"userId": world.host_of_live(live).id},
        }
        for live in most(shown.values(), lambda live: live.views)
        if live.products[0] in wanted
    ]


KINDS: dict[str, Callable[[World, str], Rows]] = {
    "PRODUCT": _products,
    "SELLER": _sellers,
    "INFLUENCER": _influencers,
    "VIDEO": _videos,
    "LIVE": _lives,
}
