"""Asks this process's gateway without a server between: prices a document, or answers it with its data."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from exports.tables import Question
from loaders.backend import Backend
from loaders.session import Session
from schema.bounds import limits_of
from schema.build import schema
from schema.context import Context
from schema.plan import Plan
from settings import Settings
from upstream.operation import Operation
from upstream.rights import Rights

SECONDS_TO_ANSWER = 600
"""The longest that a page may take: nobody waits for it as for an answer."""


class Here:
    """The gateway of this process, asked by a client.

    keeps    whether what was paid for outlives the process
    patient  whether an answer may take longer than one that somebody waits for
    rights   what the client may ask now
    hides    whether errors may tell nothing of the schema
    """

    def __init__(
        self,
        backend: Backend,
        settings: Settings,
        client: str,
        plan: Plan | None = None,
        *,
        patient: bool = True,
        rights: Callable[[], Rights] = Rights,
        hides: bool = False,
    ) -> None:
        self.keeps = settings.store != "memory:"
        self._backend = backend
        self._client = client
        self._most = settings.shopgraph_max_credits_per_request
        self._seconds = SECONDS_TO_ANSWER if patient else settings.shopgraph_deadline_ms / 1000
        self._limits = limits_of(settings)
        self._rights = rights
        self._hides = hides
        self._plan = plan or Plan(backend.catalog, schema._schema)

    async def price(self, question: Question) -> Mapping[str, Any]:
        told = await self._execute(question, None, prices_only=True)
        return told.get("extensions", {}).get("price") or told

    async def answer(self, question: Question, budget: int | None) -> Mapping[str, Any]:
        return await self._execute(question, budget)

    async def _execute(self, question: Question, budget: int | None, *, prices_only: bool = False) -> dict[str, Any]:
        most = self._most if budget is None else min(self._most, budget)
        operation = Operation(time.monotonic() + self._seconds, self._client, rights=self._rights())
        session = Session(self._backend, operation)
        context = Context(session, self._plan, most, prices_only, limits=self._limits, hides=self._hides)
        result = await schema.execute(
            question.document, dict(question.variables), context_value=context, operation_name=question.name
        )
        told: dict[str, Any] = {"data": result.data, "extensions": result.extensions or {}}
        if result.errors:
            told["errors"] = [error.formatted for error in result.errors]
        return told
