"""docs/graph.md is what the declarations print, and tells every relation, field and endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from schema.build import schema
from schema.directive import BESIDE
from schema.document import fields, page
from upstream.echotik import ENDPOINTS
from upstream.echotik.left_out import LEFT_OUT

PAGE = Path(__file__, "../../../docs/graph.md").resolve().read_text()
ENTITIES = ("Product", "Seller", "Influencer", "Video", "Live", "Category")
ARROW = re.compile(r'^    (\w+) -->\|"(.+)"\| (\w+)$', re.MULTILINE)
ROW = re.compile(r"^\| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)

TYPES: dict[str, dict[str, Any]] = {kind["name"]: kind for kind in schema.introspect()["__schema"]["types"]}


def field_type(field: dict[str, Any]) -> str:
    """The name of a field's type, out of lists and whatever cannot be null."""
    kind = field["type"]
    while kind["ofType"]:
        kind = kind["ofType"]
    return str(kind["name"])


def related(kind: str) -> Iterator[tuple[str, str]]:
    """The fields of a type that lead to an entity: straight, or as the nodes of a list."""
    for field in TYPES[kind]["fields"]:
        target = field_type(field)
        below = {inner["name"]: inner for inner in TYPES[target]["fields"] or ()}
        if "nodes" in below:
            target = field_type(below["nodes"])
        if target in ENTITIES:
            yield field["name"], target


def arrows() -> set[tuple[str, str, str]]:
    """The arrows of the picture: from, name, to."""
    return {(source, name, target) for source, names, target in ARROW.findall(PAGE) for name in names.split("<br>")}


def _object(kind: str) -> GraphQLObjectType:
    found = schema.schema_converter.type_map[kind].implementation
    assert isinstance(found, GraphQLObjectType)
    return found


def table(kind: str) -> dict[str, tuple[str, str]]:
    """The table of a type: field → endpoints, calls."""
    section = PAGE.partition(f"\n### {kind}\n")[2].partition("\n#")[0]
    rows = [row for row in ROW.findall(section) if row[0].startswith("`")]
    return {name: (endpoints, calls) for names, endpoints, calls in rows for name in re.findall(r"`(\w+)`", names)}


def test_docs_graph_is_what_the_declarations_print():
    assert page() == PAGE, "scripts/schema writes it again"


@pytest.mark.parametrize("kind", ENTITIES)
def test_every_relation_of_an_entity_is_an_arrow(kind):
    straight = {(kind, name, target) for name, target in related(kind)}

    assert straight
    assert straight - arrows() == set()


def test_the_relations_below_a_field_are_arrows_too():
    assert {
        ("Product", "realtime.seller", "Seller"),
        ("Product", "lives.category", "Category"),
        ("Video", "comments.author", "Influencer"),
    } <= arrows()


def test_every_arrow_is_a_way_that_the_schema_has():
    for source, name, target in arrows():
        steps = name.split(".")
        assert steps[0] in {field["name"] for field in TYPES[source]["fields"]}
        assert target in ENTITIES
        assert len(steps) > 1 or (name, target) in set(related(source))


@pytest.mark.parametrize("kind", ["Query", *ENTITIES])
def test_every_field_of_an_entity_and_of_the_root_has_its_line(kind):
    assert table(kind).keys() == {field["name"] for field in TYPES[kind]["fields"]}


def test_a_field_costs_what_its_endpoint_takes_at_a_time():
    assert table("Product")["name"] == ("`echotik.product.detail` v3 v2", "1 for 10 ids")
    assert table("Product")["id"] == ("—", "0")
    assert table("Product")["bestSeller"] == ("rows of `echotik.product.list` v3", "0")
    assert table("Product")["influencers"] == ("`echotik.product.influencer.list` v3 v2", "1 for 10 rows")
    assert table("Product")["trend"] == ("`echotik.product.trend` v3 v2", "1 for 10 days")
    assert table("Product")["realtime"] == ("`echotik.realtime.product` v2", "1, 2 credits")
    assert table("Seller")["name"] == ("`echotik.seller.detail` v3", "1 for each id")
    assert table("Video")["comments"] == ("`echotik.realtime.video.comments` v3", "1 for 20 rows, 2 credits")
    assert table("Query")["newProductRanking"] == ("`echotik.product.ranklist.new` v2", "1 for 10 rows")
    assert table("Image")["signedUrl"] == ("`echotik.media.cover` v3", "1 for 10 ids")


def test_a_root_field_without_a_call_says_so_to_clients():
    descriptions = {field["name"]: field["description"] for field in TYPES["Query"]["fields"]}
    free = {name for name, (_, calls) in table("Query").items() if calls == "0"}

    assert "providers" in free
    assert [name for name in free if "no call" not in descriptions[name]] == []


def test_what_fields_ask_beside_their_declarations_is_declared_and_they_are_fields():
    declared = {endpoint.name for endpoint in ENDPOINTS}
    known = {f"{name}.{field['name']}" for name, kind in TYPES.items() for field in kind["fields"] or ()}

    assert {capability for asked in BESIDE.values() for capability in asked} - declared == set()
    assert BESIDE.keys() - known == set()


@pytest.mark.parametrize("kind", ["Query", *ENTITIES])
def test_a_field_with_code_of_its_own_asks_what_its_line_names_or_says_that_it_costs_no_call(kind):
    own = {name: field for name, field in fields(_object(kind)) if field.answer and field.reason}
    silent = {name for name in own if table(kind)[name][1] == "0"}

    assert [name for name in silent if "no call" not in (own[name].description or "")] == []


@pytest.mark.parametrize("title", sorted({endpoint.title for endpoint in ENDPOINTS}))
def test_every_declared_endpoint_is_asked_by_a_field(title):
    assert f"`{title}`" in PAGE


def test_every_endpoint_left_out_has_its_line():
    section = PAGE.partition("\n## Which endpoints are left out?\n")[2]
    lines = {row[0].strip("`"): row[1] for row in re.findall(r"^\| (`.+`) \| (.+) \|$", section, re.MULTILINE)}

    assert lines == dict(LEFT_OUT)
