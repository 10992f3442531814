"""What the asking client may spend, and has spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loaders.budget import Day
from loaders.session import Session
from upstream.errors import BadInput

MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Quota:
    """One client's credits on this UTC day."""

    client: str
    limit: int | None
    used: int
    remaining: int | None
    reset_at: datetime | None
    per_request: int


async def quota(_root: Any, _arguments: Mapping[str, Any], session: Session) -> Quota:
    """That of whoever asks."""
    client, budgets = session.operation.client, session.backend.budgets
    standing = await budgets.standing(client)
    return Quota(client, standing.limit, standing.used, standing.remaining, standing.resets_at, budgets.per_request)


async def by_day(quota: Quota, arguments: Mapping[str, Any], session: Session) -> list[Day]:
    """The last days, the oldest first."""
    days = arguments["days"]
    if not 1 <= days <= MOST_DAYS:
        raise BadInput("days", f"must be from 1 to {MOST_DAYS}")
    return await session.backend.budgets.days(quota.client, days)
