"""The sandbox in a process of its own, `python -m bench._soak_upstream`, which keeps every row that it has made: so it
is no slower than what asks it. It prints its address in one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from bench import _server
from sandbox.__main__ import AnnouncedServer
from sandbox.app import create_app
from sandbox.cache import Cache
from sandbox.control import Control
from sandbox.server import bind, quiet_server
from sandbox.world import World

KEPT = 1 << 17


@contextmanager
def upstream() -> Iterator[str]:
    """The address of such a sandbox."""
    with _server._process(__name__) as url:
        yield url


def mix(upstream: str, shares: Mapping[str, float], seed: str) -> None:
    """Has it fail from now on, each fault in its share of the calls."""
    _tell(upstream, "mix", {"shares": shares, "seed": seed})


def delay(upstream: str, seconds: float) -> None:
    _tell(upstream, "delay", {"seconds": seconds})


def _tell(upstream: str, what: str, told: Mapping[str, Any]) -> None:
    address = f"{upstream.removesuffix('/api')}/_sandbox/{what}"
    with urlopen(Request(address, json.dumps(told).encode()), timeout=_server.SECONDS_TO_ANSWER):
        pass


def main() -> None:
    app = create_app(World(), Control())
    app.state.sandbox.rows, app.state.sandbox.lists = Cache(KEPT), Cache(KEPT)
    quiet_server(app, AnnouncedServer).run([bind("127.0.0.1", 0)])


if __name__ == "__main__":
    main()
