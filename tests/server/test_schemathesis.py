"""Queries made at random from the schema: each is answered, or refused, as GraphQL has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import CLIENT

EXAMPLES = 40
ADDRESSES = st.sampled_from(
    ["https://a.example/b", "javascript:alert(1)", "//c", "", "http://[", "https://p16.example/\0"]
)
schemathesis.graphql.scalar("URL", ADDRESSES.map(schemathesis.graphql.nodes.String))
SCHEMA = Path(__file__).resolve().parents[2] / "schema.graphql"


def test_queries_made_at_random_are_answered_or_refused_with_a_code(graphql):
    schema: Any = schemathesis.graphql.from_path(SCHEMA)
    operations = [result.ok() for result in schema.get_all_operations()]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of([operation.as_strategy() for operation in operations]))
    def asked(case: Any) -> None:
        answer = CLIENT.post(f"{graphql.url}/graphql", json={"query": case.body})
        check(answer, case.body)

    asked()


def check(answer: httpx.Response, query: str) -> None:
    """An answer of GraphQL, with no fault of the server's in it."""
    told = answer.json()
    assert answer.status_code == 200, query
    assert told.keys() <= {"data", "errors", "extensions"}, query
    assert told.get("errors") != [] and ("data" in told or "errors" in told), query
    for error in told.get("errors", []):
        assert isinstance(error["message"], str), query
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", (query, error)
        assert set(error) <= {"message", "locations", "path", "extensions"}, query
