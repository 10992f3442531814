"""Writes the rows of a query to files, on the settings of the server or by a running one: `scripts/export --help`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from commands.query import asking_arguments, gateway, operation_of, parsed, read, typed
from commands.warm import Refused as Unasked
from commands.warm import Stopped as Unanswered
from commands.warm import _number as number
from exports import journal
from exports.formats import Format
from exports.journal import State
from exports.writing import Cancelled, Export, Failed, Refused, Stopped, Wanted
from schema.build import schema
from settings import Misconfigured

OUT_OF_CREDITS = 3
PAUSE = 1.0
"""Seconds before what failed is asked again; longer each time."""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/export",
        description="Writes the rows of a query to files: a table for each list of objects in it. A connection of the "
        "root is asked page by page to its end.",
        epilog="Run again with the same arguments, it goes on where it was, whatever ended it. Ends with 0 when all is "
        "there, 1 where something failed, 2 where nothing was begun, 3 where it may not spend more.",
    )
    asking_arguments(parser)
    parser.add_argument("--format", choices=[each.value for each in Format], default="ndjson", help="default: ndjson")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the export, and no other")
    parser.add_argument(
        "--max-credits", type=number, metavar="N", help="credits that it may spend, from its first run on; none = any"
    )
    parser.add_argument("--rows", type=_rows, metavar="N", help="rows of each connection of the root; none = all")
    parser.add_argument(
        "--all-nested", action="store_true", help="ask lists below the root to their ends too, not for their `first`"
    )
    parser.add_argument(
        "--since", type=_day, metavar="DATE",
        help="only the days of series that are not exported yet, from this one on, in a folder of their own in DIR",
    )  # fmt: skip
    parser.add_argument(
        "--keep-errors",
        action="store_true",
        help="write null where a part fails for good, and tell it in a file errors",
    )
    return parser.parse_args(given)


def _rows(text: str) -> int:
    if number(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day: 2026-11-21") from None


# ── which days ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Round:
    """What a run writes. nothing: whether there is no day to ask."""

    folder: Path
    wanted: Wanted
    nothing: bool = False


def round_of(out: Path, wanted: Wanted, since: date | None) -> Round:
    """The export in the folder itself; with `since` one of the days that those before have not, beside them."""
    if since is None:
        return Round(out, wanted)
    first = since
    for folder in [out, *sorted(out.glob("from-????-??-??"))]:
        about, state = journal.told(folder)
        if about is None:
            continue
        days = None if about["since"] is None else date.fromisoformat(about["since"])
        own = replace(wanted, since=days)
        if about != own.told():
            raise Refused(f"{folder}: another export is there; name another folder")
        if not state.finished:
            if folder == out:
                raise Refused(f"{folder}: is not finished; run it without --since first")
            return Round(folder, own)
        if state.last_day is not None:
            first = max(first, date.fromisoformat(state.last_day) + timedelta(days=1))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return Round(out / f"from-{first}", replace(wanted, since=first), nothing=first > yesterday)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


async def run(asked: argparse.Namespace) -> str:
    """What is said at the end."""
    text = read(asked.file)
    variables = typed(operation_of(parsed(asked.file, text), asked.operation), asked.variables)
    wanted = Wanted(
        text, variables, asked.operation, Format(asked.format), asked.rows, asked.all_nested, None, asked.keep_errors
    )
    current = round_of(asked.out, wanted, asked.since)
    try:
        reading = current.wanted.read(schema._schema)
    except Refused as error:
        raise Refused(f"{asked.file}:{error}" if str(error)[0].isdigit() else str(error)) from None
    if current.nothing:
        return "nothing is new: every day until yesterday is exported"
    async with gateway(asked) as answering, progress(asked.rows) as told:
        with Export(current.folder, current.wanted, reading, answering, asked.max_credits, told, PAUSE) as export:
            before = export.state.pages
            await told(export.state)
            await export.run()
            return _summary(export, before)


def _summary(export: Export, before: int) -> str:
    state = export.state
    rows = ", ".join(f"{name} {count}" for name, count in sorted(state.rows.items())) or "no rows"
    again = f" ({state.pages - before} now)" if before else ""
    failed = f"; {state.errors} errors, in the file errors" if state.errors else ""
    return f"{export.folder}: {rows}; {state.pages} pages{again}, {state.calls} calls, {state.credits} credits{failed}"


@asynccontextmanager
async def progress(rows: int | None) -> AsyncIterator[Callable[[State], Awaitable[None]]]:
    """A bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[pages]} pages, {task.fields[credits]:,} credits"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=rows, rows=0, pages=0, credits=0)

        async def tell(state: State) -> None:
            main = max(state.rows.values(), default=0)
            bar.update(task, completed=min(main, rows or main), rows=state.all_rows, pages=state.pages,
                       credits=state.credits)  # fmt: skip

        yield tell


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    try:
        print(asyncio.run(run(asked)))
        return 0
    except KeyboardInterrupt:
        return 130
    except Stopped as error:
        print(f"export: {error}", file=sys.stderr)
        print("export: run it again with a higher --max-credits, or tomorrow: it goes on where it is", file=sys.stderr)
        return OUT_OF_CREDITS
    except (Failed, Cancelled, Unanswered) as error:
        print(f"export: {error}", file=sys.stderr)
        print("export: run it again: it goes on where it is", file=sys.stderr)
        return 1
    except (Refused, Unasked, Misconfigured) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"export: {asked.out}: {error.strerror or type(error).__name__}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
