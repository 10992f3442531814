"""Influencers: 64 to a circle, and each seller's own account.

The influencers of the product at place p are those at p, p+1, p+2, … of its circle (64 comes round to 0), as many as
the product's reach says; the last of them is the seller's own account where that one sells too. The same sum backwards
gives the products of an influencer.
"""

from dataclasses import dataclass

from sandbox.world.category import TREE
from sandbox.world.draw import Draw
from sandbox.world.market import CIRCLE_INFLUENCERS, CIRCLE_SELLERS, CIRCLES, MARKET_OF_CIRCLE, Market
from sandbox.world.product import uncollected
from sandbox.world.words import BRANDS, LANGUAGES

CREATORS = CIRCLES * CIRCLE_INFLUENCERS  # indices below this one; the sellers' own accounts follow
ACCOUNTS = CREATORS + CIRCLES * CIRCLE_SELLERS
SMALL = 1500  # followers
OTHER_CATEGORIES = ("Life Style", "Shopping & Retail", "Personal Blog", "Media & Entertainment", "Other")
HANDLE_WORDS = ("finds", "daily", "style", "home", "reviews", "deals", "glow", "corner", "diary", "picks")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Influencer:
    """One account.

    place          0..63 within its circle; None for a seller's own account
    seller_index   the seller whose own account it is; None for everybody else
    followers      yesterday's; `growth` thousandths gained in the last year (negative: lost)
    other_*        posts, lives, views, likes and so on that show no product of this world
    score_tenths   the provider's score, 0..100
    """

    index: int
    id: str
    market: Market
    circle: int
    place: int | None
    seller_index: int | None
    nick_name: str
    handle: str
    category: str
    language: str
    gender: str
    signature: str
    email: str
    followers: int
    growth: int
    following: int
    other_posts: int
    other_lives: int
    other_views: int
    other_likes: int
    other_live_views: int
    score_tenths: int
    showcase: bool
    age: int
    off_mark: int
    other_comments: int
    other_shares: int

    @property
    def region(self) -> str:
        return self.market.region

    @property
    def sparse(self) -> bool:
        """True for some small accounts, which lack every ninth day or so."""
        return self.followers < SMALL and self.index % 3 == 0

    def missing(self, day: int) -> bool:
        """True for a day that was never collected."""
        return self.sparse and uncollected(self.index, day)


def make_influencer(key: bytes, index: int, user_id: str) -> Influencer:
    draw = Draw(key, f"user {index}")
    creator = index < CREATORS
    circle, number = divmod(index, CIRCLE_INFLUENCERS) if creator else divmod(index - CREATORS, CIRCLE_SELLERS)
    market = MARKET_OF_CIRCLE[circle]
    language = LANGUAGES[market.language]
    nick_name = f"{draw.pick(language.given)} {draw.pick(language.family)}" if creator else f"{draw.pick(BRANDS)} Shop"
    followers = draw.heavy(800, 4_000_000)
    posts = draw.heavy(150, 3000)
    return Influencer(
        index=index,
        id=user_id,
        market=market,
        circle=circle,
        place=number if creator else None,
        seller_index=None if creator else index - CREATORS,
        nick_name=nick_name,
        handle=f"{_latin(nick_name)}.{draw.pick(HANDLE_WORDS)}{_base36(index)}",
        category=_category(draw, circle - market.first_circle),
        language=language.code,
        gender=draw.pick(("female", "female", "male")) if market.region == "US" and creator else "",
        signature=f"{draw.pick(language.titles)} | {nick_name}",
        email=f"hello{_base36(index)}@example.com" if draw.chance(30) else "",
        followers=followers,
        growth=draw.between(-60, 400),
        following=draw.heavy(5, 6000),
        other_posts=posts,
        other_lives=draw.heavy(10, 400),
        other_views=posts * draw.heavy(300, 40_000),
        other_likes=followers * draw.between(2, 40),
        other_live_views=draw.heavy(500, 900_000),
        score_tenths=draw.between(20, 98),
        showcase=draw.chance(70),
        age=draw.between(901, 1500),
        off_mark=1 if draw.chance(2) else 0,
        other_comments=followers * draw.between(5, 90) // 100,
        other_shares=followers * draw.between(5, 120) // 100,
    )


def handle_index(handle: str) -> int | None:
    """The index at the end of a handle; the account found there may still have another handle."""
    tail = handle.lower().rpartition(".")[2].lstrip("abcdefghijklmnopqrstuvwxyz")
    return int(tail, 36) if tail and tail.isascii() and tail.isalnum() else None


def _base36(number: int) -> str:
    """Base 36 with a digit in front, so that it can be told from the word before it."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return f"0{text}"


def _latin(name: str) -> str:
    first = name.partition(" ")[0].lower()
    letters = "".join(letter for letter in first if letter.isascii() and letter.isalpha())
    return letters or "user"


def _category(draw: Draw, number: int) -> str:
    """Most are of the kind their circle sells."""
    own = TREE[number % len(TREE)][0].audience
    return own if draw.chance(75) else draw.pick(OTHER_CATEGORIES)
