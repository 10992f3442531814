"""What is known about a live: one broadcast."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct

from entities.record import Image, Record, Told
from entities.vocabulary import Region


class LiveRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one live.

    duration_seconds   its length
    peak_viewers       most viewers at one moment
    joins              people who joined
    product_count      products shown
    host_followers     the host's followers then
    units, gmv_usd     of the whole live; US dollars
    """

    title: Told[str] = UNSET
    cover: Told[Image] = UNSET
    region: Told[Region] = UNSET
    started_at: Told[datetime] = UNSET
    ended_at: Told[datetime] = UNSET
    duration_seconds: Told[float] = UNSET
    views: Told[int] = UNSET
    peak_viewers: Told[int] = UNSET
    joins: Told[int] = UNSET
    likes: Told[int] = UNSET
    comments: Told[int] = UNSET
    product_count: Told[int] = UNSET
    host_followers: Told[int] = UNSET
    units: Told[int] = UNSET
    gmv_usd: Told[float] = UNSET
    influencer_id: Told[str] = UNSET


class OnAir(Struct, frozen=True, kw_only=True):
    """A live as TikTok shows it while it is on air; nothing is told of one that is over."""

    title: str | None = None
    started_at: datetime | None = None
    views: int | None = None
    likes: int | None = None
