"""CPU time of an upstream call over the chosen transport and over httpx's own, with equal limits.

Both are driven through upstream.http.Http, in turns, against a sandbox in a process of its own that answers a few
bytes; the time is that of this process. As many calls as the first column tells are in flight all the time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from statistics import median
from time import process_time
from typing import Any

import httpx
from uvicorn.config import Config

from bench import _server
from bench._table import Figure, is_smoke, middle, show, verdict
from upstream.endpoint import Request
from upstream.http import KEEP_ALIVE_SECONDS, MAX_CONNECTIONS, Http, transport

BOUND = 1.0
IN_FLIGHT = (1, 16, 64)
BOUNDED = (16, 64)
RUNS = 5
CALLS = 320
SECONDS = 30.0
HEADERS = {"Authorization": "Basic c2FuZGJveDpzYW5kYm94"}
ASKED = Request("GET", "product/list", {"page_num": "1", "page_size": "10", "region": "US"})

Transport = Callable[[], httpx.AsyncBaseTransport]


def own() -> httpx.AsyncBaseTransport:
    """httpx's own, limited as the chosen one is."""
    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS)
    return httpx.AsyncHTTPTransport(limits=limits, trust_env=False)


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    runs, calls = (1, 64) if smoke else (RUNS, CALLS)
    rows, figures = [], []
    with _server.sandbox() as upstream:
        url = f"{upstream.removesuffix('/api')}/_sandbox/health"
        for width in IN_FLIGHT:
            pairs = [(cost(transport, url, width, calls), cost(own, url, width, calls)) for _ in range(runs)]
            ratios = [chosen / httpxs for chosen, httpxs in pairs]
            bound = str(BOUND) if width in BOUNDED else ""
            rows.append([str(width), *(f"{median(costs):.2f}" for costs in zip(*pairs, strict=True))])
            rows[-1] += [middle(ratios), bound]
            if width in BOUNDED:
                figures.append(Figure(f"{width} in flight", median(ratios), BOUND))
    show(["in flight", "chosen: CPU ms a call", "httpx's own", "ratio: median (range)", "bound"], rows)
    return verdict(figures, smoke=smoke)


def cost(make: Transport, url: str, width: int, calls: int) -> float:
    """CPU milliseconds of one call."""
    return _run(_cost(make, url, width, calls)) * 1000


async def _cost(make: Transport, url: str, width: int, calls: int) -> float:
    http = Http(max_bytes=1_000_000, own_transport=make())
    left = iter(range(calls))

    async def ask() -> None:
        for _ in left:
            await http.send(url, ASKED, HEADERS, SECONDS)

    try:
        await asyncio.gather(*(http.send(url, ASKED, HEADERS, SECONDS) for _ in range(width)))  # opens the connections
        started = process_time()
        await asyncio.gather(*(ask() for _ in range(width)))
        return (process_time() - started) / calls
    finally:
        await http.close()


def _run(measured: Coroutine[Any, Any, float]) -> float:
    """On the kind of event loop that the server runs on."""
    with asyncio.Runner(loop_factory=Config("").get_loop_factory()) as runner:
        return runner.run(measured)


if __name__ == "__main__":
    sys.exit(main())
