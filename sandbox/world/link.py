"""Links as people share them: short ones whose code leads back to an id, and long ones that hold it."""

import re
from typing import Protocol

from sandbox.world.influencer import DIGITS

SHORT = re.compile(r"https://(?:www\.tiktok\.com/t|vt\.tiktok\.com)/z([0-9a-z]+)/?", re.IGNORECASE)
LONG = re.compile(r"https://[a-z.]*tiktok\.com/.*?(?:video|product|pdp)/(?:[^?#]*?/)?([0-9]{7,19})(?:[/?#].*)?")


class Shared(Protocol):
    @property
    def id(self) -> str: ...


def share_link(shared: Shared) -> str:
    """The short link of a product or a video."""
    number, code = int(shared.id), ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        code = DIGITS[digit] + code
    return f"https://www.tiktok.com/t/Z{code}/"


def id_behind(url: str) -> str | None:
    """The id that a link leads to, which may be of nothing."""
    short, long = SHORT.fullmatch(url), LONG.fullmatch(url)
    return str(int(short[1], 36)) if short else long[1] if long else None
