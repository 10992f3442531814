"""What the benchmarks hold their figures against; the figures themselves are not tested."""

from __future__ import annotations

import msgspec
import pytest

from bench import decode, latency, memory, transport
from bench._chain import calls, list_waves
from bench._table import Figure, show, verdict
from sandbox.world import World


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


@pytest.mark.parametrize("bench", [decode, latency, memory, transport])
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
    world = World()
    documents = []
    for number in range(memory.AT_ONCE):
        asked = memory.questions(number, world)
        documents.append(next(asked))
        for step in range(8):
            page = {"pageInfo": {"hasNextPage": step % 5 != 0, "endCursor": f"{number} {step}"}}
            documents.append(asked.send({"products": page}))

    assert len(documents) == len(set(documents))
