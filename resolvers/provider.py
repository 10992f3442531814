"""How the providers fare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entities.vocabulary import CircuitState
from loaders.session import Session
from upstream.drift import Finding
from upstream.providers import PROVIDERS
from upstream.service import Service


@dataclass(frozen=True, slots=True)
class Status:
    """One provider; all zero where it is not configured."""

    provider: str
    configured: bool = False
    circuit: CircuitState = CircuitState.CLOSED
    calls_today: int = 0
    credits_today: int = 0
    calls_this_month: int = 0
    credits_this_month: int = 0
    max_calls: int | None = None
    per_seconds: float | None = None
    in_flight: int = 0
    max_in_flight: int = 0
    drift: Sequence[Finding] = ()


async def statuses(_root: Any, _arguments: Mapping[str, Any], session: Session) -> list[Status]:
    """Every provider of the graph, configured or not."""
    return [await _status(provider.name, session.backend.service) for provider in PROVIDERS]


async def _status(provider: str, service: Service) -> Status:
    account = service.accounts.get(provider)
    if account is None:
        return Status(provider)
    calls = (*await account.count.today(), *await account.count.month())
    limiter = account.limiter
    bounds = (*limiter.bounds, limiter.in_flight, limiter.max_in_flight)
    return Status(provider, True, account.circuit, *calls, *bounds, service.drift.findings(provider))
