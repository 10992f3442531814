"""Which release of the program this is."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


@cache
def version() -> str:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    return str(project["project"]["version"])
