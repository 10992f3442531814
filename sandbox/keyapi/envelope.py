"""What KeyAPI puts around rows and around a failure; and how it answers with what EchoTik says."""

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from sandbox.echotik.envelope import V3
from sandbox.provider import Failure, Told
from sandbox.reply import Reply, dump
from sandbox.route import Question

Answer = Callable[[Question], Reply]
OTHER_WORD = b'{"code":0,"message":"ok"'  # of EchoTik's search


def twin(answer: Answer) -> Answer:
    """The rows of EchoTik's own v3 route."""

    def answered(question: Question) -> Reply:
        body = answer(replace(question, version=V3)).body
        return Reply(body.replace(OTHER_WORD, b'{"code":0,"message":"success"', 1))

    return answered


def live(answer: Answer) -> Answer:
    """What EchoTik's realtime route says; what that refuses inside a 200 is refused so here."""

    def answered(question: Question) -> Reply:
        said = json.loads(answer(replace(question, version=V3)).body)
        if said["code"]:
            return Reply(_failed(said["code"], said.get("message") or said["msg"]), code=said["code"])
        return success(said["data"])

    return answered


def success(data: object) -> Reply:
    return Reply(dump({"code": 0, "message": "success", "data": data, "requestId": str(uuid4())}))


def failure_body(told: Told) -> bytes:
    """Without a requestId; nothing at all where the plan does not include a route."""
    return b"" if told.code is None else _failed(told.code, told.message)


def _failed(code: int, message: str) -> bytes:
    return dump({"code": code, "data": None, "message": message})


MISSING = "Missing required parameter: {parameter}"
INVALID = "Invalid parameter: {parameter}"
HANDLE = {"parameter": "handle"}
FAILURES = {
    "rate": Failure(429, 429, "qps limit exceeded"),
    "rate_in_200": Failure(200, 429, "qps limit exceeded"),
    "quota": Failure(402, 402, "apiKey quota is not enough"),
    "auth": Failure(401, 401, "apiKey is null"),
    "forbidden": Failure(403, None, ""),
    "not_found": Failure(404, 404, "Not Found"),
    "bad_request": Failure(400, 400, MISSING, HANDLE),
    "bad_parameter": Failure(400, 400, MISSING, HANDLE),
    "error": Failure(500, 500, "Internal server error"),
    "error_in_200": Failure(200, 400, "{parameter} is invalid", {"parameter": "unique_id"}),
}
