"""What calls cost: a credit each, of so many a month; and how many a minute there may be."""

from collections import deque
from datetime import date
from time import monotonic

from sandbox.parameter import Refused
from sandbox.provider import Meter
from sandbox.route import Route, Setting
from sandbox.winninghunter.failure import LIMIT

UNCOUNTED = ("auth", "forbidden")  # faults that answer before anything is counted
FREE = (*UNCOUNTED, "rate", "quota", "error")  # not charged, or refunded
MINUTE = 60.0  # seconds


class CreditMeter(Meter):
    """Counts metered calls in the last minute, also those answered 429 or 500, and credits in the month."""

    def __init__(self) -> None:
        self.spent = 0
        self._month = date.min
        self._recent: deque[float] = deque()

    def see(self, today: date) -> None:
        """All credits are back when the calendar month changes."""
        if self._month != today.replace(day=1):
            self._month, self.spent = today.replace(day=1), 0

    def charge(self, setting: Setting, route: Route, fault: str | None) -> Refused | None:
        if fault in UNCOUNTED:
            return None
        recent, per_minute, limit = self._counted(), setting.winninghunter_per_minute, limit_of(setting)
        if per_minute is not None and recent > per_minute:
            return Refused(fault="rate", limit=per_minute)
        if self.spent >= limit:
            return self._used_up(setting, limit)
        if fault not in FREE:
            self.spent += 1
        return None

    def _counted(self) -> int:
        """How many there were in the last minute, this one among them."""
        now = monotonic()
        self._recent.append(now)
        while self._recent[0] <= now - MINUTE:
            self._recent.popleft()
        return len(self._recent)

    def _used_up(self, setting: Setting, limit: int) -> Refused:
        if setting.winninghunter_credits_told:
            return Refused(fault="quota", limit=limit, credits=balance(setting, self.spent))
        return Refused(fault="quota", limit=limit)


def limit_of(setting: Setting) -> int:
    """Credits a month."""
    return LIMIT if setting.winninghunter_credits is None else setting.winninghunter_credits


def balance(setting: Setting, spent: int) -> dict[str, int]:
    limit = limit_of(setting)
    return {"used": spent, "limit": limit, "remaining": limit - spent}
