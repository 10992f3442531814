"""Trends: one row a day, oldest first."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.parameter import Refused
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world.product import YESTERDAY

TREND_DAYS = 180


def trend_days(question: Question) -> range:
    """Days counted back from today, from start_date to end_date, yesterday at the latest."""
    arguments, world = question.arguments, question.world
    start, end = arguments.day("start_date"), arguments.day("end_date")
    if world.day_of(start) > TREND_DAYS:
        raise Refused(f"start_date must be within {TREND_DAYS} days")
    if end < start:
        raise Refused("end_date must not be before start_date")
    return range(world.day_of(start), max(world.day_of(end), YESTERDAY) - 1, -1)


class Tracked(Protocol):
    """What has figures for every day but those that were never collected."""

    @property
    def id(self) -> str: ...

    def missing(self, day: int) -> bool: ...


def trend_reply(question: Question, tracked: Tracked, age: int, row: Callable[[int], dict[str, Any]]) -> Reply:
    """A page of the days since something was first seen, as rows, which are kept."""
    kind = (question.version, type(tracked), tracked.id, question.world.today)
    days = [day for day in trend_days(question) if day <= age and not tracked.missing(day)]
    rows = (question.rows.get((*kind, day), partial(_dumped, row, day)) for day in page_of(question, days))
    return rows_reply(question, rows)


def no_trend(question: Question) -> Reply:
    """Of what is unknown there are no days, whichever are asked."""
    trend_days(question)
    return rows_reply(question, [])


def _dumped(row: Callable[[int], dict[str, Any]], day: int) -> bytes:
    return dump(row(day))
