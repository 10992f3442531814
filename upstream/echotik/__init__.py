"""EchoTik: its endpoints in both API versions, declared as data, and the quirks of its columns.

How calls are made, retried and limited is shared by all providers and lives a room up.
"""

from upstream.echotik import category, influencer, live, product, search, seller, video

ENDPOINTS = (
    *product.ENDPOINTS,
    *seller.ENDPOINTS,
    *influencer.ENDPOINTS,
    *video.ENDPOINTS,
    *live.ENDPOINTS,
    *category.ENDPOINTS,
    *search.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
