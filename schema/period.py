"""The arguments of lists and rankings of a market: where, and which day, week or month."""

from __future__ import annotations

from datetime import date

from schema.field import Argument
from schema.vocabulary import RankPeriod, Region

REGION = Argument("region", Region, "The market.")
LATEST = Argument(
    "latest", bool, "Take the newest published one at or before `date`, of at most 3 days, 2 weeks or 2 months.", False
)
PERIOD = Argument("period", RankPeriod, "What is counted.", RankPeriod.DAY)
DATE = Argument(
    "date",
    date | None,
    "The day; for a week its Monday, for a month its 1st. Without it the newest published one, as with `latest`.",
)
