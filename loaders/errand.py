"""A call and the operations that wait for it: one pays, and when the last has gone it is not made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from upstream.operation import Operation


class Errand:
    """A call on its way.

    operation     for which it is made: it pays, and has the latest deadline of those that wait
    is_given_up   whether nobody else may come to wait for it

    Where the client of the one that pays leaves, another pays. Where all have left, a call that waits is given up; one
    that has been sent is paid, so it is answered and stored, but not tried again.
    """

    def __init__(self, waiting: Iterable[Operation]) -> None:
        self._waiting = list(waiting)
        self.operation = self._waiting[0].opened()
        self.is_given_up = False
        self._patience = self.operation.patience
        self._task: asyncio.Task[Any] | None = None
        for each in self._waiting:
            self.operation.joined_by(each)
            each.presence.watch(self._look)

    def join(self, operation: Operation) -> None:
        """Another operation waits for it too."""
        self.operation.joined_by(operation)
        self.operation.patience = self._patience
        self._waiting.append(operation)
        operation.presence.watch(self._look)

    def start(self, task: asyncio.Task[Any]) -> None:
        """task: makes the call."""
        self._task = task
        task.add_done_callback(self._ended)

    def _look(self) -> None:
        staying = next((each for each in self._waiting if not each.presence.is_gone), None)
        if staying is None:
            self.operation.patience = 0
            if self._task is not None and not self.operation.is_out:
                self.is_given_up = True
                self._task.cancel()
        elif self.operation.presence.is_gone:
            self.operation.paid_by(staying)

    def _ended(self, _: object) -> None:
        for each in self._waiting:
            each.presence.unwatch(self._look)
