"""Scalars that GraphQL does not have by itself."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from operator import methodcaller
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
URL = NewType("URL", str)

SAFE_INTEGER = 2**53 - 1
A_DAY = "2026-11-21"
A_TIME = "2026-11-21T09:30:00+00:00"


def _big_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > SAFE_INTEGER:
        raise ValueError(f"BigInt must be a whole number from -{SAFE_INTEGER} to {SAFE_INTEGER}")
    return value


def _url(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ValueError("URL must begin with https:// or http://")
    return value


def _date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"Date must be a day such as {A_DAY}")
    return date.fromisoformat(value)


def _date_time(value: Any) -> datetime:
    if not isinstance(value, str) or (time := datetime.fromisoformat(value)).tzinfo is None:
        raise ValueError(f"DateTime must be a time such as {A_TIME}")
    return time


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value):
        raise ValueError('Decimal must be a number as text, such as "12.90"')
    return Decimal(value)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number from -(2^53 - 1) to 2^53 - 1, as a JSON number.",
        serialize=_big_int,
        parse_value=_big_int,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
    ),
    date: strawberry.scalar(
        name="Date",
        description=f'A day (UTC), as text: "{A_DAY}".',
        serialize=methodcaller("isoformat"),
        parse_value=_date,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description=f'A time (UTC), as text: "{A_TIME}".',
        serialize=methodcaller("isoformat"),
        parse_value=_date_time,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number, exact, as text: "12.90".',
        serialize="{:f}".format,
        parse_value=_decimal,
        specified_by_url="https://www.w3.org/TR/xmlschema11-2/#decimal",
    ),
    URL: strawberry.scalar(
        name="URL",
        description="A web address, as text.",
        serialize=_url,
        parse_value=_url,
        specified_by_url="https://url.spec.whatwg.org/",
    ),
}
