"""Figures as Winning Hunter writes them: numbers, or in totals, if so switched, short text such as "$1.23k"."""

from sandbox.echotik.page import dollars
from sandbox.route import Question

Figure = float | int | str
STEPS = ((1_000_000, "m"), (1_000, "k"))


def money(question: Question, cents: int) -> Figure:
    return f"${short(cents / 100)}" if question.setting.winninghunter_text else dollars(cents)


def count(question: Question, number: int) -> Figure:
    return short(number) if question.setting.winninghunter_text else number


def mean_price(cents: int, units: int) -> int:
    """Cents a unit; 0 where nothing was sold."""
    return round(cents / units) if units else 0


def short(number: float) -> str:
    """Two decimals at most: 1234 is "1.23k"."""
    for step, letter in STEPS:
        if abs(number) >= step:
            return f"{_trimmed(number / step)}{letter}"
    return _trimmed(number)


def _trimmed(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def growth(now: int, before: int, earlier: int) -> float:
    """Per cent by which what a period added differs from what the one before did; 0 where that was nothing."""
    return round(((now - before) / (before - earlier) - 1) * 100, 1) if before > earlier else 0
