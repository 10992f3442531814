"""Writes wire values: of the ways in which a provider may say the same thing, it chooses one.

Source: the providers' documents and the list of their quirks; nothing here asks the gateway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

RAW = "\ue000"
"""Stands for a control character that the provider leaves raw in its JSON; what it stands for reads as a space."""


class Blank(Enum):
    """In place of a value: the row lacks the column."""

    NO_COLUMN = "no column"


NO_COLUMN = Blank.NO_COLUMN


@cache
def _below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


class Pen:
    """One hand: a plain one keeps to the documented types, an odd one has every quirk of the provider."""

    def __init__(self, draw: Draw, *, odd: bool) -> None:
        self._draw = draw
        self.odd = odd

    def one(self, ways: Sequence[Any]) -> Any:
        return ways[0] if len(ways) == 1 else ways[self._draw(_below(len(ways)))]

    def coin(self) -> bool:
        return bool(self.one((False, True)))

    def shuffled(self, entries: Sequence[Any]) -> list[Any]:
        """The entries in some order."""
        left, found = list(entries), []
        while left:
            found.append(left.pop(self.one(range(len(left)))))
        return found

    def text(self, told: str) -> str:
        """An odd hand leaves a control character raw where a space is meant."""
        return told.replace(" ", RAW, 1) if self.odd and " " in told and self.coin() else told

    def json(self, value: Any) -> Any:
        """A structure: as it is, or as text that holds it."""
        return value if self.coin() else self.json_text(value)

    def json_text(self, value: Any) -> str:
        """A structure as text; a control character may be left raw in the text, or in the text within."""
        separators, ascii_only = self.one((((",", ":"), True), ((", ", " : "), False)))
        told = json.dumps(value, separators=separators, ensure_ascii=ascii_only)
        raw = self.one((RAW, "\n")) if self.odd else RAW
        return told.replace("\\ue000", raw).replace(RAW, raw)

    def body(self, envelope: Any) -> bytes:
        """The whole answer; raw control characters stand where they were left."""
        plain = json.dumps(envelope, ensure_ascii=False)
        return plain.replace(RAW, self.one(("\n", "\t", "\x00", "\x1f"))).encode()
