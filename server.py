"""The ASGI application: settings, lifespan, routes, middleware; `python server.py` serves it. It knows no product."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from exports import jobs
from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from schema.build import schema
from schema.plan import Plan
from serving import graphql, images, middleware, schema_routes
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
from upstream.providers import ENDPOINTS, named
from upstream.routing import Catalog
from upstream.service import Service

if TYPE_CHECKING:
    from agents import protocol

log = structlog.get_logger("shopgraph.server")

MEGABYTE = 1_000_000


async def healthz(_request: Request) -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether it can serve, and from where."""
    return JSONResponse({"status": "ready", "upstream": request.app.state.upstream})


# ── the application ───────────────────────────────────────────────────────────────────────────────────────────────


def create_app(settings: Settings) -> Starlette:
    """The application as it ships; its lifespan connects it to its upstream."""
    tools = agents_tools(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with upstream(settings) as (accesses, described):
            app.state.upstream = described
            app.state.backend = backend = connect(settings, accesses)
            app.state.plan = Plan(backend.catalog, graphql.graph_of(settings)._schema)
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
        *graphql.routes(settings),
        *schema_routes.routes(graphql.graph_of(settings)),
        *([tools.route] if tools else []),
        *images.routes(),
        *jobs.routes(),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    around = [
        Middleware(middleware.RequestLog),
        Middleware(middleware.ClientKeys, clients=settings.clients),
        Middleware(images.Addressed),
    ]
    return Starlette(routes=routes, middleware=around, lifespan=lifespan)


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
