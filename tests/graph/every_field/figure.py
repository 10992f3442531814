"""Figures and facts of the world, as the graph writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

import pytest

from sandbox.world import World
from sandbox.world.category import Category
from tests.graph.walked import Such

REGION = "SG"
# Markets that a source is asked in, and nothing else: a record seen before has more than one.
PRODUCT_SOURCE, RELATION_SOURCE, VIDEO_SOURCE, LIVE_SOURCE = "JP", "FR", "IT", "BR"
SELLER_SOURCE, INFLUENCER_SOURCE = "ES", "DE"
CHANNELS = (None, "VIDEO", "LIVE")
TRENDS = ("STABLE", "UP", "DOWN")
WINDOWS: Mapping[str, int | None] = {  # days of each; None for all time
    "ALL_TIME": None,
    "LAST_1_DAY": 1,
    "LAST_7_DAYS": 7,
    "LAST_15_DAYS": 15,
    "LAST_30_DAYS": 30,
    "LAST_60_DAYS": 60,
    "LAST_90_DAYS": 90,
}
TREND_DAYS = 12
SOURCE = "{ provider endpoint fetchedAt cached asOf }"
Item = TypeVar("Item")


def dollars(cents: int) -> float:
    return cents / 100


def price_each(gmv: int, units: int) -> Any:
    """Dollars for a unit, from cents; none where nothing was sold."""
    return pytest.approx(dollars(gmv) / units) if units else None


def added(measure: Callable[[int], int], days: int | None) -> int:
    """What the last so many full days added to a running measure; all of it for None."""
    return measure(1) - (measure(days + 1) if days else 0)


def on_day(measure: Callable[[int], int], day: int) -> int:
    """What one day added."""
    return measure(day) - measure(day + 1)


def in_windows(field: str, selection: str) -> str:
    """A field once for each window, under the window's name."""
    return " ".join(f"{name}: {field}(window: {name}) {{ window {selection} }}" for name in WINDOWS)


def by_window(measures: Callable[[int | None], Mapping[str, Any]]) -> dict[str, Any]:
    """What such a selection gives, from what its days did."""
    return {name: {"window": name, **measures(days)} for name, days in WINDOWS.items()}


def most(items: Iterable[Item], measure: Callable[[Item], float]) -> list[Item]:
    """Highest first; equal ones by id, as the provider orders them."""
    return sorted(sorted(items, key=attrgetter("id")), key=measure, reverse=True)


def days_back(world: World, days: int = TREND_DAYS) -> Iterable[tuple[int, str]]:
    """The last so many days, oldest first: counted back from today, and their dates."""
    return ((day, world.date_of(day).isoformat()) for day in range(days, 0, -1))


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def picture(url: str) -> dict[str, Any] | None:
    """One that has no siblings."""
    return {"url": url, "index": None} if url else None


def category(found: Category) -> dict[str, Any]:
    return {"id": f"Category:{found.id}", "categoryId": found.id, "level": f"L{found.level}"}


def ids(kind: str, items: Iterable[Any]) -> list[str]:
    return [f"{kind}:{item.id}" for item in items]


def just_now() -> Such:
    """A moment between now and that of the comparison."""
    begun = datetime.now(UTC)
    return Such("the present", lambda text: begun <= datetime.fromisoformat(text) <= datetime.now(UTC))


def source(world: World, endpoint: str) -> dict[str, Any]:
    """Of a row received for this very answer; its data are yesterday's."""
    return {
        "provider": "ECHOTIK",
        "endpoint": f"echotik.{endpoint}",
        "fetchedAt": just_now(),
        "cached": False,
        "asOf": world.date_of(1).isoformat(),
    }
