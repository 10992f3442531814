"""How an argument of the graph becomes parameters of a provider, and what is refused before any call.

An endpoint declares {argument: encoder}; the argument's name is the path a client writes ("filter.units"). An encoder
gives the wire parameters, raises BadInput where the value is out of its bounds, and Unsendable where the endpoint has
no code for it, so that another endpoint may serve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any, NamedTuple, Protocol

from entities.vocabulary import CategoryLevel
from upstream.errors import BadInput

DIGITS = re.compile(r"[0-9]{1,20}\Z")


class Range(NamedTuple):
    """A range with open ends; both ends are inside."""

    low: Any = None
    high: Any = None


class Order(NamedTuple):
    """A sort: field, whether the largest come first, and whether a client asked for it."""

    field: Enum
    descending: bool = True
    chosen: bool = True


class LeveledCategory(NamedTuple):
    """A category's id with its level in the provider's tree, None where the tree does not have it."""

    key: str
    level: CategoryLevel | None


class Unsendable(Exception):
    """The endpoint has the parameter, but no code for this value."""


class Encoder(Protocol):
    """Turns one argument into wire parameters."""

    @property
    def wire(self) -> tuple[str, ...]:
        """Every parameter that it may send."""

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        """The parameters of this value."""


class Text(NamedTuple):
    """Free text, not blank, at most `limit` characters."""

    param: str
    limit: int = 200

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        text = str(value).strip()
        if not 1 <= len(text) <= self.limit:
            raise BadInput(argument, f"must have 1 to {self.limit} characters")
        return {self.param: text}


class Key(NamedTuple):
    """An upstream id, 1 to 20 digits."""

    param: str

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        if not DIGITS.match(str(value)):
            raise BadInput(argument, "must be an id of 1 to 20 digits")
        return {self.param: str(value)}


class CategoryKey(NamedTuple):
    """The id of a category of one level; one of another level has no code."""

    param: str
    level: CategoryLevel = CategoryLevel.L1

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: LeveledCategory) -> dict[str, str]:
        if value.level is not self.level:
            raise Unsendable
        return {self.param: value.key}


class Keys(NamedTuple):
    """Several ids or addresses, joined by commas."""

    param: str
    limit: int = 10

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        if not 1 <= len(value) <= self.limit:
            raise BadInput(argument, f"takes 1 to {self.limit} at a time")
        return {self.param: ",".join(value)}


class Code(NamedTuple):
    """A value by its wire code. `bounds`: the codes are all that the provider takes, so another value is bad input."""

    param: str
    codes: Mapping[Any, str]
    bounds: bool = False

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        code = self.codes.get(value)
        if code is None and self.bounds:
            known = ", ".join(getattr(key, "name", str(key)) for key in self.codes)
            raise BadInput(argument, f"{getattr(value, 'name', value)} is not served; one of {known}")
        if code is None:
            raise Unsendable
        return {self.param: code}


FLAG = {True: "1", False: "0"}


class Bounds(NamedTuple):
    """A range of numbers as two parameters; low and high are the least and largest that the endpoint takes."""

    low_param: str
    high_param: str
    least: float | None = None
    largest: float | None = None

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.low_param, self.high_param)

    def encode(self, argument: str, value: Range) -> dict[str, str]:
        _check_order(argument, value, "min", "max")
        for name, end in (("min", value.low), ("max", value.high)):
            self._check(f"{argument}.{name}", end)
        return _ends(self.low_param, self.high_param, value, _plain)

    def _check(self, argument: str, end: Any) -> None:
        if end is None:
            return
        if self.least is not None and end < self.least:
            raise BadInput(argument, f"must be at least {_plain(self.least)}")
        if self.largest is not None and end > self.largest:
            raise BadInput(argument, f"must be at most {_plain(self.largest)}")


class DayNumbers(NamedTuple):
    """A range of days as two parameters, yyyyMMdd."""

    low_param: str
    high_param: str

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.low_param, self.high_param)

    def encode(self, argument: str, value: Range) -> dict[str, str]:
        _check_order(argument, value, "from", "to")
        return _ends(self.low_param, self.high_param, value, lambda day: day.strftime("%Y%m%d"))


class Seconds(NamedTuple):
    """A range of days as two parameters in unix seconds: the first second of the first day, the last of the last."""

    low_param: str
    high_param: str

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.low_param, self.high_param)

    def encode(self, argument: str, value: Range) -> dict[str, str]:
        _check_order(argument, value, "from", "to")
        low = None if value.low is None else _midnight(value.low)
        high = None if value.high is None else _midnight(value.high + timedelta(days=1)) - 1
        return _ends(self.low_param, self.high_param, Range(low, high), str)


class Day(NamedTuple):
    """One day, yyyy-MM-dd."""

    param: str

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param,)

    def encode(self, argument: str, value: date) -> dict[str, str]:
        return {self.param: value.isoformat()}


class Sort(NamedTuple):
    """An order by the codes of its fields, and a word for its direction: 1 descending and 0 ascending.

    usual   the code of the order that serves whoever asks for none, where it has none for what that stands for
    """

    param: str
    codes: Mapping[Any, str]
    direction: str = "sort_type"
    words: Mapping[bool, str] = FLAG
    usual: str | None = None

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.param, self.direction)

    def encode(self, argument: str, value: Order) -> dict[str, str]:
        code = self.codes.get(value.field)
        if code is None and not value.chosen:
            code = self.usual
        if code is None:
            raise Unsendable
        return {self.param: code, self.direction: self.words[value.descending]}

    def is_exact(self, value: Order) -> bool:
        """Whether the rows come in this very order."""
        return value.field in self.codes


class Unsorted(NamedTuple):
    """An order of the provider's own, fixed by the code of its sort: it serves whoever asks for none."""

    @property
    def wire(self) -> tuple[str, ...]:
        return ()

    def encode(self, argument: str, value: Order) -> dict[str, str]:
        if value.chosen:
            raise Unsendable
        return {}

    def is_exact(self, value: Order) -> bool:
        return False


class Unsent(NamedTuple):
    """An argument that the rows comply with as they are."""

    @property
    def wire(self) -> tuple[str, ...]:
        return ()

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        return {}


class Alone(NamedTuple):
    """An argument of which one value is what the rows are anyway, and no other is served."""

    only: Any

    @property
    def wire(self) -> tuple[str, ...]:
        return ()

    def encode(self, argument: str, value: Any) -> dict[str, str]:
        if value != self.only:
            raise Unsendable
        return {}


class Pages(NamedTuple):
    """Paging by number: rows a page, and the last page that may be asked."""

    number: str = "page_num"
    size_param: str = "page_size"
    size: int = 10
    last: int = 100_000

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.number, self.size_param)

    def encode(self, argument: str, value: int) -> dict[str, str]:
        if not 1 <= value <= self.last:
            raise BadInput("after", f"the list ends at row {self.last * self.size}")
        return {self.number: str(value), self.size_param: str(self.size)}


class OnePage(NamedTuple):
    """A list without a second page: its rows at most."""

    size_param: str
    size: int
    last: int = 1

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.size_param,)

    def encode(self, argument: str, value: int) -> dict[str, str]:
        if value != 1:
            raise BadInput("after", f"the list ends at row {self.size}")
        return {self.size_param: str(self.size)}


class Offsets(NamedTuple):
    """Paging by an offset that each page tells for the next.

    first             the offset of the first page
    size_param, size  rows asked for, where that can be told
    next, more, total  what stands beside the rows: the next offset, whether there is one, the length of the whole list
    """

    offset: str = "offset"
    first: str = "0"
    size_param: str | None = None
    size: int = 20
    next: str = "cursor"
    more: str = "has_more"
    total: str | None = None

    @property
    def wire(self) -> tuple[str, ...]:
        return (self.offset,) if self.size_param is None else (self.offset, self.size_param)

    def encode(self, argument: str, value: str) -> dict[str, str]:
        size = {} if self.size_param is None else {self.size_param: str(self.size)}
        return {self.offset: value, **size}


def _check_order(argument: str, value: Range, low: str, high: str) -> None:
    if value.low is not None and value.high is not None and value.low > value.high:
        raise BadInput(argument, f"{low} ({_plain(value.low)}) must not be above {high} ({_plain(value.high)})")


def _ends(low_param: str, high_param: str, value: Range, write: Any) -> dict[str, str]:
    ends = ((low_param, value.low), (high_param, value.high))
    return {param: write(end) for param, end in ends if end is not None}


def _plain(value: Any) -> str:
    """A number without exponent or trailing zeros; anything else as it prints."""
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return str(value)


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
