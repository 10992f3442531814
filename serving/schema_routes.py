"""The schema as files: in SDL, as introspection tells it, and which types stand behind each interface and union."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec
from graphql import (
    introspection_from_schema,
    is_abstract_type,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schema.build import Schema


def routes(schema: Schema) -> list[Route]:
    return [
        Route("/schema.graphql", served(partial(printed, schema), "text/plain; charset=utf-8")),
        Route("/schema.json", served(partial(introspected, schema), "application/json")),
        Route("/possibleTypes.json", served(partial(possible_types, schema), "application/json")),
    ]


def printed(schema: Schema) -> bytes:
    """SDL, as in schema.graphql."""
    return f"{schema.as_str()}\n".encode()


def introspected(schema: Schema) -> bytes:
    """What an introspection query would be answered, with all that may be asked."""
    told = introspection_from_schema(
        schema._schema, specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
    )
    return msgspec.json.encode({"data": told})


def possible_types(schema: Schema) -> bytes:
    """Names of object types by interface or union, as Apollo's InMemoryCache takes them."""
    graph = schema._schema
    behind = {
        name: sorted(each.name for each in graph.get_possible_types(kind))
        for name, kind in sorted(graph.type_map.items())
        if is_abstract_type(kind)
    }
    return msgspec.json.encode(behind)


def served(written: Callable[[], bytes], media_type: str) -> Callable[[Request], Any]:
    """A file that a client may keep, and asks of whether it still holds."""

    @cache
    def file() -> tuple[bytes, dict[str, str]]:
        body = written()
        return body, {"etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "cache-control": "no-cache"}

    async def answer(request: Request) -> Response:
        body, headers = file()
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if headers["etag"] in known or known == ["*"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return answer
