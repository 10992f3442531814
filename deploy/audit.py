"""Looks at the locks: that each package has its hash and none names where it comes from, and, where a database of known
weaknesses can be reached, that none of what runs in the server or in the page has any. Ends with 1 where that is not
so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED = PROJECT / "requirements-extras.txt"
"""The packages of the server, with those of all extras."""

SECONDS = 20
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==\S+")
SOURCE = re.compile(r"[a-z+]+://|^-|\s@\s", re.MULTILINE)
INSTALLED = {".venv", "node_modules", ".git"}


def locks(project: Path) -> Iterator[Path]:
    for file in (*project.glob("**/*requirements*.txt"), *project.glob("**/package-lock.json")):
        if not INSTALLED & set(file.relative_to(project).parts):
            yield file


def flaws(lock: Path) -> list[str]:
    """What is wrong with a lock as it stands."""
    return list(_of_npm(json.loads(lock.read_text())) if lock.suffix == ".json" else _of_pip(lock.read_text()))


def _of_pip(text: str) -> Iterator[str]:
    said = re.sub(r"^\s*#.*$|\s#.*$", "", text, flags=re.MULTILINE)
    for entry in re.split(r"(?<!\\)\n", said):
        if not entry.strip():
            continue
        pin = PIN.match(entry.strip())
        if SOURCE.search(entry) or pin is None:
            yield f"{entry.split()[0]} is no version of a package"
        elif not re.search(r"--hash=sha(256|384|512):[0-9a-f]{64,}", entry):
            yield f"{pin['name']} has no hash"


def _of_npm(lock: dict[str, Any]) -> Iterator[str]:
    for name, entry in lock["packages"].items():
        if "resolved" in entry:
            yield f"{name} names where it comes from"
        if name and not entry.get("link") and not str(entry.get("integrity", "")).startswith("sha512-"):
            yield f"{name} has no hash"


def weaknesses(called: Sequence[str], folder: Path) -> dict[str, Any] | None:
    """What an auditing program tells as JSON; None where it reached nobody."""
    try:
        ended = subprocess.run(
            called, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        told: dict[str, Any] = json.loads(ended.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return told if "dependencies" in told or "auditReportVersion" in told else None


def known(project: Path) -> Iterator[str]:
    """Known weaknesses of what is shipped. Says in a line where that could not be learnt."""
    scripts = Path(sys.executable).parent
    pip = [
        str(scripts / "pip-audit"),
        "--requirement",
        str(project / SHIPPED.name),
        "--require-hashes",
        "--disable-pip",
    ]
    told = weaknesses(
        [*pip, "--vulnerability-service=osv", "--format=json", "--progress-spinner=off", "--timeout=5"], project
    )
    for each in (told or {}).get("dependencies", []):
        yield from (f"{each['name']} {each['version']}: {weakness['id']}" for weakness in each.get("vulns", []))
    npm = shutil.which("npm") or "npm"
    page = weaknesses([npm, "audit", "--json", "--omit=dev", "--fetch-retries=0"], project / "web")
    for name, each in (page or {}).get("vulnerabilities", {}).items():
        yield f"web: {name} {each['range']}: {each['severity']}"
    if told is None or page is None:
        silent = " and ".join(["pip-audit"] * (told is None) + ["npm audit"] * (page is None))
        print(f"Known weaknesses: {silent} could not ask; only the locks themselves were looked at.", file=sys.stderr)


def main() -> int:
    found = [f"{lock.relative_to(PROJECT)}: {flaw}" for lock in locks(PROJECT) for flaw in flaws(lock)]
    found += known(PROJECT)
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
