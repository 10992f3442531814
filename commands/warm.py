"""Fills the store before anybody asks: a command that runs the operations of files (`scripts/warm --help`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from graphql import DocumentNode, GraphQLSyntaxError, OperationDefinitionNode, parse

import server
from loaders.backend import Backend
from loaders.session import Session
from schema.build import schema
from schema.context import Context
from schema.plan import Plan
from serving.headers import CREDIT_BUDGET
from settings import Misconfigured, SandboxUse, Settings, load
from upstream.operation import CacheUse, Operation

CLIENT = "warm"
"""Whose credits it spends without a server; an entry of that name among the clients' keys limits its day."""

SECONDS_TO_ANSWER = 660
"""The longest that a server is waited for: more than any deadline of an operation."""


class Refused(Exception):
    """Why nothing was asked; the message is one line."""


class Stopped(Exception):
    """Why the runs end before an operation; the message is one line."""


# ── what is run ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Asked:
    """An operation of a file, with those of the given variables that it declares."""

    file: str
    document: str
    name: str | None
    variables: Mapping[str, Any]


@dataclass
class Run:
    """What became of an operation. errors: one line each."""

    asked: Asked
    estimate: int = 0
    credits: int = 0
    calls: int = 0
    errors: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {
            "file": self.asked.file,
            "operation": self.asked.name,
            "estimatedCredits": self.estimate,
            "actualCredits": self.credits,
            "calls": self.calls,
            "errors": self.errors,
        }


@dataclass
class Outcome:
    """What became of all.

    budget     credits that they might spend together, None for no bound
    left_out   those that were not run, from the first that did not fit the budget
    failures   how often the store failed or was too slow
    """

    budget: int | None
    runs: list[Run] = field(default_factory=list)
    left_out: list[Run] = field(default_factory=list)
    failures: int = 0

    @property
    def credits(self) -> int:
        return sum(run.credits for run in self.runs)

    @property
    def remaining(self) -> int | None:
        return None if self.budget is None else max(0, self.budget - self.credits)

    @property
    def is_whole(self) -> bool:
        return not self.left_out and not self.failures and not any(run.errors for run in self.runs)


def operations(files: Sequence[Path], variables: Mapping[str, Any]) -> list[Asked]:
    """Every operation of the files, in order."""
    asked: list[Asked] = []
    declared: set[str] = set()
    for file in files:
        text, document = _read(file)
        for found in document.definitions:
            if isinstance(found, OperationDefinitionNode):
                names = {variable.variable.name.value for variable in found.variable_definitions or ()}
                declared |= names
                given = {name: value for name, value in variables.items() if name in names}
                asked.append(Asked(str(file), text, found.name.value if found.name else None, given))
    unknown = sorted(variables.keys() - declared)
    if unknown:
        raise Refused(f"no operation has a variable ${unknown[0]}")
    if not asked:
        raise Refused(f"{files[0]}: there is no operation")
    return asked


def _read(file: Path) -> tuple[str, DocumentNode]:
    try:
        text = file.read_text(encoding="utf-8")
        return text, parse(text)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read ({type(error).__name__})") from None
    except GraphQLSyntaxError as error:
        line, column = error.locations[0] if error.locations else (1, 1)
        raise Refused(f"{file}:{line}:{column}: {error.message}") from None


# ── who answers ───────────────────────────────────────────────────────────────────────────────────────────────────


class Gateway(Protocol):
    """Prices an operation, and answers it for as many credits as may be spent: both as the server does."""

    async def price(self, asked: Asked) -> Mapping[str, Any]: ...

    async def answer(self, asked: Asked, budget: int | None) -> Mapping[str, Any]: ...


class Here:
    """The gateway in this process. since: nothing is taken from the store that was fetched before, unix seconds."""

    def __init__(self, backend: Backend, settings: Settings, since: float) -> None:
        self._backend = backend
        self._settings = settings
        self._since = since
        self._plan = Plan(backend.catalog, schema._schema)

    @property
    def failures(self) -> int:
        """How often the store failed or was too slow."""
        return self._backend.store.failures

    async def price(self, asked: Asked) -> Mapping[str, Any]:
        told = await self._execute(asked, None, prices_only=True)
        return told.get("extensions", {}).get("price") or told

    async def answer(self, asked: Asked, budget: int | None) -> Mapping[str, Any]:
        return await self._execute(asked, budget)

    async def _execute(self, asked: Asked, budget: int | None, *, prices_only: bool = False) -> Mapping[str, Any]:
        deadline = time.monotonic() + self._settings.shopgraph_deadline_ms / 1000
        most = self._settings.shopgraph_max_credits_per_request
        session = Session(self._backend, Operation(deadline, CLIENT, cache=CacheUse(self._since)))
        context = Context(session, self._plan, most if budget is None else min(most, budget), prices_only)
        result = await schema.execute(
            asked.document, dict(asked.variables), context_value=context, operation_name=asked.name
        )
        errors = [error.formatted for error in result.errors or ()]
        return {"extensions": result.extensions or {}, **({"errors": errors} if errors else {})}


@asynccontextmanager
async def here(settings: Settings, since: float) -> AsyncIterator[Here]:
    """With the store that the server of these settings has."""
    if settings.store == "memory:":
        raise Refused("SHOPGRAPH_STORE is memory:, of which nothing is kept; --url fills that of a running server")
    server.configure_logs(settings)
    async with server.upstream(settings) as (accesses, _):
        backend = server.connect(settings, accesses)
        await backend.open()
        try:
            if backend.store.failures:
                raise Refused("the store cannot be opened, so nothing would be kept")
            yield Here(backend, settings, since)
        finally:
            await backend.close()


class There:
    """The gateway of a running server. since: as above, as far as the server heeds it."""

    def __init__(self, url: str, key: str | None, since: float) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise Refused("--url must be http:// or https://, a host, and perhaps a port and a path")
        connection = HTTPSConnection if address.scheme == "https" else HTTPConnection
        self._connection = connection(address.hostname, address.port, timeout=SECONDS_TO_ANSWER)
        self._path = address.path.rstrip("/").removesuffix("/graphql") + "/graphql"
        self._since = since
        self._headers = {"content-type": "application/json"}
        if key is not None:
            self._headers["authorization"] = f"Bearer {key}"

    async def price(self, asked: Asked) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._post, f"{self._path}/cost", asked, None)

    async def answer(self, asked: Asked, budget: int | None) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._post, self._path, asked, budget)

    def close(self) -> None:
        self._connection.close()

    def _post(self, path: str, asked: Asked, budget: int | None) -> Mapping[str, Any]:
        body = {"query": asked.document, "variables": asked.variables, "operationName": asked.name}
        asking = dict(self._headers)
        if budget is not None:
            asking[CREDIT_BUDGET] = str(budget)
        if self._since:
            asking["cache-control"] = f"max-age={math.ceil(time.time() - self._since)}"
        try:
            self._connection.request("POST", path, json.dumps(body), asking)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Stopped(f"the server does not answer ({type(error).__name__})") from None
        if response.status == 401:
            raise Stopped("the server lets nobody in without a client's key; --key-file names a file that holds one")
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Stopped(f"no server of this graph answers there (HTTP {response.status})")
        return told


# ── the runs ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def warm(gateway: Gateway, asked: Sequence[Asked], budget: int | None) -> Outcome:
    """Run the operations one by one, up to the first that may cost more than is left."""
    outcome = Outcome(budget)
    for number, each in enumerate(asked):
        run = Run(each)
        try:
            await price(gateway, run)
            if outcome.remaining is not None and run.estimate > outcome.remaining:
                raise Stopped(f"may cost {run.estimate} credits, and {outcome.remaining} are left")
            outcome.runs.append(run)
            await answer(gateway, run, outcome.remaining)
        except Stopped as error:
            run.errors.append(str(error))
            outcome.left_out = [*([] if run in outcome.runs else [run]), *map(Run, asked[number + 1 :])]
            break
    return outcome


async def price(gateway: Gateway, run: Run) -> None:
    told = await gateway.price(run.asked)
    run.estimate, run.errors = told.get("estimatedCredits", 0), errors_of(told)


async def answer(gateway: Gateway, run: Run, budget: int | None) -> None:
    """Nothing where it cannot be priced: then it cannot be answered either."""
    if run.errors:
        return
    told = await gateway.answer(run.asked, budget)
    cost = told.get("extensions", {}).get("cost", {})
    run.credits, run.calls, run.errors = cost.get("actualCredits", 0), cost.get("calls", 0), errors_of(told)


def errors_of(answer: Mapping[str, Any]) -> list[str]:
    return [_error(error) for error in answer.get("errors", [])]


def _error(error: Mapping[str, Any]) -> str:
    path = ".".join(str(step) for step in error.get("path") or ())
    code = error.get("extensions", {}).get("code")
    return f"{path}: " * bool(path) + f"{error.get('message')}" + f" ({code})" * bool(code)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/warm",
        description="Runs the operations of files, so that the store has their answers; what it has costs nothing.",
        epilog="Ends with 0 where all were answered, 1 where one had errors or did not fit the budget, 2 where none "
        "was run. Files are looked for from the folder of the server.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.graphql")
    parser.add_argument(
        "-v", dest="variables", action="append", type=_variable, default=[], metavar="NAME=VALUE",
        help="a variable, for every operation that declares it; JSON, or else text",
    )  # fmt: skip
    parser.add_argument(
        "--max-age", type=_number, metavar="SECONDS", help="learn anew what was fetched so long before, or earlier"
    )
    parser.add_argument(
        "--budget", type=_number, metavar="N", help="credits that all may spend together; none = no bound"
    )
    parser.add_argument("--url", metavar="URL", help="have this server answer, not the store of these settings")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="with --url: where the client's key is")
    parser.add_argument("--sandbox", action="store_true", help="warm the store of a server started with --sandbox")
    parser.add_argument("--json", action="store_true", help="tell the outcome as JSON")
    return parser.parse_args(given)


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError("a variable is NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError("must be a whole number from 0, of 9 digits at most")
    return int(text)


async def run(asked: argparse.Namespace) -> Outcome:
    wanted = operations(asked.files, dict(asked.variables))
    since = 0.0 if asked.max_age is None else time.time() - asked.max_age
    if asked.url is not None:
        with closing(There(asked.url, _key(asked.key_file), since)) as there:
            return await warm(there, wanted, asked.budget)
    settings = load(**({"shopgraph_sandbox": SandboxUse.ON} if asked.sandbox else {}))
    async with here(settings, since) as gateway:
        outcome = await warm(gateway, wanted, asked.budget)
    outcome.failures = gateway.failures
    return outcome


def _key(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read ({type(error).__name__})") from None


def tell(outcome: Outcome, *, as_json: bool) -> None:
    for each in [*outcome.runs, *outcome.left_out]:
        for error in each.errors:
            print(f"warm: {_place(each.asked)}: {error}", file=sys.stderr)
    if outcome.failures:
        print(
            f"warm: the store failed or was too slow {outcome.failures} times: what it lacks will be paid for again",
            file=sys.stderr,
        )
    print(_json(outcome) if as_json else _table(outcome), end="")


def _json(outcome: Outcome) -> str:
    told = {
        "operations": [run.told() for run in outcome.runs],
        "leftOut": [{"file": run.asked.file, "operation": run.asked.name} for run in outcome.left_out],
        "actualCredits": outcome.credits,
        "budget": {"limit": outcome.budget, "remaining": outcome.remaining},
    }
    return json.dumps(told, indent=2) + "\n"


def _table(outcome: Outcome) -> str:
    heads = ("operation", "estimated", "credits", "calls", "errors")
    rows = [(_place(run.asked), run.estimate, run.credits, run.calls, len(run.errors)) for run in outcome.runs]
    left_out = [(_place(run.asked), "not run") for run in outcome.left_out]
    return "".join("\t".join(map(str, row)) + "\n" for row in (heads, *rows, *left_out))


def _place(asked: Asked) -> str:
    return asked.file if asked.name is None else f"{asked.file} {asked.name}"


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    try:
        outcome = asyncio.run(run(asked))
    except KeyboardInterrupt:
        return 130
    except (Refused, Misconfigured) as error:
        print(f"warm: {error}", file=sys.stderr)
        return 2
    tell(outcome, as_json=asked.json)
    if outcome.is_whole:
        return 0
    return 1 if outcome.runs else 2


if __name__ == "__main__":
    sys.exit(main())
