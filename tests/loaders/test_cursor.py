"""A cursor leads back to its row, and to no other list."""

from __future__ import annotations

import base64
from datetime import date

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loaders.cursor import LONGEST, Cursor, decode, digest
from upstream.errors import BadCursor

PROPERTY = settings(max_examples=100, deadline=None, database=None)

MARK = digest("product.list", {"region": "US"})
CURSORS = st.builds(
    Cursor,
    row=st.integers(0, 10**7),
    route=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    digest=st.just(MARK),
    day=st.none() | st.dates(),
    offset=st.none() | st.integers(0, 10**15).map(str),
    base=st.integers(0, 10**7),
)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


@PROPERTY
@given(cursor=CURSORS)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor):
    text = cursor.encode()

    assert decode(text, MARK) == cursor
    assert text.isascii() and not set(text) & set("+/= ")


@PROPERTY
@given(cursor=CURSORS, row=st.integers(0, 10**7))
def test_a_cursor_moved_to_another_row_is_of_the_same_list(cursor: Cursor, row: int):
    moved = decode(cursor.moved_to(row).encode(), MARK)

    assert moved == cursor._replace(row=row)


@PROPERTY
@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@example(text="")
@example(text="====")
@example(text="\ud800")
@example(text="A" * 1_000_000)
def test_any_other_text_is_refused(text: str):
    with pytest.raises(BadCursor):
        decode(text, MARK)


@PROPERTY
@given(cursor=CURSORS, at=st.integers(0, 200), said=st.characters())
def test_a_cursor_that_was_tampered_with_is_refused_or_still_of_this_list(cursor: Cursor, at: int, said: str):
    text = cursor.encode()
    try:
        found = decode(text[:at] + said + text[at + 1 :], MARK)
    except BadCursor:
        return

    assert found.digest == MARK and found.row >= 0


ODD = [
    [-1, "r", MARK, None],
    ["1", "r", MARK, None],
    [1.5, "r", MARK, None],
    [1, "r"],
    [1, "r", "another digest", None],
    [1, "r", MARK, "2024-13-01"],
    [1, "r", MARK, None, "more"],
    {"row": 1, "route": "r", "digest": MARK},
    None,
]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_what_is_packed_like_a_cursor_but_is_none_is_refused(value: object):
    with pytest.raises(BadCursor):
        decode(packed(value), MARK)


def test_a_cursor_of_a_list_with_other_arguments_is_refused():
    text = Cursor(9, "echotik.product.list@v3", MARK, date(2024, 5, 3)).encode()

    for other in (digest("product.list", {"region": "GB"}), digest("product.ranklist", {"region": "US"})):
        with pytest.raises(BadCursor):
            decode(text, other)


def test_a_text_that_is_too_long_is_not_even_decoded():
    with pytest.raises(BadCursor):
        decode(Cursor(1, "x" * LONGEST, MARK).encode(), MARK)


@PROPERTY
@given(arguments=st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.booleans(), max_size=5))
def test_the_order_of_arguments_makes_no_other_list(arguments: dict[str, object]):
    turned = dict(reversed(arguments.items()))

    assert digest("a", arguments) == digest("a", turned)
    assert digest("a", arguments) != digest("b", arguments)
    assert digest("a", arguments) != digest("a", {**arguments, "one more name": 1})
