"""Category rows: one level of the tree, in the language asked for; never paged."""

from collections.abc import Callable
from functools import cache

from sandbox.echotik.envelope import rows_reply
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world.category import Category
from sandbox.world.translation import children_of, name_in


def categories(level: int) -> Callable[[Question], Reply]:
    """Answers with a level; below one parent, if one is asked for."""

    def answer(question: Question) -> Reply:
        language, parent = question.arguments.text("language"), question.arguments.get("parent_id")
        wanted = children_of(level, None if parent is None else str(parent))
        return rows_reply(question, [_dumped(category, language) for category in wanted])

    return answer


@cache
def _dumped(category: Category, language: str) -> bytes:
    row = {
        "category_id": category.id,
        "category_level": str(category.level),
        "category_name": name_in(category, language),
        "language": language,
        "parent_id": category.parent,
    }
    return dump(row)
