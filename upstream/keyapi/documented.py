"""Columns that KeyAPI documents where EchoTik does not: it describes the products of a shop as any other's."""

from __future__ import annotations

from collections.abc import Mapping

UNREAD: Mapping[str, frozenset[str]] = {
    "seller.product.list": frozenset(
        {
            "total_live_sale_cnt",
            "total_live_sale_gmv_amt",
            "total_video_sale_cnt",
            "total_video_sale_1d_cnt",
            "total_video_sale_7d_cnt",
            "total_video_sale_15d_cnt",
            "total_video_sale_30d_cnt",
            "total_video_sale_60d_cnt",
            "total_video_sale_90d_cnt",
            "total_video_sale_gmv_amt",
            "total_video_sale_gmv_1d_amt",
            "total_video_sale_gmv_7d_amt",
            "total_video_sale_gmv_15d_amt",
            "total_video_sale_gmv_30d_amt",
            "total_video_sale_gmv_60d_amt",
            "total_video_sale_gmv_90d_amt",
        }
    ),
}
"""Name of an endpoint → columns, beside those that its twin leaves unread."""
