"""Answers as they go out: bytes with a status and what the record of calls wants to know of them."""

import gzip
import json
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

JSON = "application/json"
LEAST_TO_COMPRESS = 500  # bytes


class Reply:
    """A whole answer.

    code   of the envelope, for the record of calls; None where the body has none
    """

    __slots__ = ("body", "code", "headers", "media_type", "status")

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        code: int | None = 0,
        media_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.code = code
        self.media_type = media_type
        self.headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-type": self.media_type, **self.headers}
        body = self.body
        if len(body) >= LEAST_TO_COMPRESS and accepts_gzip(scope):
            body = gzip.compress(body, 1, mtime=0)
            headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        headers["content-length"] = str(len(body))
        await send({"type": "http.response.start", "status": self.status, "headers": raw_headers(headers)})
        await send({"type": "http.response.body", "body": body})


def dump(value: object) -> bytes:
    """Compact JSON, other scripts as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def accepts_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
