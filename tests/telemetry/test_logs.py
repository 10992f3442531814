"""The log: a line for each request, found again by its id; floods damped; nothing in it that nobody may read."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from starlette.routing import Route
from structlog.testing import capture_logs

from server import configure_logs
from settings import load
from telemetry import logs
from tests.conftest import CLIENT, Gateway, Start
from tests.graph.spent import cost

KEY = "a-key-of-a-client-0123456789"
CLIENTS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}"
LIST = "query Best { products(region: US, first: 20) { nodes { productId name } } }"
COMMENTS = "query Talk($id: ID!) { product(id: $id) { name reviews { nodes { text } } } }"
SECRET = 'planted"secret/+ü-0123456789'


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What has been logged, as keys and values."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def _as_it_ships() -> Iterator[None]:
    logging.captureWarnings(False)
    yield
    logging.captureWarnings(False)
    structlog.reset_defaults()


def requests(said: list[Any]) -> list[dict[str, Any]]:
    """The lines of requests to the graph."""
    return [line for line in said if line["event"] == "request" and line["path"] == "/graphql"]


def test_a_request_is_one_line_with_what_it_asked_cost_and_failed_with(gateway: Start, sandbox, said):
    server = gateway("v3", shopgraph_api_keys=CLIENTS)
    sandbox.fail("product/comment", "gateway")
    (id,) = sandbox.product_ids(n=1)

    answer = server(COMMENTS, id=id, headers={"authorization": f"Bearer {KEY}"})

    (line,) = requests(said)
    told, failed = cost(answer), [each for each in said if each["event"] == "call failed"]
    assert line["operation"] == "Talk" and line["document"] == hashlib.sha256(COMMENTS.encode()).hexdigest()[:16]
    assert (line["client"], line["method"], line["status"], line["outcome"]) == ("heron", "POST", 200, "partial")
    assert (line["credits"], line["retries"]) == (told["actualCredits"], told["retries"])
    assert line["calls"] + line["retries"] == len(sandbox.calls)
    assert line["codes"] == {"UPSTREAM_UNAVAILABLE": 1} and line["ms"] > 0
    assert len(failed) == sandbox.count("product/comment")
    assert {each["request"] for each in failed} == {line["request"]} == {answer.headers["x-request-id"]}
    assert "variables" not in line and id not in str(line)


def test_what_came_out_of_the_store_is_told(gateway: Start, said):
    server = gateway("v3")
    server(LIST)
    server(LIST)

    first, second = requests(said)
    assert (first["hits"], first["calls"], second["hits"], second["calls"]) == (0, 2, 2, 0)
    assert first["document"] == second["document"] and first["request"] != second["request"]


def test_variables_are_told_where_the_operator_asks_for_them_and_long_ones_are_cut(gateway: Start, said):
    server = gateway("v3", shopgraph_log_variables=True)

    server(
        "query($text: String!) { search(text: $text, region: US, types: [PRODUCT]) { __typename } }", text="x" * 5000
    )

    (line,) = requests(said)
    assert "x" * 200 in line["variables"] and len(line["variables"]) < 300


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0f3c9a4e-1111", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("short", False),
        ("two words", False),
        ('quote"0123456', False),
        ("<script>01234", False),
    ],
)
def test_an_id_that_a_client_gives_is_kept_where_it_is_plain(given, kept, gateway: Start, said):
    answer = gateway("v3")("{ __typename }", headers={"x-request-id": given})

    (line,) = requests(said)
    assert line["request"] == answer.headers["x-request-id"]
    assert (line["request"] == given) is kept


def test_a_name_is_cut_and_holds_no_control_characters(gateway: Start, said):
    server = gateway("v3")
    names = [f"A{'b' * 200}", "two\nlines\u001b[31m"]

    for name in names:
        body = {"query": f"query A{'b' * 200} {{ __typename }}", "operationName": name}
        CLIENT.post(f"{server.url}/graphql", json=body)

    cut, plain = (line["operation"] for line in requests(said))
    assert cut == f"A{'b' * 63}"
    assert plain == "two lines [31m"


def test_a_refused_request_has_its_line_too(gateway: Start, said):
    server = gateway("v3", shopgraph_api_keys=CLIENTS)
    bearer = {"authorization": f"Bearer {KEY}"}

    server("{ nope }", headers=bearer)
    CLIENT.post(f"{server.url}/graphql", json={"query": 3}, headers=bearer)
    server(LIST)

    assert [line.get("outcome") for line in requests(said)][:2] == ["refused", "refused"]
    assert [line["status"] for line in requests(said)] == [200, 400, 401]
    assert KEY not in str(said)


def test_the_line_of_a_picture_does_not_hold_its_permission(gateway: Start, said):
    server = gateway("v3")

    CLIENT.get(f"{server.url}/images/planted-token")

    assert [line["path"] for line in said if line["event"] == "request"] == ["/images/{token}"]
    assert "planted-token" not in str(said)


# ── what nobody foresaw ───────────────────────────────────────────────────────────────────────────────────────────


def broken(server: Gateway) -> httpx.Response:
    """A route of the server fails."""

    async def fail(_: object) -> None:
        raise LookupError("planted cause")

    server.app.router.routes.append(Route("/broken/{token}", fail))
    return CLIENT.get(f"{server.url}/broken/planted-token", headers={"x-request-id": "my-request-1"})


def test_a_fault_of_ours_is_a_clean_answer_with_the_id_under_which_the_log_tells_why(gateway: Start, said):
    response = broken(gateway("v3"))

    assert response.status_code == 500 and response.headers["x-request-id"] == "my-request-1"
    told = {"code": "INTERNAL_SERVER_ERROR", "requestId": "my-request-1"}
    assert response.json() == {"errors": [{"message": "Internal error.", "extensions": told}]}
    (line,) = [line for line in said if line["event"] == "unexpected error"]
    assert line["request"] == "my-request-1" and isinstance(line["exc_info"], LookupError)
    assert [each["status"] for each in said if each["event"] == "request"] == [500]


@pytest.mark.usefixtures("_as_it_ships")
@pytest.mark.parametrize("form", ["json", "console"])
def test_its_stack_is_written_without_the_values_of_variables(form, capsys, gateway: Start):
    configure_logs(load(_env_file=None, shopgraph_log_format=form, shopgraph_data_dir="unused"))

    broken(gateway("v3"))

    written = capsys.readouterr().err
    assert "Traceback (most recent call last)" in written and "LookupError: planted cause" in written
    assert "planted-token" not in written and "locals" not in written
    if form == "json":
        assert sum("Traceback" in line for line in written.splitlines()) == 1
        assert all(json.loads(line) for line in written.splitlines())


# ── how lines are written ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("_as_it_ships")
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_credential_that_is_logged_by_mistake_is_struck_out(form, capsys):
    configure_logs(
        load(
            _env_file=None,
            shopgraph_log_format=form,
            echotik_username="an-account-of-ours",
            echotik_password=SECRET,
            keyapi_api_key="key-of-keyapi-0123456789",
            shopgraph_metrics_token="token-of-prometheus-01234",
            shopgraph_image_key="key-of-pictures-0123456789",
            shopgraph_store="redis://:password-of-redis-0123@127.0.0.1:1/0",
        )
    )
    log = structlog.get_logger("test")

    log.info("planted", text=SECRET, keys=["key-of-keyapi-0123456789", "token-of-prometheus-01234"])
    log.error("planted key-of-pictures-0123456789", exc_info=ValueError("password-of-redis-0123"))
    logging.getLogger("library").warning("planted %s", "key-of-keyapi-0123456789")

    written = capsys.readouterr().err
    assert written.count("planted") == 3 and '"secret' not in written
    assert not re.search(r"key-of|token-of|password-of|0123456789", written)


@pytest.mark.usefixtures("_as_it_ships")
def test_what_libraries_warn_of_has_the_same_form(capsys):
    configure_logs(load(_env_file=None, shopgraph_log_format="json"))

    logging.getLogger("some.library").error("it %s", "broke")

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("it broke", "error", "some.library")


@pytest.mark.usefixtures("_as_it_ships")
def test_so_has_what_python_warns_of_but_not_of_those_who_leave_as_they_are_about_to_be_answered(capsys):
    async def field() -> None: ...

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logs(load(_env_file=None, shopgraph_log_format="json"))
        warnings.warn("an odd thing", UserWarning, stacklevel=1)
        begun = field()
        del begun

    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["logger"]) == ("warning", "py.warnings") and "an odd thing" in line["event"]


def test_a_warning_that_floods_is_held_back_and_the_next_one_tells_how_often():
    now = 0.0
    damping = logs.Damping(most=3, clock=lambda: now)

    def passed(event: str, method: str = "warning", **more: object) -> dict[str, Any] | None:
        try:
            return dict(damping(None, method, {"event": event, **more}))
        except structlog.DropEvent:
            return None

    first = [passed("call failed", endpoint="a", ms=number) for number in range(1000)]
    others = [passed("call failed", endpoint="b"), passed("retry in 0.7 s"), passed("retry in 12 s")]
    informing = [passed("request", method="info") for _ in range(1000)]
    now = 61.0

    assert [line is not None for line in first] == [True] * 3 + [False] * 997
    assert None not in others and None not in informing
    assert passed("call failed", endpoint="a") == {"event": "call failed", "endpoint": "a", "held_back": 997}
    assert passed("call failed", endpoint="a") == {"event": "call failed", "endpoint": "a"}
