"""scripts/keys: who is let in, kept in a file of hashes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from serving.keys import arguments, main, run
from tests.running import environment

ROOT = Path(__file__).resolve().parents[2]
KEY = re.compile(r"[A-Za-z0-9_-]{43}\n")

Command = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGRAPH_API_KEYS_FILE", "keys")
    return tmp_path / "keys"


@pytest.fixture
def command(file: Path, capfd) -> Command:
    """Runs the command, and gives what it prints."""

    def run(*arguments: str) -> str:
        assert main(arguments) == 0, capfd.readouterr().err
        printed = capfd.readouterr()
        assert printed.err == ""
        return str(printed.out)

    return run


@pytest.fixture
def refused(file: Path, capfd) -> Command:
    """Runs the command, and gives the one line that says why it did nothing."""

    def run(*arguments: str) -> str:
        before = file.read_bytes() if file.exists() else None
        assert main(arguments) == 2
        printed = capfd.readouterr()
        assert printed.out == "" and printed.err.startswith("keys: ") and printed.err.count("\n") == 1
        assert (file.read_bytes() if file.exists() else None) == before
        return str(printed.err)

    return run


def hashed(key: str) -> str:
    return hashlib.sha256(key.strip().encode()).hexdigest()


def rows(listed: str) -> list[list[str]]:
    return [line.split("\t") for line in listed.splitlines()[1:]]


# ── what it does ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_add_prints_the_key_once_and_keeps_its_hash_alone(command: Command, file: Path):
    key = command("add", "heron", "--credits", "500")

    assert KEY.fullmatch(key)
    assert file.read_text() == f"heron:{hashed(key)}:500\n"


def test_without_credits_there_is_no_limit(command: Command, file: Path):
    key = command("add", "heron")

    assert file.read_text() == f"heron:{hashed(key)}\n"


def test_the_file_is_for_its_owner_alone_also_where_it_was_not(command: Command, file: Path):
    command("add", "heron")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)

    command("add", "marsh")

    assert file.stat().st_mode & 0o777 == 0o600


def test_add_makes_the_folder_for_its_owner_alone(command: Command, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("SHOPGRAPH_API_KEYS_FILE", ".shopgraph/keys")

    command("add", "heron")

    assert (tmp_path / ".shopgraph").stat().st_mode & 0o777 == 0o700
    assert len((tmp_path / ".shopgraph" / "keys").read_text().splitlines()) == 1


def test_no_two_keys_are_the_same(command: Command):
    assert len({command("add", name) for name in ("heron", "marsh", "reed")}) == 3


def test_list_tells_names_keys_and_credits_and_no_hash(command: Command):
    keys = [command("add", "heron", "--credits", "500"), command("add", "marsh"), command("rotate", "heron")]

    listed = command("list")

    assert rows(listed) == [["heron", "2", "500"], ["marsh", "1", "no limit"]]
    assert not [key for key in keys if key.strip() in listed or hashed(key) in listed]


def test_list_of_no_file_is_empty(command: Command, file: Path):
    assert rows(command("list")) == []
    assert not file.exists()


def test_rotate_gives_one_more_key_on_the_same_terms(command: Command, file: Path):
    old = command("add", "heron", "--credits", "500")

    new = command("rotate", "heron")

    assert KEY.fullmatch(new) and new != old
    assert file.read_text() == f"heron:{hashed(old)}:500\nheron:{hashed(new)}:500\n"


def test_revoke_takes_all_keys_of_a_client_and_of_no_other(command: Command, file: Path):
    command("add", "heron")
    kept = command("add", "heron.2")
    command("rotate", "heron")

    assert command("revoke", "heron") == "heron: 2 keys revoked\n"

    assert file.read_text() == f"heron.2:{hashed(kept)}\n"


def test_revoke_old_leaves_the_newest(command: Command, file: Path):
    command("add", "heron")
    command("rotate", "heron")
    newest = command("rotate", "heron")

    assert command("revoke", "heron", "--old") == "heron: 2 keys revoked\n"
    assert command("revoke", "heron", "--old") == "heron: 0 keys revoked\n"

    assert file.read_text() == f"heron:{hashed(newest)}\n"


def test_comments_and_lines_of_others_stay_as_they_are(command: Command, file: Path):
    written = f"# who asks\n\n  reed:{'0' * 64}:7  # at night"
    file.write_text(written)

    command("add", "heron")
    command("revoke", "heron")
    assert file.read_text() == written + "\n"

    assert rows(command("list")) == [["reed", "1", "7"]]
    assert command("revoke", "reed") == "reed: 1 key revoked\n"
    assert file.read_text() == "# who asks\n\n"


def test_a_link_still_leads_to_the_file(command: Command, file: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    kept = tmp_path / "elsewhere" / "kept"
    file.symlink_to(kept)

    command("add", "heron")
    command("add", "marsh")

    assert file.is_symlink() and len(kept.read_text().splitlines()) == 2


# ── what it refuses ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_client_that_has_a_key_is_not_added_again(command: Command, refused: Command):
    command("add", "heron")

    assert "heron" in refused("add", "heron", "--credits", "5")


@pytest.mark.parametrize("asked", ["rotate", "revoke"])
def test_a_client_without_a_key_has_none_to_rotate_or_revoke(asked: str, command: Command, refused: Command):
    command("add", "heron.2")

    assert "heron" in refused(asked, "heron")


@pytest.mark.parametrize("asked", [("list",), ("add", "marsh"), ("rotate", "heron"), ("revoke", "heron")])
def test_a_file_with_a_malformed_line_is_left_alone(asked: tuple[str, ...], file: Path, refused: Command):
    file.write_text(f"heron:{'0' * 64}\nmarsh:reed\n")

    said = refused(*asked)

    assert "line 2" in said and "reed" not in said


def test_a_file_of_other_bytes_is_left_alone(file: Path, refused: Command):
    file.write_bytes(b"\xff\xfe")

    assert "UTF-8" in refused("add", "heron")


@pytest.mark.parametrize(("asked", "place"), [("list", "absent/keys"), ("add", "absent/below/keys")])
def test_a_place_that_is_not_there_is_not_made_up(
    asked: str, place: str, refused: Command, monkeypatch, tmp_path: Path
):
    monkeypatch.setenv("SHOPGRAPH_API_KEYS_FILE", place)

    assert "absent" in refused(*([asked] if asked == "list" else [asked, "heron"]))
    assert not (tmp_path / "absent").exists()


def test_without_a_file_to_keep_keys_in_it_says_so(refused: Command, monkeypatch):
    monkeypatch.delenv("SHOPGRAPH_API_KEYS_FILE")

    assert "SHOPGRAPH_API_KEYS_FILE" in refused("list")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("forget", "heron"),
        ("add",),
        ("add", "his heron"),
        ("add", "heron:marsh"),
        ("add", ""),
        ("add", "h" * 65),
        ("add", "heron", "--credits", "-1"),
        ("add", "heron", "--credits", "many"),
        ("add", "heron", "--credits", str(10**12)),
        ("rotate", "heron", "--credits", "5"),
    ],
)
def test_what_it_does_not_understand_it_does_not_do(arguments: tuple[str, ...], file: Path, capfd):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2 and "usage: scripts/keys" in capfd.readouterr().err
    assert not file.exists()


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(
    command: Command, refused: Command, file: Path, monkeypatch
):
    command("add", "heron")

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert "No space left" in refused("add", "marsh")
    assert list(file.parent.iterdir()) == [file]


# ── as it is run ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_many_that_run_at_once_every_key_is_kept(file: Path):
    called = [sys.executable, "-m", "serving.keys", "add"]
    given = environment({"SHOPGRAPH_API_KEYS_FILE": "keys"})
    running = [subprocess.Popen([*called, f"heron{n}"], env=given, stdout=subprocess.PIPE, text=True) for n in range(3)]
    keys = [process.communicate(timeout=60)[0] for process in running]

    assert {process.returncode for process in running} == {0}
    kept = {line.split(":")[1] for line in file.read_text().splitlines()}
    assert kept == {hashed(key) for key in keys} and len(kept) == 3


def test_the_file_may_be_named_in_env_beside_it(tmp_path: Path, monkeypatch, command: Command):
    monkeypatch.delenv("SHOPGRAPH_API_KEYS_FILE")
    (tmp_path / ".env").write_text("SHOPGRAPH_API_KEYS_FILE=named\nSHOPGRAPH_DEADLINE_MS=soon\n")

    key = command("add", "heron")

    assert (tmp_path / "named").read_text() == f"heron:{hashed(key)}\n"


def test_the_script_is_the_command():
    assert "serving.keys" in (ROOT / "scripts" / "keys").read_text()
    assert os.access(ROOT / "scripts" / "keys", os.X_OK)


def test_the_server_lets_in_who_was_added_and_not_who_was_revoked(tmp_path: Path, gateway):
    file = tmp_path / "keys"
    asked = [["add", "heron"], ["add", "marsh", "--credits", "5"], ["revoke", "heron"]]
    first, second, _ = [run(arguments(each), file) for each in asked]
    server = gateway(shopgraph_api_keys_file=str(file))

    def status(key: str) -> int:
        headers = {"authorization": f"Bearer {key.strip()}"}
        return httpx.get(f"{server.url}/graphql?query={{__typename}}", headers=headers).status_code

    assert (status(first), status(second)) == (401, 200)
