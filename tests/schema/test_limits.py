"""The bounds of documents, read from their text: held against what the parser reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Lexer,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    get_introspection_query,
    parse,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schema.bounds import Limits
from schema.outline import Circular, Outline, Unreadable, is_longer

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("bench/screens/*.graphql"), *ROOT.glob("agents/operations/*.graphql")])
GAPS = st.sampled_from([" ", "\n", ",", "\t", "\ufeff", ' # a { comment ( " \n', "\r\n", "#\r", " ,, "])
NAMES = st.sampled_from(["a", "b", "on1", "query", "fragment", "__schema", "fields", "_0", "type", "onA", "mutation"])
TEXTS = st.sampled_from(['""', '"("', '"\\\\"', '"\\" ) #"', '"""a " b"""', '""" \\""" } """', '"""\n)"""', '"🛍"'])
VALUES = st.recursive(
    st.one_of(TEXTS, st.sampled_from(["1", "-1.5e3", "$a", "X", "true", "null"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: f"[{' '.join(values)}]"),
        st.lists(st.tuples(NAMES, inner), max_size=2).map(
            lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
        ),
    ),
    max_leaves=4,
)


class Counted(NamedTuple):
    """What is found in a parsed document, every fragment followed anew each time."""

    root: int
    selections: int
    aliases: int
    directives: int
    depth: int
    nesting: int


@st.composite
def arguments(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(st.tuples(NAMES, VALUES), max_size=2))
    gap = draw(GAPS)
    return f"{gap}({gap.join(f'{name}{gap}:{gap}{value}' for name, value in pairs)}{gap})" if pairs else ""


@st.composite
def directives(draw: st.DrawFn) -> str:
    found = draw(st.lists(st.tuples(GAPS, NAMES, arguments()), max_size=2))
    return " ".join(f"@{gap}{name}{given}" for gap, name, given in found)


@st.composite
def selections(draw: st.DrawFn, fragments: int, levels: int = 3) -> str:
    """A selection that may spread so many fragments."""
    gap = draw(GAPS)
    found = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["field", "field", "inline", "typed", "spread"]))
        told = draw(directives())
        below = draw(selections(fragments, levels - 1)) if levels and draw(st.booleans()) else ""
        if kind == "field":
            alias = f"{draw(NAMES)}{gap}:{gap}" if draw(st.booleans()) else ""
            found.append(f"{alias}{draw(NAMES)}{draw(arguments())} {told}{gap}{below}")
        elif kind == "spread" and fragments:
            found.append(f"...{gap}F{draw(st.integers(0, fragments - 1))} {told}")
        elif kind == "inline":
            found.append(f"...{gap}{told}{below or '{a}'}")
        else:
            found.append(f"...{gap}on {draw(NAMES)} {told}{below or '{ b }'}")
    return f"{{{gap}{gap.join(found)}{gap}}}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Operations and fragments, of which each spreads those before it."""
    count = draw(st.integers(0, 3))
    parts = [f"fragment F{n} on T {draw(directives())} {draw(selections(n))}" for n in range(count)]
    head = draw(st.sampled_from(["", "query", "query Q", 'mutation M ($a: Int = 1 @d(x: 2), $b: [T!]! = [")"])']))
    told = draw(directives()) if head else ""
    parts.insert(draw(st.integers(0, count)), f"{head} {told} {draw(selections(count))}")
    return draw(GAPS).join(["", *parts, ""])


def counted(document: DocumentNode) -> Counted:
    """The first operation, by the parsed document."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return below(operation.selection_set, fragments)._replace(root=root(operation.selection_set, fragments))


def below(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Counted:
    total = Counted(0, 0, 0, 0, 0, 1)
    for node in selected.selections:
        inner = Counted(0, 0, 0, 0, 0, 0)
        if isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            inner = below(fragment.selection_set, fragments)
            inner = inner._replace(directives=inner.directives + len(fragment.directives or ()))
        elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
            inner = below(node.selection_set, fragments)
        total = Counted(
            0,
            total.selections + 1 + inner.selections,
            total.aliases + inner.aliases + (isinstance(node, FieldNode) and node.alias is not None),
            total.directives + inner.directives + len(node.directives or ()),
            max(total.depth, inner.depth + isinstance(node, FieldNode)),
            max(total.nesting, inner.nesting + 1),
        )
    return total


def root(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    count = 0
    for node in selected.selections:
        if isinstance(node, FragmentSpreadNode):
            count += root(fragments[node.name.value].selection_set, fragments)
        elif isinstance(node, InlineFragmentNode):
            count += root(node.selection_set, fragments)
        else:
            count += 1
    return count


def tokens(text: str) -> int:
    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


@settings(max_examples=25, deadline=None)
@given(documents())
def test_a_text_is_counted_as_the_parser_reads_it(text):
    document = parse(text)
    expected = counted(document)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    outline = Outline(text)
    (asked,) = [each for each in outline.asked if each.fragment is None]

    found = outline.totals(asked)

    variables = operation.variable_definitions or ()
    of_operation = len(operation.directives or ()) + sum(len(each.directives or ()) for each in variables)
    assert found.directives == expected.directives + of_operation
    assert (found.root, found.selections, found.aliases) == expected[:3]
    assert found.nesting == expected.nesting
    if "__schema" not in text:
        assert found.depth == expected.depth
    assert asked.variables == len(variables)


@settings(max_examples=25, deadline=None)
@given(st.one_of(documents(), st.text(alphabet='{}()[]:$@."\\#a1 \n-,|&!=', max_size=40)))
@example('{a(b:"""')
@example('{a(b:"\\')
def test_no_text_that_the_parser_reads_is_counted_short(text):
    try:
        count = tokens(text)
        parse(text)
    except GraphQLSyntaxError:
        return

    assert not is_longer(text, count)
    assert is_longer(text, count - 1)
    Outline(text)


@pytest.mark.parametrize("text", ["type T { a: Int }", "{ a", "{ a } }", "{ { a } }", "a { b }", "{ 1 }", "{ a(b: 1 }"])
def test_a_text_that_is_no_document_of_operations_has_no_outline(text):
    with pytest.raises(Unreadable):
        Outline(text)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_documents_of_screens_and_agents_are_far_from_every_bound(file):
    text = file.read_text()
    limits = Limits()
    ((_, found),) = Outline(text).reckoned()

    assert limits.refusal(text) is None
    assert not is_longer(text, limits.tokens // 4)
    assert found.depth * 2 <= limits.depth and found.selections * 4 <= limits.fields
    assert found.aliases * 4 <= limits.aliases and found.root * 4 <= limits.root_fields


def test_the_introspection_of_tools_is_within_its_bounds():
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    deeper = query.replace("kind\n            name", "kind\n name\n ofType { kind name }", 1)

    assert Limits().refusal(query) is None
    assert Limits().refusal(deeper) is None


def test_fragments_that_double_are_reckoned_once_each():
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(1000))
    outline = Outline(f"{{ ...F0 }} {chain} fragment F1000 on Query {{ a: b }}")

    ((_, found),) = outline.reckoned()

    assert found.aliases == found.root == 2**1000


@pytest.mark.parametrize("length", [1, 2, 1000])
def test_a_circle_of_fragments_is_found(length):
    circle = " ".join(f"fragment F{n} on Query {{ ...F{(n + 1) % length} }}" for n in range(length))

    with pytest.raises(Circular):
        Outline(f"{{ ...F0 }} {circle}").reckoned()


def test_the_same_place_of_an_answer_is_counted_by_way_of_fragments():
    text = "{ a { b { c } } ...F ... on Query { a { b { c } } } } fragment F on Query { a { b { c c } d } }"
    outline = Outline(text)

    assert outline.repeated(outline.asked[0]) == 4
