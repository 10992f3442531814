"""The world as a whole: entities by id, and every relation from both of its ends."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from sandbox.world.career import Career
from sandbox.world.draw import key_of
from sandbox.world.ids import Ids, UserIds
from sandbox.world.influencer import ACCOUNTS, CREATORS, Influencer, handle_index, make_influencer
from sandbox.world.ledger import Ledger, make_ledger
from sandbox.world.listing import Listing, make_listing, title_of
from sandbox.world.market import CIRCLE_INFLUENCERS, CIRCLE_PRODUCTS, CIRCLE_SELLERS, CIRCLES, MARKETS
from sandbox.world.media import Live, Video, title_of_live
from sandbox.world.pace import curves
from sandbox.world.product import SHELF, YESTERDAY, Product, came, make_product
from sandbox.world.review import MOST, Review, make_review
from sandbox.world.sale import NOTHING, Deal, Sale, Sales, by_day, make_sales, total
from sandbox.world.seller import Seller, make_seller, owner_of
from sandbox.world.shelf import POOL, SHELVES, Shelf, ShelfMaker
from sandbox.world.shop import Shop
from sandbox.world.speech import MOST as MOST_COMMENTS
from sandbox.world.speech import Comment, comment_count, make_comment, spoken_lines

PRODUCTS = CIRCLES * CIRCLE_PRODUCTS
SELLERS = CIRCLES * CIRCLE_SELLERS
MOST_WRITTEN = 1 << 20  # indices set aside for the reviews of one product that were not collected
Entity = TypeVar("Entity", Influencer, Seller, Video, Live)
Shown = TypeVar("Shown", Video, Live)


class World:
    """Everything there is, computed when asked.

    today   the UTC day of the clock; days are counted back from it and 1, yesterday, is the newest one collected

    Entities come by id (None if there is none) or by index (`…_at`). Relations come as lists of entities, in a fixed
    order: members as they stand, videos and lives oldest first. Figures of any day: product.units(day) and the like,
    video.views(day), sale_of_video(video, day), shop_of(seller).units(day), career_of(influencer).units(day).
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
        self.comment_ids = Ids(self.key, "comment", "7", 18)
        self.other_review_ids = Ids(self.key, "other review", "7", 18)
        self.user_ids = UserIds(self.key)
        self.product_at = lru_cache(PRODUCTS)(self._product_at)
        self.seller_at = lru_cache(SELLERS)(self._seller_at)
        self.influencer_at = lru_cache(8192)(self._influencer_at)
        self._products = lru_cache(16)(self._products_of_market)
        self._best_sellers = lru_cache(16)(self._best_sellers_of_market)
        self.shelf_at = lru_cache(2000)(self._shelf_at)
        self.ledger_of = lru_cache(1000)(self._ledger_of)
        self._sales = lru_cache(4000)(self._sales_at)
        self._career = lru_cache(8192)(self._career_at)
        self._shop = lru_cache(1024)(self._shop_at)
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

    def video_at(self, index: int) -> Video:
        return self.shelf_at(index // POOL).videos[index % POOL]

    def live_at(self, index: int) -> Live:
        return self.shelf_at(index // POOL).lives[index % POOL]

    # Markets

    def sellers_in(self, region: str) -> list[Seller]:
        return [self.seller_at(index) for index in _indices(region, CIRCLE_SELLERS)]

    def influencers_in(self, region: str) -> list[Influencer]:
        """Creators first, then the sellers' own accounts."""
        creators = _indices(region, CIRCLE_INFLUENCERS)
        accounts = (CREATORS + index for index in _indices(region, CIRCLE_SELLERS))
        return [self.influencer_at(index) for index in chain(creators, accounts)]

    def ledgers_in(self, region: str) -> list[Ledger]:
        """All videos and lives of a market, circle by circle."""
        return [self.ledger_of(circle) for circle in MARKETS[region].numbers]

    # Products

    def products_in(self, region: str) -> list[Product]:
        return list(self._products(region))

    def best_sellers_in(self, region: str) -> list[Product]:
        """By lifetime units, most first."""
        return list(self._best_sellers(region))

    def listing_of(self, product: Product) -> Listing:
        return make_listing(self.key, product, self.seller_of_product(product), self.sku_ids)

    def title_of(self, product: Product) -> str:
        return title_of(self.key, product, self.seller_of_product(product))

    def reviews_of(self, product: Product) -> list[Review]:
        """Those collected, newest first."""
        first = product.index * MOST
        return [
            make_review(self.key, product, turn, self.review_ids.encode(first + turn), product.reviews)
            for turn in reversed(range(product.reviews))
        ]

    def written_reviews(self, product: Product, start: int, count: int) -> list[Review]:
        """So many of all that shoppers have written, from a place on: those collected, newest first, then the others,
        oldest first. There are product.reviewed() of them."""
        collected = self.reviews_of(product)
        written = product.reviewed()
        others = (
            make_review(self.key, product, turn, self._other_review_id(product, turn), written)
            for turn in range(max(start, len(collected)), min(start + count, written))
        )
        return [*collected[start : start + count], *others]

    # Videos and lives

    def comments_of(self, video: Video, start: int, count: int) -> list[Comment]:
        """So many of the comments on a video, from a place on, newest first. There are comment_count(video) of them."""
        turns = range(comment_count(video) - 1 - start, -1, -1)[:count]
        first = video.index * MOST_COMMENTS
        return [make_comment(self.key, video, turn, self.comment_ids.encode(first + turn)) for turn in turns]

    def spoken_lines(self, video: Video) -> list[str]:
        """What is said in a video."""
        return spoken_lines(self.key, video)

    def lives_from(self, start: int, count: int) -> list[Live]:
        """So many of all lives of all markets, from a place on, in the order of their indices."""
        found: list[Live] = []
        for number in range(CIRCLES * SHELVES):
            size = max(product.lives for product in self._stand(number))
            if start < size and len(found) < count:
                found += self.shelf_at(number).lives[start : start + count - len(found)]
            start = max(0, start - size)
            if len(found) == count:
                break
        return found

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
        shelves = self._shelves_with(influencer)
        return _oldest_first(video for shelf in shelves for video in shelf.videos_by.get(influencer.index, []))

    def lives_of_product(self, product: Product) -> list[Live]:
        return self.shelf_of(product).lives_of.get(product.index, [])

    def products_of_live(self, live: Live) -> list[Product]:
        return [self.product_at(index) for index in live.products]

    def host_of_live(self, live: Live) -> Influencer:
        return self.influencer_at(live.host)

    def title_of_live(self, live: Live) -> str:
        return title_of_live(self.key, live, self.products_of_live(live)[0])

    def lives_of_influencer(self, influencer: Influencer) -> list[Live]:
        shelves = self._shelves_with(influencer)
        return _oldest_first(live for shelf in shelves for live in shelf.lives_by.get(influencer.index, []))

    # Seller and influencer, video, live

    def influencers_of_seller(self, seller: Seller) -> list[Influencer]:
        return _once(chain.from_iterable(map(self.influencers_of_product, self.products_of_seller(seller))))

    def sellers_of_influencer(self, influencer: Influencer) -> list[Seller]:
        return _once(map(self.seller_of_product, self.products_of_influencer(influencer)))

    def videos_of_seller(self, seller: Seller) -> list[Video]:
        videos = chain.from_iterable(map(self.videos_of_product, self.products_of_seller(seller)))
        return _oldest_first(_once(videos))

    def lives_of_seller(self, seller: Seller) -> list[Live]:
        return _oldest_first(_once(chain.from_iterable(map(self.lives_of_product, self.products_of_seller(seller)))))

    # Figures

    def sale_of_video(self, video: Video, day: int = YESTERDAY) -> Sale:
        """What a video sold up to the end of a day, of all it shows; its part of a product's sales is always the same,
        as if it had been there from the start."""
        return total(
            by_day(self.sales_of(product).by_video[video.index], product, Product.video_units, day)
            for product in self.products_of_video(video)
        )

    def sale_of_live(self, live: Live) -> Sale:
        """What a live sold, of all it shows."""
        return total(self.sales_of(product).by_live[live.index] for product in self.products_of_live(live))

    def views_of_product(self, product: Product, day: int = YESTERDAY) -> int:
        """Views of its videos up to the end of a day."""
        return sum(video.views(day) for video in self.videos_of_product(product))

    def sales_of(self, product: Product) -> Sales:
        """Who and what sold it."""
        return self._sales(product.index)

    def deals_of(self, influencer: Influencer) -> list[Deal]:
        """What an influencer did with each of its products."""
        return [self.deal(influencer, product) for product in self.products_of_influencer(influencer)]

    def deal(self, influencer: Influencer, product: Product) -> Deal:
        """What an influencer did with a product that it sells."""
        sales, index = self.sales_of(product), influencer.index
        return Deal(
            product,
            sum(video.author == index for video in self.videos_of_product(product)),
            sum(live.host == index for live in self.lives_of_product(product)),
            sales.videos_by.get(index, NOTHING),
            sales.lives_by.get(index, NOTHING),
        )

    def sale_for_seller(self, influencer: Influencer, seller: Seller) -> Sale:
        """What an influencer sold of a seller's products."""
        return total(self.sales_of(product).influencer(influencer.index) for product in self.products_of_seller(seller))

    def began(self, influencer: Influencer, product: Product) -> int:
        """The day, counted back from today, on which an influencer took up a product that it sells."""
        position = product.reach - 1
        if influencer.place is not None:
            position = (influencer.place - product.place) % CIRCLE_INFLUENCERS
        return came(position, product.reach, product.age)

    def career_of(self, influencer: Influencer) -> Career:
        """All that an influencer did, up to any day."""
        return self._career(influencer.index)

    def shop_of(self, seller: Seller) -> Shop:
        """All that a seller did, up to any day."""
        return self._shop(seller.index)

    def shelf_of(self, product: Product) -> Shelf:
        """The five products it stands among, with their videos and lives."""
        return self.shelf_at(product.index // SHELF)

    def _products_of_market(self, region: str) -> tuple[Product, ...]:
        return tuple(self.product_at(index) for index in _indices(region, CIRCLE_PRODUCTS))

    def _best_sellers_of_market(self, region: str) -> tuple[Product, ...]:
        return tuple(sorted(self._products(region), key=lambda product: (-product.units(), product.id)))

    def _product_at(self, index: int) -> Product:
        return make_product(self.key, self.curves, index, self.product_ids.encode(index))

    def _seller_at(self, index: int) -> Seller:
        return make_seller(self.key, index, self.seller_ids.encode(index))

    def _influencer_at(self, index: int) -> Influencer:
        return make_influencer(self.key, index, self.user_ids.encode(index))

    def _shelf_at(self, number: int) -> Shelf:
        return self.shelves.make(number, self._stand(number))

    def _stand(self, number: int) -> tuple[Product, ...]:
        """The products of a shelf."""
        return tuple(self.product_at(index) for index in range(number * SHELF, (number + 1) * SHELF))

    def _other_review_id(self, product: Product, turn: int) -> str:
        return self.other_review_ids.encode(product.index * MOST_WRITTEN + turn)

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

    def _sales_at(self, index: int) -> Sales:
        product = self.product_at(index)
        return make_sales(product, self.videos_of_product(product), self.lives_of_product(product))

    def _ledger_of(self, circle: int) -> Ledger:
        """The videos and lives of a circle as columns."""
        products = self.products_of_circle(circle)
        shelves = [self.shelf_at(circle * SHELVES + place) for place in range(SHELVES)]
        return make_ledger(circle, products, shelves, [self.sales_of(product) for product in products])

    def _career_at(self, index: int) -> Career:
        influencer = self.influencer_at(index)
        return Career(
            influencer,
            self.ledger_of(influencer.circle),
            find_began=lambda: (self.began(influencer, made) for made in self.products_of_influencer(influencer)),
            pace=self.curves[index % len(self.curves)],
        )

    def _shop_at(self, index: int) -> Shop:
        seller = self.seller_at(index)
        products = self.products_of_seller(seller)
        return Shop(
            seller,
            products,
            lambda: ((user.index, self.began(user, product)) for product, user in self._pairs(products)),
            lambda: self.videos_of_seller(seller),
            lambda: self.lives_of_seller(seller),
        )

    def _pairs(self, products: Iterable[Product]) -> Iterable[tuple[Product, Influencer]]:
        return ((product, user) for product in products for user in self.influencers_of_product(product))


@lru_cache(2)
def shared_world(seed: str) -> World:
    """The world of a seed by this machine's clock: what one of a process has computed of it another need not."""
    return World(seed)


def _indices(region: str, size: int) -> range:
    """Indices of what every circle of a market has so many of."""
    market = MARKETS[region]
    return range(market.first_circle * size, (market.first_circle + market.circles) * size)


def _oldest_first(shown: Iterable[Shown]) -> list[Shown]:
    return sorted(shown, key=lambda item: (-item.day, item.second, item.index))


def _once(entities: Iterable[Entity]) -> list[Entity]:
    return list({entity.index: entity for entity in entities}.values())
