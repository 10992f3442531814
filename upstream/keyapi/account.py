"""How KeyAPI is set up, reached and paid."""

from __future__ import annotations

from upstream.access import Access
from upstream.keyapi.vendor import KEYAPI
from upstream.limiter import Rate
from upstream.provider import Setting, Values

SETTINGS = (
    Setting("keyapi_api_key", "", "KeyAPI key; it configures the provider", secret=True),
    Setting("keyapi_base_url", "https://api.keyapi.ai", "where KeyAPI is", address=True),
    Setting(
        "keyapi_calls_per_second",
        10.0,
        "rate kept towards KeyAPI, burst twice as many; 0 = none",
        bounds={"ge": 0, "le": 10_000},
    ),
)
EMULATED = {"keyapi_api_key": "sandbox", "keyapi_base_url": "{url}/keyapi"}
COSTS = """1 credit a call of the daily load, whatever the number of ids or rows; 2 for a live read, as stated for some
of them and assumed of the others; signing pictures is counted as 1."""


def access(values: Values) -> Access | None:
    """A Bearer key."""
    key = str(values["keyapi_api_key"])
    if not key:
        return None
    base = str(values["keyapi_base_url"]).rstrip("/")
    return Access(KEYAPI.name, {"v1": f"{base}/v1/tiktok"}, {"Authorization": f"Bearer {key}"}, (key,))


def bound(values: Values) -> Rate:
    return Rate(float(values["keyapi_calls_per_second"]))
