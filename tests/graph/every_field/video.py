"""Videos: what one is, what it did, what it shows and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.quirk import has
from sandbox.echotik.tiktok import CDN, SPOKEN, transcript
from sandbox.echotik.video import caption, cover, posted
from sandbox.world import World
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.speech import Comment, comment_count
from tests.graph.every_field.figure import (
    REGION,
    SOURCE,
    TREND_DAYS,
    VIDEO_SOURCE,
    added,
    by_window,
    category,
    days_back,
    dollars,
    ids,
    in_windows,
    instant,
    most,
    picture,
    source,
)
from tests.graph.every_field.page import compare_pages
from tests.graph.walked import Such, Walker

GAINED = (None, 1, 7, 30)  # days of the windows that rows of videos tell of
ENGAGEMENT = "views likes comments shares favorites"
FACTS = """
  id videoId caption hashtags postedAt durationSeconds region cover { url index } width height sizeBytes resolution
  isAd madeByAi sellsProducts influencer { id userId handle }
"""
PARTS = """
  soldCategories { id categoryId level }
"""


def shown(world: World, count: int = 8) -> list[Video]:
    """Videos of a best seller, some of which show several products."""
    best = most(world.products_in(REGION), Product.units)[0]
    return world.videos_of_product(best)[:count]


def telling(world: World) -> Video:
    """One that shows several products, old enough for a trend, of which everything was collected."""
    found = (video for product in world.products_in(REGION) for video in world.videos_of_product(product))
    return next(
        each
        for each in found
        if len(each.products) > 2 and each.day > 190 and each.saves > 0 and not each.sparse and each.comments
    )


def caption_facts(world: World, video: Video) -> dict[str, Any]:
    """Who it is and what it says: the hashtags are the words that begin so."""
    said = caption(world, video)
    return {
        "id": f"Video:{video.id}",
        "videoId": video.id,
        "caption": said,
        "hashtags": [word[1:] for word in said.split() if word.startswith("#")],
    }


def facts(world: World, video: Video) -> dict[str, Any]:
    author = world.author_of_video(video)
    return {
        **caption_facts(world, video),
        "postedAt": instant(posted(world, video)),
        "durationSeconds": video.duration,
        "region": video.region,
        "cover": picture(cover(video)),
        "width": 576 if video.tall else 1024,
        "height": 1024 if video.tall else 576,
        "sizeBytes": video.duration * 97_301,
        "resolution": "540p",
        "isAd": video.ad,
        "madeByAi": video.made_by_ai,
        "sellsProducts": bool(video.products),
        "influencer": {"id": f"Influencer:{author.id}", "userId": author.id, "handle": told_handle(author)},
    }


def sold_categories(world: World, video: Video) -> dict[str, Any]:
    roots = {product.categories[0].id: product.categories[0] for product in world.products_of_video(video)}
    return {"soldCategories": [category(root) for root in roots.values()]}


def engagement(video: Video, days: int | None) -> dict[str, Any]:
    """In windows, views and likes alone."""
    told, ever = days in GAINED, days is None
    return {
        "views": added(video.views, days) if told else None,
        "likes": added(partial(video.part, video.likes), days) if told else None,
        "comments": video.part(video.comments) if ever else None,
        "shares": video.part(video.shares) if ever else None,
        "favorites": saves(video) if ever else None,
    }


def saves(video: Video, day: int = 1) -> int | None:
    return None if video.saves < 0 else video.part(video.saves, day)


def performance(world: World, video: Video, days: int | None) -> dict[str, Any]:
    """Of all time alone."""
    sale = world.sale_of_video(video)
    return {"units": sale.units, "gmv": dollars(sale.gmv)} if days is None else {"units": None, "gmv": None}


def compare_details(walker: Walker) -> None:
    world = walker.world
    videos = shown(world)
    asked = ", ".join(f'"{each.id}"' for each in videos)
    told = [facts(world, video) | sold_categories(world, video) for video in videos]
    walker.same(f"{{ videosByIds(ids: [{asked}]) {{ {FACTS} {PARTS} }} }}", {"videosByIds": told})
    walker.same(f'{{ video(id: "{videos[0].id}") {{ {FACTS} {PARTS} }} }}', {"video": told[0]})


def compare_rows_of_a_market(walker: Walker) -> None:
    """Most liked first."""
    world = walker.world
    videos = [video for ledger in world.ledgers_in(REGION) for video in map(world.video_at, ledger.videos.index)]
    liked = most(videos, lambda video: video.part(video.likes))
    told = [facts(world, video) for video in liked[:10]]
    walker.same(f"{{ videos(region: {REGION}) {{ nodes {{ {FACTS} }} }} }}", {"videos": {"nodes": told}})
    compare_pages(walker, [f"videos(region: {REGION})"], ids("Video", liked))


def compare_windows(walker: Walker) -> None:
    world, video = walker.world, telling(walker.world)
    for field, selection, told in (
        ("engagement", ENGAGEMENT, by_window(partial(engagement, video))),
        ("performance", "units gmv", by_window(partial(performance, world, video))),
    ):
        walker.same(f'{{ video(id: "{video.id}") {{ {in_windows(field, selection)} }} }}', {"video": told})


def compare_trend(walker: Walker) -> None:
    """Running totals at the end of each day."""
    world, video = walker.world, telling(walker.world)
    told = [
        {
            "date": date,
            "views": video.views(day),
            "likes": video.part(video.likes, day),
            "comments": video.part(video.comments, day),
            "shares": video.part(video.shares, day),
            "favorites": saves(video, day),
            "units": world.sale_of_video(video, day).units,
            "gmv": dollars(world.sale_of_video(video, day).gmv),
        }
        for day, date in days_back(world)
    ]
    walker.same(
        f'{{ video(id: "{video.id}") {{ trend(days: {TREND_DAYS}) {{ date {ENGAGEMENT} units gmv }} }} }}',
        {"video": {"trend": told}},
    )


def compare_products(walker: Walker) -> None:
    """What it shows, which its own row names: so their number is known."""
    world, video = walker.world, telling(walker.world)
    products = world.products_of_video(video)
    told = {
        "totalCount": len(products),
        "nodes": [{"name": world.title_of(each), "rating": each.rating_tenths / 10 or None} for each in products],
    }
    opened = f'video(id: "{video.id}")'
    walker.same(
        f"{{ {opened} {{ products {{ totalCount nodes {{ name rating }} }} }} }}", {"video": {"products": told}}
    )
    compare_pages(walker, [opened, "products"], ids("Product", products), total=len(products))


def compare_captions(walker: Walker) -> None:
    """What is said in it, as text of a player and as the words alone."""
    world = walker.world
    for video in shown(world):
        told = {
            "language": SPOKEN[video.market.language],
            "vtt": transcript(world, video),
            "text": _words(world.spoken_lines(video)),
        }
        walker.same(
            f'{{ video(id: "{video.id}") {{ captions {{ language vtt text }} }} }}',
            {"video": {"captions": [] if has("no captions", video.id) else [told]}},
        )


def _words(lines: Sequence[str]) -> Such:
    """However they are broken into lines."""
    words = " ".join(lines).split()
    return Such("what is said", lambda text: text.split() == words)


def compare_comments(walker: Walker) -> None:
    """Newest first; the provider counts them."""
    world = walker.world
    found = (video for product in world.products_in(REGION) for video in world.videos_of_product(product))
    video = next(each for each in found if 23 < comment_count(each) < 60)
    total = comment_count(video)
    told = [_comment(world, comment) for comment in world.comments_of(video, 0, total)]
    opened = f'video(id: "{video.id}")'
    comment = "commentId text author { id userId handle name region } postedAt likes replyCount"
    walker.same(
        f"{{ {opened} {{ comments(first: 100) {{ totalCount nodes {{ {comment} }} }} }} }}",
        {"video": {"comments": {"totalCount": total, "nodes": told}}},
    )
    compare_pages(walker, [opened, "comments"], [each["commentId"] for each in told], total=total, key="commentId")


def _comment(world: World, comment: Comment) -> dict[str, Any]:
    """A live read tells every handle."""
    author = world.influencer_at(comment.author)
    return {
        "commentId": comment.id,
        "text": comment.text,
        "author": {
            "id": f"Influencer:{author.id}",
            "userId": author.id,
            "handle": author.handle,
            "name": author.nick_name,
            "region": author.region,
        },
        "postedAt": instant(unix_seconds(world, comment.day, comment.second)),
        "likes": comment.likes,
        "replyCount": comment.replies,
    }


def compare_download(walker: Walker) -> None:
    video = shown(walker.world)[0]
    opening = f"{CDN}/{video.id}/marked.mp4?x-expires="
    walker.same(
        f'{{ video(id: "{video.id}") {{ downloadUrl }} }}',
        {"video": {"downloadUrl": Such("its file, for a time", lambda url: url.startswith(opening))}},
    )


def compare_source(walker: Walker) -> None:
    world = walker.world
    video = world.videos_of_product(next(each for each in world.products_in(VIDEO_SOURCE) if each.videos))[0]
    told = source(world, "video.detail")
    walker.same(
        f'{{ video(id: "{video.id}") {{ isAd source {SOURCE} sources {SOURCE} }} }}',
        {"video": {"isAd": video.ad, "source": told, "sources": [told]}},
    )


ALL = (
    compare_source,
    compare_details,
    compare_rows_of_a_market,
    compare_windows,
    compare_trend,
    compare_products,
    compare_captions,
    compare_comments,
    compare_download,
)
