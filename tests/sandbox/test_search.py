"""Search finds what the words say, in the order asked for, one page of each kind."""

import re
from typing import Any

import pytest

from sandbox import SandboxServer

INFLUENCER, PRODUCT, SELLER, VIDEO, LIVE = 1, 2, 3, 4, 5
SORTS = {
    1: "spu_avg_price",
    2: "total_sale_7d_cnt",
    3: "total_sale_gmv_7d_amt",
    4: "total_sale_cnt",
    5: "total_sale_gmv_amt",
    6: "total_ifl_cnt",
    7: "total_video_cnt",
}


@pytest.fixture
def found(get):
    def found(kind: int, words: str, size: int = 30, **params: object) -> list[dict[str, Any]]:
        body = get("v3/search/items", sk=words, type=kind, size=size, **params)
        assert body["code"] == 0, body["message"]
        rows: list[dict[str, Any]] = body["data"]
        return rows

    return found


def words_in(text: str, words: str) -> int:
    return sum(word in text.lower() for word in words.lower().split())


def test_fuzzy_wants_two_of_the_words_and_exact_all_of_them(found):
    words = "Nestwell storage BOXES"
    fuzzy = found(PRODUCT, words, region="US")
    exact = found(PRODUCT, words, region="US", searchType=1)

    assert exact
    assert {words_in(row["product_name"], words) for row in fuzzy} == {2, 3}
    assert {words_in(row["product_name"], words) for row in exact} == {3}
    assert len(found(PRODUCT, "boxes", size=7, region="US")) == 7
    assert found(PRODUCT, "boxes nothingatall") == []


@pytest.mark.parametrize(("sort", "column"), SORTS.items())
def test_products_are_sorted_most_first(sort: int, column: str, found):
    values = [row[column] for row in found(PRODUCT, "storage boxes", region="SG", sortType=sort)]

    assert values
    assert values == sorted(values, reverse=True)


def test_products_are_sorted_by_the_weeks_units_unless_asked_and_by_words_for_relevance(found):
    words = "nestwell storage boxes"
    by_words = [words_in(row["product_name"], words) for row in found(PRODUCT, words, region="US", sortType=0)]

    assert found(PRODUCT, words, region="US") == found(PRODUCT, words, region="US", sortType=2)
    assert by_words == sorted(by_words, reverse=True)


def test_rows_say_what_the_details_say(found, rows):
    for row in found(PRODUCT, "storage boxes", size=5, region="SG"):
        (detail,) = rows("v3/product/detail", product_ids=row["product_id"])
        assert row.items() - {("cover_url", row["cover_url"])} <= {
            (name, value) for name, value in detail.items() if not isinstance(value, list)
        }
    for row in found(INFLUENCER, "mia", size=5, region="SG"):
        (detail,) = rows("v3/influencer/detail", user_ids=row["user_id"])
        same = row.keys() & detail.keys()
        assert len(same) > 12
        assert all(row[name] == detail[name] for name in same)
    for row in found(SELLER, "nestwell", size=5, region="SG"):
        (detail,) = rows("v3/seller/detail", seller_id=row["seller_id"])
        assert all(row[name] == detail[name] for name in row.keys() - {"rating", "most_product_category_list"})
        assert row["rating"] == f"{detail['rating']:.2f}"


def test_pictures_of_products_are_no_json_but_hold_the_urls(found, rows):
    for row in found(PRODUCT, "storage boxes", size=5, region="SG"):
        (detail,) = rows("v3/product/detail", product_ids=row["product_id"])
        urls = re.findall(r"url=([^},]+)", row["cover_url"])
        assert urls
        assert urls == re.findall(r'"url":\s*"([^"]+)"', detail["cover_url"])


def test_all_markets_are_searched_unless_one_is_asked_for(found):
    everywhere = found(SELLER, "nestwell")

    assert len({row["region"] for row in everywhere}) > 3
    assert {row["region"] for row in found(SELLER, "nestwell", region="JP")} == {"JP"}
    units = [row["total_sale_cnt"] for row in everywhere]
    assert units == sorted(units, reverse=True)


def test_influencers_are_found_by_name_or_handle_most_followers_first(found):
    by_name = found(INFLUENCER, "mia carter", searchType=1)
    handle = by_name[0]["unique_id"]
    followers = [row["total_followers_cnt"] for row in by_name]

    assert followers == sorted(followers, reverse=True)
    assert {row["nick_name"] for row in by_name} == {"Mia Carter"}
    assert by_name[0] in found(INFLUENCER, handle.upper())
    assert all(row["highlight"] is None and row["influencer_level"].isdigit() for row in by_name)


def test_videos_and_lives_are_found_by_what_they_show_first(found, sandbox: SandboxServer):
    world = sandbox.world
    for row in found(VIDEO, "storage boxes", region="SG", size=8):
        video = world.video(row["video_id"])
        assert video
        assert words_in(world.title_of(world.products_of_video(video)[0]), "storage boxes") == 2
        assert words_in(row["video_desc"], "storage boxes") == 2
    for row in found(LIVE, "storage boxes", region="SG", size=8):
        live = world.live(row["room_id"])
        assert live
        assert words_in(world.title_of(world.products_of_live(live)[0]), "storage boxes") == 2
        assert words_in(row["title"], "storage boxes") == 2
