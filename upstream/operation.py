"""What a call knows of the request that it serves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from opentelemetry.trace import Span as Above

from telemetry import metrics
from upstream.errors import BudgetExceeded
from upstream.rights import ALL, Rights

TRACED = 500
"""The most spans that a trace keeps."""


@dataclass(eq=False)
class Span:
    """An attempt at a call, or a reading of the store.

    endpoint, provider  whom it asked, or what is stored was told by
    credits             what it cost
    attempt             its number from 1; 0 for a reading
    hits                things out of the store
    began, ended        on the monotonic clock; None while it goes on
    outcome             OK, CACHED, or what it failed with
    """

    endpoint: str
    provider: str
    credits: int = 0
    attempt: int = 0
    hits: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    outcome: str = "IN_FLIGHT"

    def __enter__(self) -> Span:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self.end("OK" if error is None else getattr(error, "code", "CANCELLED"))

    def end(self, outcome: str) -> None:
        self.ended = time.monotonic()
        self.outcome = outcome


@dataclass(eq=False)
class Trace:
    """The first spans of an operation.

    began  when the operation did, on the monotonic clock
    """

    began: float = field(default_factory=time.monotonic)
    spans: list[Span] = field(default_factory=list)

    def keep(self, span: Span) -> None:
        if len(self.spans) < TRACED:
            self.spans.append(span)

    def seconds(self, span: Span) -> tuple[float, float]:
        """When a span began, from the operation's begin, and how long it has taken so far."""
        ended = time.monotonic() if span.ended is None else span.ended
        return span.began - self.began, ended - span.began


class Spending(Protocol):
    """What was set aside for an operation out of its client's day."""

    async def afford(self, credits: int) -> None:
        """To be awaited before a call at this price; raises BudgetExceeded where the day has not as much left."""

    def spend(self, credits: int) -> None:
        """A call is made at this price."""

    async def counted(self) -> None:
        """Returns when what was spent so far is counted for good."""


@dataclass(eq=False)
class Ledger:
    """What an operation was charged, and what it may be.

    calls    first attempts that it opened, by endpoint
    credits  those at their prices, retries included
    retries  further attempts
    hits     answers out of the store
    shared   calls of other operations that answered it too
    limit    credits that it may spend, None for no bound
    spending who is asked before each credit is spent, and told when it was
    trace    its spans, where the client wants to know them
    """

    calls: Counter[str] = field(default_factory=Counter)
    credits: int = 0
    retries: int = 0
    hits: int = 0
    shared: int = 0
    limit: int | None = None
    spending: Spending | None = None
    trace: Trace | None = None

    async def charge(self, endpoint: str, credits: int, *, again: bool = False) -> None:
        """Count an attempt that is about to be made; raises BudgetExceeded where it cannot be paid."""
        if self.limit is not None and self.credits + credits > self.limit:
            raise BudgetExceeded(
                f"{endpoint}: not asked, the operation has spent {self.credits} of its {self.limit} credits",
                limit=self.limit,
            )
        self.credits += credits  # before anything is awaited: what is affordable once must not be spent twice
        try:
            if self.spending is not None:
                await self.spending.afford(credits)
        except BaseException:
            self.credits -= credits
            raise
        if again:
            self.retries += 1
        else:
            self.calls[endpoint] += 1
        if self.spending is not None:
            self.spending.spend(credits)

    def span(self, endpoint: str, provider: str, credits: int, attempt: int) -> Span:
        """An attempt that was charged and leaves now; to be entered until its answer has come."""
        span = Span(endpoint, provider, credits, attempt)
        if self.trace is not None:
            self.trace.keep(span)
        return span

    def found(self, scopes: Sequence[str]) -> None:
        """The store answered with so many things; scopes: the first words of their keys."""
        self.hits += len(scopes)
        metrics.HITS.inc(len(scopes))
        if self.trace is not None:
            for endpoint, hits in Counter(scope.partition("@")[0] for scope in scopes).items():
                span = Span(endpoint, endpoint.partition(".")[0], hits=hits)
                span.end("CACHED")
                self.trace.keep(span)

    def refund(self, credits: int) -> None:
        """The provider does not charge the call that was just made; the client's day keeps it."""
        self.credits -= credits

    def joined(self, payer: Ledger) -> None:
        """Another operation's call answers this one too."""
        if payer is not self:
            self.share()

    def share(self) -> None:
        """A call that others make answers this operation too."""
        self.shared += 1
        metrics.SHARED.inc()

    async def counted(self) -> None:
        """Returns when what was charged is counted for good."""
        if self.spending is not None:
            await self.spending.counted()


class CacheUse(NamedTuple):
    """What the client allows of stored answers.

    since  unix seconds: what was fetched before is not served
    only   whether nothing may be asked upstream
    stale  seconds for which an answer may be served behind its freshness where the provider fails
    """

    since: float = 0.0
    only: bool = False
    stale: float = 0.0


@dataclass(eq=False)
class Seen:
    """What an answer is made of.

    oldest    when the first of it was fetched, unix seconds
    soonest   when the first of it turns stale
    """

    oldest: float = float("inf")
    soonest: float = float("inf")

    def note(self, fetched_at: float, expires_at: float) -> None:
        self.oldest = min(self.oldest, fetched_at)
        self.soonest = min(self.soonest, expires_at)


class Presence:
    """Whether the client of an operation still waits for its answer."""

    def __init__(self) -> None:
        self.is_gone = False
        self._watching: dict[Callable[[], None], None] = {}

    def watch(self, look: Callable[[], None]) -> None:
        """look: is called when the client leaves."""
        self._watching[look] = None

    def unwatch(self, look: Callable[[], None]) -> None:
        self._watching.pop(look, None)

    def leave(self) -> None:
        self.is_gone = True
        watching, self._watching = self._watching, {}
        for look in watching:
            look()


@dataclass(eq=False)
class Operation:
    """One GraphQL operation, as far as calls are concerned.

    deadline   when its answer is due, on the monotonic clock
    client     who asks
    trace      the request's id, in every log line
    started    when it began, unix seconds: a part fetched earlier came from the store
    ledger     what it was charged
    cache      what it takes from the store
    seen       what its answer is made of
    providers  the only ones that it may ask, in its order; () for all
    patience   how often a call is asked again at most; None for as often as its failure allows
    rights     what its client may ask
    presence   whether its client still waits
    rest       is called when it begins to wait for others, so that another one may compute
    span       below which its calls stand in a trace, None where nothing is traced
    is_out     whether the call that was opened for it has been sent
    """

    deadline: float
    client: str = "anonymous"
    trace: str = ""
    started: float = field(default_factory=time.time)
    ledger: Ledger = field(default_factory=Ledger)
    cache: CacheUse = field(default_factory=CacheUse)
    seen: Seen = field(default_factory=Seen)
    providers: tuple[str, ...] = ()
    patience: int | None = None
    rights: Rights = ALL
    presence: Presence = field(default_factory=Presence)
    rest: Callable[[], None] = lambda: None
    span: Above | None = None
    is_out: bool = False

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, negative behind it."""
        return self.deadline - time.monotonic()

    def opened(self) -> Operation:
        """For a call that this operation opens and pays, and that others may come to wait for: it lives as long as the
        last of them does.
        """
        return replace(self)

    def hurried(self) -> Operation:
        """For a call behind which there is another provider to ask: it takes half of the time, and one retry."""
        return replace(self, deadline=time.monotonic() + max(0.0, self.remaining) / 2, patience=1)

    def apart(self) -> Operation:
        """One that may do the same, and of which nothing is counted."""
        return replace(self, ledger=Ledger(), seen=Seen())

    def joined_by(self, other: Operation) -> None:
        """Another operation waits for the call that this one pays."""
        self.deadline = max(self.deadline, other.deadline)

    def paid_by(self, other: Operation) -> None:
        """Another operation, which has waited for the call, pays it from now on."""
        if other.ledger is not self.ledger:
            other.ledger.shared -= 1
        self.client, self.trace = other.client, other.trace
        self.ledger, self.presence = other.ledger, other.presence
