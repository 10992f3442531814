"""The videos and lives of a circle as columns: enough to filter, order and add up a whole market without keeping each
video as an object of its own."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sandbox.world.market import CIRCLE_PRODUCTS
from sandbox.world.media import Live, Video, seen
from sandbox.world.product import SHELF, YESTERDAY, Product
from sandbox.world.sale import Channel, Sale, Sales, fraction
from sandbox.world.shelf import Shelf

Column = Sequence[int]


@dataclass(slots=True)
class Positions:
    """Where somebody's are: people in order of index, each as often as it is theirs, and beside them the positions."""

    people: Column
    positions: Column

    def of(self, person: int) -> Column:
        """Lowest first; none for somebody unknown."""
        return self.positions[bisect_left(self.people, person) : bisect_right(self.people, person)]


@dataclass(slots=True)
class VideoColumns:
    """Videos by position, oldest first within each shelf; names and units as in Video.

    shown   bit n: it shows the product at place n of its shelf
    by      positions by index of author
    """

    index: Column
    author: Column
    day: Column
    second: Column
    duration: Column
    final_views: Column
    likes: Column
    comments: Column
    shares: Column
    made_by_ai: Column
    ad: Column
    shown: Column
    by: Positions

    def views(self, position: int, day: int = YESTERDAY) -> int:
        return seen(self.final_views[position], self.day[position], day)

    def part(self, measure: Column, position: int, day: int = YESTERDAY) -> int:
        """Likes, comments or shares up to the end of a day."""
        return self.views(position, day) * measure[position] // 1000


@dataclass(slots=True)
class LiveColumns:
    """Lives by position; names as in Live and in VideoColumns."""

    index: Column
    host: Column
    day: Column
    views: Column
    shown: Column
    by: Positions


@dataclass(slots=True)
class Showings:
    """Pairs of a video, or a live, and a product that it shows; what it sold of it.

    item        position of the video or live
    place       of the product in the circle
    units, gmv  lifetime; gmv in cents
    by          positions of the pairs by index of influencer
    products    of the circle; `channel` counts their units through what is shown
    """

    item: Column
    place: Column
    units: Column
    gmv: Column
    by: Positions
    products: Sequence[Product] = field(repr=False)
    channel: Channel = field(repr=False)

    def units_so_far(self, pair: int, day: int = YESTERDAY) -> int:
        product = self.products[self.place[pair]]
        return fraction(self.units[pair], self.channel(product, day), self.channel(product, YESTERDAY))

    def gmv_so_far(self, pair: int, day: int = YESTERDAY) -> int:
        product = self.products[self.place[pair]]
        return fraction(self.gmv[pair], product.gmv(day, self.channel), product.gmv(measure=self.channel))

    def units_added(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Of all pairs: the position of the item, and the units that the days from `first` to `last` added."""
        counts = [tuple(self.channel(each, day) for day in (first + 1, last, YESTERDAY)) for each in self.products]
        for item, place, units in zip(self.item, self.place, self.units, strict=True):
            before, after, now = counts[place]
            yield item, fraction(units, after, now) - fraction(units, before, now)


@dataclass(slots=True)
class Ledger:
    """One circle."""

    circle: int
    videos: VideoColumns
    lives: LiveColumns
    by_video: Showings
    by_live: Showings


def make_ledger(circle: int, products: Sequence[Product], shelves: Sequence[Shelf], sales: Sequence[Sales]) -> Ledger:
    """From the circle's products and what sold each, and its shelves."""
    videos = list(chain.from_iterable(shelf.videos for shelf in shelves))
    lives = list(chain.from_iterable(shelf.lives for shelf in shelves))
    by_video = [(video.author, video.index, video.products) for video in videos]
    by_live = [(live.host, live.index, live.products) for live in lives]
    return Ledger(
        circle,
        _video_columns(videos),
        _live_columns(lives),
        _showings(by_video, [part.by_video for part in sales], products, Product.video_units),
        _showings(by_live, [part.by_live for part in sales], products, Product.live_units),
    )


def products_shown(shelf: int, shown: int) -> Iterator[int]:
    """Indices of the products behind the bits of a shelf."""
    return (shelf * SHELF + place for place in range(SHELF) if shown >> place & 1)


def _video_columns(videos: Sequence[Video]) -> VideoColumns:
    return VideoColumns(
        index=array("i", [video.index for video in videos]),
        author=array("i", [video.author for video in videos]),
        day=array("h", [video.day for video in videos]),
        second=array("i", [video.second for video in videos]),
        duration=array("h", [video.duration for video in videos]),
        final_views=array("i", [video.final_views for video in videos]),
        likes=array("h", [video.likes for video in videos]),
        comments=array("h", [video.comments for video in videos]),
        shares=array("h", [video.shares for video in videos]),
        made_by_ai=array("b", [video.made_by_ai for video in videos]),
        ad=array("b", [video.ad for video in videos]),
        shown=array("b", [_bits(video.products) for video in videos]),
        by=_positions(video.author for video in videos),
    )


def _live_columns(lives: Sequence[Live]) -> LiveColumns:
    return LiveColumns(
        index=array("i", [live.index for live in lives]),
        host=array("i", [live.host for live in lives]),
        day=array("h", [live.day for live in lives]),
        views=array("i", [live.views for live in lives]),
        shown=array("b", [_bits(live.products) for live in lives]),
        by=_positions(live.host for live in lives),
    )


def _showings(
    shown: Sequence[tuple[int, int, Sequence[int]]],
    sales: Sequence[Mapping[int, Sale]],
    products: Sequence[Product],
    channel: Channel,
) -> Showings:
    """From who shows, what, and which products; and what each product sold through what."""
    pairs = [
        (who, item, product % CIRCLE_PRODUCTS, sales[product % CIRCLE_PRODUCTS][index])
        for item, (who, index, indices) in enumerate(shown)
        for product in indices
    ]
    return Showings(
        item=array("h", [item for _, item, _, _ in pairs]),
        place=array("b", [place for _, _, place, _ in pairs]),
        units=array("i", [sale.units for _, _, _, sale in pairs]),
        gmv=array("q", [sale.gmv for _, _, _, sale in pairs]),
        by=_positions(who for who, _, _, _ in pairs),
        products=products,
        channel=channel,
    )


def _bits(products: Iterable[int]) -> int:
    return sum(1 << product % SHELF for product in products)


def _positions(people: Iterable[int]) -> Positions:
    everyone = list(people)
    order = sorted(range(len(everyone)), key=everyone.__getitem__)
    return Positions(array("i", [everyone[at] for at in order]), array("h", order))
