"""How Winning Hunter is set up, reached and paid."""

from __future__ import annotations

from upstream.access import Access
from upstream.limiter import Window
from upstream.provider import Setting, Values
from upstream.winninghunter.vendor import WINNING_HUNTER

SETTINGS = (
    Setting("winninghunter_api_key", "", "Winning Hunter key; it configures the provider", secret=True),
    Setting("winninghunter_base_url", "https://app.winninghunter.com", "where Winning Hunter is", address=True),
    Setting(
        "winninghunter_calls_per_minute",
        55,
        "calls to Winning Hunter in any 60 seconds, which allows 60; 0 = no bound",
        bounds={"ge": 0, "le": 100_000},
    ),
)
EMULATED = {"winninghunter_api_key": "sandbox", "winninghunter_base_url": "{url}/winninghunter"}
COSTS = """1 credit a call, one id each; a month has 20,000 from the Standard plan up. 401, 403 and both kinds of 429
are free, and an uncaught fault (500) gives its credit back."""


def access(values: Values) -> Access | None:
    """A key in a header of its own."""
    key = str(values["winninghunter_api_key"])
    if not key:
        return None
    base = str(values["winninghunter_base_url"]).rstrip("/")
    bases = {"v1": f"{base}/api/v1/tiktok-shop", "v2": f"{base}/api/v2"}
    return Access(WINNING_HUNTER.name, bases, {"X-API-Key": key}, (key,))


def bound(values: Values) -> Window:
    return Window(int(values["winninghunter_calls_per_minute"]), 60.0)
