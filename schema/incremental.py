"""Answers in parts: what @defer and @stream put off follows what is there at once, and the last part tells the cost.

All of an operation is executed at once, so that what is put off shares its batches with the rest: it makes no more
calls than the whole answer would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from functools import lru_cache
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    ExperimentalIncrementalExecutionResults,
    SubsequentIncrementalExecutionResult,
    Visitor,
    visit,
)
from strawberry.extensions import SchemaExtension

from schema.context import Context
from schema.cost import cost
from schema.errors import report

PUTTING_OFF = ("defer", "stream")
DOCUMENTS_KEPT = 256

Results = ExperimentalIncrementalExecutionResults


class WholeAnswer(SchemaExtension):
    """Answers as if @defer and @stream were not there who does not take an answer in parts."""

    def on_execute(self) -> Iterator[None]:
        context = self.execution_context
        assert context.graphql_document is not None
        if not context.context.in_parts:
            context.graphql_document = whole(context.graphql_document)
        yield


@lru_cache(maxsize=DOCUMENTS_KEPT)
def whole(document: DocumentNode) -> DocumentNode:
    """The document without the two directives; itself, where it has none."""
    without: DocumentNode = visit(document, PuttingOff())
    return without


class PuttingOff(Visitor):
    """Takes the directives out."""

    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return REMOVE if node.name.value in PUTTING_OFF else None


def told(results: Results, context: Context) -> Results:
    """The same parts, with errors as clients are told of them, and the cost with the last."""
    initial = results.initial_result
    if initial.errors:
        initial.errors = report(initial.errors, context.session.operation.trace)
    return Results(initial, _later(results, context))


async def _later(results: Results, context: Context) -> AsyncGenerator[SubsequentIncrementalExecutionResult, None]:
    """The parts behind the first. They are made by a task of their own: it also ends as it should when the client
    leaves, whatever that cancels.
    """
    parts: asyncio.Queue[SubsequentIncrementalExecutionResult | None] = asyncio.Queue()
    making = asyncio.create_task(_make(results, context, parts))
    try:
        while (part := await parts.get()) is not None:
            yield part
        await making
    finally:
        making.cancel()


async def _make(
    results: Results, context: Context, parts: asyncio.Queue[SubsequentIncrementalExecutionResult | None]
) -> None:
    assert context.settle is not None
    try:
        async for part in results.subsequent_results:
            for piece in (*(part.incremental or ()), *(part.completed or ())):
                if piece.errors:
                    piece.errors = report(piece.errors, context.session.operation.trace)
            if not part.has_next:
                await context.settle()
                part.extensions = {"cost": cost(context)}
            parts.put_nowait(part)
    finally:
        parts.put_nowait(None)
        await results.subsequent_results.aclose()
        await context.settle()
