"""What a client may spend, and has spent."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

from tests.conftest import Answer, Gateway
from tests.graph.walked import Such, Walker

LIMIT = 100_000
DAYS = 3
KEY = "a key that heron keeps"
CLIENT = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}:{LIMIT}"
"""As SHOPGRAPH_API_KEYS names a client that may spend so many credits a day."""


class Heron:
    """Asks a server as that client; `asked` counts how often."""

    def __init__(self, server: Gateway) -> None:
        self._server = server
        self.asked = 0

    def __call__(self, query: str) -> Answer:
        self.asked += 1
        return self._server(query, headers={"authorization": f"Bearer {KEY}"})


def compare_quota(walker: Walker) -> None:
    """While every call made was one of those that cost a credit each."""
    heron = walker.server
    assert isinstance(heron, Heron) and heron.asked
    spent = walker.sandbox.count()
    today = datetime.now(UTC).date()
    nothing = {"credits": 0, "operations": 0}
    days = [{"date": (today - timedelta(days=back)).isoformat(), **nothing} for back in reversed(range(DAYS))]
    days[-1] |= {"credits": spent, "operations": heron.asked}
    walker.same(
        f"""{{ quota {{ client limit used remaining resetAt perRequest
            byDay(days: {DAYS}) {{ date credits operations }} }} }}""",
        {
            "quota": {
                "client": "heron",
                "limit": LIMIT,
                "used": spent,
                "remaining": LIMIT - spent,
                "resetAt": Such("the end of the day", lambda told: _is_midnight_after(told, today)),
                "perRequest": 200,
                "byDay": days,
            }
        },
    )


def _is_midnight_after(told: str, day: date) -> bool:
    return datetime.fromisoformat(told) == datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
