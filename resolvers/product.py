"""What the fields of a product and the roots about products mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.graph import Entity
from entities.vocabulary import (
    CategoryLevel,
    ProductInfluencerSortField,
    ProductLiveSortField,
    ProductSortField,
    ProductVideoSortField,
    RankPeriod,
    Region,
)
from loaders.listing import Connection, Listing
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from upstream.errors import BadInput

PRODUCTS = Listing("product.list", order=ProductSortField)
INFLUENCERS = Listing("product.influencer.list", "product", ProductInfluencerSortField, count="influencers")
VIDEOS = Listing("product.video.list", "product", ProductVideoSortField, count="videos")
LIVES = Listing("product.live.list", "product", ProductLiveSortField, count="live_sessions")
REVIEWS = Listing("product.comment", "product")
RANKING = Listing("product.ranklist")
NEW_RANKING = Listing("product.ranklist.new")
TREND = Series("product.trend", "product", first_seen="first_seen")

LEVELS = {
    CategoryLevel.L1: "category_l1_id",
    CategoryLevel.L2: "category_l2_id",
    CategoryLevel.L3: "category_l3_id",
}


async def realtime(entity: Entity, arguments: Mapping[str, Any], session: Session) -> Any:
    """The product as TikTok shows it now; in its own market unless another is asked for."""
    region = arguments.get("region")
    session.backend.catalog.route("realtime.product", {"product": entity.id, "region": region or Region.US})
    region = region or await session.learn(entity, "region")
    if region is None:
        raise BadInput("region", "must be given: the product's own market is not known")
    return await session.lookup("realtime.product", {"product": entity.id, "region": region})


async def product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """What sold best, or was sold by most, in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])


async def new_product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """New products of a day by what it brought them."""
    return await ranked_list(NEW_RANKING, arguments, session, RankPeriod.DAY)
