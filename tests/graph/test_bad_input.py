"""What is refused before any call, in which words; and how every filter and sort reaches the provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from sandbox.echotik.catalog import best_sellers
from sandbox.echotik.product import added, category_ids, gmv_added, sales_flag, sales_trend_flag
from sandbox.world import World
from sandbox.world.product import Product

Test = Callable[[World, Product], bool]

both_versions = pytest.mark.parametrize("version", ["v2", "v3"])
every_server = pytest.mark.parametrize("version", ["v2", "v3", None])


def products(arguments: str, region: str = "US") -> str:
    return f"{{ products(region: {region}{arguments}) {{ nodes {{ productId }} }} }}"


def refusal(answer: Any, argument: str, *words: str, code: str = "BAD_USER_INPUT") -> Any:
    """The path of the only error, which names the argument and what is wrong with it."""
    (error,) = answer.errors
    assert error["extensions"]["code"] == code, error
    assert argument in error["message"]
    assert all(word in error["message"] for word in words), error["message"]
    return error.get("path")


# ── page sizes ────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_page_sizes_are_from_1_to_100(version, gateway, sandbox):
    server, (id,) = gateway(version), sandbox.product_ids("US", 1)
    roots = {
        "products": "products(region: US, first: %d) { nodes { id } }",
        "productRanking": "productRanking(region: US, first: %d) { date }",
    }
    if version == "v2":
        roots["newProductRanking"] = "newProductRanking(region: US, first: %d) { date }"
    relations = ["influencers", "videos", "lives", *(["reviews"] if version == "v3" else [])]
    server(f'{{ product(id: "{id}") {{ id }} }}')
    sandbox.reset()

    for first in (0, -1, 101, 2**31 - 1):
        for name, field in roots.items():
            answer = server(f"{{ {field % first} }}")
            assert refusal(answer, "first: ", "1", "100") == [name]
            assert answer.errors[0]["extensions"]["argument"] == "first"
            assert answer.partial == {name: None}
        for name in relations:
            answer = server(
                f'{{ product(id: "{id}") {{ id {name}(first: {first}) {{ nodes {{ id: __typename }} }} }} }}'
            )
            assert refusal(answer, "first: ", "1", "100") == ["product", name]
            assert answer.partial == {"product": {"id": f"Product:{id}", name: None}}
    assert sandbox.count() == 0


@both_versions
def test_null_and_no_page_size_are_ten(version, gateway, sandbox):
    server = gateway(version)

    for arguments in ("", ", first: null", ", first: 10", ", after: null, filter: null, sort: null"):
        assert len(server(products(arguments)).data["products"]["nodes"]) == 10
    assert sandbox.count() == 1


# ── ids ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_server
def test_an_id_that_is_none_is_refused_without_a_call(version, gateway, sandbox):
    server = gateway(version)
    for id in ("", "abc", "Product:", "Product:abc", "1" * 21, "-1", "1.5", " 1", "١٢٣", "Thing:1", "Product:1:2"):
        for root in ("product", "node"):
            answer = server(f'{{ {root}(id: "{id}") {{ id }} }}')
            assert refusal(answer, "id: ", id[:20]) == [root]
    for id in ("Seller:1", "Video:1", "product:1"):
        answer = server(f'{{ product(id: "{id}") {{ id }} }}')
        assert refusal(answer, "id: ", id) == ["product"]
    answer = server('{ node(id: "12345") { id } }')
    assert refusal(answer, "id: ", "<Type>:<digits>") == ["node"]
    assert sandbox.count() == 0


def test_an_id_with_a_colon_has_a_type_before_it(graphql, sandbox):
    (id,) = sandbox.product_ids("US", 1)

    answer = graphql(f'{{ product(id: ":{id}") {{ id }} }}')

    assert refusal(answer, "id: ", f":{id}") == ["product"]
    assert sandbox.count() == 0


@both_versions
def test_a_malformed_id_in_a_list_nulls_its_own_item(version, gateway, sandbox):
    one, two = sandbox.product_ids("US", 2)

    answer = gateway(version)(f"""{{
        productsByIds(ids: ["{one}", "abc", "Seller:7", "Product:{two}"]) {{ productId name }}
        nodes(ids: ["Product:{one}", "{two}", "Nothing:1"]) {{ id }}
    }}""")

    found = answer.partial
    assert [product and product["productId"] for product in found["productsByIds"]] == [one, None, None, two]
    assert found["nodes"] == [{"id": f"Product:{one}"}, None, None]
    assert answer.codes == ["BAD_USER_INPUT"] * 4
    places = {(*error["path"], error["message"].split(":")[0]) for error in answer.errors}
    assert places == {(root, index, f"ids[{index}]") for root in ("productsByIds", "nodes") for index in (1, 2)}
    assert [sorted(asked) for asked in sandbox.ids_asked("product/detail")] == [sorted([one, two])]


TOO_MANY = [str(number) for number in range(501)]
LITERAL = ", ".join(f'"{id}"' for id in TOO_MANY)


@pytest.mark.parametrize(
    "query",
    [
        f"{{ productsByIds(ids: [{LITERAL}]) {{ id }} products(region: US) {{ totalCount }} }}",
        "query ($ids: [ID!]!) { products(region: US) { totalCount } productsByIds(ids: $ids) { id } }",
        "query ($ids: [ID!]!) { ...on Query { nodes(ids: $ids) { id } } products(region: US) { totalCount } }",
        "query ($ids: [ID!]!) { ...Many products(region: US) { totalCount } } "
        "fragment Many on Query { a: productsByIds(ids: $ids) { id } }",
        f"query ($other: [ID!]! = [{LITERAL}]) {{ productsByIds(ids: $other) {{ id }} }}",
    ],
    ids=["literal", "variable", "inline fragment", "fragment", "default"],
)
def test_501_ids_refuse_the_whole_operation_without_a_call(query, graphql, sandbox):
    answer = graphql(query, **({"ids": TOO_MANY} if "$ids" in query else {}))

    assert refusal(answer, "ids", "500", "501") is None
    assert not answer.body.get("data")
    assert sandbox.count() == 0


def test_500_ids_are_taken(graphql, sandbox):
    answer = graphql("query ($ids: [ID!]!) { productsByIds(ids: $ids) { id } }", ids=TOO_MANY[:500])

    assert answer.data["productsByIds"] == [None] * 500
    assert sandbox.count("product/detail") == 50


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

RANGES = {
    "units": ("5", "4"),
    "units30d": ("1", "0"),
    "gmv": ("2.5", "2.25"),
    "gmv30d": ("10", "9.5"),
    "averagePrice": ("0.02", "0.01"),
    "commissionRate": ("0.3", "0.2"),
    "influencers": ("7", "3"),
    "videos": ("7", "3"),
    "views": ("9007199254740991", "3"),
    "rating": ("4.5", "4"),
    "reviews": ("1", "-1"),
}


@every_server
def test_ranges_that_run_backwards_are_refused_without_a_call(version, gateway, sandbox):
    server = gateway(version)
    for name, (low, high) in RANGES.items():
        answer = server(products(f", filter: {{{name}: {{min: {low}, max: {high}}}}}"))
        assert refusal(answer, f"filter.{name}: ", low, high) == ["products"]
        assert answer.errors[0]["extensions"]["argument"] == f"filter.{name}"
    answer = server(products(', filter: {firstSeen: {from: "2025-02-02", to: "2025-02-01"}}'))
    assert refusal(answer, "filter.firstSeen: ", "2025-02-02", "2025-02-01") == ["products"]
    assert sandbox.count() == 0


def test_reviews_are_rated_from_0_to_5(gateway, sandbox):
    server, (id,) = gateway("v3"), sandbox.product_ids("US", 1)
    server(f'{{ product(id: "{id}") {{ id }} }}')
    sandbox.reset()

    for bounds, argument, bound in (
        ("min: -1", "rating.min: ", "0"),
        ("max: 6", "rating.max: ", "5"),
        ("min: 6, max: 7", "rating.min: ", "5"),
        ("min: 4, max: 3", "rating: ", "min (4)"),
    ):
        answer = server(f'{{ product(id: "{id}") {{ reviews(rating: {{{bounds}}}) {{ nodes {{ rating }} }} }} }}')
        assert refusal(answer, argument, bound) == ["product", "reviews"]
    assert sandbox.count() == 0


def test_days_of_relations_must_not_run_backwards(gateway, sandbox):
    server, (id,) = gateway("v3"), sandbox.product_ids("US", 1)
    server(f'{{ product(id: "{id}") {{ id }} }}')
    sandbox.reset()

    for name, argument in (("videos", "posted"), ("lives", "started")):
        days = f'{argument}: {{from: "2026-01-02", to: "2026-01-01"}}'
        answer = server(f'{{ product(id: "{id}") {{ {name}({days}) {{ nodes {{ id }} }} }} }}')
        assert refusal(answer, f"{argument}: ", "2026-01-02") == ["product", name]
    assert sandbox.count() == 0


V2_REGIONS = ["US", "ID", "TH", "PH", "MY", "VN", "GB", "MX", "SG", "SA", "BR", "ES"]
OTHER_REGIONS = ["DE", "FR", "IT", "IE", "JP"]


def test_markets_that_v2_does_not_serve_are_refused_without_a_call(gateway, sandbox):
    server = gateway("v2")
    for region in OTHER_REGIONS:
        for root in ("products", "productRanking", "newProductRanking"):
            answer = server(f"{{ {root}(region: {region}) {{ totalCount }} }}")
            assert refusal(answer, "region: ", region, *V2_REGIONS) == [root]
    assert sandbox.count() == 0


@pytest.mark.parametrize(
    ("version", "regions"), [("v2", V2_REGIONS), ("v3", V2_REGIONS + OTHER_REGIONS), (None, ["DE", "US"])]
)
def test_markets_that_are_served(version, regions, gateway, sandbox):
    fields = "".join(f"{region}: products(region: {region}, first: 1) {{ nodes {{ region }} }} " for region in regions)

    answer = gateway(version)(f"{{ {fields} }}")

    assert {region: found["nodes"] for region, found in answer.data.items()} == {
        region: [{"region": region}] for region in regions
    }
    assert sandbox.count() == len(regions)


def test_a_market_and_a_keyword_that_no_version_takes_together(graphql, sandbox):
    answer = graphql(products(', filter: {keyword: "a"}, sort: {field: GMV}', region="DE"))

    assert refusal(answer, "region: ", "DE") == ["products"]
    assert sandbox.count() == 0


INVALID = {
    "region": ("Region!", "XX"),
    "filter": ("ProductFilter", {"salesTrend": "SIDEWAYS"}),
    "sort": ("ProductSort", {"field": "PRICE"}),
    "first": ("Int", "ten"),
    "after": ("String", 7),
}


@pytest.mark.parametrize("name", INVALID)
def test_values_that_are_none_of_their_type_are_refused_without_a_call(name, graphql, sandbox):
    kind, value = INVALID[name]
    region = "" if name == "region" else "region: US, "
    query = f"query ($value: {kind}) {{ products({region}{name}: $value) {{ totalCount }} }}"

    answer = graphql(query, value=value)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "$value" in answer.errors[0]["message"]
    assert sandbox.count() == 0


def test_literals_that_are_none_of_their_type_are_refused_without_a_call(graphql, sandbox):
    for arguments, shown in (
        ("region: XX", "XX"),
        ("region: us", "us"),
        ("region: US, sort: {field: PRICE}", "PRICE"),
        ("region: US, sort: {field: GMV, direction: UP}", "UP"),
        ("region: US, filter: {mainChannel: RADIO}", "RADIO"),
        ("region: US, filter: {origin: MARS}", "MARS"),
        ("region: US, first: 1.5", "1.5"),
        ("region: US, filter: {units: {min: 9007199254740992}}", "9007199254740992"),
        ('region: US, filter: {units: {min: "5"}}', '"5"'),
        ("region: US, filter: {units: {min: 1.5}}", "1.5"),
    ):
        answer = graphql(f"{{ products({arguments}) {{ totalCount }} }}")
        assert answer.codes == ["BAD_USER_INPUT"]
        assert shown in answer.errors[0]["message"]
    assert sandbox.count() == 0


def test_dates_that_are_none_are_refused_without_a_call(graphql, sandbox):
    for arguments in ('filter: {firstSeen: {from: "%s"}}', 'sort: null, filter: {firstSeen: {to: "%s"}}'):
        for day in ("2024-13-01", "2025-02-29", "yesterday", "20250101T00"):
            answer = graphql(f"{{ products(region: US, {arguments % day}) {{ totalCount }} }}")
            assert answer.codes == ["BAD_USER_INPUT"]
            assert day in answer.errors[0]["message"]
    assert sandbox.count() == 0


@both_versions
def test_a_nested_field_with_a_bad_argument_nulls_itself_alone(version, gateway, sandbox):
    id = next(p.id for p in sandbox.world.products_in("US") if p.established)

    answer = gateway(version)(f"""{{
        product(id: "{id}") {{
            name
            influencers(first: 0) {{ nodes {{ id }} }}
            trend(days: 999) {{ date }}
            videos(first: 2) {{ nodes {{ id }} }}
        }}
        products(region: US, filter: {{units: {{min: 2, max: 1}}}}) {{ nodes {{ id }} }}
        productRanking(region: US, first: 1) {{ edges {{ rank }} }}
    }}""")

    found = answer.partial
    assert found["product"]["name"] == sandbox.world.title_of(sandbox.world.product(id))
    assert (found["product"]["influencers"], found["product"]["trend"], found["products"]) == (None, None, None)
    assert len(found["product"]["videos"]["nodes"]) == 2
    assert found["productRanking"]["edges"] == [{"rank": 1}]
    assert answer.codes == ["BAD_USER_INPUT"] * 3
    paths = sorted(".".join(error["path"]) for error in answer.errors)
    assert paths == ["product.influencers", "product.trend", "products"]
    assert sorted(call.path for call in sandbox.calls) == ["product/detail", "product/ranklist", "product/video/list"]


# ── what no version can apply ─────────────────────────────────────────────────────────────────────────────────────

V3_ALONE = {"bestSeller": "true", "onSale": "true", "origin": "LOCAL", "brandShop": "false"}


def unavailable(answer: Any, *arguments: str) -> Any:
    """The path of the only error, which names the arguments that cannot be applied."""
    (error,) = answer.errors
    assert error["extensions"]["code"] == "CAPABILITY_UNAVAILABLE"
    assert error["extensions"]["arguments"] == list(arguments)
    assert all(argument in error["message"] for argument in arguments)
    return error["path"]


def test_filters_of_v3_alone_are_unavailable_on_v2(gateway, sandbox):
    server = gateway("v2")
    for name, value in V3_ALONE.items():
        answer = server(products(f", filter: {{units: {{min: 1}}, {name}: {value}}}"))
        assert unavailable(answer, f"filter.{name}") == ["products"]
        assert answer.partial == {"products": None}
    both = server(products(", filter: {bestSeller: true, origin: LOCAL}"))
    assert unavailable(both, "filter.bestSeller", "filter.origin") == ["products"]
    assert sandbox.count() == 0


def test_a_keyword_excludes_other_filters_and_sorts_on_v3(gateway, sandbox):
    server = gateway("v3")

    filtered = server(products(', filter: {keyword: "lamp", units: {min: 1}}'))
    ordered = server(products(', filter: {keyword: "lamp"}, sort: {field: GMV}'))

    assert unavailable(filtered, "filter.keyword", "filter.units") == ["products"]
    assert unavailable(ordered, "filter.keyword", "sort") == ["products"]
    assert sandbox.count() == 0


def test_a_keyword_and_a_filter_of_v3_alone_exclude_each_other(graphql, sandbox):
    for name, value in V3_ALONE.items():
        answer = graphql(products(f', filter: {{keyword: "lamp", {name}: {value}}}'))
        assert unavailable(answer, "filter.keyword", f"filter.{name}") == ["products"]
    assert sandbox.count() == 0


@every_server
def test_delisted_products_cannot_be_asked_for_alone(version, gateway, sandbox):
    answer = gateway(version)(products(", filter: {onSale: false}"))

    assert unavailable(answer, "filter.onSale") == ["products"]
    assert sandbox.count() == 0


@pytest.mark.parametrize("keyword", ["", "   ", "x" * 201])
def test_a_keyword_has_1_to_200_characters(keyword, graphql, sandbox):
    answer = graphql(products(f', filter: {{keyword: "{keyword}"}}'))

    assert refusal(answer, "filter.keyword: ", "1", "200") == ["products"]
    assert sandbox.count() == 0


def test_arguments_of_relations_that_v3_alone_takes_are_unavailable_on_v2(gateway, sandbox):
    server, (id,) = gateway("v2"), sandbox.product_ids("US", 1)
    server(f'{{ product(id: "{id}") {{ id }} }}')
    sandbox.reset()

    for field, argument in (
        ('videos(posted: {from: "2026-01-01"})', "posted"),
        ("videos(influencer: 6)", "influencer"),
        ('lives(started: {to: "2026-01-01"})', "started"),
        ("lives(sort: {field: VIEWS})", "sort"),
    ):
        answer = server(f'{{ product(id: "{id}") {{ {field} {{ nodes {{ id }} }} }} }}')
        assert unavailable(answer, argument) == ["product", field.split("(")[0]]
    reviews = server(f'{{ product(id: "{id}") {{ reviews {{ nodes {{ reviewId }} }} }} }}')
    assert reviews.codes == ["CAPABILITY_UNAVAILABLE"]
    assert sandbox.count() == 0


@pytest.mark.parametrize(("level", "text"), [("l1", "abc"), ("l2", "Seller:5"), ("l3", "1" * 21)])
def test_category_ids_are_ids_of_categories(level, text, graphql, sandbox):
    category = f'category: {{{level}: "{text}"}}'
    for root in (f"products(region: US, filter: {{{category}}})", f"productRanking(region: US, {category})"):
        answer = graphql(f"{{ {root} {{ totalCount }} }}")
        assert refusal(answer, f"category.{level}: ", text[:20])
    assert sandbox.count() == 0


# ── filters on the wire ───────────────────────────────────────────────────────────────────────────────────────────

PAGE = {"region": "GB", "page_num": "1", "page_size": "10"}
MOST_UNITS = {"product_sort_field": "1", "sort_type": "1"}


def rate(product: Product) -> float:
    return product.commission / 1000


def seen(world: World, product: Product) -> date:
    return world.date_of(product.age)


# filter as a client writes it, parameters as the provider names them, what then holds of every product given
FILTERS: dict[str, tuple[str, dict[str, str], Test]] = {
    "l1": ("category: {l1: 601450}", {"category_id": "601450"}, lambda w, p: category_ids(p)[0] == "601450"),
    "l1 as a global id": (
        'category: {l1: "Category:601450"}',
        {"category_id": "601450"},
        lambda w, p: category_ids(p)[0] == "601450",
    ),
    "stable": ("salesTrend: STABLE", {"sales_trend_flag": "0"}, lambda w, p: sales_trend_flag(p) == 0),
    "up": ("salesTrend: UP", {"sales_trend_flag": "1"}, lambda w, p: sales_trend_flag(p) == 1),
    "down": ("salesTrend: DOWN", {"sales_trend_flag": "2"}, lambda w, p: sales_trend_flag(p) == 2),
    "video": ("mainChannel: VIDEO", {"sales_flag": "1"}, lambda w, p: sales_flag(p) == 1),
    "live": ("mainChannel: LIVE", {"sales_flag": "2"}, lambda w, p: sales_flag(p) == 2),
    "units": (
        "units: {min: 100, max: 5000}",
        {"min_total_sale_cnt": "100", "max_total_sale_cnt": "5000"},
        lambda w, p: 100 <= p.units() <= 5000,
    ),
    "units30d": (
        "units30d: {min: 10, max: 400}",
        {"min_total_sale_30d_cnt": "10", "max_total_sale_30d_cnt": "400"},
        lambda w, p: 10 <= added(p, Product.units, 30) <= 400,
    ),
    "gmv": (
        "gmv: {min: 1000.5, max: 90000}",
        {"min_total_sale_gmv_amt": "1000.5", "max_total_sale_gmv_amt": "90000"},
        lambda w, p: 100_050 <= p.gmv() <= 9_000_000,
    ),
    "gmv30d": (
        "gmv30d: {max: 1234.56}",
        {"max_total_sale_gmv_30d_amt": "1234.56"},
        lambda w, p: gmv_added(p, Product.units, 30) <= 123_456,
    ),
    "averagePrice": (
        "averagePrice: {min: 5, max: 20.5}",
        {"min_spu_avg_price": "5", "max_spu_avg_price": "20.5"},
        lambda w, p: 500 <= p.price <= 2050,
    ),
    "commissionRate": (
        "commissionRate: {min: 0.1, max: 0.125}",
        {"min_product_commission_rate": "0.1", "max_product_commission_rate": "0.125"},
        lambda w, p: 0.1 <= rate(p) <= 0.125,
    ),
    "influencers": (
        "influencers: {min: 10, max: 30}",
        {"min_total_ifl_cnt": "10", "max_total_ifl_cnt": "30"},
        lambda w, p: 10 <= p.reach <= 30,
    ),
    "videos": ("videos: {min: 40}", {"min_total_video_cnt": "40"}, lambda w, p: p.videos >= 40),
    "views": ("views: {max: 100000}", {"max_total_views_cnt": "100000"}, lambda w, p: w.views_of_product(p) <= 100_000),
    "rating": (
        "rating: {min: 4.1, max: 4.6}",
        {"min_product_rating": "4.1", "max_product_rating": "4.6"},
        lambda w, p: 41 <= p.rating_tenths <= 46,
    ),
    "reviews": (
        "reviews: {min: 0, max: 900}",
        {"min_review_count": "0", "max_review_count": "900"},
        lambda w, p: p.reviewed() <= 900,
    ),
    "managed": ("fullyManaged: true", {"is_s_shop": "1"}, lambda w, p: w.seller_of_product(p).managed),
    "not managed": ("fullyManaged: false", {"is_s_shop": "0"}, lambda w, p: not w.seller_of_product(p).managed),
    "free shipping": ("freeShipping: true", {"free_shipping": "1"}, lambda w, p: p.free_shipping),
    "paid shipping": ("freeShipping: false", {"free_shipping": "0"}, lambda w, p: not p.free_shipping),
    "firstSeen": (
        'firstSeen: {from: "<150>", to: "<100>"}',
        {"min_first_crawl_dt": "<150>", "max_first_crawl_dt": "<100>"},
        lambda w, p: 100 <= p.age <= 150,
    ),
    "several": (
        "salesTrend: UP, freeShipping: true, rating: {min: 4}, gmv: null, units: {}",
        {"sales_trend_flag": "1", "free_shipping": "1", "min_product_rating": "4"},
        lambda w, p: sales_trend_flag(p) == 1 and p.free_shipping and p.rating_tenths >= 40,
    ),
}
V3_FILTERS: dict[str, tuple[str, dict[str, str], Test]] = {
    "best seller": ("bestSeller: true", {"is_hot": "1"}, lambda w, p: p.place < 6),
    "no best seller": ("bestSeller: false", {"is_hot": "0"}, lambda w, p: p.place >= 6),
    "on sale": ("onSale: true", {"off_mark": "0"}, lambda w, p: p.off_mark < 2),
    "local": ("origin: LOCAL", {"from_flag": "1"}, lambda w, p: not w.seller_of_product(p).cross_border),
    "abroad": ("origin: CROSS_BORDER", {"from_flag": "2"}, lambda w, p: w.seller_of_product(p).cross_border),
    "brand": ("brandShop: true", {"shop_type": "1"}, lambda w, p: w.seller_of_product(p).brand),
    "no brand": ("brandShop: false", {"shop_type": "0"}, lambda w, p: not w.seller_of_product(p).brand),
}


def with_days(text: str, world: World, form: str) -> str:
    """A text with the dates of days that stand in it between brackets, counted back from today."""
    return re.sub(r"<(\d+)>", lambda day: world.date_of(int(day[1])).strftime(form), text)


def check_filters(server: Any, sandbox: Any, filters: Sequence[tuple[str, dict[str, str], Test]]) -> None:
    """That every filter is sent as the provider names it, and that what holds of the products given is what it says."""
    world, sellers = sandbox.world, best_sellers(sandbox.world, "GB")
    for written, params, holds in filters:
        answer = server(products(f", filter: {{{with_days(written, world, '%Y-%m-%d')}}}", "GB"))
        sent = {name: with_days(value, world, "%Y%m%d") for name, value in params.items()}
        assert sandbox.calls[-1].params == {**PAGE, **MOST_UNITS, **sent}
        expected = [product.id for product in sellers if holds(world, product)][:10]
        assert [node["productId"] for node in answer.data["products"]["nodes"]] == expected, written
        assert expected, written


@every_server
def test_filters_reach_the_provider(version, gateway, sandbox):
    check_filters(gateway(version), sandbox, list(FILTERS.values()))

    # Two of them write the same category in two ways.
    assert sandbox.count("product/list", version or "v3") == sandbox.count() == len(FILTERS) - 1


@pytest.mark.parametrize("version", ["v3", None])
def test_filters_of_v3_alone_reach_it(version, gateway, sandbox):
    check_filters(gateway(version), sandbox, list(V3_FILTERS.values()))

    assert sandbox.count("product/list", "v3") == sandbox.count() == len(V3_FILTERS)


@every_server
def test_narrow_categories_reach_the_provider(version, gateway, sandbox):
    _, second, third = next(ids for p in best_sellers(sandbox.world, "GB") if "0" not in (ids := category_ids(p)))
    check_filters(
        gateway(version),
        sandbox,
        [
            (f"category: {{l2: {second}}}", {"category_l2_id": second}, lambda w, p: category_ids(p)[1] == second),
            (f"category: {{l3: {third}}}", {"category_l3_id": third}, lambda w, p: category_ids(p)[2] == third),
            (
                f"category: {{l2: {second}, l3: {third}}}",
                {"category_l2_id": second, "category_l3_id": third},
                lambda w, p: category_ids(p)[1:] == (second, third),
            ),
        ],
    )


@pytest.mark.parametrize("version", ["v2", None])
def test_keywords_reach_v2(version, gateway, sandbox):
    world = sandbox.world
    word = world.title_of(best_sellers(world, "GB")[0]).split()[0]
    check_filters(
        gateway(version),
        sandbox,
        [(f'keyword: "  {word} "', {"keyword": word}, lambda w, p: word.casefold() in w.title_of(p).casefold())],
    )

    assert sandbox.count("product/list", "v2") == sandbox.count() == 1


SORTS: dict[str, tuple[str, Callable[[Product], int]]] = {
    "UNITS": ("1", Product.units),
    "GMV": ("2", Product.gmv),
    "AVERAGE_PRICE": ("3", lambda product: product.price),
    "UNITS_7D": ("4", lambda product: added(product, Product.units, 7)),
    "UNITS_30D": ("5", lambda product: added(product, Product.units, 30)),
    "GMV_7D": ("6", lambda product: gmv_added(product, Product.units, 7)),
    "GMV_30D": ("7", lambda product: gmv_added(product, Product.units, 30)),
}


@every_server
def test_sorts_reach_the_provider(version, gateway, sandbox):
    server, world = gateway(version), sandbox.world
    for field, (code, measure) in SORTS.items():
        values = sorted(map(measure, world.products_in("GB")))
        for direction, flag, expected in (
            (", direction: ASC", "0", values[:10]),
            (", direction: DESC", "1", values[::-1][:10]),
            ("", "1", values[::-1][:10]),
        ):
            answer = server(products(f", sort: {{field: {field}{direction}}}", "GB"))
            sent = {"product_sort_field": code, "sort_type": flag}
            assert sandbox.calls[-1].params == {**PAGE, **sent}
            found = [world.product(node["productId"]) for node in answer.data["products"]["nodes"]]
            assert [measure(product) for product in found] == expected
    # Largest first is the default, so that it is the same list.
    assert sandbox.count("product/list", version or "v3") == sandbox.count() == 2 * len(SORTS)
