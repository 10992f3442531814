"""An influencer's own row: details and trends."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sandbox.echotik.envelope import rows_reply
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.page import dollars, styled, text
from sandbox.echotik.product import shuffled, yyyymmdd
from sandbox.echotik.quirk import has
from sandbox.echotik.seller import named
from sandbox.echotik.trend import no_trend, trend_reply
from sandbox.parameter import Refused
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.career import Career
from sandbox.world.category import Category
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.shop import paths_by_units

WINDOWS = (1, 7, 30, 90)
NONE, VIDEO, LIVE, BOTH, SHOWCASE = range(5)
LENGTHS = (("15s", 15), ("15s-30s", 30), ("30s-60s", 60), ("1m-2m", 120), ("2m", 1 << 20))  # bucket: shorter than
HOURS = tuple(f"{hour:02d}" for hour in range(24))
WEEKDAYS = tuple("1234567")  # 1 is Monday


def influencer_detail(question: Question) -> Reply:
    """Known influencers among those asked, by id or by handle, in another order."""
    users = {user.id: influencer_row(question, user) for user in _asked(question)}
    return rows_reply(question, shuffled(users))


def influencer_trend(question: Question) -> Reply:
    user = question.world.influencer(question.arguments.text("user_id"))
    if not user:
        return no_trend(question)
    return trend_reply(question, user, user.age, partial(_trend_row, question.world, user))


def influencer_row(question: Question, user: Influencer) -> bytes:
    world = question.world
    return question.rows.get(("influencer", user.index, world.today), lambda: dump(made_row(world, user)))


def influencer_by_handle(world: World, handle: str) -> Influencer | None:
    """Whose handle it is, if it was collected."""
    user = world.influencer_by_handle(handle)
    return user if user and told_handle(user) else None


def sales_flag(career: Career) -> int:
    """How it sells: 0 not, 1 by video, 2 by live, 3 by both, 4 in its showcase alone."""
    ways = VIDEO * bool(career.selling) + LIVE * bool(career.hosted)
    return ways or (SHOWCASE if career.influencer.showcase else NONE)


def sold_paths(world: World, user: Influencer) -> list[tuple[Category, Category, Category]]:
    """The categories of level 1, 2 and 3 that it sells, most of its own units first."""
    return paths_by_units(
        (product, world.sales_of(product).influencer(user.index).units)
        for product in world.products_of_influencer(user)
    )


def ranked_text(paths: Iterable[tuple[Category, Category, Category]]) -> str:
    """Not JSON: l1-l2-l3:rank, joined with commas."""
    return ",".join(f"{'-'.join(node.id for node in path)}:{rank}" for rank, path in enumerate(paths, 1))


def made_row(world: World, user: Influencer) -> dict[str, Any]:
    career, seller = world.career_of(user), world.seller_of_account(user)
    paths = sold_paths(world, user)
    return {
        "user_id": user.id,
        "unique_id": told_handle(user),
        "nick_name": user.nick_name,
        "avatar": avatar(user),
        "region": user.region,
        "language": user.language,
        "gender": user.gender,
        "category": user.category,
        "ec_score": user.score_tenths / 10,
        "signature": user.signature,
        "contact_email": user.email,
        "seller_id": seller.id if seller else None,
        "show_case_flag": int(user.showcase),
        "sales_flag": sales_flag(career),
        "first_crawl_dt": yyyymmdd(world.date_of(user.age)),
        "off_mark": user.off_mark,
        **_totals(career),
        **_windows(career),
        **_sales(world, user, career),
        "most_category_product": styled(user.id, named(*(path[0] for path in paths[:1]))),
        "product_category_list": ranked_text(paths),
        **_habits(world, user),
        "most_views_video": _most_viewed(world, career),
    }


def _asked(question: Question) -> list[Influencer]:
    arguments, world = question.arguments, question.world
    ids, handles = arguments.get("user_ids"), arguments.get("unique_ids")
    if ids and handles:
        raise Refused("unique_ids cannot be used together with user_ids")
    if not ids and not handles:
        raise Refused("user_ids or unique_ids is required")
    if ids:
        return list(filter(None, map(world.influencer, arguments.items("user_ids"))))
    return list(filter(None, map(partial(influencer_by_handle, world), arguments.items("unique_ids"))))


def _totals(career: Career) -> dict[str, Any]:
    return {
        "total_views_cnt": career.views(),
        "total_comments_cnt": career.comments(),
        "total_shares_cnt": career.shares(),
        "total_likes_cnt": career.likes(),
        "total_following_cnt": career.influencer.following,
        "total_post_video_cnt": career.posts(),
        "total_live_cnt": career.lives(),
        "interaction_rate": career.interaction_rate(),
        "per_views_avg_30d_cnt": career.views_each_in(30),
        "per_video_product_views_avg_30d_cnt": career.selling_views_each(30),
        "per_video_product_views_avg_7d_cnt": career.selling_views_each(7),
    }


def _windows(career: Career) -> dict[str, int]:
    """Followers and likes, and what the last 1, 7, 30 and 90 days added, which may be less than nothing."""
    row = {"total_followers_cnt": career.followers(), "total_digg_cnt": career.likes()}
    for days in WINDOWS:
        row[f"total_followers_{days}d_cnt"] = career.followers() - career.followers(days + 1)
        row[f"total_digg_{days}d_cnt"] = career.likes() - career.likes(days + 1)
    return row


def _sales(world: World, user: Influencer, career: Career) -> dict[str, Any]:
    units, gmv = _added(career.units, 30), _added(career.gmv, 30)
    recent = (video for video in world.videos_of_influencer(user) if video.day <= 30)
    return {
        "total_product_cnt": career.products(),
        "total_product_30d_cnt": _added(career.products, 30),
        "total_sale_cnt": career.units(),
        "total_sale_gmv_amt": dollars(career.gmv()),
        "total_sale_gmv_30d_amt": dollars(gmv),
        "total_live_sale_gmv_30d_amt": dollars(_added(career.live_gmv, 30)),
        "total_video_product_30d_cnt": len({product for video in recent for product in video.products}),
        "total_video_sale_30d_cnt": _added(career.video_units, 30),
        "total_video_sale_gmv_30d_amt": dollars(_added(career.video_gmv, 30)),
        "avg_30d_price": dollars(gmv // units) if units else 0,
    }


def _added(measure: Callable[[int], int], days: int) -> int:
    """What the last so many full days added."""
    return measure(1) - measure(days + 1)


def _habits(world: World, user: Influencer) -> dict[str, str]:
    """How its videos are spread, as JSON text: all keys or only those that count something."""
    videos = world.videos_of_influencer(user)
    return {
        "influencer_video_duration_level": _buckets(user, [key for key, _ in LENGTHS], map(_length, videos)),
        "influencer_video_publish_hour": _buckets(user, HOURS, (HOURS[video.second // 3600] for video in videos)),
        "influencer_video_publish_week": _buckets(
            user, WEEKDAYS, (str(world.date_of(video.day).isoweekday()) for video in videos)
        ),
    }


def _buckets(user: Influencer, keys: Iterable[str], counted: Iterable[str]) -> str:
    if has("empty buckets", user.id):
        return ""
    counts = Counter(counted)
    missing = has("missing buckets", user.id)
    return styled(user.id, text({key: counts[key] for key in keys if counts[key] or not missing}))


def _length(video: Video) -> str:
    return next(key for key, bound in LENGTHS if video.duration < bound)


def _most_viewed(world: World, career: Career) -> str:
    return "" if career.most_viewed is None else world.video_ids.encode(career.most_viewed)


def _trend_row(world: World, user: Influencer, day: int) -> dict[str, Any]:
    career = world.career_of(user)
    return {
        "dt": world.date_of(day).isoformat(),
        "user_id": user.id,
        "total_followers_cnt": career.followers(day),
        "total_followers_1d_cnt": career.followers(day) - career.followers(day + 1),
        "total_digg_cnt": career.likes(day),
        "total_digg_1d_cnt": career.likes(day) - career.likes(day + 1),
        "total_views_cnt": career.views(day),
        "total_comments_cnt": career.comments(day),
        "total_shares_cnt": career.shares(day),
        "total_post_video_cnt": career.posts(day),
        "total_live_cnt": career.lives(day),
        "total_sale_1d_cnt": career.units(day) - career.units(day + 1),
        "total_sale_gmv_1d_amt": dollars(career.gmv(day) - career.gmv(day + 1)),
    }
