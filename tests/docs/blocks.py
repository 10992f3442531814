"""The code blocks of a page, and what comments before a block say of it.

<!-- norun: why -->          it cannot run here; only its form is looked at
<!-- shows: previous -->     what the block before it answered, in the same shape; `previous a.b`: a part of that;
                             `some of previous`: only what is shown need be there
<!-- run: commands -->       run though a reader sees nothing of it, as if it were an `sh` block; `run graphql: …`
<!-- variables: {…} -->      of the operation; else they are the `json` block behind it
<!-- headers: Name: value --> sent with the operation
<!-- errors: CODE -->        the operation answers with this code
<!-- ends: 2 -->             the commands end with this status
<!-- with: SETTING=value --> asked of a server with this setting
<!-- at: 8000 -->            the operation is sent to the server that the page has started there
<!-- let: OLD = NEW -->      put in OLD's place before it runs
<!-- file: PATH -->          it is the text of that file
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^`\s]*)[^`]*\Z")
NAMES = "norun|shows|run|variables|headers|errors|ends|at|let|file|with"
DIRECTIVE = re.compile(rf"<!--\s*(?P<name>{NAMES})(?: (?P<language>\w+))?:\s*(?P<said>.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block, and what is said of it: (name, text) of each directive."""

    page: Path
    line: int
    language: str
    code: str
    said: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def of(self, name: str) -> str | None:
        """What a directive says, None where it is not there."""
        return next((text for known, text in self.said if known == name), None)

    def all(self, name: str) -> list[str]:
        return [text for known, text in self.said if known == name]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line} ({self.language or 'no language'})"


def blocks(page: Path, text: str | None = None) -> list[Block]:
    """Every block of a page in its order, with those that only comments hold."""
    return list(_blocks(page, (page.read_text() if text is None else text).splitlines()))


def prose(page: Path) -> str:
    """A page without its blocks and comments."""
    lines = page.read_text().splitlines()
    for block in blocks(page):
        if lines[block.line - 1].lstrip().startswith(("`", "~")):
            last = block.line + block.code.count("\n")
            lines[block.line - 1 : last + 1] = [""] * (last + 2 - block.line)
    return re.sub(r"<!--.*?-->", "", "\n".join(lines), flags=re.DOTALL)


def _blocks(page: Path, lines: Sequence[str]) -> Iterator[Block]:
    said: list[tuple[str, str]] = []
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        if line.lstrip().startswith("<!--"):
            while "-->" not in lines[number - 1]:
                number += 1
            comment = DIRECTIVE.fullmatch("\n".join(lines[start:number]).strip())
            if comment is None:
                continue
            if comment["name"] == "run":
                yield Block(page, start + 1, comment["language"] or "sh", comment["said"] + "\n", tuple(said))
                said = []
            else:
                said.append((comment["name"], comment["said"]))
        elif fence := FENCE.match(line):
            end = next(i for i in range(number, len(lines)) if lines[i].strip() == fence["fence"])
            code = "".join(f"{each.removeprefix(fence['indent'])}\n" for each in lines[number:end])
            yield Block(page, start + 1, fence["language"], code, tuple(said))
            said, number = [], end + 1
        elif line.strip() and said:
            raise AssertionError(f"{page.name}:{start + 1}: a directive, and no block behind it")
