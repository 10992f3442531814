"""Lives at EchoTik v3, beyond the lists of products, sellers and influencers that name them.

Source: public client code for the offline routes, which no document of the provider publishes: they may not be there.
The on-air read is documented, with two of its columns.
"""

from __future__ import annotations

from collections.abc import Mapping

from entities.influencer import InfluencerRecord
from entities.live import LiveRecord, OnAir
from entities.product import ProductRecord
from entities.vocabulary import Rank
from upstream import decode
from upstream.argument import Key, Keys
from upstream.decode import count, instant, key, number, text
from upstream.echotik.parameter import LIVE_READ, PAGES, V3
from upstream.endpoint import Shape
from upstream.mapping import Rows, Spec, all_if_present, column

LIVE: Mapping[str, Spec] = {  # units and GMV are left to the rows of sellers and influencers, which are published
    "id": column(key, "room_id"),
    "title": column(text, "title"),
    "cover": column(decode.image, "cover_url"),
    "region": column(decode.region, "region"),
    "started_at": column(instant, "create_time"),
    "ended_at": column(instant, "finish_time"),
    "duration_seconds": column(number, "duration"),
    "views": column(count, "total_views_cnt"),
    "peak_viewers": column(decode.unless_zero(count), "max_views_cnt"),
    "product_count": column(count, "total_product_cnt"),
    "influencer_id": column(key, "user_id"),
}
LIVE_ROW = Rows(
    LiveRecord,
    LIVE,
    also=(
        Rows(
            InfluencerRecord,
            {
                "id": column(key, "user_id"),
                "handle": column(decode.handle, "unique_id"),
                "name": column(text, "nick_name"),
                "avatar": column(decode.image, "avatar"),
            },
        ),
    ),
)
PRODUCT_ROW = Rows(
    ProductRecord, all_if_present({"id": column(key, "product_id"), "name": column(text, "product_name")})
)
ON_AIR_ROW = Rows(
    OnAir,
    {
        "title": column(text, "title"),
        "started_at": column(instant, "create_time"),
        "views": column(count, "total_user"),
        "likes": column(count, "like_count"),
    },
)

ENDPOINTS = (
    V3(
        name="live.detail",
        path="echotik/live/detail",
        arguments={"ids": Keys("room_ids")},
        rows=LIVE_ROW,
        ids="ids",
        limit=10,
        rank=Rank.DETAIL,
        leaves=ON_AIR_ROW.facts,
        published=False,
    ),
    V3(
        name="live.product.list",
        path="echotik/live/product/list",
        arguments={"live": Key("room_id")},
        rows=PRODUCT_ROW,
        pages=PAGES,
        parent="live",
        rank=Rank.RELATION,
        published=False,
    ),
    V3(
        name="realtime.live",
        path="realtime/live/detail",
        arguments={"live": Key("room_id"), "influencer": Key("user_id")},
        rows=ON_AIR_ROW,
        within="data",
        shape=Shape.OBJECT,
        **LIVE_READ,
    ),
)
