"""Arguments as clients write them, and what the rooms below get of them: plain values under dotted names.

filter: {units: {min: 10}, category: {l1: "600001"}}  gives  {"filter.units": Range(10), "filter.category.l1": "600001"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.base import get_object_definition

from entities.vocabulary import SortDirection
from resolvers.node import parse
from schema.scalar import BigInt
from schema.vocabulary import (
    InfluencerProductSortField,
    InfluencerSortField,
    InfluencerVideoSortField,
    LiveSortField,
    ProductInfluencerSortField,
    ProductLiveSortField,
    ProductSortField,
    ProductVideoSortField,
    SalesChannel,
    SalesTrend,
    SellerInfluencerSortField,
    SellerLiveSortField,
    SellerOrigin,
    SellerProductSortField,
    SellerSortField,
    SellerVideoSortField,
    SellingMode,
    VideoSortField,
)
from schema.vocabulary import SortDirection as Direction
from upstream.argument import Order, Range
from upstream.errors import BadInput


def bound(description: str, name: str | None = None) -> Any:
    """An input field that may be left out."""
    return strawberry.field(description=description, name=name)


@strawberry.input(description="A range of whole numbers; both ends are inside, either may be left open.")
class IntRange:
    min: BigInt | None = bound("The least.")
    max: BigInt | None = bound("The largest; not below `min`.")

    def plain(self) -> Range:
        return Range(self.min, self.max)


@strawberry.input(description="A range of numbers; both ends are inside, either may be left open.")
class FloatRange:
    min: float | None = bound("The least.")
    max: float | None = bound("The largest; not below `min`.")

    def plain(self) -> Range:
        return Range(self.min, self.max)


@strawberry.input(description="A range of UTC days; both ends are inside, either may be left open.")
class DateRange:
    from_: date | None = bound("The first day.", "from")
    to: date | None = bound("The last day; not before `from`.")

    def plain(self) -> Range:
        return Range(self.from_, self.to)


@strawberry.input(description="A category, by its id at one level or at several.")
class CategoryFilter:
    l1: strawberry.ID | None = bound("Id of a level 1 category.")
    l2: strawberry.ID | None = bound("Id of a level 2 category. EchoTik v2 cannot filter rankings by it.")
    l3: strawberry.ID | None = bound("Id of a level 3 category. EchoTik v2 cannot filter rankings by it.")


@strawberry.input(
    description="Which products. All that is given must hold; a list that cannot apply it all is an error."
)
class ProductFilter:
    keyword: str | None = bound(
        "Words of the title, matched loosely. EchoTik v2 serves it, and then cannot apply `bestSeller`, `onSale`, "
        "`origin` or `brandShop`. Where v2 is not there, or does not have the market, a search of EchoTik v3 does: "
        "at most 30 products by relevance, with no other filter or sort."
    )
    category: CategoryFilter | None = bound("Within these categories.")
    sales_trend: SalesTrend | None = bound("Where sales went over 7 days.")
    main_channel: SalesChannel | None = bound("Through what it is mainly sold.")
    units: IntRange | None = bound("Units sold ever.")
    units_30d: IntRange | None = bound("Units sold in the last 30 days.", "units30d")
    gmv: FloatRange | None = bound("GMV ever, US dollars.")
    gmv_30d: FloatRange | None = bound("GMV of the last 30 days, US dollars.", "gmv30d")
    average_price: FloatRange | None = bound("Mean SKU price, US dollars.")
    commission_rate: FloatRange | None = bound("Commission as a fraction: 0.2 is 20 %.")
    influencers: IntRange | None = bound("Influencers who ever sold it.")
    videos: IntRange | None = bound("Videos that show it.")
    views: IntRange | None = bound("Views of its videos.")
    rating: FloatRange | None = bound("Mean rating, 0 to 5.")
    reviews: IntRange | None = bound("Number of reviews.")
    fully_managed: bool | None = bound("Whether the platform manages the shop for its owner.")
    free_shipping: bool | None = bound("Whether shipping is free.")
    first_seen: DateRange | None = bound("When the provider first saw it.")
    best_seller: bool | None = bound("Whether it is marked as a best seller. EchoTik v3 alone.")
    on_sale: bool | None = bound("True leaves out delisted products; false cannot be asked. EchoTik v3 alone.")
    origin: SellerOrigin | None = bound("Where its shop sells from. EchoTik v3 alone.")
    brand_shop: bool | None = bound("Whether its shop is a brand's. EchoTik v3 alone.")


class Sorting:
    """What all sorts share."""

    field: Any
    direction: Any

    def plain(self) -> Order:
        return Order(self.field, self.direction is SortDirection.DESC)


def direction() -> Any:
    return strawberry.field(description="Which end comes first.", default=SortDirection.DESC)


@strawberry.input(description="How to sort products.")
class ProductSort(Sorting):
    field: ProductSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the influencers of a product.")
class ProductInfluencerSort(Sorting):
    field: ProductInfluencerSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the videos of a product.")
class ProductVideoSort(Sorting):
    field: ProductVideoSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the lives of a product.")
class ProductLiveSort(Sorting):
    field: ProductLiveSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="Which shops. All that is given must hold.")
class SellerFilter:
    category: CategoryFilter | None = bound("Within these categories.")
    origin: SellerOrigin | None = bound("Where it sells from.")
    main_channel: SalesChannel | None = bound("Through what it mainly sells.")
    sales_trend: SalesTrend | None = bound("Where its sales went over 7 days.")


@strawberry.input(description="Which influencers. All that is given must hold.")
class InfluencerFilter:
    category: str | None = bound("What the account is about, in the provider's words.")
    product_category: strawberry.ID | None = bound("A level 1 category that it sells.")
    seller: strawberry.ID | None = bound("A shop that it sells for.")
    followers: IntRange | None = bound("Followers.")
    likes: IntRange | None = bound("Likes of all videos.")
    interaction_rate: FloatRange | None = bound("Interactions over views, a fraction.")
    views: IntRange | None = bound("Views of all videos.")
    views_7d: IntRange | None = bound("Views gained in 7 days.", "views7d")
    average_video_views: IntRange | None = bound("Mean views of a selling video.")
    average_video_views_7d: IntRange | None = bound(
        "Mean views gained by selling videos in 7 days.", "averageVideoViews7d"
    )
    selling_mode: SellingMode | None = bound("How it sells; NONE cannot be asked.")
    gender: str | None = bound("Gender; in the US alone.")
    language: str | None = bound("Language code.")
    has_showcase: bool | None = bound("Whether it has a product showcase.")
    channel: SalesChannel | None = bound("Through what it sells. Not served by EchoTik.")


@strawberry.input(description="Which videos. All that is given must hold.")
class VideoFilter:
    influencer: strawberry.ID | None = bound("Its author.")
    product: strawberry.ID | None = bound("A product that it shows.")
    product_category: strawberry.ID | None = bound("A category that it sells.")
    sells_products: bool | None = bound("Whether it sells a product.")
    made_by_ai: bool | None = bound("Whether it was made by AI.")
    is_ad: bool | None = bound("Whether it is promoted as an ad.")
    posted: DateRange | None = bound("Posted on these days (UTC).")
    duration_seconds: IntRange | None = bound("Its length, seconds.")
    views: IntRange | None = bound("Views.")


@strawberry.input(description="Which lives. All that is given must hold; providers serve `influencer` alone.")
class LiveFilter:
    category: CategoryFilter | None = bound("Within these categories. Not served yet.")
    influencer: strawberry.ID | None = bound("Its host.")
    started: DateRange | None = bound("Begun on these days (UTC). Not served yet.")


@strawberry.input(description="How to sort lives. No provider serves it yet.")
class LiveSort(Sorting):
    field: LiveSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort shops.")
class SellerSort(Sorting):
    field: SellerSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the products of a shop.")
class SellerProductSort(Sorting):
    field: SellerProductSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the influencers of a shop.")
class SellerInfluencerSort(Sorting):
    field: SellerInfluencerSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the videos of a shop.")
class SellerVideoSort(Sorting):
    field: SellerVideoSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the lives of a shop.")
class SellerLiveSort(Sorting):
    field: SellerLiveSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort influencers.")
class InfluencerSort(Sorting):
    field: InfluencerSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the products of an influencer.")
class InfluencerProductSort(Sorting):
    field: InfluencerProductSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort the videos of an influencer.")
class InfluencerVideoSort(Sorting):
    field: InfluencerVideoSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


@strawberry.input(description="How to sort videos.")
class VideoSort(Sorting):
    field: VideoSortField = strawberry.field(description="By what.")
    direction: Direction = direction()


KINDS = {
    "filter.productCategory": "Category",
    "filter.seller": "Seller",
    "filter.influencer": "Influencer",
    "filter.product": "Product",
}
"""Filters that are ids, and of what."""


def plain(given: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Arguments by dotted name, without those that are null.

    kinds    arguments that are ids → the type of entity whose id they take
    Raises   BadInput where an id is malformed or of another type
    """
    known = {**KINDS, **kinds}
    return {
        name: parse(value, name, known[name]).key if name in known else _sound(name, value)
        for name, value in _leaves(given.items())
    }


def _sound(name: str, value: Any) -> Any:
    """The value, which holds no half of a character: no provider could be sent it."""
    try:
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str):
                text.encode()
    except UnicodeEncodeError:
        raise BadInput(name, "holds half of a surrogate pair, which is no character") from None
    return value


def _leaves(named: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in named:
        path = f"{prefix}{name}"
        if value is None:
            continue
        if isinstance(value, Enum | str | int | float | date | list):
            yield path, value
        elif isinstance(value, CategoryFilter):
            yield from _categories(value, path)
        elif hasattr(value, "plain"):
            yield path, value.plain()
        else:
            definition = get_object_definition(value, strict=True)
            fields = ((_graphql_name(field), getattr(value, field.python_name)) for field in definition.fields)
            yield from _leaves(fields, f"{path}.")


def _categories(value: CategoryFilter, path: str) -> Iterator[tuple[str, str]]:
    for level in ("l1", "l2", "l3"):
        text = getattr(value, level)
        if text is not None:
            yield f"{path}.{level}", parse(text, f"{path}.{level}", "Category").key


def _graphql_name(field: Any) -> str:
    head, *rest = field.python_name.split("_")
    return str(field.graphql_name) if field.graphql_name else head + "".join(word.capitalize() for word in rest)
