"""The page as a browser shows it: headless Chromium over a server with the embedded sandbox, no way to other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from shutil import which
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, sync_playwright

from settings import load
from tests.conftest import Gateway

CHROMIUM = which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # intercepted requests would all say no-cache instead
]
SECONDS_TO_WAIT = 15

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """One for all tests of a file: it need not read the page's scripts again each time. While it is there Playwright's
    event loop runs in this thread, so that no test of the file can be a coroutine.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = chromium.new_context(viewport={"width": 1500, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(SECONDS_TO_WAIT * 1000)
        yield context
        chromium.close()


@pytest.fixture(scope="session")
def emulating() -> Iterator[Gateway]:
    """A server that nobody configured."""
    with Gateway(load(_env_file=None, shopgraph_sandbox="on")) as server:
        yield server


@pytest.fixture
def opened(browser: BrowserContext, emulating: Gateway) -> Iterator[Open]:
    """Opens the page as a new visitor: opened(), opened(server), opened(dark=True). At the end nothing may have been
    asked of another host, and no error stand on the console.
    """
    elsewhere: list[str] = []
    errors: list[str] = []
    pages: list[Page] = []

    def open(server: Gateway = emulating, *, dark: bool = False) -> Page:
        host = urlsplit(server.url).netloc

        def note(request: Request) -> None:
            if not request.url.startswith(("data:", "blob:")) and urlsplit(request.url).netloc != host:
                elsewhere.append(request.url)

        page = browser.new_page()
        pages.append(page)
        page.on("request", note)
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(f"{server.url}/healthz")
        page.evaluate("localStorage.clear()")
        page.goto(f"{server.url}/graphql")
        ready(page)
        return page

    yield open
    for page in pages:
        page.close()
    assert elsewhere == []
    assert [error for error in errors if "the server responded with a status of" not in error] == []


def ready(page: Page) -> None:
    """The editor is there, and the schema known where it may be."""
    page.wait_for_selector(".graphiql-query-editor .view-line")
    page.wait_for_selector(".graphiql-execute-button")
