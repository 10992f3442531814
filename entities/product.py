"""What is known about a product, and the facts that hang on its relations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import UNSET, Struct

from entities.record import Image, Money, Record, Told, by_window
from entities.vocabulary import Region, SalesChannel, SalesTrend, SellerOrigin


class TextBlock(Struct, frozen=True, tag="text"):
    text: str


class ListBlock(Struct, frozen=True, tag="list"):
    items: list[str]


class ImageBlock(Struct, frozen=True, tag="image"):
    """A picture in a description; width and height in pixels, urls are the same picture at several hosts."""

    url: str | None = None
    urls: list[str] | None = None
    width: int | None = None
    height: int | None = None


class Specification(Struct, frozen=True):
    name: str | None = None
    value: str | None = None


class OptionValue(Struct, frozen=True):
    """One value of an option ("Gold"); the value is None where only its id is known."""

    id: str
    value: str | None = None
    image: str | None = None


class Option(Struct, frozen=True):
    id: str
    name: str
    has_images: bool = False
    values: list[OptionValue] = []


class Sku(Struct, frozen=True):
    """A variant on sale: its price in the market's currency and the option values that make it."""

    id: str
    price: Money | None = None
    options: list[OptionValue] = []


@by_window(
    units=int,
    gmv_usd=float,
    sale_price_usd=float,
    influencers=int,
    video_units=int,
    video_gmv_usd=float,
    videos=int,
    video_views=int,
    video_influencers=int,
    live_units=int,
    live_gmv_usd=float,
    live_sessions=int,
    live_influencers=int,
)
class ProductRecord(Record, frozen=True, kw_only=True):
    """What the providers have told about one product.

    images                 every picture, in display order; cover is the first, or the one picture of a thin row
    average_price_usd      mean over the SKUs today, US dollars; so are min and max
    discount_percent       per cent off, 43 where the wire says "-43%"
    commission_rate        0.2 is 20 %
    rating                 0..5; None where there are no reviews
    shipping_price         in a currency that no provider states
    first_seen, last_seen  days on which the provider's crawl met it
    units … gmv_usd        by window: sold in the last N full days, or ever; US dollars
    sale_price_usd         mean price of what was sold, by window, where a provider tells it
    influencers            who ever sold it
    videos, video_views    videos that show it and their views, by window
    live_sessions          lives that showed it, by window
    """

    name: Told[str] = UNSET
    region: Told[Region] = UNSET
    images: Told[list[Image]] = UNSET
    cover: Told[Image] = UNSET
    description: Told[list[TextBlock | ListBlock | ImageBlock]] = UNSET
    average_price_usd: Told[float] = UNSET
    min_price_usd: Told[float] = UNSET
    max_price_usd: Told[float] = UNSET
    discount_percent: Told[int] = UNSET
    commission_rate: Told[float] = UNSET
    rating: Told[float] = UNSET
    review_count: Told[int] = UNSET
    free_shipping: Told[bool] = UNSET
    fully_managed: Told[bool] = UNSET
    delisted: Told[bool] = UNSET
    best_seller: Told[bool] = UNSET
    brand_shop: Told[bool] = UNSET
    seller_origin: Told[SellerOrigin] = UNSET
    shipping_price: Told[Decimal] = UNSET
    specifications: Told[list[Specification]] = UNSET
    main_channel: Told[SalesChannel] = UNSET
    sales_trend: Told[SalesTrend] = UNSET
    first_seen: Told[date] = UNSET
    last_seen: Told[date] = UNSET
    skus: Told[list[Sku]] = UNSET
    options: Told[list[Option]] = UNSET
    category_l1_id: Told[str] = UNSET
    category_l2_id: Told[str] = UNSET
    category_l3_id: Told[str] = UNSET
    seller_id: Told[str] = UNSET


class ProductDay(Struct, frozen=True, kw_only=True):
    """One day of a product: units and gmv_usd are the day's own, the rest stood so at its end."""

    day: date
    units: int | None = None
    gmv_usd: float | None = None
    total_units: int | None = None
    total_gmv_usd: float | None = None
    average_price_usd: float | None = None
    influencers: int | None = None
    videos: int | None = None
    lives: int | None = None


class Sales(Struct, frozen=True, kw_only=True):
    """What stands on the edge between a product and one who sells it; gmv_usd in US dollars."""

    units: int | None = None
    gmv_usd: float | None = None


class LiveSales(Sales, frozen=True, kw_only=True):
    """This product in this live; average_price_usd is its mean price there, category_id of level 1."""

    average_price_usd: float | None = None
    category_id: str | None = None


class RankGains(Sales, frozen=True, kw_only=True):
    """What the ranking's period added."""

    influencers: int | None = None
    videos: int | None = None
    lives: int | None = None


class ChannelSales(Struct, frozen=True, kw_only=True):
    """What one influencer did with one product, by channel; gmv in US dollars. Showcase sales are not in it."""

    videos: int | None = None
    video_units: int | None = None
    video_gmv_usd: float | None = None
    lives: int | None = None
    live_units: int | None = None
    live_gmv_usd: float | None = None

    @property
    def units(self) -> int | None:
        """Through videos and lives, where both are known."""
        return None if self.video_units is None or self.live_units is None else self.video_units + self.live_units

    @property
    def gmv_usd(self) -> float | None:
        by_video, live = self.video_gmv_usd, self.live_gmv_usd
        return None if by_video is None or live is None else by_video + live


class SalesInWindow(ChannelSales, frozen=True, kw_only=True):
    """The same of one window, channels not told apart."""

    window_units: int | None = None
    window_gmv_usd: float | None = None

    @property
    def units(self) -> int | None:
        return self.window_units

    @property
    def gmv_usd(self) -> float | None:
        return self.window_gmv_usd


class Review(Struct, frozen=True, kw_only=True):
    """One review: rating in stars 1..5, variant is the label of the SKU bought."""

    id: str
    text: str | None = None
    rating: int | None = None
    reviewed_at: datetime | None = None
    sku_id: str | None = None
    variant: str | None = None
    likes: int | None = None
    author: str | None = None


class ProductLink(Struct, frozen=True, kw_only=True):
    """The product that a link leads to."""

    id: str


class RealtimeProduct(Struct, frozen=True, kw_only=True):
    """A product as TikTok showed it during the call; never merged into the record, which describes whole days."""

    id: str
    title: str | None = None
    images: list[Image] | None = None
    description: list[TextBlock | ListBlock | ImageBlock] | None = None
    sold_count: int | None = None
    price: Money | None = None
    original_price: Money | None = None
    skus: list[Sku] | None = None
    options: list[Option] | None = None
    shipping_fee: Money | None = None
    seller_id: str | None = None
    fetched_at: datetime | None = None
