"""Exports by the server: begun by a mutation, made in the background, fetched by the client who asked and no other."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import parquet

from exports import journal
from resolvers import export
from sandbox.server import SandboxServer
from tests.conftest import CLIENT, Answer, Gateway, Start
from tests.exports.test_export import configured, ids
from tests.running import Servers, until

QUERY = "query ($region: Region = US) { products(region: $region) { nodes { id trend(days: 1) { date units } } } }"
LIST = "{ products(region: US) { nodes { id name } } }"
START = """mutation ($document: String!, $format: ExportFormat!, $most: Int!, $rows: Int, $variables: String) {
  startExport(query: $document, format: $format, maxCredits: $most, rows: $rows, variables: $variables) {
    id state } }"""
ONE = """query ($id: ID!) { export(id: $id) { id state format rows pages credits maxCredits error
  files { name url bytes rows } startedAt finishedAt expiresAt } }"""
ALL = "{ exports { id state } quota { used } }"
CANCEL = "mutation ($id: ID!) { cancelExport(id: $id) { state } }"

KEYS = {"heron": "a key of heron", "marsh": "a key of marsh"}
ENTRIES = ",".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}:60" for name, key in KEYS.items())

Ask = Callable[..., Answer]


def as_client(server: Any, name: str | None) -> Ask:
    """Asks as a client; None where the server asks for no key."""
    headers = {"authorization": f"Bearer {KEYS[name]}"} if name else {}
    return lambda query, **variables: server(query, headers=headers, **variables)


def begun(
    ask: Ask, query: str = LIST, most: int = 100, rows: int | None = 20, format: str = "NDJSON", **more: Any
) -> str:
    return str(ask(START, document=query, most=most, rows=rows, format=format, **more).data["startExport"]["id"])


def ended(ask: Ask, id: str) -> dict[str, Any]:
    told: dict[str, Any] = {}

    def is_over() -> bool:
        told.update(ask(ONE, id=id).data["export"])
        return told["state"] != "RUNNING" and told["finishedAt"] is not None

    until(is_over)
    return told


def fetched(server: Gateway, url: str, name: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {KEYS[name]}"} if name else {}
    return CLIENT.get(f"{server.url}{url}", headers=headers)


@pytest.fixture
def open_server(gateway: Start, tmp_path: Path) -> Gateway:
    return gateway("v3", shopgraph_data_dir=tmp_path)


@pytest.fixture
def locked(gateway: Start, tmp_path: Path) -> Gateway:
    return gateway("v3", shopgraph_data_dir=tmp_path, shopgraph_api_keys=ENTRIES)


def test_an_export_is_made_and_fetched(open_server: Gateway, sandbox: SandboxServer):
    ask = as_client(open_server, None)

    told = ended(ask, begun(ask, QUERY, format="PARQUET", variables='{"region": "GB"}'))

    assert told["state"] == "FINISHED" and told["error"] is None
    assert (told["rows"], told["pages"], told["credits"], told["maxCredits"]) == (40, 1, 22, 100)
    assert sandbox.count() == 22 and {call.params.get("region") for call in sandbox.calls} <= {"GB", None}
    assert [(file["name"], file["rows"]) for file in told["files"]] == [
        ("products.parquet", 20), ("products.trend.parquet", 20),
    ]  # fmt: skip
    answer = fetched(open_server, told["files"][0]["url"])
    assert answer.status_code == 200 and len(answer.content) == told["files"][0]["bytes"]
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert 'filename="products.parquet"' in answer.headers["content-disposition"]
    assert parquet.read_table(io.BytesIO(answer.content)).num_rows == 20


def test_another_client_finds_nothing_of_it(locked: Gateway, sandbox: SandboxServer):
    heron, marsh = as_client(locked, "heron"), as_client(locked, "marsh")
    id = begun(heron)
    (file,) = ended(heron, id)["files"]

    assert marsh(ONE, id=id).data["export"] is None and marsh(CANCEL, id=id).data["cancelExport"] is None
    assert marsh(ALL).data["exports"] == [] and [each["id"] for each in heron(ALL).data["exports"]] == [id]
    assert fetched(locked, file["url"], "marsh").status_code == 404
    assert fetched(locked, file["url"]).status_code == 401
    rows = fetched(locked, file["url"], "heron").text.splitlines()
    assert [json.loads(row)["id"] for row in rows] == ids(sandbox, 20)


@pytest.mark.parametrize("name", ["job.json", "journal.ndjson", "export.json", "..%2Fjob.json", "%2e%2e", "nope.csv"])
def test_nothing_but_its_files_is_fetched(name: str, open_server: Gateway):
    ask = as_client(open_server, None)
    id = begun(ask)
    ended(ask, id)

    assert fetched(open_server, f"/exports/{id}/{name}").status_code == 404


def test_it_spends_the_client_s_day_and_never_more_than_it_may(locked: Gateway, sandbox: SandboxServer):
    heron = as_client(locked, "heron")

    told = ended(heron, begun(heron, most=7, rows=None))

    assert told["state"] == "STOPPED" and "0 of 7" in told["error"] and told["rows"] == 70
    assert sandbox.count() == heron(ALL).data["quota"]["used"] == told["credits"] == 7
    assert fetched(locked, told["files"][0]["url"], "heron").text.count("\n") == 70


def test_it_ends_where_the_day_of_the_client_does(locked: Gateway, sandbox: SandboxServer):
    heron = as_client(locked, "heron")

    told = ended(heron, begun(heron, most=1000, rows=None))

    assert told["state"] == "STOPPED" and "day" in told["error"]
    assert sandbox.count() == told["credits"] <= 60 and told["rows"] == 10 * told["credits"]


def test_an_export_that_a_killed_server_left_is_finished_by_the_next(
    servers: Servers, sandbox: SandboxServer, tmp_path: Path
):
    given = configured(sandbox)
    server = servers.start(tmp_path, given)
    id = begun(as_client(server, None), most=1000, rows=1000)
    folder = tmp_path / ".shopgraph" / "exports" / id / "rows"
    until(lambda: journal.told(folder)[1].pages >= 2)
    server.kill()
    assert not journal.told(folder)[1].finished

    server = servers.start(tmp_path, given)
    told = ended(as_client(server, None), id)

    assert told["state"] == "FINISHED" and 100 <= sandbox.count() <= 110
    rows = CLIENT.get(server.url + told["files"][0]["url"]).text.splitlines()
    assert [json.loads(row)["id"] for row in rows] == ids(sandbox, 1000)


def test_a_server_that_has_ended_makes_no_exports_and_is_not_kept_for_them(gateway: Start):
    server = gateway("v3")
    backend = server.app.state.backend
    assert server("{ exports { id } }").data == {"exports": []}
    assert backend in export._served

    server.__exit__()

    assert backend not in export._served


def test_one_that_is_cancelled_ends_and_leaves_nothing(open_server: Gateway, sandbox: SandboxServer, tmp_path: Path):
    sandbox.delay(0.05)
    ask = as_client(open_server, None)
    id = begun(ask, most=10_000, rows=None)

    assert ask(CANCEL, id=id).data["cancelExport"]["state"] == "CANCELLED"
    told = ended(ask, id)

    assert told["state"] == "CANCELLED" and told["files"] == [] and sandbox.count() <= 20
    assert not (tmp_path / "exports" / id / "rows").exists()
    assert ask(CANCEL, id="0" * 32).data["cancelExport"] is None


def test_what_has_expired_is_gone(open_server: Gateway, tmp_path: Path):
    ask = as_client(open_server, None)
    id = begun(ask)
    told = ended(ask, id)
    exports = open_server.app.state.exports

    exports.clock = lambda: time.time() + 24 * 3600 + 1

    assert ask(ONE, id=id).data["export"] is None and ask(ALL).data["exports"] == []
    assert fetched(open_server, told["files"][0]["url"]).status_code == 404
    asyncio.run(exports.sweep())
    assert not (tmp_path / "exports" / id).exists()


def test_a_client_has_a_few_at_once(open_server: Gateway, sandbox: SandboxServer):
    sandbox.delay(0.3)
    ask = as_client(open_server, None)
    known = [begun(ask) for _ in range(3)]

    refused = ask(START, document=LIST, most=10, format="CSV")

    assert refused.codes == ["EXPORT_REFUSED"] and "3 exports" in refused.errors[0]["message"]
    assert {ended(ask, id)["state"] for id in known} == {"FINISHED"}
    assert sandbox.count() == 2


def test_what_exceeds_the_room_for_all_is_ended_and_removed(gateway: Start, sandbox: SandboxServer, tmp_path: Path):
    server = gateway("v3", shopgraph_data_dir=tmp_path, shopgraph_export_disk_mb=1)
    (tmp_path / "exports" / "kept").mkdir(parents=True)
    (tmp_path / "exports" / "kept" / "file").write_bytes(b"0" * 999_000)
    ask = as_client(server, None)

    told = ended(ask, begun(ask, rows=300))

    assert told["state"] == "FAILED" and "room" in told["error"] and told["files"] == []
    (tmp_path / "exports" / "kept" / "file").write_bytes(b"0" * 1_000_000)
    assert ask(START, document=LIST, most=10, format="CSV").codes == ["EXPORT_REFUSED"]


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"document": "{ nope }"}, "query"),
        ({"document": "mutation { cancelExport(id: 1) { id } }"}, "query"),
        ({"document": "{ products("}, "query"),
        ({"variables": '{"no": 1}'}, "query"),
        ({"variables": "[1]"}, "variables"),
        ({"variables": "{"}, "variables"),
        ({"most": 0}, "maxCredits"),
        ({"rows": 0}, "rows"),
    ],
)
def test_what_cannot_be_exported_is_refused_at_once(
    given: dict[str, Any], argument: str, open_server: Gateway, sandbox: SandboxServer, tmp_path: Path
):
    told = open_server(START, **{"document": LIST, "most": 10, "format": "CSV", **given})

    assert told.codes == ["BAD_USER_INPUT"] and told.errors[0]["extensions"]["argument"] == argument
    assert not (tmp_path / "exports").exists() and sandbox.count() == 0


def test_neither_get_nor_the_price_of_it_begins_one(open_server: Gateway, tmp_path: Path):
    mutation = f"mutation {{ startExport(query: {json.dumps(LIST)}, format: CSV, maxCredits: 5) {{ id }} }}"

    by_get = CLIENT.get(f"{open_server.url}/graphql", params={"query": mutation})
    price = CLIENT.post(f"{open_server.url}/graphql/cost", json={"query": mutation})

    assert by_get.status_code in (400, 405) and price.json()["estimatedCredits"] == 0
    assert not (tmp_path / "exports").exists()


def test_a_server_that_trusts_few_documents_exports_no_others(gateway: Start, tmp_path: Path):
    (tmp_path / "known.json").write_text(json.dumps({"a": START, "b": LIST, "c": ONE}))
    server = gateway(
        "v3",
        shopgraph_data_dir=tmp_path,
        shopgraph_trusted_documents=str(tmp_path / "known.json"),
        shopgraph_trusted_documents_only=True,
    )
    ask = as_client(server, None)

    refused = ask(START, document=QUERY, most=5, format="CSV")

    assert refused.codes == ["BAD_USER_INPUT"] and "trusts" in refused.errors[0]["message"]
    assert ended(ask, begun(ask))["state"] == "FINISHED"
