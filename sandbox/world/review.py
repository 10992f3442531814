"""Reviews of a product that were collected, newest first."""

from dataclasses import dataclass

from sandbox.world.draw import Draw
from sandbox.world.product import Product, came
from sandbox.world.words import LANGUAGES

MOST = 64  # indices set aside for the reviews of one product
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    stars         1..5, most near the product's rating
    day, second   as of videos
    variant       which of the product's SKUs was bought; a number to be taken modulo how many there are
    """

    index: int
    id: str
    stars: int
    text: str
    day: int
    second: int
    variant: int


def make_review(key: bytes, product: Product, turn: int, review_id: str, count: int) -> Review:
    """One of so many; turn 0 was first."""
    draw = Draw(key, f"review {product.index} {turn}")
    language = LANGUAGES[product.market.language]
    stars = 5 if draw.below(50) < product.rating_tenths - 8 else draw.between(1, 4)
    return Review(
        index=product.index * MOST + turn,
        id=review_id,
        stars=stars,
        text=draw.pick(language.good if stars > 3 else language.fair),
        day=came(turn, count, product.age),
        second=draw.below(DAY_SECONDS),
        variant=draw.below(1 << 16),
    )
