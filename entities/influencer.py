"""What is known about an influencer: an account that sells."""

from __future__ import annotations

from datetime import date

from msgspec import UNSET, Struct

from entities.product import Sales
from entities.record import Image, Record, Told, by_window
from entities.vocabulary import Region, SellingMode


class Bucket(Struct, frozen=True):
    """How many videos fall under a key: a length, an hour, a weekday."""

    key: str
    count: int


@by_window(
    followers=int,
    likes=int,
    views=int,
    comments=int,
    shares=int,
    units=int,
    gmv_usd=float,
    sale_price_usd=float,
    products=int,
    video_units=int,
    video_gmv_usd=float,
    videos=int,
    video_products=int,
    live_gmv_usd=float,
)
class InfluencerRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one influencer.

    handle                 unique_id, without @; it can change
    category               the account's own, by name ("Home, Furniture & Appliances")
    score                  the provider's own, 0..10
    interaction_rate       interactions over views, a fraction
    top_video_id           the most viewed video
    average_…              mean views of a video, of a selling video, over the days that the name tells
    lengths, hours,
    weekdays               videos by length, hour of day and weekday, as the provider keys them
    live_view_count        views of all lives ever
    followers … shares     by window: the level for all time, else what was gained (may be negative)
    units … live_gmv_usd   by window; US dollars
    """

    handle: Told[str] = UNSET
    name: Told[str] = UNSET
    avatar: Told[Image] = UNSET
    region: Told[Region] = UNSET
    language: Told[str] = UNSET
    gender: Told[str] = UNSET
    category: Told[str] = UNSET
    bio: Told[str] = UNSET
    email: Told[str] = UNSET
    score: Told[float] = UNSET
    has_showcase: Told[bool] = UNSET
    sells_products: Told[bool] = UNSET
    selling_mode: Told[SellingMode] = UNSET
    closed: Told[bool] = UNSET
    top_category_id: Told[str] = UNSET
    sold_category_ids: Told[list[str]] = UNSET
    top_video_id: Told[str] = UNSET
    average_views_30d: Told[float] = UNSET
    average_selling_video_views: Told[float] = UNSET
    average_selling_video_views_7d: Told[float] = UNSET
    video_lengths: Told[list[Bucket]] = UNSET
    video_hours: Told[list[Bucket]] = UNSET
    video_weekdays: Told[list[Bucket]] = UNSET
    first_seen: Told[date] = UNSET
    following_count: Told[int] = UNSET
    interaction_rate: Told[float] = UNSET
    video_count: Told[int] = UNSET
    live_count: Told[int] = UNSET
    live_view_count: Told[int] = UNSET
    product_count: Told[int] = UNSET
    seller_id: Told[str] = UNSET


class InfluencerDay(Struct, frozen=True, kw_only=True):
    """One day of an influencer: new_…, units and gmv_usd are the day's own, the rest stood so at its end."""

    day: date
    followers: int | None = None
    new_followers: int | None = None
    likes: int | None = None
    new_likes: int | None = None
    views: int | None = None
    comments: int | None = None
    shares: int | None = None
    videos: int | None = None
    lives: int | None = None
    units: int | None = None
    gmv_usd: float | None = None


class AccountGains(Sales, frozen=True, kw_only=True):
    """What the ranking's period added to an account; followers and likes may have been lost."""

    new_followers: int | None = None
    new_likes: int | None = None
    videos: int | None = None
    lives: int | None = None
    products: int | None = None
