"""How the providers fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entities.vocabulary import CircuitState
from loaders.session import Session
from upstream.providers import PROVIDERS


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


async def statuses(_root: Any, _arguments: Mapping[str, Any], session: Session) -> list[Status]:
    """Every provider of the graph, configured or not."""
    accounts = session.backend.service.accounts
    return [
        Status(provider.name, True, account.circuit, *await account.count.today(), *await account.count.month())
        if (account := accounts.get(provider.name))
        else Status(provider.name)
        for provider in PROVIDERS
    ]
