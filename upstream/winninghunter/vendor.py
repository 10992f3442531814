"""Winning Hunter as its endpoints know it."""

from upstream.errors import Forbidden, QuotaExhausted, RateLimited, Unauthenticated
from upstream.vendor import Vendor
from upstream.winninghunter.envelope import Failed, read, variants

WINNING_HUNTER = Vendor(
    "winninghunter",
    read,
    data="winninghunter",
    trust=1,
    unproven=frozenset({"Seller", "Influencer", "Video"}),
    foreign={"Product": frozenset({"seller_id"}), "Video": frozenset({"influencer_id"})},
    free=(Unauthenticated, Forbidden, RateLimited, QuotaExhausted, Failed),
    variants=variants,
)
