"""Time from the bytes of a product list page to its records, against a bare decode of the same bytes.

Bare is msgspec alone, into a Struct of plain fields for the columns that the mapping reads: text, int, float or null as
they come. A page is 100 rows in the key order of the wire: of the sandbox's products, and the provider's own example of
a row with its 100 columns. "All facts read" also decodes what the records put off until somebody asks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from types import GenericAlias
from typing import Any

import msgspec

from bench._table import Figure, is_smoke, show, verdict
from entities.merge import facts_of
from entities.product import ProductRecord
from entities.record import read
from sandbox.echotik.catalog import best_sellers
from sandbox.echotik.product import made_row
from sandbox.world import World
from upstream import echotik
from upstream.mapping import Rows

BOUND = 3.0
ROWS = 100
RUNS = 200
EXAMPLE = Path(__file__).parent.parent / "tests/data/echotik_v3_product_rows.json"
FACTS = facts_of(ProductRecord)


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__, given)
    rows, figures = [], []
    for name, page in (("sandbox's rows", sandbox_page(ROWS)), ("example row", example_page(ROWS))):
        told, costs = listed(), measured(page, 3 if smoke else RUNS)
        bare, records, facts = (1e3 * median(times) for times in costs)
        assert all(row.value is not None for row in told.decode(page))
        size, columns = f"{len(page) / 1000:.0f}", str(len(msgspec.json.decode(page)[0]))
        rows += [
            [f"{name}: records", columns, size, f"{bare:.2f}", f"{records:.2f}", f"{records / bare:.2f}", str(BOUND)],
            [f"{name}: all facts read", columns, size, f"{bare:.2f}", f"{facts:.2f}", f"{facts / bare:.2f}", ""],
        ]
        figures.append(Figure(name, records / bare, BOUND))
    show([f"{ROWS} rows", "columns", "KB", "bare ms", "ms", "ratio of medians", "bound"], rows)
    return verdict(figures, smoke=smoke)


def listed() -> Rows:
    """The mapping of the v3 product list."""
    endpoint = next(found for found in echotik.ENDPOINTS if found.route == "echotik.product.list@v3")
    assert endpoint.rows is not None
    return endpoint.rows


def measured(page: bytes, runs: int) -> list[list[float]]:
    """Seconds of each run: bare, records, records with all facts read; in turns, on whatever the machine does."""
    rows = listed()
    bare = msgspec.json.Decoder(GenericAlias(list, (plain(page, rows.wire),)))

    def records() -> None:
        rows.decode(page)

    def facts() -> None:
        for row in rows.decode(page):
            for fact in FACTS:
                read(row.value, fact)

    ways = (lambda: bare.decode(page), records, facts)
    return [list(times) for times in zip(*([timed(way) for way in ways] for _ in range(runs)), strict=True)]


def timed(run: Callable[[], Any]) -> float:
    started = perf_counter()
    run()
    return perf_counter() - started


def plain(page: bytes, wire: frozenset[str]) -> type[msgspec.Struct]:
    """A Struct with a field for each column, of the types that the page has in it."""
    found: dict[str, set[type]] = {}
    for row in msgspec.json.decode(page):
        for name, value in row.items():
            if name in wire and value is not None:
                found.setdefault(name, set()).add(type(value))
    fields = [(name, _union(kinds), None) for name, kinds in found.items()]
    return msgspec.defstruct("PlainRow", fields, gc=False)


def sandbox_page(count: int) -> bytes:
    """Rows of a region's best sellers, as the sandbox sends them."""
    world = World()
    rows = (made_row(world, product, "v3 list") for product in best_sellers(world, "US")[:count])
    return b"[" + b",".join(rows) + b"]"


def example_page(count: int) -> bytes:
    """The provider's example so many times, each with an id of its own."""
    (example,) = json.loads(EXAMPLE.read_text("utf-8"))["keyapi-product-list-1"]["data"][:1]
    rows = [{**example, "product_id": str(int(example["product_id"]) + number)} for number in range(count)]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _union(kinds: set[type]) -> Any:
    union: Any = None
    for kind in sorted(kinds, key=repr):
        union = kind | union
    return union


if __name__ == "__main__":
    sys.exit(main())
