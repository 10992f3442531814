"""A category of products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from entities.vocabulary import CategoryLanguage as Language
from entities.vocabulary import ProductRankBy as RankBy
from resolvers import category as resolve
from resolvers import product as of_product
from resolvers.seller import SELLERS
from schema.argument import ProductFilter, ProductSort, SellerFilter, SellerSort
from schema.field import Argument, attribute, in_tree, listed_within, ranked_within, told
from schema.node import Sourced, entity
from schema.period import DATE, LATEST, PERIOD, REGION
from schema.vocabulary import CategoryLanguage, CategoryLevel, ProductRankBy

if TYPE_CHECKING:
    from schema.product import ProductConnection, ProductRanking
    from schema.seller import SellerConnection

CategoryNode = Annotated["Category", strawberry.lazy("schema.category")]
ProductsOfCategory = Annotated["ProductConnection", strawberry.lazy("schema.product")]
RankingOfCategory = Annotated["ProductRanking", strawberry.lazy("schema.product")]
SellersOfCategory = Annotated["SellerConnection", strawberry.lazy("schema.seller")]
LANGUAGE = Argument("language", CategoryLanguage, "The language of the name.", Language.EN_US)


@entity("A category of the provider's three-level tree. The tree is kept for a week.")
class Category(Sourced):
    category_id: strawberry.ID = attribute("id", "The upstream id, digits.")
    level: CategoryLevel | None = told("level", "Its depth in the tree; told by whatever names the category.")
    name: str | None = in_tree(
        resolve.name,
        resolve.name_price,
        "Its name. One call for all names of a level and language, kept for a week.",
        LANGUAGE,
    )
    parent: CategoryNode | None = in_tree(
        resolve.parent, resolve.parent_price, "The category above it; null at level 1. One call for its whole level."
    )
    children: list[CategoryNode] | None = in_tree(
        resolve.children, resolve.children_price, "The categories below it. One call for their whole level."
    )
    products: ProductsOfCategory | None = listed_within(
        of_product.PRODUCTS,
        "filter.category",
        "Its products in a market. Ten rows share a call; a row tells all but reviews, trend and relations.",
        REGION,
        Argument("filter", ProductFilter | None, "Which products; `category` cannot be given."),
        Argument("sort", ProductSort | None, "Without it: most units sold ever first."),
    )
    product_ranking: RankingOfCategory | None = ranked_within(
        of_product.product_ranking,
        of_product.RANKING,
        "category",
        "Its best products of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        PERIOD,
        Argument("by", ProductRankBy, "What they are ranked by.", RankBy.UNITS),
    )
    sellers: SellersOfCategory | None = listed_within(
        SELLERS,
        "filter.category",
        "Shops that sell it in a market. Ten rows share a call.",
        REGION,
        Argument("filter", SellerFilter | None, "Which shops; `category` cannot be given."),
        Argument("sort", SellerSort | None, "Without it: most units sold ever first."),
    )
