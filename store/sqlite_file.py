"""A SQLite database that is opened when it is needed, laid out by this version, and set aside when it is broken."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from store import sqlite_counters, sqlite_entries
from store.locks import LockFile
from store.tier import StoreFailed

log = structlog.get_logger("shopgraph.store")

BUSY_SECONDS = 2.0
"""How long to wait for another process that writes."""

APPLICATION = 0x73677068
LAYOUT = 100 * sqlite_counters.LAYOUT + sqlite_entries.LAYOUT
"""PRAGMA user_version. A file with other entries loses them, one with other counters is set aside."""

PRAGMAS = (
    "auto_vacuum = INCREMENTAL",  # before the first page is written
    "journal_mode = WAL",
    "synchronous = NORMAL",  # outlives a kill -9; a loss of power may cost the last seconds
    "journal_size_limit = 16777216",
    "cell_size_check = ON",
    "secure_delete = OFF",
)

BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class DatabaseFile:
    """The database, opened when it is first needed and again when it was replaced; for one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = LockFile(path)
        self._db: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def read(self, works: Iterable[Work[Any]]) -> list[Any]:
        return self._attempt(lambda db: [work(db) for work in works])

    def write(self, works: Iterable[Work[Any]]) -> list[Any]:
        """All of them or none."""
        return self._attempt(partial(_in_transaction, works=works))

    def size(self) -> int:
        """Bytes on the disk, with what waits in the log."""
        total = 0
        for path in _files(self._path):
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def close(self) -> None:
        db, self._db = self._db, None
        self._lock.close()
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    def _attempt(self, work: Work[T]) -> T:
        try:
            return work(self._opened())
        except sqlite3.DatabaseError as error:
            if _code(error) not in BROKEN:
                raise
            self._begin_anew(error)
        return work(self._opened())

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None and _identity(self._path) != self._identity:
            self.close()
        if self._db is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock.alone():
                try:
                    self._use(_connect(self._path))
                except sqlite3.DatabaseError as error:
                    if _code(error) not in BROKEN:
                        raise
                    self._replace("corrupt", error)
                except _AnotherLayout as error:
                    self._replace("layout", error)
        assert self._db is not None
        return self._db

    def _use(self, db: sqlite3.Connection) -> None:
        self._db, self._identity = db, _identity(self._path)

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        broken = self._identity
        self.close()
        with self._lock.alone():
            if _identity(self._path) == broken:  # no other process was faster
                self._replace("corrupt", error)

    def _replace(self, why: str, error: Exception) -> None:
        """Set the file aside and begin another, with the counters that can still be read."""
        counters = _salvaged(self._path)
        aside = _set_aside(self._path, why)
        log.warning("store set aside", file=str(aside), counters=len(counters), error=str(error))
        db = _connect(self._path)
        self._use(db)
        _in_transaction(db, [lambda db: db.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?, ?)", counters)])


class _AnotherLayout(Exception):
    """The file was written by another version of this program, its counters too."""


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _files(path: Path) -> list[Path]:
    """The log of writes, its index, and the database itself."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]


def _set_aside(path: Path, why: str) -> Path:
    aside = path.with_name(f"{path.name}.{why}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for file, name in zip(_files(path), _files(aside), strict=True):  # the log first: no new file must find it
        with suppress(FileNotFoundError):
            file.rename(name)
    return aside


def _salvaged(path: Path) -> list[tuple[str, str, int]]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT name, day, total FROM counters").fetchall()
    except sqlite3.Error:
        return []
    return [row for row in rows if [type(value) for value in row] == [str, str, int]]


def _connect(path: Path) -> sqlite3.Connection:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _refuse_another_programs(db)
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        _in_transaction(db, [_lay_out])
    except BaseException:
        db.close()
        raise
    return db


def _refuse_another_programs(db: sqlite3.Connection) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION and db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise StoreFailed("the file is the database of another program")


def _lay_out(db: sqlite3.Connection) -> None:
    """Make what lacks, and drop what another version made."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    (layout,) = db.execute("PRAGMA user_version").fetchone()
    if tables and layout // 100 != sqlite_counters.LAYOUT:
        raise _AnotherLayout(f"layout {layout}, not {LAYOUT}")
    for statement in _statements(sqlite_counters.SCHEMA):
        db.execute(statement)
    if tables and layout == LAYOUT:
        return
    for name in tables - sqlite_counters.TABLES:
        db.execute(f'DROP TABLE "{name}"')
    for statement in _statements(sqlite_entries.SCHEMA):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {LAYOUT}")


def _statements(script: str) -> Iterator[str]:
    """One by one: executescript would end the transaction."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _in_transaction(db: sqlite3.Connection, works: Iterable[Work[Any]]) -> list[Any]:
    db.execute("BEGIN IMMEDIATE")
    try:
        results = [work(db) for work in works]
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    return results
