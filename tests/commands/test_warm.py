"""scripts/warm: operations of files fill the store, for as many credits as they may spend."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import structlog

from commands.warm import main
from sandbox.server import SandboxServer
from settings import load
from tests.conftest import Gateway, Start

ROOT = Path(__file__).resolve().parents[2]
SILENT = structlog.make_filtering_bound_logger(logging.CRITICAL)

PRODUCTS = "query Products($ids: [ID!]!) { productsByIds(ids: $ids) { name } }"
LIST = "{ products(region: US, first: 20) { nodes { name } } }"  # two calls
TWO = "query One { products(region: GB) { nodes { name } } } query Two { products(region: US) { nodes { name } } }"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def settings(sandbox: SandboxServer, monkeypatch, tmp_path: Path) -> Iterator[None]:
    """Of a server with an account and a store of its own."""
    monkeypatch.chdir(tmp_path)
    given = {"SHOPGRAPH_STORE": "sqlite:kept.sqlite", "SHOPGRAPH_LOG_LEVEL": "error"}
    given |= {"ECHOTIK_USERNAME": "sandbox", "ECHOTIK_PASSWORD": "sandbox", "ECHOTIK_CALLS_PER_SECOND": "0"}
    for name, value in {**given, "ECHOTIK_BASE_URL": f"{sandbox.url}/v3"}.items():
        monkeypatch.setenv(name, value)
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    yield
    structlog.configure(**before)


@pytest.fixture
def run(capfd) -> Run:
    """Runs the command to this end, and gives what it tells as JSON; `errors` are the lines beside it."""

    def run(*arguments: str, ends: int = 0) -> dict[str, Any]:
        assert main([*arguments, "--json"]) == ends
        printed = capfd.readouterr()
        told: dict[str, Any] = {"errors": printed.err.splitlines()}
        assert all(line.startswith("warm: ") for line in told["errors"])
        return told | (json.loads(printed.out) if printed.out else {})

    return run


@pytest.fixture
def refused(capfd) -> Callable[..., str]:
    """Runs the command, and gives the one line that says why nothing was asked."""

    def run(*arguments: str) -> str:
        assert main(arguments) == 2
        printed = capfd.readouterr()
        assert printed.out == "" and printed.err.startswith("warm: ") and printed.err.count("\n") == 1
        return str(printed.err)

    return run


def written(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def serving() -> AbstractContextManager[Gateway]:
    """A server of the same settings."""
    return Gateway(load(_env_file=None))


def credits(told: dict[str, Any]) -> list[int]:
    return [each["actualCredits"] for each in told["operations"]]


# ── what it does ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_run_costs_a_server_of_the_same_store_nothing(run: Run, sandbox: SandboxServer):
    ids = json.dumps(sandbox.product_ids(n=65)[40:])
    told = run(written("a.graphql", LIST), written("b.graphql", PRODUCTS), "-v", f"ids={ids}")
    made = sandbox.count()
    assert made == 2 + 3 and told["errors"] == []

    with serving() as server:
        answers = [server(LIST), server(PRODUCTS, ids=json.loads(ids))]

    assert [answer.body["extensions"]["cost"]["actualCredits"] for answer in answers] == [0, 0]
    assert all(answer.data for answer in answers) and sandbox.count() == made


def test_it_tells_of_each_operation_what_it_was_to_cost_and_did(run: Run, sandbox: SandboxServer):
    told = run(written("a.graphql", LIST), written("b.graphql", TWO))

    told_of_each = [
        (
            each["file"],
            each["operation"],
            each["estimatedCredits"],
            each["actualCredits"],
            each["calls"],
            each["errors"],
        )
        for each in told["operations"]
    ]
    assert told_of_each == [
        ("a.graphql", None, 2, 2, 2, []),
        ("b.graphql", "One", 1, 1, 1, []),
        ("b.graphql", "Two", 0, 0, 0, []),  # its page is the first of a.graphql's
    ]
    assert told["actualCredits"] == sandbox.count() == 3
    assert (told["leftOut"], told["budget"]) == ([], {"limit": None, "remaining": None})


def test_it_tells_a_person_the_same(sandbox: SandboxServer, capfd):
    assert main([written("a.graphql", LIST), written("b.graphql", TWO), "--budget", "2"]) == 1

    rows = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
    assert rows[1] == ["a.graphql", "2", "2", "2", "0"]
    assert rows[2:] == [["b.graphql One", "not run"], ["b.graphql Two", "not run"]]


def test_a_second_run_costs_nothing(run: Run, sandbox: SandboxServer):
    screen = (ROOT / "bench" / "screens" / "product-page.graphql").read_text()
    asked = [written("page.graphql", screen), "-v", f"id={sandbox.product_ids(n=1)[0]}"]
    first = run(*asked)
    made = sandbox.count()
    assert credits(first) == [made] and made > 10

    again = run(*asked)

    assert credits(again) == [0] and again["operations"][0]["estimatedCredits"] == 0
    assert sandbox.count() == made


@pytest.mark.parametrize("served", [False, True], ids=["here", "by a server"])
def test_what_is_too_old_is_learned_anew_but_once_in_a_run(
    served: bool, run: Run, sandbox: SandboxServer, gateway: Start
):
    asked = [written("a.graphql", LIST), written("b.graphql", LIST)]
    if served:
        asked += ["--url", gateway("v3", shopgraph_store="memory:").url]
    assert credits(run(*asked)) == [2, 0]
    time.sleep(1.1)  # a header tells ages in whole seconds

    assert credits(run(*asked, "--max-age", "60")) == [0, 0]
    assert credits(run(*asked, "--max-age", "0")) == [2, 0]

    assert sandbox.count() == 4


def test_emulated_data_are_kept_in_their_own_store(run: Run, sandbox: SandboxServer, monkeypatch):
    monkeypatch.delenv("SHOPGRAPH_STORE")

    told = [run(written("a.graphql", LIST), "--sandbox") for _ in range(2)]

    assert [credits(each) for each in told] == [[2], [0]]
    assert [file.name for file in Path(".shopgraph").glob("*.sqlite")] == ["sandbox.sqlite"]
    assert sandbox.count() == 0


def test_a_variable_goes_to_the_operations_that_declare_it(run: Run, sandbox: SandboxServer):
    one, two = (
        f"query($first: Int!) {{ products(region: {region}, first: $first) {{ nodes {{ name }} }} }}"
        for region in ("US", "GB")
    )
    text = "query($text: String!) { search(text: $text, region: US, types: [PRODUCT]) { ... on Product { name } } }"
    files = [written(f"{n}.graphql", each) for n, each in enumerate((one, two, text))]

    run(*files, "-v", "first=20", "-v", "text=lamp shade")

    assert sandbox.count("product/list") == 4
    assert [call.path for call in sandbox.calls if "lamp shade" in call.params.values()] == [sandbox.calls[-1].path]


def test_what_it_spends_is_counted_as_the_client_warm(run: Run, monkeypatch):
    key = "a key that warm never shows"
    run(written("a.graphql", LIST))

    monkeypatch.setenv("SHOPGRAPH_API_KEYS", f"warm:{hashlib.sha256(key.encode()).hexdigest()}:50")
    with serving() as server:
        told = server("{ quota { client used limit } }", headers={"authorization": f"Bearer {key}"})
    assert told.data["quota"] == {"client": "warm", "used": 2, "limit": 50}


# ── what it does not spend ────────────────────────────────────────────────────────────────────────────────────────


def test_it_ends_before_the_operation_that_no_longer_fits(run: Run, sandbox: SandboxServer):
    told = run(written("a.graphql", LIST), written("b.graphql", TWO), "--budget", "2", ends=1)

    assert credits(told) == [2] and sandbox.count() == 2
    assert [each["operation"] for each in told["leftOut"]] == ["One", "Two"]
    assert told["budget"] == {"limit": 2, "remaining": 0}
    (line,) = told["errors"]
    assert "b.graphql One" in line and "1 credits" in line and "0 are left" in line


def test_where_not_even_the_first_fits_nothing_is_asked(run: Run, sandbox: SandboxServer):
    told = run(written("a.graphql", LIST), "--budget", "1", ends=2)

    assert (told["operations"], sandbox.count()) == ([], 0)


def test_what_costs_nothing_fits_any_budget(run: Run, sandbox: SandboxServer):
    run(written("a.graphql", LIST))

    assert credits(run("a.graphql", "--budget", "0")) == [0]


def test_a_retry_does_not_go_beyond_the_budget(run: Run, sandbox: SandboxServer):
    sandbox.fail("product/list", "gateway", times=1)

    told = run(written("a.graphql", LIST), "--budget", "2", ends=1)

    assert sum(credits(told)) == sandbox.count() == 2


@pytest.mark.parametrize(
    "given", [{"SHOPGRAPH_MAX_CREDITS_PER_REQUEST": "1"}, {"SHOPGRAPH_API_KEYS": f"warm:{'0' * 64}:1"}]
)
def test_limits_of_a_request_and_of_the_day_hold_here_too(
    given: dict[str, str], run: Run, sandbox: SandboxServer, monkeypatch
):
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    told = run(written("a.graphql", LIST), ends=1)

    assert sandbox.count() == 0 and "BUDGET_EXCEEDED" in told["operations"][0]["errors"][0]


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_operation_with_errors_is_told_and_the_others_are_run(run: Run, sandbox: SandboxServer):
    sandbox.fail("product/list", "gateway", when={"region": "US"})

    told = run(written("a.graphql", LIST), written("b.graphql", TWO), ends=1)

    assert [len(each["errors"]) for each in told["operations"]] == [1, 0, 1]
    assert "UPSTREAM_UNAVAILABLE" in told["operations"][0]["errors"][0]
    assert told["errors"][0].startswith("warm: a.graphql: products: ")


@pytest.mark.parametrize(
    "wrong", ["{ nothing }", "query($id: ID!) { product(id: $id) { name } }", "mutation { forget }", "{ a: nothing }"]
)
def test_an_operation_that_the_schema_does_not_know_is_told_and_asks_nothing(
    wrong: str, run: Run, sandbox: SandboxServer
):
    told = run(written("a.graphql", wrong), written("b.graphql", LIST), ends=1)

    assert told["operations"][0]["errors"] and told["operations"][0]["calls"] == 0
    assert sandbox.count() == 2


UNREADABLE = {"{ products(": "a.graphql:1:12", "": "a.graphql:1:1", "fragment F on Product { name }": "a.graphql"}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.items())
def test_a_file_without_an_operation_is_refused(
    text: str, said: str, refused: Callable[..., str], sandbox: SandboxServer
):
    assert said in refused(written("a.graphql", text))


def test_a_file_that_is_not_there_is_refused_before_any_call(refused: Callable[..., str], sandbox: SandboxServer):
    assert "absent.graphql" in refused(written("a.graphql", LIST), "absent.graphql")

    assert sandbox.count() == 0


def test_a_variable_that_no_operation_has_is_refused(refused: Callable[..., str], sandbox: SandboxServer):
    assert "$idd" in refused(written("a.graphql", PRODUCTS), "-v", 'ids=["1"]', "-v", "idd=2")

    assert sandbox.count() == 0


NOT_KEPT = {
    "memory": {"SHOPGRAPH_STORE": "memory:"},
    "no such server": {"SHOPGRAPH_STORE": "redis://heron:marsh-reed@127.0.0.1:1"},
    "a file in the way": {"SHOPGRAPH_STORE": "sqlite:a.graphql/kept.sqlite"},
    "malformed": {"SHOPGRAPH_STORE": "redis:marsh-reed"},
}


@pytest.mark.parametrize("given", NOT_KEPT.values(), ids=NOT_KEPT)
def test_where_nothing_would_be_kept_nothing_is_asked(
    given: dict[str, str], refused: Callable[..., str], sandbox: SandboxServer, monkeypatch
):
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert "marsh" not in refused(written("a.graphql", LIST))

    assert sandbox.count() == 0


@pytest.mark.parametrize(
    "arguments", [(), ("a.graphql", "--budget", "-1"), ("a.graphql", "-v", "ids"), ("a.graphql", "--max-age", "1h")]
)
def test_what_it_does_not_understand_it_does_not_do(arguments: tuple[str, ...], capfd, sandbox: SandboxServer):
    written("a.graphql", LIST)
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2 and "usage: scripts/warm" in capfd.readouterr().err
    assert sandbox.count() == 0


# ── by a running server ───────────────────────────────────────────────────────────────────────────────────────────

KEY = "a key that heron keeps"


@pytest.fixture
def locked(gateway: Start) -> Gateway:
    """A server that lets heron in, and keeps nothing but in memory."""
    hashed = hashlib.sha256(KEY.encode()).hexdigest()
    return gateway("v3", shopgraph_store="memory:", shopgraph_api_keys=f"heron:{hashed}")


def test_a_running_server_is_warmed_with_a_client_s_key(locked: Gateway, run: Run, sandbox: SandboxServer):
    asked = [written("a.graphql", LIST), "--url", locked.url, "--key-file", written("key", f"{KEY}\n")]

    assert credits(run(*asked)) == [2] and sandbox.count() == 2

    assert credits(run(*asked, "--budget", "0")) == [0] and sandbox.count() == 2
    told = locked(LIST, headers={"authorization": f"Bearer {KEY}"})
    assert told.data and told.body["extensions"]["cost"]["actualCredits"] == 0
    assert not Path("kept.sqlite").exists()


def test_a_running_server_spends_no_more_than_the_budget(locked: Gateway, run: Run, sandbox: SandboxServer):
    asked = [written("a.graphql", LIST), written("b.graphql", TWO), "--url", f"{locked.url}/graphql"]
    sandbox.fail("product/list", "gateway", times=1)

    told = run(*asked, "--key-file", written("key", KEY), "--budget", "2", ends=1)

    assert sum(credits(told)) == sandbox.count() == 2


def test_a_server_that_lets_nobody_in_is_told(locked: Gateway, run: Run, sandbox: SandboxServer):
    told = run(written("a.graphql", LIST), "--url", locked.url, ends=2)

    assert len(told["errors"]) == 1 and "key" in told["errors"][0] and sandbox.count() == 0


@pytest.mark.parametrize("path", ["http://127.0.0.1:1", "SANDBOX"])
def test_where_no_server_answers_that_is_told(path: str, run: Run, sandbox: SandboxServer):
    told = run(written("a.graphql", LIST), "--url", path.replace("SANDBOX", sandbox.url), ends=2)

    assert len(told["errors"]) == 1 and told["operations"] == []


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://heron:marsh@127.0.0.1", "http://"])
def test_an_address_that_is_none_is_refused_without_what_it_holds(url: str, refused: Callable[..., str]):
    assert "marsh" not in refused(written("a.graphql", LIST), "--url", url)


def test_the_script_is_the_command():
    assert "commands.warm" in (ROOT / "scripts" / "warm").read_text()
    assert os.access(ROOT / "scripts" / "warm", os.X_OK)
