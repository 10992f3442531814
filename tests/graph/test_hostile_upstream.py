"""What a provider may do to us, through the real server and client: nothing of it stops the server, is taken for a fact
that it is not, or is passed on where it would do harm.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from sandbox.server import SandboxServer
from tests.conftest import ALL, Answer, Gateway, Start, access_to
from tests.hostile import envelope, hostile, reply

TLS = Path(__file__).resolve().parents[1] / "store/tls"
NAME = '{ product(id: "1") { name } }'
ONE = {"product_id": "1", "product_name": "one"}
GOOD = envelope(ONE)
LIST = "{ products(region: US, first: %d) { nodes { id name } pageInfo { hasNextPage endCursor } } }"
FAILED = ("UPSTREAM_UNAVAILABLE", "UPSTREAM_BAD_RESPONSE")


def named(answer: Answer) -> Any:
    return answer.data["product"]["name"]


# ── on the wire ───────────────────────────────────────────────────────────────────────────────────────────────────


def until_hung_up(connection: socket.socket, first: bytes, again: bytes, pause: float = 0.0) -> None:
    connection.sendall(first)
    while True:
        connection.sendall(again)
        time.sleep(pause)


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n" * 100),
    "one header": (b"HTTP/1.1 200 OK\r\nx-more: ", b"and more" * 100),
    "the first line": (b"HTTP/1.1 200 ", b"OK" * 100),
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "trailers": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x-more: and more\r\n" * 100),
    "empty gzip": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + zlib.compressobj(9, zlib.DEFLATED, 31).flush(2),
        b"\0\0\0\xff\xff" * 4096,
    ),
}


@pytest.mark.parametrize(("first", "again"), ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_cut_off(first: bytes, again: bytes, gateway: Start):
    with hostile(lambda connection: until_hung_up(connection, first, again)) as provider:
        server = gateway(echotik_base_url=provider.base, shopgraph_max_body_mb=1, shopgraph_deadline_ms=3000)
        started = time.monotonic()

        answer = server(NAME)

        assert len(answer.codes) == 1 and answer.codes[0] in FAILED
        assert time.monotonic() - started < 2.5, "it was the deadline that ended it"


DRIPS = {
    "the first line": b"HTTP/1.1 200 O",
    "headers": b"HTTP/1.1 200 OK\r\nx-more: ",
    "the body": b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n",
}


@pytest.mark.parametrize("first", DRIPS.values(), ids=DRIPS)
def test_a_byte_at_a_time_does_not_outlast_the_deadline(first: bytes, gateway: Start):
    with hostile(lambda connection: until_hung_up(connection, first, b" ", 0.02)) as provider:
        server = gateway(echotik_base_url=provider.base, shopgraph_deadline_ms=300)
        started = time.monotonic()

        answer = server(NAME)

        assert answer.codes == ["UPSTREAM_UNAVAILABLE"]
        assert time.monotonic() - started < 2


CHATTER = {
    "promises": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "a chunk's extension": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", b"x" * 4096),
}


@pytest.mark.parametrize(("first", "again"), CHATTER.values(), ids=CHATTER)
def test_what_is_no_part_of_an_answer_does_not_outlast_the_deadline(first: bytes, again: bytes, gateway: Start):
    with hostile(lambda connection: until_hung_up(connection, first, again, 0.001)) as provider:
        server = gateway(echotik_base_url=provider.base, shopgraph_deadline_ms=300)
        started = time.monotonic()

        assert server(NAME).codes == ["UPSTREAM_UNAVAILABLE"]
        assert time.monotonic() - started < 2


def test_a_few_promises_before_an_answer_are_passed_over(gateway: Start):
    said = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + reply(GOOD)
    with hostile(said) as provider:
        assert named(gateway(echotik_base_url=provider.base)(NAME)) == "one"


def bomb(megabytes: int) -> bytes:
    """So many megabytes of zeros in gzip, a thousandth in size."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packing.compress(bytes(1 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    again = packing.compress(bytes(1 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1)


def test_a_gigabyte_of_zeros_in_a_megabyte_takes_the_memory_of_the_cap(gateway: Start):
    packed = bomb(1024)
    with hostile(reply(packed, "content-encoding: gzip")) as provider:
        server = gateway(echotik_base_url=provider.base, shopgraph_max_body_mb=2)
        tracemalloc.start()
        try:
            answer = server(NAME)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"] and "over 2000000 bytes" in answer.errors[0]["message"]
    assert len(packed) < 1_100_000 and most < 12_000_000


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "compress", "gzip, identity", "no such"])
def test_an_encoding_that_was_not_asked_for_is_not_unpacked(encoding: str, gateway: Start):
    once = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = once.compress(bomb(1)) + once.flush()
    with hostile(reply(packed, f"content-encoding: {encoding}")) as provider:
        answer = gateway(echotik_base_url=provider.base)(NAME)

    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"]
    assert "encoding that was not asked for" in answer.errors[0]["message"]


@pytest.mark.parametrize("cut", [1, 12, 40])
def test_gzip_that_breaks_off_is_no_answer(cut: int, gateway: Start):
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packing.compress(GOOD) + packing.flush()
    with hostile(reply(packed[:-cut], "content-encoding: gzip")) as provider:
        assert gateway(echotik_base_url=provider.base)(NAME).codes == ["UPSTREAM_BAD_RESPONSE"]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " x-gzip ", "identity", ""])
def test_gzip_and_no_encoding_are_read(encoding: str, gateway: Start):
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packing.compress(GOOD) + packing.flush() if "gzip" in encoding.lower() else GOOD
    with hostile(reply(packed, f"content-encoding: {encoding}")) as provider:
        assert named(gateway(echotik_base_url=provider.base)(NAME)) == "one"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, gateway: Start):
    with hostile(reply(GOOD)) as elsewhere:
        moved = reply(b"{}", f"location: {elsewhere.base}/echotik/product/detail", status=f"{status} Moved")
        with hostile(moved) as provider:
            answer = gateway(echotik_base_url=provider.base)(NAME)

            assert answer.codes == ["UPSTREAM_BAD_RESPONSE"]
            assert len(provider.requests) == 2 and elsewhere.requests == []


@pytest.mark.parametrize(
    "status", ["101 Switching Protocols", "204 No Content", "205 Reset Content", "304 Not Modified"]
)
def test_an_answer_without_a_body_is_no_answer(status: str, gateway: Start):
    said = f"HTTP/1.1 {status}\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n".encode()
    with hostile(said) as provider:
        answer = gateway(echotik_base_url=provider.base, shopgraph_deadline_ms=1000)(NAME)

    assert len(answer.codes) == 1 and answer.codes[0] in FAILED


def test_cookies_are_neither_kept_nor_sent_and_headers_not_passed_on(gateway: Start):
    headers = ("set-cookie: track=me; path=/", "set-cookie: =;;=\x07", "x-frame-options: ALLOWALL", "x-hostile: yes")
    with hostile(reply(envelope(), *headers)) as provider:
        server = gateway(echotik_base_url=provider.base)
        answers = [server(f'{{ product(id: "{number}") {{ name }} }}') for number in (1, 2)]

        assert len(provider.requests) == 2
        assert all("cookie" not in request.lower() for request in provider.requests)
        for answer in answers:
            assert not {"set-cookie", "x-hostile"} & set(answer.headers)
            assert "ALLOWALL" not in answer.headers.values()


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(gateway: Start):
    poison = envelope({"product_id": "2", "product_name": "poison"})

    def twice(connection: socket.socket) -> None:
        connection.sendall(reply(GOOD, keeps_alive=True) + reply(poison))

    with hostile(twice) as provider:
        server = gateway(echotik_base_url=provider.base)
        assert named(server(NAME)) == "one"
        provider._behave = lambda connection: connection.sendall(reply(envelope(), keeps_alive=True))

        assert server('{ product(id: "2") { name } }').data == {"product": None}


def test_a_provider_whose_certificate_nobody_vouches_for_is_sent_nothing(gateway: Start):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    with hostile(reply(GOOD), tls) as provider:
        answer = gateway(echotik_base_url=provider.base)(NAME)

        assert answer.codes == ["UPSTREAM_UNAVAILABLE"]
        assert provider.requests == []


# ── in the body ───────────────────────────────────────────────────────────────────────────────────────────────────

DEEP = b"[" * 100_000
OBJECTS = b'{"a":' * 100_000
NO_ANSWERS: dict[str, bytes] = {
    "deep lists": DEEP,
    "deep objects": OBJECTS,
    "deep data": b'{"code":0,"message":"","data":' + DEEP + b"]" * 100_000 + b"}",
    "deep message": b'{"code":500,"message":' + DEEP + b"]" * 100_000 + b',"data":null}',
    "a deep column": b'{"code":0,"message":"","data":[{"product_id":"1","skus":' + DEEP + b"]" * 100_000 + b"}]}",
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "a page": b"<html><script>alert(1)</script></html>",
    "nothing": b"",
    "null": b"null",
    "a number": b"0",
    "text": b'"success"',
    "a list": b"[" + GOOD + b"]",
    "two answers": GOOD + GOOD,
    "zeros": bytes(1000),
    "a code without end": b'{"code":' + b"9" * 100_000 + b',"data":[]}',
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_a_bad_response(body: bytes, gateway: Start, sandbox: SandboxServer):
    sandbox.answer("*", body)
    lone = {provider: gateway(providers=(provider,)) for provider in ALL}

    for provider, server in lone.items():
        answer = server('{ product(id: "1") { name } }')
        assert answer.codes == ["UPSTREAM_BAD_RESPONSE"], provider


def test_an_error_in_the_envelope_is_one_whatever_the_status(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/detail", {"code": 401, "message": "auth error", "data": [ONE]})

    assert gateway("v3")(NAME).codes == ["UPSTREAM_UNAUTHENTICATED"]


READ = {
    "as text": (GOOD, {"content-type": "text/plain"}),
    "as a page": (GOOD, {"content-type": "text/html; charset=utf-16"}),
    "behind a mark": (b"\xef\xbb\xbf" + GOOD, {}),
    "told twice": (b'{"code":500,"code":0,"data":null,' + GOOD[1:], {}),
    "with a number of 400 digits": (GOOD.replace(b'"one"', b'"one","total_sale_cnt":1' + b"0" * 400), {}),
    "with what is no number": (GOOD.replace(b'"one"', b'"one","total_sale_cnt":NaN,"product_rating":-Infinity'), {}),
    "with an infinite one": (GOOD.replace(b'"one"', b'"one","total_sale_cnt":1e999,"product_rating":-1e999'), {}),
    "with a raw line": (GOOD.replace(b'"one"', b'"one","desc_detail":"\n\x00\x1b"'), {}),
    "with half a pair": (GOOD.replace(b'"one"', b'"one","desc_detail":"\\ud800"'), {}),
    "with bytes of no script": (GOOD.replace(b'"one"', b'"one","desc_detail":"\xff\xc0\x80"'), {}),
    "with a column twice": (GOOD.replace(b'"one"', b'"two","product_name":"one"'), {}),
    "with deep text": (GOOD.replace(b'"one"', b'"one","skus":"' + DEEP + b'","desc_detail":"' + DEEP + b'"'), {}),
}


@pytest.mark.parametrize(("body", "headers"), READ.values(), ids=READ)
def test_an_odd_answer_costs_no_more_than_its_odd_values(body, headers, gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/detail", body, headers=headers)
    query = """{ product(id: "1") { name rating performance { units } skus { skuId }
        description { __typename } } }"""

    found = gateway("v3")(query).data["product"]

    assert found == {"name": "one", "rating": None, "performance": {"units": None}, "skus": None, "description": None}


@pytest.mark.parametrize("words", [" shop", " the id", "\nid", "product " * 3 + "is"])
def test_a_message_without_end_takes_no_time(words: str, gateway: Start, sandbox: SandboxServer):
    told = (words * 300_000)[:1_500_000]
    sandbox.answer("*", {"success": False, "error": told, "code": 400, "message": told}, status=404)
    server = gateway(providers=("winninghunter",))
    started = time.monotonic()

    assert server(NAME).codes == ["UPSTREAM_BAD_RESPONSE"]
    assert time.monotonic() - started < 2


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

IDS = ["11", "12", "13"]
BY_IDS = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { productId name } }"


def rows(*pairs: tuple[Any, str]) -> dict[str, Any]:
    return {"code": 0, "message": "success", "data": [{"product_id": key, "product_name": name} for key, name in pairs]}


def told(server: Gateway, ids: list[str]) -> list[Any]:
    return [found and found["name"] for found in server(BY_IDS, ids=ids).data["productsByIds"]]


def test_rows_in_another_order_are_matched_by_their_ids(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/detail", rows(("13", "c"), ("11", "a"), ("12", "b")))

    assert told(gateway("v3"), IDS) == ["a", "b", "c"]


def test_of_rows_of_the_same_id_the_first_stands(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/detail", rows(("11", "a"), ("11", "other"), ("13", "c"), ("11", "third")))

    assert told(gateway("v3"), IDS) == ["a", None, "c"]


def test_a_row_that_nobody_asked_for_is_no_fact_for_those_who_ask_later(gateway: Start, sandbox: SandboxServer):
    server = gateway("v3")
    sandbox.answer("product/detail", rows(("11", "a"), ("99", "planted")), when={"product_ids": "11,12,13"})
    assert told(server, IDS) == ["a", None, None]

    sandbox.answer("product/detail", rows(("99", "true")), when={"product_ids": "99"})
    assert told(server, ["99"]) == ["true"]
    assert sandbox.ids_asked("product/detail") == [IDS, ["99"]]


ODD_IDS: list[Any] = [
    None,
    "",
    "0",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    "11 ",
    "11\u0000",
    "\u0661\u0661",
    "1" * 21,
    10**400,
    "x" * 100_000,
    "Product:11",
]


def test_a_row_whose_id_is_none_is_left_out(gateway: Start, sandbox: SandboxServer):
    odd = [(key, "odd") for key in ODD_IDS]
    sandbox.answer("product/detail", rows(*odd, ("12", "b")))
    sandbox.answer("product/list", rows(*odd[:3], ("12", "b"), *odd[3:]))
    server = gateway("v3")

    assert told(server, IDS) == [None, "b", None]
    assert [node["name"] for node in server(LIST % 10).data["products"]["nodes"]] == ["b"]


@pytest.mark.parametrize("day", [99991231, 10101, 0, -1, 99999999, "00010101", "9999-12-31", 10**30])
def test_an_absurd_day_is_no_error(day: Any, gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/detail", {"code": 0, "message": "", "data": [{**ONE, "first_crawl_dt": day}]})
    sandbox.answer("product/trend", {"code": 0, "message": "", "data": [{"dt": day, "product_id": "1"}] * 3})
    server = gateway("v3")

    answer = server('{ product(id: "1") { name firstSeen trend(days: 5) { date units } } }')

    assert answer.data["product"]["name"] == "one"
    assert server('{ product(id: "1") { name firstSeen trend(days: 20) { date units } } }').data["product"]


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_comes_again_ends_the_list(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/list", rows(*((str(number), "same") for number in range(1, 11))))

    found = gateway("v3")(LIST % 100).data["products"]

    assert [node["id"] for node in found["nodes"]] == [f"Product:{number}" for number in range(1, 11)]
    assert found["pageInfo"]["hasNextPage"] is False
    assert sandbox.count("product/list") == 2


def test_who_follows_the_cursors_of_a_list_that_repeats_itself_comes_to_its_end(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/list", rows(*((str(number), "same") for number in range(1, 11))))
    server, query = gateway("v3"), LIST.replace("first: %d", "first: 10, after: $after")
    pages, after = 0, None

    while pages < 5:
        page = server(f"query ($after: String) {query}", after=after).data["products"]["pageInfo"]
        pages, after = pages + 1, page["endCursor"] or after
        if not page["hasNextPage"]:
            break

    assert pages == 2 and sandbox.count("product/list") == 2


def test_pages_whose_offsets_go_round_come_to_an_end(gateway: Start, sandbox: SandboxServer):
    for here, there in ((0, 20), (20, 0)):
        comments = [{"cid": str(100 + here + number), "text": "fine"} for number in range(20)]
        data = {"comments": comments, "cursor": there, "has_more": 1, "total": 10**9}
        sandbox.answer("realtime/video/comments", {"code": 0, "data": data}, when={"offset": str(here)})
    sandbox.answer("video/detail", {"code": 0, "data": [{"video_id": "8"}]})
    query = """query ($after: String) { video(id: "8") { comments(first: 20, after: $after) {
        nodes { text } pageInfo { hasNextPage endCursor } } } }"""
    server, after = gateway("v3"), None
    pages: list[Any] = []

    while len(pages) < 4 and (not pages or pages[-1]["pageInfo"]["hasNextPage"]):
        pages.append(server(query, after=after).data["video"]["comments"])
        after = pages[-1]["pageInfo"]["endCursor"]

    assert [len(page["nodes"]) for page in pages] == [20, 20]


def test_a_page_of_a_thousand_rows_gives_those_asked_for(gateway: Start, sandbox: SandboxServer):
    sandbox.answer("product/list", rows(*((str(number), str(number)) for number in range(1, 1001))))

    found = gateway("v3")(LIST % 10).data["products"]

    assert [node["name"] for node in found["nodes"]] == [str(number) for number in range(1, 11)]
    assert found["pageInfo"]["hasNextPage"] is True
    assert sandbox.count("product/list") == 1


@pytest.mark.parametrize(("total", "shown"), [(-5, None), (2**60, None), ("many", None), (1e300, None), (3, 3)])
def test_a_length_that_cannot_be_is_not_told(total: Any, shown: int | None, gateway: Start, sandbox: SandboxServer):
    row = {"id": "7", "product_id": "7", "title": "one", "name": "one"}
    sandbox.answer("*", {"success": True, "data": [row], "total": total})
    query = '{ seller(id: "7") { products(first: 5) { totalCount nodes { id } pageInfo { hasNextPage } } } }'

    found = gateway(providers=("winninghunter",))(query).data["seller"]["products"]

    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (shown, False)


# ── addresses ─────────────────────────────────────────────────────────────────────────────────────────────────────

HARMFUL = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript://https://a.b/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://a.b/c",
    "blob:https://a.b/c",
    "//a.b/c",
    "https:a.b/c",
    "https:///c",
    "https://",
    "https://user:password@a.b/c",
    "https://a.b@evil.example/c",
    "https://a.b\\@evil.example/c",
    "https://a.b/c d",
    "https://a.b/\nc",
    "https://a.b/\u202egnp.exe",
    "https://a.b/\u200b",
    "https://a\u2100b/c",
    "https://[::1]/c",
    "https://[nowhere]/c",
    "view-source:https://a.b/c",
]


@pytest.mark.parametrize("address", HARMFUL)
def test_only_web_addresses_are_told(address: str, gateway: Start, sandbox: SandboxServer):
    block = {"type": "image", "image": {"url_list": [address], "width": 1, "height": 1}}
    told_by_value = {"prop_value_id": "5", "prop_value": "red", "image": address}
    option = {"prop_id": "4", "prop_name": "color", "has_image": True, "sale_prop_values": [told_by_value]}
    row = {
        **{"product_id": "1", "product_name": "one", "cover_url": json.dumps([{"url": address, "index": 1}])},
        **{"desc_detail": json.dumps([block]), "sale_props": json.dumps([option]), "seller_id": "7"},
    }
    seller = {"seller_id": "7", "seller_name": "shop", "cover_url": address, "seller_link": address}
    video = {"video_id": "8", "user_id": "9", "avatar": address, "reflow_cover": address, "play_addr": address}
    sandbox.answer("product/detail", {"code": 0, "message": "", "data": [row]})
    sandbox.answer("seller/detail", {"code": 0, "message": "", "data": [seller]})
    sandbox.answer("product/video/list", {"code": 0, "message": "", "data": [video]})
    sandbox.answer("batch/cover/download", {"code": 0, "message": "", "data": {address: address}})
    query = """{ product(id: "1") { name cover { url signedUrl stableUrl } images { url }
        description { ... on ImageBlock { url urls } } options { values { value image } }
        seller { name url logo { url } }
        videos(first: 1) { nodes { videoId playUrl cover { url } influencer { avatar { url } } } } } }"""

    found = gateway("v3")(query).data["product"]

    assert found["name"] == "one" and found["seller"]["name"] == "shop"
    assert found["options"] == [{"values": [{"value": "red", "image": None}]}]
    assert found["videos"]["nodes"][0]["videoId"] == "8"
    assert address.strip() not in told_texts(found)


def told_texts(value: Any) -> set[str]:
    """Every text in an answer."""
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(told_texts, value)) if isinstance(value, list) else {value} & {str(value)}


# ── our own credentials ───────────────────────────────────────────────────────────────────────────────────────────

USERNAME, PASSWORD, KEY = "heron-account-71", "marsh:reed/\u00feistle 42", "sk-live_9f3c/27+ab+c0de"
TOKEN = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "in a sentence": lambda secret: f"you sent Authorization: Basic {secret}, which is wrong",
    "in base64": lambda secret: base64.b64encode(f"Bearer {secret}!".encode()).decode(),
    "in base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "in an address": lambda secret: f"https://a.b/?key={quote(secret, safe='')}",
    "in an address by small letters": lambda secret: re.sub(
        "%..", lambda found: found[0].lower(), quote(secret, safe="")
    ),
    "in hex": lambda secret: secret.encode().hex(),
    "far behind": lambda secret: "x" * 190 + secret,
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("provider", ALL)
def test_a_credential_of_ours_is_passed_on_in_no_writing(provider: str, write, gateway: Start, sandbox: SandboxServer):
    """Neither in what a provider says of a failure, nor in its data, nor in what it names its columns."""
    secrets = [USERNAME, PASSWORD, TOKEN] if provider == "echotik" else [KEY]
    access = {"echotik_username": USERNAME, "echotik_password": PASSWORD, f"{provider}_api_key": KEY}
    access = {name: value for name, value in access.items() if name in access_to(provider, sandbox)}
    server = gateway(providers=(provider,), shopgraph_log_level="debug", **access)
    said: list[Any] = []
    with capture_logs() as logs:
        for turn, (secret, status) in enumerate(product(secrets, (200, 500)), start=1):
            hidden = write(secret)
            row = {**dict.fromkeys(("id", "product_id"), str(turn)), "product_name": hidden, "title": hidden, hidden: 1}
            failed = {"code": 500, "success": False, "error": hidden, "message": hidden}
            sandbox.answer("*", failed if status == 500 else {"code": 0, "success": True, "data": [row]}, status=status)
            said.append(server(f'{{ product(id: "{turn}") {{ productId name }} }}').body)
            sandbox.reset()
        said.append(server("{ providers { provider drift { kind name } } }").body)
    everything = json.dumps([said, logs], default=str, ensure_ascii=False)

    for secret in secrets:
        assert write(secret)[-40:] not in everything and write(secret)[:40] not in everything.replace("x" * 40, "")
        assert secret not in everything
    assert "…" in everything


def test_a_credential_that_is_escaped_in_the_body_is_found(gateway: Start, sandbox: SandboxServer):
    escaped = "".join(f"\\u{ord(char):04x}" for char in TOKEN).encode()
    slashed = json.dumps(TOKEN).replace("/", "\\/").encode()[1:-1]
    server = gateway("v3", echotik_username=USERNAME, echotik_password=PASSWORD)
    for number, name in enumerate((escaped, slashed), start=1):
        row = b'{"product_id":"%d","product_name":"told %s"}' % (number, name)
        sandbox.answer("product/detail", b'{"code":0,"data":[' + row + b"]}", when={"product_ids": str(number)})

        answer = server(f'{{ product(id: "{number}") {{ name }} }}')

        assert answer.data["product"]["name"] == "told …"


def test_a_short_credential_does_not_empty_the_data(gateway: Start, sandbox: SandboxServer):
    """An account may be called as a product is."""
    sandbox.answer("product/detail", rows(("1", "bamboo sandbox"), ("2", "cosmetics")))
    server = gateway("v3", echotik_username="cosmetics", echotik_password="bamboo")

    assert told(server, ["1", "2"]) == ["bamboo sandbox", "cosmetics"]
