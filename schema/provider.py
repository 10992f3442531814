"""How the providers fare."""

from __future__ import annotations

import strawberry

from schema.field import attribute
from schema.scalar import BigInt
from schema.vocabulary import CircuitState, Provider


@strawberry.type(
    description="A way in which a provider's answers differ from its documents, as this server saw it since it began. "
    "A sample of the answers is looked at."
)
class ProviderDrift:
    endpoint: str = attribute("endpoint", "Which of its endpoints, such as echotik.product.detail.")
    kind: str = attribute(
        "kind",
        "column (neither read nor documented), code (in no table), missing (a column that no row of an answer had), "
        "type (of another JSON type than declared) or envelope (what stands around the rows).",
    )
    name: str = attribute(
        "name",
        "What it is about: the column, with the code or the JSON type where that is odd, or the envelope's part.",
    )
    count: BigInt = attribute("count", "How many of the answers that were looked at had it.")


@strawberry.type(description="A provider, as it was used by this server and by those that share its store.")
class ProviderStatus:
    provider: Provider = attribute("provider", "Which.")
    configured: bool = attribute("configured", "Whether credentials for it are set.")
    circuit: CircuitState = attribute("circuit", "Whether it is being asked.")
    calls_today: BigInt = attribute("calls_today", "Calls made on this UTC day, retries included.")
    credits_today: BigInt = attribute("credits_today", "What they cost, less what was given back for failed ones.")
    calls_this_month: BigInt = attribute("calls_this_month", "Calls made in this UTC month.")
    credits_this_month: BigInt = attribute("credits_this_month", "What they cost.")
    max_calls: BigInt | None = attribute(
        "max_calls", "Calls that may leave within `perSeconds`; null where they are not bounded, or not configured."
    )
    per_seconds: float | None = attribute("per_seconds", "The time that `maxCalls` are counted in, seconds.")
    in_flight: BigInt = attribute("in_flight", "Calls of this server that are not answered yet.")
    max_in_flight: BigInt = attribute("max_in_flight", "How many of them there may be at once.")
    drift: list[ProviderDrift] = attribute(
        "drift", "How its answers differ from its documents; empty where no such answer was seen."
    )
