"""Documented routes of KeyAPI that no declaration asks, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RAW = "answers TikTok's raw object; the daily load tells the same, with what was sold"
BY_WORDS = "`search` finds them by words in the provider's own data"
TRENDS = "no field holds what is popular on TikTok beyond products, sellers, influencers and videos"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "influencer/detail": RAW,
        "influencer/videos": RAW,
        "shop/products": RAW,
        "influencer/search, realtime/product/search, video/search": BY_WORDS,
        "insights/products, insights/product/detail": TRENDS,
        "product image search": "the graph searches by words, not by pictures",
        "followers, following, region, milestones, QR code": "no field holds them; their paths are not published",
        "live, hashtag and music search; trending and insights": TRENDS,
    }
)
"""Path, or name where no path is published → reason, in the words of a client."""
