"""What a client may spend, and has spent."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers.quota import MOST_DAYS, by_day
from schema.field import Argument, attribute, stated
from schema.scalar import BigInt


@strawberry.type(description="What a client spent on a UTC day; an operation counts on the day on which it began.")
class QuotaDay:
    date: date = attribute("date", "The day (UTC).")
    credits: BigInt = attribute("credits", "Credits spent, retries included.")
    operations: BigInt = attribute("operations", "Operations that were answered.")


@strawberry.type(description="What the asking client may spend, and has spent.")
class Quota:
    client: str = attribute("client", 'The name of the client; "anonymous" where the server asks for no key.')
    limit: BigInt | None = attribute("limit", "Credits that it may spend on a UTC day; null for no limit.")
    used: BigInt = attribute("used", "Credits that it has spent on this UTC day, retries included.")
    remaining: BigInt | None = attribute(
        "remaining",
        "Credits that are neither spent nor set aside for operations that run, this one included; null for no limit.",
    )
    reset_at: datetime | None = attribute("reset_at", "When the day ends: the next midnight in UTC; null for no limit.")
    per_request: BigInt = attribute(
        "per_request", "Credits that one request may spend at most; the header X-Credit-Budget lowers it."
    )
    by_day: list[QuotaDay] = stated(
        by_day,
        "What it spent on each of the last days, the oldest first and today last.",
        Argument("days", int, f"How many, from 1 to {MOST_DAYS}.", 7),
    )
