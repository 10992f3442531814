"""Merging: many parts of one entity become one record, the same one in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from entities.part import Part
from entities.record import Deferred, Fact, Record, read


@cache
def facts_of(kind: type[Record]) -> tuple[Fact, ...]:
    """Every fact that a record type can hold."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.name != "id")


def precedence(part: Part, now: float) -> tuple[Any, ...]:
    """Sorts parts best first: fresh, better provider, better class, newer; the rest only makes the order total."""
    stamp = part.stamp
    return (
        stamp.expires_at <= now,
        stamp.trust,
        stamp.rank,
        -stamp.fetched_at,
        stamp.key,
        not part.known,
    )


def best_first(parts: Iterable[Part], kind: type[Record], now: float) -> list[Part]:
    """The parts in order of precedence; equals are told apart by their contents, never by when they were given."""
    ordered = sorted(parts, key=lambda part: precedence(part, now))
    if len({precedence(part, now) for part in ordered}) < len(ordered):
        ordered.sort(key=lambda part: (precedence(part, now), _contents(part.record, kind)))
    return ordered


def merge(parts: Iterable[Part], kind: type[Record], now: float) -> Record:
    """One record of type `kind` of all that the parts tell.

    Each fact is the first value in order of precedence; None only where somebody told "none" and nobody a value.
    """
    facts, values = _columns(kind)
    columns = zip(facts, *(values(part.record) for part in best_first(parts, kind, now)), strict=True)
    return kind(
        **{
            fact: first
            if first is not None and first is not UNSET and type(first) is not Deferred
            else _best(first, rest)
            for fact, first, *rest in columns
        }
    )


@cache
def _columns(kind: type[Record]) -> tuple[tuple[Fact, ...], attrgetter[tuple[Any, ...]]]:
    """The id and the facts of a record type, and what reads all of them at once."""
    facts = ("id", *facts_of(kind))
    return facts, attrgetter(*facts)


def _best(first: Any, rest: Sequence[Any]) -> Any:
    """The best of what was told of a fact, best first: a value, else None where somebody told that there is none."""
    best: Any = UNSET
    for told in (first, *rest):
        value = told.get() if type(told) is Deferred else told
        if value is not UNSET and value is not None:
            return value
        best = best if value is UNSET else None
    return best


def winners(parts: Iterable[Part], kind: type[Record], now: float) -> list[tuple[Part, list[Fact]]]:
    """Each part that still tells something, best first, with the facts whose shown value is its own."""
    ordered = best_first(parts, kind, now)
    shown: list[list[Fact]] = [[] for _ in ordered]
    for fact in facts_of(kind):
        teller = _teller(ordered, fact)
        if teller is not None:
            shown[teller].append(fact)
    return [(part, facts) for part, facts in zip(ordered, shown, strict=True) if facts]


def _teller(ordered: Sequence[Part], fact: Fact) -> int | None:
    told = (index for index, part in enumerate(ordered) if read(part.record, fact) not in (UNSET, None))
    return next(told, None)


def _contents(record: Record, kind: type[Record]) -> str:
    return repr([read(record, fact) for fact in facts_of(kind)])
