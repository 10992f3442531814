"""The clients that are let in: found by the key that they show, and read again when their file changes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from schema.scope import ROOTS
from serving import keys
from serving.keys import Client
from settings import Misconfigured, Settings
from upstream.rights import ALL, NONE, Rights

log = structlog.get_logger("shopgraph.server")

ANONYMOUS = "anonymous"
"""Who asks where no keys are configured."""

PICTURES = "images"
"""Who pays for pictures that were told to no client that the server knows."""

SECONDS_BETWEEN_LOOKS = 1.0
BURST_SECONDS = 2.0
"""How much of a client's rate it may use at once."""


class Clients:
    """Those of a server. A file that cannot be used leaves the last in force; one that lets nobody in does.

    keyed  whether a key is asked for: settled at the start, whatever the file says later
    daily  credits a day by client, of those that have a limit; follows the file
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.daily: dict[str, int] = {}
        self._settings = settings
        self._clock = clock
        self._blind = secrets.token_bytes(32)
        self._by_name: Mapping[str, Client] = {}
        self._by_key: Mapping[bytes, tuple[str, Client]] = {}
        self._buckets: dict[str, Bucket] = {}
        self._seen = self._state()
        self._next_look = clock() + SECONDS_BETWEEN_LOOKS
        try:
            self._take(self._read())
        except ValueError as error:
            raise Misconfigured(str(error)) from None
        self.keyed = bool(self._by_key)

    def find(self, key: bytes) -> Client | None:
        """Whom a key lets in. What is looked up is blinded, so that the time it takes tells nothing of known keys."""
        self.refresh()
        shown = hashlib.sha256(key).hexdigest()
        known, client = self._by_key.get(self._blinded(shown), ("", None))
        return client if hmac.compare_digest(known, shown) else None

    def rights(self, name: str) -> Rights:
        """What a client may ask now; nothing, where it has no key any more."""
        self.refresh()
        if not self.keyed:
            return ALL
        return self._by_name[name].rights if name in self._by_name else NONE

    @property
    def names(self) -> list[str]:
        self.refresh()
        return list(self._by_name)

    def wait(self, name: str) -> float:
        """Counts an operation; 0 where the client may ask it, else the seconds until it may."""
        client = self._by_name.get(name)
        rate = self._settings.shopgraph_client_operations_per_second
        if client is not None and client.rate is not None:
            rate = client.rate
        if not rate:
            return 0.0
        bucket = self._buckets.get(name)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[name] = Bucket(rate, self._clock)
        return bucket.take()

    def refresh(self) -> None:
        """Read the file again where it has changed; looked at once a second."""
        if self._clock() < self._next_look:
            return
        self._next_look = self._clock() + SECONDS_BETWEEN_LOOKS
        if self._state() != self._seen:
            self.reload()

    def reload(self, settings: Settings | None = None) -> None:
        """Read the file again; settings: others, where these have been read again too."""
        self._settings = settings or self._settings
        self._seen = self._state()
        try:
            found = self._read(again=True)
        except ValueError as error:
            log.warning("client keys not read, those of before hold", error=str(error))
            return
        self._take(found)
        log.info("client keys read", clients=len(self._by_name))

    def _read(self, *, again: bool = False) -> Mapping[str, Client]:
        """Clients by the hash of their key. Raises ValueError."""
        entries = keys.entries_of("SHOPGRAPH_API_KEYS", self._settings.shopgraph_api_keys.get_secret_value())
        if self._file is not None:
            entries += keys.entries_in(self._file, may_be_empty=again)
        found = keys.parse(entries)
        for client in found.values():
            unknown = sorted((client.rights.roots or frozenset()) - ROOTS)
            if unknown:
                raise ValueError(f"{client.name}: roots={unknown[0]}: there is no such field of the root")
        return found

    def _take(self, found: Mapping[str, Client]) -> None:
        self._by_key = {self._blinded(known): (known, client) for known, client in found.items()}
        self._by_name = {client.name: client for client in found.values()}
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if name in self._by_name}
        limits = {name: client.daily_credits for name, client in self._by_name.items()}
        limits.setdefault(PICTURES, self._settings.shopgraph_image_credits_per_day)
        for name, limit in limits.items():
            if limit is None:
                self.daily.pop(name, None)
            else:
                self.daily[name] = limit

    def _blinded(self, hash: str) -> bytes:
        return hmac.digest(self._blind, hash.encode(), "sha256")

    @property
    def _file(self) -> Path | None:
        return Path(self._settings.shopgraph_api_keys_file) if self._settings.shopgraph_api_keys_file else None

    def _state(self) -> tuple[int, ...] | None:
        """Changes whenever the file does."""
        try:
            file = self._file
            found = file.stat() if file else None
        except OSError:
            return None
        return found and (found.st_mtime_ns, found.st_size, found.st_ino)


class Bucket:
    """Operations of a client: so many a second, a few of them at once."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._most = max(1.0, rate * BURST_SECONDS)
        self._left = self._most
        self._at = clock()

    def take(self) -> float:
        """0, or the seconds until there is one."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self.rate
