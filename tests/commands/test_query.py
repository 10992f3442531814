"""scripts/query: a document asked in the process or of a server, printed as JSON, as a table or as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from commands.query import main
from sandbox.echotik.catalog import best_sellers
from sandbox.server import SandboxServer
from tests.commands.test_warm import SILENT, written
from tests.conftest import Start
from tests.exports.test_export import configured, ids

LIST = """query List($region: Region!, $first: Int = 3, $price: FloatRange) {
  products(region: $region, first: $first, filter: {averagePrice: $price}) {
    nodes { id name price { min } seller { id } trend(days: 1) { units } } } }"""
TWO = "query One { products(region: US) { nodes { id } } } query Two { products(region: GB) { nodes { id } } }"
BY_IDS = "query ($ids: [ID!]!, $text: String) { productsByIds(ids: $ids) { id } search(text: $text) { __typename } }"

Run = Callable[..., tuple[str, str]]


@pytest.fixture(autouse=True)
def settings(sandbox: SandboxServer, monkeypatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name, value in {**configured(sandbox), "SHOPGRAPH_STORE": "memory:"}.items():
        monkeypatch.setenv(name, value)
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    yield
    structlog.configure(**before)


@pytest.fixture
def run(capfd) -> Run:
    """Runs the command to this end, and gives what it prints and what it says beside it."""

    def run(*arguments: str, ends: int = 0) -> tuple[str, str]:
        assert main(arguments) == ends
        printed = capfd.readouterr()
        return printed.out, printed.err

    return run


def test_the_answer_is_printed_as_json(run: Run, sandbox: SandboxServer):
    out, said = run(written("a.graphql", LIST), "-v", "region=US")

    told = json.loads(out)
    assert [row["id"] for row in told["data"]["products"]["nodes"]] == ids(sandbox, 3) and said == ""
    assert told["extensions"]["cost"]["actualCredits"] == sandbox.count() == 4


def test_csv_has_the_first_list_with_objects_by_dotted_names(run: Run, sandbox: SandboxServer):
    out, _ = run(written("a.graphql", LIST), "-v", "region=US", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["id", "name", "price.min", "seller.id"]
    assert [row["id"] for row in rows] == ids(sandbox, 3)
    seller = sandbox.world.seller_of_product(best_sellers(sandbox.world, "US")[0])
    assert rows[0]["seller.id"] == f"Seller:{seller.id}"


def test_a_table_has_the_same_and_names_its_list(run: Run, sandbox: SandboxServer):
    out, _ = run(written("a.graphql", LIST), "-v", "region=US", "--format", "table")

    assert out.startswith("products: 3 rows") and "price.min" in out
    assert all(id in out for id in ids(sandbox, 3))


def test_an_object_alone_is_one_row(run: Run, sandbox: SandboxServer):
    (id,) = ids(sandbox, 1)
    document = written("a.graphql", "query ($id: ID!) { product(id: $id) { id price { max } } }")

    out, _ = run(document, "-v", f"id={id}", "--format", "csv")

    assert [row["id"] for row in csv.DictReader(io.StringIO(out))] == [id]


def test_the_price_is_printed_and_nothing_asked(run: Run, sandbox: SandboxServer):
    asked = written("a.graphql", LIST), "-v", "region=US", "-v", "first=20", "--cost"

    assert json.loads(run(*asked)[0])["estimatedCredits"] == 2 + 20
    assert "22 credits" in run(*asked, "--format", "table")[0]
    assert "products.nodes.trend,echotik.product.trend,20,20" in run(*asked, "--format", "csv")[0]
    assert sandbox.count() == 0


def test_standard_input_is_a_document_too(run: Run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("{ quota { client } }"))

    assert json.loads(run("-")[0])["data"]["quota"]["client"] == "command"


def test_one_of_several_operations_is_named(run: Run, sandbox: SandboxServer):
    document = written("a.graphql", TWO)

    _, said = run(document, ends=2)
    run(document, "--operation", "Two")

    assert "One, Two" in said and [call.params["region"] for call in sandbox.calls] == ["GB"]
    assert "Three" in run(document, "--operation", "Three", ends=2)[1]


@pytest.mark.parametrize("given", ["1729,1730", '["1729", "1730"]'])
def test_ids_and_texts_stay_text_and_a_list_has_commas(given: str, run: Run, sandbox: SandboxServer):
    text = (
        "query ($ids: [ID!]!, $text: String!) { productsByIds(ids: $ids) { name } search(text: $text) { __typename } }"
    )
    run(written("a.graphql", text), "-v", f"ids={given}", "-v", "text=42", ends=1)

    assert sandbox.ids_asked("product/detail") in ([["1729", "1730"]], [])
    out, _ = run(
        written(
            "b.graphql", text.replace("search(text: $text) { __typename }", "")[:200].replace(", $text: String!", "")
        ),
        "-v",
        f"ids={given}",
    )
    assert json.loads(out)["data"]["productsByIds"] == [None, None]


def test_an_object_is_json_or_as_graphql_writes_it(run: Run, sandbox: SandboxServer):
    document = written("a.graphql", LIST)
    first = [run(document, "-v", "region=US", "-v", f"price={price}")[0] for price in ('{"min": 50}', "{min: 50}")]

    rows = [json.loads(each)["data"]["products"]["nodes"] for each in first]
    assert rows[0] == rows[1] and len(rows[0]) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("region=XX",), "$region: 'XX' is no Region!"),
        (("region=US", "first=ten"), "$first: 'ten' is no Int"),
        (("region=US", "nope=1"), "no variable $nope"),
        (("region=US", "region=GB"), "given twice"),
    ],
)
def test_a_variable_of_another_type_is_refused(given: tuple[str, ...], said: str, run: Run, sandbox: SandboxServer):
    variables = [part for each in given for part in ("-v", each)]

    assert said in run(written("a.graphql", LIST), *variables, ends=2)[1]
    assert sandbox.count() == 0


def test_errors_go_to_standard_error_with_their_codes(run: Run, sandbox: SandboxServer):
    text = "{ products(region: US, first: 2) { nodes { id reviews(first: 500) { nodes { text } } } } }"

    out, said = run(written("a.graphql", text), ends=1)

    assert all(line.startswith("query: ") and "(BAD_USER_INPUT)" in line for line in said.splitlines())
    assert len(json.loads(out)["data"]["products"]["nodes"]) == 2 and said.count("\n") == 2


@pytest.mark.parametrize("format", ["json", "csv"])
def test_a_document_that_the_schema_does_not_know_asks_nothing(format: str, run: Run, sandbox: SandboxServer):
    _, said = run(written("a.graphql", "{ nope }"), "--format", format, ends=1 if format == "json" else 2)

    assert "nope" in said and sandbox.count() == 0


def test_a_running_server_is_asked_with_a_key(run: Run, gateway: Start, sandbox: SandboxServer, monkeypatch):
    hashed = hashlib.sha256(b"a key of heron").hexdigest()
    server = gateway("v3", shopgraph_api_keys=f"heron:{hashed}")
    asked: list[Any] = [written("a.graphql", "{ quota { client } }"), "--url", server.url]

    assert "key" in run(*asked, ends=1)[1]
    told = [run(*asked, "--key", "a key of heron")[0], run(*asked, "--key-file", written("key", "a key of heron\n"))[0]]
    monkeypatch.setenv("SHOPGRAPH_KEY", "a key of heron")
    told.append(run(*asked)[0])

    assert [json.loads(each)["data"]["quota"]["client"] for each in told] == ["heron"] * 3


def test_what_a_terminal_would_obey_is_not_printed_in_a_table(run: Run, monkeypatch):
    row = {"data": {"products": {"nodes": [{"id": "1", "name": "a\x1b[31mred\nb", "price": None, "seller": None}]}}}

    async def answer(*_: object) -> Any:
        return row

    monkeypatch.setattr("exports.asking.Here.answer", answer)
    out, _ = run(
        written("a.graphql", LIST.replace(" trend(days: 1) { units }", "")), "-v", "region=US", "--format", "table"
    )

    assert "\x1b" not in out and "a [31mred b" in out
