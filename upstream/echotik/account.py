"""How EchoTik is set up, reached and paid."""

from __future__ import annotations

import base64

from upstream.access import Access
from upstream.echotik.parameter import ECHOTIK
from upstream.limiter import Rate
from upstream.provider import Incomplete, Setting, Values

SETTINGS = (
    Setting("echotik_username", "", "EchoTik account; with its password it configures the provider"),
    Setting("echotik_password", "", "EchoTik password", secret=True),
    Setting(
        "echotik_base_url",
        "https://open.echotik.live/api",
        "where EchoTik is; ending in /v2 or /v3 it speaks that version alone",
        address=True,
    ),
    Setting(
        "echotik_calls_per_second",
        10.0,
        "rate kept towards EchoTik, burst twice as many; 0 = none",
        bounds={"ge": 0, "le": 10_000},
    ),
)
EMULATED = {"echotik_username": "sandbox", "echotik_password": "sandbox", "echotik_base_url": "{url}/api"}
COSTS = """1 credit a call, whatever the number of ids or rows; live reads are counted as 2, for no document states
their price, and signing pictures as 1, though it is free of charge."""


def access(values: Values) -> Access | None:
    """HTTP Basic; a base that ends in /v2 or /v3 speaks that version alone, another one both."""
    username, password = str(values["echotik_username"]), str(values["echotik_password"])
    if bool(username) != bool(password):
        missing = "ECHOTIK_PASSWORD" if username else "ECHOTIK_USERNAME"
        raise Incomplete(f"{missing}: is missing beside the other of the pair")
    return reached(str(values["echotik_base_url"]), username, password) if username else None


def reached(base_url: str, username: str, password: str) -> Access:
    """The account at an address."""
    base = base_url.rstrip("/")
    version = base.rsplit("/", 1)[-1]
    bases = {version: base} if version in ("v2", "v3") else {name: f"{base}/{name}" for name in ("v3", "v2")}
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return Access(ECHOTIK.name, bases, {"Authorization": f"Basic {token}"}, (token, password, username))


def bound(values: Values) -> Rate:
    return Rate(float(values["echotik_calls_per_second"]))
