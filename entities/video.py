"""What is known about a video."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import UNSET, Struct

from entities.product import Sales
from entities.record import Image, Record, Told, by_window
from entities.vocabulary import Region


@by_window(views=int, likes=int, comments=int, shares=int, favorites=int, units=int, gmv_usd=float)
class VideoRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one video.

    hashtags       without #; the provider's column, else taken from the caption
    play_url       signed by TikTok; expires within hours
    resolution     a label such as "540p"; width and height in pixels, size in bytes
    product_ids    the products that it shows
    views … favorites, units, gmv_usd   by window: the level for all time, else what was gained
    """

    caption: Told[str] = UNSET
    hashtags: Told[list[str]] = UNSET
    posted_at: Told[datetime] = UNSET
    duration_seconds: Told[float] = UNSET
    region: Told[Region] = UNSET
    cover: Told[Image] = UNSET
    play_url: Told[str] = UNSET
    width: Told[int] = UNSET
    height: Told[int] = UNSET
    size_bytes: Told[int] = UNSET
    resolution: Told[str] = UNSET
    is_ad: Told[bool] = UNSET
    made_by_ai: Told[bool] = UNSET
    sells_products: Told[bool] = UNSET
    sold_category_ids: Told[list[str]] = UNSET
    product_ids: Told[list[str]] = UNSET
    influencer_id: Told[str] = UNSET


class VideoDay(Struct, frozen=True, kw_only=True):
    """One day of a video: running totals at its end."""

    day: date
    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    favorites: int | None = None
    units: int | None = None
    gmv_usd: float | None = None


class Caption(Struct, frozen=True, kw_only=True):
    """What is said in a video, in one language: as WebVTT, and the words alone."""

    language: str | None = None
    vtt: str | None = None
    text: str | None = None


class Comment(Struct, frozen=True, kw_only=True):
    """One comment on a video."""

    id: str
    text: str | None = None
    author_id: str | None = None
    posted_at: datetime | None = None
    likes: int | None = None
    reply_count: int | None = None


class VideoFiles(Struct, frozen=True, kw_only=True):
    """Where a video's file can be fetched, for a short time."""

    id: str
    url: str | None = None


class ViewGains(Sales, frozen=True, kw_only=True):
    """What the ranking's period added to a video."""

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    favorites: int | None = None
