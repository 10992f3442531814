"""scripts/export: every row once, whenever it was killed, for no more calls and credits than it takes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pyarrow import parquet, types

from commands.export import main
from exports import journal
from sandbox.echotik.catalog import best_sellers
from sandbox.server import SandboxServer
from tests.commands.test_warm import SILENT, written
from tests.conftest import Start
from tests.running import environment

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = """query Products($region: Region!) {
  products(region: $region) { nodes { id name firstSeen reviewCount price { min } performance { units gmv } } }
}"""
NESTED = """{ products(region: US) { nodes {
  id trend(days: 12) { date units } influencers(first: 3) { edges { units node { id handle } } } } } }"""
TREND = "query ($d: Int = 5) { products(region: US, first: 20) { nodes { id trend(days: $d) { date units } } } }"

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def settings(sandbox: SandboxServer, monkeypatch, tmp_path: Path) -> Iterator[None]:
    """Of a server with an account and a store of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in configured(sandbox).items():
        monkeypatch.setenv(name, value)
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    yield
    structlog.configure(**before)


def configured(sandbox: SandboxServer) -> dict[str, str]:
    return {
        "SHOPGRAPH_STORE": "sqlite:kept.sqlite",
        "SHOPGRAPH_LOG_LEVEL": "error",
        "ECHOTIK_USERNAME": "sandbox",
        "ECHOTIK_PASSWORD": "sandbox",
        "ECHOTIK_CALLS_PER_SECOND": "0",
        "ECHOTIK_BASE_URL": f"{sandbox.url}/v3",
        "SHOPGRAPH_OUTAGE_PAUSE_S": "0",
    }


@pytest.fixture
def run(capfd) -> Run:
    """Runs the command to this end, and gives what it says."""

    def run(*arguments: str, ends: int = 0) -> str:
        assert main([*arguments, *([] if "--out" in arguments else ["--out", "out"])]) == ends
        printed = capfd.readouterr()
        return str(printed.out + printed.err)

    return run


def lines(name: str, folder: str = "out") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(folder, f"{name}.ndjson").read_text().splitlines()]


def ids(sandbox: SandboxServer, count: int) -> list[str]:
    return [f"Product:{product.id}" for product in best_sellers(sandbox.world, "US")[:count]]


# ── every row once ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_of_5000_products_killed_halfway_and_resumed_has_every_row_once(sandbox: SandboxServer, tmp_path):
    written("a.graphql", PRODUCTS)
    arguments = "a.graphql", "-v", "region=US", "--rows", "5000", "--format", "parquet", "--out", "out"
    called = [sys.executable, "-m", "commands.export", *arguments]
    process = subprocess.Popen(called, env=environment(configured(sandbox)), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while journal.told(tmp_path / "out")[1].pages < 20:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    halfway = journal.told(tmp_path / "out")[1]
    assert 20 <= halfway.pages < 50

    assert main(arguments) == 0

    table = parquet.read_table("out/products.parquet")
    assert table["id"].to_pylist() == ids(sandbox, 5000)
    assert table["row"].to_pylist() == list(range(1, 5001))
    asked = Counter(int(call.params["page_num"]) for call in sandbox.calls)
    on_its_way = range(10 * halfway.pages + 1, 10 * halfway.pages + 11)
    assert set(asked) == set(range(1, 501))
    assert {number for number, times in asked.items() if times > 1} <= set(on_its_way) and max(asked.values()) <= 2
    kinds = {field.name: field.type for field in table.schema}
    assert types.is_string(kinds["id"]) and types.is_int64(kinds["row"]) and types.is_float64(kinds["price.min"])
    assert types.is_int64(kinds["performance.units"]) and types.is_date32(kinds["firstSeen"])
    assert not Path("out/.parts").exists()


def test_an_export_stopped_by_its_ceiling_says_how_to_go_on_and_does(run: Run, sandbox: SandboxServer):
    asked = written("a.graphql", PRODUCTS), "-v", "region=US", "--rows", "250"

    said = run(*asked, "--max-credits", "17", ends=3)

    assert "--max-credits" in said and "17" in said
    assert sandbox.count() <= 17 and [row["id"] for row in lines("products")] == ids(sandbox, 170)
    assert "products 250" in run(*asked, "--max-credits", "25")
    assert sandbox.count() == 25 and [row["id"] for row in lines("products")] == ids(sandbox, 250)
    assert "products 250" in run(*asked) and sandbox.count() == 25


def test_what_a_killed_process_was_about_to_spend_counts(run: Run, sandbox: SandboxServer):
    asked = written("a.graphql", PRODUCTS), "-v", "region=US", "--rows", "200"
    run(*asked, "--max-credits", "10", ends=3)
    with Path("out/journal.ndjson").open("ab") as file:
        file.write(b'{"asking": 10}\n{"spe')

    run(*asked, "--max-credits", "20")

    assert sandbox.count() == 20 and journal.told(Path("out"))[1].credits == 20
    assert len({row["id"] for row in lines("products")}) == len(lines("products")) == 200


@pytest.mark.parametrize("format", ["ndjson", "csv"])
def test_what_was_written_behind_the_last_page_of_the_journal_is_cut_off(format: str, run: Run, sandbox: SandboxServer):
    asked = written("a.graphql", PRODUCTS), "-v", "region=US", "--rows", "120", "--format", format
    run(*asked, "--max-credits", "10", ends=3)
    with Path(f"out/products.{format}").open("ab") as file:
        file.write(b"torn\nhalf a li")

    run(*asked)

    text = Path(f"out/products.{format}").read_text()
    rows = lines("products") if format == "ndjson" else list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == ids(sandbox, 120)


def test_a_failure_leaves_whole_pages_and_is_told_with_its_code(run: Run, sandbox: SandboxServer, monkeypatch):
    monkeypatch.setattr("exports.writing.TRIES", 1)
    sandbox.fail("product/list", "html", when={"page_num": "13"})
    asked = written("a.graphql", PRODUCTS), "-v", "region=US", "--rows", "200"

    said = run(*asked, ends=1)

    assert "UPSTREAM_BAD_RESPONSE" in said and "run it again" in said
    assert len(lines("products")) == 100
    sandbox.control.forget_rules()
    run(*asked)
    assert [row["id"] for row in lines("products")] == ids(sandbox, 200)


def test_a_part_that_fails_for_good_may_be_left_null_and_told(run: Run, sandbox: SandboxServer, monkeypatch):
    monkeypatch.setattr("exports.writing.TRIES", 1)
    failing = ids(sandbox, 3)[1].partition(":")[2]
    sandbox.fail("product/trend", "html", when={"product_id": failing})
    asked = written("a.graphql", TREND), "-v", "d=1", "--rows", "5"
    run(*asked, ends=1)

    said = run(*asked, "--keep-errors", "--out", "kept")

    assert "1 errors" in said
    (error,) = lines("errors", "kept")
    assert error["code"] == "UPSTREAM_BAD_RESPONSE" and error["path"] == "products.nodes.1.trend"
    assert [row["trend.count"] for row in lines("products", "kept")] == [1, None, 1, 1, 1]


def test_another_export_is_not_written_into_the_same_folder(run: Run, sandbox: SandboxServer):
    asked = written("a.graphql", PRODUCTS), "-v", "region=US"
    run(*asked, "--rows", "10")

    assert "another export" in run(*asked, "--rows", "20", ends=2)
    assert sandbox.count() == 1


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────


def test_each_list_is_a_table_whose_rows_name_their_parent(run: Run, sandbox: SandboxServer):
    run(written("a.graphql", NESTED), "--rows", "20")

    products, sold, days = (lines(name) for name in ("products", "products.influencers", "products.trend"))
    assert [row["id"] for row in products] == ids(sandbox, 20)
    assert [row["row"] for row in sold] == list(range(1, len(sold) + 1))
    for rows, count in ((sold, "influencers.count"), (days, "trend.count")):
        for product in products:
            own = [row for row in rows if row["parentRow"] == product["row"]]
            assert {row["parentId"] for row in own} <= {product["id"]} and len(own) == product[count]
    assert all(len([day for day in days if day["parentId"] == row["id"]]) == 12 for row in products)
    told = json.loads(Path("out/export.json").read_text())
    assert [(table["name"], table["parent"], table["parentId"]) for table in told["tables"]] == [
        ("products", None, None),
        ("products.trend", "products", "products.id"),
        ("products.influencers", "products", "products.id"),
    ]


def test_lists_below_the_root_go_on_to_their_ends_where_that_is_asked(run: Run, sandbox: SandboxServer):
    run(written("a.graphql", NESTED), "--rows", "4", "--all-nested")

    world = sandbox.world
    rows = lines("products.influencers")
    for product in lines("products"):
        of = world.product(product["id"].partition(":")[2])
        assert of is not None
        expected = {f"Influencer:{user.id}" for user in world.influencers_of_product(of)}
        own = [row["node.id"] for row in rows if row["parentId"] == product["id"]]
        assert len(own) == len(set(own)) == product["influencers.count"] > 3
        assert set(own) == expected


def test_only_days_that_are_not_exported_yet_are_asked(run: Run, sandbox: SandboxServer):
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    asked = written("a.graphql", TREND), "--rows", "3"
    run(*asked, "--since", str(yesterday - timedelta(days=9)))
    first = Path("out", f"from-{yesterday - timedelta(days=9)}")
    days = {row["date"] for row in lines("products.trend", str(first))}
    assert len(days) == 10 and max(days) == str(yesterday)
    made = sandbox.count()

    assert "nothing is new" in run(*asked, "--since", "2020-01-01")
    assert sandbox.count() == made

    forget = journal.told(first)[1]
    forget.last_day = str(yesterday - timedelta(days=2))
    with (first / "journal.ndjson").open("ab") as file:
        file.write(json.dumps({"state": vars(forget)}).encode() + b"\n")
    run(*asked, "--since", "2020-01-01")
    rows = lines("products.trend", f"out/from-{yesterday - timedelta(days=1)}")
    assert {date.fromisoformat(row["date"]) for row in rows} == {yesterday, yesterday - timedelta(days=1)}
    assert len(rows) == 2 * 3


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("{ products(region: US) { nodes { nope } } }", (), "a.graphql:1:34"),
        ("{ products(region: US) { nodes { id } } }", ("--since", "2026-01-01"), "no series of days"),
        ("{ products(region: US) { nodes { row: id } } }", (), "would be named row"),
        ("{ __typename }", (), "no object"),
        ("mutation { cancelExport(id: 1) { id } }", (), "only a query"),
        (PRODUCTS, (), "$region"),
        (PRODUCTS, ("-v", "region=XX"), "is no Region!"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_any_call(
    text: str, more: tuple[str, ...], said: str, run: Run, sandbox: SandboxServer
):
    assert said in run(written("a.graphql", text), *more, ends=2)
    assert sandbox.count() == 0 and not Path("out").exists()


def test_a_running_server_is_asked_with_a_key_and_goes_on_where_it_was(
    run: Run, gateway: Start, sandbox: SandboxServer
):
    key = "a key of heron"
    entry = f"heron:{hashlib.sha256(key.encode()).hexdigest()}"
    server = gateway("v3", shopgraph_api_keys=entry, shopgraph_store="memory:")
    asked = written("a.graphql", PRODUCTS), "-v", "region=US", "--rows", "120", "--url", server.url

    assert "key" in run(*asked, ends=1)
    assert sandbox.count() == 0
    run(*asked, "--key", key, "--max-credits", "10", ends=3)
    run(*asked, "--key-file", written("key", f"{key}\n"))

    assert [row["id"] for row in lines("products")] == ids(sandbox, 120)
    assert sandbox.count("product/list") == sandbox.count() == 12
    spent = server("{ quota { client used } }", headers={"authorization": f"Bearer {key}"}).data["quota"]
    assert spent == {"client": "heron", "used": 12}


def test_without_pyarrow_one_line_says_what_installs_it(run: Run, monkeypatch):
    monkeypatch.setattr("exports.formats.find_spec", lambda name: None)

    said = run(written("a.graphql", PRODUCTS), "-v", "region=US", "--format", "parquet", ends=2)

    assert said.count("\n") == 1 and "scripts/install --extras" in said


def test_the_scripts_are_the_commands():
    for name in ("export", "query"):
        script = ROOT / "scripts" / name
        assert f"commands.{name}" in script.read_text() and os.access(script, os.X_OK)
