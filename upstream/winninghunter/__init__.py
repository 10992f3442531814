"""Winning Hunter: one id and one window a call; whole histories in one, and facts that the others do not have."""

from upstream.provider import Comparison, Provider
from upstream.winninghunter import account
from upstream.winninghunter.left_out import LEFT_OUT
from upstream.winninghunter.routes import BY_NAME, ENDPOINTS
from upstream.winninghunter.vendor import WINNING_HUNTER

PROVIDER = Provider(
    vendor=WINNING_HUNTER,
    word="WINNING_HUNTER",
    title="Winning Hunter",
    about="Winning Hunter.",
    settings=account.SETTINGS,
    access=account.access,
    bound=account.bound,
    endpoints=ENDPOINTS,
    emulated=account.EMULATED,
    compares={
        "Seller": Comparison(BY_NAME["seller.detail", "v1"], "id", "ids", "name", ("name",)),
        "Video": Comparison(BY_NAME["video.detail", "v2"], "id", "ids", "caption", ("caption",)),
        "Influencer": Comparison(
            BY_NAME["search.influencer", "v1"], "name", "text", "name", ("handle", "name"), {"region": "region"}
        ),
    },
    costs=account.COSTS,
    left_out=LEFT_OUT,
)

__all__ = ["ENDPOINTS", "PROVIDER"]
