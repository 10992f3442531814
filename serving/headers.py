"""What a request's headers ask beside its question, and what an answer's tell of its age. RFC 9111 and RFC 5861."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from upstream.operation import CacheUse

CREDIT_BUDGET = "X-Credit-Budget"
PROVIDERS = "X-Providers"
COST_TRACE = "X-Cost-Trace"
MOST_SECONDS = 2**31
"""What a number of seconds beyond it counts as (RFC 9111, 1.2.2)."""

LONGEST_AGE = 365 * 24 * 3600
"""The longest that an answer is said to stay fresh: what is kept for good has no end to tell."""

NUMBER = re.compile(r"[0-9]+", re.ASCII)
DIRECTIVE = re.compile(
    r"""[\s,]*
    (?P<name> [!#$%&'*+.^_`|~0-9A-Za-z-]+ )
    (?: \s*=\s* (?: "(?P<quoted> (?:[^"\\]|\\.)* )" | (?P<token> [^\s,"]* ) ) )?
    (?P<rest> [^,]* )""",
    re.VERBOSE,
)


class BadHeader(Exception):
    """A header out of its bounds; the message is one line that names it."""


def credit_budget(values: Sequence[str], most: int) -> int:
    """Credits that the request may spend. values: those of its X-Credit-Budget, which can only lower `most`."""
    if not values:
        return most
    given = values[0].strip(" \t")
    if len(values) > 1 or not NUMBER.fullmatch(given):
        raise BadHeader(f"{CREDIT_BUDGET}: must be one whole number from 0; above {most} it changes nothing")
    digits = given.lstrip("0") or "0"
    return most if len(digits) > len(str(most)) else min(most, int(digits))


def providers(values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The providers that alone may answer, in their order; () for all. values: those of the request's X-Providers."""
    names = [name.strip().lower().replace("_", "") for value in values for name in value.split(",")]
    if any(name not in known for name in names) or len(set(names)) < len(names):
        raise BadHeader(f"{PROVIDERS}: must be names of providers, each once, separated by commas: {', '.join(known)}")
    return tuple(names)


def is_traced(values: Sequence[str]) -> bool:
    """Whether the answer tells each upstream call. values: those of the request's X-Cost-Trace."""
    given = [value.strip(" \t") for value in values]
    if given not in ([], ["0"], ["1"]):
        raise BadHeader(f"{COST_TRACE}: must be 1, or 0 for no trace")
    return given == ["1"]


def takes_parts(values: Sequence[str]) -> bool:
    """Whether who asked reads an answer in parts, as GraphQL's draft words them. values: those of its Accept.

    `deferSpec` asks for an older wording, which is not spoken.
    """
    kinds = [kind.lower().replace(" ", "") for value in values for kind in value.split(",")]
    mixed = [kind for kind in kinds if kind.partition(";")[0] == "multipart/mixed" and "deferspec=" not in kind]
    return any(not re.search(r";q=0(\.0*)?$", kind) for kind in mixed)


def cache_use(values: Sequence[str], now: float, *, may_bypass: bool = True) -> CacheUse:
    """What a request's Cache-Control allows of stored answers; what is unknown or malformed in it counts for nothing.

    may_bypass   whether no-cache, no-store and max-age are heeded
    """
    asked = list(_directives(", ".join(values)))
    names = {name for name, _ in asked}
    # Of a directive that is given twice the first counts (RFC 9111, 4.2.1).
    ages = [seconds for name, given in asked if name == "max-age" and (seconds := _seconds(given)) is not None]
    since = 0.0
    if may_bypass and ages:
        since = now - ages[0]
    if may_bypass and names & {"no-cache", "no-store"}:
        since = now
    allowed = [_stale(given) for name, given in asked if name == "stale-if-error"]
    return CacheUse(since, "only-if-cached" in names, allowed[0] if allowed else 0.0)


def freshness(oldest: float, soonest: float, now: float, *, failed: bool) -> dict[str, str]:
    """The headers that tell how old an answer is, and how long it stays fresh.

    oldest    when the first of what it is made of was fetched, unix seconds; infinite where it is made of nothing
    soonest   when the first of it turns stale
    failed    whether it has errors
    """
    if failed or oldest == float("inf"):
        return {"cache-control": "no-store"}
    left = int(min(LONGEST_AGE, max(0.0, soonest - now)))
    age = int(min(MOST_SECONDS, max(0.0, now - oldest)))
    return {"cache-control": f"private, max-age={age + left}", "age": str(age)}  # a cache takes the age off again


def _directives(text: str) -> Iterator[tuple[str, str | None]]:
    """Every directive that is well formed; from one that is not, on behind its comma."""
    at = 0
    while at < len(text):
        found = DIRECTIVE.match(text, at)
        if found is None:
            at = text.find(",", at) + 1 or len(text)
            continue
        at = found.end()
        if not found["rest"].strip():
            quoted = found["quoted"]
            yield found["name"].lower(), found["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _seconds(argument: str | None) -> int | None:
    if argument is None or not NUMBER.fullmatch(argument):
        return None
    digits = argument.lstrip("0") or "0"
    return MOST_SECONDS if len(digits) > len(str(MOST_SECONDS)) else min(MOST_SECONDS, int(digits))


def _stale(argument: str | None) -> float:
    """Seconds of stale-if-error; without an argument it sets no bound."""
    return float("inf") if argument is None else float(_seconds(argument) or 0)
