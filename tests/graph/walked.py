"""Answers walked along the contract: each value compared with the expected one, and the fields counted that were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
)

from sandbox.server import SandboxServer
from sandbox.world import World
from tests.conftest import Answer

CONTRACT = build_schema((Path(__file__).parents[1] / "data" / "contract.graphql").read_text())


def promised() -> set[str]:
    """Every field of every object of the contract, as "Product.name"."""
    return {
        f"{kind.name}.{field}"
        for kind in CONTRACT.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for field in kind.fields
    }


def measures() -> set[str]:
    """Of those, what is told by window."""
    windowed = {place.partition(".")[0] for place in promised() if place.endswith(".window")}
    return {place for place in promised() if place.partition(".")[0] in windowed and not place.endswith(".window")}


@dataclass(frozen=True)
class Such:
    """Stands for a value that nobody can know beforehand, by what holds for it."""

    what: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Chosen:
    """A field as a query selects it: under what key, and what below it."""

    key: str
    name: str
    kind: GraphQLOutputType
    below: Sequence[SelectionSetNode]


class Walker:
    """Asks a server, and compares every value of its answers with the expected one.

    version   of the provider's API that the server speaks: "v2" or "v3"
    told      fields of the contract that were compared with a value
    none      fields that were compared with null or with an empty list
    windows   of each measure, those that it was compared in
    """

    def __init__(self, server: Callable[[str], Answer], sandbox: SandboxServer, version: str) -> None:
        self.server = server
        self.sandbox = sandbox
        self.version = version
        self.told: set[str] = set()
        self.none: set[str] = set()
        self.windows: dict[str, set[str]] = {}

    @property
    def world(self) -> World:
        return self.sandbox.world

    def same(self, query: str, expected: Mapping[str, Any]) -> None:
        """Asks. The answer has to be the expected one: an object for an object, with the same keys and no others."""
        answer = self.server(query)
        assert not answer.errors, answer.errors
        walk = _Walk(query)
        differences = list(walk.compare(answer.partial, expected))
        assert not differences, "\n".join(differences)
        self.told |= walk.told
        self.none |= walk.none
        for place, windows in walk.windows.items():
            self.windows.setdefault(place, set()).update(windows)


class _Walk:
    """One answer along one query."""

    def __init__(self, query: str) -> None:
        document = parse(query)
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        (self.operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        self.told: set[str] = set()
        self.none: set[str] = set()
        self.windows: dict[str, set[str]] = {}

    def compare(self, data: Any, expected: Mapping[str, Any]) -> Iterator[str]:
        """The differences, each as one line."""
        query = CONTRACT.query_type
        assert query is not None
        return self._object("", data, expected, query, [self.operation.selection_set])

    def _object(
        self, path: str, value: Any, expected: Any, kind: GraphQLObjectType, below: Sequence[SelectionSetNode]
    ) -> Iterator[str]:
        chosen = {each.key: each for each in self._chosen(kind, below)}
        plain = {key for key in value if key != "__typename"}
        if plain != chosen.keys() or value.keys() != expected.keys():
            yield f"{path or 'the answer'}: has {sorted(value)}, expected {sorted(expected)}, chosen {sorted(chosen)}"
            return
        if not chosen:
            yield f"{path}: nothing of it is chosen"
        if value.get("__typename") != expected.get("__typename"):
            yield f"{path}: is a {value['__typename']}, expected {expected['__typename']}"
            return
        for key, field in chosen.items():
            place = f"{kind.name}.{field.name}"
            if "window" in value and field.name != "window":
                self.windows.setdefault(place, set()).add(value["window"])
            yield from self._value(f"{path}.{key}".lstrip("."), value[key], expected[key], field, place)

    def _value(self, path: str, value: Any, expected: Any, field: Chosen, place: str) -> Iterator[str]:
        kind = field.kind.of_type if isinstance(field.kind, GraphQLNonNull) else field.kind
        if isinstance(expected, Such):
            yield from self._such(path, value, expected, kind, place)
        elif value is None or expected is None or value == [] == expected:
            yield from self._nothing(path, value, expected, place)
        elif isinstance(kind, GraphQLList):
            yield from self._list(
                path, value, expected, Chosen(field.key, field.name, kind.of_type, field.below), place
            )
        elif is_leaf_type(kind):
            yield from self._leaf(path, value, expected, place)
        else:
            self.told.add(place)
            yield from self._object(path, value, expected, _concrete(get_named_type(kind), value), field.below)

    def _such(self, path: str, value: Any, expected: Such, kind: Any, place: str) -> Iterator[str]:
        assert is_leaf_type(get_named_type(kind)), f"{path} has fields, each to be compared by itself"
        if value is None or not expected.holds(value):
            yield f"{path}: {value!r} is not {expected.what}"
        else:
            self.told.add(place)

    def _nothing(self, path: str, value: Any, expected: Any, place: str) -> Iterator[str]:
        if value != expected:
            yield f"{path}: {value!r}, expected {expected!r}"
        else:
            self.none.add(place)

    def _list(self, path: str, value: Any, expected: Any, item: Chosen, place: str) -> Iterator[str]:
        if len(value) != len(expected):
            yield f"{path}: {len(value)} items, expected {len(expected)}: {value!r}, expected {expected!r}"
            return
        for index, (each, wanted) in enumerate(zip(value, expected, strict=True)):
            yield from self._value(f"{path}.{index}", each, wanted, item, place)

    def _leaf(self, path: str, value: Any, expected: Any, place: str) -> Iterator[str]:
        if value != expected or isinstance(value, bool) != isinstance(expected, bool):
            yield f"{path}: {value!r}, expected {expected!r}"
        else:
            self.told.add(place)

    def _chosen(self, kind: GraphQLObjectType, below: Iterable[SelectionSetNode]) -> Iterator[Chosen]:
        """The fields selected of an object; what is selected twice under one key, together."""
        found: dict[str, list[FieldNode]] = {}
        for node in self._nodes(kind, below):
            found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        for key, nodes in found.items():
            name = nodes[0].name.value
            if name != "__typename":
                sets = [node.selection_set for node in nodes if node.selection_set]
                yield Chosen(key, name, kind.fields[name].type, sets)

    def _nodes(self, kind: GraphQLObjectType, below: Iterable[SelectionSetNode]) -> Iterator[FieldNode]:
        for node in (each for selections in below for each in selections.selections):
            if isinstance(node, FieldNode):
                yield node
                continue
            assert isinstance(node, FragmentSpreadNode | InlineFragmentNode)
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if fragment.type_condition is None or _is(kind, fragment.type_condition.name.value):
                yield from self._nodes(kind, [fragment.selection_set])


def _is(kind: GraphQLObjectType, name: str) -> bool:
    """Whether an object is of a type, of an interface or in a union of this name."""
    wanted = CONTRACT.type_map[name]
    if isinstance(wanted, GraphQLUnionType):
        return kind in wanted.types
    return kind is wanted or wanted in kind.interfaces


def _concrete(kind: GraphQLNamedType, value: Mapping[str, Any]) -> GraphQLObjectType:
    found = CONTRACT.type_map[value["__typename"]] if is_abstract_type(kind) else kind
    assert isinstance(found, GraphQLObjectType)
    return found
