"""Lists of what belongs to something: in the order asked for, a page at a time."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from sandbox.echotik.columns import Item
from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world.product import Product

Whole = TypeVar("Whole")
Orders = Mapping[int, Callable[[Item], float]]


def ordered(question: Question, items: list[Item], orders: Orders[Item], field: str) -> list[Item]:
    """Sorted by the sort field asked for, ties by id; without one, as they stand."""
    order = orders.get(question.arguments.integer(field))
    if not order:
        return items
    descending = question.arguments.integer("sort_type", 1) == 1
    return sorted(sorted(items, key=lambda item: item.id), key=order, reverse=descending)


def list_reply(
    question: Question, path: str, answer: Callable[[Product], tuple[list[Item], Callable[[Item], dict[str, Any]]]]
) -> Reply:
    """A page of what `answer` gives for the product asked: the items in order, and how to make a row of one.

    The documents' own product has the documents' rows, an unknown one has none.
    """
    product_id = question.arguments.text("product_id")
    product = question.world.product(product_id)
    if not product:
        rows = EXAMPLES.related(path, product_id, question.version)
        return rows_reply(question, map(dump, page_of(question, rows)))
    items, row = answer(product)
    return rows_reply(question, [dump(row(item)) for item in page_of(question, items)])


def listed(question: Question, kind: str, find: Callable[[], Whole]) -> Whole:
    """A whole list in its order, kept for as long as the same is asked with other pages."""
    asked = tuple((name, value) for name, value in question.arguments.values.items() if not name.startswith("page_"))
    return question.lists.get((kind, question.world.today, *asked), find)


def page_reply(question: Question, kind: Hashable, items: list[Item], row: Callable[[Item], dict[str, Any]]) -> Reply:
    """A page of items as rows, which are kept."""
    return kept_rows(question, kind, page_of(question, items), row)


def kept_rows(
    question: Question,
    kind: Hashable,
    items: Iterable[Item],
    row: Callable[[Item], dict[str, Any]],
    *,
    message: bytes = b"success",
) -> Reply:
    """Items as rows, which are kept: `kind` and an item's index say all that its row depends on."""
    today = question.world.today
    rows = [question.rows.get((kind, item.index, today), partial(_dumped, row, item)) for item in items]
    return rows_reply(question, rows, message)


def _dumped(row: Callable[[Item], dict[str, Any]], item: Item) -> bytes:
    return dump(row(item))
