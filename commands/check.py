"""`server.py --check`: explains the settings; with --live asks each endpoint once, and tells how its answers differ."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from msgspec import UNSET, Struct

import server
from commands.inspection import Finding, Seen, contradictions, findings, look, shortened, uneven
from commands.masking import Mask
from entities.graph import type_of
from entities.vocabulary import CategoryLanguage, RankPeriod, Region
from serving.keys import Client
from settings import Misconfigured, SandboxUse, Settings, listing
from upstream.access import Access
from upstream.argument import Alone, Code, Order, Sort, Unsorted
from upstream.endpoint import PARENTS, Endpoint, Shape
from upstream.envelope import Answer, Response
from upstream.errors import (
    BadInput,
    BudgetExceeded,
    Forbidden,
    QuotaExhausted,
    RateLimited,
    ShopgraphError,
    Unauthenticated,
    UnknownRoute,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from upstream.limiter import Rate
from upstream.operation import Ledger, Operation
from upstream.provider import Provider
from upstream.providers import PROVIDERS, named
from upstream.service import Service

USUAL_BUDGET = 30
SECONDS = 150.0
"""The longest that one call may take, with its wait for a place among those of a minute."""

NO_PAUSES = dict.fromkeys(("shopgraph_quota_pause_s", "shopgraph_outage_pause_s", "shopgraph_auth_pause_s"), 0.0)
"""What fails at one endpoint is no reason to leave the next one out."""

RANK_LAG = 3
"""Days after which any provider has a day's ranking."""

DAYS = 7
WORDS = {"Seller": "shop", "Influencer": "an"}
"""What many names of a type hold, where none is known to search for."""

FACTS = {"seller_id": "Seller", "influencer_id": "Influencer", "top_video_id": "Video"}
"""Facts that are ids of other entities."""

ADVICE: tuple[tuple[type[ShopgraphError], str, str], ...] = (
    (Forbidden, "403", "the account's plan leaves this route out: its fields are null, or come from another provider"),
    (Unauthenticated, "401", "the credentials are not accepted: check them, and that the account is active"),
    (QuotaExhausted, "402", "no credits are left: top up, or wait for the next period; nothing else was asked here"),
    (RateLimited, "429", "too many calls: lower the provider's rate among the settings, then check again"),
    (UnknownRoute, "404", "the provider has no such path: fields that only this endpoint fills stay null"),
    (BadInput, "400", "the provider refuses parameters that its documents allow"),
    (UpstreamTimeout, "timeout", "no answer in time: check again, or raise SHOPGRAPH_CALL_TIMEOUT_MS"),
    (UpstreamUnavailable, "outage", "the provider is down or could not be reached: check the address, then again"),
    (ShopgraphError, "body", "the answer cannot be read: its fields are null; --capture keeps what came"),
)

# ── what is known, and what is asked with it ──────────────────────────────────────────────────────────────────────


@dataclass
class Known:
    """What answers have told so far: ids to ask others with.

    ids      by type of entity, best known first
    names    (type, id) → name
    handles  of influencers, by id
    pages    bodies, in which addresses of pictures lie
    favoured types of which one that sells stands first
    """

    ids: dict[str, list[str]] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    pages: list[bytes] = field(default_factory=list)
    favoured: set[str] = field(default_factory=set)

    def learn(self, answer: Answer, body: bytes) -> None:
        self.pages.append(body)
        for row in answer.rows:
            for record in (row.value, *row.also):
                if (kind := _kind(record)) is not None:
                    self._learn(kind, record)
        self._favour(answer)

    def _favour(self, answer: Answer) -> None:
        """Who sells most for another is asked about first: of some others there is nothing to list."""
        sold = [(units, row.value) for row in answer.rows if (units := getattr(row.edge, "units", None))]
        if not sold:
            return
        _, best = max(sold, key=lambda pair: pair[0])
        kind = _kind(best)
        if kind is not None and kind not in self.favoured:
            self.favoured.add(kind)
            self.ids[kind].remove(best.id)
            self.ids[kind].insert(0, best.id)

    def _learn(self, kind: str, record: Any) -> None:
        facts = _facts(record)
        self._add(kind, facts.get("id"))
        for fact, other in FACTS.items():
            self._add(other, facts.get(fact))
        if facts.get("name"):
            self.names.setdefault((kind, facts["id"]), facts["name"])
        if facts.get("handle"):
            self.handles.setdefault(facts["id"], facts["handle"])

    def _add(self, kind: str, key: Any) -> None:
        if isinstance(key, str) and key not in self.ids.setdefault(kind, []):
            self.ids[kind].append(key)

    def first(self, kind: str) -> str | None:
        return next(iter(self.ids.get(kind, ())), None)

    def named(self, kind: str, name: str) -> list[str]:
        """The ids under which this name was told."""
        same = _same(name)
        return [key for (known, key), told in self.names.items() if known == kind and _same(told) == same]

    def addresses(self, hosts: Sequence[str]) -> list[str]:
        """Of pictures at these hosts."""
        pattern = re.compile(
            rb"https?://(?:" + b"|".join(re.escape(host.encode()) for host in hosts) + rb")/[^\s\"\\,]+"
        )
        return list(dict.fromkeys(found.decode() for page in self.pages for found in pattern.findall(page)))


def _kind(record: Any) -> str | None:
    """The type of entity of a record; None for a value of another kind."""
    return type_of(cast(type[Struct], type(record)))


def _facts(record: Any) -> dict[str, Any]:
    wanted = ("id", "name", "handle", "caption", *FACTS)
    facts = {name: value for name in wanted if (value := getattr(record, name, None)) not in (None, UNSET)}
    return {"name": facts["caption"], **facts} if "caption" in facts else facts


def _same(name: str) -> str:
    """A name as it is compared."""
    return " ".join(name.casefold().split())


def arguments_for(endpoint: Endpoint, known: Known, today: date) -> dict[str, Any] | str:
    """What to ask an endpoint with, or for want of what it can't be asked."""
    made: dict[str, Any] = {}
    for name, encoder in endpoint.arguments.items():
        if name == endpoint.ids:
            found = _several(endpoint, known)
            if not found:
                return f"no answer named {_a(endpoint)} to ask for"
            made[name] = found
        elif name in PARENTS and (endpoint.parent in (None, name)):
            key = known.first(PARENTS[name])
            if key is None:
                return f"no answer named {_article(name)}"
            made[name] = key
        elif (value := _usual(name, encoder, endpoint, known, today)) is not None:
            made[name] = value
    return made


def _several(endpoint: Endpoint, known: Known) -> list[str]:
    if endpoint.shape is Shape.MAP:
        return known.addresses(endpoint.hosts)[: endpoint.limit]
    if endpoint.match == "handle":
        return list(known.handles.values())[: endpoint.limit]
    return known.ids.get(str(endpoint.entity), [])[: endpoint.limit]


def _a(endpoint: Endpoint) -> str:
    words = {"urls": "a picture at its own host", "handles": "a handle"}
    return words.get(str(endpoint.ids)) or _article(str(endpoint.entity).lower())


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _usual(name: str, encoder: Any, endpoint: Endpoint, known: Known, today: date) -> Any:
    """The value of an argument that is no id; None for one that is left out."""
    if isinstance(encoder, Sort):
        return Order(next(iter(encoder.codes)))
    if isinstance(encoder, Alone):
        return encoder.only
    made = {
        "region": Region.US,
        "language": CategoryLanguage.EN_US,
        "from": today - timedelta(days=DAYS),
        "to": today - timedelta(days=1),
        "date": today - timedelta(days=RANK_LAG),
        "period": RankPeriod.DAY,
        "days": DAYS,
        "text": _text(endpoint, known),
        "url": _link(endpoint, known),
    }
    if name == "by" and isinstance(encoder, Code):
        return next(iter(encoder.codes))
    return None if isinstance(encoder, Unsorted) else made.get(name)


def _text(endpoint: Endpoint, known: Known) -> str:
    """A word of a name that some answer told, else a common one."""
    kind = str(endpoint.entity)
    key = known.first(kind)
    name = known.names.get((kind, key), "") if key else ""
    return max(re.findall(r"\w+", name), key=len, default=WORDS.get(kind, "phone"))


def _link(endpoint: Endpoint, known: Known) -> str | None:
    """The page of a video or of a product."""
    if "video" in endpoint.name:
        key, author = known.first("Video"), next(iter(known.handles.values()), "_")
        return None if key is None else f"https://www.tiktok.com/@{author}/video/{key}"
    key = known.first("Product")
    return None if key is None else f"https://shop.tiktok.com/view/product/{key}"


# ── the plan ──────────────────────────────────────────────────────────────────────────────────────────────────────

LISTS = ("product.list", "seller.list", "influencer.list", "video.list", "category.l1")
LATER = ("category.l2", "category.l3", "media.cover")


def stage(endpoint: Endpoint) -> int:
    """When an endpoint's turn comes: those first that name what others ask for, live reads last."""
    if endpoint.live or not endpoint.published:
        return 5
    if endpoint.name in LISTS:
        return 0
    if endpoint.name.startswith("search."):
        return 1 if not _has_lists(endpoint.provider) else 4
    if endpoint.is_lookup and not endpoint.fixed:
        return 2
    return 4 if endpoint.name in LATER else 3


def _has_lists(provider: str) -> bool:
    return any(endpoint.name in LISTS for endpoint in named(provider).endpoints)


def planned(accesses: Sequence[Access]) -> list[Endpoint]:
    """Every endpoint that is configured: stage by stage, cheap ones first, the providers in turns."""
    groups = [
        [endpoint for endpoint in named(access.provider).endpoints if endpoint.base == base]
        for access in accesses
        for base in access.bases
    ]
    places = {endpoint: place for group in groups for place, endpoint in enumerate(_ordered(group))}
    return sorted(places, key=lambda endpoint: (stage(endpoint), endpoint.credits, places[endpoint]))


def _ordered(group: Iterable[Endpoint]) -> list[Endpoint]:
    return sorted(group, key=lambda endpoint: (stage(endpoint), endpoint.credits))


# ── one call each ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Asked:
    """What became of an endpoint.

    status   of HTTP; None where it was not asked, or nothing came
    why_not  for what it was not asked
    """

    endpoint: Endpoint
    params: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    rows: int | None = None
    credits: int = 0
    findings: list[Finding] = field(default_factory=list)
    why_not: str = ""

    @property
    def name(self) -> str:
        """The route, and by what it is asked where that is no id."""
        match = self.endpoint.match
        return self.endpoint.route if match == "id" else f"{self.endpoint.route} by {match}"

    def told(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint.route,
            "path": self.endpoint.path,
            "asked": not self.why_not,
            "whyNot": self.why_not or None,
            "price": self.endpoint.credits,
            "status": self.status,
            "rows": self.rows,
            "credits": self.credits,
            "findings": [asdict(finding) for finding in self.findings],
        }


class Round:
    """One call to every endpoint, as far as the budget goes."""

    def __init__(self, service: Service, budget: int, mask: Mask, folder: Path | None) -> None:
        self._service = service
        self._mask = mask
        self._folder = folder
        self._known = Known()
        self._seen: list[tuple[Asked, Seen]] = []
        self._kept: list[tuple[Endpoint, Response]] = []
        self._stopped: dict[str, str] = {}
        self.ledger = Ledger(limit=budget)
        self.done: list[Asked] = []

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(time.time(), UTC).date()

    def watch(self, endpoint: Endpoint, response: Response) -> None:
        """Sees every answer as it came."""
        self._kept.append((endpoint, response))

    async def ask(self, endpoints: Sequence[Endpoint]) -> None:
        waiting = list(endpoints)
        while (endpoint := self._next(waiting)) is not None:
            waiting.remove(endpoint)
            self.done.append(await self._one(endpoint))
        self.done += [Asked(endpoint, why_not=self._why_not(endpoint)) for endpoint in waiting]
        self._compare()

    def _next(self, waiting: Sequence[Endpoint]) -> Endpoint | None:
        """The first of them that can be asked now."""
        return next((endpoint for endpoint in waiting if not self._why_not(endpoint)), None)

    def _why_not(self, endpoint: Endpoint) -> str:
        if endpoint.provider in self._stopped:
            return self._stopped[endpoint.provider]
        if self.ledger.credits + endpoint.credits > (self.ledger.limit or 0):
            return "beyond the budget"
        made = arguments_for(endpoint, self._known, self.today)
        return made if isinstance(made, str) else ""

    async def _one(self, endpoint: Endpoint) -> Asked:
        made = arguments_for(endpoint, self._known, self.today)
        assert not isinstance(made, str)
        asked = Asked(endpoint, endpoint.encode(made))
        before, self._kept = self.ledger.credits, []
        operation = Operation(time.monotonic() + SECONDS, "check", ledger=self.ledger, patience=1)
        try:
            answer = await self._service.call(endpoint, made, operation)
        except ShopgraphError as error:
            self._failed(asked, error)
        else:
            self._answered(asked, made, answer)
        asked.credits = self.ledger.credits - before
        if self._kept:
            asked.status = self._kept[-1][1].status
            self._capture(asked, self._kept[-1][1])
        return asked

    def _answered(self, asked: Asked, made: Mapping[str, Any], answer: Answer) -> None:
        response = self._kept[-1][1]
        seen = look(asked.endpoint, made, asked.params, response, self._mask)
        asked.rows = len(answer.keys or answer.rows)
        asked.findings = findings(seen)
        self._seen.append((asked, seen))
        self._names(asked, answer)
        self._known.learn(answer, response.body)

    def _names(self, asked: Asked, answer: Answer) -> None:
        """Whether ids that may be this provider's own mean what they do where they were told."""
        kind = str(asked.endpoint.entity)
        if kind not in asked.endpoint.vendor.unproven:
            return
        told = [
            (facts["id"], facts["name"]) for row in answer.rows if {"id", "name"} <= (facts := _facts(row.value)).keys()
        ]
        for key, name in told:
            before = self._known.names.get((kind, key))
            if before is not None and _same(before) != _same(name):
                self._foreign(asked, key, before, name)
                return
        for key, name in told:
            others = self._known.named(kind, name)
            if others and not {key for key, each in told if _same(each) == _same(name)} & set(others):
                self._foreign(asked, others[0], name, f"{name} under {key}")
                return

    def _foreign(self, asked: Asked, key: str, expected: str, came: str) -> None:
        shown = [shortened(str(self._mask.value(asked.endpoint, "name", text))) for text in (expected, came)]
        means = "ids here are not those of the others: the gateway compares names, and leaves such facts out"
        about = f"id {self._mask.value(asked.endpoint, 'id', key)}"
        asked.findings.append(Finding(asked.endpoint.route, "ids", about, shown[0], shown[1], means))

    def _failed(self, asked: Asked, error: ShopgraphError) -> None:
        _, kind, advice = next(each for each in ADVICE if isinstance(error, each[0]))
        if isinstance(error, BudgetExceeded):
            kind, advice = "budget", "the first try failed, and the budget holds no second one: check with a larger one"
        if isinstance(error, Unauthenticated | QuotaExhausted) and not isinstance(error, Forbidden):
            self._stopped[asked.endpoint.provider] = f"{named(asked.endpoint.provider).title} refused: {kind}"
        if not asked.endpoint.published and isinstance(error, UnknownRoute):
            advice = "no document tells this path, it was a guess: fields that only it fills stay null"
        said = self._mask.text(error.message.removeprefix(f"{asked.endpoint.title}: "))
        asked.findings = [Finding(asked.endpoint.route, "failure", kind, "an answer", said, advice)]

    def _compare(self) -> None:
        """What only shows beside other answers."""
        by_route = {asked.endpoint: asked for asked, _ in self._seen}
        answers = [seen for _, seen in self._seen]
        for seen, finding in (*uneven(answers), *contradictions(answers)):
            known = by_route[seen.endpoint].findings
            if not any(finding.kind == other.kind and finding.about in other.about for other in known):
                known.append(finding)

    def _capture(self, asked: Asked, response: Response) -> None:
        if self._folder is not None:
            name = f"{len(self.done):03d}-{asked.endpoint.route.replace('/', '-')}.json"
            _write(self._folder / name, captured(asked, response, self._mask))


def captured(asked: Asked, response: Response, mask: Mask) -> dict[str, Any]:
    """A call as it is kept: what was sent and what came, without credentials and personal data."""
    endpoint = asked.endpoint
    params = mask.params(endpoint, asked.params)
    kept = {name: response.headers[name] for name in ("content-type", "retry-after") if name in response.headers}
    call = {
        "provider": endpoint.provider,
        "version": endpoint.base,
        "path": endpoint.path.format_map(params) if "{" in endpoint.path else endpoint.path,
        "method": endpoint.method,
        "params": params,
        "status": response.status,
        "headers": kept,
    }
    try:
        return call | {"body": mask.body(endpoint, json.loads(response.body))}
    except (ValueError, RecursionError):
        return call | {"text": mask.text(response.body.decode("utf-8", "replace"))}


def _write(path: Path, call: Mapping[str, Any]) -> None:
    """For its owner alone to read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(call, out, ensure_ascii=False, indent=1)


# ── the report ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Report:
    """What was asked, and what came of it."""

    upstream: str
    budget: int
    credits: int
    asked: list[Asked]

    @property
    def found(self) -> list[Finding]:
        return [finding for asked in self.asked for finding in asked.findings if not finding.noted]

    @property
    def notes(self) -> list[Finding]:
        """Known quirks, which are read as they are meant."""
        return [finding for asked in self.asked for finding in asked.findings if finding.noted]

    def told(self) -> dict[str, Any]:
        made = [asked for asked in self.asked if not asked.why_not]
        return {
            "upstream": self.upstream,
            "budget": self.budget,
            "credits": self.credits,
            "asked": len(made),
            "notAsked": len(self.asked) - len(made),
            "findings": len(self.found),
            "notes": len(self.notes),
            "calls": [asked.told() for asked in self.asked],
        }

    def lines(self) -> Iterator[str]:
        yield f"Asked: {self.upstream}; at most {self.budget} credits."
        for provider in dict.fromkeys(asked.endpoint.provider for asked in self.asked):
            own = [asked for asked in self.asked if asked.endpoint.provider == provider]
            yield from ("", named(provider).title)
            yield from _table([asked for asked in own if not asked.why_not])
            yield from _not_asked([asked for asked in own if asked.why_not])
        for title, told in (("Findings", self.found), ("Known quirks, read as they are meant", self.notes)):
            if told:
                yield from ("", f"{title} ({len(told)})")
            for finding in told:
                yield f"  {finding.endpoint}  {finding.kind}  {finding.about}"
                yield f"      expected {finding.expected}; came {finding.example}"
                yield f"      {finding.means}"
        yield from ("", self.verdict)

    @property
    def verdict(self) -> str:
        made = [asked for asked in self.asked if not asked.why_not]
        left = len(self.asked) - len(made)
        failed = sum(finding.kind == "failure" for finding in self.found)
        empty = sum(asked.rows == 0 for asked in made)
        counts = Counter(finding.kind for finding in self.found if finding.kind != "failure")
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        said = f"{len(self.found)} findings: {kinds}" if kinds else "no deviation found"
        parts = [
            f"{len(made)} of {len(self.asked)} endpoints asked for {self.credits} credits",
            f"{failed} failed" if failed else "",
            f"{empty} had no rows to look at" if empty else "",
            f"{left} not asked" if left else "",
        ]
        return f"Verdict: {said}; {', '.join(filter(None, parts))}."


def _table(rows: Sequence[Asked]) -> Iterator[str]:
    if not rows:
        return
    width = max(len(asked.name) for asked in rows)
    yield f"  {'endpoint':<{width}}  HTTP  rows  credits  findings"
    for asked in rows:
        rows_told = "-" if asked.rows is None else asked.rows
        kinds = Counter(finding.kind for finding in asked.findings if not finding.noted)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
        yield f"  {asked.name:<{width}}  {asked.status or '-':>4}  {rows_told:>4}  {asked.credits:>7}  {told}"


def _not_asked(rows: Sequence[Asked]) -> Iterator[str]:
    """Reason by reason, with what they would cost."""
    reasons: dict[str, list[Asked]] = {}
    for asked in rows:
        reasons.setdefault(asked.why_not, []).append(asked)
    for reason, those in reasons.items():
        cost = sum(asked.endpoint.credits for asked in those)
        yield f"  not asked, {reason} ({cost} credits):"
        yield from _wrapped([f"{asked.name} {asked.endpoint.credits}" for asked in those])


def _wrapped(words: Sequence[str], width: int = 116) -> Iterator[str]:
    line = "   "
    for place, word in enumerate(words):
        more = f" {word}" + ("," if place < len(words) - 1 else "")
        if len(line) + len(more) > width:
            yield line
            line = "   "
        line += more
    yield line


# ── the settings ──────────────────────────────────────────────────────────────────────────────────────────────────


def explained(settings: Settings) -> Iterator[str]:
    """What the settings amount to, and each of them; no secrets."""
    yield "Providers, in the order in which those are asked that cost the same:"
    for provider in settings.order:
        yield f"  {provider.title}: {'; '.join(_about(provider, settings))}"
    yield f"Sandbox: {_sandbox(settings)}"
    yield f"Store: {_store(settings)}"
    yield f"Clients: {_clients(settings)}"
    yield f"Bounds: {', '.join(_bounds(settings))}"
    warned = list(warnings(settings))
    yield "Warnings:" if warned else "Warnings: none"
    yield from (f"  {warning}" for warning in warned)
    yield from ("", "Settings:")
    for name, value, help in listing(settings):
        yield f"{name}={value}  # {help}"


def _bounds(settings: Settings) -> Iterator[str]:
    yield f"{settings.shopgraph_max_credits_per_request} credits a request"
    yield f"{settings.shopgraph_deadline_ms} ms an operation, {settings.shopgraph_call_timeout_ms} ms a call"
    yield f"{settings.shopgraph_max_concurrency} calls at once"


def _store(settings: Settings) -> str:
    """Where, without the password that the address may hold."""
    shown = {name: value for name, value, _ in listing(settings)}["SHOPGRAPH_STORE"]
    return shown or settings.store


def _about(provider: Provider, settings: Settings) -> Iterator[str]:
    access = next((access for access in settings.accesses if access.provider == provider.name), None)
    if access is None:
        yield f"not configured ({' and '.join(_lacking(provider))} would do it)"
        return
    yield f"configured, {server.described(access)}"
    price = settings.credit_prices.get(provider.name, 1)
    yield f"a credit is worth {price:g}"
    bound = provider.bound(settings.provided)
    if isinstance(bound, Rate):
        yield f"{bound.per_second:g} calls a second" if bound.per_second else "no bound on calls"
    else:
        yield f"{bound.most} calls in {bound.seconds:g} seconds" if bound.most else "no bound on calls"


def _lacking(provider: Provider) -> list[str]:
    """The settings without which it is not configured: those that default to nothing."""
    return [setting.name.upper() for setting in provider.settings if setting.default == ""]


def _sandbox(settings: Settings) -> str:
    use = settings.shopgraph_sandbox
    if settings.uses_sandbox:
        why = "whatever is configured" if use is SandboxUse.ON else "for no provider is configured"
        return f"{use.value}: emulated data is served, {why}"
    if use is SandboxUse.OFF and not settings.accesses:
        return "off: nothing is served, for no provider is configured"
    return f"{use.value}: no emulated data, the providers are asked"


def _clients(settings: Settings) -> str:
    if not settings.clients:
        return "anyone on this machine, without a key"
    return ", ".join(sorted({_client(client) for client in settings.clients.values()}))


def _client(client: Client) -> str:
    credits = [] if client.daily_credits is None else [f"{client.daily_credits} credits a day"]
    terms = ", ".join([*credits, *client.options])
    return f"{client.name} ({terms})" if terms else client.name


def warnings(settings: Settings) -> Iterator[str]:
    """Settings that together do not do what each of them says."""
    configured = {access.provider for access in settings.accesses}
    for name in settings.credit_prices.keys() - configured:
        yield f"SHOPGRAPH_CREDIT_PRICES prices {name}, which is not configured"
    for provider in PROVIDERS:
        if provider.name not in configured:
            yield from _useless(provider, settings)
    if configured and settings.shopgraph_sandbox is SandboxUse.ON:
        yield "SHOPGRAPH_SANDBOX=on: no configured provider is asked, all data are emulated"
    if not configured and settings.shopgraph_sandbox is SandboxUse.OFF:
        yield "SHOPGRAPH_SANDBOX=off and no provider is configured: nothing can be answered"
    for access in settings.accesses:
        if any(_is_open(base) for base in access.bases.values()):
            yield f"{named(access.provider).title} is asked over http://: credentials travel unencrypted"
    if settings.shopgraph_call_timeout_ms > settings.shopgraph_deadline_ms:
        yield "SHOPGRAPH_CALL_TIMEOUT_MS is above SHOPGRAPH_DEADLINE_MS: an operation ends before its call does"
    yield from _clients_warned(settings)


def _useless(provider: Provider, settings: Settings) -> Iterator[str]:
    for setting in provider.settings:
        if setting.default != "" and settings.provided[setting.name] != setting.default:
            yield f"{setting.name.upper()} is set, but {provider.title} is not configured"


def _is_open(base: str) -> bool:
    parts = urlsplit(base)
    return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


def _clients_warned(settings: Settings) -> Iterator[str]:
    names = {client.name for client in settings.clients.values()}
    unknown = {name.strip() for name in settings.shopgraph_no_cache_off.split(",")} - names - {"", "*"}
    if unknown:
        yield f"SHOPGRAPH_NO_CACHE_OFF names {', '.join(sorted(unknown))}, who is no client"
    if settings.store == "memory:" and any(client.daily_credits is not None for client in settings.clients.values()):
        yield "SHOPGRAPH_STORE=memory: forgets at each start what clients have spent of their day"


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


async def live(settings: Settings, budget: int, folder: Path | None) -> Report:
    """Ask every endpoint once; raises Misconfigured where there is none."""
    async with server.upstream(settings) as (accesses, described):
        if not accesses:
            raise Misconfigured("--live: no provider is configured, and the sandbox is off")
        mask = Mask(secret for access in accesses for secret in access.secrets)
        backend = server.connect(settings.model_copy(update=NO_PAUSES), accesses)
        round = Round(backend.service, budget, mask, folder)
        backend.service.watch = round.watch
        await backend.open()
        try:
            await round.ask(planned(accesses))
        finally:
            await backend.close()
        return Report(described, budget, round.ledger.credits, round.done)


def main(settings: Settings, asked: Any) -> int:
    """0 where all is as declared, 1 where something differs or failed; raises Misconfigured."""
    if not asked.live:
        return _print(json.dumps(described(settings), indent=2) if asked.json else "\n".join(explained(settings)), 0)
    if asked.capture is not None:
        _prepare(asked.capture)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    report = asyncio.run(live(settings, asked.budget, asked.capture))
    told = json.dumps(report.told(), indent=2, ensure_ascii=False) if asked.json else "\n".join(report.lines())
    return _print(told, 1 if report.found else 0)


def _print(text: str, status: int) -> int:
    """The status; 1 where who reads it leaves before the end."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def described(settings: Settings) -> dict[str, Any]:
    """The settings as JSON."""
    return {
        "settings": {name: value for name, value, _ in listing(settings)},
        "configured": [access.provider for access in settings.accesses],
        "usesSandbox": settings.uses_sandbox,
        "warnings": list(warnings(settings)),
    }


def _prepare(folder: Path) -> None:
    """A folder for its owner alone, without answers of another run: stand-ins differ from run to run."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.glob("*.json")):
            raise Misconfigured(f"--capture {folder}: holds answers already, name another folder")
    except OSError as error:
        raise Misconfigured(f"--capture {folder}: {error.strerror}") from None
