"""The queue of an endpoint that takes several ids a call: keys of all operations leave together, ten at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from loaders.errand import Errand
from loaders.feeding import Feeder, Feeding
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, BudgetExceeded, ShopgraphError
from upstream.operation import Ledger, Operation

Send = Callable[[Endpoint, Sequence[str], Operation], Awaitable[Mapping[str, Any]]]
"""Asks the endpoint for the keys; gives a value for every one of them."""

Need = Callable[[], bool]

NOT_ASKED: Any = object()
"""The outcome of a key that nobody needed any more when its batch left."""

SHARE_OF_DEADLINE = 0.25
"""How much of the time that is left to an operation a batch may wait for others."""


STEPS = 10
"""In so many steps a batch waits: one that a busy event loop makes longer counts no more than the others."""


@dataclass(eq=False, slots=True)
class Wanted:
    """A key that waits.

    operations   who asked for it first, and who else came to wait
    feedings     what of each of them may still add keys to its batch: the first one's does
    until        when it leaves in any case, on the event loop's clock
    parked       the fields that wait for it while its batch has not left
    needs        whether those who wait still lack what it tells
    """

    outcome: asyncio.Future[Any]
    operations: list[Operation]
    feedings: list[Feeding]
    until: float
    parked: list[Feeder]
    needs: list[Need]

    @property
    def is_told(self) -> bool:
        """Whether other rows have told meanwhile what all who wait for it wanted to know."""
        return bool(self.needs) and not any(need() for need in self.needs)

    @property
    def is_left(self) -> bool:
        """Whether a client whose operation waits for it has gone."""
        return any(operation.presence.is_gone for operation in self.operations)

    def stay(self) -> bool:
        """Forget who has gone; whether anybody still waits."""
        pairs = zip(self.operations, self.feedings, strict=True)
        staying = [(operation, feeding) for operation, feeding in pairs if not operation.presence.is_gone]
        if not staying:
            return False
        self.operations = [operation for operation, _ in staying]
        self.feedings = [feeding for _, feeding in staying]
        self.operations[0] = _joined(self.operations)
        return True


class Flown(NamedTuple):
    """A key whose batch has left.

    at         when, unix seconds
    answers    the operations that the batch answers, each by its ledger
    errand     the call
    """

    wanted: Wanted
    at: float
    answers: set[Ledger]
    errand: Errand


class BatchQueue:
    """One for each endpoint and process.

    A full batch leaves at once. A part-filled one leaves when the operation that opened it can add nothing more, with
    the keys of whichever operations asked in between, or when `wait` seconds have passed since its first key (less
    where the operation's deadline is near). A key in flight is not asked again.
    """

    def __init__(
        self, endpoint: Endpoint, send: Send, wait: float = 0.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._endpoint = endpoint
        self._send = send
        self._wait = wait
        self._clock = clock
        self._waiting: dict[str, Wanted] = {}
        self._flying: dict[str, Flown] = {}
        self._watch: asyncio.Task[None] | None = None
        self._watched: Wanted | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def want(self, key: str, operation: Operation, feeding: Feeding) -> asyncio.Future[Any]:
        """The value of a key; several may wait for it, so it is shielded from each one's cancellation.

        Raises   CancelledError where the operation's client has left
        """
        if operation.presence.is_gone:
            raise asyncio.CancelledError
        wanted = self._waiting.get(key) or self._on_its_way(key, operation)
        if wanted is None:
            loop = asyncio.get_running_loop()
            until = loop.time() + max(0.0, operation.remaining) * SHARE_OF_DEADLINE
            wanted = Wanted(loop.create_future(), [operation.opened()], [feeding], until, [], [])
            self._waiting[key] = wanted
            self._leave()
        else:
            wanted.operations[0].joined_by(operation)
            wanted.operations.append(operation)
            wanted.feedings.append(feeding)
        operation.presence.watch(self._look)
        return asyncio.shield(wanted.outcome)

    def _on_its_way(self, key: str, operation: Operation) -> Wanted | None:
        """The key in flight, but for who wants nothing older than a request that came behind its departure."""
        flown = self._flying.get(key)
        if flown is None or flown.at < operation.cache.since or flown.errand.is_given_up:
            return None
        flown.errand.join(operation)
        if operation.ledger not in flown.answers:
            flown.answers.add(operation.ledger)
            operation.ledger.share()
        return flown.wanted

    def attend(self, key: str, feeder: Feeder | None, need: Need) -> None:
        """Somebody waits for this key while its batch has not left: a field that feeds nothing until then, as long as
        it needs what the key tells.
        """
        wanted = self._waiting.get(key)
        if wanted is None:
            return
        wanted.needs.append(need)
        if feeder is not None:
            wanted.parked.append(feeder)
            feeder.park(self._endpoint)

    def _leave(self) -> None:
        if len(self._waiting) >= self._endpoint.limit:
            self._drop_told()
        if len(self._waiting) >= self._endpoint.limit:
            self._depart()
            return
        first = next(iter(self._waiting.values()))
        if self._watched is not first:
            self._unwatch()
            self._watched, self._watch = first, asyncio.ensure_future(self._depart_when_ready(first))

    async def _depart_when_ready(self, first: Wanted) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.ensure_future(first.feedings[0].ended(self._endpoint))
        try:
            for _ in range(STEPS):
                await asyncio.wait([ended], timeout=self._wait / STEPS)
                if ended.done() or loop.time() >= first.until:
                    break
        finally:
            ended.cancel()
        self._watch = None
        self._depart()

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._watched = None

    def _depart(self) -> None:
        self._unwatch()
        self._drop_told()
        batch, self._waiting = self._waiting, {}
        if not batch:
            return
        departed, answers = self._clock(), {by.ledger for wanted in batch.values() for by in wanted.operations}
        errand = Errand(by for wanted in batch.values() for by in wanted.operations)
        for ledger in answers:
            ledger.joined(errand.operation.ledger)
        self._flying |= {key: Flown(wanted, departed, answers, errand) for key, wanted in batch.items()}
        for wanted in batch.values():
            for feeder in wanted.parked:
                feeder.unpark(self._endpoint)
        task = asyncio.ensure_future(self._fly(batch, errand))
        errand.start(task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look(self) -> None:
        """A client has left: what nobody else waits for is not asked."""
        for key, wanted in [(key, wanted) for key, wanted in self._waiting.items() if wanted.is_left]:
            if wanted is self._watched:
                self._unwatch()
            if not wanted.stay():
                self._drop(key)
                wanted.outcome.cancel()
        if self._waiting:
            self._leave()

    def _drop_told(self) -> None:
        for key, wanted in list(self._waiting.items()):
            if wanted.is_told:
                self._drop(key)
                _settle(wanted, NOT_ASKED)

    def _drop(self, key: str) -> None:
        wanted = self._waiting.pop(key)
        for feeder in wanted.parked:
            feeder.unpark(self._endpoint)

    async def _fly(self, batch: Mapping[str, Wanted], errand: Errand) -> None:
        try:
            await self._ask(batch, errand)
        except asyncio.CancelledError:
            for wanted in batch.values():
                wanted.outcome.cancel()
            raise
        except Exception as error:
            for wanted in batch.values():
                _settle(wanted, error)
        finally:
            for key, wanted in batch.items():
                flown = self._flying.get(key)
                if flown is not None and flown.wanted is wanted:
                    del self._flying[key]

    async def _ask(self, batch: Mapping[str, Wanted], errand: Errand) -> None:
        operation = errand.operation
        try:
            values = await self._send(self._endpoint, list(batch), operation)
        except BadInput as error:
            operation.is_out = True  # others go on for it
            await self._ask_apart(batch, error)
            return
        except BudgetExceeded as error:
            operation.is_out = True
            for wanted in batch.values():  # whoever else wants a key may be able to pay for it
                others = [other for other in wanted.operations if other.ledger is not operation.ledger]
                if not others:
                    _settle(wanted, error)
                wanted.operations[:] = others or wanted.operations
            await self._ask_apart({key: wanted for key, wanted in batch.items() if not wanted.outcome.done()}, None)
            return
        for key, wanted in batch.items():
            _settle(wanted, values[key])

    async def _ask_apart(self, batch: Mapping[str, Wanted], refused: ShopgraphError | None) -> None:
        """Each operation's keys in a call of their own; the error, where there is but one operation."""
        pieces = _by_operation(batch)
        if len(pieces) == 1 and refused is not None:
            raise refused
        await asyncio.gather(*(self._ask_alone(piece) for piece in pieces))

    async def _ask_alone(self, piece: Mapping[str, Wanted]) -> None:
        """One operation's keys out of a batch that was refused: what was wrong fails its own operation alone."""
        try:
            payer = _joined([wanted.operations[0] for wanted in piece.values()])
            values = await self._send(self._endpoint, list(piece), payer)
        except ShopgraphError as error:
            values = dict.fromkeys(piece, error)
        for key, wanted in piece.items():
            _settle(wanted, values[key])


def _joined(operations: Sequence[Operation]) -> Operation:
    """The first of them pays; its call lives as long as the last who waits."""
    payer = operations[0].opened()
    for operation in operations:
        payer.joined_by(operation)
    return payer


def _by_operation(batch: Mapping[str, Wanted]) -> list[dict[str, Wanted]]:
    pieces: dict[int, dict[str, Wanted]] = {}
    for key, wanted in batch.items():
        pieces.setdefault(id(wanted.operations[0].ledger), {})[key] = wanted
    return list(pieces.values())


def _settle(wanted: Wanted, value: Any) -> None:
    if wanted.outcome.done():
        return
    if isinstance(value, Exception):
        wanted.outcome.set_exception(value)
        wanted.outcome.exception()  # seen: those who waited for it may all have left
    else:
        wanted.outcome.set_result(value)
