"""Categories as Winning Hunter knows them: the tree everybody knows, under ids of its own."""

from functools import cache

from sandbox.echotik.product import gmv_added
from sandbox.route import Question
from sandbox.winninghunter.period import DEFAULT
from sandbox.world.category import CATEGORIES, Category
from sandbox.world.product import Product


def own_id(category: Category) -> str:
    """By its place in the tree: "cat_37" is none of TikTok's."""
    return f"cat_{_places()[category.id]}"


def ids_of(product: Product) -> set[str]:
    """Of each level."""
    return {own_id(category) for category in product.categories}


def revenue(question: Question, region: str) -> dict[str, int]:
    """Cents that the last 30 days brought in a market, by the id everybody knows; kept for the day."""
    return question.lists.get(
        ("revenue of categories", region, question.world.today), lambda: _revenue(question.world.products_in(region))
    )


def _revenue(products: list[Product]) -> dict[str, int]:
    found = dict.fromkeys(CATEGORIES, 0)
    for product in products:
        for category in product.categories:
            found[category.id] += gmv_added(product, Product.units, DEFAULT)
    return found


@cache
def _places() -> dict[str, int]:
    return {category_id: place for place, category_id in enumerate(CATEGORIES, 1)}
