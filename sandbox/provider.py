"""A provider, declared: where it is, whom it lets in, what it serves, and in which words it fails."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.parameter import Refused
from sandbox.reply import Reply, dump
from sandbox.route import Asked, Route, Setting

# Failures that every provider has words for; one may have more of its own.
FAILURES = (
    *("rate", "rate_in_200", "quota", "auth", "forbidden", "not_found"),
    *("bad_request", "bad_parameter", "error", "error_in_200"),
)
ROWS = re.compile(rb'"data":.*?(,"requestId":[^,{}\[\]]*)?\}$', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the providers know: EchoTik a user and a password, the others a key."""

    username: str = "sandbox"
    password: str = "sandbox"
    api_key: str = "sandbox"


@dataclass(frozen=True, slots=True)
class Failure:
    """How one failure looks.

    code      in the body; None where the body has none, or where there is no body
    message   options of the rule fill its {names}; `defaults` those that are not given
    """

    status: int
    code: int | None
    message: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """One failure as it is to be said: `options` are those that say more than message, parameter and retry_after."""

    name: str
    status: int
    code: int | None
    message: str
    route: Route | None
    options: Mapping[str, Any]


class Meter:
    """Counts the calls of one provider in one application. This one neither counts nor refuses.

    spent   credits charged so far
    """

    spent: int = 0

    def see(self, today: date) -> None:
        """Called with the world's day before each charge."""

    def charge(self, setting: Setting, route: Route, fault: str | None) -> Refused | None:
        """Called once for each call of a route by someone who is known, before it is answered.

        fault   what a rule will answer instead of the right answer
        Returns why the right answer is refused, if it is.
        """
        return None


def no_rows(body: bytes) -> bytes:
    """The envelope of {"code", "message", "data", "requestId"} around an empty list."""
    return ROWS.sub(rb'"data":[]\1}', body)


def always(route: Route, setting: Setting) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider.

    base         all its paths begin with it: "/keyapi/"
    authorized   whether a request comes from an account
    failures     by name, one for each of FAILURES at least
    body         of a failure, in bytes; some have none
    missing, invalid   how it names a parameter that was not sent, or will not do; "" leaves the parameter's own words
    unknown      answers, by the path below the base, what is none of its routes; unless given, "not_found" does
    served       whether it has a route under a setting
    meter        makes what counts its calls
    emptied      a right answer with its rows taken out; `opening` how a body without an end begins
    """

    name: str
    base: str
    routes: tuple[Route, ...]
    authorized: Callable[[Asked, Account], bool]
    failures: Mapping[str, Failure]
    body: Callable[[Told], bytes]
    missing: str = ""
    invalid: str = ""
    unknown: Callable[[Asked], Reply] | None = None
    served: Callable[[Route, Setting], bool] = always
    meter: Callable[[], Meter] = Meter
    emptied: Callable[[bytes], bytes] = no_rows
    opening: bytes = b'{"code":0,"message":"success","data":[{"product_name":"'

    def failing(self, name: str, route: Route | None, options: Mapping[str, Any]) -> Reply:
        """A failure by name. Options: message, parameter, retry_after (seconds, as a header), others as it will."""
        failure = self.failures[name]
        more = {**failure.defaults, **options}
        message = more.pop("message", None)
        retry_after, parameter = more.pop("retry_after", None), more.pop("parameter", "page_size")
        if message is None:
            message = failure.message.format_map({**more, "parameter": parameter})
        body = self.body(Told(name, failure.status, failure.code, str(message), route, more))
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return Reply(body, status=failure.status, code=failure.code, headers=headers)

    def refusing(self, refused: Refused, route: Route | None) -> Reply:
        """What a route answers that refuses a request."""
        words = {"missing": self.missing, "invalid": self.invalid}.get(refused.problem, "")
        message = words.format(parameter=refused.parameter) if words else refused.message
        options = {**refused.options} if message is None else {**refused.options, "message": message}
        return self.failing(refused.fault, route, options)


def message_body(told: Told) -> bytes:
    """A body of code, message and no data."""
    return dump({"code": told.code, "message": told.message, "data": None, **told.options})
