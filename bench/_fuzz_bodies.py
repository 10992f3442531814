"""Answers of providers, turned into others by chance, and what is asked of whoever reads them."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import date
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Struct

from commands.check import Known, arguments_for, planned
from entities.part import Part, Stamp
from entities.record import Deferred
from loaders.backend import PAGE, Item, Page
from loaders.codec import Codec
from sandbox.server import SandboxServer
from settings import load
from upstream.access import Access
from upstream.drift import oddities
from upstream.endpoint import Endpoint
from upstream.envelope import Answer, Response
from upstream.errors import ShopgraphError
from upstream.http import Http
from upstream.providers import ENDPOINTS
from upstream.secrecy import Veil

SAFE_INTEGER = 2**53 - 1
MOST_ROWS = 3
PLANTED = "pl4nted:key/of\u00fer 71"
MARK = "\u00a4%d\u00a4"
STATUSES = (200,) * 40 + (204, 302, 400, 401, 402, 403, 404, 418, 422, 429, 500, 502, 503, 599)
HEADERS: Sequence[Mapping[str, str]] = (
    {},
    {},
    {"retry-after": "1"},
    {"retry-after": "Wed, 99"},
    {"retry-after": "-1e9"},
)

PLAIN: Sequence[Any] = (
    *(None, True, False, "", " ", "0", "-", "null", "NaN", [], {}, [[]], [None], {"": ""}, [{}]),
    *(0, -1, 1, 0.5, -0.0, 1e308, 5e-324, 2**31, -(2**31) - 1, 2**53, 2**63, 2**64, 10**40, -(10**400)),
    *(
        "1",
        "-43%",
        "99999999999%",
        "1e400",
        "1,234",
        "٣",
        "²",
        "9" * 5000,
        "x" * 3000,
        "\u0000",
        "\u202e",
        "a\nb\x1b[0m",
    ),
    *(
        "javascript:alert(1)",
        "https://a:b@c.d/",
        "https://[::1/",
        "http://a.b/\u2100",
        "https://a.b/c",
        "//a.b",
        "data:,x",
    ),
    *(99991231, 20260230, "0000-00-00", "9999-12-31T25:00", 253402300800, 1e18, -62135596801, "19700101"),
    *(
        "[",
        '[{"url":',
        "[" * 5000,
        '{"a":' * 5000,
        '[{"url":"javascript:1","index":1e99}]',
        '["https://a.b/1"]',
        '"\\ud800"',
    ),
    *({"url_list": [None, "https://a.b/c"]}, {"price_val": "1e-39", "currency": "USD"}, {"sale_price_decimal": "NaN"}),
)
RAW: Sequence[bytes] = (
    *(b"NaN", b"-Infinity", b"1e999", b"-1e-999", b"1" * 400, b"1" * 5000, b"00", b"+1", b".5", b"0x10", b"undefined"),
    *(
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\n\x00\x1f"',
        b'"\xff\xfe"',
        b'"\xed\xa0\x80"',
        b"'one'",
        b'"',
        b"",
        b"//x",
        b"\xef\xbb\xbf1",
    ),
    *(b"[" * 900 + b"]" * 900, b"[" * 3000, b'{"a":' * 900 + b"1" + b"}" * 900, b'{"a":1,"a":2}', b'{"":{"":[]}}'),
)
CHUNKS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"\x00",
    b"\n",
    b"\xff",
    b"\\u",
    b"null",
    b"-",
    b"e9",
    b"\xef\xbb\xbf",
)


class Example(NamedTuple):
    """A call that was answered. place: of its endpoint among all of them."""

    place: int
    params: Mapping[str, str]
    body: bytes

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[self.place]


# ── what the sandbox answers ──────────────────────────────────────────────────────────────────────────────────────


def examples(sandbox: SandboxServer, besides: Collection[str] = ()) -> list[Example]:
    """An answer of every endpoint of every provider, its lists cut short.

    besides   routes that are left out
    """
    account = {"echotik_username": sandbox.username, "echotik_password": sandbox.password}
    keys = {"keyapi_api_key": sandbox.api_key, "winninghunter_api_key": sandbox.api_key}
    bases = {"keyapi_base_url": sandbox.keyapi_url, "winninghunter_base_url": sandbox.winninghunter_url}
    settings = load(_env_file=None, echotik_base_url=sandbox.url, **account, **keys, **bases)
    return asyncio.run(_asked(settings.accesses, besides))


async def _asked(accesses: Sequence[Access], besides: Collection[str]) -> list[Example]:
    by_provider = {access.provider: access for access in accesses}
    http, known = Http(max_bytes=16_000_000), Known()
    found: list[Example] = []
    waiting = [endpoint for endpoint in planned(accesses) if endpoint.route not in besides]
    today = date.fromtimestamp(time.time())
    while True:
        ready = ((each, made) for each in waiting if isinstance(made := arguments_for(each, known, today), dict))
        endpoint, made = next(ready, (None, {}))
        if endpoint is None:
            await http.close()
            return found
        waiting.remove(endpoint)
        access, params = by_provider[endpoint.provider], endpoint.encode(made)
        response = await http.send(access.bases[endpoint.base], endpoint.request(params), access.headers, 20)
        with suppress(ShopgraphError):  # how it fails is worth as much
            known.learn(endpoint.vendor.read(endpoint, response, params), response.body)
        found.append(Example(ENDPOINTS.index(endpoint), params, _short(response.body)))


def _short(body: bytes) -> bytes:
    return json.dumps(_cut(json.loads(body)), ensure_ascii=False).encode()


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(entry) for entry in value[:MOST_ROWS]]
    if isinstance(value, dict):
        return {name: _cut(entry) for name, entry in value.items()}
    return value


# ── what comes of it by chance ────────────────────────────────────────────────────────────────────────────────────


def mutated(chance: Random, body: bytes) -> bytes:
    """Another body: other values at any place of it, then perhaps other bytes."""
    value = msgspec.json.decode(body)
    raw: list[bytes] = []
    for _ in range(chance.choice((0, 1, 1, 2, 4, 12))):
        value = _changed(chance, value, raw)
    made = msgspec.json.encode(value)
    for place, told in enumerate(raw):
        made = made.replace(f'"{MARK % place}"'.encode(), told)
    if chance.random() < 0.15:
        made = torn(chance, made)
    return made


def _changed(chance: Random, value: Any, raw: list[bytes]) -> Any:
    """The same, with one place of it changed."""
    holder, name = {"": value}, ""
    steps: list[tuple[Any, Any]] = [(holder, name)]
    while True:
        holder, name = steps[-1]
        below = holder[name]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.12:
            break
        steps.append((below, _inward(chance, below)))
    _put(chance, holder, name, raw)
    return steps[0][0][""]


def _inward(chance: Random, holder: Any) -> Any:
    """A name or a place in it, as a rule of what holds more."""
    names = list(holder) if isinstance(holder, dict) else range(len(holder))
    deep = [name for name in names if isinstance(holder[name], dict | list) and holder[name]]
    return chance.choice(deep if deep and chance.random() < 0.8 else names)


def _put(chance: Random, holder: Any, name: Any, raw: list[bytes]) -> None:
    """Changes one entry of an object or a list."""
    how = chance.random()
    if how < 0.6 or name == "":
        holder[name] = deepcopy(chance.choice(PLAIN))
    elif how < 0.7:
        raw.append(chance.choice(RAW))
        holder[name] = MARK % (len(raw) - 1)
    elif how < 0.75:
        holder[name] = json.dumps(holder[name])
    elif how < 0.8:
        holder[name] = [holder[name]] * chance.choice((1, 2, 30))
    elif how < 0.87 and isinstance(holder, dict):
        holder[str(name) + chance.choice(("", " ", "\u0000", "x" * 200))] = holder.pop(name)
    elif how < 0.95 and len(holder) > 1:
        del holder[name]
    else:
        other = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
        holder[name], holder[other] = holder[other], holder[name]


def torn(chance: Random, body: bytes) -> bytes:
    """The same with a few other bytes."""
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 3))):
        place = chance.randrange(len(made) + 1)
        how = chance.random()
        if how < 0.3:
            del made[place:]
        elif how < 0.6:
            made[place:place] = chance.choice(CHUNKS)
        elif how < 0.8:
            made[place : place + 1] = bytes([chance.randrange(256)])
        else:
            del made[place : place + chance.choice((1, 5, 50))]
    return bytes(made)


# ── what is asked of whoever reads it ─────────────────────────────────────────────────────────────────────────────


class Unsound(Exception):
    """Something that no answer may come to."""


CODEC = Codec(ENDPOINTS)
VEIL = Veil([PLANTED])


def read(chance: Random, example: Example) -> str:
    """Reads one changed answer; gives what came of it in a word, raises what no reader may raise."""
    body = mutated(chance, example.body)
    if chance.random() < 0.1:
        body = body.replace(b'":"', b'":"' + json.dumps(PLANTED, ensure_ascii=chance.random() < 0.5)[1:-1].encode(), 3)
    endpoint = example.endpoint
    response = Response(chance.choice(STATUSES), chance.choice(HEADERS), VEIL.over(body))
    if chance.random() < 0.1:
        told = {finding.name for finding in oddities(endpoint, response.body)}
        _without_secret(str(told))
    try:
        answer = endpoint.vendor.read(endpoint, response, example.params)
    except ShopgraphError as error:
        error.hide([PLANTED])
        _without_secret(error.message)
        msgspec.json.encode(error.message)
        return error.code
    values = [value for row in answer.rows for value in (row.value, row.edge, *row.also) if value is not None]
    for value in values:
        check(value)
    check([answer.next, answer.total])
    if any(not is_web(address) for address in answer.keys.values()):
        raise Unsound("a signed address that is none")
    _without_secret(repr(values))
    if chance.random() < 0.1:
        store(endpoint, answer)
    return "rows" if values else "no rows"


def _without_secret(text: str) -> None:
    if PLANTED in text:
        raise Unsound("a credential of ours")


def store(endpoint: Endpoint, answer: Answer) -> None:
    """Through the bytes of the store and back."""
    if endpoint.rows is None or "day" in endpoint.rows.columns:
        return  # days are kept one by one, those that were told
    stamp = _stamp(endpoint)
    items = tuple(
        Item(
            Part(row.value, stamp) if row.value is not None and endpoint.rows.is_record else None,
            None if endpoint.rows.is_record else row.value,
            row.edge,
            tuple(Part(record, stamp) for record in row.also),
        )
        for row in answer.rows
    )
    key = (f"{endpoint.route} x", PAGE, "x")
    page = Page(items, 0.0, answer.next, answer.total)
    again = CODEC.decode(key, CODEC.encode(key, page))
    if len(again.items) != len(items):
        raise Unsound("a page that the store does not give back")


def _stamp(endpoint: Endpoint) -> Stamp:
    return Stamp(endpoint.provider, endpoint.version, endpoint.title, endpoint.rank, 0.0, 1.0)


ADDRESSES = frozenset({"url", "urls", "play_url", "download_url"})


def check(value: Any, name: str = "") -> None:
    """Whether a fact can go out: within its bounds, as text that has an encoding, an address that is one."""
    if value is None or value is UNSET or isinstance(value, bool | Enum | date):
        return
    if isinstance(value, Deferred):
        check(value.get(), name)
    elif isinstance(value, str):
        value.encode()
        if name in ADDRESSES and not is_web(value):
            raise Unsound(f"{name}: {value[:80]!r}")
        if name == "id" and not (0 < len(value) <= 100 and value.isprintable()):
            raise Unsound(f"an id that is none: {value[:80]!r}")
    elif isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise Unsound(f"{name}: {value} is no number for JavaScript")
    elif isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise Unsound(f"{name}: {value}")
    else:
        for field, entry in _entries(value, name):
            check(entry, field)


def _entries(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Struct):
        return ((field, getattr(value, field)) for field in value.__struct_fields__ if not field.startswith("wire_"))
    if isinstance(value, Mapping):
        return ((str(key), entry) for key, entry in value.items())
    return ((name, entry) for entry in value)


def is_web(address: str) -> bool:
    """Whether it may be a link of a page, by the standard library alone."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    plain = address.isprintable() and " " not in address and "\\" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(host) and "@" not in parts.netloc and plain
