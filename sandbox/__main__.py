"""python -m sandbox: the sandbox as a process of its own. Prints the URLs of the providers, EchoTik's first, each
in a line; SIGTERM ends it."""

import argparse
import socket
from pathlib import Path

import uvicorn

from sandbox.app import PROVIDERS, create_app
from sandbox.control import Control
from sandbox.replay import Replay
from sandbox.server import bind, quiet_server
from sandbox.world import World


class AnnouncedServer(uvicorn.Server):
    """Says where it is as soon as it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or ():
            host, port = bound.getsockname()[:2]
            for provider in PROVIDERS:
                print(f"http://{host}:{port}{provider.base.removesuffix('/')}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The emulated providers, on a port.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port; 0, the default, takes a free one")
    parser.add_argument("--seed", default="shopgraph", help="another seed is another world")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="milliseconds before any answer (0)")
    parser.add_argument("--username", default="sandbox", help="HTTP Basic user (sandbox)")
    parser.add_argument("--password", default="sandbox", help="HTTP Basic password (sandbox)")
    parser.add_argument("--api-key", default="sandbox", help="key of the providers that take one (sandbox)")
    parser.add_argument("--replay", type=Path, metavar="DIR", help="answers that server.py --capture kept there")
    options = parser.parse_args()
    control = Control(options.latency_ms / 1000)
    known = {"username": options.username, "password": options.password, "api_key": options.api_key}
    try:
        replay = None if options.replay is None else Replay(options.replay)
    except (OSError, ValueError) as error:
        parser.error(f"--replay: {error}")
    app = create_app(World(options.seed), control, replay=replay, **known)
    quiet_server(app, AnnouncedServer).run([bind(options.host, options.port)])


if __name__ == "__main__":
    main()
