"""Every filter, sort and argument of the lists and rankings of sellers, influencers and videos is applied.

Each is asked once: what was sent is as the provider names it, and what came is what the world holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, build_schema

from sandbox.echotik.influencer_row import sales_flag as selling_flag
from sandbox.echotik.product import sales_trend_flag
from sandbox.echotik.seller import sales_flag
from sandbox.echotik.video import posted
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.seller import Seller
from sandbox.world.shelf import SHELVES

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
REGION = "SG"
WOMEN = "US"  # the one market whose influencers have a gender
PAGING = ("page_num", "page_size")
Test = Callable[[Any], Any]
Measure = Callable[[Any], float]
Span = tuple[int, int]  # first and last day, counted back from today


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


# ── what the world holds ──────────────────────────────────────────────────────────────────────────────────────────


def videos_in(world: World, region: str) -> list[Video]:
    circles = sorted({seller.circle for seller in world.sellers_in(region)})
    numbers = [circle * SHELVES + place for circle in circles for place in range(SHELVES)]
    return [video for number in numbers for video in world.shelf_at(number).videos]


class List(NamedTuple):
    """A root list.

    path      the provider's
    members   all of a market; `find` gives one by its id
    order     its parameter for the sort
    """

    path: str
    members: Callable[[World, str], Sequence[Any]]
    find: Callable[[World, str], Any]
    order: str


LISTS = {
    "sellers": List("seller/list", World.sellers_in, World.seller, "seller_sort_field"),
    "influencers": List("influencer/list", World.influencers_in, World.influencer, "influencer_sort_field_v2"),
    "videos": List("video/list", videos_in, World.video, "video_sort_field"),
}
# By field: its code and what it counts. The first of each list is its order where none is asked for.
SORTS: dict[str, dict[str, tuple[str, Callable[[World, Any], float]]]] = {
    "sellers": {
        "UNITS": ("1", lambda w, s: w.shop_of(s).units()),
        "GMV": ("2", lambda w, s: w.shop_of(s).gmv()),
        "AVERAGE_PRICE": ("3", lambda w, s: w.shop_of(s).price),
    },
    "influencers": {
        "FOLLOWERS": ("1", lambda w, u: u.followers),
        "NEW_FOLLOWERS_30D": ("2", lambda w, u: w.career_of(u).followers() - w.career_of(u).followers(31)),
        "VIDEOS": ("3", lambda w, u: w.career_of(u).posts()),
        "AVERAGE_VIEWS": ("4", lambda w, u: w.career_of(u).views_each()),
        "INTERACTION_RATE": ("5", lambda w, u: w.career_of(u).interaction_rate()),
        "PRODUCTS": ("6", lambda w, u: w.career_of(u).products()),
    },
    "videos": {
        "LIKES": ("1", lambda w, v: v.part(v.likes)),
        "POSTED_AT": ("2", posted),
        "VIEWS": ("3", lambda w, v: v.views()),
    },
}


def sent(sandbox: SandboxServer, path: str) -> dict[str, str]:
    """What the only call of a path asked for, paging apart."""
    (call,) = [call for call in sandbox.calls if call.path == path]
    return {name: value for name, value in call.params.items() if name not in PAGING}


def members(world: World, root: str, nodes: Iterable[Any]) -> list[Any]:
    return [LISTS[root].find(world, node["id"].partition(":")[2]) for node in nodes]


def names(cases: Iterable[str]) -> set[str]:
    """The arguments that cases are about: what stands before a dot or a blank."""
    return {case.partition(" ")[0].partition(".")[0] for case in cases}


def first_ten(items: Iterable[Any], measure: Measure, *, descending: bool = True) -> list[float]:
    return sorted(map(measure, items), reverse=descending)[:10]


# ── filters ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Case(NamedTuple):
    """An argument as a client writes it, its parameters, and whether an entity is meant by it."""

    written: str
    wire: Mapping[str, str]
    holds: Test
    region: str = REGION


def ranged(world: World, field: str, column: str, measure: Measure, low: float, high: float) -> Case:
    return Case(
        f"{field}: {{ min: {low}, max: {high} }}",
        {f"min_{column}": str(low), f"max_{column}": str(high)},
        lambda entity: low <= measure(entity) <= high,
    )


def of_career(world: World, measure: Callable[[Any], float]) -> Measure:
    return lambda user: measure(world.career_of(user))


def sells_category(world: World, category: str) -> Test:
    return lambda user: any(category == each.categories[0].id for each in world.products_of_influencer(user))


def shows_category(world: World, category: str) -> Test:
    return lambda video: any(category == each.categories[0].id for each in world.products_of_video(video))


def level_of_shop(world: World, level: int) -> Case:
    category = world.shop_of(world.sellers_in(REGION)[0]).category_path[level - 1].id
    param = "category_id" if level == 1 else f"category_l{level}_id"
    return Case(
        f'category: {{ l{level}: "{category}" }}',
        {param: category},
        lambda seller: world.shop_of(seller).category_path[level - 1].id == category,
    )


def of_one_shop(world: World) -> Case:
    seller = world.sellers_in(REGION)[3]
    return Case(
        f'seller: "Seller:{seller.id}"', {"seller_id": seller.id}, lambda user: user.seller_index == seller.index
    )


def of_one_author(world: World) -> Case:
    author = max(world.influencers_in(REGION)[:64], key=lambda user: len(world.videos_of_influencer(user)))
    return Case(f'influencer: "{author.id}"', {"user_id": author.id}, lambda video: video.author == author.index)


def of_one_product(world: World) -> Case:
    product = max(world.products_in(REGION)[:60], key=lambda product: product.videos)
    return Case(
        f'product: "Product:{product.id}"', {"product_id": product.id}, lambda video: product.index in video.products
    )


def posted_within(world: World) -> Case:
    """From the first second of the first day to the last of the last."""
    first, last = world.date_of(60), world.date_of(31)
    midnight = posted(world, video := videos_in(world, REGION)[0]) - video.second + (video.day - 60) * 86_400
    return Case(
        f'posted: {{ from: "{first}", to: "{last}" }}',
        {"min_create_time": str(midnight), "max_create_time": str(midnight + 30 * 86_400 - 1)},
        lambda video: 31 <= video.day <= 60,
    )


FILTERS: dict[str, dict[str, Callable[[World], Case]]] = {
    "sellers": {
        "category.l1": lambda w: level_of_shop(w, 1),
        "category.l2": lambda w: level_of_shop(w, 2),
        "category.l3": lambda w: level_of_shop(w, 3),
        "origin LOCAL": lambda w: Case("origin: LOCAL", {"from_flag": "1"}, lambda s: not s.cross_border),
        "origin CROSS_BORDER": lambda w: Case("origin: CROSS_BORDER", {"from_flag": "2"}, lambda s: s.cross_border),
        "mainChannel VIDEO": lambda w: Case(
            "mainChannel: VIDEO", {"sales_flag": "1"}, lambda s: sales_flag(w.shop_of(s)) == 1
        ),
        "mainChannel LIVE": lambda w: Case(
            "mainChannel: LIVE", {"sales_flag": "2"}, lambda s: sales_flag(w.shop_of(s)) == 2
        ),
        "salesTrend STABLE": lambda w: Case(
            "salesTrend: STABLE", {"sales_trend_flag": "0"}, lambda s: sales_trend_flag(w.shop_of(s)) == 0
        ),
        "salesTrend UP": lambda w: Case(
            "salesTrend: UP", {"sales_trend_flag": "1"}, lambda s: sales_trend_flag(w.shop_of(s)) == 1
        ),
        "salesTrend DOWN": lambda w: Case(
            "salesTrend: DOWN", {"sales_trend_flag": "2"}, lambda s: sales_trend_flag(w.shop_of(s)) == 2
        ),
    },
    "influencers": {
        "category": lambda w: Case(
            'category: "Beauty"', {"influencer_category_name": "Beauty"}, lambda u: u.category == "Beauty"
        ),
        "productCategory": lambda w: Case(
            'productCategory: "600024"', {"product_category_id": "600024"}, sells_category(w, "600024")
        ),
        "seller": of_one_shop,
        "followers": lambda w: ranged(w, "followers", "total_followers_cnt", lambda u: u.followers, 20_000, 300_000),
        "likes": lambda w: ranged(w, "likes", "total_digg_cnt", of_career(w, lambda c: c.likes()), 100_000, 900_000),
        "interactionRate": lambda w: ranged(
            w, "interactionRate", "interaction_rate", of_career(w, lambda c: c.interaction_rate()), 0.05, 0.07
        ),
        "views": lambda w: ranged(w, "views", "total_views_cnt", of_career(w, lambda c: c.views()), 90_000, 2_000_000),
        "views7d": lambda w: ranged(
            w, "views7d", "total_views_7d_cnt", of_career(w, lambda c: c.views() - c.views(8)), 2_000, 40_000
        ),
        "averageVideoViews": lambda w: ranged(
            w,
            "averageVideoViews",
            "per_video_product_views_avg_cnt",
            of_career(w, lambda c: c.selling_views_each()),
            3_000,
            20_000,
        ),
        "averageVideoViews7d": lambda w: ranged(
            w,
            "averageVideoViews7d",
            "per_video_product_views_avg_7d_cnt",
            of_career(w, lambda c: c.selling_views_each(7)),
            500,
            9_000,
        ),
        "sellingMode VIDEO": lambda w: Case(
            "sellingMode: VIDEO", {"sales_flag": "1"}, lambda u: selling_flag(w.career_of(u)) == 1
        ),
        "sellingMode LIVE": lambda w: Case(
            "sellingMode: LIVE", {"sales_flag": "2"}, lambda u: selling_flag(w.career_of(u)) == 2
        ),
        "sellingMode VIDEO_AND_LIVE": lambda w: Case(
            "sellingMode: VIDEO_AND_LIVE", {"sales_flag": "3"}, lambda u: selling_flag(w.career_of(u)) == 3
        ),
        "sellingMode SHOWCASE": lambda w: Case(
            "sellingMode: SHOWCASE", {"sales_flag": "4"}, lambda u: selling_flag(w.career_of(u)) == 4
        ),
        "gender": lambda w: Case(
            'gender: "female"', {"gender": "female"}, lambda u: u.gender == "female", region=WOMEN
        ),
        "language": lambda w: Case('language: "en"', {"influencer_language": "en"}, lambda u: u.language == "en"),
        "hasShowcase true": lambda w: Case("hasShowcase: true", {"show_case_flag": "1"}, lambda u: u.showcase),
        "hasShowcase false": lambda w: Case("hasShowcase: false", {"show_case_flag": "0"}, lambda u: not u.showcase),
    },
    "videos": {
        "influencer": of_one_author,
        "product": of_one_product,
        "productCategory": lambda w: Case(
            'productCategory: "Category:600024"', {"product_category_id": "600024"}, shows_category(w, "600024")
        ),
        "sellsProducts true": lambda w: Case("sellsProducts: true", {"sales_flag": "1"}, lambda v: v.products),
        "sellsProducts false": lambda w: Case("sellsProducts: false", {"sales_flag": "0"}, lambda v: not v.products),
        "madeByAi true": lambda w: Case("madeByAi: true", {"created_by_ai": "true"}, lambda v: v.made_by_ai),
        "madeByAi false": lambda w: Case("madeByAi: false", {"created_by_ai": "false"}, lambda v: not v.made_by_ai),
        "isAd true": lambda w: Case("isAd: true", {"is_ad": "1"}, lambda v: v.ad),
        "isAd false": lambda w: Case("isAd: false", {"is_ad": "0"}, lambda v: not v.ad),
        "posted": posted_within,
        "durationSeconds": lambda w: ranged(w, "durationSeconds", "duration", lambda v: v.duration, 20, 60),
        "views": lambda w: ranged(w, "views", "total_views_cnt", lambda v: v.views(), 10_000, 40_000),
    },
}
UNSERVED = {"influencers": {"channel"}}


@pytest.mark.parametrize(("root", "name"), [(root, name) for root, cases in FILTERS.items() for name in cases])
def test_a_filter_of_a_list_is_applied(root, name, v3, world, sandbox):
    case, kind = FILTERS[root][name](world), LISTS[root]
    code, count = next(iter(SORTS[root].values()))

    answer = v3(f"{{ {root}(region: {case.region}, filter: {{ {case.written} }}) {{ nodes {{ id }} }} }}")

    assert sent(sandbox, kind.path) == {"region": case.region, **case.wire, kind.order: code, "sort_type": "1"}
    assert sandbox.count() == 1 + (name == "productCategory")  # whose level is looked up in the tree
    told = members(world, root, answer.data[root]["nodes"])
    every = kind.members(world, case.region)
    meant = [entity for entity in every if case.holds(entity)]
    assert meant
    assert len(meant) < len(every) or name == "language"  # a market has one
    assert all(map(case.holds, told))
    assert list(map(partial(count, world), told)) == first_ten(meant, partial(count, world))


def test_every_filter_is_among_those():
    for root, cases in FILTERS.items():
        kind = SCHEMA.get_type(f"{root[:-1].title()}Filter")
        assert isinstance(kind, GraphQLInputObjectType)
        assert names(cases) | UNSERVED.get(root, set()) == kind.fields.keys()


def test_every_sort_is_among_those():
    for root, sorts in SORTS.items():
        kind = SCHEMA.get_type(f"{root[:-1].title()}SortField")
        assert isinstance(kind, GraphQLEnumType)
        assert list(sorts) == list(kind.values)


@pytest.mark.parametrize(("root", "field"), [(root, field) for root, sorts in SORTS.items() for field in sorts])
@pytest.mark.parametrize(("direction", "sort_type"), [("ASC", "0"), ("DESC", "1")])
def test_a_sort_of_a_list_is_applied(root, field, direction, sort_type, v3, world, sandbox):
    kind, (code, count) = LISTS[root], SORTS[root][field]

    answer = v3(f"""{{
        {root}(region: {REGION}, sort: {{ field: {field}, direction: {direction} }}) {{ nodes {{ id }} }}
    }}""")

    assert sent(sandbox, kind.path) == {"region": REGION, kind.order: code, "sort_type": sort_type}
    told = members(world, root, answer.data[root]["nodes"])
    expected = first_ten(kind.members(world, REGION), partial(count, world), descending=direction == "DESC")
    assert list(map(partial(count, world), told)) == expected


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ("influencers(region: SG, filter: { channel: VIDEO })", "filter.channel"),
        ("influencers(region: SG, filter: { sellingMode: NONE })", "filter.sellingMode"),
    ],
)
def test_what_the_provider_cannot_filter_by_is_refused_without_a_call(field, argument, v3, sandbox):
    answer = v3(f"{{ {field} {{ nodes {{ id }} }} }}")

    assert answer.partial == {"influencers": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert answer.errors[0]["extensions"]["arguments"] == [argument]
    assert sandbox.count() == 0


# ── categories of one level alone ─────────────────────────────────────────────────────────────────────────────────

OF_LEVEL_1 = {
    "influencers": "influencers(region: SG, filter: { productCategory: %s }) { nodes { id } }",
    "videos": "videos(region: SG, filter: { productCategory: %s }) { nodes { id } }",
    "videoRanking": "videoRanking(region: SG, by: SALES, productCategory: %s) { nodes { id } }",
}


@pytest.mark.parametrize("root", OF_LEVEL_1)
@pytest.mark.parametrize("level", [2, 3, None])
def test_a_category_of_another_level_is_refused_and_costs_the_tree_once(root, level, v3, world, sandbox):
    path = world.products_in(REGION)[0].categories
    category = "999999" if level is None else path[level - 1].id

    for _ in range(2):
        answer = v3(f"{{ {OF_LEVEL_1[root] % category} }}")

        assert answer.partial == {root: None}
        assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
        assert "productCategory" in answer.errors[0]["message"]
        asked = [call.path for call in sandbox.calls]
        assert "category/l1" in asked
        assert sorted(asked) == sorted({*asked} & {"category/l1", "category/l2", "category/l3"})


def test_the_products_of_an_influencer_are_narrowed_to_a_category(v3, world, sandbox):
    user = next(each for each in world.influencers_in(REGION) if len(world.products_of_influencer(each)) > 5)
    sold = world.products_of_influencer(user)
    category = sold[0].categories[0].id

    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        products(first: 100, category: "{category}") {{ nodes {{ productId }} }}
    }} }}""")

    calls = [call.params for call in sandbox.calls if call.path == "influencer/product/list"]
    assert all(call["category_id"] == category for call in calls)
    meant = [product for product in sold if product.categories[0].id == category]
    told = [world.product(node["productId"]) for node in answer.data["influencer"]["products"]["nodes"]]
    assert [product.units() for product in told] == sorted((product.units() for product in meant), reverse=True)


# ── rankings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def monday(today: date, weeks_ago: int) -> date:
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


def first_of(today: date, months_ago: int) -> date:
    months = today.year * 12 + today.month - 1 - months_ago
    return date(months // 12, months % 12 + 1, 1)


def span_of(world: World, period: str) -> tuple[date, Span]:
    """A period that is over, by its first date, and its first and last day."""
    today = world.today
    first, end = {
        "DAY": (world.date_of(3), world.date_of(2)),
        "WEEK": (monday(today, 2), monday(today, 1)),
        "MONTH": (first_of(today, 2), first_of(today, 1)),
    }[period]
    return first, (world.day_of(first), world.day_of(end) + 1)


def gained(measure: Callable[[int], int], span: Span) -> int:
    return measure(span[1]) - measure(span[0] + 1)


class Ranking(NamedTuple):
    """A root ranking.

    root, path   of whom; the provider's
    order        its parameter for what is counted
    counts       by what it may be: code, the edge's field, and what a period added to one
    ranked       whether a period to which it owes so much has a place for one
    """

    root: str
    path: str
    order: str
    counts: Mapping[str, tuple[str, str, Callable[[World, Any, Span], int]]]
    ranked: Callable[[World, Any, Span, int], Any]


def shop_units(world: World, seller: Seller, span: Span) -> int:
    return gained(world.shop_of(seller).units, span)


def shop_influencers(world: World, seller: Seller, span: Span) -> int:
    return gained(world.shop_of(seller).influencers, span)


def new_followers(world: World, user: Influencer, span: Span) -> int:
    return gained(world.career_of(user).followers, span)


def user_units(world: World, user: Influencer, span: Span) -> int:
    return gained(world.career_of(user).units, span)


def video_views(world: World, video: Video, span: Span) -> int:
    return gained(video.views, span)


def video_units(world: World, video: Video, span: Span) -> int:
    return gained(lambda day: world.sale_of_video(video, day).units, span)


RANKINGS = {
    "sellerRanking": Ranking(
        "sellers",
        "seller/ranklist",
        "seller_rank_field",
        {"UNITS": ("1", "units", shop_units), "INFLUENCERS": ("2", "influencers", shop_influencers)},
        lambda w, seller, span, gain: shop_units(w, seller, span) or shop_influencers(w, seller, span),
    ),
    "influencerRanking": Ranking(
        "influencers",
        "influencer/ranklist",
        "influencer_rank_field",
        {"FOLLOWERS": ("1", "newFollowers", new_followers), "SALES": ("2", "units", user_units)},
        lambda w, user, span, gain: gain > 0,
    ),
    "videoRanking": Ranking(
        "videos",
        "video/ranklist",
        "video_rank_field",
        {"VIEWS": ("1", "views", video_views), "SALES": ("2", "units", video_units)},
        lambda w, video, span, gain: gain > 0 and video.day >= span[1],
    ),
}
CODES = {"DAY": "1", "WEEK": "2", "MONTH": "3"}


def sells_of_level(world: World, level: int) -> Case:
    category = world.products_in(REGION)[0].categories[level - 1].id
    return Case(
        f'productCategory: "{category}"',
        {"product_category_id": category},
        lambda user: any(each.categories[level - 1].id == category for each in world.products_of_influencer(user)),
    )


NARROWED: dict[str, dict[str, Callable[[World], Case]]] = {
    "sellerRanking": {
        name: FILTERS["sellers"][name]
        for name in ("category.l1", "category.l2", "category.l3", "origin LOCAL", "origin CROSS_BORDER")
    },
    "influencerRanking": {
        "category": FILTERS["influencers"]["category"],
        "productCategory L1": lambda w: sells_of_level(w, 1),
        "productCategory L2": lambda w: sells_of_level(w, 2),
        "productCategory L3": lambda w: sells_of_level(w, 3),
    },
    "videoRanking": {name: FILTERS["videos"][name] for name in ("productCategory", "madeByAi true", "madeByAi false")},
}


def check_ranking(
    server: Any, sandbox: SandboxServer, name: str, period: str, by: str, case: Case | None = None
) -> None:
    """That a ranking asks for what was asked, and gives those who gained most, with what they gained."""
    world, ranking = sandbox.world, RANKINGS[name]
    (first, span), (code, field, count) = span_of(world, period), ranking.counts[by]
    written = f", {case.written}" if case else ""

    answer = server(f"""{{ {name}(region: {REGION}, period: {period}, date: "{first}", by: {by}{written}) {{
        date edges {{ rank {field} node {{ id }} }}
    }} }}""")

    asked = {"region": REGION, "date": first.isoformat(), "rank_type": CODES[period], ranking.order: code}
    assert sent(sandbox, ranking.path) == {**asked, **(case.wire if case else {})}
    found = answer.data[name]
    told = members(world, ranking.root, (edge["node"] for edge in found["edges"]))
    meant = filter(case.holds if case else None, LISTS[ranking.root].members(world, REGION))
    gains = {each.id: gain for each in meant if ranking.ranked(world, each, span, gain := count(world, each, span))}
    assert found["date"] == first.isoformat()
    assert [edge["rank"] for edge in found["edges"]] == list(range(1, len(told) + 1))
    assert [edge[field] for edge in found["edges"]] == [gains[each.id] for each in told]
    assert [gains[each.id] for each in told] == sorted(gains.values(), reverse=True)[:10] != []


@pytest.mark.parametrize(("name", "by"), [(name, by) for name, ranking in RANKINGS.items() for by in ranking.counts])
@pytest.mark.parametrize("period", CODES)
def test_a_ranking_gives_those_to_whom_its_period_added_most(name, by, period, v3, sandbox):
    check_ranking(v3, sandbox, name, period, by)


@pytest.mark.parametrize(("name", "narrowed"), [(name, case) for name, cases in NARROWED.items() for case in cases])
def test_an_argument_of_a_ranking_is_applied(name, narrowed, v3, world, sandbox):
    period, by = {"sellerRanking": ("MONTH", "UNITS"), "videoRanking": ("WEEK", "SALES")}.get(name, ("WEEK", "SALES"))
    check_ranking(v3, sandbox, name, period, by, NARROWED[name][narrowed](world))


@pytest.mark.parametrize("name", RANKINGS)
def test_the_latest_of_any_date_is_the_week_that_it_lies_in(name, v3, world, sandbox):
    week = monday(world.today, 2)

    answer = v3(f"""{{ {name}(region: {REGION}, period: WEEK, date: "{week + timedelta(days=4)}", latest: true) {{
        date nodes {{ id }}
    }} }}""")

    assert sent(sandbox, RANKINGS[name].path)["date"] == week.isoformat() == answer.data[name]["date"]
    assert len(answer.data[name]["nodes"]) == 10


def test_every_argument_of_a_ranking_is_among_those():
    assert SCHEMA.query_type
    for name, cases in NARROWED.items():
        known = {"region", "period", "by", "date", "latest", "first", "after"}
        assert names(cases) | known == SCHEMA.query_type.fields[name].args.keys()
