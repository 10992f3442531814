"""Entities by their ids: what a root lookup proves."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import NamedTuple

from entities.graph import RECORDS, Entity
from loaders.cost import Estimator, Path, Place
from loaders.session import Session
from upstream.errors import BadInput

MOST_IDS = 500
"""More in one list refuse the operation before any call."""

DIGITS = re.compile(r"[0-9]{1,20}\Z")


class GlobalId(NamedTuple):
    type: str
    key: str


def parse(text: str, argument: str, kind: str | None = None) -> GlobalId:
    """An id as a client gives it: "Product:172…", or bare digits where the type is known.

    Raises   BadInput where it is malformed, or of another type than `kind`
    """
    named, colon, key = text.rpartition(":")
    if not DIGITS.match(key) or (colon and named not in RECORDS) or (not colon and kind is None):
        shape = f'"{kind}:<digits>" or 1 to 20 digits' if kind else '"<Type>:<digits>"'
        raise BadInput(argument, f"{_shown(text)} is not an id: {shape}")
    if kind is not None and named and named != kind:
        raise BadInput(argument, f"{_shown(text)} is not the id of a {kind}")
    return GlobalId(named or str(kind), key)


async def find(session: Session, argument: str, text: str, kind: str | None = None) -> Entity | None:
    """The entity of an id, None where it is unknown."""
    named = parse(text, argument, kind)
    entity = session.entity(*named)
    return entity if await session.exists(entity) else None


def find_all(
    session: Session, argument: str, texts: Sequence[str], kind: str | None = None
) -> list[Awaitable[Entity | None]]:
    """The entities of the ids, in their order, each on its own: what failed or is malformed raises in its place."""
    return [find(session, f"{argument}[{index}]", text, kind) for index, text in enumerate(texts)]


async def found_price(asking: Estimator, texts: Sequence[str], kind: str | None, path: Path) -> Place:
    """What it takes to find entities by their ids; a malformed one takes nothing."""
    keys: dict[str, list[str]] = {}
    for text in texts:
        with suppress(BadInput):
            named = parse(text, "id", kind)
            keys.setdefault(named.type, []).append(named.key)
    found = [await asking.exist(type_, asked, path) for type_, asked in keys.items()]
    return Place([crowd for place in found for crowd in place.crowds], sum(place.brought for place in found))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
