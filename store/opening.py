"""Which tier a setting means."""

from __future__ import annotations

from pathlib import Path

from store.sqlite import SqliteTier
from store.tier import Tier


def tier_at(where: str, max_bytes: int) -> Tier | None:
    """The tier at "sqlite:PATH" or "redis://…", not opened yet; None for "memory:".

    max_bytes   of a file; a server has a bound of its own
    """
    if where == "memory:":
        return None
    if where.startswith("sqlite:"):
        return SqliteTier(Path(where.removeprefix("sqlite:")), max_bytes)
    from store.redis import RedisTier  # a quarter of a second to import, for those alone who use it

    return RedisTier(where)
