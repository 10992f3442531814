"""What a call knows of the request that it serves."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(eq=False)
class Ledger:
    """What an operation was charged: first attempts by endpoint, retries apart."""

    calls: Counter[str] = field(default_factory=Counter)
    retries: int = 0


@dataclass(eq=False)
class Operation:
    """One GraphQL operation, as far as calls are concerned.

    deadline   when its answer is due, on the monotonic clock
    client     who asks
    trace      the request's id, in every log line
    started    when it began, unix seconds: a part fetched earlier came from the store
    ledger     what it was charged
    """

    deadline: float
    client: str = "anonymous"
    trace: str = ""
    started: float = field(default_factory=time.time)
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, negative behind it."""
        return self.deadline - time.monotonic()

    def opened(self) -> Operation:
        """For a call that this operation opens and pays, and that others may come to wait for: it lives as long as the
        last of them does.
        """
        return Operation(self.deadline, self.client, self.trace, self.started, self.ledger)

    def joined_by(self, other: Operation) -> None:
        self.deadline = max(self.deadline, other.deadline)
