"""Locks between processes: bytes of a file that one of them holds at a time."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from store.tier import StoreFailed

if sys.platform != "win32":
    import fcntl

PATIENCE_SECONDS = 5.0
"""How long to wait for another process that opens the database."""

OPENING = 2**62
"""Place in the lock file for whoever opens the database; claims lie before it."""


class LockFile:
    """Bytes of a file beside the database, each locked by one at a time; the kernel frees them with their process.

    Where the platform has them these are locks of the open file, so that they hold between two tiers of one process
    too; elsewhere of the process. They lie on no data: the file stays empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._fd: int | None = None

    def take(self, offset: int) -> bool:
        """Whether it was free; waits for nobody."""
        fd = self._opened()
        try:
            _lock(fd, offset, exclusive=True)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def give(self, offset: int) -> None:
        _lock(self._opened(), offset, exclusive=False)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the database is opened or replaced."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.take(OPENING):
            if time.monotonic() > until:
                raise StoreFailed("another process has been opening the file for too long")
            time.sleep(0.005)
        try:
            yield
        finally:
            self.give(OPENING)

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _opened(self) -> int:
        if self._fd is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._fd


def _lock(fd: int, offset: int, *, exclusive: bool) -> None:
    if sys.platform == "linux":
        kind = fcntl.F_WRLCK if exclusive else fcntl.F_UNLCK
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, offset, 1, 0))
    elif sys.platform != "win32":
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_UN, 1, offset)


class Claims:
    """Which keys this tier asks; for the thread of the event loop: a lock takes microseconds."""

    def __init__(self, path: Path) -> None:
        self._lock = LockFile(path)
        self._held: set[int] = set()

    def take(self, keys: Sequence[str]) -> list[bool]:
        taken: list[bool] = []
        try:
            for key in keys:
                taken.append(self._take(_offset(key)))
        except OSError:
            self.give([key for key, mine in zip(keys, taken, strict=False) if mine])
            raise
        return taken

    def give(self, keys: Sequence[str]) -> None:
        for offset in {_offset(key) for key in keys} & self._held:
            self._held.discard(offset)
            self._lock.give(offset)

    def close(self) -> None:
        self._held.clear()
        self._lock.close()

    def _take(self, offset: int) -> bool:
        if offset in self._held or not self._lock.take(offset):
            return False
        self._held.add(offset)
        return True


def _offset(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 2
