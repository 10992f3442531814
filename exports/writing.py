"""Writes the rows of a query to files, page by page: killed at any moment, it goes on where it was.

It knows no server: a `Gateway` prices and answers. commands/export.py is the command; jobs.py serves clients.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from graphql import GraphQLSchema

from exports import formats, journal, tables
from exports.formats import Format
from exports.journal import Journal, State
from exports.tables import Column, Field, Filler, Kind, Question, Reading, Table, Writer

SIZES = (100, 50, 20, 10, 5, 1)
"""Rows of a page, the best first: ten share a call, and the fewer pages, the fewer of their calls are part-filled."""

PASSING = frozenset(
    ("UPSTREAM_RATE_LIMITED", "UPSTREAM_UNAVAILABLE", "UPSTREAM_BAD_RESPONSE", "BUDGET_EXCEEDED", "NOT_CACHED")
)
"""What may be otherwise when it is asked again."""

TRIES = 3
"""How often a page is asked without an error less."""

ERRORS = "errors"
ERROR_COLUMNS = [Column(name, Kind("text")) for name in ("path", "code", "message")]
MANIFEST = "export.json"
PARTS = ".parts"


class Refused(Exception):
    """Why nothing was begun; the message is one line."""


class Failed(Exception):
    """Why it cannot go on now; what was written holds. The message is one line."""


class Stopped(Failed):
    """It may not spend more."""


class Cancelled(Failed):
    """Nobody wants it any more."""


class Gateway(Protocol):
    """Prices a question, and answers it for as many credits as may be spent.

    keeps   whether what was paid for outlives the process
    """

    keeps: bool

    async def price(self, question: Question) -> Mapping[str, Any]: ...

    async def answer(self, question: Question, budget: int | None) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Wanted:
    """What is to be exported.

    rows         of each connection of the root at most, None for all
    all_nested   whether lists below the root are asked to their ends, rather than for what `first` says
    since        the first day of the series that are asked, None for the days that the document says
    keep_errors  whether a row is written with nulls where a part of it failed for good
    """

    document: str
    variables: Mapping[str, Any]
    operation: str | None
    format: Format
    rows: int | None = None
    all_nested: bool = False
    since: date | None = None
    keep_errors: bool = False

    def told(self) -> dict[str, Any]:
        return {
            "query": self.document,
            "variables": dict(self.variables),
            "operation": self.operation,
            "format": self.format.value,
            "rows": self.rows,
            "allNested": self.all_nested,
            "since": None if self.since is None else self.since.isoformat(),
            "keepErrors": self.keep_errors,
        }

    def read(self, schema: GraphQLSchema) -> Reading:
        """Raises Refused."""
        try:
            reading = tables.read(schema, self.document, self.variables, self.operation)
            formats.check(self.format)
        except (tables.Unreadable, formats.Unwritable) as error:
            raise Refused(str(error)) from None
        if any(table.name == ERRORS for table in reading):
            raise Refused(f"{ERRORS}: is the name of a file of its own; give the field an alias")
        if self.since is not None and not any(_day_of(table) for table in reading):
            raise Refused("the query asks for no series of days with its date, so no day can be left out")
        return reading


class Made:
    """A file of the result. rows: None where it is no table."""

    def __init__(self, path: Path, rows: int) -> None:
        self.name, self.rows, self.bytes = path.name, rows, path.stat().st_size

    def told(self) -> dict[str, Any]:
        return {"name": self.name, "rows": self.rows, "bytes": self.bytes}


class Export:
    """An export to a folder. A context manager: nobody else writes there meanwhile.

    most     credits that it may spend in all, those of killed processes included; None for no bound
    told     is told of each page
    state    how far it has come
    """

    def __init__(
        self,
        folder: Path,
        wanted: Wanted,
        reading: Reading,
        gateway: Gateway,
        most: int | None = None,
        told: Callable[[State], Awaitable[None]] | None = None,
        pause: float = 1.0,
    ) -> None:
        self.folder = folder
        self._wanted = wanted
        self._reading = reading
        self._gateway = gateway
        self._most = most
        self._told = told
        self._pause = pause
        self._writer = Writer(reading, wanted.all_nested, wanted.since is not None)
        self._size = SIZES[0]

    def __enter__(self) -> Export:
        try:
            self._journal = Journal(self.folder, self._wanted.told())
        except journal.Busy:
            raise Refused(f"{self.folder}: another process writes there") from None
        except journal.Other:
            raise Refused(f"{self.folder}: another export is there; name another folder") from None
        except OSError as error:
            raise Refused(f"{self.folder}: cannot be written ({type(error).__name__})") from None
        self.state = self._journal.state
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    async def run(self) -> None:
        """To the end. Raises Failed and Stopped, after which it can be run again."""
        if self.state.finished:
            return
        with Files(self.folder, self._wanted.format, self._reading, self.state) as files:
            fields = list(self._reading.fields.items())
            while self.state.at < len(fields):
                key, each = fields[self.state.at]
                await self._page(key, each, files)
                if self._told is not None:
                    await self._told(self.state)
        await asyncio.to_thread(self.finish)

    def finish(self, *, whole: bool = True) -> list[Made]:
        """Make the files of what there is, and say what they are."""
        if self.state.finished:
            return present(self.folder, self._wanted.format, self._reading, self.state)
        made = finished(self.folder, self._wanted.format, self._reading, self.state)
        about = {**self._wanted.told(), "whole": whole, "credits": self.state.credits, "calls": self.state.calls}
        beside = {
            key: {name: value for name, value in told.items() if not name.startswith(tables.HIDDEN)}
            for key, told in self.state.beside.items()
        }
        described = [_manifest(table, self.state, self._wanted.format) for table in self._reading]
        manifest = {**about, "lastDay": self.state.last_day, "beside": beside, "tables": described}
        written(self.folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode("utf-8", "replace"))
        if whole:
            self.state.finished = True
            self._journal.reached(self.state)
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
        return made

    # a page

    async def _page(self, key: str, each: Field, files: Files) -> None:
        """Ask a page with all that hangs on it, and write it at once or not at all."""
        filler = Filler(dict(self.state.rows))
        question = self._writer.root(key)
        if each.is_connection:
            asked = {**question.variables, tables.AFTER: self.state.cursor or _after(each, self._reading)}
            told, size = await self._ask(Question(question.document, asked), self._left(each))
        else:
            told, size = await self._ask(question, None)
        value = told["data"][key]
        filler.root(each, value)
        errors = list(told.get("errors", ()))
        await self._rests(filler, errors)
        self._move_on(key, each, value, filler, size)
        self.state.pages += 1
        self.state.errors += len(errors)
        self.state.rows = filler.counts
        await asyncio.to_thread(self._keep, files, filler, errors)

    async def _rests(self, filler: Filler, errors: list[Any]) -> None:
        """The further pages of the lists below."""
        while filler.rests:
            rest = filler.rests.pop(0)
            told, _ = await self._ask(self._writer.rest(rest), SIZES[0])
            errors += told.get("errors", ())
            value = told["data"]["node"]
            for step in rest.chain:
                value = None if value is None else value[step.key]
            filler.rest(rest, value)

    def _left(self, each: Field) -> int:
        """Rows that the page may have."""
        left = SIZES[0] if self._wanted.rows is None else self._wanted.rows - self._rows_of(each, self.state.rows)
        total = self.state.beside.get(each.key, {}).get(tables.TOTAL)
        if total is not None and total > self._rows_of(each, self.state.rows):
            left = min(left, total - self._rows_of(each, self.state.rows))
        return max(1, left)

    def _rows_of(self, each: Field, counts: Mapping[str, int]) -> int:
        assert each.shape is not None
        own = [below.table.name for below in each.shape.fields.values() if below.table is not None]
        return max((counts.get(name, 0) for name in own), default=0)

    def _move_on(self, key: str, each: Field, value: Any, filler: Filler, size: int | None) -> None:
        page = None if value is None or not each.is_connection else value[tables.PAGE]
        if page is not None:
            assert each.shape is not None
            known = {tables.TOTAL, *(name for name, below in each.shape.fields.items() if below.table is None)}
            self.state.beside.setdefault(key, {name: value.get(name) for name in known - {tables.PAGE}})
        enough = self._wanted.rows is not None and self._rows_of(each, filler.counts) >= self._wanted.rows
        if page is not None and page["hasNextPage"] and page["endCursor"] and not enough:
            self.state.cursor = page["endCursor"]
        else:
            self.state.at, self.state.cursor = self.state.at + 1, None

    def _keep(self, files: Files, filler: Filler, errors: Sequence[Mapping[str, Any]]) -> None:
        for table in self._reading:
            rows = filler.rows.get(table.name, [])
            files.write(table.name, table.columns, rows)
            day = _day_of(table)
            days = [row[day] for row in rows if row[day] is not None] if day else []
            self.state.last_day = max([*days, *([self.state.last_day] if self.state.last_day else [])], default=None)
        if errors:
            files.write(ERRORS, ERROR_COLUMNS, [_error_row(error) for error in errors])
        self.state.bytes = files.sync()
        self._journal.reached(self.state)

    # asking

    async def _ask(self, question: Question, rows: int | None) -> tuple[Mapping[str, Any], int | None]:
        """The answer to a page of as many rows as are wanted and can be paid, and how many that are."""
        question, estimate, limit, size = await self._priced(question, rows)
        again = self.state.pending
        self._journal.asking(max(estimate, again))
        tried, fewest = 0, sys.maxsize
        while True:
            told = await self._answered(question, limit, again)
            again = 0
            errors = told.get("errors", [])
            if not errors:
                return told, size
            tried, fewest = 0 if len(errors) < fewest else tried, min(fewest, len(errors))
            tried += 1
            if tried < TRIES and {_code(error) for error in errors} <= PASSING:
                self._check_day(errors)
                await asyncio.sleep(self._pause * 2 ** min(tried - 1, 4))
                limit = self._limit(limit)
                continue
            if self._wanted.keep_errors and all(error.get("path") for error in errors) and told.get("data"):
                return told, size
            raise Failed("; ".join(_line(error) for error in errors[:3]))

    async def _priced(self, question: Question, rows: int | None) -> tuple[Question, int, int, int | None]:
        """The question for the most rows that can be paid, its price, and what it may spend."""
        estimate = limit = 0
        sizes = (
            [None]
            if rows is None
            else [min(rows, self._size), *(each for each in SIZES if each < min(rows, self._size))]
        )
        for size in sizes:
            variables = dict(question.variables) if size is None else {**question.variables, tables.FIRST: size}
            if self._wanted.since is not None:
                variables |= {tables.SINCE: self._wanted.since.isoformat()} if tables.SINCE in question.document else {}
            asked = Question(question.document, variables)
            price = await self._gateway.price(asked)
            if "estimatedCredits" not in price:
                raise Failed("; ".join(_line(error) for error in price.get("errors", [])[:3]) or "it has no price")
            estimate, limit = price["estimatedCredits"], price["budget"]["limit"]
            if estimate <= self._limit(limit):
                if size is not None and rows is not None and size < rows:
                    self._size = size
                return asked, estimate, self._limit(limit), size
        if estimate <= limit:
            raise Stopped(
                f"the next page may cost {estimate} credits, and {self._limit(limit)} of {self._most} are left"
            )
        raise Failed(
            f"the least page may cost {estimate} credits, and a request may spend {limit} "
            "(SHOPGRAPH_MAX_CREDITS_PER_REQUEST); ask less of it"
        )

    def _limit(self, limit: int) -> int:
        """What a request may spend, of what is left."""
        return limit if self._most is None else max(0, min(limit, self._most - self.state.credits))

    async def _answered(self, question: Question, limit: int, again: int) -> Mapping[str, Any]:
        told = await self._gateway.answer(question, limit)
        cost = told.get("extensions", {}).get("cost", {})
        credits, calls = cost.get("actualCredits", 0), cost.get("calls", 0)
        if again:
            credits = max(again, credits) if self._gateway.keeps else again + credits
        self.state.credits, self.state.calls = self.state.credits + credits, self.state.calls + calls
        self.state.pending = 0
        self._journal.spent(credits, calls, bool(again))
        self._check_day(told.get("errors", []))
        return told

    def _check_day(self, errors: Sequence[Mapping[str, Any]]) -> None:
        for error in errors:
            if _code(error) == "BUDGET_EXCEEDED":
                reset = error.get("extensions", {}).get("resetAt")
                if reset or (self._most is not None and self.state.credits >= self._most):
                    raise Stopped(_line(error) + (f"; the day ends at {reset}" if reset else ""))


def _after(each: Field, reading: Reading) -> Any:
    """The cursor that the document itself gives."""
    for given in each.nodes[0].arguments or ():
        if given.name.value == "after":
            value: Any = given.value
            name = getattr(getattr(value, "name", None), "value", None)
            return reading.variables.get(name) if name is not None else getattr(value, "value", None)
    return None


def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("extensions", {}).get("code"))


def _line(error: Mapping[str, Any]) -> str:
    path = ".".join(str(step) for step in error.get("path") or ())
    return f"{path}: " * bool(path) + f"{error.get('message')} ({_code(error)})"


def _error_row(error: Mapping[str, Any]) -> dict[str, Any]:
    path = ".".join(str(step) for step in error.get("path") or ())
    return {"path": path, "code": _code(error), "message": str(error.get("message"))}


def _day_of(table: Table) -> str | None:
    """The column that tells the day of a series' row."""
    if not table.is_series:
        return None
    return next((key for key, each in table.shape.fields.items() if each.name == "date"), None)


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Files:
    """The files that rows go to, cut back to what the journal tells of. A context manager."""

    def __init__(self, folder: Path, format: Format, reading: Reading, state: State) -> None:
        self._folder = folder
        self._format = format
        self._state = state
        self._open: dict[str, BinaryIO] = {}
        self._stack = ExitStack()
        self._columns = {table.name: table.columns for table in reading}
        if state.errors:
            self._columns[ERRORS] = ERROR_COLUMNS

    def __enter__(self) -> Files:
        place(self._folder, "", self._format).parent.mkdir(exist_ok=True)
        for name, columns in self._columns.items():
            self._file(name, columns)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, name: str, columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._file(name, columns).write(formats.lines(columns, rows, self._format))

    def sync(self) -> dict[str, int]:
        """How long each file is, now that all is on the disk."""
        for file in self._open.values():
            file.flush()
            os.fsync(file.fileno())
        return {name: file.tell() for name, file in self._open.items()}

    def _file(self, name: str, columns: Sequence[Column]) -> BinaryIO:
        if name not in self._open:
            path, known = place(self._folder, name, self._format), self._state.bytes.get(name, 0)
            file = self._stack.enter_context(path.open("r+b" if path.exists() else "w+b"))
            if path.stat().st_size < known:
                raise Failed(f"{path}: is shorter than it was; remove the folder and begin anew")
            file.truncate(known)
            file.seek(known)
            if not known:
                file.write(formats.head(columns, self._format))
                journal.synced(path.parent)
            self._open[name] = file
        return self._open[name]


def place(folder: Path, name: str, format: Format) -> Path:
    """Where the rows of a table are gathered: of Parquet in parts of which it is made at the end."""
    if format is Format.PARQUET:
        return folder / PARTS / f"{name}.ndjson"
    return folder / f"{name}.{format.value}"


def finished(folder: Path, format: Format, reading: Reading, state: State) -> list[Made]:
    """The files of an export's tables; those of Parquet are made now."""
    if format is Format.PARQUET:
        for name, columns in _files(reading, state).items():
            unfinished = folder / PARTS / f"{name}.parquet"
            formats.parquet(columns, place(folder, name, format), unfinished)
            _sync(unfinished)
            unfinished.replace(folder / f"{name}.parquet")
    journal.synced(folder)
    return present(folder, format, reading, state)


def present(folder: Path, format: Format, reading: Reading, state: State) -> list[Made]:
    """The files of an export's tables."""
    counts = {**state.rows, ERRORS: state.errors}
    return [Made(folder / f"{name}.{format.value}", counts.get(name, 0)) for name in _files(reading, state)]


def _files(reading: Reading, state: State) -> dict[str, list[Column]]:
    columns = {table.name: table.columns for table in reading}
    return {**columns, ERRORS: ERROR_COLUMNS} if state.errors else columns


def written(path: Path, data: bytes) -> None:
    """A file that is there as a whole or not at all."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(data)
    _sync(unfinished)
    unfinished.replace(path)
    journal.synced(path.parent)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _manifest(table: Table, state: State, format: Format) -> dict[str, Any]:
    return {
        "name": table.name,
        "file": f"{table.name}.{format.value}",
        "rows": state.rows.get(table.name, 0),
        "parent": None if table.parent is None else table.parent.name,
        "parentId": table.of,
        "columns": [{"name": column.name, "type": _typed(column.kind)} for column in table.columns],
    }


def _typed(kind: Kind) -> str:
    return f"list<{_typed(Kind(kind.name, kind.lists - 1))}>" if kind.lists else kind.name
