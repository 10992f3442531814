"""Products: where one stands in its market, and its sales on any day.

A market's circles each hold 60 products, best sellers first: place 0 to 34 established (first seen over 200 days ago),
35 to 39 each lacking something, 40 to 59 new (first seen 1 to 200 days ago).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isqrt

from sandbox.world.category import WIDTHS, Category, path_of
from sandbox.world.draw import Draw
from sandbox.world.market import CIRCLE_PRODUCTS, MARKET_OF_CIRCLE, Market
from sandbox.world.pace import CURVES, WEIGHT

ESTABLISHED = 35
QUIET = 40
NEW_DAYS = 200
SHELF = 5
PARTS = 1000
DEAR = 8000  # cents; among established products one in five costs more, no other does
YESTERDAY = 1


@dataclass(frozen=True, slots=True)
class Product:
    """One product. Days are counted back from today: 1 is yesterday, `age` the day it was first seen.

    circle, place       its circle among those of all markets, and 0..59 within
    rate                thousandths of a unit sold on an ordinary day
    pace                running sums of daily weights; `phase` where its life starts on them
    price, old_price    cents, mean of its SKUs, since and before the end of day `price_day` (0: never changed)
    channel_share       thousandths of its units sold through videos and lives; `video_share` of those through videos
    reach               influencers who sell it; videos, lives the number that show it; reviews how many were collected
    commission          thousandths
    off_mark            below 2 on sale
    """

    index: int
    id: str
    market: Market
    circle: int
    place: int
    age: int
    rate: int
    pace: Sequence[int] = field(repr=False, compare=False)
    phase: int
    price: int
    old_price: int
    price_day: int
    price_spread: int
    channel_share: int
    video_share: int
    reach: int
    videos: int
    lives: int
    reviews: int
    review_share: int
    rating_tenths: int
    commission: int
    free_shipping: bool
    off_mark: int
    sparse: bool
    category_path: tuple[int, int]

    @property
    def region(self) -> str:
        return self.market.region

    @property
    def established(self) -> bool:
        return self.place < ESTABLISHED

    @property
    def categories(self) -> tuple[Category, Category, Category]:
        return path_of(self.circle - self.market.first_circle, *self.category_path)

    def units(self, day: int = YESTERDAY) -> int:
        """Units sold up to the end of a day. What a stretch of days added is the difference of two of these."""
        days = self.age - day + 1
        if days <= 0:
            return 0
        return self.rate * (self.pace[self.phase + days] - self.pace[self.phase]) // (PARTS * WEIGHT)

    def channel_units(self, day: int = YESTERDAY) -> int:
        """Of those, the ones sold through videos and lives."""
        return self.units(day) * self.channel_share // PARTS

    def video_units(self, day: int = YESTERDAY) -> int:
        return self.channel_units(day) * self.video_share // PARTS

    def live_units(self, day: int = YESTERDAY) -> int:
        units = self.channel_units(day)
        return units - units * self.video_share // PARTS

    def gmv(self, day: int = YESTERDAY, measure: "Callable[[Product, int], int] | None" = None) -> int:
        """Cents that the units of a measure (all units unless given) brought up to the end of a day."""
        count = measure or Product.units
        before = count(self, self.price_day + 1) if self.price_day else 0
        if day > self.price_day:
            return count(self, day) * (self.old_price if self.price_day else self.price)
        return before * self.old_price + (count(self, day) - before) * self.price

    def price_on(self, day: int) -> int:
        """Mean price in cents on a day."""
        return self.old_price if day > self.price_day > 0 else self.price

    def influencers(self, day: int = YESTERDAY) -> int:
        """Influencers who had begun to sell it by the end of a day."""
        return self.reach - self.joined(day - 1)

    def joined(self, days: int) -> int:
        """Influencers who began in the last so many days."""
        return recent(self.reach, self.age, days)

    def reviewed(self) -> int:
        """Reviews that shoppers have written, collected or not."""
        return max(self.reviews, self.units() * self.review_share // PARTS)

    def missing(self, day: int) -> bool:
        """True for a day that was never collected: some products lack every ninth day or so."""
        return self.sparse and uncollected(self.index, day)


def uncollected(index: int, day: int) -> bool:
    """Which days were never collected of something that lacks every ninth day or so."""
    return (index * 31 + day * 7) % 9 == 0


def recent(count: int, span: int, days: int) -> int:
    """How many of `count` things that came within `span` days, ever faster, came in the last `days` days."""
    if count == 0 or days <= 0:
        return 0
    return min(count, isqrt((days * count * count - 1) // span) + 1)


def came(position: int, count: int, span: int) -> int:
    """The day, counted back from today, on which number `position` of them came, 0 the oldest. Agrees with recent."""
    return 1 + span * (count - 1 - position) ** 2 // (count * count)


def make_product(key: bytes, curves: list[Sequence[int]], index: int, product_id: str) -> Product:
    circle, place = divmod(index, CIRCLE_PRODUCTS)
    market = MARKET_OF_CIRCLE[circle]
    draw = Draw(key, f"product {index}")
    age = _age(draw, market, circle, place)
    price, price_spread = _price(draw, place)
    old_price = price * draw.between(75, 130) // 100
    price_day = draw.between(1, age) if draw.chance(40) and age > 1 else 0
    reach, videos, lives, reviews = _counts(draw, place)
    return Product(
        index=index,
        id=product_id,
        market=market,
        circle=circle,
        place=place,
        age=age,
        rate=_rate(draw, market, circle, place, price),
        pace=curves[draw.below(CURVES)],
        phase=draw.below(90),
        price=price,
        old_price=old_price,
        price_day=min(price_day, 150),
        price_spread=price_spread,
        channel_share=draw.between(450, 950),
        video_share=draw.between(50, 950),
        reach=reach,
        videos=videos,
        lives=lives,
        reviews=reviews,
        review_share=draw.between(15, 90) if reviews else 0,
        rating_tenths=draw.between(32, 50) if reviews else 0,
        commission=draw.pick((50, 80, 100, 120, 125, 150, 200, 250)),
        free_shipping=draw.chance(45),
        off_mark=_off_mark(draw, place),
        sparse=place == ESTABLISHED or (place >= QUIET and draw.chance(30)),
        category_path=(draw.below(WIDTHS[0]), draw.below(WIDTHS[1])),
    )


def _age(draw: Draw, market: Market, circle: int, place: int) -> int:
    """New products are spread over 200 days so that as many begin on each of them."""
    if place < QUIET:
        return draw.between(NEW_DAYS + 5, 900)
    step = NEW_DAYS // (CIRCLE_PRODUCTS - QUIET)
    return 1 + (place - QUIET) * step + (circle - market.first_circle) * step // market.circles


def _rate(draw: Draw, market: Market, circle: int, place: int, price: int) -> int:
    """Falls with rank and price among the established; the others sell too little to come near them."""
    if place in (36, 39):
        return 0
    if place >= ESTABLISHED:
        return draw.between(200, 5000)
    rank = place * market.circles + circle - market.first_circle
    dearness = min(1, (3000 / price) ** 0.5)
    return int(market.pace * PARTS * dearness * draw.between(70, 130) / 100 / (1 + rank / 8) ** 0.7)


def _price(draw: Draw, place: int) -> tuple[int, int]:
    """Mean price and how far apart neighbouring SKUs are, in cents."""
    dear = place < ESTABLISHED and place % 5 == 0
    price = draw.heavy(DEAR * 5 // 4, 40000) if dear else draw.heavy(250, DEAR * 3 // 4)
    return price, price * draw.between(0, 8) // 100


def _counts(draw: Draw, place: int) -> tuple[int, int, int, int]:
    """Influencers, videos, lives and collected reviews; one in four counts is a multiple of ten."""
    if place in (37, 39):
        return 0, 0, 0, 0 if place == 39 else draw.between(1, 9)
    if place == 38:
        return draw.between(6, 12), draw.between(3, 12), 0, 0
    if place >= QUIET and draw.chance(30):
        return 0, 0, 0, draw.below(6)
    if place >= QUIET:
        return draw.between(6, 14), draw.between(0, 12), draw.between(0, 4), draw.below(9)
    return _rounded(draw, 6, 60), _rounded(draw, 6, 70), _rounded(draw, 2, 45), _rounded(draw, 3, 60)


def _rounded(draw: Draw, low: int, high: int) -> int:
    count = draw.between(low, high)
    return max(10, count // 10 * 10) if draw.chance(25) else count


def _off_mark(draw: Draw, place: int) -> int:
    if place in (35, 39):
        return draw.pick((2, 3))
    return 1 if draw.chance(10) else 0
