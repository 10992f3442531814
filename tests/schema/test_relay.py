"""Relay's rules: what a connection, an edge and a node are, and that a node's id leads back to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)

from sandbox.server import SandboxServer

SCHEMA = build_schema(Path(__file__, "../../../schema.graphql").resolve().read_text())

OBJECTS = {name: kind for name, kind in SCHEMA.type_map.items() if isinstance(kind, GraphQLObjectType)}
LISTS = sorted(name for name in OBJECTS if name.endswith(("Connection", "Ranking")))
EDGES = sorted(name for name in OBJECTS if name.endswith("Edge"))
LISTED = {
    f"{name}.{field}": told
    for name, kind in OBJECTS.items()
    for field, told in kind.fields.items()
    if get_named_type(told.type).name in LISTS
}

INTERFACES = {name: kind for name, kind in SCHEMA.type_map.items() if isinstance(kind, GraphQLInterfaceType)}
NODES = sorted(kind.name for kind in SCHEMA.get_possible_types(INTERFACES["Node"]))

UNKNOWN = "7999999999999999999"


def shape(fields: dict[str, GraphQLField]) -> dict[str, str]:
    return {name: str(told.type) for name, told in fields.items()}


def arguments(field: GraphQLField) -> dict[str, str]:
    return {name: str(told.type) for name, told in field.args.items()}


def test_the_walk_meets_connections_rankings_and_edges():
    assert {"ProductConnection", "ProductRanking", "ReviewConnection"} <= set(LISTS)
    assert {"ProductEdge", "ProductRankEdge", "ReviewEdge"} <= set(EDGES)
    assert {"Query.products", "Query.productRanking", "Product.reviews"} <= LISTED.keys()


def test_a_type_that_pages_is_named_for_it():
    assert sorted(name for name, kind in OBJECTS.items() if kind.fields.keys() & {"edges", "pageInfo"}) == LISTS


@pytest.mark.parametrize("name", LISTS)
def test_a_connection_or_ranking_has_edges_and_says_whether_more_follow(name):
    edges = get_nullable_type(OBJECTS[name].fields["edges"].type)

    assert isinstance(edges, GraphQLList)
    assert get_named_type(edges).name in EDGES
    assert str(OBJECTS[name].fields["pageInfo"].type) == "PageInfo!"


@pytest.mark.parametrize("name", LISTS)
def test_the_nodes_of_a_connection_or_ranking_are_those_of_its_edges(name):
    fields = OBJECTS[name].fields

    assert str(fields["nodes"].type) == f"[{OBJECTS[get_named_type(fields['edges'].type).name].fields['node'].type}]!"


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_has_a_node_and_its_place_in_the_list(name):
    fields = OBJECTS[name].fields
    node = get_nullable_type(fields["node"].type)

    assert not isinstance(node, GraphQLList)
    assert not is_leaf_type(node)
    assert str(fields["cursor"].type) == "String!"


def test_every_edge_belongs_to_a_list():
    assert {get_named_type(OBJECTS[name].fields["edges"].type).name for name in LISTS} == set(EDGES)


def test_page_info_tells_whether_there_is_more_and_where_the_page_begins_and_ends():
    promised = {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }

    assert shape(OBJECTS["PageInfo"].fields) == promised


@pytest.mark.parametrize("place", sorted(LISTED))
def test_a_field_that_gives_a_list_can_be_paged_through(place):
    taken = arguments(LISTED[place])

    assert (taken.get("first"), taken.get("after")) == ("Int", "String")
    assert not isinstance(LISTED[place].type, GraphQLNonNull)  # a failed page nulls the field alone


def test_a_node_is_what_has_a_global_id_and_can_be_asked_for_by_it():
    root = OBJECTS["Query"].fields

    assert shape(INTERFACES["Node"].fields) == {"id": "ID!"}
    assert sorted(name for name, kind in OBJECTS.items() if shape(kind.fields).get("id") == "ID!") == NODES
    assert (str(root["node"].type), arguments(root["node"])) == ("Node", {"id": "ID!"})
    assert (str(root["nodes"].type), arguments(root["nodes"])) == ("[Node]!", {"ids": "[ID!]!"})


@pytest.fixture
def ids(sandbox: SandboxServer) -> dict[str, str]:
    """The global id of one node of each type."""
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


@pytest.mark.parametrize("name", NODES)
def test_a_node_is_found_by_its_id(name, ids, gateway):
    answer = gateway("v3")("query ($id: ID!) { node(id: $id) { __typename id } }", id=ids[name])

    assert answer.data == {"node": {"__typename": name, "id": ids[name]}}


@pytest.mark.parametrize("name", NODES)
def test_an_id_that_no_node_has_leads_to_nothing(name, gateway):
    assert gateway("v3")(f'{{ node(id: "{name}:{UNKNOWN}") {{ __typename id }} }}').data == {"node": None}


def test_nodes_of_all_types_are_found_together_in_the_order_asked(ids, gateway):
    known = [{"__typename": name, "id": id} for name, id in reversed(ids.items())]
    asked = [id for node in known for id in (node["id"], f"{node['__typename']}:{UNKNOWN}")]

    answer = gateway("v3")("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=asked)

    assert sorted(ids) == NODES
    assert answer.data["nodes"] == [found for node in known for found in (node, None)]
