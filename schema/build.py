"""The schema as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from graphql import ExperimentalIncrementalExecutionResults, introspection_from_schema
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from schema.category import Category
from schema.cost import CostControl
from schema.directive import Cost, ListSize, annotate
from schema.errors import report
from schema.export import Mutation
from schema.incremental import WholeAnswer, told
from schema.influencer import Influencer
from schema.limits import ListLimit, OneOperation
from schema.live import Live
from schema.plan import watch_fields
from schema.query import Query
from schema.scalar import SCALARS
from schema.seller import Seller
from schema.video import Video

MOST_TOKENS = 10_000
DOCUMENTS_KEPT = 256


class Schema(strawberry.Schema):
    """Strawberry's, but clients are told of errors by `report`, and no other log is."""

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        result = await super().execute(*args, **kwargs)
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            return told(result, kwargs["context_value"])
        if result.errors:
            result.errors = report(result.errors)
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
            lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
            lambda: ParserCache(maxsize=DOCUMENTS_KEPT),
            lambda: ValidationCache(maxsize=DOCUMENTS_KEPT),
            *([WholeAnswer] if incremental else []),
            OneOperation,
            ListLimit,
            CostControl,
        ],
    )
    watch_fields(graph._schema)
    annotate(graph._schema)
    return graph


schema = built(incremental=False)


@cache
def incremental_schema() -> Schema:
    """The schema of a server that may answer in parts."""
    return built(incremental=True)
