"""`python -m tests.docs.failing` prints the table of docs/reliability.md of every endpoint × every way to fail.

All of it comes from the declarations and from what tests/graph/test_every_endpoint_fails.py expects.
"""

from __future__ import annotations

from tests.graph.test_every_endpoint_fails import ANSWERED, TOLD, expected
from upstream.endpoint import Endpoint
from upstream.providers import ENDPOINTS

LETTERS = {
    "UPSTREAM_RATE_LIMITED": "R",
    "UPSTREAM_QUOTA_EXHAUSTED": "Q",
    "UPSTREAM_UNAUTHENTICATED": "A",
    "UPSTREAM_UNAVAILABLE": "U",
    "UPSTREAM_BAD_RESPONSE": "B",
    "BAD_USER_INPUT": "I",
    ANSWERED: "✓",
}
HEADS = {
    "rate": "429",
    "rate_in_200": "429 in a 200",
    "quota": "quota",
    "auth": "401",
    "forbidden": "403",
    "not_found": "404",
    "bad_request": "400",
    "error": "500",
    "error_in_200": "error in a 200",
    "gateway": "502",
    "reset": "reset",
    "stall": "stall",
    "garbage": "garbage",
    "truncated": "cut",
    "envelope": "envelope",
    "html": "HTML",
    "huge": "huge",
    "empty": "no rows",
    "control": "control characters",
}


def table() -> str:
    """A row for each endpoint, a column for each way to fail."""
    heads = ["endpoint", *(HEADS[fault] for fault in TOLD)]
    rows = [heads, ["---"] * len(heads), *(row(endpoint) for endpoint in ENDPOINTS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(endpoint: Endpoint) -> list[str]:
    by = "" if endpoint.match == "id" else f" by {endpoint.match}"
    return [f"`{endpoint.route}`{by}", *(LETTERS[expected(endpoint, fault)] for fault in TOLD)]


if __name__ == "__main__":
    print(table())
