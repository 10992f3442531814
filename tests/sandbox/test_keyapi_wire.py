"""KeyAPI on the wire: its key, its envelope, its words for every failure, what it requires and what it costs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.app import PROVIDERS
from sandbox.keyapi import KEYAPI
from sandbox.provider import FAILURES

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "data" / "keyapi"
ROUTES: dict[str, dict[str, Any]] = json.loads((DATA / "routes.json").read_text("utf-8"))
ERRORS: dict[int, Any] = {
    error["http"]: error["body"] for error in json.loads((DATA / "errors.json").read_text("utf-8"))
}
LIST = "product/list/analytics"
FIRST: dict[str, Any] = {"region": "US", "page_num": 1, "page_size": 10}
RANKED = {**FIRST, "date": "2026-03-17", "rank_type": 1}
TOLD = {
    "bad_request": 400,
    "bad_parameter": 400,
    "auth": 401,
    "quota": 402,
    "forbidden": 403,
    "rate": 429,
    "error": 500,
}
TEN = ",".join(map(str, range(11)))
GOOD: dict[str, Any] = {
    **RANKED,
    "product_rank_field": 1,
    "seller_rank_field": 1,
    "influencer_rank_field": 1,
    "video_rank_field": 1,
    "start_date": "2026-03-01",
    "end_date": "2026-03-17",
    "language": "en-US",
    "type": 1,
    "size": 10,
    "offset": 0,
}
REQUIRED = [
    (name, parameter)
    for name, route in ROUTES.items()
    for parameter, required in route["parameters"].items()
    if required
]
REFUSED = [
    (LIST, {**FIRST, "page_size": 11}, "page_size"),
    (LIST, {**FIRST, "page_num": 0}, "page_num"),
    (LIST, {**FIRST, "page_num": 100_001}, "page_num"),
    (LIST, {**FIRST, "page_num": "one"}, "page_num"),
    (LIST, {**FIRST, "region": "XX"}, "region"),
    (LIST, {**FIRST, "product_sort_field": 8}, "product_sort_field"),
    ("product/detail/analytics", {"product_ids": TEN}, "product_ids"),
    ("influencer/detail/analytics", {"unique_ids": TEN}, "unique_ids"),
    ("video/detail/analytics", {"video_ids": TEN}, "video_ids"),
    ("product/ranking/analytics", {**RANKED, "product_rank_field": 3}, "product_rank_field"),
    ("search/analytics", {"sk": "x", "type": 1, "size": 31}, "size"),
    ("category/primary/analytics", {"language": "de-DE"}, "language"),
    ("influencer/videos", {"unique_id": "x", "offset": "next"}, "offset"),
]
UNPUBLISHED = {
    "product/detail": {"product_id": "1", "region": "US"},
    "product/reviews": {"product_id": "1", "region": "US", "offset": "1"},
    "product/id": {"share_url": "https://www.tiktok.com/t/Z1/"},
    "video/detail": {"video_id": "1"},
    "video/captions": {"video_id": "1"},
    "video/comments": {"video_id": "1"},
    "video/download-url": {"url": "https://www.tiktok.com/t/Z1/"},
    "live/detail": {"room_id": "1", "user_id": "1"},
    "covers/batch-download": {"cover_urls": "https://example.org/1.jpeg"},
}


def below(path: str) -> str:
    return path.removeprefix("/v1/tiktok/")


@contextmanager
def started(**switches: Any) -> Iterator[tuple[SandboxServer, httpx.Client]]:
    key = {"authorization": "Bearer sandbox"}
    with (
        SandboxServer(**switches) as sandbox,
        httpx.Client(base_url=f"{sandbox.keyapi_url}/v1/tiktok", headers=key) as client,
    ):
        yield sandbox, client


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "sandbox"},
        {"authorization": "Basic c2FuZGJveDpzYW5kYm94"},
        {"x-api-key": "sandbox"},
    ],
)
def test_who_has_no_key_gets_401(headers: dict[str, str], sandbox: SandboxServer):
    answer = httpx.get(f"{sandbox.keyapi_url}/v1/tiktok/{LIST}", params=FIRST, headers=headers)

    assert (answer.status_code, answer.json()) == (401, ERRORS[401])
    call = sandbox.calls[-1]
    assert (call.provider, call.version, call.path, call.status, call.code) == ("keyapi", "v1", LIST, 401, 401)


def test_the_key_can_be_another():
    with SandboxServer(api_key="sk_live_other") as sandbox:
        url = f"{sandbox.keyapi_url}/v1/tiktok/{LIST}"
        known, unknown = (
            httpx.get(url, params=FIRST, headers={"authorization": f"Bearer {key}"})
            for key in ("sk_live_other", "sandbox")
        )

    assert (known.status_code, unknown.status_code) == (200, 401)


def test_every_answer_has_a_request_id_of_its_own(keyapi: httpx.Client, sandbox: SandboxServer):
    product = sandbox.product_ids()[0]
    bodies = [
        keyapi.get(LIST, params=FIRST).json(),
        keyapi.get(LIST, params=FIRST).json(),
        keyapi.get("product/detail/analytics", params={"product_ids": product}).json(),
        keyapi.get("search/analytics", params={"sk": "mia", "type": 1, "size": 3}).json(),
        keyapi.get("shop/detail/analytics", params={"seller_id": "1"}).json(),
        keyapi.get("realtime/product/detail_new_app", params={"product_id": product, "region": "US"}).json(),
        keyapi.get("video/captions", params={"video_id": "1"}).json(),
    ]

    assert all(list(body) == ["code", "message", "data", "requestId"] for body in bodies)
    assert {(body["code"], body["message"]) for body in bodies} == {(0, "success")}
    assert len({UUID(body["requestId"]) for body in bodies}) == len(bodies)


@pytest.mark.parametrize(("fault", "status"), TOLD.items())
def test_a_fault_is_told_in_the_documents_words(fault: str, status: int, keyapi: httpx.Client, sandbox: SandboxServer):
    sandbox.fail(LIST, fault, times=1)
    answer = keyapi.get(LIST, params=FIRST)

    assert answer.status_code == status
    assert (answer.json() if answer.content else None) == ERRORS[status]
    assert keyapi.get(LIST, params=FIRST).json()["code"] == 0


def test_every_documented_error_has_a_fault():
    assert set(TOLD.values()) == set(ERRORS)


def test_some_failures_come_inside_a_200(keyapi: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("*", "error_in_200", times=1)
    sandbox.fail("*", "rate_in_200", times=1)
    answers = [keyapi.get(LIST, params=FIRST) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["code"] for answer in answers] == [400, 429]
    assert answers[0].json()["message"] == "unique_id is invalid"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
@pytest.mark.parametrize("fault", FAILURES)
def test_every_provider_has_words_for_every_failure(provider, fault: str):
    reply = provider.failing(fault, None, {"parameter": "region", "retry_after": 2})

    assert reply.headers["retry-after"] == "2"
    assert reply.status == provider.failures[fault].status
    assert b"{" not in reply.body[1:]  # no name is left to fill in


@pytest.mark.parametrize(("name", "parameter"), REQUIRED)
def test_what_is_required_is_asked_for_by_name(name: str, parameter: str, keyapi: httpx.Client, sandbox: SandboxServer):
    route = ROUTES[name]
    given = {other: GOOD.get(other, "1") for other, required in route["parameters"].items() if required}
    del given[parameter]
    answer = keyapi.get(below(route["path"]), params=given)

    assert answer.status_code == 400
    assert answer.json() == {"code": 400, "data": None, "message": f"Missing required parameter: {parameter}"}
    assert (sandbox.calls[-1].status, sandbox.calls[-1].code) == (400, 400)


@pytest.mark.parametrize(("path", "params", "parameter"), REFUSED)
def test_what_will_not_do_is_refused_by_name(path: str, params: dict[str, Any], parameter: str, keyapi: httpx.Client):
    answer = keyapi.get(path, params=params)

    assert answer.status_code == 400
    assert answer.json() == {"code": 400, "data": None, "message": f"Invalid parameter: {parameter}"}


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("influencer/detail/analytics", {}, "user_ids or unique_ids is required"),
        ("influencer/videos/analytics", {"page_num": 1, "page_size": 10}, "user_id or unique_id is required"),
        (
            "product/trends/analytics",
            {"product_id": "1", "start_date": "2025-01-01", "end_date": "2026-01-01", "page_num": 1, "page_size": 10},
            "start_date must be within 180 days",
        ),
    ],
)
def test_what_is_wrong_with_several_parameters_is_a_400_too(
    path: str, params: dict[str, Any], message: str, keyapi: httpx.Client
):
    answer = keyapi.get(path, params=params)

    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (400, 400, message)


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_takes_the_parameters_of_its_document(name: str):
    served = {f"/v1/tiktok/{route.path}": route for route in KEYAPI.routes}
    route = served[ROUTES[name]["path"]]

    assert {parameter.name: parameter.required for parameter in route.parameters} == ROUTES[name]["parameters"]
    assert ROUTES[name]["cost"] in (None, route.cost)


def test_only_what_is_documented_or_guessed_is_served():
    documented = {below(route["path"]) for route in ROUTES.values()}

    assert {route.path for route in KEYAPI.routes} == documented | UNPUBLISHED.keys()


@pytest.mark.parametrize("name", ["keyword", "is_hot", "off_mark", "from_flag", "shop_type"])
def test_what_only_echotik_filters_by_is_ignored(name: str, keyapi: httpx.Client, sandbox: SandboxServer):
    everything = keyapi.get(LIST, params={**FIRST, "region": "SG"}).json()["data"]
    filtered = keyapi.get(LIST, params={**FIRST, "region": "SG", name: "1"}).json()["data"]

    assert everything == filtered
    assert sandbox.calls[-1].params[name] == "1"


@pytest.mark.parametrize("ask", [httpx.Client.get, httpx.Client.post])
def test_what_is_no_route_is_not_found(
    ask: Callable[..., httpx.Response], keyapi: httpx.Client, sandbox: SandboxServer
):
    answer = ask(keyapi, "product/nothing/analytics")

    assert (answer.status_code, answer.json()) == (404, {"code": 404, "data": None, "message": "Not Found"})
    call = sandbox.calls[-1]
    assert (call.provider, call.version, call.path) == ("keyapi", "", "v1/tiktok/product/nothing/analytics")


@pytest.mark.parametrize("path", UNPUBLISHED)
def test_paths_that_no_document_tells_follow_the_rule_of_the_others(path: str, keyapi: httpx.Client):
    assert keyapi.get(path, params=UNPUBLISHED[path]).status_code == 200


def test_paths_that_no_document_tells_can_be_gone():
    with started(keyapi_unpublished=False) as (sandbox, client):
        gone = [client.get(path, params=params) for path, params in UNPUBLISHED.items()]
        handle = sandbox.world.influencers_in("US")[0].handle
        assert client.get("influencer/detail", params={"unique_id": handle}).json()["code"] == 0

    assert [(answer.status_code, answer.json()["code"]) for answer in gone] == [(404, 404)] * len(UNPUBLISHED)


def test_credits_are_used_up_by_what_calls_cost():
    live = {"product_id": "1", "region": "US"}
    with started(keyapi_credits=4) as (sandbox, client):
        paid = [
            client.get(LIST, params=FIRST).status_code,  # 1
            client.get("covers/batch-download", params={"cover_urls": "x"}).status_code,  # 0
            client.get("realtime/product/detail_new_app", params=live).status_code,  # 2
            client.get("realtime/product/detail_new_app", params=live).status_code,  # 2, where 1 is left
            client.get(LIST, params=FIRST).status_code,  # 1
        ]
        spent = client.get(LIST, params=FIRST)
        sandbox.reset()
        again = client.get(LIST, params=FIRST)

    assert paid == [200, 200, 200, 402, 200]
    assert (spent.status_code, spent.json()) == (402, ERRORS[402])
    assert again.status_code == 200


def test_neither_faults_nor_strangers_use_credits():
    with started(keyapi_credits=1) as (sandbox, client):
        sandbox.fail(LIST, "error", times=3)
        assert [client.get(LIST, params=FIRST).status_code for _ in range(3)] == [500] * 3
        assert client.get(LIST, params=FIRST, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert [client.get(LIST, params=FIRST).status_code for _ in range(2)] == [200, 402]


def test_credits_have_no_end_unless_given(keyapi: httpx.Client):
    statuses = {keyapi.get("video/captions", params={"video_id": "1"}).status_code for _ in range(60)}

    assert statuses == {200}


def test_a_fault_can_be_one_providers_alone(keyapi: httpx.Client, client: httpx.Client, sandbox: SandboxServer):
    sandbox.fail("*", "error", provider="keyapi")
    theirs, ours = client.get("/v3/echotik/product/list", params=FIRST), keyapi.get(LIST, params=FIRST)

    assert (theirs.status_code, ours.status_code) == (200, 500)
    assert [call.provider for call in sandbox.calls] == ["echotik", "keyapi"]
    assert [sandbox.count(provider=name) for name in ("echotik", "keyapi", "winninghunter", None)] == [1, 1, 0, 2]


def test_an_answer_can_be_one_providers_alone(keyapi: httpx.Client, client: httpx.Client, sandbox: SandboxServer):
    sandbox.answer("*", {"code": 0, "data": []}, provider="echotik")

    assert client.get("/v3/echotik/product/list", params=FIRST).json() == {"code": 0, "data": []}
    assert keyapi.get(LIST, params=FIRST).json()["data"]


def test_a_delay_can_be_one_providers_alone(keyapi: httpx.Client, client: httpx.Client, sandbox: SandboxServer):
    sandbox.delay(0.06, provider="keyapi")
    sandbox.delay(0.0, LIST, provider="keyapi")
    client.get("/v3/echotik/product/list", params=FIRST)
    keyapi.get("product/detail/analytics", params={"product_ids": "1"})
    keyapi.get(LIST, params=FIRST)
    quick, slow, own = ((call.ended or 0) - call.started for call in sandbox.calls)

    assert slow > 0.055 > max(quick, own)


@pytest.mark.parametrize("fault", ["gateway", "html", "garbage", "truncated"])
def test_an_answer_may_be_no_json(fault: str, keyapi: httpx.Client, sandbox: SandboxServer):
    sandbox.fail(LIST, fault, times=1)

    with pytest.raises(ValueError, match=r"Expecting|codec|Unterminated"):
        keyapi.get(LIST, params=FIRST).json()
    assert sandbox.calls[-1].code is None


def test_an_empty_answer_keeps_the_envelope(keyapi: httpx.Client, sandbox: SandboxServer):
    sandbox.fail(LIST, "empty")
    body = keyapi.get(LIST, params=FIRST).json()

    assert (list(body), body["data"]) == (["code", "message", "data", "requestId"], [])


def test_ids_asked_are_told_by_provider(keyapi: httpx.Client, sandbox: SandboxServer):
    ids = sandbox.product_ids(n=2)
    keyapi.get("product/detail/analytics", params={"product_ids": ",".join(ids)})

    assert sandbox.ids_asked("product/detail/analytics", provider="keyapi") == [ids]
    assert sandbox.ids_asked("product/detail/analytics", provider="echotik") == []


def test_a_provider_is_steered_over_http(keyapi: httpx.Client, client: httpx.Client, sandbox: SandboxServer):
    with httpx.Client(base_url=sandbox.url.removesuffix("/api")) as control:
        fault = {"path": "*", "fault": "rate", "provider": "keyapi", "retry_after": 3}
        assert control.post("/_sandbox/faults", json=fault).status_code == 204
        limited = keyapi.get(LIST, params=FIRST)
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
        assert client.get("/v3/echotik/product/list", params=FIRST).status_code == 200
        seen = control.get("/_sandbox/calls").json()["calls"]

    assert [call["provider"] for call in seen] == ["keyapi", "echotik"]


def test_alone_it_tells_where_each_provider_is():
    command = [sys.executable, "-m", "sandbox", "--api-key", "k"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        echotik, keyapi, winninghunter = (process.stdout.readline().strip() for _ in range(3))
        answer = httpx.get(f"{keyapi}/v1/tiktok/{LIST}", params=FIRST, headers={"authorization": "Bearer k"})
        process.terminate()
        process.wait(5)

    origin = echotik.removesuffix("/api")
    assert (keyapi, winninghunter) == (f"{origin}/keyapi", f"{origin}/winninghunter")
    assert len(answer.json()["data"]) == 10
