"""What an operation asks anywhere of each type of entity, of the days of a series, of the pairs of a list: by it a
provider is chosen that tells all of that, where not every one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from entities.graph import RECORDS
from entities.record import Fact, is_in_window
from entities.vocabulary import Window
from loaders.session import nodes_of
from schema.plan import Step

Given = Callable[[Step], Mapping[str, Any]]
"""The arguments of a field in this request."""

Included = Callable[[Step], bool]
"""Whether @skip and @include let a field in."""


class Demand:
    """One request's way over the plan of its operation."""

    def __init__(self, given: Given, included: Included) -> None:
        self._given = given
        self._included = included

    def of(self, steps: Sequence[Step]) -> Mapping[str, frozenset[Fact]]:
        """Facts by the type of entity, and by the list that names it; what is read of days and of pairs, by what tells
        them.
        """
        found: dict[str, set[Fact]] = defaultdict(set)
        for name, fact in self._walk(steps, Window.ALL_TIME, None):
            found[name].add(fact)
        return {name: frozenset(facts) for name, facts in found.items()}

    def _walk(self, steps: Sequence[Step], window: Window, capability: str | None) -> Iterator[tuple[str, Fact]]:
        """window: of the measures that stand there; capability: what told the rows that stand there."""
        for step in filter(self._included, steps):
            declared = step.declared
            if step.entity is not None:
                facts = list(_facts(step, window))
                yield from ((step.entity, fact) for fact in facts)
                yield from ((nodes_of(capability), fact) for fact in facts if capability is not None)
            elif capability is not None and declared.shows is not None:
                yield capability, declared.shows
            inside = self._given(step).get("window", window) if declared.groups and step.defined.args else window
            leads_away = step.entity is not None and not declared.groups
            behind = next(iter(declared.asks), None if leads_away else capability)
            yield from self._walk(step.steps, inside, behind)


def _facts(step: Step, window: Window) -> Iterator[Fact]:
    """What a field demands of its entity; groups of fields are shared by types that do not have all of the facts."""
    had = RECORDS[str(step.entity)].__struct_fields__
    shown = step.declared.facts if step.declared.demands is None else step.declared.demands
    demanded = (fact for fact in shown if fact in had)
    if not step.declared.by_window:
        return demanded
    return (fact for fact in demanded if is_in_window(fact, window))
