"""Our own credentials, struck out wherever a provider repeats them: in what it says of a failure, and in its data.

It may have written them otherwise: escaped, as an address holds them, in hex or in base64, alone or amid other text.
What it writes in a cipher of its own nobody can tell from data.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from upstream.mapping import loads

MARK = "…"
SHORTEST = 8
"""Characters; what is shorter may stand in data by chance."""

SHORTEST_WORD = 16
"""The same of letters alone, or of digits alone: an account's name may be a word, and a word may be a product's."""

PERCENT = re.compile(r"%[0-9A-F]{2}")
ESCAPED = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


@cache
def forms(secret: str) -> tuple[str, ...]:
    """The ways in which a text is written, itself first."""
    told = secret.encode("utf-8", "replace")
    percent = [quote(secret, safe, errors="replace") for safe in ("", "/")]
    percent.append(quote_plus(secret, errors="replace"))
    small = [PERCENT.sub(lambda found: found[0].lower(), text) for text in percent]
    written = [secret, json.dumps(secret)[1:-1], *percent, *small]
    encoded = [told.hex(), told.hex().upper(), *_based(told)]
    return tuple(dict.fromkeys((*written, *(form for form in encoded if len(form) >= SHORTEST))))


def _based(told: bytes) -> Iterable[str]:
    """What base64 has of it in whatever text it stands: three ways to fall into groups, without what its neighbours
    have a part in.
    """
    for before in range(3):
        text = base64.b64encode(bytes(before) + told).decode().rstrip("=")
        whole = (before + len(told)) * 8 // 6
        core = text[-(-before * 8 // 6) : whole]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))


def strike(text: str, secrets: Iterable[str]) -> str:
    """A text without any of them."""
    for secret in secrets:
        for form in forms(secret) if secret else ():
            text = text.replace(form, MARK)
    return text


def is_telling(secret: str) -> bool:
    """Whether it stands in data for no other reason than that somebody put it there."""
    return len(secret) >= (SHORTEST_WORD if secret.isalpha() or secret.isdigit() else SHORTEST)


class Veil:
    """Strikes the credentials of one account out of bodies."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if is_telling(secret))
        written = (form for secret in self._secrets for form in forms(secret))
        self._needles = tuple(dict.fromkeys(form.encode("utf-8", "replace") for form in written))

    def over(self, body: bytes) -> bytes:
        """The body itself where it holds none of them; nothing, where it holds some and is no JSON."""
        if not self._is_in(body):
            return body
        told = loads(body)
        try:
            return b"" if told is None else msgspec.json.encode(_mapped(told, lambda text: strike(text, self._secrets)))
        except RecursionError:
            return b""

    def _is_in(self, body: bytes) -> bool:
        if any(needle in body for needle in self._needles):
            return True
        if b"\\u00" not in body and b"\\/" not in body:
            return False
        plain = ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body.replace(b"\\/", b"/"))
        return any(needle in plain for needle in self._needles)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same, each text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(entry, change) for entry in value]
    if isinstance(value, dict):
        return {change(name): _mapped(entry, change) for name, entry in value.items()}
    return value
