"""Rankings: who is ranked, by what a day and a month added, and what their rows tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.influencer_row import sales_flag
from sandbox.echotik.page import bounds
from sandbox.echotik.quirk import has
from sandbox.echotik.seller import logo
from sandbox.echotik.video import cover, posted
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller
from tests.graph.every_field.figure import REGION, category, dollars, ids, instant, most, picture
from tests.graph.every_field.influencer import MODES
from tests.graph.every_field.page import compare_pages
from tests.graph.every_field.video import caption_facts
from tests.graph.walked import Walker

FULL = 10
NEW_FOR = 15  # days that a product is new


@dataclass(frozen=True)
class Period:
    """Days that are ranked, counted back from today: `first` is the higher number."""

    name: str
    start: date
    first: int
    last: int

    def added(self, measure: Callable[[int], int]) -> int:
        return measure(self.last) - measure(self.first + 1)

    def held(self, days: Sequence[int]) -> int:
        """How many of such days lie within."""
        return sum(self.last <= day <= self.first for day in days)


def yesterday(world: World) -> Period:
    return Period("DAY", world.date_of(1), 1, 1)


def last_month(world: World) -> Period:
    end = world.today.replace(day=1) - timedelta(days=1)
    return Period("MONTH", end.replace(day=1), world.day_of(end.replace(day=1)), world.day_of(end))


def _compare(
    walker: Walker, field: str, period: Period, kind: str, ranked: Sequence[Any], edges: str, edge: Callable[[Any], Any]
) -> None:
    """The first fifty rows."""
    arguments = f'(region: {REGION}, period: {period.name}, date: "{period.start}"'
    told = [{"rank": rank, **edge(item)} for rank, item in enumerate(ranked[:50], 1)]
    walker.same(
        f"{{ {field}{arguments}, first: 50) {{ date edges {{ rank {edges} }} }} }}",
        {field: {"date": period.start.isoformat(), "edges": told}},
    )
    compare_pages(walker, [f"{field}{arguments})"], ids(kind, ranked), more={"date": period.start.isoformat()})


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT_EDGE = """
  units gmv influencers videos lives node { productId name region price { average min max } commissionRate }
"""


def ranked_products(products: Sequence[Product], period: Period) -> list[Product]:
    """Those that sold anything, by units."""
    return most((each for each in products if period.added(each.units)), lambda each: period.added(each.units))


def product_edge(world: World, period: Period, product: Product) -> dict[str, Any]:
    low, high = bounds(world.listing_of(product))
    return {
        "units": period.added(product.units),
        "gmv": dollars(period.added(product.gmv)),
        "influencers": period.added(product.influencers),
        "videos": period.held([video.day for video in world.videos_of_product(product)]),
        "lives": period.held([live.day for live in world.lives_of_product(product)]),
        "node": {
            "productId": product.id,
            "name": world.title_of(product),
            "region": product.region,
            "price": {"average": dollars(product.price), "min": dollars(low), "max": dollars(high)},
            "commissionRate": product.commission / 1000,
        },
    }


def compare_products(walker: Walker) -> None:
    world = walker.world
    for period in (yesterday(world), last_month(world)):
        ranked = ranked_products(world.products_in(REGION), period)
        edge = partial(product_edge, world, period)
        _compare(walker, "productRanking", period, "Product", ranked, PRODUCT_EDGE, edge)


def compare_new_products(walker: Walker) -> None:
    """First seen on the day or in the two weeks before; by the day's GMV. v2 alone."""
    world = walker.world
    period = yesterday(world)
    new = [each for each in world.products_in(REGION) if 1 <= each.age < 1 + NEW_FOR]
    ranked = most(new, lambda product: period.added(product.gmv))
    told = [{"rank": rank, **product_edge(world, period, each)} for rank, each in enumerate(ranked[:FULL], 1)]
    opened, date = f"newProductRanking(region: {REGION})", period.start.isoformat()
    walker.same(
        f"{{ {opened} {{ date edges {{ rank {PRODUCT_EDGE} }} }} }}",
        {"newProductRanking": {"date": date, "edges": told}},
    )
    compare_pages(walker, [opened], ids("Product", ranked), more={"date": date})


# ── sellers ───────────────────────────────────────────────────────────────────────────────────────────────────────

SELLER_EDGE = """
  units gmv influencers videos lives products node {
    sellerId name region logo { url index } origin rating topCategory { id categoryId level }
    categories { id categoryId level } account { userId }
  }
"""


def _seller_edge(world: World, period: Period, seller: Seller) -> dict[str, Any]:
    """Products are often not filled in, and then 0: nothing that can be told from none."""
    shop = world.shop_of(seller)
    return {
        "units": period.added(shop.units),
        "gmv": dollars(period.added(shop.gmv)),
        "influencers": period.added(shop.influencers),
        "videos": period.added(shop.videos),
        "lives": period.added(shop.lives),
        "products": None if has("unfilled", seller.id) else period.added(shop.listed) or None,
        "node": {
            "sellerId": seller.id,
            "name": seller.name,
            "region": seller.region,
            "logo": picture(logo(seller)),
            "origin": "CROSS_BORDER" if seller.cross_border else "LOCAL",
            "rating": seller.rating_tenths / 10,
            "topCategory": category(shop.category_path[0]),
            "categories": [category(each) for each in shop.category_path],
            "account": {"userId": world.account_of_seller(seller).id},
        },
    }


def compare_sellers(walker: Walker) -> None:
    world = walker.world
    for period in (yesterday(world), last_month(world)):
        ranked = _ranked_sellers(world, period)
        _compare(walker, "sellerRanking", period, "Seller", ranked, SELLER_EDGE, partial(_seller_edge, world, period))


def _ranked_sellers(world: World, period: Period) -> list[Seller]:
    """By units; also those that sold nothing and still gained an influencer."""

    def units(seller: Seller) -> int:
        return period.added(world.shop_of(seller).units)

    sellers = world.sellers_in(REGION)
    return most((each for each in sellers if units(each) or period.added(world.shop_of(each).influencers)), units)


# ── influencers ───────────────────────────────────────────────────────────────────────────────────────────────────

INFLUENCER_EDGE = """
  newFollowers newLikes units gmv videos lives products node {
    userId handle name avatar { url index } region category score sellsProducts sellingMode
  }
"""
LEVELS = "videoCount liveCount productCount audience { followers likes } performance { units gmv }"


def _influencer_edge(world: World, period: Period, user: Influencer) -> dict[str, Any]:
    career = world.career_of(user)
    return {
        "newFollowers": period.added(career.followers),
        "newLikes": period.added(career.likes),
        "units": period.added(career.units),
        "gmv": dollars(period.added(career.gmv)),
        "videos": period.added(career.posts),
        "lives": period.added(career.lives),
        "products": period.added(career.products),
        "node": {
            "userId": user.id,
            "handle": told_handle(user),
            "name": user.nick_name,
            "avatar": picture(avatar(user)),
            "region": user.region,
            "category": user.category,
            "score": user.score_tenths / 10,
            "sellsProducts": sales_flag(career) > 0,
            "sellingMode": MODES[sales_flag(career)],
        },
    }


def compare_influencers(walker: Walker) -> None:
    world = walker.world
    for period in (yesterday(world), last_month(world)):
        ranked = _ranked_influencers(world, period)
        edge = partial(_influencer_edge, world, period)
        _compare(walker, "influencerRanking", period, "Influencer", ranked, INFLUENCER_EDGE, edge)
    told = [_levels(world, user) for user in _ranked_influencers(world, yesterday(world))[:FULL]]
    walker.same(
        f"{{ influencerRanking(region: {REGION}) {{ nodes {{ {LEVELS} }} }} }}",
        {"influencerRanking": {"nodes": told}},
    )


def _levels(world: World, user: Influencer) -> dict[str, Any]:
    """What there was in all when yesterday ended, which its ranking tells too."""
    career = world.career_of(user)
    return {
        "videoCount": career.posts(),
        "liveCount": career.lives(),
        "productCount": career.products(),
        "audience": {"followers": career.followers(), "likes": career.likes()},
        "performance": {"units": career.units(), "gmv": dollars(career.gmv())},
    }


def _ranked_influencers(world: World, period: Period) -> list[Influencer]:
    """Those that sold anything, by units."""
    users = world.influencers_in(REGION)
    units = {user.id: period.added(world.career_of(user).units) for user in users}
    return most((user for user in users if units[user.id]), lambda user: units[user.id])


# ── videos ────────────────────────────────────────────────────────────────────────────────────────────────────────

VIDEO_EDGE = """
  views likes comments shares favorites units gmv node {
    id videoId caption hashtags postedAt durationSeconds region cover { url index } madeByAi
    influencer { userId handle name }
  }
"""


def _video_edge(world: World, period: Period, video: Video, *, by_sales: bool) -> dict[str, Any]:
    """Where saves are unknown the provider tells that none were added; by sales it tells nothing but 0 of the rest."""
    author = world.author_of_video(video)

    def part(thousandths: int) -> int:
        return 0 if by_sales or thousandths < 0 else period.added(partial(video.part, thousandths))

    return {
        "views": 0 if by_sales else period.added(video.views),
        "likes": part(video.likes),
        "comments": part(video.comments),
        "shares": part(video.shares),
        "favorites": part(video.saves),
        "units": period.added(lambda day: world.sale_of_video(video, day).units),
        "gmv": dollars(period.added(lambda day: world.sale_of_video(video, day).gmv)),
        "node": {
            **caption_facts(world, video),
            "postedAt": instant(posted(world, video)),
            "durationSeconds": video.duration,
            "region": video.region,
            "cover": picture(cover(video)),
            "madeByAi": video.made_by_ai,
            "influencer": {"userId": author.id, "handle": told_handle(author), "name": author.nick_name},
        },
    }


def _units_by_video(world: World, period: Period) -> Mapping[int, int]:
    """Units that a period added, by index of video."""
    units = Counter[int]()
    for ledger in world.ledgers_in(REGION):
        for at, gained in ledger.by_video.units_added(period.first, period.last):
            units[ledger.videos.index[at]] += gained
    return units


def compare_videos(walker: Walker) -> None:
    """By the views that a month added, and by yesterday's sales."""
    world = walker.world
    indices = (index for ledger in world.ledgers_in(REGION) for index in ledger.videos.index)
    videos = [world.video_at(index) for index in indices]
    month, day = last_month(world), yesterday(world)
    seen = [video for video in videos if video.day >= month.last and month.added(video.views)]
    ranked = most(seen, lambda video: month.added(video.views))
    edge = partial(_video_edge, world, month, by_sales=False)
    _compare(walker, "videoRanking", month, "Video", ranked, VIDEO_EDGE, edge)
    units = _units_by_video(world, day)
    ranked = most((video for video in videos if units[video.index]), lambda video: units[video.index])[:FULL]
    told = [_video_edge(world, day, video, by_sales=True) for video in ranked]
    walker.same(
        f"{{ videoRanking(region: {REGION}, by: SALES) {{ edges {{ {VIDEO_EDGE} }} nodes {{ videoId }} }} }}",
        {"videoRanking": {"edges": told, "nodes": [{"videoId": video.id} for video in ranked]}},
    )


ALL = (compare_products,)
V3 = (compare_sellers, compare_influencers, compare_videos)
