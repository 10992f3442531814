"""A live: one broadcast."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import live as resolve
from schema.field import attribute, linked, listed, told
from schema.image import Image
from schema.node import Sourced, entity
from schema.page import Paged, Placed
from schema.scalar import BigInt
from schema.vocabulary import Region

if TYPE_CHECKING:
    from schema.influencer import Influencer
    from schema.product import ProductConnection

LiveNode = Annotated["Live", strawberry.lazy("schema.live")]
ProductsOfLive = Annotated["ProductConnection", strawberry.lazy("schema.product")]
InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]


@strawberry.type(description="A live in a list.")
class LiveEdge(Placed):
    node: LiveNode = attribute("node", "The live.")


@strawberry.type(description="Lives, page by page.")
class LiveConnection(Paged):
    edges: list[LiveEdge] = attribute("edges", "The rows.")
    nodes: list[LiveNode] = attribute("nodes", "The rows' lives.")


@entity(
    "A live shopping broadcast. Lists of products, sellers and influencers tell of it, each something else. No "
    "provider publishes a lookup: what the rows at hand do not tell is asked of a route that may not be there, ten "
    "lives a call, and of TikTok itself while the live is on air, 2 credits each; then it is null."
)
class Live(Sourced):
    room_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    title: str | None = told("title", "Its title. Told by lists of sellers and influencers.")
    cover: Image | None = told("cover", "Its cover.")
    region: Region | None = told("region", "The market that it was held in.")
    started_at: datetime | None = told("started_at", "When it began (UTC).")
    ended_at: datetime | None = told("ended_at", "When it ended (UTC). Told by lists of sellers and influencers.")
    duration_seconds: float | None = told("duration_seconds", "Its length. Told by lists of sellers and influencers.")
    views: BigInt | None = told("views", "Views.")
    peak_viewers: BigInt | None = told("peak_viewers", "Most viewers at one moment.")
    joins: BigInt | None = told("joins", "People who joined. Told by lists of sellers and influencers.")
    likes: BigInt | None = told("likes", "Likes. Told by lists of influencers.")
    comments: BigInt | None = told("comments", "Comments. Told by lists of influencers.")
    product_count: BigInt | None = told("product_count", "Products shown.")
    host_followers: BigInt | None = told("host_followers", "The host's followers. Told by lists of influencers.")
    units: BigInt | None = told("units", "Units sold in the whole live. Told by lists of sellers and influencers.")
    gmv: float | None = told("gmv_usd", "GMV of the whole live, US dollars. Told by lists of sellers and influencers.")
    influencer: InfluencerNode | None = linked("influencer_id", "Influencer", "Its host. The id costs no call.")
    products: ProductsOfLive | None = listed(
        resolve.PRODUCTS,
        "The products that it shows, of a route that no provider publishes and that may not be there. Ten rows share a "
        "call; a row tells little more than the id.",
    )
