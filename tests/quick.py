"""What makes servers quick to start and to end: thousands of tests wait for that."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from importlib import import_module
from types import SimpleNamespace

import uvicorn.server

LIBRARIES = (
    *("aiodataloader", "aiohttp", "graphql", "httpx", "httpx_aiohttp", "msgspec", "pydantic_settings", "redis.asyncio"),
    *("starlette.applications", "strawberry.asgi", "structlog", "tenacity", "uvicorn", "uvloop"),
    "uvicorn.protocols.http.httptools_impl",
)
PROJECT = ("server", "commands.check", "commands.store", "commands.warm", "serving.keys", "sandbox.server")


def import_for_forks(names: Iterable[str]) -> None:
    """Imports what forks of this process need, so that they have it as they start."""
    for name in names:
        import_module(name)
    end_soon()
    gc.collect()
    gc.freeze()  # else each fork looks through all of it


def end_soon() -> None:
    """uvicorn looks a hundred times a second, not ten, whether it is to end and whether its connections have."""
    vars(uvicorn.server)["asyncio"] = SimpleNamespace(**{**vars(asyncio), "sleep": _briefly})


async def _briefly(seconds: float) -> None:
    await asyncio.sleep(seconds / 10)
