"""Series of days: only the days that are lacking are asked, in sub-ranges of at most a page, or whole where that costs
less. The days of a series are all one provider's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from aiodataloader import DataLoader

from entities.record import Fact
from loaders.backend import FOR_GOOD, Backend
from loaders.failover import first_of
from loaders.flight import until_deadline
from store.entry import Entry, Key
from upstream.endpoint import Endpoint, Freshness
from upstream.errors import CapabilityUnavailable, ShopgraphError, UpstreamError
from upstream.operation import Operation
from upstream.routing import rows_of

if TYPE_CHECKING:
    from loaders.session import Session

FINAL_AFTER = timedelta(hours=48)
"""A day is final when it was fetched this long after its end."""

ABSENT_AFTER = timedelta(days=3)
"""A day without a row is taken as having none when it is older than this."""

DAY = "day"
"""The second word of a day's key; behind it stand the entity and the date."""

DAY_WEIGHT = 250


@dataclass(frozen=True)
class Series:
    """A declared series: what is asked day by day.

    capability   the endpoint's name
    parent       the argument that names the entity
    first_seen   the entity's fact before which there are no days
    """

    capability: str
    parent: str
    first_seen: Fact | None = None


class Asked(NamedTuple):
    """The days asked for, both ends inside."""

    first: date
    last: date

    def days(self) -> list[date]:
        return [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]


class Told(NamedTuple):
    """One day as it was told; row is None where it had none."""

    row: Any
    fetched_at: float


SeriesKey = tuple[Series, str, Asked, date | None]


class DayLoader(DataLoader[SeriesKey, "asyncio.Future[Any]"]):
    """Series of many entities: the days that several places of a query ask of the same one are asked once.

    Value   a future of its own for each series: what is known of its days, or the ShopgraphError that befell it
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def ask(self, key: SeriesKey) -> list[Any]:
        """The rows of the days that were received, in order; raises ShopgraphError."""
        known = await asyncio.shield(await self.load(key))
        if isinstance(known, ShopgraphError):
            raise known
        return [told.row for day in key[2].days() if (told := known.get(day)) is not None and told.row is not None]

    async def batch_load_fn(self, keys: list[SeriesKey]) -> list[asyncio.Future[Any]]:
        wanted: dict[tuple[Series, str], set[date]] = {}
        for series, key, asked, first_seen in keys:
            days = (day for day in asked.days() if first_seen is None or day >= first_seen)
            wanted.setdefault((series, key), set()).update(days)
        learned = {pair: asyncio.ensure_future(self._learn(*pair, days)) for pair, days in wanted.items()}
        return [learned[series, key] for series, key, _, _ in keys]

    async def _learn(self, series: Series, key: str, days: set[date]) -> Mapping[date, Told] | ShopgraphError:
        try:
            return await learn_days(self._session, series, key, days)
        except ShopgraphError as error:
            return error


class Plan(NamedTuple):
    """A provider that may tell a series, and what it takes there: the days of one series are all one provider's."""

    endpoint: Endpoint
    calls: Sequence[Asked]

    @property
    def lacking(self) -> bool:
        return bool(self.calls)


async def plans(session: Session, series: Series, key: str, days: set[date]) -> list[Plan]:
    """Who may tell the days, best first: who would be asked now, for the least price; what the store has costs nothing.

    Raises   CapabilityUnavailable where nobody tells all that is asked of each day, as far back
    """
    catalog, able = session.catalog, tellers(session, series, key, days)
    found = {each: Plan(each, await _calls(session, each, key, days)) for each in able}
    prices = {plan.endpoint: catalog.price(plan.endpoint) * len(plan.calls) for plan in found.values()}
    ranked = [found[endpoint] for endpoint in catalog.ranked(able, {}, prices)]
    return sorted(ranked, key=lambda plan: plan.lacking)


def tellers(session: Session, series: Series, key: str, days: set[date]) -> list[Endpoint]:
    """Who tells all that is asked of each day, as far back as that is; of one provider with several versions, one."""
    catalog, today = session.catalog, session.backend.today
    serving = catalog.eligible(series.capability, {series.parent: key})
    of_each = {endpoint.provider: endpoint for endpoint in reversed(serving)}  # of one with two versions the better
    wanted = session.wanted(series.capability) if len(of_each) > 1 or catalog.mixes else frozenset()
    telling = [each for each in serving if of_each[each.provider] is each]
    known = frozenset().union(*(rows_of(each).columns for each in telling))
    able = [each for each in telling if wanted & known <= rows_of(each).columns.keys() and _reaches(each, days, today)]
    if not able:
        back = max((max(each.spans) for each in telling if each.spans), default=0)
        raise CapabilityUnavailable(
            f"{series.capability}: no configured provider tells all that is asked of days more than {back} days ago",
            capability=series.capability,
        )
    return able


async def _calls(session: Session, endpoint: Endpoint, key: str, days: set[date]) -> Sequence[Asked]:
    """The calls that the days take: one for each stretch of lacking ones, or one for all."""
    backend = session.backend
    ordered = sorted(days)
    keys = [_day_key((backend.scope(endpoint), DAY, key), day) for day in ordered]
    held = await backend.reading.peek(keys, session.operation)
    lacking = [day for day, entry in zip(ordered, held, strict=True) if entry is None]
    return ranges_of(endpoint, lacking, backend.today)


def ranges_of(endpoint: Endpoint, lacking: Sequence[date], today: date) -> list[Asked]:
    """The ranges of days that calls to an endpoint are made for."""
    if not endpoint.spans or not lacking:
        return lacking_ranges(lacking, page_size(endpoint)) if lacking else []
    back = (today - min(lacking)).days
    span = next(span for span in sorted(endpoint.spans) if span >= back)
    return [Asked(today - timedelta(days=span), today - timedelta(days=1))]


def _reaches(endpoint: Endpoint, days: set[date], today: date) -> bool:
    return not endpoint.spans or not days or (today - min(days)).days <= max(endpoint.spans)


async def learn_days(session: Session, series: Series, key: str, days: set[date]) -> Mapping[date, Told]:
    """What is known of the days after those that lacked were asked for; where a provider fails, all from another."""
    able = tellers(session, series, key, days)
    if len(able) > 1:
        able = [plan.endpoint for plan in await plans(session, series, key, days)]

    async def ask(endpoint: Endpoint, operation: Operation) -> Mapping[date, Told]:
        return await _learn_at(session.backend, operation, endpoint, series, key, days)

    return await first_of(able, session.operation, ask)


async def _learn_at(
    backend: Backend, operation: Operation, endpoint: Endpoint, series: Series, key: str, days: set[date]
) -> Mapping[date, Told]:
    series_key: Key = (backend.scope(endpoint), DAY, key)
    lock = backend.lock(series_key)  # one fetch of a series at a time: who comes second finds the days in the store
    await until_deadline(lock.acquire(), operation, endpoint.title)
    try:
        known = await _known(backend, operation, series_key, days)
        if days - known.keys():
            backend.reading.forbid(operation, endpoint.title)
        ranges = ranges_of(endpoint, sorted(days - known.keys()), backend.today)
        calls = (_fetch(backend, operation, endpoint, series, key, asked, series_key) for asked in ranges)
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            known.update(outcome)
        return known
    finally:
        lock.release()


def lacking_ranges(days: Iterable[date], size: int) -> list[Asked]:
    """The fewest ranges of at most `size` days that cover the days, cut from the first lacking one."""
    ranges: list[Asked] = []
    for day in sorted(days):
        if ranges and (day - ranges[-1].first).days < size:
            ranges[-1] = ranges[-1]._replace(last=day)
        else:
            ranges.append(Asked(day, day))
    return ranges


async def _fetch(
    backend: Backend, operation: Operation, endpoint: Endpoint, series: Series, key: str, asked: Asked, series_key: Key
) -> Mapping[date, Told]:
    by_key = {_day_key(series_key, day): day for day in asked.days()}

    async def call(opened: Operation) -> Mapping[date, Told]:
        async def ask(lacking: Sequence[Key]) -> Mapping[Key, Told]:
            days = asked.days() if endpoint.spans else sorted(by_key[key] for key in lacking)
            arguments: dict[str, Any] = {series.parent: key, "from": days[0], "to": days[-1]}
            if endpoint.spans:
                arguments = {series.parent: key, "days": len(days)}
            answer = await backend.service.call(endpoint, arguments, opened, None if endpoint.spans else 1)
            rows = (row.value for row in answer.rows if row.value is not None and row.value.day is not None)
            kept = await _keep(backend, series_key, Asked(days[0], days[-1]), {row.day: row for row in rows})
            return {_day_key(series_key, day): known for day, known in kept.items()}

        told = await backend.reading.once(list(by_key), opened, ask, lambda entry: Told(entry.value, entry.fetched_at))
        return {by_key[day_key]: known for day_key, known in told.items()}

    try:
        told = await backend.flights.share((*series_key, asked), operation, call, endpoint.title)
    except UpstreamError as error:
        stale = await backend.reading.behind(list(by_key), operation, error)
        return {day: Told(entry.value, entry.fetched_at) for day, entry in zip(by_key.values(), stale, strict=True)}
    for day, known in told.items():
        operation.seen.note(known.fetched_at, expires_at(day, known))
    return told


async def _keep(backend: Backend, key: Key, asked: Asked, rows: Mapping[date, Any]) -> Mapping[date, Told]:
    now = backend.clock()
    told = {day: Told(rows.get(day), now) for day in asked.days()}
    await backend.store.put(
        [(_day_key(key, day), Entry(known.row, now, expires_at(day, known), DAY_WEIGHT)) for day, known in told.items()]
    )
    return told


async def _known(backend: Backend, operation: Operation, key: Key, days: Iterable[date]) -> dict[date, Told]:
    """The days that need not be asked again."""
    wanted = sorted(days)
    held = await backend.reading.get([_day_key(key, day) for day in wanted], operation)
    found = zip(wanted, held, strict=True)
    return {day: Told(entry.value, entry.fetched_at) for day, entry in found if entry is not None}


def _day_key(series_key: Key, day: date) -> Key:
    """A day is an entry of its own, so that two servers that learn of a series at once keep the days of both."""
    return (*series_key, day.isoformat())


def expires_at(day: date, told: Told) -> float:
    """Until when what was told of a day holds, unix seconds: for good once it is final, else while it is fresh."""
    age = told.fetched_at - (datetime.combine(day, time(), UTC) + timedelta(days=1)).timestamp()
    final = FINAL_AFTER if told.row is not None else ABSENT_AFTER
    return FOR_GOOD if age >= final.total_seconds() else told.fetched_at + Freshness.OFFLINE.value


def is_settled(day: date, told: Told, now: float) -> bool:
    """Whether a day need not be asked again."""
    return now < expires_at(day, told)


def page_size(endpoint: Endpoint) -> int:
    """How many days a call may span."""
    assert endpoint.pages is not None
    return endpoint.pages.size
