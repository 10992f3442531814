"""What was sold through videos and lives in a window; products and influencers share it."""

from __future__ import annotations

import strawberry

from schema.field import measured
from schema.scalar import BigInt


@strawberry.type(description="What videos did in the window.")
class VideoChannelPerformance:
    units: BigInt | None = measured("video_units", "Units sold through videos. EchoTik v3 tells it, v2 does not.")
    gmv: float | None = measured("video_gmv_usd", "GMV through videos, US dollars. Not told by EchoTik v2.")
    videos: BigInt | None = measured("videos", "Videos; in a window those that were added.")
    views: BigInt | None = measured("video_views", "Views of the videos; in a window those that were added.")
    influencers: BigInt | None = measured(
        "video_influencers", "Influencers who began to sell it by video in the window; null for all time."
    )
    products: BigInt | None = measured("video_products", "Products sold by video. Null for a product.")


@strawberry.type(description="What lives did in the window.")
class LiveChannelPerformance:
    units: BigInt | None = measured("live_units", "Units sold in lives. For all time EchoTik v3 alone tells it.")
    gmv: float | None = measured("live_gmv_usd", "GMV of lives, US dollars. For all time EchoTik v3 alone tells it.")
    sessions: BigInt | None = measured("live_sessions", "Lives; in a window those that were added.")
    influencers: BigInt | None = measured(
        "live_influencers", "Influencers who began to sell it live in the window; null for all time."
    )
