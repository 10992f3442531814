"""Credits: a call costs some, whatever the number of ids or rows, until there are none."""

from sandbox.parameter import Refused
from sandbox.provider import FAILURES, Meter
from sandbox.route import Route, Setting


class Credits(Meter):
    """Failures that a rule answers cost nothing; whether they do is nowhere told."""

    def charge(self, setting: Setting, route: Route, fault: str | None) -> Refused | None:
        if fault in FAILURES:
            return None
        if setting.keyapi_credits is not None and self.spent + route.cost > setting.keyapi_credits:
            return Refused(fault="quota")
        self.spent += route.cost
        return None
