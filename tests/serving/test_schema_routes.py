"""The schema as files for tools: SDL, introspection, Apollo's possible types; each may be kept as long as it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLScalarType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    is_specified_scalar_type,
    print_schema,
)

from tests.conftest import CLIENT

SDL = Path(__file__, "../../../schema.graphql").resolve().read_text()
FILES = {
    "/schema.graphql": "text/plain; charset=utf-8",
    "/schema.json": "application/json",
    "/possibleTypes.json": "application/json",
}


def test_introspection_as_a_file_is_what_the_query_tells(gateway):
    server = gateway("v3")
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    file = CLIENT.get(f"{server.url}/schema.json").json()

    asked = server(query).data["__schema"]
    assert file["data"]["__schema"].keys() == asked.keys()
    assert print_schema(build_client_schema(file["data"])) == print_schema(build_client_schema({"__schema": asked}))


def test_possible_types_are_those_that_sdl_tells(gateway):
    told = CLIENT.get(f"{gateway('v3').url}/possibleTypes.json").json()

    assert told["DescriptionBlock"] == ["ImageBlock", "ListBlock", "TextBlock"]
    assert told["Node"] == sorted(line.split()[1] for line in SDL.splitlines() if " implements Node {" in line)
    assert list(told) == sorted(
        line.split()[1] for line in SDL.splitlines() if line.startswith(("interface ", "union "))
    )


@pytest.mark.parametrize(("path", "media_type"), FILES.items())
def test_a_file_that_still_holds_is_not_sent_again(path, media_type, gateway):
    address = gateway("v3").url + path
    first = CLIENT.get(address)
    tag = first.headers["etag"]

    again = [
        CLIENT.get(address, headers={"if-none-match": known}) for known in (tag, f"W/{tag}", f'"other", {tag}', "*")
    ]
    other = CLIENT.get(address, headers={"if-none-match": '"other"'})

    assert (first.status_code, first.headers["content-type"]) == (200, media_type)
    assert first.headers["cache-control"] == "no-cache"
    assert [(each.status_code, each.content, each.headers["etag"]) for each in again] == [(304, b"", tag)] * 4
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("path", FILES)
def test_another_server_of_the_same_schema_has_the_same_tag(path, gateway):
    tags = {CLIENT.head(gateway("v3").url + path).headers["etag"] for _ in range(2)}

    assert len(tags) == 1


def test_every_scalar_of_its_own_says_where_it_is_specified():
    scalars = [kind for kind in build_schema(SDL).type_map.values() if isinstance(kind, GraphQLScalarType)]

    specified = {kind.name: kind.specified_by_url or "" for kind in scalars if not is_specified_scalar_type(kind)}

    assert sorted(specified) == ["BigInt", "Date", "DateTime", "Decimal", "URL"]
    assert all(url.startswith("https://") for url in specified.values()), specified


@pytest.mark.parametrize("day", ["20261121", "2026-W47-6", "2026-1-2", "2026-02-30", "21.11.2026", ""])
def test_a_day_in_another_form_than_specified_is_refused(day, gateway, sandbox):
    answer = gateway("v3")("query ($day: Date) { productRanking(region: US, date: $day) { date } }", day=day)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 0
