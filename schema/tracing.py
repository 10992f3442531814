"""What an operation is called, and its span, for whoever reads log and traces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from graphql import ExperimentalIncrementalExecutionResults
from opentelemetry.trace import Span
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import PreExecutionError

from schema.context import Context
from telemetry import tracing
from telemetry.logs import plain


class Traced(SchemaExtension):
    """Tells the request's context the name of the operation that is executed, and its calls the span below which they
    stand.
    """

    def on_operation(self) -> Iterator[None]:
        context: Context = self.execution_context.context
        operation = context.session.operation
        span = None
        if not context.prices_only:
            span = tracing.begun("operation", request=operation.trace, client=operation.client)
        operation.span = span
        try:
            yield
        finally:
            if span is not None:
                self._close(context, span)

    def on_execute(self) -> Iterator[None]:
        name = self.execution_context.operation_name
        self.execution_context.context.name = name and plain(name)
        yield

    def _close(self, context: Context, span: Span) -> None:
        if isinstance(self.execution_context.result, ExperimentalIncrementalExecutionResults) and context.settle:
            context.settle = self._behind(context.settle, span)
        else:
            self._end(span)

    def _behind(self, settle: Callable[[], Awaitable[None]], span: Span) -> Callable[[], Awaitable[None]]:
        """What ends an answer in parts ends its span, too."""

        async def settled() -> None:
            await settle()
            if span.is_recording():
                self._end(span)

        return settled

    def _end(self, span: Span) -> None:
        context: Context = self.execution_context.context
        ledger, outcome = context.session.operation.ledger, self._outcome
        tracing.tell(
            span,
            failed=outcome == "failed",
            operation=context.name,
            outcome=outcome,
            credits=ledger.credits,
            calls=ledger.calls.total(),
            retries=ledger.retries,
            hits=ledger.hits,
        )
        span.end()

    @property
    def _outcome(self) -> str:
        result = self.execution_context.result
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            result = result.initial_result
        if result is None:
            return "abandoned"
        if not result.errors:
            return "complete"
        if isinstance(result, PreExecutionError) or not any(error.path for error in result.errors):
            return "refused"
        return "partial" if any(value is not None for value in (result.data or {}).values()) else "failed"
