"""What EchoTik puts around rows, and around a failure."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import uuid4

from sandbox.reply import Reply, dump
from sandbox.route import Question, Route

V2, V3 = "v2", "v3"
PAGE_SIZE = 10
Thing = TypeVar("Thing")


def rows_reply(question: Question, rows: Iterable[bytes]) -> Reply:
    """A list of rows that are JSON already; v3 adds a requestId."""
    tail = b"" if question.version == V2 else b',"requestId":"%s"' % str(uuid4()).encode()
    return Reply(b'{"code":0,"message":"success","data":[' + b",".join(rows) + b"]" + tail + b"}")


def page_of(question: Question, items: Sequence[Thing]) -> Sequence[Thing]:
    """The items of the page that was asked."""
    size = question.arguments.integer("page_size", PAGE_SIZE)
    start = (question.arguments.integer("page_num", 1) - 1) * size
    return items[start : start + size]


def object_reply(data: object, **envelope: object) -> Reply:
    """One object; `envelope` gives the names around it, such as requestId."""
    return Reply(dump({"code": 0, "message": "success", "data": data, **envelope}))


def failure(code: int, message: str, route: Route | None) -> bytes:
    body: dict[str, object] = {"code": code, "message": message, "data": None}
    if route and route.version == V3 and not route.path.startswith("realtime/"):
        body["requestId"] = str(uuid4())
    return dump(body)
