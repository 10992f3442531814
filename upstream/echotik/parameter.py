"""Parameters and codes that the groups of EchoTik share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from entities.vocabulary import (
    RankPeriod,
    Region,
    SalesChannel,
    SalesTrend,
    SellerOrigin,
)
from upstream.argument import Code, Day, Encoder, Key, Pages
from upstream.endpoint import Endpoint, Freshness
from upstream.envelope import read, variants
from upstream.vendor import Vendor

ECHOTIK = Vendor("echotik", read, data="echotik", variants=variants)
V3 = partial(Endpoint, ECHOTIK, "v3")
V2 = partial(Endpoint, replace(ECHOTIK, data="echotik.v2"), "v2")

PAGES = Pages()

LIVE_READ: Mapping[str, Any] = {"freshness": Freshness.LIVE, "live": True, "credits": 2}
"""A route that reads TikTok during the call; no document states the price of one."""

# ── codes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CHANNELS = {1: SalesChannel.VIDEO, 2: SalesChannel.LIVE}
TRENDS = {0: SalesTrend.STABLE, 1: SalesTrend.UP, 2: SalesTrend.DOWN}
ORIGINS = {1: SellerOrigin.LOCAL, 2: SellerOrigin.CROSS_BORDER}
PERIODS = {RankPeriod.DAY: "1", RankPeriod.WEEK: "2", RankPeriod.MONTH: "3"}

V2_REGIONS = tuple(Region[code] for code in ("US", "ID", "TH", "PH", "MY", "VN", "GB", "MX", "SG", "SA", "BR", "ES"))
"""The markets that the v2 reference names; v3 takes any."""

V3_REGION = Code("region", {region: region.value for region in Region})
V2_REGION = Code("region", {region: region.value for region in V2_REGIONS}, bounds=True)


def codes(table: Mapping[int, Any]) -> dict[Any, str]:
    """A table of wire codes, turned round for parameters."""
    return {value: str(code) for code, value in table.items()}


DAYS: Mapping[str, Encoder] = {"from": Day("start_date"), "to": Day("end_date")}
PERIOD: Mapping[str, Encoder] = {"date": Day("date"), "period": Code("rank_type", PERIODS)}


def categories(prefix: str) -> Mapping[str, Encoder]:
    """A category filter by the id of each level: "filter.category", or "category" in a ranking."""
    params = {"l1": "category_id", "l2": "category_l2_id", "l3": "category_l3_id"}
    return {f"{prefix}.{level}": Key(param) for level, param in params.items()}
