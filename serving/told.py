"""What is known of a request when it has been answered: its line in the log, and what is counted of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from telemetry import metrics
from telemetry.logs import plain
from upstream.operation import Ledger

HELD = "told"
"""Where a request's scope has it."""

LONGEST_VALUE = 200
LONGEST_VARIABLES = 2000
MOST_CODES = 10
HASH_DIGITS = 16


@dataclass(slots=True)
class Told:
    """One request.

    outcomes   of each operation in it: complete, partial, failed or refused
    name       of the operation, as the client wrote it
    document   the beginning of its SHA-256
    variables  as given; kept only where the operator asked for them
    codes      of its errors
    ledgers    what its operations were charged
    """

    outcomes: list[str] = field(default_factory=list)
    name: str | None = None
    document: str | None = None
    variables: Any = None
    codes: Counter[str] = field(default_factory=Counter)
    ledgers: list[Ledger] = field(default_factory=list)

    def ask(self, name: str | None, document: str | None, variables: Any = None) -> None:
        """Note what is asked."""
        self.name = name and plain(name)
        self.document = document and hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()[:HASH_DIGITS]
        self.variables = variables

    def refuse(self, *codes: str) -> None:
        """An operation is refused: nothing of it was executed."""
        self.outcomes.append("refused")
        for code in codes:
            self.codes[code] += 1
            metrics.REFUSALS.labels(code).inc()

    def answer(self, data: Mapping[str, Any] | None, codes: Iterable[str]) -> None:
        """An operation is answered, with errors of these codes in it."""
        known = list(codes)
        self.codes.update(known)
        self.outcomes.append(outcome(data, has_errors=bool(known)))

    @property
    def fields(self) -> dict[str, Any]:
        """What the line tells of operations; nothing where the request has none."""
        told: dict[str, Any] = {}
        if self.name:
            told["operation"] = self.name
        if self.document:
            told["document"] = self.document
        if self.variables:
            told["variables"] = shortened(self.variables)
        if self.outcomes:
            told["outcome"] = ",".join(self.outcomes)
        if self.ledgers:
            told["credits"] = sum(ledger.credits for ledger in self.ledgers)
            told["calls"] = sum(ledger.calls.total() for ledger in self.ledgers)
            told["retries"] = sum(ledger.retries for ledger in self.ledgers)
            told["hits"] = sum(ledger.hits for ledger in self.ledgers)
        if self.codes:
            told["codes"] = dict(self.codes.most_common(MOST_CODES))
        return told


def outcome(data: Mapping[str, Any] | None, *, has_errors: bool) -> str:
    """What came of an operation that was executed: failed is what has nothing of what was asked."""
    if not has_errors:
        return "complete"
    return "partial" if any(value is not None for value in (data or {}).values()) else "failed"


def of(scope: MutableMapping[str, Any]) -> Told:
    """What is known of a request so far."""
    told = scope.get(HELD)
    if not isinstance(told, Told):
        told = scope[HELD] = Told()
    return told


def shortened(variables: Any) -> str:
    """Variables as JSON, long values cut."""
    return plain(msgspec.json.encode(_cut(variables)).decode(), LONGEST_VARIABLES)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
    if isinstance(value, Mapping):
        return {_cut(str(name)): _cut(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cut(inner) for inner in value[:LONGEST_VALUE]]
    return value
