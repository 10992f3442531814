"""The page for browsers at /graphql: GraphiQL as web/ builds it, and the files it is made of."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Scope

BUILT = Path(__file__).resolve().parent.parent / "web" / "dist"
ASSETS = "/graphql/assets/"
PATH = "/graphql"
NAMING = ("query", "documentId", "id", "extensions")
"""Parameters of a GET request one of which says what is asked."""

SECURE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the editor positions its lines so
        "worker-src 'self' blob:",
        "img-src 'self' data: https:",  # a picture is shown where the pointer rests on its address in an answer
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PLAIN = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
"""The policy of the page that stands in where GraphiQL is not built."""

FOR_GOOD = "public, max-age=31536000, immutable"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings, the smallest first, and how a file's name ends that is compressed so."""

EMULATED = "Emulated data: the embedded sandbox answers, no provider is asked."
KEY_NEEDED = "A client key is needed: write it under Headers as {&quot;Authorization&quot;: &quot;Bearer …&quot;}."

HOW_TO_QUERY = """<!doctype html><html lang="en"><meta charset="utf-8"><title>shopgraph</title>
<style>body{{font:16px/1.5 system-ui;max-width:46rem;margin:3rem auto;padding:0 1rem}}
pre{{background:#f4f4f4;padding:1rem;
overflow:auto}}</style>
<h1>shopgraph</h1><p>This is a GraphQL endpoint; it answers from {upstream}. Post a query to it:</p>
<pre>curl -s {url} -H 'content-type: application/json' \\
  -d '{{"query": "{{ products(region: US, first: 3) {{ nodes {{ id name seller {{ id }} }} }} }}"}}'</pre>
<p>Every type, field and argument: <a href="/schema.graphql">/schema.graphql</a>.</p>
<p>GraphiQL is not built here: run <code>scripts/page</code>, then start the server again.</p></html>
"""


def names_document(parameters: Mapping[str, Any]) -> bool:
    """Whether the parameters of a GET request say what is asked."""
    return any(name in parameters for name in NAMING)


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for the page, not a question."""
    accepted = (value for name, value in scope["headers"] if name == b"accept")
    is_for_page = scope["method"] in ("GET", "HEAD") and scope["path"] == PATH
    is_browser = is_for_page and any(b"text/html" in one for one in accepted)
    return is_browser and not names_document(QueryParams(scope["query_string"]))


class Page:
    """The page as it was built when the server started; where it was not, how to query without it.

    emulated   whether it says that the data are
    keyed      whether it asks for a client key
    """

    def __init__(self, *, emulated: bool, keyed: bool, built: Path | None = None) -> None:
        self._built = BUILT if built is None else built
        index = self._built / "index.html"
        self._files = {file.name: file for file in (self._built / "graphql" / "assets").glob("*")}
        notices = [f'<p id="emulated">{EMULATED}</p>'] * emulated + [f'<p id="keyed">{KEY_NEEDED}</p>'] * keyed
        self._index = None
        if index.exists():
            self._index = index.read_text("utf-8").replace("<!-- notices -->", "".join(notices))

    def shown(self, request: Request, upstream: str) -> Response:
        """The page. upstream: what answers, in words."""
        if self._index is None:
            url = html.escape(str(request.url.replace(query="", fragment="")))
            return HTMLResponse(
                HOW_TO_QUERY.format(url=url, upstream=html.escape(upstream)), headers={"vary": "accept", **PLAIN}
            )
        told = {**SECURE, "content-security-policy": POLICY, "cache-control": "no-cache", "vary": "accept"}
        return HTMLResponse(self._index, headers=told)

    def asset(self, request: Request) -> Response:
        """A file of it, as small as the browser reads it; its name tells its content, so it is kept for good."""
        name = request.path_params["name"]
        file = self._files.get(name)
        if file is None or file.suffix in ENCODINGS.values():
            return Response("Not Found", 404, media_type="text/plain")
        told = {**SECURE, "cache-control": FOR_GOOD, "vary": "accept-encoding"}
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        for coding, ending in ENCODINGS.items():
            if coding in _codings(request.headers.get("accept-encoding", "")) and name + ending in self._files:
                return FileResponse(
                    self._files[name + ending], media_type=kind, headers={**told, "content-encoding": coding}
                )
        return FileResponse(file, media_type=kind, headers=told)

    def routes(self) -> list[Route]:
        return [Route(ASSETS + "{name}", self.asset)]


def _codings(accepted: str) -> set[str]:
    """The content codings that a client reads."""
    offers = (offer.replace(" ", "").lower().split(";q=") for offer in accepted.split(","))
    return {name for name, *weight in offers if not weight or weight[0].strip("0.") != ""}
