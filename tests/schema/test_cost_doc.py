"""What docs/cost.md shows is what the server answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CLIENT, Gateway

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/cost.md").read_text()
TOLD, PRICED, REFUSED = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
(PASTED,) = re.findall(r"<<'JSON'\n(.*?)\nJSON", PAGE, re.DOTALL)
MEASURED = [
    (f"{{ {query} }}", int(estimate), int(cost))
    for query, estimate, cost in re.findall(r"^\| `(.+ \{ .+)` \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
]


def price(graphql: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = CLIENT.post(f"{graphql.url}/graphql/cost", json=body).json()
    return answer


def test_the_price_is_the_one_shown(graphql, sandbox):
    assert price(graphql, json.loads(PASTED)) == PRICED
    assert sandbox.count() == 0


def test_the_answer_tells_what_is_shown_and_the_page_explains_all_of_it(graphql):
    query = json.loads(PASTED)["query"]
    assert f"`{query}`" in PAGE

    told = graphql(query).body["extensions"]["cost"]

    assert told.keys() == TOLD.keys()
    assert told["estimatedCredits"] == TOLD["estimatedCredits"]
    assert {name for name in told if f"| `{name}` | " not in PAGE} == set()


def test_what_does_not_fit_is_refused_as_shown(graphql, sandbox):
    answer = graphql(json.loads(PASTED)["query"], headers={"X-Credit-Budget": "30"})

    assert answer.errors == REFUSED["errors"]
    assert "data" not in answer.body
    assert sandbox.count() == 0


def test_several_queries_were_measured():
    assert len(MEASURED) > 3


@pytest.mark.parametrize(("query", "estimate", "cost"), MEASURED)
def test_the_estimates_are_those_measured_and_no_query_costs_more(query, estimate, cost, graphql, sandbox):
    assert price(graphql, {"query": query})["estimatedCredits"] == estimate >= cost

    answer = graphql(query)

    assert answer.data
    assert 0 < sandbox.count() <= estimate


def test_the_refusals_of_a_budget_and_of_only_if_cached_are_among_the_error_codes(graphql):
    codes = (ROOT / "docs/errors.md").read_text()
    answer = graphql('{ seller(id: "1") { name } }', headers={"Cache-Control": "only-if-cached"})

    assert answer.codes == ["NOT_CACHED"]
    assert "| `NOT_CACHED` |" in codes
    assert f"| `{REFUSED['errors'][0]['extensions']['code']}` |" in codes
