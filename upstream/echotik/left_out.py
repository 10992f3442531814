"""Documented endpoints of EchoTik that no declaration asks, and why. Tests and docs/graph.md read this list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BY_PICTURE = "the graph searches by words, not by pictures"
BY_WORDS = "`search` finds them by words in the provider's own data, where this answers raw objects of TikTok"
CATEGORY_FIGURES = "no field holds the figures of a whole category; known from one client alone"
FOLLOWERS = "the graph lists who sells, not who follows whom"
HASHTAGS = "hashtags are words of a video here (`Video.hashtags`), no objects with lists of their own"
MUSIC = "the graph has no music"
TRENDS = "no field holds what is popular on TikTok beyond products, sellers, influencers and videos"
ADVERTS = "the graph has no adverts; `Video.isAd` marks a promoted video"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "echotik/product/image_search": BY_PICTURE,
        "echotik/live/list": "only its paging is known, so nobody could say which lives to list",
        "echotik/live/trend": "neither its parameters nor its columns are known",
        "echotik/category/product/detail": CATEGORY_FIGURES,
        "echotik/category/trend": CATEGORY_FIGURES,
        "realtime/product/detail": "answers the raw state of a web page, of which no document explains a part",
        "realtime/product/search": BY_WORDS,
        "realtime/product/photo-search": BY_PICTURE,
        "realtime/product/photo-search/page": BY_PICTURE,
        "realtime/influencer/detail": "`influencer(handle:)` tells the same account with its sales, ten to a call",
        "realtime/influencer/video/list": "`Influencer.videos` lists them with what they sold, in the order asked for",
        "realtime/influencer/region": "`Influencer.region` stands in every row",
        "realtime/influencer/search": BY_WORDS,
        "realtime/influencer/follower/list": FOLLOWERS,
        "realtime/influencer/following/list": FOLLOWERS,
        "realtime/influencer/milestones_insight": "no field holds what an account celebrates",
        "realtime/influencer/generate/qr-code": "a picture of a code tells nothing of the account",
        "realtime/seller/product/list": "`Seller.products` lists them with what they sold, in the order asked for",
        "realtime/video/detail": "answers TikTok's raw object, of which no document explains a part",
        "realtime/video/comments/replies": "`Comment.replyCount` counts them; no field holds the replies",
        "realtime/video/comment_keywords_insight": "no field holds the words of comments",
        "realtime/video/trend_insight": "tells what 14 days added; `Video.trend` holds totals, of up to 180 days",
        "realtime/video/search": BY_WORDS,
        "realtime/live/search": BY_WORDS,
        "realtime/hashtag/search": HASHTAGS,
        "realtime/hashtag/video/list": HASHTAGS,
        "realtime/music/search": MUSIC,
        "realtime/trending/popular/hashtag/list": HASHTAGS,
        "realtime/trending/popular/hashtag/detail": HASHTAGS,
        "realtime/trending/popular/music/list": MUSIC,
        "realtime/trending/popular/music/detail": MUSIC,
        "realtime/trending/popular/video/list": TRENDS,
        "realtime/trending/keyword/ranking": TRENDS,
        "realtime/insights/keyword": TRENDS,
        "realtime/insights/top/product/category/list": TRENDS,
        "realtime/insights/top/product/category/detail": TRENDS,
        "realtime/insights/top/ads/list": ADVERTS,
        "realtime/insights/top/ads/detail": ADVERTS,
    }
)
"""Path → reason, in the words of a client."""
