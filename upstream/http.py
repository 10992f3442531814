"""The only module that speaks HTTP: one pooled client, its transport one line to change.

Keep-alive, gzip, a timeout for each phase, a cap on the answer's size, no redirects followed, no cookies kept. Whoever
asks bounds the whole call in time: a provider that sends a byte a second keeps every phase short.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Mapping
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from upstream.endpoint import Request
from upstream.envelope import Response

CONNECT_SECONDS = 3.0
MAX_CONNECTIONS = 64
KEEP_ALIVE_SECONDS = 30.0

PLAIN = frozenset({"", "identity"})
GZIP = frozenset({"gzip", "x-gzip"})
NOT_GZIP = "not in the encoding that it claims"


class Timeout(Exception):
    """No answer in time."""


class Broken(Exception):
    """The connection failed, or ended before the answer did."""


class Oversized(Exception):
    """The answer is longer than the cap, or packed in a way that nobody asked for."""


def transport() -> httpx.AsyncBaseTransport:
    """aiohttp under httpx, for less CPU a call the more are in flight (python -m bench.transport)."""
    return AiohttpTransport(verify=_trusted(), client=_session)


@cache
def _trusted() -> ssl.SSLContext:
    """Who is believed to be who they say; loading it takes 20 ms, so once is enough."""
    return httpx.create_ssl_context()


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=_trusted())
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    session._retry_connection = False  # it would repeat a paid call behind our back
    return session


class Http:
    """A pool of connections to providers.

    max_bytes   of a body after decompression; a longer one is cut off and raises Oversized
    """

    def __init__(self, *, max_bytes: int, own_transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._max_bytes = max_bytes
        self._client = httpx.AsyncClient(
            transport=own_transport or transport(),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "shopgraph"},
            follow_redirects=False,
            trust_env=False,
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))

    async def send(self, base: str, asked: Request, headers: Mapping[str, str], seconds: float) -> Response:
        """One request; `seconds` bounds each phase of it, connecting never takes more than CONNECT_SECONDS."""
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        # Written here, the query is parsed once; as `params` httpx would parse the whole address three times.
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        request = self._client.build_request(
            asked.method, f"{base}/{asked.path}{query}", json=asked.body, headers=headers, timeout=timeout
        )
        try:
            return await self._read(request)
        except httpx.TimeoutException as error:
            if _was_cut(error.__cause__):
                raise Broken("closed by the other side") from error
            raise Timeout from error
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            raise Broken(type(error).__name__) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _read(self, request: httpx.Request) -> Response:
        response = await self._client.send(request, stream=True)
        try:
            body = Body(response.headers.get("content-encoding", ""), self._max_bytes)
            async for chunk in response.aiter_raw():
                body.add(chunk)
            return Response(response.status_code, dict(response.headers), body.whole())
        finally:
            await response.aclose()


class Body:
    """What arrives of an answer, out of its gzip: never more than the cap is unpacked, however small it was packed.

    encoding   as the answer tells it; what is packed twice, or otherwise than we ask for, is not read
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        encoding = encoding.strip().lower()
        if encoding not in PLAIN | GZIP:
            raise Oversized("in an encoding that was not asked for")
        self._unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding in GZIP else None
        self._max_bytes = max_bytes
        self._sent = 0
        self._unpacked = bytearray()

    def add(self, chunk: bytes) -> None:
        """Raises Oversized."""
        self._sent += len(chunk)
        if self._unpacking is None:
            self._unpacked += chunk
        elif not self._unpacking.eof:  # what follows the end is passed over
            self._unpacked += self._unpacked_of(chunk, self._unpacking)
        if max(self._sent, len(self._unpacked)) > self._max_bytes:
            raise Oversized(f"over {self._max_bytes} bytes")

    def whole(self) -> bytes:
        if self._unpacking is not None and self._sent and not self._unpacking.eof:
            raise Oversized(NOT_GZIP)
        return bytes(self._unpacked)

    def _unpacked_of(self, chunk: bytes, unpacking: Any) -> bytes:
        try:
            unpacked: bytes = unpacking.decompress(chunk, self._max_bytes - len(self._unpacked) + 1)
        except zlib.error as error:
            raise Oversized(NOT_GZIP) from error
        return unpacked


def _was_cut(cause: BaseException | None) -> bool:
    """Whether what the transport reports as a timeout is a connection that failed: it maps both to the same error."""
    timed_out = isinstance(cause, aiohttp.ServerTimeoutError)
    return isinstance(cause, aiohttp.ClientConnectionError) and not timed_out
