"""A provider as its package declares it: settings, access, limits, endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from entities.record import Fact
from upstream.access import Access
from upstream.endpoint import Endpoint
from upstream.limiter import Rate, Window
from upstream.vendor import Vendor

Values = Mapping[str, Any]
"""Settings by name; those that are secret as plain text."""


class Incomplete(Exception):
    """Settings that do not configure the provider whole; the message is one line that begins with the lacking one."""


@dataclass(frozen=True)
class Setting:
    """One setting of a provider, of the type of its default.

    name     in lower case: "keyapi_api_key"
    secret   whether it is shown nowhere
    address  whether it is a web address
    bounds   ge, le and the like, as pydantic takes them
    """

    name: str
    default: str | int | float
    help: str
    secret: bool = False
    address: bool = False
    bounds: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Provider:
    """One provider.

    vendor      how its answers are read, and how far they are believed
    word        its name in the graph: "WINNING_HUNTER"
    title       its name in prose
    about       one line for whoever wonders what it is
    settings    what an operator may set
    access      how it is reached with these settings; None where they do not configure it; raises Incomplete
    bound       on its calls in time, by the settings
    endpoints   what it answers
    emulated    settings that reach the sandbox, in which {url} stands for its address; none where that has no such
                provider
    compares    by type of entity whose ids may be its own, how a name is compared: see Comparison
    costs       what its calls cost and how its credits are counted, for the docs
    left_out    its documented routes that are not asked, and why
    """

    vendor: Vendor
    word: str
    title: str
    about: str
    settings: tuple[Setting, ...]
    access: Callable[[Values], Access | None]
    bound: Callable[[Values], Rate | Window]
    endpoints: tuple[Endpoint, ...]
    emulated: Mapping[str, str] = field(default_factory=dict)
    compares: Mapping[str, Comparison] = field(default_factory=dict)
    costs: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.vendor.name


@dataclass(frozen=True)
class Comparison:
    """How it is learned whether an id means the same entity at this provider: by the name that both know it under.

    endpoint   answers rows with an id and a name
    asks       the fact whose value is sent; "id" is the entity's own
    argument   as which
    tells      the fact of a row that is the name
    names      the entity's facts one of which it must equal
    beside     further arguments, with the facts that are sent where they are known
    """

    endpoint: Endpoint
    asks: Fact
    argument: str
    tells: Fact
    names: tuple[Fact, ...]
    beside: Mapping[str, Fact] = field(default_factory=dict)
