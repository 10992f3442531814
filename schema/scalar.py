"""Scalars that GraphQL does not have by itself."""

from __future__ import annotations

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
URL = NewType("URL", str)

SAFE_INTEGER = 2**53 - 1


def _big_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > SAFE_INTEGER:
        raise ValueError(f"BigInt must be a whole number from -{SAFE_INTEGER} to {SAFE_INTEGER}")
    return value


def _url(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ValueError("URL must begin with https:// or http://")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number from -(2^53 - 1) to 2^53 - 1, as a JSON number.",
        serialize=_big_int,
        parse_value=_big_int,
    ),
    URL: strawberry.scalar(
        name="URL",
        description="A web address, as text.",
        serialize=_url,
        parse_value=_url,
        specified_by_url="https://url.spec.whatwg.org/",
    ),
}
