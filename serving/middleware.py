"""What stands around every request: its line in the log, and who may ask."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import images
from serving.keys import Client
from serving.page import ASSETS, wants_page

log = structlog.get_logger("shopgraph.server")


class RequestLog:
    """Gives each request an id, and one line in the log when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = request_id = uuid.uuid4().hex[:16]
        started, status = time.monotonic(), 500

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            log.info(
                "request",
                request=request_id,
                method=scope["method"],
                path=scope["path"],
                status=status,
                client=scope.get("client_name"),
                ms=round((time.monotonic() - started) * 1000, 1),
            )


class ClientKeys:
    """Lets in who shows a known key, where keys are configured; health checks and the page, which has no data, need
    none; the address of a picture is its own permission.
    """

    OPEN = ("/healthz", "/readyz")

    def __init__(self, app: ASGIApp, clients: Mapping[str, Client]) -> None:
        self._app = app
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._clients and not self._is_open(scope):
            client = self._client(dict(scope["headers"]).get(b"authorization", b""))
            if client is None:
                refused = JSONResponse(
                    {"errors": [{"message": "A client key is needed.", "extensions": {"code": "UNAUTHENTICATED"}}]},
                    status_code=401,
                    headers={"www-authenticate": "Bearer"},
                )
                await refused(scope, receive, send)
                return
            scope["client_name"] = client.name
        await self._app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        return scope["path"] in self.OPEN or scope["path"].startswith((ASSETS, images.PATH)) or wants_page(scope)

    def _client(self, authorization: bytes) -> Client | None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        shown = hashlib.sha256(key.strip()).hexdigest()
        return next((client for known, client in self._clients.items() if hmac.compare_digest(known, shown)), None)
