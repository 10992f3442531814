"""What can go wrong between a query and its data.

    ShopgraphError
    ├── BadInput                  BAD_USER_INPUT              refused before any call, or the upstream's 400
    │   └── BadCursor
    ├── CapabilityUnavailable     CAPABILITY_UNAVAILABLE      no endpoint serves it
    ├── BudgetExceeded            BUDGET_EXCEEDED             more credits than may be spent
    ├── NotCached                 NOT_CACHED                  only-if-cached, and the store lacks it
    ├── NotAllowed                FORBIDDEN                   the client's entry does not let it ask that
    └── UpstreamError
        ├── UpstreamUnavailable   UPSTREAM_UNAVAILABLE        outage: 5xx, reset
        │   └── UpstreamTimeout
        ├── RateLimited           UPSTREAM_RATE_LIMITED       429, or code 429 in a 200
        ├── QuotaExhausted        UPSTREAM_QUOTA_EXHAUSTED    402, "usage limit"
        ├── Unauthenticated       UPSTREAM_UNAUTHENTICATED    401
        │   └── Forbidden                                     403: that route alone
        └── BadResponse           UPSTREAM_BAD_RESPONSE       not JSON, wrong envelope, over-long
            └── UnknownRoute                                  404: a fault of ours, not an unknown id

A message names provider, endpoint and what was seen, never a credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from upstream.secrecy import strike


class ShopgraphError(Exception):
    """Base of all errors that a client may see; `extensions` go into the error's extensions beside the code."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: Mapping[str, Any] = {name: value for name, value in extensions.items() if value is not None}

    def hide(self, secrets: Iterable[str]) -> None:
        """Strike out secrets that the message repeats."""
        self.message = strike(self.message, secrets)
        self.args = (self.message,)


class BadInput(ShopgraphError):
    """An argument out of its bounds. `argument` is the path that the client wrote: "filter.units"."""

    code = "BAD_USER_INPUT"

    def __init__(self, argument: str, bound: str) -> None:
        super().__init__(f"{argument}: {bound}", argument=argument)
        self.argument = argument


class NotAllowed(ShopgraphError):
    """The client's entry does not let it ask that."""

    code = "FORBIDDEN"


class BadCursor(BadInput):
    """A cursor that is malformed, or was given by another list."""

    def __init__(self, bound: str = "not a cursor of this list with these arguments") -> None:
        super().__init__("after", bound)


class CapabilityUnavailable(ShopgraphError):
    """No configured endpoint can serve this list, trend, ranking or lookup as asked."""

    code = "CAPABILITY_UNAVAILABLE"


class BudgetExceeded(ShopgraphError):
    """More credits than the request, its client's day or the server allows."""

    code = "BUDGET_EXCEEDED"


class NotCached(ShopgraphError):
    """The client forbade calls, and the store does not have it."""

    code = "NOT_CACHED"


class UpstreamError(ShopgraphError):
    """A call failed.

    retries   how often it may be asked again
    wait      seconds that the provider told to wait, if any
    pause     seconds before the first retry, about, where it told none; None for the usual ones
    asked     how many providers were really asked: none, where one is known to fail
    """

    retries: ClassVar[int] = 0

    def __init__(
        self,
        endpoint: str,
        what: str,
        *,
        retries: int | None = None,
        wait: float | None = None,
        pause: float | None = None,
        asked: int = 1,
    ) -> None:
        super().__init__(f"{endpoint}: {what}", endpoint=endpoint)
        self.endpoint = endpoint
        self.attempts_left = type(self).retries if retries is None else retries
        self.wait = wait
        self.pause = pause
        self.asked = asked

    def beside(self, other: UpstreamError) -> UpstreamError:
        """This failure, and that of who was asked after it: the code stays this one's."""
        joined = type(self).__new__(type(self))  # a copy would be made of the message alone
        joined.__dict__.update(self.__dict__)
        joined.message = f"{self.message}; {other.message}"
        joined.asked = self.asked + other.asked
        joined.args = (joined.message,)
        return joined


class UpstreamUnavailable(UpstreamError):
    """The provider is down or answers with 5xx."""

    code = "UPSTREAM_UNAVAILABLE"
    retries = 2


class UpstreamTimeout(UpstreamUnavailable):
    """No answer within the call's timeout or the operation's deadline."""


class RateLimited(UpstreamError):
    """Asked too often; worth asking again after a pause."""

    code = "UPSTREAM_RATE_LIMITED"
    retries = 4


class QuotaExhausted(UpstreamError):
    """The account's credits are used up."""

    code = "UPSTREAM_QUOTA_EXHAUSTED"


class Unauthenticated(UpstreamError):
    """The provider does not accept the credentials."""

    code = "UPSTREAM_UNAUTHENTICATED"


class Forbidden(Unauthenticated):
    """The account may not use this route."""


class BadResponse(UpstreamError):
    """The body is not what the endpoint is declared to answer."""

    code = "UPSTREAM_BAD_RESPONSE"
    retries = 1


class UnknownRoute(BadResponse):
    """404: the path is not the provider's."""

    retries = 0
