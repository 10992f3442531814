"""Counters and rates of this process alone, for where no tier keeps them for several."""

from __future__ import annotations

import time
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from store.tier import Counter, Held

KEPT_DAYS = 100
"""Counters of days further back are forgotten."""

LOCAL = "local-"


@dataclass
class Lease:
    """Something set aside, until `until` on the clock."""

    amount: int
    until: float


class LocalTally:
    """A Tally in memory; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._totals: dict[Counter, int] = {}
        self._leases: dict[Counter, dict[str, Lease]] = {}
        self._newest_day = ""
        self._ids = count(1)

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        for counter, amount in amounts.items():
            self.raise_to(counter, self._totals.get(counter, 0) + amount)
        if held is not None:
            self._spend(held, spent)

    async def totals(self, counters: Sequence[Counter]) -> list[int]:
        return [self._totals.get(counter, 0) for counter in counters]

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        if self._totals.get(counter, 0) + await self.held(counter) + amount > limit:
            return None
        held = Held(counter, f"{LOCAL}{next(self._ids)}")
        self.set_aside(held, amount, seconds)
        return held

    async def release(self, held: Held) -> None:
        leases = self._leases.get(held.counter, {})
        leases.pop(held.id, None)
        if not leases:
            self._leases.pop(held.counter, None)

    async def held(self, counter: Counter) -> int:
        return sum(lease.amount for lease in self._live(counter).values())

    def raise_to(self, counter: Counter, total: int) -> None:
        """So much was counted, at least."""
        if counter.day > self._newest_day:
            self._turn_day(counter.day)
        self._totals[counter] = max(total, self._totals.get(counter, 0))

    def set_aside(self, held: Held, amount: int, seconds: float) -> None:
        """So much was promised, whatever the limit."""
        self._live(held.counter)[held.id] = Lease(amount, self._clock() + seconds)

    def _spend(self, held: Held, spent: int) -> None:
        lease = self._live(held.counter).get(held.id)
        if lease is not None:
            lease.amount = max(0, lease.amount - spent)

    def _live(self, counter: Counter) -> dict[str, Lease]:
        now = self._clock()
        leases = {id: lease for id, lease in self._leases.get(counter, {}).items() if lease.until > now}
        self._leases[counter] = leases
        return leases

    def _turn_day(self, day: str) -> None:
        self._newest_day = day
        first = date.fromordinal(date.fromisoformat(day).toordinal() - KEPT_DAYS).isoformat()
        self._totals = {counter: total for counter, total in self._totals.items() if counter.day >= first}
        self._leases = {counter: leases for counter, leases in self._leases.items() if counter.day >= first}


def is_local(held: Held) -> bool:
    """Whether a LocalTally set it aside."""
    return held.id.startswith(LOCAL)


@dataclass
class Row:
    """The calls to one provider, each with its place in time.

    full_at     when the next place comes, had nobody gone ahead
    ahead       seconds by which a place may come sooner: what may leave at once
    slowed      the rate that a refusal left, None while there is none
    slowed_at   when the last refusal was, and
    doubles     the seconds after which it is forgiven by half
    """

    full_at: float = float("-inf")
    ahead: float = 0.0
    slowed: float | None = None
    slowed_at: float = 0.0
    doubles: float = 0.0


class LocalPace:
    """A Pace in memory; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: dict[str, Row] = {}
        self._places: dict[str, list[float]] = {}

    async def pace(self, name: str, rate: float, burst: float) -> float:
        if rate <= 0:
            return 0.0
        now, row = self._clock(), self._rows.setdefault(name, Row())
        in_force = _in_force(row, rate, now)
        # A provider that has just refused a call is sent no burst until the whole rate is back.
        at_once = max(1.0, burst) if row.slowed is None else 1.0
        row.ahead = (at_once - 1) / in_force
        due = max(row.full_at, now)
        row.full_at = due + 1 / in_force
        return max(0.0, due - row.ahead - now)

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        if rate <= 0:
            return
        now, row = self._clock(), self._rows.setdefault(name, Row())
        in_force = _in_force(row, rate, now)
        row.slowed = min(in_force, max(slowest, in_force / 2))
        row.slowed_at, row.doubles = now, seconds
        row.full_at, row.ahead = max(now, row.full_at - row.ahead), 0.0

    async def window(self, name: str, most: int, seconds: float, told: float | None = None) -> float:
        """told: how long to wait at least, where others know; without it nobody goes ahead of who came before."""
        if most <= 0:
            return 0.0
        now, places = self._clock(), self._places.setdefault(name, [])
        del places[: bisect_right(places, now - seconds)]
        place = max([now, *places[-1:]]) if told is None else now + told
        while (before := bisect_right(places, place)) >= most and places[before - most] + seconds > place:
            place = places[before - most] + seconds
        insort(places, place)
        return place - now


def _in_force(row: Row, rate: float, now: float) -> float:
    if row.slowed is None:
        return rate
    steps = int((now - row.slowed_at) / row.doubles) if row.doubles > 0 else 0
    in_force = row.slowed * 2.0 ** min(steps, 64)
    if in_force < rate:
        return in_force
    row.slowed = None
    return rate
