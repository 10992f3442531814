"""Where the commands of a page run: a copy of the project in a folder of its own, one shell from block to block."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.docs.blocks import ROOT
from tests.running import free_port

HERE = Path(__file__).parent
LEFT_OUT = {".git", ".venv", ".env", ".shopgraph", "node_modules", "htmlcov", "tests", "web"}
PORT = re.compile(r"\b800\d\b")
NOBODY = "http://127.0.0.1:9"  # a proxy that is not there: no command reaches beyond this machine
SECONDS = 60


class Failed(Exception):
    """A block that does not work; the message says how."""


class Shell:
    """Runs commands in the page's tree. Variables and the folder last from block to block."""

    def __init__(self, tree: Path, environment: Mapping[str, str], forking: str) -> None:
        self.tree = tree
        self.as_imported = True
        self._given = dict(environment)
        self._forking = forking
        self._ports: dict[str, int] = {}
        self._state = tree.parent / "state"

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.tree.parent / 'bin'}:{os.environ['PATH']}"
        own = {
            "PATH": path,
            "HOME": str(self.tree.parent / "home"),
            "LANG": "C.UTF-8",
            "HTTP_PROXY": NOBODY,
            "HTTPS_PROXY": NOBODY,
            "http_proxy": NOBODY,
            "https_proxy": NOBODY,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "DOCS_TREE": str(self.tree),
            "DOCS_PORT": str(self.port("8000")),
            "DOCS_PYTHON": sys.executable,
            "DOCS_FORKING": f"{self._forking}{'' if self.as_imported else '.bare'}",
        }
        return own | self._given

    def port(self, shown: str) -> int:
        """The free port that stands for one that the page shows."""
        return self._ports.setdefault(shown, free_port())

    def placed(self, code: str) -> str:
        """Code with the page's own ports."""
        return PORT.sub(lambda found: str(self.port(found[0])), code)

    def run(self, code: str, ends: int = 0) -> str:
        """What the commands print; raises Failed where they end otherwise."""
        text = self.placed(code).replace("=…", "=sandbox")
        begin = f". {self._state}" if self._state.exists() else f"cd {self.tree}"
        keep = f"trap 'status=$?; {{ export -p; echo cd \"$PWD\"; }} > {self._state}; exit $status' EXIT"
        text = f"set -a\n{keep}\n{begin}\n{text}\nwait\n"
        return self._ended(["bash", "-euo", "pipefail", "-c", text], self.tree.parent, ends)

    def python(self, code: str) -> str:
        """What a Python program prints; raises Failed where it fails."""
        return self._ended([sys.executable, "-c", self.placed(code)], self.tree, 0)

    def _ended(self, called: list[str], folder: Path, ends: int) -> str:
        """What a program prints that ends so; where it is to fail, what it says of it too."""
        with subprocess.Popen(
            called, cwd=folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, text=True
        ) as process:
            try:
                printed, said = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                self.end()
                raise Failed(f"ran for more than {SECONDS} seconds") from None
        if process.returncode != ends:
            raise Failed(f"ended with {process.returncode}\n{printed[-1500:]}{said[-1500:]}")
        return printed + said if ends else printed

    def write(self, name: str, text: str) -> None:
        """A file of the tree. What was imported is another program than the tree's, once it has one more."""
        self.as_imported = self.as_imported and not name.endswith(".py")
        _program(self.tree / name, self.placed(text).replace("=…", "=sandbox"), 0o644)

    def change(self, diff: str) -> None:
        """Applies a diff to the tree. The lines it leaves and takes away must stand in the file exactly once."""
        self.as_imported = False
        for name, hunks in _files(diff):
            file = self.tree / name
            text = file.read_text()
            for before, after in hunks:
                if text.count(before) != 1:
                    raise Failed(f"{name} has this {text.count(before)} times:\n{before}")
                text = text.replace(before, after)
            file.write_text(text)

    def end(self) -> None:
        """Ends what the page has started."""
        for file in (self.tree / "served").glob("*"):
            if file.suffix != ".log":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(file.read_text()), signal.SIGUSR1)  # ends it at once


def _files(diff: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each file of a diff with its hunks: what stands there, and what shall."""
    for part in re.split(r"^(?=--- )", diff, flags=re.MULTILINE)[1:]:
        head, *hunks = re.split(r"^@@.*\n", part, flags=re.MULTILINE)
        found = re.search(r"^\+\+\+ b/(\S+)$", head, re.MULTILINE)
        assert found is not None, f"a diff without a name:\n{head}"
        yield found[1], [(_side(hunk, "+"), _side(hunk, "-")) for hunk in hunks]


def _side(hunk: str, left_out: str) -> str:
    lines = (line or " " for line in hunk.splitlines())
    return "".join(f"{line[1:]}\n" for line in lines if line[0] != left_out)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with its own scripts/serve and Python stood in for."""
    tree = tmp_path_factory.mktemp("template") / "shopgraph"
    shutil.copytree(ROOT, tree, ignore=_left_out)
    (tree / "web").symlink_to(ROOT / "web")
    (tree / "as-it-is").mkdir()
    shutil.move(tree / "scripts/serve", tree / "as-it-is/serve")
    _program(tree / "scripts/serve", (HERE / "serve.sh").read_text())
    _program(tree / "scripts/install", "#!/bin/sh\n# What it installs is there.\n")
    _program(tree / ".venv/bin/python", f"#!{sys.executable} -SE\n{(HERE / 'stand_in.py').read_text()}")
    return tree


def _left_out(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in LEFT_OUT or (name.startswith(".") and name.endswith("_cache"))}


def _program(file: Path, text: str, mode: int = 0o755) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(mode)


@contextlib.contextmanager
def shell(template: Path, folder: Path, environment: Mapping[str, str], forking: str) -> Iterator[Shell]:
    """A shell in a fresh copy; what it has started ends with it."""
    shutil.copytree(template, folder / "shopgraph", symlinks=True)
    (folder / "home").mkdir()
    for name in ("python", "python3"):
        _program(folder / "bin" / name, (HERE / "python.sh").read_text())
    started = Shell(folder / "shopgraph", environment, forking)
    try:
        yield started
    finally:
        started.end()
