"""The gateway's memory under cold queries without end: RSS after 5,000 of them ÷ RSS after 1,000.

Every query is another document that asks for what was not asked before: the next page of a list, the products of
another filter, another product with relations and trend. The store is full well before query 1,000, so what grows
behind it is kept by something else. Gateway, sandbox and client are three processes; eight queries run at once.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle, pairwise, product
from typing import Any

from bench import _server
from bench._server import State
from bench._table import Figure, is_smoke, show, verdict
from entities.vocabulary import ProductSortField, Region
from sandbox.world import World
from server import MEGABYTE

BOUND = 1.1
FULL = 0.95
STORE_MB = 32
AT_ONCE = 8
CHECKPOINTS = (0, 200, 400, 600, 800, 1000, 2000, 3000, 4000, 5000)
FIRST, LAST = 1000, 5000
SMOKE = (0, 24, 48)

RELATIONS = """{{ product(id: "{id}") {{
  name rating description {{ __typename }} skus {{ skuId }}
  influencers {{ edges {{ units node {{ name }} }} }}
  videos {{ edges {{ units node {{ caption }} }} }}
  trend(days: 10) {{ date units }}
}} }}"""
FILTERED = """{{ products(region: {region}, filter: {{units: {{min: {least}}}}}) {{
  nodes {{ name cover {{ url }} performance(window: LAST_7_DAYS) {{ units gmv }} }}
}} }}"""
PAGE = """{{ products(region: {region}, sort: {{field: {field}}}, after: {after}) {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{ name seller {{ id }} }}
}} }}"""

Questions = Generator[str, Any, None]


class Asker:
    """Asks the distinct queries of one of the eight, one after the other."""

    def __init__(self, url: str, number: int, world: World) -> None:
        self._client = _server.Client(url)
        self._questions = questions(number, world)
        self._next = next(self._questions)

    def ask(self, times: int) -> None:
        for _ in range(times):
            self._next = self._questions.send(self._client.ask(self._next))

    def close(self) -> None:
        self._client.close()


def questions(number: int, world: World) -> Questions:
    """Documents that neither this asker nor another has sent; takes the data of each answer."""
    places = cycle(list(product(Region, ProductSortField))[number::AT_ONCE])
    (region, field), after = next(places), "null"
    for step in count(number, AT_ONCE):
        yield RELATIONS.format(id=world.product_at(step).id)
        yield FILTERED.format(region=region.name, least=step)
        page = (yield PAGE.format(region=region.name, field=field.name, after=after))["products"]["pageInfo"]
        after = f'"{page["endCursor"]}"'
        if not page["hasNextPage"]:
            (region, field), after = next(places), "null"


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    checkpoints = SMOKE if smoke else CHECKPOINTS
    first, last = SMOKE[1:] if smoke else (FIRST, LAST)
    with _server.sandbox() as upstream, _server.gateway(upstream, shopgraph_store_memory_mb=STORE_MB) as url:
        states = measured(url, checkpoints)
    show(["cold queries", "RSS MB", "stored MB", "of its bound", "entries"], [row(*told) for told in states.items()])
    full = states[first].stored / states[first].bound
    assert smoke or full > FULL, f"the store was only {full:.0%} full after {first} queries"
    return verdict(
        [Figure(f"RSS after {last:,} ÷ {first:,}", states[last].rss / states[first].rss, BOUND)], smoke=smoke
    )


def measured(url: str, checkpoints: Sequence[int]) -> dict[int, State]:
    """The gateway's memory after so many queries."""
    world, client = World(), _server.Client(url)
    askers = [Asker(url, number, world) for number in range(AT_ONCE)]
    states = {checkpoints[0]: client.state()}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for before, after in pairwise(checkpoints):
            list(threads.map(lambda asker, times=(after - before) // AT_ONCE: asker.ask(times), askers))
            states[after] = client.state()
    for asker in askers:
        asker.close()
    client.close()
    return states


def row(queries: int, state: State) -> list[str]:
    sizes = [f"{state.rss / MEGABYTE:.1f}", f"{state.stored / MEGABYTE:.1f}", f"{state.stored / state.bound:.0%}"]
    return [f"{queries:,}", *sizes, f"{state.entries:,}"]


if __name__ == "__main__":
    sys.exit(main())
