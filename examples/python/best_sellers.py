"""Prints the best sellers of a market with their shops, units day by day, and what asking cost."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
from shopgraph_client import BestSellersProducts, BestSellersProductsNodes, GeneratedClient, Region
from shopgraph_client.base_client import Response

ROWS_OF_A_PAGE = 10
MOST_TRIES = 3
PASSES = {"UPSTREAM_RATE_LIMITED", "UPSTREAM_UNAVAILABLE"}
BARS = "▁▂▃▄▅▆▇█"
USAGE = "usage: best_sellers.py [REGION [ROWS]], such as: best_sellers.py US 20"
ADVICE = {
    "BUDGET_EXCEEDED": "ask for fewer rows, or tomorrow",
    "UNAUTHENTICATED": "set SHOPGRAPH_KEY to a client key of the server",
}


class Refused(Exception):
    """Nothing was answered that could be shown; `code` is one of docs/errors.md."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: str = error["extensions"]["code"]


class Client(GeneratedClient):
    """Asks a server, adds up what that costs, and keeps what failed beside what was answered."""

    credits = calls = 0

    def __init__(self, url: str, key: str | None) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        super().__init__(f"{url}/graphql", headers)
        self.failed: list[dict[str, Any]] = []

    def execute(
        self, query: str, operation_name: str | None = None, variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> Response:
        """Asked again where a failure may pass, which costs only what is still missing."""
        for tries in count(1):
            response = super().execute(query, operation_name, variables, timeout=60, **kwargs)
            answer = response.json()
            cost = answer.get("extensions", {}).get("cost", {})
            self.credits += cost.get("actualCredits", 0)
            self.calls += cost.get("calls", 0)
            if tries == MOST_TRIES or PASSES.isdisjoint(e["extensions"]["code"] for e in answer.get("errors", ())):
                break
            time.sleep(0.25 * 2**tries)
        return response

    def get_data(self, response: Response) -> dict[str, Any]:
        answer = response.json()
        failed = answer.get("errors", [])
        if answer.get("data") is None:
            raise Refused(failed[0])
        self.failed += failed
        data: dict[str, Any] = answer["data"]
        return data


def pages(client: Client, region: Region, rows: int) -> Iterator[BestSellersProducts]:
    after = None
    while rows > 0:
        first = min(rows, ROWS_OF_A_PAGE)
        page = client.best_sellers(region, first, after).products
        if page is None:
            raise Refused(client.failed.pop())
        yield page
        rows -= first
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor


def drawn(product: BestSellersProductsNodes) -> str:
    if product.trend is None:
        return "?".rjust(30)
    units = [point.units for point in product.trend]
    most = max([1, *(each for each in units if each is not None)])
    return "".join("·" if each is None else BARS[round(each / most * 7)] for each in units).rjust(30)


def line(place: int, product: BestSellersProductsNodes) -> str:
    sold = product.performance
    units = f"{sold.units:,}" if sold and sold.units is not None else "?"
    gmv = f"{sold.gmv:,.0f}" if sold and sold.gmv is not None else "?"
    shop = product.seller.name if product.seller else None
    return f"{place:3} {units:>9} {gmv:>12} {drawn(product)} {product.name or '?'} ({shop or '?'})"


def main(region: str = "US", rows: str = "20") -> int:
    if region not in Region.__members__ or not rows.isdecimal() or int(rows) < 1:
        print(USAGE, file=sys.stderr)
        return 2
    url, key = os.environ.get("SHOPGRAPH_URL", "http://127.0.0.1:8000"), os.environ.get("SHOPGRAPH_KEY")
    place = count(1)
    with Client(url, key) as client:
        try:
            print("  #     units        USD of 30 days")
            for page in pages(client, Region[region], int(rows)):
                for product in page.nodes:
                    print(line(next(place), product))
        except Refused as error:
            print(f"{error.code}: {error}", ADVICE.get(error.code, ""), sep="\n", file=sys.stderr)
            return 1
        except (httpx.HTTPError, ValueError) as error:
            print(f"{url} does not answer as a GraphQL server: {error}", file=sys.stderr)
            return 1
        finally:
            print(f"{client.credits} credits for {client.calls} calls")
    for failure in client.failed:
        path = ".".join(map(str, failure["path"]))
        print(f"{failure['extensions']['code']}: {path}: {failure['message']}", file=sys.stderr)
    return 1 if client.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
