"""Many rows of one entity are one record, the same one in whatever order they came."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from entities.graph import Graph
from entities.merge import best_first, facts_of, merge, winners
from entities.part import Part, Stamp
from entities.product import ProductRecord
from entities.record import Deferred, read
from entities.vocabulary import Rank

PROPERTY = settings(max_examples=100, deadline=None, database=None)

NOW = 1_000_000.0
TOLD = ("name", "rating", "units", "units_7d", "gmv_usd", "seller_id")
ECHOTIK, KEYAPI, HUNTER = "echotik", "keyapi", "winninghunter"
TRUST = {ECHOTIK: 0, KEYAPI: 0, HUNTER: 1}


def part(
    rank: Rank = Rank.LIST,
    provider: str = ECHOTIK,
    at: float = 0.0,
    stale: bool = False,
    known: bool = True,
    **told: Any,
) -> Part:
    endpoint = f"{provider}.product.{rank.name.lower()}"
    expires = NOW - 1 if stale else NOW + 1
    stamp = Stamp(provider, "v3", endpoint, rank, NOW - 1000 + at, expires, trust=TRUST[provider])
    return Part(ProductRecord(id="1", **told), stamp, known)


PARTS = st.builds(
    part,
    rank=st.sampled_from(Rank),
    provider=st.sampled_from(sorted(TRUST)),
    at=st.integers(0, 4).map(float),
    stale=st.booleans(),
    known=st.booleans(),
    **{fact: st.just(UNSET) | st.none() | st.integers(0, 5) for fact in TOLD},
)
SEVERAL = st.lists(PARTS, min_size=1, max_size=5)


def shown(parts: Any) -> dict[str, Any]:
    record = merge(parts, ProductRecord, NOW)
    return {fact: read(record, fact) for fact in facts_of(ProductRecord)}


@PROPERTY
@given(parts=SEVERAL, data=st.data())
def test_merging_is_the_same_in_any_order(parts: list[Part], data: st.DataObject):
    other = data.draw(st.permutations(parts))

    assert shown(parts) == shown(other)
    assert winners(parts, ProductRecord, NOW) == winners(other, ProductRecord, NOW)
    assert best_first(parts, ProductRecord, NOW) == best_first(other, ProductRecord, NOW)


@PROPERTY
@given(parts=SEVERAL, data=st.data())
def test_an_entity_is_the_same_in_whatever_order_its_rows_came(parts: list[Part], data: st.DataObject):
    one, other = Graph(now=NOW), Graph(now=NOW)
    for told in parts:
        one.absorb(told)
    for told in data.draw(st.permutations(parts)):
        other.absorb(told)

    first, second = one.entity("Product", "1"), other.entity("Product", "1")
    assert first.parts == second.parts
    assert all(first.read(fact) == second.read(fact) for fact in facts_of(ProductRecord))
    assert first.known == second.known


@PROPERTY
@given(parts=SEVERAL)
def test_a_fact_is_unset_only_where_nobody_told_it_and_none_never_replaces_a_value(parts: list[Part]):
    for fact, value in shown(parts).items():
        told = [read(part.record, fact) for part in parts]
        if all(other is UNSET for other in told):
            assert value is UNSET
        elif all(other in (UNSET, None) for other in told):
            assert value is None
        else:
            assert value in told and value not in (UNSET, None)


@PROPERTY
@given(parts=SEVERAL)
def test_a_value_is_the_best_tellers(parts: list[Part]):
    def place(part: Part) -> tuple[bool, bool, Rank, float]:
        stamp = part.stamp
        return stamp.expires_at <= NOW, stamp.provider is HUNTER, stamp.rank, -stamp.fetched_at

    found = shown(parts)
    for fact in TOLD:
        tellers = [part for part in parts if read(part.record, fact) not in (UNSET, None)]
        if tellers:
            best = min(map(place, tellers))
            assert found[fact] in [read(part.record, fact) for part in tellers if place(part) == best]


@PROPERTY
@given(parts=SEVERAL)
def test_winners_share_out_all_values_that_are_shown(parts: list[Part]):
    told = winners(parts, ProductRecord, NOW)

    assert sorted(fact for _, facts in told for fact in facts) == sorted(
        fact for fact, value in shown(parts).items() if value not in (UNSET, None)
    )
    for part, facts in told:
        assert facts and all(read(part.record, fact) == shown(parts)[fact] for fact in facts)


ORDER = [
    part(Rank.DETAIL, name="detail"),
    part(Rank.LIST, name="list"),
    part(Rank.RELATION, name="relation"),
    part(Rank.RANKING, name="ranking"),
    part(Rank.DETAIL, HUNTER, name="hunter"),
    part(Rank.DETAIL, stale=True, name="stale detail"),
    part(Rank.RANKING, stale=True, name="stale ranking"),
    part(Rank.DETAIL, HUNTER, stale=True, name="stale hunter"),
]


@pytest.mark.parametrize("start", range(len(ORDER)))
def test_class_provider_and_freshness_decide_in_this_order(start: int):
    best = read(ORDER[start].record, "name")

    assert shown(ORDER[start:])["name"] == shown(ORDER[start:][::-1])["name"] == best


def test_the_newer_of_two_equals_wins():
    assert shown([part(at=1, name="old"), part(at=2, name="new")])["name"] == "new"
    assert shown([part(provider=KEYAPI, at=2, name="new"), part(at=1, name="old")])["name"] == "new"


def test_winning_hunter_fills_only_what_nobody_else_tells_a_value_for():
    told = part(Rank.RANKING, name="ours", rating=None)
    hunter = part(Rank.DETAIL, HUNTER, at=9, name="theirs", rating=4.5, units=7, seller_id=None)

    found = shown([hunter, told])

    assert (found["name"], found["rating"], found["units"], found["seller_id"]) == ("ours", 4.5, 7, None)


def test_a_windows_measure_is_a_fact_of_its_own():
    found = shown([part(Rank.DETAIL, units=9, units_7d=None), part(Rank.LIST, units=1, units_7d=2, units_30d=3)])

    assert (found["units"], found["units_7d"], found["units_30d"], found["units_90d"]) == (9, 2, 3, UNSET)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newer_row_of_an_endpoint_replaces_the_older_wholly(order: tuple[int, ...]):
    rows = [part(at=1, name="old", rating=4.0), part(at=2, name="new", rating=None), part(Rank.RANKING, name="thin")]
    graph = Graph(now=NOW)

    for index in order:
        graph.absorb(rows[index])

    entity = graph.entity("Product", "1")
    assert (entity.read("name"), entity.read("rating")) == ("new", None)
    assert len(entity.parts) == 2


def test_a_deferred_structure_is_merged_as_what_it_holds():
    rows = [part(skus=Deferred(lambda value: value, (None,))), part(Rank.RANKING, skus=["told"])]

    assert shown(rows)["skus"] == ["told"]


def test_an_id_that_an_endpoint_does_not_know_is_known_by_another_row():
    graph = Graph(now=NOW)
    entity = graph.absorb(part(Rank.DETAIL, known=False, name=None))
    assert not entity.known

    assert graph.absorb(part(Rank.RANKING, name="seen")) is entity
    assert entity.known and entity.read("name") == "seen"
