"""Names that hold what is typed, of one kind: most popular first, by revenue, followers or views."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from sandbox.echotik.product import gmv_added
from sandbox.echotik.video import caption
from sandbox.parameter import Refused
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.winninghunter.category import own_id, revenue
from sandbox.winninghunter.envelope import suggestions_reply
from sandbox.winninghunter.identity import creator_id, shop_id, video_id
from sandbox.winninghunter.period import DEFAULT
from sandbox.world.category import CATEGORIES
from sandbox.world.market import REGIONS
from sandbox.world.media import Video
from sandbox.world.product import Product

LEAST, MOST = 1, 20
SHOWN_BY = 30  # best selling products whose videos are found


class Hit(NamedTuple):
    """One thing under one of its names; `popular` is what it is ranked by."""

    popular: int
    name: str
    find_id: Callable[[], str]


def suggestions(question: Question) -> Reply:
    arguments = question.arguments
    find = KINDS.get(arguments.text("type"))
    if not find:
        raise Refused("Invalid entity type", fault="bad_request")
    if _region(question) not in REGIONS:
        return suggestions_reply([])
    typed = str(arguments.get("q") or "").casefold()
    hits = sorted(find(question, typed) if typed else (), key=lambda hit: (-hit.popular, hit.name))
    wanted = hits[: min(max(arguments.integer("limit"), LEAST), MOST)]
    return suggestions_reply([{"id": hit.find_id(), "name": hit.name} for hit in wanted])


def _shops(question: Question, typed: str) -> Iterable[Hit]:
    world = question.world
    for seller in world.sellers_in(_region(question)):
        if typed in seller.name.casefold():
            shop = world.shop_of(seller)
            yield Hit(shop.gmv() - shop.gmv(DEFAULT + 1), seller.name, partial(shop_id, question, seller))


def _products(question: Question, typed: str) -> Iterable[Hit]:
    titles = _titles(question)
    for product in question.world.products_in(_region(question)):
        if typed in titles[product.index].casefold():
            popular = gmv_added(product, Product.units, DEFAULT)
            yield Hit(popular, titles[product.index], partial(str, product.id))


def _creators(question: Question, typed: str) -> Iterable[Hit]:
    """Under the display name, or the user name where only that holds what is typed."""
    for user in question.world.influencers_in(_region(question)):
        name = next((name for name in (user.nick_name, user.handle) if typed in name.casefold()), None)
        if name:
            yield Hit(user.followers, name, partial(creator_id, question, user))


def _videos(question: Question, typed: str) -> Iterable[Hit]:
    """Of the products that are found by their titles."""
    world = question.world
    found = sorted(_products(question, typed), key=lambda hit: -hit.popular)[:SHOWN_BY]
    products = filter(None, (world.product(hit.find_id()) for hit in found))
    videos = {video.id: video for product in products for video in world.videos_of_product(product)}
    for video in videos.values():
        if typed in caption(world, video).casefold():
            yield _video_hit(question, video)


def _video_hit(question: Question, video: Video) -> Hit:
    return Hit(video.views(), caption(question.world, video), partial(video_id, question, video))


def _categories(question: Question, typed: str) -> Iterable[Hit]:
    sold = revenue(question, _region(question))
    for category in CATEGORIES.values():
        if typed in category.name.casefold():
            yield Hit(sold[category.id], category.name, partial(own_id, category))


def _titles(question: Question) -> dict[int, str]:
    """Of all products of a market, by index."""
    world, region = question.world, _region(question)
    return question.lists.get(
        ("titles", region), lambda: {made.index: world.title_of(made) for made in world.products_in(region)}
    )


def _region(question: Question) -> str:
    return question.arguments.text("country")


KINDS: dict[str, Callable[[Question, str], Iterable[Hit]]] = {
    "categories": _categories,
    "shops": _shops,
    "creators": _creators,
    "products": _products,
    "videos": _videos,
}
