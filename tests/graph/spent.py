"""What calls cost, as they were counted where they arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox.control import Call
from tests.conftest import Answer

LIVE_READS = {  # routes that read TikTok now, 2 credits each; every other costs 1
    "rt/product/detail": "realtime.product",
    "realtime/product/comment": "realtime.product.comment",
    "realtime/extract_product_id": "realtime.product.id",
    "realtime/live/detail": "realtime.live",
    "realtime/video/captions": "realtime.video.captions",
    "realtime/video/comments": "realtime.video.comments",
    "realtime/video/download-url": "realtime.video.download_url",
}
SEARCHES = {"1": "influencer", "2": "product", "3": "seller", "4": "video", "5": "live"}
SIGNING = "batch/cover/download"


def cost(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = answer.body["extensions"]["cost"]
    return told


def price(call: Call) -> int:
    return 2 if call.path in LIVE_READS else 1


def paid(calls: Iterable[Call]) -> int:
    return sum(map(price, calls))


def by_endpoint(calls: Iterable[Call]) -> dict[str, int]:
    return dict(Counter(f"echotik.{_endpoint(call)}" for call in calls))


def _endpoint(call: Call) -> str:
    if call.path in LIVE_READS:
        return LIVE_READS[call.path]
    if call.path == "search/items":
        return f"search.{SEARCHES[call.params['type']]}"
    return "media.cover" if call.path == SIGNING else call.path.replace("/", ".")
