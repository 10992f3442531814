"""What is known about a seller: a shop on TikTok Shop."""

from __future__ import annotations

from entities.record import Record


class SellerRecord(Record, frozen=True, kw_only=True):
    """A shop, so far known by the products that name it."""
