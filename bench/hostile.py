"""CPU time of the gateway for requests that it refuses, against the smallest query that it answers.

The measure is the CPU time of the gateway's process, all of it from the first byte read to the last one written, for
each kind of hostile request ÷ that for `{ __typename }`. No two hostile requests are the same, so that nothing that is
remembered of one helps with the next. What is refused before it is parsed is held against `{ __typename }` over and
over; what is found out later against `{ a1: __typename }`, `{ a2: __typename }` and so on, which have to be parsed and
validated each, too. Gateway, sandbox and client are three processes, the log is at its level `error`, and none of the
requests may reach the provider.

Kinds without a bound are as large as a document may be, and have one fault at their end, or only such as validation
finds: they cost what a document of their size costs that is answered.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.client import HTTPConnection
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench import _server
from bench._table import Figure, is_smoke, middle, show, verdict

BOUND = 2.0
ROUNDS, REQUESTS = 5, 60
CREDITS = 1
PART = 10_000
HEADERS = {"content-type": "application/json"}
SMALLEST, ANEW = "{ __typename }", "{ a#: __typename }"


class Kind(NamedTuple):
    """A hostile request. body: of the one that has this number; announces: bytes that are never sent; parsed:
    whether it is refused only behind that.
    """

    name: str
    code: str
    body: Callable[[int], bytes]
    bound: float | None = BOUND
    parsed: bool = False
    chunked: bool = False
    announces: int = 0


def asked(document: str, **variables: Any) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


def of(document: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda number: asked(document(number))


def names(count: int, number: int) -> str:
    return " ".join(f"a{number}_{each}: __typename" for each in range(count))


def fragments(count: int, number: int) -> str:
    chain = " ".join(f"fragment F{each} on Query {{ ...F{each + 1} ...F{each + 1} }}" for each in range(count))
    return f"{{ node(id: {number}) {{ ...F0 }} }} {chain} fragment F{count} on Node {{ id }}"


CIRCULAR = "{{ a{}: __schema {{ types {{ fields {{ type {{ fields {{ type {{ fields {{ name }} }} }} }} }} }} }} }}"
NODES = (
    "{{ a{}: products(region: US, first: 100) {{ nodes {{ influencers(first: 100) {{ nodes {{ "
    "products(first: 9) {{ nodes {{ id }} }} }} }} }} }} }}"
)
DEAR = "{{ a{}: products(region: US, first: {}) {{ nodes {{ id }} }} }}"

KINDS = [
    Kind("10 MB, announced", "REQUEST_TOO_LARGE", lambda n: b"", announces=10_000_000),
    Kind("110 KB in chunks", "REQUEST_TOO_LARGE", lambda n: b" " * 110_000, chunked=True),
    Kind("2 001 tokens", "QUERY_TOO_LONG", of(lambda n: f"{{ a{n} {'a ' * 1998} }}")),
    Kind("49 000 tokens", "QUERY_TOO_LONG", of(lambda n: f"{{ a{n} {'a ' * 49_000} }}")),
    Kind("17 deep", "QUERY_TOO_DEEP", of(lambda n: f"{{ a{n} {'{ a ' * 16} {'} ' * 17}")),
    Kind("321 deep", "QUERY_TOO_DEEP", of(lambda n: f"{{ a{n} {'{ a ' * 320} {'} ' * 321}")),
    Kind("circular introspection", "QUERY_TOO_DEEP", of(CIRCULAR.format)),
    Kind("101 aliases", "TOO_MANY_ALIASES", of(lambda n: f"{{ {names(101, n)} }}")),
    Kind("480 aliases", "TOO_MANY_ALIASES", of(lambda n: f"{{ {names(480, n)} }}")),
    Kind(
        "101 root fields",
        "TOO_MANY_ROOT_FIELDS",
        of(lambda n: f"{{ {' '.join(f'a{n}_{field}' for field in range(101))} }}"),
    ),
    Kind(
        "950 root fields",
        "TOO_MANY_ROOT_FIELDS",
        of(lambda n: f"{{ {' '.join(f'a{n}_{field}' for field in range(950))} }}"),
    ),
    Kind("6 directives at a field", "TOO_MANY_DIRECTIVES", of(lambda n: f"{{ a{n}: __typename {'@a ' * 6} }}")),
    Kind("900 directives", "TOO_MANY_DIRECTIVES", of(lambda n: f"{{ a{n}: __typename {'@a ' * 900} }}")),
    Kind("the same field 51 times", "TOO_MANY_FIELDS", of(lambda n: f"{{ a{n}: node(id: 1) {{ {'id ' * 51} }} }}")),
    Kind(
        "the same field 1 900 times", "TOO_MANY_FIELDS", of(lambda n: f"{{ a{n}: node(id: 1) {{ {'id ' * 1900} }} }}")
    ),
    Kind("40 fragments, doubling", "TOO_MANY_FIELDS", of(lambda n: fragments(40, n))),
    Kind("90 fragments, doubling", "TOO_MANY_DEFINITIONS", of(lambda n: fragments(90, n))),
    Kind(
        "circular fragments",
        "GRAPHQL_VALIDATION_FAILED",
        of(lambda n: f"{{ ...F }} fragment F on Query {{ a{n}: __typename ...G }} fragment G on Query {{ ...F }}"),
    ),
    Kind("lists in lists in lists", "TOO_MANY_NODES", of(NODES.format), parsed=True),
    Kind("2 credits where 1 is allowed", "BUDGET_EXCEEDED", of(lambda n: DEAR.format(n, 20)), parsed=True),
    Kind("10 credits where 1 is allowed", "BUDGET_EXCEEDED", of(lambda n: DEAR.format(n, 100)), None, parsed=True),
    Kind(
        "51 variables",
        "TOO_MANY_VARIABLES",
        of(lambda n: f"query ({' '.join(f'$a{n}_{v}: Int' for v in range(51))}) {SMALLEST}"),
    ),
    Kind(
        "a variable 11 deep",
        "VARIABLES_TOO_LARGE",
        lambda n: asked(SMALLEST, a=json.loads("[" * 11 + f"{n}" + "]" * 11)),
    ),
    Kind("30 000 values", "VARIABLES_TOO_LARGE", lambda n: asked(SMALLEST, a=[n] + [1] * 30_000)),
    Kind(
        "JSON 45 000 deep",
        "BAD_REQUEST",
        lambda n: b'{"variables": {"a": ' + b"[" * 45_000 + b"%d" % n + b"]" * 45_000 + b"}}",
    ),
    Kind("a batch of 10", "BATCH_REFUSED", lambda n: json.dumps([{"query": f"{{ a{n}: __typename }}"}] * 10).encode()),
    Kind("a word that is no field", "GRAPHQL_VALIDATION_FAILED", of(lambda n: f"{{ a{n} }}"), parsed=True),
    Kind("a brace that is not closed", "GRAPHQL_PARSE_FAILED", of(lambda n: f"{{ a{n}: __typename "), parsed=True),
    Kind(
        "a variable of another type",
        "BAD_USER_INPUT",
        lambda n: asked("query ($n: Int) { products(region: US, first: $n) { nodes { id } } }", n=f"{n}"),
    ),
    Kind(
        "990 words that are no fields",
        "GRAPHQL_VALIDATION_FAILED",
        of(lambda n: f"{{ product(id: 1) {{ {' '.join(f'a{n}_{each}' for each in range(990))} }} }}"),
        None,
        parsed=True,
    ),
    Kind(
        "a brace missing behind 990 words",
        "GRAPHQL_PARSE_FAILED",
        of(lambda n: f"{{ product(id: 1) {{ {' '.join(f'a{n}_{each}' for each in range(990))} }} "),
        None,
        parsed=True,
    ),
]


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__ or "", given)
    rounds, requests = (1, 3) if smoke else (ROUNDS, REQUESTS)
    settings = {"shopgraph_max_credits_per_request": CREDITS}
    with _server.sandbox() as upstream, _server.gateway(upstream, **settings) as url:
        asker = Asker(url)
        measured = [milliseconds(asker, at, requests) for at in range(-1, rounds)][1:]
        calls = _server.count_calls(upstream)
    assert calls == 0, f"{calls} calls were made"
    ratios = {kind.name: [each[kind.name] / each[base(kind)] for each in measured] for kind in KINDS}
    show(
        ["refused", "code", "ms of CPU", "ratio: median (range)", "bound"],
        [
            *(
                [document, "", f"{median(each[document] for each in measured):.2f}", "1", ""]
                for document in (SMALLEST, ANEW)
            ),
            *(row(kind, ratios[kind.name], median(each[kind.name] for each in measured)) for kind in KINDS),
        ],
    )
    held = [Figure(kind.name, median(ratios[kind.name]), kind.bound) for kind in KINDS if kind.bound is not None]
    return verdict(held, smoke=smoke)


def base(kind: Kind) -> str:
    """What a kind is held against."""
    return ANEW if kind.parsed else SMALLEST


def row(kind: Kind, ratios: Sequence[float], spent: float) -> list[str]:
    return [kind.name, kind.code, f"{spent:.2f}", middle(ratios), str(kind.bound or "")]


def milliseconds(asker: Asker, round: int, requests: int) -> dict[str, float]:
    """CPU time of the gateway for a request of each kind."""
    spent = {SMALLEST: asker.milliseconds(requests, map(asker.answered, [asked(SMALLEST)] * requests))}
    numbers = range((round + 1) * requests, (round + 2) * requests)
    spent[ANEW] = asker.milliseconds(
        requests, map(asker.answered, [asked(ANEW.replace("#", str(number))) for number in numbers])
    )
    for kind in KINDS:
        spent[kind.name] = asker.milliseconds(requests, map(partial(asker.refused, kind), numbers))
    return spent


class Asker:
    """One connection at a time, made anew where the gateway ends it."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._watch = _server.Client(url)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=_server.SECONDS_TO_ANSWER)

    def milliseconds(self, requests: int, asking: Iterator[None]) -> float:
        """CPU time for one of so many requests."""
        before = self._watch.state().cpu
        deque(asking, maxlen=0)
        return (self._watch.state().cpu - before) * 1000 / requests

    def answered(self, body: bytes) -> None:
        self._connection.request("POST", "/graphql", body, HEADERS)
        told = self._connection.getresponse().read()
        assert b'"errors"' not in told, told

    def refused(self, kind: Kind, number: int) -> None:
        """Asserts that it is refused as it should be."""
        told = self._asked(kind, number)
        codes = {error["extensions"]["code"] for error in json.loads(told)["errors"]}
        assert codes == {kind.code}, (kind.name, told[:500])

    def _asked(self, kind: Kind, number: int) -> bytes:
        connection = self._connection
        if kind.announces:
            connection.putrequest("POST", "/graphql")
            connection.putheader("content-type", HEADERS["content-type"])
            connection.putheader("content-length", str(kind.announces))
            connection.endheaders()
        else:
            body = kind.body(number)
            parts: Any = [body[at : at + PART] for at in range(0, len(body), PART)] if kind.chunked else body
            connection.request("POST", "/graphql", parts, HEADERS, encode_chunked=kind.chunked)
        return connection.getresponse().read()


if __name__ == "__main__":
    sys.exit(main())
