"""Search by words: influencers, products, sellers, videos or lives, one page of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from sandbox.echotik.catalog import COLUMNS
from sandbox.echotik.columns import Item
from sandbox.echotik.influencer import avatar, told_handle
from sandbox.echotik.live_row import live_row
from sandbox.echotik.order import kept_rows, listed
from sandbox.echotik.page import covers, dollars
from sandbox.echotik.product import added, category_ids, gmv_added
from sandbox.echotik.seller import logo, named
from sandbox.echotik.video_row import base_row
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.market import REGIONS
from sandbox.world.media import Live, Video
from sandbox.world.product import Product
from sandbox.world.seller import Seller

EXACT = 1
RELEVANCE, BY_WEEK = 0, 2
SORTS = {
    1: "spu_avg_price",
    2: "total_sale_7d_cnt",
    3: "total_sale_gmv_7d_amt",
    4: "total_sale_cnt",
    5: "total_sale_gmv_amt",
    6: "total_ifl_cnt",
    7: "total_video_cnt",
}
LEVELS = (10_000, 100_000, 500_000, 1_000_000)  # followers from which an account is of the next size class
SHOWN_BY = 30  # best matching products whose videos and lives are found
Media = TypeVar("Media", Video, Live)


@dataclass(frozen=True, slots=True)
class Index(Generic[Item]):
    """One kind of thing by its words.

    all_in   all of a region; `at` one by its index; `words` what each is found by; `weight` which come first
    """

    name: str
    all_in: Callable[[World, str], list[Item]]
    at: Callable[[World, int], Item]
    words: Callable[[World, Item], str]
    weight: Callable[[World, Item], float]

    def found(self, question: Question, weight: Callable[[Item, int], float] | None = None) -> list[Item]:
        """All that the words asked for find: two of them or more, or, for an exact search, all of them.

        weight   another one, also of how many words were found
        """
        world, asked = question.world, question.arguments.text("sk").casefold().split()
        enough = len(asked) if question.arguments.integer("searchType") == EXACT else min(2, len(asked))
        hits = [
            (self.at(world, index), count)
            for index, words in self._all(question)
            if (count := sum(word in words for word in asked)) >= enough
        ]
        weighed = [
            (-(weight(item, count) if weight else self.weight(world, item)), item.id, item) for item, count in hits
        ]
        return [item for _, _, item in sorted(weighed, key=lambda hit: hit[:2])]

    def _all(self, question: Question) -> Iterator[tuple[int, str]]:
        region = question.arguments.get("region")
        for each in (str(region),) if region else REGIONS:
            yield from question.lists.get(("words", self.name, each), partial(self._words, question, each))

    def _words(self, question: Question, region: str) -> list[tuple[int, str]]:
        world = question.world
        return [(item.index, self.words(world, item).casefold()) for item in self.all_in(world, region)]


INFLUENCERS: Index[Influencer] = Index(
    "influencer",
    World.influencers_in,
    lambda world, index: world.influencer_at(index),
    lambda _, user: f"{user.nick_name} {told_handle(user) or ''}",
    lambda _, user: user.followers,
)
PRODUCTS: Index[Product] = Index(
    "product",
    World.products_in,
    lambda world, index: world.product_at(index),
    World.title_of,
    lambda _, product: added(product, Product.units, 7),
)
SELLERS: Index[Seller] = Index(
    "seller",
    World.sellers_in,
    lambda world, index: world.seller_at(index),
    lambda _, seller: seller.name,
    lambda world, seller: world.shop_of(seller).units(),
)


def search_items(question: Question) -> Reply:
    """One page of the type asked for."""
    return SEARCHES[question.arguments.integer("type")](question)


def _influencers(question: Question) -> Reply:
    """Most followers first."""
    return _reply(question, lambda: INFLUENCERS.found(question), _influencer_row)


def _products(question: Question) -> Reply:
    """By the sort asked for, most first."""
    world, sort = question.world, question.arguments.integer("sortType", BY_WEEK)
    column = COLUMNS[SORTS.get(sort, SORTS[BY_WEEK])]

    def weight(product: Product, count: int) -> float:
        return count if sort == RELEVANCE else float(column(world, product))

    return _reply(question, lambda: PRODUCTS.found(question, weight), _product_row)


def _sellers(question: Question) -> Reply:
    """Most units first."""
    return _reply(question, lambda: SELLERS.found(question), _seller_row)


def _videos(question: Question) -> Reply:
    """Those that show a product found by the words before any other; most views first."""
    return _reply(
        question, lambda: _shown_first(question, World.videos_of_product, lambda video: video.views()), base_row
    )


def _lives(question: Question) -> Reply:
    """The same of lives."""
    return _reply(question, lambda: _shown_first(question, World.lives_of_product, lambda live: live.views), live_row)


SEARCHES = {1: _influencers, 2: _products, 3: _sellers, 4: _videos, 5: _lives}


def _reply(question: Question, find: Callable[[], list[Item]], row: Callable[[World, Item], dict[str, Any]]) -> Reply:
    size, kind = question.arguments.integer("size"), question.arguments.integer("type")
    found = listed(question, "search/items", lambda: find()[:size])
    return kept_rows(question, ("search/items", kind), found, lambda item: row(question.world, item), message=b"ok")


def _shown_first(
    question: Question, find: Callable[[World, Product], list[Media]], views: Callable[[Media], int]
) -> list[Media]:
    """What shows a product that the words find before any other; most views first."""
    products = PRODUCTS.found(question)[:SHOWN_BY]
    shown = (media for product in products for media in find(question.world, product))
    wanted = {product.index for product in products}
    first = [media for media in shown if media.products[0] in wanted]
    return sorted({media.id: media for media in first}.values(), key=lambda media: (-views(media), media.id))


def _influencer_row(world: World, user: Influencer) -> dict[str, Any]:
    career = world.career_of(user)
    return {
        "user_id": user.id,
        "unique_id": told_handle(user),
        "nick_name": user.nick_name,
        "avatar": avatar(user),
        "region": user.region,
        "category": user.category,
        "contact_email": user.email,
        "influencer_level": str(1 + sum(user.followers >= least for least in LEVELS)),
        "highlight": None,
        "total_followers_cnt": career.followers(),
        "total_views_cnt": career.views(),
        "total_digg_cnt": career.likes(),
        "total_sale_cnt": career.units(),
        "total_product_cnt": career.products(),
        "total_post_video_cnt": career.posts(),
        "total_live_cnt": career.lives(),
        "total_live_views_cnt": career.live_views(),
        "total_sale_gmv_amt": dollars(career.gmv()),
    }


def _product_row(world: World, product: Product) -> dict[str, Any]:
    """The pictures are not JSON here."""
    pictures = [
        f"{{index={cover['index']}, url={cover['url']}}}" for cover in covers(product, world.listing_of(product))
    ]
    return {
        "product_id": product.id,
        "product_name": world.title_of(product),
        "cover_url": f"[{', '.join(pictures)}]",
        "category_id": category_ids(product)[0],
        "spu_avg_price": dollars(product.price),
        "total_sale_cnt": product.units(),
        "total_sale_7d_cnt": added(product, Product.units, 7),
        "total_sale_gmv_amt": dollars(product.gmv()),
        "total_sale_gmv_7d_amt": dollars(gmv_added(product, Product.units, 7)),
        "total_ifl_cnt": product.reach,
        "total_video_cnt": product.videos,
    }


def _seller_row(world: World, seller: Seller) -> dict[str, Any]:
    shop = world.shop_of(seller)
    return {
        "seller_id": seller.id,
        "seller_name": seller.name,
        "region": seller.region,
        "cover_url": logo(seller),
        "rating": f"{seller.rating_tenths / 10:.2f}",
        "most_product_category_list": named(shop.category_path[0]),
        "total_product_cnt": shop.listed(),
        "total_sale_cnt": shop.units(),
        "total_ifl_cnt": shop.influencers(),
        "total_video_cnt": shop.videos(),
        "total_live_cnt": shop.lives(),
        "total_sale_gmv_amt": dollars(shop.gmv()),
    }
