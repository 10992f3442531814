"""The answers that the provider's document prints, in `sandbox/examples/w-….json`, given for their own ids."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.winninghunter.period import DEFAULT

FOLDER = Path(__file__).parent.parent / "examples"
SHOP, PRODUCT = "7493920192384910", "1729384756102394"
CREATOR, VIDEO = "6892301928374615", "7361029384756102"
Answer = Callable[[Question], Reply]


def printed(path: str, example_id: str, answer: Answer) -> Answer:
    """Gives what is printed for a path and the id in its example, for the example's period; `answer` gives the rest."""

    def reply(question: Question) -> Reply:
        arguments = question.arguments
        if arguments.get("id") != example_id or arguments.get("period") not in (None, DEFAULT):
            return answer(question)
        body = _body(path)
        if arguments.integer("page", 1) > 1:
            body = {**body, "data": [], "page": arguments.integer("page")}
        return Reply(dump(body), code=None)

    return reply


@cache
def _body(path: str) -> dict[str, Any]:
    """As printed."""
    body: dict[str, Any] = json.loads((FOLDER / f"w-{path.replace('/', '-')}.json").read_text("utf-8"))
    return body
