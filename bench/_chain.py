"""What a cold query cannot be faster than: the longest chain of calls of which each needs the one before.

Told of the upstream (ten rows a page, ten ids and ten days a call) and of how lists are read: page 1 alone, then 1, 2,
4 and 8 pages at once where nobody told how long the list is. Written without the gateway's code.
"""

from __future__ import annotations

PAGE = 10
WIDEST_WAVE = 8


def calls(keys: int) -> int:
    """Pages of so many rows, lookups of so many ids, ranges of so many days."""
    return -(-keys // PAGE)


def list_waves(rows: int) -> list[int]:
    """Pages of each wave of a list that nobody told the length of: 100 rows are 1, 1, 2, 4 and 2 pages."""
    waves = [1]
    lacking, width = calls(rows) - 1, 1
    while lacking > 0:
        waves.append(min(width, lacking))
        lacking, width = lacking - width, min(WIDEST_WAVE, 2 * width)
    return waves
