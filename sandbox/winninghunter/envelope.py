"""What Winning Hunter puts around an answer: five shapes, none with an id of the request."""

from collections.abc import Mapping, Sequence

from sandbox.parameter import Refused
from sandbox.reply import Reply, dump
from sandbox.route import Question


def object_reply(data: Mapping[str, object]) -> Reply:
    return _reply(data=data)


def page_reply(rows: Sequence[object], page: int, total: int) -> Reply:
    return _reply(data=rows, page=page, total=total)


def series_reply(rows: Sequence[object]) -> Reply:
    return _reply(data=rows)


def suggestions_reply(rows: Sequence[object]) -> Reply:
    return _reply(suggestions=rows)


def credits_reply(balance: Mapping[str, object]) -> Reply:
    return _reply(credits=balance)


def unknown_reply(question: Question, thing: str, emptied: Reply | None = None) -> Reply:
    """Of an id that nobody knows. No document says what comes: nothing, the shape without content, or a 404."""
    match question.setting.winninghunter_unknown:
        case "404":
            raise Refused(f"{thing} not found", fault="not_found")
        case "empty":
            return emptied or object_reply({})
        case _:
            return _reply(data=None)


def _reply(**body: object) -> Reply:
    return Reply(dump({"success": True, **body}), code=None)
