"""An influencer: an account that sells."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import influencer as resolve
from schema.argument import InfluencerProductSort, InfluencerVideoSort
from schema.field import (
    Argument,
    attribute,
    averaged,
    dated,
    edge_fact,
    itself,
    linked,
    linked_all,
    listed,
    measured,
    told,
    windowed,
)
from schema.image import Image
from schema.live import LiveConnection
from schema.measure import LiveChannelPerformance, VideoChannelPerformance
from schema.node import Sourced, entity
from schema.page import Paged, Placed, Sold
from schema.scalar import BigInt
from schema.video import VideoConnection
from schema.vocabulary import Region, SellingMode, Window

if TYPE_CHECKING:
    from schema.category import Category
    from schema.product import Product
    from schema.seller import Seller
    from schema.video import Video

CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]
ProductNode = Annotated["Product", strawberry.lazy("schema.product")]
SellerNode = Annotated["Seller", strawberry.lazy("schema.seller")]
VideoNode = Annotated["Video", strawberry.lazy("schema.video")]


@strawberry.type(description="An audience: the level for all time, what was gained in a window (may be negative).")
class InfluencerAudience:
    window: Window = attribute("window", "The window asked for.")
    followers: BigInt | None = measured("followers", "Followers.")
    likes: BigInt | None = measured("likes", "Likes of all videos.")
    views: BigInt | None = measured("views", "Views of all videos; told for all time.")
    comments: BigInt | None = measured("comments", "Comments on all videos; told for all time.")
    shares: BigInt | None = measured("shares", "Shares of all videos; told for all time.")


@strawberry.type(description="What an influencer sold in a window. Most is told for all time or for 30 days.")
class InfluencerPerformance:
    window: Window = attribute("window", "The window asked for.")
    units: BigInt | None = measured("units", "Units sold; told for all time.")
    gmv: float | None = measured("gmv_usd", "GMV, US dollars, as estimated; told for all time and for 30 days.")
    average_price: float | None = averaged()
    products: BigInt | None = measured("products", "Products sold; told for all time and for 30 days.")
    video: VideoChannelPerformance = itself("Through videos; told for 30 days.")
    live: LiveChannelPerformance = itself("In lives; told for 30 days.")


@strawberry.type(description="One day of an influencer.")
class InfluencerTrendPoint:
    date: date = attribute("day", "The day (UTC).")
    followers: BigInt | None = attribute("followers", "Followers at its end.")
    new_followers: BigInt | None = attribute("new_followers", "Followers gained on the day; may be negative.")
    likes: BigInt | None = attribute("likes", "Likes up to its end.")
    new_likes: BigInt | None = attribute("new_likes", "Likes of the day; may be negative.")
    views: BigInt | None = attribute("views", "Views up to its end.")
    comments: BigInt | None = attribute("comments", "Comments up to its end.")
    shares: BigInt | None = attribute("shares", "Shares up to its end.")
    videos: BigInt | None = attribute("videos", "Videos up to its end.")
    lives: BigInt | None = attribute("lives", "Lives up to its end.")
    units: BigInt | None = attribute("units", "Units sold on the day.")
    gmv: float | None = attribute("gmv_usd", "GMV of the day, US dollars.")


@strawberry.type(description="How many videos fall under a key.")
class Bucket:
    key: str = attribute("key", "The key, as the provider names it.")
    count: BigInt = attribute("count", "Videos.")


@strawberry.type(description="How an account posts. Keys that the provider leaves out had no video.")
class VideoHabits:
    by_length: list[Bucket] | None = told("video_lengths", 'By length: "15s", "15s-30s", "30s-60s", "1m-2m", "2m".')
    by_hour: list[Bucket] | None = told("video_hours", 'By hour of day, "00" to "23", in a time zone not documented.')
    by_weekday: list[Bucket] | None = told(
        "video_weekdays", 'By weekday, "1" to "7"; which day is 1 is not documented.'
    )


@strawberry.type(description="An influencer in a list.")
class InfluencerEdge(Placed):
    node: InfluencerNode = attribute("node", "The influencer.")


@strawberry.type(description="Influencers, page by page.")
class InfluencerConnection(Paged):
    edges: list[InfluencerEdge] = attribute("edges", "The rows.")
    nodes: list[InfluencerNode] = attribute("nodes", "The rows' influencers.")


@strawberry.type(description="A product that the influencer sells, with what it did with it by channel.")
class InfluencerProductEdge(Sold):
    videos: BigInt | None = edge_fact("videos", "Videos of it.")
    video_units: BigInt | None = edge_fact("video_units", "Units sold through them.")
    video_gmv: float | None = edge_fact("video_gmv_usd", "GMV through them, US dollars.")
    lives: BigInt | None = edge_fact("lives", "Lives with it.")
    live_units: BigInt | None = edge_fact("live_units", "Units sold in them.")
    live_gmv: float | None = edge_fact("live_gmv_usd", "GMV in them, US dollars.")
    node: ProductNode = attribute("node", "The product.")


@strawberry.type(
    description="Products of an influencer, page by page. An edge's units and GMV are those of videos and lives "
    "together, the showcase not included."
)
class InfluencerProductConnection(Paged):
    edges: list[InfluencerProductEdge] = attribute("edges", "The rows.")
    nodes: list[ProductNode] = attribute("nodes", "The rows' products.")


@strawberry.type(description="An influencer's place in a ranking, with what the ranking's period added.")
class InfluencerRankEdge(Sold):
    rank: int = attribute("rank", "Its place, from 1.")
    new_followers: BigInt | None = edge_fact("new_followers", "Followers gained in the period; often 0.")
    new_likes: BigInt | None = edge_fact("new_likes", "Likes gained in the period.")
    videos: BigInt | None = edge_fact("videos", "Videos posted in the period.")
    lives: BigInt | None = edge_fact("lives", "Lives held in the period.")
    products: BigInt | None = edge_fact("products", "Products added in the period.")
    node: InfluencerNode = attribute("node", "The influencer. More than the ranking's rows tell costs a call for ten.")


@strawberry.type(description="Influencers by rank, page by page.")
class InfluencerRanking(Paged):
    date: date = attribute("day", "The day, the week's Monday, or the month's 1st that is ranked.")
    edges: list[InfluencerRankEdge] = attribute("edges", "The rows, best first.")
    nodes: list[InfluencerNode] = attribute("nodes", "The rows' influencers.")


@entity(
    "An account that sells products by video or live. What the row at hand tells costs nothing; the first other fact "
    "costs its share of a call that looks up ten, and brings all the rest."
)
class Influencer(Sourced):
    user_id: strawberry.ID = attribute("id", "The upstream id, digits; it never changes.")
    handle: str | None = told("handle", "The account's handle, without @; it can change.")
    name: str | None = told("name", "Display name.")
    avatar: Image | None = told("avatar", "Profile picture.")
    region: Region | None = told("region", "The market of the account.")
    language: str | None = told("language", "Language code.")
    gender: str | None = told("gender", "Gender as told; in the US alone.")
    category: str | None = told("category", "What the account is about, in the provider's words.")
    bio: str | None = told("bio", "What it says of itself.")
    email: str | None = told("email", "Public e-mail address.")
    score: float | None = told("score", "The provider's e-commerce score, 0 to 10.")
    has_showcase: bool | None = told("has_showcase", "Whether it has a product showcase.")
    sells_products: bool | None = told("sells_products", "Whether it sells at all.")
    selling_mode: SellingMode | None = told("selling_mode", "How it sells.")
    closed: bool | None = told("closed", "Whether the account may be closed.")
    top_category: CategoryNode | None = linked("top_category_id", "Category", "What it sells most.")
    sold_categories: list[CategoryNode] | None = linked_all(
        "sold_category_ids", "Category", "What it sells, most first."
    )
    top_video: VideoNode | None = linked("top_video_id", "Video", "Its video of most views. The id costs no call.")
    average_views_30d: float | None = told("average_views_30d", "Mean views of a video of 30 days.", "averageViews30d")
    average_selling_video_views: float | None = told(
        "average_selling_video_views", "Mean views of a selling video of 30 days."
    )
    average_selling_video_views_7d: float | None = told(
        "average_selling_video_views_7d", "Mean views of a selling video of 7 days.", "averageSellingVideoViews7d"
    )
    video_habits: VideoHabits | None = itself("When it posts, and how long.")
    first_seen: date | None = told("first_seen", "The day on which the provider first saw it.")
    following_count: BigInt | None = told("following_count", "Accounts that it follows.")
    interaction_rate: float | None = told("interaction_rate", "Interactions over views, a fraction.")
    video_count: BigInt | None = told("video_count", "Videos posted.")
    live_count: BigInt | None = told("live_count", "Lives held.")
    live_view_count: BigInt | None = told(
        "live_view_count", "Views of all lives. Told where it is listed under a product, else null: no call."
    )
    product_count: BigInt | None = told("product_count", "Products that it promotes.")
    seller: SellerNode | None = linked("seller_id", "Seller", "The shop tied to the account, if any.")
    audience: InfluencerAudience | None = windowed("Who follows and watches it.")
    performance: InfluencerPerformance | None = windowed("What it sold in a window. All windows share one row.")
    trend: list[InfluencerTrendPoint] | None = dated(
        resolve.TREND,
        "Day by day, oldest first; 30 days unless asked otherwise. Ten days in one stretch share a call.",
    )
    products: InfluencerProductConnection | None = listed(
        resolve.PRODUCTS,
        "What it sells. Ten rows share a call. UNITS and GMV sort by the products' own totals.",
        Argument("sort", InfluencerProductSort | None, "Without it: the product's own units, most first."),
        Argument("category", strawberry.ID | None, "Within this level 1 category.", kind="Category"),
        Argument("window", Window | None, "What the edges cover. Without it: all time; a shorter one is told by few."),
    )
    videos: VideoConnection | None = listed(
        resolve.VIDEOS,
        "Its videos. Ten rows share a call.",
        Argument("sort", InfluencerVideoSort | None, "Without it: most views first."),
        Argument("product", strawberry.ID | None, "Only those that show this product.", kind="Product"),
    )
    lives: LiveConnection | None = listed(
        resolve.LIVES, "Its lives, as the provider orders them. Ten rows share a call."
    )
