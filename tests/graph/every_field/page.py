"""Pages of a list: its nodes in order, and cursors that lead on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

from tests.graph.walked import Such, Walker

FULL = 10  # rows of an upstream page
MOST = 100
PAGE = """
  edges {{ cursor node {{ {key} }} }} nodes {{ {key} }} totalCount {more}
  pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
"""


def compare_pages(
    walker: Walker,
    steps: Sequence[str],
    ids: Sequence[str],
    *,
    total: int | None = None,
    more: Mapping[str, Any] | None = None,
    key: str = "id",
) -> None:
    """Walks a list of three nodes or more.

    steps   from the root to the list, each with its arguments: 'seller(id: "7")', "products(sort: …)"
    ids     of its nodes, in order
    total   what the list says of its length
    more    fields of the list beside those that all lists have, with their values
    key     the field of a node that tells its id
    """
    more = more or {}
    assert len(ids) > 2, steps

    @cache
    def leads_on(cursor: str, place: int) -> bool:
        """Whether what follows a cursor is what follows a place."""
        after = f'first: 1, after: "{cursor}"'
        page = {"nodes": [{key: ids[place + 1]}], "pageInfo": {"hasPreviousPage": True}}
        walker.same(_query(steps, after, f"nodes {{ {key} }} pageInfo {{ hasPreviousPage }}"), _nested(steps, page))
        return True

    cursors = [Such(f"a cursor of place {place}", partial(leads_on, place=place)) for place in (0, 1)]
    edges = [{"cursor": cursor, "node": {key: id}} for cursor, id in zip(cursors, ids, strict=False)]
    info = {"hasNextPage": True, "hasPreviousPage": False, "startCursor": cursors[0], "endCursor": cursors[1]}
    page = {"edges": edges, "nodes": [{key: id} for id in ids[:2]], "totalCount": total, "pageInfo": info, **more}
    walker.same(_query(steps, "first: 2", PAGE.format(key=key, more=" ".join(more))), _nested(steps, page))
    if len(ids) < MOST:
        _compare_whole(walker, steps, [{key: id} for id in ids], key, counted=total is not None)


def _compare_whole(
    walker: Walker, steps: Sequence[str], nodes: Sequence[Mapping[str, str]], key: str, *, counted: bool
) -> None:
    """All nodes; behind a full page of the provider there may be more, unless it has counted them."""
    known = counted or len(nodes) % FULL != 0
    query = _query(steps, f"first: {MOST}", f"nodes {{ {key} }} " + ("pageInfo { hasNextPage }" if known else ""))
    page: dict[str, Any] = {"nodes": nodes}
    walker.same(query, _nested(steps, page | ({"pageInfo": {"hasNextPage": False}} if known else {})))


def _query(steps: Sequence[str], arguments: str, selection: str) -> str:
    *above, last = steps
    head, opened, rest = last.partition("(")
    selection = f"{head}({arguments}{f', {rest}' if opened else ')'} {{ {selection} }}"
    for step in reversed(above):
        selection = f"{step} {{ {selection} }}"
    return f"{{ {selection} }}"


def _nested(steps: Sequence[str], value: Mapping[str, Any]) -> Mapping[str, Any]:
    for step in reversed(steps):
        value = {step.partition("(")[0]: value}
    return value
