"""GraphQL over HTTP: /graphql answers, /graphql/cost tells what an answer may cost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError

from loaders.backend import Backend
from loaders.session import Session
from schema.bounds import limits_of
from schema.build import Schema, incremental_schema, schema
from schema.context import Context
from schema.errors import code_of
from serving import documents, headers
from serving.admission import visit_of
from serving.body import BadBody, check_shape, check_variables, decode, question_in
from serving.clients import ANONYMOUS
from serving.documents import Documents, Question
from serving.guard import Refusal
from serving.page import Page, names_document, wants_page
from serving.told import of
from settings import Incremental, Settings
from telemetry import tracing
from upstream.operation import Ledger, Operation, Trace
from upstream.providers import PROVIDERS
from upstream.rights import ALL

NAMES = [provider.name for provider in PROVIDERS]
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


@dataclass
class Asked(GraphQLRequestData):
    """A request. question: what it says of its document."""

    question: Question = field(default_factory=lambda: Question(None))


class GraphQLEndpoint(GraphQL[Context, None]):
    """Gives each request a session, and answers in the media type that it accepts."""

    def __init__(self, settings: Settings, known: Documents, *, prices_only: bool = False) -> None:
        super().__init__(graph_of(settings), graphql_ide=None, subscription_protocols=())
        self._settings = settings
        self._documents = known
        self._prices_only = prices_only
        self._limits = limits_of(settings)
        self._logs_variables = settings.shopgraph_log_variables

    async def get_context(self, request: Any, response: Any) -> Context:
        backend: Backend = request.app.state.backend
        client, rights = request.scope.get("client_name", ANONYMOUS), request.scope.get("rights", ALL)
        visit = visit_of(request.scope)
        now = time.time()
        asked = request.headers.getlist("cache-control")
        try:
            limit = headers.credit_budget(
                request.headers.getlist(headers.CREDIT_BUDGET), self._settings.shopgraph_max_credits_per_request
            )
            pinned = headers.providers(request.headers.getlist(headers.PROVIDERS), NAMES)
            traced = headers.is_traced(request.headers.getlist(headers.COST_TRACE))
        except headers.BadHeader as error:
            raise HTTPException(400, str(error)) from None
        operation = Operation(
            deadline=visit.began + self._settings.shopgraph_deadline_ms / 1000,
            client=client,
            trace=request.scope.get("request_id", ""),
            started=now,
            ledger=Ledger(trace=Trace() if traced else None),
            cache=headers.cache_use(asked, now, may_bypass=rights.fresh and self._settings.may_bypass(client)),
            providers=pinned,
            rights=rights,
            presence=visit.presence,
            rest=visit.rest,
        )
        context = Context(Session(backend, operation), request.app.state.plan, limit, self._prices_only)
        context.limits = self._limits
        context.hides = not self._settings.shopgraph_introspection
        context.in_parts = not self._prices_only and headers.takes_parts(request.headers.getlist("accept"))
        response.accepts_graphql_json = GRAPHQL_JSON in request.headers.get("accept", "")
        response.operation = operation
        return context

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return not names_document(request.query_params) and super().should_render_graphql_ide(request)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> Asked:
        if request.method == "GET":
            data = self.parse_query_params(request.query_params)
        elif (request.content_type or "").partition(";")[0].strip().lower() == JSON:
            data = question_in(await request.get_body())
        else:
            raise HTTPException(400, "Unsupported content type")
        check_shape(data)
        check_variables(data.get("variables"))
        try:
            question = documents.question(data)
        except documents.BadQuestion as error:
            raise HTTPException(400, str(error)) from None
        known = {name: data.get(name) for name in ("query", "variables", "extensions")}
        return Asked(**known, operation_name=data.get("operationName"), protocol="http", question=question)

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> Any:
        """Its result, once it is known which document it means, and that this one may be run."""
        assert isinstance(request_data, Asked)
        question = request_data.question
        told = of(request.scope)
        told.ledgers.append(context.session.operation.ledger)
        told.ask(request_data.operation_name, None, request_data.variables if self._logs_variables else None)
        try:
            request_data.query = self._documents.text(question)
        except documents.BadQuestion as error:
            raise HTTPException(400, str(error)) from None
        except documents.Refused as error:
            if question.register and error.code == "PERSISTED_QUERY_NOT_FOUND":
                sub_response.status_code = 200  # as Apollo's clients expect it
            refused = GraphQLError(error.message, extensions={"code": error.code})
            return PreExecutionError(data=None, errors=[refused])
        told.ask(request_data.operation_name, request_data.query, told.variables)
        visit = visit_of(request.scope)
        await visit.enter(context.session.operation.deadline)
        try:
            result = await super().execute_single(
                request, request_adapter, sub_response, context, root_value, request_data
            )
        except HTTPException as error:
            by_get = isinstance(error.__cause__, InvalidOperationTypeError) and request.method == "GET"
            raise HTTPException(405, error.reason) if by_get else error from None
        finally:
            visit.rest()
        told.name = told.name or context.name
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            initial = result.initial_result
            told.answer(initial.data, [code_of(error) for error in initial.errors or ()])
        if not isinstance(result, PreExecutionError):
            self._documents.keep(question)
        return result

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        processed = await super().process_result(request, result)
        price = (result.extensions or {}).get("price")
        if price is not None and not result.errors:
            return cast(GraphQLHTTPResponse, price)  # of /graphql/cost: there is no answer to wrap
        executed = not isinstance(result, PreExecutionError) and any(error.path for error in result.errors or ())
        codes = [code_of(error) for error in result.errors or ()]
        if codes and result.data is None and not executed:
            of(request.scope).refuse(*codes)
        elif not self._prices_only:
            of(request.scope).answer(result.data, codes)
        if result.data is None and not executed:
            processed.pop("data", None)
        return processed

    def encode_json(self, data: object) -> bytes:
        return msgspec.json.encode(data)

    def decode_json(self, data: str | bytes) -> object:
        return decode(data)

    async def answer(self, request: Request) -> Response:
        """The answer to a request, also where that is no GraphQL request at all."""
        try:
            if request.method != "POST" and not self._settings.shopgraph_get_queries:
                raise HTTPException(405, "Queries are asked by POST here")
            with tracing.continued(request.headers):
                return await self.run(request)
        except HTTPException as error:
            code = error.code if isinstance(error, BadBody) else "BAD_REQUEST"
            of(request.scope).refuse(code)
            refused = {"message": error.reason, "extensions": {"code": code}}
            allowed = {"allow": "POST"} if error.status_code == 405 else {}
            return JSONResponse({"errors": [refused]}, status_code=error.status_code, headers=allowed)

    async def _process_stream_result(self, request: Request, value: Any, all_pending: list[Any]) -> Any:
        """A part of an answer, worded as the draft has it; Strawberry's own words are those of an older one too."""
        return value.formatted, all_pending

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        unstored = {**headers, "cache-control": "no-store"}
        return await super().create_streaming_response(request, stream, sub_response, unstored)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        response = super().create_response(response_data, sub_response)
        operation = getattr(sub_response, "operation", None)
        if operation is not None and isinstance(response_data, dict):
            seen, failed = operation.seen, "errors" in response_data or self._prices_only
            response.headers.update(headers.freshness(seen.oldest, seen.soonest, time.time(), failed=failed))
        if getattr(sub_response, "accepts_graphql_json", False):
            response.headers["content-type"] = f"{GRAPHQL_JSON}; charset=utf-8"
            if isinstance(response_data, dict) and "data" not in response_data and not sub_response.status_code:
                response.status_code = 400
        return response


def graph_of(settings: Settings) -> Schema:
    """The schema that is served."""
    return incremental_schema() if settings.shopgraph_incremental is Incremental.ON else schema


NO_PAGE = Refusal(404, "BAD_REQUEST", "There is no page here; a query is asked by POST.")


def routes(settings: Settings) -> list[Route]:
    page = Page(emulated=settings.uses_sandbox, keyed=bool(settings.clients))
    trusted = Path(settings.shopgraph_trusted_documents) if settings.shopgraph_trusted_documents else None
    known = Documents(trusted, only=settings.shopgraph_trusted_documents_only)
    endpoint = GraphQLEndpoint(settings, known)

    async def graphql(request: Request) -> Response:
        if wants_page(request.scope):
            shown = settings.shopgraph_graphiql
            return page.shown(request, request.app.state.upstream) if shown else NO_PAGE.response()
        return await endpoint.answer(request)

    pricing = GraphQLEndpoint(settings, known, prices_only=True)

    async def cost(request: Request) -> Response:
        return await pricing.answer(request)

    return [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        Route("/graphql/cost", cost, methods=["POST"]),
        *(page.routes() if settings.shopgraph_graphiql else []),
    ]
