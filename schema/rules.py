"""The rules of validation as one rule: which of them looks at a kind of node is looked up once, not for each document.

graphql-core asks every rule for its methods anew for each document, which takes longer than to apply them to a small
one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from graphql import BREAK, SKIP, ASTValidationRule, Node, ValidationContext
from graphql.language.visitor import EnterLeaveVisitor

SETS_OF_RULES = 16


class Looks(NamedTuple):
    """The methods by which a rule looks at a kind of node. place: of the rule among all."""

    place: int
    enter: Callable[..., Any] | None
    leave: Callable[..., Any] | None


@lru_cache(maxsize=SETS_OF_RULES)
def as_one(rules: tuple[type[ASTValidationRule], ...]) -> type[ASTValidationRule]:
    """A rule that finds what these find, in the same order."""

    @cache
    def looking_at(kind: str) -> Sequence[Looks]:
        found = (
            Looks(place, _method(rule, "enter", kind), _method(rule, "leave", kind)) for place, rule in enumerate(rules)
        )
        return [each for each in found if each.enter or each.leave]

    class AsOne(ASTValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self._rules = [rule(context) for rule in rules]
            self._skipped: list[Any] = [None] * len(rules)

        def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
            found = self.enter_leave_map.get(kind)
            if found is None:
                found = self.enter_leave_map[kind] = self._made(looking_at(kind))
            return found

        def _made(self, looking: Sequence[Looks]) -> EnterLeaveVisitor:
            if not looking:
                return EnterLeaveVisitor(None, None)
            every, skipped = self._rules, self._skipped

            def enter(node: Node, *where: Any) -> None:
                for place, look, _ in looking:
                    if look is not None and skipped[place] is None:
                        told = look(every[place], node, *where)
                        if told is not None:
                            skipped[place] = _skips(told, node)

            def leave(node: Node, *where: Any) -> None:
                for place, _, look in looking:
                    if skipped[place] is node:
                        skipped[place] = None
                    elif look is not None and skipped[place] is None:
                        told = look(every[place], node, *where)
                        if told is BREAK or told is True:
                            skipped[place] = BREAK

            return EnterLeaveVisitor(enter, leave)

    return AsOne


def _method(rule: type[ASTValidationRule], when: str, kind: str) -> Callable[..., Any] | None:
    return getattr(rule, f"{when}_{kind}", None) or getattr(rule, when, None)


def _skips(told: Any, node: Node) -> Any:
    """Up to where a rule looks no further, as it said when it came to a node."""
    if told is SKIP or told is False:
        return node
    assert told is BREAK or told is True, "rules of validation change nothing"
    return BREAK
