"""What providers send other than their documents and our declarations tell: counted, and logged once.

A sample of the answers is looked at, in the background: none waits for it. Of what they hold, only names of columns and
codes of enums are kept.

    column     neither read nor documented: "brand_name"
    code       in no table: "sales_flag=9"
    missing    declared, and in no row of an answer, where a document has these whole: "product_name"
    type       of another JSON type than declared, so that nothing could be read: "total_sale_cnt: list"
    envelope   another shape around the rows: "code as text"
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

import msgspec
import structlog

from telemetry import metrics
from upstream import decode
from upstream.argument import Offsets
from upstream.endpoint import Endpoint
from upstream.envelope import flat, listed
from upstream.mapping import Column, Rows, loads

log = structlog.get_logger("shopgraph.upstream")

PAUSE = 0.05
"""Seconds between the bodies that are looked at."""

SHARE = 20
"""Of the time, at most one part in so many goes into looking."""

LARGEST = 1_000_000
MOST_ROWS = 20
"""Whose values are looked at, of an answer."""

MOST_WAITING = 50
MOST_NAMES = 50
"""Of a kind at an endpoint."""

LONGEST_NAME = 80

AND_MORE = "…"
NOTHING = ("", "0", "-")
TEXT, NUMBER, STRUCTURE = frozenset({str}), frozenset({int, float}), frozenset({str, list})
TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}
CODES = 10_000
"""A number from here on is no code but an id or a figure: it is not shown."""

SHORT_CODE = re.compile(r"[A-Za-z]{2}\Z")
LONG_NUMBER = re.compile(r"[0-9]{7,}")


class Oddity(NamedTuple):
    """One way in which an answer is other than declared."""

    kind: str
    name: str


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """An oddity of an endpoint, by its title, and how many of the looked-at answers had it."""

    endpoint: str
    kind: str
    name: str
    count: int


class Drift:
    """The oddities of every endpoint since the process began."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], dict[str, int]] = {}
        self._waiting: dict[Endpoint, bytes] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._idle_until = 0.0

    def offer(self, endpoint: Endpoint, body: bytes) -> None:
        """Looks at the body of an answer later, unless too many come; returns at once."""
        if endpoint in self._waiting or len(self._waiting) >= MOST_WAITING or len(body) > LARGEST:
            return
        self._waiting[endpoint] = body
        if self._timer is None:
            self._wait()

    @property
    def waiting(self) -> int:
        """How many bodies are still to be looked at."""
        return len(self._waiting)

    def findings(self, provider: str) -> list[Finding]:
        """What was found at a provider, by endpoint, kind and name."""
        counted = (
            Finding(title, kind, name, count)
            for (title, kind), names in self._counts.items()
            for name, count in names.items()
        )
        return sorted(found for found in counted if found.endpoint.partition(".")[0] == provider)

    def close(self) -> None:
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(max(self._idle_until, loop.time()), self._look)

    def _look(self) -> None:
        """At the body that waits longest."""
        self._timer = None
        endpoint = next(iter(self._waiting))
        body = self._waiting.pop(endpoint)
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            self._count(endpoint.title, oddities(endpoint, body))
        except Exception as error:  # no answer is worth a fault here
            log.debug("drift not told", endpoint=endpoint.title, error=type(error).__name__)
        self._idle_until = started + max(PAUSE, SHARE * (clock() - started))
        if self._waiting:
            self._wait()

    def _count(self, title: str, seen: Iterable[Oddity]) -> None:
        by_kind: dict[str, set[str]] = {}
        for kind, name in seen:
            by_kind.setdefault(kind, set()).add(_plain(name))
        for kind, names in by_kind.items():
            metrics.DRIFT.labels(title.partition(".")[0], title, kind).inc()
            counts = self._counts.setdefault((title, kind), {})
            new, room = sorted(names - counts.keys()), max(0, MOST_NAMES - len(counts))
            more = (AND_MORE,) if new[room:] else ()
            for name in names.difference(new).union(new[:room], more):
                if name not in counts:
                    log.warning("drift", endpoint=title, kind=kind, name=name)
                counts[name] = counts.get(name, 0) + 1


def oddities(endpoint: Endpoint, body: bytes) -> set[Oddity]:
    """How the body of an answer is other than declared; nothing where it is no answer."""
    told = loads(body)
    if not isinstance(told, dict):
        return set()
    found = {Oddity("envelope", name) for name in endpoint.vendor.variants(endpoint, told)}
    data = told.get(endpoint.rows_at)
    if endpoint.rows is None or not isinstance(data, dict | list):
        return found
    plan, rows = _plan(endpoint), _rows(endpoint, data)
    if plan.known is not None:
        found |= {Oddity("column", name) for name in _unknown(data, plan.known, plan.above)}
    for check in plan.checks:
        if rows and check.needed and not any(name in row for row in rows for name in check.wire):
            found.add(Oddity("missing", check.wire[0]))
        unusual = (row for row in rows[:MOST_ROWS] if type(row.get(check.wire[0])) not in check.usual)
        found.update(odd for row in unusual if (odd := check.odd(row)) is not None)
    return found


class Check(NamedTuple):
    """What is expected of a column.

    wire     it, and those that are read with it
    needed   whether rows have it
    usual    JSON types in which it comes; none where it is a code, whose values all are looked at
    """

    wire: tuple[str, ...]
    decode: Any
    needed: bool
    usual: frozenset[type]

    def odd(self, row: Mapping[str, Any]) -> Oddity | None:
        """What is odd about a value that is not as usual."""
        value = row.get(self.wire[0])
        if not value or (type(value) is str and value.strip() in NOTHING):
            return None
        if self.decode(*(row.get(name) for name in self.wire)) is not None:
            return None
        code = None if self.usual else self._code(value)
        if code is not None:
            return Oddity("code", f"{self.wire[0]}={code}")
        return Oddity("type", f"{self.wire[0]}: {TYPES.get(type(value), 'null')}")

    def _code(self, value: Any) -> str | None:
        """What a code says, or a mark in its place; None where the value is none."""
        if self.decode is decode.region:
            return None if type(value) is not str else value.upper() if SHORT_CODE.match(value) else AND_MORE
        number = decode.number(value)
        if number is None:
            return None
        return f"{number:g}" if abs(number) < CODES else AND_MORE


class Plan(NamedTuple):
    """What is looked for in the answers of an endpoint.

    known    columns that may be there, by dotted names from `data` on; None where no document tells them
    above    the objects and lists around these
    """

    known: frozenset[str] | None
    above: frozenset[str]
    checks: tuple[Check, ...]


@cache
def _plan(endpoint: Endpoint) -> Plan:
    assert endpoint.rows is not None
    checks = tuple(dict.fromkeys(_checks(endpoint.rows, endpoint.asked)))
    if endpoint.unread is None:
        return Plan(None, frozenset(), tuple(check._replace(needed=False) for check in checks))
    within = f"{endpoint.within}." if endpoint.within else ""
    pages = endpoint.pages
    beside = (pages.next, pages.more, pages.total) if isinstance(pages, Offsets) else ()
    known = endpoint.unread.union((f"{within}{name}" for name in endpoint.rows.wire), filter(None, beside))
    above = {name[:place] for name in known for place, char in enumerate(name) if char == "."}
    return Plan(known, frozenset(above), checks)


def _checks(rows: Rows, asked: Collection[str]) -> Iterator[Check]:
    """Of every column of a mapping, its edge and the other entities."""
    parts: list[tuple[type, Mapping[str, Column]]] = [(rows.type, rows.columns)]
    if rows.edge is not None:
        parts.append((rows.edge.type, rows.edge.columns))
    for kind, columns in parts:
        types = {field.name: field.type for field in msgspec.structs.fields(kind)}
        for name, spec in columns.items():
            needed = not spec.optional and not any(wire in asked for wire in spec.wire)
            yield Check(spec.wire, spec.decode, needed, _usual(types[name], spec.decode))
    for other in rows.also:
        yield from _checks(other, asked)


def _usual(fact: Any, decoder: Any) -> frozenset[type]:
    """The JSON types in which a fact of this type comes."""
    told = get_args(fact) if get_origin(fact) in (Union, UnionType) else (fact,)
    plain = tuple(kind for kind in told if isinstance(kind, type) and get_origin(kind) is None)
    if any(issubclass(kind, bool | Enum) for kind in plain):
        return frozenset()
    if str in plain or decoder is decode.percent:
        return TEXT
    if decoder is decode.instant or any(issubclass(kind, int | float | Decimal) for kind in plain):
        return NUMBER
    if any(issubclass(kind, date | datetime) for kind in plain):
        return TEXT | NUMBER
    is_shared = decoder in vars(decode).values()
    return STRUCTURE if is_shared and decoder is not decode.money else STRUCTURE | {dict}


def _rows(endpoint: Endpoint, data: Any) -> list[Mapping[str, Any]]:
    """The rows, as flat as they are read; not those without any column, which there are."""
    assert endpoint.rows is not None
    rows: Sequence[Any] = data if isinstance(data, list) else [data]
    if endpoint.within is not None:
        rows = listed(data, endpoint.within) if isinstance(data, dict) else []
    found = (row for row in rows if isinstance(row, dict) and row)
    return [row if endpoint.within is None else dict(flat(row, endpoint.rows.above)) for row in found]


def _unknown(told: Any, known: frozenset[str], above: frozenset[str], prefix: str = "") -> Iterator[str]:
    """The names of the columns that are not known, at the level of the known ones."""
    if isinstance(told, list):
        for entry in told:
            yield from _unknown(entry, known, above, prefix)
    elif isinstance(told, dict):
        for name in told.keys() if prefix else told.keys() - known:
            path = f"{prefix}{name}"
            if path in known:
                continue
            if path in above:
                yield from _unknown(told[name], known, above, f"{path}.")
            else:
                yield path


def _plain(name: str) -> str:
    """A name as it may be shown: short, printable, without what may be the id of somebody."""
    shown = "".join(char if char.isprintable() else " " for char in name[: 2 * LONGEST_NAME])
    return LONG_NUMBER.sub("#", shown)[:LONGEST_NAME]
