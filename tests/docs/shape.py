"""Whether what a page shows has the shape of what was answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def differences(shown: Any, answered: Any, path: str = "", *, whole: bool = True) -> Iterator[str]:
    """What is not as shown, and what is not shown where the whole is to be.

    Names, kinds of values and nesting are compared; numbers, words and lengths of lists are the day's.
    """
    place = path or "the answer"
    if shown is None or answered is None:
        return
    if isinstance(shown, dict) and isinstance(answered, dict):
        for name in sorted(shown.keys() ^ answered.keys() if whole else shown.keys() - answered.keys()):
            yield f"{place}.{name} is {'not answered' if name in shown else 'not shown'}"
        for name in shown.keys() & answered.keys():
            yield from differences(shown[name], answered[name], f"{path}.{name}".strip("."), whole=whole)
    elif isinstance(shown, list) and isinstance(answered, list):
        if shown and not answered:
            yield f"{place} is empty"
        for item in shown if answered else ():
            found = [list(differences(item, each, f"{path}[]", whole=whole)) for each in answered]
            if all(found):
                yield from min(found, key=len)
    elif _kind(shown) != _kind(answered):
        yield f"{place} is {json.dumps(answered)[:80]}"


def missing_lines(shown: str, answered: str) -> list[str]:
    """Lines that are shown and were not printed, in whatever order; … stands for anything, a number for any."""
    printed = "\n".join(map(_plain, answered.splitlines()))
    return [
        line for line in shown.splitlines() if line.strip() and not re.search(_pattern(line), printed, re.MULTILINE)
    ]


def part(answer: Any, path: str) -> Any:
    """The part of an answer that a path of names leads to."""
    for name in filter(None, path.split(".")):
        answer = answer[int(name)] if isinstance(answer, list) else answer[name]
    return answer


def read(printed: str) -> Any:
    """The JSON that was printed: all of it, or the last line that is some."""
    for text in [printed, *reversed(printed.splitlines())]:
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise AssertionError(f"no JSON was printed: {printed[:300]!r}")


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _plain(line: str) -> str:
    return NUMBER.sub("0", " ".join(line.split()))


def _pattern(line: str) -> str:
    return "^" + ".*".join(map(re.escape, re.split("…|\\.\\.\\.", _plain(line)))) + "$"
