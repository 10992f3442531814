"""A video."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.field import attribute, linked, measured, told, windowed
from schema.image import Image
from schema.node import Sourced, entity
from schema.scalar import URL, BigInt
from schema.vocabulary import Region, Window

if TYPE_CHECKING:
    from schema.influencer import Influencer

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


@entity("A video that shows products, as the products that it shows tell of it.")
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
    influencer: InfluencerNode | None = linked("influencer_id", "Influencer", "Its author. The id costs no call.")
    engagement: VideoEngagement | None = windowed("What viewers did with it.")
    performance: VideoPerformance | None = windowed("What it sold.")
