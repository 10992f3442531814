"""Rankings: which period is meant, which one is found, and what its rows tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.vocabulary import RankPeriod
from loaders.listing import Period
from resolvers.calendar import ranking_periods, start_of
from sandbox.echotik.product import category_ids
from sandbox.server import SandboxServer
from sandbox.world import World
from sandbox.world.product import Product
from upstream.errors import BadInput

DAY, WEEK, MONTH = RankPeriod.DAY, RankPeriod.WEEK, RankPeriod.MONTH
EDGES = "edges { cursor rank units gmv influencers videos lives node { productId } }"

both_versions = pytest.mark.parametrize("version", ["v2", "v3"])
served = pytest.mark.parametrize("version", ["v2", "v3", None])


def ranking(arguments: str = "", fields: str = "date pageInfo { hasNextPage endCursor } " + EDGES) -> str:
    return f"{{ productRanking(region: GB{arguments}) {{ {fields} }} }}"


def new_ranking(arguments: str = "", fields: str = "date pageInfo { hasNextPage endCursor } " + EDGES) -> str:
    return f"{{ newProductRanking(region: GB{arguments}) {{ {fields} }} }}"


def asked(sandbox: SandboxServer, path: str = "product/ranklist") -> list[tuple[str, str]]:
    """Date and page of every call, in order."""
    return [(call.params["date"], call.params["page_num"]) for call in sandbox.calls if call.path == path]


def product_ids(connection: Any) -> list[str]:
    return [edge["node"]["productId"] for edge in connection["edges"]]


def monday(today: date, weeks_ago: int) -> date:
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


def first_of(today: date, months_ago: int) -> date:
    months = today.year * 12 + today.month - 1 - months_ago
    return date(months // 12, months % 12 + 1, 1)


def best(world: World, first: date, last: date, measure: Callable[[Product, int], int]) -> list[Product]:
    """What gained most from the first to the last day, out of all that sold or gained something."""
    newest, oldest = world.day_of(last), world.day_of(first)

    def gained(product: Product, count: Callable[[Product, int], int]) -> int:
        return count(product, newest) - count(product, oldest + 1)

    products = [p for p in world.products_in("GB") if gained(p, measure) or gained(p, Product.units)]
    return sorted(products, key=lambda product: (-gained(product, measure), product.id))


Late = Callable[[int, str | None], tuple[Any, SandboxServer]]


@pytest.fixture
def late(gateway: Any) -> Iterator[Late]:
    """Starts a server over a provider of its own, whose rankings are published so many days late."""
    running: list[SandboxServer] = []

    def start(days: int, version: str | None) -> tuple[Any, SandboxServer]:
        running.append(SandboxServer(ranking_lag_days=days).start())
        return gateway(echotik_base_url=running[-1].url + (f"/{version}" if version else "")), running[-1]

    yield start
    for server in running:
        server.stop()


# ── what is ranked ────────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
@pytest.mark.parametrize(("by", "code"), [("UNITS", "1"), ("INFLUENCERS", "2")])
@pytest.mark.parametrize("period", ["DAY", "WEEK", "MONTH"])
def test_a_ranking_gives_what_its_period_added(version, period, by, code, gateway, sandbox):
    world = sandbox.world
    first = {"DAY": world.date_of(3), "WEEK": monday(world.today, 2), "MONTH": first_of(world.today, 2)}[period]
    last = {"DAY": first, "WEEK": first + timedelta(days=6), "MONTH": first_of(world.today, 1) - timedelta(days=1)}
    measure = {"UNITS": Product.units, "INFLUENCERS": Product.influencers}[by]

    answer = gateway(version)(ranking(f', period: {period}, by: {by}, date: "{first}", first: 12'))

    (one, two) = sandbox.calls
    assert one.params == {
        "region": "GB",
        "date": first.isoformat(),
        "rank_type": {"DAY": "1", "WEEK": "2", "MONTH": "3"}[period],
        "product_rank_field": code,
        "page_num": "1",
        "page_size": "10",
    }
    assert two.params == {**one.params, "page_num": "2"}
    found = answer.data["productRanking"]
    assert found["date"] == first.isoformat()
    expected = best(world, first, last[period], measure)[:12]
    assert product_ids(found) == [product.id for product in expected]
    newest, oldest = world.day_of(last[period]), world.day_of(first)
    days = range(newest, oldest + 1)
    for rank, (edge, product) in enumerate(zip(found["edges"], expected, strict=True), start=1):
        assert edge["rank"] == rank
        assert edge["units"] == product.units(newest) - product.units(oldest + 1)
        assert edge["gmv"] == pytest.approx((product.gmv(newest) - product.gmv(oldest + 1)) / 100)
        assert edge["influencers"] == product.influencers(newest) - product.influencers(oldest + 1)
        assert edge["videos"] == sum(video.day in days for video in world.videos_of_product(product))
        assert edge["lives"] == sum(live.day in days for live in world.lives_of_product(product))


@pytest.mark.parametrize("version", ["v2", None])
def test_new_products_are_ranked_by_what_their_day_brought(version, gateway, sandbox):
    world, day = sandbox.world, 4

    answer = gateway(version)(new_ranking(f', date: "{world.date_of(day)}", first: 15'))

    assert sandbox.count("product/ranklist/new", "v2") == sandbox.count() == 2
    assert sandbox.calls[0].params == {
        "region": "GB",
        "date": world.date_of(day).isoformat(),
        "page_num": "1",
        "page_size": "10",
    }

    def gmv(product: Product) -> int:
        return product.gmv(day) - product.gmv(day + 1)

    # First seen on the day or within the two weeks before it.
    new = [product for product in world.products_in("GB") if day <= product.age <= day + 14]
    expected = sorted(new, key=lambda product: (-gmv(product), product.id))[:15]
    found = answer.data["newProductRanking"]
    assert found["date"] == world.date_of(day).isoformat()
    assert product_ids(found) == [product.id for product in expected]
    assert [edge["rank"] for edge in found["edges"]] == list(range(1, 16))
    assert [edge["gmv"] for edge in found["edges"]] == pytest.approx([gmv(product) / 100 for product in expected])


def test_v3_alone_does_not_rank_new_products(gateway, sandbox):
    answer = gateway("v3")(new_ranking())

    assert answer.partial == {"newProductRanking": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert "product.ranklist.new" in answer.errors[0]["message"]
    assert sandbox.count() == 0


# ── dates that are given ──────────────────────────────────────────────────────────────────────────────────────────


def refused(answer: Any, *words: str) -> bool:
    """Whether a ranking was refused for its date, in these words."""
    assert answer.partial == {"productRanking": None}
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argument"] == "date"
    assert answer.errors[0]["message"].startswith("date: ")
    assert all(word in answer.errors[0]["message"] for word in words)
    return True


@both_versions
def test_a_week_is_named_by_its_monday_and_a_month_by_its_first(version, gateway, sandbox):
    server, today = gateway(version), sandbox.world.today
    week, month = monday(today, 3), first_of(today, 2)

    for days in range(1, 7):
        answer = server(ranking(f', period: WEEK, date: "{week + timedelta(days=days)}"'))
        assert refused(answer, "Monday", week.isoformat())
    for day in (2, 15, 28):
        answer = server(ranking(f', period: MONTH, date: "{month.replace(day=day)}"'))
        assert refused(answer, "1st", month.isoformat())
    assert sandbox.count() == 0


@both_versions
def test_a_day_that_has_not_passed_is_refused(version, gateway, sandbox):
    server = gateway(version)
    for period in ("DAY", "WEEK", "MONTH"):
        for ahead in (0, 1, 30):
            day = sandbox.world.today + timedelta(days=ahead)
            assert refused(server(ranking(f', period: {period}, date: "{day}"')))
    assert sandbox.count() == 0


@both_versions
def test_a_date_alone_is_asked_alone(version, late):
    server, provider = late(1, version)
    yesterday = provider.world.date_of(1).isoformat()

    found = server(ranking(f', date: "{yesterday}"')).data["productRanking"]

    assert found == {"date": yesterday, "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": []}
    assert asked(provider) == [(yesterday, "1")]


# ── the newest published one ──────────────────────────────────────────────────────────────────────────────────────


@both_versions
@pytest.mark.parametrize(("lag", "tried", "found"), [(0, 1, 1), (1, 2, 2), (2, 3, 3), (3, 3, None)])
def test_the_newest_day_is_found_among_three(version, lag, tried, found, late):
    server, provider = late(lag, version)
    day = [provider.world.date_of(back).isoformat() for back in range(5)]

    ranked = server(ranking(", first: 3")).data["productRanking"]

    assert asked(provider) == [(day[back], "1") for back in range(1, tried + 1)]
    if found is None:
        assert (ranked["date"], ranked["edges"], ranked["pageInfo"]["hasNextPage"]) == (day[1], [], False)
    else:
        assert ranked["date"] == day[found]
        when = date.fromisoformat(day[found])
        assert product_ids(ranked) == [p.id for p in best(provider.world, when, when, Product.units)[:3]]


@served
def test_without_a_date_the_newest_is_given_with_latest_or_without(version, late):
    server, provider = late(1, version)
    found = server(ranking(", first: 3")).data["productRanking"]
    assert found["date"] == provider.world.date_of(2).isoformat()
    provider.reset()

    for arguments in (", latest: true", ", latest: false", ", date: null"):
        ranked = server(ranking(f"{arguments}, first: 3")).data["productRanking"]
        assert (ranked["date"], product_ids(ranked)) == (found["date"], product_ids(found))
    assert provider.count() == 0


@both_versions
@pytest.mark.parametrize("published", [True, False])
def test_the_newest_week_is_found_among_two(version, published, late):
    # The last week ended one to seven days ago, the one before it eight to fourteen.
    server, provider = late(7 if published else 14, version)
    weeks = [monday(provider.world.today, ago).isoformat() for ago in (1, 2)]

    ranked = server(ranking(", period: WEEK, first: 1")).data["productRanking"]

    assert asked(provider) == [(week, "1") for week in weeks]
    assert ranked["date"] == (weeks[1] if published else weeks[0])
    assert len(ranked["edges"]) == (1 if published else 0)


@both_versions
@pytest.mark.parametrize("published", [True, False])
def test_the_newest_month_is_found_among_two(version, published, late):
    # The last month ended as many days ago as this one has begun.
    today = datetime.now(UTC).date()
    server, provider = late(today.day if published else 70, version)
    months = [first_of(today, ago).isoformat() for ago in (1, 2)]

    ranked = server(ranking(", period: MONTH, latest: true, first: 1")).data["productRanking"]

    assert asked(provider) == [(month, "1") for month in months]
    assert ranked["date"] == (months[1] if published else months[0])
    assert len(ranked["edges"]) == (1 if published else 0)


@served
def test_latest_rounds_any_date_down(version, gateway, sandbox):
    server, today = gateway(version), sandbox.world.today
    wednesday, fifteenth = monday(today, 4) + timedelta(days=2), first_of(today, 3).replace(day=15)
    expected = {
        f', period: WEEK, date: "{wednesday}"': monday(today, 4),
        f', period: WEEK, date: "{monday(today, 4)}"': monday(today, 4),
        f', period: WEEK, date: "{monday(today, 4) + timedelta(days=6)}"': monday(today, 4),
        f', period: MONTH, date: "{fifteenth}"': first_of(today, 3),
        f', date: "{sandbox.world.date_of(6)}"': sandbox.world.date_of(6),
        f', date: "{today + timedelta(days=20)}"': sandbox.world.date_of(1),
        f', period: WEEK, date: "{today}"': monday(today, 1),
        f', period: MONTH, date: "{today}"': first_of(today, 1),
    }
    for arguments, begin in expected.items():
        assert server(ranking(f"{arguments}, latest: true, first: 1")).data["productRanking"]["date"] == str(begin)
    assert {day for day, _ in asked(sandbox)} == {str(begin) for begin in expected.values()}


@both_versions
def test_latest_before_a_date_tries_that_day_and_the_two_before(version, late):
    server, provider = late(9, version)
    days = [provider.world.date_of(back).isoformat() for back in (7, 8, 9)]

    ranked = server(ranking(f', date: "{days[0]}", latest: true')).data["productRanking"]

    assert asked(provider) == [(day, "1") for day in days]
    assert (ranked["date"], ranked["edges"]) == (days[0], [])


def test_the_newest_new_products_are_found_among_three_days(late):
    server, provider = late(2, "v2")
    days = [provider.world.date_of(back).isoformat() for back in (1, 2, 3)]

    ranked = server(new_ranking()).data["newProductRanking"]

    assert asked(provider, "product/ranklist/new") == [(day, "1") for day in days]
    assert (ranked["date"], len(ranked["edges"])) == (days[2], 10)


@both_versions
def test_a_ranking_that_is_not_there_yet_is_not_asked_again_at_once(version, late):
    server, provider = late(1, version)
    first = server(ranking()).data

    assert server(ranking()).data == first
    assert provider.count() == 2


# ── pages of a ranking ────────────────────────────────────────────────────────────────────────────────────────────


@both_versions
def test_the_pages_of_a_ranking_stay_on_the_date_that_was_found(version, late, gateway, sandbox):
    server, provider = late(1, version)
    yesterday, before = (provider.world.date_of(back).isoformat() for back in (1, 2))
    head = server(ranking()).data["productRanking"]
    assert asked(provider) == [(yesterday, "1"), (before, "1")]
    provider.reset()

    cursor = head["pageInfo"]["endCursor"]
    rest = server(ranking(f', after: "{cursor}"')).data["productRanking"]

    when = date.fromisoformat(before)
    expected = [product.id for product in best(provider.world, when, when, Product.units)[:20]]
    assert (head["date"], rest["date"]) == (before, before)
    assert product_ids(head) + product_ids(rest) == expected
    assert [edge["rank"] for edge in rest["edges"]] == list(range(11, 21))
    assert asked(provider) == [(before, "2")]

    # The same where yesterday's has been published since.
    assert gateway(version)(ranking(f', after: "{cursor}"')).data["productRanking"] == rest
    assert asked(sandbox) == [(before, "2")]


@served
def test_a_ranking_in_small_pieces_keeps_its_ranks(version, gateway, sandbox):
    server, after, ranks = gateway(version), "", []
    for _ in range(5):
        found = server(ranking(f", first: 4{after}")).data["productRanking"]
        ranks += [edge["rank"] for edge in found["edges"]]
        after = f', after: "{found["pageInfo"]["endCursor"]}"'

    assert ranks == list(range(1, 21))
    assert sandbox.count() == 2


@both_versions
def test_a_ranking_is_read_to_its_end(version, gateway, sandbox):
    world, day = sandbox.world, sandbox.world.date_of(2)
    (category,) = {p.categories[0].id for p in world.products_in("GB")[:1]}
    expected = [p.id for p in best(world, day, day, Product.units) if category_ids(p)[0] == category]
    assert len(expected) % 10

    server, after, found = gateway(version), "", []
    while True:
        page = server(ranking(f', date: "{day}", category: {{l1: {category}}}, first: 100{after}'))
        found += product_ids(page.data["productRanking"])
        if not page.data["productRanking"]["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{page.data["productRanking"]["pageInfo"]["endCursor"]}"'

    assert found == expected


# ── within a category ─────────────────────────────────────────────────────────────────────────────────────────────


@served
def test_a_ranking_within_a_category(version, gateway, sandbox):
    world, day = sandbox.world, sandbox.world.date_of(1)
    category = world.products_in("GB")[0].categories[0].id

    answer = gateway(version)(ranking(f', category: {{l1: "Category:{category}"}}'))

    assert sandbox.calls[-1].params["category_id"] == category
    assert sandbox.calls[-1].version == (version or "v3")
    expected = [p.id for p in best(world, day, day, Product.units) if category_ids(p)[0] == category]
    assert product_ids(answer.data["productRanking"]) == expected[:10]


@pytest.mark.parametrize("version", ["v3", None])
@pytest.mark.parametrize(("level", "param", "place"), [("l2", "category_l2_id", 1), ("l3", "category_l3_id", 2)])
def test_a_ranking_within_a_narrow_category(version, level, param, place, gateway, sandbox):
    world, day = sandbox.world, sandbox.world.date_of(1)
    category = category_ids(world.products_in("GB")[0])[place]
    assert category != "0"

    answer = gateway(version)(ranking(f", category: {{{level}: {category}}}"))

    assert sandbox.calls[-1].params[param] == category
    assert sandbox.count("product/ranklist", "v3") == 1
    expected = [p.id for p in best(world, day, day, Product.units) if category_ids(p)[place] == category]
    assert product_ids(answer.data["productRanking"]) == expected[:10] != []


@pytest.mark.parametrize("level", ["l2", "l3"])
def test_v2_alone_cannot_rank_within_a_narrow_category(level, gateway, sandbox):
    answer = gateway("v2")(ranking(f', category: {{l1: "600001", {level}: "600002"}}'))

    assert answer.partial == {"productRanking": None}
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert f"category.{level}" in answer.errors[0]["message"]
    assert answer.errors[0]["extensions"]["arguments"] == [f"category.{level}"]
    assert sandbox.count() == 0


@pytest.mark.parametrize("version", ["v2", None])
def test_new_products_are_ranked_within_a_category_of_level_1_alone(version, gateway, sandbox):
    server, category = gateway(version), sandbox.world.products_in("GB")[0].categories[0].id

    answer = server(new_ranking(f", category: {{l1: {category}}}"))
    assert sandbox.calls[-1].params["category_id"] == category
    found = [sandbox.world.product(id) for id in product_ids(answer.data["newProductRanking"])]
    assert {category_ids(product)[0] for product in found} == {category}

    sandbox.reset()
    answer = server(new_ranking(', category: {l2: "600002"}'))
    assert answer.codes == ["CAPABILITY_UNAVAILABLE"]
    assert "category.l2" in answer.errors[0]["message"]
    assert sandbox.count() == 0


# ── the calendar ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "today", "expected"),
    [
        (DAY, "2026-03-18", ["2026-03-17", "2026-03-16", "2026-03-15"]),
        (DAY, "2024-03-01", ["2024-02-29", "2024-02-28", "2024-02-27"]),
        (DAY, "2026-01-02", ["2026-01-01", "2025-12-31", "2025-12-30"]),
        (WEEK, "2026-03-16", ["2026-03-09", "2026-03-02"]),  # a Monday: last week ended yesterday
        (WEEK, "2026-03-17", ["2026-03-09", "2026-03-02"]),
        (WEEK, "2026-03-21", ["2026-03-09", "2026-03-02"]),
        (WEEK, "2026-03-22", ["2026-03-09", "2026-03-02"]),  # a Sunday: this week ends today
        (WEEK, "2026-03-23", ["2026-03-16", "2026-03-09"]),
        (WEEK, "2026-01-01", ["2025-12-22", "2025-12-15"]),  # a Thursday
        (MONTH, "2026-03-01", ["2026-02-01", "2026-01-01"]),
        (MONTH, "2026-03-31", ["2026-02-01", "2026-01-01"]),
        (MONTH, "2024-02-29", ["2024-01-01", "2023-12-01"]),
        (MONTH, "2026-01-15", ["2025-12-01", "2025-11-01"]),
        (MONTH, "2026-12-31", ["2026-11-01", "2026-10-01"]),
    ],
)
def test_the_periods_that_are_tried_without_a_date(kind, today, expected):
    for latest in (True, False):
        periods = ranking_periods(kind, None, latest, date.fromisoformat(today))
        assert periods == [Period(kind, date.fromisoformat(start)) for start in expected]


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        (DAY, "2026-03-17", ["2026-03-17", "2026-03-16", "2026-03-15"]),
        (DAY, "2026-03-18", ["2026-03-17", "2026-03-16", "2026-03-15"]),
        (DAY, "2027-01-01", ["2026-03-17", "2026-03-16", "2026-03-15"]),
        (DAY, "2025-01-01", ["2025-01-01", "2024-12-31", "2024-12-30"]),
        (WEEK, "2026-03-16", ["2026-03-09", "2026-03-02"]),
        (WEEK, "2026-03-15", ["2026-03-09", "2026-03-02"]),
        (WEEK, "2026-03-09", ["2026-03-09", "2026-03-02"]),
        (WEEK, "2026-03-08", ["2026-03-02", "2026-02-23"]),
        (MONTH, "2026-03-18", ["2026-02-01", "2026-01-01"]),
        (MONTH, "2026-02-28", ["2026-02-01", "2026-01-01"]),
        (MONTH, "2026-01-01", ["2026-01-01", "2025-12-01"]),
    ],
)
def test_the_periods_that_are_tried_for_the_latest_at_a_date(kind, asked, expected):
    periods = ranking_periods(kind, date.fromisoformat(asked), True, date(2026, 3, 18))

    assert periods == [Period(kind, date.fromisoformat(start)) for start in expected]


def test_a_date_alone_is_the_only_period_tried():
    today = date(2026, 3, 18)
    for kind, asked in [
        (DAY, date(2026, 3, 17)),
        (DAY, date(2020, 2, 29)),
        (WEEK, date(2026, 3, 9)),
        (MONTH, date(2026, 2, 1)),
    ]:
        assert ranking_periods(kind, asked, False, today) == [Period(kind, asked)]
    for kind, asked in [
        (DAY, date(2026, 3, 18)),
        (DAY, date(2026, 3, 19)),
        (WEEK, date(2026, 3, 10)),
        (WEEK, date(2026, 3, 15)),
        (MONTH, date(2026, 2, 2)),
        (MONTH, date(2026, 2, 28)),
    ]:
        with pytest.raises(BadInput, match="date: "):
            ranking_periods(kind, asked, False, today)


dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(st.sampled_from(RankPeriod), dates, st.none() | dates)
def test_periods_that_are_tried_have_ended_and_follow_one_another(kind, today, asked):
    periods = ranking_periods(kind, asked, True, today)

    assert len(periods) == (3 if kind is DAY else 2)
    assert periods[0].end <= today
    assert asked is None or periods[0].start <= asked
    assert all(start_of(kind, period.start) == period.start for period in periods)
    assert all(older.end == newer.start for newer, older in pairwise(periods))


@given(dates)
def test_weeks_begin_on_mondays_and_months_on_their_first(day):
    week, month = start_of(WEEK, day), start_of(MONTH, day)

    assert week.weekday() == 0
    assert timedelta() <= day - week < timedelta(days=7)
    assert (month.year, month.month, month.day) == (day.year, day.month, 1)
    assert start_of(DAY, day) == day


@pytest.mark.parametrize(
    ("period", "end"),
    [
        (Period(DAY, date(2026, 2, 28)), date(2026, 3, 1)),
        (Period(WEEK, date(2026, 2, 23)), date(2026, 3, 2)),
        (Period(MONTH, date(2024, 2, 1)), date(2024, 3, 1)),
        (Period(MONTH, date(2025, 12, 1)), date(2026, 1, 1)),
    ],
)
def test_a_ranking_is_final_two_days_behind_its_period(period, end):
    final = datetime(end.year, end.month, end.day, tzinfo=UTC) + timedelta(hours=48)

    assert period.end == end
    assert period.is_final(final.timestamp())
    assert not period.is_final(final.timestamp() - 1)
