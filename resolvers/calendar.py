"""Days, weeks and months as arguments name them, always in UTC; the series and rankings that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from entities.graph import Entity
from entities.vocabulary import RankPeriod
from loaders.cost import Estimator, Path, Place
from loaders.listing import Connection, Listing, Period, ranking
from loaders.series import Asked, Series
from loaders.session import Session
from upstream.errors import BadInput

LONGEST_TREND = 180
USUAL_TREND = 30

TRIED = {RankPeriod.DAY: 3, RankPeriod.WEEK: 2, RankPeriod.MONTH: 2}
"""How many periods are asked for the newest published ranking."""


def trend_days(first: date | None, last: date | None, days: int | None, today: date) -> Asked | None:
    """The days of a trend: a range, from a day to yesterday, the last N, or the usual 30; None where none has ended.

    Raises   BadInput on other mixtures, more than 180 days back, or a range that runs backwards
    """
    yesterday, earliest = today - timedelta(days=1), today - timedelta(days=LONGEST_TREND)
    if days is not None and (first is not None or last is not None):
        raise BadInput("days", "cannot be given together with from or to")
    if last is not None and first is None:
        raise BadInput("to", "needs from")
    if days is not None and not 1 <= days <= LONGEST_TREND:
        raise BadInput("days", f"must be from 1 to {LONGEST_TREND}")
    if first is None:
        first = today - timedelta(days=days or USUAL_TREND)
    if first < earliest:
        raise BadInput("from", f"must be {earliest} or later: at most {LONGEST_TREND} days before today")
    if last is not None and first > last:
        raise BadInput("from", f"must not be after to ({last})")
    last = yesterday if last is None else min(last, yesterday)
    return Asked(first, last) if first <= last else None


def ranking_periods(kind: RankPeriod, asked: date | None, latest: bool, today: date) -> list[Period]:
    """The periods to try, newest first.

    A date alone is tried alone; without one, or for the latest, also those before it that could be published instead.
    A period that has not ended is never published, so the latest begins with one that has.

    Raises   BadInput where a week does not begin on a Monday, a month on its 1st, or the date has not passed
    """
    if asked is not None and not latest:
        return [Period(kind, _exact(kind, asked, today))]
    newest = _last_ended(kind, today)
    begin = newest if asked is None else min(newest, start_of(kind, asked))
    periods = [Period(kind, begin)]
    while len(periods) < TRIED[kind]:
        periods.append(Period(kind, start_of(kind, periods[-1].start - timedelta(days=1))))
    return periods


def start_of(kind: RankPeriod, day: date) -> date:
    """The first day of the period that a day lies in."""
    if kind is RankPeriod.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if kind is RankPeriod.MONTH else day


def _exact(kind: RankPeriod, asked: date, today: date) -> date:
    if asked >= today:
        raise BadInput("date", f"must be {today - timedelta(days=1)} or earlier")
    if kind is RankPeriod.WEEK and start_of(kind, asked) != asked:
        raise BadInput("date", f"must be a Monday for a week, such as {start_of(kind, asked)}")
    if kind is RankPeriod.MONTH and start_of(kind, asked) != asked:
        raise BadInput("date", f"must be the 1st for a month, such as {start_of(kind, asked)}")
    return asked


def _last_ended(kind: RankPeriod, today: date) -> date:
    return start_of(kind, start_of(kind, today) - timedelta(days=1))


def asked_days(arguments: Mapping[str, Any], today: date) -> Asked | None:
    """The days that the arguments of a trend mean."""
    return trend_days(arguments.get("from"), arguments.get("to"), arguments.get("days"), today)


async def trend(series: Series, entity: Entity, arguments: Mapping[str, Any], session: Session) -> list[Any]:
    """The days of a series that were received, oldest first."""
    asked = asked_days(arguments, session.backend.today)
    first_seen = None if series.first_seen is None else entity.read(series.first_seen)
    return await session.days(series, entity.id, asked, first_seen or None) if asked is not None else []


async def ranked_price(asking: Estimator, listing: Listing, arguments: Mapping[str, Any], path: Path) -> Place:
    """What a ranking asks."""
    kind = arguments.get("period", RankPeriod.DAY)
    periods = ranking_periods(kind, arguments.get("date"), bool(arguments.get("latest")), asking.today)
    return await asking.ranked(listing, arguments, periods, path)


async def ranked_list(listing: Listing, arguments: Mapping[str, Any], session: Session, kind: RankPeriod) -> Connection:
    """A ranking: of the date asked for, or the newest that was published."""
    given = {name: value for name, value in arguments.items() if name not in ("first", "after")}
    periods = ranking_periods(kind, arguments.get("date"), bool(arguments.get("latest")), session.backend.today)
    return await ranking(session, listing, given, periods, arguments.get("first"), arguments.get("after"))
