"""What an operation costs: worked out before it runs, bounded, and told with its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from graphql import (
    ExecutionResult,
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    get_argument_values,
    get_directive_values,
    get_operation_ast,
    get_variable_values,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.arguments import convert_arguments

from entities.record import Fact
from loaders.budget import Purse
from loaders.cost import ROOT, Estimate, Estimator, Path, Place
from loaders.session import Session
from schema.argument import plain
from schema.context import Context
from schema.demand import Demand
from schema.plan import Compiled, Conditions, Step
from upstream.errors import BudgetExceeded, ShopgraphError
from upstream.operation import Span, Trace

GRACE_SECONDS = 5.0
"""How much longer than its operation what is set aside for it lasts."""


class CostControl(SchemaExtension):
    """Estimates each operation that asks upstream, refuses before any call what cannot be paid, and tells what the
    others did cost.
    """

    async def on_execute(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        context.session.wants = self._demanded
        if context.prices_only:
            context.estimate = await self._estimate()
            if context.estimate is not None:
                self.execution_context.result = ExecutionResult(data=None)
            yield  # what cannot be estimated is refused when it is executed
            return
        admission = Admission(context, self._estimate)
        context.session.operation.ledger.spending = admission
        asked = self._asked
        try:
            if asked is not None and not asked.plan.affordable and not context.in_parts:
                await admission.ahead()
            yield
        finally:
            result = self.execution_context.result
            parts = result if isinstance(result, ExperimentalIncrementalExecutionResults) else None
            if parts is not None and admission.refused is None:
                context.settle = admission.settle
            else:
                await admission.settle()
        if asked is not None:
            asked.plan.affordable = admission.refused is None
        if admission.refused is not None:
            if parts is not None:
                _ = [part async for part in parts.subsequent_results]  # none can be paid: all end at once
            raise admission.refused
        context.estimate = context.estimate or Estimate(())

    def get_results(self) -> dict[str, Any]:
        context: Context = self.execution_context.context
        if context.estimate is None:
            return {}
        return {"price": price(context)} if context.prices_only else {"cost": cost(context)}

    async def _estimate(self) -> Estimate | None:
        """What the operation costs at most; None where there is no such operation, or not with these variables."""
        context: Context = self.execution_context.context
        if self._asked is None:
            return None
        if context.session.operation.cache.only:
            return Estimate(())
        walk = Walk(self._asked.reading, context.session.apart())
        await walk.steps(self._asked.plan.steps, ROOT, ())
        return walk.asking.estimate()

    def _demanded(self) -> Mapping[str, frozenset[Fact]]:
        """What the operation asks; nothing where there is no such operation, or not with these variables."""
        if self._asked is None:
            return {}
        reading = self._asked.reading
        return Demand(reading.given_or_none, reading.includes).of(self._asked.plan.steps)

    @cached_property
    def _asked(self) -> Asked | None:
        """None where there is no such operation, or not with these variables."""
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        operation = get_operation_ast(document, execution.operation_name)
        if operation is None:
            return None
        declared = operation.variable_definitions or ()
        variables = get_variable_values(execution.schema._schema, declared, execution.variables or {})
        if isinstance(variables, list):
            return None
        return Asked(execution.context.plan.of(document, operation), Reading(execution.schema, variables))


class Asked(NamedTuple):
    """The operation that is asked for, and the values of this request in it."""

    plan: Compiled
    reading: Reading


class Admission:
    """Holds back an operation's first call until it is known that all of its calls can be paid. One that could be paid
    when it was asked last, and that the store answers, is not estimated at all.

    refused   why it cannot be paid
    """

    def __init__(self, context: Context, estimate: Callable[[], Awaitable[Estimate | None]]) -> None:
        self._context = context
        self._estimate = estimate
        self._operation = context.session.operation
        self._admitting: asyncio.Task[Purse] | None = None
        self.refused: GraphQLError | None = None

    async def ahead(self) -> None:
        """Raises what the operation will be refused with, so that it need not be executed up to its first call: that
        takes longer than the estimate.
        """
        try:
            await self._admitted()
        except BudgetExceeded:
            assert self.refused is not None
            raise self.refused from None

    async def afford(self, credits: int) -> None:
        purse = await self._admitted()
        await purse.afford(credits)

    def spend(self, credits: int) -> None:
        assert self._context.purse is not None
        self._context.purse.spend(credits)

    async def counted(self) -> None:
        if self._context.purse is not None:
            await self._context.purse.counted()

    async def settle(self) -> None:
        """The operation has ended: count it, and give back what it did not spend."""
        if self._admitting is not None:
            await asyncio.wait([self._admitting])  # who was cancelled in the midst of it is given back all the same
        if self.refused is None:
            purse = self._context.purse or await self._set_aside(0)
            await purse.settle()

    async def _admitted(self) -> Purse:
        if self._admitting is None:
            self._admitting = asyncio.ensure_future(self._admit())
        return await asyncio.shield(self._admitting)

    async def _admit(self) -> Purse:
        self._context.estimate = estimate = await self._estimate() or Estimate(())
        try:
            if estimate.credits > self._context.limit:
                raise BudgetExceeded(
                    f"the operation may cost {estimate.credits} credits, and {self._context.limit} are allowed; "
                    f"{estimate.dearest} costs most",
                    estimate=estimate.credits,
                    limit=self._context.limit,
                )
            self._context.purse = purse = await self._set_aside(estimate.credits)
        except BudgetExceeded as error:
            told = {"code": error.code, **error.extensions, "field": estimate.dearest}
            self.refused = GraphQLError(error.message, extensions=told)
            raise
        self._operation.ledger.limit = self._context.limit
        return purse

    async def _set_aside(self, credits: int) -> Purse:
        seconds = max(0.0, self._operation.remaining) + GRACE_SECONDS
        return await self._context.session.backend.budgets.reserve(self._operation.client, credits, seconds)


class Reading:
    """The values of this request in an operation's plan."""

    def __init__(self, schema: Any, variables: Any) -> None:
        self._schema = schema
        self._variables = variables

    def given(self, step: Step) -> Mapping[str, Any]:
        """A field's arguments."""
        if not step.defined.args:
            return {}
        values = get_argument_values(step.defined, step.nodes[0][0], self._variables)
        converter = self._schema.schema_converter
        given = convert_arguments(values, step.declared.arguments, converter.scalar_registry, self._schema.config)
        return plain(given, step.declared.kinds)

    def given_or_none(self, step: Step) -> Mapping[str, Any]:
        """Its arguments; none, where they are refused."""
        try:
            return self.given(step)
        except (ShopgraphError, GraphQLError):
            return {}

    def includes(self, step: Step) -> bool:
        """Whether @skip and @include let it in anywhere."""
        return any(self._are_met(conditions) for _, conditions in step.nodes)

    def _are_met(self, conditions: Conditions) -> bool:
        for node in conditions:
            skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
            if (skip and skip["if"]) or (include and not include["if"]):
                return False
        return True


class Walk:
    """One operation's way over its plan, with the values of this request."""

    def __init__(self, reading: Reading, session: Session) -> None:
        self.asking = Estimator(session)
        self._reading = reading

    async def steps(self, steps: Sequence[Step], place: Place, path: Path) -> None:
        """Count what the fields ask, and those below them."""
        for step in steps:
            here = place
            if step.only is not None:
                here = place._replace(crowds=[crowd for crowd in place.crowds if crowd.kind == step.only])
            if here.crowds and self._reading.includes(step):
                below = await self._price(step, here, (*path, step.key))
                if step.steps and below.crowds:
                    await self.steps(step.steps, below, (*path, step.key))

    async def _price(self, step: Step, place: Place, path: Path) -> Place:
        """What the fields below stand on; nothing, where the field will be refused."""
        if step.declared.price is None:
            return place
        try:
            return await step.declared.price(self.asking, place, self._reading.given(step), path)
        except (ShopgraphError, GraphQLError):
            return Place(())


def cost(context: Context) -> dict[str, Any]:
    """What stands in `extensions.cost`."""
    assert context.estimate is not None
    ledger = context.session.operation.ledger
    traced = {} if ledger.trace is None else {"trace": [told(span, ledger.trace) for span in ledger.trace.spans]}
    return {
        "estimatedCredits": context.estimate.credits,
        "actualCredits": ledger.credits,
        "retries": ledger.retries,
        "calls": sum(ledger.calls.values()),
        "cacheHits": ledger.hits,
        "sharedCalls": ledger.shared,
        "byEndpoint": dict(sorted(ledger.calls.items())),
        "budget": {"limit": context.limit, "remaining": max(0, context.limit - ledger.credits)},
        **traced,
    }


def told(span: Span, trace: Trace) -> dict[str, Any]:
    """What stands in `extensions.cost.trace` for an attempt at a call, or a reading of the store."""
    began, lasted = trace.seconds(span)
    return {
        "endpoint": span.endpoint,
        "provider": span.provider,
        "startMs": round(began * 1000, 1),
        "ms": round(lasted * 1000, 1),
        "credits": span.credits,
        "attempt": span.attempt,
        "outcome": span.outcome,
        "cached": span.hits > 0,
        "hits": span.hits,
    }


def price(context: Context) -> dict[str, Any]:
    """What an operation would cost: the answer of /graphql/cost."""
    estimate = context.estimate
    assert estimate is not None
    return {
        "estimatedCredits": estimate.credits,
        "calls": sum(estimate.calls.values()),
        "byEndpoint": dict(sorted(estimate.calls.items())),
        "plan": [
            {
                "path": ".".join(path),
                "endpoint": endpoint.title,
                "calls": calls,
                "credits": calls * endpoint.credits,
            }
            for (path, endpoint), calls in estimate.by_field.items()
        ],
        "budget": {"limit": context.limit, "fits": estimate.credits <= context.limit},
    }
