"""Columns that Winning Hunter documents and no mapping reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from upstream.endpoint import Endpoint

PERIOD = frozenset({"period"})  # the window, which the call named

UNREAD: Mapping[str, frozenset[str]] = {
    "product.detail": frozenset({"revenue", "sales"}),  # of a window that no document states
    "seller.total": PERIOD,
    "product.total": PERIOD,
    "influencer.total": PERIOD,
    "video.total": PERIOD,
    "influencer.product.list": frozenset({"revenue", "sales"}),  # read where a window is asked for
}


def documented(endpoint: Endpoint) -> Endpoint:
    """With the columns that it leaves unread."""
    return replace(endpoint, unread=UNREAD.get(endpoint.name, frozenset()))
