"""docs/reliability.md has a row for every fault, and each names tests that there are."""

from __future__ import annotations

import re
from functools import cache

import pytest

from sandbox.faults import FAULTS
from tests.docs.blocks import ROOT
from tests.docs.failing import HEADS, table
from tests.graph.test_every_endpoint_fails import TOLD
from upstream.providers import ENDPOINTS

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "tests/" in line]
GENERATED = re.compile(r"<!-- python -m tests\.docs\.failing -->\n(.*?)\n<!-- end -->", re.DOTALL)
NOT_HERE = {"answer", "bad_parameter"}  # canned bodies; an argument's name has to be the endpoint's own
FAULTS_BESIDE = (
    *(
        "store is down",
        "disk is full",
        "clock jumps",
        "kill -9",
        "SIGTERM",
        "file is broken",
        "Redis hangs",
        "collector",
    ),
    *("credentials", "redirect", "hostile document", "more operations than there are places"),
)


@cache
def source(file: str) -> str:
    return (ROOT / file).read_text("utf-8")


def test_every_test_that_it_names_is_there():
    named = TEST.findall(PAGE)

    assert len(named) > 60
    assert [(file, test) for file, test in named if f"def {test}(" not in source(file)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_fault_has_what_held_and_a_test_that_shows_it(row: str):
    fault, held, shown = (cell.strip() for cell in row.strip("|").split(" | "))

    assert fault and held and TEST.search(shown)
    assert re.fullmatch(r"(`[^`]+`(, )?)+", shown)


def test_every_endpoint_and_every_way_to_fail_is_there():
    (generated,) = GENERATED.findall(PAGE)

    assert generated == table(), "`python -m tests.docs.failing` prints it"
    assert HEADS.keys() == TOLD.keys() == FAULTS.keys() - NOT_HERE
    assert len(generated.splitlines()) == len(ENDPOINTS) + 2


@pytest.mark.parametrize("fault", FAULTS_BESIDE)
def test_what_else_can_fail_has_its_row(fault: str):
    assert any(fault in row.split("|")[1] for row in ROWS)
