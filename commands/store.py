"""What is stored, for its operator: counted, forgotten or written out by a command (`scripts/store --help`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from dataclasses import replace as copy
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog

from entities.graph import RECORDS, type_of
from entities.part import Part
from loaders.backend import Item, Page
from loaders.codec import Codec
from settings import Misconfigured, SandboxUse, Settings, load
from store.counting import day_of
from store.layered import Undecodable
from store.opening import tier_at
from store.tier import Counter, Stored, StoreFailed, Tier
from upstream.providers import ENDPOINTS, PROVIDERS

MEGABYTE = 1_000_000
SEPARATOR = "\x1f"
KEYLESS = ("anonymous", "warm", "images", "agents", "command")
"""Who spends credits without a key of a client: whoever may ask, and scripts/warm."""


class Refused(Exception):
    """What the command cannot do; the message is one line."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Tier]:
    """What the server of these settings keeps. A file that is not there is not made."""
    where = settings.store
    if where.startswith("sqlite:") and not (file := Path(where.removeprefix("sqlite:"))).exists():
        raise Refused(f"{file} is not there yet; the server makes it when it starts")
    tier = tier_at(where, settings.shopgraph_store_disk_mb * MEGABYTE)
    if tier is None:
        raise Refused("SHOPGRAPH_STORE is memory:, of which nothing is kept")
    try:
        await tier.open()
        yield tier
    finally:
        await tier.close()


# ── stats ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Amount:
    """How much is stored. bytes: of keys and values; oldest, newest: when they were fetched, unix seconds."""

    entries: int = 0
    stale: int = 0
    bytes: int = 0
    oldest: float = inf
    newest: float = -inf

    def count(self, size: int, fetched_at: float, *, is_stale: bool) -> None:
        self.entries += 1
        self.stale += is_stale
        self.bytes += size
        self.oldest = min(self.oldest, fetched_at)
        self.newest = max(self.newest, fetched_at)

    def told(self) -> dict[str, Any]:
        when = {"oldest": moment(self.oldest), "newest": moment(self.newest)}
        return {"entries": self.entries, "stale": self.stale, "bytes": self.bytes, **when}


@dataclass
class Stats:
    """All that is stored, by endpoint, and what the store tells of itself; what was counted on `day`."""

    day: str
    whole: Amount = field(default_factory=Amount)
    by_endpoint: dict[str, Amount] = field(default_factory=dict)
    itself: Mapping[str, int | float] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        shelves = {route: amount.told() for route, amount in sorted(self.by_endpoint.items())}
        itself = {name: value for name, value in self.itself.items() if name not in ("entries", "stale", "bytes")}
        return {**self.whole.told(), **itself, "endpoints": shelves, "day": self.day, "counted": self.counted}


async def stats(tier: Tier, settings: Settings) -> Stats:
    now = time.time()
    gathered = Stats(day_of(now).isoformat(), itself=await tier.stats())
    async for text, stored in tier.scan():
        size = len(text.encode("utf-8", "surrogatepass")) + len(stored.data)
        for amount in (gathered.whole, gathered.by_endpoint.setdefault(route_of(text), Amount())):
            amount.count(size, stored.fetched_at, is_stale=stored.expires_at <= now)
    counters = [Counter(name, gathered.day) for name in counted_names(settings)]
    totals = await tier.totals(counters)
    gathered.counted = {counter.name: total for counter, total in zip(counters, totals, strict=True)}
    return gathered


def counted_names(settings: Settings) -> list[str]:
    """What the server counts by day."""
    prefix = "sandbox." if settings.uses_sandbox else ""
    providers = [f"{prefix}{provider.name}" for provider in PROVIDERS]
    clients = sorted({*KEYLESS, *(client.name for client in settings.clients.values())})
    return [
        *(f"{what}.provider.{name}" for name in providers for what in ("calls", "credits", "refunds")),
        *(f"{what}.client.{name}" for name in clients for what in ("credits", "operations")),
    ]


def route_of(text: str) -> str:
    """The endpoint that a key begins with."""
    return text.partition(SEPARATOR)[0].partition(" ")[0]


def moment(seconds: float) -> str | None:
    """Unix seconds as a time in UTC; None for what is never, or for good."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if abs(seconds) < inf else None


def table(told: Mapping[str, Any]) -> str:
    """What a person reads: lines of names and values, columns between tabs."""
    lines = [(name, value) for name, value in told.items() if name not in ("endpoints", "day", "counted")]
    shelves = [(route, *amount.values()) for route, amount in told["endpoints"].items()]
    heads = [("endpoint", *Amount().told())] if shelves else []
    counted = [(f"{name} on {told['day']}", total) for name, total in told["counted"].items()]
    rows: list[tuple[Any, ...]] = [*lines, (), *heads, *shelves, *([()] if shelves else []), *counted]
    return "".join("\t".join("none" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


# ── purge and export ──────────────────────────────────────────────────────────────────────────────────────────────


async def purge(tier: Tier, asked: argparse.Namespace) -> int:
    """How many entries are forgotten."""
    if asked.endpoint is not None:
        return sum([await tier.purge(prefix) for prefix in prefixes(asked.endpoint)])
    return await tier.purge(stale=asked.stale)


def prefixes(endpoint: str) -> list[str]:
    """What the keys of an endpoint begin with: of one version, or of all."""
    routes = sorted({known.route for known in ENDPOINTS if endpoint in (known.title, known.route)})
    if not routes:
        raise Refused(f"{endpoint}: there is no such endpoint; stats lists those of which something is stored")
    return [f"{route} " for route in routes]


async def export(tier: Tier, out: BinaryIO) -> int:
    """Write every entry as a line of JSON; how many could not be read, having been stored by another version."""
    codec = Codec(ENDPOINTS)
    unread = 0
    async for text, stored in tier.scan():
        try:
            out.write(line(codec, text, stored))
        except Undecodable:
            unread += 1
    return unread


def line(codec: Codec, text: str, stored: Stored) -> bytes:
    key = tuple(text.split(SEPARATOR))
    when = {"fetchedAt": moment(stored.fetched_at), "expiresAt": moment(stored.expires_at)}
    value = declared(codec.decode(key, stored.data))
    # Half a surrogate pair, which is no UTF-8, may come in a key but not in a value.
    return msgspec.json.encode({"key": msgspec.Raw(json.dumps(key).encode()), **when, "value": value}) + b"\n"


def declared(value: Any) -> Any:
    """A stored value with its records under their own names."""
    if isinstance(value, Page):
        return copy(value, items=tuple(declared(item) for item in value.items))
    if isinstance(value, Item):
        return copy(value, part=declared(value.part), also=tuple(declared(part) for part in value.also))
    if isinstance(value, Part):
        record = RECORDS[str(type_of(type(value.record)))]
        facts = {name: getattr(value.record, name) for name in record.__struct_fields__}
        return msgspec.structs.replace(value, record=record(**facts))
    return value


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/store",
        description="Looks after what the server keeps, by its settings, also while it runs.",
        epilog="What a running server remembers in memory, and what was counted, is not purged.",
    )
    parser.add_argument("--sandbox", action="store_true", help="what is kept by a server started with --sandbox")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    told = commands.add_parser("stats", help="how much is stored, by endpoint, and what was counted today")
    told.add_argument("--json", action="store_true", help="as JSON")
    forget = commands.add_parser("purge", help="forget entries, without asking; prints how many")
    which = forget.add_mutually_exclusive_group(required=True)
    which.add_argument("--stale", action="store_true", help="those that are no longer fresh")
    which.add_argument("--endpoint", metavar="NAME", help="those of an endpoint: echotik.product.detail, or with @v3")
    which.add_argument("--all", action="store_true", help="all of them")
    write = commands.add_parser("export", help="write every entry as a line of JSON: key, fetchedAt, expiresAt, value")
    write.add_argument("file", nargs="?", type=Path, help="where to; none = standard output")
    return parser.parse_args(given)


async def run(asked: argparse.Namespace, settings: Settings) -> None:
    async with opened(settings) as tier:
        if asked.command == "stats":
            told = (await stats(tier, settings)).told()
            print(json.dumps(told, indent=2) if asked.json else table(told), end="\n" if asked.json else "")
        elif asked.command == "purge":
            print(f"{await purge(tier, asked)} entries purged")
        elif asked.file is None:
            _tell_unread(await export(tier, sys.stdout.buffer))
        else:
            with _file(asked.file) as out:
                _tell_unread(await export(tier, out))
    sys.stdout.flush()


def _file(path: Path) -> BinaryIO:
    """For its owner alone to read, like what is stored."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _tell_unread(count: int) -> None:
    if count:
        print(f"store: {count} entries of another version were left out", file=sys.stderr)


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        settings = load(**({"shopgraph_sandbox": SandboxUse.ON} if asked.sandbox else {}))
        asyncio.run(run(asked, settings))
    except BrokenPipeError:  # who read it wants no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (Refused, Misconfigured, StoreFailed, ValueError, OSError) as error:
        print(f"store: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
