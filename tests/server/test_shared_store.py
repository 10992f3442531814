"""What is stored outlives servers and is shared by them, and a store that fails stops none: real processes, real files,
a real Redis.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.conftest import Answer
from tests.running import Forking, Server, Servers, together, until
from tests.store.redis_server import RedisServer

SELLER = "query($id: ID!) { seller(id: $id) { sellerId name } }"  # one call, and none for two
SELLERS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Seller { sellerId name } } }"
PRODUCTS = "query($ids: [ID!]!) { productsByIds(ids: $ids) { productId name } }"  # one call for each ten
INFLUENCERS = "query($id: ID!) { product(id: $id) { influencers(first: 10) { nodes { id } } } }"  # a lookup and a page
TREND = "query($id: ID!) { product(id: $id) { trend(days: 25) { date units } } }"  # a lookup and three times ten days
COUNTED = "{ quota { used } providers { provider callsToday } }"

Pair = tuple[Server, Server]
Ids = Callable[[int], list[str]]


@pytest.fixture(scope="module")
def provider(shared_sandbox: SandboxServer) -> dict[str, str]:
    """The settings of whoever has an account at the sandbox."""
    account = {"ECHOTIK_USERNAME": "sandbox", "ECHOTIK_PASSWORD": "sandbox"}
    return {**account, "ECHOTIK_BASE_URL": f"{shared_sandbox.url}/v3", "ECHOTIK_CALLS_PER_SECOND": "0"}


@pytest.fixture(scope="module")
def products(shared_sandbox: SandboxServer) -> Ids:
    """Ids of products that no test has asked for."""
    left = iter(shared_sandbox.product_ids("US", 6000))
    return lambda count: list(itertools.islice(left, count))


@pytest.fixture(scope="module")
def sellers(shared_sandbox: SandboxServer) -> Ids:
    """Ids of sellers that no test has asked for."""
    regions = ("US", "GB", "ID", "TH", "VN", "MY", "PH", "SG", "MX", "ES", "DE", "IT", "FR", "BR", "JP")
    left = (seller.id for region in regions for seller in shared_sandbox.world.sellers_in(region))
    return lambda count: list(itertools.islice(left, count))


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with RedisServer() as redis:
        yield redis


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def pair(
    request: pytest.FixtureRequest, forking: Forking, provider: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two servers that share a store."""
    folder = tmp_path_factory.mktemp("pair")
    where = f"sqlite:{folder / 'shared.sqlite'}"
    if request.param == "redis":
        where = request.getfixturevalue("redis").url
    given = {**provider, "SHOPGRAPH_STORE": where}
    with Servers(forking) as servers:
        yield servers.start(folder, given), servers.start(folder, given)


def name_of(sandbox: SandboxServer, id: str) -> str:
    product = sandbox.world.product(id)
    assert product is not None
    return sandbox.world.title_of(product)


def is_of(answer: Answer, seller: str, sandbox: SandboxServer) -> bool:
    """Whether an answer tells of that seller what there is to tell."""
    known = sandbox.world.seller(seller)
    assert known is not None
    return bool(answer.data["seller"] == {"sellerId": seller, "name": known.name})


def counted(server: Server) -> tuple[int, int]:
    """What the client spent and how many calls the provider got, as a server tells it."""
    told = server(COUNTED).data
    (calls,) = [provider["callsToday"] for provider in told["providers"] if provider["provider"] == "ECHOTIK"]
    return told["quota"]["used"], calls


def stored_soon() -> None:
    """What was answered is written behind the answer, well within a second."""
    time.sleep(1)


# ── what outlives a kill ──────────────────────────────────────────────────────────────────────────────────────────


class Load:
    """Clients that ask for one seller after another, each of them new, until they are told to end.

    answered   when each was answered, on the monotonic clock
    failed     what came in place of an answer
    """

    def __init__(self, ids: list[str], *servers: Server) -> None:
        self.answered: dict[str, float] = {}
        self.failed: list[str] = []
        self._ids = iter(ids)
        self._ended = threading.Event()
        many = min(2, len(ids))
        self._threads = [threading.Thread(target=self._ask, args=(server,)) for server in servers for _ in range(many)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def has_answered(self, count: int) -> bool:
        return len(self.answered) > count

    def _ask(self, server: Server) -> None:
        while not self._ended.is_set() and (id := next(self._ids, None)) is not None:
            try:
                answer = server(SELLER, id=id)
            except Exception as error:  # the server was killed
                self.failed.append(repr(error))
                return
            if answer.status == 200 and not answer.errors and answer.data["seller"]["sellerId"] == id:
                self.answered[id] = time.monotonic()
            else:
                self.failed.append(json.dumps(answer.body))


def test_a_kill_costs_neither_what_was_stored_a_second_before_nor_what_was_counted(
    servers: Servers, provider: dict[str, str], sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    given = {**provider, "SHOPGRAPH_STORE": "sqlite:kept.sqlite"}
    server = servers.start(tmp_path, given)
    with Load(sellers(500), server) as load:
        until(partial(load.has_answered, 20))
        time.sleep(1.05)
        server.kill()
        killed = time.monotonic()
    kept = [id for id, at in load.answered.items() if at < killed - 1]

    server = servers.start(tmp_path, given)
    spent, calls = counted(server)
    made = sandbox.count()
    # every call was answered, or was on its way when the server was killed
    assert len(load.answered) <= spent <= made and len(load.answered) <= calls <= made

    assert len(kept) > 10
    told = server(SELLERS, ids=[f"Seller:{id}" for id in kept]).data["nodes"]
    assert [seller["sellerId"] for seller in told] == kept and all(seller["name"] for seller in told)
    assert sandbox.count() == made
    assert server.said("store set aside") == []


@pytest.mark.parametrize("broken", ["the head", "the pages"])
def test_a_broken_file_is_set_aside_and_the_server_serves(
    broken: str, servers: Servers, provider: dict[str, str], products: Ids, sandbox: SandboxServer, tmp_path: Path
):
    given = {**provider, "SHOPGRAPH_STORE": "sqlite:kept.sqlite"}
    first = servers.start(tmp_path, given)
    ids = products(60)
    assert len(first(PRODUCTS, ids=ids).data["productsByIds"]) == 60
    first.stop()
    file = tmp_path / "kept.sqlite"
    whole = file.read_bytes()
    begin, end = {"the head": (0, 100), "the pages": (4096, len(whole))}[broken]
    file.write_bytes(whole[:begin] + b"\xa5" * (end - begin) + whole[end:])

    server = servers.start(tmp_path, given)
    again = server(PRODUCTS, ids=ids)

    assert [product["name"] for product in again.data["productsByIds"]] == [name_of(sandbox, id) for id in ids]
    until(lambda: bool(server.said("store set aside")))
    (said,) = server.said("store set aside")
    assert Path(tmp_path, said["file"]).exists()
    server.stop()
    other = servers.start(tmp_path, given)
    made = sandbox.count()
    assert other(PRODUCTS, ids=ids).data and sandbox.count() == made


# ── one store for several servers ─────────────────────────────────────────────────────────────────────────────────


def test_what_one_server_learned_costs_nothing_on_the_other(pair: Pair, products: Ids, sandbox: SandboxServer):
    one, other = pair
    ids, (product,) = products(25), products(1)
    told = [one(PRODUCTS, ids=ids), one(INFLUENCERS, id=product), one(TREND, id=product)]
    made = sandbox.count()
    assert made == 3 + 2 + 3
    stored_soon()

    again = [other(PRODUCTS, ids=ids), other(INFLUENCERS, id=product), other(TREND, id=product)]

    assert [answer.data for answer in again] == [answer.data for answer in told]
    assert sandbox.count() == made
    assert [answer.body["extensions"]["cost"]["actualCredits"] for answer in again] == [0, 0, 0]


def test_a_page_that_two_servers_ask_at_once_is_asked_once(pair: Pair, products: Ids, sandbox: SandboxServer):
    (product,) = products(1)
    sandbox.delay(0.2)

    told = together(*(lambda server=server: server(INFLUENCERS, id=product) for server in pair for _ in range(3)))

    assert len(told[0].data["product"]["influencers"]["nodes"]) > 0
    assert all(answer.data == told[0].data for answer in told)
    assert (sandbox.count("product/detail"), sandbox.count("product/influencer/list"), sandbox.count()) == (1, 1, 2)


def test_an_id_that_two_servers_ask_at_once_is_asked_once(pair: Pair, products: Ids, sandbox: SandboxServer):
    one, other = pair
    ids = products(25)
    sandbox.delay(0.2)

    told = together(lambda: one(PRODUCTS, ids=ids[:15]), lambda: other(PRODUCTS, ids=ids[10:]))

    for answer, wanted in zip(told, (ids[:15], ids[10:]), strict=True):
        assert [product["name"] for product in answer.data["productsByIds"]] == [name_of(sandbox, id) for id in wanted]
    asked = list(itertools.chain(*sandbox.ids_asked("product/detail")))
    assert sorted(asked) == sorted(ids)
    assert sandbox.count() <= 4  # 15 ids are two calls, and of the others ten may be in two


def test_a_day_that_two_servers_ask_at_once_is_asked_once(pair: Pair, products: Ids, sandbox: SandboxServer):
    one, other = pair
    (product,) = products(1)
    sandbox.delay(0.2)

    told = together(lambda: one(TREND, id=product), lambda: other(TREND, id=product))

    assert told[0].data == told[1].data and len(told[0].data["product"]["trend"]) > 0
    assert (sandbox.count("product/detail"), sandbox.count("product/trend"), sandbox.count()) == (1, 3, 4)


ENDS = {
    f"{where}-{end}": (where, how)
    for where in ("sqlite", "redis")
    for end, how in (("killed", Server.kill), ("frozen", Server.freeze))
}


def test_a_server_that_ends_while_it_asks_fails_nobody_who_waits_for_it(
    servers: Servers,
    provider: dict[str, str],
    redis: RedisServer,
    sellers: Ids,
    sandbox: SandboxServer,
    tmp_path: Path,
):
    def pair(name: str, where: str) -> Pair:
        folder = tmp_path / name
        folder.mkdir()
        kept = redis.url if where == "redis" else "sqlite:shared.sqlite"
        given = {**provider, "SHOPGRAPH_STORE": kept, "SHOPGRAPH_DEADLINE_MS": "5000"}
        return servers.start(folder, given), servers.start(folder, given)

    def told_by_the_other(one: Server, other: Server, end: Callable[[Server], None], id: str) -> Answer:
        with Load([id], one):
            until(lambda: [id] in sandbox.ids_asked("seller/detail"))
            ending = threading.Timer(0.1, end, [one])
            ending.start()
            told = other(SELLER, id=id)
            ending.join()
            one.kill()
        return told

    pairs = {name: pair(name, where) for name, (where, _) in ENDS.items()}
    ids = dict(zip(ENDS, sellers(len(ENDS)), strict=True))
    sandbox.delay(0.5)

    told = together(*(partial(told_by_the_other, *pairs[name], how, ids[name]) for name, (_, how) in ENDS.items()))

    for name, answer in zip(ENDS, told, strict=True):
        assert is_of(answer, ids[name], sandbox), name


def test_calls_and_credits_are_counted_together(pair: Pair, sellers: Ids, sandbox: SandboxServer):
    one, other = pair
    spent, calls = counted(one)
    ids = sellers(40)

    together(*(lambda id=id, server=server: server(SELLER, id=id) for id, server in zip(ids, itertools.cycle(pair))))

    assert sandbox.count() == 40
    assert counted(one) == counted(other) == (spent + 40, calls + 40)


def test_the_rate_is_kept_by_all_servers_together(
    servers: Servers, provider: dict[str, str], sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    rate, burst = 20, 40
    given = {**provider, "ECHOTIK_CALLS_PER_SECOND": str(rate), "SHOPGRAPH_STORE": "sqlite:shared.sqlite"}
    pair = [servers.start(tmp_path, given) for _ in range(2)]
    ids = sellers(70)

    told = together(
        *(lambda id=id, server=server: server(SELLER, id=id) for id, server in zip(ids, itertools.cycle(pair)))
    )

    assert all(is_of(answer, id, sandbox) for answer, id in zip(told, ids, strict=True))
    started = sorted(call.started for call in sandbox.calls)
    assert len(started) == 70
    slack = 4  # calls that left in time and arrived late
    for (first, begin), (last, end) in itertools.combinations(enumerate(started), 2):
        assert last - first + 1 <= burst + rate * (end - begin) + slack
    assert started[-1] - started[0] < 5


# ── Redis comes and goes ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_redis_that_stops_and_starts_again_fails_no_query_and_is_used_again(
    servers: Servers, provider: dict[str, str], sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    with RedisServer("--appendonly", "yes", "--appendfsync", "always") as redis:
        given = {**provider, "SHOPGRAPH_STORE": redis.url}
        one, other = (servers.start(tmp_path, given) for _ in range(2))
        with Load(sellers(1200), one, other) as load:
            time.sleep(0.4)
            redis.stop()
            time.sleep(0.8)
            without = len(load.answered)
            redis.start()
            time.sleep(0.4)
        assert load.failed == [] and without > 10 and len(load.answered) > without

        def is_shared() -> bool:
            (id,) = sellers(1)
            one(SELLER, id=id)
            time.sleep(0.1)
            return bool(other(SELLER, id=id).body["extensions"]["cost"]["actualCredits"] == 0)

        until(is_shared)
        until(lambda: counted(one) == counted(other))
        made = sandbox.count()
        # an addition whose answer the stop cut off may have been heard: it is told again
        assert all(made <= count <= made + 4 for count in counted(one))


def test_a_redis_that_hangs_holds_a_query_up_for_a_second_at_most(
    servers: Servers, provider: dict[str, str], sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    with RedisServer() as redis:
        server = servers.start(tmp_path, {**provider, "SHOPGRAPH_STORE": redis.url})
        known = sellers(1)
        assert server(SELLER, id=known[0]).data
        redis.freeze()

        took = []
        for id in [*sellers(5), *known]:
            begun = time.monotonic()
            assert is_of(server(SELLER, id=id), id, sandbox)
            took.append(time.monotonic() - begun)
            time.sleep(0.2)

        redis.thaw()
        assert max(took) < 1.2
        assert took[-1] < 0.5  # what memory has is asked of nobody


# ── where it is kept ──────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_setting_it_is_kept_in_the_data_folder_and_nowhere_else(
    servers: Servers, provider: dict[str, str], sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    home = tmp_path / "home"
    home.mkdir()
    (id,) = sellers(1)
    server = servers.start(tmp_path, {**provider, "HOME": str(home)})
    assert server(SELLER, id=id).data
    server.stop()

    files = sorted(path.name for path in (tmp_path / ".shopgraph").iterdir())

    assert files[0] == "store.sqlite" and all(name.startswith("store.sqlite") for name in files)
    assert (tmp_path / ".shopgraph").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("log")) == [".shopgraph", "home"]
    assert list(home.iterdir()) == []
    assert servers.start(tmp_path, provider)(SELLER, id=id).data and sandbox.count() == 1


def test_the_data_folder_may_be_elsewhere(servers: Servers, provider: dict[str, str], sellers: Ids, tmp_path: Path):
    server = servers.start(tmp_path, {**provider, "SHOPGRAPH_DATA_DIR": "a/b"})

    assert server(SELLER, id=sellers(1)[0]).data

    assert (tmp_path / "a" / "b" / "store.sqlite").exists() and not (tmp_path / ".shopgraph").exists()


def test_in_memory_nothing_is_kept_on_disk(servers: Servers, provider: dict[str, str], sellers: Ids, tmp_path: Path):
    server = servers.start(tmp_path, {**provider, "SHOPGRAPH_STORE": "memory:"})
    (id,) = sellers(1)

    assert server(SELLER, id=id).data
    assert server(SELLER, id=id).body["extensions"]["cost"]["actualCredits"] == 0

    server.stop()
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("log")] == []


def test_emulated_data_are_kept_in_a_file_of_their_own(servers: Servers, tmp_path: Path):
    query = "{ products(region: US, first: 3) { nodes { id } } }"
    server = servers.start(tmp_path, {})
    told = server(query)
    server.stop()

    assert {path.name.partition(".")[0] for path in (tmp_path / ".shopgraph").iterdir()} == {"sandbox"}

    again = servers.start(tmp_path, {})(query)
    assert again.data == told.data
    assert [answer.body["extensions"]["cost"]["actualCredits"] for answer in (told, again)] == [1, 0]


NOWHERE = {
    "a file in place of the folder": {"SHOPGRAPH_DATA_DIR": "file"},
    "a folder that takes no file": {"SHOPGRAPH_DATA_DIR": "/proc/self/fdinfo"},
    "no such server": {"SHOPGRAPH_STORE": "redis://127.0.0.1:1"},
}


@pytest.mark.parametrize("given", NOWHERE.values(), ids=NOWHERE.keys())
def test_where_nothing_can_be_kept_queries_are_answered_all_the_same(
    given: dict[str, str], servers: Servers, provider: dict[str, str], sellers: Ids, tmp_path: Path
):
    (tmp_path / "file").write_text("in the way")
    server = servers.start(tmp_path, {**provider, **given})
    _serves_without_a_store(server, sellers)


def test_a_disk_that_is_full_fails_no_query(
    servers: Servers, provider: dict[str, str], products: Ids, sellers: Ids, sandbox: SandboxServer, tmp_path: Path
):
    server = servers.start(tmp_path, provider, most_bytes=200_000)
    for _ in range(3):  # about 100 kB each
        assert len(server(PRODUCTS, ids=products(100)).data["productsByIds"]) == 100
    until(lambda: bool(server.said("store fails, going on without")))

    _serves_without_a_store(server, sellers)


def _serves_without_a_store(server: Server, sellers: Ids) -> None:
    before = counted(server)
    ids: list[Any] = sellers(20)
    answers = [server(SELLER, id=id) for id in (*ids, *ids)]
    assert all(answer.data["seller"]["sellerId"] == id for answer, id in zip(answers, (*ids, *ids), strict=True))
    until(lambda: bool(server.said("store fails, going on without")))
    assert counted(server) == (before[0] + 20, before[1] + 20)
