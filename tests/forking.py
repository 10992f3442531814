"""The process that servers are forked from: one for each line of JSON that it reads, whose pid it prints."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import server
from tests.quick import LIBRARIES, PROJECT, import_for_forks


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    import_for_forks((*LIBRARIES, *PROJECT))
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_end(json.loads(line)))
        print(pid, flush=True)


def _end(wanted: dict[str, Any]) -> int:
    """The code that the process ends with; it is kept in a file too, for nobody here waits for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    opened = [os.open(wanted[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name in ("out", "log")]
    for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), *opened)):
        os.dup2(source, number)
    if wanted["most_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["most_bytes"], resource.RLIM_INFINITY))
    try:
        code = server.main(wanted["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    sys.stdout.flush()
    if wanted["code"] is not None:
        Path(wanted["code"]).write_text(str(code))
    return code


if __name__ == "__main__":
    main()
