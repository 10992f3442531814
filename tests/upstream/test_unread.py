"""Every documented endpoint of EchoTik is declared or left out by name; every documented column and parameter of a
declared one is read or sent, or is listed here with its reason.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from upstream.argument import Offsets
from upstream.echotik import ENDPOINTS
from upstream.echotik.left_out import LEFT_OUT
from upstream.endpoint import Endpoint, Shape

REPEATS = "repeats another mapped field"
EITHER = "says what another parameter of the call says"
WHOLE = "the list is asked whole, in one call, and kept"
ELSEWHERE = "told by another row of the same entity"
LOW = "marked confidence: low, with no example"
UNDOCUMENTED = "meaning undocumented"
NOT_IN_GRAPH = "no field of the graph holds it"

DOCUMENTS: dict[str, dict[str, dict[str, dict[str, dict[str, Any]]]]] = json.loads(
    Path(__file__, "../../data/echotik_columns.json").resolve().read_text()
)


class Name(NamedTuple):
    """A column or parameter of an endpoint, by the endpoint's path; a column in objects by its dotted name."""

    version: str
    endpoint: str
    name: str


TOLD_BY = {
    # rows of days and live reads are not merged into the entity
    Name("v3", "echotik/seller/trend", "user_id"): Name("v3", "echotik/seller/detail", "user_id"),
    Name("v3", "realtime/extract_product_id", "region"): Name("v3", "echotik/product/detail", "region"),
    Name("v3", "realtime/product/comment", "product_rating"): Name("v3", "echotik/product/detail", "product_rating"),
    Name("v3", "realtime/product/comment", "review_count"): Name("v3", "echotik/product/detail", "review_count"),
    Name("v3", "realtime/video/download-url", "cover_url"): Name("v3", "echotik/video/detail", "reflow_cover"),
    # what a live sold is left to rows that a document publishes
    Name("v3", "echotik/live/detail", "total_sale_cnt"): Name("v3", "echotik/seller/live/list", "total_sale_cnt"),
    Name("v3", "echotik/live/detail", "total_sale_gmv_amt"): Name(
        "v3", "echotik/seller/live/list", "total_sale_gmv_amt"
    ),
}
"""Column → the column of the entity's own rows that tells it."""

COLUMNS = {
    **dict.fromkeys(TOLD_BY, ELSEWHERE),
    # the entity whose rows were asked for is a parameter of the call
    Name("v2", "product/trend", "product_id"): REPEATS,
    Name("v2", "product/influencer/list", "product_id"): REPEATS,
    Name("v2", "product/video/list", "product_id"): REPEATS,
    Name("v2", "product/live/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/trend", "product_id"): REPEATS,
    Name("v3", "echotik/product/comment", "product_id"): REPEATS,
    Name("v3", "echotik/product/influencer/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/video/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/live/list", "product_id"): REPEATS,
    Name("v3", "echotik/seller/trend", "seller_id"): REPEATS,
    Name("v3", "echotik/seller/influencer/list", "seller_id"): REPEATS,
    Name("v3", "echotik/seller/video/list", "seller_id"): REPEATS,
    Name("v3", "echotik/seller/live/list", "seller_id"): REPEATS,
    Name("v3", "echotik/influencer/trend", "user_id"): REPEATS,
    Name("v3", "echotik/influencer/product/list", "user_id"): REPEATS,
    Name("v3", "echotik/video/trend", "video_id"): REPEATS,
    Name("v3", "realtime/product/comment", "review_items[].product_id"): REPEATS,
    Name("v3", "realtime/video/comments", "comments[].aweme_id"): REPEATS,
    # so is the language of a name
    Name("v3", "echotik/category/l1", "language"): REPEATS,
    Name("v3", "echotik/category/l2", "language"): REPEATS,
    Name("v3", "echotik/category/l3", "language"): REPEATS,
    # the size of the file again
    Name("v2", "product/video/list", "duration"): REPEATS,
    # the likes again
    Name("v3", "echotik/influencer/list", "total_likes_cnt"): REPEATS,
    Name("v3", "echotik/influencer/detail", "total_likes_cnt"): REPEATS,
    # read by one client, in no published schema
    Name("v3", "echotik/product/live/list", "product_name"): LOW,
    Name("v3", "echotik/product/live/list", "seller_name"): LOW,
    Name("v3", "echotik/product/live/list", "seller_id"): LOW,
    Name("v3", "echotik/product/live/list", "live_type"): LOW,
    Name("v3", "echotik/seller/detail", "video_count"): LOW,
    Name("v3", "echotik/video/ranklist", "total_views_history_cnt"): LOW,
    Name("v3", "echotik/video/ranklist", "total_digg_history_cnt"): LOW,
    Name("v3", "echotik/video/ranklist", "total_comments_history_cnt"): LOW,
    Name("v3", "echotik/video/ranklist", "total_shares_history_cnt"): LOW,
    Name("v3", "echotik/video/ranklist", "total_favorites_history_cnt"): LOW,
    Name("v3", "echotik/live/detail", "live_status"): LOW,
    Name("v3", "echotik/live/detail", "live_type"): LOW,
    Name("v3", "echotik/live/detail", "total_active_product_cnt"): LOW,
    Name("v3", "echotik/live/detail", "total_followers_growth_cnt"): LOW,
    Name("v3", "echotik/live/detail", "followers_growth_rate"): LOW,
    Name("v3", "echotik/live/detail", "spu_avg_price"): LOW,
    Name("v3", "echotik/live/detail", "gpm"): LOW,
    Name("v3", "echotik/live/detail", "product_category_gmv_distribution"): LOW,
    Name("v3", "echotik/live/detail", "per_live_sale_gmv_30d_amt"): LOW,
    Name("v3", "echotik/live/detail", "total_live_30d_cnt"): LOW,
    Name("v3", "echotik/search/items?type=3", "most_product_category_list"): LOW,
    Name("v3", "realtime/video/download-url", "home_url"): LOW,
    Name("v3", "realtime/live/detail", "data.user_count"): LOW,
    Name("v3", "realtime/live/detail", "data.aggregation_data"): LOW,
    Name("v3", "realtime/live/detail", "data.age_restricted"): LOW,
    Name("v3", "realtime/live/detail", "data.admin_user_ids"): LOW,
    # a structure whose inside is unknown
    Name("v3", "echotik/live/detail", "live_sale_top3_product"): UNDOCUMENTED,
    Name("v3", "echotik/search/items?type=1", "highlight"): UNDOCUMENTED,
    # the channel through which a ranked video sells: other codes than those of whether a video sells
    Name("v3", "echotik/video/ranklist", "sales_flag"): NOT_IN_GRAPH,
    # an influencer's top category is of level 1, as its detail tells it
    Name("v3", "echotik/influencer/ranklist", "most_category_l2_id"): NOT_IN_GRAPH,
    Name("v3", "echotik/influencer/ranklist", "most_category_l3_id"): NOT_IN_GRAPH,
    # size class of an account
    Name("v3", "echotik/search/items?type=1", "influencer_level"): NOT_IN_GRAPH,
    # reviews collected elsewhere; an author of a review is a name, an account's second id is none of the graph's
    Name("v3", "realtime/product/comment", "third_party_review_cnt"): NOT_IN_GRAPH,
    Name("v3", "realtime/product/comment", "review_items[].review_user.user_id"): NOT_IN_GRAPH,
    Name("v3", "realtime/video/comments", "comments[].reply_id"): NOT_IN_GRAPH,
    Name("v3", "realtime/video/comments", "comments[].user.sec_uid"): NOT_IN_GRAPH,
    # a cover that moves
    Name("v3", "realtime/video/download-url", "dynamic_cover_url"): NOT_IN_GRAPH,
}
PARAMETERS = {
    Name("v3", "echotik/product/ranklist", "from_flag"): LOW,
    Name("v3", "echotik/influencer/video/list", "unique_id"): EITHER,
    Name("v3", "echotik/category/l2", "parent_id"): WHOLE,
    Name("v3", "echotik/category/l3", "parent_id"): WHOLE,
}

READ_BEYOND_DOCUMENTS = {
    # list rows may have it: the catalogs disagree
    Name("v3", "echotik/seller/product/list", "specification"),
    # the spelling of one client
    Name("v3", "realtime/extract_product_id", "product_id"),
    # of TikTok's raw room
    Name("v3", "realtime/live/detail", "data.title"),
    Name("v3", "realtime/live/detail", "data.create_time"),
    Name("v3", "realtime/live/detail", "data.like_count"),
}
NO_PUBLISHED_ROW = {
    ("v3", "echotik/live/product/list"),
    ("v3", "echotik/search/items?type=4"),
    ("v3", "echotik/search/items?type=5"),
}

SAME = {
    "total_likes_cnt": "total_digg_cnt",
    "comments[].aweme_id": "video_id",
}
"""Column → the column or parameter that says the same under another name."""


def place(endpoint: Endpoint) -> tuple[str, str]:
    """Where the documents describe an endpoint: by its path, and by a parameter where rows differ by that."""
    fixed = {f"{name}={value}" for name, value in endpoint.fixed.items()}
    for known in DOCUMENTS[endpoint.version]:
        path, _, query = known.partition("?")
        if path == endpoint.path and query in fixed:
            return endpoint.version, known
    return endpoint.version, endpoint.path


def declared() -> dict[tuple[str, str], list[Endpoint]]:
    places: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
    for endpoint in ENDPOINTS:
        places[place(endpoint)].append(endpoint)
    return places


DECLARED = declared()


@cache
def documented(what: str) -> dict[Name, dict[str, Any]]:
    """Every column ("columns") or parameter ("params") of what is not left out, with what the documents say of it."""
    return {
        Name(version, path, name): told
        for version, endpoints in DOCUMENTS.items()
        for path, endpoint in endpoints.items()
        if path not in LEFT_OUT
        for name, told in endpoint[what].items()
    }


def read_at(endpoint: Endpoint) -> set[str]:
    """The columns that an endpoint reads, by dotted names from `data` on."""
    within = f"{endpoint.within}." if endpoint.within else ""
    columns = {f"{within}{name}" for name in endpoint.rows.wire} if endpoint.rows else set()
    pages = endpoint.pages
    beside = (pages.next, pages.more, pages.total) if isinstance(pages, Offsets) else ()
    return columns.union(name for name in beside if name)


@cache
def read() -> set[Name]:
    """Every column that a declaration reads, spelled as in the documents where they have it: lists are marked there.
    A map has no columns: its one documented name stands for any key.
    """
    spelled = {Name(*name[:2], name.name.replace("[]", "")): name for name in documented("columns")}
    mapped = {
        Name(*where, name) for where, endpoints in DECLARED.items() for each in endpoints for name in read_at(each)
    }
    maps = {where for where, endpoints in DECLARED.items() if any(each.shape is Shape.MAP for each in endpoints)}
    return {spelled.get(name, name) for name in mapped} | {name for name in spelled.values() if name[:2] in maps}


@cache
def sent() -> set[Name]:
    return {Name(*where, name) for where, endpoints in DECLARED.items() for each in endpoints for name in each.params}


def listed(reason: str) -> list[tuple[str, Name]]:
    """What is left for a reason, as columns or as parameters."""
    kinds = (("columns", COLUMNS), ("params", PARAMETERS))
    return [(what, name) for what, unread in kinds for name, given in unread.items() if given is reason]


def test_every_documented_endpoint_is_declared_or_left_out_and_none_is_both():
    paths = {(version, path) for version, endpoints in DOCUMENTS.items() for path in endpoints}
    left_out = {where for where in paths if where[1] in LEFT_OUT}

    assert paths - left_out == DECLARED.keys()
    assert {endpoint.path for endpoint in ENDPOINTS} & LEFT_OUT.keys() == set()


def test_every_endpoint_that_is_left_out_is_documented_and_has_a_reason():
    assert LEFT_OUT.keys() - {path for endpoints in DOCUMENTS.values() for path in endpoints} == set()
    assert [path for path, reason in LEFT_OUT.items() if not reason.strip()] == []


def test_every_documented_column_is_read_or_has_its_reason_here():
    assert documented("columns").keys() - read() == COLUMNS.keys()


def test_every_documented_parameter_is_sent_or_has_its_reason_here():
    assert documented("params").keys() - sent() == PARAMETERS.keys()


def test_a_mapping_reads_no_column_beyond_the_documents_but_those_listed_here():
    beyond = read() - documented("columns").keys()

    assert {name for name in beyond if name[:2] not in NO_PUBLISHED_ROW} == READ_BEYOND_DOCUMENTS
    assert {name[:2] for name in beyond} >= NO_PUBLISHED_ROW


def test_rows_that_no_document_publishes_are_those_of_these_endpoints():
    assert {where for where in DECLARED if not DOCUMENTS[where[0]][where[1]]["columns"]} == NO_PUBLISHED_ROW


def test_no_endpoint_sends_a_parameter_that_the_documents_do_not_have():
    assert sent() - documented("params").keys() == set()


def test_a_reason_is_one_of_few():
    assert {*COLUMNS.values()} == {REPEATS, ELSEWHERE, LOW, UNDOCUMENTED, NOT_IN_GRAPH}
    assert {*PARAMETERS.values()} == {LOW, EITHER, WHOLE}


@pytest.mark.parametrize(("what", "name"), listed(LOW))
def test_what_is_left_as_low_is_marked_so_and_has_no_example(what, name):
    told = documented(what)[name]

    assert told.get("confidence") == "low"
    assert told.keys().isdisjoint({"example", "observed"})


@pytest.mark.parametrize(("what", "name"), listed(UNDOCUMENTED))
def test_what_is_left_as_undocumented_is_told_to_be_unknown(what, name):
    assert "unknown" in documented(what)[name]["meaning"]


@pytest.mark.parametrize(("what", "name"), listed(REPEATS))
def test_what_is_left_as_a_repeat_is_a_parameter_of_the_call_or_has_the_example_of_a_column_that_is_read(what, name):
    again = SAME.get(name.name, name.name.rpartition(".")[2])
    example = documented(what)[name].get("example")
    same = {
        column
        for column, told in documented(what).items()
        if column[:2] == name[:2] and column in read() and example is not None and told.get("example") == example
    }

    assert name._replace(name=again) in sent() | read() or same


@pytest.mark.parametrize(("name", "other"), TOLD_BY.items())
def test_what_is_left_to_another_row_is_read_there(name, other):
    assert other in read()
    assert other.endpoint != name.endpoint


@pytest.mark.parametrize(("what", "name"), listed(EITHER))
def test_a_parameter_that_another_one_stands_for_is_optional_like_that_one(what, name):
    others = {other for other in sent() if other[:2] == name[:2]}

    assert documented(what)[name]["required"] is False
    assert name._replace(name="user_id") in others


@pytest.mark.parametrize(("what", "name"), listed(WHOLE))
def test_a_list_that_is_asked_whole_is_optional_to_narrow_and_has_no_pages(what, name):
    assert documented(what)[name]["required"] is False
    assert [each for each in DECLARED[name[:2]] if each.pages is not None] == []
