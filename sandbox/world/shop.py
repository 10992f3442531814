"""What a seller has done up to any day: the sums of its products, and who and what shows them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.world.category import Category
from sandbox.world.media import Live, Video
from sandbox.world.product import YESTERDAY, Product
from sandbox.world.seller import Seller


@dataclass
class Shop:
    """Running totals of one seller. Each method gives one up to the end of a day.

    products          all of them, delisted ones included
    find_began        gives who sells any of them: index of influencer and the day, counted back from today, it began
    find_videos, find_lives   give all that show any of the products
    """

    seller: Seller
    products: Sequence[Product]
    find_began: Callable[[], Iterable[tuple[int, int]]] = field(repr=False)
    find_videos: Callable[[], Sequence[Video]] = field(repr=False)
    find_lives: Callable[[], Sequence[Live]] = field(repr=False)

    def units(self, day: int = YESTERDAY) -> int:
        return sum(product.units(day) for product in self.products)

    def gmv(self, day: int = YESTERDAY) -> int:
        """Cents."""
        return sum(product.gmv(day) for product in self.products)

    def video_units(self, day: int = YESTERDAY) -> int:
        return sum(product.video_units(day) for product in self.products)

    def live_units(self, day: int = YESTERDAY) -> int:
        return sum(product.live_units(day) for product in self.products)

    def listed(self, day: int = YESTERDAY) -> int:
        """Products ever listed."""
        return sum(product.age >= day for product in self.products)

    def on_sale(self, day: int = YESTERDAY) -> int:
        """Of those, the ones that are on sale now."""
        return sum(product.age >= day for product in self.products if product.off_mark < 2)

    def influencers(self, day: int = YESTERDAY) -> int:
        return sum(began >= day for began in self._began.values())

    def videos(self, day: int = YESTERDAY) -> int:
        return sum(posted >= day for posted in self._video_days)

    def lives(self, day: int = YESTERDAY) -> int:
        return sum(held >= day for held in self._live_days)

    def video_influencers(self, day: int = YESTERDAY) -> int:
        """Those who had posted a video of any of its products."""
        return sum(first >= day for first in self._authors.values())

    def live_influencers(self, day: int = YESTERDAY) -> int:
        return sum(first >= day for first in self._hosts.values())

    def reviews(self) -> int:
        return sum(product.reviewed() for product in self.products)

    @property
    def price(self) -> int:
        """Mean price of its products in cents."""
        return round(sum(product.price for product in self.products) / len(self.products))

    @cached_property
    def category_path(self) -> tuple[Category, Category, Category]:
        """The categories of level 1, 2 and 3 of what it sells most of."""
        return paths_by_units(self._sold())[0]

    def categories(self, level: int) -> list[Category]:
        """The categories of a level that it sells in, most units first."""
        return categories_by_units(self._sold(), level)

    def _sold(self) -> list[tuple[Product, int]]:
        return [(product, product.units()) for product in self.products]

    @cached_property
    def _began(self) -> dict[int, int]:
        return first_days(self.find_began())

    @cached_property
    def _video_days(self) -> list[int]:
        return [video.day for video in self.find_videos()]

    @cached_property
    def _live_days(self) -> list[int]:
        return [live.day for live in self.find_lives()]

    @cached_property
    def _authors(self) -> dict[int, int]:
        return first_days((video.author, video.day) for video in self.find_videos())

    @cached_property
    def _hosts(self) -> dict[int, int]:
        return first_days((live.host, live.day) for live in self.find_lives())


def first_days(seen: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The earliest day, which is the highest number, by index of who was seen on it."""
    days: dict[int, int] = {}
    for index, day in seen:
        days[index] = max(day, days.get(index, 0))
    return days


def paths_by_units(sold: Iterable[tuple[Product, int]]) -> list[tuple[Category, Category, Category]]:
    """The category paths of products with their units, most units first, equal ones by id."""
    units = Counter[tuple[Category, Category, Category]]()
    for product, count in sold:
        units[product.categories] += count
    return sorted(units, key=lambda path: (-units[path], path[2].id))


def categories_by_units(sold: Iterable[tuple[Product, int]], level: int) -> list[Category]:
    """The categories of a level in the same order."""
    units = Counter[Category]()
    for product, count in sold:
        units[product.categories[level - 1]] += count
    return sorted(units, key=lambda category: (-units[category], category.id))
