"""What a client may ask, whatever it can pay."""

from __future__ import annotations

from typing import NamedTuple

REALTIME = "realtime."
"""How the capabilities begin that read TikTok now."""


class Rights(NamedTuple):
    """What is open to a client.

    roots    the fields of the root where it may begin, None for all
    live     whether it may have TikTok read now
    exports  whether it may ask for exports
    fresh    whether it may insist on fresh data
    """

    roots: frozenset[str] | None = None
    live: bool = True
    exports: bool = True
    fresh: bool = True


ALL = Rights()
NONE = Rights(frozenset(), live=False, exports=False, fresh=False)
