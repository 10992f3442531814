"""Realtime products: v2's small object, v3's raw state of the product's page."""

import json
from typing import Any

from sandbox.echotik.envelope import object_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.echotik.page import image_url, page_v2, real_price
from sandbox.echotik.quirk import choice, has
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import Product

PAGE = "shop/pdp/(product_name_slug$)/(product_id)/page"


def product_v2(question: Question) -> Reply:
    product = _asked(question)
    if not product:
        return object_reply(EXAMPLES.realtime(question.arguments.text("product_id")))
    return object_reply(_small(question.world, product))


def product_v3(question: Question) -> Reply:
    """`requestId` is a text, null or not there."""
    product = _asked(question)
    data = {"layout": None, PAGE: _page_state(question.world, product)} if product else None
    return _realtime_reply(question.arguments.text("product_id"), data)


def _realtime_reply(subject: str, data: object) -> Reply:
    if not has("no request id", subject):
        return object_reply(data, message="ok", requestId=f"{choice('request', subject, 1 << 32):08x}-4c1a")
    return object_reply(data, message="ok", **({"requestId": None} if choice("request", subject, 2) else {}))


def _asked(question: Question) -> Product | None:
    """The product, if it is sold in the region asked for."""
    product = question.world.product(question.arguments.text("product_id"))
    return product if product and product.region == question.arguments.text("region") else None


def _small(world: World, product: Product) -> dict[str, Any]:
    """Half of the products have price, options, SKUs, shipping fee and shop; the others have them empty."""
    listing, seller = world.listing_of(product), world.seller_of_product(product)
    page = page_v2(product, listing)
    full = choice("full page", product.id, 2) == 1
    return {
        "product_id": product.id,
        "title": listing.title,
        "desc_detail": json.dumps([{"type": "text", "text": text} for text in listing.paragraphs], ensure_ascii=False),
        "images": image_url("product-cover", product.index, f"{product.id}_0.{listing.picture_kind}"),
        "sold_count": product.units() + _sold_today(product),
        "price": real_price(product, product.price) if full else {},
        "sale_props": page["sale_props"] if full else [],
        "skus": page["skus"] if full else [],
        "shipping_fee": real_price(product, listing.shipping) if full else {},
        "seller": {"seller_id": seller.id, "name": seller.name} if full else {},
    }


def _page_state(world: World, product: Product) -> dict[str, Any]:
    listing, seller = world.listing_of(product), world.seller_of_product(product)
    return {
        "basic_info": {"product_id": product.id, "region": product.region, "page_name": "pdp"},
        "waf_decision": {"decision": "allow"},
        "region_info": {"region": product.region, "currency": product.market.currency},
        "route_info": {"path": f"/shop/pdp/{product.id}"},
        "page_config": {"components_map": [{"component_data": _component(world, product)}]},
        "product_model": {"product_id": product.id, "name": listing.title, "sold_count": product.units()},
        "seller_model": {"seller_id": seller.id, "shop_name": seller.name},
    }


def _component(world: World, product: Product) -> dict[str, Any]:
    return {"product_info": {"price": real_price(product, product.price), "title": world.title_of(product)}}


def _sold_today(product: Product) -> int:
    """What today added so far: about half of yesterday's."""
    return (product.units() - product.units(2)) // 2
