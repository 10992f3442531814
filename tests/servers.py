"""Servers as processes of their own, for any test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.running import Forking, Servers

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    with Forking() as forking:
        yield forking


@pytest.fixture
def command(forking: Forking, tmp_path: Path) -> Command:
    """Runs server.py with these arguments and variables in the test's folder: command("--check", NAME="value")."""

    def run(*arguments: str, **given: str) -> CompletedProcess[str]:
        return forking.run(tmp_path, arguments, given)

    return run


@pytest.fixture
def servers(forking: Forking) -> Iterator[Servers]:
    """Starts servers that end with the test."""
    with Servers(forking) as servers:
        yield servers
