"""Who is let in and how often: the file of keys is read again while the server runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from serving.clients import Bucket, Clients
from serving.keys import Client, Entry, main, parse
from settings import load
from tests.conftest import CLIENT
from upstream.rights import NONE, Rights

KEYS = {name: f"a key of {name}'s" for name in ("heron", "marsh", "reed")}


def entry(name: str, terms: str = "") -> str:
    return f"{name}:{hashlib.sha256(KEYS[name].encode()).hexdigest()}{terms}\n"


class Clock:
    """A second that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """A file of keys, and the clients that it makes."""

    def __init__(self, file: Path, text: str, **settings: Any) -> None:
        self.file = file
        self.clock = Clock()
        self.write(text)
        self.clients = Clients(load(_env_file=None, shopgraph_api_keys_file=str(file), **settings), self.clock)

    def write(self, text: str) -> None:
        """In place of the other, as scripts/keys does."""
        made = self.file.with_suffix(".new")
        made.write_text(text)
        made.replace(self.file)

    def in_force(self) -> list[str]:
        return [name for name, key in KEYS.items() if self.clients.find(key.encode())]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


# ── the file ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_file_is_in_force_a_second_later_and_not_looked_at_before(file: Path, monkeypatch):
    kept = Kept(file, entry("heron"))
    kept.write(entry("marsh"))

    assert kept.in_force() == ["heron"]
    kept.clock.now += 1
    assert kept.in_force() == ["marsh"]

    monkeypatch.delattr(Path, "stat")
    assert [kept.in_force() for _ in range(100)] == [["marsh"]] * 100


def test_told_to_it_reads_the_file_at_once(file: Path):
    kept = Kept(file, entry("heron"))
    kept.write(entry("marsh"))

    kept.clients.reload()

    assert kept.in_force() == ["marsh"]


@pytest.mark.parametrize("broken", [entry("marsh") + "no entry", "\udcff", None])
def test_a_broken_file_leaves_the_last_keys_in_force_and_is_told_once(broken: str | None, file: Path):
    kept = Kept(file, entry("heron"))
    if broken is None:
        file.unlink()
    else:
        file.write_bytes(broken.encode("utf-8", "surrogateescape"))

    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            kept.clock.now += 1
            assert kept.in_force() == ["heron"]

    (told,) = logs
    assert told["log_level"] == "warning" and hashlib.sha256(KEYS["marsh"].encode()).hexdigest() not in str(told)
    kept.write(entry("reed"))
    kept.clock.now += 1
    assert kept.in_force() == ["reed"]


def test_a_file_from_which_the_last_key_is_gone_lets_nobody_in(file: Path):
    kept = Kept(file, entry("heron"))
    kept.write("")
    kept.clock.now += 1

    assert kept.in_force() == [] and kept.clients.keyed


def test_a_root_that_is_none_breaks_the_file(file: Path):
    kept = Kept(file, entry("heron"))
    kept.write(entry("heron", ":roots=teapots"))
    kept.clock.now += 1

    assert kept.clients.rights("heron") == Rights()


def test_rights_and_daily_credits_follow_the_file(file: Path):
    kept = Kept(file, entry("heron", ":500") + entry("marsh", ":7"), shopgraph_image_credits_per_day=3)
    assert kept.clients.daily == {"heron": 500, "marsh": 7, "images": 3}

    kept.write(entry("heron", ":roots=product") + entry("reed", ":9:live=no"))
    kept.clock.now += 1

    assert kept.clients.rights("heron") == Rights(frozenset({"product"}))
    assert kept.clients.rights("reed") == Rights(live=False)
    assert kept.clients.rights("marsh") == NONE
    assert {name: kept.clients.daily.get(name) for name in KEYS} == {"heron": None, "marsh": 7, "reed": 9}


@given(st.binary(max_size=80))
def test_no_other_bytes_let_in(shown: bytes):
    clients = Clients(load(_env_file=None, shopgraph_api_keys=entry("heron").strip()))

    assert (clients.find(shown) is not None) == (shown == KEYS["heron"].encode())


def status(url: str, name: str) -> int:
    headers = {"authorization": f"Bearer {KEYS[name]}"}
    return CLIENT.post(f"{url}/graphql", json={"query": "{ __typename }"}, headers=headers).status_code


def test_a_running_server_lets_in_who_was_added_and_holds_it_to_its_day(gateway, sandbox, file: Path):
    file.write_text(entry("heron"))
    server = gateway("v3", shopgraph_api_keys_file=str(file))
    assert (status(server.url, "heron"), status(server.url, "marsh")) == (200, 401)

    file.write_text(entry("marsh", ":0"))
    server.app.state.clients.reload()

    assert (status(server.url, "heron"), status(server.url, "marsh")) == (401, 200)
    (id,) = sandbox.product_ids("SG", 1)
    answer = server(f'{{ product(id: "{id}") {{ name }} }}', headers={"authorization": f"Bearer {KEYS['marsh']}"})
    assert answer.codes == ["BUDGET_EXCEEDED"]
    assert sandbox.calls == []


# ── how often ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bucket_gives_its_rate_and_two_seconds_of_it_at_once():
    clock = Clock()
    bucket = Bucket(5.0, clock)

    assert [bucket.take() == 0 for _ in range(12)] == [True] * 10 + [False] * 2
    assert bucket.take() == pytest.approx(0.2)
    clock.now += 1
    assert [bucket.take() == 0 for _ in range(6)] == [True] * 5 + [False]


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 3), max_size=60))
def test_no_more_than_the_rate_and_a_burst_pass_in_any_time(rate: float, pauses: list[float]):
    clock = Clock()
    bucket = Bucket(rate, clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += bucket.take() == 0

    assert passed <= max(1.0, 2 * rate) + rate * sum(pauses) + 1e-6


def test_who_asks_too_often_is_told_to_wait_and_costs_nobody_anything(gateway, sandbox):
    entries = entry("heron", ":rate=0.5").strip() + "," + entry("marsh").strip()
    server = gateway("v3", shopgraph_api_keys=entries)
    (id,) = sandbox.product_ids("SG", 1)
    headers = {"authorization": f"Bearer {KEYS['heron']}"}

    first = server("{ __typename }", headers=headers)
    second = server(f'{{ product(id: "{id}") {{ name }} }}', headers=headers)

    assert (first.status, second.status, second.codes) == (200, 429, ["RATE_LIMITED"])
    assert second.headers["retry-after"] in ("1", "2") and sandbox.calls == []
    assert CLIENT.get(f"{server.url}/schema.graphql", headers=headers).status_code == 200
    assert {status(server.url, "marsh") for _ in range(5)} == {200}


def test_without_keys_all_share_one_rate(gateway):
    server = gateway("v3", shopgraph_client_operations_per_second=0.5)

    assert [server("{ __typename }").status for _ in range(3)] == [200, 429, 429]


def test_an_entry_may_have_a_rate_of_its_own_or_none(gateway):
    entries = entry("heron", ":rate=0").strip() + "," + entry("marsh").strip()
    server = gateway("v3", shopgraph_api_keys=entries, shopgraph_client_operations_per_second=0.5)

    assert {status(server.url, "heron") for _ in range(5)} == {200}
    assert [status(server.url, "marsh") for _ in range(2)] == [200, 429]


# ── entries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_options_stand_behind_the_credits_in_any_order(file: Path):
    text = entry("heron", ":500:rate=2.5:roots=product|products:live=no:exports=yes:fresh=no").strip()
    (client,) = parse([Entry("here", text)]).values()

    assert client == Client("heron", 500, Rights(frozenset({"product", "products"}), live=False, fresh=False), 2.5)
    assert parse([Entry("here", entry("heron", client.terms).strip())]).popitem()[1] == client


@pytest.mark.parametrize(
    "options",
    [
        ":live=maybe",
        ":live=no:live=no",
        ":roots=",
        ":roots=a||b",
        ":rate=-1",
        ":rate=fast",
        ":color=red",
        ":live",
        ":=no",
    ],
)
def test_a_malformed_option_is_refused_by_its_place(options: str):
    with pytest.raises(ValueError, match=r"^here is not name:"):
        parse([Entry("here", entry("heron", options).strip())])


def test_the_command_writes_what_the_server_reads(tmp_path: Path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGRAPH_API_KEYS_FILE", "keys")
    options = ("--roots", "product,products", "--no-live", "--no-exports", "--no-fresh", "--rate", "5")

    assert main(("add", "heron", "--credits", "500", *options)) == 0
    key = capfd.readouterr().out.strip()

    clients = Clients(load(_env_file=None, shopgraph_api_keys_file="keys"))
    assert clients.find(key.encode()) == Client(
        "heron", 500, Rights(frozenset({"product", "products"}), False, False, False), 5.0
    )
    assert main(("list",)) == 0
    assert capfd.readouterr().out.splitlines()[1].split("\t") == [
        "heron",
        "1",
        "500",
        "roots=product|products live=no exports=no fresh=no rate=5",
    ]


@pytest.mark.parametrize("options", [("--roots", "teapots"), ("--roots", ","), ("--rate", "fast"), ("--rate", "-1")])
def test_the_command_refuses_what_the_server_would(options: tuple[str, ...], tmp_path: Path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGRAPH_API_KEYS_FILE", "keys")

    with pytest.raises(SystemExit):
        main(("add", "heron", *options))
    assert not (tmp_path / "keys").exists()
