"""Opaque places in lists. A cursor names the list it came from, so that another list refuses it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from upstream.errors import BadCursor

LONGEST = 500


class Cursor(NamedTuple):
    """A row of a list.

    row     its absolute place among the wire's rows, from 0
    route   endpoint and version at which the list was begun: it goes on there
    digest  of capability and arguments
    day     the date of the ranking that was found, where the list is one
    offset  where the list goes on behind the row, at a provider that pages by offsets of its own
    base    the place of the first row behind that offset
    """

    row: int
    route: str
    digest: str
    day: date | None = None
    offset: str | None = None
    base: int = 0

    def moved_to(self, row: int) -> Cursor:
        """The cursor of another row of the same list."""
        return self._replace(row=row)

    @property
    def seal(self) -> str:
        """Shows that nobody edited the cursor, or took it to another list. It guards no secret."""
        return blake2b(repr(tuple(self)).encode(), digest_size=8).hexdigest()

    def encode(self) -> str:
        sealed = Sealed(self.row, self.route, self.seal, self.day, self.offset, self.base)
        return base64.urlsafe_b64encode(msgspec.json.encode(sealed)).decode().rstrip("=")


class Sealed(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A cursor as it travels: the list's digest stands in the seal alone."""

    row: int
    route: str
    seal: str
    day: date | None = None
    offset: str | None = None
    base: int = 0


def decode(text: str, digest: str) -> Cursor:
    """The cursor of a list with this digest; raises BadCursor on any other text."""
    if len(text) > LONGEST:
        raise BadCursor
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        sealed = msgspec.json.decode(raw, type=Sealed)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadCursor from None
    cursor = Cursor(sealed.row, sealed.route, digest, sealed.day, sealed.offset, sealed.base)
    if cursor.seal != sealed.seal or cursor.row < 0:
        raise BadCursor
    return cursor


def digest(capability: str, arguments: Mapping[str, Any]) -> str:
    """What makes two lists the same one: capability and arguments, in whatever order they are given."""
    named = sorted((name, repr(value)) for name, value in arguments.items())
    return blake2b(repr((capability, named)).encode(), digest_size=8).hexdigest()
