"""The exports of a server's clients: each runs in the background, outlives the server, and is removed after a day.

A folder of its own holds what was asked (`job.json`), what came of it, and the files with their journal. Whoever has
the journal's lock runs it: a server that begins takes over what none runs.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from graphql import parse
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from exports import journal, writing
from exports.asking import Here
from exports.formats import Format
from loaders.backend import Backend
from resolvers.export import Export, ExportFile, ExportFormat, ExportRefused, ExportState, Request, end, serve
from schema.build import schema
from schema.hiding import INVALID
from schema.plan import Plan
from schema.scope import Asked
from serving.clients import ANONYMOUS, Clients
from serving.documents import Documents, Question, Refused
from serving.guard import Refusal
from settings import Settings
from upstream.errors import BadInput, NotAllowed
from upstream.rights import ALL

log = structlog.get_logger("shopgraph.exports")

PATH = "/exports/"
MEGABYTE = 1_000_000
KEPT_SECONDS = 24 * 3600
SWEEP_SECONDS = 60.0
MOST_AT_ONCE = 3
"""Exports of a client that run at the same time."""

MOST_KEPT = 100
"""Exports of a client that are there at the same time."""

ID = re.compile(r"[0-9a-f]{32}")
JOB, CANCEL, ROWS = "job.json", "cancel", "rows"
MEDIA = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class Full(writing.Failed):
    """There is no room for more rows."""


@dataclass
class Job:
    """What is kept of an export beside its rows."""

    id: str
    client: str
    query: str
    variables: dict[str, Any]
    operation: str | None
    format: str
    max_credits: int
    rows: int | None
    all_nested: bool
    keep_errors: bool
    started: float
    state: str = ExportState.RUNNING.value
    error: str | None = None
    finished: float | None = None
    files: list[dict[str, Any]] | None = None
    told: dict[str, int] | None = None

    @property
    def wanted(self) -> writing.Wanted:
        return writing.Wanted(
            self.query,
            self.variables,
            self.operation,
            Format(self.format),
            self.rows,
            self.all_nested,
            None,
            self.keep_errors,
        )

    @property
    def is_running(self) -> bool:
        return self.state == ExportState.RUNNING.value


class Exports:
    """Those of a server's clients.

    clock   gives unix seconds
    """

    def __init__(
        self, settings: Settings, backend: Backend, plan: Plan, clients: Clients, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        self._settings = settings
        self._backend = backend
        self._plan = plan
        self._clients = clients
        self._hides = not settings.shopgraph_introspection
        self._folder = settings.shopgraph_data_dir / "exports"
        self._most_bytes = settings.shopgraph_export_disk_mb * MEGABYTE
        self._public = settings.shopgraph_public_url
        trusted = settings.shopgraph_trusted_documents
        self._documents = Documents(Path(trusted) if trusted else None, only=settings.shopgraph_trusted_documents_only)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._states: dict[str, journal.State] = {}
        self._sweeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Go on with what no server runs."""
        serve(self._backend, self)
        await self.sweep()
        self._sweeper = asyncio.create_task(self._sweep_often())

    async def close(self) -> None:
        """What runs is left where it is: who begins next goes on with it."""
        end(self._backend)
        tasks = [*self._tasks.values(), *([self._sweeper] if self._sweeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # what clients ask

    async def start(self, client: str, request: Request) -> Export:
        job = Job(
            secrets.token_hex(16),
            client,
            request.query,
            dict(request.variables),
            request.operation,
            request.format.value,
            request.max_credits,
            request.rows,
            request.all_nested,
            request.keep_errors,
            self.clock(),
        )
        try:
            self._documents.text(Question(job.query))
            job.wanted.read(schema._schema)
        except Refused as error:
            raise BadInput("query", str(error)) from None
        except writing.Refused as error:
            raise BadInput("query", INVALID if self._hides else str(error)) from None
        self._check(client, job)
        own = [each for each in self._jobs() if each.client == client]
        if sum(each.is_running for each in own) >= MOST_AT_ONCE:
            raise ExportRefused(f"{MOST_AT_ONCE} exports of {client} run already", limit=MOST_AT_ONCE)
        if len(own) >= MOST_KEPT:
            raise ExportRefused(f"{MOST_KEPT} exports of {client} are kept already", limit=MOST_KEPT)
        if self._used() >= self._most_bytes:
            raise ExportRefused("the room for exports is full; those of before are removed a day after they ended")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / job.id).mkdir(mode=0o700)
        self._save(job)
        self._begin(job)
        return self._told(job)

    def _check(self, client: str, job: Job) -> None:
        """Raises NotAllowed where the client may not ask what the export would."""
        asked = Asked(schema, self._plan, self._clients.rights(client))
        error = asked.refused(parse(job.query), job.operation, job.variables)
        if error is not None:
            raise error

    async def one(self, client: str, id: str) -> Export | None:
        job = self._job(id, client)
        return None if job is None else self._told(job)

    async def all(self, client: str) -> Sequence[Export]:
        own = [job for job in self._jobs() if job.client == client]
        return [self._told(job) for job in sorted(own, key=lambda job: job.started, reverse=True)]

    async def cancel(self, client: str, id: str) -> Export | None:
        job = self._job(id, client)
        if job is not None and job.is_running:
            (self._folder / job.id / CANCEL).touch()
        return None if job is None else self._told(job)

    def file(self, client: str, id: str, name: str) -> Path | None:
        """A file of an export of the client's; None where there is none such."""
        job = self._job(id, client)
        if job is None or not any(name == each["name"] for each in job.files or ()):
            return None
        path = self._folder / job.id / ROWS / name
        return path if path.is_file() else None

    # what is kept

    def _job(self, id: str, client: str) -> Job | None:
        job = self._load(id) if ID.fullmatch(id) else None
        return job if job is not None and job.client == client and not self._is_over(job) else None

    def _jobs(self) -> list[Job]:
        names = [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []
        found = [self._load(name) for name in names if ID.fullmatch(name)]
        return [job for job in found if job is not None and not self._is_over(job)]

    def _load(self, id: str) -> Job | None:
        try:
            return Job(**json.loads((self._folder / id / JOB).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def _save(self, job: Job) -> None:
        writing.written(self._folder / job.id / JOB, json.dumps(vars(job)).encode())

    def _is_over(self, job: Job) -> bool:
        return job.finished is not None and job.finished + KEPT_SECONDS <= self.clock()

    def _used(self) -> int:
        """Bytes of all exports."""
        used = 0
        for path in self._folder.rglob("*"):
            with suppress(OSError):  # another server may just remove it
                used += path.stat().st_size if path.is_file() else 0
        return used

    def _told(self, job: Job) -> Export:
        told = job.told or {}
        state = ExportState(job.state)
        if job.is_running:
            known = self._states.get(job.id) or journal.told(self._folder / job.id / ROWS)[1]
            told = _counts(known)
            if (self._folder / job.id / CANCEL).exists():
                state = ExportState.CANCELLED
        ended = None if job.finished is None else _moment(job.finished)
        expires = None if job.finished is None else _moment(job.finished + KEPT_SECONDS)
        return Export(
            id=job.id,
            state=state,
            format=ExportFormat(job.format),
            rows=told.get("rows", 0),
            pages=told.get("pages", 0),
            credits=told.get("credits", 0),
            max_credits=job.max_credits,
            error=job.error,
            files=[ExportFile(url=f"{self._public}{PATH}{job.id}/{each['name']}", **each) for each in job.files or ()],
            started_at=_moment(job.started),
            finished_at=ended,
            expires_at=expires,
        )

    # what runs

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(self._run(job))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _run(self, job: Job) -> None:
        folder = self._folder / job.id / ROWS
        asking = Here(
            self._backend,
            self._settings,
            job.client,
            self._plan,
            rights=lambda: self._clients.rights(job.client),
            hides=self._hides,
        )

        async def told(state: journal.State) -> None:
            if (self._folder / job.id / CANCEL).exists():
                raise writing.Cancelled("cancelled")
            if await asyncio.to_thread(self._used) > self._most_bytes:
                raise Full("the room for exports is full")

        try:
            reading = job.wanted.read(schema._schema)
            with writing.Export(folder, job.wanted, reading, asking, job.max_credits, told) as running:
                self._states[job.id] = running.state
                ended, error = await self._ended(running)
                whole = ended is ExportState.FINISHED
                keeps = not isinstance(error, Full | writing.Cancelled)
                made = await asyncio.to_thread(running.finish, whole=whole) if keeps else []
                job.files = [each.told() for each in made]
                job.told = _counts(running.state)
        except writing.Refused as refused:
            if folder.exists() and "another process" in str(refused):
                return
            ended, error = ExportState.FAILED, writing.Failed(str(refused))
        except Exception as fault:
            log.error("export failed", export=job.id, error=repr(fault), exc_info=fault)
            ended, error = ExportState.FAILED, writing.Failed("Internal error.")
        finally:
            self._states.pop(job.id, None)
        job.state, job.finished = ended.value, self.clock()
        job.error = None if error is None or ended is ExportState.CANCELLED else str(error)
        if not job.files:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await asyncio.to_thread(self._save, job)
        log.info("export ended", export=job.id, client=job.client, state=job.state, **(job.told or {}))

    async def _ended(self, running: writing.Export) -> tuple[ExportState, writing.Failed | None]:
        try:
            await running.run()
            return ExportState.FINISHED, None
        except writing.Stopped as error:
            return ExportState.STOPPED, error
        except writing.Cancelled as error:
            return ExportState.CANCELLED, error
        except writing.Failed as error:
            return ExportState.FAILED, error

    # what is removed

    async def sweep(self) -> None:
        """Remove what is over, and go on with what nobody runs."""
        if not self._folder.is_dir():
            return
        for path in list(self._folder.iterdir()):
            job = self._load(path.name)
            if job is not None and self._is_over(job):
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
            elif job is not None and job.is_running and job.id not in self._tasks:
                self._begin(job)

    async def _sweep_often(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except OSError as error:
                log.warning("exports not swept", error=str(error))


def _counts(state: journal.State) -> dict[str, int]:
    return {"rows": state.all_rows, "pages": state.pages, "credits": state.credits + state.pending}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


NO_EXPORTS = Refusal(403, NotAllowed.code, "Exports are not open to this client.")


async def file(request: HttpRequest) -> Response:
    """A file of an export, for the client who asked for it."""
    exports: Exports = request.app.state.exports
    client = request.scope.get("client_name", ANONYMOUS)
    if not request.scope.get("rights", ALL).exports:
        return NO_EXPORTS.response()
    path = exports.file(client, request.path_params["id"], request.path_params["file"])
    if path is None:
        return PlainTextResponse("Not Found", status_code=404)
    kept = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}
    return FileResponse(path, filename=path.name, media_type=MEDIA[path.suffix[1:]], headers=kept)


def routes() -> list[Route]:
    return [Route(f"{PATH}{{id}}/{{file}}", file)]
