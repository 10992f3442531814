"""Lists: cursors, ends, the order in which pages are asked, and what odd or failed pages do to them."""

from __future__ import annotations

import base64
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.control import Call
from sandbox.echotik.catalog import best_sellers
from sandbox.server import SandboxServer
from sandbox.world.product import Product

LIST = """query ($first: Int, $after: String, $filter: ProductFilter, $sort: ProductSort) {
    products(region: US, first: $first, after: $after, filter: $filter, sort: $sort) {
        edges { cursor node { productId name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        totalCount
    }
}"""
INFLUENCERS = """query ($id: ID!, $first: Int, $after: String) {
    product(id: $id) {
        name
        influencers(first: $first, after: $after) {
            edges { cursor node { userId } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
}"""
RANKING = """query ($first: Int, $after: String) {
    productRanking(region: US, first: $first, after: $after) {
        edges { cursor rank units node { productId name } }
        pageInfo { hasNextPage endCursor }
    }
}"""

both_versions = pytest.mark.parametrize("version", ["v2", "v3"])


def ids(connection: Any) -> list[str]:
    return [edge["node"]["productId"] for edge in connection["edges"]]


def pages_asked(sandbox: SandboxServer, path: str = "product/list") -> list[int]:
    return sorted(int(call.params["page_num"]) for call in sandbox.calls if call.path == path)


def waves(calls: Sequence[Call]) -> list[list[int]]:
    """Pages of calls that were in flight together: a wave begins when every earlier call has ended."""
    found: list[list[int]] = []
    last_end = 0.0
    for call in sorted(calls, key=lambda call: call.started):
        assert call.ended is not None
        if call.started >= last_end:
            found.append([])
        found[-1].append(int(call.params["page_num"]))
        last_end = max(last_end, call.ended)
    return [sorted(wave) for wave in found]


def envelope(rows: Sequence[Any]) -> dict[str, Any]:
    return {"code": 0, "message": "success", "data": list(rows)}


def key(number: int) -> str:
    return f"17{number:04}"


def row(number: int) -> dict[str, Any]:
    return {"product_id": key(number), "product_name": f"Number {number}", "total_sale_cnt": number}


def serve(sandbox: SandboxServer, path: str, *pages: Sequence[Any]) -> None:
    """Canned pages, and nothing behind them."""
    for number, rows in enumerate(pages, start=1):
        sandbox.answer(path, envelope(rows), when={"page_num": str(number)})
    sandbox.answer(path, envelope([]))


def sold_by(sandbox: SandboxServer, count: int) -> Product:
    """A product with exactly so many influencers."""
    world = sandbox.world
    return next(product for product in world.products_in("US") if len(world.influencers_of_product(product)) == count)


def sellers_of(sandbox: SandboxServer, product: Product) -> set[str]:
    return {user.id for user in sandbox.world.influencers_of_product(product)}


# ── cursors ───────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_behind_a_cursor_in_mid_page_only_what_is_not_stored_is_asked(version, gateway, sandbox):
    server, expected = gateway(version), sandbox.product_ids("US", 35)

    head = server(LIST, first=15).data["products"]
    assert ids(head) == expected[:15]
    assert pages_asked(sandbox) == [1, 2]

    middle = server(LIST, first=10, after=head["pageInfo"]["endCursor"]).data["products"]
    assert ids(middle) == expected[15:25]
    assert pages_asked(sandbox) == [1, 2, 3]

    inside = server(LIST, first=18, after=head["edges"][6]["cursor"]).data["products"]
    assert ids(inside) == expected[7:25]
    assert pages_asked(sandbox) == [1, 2, 3]


@both_versions
def test_a_list_read_in_small_pieces_costs_its_upstream_pages(version, gateway, sandbox):
    server, after, found = gateway(version), None, []
    for _ in range(6):
        connection = server(LIST, first=5, after=after).data["products"]
        assert connection["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert connection["pageInfo"]["startCursor"] == connection["edges"][0]["cursor"]
        assert connection["pageInfo"]["endCursor"] == connection["edges"][-1]["cursor"]
        found += ids(connection)
        after = connection["pageInfo"]["endCursor"]

    assert found == sandbox.product_ids("US", 30)
    assert pages_asked(sandbox) == [1, 2, 3]


@both_versions
def test_rows_beyond_first_are_kept(version, gateway, sandbox):
    server, expected = gateway(version), sandbox.product_ids("US", 10)

    three = server(LIST, first=3).data["products"]
    ten = server(LIST).data["products"]

    assert (ids(three), ids(ten)) == (expected[:3], expected)
    assert three["pageInfo"]["hasNextPage"] is True
    assert sandbox.count() == 1


def test_no_sort_and_its_default_are_one_list(graphql, sandbox):
    head = graphql(LIST, first=4).data["products"]

    sort = {"field": "UNITS", "direction": "DESC"}
    rest = graphql(LIST, first=4, after=head["pageInfo"]["endCursor"], sort=sort, filter={}).data["products"]

    assert ids(head) + ids(rest) == sandbox.product_ids("US", 8)
    assert sandbox.count() == 1


def test_a_cursor_outlives_the_server_that_gave_it(gateway, sandbox):
    head = gateway("v3")(LIST, first=12).data["products"]
    sandbox.reset()

    rest = gateway("v3")(LIST, first=3, after=head["pageInfo"]["endCursor"]).data["products"]

    assert ids(rest) == sandbox.product_ids("US", 15)[12:]
    assert pages_asked(sandbox) == [2]


# ── foreign cursors ───────────────────────────────────────────────────────────────────────────────────────────────


def refused(answer: Any, *path: str) -> bool:
    """Whether a list was refused for its cursor, and nothing else was wrong."""
    errors = answer.errors
    assert [error["extensions"]["code"] for error in errors] == ["BAD_USER_INPUT"]
    assert errors[0]["path"] == list(path)
    assert errors[0]["extensions"]["argument"] == "after"
    assert errors[0]["message"].startswith("after: ")
    return True


@both_versions
def test_a_cursor_of_other_arguments_is_refused_without_a_call(version, gateway, sandbox):
    server = gateway(version)
    cursor = server(LIST).data["products"]["pageInfo"]["endCursor"]
    sandbox.reset()

    for arguments in (
        "region: GB",
        "region: US, filter: {units: {min: 1}}",
        "region: US, filter: {category: {l1: 600001}}",
        "region: US, sort: {field: GMV}",
        "region: US, sort: {field: UNITS, direction: ASC}",
    ):
        answer = server(f'{{ products({arguments}, after: "{cursor}") {{ nodes {{ id }} }} }}')
        assert refused(answer, "products")
        assert answer.partial == {"products": None}
    assert sandbox.count() == 0


@both_versions
def test_a_cursor_of_another_kind_of_list_is_refused_without_a_call(version, gateway, sandbox):
    server, (first, second) = gateway(version), sandbox.product_ids("US", 2)
    cursors = {
        "products": server(LIST).data["products"]["pageInfo"]["endCursor"],
        "ranking": server(RANKING).data["productRanking"]["pageInfo"]["endCursor"],
        "influencers": server(INFLUENCERS, id=first).data["product"]["influencers"]["pageInfo"]["endCursor"],
        "others": server(INFLUENCERS, id=second).data["product"]["influencers"]["pageInfo"]["endCursor"],
    }
    sandbox.reset()

    for name in ("ranking", "influencers"):
        assert refused(server(LIST, after=cursors[name]), "products")
    for name in ("products", "influencers"):
        assert refused(server(RANKING, after=cursors[name]), "productRanking")
    for name in ("products", "ranking", "others"):
        assert refused(server(INFLUENCERS, id=first, after=cursors[name]), "product", "influencers")
    assert sandbox.count() == 0


def test_a_cursor_of_another_ranking_is_refused_without_a_call(graphql, sandbox):
    cursor = graphql(RANKING).data["productRanking"]["pageInfo"]["endCursor"]
    day = sandbox.world.date_of(1)
    sandbox.reset()

    for arguments in ("by: INFLUENCERS", "period: WEEK", "category: {l1: 600001}", f'date: "{day}"'):
        answer = graphql(f'{{ productRanking(region: US, {arguments}, after: "{cursor}") {{ date }} }}')
        assert refused(answer, "productRanking")
    assert sandbox.count() == 0


def test_garbage_is_refused_without_a_call(graphql, sandbox):
    for garbage in ("", " ", "10", "null", "W10", "!?", "página", "AAAA", "x" * 501, "WzEsImEiLCJiIixudWxsXQ"):
        assert refused(graphql(LIST, after=garbage), "products")
        assert refused(graphql(RANKING, after=garbage), "productRanking")
    assert sandbox.count() == 0


@pytest.mark.parametrize(("query", "root"), [(LIST, "products"), (RANKING, "productRanking")])
def test_a_cursor_with_one_character_changed_is_refused_without_a_call(query, root, graphql, sandbox):
    cursor = graphql(query).data[root]["pageInfo"]["endCursor"]
    sandbox.reset()
    # The last character may hold bits that no byte is made of.
    edited = [cursor[:at] + other(cursor[at]) + cursor[at + 1 :] for at in range(len(cursor) - 1)]

    fields = "".join(f'c{at}: {root}(region: US, after: "{text}") {{ totalCount }}\n' for at, text in enumerate(edited))
    answer = graphql(f"{{ {fields} }}")

    accepted = [name for name, value in answer.partial.items() if value is not None]
    assert (accepted, sandbox.count()) == ([], 0)
    assert {(error["extensions"]["code"], error["extensions"].get("argument")) for error in answer.errors} == {
        ("BAD_USER_INPUT", "after")
    }


def other(character: str) -> str:
    """Another character of the same alphabet: the next one."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return alphabet[(alphabet.index(character) + 1) % len(alphabet)]


def test_a_cursor_rewritten_to_another_version_is_refused_without_a_call(graphql, sandbox):
    only_v3 = {"bestSeller": True}
    cursor = graphql(LIST, filter=only_v3).data["products"]["pageInfo"]["endCursor"]
    sandbox.reset()
    text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert "@v3" in text

    rewritten = base64.urlsafe_b64encode(text.replace("@v3", "@v2").encode()).decode().rstrip("=")

    assert refused(graphql(LIST, filter=only_v3, after=rewritten), "products")
    assert sandbox.count() == 0


def test_a_cursor_rewritten_to_another_day_is_refused_without_a_call(graphql, sandbox):
    yesterday = sandbox.world.date_of(1)
    ranking = f'productRanking(region: US, date: "{yesterday}"'
    cursor = graphql(f"{{ {ranking}) {{ pageInfo {{ endCursor }} }} }}").data["productRanking"]["pageInfo"]["endCursor"]
    sandbox.reset()
    text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert yesterday.isoformat() in text

    other_day = text.replace(yesterday.isoformat(), sandbox.world.date_of(9).isoformat())
    rewritten = base64.urlsafe_b64encode(other_day.encode()).decode().rstrip("=")

    assert refused(graphql(f'{{ {ranking}, after: "{rewritten}") {{ date }} }}'), "productRanking")
    assert sandbox.count() == 0


# ── ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_a_short_page_ends_a_list(version, gateway, sandbox):
    server, product = gateway(version), sold_by(sandbox, 13)

    whole = server(INFLUENCERS, id=product.id, first=20).data["product"]["influencers"]
    assert {edge["node"]["userId"] for edge in whole["edges"]} == sellers_of(sandbox, product)
    assert len(whole["edges"]) == 13
    assert whole["pageInfo"]["hasNextPage"] is False
    assert pages_asked(sandbox, "product/influencer/list") == [1, 2]

    for first, more in ((5, True), (10, True), (12, True), (13, False), (100, False)):
        part = server(INFLUENCERS, id=product.id, first=first).data["product"]["influencers"]
        assert part["edges"] == whole["edges"][:first]
        assert part["pageInfo"]["hasNextPage"] is more
    assert sandbox.count("product/influencer/list") == 2


@both_versions
def test_behind_the_end_of_a_list_there_is_nothing_and_no_call(version, gateway, sandbox):
    server, product = gateway(version), sold_by(sandbox, 13)
    last = server(INFLUENCERS, id=product.id, first=20).data["product"]["influencers"]["pageInfo"]["endCursor"]
    sandbox.reset()

    behind = server(INFLUENCERS, id=product.id, after=last).data["product"]["influencers"]

    assert behind["edges"] == []
    assert behind["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }
    assert sandbox.count() == 0


@both_versions
def test_where_the_rows_end_on_a_full_page_the_next_may_be_empty(version, gateway, sandbox):
    server, product = gateway(version), sold_by(sandbox, 20)

    full = server(INFLUENCERS, id=product.id, first=20).data["product"]["influencers"]
    assert len(full["edges"]) == 20
    assert full["pageInfo"]["hasNextPage"] is True
    assert pages_asked(sandbox, "product/influencer/list") == [1, 2]

    behind = server(INFLUENCERS, id=product.id, after=full["pageInfo"]["endCursor"]).data["product"]["influencers"]
    assert (behind["edges"], behind["pageInfo"]["hasNextPage"]) == ([], False)
    assert pages_asked(sandbox, "product/influencer/list") == [1, 2, 3]


@both_versions
def test_an_empty_page_behind_full_ones_is_the_end(version, gateway, sandbox):
    product = sold_by(sandbox, 20)

    whole = gateway(version)(INFLUENCERS, id=product.id, first=30).data["product"]["influencers"]

    assert {edge["node"]["userId"] for edge in whole["edges"]} == sellers_of(sandbox, product)
    assert pages_asked(sandbox, "product/influencer/list") == [1, 2, 3]
    assert whole["pageInfo"]["hasNextPage"] is False


@both_versions
def test_a_list_whose_end_is_stored_is_not_asked_behind_it(version, gateway, sandbox):
    prices = sorted((product.price for product in sandbox.world.products_in("US")), reverse=True)
    count = next(n for n in range(21, 30) if prices[n] < prices[n - 1])  # rows that end on the third page
    server, dear = gateway(version), {"averagePrice": {"min": prices[count - 1] / 100}}
    server(LIST, first=30, filter=dear)
    assert pages_asked(sandbox) == [1, 2, 3]

    whole = server(LIST, first=100, filter=dear).data["products"]

    assert (len(whole["edges"]), whole["pageInfo"]["hasNextPage"]) == (count, False)
    assert pages_asked(sandbox) == [1, 2, 3]


@both_versions
def test_an_empty_list_was_asked_and_has_nothing(version, gateway, sandbox):
    product = next(product for product in sandbox.world.products_in("US") if product.reach == 0)

    nobody = gateway(version)(INFLUENCERS, id=product.id).data["product"]["influencers"]

    nowhere = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert nobody == {"edges": [], "pageInfo": nowhere}
    assert sandbox.count("product/influencer/list") == 1


@both_versions
def test_a_short_page_ends_a_list_also_where_the_pages_behind_it_have_come(version, gateway, sandbox):
    full = [[row(10 * page + place) for place in range(10)] for page in range(4)]
    serve(sandbox, "product/list", full[0], full[1], full[2][:4], full[3])

    connection = gateway(version)(LIST, first=40).data["products"]

    assert ids(connection) == [key(number) for number in range(24)]
    assert connection["pageInfo"]["hasNextPage"] is False
    assert pages_asked(sandbox) == [1, 2, 3, 4]


@both_versions
def test_totals_that_nobody_tells_are_null(version, gateway, sandbox):
    assert gateway(version)(LIST).data["products"]["totalCount"] is None


# ── the order of pages ────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_pages_are_asked_in_waves_that_grow(version, gateway, sandbox):
    sandbox.delay(0.1, "product/list")

    connection = gateway(version)(LIST, first=100).data["products"]

    assert ids(connection) == sandbox.product_ids("US", 100)
    assert waves(sandbox.calls) == [[1], [2], [3, 4], [5, 6, 7, 8], [9, 10]]
    assert sandbox.max_in_flight == 4


@both_versions
def test_a_first_page_that_is_short_is_the_only_one(version, gateway, sandbox):
    product = next(p for p in sandbox.world.products_in("US") if 0 < p.reach < 10)

    gateway(version)(INFLUENCERS, id=product.id, first=100)

    assert pages_asked(sandbox, "product/influencer/list") == [1]


@both_versions
def test_where_the_product_tells_how_many_there_are_the_rest_is_asked_at_once(version, gateway, sandbox):
    product = next(
        p for p in sandbox.world.products_in("US") if 51 <= p.reach <= 59 and len(sellers_of(sandbox, p)) > 50
    )
    sandbox.delay(0.1, "product/influencer/list")

    whole = gateway(version)(INFLUENCERS, id=product.id, first=100).data["product"]["influencers"]

    assert {edge["node"]["userId"] for edge in whole["edges"]} == sellers_of(sandbox, product)
    calls = [call for call in sandbox.calls if call.path == "product/influencer/list"]
    assert waves(calls) == [[1], [2, 3, 4, 5, 6]]


def test_reviews_are_asked_no_further_than_they_were_collected(gateway, sandbox):
    # A product's review count is of all that shoppers wrote; few of them are collected.
    product = next(p for p in sandbox.world.products_in("US") if 11 <= p.reviews <= 19 and p.reviewed() > 200)

    answer = gateway("v3")(f'{{ product(id: "{product.id}") {{ reviews(first: 100) {{ nodes {{ reviewId }} }} }} }}')

    assert len(answer.data["product"]["reviews"]["nodes"]) == product.reviews
    assert pages_asked(sandbox, "product/comment") == [1, 2]


def test_a_filtered_relation_is_asked_no_further_than_its_rows_reach(gateway, sandbox):
    world = sandbox.world
    product = next(p for p in world.products_in("US") if p.established and len(world.videos_of_product(p)) > 50)
    days = sorted((video.day for video in world.videos_of_product(product)), reverse=True)
    since = next(days[-n] for n in range(11, 20) if days[-n] < days[-n - 1])
    recent = [video.id for video in world.videos_of_product(product) if video.day <= since]
    posted = f'posted: {{from: "{world.date_of(since)}"}}'

    answer = gateway("v3")(
        f'{{ product(id: "{product.id}") {{ videos(first: 100, {posted}) {{ nodes {{ videoId }} }} }} }}'
    )

    assert sorted(node["videoId"] for node in answer.data["product"]["videos"]["nodes"]) == sorted(recent)
    assert pages_asked(sandbox, "product/video/list") == [1, 2]


@both_versions
def test_the_waves_of_a_list_begin_anew_behind_a_cursor(version, gateway, sandbox):
    server = gateway(version)
    after = server(LIST, first=5).data["products"]["pageInfo"]["endCursor"]
    sandbox.reset()
    sandbox.delay(0.1, "product/list")

    rest = server(LIST, first=40, after=after).data["products"]

    assert ids(rest) == sandbox.product_ids("US", 45)[5:]
    assert waves(sandbox.calls) == [[2], [3, 4], [5]]


# ── odd pages ─────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_a_row_that_stood_on_an_earlier_page_is_not_given_again(version, gateway, sandbox):
    first, second = [row(number) for number in range(10)], [row(number) for number in (8, 9, *range(10, 15))]
    serve(sandbox, "product/list", first, second)

    connection = gateway(version)(LIST, first=20).data["products"]

    assert ids(connection) == [key(number) for number in range(15)]
    assert connection["pageInfo"]["hasNextPage"] is False


@both_versions
def test_a_repeated_row_still_counts_as_a_row_of_the_wire(version, gateway, sandbox):
    server = gateway(version)
    first, second = [row(number) for number in range(10)], [row(number) for number in (9, *range(10, 19))]
    serve(sandbox, "product/ranklist", first, second)

    ranked = server(RANKING, first=12).data["productRanking"]
    assert ids(ranked) == [key(number) for number in range(11)]
    assert [edge["rank"] for edge in ranked["edges"]] == [*range(1, 11), 12]

    rest = server(RANKING, first=5, after=ranked["pageInfo"]["endCursor"]).data["productRanking"]
    assert ids(rest) == [key(number) for number in range(11, 16)]
    assert [edge["rank"] for edge in rest["edges"]] == [13, 14, 15, 16, 17]


@both_versions
def test_rows_that_cannot_be_read_are_left_out_but_counted(version, gateway, sandbox):
    server = gateway(version)
    odd: dict[int, Any] = {2: {}, 5: 17, 7: {"product_id": None, "product_name": "Nameless"}, 9: "text"}
    first = [odd.get(place, row(place)) for place in range(10)]
    serve(sandbox, "product/ranklist", first, [row(10), {}, row(12)])

    page = server(RANKING, first=10).data["productRanking"]
    assert ids(page) == [key(number) for number in (0, 1, 3, 4, 6, 8)]
    assert [edge["rank"] for edge in page["edges"]] == [1, 2, 4, 5, 7, 9]
    assert [edge["units"] for edge in page["edges"]] == [0, 1, 3, 4, 6, 8]
    assert page["pageInfo"]["hasNextPage"] is True

    rest = server(RANKING, first=10, after=page["pageInfo"]["endCursor"]).data["productRanking"]
    assert (ids(rest), [edge["rank"] for edge in rest["edges"]]) == ([key(10), key(12)], [11, 13])
    assert rest["pageInfo"]["hasNextPage"] is False
    assert pages_asked(sandbox, "product/ranklist") == [1, 2]


@both_versions
def test_an_odd_value_costs_neither_its_page_nor_its_row(version, gateway, sandbox):
    odd = {**row(3), "product_name": {"not": "a text"}, "total_sale_cnt": "three"}
    serve(sandbox, "product/list", [row(1), row(2), odd, row(4)])

    edges = gateway(version)(LIST).data["products"]["edges"]

    names = ["Number 1", "Number 2", None, "Number 4"]
    assert [edge["node"]["name"] for edge in edges] == names


# ── failed pages ──────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_a_failed_page_fails_its_list_alone_and_asking_again_costs_only_that_page(version, gateway, sandbox):
    server, expected = gateway(version), sandbox.product_ids("US", 40)
    query = f"""{{
        products(region: US, first: 40) {{ nodes {{ productId }} }}
        product(id: "{expected[0]}") {{ productId name }}
        productRanking(region: US, first: 1) {{ edges {{ rank }} }}
    }}"""
    sandbox.fail("product/list", "garbage", times=2, when={"page_num": "3"})

    answer = server(query)
    assert answer.partial["products"] is None
    assert answer.partial["product"]["productId"] == expected[0]
    assert answer.partial["productRanking"]["edges"] == [{"rank": 1}]
    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"]
    assert answer.errors[0]["path"] == ["products"]
    assert "product.list" in answer.errors[0]["message"]
    assert pages_asked(sandbox) == [1, 2, 3, 3, 4]  # garbage is asked once more

    sandbox.reset()
    assert [node["productId"] for node in server(query).data["products"]["nodes"]] == expected
    assert pages_asked(sandbox) == [3]
    assert sandbox.count() == 1


@both_versions
def test_a_failed_relation_leaves_its_siblings_their_data(version, gateway, sandbox):
    server = gateway(version)
    products = [product for product in sandbox.world.products_in("US") if product.established][:3]
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { productId influencers(first: 2) { nodes { userId } } } }"
    sandbox.fail("product/influencer/list", "garbage", when={"product_id": products[1].id})

    answer = server(query, ids=[product.id for product in products])

    found = answer.partial["productsByIds"]
    assert [product["productId"] for product in found] == [product.id for product in products]
    assert found[1]["influencers"] is None
    assert all(len(found[place]["influencers"]["nodes"]) == 2 for place in (0, 2))
    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"]
    assert answer.errors[0]["path"] == ["productsByIds", 1, "influencers"]


# ── lists that one version alone serves ───────────────────────────────────────────────────────────────────────────


def test_a_list_begun_by_a_keyword_goes_on_at_the_version_that_has_keywords(graphql, sandbox):
    world = sandbox.world
    products = best_sellers(world, "US")
    words = Counter(word.casefold() for product in products[:500] for word in world.title_of(product).split())
    keyword = words.most_common(1)[0][0]
    expected = [product.id for product in products if keyword in world.title_of(product).casefold()][:25]

    head = graphql(LIST, first=15, filter={"keyword": keyword}).data["products"]
    rest = graphql(LIST, first=10, filter={"keyword": keyword}, after=head["pageInfo"]["endCursor"]).data["products"]

    assert ids(head) + ids(rest) == expected
    assert sandbox.count("product/list", "v2") == sandbox.count() == 3
    assert pages_asked(sandbox) == [1, 2, 3]


def test_another_list_goes_on_at_the_version_it_was_begun_at(graphql, sandbox):
    head = graphql(LIST, first=15).data["products"]
    rest = graphql(LIST, first=10, after=head["pageInfo"]["endCursor"]).data["products"]

    assert ids(head) + ids(rest) == sandbox.product_ids("US", 25)
    assert sandbox.count("product/list", "v3") == sandbox.count() == 3


def test_a_list_is_not_continued_where_its_version_is_not_configured(gateway, sandbox):
    cursor = gateway("v3")(LIST).data["products"]["pageInfo"]["endCursor"]
    sandbox.reset()

    answer = gateway("v2")(LIST, after=cursor)

    assert answer.partial == {"products": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert sandbox.count() == 0
