"""What clients are told of errors: one for each thing that failed, with a code, and never more than they may know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError, ValueNode

from loaders.lookup import PartFailed
from telemetry import metrics
from upstream.errors import ShopgraphError

log = structlog.get_logger("shopgraph.graphql")


def report(errors: Sequence[GraphQLError], request: str = "") -> list[GraphQLError]:
    """One error for each failed part, at the first leaf that needed it; its other leaves in `extensions.fields`.

    request   the id under which the log tells what nobody foresaw
    """
    reported: list[GraphQLError] = []
    parts: dict[int, tuple[GraphQLError, list[str]]] = {}
    for error in errors:
        cause = error.original_error
        if not isinstance(cause, PartFailed):
            reported.append(_told(error, request))
        elif id(cause) in parts:
            parts[id(cause)][1].append(_leaf(error.path, parts[id(cause)][0].path))
        else:
            fields: list[str] = []
            first = _told(error, request, cause.cause, fields=fields)
            parts[id(cause)] = first, fields
            reported.append(first)
    for told in reported:
        if told.path is not None:
            metrics.ERRORS.labels(code_of(told)).inc()
    return reported


def code_of(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code", "INTERNAL_SERVER_ERROR"))


def _told(error: GraphQLError, request: str, cause: Any = None, **more: Any) -> GraphQLError:
    cause = cause or error.original_error
    if isinstance(cause, ShopgraphError):
        extensions = {"code": cause.code, **cause.extensions, **more}
        return GraphQLError(cause.message, nodes=error.nodes, path=error.path, extensions=extensions)
    if cause is not None and not isinstance(cause, GraphQLError):
        of_request = error.path is None and isinstance(cause, ValueError | TypeError)
        return _of_request(error) if of_request else _unexpected(error, cause, request)
    return _of_request(error) if error.path is None else _unexpected(error, error, request)


def _unexpected(error: GraphQLError, cause: Exception, request: str) -> GraphQLError:
    """A fault of ours: logged, and told without its text."""
    log.error("unexpected error", request=request, error=repr(cause), path=error.path, exc_info=cause)
    return GraphQLError(
        "Internal error.", nodes=error.nodes, path=error.path, extensions={"code": "INTERNAL_SERVER_ERROR"}
    )


def _of_request(error: GraphQLError) -> GraphQLError:
    """An error of the document or its variables, as GraphQL itself words it."""
    if error.extensions and "code" in error.extensions:
        return error
    of_value = any(isinstance(node, ValueNode) for node in error.nodes or ())
    bad_value = of_value or error.message.startswith(("Variable ", "Value ", "Expected value "))
    syntax = error.message.startswith("Syntax Error")
    code = "BAD_USER_INPUT" if bad_value else "GRAPHQL_PARSE_FAILED" if syntax else "GRAPHQL_VALIDATION_FAILED"
    error.extensions = {**(error.extensions or {}), "code": code}
    return error


def _leaf(path: list[str | int] | None, first: list[str | int] | None) -> str:
    """The leaf's path below what it shares with the first one's, without list indexes."""
    own, other = path or [], first or []
    shared = next((i for i, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), min(len(own), len(other)))
    return ".".join(step for step in own[shared:] if isinstance(step, str))
