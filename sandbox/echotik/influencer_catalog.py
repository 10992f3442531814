"""The influencer list and the ranking of influencers."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sandbox.echotik.columns import Cell, Columns, Test
from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.influencer_row import influencer_row, ranked_text, sales_flag, sold_paths
from sandbox.echotik.order import listed, page_reply
from sandbox.echotik.page import dollars
from sandbox.echotik.ranking import Span, period
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.career import Career
from sandbox.world.influencer import Influencer

ORDERS = {
    1: "total_followers_cnt",
    2: "total_followers_30d_cnt",
    3: "total_post_video_cnt",
    4: "per_views_avg_cnt",
    5: "interaction_rate",
    6: "total_product_cnt",
}
RANGES = (
    "total_followers_cnt",
    "total_digg_cnt",
    "interaction_rate",
    "total_views_cnt",
    "total_views_7d_cnt",
    "per_video_product_views_avg_cnt",
    "per_video_product_views_avg_7d_cnt",
)
EQUAL = ("influencer_category_name", "seller_id", "gender", "influencer_language", "show_case_flag")
MOST_CATEGORIES = ("most_category_id", "most_category_l2_id", "most_category_l3_id")


def of_career(measure: Callable[[Career], Cell]) -> Callable[[World, Influencer], Cell]:
    return lambda world, user: measure(world.career_of(user))


def own_seller(world: World, user: Influencer) -> str:
    """The seller whose own account it is, "" for everybody else."""
    seller = world.seller_of_account(user)
    return seller.id if seller else ""


COLUMNS: dict[str, Callable[[World, Influencer], Cell]] = {
    "total_followers_cnt": lambda _, user: user.followers,
    "total_followers_30d_cnt": of_career(lambda career: career.followers() - career.followers(31)),
    "total_post_video_cnt": of_career(Career.posts),
    "per_views_avg_cnt": of_career(Career.views_each),
    "interaction_rate": of_career(Career.interaction_rate),
    "total_product_cnt": of_career(Career.products),
    "total_digg_cnt": of_career(Career.likes),
    "total_views_cnt": of_career(Career.views),
    "total_views_7d_cnt": of_career(lambda career: career.views() - career.views(8)),
    "per_video_product_views_avg_cnt": of_career(Career.selling_views_each),
    "per_video_product_views_avg_7d_cnt": of_career(lambda career: career.selling_views_each(7)),
    "influencer_category_name": lambda _, user: user.category,
    "seller_id": own_seller,
    "gender": lambda _, user: user.gender,
    "influencer_language": lambda _, user: user.language,
    "show_case_flag": lambda _, user: int(user.showcase),
    "sales_flag": of_career(sales_flag),
}


def influencer_list(question: Question) -> Reply:
    """A market's influencers."""
    users = listed(question, "influencer/list", lambda: _found(question))
    return rows_reply(question, [influencer_row(question, user) for user in page_of(question, users)])


def influencer_ranking(question: Question) -> Reply:
    """Those who gained followers, or sold, in the period; most of the chosen first."""
    arguments = question.arguments
    span = period(question, arguments.day("date"), arguments.integer("rank_type"))
    if not span:
        return rows_reply(question, [])
    ranked = listed(question, "influencer/ranklist", lambda: _ranked(question, span))
    return page_reply(question, ("influencer/ranklist", span), ranked, partial(_rank_row, question.world, span))


def _found(question: Question) -> list[Influencer]:
    """All rows of a list: filtered, in order."""
    catalog = _catalog(question)
    users = catalog.found(_tests(question, catalog))
    order = ORDERS.get(question.arguments.integer("influencer_sort_field_v2"))
    return catalog.ordered(users, order, question.arguments) if order else users


def _catalog(question: Question) -> Columns[Influencer]:
    region, world = question.arguments.text("region"), question.world
    return question.lists.get(
        ("influencer catalog", region, world.today), lambda: Columns(world, world.influencers_in(region), COLUMNS)
    )


def _tests(question: Question, catalog: Columns[Influencer]) -> Iterator[Test]:
    """A sales_flag of 0 wants any; a category is one of level 1."""
    arguments = question.arguments
    yield from catalog.tests(arguments, EQUAL, RANGES)
    if arguments.integer("sales_flag"):
        yield from catalog.tests(arguments, ("sales_flag",), ())
    if arguments.get("product_category_id"):
        yield _selling(question.world, arguments.text("product_category_id"), levels=1)


def _selling(world: World, category_id: str, levels: int) -> Test:
    """Who sells anything of a category of the first so many levels."""
    return lambda index: any(
        category_id in [node.id for node in product.categories[:levels]]
        for product in world.products_of_influencer(world.influencer_at(index))
    )


def _ranked(question: Question, span: Span) -> list[Influencer]:
    world, arguments, catalog = question.world, question.arguments, _catalog(question)
    tests = list(catalog.tests(arguments, ("influencer_category_name",), ()))
    if arguments.get("product_category_id"):
        tests.append(_selling(world, arguments.text("product_category_id"), levels=3))
    gains = _followers_gained if arguments.integer("influencer_rank_field") == 1 else _units_gained
    gained = gains(world, catalog, span)
    users = [user for user in catalog.found(tests) if gained.get(user.index, 0) > 0]
    return sorted(users, key=lambda user: -gained[user.index])


def _followers_gained(world: World, catalog: Columns[Influencer], span: Span) -> dict[int, int]:
    return {user.index: _gained(world.career_of(user).followers, span) for user in catalog.items}


def _units_gained(world: World, catalog: Columns[Influencer], span: Span) -> dict[int, int]:
    gained = Counter[int]()
    for ledger in world.ledgers_in(catalog.items[0].region):
        authors, hosts = ledger.videos.author, ledger.lives.host
        for people, showings in ((authors, ledger.by_video), (hosts, ledger.by_live)):
            for item, units in showings.units_added(*span):
                gained[people[item]] += units
    return gained


def _gained(measure: Callable[[int], int], span: Span) -> int:
    first, last = span
    return measure(last) - measure(first + 1)


def _rank_row(world: World, span: Span, user: Influencer) -> dict[str, Any]:
    """What the period added, and under *_history_* what there was in all when it ended."""
    career, paths = world.career_of(user), sold_paths(world, user)
    measures = {
        "followers": career.followers,
        "digg": career.likes,
        "post_video": career.posts,
        "live": career.lives,
        "product": career.products,
        "sale": career.units,
    }
    most = [node.id for node in paths[0]] if paths else ["0", "0", "0"]
    return {
        "user_id": user.id,
        "unique_id": told_handle(user),
        "nick_name": user.nick_name,
        "avatar": avatar(user),
        "category": user.category,
        "region": user.region,
        "ec_score": user.score_tenths / 10,
        "sales_flag": sales_flag(career),
        **{f"total_{name}_cnt": _gained(measure, span) for name, measure in measures.items()},
        **{f"total_{name}_history_cnt": measure(span[1]) for name, measure in measures.items()},
        "total_sale_gmv_amt": dollars(_gained(career.gmv, span)),
        "total_sale_gmv_history_amt": dollars(career.gmv(span[1])),
        "product_category_list": ranked_text(paths),
        **dict(zip(MOST_CATEGORIES, most, strict=True)),
    }
