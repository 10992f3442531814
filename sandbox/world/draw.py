"""Numbers that look random and never change: a draw is a function of the seed, what it is for, and an index."""

from collections.abc import Sequence
from hashlib import blake2b
from math import exp, log
from struct import unpack
from typing import TypeVar

Item = TypeVar("Item")
RANGE = 1 << 32


def key_of(seed: str) -> bytes:
    """The key that makes one seed's draws and ids differ from another's."""
    return blake2b(seed.encode(), digest_size=32).digest()


class Draw:
    """A row of draws for one subject, in the order they are asked.

    The same key and subject always give the same row; sixteen draws cost one hash, more cost another.
    """

    __slots__ = ("_at", "_digest", "_key", "_numbers")

    def __init__(self, key: bytes, subject: str) -> None:
        self._key = key
        self._digest = blake2b(subject.encode(), key=key).digest()
        self._numbers: tuple[int, ...] = unpack("<16I", self._digest)
        self._at = 0

    def number(self) -> int:
        """The next draw, 0 up to 2**32 - 1."""
        if self._at == len(self._numbers):
            self._digest = blake2b(self._digest, key=self._key).digest()
            self._numbers, self._at = unpack("<16I", self._digest), 0
        self._at += 1
        return self._numbers[self._at - 1]

    def below(self, bound: int) -> int:
        """0 up to bound - 1, each as likely."""
        return self.number() * bound >> 32

    def between(self, low: int, high: int) -> int:
        """low up to high, both included, each as likely."""
        return low + (self.number() * (high - low + 1) >> 32)

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred draws."""
        return self.number() * 100 >> 32 < percent

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely."""
        return items[self.below(len(items))]

    def heavy(self, low: int, high: int) -> int:
        """low up to high, small ones far more often: the logarithm is what is spread evenly."""
        return round(exp(log(low) + (log(high) - log(low)) * self.number() / RANGE))
