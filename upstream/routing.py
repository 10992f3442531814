"""Which endpoint serves: the eligible one that comes first; who can supply a fact of an entity by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from entities.record import Fact
from upstream.account import Access
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, CapabilityUnavailable
from upstream.mapping import Rows


class Catalog:
    """The endpoints that the configured accounts can reach, best first."""

    def __init__(self, endpoints: Iterable[Endpoint], accesses: Iterable[Access]) -> None:
        reached = [(access.provider, version) for access in accesses for version in access.bases]
        places = {place: index for index, place in enumerate(reached)}
        usable = [endpoint for endpoint in endpoints if (endpoint.provider, endpoint.version) in places]
        self.endpoints = sorted(usable, key=lambda endpoint: places[endpoint.provider, endpoint.version])

    def serving(self, capability: str) -> list[Endpoint]:
        """Those of that name, and behind them those that stand in for it."""
        return self._serving.get(capability, [])

    def route(self, capability: str, arguments: Mapping[str, Any]) -> Endpoint:
        """The endpoint that applies every argument given.

        Raises   BadInput where a value is out of the bounds of the endpoints that would take it;
                 CapabilityUnavailable where none takes all the arguments, naming those that exclude each other
        """
        candidates = self.serving(capability)
        refused: dict[str, list[str]] = {}
        needed: tuple[str, ...] = ()
        bad: BadInput | None = None
        for endpoint in candidates:
            try:
                names = endpoint.refused(arguments)
            except BadInput as error:
                bad = bad or error
                continue
            if endpoint.lacks(arguments):
                needed = needed or endpoint.needs
            elif not names:
                return endpoint
            else:
                refused[_teller(endpoint, capability)] = names
        if bad is not None:
            raise bad
        raise _unavailable(capability, refused, needed)

    def continuing(self, route: str, capability: str) -> Endpoint | None:
        """The endpoint that a list was begun at."""
        return next((endpoint for endpoint in self.serving(capability) if endpoint.route == route), None)

    def supplier(self, entity: str, fact: Fact) -> Endpoint | None:
        """The cheapest lookup by id that supplies a fact; None where nobody can be asked for it."""
        return self._suppliers.get((entity, fact))

    def lookup(self, entity: str, match: Fact = "id") -> Endpoint | None:
        """The lookup by id, or by handle, that proves an entity's existence."""
        return self._lookups.get((entity, match))

    def describing(self, entity: str) -> list[Endpoint]:
        """Every endpoint whose rows are parts of this type of entity."""
        return self._describing.get(entity, [])

    @cached_property
    def _serving(self) -> dict[str, list[Endpoint]]:
        serving: dict[str, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            serving.setdefault(endpoint.name, []).append(endpoint)
        for endpoint in self.endpoints:
            if endpoint.stands_in is not None:
                serving.setdefault(endpoint.stands_in, []).append(endpoint)
        return serving

    @cached_property
    def _lookups(self) -> dict[tuple[str | None, Fact], Endpoint]:
        lookups: dict[tuple[str | None, Fact], Endpoint] = {}
        for endpoint in self.endpoints:
            if endpoint.ids is not None:
                lookups.setdefault((endpoint.entity, endpoint.match), endpoint)
        return lookups

    @cached_property
    def _suppliers(self) -> dict[tuple[str, Fact], Endpoint]:
        lookups = sorted((e for e in self.endpoints if e.is_lookup), key=lambda endpoint: endpoint.credits)
        suppliers: dict[tuple[str, Fact], Endpoint] = {}
        for endpoint in lookups:
            assert endpoint.entity is not None
            for fact in rows_of(endpoint).facts:
                suppliers.setdefault((endpoint.entity, fact), endpoint)
        return suppliers

    @cached_property
    def _describing(self) -> dict[str, list[Endpoint]]:
        described: dict[str, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            for kind in endpoint.entities:
                described.setdefault(kind, []).append(endpoint)
        return described


def rows_of(endpoint: Endpoint) -> Rows:
    """The row mapping of an endpoint that has one."""
    assert endpoint.rows is not None
    return endpoint.rows


def _teller(endpoint: Endpoint, capability: str) -> str:
    who = f"{endpoint.provider.value} {endpoint.version}"
    return who if endpoint.name == capability else f"{who} {endpoint.name}"


def _unavailable(
    capability: str, refused: Mapping[str, list[str]], needed: tuple[str, ...] = ()
) -> CapabilityUnavailable:
    if needed and not refused:
        return CapabilityUnavailable(
            f"{capability}: served with {needed[-1]} alone", capability=capability, arguments=[needed[-1]]
        )
    if not refused:
        return CapabilityUnavailable(f"{capability}: no configured provider serves it", capability=capability)
    arguments = list(dict.fromkeys(name for names in refused.values() for name in names))
    reasons = "; ".join(f"{who} lacks {', '.join(names)}" for who, names in refused.items())
    excluding = "exclude each other" if len(refused) > 1 and len(arguments) > 1 else "cannot be applied"
    message = f"{capability}: {', '.join(arguments)} {excluding}: {reasons}"
    return CapabilityUnavailable(message, capability=capability, arguments=arguments)
