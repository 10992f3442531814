"""How servers end, read their settings again, and are several: real processes, real signals."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from loaders.session import Session
from sandbox.server import SandboxServer
from settings import Misconfigured, load
from store.counting import ProviderCount
from store.layered import LayeredStore
from store.memory import MemoryStore
from store.sqlite import SqliteTier
from tests.conftest import CLIENT, PLAIN, Start
from tests.running import ROOT, Server, Servers, environment, free_port, together, until
from upstream import echotik
from upstream.account import Account
from upstream.breaker import Breaker
from upstream.echotik.account import reached
from upstream.errors import BudgetExceeded
from upstream.http import Http
from upstream.limiter import Limiter, Rate
from upstream.operation import Ledger, Operation
from upstream.routing import Catalog
from upstream.service import Service

SELLER = "query($id: ID!) { seller(id: $id) { sellerId name } }"
PRODUCT = "query($id: ID!) { product(id: $id) { productId name } }"
REVIEWS = "query($id: ID!) { product(id: $id) { reviews(first: 5) { nodes { rating } } } }"
USED = "{ quota { used remaining } }"
KEY = "a-key-of-ann-0123456789"
DAY_SECONDS = 24 * 3600
OTHER_KEY = "another-key-of-ann-0123456789"

Given = dict[str, str]


@pytest.fixture
def provider(sandbox: SandboxServer) -> Given:
    """The settings of whoever has an account at the sandbox."""
    account = {"ECHOTIK_USERNAME": "sandbox", "ECHOTIK_PASSWORD": "sandbox", "SHOPGRAPH_STORE": "memory:"}
    return {**account, "ECHOTIK_BASE_URL": f"{sandbox.url}/v3", "ECHOTIK_CALLS_PER_SECOND": "0"}


@pytest.fixture
def sellers(sandbox: SandboxServer) -> list[str]:
    return [seller.id for seller in sandbox.world.sellers_in("US")]


def entry(key: str, credits: int = 100) -> str:
    return f"ann:{hashlib.sha256(key.encode()).hexdigest()}:{credits}"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def tell(server: Server, how: signal.Signals) -> None:
    os.kill(server.pid, how)


# ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Load:
    """Clients that ask one after the other until they are refused.

    came   what came of each request, by its kind
    """

    def __init__(self, url: str, ids: list[str], *, keep_alive: bool) -> None:
        self.came: Counter[str] = Counter()
        self._url = f"{url}/graphql"
        self._ids = ids
        self._headers = {} if keep_alive else {"connection": "close"}

    def ask(self, number: int) -> None:
        with httpx.Client(timeout=20, verify=PLAIN, headers=self._headers) as client:
            while not self.came["refused"]:
                body = {"query": SELLER, "variables": {"id": self._ids[number]}}
                try:
                    response = client.post(self._url, json=body)
                    told = response.json()["data"]["seller"]["sellerId"] == self._ids[number]
                    self.came["answered" if told else "wrong"] += 1
                except httpx.ConnectError:
                    self.came["refused"] += 1
                except httpx.HTTPError as error:
                    self.came[type(error).__name__] += 1


@pytest.mark.parametrize("keep_alive", [True, False])
def test_every_request_is_answered_or_refused_when_a_server_ends_under_load(
    servers: Servers, provider: Given, sandbox: SandboxServer, sellers: list[str], tmp_path: Path, keep_alive: bool
):
    server = servers.start(tmp_path, provider)
    load = Load(server.url, sellers, keep_alive=keep_alive)
    sandbox.delay(0.05)

    with ThreadPoolExecutor(12) as clients:
        asking = [clients.submit(load.ask, number) for number in range(12)]
        until(lambda: load.came["answered"] > 50)
        tell(server, signal.SIGTERM)
        for each in asking:
            each.result()
    until(lambda: not server.is_there)

    assert load.came.keys() == {"answered", "refused"}, load.came
    assert len([line for line in server.said("request") if line["path"] == "/graphql"]) == load.came["answered"]


def test_what_runs_is_answered_and_stored_before_the_server_ends(
    servers: Servers, provider: Given, sandbox: SandboxServer, sellers: list[str], tmp_path: Path
):
    given = {**provider, "SHOPGRAPH_STORE": ""}
    server = servers.start(tmp_path, given)
    sandbox.delay(0.4)
    with ThreadPoolExecutor(1) as client:
        running = client.submit(server, SELLER, id=sellers[0])
        until(lambda: sandbox.count() == 1)
        server.stop()
        assert running.result().data["seller"]["sellerId"] == sellers[0]

    assert servers.start(tmp_path, given)(SELLER, id=sellers[0]).data["seller"]["sellerId"] == sellers[0]
    assert sandbox.count() == 1
    assert "Traceback" not in server.log_text


def test_a_server_that_is_to_end_says_so_and_serves_for_a_while(
    servers: Servers, provider: Given, sellers: list[str], tmp_path: Path
):
    server = servers.start(tmp_path, {**provider, "SHOPGRAPH_DRAIN_S": "0.5"})
    assert CLIENT.get(f"{server.url}/readyz").status_code == 200
    began = time.monotonic()
    tell(server, signal.SIGTERM)

    told = CLIENT.get(f"{server.url}/readyz")
    body = {"query": SELLER, "variables": {"id": sellers[0]}}
    answered = httpx.post(f"{server.url}/graphql", json=body, verify=PLAIN)

    assert (told.status_code, told.json()) == (503, {"status": "draining"})
    assert CLIENT.get(f"{server.url}/healthz").status_code == 200
    assert answered.json()["data"]["seller"]["sellerId"] == sellers[0]
    assert answered.headers["connection"] == "close"
    until(lambda: not server.is_there)
    assert time.monotonic() - began >= 0.5


# ── settings read again ───────────────────────────────────────────────────────────────────────────────────────────


class Files:
    """A folder of settings, one a file, that a server reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def write(self, **settings: str) -> None:
        for name, value in settings.items():
            (self._folder / name.upper()).write_text(f"{value}\n")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "secrets")


def reads_again(server: Server, event: str = "settings read again") -> None:
    told = len(server.said(event))
    tell(server, signal.SIGHUP)
    until(lambda: len(server.said(event)) > told)


def test_new_credentials_are_used_at_once_and_open_a_circuit_again(
    servers: Servers, provider: Given, sandbox: SandboxServer, sellers: list[str], tmp_path: Path, files: Files
):
    del provider["ECHOTIK_PASSWORD"]
    files.write(echotik_password="of-yesterday-1234")
    server = servers.start(tmp_path, {**provider, "SHOPGRAPH_SECRETS_DIR": str(tmp_path / "secrets")})
    assert server(SELLER, id=sellers[0]).codes == ["UPSTREAM_UNAUTHENTICATED"]
    assert server(SELLER, id=sellers[0]).codes == ["UPSTREAM_UNAUTHENTICATED"]
    assert sandbox.count() == 1  # its circuit is open

    files.write(echotik_password="sandbox")
    reads_again(server)

    assert server(SELLER, id=sellers[0]).data["seller"]["sellerId"] == sellers[0]
    assert [line["credentials"] for line in server.said("settings read again")] == [["echotik"]]


def test_what_runs_while_settings_are_read_again_is_answered(
    servers: Servers, provider: Given, sandbox: SandboxServer, sellers: list[str], tmp_path: Path
):
    server = servers.start(tmp_path, provider)
    sandbox.delay(0.3)
    with ThreadPoolExecutor(1) as client:
        running = client.submit(server, SELLER, id=sellers[0])
        until(lambda: sandbox.count() == 1)
        reads_again(server)

        assert running.result().data["seller"]["sellerId"] == sellers[0]


def test_a_setting_that_cannot_be_used_leaves_those_before_and_is_named(
    servers: Servers, provider: Given, sellers: list[str], tmp_path: Path
):
    (tmp_path / ".env").write_text("SHOPGRAPH_MAX_OPERATIONS=7\n")
    server = servers.start(tmp_path, provider)

    (tmp_path / ".env").write_text("SHOPGRAPH_MAX_OPERATIONS=none\n")
    reads_again(server, "settings not read again, those of before hold")

    assert "SHOPGRAPH_MAX_OPERATIONS" in server.said("settings not read again, those of before hold")[0]["error"]
    assert server(SELLER, id=sellers[0]).data["seller"]["sellerId"] == sellers[0]


def test_client_keys_and_what_is_switched_off_are_read_again(
    servers: Servers, provider: Given, sandbox: SandboxServer, tmp_path: Path
):
    (product,) = sandbox.product_ids("US", 1)
    (tmp_path / ".env").write_text(f"SHOPGRAPH_API_KEYS={entry(KEY)}\n")
    server = servers.start(tmp_path, provider)
    assert server(PRODUCT, id=product, headers=bearer(OTHER_KEY)).status == 401

    disabled = "SHOPGRAPH_DISABLED_ENDPOINTS=echotik.product.comment\n"
    (tmp_path / ".env").write_text(f"SHOPGRAPH_API_KEYS={entry(KEY)},{entry(OTHER_KEY)}\n{disabled}")
    reads_again(server)

    assert server(PRODUCT, id=product, headers=bearer(OTHER_KEY)).data["product"]["productId"] == product
    assert server(REVIEWS, id=product, headers=bearer(KEY)).codes == ["CAPABILITY_UNAVAILABLE"]
    (tmp_path / ".env").write_text(f"SHOPGRAPH_API_KEYS={entry(OTHER_KEY)}\n")
    reads_again(server)
    assert server(REVIEWS, id=product, headers=bearer(KEY)).status == 401
    assert server(REVIEWS, id=product, headers=bearer(OTHER_KEY)).data["product"]["reviews"]["nodes"]


@pytest.mark.parametrize("name", ["ECHOTIK_PASSWORD", "echotik_password"])
def test_a_setting_may_be_a_file_of_its_name(tmp_path: Path, name: str):
    (tmp_path / name).write_text("from-a-file\n")

    settings = load(_env_file=None, shopgraph_secrets_dir=str(tmp_path), echotik_username="somebody")

    assert settings.provided["echotik_password"] == "from-a-file"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_folder_of_settings_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None):
    folder = tmp_path / "secrets"
    if content is not None:
        folder.mkdir()
        (folder / "ECHOTIK_PASSWORD").write_bytes(content)

    with pytest.raises(Misconfigured, match="SHOPGRAPH_SECRETS_DIR"):
        load(_env_file=None, shopgraph_secrets_dir=str(folder))


# ── switched off ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_endpoint_that_is_switched_off_is_never_asked(gateway: Start, sandbox: SandboxServer):
    (product,) = sandbox.product_ids("US", 1)
    graphql = gateway("v3", shopgraph_disabled_endpoints="echotik.product.comment")

    answer = graphql(REVIEWS, id=product)

    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert sandbox.count("product/comment") == 0
    assert graphql(PRODUCT, id=product).data["product"]["productId"] == product


def test_others_answer_instead_of_a_provider_that_is_switched_off(gateway: Start, sandbox: SandboxServer):
    (product,) = sandbox.product_ids("US", 1)
    graphql = gateway(providers=("echotik", "keyapi"), shopgraph_disabled_endpoints="echotik.*")

    assert graphql(PRODUCT, id=product).data["product"]["productId"] == product
    assert sandbox.count(provider="keyapi") == 1
    assert sandbox.count(provider="echotik") == 0


@pytest.mark.parametrize("name", ["echotik.product.nothing", "nobody.*", "echotik"])
def test_a_name_that_no_endpoint_has_is_refused(name: str):
    with pytest.raises(Misconfigured, match=f"SHOPGRAPH_DISABLED_ENDPOINTS: {name}".replace("*", r"\*")):
        load(_env_file=None, shopgraph_disabled_endpoints=f"echotik.product.comment,{name}")


# ── several workers ───────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def workers(folder: Path, given: Given) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    port, log = free_port(), folder / "log"
    called = [sys.executable, str(ROOT / "server.py"), "--port", str(port), "--workers", "2"]
    told = environment({"SHOPGRAPH_LOG_FORMAT": "json", **given})
    with log.open("wb") as file, subprocess.Popen(called, cwd=folder, env=told, stderr=file) as process:
        server = Server(process.pid, port, log)
        try:
            until(lambda: len(server.said("serving")) == 2)
            yield process, server
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_workers_share_what_clients_spend_and_end_together(
    provider: Given, sandbox: SandboxServer, sellers: list[str], tmp_path: Path
):
    given = {**provider, "SHOPGRAPH_STORE": "", "SHOPGRAPH_API_KEYS": entry(KEY, 20)}
    with workers(tmp_path, given) as (process, server):
        answers = together(*(partial(server, SELLER, headers=bearer(KEY), id=id) for id in sellers[:40]))
        spent = [answer for answer in answers if not answer.errors]
        used = server(USED, headers=bearer(KEY)).data["quota"]
        reads_again(server)
        until(lambda: len(server.said("settings read again")) == 2)
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)

    assert len(spent) == sandbox.count() == 20
    assert used == {"used": 20, "remaining": 0}
    assert status == 0
    with pytest.raises(httpx.ConnectError):
        CLIENT.get(f"{server.url}/healthz")


# ── a clock that jumps ────────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """Tells the hour that the test says."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class Shop:
    """The gateway behind its schema, all of it on one clock; ann may spend 3 credits a day."""

    def __init__(self, sandbox: SandboxServer, folder: Path) -> None:
        self.clock = clock = Clock()
        access = reached(f"{sandbox.url}/v3", "sandbox", "sandbox")
        catalog = Catalog(echotik.ENDPOINTS, [access])
        tier = SqliteTier(folder / "store.sqlite", 10_000_000, clock)
        self._store = LayeredStore(MemoryStore(10_000_000, clock), tier, Codec(catalog.endpoints), clock)
        self._budgets = Budgets(self._store.tally, {"ann": 3}, per_request=200, clock=clock)
        count = ProviderCount(self._store.tally, self._budgets.counting, "sandbox", clock)
        limiter = Limiter(self._store.pace, "sandbox", Rate(8.0), 16)
        service = Service([Account(access, limiter, Breaker(), count)], Http(max_bytes=10_000_000), call_seconds=10)
        self.backend = Backend(catalog, service, self._store, self._budgets, clock=clock)

    async def ask(self, seller: str) -> bool:
        """Whether ann can pay for it, and it is there."""
        purse = await self._budgets.reserve("ann", 1, 30)
        operation = Operation(deadline=time.monotonic() + 5, client="ann", ledger=Ledger(spending=purse))
        session = Session(self.backend, operation)
        try:
            return await session.exists(session.entity("Seller", seller))
        finally:
            await purse.settle()


@pytest.fixture
async def shop(sandbox: SandboxServer, tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(sandbox, tmp_path)
    await shop.backend.open()
    yield shop
    await shop.backend.close()


@pytest.mark.parametrize("jump", [DAY_SECONDS, -DAY_SECONDS])
async def test_a_clock_that_jumps_a_day_and_back_holds_nothing_up_and_spends_no_more(
    shop: Shop, sandbox: SandboxServer, sellers: list[str], jump: int
):
    began = time.monotonic()
    assert [await shop.ask(seller) for seller in sellers[:2]] == [True, True]

    shop.clock.now += jump
    assert [await shop.ask(seller) for seller in sellers[2:5]] == [True, True, True]
    with pytest.raises(BudgetExceeded):
        await shop.ask(sellers[5])

    shop.clock.now -= jump
    assert await shop.ask(sellers[6])
    with pytest.raises(BudgetExceeded):
        await shop.ask(sellers[7])

    assert sandbox.count() == 6
    assert time.monotonic() - began < 5
