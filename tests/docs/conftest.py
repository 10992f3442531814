"""What the blocks of the pages run in: a server that answers from the emulated providers, and a shell for each page."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from sandbox.server import SandboxServer
from tests.conftest import ALL, access_to
from tests.docs.blocks import ROOT
from tests.docs.shell import Shell, shell, template
from tests.running import environment

__all__ = ["template"]


@pytest.fixture(scope="session")
def forking() -> Iterator[str]:
    """The address at which Python programs are started quickly."""
    folder = tempfile.mkdtemp()
    place = f"{folder}/s"
    called = [sys.executable, "-m", "tests.docs.forked", place]
    process = subprocess.Popen(called, cwd=ROOT, env=environment({}), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
    yield place
    process.terminate()
    process.communicate()
    shutil.rmtree(folder)


@pytest.fixture
def at_work(
    template: Path, tmp_path: Path, shared_sandbox: SandboxServer, forking: str
) -> Callable[[], AbstractContextManager[Shell]]:
    """Opens a shell. Accounts are those of the sandbox: nothing asks a provider."""
    known = [(name, value) for provider in ALL for name, value in access_to(provider, shared_sandbox).items()]
    given = {name.upper(): str(value) for name, value in known if name.endswith(("_base_url", "_second", "_minute"))}
    given["SANDBOX"] = shared_sandbox.url.removesuffix("/api")
    return partial(shell, template, tmp_path, given, forking)
