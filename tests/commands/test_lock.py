"""scripts/lock: every lock that something is installed from is made, and nothing in it moves unasked."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT

LOCKS = (
    *("requirements.txt", "requirements-extras.txt", "requirements-test.txt"),
    *("examples/python/requirements.txt", "web/node-requirements.txt"),
)
UV = """#!/usr/bin/env bash
# Notes how it was called, and writes the lock again as it stands there.
echo "$@" >>"$CALLED"
while [ "$1" != --output-file ]; do shift; done
text=$(grep -v '^#' "$2")
printf '%s\\n' "$text" >"$2"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("scripts/lock", "pyproject.toml", "examples/python/pyproject.toml", *LOCKS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    uv = tmp_path / ".venv/bin/uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(UV)
    uv.chmod(0o755)
    return tmp_path


def locked(tree: Path, *arguments: str) -> list[str]:
    """How the locks were asked for."""
    calls = tree / "called"
    subprocess.run([tree / "scripts/lock", *arguments], env={"PATH": "/usr/bin:/bin", "CALLED": str(calls)}, check=True)
    return calls.read_text().splitlines()


def test_each_lock_is_made_with_hashes_and_moves_what_it_is_told_to(tree: Path):
    called = locked(tree, "--upgrade-package", "msgspec")

    made = [re.findall(r"--output-file (\S+)", line) for line in called]
    assert [Path(name).name for (name,) in made] == [Path(name).name for name in LOCKS]
    assert all("--generate-hashes" in line and line.endswith("--upgrade-package msgspec") for line in called)


def test_the_lock_of_the_pages_node_says_on_what_it_is_for(tree: Path):
    locked(tree)

    assert (tree / "web/node-requirements.txt").read_text() == (ROOT / "web/node-requirements.txt").read_text()


def test_whatever_is_installed_from_a_lock_is_locked_here():
    installing = "".join((ROOT / "scripts" / name).read_text() for name in ("install", "page"))

    named = set(re.findall(r"[\w/.-]*requirements[\w-]*\.txt", installing))

    assert {name for name in named if not name.startswith((".venv", "examples/python/.venv"))} == set(LOCKS)
