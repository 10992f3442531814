"""Wall time of cold nested queries over an upstream that takes 50 ms for any answer.

The measure is wall time ÷ (50 ms × the longest chain of calls of which each needs the one before it). Gateway, sandbox
and client are three processes; the store is emptied before each run, and a first run, not counted, has the sandbox
compute its rows. To wait for a free slot is not in the chain, so as many calls may be in flight as the gateway has
connections (SHOPGRAPH_MAX_CONCURRENCY=64, by default 16). Rows without a bound show wider links: there the sandbox, one
process, is late by itself (a bare client gets 60 answers, asked at once, in about 85 ms, not 50).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from bench import _server
from bench._chain import calls, list_waves
from bench._table import Figure, is_smoke, middle, show, verdict
from upstream.http import MAX_CONNECTIONS

LATENCY_MS = 50
BOUND = 1.3
WIDEST_LINK = 24
RUNS = 5

README = """
query ($first: Int!) {
  products(region: US, first: $first) {
    nodes {
      name
      cover { url signedUrl }
      seller { id }
      performance(window: LAST_30_DAYS) { units gmv averagePrice }
      influencers(first: 5, sort: {field: UNITS}) { edges { units node { id name } } }
      trend(days: 7) { date units gmv }
    }
  }
}"""
LIST = "query ($first: Int!) { products(region: US, first: $first) { nodes { id name } } }"
RANKING = """
query ($first: Int!, $date: Date!) {
  productRanking(region: US, date: $date, first: $first) { edges { rank units node { name rating } } }
}"""
RELATIONS = """
query ($ids: [ID!]!) {
  productsByIds(ids: $ids) {
    name
    influencers { edges { units node { name } } }
    videos { edges { units node { caption } } }
  }
}"""
TREND = "query ($id: ID!) { product(id: $id) { name trend(days: 180) { date units gmv } } }"
COVERS = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { cover { signedUrl } } }"
ESTABLISHED = """
query ($before: Date!) {
  products(region: US, first: 100, filter: {firstSeen: {to: $before}}) { nodes { productId } }
}"""


class Case(NamedTuple):
    """A query, and how many calls stand in each link of its longest chain."""

    name: str
    query: str
    variables: Mapping[str, Any]
    links: Sequence[int]

    @property
    def bound(self) -> float | None:
        """None where a link is too wide for the sandbox."""
        return BOUND if max(self.links) <= WIDEST_LINK else None


def cases(ids: Sequence[str], *, smoke: bool) -> list[Case]:
    """`ids` are products first seen more than 180 days ago."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    chosen = [
        # page 1 → an influencer page and a range of days for each row, one call for all covers
        Case("list of 5, all below it", README, {"first": 5}, [1, 5 + 5 + 1]),
        Case("list of 10, all below it", README, {"first": 10}, [1, 10 + 10 + 1]),
        # pages 1, then 2, then 3 → the ratings of 30 products
        Case("ranking of 30, ratings", RANKING, {"first": 30, "date": yesterday}, [*list_waves(30), calls(30)]),
        # lookups of ten → for each product an influencer page and a video page
        Case("6 ids, relations", RELATIONS, {"ids": ids[:6]}, [calls(6), 6 + 6]),
        Case("30 ids, relations", RELATIONS, {"ids": ids[:30]}, [calls(30), 30 + 30]),
        Case("60 ids, relations", RELATIONS, {"ids": ids[:60]}, [calls(60), 60 + 60]),
        # page 1, then 1, 2, 4 and the last 2
        Case("list of 100", LIST, {"first": 100}, list_waves(100)),
        # the lookup → ranges of ten days, all at once
        Case("trend of 180 days", TREND, {"id": ids[0]}, [calls(1), calls(180)]),
        # lookups of ten → addresses, ten to a call
        Case("50 signed covers", COVERS, {"ids": ids[:50]}, [calls(50), calls(50)]),
    ]
    return chosen[:1] if smoke else chosen


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    settings = {"shopgraph_max_concurrency": MAX_CONNECTIONS}
    with _server.sandbox(LATENCY_MS) as upstream, _server.gateway(upstream, **settings) as url:
        client = _server.Client(url)
        before = (datetime.now(UTC) - timedelta(days=200)).date().isoformat()
        ids = [node["productId"] for node in client.ask(ESTABLISHED, before=before)["products"]["nodes"]]
        measured = [(case, ratios(client, upstream, case, 1 if smoke else RUNS)) for case in cases(ids, smoke=smoke)]
        client.close()
    show(
        ["cold query", "calls", "chain", "ms at best", "ms", "ratio: median (range)", "bound"],
        [row(case, found) for case, found in measured],
    )
    held = [Figure(case.name, median(found), case.bound) for case, found in measured if case.bound is not None]
    return verdict(held, smoke=smoke)


def row(case: Case, found: Sequence[float]) -> list[str]:
    best = LATENCY_MS * len(case.links)
    counts = [sum(case.links), len(case.links), best, round(best * median(found))]
    return [case.name, *map(str, counts), middle(found), str(case.bound or "")]


def ratios(client: _server.Client, upstream: str, case: Case, runs: int) -> list[float]:
    """Wall time ÷ that of the chain, run by run."""
    _server.forget_calls(upstream)
    once(client, case)
    seen = _server.count_calls(upstream)
    assert seen == sum(case.links), f"{case.name}: {sum(case.links)} calls were reckoned with, {seen} were made"
    return [once(client, case) / (len(case.links) * LATENCY_MS / 1000) for _ in range(runs)]


def once(client: _server.Client, case: Case) -> float:
    """Seconds for a cold answer, until its last byte."""
    client.forget()
    started = perf_counter()
    body = client.post(case.query, case.variables)
    seconds = perf_counter() - started
    assert b'"errors"' not in body, body[:500]
    return seconds


if __name__ == "__main__":
    sys.exit(main())
