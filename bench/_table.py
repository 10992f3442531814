"""What every benchmark prints: a table, a line that holds its figures to their bounds, and the exit code of that."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """A ratio that was measured, and the most that it may be, or the least."""

    name: str
    value: float
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        signs = ("<", "≥") if self.at_least else (">", "≤")
        return f"{self.name} {self.value:.2f} {signs[self.holds]} {self.bound:g}"


def is_smoke(description: str, given: Sequence[str] | None) -> bool:
    """Whether the arguments ask for the smallest size."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="smallest size, for crashes alone: any figure will do")
    smoke: bool = parser.parse_args(given).smoke
    return smoke


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: the first column to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    for cells in (columns, ["─" * width for width in widths], *rows):
        first, *others = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        print("  ".join((f"{first.strip():<{widths[0]}}", *others)))


def verdict(figures: Sequence[Figure], *, smoke: bool) -> int:
    """Prints the last line; gives the exit code, 1 where a figure is past its bound."""
    held = all(figure.holds for figure in figures)
    word = "smoke" if smoke else "ok" if held else "past a bound"
    print(f"{word}: {', '.join(map(str, figures))}")
    return 0 if held or smoke else 1


def middle(values: Sequence[float]) -> str:
    """Median and range of several runs."""
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"
