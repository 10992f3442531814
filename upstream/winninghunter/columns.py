"""Columns of Winning Hunter: numbers, or the compact text that a dashboard shows in their place."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from upstream import decode

COMPACT = re.compile(
    r"\s*[$€£]?\s*(?P<digits>-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(?P<unit>[kmb]?)\s*\Z",
    re.IGNORECASE,
)
UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def number(told: Any) -> float | None:
    """12, "12.5", "$1.23k"; what is none of these is none."""
    return decode.number(_plain(told))


def count(told: Any) -> int | None:
    """A whole number, also as "1.2k"; what a compact text leaves behind the point is cut off."""
    plain = _plain(told)
    return decode.count(plain) if plain is told else decode.count(str(int(Decimal(plain)))) if plain else None


def rate(told: Any) -> float | None:
    """A fraction, or text in per cent: "3.7%"."""
    if type(told) is str and told.strip().endswith("%"):
        share = decode.number(told.strip()[:-1])
        return None if share is None else decode.hundredth(share)
    return decode.number(told)


def rating(told: Any) -> float | None:
    """0..5; 0 stands for none."""
    return decode.number(told) or None


def day(told: Any) -> datetime | None:
    """A day alone is its first moment in UTC."""
    found = decode.iso_day(told)
    return None if found is None else datetime.combine(found, time(), UTC)


def keys(told: Any) -> list[str] | None:
    """One id as a list of one; none is an empty one."""
    found = decode.key(told)
    return [] if found is None else [found]


def sells(told: Any) -> bool:
    """Whether a product stands there."""
    return decode.key(told) is not None


def _plain(told: Any) -> Any:
    """Compact text as a plain number in text, anything else as it is."""
    found = COMPACT.match(told) if type(told) is str else None
    if found is None:
        return told
    return str(Decimal(found["digits"].replace(",", "")) * UNITS[found["unit"].lower()])
