"""What breaks clients is found against the released schema, unless the changelog says it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.examples.programs import ROOT, SCHEMA, retold

RELEASED = ROOT / "docs/releases/schema.graphql"
TOTAL_GMV = '  """GMV up to its end, US dollars."""\n  totalGmv: Float\n'
RENAMED = retold("ProductTrendPoint", "  totalGmv: Float\n", "  sumGmv: Float\n")


def called(*arguments: Path | str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = ["node", ROOT / "scripts/schema-diff/diff.mjs", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def compared(folder: Path, schema: str, newest: str = "") -> subprocess.CompletedProcess[str]:
    """The schema of the checkout is what was released; another one is to come, with this section of a changelog."""
    older = "## 0.0.1\n\n### Breaking\n\n- `ProductTrendPoint.totalGmv` is gone.\n"
    (folder / "schema.graphql").write_text(schema)
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## Unreleased\n\n{newest}\n\n{older}")
    return called(ROOT / "schema.graphql", "schema.graphql", "CHANGELOG.md", folder=folder)


def test_what_clients_may_still_ask_breaks_nothing(tmp_path: Path):
    schema = SCHEMA
    for kind, told, instead in (
        ("ProductTrendPoint", "  totalGmv: Float\n", "  totalGmv: Float\n  median: Float\n"),
        ("ProductTrendPoint", '  """The day (UTC)."""\n', '  """A day."""\n'),
        ("ProductPerformance", '  units: BigInt @cost(weight: "0.1")\n', '  units: BigInt @cost(weight: "2")\n'),
        ("ProductPerformance", "  gmv: Float ", '  gmv: Float @deprecated(reason: "Use units.") '),
    ):
        schema = retold(kind, told, instead, schema)

    found = compared(tmp_path, schema)

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_what_breaks_a_client_is_named_with_its_place(tmp_path: Path):
    changes = {
        "ProductTrendPoint.totalGmv": (TOTAL_GMV, ""),
        "ProductTrendPoint.date": ("  date: Date!\n", "  date: Date\n"),
        "Product": ("implements Node ", ""),
        "Query.productRanking.latest": ("    latest: Boolean! = false\n", "    latest: Boolean!\n"),
    }
    schema = SCHEMA
    for place, (told, instead) in changes.items():
        schema = retold(place.split(".")[0], told, instead, schema)

    found = compared(tmp_path, schema)

    assert found.returncode == 1
    *places, advice = found.stderr.splitlines()
    assert sorted(line.split(": ")[0] for line in places) == sorted(changes)
    assert '"### Breaking"' in advice


def test_what_the_newest_section_calls_breaking_may_break(tmp_path: Path):
    newest = (
        "### Added\n\n- `ProductTrendPoint.sumGmv`.\n\n### Breaking\n\n- `ProductTrendPoint.totalGmv` is now `sumGmv`."
    )

    assert compared(tmp_path, RENAMED, newest).returncode == 0


@pytest.mark.parametrize(
    "newest", ["", "### Removed\n\n- `ProductTrendPoint.totalGmv`.", "### Breaking\n\n- `totalGmv`."]
)
def test_to_name_it_elsewhere_or_by_half_does_not_do(newest, tmp_path: Path):
    assert compared(tmp_path, RENAMED, newest).returncode == 1


def test_the_schema_breaks_nothing_that_was_released():
    assert RELEASED.exists()

    assert called().returncode == 0, called().stderr
