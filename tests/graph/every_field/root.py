"""What can be asked without knowing the kind of a thing, and how the providers fare."""

from __future__ import annotations

from typing import Any

from sandbox.echotik.video import caption
from sandbox.world.product import Product
from tests.graph.every_field.figure import REGION, most
from tests.graph.walked import Walker

NAMES = """
  __typename id ... on Product { name } ... on Seller { name } ... on Influencer { name } ... on Video { caption }
  ... on Category { name }
"""


def compare_providers(walker: Walker) -> None:
    """While every call made was one of those that cost a credit each."""
    calls = walker.sandbox.count()
    assert calls > 0
    idle = {"configured": False, "circuit": "CLOSED", "callsToday": 0, "creditsToday": 0}
    used = {"configured": True, "circuit": "CLOSED", "callsToday": calls, "creditsToday": calls}
    walker.same(
        "{ providers { provider configured circuit callsToday creditsToday } }",
        {
            "providers": [
                {"provider": "ECHOTIK", **used},
                {"provider": "KEYAPI", **idle},
                {"provider": "WINNING_HUNTER", **idle},
            ]
        },
    )


def compare_nodes(walker: Walker) -> None:
    world = walker.world
    product = most(world.products_in(REGION), Product.units)[0]
    seller = world.seller_of_product(product)
    user = world.influencers_of_product(product)[0]
    video = world.videos_of_product(product)[0]
    found: list[dict[str, Any]] = [
        {"__typename": "Product", "id": f"Product:{product.id}", "name": world.title_of(product)},
        {"__typename": "Seller", "id": f"Seller:{seller.id}", "name": seller.name},
        {"__typename": "Influencer", "id": f"Influencer:{user.id}", "name": user.nick_name},
        {"__typename": "Video", "id": f"Video:{video.id}", "caption": caption(world, video)},
        {
            "__typename": "Category",
            "id": f"Category:{product.categories[0].id}",
            "name": product.categories[0].name,
        },
    ]
    asked = ", ".join(f'"{each["id"]}"' for each in found)
    walker.same(f"{{ nodes(ids: [{asked}]) {{ {NAMES} }} }}", {"nodes": found})
    for each in found:
        walker.same(f'{{ node(id: "{each["id"]}") {{ {NAMES} }} }}', {"node": each})


def compare_product_nodes(walker: Walker) -> None:
    """Of products alone, which both versions tell."""
    world = walker.world
    products = most(world.products_in(REGION), Product.units)[:2]
    found = [{"__typename": "Product", "id": f"Product:{each.id}", "name": world.title_of(each)} for each in products]
    asked = ", ".join(f'"{each["id"]}"' for each in found)
    walker.same(
        f'{{ nodes(ids: [{asked}]) {{ {NAMES} }} node(id: "{found[1]["id"]}") {{ {NAMES} }} }}',
        {"nodes": found, "node": found[1]},
    )
