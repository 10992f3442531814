"""Video rows: here, those of a product."""

from collections.abc import Callable
from typing import Any

from sandbox.echotik.envelope import V2
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.order import Orders, list_reply, ordered
from sandbox.echotik.page import dollars, image_url
from sandbox.echotik.quirk import choice, has
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.media import Video
from sandbox.world.product import YESTERDAY, Product
from sandbox.world.words import HASHTAGS, LANGUAGES

CLOUDFRONT = "https://d304ly0se1sg9m.cloudfront.net/video-cover"
PLAY = "https://v19.tiktokcdn-us.com/{id}/6901d1d5/video/tos/useast5/tos-useast5-ve-0068c003-tx/?a=1233&mime_type=video_mp4"


def videos_of_product(question: Question) -> Reply:
    """Filters: one author, a range of posting times."""
    world = question.world

    def answer(product: Product) -> tuple[list[Video], Callable[[Video], dict[str, Any]]]:
        videos = [video for video in world.videos_of_product(product) if _wanted(question, video)]
        videos = ordered(question, videos, _orders(world), "product_video_sort_field")
        row = _row_v2 if question.version == V2 else row_of_product
        return videos, lambda video: row(world, product, video)

    return list_reply(question, "product/video/list", answer)


def caption(world: World, video: Video) -> str:
    """What it says, with its hashtags."""
    shown = world.products_of_video(video)
    name = world.title_of(shown[0]) if shown else ""
    said = LANGUAGES[video.market.language].captions[choice("caption", video.id, 4)].format(name=name)
    return f"{said} {hashtags(video)}"


def hashtags(video: Video) -> str:
    first = choice("hashtags", video.id, len(HASHTAGS) - 1)
    return " ".join(HASHTAGS[first : first + 3])


def cover(video: Video) -> str:
    return image_url("video-cover", video.index, f"{video.id}.jpeg")


def posted(world: World, video: Video) -> int:
    return unix_seconds(world, video.day, video.second)


def create_time(world: World, video: Video) -> str | int:
    """A string, in some rows an integer."""
    seconds = posted(world, video)
    return seconds if has("integer time", video.id) else str(seconds)


def row_of_product(world: World, product: Product, video: Video) -> dict[str, Any]:
    """A pair of a video and a product that it shows, in v3."""
    return {**_row(world, product, video), "duration": video.duration}


def _wanted(question: Question, video: Video) -> bool:
    arguments, world = question.arguments, question.world
    user_id = arguments.get("user_id")
    if user_id and world.author_of_video(video).id != user_id:
        return False
    low, high = arguments.integer("min_create_time", 0), arguments.integer("max_create_time", 1 << 40)
    return low <= posted(world, video) <= high


def _orders(world: World) -> Orders[Video]:
    return {
        1: lambda video: video.views(),
        2: lambda video: video.part(video.likes),
        3: lambda video: video.part(video.shares),
        4: lambda video: world.sale_of_video(video).units,
        5: lambda video: world.sale_of_video(video).gmv,
        6: lambda video: posted(world, video),
    }


def _row_v2(world: World, product: Product, video: Video) -> dict[str, Any]:
    """The duration repeats the size of the file, as in the document's example."""
    row = _row(world, product, video)
    other = f"{CLOUDFRONT}/{video.index % 1024}/{video.id}.jpeg"
    return row | {
        "duration": row["data_size"],
        "reflow_cover": other if has("other cover host", video.id) else row["reflow_cover"],
    }


def _row(world: World, product: Product, video: Video) -> dict[str, Any]:
    sale = world.sale_of_video(video)
    return {
        "product_id": product.id,
        "video_id": video.id,
        "user_id": world.author_of_video(video).id,
        "video_desc": caption(world, video),
        "hash_tag": hashtags(video),
        "create_time": str(posted(world, video)),
        "region": video.region,
        "reflow_cover": cover(video),
        "play_addr": PLAY.format(id=video.id),
        **frame(video),
        **reactions(video),
        "total_video_sale_cnt": sale.units,
        "total_video_sale_gmv_amt": dollars(sale.gmv),
    }


def frame(video: Video) -> dict[str, str]:
    """Size columns, all of them strings."""
    width, height = ("576", "1024") if video.tall else ("1024", "576")
    return {"ratio": "540p", "width": width, "height": height, "data_size": str(video.duration * 97_301)}


def reactions(video: Video, day: int = YESTERDAY) -> dict[str, int]:
    """Counts up to the end of a day; saves of -1 mean that they are unknown."""
    return {
        "total_views_cnt": video.views(day),
        "total_digg_cnt": video.part(video.likes, day),
        "total_comments_cnt": video.part(video.comments, day),
        "total_shares_cnt": video.part(video.shares, day),
        "total_favorites_cnt": -1 if video.saves < 0 else video.part(video.saves, day),
    }
