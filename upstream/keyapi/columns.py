"""Columns of KeyAPI's own live reads: TikTok's raw objects."""

from __future__ import annotations

import re
from typing import Any

from entities.record import Image, Money
from upstream import decode

AMOUNT = re.compile(r"[^\d.,-]*(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)[^\d.,-]*\Z")


def price(told: Any, currency: Any) -> Money | None:
    """An amount, or text that holds one ("$19.99"), in a currency that stands beside it."""
    code = decode.text(currency)
    found = AMOUNT.match(told) if type(told) is str else None
    amount = decode.decimal(found["amount"].replace(",", "") if found else told)
    if amount is None or code is None:
        return None
    return Money(amount, code, told if type(told) is str else None)


def pictures(told: Any) -> list[Image] | None:
    """A list of objects that each list the addresses of one picture: the first of each."""
    blocks = decode.objects(told)
    if blocks is None:
        return None
    listed = (block.get("url_list") for block in blocks)
    found = (next(iter(urls), None) if isinstance(urls, list) else None for urls in listed)
    return [Image(address, place) for place, address in enumerate(map(decode.url, found)) if address is not None]
