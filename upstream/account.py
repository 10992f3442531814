"""An account at a provider: where it is reached, with what credentials, and how it has fared."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from entities.vocabulary import CircuitState, Provider
from upstream.breaker import Breaker
from upstream.counting import CallCount
from upstream.limiter import Limiter


@dataclass(frozen=True)
class Access:
    """How a provider is reached.

    bases     version → base address, without a slash at its end
    headers   what proves who we are; never logged
    secrets   texts that no message may hold
    world     names whose data it tells, where its address does not: an emulated provider's port is another each time
    """

    provider: Provider
    bases: dict[str, str]
    headers: dict[str, str] = field(repr=False, default_factory=dict)
    secrets: tuple[str, ...] = field(repr=False, default=())
    world: str = ""


def echotik(base_url: str, username: str, password: str) -> Access:
    """EchoTik: HTTP Basic; a base that ends in /v2 or /v3 speaks that version alone, another one both."""
    base = base_url.rstrip("/")
    version = base.rsplit("/", 1)[-1]
    bases = {version: base} if version in ("v2", "v3") else {name: f"{base}/{name}" for name in ("v3", "v2")}
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return Access(Provider.ECHOTIK, bases, {"Authorization": f"Basic {token}"}, (token, password, username))


class Account:
    """One provider in service: its limits, its circuit, the count of its calls."""

    def __init__(self, access: Access, limiter: Limiter, breaker: Breaker, count: CallCount) -> None:
        self.access = access
        self.limiter = limiter
        self.breaker = breaker
        self.count = count
        self._closed_routes: dict[str, str] = {}

    @property
    def provider(self) -> Provider:
        return self.access.provider

    @property
    def circuit(self) -> CircuitState:
        return self.breaker.state

    def close_route(self, route: str) -> None:
        """A route that this account may not use stays closed until the next UTC day."""
        self._closed_routes[route] = today()

    def is_closed(self, route: str) -> bool:
        return self._closed_routes.get(route) == today()


def today() -> str:
    return datetime.fromtimestamp(time.time(), UTC).date().isoformat()
