"""Places for so many at once, shared fairly: who waits is taken by the client that holds the fewest."""

from __future__ import annotations

import asyncio
from collections import Counter


class Places:
    """So many places.

    Of the clients that wait the one with the fewest places comes next, in turns where they have as many; of one client
    whoever came first. So nobody holds more than an even share while others wait for theirs, and one who waits alone
    may hold all.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0
        self.waiting = 0
        self._held: Counter[str] = Counter()
        self._lines: dict[str, dict[asyncio.Future[None], None]] = {}  # the client whose turn it is first

    def take(self, client: str) -> bool:
        """A place at once, to be given back by `release`; none where others wait or hold them all."""
        if self.waiting or self.taken >= self.count:
            return False
        self.taken += 1
        self._held[client] += 1
        return True

    async def acquire(self, client: str) -> None:
        """A place, as soon as it is the client's turn; to be given back by `release`."""
        if self.take(client):
            return
        waiter = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, {})[waiter] = None
        self.waiting += 1
        try:
            await waiter
        except BaseException:
            if waiter in self._lines.get(client, ()):
                self._leave(client, waiter)
            elif not waiter.cancelled() and waiter.exception() is None:
                self.release(client)  # it came in the moment in which nobody wanted it any more
            raise

    def release(self, client: str) -> None:
        self.taken -= 1
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        self._grant()

    def length(self, client: str) -> int:
        """How many of a client wait."""
        return len(self._lines.get(client, ()))

    def longest(self) -> str:
        """The client of which most wait."""
        return max(self._lines, key=self.length)

    def dismiss(self, client: str, error: Exception) -> None:
        """Who came last of a client waits no more, and is told why."""
        waiter = next(reversed(self._lines[client]))
        self._leave(client, waiter)
        waiter.set_exception(error)

    def _grant(self) -> None:
        while self.waiting and self.taken < self.count:
            client = min(self._lines, key=self._held.__getitem__)
            waiter = next(iter(self._lines[client]))
            self._leave(client, waiter)
            if client in self._lines:
                self._lines[client] = self._lines.pop(client)
            if not waiter.done():  # else it was cancelled, and is about to find out
                self.taken += 1
                self._held[client] += 1
                waiter.set_result(None)

    def _leave(self, client: str, waiter: asyncio.Future[None]) -> None:
        line = self._lines[client]
        del line[waiter]
        self.waiting -= 1
        if not line:
            del self._lines[client]
