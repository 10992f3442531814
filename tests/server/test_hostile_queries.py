"""Documents and requests past a bound: refused with a code of their own before anything is asked; at it, answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from graphql import get_introspection_query

from sandbox.server import SandboxServer
from settings import load
from tests.conftest import CLIENT, Gateway, access_to

DEPTH, ALIASES, ROOT, DIRECTIVES, AT_ONE_PLACE, REPEATED, VARIABLES = 16, 100, 100, 50, 5, 50, 50
TOKENS, NODES = 2000, 20_000


@pytest.fixture(scope="module")
def served(shared_sandbox: SandboxServer) -> Iterator[Gateway]:
    """One server for every test here: what is refused leaves nothing behind."""
    with Gateway(load(_env_file=None, **access_to("echotik", shared_sandbox))) as server:
        yield server


@pytest.fixture(scope="module")
def bounded(shared_sandbox: SandboxServer) -> Iterator[Gateway]:
    """One that has small bounds."""
    bounds = {f"shopgraph_max_{kind}": small.bound for kind, small in SMALL.items()}
    known = access_to("echotik", shared_sandbox)
    with Gateway(load(_env_file=None, shopgraph_max_request_kb=2, **bounds, **known)) as server:
        yield server


@pytest.fixture
def ask(served: Gateway, sandbox: SandboxServer) -> Any:
    return served


class Small(NamedTuple):
    """A bound, the code of what is past it, and a document that has so many."""

    bound: int
    code: str
    document: Callable[[int], str]


def product(selection: str) -> str:
    return f'{{ product(id: "1") {{ {selection} }} }}'


def variables(count: int) -> str:
    declared = " ".join(f"$v{number}: Boolean = true" for number in range(count))
    return f"query ({declared}) {{ {' '.join(f'__typename @include(if: $v{each})' for each in range(count))} }}"


def levels(count: int) -> str:
    return product("seller { id }") if count == 3 else product(f"seller {{ performance {{ {'units'} }} }}")


def names(count: int, form: str = "a{}: __typename") -> str:
    return " ".join(form.format(number) for number in range(count))


def nested(levels: int) -> str:
    """Refused or not by its depth alone: none of its fields is known."""
    return "{ " + "a { " * (levels - 1) + "a " + "} " * levels


def introspecting(lists: int) -> str:
    return "{ __schema { types { " + "fields { type { " * lists + "name " + "} } " * lists + "} } }"


def refused(server: Gateway, sandbox: SandboxServer, query: str, **variables: Any) -> tuple[str, str]:
    """The code and the message of a refusal."""
    answer = server(query, **variables)
    (error,) = answer.errors
    assert "data" not in answer.body
    assert sandbox.count() == 0
    return error["extensions"]["code"], error["message"]


SMALL = {
    "tokens": Small(100, "QUERY_TOO_LONG", lambda n: f"{{ productsByIds(ids: [{'1 ' * (n - 12)}]) {{ id }} }}"),
    "depth": Small(3, "QUERY_TOO_DEEP", levels),
    "fields": Small(20, "TOO_MANY_FIELDS", lambda n: product("__typename " * (n - 1))),
    "root_fields": Small(4, "TOO_MANY_ROOT_FIELDS", lambda n: f"{{ {'__typename ' * n} }}"),
    "aliases": Small(4, "TOO_MANY_ALIASES", lambda n: product(names(n))),
    "directives": Small(4, "TOO_MANY_DIRECTIVES", lambda n: product("id @include(if: true) " * n)),
    "variables": Small(3, "TOO_MANY_VARIABLES", variables),
    "nodes": Small(90, "TOO_MANY_NODES", lambda n: f"{{ products(region: US, first: {n}) {{ nodes {{ id }} }} }}"),
}
PAST = {
    "tokens": ("{ " + "a " * (TOKENS - 1) + "}", "QUERY_TOO_LONG", TOKENS, None),
    "depth": (nested(DEPTH + 1), "QUERY_TOO_DEEP", DEPTH, DEPTH + 1),
    "depth of fragments": (
        f"{{ {'a { ' * 9} ...F {'} ' * 10} fragment F on Query {nested(DEPTH - 8)}",
        "QUERY_TOO_DEEP",
        DEPTH,
        DEPTH + 1,
    ),
    "aliases": (f"{{ {names(ALIASES + 1)} }}", "TOO_MANY_ALIASES", ALIASES, ALIASES + 1),
    "aliases of a fragment": (
        f'{{ a: product(id: "1") {{ ...F }} product(id: "2") {{ ...F }} }} fragment F on Product {{ {names(50)} }}',
        "TOO_MANY_ALIASES",
        ALIASES,
        ALIASES + 1,
    ),
    "root fields": (f"{{ {' '.join(f'field{n}' for n in range(ROOT + 1))} }}", "TOO_MANY_ROOT_FIELDS", ROOT, ROOT + 1),
    "root fields of fragments": (
        f"{{ {'...F ' * 3} }} fragment F on Query {{ {'__typename ' * 34} }}",
        "TOO_MANY_ROOT_FIELDS",
        ROOT,
        ROOT + 2,
    ),
    "directives": (
        f'{{ product(id: "1") {{ {names(DIRECTIVES + 1, "a{} @skip(if: true)")} }} }}',
        "TOO_MANY_DIRECTIVES",
        DIRECTIVES,
        DIRECTIVES + 1,
    ),
    "directives of one field": (
        f"{{ __typename {'@aa ' * (AT_ONE_PLACE + 1)} }}",
        "TOO_MANY_DIRECTIVES",
        AT_ONE_PLACE,
        AT_ONE_PLACE + 1,
    ),
    "directives of an operation": (
        f"query {'@aa ' * (AT_ONE_PLACE + 1)} {{ __typename }}",
        "TOO_MANY_DIRECTIVES",
        AT_ONE_PLACE,
        AT_ONE_PLACE + 1,
    ),
    "the same field": (
        f'{{ product(id: "1") {{ {"id " * (REPEATED + 1)} }} }}',
        "TOO_MANY_FIELDS",
        REPEATED,
        REPEATED + 1,
    ),
    "the same field of fragments": (
        f'{{ product(id: "1") {{ {"...F " * 26} }} }} fragment F on Product {{ seller {{ id id }} }}',
        "TOO_MANY_FIELDS",
        REPEATED,
        2 * 26,
    ),
    "variables": (f"query ({names(VARIABLES + 1, '$v{}: Int')}) {{ __typename }}", "TOO_MANY_VARIABLES", VARIABLES, 51),
    "introspection of types of types": (introspecting(3), "QUERY_TOO_DEEP", 2, 3),
    "introspection": (
        f"{{ __schema {{ types {{ {'ofType { ' * 18} name {'} ' * 18} }} }} }}",
        "QUERY_TOO_DEEP",
        20,
        21,
    ),
    "nodes": (
        "{ products(region: US, first: 100) { nodes { influencers(first: 100) { nodes { "
        "products(first: 2) { nodes { id } } } } } } }",
        "TOO_MANY_NODES",
        NODES,
        100 + 100 * 100 + 100 * 100 * 2,
    ),
}


@pytest.mark.parametrize("kind", PAST)
def test_a_document_past_a_bound_is_refused_with_its_code_before_anything_is_asked(ask, sandbox, kind):
    query, code, bound, given = PAST[kind]

    told, message = refused(ask, sandbox, query)

    assert told == code
    assert str(bound) in message and (given is None or f"{given} " in message)


@pytest.mark.parametrize("kind", SMALL)
def test_a_document_at_a_bound_is_answered_and_one_past_it_is_not(bounded, sandbox, kind):
    bound, code, document = SMALL[kind]

    assert refused(bounded, sandbox, document(bound + 1))[0] == code
    assert "data" in bounded(document(bound)).body


def test_a_list_whose_length_a_variable_tells_has_the_same_bound(bounded, sandbox):
    query = "query ($n: Int = 91) { products(region: US, first: $n) { nodes { id } } }"

    assert refused(bounded, sandbox, query)[0] == refused(bounded, sandbox, query, n=92)[0] == "TOO_MANY_NODES"
    assert bounded(query, n=90).data["products"]["nodes"]


def test_what_an_operation_would_cost_has_the_same_bounds(bounded, sandbox):
    body = {"query": SMALL["aliases"].document(5)}

    answer = CLIENT.post(f"{bounded.url}/graphql/cost", json=body)

    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_ALIASES"


# ── fragments ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { __typename ...C } fragment C on Query { ...A }",
        "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }",
    ],
)
def test_a_fragment_that_spreads_itself_is_refused(ask, sandbox, query):
    code, message = refused(ask, sandbox, query)

    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert "within itself" in message


def doubling(count: int) -> str:
    """Fragments of which each spreads the next one twice."""
    chain = " ".join(f"fragment F{n} on Product {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count))
    return f'{{ product(id: "1") {{ ...F0 }} }} {chain} fragment F{count} on Product {{ id }}'


def test_fragments_that_double_are_counted_without_being_followed(gateway, sandbox):
    server = gateway(shopgraph_max_tokens=20_000)

    code, message = refused(server, sandbox, doubling(40))
    assert (code, "more than 10^9" in message) == ("TOO_MANY_FIELDS", True)
    assert refused(server, sandbox, doubling(1000))[0] == "TOO_MANY_DEFINITIONS"


# ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sent(server: Gateway, body: bytes, **headers: str) -> httpx.Response:
    return CLIENT.post(f"{server.url}/graphql", content=body, headers={"content-type": "application/json", **headers})


def padded(size: int) -> bytes:
    return b'{"query": "{ __typename }"}'.ljust(size)


def test_a_request_at_its_bound_is_answered_and_one_past_it_is_not(bounded):
    assert sent(bounded, padded(2000)).json()["data"] == {"__typename": "Query"}

    answer = sent(bounded, padded(2001))

    assert answer.status_code == 413
    assert answer.json()["errors"] == [
        {
            "message": "The request may have at most 2000 bytes; 2001 are announced.",
            "extensions": {"code": "REQUEST_TOO_LARGE"},
        }
    ]


def spoken(server: Gateway, *parts: bytes) -> bytes:
    """What a server says to a request that does not end."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        told = b""
        while part := connection.recv(65536):
            told += part
        return told


HEAD = b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        [b"content-length: 10000000000\r\n\r\n"],
        [b"transfer-encoding: chunked\r\n\r\n", b"3e9\r\n" + b" " * 1001 + b"\r\n", b"3e9\r\n" + b" " * 1001 + b"\r\n"],
    ],
    ids=["announced", "in chunks"],
)
def test_no_more_of_a_request_is_read_than_may_be(bounded, parts):
    told = spoken(bounded, HEAD, *parts)

    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"REQUEST_TOO_LARGE" in told


def test_a_list_of_operations_is_refused(ask, sandbox):
    answer = sent(ask, json.dumps([{"query": "{ __typename }"}] * 10).encode())

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BATCH_REFUSED"


def given(value: str) -> str:
    """A request with a variable of this JSON."""
    return f'{{"query": "{{ __typename }}", "variables": {{"a": {value}}}}}'


TEXTS = {
    "deep lists": ("[" * 40_000, "BAD_REQUEST"),
    "a deep variable": (
        given("[" * 11 + "1" + "]" * 11),
        "VARIABLES_TOO_LARGE",
    ),
    "a very deep variable": (
        given("[" * 9000 + "1" + "]" * 9000),
        "BAD_REQUEST",
    ),
    "many values": (given("[" + "1," * 2000 + "1]"), "VARIABLES_TOO_LARGE"),
    "NaN": (given("NaN"), "BAD_REQUEST"),
    "Infinity": (given("-Infinity"), "BAD_REQUEST"),
    "a number too large": (given("1e999"), "BAD_REQUEST"),
    "a number of many digits": (given("9" * 5000), "BAD_REQUEST"),
    "half of a pair in the query": ('{"query": "{ product(id: \\"\\ud800\\") { id } }"}', "BAD_REQUEST"),
    "half of a pair in a variable": (given('"\\ud800"'), "BAD_REQUEST"),
    "a query that is a number": ('{"query": 1}', "BAD_REQUEST"),
    "a name that is a list": ('{"query": "{ __typename }", "operationName": []}', "BAD_REQUEST"),
    "variables that are a list": ('{"query": "{ __typename }", "variables": []}', "BAD_REQUEST"),
    "nothing": ("", "BAD_REQUEST"),
    "a text": ('"{ __typename }"', "BAD_REQUEST"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_body_that_holds_no_question_is_refused(ask, sandbox, kind):
    body, code = TEXTS[kind]

    answer = sent(ask, body.encode())

    assert answer.status_code == 400
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]


@pytest.mark.parametrize("id", ["", "\0", "\x7f", "a\nb", "1" * 90_000, "\u202e1", "🛍", "../../x", "1?x=2"])
def test_an_id_of_any_text_gets_one_clear_error(ask, sandbox, id):
    answer = ask("query ($id: ID!) { product(id: $id) { name } }", id=id)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert len(answer.errors[0]["message"]) < 500
    assert sandbox.count() == 0


@pytest.mark.parametrize("n", [10**30, 2**31, -(2**31) - 1, 1.5, True, "1", [1], {"a": 1}])
def test_a_number_that_is_none_gets_one_clear_error(ask, sandbox, n):
    answer = ask("query ($n: Int) { products(region: US, first: $n) { nodes { id } } }", n=n)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert sandbox.count() == 0


# ── what passes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_introspection_of_tools_is_answered(ask):
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    assert ask(query).data["__schema"]["types"]
