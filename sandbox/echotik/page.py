"""A product's page: pictures, options, SKUs, discount and description, in the shapes of v2 and of v3."""

import json
from typing import Any

from sandbox.echotik.quirk import choice, has
from sandbox.world.listing import CDN, Choice, Listing, Option, Sku
from sandbox.world.product import Product

IMAGE_HOST = "https://echosell-images.tos-ap-southeast-1.volces.com"
RAW_CONTROL = "\ue000"  # stands for a control character until the row is bytes: no serializer writes one raw


def image_url(folder: str, number: int, name: str) -> str:
    return f"{IMAGE_HOST}/{folder}/{number % 1024}/{name}"


def page_v2(product: Product, listing: Listing) -> dict[str, Any]:
    """Real JSON but for the description."""
    return {
        "cover_url": covers(product, listing),
        "skus": [_sku(product, sku) for sku in listing.skus],
        "sale_props": [_option(option, "prop_value_id", "prop_value") for option in listing.options],
        "desc_detail": text(_blocks(product, listing, raw=has("raw control", product.id))),
        "discount": _discount(product, listing) or "",
    }


def page_v3(product: Product, listing: Listing) -> dict[str, Any]:
    """JSON text in strings, compact or not, some of it empty."""
    other = has("other option keys", product.id)
    names = ("property_value_id", "property_value_name") if other else ("prop_value_id", "prop_value")
    options = [] if has("no options", product.id) else [_option(option, *names) for option in listing.options]
    return {
        "cover_url": styled(product.id, text(covers(product, listing))),
        "skus": _skus(product, listing),
        "sale_props": styled(product.id, text(options)),
        "desc_detail": styled(product.id, text(_blocks(product, listing, raw=False))),
        "discount": _discount(product, listing),
    }


def specification(product: Product, listing: Listing) -> str:
    """A table as JSON text, empty for half of the products."""
    if choice("specification", product.id, 2):
        return ""
    return text([{"name": "Feature", "value": feature} for feature in listing.features])


def dollars(cents: int) -> float | int:
    """Cents as an amount; whole amounts without a point, as the provider writes them."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def text(value: object) -> str:
    """Compact JSON text, other scripts as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def styled(subject: str, json_text: str) -> str:
    """JSON text of a row, in some as a person would type it or with blanks around it."""
    if has("spaced text", subject):
        json_text = json_text.replace('{"', '{ "').replace("},{", "}, {")
    return f" {json_text}\n" if has("padded text", subject) else json_text


def bounds(listing: Listing) -> tuple[int, int]:
    """Lowest and highest SKU price in cents."""
    prices = [sku.price for sku in listing.skus]
    return min(prices), max(prices)


def covers(product: Product, listing: Listing) -> list[dict[str, Any]]:
    """Its pictures, not in order."""
    covers = [
        {"url": image_url("product-cover", product.index, f"{product.id}_{n}.{listing.picture_kind}"), "index": n}
        for n in range(listing.pictures)
    ]
    return sorted(covers, key=lambda cover: choice(f"cover {cover['index']}", product.id, 100))


def real_price(product: Product, cents: int) -> dict[str, str]:
    """A price in local currency, with few keys or many."""
    market = product.market
    signed = not has("unsigned price", product.id)
    block = {
        "price_str": market.price_label(cents, signed=signed),
        "price_val": market.money(cents),
        "currency": market.currency,
    }
    if not has("full price block", product.id):
        return block
    return block | {
        "currency_name": market.currency,
        "currency_symbol": market.sign,
        "sale_price_decimal": market.money(cents),
        "sale_price_format": market.price_label(cents, signed=False),
        "symbol_position": "1",
    }


def _sku(product: Product, sku: Sku) -> dict[str, Any]:
    return {
        "sku_id": sku.id,
        "sale_prop_value_ids": "_".join(sku.choices),
        "real_price": real_price(product, sku.price),
    }


def _option(option: Option, id_key: str, name_key: str) -> dict[str, Any]:
    return {
        "prop_name": option.name,
        "has_image": "true" if option.pictured else "false",
        "prop_id": option.id,
        "sale_prop_values": [_value(value, id_key, name_key) for value in option.choices],
    }


def _value(value: Choice, id_key: str, name_key: str) -> dict[str, str]:
    return {"image": value.image, id_key: value.id, name_key: value.name}


def _blocks(product: Product, listing: Listing, *, raw: bool) -> list[dict[str, Any]]:
    first, *others = listing.paragraphs
    blocks: list[dict[str, Any]] = [
        {"type": "text", "text": first.replace(". ", f".{RAW_CONTROL}", 1) if raw else first},
        {"type": "ul", "content": list(listing.features)},
        *({"type": "text", "text": other} for other in others),
        {"type": "image", "image": _picture(listing)},
    ]
    return [*blocks, {"type": "text", "text": "", "sub": ["Details"]}] if has("sub block", product.id) else blocks


def _picture(listing: Listing) -> dict[str, Any]:
    uri = f"tos-maliva-i-o3syd03w52-us/{listing.hash}"
    url = f"{CDN}/{listing.hash}~tplv-o3syd03w52-resize-jpeg:800:800.jpeg?from=1826719393"
    return {"height": 800, "width": 800, "uri": uri, "url_list": [url, url.replace("p16-", "p19-")]}


def _discount(product: Product, listing: Listing) -> str | None:
    """Null, "", "-", "-43%" or "48%"."""
    if listing.off_percent is None:
        return (None, "", "-")[choice("discount", product.id, 3)]
    return f"-{listing.off_percent}%" if choice("discount", product.id, 3) else f"{listing.off_percent}%"


def _skus(product: Product, listing: Listing) -> str:
    if has("no skus", product.id):
        return ("", "[]")[choice("skus", product.id, 2)]
    return text([_sku(product, sku) for sku in listing.skus])
