"""The schema in the repository is the one that the code prints."""

from __future__ import annotations

from pathlib import Path

from schema.build import schema


def test_schema_graphql_is_what_the_code_prints():
    printed = Path(__file__, "../../../schema.graphql").resolve().read_text()

    assert printed == schema.as_str() + "\n", "scripts/schema writes it again"
