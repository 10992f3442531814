"""A seller: a shop on TikTok Shop."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import seller as resolve
from resolvers.product import LEVELS
from schema.argument import (
    SellerInfluencerSort,
    SellerLiveSort,
    SellerProductSort,
    SellerVideoSort,
)
from schema.field import (
    Argument,
    attribute,
    averaged,
    dated,
    edge_fact,
    leveled,
    linked,
    linked_all,
    listed,
    measured,
    told,
    windowed,
)
from schema.image import Image
from schema.live import LiveConnection
from schema.node import Sourced, entity
from schema.page import Paged, Placed, Sold
from schema.product import ProductConnection
from schema.scalar import URL, BigInt
from schema.video import VideoConnection
from schema.vocabulary import Region, SalesChannel, SalesTrend, SellerOrigin, Window

if TYPE_CHECKING:
    from schema.category import Category
    from schema.influencer import Influencer

CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]
SellerNode = Annotated["Seller", strawberry.lazy("schema.seller")]


@strawberry.type(description="What a shop did in a window. 15 and 60 days are told by nobody.")
class SellerPerformance:
    window: Window = attribute("window", "The window asked for.")
    units: BigInt | None = measured("units", "Units sold.")
    gmv: float | None = measured("gmv_usd", "GMV, US dollars, as the provider estimates it.")
    average_price: float | None = averaged()
    conversion_rate: float | None = measured(
        "conversion_rate", "Buyers over visitors, a fraction. Not told by EchoTik."
    )


@strawberry.type(description="One day of a shop.")
class SellerTrendPoint:
    date: date = attribute("day", "The day (UTC).")
    units: BigInt | None = attribute("units", "Units sold on the day.")
    gmv: float | None = attribute("gmv_usd", "GMV of the day, US dollars.")
    total_units: BigInt | None = attribute("total_units", "Units sold up to its end.")
    total_gmv: float | None = attribute("total_gmv_usd", "GMV up to its end, US dollars.")
    products: BigInt | None = attribute("products", "Products ever listed, up to its end.")
    active_products: BigInt | None = attribute("active_products", "Products on sale at its end.")
    videos: BigInt | None = attribute("videos", "Videos up to its end.")
    video_influencers: BigInt | None = attribute("video_influencers", "Influencers who sell by video, up to its end.")
    lives: BigInt | None = attribute("lives", "Lives up to its end.")
    live_influencers: BigInt | None = attribute("live_influencers", "Influencers who sell live, up to its end.")


@strawberry.type(description="A shop in a list.")
class SellerEdge(Placed):
    node: SellerNode = attribute("node", "The shop.")


@strawberry.type(description="Shops, page by page.")
class SellerConnection(Paged):
    edges: list[SellerEdge] = attribute("edges", "The rows.")
    nodes: list[SellerNode] = attribute("nodes", "The rows' shops.")


@strawberry.type(
    description="An influencer who sells for the shop. Units and GMV are given as the provider tells them: it does not "
    "say clearly whether they are for this shop alone or the influencer's total."
)
class SellerInfluencerEdge(Sold):
    node: InfluencerNode = attribute("node", "The influencer.")


@strawberry.type(description="Influencers of a shop, page by page.")
class SellerInfluencerConnection(Paged):
    edges: list[SellerInfluencerEdge] = attribute("edges", "The rows.")
    nodes: list[InfluencerNode] = attribute("nodes", "The rows' influencers.")


@strawberry.type(description="A shop's place in a ranking, with what the ranking's period added.")
class SellerRankEdge(Sold):
    rank: int = attribute("rank", "Its place, from 1.")
    influencers: BigInt | None = edge_fact("influencers", "Influencers added in the period.")
    videos: BigInt | None = edge_fact("videos", "Videos added in the period.")
    lives: BigInt | None = edge_fact("lives", "Lives added in the period.")
    products: BigInt | None = edge_fact("products", "Products added in the period; null where the provider has 0.")
    node: SellerNode = attribute("node", "The shop. More than the ranking's rows tell costs a call for each shop.")


@strawberry.type(description="Shops by rank, page by page.")
class SellerRanking(Paged):
    date: date = attribute("day", "The day, the week's Monday, or the month's 1st that is ranked.")
    edges: list[SellerRankEdge] = attribute("edges", "The rows, best first.")
    nodes: list[SellerNode] = attribute("nodes", "The rows' shops.")


@entity(
    "A shop on TikTok Shop. What the row at hand tells costs nothing; the first other fact costs one call for it, and "
    "brings all the rest."
)
class Seller(Sourced):
    seller_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    name: str | None = told("name", "Its name.")
    region: Region | None = told("region", "The market that it sells in.")
    url: URL | None = told("url", "Its page; EchoTik tells none so far.")
    logo: Image | None = told("logo", "Its logo.")
    origin: SellerOrigin | None = told("origin", "Where it sells from.")
    rating: float | None = told("rating", "Its rating, 0 to 5.")
    average_price: float | None = told("average_price_usd", "Mean over its SKUs, US dollars.")
    product_count: BigInt | None = told("product_count", "Products ever listed, removed ones included.")
    active_product_count: BigInt | None = told("active_product_count", "Products on sale.")
    influencer_count: BigInt | None = told("influencer_count", "Influencers who sell for it.")
    video_count: BigInt | None = told("video_count", "Videos that show its products.")
    live_count: BigInt | None = told("live_count", "Lives that showed its products.")
    main_channel: SalesChannel | None = told("main_channel", "Through what it mainly sells; null where unknown.")
    sales_trend: SalesTrend | None = told("sales_trend", "Where its sales went over 7 days.")
    first_seen: date | None = told("first_seen", "The day on which the provider first saw it.")
    top_category: CategoryNode | None = linked("top_category_id", "Category", "What it sells most.")
    categories: list[CategoryNode] | None = leveled(LEVELS, "The shop's own categories from level 1 to 3.")
    sold_categories: list[CategoryNode] | None = linked_all(
        "sold_category_ids", "Category", "What it sells, most first."
    )
    review_count: BigInt | None = told("review_count", "Reviews of the shop.")
    follower_count: BigInt | None = told("follower_count", "Followers of the shop.")
    positive_feedback_rate: float | None = told("positive_feedback_rate", "Share of good reviews, as told.")
    response_rate: float | None = told("response_rate", "Share of messages answered, as told.")
    account: InfluencerNode | None = linked("account_id", "Influencer", "The shop's own TikTok account.")
    performance: SellerPerformance | None = windowed("What it did in a window. All windows share one row.")
    trend: list[SellerTrendPoint] | None = dated(
        resolve.TREND,
        "Day by day, oldest first; 30 days unless asked otherwise. Ten days in one stretch share a call.",
    )
    products: ProductConnection | None = listed(
        resolve.PRODUCTS,
        "What it sells, as full rows. Ten rows share a call.",
        Argument("sort", SellerProductSort | None, "Without it: most units sold ever first."),
    )
    influencers: SellerInfluencerConnection | None = listed(
        resolve.INFLUENCERS,
        "Who sells for it. Ten rows share a call.",
        Argument("sort", SellerInfluencerSort | None, "Without it: most followers first."),
    )
    videos: VideoConnection | None = listed(
        resolve.VIDEOS,
        "Videos that show its products. Ten rows share a call.",
        Argument("sort", SellerVideoSort | None, "Without it: most views first."),
    )
    lives: LiveConnection | None = listed(
        resolve.LIVES,
        "Lives that showed its products. Ten rows share a call.",
        Argument("sort", SellerLiveSort | None, "Without it: most views first."),
    )
