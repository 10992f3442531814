"""How the server speaks GraphQL over HTTP, audited as every server of that specification can be."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from settings import load
from tests.conftest import Gateway, access_to

HERE = Path(__file__).parent
AUDITS = 61


@pytest.fixture(scope="module")
def audited(shared_sandbox: SandboxServer) -> list[dict[str, Any]]:
    with Gateway(load(_env_file=None, **access_to("echotik", shared_sandbox))) as server:
        ended = subprocess.run(
            ["node", "audit.mjs", f"{server.url}/graphql"],
            cwd=HERE, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def test_every_audit_of_graphql_over_http_passes(audited):
    assert [audit for audit in audited if audit["status"] != "ok"] == []


def test_no_audit_is_left_out(audited):
    levels = Counter(audit["name"].split()[0] for audit in audited)

    assert len(audited) == AUDITS
    assert levels["MUST"] and levels["SHOULD"] and levels["MAY"]
