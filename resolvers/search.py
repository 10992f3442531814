"""What a search means: a call for each type that is asked for, one page of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from entities.graph import Entity
from entities.vocabulary import SearchType
from loaders.cost import ROOT, Estimator, Path, Place
from loaders.listing import Listing, connection, slice_of
from loaders.session import Session
from upstream.errors import BadInput

USUAL = (SearchType.PRODUCT, SearchType.SELLER, SearchType.INFLUENCER)
MOST_ROWS = 30
LISTINGS = {kind: Listing(f"search.{kind.value.lower()}") for kind in SearchType}


async def search(_root: Any, arguments: Mapping[str, Any], session: Session) -> list[Entity]:
    """What the words find, grouped by type in the order asked; at most 30 of each, and no further page."""
    kinds = _kinds(arguments)
    rows = _rows(arguments)
    if "productSort" in arguments and SearchType.PRODUCT not in kinds:
        raise BadInput("productSort", "sorts products, which types leaves out")
    found = await asyncio.gather(
        *(connection(session, LISTINGS[kind], _given(kind, arguments), rows, None) for kind in kinds),
        return_exceptions=True,
    )
    entities: list[Entity] = []
    for outcome in found:
        if isinstance(outcome, BaseException):
            raise outcome
        entities += outcome.nodes
    return entities


async def search_price(asking: Estimator, _place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """A call for each type."""
    found = [
        await asking.listed(ROOT, LISTINGS[kind], {**_given(kind, arguments), "first": _rows(arguments)}, path)
        for kind in _kinds(arguments)
    ]
    return Place([crowd for place in found for crowd in place.crowds], sum(place.brought for place in found))


def _kinds(arguments: Mapping[str, Any]) -> list[SearchType]:
    return list(dict.fromkeys(arguments.get("types", USUAL)))


def _rows(arguments: Mapping[str, Any]) -> int:
    return min(slice_of(arguments.get("first"), None).length, MOST_ROWS)


def _given(kind: SearchType, arguments: Mapping[str, Any]) -> dict[str, Any]:
    names = ["text", "region", "exact", *(["productSort"] if kind is SearchType.PRODUCT else [])]
    return {name: arguments[name] for name in names if name in arguments}
