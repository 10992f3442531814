"""What the fields of a video and the roots about videos mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from entities.graph import Entity
from entities.vocabulary import VideoSortField
from loaders.cost import Crowd, Estimator, Path, Place
from loaders.listing import Connection, Listing, connection, known_list
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from upstream.errors import BadInput

DOWNLOAD = "realtime.video.download_url"
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
    if keys is None and await session.learn(entity, "sells_products") is not False:
        return await connection(session, PRODUCTS, {}, arguments.get("first"), arguments.get("after"), entity)
    return _named(entity, keys or [], arguments, session)


def _named(entity: Entity, keys: Sequence[str], arguments: Mapping[str, Any], session: Session) -> Connection:
    """The products that the video's row names."""
    mark = f"video.products {entity.id}"
    return known_list(session, "Product", keys, mark, arguments.get("first"), arguments.get("after"))


async def download_url(entity: Entity, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """A fresh address of the file, by the video's own page; None where TikTok has no such video."""
    author = await session.learn(entity, "influencer_id")
    handle = None if author is None else await session.learn(session.entity("Influencer", author), "handle")
    try:
        read = await session.read(DOWNLOAD, {"url": _page_of(entity, handle)})
    except BadInput:  # how a page that is not there is answered
        return None
    return next((file.url for file in read.values), None)


def _page_of(video: Entity, handle: str | None) -> str:
    """The address of a video's own page."""
    return f"https://www.tiktok.com/@{handle or UNNAMED}/video/{video.id}"


async def products_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The video's row, and where that may name no products the list that has them."""
    brought = await asking.facts(place, ("product_ids", "sells_products"), path)
    unsure: list[Crowd] = []
    shown: list[Crowd] = []
    for crowd in place.crowds:
        keys = crowd.reads("product_ids")
        if isinstance(keys, list) and crowd.entity is not None:
            found = _named(crowd.entity, keys, arguments, asking.session).nodes
            shown += [Crowd(kind="Product", entity=product) for product in found]
        elif crowd.reads("sells_products") is not False:
            unsure.append(crowd)
    open_ = place._replace(crowds=unsure)
    if asking.session.catalog.serving(PRODUCTS.capability):
        listed = await asking.listed(open_, PRODUCTS, arguments, path)
    else:
        listed = asking.linked(open_, "product_ids", "Product")  # who has no such list names one product in the row
    return Place([*shown, *listed.crowds], listed.brought + brought)


async def download_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """The author's handle, and one live read each."""
    brought = await asking.facts(place, ("influencer_id",), path)
    authors = asking.linked(place, "influencer_id", "Influencer", brought)
    await asking.facts(authors, ("handle",), path)
    for crowd in place.crowds:
        author = crowd.reads("influencer_id")
        handle = asking.session.entity("Influencer", author).read("handle") if isinstance(author, str) else author
        if crowd.entity is None or handle is UNSET:
            await asking.read(place._replace(crowds=[crowd]), DOWNLOAD, None, path)
        else:
            await asking.called(DOWNLOAD, {"url": _page_of(crowd.entity, handle)}, path)
    return place


async def video_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """Which videos were viewed, or sold, most in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])
