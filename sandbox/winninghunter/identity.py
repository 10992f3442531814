"""Whose an id is. Ids are TikTok's, and so everybody's; where those of shops, creators and videos are the provider's
own, an id names somebody else of the same circle, with another name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sandbox.echotik.video import caption
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.influencer import CREATORS, Influencer
from sandbox.world.market import CIRCLE_INFLUENCERS, CIRCLE_SELLERS
from sandbox.world.media import Video
from sandbox.world.seller import Seller
from sandbox.world.shelf import POOL, SHELVES


class Named(Protocol):
    @property
    def index(self) -> int: ...

    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Named)


@dataclass(frozen=True, slots=True)
class Circle(Generic[Item]):
    """All of one kind in a circle, by name; half the way round stands one with another name."""

    members: list[Item]
    places: dict[int, int]

    def across(self, item: Item) -> Item:
        return self._turned(item, len(self.members) // 2)

    def back(self, item: Item) -> Item:
        """Who has the item across."""
        return self._turned(item, -(len(self.members) // 2))

    def _turned(self, item: Item, steps: int) -> Item:
        return self.members[(self.places[item.index] + steps) % len(self.members)]


def shop_behind(question: Question, shop_id: str) -> Seller | None:
    seller = question.world.seller(shop_id)
    return _shops(question, seller).across(seller) if seller and _own_ids(question) else seller


def creator_behind(question: Question, creator_id: str) -> Influencer | None:
    user = question.world.influencer(creator_id)
    return _creators(question, user).across(user) if user and _own_ids(question) else user


def video_behind(question: Question, video_id: str) -> Video | None:
    video = question.world.video(video_id)
    return _videos(question, video).across(video) if video and _own_ids(question) else video


def shop_id(question: Question, seller: Seller) -> str:
    return (_shops(question, seller).back(seller) if _own_ids(question) else seller).id


def creator_id(question: Question, user: Influencer) -> str:
    return (_creators(question, user).back(user) if _own_ids(question) else user).id


def video_id(question: Question, video: Video) -> str:
    return (_videos(question, video).back(video) if _own_ids(question) else video).id


def _own_ids(question: Question) -> bool:
    return question.setting.winninghunter_foreign


def _shops(question: Question, seller: Seller) -> Circle[Seller]:
    world, first = question.world, seller.circle * CIRCLE_SELLERS

    def make() -> Circle[Seller]:
        return _circle([world.seller_at(first + number) for number in range(CIRCLE_SELLERS)], lambda made: made.name)

    return question.lists.get(("shops across", seller.circle), make)


def _creators(question: Question, user: Influencer) -> Circle[Influencer]:
    world, circle = question.world, user.circle
    first, account = circle * CIRCLE_INFLUENCERS, CREATORS + circle * CIRCLE_SELLERS

    def make() -> Circle[Influencer]:
        indices = (*range(first, first + CIRCLE_INFLUENCERS), *range(account, account + CIRCLE_SELLERS))
        return _circle([world.influencer_at(index) for index in indices], lambda made: made.nick_name)

    return question.lists.get(("creators across", circle), make)


def _videos(question: Question, video: Video) -> Circle[Video]:
    circle = video.index // POOL // SHELVES
    return question.lists.get(("videos across", circle), lambda: _videos_of(question.world, circle))


def _videos_of(world: World, circle: int) -> Circle[Video]:
    shelves = [world.shelf_at(circle * SHELVES + number) for number in range(SHELVES)]
    return _circle([video for shelf in shelves for video in shelf.videos], lambda video: caption(world, video))


def _circle(items: Sequence[Item], name: Callable[[Item], str]) -> Circle[Item]:
    members = sorted(items, key=lambda item: (name(item), item.id))
    return Circle(members, {item.index: place for place, item in enumerate(members)})
