"""KeyAPI: EchoTik's v3 data under paths of its own, with a Bearer key. Every declaration is its twin's, but for what
KeyAPI's own documents say otherwise.
"""

from upstream.keyapi import account
from upstream.keyapi.left_out import LEFT_OUT
from upstream.keyapi.routes import ENDPOINTS
from upstream.keyapi.vendor import KEYAPI
from upstream.provider import Provider

PROVIDER = Provider(
    vendor=KEYAPI,
    word="KEYAPI",
    title="KeyAPI",
    about="KeyAPI; it resells EchoTik's data.",
    settings=account.SETTINGS,
    access=account.access,
    bound=account.bound,
    endpoints=ENDPOINTS,
    emulated=account.EMULATED,
    costs=account.COSTS,
    left_out=LEFT_OUT,
)

__all__ = ["ENDPOINTS", "PROVIDER"]
