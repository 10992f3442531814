"""Columns of EchoTik that hold structures: descriptions, SKUs, options, specifications, hashtags.

Real JSON in v2, JSON text in v3; empty, blank or broken text is none.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from entities.influencer import Bucket
from entities.product import ImageBlock, ListBlock, Option, OptionValue, Sku, Specification, TextBlock
from entities.record import Image
from upstream import decode

TAG = re.compile(r"<[^<>]*>")
RANKED = re.compile(r"(?P<path>[0-9]{1,20}(?:-[0-9]{1,20}){0,2})(?::(?P<rank>[0-9]{1,9}))?\Z")

Block = TextBlock | ListBlock | ImageBlock


def cover(value: Any) -> Image | None:
    """The first picture in display order."""
    found = decode.pictures(value)
    return found[0] if found else None


def description(value: Any) -> list[Block] | None:
    """Blocks of text, list and picture, in order; blocks of other kinds are left out."""
    blocks = decode.objects(value)
    return None if blocks is None else [block for entry in blocks if (block := _block(entry)) is not None]


def options(value: Any) -> list[Option] | None:
    """The choices that make a SKU; one without an id or a name is left out."""
    found = decode.objects(value)
    return None if found is None else [option for entry in found if (option := _option(entry)) is not None]


def skus(value: Any, sale_props: Any) -> list[Sku] | None:
    """The variants, each with its option values; values that no option names have their id alone."""
    found = decode.objects(value)
    if found is None:
        return None
    values = {choice.id: choice for option in options(sale_props) or () for choice in option.values}
    return [sku for entry in found if (sku := _sku(entry, values)) is not None]


def specifications(value: Any) -> list[Specification] | None:
    """A table whose inner shape no document tells: names and values where they are found, else the text as value."""
    parsed = decode.json_text(value)
    if type(parsed) is list:
        return [found for entry in parsed if (found := _specification(entry)) is not None]
    opaque = decode.text(value)
    return None if opaque is None else [Specification(value=opaque)]


def rating(value: Any, review_count: Any) -> float | None:
    """Stars; 0 without a review is "not rated"."""
    stars = decode.number(value)
    return None if not stars and not decode.count(review_count) else stars


def hashtags(column: Any, caption: Any) -> list[str] | None:
    """The column where it is told, else the words after # in the caption."""
    return decode.hashtags(column) or decode.hashtags(caption)


def categories_sold(value: Any) -> list[str] | None:
    """The ids of a list of {category_id, category_name}, most first."""
    found = decode.objects(value)
    keys = [decode.key(entry.get("category_id")) for entry in found] if found is not None else None
    return None if keys is None else [key for key in keys if key is not None]


def first_category(value: Any) -> str | None:
    """The first of such a list."""
    return next(iter(categories_sold(value) or ()), None)


def categories_ranked(value: Any) -> list[str] | None:
    """The narrowest category of each "l1-l2-l3:rank" item, best rank first; no JSON."""
    if decode.text(value) is None:
        return None
    found = [RANKED.match(item.strip()) for item in value.split(",")]
    ranked = sorted((int(match["rank"] or 0), match["path"]) for match in found if match is not None)
    keys = (narrowest(*reversed(path.split("-"))) for _, path in ranked)
    return list(dict.fromkeys(key for key in keys if key is not None))


def narrowest(*levels: Any) -> str | None:
    """The first id of a category that is told, narrowest first."""
    return first_key(*levels)


def buckets(value: Any) -> list[Bucket] | None:
    """A JSON object of counts by key, in the order told; keys that may be missing are."""
    parsed = decode.json_text(value)
    if type(parsed) is not dict:
        return None
    return [Bucket(name, found) for name, entry in parsed.items() if (found := decode.count(entry)) is not None]


def bare_keys(value: Any) -> list[str] | None:
    """Ids as bare numbers inside JSON text, each once; their digits stay exact."""
    parsed = decode.json_text(value)
    if type(parsed) is not list:
        return None
    return list(dict.fromkeys(key for entry in parsed if (key := decode.key(entry)) is not None))


def spoken(vtt: Any) -> str | None:
    """The words of WebVTT text, a line for each cue: without times, numbers, marks and notes."""
    if decode.text(vtt) is None:
        return None
    cues: list[list[str]] = []
    inside = False
    for line in vtt.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if "-->" in line:
            cues.append([])
        elif inside and line.strip():
            cues[-1].append(line)
        inside = "-->" in line or (inside and bool(line.strip()))
    said = (html.unescape(TAG.sub("", " ".join(cue))).strip() for cue in cues)
    return "\n".join(filter(None, said))


def first_url(*addresses: Any) -> str | None:
    """The first that is an address."""
    return next((url for address in addresses if (url := decode.url(address)) is not None), None)


def first_key(*keys: Any) -> str | None:
    """The first that is an id."""
    return next((found for value in keys if (found := decode.key(value)) is not None), None)


def realtime_pictures(value: Any) -> list[Image] | None:
    """One bare address despite the plural, or a list."""
    plain = decode.image(value)
    return [plain] if plain is not None else decode.pictures(value)


def seller_key(value: Any) -> str | None:
    """The shop's id out of a seller object of unpublished shape."""
    if type(value) is not dict:
        return None
    return decode.key(value.get("seller_id")) or decode.key(value.get("id"))


def original_price(value: Any) -> Any:
    """The price before the discount, out of a price block that has one beside the currency."""
    if type(value) is not dict:
        return None
    amounts = ("original_price_decimal", "original_price", "origin_price_decimal", "origin_price")
    amount = next((value[name] for name in amounts if decode.decimal(value.get(name)) is not None), None)
    block = {"price_val": amount, **{name: value.get(name) for name in ("currency_name", "currency")}}
    return decode.money(block)


def _block(entry: dict[str, Any]) -> Block | None:
    kind = entry.get("type")
    if kind == "text" and type(entry.get("text")) is str:
        return TextBlock(entry["text"])
    if kind == "ul" and type(entry.get("content")) is list:
        return ListBlock([item for item in entry["content"] if type(item) is str])
    if kind == "image" and type(entry.get("image")) is dict:
        return _picture(entry["image"])
    return None


def _picture(image: dict[str, Any]) -> ImageBlock:
    listed = image.get("url_list")
    urls = [url for entry in listed if (url := decode.url(entry)) is not None] if type(listed) is list else None
    width, height = decode.small(image.get("width")), decode.small(image.get("height"))
    return ImageBlock(urls[0] if urls else None, urls, width, height)


def _option(entry: dict[str, Any]) -> Option | None:
    key, name = decode.key(entry.get("prop_id")), decode.text(entry.get("prop_name"))
    if key is None or name is None:
        return None
    values = entry.get("sale_prop_values")
    choices = [_value(choice) for choice in values if type(choice) is dict] if type(values) is list else []
    has_images = decode.flag(entry.get("has_image")) or False
    return Option(key, name, has_images, [choice for choice in choices if choice])


def _value(entry: dict[str, Any]) -> OptionValue | None:
    key = decode.key(entry.get("prop_value_id")) or decode.key(entry.get("property_value_id"))
    if key is None:
        return None
    label = decode.text(entry.get("prop_value")) or decode.text(entry.get("property_value_name"))
    return OptionValue(key, label, decode.url(entry.get("image")))


def _sku(entry: dict[str, Any], values: dict[str, OptionValue]) -> Sku | None:
    key = decode.key(entry.get("sku_id"))
    if key is None:
        return None
    chosen = [values.get(choice) or OptionValue(choice) for choice in _value_keys(entry.get("sale_prop_value_ids"))]
    return Sku(key, decode.money(entry.get("real_price")), chosen)


def _value_keys(joined: Any) -> Iterable[str]:
    if type(joined) is not str:
        return []
    return [key for part in joined.split("_") if (key := decode.key(part)) is not None]


def _specification(entry: Any) -> Specification | None:
    if type(entry) is str:
        return Specification(value=entry) if decode.text(entry) else None
    if type(entry) is not dict:
        return None
    value = decode.text(entry.get("value"))
    if value is None:
        opaque = _json(entry)
        return None if opaque is None else Specification(value=opaque)
    return Specification(decode.text(entry.get("name")), value)


def _json(value: Any) -> str | None:
    """A structure that cannot be taken apart, as text."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError):
        return None
