"""Stands at .venv/bin/python of a page's tree: has the forking process run the project's own programs, and leaves all
else to the real Python. It imports little, as it is started for every command of a page.
"""

import json
import os
import signal
import socket
import sys

FORKING, REAL = os.environ["DOCS_FORKING"], os.environ["DOCS_PYTHON"]


def main(given: list[str]) -> int:
    if not given or not (given[0] == "-m" or given[0].endswith(".py")):
        os.execv(REAL, [REAL, *given])
    wanted = {"arguments": given, "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(FORKING)
        socket.send_fds(connection, [json.dumps(wanted).encode() + b"\n"], [0, 1, 2, os.open(".", os.O_RDONLY)])
        answers = connection.makefile()
        pid = int(answers.readline())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda sent, _: os.kill(pid, sent))
        signal.signal(signal.SIGUSR1, lambda _sent, _: os.kill(pid, signal.SIGKILL))
        return int(answers.readline() or 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
