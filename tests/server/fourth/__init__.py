"""A provider of the tests' own: what a package under upstream/ needs to be one, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from entities.product import ProductRecord
from entities.vocabulary import ProductSortField, Rank, Region, Window
from upstream import decode
from upstream.access import Access
from upstream.argument import Alone, Keys, Pages, Sort
from upstream.endpoint import Endpoint, Shape
from upstream.envelope import Answer, Response
from upstream.errors import BadResponse, QuotaExhausted, UpstreamUnavailable
from upstream.limiter import Rate
from upstream.mapping import Rows, column, loads, per_window
from upstream.provider import Provider, Setting, Values
from upstream.vendor import Vendor


def read(endpoint: Endpoint, response: Response, params: Mapping[str, str]) -> Answer:
    """{"items": […]} on 200; 418 where nothing is left to spend."""
    if response.status == 418:
        raise QuotaExhausted(endpoint.title, "HTTP 418")
    if response.status != 200:
        raise UpstreamUnavailable(endpoint.title, f"HTTP {response.status}")
    body = loads(response.body)
    if not isinstance(body, dict) or not isinstance(body.get("items"), list) or endpoint.rows is None:
        raise BadResponse(endpoint.title, "no items")
    return Answer([endpoint.rows.convert(row) for row in body["items"]], {}, len(response.body))


def access(values: Values) -> Access | None:
    token = str(values["bazaar_token"])
    bases = {"v9": str(values["bazaar_base_url"])}
    return Access("bazaar", bases, {"X-Token": token}, (token,)) if token else None


BAZAAR = Vendor("bazaar", read, data="bazaar", trust=2)
ROWS = Rows(
    ProductRecord,
    {
        "id": column(decode.key, "sku"),
        "name": column(decode.text, "label"),
        "units": per_window(decode.count, "sold_{}units", windows=(Window.LAST_30_DAYS,)),
    },
)
PROVIDER = Provider(
    vendor=BAZAAR,
    word="BAZAAR",
    title="Bazaar",
    about="A bazaar.",
    settings=(
        Setting("bazaar_token", "", "Bazaar token; it configures the provider", secret=True),
        Setting("bazaar_base_url", "http://localhost", "where Bazaar is", address=True),
    ),
    access=access,
    bound=lambda values: Rate(0.0),
    endpoints=(
        Endpoint(
            BAZAAR,
            "v9",
            "product.detail",
            "items",
            {"ids": Keys("skus", 3)},
            rows=ROWS,
            ids="ids",
            limit=3,
            rank=Rank.DETAIL,
            shape=Shape.LIST,
        ),
        Endpoint(
            BAZAAR,
            "v9",
            "product.list",
            "shelf",
            {"region": Alone(Region.US), "sort": Sort("by", {ProductSortField.UNITS_30D: "sold"})},
            rows=ROWS,
            pages=Pages("page", "size", size=4),
        ),
    ),
)
