"""What an export has written so far: a file of lines, each on the disk before the next page is asked.

A line tells what is about to be spent, what was, or how far all files reach behind a page. Who opens it again cuts the
files back to the last page of which it tells, so that each row is there once whenever the process was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

NAME = "journal.ndjson"


class Busy(Exception):
    """Another process writes there."""


class Other(Exception):
    """Another export is there."""


@dataclass
class State:
    """How far an export has come.

    at         the number of the root's field that it is at
    cursor     where that goes on
    credits    what was spent
    pending    what the page that was on its way may have cost, when the process was killed
    rows       of each table
    bytes      of each file
    last_day   the newest day of a series
    beside     what connections of the root tell beside their rows
    """

    at: int = 0
    cursor: str | None = None
    credits: int = 0
    calls: int = 0
    pages: int = 0
    errors: int = 0
    pending: int = 0
    finished: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    last_day: str | None = None
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def all_rows(self) -> int:
        return sum(self.rows.values())


class Journal:
    """The journal in a folder, which nobody else writes meanwhile. state: what it tells."""

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Raises Busy, and Other where the journal is of an export that is not `about` the same."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = (folder / NAME).open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Busy from None
        known, self.state, size = _read(self._file)
        self._file.truncate(size)
        if known is None:
            self._write({"about": about})
            synced(folder)
        elif known != about:
            self.close()
            raise Other

    def close(self) -> None:
        self._file.close()

    def asking(self, credits: int) -> None:
        """So much may be spent from now on."""
        if credits:
            self._write({"asking": credits})

    def spent(self, credits: int, calls: int, again: bool) -> None:
        """So much was; `again` where it is the page that a killed process had asked."""
        if credits or calls or again:
            self._write({"spent": [credits, calls]})

    def reached(self, state: State) -> None:
        self._write({"state": asdict(state)})

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def told(folder: Path) -> tuple[Mapping[str, Any] | None, State]:
    """What the export in a folder is about, and how far it has come; without a lock."""
    try:
        with (folder / NAME).open("rb") as file:
            about, state, _ = _read(file)
    except FileNotFoundError:
        return None, State()
    return about, state


def _read(file: BinaryIO) -> tuple[Mapping[str, Any] | None, State, int]:
    """What it is about, its state, and how many bytes are whole lines."""
    file.seek(0)
    about, state, size = None, State(), 0
    for line in file:
        try:
            entry = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            break
        size += len(line)
        if "about" in entry:
            about = entry["about"]
        elif "asking" in entry:
            state.pending = max(state.pending, entry["asking"])
        elif "spent" in entry:
            credits, calls = entry["spent"]
            state.credits, state.calls, state.pending = state.credits + credits, state.calls + calls, 0
        elif "state" in entry:
            state = State(**entry["state"])
    return about, state, size


def synced(folder: Path) -> None:
    """The names of a folder's files are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
