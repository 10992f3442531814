"""What EchoTik puts around rows, and around a failure."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import uuid4

from sandbox.echotik.quirk import choice, has
from sandbox.provider import Failure, Told
from sandbox.reply import Reply, dump
from sandbox.route import Question

V2, V3 = "v2", "v3"
PAGE_SIZE = 10
INVALID = 400  # the code inside a 200 of a realtime route that cannot make sense of what it is asked for
RAW = tuple(
    f"realtime/{name}" for name in ("influencer/detail", "video/detail", "video/captions", "live/detail")
)  # the routes whose envelope says `msg`
Thing = TypeVar("Thing")


def rows_reply(question: Question, rows: Iterable[bytes], message: bytes = b"success") -> Reply:
    """A list of rows that are JSON already; v3 adds a requestId."""
    tail = b"" if question.version == V2 else b',"requestId":"%s"' % str(uuid4()).encode()
    return Reply(b'{"code":0,"message":"%s","data":[%s]%s}' % (message, b",".join(rows), tail))


def page_of(question: Question, items: Sequence[Thing]) -> Sequence[Thing]:
    """The items of the page that was asked."""
    size = question.arguments.integer("page_size", PAGE_SIZE)
    start = (question.arguments.integer("page_num", 1) - 1) * size
    return items[start : start + size]


def object_reply(data: object, **envelope: object) -> Reply:
    """One object; `envelope` gives the names around it, such as requestId."""
    return Reply(dump({"code": 0, "message": "success", "data": data, **envelope}))


def realtime_reply(subject: str, data: object, *, code: int = 0, message: str = "ok") -> Reply:
    """`requestId` is a text, null or not there."""
    body: dict[str, object] = {"code": code, "message": message, "data": data}
    if not has("no request id", subject):
        body["requestId"] = f"{choice('request', subject, 1 << 32):08x}-4c1a"
    elif choice("request", subject, 2):
        body["requestId"] = None
    return Reply(dump(body), code=code)


def raw_reply(data: object, *, code: int = 0, message: str = "ok") -> Reply:
    """Around what TikTok says itself: `msg` instead of `message`."""
    return Reply(dump({"msg": message, "code": code, "data": data}), code=code)


def failure_body(told: Told) -> bytes:
    route = told.route
    if route and route.path in RAW:
        return dump({"msg": told.message, "code": told.code, "data": None})
    body: dict[str, object] = {"code": told.code, "message": told.message, "data": None}
    if route and route.version == V3 and not route.path.startswith("realtime/"):
        body["requestId"] = str(uuid4())
    return dump(body)


FAILURES = {
    "rate": Failure(429, 429, "Too Many Requests"),
    "rate_in_200": Failure(200, 429, "Too Many Requests"),
    "quota": Failure(500, 500, "Usage Limit Exceeded, Please Contact Administrator to Increase Quota"),
    "auth": Failure(401, 401, "Unauthorized"),
    "forbidden": Failure(403, 403, "Forbidden"),
    "not_found": Failure(404, 404, "Not Found"),
    "bad_request": Failure(400, 400, "Bad Request"),
    "bad_parameter": Failure(200, 500, "{parameter} is invalid"),
    "error": Failure(500, 500, "Internal server error"),
    "error_in_200": Failure(200, 500, "Internal server error"),
}
