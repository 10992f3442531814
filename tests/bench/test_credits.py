"""What bench.credits holds calls against: the least is that of the world, and no query is drawn twice otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from bench import credits
from bench._credits_least import Question, least, pages_of, ranges
from bench._credits_queries import ROOTS, drawn_question, questions
from bench._credits_rows import Rows, addresses, ids_in, told
from sandbox.echotik.catalog import best_sellers
from sandbox.echotik.influencer import told_handle
from sandbox.echotik.page import image_url
from sandbox.world import shared_world

REGION = "SG"
SCHEMA = build_schema(Path(credits.SCHEMA).read_text("utf-8"))


@cache
def rows() -> Rows:
    return Rows(shared_world("shopgraph"))


def by_path(query: str) -> dict[str, int]:
    return dict(least(SCHEMA, rows(), [Question("", query)]).by_path)


@pytest.mark.parametrize(
    ("first", "length", "count", "needed", "behind"),
    [
        (10, 3, None, [1], []),
        (10, 10, None, [1], []),
        (20, 10, None, [1, 2], []),
        (25, 25, None, [1, 2, 3], []),
        (100, 19, None, [1, 2], []),
        (100, 20, None, [1, 2, 3], [4]),
        (100, 45, None, [1, 2, 3, 4, 5], [6, 7, 8]),
        (60, 45, None, [1, 2, 3, 4, 5], [6]),
        (100, 45, 45, [1, 2, 3, 4, 5], []),
        (100, 40, 40, [1, 2, 3, 4, 5], []),
        (30, 40, 40, [1, 2, 3], []),
        (100, 45, 72, [1, 2, 3, 4, 5], [6, 7, 8]),
        (100, 45, 15, [1, 2, 3, 4, 5], []),
        (100, 4, 90, [1], []),
    ],
)
def test_a_list_costs_the_pages_up_to_a_short_one_and_those_of_its_wave_behind(first, length, count, needed, behind):
    found, others = pages_of(first, length, count)

    assert (list(found), others) == (needed, behind)


@pytest.mark.parametrize(
    ("back", "count"), [([], 0), ([1], 1), (range(1, 11), 1), (range(1, 12), 2), ([1, 10], 1), ([1, 11], 2)]
)
def test_ten_days_in_one_stretch_share_a_call(back, count):
    assert ranges({date(2026, 3, 1) - timedelta(days=days) for days in back}) == count


def test_handles_are_looked_up_once_for_all_products_together():
    world = rows().world
    products = best_sellers(world, REGION)[:5]
    known = [
        sorted(world.influencers_of_product(each), key=lambda user: (-user.followers, user.id))[:10]
        for each in products
    ]
    users = {user.id for each in known for user in each}

    found = by_path(
        f"{{ products(region: {REGION}, first: 5) {{ nodes {{ influencers {{ nodes {{ handle }} }} }} }} }}"
    )

    assert found == {
        "product/list": 1,
        "product/influencer/list": 5,
        "influencer/detail": -(-len(users) // 10),
    }


def test_what_a_list_elsewhere_in_the_query_tells_is_not_looked_up():
    rated = f"productRanking(region: {REGION}) {{ nodes {{ rating }} }}"

    assert by_path(f"{{ {rated} }}") == {"product/ranklist": 1, "product/detail": 1}
    everything = " ".join(
        f"_{field}: products(region: {REGION}, first: 100, sort: {{field: {field}}}) {{ nodes {{ id }} }}"
        for field in ("UNITS", "UNITS_7D", "UNITS_30D", "GMV", "GMV_7D", "GMV_30D")
    )
    listed = {key for each in best_by_all() for key in each}
    ranked = [row["product_id"] for row in rows().listed("product/ranklist", ranking())]
    lookups = 0 if listed.issuperset(ranked) else 1
    assert by_path(f"{{ {rated} {everything} }}").get("product/detail", 0) == lookups


def test_what_hangs_on_a_lookup_cannot_share_its_call():
    world = rows().world
    user = next(
        each
        for each in world.influencers_in(REGION)
        if len({world.author_of_video(video).id for video in shown_with(world, each)} - {each.id}) > 0
    )
    others = {world.author_of_video(video).id for video in shown_with(world, user)}

    authors = "products { nodes { videos { nodes { influencer { bio } } } } }"
    found = by_path(f'{{ influencer(id: "{user.id}") {{ {authors} }} }}')

    assert found["influencer/detail"] == 1 + -(-len(others - {user.id}) // 10)


def test_a_shop_is_a_call_and_categories_are_one_for_each_level():
    products = best_sellers(rows().world, REGION)[:20]
    sellers = {rows().world.seller_of_product(each).id for each in products}

    found = by_path(
        f"{{ products(region: {REGION}, first: 20) {{ nodes {{ seller {{ name }} categories {{ name }} }} }} }}"
    )

    assert found == {
        "product/list": 2,
        "seller/detail": len(sellers),
        **dict.fromkeys(("category/l1", "category/l2", "category/l3"), 1),
    }


def test_days_are_asked_from_the_one_on_which_a_row_says_that_it_was_first_seen():
    world = rows().world
    young, old = (
        next(each for each in world.products_in(REGION) if low < each.age < high) for low, high in ((4, 10), (60, 900))
    )
    days = "trend(days: 25) { date }"

    for product, count in ((young, 1), (old, 3)):
        assert by_path(f'{{ product(id: "{product.id}") {{ {days} }} }}') == {
            "product/detail": 1,
            "product/trend": count,
        }


def test_several_queries_taken_as_one_pay_once_for_what_they_share():
    one, other = (
        Question("", f"{{ productRanking(region: {REGION}, first: {first}) {{ nodes {{ rating {more} }} }} }}")
        for first, more in ((10, ""), (20, "reviewCount"))
    )

    both = least(SCHEMA, rows(), [one, other]).by_path

    assert both == least(SCHEMA, rows(), [other]).by_path == {"product/ranklist": 2, "product/detail": 2}


def test_a_seed_draws_the_same_valid_queries_again_and_another_one_others():
    first, again, others = (questions(SCHEMA, seed, 24) for seed in ("a", "a", "b"))

    assert first == again
    assert len({each.query for each in (*first, *others)}) == len(first) + 24
    assert not any(validate(SCHEMA, parse(each.query)) for each in (*first, *others))


def test_drawn_queries_begin_at_every_list_of_the_root_and_reach_four_levels():
    drawn = [drawn_question(SCHEMA, f"{number}", number).name for number in range(len(ROOTS) * 3)]

    assert {name.partition(" ")[0] for name in drawn} == set(ROOTS)
    assert {name.rpartition(", ")[2] for name in drawn} == {"2 levels", "3 levels", "4 levels"}


def test_rows_of_a_ranking_tell_nothing_of_all_time_but_an_influencers():
    world = rows().world
    found = {
        root: list(told(path, kind, rows().listed(path, ranking(field))[0]))
        for root, path, kind, field in (
            ("product", "product/ranklist", "Product", "product_rank_field"),
            ("influencer", "influencer/ranklist", "Influencer", "influencer_rank_field"),
        )
    }

    ((_, key, columns),) = found["influencer"]
    user = world.influencer(key)
    assert user is not None
    assert columns["total_sale_cnt"] == world.career_of(user).units(1)
    assert columns["unique_id"] == told_handle(user)
    assert not any(name.startswith("total_") for _, _, columns in found["product"] for name in columns)


def test_cells_hold_ids_and_addresses_in_several_ways():
    assert ids_in("17") == ids_in(17) == ids_in("[17]") == ids_in('[{"category_id": "17"}]') == ["17"]
    assert ids_in(None) == ids_in("0") == ids_in("") == []
    shown = [image_url("product-cover", 1, name) for name in ("a.jpeg", "b.jpeg")]
    assert addresses(f"[{{index=1, url={shown[1]}}}, {{index=0, url={shown[0]}}}]") == shown
    assert addresses(f'[{{"url":"{shown[1]}","index":1}},{{"url":"{shown[0]}","index":0}}]') == shown
    assert addresses(shown[0]) == shown[:1]
    assert addresses("") == addresses(None) == []


def test_pages_behind_a_lists_end_count_apart_and_others_as_excess():
    query = f"{{ productRanking(region: {REGION}) {{ nodes {{ influencers(first: 80) {{ nodes {{ id }} }} }} }} }}"
    known = least(SCHEMA, rows(), [Question("", query)])
    calls = [
        {"path": path, "params": {**dict(params), "page_num": str(number), "page_size": "10"}}
        for path, params, number in (*known.pages, *known.overshoot)
    ]
    assert known.overshoot

    met = credits.compared(known, calls)
    beyond = credits.compared(known, [*calls, calls[0]])

    assert (met.ours, met.overshoot, met.counted, met.excess) == (len(known.pages), len(known.overshoot), 0, [])
    assert beyond.ours == met.ours + 1
    assert len(beyond.excess) == 1


def test_the_benchmark_explains_itself(capsys):
    with pytest.raises(SystemExit):
        credits.main(["--help"])

    assert "--smoke" in capsys.readouterr().out


def ranking(field: str = "product_rank_field") -> frozenset[tuple[str, str]]:
    """The parameters of yesterday's."""
    day = str(rows().world.date_of(1))
    asked = {"region": REGION, "date": day, "rank_type": "1", field: "1", "page_num": "1", "page_size": "10"}
    return frozenset(asked.items())


def best_by_all() -> list[list[str]]:
    """The first hundred products by each sort, of those that sort by units or GMV."""
    return [
        [
            row["product_id"]
            for row in rows().first(
                "product/list",
                [("region", REGION), ("product_sort_field", str(sort)), ("sort_type", "1")],
                100,
            )
        ]
        for sort in (1, 2, 4, 5, 6, 7)
    ]


def shown_with(world, user):
    """Videos of the ten best products that an influencer sells, ten of each."""
    products = sorted(world.products_of_influencer(user), key=lambda each: (-each.units(), each.id))[:10]
    return [
        video
        for each in products
        for video in sorted(world.videos_of_product(each), key=lambda video: (-video.views(), video.id))[:10]
    ]
