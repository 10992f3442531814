"""What an operation must pass before it is executed, and before any call."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension

from schema.fanout import check_nodes
from schema.limits import check_ids, check_name
from schema.scope import check_rights

CHECKS = (check_name, check_rights, check_ids, check_nodes)


class Checked(SchemaExtension):
    """Refuses an operation by the first check that it does not pass. One extension: each costs every request."""

    def on_execute(self) -> Iterator[None]:
        for check in CHECKS:
            check(self.execution_context)
        yield
