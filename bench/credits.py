"""Upstream calls of twelve nested queries, and of fifty clients at once, against the fewest that can answer them.

Five queries are README's or what its table prices; one is made for long lists, one for lookups below lookups; five are
drawn from the schema by a seed. Each is asked on an empty store ("ours"), and at once again ("warm"), while a call to
the provider takes 0 ms, 20 ms, and 20 to 200 ms. Sandbox and gateway are processes of their own. "Each tick" is what a
client of plain data loaders would pay: the same gateway, whose lookups leave with what one turn of the event loop has
gathered, tens at most, and wait for no list (SHOPGRAPH_BATCH_WAIT_MS=0).

The least is worked out over the world, without the gateway's code, by these rules:

- Pages: page 1 alone. When it is full, the rest at once where the row that named the parent told a count, no more than
  it needs; else, and behind that count, in waves of 1, 2, 4 and 8 pages. A short page ends the list and a count never
  does: one that ends on a full page costs the next page too, where that many rows were asked. What a wave asks behind
  the short page stands in a column of its own and not in the ratio.
- Lookups: what is needed and no row of any list of the query tells, once an id, ten ids a call (sellers: one), over the
  query as a whole. A null or an empty cell tells that there is none, but for the level 1 category of a product's rank
  row and a peak of 0 viewers, which are holes. Unpublished columns that name the product and shop of a live tell
  nothing. Where a list hangs on a lookup, what it brings cannot share that lookup's call; where several kinds wait so,
  the best order counts.
- Days: tens from the first one lacking; not before the day first seen, where the row that named the entity told it.
- Pictures: ten distinct addresses to a signing.
- Categories: a level once. Where no row tells a category's level, levels are read from the first until one has it.

Fifty clients ask drawn queries of two markets at the same moment; their least is that of all queries taken as one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from graphql import build_schema

from bench import _credits_upstream, _server
from bench._credits_least import Least, Page, Question, least
from bench._credits_queries import drawn_question, questions
from bench._credits_rows import LOOKUPS, Rows
from bench._table import Figure, is_smoke, show, verdict
from sandbox.world import World

SCHEMA = Path(__file__).parent.parent / "schema.graphql"
SEED = "credits"
LATENCIES = {"0 ms": (0, 0), "20 ms": (20, 20), "20–200 ms": (20, 200)}
SMOKE = {"0 ms": (0, 0)}
DRAWN = 5
CLIENTS, DISTINCT = 50, 25
FEW_CLIENTS, FEW_DISTINCT = 4, 1
MARKETS = ("GB", "SG")
UNION_BOUND = 1.05
UNBOUND = {  # by credits, and by what else keeps the machine busy
    "shopgraph_store": "memory:",
    "shopgraph_max_credits_per_request": 1_000_000,
    "shopgraph_deadline_ms": 60_000,
}
EACH_TICK = {"shopgraph_batch_wait_ms": 0}
COLUMNS = (
    "query",
    "latency",
    "least",
    "ours",
    "ours ÷ least",
    "overshoot",
    "of a count",
    "warm",
    "each tick",
    "÷ least",
)
MOST_SHOWN = 12
PAGING = ("page_num", "page_size")


class Case(NamedTuple):
    """Queries that are asked at once, and the fewest calls for all of them."""

    name: str
    asked: Sequence[Question]
    least: Least


class Counted(NamedTuple):
    """What a gateway asked, against the least.

    ours       calls, pages behind a list's end apart
    overshoot  those pages; `counted` of them where the parent had told a count
    excess     what was asked beyond the least, path by path
    """

    ours: int
    overshoot: int
    counted: int
    excess: Sequence[str]


class Found(NamedTuple):
    """A case at a latency."""

    name: str
    clients: int
    latency: str
    least: int
    cold: Counted
    warm: int
    each_tick: int

    @property
    def ratio(self) -> float:
        return self.cold.ours / self.least


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    found: list[Found] = []
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        starting = {
            latency: threads.submit(stack.enter_context, servers(bounds, smoke=smoke))
            for latency, bounds in (SMOKE if smoke else LATENCIES).items()
        }
        compared = cases(smoke=smoke)
        for latency, started in starting.items():
            found += [measured(case, latency, *started.result()) for case in compared]
    show(COLUMNS, [cells(each) for each in found])
    for each in found:
        for line in each.cold.excess:
            print(f"{each.name}, {each.latency}: {line}")
    return verdict(figures(found), smoke=smoke)


@contextmanager
def servers(bounds: tuple[float, float], *, smoke: bool) -> Iterator[tuple[str, str, str | None]]:
    """The addresses of a provider, of a gateway, and, but for a smoke, of one whose lookups wait for nothing."""
    with _credits_upstream.upstream(*bounds) as upstream, ExitStack() as stack:
        ours = stack.enter_context(_server.gateway(upstream, **UNBOUND))
        yield upstream, ours, None if smoke else stack.enter_context(_server.gateway(upstream, **UNBOUND, **EACH_TICK))


def cases(*, smoke: bool) -> list[Case]:
    """The twelve, one by one, and what the clients ask together."""
    schema, rows = build_schema(SCHEMA.read_text("utf-8")), Rows(World())
    single = questions(schema, SEED, *((1, 0) if smoke else (DRAWN,)))
    clients, distinct = (FEW_CLIENTS, FEW_DISTINCT) if smoke else (CLIENTS, DISTINCT)
    drawn = [drawn_question(schema, f"{SEED} client {number}", number, MARKETS) for number in range(distinct)]
    return [
        *(Case(each.name, [each], least(schema, rows, [each])) for each in single),
        Case(f"{clients} clients at once", (drawn * clients)[:clients], least(schema, rows, drawn)),
    ]


def measured(case: Case, latency: str, upstream: str, ours: str, each_tick: str | None) -> Found:
    """Through the gateways on an empty store; and through ours again, for the same answers."""
    (first, cold), (second, warm) = (ask(case, upstream, ours, forget=forget) for forget in (True, False))
    other, ticking = (first, cold) if each_tick is None else ask(case, upstream, each_tick, forget=True)
    assert first == second == other, f"{case.name}: answers differ"
    counts = case.least.by_path.total(), compared(case.least, cold), len(warm), compared(case.least, ticking).ours
    return Found(case.name, len(case.asked), latency, *counts)


def ask(case: Case, upstream: str, gateway: str, *, forget: bool) -> tuple[list[Any], list[dict[str, Any]]]:
    """The data of the answers, and the calls that they took."""
    clients = [_server.Client(gateway) for _ in case.asked]
    if forget:
        clients[0].forget()
    _server.forget_calls(upstream)
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(lambda client, each: client.ask(each.query), clients, case.asked))
    for client in clients:
        client.close()
    return answers, _credits_upstream.calls(upstream)


def compared(known: Least, received: Sequence[Mapping[str, Any]]) -> Counted:
    """Calls against the least: those of pages one by one, the others by path."""
    asked = Counter(
        page_of(call) for call in received if "page_num" in call["params"] and "start_date" not in call["params"]
    )
    behind = {page: counted for page, counted in known.overshoot.items() if page in asked}
    return Counted(
        len(received) - len(behind), len(behind), sum(behind.values()), list(excess(known, received, asked, behind))
    )


def page_of(call: Mapping[str, Any]) -> Page:
    """Which page of which list a call asks for."""
    params = {name: value for name, value in call["params"].items() if name not in PAGING}
    return call["path"], frozenset(params.items()), int(call["params"].get("page_num", 1))


def excess(
    known: Least, received: Sequence[Mapping[str, Any]], asked: Mapping[Page, int], behind: Mapping[Page, bool]
) -> Iterator[str]:
    """What was asked too much or too little, path by path, with the pages or ids in question."""
    made = Counter(call["path"] for call in received)
    made.subtract(Counter(path for path, _, _ in behind))
    for path in made.keys() | known.by_path.keys():
        if made[path] == known.by_path[path]:
            continue
        yield f"{path}: {made[path]} calls, at least {known.by_path[path]}{details(known, received, asked, path)}"


def details(known: Least, received: Sequence[Mapping[str, Any]], asked: Mapping[Page, int], path: str) -> str:
    """The ids of a lookup that the least leaves out, and in what batches they left; or the pages of a list."""
    if path in known.asked:
        batches = [ids_of(call) for call in received if call["path"] == path]
        needless = sorted({key for batch in batches for key in batch} - known.asked[path])
        return f"; batches of {shortened(map(len, batches))}; not needed: {shortened(needless)}"
    pages = [page for page in asked if page[0] == path and page not in known.pages and page not in known.overshoot]
    return f"; not needed: {shortened((dict(params), number) for _, params, number in pages)}" if pages else ""


def shortened(things: Iterable[object]) -> str:
    """The first few of them."""
    first = [*islice(map(str, things), MOST_SHOWN + 1)]
    return " ".join([*first[:MOST_SHOWN], *(["…"] if len(first) > MOST_SHOWN else [])]) or "none"


def ids_of(call: Mapping[str, Any]) -> list[str]:
    lookup = next(each for each in LOOKUPS.values() if each.path == call["path"])
    return str(call["params"].get(lookup.param, "")).split(",")


def figures(found: Sequence[Found]) -> list[Figure]:
    single, together = ([each for each in found if (each.clients > 1) == many] for many in (False, True))
    worst, dearest = (max(some, key=lambda each: each.ratio) for some in (single, together))
    least_of_all = min(found, key=lambda each: each.ratio)
    return [
        Figure(f"ours ÷ least of {worst.name}, {worst.latency}", worst.ratio, 1),
        Figure(f"and of {least_of_all.name}, {least_of_all.latency}", least_of_all.ratio, 1, at_least=True),
        Figure("calls of warm runs", sum(each.warm for each in found), 0),
        Figure("pages behind a count", sum(each.cold.counted for each in found), 0),
        Figure(f"{dearest.name}, {dearest.latency}", dearest.ratio, UNION_BOUND),
    ]


def cells(found: Found) -> list[str]:
    cold, ratios = found.cold, (found.ratio, found.each_tick / found.least)
    ours, each_tick = (f"{ratio:.2f}" for ratio in ratios)
    counts = found.least, cold.ours, ours, cold.overshoot, cold.counted, found.warm, found.each_tick, each_tick
    return [found.name, found.latency, *map(str, counts)]


if __name__ == "__main__":
    sys.exit(main())
