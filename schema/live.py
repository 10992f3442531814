"""A live: one broadcast."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.field import attribute, linked, told
from schema.image import Image
from schema.node import Sourced, entity
from schema.scalar import BigInt
from schema.vocabulary import Region

if TYPE_CHECKING:
    from schema.influencer import Influencer

InfluencerNode = Annotated["Influencer", strawberry.lazy("schema.influencer")]


@entity("A live shopping broadcast, as the products that it showed tell of it.")
class Live(Sourced):
    room_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    cover: Image | None = told("cover", "Its cover.")
    region: Region | None = told("region", "The market that it was held in.")
    started_at: datetime | None = told("started_at", "When it began (UTC).")
    views: BigInt | None = told("views", "Views.")
    peak_viewers: BigInt | None = told("peak_viewers", "Most viewers at one moment.")
    product_count: BigInt | None = told("product_count", "Products shown.")
    influencer: InfluencerNode | None = linked("influencer_id", "Influencer", "Its host. The id costs no call.")
