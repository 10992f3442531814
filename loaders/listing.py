"""Lists of the graph: declared once, collected over as many upstream pages as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any, NamedTuple

from entities.graph import Entity
from entities.record import Fact
from entities.vocabulary import RankPeriod
from loaders.backend import Item, Page
from loaders.cursor import Cursor, decode, digest
from loaders.failover import is_spent, joined
from loaders.lookup import PartFailed
from loaders.session import Session, nodes_of
from upstream.argument import LeveledCategory, Offsets, OnePage, Order, Pages
from upstream.endpoint import Endpoint
from upstream.errors import BadCursor, BadInput, CapabilityUnavailable, UnknownRoute, UpstreamError
from upstream.operation import Operation
from upstream.routing import are_twins, rows_of

MOST_ROWS = 100
WIDEST_WAVE = 8


@dataclass(frozen=True)
class Listing:
    """A declared list.

    capability   the endpoint's name
    parent       the argument that names the entity whose relation it is; None for a list of the root
    order        the fields it sorts by, the first of which stands for "none given"
    count        the parent's fact that tells about how many rows there are
    categories   arguments that are categories of any level: which, the provider's tree tells
    """

    capability: str
    parent: str | None = None
    order: type[Enum] | None = None
    count: Fact | None = None
    categories: tuple[str, ...] = ()

    def narrows(self, given: Mapping[str, Any]) -> bool:
        """Whether these arguments leave rows out, so that the parent's count says nothing of the list."""
        return any(value is not None for name, value in given.items() if name != "sort")

    def arguments(self, given: Mapping[str, Any], parent: Entity | None) -> dict[str, Any]:
        """What is asked of the endpoint: what the client gave, the parent's id, and an order in any case."""
        asked = {name: value for name, value in given.items() if value is not None}
        if self.order is not None:
            asked.setdefault("sort", Order(next(iter(self.order)), chosen=False))
        if self.parent is not None and parent is not None:
            asked[self.parent] = parent.id
        return asked

    def mark(self, asked: Mapping[str, Any]) -> str:
        """Names the list for its cursors: the order that none given stands for is the same when it is given."""
        order = asked.get("sort")
        return digest(self.capability, {**asked, "sort": order._replace(chosen=True)} if order else asked)


class Period(NamedTuple):
    """What a ranking describes: kind and first day."""

    kind: RankPeriod
    start: date

    @property
    def end(self) -> date:
        """The first day behind it."""
        if self.kind is RankPeriod.DAY:
            return self.start + timedelta(days=1)
        if self.kind is RankPeriod.WEEK:
            return self.start + timedelta(days=7)
        return (self.start.replace(day=1) + timedelta(days=32)).replace(day=1)

    def is_final(self, now: float) -> bool:
        """Rankings stop moving 48 hours behind their period."""
        end = datetime.combine(self.end, time(), UTC)
        return now >= (end + timedelta(hours=48)).timestamp()


class Edge:
    """One row of a list: the node, what is told of the pair, and its place."""

    __slots__ = ("_list", "facts", "node", "row")

    def __init__(self, row: int, node: Any, facts: Any, at: Cursor) -> None:
        self.row = row
        self.node = node
        self.facts = facts
        self._list = at

    @property
    def cursor(self) -> str:
        return self._list.moved_to(self.row).encode()

    @property
    def rank(self) -> int:
        return self.row + 1


@dataclass(frozen=True, slots=True)
class Connection:
    """The rows asked for, in upstream order.

    end_cursor     of the last wire row, also where that has no edge
    has_next       whether more rows may follow: true where the rows end on a full page and nothing tells more
    total_count    where the list's own envelope tells it, else None
    day            the date of a ranking
    """

    edges: Sequence[Edge]
    end_cursor: str | None
    has_next: bool
    has_previous: bool
    total_count: int | None = None
    day: date | None = None

    @property
    def start_cursor(self) -> str | None:
        return self.edges[0].cursor if self.edges else None

    @property
    def nodes(self) -> list[Any]:
        return [edge.node for edge in self.edges]


class Slice(NamedTuple):
    """Wire rows from `start`, as many as `length`."""

    start: int
    length: int


def slice_of(first: int | None, after: Cursor | None) -> Slice:
    """Which rows are asked for; raises BadInput where `first` is out of its bounds."""
    wanted = 10 if first is None else first
    if not 1 <= wanted <= MOST_ROWS:
        raise BadInput("first", f"must be from 1 to {MOST_ROWS}")
    return Slice(0 if after is None else after.row + 1, wanted)


async def connection(
    session: Session,
    listing: Listing,
    given: Mapping[str, Any],
    first: int | None,
    after: str | None,
    parent: Entity | None = None,
) -> Connection:
    """Collect `first` rows behind a cursor.

    Raises   BadInput, BadCursor; CapabilityUnavailable where no endpoint takes the arguments; UpstreamError if a page
             fails (no half lists: those that arrived are in the store)
    """
    arguments = listing.arguments(given, parent)
    mark = listing.mark(arguments)
    place = None if after is None else decode(after, mark)
    rows = slice_of(first, place)
    told = None
    if parent is not None and listing.count is not None and not listing.narrows(given):
        told = parent.read(listing.count)
    with session.working:
        arguments = await _leveled(session, listing, arguments)
        groups = await groups_for(session, listing.capability, arguments, place, rows, parent)

        async def ask(group: Sequence[Endpoint], operation: Operation, arrived: list[Page]) -> Connection:
            at = Cursor(0, group[0].route, mark)
            if isinstance(group[0].pages, Offsets):
                return await _follow(session, group, arguments, rows, place or at)
            return await _collect(session, group, arguments, rows, at, arrived, told=told or None, operation=operation)

        try:
            return await _first_of(session, groups, parent, ask)
        except UnknownRoute as error:
            if groups[0][0].published:
                raise
            raise CapabilityUnavailable(error.message, capability=listing.capability) from None


async def ranking(
    session: Session,
    listing: Listing,
    given: Mapping[str, Any],
    candidates: Sequence[Period],
    first: int | None,
    after: str | None,
) -> Connection:
    """The first of the candidate periods that has rows; where none has, the newest, empty.

    Arguments that tell the period are among `given` for the cursor's sake alone.
    """
    asked = listing.arguments(without_period(given), None)
    mark = listing.mark({**given, **asked})
    place = None if after is None else decode(after, mark)
    rows = slice_of(first, place)
    periods = [period for period in candidates if place is None or period.start == place.day]
    if place is not None and not periods:
        periods = [Period(candidates[0].kind, place.day)] if place.day is not None else []
    if not periods:
        raise BadCursor
    with session.working:
        asked = await _leveled(session, listing, asked)
        groups = await groups_for(session, listing.capability, {**asked, "date": periods[0].start}, place, rows)
        for period in periods:
            at = Cursor(0, groups[0][0].route, mark, period.start)
            arguments = {**asked, "date": period.start}
            found = await _collect(session, groups[0], arguments, rows, at, [], period)
            if found.edges or found.has_next:
                return found
    return Connection([], None, False, place is not None, None, periods[0].start)


def without_period(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a ranking without those that tell its period."""
    return {name: value for name, value in given.items() if name not in ("date", "latest")}


def known_list(
    session: Session, kind: str, keys: Sequence[str], mark: str, first: int | None, after: str | None
) -> Connection:
    """A list whose ids are all known: it costs no call, and tells its length.

    mark   names the list, so that another one refuses its cursors
    """
    mark = digest(mark, {})
    place = None if after is None else decode(after, mark)
    rows = slice_of(first, place)
    at = Cursor(0, "known", mark)
    shown = list(enumerate(keys))[rows.start : rows.start + rows.length]
    edges = [Edge(row, session.entity(kind, key), None, at) for row, key in shown]
    end_cursor = edges[-1].cursor if edges else None
    has_next = rows.start + rows.length < len(keys)
    return Connection(edges, end_cursor, has_next, rows.start > 0, len(keys))


async def _leveled(session: Session, listing: Listing, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, its categories with their levels."""
    leveled = {
        name: LeveledCategory(asked[name], await session.level(asked[name]))
        for name in listing.categories
        if name in asked
    }
    return {**asked, **leveled}


async def groups_for(
    session: Session,
    capability: str,
    arguments: Mapping[str, Any],
    place: Cursor | None,
    rows: Slice,
    parent: Entity | None = None,
) -> list[list[Endpoint]]:
    """The endpoints that may give a list, best first; those that tell the same rows together, for each page may come
    from any of them. Behind a cursor, those alone where the list was begun.
    """
    catalog = session.catalog
    if place is not None:
        begun = catalog.continuing(place.route, capability)
        if not begun:
            raise CapabilityUnavailable(f"{capability}: the list was begun at {place.route}, which is not configured")
        eligible = catalog.eligible(capability, arguments)
        return [[endpoint for endpoint in begun if endpoint in eligible] or begun[:1]]
    eligible = catalog.eligible(capability, arguments)
    if len(eligible) > 1 and len({endpoint.provider for endpoint in eligible}) > 1:
        eligible = await _trusted(session, capability, eligible, parent)
        prices = {each: await _price(session, capability, each, arguments, rows) for each in eligible}
        eligible = catalog.ranked(eligible, arguments, prices)
    groups: list[list[Endpoint]] = []
    for endpoint in eligible:
        twins = next((group for group in groups if are_twins(group[0], endpoint)), None)
        if twins is not None:
            twins.append(endpoint)
        elif all(group[0].provider != endpoint.provider for group in groups):
            groups.append([endpoint])
    return groups


async def _trusted(
    session: Session, capability: str, eligible: Sequence[Endpoint], parent: Entity | None
) -> list[Endpoint]:
    """Those whose rows tell what is asked of each pair, and whose ids mean what they mean elsewhere, as far as a name
    tells that; all of them, where nobody is left.
    """
    catalog = session.catalog
    wanted = session.wanted(capability) if catalog.mixes else frozenset()
    known = frozenset().union(*(_edge_facts(each) for each in eligible))
    found = [each for each in eligible if wanted & known <= _edge_facts(each)]
    found = [each for each in found if catalog.trusts(each, each.entity)]
    unproven = [each for each in found if parent is not None and not catalog.trusts(each, parent.type)]
    if unproven and parent is not None and len(unproven) < len(found):
        distrusted = {each for each in unproven if await session.proving.verdict(each, parent) is False}
        found = [each for each in found if each not in distrusted]
    return found or list(eligible)


def _edge_facts(endpoint: Endpoint) -> frozenset[Fact]:
    rows = rows_of(endpoint)
    return frozenset() if rows.edge is None else rows.edge.facts


async def _price(
    session: Session, capability: str, endpoint: Endpoint, arguments: Mapping[str, Any], rows: Slice
) -> float:
    """What a list costs there: the pages that the store lacks, and looking up what its rows do not tell."""
    catalog, pages = session.catalog, endpoint.pages
    assert pages is not None
    if isinstance(pages, Offsets):
        return catalog.price(endpoint) * -(-rows.length // pages.size)
    head, last = rows.start // pages.size, min((rows.start + rows.length - 1) // pages.size, pages.last - 1)
    places = [number + 1 for number in range(head, last + 1)]
    stored = await session.backend.stored_pages(endpoint, arguments, places, session.operation)
    lacking = sum(page is None for page in stored)
    beside = 0.0
    if catalog.mixes and endpoint.entity is not None and lacking:
        beside = catalog.hydration(
            endpoint.entity, session.wanted(nodes_of(capability)) - rows_of(endpoint).facts, rows.length
        )
    return catalog.price(endpoint) * lacking + beside


Ask = Callable[[Sequence[Endpoint], Operation, list[Page]], Awaitable[Connection]]


async def _first_of(
    session: Session, groups: Sequence[Sequence[Endpoint]], parent: Entity | None, ask: Ask
) -> Connection:
    """The list of the first group that gives it; of another one only where no row of it had arrived."""
    failed: UpstreamError | None = None
    for number, group in enumerate(groups):
        arrived: list[Page] = []
        is_last = number == len(groups) - 1
        if parent is not None and not await _is_proven(session, group[0], parent):
            continue
        try:
            return await ask(group, session.operation if is_last else session.operation.hurried(), arrived)
        except UpstreamError as error:
            failed = joined(failed, error)
            if is_last or arrived or is_spent(failed, session.operation):
                raise failed from None
    if failed is not None:
        raise failed
    names = ", ".join(group[0].provider for group in groups)
    capability = groups[0][0].name
    raise CapabilityUnavailable(f"{capability}: the id is not known to mean the same at {names}", capability=capability)


async def _is_proven(session: Session, endpoint: Endpoint, parent: Entity) -> bool:
    try:
        return await session.proving.is_proven(endpoint, parent)
    except PartFailed as failed:
        raise failed.cause from None


async def _collect(
    session: Session,
    group: Sequence[Endpoint],
    arguments: Mapping[str, Any],
    rows: Slice,
    at: Cursor,
    pages: list[Page],
    period: Period | None = None,
    told: int | None = None,
    operation: Operation | None = None,
) -> Connection:
    """pages   receives those that arrive"""
    endpoint = group[0]
    assert isinstance(endpoint.pages, Pages | OnePage)
    size = endpoint.pages.size
    head, last = rows.start // size, (rows.start + rows.length - 1) // size
    endpoint.encode(arguments, head + 1)  # refused before any call where the list cannot reach so far
    last = min(last, endpoint.pages.last - 1)
    stored = await session.backend.stored_pages(endpoint, arguments, [head] if head else [], session.operation)
    before = next(iter(stored), None)
    for wave in waves(head, last, None if told is None else (told - 1) // size):
        places = [number + 1 for number in wave]
        stored = await session.backend.stored_pages(endpoint, arguments, places, session.operation)
        ends = next((place for place, page in enumerate(stored) if page and len(page.items) < size), len(wave))
        arrived = await _pages(session, group, arguments, places[: ends + 1], period, operation or session.operation)
        for item in (item for page in arrived for item in page.items):
            node_of(session, item)  # what it tells need not be looked up meanwhile
        pages += arrived
        again = _again(before, pages)
        del pages[len(pages) if again is None else again :]
        total = next((page.total for page in pages if page.total is not None), None)
        whole = total is not None and (head + len(pages)) * size >= total
        ended = whole or again is not None or any(len(page.items) < size for page in pages)
        if ended:
            break
    ended = ended or head + len(pages) == endpoint.pages.last
    items = _until_short(pages, size)
    edges = _edges(session, items, head * size, rows, at)
    end, length = rows.start + rows.length, head * size + len(items)
    last = min(end, length) - 1
    end_cursor = at.moved_to(last).encode() if last >= rows.start else None
    return Connection(edges, end_cursor, length > end or not ended, rows.start > 0, total, at.day)


async def _follow(
    session: Session, group: Sequence[Endpoint], arguments: Mapping[str, Any], rows: Slice, at: Cursor
) -> Connection:
    """The rows of a list whose pages each tell the offset of the next, one after the other."""
    endpoint, others = group[0], group[1:]
    assert isinstance(endpoint.pages, Offsets)
    offset, base, end = at.offset or endpoint.pages.first, at.base, rows.start + rows.length
    edges: list[Edge] = []
    seen: set[Any] = set()
    asked: set[str] = set()
    while True:
        asked.add(offset)
        page = await session.backend.page(endpoint, arguments, session.operation, offset, others=others)
        behind = base + len(page.items)
        here = at._replace(offset=offset, base=base)
        there = here if page.next is None else at._replace(offset=page.next, base=behind)
        edges += _edges(session, page.items[:-1], base, rows, here, seen)
        edges += _edges(session, page.items[-1:], behind - 1, rows, there, seen)  # behind it goes on at the next page
        last = min(end, behind) - 1
        if page.next is None or page.next in asked or behind >= end:
            break
        offset, base = page.next, behind
    end_cursor = (there if last == behind - 1 else here).moved_to(last).encode() if last >= rows.start else None
    has_next = behind > end or (page.next is not None and page.next not in asked)
    return Connection(edges, end_cursor, has_next, rows.start > 0, page.total)


async def _pages(
    session: Session,
    group: Sequence[Endpoint],
    arguments: Mapping[str, Any],
    numbers: Any,
    period: Period | None,
    operation: Operation,
) -> list[Page]:
    backend, others = session.backend, group[1:]
    describes = None if period is None else period.end - timedelta(days=1)
    final = period is not None and period.is_final(backend.clock())
    outcomes = await asyncio.gather(
        *(backend.page(group[0], arguments, operation, number, describes, final, others) for number in numbers),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Page)]


def waves(head: int, last: int, told: int | None = None) -> list[range]:
    """Page indexes in the order they are asked: the first alone, then 1, 2, 4, 8 at once, then 8 by 8.

    told   the last page by the count that the parent told: up to it the rest go at once, and it ends nothing
    """
    result = [range(head, head + 1)]
    start, width = head + 1, 1
    if told is not None and start <= min(told, last):
        result.append(range(start, min(told, last) + 1))
        start = result[-1].stop
    while start <= last:
        result.append(range(start, min(start + width, last + 1)))
        start, width = start + width, min(WIDEST_WAVE, width * 2)
    return result


def _edges(
    session: Session, items: Sequence[Item], base: int, rows: Slice, at: Cursor, seen: set[Any] | None = None
) -> list[Edge]:
    """Ends, ranks and cursors count wire rows; what could not be read, or stood there before, has no edge.

    base   the place of the first item
    """
    seen = set() if seen is None else seen
    edges: list[Edge] = []
    for place, item in enumerate(items, start=base):
        node = node_of(session, item)
        if node is None or not rows.start <= place < rows.start + rows.length or _identity(node) in seen:
            continue
        seen.add(_identity(node))
        edges.append(Edge(place, node, item.edge, at))
    return edges


def _again(before: Page | None, pages: Sequence[Page]) -> int | None:
    """The first page, by its place, that tells the rows of the page before it once more: it ends the list, for who
    leaves the number of a page unread would never come to an end.
    """
    told = [[_key(item) for item in page.items] for page in (before, *pages) if page is not None]
    begin = 0 if before is None else 1
    return next(
        (place - begin for place in range(1, len(told)) if any(told[place]) and told[place] == told[place - 1]), None
    )


def _key(item: Item) -> Any:
    """What tells a row from the others of its page; None where it could not be read."""
    return item.value if item.part is None else item.part.record.id


def _until_short(pages: Sequence[Page], size: int) -> list[Item]:
    """The rows up to the first page that is not full: it ends the list."""
    items: list[Item] = []
    for page in pages:
        items += page.items
        if len(page.items) < size:
            break
    return items


def node_of(session: Session, item: Item) -> Any:
    """The entity or value that a row is, merged into what the operation knows; None where it could not be read."""
    for part in item.also:
        session.graph.absorb(part)
    return item.value if item.part is None else session.graph.absorb(item.part)


def _identity(node: Any) -> Any:
    return node if isinstance(node, Entity) else node.id
