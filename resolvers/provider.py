"""How the providers fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entities.vocabulary import CircuitState, Provider
from loaders.session import Session


@dataclass(frozen=True, slots=True)
class Status:
    """One provider; all zero where it is not configured."""

    provider: Provider
    configured: bool = False
    circuit: CircuitState = CircuitState.CLOSED
    calls_today: int = 0
    credits_today: int = 0


async def statuses(_root: Any, _arguments: Mapping[str, Any], session: Session) -> list[Status]:
    """Every provider of the graph, configured or not."""
    accounts = session.backend.service.accounts
    return [
        Status(provider, True, account.circuit, *await account.count.today())
        if (account := accounts.get(provider))
        else Status(provider)
        for provider in Provider
    ]
