"""Review rows of a product, v3 only."""

from collections.abc import Callable
from typing import Any

from sandbox.echotik.moment import unix_seconds
from sandbox.echotik.order import list_reply
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.listing import Listing
from sandbox.world.product import Product
from sandbox.world.review import Review

MOST_STARS = 5


def reviews_of_product(question: Question) -> Reply:
    """Those collected, newest first. Filter: a range of stars."""
    world, arguments = question.world, question.arguments
    low, high = arguments.integer("min_rating"), arguments.integer("max_rating", MOST_STARS)

    def answer(product: Product) -> tuple[list[Review], Callable[[Review], dict[str, Any]]]:
        listing = world.listing_of(product)
        reviews = [review for review in world.reviews_of(product) if low <= review.stars <= high]
        return reviews, lambda review: _row(world, product, listing, review)

    return list_reply(question, "product/comment", answer)


def _row(world: World, product: Product, listing: Listing, review: Review) -> dict[str, Any]:
    sku = listing.skus[review.variant % len(listing.skus)]
    return {
        "review_id": review.id,
        "display_text": review.text,
        "rating": review.stars,
        "review_timestamp": unix_seconds(world, review.day, review.second) * 1000,
        "product_id": product.id,
        "sku_id": sku.id,
        "sku_specification": sku.label,
    }
