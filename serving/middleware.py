"""What stands around every request: its line in the log, and who may ask."""

from __future__ import annotations

import math
import re
import time
import uuid

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import images
from serving.clients import ANONYMOUS, Clients
from serving.guard import ASKING, Refusal
from serving.keys import Client
from serving.page import ASSETS, wants_page
from serving.told import Told, of
from telemetry import metrics
from telemetry.logs import plain

log = structlog.get_logger("shopgraph.server")


REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
"""An id that a client may give a request: in the log it cannot be taken for anything else."""

LEFT = 499
"""The status in log and counts of a request whose client left before the answer."""

GRAPHQL = "/graphql"
LONGEST_PATH = 200
NO_ROUTE = "none"


class RequestLog:
    """Gives each request an id, and one line in the log when it has been answered; what fails is told without its why.

    An id of the client's own is kept where it is of a plain form.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = request_id = _request_id(scope)
        told = of(scope)
        started, status = time.monotonic(), LEFT

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception as error:
            log.error("unexpected error", request=request_id, error=type(error).__name__, exc_info=error)
            if status != LEFT:
                raise Broken from None  # the answer has begun: all that is left is to break it off
            await _internal_error(request_id)(scope, receive, tell)
        finally:
            seconds = time.monotonic() - started
            _count(scope, told, status, seconds)
            log.info(
                "request",
                request=request_id,
                method=scope["method"],
                path=_template(scope) or plain(scope["path"], LONGEST_PATH),
                status=status,
                client=scope.get("client_name"),
                ms=round(seconds * 1000, 1),
                **told.fields,
            )


class Broken(Exception):
    """An answer cannot be completed; why is in the log."""


def _request_id(scope: Scope) -> str:
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(given) == 1 and REQUEST_ID.fullmatch(given[0]):
        return str(given[0].decode())
    return uuid.uuid4().hex[:16]


def _internal_error(request_id: str) -> JSONResponse:
    told = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return JSONResponse({"errors": [{"message": "Internal error.", "extensions": told}]}, status_code=500)


def _template(scope: Scope) -> str | None:
    """Which route answers, as it is declared: an address may hold a token."""
    return getattr(scope.get("route"), "path", None)


def _count(scope: Scope, told: Told, status: int, seconds: float) -> None:
    metrics.REQUESTS.labels(_template(scope) or NO_ROUTE, str(status)).inc()
    if scope["path"] != GRAPHQL:
        return
    if not told.outcomes and status >= 400 and status != LEFT:
        told.outcomes.append("failed" if status == 500 else "refused")
    for outcome in told.outcomes:
        metrics.OPERATIONS.labels(outcome).inc()
        metrics.OPERATION_SECONDS.labels(outcome).observe(seconds)


KEY_NEEDED = Refusal(401, "UNAUTHENTICATED", "A client key is needed.", {"www-authenticate": "Bearer"})


class ClientKeys:
    """Lets in who shows a known key, where keys are configured, as often as it may ask; health checks and the page,
    which has no data, need none; the address of a picture is its own permission.
    """

    OPEN = ("/healthz", "/readyz", "/metrics")

    def __init__(self, app: ASGIApp, clients: Clients, *, shows_page: bool = True) -> None:
        self._app = app
        self._clients = clients
        self._shows_page = shows_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" and not self._is_open(scope) else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        """Why the request is not heard; None where it is, and its scope says by whom it was sent."""
        name = ANONYMOUS
        if self._clients.keyed:
            client = self._client(dict(scope["headers"]).get(b"authorization", b""))
            if client is None:
                return KEY_NEEDED
            scope["client_name"] = name = client.name
            scope["rights"] = client.rights
        wait = self._clients.wait(name) if scope["path"] in ASKING else 0.0
        if wait:
            metrics.SHED.labels("rate").inc()
            message = "This client asks more often than it may."
            return Refusal(429, "RATE_LIMITED", message, {"retry-after": str(math.ceil(wait))})
        return None

    def _is_open(self, scope: Scope) -> bool:
        if scope["path"] in self.OPEN or scope["path"].startswith(images.PATH):
            return True
        return self._shows_page and (scope["path"].startswith(ASSETS) or wants_page(scope))

    def _client(self, authorization: bytes) -> Client | None:
        scheme, _, key = authorization.partition(b" ")
        return self._clients.find(key.strip()) if scheme.lower() == b"bearer" else None
