"""What the benchmarks hold their figures against; the figures themselves are not tested."""

from __future__ import annotations

import msgspec
import pytest

from bench import decode, graph, latency, memory, transport
from bench._chain import calls, list_waves
from bench._graph_clients import PRODUCT, SELLER, CarefulClient, Client, Ledger
from bench._graph_screens import FOLDER, Screen, screens
from bench._table import Figure, show, verdict
from sandbox.server import SandboxServer
from sandbox.world import shared_world


@pytest.mark.parametrize(
    ("rows", "pages"),
    [
        (1, [1]),
        (10, [1]),
        (11, [1, 1]),
        (30, [1, 1, 1]),
        (40, [1, 1, 2]),
        (80, [1, 1, 2, 4]),
        (100, [1, 1, 2, 4, 2]),
        (320, [1, 1, 2, 4, 8, 8, 8]),
    ],
)
def test_a_list_of_unknown_length_is_asked_in_widening_waves(rows, pages):
    assert list_waves(rows) == pages
    assert sum(pages) == calls(rows)


def test_the_chain_of_a_query_has_a_link_for_each_wave_and_level():
    chains = {case.name: case.links for case in latency.cases([str(number) for number in range(100)], smoke=False)}

    assert chains["ranking of 30, ratings"] == [1, 1, 1, 3]
    assert chains["list of 100"] == [1, 1, 2, 4, 2]
    assert chains["trend of 180 days"] == [1, 18]
    assert chains["50 signed covers"] == [5, 5]


@pytest.mark.parametrize("bench", [decode, graph, latency, memory, transport])
def test_each_benchmark_explains_itself(bench, capsys):
    with pytest.raises(SystemExit) as ended:
        bench.main(["--help"])

    assert ended.value.code == 0
    assert "--smoke" in capsys.readouterr().out


def test_the_last_line_holds_each_figure_to_its_bound(capsys):
    figures = [Figure("one", 1.2, 1.3), Figure("other", 4.0, 3)]

    assert verdict(figures, smoke=False) == 1
    assert capsys.readouterr().out == "past a bound: one 1.20 ≤ 1.3, other 4.00 > 3\n"
    assert verdict(figures[:1], smoke=False) == 0
    assert verdict(figures, smoke=True) == 0


def test_a_figure_may_be_held_to_the_least_that_it_has_to_be(capsys):
    assert verdict([Figure("one", 5.2, 5, at_least=True), Figure("other", 1.2, 1.3, at_least=True)], smoke=False) == 1
    assert capsys.readouterr().out == "past a bound: one 5.20 ≥ 5, other 1.20 < 1.3\n"


def test_a_table_has_its_names_to_the_left_and_its_figures_to_the_right(capsys):
    show(["query", "ms"], [["list", "5"], ["covers", "120"]])

    assert capsys.readouterr().out.splitlines() == ["query    ms", "──────  ───", "list      5", "covers  120"]


def test_the_bare_decode_reads_every_column_that_the_mapping_reads():
    page = decode.example_page(2)
    columns = msgspec.json.decode(page)[0].keys()

    plain = decode.plain(page, decode.listed().wire)

    assert set(plain.__struct_fields__) == decode.listed().wire & columns
    assert [type(row) for row in msgspec.json.Decoder(list.__class_getitem__(plain)).decode(page)] == [plain, plain]


def test_no_two_askers_send_the_same_document():
    world = shared_world("shopgraph")
    documents = []
    for number in range(memory.AT_ONCE):
        asked = memory.questions(number, world)
        documents.append(next(asked))
        for step in range(8):
            page = {"pageInfo": {"hasNextPage": step % 5 != 0, "endCursor": f"{number} {step}"}}
            documents.append(asked.send({"products": page}))

    assert len(documents) == len(set(documents))


def test_every_screen_has_a_query_and_is_written_by_hand_too():
    names = [screen.name for screen in screens(shared_world("shopgraph"), smoke=True)]

    assert sorted(names) == sorted(file.stem for file in FOLDER.iterdir())


def test_the_programs_without_the_gateway_find_the_same_and_the_careful_one_asks_less(sandbox):
    for screen in screens(sandbox.world, smoke=True):
        found = graph.by_hand(sandbox, screen)

        assert sum(found.least.values()) <= found.careful < found.row_by_row, screen.name


def test_row_by_row_an_id_a_picture_or_a_level_goes_into_a_call_of_its_own(sandbox):
    screen = chosen(sandbox, "ranking-page")

    graph.counted(sandbox, screen, Client(sandbox.url))

    products = rank_rows(sandbox, screen)
    assert sandbox.ids_asked("product/detail") == [[product.id] for product in products]
    assert len(sandbox.ids_asked("batch/cover/download")) == len(products)
    assert sandbox.count("category/l1") == len(products)


def test_a_careful_program_asks_for_ten_of_a_list_but_never_for_two_lists_at_once(sandbox):
    world, screen = sandbox.world, chosen(sandbox, "outreach-list")

    graph.counted(sandbox, screen, CarefulClient(sandbox.url))

    asked = sandbox.ids_asked("influencer/detail")
    users = [user for batch in asked for user in batch]
    lists = [
        world.influencers_of_product(world.product(one)) for (one,) in sandbox.ids_asked("product/influencer/list")
    ]
    assert len(users) == len(set(users))
    assert all(len(batch) <= 10 for batch in asked)
    assert all(any({user.id for user in told} >= set(batch) for told in lists) for batch in asked)


def test_the_minimum_of_a_screen_is_that_of_the_world(sandbox):
    """Handles alone need influencers looked up: of those who sell a product and made its videos, but not of the hosts
    of its lives, which the titles of these bring along."""
    world, screen = sandbox.world, chosen(sandbox, "product-page")
    product = world.product(screen.variables["id"])
    sales = world.sales_of(product)
    sellers = ordered(world.influencers_of_product(product), lambda user: sales.influencer(user.index).gmv)
    authors = map(world.author_of_video, ordered(world.videos_of_product(product), lambda video: video.views()))
    hosts = map(world.host_of_live, ordered(world.lives_of_product(product), lambda live: live.peak))
    unknown = {user.id for user in (*sellers, *authors)} - {user.id for user in hosts}
    pictures = world.listing_of(product).pictures + len(sellers) + 10

    least = graph.by_hand(sandbox, screen).least

    assert least == {
        **dict.fromkeys(("product/detail", "seller/detail", "live/detail"), 1),
        **dict.fromkeys(("category/l1", "category/l2", "category/l3"), 1),
        **dict.fromkeys(("product/influencer/list", "product/video/list", "product/live/list", "product/comment"), 1),
        "product/trend": 3,
        "influencer/detail": calls(len(unknown)),
        "batch/cover/download": calls(pictures),
    }


@pytest.mark.parametrize(("first", "found", "pages"), [(20, 20, 2), (20, 13, 2), (20, 10, 2), (20, 9, 1), (20, 0, 1)])
def test_a_list_is_read_until_it_is_enough_or_a_page_is_short(first, found, pages):
    ledger = Ledger()

    ledger.read("product/influencer/list", first, found)

    assert ledger.least() == {"product/influencer/list": pages}


def test_what_no_row_told_is_looked_up_once_and_by_tens_where_that_goes():
    ledger = Ledger()
    for number in range(11):
        ledger.need(PRODUCT, {"product_id": str(number)}, ["product_rating"])
        ledger.need(PRODUCT, {"product_id": str(number)}, ["cover_url"])
        ledger.need(SELLER, {"seller_id": str(number % 3)}, ["seller_name"])
    assert ledger.least() == {"product/detail": 2, "seller/detail": 3}

    ledger.tell(("product_id", "7"), ["product_rating", "cover_url"])
    ledger.tell(("product_id", "8"), ["product_rating"])
    assert ledger.least() == {"product/detail": 1, "seller/detail": 3}


def test_data_differ_where_a_part_that_is_known_is_not_as_known():
    known = {"a": {"name": "A"}, "rows": [{"n": 1}, {"n": 2}]}

    assert not list(graph.differences(known, {"a": {"name": "A", "id": "1"}, "rows": [{"n": 1}, {"n": 2}]}))
    assert list(graph.differences(known, {"a": None, "rows": [{"n": 1}, {"n": 3}]})) == [
        "data.a is None, not {'name': 'A'}",
        "data.rows[1].n is 3, not 2",
    ]
    assert list(graph.differences(known, {"a": {"name": "A"}, "rows": [{"n": 1}]}))


def chosen(sandbox: SandboxServer, name: str) -> Screen:
    return next(screen for screen in screens(sandbox.world, smoke=True) if screen.name == name)


def ordered(things, measure):
    """The first ten, most first, ties as the provider has them."""
    return sorted(sorted(things, key=lambda thing: thing.id), key=measure, reverse=True)[:10]


def rank_rows(sandbox: SandboxServer, screen: Screen):
    """Products by units of yesterday."""
    products = sandbox.world.products_in(screen.variables["region"])
    return sorted(products, key=lambda product: (product.units(2) - product.units(1), product.id))[
        : screen.variables["first"]
    ]
