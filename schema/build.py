"""The schema as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from graphql import ExperimentalIncrementalExecutionResults, introspection_from_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.category import Category
from schema.checks import Checked
from schema.cost import CostControl
from schema.directive import Cost, ListSize, annotate
from schema.errors import report
from schema.export import Mutation
from schema.fanout import measure_lists
from schema.hiding import Hidden, hidden
from schema.incremental import WholeAnswer, told
from schema.influencer import Influencer
from schema.live import Live
from schema.plan import watch_fields
from schema.query import Query
from schema.reading import Reading
from schema.scalar import SCALARS
from schema.seller import Seller
from schema.tracing import Traced
from schema.video import Video


class Schema(strawberry.Schema):
    """Strawberry's, but clients are told of errors by `report`, and no other log is."""

    async def execute(self, query: str | None, *args: Any, **kwargs: Any) -> ExecutionResult:
        limits = kwargs["context_value"].limits
        refused = limits.refusal(query) if limits is not None and query else None
        if refused is not None:
            return PreExecutionError(data=None, errors=[refused])
        result = await super().execute(query, *args, **kwargs)
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            return told(result, kwargs["context_value"])
        if result.errors:
            if kwargs["context_value"].hides:
                result.errors = hidden(result.errors, executed=not isinstance(result, PreExecutionError))
            result.errors = report(result.errors, kwargs["context_value"].session.operation.trace)
        return result

    def introspect(self) -> dict[str, Any]:
        """What introspection tells, without an operation."""
        return dict(introspection_from_schema(self._schema))

    def _get_custom_context_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What is put off is executed at once too: it shares its batches with the rest."""
        return {**super()._get_custom_context_kwargs(*args, **kwargs), "enable_early_execution": True}

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        pass


def built(*, incremental: bool) -> Schema:
    """The schema, with @defer and @stream where answers may come in parts."""
    graph = Schema(
        Query,
        Mutation,
        types=[Seller, Influencer, Video, Live, Category, Cost, ListSize],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=incremental),
        extensions=[
            Hidden,
            Reading,
            Traced,
            *([WholeAnswer] if incremental else []),
            Checked,
            CostControl,
        ],
    )
    watch_fields(graph._schema)
    annotate(graph._schema)
    measure_lists(graph._schema)
    return graph


schema = built(incremental=False)


@cache
def incremental_schema() -> Schema:
    """The schema of a server that may answer in parts."""
    return built(incremental=True)
