"""Takes credentials and people out of what a provider said: the same word gives the same stand-in, within one run.

Ids of products, shops, videos and lives stay; an account's id gives way to as many other digits.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

from entities.influencer import InfluencerRecord
from entities.product import Review
from entities.video import Comment
from upstream.endpoint import Endpoint
from upstream.mapping import Rows

CREDENTIALS = frozenset({"authorization", "x_api_key", "api_key", "apikey", "access_token", "password"})
SECRET = 8
"""Characters from which on a secret is no word that may stand in any text."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HANDLE = re.compile(r"(?<![\w/.])@[\w.]*\w|(?<=tiktok\.com/)@[\w.]*\w")
PHONE = re.compile(r"(?<![\w.,/=-])(?:\+\d[\d ().-]{7,17}\d|\(?\d{3,4}\)?[ .-]\d{3,4}[ .-]\d{3,5})(?![\w/-])")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
DIGITS = re.compile(r"\d+\Z")
PEOPLE = re.compile(r"user|author|creator|influencer|anchor|owner|streamer|host", re.IGNORECASE)

FACTS: Mapping[type, Mapping[str, str]] = {
    InfluencerRecord: {
        "id": "user",
        "name": "name",
        "handle": "handle",
        "avatar": "picture",
        "email": "email",
        "bio": "speech",
    },
    Review: {"text": "speech", "author": "name"},
    Comment: {"text": "speech", "author_id": "user"},
}
"""Facts that are somebody's own."""

COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("user_id", "influencer_id", "creator_id", "author_id", "uid", "owner_id"), "user"),
    **dict.fromkeys(("unique_id", "handle", "username", "user_name", "screen_name", "sec_uid"), "handle"),
    **dict.fromkeys(("nick_name", "nickname", "author_name", "reviewer_name"), "name"),
    **dict.fromkeys(("contact_email", "email", "bio_email"), "email"),
    **dict.fromkeys(("phone", "phone_number", "mobile", "whatsapp"), "phone"),
    **dict.fromkeys(("signature", "bio", "display_text", "comment_text"), "speech"),
}
"""Columns that are so wherever they stand, read or not."""

ARGUMENTS: Mapping[str, str] = {"influencer": "user", "filter.influencer": "user", "handles": "handle"}


@cache
def kinds(endpoint: Endpoint) -> Mapping[str, str]:
    """Column → kind of personal data, in the rows of an endpoint; nested ones by their last two names."""
    found: dict[str, str] = {}
    mappings: Iterable[Rows] = () if endpoint.rows is None else (endpoint.rows, *endpoint.rows.also)
    for mapping in mappings:
        own = next((facts for kind, facts in FACTS.items() if issubclass(mapping.type, kind)), {})
        for name, spec in mapping.columns.items():
            kind = "user" if name == "influencer_id" else own.get(name)
            if kind is not None:
                found |= {_place(endpoint, wire): kind for wire in spec.wire}
    return found


@cache
def sent(endpoint: Endpoint) -> Mapping[str, str]:
    """Parameter → kind of personal data."""
    kinds = dict(ARGUMENTS)
    if endpoint.entity == "Influencer":
        kinds |= {"ids": "user" if endpoint.match == "id" else "handle", "text": "name"}
    encoders = endpoint.arguments.items()
    return {param: kinds[name] for name, encoder in encoders if name in kinds for param in encoder.wire}


def _place(endpoint: Endpoint, wire: str) -> str:
    """A plain name means itself in a row, and nothing in what the row holds."""
    steps = wire.split(".")
    return ".".join(steps[-2:]) if len(steps) > 1 else f"{_holder(endpoint)}.{wire}"


def _holder(endpoint: Endpoint) -> str:
    return (endpoint.within or endpoint.rows_at).rpartition(".")[2]


class Mask:
    """Stand-ins of one run. hidden: texts that must not appear, short ones as words of a longer text excepted."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        self._hidden = sorted({text for text in hidden if text}, key=len, reverse=True)
        self._salt = secrets.token_bytes(16)

    def body(self, endpoint: Endpoint, body: Any) -> Any:
        """A body as JSON."""
        return self._walk(kinds(endpoint), body, "", "")

    def value(self, endpoint: Endpoint, column: str, value: Any) -> Any:
        """The value of one column of a row."""
        steps = column.split(".")
        parent = steps[-2] if len(steps) > 1 else _holder(endpoint)
        return self._walk(kinds(endpoint), value, parent, steps[-1])

    def params(self, endpoint: Endpoint, params: Mapping[str, str]) -> dict[str, str]:
        """What was sent; parameters that are credentials are left out."""
        known = sent(endpoint)
        return {
            name: ",".join(self._stand_in(known[name], part) for part in value.split(","))
            if name in known
            else self.text(value)
            for name, value in params.items()
            if _plain(name) not in CREDENTIALS
        }

    def text(self, text: str) -> str:
        """A text without secrets, addresses, handles and telephone numbers."""
        for secret in self._hidden:
            text = "…" if text == secret else text.replace(secret, "…") if len(secret) >= SECRET else text
        text = EMAIL.sub(lambda found: self._stand_in("email", found[0]), text)
        text = HANDLE.sub(lambda found: self._stand_in("handle", found[0]), text)
        if text.startswith(("http://", "https://")):
            return text
        return PHONE.sub(self._phone, text)

    def _walk(self, known: Mapping[str, str], value: Any, parent: str, name: str) -> Any:
        if isinstance(value, dict):
            return self._object(known, value, name)
        if isinstance(value, list):
            return [self._walk(known, entry, parent, name) for entry in value]
        kind = known.get(f"{parent}.{name}") or _kind(parent, name)
        if kind is not None and isinstance(value, str | int) and not isinstance(value, bool) and value not in ("", 0):
            held = self._stand_in(kind, str(value))
            return int(held) if isinstance(value, int) and held.isdigit() else held
        return self._inside(known, value, name) if isinstance(value, str) else value

    def _object(self, known: Mapping[str, str], value: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {
            self.text(key): self._walk(known, entry, name, key)
            for key, entry in value.items()
            if _plain(key) not in CREDENTIALS
        }

    def _inside(self, known: Mapping[str, str], text: str, name: str) -> str:
        """A text, or the JSON that it holds."""
        if text[:1] in ("[", "{"):
            try:
                held = json.loads(text)
            except (ValueError, RecursionError):
                return self.text(text)
            masked = self._walk(known, held, name, name)
            return text if masked == held else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))
        return self.text(text)

    def _stand_in(self, kind: str, value: str) -> str:
        if kind == "user":
            return self._digits(value) if DIGITS.match(value) else self._word("handle", value)
        return self._word(kind, value)

    def _word(self, kind: str, value: str) -> str:
        """Handles are one in any case, with @ or without."""
        plain = value.strip().removeprefix("@").lower() if kind == "handle" else value.strip()
        mark = self._hash(kind, plain).hex()[:8]
        words = {
            "handle": f"{'@' if value.startswith('@') else ''}user{mark}",
            "name": f"Person {mark}",
            "email": f"{mark}@example.com",
            "picture": f"https://example.com/{mark}.jpg",
            "speech": f"Text {mark}",
            "phone": f"+1 555 {int(mark, 16) % 10_000_000:07d}",
        }
        return words[kind]

    def _digits(self, value: str) -> str:
        """Another number of the same length."""
        least = 10 ** (len(value) - 1)
        drawn = int.from_bytes(self._hash("user", value), "big")
        return str(least + drawn % (9 * least))

    def _phone(self, found: re.Match[str]) -> str:
        return found[0] if DATE.match(found[0]) else self._stand_in("phone", found[0])

    def _hash(self, kind: str, value: str) -> bytes:
        return blake2b(f"{kind} {value}".encode("utf-8", "replace"), key=self._salt, digest_size=16).digest()


def _kind(parent: str, name: str) -> str | None:
    """What a column is by its name alone."""
    low = name.lower()
    if low.startswith("avatar") or low.endswith("avatar"):
        return "picture"
    if low in ("name", "display_name") and PEOPLE.search(parent):
        return "name"
    return COLUMNS.get(low)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
