"""bench.soak in small, against the server of the tests; and that it finds what it looks for."""

from __future__ import annotations

import json
from random import SystemRandom
from typing import Any

import pytest

import upstream.service
from bench import soak
from bench._soak_answers import Lack, by_path, explains, lacks, malformed, outlived, retries, stalled, wrong
from bench._soak_clients import Asked
from bench._soak_questions import Question

SMALL = ("--smoke", "--clients", "40", "--seconds", "2")
QUESTION = Question("page", "{ a }", "{}")


def test_clients_of_a_provider_that_fails_at_random_are_told_the_truth(gateway, sandbox, monkeypatch):
    """The twin of the benchmark: no answer is malformed or wrong, and what one lacks was refused too often."""
    monkeypatch.setattr(upstream.service, "FIRST_PAUSE", 0.2)  # as it ships
    flaky, faultless = (gateway(shopgraph_call_timeout_ms=400) for _ in range(2))
    seed = str(SystemRandom().randrange(10**6))
    print(f"seed {seed}")
    wanted = soak.arguments([*SMALL, "--seed", seed])
    wanted.watched = False

    found = soak.measured(sandbox.url, flaky.url, faultless.url, sandbox.world, wanted)

    assert len(found.many.admitted) >= 40 and any(call["fault"] for call in found.many.calls)
    for phase, judged in zip((found.many, found.few), found.judged, strict=True):
        assert judged.malformed == judged.wrong == judged.unexplained == []
        assert judged.complete + judged.hit == len(phase.admitted)
        assert phase.p99 < soak.DEADLINE
    assert found.few.shed == 0
    assert found.least <= len(found.many.calls) <= 1.5 * (found.least + retries(found.many.calls))


# ── what it would find ────────────────────────────────────────────────────────────────────────────────────────────


def told(
    body: Any, status: int = 200, media_type: str = "application/json", retry_after: str = "", **more: Any
) -> Asked:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    times = {"started": 0.0, "ended": 1.0} | more
    return Asked(0, QUESTION, False, **times, status=status, media_type=media_type, retry_after=retry_after, body=text)


def failing(code: str = "UPSTREAM_UNAVAILABLE", path: tuple[str | int, ...] = ("a",), **more: Any) -> dict[str, Any]:
    return {
        "message": "down",
        "path": [*path],
        "extensions": {"code": code, "endpoint": "echotik.product.list", **more},
    }


OVERLOADED = {"errors": [{"message": "busy", "extensions": {"code": "OVERLOADED"}}]}


@pytest.mark.parametrize(
    "asked",
    [
        told({"data": {"a": 1}}),
        told({"data": {"a": 1}}, media_type="application/graphql-response+json; charset=utf-8"),
        told({"data": {"a": None}, "errors": [failing()]}),
        told({"data": None, "errors": [failing(path=("a", "b"))]}),
        told(OVERLOADED, 503, retry_after="1"),
    ],
)
def test_an_answer_of_graphql_over_http_is_well_formed(asked: Asked):
    assert malformed(asked) == ""


@pytest.mark.parametrize(
    "asked",
    [
        told(b"gone", 0),
        told(b"<html>", media_type="text/html"),
        told(b"{", 200),
        told([1]),
        told({"data": {"a": 1}}, 500),
        told({"errors": []}),
        told({"data": {"a": 1}, "errors": []}),
        told({"data": {"a": 1}, "errors": [failing()]}),
        told({"data": {"a": None}, "errors": [{"message": "no code", "path": ["a"]}]}),
        told({"data": {"a": 1}, "more": 1}),
        told(OVERLOADED, 503),
        told({"data": None, **OVERLOADED}, 503, retry_after="1"),
        told({"errors": [failing("BAD_REQUEST")]}, 503, retry_after="1"),
    ],
)
def test_what_is_none_is_malformed(asked: Asked):
    assert malformed(asked)


def test_a_fact_is_wrong_but_where_an_error_says_why_there_is_none():
    known = {"rows": [{"name": "A", "rating": 1, "seller": {"id": 1}}, {"name": "B", "rating": 2, "seller": {"id": 1}}]}
    error = failing(path=("rows", 0, "seller"), fields=["rating", "seller"])
    partial = {"rows": [{"name": "A", "rating": None, "seller": None}, {"name": "B", "rating": 2, "seller": None}]}

    assert not list(wrong(known, partial, lacks({"errors": [error]})))
    assert len(list(wrong(known, partial, []))) == 3
    assert not list(wrong(known, None, lacks({"errors": [error]})))
    assert list(wrong(known, {"rows": known["rows"][:1]}, []))
    assert list(wrong(known, {"rows": [known["rows"][0], known["rows"][0]]}, lacks({"errors": [error]})))


def calls(*faults: str, path: str = "product/list", every: float = 1.0) -> list[dict[str, Any]]:
    """Calls that ask the same, one after the other."""
    return [
        {"path": path, "params": {"page_num": "1"}, "fault": fault, "started": number * every, "ended": number * every}
        for number, fault in enumerate(faults)
    ]


@pytest.mark.parametrize(
    ("faults", "given_up"),
    [
        (("rate", "rate", "rate", "rate", ""), []),
        (("rate",) * 5, [("rate",) * 5]),
        (("garbage", ""), []),
        (("rate", "garbage", "", "gateway", "gateway", "gateway"), [("rate", "garbage"), ("gateway",) * 3]),
        (("stall", "gateway", ""), []),
    ],
)
def test_a_call_is_given_up_when_faults_answered_it_as_often_as_it_may_be_asked(faults, given_up):
    assert [each.faults for each in outlived(calls(*faults))] == given_up


@pytest.mark.parametrize(("every", "given_up"), [(0.15, [("rate", "garbage")]), (1.0, [])])
def test_an_answer_that_came_before_the_retry_may_be_another_ones(every, given_up):
    assert [each.faults for each in outlived(calls("rate", "", "garbage", "", every=every))] == given_up


def test_a_call_that_nobody_repeated_in_time_was_given_up():
    assert [each.faults for each in outlived(calls("stall", "", every=60.0))] == [("stall",)]


def test_a_call_behind_a_fault_is_a_retry():
    assert retries(calls("rate", "rate", "", "")) == 2


def test_an_error_is_explained_by_a_call_of_its_endpoint_that_was_given_up_meanwhile_with_its_code():
    given_up = by_path(outlived(calls("gateway", "gateway", "gateway")))
    error = Lack("UPSTREAM_UNAVAILABLE", "echotik.product.list", ("a",))

    assert explains(told({}, ended=3.0), error, given_up)
    assert not explains(told({}, started=10.0, ended=11.0), error, given_up)
    assert not explains(told({}, ended=3.0), error._replace(code="UPSTREAM_RATE_LIMITED"), given_up)
    assert not explains(told({}, ended=3.0), error._replace(endpoint="echotik.seller.list"), given_up)


def test_a_call_without_an_answer_explains_the_error_of_a_question_whose_deadline_passed():
    late = by_path(stalled(calls("stall"), 20.0))
    error = Lack("UPSTREAM_UNAVAILABLE", "echotik.product.list", ("a",))

    assert explains(told({}, ended=20.1), error, late)
    assert not explains(told({}, ended=2.0), error, late)


def test_the_benchmark_explains_itself(capsys):
    with pytest.raises(SystemExit):
        soak.main(["--help"])

    assert "--seed" in capsys.readouterr().out
