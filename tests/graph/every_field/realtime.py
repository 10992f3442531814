"""Products as they are at the moment of asking, which v2 alone tells."""

from __future__ import annotations

from typing import Any

from sandbox.echotik.quirk import choice
from sandbox.world import World
from sandbox.world.product import Product
from tests.graph.every_field.figure import (
    just_now,
    on_day,
)
from tests.graph.every_field.product import images, listed, money, options, skus
from tests.graph.walked import Walker


def compare_realtime(walker: Walker) -> None:
    """One whose page came whole, and one whose page came without price, shop and variants. v2 alone."""
    world = walker.world
    for whole in (True, False):
        product = next(each for each in listed(world) if choice("full page", each.id, 2) == int(whole))
        walker.same(
            f"""{{ product(id: "{product.id}") {{ realtime {{
                productId title images {{ url index }} soldCount
                description {{ __typename ... on TextBlock {{ text }} }}
                price {{ amount currency display }} originalPrice {{ amount currency display }}
                skus {{ skuId price {{ amount currency display }} options {{ valueId value image }} }}
                options {{ optionId name hasImages values {{ valueId value image }} }}
                shippingFee {{ amount currency display }} seller {{ id sellerId }} fetchedAt
            }} }} }}""",
            {"product": {"realtime": _page(world, product, whole=whole)}},
        )


def _page(world: World, product: Product, *, whole: bool) -> dict[str, Any]:
    listing, seller = world.listing_of(product), world.seller_of_product(product)
    page = {
        "price": money(product, product.price),
        "skus": skus(world, product, "v2"),
        "options": options(world, product, "v2"),
        "shippingFee": money(product, listing.shipping),
        "seller": {"id": f"Seller:{seller.id}", "sellerId": seller.id},
    }
    return {
        "productId": product.id,
        "title": listing.title,
        "images": [{"url": images(world, product)[0]["url"], "index": None}],
        "description": [{"__typename": "TextBlock", "text": paragraph} for paragraph in listing.paragraphs],
        "soldCount": product.units() + on_day(product.units, 1) // 2,
        "originalPrice": None,
        "fetchedAt": just_now(),
        **(page if whole else {**dict.fromkeys(page), "options": []}),
    }
