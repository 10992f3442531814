"""Shops: one by its id, and what its page lists right now."""

import json
from typing import Any

from sandbox.echotik.page import covers
from sandbox.echotik.seller import seller_detail
from sandbox.keyapi.envelope import success, twin
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import Product

SCENE = "Store.Top_Product_Subpage_Feeds.Common"
SHOWN = 10  # a page
RATING, SOLD = 302, 301  # types of tags


def shop_detail(question: Question) -> Reply:
    """An object, null for an id that is unknown; or, as a setting, a list of one or none."""
    reply = twin(seller_detail)(question)
    if question.setting.keyapi_shop_list:
        return reply
    rows = json.loads(reply.body)["data"]
    return success(rows[0] if rows else None)


def products_now(question: Question) -> Reply:
    """What is on sale, best sellers first; `offset` is what the page before said, and counts products."""
    world, arguments = question.world, question.arguments
    seller = world.seller(arguments.text("seller_id"))
    here = seller if seller and seller.region == arguments.get("region") else None
    products = [product for product in world.products_of_seller(here) if product.off_mark < 2] if here else []
    ranked = sorted(products, key=lambda product: (-product.units(), product.id))
    start = max(0, arguments.integer("offset"))
    shown, end = ranked[start : start + SHOWN], start + SHOWN
    rows = [_row(world, product) for product in shown]
    feed = {"has_more": end < len(ranked), "next_scroll_param": str(end) if end < len(ranked) else ""}
    return success({**feed, "product_list_map": {SCENE: {"product_list": rows}}})


def _row(world: World, product: Product) -> dict[str, Any]:
    """Prices in local currency, everything said as the page would."""
    listing, market = world.listing_of(product), product.market
    cut = listing.off_percent or 0
    pictures = sorted(covers(product, listing), key=lambda cover: cover["index"])
    return {
        "product_id": product.id,
        "seller_id": world.seller_of_product(product).id,
        "title": {"title": listing.title},
        "cover": {"image": {"url_list": [pictures[0]["url"]]}},
        "price": {
            "sale_price_decimal": market.money(product.price),
            "origin_price_decimal": market.money(product.price * 100 // (100 - cut)),
            "currency_name": market.currency,
            "currency_symbol": market.sign,
            "discount_format": f"{cut}%" if cut else "",
        },
        "sku_ids": [sku.id for sku in listing.skus],
        "tag_list": [
            {"tag_type": RATING, "text": f"{product.rating_tenths / 10:.1f}", "extra_text": f"({product.reviewed()})"},
            {"tag_type": SOLD, "text": f"{_short(product.units())} sold", "extra_text": ""},
        ],
        "log_extra": json.dumps({"product_id": product.id, "sold_count": product.units()}),
    }


def _short(count: int) -> str:
    """196500 as "196.5K"."""
    return f"{count / 1000:.1f}K" if count >= 1000 else str(count)
