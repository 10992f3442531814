"""The fewest calls that can answer queries, worked out over the world: see bench.credits for the rules.

A query is walked over rows that cost nothing here. What hangs on a fact that no list tells waits until every list that
can be read without it has been; then all that wait for one kind are looked up together, and the walk goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import permutations
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
)
from graphql.execution.values import get_argument_values

from bench._chain import PAGE, calls, list_waves
from bench._credits_rows import (
    FACTS,
    LEVELED,
    LINKS,
    LISTS,
    LOOKUPS,
    MEASURES,
    PICTURES,
    SEARCHED,
    TRENDS,
    WINDOWS,
    List,
    Row,
    Rows,
    addresses,
    day,
    ids_in,
    told,
)
from bench._graph_clients import SIGNING, signable

Params = frozenset[tuple[str, str]]
Page = tuple[str, Params, int]
Then = Callable[[Row], None]
KNOWN = "known"  # stands for a lookup's own proof that there is such an id
USUAL_FIRST, USUAL_DAYS = 10, 30
MOST_FOUND = 30
PERIODS = {"DAY": "1", "WEEK": "2", "MONTH": "3"}
BATCHED = ("Influencer", "Video", "Product", "Live")


class Question(NamedTuple):
    """A query without variables."""

    name: str
    query: str


class Least(NamedTuple):
    """The fewest calls, and what they are about.

    pages      that no reading of the lists could leave out
    overshoot  pages that a wave asks behind the end of a list, and whether the list's parent told its length
    lookups    ids looked up, by path: who they are, and in how many calls
    others     calls by path: ranges of days, signed pictures, levels of categories
    """

    pages: frozenset[Page]
    overshoot: Mapping[Page, bool]
    asked: Mapping[str, frozenset[str]]
    lookups: Mapping[str, int]
    others: Mapping[str, int]

    @property
    def by_path(self) -> Counter[str]:
        pages = Counter(path for path, _, _ in self.pages)
        return pages + Counter(self.lookups) + Counter(self.others)


class Wanted(NamedTuple):
    """What cannot go on before columns of something are told."""

    kind: str
    key: str
    columns: frozenset[str]
    then: Then


def least(schema: GraphQLSchema, rows: Rows, questions: Sequence[Question]) -> Least:
    """For all these questions asked at once, on an empty store.

    Where several kinds wait, which is looked up first may decide how many calls share: every order is tried.
    """
    tried = Walk(schema, rows, BATCHED).walked(questions)
    if not tried.had_a_choice:
        return tried.found()
    walks = (Walk(schema, rows, order).walked(questions) for order in permutations(BATCHED))
    return min((walk.found() for walk in walks), key=lambda found: found.by_path.total())


def pages_of(first: int, length: int, count: int | None) -> tuple[range, list[int]]:
    """Numbers of the pages that a list of `length` rows cannot be read without, and of those behind its end that a wave
    asks for; `count` is what the parent told of its length.
    """
    wanted, last = calls(first), length // PAGE + 1
    asked, waves = 1, iter(list_waves(first)[1:])
    if count and asked < min(last, wanted):
        asked = max(asked, min(wanted, calls(count)))
    while asked < min(last, wanted):
        asked = min(wanted, asked + next(waves))
    return range(1, min(wanted, last) + 1), list(range(last + 1, asked + 1))


class Walk:
    """One walk over questions. `order`: which kind is looked up first where several wait."""

    def __init__(self, schema: GraphQLSchema, rows: Rows, order: Sequence[str]) -> None:
        self.schema, self.rows, self.order = schema, rows, order
        self.had_a_choice = False
        self._told: dict[tuple[str, str], dict[str, Any]] = {}
        self._waiting: list[Wanted] = []
        self._needed: dict[str, dict[str, set[str]]] = {kind: {} for kind in LOOKUPS}
        self._pages: set[Page] = set()
        self._overshoot: dict[Page, bool] = {}
        self._asked: dict[str, set[str]] = {lookup.path: set() for lookup in LOOKUPS.values()}
        self._lookups: Counter[str] = Counter()
        self._days: dict[tuple[str, str], set[date]] = {}
        self._pictures: set[str] = set()
        self._levels: set[str] = set()
        self._supplied = {kind: rows.supplied(kind) for kind in LOOKUPS}

    def walked(self, questions: Sequence[Question]) -> Walk:
        for question in questions:
            self._begin(question)
        while self._waiting:
            ready = [wanted for wanted in self._waiting if self._has(wanted)]
            if not ready:
                self._look_up_what_waits()
                continue
            self._waiting = [wanted for wanted in self._waiting if not self._has(wanted)]
            for wanted in ready:
                wanted.then(self._row(wanted.kind, wanted.key))
        for kind in LOOKUPS:
            self._look_up(kind, self._lacking(kind))
        return self

    def found(self) -> Least:
        others = Counter(dict.fromkeys(self._levels, 1))
        for (path, _), days in self._days.items():
            others[path] += ranges(days)
        others[SIGNING] += calls(len(self._pictures))
        overshoot = {page: counted for page, counted in self._overshoot.items() if page not in self._pages}
        asked = {path: frozenset(keys) for path, keys in self._asked.items()}
        return Least(frozenset(self._pages), overshoot, asked, self._lookups, others)

    # ── what is known, and what has to be looked up ───────────────────────────────────────────────────────────────

    def _row(self, kind: str, key: str) -> dict[str, Any]:
        return self._told.setdefault((kind, key), {})

    def _has(self, wanted: Wanted) -> bool:
        return wanted.columns <= self._row(wanted.kind, wanted.key).keys()

    def _when_told(self, kind: str, key: str, columns: Iterable[str], then: Then) -> None:
        """Goes on when rows have told these columns; at once where they have."""
        wanted = Wanted(kind, key, frozenset(columns), then)
        if self._has(wanted):
            then(self._row(kind, key))
        elif wanted.columns <= self._supplied[kind] | {KNOWN}:
            self._waiting.append(wanted)

    def _need(self, kind: str, key: str, columns: Iterable[str]) -> None:
        """A fact with nothing below it. What no lookup supplies is not asked for."""
        supplied = self._supplied[kind].intersection(columns)
        self._needed[kind].setdefault(key, set()).update(supplied)

    def _lacking(self, kind: str) -> list[str]:
        return [key for key, columns in self._needed[kind].items() if columns - self._row(kind, key).keys()]

    def _look_up_what_waits(self) -> None:
        kinds = {wanted.kind for wanted in self._waiting}
        self.had_a_choice |= len(kinds - {"Seller"}) > 1
        kind = "Seller" if "Seller" in kinds else next(kind for kind in self.order if kind in kinds)
        keys = list(dict.fromkeys(wanted.key for wanted in self._waiting if wanted.kind == kind))
        most = LOOKUPS[kind].most
        others = [key for key in self._lacking(kind) if key not in keys]
        self._look_up(kind, keys + others[: -len(keys) % most])

    def _look_up(self, kind: str, keys: Sequence[str]) -> None:
        """In as few calls as there can be; then nothing that the lookup supplies is open any more."""
        lookup = LOOKUPS[kind]
        self._lookups[lookup.path] += -(-len(keys) // lookup.most)
        self._asked[lookup.path].update(keys)
        found = self.rows.looked_up(kind, keys)
        for key in keys:
            self._row(kind, key).update(dict.fromkeys(self._supplied[kind] | {KNOWN}))
            if key in found:
                self._tell(lookup.path, kind, found[key])

    def _tell(self, path: str, kind: str, row: Row) -> None:
        for whose, key, columns in told(path, kind, row):
            self._row(whose, key).update(columns)

    # ── the root ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, question: Question) -> None:
        (operation,) = parse(question.query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = self.schema.query_type
        assert root is not None
        for node, field in fields(root, operation.selection_set, "Query"):
            self._root(root, node, field)

    def _root(self, root: GraphQLObjectType, node: FieldNode, field: GraphQLField) -> None:
        name, given = node.name.value, given_to(node, field)
        if ("Query", name) in LISTS:
            self._list(LISTS["Query", name], node, field, given, {}, {})
        elif name == "search":
            self._search(node, given)
        elif name == "categories":
            self._categories(node, given)
        else:
            kind = get_named_type(field.type).name
            for text in given["ids"] if "ids" in given else [given["id"]]:
                key = text.rpartition(":")[2]
                self._when_told(kind, key, [KNOWN], partial(self._visit, kind, key, node))

    def _search(self, node: FieldNode, given: Mapping[str, Any]) -> None:
        for name in given.get("types", ("PRODUCT", "SELLER", "INFLUENCER")):
            code, kind = SEARCHED[name]
            size = min(given["first"], MOST_FOUND)
            asked = {"sk": given["text"], "type": code, "size": str(size), "searchType": "0"}
            asked |= {"region": given["region"]} if "region" in given else {}
            asked |= {"sortType": "0"} if name == "PRODUCT" else {}
            params = frozenset(asked.items())
            self._pages.add(("search/items", params, 1))
            for row in self.rows.listed("search/items", params)[:size]:
                self._tell("search/items", kind, row)
                self._visit(kind, row[LOOKUPS[kind].column], node, dict(row))

    def _categories(self, node: FieldNode, given: Mapping[str, Any]) -> None:
        level = int(given["level"][1])
        for key, row in self._tree(level).items():
            if given.get("parent") in (None, row["parent_id"]):
                self._category(key, level, node)

    # ── what a field needs ────────────────────────────────────────────────────────────────────────────────────────

    def _visit(self, kind: str, key: str, node: FieldNode, leading: Row) -> None:
        """The fields of an entity. `leading`: what the row told that named it here."""
        entity = self.schema.type_map[kind]
        assert isinstance(entity, GraphQLObjectType)
        for child, field in fields(entity, node.selection_set, kind):
            name = child.name.value
            if (kind, name) in LISTS:
                self._list(LISTS[kind, name], child, field, given_to(child, field), {"": key}, leading)
            elif name == "trend":
                self._trend(kind, key, given_to(child, field), leading)
            elif (kind, name) == ("Product", "categories") or (kind, name) == ("Seller", "categories"):
                self._when_told(kind, key, LEVELED, partial(self._leveled, child))
            elif (kind, name) in LINKS:
                self._link(kind, key, child, given_to(child, field))
            elif (kind, name) in PICTURES:
                self._picture(kind, key, PICTURES[kind, name], child)
            elif name in FACTS[kind]:
                self._need(kind, key, FACTS[kind][name])
            elif child.selection_set is not None:
                self._need(kind, key, self._grouped(child, field, "ALL_TIME"))

    def _link(self, kind: str, key: str, node: FieldNode, given: Mapping[str, Any]) -> None:
        target, column = LINKS[kind, node.name.value]

        def follow(row: Row) -> None:
            for each in ids_in(row[column])[: given.get("first")]:
                for shown in nodes_of(node):
                    if target == "Category":
                        self._category(each, None, shown)
                    else:
                        self._visit(target, each, shown, {})

        self._when_told(kind, key, [column], follow)

    def _picture(self, kind: str, key: str, column: str, node: FieldNode) -> None:
        if not any(child.name.value == "signedUrl" for child in plain_fields(node)):
            self._need(kind, key, [column])
            return
        whole = node.name.value == "images"

        def sign(row: Row) -> None:
            found = addresses(row[column])
            self._pictures.update(filter(signable, found if whole else found[:1]))

        self._when_told(kind, key, [column], sign)

    def _grouped(self, node: FieldNode, field: GraphQLField, window: str) -> Iterator[str]:
        """The columns of a group of figures, in a window."""
        kind = get_named_type(field.type)
        assert isinstance(kind, GraphQLObjectType)
        window = given_to(node, field).get("window", window)
        for child, inner in fields(kind, node.selection_set, kind.name):
            if child.selection_set is not None:
                yield from self._grouped(child, inner, window)
            for pattern in (MEASURES | FACTS).get(kind.name, {}).get(child.name.value, ()):
                yield pattern.format(WINDOWS[window])

    def _trend(self, kind: str, key: str, given: Mapping[str, Any], leading: Row) -> None:
        today = self.rows.world.today
        back = range(1, (given.get("days") or USUAL_DAYS) + 1)
        seen = day(leading.get("first_crawl_dt"))
        days = {today - timedelta(days=days) for days in back}
        self._days.setdefault((TRENDS[kind][0], key), set()).update(each for each in days if not seen or each >= seen)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(
        self,
        listing: List,
        node: FieldNode,
        field: GraphQLField,
        given: Mapping[str, Any],
        parent: Mapping[str, str],
        leading: Row,
    ) -> None:
        params = frozenset(self._wire(listing, field, given, parent).items())
        first = given.get("first") or USUAL_FIRST
        rows = self.rows.first(listing.path, params, (calls(first) + 1) * PAGE)
        count = leading.get(listing.counted)
        needed, behind = pages_of(first, len(rows), count if isinstance(count, int) else None)
        self._pages.update((listing.path, params, number) for number in needed)
        for page in ((listing.path, params, number) for number in behind):
            self._overshoot[page] = self._overshoot.get(page, True) and bool(count)
        if not listing.kind:
            return
        for row in rows[: len(needed) * PAGE]:  # a page tells all its rows, of which the last may not be shown
            self._tell(listing.path, listing.kind, row)
        for row in rows[:first]:
            ((_, key, columns), *_) = told(listing.path, listing.kind, row)
            for shown in nodes_of(node):
                self._visit(listing.kind, key, shown, columns)

    def _wire(
        self, listing: List, field: GraphQLField, given: Mapping[str, Any], parent: Mapping[str, str]
    ) -> dict[str, str]:
        """The parameters, by the provider's documents: enums count from 1 in the order of the schema's."""
        wire = {listing.parent: parent[""]} if listing.parent else {}
        if "region" in given:
            wire["region"] = given["region"]
        if "period" in given:
            by = enum_of(field, "by")
            start = given.get("date") or self.rows.world.today - timedelta(days=1)
            wire |= {"date": str(start), "rank_type": PERIODS[given["period"]]}
            wire[listing.sort] = str(list(by.values).index(given["by"]) + 1)
        elif listing.sort:
            sort = given.get("sort") or {}
            values = list(enum_of(field, "sort").values)
            wire[listing.sort] = str(values.index(sort.get("field", values[0])) + 1)
            wire["sort_type"] = "0" if sort.get("direction") == "ASC" else "1"
        return wire

    # ── categories ────────────────────────────────────────────────────────────────────────────────────────────────

    def _leveled(self, node: FieldNode, row: Row) -> None:
        for level, column in enumerate(LEVELED, 1):
            for key in ids_in(row[column]):
                self._category(key, level, node)

    def _category(self, key: str, level: int | None, node: FieldNode) -> None:
        names = {child.name.value for child in plain_fields(node)} - {"id", "categoryId", "__typename"}
        if level is None and names:
            level = next(each for each in (1, 2, 3) if key in self._tree(each))
        for child in plain_fields(node):
            if child.name.value in ("name", "parent"):
                row = self._tree(level or 0)[key]
            if child.name.value == "parent" and row["parent_id"] not in (None, "", "0"):
                self._category(row["parent_id"], (level or 0) - 1, child)
            if child.name.value == "children" and level != len(LEVELED):
                below = self._tree((level or 0) + 1)
                for each in [each for each, row in below.items() if row["parent_id"] == key]:
                    self._category(each, (level or 0) + 1, child)

    def _tree(self, level: int) -> dict[str, Row]:
        self._levels.add(f"category/l{level}")
        return self.rows.tree(level)


def given_to(node: FieldNode, field: GraphQLField) -> dict[str, Any]:
    """The arguments of a field, by the schema's defaults where they are not given."""
    given = get_argument_values(field, node)
    return {name: value for name, value in given.items() if value is not None}


def ranges(days: Iterable[date]) -> int:
    """Calls of at most ten days that cover these, cut from the first."""
    count, end = 0, date.min
    for each in sorted(days):
        if each > end:
            count, end = count + 1, each + timedelta(days=PAGE - 1)
    return count


def plain_fields(node: FieldNode) -> list[FieldNode]:
    selected = node.selection_set.selections if node.selection_set else ()
    return [child for child in selected if isinstance(child, FieldNode)]


def fields(
    kind: GraphQLObjectType, selected: SelectionSetNode | None, name: str
) -> Iterator[tuple[FieldNode, GraphQLField]]:
    """The fields that are selected of a type, with what the schema says of them."""
    for child in selected.selections if selected else ():
        if isinstance(child, InlineFragmentNode):
            if child.type_condition is None or child.type_condition.name.value == name:
                yield from fields(kind, child.selection_set, name)
        elif isinstance(child, FieldNode) and child.name.value in kind.fields:
            yield child, kind.fields[child.name.value]


def nodes_of(node: FieldNode) -> Iterator[FieldNode]:
    """Where the entities of a field are selected: in it, or in the nodes and edges of its connection."""
    children = plain_fields(node)
    if not any(child.name.value in ("nodes", "edges") for child in children):
        yield node
    for child in children:
        if child.name.value == "nodes":
            yield child
        elif child.name.value == "edges":
            yield from (inner for inner in plain_fields(child) if inner.name.value == "node")


def enum_of(field: GraphQLField, argument: str) -> GraphQLEnumType:
    """The enum of an argument, or of its `field`."""
    kind = get_named_type(field.args[argument].type)
    if isinstance(kind, GraphQLInputObjectType):
        kind = get_named_type(kind.fields["field"].type)
    assert isinstance(kind, GraphQLEnumType)
    return kind
