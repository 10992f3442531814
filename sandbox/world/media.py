"""Videos and lives: what one is, and how its figures grow. Not frozen: that would double the time of a shelf."""

from dataclasses import dataclass

from sandbox.world.draw import Draw
from sandbox.world.market import Market
from sandbox.world.product import YESTERDAY, Product, uncollected
from sandbox.world.words import LANGUAGES

FEW = 1500  # views
ON_AIR = 3  # of yesterday's lives, one in so many has not ended


def seen(final_views: int, posted: int, day: int) -> int:
    """Views of a video up to the end of a day: half of all come within six days."""
    days = posted - day + 1
    return final_views * days // (days + 6) if days > 0 else 0


def stays_on_air(index: int, day: int) -> bool:
    """Whether a live that began on a day was still on air when that day ended, and is now."""
    return day == YESTERDAY and index % ON_AIR == 0


@dataclass(slots=True)
class Video:
    """One video of an influencer, showing none, one or a few products of a shelf.

    author           index of the influencer
    products         indices of the products it shows
    day, second      the day, counted back from today, and the second of that UTC day on which it was posted
    final_views      what its views tend to
    likes, …         thousandths of its views; saves -1: unknown
    weight           its part in the video sales of each product it shows
    """

    index: int
    id: str
    market: Market
    author: int
    products: tuple[int, ...]
    day: int
    second: int
    duration: int
    final_views: int
    likes: int
    comments: int
    shares: int
    saves: int
    weight: int
    tall: bool
    made_by_ai: bool
    ad: bool

    @property
    def region(self) -> str:
        return self.market.region

    def views(self, day: int = YESTERDAY) -> int:
        """Views up to the end of a day."""
        return seen(self.final_views, self.day, day)

    def part(self, thousandths: int, day: int = YESTERDAY) -> int:
        """Likes, comments, shares or saves up to the end of a day, from thousandths."""
        return self.views(day) * thousandths // 1000

    @property
    def sparse(self) -> bool:
        """True for some that few watch, which lack every ninth day or so."""
        return self.final_views < FEW and self.index % 3 == 0

    def missing(self, day: int) -> bool:
        """True for a day that was never collected."""
        return self.sparse and uncollected(self.index, day)


@dataclass(slots=True)
class Live:
    """One live of an influencer, showing one to five products of a shelf.

    host      index of the influencer; the other names as in Video
    duration  seconds; of one that is on air, those until midnight, when it was last seen
    peak      most viewers at once
    weight    its part in the live sales of each product it shows
    """

    index: int
    id: str
    market: Market
    host: int
    products: tuple[int, ...]
    day: int
    second: int
    duration: int
    views: int
    peak: int
    likes: int
    comments: int
    joins: int
    new_followers: int
    weight: int
    own_account: bool

    @property
    def region(self) -> str:
        return self.market.region

    @property
    def on_air(self) -> bool:
        return stays_on_air(self.index, self.day)


def title_of_live(key: bytes, live: Live, shown: Product) -> str:
    """What it says it is about, and the kind of the first product that it shows."""
    titles = LANGUAGES[live.market.language].titles
    return f"{Draw(key, f'live title {live.index}').pick(titles)} | {shown.categories[2].name}"
