"""A page of a list, with the number of all its rows."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.envelope import page_reply

MOST_ROWS = 50  # of a page, whatever limit is asked
Thing = TypeVar("Thing")


def paged(question: Question, things: Sequence[Thing], row: Callable[[Thing], dict[str, object]]) -> Reply:
    return page_reply([row(thing) for thing in page_of(question, things)], page_asked(question), len(things))


def page_of(question: Question, things: Sequence[Thing]) -> Sequence[Thing]:
    size = min(question.arguments.integer("limit"), MOST_ROWS)
    start = (page_asked(question) - 1) * size
    return things[start : start + size]


def page_asked(question: Question) -> int:
    return question.arguments.integer("page")
