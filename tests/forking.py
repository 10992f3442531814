"""The process that servers are forked from: one for each line of JSON that it reads, whose pid it prints."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any

import server


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_serve(json.loads(line)))
        print(pid, flush=True)


def _serve(wanted: dict[str, Any]) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(source, number)
    if wanted["most_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["most_bytes"], resource.RLIM_INFINITY))
    return server.main(wanted["arguments"])


if __name__ == "__main__":
    main()
