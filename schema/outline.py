"""The outline of a document: how deep, how wide and how often, read from its text before it is parsed.

A refusal has to cost no more than a small answer, and parsing alone costs more than that. So this looks for what has
bounds alone, a field with its arguments at a time. It takes no more than GraphQL does: text that it cannot read has no
outline, and the parser says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

IGNORED = r"(?:[ \t\n\r,\ufeff]|#[^\n\r]*+)*+"
TEXT = r'"""(?:[^"\\]|\\(?:""")?+|"(?!""))*+"""|"(?!"")(?:[^"\\\n\r]|\\[^\n\r])*+"'
NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
ON = r"on(?![A-Za-z0-9_])"
NUMBER = r"-?[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
TOKEN = rf"(?>{NAME}|[!$&():=@\[\]{{|}}]|\.\.\.|{NUMBER}|{TEXT})"
PLAIN = rf'[^()"#]++|{TEXT}|#[^\n\r]*+'
ARGUMENTS = rf"\((?:{PLAIN}|\((?:{PLAIN})*+\))*+\)"
PIECE = re.compile(  # nothing that captures is repeated possessively: Python before 3.11.5 loses what it captured
    rf"(?:({NAME}){IGNORED}:{IGNORED})?({NAME}){IGNORED}({ARGUMENTS})?{IGNORED}"  # a field
    rf"|([{{}}]|\.\.\.(?:{IGNORED}(?:{ON}{IGNORED})?+{NAME})?+|@{IGNORED}{NAME}(?:{IGNORED}{ARGUMENTS})?+|{TEXT}|\S){IGNORED}"
)
START = re.compile(IGNORED)
SPREAD = re.compile(rf"\.\.\.{IGNORED}(?!{ON})({NAME})")
TYPES_BELOW = frozenset(("fields", "interfaces", "possibleTypes", "inputFields"))
"""The lists of introspection that lead from types to types."""


class Unreadable(Exception):
    """The text is no document; what is wrong is for the parser to say."""


class Circular(Exception):
    """A fragment spreads itself, also by way of others."""

    def __init__(self, fragment: str) -> None:
        super().__init__(fragment)
        self.fragment = fragment


class Enough(Exception):
    """A definition has more than may be: so much that the rest need not be read."""

    def __init__(self, definition: Definition) -> None:
        super().__init__()
        self.definition = definition


class Spread(NamedTuple):
    """Where a fragment is spread: in how many fields, how many of them lists of types, within introspection or not."""

    name: str
    depth: int
    nesting: int
    lists: int
    introspects: bool


@dataclass
class Totals:
    """What an operation asks with its fragments followed, or what a fragment adds wherever it is spread.

    root           fields at the top
    selections     fields, inline fragments and spreads
    depth          fields below each other; within introspection these are counted apart
    introspection  the same from __schema or __type on
    lists          lists of types within each other, in introspection
    nesting        selections within each other, also those of fragments
    definitions    of the whole document
    alike          times the same field in a selection, those of fragments aside
    at_one_place   directives of one field
    """

    root: int = 0
    selections: int = 0
    aliases: int = 0
    directives: int = 0
    at_one_place: int = 0
    depth: int = 0
    introspection: int = 0
    lists: int = 0
    nesting: int = 1
    any_lists: int = 0
    alike: int = 0
    definitions: int = 0

    def add(self, spread: Spread, other: Totals) -> None:
        """What a fragment adds."""
        self.root += other.root if not spread.depth else 0
        self.selections += other.selections
        self.aliases += other.aliases
        self.directives += other.directives
        self.at_one_place = max(self.at_one_place, other.at_one_place)
        self.nesting = max(self.nesting, spread.nesting + other.nesting)
        self.any_lists = max(self.any_lists, spread.lists + other.any_lists)
        if spread.introspects:
            self.introspection = max(self.introspection, spread.depth + max(other.depth, other.introspection))
            self.lists = max(self.lists, spread.lists + other.any_lists)
        else:
            self.depth = max(self.depth, spread.depth + other.depth)
            self.introspection = max(self.introspection, other.introspection)
            self.lists = max(self.lists, other.lists)


@dataclass
class Definition:
    """An operation, or a fragment by its name. variables: how many it declares."""

    fragment: str | None = None
    variables: int = 0
    own: Totals = field(default_factory=Totals)
    spreads: list[Spread] = field(default_factory=list)
    selections: list[Any] = field(default_factory=list)


class Outline:
    """What a document asks, and how much each of its operations does."""

    def __init__(self, text: str, enough: Totals | None = None) -> None:
        """Raises Unreadable; Enough as soon as a definition alone has more than that of what is counted."""
        enough = enough or BOUNDLESS
        found = list(islice(_definitions(text, enough), enough.definitions + 1))
        self.definitions = len(found)
        self._fragments = {each.fragment: each for each in found if each.fragment is not None}
        self._totals: dict[str, Totals] = {}
        spread = {spread.name for each in found for spread in each.spreads}
        self.asked = [each for each in found if each.fragment not in spread]

    def totals(self, definition: Definition) -> Totals:
        """What it asks, each fragment reckoned once; raises Circular."""
        for spread in definition.spreads:
            self._reckon(spread.name)
        return self._sum(definition)

    def reckoned(self) -> list[tuple[Definition, Totals]]:
        """The operations and the fragments that nobody spreads; raises Circular."""
        for name in self._fragments:
            self._reckon(str(name))
        return [(each, self.totals(each)) for each in self.asked]

    def repeated(self, definition: Definition) -> int:
        """How often the same name of an answer is asked at the same place, at most; takes time for each selection."""
        return _repeated([definition.selections], self._fragments)

    def _reckon(self, name: str) -> None:
        """Totals of a fragment, after those that it spreads."""
        waiting, begun = [name], set[str]()
        while waiting:
            at = waiting[-1]
            if at in self._totals or at not in self._fragments:
                waiting.pop()
                continue
            ahead = [spread.name for spread in self._fragments[at].spreads if spread.name not in self._totals]
            unknown = [each for each in ahead if each in self._fragments]
            begun.add(at)
            if not begun.isdisjoint(unknown):
                raise Circular(at)
            if unknown:
                waiting += unknown
            else:
                self._totals[at] = self._sum(self._fragments[at])
                waiting.pop()

    def _sum(self, definition: Definition) -> Totals:
        totals = Totals(**vars(definition.own))
        for spread in definition.spreads:
            totals.add(spread, self._totals.get(spread.name, NOTHING))
        return totals


NOTHING = Totals()
BOUNDLESS = Totals(root=2**31, aliases=2**31, directives=2**31, nesting=2**31, alike=2**31, definitions=2**31)


@lru_cache(maxsize=8)
def _longer_than(tokens: int) -> re.Pattern[str]:
    return re.compile(rf"{IGNORED}(?>{TOKEN}{IGNORED}){{{tokens + 1}}}")


def is_longer(text: str, tokens: int) -> bool:
    """Whether a text has more tokens than that."""
    return len(text) > tokens and _longer_than(tokens).match(text) is not None


def _definitions(text: str, enough: Totals) -> Iterator[Definition]:
    """Raises Unreadable and Enough."""
    begin = START.match(text)
    pieces = PIECE.finditer(text, begin.end() if begin else 0)
    head: list[tuple[str, str | None]] = []
    directives = 0
    for piece in pieces:
        alias, name, arguments, other = piece.groups()
        if name is not None and alias is None:
            head.append((name, arguments))
        elif other == "{":
            yield _definition(head, directives, pieces, enough)
            head, directives = [], 0
        elif other is not None and other[0] == "@":
            directives += 1
        elif other is None or other[0] != '"':
            raise Unreadable


def _definition(
    head: list[tuple[str, str | None]], directives: int, pieces: Iterator[re.Match[str]], enough: Totals
) -> Definition:
    kind = head[0][0] if head else "query"
    if kind == "fragment" and len(head) > 1:
        found = Definition(fragment=head[1][0])
    elif kind in ("query", "mutation", "subscription"):
        declared = "".join(arguments or "" for _, arguments in head)
        found = Definition(variables=declared.count("$"))
        directives += declared.count("@")
    else:
        raise Unreadable
    found.own.directives = found.own.at_one_place = directives
    _fill(found, pieces, enough)
    return found


class _Level(NamedTuple):
    """Where a selection stands."""

    selections: list[Any]
    depth: int
    lists: int
    introspects: bool
    counts: dict[str, int]


def _fill(definition: Definition, pieces: Iterator[re.Match[str]], enough: Totals) -> None:
    """Reads selections up to the end of the definition. Raises Unreadable and Enough."""
    own = definition.own
    most_aliases, most_directives, most_root = enough.aliases, enough.directives, enough.root
    most_nested, most_alike = enough.nesting, enough.alike
    is_enough = False
    selections = aliases = directives = here = depth = introspection = lists = nesting = any_lists = root = alike = 0
    most_here = own.at_one_place
    levels = [_Level(definition.selections, 0, 0, False, {})]
    below: _Level | None = None
    level = levels[0]
    for piece in pieces:
        alias, name, _, other = piece.groups()
        if name is not None:
            if alias is not None:
                aliases += 1
                is_enough = aliases > most_aliases
            here = 0
            selections += 1
            inside, deep, listed = level.introspects, level.depth + 1, level.lists
            if deep == 1:
                root += 1
                is_enough = is_enough or root > most_root
            if name in TYPES_BELOW:
                listed += 1
                any_lists = max(any_lists, listed)
            elif name in ("__schema", "__type") and not inside:
                inside, deep, listed = True, 1, 0
            if inside:
                introspection = max(introspection, deep)
                lists = max(lists, listed)
            elif deep > depth:
                depth = deep
            children: list[Any] = []
            key = alias or name
            level.selections.append((key, children))
            again = level.counts[key] = level.counts.get(key, 0) + 1
            below = _Level(children, deep, listed, inside, {})
            if again > alike:
                alike = again
                is_enough = is_enough or again > most_alike
        elif other == "{":
            if below is None:
                raise Unreadable
            levels.append(below)
            level, below = below, None
            nesting = max(nesting, len(levels))
            is_enough = nesting > most_nested
        elif other == "}":
            levels.pop()
            below = None
            if not levels:
                break
            level = levels[-1]
        elif other[0] == "@":
            directives += 1
            here += 1
            most_here = max(most_here, here)
            is_enough = directives > most_directives
        elif other[:3] == "...":
            here = 0
            selections += 1
            below = _opened(definition, other, level, len(levels))
        else:
            raise Unreadable
        if is_enough:
            break
    if levels and not is_enough:
        raise Unreadable
    own.alike = alike
    own.root, own.selections, own.aliases, own.depth = root, selections, aliases, depth
    own.directives, own.at_one_place = own.directives + directives, most_here
    own.introspection, own.lists, own.any_lists, own.nesting = introspection, lists, any_lists, max(nesting, 1)
    if is_enough:
        raise Enough(definition)


def _opened(definition: Definition, text: str, level: _Level, nesting: int) -> _Level | None:
    """What stands below dots: nothing of its own where they spread a fragment."""
    spread = SPREAD.match(text)
    if spread is None:
        children: list[Any] = []
        level.selections.append((None, children))
        return level._replace(selections=children)
    level.selections.append(spread[1])
    definition.spreads.append(Spread(spread[1], level.depth, nesting, level.lists, level.introspects))
    return None


def _repeated(selected: list[list[Any]], fragments: Mapping[str, Definition]) -> int:
    """How often a name is asked in selections of the same place, or below."""
    places: dict[str, list[list[Any]]] = {}
    waiting = list(selected)
    while waiting:
        for selection in waiting.pop():
            if isinstance(selection, str):
                if selection in fragments:
                    waiting.append(fragments[selection].selections)
            elif selection[0] is None:
                waiting.append(selection[1])
            else:
                places.setdefault(selection[0], []).append(selection[1])
    below = (_repeated([each for each in place if each], fragments) for place in places.values() if any(place))
    return max(max(map(len, places.values()), default=0), max(below, default=0))
