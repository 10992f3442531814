"""What the fields of a picture mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.record import Image
from loaders.cost import Estimator, Path, Place
from loaders.session import Session


async def signed_url(image: Image, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """An address at which the picture can be fetched, where a provider signs its host."""
    return await session.signed(image.url)


async def signed_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """Each picture is signed once."""
    await asking.signed(place, path)
    return place
