"""Rows as lines of NDJSON and of CSV, and such lines as Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from exports.tables import Column, Kind, Row

ROWS_AT_ONCE = 10_000
ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet may run."""


class Format(Enum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class Unwritable(Exception):
    """Why a format cannot be written here; the message is one line."""


def check(format: Format) -> None:
    """Raises Unwritable where what writes the format is not installed."""
    if format is Format.PARQUET and find_spec("pyarrow") is None:
        raise Unwritable("Parquet needs pyarrow: scripts/install --extras installs it")


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def head(columns: Sequence[Column], format: Format) -> bytes:
    """What a file of lines begins with."""
    return _encoded(",".join(column.name for column in columns) + "\r\n") if format is Format.CSV else b""


def lines(columns: Sequence[Column], rows: Sequence[Row], format: Format) -> bytes:
    write: Callable[[Sequence[Column], Row], str] = csv_line if format is Format.CSV else json_line
    return _encoded("".join(write(columns, row) for row in rows))


def json_line(columns: Sequence[Column], row: Row) -> str:
    told = {column.name: row[column.name] for column in columns}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def csv_line(columns: Sequence[Column], row: Row) -> str:
    return ",".join(cell(column.kind, row[column.name]) for column in columns) + "\r\n"


def cell(kind: Kind, value: Any) -> str:
    """A cell as it is written: nothing for null, "" for the empty text.

    A text that a spreadsheet might run is written behind an apostrophe, and so is one that begins with an apostrophe:
    whoever takes one off each text that begins with it has what there was. Numbers, days and lists never begin so.
    """
    if value is None:
        return ""
    if kind.lists:
        return _quoted(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    if kind.name == "bool":
        return "true" if value else "false"
    if kind.name != "text":
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _quoted(f"'{text}" if text.startswith((*ACTIVE, "'")) else text)


def _quoted(text: str) -> str:
    if text and not any(mark in text for mark in ',"\r\n') and text == text.strip():
        return text
    return '"' + text.replace('"', '""') + '"'


def _encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has none, as a replacement character."""
    return text.encode("utf-8", "replace")


# ── Parquet ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parquet(columns: Sequence[Column], part: Path, made: Path) -> None:
    """Make a Parquet file of the lines of a part."""
    pyarrow, files = import_module("pyarrow"), import_module("pyarrow.parquet")
    fields = [(column.name, _arrow(pyarrow, column.kind)) for column in columns]
    schema = pyarrow.schema(fields)
    with part.open(encoding="utf-8") as read, files.ParquetWriter(made, schema, compression="zstd") as out:
        for rows in _batches(json.loads(line) for line in read):
            arrays = [
                pyarrow.array([_valued(column.kind, row[column.name]) for row in rows], kind)
                for column, (_, kind) in zip(columns, fields, strict=True)
            ]
            out.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


def _arrow(pyarrow: Any, kind: Kind) -> Any:
    if kind.lists:
        return pyarrow.list_(_arrow(pyarrow, Kind(kind.name, kind.lists - 1)))
    return {
        "text": pyarrow.string(),
        "int": pyarrow.int32(),
        "bigint": pyarrow.int64(),
        "float": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "datetime": pyarrow.timestamp("us", tz="UTC"),
    }[kind.name]


def _valued(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind.lists:
        return [_valued(Kind(kind.name, kind.lists - 1), each) for each in value]
    if kind.name == "date":
        return date.fromisoformat(value)
    if kind.name == "datetime":
        return datetime.fromisoformat(value)
    if kind.name == "text" and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value
