"""Ways to go wrong, by name. Each takes the exchange and the options of its rule and answers, or does not."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.control import Call
from sandbox.provider import FAILURES, Provider
from sandbox.reply import JSON, Reply, dump, raw_headers
from sandbox.route import Route

HTML = "text/html; charset=utf-8"
MEGABYTE = 1 << 20
CHUNK = 1 << 16
TEXT_COLUMNS = re.compile(rb'("(?:product_name|nick_name|video_desc|display_text|name|title|message|msg)":")')
PAGE = b"<html><head><title>%s</title></head><body><center><h1>%s</h1></center><hr>nginx</body></html>"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request being answered: by a route of a provider, or by none of its routes.

    answer    the right answer
    """

    call: Call
    scope: Scope
    receive: Receive
    send: Send
    provider: Provider
    route: Route | None
    answer: Callable[[], Reply]

    async def reply(self, reply: Reply) -> None:
        self.call.status, self.call.code = reply.status, reply.code
        await reply(self.scope, self.receive, self.send)


Options = Mapping[str, Any]
Fault = Callable[[Exchange, Options], Awaitable[None]]


def failing(name: str) -> Fault:
    """A failure in the provider's own words. Options: message, parameter, retry_after (seconds, as a header)."""

    async def fault(exchange: Exchange, options: Options) -> None:
        await exchange.reply(exchange.provider.failing(name, exchange.route, options))

    return fault


def saying(status: int, media_type: str, body: bytes) -> Fault:
    """A body that is no envelope. Option: body, instead of this one."""

    async def fault(exchange: Exchange, options: Options) -> None:
        said = options.get("body", body)
        content = said if isinstance(said, bytes) else str(said).encode()
        await exchange.reply(Reply(content, status=status, code=None, media_type=media_type))

    return fault


def changing(change: Callable[[bytes], bytes], *, readable: bool = False) -> Fault:
    """The right answer with its body changed, in which the code may still be readable."""

    async def fault(exchange: Exchange, options: Options) -> None:
        reply = exchange.answer()
        code = reply.code if readable else None
        await exchange.reply(Reply(change(reply.body), status=reply.status, code=code))

    return fault


async def canned(exchange: Exchange, options: Options) -> None:
    """A body given with the rule. Options: body (bytes as they are, a text, or anything JSON), status, headers."""
    body = options["body"]
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else dump(body)
    code = body.get("code") if isinstance(body, dict) else None
    await exchange.reply(Reply(content, status=options.get("status", 200), code=code, headers=options.get("headers")))


async def empty(exchange: Exchange, options: Options) -> None:
    """The right envelope around no rows."""
    reply = exchange.answer()
    await exchange.reply(Reply(exchange.provider.emptied(reply.body), code=reply.code))


async def stall(exchange: Exchange, options: Options) -> None:
    """Says nothing until the client leaves. Option: seconds, after which the right answer comes."""
    gone = asyncio.create_task(_gone(exchange.receive))
    try:
        await asyncio.wait({gone}, timeout=options.get("seconds"))
    finally:
        left = gone.done()
        gone.cancel()
    if not left:
        await exchange.reply(exchange.answer())


async def reset(exchange: Exchange, options: Options) -> None:
    """Closes the connection without a byte."""
    await hang_up(exchange.receive)


async def huge(exchange: Exchange, options: Options) -> None:
    """A well-formed body without an end in sight. Option: megabytes."""
    exchange.call.status = 200
    await exchange.send({"type": "http.response.start", "status": 200, "headers": raw_headers({"content-type": JSON})})
    megabytes = int(options.get("megabytes", 64))
    async for chunk in _padding(exchange.provider.opening, megabytes * MEGABYTE):
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b'"}]}'})


async def _padding(opening: bytes, size: int) -> AsyncIterator[bytes]:
    yield opening
    for _ in range(size // CHUNK):
        yield b"x" * CHUNK
        await asyncio.sleep(0)


async def hang_up(receive: Receive) -> None:
    """Closes the connection of a request. Off the wire, where there is none, raises ConnectionResetError."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError
    transport.abort()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _with_control_characters(body: bytes) -> bytes:
    return TEXT_COLUMNS.sub(rb"\1" + b"\n\x0b", body)


FAULTS: dict[str, Fault] = {
    **{name: failing(name) for name in FAILURES},
    "gateway": saying(502, HTML, PAGE % (b"502 Bad Gateway", b"502 Bad Gateway")),
    "html": saying(200, HTML, PAGE % (b"Welcome", b"Welcome")),
    "garbage": saying(200, JSON, b"\x00\xff not json at all"),
    "envelope": saying(200, JSON, b'[{"rows":1}]'),
    "truncated": changing(_half),
    "control": changing(_with_control_characters, readable=True),
    "empty": empty,
    "stall": stall,
    "reset": reset,
    "huge": huge,
    "answer": canned,
}
