"""What every record is made of: told facts, measures by window, pictures and money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from entities.vocabulary import Window

T = TypeVar("T")

Told: TypeAlias = T | UnsetType | None
"""UNSET: nobody told. None: told that there is none. Else the value."""

Fact: TypeAlias = str
"""The attribute of a record that holds it: "name", "units" (ever), "units_7d" (the last 7 full days)."""

SUFFIXES = {
    Window.ALL_TIME: "",
    Window.LAST_1_DAY: "_1d",
    Window.LAST_7_DAYS: "_7d",
    Window.LAST_15_DAYS: "_15d",
    Window.LAST_30_DAYS: "_30d",
    Window.LAST_60_DAYS: "_60d",
    Window.LAST_90_DAYS: "_90d",
}


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """What the providers have told about one entity, in the graph's own units.

    id   the upstream id; up to 20 digits, so text: a double would round it
    """

    id: str


R = TypeVar("R", bound=type[Record])


def in_window(measure: str, window: Window) -> Fact:
    """The fact that one measure is in one window."""
    return measure + SUFFIXES[window]


def is_in_window(fact: Fact, window: Window) -> bool:
    """Whether a fact that a measure is in some window is the one in this window."""
    longest = max((suffix for suffix in SUFFIXES.values() if fact.endswith(suffix)), key=len)
    return longest == SUFFIXES[window]


def by_window(**measures: type) -> Callable[[R], R]:
    """Adds measures to a record type: a fact in every window, each UNSET until somebody tells it."""

    def extend(record: R) -> R:
        fields = [
            (in_window(measure, window), kind | UnsetType | None, UNSET)
            for measure, kind in measures.items()
            for window in Window
        ]
        namespace = {"__doc__": record.__doc__}
        made = msgspec.defstruct(
            record.__name__, fields, bases=(record,), module=record.__module__, namespace=namespace, kw_only=True
        )
        return cast(R, made)

    return extend


class Deferred(Struct, gc=False):
    """A fact whose decoding waits until somebody reads it: structures kept as text in a row are read far less often
    than rows arrive.
    """

    decode: Callable[..., Any]
    raw: tuple[Any, ...]
    value: Any = UNSET

    def get(self) -> Any:
        raw = self.raw  # taken first: a thread that writes to the store may decode it at the same moment
        if self.value is UNSET:
            self.value = self.decode(*raw)
            self.raw = ()
        return self.value


def read(record: Record, fact: Fact) -> Any:
    """The value of a fact, decoded if it had been put off; UNSET where nobody told it."""
    value = getattr(record, fact)
    return value.get() if type(value) is Deferred else value


class Image(Struct, frozen=True, gc=False):
    """A picture where a provider keeps it.

    url     its address; some hosts answer only to a signed copy
    index   place among its siblings, from 0; None for a single picture
    """

    url: str
    index: int | None = None


class Money(Struct, frozen=True, gc=False):
    """An amount in a stated currency (ISO 4217 where the provider keeps to it); display is the provider's own text."""

    amount: Decimal
    currency: str
    display: str | None = None
