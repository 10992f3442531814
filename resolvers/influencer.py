"""What the fields of an influencer and the roots about influencers mean."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from entities.graph import Entity
from entities.vocabulary import InfluencerProductSortField, InfluencerSortField, InfluencerVideoSortField
from loaders.cost import Estimator, Path, Place
from loaders.listing import Connection, Listing
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list
from resolvers.node import find, found_price
from upstream.errors import BadInput

INFLUENCERS = Listing("influencer.list", order=InfluencerSortField, categories=("filter.productCategory",))
PRODUCTS = Listing(
    "influencer.product.list",
    "influencer",
    InfluencerProductSortField,
    count="product_count",
    categories=("category",),
)
VIDEOS = Listing("influencer.video.list", "influencer", InfluencerVideoSortField)
LIVES = Listing("influencer.live.list", "influencer")
RANKING = Listing("influencer.ranklist")
TREND = Series("influencer.trend", "influencer")

LONGEST_HANDLE = 64


async def influencer(_root: Any, arguments: Mapping[str, Any], session: Session) -> Entity | None:
    """An influencer by id or by handle: exactly one of the two."""
    key, handle = arguments.get("id"), arguments.get("handle")
    if (key is None) == (handle is None):
        raise BadInput("id", "give either id or handle")
    if key is not None:
        return await find(session, "id", key, "Influencer")
    return await by_handle(session, "handle", str(handle))


def by_handles(_root: Any, arguments: Mapping[str, Any], session: Session) -> list[Awaitable[Entity | None]]:
    """Influencers by their handles, in the order asked, each on its own."""
    handles: Sequence[str] = arguments["handles"]
    return [by_handle(session, f"handles[{index}]", handle) for index, handle in enumerate(handles)]


async def by_handle(session: Session, argument: str, text: str) -> Entity | None:
    """The influencer of a handle: without @, and matched without case."""
    return await session.by_handle("Influencer", parse_handle(argument, text))


def parse_handle(argument: str, text: str) -> str:
    """A handle as it is looked up; raises BadInput where it is none."""
    handle = text.strip().removeprefix("@").lower()
    if not 1 <= len(handle) <= LONGEST_HANDLE or any(char in " ,/?#&" for char in handle):
        raise BadInput(argument, f"must be a handle of 1 to {LONGEST_HANDLE} characters")
    return handle


async def influencer_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """One lookup, by id or by handle."""
    if arguments.get("id") is not None:
        return await found_price(asking, [arguments["id"]], "Influencer", path)
    return await handles_price(asking, place, {"handles": [str(arguments.get("handle"))]}, path)


async def handles_price(asking: Estimator, _place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """Lookups by handle, ten a call; a malformed handle takes none."""
    handles = []
    for text in arguments["handles"]:
        with suppress(BadInput):
            handles.append(parse_handle("handles", text))
    return await asking.by_handles("Influencer", handles, path)


async def influencer_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """Which influencers gained most followers, or sold most, in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])
