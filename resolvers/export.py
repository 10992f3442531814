"""Exports that clients ask for: who makes them is told by the server, by the backend that it serves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from loaders.backend import Backend
from loaders.session import Session
from upstream.errors import BadInput, CapabilityUnavailable, ShopgraphError

LONGEST_ID = 64


class ExportFormat(Enum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class ExportState(Enum):
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExportRefused(ShopgraphError):
    """There is no room for another export now."""

    code = "EXPORT_REFUSED"


@dataclass(frozen=True)
class ExportFile:
    name: str
    url: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Export:
    """An export as its client sees it."""

    id: str
    state: ExportState
    format: ExportFormat
    rows: int
    pages: int
    credits: int
    max_credits: int
    error: str | None
    files: Sequence[ExportFile]
    started_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Request:
    """What a client asks to be exported."""

    query: str
    variables: Mapping[str, Any]
    operation: str | None
    format: ExportFormat
    max_credits: int
    rows: int | None
    all_nested: bool
    keep_errors: bool


class Exports(Protocol):
    """Makes exports for clients, and knows those that it made. Of another client's it knows nothing."""

    async def start(self, client: str, request: Request) -> Export: ...

    async def one(self, client: str, id: str) -> Export | None: ...

    async def all(self, client: str) -> Sequence[Export]: ...

    async def cancel(self, client: str, id: str) -> Export | None: ...


_served: dict[Backend, Exports] = {}


def serve(backend: Backend, exports: Exports) -> None:
    """From now on these make the exports of the backend's clients, until `end`."""
    _served[backend] = exports


def end(backend: Backend) -> None:
    _served.pop(backend, None)


async def start(_root: Any, given: Mapping[str, Any], session: Session) -> Export:
    for name in ("maxCredits", "rows"):
        if given.get(name) is not None and given[name] < 1:
            raise BadInput(name, "must be at least 1")
    request = Request(
        given["query"],
        _variables(given.get("variables")),
        given.get("operationName"),
        given["format"],
        given["maxCredits"],
        given.get("rows"),
        given["allNested"],
        given["keepErrors"],
    )
    return await _exports(session).start(session.operation.client, request)


async def one(_root: Any, given: Mapping[str, Any], session: Session) -> Export | None:
    return await _exports(session).one(session.operation.client, given["id"])


async def everyone(_root: Any, _given: Mapping[str, Any], session: Session) -> Sequence[Export]:
    return await _exports(session).all(session.operation.client)


async def cancel(_root: Any, given: Mapping[str, Any], session: Session) -> Export | None:
    return await _exports(session).cancel(session.operation.client, given["id"])


def _exports(session: Session) -> Exports:
    exports = _served.get(session.backend)
    if exports is None:
        raise CapabilityUnavailable("exports are made by a server alone; scripts/export needs none")
    return exports


def _variables(text: str | None) -> Mapping[str, Any]:
    try:
        values = json.loads(text) if text else {}
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise BadInput("variables", "must be a JSON object, as text")
    return values
