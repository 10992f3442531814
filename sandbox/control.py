"""What a test may see and steer: the calls that came in, and the rules that answer some of them otherwise."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from random import Random
from threading import Lock
from time import monotonic
from typing import Any

Seconds = float | Callable[[], float]
ANY = "*"


@dataclass(slots=True)
class Call:
    """One request, as it came in, and how it was answered.

    version   "v2", "v3", …: the provider's own word, "" on a path of no route
    path      without base, version and provider: "product/detail", "realtime/product/detail"
    params    of the query, the JSON body and the path alike
    provider  "echotik", "keyapi", …; "" on a path of no provider
    fault     what answered it instead of the right answer, by name; "" where that was none
    status    HTTP status; 0 while there is none, and for good where the connection was closed without an answer
    code      the envelope's code; None for a body that has none
    started, ended   monotonic seconds
    """

    version: str
    path: str
    params: dict[str, str]
    status: int = 0
    code: int | None = None
    started: float = field(default_factory=monotonic)
    ended: float | None = None
    provider: str = ""
    fault: str = ""


@dataclass(slots=True)
class Rule:
    """Calls of a path that are answered by a fault or a canned body: all of them, or the next `times`.

    version, provider, when   only calls of this version, to this provider, with these parameters
    fault           name in sandbox.faults.FAULTS; `options` its own
    """

    path: str
    fault: str
    options: dict[str, Any]
    times: int | None = None
    version: str | None = None
    when: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None

    def matches(self, call: Call) -> bool:
        return (
            self.times != 0
            and self.path in (ANY, call.path)
            and self.version in (None, call.version)
            and self.provider in (None, call.provider)
            and all(call.params.get(name) == value for name, value in self.when.items())
        )


class Mix:
    """Faults that answer some calls at random: each its share of all calls."""

    def __init__(self, shares: Mapping[str, float], seed: object) -> None:
        self._rules = [Rule(ANY, fault, {}) for fault in shares] + [None]
        self._weights = [*shares.values(), 1 - sum(shares.values())]
        self._random = Random(str(seed))

    def draw(self) -> Rule | None:
        return self._random.choices(self._rules, self._weights)[0]


class Control:
    """Calls, rules and delays of one server. Every method may be called from any thread.

    latency   seconds before any answer, or a function that gives them call by call
    """

    def __init__(self, latency: Seconds = 0.0) -> None:
        self.latency = latency
        self.calls: list[Call] = []
        self.max_in_flight = 0
        self._in_flight = 0
        self._rules: list[Rule] = []
        self._mix: Mix | None = None
        self._delays: dict[tuple[str, str], Seconds] = {}
        self._lock = Lock()

    @contextmanager
    def record(self, call: Call) -> Iterator[Call]:
        """Keeps a call from its arrival to its end."""
        with self._lock:
            self.calls.append(call)
            self._in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self._in_flight)
        try:
            yield call
        finally:
            with self._lock:
                call.ended = monotonic()
                self._in_flight -= 1

    def add(self, rule: Rule) -> None:
        """Rules are tried in the order they were added; one that has run out is passed over."""
        with self._lock:
            self._rules.append(rule)

    def claim(self, call: Call) -> Rule | None:
        """The rule that answers a call, counted as used; else one of the mix, where it draws one."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(call)), None)
            if rule is None and self._mix is not None:
                rule = self._mix.draw()
            if rule and rule.times is not None:
                rule.times -= 1
            call.fault = rule.fault if rule else ""
            return rule

    def mix(self, shares: Mapping[str, float], seed: object = 0) -> None:
        """Has faults answer calls that no rule does, at random: {"rate": 0.05} those of one call in twenty."""
        with self._lock:
            self._mix = Mix(shares, seed)

    def delay(self, seconds: Seconds, path: str | None = None, provider: str | None = None) -> None:
        """Makes a path, or a provider, or both by default, answer later; a narrower delay replaces a wider one."""
        with self._lock:
            self._delays[provider or ANY, path or ANY] = seconds

    def seconds(self, path: str, provider: str = "") -> float:
        """How long to wait before answering a path."""
        places = ((provider, path), (ANY, path), (provider, ANY), (ANY, ANY))
        with self._lock:
            delay = next((self._delays[place] for place in places if place in self._delays), self.latency)
        return delay() if callable(delay) else delay

    def seen(self) -> list[dict[str, Any]]:
        """Every call so far as plain data."""
        with self._lock:
            return [asdict(call) for call in self.calls]

    def forget_calls(self) -> None:
        with self._lock:
            self.calls.clear()
            self.max_in_flight = self._in_flight

    def forget_rules(self) -> None:
        """Drops faults, their mix, canned answers and delays; the latency given at the start stays."""
        with self._lock:
            self._mix = None
            self._rules.clear()
            self._delays.clear()
