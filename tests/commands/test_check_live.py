"""server.py --check --live: each endpoint is asked once, and what differs from its declaration is told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from sandbox.control import Call
from sandbox.server import SandboxServer
from server import main
from settings import load
from tests.conftest import ALL, CLIENT, Gateway, Start, access_to
from tests.running import ROOT, environment

BASIC = "c2FuZGJveDpzYW5kYm94"  # sandbox:sandbox

Body = dict[str, Any]
Found = tuple[str, str, str]


@dataclass
class Ended:
    """What the command told."""

    code: int
    out: str
    err: str = ""
    calls: list[Call] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def found(self) -> set[Found]:
        """Endpoint, kind and column of each finding."""
        each = (finding for call in self.told["calls"] for finding in call["findings"])
        return {(finding["endpoint"], finding["kind"], finding["about"]) for finding in each}


Check = Callable[..., Ended]


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """As they were before the command set them."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def check(sandbox: SandboxServer, monkeypatch, capsys, tmp_path: Path) -> Check:
    """Runs the command over the sandbox, with accounts at these providers; settings by name."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, providers: tuple[str, ...] = ALL, **settings: Any) -> Ended:
        given: dict[str, Any] = {}
        for provider in providers:
            given |= access_to(provider, sandbox)
        for name, value in {**given, **settings}.items():
            monkeypatch.setenv(name.upper(), str(value))
        before = len(sandbox.calls)
        code = main(["--check", *arguments])
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err, sandbox.calls[before:])

    return run


def test_a_reader_may_leave(tmp_path: Path):
    line = f"{sys.executable} {ROOT / 'server.py'} --check | true; exit ${{PIPESTATUS[0]}}"

    ended = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


# ── planting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def again(sandbox: SandboxServer, call: Call) -> Body:
    """What the sandbox answers to a call that it has seen."""
    bases = {
        ("echotik", "v2"): f"{sandbox.url}/v2",
        ("echotik", "v3"): f"{sandbox.url}/v3/echotik",
        ("keyapi", "v1"): f"{sandbox.keyapi_url}/v1/tiktok",
        ("winninghunter", "v1"): f"{sandbox.winninghunter_url}/api/v1/tiktok-shop",
    }
    url = f"{bases[call.provider, call.version]}/{call.path}"
    headers = {
        "echotik": {"authorization": "Basic c2FuZGJveDpzYW5kYm94"},
        "keyapi": {"authorization": "Bearer sandbox"},
    }
    sent: dict[str, Any] = {"headers": headers.get(call.provider, {"x-api-key": "sandbox"})}
    if call.path == "product-detail":
        answer = CLIENT.get(f"{url}/{call.params['id']}", **sent)
    elif call.provider == "winninghunter":
        numbers = {name: int(value) if name != "id" else value for name, value in call.params.items()}
        answer = CLIENT.post(url, json=numbers, **sent)
    else:
        answer = CLIENT.get(url, params=call.params, **sent)
    body: Body = answer.json()
    return body


def rows(change: Callable[[Body], None], *, only_first: bool = False) -> Callable[[Body], None]:
    """Changes every row of a list, or its first."""

    def changed(body: Body) -> None:
        for row in body["data"][: 1 if only_first else None]:
            change(row)

    return changed


def first(**columns: Any) -> Callable[[Body], None]:
    return rows(lambda row: row.update(columns), only_first=True)


def inside(**columns: Any) -> Callable[[Body], None]:
    """Changes the one row of an object."""
    return lambda body: body["data"].update(columns)


def msg_for_message(body: Body) -> None:
    body["msg"] = body.pop("message")


def longer(body: Body) -> None:
    body["data"] += body["data"][-1:] * 2


def reversed_order(body: Body) -> None:
    body["data"].reverse()


@dataclass
class Planted:
    """A deviation of one route, and how the report has to name it."""

    provider: str
    version: str
    path: str
    change: Callable[[Body], None]
    found: Found
    when: Mapping[str, str] = field(default_factory=dict)


DEVIATIONS = (
    Planted(
        *("echotik", "v3", "influencer/detail"),
        rows(lambda row: row.pop("interaction_rate")),
        ("echotik.influencer.detail@v3", "missing", "interaction_rate"),
    ),
    Planted(
        *("keyapi", "v1", "product/detail/analytics"),
        first(brand_name="Heron"),
        ("keyapi.product.detail@v1", "new", "brand_name"),
    ),
    Planted(
        *("echotik", "v3", "seller/list"),
        first(total_sale_7d_cnt={"value": 5}),
        ("echotik.seller.list@v3", "type", "total_sale_7d_cnt"),
    ),
    Planted(
        *("echotik", "v3", "product/list"),
        first(sales_trend_flag=7),
        ("echotik.product.list@v3", "code", "sales_trend_flag"),
    ),
    Planted(
        *("keyapi", "v1", "shop/ranking/analytics"),
        msg_for_message,
        ("keyapi.seller.ranklist@v1", "envelope", "msg for message"),
    ),
    Planted(
        *("echotik", "v3", "product/ranklist"),
        rows(lambda row: row.update(product_commission_rate=20)),
        ("echotik.product.ranklist@v3", "units", "product_commission_rate"),
    ),
    Planted(
        *("echotik", "v2", "product/detail"),
        rows(lambda row: row.update(spu_avg_price=round(row["spu_avg_price"] * 100))),
        ("echotik.product.detail@v2", "units", "spu_avg_price"),
    ),
    Planted(
        *("winninghunter", "v1", "product-detail"),
        inside(id="1700000000000000001"),
        ("winninghunter.product.detail@v1", "ids", "id"),
    ),
    Planted(
        *("winninghunter", "v1", "shop-detail/total"),
        inside(conversion_rate=3.7),
        ("winninghunter.seller.total@v1/30d", "units", "conversion_rate"),
        {"period": "30"},
    ),
    Planted(
        *("winninghunter", "v1", "product-detail/total"),
        inside(sales=10**9),
        ("winninghunter.product.total@v1/7d", "window", "sales"),
        {"period": "7"},
    ),
    Planted(
        *("keyapi", "v1", "video/detail/analytics"),
        first(total_video_sale_gmv_amt="a lot"),
        ("keyapi.video.detail@v1", "type", "total_video_sale_gmv_amt"),
    ),
    Planted(
        *("echotik", "v3", "seller/detail"),
        rows(lambda row: row.update(total_sale_30d_cnt=row["total_sale_cnt"] * 3 + 5)),
        ("echotik.seller.detail@v3", "window", "total_sale_30d_cnt"),
    ),
    Planted(
        *("keyapi", "v1", "influencer/list/analytics"),
        reversed_order,
        ("keyapi.influencer.list@v1", "order", "total_followers_cnt"),
    ),
    Planted(
        *("keyapi", "v1", "product/list/analytics"),
        first(region="GB"),
        ("keyapi.product.list@v1", "region", "region"),
    ),
    Planted(
        *("keyapi", "v1", "product/videos/analytics"),
        longer,
        ("keyapi.product.video.list@v1", "page", "rows"),
    ),
    Planted(
        *("keyapi", "v1", "product/trends/analytics"),
        first(dt="20/11/2025"),
        ("keyapi.product.trend@v1", "date", "dt"),
    ),
    Planted(
        *("keyapi", "v1", "product/reviews/analytics"),
        first(rating=9),
        ("keyapi.product.comment@v1", "range", "rating"),
    ),
    Planted(
        *("keyapi", "v1", "category/primary/analytics"),
        lambda body: body.pop("requestId"),
        ("keyapi.category.l1@v1", "envelope", "no requestId"),
    ),
    Planted(
        *("echotik", "v3", "category/l2"),
        lambda body: body.pop("requestId"),
        ("echotik.category.l2@v3", "envelope", "requestId"),
    ),
)
FAILURES = {
    ("echotik", "video/trend", "forbidden"): ("echotik.video.trend@v3", "failure", "403"),
    ("keyapi", "video/trends/analytics", "garbage"): ("keyapi.video.trend@v1", "failure", "body"),
}


# ── what it finds ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_planted_deviation_is_named_and_nothing_else(check: Check, sandbox: SandboxServer):
    unchanged = check("--live", "--budget", "500", "--json")
    told = unchanged.told

    assert unchanged.found == set() and unchanged.code == 0
    assert told["notAsked"] == 0 and {call["status"] for call in told["calls"]} == {200}
    assert {call["endpoint"].partition(".")[0] for call in told["calls"]} == set(ALL)
    assert len(unchanged.calls) == len(told["calls"]) == told["asked"]

    for planted in DEVIATIONS:
        call = _seen(unchanged, planted)
        body = again(sandbox, call)
        planted.change(body)
        sandbox.answer(call.path, body, provider=call.provider, version=call.version, when=call.params)
    for provider, path, fault in FAILURES:
        sandbox.fail(path, fault, provider=provider)
    changed = check("--live", "--budget", "500", "--json")

    assert changed.found == {planted.found for planted in DEVIATIONS} | set(FAILURES.values())
    assert sum(len(call["findings"]) for call in changed.told["calls"]) == len(DEVIATIONS) + len(FAILURES)
    assert changed.code == 1


def test_the_report_says_what_was_expected_what_came_and_what_it_means(check: Check, sandbox: SandboxServer):
    check("--live", "--budget", "1", providers=("echotik",))
    body = again(sandbox, sandbox.calls[-1])
    first(sales_trend_flag=7, contact_email="heron@marsh.example")(body)
    sandbox.answer("product/list", body, version="v3")
    ended = check("--live", "--budget", "2", providers=("echotik",))

    assert ended.code == 1
    table = [line.split() for line in ended.out.splitlines()]
    assert ["echotik.product.list@v3", "200", "10", "1", "1", "new,", "1", "code"] in table
    assert _finding(ended.out, "code  sales_trend_flag") == [
        "expected one of 0, 1, 2; came 7 in 1 of 10 rows",
        "Product.salesTrend is null in such rows until the code has a word",
    ]
    assert _finding(ended.out, "new  contact_email")[0].endswith('@example.com"')
    assert "heron" not in ended.out
    assert ended.out.splitlines()[-1].startswith("Verdict: 2 findings: 1 code, 1 new; 2 of ")


def test_ids_that_mean_somebody_else_at_another_provider_are_told_by_name(check: Check, sandbox: SandboxServer):
    shared = sandbox.app.state.sandbox
    before, shared.setting = shared.setting, replace(shared.setting, winninghunter_foreign=True)
    try:
        given = {"providers": ("echotik", "winninghunter"), "ECHOTIK_BASE_URL": f"{sandbox.url}/v3"}
        ended = check("--live", "--budget", "15", "--json", **given)
    finally:
        shared.setting = before
    asked = next(call.params["id"] for call in ended.calls if call.path == "shop-detail")

    assert ("winninghunter.seller.detail@v1", "ids", f"id {asked}") in ended.found
    assert {(endpoint.partition(".")[0], kind) for endpoint, kind, _ in ended.found} == {("winninghunter", "ids")}
    assert not {endpoint for endpoint, _, _ in ended.found if ".product." in endpoint}


def _finding(out: str, named: str) -> list[str]:
    """The two lines below the one that names a finding."""
    lines = out.splitlines()
    place = next(place for place, line in enumerate(lines) if line.endswith(named))
    return [line.strip() for line in lines[place + 1 : place + 3]]


# ── what it spends ────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_spends_at_most_30_credits_unless_told_otherwise_and_tells_what_more_would_cost(check: Check):
    ended = check("--live", "--json")
    told = ended.told
    left = [call for call in told["calls"] if not call["asked"]]

    assert sum(2 if call.path.startswith("realtime/") else 1 for call in ended.calls) == told["credits"] == 30
    assert {call.provider for call in ended.calls} == set(ALL)
    assert len({(call.provider, call.version, call.path, *sorted(call.params.items())) for call in ended.calls}) == 30
    assert {"product/list", "product/detail", "shop-detail"} <= {call.path for call in ended.calls}
    assert all(call["whyNot"] == "beyond the budget" for call in left) and len(left) == told["notAsked"] > 50
    assert sum(call["price"] for call in left) + 30 == sum(call["price"] for call in told["calls"])


def test_a_budget_below_the_price_of_a_live_read_goes_to_lists(check: Check):
    ended = check("--live", "--budget", "3", providers=("keyapi",))

    assert [call.path.partition("/")[2] for call in ended.calls] == ["list/analytics"] * 3
    assert "not asked, beyond the budget" in ended.out and "keyapi.realtime.live@v1 2" in ended.out


def test_a_failed_call_is_repeated_once_at_most(check: Check, sandbox: SandboxServer):
    sandbox.fail("seller/list", "rate", retry_after=0)
    ended = check("--live", "--budget", "5", "--json", providers=("echotik",))

    assert [call.path for call in ended.calls].count("seller/list") == 2
    assert ended.found == {("echotik.seller.list@v3", "failure", "429")}
    assert ended.told["credits"] == 5


def test_refused_credentials_end_the_round_of_that_provider(check: Check):
    ended = check("--live", "--budget", "6", providers=("echotik", "keyapi"), KEYAPI_API_KEY="heron-in-the-marsh")

    assert [call.provider for call in ended.calls].count("keyapi") == 1
    assert "the credentials are not accepted" in ended.out and "KeyAPI refused: 401" in ended.out
    assert "heron-in-the-marsh" not in ended.out + ended.err
    assert ended.code == 1


# ── what it takes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_provider_and_without_the_sandbox_there_is_nothing_to_ask(check: Check):
    ended = check("--live", providers=(), SHOPGRAPH_SANDBOX="off")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "server.py: --live: no provider is configured, and the sandbox is off\n"


def test_the_embedded_sandbox_is_asked_where_it_is_what_the_server_would_ask(check: Check):
    ended = check("--live", "--budget", "2", providers=())

    assert ended.code == 0 and ended.calls == []
    assert ended.out.startswith("Asked: the embedded sandbox: emulated data, no provider; at most 2 credits.")


@pytest.mark.parametrize(
    "given",
    [("--live",), ("--json",), ("--check", "--capture", "kept"), ("--check", "--live", "--budget", "0")],
)
def test_options_that_do_not_go_together_are_refused(given: tuple[str, ...], capsys):
    with pytest.raises(SystemExit) as ended:
        main(list(given))

    assert ended.value.code == 2 and "server.py: error: --" in capsys.readouterr().err


# ── what it keeps ─────────────────────────────────────────────────────────────────────────────────────────────────

LISTS = """{
  products(region: US, first: 10, sort: {field: UNITS}) {
    nodes { id name commissionRate seller { id } performance(window: LAST_30_DAYS) { units gmv averagePrice } }
  }
  influencers(region: US, first: 10, sort: {field: FOLLOWERS}) { nodes { id handle name audience { followers } } }
}"""
NAMED = "query ($id: ID!) { influencer(id: $id) { id handle name } }"
HANDLE = re.compile(r"user[0-9a-f]{8}")


def test_what_is_kept_is_answered_again_by_the_sandbox_and_names_nobody(
    check: Check, gateway: Start, sandbox: SandboxServer, tmp_path: Path
):
    ended = check("--live", "--budget", "10", "--capture", "kept", providers=("echotik",))
    kept = [json.loads(file.read_text()) for file in sorted(Path("kept").iterdir())]
    truth = gateway("v3")(LISTS).data
    with SandboxServer(seed="another world", replay=tmp_path / "kept") as replaying:
        again = Gateway(load(_env_file=None, **access_to("echotik", replaying), shopgraph_store="memory:"))
        with again as asked:
            told = asked(LISTS).data
            masked = told["influencers"]["nodes"]
            one = asked(NAMED, id=masked[0]["id"]).data["influencer"]

    assert ended.code == 0 and len(kept) == 10
    assert told["products"] == truth["products"]
    assert [node["audience"] for node in masked] == [node["audience"] for node in truth["influencers"]["nodes"]]
    for stand_in, real in zip(masked, truth["influencers"]["nodes"], strict=True):
        assert len(stand_in["id"]) == len(real["id"]) and stand_in["id"] != real["id"]
        assert HANDLE.fullmatch(stand_in["handle"] or "user00000000") and stand_in["name"].startswith("Person ")
    assert one == {name: masked[0][name] for name in ("id", "handle", "name")}


def test_nothing_that_is_kept_holds_a_credential_or_somebodys_data(check: Check, sandbox: SandboxServer):
    check("--live", "--budget", "60", "--capture", "kept", providers=("echotik",), ECHOTIK_BASE_URL=f"{sandbox.url}/v3")
    kept = "".join(file.read_text() for file in Path("kept").iterdir())
    called = [call for call in sandbox.calls if call.path in ("influencer/list", "product/comment", "video/list")]
    raw = [row for call in called for row in again(sandbox, call)["data"]]
    columns = ("user_id", "unique_id", "nick_name", "contact_email", "signature", "avatar", "display_text")
    shops = {seller.name for seller in sandbox.world.sellers_in("US")}  # an account may be named like its shop
    personal = {row[name] for row in raw for name in columns if row.get(name)} - shops

    assert len(called) == 3 and len(personal) > 60
    assert not [text for text in personal if f'"{text}"' in kept]
    assert "Basic " not in kept and BASIC not in kept
    assert {row["product_id"] for row in again(sandbox, sandbox.calls[0])["data"]} <= set(re.findall(r"[0-9]+", kept))
    assert {file.stat().st_mode & 0o777 for file in Path("kept").iterdir()} == {0o600}


def test_a_folder_that_holds_answers_is_not_added_to(check: Check):
    Path("kept").mkdir()
    Path("kept/000-of-another-run.json").write_text("{}")
    ended = check("--live", "--capture", "kept", providers=("echotik",))

    assert ended.code == 2 and ended.calls == []
    assert ended.err == "server.py: --capture kept: holds answers already, name another folder\n"


# ── what it explains ──────────────────────────────────────────────────────────────────────────────────────────────


def test_settings_are_explained_provider_by_provider(check: Check, sandbox: SandboxServer):
    keys = f"heron:{'ab' * 32}:500"
    ended = check(
        providers=("echotik",),
        SHOPGRAPH_CREDIT_PRICES="keyapi=0.5,echotik=2",
        ECHOTIK_CALLS_PER_SECOND=7,
        ECHOTIK_PASSWORD="marsh-reed",
        SHOPGRAPH_API_KEYS=keys,
    )
    lines = ended.out.splitlines()

    assert f"  EchoTik: configured, EchoTik v3 and v2 at {sandbox.url}; a credit is worth 2; 7 calls a second" in lines
    assert "  KeyAPI: not configured (KEYAPI_API_KEY would do it)" in lines
    assert "Sandbox: auto: no emulated data, the providers are asked" in lines
    assert "Store: memory:" in lines
    assert "Clients: heron (500 credits a day)" in lines
    assert any(line.startswith("ECHOTIK_PASSWORD=(set)  # ") for line in lines)
    assert "marsh-reed" not in ended.out and "ab" * 32 not in ended.out
    assert ended.code == 0 and ended.calls == []


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        ({"SHOPGRAPH_CREDIT_PRICES": "keyapi=0.5"}, "SHOPGRAPH_CREDIT_PRICES prices keyapi, which is not configured"),
        ({"KEYAPI_CALLS_PER_SECOND": 3}, "KEYAPI_CALLS_PER_SECOND is set, but KeyAPI is not configured"),
        ({"SHOPGRAPH_SANDBOX": "on"}, "SHOPGRAPH_SANDBOX=on: no configured provider is asked, all data are emulated"),
        (
            {"ECHOTIK_BASE_URL": "http://reseller.example/api"},
            "EchoTik is asked over http://: credentials travel unencrypted",
        ),
        (
            {"SHOPGRAPH_CALL_TIMEOUT_MS": 9000, "SHOPGRAPH_DEADLINE_MS": 5000},
            "SHOPGRAPH_CALL_TIMEOUT_MS is above SHOPGRAPH_DEADLINE_MS: an operation ends before its call does",
        ),
        ({"SHOPGRAPH_NO_CACHE_OFF": "stork"}, "SHOPGRAPH_NO_CACHE_OFF names stork, who is no client"),
        (
            {"SHOPGRAPH_API_KEYS": f"heron:{'ab' * 32}:500"},
            "SHOPGRAPH_STORE=memory: forgets at each start what clients have spent of their day",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_warned_of(check: Check, given: dict[str, Any], warning: str):
    plain = check("--json", providers=("echotik",)).told
    warned = check("--json", providers=("echotik",), **given).told

    assert plain["warnings"] == [] and warned["warnings"] == [warning]


def _seen(ended: Ended, planted: Planted) -> Call:
    def fits(call: Call) -> bool:
        named = (call.provider, call.version, call.path) == (planted.provider, planted.version, planted.path)
        return named and all(call.params.get(name) == value for name, value in planted.when.items())

    return next(call for call in ended.calls if fits(call))
