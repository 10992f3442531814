"""Every code block of README.md and docs/*.md works as it stands there."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import ALL, Start
from tests.docs.blocks import PAGES, ROOT, Block, blocks
from tests.docs.languages import Page

MOST_NOT_RUN = 6
NEEDED = ("bash", "curl", "openssl", "jq", "node")


def all_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_the_page_works(page: Path, at_work, gateway: Start):
    failed = list(Page(blocks(page), at_work, partial(gateway, providers=ALL)).failures())

    assert not failed, "\n\n".join(["", *failed])


def test_few_blocks_are_not_run_and_each_says_why():
    left = [block for block in all_blocks() if block.of("norun") is not None]

    assert all(len((block.of("norun") or "").split()) > 2 for block in left), left
    assert len(left) <= MOST_NOT_RUN, [str(block) for block in left]


def test_the_commands_that_the_pages_use_are_installed():
    assert [name for name in NEEDED if shutil.which(name) is None] == []
