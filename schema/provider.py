"""How the providers fare."""

from __future__ import annotations

import strawberry

from schema.field import attribute
from schema.scalar import BigInt
from schema.vocabulary import CircuitState, Provider


@strawberry.type(description="A provider, as it was used by this server and by those that share its store.")
class ProviderStatus:
    provider: Provider = attribute("provider", "Which.")
    configured: bool = attribute("configured", "Whether credentials for it are set.")
    circuit: CircuitState = attribute("circuit", "Whether it is being asked.")
    calls_today: BigInt = attribute("calls_today", "Calls made on this UTC day, retries included.")
    credits_today: BigInt = attribute("credits_today", "What they cost, less what was given back for failed ones.")
    calls_this_month: BigInt = attribute("calls_this_month", "Calls made in this UTC month.")
    credits_this_month: BigInt = attribute("credits_this_month", "What they cost.")
