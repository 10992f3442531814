"""The bodies of requests: no longer than may be, read once, and bounded in what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from cross_web import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.told import of

KILOBYTE = 1000
DEEPEST = 10
"""Lists and objects within each other in the value of a variable; none of the schema's has more than four."""

MOST_VALUES = 2000
"""Values of the variables together."""

SHAPE = (
    ("query", str, "a string"),
    ("operationName", str, "a string"),
    ("variables", dict, "an object"),
    ("extensions", dict, "an object"),
)
MARK = b"\xef\xbb\xbf"


class BadBody(HTTPException):
    """A request that holds no operation that could be executed. code: for `extensions`."""

    def __init__(self, reason: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(400, reason)
        self.code = code


class TooLarge(Exception):
    """The body has more bytes than it may have."""


class Sized:
    """Reads no more of a request's body than may be; what is answered behind that is dropped."""

    def __init__(self, app: ASGIApp, kilobytes: int) -> None:
        self._app = app
        self._most = kilobytes * KILOBYTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = _announced(scope)
        if declared is None:
            await self._app(scope, receive, send)
        elif declared > self._most:
            await self._refuse(scope, receive, send, f"{declared} are announced")
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, answered = 0, False

        async def counted() -> Message:
            nonlocal size
            if size <= self._most:
                message = await receive()
                size += len(message.get("body", b""))
            if size > self._most:
                raise TooLarge
            return message

        async def passed(message: Message) -> None:
            nonlocal answered
            if size <= self._most:
                answered = True
                await send(message)

        try:
            await self._app(scope, counted, passed)
        except Exception:
            if size <= self._most or answered:
                raise
        if size > self._most and not answered:
            await self._refuse(scope, receive, send, "more came")

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, given: str) -> None:
        code = "REQUEST_TOO_LARGE"
        of(scope).refuse(code)
        message = f"The request may have at most {self._most} bytes; {given}."
        refused = JSONResponse(
            {"errors": [{"message": message, "extensions": {"code": code}}]},
            status_code=413,
            headers={"connection": "close", "cache-control": "no-store"},
        )
        await refused(scope, receive, send)


def _announced(scope: Scope) -> int | None:
    """The length that a request says it has; 0 where it does not say, None where it has no body."""
    if scope["type"] != "http":
        return None
    given = dict(scope["headers"])
    length = given.get(b"content-length", b"0")
    if b"transfer-encoding" in given or not length.isdigit():
        return 0
    return int(length[:20]) or None


def question_in(body: bytes) -> dict[str, Any]:
    """What a body asks; raises BadBody."""
    value = decode(body)
    if isinstance(value, list):
        raise BadBody("Operations are asked one by one; a list of them is not taken", "BATCH_REFUSED")
    if not isinstance(value, dict):
        raise BadBody("The request is no JSON object")
    return value


def decode(text: bytes | str) -> Any:
    """JSON; raises BadBody."""
    try:
        return msgspec.json.decode(text.removeprefix(MARK) if isinstance(text, bytes) else text)
    except UnicodeError:
        raise BadBody("The request is not in UTF-8") from None
    except RecursionError:
        raise BadBody("The request is nested too deeply") from None
    except msgspec.ValidationError:
        raise BadBody("The request has a number that is too large") from None
    except msgspec.DecodeError:
        raise BadBody("Unable to parse request body as JSON") from None


def check_shape(data: Mapping[str, Any]) -> None:
    """Raises BadBody where a parameter is of another kind than it may be."""
    for name, kind, told in SHAPE:
        if not isinstance(data.get(name), kind | None):
            raise BadBody(f"`{name}` must be {told} or null, if provided.")


def check_variables(variables: Mapping[str, Any] | None) -> None:
    """Raises BadBody where there are too many values, or they are nested too deeply."""
    level: list[Any] = [variables] if variables else []
    count = depth = 0
    while level:
        if depth > DEEPEST:
            raise BadBody(f"variables: nested at most {DEEPEST} deep, more given", "VARIABLES_TOO_LARGE")
        below: list[Any] = []
        for value in level:
            inner = value.values() if isinstance(value, dict) else value
            count += len(inner)
            if count > MOST_VALUES:
                raise BadBody(f"variables: at most {MOST_VALUES} values, {count} or more given", "VARIABLES_TOO_LARGE")
            below += [each for each in inner if isinstance(each, dict | list)]
        level, depth = below, depth + 1
