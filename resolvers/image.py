"""What the fields of a picture mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from entities.record import Image
from loaders.cost import Estimator, Path, Place
from loaders.session import Session

Addressing = Callable[[str, str], Awaitable[str | None]]
"""Gives the address of this server that leads to a picture, for a client; None where it has none."""

ADDRESSING: ContextVar[Addressing | None] = ContextVar("addressing", default=None)
"""How the running request is told of pictures: by the address at which it reached this server."""


async def signed_url(image: Image, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """An address at which the picture can be fetched, where a provider signs its host."""
    return await session.signed(image.url)


async def signed_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """Each picture is signed once."""
    await asking.signed(place, path)
    return place


async def stable_url(image: Image, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """An address of this server that leads to the picture, whenever it is asked."""
    address = ADDRESSING.get()
    return None if address is None else await address(image.url, session.operation.client)
