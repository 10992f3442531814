"""How a field is declared: a fact, a link, a list, a ranking, a lookup. None of these needs a function of its own.

    name: str | None = told("name", "Title, in the language of the listing.")
    seller: Seller | None = linked("seller_id", "Seller", "The shop that lists it. Its id costs no call.")
    influencers: ProductInfluencerConnection | None = listed(product.INFLUENCERS, "Who sells it.", SORT)

`answered` is for what needs hand-written code, and asks for the reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import strawberry
from msgspec import UNSET
from strawberry import ID
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from entities.graph import RECORDS, Entity
from entities.record import Fact, in_window
from entities.vocabulary import CategoryLevel
from loaders.cost import ASSUMED_SIZE, ROOT, Estimator, Path, Place
from loaders.listing import Connection, Edge, Listing, connection
from loaders.series import Series
from loaders.session import Session
from resolvers import calendar, category, node, source
from resolvers.performance import AVERAGED, average_price
from schema.argument import plain
from schema.vocabulary import Window

Reader = Callable[[Any], Any]
Answer = Callable[[Any, Mapping[str, Any], Session], Any]
"""Gives a value, or an awaitable of it."""

Price = Callable[[Estimator, Place, Mapping[str, Any], Path], Awaitable[Place]]
"""Counts what the field asks where its type stands; gives what the fields below it stand on."""


class Argument(NamedTuple):
    """An argument of a field. kind: the type of entity whose id it takes, None where it is no id."""

    name: str
    type: Any
    description: str
    default: Any = None
    kind: str | None = None


class Declared(StrawberryField):
    """A field without a resolver of its own.

    read      gives the value from the source alone: the value itself where it is known, an awaitable where it is not
    answer    gives it from source, arguments and session, where it needs them
    facts     what it shows of its entity's record, for `source.parts`
    demands   those of them that it asks for; None for all
    by_window whether the window of a view says which of them it is
    shows     the attribute that it reads of a row that is no entity
    groups    whether its type groups facts of the same entity
    reason    why it has hand-written code, None where it has none
    asks      the capabilities that it asks, lookups of its entity's facts apart
    finds     whether it looks entities up by their ids
    price     counts what it asks beforehand; None where it asks nothing, and leads nowhere else
    """

    read: Reader | None = None
    answer: Answer | None = None
    facts: tuple[Fact, ...] = ()
    demands: tuple[Fact, ...] | None = None
    by_window: bool = False
    shows: str | None = None
    groups: bool = False
    reason: str | None = None
    asks: tuple[str, ...] = ()
    finds: bool = False
    price: Price | None = None

    def __copy__(self) -> Declared:
        copied = super().__copy__()
        copied.read, copied.answer = self.read, self.answer
        copied.facts, copied.groups, copied.reason = self.facts, self.groups, self.reason
        copied.asks, copied.finds, copied.price = self.asks, self.finds, self.price
        copied.demands, copied.by_window, copied.shows = self.demands, self.by_window, self.shows
        return copied

    @property
    def is_basic_field(self) -> bool:
        return self.answer is None

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        if self.answer is None:
            assert self.read is not None
            return self.read(source)
        return self.answer(source, plain(kwargs, self.kinds), info.context.session)

    @property
    def kinds(self) -> dict[str, str]:
        """Which arguments are ids, and of what."""
        return {argument.python_name: argument.metadata["kind"] for argument in self.arguments if argument.metadata}


def told(fact: Fact, description: str, name: str | None = None) -> Any:
    """A fact of the entity's record: its value where it is known, a demand where nobody told it.

    name   in the graph, where it is not the attribute's in camel case
    """

    def read(entity: Entity) -> Any:
        value = entity.read(fact)
        return entity.demand(fact) if value is UNSET else value

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        brought = await asking.facts(place, (fact,), path)
        return place._replace(brought=place.brought + brought, fact=fact)

    field = _reading(read, description, fact)
    field.graphql_name, field.price = name, price
    return field


def measured(measure: str, description: str) -> Any:
    """A fact in the window of a view; None where the entity's type has no such measure."""

    def read(view: View) -> Any:
        fact = in_window(measure, view.window)
        if not hasattr(view.entity.record, fact):
            return None
        value = view.entity.read(fact)
        return view.entity.demand(fact) if value is UNSET else value

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        fact = in_window(measure, place.window)
        having = [crowd for crowd in place.crowds if has_fact(crowd.kind, fact)]
        await asking.facts(place._replace(crowds=having), (fact,), path)
        return place

    field = _reading(read, description, *(in_window(measure, window) for window in Window))
    field.price, field.by_window = price, True
    return field


def linked(fact: Fact, kind: str, description: str) -> Any:
    """The entity whose id a fact is: a node of its own, without a call of its own."""

    def read(entity: Entity) -> Any:
        key = entity.read(fact)
        if key is UNSET:
            return _follow(entity, fact, kind)
        return None if key is None else entity.refer(kind, key)

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        return asking.linked(place, fact, kind, await asking.facts(place, (fact,), path))

    field = _reading(read, description, fact)
    field.price = price
    return field


def linked_all(fact: Fact, kind: str, description: str) -> Any:
    """The entities whose ids a fact lists, without a call of their own."""

    def read(entity: Entity) -> Any:
        keys = entity.read(fact)
        if keys is UNSET:
            return _follow_all(entity, fact, kind)
        return None if keys is None else [entity.refer(kind, key) for key in keys]

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        return asking.linked(place, fact, kind, await asking.facts(place, (fact,), path), most=ASSUMED_SIZE)

    field = _reading(read, description, fact)
    field.price = price
    return field


def leveled(facts: Mapping[CategoryLevel, Fact], description: str) -> Any:
    """The categories whose ids are facts of the entity, one for each level."""

    async def answer(entity: Entity, _given: Mapping[str, Any], session: Session) -> Any:
        return await category.leveled(entity, facts, session)

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        brought = await asking.facts(place, facts.values(), path)
        return asking.leveled(place, facts, brought)

    field = _answering(answer, description)
    field.facts, field.price = tuple(facts.values()), price
    return field


def attribute(name: str, description: str) -> Any:
    """An attribute of the source: a value, an edge, a page."""
    field = _reading(lambda value: getattr(value, name), description)
    field.shows = name
    return field


def edge_fact(name: str, description: str) -> Any:
    """What is told of the pair that the edge stands for."""
    field = _reading(lambda edge: getattr(edge.facts, name), description)
    field.shows = name
    return field


def itself(description: str) -> Any:
    """The source again, under another type: a group of its fields."""
    field = _reading(lambda value: value, description)
    field.groups = True
    return field


class View(NamedTuple):
    """An entity's measures in one window."""

    entity: Entity
    window: Window


def windowed(description: str) -> Any:
    """The entity's measures in a window: always given, its leaves may be null."""

    def answer(entity: Entity, arguments: Mapping[str, Any], session: Session) -> View:
        return View(entity, arguments["window"])

    async def price(_asking: Estimator, place: Place, given: Mapping[str, Any], _path: Path) -> Place:
        return place._replace(window=given["window"])

    window = Argument("window", Window, "The days that the measures cover.", Window.ALL_TIME)
    field = _answering(answer, description, (window,))
    field.groups, field.price = True, price
    return field


FIRST = Argument("first", int | None, "How many rows, from 1 to 100.", 10)
AFTER = Argument("after", str | None, "The cursor behind which to go on: an edge's, or pageInfo.endCursor.")


def listed(listing: Listing, description: str, *arguments: Argument) -> Any:
    """A connection: of the entity where the listing is a relation, else of the root."""

    async def answer(entity: Any, given: Mapping[str, Any], session: Session) -> Connection:
        rest = {name: value for name, value in given.items() if name not in ("first", "after")}
        parent = entity if listing.parent is not None else None
        return await connection(session, listing, rest, given.get("first"), given.get("after"), parent)

    async def price(asking: Estimator, place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await asking.listed(place, listing, given, path)

    field = _answering(answer, description, (*arguments, FIRST, AFTER))
    field.asks, field.price = (listing.capability,), price
    return field


def listed_within(listing: Listing, prefix: str, description: str, *arguments: Argument) -> Any:
    """A connection of the root, narrowed to the category that it is a field of by the argument `prefix`."""

    async def answer(entity: Entity, given: Mapping[str, Any], session: Session) -> Connection:
        rest = {name: value for name, value in given.items() if name not in ("first", "after")}
        narrowed = await category.within(entity, listing, prefix, rest, session)
        return await connection(session, listing, narrowed, given.get("first"), given.get("after"))

    async def price(asking: Estimator, place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await asking.within(place, prefix, given, path, partial(asking.listed, ROOT, listing))

    field = _answering(answer, description, (*arguments, FIRST, AFTER))
    field.asks, field.price = (listing.capability,), price
    return field


def ranked_within(
    ranking: Callable[[Mapping[str, Any], Session], Awaitable[Connection]],
    listing: Listing,
    prefix: str,
    description: str,
    *arguments: Argument,
) -> Any:
    """A ranking of the root, narrowed to the category that it is a field of by the argument `prefix`."""

    async def answer(entity: Entity, given: Mapping[str, Any], session: Session) -> Connection:
        return await ranking(await category.within(entity, listing, prefix, given, session), session)

    async def price(asking: Estimator, place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await asking.within(place, prefix, given, path, partial(calendar.ranked_price, asking, listing))

    field = _answering(answer, description, (*arguments, FIRST, AFTER))
    field.asks, field.price = (listing.capability,), price
    return field


def read_live(capability: str, parent: str, description: str) -> Any:
    """The values that one live read of an entity gives."""

    async def answer(entity: Entity, _given: Mapping[str, Any], session: Session) -> list[Any]:
        return (await session.read(capability, {parent: entity.id})).values

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        return await asking.read(place, capability, lambda entity: {parent: entity.id}, path)

    field = _answering(answer, description)
    field.asks, field.price = (capability,), price
    return field


def in_tree(answer: Answer, price: Price, description: str, *arguments: Argument) -> Any:
    """What the provider's category tree tells, level by level."""

    async def told(source: Any, given: Mapping[str, Any], session: Session) -> Any:
        return await answer(source, given, session)

    field = _answering(told, description, arguments)
    field.asks, field.price = tuple(f"category.l{level.value}" for level in CategoryLevel), price
    return field


def ranked(
    ranking: Callable[[Mapping[str, Any], Session], Awaitable[Connection]],
    listing: Listing,
    description: str,
    *arguments: Argument,
) -> Any:
    """A ranking of the root."""

    async def answer(_root: Any, given: Mapping[str, Any], session: Session) -> Connection:
        return await ranking(given, session)

    async def price(asking: Estimator, _place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await calendar.ranked_price(asking, listing, given, path)

    field = _answering(answer, description, (*arguments, FIRST, AFTER))
    field.asks, field.price = (listing.capability,), price
    return field


def dated(series: Series, description: str) -> Any:
    """A series of days."""

    async def answer(entity: Entity, given: Mapping[str, Any], session: Session) -> Any:
        return await calendar.trend(series, entity, given, session)

    async def price(asking: Estimator, place: Place, given: Mapping[str, Any], path: Path) -> Place:
        await asking.days(place, series, calendar.asked_days(given, asking.today), path)
        return place

    arguments = (
        Argument("from", date | None, "The first day (UTC), at most 180 days before today."),
        Argument("to", date | None, "The last day; needs `from`. Days from today on are cut off."),
        Argument("days", int | None, "The N days that end yesterday, from 1 to 180; instead of `from` and `to`."),
    )
    field = _answering(answer, description, arguments)
    field.asks, field.price = (series.capability,), price
    return field


def looked_up(kind: str | None, description: str) -> Any:
    """One entity by its id; None where it is unknown."""

    async def answer(_root: Any, given: Mapping[str, Any], session: Session) -> Any:
        return await node.find(session, "id", given["id"], kind)

    async def price(asking: Estimator, _place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await node.found_price(asking, [given["id"]], kind, path)

    field = _answering(answer, description, (Argument("id", ID, _id_description(kind)),))
    field.finds, field.price = True, price
    return field


def looked_up_all(kind: str | None, description: str) -> Any:
    """Entities by their ids, in the order asked."""

    def answer(_root: Any, given: Mapping[str, Any], session: Session) -> Any:
        return node.find_all(session, "ids", given["ids"], kind)

    async def price(asking: Estimator, _place: Place, given: Mapping[str, Any], path: Path) -> Place:
        return await node.found_price(asking, given["ids"], kind, path)

    ids = Argument("ids", list[ID], f"At most {node.MOST_IDS}. Each: {_id_description(kind)}")
    field = _answering(answer, description, (ids,))
    field.finds, field.price = True, price
    return field


def sourced() -> Any:
    """The best row merged into the entity."""

    async def answer(entity: Entity, _given: Mapping[str, Any], session: Session) -> Any:
        return await source.source(entity, session)

    return _answering(answer, "The best row that tells something of it. Costs no call, and waits for none of its own.")


def sourced_all() -> Any:
    """Every row merged into the entity."""

    async def answer(entity: Entity, _given: Mapping[str, Any], session: Session) -> Any:
        return await source.sources(entity, session)

    return _answering(answer, "Every row that still tells something of it, best first. Costs no call.")


def averaged() -> Any:
    """The mean price of what was sold in the window of a view."""

    def read(view: View) -> Any:
        return average_price(view)

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], path: Path) -> Place:
        told, *worked_out = (in_window(measure, place.window) for measure in AVERAGED)
        lacking = [crowd for crowd in place.crowds if not has_value(crowd.reads(told))]
        await asking.facts(place._replace(crowds=lacking), worked_out, path)
        return place

    field = _reading(
        read,
        "Mean price of what was sold, US dollars: as told, else `gmv` ÷ `units`; null where nothing was sold.",
        *(in_window(measure, window) for measure in AVERAGED for window in Window),
    )
    field.demands = tuple(in_window(measure, window) for measure in AVERAGED[1:] for window in Window)
    field.price, field.by_window = price, True
    return field


def named(name: str, kind: str, description: str) -> Any:
    """The entity whose id is an attribute of the source, a value that is no entity itself."""

    def answer(value: Any, _given: Mapping[str, Any], session: Session) -> Entity | None:
        key = getattr(value, name)
        return None if key is None else session.entity(kind, key)

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], _path: Path) -> Place:
        return asking.named(place, kind, lambda crowd: UNSET if crowd.value is None else getattr(crowd.value, name))

    field = _answering(answer, description)
    field.price = price
    return field


def edge_category(name: str, level: CategoryLevel, description: str) -> Any:
    """The category whose id stands on the edge, at the level that its column tells."""

    def read(edge: Edge) -> Entity | None:
        key = getattr(edge.facts, name)
        return None if key is None else category.refer(edge.node, key, level)

    async def price(asking: Estimator, place: Place, _given: Mapping[str, Any], _path: Path) -> Place:
        return asking.named(
            place, "Category", lambda crowd: UNSET if crowd.edge is None else getattr(crowd.edge, name), level
        )

    field = _reading(read, description)
    field.price = price
    return field


def stated(answer: Answer, description: str, *arguments: Argument) -> Any:
    """What the server knows of itself or of who asks it: no fact of an entity, and no call."""

    async def known(source: Any, given: Mapping[str, Any], session: Session) -> Any:
        return await answer(source, given, session)

    return _answering(known, description, arguments)


def answered(
    answer: Answer,
    description: str,
    *arguments: Argument,
    reason: str,
    facts: tuple[Fact, ...] = (),
    asks: tuple[str, ...] = (),
    finds: bool = False,
    price: Price | None = None,
) -> Any:
    """What none of the declared kinds can say. reason: why it needs code of its own."""
    field = _answering(answer, description, arguments)
    field.reason, field.facts, field.asks, field.finds, field.price = reason, facts, asks, finds, price
    return field


def derived(read: Reader, description: str, *, reason: str) -> Any:
    """A value worked out from facts of the source."""
    field = _reading(read, description)
    field.reason = reason
    return field


async def _follow_all(entity: Entity, fact: Fact, kind: str) -> list[Entity] | None:
    keys = await entity.demand(fact)
    return None if keys is None else [entity.refer(kind, key) for key in keys]


async def _follow(entity: Entity, fact: Fact, kind: str) -> Entity | None:
    key = await entity.demand(fact)
    return None if key is None else entity.refer(kind, key)


def has_fact(kind: str | None, fact: Fact) -> bool:
    """Whether entities of this type have such a measure."""
    return kind is not None and fact in RECORDS[kind].__struct_fields__


def has_value(told: Any) -> bool:
    return told is not UNSET and told is not None


def _id_description(kind: str | None) -> str:
    return f'"{kind}:<digits>", or the upstream id alone.' if kind else 'A global id: "<Type>:<digits>".'


def _reading(read: Reader, description: str, *facts: Fact) -> Declared:
    field = Declared(description=description)
    field.read, field.facts = read, facts
    return field


def _answering(answer: Answer, description: str, arguments: Sequence[Argument] = ()) -> Declared:
    field = Declared(description=description)
    field.answer = answer
    field.arguments = [_argument(argument) for argument in arguments]
    return field


def _argument(argument: Argument) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=argument.name,
        graphql_name=argument.name,
        type_annotation=StrawberryAnnotation(argument.type),
        description=argument.description,
        default=strawberry.UNSET if argument.default is None else argument.default,
        metadata={"kind": argument.kind} if argument.kind else {},
    )
