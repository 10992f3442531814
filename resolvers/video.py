"""What the fields of a video and the roots about videos mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.graph import Entity
from entities.vocabulary import VideoSortField
from loaders.listing import Connection, Listing, known_list
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from upstream.errors import CapabilityUnavailable

VIDEOS = Listing("video.list", order=VideoSortField)
RANKING = Listing("video.ranklist")
TREND = Series("video.trend", "video")


async def products(entity: Entity, arguments: Mapping[str, Any], session: Session) -> Connection:
    """The products that the video's own row names; looking up more of them costs one call for ten."""
    keys = await session.learn(entity, "product_ids")
    if keys is None and session.backend.catalog.supplier("Video", "product_ids") is None:
        raise CapabilityUnavailable("video.products: no configured provider tells them")
    mark = f"video.products {entity.id}"
    return known_list(session, "Product", keys or [], mark, arguments.get("first"), arguments.get("after"))


async def video_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """Which videos were viewed, or sold, most in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])
