"""What is known about an influencer: an account that sells."""

from __future__ import annotations

from msgspec import UNSET

from entities.record import Image, Record, Told, by_window
from entities.vocabulary import Region


@by_window(followers=int, likes=int, views=int)
class InfluencerRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one influencer.

    category               the account's own, by name ("Home, Furniture & Appliances")
    live_view_count        views of all lives ever
    followers, likes,
    views                  by window: the level for all time, else what was gained (may be negative)
    """

    name: Told[str] = UNSET
    avatar: Told[Image] = UNSET
    region: Told[Region] = UNSET
    category: Told[str] = UNSET
    following_count: Told[int] = UNSET
    video_count: Told[int] = UNSET
    live_count: Told[int] = UNSET
    live_view_count: Told[int] = UNSET
