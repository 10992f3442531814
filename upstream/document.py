"""`python -m upstream.document` prints docs/providers.md: what each provider answers, how it is set up, what it costs.

All of it comes from the packages under upstream/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from upstream.argument import OnePage
from upstream.endpoint import Endpoint
from upstream.provider import Provider
from upstream.providers import PROVIDERS

WIDTH = 120

HEAD = """# Providers

`scripts/schema` writes this page from the declarations in `upstream/`: change those.

A provider is configured by its credentials, in the environment or in `.env`; any number of them at once. With none at
all the server runs on the embedded sandbox, which emulates every one of them. `{ providers { provider configured
circuit } }` tells how each fares, what it was asked today and this month, and what it cost.

## Who is asked?

- **Who can.** An endpoint that cannot apply every filter, sort and argument given is not asked. Of facts of an
  entity, the lookups are asked that together tell all that the query wants for the fewest credits.
- **For least.** Credits count as they are, unless `SHOPGRAPH_CREDIT_PRICES` weighs them: with `keyapi=0.5` a credit
  of KeyAPI is worth half of one of EchoTik. What the store has costs nothing.
- **In the operator's order**, `SHOPGRAPH_PROVIDERS`, where the price is the same; who is not named there is not asked.
- **Another one, once**, where a call fails for a reason of its provider's own: quota, rate, outage, credentials,
  garbage. The first one gets one retry and half of the time that is left. Its circuit opens, and it is not asked
  before its pause is over (`SHOPGRAPH_QUOTA_PAUSE_S`, `SHOPGRAPH_AUTH_PAUSE_S`, `SHOPGRAPH_OUTAGE_PAUSE_S`); then one
  call tries it. Where the second one fails too, the error has the first one's code and names both.
- **A list stays where it was begun.** Its cursor says where; EchoTik and KeyAPI sell the same rows and continue each
  other's lists. The days of a trend are all one provider's.
- **The same entity.** Product ids are TikTok's everywhere. Before Winning Hunter is asked about a seller, an
  influencer or a video that another provider named, one name is compared, for a credit; what comes of it is
  remembered for good. Who is not the same there is left out, and what it alone tells is null.

`X-Providers: keyapi` lets a request be answered by KeyAPI alone, `X-Providers: winninghunter,echotik` by those two in
that order; what they cannot answer says `CAPABILITY_UNAVAILABLE`. `source { provider endpoint }` and `sources` tell
where the facts of an entity came from. [Errors](errors.md) tells the codes, [settings](settings.md) all settings.
"""

SERVED = """
## What does each answer?

Ids, rows or days that share a call, and the credits of a call; a dash where it cannot. "~" marks a route that no
document publishes: where it turns out not to be there, it is not asked again that day.
"""

ONLY = """
## Which facts does not everyone tell?

By a lookup of the entity's id. Facts of windows have them in braces.

| entity | facts | who |
| --- | --- | --- |
"""

LEFT = """
### Left out

| route | why |
| --- | --- |
"""


def document() -> str:
    """The whole page."""
    return "".join([HEAD, *(_provider(provider) for provider in PROVIDERS), SERVED, *_capabilities(), ONLY, *_facts()])


def _provider(provider: Provider) -> str:
    shown = {setting.name: f"`{setting.default}`" if setting.default else "" for setting in provider.settings}
    rows = [f"| `{each.name.upper()}` | {each.help} | {shown[each.name]} |" for each in provider.settings]
    table = "\n".join(["| setting | | default |", "| --- | --- | --- |", *rows])
    costs = fill(" ".join(provider.costs.split()), WIDTH)
    left = LEFT + _left(provider.left_out) if provider.left_out else ""
    return f"\n## {provider.title}\n\n{provider.about}\n\n{table}\n\n{costs}\n{left}"


def _left(left_out: Mapping[str, str]) -> str:
    return "".join(f"| `{path}` | {reason} |\n" for path, reason in left_out.items())


def _capabilities() -> Iterator[str]:
    names = list(dict.fromkeys(endpoint.name for provider in PROVIDERS for endpoint in provider.endpoints))
    yield "\n| capability | " + " | ".join(provider.title for provider in PROVIDERS) + " |\n"
    yield "| --- |" + " --- |" * len(PROVIDERS) + "\n"
    for name in sorted(names):
        cells = (_cell([each for each in provider.endpoints if each.name == name]) for provider in PROVIDERS)
        yield f"| `{name}` | {' | '.join(cells)} |\n"


def _cell(endpoints: Sequence[Endpoint]) -> str:
    if not endpoints:
        return "–"
    first = endpoints[0]
    versions = sorted({endpoint.base for endpoint in endpoints}, reverse=True)
    mark = "" if first.published else "~"
    windows = [endpoint.version.partition("/")[2] for endpoint in endpoints if "/" in endpoint.version]
    shown = f" ({', '.join(dict.fromkeys(windows))})" if windows else ""
    return f"{mark}{' '.join(versions)}{shown}: {_shared(first)}, {first.credits}"


def _shared(endpoint: Endpoint) -> str:
    """What shares a call."""
    if endpoint.spans:
        return f"{max(endpoint.spans)} days"
    if endpoint.pages is not None:
        unit = "days" if "from" in endpoint.arguments else "rows"
        return f"{endpoint.pages.size} {unit}" + (" at most" if isinstance(endpoint.pages, OnePage) else "")
    if endpoint.ids is None:
        return "1"
    what = {"id": "id", "handle": "handle"}[endpoint.match] if endpoint.rows is not None else "address"
    return f"{endpoint.limit} {what}" + ("" if endpoint.limit == 1 else "es" if what == "address" else "s")


def _facts() -> Iterator[str]:
    """Facts that some provider tells of an entity and another, who looks up such entities, does not."""
    by_name = {provider.title: _told(provider) for provider in PROVIDERS}
    kinds = dict.fromkeys(kind for told in by_name.values() for kind in told)
    for kind in kinds:
        who: dict[str, list[str]] = {}
        for title, told in by_name.items():
            for fact in told.get(kind, ()):
                who.setdefault(fact, []).append(title)
        groups: dict[tuple[str, ...], list[str]] = {}
        for fact, titles in sorted(who.items()):
            groups.setdefault(tuple(titles), []).append(fact)
        for tellers, told_by_them in groups.items():
            if len(tellers) < len(PROVIDERS):
                yield f"| {kind} | {', '.join(_folded(told_by_them))} | {', '.join(tellers)} |\n"


def _folded(facts: Sequence[str]) -> list[str]:
    """Facts by name, those of several windows as one: "units {1d, 7d}"."""
    windows: dict[str, list[str]] = {}
    for fact in facts:
        name, _, last = fact.rpartition("_")
        is_windowed = last.endswith("d") and last[:-1].isdigit()
        windows.setdefault(name if is_windowed else fact, []).append(last if is_windowed else "ever")
    return [
        name if found == ["ever"] else f"{name} {{{', '.join(sorted(found, key=_days))}}}"
        for name, found in windows.items()
    ]


def _days(window: str) -> int:
    return 0 if window == "ever" else int(window[:-1])


def _told(provider: Provider) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for endpoint in provider.endpoints:
        if endpoint.is_lookup and endpoint.entity is not None and endpoint.rows is not None:
            found.setdefault(endpoint.entity, set()).update(endpoint.rows.facts)
    return found


if __name__ == "__main__":
    print(document().rstrip())
