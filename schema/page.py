"""What all lists share: edges, nodes, page info."""

from __future__ import annotations

import strawberry

from schema.field import attribute, edge_fact, itself
from schema.scalar import BigInt


@strawberry.type(description="Where a page of a list lies.")
class PageInfo:
    has_next_page: bool = attribute(
        "has_next",
        "Whether more rows may follow. True also where the rows end on a full upstream page and nothing tells more: "
        "learning it would cost a call, so the next page may be empty.",
    )
    has_previous_page: bool = attribute("has_previous", "Whether the page was asked for behind a cursor.")
    start_cursor: str | None = attribute("start_cursor", "Cursor of the first edge.")
    end_cursor: str | None = attribute("end_cursor", "Cursor of the last edge: `after` it goes on.")


@strawberry.type
class Paged:
    """What every connection and ranking has beside its edges."""

    page_info: PageInfo = itself("Where this page lies in the list.")
    total_count: BigInt | None = attribute(
        "total_count", "Rows in the whole list; null where the provider does not tell."
    )


@strawberry.type
class Placed:
    """What every edge has beside its node."""

    cursor: str = attribute("cursor", "This row's place in the list; opaque.")


@strawberry.type(description="What stands between an entity and one who sells it, or in a ranking.")
class Sold(Placed):
    units: BigInt | None = edge_fact("units", "Units sold.")
    gmv: float | None = edge_fact("gmv_usd", "GMV, US dollars.")
