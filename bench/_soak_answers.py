"""What is wrong with an answer: its shape, its facts, or what it lacks, each found without the gateway's code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench._soak_clients import Asked
from upstream.providers import ENDPOINTS

ATTEMPTS = {  # docs/errors.md: the usual one, and its retries
    **dict.fromkeys(("rate", "rate_in_200"), 5),
    **dict.fromkeys(("gateway", "stall"), 3),
    **dict.fromkeys(("error", "garbage", "truncated", "envelope", "html"), 2),
}
CODES = {
    **dict.fromkeys(("rate", "rate_in_200"), "UPSTREAM_RATE_LIMITED"),
    **dict.fromkeys(("gateway", "stall", "error"), "UPSTREAM_UNAVAILABLE"),
    **dict.fromkeys(("garbage", "truncated", "envelope", "html"), "UPSTREAM_BAD_RESPONSE"),
}
FIRST_PAUSE, MOST_PAUSED = 0.2, 4.0  # seconds until a retry, each time twice as long
LONGEST_PAUSE = MOST_PAUSED + 1.0  # and some for a place
SLACK = 0.5
JSON_TYPES = ("application/json", "application/graphql-response+json")
PATHS: dict[str, set[str]] = {}  # the sandbox's, of each endpoint as errors name it
for _endpoint in ENDPOINTS:
    PATHS.setdefault(_endpoint.title, set()).add(_endpoint.path.removeprefix("echotik/"))

Call = Mapping[str, Any]
Place = tuple[str | int, ...]


class Outlived(NamedTuple):
    """A call that was given up: the faults that answered it one after the other, and when the last of them ended.

    seconds   how long a question was open at least for which that was too late; 0 where it was for any
    """

    path: str
    faults: tuple[str, ...]
    ended: float
    seconds: float = 0.0

    def met(self, asked: Asked) -> bool:
        """Whether it ended while a question was open."""
        open_long = asked.seconds >= self.seconds - SLACK
        return open_long and asked.started - SLACK <= self.ended <= asked.ended + SLACK


class Lack(NamedTuple):
    """An error of an answer. fields   other leaves that it stands for, without indexes, from where their paths part"""

    code: str
    endpoint: str
    place: Place
    fields: tuple[str, ...] = ()

    def covers(self, place: Place) -> bool:
        """Whether it says why there is null at a place, or around it."""
        if self.place[: len(place)] == place:
            return True
        shared = next((i for i, (a, b) in enumerate(zip(self.place, place, strict=False)) if a != b), len(self.place))
        return ".".join(step for step in place[shared:] if isinstance(step, str)) in self.fields


# ── shape ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def malformed(asked: Asked) -> str:
    """What is wrong with the shape of an answer, "" where nothing is."""
    if not asked.status:
        return f"no answer: {asked.body.decode()}"
    if asked.media_type.partition(";")[0] not in JSON_TYPES:
        return f"{asked.status} {asked.media_type!r}"
    try:
        body = json.loads(asked.body)
    except ValueError as error:
        return f"no JSON: {error}"
    return next(_misshapen(asked, body), "")


def _misshapen(asked: Asked, body: Any) -> Iterator[str]:
    if not isinstance(body, dict) or not body.keys() & {"data", "errors"} or body.keys() - ANSWER:
        yield f"no GraphQL answer: {str(body)[:200]}"
        return
    errors = body.get("errors", [])
    if "errors" in body and not (isinstance(errors, list) and errors):
        yield f"errors are {errors!r}"
    yield from (f"an error is {error!r}" for error in errors if not _is_error(error))
    if asked.is_shed:
        if "data" in body or [error["extensions"]["code"] for error in errors] != ["OVERLOADED"]:
            yield f"shed with {str(body)[:200]}"
        if not asked.retry_after.isdigit():
            yield f"shed with Retry-After: {asked.retry_after!r}"
    elif asked.status != 200 or "data" not in body:
        yield f"{asked.status} {str(body)[:200]}"
    else:
        yield from (f"{error} stands at data" for error in errors if not _is_null(body["data"], error["path"]))


ANSWER = {"data", "errors", "extensions"}


def _is_error(error: Any) -> bool:
    return (
        isinstance(error, dict)
        and isinstance(error.get("message"), str)
        and isinstance(error.get("extensions", {}).get("code"), str)
        and isinstance(error.get("path", []), list)
    )


def _is_null(data: Any, path: Sequence[str | int]) -> bool:
    """Whether the place of an error, or one around it, is null."""
    for step in path:
        if data is None:
            return True
        data = data[step]
    return data is None


# ── facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lacks(answer: Mapping[str, Any]) -> list[Lack]:
    found = []
    for error in answer.get("errors", []):
        more = error["extensions"]
        fields = tuple(more.get("fields", ()))
        found.append(Lack(more["code"], more.get("endpoint", ""), tuple(error.get("path", ())), fields))
    return found


def wrong(known: Any, answer: Any, lacking: Collection[Lack], place: Place = ()) -> Iterator[str]:
    """Where an answer differs from what is known of it; null is right where an error says why."""
    if answer is None and known is not None and any(lack.covers(place) for lack in lacking):
        return
    if isinstance(known, dict) and isinstance(answer, dict):
        for name, value in known.items():
            yield from wrong(value, answer.get(name), lacking, (*place, name))
    elif isinstance(known, list) and isinstance(answer, list) and len(known) == len(answer):
        for number, (value, other) in enumerate(zip(known, answer, strict=True)):
            yield from wrong(value, other, lacking, (*place, number))
    elif known != answer:
        yield f"{'.'.join(map(str, place))} is {str(answer)[:100]!r}, not {str(known)[:100]!r}"


# ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────────


def outlived(calls: Iterable[Call]) -> list[Outlived]:
    """The calls that were given up, as the sandbox saw them: faults in a row until none may follow, or none does.

    Who wants nothing older than its request asks the same beside another one: what is answered before a retry of the
    row must have come may be that one's, and does not end the row.
    """
    found: list[Outlived] = []
    for (path, _), same in _by_question(calls).items():
        row: list[Call] = []
        is_answered = False
        for call in same:
            passed = call["started"] - _ended(row[-1]) if row else 0.0
            if passed > LONGEST_PAUSE and not is_answered:
                found.append(_given_up(path, row))
            if passed > (_until_retried(len(row)) if is_answered or not call["fault"] else LONGEST_PAUSE):
                row = []
            is_answered = not call["fault"]
            row = [*row, call] if call["fault"] else row
            if call["fault"] and len(row) >= ATTEMPTS[call["fault"]]:
                found.append(_given_up(path, row))
                row = []
        if row and not is_answered:
            found.append(_given_up(path, row))
    return found


def _until_retried(attempts: int) -> float:
    """Seconds within which a call that failed so often is made again."""
    return float(min(MOST_PAUSED, FIRST_PAUSE * 2 ** (attempts - 1)) + SLACK)


def retries(calls: Iterable[Call]) -> int:
    """Calls that repeat one which a fault answered."""
    same = _by_question(calls).values()
    return sum(bool(before["fault"]) for each in same for before in each[:-1])


def stalled(calls: Iterable[Call], deadline: float) -> list[Outlived]:
    """Calls that nobody answered: whose deadline passes meanwhile has no time for another attempt."""
    found = (call for call in calls if call["fault"] == "stall")
    return [Outlived(call["path"], ("stall", "the deadline"), _ended(call), deadline) for call in found]


def explains(asked: Asked, lack: Lack, given_up: Mapping[str, Sequence[Outlived]]) -> Outlived | None:
    """The call that was given up while the question was open, at that endpoint, with a fault of that code."""
    near = (each for path in PATHS.get(lack.endpoint, ()) for each in given_up.get(path, ()))
    return next(
        (each for each in near if CODES[each.faults[0 if each.seconds else -1]] == lack.code and each.met(asked)), None
    )


def by_path(given_up: Iterable[Outlived]) -> dict[str, list[Outlived]]:
    found: dict[str, list[Outlived]] = {}
    for each in given_up:
        found.setdefault(each.path, []).append(each)
    return found


def _given_up(path: str, row: Sequence[Call]) -> Outlived:
    return Outlived(path, tuple(call["fault"] for call in row), _ended(row[-1]))


def _ended(call: Call) -> float:
    return float(call["ended"] or call["started"])


def _by_question(calls: Iterable[Call]) -> dict[tuple[str, frozenset[tuple[str, str]]], list[Call]]:
    """Calls that ask the same, in the order in which they came."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], list[Call]] = {}
    for call in calls:
        found.setdefault((call["path"], frozenset(call["params"].items())), []).append(call)
    return found


def faults(calls: Iterable[Call]) -> Counter[str]:
    return Counter(call["fault"] for call in calls if call["fault"])
