"""The ASGI application: settings, lifespan, routes, middleware; `python server.py` serves it. It knows no product."""

from __future__ import annotations

import argparse
import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.config import STARTUP_FAILURE

from exports import jobs
from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from schema.build import schema
from schema.plan import Plan
from serving import admission, body, graphql, guard, images, lifecycle, metrics, middleware, schema_routes
from serving.clients import Clients
from serving.lifecycle import PROCESS
from serving.reload import Reload
from settings import Misconfigured, SandboxUse, Settings, check_bind, listing, load
from store.counting import ProviderCount
from store.layered import LayeredStore
from store.memory import MemoryStore
from store.opening import tier_at
from telemetry import logs, tracing
from upstream.access import Access
from upstream.account import Account
from upstream.breaker import Breaker, Pauses
from upstream.http import Http
from upstream.limiter import Limiter, Rate
from upstream.providers import ENDPOINTS, named
from upstream.routing import Catalog
from upstream.secrecy import is_telling, strike
from upstream.service import Service

if TYPE_CHECKING:
    from agents import protocol

log = structlog.get_logger("shopgraph.server")

MEGABYTE = 1_000_000
HIDDEN: dict[str, None] = {}
"""Secrets of this process, those of settings before among them."""


async def healthz(_request: Request) -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether it can serve, and from where."""
    if PROCESS.is_draining:
        return JSONResponse({"status": "draining"}, status_code=503)
    return JSONResponse({"status": "ready", "upstream": request.app.state.upstream})


# ── the application ───────────────────────────────────────────────────────────────────────────────────────────────


def create_app(settings: Settings) -> Starlette:
    """The application as it ships; its lifespan connects it to its upstream."""
    tools = agents_tools(settings)
    clients = Clients(settings)
    gate = admission.Gate(settings.shopgraph_max_operations, settings.shopgraph_max_queued)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with upstream(settings) as (accesses, described):
            app.state.upstream = described
            app.state.backend = backend = connect(settings, accesses, clients)
            app.state.plan = Plan(backend.catalog, graphql.graph_of(settings)._schema)
            await backend.open()
            app.state.watch = watch = metrics.Watch(backend, settings)
            app.state.images = images.opened(settings, backend, clients)
            app.state.exports = jobs.Exports(settings, backend, Plan(backend.catalog, schema._schema), clients)
            await app.state.exports.open()
            gc.collect()
            gc.freeze()  # what lives as long as the process need not be looked through again and again
            log.info("serving", upstream=described)
            told = tools.serving(backend, accesses) if tools else nullcontext()
            again = PROCESS.reloading(Reload(settings, backend, clients, hide))
            async with watch.watching(), tracing.sending(), told:
                with again:
                    yield
            await app.state.exports.close()
            await app.state.images.close()
            await backend.close()

    routes = [
        *graphql.routes(settings),
        *(schema_routes.routes(graphql.graph_of(settings)) if settings.shopgraph_introspection else []),
        *([tools.route] if tools else []),
        *images.routes(),
        *jobs.routes(),
        *metrics.routes(settings),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    around = [
        guard.secured(settings),
        Middleware(middleware.RequestLog),
        *guard.guarding(settings),
        Middleware(middleware.ClientKeys, clients=clients, shows_page=settings.shopgraph_graphiql),
        Middleware(body.Sized, kilobytes=settings.shopgraph_max_request_kb),
        Middleware(images.Addressed),
        Middleware(admission.Admission, gate=gate, seconds=settings.shopgraph_deadline_ms / 1000),
    ]
    app = Starlette(routes=routes, middleware=around, lifespan=lifespan)
    app.state.clients = clients
    return app


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


def connect(settings: Settings, accesses: Sequence[Access], clients: Clients | None = None) -> Backend:
    """The gateway's process-wide part over these providers. clients: whose days it counts, those of the settings where
    none are given.
    """
    disabled = settings.disabled_endpoints
    catalog = Catalog(ENDPOINTS, accesses, settings.credit_prices, disabled=disabled)
    memory = MemoryStore(settings.shopgraph_store_memory_mb * MEGABYTE)
    tier = tier_at(settings.store, settings.shopgraph_store_disk_mb * MEGABYTE)
    store = LayeredStore(memory, tier, Codec(catalog.reached))
    daily = (clients or Clients(settings)).daily
    budgets = Budgets(store.tally, daily, settings.shopgraph_max_credits_per_request)
    alone = len(accesses) == 1
    accounts = [account(settings, access, store, budgets, alone=alone) for access in accesses]
    http = Http(max_bytes=settings.shopgraph_max_body_mb * MEGABYTE)
    service = Service(accounts, http, call_seconds=settings.shopgraph_call_timeout_ms / 1000, is_only=catalog.is_only)
    catalog.admits = service.admits
    service.disabled = disabled
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
    """Structured lines to standard error, without any of the secrets that these settings hold."""
    hide(settings)
    logs.configure(
        settings.shopgraph_log_level,
        as_json=settings.shopgraph_log_format == "json",
        strike=lambda line: strike(line, HIDDEN),
    )


def hide(settings: Settings) -> None:
    """Nothing that is logged from now on shows the secrets of these settings."""
    HIDDEN.update(dict.fromkeys(filter(is_telling, settings.secrets)))


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
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that serve it (default: 1)")
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
    if asked.workers < 1:
        parser.error("--workers must be at least 1")
    return asked


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    chosen = {"shopgraph_sandbox": SandboxUse.ON} if asked.sandbox else {}
    try:
        settings = load(**chosen)
        check_bind(settings, asked.host, asked_for_sandbox=asked.sandbox)
        if asked.check:
            from commands import check

            return check.main(settings, asked)
        if asked.workers > 1 and settings.store == "memory:":
            raise Misconfigured("--workers: they need a store to share; SHOPGRAPH_STORE=memory: is none")
        configure_logs(settings)
        app = create_app(settings)
    except Misconfigured as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 2
    log.info("starting", url=f"http://{asked.host}:{asked.port}/graphql")
    if asked.workers == 1:
        return serve(app, settings, asked.host, asked.port)
    listening = lifecycle.configured(app, asked.host, asked.port, 0).bind_socket()
    return lifecycle.Workers(partial(work, chosen, asked.host, asked.port), listening, asked.workers).run()


def serve(
    app: Starlette, settings: Settings, host: str, port: int, listening: list[socket.socket] | None = None
) -> int:
    """Returns when the server was told to end, and has answered what it was asked."""
    config = lifecycle.configured(app, host, port, settings.shopgraph_deadline_ms / 1000)
    server = lifecycle.Server(config, settings.shopgraph_drain_s)
    server.run(listening)
    return 0 if server.started else STARTUP_FAILURE


def work(chosen: dict[str, Any], host: str, port: int, listening: socket.socket) -> None:
    """What a worker does; it ends when the process does that began it."""
    lifecycle.end_with_parent()
    settings = load(**chosen)
    configure_logs(settings)
    sys.exit(serve(create_app(settings), settings, host, port, [listening]))


if __name__ == "__main__":
    sys.exit(main())
