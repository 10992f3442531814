"""A video."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import video as resolve
from schema.field import (
    AFTER,
    FIRST,
    answered,
    attribute,
    dated,
    edge_fact,
    linked,
    linked_all,
    listed,
    measured,
    named,
    read_live,
    told,
    windowed,
)
from schema.image import Image
from schema.node import Sourced, entity
from schema.page import Paged, Placed, Sold
from schema.scalar import URL, BigInt
from schema.vocabulary import Region, Window

if TYPE_CHECKING:
    from schema.category import Category
    from schema.influencer import Influencer
    from schema.product import ProductConnection

VideoNode = Annotated["Video", strawberry.lazy("schema.video")]
ProductsOfVideo = Annotated["ProductConnection", strawberry.lazy("schema.product")]
CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]


@strawberry.type(description="What viewers did with a video: the level for all time, what was gained in a window.")
class VideoEngagement:
    window: Window = attribute("window", "The window asked for.")
    views: BigInt | None = measured("views", "Views.")
    likes: BigInt | None = measured("likes", "Likes.")
    comments: BigInt | None = measured("comments", "Comments.")
    shares: BigInt | None = measured("shares", "Shares.")
    favorites: BigInt | None = measured("favorites", "Saves; null where unknown.")


@strawberry.type(description="What a video sold, as the provider estimates it.")
class VideoPerformance:
    window: Window = attribute("window", "The window asked for.")
    units: BigInt | None = measured("units", "Units sold.")
    gmv: float | None = measured("gmv_usd", "GMV, US dollars.")


@strawberry.type(description="One day of a video: running totals at its end.")
class VideoTrendPoint:
    date: date = attribute("day", "The day (UTC).")
    views: BigInt | None = attribute("views", "Views.")
    likes: BigInt | None = attribute("likes", "Likes.")
    comments: BigInt | None = attribute("comments", "Comments.")
    shares: BigInt | None = attribute("shares", "Shares.")
    favorites: BigInt | None = attribute("favorites", "Saves; null where unknown.")
    units: BigInt | None = attribute("units", "Units sold.")
    gmv: float | None = attribute("gmv_usd", "GMV, US dollars.")


@strawberry.type(description="What is said in a video, in one language.")
class Caption:
    language: str | None = attribute("language", 'The language, as TikTok writes it: "eng-US".')
    vtt: str = attribute("vtt", "WebVTT, with times.")
    text: str = attribute("text", "The words alone, a line for each cue.")


@strawberry.type(description="A comment on a video.")
class Comment:
    comment_id: strawberry.ID = attribute("id", "TikTok's id of it.")
    text: str | None = attribute("text", "What was written.")
    author: InfluencerNode | None = named(
        "author_id", "Influencer", "Who wrote it: any account, so that a provider may know no more than its name."
    )
    posted_at: datetime | None = attribute("posted_at", "When it was written (UTC).")
    likes: BigInt | None = attribute("likes", "Likes.")
    reply_count: BigInt | None = attribute("reply_count", "Replies to it.")


@strawberry.type(description="A comment in a list.")
class CommentEdge(Placed):
    node: Comment = attribute("node", "The comment.")


@strawberry.type(description="Comments, page by page.")
class CommentConnection(Paged):
    edges: list[CommentEdge] = attribute("edges", "The rows.")
    nodes: list[Comment] = attribute("nodes", "The rows' comments.")


@strawberry.type(description="A video in a list.")
class VideoEdge(Placed):
    node: VideoNode = attribute("node", "The video.")


@strawberry.type(description="Videos, page by page.")
class VideoConnection(Paged):
    edges: list[VideoEdge] = attribute("edges", "The rows.")
    nodes: list[VideoNode] = attribute("nodes", "The rows' videos.")


@strawberry.type(description="A video's place in a ranking, with what the ranking's period added.")
class VideoRankEdge(Sold):
    rank: int = attribute("rank", "Its place, from 1.")
    views: BigInt | None = edge_fact("views", "Views added in the period.")
    likes: BigInt | None = edge_fact("likes", "Likes added in the period.")
    comments: BigInt | None = edge_fact("comments", "Comments added in the period.")
    shares: BigInt | None = edge_fact("shares", "Shares added in the period.")
    favorites: BigInt | None = edge_fact("favorites", "Saves added in the period.")
    node: VideoNode = attribute("node", "The video. More than the ranking's rows tell costs a call for ten.")


@strawberry.type(description="Videos by rank, page by page.")
class VideoRanking(Paged):
    date: date = attribute("day", "The day, the week's Monday, or the month's 1st that is ranked.")
    edges: list[VideoRankEdge] = attribute("edges", "The rows, best first.")
    nodes: list[VideoNode] = attribute("nodes", "The rows' videos.")


@entity(
    "A video. What the row at hand tells costs nothing; the first other fact costs its share of a call that looks up "
    "ten, and brings all the rest."
)
class Video(Sourced):
    video_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    caption: str | None = told("caption", "What its author wrote under it.")
    hashtags: list[str] | None = told("hashtags", "Its hashtags, without #.")
    posted_at: datetime | None = told("posted_at", "When it was posted (UTC).")
    duration_seconds: float | None = told("duration_seconds", "Its length. EchoTik v2 does not tell it.")
    region: Region | None = told("region", "The market that it was posted in.")
    cover: Image | None = told("cover", "Its cover.")
    play_url: URL | None = told("play_url", "Where it plays. TikTok signs it for hours, so it may have expired.")
    width: int | None = told("width", "Pixels.")
    height: int | None = told("height", "Pixels.")
    size_bytes: BigInt | None = told("size_bytes", "Size of the file.")
    resolution: str | None = told("resolution", 'Its label: "540p".')
    sold_categories: list[CategoryNode] | None = linked_all(
        "sold_category_ids", "Category", "What it sells, most first."
    )
    is_ad: bool | None = told("is_ad", "Whether it is promoted as an ad.")
    made_by_ai: bool | None = told("made_by_ai", "Whether it was made by AI.")
    sells_products: bool | None = told("sells_products", "Whether it sells a product.")
    influencer: InfluencerNode | None = linked("influencer_id", "Influencer", "Its author. The id costs no call.")
    engagement: VideoEngagement | None = windowed("What viewers did with it.")
    performance: VideoPerformance | None = windowed("What it sold.")
    trend: list[VideoTrendPoint] | None = dated(
        resolve.TREND,
        "Day by day, oldest first; 30 days unless asked otherwise. Ten days in one stretch share a call.",
    )
    products: ProductsOfVideo | None = answered(
        resolve.products,
        "The products that it shows, as its own row names them: no call beyond the video's; more costs one for ten.",
        FIRST,
        AFTER,
        reason="the ids stand in the video's row, so the list needs no pages",
        asks=(resolve.PRODUCTS.capability,),
        price=resolve.products_price,
    )
    captions: list[Caption] | None = read_live(
        "realtime.video.captions",
        "video",
        "What is said in it, a text for each language, read from TikTok now: one call, 2 credits. EchoTik v3 alone.",
    )
    comments: CommentConnection | None = listed(
        resolve.COMMENTS, "Comments, read from TikTok now: 20 share a call, 2 credits. EchoTik v3 alone."
    )
    download_url: URL | None = answered(
        resolve.download_url,
        "A fresh address of its file, for a short time: one live read, 2 credits, by the page of its author, whose "
        "handle may cost a lookup. EchoTik v3 alone.",
        reason="asked for by the address of the video's page",
        asks=(resolve.DOWNLOAD,),
        price=resolve.download_price,
    )
