"""An account at a provider: how it is reached, and how it has fared."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from entities.vocabulary import CircuitState
from upstream.access import Access
from upstream.breaker import Breaker
from upstream.counting import CallCount
from upstream.limiter import Limiter
from upstream.secrecy import Veil


class Account:
    """One provider in service: its limits, its circuit, the count of its calls."""

    def __init__(self, access: Access, limiter: Limiter, breaker: Breaker, count: CallCount) -> None:
        self.access = access
        self.limiter = limiter
        self.breaker = breaker
        self.count = count
        self.veil = Veil(access.secrets)
        self._closed_routes: dict[str, str] = {}

    @property
    def provider(self) -> str:
        return self.access.provider

    @property
    def circuit(self) -> CircuitState:
        return self.breaker.state

    def renew(self, access: Access) -> bool:
        """Use other credentials from now on; whether they are others. Of those before nothing is told either."""
        if (access.headers, access.secrets) == (self.access.headers, self.access.secrets[: len(access.secrets)]):
            return False
        secrets = tuple(dict.fromkeys((*access.secrets, *self.access.secrets)))
        self.access = replace(self.access, headers=access.headers, secrets=secrets)
        self.veil = Veil(secrets)
        self.breaker.forgive()
        self._closed_routes.clear()
        return True

    def close_route(self, route: str) -> None:
        """A route that this account may not use stays closed until the next UTC day."""
        self._closed_routes[route] = today()

    def is_closed(self, route: str) -> bool:
        return self._closed_routes.get(route) == today()


def today() -> str:
    return datetime.fromtimestamp(time.time(), UTC).date().isoformat()
