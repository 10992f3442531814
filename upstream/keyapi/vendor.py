"""KeyAPI as its endpoints know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from upstream import decode, envelope
from upstream.endpoint import Endpoint
from upstream.vendor import Vendor


def variants(endpoint: Endpoint, body: Mapping[str, Any]) -> Iterator[str]:
    """As at EchoTik; but that routes of the daily load are documented with the id of the request always."""
    yield from envelope.variants(endpoint, body)
    if endpoint.path.endswith("/analytics") and decode.count(body.get("code")) == 0 and not body.get("requestId"):
        yield "no requestId"


KEYAPI = Vendor("keyapi", envelope.read, data="echotik", variants=variants)
