"""The log: lines of keys and values to standard error, damped where they flood, and without secrets."""

from __future__ import annotations

import logging
import re
import sys
import time
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MOST_A_MINUTE = 30
"""Of a warning of one kind; the first of the next minute tells how many more there were."""

MINUTE = 60.0
MOST_KINDS = 1000
KINDS = ("endpoint", "code", "error")
LONGEST_KIND = 80

NUMBER = re.compile(r"[0-9][0-9.]*")
DAMPED = ("warning", "error")

BEGUN_TO_NO_END = r"coroutine '.*' was never awaited"
"""What Python warns of where a client leaves in the moment in which its fields are about to be asked."""

LONGEST_NAME = 64


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """A client's text as a line may hold it: short, and without control characters."""
    return "".join(char if char.isprintable() else " " for char in text[:longest])


class Damping:
    """Holds back what is warned of again and again; `clock` in monotonic seconds."""

    def __init__(self, most: int = MOST_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}

    def __call__(self, _logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        if method not in DAMPED:
            return line
        kind = (NUMBER.sub("#", str(line.get("event"))), *(str(line.get(name))[:LONGEST_KIND] for name in KINDS))
        now = self._clock()
        since, count = self._seen.get(kind, (now, 0))
        if now - since < MINUTE:
            self._note(kind, since, count + 1)
            if count >= self._most:
                raise structlog.DropEvent
            return line
        self._note(kind, now, 1)
        if count > self._most:
            line["held_back"] = count - self._most
        return line

    def _note(self, kind: tuple[str, ...], since: float, count: int) -> None:
        if len(self._seen) >= MOST_KINDS and kind not in self._seen:
            self._seen.clear()
        self._seen[kind] = since, count


class Forwarding(logging.Handler):
    """Gives what libraries log the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            log = structlog.get_logger(record.name)
            log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:  # a line that cannot be written stops nothing
            self.handleError(record)


def configure(level: str, *, as_json: bool, strike: Callable[[str], str]) -> None:
    """Lines to standard error, also of what libraries warn of.

    strike   takes out of a line what nobody may read
    """
    written: Processor = structlog.processors.JSONRenderer()
    if not as_json:
        plainly = structlog.dev.plain_traceback  # another one shows the values of variables
        written = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plainly)

    def hidden(_logger: WrappedLogger, _method: str, line: MutableMapping[str, Any] | str) -> str:
        return strike(str(line))

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Damping(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            written,
            hidden,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.captureWarnings(True)
    warnings.filterwarnings("ignore", BEGUN_TO_NO_END, RuntimeWarning)
    root = logging.getLogger()
    if not any(isinstance(handler, Forwarding) for handler in root.handlers):
        root.addHandler(Forwarding())
