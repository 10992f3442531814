"""Kept answers are given again to the questions they belong to; others are emulated."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.replay import Replay
from sandbox.server import SandboxServer
from tests.conftest import CLIENT

BASIC = ("sandbox", "sandbox")
LIST: dict[str, Any] = {
    "provider": "echotik",
    "version": "v2",
    "path": "product/list",
    "method": "GET",
    "params": {"region": "US", "page_num": "1", "page_size": "10"},
    "status": 200,
    "headers": {"content-type": "application/json"},
    "body": {"code": 0, "message": "success", "data": [{"product_id": "17", "product_name": "Heron lamp"}]},
}
TOTAL: dict[str, Any] = {
    "provider": "winninghunter",
    "version": "v1",
    "path": "shop-detail/total",
    "method": "POST",
    "params": {"id": "17", "period": "7"},
    "status": 200,
    "headers": {},
    "body": {"success": True, "data": {"sales": 5}},
}
LIMITED: dict[str, Any] = {
    "provider": "keyapi",
    "version": "v1",
    "path": "shop/list/analytics",
    "method": "GET",
    "params": {"region": "US"},
    "status": 429,
    "headers": {"content-type": "text/plain", "retry-after": "7"},
    "text": "slow down",
}


@pytest.fixture(scope="module")
def replaying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    folder = tmp_path_factory.mktemp("kept")
    for place, call in enumerate((LIST, TOTAL, LIMITED)):
        written(folder / f"{place}.json", call)
    (folder / "notes.txt").write_text("not an answer")
    with SandboxServer(replay=folder) as server:
        yield server


def written(path: Path, call: Any) -> None:
    path.write_text(json.dumps(call))


def products(server: SandboxServer, query: str, **given: Any) -> Any:
    return CLIENT.get(f"{server.url}/v2/product/list?{query}", auth=BASIC, **given)


def test_a_question_is_answered_as_it_was_whatever_the_order_of_its_parameters(replaying: SandboxServer):
    for query in ("region=US&page_num=1&page_size=10", "page_size=10&region=US&page_num=1"):
        assert products(replaying, query).json() == LIST["body"]


def test_credentials_among_the_parameters_make_no_difference(replaying: SandboxServer):
    assert products(replaying, "region=US&page_num=1&page_size=10&api_key=heron").json() == LIST["body"]


@pytest.mark.parametrize("query", ["region=US&page_num=2&page_size=10", "region=GB&page_num=1&page_size=10"])
def test_another_question_is_answered_by_the_emulation(replaying: SandboxServer, query: str):
    rows = products(replaying, query).json()["data"]

    assert len(rows) == 10 and "Heron lamp" not in {row["product_name"] for row in rows}


def test_another_version_of_the_route_is_another_question(replaying: SandboxServer):
    query = "region=US&page_num=1&page_size=10"
    rows = CLIENT.get(f"{replaying.url}/v3/echotik/product/list?{query}", auth=BASIC).json()["data"]

    assert len(rows) == 10 and rows[0]["product_name"] != "Heron lamp"


def test_parameters_of_a_json_body_count_as_their_text(replaying: SandboxServer):
    url = f"{replaying.winninghunter_url}/api/v1/tiktok-shop/shop-detail/total"
    answer = CLIENT.post(url, json={"period": 7, "id": "17"}, headers={"x-api-key": "sandbox"})

    assert answer.json() == TOTAL["body"]


def test_status_header_and_a_body_that_is_no_json_come_again(replaying: SandboxServer):
    url = f"{replaying.keyapi_url}/v1/tiktok/shop/list/analytics?region=US"
    answer = CLIENT.get(url, headers={"authorization": "Bearer sandbox"})

    assert (answer.status_code, answer.text) == (429, "slow down")
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("7", "text/plain")


def test_whoever_is_unknown_is_told_so_all_the_same(replaying: SandboxServer):
    assert CLIENT.get(f"{replaying.url}/v2/product/list", params=LIST["params"]).status_code == 401


def test_a_fault_that_was_asked_for_wins(replaying: SandboxServer):
    replaying.fail("product/list", "forbidden", times=1)

    assert products(replaying, "region=US&page_num=1&page_size=10").status_code == 403


@pytest.mark.parametrize("text", ["{}", "[]", "no json", json.dumps({**LIST, "params": 5})])
def test_a_file_that_holds_no_answer_is_named(tmp_path: Path, text: str):
    (tmp_path / "odd.json").write_text(text)

    with pytest.raises(ValueError, match=r"odd\.json holds no kept answer"):
        Replay(tmp_path)


def test_the_process_refuses_a_folder_that_is_not_there(tmp_path: Path):
    called = [sys.executable, "-m", "sandbox", "--replay", str(tmp_path / "nowhere")]
    ended = subprocess.run(called, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 2 and "--replay: " in ended.stderr and "nowhere" in ended.stderr
