"""A provider's circuit: closed while it answers, open after a failure that will repeat, half-open for one trial.

Where other providers may answer too, any outage opens it, so that they are asked meanwhile; what nobody else can answer
is asked all the same until the provider is taken to be down. No kept library is both alive and async, so it is written
small here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from entities.vocabulary import CircuitState
from upstream.errors import (
    BadInput,
    BadResponse,
    QuotaExhausted,
    RateLimited,
    Unauthenticated,
    UnknownRoute,
    UpstreamError,
    UpstreamUnavailable,
)

OUTAGES = 20
"""Failed calls in a row, after their retries, that count as the provider being down."""


@dataclass(frozen=True)
class Pauses:
    """Seconds for which the circuit stays open, by what opened it."""

    quota: float = 600.0
    auth: float = 60.0
    outage: float = 5.0


class Breaker:
    """Stops calls that can only fail; `clock` in monotonic seconds.

    alone   whether no other provider is configured
    """

    def __init__(
        self, pauses: Pauses | None = None, clock: Callable[[], float] = time.monotonic, *, alone: bool = True
    ) -> None:
        self._pauses = pauses or Pauses()
        self._alone = alone
        self._yielding = False
        self._clock = clock
        self._outages = 0
        self._cause: UpstreamError | None = None
        self._opened_until = 0.0
        self._trial = False

    @property
    def state(self) -> CircuitState:
        if self._cause is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._clock() < self._opened_until else CircuitState.HALF_OPEN

    @property
    def admits(self) -> bool:
        """Whether a call would be made now: as usual, or as the trial."""
        return self._cause is None or (self.state is CircuitState.HALF_OPEN and not self._trial)

    def check(self, endpoint: str, only: Callable[[], bool] = lambda: False) -> bool:
        """Whether this call is the trial of a half-open circuit; raises what opened it where it is to stay open.

        only   whether no other provider tells what is asked
        """
        if self._cause is None:
            return False
        if self.admits:
            self._trial = True
            return True
        if self._yielding and only():
            return False
        raise type(self._cause)(
            endpoint, f"not asked, the provider's circuit is open: {self._cause.message}", retries=0, asked=0
        )

    def succeeded(self, trial: bool | None = None) -> None:
        """The provider answered; to a call that left before the circuit opened, that says nothing of now.

        trial   whether the call was the trial; None: it was, if one is under way
        """
        if self._cause is None or self._was_trial(trial):
            self._outages = 0
            self._cause = None
            self._trial = False

    def forgive(self) -> None:
        """Other credentials are used from now on: what the ones before were refused for says nothing of these."""
        if isinstance(self._cause, Unauthenticated | QuotaExhausted):
            self._cause = None
            self._trial = False

    def ended(self, trial: bool | None = None) -> None:
        """The call is over, whatever its outcome; if it was the trial, another one may be made."""
        if self._was_trial(trial):
            self._trial = False

    def failed(self, error: Exception, trial: bool | None = None) -> None:
        """Take note of a call's final failure; a refused argument shows that the provider is well."""
        trial = self._was_trial(trial)
        self.ended(trial)
        if isinstance(error, BadInput):
            self.succeeded(trial)
            return
        pause = self._pause(error, trial)
        self._yielding = pause is None and self._yields(error)
        if self._yielding:
            pause = self._pauses.outage
        if pause is not None and isinstance(error, UpstreamError):
            self._cause = error
            self._opened_until = self._clock() + pause

    def _yields(self, error: Exception) -> bool:
        """Whether others are to be asked for a while."""
        passing = isinstance(error, UpstreamUnavailable | RateLimited | BadResponse)
        return passing and not isinstance(error, UnknownRoute) and not self._alone

    def _was_trial(self, trial: bool | None) -> bool:
        return self._trial if trial is None else trial

    def _pause(self, error: Exception, trial: bool) -> float | None:
        """Seconds to stay open, None where this failure opens nothing."""
        if isinstance(error, QuotaExhausted):
            return self._pauses.quota
        if type(error) is Unauthenticated:
            return self._pauses.auth
        if isinstance(error, UpstreamUnavailable):
            self._outages += 1
            down = trial or (self._outages >= OUTAGES and self._cause is None)
            return self._pauses.outage if down else None
        return None
