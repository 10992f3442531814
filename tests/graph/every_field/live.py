"""Lives: what each list tells of one, what is told of one by its id, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.echotik.influencer import told_handle
from sandbox.echotik.live import cover, started
from sandbox.world import World
from sandbox.world.media import Live
from tests.graph.every_field.figure import LIVE_SOURCE, REGION, SOURCE, dollars, ids, instant, picture, source
from tests.graph.every_field.page import compare_pages
from tests.graph.walked import Walker

COMMON = """
  id roomId title cover { url index } region startedAt endedAt durationSeconds views joins units gmv
  influencer { id userId name }
"""


def _common(world: World, live: Live) -> dict[str, Any]:
    sale, host, start = world.sale_of_live(live), world.host_of_live(live), started(world, live)
    return {
        "id": f"Live:{live.id}",
        "roomId": live.id,
        "title": world.title_of_live(live),
        "cover": picture(cover(live)),
        "region": live.region,
        "startedAt": instant(start),
        "endedAt": instant(start + live.duration),
        "durationSeconds": live.duration,
        "views": live.views,
        "joins": live.joins,
        "units": sale.units,
        "gmv": dollars(sale.gmv),
        "influencer": {"id": f"Influencer:{host.id}", "userId": host.id, "name": host.nick_name},
    }


def seller_facts(world: World, lives: Sequence[Live]) -> tuple[str, list[dict[str, Any]]]:
    """What to select, and what is told of a seller's lives: a peak that their rows do not know, by the live's own."""
    return f"{COMMON} peakViewers", [_common(world, live) | {"peakViewers": live.peak} for live in lives]


def influencer_facts(world: World, lives: Sequence[Live]) -> tuple[str, list[dict[str, Any]]]:
    """The same of rows of an influencer's lives."""
    told = [
        _common(world, live)
        | {
            "likes": live.likes,
            "comments": live.comments,
            "productCount": len(live.products),
            "hostFollowers": world.host_of_live(live).followers,
        }
        for live in lives
    ]
    return f"{COMMON} likes comments productCount hostFollowers", told


DETAIL = """
  id roomId title cover { url index } region startedAt endedAt durationSeconds views peakViewers productCount
  influencer { id userId handle name }
"""


def detail_facts(world: World, live: Live) -> dict[str, Any]:
    host, start = world.host_of_live(live), started(world, live)
    return {
        "id": f"Live:{live.id}",
        "roomId": live.id,
        "title": world.title_of_live(live),
        "cover": picture(cover(live)),
        "region": live.region,
        "startedAt": instant(start),
        "endedAt": instant(start + live.duration),
        "durationSeconds": live.duration,
        "views": live.views,
        "peakViewers": live.peak,
        "productCount": len(live.products),
        "influencer": {
            "id": f"Influencer:{host.id}",
            "userId": host.id,
            "handle": told_handle(host),
            "name": host.nick_name,
        },
    }


def compare_details(walker: Walker) -> None:
    world = walker.world
    live = next(live for product in world.products_in(LIVE_SOURCE) for live in world.lives_of_product(product))
    told = source(world, "live.detail")
    walker.same(
        f'{{ live(id: "{live.id}") {{ {DETAIL} source {SOURCE} sources {SOURCE} }} }}',
        {"live": {**detail_facts(world, live), "source": told, "sources": [told]}},
    )


def compare_products(walker: Walker) -> None:
    world = walker.world
    lives = (live for product in world.products_in(REGION) for live in world.lives_of_product(product))
    live = next(each for each in lives if len(each.products) > 3)
    products = world.products_of_live(live)
    opened = f'live(id: "{live.id}")'
    told = [{"productId": product.id, "name": world.title_of(product)} for product in products]
    walker.same(
        f"{{ {opened} {{ products {{ nodes {{ productId name }} }} }} }}", {"live": {"products": {"nodes": told}}}
    )
    compare_pages(walker, [opened, "products"], ids("Product", products))


def compare_lives_of_a_host(walker: Walker) -> None:
    """Oldest first, as the provider orders them."""
    world = walker.world
    user = next(each for each in world.influencers_in(REGION) if len(world.lives_of_influencer(each)) > 3)
    lives = world.lives_of_influencer(user)
    opened = f'lives(region: {REGION}, filter: {{ influencer: "{user.id}" }})'
    selection, told = influencer_facts(world, lives[:10])
    walker.same(f"{{ {opened} {{ nodes {{ {selection} }} }} }}", {"lives": {"nodes": told}})
    compare_pages(walker, [opened], ids("Live", lives))


ALL = (compare_details, compare_products, compare_lives_of_a_host)
