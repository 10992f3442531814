"""Realtime products: v2's small object, v3's raw state of the product's page, what a link leads to, all reviews."""

import json
from typing import Any

from sandbox.echotik.envelope import INVALID, object_reply, realtime_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.page import image_url, page_v2, real_price
from sandbox.echotik.quirk import choice
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.link import id_behind
from sandbox.world.listing import Listing
from sandbox.world.product import Product
from sandbox.world.review import Review
from sandbox.world.words import LANGUAGES

REVIEWS = 20  # a page
PAGE = "shop/pdp/(product_name_slug$)/(product_id)/page"


def product_v2(question: Question) -> Reply:
    product = asked_product(question)
    if not product:
        return object_reply(EXAMPLES.realtime(question.arguments.text("product_id")))
    return object_reply(_small(question.world, product))


def product_v3(question: Question) -> Reply:
    product = asked_product(question)
    data = {"layout": None, PAGE: _page_state(question.world, product)} if product else None
    return realtime_reply(question.arguments.text("product_id"), data)


def product_id(question: Question) -> Reply:
    """The product that a share link leads to."""
    url = question.arguments.text("share_url")
    product = question.world.product(id_behind(url) or "")
    if not product:
        return realtime_reply(url, None, code=INVALID, message="share_url is invalid")
    return realtime_reply(url, {"productId": product.id, "region": product.region})


def product_comments(question: Question) -> Reply:
    """All reviews that shoppers have written, collected or not; `offset` counts pages from 1."""
    product, page = asked_product(question), max(1, question.arguments.integer("offset", 1))
    if not product:
        return realtime_reply(question.arguments.text("product_id"), None)
    reviews = question.world.written_reviews(product, (page - 1) * REVIEWS, REVIEWS)
    listing = question.world.listing_of(product)
    data = {
        "has_more": page * REVIEWS < product.reviewed(),
        "next_cursor": page + 1,
        "product_rating": product.rating_tenths / 10,
        "review_count": product.reviewed(),
        "third_party_review_cnt": 0,
        "review_items": [_review_item(question.world, product, listing, review) for review in reviews],
    }
    return realtime_reply(product.id, data)


def asked_product(question: Question) -> Product | None:
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
        "sold_count": product.units() + sold_today(product),
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


def sold_today(product: Product) -> int:
    """What today added so far: about half of yesterday's."""
    return (product.units() - product.units(2)) // 2


def _review_item(world: World, product: Product, listing: Listing, review: Review) -> dict[str, Any]:
    """The time is a string here."""
    sku = listing.skus[review.variant % len(listing.skus)]
    names = LANGUAGES[product.market.language].given
    return {
        "review": {
            "review_id": review.id,
            "display_text": review.text,
            "rating": review.stars,
            "review_timestamp": str(unix_seconds(world, review.day, review.second) * 1000),
        },
        "sku_id": sku.id,
        "sku_specification": sku.label,
        "product_id": product.id,
        "review_user": {
            "user_id": str(7_000_000 + choice("reviewer", review.id, 1 << 31)),
            "name": names[choice("reviewer name", review.id, len(names))],
        },
        "digg_count": choice("review likes", review.id, 40),
    }
