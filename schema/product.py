"""A product and all that hangs on it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from entities import product as facts
from entities.vocabulary import CategoryLevel
from resolvers import product as resolve
from schema.argument import DateRange, IntRange, ProductInfluencerSort, ProductLiveSort, ProductVideoSort
from schema.field import (
    AFTER,
    FIRST,
    Argument,
    answered,
    attribute,
    averaged,
    dated,
    edge_category,
    edge_fact,
    itself,
    leveled,
    linked,
    listed,
    measured,
    named,
    told,
    windowed,
)
from schema.image import Image, Money
from schema.measure import LiveChannelPerformance, VideoChannelPerformance
from schema.node import Sourced, entity
from schema.page import Paged, Placed, Sold
from schema.scalar import URL, BigInt
from schema.vocabulary import Region, SalesChannel, SalesTrend, SellerOrigin, Window

if TYPE_CHECKING:
    from schema.category import Category
    from schema.influencer import Influencer
    from schema.live import Live
    from schema.seller import Seller
    from schema.video import Video

CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]
LiveNode = Annotated["Live", strawberry.lazy("schema.live")]
SellerNode = Annotated["Seller", strawberry.lazy("schema.seller")]
ProductNode = Annotated["Product", strawberry.lazy("schema.product")]
VideoNode = Annotated["Video", strawberry.lazy("schema.video")]


@strawberry.type(description="US dollars over the SKUs, as of the last full day.")
class PriceRange:
    average: float | None = told("average_price_usd", "Mean over the SKUs, US dollars.")
    min: float | None = told("min_price_usd", "The cheapest SKU, US dollars.")
    max: float | None = told("max_price_usd", "The dearest SKU, US dollars.")


@strawberry.type(description="One value of an option, such as a colour.")
class ProductOptionValue:
    value_id: strawberry.ID = attribute("id", "The provider's id of it.")
    value: str | None = attribute("value", 'What the buyer reads: "Gold".')
    image: URL | None = attribute("image", "A picture of it.")


@strawberry.type(description="A choice that a buyer makes, such as the colour.")
class ProductOption:
    option_id: strawberry.ID = attribute("id", "The provider's id of it.")
    name: str = attribute("name", 'What the buyer reads: "Colour".')
    has_images: bool = attribute("has_images", "Whether its values have pictures.")
    values: list[ProductOptionValue] = attribute("values", "What can be chosen.")


@strawberry.type(description="A variant on sale.")
class Sku:
    sku_id: strawberry.ID = attribute("id", "The provider's id of it.")
    price: Money | None = attribute(
        "price", "Its price in the market's currency; null unless amount and currency are told."
    )
    options: list[ProductOptionValue] = attribute("options", "The option values that make it.")


@strawberry.type(description="A line of the specification table.")
class Specification:
    name: str | None = attribute("name", "What is specified.")
    value: str | None = attribute("value", "Its value; text that cannot be taken apart stands here whole.")


class _Block:
    """A block of a description: told apart by its record."""

    record: Any = None

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, getattr(facts, cls.__name__))


@strawberry.type(description="A paragraph of a description.")
class TextBlock(_Block):
    text: str = attribute("text", "The words.")


@strawberry.type(description="A list in a description.")
class ListBlock(_Block):
    items: list[str] = attribute("items", "Its items.")


@strawberry.type(description="A picture in a description.")
class ImageBlock(_Block):
    url: URL | None = attribute("url", "Its address.")
    urls: list[URL] | None = attribute("urls", "The same picture at several hosts.")
    width: int | None = attribute("width", "Pixels.")
    height: int | None = attribute("height", "Pixels.")


DescriptionBlock = Annotated[
    TextBlock | ListBlock | ImageBlock, strawberry.union("DescriptionBlock", description="A part of a description.")
]


@strawberry.type(description="What a product did in a window. A measure that nobody reports for it is null, never 0.")
class ProductPerformance:
    window: Window = attribute("window", "The window asked for.")
    units: BigInt | None = measured("units", "Units sold.")
    gmv: float | None = measured("gmv_usd", "Gross merchandise value, US dollars, as the provider estimates it.")
    average_price: float | None = averaged()
    influencers: BigInt | None = measured("influencers", "Influencers who ever sold it; null for a window.")
    video: VideoChannelPerformance = itself("Through videos.")
    live: LiveChannelPerformance = itself("In lives.")


@strawberry.type(description="One day of a product.")
class ProductTrendPoint:
    date: date = attribute("day", "The day (UTC).")
    units: BigInt | None = attribute("units", "Units sold on the day.")
    gmv: float | None = attribute("gmv_usd", "GMV of the day, US dollars.")
    total_units: BigInt | None = attribute("total_units", "Units sold up to its end.")
    total_gmv: float | None = attribute("total_gmv_usd", "GMV up to its end, US dollars.")
    average_price: float | None = attribute("average_price_usd", "Mean SKU price on the day, US dollars.")
    influencers: BigInt | None = attribute("influencers", "Influencers up to its end.")
    videos: BigInt | None = attribute("videos", "Videos up to its end.")
    lives: BigInt | None = attribute("lives", "Lives up to its end.")


@strawberry.type(description="A product as TikTok shows it at this moment. A live read, apart from the daily facts.")
class RealtimeProduct:
    product_id: strawberry.ID = attribute("id", "The product's id.")
    title: str | None = attribute("title", "Its title.")
    images: list[Image] | None = attribute("images", "Its pictures.")
    description: list[DescriptionBlock] | None = attribute("description", "Its description.")
    sold_count: BigInt | None = attribute("sold_count", "Units sold, as TikTok shows them.")
    price: Money | None = attribute("price", "Its price; null unless amount and currency are told.")
    original_price: Money | None = attribute("original_price", "Its price before the discount, if told.")
    skus: list[Sku] | None = attribute("skus", "Its variants; null where none are told.")
    options: list[ProductOption] | None = attribute("options", "What a buyer chooses.")
    shipping_fee: Money | None = attribute("shipping_fee", "What shipping costs, if told.")
    seller: SellerNode | None = named("seller_id", "Seller", "Its shop, if told.")
    fetched_at: datetime = attribute("fetched_at", "When TikTok was read (UTC).")


@strawberry.type(description="A product in a list.")
class ProductEdge(Placed):
    node: ProductNode = attribute("node", "The product.")


@strawberry.type(description="Products, page by page.")
class ProductConnection(Paged):
    edges: list[ProductEdge] = attribute("edges", "The rows.")
    nodes: list[ProductNode] = attribute("nodes", "The rows' products.")


@strawberry.type(description="An influencer who sells the product: units and GMV are those of this influencer with it.")
class ProductInfluencerEdge(Sold):
    node: InfluencerNode = attribute("node", "The influencer.")


@strawberry.type(description="Influencers of a product, page by page.")
class ProductInfluencerConnection(Paged):
    edges: list[ProductInfluencerEdge] = attribute("edges", "The rows.")
    nodes: list[InfluencerNode] = attribute("nodes", "The rows' influencers.")


@strawberry.type(description="A video that shows the product. Units and GMV are the whole video's estimate.")
class ProductVideoEdge(Sold):
    node: VideoNode = attribute("node", "The video.")


@strawberry.type(description="Videos of a product, page by page.")
class ProductVideoConnection(Paged):
    edges: list[ProductVideoEdge] = attribute("edges", "The rows.")
    nodes: list[VideoNode] = attribute("nodes", "The rows' videos.")


@strawberry.type(description="A live that showed the product: units, GMV and price are those of this product in it.")
class ProductLiveEdge(Sold):
    average_price: float | None = edge_fact("average_price_usd", "Mean price of the product in the live, US dollars.")
    category: CategoryNode | None = edge_category(
        "category_id",
        CategoryLevel.L1,
        "The product's level 1 category, as the live's row names it. Costs no call.",
    )
    node: LiveNode = attribute("node", "The live.")


@strawberry.type(description="Lives of a product, page by page.")
class ProductLiveConnection(Paged):
    edges: list[ProductLiveEdge] = attribute("edges", "The rows.")
    nodes: list[LiveNode] = attribute("nodes", "The rows' lives.")


@strawberry.type(description="A buyer's review, as far as the provider has collected it.")
class Review:
    review_id: strawberry.ID = attribute("id", "The provider's id of it.")
    text: str | None = attribute("text", "What the buyer wrote.")
    rating: int | None = attribute("rating", "Stars, 1 to 5.")
    reviewed_at: datetime | None = attribute("reviewed_at", "When it was written (UTC).")
    sku_id: strawberry.ID | None = attribute("sku_id", "The variant bought.")
    variant: str | None = attribute("variant", "That variant's label.")
    likes: BigInt | None = attribute("likes", "Likes of the review; told by live reads alone.")
    author: str | None = attribute("author", "Who wrote it, by name; told by live reads alone.")


@strawberry.type(description="A review in a list.")
class ReviewEdge(Placed):
    node: Review = attribute("node", "The review.")


@strawberry.type(description="Reviews, page by page.")
class ReviewConnection(Paged):
    edges: list[ReviewEdge] = attribute("edges", "The rows.")
    nodes: list[Review] = attribute("nodes", "The rows' reviews.")


@strawberry.type(
    description="A product's place in a ranking, with what its period added; the node's own measures are others."
)
class ProductRankEdge(Sold):
    rank: int = attribute("rank", "Its place, from 1.")
    influencers: BigInt | None = edge_fact("influencers", "Influencers added in the period.")
    videos: BigInt | None = edge_fact("videos", "Videos added in the period.")
    lives: BigInt | None = edge_fact("lives", "Lives added in the period.")
    node: ProductNode = attribute(
        "node", "The product. The ranking's rows tell its name and prices; more costs one call for ten."
    )


@strawberry.type(description="Products by rank, page by page.")
class ProductRanking(Paged):
    date: date = attribute("day", "The day, the week's Monday, or the month's 1st that is ranked.")
    edges: list[ProductRankEdge] = attribute("edges", "The rows, best first.")
    nodes: list[ProductNode] = attribute("nodes", "The rows' products.")


@entity(
    "A product listed on TikTok Shop. Facts that the row at hand tells cost nothing; the first other costs its share "
    "of a call that looks up ten products, and brings all the rest."
)
class Product(Sourced):
    product_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    name: str | None = told("name", "Title, in the language of the listing.")
    region: Region | None = told("region", "The market that it is listed in.")
    images: list[Image] | None = told("images", "Every picture, in display order.")
    cover: Image | None = told("cover", "The first picture.")
    description: list[DescriptionBlock] | None = told("description", "Text, lists and pictures, in order.")
    price: PriceRange | None = itself("Price over the SKUs, US dollars.")
    discount_percent: int | None = told("discount_percent", "Per cent off the listed price: 43 is 43 %.")
    commission_rate: float | None = told("commission_rate", "What influencers get of a sale: 0.2 is 20 %.")
    rating: float | None = told("rating", "Mean of its reviews, 0 to 5; null without a review.")
    review_count: BigInt | None = told("review_count", "Number of reviews.")
    free_shipping: bool | None = told("free_shipping", "Whether shipping is free.")
    fully_managed: bool | None = told("fully_managed", "Whether the platform manages the shop for its owner.")
    delisted: bool | None = told("delisted", "Whether it has been taken off sale.")
    best_seller: bool | None = told(
        "best_seller", "Whether it is marked as a best seller. Told by lists of EchoTik v3, else null: no call."
    )
    brand_shop: bool | None = told(
        "brand_shop", "Whether its shop is a brand's. Told by lists of EchoTik v3, else null: no call."
    )
    seller_origin: SellerOrigin | None = told(
        "seller_origin", "Where its shop sells from. Told by lists of EchoTik v3, else null: no call."
    )
    shipping_price: Decimal | None = told(
        "shipping_price",
        "What shipping costs, in a currency that the provider does not state. Told by lists of EchoTik v3, else null: "
        "no call.",
    )
    specifications: list[Specification] | None = told("specifications", "The specification table. EchoTik v3 alone.")
    main_channel: SalesChannel | None = told("main_channel", "Through what it is mainly sold; null where unknown.")
    sales_trend: SalesTrend | None = told("sales_trend", "Where sales went over 7 days.")
    first_seen: date | None = told("first_seen", "The day on which the provider first saw it; near its listing.")
    last_seen: date | None = told(
        "last_seen", "The day on which the provider last saw it. Told by lists of EchoTik v3, else null: no call."
    )
    skus: list[Sku] | None = told("skus", "Its variants, priced in the market's currency.")
    options: list[ProductOption] | None = told("options", "What a buyer chooses.")
    categories: list[CategoryNode] | None = leveled(
        resolve.LEVELS, "Its categories from level 1 to 3, as far as known. Their names cost a call for each level."
    )
    performance: ProductPerformance | None = windowed("What it did in a window. All windows share one row.")
    trend: list[ProductTrendPoint] | None = dated(
        resolve.TREND,
        "Day by day, oldest first; 30 days unless asked otherwise. Only days that were received are given. Ten days in "
        "one stretch share a call; past days are asked once.",
    )
    seller: SellerNode | None = linked(
        "seller_id", "Seller", "The shop that lists it. Its id costs no call of its own."
    )
    influencers: ProductInfluencerConnection | None = listed(
        resolve.INFLUENCERS,
        "Influencers who sell it, with their units and GMV of it. Ten rows share a call.",
        Argument("sort", ProductInfluencerSort | None, "Without it: most followers first."),
    )
    videos: ProductVideoConnection | None = listed(
        resolve.VIDEOS,
        "Videos that show it. Ten rows share a call.",
        Argument("sort", ProductVideoSort | None, "Without it: most views first."),
        Argument("posted", DateRange | None, "Posted on these days (UTC). EchoTik v3 alone."),
        Argument("influencer", strawberry.ID | None, "By this influencer. EchoTik v3 alone.", kind="Influencer"),
    )
    lives: ProductLiveConnection | None = listed(
        resolve.LIVES,
        "Lives that showed it. Ten rows share a call.",
        Argument("sort", ProductLiveSort | None, "Without it: most viewers at one moment first."),
        Argument("started", DateRange | None, "Begun on these days (UTC). EchoTik v3 alone."),
    )
    reviews: ReviewConnection | None = answered(
        resolve.reviews,
        "Reviews that the provider has collected, ten a call; with `live` all of them, read from TikTok now, page by "
        "page at 2 credits a call. EchoTik v3 alone.",
        Argument("rating", IntRange | None, "Stars within this range, 0 to 5. Not with `live`."),
        Argument("live", bool, "Whether to read TikTok now. The market is the product's own.", False),
        FIRST,
        AFTER,
        reason="a live read needs the market, a fact of the product",
        asks=(resolve.REVIEWS.capability, resolve.LIVE_REVIEWS.capability),
        price=resolve.reviews_price,
    )
    realtime: RealtimeProduct | None = answered(
        resolve.realtime,
        "The product read from TikTok now: one call, 2 credits; kept for a minute. EchoTik v2 alone.",
        Argument(
            "region", Region | None, "The market to read it in; without it the product's own, which may cost a lookup."
        ),
        reason="its market is a fact of the product unless it is given",
        asks=("realtime.product",),
        price=resolve.realtime_price,
    )
