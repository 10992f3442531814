"""What is known about a seller: a shop on TikTok Shop."""

from __future__ import annotations

from datetime import date

from msgspec import UNSET, Struct

from entities.product import RankGains
from entities.record import Image, Record, Told, by_window
from entities.vocabulary import Region, SalesChannel, SalesTrend, SellerOrigin


@by_window(units=int, gmv_usd=float, sale_price_usd=float, conversion_rate=float)
class SellerRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one shop.

    rating                    0..5
    average_price_usd         mean over its SKUs today, US dollars
    product_count             ever listed; active_product_count is what is on sale now
    category_l1_id …          the shop's own category at each level
    top_category_id           what it sells most; sold_category_ids all that it sells, most first
    positive_feedback_rate,
    response_rate             fractions, as told
    account_id                the shop's own account, an influencer
    units … gmv_usd           by window; US dollars
    conversion_rate           by window; a fraction
    """

    name: Told[str] = UNSET
    region: Told[Region] = UNSET
    url: Told[str] = UNSET
    logo: Told[Image] = UNSET
    origin: Told[SellerOrigin] = UNSET
    rating: Told[float] = UNSET
    average_price_usd: Told[float] = UNSET
    product_count: Told[int] = UNSET
    active_product_count: Told[int] = UNSET
    influencer_count: Told[int] = UNSET
    video_count: Told[int] = UNSET
    live_count: Told[int] = UNSET
    main_channel: Told[SalesChannel] = UNSET
    sales_trend: Told[SalesTrend] = UNSET
    first_seen: Told[date] = UNSET
    category_l1_id: Told[str] = UNSET
    category_l2_id: Told[str] = UNSET
    category_l3_id: Told[str] = UNSET
    top_category_id: Told[str] = UNSET
    sold_category_ids: Told[list[str]] = UNSET
    review_count: Told[int] = UNSET
    follower_count: Told[int] = UNSET
    positive_feedback_rate: Told[float] = UNSET
    response_rate: Told[float] = UNSET
    account_id: Told[str] = UNSET


class SellerDay(Struct, frozen=True, kw_only=True):
    """One day of a shop: units and gmv_usd are the day's own, the rest stood so at its end."""

    day: date
    units: int | None = None
    gmv_usd: float | None = None
    total_units: int | None = None
    total_gmv_usd: float | None = None
    products: int | None = None
    active_products: int | None = None
    videos: int | None = None
    video_influencers: int | None = None
    lives: int | None = None
    live_influencers: int | None = None


class ShopGains(RankGains, frozen=True, kw_only=True):
    """What the ranking's period added to a shop."""

    products: int | None = None
