"""Answers kept from a real account (server.py --check --live --capture DIR), given again to the same questions.

A file holds one call: {"provider", "version", "path", "method", "params", "status", "headers", "body"}, with "text" in
place of a body that was no JSON. Where a provider is may differ: of what stands before the path the version counts.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.reply import JSON, Reply, dump

CREDENTIALS = frozenset({"api_key", "apikey", "key", "token", "access_token", "username", "password"})
KEPT_HEADERS = ("retry-after",)


class Kept(NamedTuple):
    """One answer, and below which version which path gave it."""

    version: str
    path: str
    reply: Reply

    def is_at(self, path: str) -> bool:
        """Whether it is of this path, which is told below the provider's base."""
        before = path.removesuffix(self.path)
        return before != path and before.endswith("/") and self.version in before.split("/")


class Replay:
    """The kept answers of a folder. ValueError for a file that is none, OSError for a folder that can't be read."""

    def __init__(self, folder: str | Path) -> None:
        self._kept: dict[tuple[str, frozenset[tuple[str, str]]], list[Kept]] = {}
        files = sorted(entry for entry in Path(folder).iterdir() if entry.suffix == ".json")
        for file in files:
            self._add(file)

    def find(self, provider: str, path: str, params: Mapping[str, str]) -> Reply | None:
        """The answer to a question, whatever the order of its parameters and the credentials among them."""
        kept = self._kept.get((provider, _plain(params)), ())
        return next((each.reply for each in kept if each.is_at(path)), None)

    def _add(self, file: Path) -> None:
        try:
            call = json.loads(file.read_text(encoding="utf-8"))
            kept = Kept(call["version"], call["path"], _reply(call))
            key = str(call["provider"]), _plain(call["params"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{file} holds no kept answer: {error}") from None
        self._kept.setdefault(key, []).append(kept)


def _reply(call: Mapping[str, Any]) -> Reply:
    headers = {name: str(value) for name, value in call.get("headers", {}).items() if name in KEPT_HEADERS}
    told = call.get("body")
    media_type = str(call.get("headers", {}).get("content-type", JSON))
    body = str(call["text"]).encode() if "text" in call else dump(told)
    code = told.get("code") if isinstance(told, dict) and isinstance(told.get("code"), int) else None
    return Reply(body, status=int(call["status"]), code=code, media_type=media_type, headers=headers)


def _plain(params: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(value)) for name, value in params.items() if name.lower() not in CREDENTIALS)
