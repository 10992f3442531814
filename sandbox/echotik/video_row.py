"""A video's own row: details, trends, and what it shows."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.page import dollars
from sandbox.echotik.product import shuffled
from sandbox.echotik.quirk import has
from sandbox.echotik.seller import named
from sandbox.echotik.trend import no_trend, trend_reply
from sandbox.echotik.video import caption, cover, create_time, frame, reactions, row_of_product
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.media import Video

WINDOWS = (1, 7, 30)


def video_detail(question: Question) -> Reply:
    """Known videos among those asked, in another order."""
    world = question.world
    videos = filter(None, map(world.video, question.arguments.items("video_ids")))
    return rows_reply(question, shuffled({video.id: video_row(question, video) for video in videos}))


def video_trend(question: Question) -> Reply:
    video = question.world.video(question.arguments.text("video_id"))
    if not video:
        return no_trend(question)
    return trend_reply(question, video, video.day, partial(_trend_row, question.world, video))


def products_of_videos(question: Question) -> Reply:
    """Pairs of a video and a product that it shows, of all the videos together; the document's own as printed."""
    ids = dict.fromkeys(question.arguments.items("video_ids"))
    pairs = [pair for video_id in ids for pair in _pairs(question.world, video_id)]
    return rows_reply(question, map(dump, (_pair_row(question.world, *pair) for pair in page_of(question, pairs))))


def video_row(question: Question, video: Video) -> bytes:
    world = question.world
    return question.rows.get(("video", video.index, world.today), lambda: dump(_row(world, video)))


def base_row(world: World, video: Video) -> dict[str, Any]:
    """What all lists of videos tell."""
    author, sale = world.author_of_video(video), world.sale_of_video(video)
    return {
        "video_id": video.id,
        "video_desc": caption(world, video),
        "create_time": create_time(world, video),
        "duration": video.duration,
        "region": video.region,
        "reflow_cover": cover(video),
        **frame(video),
        "user_id": author.id,
        "unique_id": told_handle(author),
        "sales_flag": int(bool(video.products)),
        "created_by_ai": flag_text(made=video.made_by_ai),
        "is_ad": int(video.ad),
        "video_products": shown_ids(world, video),
        **reactions(video),
        **_windows(video),
        "total_video_sale_cnt": sale.units,
        "total_video_sale_gmv_amt": dollars(sale.gmv),
    }


def shown_ids(world: World, video: Video) -> str:
    """JSON text of unquoted integers."""
    gap = ", " if has("spaced text", video.id) else ","
    return f"[{gap.join(product.id for product in world.products_of_video(video))}]"


def shown_categories(world: World, video: Video) -> str:
    """The level 1 categories of what it shows, as JSON text; for nothing, "[]" or empty."""
    shown = {product.categories[0].id: product.categories[0] for product in world.products_of_video(video)}
    if not shown and has("empty text", video.id):
        return ""
    return named(*shown.values())


def flag_text(*, made: bool) -> str:
    return "true" if made else "false"


def _row(world: World, video: Video) -> dict[str, Any]:
    return {
        **base_row(world, video),
        "avatar": avatar(world.author_of_video(video)),
        "product_category_list": shown_categories(world, video),
    }


def _windows(video: Video) -> dict[str, int]:
    """What the last 1, 7 and 30 days added."""
    row = {}
    for days in WINDOWS:
        row[f"total_views_{days}d_cnt"] = video.views() - video.views(days + 1)
        row[f"total_digg_{days}d_cnt"] = video.part(video.likes) - video.part(video.likes, days + 1)
    return row


def _trend_row(world: World, video: Video, day: int) -> dict[str, Any]:
    """Running totals; sales as decimal text."""
    sale = world.sale_of_video(video, day)
    return {
        "dt": world.date_of(day).isoformat(),
        "video_id": video.id,
        **reactions(video, day),
        "total_video_sale_cnt": f"{sale.units}.00",
        "total_video_sale_gmv_amt": f"{sale.gmv / 100:.2f}",
    }


def _pairs(world: World, video_id: str) -> Iterable[tuple[str, int]]:
    """A video's id and the place of each product that it shows."""
    video = world.video(video_id)
    shown = len(video.products) if video else len(EXAMPLES.video_products(video_id))
    return ((video_id, place) for place in range(shown))


def _pair_row(world: World, video_id: str, place: int) -> dict[str, Any]:
    video = world.video(video_id)
    if not video:
        return EXAMPLES.video_products(video_id)[place]
    return row_of_product(world, world.products_of_video(video)[place], video)
