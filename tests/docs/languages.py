"""How a block of each language is run, or read where it cannot be."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import graphql
import yaml

from schema.build import schema
from settings import listing
from tests.conftest import CLIENT, Gateway
from tests.docs.blocks import ROOT, Block
from tests.docs.shape import differences, missing_lines, part, read
from tests.docs.shell import Shell

SETTINGS = {name for name, _, _ in listing()}
SERVES = re.compile(r"^(?!#).*scripts/serve(?! +--(?:check|help))", re.MULTILINE)
CRON = re.compile(r"(?:[-*/,\d]+\s+){5}(?P<command>\S.*)")


class Page:
    """A page while its blocks run, in their order."""

    def __init__(self, blocks: list[Block], at_work: Callable[[], Any], gateway: Callable[..., Gateway]) -> None:
        self._blocks = blocks
        self._at_work = at_work
        self._gateway = gateway
        self._opened = ExitStack()
        self._shell: Shell | None = None
        self._server: Gateway | None = None
        self._printed = ""
        self._serves = False

    def failures(self) -> Iterator[str]:
        """What is wrong, block by block."""
        with self._opened:
            for number, block in enumerate(self._blocks):
                try:
                    self._run(block, self._blocks[number + 1 :])
                except Exception as error:  # whatever it is, the page is wrong; the others are looked at all the same
                    yield f"{block}: {type(error).__name__}: {error}"

    @property
    def shell(self) -> Shell:
        if self._shell is None:
            self._shell = self._opened.enter_context(self._at_work())
        return self._shell

    def _run(self, block: Block, following: list[Block]) -> None:
        for old_new in block.all("let"):
            old, _, new = old_new.partition(" = ")
            assert old in block.code, f"{old} is not there to be replaced"
            block = Block(block.page, block.line, block.language, block.code.replace(old, new), block.said)
        if (file := block.of("file")) is not None:
            self.shell.write(file, block.code)
            if block.language in READ:
                READ[block.language](block.code)
        elif (shown := block.of("shows")) is not None:
            self._compare(block, shown)
        elif block.of("norun") is None:
            runs: Mapping[str, Callable[[], None]] = {
                "graphql": lambda: self._ask(block, following),
                "sh": lambda: self._command(block),
                "python": lambda: self._program(block),
                "js": lambda: self._script(block),
                "diff": lambda: self.shell.change(block.code),
            }
            run = runs.get(block.language) or (lambda: READ[block.language](block.code))
            assert block.language in {*runs, *READ}, "a block needs a language that runs or is read, or a directive"
            run()

    def _compare(self, block: Block, shown: str) -> None:
        said = re.fullmatch(r"(?P<some>some of )?previous(?: (?P<path>\S+))?", shown)
        assert said is not None, f"shows: {shown}"
        if block.language == "json":
            answered = part(read(self._printed), said["path"] or "")
            found = list(differences(json.loads(block.code), answered, whole=said["some"] is None))
        else:
            found = missing_lines(block.code, self._printed)
        assert not found, f"it is not what was answered: {found}\n{self._printed[:1500]}"

    # ── what runs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, block: Block, following: list[Block]) -> None:
        document = graphql.parse(block.code)
        operations = [each for each in document.definitions if isinstance(each, graphql.OperationDefinitionNode)]
        if not operations:
            return _in_schema(document)
        headers = dict(line.split(": ", 1) for text in block.all("headers") for line in text.splitlines())
        for operation in operations:
            body = {
                "query": block.code,
                "operationName": operation.name.value if operation.name else None,
                "variables": _variables(block, operation, following),
            }
            base = self._base(block)
            response = CLIENT.post(f"{base}/graphql", json=body, headers=headers)
            self._printed = response.text
            errors = response.json().get("errors", [])
            codes = {error["extensions"]["code"] for error in errors}
            assert codes == set(block.all("errors")), errors
        return None

    def _base(self, block: Block) -> str:
        at, settings = block.of("at"), block.all("with")
        if settings:
            return self._gateway(**dict(each.lower().split("=", 1) for each in settings)).url
        return f"http://127.0.0.1:{self.shell.port(at)}" if at else self._url()

    def _command(self, block: Block) -> None:
        self._serves = self._serves or SERVES.search(block.code) is not None
        code = block.code
        if not self._serves and "127.0.0.1:8000" in code:
            code = code.replace("http://127.0.0.1:8000", self._url())
        self._printed = self.shell.run(code, int(block.of("ends") or 0))

    def _program(self, block: Block) -> None:
        self._printed = self.shell.python(self._here(block.code))

    def _script(self, block: Block) -> None:
        node = shutil.which("node")
        assert node, "node is needed"
        file = self.shell.tree / "block.mjs"
        file.write_text(self.shell.placed(self._here(block.code)))
        self._printed = self.shell.run(f"{node} {file}\n")

    def _here(self, code: str) -> str:
        return (
            code if self._serves or "127.0.0.1:8000" not in code else code.replace("http://127.0.0.1:8000", self._url())
        )

    def _url(self) -> str:
        """Where a server answers that no page has started."""
        if self._server is None:
            self._server = self._gateway()
        return self._server.url


def _in_schema(document: graphql.DocumentNode) -> None:
    """Types that a page shows are in the schema, with the fields shown."""
    known = {kind["name"]: kind for kind in schema.introspect()["__schema"]["types"]}
    for shown in document.definitions:
        if isinstance(shown, graphql.ObjectTypeDefinitionNode | graphql.ObjectTypeExtensionNode):
            fields = {field["name"] for field in known[shown.name.value]["fields"]}
            assert {field.name.value for field in shown.fields or ()} <= fields, shown.name.value


def _variables(block: Block, operation: graphql.OperationDefinitionNode, following: list[Block]) -> dict[str, Any]:
    """Those that a comment gives, or the JSON behind the operation."""
    names = {each.variable.name.value for each in operation.variable_definitions or ()}
    told = block.of("variables")
    if told is None and names and following and following[0].language == "json" and not following[0].said:
        told = following[0].code
    given: dict[str, Any] = json.loads(told or "{}")
    return {name: value for name, value in given.items() if name in names}


# ── what is read ──────────────────────────────────────────────────────────────────────────────────────────────────


def _settings(code: str) -> None:
    """Names that are settings, of which none is given twice."""
    lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    names = [line.partition("=")[0] for line in lines]
    assert all("=" in line for line in lines) and len(set(names)) == len(names)
    assert set(names) <= SETTINGS, set(names) - SETTINGS


def _unit(code: str) -> None:
    """Sections of settings; what a unit of systemd starts is there."""
    parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",))
    parser.read_string(code)
    assert parser.sections()
    for section in parser.sections():
        for program in re.findall(r"scripts/\w+", parser[section].get("execstart", "")):
            _is_there(program)


def _times(code: str) -> None:
    """Lines of a crontab, whose scripts are there."""
    for line in code.splitlines():
        found = CRON.fullmatch(line.strip())
        assert found, line
        for program in re.findall(r"scripts/\w+", found["command"]):
            _is_there(program)


def _proxy(code: str) -> None:
    """Blocks in braces; statements end in a semicolon."""
    depth = 0
    for line in (line.partition("#")[0].strip() for line in code.splitlines()):
        depth += line.count("{") - line.count("}")
        assert depth >= 0 and (not line or line[-1] in "{};"), line
    assert depth == 0


def _pairs(code: str) -> None:
    """A name and its value a line."""
    assert all(len(line.split()) >= 2 for line in code.splitlines() if line.strip() and line[0] != "#")


def _is_there(program: str) -> None:
    assert Path(ROOT, program).is_file(), f"{program} is not there"


READ: Mapping[str, Callable[[str], Any]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda code: list(yaml.safe_load_all(code)),
    "env": _settings,
    "ini": _unit,
    "cron": _times,
    "nginx": _proxy,
    "conf": _pairs,
    "graphql": graphql.parse,
    "mermaid": lambda code: None,
}
