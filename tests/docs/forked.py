"""Runs Python programs of the project in forks of a process that has imported it: importing takes longest.

`python -m tests.docs.forked SOCKET` takes a line of JSON, the three streams and the folder in each connection, answers
with the pid of the program, and when it ends with its exit status. tests/docs/stand_in.py is what connects. At SOCKET
with `.bare` behind it a process listens that has imported the libraries alone: for trees in which the project was
changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.quick import LIBRARIES, PROJECT, import_for_forks

LONGEST = 1 << 20


def main(place: str) -> None:
    """Listens at both places until it is told to end."""
    import_for_forks(LIBRARIES)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    bare = os.fork()
    if bare == 0:
        _serve(f"{place}.bare")

    def end(*_: object) -> None:
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    try:
        import_for_forks(PROJECT)
        _serve(place)
    finally:
        os.kill(bare, signal.SIGTERM)


def _serve(place: str) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _keep(connection)
            connection.close()


def _keep(connection: socket.socket) -> None:
    """Forks the program, and tells how it ended."""
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    text, files, _, _ = socket.recv_fds(connection, LONGEST, 4)
    while not text.endswith(b"\n"):
        text += connection.recv(LONGEST)
    pid = os.fork()
    if pid == 0:
        connection.close()
        os._exit(_run(json.loads(text), files))
    connection.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % (os.waitstatus_to_exitcode(status) % 256))
    os._exit(0)


def _run(wanted: dict[str, Any], files: list[int]) -> int:
    os.fchdir(files.pop())
    os.environ.clear()
    os.environ.update(wanted["environment"])
    for number, source in enumerate(files):
        os.dup2(source, number)
    sys.argv = wanted["arguments"]
    sys.path[0] = str(Path.cwd())
    try:
        if sys.argv[0] == "-m":
            sys.argv.pop(0)
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        return _status(end.code)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
    return 0


def _status(code: str | int | None) -> int:
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    main(sys.argv[1])
