"""Sellers: ten to a circle, who share its 60 products from twenty down to one."""

from dataclasses import dataclass

from sandbox.world.draw import Draw
from sandbox.world.market import CIRCLE_PRODUCTS, CIRCLE_SELLERS, MARKET_OF_CIRCLE, Market
from sandbox.world.product import uncollected
from sandbox.world.words import BRANDS, SHOP_KINDS

SHARES = (20, 10, 8, 6, 5, 4, 3, 2, 1, 1)  # products of each seller of a circle
STARTS = tuple(sum(SHARES[:number]) for number in range(CIRCLE_SELLERS))
OWNER = tuple(number for number, share in enumerate(SHARES) for _ in range(share))
STRIDE, UNSTRIDE = 7, 43  # 7 times 43 leaves 1 when divided by 60: products of one seller are spread over the places


@dataclass(frozen=True, slots=True)
class Seller:
    """One shop.

    number           0..9 within its circle
    cross_border     ships from abroad
    brand            a brand's own shop
    managed          run by the platform
    sells_itself     its own account sells its products too
    good_thousandths, answered_thousandths   of its reviews, of messages sent to it
    """

    index: int
    id: str
    market: Market
    circle: int
    number: int
    name: str
    brand_name: str
    cross_border: bool
    brand: bool
    managed: bool
    sells_itself: bool
    rating_tenths: int
    age: int
    good_thousandths: int
    answered_thousandths: int

    @property
    def region(self) -> str:
        return self.market.region

    @property
    def places(self) -> tuple[int, ...]:
        """Places of its products in the circle."""
        start = STARTS[self.number]
        return tuple(sorted(_place(self.circle, rank) for rank in range(start, start + SHARES[self.number])))

    @property
    def sparse(self) -> bool:
        """True for the smallest, which lack every ninth day or so."""
        return self.number == CIRCLE_SELLERS - 1

    def missing(self, day: int) -> bool:
        """True for a day that was never collected."""
        return self.sparse and uncollected(self.index, day)


def make_seller(key: bytes, index: int, seller_id: str) -> Seller:
    circle, number = divmod(index, CIRCLE_SELLERS)
    draw = Draw(key, f"seller {index}")
    brand_name = draw.pick(BRANDS)
    return Seller(
        index=index,
        id=seller_id,
        market=MARKET_OF_CIRCLE[circle],
        circle=circle,
        number=number,
        name=f"{brand_name} {draw.pick(SHOP_KINDS)}",
        brand_name=brand_name,
        cross_border=draw.chance(35),
        brand=draw.chance(20),
        managed=draw.chance(15),
        sells_itself=draw.chance(50),
        rating_tenths=draw.between(35, 50),
        age=draw.between(901, 1500),
        good_thousandths=draw.between(700, 1000),
        answered_thousandths=draw.between(500, 1000),
    )


def owner_of(circle: int, place: int) -> int:
    """The number, within its circle, of the seller of the product at a place."""
    return OWNER[(place * STRIDE + circle * 13) % CIRCLE_PRODUCTS]


def _place(circle: int, rank: int) -> int:
    return (rank - circle * 13) * UNSTRIDE % CIRCLE_PRODUCTS
