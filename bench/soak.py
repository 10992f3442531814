"""Many clients for a minute against a provider that fails at random, and what they were told.

Of all calls 5 % are told 429, 2 % fail with 5xx, 1 % are never answered and 1 % are answered with garbage, by a seed.
200 clients ask pages of nested data (bench/screens, and smaller ones), cold and warm, with about two seconds between an
answer and the next question; then 32 do. Gateway and sandbox are processes of their own. Last, the first phase's
questions are asked again, at the same moments, of a fresh gateway over a provider that never fails: no fewer calls
could do, but for retries.

For a verdict the machine must have two cores to itself: where others keep it busy, questions wait for the CPU until
their deadline, which is no fault of the provider and counts against the bounds.

- Shape: JSON of GraphQL over HTTP; who is sent away is told when to come back.
- Facts: each answer against what the world says of its page, worked out without the gateway's code, and against the
  answer of the faultless run. Null is right where an error says so.
- Complete: a call that is given up is one that the sandbox answered by faults as many times in a row as it may be
  asked; each is listed. What lacks anything else counts against the bound.
- Memory: RSS at the end ÷ RSS after the first third, less what the store filled meanwhile within its bound.
- Credits: the sandbox's calls ÷ those of the faultless run and the repeated ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from random import SystemRandom
from statistics import median, quantiles
from typing import Any, NamedTuple

from bench import _credits_upstream, _server, _soak_upstream
from bench._server import State
from bench._soak_answers import (
    Call,
    by_path,
    explains,
    faults,
    lacks,
    malformed,
    outlived,
    retries,
    stalled,
    wrong,
)
from bench._soak_clients import Asked, Soaked, again, soak
from bench._soak_questions import Oracle, Question, Size, Universe
from bench._table import Figure, show, verdict
from sandbox.world import World
from server import MEGABYTE

MIX = {
    **{"rate": 0.04, "rate_in_200": 0.01},
    **{"gateway": 0.01, "error": 0.01},
    **{"stall": 0.01},
    **{"garbage": 0.0025, "truncated": 0.0025, "envelope": 0.0025, "html": 0.0025},
}
LATENCY = 0.01
CLIENTS, FEW_CLIENTS = 200, 32
SECONDS = 60.0
LARGE, SMALL = Size(2, 30, 10, 10), Size(1, 3, 1, 1)
SMOKE_CLIENTS, SMOKE_SECONDS = 20, 2.0
FEW_SHARE = 4  # the second phase is shorter by that
STORE_MB = 32
DEADLINE = 20.0
SETTINGS = {"shopgraph_store_memory_mb": STORE_MB, "shopgraph_deadline_ms": round(DEADLINE * 1000)}
SHORT = {"shopgraph_call_timeout_ms": 500}  # a small run does not wait longer for what nobody answers
MEMORY_BOUND, COMPLETE_BOUND, SHED_BOUND, CREDITS_BOUND = 1.1, 0.99, 0.01, 1.05
MOST_SHOWN = 12


class Phase(NamedTuple):
    """What clients asked, and the calls that came of it."""

    clients: int
    seconds: float
    soaked: Soaked
    calls: Sequence[Call]

    @property
    def admitted(self) -> list[Asked]:
        return [each for each in self.soaked.asked if not each.is_shed]

    @property
    def shed(self) -> float:
        return 1 - len(self.admitted) / len(self.soaked.asked)

    @property
    def p99(self) -> float:
        return quantiles((each.seconds for each in self.admitted), n=100)[-1]


class Judged(NamedTuple):
    """A phase's answers. given_up   errors by what the sandbox did; unexplained: those of which it did nothing"""

    malformed: Sequence[str]
    wrong: Sequence[str]
    complete: int
    hit: int
    given_up: Counter[tuple[str, str, tuple[str, ...]]]
    unexplained: Sequence[str]


class Found(NamedTuple):
    """Of many clients and of few. least   calls of the faultless run"""

    many: Phase
    few: Phase
    judged: Sequence[Judged]
    least: int


def main(given: Sequence[str] | None = None) -> int:
    wanted = arguments(given)
    print(f"seed {wanted.seed}: the same questions and faults again by --seed {wanted.seed}", flush=True)
    found = soaked(wanted)
    report(*found)
    return verdict(figures(*found), smoke=wanted.smoke)


def soaked(wanted: argparse.Namespace) -> Found:
    """Both phases, and the first one's questions again without faults."""
    settings = SETTINGS | (SHORT if wanted.smoke else {})
    _server.import_gateway()
    with _soak_upstream.upstream() as upstream, _server.gateways(upstream, settings, settings) as (flaky, faultless):
        return measured(upstream, flaky, faultless, World(), wanted)


def measured(upstream: str, flaky: str, faultless: str, world: World, wanted: argparse.Namespace) -> Found:
    """Over a sandbox and two gateways that have been asked nothing yet."""
    universe = Universe(world, SMALL if wanted.smoke else LARGE)
    known = Known(universe, Oracle(world, upstream))
    _soak_upstream.delay(upstream, LATENCY)
    _soak_upstream.mix(upstream, MIX, wanted.seed)
    many = phase(upstream, flaky, universe, wanted, wanted.clients, wanted.seconds)
    few = phase(upstream, flaky, universe, wanted, FEW_CLIENTS, wanted.seconds / FEW_SHARE)
    _soak_upstream.mix(upstream, {}, wanted.seed)
    _server.forget_calls(upstream)
    for each in again(faultless, many.admitted, paced=not wanted.smoke):
        known.add(each)
    least = len(_credits_upstream.calls(upstream))
    return Found(many, few, [judge(each, known) for each in (many, few)], least)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="smallest size, for crashes alone: any figure will do")
    parser.add_argument("--seconds", type=float, default=None, help=f"of the first phase ({SECONDS:g})")
    parser.add_argument("--clients", type=int, default=None, help=f"of the first phase ({CLIENTS})")
    parser.add_argument("--seed", default=str(SystemRandom().randrange(10**6)), help="of questions and faults (any)")
    parser.set_defaults(watched=True)
    wanted = parser.parse_args(given)
    wanted.seconds = wanted.seconds or (SMOKE_SECONDS if wanted.smoke else SECONDS)
    wanted.clients = wanted.clients or (SMOKE_CLIENTS if wanted.smoke else CLIENTS)
    return wanted


def phase(
    upstream: str, url: str, universe: Universe, wanted: argparse.Namespace, clients: int, seconds: float
) -> Phase:
    _server.forget_calls(upstream)
    found = soak(url, universe, clients, seconds, f"{wanted.seed} {clients}", watched=wanted.watched)
    return Phase(clients, seconds, found, _credits_upstream.calls(upstream))


# ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────────


class Known:
    """What questions must be answered: by the world, and as a faultless run did."""

    def __init__(self, universe: Universe, oracle: Oracle) -> None:
        self._facts: dict[Question, list[Any]] = {question: [oracle.answer(question)] for question in universe}
        oracle.close()

    def add(self, asked: Asked) -> None:
        """An answer of the faultless run; the first whole one of a question stands for all."""
        answer = json.loads(asked.body)
        if len(self._facts[asked.question]) == 1 and "errors" not in answer:
            self._facts[asked.question].append(answer["data"])

    def of(self, question: Question) -> list[Any]:
        return self._facts[question]


def judge(phase: Phase, known: Known) -> Judged:
    """All answers of a phase; one that is the same byte by byte is looked at once."""
    given_up = by_path([*outlived(phase.calls), *stalled(phase.calls, DEADLINE)])
    bad = [f"{each.question.page}: {problem}" for each in phase.soaked.asked if (problem := malformed(each))]
    found = Judged(bad, [], 0, 0, Counter(), [])
    false: dict[tuple[Question, bytes], list[str]] = {}
    complete = hit = 0
    unexplained: list[str] = []
    for asked in phase.admitted:
        if malformed(asked):
            continue
        answer = json.loads(asked.body)
        lacking = lacks(answer)
        key = asked.question, asked.body
        if key not in false:
            false[key] = [each for facts in known.of(asked.question) for each in wrong(facts, answer["data"], lacking)]
        complete += not lacking
        causes = [(lack, explains(asked, lack, given_up)) for lack in lacking]
        hit += bool(causes) and all(cause for _, cause in causes)
        for lack, cause in causes:
            if cause is None:
                unexplained.append(f"{asked.question.page}, {asked.seconds:.1f} s: {lack}")
            else:
                found.given_up[lack.code, lack.endpoint, cause.faults] += 1
    false_facts = [
        f"{question.page} {question.variables}: {each}" for (question, _), some in false.items() for each in some
    ]
    return found._replace(wrong=false_facts, complete=complete, hit=hit, unexplained=unexplained)


def settled(states: Sequence[State]) -> tuple[State, State]:
    """The memory after the first third and at the end: the middle of a few samples each."""
    few = max(1, len(states) // 12)
    third = len(states) // 3
    return middle(states[third : third + few]), middle(states[-few:])


def middle(states: Sequence[State]) -> State:
    return State(*(median(values) for values in zip(*states, strict=True)))


def growth(states: Sequence[State]) -> float:
    """RSS at the end against that after warming up, less what the store took meanwhile."""
    warm, end = settled(states)
    return (end.rss - max(0, end.stored - warm.stored)) / warm.rss


def figures(many: Phase, few: Phase, judged: Sequence[Judged], least: int) -> list[Figure]:
    admitted = len(many.admitted) + len(few.admitted)
    hit = sum(each.hit for each in judged)
    complete = sum(each.complete for each in judged)
    return [
        Figure("malformed answers", sum(len(each.malformed) for each in judged), 0),
        Figure("facts wrong", sum(len(each.wrong) for each in judged), 0),
        Figure(f"p99 of {many.clients}, s", many.p99, DEADLINE),
        Figure("memory at the end ÷ warm", growth(many.soaked.states), MEMORY_BOUND),
        Figure(
            "complete where no fault outlived its retries",
            complete / max(1, admitted - hit),
            COMPLETE_BOUND,
            at_least=True,
        ),
        Figure(f"shed of {few.clients}", few.shed, SHED_BOUND),
        Figure(
            "calls ÷ fault-free ones and retries", len(many.calls) / max(1, least + retries(many.calls)), CREDITS_BOUND
        ),
    ]


def report(many: Phase, few: Phase, judged: Sequence[Judged], least: int) -> None:
    columns = ["clients", "s", "asked", "shed", "a second", "median s", "p99 s", "calls", "faults", "retries"]
    show([*columns, "complete", "a fault hit", "other"], [row(*each) for each in zip((many, few), judged, strict=True)])
    for each in (many, few):
        shares = ", ".join(f"{count} {name}" for name, count in faults(each.calls).most_common())
        print(f"{each.clients} clients, faults of {len(each.calls)} calls: {shares or 'none'}")
    print(f"the same again without faults: {least} calls")
    for line in memory(many.soaked.states):
        print(line)
    given_up = sum((each.given_up for each in judged), Counter[tuple[str, str, tuple[str, ...]]]())
    if given_up:
        print("\nwhat faults outlived their retries: each is what the sandbox did, in a row, to that call")
        rows = [
            [endpoint, code, " → ".join(row), str(count)] for (code, endpoint, row), count in given_up.most_common()
        ]
        show(["endpoint", "code", "faults in a row", "errors"], rows)
    for title in ("malformed", "wrong", "unexplained"):
        lines = [line for each in judged for line in getattr(each, title)]
        for line in lines[:MOST_SHOWN]:
            print(f"{title}: {line}")
        if len(lines) > MOST_SHOWN:
            print(f"{title}: {len(lines) - MOST_SHOWN} more")


def row(phase: Phase, judged: Judged) -> list[str]:
    asked, admitted = phase.soaked.asked, phase.admitted
    seconds = [f"{median(each.seconds for each in admitted):.2f}", f"{phase.p99:.2f}"]
    counts = [len(phase.calls), faults(phase.calls).total(), retries(phase.calls), judged.complete, judged.hit]
    other = len(admitted) - judged.complete - judged.hit
    rate = f"{len(admitted) / phase.seconds:.0f}"
    first = [str(phase.clients), f"{phase.seconds:g}", str(len(asked)), f"{phase.shed:.1%}", rate]
    return [*first, *seconds, *map(str, counts), str(other)]


def memory(states: Sequence[State]) -> Iterable[str]:
    for name, state in zip(("after the first third", "at the end"), settled(states), strict=True):
        stored = f"{state.stored / MEGABYTE:.1f} of {state.bound / MEGABYTE:.0f} MB"
        used = f"{state.cpu:.1f} s of CPU, RSS {state.rss / MEGABYTE:.1f} MB"
        yield f"{name}: {used}, stored {stored} in {state.entries:.0f} entries"


if __name__ == "__main__":
    sys.exit(main())
