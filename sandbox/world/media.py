"""Videos and lives: what one is, and how its figures grow. Not frozen: that would double the time of a shelf."""

from dataclasses import dataclass

from sandbox.world.market import Market
from sandbox.world.product import YESTERDAY


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
        """Views up to the end of a day: half of all come within six days."""
        days = self.day - day + 1
        return self.final_views * days // (days + 6) if days > 0 else 0

    def part(self, thousandths: int, day: int = YESTERDAY) -> int:
        """Likes, comments, shares or saves up to the end of a day."""
        return self.views(day) * thousandths // 1000


@dataclass(slots=True)
class Live:
    """One live of an influencer, showing one to five products of a shelf.

    host      index of the influencer; the other names as in Video
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
