"""The days an answer is about, up to yesterday: the last 1, 7, 30 or 90; of a video no more than 30."""

from collections.abc import Sequence

from sandbox.parameter import Refused
from sandbox.route import Question

PERIODS = (1, 7, 30, 90)
VIDEO_PERIODS = (1, 7, 30)
DEFAULT = 30


def days_asked(question: Question, periods: Sequence[int] = PERIODS) -> int:
    days = question.arguments.integer("period")
    if days not in periods:
        raise Refused(
            "Invalid period", fault="bad_request", allowed_values=list(periods), hint="Send one of allowed_values."
        )
    return days
