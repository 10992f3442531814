"""What one row told: a partial record with its stamp."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from entities.record import Record
from entities.vocabulary import Rank


class Stamp(Struct, frozen=True):
    """Where a part came from and how long it may be served.

    provider     "echotik"
    endpoint     "echotik.product.detail"; version is the provider's, "v3"
    fetched_at   when the answer came, unix seconds
    expires_at   when it turns stale, unix seconds
    as_of        the day that the data describe; None for a live read
    trust        0 where its facts stand first; a higher one fills what those leave open
    """

    provider: str
    version: str
    endpoint: str
    rank: Rank
    fetched_at: float
    expires_at: float
    as_of: date | None = None
    trust: int = 0

    @property
    def key(self) -> str:
        return f"{self.endpoint}@{self.version}"


class Part(Struct, frozen=True):
    """One row, as merged: every fact that its endpoint supplies is a value or None, every other one is UNSET.

    known   False where the endpoint was asked by id and has no such entity; then all it supplies is None
    """

    record: Record
    stamp: Stamp
    known: bool = True
