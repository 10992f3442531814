"""Series of days where several providers have them: the cheapest that tells all of it, and never two in one series."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.server import SandboxServer
from sandbox.world.product import Product
from tests.conftest import ALL, Answer, Gateway

DAILY = "date units gmv"
RUNNING = "date units gmv totalUnits"
AT_ECHOTIK, AT_KEYAPI, AT_WINNING_HUNTER = "product/trend", "product/trends/analytics", "product-detail/history"
OURS = 777_000
"""Units that no product of the sandbox sells on a day."""


@pytest.fixture
def product(sandbox: SandboxServer) -> Product:
    """One that sold for years and lacks no day."""
    return next(each for each in sandbox.world.products_in("US") if each.established)


def trend(server: Gateway, product: Product, arguments: str, fields: str = DAILY, **more: Any) -> Answer:
    return server(f'{{ product(id: "{product.id}") {{ trend({arguments}) {{ {fields} }} }} }}', **more)


def points(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.data["product"]["trend"]
    return found


def warmed(server: Gateway, product: Product, sandbox: SandboxServer) -> Gateway:
    """The product itself is known, so that its days alone are asked."""
    assert server(f'{{ product(id: "{product.id}") {{ name firstSeen }} }}').data["product"]["name"]
    sandbox.control.forget_calls()
    return server


def asked(sandbox: SandboxServer) -> list[int]:
    """Calls for days, at EchoTik, KeyAPI and Winning Hunter; nothing else was asked."""
    counts = [sandbox.count(path) for path in (AT_ECHOTIK, AT_KEYAPI, AT_WINNING_HUNTER)]
    assert sum(counts) == sandbox.count()
    sandbox.control.forget_calls()
    return counts


def credits(answer: Answer) -> int:
    spent: int = answer.body["extensions"]["cost"]["actualCredits"]
    assert spent <= answer.body["extensions"]["cost"]["estimatedCredits"]
    return spent


def days_of(sandbox: SandboxServer, product: Product, first: int, last: int = 1) -> list[dict[str, Any]]:
    """What a product sold on each day, counted back from today."""
    return [
        {
            "date": sandbox.world.date_of(day).isoformat(),
            "units": product.units(day) - product.units(day + 1),
            "gmv": pytest.approx((product.gmv(day) - product.gmv(day + 1)) / 100),
        }
        for day in range(first, last - 1, -1)
    ]


def made_up(path: str, sandbox: SandboxServer, count: int) -> None:
    """Let KeyAPI tell days that are told apart from everybody else's, for every range that may be asked."""
    for back in range(1, count + 1):
        first = sandbox.world.date_of(back)
        rows = [row_of(first + timedelta(days=step)) for step in range(min(10, back))]
        sandbox.answer(
            path,
            {"code": 0, "message": "success", "data": rows},
            provider="keyapi",
            when={"start_date": first.isoformat()},
        )


def row_of(day: date) -> dict[str, Any]:
    return {"dt": day.isoformat(), "total_sale_1d_cnt": OURS, "total_sale_gmv_1d_amt": 1.5, "total_sale_cnt": OURS}


# ── whose days cost least ─────────────────────────────────────────────────────────────────────────────────────────


def test_ninety_days_of_sales_cost_one_credit_where_one_sells_them_whole(product, gateway, sandbox):
    answer = trend(warmed(gateway("v3", ALL), product, sandbox), product, "days: 90")

    assert points(answer) == days_of(sandbox, product, 90)
    assert credits(answer) == 1
    assert asked(sandbox) == [0, 0, 1]


def test_ninety_days_of_sales_cost_nine_at_echotik_alone(product, gateway, sandbox):
    answer = trend(warmed(gateway("v3"), product, sandbox), product, "days: 90")

    assert points(answer) == days_of(sandbox, product, 90)
    assert credits(answer) == 9
    assert asked(sandbox) == [9, 0, 0]


def test_a_fact_that_one_lacks_brings_the_whole_series_from_another(product, gateway, sandbox):
    answer = trend(warmed(gateway("v3", ALL), product, sandbox), product, "days: 90", RUNNING)

    told = days_of(sandbox, product, 90)
    assert points(answer) == [
        {**each, "totalUnits": product.units(day)} for each, day in zip(told, range(90, 0, -1), strict=True)
    ]
    assert credits(answer) == 9
    assert asked(sandbox) == [9, 0, 0]


@pytest.mark.parametrize(
    ("days", "calls"),
    [(1, [1, 0, 0]), (10, [1, 0, 0]), (11, [0, 0, 1]), (30, [0, 0, 1]), (90, [0, 0, 1]), (91, [10, 0, 0])],
)
def test_the_cheapest_that_reaches_so_far_is_asked(days: int, calls: list[int], product, gateway, sandbox):
    answer = trend(warmed(gateway("v3", ALL), product, sandbox), product, f"days: {days}")

    assert points(answer) == days_of(sandbox, product, days)
    assert asked(sandbox) == calls


@pytest.mark.parametrize(
    ("prices", "days", "calls"),
    [
        ("winninghunter=3", 30, [3, 0, 0]),
        ("winninghunter=3", 31, [0, 0, 1]),
        ("winninghunter=2.9", 30, [0, 0, 1]),
        ("winninghunter=0.5", 10, [0, 0, 1]),
        ("keyapi=0.1", 90, [0, 9, 0]),
        ("keyapi=0.1,winninghunter=0.1", 90, [0, 0, 1]),
    ],
)
def test_prices_decide_and_then_the_order(prices: str, days: int, calls: list[int], product, gateway, sandbox):
    server = warmed(gateway("v3", ALL, shopgraph_credit_prices=prices), product, sandbox)

    assert points(trend(server, product, f"days: {days}")) == days_of(sandbox, product, days)
    assert asked(sandbox) == calls


def test_what_the_order_names_first_is_asked_at_the_same_price(product, gateway, sandbox):
    server = warmed(gateway("v3", ALL, shopgraph_providers="winninghunter,keyapi,echotik"), product, sandbox)

    assert points(trend(server, product, "days: 10")) == days_of(sandbox, product, 10)
    assert asked(sandbox) == [0, 0, 1]


@pytest.mark.parametrize(
    ("pin", "calls"),
    [
        ("echotik", [9, 0, 0]),
        ("keyapi", [0, 9, 0]),
        ("winninghunter", [0, 0, 1]),
        ("keyapi, echotik", [0, 9, 0]),
        ("echotik,keyapi", [9, 0, 0]),
        ("WinningHunter, EchoTik", [0, 0, 1]),
    ],
)
def test_a_header_names_the_only_ones_that_are_asked(pin: str, calls: list[int], product, gateway, sandbox):
    server = gateway("v3", ALL)
    header = {"X-Providers": pin}
    server(f'{{ product(id: "{product.id}") {{ name firstSeen }} }}', headers=header)
    sandbox.control.forget_calls()

    assert points(trend(server, product, "days: 90", headers=header)) == days_of(sandbox, product, 90)
    assert asked(sandbox) == calls


def test_who_is_pinned_and_does_not_tell_a_fact_or_reach_so_far_is_not_replaced(product, gateway, sandbox):
    server = gateway("v3", ALL)
    header = {"X-Providers": "winninghunter"}
    server(f'{{ product(id: "{product.id}") {{ name }} }}', headers=header)
    sandbox.control.forget_calls()

    far = trend(server, product, "days: 91", headers=header)
    assert far.codes == ["CAPABILITY_UNAVAILABLE"] and far.partial["product"]["trend"] is None
    assert sandbox.count() == 0
    running = trend(server, product, "days: 30", RUNNING, headers=header)
    assert {call.provider for call in sandbox.calls} <= {"winninghunter"}
    assert all(point["totalUnits"] is None for point in points(running))


# ── days that are there already ───────────────────────────────────────────────────────────────────────────────────


def test_stored_days_make_another_cheaper_or_enough(product, gateway, sandbox):
    server = warmed(gateway("v3", ALL), product, sandbox)
    assert points(trend(server, product, "days: 10", RUNNING)) and asked(sandbox) == [1, 0, 0]

    assert points(trend(server, product, "days: 10")) == days_of(sandbox, product, 10)
    assert asked(sandbox) == [0, 0, 0]
    assert points(trend(server, product, "days: 20")) == days_of(sandbox, product, 20)
    assert asked(sandbox) == [1, 0, 0]  # the ten that lack cost as much there as all of them elsewhere
    assert points(trend(server, product, "days: 90")) == days_of(sandbox, product, 90)
    assert asked(sandbox) == [0, 0, 1]
    assert points(trend(server, product, "days: 90")) == days_of(sandbox, product, 90)
    assert asked(sandbox) == [0, 0, 0]
    assert len(points(trend(server, product, "days: 90", RUNNING))) == 90
    assert asked(sandbox) == [7, 0, 0]


def test_stored_days_are_served_though_their_provider_is_not_asked(product, gateway, sandbox):
    server = warmed(gateway("v3", ALL), product, sandbox)
    assert points(trend(server, product, "days: 90")) and asked(sandbox) == [0, 0, 1]
    sandbox.fail("*", "quota")
    trend(server, product, "days: 91")
    sandbox.control.forget_calls()

    assert points(trend(server, product, "days: 60")) == days_of(sandbox, product, 60)
    assert asked(sandbox) == [0, 0, 0]


# ── a series is never mixed ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["quota", "gateway", "forbidden", "rate", "garbage"])
def test_where_one_of_nine_ranges_fails_the_whole_series_is_anothers(fault: str, product, gateway, sandbox):
    server = warmed(gateway("v3", ("echotik", "keyapi")), product, sandbox)
    made_up(AT_KEYAPI, sandbox, 90)
    fifth = sandbox.world.date_of(50).isoformat()
    sandbox.fail(AT_ECHOTIK, fault, provider="echotik", when={"start_date": fifth})

    found = points(trend(server, product, "days: 90", RUNNING))

    assert [point["units"] for point in found] == [OURS] * 90
    assert [point["totalUnits"] for point in found] == [OURS] * 90
    at_echotik, at_keyapi, _ = asked(sandbox)
    assert at_keyapi == 9
    assert at_echotik <= (9 if fault in ("quota", "forbidden") else 10)


def test_days_that_arrived_before_the_failure_are_kept_and_not_asked_again(product, gateway, sandbox):
    server = warmed(gateway("v3", ("echotik", "keyapi"), shopgraph_outage_pause_s=0), product, sandbox)
    made_up(AT_KEYAPI, sandbox, 90)
    fifth = sandbox.world.date_of(50).isoformat()
    sandbox.fail(AT_ECHOTIK, "gateway", provider="echotik", when={"start_date": fifth})
    assert points(trend(server, product, "days: 90"))[0]["units"] == OURS
    sandbox.reset()

    found = points(trend(server, product, "days: 40", headers={"X-Providers": "echotik"}))

    assert found == days_of(sandbox, product, 40)
    assert asked(sandbox) == [0, 0, 0]


def test_days_go_on_at_who_has_some_of_them_and_are_not_filled_up_by_another(product, gateway, sandbox):
    """A third of the days are KeyAPI's already, which makes it the cheaper one of all of them."""
    server = warmed(gateway("v3", ("echotik", "keyapi")), product, sandbox)
    made_up(AT_KEYAPI, sandbox, 30)
    pinned = trend(server, product, "days: 10", headers={"X-Providers": "keyapi"})
    assert [point["units"] for point in points(pinned)] == [OURS] * 10
    sandbox.control.forget_calls()

    found = points(trend(server, product, "days: 30"))

    assert [point["units"] for point in found] == [OURS] * 30
    assert asked(sandbox) == [0, 2, 0]


@pytest.mark.parametrize("fault", ["quota", "auth", "forbidden", "rate", "error"])
def test_where_who_sells_it_whole_fails_the_days_are_anothers_and_the_failure_is_free(
    fault: str, product, gateway, sandbox
):
    server = warmed(gateway("v3", ALL), product, sandbox)
    sandbox.fail(AT_WINNING_HUNTER, fault, provider="winninghunter")

    answer = trend(server, product, "days: 30")

    assert points(answer) == days_of(sandbox, product, 30)
    assert answer.body["extensions"]["cost"]["actualCredits"] == 3
    assert asked(sandbox) == [3, 0, 2 if fault in ("rate", "error") else 1]


@pytest.mark.parametrize("fault", ["rate", "rate_in_200", "quota", "error", "reset", "auth", "forbidden", "garbage"])
@pytest.mark.parametrize("first", ["echotik", "keyapi"])
def test_a_series_that_both_sell_is_answered_by_the_other(first: str, fault: str, product, gateway, sandbox):
    server = warmed(gateway("v3" if first == "echotik" else None, (first, "winninghunter")), product, sandbox)
    path = AT_ECHOTIK if first == "echotik" else AT_KEYAPI
    sandbox.fail(path, fault, provider=first)

    assert points(trend(server, product, "days: 10")) == days_of(sandbox, product, 10)

    retried = fault not in ("quota", "auth", "forbidden")
    assert (sandbox.count(path), sandbox.count(AT_WINNING_HUNTER)) == (1 + retried, 1)
    sandbox.control.forget_calls()
    assert points(trend(server, product, f'from: "{sandbox.world.date_of(15)}"'))
    assert sandbox.count(provider=first) == 0
