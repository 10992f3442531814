"""How the providers fare."""

from __future__ import annotations

import strawberry

from schema.field import attribute
from schema.scalar import BigInt
from schema.vocabulary import CircuitState, Provider


@strawberry.type(description="A provider, as this server has used it since it started.")
class ProviderStatus:
    provider: Provider = attribute("provider", "Which.")
    configured: bool = attribute("configured", "Whether credentials for it are set.")
    circuit: CircuitState = attribute("circuit", "Whether it is being asked.")
    calls_today: BigInt = attribute("calls_today", "Calls made on this UTC day, retries included.")
    credits_today: BigInt = attribute("credits_today", "What they cost.")
