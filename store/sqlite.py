"""Entries and counters in a SQLite file that the processes of one machine share.

A thread of the tier's own runs every statement, so the event loop never waits for a disk; what is asked while the
thread works is done together next, in one transaction. A file that turns out broken is set aside and a new one begun.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from store import sqlite_counters as counters
from store import sqlite_entries as rows
from store.locks import Claims
from store.sqlite_file import DatabaseFile, Work
from store.tier import Counter, Held, Stored, StoreFailed

LONG_STALE_SECONDS = 24 * 3600.0
"""So far behind its freshness, an entry gives way before all others."""

TOUCH_SECONDS = 60.0
"""An entry's time of use is as exact as this."""

FLUSH_SECONDS = 30.0
FLUSH_KEYS = 1000
COUNTER_SECONDS = 100 * 24 * 3600.0
WAITING_AT_MOST = 20_000

T = TypeVar("T")


class SqliteTier:
    """Up to `max_bytes` of entries in the file at `path`; `clock` gives unix seconds.

    The file itself may be somewhat larger. Claims are locks on a file beside it: they end with `unclaim` or with the
    process, never by time.
    """

    name = "sqlite"

    def __init__(self, path: Path | str, max_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self._path = Path(path)
        self._max_bytes = max_bytes
        self._clock = clock
        self._file = DatabaseFile(self._path)
        self._claims = Claims(self._path)
        self._thread: _Thread | None = None
        self._used: dict[bytes, float] = {}
        self._flushed_at = clock()
        self._tidied_on = ""

    async def open(self) -> None:
        """Begin, with a new file where there is none that can be read."""
        if self._thread is None:
            self._thread = _Thread(self._file, self._keep_house)
        await self._write(_nothing)

    async def close(self) -> None:
        """Do what was asked before, end the thread and give up the claims."""
        thread, self._thread = self._thread, None
        try:
            if thread is not None:
                await thread.end(self._flush)
        finally:
            self._claims.close()

    async def read(self, keys: Sequence[str]) -> list[Stored | None]:
        wanted = [rows.as_bytes(key) for key in keys]
        found = await self._read(lambda db: self._find(db, list(dict.fromkeys(wanted))))
        self._flush_at_times()
        return [found.get(key) for key in wanted]

    async def write(self, entries: Mapping[str, Stored]) -> None:
        if entries:
            given = [(rows.as_bytes(key), entry) for key, entry in entries.items()]
            await self._write(lambda db: self._keep(db, given))

    async def stats(self) -> Mapping[str, int | float]:
        """Entries, stale ones and bytes of the entries, the bound on those, and bytes of the files."""
        told = await self._read(lambda db: rows.stats(db, self._clock()))
        return {**told, "max_bytes": self._max_bytes, "file_bytes": self._file.size()}

    async def purge(self, prefix: str = "", *, stale: bool = False) -> int:
        before = self._clock() if stale else None
        purged = 0
        start: bytes | None = rows.as_bytes(prefix)
        while start is not None:
            count, start = await self._write(partial(rows.purge, start=start, end=rows.behind(prefix), before=before))
            purged += count
        while await self._write(rows.shrink):
            pass
        return purged

    async def scan(self, prefix: str = "") -> AsyncIterator[tuple[str, Stored]]:
        start: bytes | None = rows.as_bytes(prefix)
        while start is not None:
            found, start = await self._read(partial(rows.page, start=start, end=rows.behind(prefix)))
            for key, *entry in found:
                yield rows.as_text(key), Stored(*entry)

    async def claim(self, keys: Sequence[str], seconds: float) -> list[bool]:
        self._begun()
        with self._failing():
            return self._claims.take(keys)

    async def unclaim(self, keys: Sequence[str]) -> None:
        with self._failing():
            self._claims.give(keys)

    async def add(self, amounts: Mapping[Counter, int], held: Held | None = None, spent: int = 0) -> None:
        given = dict(amounts)
        await self._write(lambda db: counters.add(db, given, held, spent))

    async def totals(self, asked: Sequence[Counter]) -> list[int]:
        return await self._read(lambda db: counters.totals(db, asked))

    async def reserve(self, counter: Counter, amount: int, limit: int, seconds: float) -> Held | None:
        held = Held(counter, uuid.uuid4().hex)
        try:
            given = await self._write(lambda db: counters.reserve(db, held, amount, limit, seconds, self._clock()))
        except asyncio.CancelledError:
            with suppress(StoreFailed):  # nobody else is left to give it back
                self._begun().submit(lambda db: counters.release(db, held), writes=True)
            raise
        return held if given else None

    async def release(self, held: Held) -> None:
        await self._write(lambda db: counters.release(db, held))

    async def held(self, counter: Counter) -> int:
        return await self._read(lambda db: counters.held(db, counter, self._clock()))

    async def pace(self, name: str, rate: float, burst: float) -> float:
        if rate <= 0:
            return 0.0
        return await self._write(lambda db: counters.pace(db, name, rate, burst, self._clock()))

    async def slow_down(self, name: str, rate: float, slowest: float, seconds: float) -> None:
        if rate > 0:
            await self._write(lambda db: counters.slow_down(db, name, rate, slowest, seconds, self._clock()))

    async def window(self, name: str, most: int, seconds: float) -> float:
        if most <= 0:
            return 0.0
        return await self._write(lambda db: counters.window(db, name, most, seconds, self._clock()))

    def _begun(self) -> _Thread:
        if self._thread is None:
            raise StoreFailed(f"{self._path.name} is not open")
        return self._thread

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreFailed(f"claims beside {self._path.name}: {error}") from error

    async def _read(self, work: Work[T]) -> T:
        return await asyncio.shield(asyncio.wrap_future(self._begun().submit(work, writes=False)))

    async def _write(self, work: Work[T]) -> T:
        """In a transaction, also where the one who waits is cancelled: what is counted must not be lost."""
        return await asyncio.shield(asyncio.wrap_future(self._begun().submit(work, writes=True)))

    def _find(self, db: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, Stored]:
        now = self._clock()
        found = {}
        for key, used_at, *entry in rows.found(db, keys):
            found[key] = Stored(*entry)
            if used_at < now - TOUCH_SECONDS:
                self._used[key] = now
        return found

    def _keep(self, db: sqlite3.Connection, entries: list[tuple[bytes, Stored]]) -> None:
        self._flush(db)
        rows.keep(db, entries, self._max_bytes, self._clock())

    def _flush_at_times(self) -> None:
        many = len(self._used) > FLUSH_KEYS
        late = self._clock() > self._flushed_at + FLUSH_SECONDS
        if self._thread is not None and self._used and (many or late):
            with suppress(StoreFailed):
                self._thread.submit(self._flush, writes=True)

    def _flush(self, db: sqlite3.Connection) -> None:
        used, self._used = self._used, {}
        self._flushed_at = self._clock()
        rows.touch(db, used)

    def _keep_house(self, db: sqlite3.Connection) -> bool:
        """At the end of a transaction; True where more is left to do than fits into one."""
        now = self._clock()
        today = _day(now)
        if today != self._tidied_on:
            self._tidied_on = today
            counters.forget_before(db, _day(now - COUNTER_SECONDS))
        return rows.evict(db, self._max_bytes, now - LONG_STALE_SECONDS)


class _Job(NamedTuple):
    work: Work[Any]
    writes: bool
    done: Future[Any]


class _Thread:
    """Does what is asked of the file, one group after another.

    finish   called at the end of each transaction; True to be called again in one of its own
    """

    def __init__(self, file: DatabaseFile, finish: Work[bool]) -> None:
        self._file = file
        self._finish = finish
        self._asked: deque[_Job] = deque()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-sqlite")

    def submit(self, work: Work[T], *, writes: bool) -> Future[T]:
        if len(self._asked) >= WAITING_AT_MOST:
            raise StoreFailed("too much waits for the disk")
        done: Future[T] = Future()
        self._asked.append(_Job(work, writes, done))
        self._executor.submit(self._do_what_is_asked)
        return done

    async def end(self, last: Work[None]) -> None:
        with suppress(StoreFailed):
            self.submit(last, writes=True)
        closed = self._executor.submit(self._file.close)
        self._executor.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closed))

    def _do_what_is_asked(self) -> None:
        jobs = [self._asked.popleft() for _ in range(len(self._asked))]
        for writes in (False, True):
            self._together([job for job in jobs if job.writes is writes], writes)

    def _together(self, jobs: list[_Job], writes: bool) -> None:
        try:
            results = self._run([job.work for job in jobs], writes) if jobs else []
        except Exception as error:
            self._failed(jobs, writes, error)
        else:
            for job, result in zip(jobs, results, strict=True):
                job.done.set_result(result)

    def _run(self, works: list[Work[Any]], writes: bool) -> list[Any]:
        if not writes:
            return self._file.read(works)
        *results, more = self._file.write([*works, self._finish])
        if more:
            with suppress(RuntimeError, StoreFailed):  # it ends, or others will see to it
                self.submit(_nothing, writes=True)
        return results

    def _failed(self, jobs: list[_Job], writes: bool, error: Exception) -> None:
        """What the file fails in fails for all; else one of them is to blame, and must not take the others along."""
        if len(jobs) > 1 and not isinstance(error, sqlite3.OperationalError | OSError | StoreFailed):
            for job in jobs:
                self._together([job], writes)
            return
        for job in jobs:
            failed = StoreFailed(str(error) or type(error).__name__)
            failed.__cause__ = error
            job.done.set_exception(failed)


def _nothing(_: sqlite3.Connection) -> None:
    pass


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
