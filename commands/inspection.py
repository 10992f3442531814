"""Holds an answer against its endpoint's declaration: what differs, with an example and what it does to the graph.

Bodies are read as plain JSON here, beside the decoders: those take what they can and stay silent about the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from statistics import median
from typing import Any, NamedTuple

from msgspec import UNSET

from commands.masking import Mask
from entities.graph import type_of
from entities.record import SUFFIXES
from entities.vocabulary import Region
from upstream import decode
from upstream.argument import Code, Key, Keys, Offsets, OnePage, Order, Pages
from upstream.drift import oddities
from upstream.endpoint import Endpoint, Shape
from upstream.envelope import Response, listed
from upstream.envelope import flat as flattened
from upstream.mapping import Column, loads

LONGEST_EXAMPLE = 60
CENTS = (80.0, 125.0)
"""A price so many times that of GMV by units is taken to be in cents."""

MOST = 2 / 3
"""So many rows with a share above 1 are no exceptions any more."""

SLACK = 1.01
"""Rounded figures of a shorter window may exceed those of a longer one by so much."""

FIRST_YEAR = 2014
"""No date of TikTok lies before its time."""

LONGEST_FIRST = sorted(SUFFIXES.values(), key=lambda suffix: -int(suffix.strip("_d") or 1000))

GROWING = frozenset(
    {
        *("units", "gmv_usd", "video_units", "video_gmv_usd", "live_units", "live_gmv_usd"),
        *("videos", "video_views", "live_sessions"),
    }
)
"""Measures that only grow, so that a longer window never has less."""

PRICES = ("average_price_usd", "min_price_usd", "max_price_usd", "sale_price_usd")
SALES = (("units", "gmv_usd"), ("total_units", "total_gmv_usd"), ("window_units", "window_gmv_usd"))
NOTHING = frozenset({"", "-", "0", "-1", "null", "[]", "{}", "0.0"})
ORDERED: Mapping[str, str] = {
    "GMV": "gmv_usd",
    "AVERAGE_PRICE": "average_price_usd",
    "PRODUCTS": "product_count",
    "LIVE_VIEWS": "live_view_count",
}
"""Sort fields whose fact has another name."""

REQUEST_ID = "requestId"
DAYS = (decode.iso_day, decode.day_number)
MEANINGS: Mapping[str, str] = {
    "missing": "{fields} is null from this endpoint",
    "new": "no field reads it, nothing is lost; a document may tell what it is",
    "type": "{fields} is null in such rows",
    "code": "{fields} is null in such rows until the code has a word",
    "date": "{fields} is null or wrong in such rows",
}


@dataclass
class Finding:
    """One way in which an answer is not what was declared.

    kind      missing, new, type, code, date, envelope, units, ids, region, window, range, page, order, failure
    about     the column, or what stands there for one
    example   a value, shortened and without personal data
    means     what it does to the graph, or what to do
    noted     whether it is a known quirk, which is read as it is meant
    """

    endpoint: str
    kind: str
    about: str
    expected: str
    example: str
    means: str
    noted: bool = False


class Told(NamedTuple):
    """A fact of a row, and the columns that tell it; `aside` where it is of another entity than the row itself."""

    owner: str
    name: str
    spec: Column
    aside: bool = False


@dataclass
class Seen:
    """A successful answer, with all that is needed to look at it.

    rows   raw, nested ones by dotted names
    facts  of each row, decoded
    """

    endpoint: Endpoint
    arguments: Mapping[str, Any]
    params: Mapping[str, str]
    body: Any
    mask: Mask
    status: int = 200
    told: list[Told] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def finding(self, kind: str, about: str, expected: str, example: Any, means: str = "") -> Finding:
        means = means or MEANINGS[kind].format(fields=self.fields(about) or "what it tells")
        shown = example if isinstance(example, Plain) else self.shown(about, example)
        return Finding(self.endpoint.route, kind, about, expected, shown, means)

    def shown(self, column: str, value: Any) -> str:
        text = json.dumps(self.mask.value(self.endpoint, column, value), ensure_ascii=False)
        return shortened(text)

    def fields(self, wire: str) -> str:
        """The fields of the graph that read a column."""
        named = (f"{told.owner}.{_camel(told.name)}" for told in self.told if wire in told.spec.wire)
        return ", ".join(list(dict.fromkeys(named))[:4])


class Plain(str):
    """An example that is shown as it is."""


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"


def look(
    endpoint: Endpoint, arguments: Mapping[str, Any], params: Mapping[str, str], response: Response, mask: Mask
) -> Seen:
    """An answer made ready to be looked at."""
    seen = Seen(endpoint, arguments, params, loads(response.body), mask, response.status)
    seen.told = list(_told(endpoint))
    about = {column: params[param] for column, param in endpoint.asked.items()}
    nested = endpoint.within is not None
    for raw in _rows(endpoint, seen.body):
        if isinstance(raw, dict):
            row = {**about, **(dict(flattened(raw)) if nested else raw)}
            if endpoint.live and endpoint.rows is not None and not endpoint.rows.wire.intersection(row):
                continue  # how TikTok tells in words of its own that there is nothing to tell
            seen.rows.append(row)
            seen.facts.append({f"{each.owner} {each.name}": _decoded(each.spec, row) for each in seen.told})
    return seen


def findings(seen: Seen) -> list[Finding]:
    """All that differs in one answer."""
    found: list[Finding] = []
    for inspect in (_declared, _page, _absent, *(ROW_CHECKS if seen.rows else ())):
        found += inspect(seen)
    return found


# ── what an answer holds ──────────────────────────────────────────────────────────────────────────────────────────


def _told(endpoint: Endpoint) -> Iterator[Told]:
    if endpoint.rows is None:
        return
    for rows in (endpoint.rows, *endpoint.rows.also):
        owner = type_of(rows.type) or rows.type.__name__
        aside = rows is not endpoint.rows
        yield from (Told(owner, name, spec, aside) for name, spec in rows.columns.items())
    if endpoint.rows.edge is not None:
        owner = endpoint.rows.edge.type.__name__
        yield from (Told(owner, name, spec) for name, spec in endpoint.rows.edge.columns.items())


def _rows(endpoint: Endpoint, body: Any) -> list[Any]:
    """The raw rows, as the decoders find them."""
    data = body.get(endpoint.rows_at) if isinstance(body, dict) else None
    if endpoint.shape is Shape.MAP or not data:
        return []
    if endpoint.within is not None:
        return listed(data, endpoint.within) if isinstance(data, dict) else []
    return data if isinstance(data, list) else [data]


def _decoded(spec: Column, row: Mapping[str, Any]) -> Any:
    if spec.optional and spec.wire[0] not in row:
        return UNSET
    return spec.decode(*(row.get(name) for name in spec.wire))


def is_nothing(value: Any) -> bool:
    """Whether a value stands for none, in whatever way providers write that."""
    if isinstance(value, str):
        return value.strip() in NOTHING
    return value is None or value is False or value in ([], {}) or (isinstance(value, int | float) and value in (0, -1))


def _camel(name: str) -> str:
    """A fact as clients write its field: "units_7d" is units(LAST_7_DAYS)."""
    base, window = _windowed(name)
    first, *rest = base.split("_")
    plain = first + "".join(word if word.isupper() else word.capitalize() for word in rest)
    return f"{plain} ({window[1:]})" if window else plain


def _windowed(name: str) -> tuple[str, str]:
    """Measure and suffix of a fact."""
    suffix = next((suffix for suffix in SUFFIXES.values() if suffix and name.endswith(suffix)), "")
    return name.removesuffix(suffix), suffix


# ── the envelope and the page ─────────────────────────────────────────────────────────────────────────────────────


def _declared(seen: Seen) -> Iterator[Finding]:
    """What the server itself would notice of envelope and columns, with an example."""
    for kind, name in sorted(oddities(seen.endpoint, json.dumps(seen.body).encode())):
        if kind == "envelope":
            words = name.removeprefix("beside ").split()
            example = seen.body.get(words[-1], seen.body.get(words[0])) if isinstance(seen.body, dict) else None
            shown = Plain("nothing") if example is None else example
            yield seen.finding("envelope", name, "the documented envelope", shown, "no field changes: it is read too")
        elif kind == "missing" and seen.rows:
            yield seen.finding("missing", name, "a column of every row", Plain("no row with it"))
        elif kind == "column":
            yield seen.finding("new", name, "no such column", _found(seen.body.get(seen.endpoint.rows_at), name))


def _found(data: Any, path: str) -> Any:
    """The first value at a dotted path, through lists; None where there is none."""
    if isinstance(data, list):
        return next((found for entry in data if (found := _found(entry, path)) is not None), None)
    if not path or not isinstance(data, dict):
        return data if not path else None
    if path in data:
        return data[path]
    name, _, rest = path.partition(".")
    return _found(data.get(name), rest) if rest else None


def uneven(answers: Sequence[Seen]) -> list[tuple[Seen, Finding]]:
    """Answers without an id of the request, where most of their kind have one."""
    groups: dict[tuple[str, str], list[Seen]] = {}
    for seen in answers:
        if isinstance(seen.body, dict) and not seen.endpoint.live and seen.endpoint.shape is Shape.LIST:
            groups.setdefault((seen.endpoint.provider, seen.endpoint.base), []).append(seen)
    return [odd for group in groups.values() for odd in _without_id(group)]


def _without_id(group: Sequence[Seen]) -> Iterator[tuple[Seen, Finding]]:
    without = [seen for seen in group if not isinstance(seen.body.get(REQUEST_ID), str)]
    if len(without) < len(group) / 2:
        for seen in without:
            expected = f"one, as in {len(group) - len(without)} other answers"
            means = "no field changes; the provider's support may ask for it"
            yield seen, seen.finding("envelope", REQUEST_ID, expected, Plain("nothing"), means)


def _page(seen: Seen) -> Iterator[Finding]:
    pages, count = seen.endpoint.pages, len(seen.rows)
    size = pages.size if isinstance(pages, Pages | OnePage) or (isinstance(pages, Offsets) and pages.size_param) else 0
    if size and count > size:
        means = "rows behind the page's end come twice: in this page and in the next"
        yield seen.finding("page", "rows", f"at most {size}", Plain(f"{count} rows"), means)


# ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _unread_values(seen: Seen) -> Iterator[Finding]:
    """Values that stand for something, and that no decoder of their column can read."""
    readers: dict[str, list[Told]] = {}
    for told in seen.told:
        for wire in told.spec.wire:
            readers.setdefault(wire, []).append(told)
    for wire, read in readers.items():
        rows = list(zip(seen.rows, seen.facts, strict=True))
        odd = [row[wire] for row, facts in rows if _is_lost(row.get(wire), read, facts)]
        if odd:
            kind, expected = _expected(read[0].spec, odd[0])
            finding = seen.finding(kind, wire, expected, odd[0])
            finding.example += _of(odd, rows)
            yield finding


def _is_lost(value: Any, readers: Sequence[Told], facts: Mapping[str, Any]) -> bool:
    if is_nothing(value):
        return False
    return all(facts[f"{told.owner} {told.name}"] in (None, UNSET, []) for told in readers)


def _expected(spec: Column, value: Any) -> tuple[str, str]:
    """Kind of finding, and what would have been read."""
    maker, _, _ = spec.decode.__qualname__.partition(".")
    if maker == "coded":
        codes = next(cell.cell_contents for cell in spec.decode.__closure__ or ())
        return "code", f"one of {', '.join(map(str, codes))}"
    if spec.decode is decode.region:
        return "code", f"one of {len(Region)} countries, two letters"
    if spec.decode in DAYS or maker == "day":
        return "date", "a day, " + ("yyyyMMdd" if spec.decode is decode.day_number else "yyyy-MM-dd")
    if spec.decode is decode.instant:
        return "date", "a time in unix seconds"
    if spec.decode is decode.flag and isinstance(value, int):
        return "code", "0 or 1"
    return "type", WORDS.get(maker, f"what `{maker.strip('_<>')}` reads")


WORDS: Mapping[str, str] = {
    "text": "text",
    "key": "an id of 1 to 20 digits",
    "number": "a number",
    "count": "a whole number",
    "small": "a whole number",
    "decimal": "an exact number",
    "rate": "a fraction",
    "percent": 'text such as "-43%"',
    "flag": "0 or 1",
    "image": "a web address",
    "url": "a web address",
    "pictures": "a list of pictures",
    "handle": "a handle",
    "money": "an amount with its currency",
    "unless_zero": "a number, 0 for none",
    "unless_negative": "a whole number, -1 for none",
    "at_least": "a whole number",
}


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _figures(seen: Seen) -> list[dict[str, Any]]:
    """Facts of the entity and of the pair, by name alone; those of the pair stand for the others."""
    return [
        {told.name: facts[f"{told.owner} {told.name}"] for told in seen.told if not told.aside} for facts in seen.facts
    ]


def _rates(seen: Seen) -> Iterator[Finding]:
    """Shares that are told in per cent; a few rows that are so beside others are known, and read."""
    for told in seen.told:
        if "_rate" not in told.name:
            continue
        wire, read = told.spec.wire[0], told.spec.decode
        shares = [(row.get(wire), decode.number(row.get(wire))) for row in seen.rows]
        known = [(value, share) for value, share in shares if share]
        odd = [value for value, share in known if share > 1 or (share == 1 and read is decode.rate)]
        if not odd or not _stays(read, odd[0]):
            continue
        name = f"{told.owner}.{_camel(told.name)}"
        means = f"{name} tells a hundred times too much"
        if read is decode.rate:
            means = f"{name} is read as per cent: {read(odd[0])} here; {len(odd)} of {len(known)} rows"
        found = seen.finding("units", wire, "a fraction of 1", odd[0], means)
        in_most = len(odd) >= MOST * len(known) and len(known) >= min(2, len(seen.rows))
        yield found if in_most or read is not decode.rate else replace(found, noted=True)


def _stays(read: Callable[[Any], Any], value: Any) -> bool:
    """Whether what is read of a share is what a number says, rather than what a text in per cent does."""
    return read is decode.rate or decode.number(read(value)) == decode.number(value)


def _cents(seen: Seen) -> Iterator[Finding]:
    """Prices that are a hundred times what GMV by units tells, or the other way round."""
    wires = {told.name: told.spec.wire[0] for told in seen.told if not told.aside}
    odd: dict[str, list[tuple[Any, float]]] = {}
    for row, figures in zip(seen.rows, _figures(seen), strict=True):
        for name, ratio in _dear(figures):
            odd.setdefault(wires[name], []).append((row.get(wires[name]), ratio))
    if odd:
        wire, found = next(iter(odd.items()))
        fields = ", ".join(map(seen.fields, odd))
        other = "GMV by units" if not wire.partition("gmv")[1] else "units by price"
        expected = f"about {other}, is {median(ratio for _, ratio in found):.0f} times that"
        finding = seen.finding("units", wire, expected, found[0][0], f"{fields}: in cents, a hundred times too much")
        finding.example += _of(found, seen.rows)
        yield finding


def _dear(figures: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The facts of a row that look like cents, with how many times too much they are."""
    paid = _paid(figures)
    if paid is None:
        return []
    gmv, cost = paid
    stated = {name: decode.number(value) for name, value in figures.items() if name.startswith(PRICES)}
    ratios = {name: price / cost for name, price in stated.items() if price}
    if ratios and all(CENTS[0] <= 1 / ratio <= CENTS[1] for ratio in ratios.values() if ratio > 0):
        return [(gmv, 1 / max(ratios.values()))]
    return [(name, ratio) for name, ratio in ratios.items() if CENTS[0] <= ratio <= CENTS[1]]


def _paid(figures: Mapping[str, Any]) -> tuple[str, float] | None:
    """What one piece cost on average, as GMV and units tell; with the fact that the GMV is."""
    for units, gmv in SALES:
        for suffix in SUFFIXES.values():
            sold, earned = decode.number(figures.get(units + suffix)), decode.number(figures.get(gmv + suffix))
            if sold and earned and sold > 0 and earned > 0:
                return gmv + suffix, earned / sold
    return None


def _of(found: Sequence[Any], rows: Sequence[Any]) -> str:
    return f" in {len(found)} of {len(rows)} rows" if len(rows) > 1 else ""


def _windows(seen: Seen) -> Iterator[Finding]:
    """A shorter window that has more than a longer one."""
    wires = {told.name: told.spec.wire[0] for told in seen.told if not told.aside}
    reported: set[str] = set()
    for row, figures in zip(seen.rows, _figures(seen), strict=True):
        for measure in sorted(GROWING - reported):
            for long, short in _contradicting(measure, figures):
                reported.add(measure)
                expected = f"at most {wires[long]}, which is {row.get(wires[long])}"
                means = f"{seen.fields(wires[short])} and {seen.fields(wires[long])} contradict each other"
                yield seen.finding("window", wires[short], expected, row.get(wires[short]), means)


def _contradicting(measure: str, figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first longer window, and the shorter one that has more; none where they agree."""
    known = [measure + suffix for suffix in LONGEST_FIRST if _is_figure(figures.get(measure + suffix))]
    pairs = ((long, short) for place, long in enumerate(known) for short in known[place + 1 :])
    broken = (pair for pair in pairs if figures[pair[1]] > figures[pair[0]] * SLACK + 1)
    return list(islice(broken, 1))


def contradictions(answers: Sequence[Seen]) -> list[tuple[Seen, Finding]]:
    """The same between endpoints that tell one window each of the same thing."""
    told: dict[tuple[str, str | None, str], dict[str, tuple[Seen, Any]]] = {}
    for seen in answers:
        for figures in _figures(seen) if seen.endpoint.is_lookup and seen.endpoint.fixed else ():
            known = told.setdefault((seen.endpoint.provider, seen.endpoint.entity, str(figures["id"])), {})
            known |= {name: (seen, value) for name, value in figures.items() if _is_figure(value)}
    return [found for known in told.values() for found in _between(known)]


def _between(known: Mapping[str, tuple[Seen, Any]]) -> Iterator[tuple[Seen, Finding]]:
    figures = {name: value for name, (_, value) in known.items()}
    for measure in sorted(GROWING):
        for long, short in _contradicting(measure, figures):
            seen, value = known[short]
            other, more = known[long]
            wire = next(told.spec.wire[0] for told in seen.told if told.name == short)
            expected = f"at most what {other.endpoint.route} tells, {more}"
            means = f"{seen.fields(wire)} and {other.fields(wire)} contradict each other"
            yield seen, seen.finding("window", wire, expected, value, means)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ranges(seen: Seen) -> Iterator[Finding]:
    """Ratings out of 0 to 5, figures below 0, times that cannot be."""
    latest = datetime.now(UTC) + timedelta(days=2)
    for told in seen.told:
        for row, facts in zip(seen.rows, seen.facts, strict=True):
            value = facts[f"{told.owner} {told.name}"]
            wire = told.spec.wire[0]
            if told.name == "rating" and _is_figure(value) and not 0 <= value <= 5:
                means = f"{told.owner}.rating is not in stars"
                yield seen.finding("range", wire, "0 to 5", row.get(wire), means)
                break
            if isinstance(value, datetime) and not (value.year >= FIRST_YEAR and value < latest):
                expected = f"a time between {FIRST_YEAR} and now"
                yield seen.finding("date", wire, expected, row.get(wire))
                break


# ── what was asked ────────────────────────────────────────────────────────────────────────────────────────────────


def _ids(seen: Seen) -> Iterator[Finding]:
    """Rows of ids that nobody asked for."""
    for name, encoder in seen.endpoint.arguments.items():
        if isinstance(encoder, Key | Keys) and name in seen.arguments and name != "urls":
            yield from _strangers(seen, encoder.param)


def _absent(seen: Seen) -> Iterator[Finding]:
    """Ids that were asked for and that no row has, or rows of other ids."""
    if not seen.endpoint.is_lookup:
        return
    asked = seen.arguments.get(seen.endpoint.ids or "", ())
    got = [figures.get("id") for figures in _figures(seen)]
    absent, others = [key for key in asked if key not in got], [key for key in got if key and key not in asked]
    wire, kind = _own(seen), seen.endpoint.entity
    if absent:
        instead = f"instead {seen.shown(wire, others[0])}" if others else "no row"
        example = f"{instead} for {seen.shown(wire, absent[0])}" + f" and {len(absent) - 1} more" * (len(absent) > 1)
        means = f"a {kind} of such an id is null, though a list names it"
        yield seen.finding("ids", wire, "a row for each id that was asked for", Plain(example), means)
    elif others:
        yield seen.finding("ids", wire, "only ids that were asked for", others[0], "these rows are left out")


def _own(seen: Seen) -> str:
    """The column of the rows' own ids."""
    return next((told.spec.wire[0] for told in seen.told if told.name == "id"), "id")


def _strangers(seen: Seen, param: str) -> Iterator[Finding]:
    """Rows whose column of a parameter's name holds another id than was sent."""
    sent = seen.params[param].split(",")
    column = param if any(param in row for row in seen.rows) else param.removesuffix("s")
    if column in seen.endpoint.asked or column == _own(seen):
        return
    odd = [row[column] for row in seen.rows if not is_nothing(row.get(column)) and str(row[column]).lower() not in sent]
    if odd:
        means = "these rows would be taken for what was asked for" if seen.endpoint.ids is None else "they are left out"
        example = f"{seen.shown(column, odd[0])} in {len(odd)} of {len(seen.rows)} rows"
        expected = f"only {seen.shown(column, sent[0])}" + f" and {len(sent) - 1} more" * (len(sent) > 1)
        yield seen.finding("ids", column, expected, Plain(example), means)


def _filtered(seen: Seen) -> Iterator[Finding]:
    """Rows of another region than was asked for, and days out of the range."""
    for name in ("region",):
        encoder = seen.endpoint.arguments.get(name)
        if isinstance(encoder, Code) and name in seen.arguments:
            sent = seen.params[encoder.param]
            given = [row[encoder.param] for row in seen.rows if not is_nothing(row.get(encoder.param))]
            odd = [value for value in given if str(value).strip().upper() != sent and decode.region(value)]
            if odd:
                example = Plain(f"{seen.shown(encoder.param, odd[0])} in {len(odd)} of {len(seen.rows)} rows")
                means = "a client that asks for one market is given another's"
                yield seen.finding("region", encoder.param, sent, example, means)
    first, last = seen.arguments.get("from"), seen.arguments.get("to")
    days = [figures.get("day") for figures in _figures(seen)]
    odd_days = [day for day in days if isinstance(day, date) and first and last and not first <= day <= last]
    if odd_days:
        wire = next(told.spec.wire[0] for told in seen.told if told.name == "day")
        means = "a trend has days that nobody asked for"
        yield seen.finding("date", wire, f"{first} to {last}", Plain(str(odd_days[0])), means)


def _order(seen: Seen) -> Iterator[Finding]:
    order = seen.arguments.get("sort")
    if not isinstance(order, Order):
        return
    fact = ORDERED.get(str(order.field.value)) or _lower(str(order.field.value))
    values = [value for figures in _figures(seen) if (value := figures.get(fact)) not in (None, UNSET)]
    if any(isinstance(value, bool | str | list) for value in values):
        return
    for before, after in pairwise(values):
        if before < after if order.descending else before > after:
            wire = next(told.spec.wire[0] for told in seen.told if told.name == fact)
            means = "lists come in another order than clients asked for"
            expected = f"{order.field.name}, largest first"
            yield seen.finding("order", wire, expected, Plain(f"{before}, then {after}"), means)
            return


def _lower(field: str) -> str:
    measure, _, window = field.rpartition("_")
    if re.fullmatch(r"[0-9]+D", window):
        return f"{ORDERED.get(measure, measure.lower())}_{window.lower()}"
    return field.lower()


ROW_CHECKS: tuple[Callable[[Seen], Iterable[Finding]], ...] = (
    _unread_values,
    _rates,
    _cents,
    _windows,
    _ranges,
    _ids,
    _filtered,
    _order,
)
