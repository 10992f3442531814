"""What a request's headers ask, and what an answer's say of its age: by RFC 9111, RFC 5861 and our own bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.headers import CREDIT_BUDGET, PROVIDERS, BadHeader, cache_use, credit_budget, freshness, providers
from tests.conftest import ALL
from upstream.operation import CacheUse

NOW = 1_790_000_000.0
ANYTHING = CacheUse()

# ── X-Credit-Budget ───────────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_header_the_servers_own_bound_holds():
    assert credit_budget([], 200) == 200


@pytest.mark.parametrize(
    ("given", "budget"),
    [("0", 0), ("1", 1), ("199", 199), ("200", 200), ("201", 200), ("9" * 5000, 200), ("007", 7), ("0" * 30, 0)],
)
def test_the_header_lowers_the_bound_and_never_raises_it(given: str, budget: int):
    assert credit_budget([given], 200) == budget


@pytest.mark.parametrize("given", ["", " ", "-1", "+5", "1.0", "1e3", "five", "5 6", "0x10", "٣", "5;", "1_000", "NaN"])
def test_what_is_no_whole_number_is_refused_with_the_header_and_the_bound(given: str):
    with pytest.raises(BadHeader) as refused:
        credit_budget([given], 200)

    message = str(refused.value)
    assert CREDIT_BUDGET in message and "whole number from 0" in message and "200" in message and "\n" not in message


def test_two_of_the_header_are_refused_even_where_they_agree():
    with pytest.raises(BadHeader):
        credit_budget(["5", "5"], 200)


@given(st.integers(0, 10**30), st.integers(1, 10**6))
def test_every_whole_number_gives_the_lower_of_the_two(asked: int, most: int):
    assert credit_budget([str(asked)], most) == min(asked, most)


@given(st.text())
def test_any_text_gives_a_budget_within_the_bound_or_is_refused(text: str):
    try:
        budget = credit_budget([text], 200)
    except BadHeader:
        return
    assert 0 <= budget <= 200 and text.strip(" \t").isdigit()


@pytest.mark.parametrize("given", ["-1", "five", ""])
def test_a_request_with_a_malformed_budget_is_400_and_asks_nothing(given: str, graphql, sandbox):
    query = "{ products(region: US, first: 1) { nodes { name } } }"

    answer = graphql(query, headers={CREDIT_BUDGET: given})

    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])
    assert CREDIT_BUDGET in answer.errors[0]["message"] and sandbox.count() == 0
    assert graphql(query, headers={CREDIT_BUDGET: "2"}).data


# ── X-Providers ───────────────────────────────────────────────────────────────────────────────────────────────────

LISTED = "{ products(region: SG, first: 1) { nodes { name } } }"


def test_without_the_header_all_providers_may_answer():
    assert providers([], ALL) == ()


@pytest.mark.parametrize(
    ("given", "pinned"),
    [
        (["keyapi"], ("keyapi",)),
        (["winninghunter,echotik"], ("winninghunter", "echotik")),
        (["echotik,keyapi,winninghunter"], ALL),
        ([" KeyAPI\t,  ECHOTIK "], ("keyapi", "echotik")),
        (["keyapi", "echotik"], ("keyapi", "echotik")),
        (["WINNING_HUNTER"], ("winninghunter",)),
        (["keyapi, echotik", "WinningHunter"], ("keyapi", "echotik", "winninghunter")),
    ],
)
def test_the_header_names_who_may_answer_in_that_order_however_it_is_set(given: list[str], pinned: tuple[str, ...]):
    assert providers(given, ALL) == pinned


NO_NAMES = [
    *([""], [" "], [","], ["keyapi,"], [",keyapi"], ["keyapi,,echotik"], ["keyapi", ""], ["keyapi echotik"]),
    *(["keyapi;q=1"], ["*"], ["all"], ["none"], ["echotik/v3"], ["key api"], ["кеyapi"], ["keyapi.ai"]),
    *(["keyapi,keyapi"], ["keyapi, KEYAPI"], ["keyapi", "keyapi"], ["keyapi,kalodata"], ["kalodata"]),
]


@pytest.mark.parametrize("given", NO_NAMES)
def test_what_names_no_provider_or_one_twice_is_refused_with_the_header_and_the_names(given: list[str]):
    with pytest.raises(BadHeader) as refused:
        providers(given, ALL)

    message = str(refused.value)
    assert PROVIDERS in message and all(name in message for name in ALL) and "\n" not in message


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_text_names_known_providers_each_once_or_is_refused(values: list[str]):
    try:
        pinned = providers(values, ALL)
    except BadHeader:
        return
    assert pinned and set(pinned) <= set(ALL) and len(set(pinned)) == len(pinned)


@pytest.mark.parametrize("given", ["", "kalodata", "keyapi,keyapi", "echotik,,keyapi", "echotik keyapi"])
def test_a_request_that_names_no_provider_is_400_and_asks_nothing(given: str, gateway, sandbox):
    server = gateway(providers=ALL)

    answer = server(LISTED, headers={PROVIDERS: given})

    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])
    message = answer.errors[0]["message"]
    assert PROVIDERS in message and all(name in message for name in ALL) and sandbox.count() == 0
    assert server(LISTED, headers={PROVIDERS: "keyapi"}).data


@pytest.mark.parametrize("given", ["keyapi", "KeyAPI", "winninghunter, \tKEYAPI", "Keyapi  ,WinningHunter"])
def test_case_and_blanks_around_a_provider_do_not_matter(given: str, gateway, sandbox):
    assert gateway(providers=ALL)(LISTED, headers={PROVIDERS: given}).data["products"]["nodes"]

    assert {call.provider for call in sandbox.calls} == {"keyapi"}


@pytest.mark.parametrize("given", ["keyapi", "winninghunter", "keyapi,winninghunter"])
def test_a_provider_that_is_not_configured_can_answer_nothing(given: str, graphql, sandbox):
    product = sandbox.world.products_in("SG")[0].id
    looked_up = f'{{ product(id: "{product}") {{ name }} productsByIds(ids: ["{product}"]) {{ name }} }}'

    for query in (LISTED, looked_up):
        answer = graphql(query, headers={PROVIDERS: given})
        assert answer.status == 200 and set(answer.codes) == {"CAPABILITY_UNAVAILABLE"}
    assert answer.partial == {"product": None, "productsByIds": [None]} and sandbox.count() == 0


def test_of_the_providers_that_a_request_names_those_configured_answer(graphql, sandbox):
    assert graphql(LISTED, headers={PROVIDERS: "keyapi,echotik"}).data["products"]["nodes"]

    assert {call.provider for call in sandbox.calls} == {"echotik"}


def test_what_one_provider_told_is_not_told_to_a_request_that_names_another(gateway, sandbox):
    server, product = gateway(providers=ALL), sandbox.world.products_in("SG")[0].id
    query = f'{{ product(id: "{product}") {{ name region source {{ provider }} }} }}'
    told = {"echotik": "ECHOTIK", "keyapi": "KEYAPI", "winninghunter": "WINNING_HUNTER"}

    answers = {name: server(query, headers={PROVIDERS: name}).data["product"] for name in ALL}

    assert {name: each["source"]["provider"] for name, each in answers.items()} == told
    assert {name: each["region"] for name, each in answers.items()} == {
        "echotik": "SG",
        "keyapi": "SG",
        "winninghunter": None,
    }
    assert [call.provider for call in sandbox.calls] == list(ALL)


# ── Cache-Control of a request ────────────────────────────────────────────────────────────────────────────────────


def test_without_the_header_everything_stored_may_be_served():
    assert cache_use([], NOW) == ANYTHING


@pytest.mark.parametrize(
    ("asked", "use"),
    [
        ("no-cache", CacheUse(NOW)),
        ("NO-CACHE", CacheUse(NOW)),
        ("no-store", CacheUse(NOW)),
        ("max-age=0", CacheUse(NOW)),
        ("max-age=60", CacheUse(NOW - 60)),
        ("Max-Age=60", CacheUse(NOW - 60)),
        ('max-age="60"', CacheUse(NOW - 60)),
        ("max-age=0060", CacheUse(NOW - 60)),
        ("max-age=60, max-age=5", CacheUse(NOW - 60)),
        ("max-age=60, no-cache", CacheUse(NOW)),
        ("no-cache, max-age=60", CacheUse(NOW)),
        ("only-if-cached", CacheUse(only=True)),
        ("only-if-cached, max-age=60", CacheUse(NOW - 60, only=True)),
        ("stale-if-error=600", CacheUse(stale=600)),
        ("stale-if-error", CacheUse(stale=math.inf)),
        ("max-age=60,stale-if-error=600", CacheUse(NOW - 60, stale=600)),
        (" ,, max-age=60 ,, only-if-cached , ", CacheUse(NOW - 60, only=True)),
        (f"max-age={'9' * 5000}", CacheUse(NOW - 2**31)),
        ("max-age=2147483649", CacheUse(NOW - 2**31)),
    ],
)
def test_a_directive_bounds_what_may_be_served(asked: str, use: CacheUse):
    assert cache_use([asked], NOW) == use


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "   ",
        ",",
        "max-stale",
        "max-stale=60",
        "min-fresh=60",
        "no-transform",
        "private",
        'community="UCI, no-cache"',
        r'quoted="a \", no-cache, \\"',
        "max-age",
        "max-age=",
        "max-age=soon",
        "max-age=-5",
        "max-age=1.5",
        "max-age=60 seconds",
        "max-age=٣",
        "stale-if-error=",
        "stale-if-error=long",
        "stale-if-error=0",
        "no-cache-please",
        "x-no-cache",
        "no cache",
        "no-cache; q=1",
        "=",
        "=no-cache",
        "@no-cache",
        '"no-cache"',
    ],
)
def test_what_is_unknown_or_malformed_counts_for_nothing(asked: str):
    assert cache_use([asked], NOW) == ANYTHING


@pytest.mark.parametrize("nonsense", ["max-age=soon", '"', "=", "no cache", "@", 'open="', "ä"])
def test_nonsense_does_not_hide_what_stands_beside_it(nonsense: str):
    assert cache_use([f"{nonsense}, max-age=60"], NOW) == CacheUse(NOW - 60)
    assert cache_use([f"max-age=60, {nonsense}"], NOW) == CacheUse(NOW - 60)
    assert cache_use([nonsense, "max-age=60"], NOW) == CacheUse(NOW - 60)


def test_several_headers_are_one_list():
    assert cache_use(["only-if-cached", "max-age=60"], NOW) == cache_use(["only-if-cached, max-age=60"], NOW)


@pytest.mark.parametrize("asked", ["no-cache", "no-store", "max-age=0", "max-age=60"])
def test_a_client_whose_no_cache_is_off_cannot_ask_past_the_store(asked: str):
    assert cache_use([asked], NOW, may_bypass=False) == ANYTHING


def test_a_client_whose_no_cache_is_off_may_still_forbid_calls_and_allow_stale_answers():
    asked = ["no-cache, only-if-cached, stale-if-error=30"]

    assert cache_use(asked, NOW, may_bypass=False) == CacheUse(only=True, stale=30)


@given(st.lists(st.text(max_size=80), max_size=4))
def test_no_text_is_an_error_or_asks_for_what_is_yet_to_come(values: list[str]):
    use = cache_use(values, NOW)

    assert use.since <= NOW and use.stale >= 0


DIRECTIVES = st.sampled_from(["no-cache", "no-store", "only-if-cached", "max-age=7", "stale-if-error=9", "x", 'y="z,"'])


@given(st.lists(DIRECTIVES, max_size=6), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_directives_count_in_any_order_and_however_they_are_set(asked: list[str], between: str):
    use = cache_use([between.join(asked)], NOW)

    skips = "no-cache" in asked or "no-store" in asked
    assert use.since == (NOW if skips else NOW - 7 if "max-age=7" in asked else 0.0)
    assert use.only == ("only-if-cached" in asked)
    assert use.stale == (9 if "stale-if-error=9" in asked else 0)


# ── Age and Cache-Control of an answer ────────────────────────────────────────────────────────────────────────────


def test_an_answer_tells_the_age_of_its_oldest_part_and_what_is_left_of_its_first_to_turn_stale():
    told = freshness(NOW - 90.7, NOW + 29.9, NOW, failed=False)

    assert told == {"cache-control": "private, max-age=119", "age": "90"}


def test_what_is_kept_for_good_stays_fresh_for_a_year():
    assert freshness(NOW, math.inf, NOW, failed=False) == {"cache-control": "private, max-age=31536000", "age": "0"}


def test_a_stale_answer_has_nothing_left():
    assert freshness(NOW - 100, NOW - 40, NOW, failed=False) == {"cache-control": "private, max-age=100", "age": "100"}


def test_a_clock_that_was_set_back_makes_no_negative_age():
    assert freshness(NOW + 5, NOW + 60, NOW, failed=False)["age"] == "0"


@pytest.mark.parametrize(
    ("oldest", "soonest", "failed"),
    [(math.inf, math.inf, False), (NOW - 5, NOW + 60, True), (math.inf, math.inf, True)],
)
def test_an_answer_with_errors_or_made_of_nothing_is_not_to_be_kept(oldest: float, soonest: float, failed: bool):
    assert freshness(oldest, soonest, NOW, failed=failed) == {"cache-control": "no-store"}
