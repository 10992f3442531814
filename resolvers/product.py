"""What the fields of a product and the roots about products mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

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
from loaders.cost import Crowd, Estimator, Path, Place
from loaders.listing import Connection, Listing, connection
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from resolvers.node import find, found_price
from upstream.errors import BadInput, CapabilityUnavailable

TIKTOK = "tiktok.com"
PRODUCT_PATH = re.compile(r"/(?:product|pdp)/(?:[^/]+/)?(?P<key>[0-9]{7,20})(?:/|\Z)")

PRODUCTS = Listing("product.list", order=ProductSortField)
INFLUENCERS = Listing("product.influencer.list", "product", ProductInfluencerSortField, count="influencers")
VIDEOS = Listing("product.video.list", "product", ProductVideoSortField, count="videos")
LIVES = Listing("product.live.list", "product", ProductLiveSortField, count="live_sessions")
REVIEWS = Listing("product.comment", "product")
LIVE_REVIEWS = Listing("realtime.product.comment", "product")
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
    region = arguments.get("region") or await _market(entity, "realtime.product", {}, session)
    if region is None:
        raise BadInput("region", "must be given: the product's own market is not known")
    read = await session.read("realtime.product", {"product": entity.id, "region": region})
    return next((replace(value, fetched_at=read.at) for value in read.values), None)


async def reviews(entity: Entity, arguments: Mapping[str, Any], session: Session) -> Connection:
    """Its reviews: those that the provider has collected, or all of them, as TikTok shows them now."""
    given = {name: value for name, value in arguments.items() if name == "rating"}
    first, after = arguments.get("first"), arguments.get("after")
    if not arguments.get("live"):
        return await connection(session, REVIEWS, given, first, after, entity)
    given["region"] = await _market(entity, LIVE_REVIEWS.capability, given, session)
    if given["region"] is None:
        raise CapabilityUnavailable(f"{LIVE_REVIEWS.capability}: the product's market is not known")
    return await connection(session, LIVE_REVIEWS, given, first, after, entity)


async def _market(entity: Entity, capability: str, given: Mapping[str, Any], session: Session) -> Region | None:
    """The product's own market, learned where it is not known; not before it is clear that the read is served."""
    session.catalog.route(capability, {**given, "product": entity.id, "region": Region.US})
    region: Region | None = await session.learn(entity, "region")
    return region


async def from_url(_root: Any, arguments: Mapping[str, Any], session: Session) -> Entity | None:
    """The product of an address: its id where the path holds one, else what the provider says it leads to."""
    address = arguments["url"]
    key = product_in(address) or await _extracted(address, session)
    return None if key is None else await find(session, "url", key, "Product")


def product_in(address: str) -> str | None:
    """The id in the path of a product's or a shop's page.

    Raises   BadInput where it is no address of TikTok
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not (host == TIKTOK or host.endswith(f".{TIKTOK}")):
        raise BadInput("url", f"must be an address of {TIKTOK}, beginning with https://")
    found = PRODUCT_PATH.search(parts.path)
    return found["key"] if found else None


async def _extracted(address: str, session: Session) -> str | None:
    read = await session.read("realtime.product.id", {"url": address.strip()})
    return next((value.id for value in read.values), None)


async def realtime_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """A live read each, and the product's own market where none is given."""
    if arguments.get("region") is None:
        await asking.facts(place, ("region",), path)

    def ask(product: Entity) -> Mapping[str, Any] | None:
        region = arguments.get("region") or product.read("region")
        return {"product": product.id, "region": region} if isinstance(region, Region) else None

    return await asking.read(place, "realtime.product", ask, path)


async def reviews_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The pages of one list; of a live one in the product's own market."""
    given = {name: value for name, value in arguments.items() if name != "live"}
    if not arguments.get("live"):
        return await asking.listed(place, REVIEWS, given, path)
    await asking.facts(place, ("region",), path)
    found = [
        await asking.listed(place._replace(crowds=[crowd]), LIVE_REVIEWS, {**given, "region": _region(crowd)}, path)
        for crowd in place.crowds
    ]
    return Place([crowd for listed in found for crowd in listed.crowds], sum(listed.brought for listed in found))


def _region(product: Crowd) -> Region:
    """The market of a product; any stands for one that is not known yet."""
    told = product.reads("region")
    return told if isinstance(told, Region) else Region.US


async def from_url_price(asking: Estimator, _place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The product's own lookup, and where the path holds no id what leads to it."""
    address = arguments["url"]
    key = product_in(address)
    if key is not None:
        return await found_price(asking, [key], "Product", path)
    return await asking.extracted("realtime.product.id", {"url": address.strip()}, "Product", path)


async def product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """What sold best, or was sold by most, in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])


async def new_product_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """New products of a day by what it brought them."""
    return await ranked_list(NEW_RANKING, arguments, session, RankPeriod.DAY)
