"""The root."""

from __future__ import annotations

from datetime import date

import strawberry

from resolvers import product as resolve
from resolvers.provider import statuses
from schema.argument import CategoryFilter, ProductFilter, ProductSort
from schema.field import Argument, answered, listed, looked_up, looked_up_all, ranked
from schema.node import Node
from schema.product import Product, ProductConnection, ProductRanking
from schema.provider import ProviderStatus
from schema.vocabulary import ProductRankBy, RankPeriod, Region

REGION = Argument("region", Region, "The market.")
CATEGORY = Argument("category", CategoryFilter | None, "Within these categories.")
LATEST = Argument(
    "latest", bool, "Take the newest published one at or before `date`, of at most 3 days, 2 weeks or 2 months.", False
)
DATE = Argument(
    "date",
    date | None,
    "The day; for a week its Monday, for a month its 1st. Without it the newest published one, as with `latest`.",
)


@strawberry.type(description="Where every question begins.")
class Query:
    node: Node | None = looked_up(None, "Any object by its global id; null where it is unknown. At most one call.")
    nodes: list[Node | None] = looked_up_all(
        None, "Objects by their global ids, in the order asked; null where unknown. Ten of a type share a call."
    )
    product: Product | None = looked_up("Product", "A product by its id; null where it is unknown. At most one call.")
    products_by_ids: list[Product | None] = looked_up_all(
        "Product",
        "Products by their ids, in the order asked; null where unknown. Ten share a call, none is asked twice.",
    )
    products: ProductConnection | None = listed(
        resolve.PRODUCTS,
        "Products of a market. Ten rows share a call; a row tells all but reviews, trend and relations.",
        REGION,
        Argument("filter", ProductFilter | None, "Which products."),
        Argument("sort", ProductSort | None, "Without it: most units sold ever first."),
    )
    product_ranking: ProductRanking | None = ranked(
        resolve.product_ranking,
        "The best products of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        Argument("period", RankPeriod, "What is counted.", RankPeriod.DAY),
        Argument("by", ProductRankBy, "What they are ranked by.", ProductRankBy.UNITS),
        CATEGORY,
    )
    new_product_ranking: ProductRanking | None = ranked(
        resolve.new_product_ranking,
        "New products of a day by the GMV that it brought them. EchoTik v2 alone. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        CATEGORY,
    )
    providers: list[ProviderStatus] = answered(
        statuses, "How each provider fares. Costs no call.", reason="it is no fact of an entity"
    )
