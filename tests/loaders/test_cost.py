"""How many calls of a lookup are estimated: never fewer than keys need, in however many moments they come."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.cost import Ask, Crowd, Estimate, Lookup
from upstream import echotik
from upstream.endpoint import Endpoint

LIMIT = 10


def endpoint(title: str) -> Endpoint:
    return next(each for each in echotik.ENDPOINTS if each.title == title)


@pytest.mark.parametrize(
    ("known", "unnamed", "moments", "calls"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (10, 0, 0, 1),
        (11, 0, 0, 2),
        (100, 0, 0, 10),
        (0, 30, 1, 3),
        (0, 30, 3, 5),
        (0, 3, 8, 3),
        (5, 5, 1, 2),
    ],
)
def test_keys_that_come_together_share_calls(known: int, unnamed: int, moments: int, calls: int):
    assert Lookup({str(key) for key in range(known)}, unnamed, moments).calls(LIMIT) == calls


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(0, 40))
def test_no_way_for_keys_to_arrive_takes_more_calls_than_are_estimated(arrivals: list[int], known: int):
    arrivals = [keys for keys in arrivals if keys]
    made = ceil(known / LIMIT) + sum(ceil(keys / LIMIT) for keys in arrivals)

    estimated = Lookup({str(key) for key in range(known)}, sum(arrivals), len(arrivals)).calls(LIMIT)

    assert made <= estimated <= known + sum(arrivals)


@given(st.integers(0, 200))
def test_a_lookup_of_one_key_a_call_is_estimated_exactly(keys: int):
    assert Lookup(set(), keys, 1).calls(1) == keys


def test_an_estimate_adds_up_and_names_the_field_that_costs_most():
    detail, read = endpoint("echotik.product.detail"), endpoint("echotik.realtime.product")
    asks = [Ask(("a",), detail, 3), Ask(("b", "c"), read, 1), Ask(("b", "c"), detail, 1), Ask(("b", "c"), read, 1)]

    estimate = Estimate(asks)

    assert estimate.credits == 8
    assert estimate.calls == {"echotik.product.detail": 4, "echotik.realtime.product": 2}
    assert estimate.dearest == "b.c"
    assert Estimate(()).dearest == ""


def test_what_was_told_of_a_crowd_need_not_be_asked():
    crowd = Crowd(5, "Product", None, {"name"})

    assert crowd.tells("name") and not crowd.tells("rating")
