"""Who sells the data: how its answers are read, and how far they are believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from entities.record import Fact

if TYPE_CHECKING:
    from upstream.endpoint import Endpoint
    from upstream.envelope import Answer, Response
    from upstream.errors import ShopgraphError


class Read(Protocol):
    """Takes an answer apart; raises the ShopgraphError of its class where it tells of a failure.

    params   what was sent, for answers that do not repeat whom they are about
    """

    def __call__(self, endpoint: Endpoint, response: Response, params: Mapping[str, str]) -> Answer: ...


class Variants(Protocol):
    """Tells how what stands around the rows of an answer is other than documented, in few words each."""

    def __call__(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Iterable[str]: ...


@dataclass(frozen=True, eq=False)
class Vendor:
    """One provider, as far as its endpoints are concerned.

    name       prefix of its endpoints' names: "echotik"
    read       reads its answers
    data       the data set that it sells: vendors of the same one tell the same rows, and continue each other's lists;
               what stands behind a point is an edition of it, which tells the same facts
    trust      0 where its facts stand first; a higher one fills what those leave open
    unproven   types of entities whose ids may be its own, until a name was compared
    foreign    by type of entity, facts that are such ids
    free       failures that it does not charge
    variants   tells how an envelope is other than documented
    """

    name: str
    read: Read
    data: str
    trust: int = 0
    unproven: frozenset[str] = frozenset()
    foreign: Mapping[str, frozenset[Fact]] = field(default_factory=dict)
    free: tuple[type[ShopgraphError], ...] = ()
    variants: Variants = lambda endpoint, body: ()
