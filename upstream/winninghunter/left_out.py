"""Documented routes of Winning Hunter that no declaration asks, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNSEEN = "no document shows an answer"
EXPLORE = "lists by windows and filters that the graph's lists do not have; `total` can be the page's own length"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "products/explore": EXPLORE,
        "shops/explore, creators/explore, videos/explore, categories/explore": UNSEEN,
        "products/count, shops/count, creators/count, videos/count, categories/count": UNSEEN,
        "shop-detail/history, creator-detail/history": UNSEEN,
        "shop-detail/extraTotal, searchVideos, searchNewProducts, searchCooperativeCreators, salesStrategy": UNSEEN,
        "creator-detail, creator-detail/searchShopList": UNSEEN,
        "categories/hierarchy": "its ids are its own and lead nowhere in the graph",
        "credits": "costs a credit to ask what `providers` counts for free",
        "products, search, trending, shops/details": "older forms of the routes that are asked",
    }
)
"""Path below /api/v1/tiktok-shop → reason, in the words of a client."""
