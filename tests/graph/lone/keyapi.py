"""What KeyAPI alone tells of the world: what EchoTik does, but for what no document of KeyAPI says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.echotik.quirk import has
from sandbox.world import World
from sandbox.world.product import Product
from tests.graph.every_field import live, product, root, search, seller
from tests.graph.every_field.figure import ids, just_now, most, on_day
from tests.graph.every_field.page import compare_pages
from tests.graph.test_every_field import V3_COMPARISONS
from tests.graph.walked import Walker

LISTED_ROWS = "EchoTik's list alone has the column"
LIVES_BY_ID = "KeyAPI looks no live up by its id"
NEW = "EchoTik v2 alone has such a ranking"
UNTOLD = {
    "Product.bestSeller": LISTED_ROWS,
    "Product.brandShop": LISTED_ROWS,
    "Product.sellerOrigin": LISTED_ROWS,
    "Product.shippingPrice": LISTED_ROWS,
    "Product.lastSeen": LISTED_ROWS,
    "RealtimeProduct.description": "what the app shows is not documented further",
    "RealtimeProduct.skus": "as above",
    "RealtimeProduct.options": "as above",
    "RealtimeProduct.shippingFee": "as above",
    "RealtimeProduct.seller": "the app names it without its id",
}
"""Fields that are null from KeyAPI alone, and why."""

UNSERVED = {
    "Query.live": LIVES_BY_ID,
    "Live.products": LIVES_BY_ID,
    "Query.newProductRanking": NEW,
}
"""Lookups and lists that say CAPABILITY_UNAVAILABLE, and why."""

LIVES_OF = "TH"
LISTED = {place.partition(".")[2] for place, why in UNTOLD.items() if why == LISTED_ROWS}


class KeyapiWalker(Walker):
    """Expects of KeyAPI what is expected of EchoTik, under KeyAPI's name and without the columns that it lacks."""

    def same(self, query: str, expected: Mapping[str, Any]) -> None:
        super().same(query, _here(expected))


def _here(expected: Any) -> Any:
    if isinstance(expected, Mapping):
        return {key: None if key in LISTED else _renamed(key, _here(value)) for key, value in expected.items()}
    return [_here(each) for each in expected] if isinstance(expected, list) else expected


def _renamed(key: str, value: Any) -> Any:
    if key == "endpoint":
        return value.replace("echotik.", "keyapi.")
    return "KEYAPI" if key == "provider" and value == "ECHOTIK" else value


def compare_providers(walker: Walker) -> None:
    """While every call made was one of those that cost a credit each."""
    calls = walker.sandbox.count(provider="keyapi")
    assert calls == walker.sandbox.count() > 0
    idle = {"configured": False, "circuit": "CLOSED", "callsToday": 0, "creditsToday": 0}
    used = {"configured": True, "circuit": "CLOSED", "callsToday": calls, "creditsToday": calls}
    answer = walker.server("{ providers { provider configured circuit callsToday creditsToday } }")
    told = {each.pop("provider"): each for each in answer.data["providers"]}
    assert told == {"ECHOTIK": idle, "KEYAPI": used, "WINNING_HUNTER": idle}
    walker.told |= {f"ProviderStatus.{name}" for name in ("provider", *used)} | {"Query.providers"}


def compare_lives_of_a_seller(walker: Walker) -> None:
    """A peak that their rows do not know is unknown: no lookup tells it, and nothing else is asked in that market."""
    world = walker.world
    shop = next(each for each in world.sellers_in(LIVES_OF) if len(world.lives_of_seller(each)) > 2)
    lives = most(world.lives_of_seller(shop), lambda each: each.views)
    selection, told = live.seller_facts(world, lives[:10])
    nodes = [
        node | {"peakViewers": None if has("no peak", each.id) else each.peak}
        for node, each in zip(told, lives, strict=False)
    ]
    opened = f'seller(id: "{shop.id}")'
    walker.same(f"{{ {opened} {{ lives {{ nodes {{ {selection} }} }} }} }}", {"seller": {"lives": {"nodes": nodes}}})
    compare_pages(walker, [opened, "lives"], ids("Live", lives))


def compare_search(walker: Walker) -> None:
    """Products by the units of a week: KeyAPI documents no other order."""
    world = walker.world
    brand = world.sellers_in(search.SEARCHED)[0].brand_name
    for kind, find in search.KINDS.items():
        rows = find(world, brand)
        if kind == "PRODUCT":
            rows = sorted(rows, key=lambda row: (-row["week"]["units"], row["productId"]))
        asked = f'search(text: "{brand}", region: {search.SEARCHED}, types: [{kind}], first: {search.ROWS})'
        walker.same(f"{{ {asked} {{ {search.FOUND} }} }}", {"search": rows[: search.ROWS]})


def compare_realtime(walker: Walker) -> None:
    """What the app shows; prices in the market's own currency."""
    world, shown = walker.world, product.listed(walker.world)[0]
    walker.same(
        f"""{{ product(id: "{shown.id}") {{ realtime {{
            productId title images {{ url index }} soldCount fetchedAt description {{ __typename }}
            price {{ amount currency display }} originalPrice {{ amount currency display }}
            skus {{ skuId }} options {{ optionId }} shippingFee {{ amount }} seller {{ id }}
        }} }} }}""",
        {"product": {"realtime": _in_app(world, shown)}},
    )


def _in_app(world: World, shown: Product) -> dict[str, Any]:
    pictures = [each["url"] for each in product.images(world, shown)]
    cut = world.listing_of(shown).off_percent or 0
    return {
        "productId": shown.id,
        "title": world.title_of(shown),
        "images": [{"url": url, "index": place} for place, url in enumerate(pictures)],
        "soldCount": shown.units() + on_day(shown.units, 1) // 2,
        "fetchedAt": just_now(),
        "price": _price(shown, shown.price),
        "originalPrice": _price(shown, shown.price * 100 // (100 - cut)),
        **dict.fromkeys(("description", "skus", "options", "shippingFee", "seller")),
    }


def _price(shown: Product, cents: int) -> dict[str, str]:
    market = shown.market
    label = market.price_label(cents, signed=True)
    return {"amount": market.money(cents), "currency": market.currency, "display": label}


INSTEAD: Mapping[Callable[[Walker], None], tuple[Callable[[Walker], None], ...]] = {
    root.compare_providers: (compare_providers,),
    seller.compare_lives: (compare_lives_of_a_seller,),
    live.compare_details: (),
    live.compare_products: (),
    search.compare_each_kind: (compare_search,),
}
"""What is compared in place of what holds for EchoTik alone."""

COMPARISONS = (
    *(each for compare in V3_COMPARISONS for each in INSTEAD.get(compare, (compare,))),
    compare_realtime,
)
