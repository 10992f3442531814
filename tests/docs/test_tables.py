"""What can be set and what can go wrong has its row, and nothing else has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from settings import listing
from tests.docs.blocks import ROOT

SETTING = re.compile(r"`([A-Z]+_[A-Z_0-9]+)`")
REFUSALS = {"Refused", "Refusal", "BadBody"}
CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*")
NOT_OURS = {"bench", "sandbox", "tests"}


def rows(page: str, heading: str = "") -> list[str]:
    """The first cells of a page's tables below a heading."""
    text = (ROOT / "docs" / page).read_text().partition(heading)[2] if heading else (ROOT / "docs" / page).read_text()
    cells = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    return [cell for cell in cells if cell.startswith("`")]


def sources(word: str) -> list[ast.Module]:
    """The modules of the gateway in which a word stands."""
    rooms = [entry for entry in ROOT.iterdir() if (entry / "__init__.py").is_file() and entry.name not in NOT_OURS]
    files = [*ROOT.glob("*.py"), *(file for room in rooms for file in room.rglob("*.py"))]
    texts = (file.read_text() for file in files)
    return [ast.parse(text) for text in texts if word in text]


@cache
def codes() -> frozenset[str]:
    """Every code that an error of the gateway may have: `code = "…"`, `code="…"`, {"code": "…"}, with its choices; and
    what is handed to the errors that take theirs by place, or given beside a message.
    """
    found = set()
    for module in sources("code"):
        for node in ast.walk(module):
            values = []
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                values = [node.value for target in targets if isinstance(target, ast.Name) and target.id == "code"]
            elif isinstance(node, ast.Dict):
                keyed = zip(node.keys, node.values, strict=True)
                values = [value for key, value in keyed if isinstance(key, ast.Constant) and key.value == "code"]
            elif isinstance(node, ast.keyword) and node.arg == "code":
                values = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in REFUSALS:
                values = list(node.args)
            elif isinstance(node, ast.Yield | ast.Return) and isinstance(node.value, ast.Tuple):
                values = [*node.value.elts[:1]]
            found |= {text for value in values if value is not None for text in _texts(value)}
    return frozenset(text for text in found if CODE.fullmatch(text))


def events() -> set[str]:
    """What the log may say."""
    calls = (node for module in sources("log.") for node in ast.walk(module) if isinstance(node, ast.Call))
    said = (call for call in calls if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log")
    return {text for call in said for text in _texts(call.args[0])}


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)


def test_every_setting_has_a_row_and_every_row_is_a_setting():
    told = [name for cell in rows("settings.md") for name in SETTING.findall(cell)]

    assert sorted(told) == sorted(name for name, _, _ in listing())


def test_the_numbers_that_settings_begin_with_are_shown():
    lines = re.findall(r"^\| (.+?) \| (.+?) \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    shown = {name: default for cell, default in lines for name in SETTING.findall(cell)}
    numbers = {name: value for name, value, _ in listing() if re.fullmatch(r"\d+(?:\.\d+)?", value)}

    assert {name for name, value in numbers.items() if f"{float(value):g}" not in shown.get(name, "")} == set()


def test_every_code_of_the_gateway_is_explained_and_every_explained_code_is_one():
    told = {code for cell in rows("errors.md") for code in re.findall(r"`([A-Z][A-Z_]+)`", cell)}

    assert len(codes()) > 10
    assert codes() - told == set()
    assert told - codes() == set()


def test_events_that_operators_are_told_to_watch_are_those_of_the_log():
    told = {cell.strip("`") for cell in rows("deploying.md", "## What is to be watched")}

    assert len(told) > 5
    assert told - events() == set()
