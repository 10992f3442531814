"""Pictures at addresses of the server: signed ten to a call, for good, led to or passed on; nobody makes one up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

import loaders.signing
from sandbox.echotik.page import IMAGE_HOST
from serving import images
from serving.images import Picture, Tokens, is_address
from settings import Misconfigured, load
from tests.conftest import ALL, CLIENT, PLAIN, Gateway
from tests.store.redis_server import RedisServer
from upstream.picture import is_public

SIGNING = "batch/cover/download"
COVERS = "query ($first: Int!) { products(region: US, first: $first) { nodes { cover { url stableUrl } } } }"
A_DAY = 24 * 3600
KEY = "a key that heron keeps"
HERON = {"authorization": f"Bearer {KEY}"}
SECRET = "a secret of 16 or more"


def client(credits: str = "") -> str:
    return f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}{credits}"


def covers(server: Gateway, first: int = 30, **headers: Any) -> list[dict[str, str]]:
    answer = server(COVERS, first=first, **headers)
    return [node["cover"] for node in answer.data["products"]["nodes"]]


def addresses(server: Gateway, first: int = 30, **headers: Any) -> list[str]:
    return [cover["stableUrl"] for cover in covers(server, first, **headers)]


def get(url: str, **headers: str) -> httpx.Response:
    return CLIENT.get(url, headers=headers)


def get_all(urls: Sequence[str], at_once: int) -> list[httpx.Response]:
    """As a browser does, over so many connections."""

    async def ask() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=at_once)
        async with httpx.AsyncClient(timeout=60, verify=PLAIN, limits=limits) as client:
            return await asyncio.gather(*(client.get(url) for url in urls))

    return asyncio.run(ask())


def code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    assert set(error) == {"message", "extensions"} and "Traceback" not in response.text
    assert response.headers["cache-control"] == "no-store"
    return str(error["extensions"]["code"])


def minted(server: Gateway, url: str) -> str:
    """The address of a picture at a place of which the sandbox tells none."""
    tokens = asyncio.run(server.app.state.images.tokens())
    return f"{server.url}/images/{tokens.write(Picture(url, tokens.mark('anonymous')))}"


# ── leading to them ───────────────────────────────────────────────────────────────────────────────────────────────


def test_30_pictures_at_once_are_signed_in_three_calls_and_never_again(gateway, sandbox):
    server = gateway("v3")
    told = covers(server)
    asked_before = sandbox.count()

    led = get_all([cover["stableUrl"] for cover in told], 30)
    again = get_all([cover["stableUrl"] for cover in told], 30)

    assert [len(ids) for ids in sandbox.ids_asked(SIGNING)] == [10, 10, 10]
    assert sandbox.count() == asked_before + 3
    assert [response.status_code for response in led + again] == [302] * 60
    for cover, first, second in zip(told, led, again, strict=True):
        assert first.headers["location"].startswith(f"{cover['url']}?X-Tos-")
        assert second.headers["location"] == first.headers["location"]


def test_a_browser_that_asks_for_six_at_a_time_costs_no_more(gateway, sandbox):
    urls = addresses(gateway("v3"))

    led = get_all(urls, 6)

    assert {response.status_code for response in led} == {302}
    assert [len(ids) for ids in sandbox.ids_asked(SIGNING)] == [10, 10, 10]


def test_one_picture_brings_those_that_were_told_behind_it(gateway, sandbox):
    told = covers(gateway("v3"), 14)

    assert get(told[2]["stableUrl"]).status_code == 302

    (asked,) = sandbox.ids_asked(SIGNING)
    assert sorted(asked) == sorted(cover["url"] for cover in told[2:12])


def test_a_server_that_told_none_of_them_signs_ten_to_a_call_too(gateway, sandbox, monkeypatch):
    monkeypatch.setattr(loaders.signing, "QUIET_SECONDS", 5.0)  # a machine that stalls splits no call
    monkeypatch.setattr(loaders.signing, "LONGEST_WAIT", 5.0)
    urls = addresses(gateway("v3", shopgraph_image_key=SECRET))
    other = gateway("v3", shopgraph_image_key=SECRET)

    led = get_all([f"{other.url}/images/{url.rpartition('/')[2]}" for url in urls], 30)

    assert {response.status_code for response in led} == {302}
    assert [len(ids) for ids in sandbox.ids_asked(SIGNING)] == [10, 10, 10]


def test_a_lone_picture_does_not_wait_for_others(gateway, sandbox):
    (url,) = addresses(gateway("v3"), 1)

    began = time.monotonic()

    assert get(url).status_code == 302
    assert time.monotonic() - began < 5
    assert [len(ids) for ids in sandbox.ids_asked(SIGNING)] == [1]


def test_the_same_picture_asked_30_times_at_once_is_signed_once(gateway, sandbox):
    (url,) = addresses(gateway("v3"), 1)

    assert len({response.headers["location"] for response in get_all([url] * 30, 30)}) == 1
    assert [len(ids) for ids in sandbox.ids_asked(SIGNING)] == [1]


def test_who_is_led_there_is_told_for_how_long_and_tells_nothing(gateway, sandbox):
    (url,) = addresses(gateway("v3"), 1)

    for asked in (CLIENT.get, CLIENT.head):
        headers = asked(url).headers
        directive, _, seconds = headers["cache-control"].partition("=")
        assert directive == "public, max-age" and 19.9 * 3600 < int(seconds) <= 20 * 3600
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["location"].startswith(IMAGE_HOST)
    assert CLIENT.post(url).status_code == 405
    assert sandbox.count(SIGNING) == 1


def test_what_graphql_has_signed_costs_nothing_here_and_the_other_way_round(gateway, sandbox):
    server = gateway("v3")
    told = server("{ products(region: US, first: 5) { nodes { cover { stableUrl signedUrl } } } }").data
    nodes = told["products"]["nodes"]

    for node in nodes:
        assert get(node["cover"]["stableUrl"]).headers["location"] == node["cover"]["signedUrl"]

    assert sandbox.count(SIGNING) == 1


def test_telling_the_address_costs_nothing(gateway, sandbox):
    server = gateway("v3")
    bare = "{ products(region: US, first: 3) { nodes { cover { url } } } }"
    spent = server(bare).body["extensions"]["cost"]["estimatedCredits"]
    calls = sandbox.count()

    answer = server(bare.replace("url", "url stableUrl"))

    assert answer.body["extensions"]["cost"]["actualCredits"] == 0
    assert sandbox.count() == calls
    priced = CLIENT.post(f"{server.url}/graphql/cost", json={"query": bare.replace("US", "GB")}).json()
    stable = bare.replace("US", "GB").replace("url", "url stableUrl")
    assert CLIENT.post(f"{server.url}/graphql/cost", json={"query": stable}).json() == priced
    assert spent == 1


def test_a_host_that_needs_no_signing_is_led_to_without_a_call(gateway, sandbox):
    server = gateway("v3")
    there = "https://p16.example/a%20b~c.jpeg?x=1,2&y=[z];é"

    led = get(minted(server, there))

    assert led.status_code == 302
    assert led.headers["location"] == there.replace("é", "%C3%A9")
    assert sandbox.count() == 0


def test_a_picture_that_the_provider_does_not_sign_is_not_found_and_not_asked_again(gateway, sandbox):
    (url,) = addresses(gateway("v3"), 1)
    sandbox.answer(SIGNING, {"code": 0, "message": "success", "data": {}})

    assert [(get(url).status_code, code(get(url))) for _ in range(2)] == [(404, "NOT_FOUND")] * 2
    assert sandbox.count(SIGNING) == 1


@pytest.mark.parametrize("there", ["javascript:alert(1)", "file:///etc/passwd", "//host/a", "https://a:b@host/c"])
def test_nobody_is_led_to_what_is_no_web_address(there, gateway, sandbox):
    (url,) = covers(gateway("v3"), 1)
    sandbox.answer(SIGNING, {"code": 0, "message": "success", "data": {url["url"]: there}})

    assert (get(url["stableUrl"]).status_code, code(get(url["stableUrl"]))) == (404, "NOT_FOUND")


def test_where_nobody_signs_it_is_not_found(gateway, sandbox):
    server = gateway(providers=("winninghunter",))

    refused = get(minted(server, f"{IMAGE_HOST}/a.jpeg"))

    assert (refused.status_code, code(refused)) == (404, "CAPABILITY_UNAVAILABLE")
    assert sandbox.count() == 0


def test_another_provider_signs_where_the_first_fails(gateway, sandbox):
    server = gateway("v3", providers=ALL)
    (url,) = addresses(server, 1)
    sandbox.fail(SIGNING, "gateway", provider="echotik")

    assert get(url).status_code == 302
    assert sandbox.count(SIGNING, provider="echotik") == 2  # it was asked again once
    assert sandbox.count("covers/batch-download", provider="keyapi") == 1


FAILED = {
    "rate": (503, "UPSTREAM_RATE_LIMITED"),
    "quota": (503, "UPSTREAM_QUOTA_EXHAUSTED"),
    "gateway": (503, "UPSTREAM_UNAVAILABLE"),
    "stall": (503, "UPSTREAM_UNAVAILABLE"),
    "auth": (502, "UPSTREAM_UNAUTHENTICATED"),
    "forbidden": (502, "UPSTREAM_UNAUTHENTICATED"),
    "html": (502, "UPSTREAM_BAD_RESPONSE"),
    "bad_request": (502, "UPSTREAM_BAD_RESPONSE"),
}


@pytest.mark.parametrize("fault", FAILED)
def test_where_the_provider_fails_the_code_is_told_and_when_to_come_again(fault, gateway, sandbox):
    (url,) = addresses(gateway("v3", shopgraph_deadline_ms=700, shopgraph_call_timeout_ms=500), 1)
    sandbox.fail(SIGNING, fault)

    refused = get(url)

    assert (refused.status_code, code(refused)) == FAILED[fault]
    assert int(refused.headers["retry-after"]) >= 1
    assert not any(word in refused.text for word in ("sandbox", "echotik", "HTTP"))


def test_one_picture_that_the_provider_refuses_costs_the_nine_others_nothing_but_calls(gateway, sandbox):
    told = covers(gateway("v3"), 10)
    refused = told[6]["url"]
    batches = [range(10), range(5, 10), range(5, 7), range(6, 7)]
    for batch in batches:
        asked = ",".join(told[place]["url"] for place in batch)
        sandbox.fail(SIGNING, "bad_request", when={"cover_urls": asked})

    led = get_all([cover["stableUrl"] for cover in told], 10)

    failed = [cover["url"] for cover, response in zip(told, led, strict=True) if response.status_code != 302]
    assert failed == [refused] and code(led[6]) == "UPSTREAM_BAD_RESPONSE"
    assert sorted(len(urls) for urls in sandbox.ids_asked(SIGNING)) == [1, 1, 2, 3, 5, 5, 10]


def test_where_both_halves_are_refused_no_more_is_asked(gateway, sandbox):
    urls = addresses(gateway("v3"), 10)
    sandbox.fail(SIGNING, "bad_request")

    led = get_all(urls, 10)

    assert {code(response) for response in led} == {"UPSTREAM_BAD_RESPONSE"}
    assert [len(urls) for urls in sandbox.ids_asked(SIGNING)] == [10, 5, 5]


def test_a_signed_address_that_was_just_too_old_does_where_the_provider_fails(gateway, sandbox):
    server = gateway("v3")
    (url,) = addresses(server, 1)
    first = get(url)
    backend = server.app.state.backend
    later = backend.clock() + 22 * 3600
    backend.clock = backend.reading._clock = backend.store._clock = backend.store.memory._clock = lambda: later
    sandbox.fail(SIGNING, "auth")

    stale = get(url)

    assert stale.headers["location"] == first.headers["location"]
    assert stale.headers["cache-control"] == "public, max-age=60"


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(b"k" * 32)


@given(url=st.text(max_size=300), client=st.text(max_size=20))
def test_a_token_says_what_was_written_and_is_always_the_same(tokens, url: str, client: str):
    picture = Picture(url, tokens.mark(client))

    token = tokens.write(picture)

    assert tokens.read(token) == picture
    assert Tokens(b"k" * 32).write(picture) == token
    assert Tokens(b"l" * 32).read(token) is None
    assert httpx.URL(f"http://a/images/{token}").path == f"/images/{token}"


@given(data=st.data())
def test_a_token_that_is_changed_anywhere_is_none(tokens, data: st.DataObject):
    token = tokens.write(Picture("https://host/picture.jpeg", tokens.mark("heron")))
    place = data.draw(st.integers(0, len(token)))
    length = data.draw(st.integers(0, 3))
    put = data.draw(st.text(st.sampled_from("ABCZabcz019-_=+/é \n"), max_size=4))

    changed = token[:place] + put + token[place + length :]

    assert (tokens.read(changed) is None) is (changed != token)


@given(token=st.text(max_size=400))
def test_nobody_makes_a_token_up(tokens, token: str):
    assert tokens.read(token) is None


def test_an_address_that_is_changed_anywhere_is_not_found(gateway, sandbox):
    (url,) = addresses(gateway("v3"), 1)
    base, _, token = url.rpartition("/")
    changed = [
        f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}" for place in range(len(token))
    ]

    refused = get_all([f"{base}/{each}" for each in [*changed, token[:-1], f"{token}A", f"{token}=", "a", "é"]], 10)

    assert {(response.status_code, code(response)) for response in refused} == {(404, "NOT_FOUND")}
    assert sandbox.count(SIGNING) == 0
    assert get(url).status_code == 302


@pytest.mark.parametrize(
    "url",
    [
        *("", "a", "/a", "//host/a", "ftp://host/a", "javascript:alert(1)", "data:image/png;base64,AA", "http:///a"),
        *(
            "https://user@host/a",
            "https://user:secret@host/a",
            "https://host:port/a",
            "https://[::1/a",
            "https://host:0/a",
        ),
        *("https://host/a\nb", "https://host/a\u202eb", f"https://host/{'a' * 2048}"),
    ],
)
def test_what_is_no_web_address_has_none_of_the_servers(url: str):
    assert not is_address(url)


@pytest.mark.parametrize(
    "url", ["https://host/a", "http://host:8080/a?b=c#d", "https://[2606:4700::1]/a", "HTTPS://H/ä"]
)
def test_a_web_address_has_one(url: str):
    assert is_address(url)


# ── for how long an address holds ─────────────────────────────────────────────────────────────────────────────────


def test_addresses_are_the_same_in_every_answer(gateway, sandbox):
    server = gateway("v3")

    assert addresses(server, 5) == addresses(server, 10)[:5]
    assert len(set(addresses(server, 30))) == 30


def paths(server: Gateway, first: int = 3) -> list[str]:
    return [url.removeprefix(server.url) for url in addresses(server, first)]


def test_they_outlive_a_restart_with_the_data_folder(gateway, sandbox, tmp_path: Path):
    given = {"shopgraph_store": f"sqlite:{tmp_path / 'store'}", "shopgraph_data_dir": tmp_path / "new" / "data"}
    first = gateway("v3", **given)
    told = paths(first)
    first.__exit__()

    second = gateway("v3", **given)

    assert [get(second.url + path).status_code for path in told] == [302] * 3
    assert paths(second) == told
    assert stat.S_IMODE((tmp_path / "new" / "data" / "images.key").stat().st_mode) == 0o600
    other = gateway("v3", **{**given, "shopgraph_data_dir": tmp_path / "other"})
    assert [get(other.url + path).status_code for path in told] == [404] * 3


def test_they_outlive_it_with_the_operators_secret_and_not_without(gateway, sandbox):
    told = paths(gateway("v3", shopgraph_image_key=SECRET))

    assert paths(gateway("v3", shopgraph_image_key=SECRET)) == told
    assert set(paths(gateway("v3", shopgraph_image_key=SECRET[:-1] + "."))).isdisjoint(told)
    assert set(paths(gateway("v3"))).isdisjoint(told)  # whose store is its memory


def test_servers_that_share_a_store_tell_the_same_addresses(gateway, sandbox, tmp_path: Path):
    with RedisServer() as redis:
        one = gateway("v3", shopgraph_store=redis.url, shopgraph_data_dir=tmp_path / "one")
        two = gateway("v3", shopgraph_store=redis.url, shopgraph_data_dir=tmp_path / "two")
        told = paths(one)
        assert paths(two) == told
        redis.stop()
        redis.start()  # it has forgotten all

        assert paths(gateway("v3", shopgraph_store=redis.url, shopgraph_data_dir=tmp_path / "two")) == told


def events(said: list[Any]) -> list[str]:
    return [line["event"] for line in said]


async def test_a_server_that_cannot_write_takes_the_key_of_the_store(tmp_path: Path):
    (tmp_path / "file").touch()

    with RedisServer() as redis:
        servers = [load(_env_file=None, shopgraph_store=redis.url, shopgraph_data_dir=tmp_path / "file")] * 2
        made = [await images.key(each) for each in servers]

    assert len(set(made)) == 1


async def test_a_store_that_is_away_leaves_a_server_its_own(tmp_path: Path):
    servers = [
        load(_env_file=None, shopgraph_store="redis://:secret@127.0.0.1:9", shopgraph_data_dir=tmp_path) for _ in "ab"
    ]

    with capture_logs() as said:
        assert len({await images.key(each) for each in servers}) == 1

    assert [line for line in events(said) if "pictures" in line] == [
        "addresses of pictures are this server's alone"
    ] * 2
    assert "secret" not in str(said)


@pytest.mark.parametrize("broken", ["folder", "file"])
async def test_where_no_key_can_be_kept_there_is_one_all_the_same(broken: str, tmp_path: Path):
    where = tmp_path / "data"
    if broken == "folder":
        where.touch()
    else:
        where.mkdir()
        (where / "images.key").write_text("a key of another kind")

    with capture_logs() as said:
        made = [
            await images.key(load(_env_file=None, shopgraph_store="sqlite:x", shopgraph_data_dir=where)) for _ in "ab"
        ]

    assert len(set(made)) == 2 and {len(each) for each in made} == {32}
    assert [line for line in events(said) if "pictures" in line] == ["addresses of pictures end with this process"] * 2


def test_processes_that_make_the_key_at_once_get_the_same(tmp_path: Path):
    for folder in map(str, range(20)):
        with ThreadPoolExecutor(4) as threads:
            assert len(set(threads.map(images.kept, [tmp_path / folder / "images.key"] * 4))) == 1
            assert [file.name for file in (tmp_path / folder).iterdir()] == ["images.key"]


def test_a_short_secret_is_refused_without_showing_it():
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_IMAGE_KEY: must have 16 characters or more$"):
        load(_env_file=None, shopgraph_image_key="a short one")


# ── where the server is reached ───────────────────────────────────────────────────────────────────────────────────


def test_addresses_begin_as_the_request_did(gateway, sandbox):
    server = gateway("v3", shopgraph_allowed_hosts="graph.example")

    (told,) = addresses(server, 1, headers={"host": "graph.example:8443"})

    assert told.startswith("http://graph.example:8443/images/")
    assert get(told.replace("http://graph.example:8443", server.url)).status_code == 302


def test_or_as_the_operator_says(gateway, sandbox):
    server = gateway("v3", shopgraph_public_url="https://graph.example/shop/", shopgraph_allowed_hosts="*")

    assert addresses(server, 1, headers={"host": "elsewhere"})[0].startswith("https://graph.example/shop/images/")


@pytest.mark.parametrize("host", ['evil"><script>', "a b", "host:port", "a/b", "user@host"])
def test_a_host_that_is_none_is_not_repeated(host: str, gateway, sandbox):
    assert addresses(gateway("v3", shopgraph_allowed_hosts="*"), 1, headers={"host": host}) == [None]


def test_a_public_address_must_be_one():
    with pytest.raises(Misconfigured, match="SHOPGRAPH_PUBLIC_URL"):
        load(_env_file=None, shopgraph_public_url="graph.example")


# ── who pays ──────────────────────────────────────────────────────────────────────────────────────────────────────

USED = "{ quota { used remaining byDay(days: 1) { operations } } }"


def test_pictures_need_no_key_and_are_paid_by_who_was_told_of_them(gateway, sandbox):
    server = gateway("v3", shopgraph_api_keys=client(":50"))
    urls = addresses(server, 20, headers=HERON)
    assert CLIENT.post(f"{server.url}/graphql", json={"query": USED}).status_code == 401
    before = server(USED, headers=HERON).data["quota"]

    led = get_all(urls, 20)

    assert {response.status_code for response in led} == {302}
    after = server(USED, headers=HERON).data["quota"]
    assert (after["used"], after["remaining"]) == (before["used"] + 2, before["remaining"] - 2)
    assert after["byDay"][0]["operations"] == before["byDay"][0]["operations"] + 1  # that of the question itself


def test_nobody_reads_the_client_out_of_an_address(gateway, sandbox):
    clients = f"{client()},marsh:{hashlib.sha256(b'other').hexdigest()}"
    server = gateway("v3", shopgraph_api_keys=clients)

    (hers,) = addresses(server, 1, headers=HERON)
    (others,) = addresses(server, 1, headers={"authorization": "Bearer other"})

    assert hers != others and "heron" not in str(decoded(hers))


def decoded(url: str) -> bytes:
    token = url.rpartition("/")[2]
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_a_clients_day_bounds_its_pictures_of_which_those_that_are_held_go_on(gateway, sandbox):
    server = gateway("v3", shopgraph_api_keys=client(":3"))
    urls = addresses(server, 20, headers=HERON)  # two of the three

    first, second = get(urls[0]), get(urls[15])

    assert first.status_code == 302
    assert (second.status_code, code(second)) == (503, "BUDGET_EXCEEDED")
    assert 1 <= int(second.headers["retry-after"]) <= A_DAY
    assert "heron" not in second.text
    assert get(urls[9]).status_code == 302  # signed with the first
    assert sandbox.count(SIGNING) == 1


def test_pictures_of_nobody_have_a_bound_of_their_own(gateway, sandbox):
    server = gateway("v3", shopgraph_image_credits_per_day=1)
    urls = addresses(server, 20)

    told = [get(url) for url in (urls[0], urls[15], urls[3])]

    assert [response.status_code for response in told] == [302, 503, 302]
    assert code(told[1]) == "BUDGET_EXCEEDED"
    assert sandbox.count(SIGNING) == 1


def test_pictures_of_a_client_that_is_gone_are_nobodys(gateway, sandbox):
    known = gateway("v3", shopgraph_api_keys=client(), shopgraph_image_key=SECRET, shopgraph_image_credits_per_day=0)
    (url,) = addresses(known, 1, headers=HERON)
    gone = gateway(
        "v3",
        shopgraph_api_keys=client().replace("heron", "marsh"),
        shopgraph_image_key=SECRET,
        shopgraph_image_credits_per_day=0,
    )

    assert code(get(url.replace(known.url, gone.url))) == "BUDGET_EXCEEDED"
    assert get(url).status_code == 302


# ── passing them on ───────────────────────────────────────────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
HUGE = 10_000_001
SHOWN = {"etag": '"a"', "last-modified": "Sat, 21 Nov 2026 00:00:00 GMT"}


class Hosting(BaseHTTPRequestHandler):
    """A host of pictures, of which some are none."""

    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        getattr(self, self.path.strip("/").partition("?")[0])()

    def told(self, status: int, body: bytes = b"", /, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def picture(self) -> None:
        shown = {name.replace("-", "_"): value for name, value in SHOWN.items()}
        if self.headers["if-none-match"] == SHOWN["etag"]:
            self.told(304, b"", **shown)
        else:
            self.told(200, PNG, content_type="image/png", content_length=str(len(PNG)), set_cookie="a=b", **shown)

    def unmeasured(self) -> None:
        self.told(200, PNG, content_type="Image/PNG; charset=x")

    def page(self) -> None:
        self.told(200, b"<script>", content_type="text/html", content_length="8")

    def nameless(self) -> None:
        self.told(200, PNG, content_length=str(len(PNG)))

    def packed(self) -> None:
        self.told(200, PNG, content_type="image/png", content_encoding="gzip")

    def large(self) -> None:
        self.told(200, b"", content_type="image/png", content_length=str(HUGE))

    def endless(self) -> None:
        self.told(200, bytes(HUGE), content_type="image/png")

    def cut(self) -> None:
        self.told(200, PNG, content_type="image/png", content_length=str(len(PNG) + 1))

    def slow(self) -> None:
        time.sleep(1.5)

    def gone(self) -> None:
        self.told(410)

    def forbidden(self) -> None:
        self.told(403, b"<Error/>", content_type="application/xml")

    def broken(self) -> None:
        self.told(500)

    def elsewhere(self) -> None:
        self.told(302, location="/picture")

    def log_message(self, *_: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who reads no further is no error."""


class Host:
    """url: where it is; asked: the paths and headers that it was asked for."""

    def __init__(self, server: Quiet, asked: list[tuple[str, dict[str, str]]]) -> None:
        self.port = server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked = asked


@pytest.fixture
def host() -> Iterator[Host]:
    asked: list[tuple[str, dict[str, str]]] = []
    with Quiet(("127.0.0.1", 0), type("Hosting", (Hosting,), {"asked": asked})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Host(server, asked)
        server.shutdown()


@pytest.fixture
def passing(gateway, sandbox) -> Gateway:
    """A server that passes pictures on, and may reach this machine."""
    server: Gateway = gateway("v3", shopgraph_image_proxy=True, shopgraph_call_timeout_ms=500)
    server.app.state.images.pictures.may_reach = lambda address: address == "127.0.0.1"
    return server


@pytest.fixture
def shown(passing, host, sandbox) -> Callable[[str], str]:
    """The address of a picture that its provider signs to lie at a path of the host."""
    cover = covers(passing, 1)[0]

    def at(path: str, base: str = "") -> str:
        there = (base or host.url) + path
        sandbox.answer(SIGNING, {"code": 0, "message": "success", "data": {cover["url"]: there}})
        return cover["stableUrl"]

    return at


def test_a_picture_is_passed_on_as_it_is(shown, host):
    url = shown("/picture?X-Tos-Signature=a%2Fb~c")

    passed = get(url, cookie="c=d", authorization="Bearer secret", referer="https://page.example")

    assert (passed.status_code, passed.content) == (200, PNG)
    assert passed.headers["content-type"] == "image/png"
    assert passed.headers["content-length"] == str(len(PNG))
    assert {name: passed.headers[name] for name in SHOWN} == SHOWN
    assert passed.headers["x-content-type-options"] == "nosniff"
    assert passed.headers["cache-control"].startswith("public, max-age=")
    assert "sandbox" in passed.headers["content-security-policy"]
    assert "set-cookie" not in passed.headers
    ((path, headers),) = host.asked
    assert path == "/picture?X-Tos-Signature=a%2Fb~c"
    assert not headers.keys() & {"cookie", "authorization", "referer"}


def test_a_copy_that_is_still_good_is_not_passed_on_again(shown, host):
    passed = get(shown("/picture"), **{"if-none-match": SHOWN["etag"]})

    assert (passed.status_code, passed.content) == (304, b"")
    assert passed.headers["etag"] == SHOWN["etag"]


@pytest.mark.parametrize("path", ["/picture", "/unmeasured"])
def test_head_tells_of_it_alone(path, shown, host):
    told = CLIENT.head(shown(path))

    assert (told.status_code, told.content, told.headers["content-type"]) == (200, b"", "image/png")


def test_one_whose_length_is_not_told_is_passed_on_whole(shown):
    passed = get(shown("/unmeasured"))

    assert (passed.content, passed.headers["content-length"]) == (PNG, str(len(PNG)))


NOT_PASSED = {
    "/page": (502, "UPSTREAM_BAD_RESPONSE"),
    "/nameless": (502, "UPSTREAM_BAD_RESPONSE"),
    "/packed": (502, "UPSTREAM_BAD_RESPONSE"),
    "/large": (502, "UPSTREAM_BAD_RESPONSE"),
    "/endless": (502, "UPSTREAM_BAD_RESPONSE"),
    "/forbidden": (502, "UPSTREAM_BAD_RESPONSE"),
    "/elsewhere": (502, "UPSTREAM_BAD_RESPONSE"),
    "/slow": (503, "UPSTREAM_UNAVAILABLE"),
    "/broken": (503, "UPSTREAM_UNAVAILABLE"),
    "/gone": (404, "NOT_FOUND"),
}


@pytest.mark.parametrize("path", NOT_PASSED)
def test_what_is_no_picture_is_not_passed_on(path, shown, host):
    refused = get(shown(path))

    assert (refused.status_code, code(refused)) == NOT_PASSED[path]
    assert ("retry-after" in refused.headers) is (refused.status_code != 404)
    assert [asked for asked, _ in host.asked] == [path]  # none goes on to /picture


def test_one_that_breaks_off_is_not_taken_for_whole(shown):
    with pytest.raises(httpx.RemoteProtocolError):
        get(shown("/cut"))


NOT_PUBLIC = ["127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0", "127.0.0.1.", "0x7f.1"]


@pytest.mark.parametrize("name", NOT_PUBLIC)
def test_this_machine_and_its_neighbours_are_not_reached_by_any_name(name, passing, host, shown):
    passing.app.state.images.pictures.may_reach = is_public

    refused = get(shown("/picture", base=f"http://{name}:{host.port}"))

    assert refused.status_code in (502, 503) and code(refused).startswith("UPSTREAM_")
    assert host.asked == []


def test_an_address_of_numbers_in_brackets_is_none_of_a_picture(passing, host, shown):
    refused = get(shown("/picture", base=f"http://[::ffff:127.0.0.1]:{host.port}"))

    assert (refused.status_code, code(refused)) == (404, "NOT_FOUND")
    assert host.asked == []


def test_the_same_holds_for_a_host_that_needs_no_signing(passing, host):
    url = minted(passing, f"http://localhost:{host.port}/picture")
    assert get(url).content == PNG
    passing.app.state.images.pictures.may_reach = is_public

    assert code(get(url.replace("localhost", "127.0.0.1"))) == "UPSTREAM_BAD_RESPONSE"
    assert len(host.asked) == 1


def test_a_host_that_nobody_knows_fails_as_one_that_is_down(shown):
    refused = get(shown("/picture", base="http://nowhere.invalid"))

    assert (refused.status_code, code(refused)) == (503, "UPSTREAM_UNAVAILABLE")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((address, True) for address in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")),
        *((address, False) for address in ("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1")),
        *((address, False) for address in ("169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255")),
        *(
            (address, False)
            for address in ("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1")
        ),
        *(
            (address, False)
            for address in ("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "localhost", "127.1", "")
        ),
    ],
)
def test_what_is_of_the_public_internet(address: str, public: bool):
    assert is_public(address) is public
