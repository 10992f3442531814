"""Influencers: lookups by id and by handle, lists, relations, days and rankings, against the world's careers."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

import pytest

from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.influencer_row import sales_flag, sold_paths
from sandbox.echotik.quirk import has
from sandbox.server import SandboxServer
from sandbox.world.influencer import Influencer

REGION = "SG"
DETAIL = "influencer/detail"
MODES = ("NONE", "VIDEO", "LIVE", "VIDEO_AND_LIVE", "SHOWCASE")
GAINS = {"LAST_1_DAY": 1, "LAST_7_DAYS": 7, "LAST_30_DAYS": 30, "LAST_90_DAYS": 90}
UNKNOWN = "6999999999999999999"
BY_IDS = "query ($ids: [ID!]!) { influencersByIds(ids: $ids) { userId name } }"
BY_HANDLES = "query ($handles: [String!]!) { influencersByHandles(handles: $handles) { userId name } }"


def dollars(cents: int) -> float:
    return cents / 100


def sent(sandbox: SandboxServer, path: str) -> dict[str, str]:
    """What the only call of a path asked for, paging apart."""
    (call,) = [call for call in sandbox.calls if call.path == path]
    return {name: value for name, value in call.params.items() if name not in ("page_num", "page_size")}


def with_handles(sandbox: SandboxServer, count: int) -> list[Influencer]:
    """Creators whose handles were collected."""
    return [user for user in sandbox.world.influencers_in(REGION) if told_handle(user)][:count]


@pytest.fixture
def user(sandbox: SandboxServer) -> Influencer:
    """Someone with a handle and habits, who has posted most."""
    world = sandbox.world
    users = [each for each in world.influencers_in(REGION)[:64] if told_handle(each) and not each.sparse]
    users = [each for each in users if not has("empty buckets", each.id) and len(world.lives_of_influencer(each)) > 1]
    return max(users, key=lambda each: len(world.videos_of_influencer(each)))


@pytest.fixture
def v3(gateway):
    return gateway("v3")


# ── lookups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_influencer_tells_what_the_account_is(v3, user, sandbox):
    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        id userId handle name avatar {{ url }} region language category bio score hasShowcase sellsProducts sellingMode
        closed topCategory {{ categoryId }} topVideo {{ videoId }} averageViews30d averageSellingVideoViews
        averageSellingVideoViews7d firstSeen followingCount interactionRate videoCount liveCount productCount
        seller {{ id }}
    }} }}""")

    world, career = sandbox.world, sandbox.world.career_of(user)
    mode = sales_flag(career)
    assert sandbox.ids_asked(DETAIL) == [[user.id]]
    assert sandbox.count() == 1
    assert answer.data["influencer"] == {
        "id": f"Influencer:{user.id}",
        "userId": user.id,
        "handle": user.handle,
        "name": user.nick_name,
        "avatar": {"url": avatar(user)},
        "region": REGION,
        "language": user.language,
        "category": user.category,
        "bio": user.signature,
        "score": user.score_tenths / 10,
        "hasShowcase": user.showcase,
        "sellsProducts": mode > 0,
        "sellingMode": MODES[mode],
        "closed": user.off_mark > 0,
        "topCategory": {"categoryId": sold_paths(world, user)[0][0].id},
        "topVideo": {"videoId": world.video_ids.encode(career.most_viewed)},
        "averageViews30d": career.views_each_in(30),
        "averageSellingVideoViews": career.selling_views_each(30),
        "averageSellingVideoViews7d": career.selling_views_each(7),
        "firstSeen": world.date_of(user.age).isoformat(),
        "followingCount": user.following,
        "interactionRate": career.interaction_rate(),
        "videoCount": career.posts(),
        "liveCount": career.lives(),
        "productCount": career.products(),
        "seller": None,
    }


@pytest.mark.parametrize("write", [str, "@{}".format, str.upper, lambda handle: f"@{handle.title()}"])
def test_a_handle_is_found_with_at_and_in_any_case(write, v3, user, sandbox):
    query = "query ($handle: String!) { influencer(handle: $handle) { userId handle name } }"

    answer = v3(query, handle=write(user.handle))

    assert sandbox.ids_asked(DETAIL) == [[user.handle]]
    told = {"userId": user.id, "handle": user.handle, "name": user.nick_name}
    assert answer.data["influencer"] == told
    assert v3(query, handle=user.handle).data["influencer"] == told
    assert v3(f'{{ influencer(id: "{user.id}") {{ userId handle name }} }}').data["influencer"] == told
    assert sandbox.count() == 1


@pytest.mark.parametrize("arguments", ["", '(id: "6800000000000000001", handle: "somebody")'])
def test_both_or_neither_of_id_and_handle_is_bad_input(arguments, v3, sandbox):
    answer = v3(f"{{ influencer{arguments} {{ name }} }}")

    assert answer.codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 0


def test_ids_are_looked_up_in_tens_in_the_order_asked(v3, sandbox):
    users = sandbox.world.influencers_in(REGION)[:13]
    ids = [*(each.id for each in reversed(users)), UNKNOWN, users[2].id]

    answer = v3(BY_IDS, ids=ids)

    assert sorted(map(len, sandbox.ids_asked(DETAIL))) == [4, 10]
    assert sorted(chain(*sandbox.ids_asked(DETAIL))) == sorted({*ids})
    told = [{"userId": each.id, "name": each.nick_name} for each in reversed(users)]
    assert answer.data["influencersByIds"] == [*told, None, {"userId": users[2].id, "name": users[2].nick_name}]
    assert v3(BY_IDS, ids=ids).data == answer.data
    assert sandbox.count() == 2


def test_handles_are_looked_up_in_tens_and_remembered(v3, sandbox):
    users = with_handles(sandbox, 13)
    handles = [*(each.handle for each in reversed(users)), "nobody.at.all", f"@{users[2].handle.upper()}"]

    answer = v3(BY_HANDLES, handles=handles)

    asked = sandbox.ids_asked(DETAIL)
    assert sorted(map(len, asked)) == [4, 10]
    assert sorted(chain(*asked)) == sorted(["nobody.at.all", *(each.handle for each in users)])
    told = [{"userId": each.id, "name": each.nick_name} for each in reversed(users)]
    assert answer.data["influencersByHandles"] == [*told, None, {"userId": users[2].id, "name": users[2].nick_name}]
    assert v3(BY_HANDLES, handles=handles).data == answer.data
    assert v3(BY_IDS, ids=[each.id for each in reversed(users)]).data["influencersByIds"] == told
    assert sandbox.count() == 2


def test_handles_and_ids_are_never_in_one_call(v3, sandbox):
    users = with_handles(sandbox, 6)
    both = "query ($ids: [ID!]!, $handles: [String!]!) { influencersByIds(ids: $ids) { userId name } "
    both += "influencersByHandles(handles: $handles) { userId name } }"

    answer = v3(both, ids=[each.id for each in users[:3]], handles=[each.handle for each in users[3:]])

    calls = [call.params for call in sandbox.calls if call.path == DETAIL]
    assert len(calls) == sandbox.count() == 2
    assert all(("user_ids" in call) != ("unique_ids" in call) for call in calls)
    found = [*answer.data["influencersByIds"], *answer.data["influencersByHandles"]]
    assert [each["userId"] for each in found] == [each.id for each in users]


def test_handles_of_a_products_ten_influencers_cost_one_call(v3, sandbox):
    world = sandbox.world
    product = next(each for each in world.products_in(REGION) if each.reach > 10)

    answer = v3(f'{{ product(id: "{product.id}") {{ influencers {{ nodes {{ userId handle }} }} }} }}')

    nodes = answer.data["product"]["influencers"]["nodes"]
    (asked,) = sandbox.ids_asked(DETAIL)
    assert sorted(asked) == sorted(node["userId"] for node in nodes)
    assert len(asked) == 10
    assert [node["handle"] for node in nodes] == [told_handle(world.influencer(node["userId"])) for node in nodes]


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filter", "wire", "holds"),
    [
        ('category: "Beauty"', {"influencer_category_name": "Beauty"}, lambda user, _: user.category == "Beauty"),
        (
            "followers: { min: 20000, max: 300000 }",
            {"min_total_followers_cnt": "20000", "max_total_followers_cnt": "300000"},
            lambda user, _: 20_000 <= user.followers <= 300_000,
        ),
        ("likes: { min: 500000 }", {"min_total_digg_cnt": "500000"}, lambda _, career: career.likes() >= 500_000),
        (
            "interactionRate: { min: 0.05, max: 0.07 }",
            {"min_interaction_rate": "0.05", "max_interaction_rate": "0.07"},
            lambda _, career: 0.05 <= career.interaction_rate() <= 0.07,
        ),
        ("views: { max: 9000000 }", {"max_total_views_cnt": "9000000"}, lambda _, career: career.views() <= 9_000_000),
        (
            "averageVideoViews7d: { min: 5000 }",
            {"min_per_video_product_views_avg_7d_cnt": "5000"},
            lambda _, career: career.selling_views_each(7) >= 5000,
        ),
        ("sellingMode: VIDEO_AND_LIVE", {"sales_flag": "3"}, lambda _, career: sales_flag(career) == 3),
        ("hasShowcase: false", {"show_case_flag": "0"}, lambda user, _: not user.showcase),
        ('language: "en"', {"influencer_language": "en"}, lambda user, _: user.language == "en"),
    ],
)
def test_filters_of_a_list_reach_the_provider(filter, wire, holds, v3, sandbox):
    answer = v3(f"{{ influencers(region: {REGION}, filter: {{ {filter} }}) {{ nodes {{ userId }} }} }}")

    order = {"influencer_sort_field_v2": "1", "sort_type": "1"}
    assert sent(sandbox, "influencer/list") == {"region": REGION, **wire, **order}
    assert sandbox.count() == 1
    world = sandbox.world
    users = [world.influencer(node["userId"]) for node in answer.data["influencers"]["nodes"]]
    assert users
    assert all(holds(user, world.career_of(user)) for user in users)


SORTS: dict[str, tuple[str, Any]] = {
    "FOLLOWERS": ("1", lambda career: career.followers()),
    "NEW_FOLLOWERS_30D": ("2", lambda career: career.followers() - career.followers(31)),
    "VIDEOS": ("3", lambda career: career.posts()),
    "AVERAGE_VIEWS": ("4", lambda career: career.views_each()),
    "INTERACTION_RATE": ("5", lambda career: career.interaction_rate()),
    "PRODUCTS": ("6", lambda career: career.products()),
}


@pytest.mark.parametrize("field", SORTS)
@pytest.mark.parametrize(("direction", "sort_type"), [("ASC", "0"), ("DESC", "1")])
def test_sorts_of_a_list_reach_the_provider(field, direction, sort_type, v3, sandbox):
    code, measure = SORTS[field]
    answer = v3(f"""{{
        influencers(region: {REGION}, sort: {{ field: {field}, direction: {direction} }}) {{ nodes {{ userId }} }}
    }}""")

    order = {"influencer_sort_field_v2": code, "sort_type": sort_type}
    assert sent(sandbox, "influencer/list") == {"region": REGION, **order}
    world = sandbox.world
    users = [world.influencer(node["userId"]) for node in answer.data["influencers"]["nodes"]]
    told = [measure(world.career_of(each)) for each in users]
    assert len(told) == 10
    assert told == sorted(told, reverse=direction == "DESC")


# ── measures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_audience_is_a_level_and_in_windows_what_was_gained(v3, user, sandbox):
    windows = " ".join(f"{name}: audience(window: {name}) {{ followers likes views }}" for name in GAINS)
    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        ever: audience {{ window followers likes views comments shares }} {windows}
    }} }}""")

    career, told = sandbox.world.career_of(user), answer.data["influencer"]
    assert sandbox.count() == 1
    assert told["ever"] == {
        "window": "ALL_TIME",
        "followers": career.followers(),
        "likes": career.likes(),
        "views": career.views(),
        "comments": career.comments(),
        "shares": career.shares(),
    }
    for window, days in GAINS.items():
        followers = career.followers() - career.followers(days + 1)
        assert told[window] == {"followers": followers, "likes": career.likes() - career.likes(days + 1), "views": None}


def test_sales_are_told_for_all_time_and_thirty_days(v3, user, sandbox):
    measures = "units gmv averagePrice products video { units gmv } live { units gmv }"
    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        ever: performance {{ {measures} }} month: performance(window: LAST_30_DAYS) {{ {measures} }}
    }} }}""")

    career, told = sandbox.world.career_of(user), answer.data["influencer"]
    assert told["ever"]["units"] == career.units() > 0
    assert told["ever"]["gmv"] == dollars(career.gmv())
    assert told["ever"]["averagePrice"] == pytest.approx(dollars(career.gmv()) / career.units())
    assert told["ever"]["products"] == career.products()
    units, gmv = career.units() - career.units(31), career.gmv() - career.gmv(31)
    assert told["month"] == {
        "units": None,
        "gmv": dollars(gmv),
        "averagePrice": dollars(gmv // units) if units else 0,
        "products": career.products() - career.products(31),
        "video": {
            "units": career.video_units() - career.video_units(31),
            "gmv": dollars(career.video_gmv() - career.video_gmv(31)),
        },
        "live": {"units": None, "gmv": dollars(career.live_gmv() - career.live_gmv(31))},
    }
    assert sandbox.count() == 1


def test_habits_count_the_videos(v3, user, sandbox):
    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        videoHabits {{ byHour {{ key count }} byWeekday {{ key count }} byLength {{ key count }} }}
    }} }}""")

    world, habits = sandbox.world, answer.data["influencer"]["videoHabits"]
    videos = world.videos_of_influencer(user)
    counted = {name: {each["key"]: each["count"] for each in found if each["count"]} for name, found in habits.items()}
    assert counted["byHour"] == Counter(f"{video.second // 3600:02d}" for video in videos)
    assert counted["byWeekday"] == Counter(str(world.date_of(video.day).isoweekday()) for video in videos)
    assert sum(counted["byLength"].values()) == len(videos)
    assert counted["byLength"].keys() <= {"15s", "15s-30s", "30s-60s", "1m-2m", "2m"}


def test_the_trend_is_what_the_career_did_day_by_day(v3, user, sandbox):
    answer = v3(f"""{{ influencer(id: "{user.id}") {{ trend(days: 20) {{
        date followers newFollowers likes newLikes views comments shares videos lives units gmv
    }} }} }}""")

    world, career = sandbox.world, sandbox.world.career_of(user)
    assert sandbox.count("influencer/trend") == 2
    assert answer.data["influencer"]["trend"] == [
        {
            "date": world.date_of(day).isoformat(),
            "followers": career.followers(day),
            "newFollowers": career.followers(day) - career.followers(day + 1),
            "likes": career.likes(day),
            "newLikes": career.likes(day) - career.likes(day + 1),
            "views": career.views(day),
            "comments": career.comments(day),
            "shares": career.shares(day),
            "videos": career.posts(day),
            "lives": career.lives(day),
            "units": career.units(day) - career.units(day + 1),
            "gmv": dollars(career.gmv(day) - career.gmv(day + 1)),
        }
        for day in range(20, 0, -1)
    ]


# ── relations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "code"), [("UNITS", "1"), ("GMV", "2"), ("AVERAGE_PRICE", "3"), ("VIDEO_UNITS", "4"), ("VIDEO_GMV", "5")]
)
def test_products_come_with_what_the_influencer_did_with_each(field, code, v3, user, sandbox):
    answer = v3(f"""{{ influencer(id: "{user.id}") {{ products(sort: {{ field: {field} }}) {{ edges {{
        units gmv videos videoUnits videoGmv lives liveUnits liveGmv node {{ productId name performance {{ units }} }}
    }} }} }} }}""")

    asked = {"user_id": user.id, "influencer_product_sort_field": code, "sort_type": "1"}
    assert sent(sandbox, "influencer/product/list") == asked
    assert sandbox.count("product/detail") == 0
    world, edges = sandbox.world, answer.data["influencer"]["products"]["edges"]
    assert edges
    measures = []
    for edge in edges:
        product = world.product(edge["node"]["productId"])
        deal = world.deal(user, product)
        assert world.sells(user, product)
        assert edge == {
            "units": deal.video_sale.units + deal.live_sale.units,
            "gmv": pytest.approx(dollars(deal.sale.gmv)),
            "videos": deal.videos,
            "videoUnits": deal.video_sale.units,
            "videoGmv": dollars(deal.video_sale.gmv),
            "lives": deal.lives,
            "liveUnits": deal.live_sale.units,
            "liveGmv": dollars(deal.live_sale.gmv),
            "node": {
                "productId": product.id,
                "name": world.title_of(product),
                "performance": {"units": product.units()},
            },
        }
        own = (product.units(), product.gmv(), product.price, deal.video_sale.units, deal.video_sale.gmv)
        measures.append(own[int(code) - 1])
    assert measures == sorted(measures, reverse=True)


def test_videos_of_one_product(v3, user, sandbox):
    world = sandbox.world
    shown = Counter(index for video in world.videos_of_influencer(user) for index in video.products)
    product = world.product_at(shown.most_common(1)[0][0])

    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        videos(sort: {{ field: POSTED_AT, direction: ASC }}, product: "{product.id}", first: 100) {{
            nodes {{ videoId influencer {{ userId }} engagement {{ views }} }}
        }}
    }} }}""")

    expected = [video for video in world.videos_of_influencer(user) if product.index in video.products]
    calls = [call.params for call in sandbox.calls if call.path == "influencer/video/list"]
    asked = {"product_id": product.id, "influencer_video_sort_field": "4", "sort_type": "0"}
    assert all(call.items() >= asked.items() for call in calls)
    nodes = answer.data["influencer"]["videos"]["nodes"]
    assert [node["videoId"] for node in nodes] == [video.id for video in expected]
    assert [node["engagement"]["views"] for node in nodes] == [video.views() for video in expected]
    assert {node["influencer"]["userId"] for node in nodes} == {user.id}


def test_lives_come_as_the_provider_orders_them(v3, user, sandbox):
    answer = v3(f"""{{ influencer(id: "{user.id}") {{
        lives(first: 5) {{ nodes {{ roomId views likes comments joins productCount units influencer {{ userId }} }} }}
    }} }}""")

    world = sandbox.world
    assert sandbox.count("influencer/live/list") == 1
    assert answer.data["influencer"]["lives"]["nodes"] == [
        {
            "roomId": live.id,
            "views": live.views,
            "likes": live.likes,
            "comments": live.comments,
            "joins": live.joins,
            "productCount": len(live.products),
            "units": world.sale_of_live(live).units,
            "influencer": {"userId": user.id},
        }
        for live in world.lives_of_influencer(user)[:5]
    ]


# ── rankings ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("by", "code"), [("FOLLOWERS", "1"), ("SALES", "2")])
def test_edges_of_a_ranking_tell_what_the_day_added(by, code, v3, sandbox):
    answer = v3(f"""{{ influencerRanking(region: {REGION}, by: {by}) {{ date edges {{
        rank units gmv newFollowers newLikes videos lives products
        node {{ userId handle name score videoCount audience {{ followers }} performance {{ units gmv }} }}
    }} }} }}""")

    world, ranking = sandbox.world, answer.data["influencerRanking"]
    asked = {"region": REGION, "date": ranking["date"], "rank_type": "1", "influencer_rank_field": code}
    assert sent(sandbox, "influencer/ranklist") == asked
    for rank, edge in enumerate(ranking["edges"], 1):
        node = edge.pop("node")
        ranked = world.influencer(node["userId"])
        career = world.career_of(ranked)
        assert edge == {
            "rank": rank,
            "units": career.units(1) - career.units(2),
            "gmv": dollars(career.gmv(1) - career.gmv(2)),
            "newFollowers": career.followers(1) - career.followers(2),
            "newLikes": career.likes(1) - career.likes(2),
            "videos": career.posts(1) - career.posts(2),
            "lives": career.lives(1) - career.lives(2),
            "products": career.products(1) - career.products(2),
        }
        assert (node["handle"], node["name"]) == (told_handle(ranked), ranked.nick_name)
        assert (node["videoCount"], node["audience"]["followers"]) == (career.posts(), career.followers())
        assert node["performance"] == {"units": career.units(), "gmv": dollars(career.gmv())}
    gained = [edge["units" if by == "SALES" else "newFollowers"] for edge in ranking["edges"]]
    assert len(gained) == 10
    assert gained == sorted(gained, reverse=True)
    assert sandbox.count("influencer/ranklist") == sandbox.count() == 1


def test_more_than_a_rank_row_tells_costs_a_call_for_ten(v3, sandbox):
    answer = v3(f"{{ influencerRanking(region: {REGION}) {{ nodes {{ userId bio }} }} }}")

    nodes = answer.data["influencerRanking"]["nodes"]
    (asked,) = sandbox.ids_asked(DETAIL)
    assert sorted(asked) == sorted(node["userId"] for node in nodes)
    world = sandbox.world
    assert [node["bio"] for node in nodes] == [world.influencer(node["userId"]).signature for node in nodes]
    assert sandbox.count() == 2


# ── there and back ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_products_influencers_have_it_among_their_products(v3, sandbox):
    id = next(each.id for each in sandbox.world.products_in(REGION) if each.reach > 3)

    answer = v3(f"""{{ product(id: "{id}") {{
        influencers(first: 3) {{ nodes {{ products(first: 100) {{ nodes {{ productId }} }} }} }}
    }} }}""")

    users = answer.data["product"]["influencers"]["nodes"]
    assert len(users) == 3
    for told in users:
        assert id in [node["productId"] for node in told["products"]["nodes"]]
    assert sandbox.count(DETAIL) == 0
