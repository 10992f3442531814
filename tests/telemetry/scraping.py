"""What /metrics tells, and how much more that is than before."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import CLIENT, Gateway

Labels = frozenset[tuple[str, str]]


class Scrape:
    """All samples at one moment, by name and labels."""

    def __init__(self, gateway: Gateway, headers: Mapping[str, str] | None = None) -> None:
        response = CLIENT.get(f"{gateway.url}/metrics", headers=headers)
        assert response.status_code == 200, response.text
        self.text = response.text
        self.samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """One sample; 0 for one that is not told."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """Sums of a metric's samples with these labels by another label, without those that are 0."""
        sums: dict[str, float] = {}
        for (sample, given), value in self.samples.items():
            told = dict(given)
            if sample == name and labels.items() <= told.items() and value:
                sums[told[label]] = sums.get(told[label], 0.0) + value
        return sums

    def since(self, before: Scrape) -> Scrape:
        """What has come on top."""
        grown = Scrape.__new__(Scrape)
        grown.text = self.text
        grown.samples = {key: value - before.samples.get(key, 0.0) for key, value in self.samples.items()}
        return grown
