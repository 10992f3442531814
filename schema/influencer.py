"""An influencer: an account that sells."""

from __future__ import annotations

import strawberry

from schema.field import attribute, measured, told, windowed
from schema.image import Image
from schema.node import Sourced, entity
from schema.scalar import BigInt
from schema.vocabulary import Region, Window


@strawberry.type(
    description="An account's audience: the level for all time, what was gained in a window (may be negative)."
)
class InfluencerAudience:
    window: Window = attribute("window", "The window asked for.")
    followers: BigInt | None = measured("followers", "Followers.")
    likes: BigInt | None = measured("likes", "Likes of all videos.")
    views: BigInt | None = measured("views", "Views of all videos.")


@entity("An account that sells products by video or live, as the products that it sells tell of it.")
class Influencer(Sourced):
    user_id: strawberry.ID = attribute("id", "The upstream id, digits; it never changes.")
    name: str | None = told("name", "Display name.")
    avatar: Image | None = told("avatar", "Profile picture.")
    region: Region | None = told("region", "The market of the account.")
    category: str | None = told("category", "What the account is about, in the provider's words.")
    following_count: BigInt | None = told("following_count", "Accounts that it follows.")
    video_count: BigInt | None = told("video_count", "Videos posted.")
    live_count: BigInt | None = told("live_count", "Lives held.")
    live_view_count: BigInt | None = told("live_view_count", "Views of all lives.")
    audience: InfluencerAudience | None = windowed("Who follows and watches it.")
