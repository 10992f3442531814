"""Which endpoints serve, and at what price: the eligible ones, best first; who supplies facts of an entity by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

from entities.record import Fact
from upstream.access import Access
from upstream.endpoint import Endpoint
from upstream.errors import BadInput, CapabilityUnavailable, NotAllowed
from upstream.mapping import Rows
from upstream.rights import REALTIME

MOST_TOGETHER = 3
"""How many lookups are put together at most to supply what is asked of an entity."""


class Catalog:
    """The endpoints that the configured accounts can reach, in the operator's order.

    prices   what a credit of each provider is worth, 1 where none is given
    admits   whether an endpoint would be asked now, as far as its provider's circuit is concerned
    live     whether TikTok may be read now
    disabled routes of endpoints that are never asked

    reached  those that the accounts can reach, also where they are switched off
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        accesses: Iterable[Access],
        prices: Mapping[str, float] | None = None,
        admits: Callable[[Endpoint], bool] = lambda _: True,
        *,
        live: bool = True,
        disabled: frozenset[str] = frozenset(),
    ) -> None:
        self.accesses = tuple(accesses)
        self._live = live
        self._disabled = disabled
        self.prices = prices or {}
        self.admits = admits
        reached = [(access.provider, version) for access in self.accesses for version in access.bases]
        places = {place: index for index, place in enumerate(reached)}
        self._declared = tuple(each for each in endpoints if live or not each.name.startswith(REALTIME))
        usable = [endpoint for endpoint in self._declared if (endpoint.provider, endpoint.base) in places]
        self.reached = sorted(usable, key=lambda endpoint: places[endpoint.provider, endpoint.base])
        self.endpoints = [endpoint for endpoint in self.reached if endpoint.route not in disabled]
        self._places = {endpoint: index for index, endpoint in enumerate(self.reached)}
        self._pinned: dict[tuple[tuple[str, ...], bool], Catalog] = {}
        self.cheapest = lru_cache(4096)(self._cheapest)

    def pinned(self, providers: tuple[str, ...], *, live: bool = True) -> Catalog:
        """That of these providers alone, in their order; of all where there are none."""
        if not providers and live:
            return self
        catalog = self._pinned.get((providers, live))
        if catalog is None:
            by_name = {access.provider: access for access in self.accesses}
            accesses = [by_name[name] for name in providers or by_name if name in by_name]
            catalog = Catalog(self._declared, accesses, self.prices, self.admits, live=live, disabled=self._disabled)
            self._pinned[providers, live] = catalog
        return catalog

    def switch(self, disabled: frozenset[str]) -> None:
        """Other endpoints are switched off from now on, by their routes."""
        if disabled == self._disabled:
            return
        self._disabled = disabled
        self.endpoints = [endpoint for endpoint in self.reached if endpoint.route not in disabled]
        self._pinned.clear()
        self.cheapest.cache_clear()
        for name in [name for name, value in vars(type(self)).items() if isinstance(value, cached_property)]:
            vars(self).pop(name, None)

    # ── who there is ──────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """Their names, in the operator's order."""
        return tuple(dict.fromkeys(access.provider for access in self.accesses))

    @cached_property
    def mixes(self) -> bool:
        """Whether providers of different data sets are configured, so that it matters what is asked of whom."""
        return len({endpoint.vendor.data.partition(".")[0] for endpoint in self.endpoints}) > 1

    def varies(self, kind: str) -> bool:
        """Whether it matters which lookup of a type of entity is asked, because not all tell the same."""
        return kind in self._varying

    @cached_property
    def _varying(self) -> frozenset[str]:
        counted = Counter(
            (kind, endpoint.provider, endpoint.base) for kind, found in self._by_id.items() for endpoint in found
        )
        within_one = {kind for (kind, _, _), count in counted.items() if count > 1}
        return frozenset(self._by_id if self.mixes else within_one)

    def trusts(self, endpoint: Endpoint, kind: str | None) -> bool:
        """Whether ids of this type mean the same at the endpoint's provider as anywhere: nobody else is asked, or it is
        known to keep TikTok's.
        """
        return len(self.providers) == 1 or kind not in endpoint.vendor.unproven

    def price(self, endpoint: Endpoint) -> float:
        """Of one call."""
        return self.prices.get(endpoint.provider, 1.0) * endpoint.credits

    def twins(self, endpoint: Endpoint) -> list[Endpoint]:
        """Endpoints of other providers that tell the same rows."""
        return [other for other in self.serving(endpoint.name) if are_twins(endpoint, other)]

    def is_only(self, endpoint: Endpoint, arguments: Mapping[str, Any], providers: tuple[str, ...] = ()) -> bool:
        """Whether nobody else of these providers, of all where none are named, tells the same rows as asked."""
        return all(twin.refused(arguments) for twin in self.pinned(providers).twins(endpoint))

    # ── lists, series, reads ──────────────────────────────────────────────────────────────────────────────────────

    def serving(self, capability: str) -> list[Endpoint]:
        """Those of that name, and behind them those that stand in for it."""
        return self._serving.get(capability, [])

    def eligible(self, capability: str, arguments: Mapping[str, Any]) -> list[Endpoint]:
        """The endpoints that apply every argument given; those that would be asked now first.

        Raises   BadInput where a value is out of the bounds of the endpoints that would take it;
                 CapabilityUnavailable where none takes all the arguments, naming those that exclude each other;
                 NotAllowed where TikTok would have to be read now, and may not be
        """
        if not self._live and capability.startswith(REALTIME):
            raise NotAllowed(f"{capability}: live reads are not open to this client", capability=capability)
        found: list[Endpoint] = []
        refused: dict[str, list[str]] = {}
        needed: tuple[str, ...] = ()
        bad: BadInput | None = None
        for endpoint in self.serving(capability):
            try:
                names = endpoint.refused(arguments)
            except BadInput as error:
                bad = bad or error
                continue
            if endpoint.lacks(arguments):
                needed = needed or endpoint.needs
            elif not names:
                found.append(endpoint)
            else:
                refused[_teller(endpoint, capability)] = names
        if found:
            return found
        if bad is not None:
            raise bad
        raise _unavailable(capability, refused, needed)

    def ranked(
        self,
        endpoints: Sequence[Endpoint],
        arguments: Mapping[str, Any],
        prices: Mapping[Endpoint, float] | None = None,
    ) -> list[Endpoint]:
        """Best first: who would be asked now, applies an order exactly, costs least; then in the operator's order.

        prices   of what is asked at each, that of a call where they are not given
        """
        if len(endpoints) < 2:
            return list(endpoints)
        return sorted(
            endpoints,
            key=lambda endpoint: (
                not self.admits(endpoint),
                not endpoint.applies(arguments),
                endpoint.stands_in is not None,
                self.price(endpoint) if prices is None else prices[endpoint],
                self._places[endpoint],
            ),
        )

    def route(self, capability: str, arguments: Mapping[str, Any]) -> Endpoint:
        """The best endpoint that applies every argument given; raises as `eligible` does."""
        return self.ranked(self.eligible(capability, arguments), arguments)[0]

    def continuing(self, route: str, capability: str) -> list[Endpoint]:
        """The endpoint that a list was begun at, and those that tell the same rows; those first that would be asked."""
        begun = next((endpoint for endpoint in self._named(capability) if endpoint.route == route), None)
        if begun is None:
            return []
        listed = [begun, *self.twins(begun)] if begun in self.endpoints else self.twins(begun)
        return sorted(listed, key=lambda endpoint: not self.admits(endpoint))

    def _named(self, capability: str) -> Iterable[Endpoint]:
        """Those of that name that are declared, configured or not."""
        return (each for each in self._declared if capability in (each.name, each.stands_in))

    # ── facts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def suppliers(self, entity: str, fact: Fact) -> list[Endpoint]:
        """The lookups by id that supply a fact, in the operator's order."""
        return self._suppliers.get((entity, fact), [])

    def supplier(self, entity: str, fact: Fact) -> Endpoint | None:
        """The lookup that supplies a fact for least; None where nobody can be asked for it."""
        return min(self.suppliers(entity, fact), key=self._rank, default=None)

    def hydration(self, entity: str, facts: frozenset[Fact], count: int) -> float:
        """What it costs at least to look up facts of so many entities, as far as anybody supplies them."""
        lookups = self.cheapest(entity, facts, count, frozenset(self._by_id.get(entity, ()))) if facts else ()
        return sum(self.price(endpoint) * -(-count // endpoint.limit) for endpoint in lookups)

    def by_id(self, entity: str) -> list[Endpoint]:
        """The lookups of a type of entity by its id, in the operator's order."""
        return self._by_id.get(entity, [])

    def foreign(self, provider: str, kind: str) -> frozenset[Fact]:
        """Facts of a provider that may be ids of its own, where others are asked too."""
        return self._foreign.get((provider, kind), frozenset())

    def _cheapest(
        self, entity: str, facts: frozenset[Fact], count: int, usable: frozenset[Endpoint]
    ) -> tuple[Endpoint, ...]:
        """The lookups that together supply the facts of so many entities for least, as far as anybody supplies them.

        usable   those that may be asked
        """
        known = {fact for fact in facts if usable.intersection(self.suppliers(entity, fact))}
        helpful = [
            endpoint
            for endpoint in self._by_id.get(entity, [])
            if endpoint in usable and self.supplied(endpoint) & known
        ]
        best: tuple[Any, tuple[Endpoint, ...]] | None = None
        for size in range(1, min(MOST_TOGETHER, len(helpful)) + 1):
            for chosen in combinations(helpful, size):
                if not known <= frozenset().union(*map(self.supplied, chosen)):
                    continue
                price = sum(self.price(endpoint) * -(-count // endpoint.limit) for endpoint in chosen)
                rank = price, tuple(self._places[endpoint] for endpoint in chosen)
                if best is None or rank < best[0]:
                    best = rank, chosen
        return tuple(helpful) if best is None else best[1]

    def supplied(self, endpoint: Endpoint) -> frozenset[Fact]:
        """What a lookup tells, without ids that may be its provider's own."""
        return rows_of(endpoint).facts - self.foreign(endpoint.provider, str(endpoint.entity))

    def lookups(self, entity: str, match: Fact = "id") -> list[Endpoint]:
        """The lookups by id, or by handle, that prove an entity's existence, cheapest first."""
        return self._lookups.get((entity, match), [])

    def lookup(self, entity: str, match: Fact = "id") -> Endpoint | None:
        """The cheapest of them."""
        return next(iter(self.lookups(entity, match)), None)

    def describing(self, entity: str) -> list[Endpoint]:
        """Every endpoint whose rows are parts of this type of entity."""
        return self._describing.get(entity, [])

    @cached_property
    def _foreign(self) -> dict[tuple[str, str], frozenset[Fact]]:
        vendors = {endpoint.vendor for endpoint in self.endpoints} if len(self.providers) > 1 else set()
        return {(vendor.name, kind): facts for vendor in vendors for kind, facts in vendor.foreign.items()}

    def _rank(self, endpoint: Endpoint) -> tuple[float, int]:
        return self.price(endpoint), self._places[endpoint]

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
    def _lookups(self) -> dict[tuple[str | None, Fact], list[Endpoint]]:
        lookups: dict[tuple[str | None, Fact], list[Endpoint]] = {}
        for endpoint in sorted(self.endpoints, key=self._rank):
            if endpoint.ids is not None and endpoint.proves:
                lookups.setdefault((endpoint.entity, endpoint.match), []).append(endpoint)
        return lookups

    @cached_property
    def _by_id(self) -> dict[str, list[Endpoint]]:
        found: dict[str, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            if endpoint.is_lookup and endpoint.entity is not None:
                found.setdefault(endpoint.entity, []).append(endpoint)
        return found

    @cached_property
    def _suppliers(self) -> dict[tuple[str, Fact], list[Endpoint]]:
        suppliers: dict[tuple[str, Fact], list[Endpoint]] = {}
        for entity, lookups in self._by_id.items():
            for endpoint in lookups:
                for fact in self.supplied(endpoint):
                    suppliers.setdefault((entity, fact), []).append(endpoint)
        return suppliers

    @cached_property
    def _describing(self) -> dict[str, list[Endpoint]]:
        described: dict[str, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            for kind in endpoint.entities:
                described.setdefault(kind, []).append(endpoint)
        return described


def are_kin(one: Endpoint, other: Endpoint) -> bool:
    """Whether two endpoints tell of the same data set, in whatever edition."""
    return one.vendor.data.partition(".")[0] == other.vendor.data.partition(".")[0]


def are_twins(one: Endpoint, other: Endpoint) -> bool:
    """Whether two providers tell the same rows there."""
    same = one.vendor.data == other.vendor.data and one.name == other.name and one.match == other.match
    return same and one.provider != other.provider


def rows_of(endpoint: Endpoint) -> Rows:
    """The row mapping of an endpoint that has one."""
    assert endpoint.rows is not None
    return endpoint.rows


def _teller(endpoint: Endpoint, capability: str) -> str:
    who = f"{endpoint.provider} {endpoint.version}"
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
