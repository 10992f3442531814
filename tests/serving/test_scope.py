"""What a client may not ask is refused before any call, by whatever way it asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from server import create_app
from settings import Misconfigured, load
from tests.conftest import CLIENT, Answer, Gateway
from upstream.providers import ENDPOINTS
from upstream.rights import REALTIME

KEY = "a key of heron's"
TYPES = ("Category", "Influencer", "Live", "Product", "Seller", "Video")


class Client:
    """A client of a server. Call it with a query and its variables."""

    def __init__(self, server: Gateway) -> None:
        self.url = server.url
        self._server = server
        self._headers = {"authorization": f"Bearer {KEY}"}

    def __call__(self, query: str, *, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
        return self._server(query, headers={**self._headers, **(headers or {})}, **variables)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return CLIENT.post(f"{self.url}{path}", json=body, headers={**self._headers, **headers})

    def get(self, path: str) -> httpx.Response:
        return CLIENT.get(f"{self.url}{path}", headers=self._headers)


Scoped = Callable[..., Client]


@pytest.fixture
def client(gateway) -> Scoped:
    """A client whose entry ends with these options, at a server of its own."""

    def start(options: str, version: str | None = None, **settings: Any) -> Client:
        entry = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}:{options}"
        return Client(gateway(version, shopgraph_api_keys=entry, **settings))

    return start


@pytest.fixture
def ids(sandbox: SandboxServer) -> dict[str, str]:
    """The global id of one object of each type."""
    world = sandbox.world
    products = (world.product(id) for id in sandbox.product_ids("SG", 20))
    product = next(each for each in products if each and world.lives_of_product(each) and world.videos_of_product(each))
    found = {
        "Category": product.categories[-1].id,
        "Influencer": world.influencers_of_product(product)[0].id,
        "Live": world.lives_of_product(product)[0].id,
        "Product": product.id,
        "Seller": world.seller_of_product(product).id,
        "Video": world.videos_of_product(product)[0].id,
    }
    return {name: f"{name}:{id}" for name, id in found.items()}


def refused(answer: Answer) -> str | None:
    """The field because of which the whole is refused."""
    assert answer.codes == ["FORBIDDEN"] and not answer.body.get("data"), answer.body
    return str(answer.errors[0]["extensions"]["field"])


# ── roots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_root_that_is_not_open_is_refused_by_name_and_before_any_call(client, sandbox, ids):
    heron = client("roots=product|products")

    answer = heron(
        "query ($id: ID!, $s: ID!) { product(id: $id) { name } seller(id: $s) { name } }",
        id=ids["Product"],
        s=ids["Seller"],
    )

    assert refused(answer) == "seller" and "seller" in answer.errors[0]["message"]
    assert sandbox.calls == []


def test_what_is_open_is_answered_with_all_that_is_reached_from_there(client, ids):
    heron = client("roots=product|products")

    answer = heron(
        "query ($id: ID!) { product(id: $id) { name seller { id name } } quota { client } __typename }",
        id=ids["Product"],
    )

    assert answer.data["product"]["seller"]["id"] == ids["Seller"]
    assert answer.data["quota"] == {"client": "heron"}


@pytest.mark.parametrize(
    "query",
    [
        "{ mine: sellers(region: US) { nodes { id } } }",
        "{ ...F } fragment F on Query { ... on Query { sellers(region: US) { nodes { id } } } }",
        "query ($b: Boolean = true) { sellers(region: US) @include(if: $b) { nodes { id } } }",
        "query A { __typename } query B { sellers(region: US) { nodes { id } } }",
    ],
)
def test_no_way_of_writing_it_opens_a_root(query: str, client, sandbox):
    heron = client("roots=product")

    answer = heron.post("/graphql", {"query": query, "operationName": "B" if "query B" in query else None})

    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["FORBIDDEN"]
    assert sandbox.calls == []


def test_what_is_left_out_of_the_answer_needs_no_right(client, ids):
    heron = client("roots=product")

    answer = heron(
        "query ($id: ID!) { product(id: $id) { id } sellers(region: US) @skip(if: true) { nodes { id } } }",
        id=ids["Product"],
    )

    assert answer.data["product"] == {"id": ids["Product"]}


@pytest.mark.parametrize("kind", TYPES)
def test_node_finds_the_types_whose_own_root_is_open(kind: str, client, sandbox, ids):
    heron = client(f"roots={kind.lower()}|node")

    assert heron("query ($id: ID!) { node(id: $id) { id } }", id=ids[kind]).data["node"] == {"id": ids[kind]}
    asked = len(sandbox.calls)

    for other in {*TYPES} - {kind}:
        assert refused(heron("query ($id: ID!) { node(id: $id) { id } }", id=ids[other])) == "node"
        assert (
            refused(heron("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[ids[kind], ids[other]])) == "nodes"
        )
    assert len(sandbox.calls) == asked


def test_ids_in_the_document_and_defaults_of_variables_count_as_well(client, sandbox, ids):
    heron = client("roots=productsByIds")

    assert heron(f'{{ node(id: "{ids["Product"]}") {{ id }} }}').data
    assert refused(heron(f'{{ node(id: "{ids["Seller"]}") {{ id }} }}')) == "node"
    assert refused(heron(f'query ($ids: [ID!]! = ["{ids["Seller"]}"]) {{ nodes(ids: $ids) {{ id }} }}')) == "nodes"


def test_a_malformed_id_is_told_as_to_anyone(client, sandbox):
    heron = client("roots=product")

    assert heron('{ node(id: "Teapot:1") { id } }').codes == ["BAD_USER_INPUT"]
    assert sandbox.calls == []


def test_a_price_is_not_told_of_what_is_not_open(client, sandbox):
    heron = client("roots=product")

    priced = heron.post("/graphql/cost", {"query": "{ sellers(region: US) { nodes { id } } }"}).json()

    assert [error["extensions"]["code"] for error in priced["errors"]] == ["FORBIDDEN"]
    assert sandbox.calls == []


def test_a_document_of_the_operators_is_not_open_either(client, sandbox, tmp_path):
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({"best": "{ sellers(region: US) { nodes { id } } }"}))
    heron = client("roots=product", shopgraph_trusted_documents=str(manifest), shopgraph_trusted_documents_only=True)

    answers = [heron.post("/graphql", {"documentId": "best"}), heron.get("/graphql?documentId=best")]

    assert [answer.json()["errors"][0]["extensions"]["field"] for answer in answers] == ["sellers", "sellers"]
    assert sandbox.calls == []


def test_agents_of_the_client_find_no_more(client, sandbox, ids):
    heron = client("roots=product", shopgraph_mcp=True)
    call = {"name": "shop", "arguments": {"id": ids["Seller"]}}
    spoken = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}

    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    told = heron.post("/mcp", asked, **spoken).json()["result"]

    assert told["isError"] and told["content"][0]["text"].startswith("FORBIDDEN: seller")
    assert sandbox.calls == []


# ── live reads, exports, fresh data ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("Product", "realtime(region: SG) { title }"),
        ("Product", "reviews(live: true) { nodes { text } }"),
        ("Video", "captions { text }"),
        ("Video", "comments { nodes { text } }"),
        ("Video", "downloadUrl"),
    ],
)
def test_live_reads_are_refused_before_any_call(kind: str, field: str, client, sandbox, ids):
    heron = client("live=no")

    answer = heron(f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {field} }} }} }}", id=ids[kind])

    assert refused(answer) == f"node.{field.partition('(')[0].split()[0]}"
    assert sandbox.calls == []


def test_what_can_do_without_live_reads_does(client, sandbox, ids):
    heron = client("live=no")
    product, live = ids["Product"].partition(":")[2], ids["Live"]

    answer = heron(f"""{{
      productFromUrl(url: "https://www.tiktok.com/view/product/{product}") {{
        id reviews(first: 1) {{ nodes {{ text }} }}
      }}
      live(id: "{live}") {{ title views likes startedAt }}
    }}""")

    assert answer.data["productFromUrl"]["id"] == ids["Product"]
    assert not [call for call in sandbox.calls if "realtime" in call.path]


def test_a_share_link_takes_a_live_read(client, sandbox):
    heron = client("live=no")

    answer = heron('{ productFromUrl(url: "https://vt.tiktok.com/ZS8abcdef/") { id } }')

    assert answer.codes == ["FORBIDDEN"]
    assert sandbox.calls == []


START = """mutation ($q: String!) {
  startExport(query: $q, format: NDJSON, maxCredits: 5) { id state }
}"""


def test_without_exports_none_is_begun_and_none_is_told(client, sandbox):
    heron = client("exports=no")

    assert refused(heron(START, q="{ products(region: US) { nodes { id } } }")) == "startExport"
    assert refused(heron("{ exports { id } }")) == "exports"
    assert refused(heron('mutation { cancelExport(id: "0") { id } }')) == "cancelExport"
    assert heron.get("/exports/0123456789abcdef0123456789abcdef/nodes.ndjson").status_code == 403
    assert sandbox.calls == []


def test_an_export_asks_no_more_than_its_client_may(client, sandbox):
    heron = client("roots=products:live=no")

    begun = heron(START, q="{ sellers(region: US) { nodes { id } } }")
    live = heron(START, q="{ products(region: US) { nodes { id realtime { title } } } }")

    assert (begun.codes, live.codes) == (["FORBIDDEN"], ["FORBIDDEN"])
    assert heron("{ exports { id } }").data == {"exports": []}
    assert sandbox.calls == []


def test_who_may_not_insist_on_fresh_data_is_told_what_is_stored(client, sandbox, ids):
    heron = client("fresh=no")
    query = "query ($id: ID!) { product(id: $id) { name } }"
    first = heron(query, id=ids["Product"])
    asked = len(sandbox.calls)

    again = heron(query, id=ids["Product"], headers={"cache-control": "no-cache"})

    assert again.data == first.data and len(sandbox.calls) == asked


# ── how it is written ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_root_that_is_none_stops_the_start():
    entry = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}:roots=product|teapots"

    with pytest.raises(Misconfigured, match=r"heron.*teapots"):
        create_app(load(_env_file=None, shopgraph_api_keys=entry))


def test_every_route_that_reads_tiktok_is_known_by_its_name():
    read = [endpoint.name for endpoint in ENDPOINTS if endpoint.path.startswith(("realtime/", "rt/"))]

    assert len(read) > 5 and all(name.startswith(REALTIME) for name in read)
