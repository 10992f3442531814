"""/metrics: what is counted, as Prometheus reads it, and the states that are looked at just before."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import platform
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from entities.vocabulary import CircuitState
from loaders.backend import Backend
from serving.guard import Refusal
from serving.release import version
from settings import Settings
from telemetry import metrics
from telemetry.exposing import exposed, is_shared

log = structlog.get_logger("shopgraph.metrics")

PATH = "/metrics"
SECONDS = 5.0
"""Between two looks at the states of this process where others may tell them to Prometheus, too; the longest of one."""

BEAT = 0.5
"""Seconds between two measurements of how late the event loop is."""

CIRCUITS = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}
PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
STATISTICS = Path("/proc/self/statm")


class Watch:
    """The states of this process, as gauges.

    limits   credits that an account has a month, by provider, where that is set
    """

    def __init__(self, backend: Backend, settings: Settings) -> None:
        self._backend = backend
        self._limits = settings.monthly_credits
        metrics.BUILD.labels(version(), platform.python_version()).set(1)
        metrics.WORKERS.set(1)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_beat())]
        if is_shared():
            tasks.append(asyncio.create_task(self._look()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def look(self) -> None:
        """Set every gauge that tells a state."""
        metrics.STORE_BYTES.set(self._backend.store.memory.bytes)
        metrics.STORE_ENTRIES.set(len(self._backend.store.memory))
        metrics.RESIDENT_BYTES.set(resident_bytes())
        for provider, account in self._backend.service.accounts.items():
            metrics.CIRCUIT.labels(provider).set(CIRCUITS[account.circuit])
            _, today = await account.count.today()
            _, month = await account.count.month()
            metrics.PROVIDER_CREDITS.labels(provider, "day").set(today)
            metrics.PROVIDER_CREDITS.labels(provider, "month").set(month)
            if provider in self._limits:
                metrics.PROVIDER_LIMIT.labels(provider, "month").set(self._limits[provider])

    async def _look(self) -> None:
        while True:
            await look_or_log(self)
            await asyncio.sleep(SECONDS)


async def look_or_log(watch: Watch) -> None:
    """What cannot be looked at now keeps its last value."""
    try:
        async with asyncio.timeout(SECONDS):
            await watch.look()
    except Exception as error:
        log.warning("states not looked at", error=type(error).__name__)


async def _beat() -> None:
    """Measure how late the event loop is: that long whatever it does waits."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + BEAT
        await asyncio.sleep(BEAT)
        metrics.LOOP_LAG.observe(max(0.0, clock() - due))


def resident_bytes() -> int:
    """Memory of this process."""
    try:
        return int(STATISTICS.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# ── who may read ──────────────────────────────────────────────────────────────────────────────────────────────────


TOKEN_NEEDED = Refusal(401, "UNAUTHENTICATED", "The metrics token is needed.", {"www-authenticate": "Bearer"})
FAR = Refusal(403, "FORBIDDEN", "Metrics are told to this machine alone, where SHOPGRAPH_METRICS_TOKEN is not set.")


def routes(settings: Settings) -> list[Route]:
    """The route; none where the operator wants none."""
    if not settings.shopgraph_metrics:
        return []
    token = settings.shopgraph_metrics_token.get_secret_value()

    async def told(request: Request) -> Response | Refusal:
        if token and not _shows(request, token):
            return TOKEN_NEEDED
        if not token and request.app.state.clients.keyed and not _is_local(request):
            return FAR
        await look_or_log(request.app.state.watch)
        body, kind = await run_in_threadpool(exposed, request.headers.get("accept", ""))
        return Response(body, headers={"content-type": kind, "cache-control": "no-store"})

    return [Route(PATH, told, methods=["GET"])]


def _shows(request: Request, token: str) -> bool:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())


def _is_local(request: Request) -> bool:
    """Whether a program of this machine asks, and for itself: a proxy would ask for anybody."""
    if request.client is None or any(name in request.headers for name in PROXIED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
