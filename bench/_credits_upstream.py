"""The sandbox in a process of its own, `python -m bench._credits_upstream LEAST MOST`: it answers after some
milliseconds between these, drawn call by call. It prints its address in one line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.request import urlopen

from bench import _server
from sandbox.__main__ import AnnouncedServer
from sandbox.app import create_app
from sandbox.control import Control
from sandbox.server import bind, quiet_server
from sandbox.world import World


@contextmanager
def upstream(least_ms: float, most_ms: float) -> Iterator[str]:
    """The address of such a sandbox."""
    with _server._process(__name__, str(least_ms), str(most_ms)) as url:
        yield url


def calls(upstream: str) -> list[dict[str, Any]]:
    """What a sandbox has received."""
    with urlopen(f"{upstream.removesuffix('/api')}/_sandbox/calls", timeout=_server.SECONDS_TO_ANSWER) as answer:
        received: list[dict[str, Any]] = json.load(answer)["calls"]
        return received


def main(least_ms: float, most_ms: float) -> None:
    delays = Random(0)
    control = Control(lambda: delays.uniform(least_ms, most_ms) / 1000)
    quiet_server(create_app(World(), control), AnnouncedServer).run([bind("127.0.0.1", 0)])


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
