"""Where introspection is switched off nothing is learned of the schema but by asking a whole valid document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, is_input_object_type, is_interface_type, is_object_type

from tests.conftest import CLIENT, Gateway, Start

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(), assume_valid=True)
OWN = {name for name in SCHEMA.type_map if not name.startswith("__")}
FIELDS = {
    field
    for kind in SCHEMA.type_map.values()
    if is_object_type(kind) or is_interface_type(kind) or is_input_object_type(kind)
    for field in kind.fields
    if not kind.name.startswith("__")
}


ENGLISH = {"code", "field", "to", "value"}
"""Names that are words of any error too."""


@pytest.fixture
def closed(gateway: Start) -> Gateway:
    return gateway("v3", shopgraph_introspection=False)


def told(answer: Any, asked: str) -> set[str]:
    """Names of the schema that the errors tell and the document does not."""
    words = set("".join(char if char.isalnum() else " " for char in str(answer.errors)).split())
    return words & ((OWN | FIELDS) - ENGLISH) - set(asked.split())


WRONG = [
    "{ prodct(id: 1) { id } }",
    "{ product { id } }",
    "{ product(id: 1) }",
    "{ product(idd: 1) { id } }",
    "{ product(id: 1) { nam } }",
    "{ products(region: U) { nodes { id } } }",
    "{ products(region: US, filter: { unit: 3 }) { nodes { id } } }",
    "{ products(region: US, sort: { by: UNIT }) { nodes { id } } }",
    "query ($r: Regio!) { products(region: $r) { nodes { id } } }",
    "query ($r: Int!) { products(region: $r) { nodes { id } } }",
    "{ products(region: US) { nodes { id ... on Produc { id } } } }",
    "{ products(region: US) { nodes { id ... on Seller { id } } } }",
    "{ product(id: 1) { id @includ(if: true) } }",
    "{ node(id: 1) { name } }",
]


@pytest.mark.parametrize("query", WRONG)
def test_all_faults_of_a_document_are_told_alike(query: str, closed: Gateway, sandbox):
    answer = closed(query)

    (error,) = answer.errors
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"} and "locations" not in error
    assert error["message"] == closed("{ a }").errors[0]["message"]
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("declared", "value"),
    [("$r: Region!", "U"), ("$r: Region!", {"a": 1}), ("$r: Region! $f: ProductFilter", {"unit": {"min": 1}})],
)
def test_wrong_values_of_variables_suggest_nothing(declared: str, value: Any, closed: Gateway):
    variables = {"r": "US", "f": value} if "$f" in declared else {"r": value}
    applied = "region: $r, filter: $f" if "$f" in declared else "region: $r"

    answer = closed(f"query ({declared}) {{ products({applied}) {{ nodes {{ id }} }} }}", **variables)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "Did you mean" not in str(answer.body)
    assert told(answer, declared.replace("$", " ").replace("!", " ").replace(":", " ")) <= {"products", "region"}


def test_the_same_is_told_in_full_where_introspection_is_on(graphql: Gateway):
    assert "Did you mean" in graphql("{ prodct(id: 1) { id } }").errors[0]["message"]
    assert (
        "Did you mean"
        in graphql("query ($r: Region!) { products(region: $r) { nodes { id } } }", r="U").errors[0]["message"]
    )


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Product") { name } }',
        "{ ...F } fragment F on Query { a: __schema { types { name } } }",
        "mutation { __schema { types { name } } }",
    ],
)
def test_introspection_is_refused(query: str, closed: Gateway):
    answer = closed(query)
    priced = CLIENT.post(f"{closed.url}/graphql/cost", json={"query": query}).json()

    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"] and "data" not in answer.body
    assert priced["errors"] == answer.errors


def test_a_typename_is_told(closed: Gateway):
    assert closed("{ __typename }").data == {"__typename": "Query"}


@pytest.mark.parametrize("path", ["/schema.graphql", "/schema.json", "/possibleTypes.json"])
def test_the_schema_is_no_file(path: str, closed: Gateway):
    assert CLIENT.get(f"{closed.url}{path}").status_code == 404


def test_an_export_tells_no_more(closed: Gateway):
    start = "mutation ($q: String!) { startExport(query: $q, format: NDJSON, maxCredits: 5) { id state error } }"

    wrong = closed(start, q="{ prodcts(region: US) { nodes { id } } }").errors[0]["message"]
    other = closed(start, q="{ products(region: U) { nodes { id } } }").errors[0]["message"]

    assert wrong == other and "Did you mean" not in wrong
    assert closed(start, q="{ __schema { types { name } } }").errors


def test_valid_documents_are_answered_as_ever(closed: Gateway, sandbox):
    (id,) = sandbox.product_ids("SG", 1)

    assert closed("query ($id: ID!) { product(id: $id) { name } }", id=id).data["product"]["name"]


def test_the_page_may_be_switched_off(gateway):
    server = gateway("v3", shopgraph_graphiql=False)

    page = CLIENT.get(f"{server.url}/graphql", headers={"accept": "text/html"})

    assert page.status_code == 404 and "text/html" not in page.headers["content-type"]
    assert CLIENT.get(f"{server.url}/graphql/assets/index.js").status_code == 404


def test_where_the_page_is_off_a_browser_needs_a_key_too(gateway):
    server = gateway("v3", shopgraph_graphiql=False, shopgraph_api_keys=f"heron:{'0' * 64}")

    assert CLIENT.get(f"{server.url}/graphql", headers={"accept": "text/html"}).status_code == 401
