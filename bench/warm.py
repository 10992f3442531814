"""CPU time of warm answers from memory, from SQLite and from Redis, and how much of it is not execution.

The time is that of the gateway's process, all its threads; gateways, sandbox, Redis and client are processes of their
own, and one question is asked at a time. "From memory": the same question again, nothing behind the memory. "From
SQLite", "from Redis": memory is emptied before each question, which is not counted; all of it is read from the tier.

Execution is graphql-core's, with our resolvers. Outside it are HTTP, JSON, the look-up of the parsed and validated
document, the estimate of what the operation costs, what is read of the store for that, and the reservation.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import sleep
from typing import Any, NamedTuple

from bench import _server, latency
from bench._graph_screens import Screen, screens
from bench._table import Figure, is_smoke, show, verdict
from sandbox.world import World
from tests.store.redis_server import RedisServer

BOUND = 0.25
RUNS, REQUESTS = 5, 25
WRITTEN_SECONDS = 0.2
"""What was learned goes to the tier behind the response, a little later."""

MEMORY, SQLITE, REDIS = "memory", "SQLite", "Redis"
COLUMNS = ("warm query", "leaves", "from", "requests a CPU second", "CPU ms", "in execution", "share outside", "bound")


class Case(NamedTuple):
    """A question that is asked again and again."""

    name: str
    query: str
    variables: Mapping[str, Any]


class Cost(NamedTuple):
    """CPU seconds of one request, and those of them in execution."""

    cpu: float
    executing: float

    @property
    def outside(self) -> float:
        return 1 - self.executing / self.cpu


class Found(NamedTuple):
    """The median of a case's runs, answered from one store."""

    case: Case
    leaves: int
    store: str
    cost: Cost


README = Case("README's, 5 products", latency.README, {"first": 5})


def cases(world: World) -> list[Case]:
    """Queries of users: three of the screens among them, one with as many ids as make some 1,440 leaves."""
    chosen = {screen.name: screen for screen in screens(world, smoke=False)}
    product, saved = chosen["product-page"], chosen["watch-list"].variables["ids"]
    return [
        README,
        screened("ranking of 30", chosen["ranking-page"]),
        Case("trend of 180 days", latency.TREND, {"id": product.variables["id"]}),
        screened("page of a product", product),
        screened("131 products by id", chosen["watch-list"], ids=saved[:131]),
    ]


def screened(name: str, screen: Screen, **others: Any) -> Case:
    return Case(name, screen.query, {**screen.variables, **others})


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    _server.import_gateway()
    asked = [README] if smoke else cases(World())
    with _server.sandbox() as upstream, gateways(upstream) as clients:
        leaves = {store: warmed(store, client, asked) for store, client in clients.items()}
        sleep(WRITTEN_SECONDS)
        _server.forget_calls(upstream)
        size = (1, 2) if smoke else (RUNS, REQUESTS)
        found = [
            Found(case, count, store, cost(client, case, *size))
            for store, client in clients.items()
            for case, count in zip(asked, leaves[store], strict=True)
        ]
        made = _server.count_calls(upstream)
    assert not made, f"{made} calls were made for what is warm"
    found.sort(key=lambda each: asked.index(each.case))
    show(COLUMNS, [cells(each) for each in found])
    return verdict(held(found), smoke=smoke)


def held(found: Sequence[Found]) -> list[Figure]:
    """What is held to the bound: the answers from memory."""
    return [Figure(f"outside {each.case.name}", each.cost.outside, BOUND) for each in found if each.store == MEMORY]


@contextmanager
def gateways(upstream: str) -> Iterator[dict[str, _server.Client]]:
    """A client of a gateway for each store."""
    with tempfile.TemporaryDirectory() as folder, RedisServer() as redis:
        stores = {MEMORY: "memory:", SQLITE: f"sqlite:{folder}/store.sqlite", REDIS: redis.url}
        settings = ({"shopgraph_store": store} for store in stores.values())
        with _server.gateways(upstream, *settings) as urls:
            clients = {store: _server.Client(url) for store, url in zip(stores, urls, strict=True)}
            yield clients
            for client in clients.values():
                client.close()


def warmed(store: str, client: _server.Client, asked: Sequence[Case]) -> list[int]:
    """Asks every case once; how many leaves each answer has. From then on this store answers."""
    leaves = [count_leaves(client.ask(case.query, **case.variables)) for case in asked]
    client.forget_each_time(forgets=store != MEMORY)
    return leaves


def cost(client: _server.Client, case: Case, runs: int, requests: int) -> Cost:
    """What a request takes, in the run of which the CPU time is the median."""
    once(client, case)
    return sorted(run(client, case, requests) for _ in range(runs))[runs // 2]


def run(client: _server.Client, case: Case, requests: int) -> Cost:
    before = client.state()
    for _ in range(requests):
        once(client, case)
    after = client.state()
    return Cost((after.cpu - before.cpu) / requests, (after.executing - before.executing) / requests)


def once(client: _server.Client, case: Case) -> None:
    body = client.post(case.query, case.variables)
    assert b'"errors"' not in body, body[:500]


def count_leaves(answer: Any) -> int:
    """Values of an answer that have nothing below them."""
    if isinstance(answer, dict | list):
        return sum(map(count_leaves, answer.values() if isinstance(answer, dict) else answer))
    return 1


def cells(found: Found) -> list[str]:
    cost = found.cost
    times = [f"{1 / cost.cpu:.0f}", f"{cost.cpu * 1e3:.1f}", f"{cost.executing * 1e3:.1f}", f"{cost.outside:.0%}"]
    return [found.case.name, f"{found.leaves:,}", found.store, *times, str(BOUND if found.store == MEMORY else "")]


if __name__ == "__main__":
    sys.exit(main())
