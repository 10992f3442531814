"""Kinds of facts that are structures: pictures, descriptions, variants, lists of categories, captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from entities.influencer import Bucket
from entities.product import ImageBlock, ListBlock, Option, OptionValue, Sku, Specification, TextBlock
from entities.record import Image, Money
from tests.upstream.round_trip.cell import NOTHING, Cell, Wire
from tests.upstream.round_trip.kind import (
    ADDRESSES,
    COUNT,
    KEYS,
    WORDS,
    Kind,
    Write,
)
from tests.upstream.round_trip.pen import Draw, Pen

EMPTY = ("", " ")
BROKEN = ("[{", '[{"a": ', "nothing")


def few(values: st.SearchStrategy[Any], most: int = 3, **more: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=most, **more)


def structure(
    values: st.SearchStrategy[Any], write: Write, facts: Callable[[Any], tuple[Any, ...]] | None = None
) -> Kind:
    """A column of JSON, real or in text; what is empty or broken tells nothing."""
    return Kind(values, lambda value, pen: pen.json(write(value, pen)), EMPTY, BROKEN, facts)


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────

PLACED = st.dictionaries(st.integers(0, 9), ADDRESSES, max_size=4).map(
    lambda placed: [Image(placed[index], index) for index in sorted(placed)]
)


def cover_of(images: list[Image] | None) -> tuple[Any, ...]:
    """The pictures, and the first of them."""
    return images, images[0] if images else None


def in_json(images: list[Image], pen: Pen) -> Any:
    """Pictures in any order, with their indexes; a single one may stand as its address alone."""
    if pen.odd and len(images) == 1 and images[0].index == 0 and pen.coin():
        return images[0].url
    indexes: Callable[[Any], Any] = str if pen.odd and pen.coin() else int
    return pen.json([{"url": image.url, "index": indexes(image.index)} for image in pen.shuffled(images)])


def torn(images: list[Image], pen: Pen) -> Any:
    """No JSON at all, as search tells it."""
    if not images:
        return "[]"
    return f"[{', '.join(f'{{index={image.index}, url={image.url}}}' for image in pen.shuffled(images))}]"


IMAGES = Kind(PLACED, in_json, EMPTY, BROKEN, cover_of)
TORN_IMAGES = Kind(PLACED, lambda images, pen: pen.one((torn, in_json))(images, pen), EMPTY, BROKEN, cover_of)

# ── descriptions ──────────────────────────────────────────────────────────────────────────────────────────────────


def picture(urls: list[str], width: int, height: int) -> ImageBlock:
    """The same picture at several hosts."""
    return ImageBlock(urls[0] if urls else None, urls, width, height)


SIDE = st.integers(1, 4000)
BLOCKS = st.one_of(
    WORDS.map(TextBlock),
    few(WORDS, 2).map(ListBlock),
    st.builds(
        lambda urls, width, height: ImageBlock(urls[0] if urls else None, urls, width, height),
        few(ADDRESSES, 2),
        SIDE,
        SIDE,
    ),
)
ODD_BLOCKS: tuple[Any, ...] = ({"type": "video", "video": {}}, {"type": "text"}, {}, None, "text")


def block(told: TextBlock | ListBlock | ImageBlock, pen: Pen) -> Wire:
    if isinstance(told, TextBlock):
        return {"type": "text", "text": pen.text(told.text), **pen.one(({}, {"sub": [{"text": "more"}]}))}
    if isinstance(told, ListBlock):
        return {"type": "ul", "content": told.items}
    size: Callable[[Any], Any] = str if pen.odd else int
    sides = {"height": size(told.height), "width": size(told.width)}
    return {"type": "image", "image": {**sides, "uri": "tos-useast5-i-x/c06a", "url_list": told.urls}}


def blocks(told: Sequence[Any], pen: Pen) -> list[Any]:
    """Blocks in order, and among them some that no document explains."""
    among = [pen.one(ODD_BLOCKS)] if pen.odd else []
    return among + [block(each, pen) for each in told]


DESCRIPTION = structure(few(BLOCKS), blocks)
SPECIFICATION = structure(
    few(st.builds(Specification, st.none() | WORDS, WORDS), 2),
    lambda told, pen: [
        {"value": each.value} if each.name is None else {"name": each.name, "value": each.value} for each in told
    ],
)._replace(odd=())  # text that is no JSON is the specification itself

# ── variants ──────────────────────────────────────────────────────────────────────────────────────────────────────

AMOUNTS = st.integers(1, 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
CURRENCIES = st.sampled_from(["USD", "GBP", "IDR", "VND"])
PRICES = st.builds(Money, AMOUNTS, CURRENCIES, st.none() | AMOUNTS.map(lambda amount: f"${amount}"))


def price(told: Money | None, pen: Pen) -> Any:
    """A price block of few keys or of many."""
    if told is None:
        return pen.one((None, {}, {"price_val": "", "currency": "USD"}, {"price_val": "1.99"}))
    amount = pen.one((str(told.amount), float(told.amount))) if pen.odd else str(told.amount)
    shown = {} if told.display is None else {pen.one(("price_str", "sale_price_format")): told.display}
    few_keys = {"price_val": amount, "currency": told.currency}
    many = {
        "sale_price_decimal": amount,
        "price_val": "123456.78",
        "currency_name": told.currency,
        "currency": "¤",
        "currency_symbol": "$",
    }
    return {**pen.one((few_keys, many)), **shown}


class Variants(NamedTuple):
    """Options and SKUs, as they are told together."""

    options: list[Option] | None
    skus: list[Sku] | None


@st.composite
def variants(draw: Draw) -> Variants:
    """Options with values of their own; SKUs name a value of each, or one that no option has."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=8, unique=True))
    value_keys, names = keys[:-2], draw(WORDS)
    values = [OptionValue(key, draw(st.none() | WORDS), draw(st.none() | ADDRESSES)) for key in value_keys]
    half = len(values) // 2
    options = [
        Option(key, names, draw(st.booleans()), told)
        for key, told in zip(keys[-2:], (values[:half], values[half:]), strict=False)
    ]
    told = draw(st.sampled_from((options, options, options[:1], [], None)))
    known = {value.id: value for option in told or () for value in option.values}
    chosen = draw(few(st.sampled_from(value_keys), 2, unique=True)) if value_keys else []
    sku = Sku(draw(KEYS), draw(st.none() | PRICES), [known.get(key, OptionValue(key)) for key in chosen])
    return Variants(told, draw(st.sampled_from(([sku], [sku], [], None))))


def option(told: Option, pen: Pen) -> Wire:
    flag = str(told.has_images).lower()
    return {
        "prop_id": told.id,
        "prop_name": told.name,
        "has_image": pen.one((flag, told.has_images)) if pen.odd else flag,
        "sale_prop_values": [option_value(value, pen) for value in told.values],
    }


def option_value(told: OptionValue, pen: Pen) -> Wire:
    """Two spellings of the same keys."""
    key, label = pen.one((("prop_value_id", "prop_value"), ("property_value_id", "property_value_name")))
    return {key: told.id, label: told.value or "", "image": told.image or pen.one(("", None))}


def sku(told: Sku, pen: Pen) -> Wire:
    ids = "_".join(value.id for value in told.options)
    return {"sku_id": told.id, "sale_prop_value_ids": ids, "real_price": price(told.price, pen)}


def structure_or_nothing(told: list[Any] | None, write: Write, pen: Pen) -> Any:
    if told is None:
        return pen.one((*NOTHING, *EMPTY, *(BROKEN if pen.odd else ())))
    return pen.json([write(each, pen) for each in told])


def write_variants(told: Variants | None, pen: Pen) -> Wire:
    options, skus = told or (None, None)
    return {
        "sale_props": structure_or_nothing(options, option, pen),
        "skus": structure_or_nothing(skus, sku, pen),
    }


VARIANTS = Cell(
    ("options", "skus"), ("sale_props", "skus"), variants(), lambda told: told or (None, None), write_variants
)

# ── lists of ids and counts ───────────────────────────────────────────────────────────────────────────────────────


def named(keys: Sequence[str]) -> list[Wire]:
    return [{"category_name": "Toys & Hobbies", "category_id": key} for key in keys]


SOLD = structure(few(KEYS, unique=True), lambda keys, pen: named(keys))
MOST_SOLD = structure(KEYS, lambda key, pen: named([key, *pen.one(((), ("601450",)))]))
BARE_KEYS = Kind(few(KEYS, unique=True), lambda keys, pen: f"[{pen.one((',', ', ')).join(keys)}]", EMPTY, BROKEN)
BUCKETS = structure(
    st.dictionaries(st.sampled_from(["15s", "15s-30s", "2m", "00", "7"]), st.integers(0, 10**6), max_size=4).map(
        lambda counts: [Bucket(key, count) for key, count in counts.items()]
    ),
    lambda told, pen: {bucket.key: str(bucket.count) if pen.odd else bucket.count for bucket in told},
)


def ranked(keys: Sequence[str], pen: Pen) -> str:
    """No JSON: levels joined by dashes, the rank behind a colon; a level that is not told is 0 or lacks."""
    paths = [pen.one((f"1-2-{key}", f"1-{key}-0", f"{key}-0-0", key)) for key in keys]
    items = pen.shuffled([f"{path}:{rank}" for rank, path in enumerate(paths, 1)])
    return pen.one((",", ", ")).join(items) if pen.odd else ",".join(items)


RANKED = Kind(st.lists(KEYS, min_size=1, max_size=4, unique=True), ranked, EMPTY)

# ── several columns at once ───────────────────────────────────────────────────────────────────────────────────────


class Rating(NamedTuple):
    """Stars and how many gave them; 0 of nobody is none."""

    stars: float | None
    reviews: int | None


def rated(tenths: int | None, reviews: int | None) -> Rating:
    return Rating(None if tenths is None or (tenths == 0 and not reviews) else tenths / 10, reviews)


def write_rating(told: Rating | None, pen: Pen) -> Wire:
    stars, reviews = told or (None, None)
    unrated = (*NOTHING, 0, 0.0) if reviews == 0 else NOTHING
    score = pen.one(unrated) if stars is None else pen.one((stars, str(stars)) if pen.odd else (stars,))
    return {
        "product_rating": score,
        "review_count": pen.one(NOTHING) if reviews is None else COUNT.write(reviews, pen),
    }


RATING = Cell(
    ("rating", "review_count"),
    ("product_rating", "review_count"),
    st.builds(rated, st.sampled_from((None, 0, 1, 47, 50)), st.sampled_from((None, 0, 1, 10**6))),
    lambda told: told or (None, None),
    write_rating,
)


class Caption(NamedTuple):
    """Words of a caption, those after # among them, and the column of hashtags; "" is told too."""

    text: str
    tags: tuple[str, ...]
    column: tuple[str, ...] | None = None


TAGS = st.text("abc喜シ_😀é19", min_size=1, max_size=5)


@st.composite
def captions(draw: Draw) -> Caption:
    told = draw(few(st.tuples(st.sampled_from(("", "#")), TAGS), 4))
    text = " ".join(f"{mark}{word}" for mark, word in told)
    tags = tuple(dict.fromkeys(word for mark, word in told if mark))
    return Caption(text, tags, draw(st.none() | st.lists(TAGS, max_size=3, unique=True).map(tuple)))


def caption_facts(told: Caption | None) -> tuple[Any, ...]:
    return (None, None) if told is None else (told.text or None, list(told.tags))


CAPTION = Kind(captions(), lambda told, pen: pen.text(told.text), facts=caption_facts)


def tagged_facts(told: Caption | None) -> tuple[Any, ...]:
    """The column stands first, where it tells any."""
    return (None, None) if told is None else (told.text or None, list(told.column or told.tags))


def write_tagged(told: Caption | None, pen: Pen) -> Wire:
    if told is None:
        return {"video_desc": pen.one(NOTHING), "hash_tag": pen.one(NOTHING)}
    column = (
        pen.one((*NOTHING, "")) if told.column is None else pen.one(("", " ")).join(f"#{tag} " for tag in told.column)
    )
    return {"video_desc": pen.text(told.text), "hash_tag": column}


def tagged(prefix: str = "") -> Cell:
    names = (f"{prefix}caption", f"{prefix}hashtags")
    return Cell(names, ("video_desc", "hash_tag"), captions(), tagged_facts, write_tagged)
