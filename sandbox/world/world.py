"""The world as a whole: entities by id, and every relation from both of its ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

from sandbox.world.draw import key_of
from sandbox.world.ids import Ids, UserIds
from sandbox.world.influencer import ACCOUNTS, CREATORS, Influencer, handle_index, make_influencer
from sandbox.world.listing import Listing, make_listing, title_of
from sandbox.world.market import CIRCLE_INFLUENCERS, CIRCLE_PRODUCTS, CIRCLE_SELLERS, CIRCLES, MARKETS
from sandbox.world.media import Live, Video
from sandbox.world.pace import curves
from sandbox.world.product import SHELF, YESTERDAY, Product, make_product
from sandbox.world.review import MOST, Review, make_review
from sandbox.world.seller import Seller, make_seller, owner_of
from sandbox.world.shelf import POOL, SHELVES, Shelf, ShelfMaker

PRODUCTS = CIRCLES * CIRCLE_PRODUCTS
SELLERS = CIRCLES * CIRCLE_SELLERS
Entity = TypeVar("Entity", Influencer, Seller, Video, Live)


class Sale(NamedTuple):
    """Units, and what they brought in cents."""

    units: int
    gmv: int

    def plus(self, other: "Sale") -> "Sale":
        return Sale(self.units + other.units, self.gmv + other.gmv)


NOTHING = Sale(0, 0)


@dataclass(frozen=True, slots=True)
class Sales:
    """Who and what sold a product: sales so far by index of video, of live, and of influencer through either."""

    by_video: dict[int, Sale]
    by_live: dict[int, Sale]
    videos_by: dict[int, Sale]
    lives_by: dict[int, Sale]

    def influencer(self, index: int) -> Sale:
        """Through all videos and lives of an influencer."""
        return self.videos_by.get(index, NOTHING).plus(self.lives_by.get(index, NOTHING))


@dataclass(frozen=True, slots=True)
class Career:
    """Lifetime totals of an influencer: what the world shows of one and what it does not."""

    posts: int
    lives: int
    views: int
    likes: int
    live_views: int


class World:
    """Everything there is, computed when asked.

    today   the UTC day of the clock; days are counted back from it and 1, yesterday, is the newest one collected

    Entities come by id (None if there is none) or by index (`…_at`). Relations come as lists of entities, in a fixed
    order: members as they stand, videos and lives oldest first.
    """

    def __init__(self, seed: str = "shopgraph", clock: Callable[[], datetime] | None = None) -> None:
        self.seed = seed
        self.clock = clock or (lambda: datetime.now(UTC))
        self.key = key_of(seed)
        self.curves = curves(self.key)
        self.product_ids = Ids(self.key, "product", "1729", 15)
        self.sku_ids = Ids(self.key, "sku", "1731", 15)
        self.seller_ids = Ids(self.key, "seller", "7495", 15)
        self.video_ids = Ids(self.key, "video", "7", 18)
        self.room_ids = Ids(self.key, "room", "7", 18)
        self.review_ids = Ids(self.key, "review", "7", 18)
        self.user_ids = UserIds(self.key)
        self.product_at = lru_cache(PRODUCTS)(self._product_at)
        self.seller_at = lru_cache(SELLERS)(self._seller_at)
        self.influencer_at = lru_cache(8192)(self._influencer_at)
        self.shelf_at = lru_cache(400)(self._shelf_at)
        self._sales = lru_cache(2048)(self._sales_at)
        self._career = lru_cache(8192)(self._career_at)
        self.shelves = ShelfMaker(self.key, self.seller_of_product, self.video_ids.encode, self.room_ids.encode)

    @property
    def today(self) -> date:
        return self.clock().astimezone(UTC).date()

    def date_of(self, day: int) -> date:
        """The date of a day counted back from today."""
        return self.today - timedelta(days=day)

    def day_of(self, date: date) -> int:
        """The day counted back from today: 0 is today, negative is to come."""
        return (self.today - date).days

    # Entities by id

    def product(self, product_id: str) -> Product | None:
        index = self.product_ids.decode(product_id)
        return self.product_at(index) if index is not None and index < PRODUCTS else None

    def seller(self, seller_id: str) -> Seller | None:
        index = self.seller_ids.decode(seller_id)
        return self.seller_at(index) if index is not None and index < SELLERS else None

    def influencer(self, user_id: str) -> Influencer | None:
        index = self.user_ids.decode(user_id)
        return self.influencer_at(index) if index is not None and index < ACCOUNTS else None

    def influencer_by_handle(self, handle: str) -> Influencer | None:
        """Whose handle it is, with or without @ and in either case."""
        handle = handle.removeprefix("@").lower()
        index = handle_index(handle)
        found = self.influencer_at(index) if index is not None and index < ACCOUNTS else None
        return found if found and found.handle == handle else None

    def video(self, video_id: str) -> Video | None:
        shelf, turn = self._pool_place(self.video_ids.decode(video_id))
        return shelf.videos[turn] if shelf and turn < len(shelf.videos) else None

    def live(self, room_id: str) -> Live | None:
        shelf, turn = self._pool_place(self.room_ids.decode(room_id))
        return shelf.lives[turn] if shelf and turn < len(shelf.lives) else None

    # Products

    def products_in(self, region: str) -> list[Product]:
        market = MARKETS[region]
        first = market.first_circle * CIRCLE_PRODUCTS
        return [self.product_at(index) for index in range(first, first + market.circles * CIRCLE_PRODUCTS)]

    def listing_of(self, product: Product) -> Listing:
        return make_listing(self.key, product, self.seller_of_product(product), self.sku_ids)

    def title_of(self, product: Product) -> str:
        return title_of(self.key, product, self.seller_of_product(product))

    def reviews_of(self, product: Product) -> list[Review]:
        """Those collected, newest first."""
        first = product.index * MOST
        return [
            make_review(self.key, product, turn, self.review_ids.encode(first + turn))
            for turn in reversed(range(product.reviews))
        ]

    # Product and seller, seller and account

    def seller_of_product(self, product: Product) -> Seller:
        return self.seller_at(product.circle * CIRCLE_SELLERS + owner_of(product.circle, product.place))

    def products_of_seller(self, seller: Seller) -> list[Product]:
        return [self.product_at(seller.circle * CIRCLE_PRODUCTS + place) for place in seller.places]

    def account_of_seller(self, seller: Seller) -> Influencer:
        return self.influencer_at(CREATORS + seller.index)

    def seller_of_account(self, influencer: Influencer) -> Seller | None:
        return None if influencer.seller_index is None else self.seller_at(influencer.seller_index)

    # Product and influencer

    def influencers_of_product(self, product: Product) -> list[Influencer]:
        first = product.circle * CIRCLE_INFLUENCERS
        creators = self.shelves.creators(product)
        found = [self.influencer_at(first + (product.place + step) % CIRCLE_INFLUENCERS) for step in range(creators)]
        if creators < product.reach:
            found.append(self.account_of_seller(self.seller_of_product(product)))
        return found

    def products_of_influencer(self, influencer: Influencer) -> list[Product]:
        seller = self.seller_of_account(influencer)
        if seller:
            return [product for product in self.products_of_seller(seller) if product.reach and seller.sells_itself]
        return [product for product in self.products_of_circle(influencer.circle) if self.sells(influencer, product)]

    def sells(self, influencer: Influencer, product: Product) -> bool:
        """Whether an influencer is among those who sell a product."""
        if influencer.place is None:
            seller = self.seller_of_product(product)
            return influencer.seller_index == seller.index and seller.sells_itself and product.reach > 0
        steps = (influencer.place - product.place) % CIRCLE_INFLUENCERS
        return influencer.circle == product.circle and steps < self.shelves.creators(product)

    def products_of_circle(self, circle: int) -> list[Product]:
        first = circle * CIRCLE_PRODUCTS
        return [self.product_at(first + place) for place in range(CIRCLE_PRODUCTS)]

    # Product, video and author; product, live and host

    def videos_of_product(self, product: Product) -> list[Video]:
        return self.shelf_of(product).videos_of.get(product.index, [])

    def products_of_video(self, video: Video) -> list[Product]:
        return [self.product_at(index) for index in video.products]

    def author_of_video(self, video: Video) -> Influencer:
        return self.influencer_at(video.author)

    def videos_of_influencer(self, influencer: Influencer) -> list[Video]:
        return [
            video for shelf in self._shelves_with(influencer) for video in shelf.videos_by.get(influencer.index, [])
        ]

    def lives_of_product(self, product: Product) -> list[Live]:
        return self.shelf_of(product).lives_of.get(product.index, [])

    def products_of_live(self, live: Live) -> list[Product]:
        return [self.product_at(index) for index in live.products]

    def host_of_live(self, live: Live) -> Influencer:
        return self.influencer_at(live.host)

    def lives_of_influencer(self, influencer: Influencer) -> list[Live]:
        return [live for shelf in self._shelves_with(influencer) for live in shelf.lives_by.get(influencer.index, [])]

    # Seller and influencer, video, live

    def influencers_of_seller(self, seller: Seller) -> list[Influencer]:
        return _once(chain.from_iterable(map(self.influencers_of_product, self.products_of_seller(seller))))

    def sellers_of_influencer(self, influencer: Influencer) -> list[Seller]:
        return _once(map(self.seller_of_product, self.products_of_influencer(influencer)))

    def videos_of_seller(self, seller: Seller) -> list[Video]:
        return _once(chain.from_iterable(map(self.videos_of_product, self.products_of_seller(seller))))

    def lives_of_seller(self, seller: Seller) -> list[Live]:
        return _once(chain.from_iterable(map(self.lives_of_product, self.products_of_seller(seller))))

    # Figures

    def sale_of_video(self, video: Video) -> Sale:
        """What a video sold, of all it shows."""
        return _sum(self.sales_of(product).by_video[video.index] for product in self.products_of_video(video))

    def sale_of_live(self, live: Live) -> Sale:
        """What a live sold, of all it shows."""
        return _sum(self.sales_of(product).by_live[live.index] for product in self.products_of_live(live))

    def views_of_product(self, product: Product, day: int = YESTERDAY) -> int:
        """Views of its videos up to the end of a day."""
        return sum(video.views(day) for video in self.videos_of_product(product))

    def sales_of(self, product: Product, day: int = YESTERDAY) -> Sales:
        """Who sold what of it up to the end of a day, as if their parts of its sales had always been the same."""
        return self._sales(product.index, day)

    def career_of(self, influencer: Influencer) -> Career:
        return self._career(influencer.index)

    def shelf_of(self, product: Product) -> Shelf:
        """The five products it stands among, with their videos and lives."""
        return self.shelf_at(product.index // SHELF)

    def _product_at(self, index: int) -> Product:
        return make_product(self.key, self.curves, index, self.product_ids.encode(index))

    def _seller_at(self, index: int) -> Seller:
        return make_seller(self.key, index, self.seller_ids.encode(index))

    def _influencer_at(self, index: int) -> Influencer:
        return make_influencer(self.key, index, self.user_ids.encode(index))

    def _shelf_at(self, number: int) -> Shelf:
        first = number * SHELF
        return self.shelves.make(number, tuple(self.product_at(index) for index in range(first, first + SHELF)))

    def _pool_place(self, index: int | None) -> tuple[Shelf | None, int]:
        """The shelf of a video or live, and its place in the pool, which may be past the end."""
        if index is None or index >= CIRCLES * SHELVES * POOL:
            return None, 0
        return self.shelf_at(index // POOL), index % POOL

    def _shelves_with(self, influencer: Influencer) -> list[Shelf]:
        """The shelves where an influencer may have posted: any of the circle, or of its own shop's products."""
        seller = self.seller_of_account(influencer)
        if seller:
            places = seller.places if seller.sells_itself else ()
            numbers = sorted({influencer.circle * SHELVES + place // SHELF for place in places})
        else:
            numbers = list(range(influencer.circle * SHELVES, (influencer.circle + 1) * SHELVES))
        return [self.shelf_at(number) for number in numbers]

    def _sales_at(self, index: int, day: int) -> Sales:
        product = self.product_at(index)
        videos, lives = self.videos_of_product(product), self.lives_of_product(product)
        by_video = _shared(product.video_units(day), product.gmv(day, Product.video_units), videos)
        by_live = _shared(product.live_units(day), product.gmv(day, Product.live_units), lives)
        return Sales(
            by_video,
            by_live,
            _added((video.author, by_video[video.index]) for video in videos),
            _added((live.host, by_live[live.index]) for live in lives),
        )

    def _career_at(self, index: int) -> Career:
        influencer = self.influencer_at(index)
        videos, lives = self.videos_of_influencer(influencer), self.lives_of_influencer(influencer)
        return Career(
            posts=influencer.other_posts + len(videos),
            lives=influencer.other_lives + len(lives),
            views=influencer.other_views + sum(video.views() for video in videos),
            likes=influencer.other_likes + sum(video.part(video.likes) for video in videos),
            live_views=influencer.other_live_views + sum(live.views for live in lives),
        )


def _shared(units: int, gmv: int, shown: "list[Video] | list[Live]") -> dict[int, Sale]:
    """Units by weight, rounded down; each unit brought what units bring on average."""
    whole = sum(item.weight for item in shown)
    parts = {item.index: units * item.weight // whole for item in shown}
    return {index: Sale(part, part * gmv // units if units else 0) for index, part in parts.items()}


def _added(sales: Iterable[tuple[int, Sale]]) -> dict[int, Sale]:
    totals: dict[int, Sale] = {}
    for index, sale in sales:
        totals[index] = totals.get(index, NOTHING).plus(sale)
    return totals


def _sum(sales: Iterable[Sale]) -> Sale:
    total = NOTHING
    for sale in sales:
        total = total.plus(sale)
    return total


def _once(entities: Iterable[Entity]) -> list[Entity]:
    return list({entity.index: entity for entity in entities}.values())
