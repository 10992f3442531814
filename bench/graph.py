"""Upstream calls of eight screens that users of this data compose (bench/screens), against two programs without it.

"Row by row" asks for one id, one picture, one category level a call and remembers nothing. "Careful" asks for ten ids a
call within a list and for nothing twice in a screen, but no two lists share a call. Both make their calls, at the
sandbox that the gateway has too, and must come to the same data. "Minimum" is what lists, days and all that no row told
take at ten a call, over the screen as a whole: reckoned from the careful one's answers, not from ours.

Ours is the gateway as it ships, each screen on an empty store, and at once again: the most of five such runs. Each call
takes another 5 to 25 ms, for pages that arrive together hide what batches lose when they do not.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from typing import Any, NamedTuple

from bench import _server
from bench._graph_clients import CarefulClient, Client
from bench._graph_screens import Answer, Screen, screens
from bench._table import Figure, is_smoke, show, verdict
from sandbox.server import SandboxServer

ROW_BY_ROW_BOUND = 5.0
CAREFUL_BOUND = 1.3
RUNS = 5
SECONDS = (0.005, 0.025)
COLUMNS = ("screen", "row by row", "careful", "ours", "minimum", "ours ÷ minimum", "second run")


class ByHand(NamedTuple):
    """A screen without the gateway: the calls of both programs, the fewest that could do, by path, and the data."""

    row_by_row: int
    careful: int
    least: Mapping[str, int]
    answer: Answer


class Ours(NamedTuple):
    """The calls of a screen through the gateway, by path; those of the second time; and where its data differ."""

    calls: Counter[str]
    again: int
    differences: Sequence[str]


class Found(NamedTuple):
    """All that was counted of a screen, or of all of them."""

    screen: str
    row_by_row: int
    careful: int
    ours: int
    minimum: int
    again: int
    differences: int

    @property
    def ratio(self) -> float:
        return self.ours / self.minimum


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    with SandboxServer() as sandbox, ExitStack() as stack, ThreadPoolExecutor(1) as thread:
        starting = thread.submit(stack.enter_context, _server.gateway(sandbox.url))  # it takes as long as all by hand
        asked = [(screen, by_hand(sandbox, screen)) for screen in screens(sandbox.world, smoke=smoke)]
        client, delays = _server.Client(starting.result()), Random(0)
        sandbox.delay(lambda: delays.uniform(*SECONDS))
        found = [compared(*each, through(sandbox, client, *each, runs=1 if smoke else RUNS)) for each in asked]
        client.close()
    whole = Found("all eight", *(sum(counts) for counts in list(zip(*found, strict=True))[1:]))
    show(COLUMNS, [cells(each) for each in (*found, whole)])
    return verdict(figures(found, whole), smoke=smoke)


def figures(found: Sequence[Found], whole: Found) -> list[Figure]:
    worst = max(found, key=lambda each: abs(each.ratio - 1))
    return [
        Figure("row by row ÷ ours", whole.row_by_row / whole.ours, ROW_BY_ROW_BOUND, at_least=True),
        Figure("careful ÷ ours", whole.careful / whole.ours, CAREFUL_BOUND, at_least=True),
        Figure(f"ours ÷ minimum of {worst.screen}", worst.ratio, 1, at_least=worst.ratio < 1),
        Figure("calls of second runs", whole.again, 0),
        Figure("data that differ", whole.differences, 0),
    ]


def cells(found: Found) -> list[str]:
    counts = [found.row_by_row, found.careful, found.ours, found.minimum]
    return [found.screen, *map(str, counts), f"{found.ratio:.2f}", str(found.again)]


def by_hand(sandbox: SandboxServer, screen: Screen) -> ByHand:
    """By both programs, which have to agree."""
    naive, careful = Client(sandbox.url), CarefulClient(sandbox.url)
    (row_by_row, answer), (fewer, other) = (counted(sandbox, screen, program) for program in (naive, careful))
    assert answer == other, f"{screen.name}: {next(differences(answer, other))}"
    return ByHand(row_by_row, fewer, careful.ledger.least(), answer)


def counted(sandbox: SandboxServer, screen: Screen, program: Client) -> tuple[int, Answer]:
    """The calls of one program, and what it found."""
    sandbox.control.forget_calls()
    answer = screen.by_hand(program, sandbox.world, screen.variables)
    program.close()
    return sandbox.count(), answer


def through(sandbox: SandboxServer, client: _server.Client, screen: Screen, known: ByHand, runs: int) -> Ours:
    """Through the gateway: the dearest of some runs on an empty store, and the dearest right behind one."""
    cold: list[Counter[str]] = []
    again: list[Counter[str]] = []
    differing: dict[str, None] = {}
    for _ in range(runs):
        client.forget()
        for counts in (cold, again):
            sandbox.control.forget_calls()
            differing |= dict.fromkeys(differences(known.answer, client.ask(screen.query, **screen.variables)))
            counts.append(Counter(call.path for call in sandbox.calls))
    return Ours(max(cold, key=Counter.total), max(map(Counter.total, again)), list(differing))


def compared(screen: Screen, known: ByHand, ours: Ours) -> Found:
    """Prints what the minimum is made of, which calls of ours it has not, and which data differ."""
    print(f"{screen.name}: {parts(known.least)}")
    for path, count in ours.calls.items():
        if count != known.least.get(path, 0):
            print(f"    {path}: {count} calls, at least {known.least.get(path, 0)}")
    for difference in ours.differences:
        print(f"    {difference}")
    counts = known.row_by_row, known.careful, ours.calls.total(), sum(known.least.values())
    return Found(screen.name, *counts, ours.again, len(ours.differences))


def parts(calls: Mapping[str, int]) -> str:
    """Calls by kind: "3 pages + 3 product.detail + 21 seller.detail"."""
    kinds = Counter[str]()
    for path, count in calls.items():
        kinds[kind(path)] += count
    return " + ".join(f"{count} {name}" for name, count in kinds.items())


def kind(path: str) -> str:
    group, *_, route = path.split("/")
    names = {"detail": f"{group}.detail", "trend": "ranges of days", "download": "signings"}
    return "category levels" if group == "category" else names.get(route, "pages")


def differences(part: Any, answer: Any, place: str = "data") -> Iterator[str]:
    """Where an answer differs from a part of it that is known."""
    if isinstance(part, dict) and isinstance(answer, dict):
        for name, value in part.items():
            yield from differences(value, answer.get(name), f"{place}.{name}")
    elif isinstance(part, list) and isinstance(answer, list) and len(part) == len(answer):
        for number, (value, other) in enumerate(zip(part, answer, strict=True)):
            yield from differences(value, other, f"{place}[{number}]")
    elif part != answer:
        yield f"{place} is {answer!r}, not {part!r}"


if __name__ == "__main__":
    sys.exit(main())
