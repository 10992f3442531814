"""Which endpoint serves: the first that applies every argument; who supplies a fact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from entities.vocabulary import (
    ProductLiveSortField,
    ProductRankBy,
    ProductSortField,
    RankPeriod,
    Region,
    SellerOrigin,
)
from upstream.access import Access
from upstream.argument import Order, Range
from upstream.echotik import ENDPOINTS
from upstream.echotik.account import reached as echotik
from upstream.errors import BadInput, CapabilityUnavailable
from upstream.routing import Catalog


def catalog(path: str = "") -> Catalog:
    return Catalog(ENDPOINTS, [echotik(f"https://provider.example/api{path}", "name", "word")])


BOTH, V2, V3 = catalog(), catalog("/v2"), catalog("/v3")
US: dict[str, Any] = {"region": Region.US, "sort": Order(ProductSortField.UNITS)}
RANKING: dict[str, Any] = {
    "region": Region.US,
    "date": date(2024, 5, 3),
    "period": RankPeriod.DAY,
    "by": ProductRankBy.UNITS,
}


@pytest.mark.parametrize(("known", "version"), [(BOTH, "v3"), (V3, "v3"), (V2, "v2")])
def test_the_first_that_is_reached_serves(known: Catalog, version: str):
    assert known.route("product.list", US).version == version
    assert known.route("product.detail", {"ids": ["1"]}).version == version
    assert known.route("product.ranklist", RANKING).version == version


# capability, arguments: version that serves where both are reached
ALONE: list[tuple[str, dict[str, Any], str]] = [
    ("product.list", US | {"filter.keyword": "lamp"}, "v2"),
    ("product.list", US | {"filter.bestSeller": True}, "v3"),
    ("product.list", US | {"filter.onSale": True}, "v3"),
    ("product.list", US | {"filter.origin": SellerOrigin.LOCAL}, "v3"),
    ("product.list", US | {"filter.units": Range(1, None)}, "v3"),
    ("product.list", US | {"region": Region.JP}, "v3"),
    ("product.comment", {"product": "1"}, "v3"),
    ("product.live.list", {"product": "1", "sort": Order(ProductLiveSortField.VIEWS)}, "v3"),
    ("product.ranklist", RANKING | {"category.l2": "5"}, "v3"),
    ("product.ranklist.new", {"region": Region.US, "date": date(2024, 5, 3)}, "v2"),
    ("realtime.product", {"product": "1", "region": Region.US}, "v2"),
    ("media.cover", {"urls": ["https://a.b/c"]}, "v3"),
]


@pytest.mark.parametrize(("capability", "arguments", "version"), ALONE)
def test_an_argument_is_applied_by_whoever_can(capability: str, arguments: dict[str, Any], version: str):
    assert BOTH.route(capability, arguments).version == version


def test_arguments_that_exclude_each_other_are_named():
    with pytest.raises(CapabilityUnavailable) as told:
        BOTH.route("product.list", US | {"filter.keyword": "lamp", "filter.bestSeller": True, "filter.units": Range(1)})

    assert told.value.extensions["arguments"][:2] == ["filter.keyword", "filter.bestSeller"]
    assert "exclude each other" in told.value.message
    assert "echotik v3 lacks filter.keyword; echotik v2 lacks filter.bestSeller" in told.value.message


@pytest.mark.parametrize(
    ("known", "argument", "value"),
    [(V2, "filter.bestSeller", True), (BOTH, "filter.onSale", False)],
)
def test_an_argument_that_nobody_applies_is_named(known: Catalog, argument: str, value: Any):
    with pytest.raises(CapabilityUnavailable) as told:
        known.route("product.list", {**US, argument: value})

    assert told.value.extensions["arguments"] == [argument]
    assert "exclude each other" not in told.value.message


@pytest.mark.parametrize(
    ("known", "capability"),
    [(V3, "product.ranklist.new"), (V2, "product.comment"), (V3, "realtime.product"), (BOTH, "none")],
)
def test_a_capability_that_nobody_has_is_unavailable(known: Catalog, capability: str):
    with pytest.raises(CapabilityUnavailable) as told:
        known.route(capability, {})

    assert told.value.extensions == {"capability": capability}


@pytest.mark.parametrize(
    ("known", "more"),
    [
        (V2, {"region": Region.JP}),
        (BOTH, {"region": Region.JP, "filter.keyword": "lamp"}),
        (BOTH, {"filter.keyword": " "}),
        (BOTH, {"filter.units": Range(5, 1)}),
        (BOTH, {"filter.category.l1": "x"}),
    ],
)
def test_a_value_out_of_bounds_is_bad_input(known: Catalog, more: dict[str, Any]):
    with pytest.raises(BadInput):
        known.route("product.list", US | more)


WORDS: dict[str, Any] = {"region": Region.US, "filter.keyword": "lamp"}


def test_a_keyword_is_searched_for_where_no_list_takes_it():
    unsorted = WORDS | {"sort": Order(ProductSortField.UNITS, chosen=False)}

    assert V3.route("product.list", unsorted).name == "search.product"
    assert BOTH.route("product.list", unsorted).route == "echotik.product.list@v2"
    assert BOTH.route("product.list", unsorted | {"region": Region.DE}).name == "search.product"


@pytest.mark.parametrize("more", [{"sort": Order(ProductSortField.UNITS)}, {"filter.units": Range(1)}])
def test_a_search_for_a_keyword_takes_no_other_filter_or_sort(more: dict[str, Any]):
    with pytest.raises(CapabilityUnavailable) as told:
        V3.route("product.list", WORDS | more)

    assert told.value.extensions["arguments"] == ["filter.keyword", *more]


def test_an_endpoint_that_needs_an_argument_serves_nothing_without_it():
    assert V3.route("live.list", {"region": Region.US, "filter.influencer": "7"}).name == "influencer.live.list"
    with pytest.raises(CapabilityUnavailable) as told:
        V3.route("live.list", {"region": Region.US})

    assert told.value.extensions["arguments"] == ["filter.influencer"]


def test_a_list_goes_on_where_it_was_begun():
    begun = V2.route("product.list", US)

    assert BOTH.continuing(begun.route, "product.list") == [begun]
    assert V3.continuing(begun.route, "product.list") == []
    assert BOTH.continuing(begun.route, "product.ranklist") == []


def test_facts_are_supplied_by_a_lookup_of_the_version_that_tells_them():
    for fact in ("name", "units_7d", "skus", "specifications"):
        supplier = BOTH.supplier("Product", fact)
        assert supplier is not None and supplier.route == "echotik.product.detail@v3"
    other = V2.supplier("Product", "name")
    assert other is not None and other.version == "v2"
    assert V2.supplier("Product", "specifications") is None


@pytest.mark.parametrize("fact", ["best_seller", "last_seen", "shipping_price"])
def test_what_lists_alone_tell_has_no_supplier(fact: str):
    assert BOTH.supplier("Product", fact) is None


def test_only_what_an_id_is_enough_for_looks_up():
    lookup = BOTH.lookup("Product")
    assert lookup is not None and lookup.route == "echotik.product.detail@v3"
    by_handle = BOTH.lookup("Influencer", "handle")
    assert by_handle is not None and by_handle is not BOTH.lookup("Influencer") and not by_handle.is_lookup
    assert BOTH.lookup("Category") is None


def test_every_row_of_a_type_describes_it():
    names = {endpoint.route for endpoint in BOTH.describing("Product")}

    assert {"echotik.product.list@v2", "echotik.product.detail@v3", "echotik.product.ranklist.new@v2"} <= names
    lives = {"product.live.list", "seller.live.list", "influencer.live.list", "live.detail", "search.live"}
    assert {endpoint.name for endpoint in BOTH.describing("Live")} == lives
    assert "seller.video.list" in {endpoint.name for endpoint in BOTH.describing("Influencer")}
    assert BOTH.describing("Category") == []


@pytest.mark.parametrize(
    ("base", "bases"),
    [
        ("https://a.b/api", {"v3": "https://a.b/api/v3", "v2": "https://a.b/api/v2"}),
        ("https://a.b/api/", {"v3": "https://a.b/api/v3", "v2": "https://a.b/api/v2"}),
        ("https://a.b/api/v2", {"v2": "https://a.b/api/v2"}),
        ("https://a.b/api/v3/", {"v3": "https://a.b/api/v3"}),
    ],
)
def test_a_base_that_ends_in_a_version_speaks_that_one_alone(base: str, bases: dict[str, str]):
    assert echotik(base, "name", "word").bases == bases


def test_an_access_shows_no_credentials():
    shown = repr(echotik("https://a.b/api", "heron", "marsh"))

    assert isinstance(echotik("https://a.b/api", "heron", "marsh"), Access)
    assert "Authorization" not in shown and "heron" not in shown and "marsh" not in shown
    assert "echotik" in shown
