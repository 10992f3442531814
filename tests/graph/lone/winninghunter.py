"""What Winning Hunter alone tells: of each type the facts that EchoTik tells too, and those that are its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest

from sandbox.world import World
from sandbox.world.draw import Draw
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller
from tests.graph.every_field.figure import WINDOWS, added, dollars, price_each

SERVED = {
    "Product.trend",
    "Seller.products",
    "Influencer.products",
    "Video.products",
    "Query.search",
}
"""Of all lists and trends those that it has; it ranks nothing, and reads nothing live."""

PERIODS: Mapping[str, int] = {window: days for window, days in WINDOWS.items() if days in (1, 7, 30, 90)}
VIDEO_PERIODS: Mapping[str, int] = {window: days for window, days in PERIODS.items() if days < 90}
"""The days of each window that it tells of."""


def measured(field: str, measures: str, windows: Iterable[str] = PERIODS) -> str:
    return " ".join(f"{field}_{window}: {field}(window: {window}) {{ {measures} }}" for window in windows)


SHARED = {
    "Product": f"""
        id productId name rating price {{ average }} cover {{ url }} seller {{ id }}
        {measured("performance", "units gmv averagePrice")} trend(days: 90) {{ date units gmv }}
    """,
    "Seller": f"""
        id sellerId name region logo {{ url }} rating productCount influencerCount
        {measured("performance", "units gmv averagePrice")}
    """,
    "Influencer": f"""
        id userId {measured("audience", "followers", ["ALL_TIME"])} {measured("performance", "gmv", ["LAST_30_DAYS"])}
    """,
    "Video": f"""
        id videoId caption hashtags postedAt sellsProducts influencer {{ id }}
        {measured("engagement", "views likes", VIDEO_PERIODS)}
    """,
}
"""What EchoTik and KeyAPI tell too."""

OWN = {
    "Seller": measured("performance", "conversionRate"),
    "Influencer": measured("performance", "units gmv averagePrice video { videos }"),
    "Video": measured("engagement", "comments shares", VIDEO_PERIODS),
}
"""What nobody else tells of a window."""


def own_facts(world: World, kind: str, found: Any) -> Mapping[str, Any]:
    """What the world says of them, for an entity of it."""
    windows = VIDEO_PERIODS if kind == "Video" else PERIODS
    field = "engagement" if kind == "Video" else "performance"
    return {f"{field}_{window}": OF[kind](world, found, days) for window, days in windows.items()}


def _of_seller(world: World, shop: Seller, days: int) -> Mapping[str, Any]:
    """Of those who look so many buy, in each period others."""
    return {"conversionRate": Draw(world.key, f"conversion {shop.index} {days}").between(10, 90) / 1000}


def _of_influencer(world: World, user: Influencer, days: int) -> Mapping[str, Any]:
    career = world.career_of(user)
    units, gmv = added(career.units, days), added(career.gmv, days)
    return {
        "units": units,
        "gmv": dollars(gmv),
        "averagePrice": price_each(gmv, units),
        "video": {"videos": added(career.posts, days)},
    }


def _of_video(_world: World, seen: Video, days: int) -> Mapping[str, Any]:
    return {
        "comments": added(partial(seen.part, seen.comments), days),
        "shares": added(partial(seen.part, seen.shares), days),
    }


OF: Mapping[str, Callable[[World, Any, int], Mapping[str, Any]]] = {
    "Seller": _of_seller,
    "Influencer": _of_influencer,
    "Video": _of_video,
}


def sold_in(world: World, user: Influencer, sold: Product, days: int) -> Mapping[str, Any]:
    """What a window brought an influencer of one product."""
    career = world.career_of(user)
    now, before = career.sale_of(sold), career.sale_of(sold, days + 1)
    return {"units": now.units - before.units, "gmv": pytest.approx(dollars(now.gmv - before.gmv))}


def near(value: Any) -> Any:
    """The same to the cent."""
    if isinstance(value, Mapping):
        return {key: near(each) for key, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    if isinstance(value, float):
        return pytest.approx(value, abs=0.0051)
    return value


def by_day(told: Any) -> Any:
    """With videos posted when their day began: no hour is told."""
    if isinstance(told, Mapping):
        return {key: _day(each) if key == "postedAt" else by_day(each) for key, each in told.items()}
    return [by_day(each) for each in told] if isinstance(told, list) else told


def _day(moment: str) -> str:
    return f"{moment[:10]}T00:00:00+00:00"
