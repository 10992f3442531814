"""What the fields of a category mean: its place in the provider's tree, and its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from entities.category import CategoryName, CategoryRecord
from entities.graph import RECORDS, Entity
from entities.merge import best_first
from entities.part import Part
from entities.record import Fact
from entities.vocabulary import CategoryLanguage, CategoryLevel, Rank
from loaders.cost import Estimator, Path, Place
from loaders.listing import Listing
from loaders.session import Session
from upstream.errors import BadInput, CapabilityUnavailable


def refer(entity: Entity, key: str, level: CategoryLevel) -> Entity:
    """A category that a row of this entity names, with the level that its column tells."""
    named = entity.refer("Category", key)
    if not named.parts and entity.parts:
        teller = best_first(entity.parts.values(), RECORDS[entity.type], 0)[0].stamp
        named.absorb(Part(CategoryRecord(id=key, level=level), msgspec.structs.replace(teller, rank=Rank.RELATION)))
    return named


async def leveled(entity: Entity, facts: Mapping[CategoryLevel, Fact], session: Session) -> list[Entity] | None:
    """The categories that an entity's own facts name, level by level, as far as known."""
    for fact in facts.values():
        await session.learn(entity, fact)
    keys = {level: entity.read(fact) or None for level, fact in facts.items()}
    return [refer(entity, key, level) for level, key in keys.items() if key is not None] or None


async def name(entity: Entity, arguments: Mapping[str, Any], session: Session) -> str | None:
    """Its name in a language, from the list of its level."""
    row = await _row(entity, session, arguments["language"])
    return None if row is None else row.name


async def parent(entity: Entity, _arguments: Mapping[str, Any], session: Session) -> Entity | None:
    """The category above it; None at level 1."""
    row = await _row(entity, session)
    if row is None or row.parent_id is None:
        return None
    return session.category(row.parent_id)


async def children(entity: Entity, _arguments: Mapping[str, Any], session: Session) -> list[Entity] | None:
    """The categories below it; an empty list at level 3."""
    session.catalog.route("category.l1", {})  # who has no tree does not say that a category is a leaf
    told = entity.record.level
    level = told if isinstance(told, CategoryLevel) else await session.level(entity.id)
    if level is None:
        return None
    if level is CategoryLevel.L3:
        return []
    return await _below(session, CategoryLevel(level + 1), entity.id)


async def categories(_root: Any, arguments: Mapping[str, Any], session: Session) -> list[Entity]:
    """A level of the tree, or what lies below one category."""
    level, above = arguments["level"], arguments.get("parent")
    if above is not None and level is CategoryLevel.L1:
        raise BadInput("parent", "no category is above level L1")
    return await _below(session, level, above)


async def name_price(asking: Estimator, place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The list of its level, in the language."""
    return await asking.in_tree(place, path, arguments["language"])


async def parent_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """The list of its level."""
    return asking.above(await asking.in_tree(place, path))


async def children_price(asking: Estimator, place: Place, _arguments: Mapping[str, Any], path: Path) -> Place:
    """The list of the level below its own."""
    return await asking.below(place, path)


async def categories_price(asking: Estimator, _place: Place, arguments: Mapping[str, Any], path: Path) -> Place:
    """The list of the level."""
    return await asking.categories(arguments["level"], arguments.get("parent"), path)


async def within(
    entity: Entity, listing: Listing, prefix: str, arguments: Mapping[str, Any], session: Session
) -> dict[str, Any]:
    """The arguments of a list, narrowed to a category by the id of its level.

    prefix   the argument that narrows it: "filter.category"
    Raises   BadInput where a category is given too; CapabilityUnavailable where the tree does not have this one
    """
    if any(name.startswith(f"{prefix}.") for name in arguments):
        raise BadInput(prefix, "cannot be given here: the list is that of one category")
    level = entity.record.level if isinstance(entity.record.level, CategoryLevel) else await session.level(entity.id)
    if level is None:
        raise CapabilityUnavailable(
            f"{listing.capability}: category {entity.id} is not in the provider's tree, so its level is not known",
            capability=listing.capability,
        )
    return {**arguments, f"{prefix}.l{level.value}": entity.id}


async def _below(session: Session, level: CategoryLevel, above: str | None) -> list[Entity]:
    rows: Iterable[CategoryName] = (await session.tree(level)).values()
    return [session.category(row.id) for row in rows if above is None or row.parent_id == above]


async def _row(
    entity: Entity, session: Session, language: CategoryLanguage = CategoryLanguage.EN_US
) -> CategoryName | None:
    """Where it stands in the tree: in the list of its level where that is told, else in the first that has it."""
    level = entity.record.level
    levels = [level] if isinstance(level, CategoryLevel) else list(CategoryLevel)
    for tried in levels:
        row = (await session.tree(tried, language)).get(entity.id)
        if row is not None:
            return row
    return None
