"""Documents, operations and answers of providers made by chance: nothing of it stops the server, or is told a secret.

Documents are parsed and validated, some of them are asked of a server over HTTP whose providers fail now and then and
repeat what they were sent; answers of every endpoint are changed and read, their rows taken apart to the last fact. A
fault is an exception that is no declared one, a status of 500 or more, an answer that is no JSON, and a secret in an
answer, a line of the log, a figure or a trace. `--seed` makes the same again; each fault is shown with its number.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from random import Random
from typing import NamedTuple

from bench import _fuzz_bodies as bodies
from bench import _fuzz_documents as documents
from bench import _fuzz_server as server
from bench._table import Figure, show, verdict
from sandbox.server import SandboxServer

SHOWN = 10
"""Faults of a kind that are told."""

TURN = 25
"""Operations for which the providers stay as they are."""


class Size(NamedTuple):
    documents: int
    operations: int
    answers: int


WHOLE, SMOKE = Size(100_000, 5_000, 100_000), Size(500, 500, 500)


class Outcome(NamedTuple):
    """What came of a part of the cases, in words; and the faults, each by the number of its case."""

    came: Counter[str]
    faults: list[str]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="smallest size, a few seconds")
    parser.add_argument("--seed", type=int, default=None, help="makes what a run made again; another one each time")
    options = parser.parse_args(given)
    seed: int = secrets.randbelow(10**9) if options.seed is None else options.seed
    size = SMOKE if options.smoke else WHOLE
    print(f"seed {seed}")
    told = run(seed, size)
    show(
        ["", "cases", "seconds", "came to", "faults"],
        [
            [name, str(part.came.total()), f"{took:.0f}", _shown(part.came), str(len(part.faults))]
            for name, part, took in told
        ],
    )
    for name, part, _ in told:
        for fault in part.faults[:SHOWN]:
            print(f"{name} {fault}")
    return verdict([Figure(f"faults of {name}", len(part.faults), 0) for name, part, _ in told], smoke=False)


def run(seed: int, size: Size) -> list[tuple[str, Outcome, float]]:
    """Each kind of case with what came of it, and the seconds that it took."""
    started = time.monotonic()
    marks: list[float] = []
    operations = asked(seed, size.operations)
    marks.append(time.monotonic() - started)
    with ProcessPoolExecutor(cpu_count(), get_context("spawn")) as pool:
        judged = _shared(pool, partial(judge, seed), size.documents)
        marks.append(time.monotonic() - started)
        with SandboxServer() as sandbox:
            examples = bodies.examples(sandbox)
        answers = _shared(pool, partial(read, seed, examples), size.answers)
        marks.append(time.monotonic() - started)
    took = [mark - before for mark, before in zip(marks, [0.0, *marks], strict=False)]
    parts = (("operations", operations), ("documents", judged), ("answers", answers))
    return [(name, part, seconds) for (name, part), seconds in zip(parts, took, strict=True)]


def _shared(pool: ProcessPoolExecutor, work: Callable[[range], Outcome], cases: int) -> Outcome:
    """The cases in parts of a few hundred, so that no process waits long for another."""
    step = max(1, min(1000, cases // 8))
    parts = pool.map(work, [range(first, min(cases, first + step)) for first in range(0, cases, step)])
    return _together(parts)


def _together(parts: Iterable[Outcome]) -> Outcome:
    came: Counter[str] = Counter()
    faults: list[str] = []
    for part in parts:
        came += part.came
        faults += part.faults
    return Outcome(came, faults)


def each(numbers: Sequence[int], work: Callable[[int], str]) -> Outcome:
    came: Counter[str] = Counter()
    faults: list[str] = []
    for number in numbers:
        try:
            came[work(number)] += 1
        except Exception as error:
            came["fault"] += 1
            faults.append(f"{number}: {type(error).__name__}: {str(error)[:300]}")
    return Outcome(came, faults)


def chance(seed: int, kind: str, number: int) -> Random:
    """Of one case, so that it can be made again alone."""
    return Random(f"{seed} {kind} {number}")


def judge(seed: int, numbers: Sequence[int]) -> Outcome:
    """Documents, parsed and validated."""

    def one(number: int) -> str:
        return documents.judge(documents.Documents(chance(seed, "document", number)).made()).value

    return each(numbers, one)


def read(seed: int, examples: Sequence[bodies.Example], numbers: Sequence[int]) -> Outcome:
    """Answers of providers."""

    def one(number: int) -> str:
        return bodies.read(chance(seed, "answer", number), examples[number % len(examples)])

    return each(numbers, one)


def asked(seed: int, cases: int) -> Outcome:
    """Operations over HTTP, of a server that is ended behind them; then whatever it told beside its answers."""
    with server.served() as target:
        ids = target.sandbox.product_ids(documents.REGION, 12)

        def one(number: int) -> str:
            if number % TURN == 0:
                server.disturb(target.sandbox, chance(seed, "turn", number))
            return server.judged(target.ask(*operation(seed, number, ids)))

        outcome = each(range(cases), one)
        beside = _told_beside(target)
    return Outcome(outcome.came, outcome.faults + beside)


def operation(seed: int, number: int, ids: Sequence[str]) -> tuple[bytes, str]:
    """A request's body and path."""
    case = chance(seed, "operation", number)
    made = documents.Documents(case, ids, torn=0.1, deepest=3).made()
    body = server.question(made.text, made.variables)
    if case.random() < 0.05:
        body = bodies.torn(case, body)
    return body, "/graphql/cost" if case.random() < 0.1 else "/graphql"


def _told_beside(target: server.Served) -> list[str]:
    """Faults of what it told to operators."""
    told = {"metrics": target.metrics().text}
    target.end()
    told |= {"log": target.log(), "traces": target.traces()}
    faults = [f"{name}: nothing was told" for name, text in told.items() if not text]
    faults += [f"{name}: holds {secret}" for name, text in told.items() for secret in server.leaked(text)]
    unforeseen = [line for line in told["log"].splitlines() if "unexpected error" in line or "Traceback" in line]
    return faults + [f"log: {line[:300]}" for line in unforeseen[:SHOWN]]


def _shown(came: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in came.most_common())


if __name__ == "__main__":
    sys.exit(main())
