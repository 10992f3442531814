"""Ids that may be a provider's own: a name is compared once, before that provider is asked about whom they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.echotik.influencer import told_handle
from sandbox.server import SandboxServer
from sandbox.winninghunter.shop import conversion_rate
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.media import Video
from sandbox.world.seller import Seller
from settings import load
from tests.conftest import ALL, Answer, Gateway, access_to

WEEK = 7
PINNED = {"X-Providers": "winninghunter"}


@dataclass(frozen=True, eq=False)
class Told:
    """What Winning Hunter alone tells of a type of entity.

    kind      the root field
    fields    of it, the first of which everybody tells
    compared  the path at which Winning Hunter tells a name
    telling   the path at which it tells the fact
    known     some entities of a market
    fact      reads it from an answer
    value     of an entity in the sandbox's world
    """

    kind: str
    fields: str
    compared: str
    telling: str
    known: Callable[[World], list[Any]]
    fact: Callable[[Any], Any]
    value: Callable[[SandboxServer, Any], Any]

    def __str__(self) -> str:
        return self.kind

    def query(self, id: str) -> str:
        return f'{{ {self.kind}(id: "{id}") {{ {self.fields} }} }}'


def conversion(sandbox: SandboxServer, seller: Seller) -> float:
    asked: Any = _Asked(sandbox.world)
    return conversion_rate(asked, seller, WEEK)


@dataclass(frozen=True)
class _Asked:
    """As much of a question as a conversion rate is drawn from."""

    world: World


def units_of_week(sandbox: SandboxServer, user: Influencer) -> int:
    career = sandbox.world.career_of(user)
    return career.units() - career.units(WEEK + 1)


def shares_of_week(_sandbox: SandboxServer, video: Video) -> int:
    return video.part(video.shares) - video.part(video.shares, WEEK + 1)


def named_influencers(world: World) -> list[Influencer]:
    return [user for user in world.influencers_in("US")[:60] if told_handle(user)]


def videos(world: World) -> list[Video]:
    sold = [product for product in world.products_in("US") if product.established and product.videos]
    return [world.videos_of_product(product)[0] for product in sold[:5]]


TOLD = (
    Told(
        "seller",
        "name performance(window: LAST_7_DAYS) { conversionRate }",
        "shop-detail",
        "shop-detail/total",
        lambda world: world.sellers_in("US"),
        lambda found: found["performance"]["conversionRate"],
        conversion,
    ),
    Told(
        "influencer",
        "name performance(window: LAST_7_DAYS) { units }",
        "suggestions",
        "creator-detail/total",
        named_influencers,
        lambda found: found["performance"]["units"],
        units_of_week,
    ),
    Told(
        "video",
        "caption engagement(window: LAST_7_DAYS) { shares }",
        "videos",
        "videos/metrics",
        videos,
        lambda found: found["engagement"]["shares"],
        shares_of_week,
    ),
)
every_type = pytest.mark.parametrize("told", TOLD, ids=str)


@pytest.fixture(scope="module")
def other_ids() -> Iterator[SandboxServer]:
    with SandboxServer(winninghunter_foreign=True) as server:
        yield server


@pytest.fixture
def foreign(other_ids: SandboxServer) -> Iterator[SandboxServer]:
    """A sandbox in which ids of shops, influencers and videos are Winning Hunter's own."""
    other_ids.reset()
    yield other_ids
    other_ids.reset()


@pytest.fixture
def serve() -> Iterator[Callable[..., Gateway]]:
    """Starts a server over a sandbox."""
    running: list[Gateway] = []

    def start(sandbox: SandboxServer, providers: tuple[str, ...] = ALL, **settings: Any) -> Gateway:
        known: dict[str, Any] = {"shopgraph_batch_wait_ms": 10_000}
        for provider in providers:
            known |= access_to(provider, sandbox)
        running.append(Gateway(load(_env_file=None, **{**known, **settings})).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


def winning_hunter(sandbox: SandboxServer) -> list[str]:
    """The paths that it was asked, in order."""
    return [call.path for call in sandbox.calls if call.provider == "winninghunter"]


def accounted(answer: Answer, sandbox: SandboxServer) -> Answer:
    """The answer, once it says what it cost: every call, and no more than was foreseen."""
    cost = answer.body["extensions"]["cost"]
    assert cost["calls"] + cost["retries"] == sandbox.count()
    assert cost["actualCredits"] == sandbox.count()
    assert cost["estimatedCredits"] >= cost["actualCredits"]
    sandbox.control.forget_calls()
    return answer


def name_of(told: Told, found: Any) -> Any:
    return found[told.fields.split()[0]]


# ── names that differ, and names that match ───────────────────────────────────────────────────────────────────────


@every_type
def test_whose_name_differs_is_not_believed_and_the_comparison_is_kept(told: Told, foreign, serve):
    server = serve(foreign, ("echotik", "winninghunter"))
    entity = told.known(foreign.world)[0]

    answer = server(told.query(entity.id))

    found = answer.data[told.kind]
    assert told.fact(found) is None and name_of(told, found)
    assert winning_hunter(foreign) == [told.compared]
    accounted(answer, foreign)

    assert told.fact(accounted(server(told.query(entity.id)), foreign).data[told.kind]) is None


@every_type
def test_whose_name_matches_is_believed_after_one_comparison(told: Told, sandbox, serve):
    server = serve(sandbox, ("echotik", "winninghunter"))
    first, second, *_ = told.known(sandbox.world)

    for entity in (first, second):
        answer = server(told.query(entity.id))
        assert told.fact(answer.data[told.kind]) == told.value(sandbox, entity)
        assert winning_hunter(sandbox) == [told.compared, told.telling]
        accounted(answer, sandbox)
    month = told.query(first.id).replace("LAST_7_DAYS", "LAST_30_DAYS")
    assert told.fact(server(month).data[told.kind]) is not None
    assert winning_hunter(sandbox) == [told.telling]


@every_type
@pytest.mark.parametrize("providers", [ALL, ("keyapi", "winninghunter")], ids=",".join)
def test_others_beside_them_change_nothing(told: Told, providers: tuple[str, ...], sandbox, foreign, serve):
    for place, expected in ((sandbox, told.value), (foreign, lambda *_: None)):
        entity = told.known(place.world)[1]
        answer = serve(place, providers)(told.query(entity.id))
        assert told.fact(answer.data[told.kind]) == expected(place, entity)
        assert winning_hunter(place)[0] == told.compared and winning_hunter(place).count(told.compared) == 1
        accounted(answer, place)


@every_type
def test_a_comparison_is_remembered_by_the_next_server(told: Told, foreign, sandbox, serve, tmp_path):
    for place in (foreign, sandbox):
        entity = told.known(place.world)[2]
        kept: dict[str, Any] = {
            "providers": ("echotik", "winninghunter"),
            "shopgraph_store": f"sqlite:{tmp_path / told.kind}-{place is foreign}",
        }
        server = serve(place, **kept)
        assert server(told.query(entity.id)).data
        assert winning_hunter(place).count(told.compared) == 1
        server.__exit__()
        place.control.forget_calls()

        month = told.query(entity.id).replace("LAST_7_DAYS", "LAST_30_DAYS")
        answer = accounted(serve(place, **kept)(month), place)

        assert (told.fact(answer.data[told.kind]) is None) == (place is foreign)


@pytest.mark.parametrize("region", ["SG", "GB"])
def test_an_influencer_of_another_market_is_compared_there(region: str, sandbox, serve):
    user = next(user for user in sandbox.world.influencers_in(region)[:60] if told_handle(user))
    told = TOLD[1]

    answer = serve(sandbox, ("echotik", "winninghunter"))(told.query(user.id))

    assert told.fact(answer.data["influencer"]) == units_of_week(sandbox, user)


# ── nobody to compare with, nothing to compare ────────────────────────────────────────────────────────────────────


def test_alone_it_is_believed_without_a_comparison(foreign, serve):
    server = serve(foreign)
    seller = foreign.world.sellers_in("US")[0]

    answer = server(TOLD[0].query(seller.id), headers=PINNED)

    found = answer.data["seller"]
    assert found["name"] and found["performance"]["conversionRate"] is not None
    assert {call.provider for call in foreign.calls} == {"winninghunter"}
    assert winning_hunter(foreign) == ["shop-detail", "shop-detail/total"]
    accounted(answer, foreign)


def test_what_it_told_alone_is_not_served_beside_others(foreign, serve):
    server = serve(foreign)
    seller = foreign.world.sellers_in("US")[0]
    server(TOLD[0].query(seller.id), headers=PINNED)
    foreign.control.forget_calls()

    found = accounted(server(TOLD[0].query(seller.id)), foreign).data["seller"]

    assert found == {"name": seller.name, "performance": {"conversionRate": None}}


def test_without_a_key_of_others_it_is_believed_without_a_comparison(foreign, serve):
    server = serve(foreign, ("winninghunter",))
    seller = foreign.world.sellers_in("US")[0]

    answer = server(f'{{ seller(id: "{seller.id}") {{ performance(window: LAST_7_DAYS) {{ conversionRate }} }} }}')

    assert answer.data["seller"]["performance"]["conversionRate"] is not None
    assert set(winning_hunter(foreign)) <= {"shop-detail", "shop-detail/total"}
    accounted(answer, foreign)


def test_ids_of_products_mean_the_same_everywhere(foreign, serve):
    product = next(each for each in foreign.world.products_in("US") if each.established)
    server = serve(foreign, ("echotik", "winninghunter"))
    foreign.fail("product/detail", "quota", provider="echotik")

    answer = server(f'{{ product(id: "{product.id}") {{ name performance(window: LAST_7_DAYS) {{ units }} }} }}')

    units = product.units() - product.units(WEEK + 1)
    assert answer.data["product"] == {"name": foreign.world.title_of(product), "performance": {"units": units}}
    assert winning_hunter(foreign) == ["product-detail", "product-detail/total"]


def test_a_shop_that_it_names_for_a_product_is_not_believed(foreign, serve):
    product = next(each for each in foreign.world.products_in("US") if each.established)
    server = serve(foreign, ("echotik", "winninghunter"))
    foreign.fail("product/detail", "quota", provider="echotik")

    answer = server(f'{{ product(id: "{product.id}") {{ name seller {{ sellerId }} }} }}')

    assert answer.partial["product"] == {"name": foreign.world.title_of(product), "seller": None}
    assert answer.codes == ["UPSTREAM_QUOTA_EXHAUSTED"]
    assert answer.errors[0]["path"] == ["product", "seller"]


def test_many_shops_are_compared_once_each(foreign, serve):
    ids = [seller.id for seller in foreign.world.sellers_in("US")[:6]]
    server = serve(foreign, ("echotik", "winninghunter"))
    query = f"""{{ a: sellersByIds(ids: [{", ".join(ids)}]) {{ performance(window: LAST_7_DAYS) {{ conversionRate }} }}
        b: sellersByIds(ids: [{", ".join(ids)}]) {{ performance(window: LAST_30_DAYS) {{ conversionRate }} }} }}"""

    answer = server(query)

    assert all(each["performance"]["conversionRate"] is None for each in answer.data["a"] + answer.data["b"])
    assert sorted(foreign.ids_asked("shop-detail", "winninghunter")) == sorted([id] for id in ids)
    accounted(answer, foreign)


@pytest.mark.parametrize("fault", ["quota", "gateway", "auth"])
def test_where_the_comparison_fails_the_fact_has_the_error_and_the_rest_is_there(fault: str, sandbox, serve):
    server = serve(sandbox, ("echotik", "winninghunter"))
    seller = sandbox.world.sellers_in("US")[0]
    sandbox.fail("shop-detail", fault, provider="winninghunter")

    answer = server(TOLD[0].query(seller.id))

    assert answer.partial["seller"]["name"] == seller.name
    assert answer.partial["seller"]["performance"]["conversionRate"] is None
    assert len(answer.codes) == 1 and "winninghunter" in answer.errors[0]["message"]
    assert winning_hunter(sandbox).count("shop-detail/total") == 0

    sandbox.reset()
    again = serve(sandbox, ("echotik", "winninghunter"))(TOLD[0].query(seller.id))
    assert TOLD[0].fact(again.data["seller"]) == conversion(sandbox, seller)
