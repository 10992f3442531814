"""Shelves: five products that stand side by side in a circle, and the videos and lives that show them.

A shelf has a pool of videos and one of lives, oldest first. A product is shown by as many of a pool as its own counts
say, spread evenly over it; the author is one who sells every product shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sandbox.world.draw import Draw
from sandbox.world.influencer import CREATORS
from sandbox.world.market import CIRCLE_INFLUENCERS, CIRCLE_PRODUCTS, MARKET_OF_CIRCLE, Market
from sandbox.world.media import Live, Video, stays_on_air
from sandbox.world.product import SHELF, Product, came
from sandbox.world.seller import Seller

POOL = 1024  # indices set aside for the videos, and for the lives, of one shelf
SHELVES = CIRCLE_PRODUCTS // SHELF  # of a circle
DAY_SECONDS = 86_400
SECOND = 1000


@dataclass(slots=True)
class Shelf:
    """Five products with their videos and lives, both oldest first.

    videos_of, lives_of   by index of product
    videos_by, lives_by   by index of influencer
    """

    products: tuple[Product, ...]
    videos: list[Video]
    lives: list[Live]
    videos_of: dict[int, list[Video]] = field(default_factory=dict)
    lives_of: dict[int, list[Live]] = field(default_factory=dict)
    videos_by: dict[int, list[Video]] = field(default_factory=dict)
    lives_by: dict[int, list[Live]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for video in self.videos:
            self.videos_by.setdefault(video.author, []).append(video)
            for product in video.products:
                self.videos_of.setdefault(product, []).append(video)
        for live in self.lives:
            self.lives_by.setdefault(live.host, []).append(live)
            for product in live.products:
                self.lives_of.setdefault(product, []).append(live)


class ShelfMaker:
    """Makes shelves. The three functions give what the world knows already: a seller, and ids of videos and lives."""

    def __init__(
        self,
        key: bytes,
        seller_of: Callable[[Product], Seller],
        video_id: Callable[[int], str],
        room_id: Callable[[int], str],
    ) -> None:
        self.key = key
        self.seller_of = seller_of
        self.video_id = video_id
        self.room_id = room_id

    def make(self, number: int, products: tuple[Product, ...]) -> Shelf:
        """The shelf of a number among those of all circles, from its five products."""
        videos, lives = self._video_pool(number, products), self._live_pool(number, products)
        return Shelf(
            products,
            [self._video(number, turn, videos) for turn in range(videos.size)],
            [self._live(number, turn, lives) for turn in range(lives.size)],
        )

    def _video_pool(self, number: int, products: tuple[Product, ...]) -> "Pool":
        """Larger than needed, so that some videos show nothing."""
        counts = [product.videos for product in products]
        size = max(*counts, sum(counts) * 2 // 3 + 1) if any(counts) else 0
        units = [product.video_units() for product in products]
        return Pool(Draw(self.key, f"videos {number}"), products, counts, units, self._ends(products), size)

    def _live_pool(self, number: int, products: tuple[Product, ...]) -> "Pool":
        """As small as can be, so that every live shows something."""
        counts = [product.lives for product in products]
        units = [product.live_units() for product in products]
        return Pool(Draw(self.key, f"lives {number}"), products, counts, units, self._ends(products), max(counts))

    def _ends(self, products: Sequence[Product]) -> list[int]:
        """The place after the last of the influencers who sell each product; the first one's is the product's own."""
        return [product.place + self.creators(product) for product in products]

    def _video(self, number: int, turn: int, pool: "Pool") -> Video:
        index = number * POOL + turn
        draw = Draw(self.key, f"video {index}")
        shown = pool.shown[turn]
        views = draw.heavy(600, 90_000) + draw.between(20, 80) * pool.units[turn]
        return Video(
            index=index,
            id=self.video_id(index),
            market=shown[0].market if shown else self._market(number),
            author=self._presenter(number // SHELVES, turn, shown, pool, draw),
            products=tuple(product.index for product in shown),
            day=pool.day(turn),
            second=draw.below(DAY_SECONDS),
            duration=draw.between(7, 180),
            final_views=views,
            likes=draw.between(15, 110),
            comments=draw.between(0, 6),
            shares=draw.between(0, 9),
            saves=-1 if draw.chance(4) else draw.between(0, 20),
            weight=views * draw.between(10, 100) // 100 + 1,
            tall=draw.chance(85),
            made_by_ai=draw.chance(6),
            ad=draw.chance(12),
        )

    def _live(self, number: int, turn: int, pool: "Pool") -> Live:
        index = number * POOL + turn
        draw = Draw(self.key, f"live {index}")
        shown = pool.shown[turn]
        views = draw.heavy(80, 30_000) + draw.between(5, 20) * pool.units[turn]
        host = self._presenter(number // SHELVES, turn, shown, pool, draw)
        day, second, duration = pool.day(turn), draw.below(DAY_SECONDS), draw.between(900, 18_000)
        return Live(
            index=index,
            id=self.room_id(index),
            market=shown[0].market,
            host=host,
            products=tuple(product.index for product in shown),
            day=day,
            second=second,
            duration=DAY_SECONDS - second if stays_on_air(index, day) else duration,
            views=views,
            peak=max(1, views * draw.between(2, 20) // 100),
            likes=views * draw.between(1, 30) // 10,
            comments=views * draw.between(0, 30) // 100,
            joins=views * draw.between(20, 90) // 100,
            new_followers=views * draw.between(0, 20) // SECOND,
            weight=views * draw.between(10, 100) // 100 + 1,
            own_account=host >= CREATORS,
        )

    def _presenter(self, circle: int, turn: int, shown: list[Product], pool: "Pool", draw: Draw) -> int:
        """One who sells all that is shown; a shop's own account presents some of what it shows alone."""
        if len(shown) == 1 and turn % 6 == 1 and self.seller_of(shown[0]).sells_itself:
            return CREATORS + self.seller_of(shown[0]).index
        low, high = pool.sellers_of_all(shown) if shown else (0, CIRCLE_INFLUENCERS)
        return circle * CIRCLE_INFLUENCERS + (low + draw.below(high - low)) % CIRCLE_INFLUENCERS

    def creators(self, product: Product) -> int:
        """How many of those who sell it are not its seller's own account."""
        return product.reach - (1 if product.reach and self.seller_of(product).sells_itself else 0)

    @staticmethod
    def _market(number: int) -> Market:
        return MARKET_OF_CIRCLE[number // SHELVES]


class Pool:
    """The videos, or the lives, of a shelf by turn: each product in as many as it is due, spread as evenly as can be.

    counts   how many are to show each product; units what they sold of it
    ends     the place after the last of the influencers who sell each product
    size     how many there are in all; they came within the life of the youngest product

    shown    the products shown, by turn
    units    units that a turn brings on average, of all it shows, by turn: what sells more is seen more
    """

    def __init__(
        self,
        draw: Draw,
        products: Sequence[Product],
        counts: Sequence[int],
        units: Sequence[int],
        ends: Sequence[int],
        size: int,
    ) -> None:
        self.size = size
        self.span = min(product.age for product in products)
        self.ends = {product.index: end for product, end in zip(products, ends, strict=True)}
        self.shown: list[list[Product]] = [[] for _ in range(size)]
        self.units = [0] * size
        for product, count, sold in zip(products, counts, units, strict=True):
            self._show(product, count, sold // max(1, count), draw.below(max(1, size)))

    def day(self, turn: int) -> int:
        """When it came; turn 0 was first."""
        return came(turn, self.size, self.span)

    def sellers_of_all(self, shown: Sequence[Product]) -> tuple[int, int]:
        """Places, from the first up to before the second, of the influencers who sell all that is shown."""
        return max([product.place for product in shown]), min([self.ends[product.index] for product in shown])

    def _show(self, product: Product, count: int, units: int, offset: int) -> None:
        """Puts a product into so many turns, the first of them so far from the start; each brings so many units."""
        for number in range(1, count + 1):
            turn = (number * self.size - offset - 1) // count
            self.shown[turn].append(product)
            self.units[turn] += units
