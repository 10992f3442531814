"""What the fields of a seller and the roots about sellers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entities.vocabulary import (
    SellerInfluencerSortField,
    SellerLiveSortField,
    SellerProductSortField,
    SellerSortField,
    SellerVideoSortField,
)
from loaders.listing import Connection, Listing
from loaders.series import Series
from loaders.session import Session
from resolvers.calendar import ranked_list

SELLERS = Listing("seller.list", order=SellerSortField)
PRODUCTS = Listing("seller.product.list", "seller", SellerProductSortField)
INFLUENCERS = Listing("seller.influencer.list", "seller", SellerInfluencerSortField, count="influencer_count")
VIDEOS = Listing("seller.video.list", "seller", SellerVideoSortField, count="video_count")
LIVES = Listing("seller.live.list", "seller", SellerLiveSortField, count="live_count")
RANKING = Listing("seller.ranklist")
TREND = Series("seller.trend", "seller")


async def seller_ranking(arguments: Mapping[str, Any], session: Session) -> Connection:
    """Which shops sold most, or had most influencers, in a day, week or month."""
    return await ranked_list(RANKING, arguments, session, arguments["period"])
