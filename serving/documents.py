"""Documents that clients name instead of sending them: those of the operator's manifest, which are trusted, and those
that clients register themselves (automatic persisted queries).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec
import structlog

log = structlog.get_logger("shopgraph.documents")

PREFIX = "sha256:"
"""What may stand before a hash in a `documentId` (GraphQL over HTTP, appendix A)."""

APOLLO = "apollo-persisted-query-manifest"
MOST_REGISTERED = 1000
MOST_REGISTERED_BYTES = 4_000_000


class BadManifest(Exception):
    """A manifest that cannot be used; the message is one line that names it."""


class BadQuestion(Exception):
    """The request does not say which document it means; the message is one line."""


class Refused(Exception):
    """A document that is not run. code: for `extensions`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Question(NamedTuple):
    """What a request says of its document.

    query     its text
    name      its name: the id in a manifest, or a hash
    register  whether the text may be kept under the name
    """

    query: str | None
    name: str | None = None
    register: bool = False


def question(asked: Mapping[str, Any]) -> Question:
    """Reads the parameters of a request: query, documentId, id, and extensions of which some may be lacking."""
    query, extensions = asked.get("query"), asked.get("extensions") or {}
    persisted = extensions.get("persistedQuery")
    names: list[Any] = [asked.get("documentId")]
    if query is None:
        names.append(asked.get("id"))
    if persisted is not None:
        if not isinstance(persisted, dict) or persisted.get("version", 1) != 1:
            raise BadQuestion("extensions.persistedQuery: must be an object of version 1 with sha256Hash")
        names.append(persisted.get("sha256Hash", ""))
    given = [name for name in names if name is not None]
    if any(not isinstance(name, str) or not name for name in given):
        raise BadQuestion("documentId, id and extensions.persistedQuery.sha256Hash: must be texts that are not empty")
    named = {name.removeprefix(PREFIX) for name in given}
    if len(named) > 1:
        raise BadQuestion("documentId, id and extensions.persistedQuery.sha256Hash: name different documents")
    return Question(query, next(iter(named), None), register=persisted is not None)


class Documents:
    """Finds the text of the document that a request means.

    manifest  the operator's file of trusted documents, None where there is none
    only      whether no others are run
    """

    def __init__(self, manifest: Path | None = None, *, only: bool = False) -> None:
        self.only = only
        self._manifest = Manifest(manifest) if manifest else None
        self._registered = Registered()

    def text(self, asked: Question) -> str | None:
        """The text, None where the request has none and names none; raises BadQuestion and Refused."""
        trusted = self._trusted
        if asked.name is None:
            if self.only and asked.query is not None and asked.query not in trusted.texts:
                _refuse_untrusted()
            return asked.query
        text = trusted.by_name.get(asked.name)
        if text is None and self.only:
            _refuse_untrusted()
        if text is None and asked.register and asked.query is not None:
            return self._checked(asked.name, asked.query)
        text = text or self._registered.get(asked.name)
        if text is None:
            raise Refused("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        if asked.query not in (None, text):
            raise BadQuestion("query: is another document than the one that is named")
        return text

    def keep(self, asked: Question) -> None:
        """Registers the text of a request that was run, where the request asks for that."""
        if asked.register and asked.name and asked.query is not None and asked.name not in self._trusted.by_name:
            self._registered.keep(asked.name, asked.query)

    @property
    def _trusted(self) -> Trusted:
        return self._manifest.trusted() if self._manifest else NONE

    @staticmethod
    def _checked(name: str, query: str) -> str:
        if hashlib.sha256(_encoded(query)).hexdigest() != name:
            raise BadQuestion("extensions.persistedQuery.sha256Hash: is not the SHA-256 of query")
        return query


def _refuse_untrusted() -> NoReturn:
    raise Refused("This server runs only documents that its operator trusts.", "UNTRUSTED_DOCUMENT")


class Trusted:
    """What a manifest holds."""

    def __init__(self, by_name: Mapping[str, str]) -> None:
        self.by_name = {name.removeprefix(PREFIX): text for name, text in by_name.items()}
        self.texts = frozenset(by_name.values())


NONE = Trusted({})


class Manifest:
    """A file of trusted documents, read again whenever it has changed; one that cannot be used leaves the last in
    force.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _state(path)
        self._trusted = read(path)

    def trusted(self) -> Trusted:
        state = _state(self._path)
        if state != self._seen:
            self._seen = state
            try:
                self._trusted = read(self._path)
                log.info("trusted documents read", documents=len(self._trusted.by_name))
            except BadManifest as error:
                log.error("trusted documents not read", error=str(error))
        return self._trusted


def read(path: Path) -> Trusted:
    """The documents of a manifest: {"hash": "document"}, or Apollo's; raises BadManifest."""
    try:
        held = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadManifest(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadManifest(f"{path}: is not JSON") from None
    if not isinstance(held, dict):
        raise BadManifest(f"{path}: must be a JSON object of documents by their hash, or Apollo's manifest")
    documents = _of_apollo(path, held) if "operations" in held or held.get("format") == APOLLO else held
    if not documents:
        raise BadManifest(f"{path}: has no documents")
    wrong = next((name for name, text in documents.items() if not name or not isinstance(text, str) or not text), None)
    if wrong is not None:
        raise BadManifest(f"{path}: {wrong or 'an empty name'}: must be a name with the text of a document")
    return Trusted(documents)


def _of_apollo(path: Path, held: Mapping[str, Any]) -> dict[str, str]:
    if held.get("format") != APOLLO or held.get("version") != 1 or not isinstance(held.get("operations"), list):
        raise BadManifest(f'{path}: must have "format": "{APOLLO}", "version": 1 and a list of operations')
    documents: dict[str, str] = {}
    for at, operation in enumerate(held["operations"]):
        fields = operation if isinstance(operation, dict) else {}
        name, text = fields.get("id"), fields.get("body")
        if not isinstance(name, str) or not isinstance(text, str):
            raise BadManifest(f"{path}: operations[{at}]: must have an id and a body")
        if documents.setdefault(name, text) != text:
            raise BadManifest(f"{path}: operations[{at}]: {name} is the id of another document too")
    return documents


def _state(path: Path) -> tuple[int, ...] | None:
    """Changes whenever the file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Registered:
    """The documents that clients registered last, in the memory of this process; bounded in number and in bytes."""

    def __init__(self, most: int = MOST_REGISTERED, most_bytes: int = MOST_REGISTERED_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._texts: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, name: str) -> str | None:
        if name in self._texts:
            self._texts.move_to_end(name)
        return self._texts.get(name)

    def keep(self, name: str, text: str) -> None:
        if _size(text) > self._most_bytes or name in self._texts:
            return
        self._texts[name] = text
        self._bytes += _size(text)
        while len(self._texts) > self._most or self._bytes > self._most_bytes:
            _, dropped = self._texts.popitem(last=False)
            self._bytes -= _size(dropped)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can spell half a character


def _size(text: str) -> int:
    return len(_encoded(text))
