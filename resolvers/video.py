"""What the fields of a video and the roots about videos mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.graph import Entity
from entities.vocabulary import VideoSortField
from loaders.cost import Estimator, Path, Place
from loaders.listing import Connection, Listing, connection, known_list, slice_of
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from upstream.errors import BadInput

UNNAMED = "user"
"""Stands for a handle that nobody told: TikTok leads to the video by its id."""

VIDEOS = Listing("video.list", order=VideoSortField, categories=("filter.productCategory",))
PRODUCTS = Listing("video.product.list", "video")
COMMENTS = Listing("realtime.video.comments", "video")
RANKING = Listing("video.ranklist", categories=("productCategory",))
TREND = Series("video.trend", "video")


async def products(entity: Entity, arguments: Mapping[str, Any], session: Session) -> Connection:
    """The products that the video's own row names, or where it names none, those of the list that has them; looking
    up more of a product costs one call for ten.
    """
    keys = await session.learn(entity, "product_ids")
    first, after = arguments.get("first"), arguments.get("after")
    if keys is None and await session.learn(entity, "sells_products") is not False:
        return await connection(session, PRODUCTS, {}, first, after, entity)
    return known_list(session, "Product", keys or [], f"video.products {entity.id}", first, after)


async def download_url(entity: Entity, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """A fresh address of the file, by the video's own page; None where TikTok has no such video."""
    author = await session.learn(entity, "influencer_id")
    handle = None if author is None else await session.learn(session.entity("Influencer", author), "handle")
    page = f"https://www.tiktok.com/@{handle or UNNAMED}/video/{entity.id}"
    try:
        read = await session.read("realtime.video.download_url", {"url": page})
    except BadInput:  # how a page that is not there is answered
        return None
    return next((file.url for file in read.values), None)


async def products_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The video's row, and where that may name no products the list that has them."""
    brought = await asking.facts(place, ("product_ids", "sells_products"), path)
    rows = slice_of(arguments.get("first"), None)
    open_ = [crowd for crowd in place.crowds if not isinstance(crowd.reads("product_ids"), list)]
    unsure = [crowd for crowd in open_ if crowd.reads("sells_products") is not False]
    listed = await asking.listed(place._replace(crowds=unsure), PRODUCTS, arguments, path)
    named = place._replace(crowds=[crowd for crowd in place.crowds if crowd not in open_])
    known = asking.linked(named, "product_ids", "Product", brought)
    return Place([*known.crowds[: rows.length * len(named.crowds)], *listed.crowds], known.brought + listed.brought)


async def download_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """The author's handle, and one live read each."""
    brought = await asking.facts(place, ("influencer_id",), path)
    authors = asking.linked(place, "influencer_id", "Influencer", brought)
    await asking.facts(authors, ("handle",), path)
    return await asking.read(place, "realtime.video.download_url", None, "video", path)


async def video_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """Which videos were viewed, or sold, most in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])
