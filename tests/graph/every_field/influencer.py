"""Influencers: what an account is, what it did, and what it posts and sells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.influencer_row import HOURS, LENGTHS, WEEKDAYS, sales_flag, sold_paths
from sandbox.echotik.quirk import has
from sandbox.echotik.video import cover, posted
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from tests.graph.every_field.figure import (
    INFLUENCER_SOURCE,
    REGION,
    SOURCE,
    TREND_DAYS,
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
from tests.graph.every_field.live import influencer_facts as live_facts
from tests.graph.every_field.page import compare_pages
from tests.graph.every_field.product import images
from tests.graph.every_field.video import caption_facts
from tests.graph.every_field.video import engagement as video_engagement
from tests.graph.walked import Walker

MODES = ("NONE", "VIDEO", "LIVE", "VIDEO_AND_LIVE", "SHOWCASE")
GAINED = (None, 1, 7, 30, 90)  # days of the windows that rows tell followers and likes of
MONTH = 30
FACTS = """
  id userId handle name avatar { url index } region language gender category bio email score hasShowcase sellsProducts
  sellingMode closed topCategory { id categoryId level } soldCategories { id categoryId level } topVideo { id videoId }
  averageViews30d averageSellingVideoViews averageSellingVideoViews7d firstSeen followingCount interactionRate
  videoCount liveCount productCount seller { id sellerId }
  videoHabits { byLength { key count } byHour { key count } byWeekday { key count } }
"""
AUDIENCE = "followers likes views comments shares"
MEASURES = """
  units gmv averagePrice products
  video { units gmv videos views influencers products } live { units gmv sessions influencers }
"""
POINT = "date followers newFollowers likes newLikes views comments shares videos lives units gmv"


def by_followers(world: World) -> list[Influencer]:
    return most(world.influencers_in(REGION), lambda user: world.career_of(user).followers())


def busy(world: World) -> Influencer:
    """One with a handle, habits and lives, who has posted and sold most in a circle."""
    found = (each for each in world.influencers_in(REGION)[:64] if told_handle(each) and not each.sparse)
    telling = [each for each in found if not has("empty buckets", each.id) and len(world.lives_of_influencer(each)) > 2]
    return max(telling, key=lambda user: (len(world.videos_of_influencer(user)), user.id))


def facts(world: World, user: Influencer) -> dict[str, Any]:
    career, seller, paths = world.career_of(user), world.seller_of_account(user), sold_paths(world, user)
    top = None if career.most_viewed is None else world.video_at(career.most_viewed).id
    return {
        "id": f"Influencer:{user.id}",
        "userId": user.id,
        "handle": told_handle(user),
        "name": user.nick_name,
        "avatar": picture(avatar(user)),
        "region": user.region,
        "language": user.language,
        "gender": user.gender or None,
        "category": user.category,
        "bio": user.signature,
        "email": user.email or None,
        "score": user.score_tenths / 10,
        "hasShowcase": user.showcase,
        "sellsProducts": sales_flag(career) > 0,
        "sellingMode": MODES[sales_flag(career)],
        "closed": user.off_mark > 0,
        "topCategory": category(paths[0][0]) if paths else None,
        "soldCategories": [category(path[2]) for path in paths] or None,
        "topVideo": {"id": f"Video:{top}", "videoId": top} if top else None,
        "averageViews30d": career.views_each_in(MONTH),
        "averageSellingVideoViews": career.selling_views_each(MONTH),
        "averageSellingVideoViews7d": career.selling_views_each(7),
        "firstSeen": world.date_of(user.age).isoformat(),
        "followingCount": user.following,
        "interactionRate": career.interaction_rate(),
        "videoCount": career.posts(),
        "liveCount": career.lives(),
        "productCount": career.products(),
        "seller": {"id": f"Seller:{seller.id}", "sellerId": seller.id} if seller else None,
        "videoHabits": habits(world, user),
    }


def habits(world: World, user: Influencer) -> dict[str, Any]:
    """How many of its videos fall into each bucket; in some rows the empty ones are left out, in some all are."""
    videos = world.videos_of_influencer(user)
    lengths = (next(key for key, bound in LENGTHS if video.duration < bound) for video in videos)
    days = (str(world.date_of(video.day).isoweekday()) for video in videos)
    return {
        "byLength": _buckets(user, [key for key, _ in LENGTHS], lengths),
        "byHour": _buckets(user, HOURS, (f"{video.second // 3600:02d}" for video in videos)),
        "byWeekday": _buckets(user, WEEKDAYS, days),
    }


def _buckets(user: Influencer, keys: Sequence[str], counted: Iterable[str]) -> list[dict[str, Any]] | None:
    if has("empty buckets", user.id):
        return None
    counts, missing = Counter(counted), has("missing buckets", user.id)
    return [{"key": key, "count": counts[key]} for key in keys if counts[key] or not missing]


def compare_details(walker: Walker) -> None:
    """Of creators and of shops' own accounts; those of the US have a gender, some of all have an address."""
    world = walker.world
    creators, accounts = world.influencers_in("US")[:64], world.influencers_in(REGION)[-3:]
    found = [*creators[:4], next(each for each in creators if each.email), *accounts, busy(world)]
    assert any(each.gender for each in found)
    told = [facts(world, user) for user in found]
    asked = ", ".join(f'"{each.id}"' for each in found)
    walker.same(f"{{ influencersByIds(ids: [{asked}]) {{ {FACTS} }} }}", {"influencersByIds": told})
    walker.same(f'{{ influencer(id: "{found[-1].id}") {{ {FACTS} }} }}', {"influencer": told[-1]})


def compare_handles(walker: Walker) -> None:
    world = walker.world
    users = [each for each in world.influencers_in(REGION) if told_handle(each)][:3]
    asked = ", ".join(f'"{each.handle}"' for each in users)
    told = [{"userId": each.id, "name": each.nick_name} for each in users]
    walker.same(f"{{ influencersByHandles(handles: [{asked}]) {{ userId name }} }}", {"influencersByHandles": told})


def compare_rows_of_a_market(walker: Walker) -> None:
    """Most followers first."""
    world = walker.world
    users = by_followers(world)
    told = [facts(world, user) for user in users[:10]]
    walker.same(f"{{ influencers(region: {REGION}) {{ nodes {{ {FACTS} }} }} }}", {"influencers": {"nodes": told}})
    compare_pages(walker, [f"influencers(region: {REGION})"], ids("Influencer", users))


def audience(world: World, user: Influencer, days: int | None) -> dict[str, Any]:
    """Levels of all time; in windows followers and likes gained."""
    career, ever = world.career_of(user), days is None
    return {
        "followers": added(career.followers, days) if days in GAINED else None,
        "likes": added(career.likes, days) if days in GAINED else None,
        "views": career.views() if ever else None,
        "comments": career.comments() if ever else None,
        "shares": career.shares() if ever else None,
    }


def performance(world: World, user: Influencer, days: int | None) -> dict[str, Any]:
    """Of all time units, GMV and products; of thirty days all but units of both channels together."""
    career, ever, month = world.career_of(user), days is None, days == MONTH

    def told(measure: Callable[[int], int], *, here: bool) -> int | None:
        return added(measure, days) if here else None

    def money(measure: Callable[[int], int], *, here: bool) -> float | None:
        return dollars(added(measure, days)) if here else None

    recent = [video for video in world.videos_of_influencer(user) if video.day <= MONTH]
    return {
        "units": told(career.units, here=ever),
        "gmv": money(career.gmv, here=ever or month),
        "averagePrice": _price(career.units, career.gmv, days),
        "products": told(career.products, here=ever or month),
        "video": {
            "units": told(career.video_units, here=month),
            "gmv": money(career.video_gmv, here=month),
            "products": len({index for video in recent for index in video.products}) if month else None,
            **dict.fromkeys(("videos", "views", "influencers")),
        },
        "live": {
            "gmv": money(career.live_gmv, here=month),
            **dict.fromkeys(("units", "sessions", "influencers")),
        },
    }


def _price(units: Callable[[int], int], gmv: Callable[[int], int], days: int | None) -> Any:
    """Worked out of all time; of thirty days told, in whole cents, 0 where nothing was sold."""
    if days is None:
        return price_each(added(gmv, None), added(units, None))
    sold = added(units, days)
    return None if days != MONTH else dollars(added(gmv, days) // sold) if sold else 0


def compare_windows(walker: Walker) -> None:
    world = walker.world
    for user in (busy(world), by_followers(world)[0]):
        for field, selection, told in (
            ("audience", AUDIENCE, by_window(partial(audience, world, user))),
            ("performance", MEASURES, by_window(partial(performance, world, user))),
        ):
            walker.same(f'{{ influencer(id: "{user.id}") {{ {in_windows(field, selection)} }} }}', {"influencer": told})


def compare_trend(walker: Walker) -> None:
    world, user = walker.world, busy(walker.world)
    career = world.career_of(user)
    told = [
        {
            "date": date,
            "followers": career.followers(day),
            "newFollowers": on_day(career.followers, day),
            "likes": career.likes(day),
            "newLikes": on_day(career.likes, day),
            "views": career.views(day),
            "comments": career.comments(day),
            "shares": career.shares(day),
            "videos": career.posts(day),
            "lives": career.lives(day),
            "units": on_day(career.units, day),
            "gmv": dollars(on_day(career.gmv, day)),
        }
        for day, date in days_back(world)
    ]
    walker.same(
        f'{{ influencer(id: "{user.id}") {{ trend(days: {TREND_DAYS}) {{ {POINT} }} }} }}',
        {"influencer": {"trend": told}},
    )


def compare_products(walker: Walker) -> None:
    """With what the influencer did with each."""
    world, user = walker.world, busy(walker.world)
    products = most(world.products_of_influencer(user), Product.units)
    opened = f'influencer(id: "{user.id}")'
    edge = "units gmv videos videoUnits videoGmv lives liveUnits liveGmv"
    node = "productId name images { url index } cover { url index } price { average } performance { units gmv }"
    walker.same(
        f"{{ {opened} {{ products(first: 100) {{ edges {{ {edge} node {{ {node} }} }} }} }} }}",
        {"influencer": {"products": {"edges": [_product_edge(world, user, product) for product in products]}}},
    )
    compare_pages(walker, [opened, "products"], ids("Product", products))


def _product_edge(world: World, user: Influencer, product: Product) -> dict[str, Any]:
    deal = world.deal(user, product)
    by_video, live = dollars(deal.video_sale.gmv), dollars(deal.live_sale.gmv)
    return {
        "units": deal.sale.units,
        "gmv": by_video + live,
        "videos": deal.videos,
        "videoUnits": deal.video_sale.units,
        "videoGmv": by_video,
        "lives": deal.lives,
        "liveUnits": deal.live_sale.units,
        "liveGmv": live,
        "node": {
            "productId": product.id,
            "name": world.title_of(product),
            "images": images(world, product),
            "cover": images(world, product)[0],
            "price": {"average": dollars(product.price)},
            "performance": {"units": product.units(), "gmv": dollars(product.gmv())},
        },
    }


def compare_videos(walker: Walker) -> None:
    world, user = walker.world, busy(walker.world)
    videos = most(world.videos_of_influencer(user), lambda video: video.views())
    opened = f'influencer(id: "{user.id}")'
    node = """id videoId caption hashtags postedAt durationSeconds cover { url index } sellsProducts
        influencer { userId } products { nodes { productId } }
        engagement(window: LAST_7_DAYS) { views likes comments shares favorites }"""
    walker.same(
        f"{{ {opened} {{ videos {{ nodes {{ {node} }} }} }} }}",
        {"influencer": {"videos": {"nodes": [_video_node(world, user, video) for video in videos[:10]]}}},
    )
    compare_pages(walker, [opened, "videos"], ids("Video", videos))


def _video_node(world: World, user: Influencer, video: Video) -> dict[str, Any]:
    return {
        **caption_facts(world, video),
        "postedAt": instant(posted(world, video)),
        "durationSeconds": video.duration,
        "cover": picture(cover(video)),
        "sellsProducts": bool(video.products),
        "influencer": {"userId": user.id},
        "engagement": video_engagement(video, 7),
        "products": {"nodes": [{"productId": product.id} for product in world.products_of_video(video)]},
    }


def compare_lives(walker: Walker) -> None:
    """Oldest first, as the provider orders them."""
    world, user = walker.world, busy(walker.world)
    lives = world.lives_of_influencer(user)
    opened = f'influencer(id: "{user.id}")'
    selection, told = live_facts(world, lives[:10])
    walker.same(f"{{ {opened} {{ lives {{ nodes {{ {selection} }} }} }} }}", {"influencer": {"lives": {"nodes": told}}})
    compare_pages(walker, [opened, "lives"], ids("Live", lives))


def compare_source(walker: Walker) -> None:
    world = walker.world
    user = world.influencers_in(INFLUENCER_SOURCE)[0]
    told = source(world, "influencer.detail")
    walker.same(
        f'{{ influencer(id: "{user.id}") {{ name source {SOURCE} sources {SOURCE} }} }}',
        {"influencer": {"name": user.nick_name, "source": told, "sources": [told]}},
    )


ALL = (
    compare_source,
    compare_details,
    compare_handles,
    compare_rows_of_a_market,
    compare_windows,
    compare_trend,
    compare_products,
    compare_videos,
    compare_lives,
)
