"""What the fields of a picture mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.record import Image
from loaders.session import Session


async def signed_url(image: Image, _arguments: Mapping[str, Any], session: Session) -> str | None:
    """An address at which the picture can be fetched, where a provider signs its host."""
    return await session.signed(image.url)
