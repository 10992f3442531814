"""docs/providers.md is what the declarations print, and tells every setting and every capability of each provider."""

from __future__ import annotations

from pathlib import Path

from upstream.document import document
from upstream.providers import ENDPOINTS, PROVIDERS

PAGE = Path(__file__, "../../../docs/providers.md").resolve().read_text()


def test_the_page_is_what_the_declarations_print():
    assert document().rstrip() + "\n" == PAGE, "scripts/schema writes it again"


def test_every_provider_is_told_with_its_settings_and_costs():
    for provider in PROVIDERS:
        assert f"\n## {provider.title}\n" in PAGE
        assert all(f"`{setting.name.upper()}`" in PAGE for setting in provider.settings)
        assert provider.costs


def test_every_capability_has_a_row_with_a_cell_for_each_provider():
    rows = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("| `")}
    for endpoint in ENDPOINTS:
        cells = [cell.strip() for cell in rows[f"`{endpoint.name}`"].split("|")[2:-1]]
        told = dict(zip((provider.name for provider in PROVIDERS), cells, strict=True))
        assert told[endpoint.provider] != "–" and endpoint.base in told[endpoint.provider]


def test_what_one_provider_alone_tells_is_said():
    assert "| Seller | conversion_rate {1d, 7d, 30d, 90d}" in PAGE
