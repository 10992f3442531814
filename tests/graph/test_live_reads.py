"""What TikTok tells at the moment of asking: captions, comments and files of videos, reviews of products; and the list
of a video's products where its own row does not name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.quirk import choice, has
from sandbox.echotik.tiktok import transcript
from sandbox.echotik.video import caption
from sandbox.echotik.video_row import base_row
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.review import Review
from sandbox.world.speech import Comment, comment_count
from sandbox.world.words import LANGUAGES

REGION = "SG"
DETAIL = "video/detail"
CAPTIONS = "realtime/video/captions"
COMMENTS = "realtime/video/comments"
FILES = "realtime/video/download-url"
REVIEWS = "realtime/product/comment"
SHOWN = "video/product/list"
PAGE = 20
USED = "{ providers { provider callsToday creditsToday } }"


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


def videos(world: World) -> Iterator[Video]:
    """Those of the market's first products that show something."""
    return chain.from_iterable(world.videos_of_product(product) for product in world.products_in(REGION)[:120])


@pytest.fixture
def video(world: World) -> Video:
    """One in which something is said, whose author's handle was collected."""
    said = (each for each in videos(world) if not has("no captions", each.id))
    return next(each for each in said if told_handle(world.author_of_video(each)))


@pytest.fixture
def talked_of(world: World) -> Video:
    """One with comments enough for three pages, and less than a page more."""
    return next(each for each in videos(world) if 2 * PAGE < comment_count(each) < 3 * PAGE)


@pytest.fixture
def product(world: World) -> Product:
    """One with reviews enough for three pages, some of which were not collected."""
    return next(
        each
        for each in world.products_in(REGION)
        if 2 * PAGE < each.reviewed() < 3 * PAGE and each.reviews < each.reviewed()
    )


def asked(sandbox: SandboxServer, path: str) -> list[dict[str, str]]:
    return [call.params for call in sandbox.calls if call.path == path]


def offsets(sandbox: SandboxServer, path: str) -> list[str]:
    return [params["offset"] for params in asked(sandbox, path)]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# ── captions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_captions_are_told_with_times_and_as_words_alone_and_kept_for_a_minute(v3, video, world, sandbox):
    query = f'{{ video(id: "{video.id}") {{ captions {{ language vtt text }} }} }}'

    answer = v3(query)

    lines = world.spoken_lines(video)
    (told,) = answer.data["video"]["captions"]
    assert told == {"language": "eng-US", "vtt": transcript(world, video), "text": "\n".join(lines)}
    assert told["vtt"].startswith("WEBVTT\n") and told["vtt"].count("-->") == len(lines) > 1
    assert v3(query).data == answer.data
    assert asked(sandbox, CAPTIONS) == [{"video_id": video.id}]
    assert sandbox.count() == 2


def test_a_live_read_costs_two_credits(v3, video, sandbox):
    answer = v3(f'{{ video(id: "{video.id}") {{ captions {{ language }} }} }}')

    assert len(answer.data["video"]["captions"]) == 1
    used = {each.pop("provider"): each for each in v3(USED).data["providers"]}
    assert used["ECHOTIK"] == {"callsToday": 2, "creditsToday": 3}


def test_a_video_in_which_nothing_is_said_has_no_captions(v3, world, sandbox):
    silent = next(each for each in videos(world) if has("no captions", each.id))
    query = f'{{ video(id: "{silent.id}") {{ captions {{ text }} }} }}'

    for _ in range(2):
        assert v3(query).data == {"video": {"captions": []}}
    assert sandbox.count(CAPTIONS) == 1


@pytest.mark.parametrize("fault", ["error", "error_in_200", "gateway"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_live_read_that_fails_on_their_side_is_tried_three_times(fault, times, v3, video, sandbox):
    sandbox.fail(CAPTIONS, fault, times=times)

    answer = v3(f'{{ video(id: "{video.id}") {{ captions {{ language }} }} }}')

    assert answer.data == {"video": {"captions": [{"language": "eng-US"}]}}
    assert sandbox.count(CAPTIONS) == times + 1


def test_a_live_read_that_keeps_failing_fails_its_field_alone(v3, video, world, sandbox):
    sandbox.fail(CAPTIONS, "bad_parameter", parameter="video_id")

    answer = v3(f'{{ video(id: "{video.id}") {{ caption captions {{ text }} comments {{ totalCount }} }} }}')

    told = {"caption": caption(world, video), "captions": None, "comments": {"totalCount": comment_count(video)}}
    assert answer.partial == {"video": told}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["video", "captions"], "UPSTREAM_UNAVAILABLE")
    ]
    assert sandbox.count(CAPTIONS) == 3


def test_on_v2_alone_nothing_of_a_video_is_read(gateway, video, world, sandbox):
    product = world.products_of_video(video)[0]
    fields = "captions { text } comments { totalCount } downloadUrl"
    query = f'{{ product(id: "{product.id}") {{ videos(first: 1) {{ nodes {{ {fields} }} }} }} }}'

    answer = gateway("v2")(query)

    assert answer.partial["product"]["videos"]["nodes"] == [{"captions": None, "comments": None, "downloadUrl": None}]
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"] * 3
    assert not [call for call in sandbox.calls if call.path.startswith("realtime/")]


# ── comments ──────────────────────────────────────────────────────────────────────────────────────────────────────


ALL_OF_COMMENTS = """totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node {
    commentId text postedAt likes replyCount author { id userId handle name region } } }"""


def comments(video: Video, fields: str = ALL_OF_COMMENTS, **paging: Any) -> str:
    arguments = ", ".join(
        f'{name}: "{value}"' if name == "after" else f"{name}: {value}" for name, value in paging.items()
    )
    return f'{{ video(id: "{video.id}") {{ comments{f"({arguments})" if arguments else ""} {{ {fields} }} }} }}'


def comment_of(world: World, comment: Comment) -> dict[str, Any]:
    author = world.influencer_at(comment.author)
    return {
        "commentId": comment.id,
        "text": comment.text,
        "postedAt": unix_seconds(world, comment.day, comment.second),
        "likes": comment.likes,
        "replyCount": comment.replies,
        "author": {
            "id": f"Influencer:{author.id}",
            "userId": author.id,
            "handle": author.handle,
            "name": author.nick_name,
            "region": author.region,
        },
    }


def told_comments(connection: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [edge["node"] for edge in connection["edges"]]
    return [{**node, "postedAt": moment(node["postedAt"])} for node in nodes]


def test_forty_five_comments_cost_three_calls_and_their_authors_none(v3, talked_of, world, sandbox):
    count = comment_count(talked_of)

    connection = v3(comments(talked_of, first=45)).data["video"]["comments"]

    assert told_comments(connection) == [comment_of(world, each) for each in world.comments_of(talked_of, 0, 45)]
    assert connection["totalCount"] == count
    assert connection["pageInfo"]["hasNextPage"] is (count > 45)
    assert connection["pageInfo"]["hasPreviousPage"] is False
    assert asked(sandbox, COMMENTS) == [
        {"video_id": talked_of.id, "offset": offset, "count": "20"} for offset in ("0", "20", "40")
    ]
    assert sandbox.count() == 4


def test_ten_comments_are_given_unless_asked_otherwise_and_kept_for_a_minute(v3, talked_of, world, sandbox):
    for _ in range(2):
        connection = v3(comments(talked_of)).data["video"]["comments"]

        assert told_comments(connection) == [comment_of(world, each) for each in world.comments_of(talked_of, 0, 10)]
        assert connection["pageInfo"]["hasNextPage"] is True
    assert offsets(sandbox, COMMENTS) == ["0"]


@pytest.mark.parametrize("first", [1, 7, 19, 20, 21, 30, 100])
def test_comments_go_on_behind_each_page_and_no_page_is_asked_twice(first, v3, talked_of, world, sandbox):
    told: list[dict[str, Any]] = []
    paging: dict[str, Any] = {"first": first}
    most = 12 if first == 1 else 100
    while len(told) < most:
        connection = v3(comments(talked_of, **paging)).data["video"]["comments"]
        told += told_comments(connection)
        assert connection["totalCount"] == comment_count(talked_of)
        if not connection["pageInfo"]["hasNextPage"]:
            break
        paging["after"] = connection["pageInfo"]["endCursor"]

    expected = [comment_of(world, each) for each in world.comments_of(talked_of, 0, most)]
    assert told == expected
    assert offsets(sandbox, COMMENTS) == (["0"] if first == 1 else ["0", "20", "40"])


@pytest.mark.parametrize(
    ("row", "first", "wanted"),
    [
        (0, 5, ["0"]),
        (7, 12, ["0"]),
        (7, 13, ["0", "20"]),
        (18, 1, ["0"]),
        (19, 5, ["20"]),
        (25, 14, ["20"]),
        (25, 15, ["20", "40"]),
        (39, 1, ["40"]),
    ],
)
def test_a_cursor_goes_on_at_its_own_page(row, first, wanted, gateway, talked_of, world, sandbox):
    query = comments(talked_of, first=row + 1)
    cursor = gateway("v3")(query).data["video"]["comments"]["pageInfo"]["endCursor"]
    sandbox.reset()

    connection = gateway("v3")(comments(talked_of, first=first, after=cursor)).data["video"]["comments"]

    expected = world.comments_of(talked_of, row + 1, first)
    assert told_comments(connection) == [comment_of(world, each) for each in expected]
    assert connection["pageInfo"]["hasPreviousPage"] is True
    assert offsets(sandbox, COMMENTS) == wanted


@pytest.mark.parametrize("first", [7, 20, 30, 40, 100])
def test_the_end_cursor_is_that_of_the_last_edge(first, v3, talked_of, sandbox):
    connection = v3(comments(talked_of, first=first)).data["video"]["comments"]

    assert connection["pageInfo"]["startCursor"] == connection["edges"][0]["cursor"]
    assert connection["pageInfo"]["endCursor"] == connection["edges"][-1]["cursor"]


def test_the_cursor_of_any_edge_goes_on_behind_it(v3, talked_of, world, sandbox):
    edges = v3(comments(talked_of, first=45)).data["video"]["comments"]["edges"]

    for row in (0, 3, 18, 19, 20, 38, 39, 40):
        connection = v3(comments(talked_of, first=2, after=edges[row]["cursor"])).data["video"]["comments"]
        expected = world.comments_of(talked_of, row + 1, 2)
        assert told_comments(connection) == [comment_of(world, each) for each in expected]
    assert sandbox.count(COMMENTS) == 3


def test_behind_the_last_comment_there_is_nothing_and_no_call(v3, talked_of, sandbox):
    end = v3(comments(talked_of, first=100)).data["video"]["comments"]["pageInfo"]
    assert end["hasNextPage"] is False
    seen = sandbox.count()

    behind = v3(comments(talked_of, first=5, after=end["endCursor"])).data["video"]["comments"]

    assert behind["edges"] == []
    assert behind["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }
    assert sandbox.count() == seen


def test_a_video_without_comments_has_an_empty_list(v3, world, sandbox):
    quiet = next(each for each in videos(world) if not comment_count(each))

    connection = v3(comments(quiet)).data["video"]["comments"]

    assert (connection["edges"], connection["totalCount"]) == ([], 0)
    assert connection["pageInfo"]["hasNextPage"] is False
    assert sandbox.count(COMMENTS) == 1


def test_a_cursor_of_another_videos_comments_is_refused(v3, talked_of, video, sandbox):
    cursor = v3(comments(talked_of)).data["video"]["comments"]["pageInfo"]["endCursor"]
    seen = sandbox.count(COMMENTS)

    answer = v3(comments(video, after=cursor))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "after"
    assert sandbox.count(COMMENTS) == seen


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_number_of_comments_out_of_bounds_is_refused(first, v3, talked_of, sandbox):
    answer = v3(comments(talked_of, first=first))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "first"
    assert sandbox.count(COMMENTS) == 0


def test_more_of_a_comments_author_is_looked_up_in_tens(v3, talked_of, world, sandbox):
    answer = v3(comments(talked_of, "nodes { author { userId bio } }", first=20))

    authors = [world.influencer_at(each.author) for each in world.comments_of(talked_of, 0, 20)]
    assert [node["author"] for node in answer.data["video"]["comments"]["nodes"]] == [
        {"userId": author.id, "bio": author.signature or None} for author in authors
    ]
    ids = {author.id for author in authors}
    assert sorted(chain(*sandbox.ids_asked("influencer/detail"))) == sorted(ids)
    assert sandbox.count("influencer/detail") == (len(ids) + 9) // 10


# Pages that tell oddly how they go on.


def page_of_comments(start: int, count: int, **told: Any) -> dict[str, Any]:
    rows = [{"cid": str(7_000 + number), "text": f"comment {number}"} for number in range(start, start + count)]
    return {"code": 0, "message": "ok", "data": {"comments": rows, **told}}


def answers(sandbox: SandboxServer, pages: dict[str, dict[str, Any]]) -> None:
    for offset, page in pages.items():
        sandbox.answer(COMMENTS, page, when={"offset": offset})


@pytest.mark.parametrize(
    ("pages", "rows", "wanted"),
    [
        ({"0": page_of_comments(0, 20, has_more=1)}, 20, ["0"]),
        ({"0": page_of_comments(0, 20, has_more=1, cursor=None)}, 20, ["0"]),
        ({"0": page_of_comments(0, 20, has_more=1, cursor="soon")}, 20, ["0"]),
        ({"0": page_of_comments(0, 20, has_more=0, cursor=20)}, 20, ["0"]),
        ({"0": page_of_comments(0, 20, cursor=20)}, 20, ["0"]),
        ({"0": page_of_comments(0, 20, has_more=1, cursor=0)}, 20, ["0"]),
        ({"0": page_of_comments(0, 0, has_more=1, cursor=20)}, 0, ["0"]),
        (
            {"0": page_of_comments(0, 20, has_more=1, cursor=20), "20": page_of_comments(20, 9, has_more=1, cursor=20)},
            29,
            ["0", "20"],
        ),
        (
            {"0": page_of_comments(0, 20, has_more=1, cursor=33), "33": page_of_comments(20, 9, has_more=1, cursor=0)},
            29,
            ["0", "33"],
        ),
        (
            {
                "0": page_of_comments(0, 7, has_more=True, cursor="7"),
                "7": page_of_comments(7, 30, has_more="1", cursor=40),
                "40": page_of_comments(37, 1, has_more=False, cursor=41),
            },
            38,
            ["0", "7", "40"],
        ),
    ],
    ids=[
        "more, but no next",
        "more, but next is null",
        "more, but next is a word",
        "next, but no more",
        "next, and nothing of more",
        "next is the first again",
        "more, but no rows",
        "next is the page itself",
        "next is a page before",
        "pages of any size",
    ],
)
def test_a_list_ends_where_no_new_page_is_told(pages, rows, wanted, v3, talked_of, sandbox):
    answers(sandbox, pages)

    connection = v3(comments(talked_of, "pageInfo { hasNextPage endCursor } nodes { commentId }", first=100)).data[
        "video"
    ]["comments"]

    assert [node["commentId"] for node in connection["nodes"]] == [str(7_000 + number) for number in range(rows)]
    assert connection["pageInfo"]["hasNextPage"] is False
    assert offsets(sandbox, COMMENTS) == wanted


def test_pages_that_lead_to_each_other_give_their_rows_once_to_whoever_follows_the_cursors(v3, talked_of, sandbox):
    first, second = (
        page_of_comments(0, 20, has_more=1, cursor=20),
        page_of_comments(20, 20, has_more=1, cursor=0),
    )
    answers(sandbox, {"0": first, "20": second})
    told: list[str] = []
    paging: dict[str, Any] = {"first": 20}
    for _ in range(4):
        query = comments(talked_of, "pageInfo { hasNextPage endCursor } nodes { commentId }", **paging)
        connection = v3(query).data["video"]["comments"]
        told += [node["commentId"] for node in connection["nodes"]]
        if not connection["pageInfo"]["hasNextPage"]:
            break
        paging["after"] = connection["pageInfo"]["endCursor"]

    assert offsets(sandbox, COMMENTS) == ["0", "20"]
    assert told[:40] == [str(7_000 + number) for number in range(40)]


def test_a_comment_that_comes_again_has_one_edge_and_one_that_cannot_be_read_none(v3, talked_of, sandbox):
    page, more = page_of_comments(0, 3, has_more=1, cursor=3), page_of_comments(2, 3, has_more=0, cursor=6)
    page["data"]["comments"][1] = {"text": "without an id"}
    answers(sandbox, {"0": page, "3": more})

    nodes = v3(comments(talked_of, "nodes { commentId }", first=50)).data["video"]["comments"]["nodes"]

    assert [node["commentId"] for node in nodes] == ["7000", "7002", "7003", "7004"]


@pytest.mark.parametrize("data", [None, [], {}, {"comments": None}, {"comments": [], "has_more": 1, "cursor": 20}])
def test_no_comments_told_in_any_words_are_an_empty_list(data, v3, talked_of, sandbox):
    sandbox.answer(COMMENTS, {"code": 0, "message": "ok", "data": data})

    connection = v3(comments(talked_of)).data["video"]["comments"]

    assert (connection["edges"], connection["pageInfo"]["hasNextPage"]) == ([], False)
    assert sandbox.count(COMMENTS) == 1


@pytest.mark.parametrize("data", ["comments", 5, True, [[]], [{"cid": "1"}]])
def test_an_answer_of_another_shape_is_a_bad_response(data, v3, talked_of, sandbox):
    sandbox.answer(COMMENTS, {"code": 0, "message": "ok", "data": data})

    answer = v3(comments(talked_of))

    assert (answer.partial, answer.codes) == ({"video": {"comments": None}}, ["UPSTREAM_BAD_RESPONSE"])


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_asked_for_by_the_page_of_the_author_and_kept_for_a_minute(v3, video, world, sandbox):
    query = f'{{ video(id: "{video.id}") {{ downloadUrl }} }}'

    answer = v3(query)

    handle = world.author_of_video(video).handle
    assert asked(sandbox, FILES) == [{"url": f"https://www.tiktok.com/@{handle}/video/{video.id}"}]
    assert answer.data["video"]["downloadUrl"].startswith(f"https://v19.tiktokcdn-us.com/{video.id}/")
    assert v3(query).data == answer.data
    assert sandbox.count() == 2


def test_the_handle_is_looked_up_where_no_row_at_hand_tells_it(gateway, video, world, sandbox):
    product = world.products_of_video(video)[0]
    shown = len(world.videos_of_product(product))
    query = f'{{ product(id: "{product.id}") {{ videos(first: 100) {{ nodes {{ videoId downloadUrl }} }} }} }}'

    nodes = gateway("v3", shopgraph_max_credits_per_request=1000)(query).data["product"]["videos"]["nodes"]

    asked_for = {params["url"] for params in asked(sandbox, FILES)}
    authors = [world.author_of_video(world.video(node["videoId"])) for node in nodes]
    handles = [told_handle(author) or "user" for author in authors]
    pages = zip(handles, nodes, strict=True)
    assert asked_for == {f"https://www.tiktok.com/@{handle}/video/{node['videoId']}" for handle, node in pages}
    assert all(f"/{node['videoId']}/" in node["downloadUrl"] for node in nodes)
    assert len(nodes) == min(100, shown) == sandbox.count(FILES)
    assert sandbox.count("influencer/detail") == (len({author.id for author in authors}) + 9) // 10


def test_where_nobody_knows_the_handle_the_page_is_found_by_the_id(v3, world, sandbox):
    unnamed = next(each for each in videos(world) if told_handle(world.author_of_video(each)) is None)

    answer = v3(f'{{ video(id: "{unnamed.id}") {{ downloadUrl }} }}')

    (params,) = asked(sandbox, FILES)
    assert params["url"].startswith("https://www.tiktok.com/@") and params["url"].endswith(f"/video/{unnamed.id}")
    assert f"/{unnamed.id}/" in answer.data["video"]["downloadUrl"]


@pytest.mark.parametrize("status", [200, 400])
def test_a_video_that_tiktok_does_not_have_has_no_file(status, v3, video, sandbox):
    sandbox.answer(FILES, {"code": 400, "message": "url is invalid", "data": None}, status=status)

    answer = v3(f'{{ video(id: "{video.id}") {{ videoId downloadUrl }} }}')

    assert answer.data == {"video": {"videoId": video.id, "downloadUrl": None}}
    assert sandbox.count(FILES) == 1


@pytest.mark.parametrize("data", [None, {}, {"video_id": "7"}, {"video_id": "7", "download_url": "gone"}])
def test_a_file_without_an_address_is_null(data, v3, video, sandbox):
    sandbox.answer(FILES, {"code": 0, "message": "ok", "data": data})

    assert v3(f'{{ video(id: "{video.id}") {{ downloadUrl }} }}').data == {"video": {"downloadUrl": None}}


def test_an_outage_of_files_is_told(v3, video, sandbox):
    sandbox.fail(FILES, "error")

    answer = v3(f'{{ video(id: "{video.id}") {{ downloadUrl }} }}')

    assert (answer.partial, answer.codes) == ({"video": {"downloadUrl": None}}, ["UPSTREAM_UNAVAILABLE"])
    assert sandbox.count(FILES) == 3


# ── reviews ───────────────────────────────────────────────────────────────────────────────────────────────────────


ALL_OF_REVIEWS = """totalCount pageInfo { hasNextPage endCursor }
    nodes { reviewId text rating reviewedAt skuId variant likes author }"""


def reviews(product: Product, arguments: str = "", fields: str = ALL_OF_REVIEWS) -> str:
    return f'{{ product(id: "{product.id}") {{ reviews(live: true {arguments}) {{ {fields} }} }} }}'


def review_of(world: World, product: Product, review: Review) -> dict[str, Any]:
    skus = world.listing_of(product).skus
    names = LANGUAGES[product.market.language].given
    sku = skus[review.variant % len(skus)]
    return {
        "reviewId": review.id,
        "text": review.text,
        "rating": review.stars,
        "reviewedAt": unix_seconds(world, review.day, review.second),
        "skuId": sku.id,
        "variant": sku.label,
        "likes": choice("review likes", review.id, 40),
        "author": names[choice("reviewer name", review.id, len(names))],
    }


def told_reviews(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**node, "reviewedAt": moment(node["reviewedAt"])} for node in connection["nodes"]]


def all_reviews(world: World, product: Product, start: int = 0, count: int = 100) -> list[dict[str, Any]]:
    return [review_of(world, product, review) for review in world.written_reviews(product, start, count)]


def test_live_reviews_are_all_there_are_with_likes_and_authors(v3, product, world, sandbox):
    for _ in range(2):
        connection = v3(reviews(product, "first: 100")).data["product"]["reviews"]

        expected = all_reviews(world, product)
        assert len(expected) == product.reviewed() > product.reviews
        assert told_reviews(connection) == expected
        assert connection["pageInfo"]["hasNextPage"] is False
        assert connection["totalCount"] is None
        assert asked(sandbox, REVIEWS) == [
            {"product_id": product.id, "region": REGION, "offset": offset} for offset in ("1", "2", "3")
        ]
        assert sandbox.count() == 4


@pytest.mark.parametrize("first", [10, 20, 33])
def test_live_reviews_go_on_behind_their_cursor(first, v3, product, world, sandbox):
    told: list[dict[str, Any]] = []
    after = ""
    for turn in range(100 // first):
        connection = v3(reviews(product, f"first: {first} {after}")).data["product"]["reviews"]
        told += told_reviews(connection)
        assert told == all_reviews(world, product, count=(turn + 1) * first)
        assert offsets(sandbox, REVIEWS) == [str(page + 1) for page in range((len(told) - 1) // PAGE + 1)]
        if not connection["pageInfo"]["hasNextPage"]:
            break
        after = f'after: "{connection["pageInfo"]["endCursor"]}"'

    assert len(told) == product.reviewed()


def test_live_reviews_go_on_at_their_own_page_at_a_server_that_has_not_seen_it(gateway, product, world, sandbox):
    told = gateway("v3")(reviews(product, "first: 25")).data["product"]["reviews"]
    sandbox.reset()

    rest = gateway("v3")(reviews(product, f'first: 5 after: "{told["pageInfo"]["endCursor"]}"')).data

    assert told_reviews(rest["product"]["reviews"]) == all_reviews(world, product, 25, 5)
    assert offsets(sandbox, REVIEWS) == ["2"]


def test_live_and_collected_reviews_are_two_lists(v3, product, world, sandbox):
    collected = f'{{ product(id: "{product.id}") {{ reviews(live: false first: 2 %s) {{ {ALL_OF_REVIEWS} }} }} }}'
    connection = v3(collected % "").data["product"]["reviews"]

    assert [node["reviewId"] for node in connection["nodes"]] == [each.id for each in world.reviews_of(product)[:2]]
    assert {(node["likes"], node["author"]) for node in connection["nodes"]} == {(None, None)}
    assert sandbox.count(REVIEWS) == 0
    answer = v3(reviews(product, f'after: "{connection["pageInfo"]["endCursor"]}"'))
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "after"
    assert sandbox.count(REVIEWS) == 0


def test_live_reviews_are_read_in_the_market_of_each_product(v3, product, world, sandbox):
    other = next(each for each in world.products_in("DE") if each.reviewed())
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { reviews(live: true, first: 1) { nodes { reviewId } } } }"

    told = v3(query, ids=[product.id, other.id]).data["productsByIds"]

    first = [world.written_reviews(each, 0, 1)[0].id for each in (product, other)]
    assert [each["reviews"]["nodes"][0]["reviewId"] for each in told] == first
    assert {params["product_id"]: params["region"] for params in asked(sandbox, REVIEWS)} == {
        product.id: REGION,
        other.id: "DE",
    }


def test_live_reviews_cannot_be_narrowed_to_a_rating(v3, product, sandbox):
    answer = v3(reviews(product, "rating: { min: 4 }"))

    assert (answer.partial, answer.codes) == ({"product": {"reviews": None}}, ["CAPABILITY_UNAVAILABLE"])
    assert answer.errors[0]["extensions"]["arguments"] == ["rating"]
    assert sandbox.count(REVIEWS) == 0


def test_on_v2_alone_no_reviews_are_read(gateway, product, sandbox):
    answer = gateway("v2")(reviews(product))

    assert (answer.partial, answer.codes) == ({"product": {"reviews": None}}, ["CAPABILITY_UNAVAILABLE"])
    assert {call.path for call in sandbox.calls} <= {"product/detail"}


def test_a_failing_page_of_live_reviews_gives_no_half_list(v3, product, world, sandbox):
    sandbox.fail(REVIEWS, "error_in_200", when={"offset": "2"}, times=3)

    failed = v3(reviews(product, "first: 30"))

    assert (failed.partial, failed.codes) == ({"product": {"reviews": None}}, ["UPSTREAM_UNAVAILABLE"])
    assert offsets(sandbox, REVIEWS) == ["1", "2", "2", "2"]
    again = v3(reviews(product, "first: 30")).data["product"]["reviews"]
    assert told_reviews(again) == all_reviews(world, product, count=30)
    assert offsets(sandbox, REVIEWS) == ["1", "2", "2", "2", "2"]


# ── the products of a video whose row names none ──────────────────────────────────────────────────────────────────


def tells(sandbox: SandboxServer, shown: Sequence[Video], **columns: Any) -> None:
    """Lets the lookup of videos answer with these columns instead of its own."""
    body = {"code": 0, "message": "success", "data": [{**base_row(sandbox.world, each), **columns} for each in shown]}
    sandbox.answer(DETAIL, body)


def shows(world: World, count: int) -> list[Video]:
    """Videos that show several products."""
    found = {each.id: each for each in videos(world) if len(each.products) > 1}
    return list(found.values())[:count]


OF_VIDEOS = """query ($ids: [ID!]!) { videosByIds(ids: $ids) {
    products(first: 10) { totalCount nodes { productId } } } }"""


@pytest.mark.parametrize("sales_flag", [1, None])
def test_the_products_of_a_video_whose_row_names_none_are_listed_video_by_video(sales_flag, v3, world, sandbox):
    shown = shows(world, 3)
    tells(sandbox, shown, video_products=None, sales_flag=sales_flag)
    ids = [each.id for each in shown]

    for _ in range(2):
        told = v3(OF_VIDEOS, ids=ids).data["videosByIds"]

        assert told == [
            {
                "products": {
                    "totalCount": None,
                    "nodes": [{"productId": product.id} for product in world.products_of_video(each)],
                }
            }
            for each in shown
        ]
        assert sorted(sandbox.ids_asked(SHOWN)) == sorted([id] for id in ids)
        assert sandbox.count() == 4


@pytest.mark.parametrize("told", [None, ""])
def test_a_video_that_sells_nothing_asks_for_no_list(told, v3, world, sandbox):
    (shown,) = shows(world, 1)
    tells(sandbox, [shown], video_products=told, sales_flag=0)

    answer = v3(OF_VIDEOS, ids=[shown.id])

    assert answer.data["videosByIds"][0]["products"]["nodes"] == []
    assert sandbox.count() == sandbox.count(DETAIL) == 1


@pytest.mark.parametrize("sales_flag", [0, 1])
def test_a_row_that_names_an_empty_list_is_believed(sales_flag, v3, world, sandbox):
    (shown,) = shows(world, 1)
    tells(sandbox, [shown], video_products="[]", sales_flag=sales_flag)

    answer = v3(OF_VIDEOS, ids=[shown.id])

    assert answer.data["videosByIds"] == [{"products": {"totalCount": 0, "nodes": []}}]
    assert sandbox.count() == 1


def test_a_listed_product_of_a_video_is_looked_up_for_more_than_its_id(v3, world, sandbox):
    (shown,) = shows(world, 1)
    tells(sandbox, [shown], video_products=None)

    answer = v3(f'{{ video(id: "{shown.id}") {{ products {{ nodes {{ name }} }} }} }}')

    products = world.products_of_video(shown)
    assert [node["name"] for node in answer.data["video"]["products"]["nodes"]] == [
        world.title_of(product) for product in products
    ]
    (asked_for,) = sandbox.ids_asked("product/detail")
    assert sorted(asked_for) == sorted(product.id for product in products)
