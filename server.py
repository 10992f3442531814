"""The ASGI application: settings, lifespan, routes, middleware; `python server.py` serves it. It knows no product."""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import hmac
import html
import logging
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

import msgspec
import structlog
import uvicorn
from cross_web import HTTPException
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types.execution import PreExecutionError

import headers
from keys import Client
from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from loaders.session import Session
from schema.build import schema
from schema.context import Context
from schema.plan import Plan
from settings import Misconfigured, SandboxUse, Settings, check_bind, listing, load
from store.counting import ProviderCount
from store.layered import LayeredStore
from store.memory import MemoryStore
from store.opening import tier_at
from upstream.access import Access
from upstream.account import Account
from upstream.breaker import Breaker, Pauses
from upstream.http import Http
from upstream.limiter import Limiter, Rate
from upstream.operation import Operation
from upstream.providers import ENDPOINTS, PROVIDERS, named
from upstream.routing import Catalog
from upstream.service import Service

log = structlog.get_logger("shopgraph.server")

NAMES = [provider.name for provider in PROVIDERS]

MEGABYTE = 1_000_000
GRAPHQL_JSON = "application/graphql-response+json"

HOW_TO_QUERY = """<!doctype html><html lang="en"><meta charset="utf-8"><title>shopgraph</title>
<style>body{{font:16px/1.5 system-ui;max-width:46rem;margin:3rem auto;padding:0 1rem}}
pre{{background:#f4f4f4;padding:1rem;
overflow:auto}}</style>
<h1>shopgraph</h1><p>This is a GraphQL endpoint; it answers from {upstream}. Post a query to it:</p>
<pre>curl -s {url} -H 'content-type: application/json' \\
  -d '{{"query": "{{ products(region: US, first: 3) {{ nodes {{ id name seller {{ id }} }} }} }}"}}'</pre>
<p>Every type, field and argument: <a href="/schema.graphql">/schema.graphql</a>.</p></html>
"""


# ── GraphQL over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────


class GraphQLEndpoint(GraphQL[Context, None]):
    """Gives each request a session, and answers in the media type that it accepts."""

    def __init__(self, settings: Settings, *, prices_only: bool = False) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._settings = settings
        self._prices_only = prices_only

    async def get_context(self, request: Any, response: Any) -> Context:
        backend: Backend = request.app.state.backend
        client = request.scope.get("client_name", "anonymous")
        now = time.time()
        asked = request.headers.getlist("cache-control")
        try:
            limit = headers.credit_budget(
                request.headers.getlist(headers.CREDIT_BUDGET), self._settings.shopgraph_max_credits_per_request
            )
            pinned = headers.providers(request.headers.getlist(headers.PROVIDERS), NAMES)
        except headers.BadHeader as error:
            raise HTTPException(400, str(error)) from None
        operation = Operation(
            deadline=time.monotonic() + self._settings.shopgraph_deadline_ms / 1000,
            client=client,
            trace=request.scope.get("request_id", ""),
            started=now,
            cache=headers.cache_use(asked, now, may_bypass=self._settings.may_bypass(client)),
            providers=pinned,
        )
        context = Context(Session(backend, operation), request.app.state.plan, limit, self._prices_only)
        response.accepts_graphql_json = GRAPHQL_JSON in request.headers.get("accept", "")
        response.operation = operation
        return context

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        processed = await super().process_result(request, result)
        price = (result.extensions or {}).get("price")
        if price is not None and not result.errors:
            return cast(GraphQLHTTPResponse, price)  # of /graphql/cost: there is no answer to wrap
        executed = not isinstance(result, PreExecutionError) and any(error.path for error in result.errors or ())
        if result.data is None and not executed:
            processed.pop("data", None)
        return processed

    def encode_json(self, data: object) -> bytes:
        return msgspec.json.encode(data)

    def decode_json(self, data: str | bytes) -> object:
        """JSON of any kind but a lone value, which holds no question."""
        try:
            value = super().decode_json(data)
        except UnicodeDecodeError:
            raise HTTPException(400, "The request is not in UTF-8") from None
        if not isinstance(value, dict | list):
            raise HTTPException(400, "The request is no JSON object")
        return value

    async def answer(self, request: Request) -> Response:
        """The answer to a request, also where that is no GraphQL request at all."""
        try:
            return await self.run(request)
        except HTTPException as error:
            refused = {"message": error.reason, "extensions": {"code": "BAD_REQUEST"}}
            return JSONResponse({"errors": [refused]}, status_code=error.status_code)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        response = super().create_response(response_data, sub_response)
        operation = getattr(sub_response, "operation", None)
        if operation is not None and isinstance(response_data, dict):
            seen, failed = operation.seen, "errors" in response_data or self._prices_only
            response.headers.update(headers.freshness(seen.oldest, seen.soonest, time.time(), failed=failed))
        if getattr(sub_response, "accepts_graphql_json", False):
            response.headers["content-type"] = f"{GRAPHQL_JSON}; charset=utf-8"
            if isinstance(response_data, dict) and "data" not in response_data:
                response.status_code = 400
        return response


def graphql_routes(settings: Settings) -> list[Route]:
    endpoint = GraphQLEndpoint(settings)

    async def graphql(request: Request) -> Response:
        if (
            request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in request.headers.get("accept", "")
        ):
            url = html.escape(str(request.url.replace(query="", fragment="")))
            return HTMLResponse(HOW_TO_QUERY.format(url=url, upstream=html.escape(request.app.state.upstream)))
        return await endpoint.answer(request)

    pricing = GraphQLEndpoint(settings, prices_only=True)

    async def cost(request: Request) -> Response:
        return await pricing.answer(request)

    return [Route("/graphql", graphql, methods=["GET", "POST"]), Route("/graphql/cost", cost, methods=["POST"])]


# ── other routes ──────────────────────────────────────────────────────────────────────────────────────────────────


async def printed_schema(_request: Request) -> Response:
    return PlainTextResponse(schema.as_str() + "\n", media_type="text/plain; charset=utf-8")


async def healthz(_request: Request) -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether it can serve, and from where."""
    return JSONResponse({"status": "ready", "upstream": request.app.state.upstream})


# ── middleware ────────────────────────────────────────────────────────────────────────────────────────────────────


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
                status = message["status"]
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
    """Lets in who shows a known key, where keys are configured; health checks need none."""

    OPEN = ("/healthz", "/readyz")

    def __init__(self, app: ASGIApp, clients: Mapping[str, Client]) -> None:
        self._app = app
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._clients and scope["path"] not in self.OPEN:
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

    def _client(self, authorization: bytes) -> Client | None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        shown = hashlib.sha256(key.strip()).hexdigest()
        return next((client for known, client in self._clients.items() if hmac.compare_digest(known, shown)), None)


# ── the application ───────────────────────────────────────────────────────────────────────────────────────────────


def create_app(settings: Settings) -> Starlette:
    """The application as it ships; its lifespan connects it to its upstream."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with upstream(settings) as (accesses, described):
            app.state.upstream = described
            app.state.backend = backend = connect(settings, accesses)
            app.state.plan = Plan(backend.catalog, schema._schema)
            await backend.open()
            gc.collect()
            gc.freeze()  # what lives as long as the process need not be looked through again and again
            log.info("serving", upstream=described)
            yield
            await backend.close()

    routes = [
        *graphql_routes(settings),
        Route("/schema.graphql", printed_schema),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    middleware = [Middleware(RequestLog), Middleware(ClientKeys, clients=settings.clients)]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


@asynccontextmanager
async def upstream(settings: Settings) -> AsyncIterator[tuple[list[Access], str]]:
    """How the providers are reached, and in words what answers; starts the embedded sandbox where that does."""
    if settings.uses_sandbox:
        from sandbox.server import SandboxServer

        emulated = SandboxServer()
        await asyncio.to_thread(emulated.start)
        try:
            yield (
                emulated_accesses(settings, emulated.url.removesuffix("/api"), f"sandbox {emulated.world.seed}"),
                "the embedded sandbox: emulated data, no provider",
            )
        finally:
            await asyncio.to_thread(emulated.stop)
    elif settings.accesses:
        yield list(settings.accesses), "; ".join(map(described, settings.accesses))
    else:
        yield [], "nothing: no provider is configured, and the sandbox is off"


def emulated_accesses(settings: Settings, url: str, world: str) -> list[Access]:
    """Every provider that the sandbox emulates, in the operator's order."""
    accesses: list[Access] = []
    for provider in settings.order:
        there = {name: value.format(url=url) for name, value in provider.emulated.items()}
        access = provider.access({**settings.provided, **there}) if there else None
        if access is not None:
            accesses.append(replace(access, world=f"{world} {provider.name}"))
    return accesses


def described(access: Access) -> str:
    """A provider in words: "EchoTik v3 and v2 at https://…"."""
    parted = [base.split("/") for base in access.bases.values()]
    shared = takewhile(lambda steps: len(set(steps)) == 1, zip(*parted, strict=False))
    where = "/".join(steps[0] for steps in shared)
    return f"{named(access.provider).title} {' and '.join(access.bases)} at {where}"


def connect(settings: Settings, accesses: Sequence[Access]) -> Backend:
    """The gateway's process-wide part over these providers."""
    catalog = Catalog(ENDPOINTS, accesses, settings.credit_prices)
    memory = MemoryStore(settings.shopgraph_store_memory_mb * MEGABYTE)
    tier = tier_at(settings.store, settings.shopgraph_store_disk_mb * MEGABYTE)
    store = LayeredStore(memory, tier, Codec(catalog.endpoints))
    daily = {
        client.name: client.daily_credits for client in settings.clients.values() if client.daily_credits is not None
    }
    budgets = Budgets(store.tally, daily, settings.shopgraph_max_credits_per_request)
    alone = len(accesses) == 1
    accounts = [account(settings, access, store, budgets, alone=alone) for access in accesses]
    http = Http(max_bytes=settings.shopgraph_max_body_mb * MEGABYTE)
    service = Service(accounts, http, call_seconds=settings.shopgraph_call_timeout_ms / 1000, is_only=catalog.is_only)
    catalog.admits = service.admits
    return Backend(catalog, service, store, budgets, settings.shopgraph_batch_wait_ms / 1000)


def account(settings: Settings, access: Access, store: LayeredStore, budgets: Budgets, *, alone: bool) -> Account:
    """A provider in service; rate and counters are those of all who share the store."""
    name = f"sandbox.{access.provider}" if settings.uses_sandbox else access.provider
    bound = Rate(0.0) if settings.uses_sandbox else named(access.provider).bound(settings.provided)
    pauses = Pauses(
        quota=settings.shopgraph_quota_pause_s,
        auth=settings.shopgraph_auth_pause_s,
        outage=settings.shopgraph_outage_pause_s,
    )
    return Account(
        access,
        Limiter(store.pace, name, bound, settings.shopgraph_max_concurrency),
        Breaker(pauses, alone=alone),
        ProviderCount(store.tally, budgets.counting, name),
    )


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


def configure_logs(settings: Settings) -> None:
    """Structured lines to standard error."""
    lines: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if settings.shopgraph_log_format == "json":
        lines = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.shopgraph_log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    width = max(len(name) for name, _, _ in listing())
    rows = [f"  {name:<{width}}  {help} (default: {value or 'none'})" for name, value, help in listing()]
    parser = argparse.ArgumentParser(
        prog="server.py",
        description="Serves a GraphQL API over TikTok-commerce data at /graphql.",
        epilog="settings, from the environment or .env in the working directory:\n" + "\n".join(rows),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to serve at (default: 8000)")
    parser.add_argument("--sandbox", action="store_true", help="serve emulated data, whatever is configured")
    parser.add_argument("--check", action="store_true", help="explain the settings, without secrets, and end")
    asking = parser.add_argument_group("with --check")
    asking.add_argument("--live", action="store_true", help="ask each endpoint once, and report how its answer differs")
    asking.add_argument("--budget", type=int, default=30, metavar="N", help="credits that may be spent (default: 30)")
    asking.add_argument("--capture", type=Path, metavar="DIR", help="keep the answers there, without personal data")
    asking.add_argument("--json", action="store_true", help="as JSON")
    asked = parser.parse_args(given)
    if (asked.live or asked.json) and not asked.check:
        parser.error("--live and --json go with --check")
    if asked.capture and not asked.live:
        parser.error("--capture goes with --live")
    if asked.budget < 1:
        parser.error("--budget must be at least 1")
    return asked


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    try:
        settings = load(**({"shopgraph_sandbox": SandboxUse.ON} if asked.sandbox else {}))
        check_bind(settings, asked.host, asked_for_sandbox=asked.sandbox)
        if asked.check:
            import check

            return check.main(settings, asked)
    except Misconfigured as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 2
    configure_logs(settings)
    log.info("starting", url=f"http://{asked.host}:{asked.port}/graphql")
    uvicorn.run(
        create_app(settings),
        host=asked.host,
        port=asked.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shopgraph_deadline_ms // 1000 + 5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
