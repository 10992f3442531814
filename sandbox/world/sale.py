"""Sales and whom they came through."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.world.media import Live, Video
from sandbox.world.product import YESTERDAY, Product

Channel = Callable[[Product, int], int]  # units of a product through videos, or lives, up to the end of a day


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
class Deal:
    """What one influencer did with one product: the videos and lives that show it, and what it sold through them."""

    product: Product
    videos: int
    lives: int
    video_sale: Sale
    live_sale: Sale

    @property
    def sale(self) -> Sale:
        return self.video_sale.plus(self.live_sale)


def make_sales(product: Product, videos: Sequence[Video], lives: Sequence[Live]) -> Sales:
    by_video = _shared(product.video_units(), product.gmv(measure=Product.video_units), videos)
    by_live = _shared(product.live_units(), product.gmv(measure=Product.live_units), lives)
    return Sales(
        by_video,
        by_live,
        _added((video.author, by_video[video.index]) for video in videos),
        _added((live.host, by_live[live.index]) for live in lives),
    )


def by_day(sale: Sale, product: Product, channel: Channel, day: int) -> Sale:
    """What a part of a product's sales was by the end of a day: the part is the same on every day."""
    if day == YESTERDAY:
        return sale
    units = fraction(sale.units, channel(product, day), channel(product, YESTERDAY))
    return Sale(units, fraction(sale.gmv, product.gmv(day, channel), product.gmv(measure=channel)))


def fraction(whole: int, part: int, parts: int) -> int:
    """The part of a whole, rounded down."""
    return whole * part // parts if parts else 0


def total(sales: Iterable[Sale]) -> Sale:
    units = gmv = 0
    for sale in sales:
        units, gmv = units + sale.units, gmv + sale.gmv
    return Sale(units, gmv)


def _shared(units: int, gmv: int, shown: Sequence[Video] | Sequence[Live]) -> dict[int, Sale]:
    """Units by weight, rounded down; each unit brought what units bring on average."""
    whole = sum(item.weight for item in shown)
    parts = {item.index: units * item.weight // whole for item in shown}
    return {index: Sale(part, part * gmv // units if units else 0) for index, part in parts.items()}


def _added(sales: Iterable[tuple[int, Sale]]) -> dict[int, Sale]:
    totals: dict[int, Sale] = {}
    for index, sale in sales:
        totals[index] = totals.get(index, NOTHING).plus(sale)
    return totals
