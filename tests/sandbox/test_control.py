"""Calls are recorded, answers can be broken, replaced and delayed, from code and over HTTP."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.faults import FAULTS

LIST = "/v3/echotik/product/list"
FIRST: dict[str, Any] = {"region": "US", "page_num": 1, "page_size": 10}
# fault: HTTP status, code in the body (None: no envelope)
TOLD = {
    "rate": (429, 429),
    "rate_in_200": (200, 429),
    "quota": (500, 500),
    "auth": (401, 401),
    "forbidden": (403, 403),
    "not_found": (404, 404),
    "bad_request": (400, 400),
    "bad_parameter": (200, 500),
    "error": (500, 500),
    "error_in_200": (200, 500),
    "gateway": (502, None),
    "html": (200, None),
    "garbage": (200, None),
    "truncated": (200, None),
    "envelope": (200, None),
    "empty": (200, 0),
    "control": (200, 0),
}


def ask(client: httpx.Client, path: str = LIST, **params: object) -> httpx.Response:
    return client.get(path, params=FIRST | params)


def code_in(answer: httpx.Response) -> int | None:
    try:
        body = json.loads(answer.text, strict=False)
    except ValueError:
        return None
    return body["code"] if isinstance(body, dict) else None


def test_calls_are_recorded_in_order(client: httpx.Client, sandbox: SandboxServer):
    ids = sandbox.product_ids(n=3)
    ask(client)
    client.get("/v2/product/detail", params={"product_ids": ",".join(ids)})

    first, second = sandbox.calls
    assert (first.version, first.path, first.status, first.code) == ("v3", "product/list", 200, 0)
    assert first.params == {"region": "US", "page_num": "1", "page_size": "10"}
    assert first.ended is not None and first.started <= first.ended <= second.started
    assert (sandbox.count(), sandbox.count("product/list"), sandbox.count(version="v2")) == (2, 1, 1)
    assert sandbox.ids_asked("product/detail") == [ids]


def test_product_ids_are_the_first_rows_by_units(client: httpx.Client, sandbox: SandboxServer):
    rows = ask(client, product_sort_field=1, sort_type=1, page_num=2).json()["data"]

    assert sandbox.product_ids("US", 20)[10:] == [row["product_id"] for row in rows]


@pytest.mark.parametrize("fault", TOLD)
def test_a_fault_is_told_as_the_provider_would(fault: str, client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", fault, times=1)

    status, code = TOLD[fault]
    answer = ask(client)
    assert (answer.status_code, code_in(answer)) == (status, code)
    assert (sandbox.calls[-1].status, sandbox.calls[-1].code) == (status, code)
    assert ask(client).json()["code"] == 0


def test_every_fault_has_a_test():
    assert FAULTS.keys() - TOLD.keys() == {"answer", "huge", "reset", "stall"}


def test_options_fill_in_a_fault(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "rate", times=1, retry_after=7)
    sandbox.fail("product/list", "bad_parameter", times=1, parameter="region")
    sandbox.fail("product/list", "quota", times=1)

    assert ask(client).headers["retry-after"] == "7"
    assert "region" in ask(client).json()["message"]
    assert "Usage Limit Exceeded" in ask(client).json()["message"]


def test_empty_keeps_the_envelope(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "empty")

    body = ask(client).json()
    assert body["data"] == []
    assert body.keys() == {"code", "message", "data", "requestId"}


def test_control_characters_stand_raw_in_strings(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "control")

    with pytest.raises(json.JSONDecodeError, match="control character"):
        ask(client).json()


def test_a_reset_closes_the_connection(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "reset", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        ask(client)
    assert sandbox.calls[-1].status == 0


def test_a_stall_lasts_until_the_client_leaves(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "stall", times=1)

    with pytest.raises(httpx.ReadTimeout):
        client.get(LIST, params=FIRST, timeout=0.1)
    assert ask(client).json()["code"] == 0
    assert sandbox.calls[0].status == 0


def test_a_stop_cuts_off_what_is_open_and_a_start_takes_the_same_port(capfd):
    sandbox = SandboxServer()
    with ThreadPoolExecutor(1) as pool:
        with sandbox:
            sandbox.fail("*", "stall")
            url = sandbox.url
            open_request = pool.submit(httpx.get, f"{url}{LIST}", params=FIRST)
            while not sandbox.calls:
                time.sleep(0.005)
        assert isinstance(open_request.exception(), httpx.RemoteProtocolError | httpx.ReadError)
    sandbox.reset()
    with sandbox:
        assert sandbox.url == url
        assert httpx.get(f"{url}{LIST}", params=FIRST).status_code == 401
    assert capfd.readouterr().err == ""


def test_a_stall_may_end_by_itself(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "stall", seconds=0.01)

    assert ask(client).json()["code"] == 0


def test_a_huge_body_is_streamed(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "huge", megabytes=2)

    with client.stream("GET", LIST, params=FIRST) as answer:
        assert "content-length" not in answer.headers
        assert sum(map(len, answer.iter_raw())) > 2 << 20


def test_a_fault_can_be_limited_to_a_version_and_to_parameters(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "error", version="v3", when={"page_num": "2"})

    assert ask(client).status_code == 200
    assert ask(client, page_num=2).status_code == 500
    assert ask(client, "/v2/product/list", page_num=2).status_code == 200


def test_faults_come_in_the_order_they_were_asked_for(client: httpx.Client, sandbox: SandboxServer):
    for fault in ("rate", "error", "gateway"):
        sandbox.fail("*", fault, times=1)

    assert [ask(client).status_code for _ in range(4)] == [429, 500, 502, 200]


def test_an_answer_can_be_replaced(client: httpx.Client, sandbox: SandboxServer):
    sandbox.answer("product/list", {"code": 0, "data": [{}]}, times=1)
    sandbox.answer("product/list", b"\xff", status=201, times=1, headers={"x-mark": "1"})

    assert ask(client).json() == {"code": 0, "data": [{}]}
    second = ask(client)
    assert (second.content, second.status_code, second.headers["x-mark"]) == (b"\xff", 201, "1")


def test_reset_forgets_calls_faults_and_delays(client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("product/list", "error")
    sandbox.delay(5)
    sandbox.reset()

    assert ask(client).status_code == 200
    assert sandbox.count() == 1


def test_a_fault_that_is_none_is_refused(sandbox: SandboxServer):
    with pytest.raises(ValueError, match="no fault is called 'flood'"):
        sandbox.fail("product/list", "flood")


def test_requests_in_flight_are_counted(client: httpx.Client, sandbox: SandboxServer):
    sandbox.delay(0.05)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: ask(client), range(5)))

    assert sandbox.max_in_flight == 5


def test_a_delay_holds_for_its_path(client: httpx.Client, sandbox: SandboxServer):
    waits = iter([0.05, 0.0])
    sandbox.delay(lambda: next(waits), "product/list")
    ask(client)
    ask(client)
    slow, quick = ((call.ended or 0) - call.started for call in sandbox.calls)

    assert slow > 0.045 > quick


def test_the_same_is_steered_over_http(client: httpx.Client, sandbox: SandboxServer):
    control = httpx.Client(base_url=sandbox.url.removesuffix("/api"))
    with control:
        assert control.get("/_sandbox/health").json() == {"status": "ok", "seed": "shopgraph", "today": "2026-03-18"}
        fault = {"path": "product/list", "fault": "rate", "times": 1, "retry_after": 3, "when": {"page_num": 1}}
        assert control.post("/_sandbox/faults", json=fault).status_code == 204
        assert control.post("/_sandbox/faults", json={"path": "x", "fault": "flood"}).status_code == 400
        assert control.post("/_sandbox/delay", json={"seconds": 0.01, "path": "product/list"}).status_code == 204
        assert ask(client).headers["retry-after"] == "3"
        seen = control.get("/_sandbox/calls").json()
        assert [(call["path"], call["status"]) for call in seen["calls"]] == [("product/list", 429)]
        assert control.delete("/_sandbox/calls").status_code == 204
    assert sandbox.count() == 0


def test_it_runs_alone_and_ends_on_sigterm():
    command = [sys.executable, "-m", "sandbox", "--seed", "alone", "--username", "u", "--password", "p"]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        answer = httpx.get(f"{url}/v3/echotik/product/list", params=FIRST, auth=("u", "p"))
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(5)

    assert len(answer.json()["data"]) == 10
    assert time.monotonic() - asked < 5
