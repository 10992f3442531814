"""Asks one document and prints the answer: `scripts/query --help`."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_named_type,
    is_input_object_type,
    parse,
    parse_value,
    print_ast,
    type_from_ast,
    value_from_ast_untyped,
)
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

import server
from commands.warm import Asked, Refused, Stopped, There, errors_of
from exports import formats, tables
from exports.asking import Here
from exports.tables import Filler, Question, Reading, Table
from exports.writing import Gateway
from schema.build import schema
from settings import Misconfigured, SandboxUse, Settings, load

CLIENT = "command"
"""Whose credits it spends without a server; an entry of that name among the clients' keys limits its day."""

KEY = "SHOPGRAPH_KEY"


# ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────


def read(place: str) -> str:
    """The text of a file, of standard input for -."""
    try:
        return sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{place} cannot be read ({type(error).__name__})") from None


def parsed(place: str, text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        line, column = error.locations[0] if error.locations else (1, 1)
        raise Refused(f"{place}:{line}:{column}: {error.message}") from None


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    try:
        return tables.operation_of(document, name)
    except tables.Unreadable as error:
        raise Refused(str(error).replace("name one of", "--operation names one of")) from None


def typed(operation: OperationDefinitionNode, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The variables as the operation declares them; raises Refused."""
    declared = {each.variable.name.value: each.type for each in operation.variable_definitions or ()}
    values: dict[str, Any] = {}
    for name, text in given:
        if name not in declared:
            raise Refused(f"the operation has no variable ${name}")
        if name in values:
            raise Refused(f"${name}: is given twice")
        try:
            values[name] = value_of(type_from_ast(schema._schema, declared[name]), text)
        except ValueError:
            raise Refused(f"${name}: {text!r} is no {print_ast(declared[name])}") from None
    return values


def value_of(kind: Any, text: str) -> Any:
    """A value as its type wants it: text for ids and days as well, commas between those of a list, or JSON."""
    if isinstance(kind, GraphQLNonNull):
        return value_of(kind.of_type, text)
    if text == "null" and not isinstance(kind, GraphQLNonNull) and get_named_type(kind) is not None:
        return None if getattr(get_named_type(kind), "name", "") not in ("String", "ID") else text
    if isinstance(kind, GraphQLList):
        if text.lstrip().startswith("["):
            return _literal(text)
        return [value_of(kind.of_type, each.strip()) for each in text.split(",")] if text else []
    if kind is None or is_input_object_type(kind):
        return _literal(text)
    if isinstance(kind, GraphQLEnumType):
        if text not in kind.values:
            raise ValueError
        return text
    if kind.name in ("Int", "BigInt"):
        return int(text)
    if kind.name == "Float":
        return float(text)
    if kind.name == "Boolean":
        return {"true": True, "false": False}[text] if text in ("true", "false") else _wrong()
    return text


def _wrong() -> Any:
    raise ValueError


def _literal(text: str) -> Any:
    """JSON, or a value as GraphQL writes it."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return value_from_ast_untyped(parse_value(text))
    except GraphQLError:
        raise ValueError from None


def variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not re.fullmatch("[_A-Za-z][_0-9A-Za-z]*", name) or not equals:
        raise argparse.ArgumentTypeError("a variable is NAME=VALUE")
    return name, value


# ── who answers ───────────────────────────────────────────────────────────────────────────────────────────────────


class Remote:
    """A running server."""

    keeps = True

    def __init__(self, there: There) -> None:
        self._there = there

    async def price(self, question: Question) -> Mapping[str, Any]:
        return await self._there.price(_asked(question))

    async def answer(self, question: Question, budget: int | None) -> Mapping[str, Any]:
        return await self._there.answer(_asked(question), budget)


def _asked(question: Question) -> Asked:
    return Asked("", question.document, question.name, question.variables)


@asynccontextmanager
async def gateway(asked: argparse.Namespace, *, patient: bool = True) -> AsyncIterator[Gateway]:
    """The one that the arguments name: a server's, or that of these settings in this process."""
    if asked.url is not None:
        with closing(There(asked.url, _key(asked), 0.0)) as there:
            yield Remote(there)
        return
    settings = configured(sandbox=asked.sandbox)
    server.configure_logs(settings)
    async with server.upstream(settings) as (accesses, _):
        backend = server.connect(settings, accesses)
        await backend.open()
        try:
            yield Here(backend, settings, CLIENT, patient=patient)
        finally:
            await backend.close()


def configured(*, sandbox: bool) -> Settings:
    return load(**({"shopgraph_sandbox": SandboxUse.ON} if sandbox else {}))


def _key(asked: argparse.Namespace) -> str | None:
    if asked.key_file is not None:
        return read(asked.key_file).strip()
    return asked.key or os.environ.get(KEY)


# ── what is printed ───────────────────────────────────────────────────────────────────────────────────────────────


def flat(reading: Reading, data: Mapping[str, Any]) -> tuple[Table, list[dict[str, Any]]]:
    """The first list of an answer, or the object where there is none, and its rows."""
    filler = Filler({})
    for key, each in reading.fields.items():
        filler.root(each, data.get(key))
    found = next((each for each in reading if each.is_list), next(iter(reading)))
    return found, filler.rows.get(found.name, [])


def shown(table: Table) -> list[tables.Column]:
    """The columns that the document asks for."""
    leaves = set(_leaves(table.shape, ""))
    return [column for column in table.columns if column.name in leaves]


def _leaves(shape: tables.Shape, prefix: str) -> list[str]:
    found: list[str] = []
    for key, each in shape.fields.items():
        if each.shape is None:
            found.append(f"{prefix}{key}")
        elif not each.is_list:
            found += _leaves(each.shape, f"{prefix}{key}.")
    return found


def print_table(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = shown(table)
    grid = Grid(title=f"{table.name}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}", title_justify="left")
    for column in columns:
        is_number = column.kind.name in ("int", "bigint", "float") and not column.kind.lists
        grid.add_column(Text(column.name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_shown(row[column.name])) for column in columns))
    wide = None if sys.stdout.isatty() else 200
    Console(width=wide).print(grid)


def _shown(value: Any) -> str:
    """What a terminal may be sent: no control characters."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else " " for each in text)


def print_csv(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = shown(table)
    out = sys.stdout.buffer
    out.write(formats.head(columns, formats.Format.CSV))
    out.write(formats.lines(columns, [dict(row) for row in rows], formats.Format.CSV))
    out.flush()


def print_price(price: Mapping[str, Any], format: str) -> None:
    if format == "json":
        print(json.dumps(price, indent=2))
        return
    plan = [[step["path"], step["endpoint"], step["calls"], step["credits"]] for step in price["plan"]]
    heads = ["path", "endpoint", "calls", "credits"]
    if format == "csv":
        csv.writer(sys.stdout).writerows([heads, *plan])
        return
    fits = "fits" if price["budget"]["fits"] else "does not fit"
    grid = Grid(
        title=f"{price['estimatedCredits']} credits at most; {fits} the {price['budget']['limit']} of a request"
    )
    for head in heads:
        grid.add_column(head, justify="right" if head in ("calls", "credits") else "left", overflow="fold")
    for step in plan:
        grid.add_row(*map(str, step))
    Console(width=None if sys.stdout.isatty() else 200).print(grid)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/query",
        description="Asks a document and prints the answer; without --url in this process, on the settings that the "
        "server has, and with what is stored.",
        epilog="Ends with 0, with 1 where the answer has errors, which go to standard error with their codes, with 2 "
        "where nothing was asked. A file is looked for from the folder of the server.",
    )
    asking_arguments(parser)
    parser.add_argument("--cost", action="store_true", help="print what it would cost, and ask nothing")
    parser.add_argument(
        "--format", choices=("json", "table", "csv"), default="json",
        help="json: the whole answer (default); table, csv: the first list, its objects by dotted names",
    )  # fmt: skip
    return parser.parse_args(given)


def asking_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that both commands have."""
    parser.add_argument("file", metavar="FILE.graphql", help="the document; - reads standard input")
    parser.add_argument(
        "-v", dest="variables", action="append", type=variable, default=[], metavar="NAME=VALUE",
        help="a variable, read as the document declares it; lists by commas or as JSON, objects as JSON",
    )  # fmt: skip
    parser.add_argument("--operation", metavar="NAME", help="which operation of the document")
    parser.add_argument("--sandbox", action="store_true", help="ask emulated data, whatever is configured")
    parser.add_argument("--url", metavar="URL", help="ask this server")
    parser.add_argument(
        "--key", metavar="KEY", help=f"with --url: the client's key; others on this machine may see it, not ${KEY}"
    )
    parser.add_argument("--key-file", metavar="FILE", help="with --url: where the client's key is")


async def run(asked: argparse.Namespace) -> int:
    text = read(asked.file)
    operation = operation_of(parsed(asked.file, text), asked.operation)
    variables = typed(operation, asked.variables)
    reading = None
    if asked.format != "json" and not asked.cost:
        try:
            reading = tables.read(schema._schema, text, variables, asked.operation)
        except tables.Unreadable as error:
            raise Refused(f"{asked.file}: {error}") from None
    question = Question(text, variables, asked.operation)
    async with gateway(asked, patient=False) as answering:
        told = await (answering.price(question) if asked.cost else answering.answer(question, None))
    errors = errors_of(told)
    for line in errors:
        print(f"query: {line}", file=sys.stderr)
    if asked.cost:
        if not errors:
            print_price(told, asked.format)
    elif reading is None:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif told.get("data") is not None:
        table, rows = flat(reading, told["data"])
        (print_table if asked.format == "table" else print_csv)(table, rows)
    return 1 if errors else 0


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    try:
        return asyncio.run(run(asked))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Stopped as error:
        print(f"query: {error}", file=sys.stderr)
        return 1
    except (Refused, Misconfigured) as error:
        print(f"query: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
