"""What stands around the rows, and what kind of answer it is: the envelope of EchoTik and of those who resell it.

Decided by HTTP status and body together: the body is read on any status, then code == 0 means success. Source: the
providers' references and public client code; see the table of failures in docs/errors.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from upstream import decode
from upstream.argument import Offsets
from upstream.endpoint import Endpoint, Shape
from upstream.errors import (
    BadInput,
    BadResponse,
    Forbidden,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    Unauthenticated,
    UnknownRoute,
    UpstreamUnavailable,
)
from upstream.mapping import loads
from upstream.wire import Row

QUOTA = "usage limit"
UNAUTHORIZED = re.compile(r"auth error|unauthorized", re.IGNORECASE)
BOUND = re.compile(r"must be|max is|min is|required|out of range|missing|parameter", re.IGNORECASE)
"""How providers word a refused argument."""

MOST_TEXT = 2000
"""Characters of a message that are looked at."""

NAMES = frozenset({"code", "message", "msg", "data", "requestId"})


class Response(NamedTuple):
    """An HTTP answer as it came: status, headers by lower-case name, whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Envelope(Struct):
    """{code, message | msg, data, requestId?}; data stays as bytes until its rows are read."""

    code: Any = None
    message: Any = None
    msg: Any = None
    data: Raw = Raw()


class Answer(NamedTuple):
    """The rows of a successful call.

    rows    in wire order; UNREADABLE in the place of one that could not be read
    keys    key → value, where the endpoint answers a map
    size    bytes of the body
    next    the offset of the next page, where the endpoint pages by offsets and there is one
    total   rows of the whole list, where the answer tells
    """

    rows: list[Row]
    keys: Mapping[str, str]
    size: int
    next: str | None = None
    total: int | None = None


def read(endpoint: Endpoint, response: Response, params: Mapping[str, str]) -> Answer:
    """The rows of an answer; raises the ShopgraphError of its class where it is none."""
    envelope = _parse(response.body)
    if envelope is None:
        raise _failure_of_status(endpoint, response)
    code = decode.count(envelope.code)
    if code is None:
        raise _failure_of_status(endpoint, response, "no envelope of this provider")
    if code != 0 and endpoint.match == "handle" and "invalid" in _text(envelope).lower():
        return Answer([], {}, len(response.body))  # how an unknown handle is answered
    if code != 0:
        raise _failure(endpoint, response, code, _text(envelope))
    data = bytes(envelope.data)
    if not data:
        raise BadResponse(endpoint.title, "an envelope without data")
    if endpoint.shape is Shape.MAP:
        return Answer([], _pairs(endpoint, loads(data)), len(response.body))
    if endpoint.within is not None:
        return _nested(endpoint, endpoint.within, loads(data), len(response.body), params)
    return Answer(_rows(endpoint, data), {}, len(response.body))


def variants(endpoint: Endpoint, body: Mapping[str, Any]) -> Iterator[str]:
    """How what stands around the rows of a successful answer is other than documented, in few words each; nothing that
    the rows hold.
    """
    if decode.count(body.get("code")) != 0:
        return
    if isinstance(body["code"], str):
        yield "code as text"
    if "message" not in body and not endpoint.live:  # live reads are documented with either
        yield "msg for message" if "msg" in body else "no message"
    is_batch = endpoint.shape is Shape.LIST and endpoint.limit > 1  # what is asked for alone may be an object
    if is_batch and isinstance(body.get("data"), dict):
        yield "data is an object"
    yield from (f"beside data: {name}" for name in body if name not in NAMES)


def _parse(body: bytes) -> Envelope | None:
    try:
        return msgspec.json.decode(body, type=Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        repaired = loads(body)
    return msgspec.json.decode(msgspec.json.encode(repaired), type=Envelope) if isinstance(repaired, dict) else None


def _text(envelope: Envelope) -> str:
    text = envelope.message if envelope.message is not None else envelope.msg
    return text[:MOST_TEXT] if isinstance(text, str) else ""


def _rows(endpoint: Endpoint, data: bytes) -> list[Row]:
    """The rows of a list; of an object where one is declared, or where ids are asked for."""
    assert endpoint.rows is not None
    if data[:1] == b"{" and (endpoint.shape is Shape.OBJECT or endpoint.ids):
        data = b"[" + data + b"]"
    if data == b"null":
        return []
    try:
        return endpoint.rows.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        rows = loads(data)
    if not isinstance(rows, list):
        raise BadResponse(endpoint.title, "data is not what the endpoint is declared to answer")
    return [endpoint.rows.convert(row) for row in rows]


def _nested(endpoint: Endpoint, within: str, data: Any, size: int, params: Mapping[str, str]) -> Answer:
    """Rows that are objects in objects, somewhere in an object; none where it is not there: the raw answers of TikTok
    tell in words of their own that they have nothing.
    """
    assert endpoint.rows is not None
    if data is None or data == []:
        return Answer([], {}, size)
    if not isinstance(data, dict):
        raise BadResponse(endpoint.title, "data is not what the endpoint is declared to answer")
    about = {column: params[param] for column, param in endpoint.asked.items()}
    told, above = listed(data, within), endpoint.rows.above
    rows = [
        endpoint.rows.convert({**about, **dict(flat(row, above))} if isinstance(row, dict) else row) for row in told
    ]
    if not isinstance(endpoint.pages, Offsets):
        return Answer(rows, {}, size)
    pages = endpoint.pages
    behind = _behind(data, pages, params) if rows else None
    return Answer(rows, {}, size, behind, length(data.get(pages.total)) if pages.total else None)


def _behind(data: Mapping[str, Any], pages: Offsets, params: Mapping[str, str]) -> str | None:
    """The offset of the next page; none where it does not lead on, for nobody would come to an end."""
    if decode.flag(data.get(pages.more)) is not True:
        return None
    here, there = decode.count(params.get(pages.offset)), decode.count(data.get(pages.next))
    return None if there is None or there <= (here or 0) else str(there)


def length(value: Any) -> int | None:
    """How many rows a whole list has."""
    return decode.unless_negative(decode.count)(value)


def listed(data: Mapping[str, Any], within: str) -> list[Any]:
    """The rows at a dotted path in an object."""
    found = _found(data, within)
    if found is None and within and isinstance(data.get("data"), dict):
        found = _found(data["data"], within)  # some live answers stand in an envelope of their own
    return found if isinstance(found, list) else [] if found is None else [found]


def _found(data: Any, within: str) -> Any:
    """What lies at a dotted path; None where it leads nowhere."""
    for name in within.split(".") if within else ():
        data = data.get(name) if isinstance(data, dict) else None
    return data


def flat(row: Mapping[str, Any], above: Collection[str] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of an object and of those in it, by dotted names.

    above   the objects in it that are of interest, by dotted names, for any other may hold others without end; None
            for all
    """
    for name, value in row.items():
        path = f"{prefix}{name}"
        yield path, value
        if isinstance(value, dict) and (above is None or path in above):
            yield from flat(value, above, f"{path}.")


def _pairs(endpoint: Endpoint, data: Any) -> dict[str, str]:
    """A map of addresses, or a list of one-key maps."""
    maps = data if isinstance(data, list) else [data]
    if not all(isinstance(entry, dict) for entry in maps):
        if data is None:
            return {}
        raise BadResponse(endpoint.title, "data is neither a map nor a list of maps")
    return {key: value for entry in maps for key, value in entry.items() if decode.url(value)}


def _failure(endpoint: Endpoint, response: Response, code: int, text: str) -> ShopgraphError:
    """The class of an answer whose envelope says that it failed."""
    title, seen = endpoint.title, {code, response.status}
    shown = f"code {code}" + (f" ({shorten(text)})" if text else "")
    if QUOTA in text.lower() or 402 in seen:
        return QuotaExhausted(title, shown)
    if 401 in seen or (UNAUTHORIZED.search(text) and 403 not in seen):
        return Unauthenticated(title, shown)
    if 403 in seen:
        return Forbidden(title, shown)
    if 429 in seen:
        return RateLimited(title, shown, wait=retry_after(response))
    if 404 in seen:
        return UnknownRoute(title, shown)
    if 400 in seen or 422 in seen:
        return _refused(endpoint, text)
    if not endpoint.live and response.status in (200, 500) and code == 500:
        return _refused(endpoint, text) if _names_parameter(endpoint, text) else _outage(endpoint, shown, 1)
    if code >= 500 or response.status >= 500:
        return _outage(endpoint, shown, 2)
    return BadResponse(title, shown)


def _failure_of_status(endpoint: Endpoint, response: Response, what: str = "not JSON") -> ShopgraphError:
    """The class of an answer without a readable envelope."""
    title, shown = endpoint.title, f"HTTP {response.status}, {what}"
    if QUOTA in response.body[:2000].decode("utf-8", "replace").lower() or response.status == 402:
        return QuotaExhausted(title, shown)
    by_status: dict[int, ShopgraphError] = {
        400: BadInput("arguments", f"refused by {title}"),
        401: Unauthenticated(title, shown),
        403: Forbidden(title, shown),
        404: UnknownRoute(title, shown),
        429: RateLimited(title, shown, wait=retry_after(response)),
    }
    if response.status in by_status:
        return by_status[response.status]
    return _outage(endpoint, shown, 2) if response.status >= 500 else BadResponse(title, shown)


def _refused(endpoint: Endpoint, text: str) -> BadInput:
    """The upstream's own refusal, told with the name of the argument where its message names a parameter."""
    named = (name for name, encoder in endpoint.arguments.items() if any(p in text for p in encoder.wire))
    return BadInput(next(named, "arguments"), f"refused by {endpoint.title}: {shorten(text) or 'no reason given'}")


def _names_parameter(endpoint: Endpoint, text: str) -> bool:
    return bool(BOUND.search(text)) or any(re.search(rf"\b{param}\b", text) for param in endpoint.params)


def _outage(endpoint: Endpoint, shown: str, retries: int) -> UpstreamUnavailable:
    return UpstreamUnavailable(endpoint.title, shown, retries=retries)


def shorten(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def retry_after(response: Response) -> float | None:
    """Seconds that the provider told us to wait."""
    told = response.headers.get("retry-after")
    if told is None:
        return None
    seconds = decode.number(told)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
