"""Documents that a request names instead of sending them: those of a manifest, and those that clients register."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from serving.documents import BadManifest, Documents, Question, Refused, Registered, read
from settings import Misconfigured, load
from tests.conftest import CLIENT, Gateway, access_to
from tests.servers import Command

ROOT = Path(__file__).resolve().parents[2]
GRAPHQL_JSON = {"accept": "application/graphql-response+json"}
JSON = {"content-type": "application/json"}
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

NAMES = "query Names($first: Int!) { products(region: US, first: $first) { nodes { name } } }"
QUOTA = "query Quota { quota { client } }"
INTROSPECTION = "query Types { __schema { queryType { name } } }"
OTHER = "{ quota { used } }"
SEVERAL = "query One { quota { client } } query Two { quota { used } }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def persisted(name: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": name}}, **more}


def apollo(*documents: tuple[str, str]) -> dict[str, Any]:
    operations = [{"id": name, "body": text, "name": "Any", "type": "query"} for name, text in documents]
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}


def write(folder: Path, held: Any) -> str:
    file = folder / "persisted-documents.json"
    file.write_text(held if isinstance(held, str) else json.dumps(held), encoding="utf-8")
    return str(file)


def post(server: Gateway, body: dict[str, Any], path: str = "/graphql", headers: Any = None) -> httpx.Response:
    return CLIENT.post(f"{server.url}{path}", json=body, headers=headers)


def get(server: Gateway, parameters: dict[str, Any], headers: Any = None) -> httpx.Response:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return CLIENT.get(f"{server.url}/graphql", params=texts, headers=headers)


def code(answer: httpx.Response) -> str:
    body = answer.json()
    assert "data" not in body
    (error,) = body["errors"]
    return str(error["extensions"]["code"])


@pytest.fixture(scope="module")
def running(shared_sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory):
    """Two servers with the same manifest: one that runs other documents too, and one that does not."""
    manifest = write(
        tmp_path_factory.mktemp("manifest"),
        {sha1(NAMES): NAMES, sha256(QUOTA): QUOTA, "types": INTROSPECTION, "several": SEVERAL, "broken": "{ nothing"},
    )
    known = {**access_to("echotik", shared_sandbox), "shopgraph_trusted_documents": manifest}
    with (
        Gateway(load(_env_file=None, **known)) as any_document,
        Gateway(load(_env_file=None, **known, shopgraph_trusted_documents_only=True)) as trusted_only,
    ):
        yield any_document, trusted_only


@pytest.fixture
def server(running: tuple[Gateway, Gateway]) -> Gateway:
    return running[0]


@pytest.fixture
def strict(running: tuple[Gateway, Gateway]) -> Gateway:
    return running[1]


# ── trusted documents ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize(
    "named",
    [
        {"documentId": sha1(NAMES)},
        {"documentId": f"sha256:{sha1(NAMES)}"},
        {"id": sha1(NAMES)},
        persisted(sha1(NAMES)),
        {"documentId": sha1(NAMES), "query": NAMES},
        {**persisted(sha1(NAMES)), "documentId": sha1(NAMES)},
    ],
)
def test_a_trusted_document_is_run_by_its_name(running, ask, named, which):
    answer = ask(running[which], {**named, "variables": {"first": 2}})

    assert answer.status_code == 200
    assert len(answer.json()["data"]["products"]["nodes"]) == 2


@pytest.mark.parametrize("which", [0, 1])
def test_a_named_document_answers_as_its_text_does(running, server, which):
    sent = post(server, {"query": NAMES, "variables": {"first": 3}}).json()["data"]

    assert post(running[which], {"documentId": sha1(NAMES), "variables": {"first": 3}}).json()["data"] == sent


def test_a_document_of_several_operations_is_asked_with_the_name_of_one(strict):
    answer = post(strict, {"documentId": "several", "operationName": "Two"})

    assert list(answer.json()["data"]["quota"]) == ["used"]
    assert code(post(strict, {"documentId": "several"})) == "BAD_USER_INPUT"


def test_a_trusted_document_is_priced_by_its_name(running):
    named = {"documentId": sha1(NAMES), "variables": {"first": 100}}
    prices = [post(server, named, "/graphql/cost", {"cache-control": "no-cache"}).json() for server in running]

    assert prices[0]["estimatedCredits"] == prices[1]["estimatedCredits"] >= 1


def test_a_trusted_document_that_is_not_graphql_says_so(server):
    assert code(post(server, {"documentId": "broken"})) == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("headers", [None, GRAPHQL_JSON])
def test_a_name_that_nothing_has_is_told(server, headers):
    answer = post(server, {"documentId": "0" * 64}, headers=headers)

    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"
    assert answer.status_code == (400 if headers else 200)


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": ""},
        {"documentId": 7},
        {"id": ["a"]},
        {"extensions": {"persistedQuery": "a"}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}},
        {"documentId": "a", "id": "b"},
        {"documentId": "a", "variables": {"first": float("nan")}},
        {"documentId": sha1(NAMES), "query": QUOTA},
    ],
)
def test_a_request_that_does_not_say_what_it_means_is_refused(server, body):
    answer = CLIENT.post(f"{server.url}/graphql", content=json.dumps(body), headers=JSON)

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


def test_an_id_beside_a_text_counts_for_nothing(server):
    assert post(server, {"query": QUOTA, "id": 7}).json()["data"]["quota"]["client"] == "anonymous"


# ── only these ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/graphql", "/graphql/cost"])
@pytest.mark.parametrize(("headers", "status"), [(None, 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize(
    "body",
    [
        {"query": OTHER},
        {"query": QUOTA + " "},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{ nobody"},
        {"documentId": "0" * 64},
        {"id": "0" * 64},
        persisted(sha256(OTHER)),
        persisted(sha256(OTHER), query=OTHER),
    ],
)
def test_only_trusted_documents_are_run(strict, body, path, headers, status):
    answer = post(strict, body, path, headers)

    assert (answer.status_code, code(answer)) == (status, "UNTRUSTED_DOCUMENT")


def test_only_trusted_documents_are_run_by_get(strict):
    assert code(get(strict, {"query": OTHER})) == "UNTRUSTED_DOCUMENT"
    assert code(get(strict, persisted(sha256(OTHER)))) == "UNTRUSTED_DOCUMENT"


def test_a_refused_document_calls_nobody(gateway, sandbox, tmp_path):
    server = gateway(
        shopgraph_trusted_documents=write(tmp_path, {"quota": QUOTA}), shopgraph_trusted_documents_only=True
    )

    answer = server('{ product(id: "1729391234567890123") { name } }')

    assert answer.codes == ["UNTRUSTED_DOCUMENT"]
    assert answer.headers["cache-control"] == "no-store"
    assert sandbox.calls == []


def test_a_trusted_document_may_be_sent_word_for_word(strict):
    assert post(strict, {"query": QUOTA}).json()["data"]["quota"]["client"] == "anonymous"


def test_an_introspection_that_is_trusted_is_run(strict):
    assert post(strict, {"documentId": "types"}).json()["data"]["__schema"]["queryType"]["name"] == "Query"


def test_a_request_without_any_document_is_told_that(strict):
    answer = post(strict, {"variables": {}})

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


def test_a_browser_still_gets_the_page(strict):
    page = CLIENT.get(f"{strict.url}/graphql", headers=PAGE)

    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "data" in CLIENT.get(f"{strict.url}/graphql", params={"documentId": "types"}, headers=PAGE).json()


# ── automatic persisted queries ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize("headers", [None, GRAPHQL_JSON])
def test_a_client_registers_a_document_and_asks_by_its_hash(server, ask, headers):
    query = f"query {ask.__name__.title()}{'Typed' if headers else ''} {{ quota {{ client }} }}"
    named = persisted(sha256(query))

    missed = ask(server, named, headers=headers)
    sent = ask(server, {**named, "query": query}, headers=headers)
    found = [ask(server, named, headers=headers), post(server, {"documentId": f"sha256:{sha256(query)}"})]

    assert (missed.status_code, code(missed)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert missed.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert missed.headers["cache-control"] == "no-store"
    assert sent.json()["data"] == {"quota": {"client": "anonymous"}}
    assert [answer.json()["data"] for answer in found] == [sent.json()["data"]] * 2


def test_a_hash_of_another_document_is_refused_and_not_kept(server):
    query = "query Forged { quota { client } }"

    answer = post(server, persisted(sha256(query), query=OTHER))

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert code(post(server, persisted(sha256(query)))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("query", ["{ nothing", "{ noSuchField }"])
def test_a_document_that_cannot_be_run_is_not_kept(server, query):
    assert code(post(server, persisted(sha256(query), query=query))).startswith("GRAPHQL_")
    assert code(post(server, persisted(sha256(query)))) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_document_that_is_trusted_is_not_registered_too(tmp_path):
    known = Documents(Path(write(tmp_path, {sha1(QUOTA): QUOTA})))
    asked = Question(QUOTA, sha1(QUOTA), register=True)

    known.keep(asked)
    write(tmp_path, {"other": OTHER})

    with pytest.raises(Refused):
        known.text(asked._replace(query=None))


def test_registered_documents_are_bounded_in_number_and_bytes():
    few, small = Registered(most=2), Registered(most_bytes=10)

    for name in "abac":
        few.keep(name, name)
        few.get("a")
    for name in "abc":
        small.keep(name, name * 4)
    small.keep("é", "é" * 6)

    assert (few.get("a"), few.get("b"), few.get("c")) == ("a", None, "c")
    assert (small.get("a"), small.get("b"), small.get("c"), small.get("é")) == (None, "bbbb", "cccc", None)


# ── the manifest ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_manifest_of_apollo_is_read(tmp_path):
    file = write(tmp_path, apollo(("first", NAMES), ("second", QUOTA), ("first", NAMES)))

    assert read(Path(file)).by_name == {"first": NAMES, "second": QUOTA}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("{", "is not JSON"),
        ([], "must be a JSON object"),
        ({}, "has no documents"),
        (apollo(), "has no documents"),
        ({"a": 7}, "a: must be"),
        ({"": "{ a }"}, "an empty name: must be"),
        ({**apollo(("a", NAMES)), "version": 2}, '"version": 1'),
        (apollo(("a", NAMES), ("a", QUOTA)), "operations[1]: a is the id of another"),
        ({**apollo(), "operations": [{"id": "a"}]}, "operations[0]: must have"),
    ],
)
def test_a_manifest_that_cannot_be_used_stops_the_start(tmp_path, held, said):
    with pytest.raises(Misconfigured) as refused:
        load(_env_file=None, shopgraph_trusted_documents=write(tmp_path, held))

    assert str(refused.value).startswith("SHOPGRAPH_TRUSTED_DOCUMENTS: ") and said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_manifest_that_is_missing_stops_the_start(tmp_path):
    with pytest.raises(BadManifest, match=r"nowhere: No such file"):
        read(tmp_path / "nowhere")


def test_only_trusted_documents_without_any_stops_the_command_with_one_line(command: Command):
    ended = command("--sandbox", SHOPGRAPH_TRUSTED_DOCUMENTS_ONLY="true")

    assert ended.returncode == 2
    assert ended.stderr == (
        "server.py: SHOPGRAPH_TRUSTED_DOCUMENTS_ONLY: needs SHOPGRAPH_TRUSTED_DOCUMENTS, a file of them\n"
    )


def test_a_manifest_that_changes_is_read_again(gateway, tmp_path):
    file = write(tmp_path, {"old": QUOTA})
    server = gateway(shopgraph_trusted_documents=file, shopgraph_trusted_documents_only=True)
    assert "data" in post(server, {"documentId": "old"}).json()

    write(tmp_path, {"new": QUOTA})

    assert "data" in post(server, {"documentId": "new"}).json()
    assert code(post(server, {"documentId": "old"})) == "UNTRUSTED_DOCUMENT"


def test_a_manifest_that_changes_for_the_worse_leaves_the_last_in_force(tmp_path):
    file = Path(write(tmp_path, {"old": QUOTA}))
    known = Documents(file, only=True)

    write(tmp_path, '{"new": "{ quo')
    assert known.text(Question(None, "old")) == QUOTA
    file.unlink()
    assert known.text(Question(None, "old")) == QUOTA
    write(tmp_path, {"new": OTHER})
    assert known.text(Question(None, "new")) == OTHER


def test_looking_a_document_up_costs_next_to_nothing(tmp_path):
    known = Documents(Path(write(tmp_path, {sha256(str(at)): f"{{ a{at} }}" for at in range(5000)})), only=True)
    name = sha256("4321")

    started = time.perf_counter()
    for _ in range(1000):
        known.text(Question(None, name))

    assert time.perf_counter() - started < 0.5
