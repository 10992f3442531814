"""A route of a provider: where it is, what it takes, who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sandbox.cache import Cache
from sandbox.parameter import Arguments, Parameter
from sandbox.reply import Reply
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Setting:
    """What can be switched without a fault.

    ranking_lag_days   yesterday's ranking (2: the day before's too, …) is not there yet
    cover_list         signed covers as a list of one-key maps instead of one map
    """

    ranking_lag_days: int = 0
    cover_list: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a route, its parameters checked.

    rows, lists   the application's memory of serialized rows, and of filtered and sorted lists
    """

    world: World
    version: str
    arguments: Arguments
    setting: Setting
    rows: Cache
    lists: Cache


@dataclass(frozen=True)
class Route:
    """One route.

    version      "v2", "v3": what the record of calls says
    path         as in the record of calls; `prefix` and it make the path on the wire
    answer       the rows or the object, as a whole Reply
    """

    version: str
    path: str
    prefix: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Question], Reply]

    @cached_property
    def wire_path(self) -> str:
        return f"{self.prefix}{self.path}"


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: its routes, how it lets a request in and how it words a failure.

    authorized   whether the Authorization header will do, given a username and a password
    failure      body of a failed call: code, message, route (None: of no route)
    """

    name: str
    base: str
    routes: tuple[Route, ...]
    authorized: Callable[[str, str, str], bool]
    failure: Callable[[int, str, Route | None], bytes]
