"""Who may ask, and on what terms: keys with daily credits, several for one client, from a setting and from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.keys import Client
from settings import Misconfigured, Settings, listing, load

KEY, OTHER = "a key that heron keeps", "another one"


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def made(**given: Any) -> Settings:
    return load(_env_file=None, **given)


def of(keys: str, **given: Any) -> dict[str, Client]:
    return dict(made(shopgraph_api_keys=keys, **given).clients)


def shown(name: str, settings: Settings) -> str:
    (value,) = [value for known, value, _ in listing(settings) if known == name]
    return value


# ── entries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_keys_there_are_no_clients():
    assert of("") == {}


@pytest.mark.parametrize(("credits", "daily"), [("", None), (":0", 0), (":500", 500), (":007", 7)])
def test_an_entry_has_a_name_a_hash_and_daily_credits_if_it_likes(credits: str, daily: int | None):
    assert of(f"heron:{hashed(KEY)}{credits}") == {hashed(KEY): Client("heron", daily)}


def test_several_keys_of_one_client_let_in_the_same():
    clients = of(f"heron:{hashed(KEY)}:500, heron:{hashed(OTHER)}:500,")

    assert clients == dict.fromkeys([hashed(KEY), hashed(OTHER)], Client("heron", 500))


def test_setting_and_file_make_one_list(tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(f"# who asks\n\n  marsh:{hashed(OTHER)}:9   # at night\n")

    clients = of(f"heron:{hashed(KEY)}", shopgraph_api_keys_file=str(file))

    assert clients == {hashed(KEY): Client("heron"), hashed(OTHER): Client("marsh", 9)}


MALFORMED = [
    "heron",
    f"heron:{KEY}",
    f"heron:{hashed(KEY)}:",
    f"heron:{hashed(KEY)}:-1",
    f"heron:{hashed(KEY)}:1.5",
    f"heron:{hashed(KEY)}:٣",
    f"heron:{hashed(KEY)}:{10**12}",
    f"heron:{hashed(KEY)}:5:5",
    f"heron:{hashed(KEY)[:-1]}",
    f"heron:{hashed(KEY)}0",
    f"heron:{hashed(KEY).upper()}",
    f"his heron:{hashed(KEY)}",
    f":{hashed(KEY)}",
    f"{'h' * 65}:{hashed(KEY)}",
    f"{hashed(KEY)}:heron",
    hashed(KEY),
    KEY,
]


@pytest.mark.parametrize("entry", MALFORMED)
def test_a_malformed_entry_is_refused_by_its_place_and_without_what_it_says(entry: str):
    with pytest.raises(Misconfigured) as refused:
        of(f"marsh:{hashed(OTHER)},{entry}")

    message = str(refused.value)
    assert message.startswith("SHOPGRAPH_API_KEYS: entry 2 ") and "\n" not in message
    for secret in (KEY, hashed(KEY), hashed(KEY)[:-1], hashed(KEY).upper(), hashed(OTHER)):
        assert secret not in message


@pytest.mark.parametrize("entry", MALFORMED)
def test_a_malformed_line_of_the_file_is_refused_by_its_number(entry: str, tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(f"# who asks\nmarsh:{hashed(OTHER)}\n\n{entry}\n")

    with pytest.raises(Misconfigured) as refused:
        made(shopgraph_api_keys_file=str(file))

    assert str(refused.value).startswith("SHOPGRAPH_API_KEYS_FILE: line 4 ")
    assert hashed(KEY)[:-1] not in str(refused.value) and KEY not in str(refused.value)


@given(st.text(max_size=60).filter(lambda text: text.replace(",", "").strip()))
def test_any_text_gives_clients_or_one_line(text: str):
    try:
        of(text)
    except Misconfigured as refused:
        assert str(refused).startswith("SHOPGRAPH_API_KEYS: entry ") and "\n" not in str(refused)
    else:
        raise AssertionError("no text so short has a hash in it")


@pytest.mark.parametrize(("first", "second"), [(":500", ":400"), (":500", ""), ("", ":500")])
def test_keys_of_one_client_that_differ_in_their_daily_credits_are_refused_by_name(first: str, second: str):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_API_KEYS: entry 2 .*heron"):
        of(f"heron:{hashed(KEY)}{first},heron:{hashed(OTHER)}{second}")


def test_one_key_for_two_clients_is_refused():
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_API_KEYS: entry 2 ") as refused:
        of(f"heron:{hashed(KEY)},marsh:{hashed(KEY)}")

    assert hashed(KEY) not in str(refused.value)


@pytest.mark.parametrize("content", ["", "\n", "# nobody yet\n"])
def test_a_file_that_lets_nobody_in_is_refused_rather_than_letting_in_everybody(content: str, tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(content)

    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_API_KEYS_FILE: .*has no entry"):
        made(shopgraph_api_keys_file=str(file))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    for name in ("absent", "bytes", "."):
        with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_API_KEYS_FILE: .*cannot be read"):
            made(shopgraph_api_keys_file=str(tmp_path / name))


# ── the server ────────────────────────────────────────────────────────────────────────────────────────────────────


def status(url: str, key: str) -> int:
    asked = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"}, headers={"authorization": f"Bearer {key}"})
    return asked.status_code


def test_every_key_of_a_client_lets_it_in_and_a_revoked_one_does_not(gateway, tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(f"heron:{hashed(KEY)}:500\n")
    server = gateway(shopgraph_api_keys=f"heron:{hashed(OTHER)}:500", shopgraph_api_keys_file=str(file))

    assert [status(server.url, key) for key in (KEY, OTHER, "a third")] == [200, 200, 401]

    file.write_text(f"marsh:{hashed('a third')}\n")
    again = gateway(shopgraph_api_keys_file=str(file))
    assert [status(again.url, key) for key in (KEY, OTHER, "a third")] == [401, 401, 200]


# ── settings beside the keys ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("off", "heeded"),
    [("", {"heron", "marsh"}), ("heron", {"marsh"}), (" heron , reed ", {"marsh"}), ("*", set()), ("heron,*", set())],
)
def test_no_cache_is_heeded_but_of_the_clients_that_are_named(off: str, heeded: set[str]):
    settings = made(shopgraph_no_cache_off=off)

    assert {client for client in ("heron", "marsh") if settings.may_bypass(client)} == heeded


@pytest.mark.parametrize("off", ["his heron", "heron;marsh", "**", "heron:marsh"])
def test_names_that_no_client_can_have_are_refused(off: str):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_NO_CACHE_OFF: "):
        made(shopgraph_no_cache_off=off)


@pytest.mark.parametrize("credits", [1, 200, 1_000_000])
def test_credits_of_a_request_may_be_set(credits: int):
    assert made(shopgraph_max_credits_per_request=credits).shopgraph_max_credits_per_request == credits


@pytest.mark.parametrize("credits", [0, -1, 1_000_001, "many", 1.5])
def test_credits_of_a_request_out_of_their_bounds_are_refused(credits: object):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_MAX_CREDITS_PER_REQUEST: "):
        made(shopgraph_max_credits_per_request=credits)


def test_a_request_may_spend_200_credits_unless_told_otherwise():
    assert made().shopgraph_max_credits_per_request == 200


@pytest.mark.parametrize(
    "store",
    [
        "memory:",
        "sqlite:kept.db",
        "sqlite:/var/lib/kept:1.db",
        "redis://localhost",
        "redis://[::1]:6379",
        "rediss://heron:reed%2F%40@host.example:6380/2?ssl_cert_reqs=none",
    ],
)
def test_a_store_is_in_memory_in_a_file_or_elsewhere(store: str):
    assert made(shopgraph_store=store, shopgraph_data_dir="given").store == store


@pytest.mark.parametrize(
    ("given", "folder"), [({}, ".shopgraph"), ({"shopgraph_data_dir": "/var/lib/kept"}, "/var/lib/kept")]
)
def test_without_a_word_the_store_is_a_file_in_the_data_folder(
    given: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SHOPGRAPH_STORE")
    scheme, _, path = made(**given).store.partition(":")

    assert scheme == "sqlite" and Path(path).parent == Path(folder)


@pytest.mark.parametrize(
    "store",
    [
        "memory",
        "memory:x",
        "sqlite:",
        "sqlite://kept.db",
        "sqlite::memory:",
        "redis://",
        "redis:host",
        "redis:///0",
        "redis://host/zero",
        "redis://:pass@word@host",
        "redis://:pass/word@host",
        "redis://:pass#word@host",
        "redis://host/0?password=pass@word",
        "http://host",
        "/var/lib/kept.db",
    ],
)
def test_another_store_is_refused_without_saying_what_it_was(store: str):
    with pytest.raises(Misconfigured, match=r"^SHOPGRAPH_STORE: ") as refused:
        made(shopgraph_store=store)

    assert "pass" not in str(refused.value).replace("password", "") and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("redis://heron:reed@host.example:6379/0", "redis://…@host.example:6379/0"),
        ("rediss://:reed%40@host.example", "rediss://…@host.example"),
        ("redis://[::1]:6379?password=reed", "redis://[::1]:6379?…"),
        ("redis://host.example", "redis://host.example"),
        ("sqlite:kept.db", "sqlite:kept.db"),
    ],
)
def test_the_listing_and_the_settings_own_text_hide_what_is_secret_of_a_store(store: str, told: str):
    settings = made(shopgraph_store=store)

    assert shown("SHOPGRAPH_STORE", settings) == told
    assert settings.shopgraph_store == store and "reed" not in repr(settings)
