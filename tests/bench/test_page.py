"""What the benchmark of the page promises; its figures are not tested."""

from __future__ import annotations

import pytest

from bench import page


def test_it_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        page.main(["--help"])

    assert ended.value.code == 0
    assert "--smoke" in capsys.readouterr().out
    assert (page.VISITS, page.MOST_SECONDS, page.MOST_MEGABYTES) == (5, 1.5, 2.0)


def test_a_visit_is_told_in_a_row():
    seen = page.Visit(painted=0.221, ready=1.56, requests=17, sent=1_674_000)

    assert page.row(2, seen) == ["2", "0.22", "1.56", "17", "1.67"]
