"""What one operation asks by key: many keys to a call, each key once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from aiodataloader import DataLoader

from entities.part import Part
from loaders.backend import Item
from loaders.batch import NOT_ASKED, Need
from loaders.feeding import CURRENT
from loaders.flight import until_deadline
from loaders.reading import not_cached
from store.entry import Entry
from upstream.endpoint import Endpoint
from upstream.errors import ShopgraphError, UpstreamError

if TYPE_CHECKING:
    from loaders.session import Session


class PartFailed(ShopgraphError):
    """A part of an entity could not be learned. Every leaf that needs it raises this same object, so that the client is
    told once.
    """

    def __init__(self, cause: ShopgraphError) -> None:
        super().__init__(cause.message)
        self.cause = cause


class StoredLoader(DataLoader[tuple[str, str], None]):
    """Merges into an entity whatever the store has of it, once an operation."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def batch_load_fn(self, keys: list[tuple[str, str]]) -> list[None]:
        await self._session.load([self._session.entity(*key) for key in keys])
        return [None] * len(keys)


class KeyLoader(DataLoader[str, "asyncio.Future[Any]"]):
    """What an endpoint tells of a key, many keys to a call.

    Value   a future of its own for each key, so that none waits long for another's batch: the part, merged into the
            graph; what the endpoint's map holds for the key; or PartFailed, to the keys of the failed batch alone
    """

    def __init__(self, endpoint: Endpoint, session: Session, *, hurried: bool = False) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._session = session
        self._operation = session.operation.hurried() if hurried else session.operation

    async def ask(self, key: str, need: Need = lambda: True) -> Any:
        """What the key's future holds; raises PartFailed.

        need   whether the answer is still lacking: a key that nobody needs when its batch leaves is not asked
        """
        outcome = NOT_ASKED
        while outcome is NOT_ASKED and need():
            with self._session.feeding.bringing(self._endpoint):
                waited = await self.load(key)
            self._session.backend.queue(self._endpoint).attend(key, CURRENT.get(), need)
            outcome = await asyncio.shield(waited)
            if outcome is NOT_ASKED:
                self.clear(key)
        if isinstance(outcome, PartFailed):
            raise outcome
        return outcome

    async def batch_load_fn(self, keys: list[str]) -> list[asyncio.Future[Any]]:
        # This gathers one tick's keys; the queue is the process's own and decides when ten of them leave together.
        backend, operation = self._session.backend, self._session.operation
        held = await backend.reading.get([backend.key_of(self._endpoint, key) for key in keys], operation)
        return [
            asyncio.ensure_future(self._held(entry) if entry is not None else self._outcome(key, self._wanted(key)))
            for key, entry in zip(keys, held, strict=True)
        ]

    def _wanted(self, key: str) -> Awaitable[Any] | None:
        """The queue's answer for a key; None where the operation may ask nothing."""
        backend, operation = self._session.backend, self._operation
        if operation.cache.only:
            return None
        return backend.queue(self._endpoint).want(key, operation, self._session.feeding)

    async def _held(self, entry: Entry) -> Any:
        return self._merged(entry.value)

    async def _outcome(self, key: str, waited: Awaitable[Any] | None) -> Any:
        operation = self._operation
        try:
            if waited is None:
                raise not_cached(self._endpoint.title)
            value = await until_deadline(waited, operation, self._endpoint.title)
        except UpstreamError as error:
            return await self._behind(key, error)
        except ShopgraphError as error:
            return PartFailed(error)
        if value is not NOT_ASKED:
            self._note(value)
        return self._merged(value)

    async def _behind(self, key: str, error: UpstreamError) -> Any:
        backend = self._session.backend
        try:
            (entry,) = await backend.reading.behind(
                [backend.key_of(self._endpoint, key)], self._session.operation, error
            )
        except UpstreamError:
            return PartFailed(error)
        return self._merged(entry.value)

    def _note(self, value: Any) -> None:
        """What the answer is made of now, and how long that is fresh."""
        part = value.part if isinstance(value, Item) else value
        now = self._session.backend.clock()
        stamp = part.stamp if isinstance(part, Part) else None
        fetched_at, expires_at = (
            (now, now + self._endpoint.freshness.value) if stamp is None else (stamp.fetched_at, stamp.expires_at)
        )
        self._session.operation.seen.note(fetched_at, expires_at)

    def _merged(self, value: Any) -> Any:
        for part in value.parts if isinstance(value, Item) else (value,) if isinstance(value, Part) else ():
            self._session.graph.absorb(part)
        return value
