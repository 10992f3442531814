"""What stands before every request, whoever asks: which hosts are served, what pages of other sites may do, and what
browsers are told of each answer.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import headers
from serving.page import names_document
from serving.told import of
from settings import Settings
from telemetry import metrics

HEALTH = ("/healthz", "/readyz")
"""Asked by who starts and watches servers, by whatever address."""

ASKING = ("/graphql", "/graphql/cost", "/mcp")
"""Where an answer may cost credits."""

METRICS = "/metrics"
"""Where it needs a token, that is what protects it."""

HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
LOOPBACK_NAME = "localhost"
EVERY = "*"
SECURE_ONLY = (b"strict-transport-security", b"max-age=31536000")
TAKEN = (
    "accept",
    "authorization",
    "cache-control",
    "content-type",
    "traceparent",
    "tracestate",
    headers.CREDIT_BUDGET,
    headers.PROVIDERS,
    headers.COST_TRACE,
)
TOLD = ("x-request-id", "retry-after", "age", "etag")
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""What holds of each answer that says nothing else of it."""


class Refusal(NamedTuple):
    """Why a request is not heard."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of(scope).codes[self.code] += 1
        metrics.REFUSALS.labels(self.code).inc()
        await self.response()(scope, receive, send)

    def response(self) -> Response:
        told = {"message": self.message, "extensions": {"code": self.code}}
        return JSONResponse({"errors": [told]}, status_code=self.status, headers=dict(self.headers))


STRANGE_HOST = Refusal(421, "BAD_REQUEST", "Not served by this name; SHOPGRAPH_ALLOWED_HOSTS has those that are.")
STRANGE_SITE = Refusal(403, "FORBIDDEN", "Pages of other sites may not ask; SHOPGRAPH_CORS_ORIGINS has those that may.")
NO_JSON = Refusal(415, "BAD_REQUEST", "The content type must be application/json.")


class Guard:
    """Refuses what a page of another site could have a browser send unasked, and what came by a name that somebody else
    gave this machine.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = Hosts(settings)
        self._origins = settings.cors_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and scope["path"] not in HEALTH:
            refusal = self._refusal(scope, Headers(scope=scope))
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope, told: Headers) -> Refusal | None:
        if not self._hosts.serve(told.get("host", ""), scope["path"]):
            return STRANGE_HOST
        if scope["path"] not in ASKING:
            return None
        if scope["method"] == "POST" and not _is_json(told.getlist("content-type")):
            return NO_JSON
        is_asked = scope["method"] == "POST" or names_document(QueryParams(scope["query_string"]))
        return STRANGE_SITE if is_asked and self._is_of_other_site(told) else None

    def _is_of_other_site(self, told: Headers) -> bool:
        """Whether a page of a site that may not ask caused the request, as far as the browser says."""
        origin, site = told.get("origin"), told.get("sec-fetch-site")
        if origin is not None and (origin in self._origins or EVERY in self._origins):
            return False
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and urlsplit(origin).netloc != told.get("host")


class Hosts:
    """The names by which the server is reached; where nobody is asked for a key, those of this machine alone."""

    def __init__(self, settings: Settings) -> None:
        public = urlsplit(settings.shopgraph_public_url).hostname
        self._names = {*settings.allowed_hosts, *([public] if public else [])}
        self._every = EVERY in self._names or (not settings.allowed_hosts and bool(settings.clients))
        self._open = [METRICS] if settings.shopgraph_metrics_token.get_secret_value() else []

    def serve(self, host: str, path: str) -> bool:
        if self._every or path in self._open:
            return True
        found = HOST.fullmatch(host)
        return found is not None and (found["name"].lower() in self._names or is_loopback(found["name"]))


def is_loopback(host: str) -> bool:
    """Whether the name or address is always this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == LOOPBACK_NAME


def _is_json(types: Sequence[str]) -> bool:
    return len(types) == 1 and types[0].partition(";")[0].strip().lower() == "application/json"


class Secured:
    """Tells browsers to do nothing with an answer but to read it, where the answer itself allows no more."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._is_public_secure = settings.shopgraph_public_url.startswith("https:")
        self._varies = bool(settings.cors_origins) and EVERY not in settings.cors_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in ALWAYS if name not in said]
                if self._is_public_secure or scope["scheme"] == "https":
                    more.append(SECURE_ONLY)
                message["headers"] = [*message["headers"], *more]
                if self._varies:
                    _vary(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, tell)


def _vary(told: MutableHeaders) -> None:
    """What one origin may read is not kept for another."""
    if "origin" not in told.get("vary", "").lower():
        told.add_vary_header("Origin")


def secured(settings: Settings) -> Middleware:
    """What stands around everything."""
    return Middleware(Secured, settings=settings)


def guarding(settings: Settings) -> list[Middleware]:
    """What stands before who may ask, the outermost first."""
    shared = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=list(TAKEN),
        expose_headers=list(TOLD),
    )
    cors = [shared] if settings.cors_origins else []
    return [*cors, Middleware(Guard, settings=settings)]
