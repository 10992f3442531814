"""Exports: a query's rows as files, made in the background for the client who asks."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from resolvers import export as resolve
from resolvers.export import ExportFormat, ExportState
from schema.field import Argument, attribute, stated
from schema.scalar import BigInt


def _describe(enum: type[Enum], description: str, **values: str) -> None:
    definition: Any = strawberry.enum(enum, description=description)
    for value in definition.__strawberry_definition__.values:
        value.description = values[value.name]


_describe(
    ExportFormat,
    "How rows are written.",
    NDJSON="A JSON object in a line.",
    CSV="Cells between commas, names in the first line.",
    PARQUET="Parquet, with a type for each column; where the server has what writes it.",
)
_describe(
    ExportState,
    "How far an export is.",
    RUNNING="Rows are being asked.",
    FINISHED="All of it is there.",
    STOPPED="It reached the credits that it may spend, or the client its day's; the rows until then are there.",
    FAILED="Something failed for good; the rows until then are there, unless the room for exports was full.",
    CANCELLED="Its client wanted it no more; nothing of it is there.",
)


@strawberry.type(description="A file of an export.")
class ExportFile:
    name: str = attribute("name", "Its name: the table's, with the format behind it.")
    url: str = attribute("url", "Where it is fetched, with the same client key.")
    bytes: BigInt = attribute("bytes", "Its length.")
    rows: BigInt = attribute("rows", "Its rows.")


@strawberry.type(description="Rows of a query as files: a table for each list of objects in it.")
class Export:
    id: str = attribute("id", "Names it to its client; no global id.")
    state: ExportState = attribute("state", "How far it is.")
    format: ExportFormat = attribute("format", "How its rows are written.")
    rows: BigInt = attribute("rows", "Rows written so far, of all tables.")
    pages: BigInt = attribute("pages", "Pages asked so far.")
    credits: BigInt = attribute("credits", "Credits spent so far, of the client's day.")
    max_credits: BigInt = attribute("max_credits", "Credits that it never exceeds.")
    error: str | None = attribute("error", "Why it ended before its end; null where it did not.")
    files: list[ExportFile] = attribute("files", "Its files, once it has ended.")
    started_at: datetime = attribute("started_at", "When it was asked for.")
    finished_at: datetime | None = attribute("finished_at", "When it ended; null while it runs.")
    expires_at: datetime | None = attribute("expires_at", "When it is removed with its files; null while it runs.")


EXPORT = stated(
    resolve.one,
    "An export of the asking client by its id; null where it has none of that id. Costs no call.",
    Argument("id", strawberry.ID, "What `startExport` gave."),
)
EXPORTS = stated(
    resolve.everyone, "The exports of the asking client that are still there, newest first. Costs no call."
)


@strawberry.type(description="What a client may begin and end: exports, nothing else.")
class Mutation:
    start_export: Export = stated(
        resolve.start,
        "Begins to write the rows of a query to files, and returns at once. A connection of the root is asked page by "
        "page to its end. What it spends is the client's; each page is an operation like any other.",
        Argument("query", str, "A document with a query."),
        Argument("variables", str | None, "Its variables: a JSON object, as text."),
        Argument("operationName", str | None, "Which of the document's operations is meant."),
        Argument("format", ExportFormat, "How rows are written."),
        Argument("maxCredits", int, "Credits that it never exceeds, at least 1."),
        Argument("rows", int | None, "Rows of each connection of the root at most; null for all."),
        Argument(
            "allNested", bool, "Whether lists below the root are asked to their ends, not for their `first`.", False
        ),
        Argument("keepErrors", bool, "Whether a part that fails for good is null, and told in a file.", False),
    )
    cancel_export: Export | None = stated(
        resolve.cancel,
        "Ends an export of the asking client behind the page that is on its way, and removes what it wrote; one that "
        "has ended stays as it is. Null where it has none of that id.",
        Argument("id", strawberry.ID, "What `startExport` gave."),
    )
