"""Measures that are worked out from others."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from msgspec import UNSET

from entities.graph import Entity
from entities.record import in_window
from entities.vocabulary import Window

AVERAGED = ("sale_price_usd", "gmv_usd", "units")
"""The mean price as told, and what else it is worked out from."""


class InWindow(Protocol):
    """An entity's measures in one window."""

    @property
    def entity(self) -> Entity: ...

    @property
    def window(self) -> Window: ...


def average_price(view: InWindow) -> Awaitable[float | None] | float | None:
    """The mean price of what was sold: as told, else GMV ÷ units where both are known; no call beyond theirs."""
    facts = [in_window(measure, view.window) for measure in AVERAGED]
    told, gmv, units = (view.entity.read(fact) for fact in facts)
    if told is not UNSET and told is not None:
        return float(told)
    if UNSET in (gmv, units):
        return _learn(view.entity, *facts)
    return _ratio(gmv, units)


async def _learn(entity: Entity, price: str, gmv: str, units: str) -> float | None:
    values = [entity.read(fact) for fact in (gmv, units)]
    for index, fact in enumerate((gmv, units)):
        if values[index] is UNSET:
            values[index] = await entity.demand(fact)
    told = entity.read(price)  # who told the others may have told it too
    return _ratio(values[0], values[1]) if told is UNSET or told is None else float(told)


def _ratio(gmv: Any, units: Any) -> float | None:
    return gmv / units if gmv is not None and units else None
