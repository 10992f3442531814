"""What the fields of a live and the roots about lives mean."""

from __future__ import annotations

from loaders.listing import Listing

LIVES = Listing("live.list")
PRODUCTS = Listing("live.product.list", "live", count="product_count")
