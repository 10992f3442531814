"""The five envelopes of Winning Hunter, and how it words what went wrong.

    {success, data: {…}}      {success, data: […], page, total}      {success, data: […]}
    {success, suggestions: […]}      {success, credits: {…}}
    {success: false, error: "…"}, on any status

The status is the source of truth, then whether the body is JSON, then `success` and the rows' own key. Two failures
share status 429: the rate of a minute, and the credits of a month. Source: the provider's TikTok Shop page and its page
of errors; other shapes of errors by public client code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from upstream import decode
from upstream.argument import Pages
from upstream.endpoint import Endpoint
from upstream.envelope import MOST_TEXT, Answer, Response, length, retry_after, shorten
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

MONTHLY = re.compile(r"monthly credit limit|credit limit reached", re.IGNORECASE)
TOO_FAST = re.compile(r"rate limit", re.IGNORECASE)
NO_SUCH = re.compile(r"\b(shop|product|creator|video|entity|id)\b.*\b(not found|unknown|does not exist)", re.IGNORECASE)
PAGED = ("page", "total")
EXTRA = frozenset({"meta", "pagination", "credits_remaining", "credits_unlimited"})
"""What may stand beside the rows."""

FIRST_PAUSE = 1.5
"""Seconds before a call that came too often is repeated: 1 to 2, as the provider advises."""


class Failed(UpstreamUnavailable):
    """An uncaught fault of the provider, told in its own words: the credit is given back."""

    retries = 1


def read(endpoint: Endpoint, response: Response, params: Mapping[str, str]) -> Answer:
    """The rows of an answer; raises the ShopgraphError of its class where it is none."""
    body = loads(response.body)
    if not isinstance(body, dict):
        raise _failure(endpoint, response, {}, f"HTTP {response.status}, not JSON")
    if response.status == 404 and NO_SUCH.search(_text(body)):
        return Answer([], {}, len(response.body))
    failed = response.status != 200 or body.get("success") is False or endpoint.rows_at not in body
    if failed:
        raise _failure(endpoint, response, body, _shown(response, body))
    return _answer(endpoint, body, params, len(response.body))


def _answer(endpoint: Endpoint, body: Mapping[str, Any], params: Mapping[str, str], size: int) -> Answer:
    assert endpoint.rows is not None
    told = body[endpoint.rows_at]
    if not told:
        return Answer([], {}, size, None, length(body.get("total")))
    if not isinstance(told, dict | list):
        raise BadResponse(endpoint.title, f"{endpoint.rows_at} is not what the endpoint is declared to answer")
    about = {column: params[param] for column, param in endpoint.asked.items()}
    rows = told if isinstance(told, list) else [told]
    period = decode.count(told.get("period")) if isinstance(told, dict) else None
    if period is not None and "period" in params and str(period) != params["period"]:
        raise BadResponse(endpoint.title, f"tells of {period} days where {params['period']} were asked")
    read = [endpoint.rows.convert({**about, **row} if isinstance(row, dict) else row) for row in rows]
    return Answer(read, {}, size, None, length(body.get("total")))


def variants(endpoint: Endpoint, body: Mapping[str, Any]) -> Iterator[str]:
    """How what stands around the rows of a successful answer is other than documented, in few words each."""
    if body.get("success") is False or endpoint.rows_at not in body:
        return
    if "success" not in body:
        yield "no success"
    if isinstance(endpoint.pages, Pages) and body[endpoint.rows_at]:
        yield from (f"no {name}" for name in PAGED if name not in body)
    known = EXTRA.union(PAGED, ("success", endpoint.rows_at))
    yield from (f"beside {endpoint.rows_at}: {name}" for name in body if name not in known)


def _failure(endpoint: Endpoint, response: Response, body: Mapping[str, Any], shown: str) -> ShopgraphError:
    """The class of an answer that holds no rows."""
    title, text, status = endpoint.title, _text(body), response.status
    if ("credits" in body and status == 429) or MONTHLY.search(text):
        return QuotaExhausted(title, shown)
    if status == 429 or (status == 200 and TOO_FAST.search(text)):
        return RateLimited(title, shown, wait=retry_after(response), pause=FIRST_PAUSE)
    if status == 401 or (status == 200 and text.lower() == "unauthorized"):
        return Unauthenticated(title, shown)
    if status == 403 or "upgrade" in body:
        return Forbidden(title, shown)
    if status == 404:
        return UnknownRoute(title, shown)
    if status in (400, 422):
        return BadInput("arguments", f"refused by {title}: {shorten(text) or 'no reason given'}")
    if status >= 500:
        return Failed(title, shown) if body else UpstreamUnavailable(title, shown, retries=2)
    return BadResponse(title, shown)


def _shown(response: Response, body: Mapping[str, Any]) -> str:
    text = _text(body)
    return f"HTTP {response.status}" + (f" ({shorten(text)})" if text else ", no envelope of this provider")


def _text(body: Mapping[str, Any]) -> str:
    told = (body.get(name) for name in ("error", "message"))
    return " ".join(text[:MOST_TEXT] for text in told if isinstance(text, str))
