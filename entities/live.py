"""What is known about a live: one broadcast."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from entities.record import Image, Record, Told
from entities.vocabulary import Region


class LiveRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one live.

    peak_viewers     most viewers at one moment
    product_count    products shown
    """

    cover: Told[Image] = UNSET
    region: Told[Region] = UNSET
    started_at: Told[datetime] = UNSET
    views: Told[int] = UNSET
    peak_viewers: Told[int] = UNSET
    product_count: Told[int] = UNSET
    influencer_id: Told[str] = UNSET
