"""Does what the Dockerfile says in a folder, where no engine is that would: its COPY and RUN steps, stage after stage,
as a user who is not root; then starts the entry point over emulated data, from a tree that it cannot write to, and asks
one query. Paths of the image are replaced by those below the folder; all stages have the same ones, as in the image.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
ROOTS = ("/srv/shopgraph", "/data")
"""All that steps write to in the image."""

QUERY = "{ products(region: US, first: 2) { nodes { id name seller { name } } } }"
SECONDS_TO_START = 30
FLAG = re.compile(r"--(?P<name>[a-z]+)=(?P<value>\S+)\s+")
VARIABLE = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<braced>\w+)\})")


class Failed(Exception):
    """What does not work."""


@dataclass(frozen=True)
class Instruction:
    """A line of the Dockerfile: COPY, its flags, and what follows them."""

    name: str
    text: str
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """The arguments: of a JSON array, or as a shell parts them."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclass
class Stage:
    """What the instructions of a stage have made so far."""

    name: str
    environment: dict[str, str]
    folder: str = "/"
    arguments: dict[str, str] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    user: str = ""
    stop: str = "SIGTERM"

    @property
    def variables(self) -> dict[str, str]:
        return {**self.arguments, **self.environment}


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def instructions(dockerfile: str) -> Iterator[Instruction]:
    """Those of a Dockerfile, in their order."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, text = line.strip().partition(" ")
        text, flags = text.lstrip(), {}
        while found := FLAG.match(text):
            flags[found["name"]] = found["value"]
            text = text[found.end() :]
        yield Instruction(name.upper(), text, flags)


def stages(read: Sequence[Instruction]) -> list[tuple[str, list[Instruction]]]:
    """The stages by name, the last one's where it has none: "image"."""
    found: list[tuple[str, list[Instruction]]] = []
    for each in read:
        if each.name == "FROM":
            words = each.text.split()
            found.append((words[2] if len(words) == 3 else "image", []))
        elif found:
            found[-1][1].append(each)
    return found


def context(project: Path) -> Iterator[str]:
    """The files that an engine is sent, by .dockerignore."""
    rules = [line for line in (project / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for folder, folders, files in os.walk(project):
        inside = Path(folder).relative_to(project).as_posix()
        names = {name: name if inside == "." else f"{inside}/{name}" for name in (*folders, *files)}
        folders[:] = [name for name in folders if not _lost(names[name], rules)]
        yield from (names[name] for name in files if not _left_out(names[name], rules))


def _left_out(path: str, rules: Sequence[str]) -> bool:
    """The last rule that holds for a path or a folder above it decides."""
    out = False
    for rule in rules:
        if _pattern(rule.removeprefix("!")).match(f"{path}/"):
            out = not rule.startswith("!")
    return out


def _lost(folder: str, rules: Sequence[str]) -> bool:
    """Whether nothing below a folder can be let in again."""
    return _left_out(folder, rules) and not any(rule.startswith(f"!{folder}/") for rule in rules)


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(parts.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", rule))
    return re.compile(f"{text}/")


# ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Image:
    """What is built in a folder: the stage at work, the stages before it, and what the engine was sent."""

    def __init__(self, folder: Path, arguments: Mapping[str, str], ready: Set[str]) -> None:
        self._folder = folder
        self._arguments = arguments
        self._ready = ready
        self._root = folder / "root"
        self.path = f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"

    def build(self, dockerfile: str) -> Stage:
        """The last stage, built."""
        for name, steps in stages(list(instructions(dockerfile))):
            stage = self._stage(name, steps)
            if name != "image":
                self._root.rename(self._folder / "stages" / name)
        return stage

    def _stage(self, name: str, steps: Sequence[Instruction]) -> Stage:
        self._root.mkdir()
        stage = Stage(name, {})
        for step in steps:
            began = time.monotonic()
            self._do(stage, step)
            if step.name in ("COPY", "RUN"):
                said = " ".join(step.text.split())
                print(f"{name}: {step.name} {said[:90]}  {time.monotonic() - began:.1f} s", flush=True)
        return stage

    def _do(self, stage: Stage, step: Instruction) -> None:
        match step.name:
            case "RUN" if stage.name not in self._ready:
                self._run(stage, step)
            case "COPY":
                self._copy(stage, step)
            case "WORKDIR":
                stage.folder = str(Path(stage.folder, step.text))
                self.place(stage.folder).mkdir(parents=True, exist_ok=True)
            case "ENV":
                for word in step.words:
                    key, _, value = word.partition("=")
                    stage.environment[key] = self._filled(stage, value)
            case "ARG":
                key, _, value = step.text.partition("=")
                stage.arguments[key] = self._arguments.get(key, value)
            case "USER":
                stage.user = step.text
            case "ENTRYPOINT":
                stage.entry = step.words
            case "HEALTHCHECK":
                stage.health = json.loads(step.text.partition("CMD")[2])
            case "STOPSIGNAL":
                stage.stop = step.text
            case "RUN" | "LABEL" | "EXPOSE" | "VOLUME":
                pass
            case _:
                raise Failed(f"{step.name} is an instruction that this does not know")

    def _filled(self, stage: Stage, text: str) -> str:
        known = {"PATH": self.path, **stage.variables}
        return VARIABLE.sub(lambda found: known.get(found["plain"] or found["braced"], ""), text)

    def _run(self, stage: Stage, step: Instruction) -> None:
        command = step.words if step.text.startswith("[") else ["/bin/sh", "-c", step.text]
        self.call(stage, command, check=True)

    def call(self, stage: Stage, command: Sequence[str], *, check: bool = False) -> int:
        """How a command ends in a stage's folder, with its environment alone."""
        ended = subprocess.run(
            [self.here(each) for each in command],
            cwd=self.place(stage.folder),
            env=self.environment(stage),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and ended.returncode:
            raise Failed(f"{' '.join(command)} ended with {ended.returncode}")
        return ended.returncode

    def environment(self, stage: Stage) -> dict[str, str]:
        """What the machine's own says of registries and certificates, and the stage's."""
        own = {
            name: os.environ[name]
            for name in os.environ
            if re.match("PIP_|npm_config_|NODE_|SSL_|.*_proxy", name, re.I)
        }
        folders = {"HOME": str(self._folder / "home"), "TMPDIR": str(self._folder / "tmp"), "PATH": self.path}
        given = {name: self.here(value) for name, value in stage.variables.items()}
        return {**own, **folders, **given}

    def _copy(self, stage: Stage, step: Instruction) -> None:
        *sources, target = step.words
        below = self._folder / "context"
        if came := step.flags.get("from"):
            below = self._folder / "stages" / came
        into = Path(stage.folder, target)
        for source in sources:
            found = below / source.lstrip("/")
            if came and came in self._ready and not found.exists():
                found = self._folder / came
            if not found.exists():
                raise Failed(f"COPY: {source} is not among what is sent; .dockerignore says what is")
            place = self.place(str(into))
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True, copy_function=os.link)
            else:
                place = place / found.name if target.endswith("/") or place.is_dir() else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place)

    def place(self, path: str) -> Path:
        """Where a path of the image is."""
        return self._root / os.path.normpath(path).lstrip("/")

    def here(self, text: str) -> str:
        """A text of the image with its paths as they are here."""
        return re.sub(rf"(?<![\w.-])(?={'|'.join(ROOTS)})", str(self._root), text)

    def close(self, keep: str) -> None:
        """Nothing but a path can be written to any more."""
        for folder, folders, files in os.walk(self._root):
            if Path(folder) == self.place(keep):
                folders.clear()
                continue
            for each in (Path(folder), *(Path(folder, name) for name in files)):
                if not each.is_symlink():
                    each.chmod(stat.S_IMODE(each.stat().st_mode) & ~0o222)


# ── serving ───────────────────────────────────────────────────────────────────────────────────────────────────────


def served(image: Image, stage: Stage) -> str:
    """What a query brings, asked of the entry point; it must be healthy, write to /data alone and end when told to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    key = secrets.token_hex(16)
    keys = {"SHOPGRAPH_API_KEYS": f"image:{hashlib.sha256(key.encode()).hexdigest()}"}
    image.close("/data")
    if os.access(image.place(stage.folder), os.W_OK):
        raise Failed("the tree can be written to")
    environment = image.environment(stage)
    process = subprocess.Popen(
        [
            shutil.which(stage.entry[0], path=environment["PATH"]) or stage.entry[0],
            *stage.entry[1:],
            "--sandbox",
            "--port",
            str(port),
        ],
        cwd=image.place(stage.folder),
        env={**environment, **keys, "HOME": environment["TMPDIR"]},
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/readyz")
        if image.call(stage, [each.replace("8000", str(port)) for each in stage.health]):
            raise Failed("the health check fails")
        answer = _asked(f"http://127.0.0.1:{port}/graphql", key)
    finally:
        process.send_signal(getattr(signal, stage.stop))
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"it does not end by {stage.stop}") from None
    if status:
        raise Failed(f"it ended with {status}")
    if not any(image.place("/data").iterdir()):
        raise Failed("it kept nothing in /data")
    return answer


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        with suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise Failed(f"it does not start: {process.poll()}")


def _asked(url: str, key: str) -> str:
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    body = json.dumps({"query": QUERY}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as response:
        answer = json.load(response)
    if answer.get("errors") or len(answer["data"]["products"]["nodes"]) != 2:
        raise Failed(f"the query was answered with {answer}")
    return json.dumps(answer["data"])


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────────────


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/image-steps", description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("--page", type=Path, metavar="DIR", help="take the page from there instead of building it")
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="as that of an engine")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(given)
    try:
        return _inside(asked) if asked.inside else _outside(asked, given)
    except Failed as error:
        print(f"scripts/image-steps: {error}", file=sys.stderr)
        return 1


def _outside(asked: argparse.Namespace, given: Sequence[str] | None) -> int:
    """Brings what an engine and the base image do, the files that are sent and a `python`. Then this program goes on by
    itself: as the image's user where root runs it, as whoever else runs it.
    """
    dockerfile = (PROJECT / "Dockerfile").read_text()
    user = _user(dockerfile) if os.getuid() == 0 else {}
    python = _python(user)
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        for name in ("bin", "context", "home", "stages", "tmp"):
            (folder / name).mkdir()
        for name in context(PROJECT):
            (folder / "context" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / "context" / name)
        for file in (PROJECT / "Dockerfile", Path(__file__)):
            shutil.copy2(file, folder)
        if asked.page:
            shutil.copytree(asked.page, folder / "page")
        (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
        (folder / "bin" / "python").chmod(0o755)
        for each in (folder, *folder.rglob("*")) if user else ():
            os.chown(each, user["user"], user["group"])
        called = [python, "-B", Path(__file__).name, *(sys.argv[1:] if given is None else given)]
        return subprocess.run([*called, "--inside", str(folder)], cwd=folder, check=False, **user).returncode
    finally:
        if asked.keep:
            print(folder)
        else:
            _remove(folder)


def _inside(asked: argparse.Namespace) -> int:
    folder = asked.inside
    image = Image(folder, dict(each.split("=", 1) for each in asked.build_arg), {"page"} if asked.page else set())
    stage = image.build((folder / "Dockerfile").read_text())
    print(served(image, stage))
    return 0


def _user(dockerfile: str) -> dict[str, Any]:
    """Whom the image runs as, as subprocess takes it."""
    named = [each.text for each in instructions(dockerfile) if each.name == "USER"]
    if not named or not (found := re.fullmatch(r"([1-9]\d*):([1-9]\d*)", named[-1])):
        raise Failed("the image needs a USER with numbers, and not root")
    return {"user": int(found[1]), "group": int(found[2]), "extra_groups": []}


def _python(user: Mapping[str, Any]) -> str:
    """A Python that the user may run, and that makes environments."""
    folders = [*os.environ.get("PATH", os.defpath).split(":"), "/usr/local/bin", "/usr/bin"]
    for file in (
        Path(folder, name) for folder in folders for name in ("python3", "python3.13", "python3.12", "python3.11")
    ):
        with suppress(OSError):
            called = [str(file.resolve()), "-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"]
            if subprocess.run(called, check=False, cwd="/", stderr=subprocess.DEVNULL, **user).returncode == 0:
                return str(file.resolve())
    raise Failed("the image's user can run no Python 3.11 or newer with its venv module")


def _remove(folder: Path) -> None:
    for each, _, _ in os.walk(folder):
        Path(each).chmod(0o700)
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
