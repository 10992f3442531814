"""What `providers` tells of each: its bounds, its calls and credits of the day and the month, over restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.server import SandboxServer
from tests.conftest import ALL, Gateway, Start, access_to

STATUS = """{ providers {
  provider configured circuit callsToday creditsToday callsThisMonth creditsThisMonth
  maxCalls perSeconds inFlight maxInFlight drift { name }
} }"""
RATE = "{ product(id: %r) { seller { performance(window: LAST_7_DAYS) { conversionRate } } realtime { title } } }"


def status(server: Gateway) -> dict[str, dict[str, Any]]:
    return {told.pop("provider"): told for told in server(STATUS).data["providers"]}


def test_each_tells_its_own_bounds(gateway: Start, sandbox: SandboxServer):
    given = {name: value for provider in ALL for name, value in access_to(provider, sandbox).items()}
    given |= {"echotik_calls_per_second": 7, "winninghunter_calls_per_minute": 55, "shopgraph_max_concurrency": 9}
    told = status(gateway(**given))

    assert (told["ECHOTIK"]["maxCalls"], told["ECHOTIK"]["perSeconds"]) == (7, 1)
    assert (told["KEYAPI"]["maxCalls"], told["KEYAPI"]["perSeconds"]) == (None, None)
    assert (told["WINNING_HUNTER"]["maxCalls"], told["WINNING_HUNTER"]["perSeconds"]) == (55, 60)
    assert all(each["maxInFlight"] == 9 and each["inFlight"] == 0 and each["drift"] == [] for each in told.values())


def test_one_that_is_not_configured_has_nothing_to_tell(gateway: Start):
    told = status(gateway())["KEYAPI"]

    assert told["configured"] is False and told["circuit"] == "CLOSED"
    assert (told["callsToday"], told["maxInFlight"], told["maxCalls"]) == (0, 0, None)


def test_calls_and_credits_of_each_outlive_the_server(gateway: Start, sandbox: SandboxServer, tmp_path: Path):
    store = f"sqlite:{tmp_path / 'store.sqlite'}"
    first = gateway(providers=ALL, shopgraph_store=store)
    assert "errors" not in first(RATE.replace("%r", f'"{sandbox.product_ids()[0]}"')).body
    told = status(first)
    first.__exit__()
    again = status(gateway(providers=ALL, shopgraph_store=store))

    for name, word in (("echotik", "ECHOTIK"), ("keyapi", "KEYAPI"), ("winninghunter", "WINNING_HUNTER")):
        calls = [call for call in sandbox.calls if call.provider == name]
        live = sum(call.path.startswith(("realtime/", "rt/")) for call in calls)
        assert told[word]["callsToday"] == told[word]["callsThisMonth"] == len(calls)
        assert told[word]["creditsToday"] == told[word]["creditsThisMonth"] == len(calls) + live
        assert again[word] == told[word]
    assert told["WINNING_HUNTER"]["callsToday"] == 2


def test_credits_that_are_given_back_are_not_counted(gateway: Start, sandbox: SandboxServer):
    server = gateway(providers=("winninghunter",))
    sandbox.fail("product-detail", "rate", provider="winninghunter", times=1)
    answer = server("query ($id: ID!) { product(id: $id) { name } }", id=sandbox.product_ids()[0])
    told = status(server)["WINNING_HUNTER"]

    assert answer.data["product"]["name"]
    cost = answer.body["extensions"]["cost"]
    assert (cost["calls"], cost["retries"], cost["actualCredits"]) == (1, 1, 1)
    assert (told["callsToday"], told["creditsToday"]) == (2, 1)
