"""What a client is told of its credits, through the server; and that asking costs none."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Answer, Gateway

QUOTA = "{ quota { client limit used remaining resetAt perRequest byDay { date credits operations } } }"
KEYS = {"heron": "a key that heron keeps", "marsh": "another one"}
CREDITS = {"heron": ":50", "marsh": ""}
PRODUCTS = "{ products(region: US, first: 20) { nodes { name } } }"  # two pages of ten: two calls, a credit each


def today() -> date:
    return datetime.now(UTC).date()


def asked(server: Gateway, client: str, query: str = QUOTA) -> Answer:
    return server(query, headers={"authorization": f"Bearer {KEYS[client]}"})


def quota(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = answer.data["quota"]
    return told


@pytest.fixture
def server(gateway) -> Gateway:
    """heron may spend 50 credits a day, marsh as many as it likes."""
    hashes = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in KEYS.items()}
    started: Gateway = gateway(shopgraph_api_keys=",".join(f"{name}:{hashes[name]}{CREDITS[name]}" for name in KEYS))
    return started


def test_a_client_is_told_its_limit_and_what_is_left_of_it(server, sandbox):
    before = today()
    assert asked(server, "heron", PRODUCTS).data and sandbox.count() == 2

    told = quota(asked(server, "heron"))

    assert (told["client"], told["limit"], told["used"], told["remaining"]) == ("heron", 50, 2, 48)
    resets = datetime.fromisoformat(told["resetAt"])
    assert resets in [
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) for day in (before, today())
    ]
    assert sandbox.count() == 2


def test_a_client_without_a_limit_is_told_what_it_used(server, sandbox):
    asked(server, "marsh", PRODUCTS)

    told = quota(asked(server, "marsh"))

    assert told["client"] == "marsh" and told["used"] == sandbox.count() == 2
    assert (told["limit"], told["remaining"], told["resetAt"]) == (None, None, None)


def test_a_client_is_told_of_itself_alone(server):
    asked(server, "marsh", PRODUCTS)

    assert (quota(asked(server, "heron"))["used"], quota(asked(server, "marsh"))["used"]) == (0, 2)


def test_where_no_key_is_asked_for_the_client_is_anonymous(graphql, sandbox):
    graphql(PRODUCTS)

    told = quota(graphql(QUOTA))

    assert (told["client"], told["limit"], told["used"]) == ("anonymous", None, sandbox.count())


@pytest.mark.parametrize("credits", [1, 200, 1_000_000])
def test_a_client_is_told_what_a_request_may_spend(credits: int, gateway):
    assert quota(gateway(shopgraph_max_credits_per_request=credits)(QUOTA))["perRequest"] == credits


def test_asking_calls_nobody(server, sandbox):
    for _ in range(3):
        asked(server, "heron")

    assert sandbox.count() == 0
    assert quota(asked(server, "heron"))["used"] == 0


def test_what_the_store_answers_costs_nothing(server):
    for _ in range(3):
        asked(server, "heron", PRODUCTS)

    assert quota(asked(server, "heron"))["used"] == 2


# ── by day ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_week_is_told_oldest_first_and_today_last(server):
    first = today()
    asked(server, "heron", PRODUCTS)

    days = quota(asked(server, "heron"))["byDay"]

    last = date.fromisoformat(days[-1]["date"])
    assert first <= last <= today()
    assert [day["date"] for day in days] == [(last - timedelta(days=back)).isoformat() for back in range(6, -1, -1)]
    assert [(day["credits"], day["operations"]) for day in days[:-2]] == [(0, 0)] * 5
    assert sum(day["credits"] for day in days) == 2


def test_every_operation_counts_once_it_is_answered(server):
    operations = [sum(day["operations"] for day in quota(asked(server, "heron"))["byDay"]) for _ in range(3)]

    assert operations == [0, 1, 2]


@pytest.mark.parametrize("days", [1, 7, 90])
def test_as_many_days_are_told_as_were_asked_for(days: int, server):
    told = asked(server, "heron", f"{{ quota {{ byDay(days: {days}) {{ date }} }} }}")

    dates = [date.fromisoformat(day["date"]) for day in quota(told)["byDay"]]
    assert len(set(dates)) == len(dates) == days and dates == sorted(dates)


@pytest.mark.parametrize("days", [0, -1, 91, 2**31 - 1])
def test_fewer_than_one_day_and_more_than_90_are_refused(days: int, server):
    told = asked(server, "heron", f"{{ quota {{ byDay(days: {days}) {{ date }} }} }}")

    assert told.codes == ["BAD_USER_INPUT"]
    assert told.errors[0]["extensions"]["argument"] == "days" and "from 1 to 90" in told.errors[0]["message"]
