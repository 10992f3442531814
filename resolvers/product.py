"""What the fields of a product and the roots about products mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from entities.category import CategoryRecord
from entities.graph import RECORDS, Entity
from entities.merge import best_first
from entities.part import Part
from entities.vocabulary import (
    CategoryLevel,
    ProductInfluencerSortField,
    ProductLiveSortField,
    ProductSortField,
    ProductVideoSortField,
    Rank,
    RankPeriod,
    Region,
)
from loaders.listing import Connection, Edge, Listing, ranking
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranking_periods, trend_days
from upstream.errors import BadInput

PRODUCTS = Listing("product.list", order=ProductSortField)
INFLUENCERS = Listing("product.influencer.list", "product", ProductInfluencerSortField, count="influencers")
VIDEOS = Listing("product.video.list", "product", ProductVideoSortField, count="videos")
LIVES = Listing("product.live.list", "product", ProductLiveSortField, count="live_sessions")
REVIEWS = Listing("product.comment", "product")
RANKING = Listing("product.ranklist")
NEW_RANKING = Listing("product.ranklist.new")
TREND = Series("product.trend", "product")

LEVELS = {
    CategoryLevel.L1: "category_l1_id",
    CategoryLevel.L2: "category_l2_id",
    CategoryLevel.L3: "category_l3_id",
}


async def trend(entity: Entity, arguments: Mapping[str, Any], session: Session) -> list[Any]:
    """The days that were received, oldest first."""
    today = session.backend.today
    asked = trend_days(arguments.get("from"), arguments.get("to"), arguments.get("days"), today)
    first_seen = entity.read("first_seen")
    return await session.days(TREND, entity.id, asked, first_seen or None) if asked is not None else []


async def realtime(entity: Entity, arguments: Mapping[str, Any], session: Session) -> Any:
    """The product as TikTok shows it now; in its own market unless another is asked for."""
    region = arguments.get("region")
    session.backend.catalog.route("realtime.product", {"product": entity.id, "region": region or Region.US})
    region = region or await session.learn(entity, "region")
    if region is None:
        raise BadInput("region", "must be given: the product's own market is not known")
    return await session.lookup("realtime.product", {"product": entity.id, "region": region})


async def categories(entity: Entity, arguments: Mapping[str, Any], session: Session) -> list[Entity] | None:
    """Level 1 to 3, as far as known; each tells its level without a call of its own."""
    for fact in LEVELS.values():
        await session.learn(entity, fact)
    keys = {level: entity.read(fact) or None for level, fact in LEVELS.items()}
    found = [category(entity, key, level) for level, key in keys.items() if key is not None]
    return found or None


def category(entity: Entity, key: str, level: CategoryLevel) -> Entity:
    """A category that a row of this entity names, with the level that its column tells."""
    named = entity.refer("Category", key)
    if not named.parts and entity.parts:
        teller = best_first(entity.parts.values(), RECORDS[entity.type], 0)[0].stamp
        named.absorb(Part(CategoryRecord(id=key, level=level), msgspec.structs.replace(teller, rank=Rank.RELATION)))
    return named


async def product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """What sold best, or was sold by most, in a day, week or month."""
    return await _ranking(RANKING, arguments, session, arguments["period"])


async def new_product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """New products of a day by what it brought them."""
    return await _ranking(NEW_RANKING, arguments, session, RankPeriod.DAY)


async def _ranking(listing: Listing, arguments: Mapping[str, Any], session: Session, kind: RankPeriod) -> Connection:
    given = {name: value for name, value in arguments.items() if name not in ("first", "after")}
    periods = ranking_periods(kind, arguments.get("date"), bool(arguments.get("latest")), session.backend.today)
    return await ranking(session, listing, given, periods, arguments.get("first"), arguments.get("after"))


def realtime_seller(value: Any, _arguments: Mapping[str, Any], session: Session) -> Entity | None:
    """The shop that a live read names."""
    return None if value.seller_id is None else session.entity("Seller", value.seller_id)


def live_category(edge: Edge, _arguments: Mapping[str, Any], session: Session) -> Entity | None:
    """The level 1 category that the row of a product in a live names."""
    key = edge.facts.category_id
    return None if key is None else category(edge.node, key, CategoryLevel.L1)
