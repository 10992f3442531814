"""Products: what a listing says, what was sold of it, and who sells it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from sandbox.echotik.page import IMAGE_HOST, bounds, covers, specification
from sandbox.echotik.product import HOT, category_ids, sales_flag, sales_trend_flag
from sandbox.echotik.quirk import choice, has
from sandbox.world import World
from sandbox.world.category import CATEGORIES
from sandbox.world.link import share_link
from sandbox.world.listing import CDN, Choice, Option, Sku
from sandbox.world.product import Product
from tests.graph.every_field.figure import (
    CHANNELS,
    PRODUCT_SOURCE,
    REGION,
    SOURCE,
    TREND_DAYS,
    TRENDS,
    added,
    by_window,
    category,
    days_back,
    dollars,
    ids,
    in_windows,
    most,
    on_day,
    price_each,
    source,
)
from tests.graph.every_field.page import compare_pages
from tests.graph.walked import Such, Walker

STABLE = re.compile(r"http://127\.0\.0\.1:[0-9]+/images/[\w-]+")
ROWS = 30
FACTS = """
  id productId name region images { url index } cover { url index }
  description {
    __typename ... on TextBlock { text } ... on ListBlock { items } ... on ImageBlock { url urls width height }
  }
  price { average min max } discountPercent commissionRate rating reviewCount freeShipping fullyManaged delisted
  bestSeller brandShop sellerOrigin shippingPrice specifications { name value } mainChannel salesTrend
  firstSeen lastSeen
  skus { skuId price { amount currency display } options { valueId value image } }
  options { optionId name hasImages values { valueId value image } }
  categories { id categoryId level } seller { id sellerId }
"""
MEASURES = """
  units gmv averagePrice influencers
  video { units gmv videos views influencers products } live { units gmv sessions influencers }
"""
POINT = "date units gmv totalUnits totalGmv averagePrice influencers videos lives"
DETAIL_PARTS = {
    *("name", "region", "images", "cover", "description", "price", "discountPercent", "commissionRate", "rating"),
    *("reviewCount", "freeShipping", "fullyManaged", "delisted", "specifications", "mainChannel", "salesTrend"),
    *("firstSeen", "skus", "options", "categories", "performance", "seller"),
}
V3_PARTS = {"specifications"}


def listed(world: World) -> list[Product]:
    """As a market's list gives them: most units first."""
    return most(world.products_in(REGION), Product.units)[:ROWS]


def sold_by_all(world: World) -> Product:
    """An established product with many influencers, videos, lives and reviews, no two of which sold alike."""
    found = (each for each in world.products_in(REGION) if each.established and not each.sparse)
    return next(each for each in found if min(each.reach, each.videos, each.lives, each.reviews) > 10)


# ── what it is ────────────────────────────────────────────────────────────────────────────────────────────────────


def facts(world: World, product: Product, version: str, *, row: str) -> dict[str, Any]:
    """All that a row tells of it: `row` is "list" or "detail"."""
    listing, seller = world.listing_of(product), world.seller_of_product(product)
    low, high = bounds(listing)
    told = {
        "id": f"Product:{product.id}",
        "productId": product.id,
        "name": listing.title,
        "region": product.region,
        "images": images(world, product),
        "cover": images(world, product)[0],
        "description": description(world, product),
        "price": {"average": dollars(product.price), "min": dollars(low), "max": dollars(high)},
        "discountPercent": listing.off_percent,
        "commissionRate": product.commission / 1000,
        "rating": product.rating_tenths / 10 if product.reviewed() else None,
        "reviewCount": product.reviewed(),
        "freeShipping": product.free_shipping,
        "fullyManaged": seller.managed,
        "delisted": product.off_mark >= 2,
        "mainChannel": CHANNELS[sales_flag(product)],
        "salesTrend": TRENDS[sales_trend_flag(product)],
        "firstSeen": world.date_of(product.age).isoformat(),
        "specifications": specifications(world, product) if version == "v3" else None,
        "skus": skus(world, product, version),
        "options": options(world, product, version),
        "categories": [category(CATEGORIES[id]) for id in category_ids(product) if id != "0"],
        "seller": {"id": f"Seller:{seller.id}", "sellerId": seller.id},
    }
    return told | listed_facts(world, product, told=version == "v3" and row == "list")


def listed_facts(world: World, product: Product, *, told: bool) -> dict[str, Any]:
    """What rows of v3's list tell beside those of the detail."""
    seller, listing = world.seller_of_product(product), world.listing_of(product)
    seen = 1 if product.off_mark < 2 else 1 + choice("last seen", product.id, 30)
    found = {
        "bestSeller": product.place < HOT,
        "brandShop": seller.brand,
        "sellerOrigin": "CROSS_BORDER" if seller.cross_border else "LOCAL",
        "shippingPrice": product.market.money(listing.shipping),
        "lastSeen": world.date_of(seen).isoformat(),
    }
    return found if told else dict.fromkeys(found)


def images(world: World, product: Product) -> list[dict[str, Any]]:
    return sorted(covers(product, world.listing_of(product)), key=lambda cover: int(cover["index"]))


def description(world: World, product: Product) -> list[dict[str, Any]]:
    listing = world.listing_of(product)
    first, *others = listing.paragraphs
    address = f"{CDN}/{listing.hash}~tplv-o3syd03w52-resize-jpeg:800:800.jpeg?from=1826719393"
    shown = {"url": address, "urls": [address, address.replace("p16-", "p19-")], "width": 800, "height": 800}
    closing = [{"__typename": "TextBlock", "text": ""}] if has("sub block", product.id) else []
    return [
        {"__typename": "TextBlock", "text": first},
        {"__typename": "ListBlock", "items": list(listing.features)},
        *({"__typename": "TextBlock", "text": other} for other in others),
        {"__typename": "ImageBlock", **shown},
        *closing,
    ]


def specifications(world: World, product: Product) -> list[dict[str, str]] | None:
    table = specification(product, world.listing_of(product))
    return json.loads(table) if table else None


def skus(world: World, product: Product, version: str) -> list[dict[str, Any]] | None:
    if version == "v3" and has("no skus", product.id):
        return None if choice("skus", product.id, 2) == 0 else []
    listing = world.listing_of(product)
    named = {} if version == "v3" and has("no options", product.id) else values_by_id(listing.options)
    return [_sku(product, sku, named) for sku in listing.skus]


def values_by_id(found: Iterable[Option]) -> dict[str, dict[str, Any]]:
    return {choice.id: _value(choice) for option in found for choice in option.choices}


def options(world: World, product: Product, version: str) -> list[dict[str, Any]]:
    if version == "v3" and has("no options", product.id):
        return []
    return [
        {
            "optionId": option.id,
            "name": option.name,
            "hasImages": option.pictured,
            "values": [_value(choice) for choice in option.choices],
        }
        for option in world.listing_of(product).options
    ]


def money(product: Product, cents: int) -> dict[str, str]:
    market, signed = product.market, not has("unsigned price", product.id)
    return {
        "amount": market.money(cents),
        "currency": market.currency,
        "display": market.price_label(cents, signed=signed),
    }


def _sku(product: Product, sku: Sku, named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A value that no option names has its id alone."""
    chosen = [named.get(id, {"valueId": id, "value": None, "image": None}) for id in sku.choices]
    return {"skuId": sku.id, "price": money(product, sku.price), "options": chosen}


def _value(value: Choice) -> dict[str, Any]:
    return {"valueId": value.id, "value": value.name, "image": value.image or None}


def compare_rows_of_a_market(walker: Walker) -> None:
    world = walker.world
    told = [facts(world, product, walker.version, row="list") for product in listed(world)]
    walker.same(
        f"{{ products(region: {REGION}, first: {ROWS}) {{ nodes {{ {FACTS} }} }} }}", {"products": {"nodes": told}}
    )
    compare_pages(
        walker, [f"products(region: {REGION})"], ids("Product", most(world.products_in(REGION), Product.units))
    )


def compare_details(walker: Walker) -> None:
    """Of products that lack something, each in its own way."""
    world = walker.world
    found = [each for each in world.products_in("GB") if 34 < each.place < 41][:7]
    asked = ", ".join(f'"{each.id}"' for each in found)
    told = [facts(world, product, walker.version, row="detail") for product in found]
    walker.same(f"{{ productsByIds(ids: [{asked}]) {{ {FACTS} }} }}", {"productsByIds": told})


def compare_what_a_link_leads_to(walker: Walker) -> None:
    """The address of a product's page, and for v3 a short one as people share it."""
    world, product = walker.world, listed(walker.world)[1]
    links = [f"https://www.tiktok.com/view/product/{product.id}?region=SG", share_link(product)]
    for link in links if walker.version == "v3" else links[:1]:
        walker.same(
            f'{{ productFromUrl(url: "{link}") {{ productId name }} }}',
            {"productFromUrl": {"productId": product.id, "name": world.title_of(product)}},
        )


def compare_signed_images(walker: Walker) -> None:
    """What lies on the provider's own host is signed for the day, by v3 alone."""
    world, product = walker.world, listed(walker.world)[0]
    day = f"{world.today:%Y%m%d}T000000Z"

    def signed(url: str) -> Any:
        opening = f"{url}?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Date={day}&X-Tos-Expires=86400&X-Tos-Signature="
        return Such("its address, signed", lambda told: told.startswith(opening)) if walker.version == "v3" else None

    told = [{"url": each["url"], "signedUrl": signed(each["url"])} for each in images(world, product)]
    assert all(each["url"].startswith(IMAGE_HOST) for each in told)
    walker.same(f'{{ product(id: "{product.id}") {{ images {{ url signedUrl }} }} }}', {"product": {"images": told}})


def compare_stable_images(walker: Walker) -> None:
    """Each has an address of the server's own."""
    product = listed(walker.world)[0]
    own = Such("an address of the server", lambda told: STABLE.fullmatch(told) is not None)
    told = [{"url": each["url"], "stableUrl": own} for each in images(walker.world, product)]
    walker.same(f'{{ product(id: "{product.id}") {{ images {{ url stableUrl }} }} }}', {"product": {"images": told}})


def compare_source(walker: Walker) -> None:
    """Of a product whose row lacks nothing."""
    world, columns = walker.world, DETAIL_PARTS if walker.version == "v3" else DETAIL_PARTS - V3_PARTS
    rows = (
        facts(world, product, walker.version, row="detail") | {"performance": {}}
        for product in world.products_in(PRODUCT_SOURCE)
    )
    row = next(each for each in rows if not any(each[part] in (None, []) for part in columns))
    told = source(world, "product.detail")
    parts = Such("what a row tells", lambda found: sorted(found) == sorted(columns))
    walker.same(
        f'{{ product(id: "{row["id"]}") {{ name source {SOURCE} sources {{ parts endpoint }} }} }}',
        {
            "product": {
                "name": row["name"],
                "source": told,
                "sources": [{"parts": parts, "endpoint": told["endpoint"]}],
            }
        },
    )


# ── what it did ───────────────────────────────────────────────────────────────────────────────────────────────────


def performance(world: World, product: Product, version: str, days: int | None) -> dict[str, Any]:
    """Of all time, v2 has no columns of what videos and lives sold; of no window, how many videos sold it."""
    units, gmv = added(product.units, days), added(product.gmv, days)
    sales, ever, v3 = world.sales_of(product), days is None, version == "v3"
    live = {
        "units": added(product.live_units, days),
        "gmv": dollars(added(partial(product.gmv, measure=Product.live_units), days)),
    }
    video = {
        "units": added(product.video_units, days),
        "gmv": dollars(added(partial(product.gmv, measure=Product.video_units), days)),
    }
    return {
        "units": units,
        "gmv": dollars(gmv),
        "averagePrice": price_each(gmv, units),
        "influencers": product.reach if ever else None,
        "video": {
            **(video if v3 else dict.fromkeys(video)),
            "videos": sum(ever or each.day <= (days or 0) for each in world.videos_of_product(product)),
            "views": added(partial(world.views_of_product, product), days),
            "influencers": _begun(world, product, days, sales.videos_by),
            "products": None,
        },
        "live": {
            **(live if v3 or not ever else dict.fromkeys(live)),
            "sessions": sum(ever or each.day <= (days or 0) for each in world.lives_of_product(product)),
            "influencers": _begun(world, product, days, sales.lives_by),
        },
    }


def _begun(world: World, product: Product, days: int | None, sellers: Iterable[int]) -> int | None:
    """Of those who began to sell it in so many days, how many are among such sellers; not told of all time."""
    if days is None:
        return None
    users, known = world.influencers_of_product(product), set(sellers)
    return sum(user.index in known for user in users if world.began(user, product) <= days)


def compare_performance(walker: Walker) -> None:
    world = walker.world
    for product in (sold_by_all(world), listed(world)[0]):
        told = by_window(partial(performance, world, product, walker.version))
        walker.same(f'{{ product(id: "{product.id}") {{ {in_windows("performance", MEASURES)} }} }}', {"product": told})


def compare_trend(walker: Walker) -> None:
    world, product = walker.world, sold_by_all(walker.world)
    told = [
        {
            "date": date,
            "units": on_day(product.units, day),
            "gmv": dollars(on_day(product.gmv, day)),
            "totalUnits": product.units(day),
            "totalGmv": dollars(product.gmv(day)),
            "averagePrice": dollars(product.price_on(day)),
            "influencers": product.influencers(day),
            "videos": sum(video.day >= day for video in world.videos_of_product(product)),
            "lives": sum(live.day >= day for live in world.lives_of_product(product)),
        }
        for day, date in days_back(world)
    ]
    walker.same(
        f'{{ product(id: "{product.id}") {{ trend(days: {TREND_DAYS}) {{ {POINT} }} }} }}', {"product": {"trend": told}}
    )


ALL = (
    compare_rows_of_a_market,
    compare_details,
    compare_what_a_link_leads_to,
    compare_signed_images,
    compare_stable_images,
    compare_performance,
    compare_trend,
)
