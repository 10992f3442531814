"""Pictures at addresses of this server: /images/{token} leads to where the picture can be fetched now, or gives it.

A token is the picture's own address and a mark of who was given it, under a MAC: nothing is looked up, so it holds for
as long as the key does. It is the permission: <img> sends no client key.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loaders.backend import Backend
from loaders.budget import midnight_after
from loaders.signing import SIGNING, Signing
from resolvers.image import ADDRESSING, Addressing
from serving.clients import PICTURES, Clients
from settings import Settings
from store.secret import agreed
from store.tier import StoreFailed
from upstream.endpoint import Freshness
from upstream.errors import (
    BadResponse,
    BudgetExceeded,
    CapabilityUnavailable,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    UpstreamError,
    UpstreamUnavailable,
)
from upstream.picture import Fetched, Pictures, Unfetched
from upstream.providers import ENDPOINTS

log = structlog.get_logger("shopgraph.images")

PATH = "/images/"
KEY_NAME = "images.key"
KEY_BYTES = 32
MAC_BYTES = 16
MARK_BYTES = 8
LONGEST_URL = 2048
LONGEST_TOKEN = 4096
MOST_BYTES = 10_000_000

HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
SIGNED_HOSTS = {host for endpoint in ENDPOINTS if endpoint.name == SIGNING for host in endpoint.hosts}
HOST_SECONDS = 30.0
IN_ADDRESSES = ":/%#?=@[]!$&'()*+,;~"

ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
}
HARMLESS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
"""What an SVG may do where a person opens it by its address: nothing."""


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Picture(NamedTuple):
    """What a token says. mark: of the client that it was given to."""

    url: str
    mark: bytes


class Tokens:
    """Tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._of_token = _derived(key, b"token")
        self._of_client = _derived(key, b"client")

    def mark(self, client: str) -> bytes:
        """Stands for a client in tokens, which strangers see."""
        return hmac.digest(self._of_client, client.encode(), "sha256")[:MARK_BYTES]

    def write(self, picture: Picture) -> str:
        told = picture.mark + picture.url.encode()
        mac = hmac.digest(self._of_token, told, "sha256")[:MAC_BYTES]
        return base64.urlsafe_b64encode(mac + told).rstrip(b"=").decode()

    def read(self, token: str) -> Picture | None:
        """None where this server did not write it exactly so."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            told = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[MAC_BYTES:]
            picture = Picture(told[MARK_BYTES:].decode(), told[:MARK_BYTES])
        except (binascii.Error, UnicodeDecodeError):
            return None
        return picture if hmac.compare_digest(self.write(picture), token) else None


def _derived(key: bytes, use: bytes) -> bytes:
    return hmac.digest(key, b"shopgraph images: " + use, "sha256")


# ── their key ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def key(settings: Settings) -> bytes:
    """The operator's; else one that the servers of a store share, or that is kept in the data folder. Of a store that
    does not outlive the process neither does the key.
    """
    given = settings.shopgraph_image_key.get_secret_value()
    if given:
        return hashlib.sha256(given.encode()).digest()
    if settings.store == "memory:":
        return secrets.token_bytes(KEY_BYTES)
    file = settings.shopgraph_data_dir / KEY_NAME
    if settings.store.startswith("redis"):
        return await _shared(settings.store, file)
    try:
        return kept(file)
    except (OSError, ValueError) as error:
        log.warning("addresses of pictures end with this process", error=str(error))
        return secrets.token_bytes(KEY_BYTES)


async def _shared(store: str, file: Path) -> bytes:
    """The key of all servers of a store. The file has it too, so that it comes back if the store forgets it."""
    try:
        own = kept(file)
    except (OSError, ValueError):
        own = secrets.token_bytes(KEY_BYTES)
    try:
        held = await agreed(store, KEY_NAME, own)
    except StoreFailed as error:
        log.warning("addresses of pictures are this server's alone", error=str(error))
        return own
    with suppress(OSError, ValueError):
        if kept(file) != held:
            _written(file, held).replace(file)
    return held


def kept(file: Path) -> bytes:
    """The key in a file, which is made where it is not there yet; of two processes at once both get the same."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _written(file, secrets.token_bytes(KEY_BYTES))
        try:
            os.link(made, file)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    text = file.read_text(encoding="ascii").strip()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text):
        raise ValueError(f"{file} holds no key")
    return bytes.fromhex(text)


def _written(file: Path, held: bytes) -> Path:
    """A new file beside it, for its owner alone to read."""
    number, made = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(number, "w", encoding="ascii") as opened:
        opened.write(f"{held.hex()}\n")
    return Path(made)


# ── what is answered ──────────────────────────────────────────────────────────────────────────────────────────────


class Refusal(NamedTuple):
    """Why there is no picture, in the words of all errors of this server."""

    status: int
    code: str
    message: str
    retry_after: float | None = None

    def response(self) -> Response:
        told = {} if self.retry_after is None else {"retry-after": str(max(1, round(self.retry_after)))}
        return JSONResponse(
            {"errors": [{"message": self.message, "extensions": {"code": self.code}}]},
            status_code=self.status,
            headers={**ALWAYS, **told, "cache-control": "no-store"},
        )


UNKNOWN = Refusal(404, "NOT_FOUND", "There is no such picture.")


class Place(NamedTuple):
    """Where a picture can be fetched for so many seconds."""

    address: str
    seconds: float

    @property
    def headers(self) -> Mapping[str, str]:
        return {**ALWAYS, "cache-control": f"public, max-age={max(0, int(self.seconds))}"}


class Images:
    """The pictures of one server.

    pictures   fetches those that are passed on
    clients    who pays for them
    """

    def __init__(self, settings: Settings, backend: Backend, clients: Clients) -> None:
        self.pictures = Pictures(max_bytes=MOST_BYTES, seconds=settings.shopgraph_call_timeout_ms / 1000)
        self._settings = settings
        self._backend = backend
        self._clients = clients
        self._signing = Signing(
            backend, settings.shopgraph_deadline_ms / 1000, settings.shopgraph_max_credits_per_request
        )
        self._tokens: Tokens | None = None
        self._making = asyncio.Lock()

    async def close(self) -> None:
        await self._signing.close()
        await self.pictures.close()

    async def tokens(self) -> Tokens:
        """Their key is made or fetched as soon as a picture is told or asked for."""
        if self._tokens is None:
            async with self._making:
                self._tokens = self._tokens or Tokens(await key(self._settings))
        return self._tokens

    def addressing(self, scope: Scope | None) -> Addressing:
        """How one request is told of pictures; without one, what is asked within the server itself."""
        told_together: list[str] = []

        async def address(url: str, client: str) -> str | None:
            base = self._settings.shopgraph_public_url or (scope and _base(scope))
            if not base or not is_address(url):
                return None
            if scope is not None and urlsplit(url).hostname in SIGNED_HOSTS:
                self._signing.companions.join(url, told_together)
            tokens = await self.tokens()
            return f"{base}{PATH}{tokens.write(Picture(url, tokens.mark(client)))}"

        return address

    async def answer(self, request: Request) -> ASGIApp:
        tokens = await self.tokens()
        picture = tokens.read(request.path_params["token"])
        if picture is None:
            return UNKNOWN.response()
        try:
            place = await self._place(picture.url, self._payer(tokens, picture.mark))
        except ShopgraphError as error:
            return self._refused(error).response()
        except Exception as error:
            log.error("unexpected error", error=repr(error), exc_info=error)
            return Refusal(500, "INTERNAL_SERVER_ERROR", "Internal error.").response()
        if place is None:
            return UNKNOWN.response()
        if self._settings.shopgraph_image_proxy:
            return Passed(self.pictures, place)
        return Response(status_code=302, headers={**place.headers, "location": place.address})

    def _payer(self, tokens: Tokens, mark: bytes) -> str:
        return next((name for name in self._clients.names if tokens.mark(name) == mark), PICTURES)

    async def _place(self, url: str, payer: str) -> Place | None:
        """None where its provider does not sign it, or not an address. Raises ShopgraphError."""
        if urlsplit(url).hostname not in SIGNED_HOSTS:
            return Place(quote(url, IN_ADDRESSES), Freshness.SIGNED.value)
        signed = await self._signing.signed(url, payer)
        if signed.address is None or not is_address(signed.address, longest=2 * LONGEST_TOKEN):
            return None
        return Place(quote(signed.address, IN_ADDRESSES), signed.until - self._backend.clock())

    def _refused(self, error: ShopgraphError) -> Refusal:
        """What may be told to whoever sees the page: no client, and nothing of how providers are asked."""
        given = self._settings
        failed = "The provider of this picture failed."
        if isinstance(error, CapabilityUnavailable):
            return Refusal(404, error.code, "Nobody who could show this picture is configured.")
        if isinstance(error, BudgetExceeded):
            now = datetime.fromtimestamp(self._backend.clock(), UTC)
            left = midnight_after(now.date()) - now
            return Refusal(503, error.code, "The day's credits for pictures are used up.", left.total_seconds())
        wait = error.wait if isinstance(error, UpstreamError) else None
        if isinstance(error, QuotaExhausted):
            return Refusal(503, error.code, failed, wait or given.shopgraph_quota_pause_s)
        if isinstance(error, RateLimited | UpstreamUnavailable):
            return Refusal(503, error.code, failed, wait or given.shopgraph_outage_pause_s)
        code = error.code if isinstance(error, UpstreamError) else BadResponse.code
        return Refusal(502, code, failed, wait or given.shopgraph_auth_pause_s)


class Passed:
    """A response that passes a picture on as it arrives."""

    def __init__(self, pictures: Pictures, place: Place) -> None:
        self._pictures = pictures
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False
        try:
            async with self._pictures.fetch(self._place.address, Headers(scope=scope)) as fetched:
                whole = None
                if fetched.length is None and not fetched.is_unchanged and scope["method"] != "HEAD":
                    whole = b"".join([chunk async for chunk in fetched.chunks()])
                has_begun = True
                await send(self._start(fetched, fetched.length if whole is None else len(whole)))
                if whole is None and not fetched.is_unchanged and scope["method"] != "HEAD":
                    async for chunk in fetched.chunks():
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": whole or b""})
        except Unfetched as error:
            log.warning("picture not fetched", host=urlsplit(self._place.address).hostname, error=str(error))
            if not has_begun:  # else the connection is closed in the midst, so that nobody takes it for the whole
                await _unfetched(error).response()(scope, receive, send)

    def _start(self, fetched: Fetched, length: int | None) -> Message:
        told = {**self._place.headers, **HARMLESS, **fetched.headers}
        if length is not None:
            told["content-length"] = str(length)
        return {
            "type": "http.response.start",
            "status": 304 if fetched.is_unchanged else 200,
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }


def _unfetched(error: Unfetched) -> Refusal:
    if error.is_gone:
        return UNKNOWN
    if error.is_late:
        return Refusal(503, UpstreamUnavailable.code, "The host of this picture failed.", HOST_SECONDS)
    return Refusal(502, BadResponse.code, "The host of this picture gave no picture.", HOST_SECONDS)


def is_address(url: str, longest: int = LONGEST_URL) -> bool:
    """Whether a client may be led there: by HTTP, without credentials."""
    try:
        parts = urlsplit(url)
        is_placed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_web = parts.scheme in ("http", "https") and is_placed and "@" not in parts.netloc and parts.netloc.isascii()
    return is_web and len(url) <= longest and url.isprintable()


def _base(scope: Scope) -> str | None:
    """Where the request reached this server; None where it does not say so."""
    host = Headers(scope=scope).get("host", "")
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}" if HOST.fullmatch(host) else None


# ── in the application ────────────────────────────────────────────────────────────────────────────────────────────


def opened(settings: Settings, backend: Backend, clients: Clients) -> Images:
    images = Images(settings, backend, clients)
    ADDRESSING.set(images.addressing(None))
    return images


class Addressed:
    """Lets whatever answers a request tell where pictures are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        images: Images | None = getattr(scope["app"].state, "images", None)
        if scope["type"] == "http" and images is not None:
            ADDRESSING.set(images.addressing(scope))
        await self._app(scope, receive, send)


async def image(request: Request) -> Any:
    images: Images = request.app.state.images
    return await images.answer(request)


def routes() -> list[Route]:
    return [Route(f"{PATH}{{token}}", image)]
