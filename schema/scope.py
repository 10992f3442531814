"""What a client may not ask is refused before anything is executed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import DocumentNode, GraphQLError, get_operation_ast, get_variable_values
from strawberry.types import ExecutionContext
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from entities.graph import RECORDS
from schema.cost import Reading
from schema.plan import Plan, Step
from schema.query import Query
from upstream.errors import NotAllowed
from upstream.rights import ALL, REALTIME, Rights

NODES = ("node", "nodes")
EXPORTING = frozenset(("export", "exports", "startExport", "cancelExport"))
OWN = frozenset(("quota",))
"""What tells a client of itself alone."""

ROOTS = frozenset(to_camel_case(field.python_name) for field in get_object_definition(Query, strict=True).fields)
"""Every field of the root that a query may begin with."""


def check_rights(execution: ExecutionContext) -> None:
    """Refuses an operation that asks what its client may not."""
    rights: Rights = execution.context.session.operation.rights
    if rights == ALL:
        return
    assert execution.graphql_document is not None
    asked = Asked(execution.schema, execution.context.plan, rights)
    error = asked.refused(execution.graphql_document, execution.operation_name, execution.variables or {})
    if error is not None:
        raise GraphQLError(error.message, extensions={"code": error.code, **error.extensions})


class Asked:
    """What the documents of a client ask, held against its rights."""

    def __init__(self, schema: Any, plan: Plan, rights: Rights) -> None:
        self._schema = schema
        self._plan = plan
        self._rights = rights

    def refused(self, document: DocumentNode, name: str | None, variables: Mapping[str, Any]) -> NotAllowed | None:
        """Why an operation may not be asked; None where it may, or is refused for another reason."""
        operation = get_operation_ast(document, name)
        if operation is None:
            return None
        values = get_variable_values(self._schema._schema, operation.variable_definitions or (), dict(variables))
        if isinstance(values, list):
            return None
        reading = Reading(self._schema, values)
        steps = self._plan.of(document, operation).steps
        closed = next((each for each in self._closed(steps, reading)), None)
        if closed is not None:
            return NotAllowed(f"{closed}: is not open to this client", field=closed)
        live = None if self._rights.live else next(_live(steps, reading, ()), None)
        return None if live is None else NotAllowed(f"{live}: live reads are not open to this client", field=live)

    def _closed(self, steps: Iterable[Step], reading: Reading) -> Iterator[str]:
        """The fields of the root that may not be asked."""
        for step in filter(reading.includes, steps):
            name = step.nodes[0][0].name.value
            if name in EXPORTING:
                is_open = self._rights.exports
            elif name in NODES:
                is_open = all(self._finds(each) for each in _types(reading.given_or_none(step)))
            else:
                is_open = self._rights.roots is None or name in self._rights.roots | OWN
            if not is_open:
                yield name

    def _finds(self, kind: str) -> bool:
        """Whether an object of the type may be found by its id."""
        root = f"{kind[0].lower()}{kind[1:]}"
        return self._rights.roots is None or bool(self._rights.roots & {root, f"{root}sByIds"})


def _types(given: Mapping[str, Any]) -> set[str]:
    """The types of global ids."""
    ids = [given["id"]] if "id" in given else given.get("ids", [])
    return {str(text).rpartition(":")[0] for text in ids} & set(RECORDS)


def _live(steps: Sequence[Step], reading: Reading, path: tuple[str, ...]) -> Iterator[str]:
    """The fields that have TikTok read now, whatever is stored; an address may turn out to need no reading."""
    for step in filter(reading.includes, steps):
        live = [capability for capability in step.declared.asks if capability.startswith(REALTIME)]
        always = bool(live) and len(live) == len(step.declared.asks) and not step.declared.finds
        if always or (live and reading.given_or_none(step).get("live")):
            yield ".".join((*path, step.key))
        yield from _live(step.steps, reading, (*path, step.key))
