"""CPU time of the gateway for requests that it refuses, against the smallest query that it answers; and what clients
get beside one that takes all it can.

The measure is the CPU time of the gateway's process, all of it from the first byte read to the last one written, for
each kind of hostile request ÷ that for the smallest query. Once the same request is sent over and over, and so is the
query `{ __typename }`. Then no two are the same, so that nothing that is remembered of one helps with the next: what is
refused before it is parsed is held against `{ __typename }` as before, what is found out later against
`{ a1: __typename }`, `{ a2: __typename }` and so on, which have to be parsed and validated each, too. Two kinds are as
large as a document may be and have to be read to their end: they are held against a document of as many fields that is
answered. Gateway, sandbox and client are three processes, the log is at its level `error`, and none of the requests may
reach the provider.

Behind that a client whose budget is spent asks for what would have to be paid: no call may be made for it. Last, two
clients ask as fast as they can, one of them by ten times as many connections. Due to the other one is half of what both
are answered, or what it is answered alone where that is less.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http.client import HTTPConnection
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench import _server, _shares
from bench._table import Figure, is_smoke, middle, show, verdict
from schema.reading import DOCUMENTS_KEPT

BOUND = 2.0
ROUNDS, REQUESTS = 5, 60
CREDITS = 1
PART = 10_000
HEADERS = {"content-type": "application/json"}
SMALLEST, ANEW, LARGE = "{ __typename }", "{ a1: __typename }", "900 known fields"
FEW, MANY, SECONDS = 8, 80, 5.0
SHARE = 0.7


class Kind(NamedTuple):
    """A hostile request.

    body       of the one that has this number
    against    what it costs no more than twice of where no two are the same
    announces  bytes that are never sent
    """

    name: str
    code: str
    body: Callable[[int], bytes]
    against: str = SMALLEST
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

ANSWERED: Mapping[str, Callable[[str], str]] = {
    SMALLEST: lambda n: SMALLEST,
    ANEW: lambda n: f"{{ a{n}: __typename }}",
    LARGE: lambda n: "".join(
        ("{", *(f'a{n}_{each}: __type(name: "Product") {{ {"name kind " * 4} }} ' for each in range(100)), "}")
    ),
}
"""What the refused ones are held against."""

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
    Kind("lists in lists in lists", "TOO_MANY_NODES", of(NODES.format), against=ANEW),
    Kind("2 credits where 1 is allowed", "BUDGET_EXCEEDED", of(lambda n: DEAR.format(n, 20)), against=ANEW),
    Kind("10 credits where 1 is allowed", "BUDGET_EXCEEDED", of(lambda n: DEAR.format(n, 100)), against=ANEW),
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
    Kind("a word that is no field", "GRAPHQL_VALIDATION_FAILED", of(lambda n: f"{{ a{n} }}"), against=ANEW),
    Kind("a brace that is not closed", "GRAPHQL_PARSE_FAILED", of(lambda n: f"{{ a{n}: __typename "), against=ANEW),
    Kind(
        "a variable of another type",
        "BAD_USER_INPUT",
        lambda n: asked("query ($n: Int) { products(region: US, first: $n) { nodes { id } } }", n=f"{n}"),
    ),
    Kind(
        "990 words that are no fields",
        "GRAPHQL_VALIDATION_FAILED",
        of(lambda n: f"{{ product(id: 1) {{ {' '.join(f'a{n}_{each}' for each in range(990))} }} }}"),
        against=LARGE,
    ),
    Kind(
        "a brace missing behind 990 words",
        "GRAPHQL_PARSE_FAILED",
        of(lambda n: f"{{ product(id: 1) {{ {' '.join(f'a{n}_{each}' for each in range(990))} }} "),
        against=LARGE,
    ),
]


class Spent(NamedTuple):
    """Milliseconds of CPU time for a request of a kind, and for one that is answered, asked right before it.

    again  the same over and over, ÷ the smallest query over and over
    anew   no two the same, ÷ what the kind is held against
    """

    again: tuple[float, float]
    anew: tuple[float, float]


def main(given: Sequence[str] | None = None) -> int:
    smoke = is_smoke(__doc__ or "", given)
    with _server.sandbox(_shares.LATENCY_MS) as upstream:
        held = refusals(upstream, *((1, 3) if smoke else (ROUNDS, REQUESTS)))
        print()
        held += shares(upstream, *((1, 2, 0.2) if smoke else (FEW, MANY, SECONDS)))
    return verdict(held, smoke=smoke)


# ── what a refusal costs ──────────────────────────────────────────────────────────────────────────────────────────


def refusals(upstream: str, rounds: int, requests: int) -> list[Figure]:
    """The worst of all kinds, sent again and anew; prints a table of them."""
    with _server.gateway(upstream, shopgraph_max_credits_per_request=CREDITS) as url:
        asker = Asker(url)
        measured = [spent(asker, at, requests) for at in range(-1, rounds)][1:]
    assert _server.count_calls(upstream) == 0, "calls were made"
    rows: list[list[str]] = []
    again: dict[str, float] = {}
    anew: dict[str, float] = {}
    for kind in KINDS:
        row = [kind.name, kind.code]
        for ratios, pairs in (
            (again, [each[kind.name].again for each in measured]),
            (anew, [each[kind.name].anew for each in measured]),
        ):
            found = [refused / answered for refused, answered in pairs]
            ratios[kind.name] = median(found)
            row += [f"{median(refused for refused, _ in pairs):.2f}", middle(found)]
        rows.append([*row, kind.against])
    show(["ms of CPU to refuse", "code", "the same", "÷ smallest", "anew", "ratio (range)", "÷ that of"], rows)
    return [_worst("the same again", again), _worst("anew", anew)]


def spent(asker: Asker, round: int, requests: int) -> dict[str, Spent]:
    """For a request of each kind."""
    found: dict[str, Spent] = {}
    for place, kind in enumerate(KINDS):
        numbers = range((round + 1) * requests, (round + 2) * requests)
        anew = map(partial(asker.answered, kind.against, place), numbers)
        found[kind.name] = Spent(
            (
                asker.milliseconds(requests, map(partial(asker.refused, kind), [0] * requests)),
                asker.milliseconds(requests, map(partial(asker.answered, SMALLEST, place), numbers)),
            ),
            (
                asker.milliseconds(requests, map(partial(asker.refused, kind), numbers)),
                asker.milliseconds(requests, anew),
            ),
        )
        if kind.against == LARGE:
            asker.answer_small_ones()
    return found


def _worst(what: str, ratios: Mapping[str, float]) -> Figure:
    kind = max(ratios, key=lambda name: ratios[name])
    return Figure(f"{what}, at most ({kind})", ratios[kind], BOUND)


class Asker:
    """One connection at a time, made anew where the gateway ends it."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._watch = _server.Client(url)
        self._forgotten = 0
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=_server.SECONDS_TO_ANSWER)

    def milliseconds(self, requests: int, asking: Iterator[None]) -> float:
        """CPU time for one of so many requests."""
        before = self._watch.state().cpu
        deque(asking, maxlen=0)
        return (self._watch.state().cpu - before) * 1000 / requests

    def answered(self, what: str, place: int, number: int) -> None:
        """place: of what asks for it, so that no two do for the same."""
        body = asked(ANSWERED[what](f"{place}_{number}"))
        self._connection.request("POST", "/graphql", body, HEADERS)
        told = self._connection.getresponse().read()
        assert b'"errors"' not in told, told

    def answer_small_ones(self) -> None:
        """As many as it takes until nothing large is remembered: it costs time to forget that."""
        for number in range(DOCUMENTS_KEPT):
            self.answered(ANEW, len(KINDS), self._forgotten + number)
        self._forgotten += DOCUMENTS_KEPT

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


# ── what clients get ──────────────────────────────────────────────────────────────────────────────────────────────


def shares(upstream: str, few: int, many: int, seconds: float) -> list[Figure]:
    """Of a client without a budget, and of two that take all they can; prints tables."""
    with _server.gateway(upstream, **_shares.SETTINGS) as url:
        calls = _shares.calls_for_nobody(url, upstream, many)
        found = _shares.shared(url, seconds, few, many)
    show(["asked by a client without a budget", "calls"], [[f"{many} operations at once", str(calls)]])
    print()
    connections = [f"{few} connections alone", f"{few} connections", f"{many} connections"]
    show(
        [f"answers in {seconds:g} s", *connections, "due", "ratio"],
        [
            [each.what, str(each.alone), str(each.few), str(each.many), f"{each.due:.0f}", f"{each.few / each.due:.2f}"]
            for each in found
        ],
    )
    return [
        Figure("calls for a client without a budget", calls, 0),
        *(Figure(f"share of what is due, {each.what}", each.few / each.due, SHARE, at_least=True) for each in found),
    ]


if __name__ == "__main__":
    sys.exit(main())
