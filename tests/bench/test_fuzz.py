"""Five hundred of each case of `python -m bench.fuzz`; that itself tries others in each run."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from structlog.testing import capture_logs

from bench import _fuzz_bodies as bodies
from bench import _fuzz_documents as documents
from bench import _fuzz_server as server
from bench import fuzz
from sandbox.server import SandboxServer
from settings import load
from tests.conftest import CLIENT, Gateway
from upstream.providers import ENDPOINTS

CASES = 500
SLOW = ("echotik.video.list@v3",)
"""Takes the sandbox as long as all others together."""

SEED = 2026


@pytest.fixture(scope="module")
def planted() -> Iterator[SandboxServer]:
    """Providers who know our secrets."""
    key = server.UPSTREAM_KEY
    with SandboxServer(username=server.USERNAME, password=server.PASSWORD, api_key=key) as sandbox:
        yield sandbox


def sound(outcome: fuzz.Outcome) -> None:
    assert outcome.faults == [], f"seed {SEED}"
    assert outcome.came.total() == CASES


def test_no_document_is_a_fault():
    outcome = fuzz.judge(SEED, range(CASES))

    sound(outcome)
    assert outcome.came[documents.Judged.VALID.value] > CASES / 5


def test_no_answer_of_a_provider_is_a_fault(planted: SandboxServer):
    examples = bodies.examples(planted, SLOW)

    outcome = fuzz.read(SEED, examples, range(CASES))

    assert len({example.endpoint for example in examples}) == len(ENDPOINTS) - len(SLOW)
    sound(outcome)
    assert outcome.came["rows"] > CASES / 5


def test_no_operation_is_a_fault_and_no_secret_is_told(planted: SandboxServer, tmp_path):
    settings = load(_env_file=None, **server.configured(planted, tmp_path / "data"))
    ids = planted.product_ids(documents.REGION, 12)
    with capture_logs() as logs, Gateway(settings) as gateway:
        headers = {"content-type": "application/json", "authorization": f"Bearer {server.CLIENT_KEY}"}

        def one(number: int) -> str:
            if number % fuzz.TURN == 0:
                server.disturb(planted, fuzz.chance(SEED, "turn", number))
            body, path = fuzz.operation(SEED, number, ids)
            told = CLIENT.post(f"{gateway.url}{path}", content=body, headers=headers)
            return server.judged(server.Told(told.status_code, f"{told.headers}{told.text}", told.text))

        outcome = fuzz.each(range(CASES), one)
        metrics = CLIENT.get(f"{gateway.url}/metrics", headers={"authorization": f"Bearer {server.METRICS_TOKEN}"})

    sound(outcome)
    assert outcome.came["whole"] > CASES / 5
    assert "shopgraph_" in metrics.text and len(logs) > CASES
    assert server.leaked(f"{metrics.text}{logs}") == []
    assert [line for line in logs if line["event"] == "unexpected error"] == []


def test_a_case_is_made_again_by_its_seed_and_number():
    assert fuzz.operation(7, 3, documents.IDS) == fuzz.operation(7, 3, documents.IDS)
    assert fuzz.operation(7, 3, documents.IDS) != fuzz.operation(8, 3, documents.IDS)
    body = b'{"code":0,"data":[{"a":"b"},{"a":[1,2,3]}]}'
    assert bodies.mutated(Random(1), body) == bodies.mutated(Random(1), body)


@pytest.mark.parametrize(
    "text", [server.PASSWORD, "said fuzz%3Apass%2Fw%C3%B6rd%205512", server.CLIENT_KEY.encode().hex()]
)
def test_a_secret_in_an_answer_is_a_fault(text: str):
    with pytest.raises(server.Unsound, match="holds"):
        server.judged(server.Told(200, text, "{}"))


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "{}"), (503, "{}"), (200, '{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}'), (200, "<html>")],
)
def test_what_no_question_may_be_answered_with_is_a_fault(status: int, body: str):
    with pytest.raises((server.Unsound, ValueError)):
        server.judged(server.Told(status, body, body))


@pytest.mark.parametrize(
    "value",
    [2**53, float("inf"), "\ud800", ["a", {"b": float("nan")}]],
)
def test_a_fact_that_cannot_go_out_is_a_fault(value: object):
    with pytest.raises((bodies.Unsound, UnicodeEncodeError)):
        bodies.check(value)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a:b@c.d/", "https://a.b/\u202e", "//a.b/c"])
def test_an_address_that_no_page_may_link_to_is_a_fault(address: str):
    with pytest.raises(bodies.Unsound):
        bodies.check(address, "url")
