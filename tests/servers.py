"""Servers as processes of their own, for any test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Forking, Servers


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    with Forking() as forking:
        yield forking


@pytest.fixture
def servers(forking: Forking) -> Iterator[Servers]:
    """Starts servers that end with the test."""
    with Servers(forking) as servers:
        yield servers
