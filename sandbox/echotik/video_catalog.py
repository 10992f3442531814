"""The video list and the ranking of videos, over the columns of a market's circles. Lists are arrays of indices, for
there may be a hundred thousand."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.order import kept_rows, listed
from sandbox.echotik.page import dollars
from sandbox.echotik.product import category_ids
from sandbox.echotik.ranking import Span, period
from sandbox.echotik.video import caption, cover, create_time, reactions
from sandbox.echotik.video_row import flag_text, shown_categories, shown_ids, video_row
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.ledger import Ledger, VideoColumns, products_shown
from sandbox.world.market import CIRCLE_PRODUCTS, MARKETS
from sandbox.world.media import Video
from sandbox.world.shelf import POOL

DAY_SECONDS = 86_400
LIKES, TIME, VIEWS = 1, 2, 3  # what the list is sorted by
SALES = 2  # what the ranking goes by; 1 is views
COUNTS = ("views", "digg", "comments", "shares", "favorites")
Key = Callable[[VideoColumns, int], int]  # of a position
Test = Callable[[VideoColumns, int], bool]
Place = tuple[VideoColumns, int]


def video_list(question: Question) -> Reply:
    """A market's videos."""
    indices = listed(question, "video/list", lambda: array("i", _found(question)))
    videos = map(question.world.video_at, page_of(question, indices))
    return rows_reply(question, [video_row(question, video) for video in videos])


def video_ranking(question: Question) -> Reply:
    """Videos that were seen, or sold, in the period; most of the chosen first."""
    arguments, world, sales = question.arguments, question.world, _by_sales(question)
    span = period(question, arguments.day("date"), arguments.integer("rank_type"))
    if not span:
        return rows_reply(question, [])
    indices = listed(question, "video/ranklist", lambda: array("i", _ranked(question, span)))
    videos = map(world.video_at, page_of(question, indices))
    return kept_rows(question, ("video/ranklist", span, sales), videos, partial(_rank_row, world, span, sales))


def _found(question: Question) -> list[int]:
    """All rows of a list: filtered, in order, ties by id."""
    places = list(_passed(question, list(_tests(question))))
    key = _key(question, question.arguments.integer("video_sort_field"))
    if not key:
        return [videos.index[at] for videos, at in places]
    places.sort(key=partial(_id_order, question.world))
    descending = question.arguments.integer("sort_type", 1) == 1
    return [videos.index[at] for videos, at in sorted(places, key=lambda place: key(*place), reverse=descending)]


def _key(question: Question, field: int) -> Key | None:
    keys: dict[int, Key] = {
        LIKES: lambda videos, at: videos.part(videos.likes, at),
        TIME: partial(_created, 0),
        VIEWS: lambda videos, at: videos.views(at),
    }
    return keys.get(field)


def _id_order(world: World, place: Place) -> int:
    videos, at = place
    return world.video_ids.order(videos.index[at])


def _passed(question: Question, tests: Sequence[Test]) -> Iterator[Place]:
    for ledger in _ledgers(question):
        videos = ledger.videos
        for at in _positions(question, ledger):
            if all(test(videos, at) for test in tests):
                yield videos, at


def _ledgers(question: Question) -> list[Ledger]:
    """The circles of the region that can hold what is wanted."""
    arguments, world = question.arguments, question.world
    circles = MARKETS[arguments.text("region")].numbers
    user_id, products = arguments.get("user_id"), _products(question)
    if user_id:
        user = world.influencer(str(user_id))
        circles = [circle for circle in circles if user and circle == user.circle]
    if products is not None:
        held = {index // CIRCLE_PRODUCTS for index in products}
        circles = [circle for circle in circles if circle in held]
    return [world.ledger_of(circle) for circle in circles]


def _positions(question: Question, ledger: Ledger) -> Iterable[int]:
    """Of one author's videos, or of all."""
    if not question.arguments.get("user_id"):
        return range(len(ledger.videos.index))
    user = question.world.influencer(question.arguments.text("user_id"))
    return ledger.videos.by.of(user.index) if user else ()


def _tests(question: Question) -> Iterator[Test]:
    arguments = question.arguments
    if arguments.get("sales_flag") is not None:
        sells = bool(arguments.integer("sales_flag"))
        yield lambda videos, at: bool(videos.shown[at]) == sells
    if arguments.get("is_ad") is not None:
        ad = arguments.integer("is_ad")
        yield lambda videos, at: videos.ad[at] == ad
    yield from _range(question, "create_time", partial(_created, unix_seconds(question.world, 0, 0)))
    yield from _range(question, "duration", lambda videos, at: videos.duration[at])
    yield from _range(question, "total_views_cnt", lambda videos, at: videos.views(at))
    yield from _common_tests(question)


def _common_tests(question: Question) -> Iterator[Test]:
    """What the ranking filters by too."""
    made, products = question.arguments.get("created_by_ai"), _products(question)
    if made is not None:
        yield lambda videos, at: videos.made_by_ai[at] == (made == "true")
    if products is not None:
        yield lambda videos, at: any(
            index in products for index in products_shown(videos.index[at] // POOL, videos.shown[at])
        )


def _products(question: Question) -> set[int] | None:
    """Indices of those that a video has to show one of; None for no such wish."""
    arguments, world = question.arguments, question.world
    product_id, category_id = arguments.get("product_id"), arguments.get("product_category_id")
    if not product_id and not category_id:
        return None
    product = world.product(str(product_id)) if product_id else None
    products = world.products_in(arguments.text("region")) if not product_id else [product] if product else []
    return {each.index for each in products if not category_id or category_id in category_ids(each)}


def _created(midnight: int, videos: VideoColumns, at: int) -> int:
    """Unix seconds, from those of the midnight that today began with."""
    return midnight - videos.day[at] * DAY_SECONDS + videos.second[at]


def _range(question: Question, name: str, key: Key) -> Iterator[Test]:
    """Both bounds belong to the range."""
    low, high = question.arguments.get(f"min_{name}"), question.arguments.get(f"max_{name}")
    if low is not None or high is not None:
        least, most = question.arguments.integer(f"min_{name}"), question.arguments.integer(f"max_{name}", 1 << 60)
        yield lambda videos, at: least <= key(videos, at) <= most


def _ranked(question: Question, span: Span) -> list[int]:
    """Those that gained anything in the period and had been posted by its end."""
    measure = _units_gained if _by_sales(question) else _views_gained
    tests = list(_common_tests(question))
    gained: list[tuple[int, int, int]] = []
    for ledger in _ledgers(question):
        videos = ledger.videos
        for at, gain in measure(ledger, span):
            if gain and videos.day[at] >= span[1] and all(test(videos, at) for test in tests):
                gained.append((-gain, question.world.video_ids.order(videos.index[at]), videos.index[at]))
    return [index for _, _, index in sorted(gained)]


def _by_sales(question: Question) -> bool:
    return question.arguments.integer("video_rank_field") == SALES


def _views_gained(ledger: Ledger, span: Span) -> Iterator[tuple[int, int]]:
    (first, last), videos = span, ledger.videos
    return ((at, videos.views(at, last) - videos.views(at, first + 1)) for at in range(len(videos.index)))


def _units_gained(ledger: Ledger, span: Span) -> Iterable[tuple[int, int]]:
    gained = Counter[int]()
    for at, units in ledger.by_video.units_added(*span):
        gained[at] += units
    return gained.items()


def _rank_row(world: World, span: Span, sales: bool, video: Video) -> dict[str, Any]:
    """What the period added, but only sales on the ranking by sales; under *_history_* all there was when it ended."""
    first, last = span
    author, sale = world.author_of_video(video), world.sale_of_video(video, last)
    before = world.sale_of_video(video, first + 1)
    return {
        "video_id": video.id,
        "video_desc": caption(world, video),
        "create_time": create_time(world, video),
        "duration": video.duration,
        "region": video.region,
        "reflow_cover": cover(video),
        "user_id": author.id,
        "unique_id": told_handle(author),
        "nick_name": author.nick_name,
        "avatar": avatar(author),
        "category": author.category,
        "sales_flag": _channel(world, author) if video.products else 0,
        "created_by_ai": flag_text(made=video.made_by_ai),
        "video_products": shown_ids(world, video),
        "product_category_list": shown_categories(world, video),
        **_counts(video, span, sales=sales),
        "total_video_sale_cnt": sale.units - before.units,
        "total_video_sale_gmv_amt": dollars(sale.gmv - before.gmv),
    }


def _counts(video: Video, span: Span, *, sales: bool) -> dict[str, int]:
    before, after = reactions(video, span[0] + 1), reactions(video, span[1])
    row = {}
    for name in COUNTS:
        column = f"total_{name}_cnt"
        row[column] = 0 if sales else after[column] - before[column]
        row[f"total_{name}_history_cnt"] = after[column]
    return row


def _channel(world: World, author: Influencer) -> int:
    """How the author sells most: 1 by video, 2 by live."""
    career = world.career_of(author)
    return 1 if career.video_units() >= career.live_units() else 2
