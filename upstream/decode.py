"""Named decoders: one wire value in, one fact in the graph's units out, or None where there is none.

They take any JSON value, never raise and never invent: what they cannot read is None. A provider's quirk is a decoder
here, named in the mapping of the column that has it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from entities.record import Image, Money
from entities.vocabulary import Region

E = TypeVar("E")

SAFE_INTEGER = 2**53 - 1
"""The largest count that JavaScript reads exactly; a larger one is none."""

LARGEST_INT = 2**31 - 1

MILLISECONDS_FROM = 10**11
"""Unix times above this are milliseconds: as seconds they would lie beyond the year 5000."""

REGIONS = dict(Region.__members__)

BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace() and not "\x1c" <= char <= "\x1f")
"""What may stand around a number in text: white space that `float` takes for such."""

MAX_DIGITS = 20
"""The longest id that a provider gives."""

LARGEST_ID = 10**MAX_DIGITS

LATEST_SECOND = 253_402_300_799
"""The last second of the year 9999, where dates end."""

NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")
PICTURES = msgspec.json.Decoder(list[Image])
WEB = re.compile(r"https?://[\w.%-]+(?::[0-9]{0,5})?(?:[/?#]|\Z)")
"""How a web address begins: with the name of a host, and no account before it."""

URLS = re.compile(r"https?://[^\s,\"'\]}<>]+")
INDEX = re.compile(r"\bindex\W{1,4}([0-9]{1,9})\b")
HASHTAGS = re.compile(r"#([^\s#]+)")


def text(value: Any) -> str | None:
    """A non-blank text as given; numbers are not text."""
    return value if type(value) is str and value and not value.isspace() else None


def key(value: Any) -> str | None:
    """An upstream id as text; "0", "" and whatever is not 1 to 20 digits are none."""
    if type(value) is int:
        value = str(value) if 0 < value < LARGEST_ID else ""
    if type(value) is not str or not value.isdigit() or not value.isascii() or len(value) > MAX_DIGITS:
        return None
    return value if value[0] != "0" or value.strip("0") else None


def number(value: Any) -> float | None:
    """A finite number, also from text such as " 4.5 "."""
    if type(value) is float or type(value) is int:
        return _finite(value)
    if type(value) is str:
        parsed = decimal(value)
        return None if parsed is None else _finite(parsed)
    return None


def count(value: Any) -> int | None:
    """A whole number within what JavaScript reads exactly; 12.0 and "12" are 12, 12.5 is none."""
    if type(value) is not int:
        parsed = decimal(value)
        if parsed is None or not _is_whole(parsed):
            return None
        value = int(parsed)
    return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else None


def small(value: Any) -> int | None:
    """A whole number within 32 bits, which is all that GraphQL's Int holds."""
    found = count(value)
    return found if found is not None and -LARGEST_INT - 1 <= found <= LARGEST_INT else None


def decimal(value: Any) -> Decimal | None:
    """An exact decimal from a number or text; thousands separators, NaN and magnitudes beyond 10^40 are none."""
    if type(value) not in (int, float, str):
        return None
    digits = str(value).strip(BLANKS) if type(value) is not int or abs(value) <= SAFE_INTEGER**2 else ""
    if len(digits) > 64 or not NUMBER.match(digits):
        return None
    parsed = Decimal(digits)
    return parsed if abs(parsed.adjusted()) < 40 else None


def percent(value: Any) -> int | None:
    """ "-43%" and "43%" are 43; "", "-" and null are none."""
    if type(value) is not str or len(value) < 2:
        return None
    return small(value.strip().removesuffix("%").strip().lstrip("-+"))


def rate(value: Any) -> float | None:
    """A fraction; 1 and more are per cent (20 is 0.2)."""
    parsed = number(value)
    if parsed is None or parsed < 0:
        return None
    return hundredth(parsed) if parsed >= 1 else parsed


def hundredth(percentage: float) -> float:
    """Per cent as a fraction, exact in its decimals: 4.4 is 0.044."""
    return float(Decimal(repr(percentage)) / 100)


def flag(value: Any) -> bool | None:
    """0 and 1, "0" and "1", "true" and "false" in any case, or a boolean."""
    if type(value) is bool:
        return value
    if type(value) is str:
        value = {"true": 1, "false": 0, "1": 1, "0": 0}.get(value.strip().lower())
    return bool(value) if type(value) is int and value in (0, 1) else None


def at_least(bound: int) -> Callable[[Any], bool | None]:
    """Whether a mark has reached the bound: delisted is at_least(2) of off_mark."""

    def reached(value: Any) -> bool | None:
        mark = value if type(value) is int else count(value)
        return None if mark is None else mark >= bound

    return reached


def coded(codes: Mapping[int, E]) -> Callable[[Any], E | None]:
    """A wire code by its table; an unknown code is none."""

    def decode(value: Any) -> E | None:
        code = value if type(value) is int else count(value)
        return None if code is None else codes.get(code)

    return decode


def region(value: Any) -> Region | None:
    return REGIONS.get(value) or REGIONS.get(value.strip().upper()) if type(value) is str else None


def day_number(value: Any) -> date | None:
    """yyyyMMdd, as a number or text."""
    if type(value) is int and 0 < value < LARGEST_ID:
        value = str(value)
    digits = value.strip() if type(value) is str else ""
    return _date(digits[:4], digits[4:6], digits[6:]) if len(digits) == 8 and digits.isascii() else None


def iso_day(value: Any) -> date | None:
    """yyyy-MM-dd; a time of day behind it is cut off."""
    if type(value) is not str:
        return None
    parts = value.strip()[:10].split("-")
    return _date(*parts) if len(parts) == 3 and len(parts[0]) == 4 else None


def instant(value: Any) -> datetime | None:
    """Unix seconds, or milliseconds where the number is too large for seconds; 0 is none."""
    seconds = number(value)
    if seconds is None or seconds <= 0:
        return None
    if seconds > MILLISECONDS_FROM:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if seconds <= LATEST_SECOND else None


def url(value: Any) -> str | None:
    """A web address that may be shown as a link: with a host, without spaces, control characters and accounts; other
    schemes are none.
    """
    if type(value) is not str:
        return None
    value = value.strip()
    return value if WEB.match(value) and " " not in value and value.isprintable() else None


def image(value: Any) -> Image | None:
    """One plain address as a picture."""
    found = url(value)
    return None if found is None else Image(found)


def pictures(value: Any) -> list[Image] | None:
    """A list of {url, index}, as JSON or as JSON text, in display order.

    One plain address is a list of one. Text that is no JSON gives the addresses in it, in the order of the indexes that
    it tells beside them, else in their own.
    """
    if type(value) is str:
        if (plain := url(value)) is not None:
            return [Image(plain, 0)]
        parsed = _plain_pictures(value) or json_text(value)
        value = _torn_pictures(value) if parsed is None else parsed
    if type(value) is not list:
        return None
    found = [entry if type(entry) is Image else _picture(entry, place) for place, entry in enumerate(value)]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.index or 0)


def json_text(value: Any) -> Any:
    """What a text holds as JSON, or the value itself where it is no text; broken, empty or blank text is none."""
    if type(value) is not str:
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _repaired(value)


def objects(value: Any) -> list[dict[str, Any]] | None:
    """A list of objects, as JSON or as JSON text; entries of another kind are left out."""
    parsed = json_text(value)
    if type(parsed) is not list:
        return None
    return [entry for entry in parsed if type(entry) is dict]


def money(value: Any) -> Money | None:
    """A price block with few or many keys; none unless an amount and a currency can be read."""
    if type(value) is not dict:
        return None
    amount = _first(value, decimal, "sale_price_decimal", "price_val")
    currency = _first(value, text, "currency_name", "currency")
    if amount is None or currency is None:
        return None
    return Money(amount, currency, _first(value, text, "price_str", "sale_price_format"))


def handle(value: Any) -> str | None:
    """An account's handle as it is compared: without @, in lower case."""
    found = text(value)
    return None if found is None else found.strip().removeprefix("@").lower() or None


def hashtags(value: Any) -> list[str] | None:
    """The words after # in a text, in order, each once."""
    return None if type(value) is not str else list(dict.fromkeys(HASHTAGS.findall(value)))


def spelled(decode: Callable[[Any], E | None]) -> Callable[[Any], E | None]:
    """A number that is sent as text as a rule: no page of it fails the decoder that takes numbers alone."""

    def read(value: Any) -> E | None:
        return decode(value)

    return read


def unless_zero(decode: Callable[[Any], E | None]) -> Callable[[Any], E | None]:
    """Zero stands for "not measured" here."""
    return lambda value: decode(value) or None


def unless_negative(decode: Callable[[Any], int | None]) -> Callable[[Any], int | None]:
    """-1 stands for "unknown" here."""

    def decoded(value: Any) -> int | None:
        found = decode(value)
        return None if found is None or found < 0 else found

    return decoded


def _finite(value: float | int | Decimal) -> float | None:
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _plain_pictures(text: str) -> list[Image] | None:
    """The usual case, decoded at once: objects with an address and an index, in JSON text."""
    try:
        found = PICTURES.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    usual = all(small(entry.index) is not None and url(entry.url) == entry.url for entry in found)
    return found if usual else None


def _torn_pictures(text: str) -> list[Image] | None:
    """Addresses and indexes by pattern: "[{index=1, url=https://…}, {index=0, url=https://…}]" is no JSON."""
    found: list[Image] = []
    for block in text.split("}"):
        told = INDEX.search(block)
        index = small(told[1]) if told else None
        found += [
            Image(address, len(found) if index is None else index) for address in URLS.findall(block) if url(address)
        ]
    return found or None


def _picture(entry: Any, place: int) -> Image | None:
    if type(entry) is not dict:
        entry = {"url": entry}
    found, index = url(entry.get("url")), small(entry.get("index"))
    return None if found is None else Image(found, place if index is None else index)


def _repaired(value: str) -> Any:
    """Raw control characters inside a text make it no JSON; with spaces in their place it may be."""
    if value.isspace() or not value or not any(char < " " for char in value):
        return None
    try:
        return msgspec.json.decode("".join(" " if char < " " else char for char in value))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _first(block: Mapping[str, Any], decode: Callable[[Any], E | None], *names: str) -> E | None:
    return next((found for name in names if (found := decode(block.get(name))) is not None), None)
