"""Links lead somewhere, and what a page names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, prose

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ +(?P<title>.+?) *$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")
NAMED = re.compile(
    r"`((?:bench|docs|entities|examples|loaders|resolvers|sandbox|schema|scripts|store|tests|upstream)/[\w./-]+)"
)


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def anchors(page: Path) -> set[str]:
    """The names that headings of a page are reached by."""
    found: dict[str, int] = {}
    for title in HEADING.findall(prose(page)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return {f"{name}-{number}" if number else name for name, last in found.items() for number in range(last + 1)}


def broken(page: Path) -> list[str]:
    """Links of a page that lead nowhere in the project."""
    lost = []
    for target in LINK.findall(prose(page)):
        if ELSEWHERE.match(target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            lost.append(target)
    return lost


def test_every_link_leads_to_a_file_and_a_heading(page: Path):
    assert broken(page) == []


def test_every_page_is_linked_from_the_first_one():
    linked = {(ROOT / target.partition("#")[0]).resolve() for target in LINK.findall(prose(ROOT / "README.md"))}

    assert {page.name for page in PAGES[1:]} <= {file.name for file in linked}


def test_files_that_a_page_names_are_there(page: Path):
    """But those that an example adds, and patterns."""
    named = {name.rstrip("./") for name in NAMED.findall(prose(page))}

    assert {name for name in named if not (ROOT / name).exists() and "<" not in name} == set()


def test_a_link_into_nothing_is_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# One two\n\n[a](#one-two) [b](#three) [c](other.md)\n\n```sh\n[d](lost.md)\n```\n")

    assert broken(page) == ["#three", "other.md"]
