"""Videos: lookups, lists, days, what they show and rankings, against what the world tells of them."""

from __future__ import annotations

from datetime import datetime
from itertools import chain

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.video import caption, cover, posted
from sandbox.server import SandboxServer
from sandbox.world.media import Video

REGION = "SG"
DETAIL = "video/detail"
UNKNOWN = "7999999999999999999"
BY_IDS = "query ($ids: [ID!]!) { videosByIds(ids: $ids) { videoId caption } }"


def dollars(cents: int) -> float:
    return cents / 100


def sent(sandbox: SandboxServer, path: str) -> dict[str, str]:
    """What the only call of a path asked for, paging apart."""
    (call,) = [call for call in sandbox.calls if call.path == path]
    return {name: value for name, value in call.params.items() if name not in ("page_num", "page_size")}


def saves(video: Video, day: int = 1) -> int | None:
    return None if video.saves < 0 else video.part(video.saves, day)


@pytest.fixture
def video(sandbox: SandboxServer) -> Video:
    """One that shows several products, over half a year old, whose author's handle was collected."""
    world = sandbox.world
    shown = (each for product in world.products_in(REGION)[:60] for each in world.videos_of_product(product))
    old = (each for each in shown if len(each.products) > 1 and each.day > 190 and each.saves > 0 and not each.sparse)
    return next(each for each in old if told_handle(world.author_of_video(each)))


@pytest.fixture
def v3(gateway):
    return gateway("v3")


# ── lookups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_video_tells_what_it_is(v3, video, sandbox):
    answer = v3(f"""{{ video(id: "Video:{video.id}") {{
        id videoId caption hashtags postedAt durationSeconds region cover {{ url }} width height sizeBytes resolution
        soldCategories {{ categoryId }} isAd madeByAi sellsProducts influencer {{ id userId }}
    }} }}""")

    world, told = sandbox.world, answer.data["video"]
    said = caption(world, video)
    assert sandbox.ids_asked(DETAIL) == [[video.id]]
    assert sandbox.count() == 1
    author = world.author_of_video(video)
    assert datetime.fromisoformat(told.pop("postedAt")).timestamp() == posted(world, video)
    assert told == {
        "id": f"Video:{video.id}",
        "videoId": video.id,
        "caption": said,
        "hashtags": [word[1:] for word in said.split() if word.startswith("#")],
        "durationSeconds": video.duration,
        "region": REGION,
        "cover": {"url": cover(video)},
        "width": 576 if video.tall else 1024,
        "height": 1024 if video.tall else 576,
        "sizeBytes": video.duration * 97_301,
        "resolution": "540p",
        "soldCategories": [
            {"categoryId": id}
            for id in dict.fromkeys(product.categories[0].id for product in world.products_of_video(video))
        ],
        "isAd": video.ad,
        "madeByAi": video.made_by_ai,
        "sellsProducts": True,
        "influencer": {"id": f"Influencer:{author.id}", "userId": author.id},
    }


def test_ids_are_looked_up_in_tens_in_the_order_asked(v3, sandbox):
    world = sandbox.world
    videos = world.videos_of_product(max(world.products_in(REGION)[:30], key=lambda product: product.videos))[:12]
    ids = [*(video.id for video in reversed(videos)), UNKNOWN, videos[0].id]

    answer = v3(BY_IDS, ids=ids)

    asked = sandbox.ids_asked(DETAIL)
    assert len(videos) == 12
    assert sorted(map(len, asked)) == [3, 10]
    assert sorted(chain(*asked)) == sorted({*ids})
    told = [{"videoId": video.id, "caption": caption(world, video)} for video in reversed(videos)]
    assert answer.data["videosByIds"] == [*told, None, told[-1]]
    assert v3(BY_IDS, ids=ids).data == answer.data
    assert sandbox.count() == 2


def test_windows_tell_what_was_gained(v3, video, sandbox):
    measures = "window views likes comments shares favorites"
    gains = {"LAST_1_DAY": 1, "LAST_7_DAYS": 7, "LAST_30_DAYS": 30}
    windows = " ".join(f"{name}: engagement(window: {name}) {{ {measures} }}" for name in gains)
    answer = v3(f"""{{ video(id: "{video.id}") {{
        ever: engagement {{ {measures} }} {windows} performance {{ window units gmv }}
    }} }}""")

    told, sale = answer.data["video"], sandbox.world.sale_of_video(video)
    assert sandbox.count() == 1
    assert told["performance"] == {"window": "ALL_TIME", "units": sale.units, "gmv": dollars(sale.gmv)}
    assert told["ever"] == {
        "window": "ALL_TIME",
        "views": video.views(),
        "likes": video.part(video.likes),
        "comments": video.part(video.comments),
        "shares": video.part(video.shares),
        "favorites": saves(video),
    }
    for window, days in gains.items():
        assert told[window] == {
            "window": window,
            "views": video.views() - video.views(days + 1),
            "likes": video.part(video.likes) - video.part(video.likes, days + 1),
            "comments": None,
            "shares": None,
            "favorites": None,
        }


def test_the_trend_runs_day_by_day(v3, video, sandbox):
    answer = v3(f"""{{ video(id: "{video.id}") {{
        trend(days: 20) {{ date views likes comments shares favorites units gmv }}
    }} }}""")

    world = sandbox.world
    assert sandbox.count("video/trend") == 2
    assert answer.data["video"]["trend"] == [
        {
            "date": world.date_of(day).isoformat(),
            "views": video.views(day),
            "likes": video.part(video.likes, day),
            "comments": video.part(video.comments, day),
            "shares": video.part(video.shares, day),
            "favorites": saves(video, day),
            "units": world.sale_of_video(video, day).units,
            "gmv": dollars(world.sale_of_video(video, day).gmv),
        }
        for day in range(20, 0, -1)
    ]


# ── what it shows, and whose it is ────────────────────────────────────────────────────────────────────────────────


def test_its_own_row_names_the_products_and_more_costs_a_call_for_ten(v3, video, sandbox):
    plain = v3(f'{{ video(id: "{video.id}") {{ products {{ nodes {{ id productId }} }} }} }}')

    world = sandbox.world
    products = world.products_of_video(video)
    assert sandbox.count() == sandbox.count(DETAIL) == 1
    told = plain.data["video"]["products"]["nodes"]
    assert told == [{"id": f"Product:{each.id}", "productId": each.id} for each in products]

    named = v3(f'{{ video(id: "{video.id}") {{ products {{ nodes {{ name performance {{ units }} }} }} }} }}')

    assert [sorted(asked) for asked in sandbox.ids_asked("product/detail")] == [sorted(each.id for each in products)]
    assert sandbox.count() == 2
    assert named.data["video"]["products"]["nodes"] == [
        {"name": world.title_of(each), "performance": {"units": each.units()}} for each in products
    ]


def test_the_authors_handle_is_told_by_the_videos_row(v3, video, sandbox):
    answer = v3(f'{{ video(id: "{video.id}") {{ influencer {{ userId handle }} }} }}')

    author = sandbox.world.author_of_video(video)
    assert answer.data["video"]["influencer"] == {"userId": author.id, "handle": author.handle}
    assert sandbox.count() == 1


def test_a_videos_author_has_it_among_its_videos(v3, video, sandbox):
    answer = v3(f"""{{ video(id: "{video.id}") {{
        influencer {{ videos(first: 100) {{ nodes {{ videoId influencer {{ userId }} }} }} }}
    }} }}""")

    author = sandbox.world.author_of_video(video)
    nodes = answer.data["video"]["influencer"]["videos"]["nodes"]
    assert video.id in [node["videoId"] for node in nodes]
    assert {node["influencer"]["userId"] for node in nodes} == {author.id}
    assert sandbox.count("influencer/detail") == 0


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filter", "wire", "holds"),
    [
        ("sellsProducts: true", {"sales_flag": "1"}, lambda video: video.products),
        ("sellsProducts: false", {"sales_flag": "0"}, lambda video: not video.products),
        ("madeByAi: true", {"created_by_ai": "true"}, lambda video: video.made_by_ai),
        ("madeByAi: false", {"created_by_ai": "false"}, lambda video: not video.made_by_ai),
        ("isAd: true", {"is_ad": "1"}, lambda video: video.ad),
        (
            "durationSeconds: { min: 20, max: 60 }",
            {"min_duration": "20", "max_duration": "60"},
            lambda video: 20 <= video.duration <= 60,
        ),
        (
            "views: { min: 10000, max: 40000 }",
            {"min_total_views_cnt": "10000", "max_total_views_cnt": "40000"},
            lambda video: 10_000 <= video.views() <= 40_000,
        ),
    ],
)
def test_filters_of_a_list_reach_the_provider(filter, wire, holds, v3, sandbox):
    answer = v3(f"{{ videos(region: {REGION}, filter: {{ {filter} }}) {{ nodes {{ videoId }} }} }}")

    order = {"video_sort_field": "1", "sort_type": "1"}
    assert sent(sandbox, "video/list") == {"region": REGION, **wire, **order}
    assert sandbox.count() == 1
    videos = [sandbox.world.video(node["videoId"]) for node in answer.data["videos"]["nodes"]]
    assert videos
    assert all(map(holds, videos))


def test_a_list_is_narrowed_to_an_author_and_a_product(v3, video, sandbox):
    world = sandbox.world
    author, product = world.author_of_video(video), world.products_of_video(video)[0]

    answer = v3(f"""{{ videos(
        region: {REGION}, first: 50, filter: {{ influencer: "{author.id}", product: "{product.id}" }}
    ) {{ nodes {{ videoId }} }} }}""")

    both = [each.id for each in world.videos_of_influencer(author) if product.index in each.products]
    assert video.id in both
    assert sorted(node["videoId"] for node in answer.data["videos"]["nodes"]) == sorted(both)
    assert all(call.params["user_id"] == author.id for call in sandbox.calls)


SORTS = {
    "LIKES": ("1", lambda world, video: video.part(video.likes)),
    "POSTED_AT": ("2", posted),
    "VIEWS": ("3", lambda world, video: video.views()),
}


@pytest.mark.parametrize("field", SORTS)
@pytest.mark.parametrize(("direction", "sort_type"), [("ASC", "0"), ("DESC", "1")])
def test_sorts_of_a_list_reach_the_provider(field, direction, sort_type, v3, sandbox):
    code, measure = SORTS[field]
    answer = v3(f"""{{
        videos(region: {REGION}, sort: {{ field: {field}, direction: {direction} }}) {{ nodes {{ videoId }} }}
    }}""")

    order = {"video_sort_field": code, "sort_type": sort_type}
    assert sent(sandbox, "video/list") == {"region": REGION, **order}
    world = sandbox.world
    told = [measure(world, world.video(node["videoId"])) for node in answer.data["videos"]["nodes"]]
    assert len(told) == 10
    assert told == sorted(told, reverse=direction == "DESC")


# ── rankings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ranking_by_views_tells_what_the_day_added(v3, sandbox):
    answer = v3(f"""{{ videoRanking(region: {REGION}) {{ date edges {{
        rank units gmv views likes comments shares favorites
        node {{ videoId caption influencer {{ userId name handle }} products {{ nodes {{ productId }} }} }}
    }} }} }}""")

    world, ranking = sandbox.world, answer.data["videoRanking"]
    asked = {"region": REGION, "date": ranking["date"], "rank_type": "1", "video_rank_field": "1"}
    assert sent(sandbox, "video/ranklist") == asked
    assert sandbox.count() == 1
    for rank, edge in enumerate(ranking["edges"], 1):
        node = edge.pop("node")
        video = world.video(node["videoId"])
        sale, before = world.sale_of_video(video, 1), world.sale_of_video(video, 2)
        author = world.author_of_video(video)
        assert edge == {
            "rank": rank,
            "units": sale.units - before.units,
            "gmv": dollars(sale.gmv - before.gmv),
            "views": video.views(1) - video.views(2),
            "likes": video.part(video.likes, 1) - video.part(video.likes, 2),
            "comments": video.part(video.comments, 1) - video.part(video.comments, 2),
            "shares": video.part(video.shares, 1) - video.part(video.shares, 2),
            "favorites": edge["favorites"],
        }
        assert node == {
            "videoId": video.id,
            "caption": caption(world, video),
            "influencer": {"userId": author.id, "name": author.nick_name, "handle": told_handle(author)},
            "products": {"nodes": [{"productId": each.id} for each in world.products_of_video(video)]},
        }
    views = [edge["views"] for edge in ranking["edges"]]
    assert len(views) == 10
    assert views == sorted(views, reverse=True)


def test_more_than_a_rank_row_tells_costs_a_call_for_ten(v3, sandbox):
    answer = v3(f"""{{ videoRanking(region: {REGION}, by: SALES, madeByAi: false) {{
        edges {{ units node {{ videoId madeByAi engagement {{ views }} performance {{ units }} }} }}
    }} }}""")

    world, edges = sandbox.world, answer.data["videoRanking"]["edges"]
    (asked,) = sandbox.ids_asked(DETAIL)
    assert sorted(asked) == sorted(edge["node"]["videoId"] for edge in edges)
    assert sandbox.count() == 2
    ranked = sent(sandbox, "video/ranklist")
    assert (ranked["video_rank_field"], ranked["created_by_ai"]) == ("2", "false")
    for edge in edges:
        video = world.video(edge["node"]["videoId"])
        units = world.sale_of_video(video).units
        assert edge["units"] == units - world.sale_of_video(video, 2).units > 0
        assert edge["node"]["madeByAi"] is False
        assert edge["node"]["engagement"] == {"views": video.views()}
        assert edge["node"]["performance"] == {"units": units}
