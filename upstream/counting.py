"""How the calls to a provider are counted. Where, and with whom the counters are shared, upstream/ does not know."""

from __future__ import annotations

from typing import Protocol


class CallCount(Protocol):
    """Calls to one provider and their credits."""

    def count(self, credits: int) -> None:
        """A call is made at this price."""

    def refund(self, credits: int) -> None:
        """The provider gave so much back for a call that failed; the call stays counted."""

    async def counted(self) -> None:
        """Returns when the calls made so far are counted for good."""

    async def today(self) -> tuple[int, int]:
        """Calls and credits of this UTC day, by all who share the counters."""

    async def month(self) -> tuple[int, int]:
        """Those of this UTC month so far."""
