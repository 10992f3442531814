"""The keys of clients: how they are written, and the command that keeps a file of them (`scripts/keys --help`).

An entry is name:hash[:daily credits][:option=value…]; hash is the SHA-256 of the key in hex, so that nobody learns a
key from it. The options: roots=product|products, live=no, exports=no, fresh=no, rate=5.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic_settings import BaseSettings, SettingsConfigDict

from upstream.rights import ALL, Rights

FILE_SETTING = "SHOPGRAPH_API_KEYS_FILE"
CLIENT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
CREDITS = re.compile(r"[0-9]{1,12}")
ROOTS = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\|[A-Za-z][A-Za-z0-9]*)*")
RATE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
SWITCH = re.compile(r"yes|no")
SWITCHES = ("live", "exports", "fresh")
OPTIONS = {"roots": ROOTS, "rate": RATE, **dict.fromkeys(SWITCHES, SWITCH)}
ENTRY = re.compile(
    rf"(?P<name>{CLIENT_NAME.pattern}):(?P<hash>[0-9a-f]{{64}})(?::(?P<credits>{CREDITS.pattern}))?"
    r"(?P<options>(?::[a-z]+=[A-Za-z0-9|.]+)*)"
)
FORM = "name:SHA-256 in hex[:daily credits][:option=value…]"
KEY_BYTES = 32


class Client(NamedTuple):
    """Who may ask.

    daily_credits  what it may spend on a UTC day, None for no limit of its own
    rights         what it may ask
    rate           operations a second, None for as many as any client; 0 for no limit
    """

    name: str
    daily_credits: int | None = None
    rights: Rights = ALL
    rate: float | None = None

    @property
    def terms(self) -> str:
        """What stands behind the hash in its entries."""
        credits = "" if self.daily_credits is None else f":{self.daily_credits}"
        return credits + "".join(f":{option}" for option in self.options)

    @property
    def options(self) -> list[str]:
        roots = [] if self.rights.roots is None else [f"roots={'|'.join(sorted(self.rights.roots))}"]
        switches = [f"{name}=no" for name in SWITCHES if not getattr(self.rights, name)]
        return [*roots, *switches, *([] if self.rate is None else [f"rate={self.rate:.6g}"])]


class Entry(NamedTuple):
    """An entry as it is written, and where it stands: "SHOPGRAPH_API_KEYS: entry 2"."""

    place: str
    text: str


def entries_of(setting: str, text: str) -> list[Entry]:
    """The entries of a setting, which commas separate."""
    written = [entry.strip() for entry in text.split(",") if entry.strip()]
    return [Entry(f"{setting}: entry {number}", entry) for number, entry in enumerate(written, start=1)]


def entries_in(file: Path, *, may_be_empty: bool = False) -> list[Entry]:
    """The entries of a file. At a start one without any is refused: it would ask nobody for a key."""
    try:
        entries = list(_entries(_lines(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{FILE_SETTING}: {file} cannot be read ({type(error).__name__})") from None
    if not entries and not may_be_empty:
        raise ValueError(f"{FILE_SETTING}: {file} has no entry; scripts/keys add NAME makes one")
    return entries


def parse(entries: Iterable[Entry]) -> dict[str, Client]:
    """Hash of a key → whom it lets in. Raises ValueError with one line that shows neither hash nor key."""
    keys: dict[str, Client] = {}
    clients: dict[str, Client] = {}
    for place, text in entries:
        found = ENTRY.fullmatch(text)
        options = None if found is None else _options(found["options"])
        if found is None or options is None:
            raise ValueError(f"{place} is not {FORM}")
        credits = None if found["credits"] is None else int(found["credits"])
        client = Client(found["name"], credits, _rights(options), float(options["rate"]) if "rate" in options else None)
        if clients.setdefault(client.name, client) != client:
            raise ValueError(f"{place} gives {client.name} other terms than an entry before it")
        if keys.setdefault(found["hash"], client) != client:
            raise ValueError(f"{place} has the key of another client")
    return keys


def _options(text: str) -> dict[str, str] | None:
    """Options by name; None where one is unknown, malformed or given twice."""
    pairs = [part.split("=") for part in text.split(":") if part]
    options = {name: value for name, value in pairs if name in OPTIONS and OPTIONS[name].fullmatch(value)}
    return options if len(options) == len(pairs) else None


def _rights(options: Mapping[str, str]) -> Rights:
    roots = frozenset(options["roots"].split("|")) if "roots" in options else None
    return Rights(roots, **{name: options.get(name) != "no" for name in SWITCHES})


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text:
            yield Entry(f"{FILE_SETTING}: line {number}", text)


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


class Refused(Exception):
    """What the command cannot do; the message is one line."""


class Where(BaseSettings):
    """The one setting that the command needs."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    shopgraph_api_keys_file: str = ""


class KeysFile:
    """A file of entries, with whatever comments stand among them; new entries go to its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _lines(path) if path.exists() else []
        parse(_entries(self._lines))

    def clients(self) -> dict[Client, int]:
        """Every client, and how many keys it has."""
        clients: dict[Client, int] = {}
        for client in parse(_entries(self._lines)).values():
            clients[client] = clients.get(client, 0) + 1
        return clients

    def client(self, name: str) -> Client:
        for client in self.clients():
            if client.name == name:
                return client
        raise Refused(f"{name}: has no key in {self._path}")

    def grant(self, client: Client) -> str:
        """A new key, which stands nowhere but here."""
        key = secrets.token_urlsafe(KEY_BYTES)
        self._lines.append(f"{client.name}:{hashlib.sha256(key.encode()).hexdigest()}{client.terms}")
        self._write()
        return key

    def revoke(self, name: str, *, but_newest: bool) -> int:
        """Take a client's keys away; how many they were."""
        places = [i for i, line in enumerate(self._lines) if line.strip().startswith(f"{name}:")]
        gone = places[:-1] if but_newest else places
        self._lines = [line for i, line in enumerate(self._lines) if i not in gone]
        self._write()
        return len(gone)

    def _write(self) -> None:
        """At once or not at all, and for its owner alone to read."""
        number, made = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in self._lines))
                file.flush()
                os.fsync(number)
            if self._path.exists():
                known = self._path.stat()
                os.chown(made, known.st_uid, known.st_gid)
            Path(made).replace(self._path)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes a file of this folder by this command meanwhile."""
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _name(text: str) -> str:
    if not CLIENT_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name is 1 to 64 letters, digits, dots, hyphens or underscores")
    return text


def _credits(text: str) -> int:
    if not CREDITS.fullmatch(text):
        raise argparse.ArgumentTypeError("daily credits are a whole number from 0, of 12 digits at most")
    return int(text)


def _roots(text: str) -> frozenset[str]:
    from schema.scope import ROOTS as known

    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not names or names - known:
        raise argparse.ArgumentTypeError(f"roots are some of {', '.join(sorted(known))}, separated by commas")
    return names


def _rate(text: str) -> float:
    if not RATE.fullmatch(text):
        raise argparse.ArgumentTypeError("operations a second are a number from 0, such as 5 or 0.5; 0 is no limit")
    return float(text)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/keys",
        description=f"Keeps the clients' keys in the file that {FILE_SETTING} names; a server that runs "
        "takes note of a change within two seconds.",
        epilog="A new key is printed once and kept nowhere: the file has its hash.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = commands.add_parser("add", help="let a client in, and print its key")
    add.add_argument("name", type=_name, metavar="NAME")
    add.add_argument("--credits", type=_credits, metavar="N", help="what it may spend on a UTC day (default: no limit)")
    add.add_argument("--roots", type=_roots, metavar="A,B", help="the root fields that it may ask (default: all)")
    add.add_argument("--no-live", dest="live", action="store_false", help="it may not have TikTok read now")
    add.add_argument("--no-exports", dest="exports", action="store_false", help="it may not ask for exports")
    add.add_argument("--no-fresh", dest="fresh", action="store_false", help="its no-cache and max-age are not heeded")
    add.add_argument("--rate", type=_rate, metavar="N", help="operations a second (default: as the server says)")
    commands.add_parser("list", help="name, keys and terms of every client")
    rotate = commands.add_parser("rotate", help="print one more key for a client; its others keep working")
    rotate.add_argument("name", type=_name, metavar="NAME")
    revoke = commands.add_parser("revoke", help="take all keys of a client away")
    revoke.add_argument("name", type=_name, metavar="NAME")
    revoke.add_argument("--old", action="store_true", help="all but the newest")
    return parser.parse_args(given)


def run(asked: argparse.Namespace, path: Path) -> str:
    """What the command prints."""
    file = KeysFile(path)
    if asked.command == "list":
        return "".join("\t".join(row) + "\n" for row in _table(file.clients()))
    if asked.command == "add":
        if any(client.name == asked.name for client in file.clients()):
            raise Refused(f"{asked.name}: has a key already; rotate gives it one more")
        rights = Rights(asked.roots, asked.live, asked.exports, asked.fresh)
        return file.grant(Client(asked.name, asked.credits, rights, asked.rate)) + "\n"
    client = file.client(asked.name)
    if asked.command == "rotate":
        return file.grant(client) + "\n"
    gone = file.revoke(client.name, but_newest=asked.old)
    return f"{client.name}: {gone} {'key' if gone == 1 else 'keys'} revoked\n"


def _table(clients: Mapping[Client, int]) -> list[list[str]]:
    """Its last column only where somebody has options."""
    named = ["name", "keys", "daily credits"]
    rows = [[client.name, str(keys), _limit(client)] for client, keys in clients.items()]
    if any(client.options for client in clients):
        named.append("options")
        rows = [[*row, " ".join(client.options)] for row, client in zip(rows, clients, strict=True)]
    return [named, *rows]


def _limit(client: Client) -> str:
    return "no limit" if client.daily_credits is None else str(client.daily_credits)


def main(given: Sequence[str] | None = None) -> int:
    asked = arguments(given)
    place = Where().shopgraph_api_keys_file
    try:
        if not place:
            raise Refused(f"{FILE_SETTING}: is not set; it names the file to keep keys in")
        path = Path(place).resolve()
        if asked.command == "add":
            path.parent.mkdir(mode=0o700, exist_ok=True)
        with _alone(path.parent):
            printed = run(asked, path)
    except UnicodeDecodeError:
        print(f"keys: {place} is not in UTF-8", file=sys.stderr)
        return 2
    except (Refused, ValueError, OSError) as error:
        print(f"keys: {error}", file=sys.stderr)
        return 2
    print(printed, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
