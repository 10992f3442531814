"""X-Cost-Trace: what each upstream call of an operation took, and what came out of the store."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.conftest import Answer, Gateway
from upstream.operation import TRACED, Span, Trace

TRACE = {"X-Cost-Trace": "1"}
PRODUCTS = "{ products(region: US, first: 5) { nodes { name seller { name } trend(days: 7) { units } } } }"


def traced(graphql: Gateway, query: str, **headers: str) -> list[dict[str, Any]]:
    return trace_of(graphql(query, headers={**TRACE, **headers}))


def trace_of(answer: Answer) -> list[dict[str, Any]]:
    trace: list[dict[str, Any]] = answer.body["extensions"]["cost"]["trace"]
    return trace


def test_every_call_that_the_provider_got_is_told_with_its_price(graphql, sandbox):
    answer = graphql(PRODUCTS, headers=TRACE)

    told = Counter(span["endpoint"].removeprefix("echotik.").replace(".", "/") for span in trace_of(answer))
    assert told == Counter(call.path for call in sandbox.calls)
    assert {span["provider"] for span in trace_of(answer)} == {"echotik"}
    assert {span["outcome"] for span in trace_of(answer)} == {"OK"}
    assert sum(span["credits"] for span in trace_of(answer)) == answer.body["extensions"]["cost"]["actualCredits"]


def test_times_are_those_of_the_calls(graphql, sandbox):
    sandbox.delay(0.3, "product/list")

    first, *others = traced(graphql, PRODUCTS)

    assert first["endpoint"] == "echotik.product.list" and 300 <= first["ms"] < 3000
    assert others and all(span["startMs"] >= first["startMs"] + 300 for span in others)


def test_what_the_store_had_is_marked_and_counted(graphql, sandbox):
    graphql(PRODUCTS)
    sandbox.reset()

    answer = graphql(PRODUCTS, headers=TRACE)

    assert sandbox.count() == 0
    spans = trace_of(answer)
    assert {(span["outcome"], span["cached"], span["credits"], span["attempt"]) for span in spans} == {
        ("CACHED", True, 0, 0)
    }
    assert sum(span["hits"] for span in spans) == answer.body["extensions"]["cost"]["cacheHits"] > 40
    days = sum(span["hits"] for span in spans if span["endpoint"] == "echotik.product.trend")
    assert days == 5 * 7


def test_each_attempt_is_told_with_what_it_failed_with(graphql, sandbox):
    sandbox.fail("product/list", "rate", times=1)

    spans = traced(graphql, "{ products(region: US, first: 1) { nodes { id } } }")

    assert [(span["attempt"], span["outcome"]) for span in spans] == [(1, "UPSTREAM_RATE_LIMITED"), (2, "OK")]
    assert spans[1]["startMs"] >= spans[0]["startMs"] + spans[0]["ms"]


def test_what_the_provider_does_not_charge_costs_nothing_here_either(graphql, sandbox):
    sandbox.fail("product/list", "rate", times=1)

    answer = graphql("{ products(region: US, first: 1) { nodes { id } } }", headers=TRACE)

    charged = sum(span["credits"] for span in trace_of(answer))
    assert charged == answer.body["extensions"]["cost"]["actualCredits"]


@pytest.mark.parametrize("headers", [{}, {"X-Cost-Trace": "0"}])
def test_nobody_is_told_who_did_not_ask(headers: dict[str, str], graphql):
    assert "trace" not in graphql(PRODUCTS, headers=headers).body["extensions"]["cost"]


@pytest.mark.parametrize("given", ["", "2", "yes", "true", "1, 1"])
def test_another_value_is_refused_with_the_header_and_its_values(given: str, graphql, sandbox):
    answer = graphql(PRODUCTS, headers={"X-Cost-Trace": given})

    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])
    assert answer.errors[0]["message"] == "X-Cost-Trace: must be 1, or 0 for no trace"
    assert sandbox.count() == 0


def test_an_operation_that_is_refused_has_an_empty_trace(graphql, sandbox):
    answer = graphql(PRODUCTS, headers={**TRACE, "X-Credit-Budget": "2"})

    assert answer.codes == ["BUDGET_EXCEEDED"]
    assert trace_of(answer) == [] and sandbox.count() == 0


def test_a_trace_ends_after_five_hundred():
    trace = Trace()
    for number in range(TRACED + 1):
        trace.keep(Span("echotik.product.list", "echotik", 1, number))

    assert len(trace.spans) == TRACED == 500
    assert trace.spans[-1].attempt == 499
