"""A secret that servers agree on, as far as they share a server that can keep it: Redis (5 or newer) or Valkey.

It stands in "shopgraph:s:" and its name, apart from entries: it is no answer, is not counted and is not purged.
"""

from __future__ import annotations

import asyncio

from store.tier import StoreFailed

SECONDS = 3.0


async def agreed(url: str, name: str, own: bytes) -> bytes:
    """The secret that lies at a URL of Redis; `own`, if there is none yet. Raises StoreFailed, which tells nothing of
    the URL.
    """
    from redis.asyncio import Redis  # a quarter of a second to import, for those alone who use it
    from redis.exceptions import RedisError

    redis = Redis.from_url(url, protocol=2)
    key = f"shopgraph:s:{name}"
    try:
        async with asyncio.timeout(SECONDS):
            await redis.set(key, own, nx=True)
            held = await redis.get(key)
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreFailed(f"redis: {type(error).__name__}") from None
    finally:
        await redis.aclose()
    return held if isinstance(held, bytes) else own
