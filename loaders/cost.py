"""What an operation costs at most, worked out from its arguments and what the store holds, without a call.

The same walk as the operation's own, over crowds instead of entities: what the store tells is read, and joins the
operation's graph; what it lacks is counted, and stands for so many entities that nobody has named yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET

from entities.category import CategoryName
from entities.graph import Entity, type_of
from entities.record import Fact, Image
from entities.vocabulary import CategoryLanguage, CategoryLevel, Window
from loaders.backend import Page
from loaders.cursor import Cursor, decode
from loaders.listing import Listing, Period, Slice, groups_for, node_of, slice_of, waves, without_period
from loaders.series import Asked, Series, plans
from loaders.session import Session
from upstream.argument import LeveledCategory, Offsets, OnePage, Pages
from upstream.endpoint import Endpoint
from upstream.errors import ShopgraphError
from upstream.routing import rows_of

UNNAMED = "1"
"""Stands for the id of an entity that nobody has named yet."""

ON_AIR = "on air"
"""Stands among the facts of a live that was counted as read from TikTok."""

SINGLE_PICTURES = ("cover", "avatar", "logo")

ASSUMED_SIZE = 10
"""How many there are at most of what no argument bounds: the pictures of a product."""

TREE_SIZES = {CategoryLevel.L1: 50, CategoryLevel.L2: 500, CategoryLevel.L3: 3000}
"""How many categories a level is taken to have before it is told."""

Path = tuple[str, ...]


@dataclass(eq=False)
class Crowd:
    """Entities of which the same is known: a single one with a name, or so many whom nobody has named yet.

    told     facts that the rows bringing them, or lookups counted meanwhile, tell of each
    beside   facts that those rows tell of others, by type
    value    the row itself, where it is no entity
    edge     what its row tells of the pair
    row      a category's place in the tree
    level    a category's level, where the tree tells it
    behind   in how many answers what lookups tell of them arrives
    """

    count: int = 1
    kind: str | None = None
    entity: Entity | None = None
    told: set[Fact] = field(default_factory=set)
    beside: Mapping[str, frozenset[Fact]] = field(default_factory=dict)
    value: Any = None
    edge: Any = None
    row: CategoryName | None = None
    level: CategoryLevel | None = None
    behind: int = 0

    def tells(self, fact: Fact) -> bool:
        return fact in self.told or (self.entity is not None and self.entity.read(fact) is not UNSET)

    def reads(self, fact: Fact) -> Any:
        """What is known of a fact; UNSET also where it will be told, but is not yet."""
        if fact == "level" and self.level is not None:
            return self.level
        return UNSET if self.entity is None else self.entity.read(fact)


class Place(NamedTuple):
    """What a selection of fields stands on.

    brought   in how many answers those without a name arrive
    window    of the measures, below a view
    fact      that the fields are of, where it is a picture
    """

    crowds: Sequence[Crowd]
    brought: int = 0
    window: Window = Window.ALL_TIME
    fact: Fact | None = None


ROOT = Place((Crowd(),))


@dataclass
class Lookup:
    """What is asked of an endpoint by keys, all over the operation."""

    known: set[str] = field(default_factory=set)
    unnamed: int = 0
    moments: int = 0

    def calls(self, limit: int) -> int:
        """At most: keys that arrive together share calls, those of different moments may not."""
        keys = len(self.known) + self.unnamed
        moments = max(self.moments, bool(self.unnamed)) + bool(self.known)
        return min(keys, (keys + (limit - 1) * moments) // limit)


class Ask(NamedTuple):
    """Calls to an endpoint for a field."""

    path: Path
    endpoint: Endpoint
    calls: int


class Estimate(NamedTuple):
    """What an operation costs at most.

    asks   by field, in the order in which they were met
    """

    asks: Sequence[Ask]

    @property
    def credits(self) -> int:
        return sum(ask.calls * ask.endpoint.credits for ask in self.asks)

    @property
    def calls(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for ask in self.asks:
            counted[ask.endpoint.title] += ask.calls
        return counted

    @property
    def by_field(self) -> Mapping[tuple[Path, Endpoint], int]:
        """The calls of each field to each endpoint."""
        counted: Counter[tuple[Path, Endpoint]] = Counter()
        for ask in self.asks:
            counted[ask.path, ask.endpoint] += ask.calls
        return counted

    @property
    def dearest(self) -> str:
        """The field that costs most."""
        credits: Counter[str] = Counter()
        for ask in self.asks:
            credits[".".join(ask.path)] += ask.calls * ask.endpoint.credits
        return max(credits, key=lambda path: credits[path], default="")


class Estimator:
    """Counts the calls of one operation: `session` is its own, and learns what the store tells."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._catalog = session.catalog
        self._lookups: dict[Endpoint, Lookup] = defaultdict(Lookup)
        self._first_at: dict[Endpoint, Path] = {}
        self._counted: set[Any] = set()
        self._asks: list[Ask] = []
        self._trees: dict[tuple[CategoryLevel, CategoryLanguage], Mapping[str, CategoryName] | None] = {}
        self._children: dict[CategoryLevel, Mapping[str | None, list[CategoryName]]] = {}
        self._crowds: list[Crowd] = []  # kept, so that no other can have the id of one that was counted

    def estimate(self) -> Estimate:
        lookups = (
            Ask(self._first_at[endpoint], endpoint, lookup.calls(endpoint.limit))
            for endpoint, lookup in self._lookups.items()
        )
        return Estimate([ask for ask in (*self._asks, *lookups) if ask.calls])

    @property
    def today(self) -> date:
        return self.session.backend.today

    # ── facts of entities ─────────────────────────────────────────────────────────────────────────────────────────

    async def facts(self, place: Place, facts: Iterable[Fact], path: Path) -> int:
        """The facts of all who stand there; in how many answers those that are lacking arrive."""
        answers = 0
        for fact in facts:
            lacking = [crowd for crowd in place.crowds if crowd.kind is not None and not crowd.tells(fact)]
            await self.session.load([crowd.entity for crowd in lacking if crowd.entity is not None])
            by_kind: dict[str, list[Crowd]] = defaultdict(list)
            for crowd in lacking:
                if not crowd.tells(fact):
                    by_kind[str(crowd.kind)].append(crowd)
            for kind, crowds in by_kind.items():
                answers += await self._supply(kind, crowds, fact, place, path)
        return answers

    async def _supply(self, kind: str, lacking: Sequence[Crowd], fact: Fact, place: Place, path: Path) -> int:
        """Calls for a fact that these lack, as the operation would make them."""
        answers = 0
        count = sum(crowd.count for crowd in lacking)
        named = next((crowd.entity for crowd in lacking if crowd.entity is not None), None)
        suppliers = self.session.suppliers(named or self.session.entity(kind, UNNAMED), fact, count=count)
        supplier = next(iter(suppliers), None)
        if kind == "Category":
            await self._levels(lacking, path)
        if supplier is not None:
            unasked = [crowd for crowd in lacking if crowd.entity is None or supplier.route not in crowd.entity.parts]
            await self._prove(supplier, unasked, place, path)
            answers = self._look_up(supplier, unasked, place, path)
        if kind == "Live":
            self._on_air(lacking, fact, path)
        for crowd in lacking:
            crowd.behind = max(crowd.behind, answers)
            crowd.told |= {fact} if supplier is None else {fact, *rows_of(supplier).facts}
        return answers

    async def _prove(self, endpoint: Endpoint, crowds: Sequence[Crowd], place: Place, path: Path) -> None:
        """What it takes to learn whether ids mean the same at the endpoint's provider: a call each, and a name."""
        compared = None
        for crowd in crowds:
            kind = str(crowd.kind)
            compared = self.session.proving.comparison(endpoint, kind)
            if self._catalog.trusts(endpoint, kind) or compared is None:
                return
            verdict = None if crowd.entity is None else await self.session.proving.verdict(endpoint, crowd.entity)
            if verdict is None:
                self._count(compared.endpoint, crowd.count, path, (crowd.entity or id(crowd), compared.endpoint))
                self._crowds.append(crowd)
        if compared is not None and not any(fact in crowd.told for crowd in crowds for fact in compared.names):
            await self.facts(place._replace(crowds=crowds), compared.names[:1], path)

    async def _levels(self, categories: Sequence[Crowd], path: Path) -> None:
        """What it takes to learn the levels of categories."""
        for crowd in categories:
            if crowd.entity is None:
                await self.tree(CategoryLevel, path)
            else:
                await self.level(crowd.entity.id, path)

    def _look_up(self, endpoint: Endpoint, crowds: Iterable[Crowd], place: Place, path: Path) -> int:
        known = {crowd.entity.id for crowd in crowds if crowd.entity is not None}
        unnamed = sum(crowd.count for crowd in crowds if crowd.entity is None)
        return self._by_keys(endpoint, known, unnamed, place.brought, path)

    def _by_keys(self, endpoint: Endpoint, known: set[str], unnamed: int, moments: int, path: Path) -> int:
        if not known and not unnamed:
            return 0
        self._first_at.setdefault(endpoint, path)
        lookup = self._lookups[endpoint]
        lookup.known |= known
        lookup.unnamed += unnamed
        lookup.moments += moments if unnamed else 0
        return Lookup(known, unnamed, moments if unnamed else 0).calls(endpoint.limit)

    def _on_air(self, lives: Sequence[Crowd], fact: Fact, path: Path) -> None:
        """Lives that their lookup may not know are read from TikTok, one by one."""
        for endpoint in self.session.serving("realtime.live")[:1]:
            for crowd in lives:
                may_be = crowd.entity is None or self.session.may_be_on_air(crowd.entity)
                if may_be and fact in rows_of(endpoint).facts and ON_AIR not in crowd.told:
                    self._count(endpoint, crowd.count, path)
                    crowd.told.add(ON_AIR)

    async def exist(self, kind: str, keys: Iterable[str], path: Path) -> Place:
        """Entities that a lookup proves, by their ids."""
        entities = [self.session.entity(kind, key) for key in dict.fromkeys(keys)]
        await self.session.load(entities)
        crowds = [Crowd(kind=kind, entity=entity) for entity in entities]
        lookups = self.session.lookups(kind)
        lookup = next(iter(lookups), None)
        unknown = [crowd for crowd in crowds if crowd.entity is not None and not crowd.entity.known]
        if kind == "Category":
            return Place([crowd for crowd in crowds if await self._may_be_there(crowd, path)])
        if lookup is None:
            return Place(crowds)
        asked = [crowd for crowd in unknown if crowd.entity and lookup.route in crowd.entity.parts]
        open_ = [crowd for crowd in unknown if crowd not in asked]
        brought = self._look_up(lookup, open_, ROOT, path)
        for other in lookups[1:]:
            if self.session.is_next(other, lookup):
                self._look_up(other, open_, ROOT, path)  # of what the first one lacks
        for crowd in open_:
            crowd.told |= rows_of(lookup).facts
        return Place([crowd for crowd in crowds if crowd not in asked], brought)  # those that were are known not to be

    async def _may_be_there(self, category: Crowd, path: Path) -> bool:
        """Whether a category is in the tree, as far as the store has that."""
        assert category.entity is not None
        if category.entity.known:
            return True
        category.level = await self.level(category.entity.id, path)
        return category.level is not None or None in (await self.tree(CategoryLevel, path)).values()

    async def by_handles(self, kind: str, handles: Iterable[str], path: Path) -> Place:
        """Entities that are looked up by another fact than their id."""
        endpoint = next(iter(self.session.by(kind, "handle")), None)
        if endpoint is None:
            return Place(())
        keys = list(dict.fromkeys(handles))
        held = await self.session.held(endpoint, keys)
        lacking = {key for key, entry in zip(keys, held, strict=True) if entry is None}
        brought = self._by_keys(endpoint, lacking, 0, 0, path)
        known = [entry.value for entry in held if entry is not None and isinstance(entry.value, str)]
        named = [Crowd(kind=kind, entity=self.session.entity(kind, key)) for key in known]
        await self.session.load([crowd.entity for crowd in named if crowd.entity is not None])
        unnamed = [Crowd(len(lacking), kind, None, set(rows_of(endpoint).facts))] if lacking else []
        return Place([*named, *unnamed], brought)

    def linked(self, place: Place, fact: Fact, kind: str, brought: int = 0, most: int = 1) -> Place:
        """Those whom a fact of theirs names, at most so many each."""
        crowds: list[Crowd] = []
        for crowd in place.crowds:
            named = crowd.reads(fact)
            if named is UNSET:
                crowds.append(Crowd(crowd.count * most, kind, None, set(crowd.beside.get(kind, ()))))
            elif named is not None:
                keys = [named] if isinstance(named, str) else named
                crowds += [Crowd(kind=kind, entity=self.session.entity(kind, key)) for key in keys]
        behind = max((crowd.behind for crowd in place.crowds), default=0)
        return Place(crowds, place.brought + max(brought, behind))

    def leveled(self, place: Place, facts: Mapping[CategoryLevel, Fact], brought: int) -> Place:
        """The categories that facts of theirs name, level by level."""
        crowds: list[Crowd] = []
        for level, fact in facts.items():
            found = self.linked(place, fact, "Category").crowds
            crowds += (replace(crowd, told={*crowd.told, "level"}, level=level) for crowd in found)
        return Place(crowds, place.brought + brought)

    def named(self, place: Place, kind: str, read: Callable[[Crowd], Any], level: CategoryLevel | None = None) -> Place:
        """For each that stands there the one whom its row names.

        read    the id, UNSET where the row is not known
        level   of a category
        """
        crowds: list[Crowd] = []
        told = set() if level is None else {"level"}
        for crowd in place.crowds:
            key = read(crowd)
            if key is UNSET:
                crowds.append(Crowd(crowd.count, kind, None, set(told), level=level))
            elif key is not None:
                crowds.append(Crowd(1, kind, self.session.entity(kind, key), set(told), level=level))
        return Place(crowds, place.brought)

    async def signed(self, place: Place, path: Path) -> None:
        """The pictures that stand there, each signed once."""
        for endpoint in self.session.serving("media.cover")[:1]:
            urls: set[str] = set()
            unnamed = 0
            for crowd in place.crowds:
                told = UNSET if place.fact is None else crowd.reads(place.fact)
                if told is UNSET:
                    unnamed += crowd.count * (1 if place.fact in SINGLE_PICTURES else ASSUMED_SIZE)
                else:
                    urls |= {image.url for image in _images(told) if urlsplit(image.url).hostname in endpoint.hosts}
            ordered = sorted(urls)
            held = await self.session.held(endpoint, ordered)
            lacking = {url for url, entry in zip(ordered, held, strict=True) if entry is None}
            behind = max((crowd.behind for crowd in place.crowds), default=0)
            self._by_keys(endpoint, lacking, unnamed, place.brought + behind, path)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def listed(self, place: Place, listing: Listing, given: Mapping[str, Any], path: Path) -> Place:
        """The rows of a list, of the root or of all who stand there."""
        found = [await _unless_refused(self._list(crowd, listing, given, path)) for crowd in place.crowds]
        return _joined(found, place.brought)

    async def within(
        self,
        place: Place,
        prefix: str,
        given: Mapping[str, Any],
        path: Path,
        ask: Callable[[Mapping[str, Any], Path], Awaitable[Place]],
    ) -> Place:
        """A list of the root for each category that stands there, narrowed to it by the argument `prefix`."""
        if any(name.startswith(f"{prefix}.") for name in given):
            return Place(())  # refused: it is narrowed already
        found = []
        for crowd in place.crowds:
            if crowd.entity is None:
                await self._levels([crowd] if "level" not in crowd.told else [], path)
                self._crowds.append(crowd)
                listed = await _unless_refused(self._apart(crowd, ask({**given, f"{prefix}.l1": str(id(crowd))}, path)))
            else:
                level = crowd.reads("level")
                if not isinstance(level, CategoryLevel):
                    level = await self.level(crowd.entity.id, path) or CategoryLevel.L1
                listed = await _unless_refused(ask({**given, f"{prefix}.l{level.value}": crowd.entity.id}, path))
            found.append(listed)
        return _joined(found, place.brought)

    async def _apart(self, crowd: Crowd, asked: Awaitable[Place]) -> Place:
        """What is asked for one of a crowd, as often as it has members."""
        before = len(self._asks)
        place = await asked
        self._asks[before:] = [ask._replace(calls=ask.calls * crowd.count) for ask in self._asks[before:]]
        crowds = [replace(found, count=found.count * crowd.count) for found in place.crowds]
        return Place(crowds, place.brought * crowd.count)

    async def ranked(self, listing: Listing, given: Mapping[str, Any], periods: Sequence[Period], path: Path) -> Place:
        """The rows of the first period that has any."""
        rest, first, after = _paging(given)
        asked = listing.arguments(without_period(rest), None)
        place = None if after is None else decode(after, listing.mark({**rest, **asked}))
        if place is not None and place.day is not None:
            periods = [Period(periods[0].kind, place.day)]
        asked = await self._leveled(listing, asked, path)
        rows = slice_of(first, place)
        dated = {**asked, "date": periods[0].start}
        endpoint = (await groups_for(self.session, listing.capability, dated, place, rows))[0][0]
        empty = 0
        for period in periods[:-1]:
            arguments = {**asked, "date": period.start}
            (page,) = await self._stored(endpoint, arguments, [1])
            if page is not None and page.items:
                return await self._pages(endpoint, arguments, rows, path)
            if page is None:  # it may turn out to be empty; if it is not, its pages stand for those of the last
                key = self.session.backend.page_key(endpoint, arguments, 1)
                empty += self._count(endpoint, 1, path, (endpoint, key))
        listed = await self._pages(endpoint, {**asked, "date": periods[-1].start}, rows, path)
        return listed._replace(brought=listed.brought + empty)

    async def _list(self, crowd: Crowd, listing: Listing, given: Mapping[str, Any], path: Path) -> Place:
        rest, first, after = _paging(given)
        parent = crowd.entity if listing.parent is not None else None
        asked = listing.arguments(rest, parent)
        if listing.parent is not None and parent is None:
            asked[listing.parent] = UNNAMED
        place = None if after is None or (parent is None and listing.parent) else decode(after, listing.mark(asked))
        asked = await self._leveled(listing, asked, path)
        rows = slice_of(first, place)
        endpoint = (await groups_for(self.session, listing.capability, asked, place, rows, parent))[0][0]
        if listing.parent is not None and not self._catalog.trusts(endpoint, crowd.kind):
            await self._prove(endpoint, [crowd], Place([crowd]), path)
        told = None
        if parent is not None and listing.count is not None and not listing.narrows(rest):
            told = parent.read(listing.count) or None
        if listing.parent is not None and parent is None:
            return self._unseen(crowd, endpoint, (listing.mark(asked), *rows), rows, path)
        if isinstance(endpoint.pages, Offsets):
            return await self._offsets(endpoint, asked, rows, place, path)
        return await self._pages(endpoint, asked, rows, path, told if isinstance(told, int) else None)

    def _unseen(self, crowd: Crowd, endpoint: Endpoint, mark: Any, rows: Slice, path: Path) -> Place:
        """The rows of lists whose parents nobody has named yet."""
        calls = crowd.count * _pages_of(endpoint, rows)
        self._count(endpoint, calls, path, (id(crowd), endpoint, mark))
        self._crowds.append(crowd)
        return Place([_rows_of(endpoint, crowd.count * rows.length)], calls)

    async def _pages(
        self, endpoint: Endpoint, asked: Mapping[str, Any], rows: Slice, path: Path, told: int | None = None
    ) -> Place:
        """The rows of one list: those that the store has, and as many more as may come."""
        assert isinstance(endpoint.pages, Pages | OnePage)
        size = endpoint.pages.size
        head, last = rows.start // size, (rows.start + rows.length - 1) // size
        last = min(last, endpoint.pages.last - 1)
        if told is not None:
            last = max(head, min(last, told // size))  # behind a last page that is full, one more is asked
        backend = self.session.backend
        keys = backend.page_keys(endpoint, asked, range(head + 1, max(head, last) + 2))
        stored = await backend.reading.peek(keys, self.session.operation)
        crowds: list[Crowd] = []
        lacking = 0
        for wave in waves(head, last, None if told is None else (told - 1) // size):
            pages = [(number, stored[number - head]) for number in wave]
            short = next(
                (place for place, (_, held) in enumerate(pages) if held and len(held.value.items) < size), None
            )
            for number, held in pages if short is None else pages[: short + 1]:
                if held is None:
                    lacking += self._count(endpoint, 1, path, (endpoint, keys[number - head]))
                    crowds.append(_rows_of(endpoint, _within(rows, number * size, size)))
                else:
                    crowds += self._told(held.value, number * size, rows)
            if short is not None:
                break
        return Place(crowds, lacking)

    async def _offsets(
        self, endpoint: Endpoint, asked: Mapping[str, Any], rows: Slice, at: Cursor | None, path: Path
    ) -> Place:
        """The rows of a list whose pages tell where the next begins."""
        assert isinstance(endpoint.pages, Offsets)
        base, offset = (0, endpoint.pages.first) if at is None else (at.base, at.offset or endpoint.pages.first)
        backend, end = self.session.backend, rows.start + rows.length
        crowds: list[Crowd] = []
        while base < end:
            (page,) = await self._stored(endpoint, asked, [offset])
            if page is None:
                calls = -(-(end - base) // endpoint.pages.size)
                self._count(endpoint, calls, path, (endpoint, backend.page_key(endpoint, asked, offset), calls))
                return Place([*crowds, _rows_of(endpoint, end - max(base, rows.start))], calls)
            crowds += self._told(page, base, rows)
            base += len(page.items)
            if page.next is None or page.next == offset:
                break
            offset = page.next
        return Place(crowds)

    def _told(self, page: Page, base: int, rows: Slice) -> list[Crowd]:
        """The rows of a page that the store has."""
        crowds = []
        for place, item in enumerate(page.items, start=base):
            node = node_of(self.session, item)
            if node is None or not rows.start <= place < rows.start + rows.length:
                continue
            if isinstance(node, Entity):
                crowds.append(Crowd(kind=node.type, entity=node, edge=item.edge))
            else:
                crowds.append(Crowd(value=node, edge=item.edge))
        return crowds

    async def _leveled(self, listing: Listing, asked: Mapping[str, Any], path: Path) -> dict[str, Any]:
        leveled = dict(asked)
        for name in listing.categories:
            if name in asked:
                level = await self.level(asked[name], path)
                leveled[name] = LeveledCategory(asked[name], level or CategoryLevel.L1)
        return leveled

    # ── series, live reads, the tree ──────────────────────────────────────────────────────────────────────────────

    async def days(self, place: Place, series: Series, asked: Asked | None, path: Path) -> None:
        """The days of all who stand there."""
        if asked is None:
            return
        for crowd in place.crowds:
            first_seen = None if series.first_seen is None else crowd.reads(series.first_seen)
            days = {day for day in asked.days() if not isinstance(first_seen, date) or day >= first_seen}
            key = UNNAMED if crowd.entity is None else crowd.entity.id
            plan = (await plans(self.session, series, key, days))[0]
            of_whom = id(crowd) if crowd.entity is None else crowd.entity.id
            self._count(plan.endpoint, crowd.count * len(plan.calls), path, (plan.endpoint, of_whom, tuple(plan.calls)))
            self._crowds.append(crowd)

    async def read(
        self, place: Place, capability: str, ask: Callable[[Entity], Mapping[str, Any] | None] | None, path: Path
    ) -> Place:
        """A call for each that stands there.

        ask   its arguments for one of them, None where they are not known yet
        """
        found: list[Place] = []
        for crowd in place.crowds:
            given = None if crowd.entity is None or ask is None else ask(crowd.entity)
            if given is not None:
                found.append(await _unless_refused(self.called(capability, given, path)))
                continue
            self._crowds.append(crowd)
            for endpoint in self.session.serving(capability)[:1]:
                self._count(endpoint, crowd.count, path, (id(crowd), endpoint))
            found.append(Place([Crowd(crowd.count)]))
        return _joined(found, place.brought)

    async def called(self, capability: str, given: Mapping[str, Any], path: Path) -> Place:
        """The rows of one call of a capability, unless the store has its answer."""
        endpoint = self._catalog.route(capability, given)
        page = await self.call(endpoint, given, path)
        return Place([Crowd()], 1) if page is None else Place(self._told(page, 0, Slice(0, len(page.items))))

    async def extracted(self, capability: str, given: Mapping[str, Any], kind: str, path: Path) -> Place:
        """An entity that a call leads to, and its lookup."""
        for endpoint in self.session.serving(capability)[:1]:
            page = await self.call(endpoint, given, path)
            if page is not None:
                return await self.exist(kind, [item.value.id for item in page.items if item.value is not None], path)
            found = Place([Crowd(1, kind)], 1)
            await self.facts(found, ("name",), path)
            return found
        return Place(())

    async def call(self, endpoint: Endpoint, arguments: Mapping[str, Any], path: Path) -> Page | None:
        """One call, unless the store has its answer."""
        backend = self.session.backend
        (page,) = await self._stored(endpoint, arguments, [None])
        if page is None:
            self._count(endpoint, 1, path, (endpoint, backend.page_key(endpoint, arguments, None)))
        return page

    async def tree(
        self, levels: Iterable[CategoryLevel], path: Path, language: CategoryLanguage = CategoryLanguage.EN_US
    ) -> dict[CategoryLevel, Mapping[str, CategoryName] | None]:
        """Levels of the category tree by id, None where the store lacks one."""
        return {level: await self._level_of_tree(level, language, path) for level in levels}

    async def _level_of_tree(
        self, level: CategoryLevel, language: CategoryLanguage, path: Path
    ) -> Mapping[str, CategoryName] | None:
        if (level, language) not in self._trees:
            for endpoint in self.session.serving(f"category.l{level.value}")[:1]:
                page = await self.call(endpoint, {"language": language}, path)
                told = None if page is None else [item.value for item in page.items if item.value is not None]
                self._trees[level, language] = None if told is None else {row.id: row for row in told}
        return self._trees.get((level, language))

    async def level(self, key: str, path: Path) -> CategoryLevel | None:
        """The level of a category as far as the store tells it; what is asked to learn it is counted."""
        for level in CategoryLevel:
            if key in ((await self.tree([level], path))[level] or ()):
                return level
        return None

    async def in_tree(self, place: Place, path: Path, language: CategoryLanguage = CategoryLanguage.EN_US) -> Place:
        """Where categories stand in the tree: each of them again, with its row where that is told."""
        crowds = []
        for crowd in place.crowds:
            level = crowd.reads("level")
            levels = [level] if isinstance(level, CategoryLevel) else list(CategoryLevel)
            for tried in levels:
                rows = (await self.tree([tried], path, language))[tried] or {}
                row = None if crowd.entity is None else rows.get(crowd.entity.id)
                if row is not None:
                    crowds.append(replace(crowd, row=row, level=tried))
                    break
            else:
                crowds.append(crowd)
        return Place(crowds, place.brought)

    def above(self, place: Place) -> Place:
        """The categories above those that stand there."""
        crowds: list[Crowd] = []
        for crowd in place.crowds:
            row = crowd.row
            if row is None:
                crowds.append(Crowd(crowd.count, "Category"))
            elif row.parent_id is not None and row.level is not None:
                named = self.session.entity("Category", row.parent_id)
                crowds.append(Crowd(kind="Category", entity=named, told={"level"}, level=CategoryLevel(row.level - 1)))
        return Place(crowds, place.brought)

    async def below(self, place: Place, path: Path) -> Place:
        """The categories below those that stand there."""
        found = []
        for crowd in place.crowds:
            level = crowd.reads("level")
            if crowd.entity is not None and not isinstance(level, CategoryLevel):
                level = await self.level(crowd.entity.id, path)
            levels = list(CategoryLevel)
            under = levels[level : level + 1] if isinstance(level, CategoryLevel) else levels[1:]
            above = None if crowd.entity is None else crowd.entity.id
            found += [await self.categories(each, above, path) for each in under]
        return _joined(found, place.brought)

    async def categories(self, level: CategoryLevel, above: str | None, path: Path) -> Place:
        """A level of the tree, or what of it lies below one category."""
        rows = (await self.tree([level], path))[level]
        if rows is None:
            return Place([Crowd(TREE_SIZES[level], "Category", None, {"level"})], 1)
        if level not in self._children:
            self._children[level] = children = defaultdict(list)
            for row in rows.values():
                children[row.parent_id].append(row)
        crowds = [
            Crowd(kind="Category", entity=self.session.entity("Category", row.id), told={"level"}, row=row, level=level)
            for row in (rows.values() if above is None else self._children[level].get(above, ()))
        ]
        return Place(crowds)

    async def _stored(
        self, endpoint: Endpoint, asked: Mapping[str, Any], places: Sequence[Any]
    ) -> Sequence[Page | None]:
        return await self.session.backend.stored_pages(endpoint, asked, places, self.session.operation)

    # ── counting ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, endpoint: Endpoint, calls: int, path: Path, key: Any = None) -> int:
        """Note calls, those of the same key once; how many there are of them."""
        if calls and (key is None or key not in self._counted):
            self._counted.add(key)
            self._asks.append(Ask(path, endpoint, calls))
        return calls


async def _unless_refused(asked: Awaitable[Place]) -> Place:
    """Nothing, where this one is refused: that of its siblings is counted all the same."""
    try:
        return await asked
    except ShopgraphError:
        return Place(())


def _paging(given: Mapping[str, Any]) -> tuple[dict[str, Any], int | None, str | None]:
    rest = {name: value for name, value in given.items() if name not in ("first", "after")}
    return rest, given.get("first"), given.get("after")


def _pages_of(endpoint: Endpoint, rows: Slice) -> int:
    """How many pages of a list hold the rows, where each of them is full."""
    if isinstance(endpoint.pages, Offsets):
        return -(-rows.length // endpoint.pages.size)
    assert endpoint.pages is not None
    size = endpoint.pages.size
    last = min((rows.start + rows.length - 1) // size, endpoint.pages.last - 1)
    return last - rows.start // size + 1


def _rows_of(endpoint: Endpoint, count: int) -> Crowd:
    """So many rows that nobody has seen yet, by what each of them tells."""
    rows = rows_of(endpoint)
    beside: dict[str, frozenset[Fact]] = {}
    for mapping in rows.also:
        kind = type_of(mapping.type)
        if kind is not None:
            beside[kind] = mapping.facts
    return Crowd(count, endpoint.entity, None, set(rows.facts), beside)


def _within(rows: Slice, base: int, size: int) -> int:
    """How many rows of a page are asked for."""
    return max(0, min(base + size, rows.start + rows.length) - max(base, rows.start))


def _joined(places: Sequence[Place], brought: int) -> Place:
    crowds = [crowd for place in places for crowd in place.crowds]
    return Place(crowds, brought + sum(place.brought for place in places))


def _images(told: Any) -> list[Image]:
    if told is None:
        return []
    return [told] if isinstance(told, Image) else list(told)
