"""The only module that speaks HTTP: one pooled client, its transport one line to change.

Keep-alive, gzip, a timeout for each phase, a cap on the answer's size, no redirects followed.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from upstream.endpoint import Request
from upstream.envelope import Response

CONNECT_SECONDS = 3.0
MAX_CONNECTIONS = 64
KEEP_ALIVE_SECONDS = 30.0


class Timeout(Exception):
    """No answer in time."""


class Broken(Exception):
    """The connection failed, or ended before the answer did."""


class Oversized(Exception):
    """The answer is longer than the cap."""


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
        except httpx.DecodingError as error:
            raise Oversized("not in the encoding that it claims") from error
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            raise Broken(type(error).__name__) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _read(self, request: httpx.Request) -> Response:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise Oversized(f"over {self._max_bytes} bytes")
        finally:
            await response.aclose()
        return Response(response.status_code, dict(response.headers), bytes(body))


def _was_cut(cause: BaseException | None) -> bool:
    """Whether what the transport reports as a timeout is a connection that failed: it maps both to the same error."""
    timed_out = isinstance(cause, aiohttp.ServerTimeoutError)
    return isinstance(cause, aiohttp.ClientConnectionError) and not timed_out
