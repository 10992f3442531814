"""The ASGI application: settings, lifespan, routes, middleware; `python server.py` serves it. It knows no product."""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import hmac
import logging
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import structlog
import uvicorn
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.types.execution import PreExecutionError

from exports import jobs
from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from loaders.session import Session
from schema.build import Schema, incremental_schema, schema
from schema.context import Context
from schema.plan import Plan
from serving import documents, headers, images, schema_routes
from serving.documents import Documents, Question
from serving.keys import Client
from serving.page import ASSETS, Page, is_for_page
from settings import Incremental, Misconfigured, SandboxUse, Settings, check_bind, listing, load
from store.counting import ProviderCount
from store.layered import LayeredStore
from store.memory import MemoryStore
from store.opening import tier_at
from upstream.access import Access
from upstream.account import Account
from upstream.breaker import Breaker, Pauses
from upstream.http import Http
from upstream.limiter import Limiter, Rate
from upstream.operation import Ledger, Operation, Trace
from upstream.providers import ENDPOINTS, PROVIDERS, named
from upstream.routing import Catalog
from upstream.service import Service

if TYPE_CHECKING:
    from agents import protocol

log = structlog.get_logger("shopgraph.server")

NAMES = [provider.name for provider in PROVIDERS]

MEGABYTE = 1_000_000
GRAPHQL_JSON = "application/graphql-response+json"


# ── GraphQL over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────


NAMING = ("query", "documentId", "id", "extensions")
"""Parameters of a GET request one of which says what is asked."""


class Named(msgspec.Struct):
    """What Strawberry does not read of a request's body."""

    documentId: Any = None
    id: Any = None


@dataclass
class Asked(GraphQLRequestData):
    """A request. question: what it says of its document."""

    question: Question = field(default_factory=lambda: Question(None))


class GraphQLEndpoint(GraphQL[Context, None]):
    """Gives each request a session, and answers in the media type that it accepts."""

    def __init__(self, settings: Settings, known: Documents, *, prices_only: bool = False) -> None:
        super().__init__(graph_of(settings), graphql_ide=None, subscription_protocols=())
        self._settings = settings
        self._documents = known
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
            traced = headers.is_traced(request.headers.getlist(headers.COST_TRACE))
        except headers.BadHeader as error:
            raise HTTPException(400, str(error)) from None
        operation = Operation(
            deadline=time.monotonic() + self._settings.shopgraph_deadline_ms / 1000,
            client=client,
            trace=request.scope.get("request_id", ""),
            started=now,
            ledger=Ledger(trace=Trace() if traced else None),
            cache=headers.cache_use(asked, now, may_bypass=self._settings.may_bypass(client)),
            providers=pinned,
        )
        context = Context(Session(backend, operation), request.app.state.plan, limit, self._prices_only)
        context.in_parts = not self._prices_only and headers.takes_parts(request.headers.getlist("accept"))
        response.accepts_graphql_json = GRAPHQL_JSON in request.headers.get("accept", "")
        response.operation = operation
        return context

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return not _names_document(request.query_params) and super().should_render_graphql_ide(request)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> Asked:
        data = await super().parse_http_body(request)
        assert not isinstance(data, list)  # batches are refused
        named: Mapping[str, Any] = request.query_params
        try:
            if request.method != "GET":
                named = msgspec.structs.asdict(msgspec.json.decode(await request.get_body(), type=Named))
            question = documents.question({**named, "query": data.query, "extensions": data.extensions})
        except msgspec.DecodeError:
            raise HTTPException(400, "Unable to parse request body as JSON") from None
        except documents.BadQuestion as error:
            raise HTTPException(400, str(error)) from None
        return Asked(**vars(data), question=question)

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> Any:
        """Its result, once it is known which document it means, and that this one may be run."""
        assert isinstance(request_data, Asked)
        question = request_data.question
        try:
            request_data.query = self._documents.text(question)
        except documents.BadQuestion as error:
            raise HTTPException(400, str(error)) from None
        except documents.Refused as error:
            if question.register and error.code == "PERSISTED_QUERY_NOT_FOUND":
                sub_response.status_code = 200  # as Apollo's clients expect it
            refused = GraphQLError(error.message, extensions={"code": error.code})
            return PreExecutionError(data=None, errors=[refused])
        result = await super().execute_single(request, request_adapter, sub_response, context, root_value, request_data)
        if not isinstance(result, PreExecutionError):
            self._documents.keep(question)
        return result

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

    async def _process_stream_result(self, request: Request, value: Any, all_pending: list[Any]) -> Any:
        """A part of an answer, worded as the draft has it; Strawberry's own words are those of an older one too."""
        return value.formatted, all_pending

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        unstored = {**headers, "cache-control": "no-store"}
        return await super().create_streaming_response(request, stream, sub_response, unstored)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        response = super().create_response(response_data, sub_response)
        operation = getattr(sub_response, "operation", None)
        if operation is not None and isinstance(response_data, dict):
            seen, failed = operation.seen, "errors" in response_data or self._prices_only
            response.headers.update(headers.freshness(seen.oldest, seen.soonest, time.time(), failed=failed))
        if getattr(sub_response, "accepts_graphql_json", False):
            response.headers["content-type"] = f"{GRAPHQL_JSON}; charset=utf-8"
            if isinstance(response_data, dict) and "data" not in response_data and not sub_response.status_code:
                response.status_code = 400
        return response


def graph_of(settings: Settings) -> Schema:
    """The schema that is served."""
    return incremental_schema() if settings.shopgraph_incremental is Incremental.ON else schema


def _names_document(parameters: Mapping[str, Any]) -> bool:
    return any(name in parameters for name in NAMING)


def _wants_page(scope: Scope) -> bool:
    """Whether a browser asks for the page, not a question."""
    return is_for_page(scope) and not _names_document(QueryParams(scope["query_string"]))


def graphql_routes(settings: Settings) -> list[Route]:
    page = Page(emulated=settings.uses_sandbox, keyed=bool(settings.clients))
    trusted = Path(settings.shopgraph_trusted_documents) if settings.shopgraph_trusted_documents else None
    known = Documents(trusted, only=settings.shopgraph_trusted_documents_only)
    endpoint = GraphQLEndpoint(settings, known)

    async def graphql(request: Request) -> Response:
        if _wants_page(request.scope):
            return page.shown(request, request.app.state.upstream)
        return await endpoint.answer(request)

    pricing = GraphQLEndpoint(settings, known, prices_only=True)

    async def cost(request: Request) -> Response:
        return await pricing.answer(request)

    return [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        Route("/graphql/cost", cost, methods=["POST"]),
        *page.routes(),
    ]


# ── other routes ──────────────────────────────────────────────────────────────────────────────────────────────────


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
        return scope["path"] in self.OPEN or scope["path"].startswith((ASSETS, images.PATH)) or _wants_page(scope)

    def _client(self, authorization: bytes) -> Client | None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        shown = hashlib.sha256(key.strip()).hexdigest()
        return next((client for known, client in self._clients.items() if hmac.compare_digest(known, shown)), None)


# ── the application ───────────────────────────────────────────────────────────────────────────────────────────────


def create_app(settings: Settings) -> Starlette:
    """The application as it ships; its lifespan connects it to its upstream."""
    tools = agents_tools(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with upstream(settings) as (accesses, described):
            app.state.upstream = described
            app.state.backend = backend = connect(settings, accesses)
            app.state.plan = Plan(backend.catalog, graph_of(settings)._schema)
            await backend.open()
            app.state.images = images.opened(settings, backend)
            app.state.exports = jobs.Exports(settings, backend, Plan(backend.catalog, schema._schema))
            await app.state.exports.open()
            gc.collect()
            gc.freeze()  # what lives as long as the process need not be looked through again and again
            log.info("serving", upstream=described)
            async with tools.serving(backend, accesses) if tools else nullcontext():
                yield
            await app.state.exports.close()
            await app.state.images.close()
            await backend.close()

    routes = [
        *graphql_routes(settings),
        *schema_routes.routes(graph_of(settings)),
        *([tools.route] if tools else []),
        *images.routes(),
        *jobs.routes(),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    middleware = [
        Middleware(RequestLog),
        Middleware(ClientKeys, clients=settings.clients),
        Middleware(images.Addressed),
    ]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


def agents_tools(settings: Settings) -> protocol.Mounted | None:
    """What agents are given, where they are given anything."""
    if not settings.shopgraph_mcp:
        return None
    from agents import protocol

    return protocol.Mounted(settings)


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
    daily = images.daily(settings) | {
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
            from commands import check

            return check.main(settings, asked)
        configure_logs(settings)
        app = create_app(settings)
    except Misconfigured as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 2
    log.info("starting", url=f"http://{asked.host}:{asked.port}/graphql")
    uvicorn.run(
        app,
        host=asked.host,
        port=asked.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shopgraph_deadline_ms // 1000 + 5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
