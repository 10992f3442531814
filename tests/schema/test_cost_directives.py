"""@cost and @listSize in schema.graphql: as IBM's specification defines them, on everything that asks or is a list, and
in agreement with what the server would charge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import (
    DirectiveDefinitionNode,
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    parse,
    print_ast,
    strip_ignored_characters,
    value_from_ast_untyped,
)

from tests.conftest import CLIENT, Gateway

ROOT = Path(__file__).resolve().parents[2]
SDL = (ROOT / "schema.graphql").read_text()
SCHEMA = build_schema(SDL)

# https://ibm.github.io/graphql-specs/cost-spec.html, 7 and 8
SPECIFIED = {
    "cost": """
        directive @cost(weight: String!) on
          | ARGUMENT_DEFINITION
          | ENUM
          | FIELD_DEFINITION
          | INPUT_FIELD_DEFINITION
          | OBJECT
          | SCALAR
    """,
    "listSize": """
        directive @listSize(
          assumedSize: Int,
          slicingArguments: [String!],
          sizedFields: [String!],
          requireOneSlicingArgument: Boolean = true
        ) on FIELD_DEFINITION
    """,
}


class Place(NamedTuple):
    """A field of a type."""

    kind: GraphQLObjectType
    name: str
    field: GraphQLField

    @property
    def path(self) -> str:
        return f"{self.kind.name}.{self.name}"


def objects() -> list[GraphQLObjectType]:
    kinds = (kind for kind in SCHEMA.type_map.values() if not kind.name.startswith("__"))
    return [kind for kind in kinds if isinstance(kind, GraphQLObjectType)]


PLACES = [Place(kind, name, field) for kind in objects() for name, field in kind.fields.items()]
BY_PATH = {place.path: place for place in PLACES}


def directive(told: Any, name: str) -> dict[str, Any] | None:
    """The arguments of a directive as they stand in the SDL; None where it is not there."""
    for node in told.ast_node.directives or ():
        if node.name.value == name:
            return {argument.name.value: value_from_ast_untyped(argument.value) for argument in node.arguments}
    return None


def weight(told: Any) -> float:
    """What the specification takes a field, an argument or a field of an input to weigh (7.1)."""
    stated = directive(told, "cost")
    if stated is not None:
        return float(stated["weight"])
    return 0.0 if is_leaf_type(get_named_type(told.type)) else 1.0


def default(argument: GraphQLArgument) -> ValueNode | None:
    """A default as it stands in the SDL."""
    assert argument.ast_node is not None
    return argument.ast_node.default_value


def is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))


# ── definitions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def written(definition: DirectiveDefinitionNode) -> str:
    """A definition without descriptions, on one line."""
    lines = strip_ignored_characters(print_ast(definition))
    return re.sub(r'""".*?"""', "", lines).strip()


@pytest.mark.parametrize("name", SPECIFIED)
def test_a_directive_is_defined_once_and_as_the_specification_has_it(name):
    definitions = [node for node in parse(SDL).definitions if isinstance(node, DirectiveDefinitionNode)]
    (specified,) = parse(SPECIFIED[name]).definitions
    assert isinstance(specified, DirectiveDefinitionNode)

    assert [written(node) for node in definitions if node.name.value == name] == [written(specified)]


def test_no_other_directive_is_defined():
    nodes = parse(SDL).definitions

    assert {node.name.value for node in nodes if isinstance(node, DirectiveDefinitionNode)} == SPECIFIED.keys()


def test_introspection_tells_of_both(graphql):
    told = graphql("{ __schema { directives { name isRepeatable description } } }").data["__schema"]["directives"]
    ours = {each["name"]: each for each in told if each["name"] in SPECIFIED}

    assert ours.keys() == SPECIFIED.keys()
    assert all(each["description"] and not each["isRepeatable"] for each in ours.values())


def test_the_server_gives_the_same_schema(graphql):
    assert CLIENT.get(f"{graphql.url}/schema.graphql").text == SDL


# ── the specification's rules for their use (9) ───────────────────────────────────────────────────────────────────────


def test_no_field_of_an_interface_has_a_cost():
    faces = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLInterfaceType)]

    assert faces
    assert [name for face in faces for name, field in face.fields.items() if directive(field, "cost")] == []


def test_every_weight_is_a_number_that_is_not_negative():
    stated = [told["weight"] for place in PLACES if (told := directive(place.field, "cost")) is not None]

    assert stated
    assert [weight for weight in stated if not re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", weight)] == []


SIZED = [(place, told) for place in PLACES if (told := directive(place.field, "listSize")) is not None]


@pytest.mark.parametrize(("place", "told"), SIZED, ids=lambda given: getattr(given, "path", ""))
def test_a_list_size_is_valid(place, told):
    slicing, sized = told.get("slicingArguments", []), told.get("sizedFields", [])
    below = getattr(get_named_type(place.field.type), "fields", {})

    assert set(sized) <= below.keys() and all(is_list(below[name]) for name in sized)
    assert sized or is_list(place.field)
    assert set(slicing) <= place.field.args.keys()
    assert all(str(place.field.args[name].type) in ("Int", "Int!") for name in slicing)
    if "assumedSize" in told and slicing:
        assert told["requireOneSlicingArgument"] is False
        assert all(default(place.field.args[name]) is None for name in slicing)


@pytest.mark.parametrize(("place", "told"), SIZED, ids=lambda given: getattr(given, "path", ""))
def test_no_client_has_to_give_a_slicing_argument(place, told):
    """Its length is known without: by a default, or as assumed."""
    slicing = told.get("slicingArguments", [])
    defaults = [name for name in slicing if default(place.field.args[name]) is not None]

    assert not slicing or told["requireOneSlicingArgument"] is False
    assert defaults or isinstance(told["assumedSize"], int)


def test_every_list_has_a_size_its_own_or_from_above():
    above = {
        f"{get_named_type(place.field.type).name}.{name}": place.path
        for place, told in SIZED
        for name in told.get("sizedFields", [])
    }
    own = {place.path for place, told in SIZED if "sizedFields" not in told}
    lists = {place.path for place in PLACES if is_list(place.field)}

    assert lists - own - above.keys() == set()
    assert own & above.keys() == set()


def test_whatever_gives_a_connection_or_a_ranking_sizes_its_rows_by_first():
    paging = [place for place in PLACES if "pageInfo" in getattr(get_named_type(place.field.type), "fields", {})]

    assert len(paging) > 20
    for place in paging:
        told = directive(place.field, "listSize")
        assert told is not None and told["slicingArguments"] == ["first"] and told["sizedFields"] == ["edges", "nodes"]


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("Product.images", {"assumedSize": 10}),
        ("Product.categories", {"assumedSize": 3}),
        ("Product.trend", {"assumedSize": 180, "slicingArguments": ["days"], "requireOneSlicingArgument": False}),
        ("Query.productsByIds", {"assumedSize": 500}),
        ("Query.influencersByHandles", {"assumedSize": 500}),
        ("Query.nodes", {"assumedSize": 500}),
        ("Query.search", {"assumedSize": 5 * 30}),
        ("Quota.byDay", {"slicingArguments": ["days"], "requireOneSlicingArgument": False}),
    ],
)
def test_a_list_is_as_long_as_its_description_says(path, size):
    assert directive(BY_PATH[path].field, "listSize") == size


# ── weights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_arguments_weigh_nothing():
    of_fields = [argument for place in PLACES for argument in place.field.args.values()]
    inputs = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
    of_inputs = [field for kind in inputs for field in kind.fields.values()]

    assert {weight(given) for given in [*of_fields, *of_inputs]} == {0.0}


@pytest.mark.parametrize(
    ("paths", "credits"),
    [
        ("Product.id Product.source Product.performance ProductEdge.node ProductConnection.nodes Query.quota", 0),
        ("Product.bestSeller Influencer.liveViewCount Comment.author ProductTrendPoint.units ProductEdge.cursor", 0),
        ("Product.name Product.images Product.seller PriceRange.min ProductPerformance.averagePrice", 0.1),
        ("Influencer.handle Video.caption VideoChannelPerformance.units Image.signedUrl", 0.1),
        ("Seller.name SellerPerformance.gmv Product.influencers Query.products Query.product Query.seller", 1),
        ("Video.comments Video.captions Product.realtime Product.reviews", 2),
        ("Product.trend Seller.trend Query.productRanking Query.category Query.productFromUrl", 3),
        ("Query.search", 5),
        ("Query.productsByIds Query.influencersByHandles", 50),
        ("Query.sellersByIds Query.nodes", 500),
    ],
)
def test_a_field_weighs_what_it_may_cost_for_one_parent(paths, credits):
    assert {path: weight(BY_PATH[path].field) for path in paths.split()} == dict.fromkeys(paths.split(), credits)


def test_a_live_that_may_be_on_air_costs_a_live_read_for_what_that_tells():
    told = {name: weight(BY_PATH[f"Live.{name}"].field) for name in ("title", "startedAt", "views", "likes")}

    assert all(2 <= credits <= 2.1 for credits in told.values()), told


def test_a_category_costs_a_share_of_the_tree():
    assert {name: weight(BY_PATH[f"Category.{name}"].field) for name in ("name", "parent", "children", "level")} == (
        dict.fromkeys(("name", "parent", "children", "level"), 0.001)
    )
    assert 1 < weight(BY_PATH["Category.products"].field) < 1.01


def fields(kind: GraphQLNamedType) -> list[GraphQLField]:
    assert isinstance(kind, GraphQLObjectType)
    return list(kind.fields.values())


def lines(kind: str) -> dict[str, str]:
    """What docs/graph.md tells of a type: field → calls."""
    section = (ROOT / "docs/graph.md").read_text().partition(f"\n### {kind}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (`.+) \| .+ \| (.+) \|$", section, re.MULTILINE)
    return {name: calls for names, calls in rows for name in re.findall(r"`(\w+)`", names)}


@pytest.mark.parametrize("kind", ["Query", "Product", "Seller", "Influencer", "Video", "Live", "Category", "Image"])
def test_whatever_the_page_about_the_graph_says_is_asked_weighs_something(kind):
    told = lines(kind)
    assert told

    for name, calls in told.items():
        field = BY_PATH[f"{kind}.{name}"].field
        below = get_named_type(field.type)
        groups = isinstance(below, GraphQLObjectType) and not weight(field)
        credits = max(map(weight, fields(below))) if groups else weight(field)
        assert (credits > 0) == (calls != "0"), (name, calls, credits)


WAYS = {
    "Product": "{ videos(region: US, first: 10) { nodes { products { nodes { %s } } } } }",
    "Seller": "{ products(region: US, first: 10) { nodes { seller { %s } } } }",
    "Influencer": "{ products(region: US, first: 10) { nodes { influencers { nodes { %s } } } } }",
    "Video": "{ influencers(region: US, first: 10) { nodes { topVideo { %s } } } }",
    "Live": "{ products(region: US, first: 10) { nodes { lives { nodes { %s } } } } }",
    "Category": "{ products(region: US, first: 10) { nodes { categories { %s } } } }",
}
"""How a type of entity is reached that rows tell little of."""


def selections(kind: GraphQLNamedType, depth: int = 1) -> Iterator[tuple[Place, str]]:
    """Every field that needs no more than a market, and those of a group that asks nothing itself."""
    assert isinstance(kind, GraphQLObjectType)
    for name, field in kind.fields.items():
        place = Place(kind, name, field)
        given = "(region: US)" if "region" in field.args else ""
        below = get_named_type(field.type)
        if is_leaf_type(below):
            yield place, name + given
        else:
            yield place, f"{name}{given} {{ __typename }}"
            if depth and isinstance(below, GraphQLObjectType) and not weight(field) and not is_list(field):
                yield from ((inner, f"{name} {{ {asked} }}") for inner, asked in selections(below, depth - 1))


def price(graphql: Gateway, query: str) -> int:
    """What /graphql/cost says."""
    answer = CLIENT.post(f"{graphql.url}/graphql/cost", json={"query": query}).json()
    assert "errors" not in answer, answer
    credits: int = answer["estimatedCredits"]
    return credits


@pytest.mark.parametrize("kind", WAYS)
def test_whatever_the_estimate_counts_weighs_something(kind, graphql, sandbox):
    before = price(graphql, WAYS[kind] % "id")
    counted = 0

    for place, asked in selections(SCHEMA.type_map[kind]):
        if price(graphql, WAYS[kind] % asked) > before:
            counted += 1
            assert weight(place.field) > 0, place.path
    assert counted > 2
    assert sandbox.count() == 0


# ── static analysis ───────────────────────────────────────────────────────────────────────────────────────────────────


class Analysis:
    """The specification's static query analysis (5.1.1): the field cost of an operation, from the SDL alone."""

    def __init__(self, schema: GraphQLSchema, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables

    def cost(self, query: str) -> float:
        (operation,) = parse(query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        return round(self._selected(root, operation.selection_set, {}), 4)

    def _selected(self, kind: GraphQLNamedType, selected: SelectionSetNode | None, sizes: Mapping[str, int]) -> float:
        """What a selection costs for one parent; of an abstract type that of its dearest member.

        sizes    lists whose length the field above tells
        """
        if selected is None:
            return 0.0
        if is_abstract_type(kind):
            return max(self._selected(member, selected, sizes) for member in self._schema.get_possible_types(kind))
        assert isinstance(kind, GraphQLObjectType)
        total = 0.0
        for node in selected.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._is_within(kind, condition.name.value):
                    total += self._selected(kind, node.selection_set, sizes)
            elif isinstance(node, FieldNode) and node.name.value != "__typename":
                total += self._field(kind.fields[node.name.value], node, sizes.get(node.name.value))
        return total

    def _is_within(self, kind: GraphQLObjectType, name: str) -> bool:
        other = self._schema.type_map[name]
        return kind is other or (is_abstract_type(other) and self._schema.is_sub_type(other, kind))

    def _field(self, field: GraphQLField, node: FieldNode, length: int | None) -> float:
        given = node.arguments or ()
        arguments = sum((self._argument(field.args[each.name.value], each.value) for each in given), 0.0)
        told = directive(field, "listSize")
        sizes: dict[str, int] = {}
        if told is not None:
            size = self._size(field, node, told)
            sizes = dict.fromkeys(told.get("sizedFields", []), size)
            length = length if sizes else size
        if is_list(field):
            assert length is not None, f"{node.name.value} may be infinitely long"
        times = length if is_list(field) and length is not None else 1
        below = self._selected(get_named_type(field.type), node.selection_set, sizes)
        return max(0.0, weight(field) + arguments) + times * below

    def _size(self, field: GraphQLField, node: FieldNode, told: Mapping[str, Any]) -> int:
        """The largest slicing argument, given or by default; else what is assumed."""
        given = {each.name.value: each.value for each in node.arguments or ()}
        slicing = told.get("slicingArguments", [])
        values = [self._number(given.get(name) or default(field.args[name])) for name in slicing]
        known = [value for value in values if value is not None]
        return max(known) if known else int(told["assumedSize"])

    def _number(self, value: ValueNode | None) -> int | None:
        if isinstance(value, VariableNode):
            found: int | None = self._variables.get(value.name.value)
            return found
        return int(value.value) if isinstance(value, IntValueNode) else None

    def _argument(self, argument: Any, value: ValueNode) -> float:
        kind = get_named_type(argument.type)
        inner = value.fields if isinstance(value, ObjectValueNode) else ()
        return weight(argument) + sum(self._argument(kind.fields[each.name.value], each.value) for each in inner)


def static_cost(query: str, **variables: Any) -> float:
    return Analysis(SCHEMA, variables).cost(query)


def test_the_analysis_is_that_of_the_specifications_own_examples():
    users = build_schema(
        "directive @cost(weight: String!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION\n"
        "directive @listSize(assumedSize: Int, slicingArguments: [String!]) on FIELD_DEFINITION\n"
        'type User { age: Int @cost(weight: "2.0") }\n'
        'input Filter { approx: Boolean @cost(weight: "-12.0") }\n'
        'type Query { users(max: Int): [User] @listSize(slicingArguments: ["max"]) topProducts('
        '  filter: Filter @cost(weight: "15.0")): [String] @cost(weight: "5.0") @listSize(assumedSize: 10) }'
    )

    assert Analysis(users, {}).cost("{ users(max: 5) { age } }") == 11.0
    assert Analysis(users, {}).cost("{ topProducts }") == 5.0
    assert Analysis(users, {}).cost("{ topProducts(filter: {}) }") == 20.0
    assert Analysis(users, {}).cost("{ topProducts(filter: {approx: true}) }") == 8.0


@pytest.mark.parametrize(
    ("query", "credits"),
    [
        ("{ quota { used byDay { credits } } providers { circuit } }", 0),
        ("{ products(region: US) { nodes { id } pageInfo { endCursor } } }", 1),
        ("{ products(region: US, filter: {units: {min: 10}}, sort: {field: GMV}) { nodes { id } } }", 1),
        ("{ products(region: US, first: 5) { nodes { trend { units } } } }", 1 + 5 * 3),
        (
            "{ products(region: US) { nodes { videos(first: 3) { edges { units } } lives { edges { gmv } } } } }",
            1 + 10 * 2,
        ),
        ("{ sellers(region: GB, first: 7) { nodes { influencers { nodes { id } } } } }", 1 + 7),
        ("{ sellerRanking(region: US) { edges { rank } } newProductRanking(region: US) { edges { rank } } }", 3 + 3),
        ('{ video(id: "1") { comments(first: 20) { nodes { text } } captions { text } } }', 1 + 2 + 2),
        ('{ node(id: "Category:1") { id } }', 3),
    ],
)
def test_where_no_call_is_shared_a_static_analysis_finds_what_the_server_estimates(query, credits, graphql, sandbox):
    assert static_cost(query) == pytest.approx(credits)
    assert price(graphql, query) == credits
    assert sandbox.count() == 0


README = """{
  products(region: US, first: 5) {
    nodes {
      name cover { url signedUrl } seller { id } performance(window: LAST_30_DAYS) { units gmv averagePrice }
      influencers(first: 5, sort: {field: UNITS}) { edges { units node { id name } } }
      trend(days: 7) { date units gmv }
    }
  }
}"""


@pytest.mark.parametrize(
    ("query", "credits"),
    [
        ("{ products(region: US) { nodes { influencers { nodes { handle } } } } }", 1 + 10 * (1 + 10 * 0.1)),
        ("{ products(region: US) { nodes { images { signedUrl } } } }", 1 + 10 * (0.1 + 10 * 0.1)),
        ("{ products(region: US) { edges { cursor node { seller { name } } } } }", 1 + 10 * (0.1 + 1)),
        ("{ productRanking(region: US) { nodes { reviewCount } } }", 3 + 10 * 0.1),
        ('{ search(text: "oil", region: US) { ... on Product { rating } ... on Seller { name } } }', 5 + 150 * 1),
        ('{ productsByIds(ids: ["1"]) { reviews { nodes { text } } } }', 50 + 500 * 2),
        ('{ node(id: "Seller:1") { id ... on Seller { products(first: 3) { nodes { name } } } } }', 3 + 1 + 3 * 0.1),
        (README, 1 + 5 * (0.1 + (0.1 + 0.1) + 0.1 + 3 * 0.1 + (1 + 5 * 0.1) + 3)),
    ],
)
def test_a_query_costs_no_more_than_a_static_analysis_finds(query, credits, graphql, sandbox):
    assert static_cost(query) == pytest.approx(credits)

    answer = graphql(query)

    assert answer.data
    assert 0 < sandbox.count() <= credits


@pytest.mark.parametrize(
    "below", ["reviewCount", "seller { name }", "influencers { nodes { handle } }", "trend { units }"]
)
def test_what_stands_below_a_list_costs_as_often_as_it_has_rows(below):
    query = f"query ($first: Int) {{ products(region: US, first: $first) {{ nodes {{ {below} }} }} }}"
    page = static_cost(query, first=0)
    one = static_cost(query, first=1) - page

    assert page == 1
    assert one > 0
    assert [static_cost(query, first=first) for first in (7, 10, 100)] == [
        pytest.approx(page + first * one) for first in (7, 10, 100)
    ]


def test_a_list_without_first_costs_what_one_of_ten_does():
    asked = "{ products(region: US%s) { nodes { influencers%s { nodes { handle } } } } }"

    assert static_cost(asked % ("", "")) == static_cost(asked % (", first: 10", "(first: 10)"))


def test_two_lists_cost_what_each_of_them_does():
    one, other = "sellers(region: US) { nodes { rating } }", "videos(region: US) { edges { node { caption } } }"

    assert static_cost(f"{{ {one} {other} }}") == static_cost(f"{{ {one} }}") + static_cost(f"{{ {other} }}")
