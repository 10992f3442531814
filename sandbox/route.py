"""A route of a provider: where it is, what it takes, who answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sandbox.cache import Cache
from sandbox.parameter import Arguments, Parameter
from sandbox.reply import Reply
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Setting:
    """What can be switched without a fault.

    ranking_lag_days   yesterday's ranking (2: the day before's too, …) is not there yet
    cover_list         signed covers as a list of one-key maps instead of one map

    KeyAPI:
    keyapi_unpublished   serves the routes whose path is nowhere told, where its rule puts them
    keyapi_shop_list     a shop's detail is a list of one instead of an object
    keyapi_credits       how many there are; None: no end

    Winning Hunter:
    winninghunter_per_minute   metered calls in any 60 seconds; None: no bound
    winninghunter_credits      a month; None: 20000
    winninghunter_foreign      ids of shops, creators and videos are its own
    winninghunter_text         figures of totals as short text: "$1.23k"
    winninghunter_unknown      what data is of an id that nobody knows: "null" or "empty"; "404": there is none
    winninghunter_credits_told the answer to a call when all credits are used says how many they were
    """

    ranking_lag_days: int = 0
    cover_list: bool = False
    keyapi_unpublished: bool = True
    keyapi_shop_list: bool = False
    keyapi_credits: int | None = None
    winninghunter_per_minute: int | None = None
    winninghunter_credits: int | None = None
    winninghunter_foreign: bool = False
    winninghunter_text: bool = False
    winninghunter_unknown: Literal["null", "empty", "404"] = "null"
    winninghunter_credits_told: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before any route has read it.

    path      below the provider's base
    headers   by name in lower case
    query     one sent several times is joined with commas
    body      the JSON object of a POST; None for one that is no JSON object, empty for none
    """

    method: str = "GET"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a route, its parameters checked.

    rows, lists   the application's memory of serialized rows, and of filtered and sorted lists
    asked         the request itself
    spent         what its provider's meter has charged so far, this request included
    """

    world: World
    version: str
    arguments: Arguments
    setting: Setting
    rows: Cache
    lists: Cache
    asked: Asked = field(default_factory=Asked)
    spent: int = 0


@dataclass(frozen=True)
class Route:
    """One route.

    version      "v2", "v3": what the record of calls says
    path         as in the record of calls; `prefix` and it make the path on the wire
    parameters   of the query, the JSON body and the path alike
    answer       the rows or the object, as a whole Reply; may raise Refused
    wire         what follows the prefix on the wire where that is not `path`: "product-detail/{id}"
    cost         credits
    published    whether the documents tell its path
    """

    version: str
    path: str
    prefix: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Question], Reply]
    methods: tuple[str, ...] = ("GET",)
    wire: str = ""
    cost: int = 1
    published: bool = True

    @cached_property
    def wire_path(self) -> str:
        return f"{self.prefix}{self.wire or self.path}"
