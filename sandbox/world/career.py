"""What an influencer has done up to any day: what the world shows of one, and beside it what it does not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.world.influencer import Influencer
from sandbox.world.ledger import Column, Ledger, Showings, VideoColumns
from sandbox.world.product import YESTERDAY, Product
from sandbox.world.sale import Sale

YEAR = 365
CAREER = 900  # days over which everything came
PHASES = 90


@dataclass
class Career:
    """Running totals of one influencer. Each method gives one up to the end of a day; a stretch of days is the
    difference of two of them.

    influencer   whose they are
    ledger       of the circle
    find_began   gives the days, counted back from today, on which its products were taken up
    """

    influencer: Influencer
    ledger: Ledger = field(repr=False)
    find_began: Callable[[], Iterable[int]] = field(repr=False)
    pace: Sequence[int] = field(repr=False)

    def followers(self, day: int = YESTERDAY) -> int:
        """Grows, or shrinks, as fast as the influencer's `growth` says."""
        gained = self.influencer.followers * self.influencer.growth // 1000
        start = self.phase
        year = self.pace[start + YEAR] - self.pace[start]
        since = self.pace[start + YEAR] - self.pace[start + YEAR - (day - YESTERDAY)]
        return self.influencer.followers - gained * since // year

    def posts(self, day: int = YESTERDAY) -> int:
        return self._other(self.influencer.other_posts, day) + sum(self.videos.day[at] >= day for at in self.posted)

    def lives(self, day: int = YESTERDAY) -> int:
        held = sum(self.ledger.lives.day[at] >= day for at in self.hosted)
        return self._other(self.influencer.other_lives, day) + held

    def views(self, day: int = YESTERDAY) -> int:
        return self._other(self.influencer.other_views, day) + sum(self.videos.views(at, day) for at in self.posted)

    def likes(self, day: int = YESTERDAY) -> int:
        return self._other(self.influencer.other_likes, day) + self._parts(self.videos.likes, day)

    def comments(self, day: int = YESTERDAY) -> int:
        return self._other(self.influencer.other_comments, day) + self._parts(self.videos.comments, day)

    def shares(self, day: int = YESTERDAY) -> int:
        return self._other(self.influencer.other_shares, day) + self._parts(self.videos.shares, day)

    def live_views(self, day: int = YESTERDAY) -> int:
        shown = sum(self.ledger.lives.views[at] for at in self.hosted if self.ledger.lives.day[at] >= day)
        return self._other(self.influencer.other_live_views, day) + shown

    def products(self, day: int = YESTERDAY) -> int:
        return sum(began >= day for began in self._began)

    def video_units(self, day: int = YESTERDAY) -> int:
        """Through its videos; its part of a product's sales is always the same."""
        return self._sold(self.ledger.by_video, Showings.units_so_far, day)

    def video_gmv(self, day: int = YESTERDAY) -> int:
        """Cents, as in all that is called gmv."""
        return self._sold(self.ledger.by_video, Showings.gmv_so_far, day)

    def live_units(self, day: int = YESTERDAY) -> int:
        return self._sold(self.ledger.by_live, Showings.units_so_far, day)

    def live_gmv(self, day: int = YESTERDAY) -> int:
        return self._sold(self.ledger.by_live, Showings.gmv_so_far, day)

    def units(self, day: int = YESTERDAY) -> int:
        return self.video_units(day) + self.live_units(day)

    def gmv(self, day: int = YESTERDAY) -> int:
        return self.video_gmv(day) + self.live_gmv(day)

    def sale_of(self, product: Product, day: int = YESTERDAY) -> Sale:
        """What it sold of one product; these add up to all that it sold."""
        by_video, by_live = self.ledger.by_video, self.ledger.by_live
        videos, lives = self._pairs(by_video, product), self._pairs(by_live, product)
        return Sale(
            sum(by_video.units_so_far(at, day) for at in videos) + sum(by_live.units_so_far(at, day) for at in lives),
            sum(by_video.gmv_so_far(at, day) for at in videos) + sum(by_live.gmv_so_far(at, day) for at in lives),
        )

    def interaction_rate(self) -> float:
        """Likes, comments and shares over views, of the videos that the world shows."""
        views = sum(self.videos.views(at) for at in self.posted)
        parts = sum(
            self._parts(measure, YESTERDAY) for measure in (self.videos.likes, self.videos.comments, self.videos.shares)
        )
        return round(parts / views, 4) if views else 0

    def views_each(self) -> int:
        """Mean views of a video."""
        return self.views() // max(1, self.posts())

    def views_each_in(self, days: int) -> int:
        """Views that the last so many days added, for each video that they added; 0 if they added none."""
        posts = self.posts() - self.posts(days + 1)
        return (self.views() - self.views(days + 1)) // posts if posts else 0

    def selling_views_each(self, days: int | None = None) -> float:
        """Mean views of the videos that show a product, of all or of those posted in the last so many days."""
        views = [self.videos.views(at) for at in self.selling if days is None or self.videos.day[at] <= days]
        return round(sum(views) / len(views), 2) if views else 0

    @cached_property
    def _began(self) -> list[int]:
        return list(self.find_began())

    @cached_property
    def selling(self) -> list[int]:
        """Positions of the videos that show a product."""
        return [at for at in self.posted if self.videos.shown[at]]

    @property
    def videos(self) -> VideoColumns:
        return self.ledger.videos

    @property
    def posted(self) -> Column:
        """Positions of its videos."""
        return self.ledger.videos.by.of(self.influencer.index)

    @property
    def hosted(self) -> Column:
        """Positions of its lives."""
        return self.ledger.lives.by.of(self.influencer.index)

    @property
    def most_viewed(self) -> int | None:
        """Index of the most viewed video; None for one who has posted none that the world shows."""
        best = max(self.posted, key=lambda at: (self.videos.views(at), -at), default=None)
        return None if best is None else self.videos.index[best]

    @property
    def phase(self) -> int:
        return self.influencer.index % PHASES

    def _other(self, total: int, day: int) -> int:
        """What had come by a day of something that the world does not show, all of it by yesterday."""
        start = self.phase
        by_then = self.pace[start + CAREER + YESTERDAY - day] - self.pace[start]
        return total * by_then // (self.pace[start + CAREER] - self.pace[start])

    def _sold(self, showings: Showings, measure: Callable[[Showings, int, int], int], day: int) -> int:
        return sum(measure(showings, pair, day) for pair in showings.by.of(self.influencer.index))

    def _pairs(self, showings: Showings, product: Product) -> list[int]:
        return [pair for pair in showings.by.of(self.influencer.index) if showings.place[pair] == product.place]

    def _parts(self, measure: Column, day: int) -> int:
        return sum(self.videos.part(measure, at, day) for at in self.posted)
