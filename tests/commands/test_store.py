"""scripts/store: what a server keeps is counted, forgotten and written out, also while it runs."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import structlog

from commands.store import main
from sandbox.server import SandboxServer
from settings import load
from store.opening import tier_at
from store.tier import Stored
from tests.conftest import Gateway
from tests.running import Servers, environment, until
from tests.store.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = "query($ids: [ID!]!) { productsByIds(ids: $ids) { name } }"
TREND = "query($id: ID!) { product(id: $id) { trend(days: 10) { date } } }"

Command = Callable[..., str]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with RedisServer() as redis:
        yield redis


BOTH = pytest.mark.parametrize("where", ["sqlite", "redis"], indirect=True)


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:{tmp_path / 'kept.sqlite'}"
        return
    redis: RedisServer = request.getfixturevalue("redis")
    redis.stop()
    redis.start()
    yield redis.url


@pytest.fixture
def settings(where: str, monkeypatch, tmp_path: Path) -> Iterator[None]:
    """Those of a server with an account, and of the command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGRAPH_STORE", where)
    monkeypatch.setenv("ECHOTIK_USERNAME", "sandbox")
    monkeypatch.setenv("ECHOTIK_PASSWORD", "sandbox")
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def command(settings, capfd) -> Command:
    """Runs the command, and gives what it prints."""

    def run(*arguments: str) -> str:
        assert main(arguments) == 0, capfd.readouterr().err
        printed = capfd.readouterr()
        assert printed.err == ""
        return str(printed.out)

    return run


@pytest.fixture
def refused(settings, capfd) -> Command:
    """Runs the command, and gives the one line that says why it did nothing."""

    def run(*arguments: str) -> str:
        assert main(arguments) == 2
        printed = capfd.readouterr()
        assert printed.out == "" and printed.err.startswith("store: ") and printed.err.count("\n") == 1
        return str(printed.err)

    return run


@pytest.fixture
def ids(sandbox: SandboxServer) -> list[str]:
    return sandbox.product_ids(n=25)


Serve = Callable[[], AbstractContextManager[Gateway]]


@pytest.fixture
def serve(sandbox: SandboxServer, settings, capfd) -> Serve:
    """Servers over the store; what they say is not the command's."""

    @contextmanager
    def serve() -> Iterator[Gateway]:
        with Gateway(load(_env_file=None, echotik_base_url=f"{sandbox.url}/v3", echotik_calls_per_second=0)) as server:
            yield server
        capfd.readouterr()

    return serve


@pytest.fixture(scope="module")
def full(shared_sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that a server has filled, to be copied: that is quicker than another server."""
    file = tmp_path_factory.mktemp("full") / "kept.sqlite"
    given = {"echotik_username": "sandbox", "echotik_password": "sandbox", "echotik_calls_per_second": 0}
    given |= {"echotik_base_url": f"{shared_sandbox.url}/v3", "shopgraph_store": f"sqlite:{file}"}
    with Gateway(load(_env_file=None, **given)) as server:
        fill(server, shared_sandbox)
    return file


@pytest.fixture
def filled(where: str, serve: Serve, sandbox: SandboxServer, full: Path) -> None:
    """A server has stored 25 lookups of products and the trend of one."""
    if where.startswith("sqlite:"):
        shutil.copy(full, where.removeprefix("sqlite:"))
        return
    with serve() as server:
        fill(server, sandbox)


def fill(server: Gateway, sandbox: SandboxServer) -> None:
    """By four calls."""
    ids = sandbox.product_ids(n=25)
    before = sandbox.count()
    assert server(PRODUCTS, ids=ids).data and server(TREND, id=ids[0]).data
    assert sandbox.count() == before + 4


def told(command: Command) -> dict[str, Any]:
    stats: dict[str, Any] = json.loads(command("stats", "--json"))
    return stats


def entries(command: Command) -> dict[str, int]:
    return {route: shelf["entries"] for route, shelf in told(command)["endpoints"].items()}


def put(where: str, entries: dict[str, Stored]) -> None:
    """Have the store keep entries that no server made."""

    async def write() -> None:
        tier = tier_at(where, 10**9)
        assert tier is not None
        await tier.open()
        await tier.write(entries)
        await tier.close()

    asyncio.run(write())


# ── stats ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@BOTH
def test_stats_counts_what_is_stored_by_endpoint(filled: None, command: Command):
    stats = told(command)

    assert entries(command) == {"echotik.product.detail@v3": 25, "echotik.product.trend@v3": 10}
    assert (stats["entries"], stats["stale"]) == (35, 0)
    assert stats["bytes"] == sum(shelf["bytes"] for shelf in stats["endpoints"].values()) > 35 * 50
    moments = [datetime.fromisoformat(stats[name]).timestamp() for name in ("oldest", "newest")]
    assert time.time() - 60 < moments[0] <= moments[1] <= time.time()


@BOTH
def test_stats_tells_what_was_counted_today(filled: None, command: Command):
    counted = told(command)["counted"]

    assert counted["calls.provider.echotik"] == counted["credits.provider.echotik"] == 4
    assert (counted["credits.client.anonymous"], counted["operations.client.anonymous"]) == (4, 2)
    assert counted["credits.client.warm"] == 0


def test_stats_names_every_client_that_has_a_key(filled: None, command: Command, monkeypatch):
    monkeypatch.setenv("SHOPGRAPH_API_KEYS", f"heron:{'0' * 64},marsh:{'1' * 64}")

    assert {f"credits.client.{name}" for name in ("heron", "marsh", "anonymous")} <= told(command)["counted"].keys()


def test_stats_for_a_person_tells_the_same(filled: None, command: Command):
    stats = told(command)
    rows = [line.split("\t") for line in command("stats").splitlines()]

    assert ["entries", "35"] in rows and ["bytes", str(stats["bytes"])] in rows
    for route, shelf in stats["endpoints"].items():
        assert [route, *(str(value) for value in shelf.values())] in rows
    assert [f"calls.provider.echotik on {stats['day']}", "4"] in rows


@BOTH
def test_stats_of_a_store_without_entries_has_no_times(serve: Serve, command: Command):
    with serve() as server:
        assert server("{ quota { used } }").data

    stats = told(command)

    assert (stats["entries"], stats["oldest"], stats["newest"], stats["endpoints"]) == (0, None, None, {})


# ── purge ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["echotik.product.trend", "echotik.product.trend@v3"])
def test_an_endpoint_is_forgotten_and_the_others_stay(name: str, filled: None, command: Command):
    assert command("purge", "--endpoint", name) == "10 entries purged\n"

    assert entries(command) == {"echotik.product.detail@v3": 25}


@BOTH
def test_what_was_forgotten_is_asked_again_by_a_server_that_starts(
    filled: None, serve: Serve, ids: list[str], sandbox: SandboxServer, command: Command
):
    command("purge", "--endpoint", "echotik.product.trend")
    sandbox.reset()

    with serve() as server:
        assert server(PRODUCTS, ids=ids).data and server(TREND, id=ids[0]).data

    assert (sandbox.count("product/trend"), sandbox.count()) == (1, 1)


@BOTH
def test_what_is_stale_is_forgotten_and_the_rest_stays(filled: None, where: str, command: Command):
    now = time.time()
    put(where, {f"old\x1fday\x1f{n}": Stored(b"told", now - 9, now - 1) for n in range(3)})
    assert told(command)["stale"] == 3

    assert command("purge", "--stale") == "3 entries purged\n"

    assert (told(command)["entries"], told(command)["stale"]) == (35, 0)


@BOTH
def test_all_is_forgotten_but_what_was_counted(filled: None, command: Command):
    before = told(command)["counted"]

    assert command("purge", "--all") == "35 entries purged\n"

    after = told(command)
    assert (after["entries"], after["counted"]) == (0, before)
    assert command("purge", "--all") == "0 entries purged\n"


@pytest.mark.parametrize("given", [(), ("--all", "--stale"), ("--all", "--endpoint", "x"), ("everything",)])
def test_purge_wants_to_be_told_what(given: tuple[str, ...], settings, capfd):
    with pytest.raises(SystemExit) as ended:
        main(["purge", *given])

    assert ended.value.code == 2 and "Traceback" not in capfd.readouterr().err


def test_an_endpoint_that_there_is_not_is_refused(filled: None, command: Command, refused: Command):
    assert "echotik.product" in refused("purge", "--endpoint", "echotik.product")

    assert told(command)["entries"] == 35


# ── export ────────────────────────────────────────────────────────────────────────────────────────────────────────


@BOTH
def test_every_entry_is_written_as_a_line_of_json(
    filled: None, ids: list[str], sandbox: SandboxServer, command: Command
):
    lines = [json.loads(line) for line in command("export").splitlines()]

    products = {line["key"][2]: line for line in lines if line["key"][1] == "Product"}
    days = {line["key"][3]: line for line in lines if line["key"][1] == "day"}
    assert len(lines) == 35 and set(products) == set(ids) and len(days) == 10
    for id, line in products.items():
        product = sandbox.world.product(id)
        assert product is not None
        record = line["value"]["record"]
        assert (record["id"], record["name"]) == (id, sandbox.world.title_of(product))
        assert record["seller_id"] == sandbox.world.seller_of_product(product).id
        fetched, expires = (datetime.fromisoformat(line[name]) for name in ("fetchedAt", "expiresAt"))
        assert (expires - fetched).total_seconds() == pytest.approx(6 * 3600, abs=1)
    assert all(line["value"]["day"] == day for day, line in days.items())
    assert [days[day]["expiresAt"] is None for day in sorted(days)] == [True] * 8 + [False] * 2  # final after 48 hours


def test_pages_are_written_with_their_rows(serve: Serve, sandbox: SandboxServer, command: Command):
    with serve() as server:
        assert server("{ products(region: US, first: 10) { nodes { id } } }").data

    lines = [json.loads(line) for line in command("export").splitlines()]

    (page,) = [line["value"] for line in lines if line["key"][1] == "page"]
    assert [item["part"]["record"]["id"] for item in page["items"]] == sandbox.product_ids(n=10)


def test_a_file_takes_it_for_its_owner_alone(filled: None, command: Command, tmp_path: Path):
    assert command("export", "out.ndjson") == ""

    written = tmp_path / "out.ndjson"
    assert sorted(written.read_text().splitlines()) == sorted(command("export").splitlines())
    assert written.stat().st_mode & 0o777 == 0o600


@BOTH
def test_what_another_version_stored_is_left_out_and_said(filled: None, where: str, command: Command, capfd):
    now = time.time()
    other = {"echotik.product.detail@v3 http://x\x1fProduct\x1f1": Stored(b"told", now, now + 60)}
    put(where, other | {"echotik.gone@v1 http://x\x1fday\x1f1": Stored(b"told", now, now + 60)})

    assert main(["export"]) == 0

    printed = capfd.readouterr()
    assert len(printed.out.splitlines()) == 35
    assert printed.err == "store: 2 entries of another version were left out\n"


def test_a_file_that_cannot_be_written_is_refused(filled: None, refused: Command):
    assert "nowhere" in refused("export", "nowhere/out")


# ── what it refuses ───────────────────────────────────────────────────────────────────────────────────────────────

ALL = [("stats",), ("stats", "--json"), ("purge", "--all"), ("export",)]


@pytest.mark.parametrize("asked", ALL, ids=" ".join)
@pytest.mark.parametrize("where", ["memory:"])
def test_of_memory_nothing_is_told(where: str, asked: tuple[str, ...], refused: Command):
    assert "memory:" in refused(*asked)


@pytest.mark.parametrize("asked", ALL, ids=" ".join)
@pytest.mark.parametrize("where", ["sqlite:not/there.sqlite"])
def test_a_file_that_is_not_there_is_not_made(where: str, asked: tuple[str, ...], refused: Command, tmp_path: Path):
    assert "there.sqlite" in refused(*asked)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [""])
def test_without_a_setting_it_is_the_file_in_the_data_folder(where: str, refused: Command):
    assert ".shopgraph/store.sqlite " in refused("stats")
    assert ".shopgraph/sandbox.sqlite " in refused("--sandbox", "stats")


@pytest.mark.parametrize("asked", ALL, ids=" ".join)
@pytest.mark.parametrize("where", ["redis://heron:marsh-reed@127.0.0.1:1/0?password=marsh-reed"])
def test_a_server_that_is_not_there_is_told_without_credentials(where: str, asked: tuple[str, ...], refused: Command):
    said = refused(*asked)

    assert "redis" in said and "marsh" not in said


@pytest.mark.parametrize("where", ["redis://heron:marsh-reed@127.0.0.1:1/0?unknown=1", "ftp://marsh-reed", "sqlite:"])
def test_a_setting_that_means_no_store_is_refused_without_credentials(where: str, refused: Command):
    assert "marsh" not in refused("stats")


@pytest.mark.parametrize("asked", ALL, ids=" ".join)
@pytest.mark.parametrize("where", ["sqlite:other.sqlite"])
def test_the_database_of_another_program_is_left_alone(
    where: str, asked: tuple[str, ...], refused: Command, tmp_path: Path
):
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE entries (key TEXT)")
    other.close()
    before = (tmp_path / "other.sqlite").read_bytes()

    refused(*asked)

    assert (tmp_path / "other.sqlite").read_bytes() == before


# ── as it is run ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_script_is_the_command():
    assert "commands.store" in (ROOT / "scripts" / "store").read_text()
    assert os.access(ROOT / "scripts" / "store", os.X_OK)


@pytest.mark.parametrize("where", ["sqlite:kept.sqlite"])
def test_it_works_beside_a_server_that_writes(
    where: str, servers: Servers, sandbox: SandboxServer, command: Command, tmp_path: Path
):
    given = {"SHOPGRAPH_STORE": where, "ECHOTIK_USERNAME": "sandbox", "ECHOTIK_PASSWORD": "sandbox"}
    given |= {"ECHOTIK_BASE_URL": f"{sandbox.url}/v3", "ECHOTIK_CALLS_PER_SECOND": "0"}
    ids = iter(sandbox.product_ids(n=6000))
    ended = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        server = servers.start(tmp_path, given)

        def ask() -> None:
            while not ended.is_set():
                assert server(PRODUCTS, ids=list(islice(ids, 10))).data
                time.sleep(0.01)

        asking = threads.submit(ask)
        try:
            until(lambda: sandbox.count() > 20 and told(command)["entries"] > 100)
            exported = command("export").splitlines()
            purged = int(command("purge", "--all").split()[0])
            until(lambda: told(command)["entries"] > 20)
        finally:
            ended.set()
        asking.result()
        assert 100 < len(exported) <= purged
        assert len(server.said("store fails, going on without")) <= 1  # a busy disk may be late once


def test_a_reader_may_leave(tmp_path: Path):
    kept = tmp_path / "kept.sqlite"
    put(f"sqlite:{kept}", {"echotik.gone@v1\x1fday\x1f1": Stored(b"told", 0, 0)})
    line = f"{sys.executable} -m commands.store stats | true; exit ${{PIPESTATUS[0]}}"
    given = environment({"SHOPGRAPH_STORE": f"sqlite:{kept}"})

    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (1, "")
