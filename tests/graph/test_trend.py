"""Series of days: which days a trend means, which of them are asked, and which are never asked again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.backend import Backend
from loaders.budget import Budgets
from loaders.codec import Codec
from loaders.series import Asked, Series, Told, is_settled, lacking_ranges, learn_days
from loaders.session import Session
from resolvers.calendar import trend_days
from sandbox.server import SandboxServer
from sandbox.world.product import Product
from store.counting import ProviderCount
from store.layered import LayeredStore
from store.memory import MemoryStore
from upstream import echotik
from upstream.account import Account
from upstream.breaker import Breaker
from upstream.echotik.account import reached as access_to
from upstream.errors import BadInput
from upstream.http import Http
from upstream.limiter import Limiter, Rate
from upstream.operation import Operation
from upstream.routing import Catalog
from upstream.service import Service

POINT = "date units gmv totalUnits totalGmv averagePrice influencers videos lives"
HOUR = 3600.0
TODAY = date(2026, 3, 18)

both_versions = pytest.mark.parametrize("version", ["v2", "v3"])


def trend(product: Product, arguments: str = "", fields: str = "date") -> str:
    return f'{{ product(id: "{product.id}") {{ productId trend{arguments} {{ {fields} }} }} }}'


def dates(answer: Any) -> list[str]:
    return [point["date"] for point in answer.data["product"]["trend"]]


def calendar(sandbox: SandboxServer, first: int, last: int) -> list[str]:
    """Dates of all days between two, counted back from today."""
    return [sandbox.world.date_of(day).isoformat() for day in range(first, last - 1, -1)]


def asked(sandbox: SandboxServer) -> list[tuple[int, int]]:
    """First and last day of every call, counted back from today, oldest first."""
    days = [
        tuple(sandbox.world.day_of(date.fromisoformat(call.params[end])) for end in ("start_date", "end_date"))
        for call in sandbox.calls
        if call.path == "product/trend"
    ]
    return sorted(((first, last) for first, last in days), reverse=True)


def daily(sandbox: SandboxServer) -> Product:
    """A product that sold for years and lacks no day."""
    return next(product for product in sandbox.world.products_in("US") if product.established)


def young(sandbox: SandboxServer, age: int) -> Product:
    """A product first seen so many days ago, of which every day since was collected."""
    return next(p for p in sandbox.world.products_in("US") if p.age == age and not p.sparse)


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_a_point_tells_of_its_day_and_of_all_days_up_to_it(version, gateway, sandbox):
    world, product = sandbox.world, daily(sandbox)

    answer = gateway(version)(trend(product, "(days: 9)", POINT))

    points = answer.data["product"]["trend"]
    assert [point["date"] for point in points] == calendar(sandbox, 9, 1)
    for day, point in zip(range(9, 0, -1), points, strict=True):
        assert point == {
            "date": world.date_of(day).isoformat(),
            "units": product.units(day) - product.units(day + 1),
            "gmv": pytest.approx((product.gmv(day) - product.gmv(day + 1)) / 100),
            "totalUnits": product.units(day),
            "totalGmv": pytest.approx(product.gmv(day) / 100),
            "averagePrice": pytest.approx(product.price_on(day) / 100),
            "influencers": product.influencers(day),
            "videos": sum(video.day >= day for video in world.videos_of_product(product)),
            "lives": sum(live.day >= day for live in world.lives_of_product(product)),
        }


def dated(text: str, sandbox: SandboxServer) -> str:
    """A text with the dates of the days that stand in it between brackets, counted back from today."""
    return re.sub(r"<(-?\d+)>", lambda day: sandbox.world.date_of(int(day[1])).isoformat(), text)


@both_versions
@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ("", 30, 1),
        ("(days: 180)", 180, 1),
        ('(from: "<12>")', 12, 1),
        ('(from: "<180>", to: "<178>")', 180, 178),
        ('(from: "<3>", to: "<-40>")', 3, 1),
    ],
)
def test_the_days_of_a_trend_and_what_they_cost(version, arguments, first, last, gateway, sandbox):
    answer = gateway(version)(trend(daily(sandbox), dated(arguments, sandbox)))

    assert dates(answer) == calendar(sandbox, first, last)
    assert sandbox.count("product/trend") == -(-(first - last + 1) // 10)
    assert asked(sandbox) == [(start, max(start - 9, last)) for start in range(first, last - 1, -10)]


@both_versions
def test_parts_of_a_known_trend_cost_nothing(version, gateway, sandbox):
    server, product = gateway(version), daily(sandbox)
    server(trend(product, "(days: 30)"))
    sandbox.reset()

    for arguments, first, last in (
        ("(days: 1)", 1, 1),
        ("(days: null, from: null, to: null)", 30, 1),
        ('(from: "<7>", to: "<7>")', 7, 7),
        ('(from: "<30>", to: "<0>")', 30, 1),
        ('(from: "<30>", to: "<20>")', 30, 20),
    ):
        assert dates(server(trend(product, dated(arguments, sandbox)))) == calendar(sandbox, first, last)
    assert sandbox.count() == 0


@both_versions
def test_days_from_today_on_are_cut_off_and_not_asked(version, gateway, sandbox):
    server, product = gateway(version), daily(sandbox)

    for arguments in ('(from: "<0>")', '(from: "<0>", to: "<0>")', '(from: "<-1>", to: "<-5>")', '(from: "<-1>")'):
        assert dates(server(trend(product, dated(arguments, sandbox)))) == []
    assert sandbox.count("product/trend") == 0


@both_versions
def test_other_mixtures_are_refused_without_a_call(version, gateway, sandbox):
    server, product = gateway(version), daily(sandbox)
    server(trend(product, "(days: 1)"))
    sandbox.reset()

    for arguments, argument, bound in (
        ("(days: 0)", "days", "1 to 180"),
        ("(days: -3)", "days", "1 to 180"),
        ("(days: 181)", "days", "1 to 180"),
        ('(to: "<3>")', "to", "from"),
        ('(from: "<9>", to: "<10>")', "from", "<10>"),
        ('(from: "<181>")', "from", "<180>"),
        ('(from: "<400>", to: "<399>")', "from", "<180>"),
        ('(days: 5, from: "<9>")', "days", "from or to"),
        ('(days: 5, to: "<9>")', "days", "from or to"),
        ('(days: 5, from: "<9>", to: "<5>")', "days", "from or to"),
    ):
        answer = server(trend(product, dated(arguments, sandbox)))
        assert answer.partial == {"product": {"productId": product.id, "trend": None}}
        assert answer.codes == ["BAD_USER_INPUT"]
        (error,) = answer.errors
        assert error["message"].startswith(f"{argument}: ")
        assert dated(bound, sandbox) in error["message"]
        assert error["extensions"]["argument"] == argument
    assert sandbox.count() == 0


def test_the_days_that_arguments_mean():
    def days(first: int | None, last: int | None, count: int | None) -> tuple[int, int] | None:
        ends = [None if day is None else TODAY - timedelta(days=day) for day in (first, last)]
        found = trend_days(ends[0], ends[1], count, TODAY)
        return None if found is None else ((TODAY - found.first).days, (TODAY - found.last).days)

    assert days(None, None, None) == (30, 1)
    assert days(None, None, 1) == (1, 1)
    assert days(None, None, 180) == (180, 1)
    assert days(180, None, None) == (180, 1)
    assert days(180, 180, None) == (180, 180)
    assert days(5, -5, None) == (5, 1)
    assert days(0, None, None) is None
    assert days(-1, -2, None) is None
    for wrong in [(None, 3, None), (3, 4, None), (-2, -1, None), (181, None, None), (3, None, 3), (None, 3, 3)]:
        with pytest.raises(BadInput):
            days(*wrong)
    for count in (0, -1, 181):
        with pytest.raises(BadInput, match="1 to 180"):
            days(None, None, count)


# ── which days are asked ──────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_days_that_were_not_received_are_left_out(version, gateway, sandbox):
    product = next(p for p in sandbox.world.products_in("US") if p.sparse and p.age > 200)
    server = gateway(version)

    answer = server(trend(product, "(days: 60)"))

    collected = [day for day in range(60, 0, -1) if not product.missing(day)]
    assert len(collected) < 60
    assert dates(answer) == [sandbox.world.date_of(day).isoformat() for day in collected]
    assert sandbox.count("product/trend") == 6

    assert dates(server(trend(product, "(days: 60)"))) == dates(answer)
    assert sandbox.count("product/trend") == 6


@both_versions
def test_days_before_it_was_first_seen_are_not_asked_where_that_day_is_known(version, gateway, sandbox):
    product = young(sandbox, 12)

    answer = gateway(version)(trend(product, "(days: 90)"))

    assert dates(answer) == calendar(sandbox, 12, 1)
    assert asked(sandbox) == [(12, 3), (2, 1)]


@both_versions
def test_a_trend_that_ends_before_it_was_first_seen_costs_nothing(version, gateway, sandbox):
    product, world = young(sandbox, 12), sandbox.world

    answer = gateway(version)(trend(product, f'(from: "{world.date_of(40)}", to: "{world.date_of(13)}")'))

    assert dates(answer) == []
    assert sandbox.count("product/trend") == 0


@both_versions
def test_a_rank_row_tells_no_first_day_and_none_is_looked_up(version, gateway, sandbox):
    query = "{ productRanking(region: US, first: 1) { nodes { productId trend { date } } } }"

    answer = gateway(version)(query)

    assert asked(sandbox) == [(30, 21), (20, 11), (10, 1)]
    assert (sandbox.count("product/detail"), sandbox.count()) == (0, 4)
    (node,) = answer.data["productRanking"]["nodes"]
    product = sandbox.world.product(node["productId"])
    days = [day for day in range(30, 0, -1) if day <= product.age and not product.missing(day)]
    assert [point["date"] for point in node["trend"]] == [sandbox.world.date_of(day).isoformat() for day in days]


def test_a_new_product_of_a_ranking_is_asked_for_days_before_its_first(gateway, sandbox):
    query = "{ newProductRanking(region: US, first: 1) { nodes { productId trend { date } } } }"

    answer = gateway("v2")(query)

    assert sandbox.count("product/trend") == 3
    (node,) = answer.data["newProductRanking"]["nodes"]
    first = sandbox.world.date_of(sandbox.world.product(node["productId"]).age)
    assert node["trend"][0]["date"] >= first.isoformat()


@both_versions
def test_gaps_between_known_days_are_asked_and_no_more(version, gateway, sandbox):
    server, product, world = gateway(version), daily(sandbox), sandbox.world
    server(trend(product, f'(from: "{world.date_of(20)}", to: "{world.date_of(11)}")'))
    server(trend(product, f'(from: "{world.date_of(4)}", to: "{world.date_of(4)}")'))
    sandbox.reset()

    answer = server(trend(product, "(days: 33)"))

    assert dates(answer) == calendar(sandbox, 33, 1)
    # 13 days lack before the known ten, and behind them a stretch of ten that has one known day in it.
    assert asked(sandbox) == [(33, 24), (23, 21), (10, 1)]


@both_versions
def test_trends_of_several_products_cost_their_own_days_each(version, gateway, sandbox):
    products = [product for product in sandbox.world.products_in("US") if product.established][:3]
    query = "query ($ids: [ID!]!) { productsByIds(ids: $ids) { productId trend(days: 15) { date units } } }"

    answer = gateway(version)(query, ids=[product.id for product in products])

    assert sandbox.count("product/trend") == 3 * 2
    for found, product in zip(answer.data["productsByIds"], products, strict=True):
        sold = [product.units(day) - product.units(day + 1) for day in range(15, 0, -1)]
        assert [point["units"] for point in found["trend"]] == sold


@both_versions
def test_two_trends_of_a_product_at_the_same_moment_share_their_days(version, gateway, sandbox):
    server, product = gateway(version), daily(sandbox)
    sandbox.delay(0.1, "product/trend")

    one, two = server.together(trend(product, "(days: 30)"), trend(product, "(days: 20)"))

    assert dates(one) == calendar(sandbox, 30, 1)
    assert dates(two) == calendar(sandbox, 20, 1)
    days = [day for first, last in asked(sandbox) for day in range(last, first + 1)]
    assert sorted(days) == list(range(1, 31))


@both_versions
def test_a_failed_stretch_fails_the_trend_alone_and_only_it_is_asked_again(version, gateway, sandbox):
    server, product = gateway(version), daily(sandbox)
    start = sandbox.world.date_of(20).isoformat()
    sandbox.fail("product/trend", "garbage", times=2, when={"start_date": start})

    answer = server(trend(product))
    assert answer.partial == {"product": {"productId": product.id, "trend": None}}
    assert answer.codes == ["UPSTREAM_BAD_RESPONSE"]

    sandbox.reset()
    assert dates(server(trend(product))) == calendar(sandbox, 30, 1)
    assert asked(sandbox) == [(20, 11)]


# ── ranges ────────────────────────────────────────────────────────────────────────────────────────────────────────


def day(number: int) -> date:
    return TODAY - timedelta(days=number)


def test_a_stretch_is_cut_from_its_first_day():
    assert lacking_ranges([], 10) == []
    assert lacking_ranges([day(4)], 10) == [Asked(day(4), day(4))]
    assert lacking_ranges([day(n) for n in range(1, 31)], 10) == [
        Asked(day(30), day(21)),
        Asked(day(20), day(11)),
        Asked(day(10), day(1)),
    ]
    assert lacking_ranges([day(n) for n in range(1, 12)], 10) == [Asked(day(11), day(2)), Asked(day(1), day(1))]
    assert lacking_ranges([day(1), day(10)], 10) == [Asked(day(10), day(1))]
    assert lacking_ranges([day(1), day(11)], 10) == [Asked(day(11), day(11)), Asked(day(1), day(1))]


def fewest(days: set[int], size: int) -> int:
    """The least number of ranges of `size` days that cover the days, by trying every range for the last of them."""
    best = {0: 0}
    for place, last in enumerate(sorted(days), start=1):
        reached = [n for n, first in enumerate(sorted(days)) if first <= last and last - first < size]
        best[place] = 1 + min(best[n] for n in reached)
    return best[len(days)]


@given(st.sets(st.integers(0, 179)), st.integers(1, 10))
def test_ranges_cover_every_lacking_day_and_are_the_fewest(numbers, size):
    days = {day(number) for number in numbers}

    ranges = lacking_ranges(days, size)

    assert all((asked.last - asked.first).days < size for asked in ranges)
    assert days <= {covered for asked in ranges for covered in asked.days()}
    assert all(asked.first in days and asked.last in days for asked in ranges)
    assert all(one.last < two.first for one, two in pairwise(ranges))
    assert len(ranges) == fewest(numbers, size)


# ── how long a day holds ──────────────────────────────────────────────────────────────────────────────────────────


def after(day: date, *, hours: float) -> float:
    """Unix seconds, so many hours after the end of a day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC).timestamp() + hours * HOUR


@pytest.mark.parametrize(
    ("row", "fetched", "asked_again", "settled"),
    [
        # a day with a row is final 48 hours after its end
        ("row", 10, 10 + 5.9, True),
        ("row", 10, 10 + 6, False),
        ("row", 47.9, 47.9 + 5.9, True),
        ("row", 47.9, 47.9 + 6, False),
        ("row", 48, 10_000, True),
        # one without a row is known to have none when it is older than three days
        (None, 10, 10 + 5.9, True),
        (None, 10, 10 + 6, False),
        (None, 48, 48 + 6, False),
        (None, 71.9, 71.9 + 5.9, True),
        (None, 71.9, 71.9 + 6, False),
        (None, 71.9, 10_000, False),
        (None, 72, 10_000, True),
    ],
)
def test_when_a_day_need_not_be_asked_again(row, fetched, asked_again, settled):
    told = Told(row, after(TODAY, hours=fetched))

    assert is_settled(TODAY, told, after(TODAY, hours=asked_again)) is settled


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def seconds(self) -> float:
        return self.now.timestamp()


class Shop:
    """The gateway's loaders over an emulated provider, both on one clock."""

    def __init__(self, sandbox: SandboxServer, backend: Backend, clock: Clock) -> None:
        self.sandbox = sandbox
        self.backend = backend
        self.clock = clock

    async def learn(self, product: Product, days: range) -> list[int]:
        """Asks for days, counted back from today; gives those that had a row."""
        world = self.sandbox.world
        wanted = {world.date_of(day) for day in days}
        session = Session(self.backend, Operation(deadline=float("inf")))
        known = await learn_days(session, Series("product.trend", "product"), product.id, wanted)
        return sorted(world.day_of(day) for day, told in known.items() if told.row is not None and day in wanted)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    clock = Clock(datetime(2026, 3, 18, 12, tzinfo=UTC))
    with SandboxServer(clock=lambda: clock.now) as sandbox:
        access = access_to(f"{sandbox.url}/v3", "sandbox", "sandbox")
        catalog = Catalog(echotik.ENDPOINTS, [access])
        memory = MemoryStore(10_000_000, clock.seconds)
        store = LayeredStore(memory, None, Codec(catalog.endpoints), clock.seconds)
        budgets = Budgets(store.tally, {}, per_request=200, clock=clock.seconds)
        count = ProviderCount(store.tally, budgets.counting, "sandbox", clock.seconds)
        account = Account(access, Limiter(store.pace, "sandbox", Rate(0.0), 16), Breaker(), count)
        service = Service([account], Http(max_bytes=10_000_000), call_seconds=10)
        backend = Backend(catalog, service, store, budgets, clock=clock.seconds)
        yield Shop(sandbox, backend, clock)
        await backend.close()


async def test_young_days_are_asked_again_when_they_are_no_longer_fresh(shop):
    product = daily(shop.sandbox)
    assert await shop.learn(product, range(1, 11)) == list(range(1, 11))

    shop.clock.now += timedelta(hours=5)
    await shop.learn(product, range(1, 11))
    assert asked(shop.sandbox) == [(10, 1)]

    shop.clock.now += timedelta(hours=2)
    assert await shop.learn(product, range(1, 11)) == list(range(1, 11))
    # Yesterday ended 12 hours and the day before 36 hours before they were fetched; the third day 60 hours: final.
    assert asked(shop.sandbox) == [(10, 1), (2, 1)]


async def test_absent_days_are_asked_again_only_while_they_are_young(shop):
    sandbox = shop.sandbox
    product = next(p for p in sandbox.world.products_in("US") if p.sparse and p.age > 200 and p.missing(1))
    assert product.missing(10)
    assert await shop.learn(product, range(1, 13)) == [*range(2, 10), 11, 12]
    sandbox.reset()

    shop.clock.now += timedelta(hours=6)  # yesterday lacked and the day before was young; the tenth day is long absent
    assert await shop.learn(product, range(1, 13)) == [*range(2, 10), 11, 12]
    assert asked(sandbox) == [(2, 1)]

    shop.clock.now += timedelta(days=9)  # what was yesterday is the tenth day now
    sandbox.reset()
    assert await shop.learn(product, range(10, 11)) == []
    assert asked(sandbox) == [(10, 10)]

    shop.clock.now += timedelta(days=30)
    sandbox.reset()
    assert await shop.learn(product, range(40, 41)) == []
    assert sandbox.count() == 0
