"""What is remembered, and under what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Key = tuple[str, ...]
"""The first word is the scope: endpoint, version and base address; the others say what of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing remembered.

    value        a part, a page, a day of a trend, a signed address
    fetched_at   unix seconds; of two writes to a key the newer stays
    expires_at   unix seconds; a stale entry is given only to who asks for stale ones
    weight       about how many bytes it takes
    """

    value: Any
    fetched_at: float
    expires_at: float
    weight: int = 0
