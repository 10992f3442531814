"""The table of entries: what is read, kept, evicted and forgotten of it, step by step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from store.tier import Stored

LAYOUT = 1
"""Of the tables below; one more whenever they or the meaning of their columns change."""

SCHEMA = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    fetched_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    used_at REAL NOT NULL,
    size INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX entries_by_expiry ON entries (expires_at);
CREATE INDEX entries_by_use ON entries (used_at);
CREATE TABLE room (entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO room VALUES (0, 0);
CREATE TRIGGER entry_in AFTER INSERT ON entries BEGIN
    UPDATE room SET entries = entries + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER entry_resized AFTER UPDATE OF size ON entries BEGIN
    UPDATE room SET bytes = bytes + new.size - old.size;
END;
CREATE TRIGGER entry_out AFTER DELETE ON entries BEGIN
    UPDATE room SET entries = entries - 1, bytes = bytes - old.size;
END;
"""

OVERHEAD = 150
"""Bytes that an entry takes in the file beside its value and twice its key."""

KEYS_AT_ONCE = 500
ROWS_AT_ONCE = 200
PURGED_AT_ONCE = 1000
EVICTED_AT_ONCE = 10_000
PAGES_AT_ONCE = 1000


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def as_text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")


def behind(prefix: str) -> bytes:
    """What comes after every key that begins so: no byte of UTF-8 is 255."""
    return as_bytes(prefix) + b"\xff"


def found(db: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[Any, ...]]:
    """Key, when it was last used, data, fetched_at and expires_at of each that is there."""
    for at in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[at : at + KEYS_AT_ONCE]
        marks = ",".join("?" * len(some))
        yield from db.execute(
            f"SELECT key, used_at, data, fetched_at, expires_at FROM entries WHERE key IN ({marks})", some
        )


def touch(db: sqlite3.Connection, used: Mapping[bytes, float]) -> None:
    """Write down when keys were used."""
    db.executemany(
        "UPDATE entries SET used_at = ?1 WHERE key = ?2 AND used_at < ?1", ((at, key) for key, at in used.items())
    )


def keep(db: sqlite3.Connection, entries: Iterable[tuple[bytes, Stored]], max_bytes: int, now: float) -> None:
    """Each in place of an older one; what has no room alone leaves no older one behind."""
    rows, too_large = [], []
    for key, (data, fetched_at, expires_at) in entries:
        size = len(data) + 2 * len(key) + OVERHEAD
        if size <= max_bytes:
            rows.append((key, fetched_at, expires_at, now, size, data))
        else:
            too_large.append((key, fetched_at))
    db.executemany(
        "INSERT INTO entries (key, fetched_at, expires_at, used_at, size, data) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET fetched_at = excluded.fetched_at, expires_at = excluded.expires_at,"
        " used_at = excluded.used_at, size = excluded.size, data = excluded.data"
        " WHERE excluded.fetched_at >= fetched_at",
        rows,
    )
    db.executemany("DELETE FROM entries WHERE key = ? AND fetched_at <= ?", too_large)


def evict(db: sqlite3.Connection, max_bytes: int, long_stale: float) -> bool:
    """Make room: first of what was stale at `long_stale`, then of what was not used for longest.

    True where more has to go than goes at once.
    """
    (excess,) = db.execute("SELECT bytes - ? FROM room", (max_bytes,)).fetchone()
    if excess <= 0:
        return False
    doomed = []
    for id_, size in _worst_first(db, long_stale):
        doomed.append((id_,))
        excess -= size
        if excess <= 0 or len(doomed) == EVICTED_AT_ONCE:
            break
    db.executemany("DELETE FROM entries WHERE id = ?", doomed)
    shrink(db)
    return bool(excess > 0 and doomed)


def _worst_first(db: sqlite3.Connection, long_stale: float) -> Iterator[tuple[int, int]]:
    yield from db.execute(
        "SELECT id, size FROM entries INDEXED BY entries_by_expiry WHERE expires_at < ? ORDER BY expires_at",
        (long_stale,),
    )
    yield from db.execute(
        "SELECT id, size FROM entries INDEXED BY entries_by_use WHERE expires_at >= ? ORDER BY used_at", (long_stale,)
    )


def shrink(db: sqlite3.Connection) -> bool:
    """Give pages back where an eighth of the file is free; True where there are more."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    if free <= pages // 8:
        return False
    for _ in range(min(free, PAGES_AT_ONCE)):
        db.execute("PRAGMA incremental_vacuum(1)")  # sqlite3 stops after the first page, however many it is told
    (left,) = db.execute("PRAGMA freelist_count").fetchone()
    return bool(left < free)


def stats(db: sqlite3.Connection, now: float) -> dict[str, int | float]:
    entries, size = db.execute("SELECT entries, bytes FROM room").fetchone()
    (stale,) = db.execute("SELECT count(*) FROM entries WHERE expires_at <= ?", (now,)).fetchone()
    return {"entries": entries, "stale": stale, "bytes": size}


def page(db: sqlite3.Connection, start: bytes, end: bytes) -> tuple[list[tuple[Any, ...]], bytes | None]:
    """Key, data, fetched_at and expires_at of the next keys, and where to go on."""
    rows = db.execute(
        "SELECT key, data, fetched_at, expires_at FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
        (start, end, ROWS_AT_ONCE),
    ).fetchall()
    return rows, _after(rows[-1][0]) if len(rows) == ROWS_AT_ONCE else None


def purge(db: sqlite3.Connection, start: bytes, end: bytes, before: float | None) -> tuple[int, bytes | None]:
    """Forget of the next keys those stale by `before`, or all; how many that were, and where to go on."""
    rows = db.execute(
        "SELECT key, id, expires_at FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
        (start, end, PURGED_AT_ONCE),
    ).fetchall()
    doomed = [(id_,) for _, id_, expires_at in rows if before is None or expires_at <= before]
    db.executemany("DELETE FROM entries WHERE id = ?", doomed)
    return len(doomed), _after(rows[-1][0]) if len(rows) == PURGED_AT_ONCE else None


def _after(key: bytes) -> bytes:
    return key + b"\x00"
