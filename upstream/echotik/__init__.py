"""EchoTik: its endpoints in both API versions, declared as data, and the quirks of its columns.

How calls are made, retried and limited is shared by all providers and lives a room up.
"""

from upstream.echotik import account, category, influencer, live, product, search, seller, video
from upstream.echotik.documented import documented
from upstream.echotik.parameter import ECHOTIK
from upstream.provider import Provider

GROUPS = (product, seller, influencer, video, live, category, search)
ENDPOINTS = tuple(documented(endpoint) for group in GROUPS for endpoint in group.ENDPOINTS)

PROVIDER = Provider(
    vendor=ECHOTIK,
    word="ECHOTIK",
    title="EchoTik",
    about="EchoTik Open API.",
    settings=account.SETTINGS,
    access=account.access,
    bound=account.bound,
    endpoints=ENDPOINTS,
    emulated=account.EMULATED,
    costs=account.COSTS,
)

__all__ = ["ENDPOINTS", "PROVIDER"]
