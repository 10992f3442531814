"""What a shopper sees of a product: title, pictures, options, SKUs with prices, description."""

from dataclasses import dataclass

from sandbox.world.draw import Draw
from sandbox.world.ids import Ids
from sandbox.world.product import Product
from sandbox.world.seller import Seller
from sandbox.world.words import LANGUAGES, OPTIONS

SKUS = 8  # indices set aside for the SKUs of one product
FEATURES = ("Durable material", "Easy to clean", "Lightweight design", "Safe for daily use", "Great as a gift")
CDN = "https://p16-oec-va.ibyteimg.com/tos-maliva-i-o3syd03w52-us"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option."""

    id: str
    name: str
    image: str


@dataclass(frozen=True, slots=True)
class Option:
    """What the SKUs differ by."""

    id: str
    name: str
    pictured: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Sku:
    """One variant; price in cents, `choices` the ids of its values, `label` their names."""

    id: str
    choices: tuple[str, ...]
    label: str
    price: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The shop page of one product.

    pictures       how many; `picture_kind` the file ending
    off_percent    what the label says was cut, None for no label
    shipping       cents, 0 where shipping is free
    """

    title: str
    pictures: int
    picture_kind: str
    options: tuple[Option, ...]
    skus: tuple[Sku, ...]
    paragraphs: tuple[str, ...]
    features: tuple[str, ...]
    hash: str
    off_percent: int | None
    shipping: int


def title_of(key: bytes, product: Product, seller: Seller) -> str:
    draw = Draw(key, f"title {product.index}")
    language = LANGUAGES[product.market.language]
    noun = product.categories[2].name
    return f"{seller.brand_name} {draw.pick(language.praise)} {noun} {draw.pick(language.extras)}"


def make_listing(key: bytes, product: Product, seller: Seller, sku_ids: Ids) -> Listing:
    draw = Draw(key, f"listing {product.index}")
    title = title_of(key, product, seller)
    options = _options(draw, product)
    return Listing(
        title=title,
        pictures=draw.between(1, 9),
        picture_kind=draw.pick(("jpeg", "webp")),
        options=options,
        skus=_skus(product, options, sku_ids),
        paragraphs=(
            f"{title}. {draw.pick(FEATURES)}.",
            f"Meet the {product.categories[2].name.lower()} that {draw.pick(('everyone', 'your home', 'your day'))} "
            f"was waiting for: made by {seller.brand_name}, checked twice & shipped within {draw.between(1, 4)} days.",
        ),
        features=tuple(FEATURES[: draw.between(1, len(FEATURES))]),
        hash=f"{draw.number():08x}{draw.number():08x}{draw.number():08x}{draw.number():08x}",
        off_percent=draw.between(5, 70) if draw.chance(60) else None,
        shipping=0 if product.free_shipping else draw.between(99, 999),
    )


def _options(draw: Draw, product: Product) -> tuple[Option, ...]:
    name = product.categories[0].option
    values = OPTIONS[name][: draw.pick((1, 2, 3, 3, 4, 5))]
    base = 6_900_000_000_000_000_000 + product.index * 1000
    choices = tuple(
        Choice(str(base + place), value, f"{CDN}/{draw.number():08x}{draw.number():08x}~tplv-resize-jpeg:800:800.jpeg")
        for place, value in enumerate(values)
    )
    options = [Option("100000", name, pictured=True, choices=choices)]
    if draw.chance(35):
        options.append(Option("100089", "Specification", False, (Choice(str(base + 100), "Standard", ""),)))
    return tuple(options)


def _skus(product: Product, options: tuple[Option, ...], sku_ids: Ids) -> tuple[Sku, ...]:
    """Prices lie evenly around the product's, so that their mean is the product's own."""
    first, *others = options
    count = len(first.choices)
    skus = []
    for place, choice in enumerate(first.choices):
        chosen = (choice, *(option.choices[0] for option in others))
        skus.append(
            Sku(
                id=sku_ids.encode(product.index * SKUS + place),
                choices=tuple(value.id for value in chosen),
                label=", ".join(value.name for value in chosen),
                price=product.price + (2 * place - count + 1) * product.price_spread // 2,
            )
        )
    return tuple(skus)
