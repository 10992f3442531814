"""Pictures, fetched where a provider told them to be. Beside http.py, the only module that speaks HTTP.

A provider may tell any address. None but those of the public internet are connected to: each is looked at when it is
connected to, behind all names. No redirects followed, no credentials, no cookies; bounded in time and size.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
from yarl import URL

CONNECT_SECONDS = 3.0
MOST_SECONDS = 60.0
MAX_CONNECTIONS = 32
CHUNK = 1 << 16
PASSED_ON = ("etag", "last-modified")
IMAGE = re.compile(r"image/[a-z0-9.+-]{1,100}")
CONDITIONS = ("if-none-match", "if-modified-since")


class Unfetched(Exception):
    """The picture cannot be had.

    is_gone   whether its host says that there is no such picture
    is_late   whether its host does not answer, which may pass
    """

    def __init__(self, what: str, *, is_gone: bool = False, is_late: bool = False) -> None:
        super().__init__(what)
        self.is_gone = is_gone
        self.is_late = is_late


class NotPublic(OSError):
    """An address that is not of the public internet."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet; one of version 6 that stands for one of version 4 is that."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or _translated(ip)
        return ip.is_global and not ip.is_multicast if inner is None else is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """What an address of a NAT64 leads to."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None


class Fetched:
    """A picture that begins to arrive, or word that the client's copy is still good.

    headers   those that are passed on
    length    its bytes, None where its host does not tell
    """

    def __init__(self, response: aiohttp.ClientResponse, max_bytes: int) -> None:
        self._response = response
        self._max_bytes = max_bytes
        self.is_unchanged = response.status == 304
        self.headers = {name: value for name in PASSED_ON if (value := response.headers.get(name)) and value.isascii()}
        if not self.is_unchanged:
            self.headers["content-type"] = response.content_type
        self.length = None if self.is_unchanged else response.content_length

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises Unfetched where it ends too early or is too large."""
        size = 0
        try:
            async for chunk in self._response.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > self._max_bytes:
                    raise Unfetched(f"over {self._max_bytes} bytes")
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unfetched(f"broke off ({type(error).__name__})", is_late=True) from error


class Pictures:
    """A pool of connections to the hosts of pictures.

    max_bytes   of a picture
    seconds     for which a host may say nothing
    may_reach   whether an IP address may be connected to
    """

    def __init__(self, *, max_bytes: int, seconds: float, may_reach: Callable[[str], bool] = is_public) -> None:
        self.may_reach = may_reach
        self._max_bytes = max_bytes
        self._timeout = aiohttp.ClientTimeout(
            total=MOST_SECONDS, connect=seconds + CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=seconds
        )
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def fetch(self, url: str, asked: Mapping[str, str]) -> AsyncIterator[Fetched]:
        """Raises Unfetched.

        url     is sent as it is: its signature may be of every letter
        asked   the client's headers, of which the conditions are passed on
        """
        conditions = {name: asked[name] for name in CONDITIONS if name in asked}
        try:
            response = await self._open().get(URL(url, encoded=True), headers=conditions, allow_redirects=False)
        except TimeoutError as error:
            raise Unfetched("its host does not answer", is_late=True) from error
        except aiohttp.ClientConnectorError as error:
            is_private = isinstance(error.os_error, NotPublic)
            raise Unfetched(
                "its host is not public" if is_private else "no connection", is_late=not is_private
            ) from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise Unfetched(f"the connection failed ({type(error).__name__})", is_late=True) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unfetched(f"not to be fetched ({type(error).__name__})") from error
        try:
            self._check(response)
            yield Fetched(response, self._max_bytes)
        finally:
            response.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _check(self, response: aiohttp.ClientResponse) -> None:
        status, length = response.status, response.content_length
        if status == 304:
            return
        if status != 200:
            raise Unfetched(f"HTTP {status}", is_gone=status in (404, 410), is_late=status == 429 or status >= 500)
        if not IMAGE.fullmatch(response.content_type):
            raise Unfetched("no picture")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unfetched("in an encoding that was not asked for")
        if length is not None and length > self._max_bytes:
            raise Unfetched(f"over {self._max_bytes} bytes")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_CONNECTIONS, ssl=httpx.create_ssl_context(), socket_factory=self._socket
                ),
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "shopgraph"},
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    def _socket(self, place: tuple[Any, ...]) -> socket.socket:
        """For one connection, whatever name led to it; raises NotPublic."""
        family, kind, protocol, _, address = place
        if not self.may_reach(str(address[0])):
            raise NotPublic("not public")
        return socket.socket(family, kind, protocol)
