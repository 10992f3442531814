"""The tables of what was counted, what is set aside of a limit, and whose turn it is to call a provider."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from store.tier import Counter, Held

LAYOUT = 1
"""Of the tables below; one more whenever they or the meaning of their columns change. A further table needs none."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (
    name TEXT, day TEXT, total INTEGER NOT NULL, PRIMARY KEY (name, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, day TEXT NOT NULL, amount INTEGER NOT NULL, expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paces (
    name TEXT PRIMARY KEY, due REAL NOT NULL, asked_at REAL NOT NULL,
    slowed_to REAL NOT NULL, slowed_at REAL NOT NULL, doubles_after REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS windows (
    name TEXT PRIMARY KEY, asked_at REAL NOT NULL, places BLOB NOT NULL
) WITHOUT ROWID;
"""
TABLES = {"counters", "leases", "paces", "windows"}


def add(db: sqlite3.Connection, amounts: Mapping[Counter, int], of: Held | None, spent: int) -> None:
    db.executemany(
        "INSERT INTO counters (name, day, total) VALUES (?, ?, ?)"
        " ON CONFLICT (name, day) DO UPDATE SET total = total + excluded.total",
        [(*counter, amount) for counter, amount in amounts.items()],
    )
    if of is not None:
        db.execute("UPDATE leases SET amount = max(0, amount - ?) WHERE id = ?", (spent, of.id))


def forget_before(db: sqlite3.Connection, day: str) -> None:
    db.execute("DELETE FROM counters WHERE day < ?", (day,))


def totals(db: sqlite3.Connection, counters: Sequence[Counter]) -> list[int]:
    found = (
        db.execute("SELECT total FROM counters WHERE name = ? AND day = ?", counter).fetchone() for counter in counters
    )
    return [row[0] if row else 0 for row in found]


def held(db: sqlite3.Connection, counter: Counter, now: float) -> int:
    (amount,) = db.execute(
        "SELECT coalesce(sum(amount), 0) FROM leases WHERE name = ? AND day = ? AND expires_at > ?", (*counter, now)
    ).fetchone()
    return int(amount)


def reserve(db: sqlite3.Connection, wanted: Held, amount: int, limit: int, seconds: float, now: float) -> bool:
    """Whether there was so much left."""
    db.execute("DELETE FROM leases WHERE expires_at <= ?", (now,))
    (counted,) = totals(db, [wanted.counter])
    if counted + held(db, wanted.counter, now) + amount > limit:
        return False
    db.execute("INSERT INTO leases VALUES (?, ?, ?, ?, ?)", (wanted.id, *wanted.counter, amount, now + seconds))
    return True


def release(db: sqlite3.Connection, of: Held) -> None:
    db.execute("DELETE FROM leases WHERE id = ?", (of.id,))


class _Row(NamedTuple):
    """Where a provider's row of calls stands.

    due        when a call that comes next is due, with no burst
    asked_at   when a place was last taken
    slowed_to  the rate after the last refusal, 0 where there was none; slowed_at, doubles_after: since when it holds,
               and after how many seconds it doubles
    """

    due: float = 0.0
    asked_at: float = 0.0
    slowed_to: float = 0.0
    slowed_at: float = 0.0
    doubles_after: float = 0.0

    def rate(self, base: float, now: float) -> float:
        """What is in force."""
        if self.slowed_to <= 0 or self.doubles_after <= 0:
            return base
        doubled = max(0, int((now - self.slowed_at) / self.doubles_after))
        return float(min(base, self.slowed_to * 2 ** min(doubled, 64)))


def _row(db: sqlite3.Connection, name: str) -> _Row:
    found = db.execute(
        "SELECT due, asked_at, slowed_to, slowed_at, doubles_after FROM paces WHERE name = ?", (name,)
    ).fetchone()
    return _Row(*found) if found else _Row()


def _keep_row(db: sqlite3.Connection, name: str, row: _Row) -> None:
    db.execute("INSERT OR REPLACE INTO paces VALUES (?, ?, ?, ?, ?, ?)", (name, *row))


def pace(db: sqlite3.Connection, name: str, rate: float, burst: float, now: float) -> float:
    """The generic cell rate algorithm; while a refusal slows the calls down, each waits for its own place."""
    row = _row(db, name)
    in_force = row.rate(rate, now)
    at_once = max(1.0, burst) if in_force >= rate else 1.0
    set_back = max(0.0, row.asked_at - now)  # the clock was: nobody waits for an hour that comes twice
    due = max(now, row.due - set_back)
    _keep_row(db, name, row._replace(due=due + 1 / in_force, asked_at=now))
    return max(0.0, due - now - (at_once - 1) / in_force)


def slow_down(db: sqlite3.Connection, name: str, rate: float, slowest: float, seconds: float, now: float) -> None:
    row = _row(db, name)
    in_force = row.rate(rate, now)
    slowed = min(in_force, max(slowest, in_force / 2))
    _keep_row(db, name, row._replace(slowed_to=slowed, slowed_at=now, doubles_after=seconds))


def window(db: sqlite3.Connection, name: str, most: int, seconds: float, now: float) -> float:
    """The last places are kept, the first first: the next comes so many seconds behind the one `most` places before."""
    found = db.execute("SELECT asked_at, places FROM windows WHERE name = ?", (name,)).fetchone()
    asked_at, kept = found or (now, b"")
    set_back = max(0.0, asked_at - now)  # as for a pace
    places = array("d", [place - set_back for place in array("d", kept)[-most:]])
    place: float = max([now, *places[-1:]])
    if len(places) == most:
        place = max(place, places.pop(0) + seconds)
    places.append(place)
    db.execute("INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", (name, now, places.tobytes()))
    return place - now
