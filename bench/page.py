"""The page at /graphql in headless Chromium, with nothing cached: the time to its first contentful paint, at most 1.5 s
in the median of five visits, and what it loads until the editor is ready, at most 2 MB as sent.

The time until the editor is ready is shown too. Nothing may be loaded from another host.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shutil import which
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Request, sync_playwright

from bench import _server
from bench._table import Figure, is_smoke, show, verdict

VISITS = 5
MOST_SECONDS = 1.5
MOST_MEGABYTES = 2.0
MEGABYTE = 1_000_000
CHROMIUM = "chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
EDITOR = ".graphiql-query-editor .view-line"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
NOW = "performance.now()"


class Visit(NamedTuple):
    """painted, ready: seconds from the navigation on; sent: bytes of all answers, as they were sent."""

    painted: float
    ready: float
    requests: int
    sent: int


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    with _server.sandbox() as upstream, _server.gateway(upstream) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which(CHROMIUM), args=ARGUMENTS)
        visits = [visit(browser, url) for _ in range(1 if smoke else VISITS)]
        browser.close()
    show(["visit", "first paint s", "editor ready s", "requests", "MB"], [row(*told) for told in enumerate(visits, 1)])
    figures = [
        Figure("first contentful paint, s", median(visit.painted for visit in visits), MOST_SECONDS),
        Figure("MB", max(visit.sent for visit in visits) / MEGABYTE, MOST_MEGABYTES),
    ]
    return verdict(figures, smoke=smoke)


def visit(browser: Browser, url: str) -> Visit:
    """As somebody does who was never there."""
    context = browser.new_context()
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    context.on("request", note)
    page = context.new_page()
    page.goto(f"{url}/graphql")
    page.wait_for_selector(EDITOR)
    ready: float = page.evaluate(NOW)
    page.wait_for_load_state("networkidle")
    painted: float = page.evaluate(PAINTED)
    loaded = [request for request in requests if not request.url.startswith(("data:", "blob:"))]
    elsewhere = [request.url for request in loaded if urlsplit(request.url).netloc != urlsplit(url).netloc]
    assert not elsewhere, f"loaded from elsewhere: {elsewhere}"
    sizes = [request.sizes() for request in loaded]
    context.close()
    sent = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    return Visit(painted / 1000, ready / 1000, len(loaded), sent)


def row(number: int, seen: Visit) -> list[str]:
    return [str(number), f"{seen.painted:.2f}", f"{seen.ready:.2f}", str(seen.requests), f"{seen.sent / MEGABYTE:.2f}"]


if __name__ == "__main__":
    sys.exit(main())
