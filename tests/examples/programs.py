"""The programs of examples/: copied, generated from a schema, type-checked, and run as their READMEs say."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = (ROOT / "schema.graphql").read_text()
UNCOPIED = shutil.ignore_patterns("node_modules", ".venv", "dist", "graphql", "shopgraph_client", ".mypy_cache")


@dataclass(frozen=True)
class Language:
    """Where its packages are installed, and what a user calls."""

    name: str
    packages: str
    generate: tuple[str, ...]
    check: tuple[str, ...]
    run: tuple[str, ...]


TYPESCRIPT = Language(
    "typescript",
    "node_modules",
    generate=("node_modules/.bin/graphql-codegen",),
    check=("node_modules/.bin/tsc",),
    run=("node", "dist/best-sellers.js"),
)
PYTHON = Language(
    "python",
    ".venv",
    generate=(".venv/bin/ariadne-codegen",),
    check=(".venv/bin/mypy", "best_sellers.py"),
    run=(".venv/bin/python", "best_sellers.py"),
)
LANGUAGES = {language.name: language for language in (TYPESCRIPT, PYTHON)}


@dataclass(frozen=True)
class Ended:
    """How a call ended."""

    status: int
    printed: list[str]
    complaint: str


@dataclass(frozen=True)
class Program:
    """An example in a folder of its own, beside the schema that it is generated from."""

    language: Language
    folder: Path

    def generate(self) -> Ended:
        return self._called(self.language.generate)

    def check(self) -> Ended:
        return self._called(self.language.check)

    def run(self, *arguments: str, **environment: str) -> Ended:
        return self._called((*self.language.run, *arguments), **environment)

    def _called(self, command: tuple[str, ...], **environment: str) -> Ended:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SHOPGRAPH_")}
        ours |= {"PYTHONUTF8": "1", "MYPY_CACHE_DIR": str(self.folder.parents[2] / "mypy"), **environment}
        done = subprocess.run(command, cwd=self.folder, env=ours, capture_output=True, text=True, check=False)
        return Ended(done.returncode, done.stdout.splitlines(), done.stderr)


def copied(language: Language, place: Path, schema: str = SCHEMA) -> Program:
    """The example with its installed packages, for another schema."""
    folder, original = place / "examples" / language.name, ROOT / "examples" / language.name
    shutil.copytree(original, folder, ignore=UNCOPIED)
    (folder / language.packages).symlink_to(original / language.packages)
    (place / "schema.graphql").write_text(schema)
    return Program(language, folder)


def retold(kind: str, told: str, instead: str, schema: str = SCHEMA) -> str:
    """The schema with something else at the first such place of one of its types."""
    before, name, after = schema.partition(f"\ntype {kind} ")
    body, end, rest = after.partition("\n}\n")
    assert told in body
    return f"{before}{name}{body.replace(told, instead, 1)}{end}{rest}"
