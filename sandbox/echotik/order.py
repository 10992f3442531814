"""Lists of what belongs to a product: in the order asked for, a page at a time."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from sandbox.echotik.envelope import page_of, rows_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world.product import Product


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Identified)
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
