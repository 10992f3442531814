"""The blocks of a page that does not work are found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.conftest import ALL, Start
from tests.docs.blocks import ROOT, blocks
from tests.docs.languages import Page
from tests.docs.shape import differences, missing_lines

PAGE = ROOT / "docs/none.md"
Failing = Callable[[str], list[str]]


@pytest.fixture
def failing(at_work, gateway: Start) -> Failing:
    """What is wrong with a page of this text."""
    return lambda text: list(Page(blocks(PAGE, text), at_work, partial(gateway, providers=ALL)).failures())


def block(language: str, code: str) -> str:
    return f"```{language}\n{code}\n```\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (block("", "anything"), "a block needs a language"),
        (block("cobol", "anything"), "a block needs a language"),
        (block("graphql", "{ products(region: US) { nodes { nome } } }"), "nome"),
        ("<!-- errors: BUDGET_EXCEEDED -->\n" + block("graphql", "{ __typename }"), "AssertionError"),
        (block("json", "{…}"), "JSONDecodeError"),
        (block("env", "SHOPGRAPH_STORES=memory:"), "SHOPGRAPH_STORES"),
        (block("ini", "[Service]\nExecStart=/srv/scripts/sereve"), "scripts/sereve is not there"),
        (block("nginx", "server {"), "AssertionError"),
    ],
)
def test_a_block_that_does_not_work_is_told(failing: Failing, text: str, reason: str):
    (told,) = failing(text)

    assert told.startswith("docs/none.md:") and reason in told


def test_commands_keep_variables_and_fail_by_their_status(failing: Failing):
    page = block("sh", "SAID=word\ncd docs") + block("sh", 'test "$SAID" = word\nls start.md') + block("sh", "false")

    (told,) = failing(page)
    assert "none.md:9 (sh)" in told and "ended with 1" in told


def test_a_diff_that_fits_no_longer_is_told(failing: Failing):
    (told,) = failing(block("diff", "--- a/server.py\n+++ b/server.py\n@@\n no such line\n+more"))

    assert "server.py has this 0 times" in told


def test_what_is_shown_must_be_what_was_answered(failing: Failing):
    asked = block("graphql", '{ product(id: "1") { name } }')
    shown = "<!-- shows: previous data -->\n"

    assert failing(asked + shown + block("json", '{"product": null}')) == []
    (told,) = failing(asked + shown + block("json", '{"products": null}'))
    assert "products is not answered" in told


def test_a_directive_without_a_block_is_refused():
    with pytest.raises(AssertionError, match="no block behind it"):
        blocks(PAGE, "<!-- norun: it is hard -->\n\nWords.\n")


@pytest.mark.parametrize(
    ("shown", "answered", "told"),
    [
        ('{"a": 1, "b": ["x"]}', '{"a": 2.5, "b": ["y", "z"]}', []),
        ('{"a": 1}', '{"a": "1"}', ['a is "1"']),
        ('{"a": 1}', '{"a": true}', ["a is true"]),
        ('{"a": 1}', '{"b": 1}', ["the answer.a is not answered", "the answer.b is not shown"]),
        ('[{"a": 1}]', "[]", ["the answer is empty"]),
        ('[{"a": 1}]', '[{"b": 1}, {"a": 3}]', []),
    ],
)
def test_shapes_are_compared_by_names_and_kinds(shown: str, answered: str, told: list[str]):
    found: Iterator[str] = differences(json.loads(shown), json.loads(answered))

    assert list(found) == told


def test_lines_are_compared_but_for_numbers():
    assert missing_lines("took 12 ms\n…  rows", "took 7  ms\nseven rows\n") == []
    assert missing_lines("took 12 s", "took 7 ms") == ["took 12 s"]
