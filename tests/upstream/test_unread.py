"""Every documented column and parameter of the product group is read or sent, or is listed here with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from upstream.echotik.product import ENDPOINTS
from upstream.endpoint import Endpoint, Shape

REPEATS = "repeats another mapped field"
LOW = "marked confidence: low, with no example"
UNDOCUMENTED = "meaning undocumented"

DOCUMENTS: dict[str, dict[str, dict[str, dict[str, dict[str, Any]]]]] = json.loads(
    Path(__file__, "../../data/product_columns.json").resolve().read_text()
)
DECLARED: dict[tuple[str, str], Endpoint] = {(endpoint.version, endpoint.path): endpoint for endpoint in ENDPOINTS}


class Name(NamedTuple):
    """A column or parameter of an endpoint, by the endpoint's path."""

    version: str
    endpoint: str
    name: str


COLUMNS = {
    # the product whose rows were asked for is a parameter of the call
    Name("v2", "product/trend", "product_id"): REPEATS,
    Name("v2", "product/influencer/list", "product_id"): REPEATS,
    Name("v2", "product/video/list", "product_id"): REPEATS,
    Name("v2", "product/live/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/trend", "product_id"): REPEATS,
    Name("v3", "echotik/product/comment", "product_id"): REPEATS,
    Name("v3", "echotik/product/influencer/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/video/list", "product_id"): REPEATS,
    Name("v3", "echotik/product/live/list", "product_id"): REPEATS,
    # the size of the file again
    Name("v2", "product/video/list", "duration"): REPEATS,
    # read by one client, in no published schema
    Name("v3", "echotik/product/live/list", "product_name"): LOW,
    Name("v3", "echotik/product/live/list", "seller_name"): LOW,
    Name("v3", "echotik/product/live/list", "seller_id"): LOW,
    Name("v3", "echotik/product/live/list", "live_type"): LOW,
    # the raw state of a page: what its parts mean is told nowhere, so the endpoint is not declared
    Name("v3", "realtime/product/detail", "layout"): UNDOCUMENTED,
    Name("v3", "realtime/product/detail", "shop/pdp/(product_name_slug$)/(product_id)/page"): UNDOCUMENTED,
}
PARAMETERS = {
    Name("v3", "echotik/product/ranklist", "from_flag"): LOW,
    Name("v3", "realtime/product/detail", "product_id"): UNDOCUMENTED,
    Name("v3", "realtime/product/detail", "region"): UNDOCUMENTED,
}
NOT_DECLARED = {("v3", "realtime/product/detail")}


def documented(what: str) -> dict[Name, dict[str, Any]]:
    """Every column ("columns") or parameter ("params") of the documents, with what they say of it."""
    return {
        Name(version, path, name): told
        for version, endpoints in DOCUMENTS.items()
        for path, endpoint in endpoints.items()
        for name, told in endpoint[what].items()
    }


def read() -> set[Name]:
    """Every column that a mapping reads. A map has no columns: its one documented name stands for any key."""
    mapped = {
        Name(*place, name) for place, endpoint in DECLARED.items() if endpoint.rows for name in endpoint.rows.wire
    }
    maps = {place for place, endpoint in DECLARED.items() if endpoint.shape is Shape.MAP}
    return mapped | {column for column in documented("columns") if (column.version, column.endpoint) in maps}


def sent() -> set[Name]:
    return {Name(*place, name) for place, endpoint in DECLARED.items() for name in endpoint.params}


def test_every_documented_column_is_read_or_has_its_reason_here():
    assert documented("columns").keys() - read() == COLUMNS.keys()


def test_every_documented_parameter_is_sent_or_has_its_reason_here():
    assert documented("params").keys() - sent() == PARAMETERS.keys()


def test_no_mapping_reads_a_column_that_the_documents_do_not_have():
    assert read() - documented("columns").keys() == set()


def test_no_endpoint_sends_a_parameter_that_the_documents_do_not_have():
    assert sent() - documented("params").keys() == set()


def test_every_documented_endpoint_is_declared_but_the_raw_page():
    paths = {(version, path) for version, endpoints in DOCUMENTS.items() for path in endpoints}

    assert paths - DECLARED.keys() == NOT_DECLARED
    assert DECLARED.keys() - paths == set()


def test_a_reason_is_one_of_three():
    assert {*COLUMNS.values(), *PARAMETERS.values()} == {REPEATS, LOW, UNDOCUMENTED}


@pytest.mark.parametrize(
    ("name", "what"),
    [(name, "columns") for name, reason in COLUMNS.items() if reason is LOW]
    + [(name, "params") for name, reason in PARAMETERS.items() if reason is LOW],
)
def test_what_is_left_as_low_is_marked_so_and_has_no_example(name, what):
    told = documented(what)[name]

    assert told.get("confidence") == "low"
    assert "example" not in told


@pytest.mark.parametrize("name", [name for name, reason in COLUMNS.items() if reason is REPEATS])
def test_what_is_left_as_a_repeat_is_a_parameter_of_the_call_or_has_the_example_of_a_column_that_is_read(name):
    example = documented("columns")[name].get("example")
    same = {
        column
        for column, told in documented("columns").items()
        if column[:2] == name[:2] and column in read() and example is not None and told.get("example") == example
    }

    assert name in sent() or same


@pytest.mark.parametrize("unread", [COLUMNS, PARAMETERS], ids=["columns", "params"])
def test_only_the_endpoint_that_is_not_declared_is_left_as_undocumented(unread):
    undocumented = {name[:2] for name, reason in unread.items() if reason is UNDOCUMENTED}

    assert undocumented == NOT_DECLARED
