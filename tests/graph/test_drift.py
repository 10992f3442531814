"""What providers send other than documented: told by `providers { drift }` and in the log, and never in the way."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from structlog.testing import capture_logs

from sandbox.server import SandboxServer
from tests.conftest import ALL, CLIENT, Gateway

DRIFT = "{ providers { provider drift { endpoint kind name count } } }"
SECONDS = 10

Plant = Callable[[dict[str, Any], dict[str, Any]], object]
"""Changes an answer: its envelope, and its row."""


class Lookup(NamedTuple):
    """A lookup of one entity at one provider."""

    provider: str
    word: str
    field: str
    path: str
    address: str
    method: str = "GET"

    def __str__(self) -> str:
        return f"{self.provider} {self.field}"

    @property
    def endpoint(self) -> str:
        return f"{self.provider}.{self.field}.detail"


ECHOTIK = Lookup("echotik", "ECHOTIK", "product", "product/detail", "{0.url}/v3/echotik/product/detail?product_ids={1}")
KEYAPI = Lookup(
    "keyapi",
    "KEYAPI",
    "product",
    "product/detail/analytics",
    "{0.keyapi_url}/v1/tiktok/product/detail/analytics?product_ids={1}",
)
WINNING_HUNTER = Lookup(
    "winninghunter",
    "WINNING_HUNTER",
    "product",
    "product-detail",
    "{0.winninghunter_url}/api/v1/tiktok-shop/product-detail/{1}",
)
SHOP = Lookup(
    "winninghunter",
    "WINNING_HUNTER",
    "seller",
    "shop-detail",
    "{0.winninghunter_url}/api/v1/tiktok-shop/shop-detail",
    "POST",
)
LOOKUPS = (ECHOTIK, KEYAPI, WINNING_HUNTER)
CREDENTIALS = {
    "echotik": {"authorization": f"Basic {base64.b64encode(b'sandbox:sandbox').decode()}"},
    "keyapi": {"authorization": "Bearer sandbox"},
    "winninghunter": {"x-api-key": "sandbox"},
}


def body_of(lookup: Lookup, sandbox: SandboxServer, key: str) -> dict[str, Any]:
    """What the provider answers."""
    sent = {"id": key} if lookup.method == "POST" else None
    address = lookup.address.format(sandbox, key)
    answer = CLIENT.request(lookup.method, address, json=sent, headers=CREDENTIALS[lookup.provider])
    body: dict[str, Any] = answer.json()
    return body


def key_of(lookup: Lookup, sandbox: SandboxServer, place: int = 0) -> str:
    product = sandbox.product_ids()[place]
    if lookup.field == "product":
        return product
    found = sandbox.world.product(product)
    assert found is not None
    return sandbox.world.seller_of_product(found).id


def plant(lookup: Lookup, sandbox: SandboxServer, change: Plant, place: int = 0) -> str:
    """From now on the provider answers that which it does, changed; gives the id of the entity."""
    key = key_of(lookup, sandbox, place)
    body = body_of(lookup, sandbox, key)
    change(body, body["data"][0] if isinstance(body["data"], list) else body["data"])
    sandbox.answer(lookup.path, body, provider=lookup.provider)
    return key


def ask(server: Gateway, lookup: Lookup, key: str) -> Any:
    return server(f'{{ {lookup.field}(id: "{key}") {{ name }} }}').data[lookup.field]


def found(server: Gateway, lookup: Lookup) -> dict[tuple[str, str, str], int]:
    """What is told of a provider: endpoint, kind and name → count."""
    told = {each["provider"]: each["drift"] for each in server(DRIFT).data["providers"]}
    assert [word for word, drift in told.items() if drift and word != lookup.word] == []
    return {(each["endpoint"], each["kind"], each["name"]): each["count"] for each in told[lookup.word]}


def until(server: Gateway, lookup: Lookup, expected: dict[tuple[str, str, str], int]) -> None:
    """Waits for it: answers are looked at after they were given."""
    deadline = time.monotonic() + SECONDS
    while found(server, lookup) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found(server, lookup) == expected


def settled(server: Gateway) -> None:
    """Waits until every answer so far was looked at, or passed over."""
    deadline = time.monotonic() + SECONDS
    while server.app.state.backend.service.drift.waiting and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("lookup", (*LOOKUPS, SHOP), ids=str)
def test_an_answer_as_documented_is_no_drift(lookup: Lookup, gateway, sandbox):
    server = gateway("v3" if lookup is ECHOTIK else None, providers=(lookup.provider,))

    assert ask(server, lookup, key_of(lookup, sandbox))["name"]
    settled(server)

    assert found(server, lookup) == {}


CASES = [
    (ECHOTIK, lambda _, row: row.update(brand_name="x"), "column", "brand_name"),
    (ECHOTIK, lambda _, row: row.update(sales_flag=9), "code", "sales_flag=9"),
    (ECHOTIK, lambda _, row: row.pop("total_sale_cnt"), "missing", "total_sale_cnt"),
    (ECHOTIK, lambda _, row: row.update(total_sale_cnt=["1"]), "type", "total_sale_cnt: list"),
    (ECHOTIK, lambda body, _: body.update(code="0"), "envelope", "code as text"),
    (ECHOTIK, lambda body, _: body.update(msg=body.pop("message")), "envelope", "msg for message"),
    (ECHOTIK, lambda body, row: body.update(data=row), "envelope", "data is an object"),
    (KEYAPI, lambda _, row: row.update(brand_name="x"), "column", "brand_name"),
    (KEYAPI, lambda _, row: row.update(sales_trend_flag=5), "code", "sales_trend_flag=5"),
    (KEYAPI, lambda _, row: row.pop("min_price"), "missing", "min_price"),
    (KEYAPI, lambda _, row: row.update(min_price={"usd": 1}), "type", "min_price: object"),
    (KEYAPI, lambda body, _: body.pop("requestId"), "envelope", "no requestId"),
    (KEYAPI, lambda body, _: body.update(trace="x"), "envelope", "beside data: trace"),
    (WINNING_HUNTER, lambda _, row: row.update(brand="x"), "column", "brand"),
    (SHOP, lambda _, row: row.update(country="ZZ"), "code", "country=ZZ"),
    (WINNING_HUNTER, lambda _, row: row.pop("rating"), "missing", "rating"),
    (WINNING_HUNTER, lambda _, row: row.update(price=[1]), "type", "price: list"),
    (WINNING_HUNTER, lambda body, _: body.pop("success"), "envelope", "no success"),
    (WINNING_HUNTER, lambda body, _: body.update(trace="x"), "envelope", "beside data: trace"),
]


@pytest.mark.parametrize(("lookup", "change", "kind", "name"), CASES, ids=[f"{c[0]} {c[3]}" for c in CASES])
def test_each_kind_of_drift_is_told_and_logged(lookup: Lookup, change: Plant, kind: str, name: str, gateway, sandbox):
    key = plant(lookup, sandbox, change)
    with capture_logs() as logs:
        server = gateway("v3" if lookup is ECHOTIK else None, providers=(lookup.provider,))

        assert ask(server, lookup, key)["name"]
        until(server, lookup, {(lookup.endpoint, kind, name): 1})
        warned = [log for log in logs if log["event"] == "drift"]

    assert warned == [
        {"event": "drift", "log_level": "warning", "endpoint": lookup.endpoint, "kind": kind, "name": name}
    ]


@pytest.mark.parametrize("lookup", LOOKUPS, ids=str)
def test_what_comes_again_is_counted_and_not_logged_again(lookup: Lookup, gateway, sandbox):
    with capture_logs() as logs:
        server = gateway("v3" if lookup is ECHOTIK else None, providers=(lookup.provider,))
        for place in range(5):
            sandbox.control.forget_rules()
            key = plant(lookup, sandbox, lambda _, row: row.update(brand="x"), place)

            assert ask(server, lookup, key)["name"]
            until(server, lookup, {(lookup.endpoint, "column", "brand"): place + 1})
        warned = [log for log in logs if log["event"] == "drift"]

    assert len(warned) == 1


def test_each_provider_has_its_own(gateway, sandbox):
    server = gateway(providers=ALL)
    key = plant(KEYAPI, sandbox, lambda _, row: row.update(brand="x"))
    query = f'{{ product(id: "{key}") {{ name }} }}'

    assert server(query, headers={"X-Providers": "keyapi"}).data["product"]["name"]
    until(server, KEYAPI, {("keyapi.product.detail", "column", "brand"): 1})


def test_values_of_what_is_odd_are_told_nowhere(gateway, sandbox):
    secret = "jane.doe@example.com"
    key = plant(
        ECHOTIK,
        sandbox,
        lambda body, row: (
            body.update(trace=secret),
            row.update(contact=secret, region=secret, sales_flag=secret, min_price=secret, seller_id=[secret]),
        ),
    )
    with capture_logs() as logs:
        server = gateway("v3")
        ask(server, ECHOTIK, key)
        endpoint = ECHOTIK.endpoint
        until(
            server,
            ECHOTIK,
            {
                (endpoint, "envelope", "beside data: trace"): 1,
                (endpoint, "column", "contact"): 1,
                (endpoint, "code", "region=…"): 1,
                (endpoint, "type", "sales_flag: string"): 1,
                (endpoint, "type", "min_price: string"): 1,
                (endpoint, "type", "seller_id: list"): 1,
            },
        )

    assert secret not in str(logs)


DEEP = "[" * 400 + "]" * 400


@pytest.mark.parametrize(
    "beside",
    [
        f'"deep": {DEEP}',
        f'"huge": "{"x" * 3_000_000}"',
        ", ".join(f'"x{number}": 1' for number in range(5_000)),
        '"new\\nline": 1, "\\u0000": 2, "": 3',
        '"control": "a\nb"',
    ],
    ids=["deep", "huge", "wide", "odd names", "control character"],
)
def test_an_answer_is_given_whatever_stands_in_it(beside: str, gateway, sandbox):
    key = key_of(ECHOTIK, sandbox)
    row = body_of(ECHOTIK, sandbox, key)["data"][0]
    text = json.dumps({"code": 0, "message": "success", "data": [row], "requestId": "1"})
    sandbox.answer("product/detail", text.replace('"data": [{', f'"data": [{{{beside}, '), provider="echotik")
    server = gateway("v3")

    assert ask(server, ECHOTIK, key)["name"] == row["product_name"]
    settled(server)
    sandbox.control.forget_rules()
    after = plant(ECHOTIK, sandbox, lambda _, row: row.update(sales_flag=9), 1)

    assert ask(server, ECHOTIK, after)["name"]
    settled(server)
    assert (ECHOTIK.endpoint, "code", "sales_flag=9") in found(server, ECHOTIK)
