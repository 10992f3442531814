"""What an endpoint tells, by names and types, as one word: what another layout stored is not read by this one."""

from __future__ import annotations

import hashlib
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from entities.graph import type_of
from upstream.endpoint import Endpoint
from upstream.mapping import Rows

FORMAT = 2
"""Raised when bytes are put together in another way, or when a decoder of columns starts to mean something else."""


@cache
def layout(endpoint: Endpoint) -> str:
    """Sixteen hex digits that change with any fact, type or fixed set of words that the endpoint's rows can hold."""
    told = (FORMAT, None if endpoint.rows is None else _rows(endpoint.rows))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _rows(rows: Rows) -> Any:
    types = {field.name: _type(field.type) for field in msgspec.structs.fields(rows.type)}
    facts = [(name, types[name], name in rows.facts) for name in sorted(rows.columns)]
    return (
        type_of(rows.type),
        facts,
        None if rows.edge is None else _type(rows.edge.type),
        [_rows(other) for other in rows.also],
    )


@cache
def _type(kind: Any) -> Any:
    """A type as plain data; what a class is called does not matter, only what it holds."""
    if get_args(kind):
        return get_origin(kind).__name__, *map(_type, get_args(kind))
    if not isinstance(kind, type):
        return repr(kind)
    if issubclass(kind, Enum):
        return [member.value for member in kind]
    if issubclass(kind, Struct):
        fields = msgspec.structs.fields(kind)
        return kind.__struct_config__.tag, *((field.name, _type(field.type)) for field in fields)
    return kind.__name__
