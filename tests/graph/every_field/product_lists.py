"""What hangs on a product: those who sell it, the videos and lives that show it, and its reviews."""

from __future__ import annotations

from typing import Any

from sandbox.echotik.influencer import avatar
from sandbox.echotik.live import cover as live_cover
from sandbox.echotik.live import started
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.quirk import choice, has
from sandbox.echotik.video import CLOUDFRONT, PLAY, posted
from sandbox.echotik.video import cover as video_cover
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Live, Video
from sandbox.world.product import Product
from sandbox.world.review import Review
from sandbox.world.words import LANGUAGES
from tests.graph.every_field.figure import (
    RELATION_SOURCE,
    SOURCE,
    category,
    dollars,
    ids,
    instant,
    most,
    picture,
    source,
)
from tests.graph.every_field.page import compare_pages
from tests.graph.every_field.product import sold_by_all
from tests.graph.every_field.video import caption_facts
from tests.graph.walked import Walker


def compare_influencers(walker: Walker) -> None:
    world, product = walker.world, sold_by_all(walker.world)
    users = most(world.influencers_of_product(product), lambda user: user.followers)
    node = """id userId name avatar { url index } region category followingCount videoCount liveCount liveViewCount
        audience { window followers likes views }"""
    edges = [
        {
            "units": world.sales_of(product).influencer(user.index).units,
            "gmv": dollars(world.sales_of(product).influencer(user.index).gmv),
            "node": _seller_of_it(world, user),
        }
        for user in users[:10]
    ]
    walker.same(
        f'{{ product(id: "{product.id}") {{ influencers {{ edges {{ units gmv node {{ {node} }} }} }} }} }}',
        {"product": {"influencers": {"edges": edges}}},
    )
    compare_pages(walker, [f'product(id: "{product.id}")', "influencers"], ids("Influencer", users))


def _seller_of_it(world: World, user: Influencer) -> dict[str, Any]:
    career = world.career_of(user)
    return {
        "id": f"Influencer:{user.id}",
        "userId": user.id,
        "name": user.nick_name,
        "avatar": picture(avatar(user)),
        "region": user.region,
        "category": user.category,
        "followingCount": user.following,
        "videoCount": career.posts(),
        "liveCount": career.lives(),
        "liveViewCount": career.live_views(),
        "audience": {
            "window": "ALL_TIME",
            "followers": user.followers,
            "likes": career.likes(),
            "views": career.views(),
        },
    }


def compare_videos(walker: Walker) -> None:
    world, product = walker.world, sold_by_all(walker.world)
    videos = most(world.videos_of_product(product), lambda video: video.views())
    node = """id videoId caption hashtags postedAt durationSeconds region cover { url index } playUrl width height
        sizeBytes resolution influencer { id userId } performance { window units gmv }
        engagement { window views likes comments shares favorites }"""
    edges = [_video_edge(world, video, walker.version) for video in videos[:10]]
    walker.same(
        f'{{ product(id: "{product.id}") {{ videos {{ edges {{ units gmv node {{ {node} }} }} }} }} }}',
        {"product": {"videos": {"edges": edges}}},
    )
    compare_pages(walker, [f'product(id: "{product.id}")', "videos"], ids("Video", videos))


def _video_edge(world: World, video: Video, version: str) -> dict[str, Any]:
    """The duration of v2 is none: it repeats the size of the file."""
    sale, author = world.sale_of_video(video), world.author_of_video(video)
    sold = {"units": sale.units, "gmv": dollars(sale.gmv)}
    other = version == "v2" and has("other cover host", video.id)
    cover = f"{CLOUDFRONT}/{video.index % 1024}/{video.id}.jpeg" if other else video_cover(video)
    node = {
        **caption_facts(world, video),
        "postedAt": instant(posted(world, video)),
        "durationSeconds": video.duration if version == "v3" else None,
        "region": video.region,
        "cover": picture(cover),
        "playUrl": PLAY.format(id=video.id),
        "width": 576 if video.tall else 1024,
        "height": 1024 if video.tall else 576,
        "sizeBytes": video.duration * 97_301,
        "resolution": "540p",
        "engagement": {
            "window": "ALL_TIME",
            "views": video.views(),
            "likes": video.part(video.likes),
            "comments": video.part(video.comments),
            "shares": video.part(video.shares),
            "favorites": None if video.saves < 0 else video.part(video.saves),
        },
        "performance": {"window": "ALL_TIME", **sold},
        "influencer": {"id": f"Influencer:{author.id}", "userId": author.id},
    }
    return {**sold, "node": node}


def compare_lives(walker: Walker) -> None:
    world, product = walker.world, sold_by_all(walker.world)
    lives = most(world.lives_of_product(product), lambda live: live.peak)
    node = "id roomId cover { url index } region startedAt views peakViewers productCount influencer { id userId }"
    edges = [_live_edge(world, product, live, walker.version) for live in lives[:10]]
    walker.same(
        f"""{{ product(id: "{product.id}") {{
            lives {{ edges {{ units gmv averagePrice category {{ id categoryId level }} node {{ {node} }} }} }}
        }} }}""",
        {"product": {"lives": {"edges": edges}}},
    )
    compare_pages(walker, [f'product(id: "{product.id}")', "lives"], ids("Live", lives))


def _live_edge(world: World, product: Product, live: Live, version: str) -> dict[str, Any]:
    """What it sold of this product; v2 does not know every host."""
    sale, host = world.sales_of(product).by_live[live.index], world.host_of_live(live)
    unknown = version == "v2" and has("unknown host", live.id)
    node = {
        "id": f"Live:{live.id}",
        "roomId": live.id,
        "cover": picture(live_cover(live)),
        "region": live.region,
        "startedAt": instant(started(world, live)),
        "views": live.views,
        "peakViewers": live.peak,
        "productCount": len(live.products),
        "influencer": None if unknown else {"id": f"Influencer:{host.id}", "userId": host.id},
    }
    return {
        "units": sale.units,
        "gmv": dollars(sale.gmv),
        "averagePrice": dollars(product.price_on(live.day)),
        "category": category(product.categories[0]),
        "node": node,
    }


REVIEW = "reviewId text rating reviewedAt skuId variant"


def compare_reviews(walker: Walker) -> None:
    """Those that were collected, newest first; and live all that were written, with likes and authors."""
    world, product = walker.world, sold_by_all(walker.world)
    opened = f'product(id: "{product.id}")'
    collected = [_review(world, product, review) for review in world.reviews_of(product)]
    walker.same(
        f"{{ {opened} {{ reviews(first: 100) {{ edges {{ node {{ {REVIEW} }} }} nodes {{ {REVIEW} }} }} }} }}",
        {"product": {"reviews": {"edges": [{"node": each} for each in collected], "nodes": collected}}},
    )
    compare_pages(walker, [opened, "reviews"], [each["reviewId"] for each in collected], key="reviewId")
    written = [
        _review(world, product, review) | _liked(product, review) for review in world.written_reviews(product, 0, 90)
    ]
    walker.same(
        f"{{ {opened} {{ reviews(live: true, first: {len(written)}) {{ nodes {{ {REVIEW} likes author }} }} }} }}",
        {"product": {"reviews": {"nodes": written}}},
    )


def _review(world: World, product: Product, review: Review) -> dict[str, Any]:
    bought = world.listing_of(product).skus
    sku = bought[review.variant % len(bought)]
    return {
        "reviewId": review.id,
        "text": review.text,
        "rating": review.stars,
        "reviewedAt": instant(unix_seconds(world, review.day, review.second)),
        "skuId": sku.id,
        "variant": sku.label,
    }


def _liked(product: Product, review: Review) -> dict[str, Any]:
    names = LANGUAGES[product.market.language].given
    return {
        "likes": choice("review likes", review.id, 40),
        "author": names[choice("reviewer name", review.id, len(names))],
    }


def compare_sources_of_relations(walker: Walker) -> None:
    """Rows of whom nothing but these lists was asked."""
    world, product = walker.world, shown_in(walker.world, RELATION_SOURCE)
    rows: dict[str, list[Any]] = {
        "influencers": most(world.influencers_of_product(product), lambda user: user.followers),
        "videos": most(world.videos_of_product(product), lambda video: video.views()),
        "lives": most(world.lives_of_product(product), lambda live: live.peak),
    }
    for field, found in rows.items():
        told = source(world, f"product.{field.removesuffix('s')}.list")
        node = {"id": ids(field.title().removesuffix("s"), found)[0], "source": told, "sources": [told]}
        walker.same(
            f"""{{ product(id: "{product.id}") {{
                {field}(first: 1) {{ nodes {{ id source {SOURCE} sources {SOURCE} }} }}
            }} }}""",
            {"product": {field: {"nodes": [node]}}},
        )


def shown_in(world: World, region: str) -> Product:
    """A product of a market with influencers, videos and lives."""
    return next(each for each in world.products_in(region) if min(each.reach, each.videos, each.lives) > 1)


ALL = (compare_influencers, compare_videos, compare_lives, compare_sources_of_relations)
