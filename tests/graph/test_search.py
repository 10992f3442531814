"""Search by words, the products that a keyword finds, and the product behind an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from math import ceil
from typing import Any

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.product import added, gmv_added
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.link import share_link
from sandbox.world.media import Live, Video
from sandbox.world.product import Product

REGION = "SG"
WORDS = "original scrub brushes with carry"
SHORT = "an"  # part of many names
MOST = 30
SEARCH = "search/items"
EXTRACT = "realtime/extract_product_id"
DETAIL = "product/detail"
UNKNOWN = "1729000000000000001"
IDS = "{ ... on Node { id } }"
FROM_URL = "query ($url: URL!) { productFromUrl(url: $url) { productId name } }"


@pytest.fixture
def v3(gateway):
    return gateway("v3")


@pytest.fixture
def world(sandbox: SandboxServer) -> World:
    return sandbox.world


@pytest.fixture
def product(sandbox: SandboxServer) -> Product:
    return product_of(sandbox, 0)


def product_of(sandbox: SandboxServer, place: int) -> Product:
    found = sandbox.world.product(sandbox.product_ids(REGION, place + 1)[place])
    assert found
    return found


def hits(text: str, words: str) -> int:
    return sum(word in text.casefold() for word in words.casefold().split())


def found(
    items: Sequence[Any],
    words: str,
    text: Callable[[Any], str],
    weight: Callable[[Any], float] | None = None,
    *,
    exact: bool = False,
) -> list[Any]:
    """What two of the words find, or all of them: most weight first, or, without one, most words."""
    asked = len(words.split())
    enough = asked if exact else min(2, asked)
    kept = [item for item in items if hits(text(item), words) >= enough]
    return sorted(kept, key=lambda item: (-(weight(item) if weight else hits(text(item), words)), item.id))


def products_found(world: World, words: str, region: str = REGION, **more: Any) -> list[Product]:
    return found(world.products_in(region), words, world.title_of, **more)


def shown_first(world: World, words: str, kind: type[Video] | type[Live]) -> list[str]:
    """Videos, or lives, whose first product is one of the 30 best sellers of the week that the words find."""
    products = products_found(world, words, weight=lambda product: added(product, Product.units, 7))[:MOST]
    shown: dict[str, Any] = {}
    for product in products:
        of_product: Any = world.videos_of_product(product) if kind is Video else world.lives_of_product(product)
        shown |= {item.id: item for item in of_product if world.product_at(item.products[0]) in products}
    views = {item.id: item.views() if isinstance(item, Video) else item.views for item in shown.values()}
    return [f"{kind.__name__}:{id}" for id in sorted(views, key=lambda id: (-views[id], id))]


def node_ids(items: Sequence[Any]) -> list[str]:
    return [f"{type(item).__name__}:{item.id}" for item in items]


def everything_found(world: World, words: str) -> dict[str, list[str]]:
    """The ids that words find, by type, in order."""
    return {
        "PRODUCT": node_ids(products_found(world, words)),
        "SELLER": node_ids(
            found(world.sellers_in(REGION), words, lambda s: s.name, lambda s: world.shop_of(s).units())
        ),
        "INFLUENCER": node_ids(
            found(
                world.influencers_in(REGION),
                words,
                lambda user: f"{user.nick_name} {told_handle(user) or ''}",
                lambda user: user.followers,
            )
        ),
        "VIDEO": shown_first(world, words, Video),
        "LIVE": shown_first(world, words, Live),
    }


def types_asked(sandbox: SandboxServer) -> list[str]:
    return [call.params["type"] for call in sandbox.calls if call.path == SEARCH]


def ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


# ── what is found ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_products_shops_and_influencers_are_found_unless_asked_otherwise(v3, world, sandbox):
    answer = v3(f'{{ search(text: "{SHORT}", region: {REGION}, first: 4) {IDS} }}')

    everything = everything_found(world, SHORT)
    expected = [everything[kind][:4] for kind in ("PRODUCT", "SELLER", "INFLUENCER")]
    assert [len(each) for each in expected] == [4, 4, 4]
    assert ids(answer.data["search"]) == [*chain(*expected)]
    assert sorted(types_asked(sandbox)) == ["1", "2", "3"]
    assert sandbox.count() == 3
    assert {(call.params["sk"], call.params["region"], call.params["searchType"]) for call in sandbox.calls} == {
        (SHORT, REGION, "0")
    }


@pytest.mark.parametrize(
    "types",
    [
        ["PRODUCT"],
        ["INFLUENCER", "SELLER", "PRODUCT"],
        ["LIVE", "VIDEO"],
        ["VIDEO", "INFLUENCER", "VIDEO", "INFLUENCER"],
    ],
    ids=" ".join,
)
def test_what_is_found_stands_in_the_order_of_the_types_a_call_for_each(types, v3, world, sandbox):
    answer = v3(f'{{ search(text: "{SHORT}", region: {REGION}, first: 12, types: [{", ".join(types)}]) {IDS} }}')

    everything, once = everything_found(world, SHORT), dict.fromkeys(types)
    assert all(len(everything[kind]) >= 10 for kind in once)
    assert ids(answer.data["search"]) == [*chain(*(everything[kind][:12] for kind in once))]
    assert sandbox.count() == sandbox.count(SEARCH) == len(once)


def test_types_that_are_null_are_the_usual_ones(v3, sandbox):
    v3(f'{{ search(text: "{SHORT}", region: {REGION}, types: null) {IDS} }}')

    assert sorted(types_asked(sandbox)) == ["1", "2", "3"]


@pytest.mark.parametrize(("first", "most"), [("", 10), ("first: 1", 1), ("first: 29", 29), ("first: 100", MOST)])
def test_at_most_thirty_of_each_type_are_given(first, most, v3, world, sandbox):
    answer = v3(f'{{ search(text: "{SHORT}", region: {REGION}, types: [INFLUENCER, PRODUCT] {first}) {IDS} }}')

    everything = everything_found(world, SHORT)
    assert ids(answer.data["search"]) == everything["INFLUENCER"][:most] + everything["PRODUCT"][:most]
    assert sandbox.count() == 2


def test_the_same_words_are_asked_once_however_many_rows_are_wanted(v3, world, sandbox):
    query = f'{{ search(text: "{SHORT}", region: {REGION}, first: %d, types: [PRODUCT]) {IDS} }}'

    assert len(v3(query % 2).data["search"]) == 2
    assert ids(v3(query % 30).data["search"]) == everything_found(world, SHORT)["PRODUCT"][:30]
    assert sandbox.count() == 1


@pytest.mark.parametrize("exact", [True, False])
def test_exact_wants_all_of_the_words_and_else_two_do(exact, v3, world, sandbox):
    query = f'{{ search(text: "{WORDS}", region: {REGION}, first: 30, types: [PRODUCT], exact: {str(exact).lower()})'

    answer = v3(f"{query} {IDS} }}")

    expected = products_found(world, WORDS, exact=exact)
    assert expected
    assert len(products_found(world, WORDS, exact=True)) < len(products_found(world, WORDS))
    assert ids(answer.data["search"]) == node_ids(expected[:MOST])
    assert [call.params["searchType"] for call in sandbox.calls] == [str(int(exact))]


SORTS: dict[str, tuple[str, Callable[[Product], float] | None]] = {
    "RELEVANCE": ("0", None),
    "AVERAGE_PRICE": ("1", lambda product: product.price),
    "UNITS_7D": ("2", lambda product: added(product, Product.units, 7)),
    "GMV_7D": ("3", lambda product: gmv_added(product, Product.units, 7)),
    "UNITS": ("4", lambda product: product.units()),
    "GMV": ("5", lambda product: product.gmv()),
    "INFLUENCERS": ("6", lambda product: product.reach),
    "VIDEOS": ("7", lambda product: product.videos),
}


@pytest.mark.parametrize("sort", SORTS)
def test_found_products_are_sorted_as_asked_and_nothing_else_is(sort, v3, world, sandbox):
    answer = v3(f'{{ search(text: "{SHORT}", region: {REGION}, types: [SELLER, PRODUCT], productSort: {sort}) {IDS} }}')

    code, weight = SORTS[sort]
    sellers = everything_found(world, SHORT)["SELLER"][:10]
    assert ids(answer.data["search"]) == sellers + node_ids(products_found(world, SHORT, weight=weight)[:10])
    assert {call.params["type"]: call.params.get("sortType") for call in sandbox.calls} == {"2": code, "3": None}


def test_words_that_find_nothing_give_an_empty_list(v3, sandbox):
    assert v3(f'{{ search(text: "nothingatall", region: {REGION}) {IDS} }}').data == {"search": []}
    assert sandbox.count() == 3


def test_words_are_sent_without_the_blanks_around_them(v3, sandbox):
    assert v3("query ($text: String!) { search(text: $text, region: SG) { __typename } }", text="  mini  ").data

    assert {call.params["sk"] for call in sandbox.calls} == {"mini"}


# ── what the rows tell, and what they do not ──────────────────────────────────────────────────────────────────────


def test_what_a_found_row_tells_costs_nothing_more(v3, world, sandbox):
    answer = v3(f"""{{ search(text: "{SHORT}", region: {REGION}, first: 30) {{ __typename
        ... on Product {{ productId name price {{ average }} cover {{ url }} performance {{ units gmv influencers
            video {{ videos }} }} week: performance(window: LAST_7_DAYS) {{ units gmv }} }}
        ... on Seller {{ sellerId sellerName: name logo {{ url }} rating productCount videoCount liveCount
            performance {{ units gmv }} }}
        ... on Influencer {{ userId handle nickName: name videoCount audience {{ followers likes views }}
            sold: performance {{ units gmv }} }}
    }} }}""")

    assert sandbox.count() == 3
    rows = answer.data["search"]
    assert {row["__typename"] for row in rows} == {"Product", "Seller", "Influencer"}
    for row in rows:
        assert row == {"__typename": row["__typename"], **TOLD[row["__typename"]](world, row)}


def told_product(world: World, row: dict[str, Any]) -> dict[str, Any]:
    product = world.product(row["productId"])
    assert product
    sold = {"units": product.units(), "gmv": product.gmv() / 100, "influencers": product.reach}
    assert row["cover"]["url"].startswith("https://") and product.id in row["cover"]["url"]
    return {
        "productId": product.id,
        "name": world.title_of(product),
        "price": {"average": product.price / 100},
        "cover": row["cover"],
        "performance": {**sold, "video": {"videos": product.videos}},
        "week": {"units": added(product, Product.units, 7), "gmv": gmv_added(product, Product.units, 7) / 100},
    }


def told_seller(world: World, row: dict[str, Any]) -> dict[str, Any]:
    seller = world.seller(row["sellerId"])
    assert seller
    shop = world.shop_of(seller)
    assert seller.id in row["logo"]["url"]
    return {
        "sellerId": seller.id,
        "sellerName": seller.name,
        "logo": row["logo"],
        "rating": seller.rating_tenths / 10,
        "productCount": shop.listed(),
        "videoCount": shop.videos(),
        "liveCount": shop.lives(),
        "performance": {"units": shop.units(), "gmv": shop.gmv() / 100},
    }


def told_influencer(world: World, row: dict[str, Any]) -> dict[str, Any]:
    user = world.influencer(row["userId"])
    assert user
    career = world.career_of(user)
    return {
        "userId": user.id,
        "handle": told_handle(user),
        "nickName": user.nick_name,
        "videoCount": career.posts(),
        "audience": {"followers": career.followers(), "likes": career.likes(), "views": career.views()},
        "sold": {"units": career.units(), "gmv": career.gmv() / 100},
    }


TOLD = {"Product": told_product, "Seller": told_seller, "Influencer": told_influencer}


def test_other_facts_of_what_was_found_are_looked_up_in_tens(v3, world, sandbox):
    answer = v3(f"""{{ search(text: "{SHORT}", region: {REGION}, first: 25, types: [PRODUCT, INFLUENCER]) {{
        ... on Product {{ productId reviewCount freeShipping }}
        ... on Influencer {{ userId bio }}
    }} }}""")

    assert sorted(map(len, sandbox.ids_asked(DETAIL))) == [5, 10, 10]
    assert sorted(map(len, sandbox.ids_asked("influencer/detail"))) == [5, 10, 10]
    assert sandbox.count() == 8
    products, users = answer.data["search"][:25], answer.data["search"][25:]
    for row in products:
        product = world.product(row["productId"])
        assert (row["reviewCount"], row["freeShipping"]) == (product.reviewed(), product.free_shipping)
    assert [row["bio"] for row in users] == [world.influencer(row["userId"]).signature or None for row in users]


def test_found_videos_and_lives_tell_what_they_are(v3, world, sandbox):
    answer = v3(f"""{{ search(text: "{SHORT}", region: {REGION}, types: [VIDEO, LIVE]) {{
        ... on Video {{ videoId engagement {{ views }} influencer {{ userId }} }}
        ... on Live {{ roomId title views }}
    }} }}""")

    assert sandbox.count() == 2
    assert len(answer.data["search"]) == 20
    for row in answer.data["search"][:10]:
        video = world.video(row["videoId"])
        assert row["engagement"]["views"] == video.views()
        assert row["influencer"]["userId"] == world.author_of_video(video).id
    for row in answer.data["search"][10:]:
        live = world.live(row["roomId"])
        assert (row["title"], row["views"]) == (world.title_of_live(live), live.views)


# ── what is refused, and what fails ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ('text: ""', "text"),
        ('text: " \\n\\t "', "text"),
        (f'text: "{"x" * 201}"', "text"),
        ('text: "mini", first: 0', "first"),
        ('text: "mini", first: -1', "first"),
        ('text: "mini", first: 101', "first"),
        ('text: "mini", types: [SELLER, VIDEO], productSort: GMV', "productSort"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_call(arguments, argument, v3, sandbox):
    answer = v3(f"{{ search({arguments}, region: {REGION}) {IDS} }}")

    assert answer.partial == {"search": None}
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == argument
    assert sandbox.count() == 0


def test_two_hundred_characters_are_not_too_many(v3, sandbox):
    assert v3(f'{{ search(text: "{"x" * 200}", region: {REGION}) {IDS} }}').data == {"search": []}
    assert [len(call.params["sk"]) for call in sandbox.calls] == [200, 200, 200]


@pytest.mark.parametrize(
    ("fault", "code"), [("forbidden", "UPSTREAM_UNAUTHENTICATED"), ("html", "UPSTREAM_BAD_RESPONSE")]
)
def test_a_type_that_fails_fails_the_whole_field(fault, code, v3, product, sandbox):
    sandbox.fail(SEARCH, fault, when={"type": "3"})

    answer = v3(f'{{ search(text: "{SHORT}", region: {REGION}) {IDS} product(id: "{product.id}") {{ productId }} }}')

    assert answer.partial == {"search": None, "product": {"productId": product.id}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [(["search"], code)]


def test_a_search_on_v2_alone_is_unavailable_without_a_call(gateway, sandbox):
    answer = gateway("v2")(f'{{ search(text: "mini", region: {REGION}) {IDS} }}')

    assert answer.partial == {"search": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert sandbox.count() == 0


# ── products by a keyword ─────────────────────────────────────────────────────────────────────────────────────────


def keyword(words: str, fields: str, arguments: str = "", region: str = REGION, filters: str = "") -> str:
    page = "pageInfo { hasNextPage hasPreviousPage endCursor } totalCount"
    return (
        f'{{ products(region: {region}, filter: {{ keyword: "{words}" {filters} }} {arguments})'
        f" {{ {page} edges {{ cursor }} nodes {{ productId {fields} }} }} }}"
    )


@pytest.mark.parametrize("words", [WORDS, "storage boxes", "an"])
@pytest.mark.parametrize(("fields", "looks_up"), [("rating specifications { value }", True), ("name", False)])
def test_a_keyword_is_searched_for_on_v3_and_rows_are_looked_up_in_tens(words, fields, looks_up, v3, world, sandbox):
    answer = v3(keyword(words, fields, "first: 50"))

    expected = products_found(world, words)[:MOST]
    assert [node["productId"] for node in answer.data["products"]["nodes"]] == [product.id for product in expected]
    assert answer.data["products"]["pageInfo"]["hasNextPage"] is False
    assert sandbox.count(SEARCH) == 1
    details = sandbox.ids_asked(DETAIL)
    assert len(details) == (ceil(len(expected) / 10) if looks_up else 0)
    assert sorted(chain(*details)) == (sorted(product.id for product in expected) if looks_up else [])
    assert sandbox.count() == 1 + len(details)
    (search,) = [call for call in sandbox.calls if call.path == SEARCH]
    assert {name: search.params[name] for name in ("sk", "type", "region", "searchType", "sortType")} == {
        "sk": words,
        "type": "2",
        "region": REGION,
        "searchType": "0",
        "sortType": "0",
    }


def test_the_thirty_rows_of_a_keyword_are_paged_without_a_further_call(v3, world, sandbox):
    expected = [product.id for product in products_found(world, SHORT)[:MOST]]
    told, after = [], ""
    for turn in range(3):
        page = v3(keyword(SHORT, "", f"first: 12 {after}")).data["products"]
        told += [node["productId"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage"] is (turn < 2)
        assert page["pageInfo"]["hasPreviousPage"] is (turn > 0)
        after = f'after: "{page["pageInfo"]["endCursor"]}"'

    assert told == expected
    assert sandbox.count() == 1

    inner = page["edges"][0]["cursor"]
    (node, *_) = v3(keyword(SHORT, "", f'first: 3 after: "{inner}"')).data["products"]["nodes"]
    assert node["productId"] == expected[25]
    assert sandbox.count() == 1


def test_a_keywords_cursor_does_not_fit_other_words(v3, sandbox):
    cursor = v3(keyword(SHORT, "")).data["products"]["pageInfo"]["endCursor"]

    answer = v3(keyword(WORDS, "", f'after: "{cursor}"'))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "after"
    assert sandbox.count() == 1


@pytest.mark.parametrize(
    ("filters", "arguments", "named"),
    [
        ("freeShipping: true", "", "filter.freeShipping"),
        ('category: { l1: "600001" }', "", "filter.category.l1"),
        ("onSale: true", "", "filter.keyword"),
        ("", "sort: { field: UNITS }", "sort"),
        ("", "sort: { field: GMV, direction: ASC }", "sort"),
    ],
)
def test_a_keyword_with_another_filter_or_sort_is_unavailable_on_v3(filters, arguments, named, v3, sandbox):
    answer = v3(keyword(WORDS, "", arguments, filters=filters))

    assert answer.partial == {"products": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert named in answer.errors[0]["extensions"]["arguments"]
    assert "filter.keyword" in answer.errors[0]["extensions"]["arguments"]
    assert sandbox.count() == 0


@pytest.mark.parametrize("words", ["", "  ", "x" * 201])
def test_a_blank_or_overlong_keyword_is_refused_before_any_call(words, v3, sandbox):
    answer = v3(keyword(words, ""))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "filter.keyword"
    assert sandbox.count() == 0


def test_where_v2_is_there_it_serves_a_keyword_by_its_own_list(graphql, world, sandbox):
    answer = graphql(keyword("storage boxes", ""))

    expected = found(world.products_in(REGION), "storage boxes", world.title_of, lambda p: p.units(), exact=True)
    assert [node["productId"] for node in answer.data["products"]["nodes"]] == [product.id for product in expected]
    assert sandbox.count() == sandbox.count("product/list", "v2") == 1


def test_in_a_market_that_v2_lacks_the_search_serves_a_keyword(graphql, world, sandbox):
    answer = graphql(keyword("storage boxes", "", region="DE"))

    expected = products_found(world, "storage boxes", "DE")[:10]
    assert expected
    assert [node["productId"] for node in answer.data["products"]["nodes"]] == [product.id for product in expected]
    assert sandbox.count() == sandbox.count(SEARCH) == 1


# ── the product behind an address ─────────────────────────────────────────────────────────────────────────────────

PAGES = [
    "https://www.tiktok.com/view/product/{id}",
    "https://shop.tiktok.com/view/product/{id}?region=SG&locale=en",
    "https://shop.tiktok.com/sg/product/{id}/",
    "https://www.tiktok.com/shop/pdp/{id}",
    "https://www.tiktok.com/shop/pdp/scrub-brushes-2-pack/{id}?source=ecommerce_store#reviews",
    "https://www.tiktok.com/shop/sg/pdp/scrub-brushes/{id}",
    "http://tiktok.com/view/product/{id}",
    "https://WWW.TikTok.com/view/product/{id}",
    "https://tiktok.com:443/view/product/{id}",
]


@pytest.mark.parametrize("page", PAGES)
def test_an_id_in_the_path_of_a_page_is_read_without_asking_where_it_leads(page, v3, product, sandbox):
    answer = v3(FROM_URL, url=page.format(id=product.id))

    name = sandbox.world.title_of(product)
    assert answer.data == {"productFromUrl": {"productId": product.id, "name": name}}
    assert sandbox.ids_asked(DETAIL) == [[product.id]]
    assert sandbox.count() == 1


def test_a_short_link_costs_one_call_more_and_then_none(v3, product, sandbox):
    link = share_link(product)

    answer = v3(FROM_URL, url=link)

    name = sandbox.world.title_of(product)
    assert answer.data == {"productFromUrl": {"productId": product.id, "name": name}}
    assert [call.params for call in sandbox.calls if call.path == EXTRACT] == [{"share_url": link}]
    assert sandbox.count(DETAIL) == 1
    assert v3(FROM_URL, url=link).data == answer.data
    assert sandbox.count() == 2


ELSEWHERE = [
    "https://evil.com/view/product/1729000000000000001",
    "https://tiktok.com.evil.com/view/product/1729000000000000001",
    "https://eviltiktok.com/view/product/1729000000000000001",
    "https://evil.com/@tiktok.com/product/1234567",
    "https://evil.com/https://www.tiktok.com/product/1234567",
    "https://evil.com?https://www.tiktok.com/product/1234567",
    "https://evil.com#@www.tiktok.com/product/1234567",
    "https://tiktok.com@evil.com/product/1234567",
    "https://www.tiktok.com:x@evil.com/product/1234567",
    "https://tiktok.com\\@evil.com/product/1234567",
    "https://www.tiktok.com%2eevil.com/product/1234567",
    "https://www.tiktok.com\n.evil.com/product/1234567",
    "https:///product/1234567",
    "https:tiktok.com/product/1234567",
    "https://",
    "https://[www.tiktok.com/product/1234567",
    "https://tiktok.co/product/1234567",
    "www.tiktok.com/view/product/1234567",
    "//www.tiktok.com/view/product/1234567",
    "javascript:fetch('https://www.tiktok.com/product/1234567')",
    "javascript://www.tiktok.com/product/1234567",
    "ftp://www.tiktok.com/product/1234567",
    "file:///product/1234567",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_address_elsewhere_is_refused_before_any_call(url, v3, sandbox):
    answer = v3(FROM_URL, url=url)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "url" in answer.errors[0]["message"].lower()
    assert sandbox.count() == 0


def test_an_unknown_id_in_an_address_is_no_error(v3, sandbox):
    answer = v3(FROM_URL, url=f"https://www.tiktok.com/view/product/{UNKNOWN}")

    assert answer.data == {"productFromUrl": None}
    assert sandbox.ids_asked(DETAIL) == [[UNKNOWN]]
    assert sandbox.count() == 1


@pytest.mark.parametrize("column", ["productId", "product_id"])
def test_a_link_that_leads_to_an_unknown_id_is_no_error(column, v3, sandbox):
    sandbox.answer(EXTRACT, {"code": 0, "message": "ok", "data": {column: UNKNOWN}, "requestId": None})

    assert v3(FROM_URL, url="https://vt.tiktok.com/ZSabc/").data == {"productFromUrl": None}
    assert sandbox.ids_asked(DETAIL) == [[UNKNOWN]]


@pytest.mark.parametrize("data", [None, [], {}, {"productId": ""}, {"productId": 0, "region": "US"}])
def test_a_link_without_a_product_behind_it_is_no_error(data, v3, sandbox):
    sandbox.answer(EXTRACT, {"code": 0, "message": "ok", "data": data})

    assert v3(FROM_URL, url="https://vt.tiktok.com/ZSabc/").data == {"productFromUrl": None}
    assert sandbox.count() == 1


def test_a_link_that_leads_nowhere_is_refused_by_name(v3, world, sandbox):
    video = next(iter(world.videos_of_product(max(world.products_in(REGION)[:30], key=lambda p: p.videos))))
    nowhere = ["https://www.tiktok.com/t/Zzzzzz/", share_link(video), f"https://www.tiktok.com/@a/video/{video.id}"]

    for url in nowhere:
        answer = v3(FROM_URL, url=url)

        assert answer.partial == {"productFromUrl": None}
        assert answer.codes == ["BAD_USER_INPUT"]
        assert answer.errors[0]["extensions"]["argument"] == "url"
    assert sandbox.count() == sandbox.count(EXTRACT) == len(nowhere)


def test_on_v2_alone_pages_are_read_and_links_are_not(gateway, product, sandbox):
    server = gateway("v2")

    page = server(FROM_URL, url=f"https://www.tiktok.com/view/product/{product.id}")
    link = server(FROM_URL, url=share_link(product))

    assert page.data["productFromUrl"]["productId"] == product.id
    assert (link.partial, link.codes) == ({"productFromUrl": None}, ["CAPABILITY_UNAVAILABLE"])
    assert sandbox.count() == sandbox.count(DETAIL, "v2") == 1
